/* OSTs: each reads one thing at a time, and takes its time for it. */
#include "fake.h"

static struct ost {
    uint64_t free_ns;
    unsigned reading, most_reading;
    uint64_t reads, bytes;
} osts[MAX_OSTS];
static unsigned reading, most_reading;

static void read_piece(struct ost *ost, int64_t size) {
    uint64_t takes_ns = settings.ost_us * UINT64_C(1000) + ((uint64_t) size * settings.mib_us * 1000 >> 20);
    uint64_t now = now_ns();
    ost->free_ns = (ost->free_ns > now ? ost->free_ns : now) + takes_ns;
    ost->reads++;
    ost->bytes += (uint64_t) size;
    if (++ost->reading > ost->most_reading) ost->most_reading = ost->reading;
    if (++reading > most_reading) most_reading = reading;
    if (takes_ns) sleep_until(ost->free_ns);
    ost->reading--;
    reading--;
}

void ost_read(const struct inode *file, int64_t offset, int64_t size) {
    int64_t last = offset + size < file->size ? offset + size : file->size;
    while (offset < last) {
        int64_t end;
        int ost = layout_ost(file, offset, &end);
        if (end > last) end = last;
        if (ost >= 0) read_piece(&osts[ost], end - offset);
        offset = end;
    }
}

void ost_counters(FILE *out) {
    fprintf(out, "ost_most=%u ", most_reading);
    for (unsigned i = 0; i < settings.osts; i++)
        fprintf(out, "ost%u_reads=%llu ost%u_bytes=%llu ost%u_most=%u ", i, (unsigned long long) osts[i].reads, i,
                (unsigned long long) osts[i].bytes, i, osts[i].most_reading);
}

void ost_reset(void) {
    most_reading = reading;
    for (unsigned i = 0; i < MAX_OSTS; i++) {
        osts[i].reads = osts[i].bytes = 0;
        osts[i].most_reading = osts[i].reading;
    }
}

/*
 * Layouts: the bytes of lustre.lov. struct lov_user_md_v1, _v3, lov_comp_md_v1 of Lustre's uapi header
 * lustre_user.h, host byte order (little-endian); what is refused: lod_verify_striping() of lustre/lod.
 */
#include "fake.h"

enum {
    V1 = 0x0bd10bd0, V3 = 0x0bd30bd0, COMPOSITE = 0x0bd60bd0, SELF_EXTENDING = 0x0bd80bd0,
    SPECIFIC = 0x0bd50bd0, FOREIGN = 0x0bd70bd0,
    V1_BYTES = 32, V3_BYTES = 48, OBJECT_BYTES = 24, COMPOSITE_BYTES = 32, COMPONENT_BYTES = 48,
    RAID0 = 1, MDT = 0x100, OVERSTRIPING = 0x200, ALL_OSTS = 0xffe0, MOST_STRIPES = 2000, STRIPE_ALIGN = 65536,
    INIT = 0x10, STALE = 1, RDONLY = 1, WRITE_PENDING = 2, SEEN = 0xffff
};
#define RELEASED UINT32_C(0x80000000)
#define OST_SEQUENCE UINT64_C(0x280000400)

static unsigned next_ost;
static uint32_t next_object[MAX_OSTS];

static uint16_t get_16(const uint8_t *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t get_32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t get_64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void put_16(uint8_t *at, unsigned value) {
    uint16_t narrow = (uint16_t) value;
    memcpy(at, &narrow, sizeof narrow);
}

static void put_32(uint8_t *at, uint32_t value) {
    memcpy(at, &value, sizeof value);
}

static void put_64(uint8_t *at, uint64_t value) {
    memcpy(at, &value, sizeof value);
}

static bool is_composite(const uint8_t *blob) {
    return get_32(blob) == COMPOSITE || get_32(blob) == SELF_EXTENDING;
}

static size_t head_bytes(const uint8_t *blob) {
    return get_32(blob) == V1 ? V1_BYTES : V3_BYTES;
}

/* ---- what is refused ---- */

static bool pool_is_there(const char *pool) {
    size_t length = strnlen(pool, 16);
    for (const char *at = pools; at && *at; at += strcspn(at, ":") + (at[strcspn(at, ":")] == ':'))
        if (strcspn(at, ":") == length && !memcmp(at, pool, length)) return true;
    return length == 0;
}

static int check_plain(const uint8_t *blob, size_t size) {
    if (size < V1_BYTES) return EINVAL;
    uint32_t magic = get_32(blob), pattern = get_32(blob + 4) & ~RELEASED;
    if (magic != V1 && magic != V3 && magic != SPECIFIC) return EINVAL;
    if (size < head_bytes(blob)) return EINVAL;
    if (pattern != 0 && pattern != RAID0 && pattern != MDT && pattern != (RAID0 | OVERSTRIPING)) return EINVAL;
    unsigned count = get_16(blob + 28), offset = get_16(blob + 30);
    if (get_32(blob + 24) % STRIPE_ALIGN) return EINVAL;
    if (offset != 0xffff && offset >= settings.osts) return EINVAL;
    if (count > MOST_STRIPES && count < ALL_OSTS) return EINVAL;
    if (settings.strict_stripes && count < ALL_OSTS && count > settings.osts && !(pattern & OVERSTRIPING)) return EINVAL;
    if (magic != V1 && settings.strict_pools && !pool_is_there((const char *) blob + 32)) return ENOENT;
    return 0;
}

static int check_composite(const uint8_t *blob, size_t size) {
    if (size < COMPOSITE_BYTES) return EINVAL;
    unsigned count = get_16(blob + 14);
    if (count == 0 || get_32(blob + 4) > size || COMPOSITE_BYTES + count * (size_t) COMPONENT_BYTES > size)
        return EINVAL;
    uint64_t expected = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *component = blob + COMPOSITE_BYTES + i * COMPONENT_BYTES;
        uint64_t start = get_64(component + 8), end = get_64(component + 16);
        uint32_t offset = get_32(component + 24), bytes = get_32(component + 28);
        /* A mirror begins at 0 again. */
        if ((start != expected && start != 0) || start >= end) return EINVAL;
        expected = end;
        if (offset > size || bytes > size - offset) return EINVAL;
        if (get_32(blob + offset) == FOREIGN) continue;
        int error = check_plain(blob + offset, bytes);
        if (error) return error;
        uint32_t stripe = get_32(blob + offset + 24);
        if (stripe && end != UINT64_MAX && end % stripe) return EINVAL;
    }
    return 0;
}

static int check(const uint8_t *blob, size_t size) {
    if (size < 4) return EINVAL;
    switch (get_32(blob)) {
    case SELF_EXTENDING:
    case COMPOSITE: return check_composite(blob, size);
    case FOREIGN: return size >= 16 && get_32(blob + 4) + UINT64_C(16) <= size ? 0 : EINVAL;
    default: return check_plain(blob, size);
    }
}

/* ---- made ---- */

static unsigned stripes_of(const uint8_t *blob, uint32_t pattern) {
    unsigned count = get_16(blob + 28);
    if (pattern & MDT) return 0;
    if (count == 0) count = settings.stripe_count;
    if (count >= ALL_OSTS) return settings.osts * (pattern & OVERSTRIPING ? count - ALL_OSTS + 1 : 1);
    return count > settings.osts && !(pattern & OVERSTRIPING) ? settings.osts : count;
}

static void put_object(uint8_t *at, unsigned ost) {
    memset(at, 0, OBJECT_BYTES);
    put_64(at, OST_SEQUENCE + ((uint64_t) ost << 30));
    put_32(at + 8, ++next_object[ost]);
    put_32(at + 20, ost);
}

/* Appends one blob as it will be read; objects only if it is to have them. Gives its size. */
static size_t make_plain(uint8_t *made, const uint8_t *blob, bool objects, struct fid fid) {
    uint32_t pattern = get_32(blob + 4) & ~RELEASED;
    unsigned first = get_16(blob + 30);
    if (pattern == 0) pattern = RAID0;
    bool v3 = get_32(blob) != V1 && blob[32];
    size_t head = v3 ? V3_BYTES : V1_BYTES;
    memset(made, 0, head);
    put_32(made, v3 ? V3 : V1);
    put_32(made + 4, pattern);
    put_64(made + 8, fid.object);
    put_64(made + 16, fid.sequence);
    uint32_t stripe = get_32(blob + 24);
    put_32(made + 24, stripe ? stripe : settings.stripe_kib * 1024);
    unsigned stripes = stripes_of(blob, pattern);
    put_16(made + 28, objects || pattern & MDT ? stripes : get_16(blob + 28));
    put_16(made + 30, SEEN);
    if (v3) memcpy(made + 32, blob + 32, 15);
    if (!objects || pattern & MDT) return head;
    if (first >= settings.osts) {
        first = next_ost;
        next_ost = (next_ost + stripes) % settings.osts;
    }
    for (unsigned i = 0; i < stripes; i++) put_object(made + head + i * OBJECT_BYTES, (first + i) % settings.osts);
    return head + stripes * OBJECT_BYTES;
}

static bool is_plain(const uint8_t *blob) {
    uint32_t magic = get_32(blob);
    return magic == V1 || magic == V3 || magic == SPECIFIC;
}

/* Room for every blob with all its objects. */
static size_t room_for(const uint8_t *blob, size_t size) {
    unsigned count = is_composite(blob) ? get_16(blob + 14) : 1;
    return size + count * (size_t) (V3_BYTES + OBJECT_BYTES * (MOST_STRIPES + 32 * settings.osts));
}

/* grown: the bytes of the file that need objects end here; fresh: INIT of the blob means nothing. */
static void make_composite(struct inode *file, const uint8_t *blob, size_t size, uint64_t grown, bool fresh) {
    unsigned count = get_16(blob + 14);
    uint8_t *made = make(room_for(blob, size));
    size_t used = COMPOSITE_BYTES + count * (size_t) COMPONENT_BYTES;
    memcpy(made, blob, used);
    unsigned mirrors = get_16(blob + 16);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *component = made + COMPOSITE_BYTES + i * COMPONENT_BYTES;
        const uint8_t *from = blob + get_32(component + 24);
        uint32_t flags = get_32(component + 4), bytes = get_32(component + 28);
        bool had = flags & INIT && !fresh;
        bool has = had || get_64(component + 8) < grown;
        put_32(component + 24, (uint32_t) used);
        if (had || !is_plain(from)) {
            memcpy(made + used, from, bytes);
        } else {
            bytes = (uint32_t) make_plain(made + used, from, has, (struct fid){0});
        }
        if (fresh && mirrors) put_32(component, (i + 1) | (i + 1) << 16);
        else if (fresh) put_32(component, i + 1);
        flags &= ~(uint32_t) INIT;
        if (fresh) flags &= ~(uint32_t) STALE;
        put_32(component + 4, flags | (has ? INIT : 0));
        put_32(component + 28, bytes);
        used += bytes;
    }
    put_32(made + 4, (uint32_t) used);
    put_32(made + 8, fresh ? count : get_32(blob + 8) + 1);
    if (fresh) put_16(made + 12, mirrors ? RDONLY : 0);
    free(file->layout);
    file->layout = made;
    file->layout_size = used;
}

int layout_set(struct inode *file, const uint8_t *blob, size_t size) {
    int error = check(blob, size);
    if (error) return error;
    if (is_composite(blob)) {
        make_composite(file, blob, size, 1, true);
    } else if (get_32(blob) == FOREIGN) {
        free(file->layout);
        file->layout = copy_of(blob, size);
        file->layout_size = size;
    } else {
        uint8_t *made = make(room_for(blob, size));
        size_t used = make_plain(made, blob, true, file->fid);
        free(file->layout);
        file->layout = made;
        file->layout_size = used;
    }
    return 0;
}

int layout_set_default(struct inode *directory, const uint8_t *blob, size_t size) {
    int error = check(blob, size);
    if (error) return error;
    free(directory->layout);
    directory->layout = copy_of(blob, size);
    directory->layout_size = size;
    return 0;
}

void layout_default(struct inode *file, const struct inode *parent) {
    static const uint8_t plain[V1_BYTES] = {0xd0, 0x0b, 0xd1, 0x0b, RAID0, [30] = 0xff, 0xff};
    if (!parent || !parent->layout) parent = root_inode;
    if (!parent->layout || layout_set(file, parent->layout, parent->layout_size)) layout_set(file, plain, sizeof plain);
}

bool layout_is_dom(const struct inode *file) {
    if (!file->layout || !is_composite(file->layout)) return false;
    return get_32(file->layout + get_32(file->layout + COMPOSITE_BYTES + 24) + 4) & MDT;
}

/* ---- written to, released, mirrored again ---- */

static uint8_t *component_of(const struct inode *file, unsigned number) {
    return file->layout + COMPOSITE_BYTES + number * COMPONENT_BYTES;
}

static void make_stale(struct inode *file) {
    uint32_t first = get_32(component_of(file, 0)) >> 16;
    for (unsigned i = 1; i < get_16(file->layout + 14); i++) {
        uint8_t *component = component_of(file, i);
        if (get_32(component) >> 16 != first) put_32(component + 4, get_32(component + 4) | STALE);
    }
    put_16(file->layout + 12, WRITE_PENDING);
    put_32(file->layout + 8, get_32(file->layout + 8) + 1);
}

void layout_write(struct inode *file, int64_t offset, int64_t size, const struct who *who) {
    (void) who;
    if (!file->layout || !is_composite(file->layout)) return;
    if ((get_16(file->layout + 12) & 15) == RDONLY) {
        make_stale(file);
        record(CL_FLRW, 0, file, &server);
    }
    uint64_t end = (uint64_t) (offset + size);
    for (unsigned i = 0; i < get_16(file->layout + 14); i++) {
        uint8_t *component = component_of(file, i);
        if (get_32(component + 4) & INIT || get_64(component + 8) >= end) continue;
        uint8_t *before = file->layout;
        file->layout = NULL;
        make_composite(file, before, file->layout_size, end, false);
        free(before);
        record(CL_LAYOUT, 0, file, &server);
        return;
    }
}

void layout_resynced(struct inode *file) {
    if (!file->layout || !is_composite(file->layout) || get_16(file->layout + 16) == 0) return;
    for (unsigned i = 0; i < get_16(file->layout + 14); i++) {
        uint8_t *component = component_of(file, i);
        put_32(component + 4, get_32(component + 4) & ~(uint32_t) STALE);
    }
    put_16(file->layout + 12, RDONLY);
}

static void release_plain(uint8_t *blob, size_t size, bool released) {
    if (!is_plain(blob) || get_32(blob + 4) & MDT) return;
    size_t head = head_bytes(blob);
    uint32_t pattern = get_32(blob + 4) & ~RELEASED;
    put_32(blob + 4, pattern | (released ? RELEASED : 0));
    unsigned first = next_ost, stripes = (unsigned) ((size - head) / OBJECT_BYTES);
    memset(blob + head, 0, size - head);
    if (released) return;
    next_ost = (next_ost + stripes) % settings.osts;
    for (unsigned i = 0; i < stripes; i++) put_object(blob + head + i * OBJECT_BYTES, (first + i) % settings.osts);
}

void layout_released(struct inode *file, bool released) {
    if (!file->layout) return;
    if (!is_composite(file->layout)) {
        release_plain(file->layout, file->layout_size, released);
        return;
    }
    for (unsigned i = 0; i < get_16(file->layout + 14); i++) {
        uint8_t *component = component_of(file, i);
        if (get_32(component + 4) & INIT)
            release_plain(file->layout + get_32(component + 24), get_32(component + 28), released);
    }
}

/* ---- where a byte is ---- */

static int ost_of_plain(const uint8_t *blob, size_t size, int64_t offset, int64_t *end) {
    if (!is_plain(blob) || get_32(blob + 4) & MDT) return -1;
    size_t head = head_bytes(blob), stripes = (size - head) / OBJECT_BYTES;
    int64_t stripe = get_32(blob + 24);
    if (stripes == 0 || stripe == 0) return -1;
    int64_t until = (offset / stripe + 1) * stripe;
    if (until < *end) *end = until;
    return (int) get_32(blob + head + (size_t) (offset / stripe) % stripes * OBJECT_BYTES + 20);
}

int layout_ost(const struct inode *file, int64_t offset, int64_t *end) {
    *end = INT64_MAX;
    if (!file->layout) return -1;
    if (!is_composite(file->layout)) return ost_of_plain(file->layout, file->layout_size, offset, end);
    for (unsigned i = 0; i < get_16(file->layout + 14); i++) {
        const uint8_t *component = component_of(file, i);
        uint64_t at = (uint64_t) offset, until = get_64(component + 16);
        uint32_t flags = get_32(component + 4);
        if (at < get_64(component + 8) || at >= until || flags & STALE || !(flags & INIT)) continue;
        if (until < INT64_MAX) *end = (int64_t) until;
        return ost_of_plain(file->layout + get_32(component + 24), get_32(component + 28), offset, end);
    }
    return -1;
}

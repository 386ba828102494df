/*
 * A stand-in for liblustreapi.so.1 that has no filesystem: it answers by its arguments, and keeps
 * them for LustreApiTest to look at. Signatures are those of lustreapi.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RECORDS 512
#define REQUEST_BYTES 8192

static const unsigned char *records;
static int lengths[MAX_RECORDS];
static int record_count;
static int live_records;
static int live_readers;
static int message_level = -1;
static char last_text[256];
static long long last_number;
static unsigned char request[REQUEST_BYTES];

struct reader {
	int next;
	const unsigned char *at;
};

/* For the test: what recv shall give. A length of 0 gives no record, one below 0 that -errno. */
void test_set_records(const unsigned char *bytes, const int *sizes, int count)
{
	records = bytes;
	record_count = count;
	memcpy(lengths, sizes, sizeof(int) * (size_t)count);
}

int test_live_records(void) { return live_records; }
int test_live_readers(void) { return live_readers; }
int test_message_level(void) { return message_level; }
long long test_last_number(void) { return last_number; }
const char *test_last_text(void) { return last_text; }
const unsigned char *test_request(void) { return request; }

void llapi_msg_set_level(int level)
{
	message_level = level;
}

int llapi_search_fsname(const char *path, char *fsname)
{
	if (strcmp(path, "/mnt/lustre/d") == 0) {
		strcpy(fsname, "lustre");
		return 0;
	}
	return strcmp(path, "/tmp") == 0 ? -ENODEV : -EIO;
}

int llapi_changelog_start(void **priv, int flags, const char *mdt, long long start)
{
	struct reader *reader;

	if (flags != 0)
		return -EINVAL;
	if (strcmp(mdt, "lustre-MDT0000") != 0)
		return -ENOENT;
	reader = calloc(1, sizeof(*reader));
	reader->at = records;
	last_number = start;
	live_readers++;
	*priv = reader;
	return 0;
}

int llapi_changelog_recv(void *priv, void **record)
{
	struct reader *reader = priv;
	int length;

	if (reader->next == record_count)
		return 1;
	length = lengths[reader->next++];
	if (length < 0)
		return length;
	if (length == 0) {
		*record = NULL;
		return 0;
	}
	*record = malloc((size_t)length);
	memcpy(*record, reader->at, (size_t)length);
	reader->at += length;
	live_records++;
	return 0;
}

int llapi_changelog_free(void **record)
{
	free(*record);
	*record = NULL;
	live_records--;
	return 0;
}

int llapi_changelog_fini(void **priv)
{
	free(*priv);
	*priv = NULL;
	live_readers--;
	return 0;
}

int llapi_changelog_clear(const char *mdt, const char *id, long long end)
{
	strcpy(last_text, mdt);
	strcat(last_text, " ");
	strcat(last_text, id);
	last_number = end;
	if (strcmp(id, "cl1") != 0)
		return -ENOENT;
	return end > 5000000000LL ? -EINVAL : 0;
}

int llapi_fid2path(const char *device, const char *fid, char *path, int size, long long *record,
		   int *link)
{
	static const char *const names[] = {"d1/t3/a", "d1/t3/a0", "/d1/t3/a1", "d1/t3/a2"};

	if (strcmp(device, "/mnt/lustre") != 0 || size != 4096 || *record != -1)
		return -EINVAL;
	if (strcmp(fid, "[0x200000007:0x1:0x0]") == 0) {
		strcpy(path, "/");
		return 0;
	}
	if (strcmp(fid, "[0x240000402:0x36:0x0]") == 0) {
		/* The second name goes while it is asked for. */
		if (*link > 0)
			return -ENOENT;
		strcpy(path, "left");
		*link = 1;
		return 0;
	}
	if (strcmp(fid, "[0x240000402:0x35:0x0]") != 0)
		return -ENOENT;
	strcpy(path, names[*link]);
	if (*link < 3)
		(*link)++;
	return 0;
}

int llapi_hsm_state_get_fd(int fd, void *state)
{
	uint32_t fields[8] = {0x0d, 7, 1, 11, 0, 0, 0xffffffff, 0xffffffff};

	if (fd != 1000)
		return -ENOTTY;
	memcpy(state, fields, sizeof(fields));
	return 0;
}

int llapi_hsm_request(const char *path, const void *bytes)
{
	uint32_t count;

	memcpy(&count, (const char *)bytes + 16, sizeof(count));
	memcpy(request, bytes, 24 + 32 * (size_t)count);
	strcpy(last_text, path);
	return strcmp(path, "/mnt/lustre") == 0 ? 0 : -EBUSY;
}

int llapi_get_obd_count(char *path, int *count, int is_mdt)
{
	if (strcmp(path, "/mnt/lustre") != 0)
		return -ENODEV;
	*count = is_mdt ? 64 : 3;
	return 0;
}

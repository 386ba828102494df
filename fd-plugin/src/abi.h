/* SPDX-License-Identifier: AGPL-3.0-only */

/*
 * The interface between Bacula Community 15.0's File Daemon and its plugins, interface version 23,
 * on x86-64 Linux, declared by what was measured of it: sizes, offsets and numbers. Names are this
 * plugin's own. All fields that a plugin does not use are room.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define ABI_VERSION 23
#define ABI_MAGIC "*FDPluginData*"
#define ABI_LICENSE "AGPLv3"

/* What every function of either side answers. */
enum answer {
    ANSWER_OK = 0,
    ANSWER_STOP = 1,
    ANSWER_ERROR = 2,
    ANSWER_MORE = 3,
    ANSWER_SEEN = 5,
};

enum event_type {
    EVENT_BACKUP_COMMAND = 9,
    EVENT_RESTORE_COMMAND = 10,
    EVENT_ESTIMATE_COMMAND = 11,
    EVENT_SINCE = 13,
    EVENT_CANCEL = 14,
    EVENT_END_RESTORE_JOB = 6,
};

/* What getBaculaValue tells; text stays Bacula's. */
enum value {
    VALUE_JOB_ID = 1,
    VALUE_LEVEL = 3,
    VALUE_TYPE = 4,
    VALUE_JOB_NAME = 6,
    VALUE_JOB_STATUS = 7, /* a letter: f for a job that has failed, A for a cancelled one */
    VALUE_SINCE = 8,
    VALUE_ACCURATE = 9,
    VALUE_WORKING_DIR = 13,
    VALUE_WHERE = 15,
    VALUE_REGEX_WHERE = 16,
    VALUE_EXE_PATH = 17,
    VALUE_PREVIOUS_JOB_NAME = 20,
    VALUE_FILE_INDEX = 23,
    VALUE_REPLACE = 24,
    VALUE_SYSCONFIG_PATH = 28,
};

enum message_type {
    MESSAGE_FATAL = 4,
    MESSAGE_ERROR = 5,
    MESSAGE_WARNING = 6,
    MESSAGE_INFO = 7,
    MESSAGE_SAVED = 8,
    MESSAGE_NOT_SAVED = 9,
    MESSAGE_SKIPPED = 10,
    MESSAGE_RESTORED = 14,
};

/* Types of entries, as they are stored on volumes. */
enum entry_type {
    ENTRY_LINK_SAVED = 1,
    ENTRY_EMPTY_FILE = 2,
    ENTRY_FILE = 3,
    ENTRY_SYMLINK = 4,
    ENTRY_DIRECTORY = 5,
    ENTRY_SPECIAL = 6,
    ENTRY_DELETED = 23,
};

#define FLAG_OFFSETS (UINT64_C(1) << 30) /* io_pkt.offset says where each block lies */

enum create_status { CREATE_EXTRACT = 3 };

enum io_function { IO_OPEN = 1, IO_READ = 2, IO_WRITE = 3, IO_CLOSE = 4, IO_SEEK = 5 };

enum xacl_function { ACL_BACKUP = 1, ACL_RESTORE = 2, XATTR_BACKUP = 3, XATTR_RESTORE = 4 };

/* One for each job and plugin. */
struct context {
    void *core;
    void *plugin;
};

struct event {
    uint32_t type;
};

struct save_packet {
    int32_t size_at_start;
    char *name;
    char *snapshot_name;
    int32_t plugin_mode;
    char *link;
    struct stat status;
    int32_t type;
    uint64_t flags;
    bool no_read;
    bool portable;
    bool accurate_found;
    bool deduplicate;
    bool status_update;
    char *command; /* stored with the entry, and given back before it is restored */
    char restore_object[32];
    char plugin_object[72];
    void *metadata;
    int32_t delta_sequence;
    int32_t link_index; /* FileIndex of the first name of a hard link */
    int32_t size_at_end;
};

struct restore_packet {
    int32_t size_at_start;
    int32_t plugin_mode;
    int32_t stream;
    int32_t data_stream;
    int32_t type;
    int32_t file_index;
    int32_t link_index;
    uint32_t user;
    struct stat status;
    const char *attributes;
    const char *name; /* below Where, or as RegexWhere makes it */
    const char *link;
    const char *where;
    const char *regex_where;
    int32_t replace;
    int32_t create_status;
    int32_t delta_sequence;
    int32_t size_at_end;
};

struct io_packet {
    int32_t size_at_start;
    int32_t function;
    int32_t count;
    int32_t flags;
    uint32_t mode;
    char *buffer;
    const char *name;
    int32_t status;
    int32_t error;
    int32_t last_error;
    int32_t whence;
    int64_t offset;
    bool win32;
    int32_t size_at_end;
};

struct xacl_packet {
    int32_t size_at_start;
    int32_t function;
    int32_t count;
    char *content;
    int32_t size_at_end;
};

_Static_assert(sizeof(struct save_packet) == 344, "save packet");
_Static_assert(offsetof(struct save_packet, link) == 32, "link");
_Static_assert(offsetof(struct save_packet, status) == 40, "status");
_Static_assert(offsetof(struct save_packet, type) == 184, "type");
_Static_assert(offsetof(struct save_packet, flags) == 192, "flags");
_Static_assert(offsetof(struct save_packet, no_read) == 200, "no_read");
_Static_assert(offsetof(struct save_packet, command) == 208, "command");
_Static_assert(offsetof(struct save_packet, metadata) == 320, "metadata");
_Static_assert(offsetof(struct save_packet, link_index) == 332, "link_index");
_Static_assert(offsetof(struct save_packet, size_at_end) == 336, "save packet's end");
_Static_assert(sizeof(struct restore_packet) == 232, "restore packet");
_Static_assert(offsetof(struct restore_packet, status) == 32, "status");
_Static_assert(offsetof(struct restore_packet, name) == 184, "name");
_Static_assert(offsetof(struct restore_packet, create_status) == 220, "create_status");
_Static_assert(offsetof(struct restore_packet, size_at_end) == 228, "restore packet's end");
_Static_assert(sizeof(struct io_packet) == 72, "io packet");
_Static_assert(offsetof(struct io_packet, buffer) == 24, "buffer");
_Static_assert(offsetof(struct io_packet, status) == 40, "status");
_Static_assert(offsetof(struct io_packet, offset) == 56, "offset");
_Static_assert(offsetof(struct io_packet, size_at_end) == 68, "io packet's end");
_Static_assert(sizeof(struct xacl_packet) == 32, "xacl packet");
_Static_assert(offsetof(struct xacl_packet, content) == 16, "content");
_Static_assert(offsetof(struct xacl_packet, size_at_end) == 24, "xacl packet's end");

/* What the File Daemon offers. */
struct core_functions {
    uint32_t size;
    uint32_t version;
    enum answer (*register_events)(struct context *, int, ...);
    enum answer (*get_value)(struct context *, int, void *);
    enum answer (*set_value)(struct context *, int, void *);
    /* The text is cut at 2000 bytes. */
    enum answer (*job_message)(struct context *, const char *file, int line, int type, int64_t time,
            const char *format, ...) __attribute__((format(printf, 6, 7)));
    void *others[16];
};

_Static_assert(sizeof(struct core_functions) == 168, "core functions");

/* What a plugin offers. */
struct plugin_functions {
    uint32_t size;
    uint32_t version;
    enum answer (*new_plugin)(struct context *);
    enum answer (*free_plugin)(struct context *);
    enum answer (*get_plugin_value)(struct context *, int, void *);
    enum answer (*set_plugin_value)(struct context *, int, void *);
    enum answer (*handle_event)(struct context *, struct event *, void *);
    enum answer (*start_backup_file)(struct context *, struct save_packet *);
    enum answer (*end_backup_file)(struct context *);
    enum answer (*start_restore_file)(struct context *, const char *command);
    enum answer (*end_restore_file)(struct context *);
    enum answer (*plugin_io)(struct context *, struct io_packet *);
    enum answer (*create_file)(struct context *, struct restore_packet *);
    enum answer (*set_file_attributes)(struct context *, struct restore_packet *);
    enum answer (*check_file)(struct context *, char *name);
    enum answer (*handle_xacl)(struct context *, struct xacl_packet *);
    void *others[6];
};

_Static_assert(sizeof(struct plugin_functions) == 168, "plugin functions");

struct core_information {
    uint32_t size;
    uint32_t version;
};

struct plugin_information {
    uint32_t size;
    uint32_t version;
    const char *magic;
    const char *license;
    const char *author;
    const char *date;
    const char *plugin_version;
    const char *description;
};

_Static_assert(sizeof(struct plugin_information) == 56, "plugin information");

#endif

/* SPDX-License-Identifier: AGPL-3.0-only */

#include "fake-core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum answer loadPlugin(struct core_information *daemon, struct core_functions *offered,
        struct plugin_information **plugin, struct plugin_functions **table);

static struct plugin_functions *plugin;
static const char *where_to = "";

static enum answer get_value(struct context *context, int value, void *into) {
    struct fake_job *job = context->core;
    static char name[] = "job.2026-11-21_01.02.03_04";
    static char previous[] = "job.2026-11-20_01.02.03_04";
    static char directory[] = "/var/lib/bacula";
    switch (value) {
        case VALUE_JOB_ID:
            *(int *) into = job->id;
            break;
        case VALUE_LEVEL:
            *(int *) into = 'I';
            break;
        case VALUE_TYPE:
            *(int *) into = 'B';
            break;
        case VALUE_ACCURATE:
            *(int *) into = job->accurate;
            break;
        case VALUE_JOB_STATUS:
            *(int *) into = atomic_load(&job->given_up) ? 'f' : 'R';
            break;
        case VALUE_REPLACE:
            *(int *) into = 'a';
            break;
        case VALUE_FILE_INDEX:
            *(int *) into = job->file_index;
            break;
        case VALUE_JOB_NAME:
            *(char **) into = name;
            break;
        case VALUE_PREVIOUS_JOB_NAME:
            *(char **) into = previous;
            break;
        case VALUE_WHERE:
            *(const char **) into = where_to;
            break;
        case VALUE_WORKING_DIR:
            *(char **) into = directory;
            break;
        default:
            return ANSWER_ERROR;
    }
    return ANSWER_OK;
}

static enum answer set_value(struct context *context, int value, void *from) {
    (void) context;
    (void) value;
    (void) from;
    return ANSWER_OK;
}

static enum answer register_events(struct context *context, int count, ...) {
    (void) context;
    (void) count;
    return ANSWER_OK;
}

static enum answer job_message(struct context *context, const char *file, int line, int type,
        int64_t time, const char *format, ...) {
    struct fake_job *job = context->core;
    (void) file;
    (void) line;
    (void) time;
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    job->lines++;
    job->fatal += type == MESSAGE_FATAL ? 1 : 0;
    job->errors += type == MESSAGE_ERROR || type == MESSAGE_FATAL ? 1 : 0;
    job->warnings += type == MESSAGE_WARNING ? 1 : 0;
    size_t used = strlen(job->log);
    snprintf(job->log + used, sizeof job->log - used, "%d %s", type, text);
    if (job->on_line != NULL) {
        job->on_line(job, text);
    }
    return ANSWER_OK;
}

void fake_load(void) {
    static struct core_information daemon = {.size = sizeof daemon, .version = ABI_VERSION};
    static struct core_functions offered = {
        .size = sizeof offered,
        .version = ABI_VERSION,
        .register_events = register_events,
        .get_value = get_value,
        .set_value = set_value,
        .job_message = job_message,
    };
    struct plugin_information *information;
    loadPlugin(&daemon, &offered, &information, &plugin);
    if (information->size != 56 || strcmp(information->magic, "*FDPluginData*") != 0
            || information->version != 23 || strcmp(information->license, "AGPLv3") != 0) {
        abort();
    }
}

static void send_event(struct fake_job *job, uint32_t type, void *value) {
    struct event event = {.type = type};
    plugin->handle_event(&job->context, &event, value);
}

static void begin(struct fake_job *job) {
    job->context.core = job;
    job->log[0] = '\0';
    if (plugin->new_plugin(&job->context) != ANSWER_OK) {
        abort();
    }
    send_event(job, 1, NULL);
}

static void append(struct bytes **list, size_t *count, int64_t offset, const char *content, size_t length) {
    *list = realloc(*list, (*count + 1) * sizeof **list);
    struct bytes *added = &(*list)[(*count)++];
    *added = (struct bytes){.offset = offset, .length = length, .content = malloc(length + 1)};
    memcpy(added->content, content, length);
}

static bool all_zero(const char *bytes, size_t count) {
    return count > 0 && bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0;
}

static void save_data(struct fake_job *job, struct stored *entry) {
    int count = job->read_bytes > 0 ? job->read_bytes : 65536;
    struct io_packet packet = {.size_at_start = sizeof packet, .function = IO_OPEN, .size_at_end = sizeof packet};
    plugin->plugin_io(&job->context, &packet);
    if (packet.status < 0) {
        return;
    }
    int64_t position = 0;
    char *buffer = malloc((size_t) count);
    for (int reads = 0; job->reads == 0 || reads < job->reads; reads++) {
        packet.function = IO_READ;
        packet.count = count;
        packet.buffer = buffer;
        plugin->plugin_io(&job->context, &packet);
        if (packet.status <= 0) {
            break;
        }
        size_t got = (size_t) packet.status;
        bool offsets = (entry->flags & FLAG_OFFSETS) != 0;
        bool dropped = job->drops_zeros && !offsets && packet.status == count
                && position + count < entry->status.st_size && all_zero(buffer, got);
        if (!dropped) {
            append(&entry->blocks, &entry->block_count, offsets ? packet.offset : position, buffer, got);
        }
        position += (int64_t) got;
    }
    free(buffer);
    packet.function = IO_CLOSE;
    plugin->plugin_io(&job->context, &packet);
}

static void save_records(struct fake_job *job, struct stored *entry) {
    for (int function = ACL_BACKUP; function <= XATTR_BACKUP; function += 2) {
        for (;;) {
            struct xacl_packet packet = {
                .size_at_start = sizeof packet, .function = function, .size_at_end = sizeof packet};
            if (plugin->handle_xacl(&job->context, &packet) != ANSWER_OK || packet.count == 0) {
                break;
            }
            append(&entry->records, &entry->record_count, 0, packet.content, (size_t) packet.count);
        }
    }
}

static char *copy_of(const char *text) {
    return text == NULL ? NULL : strdup(text);
}

/* The loop over one Plugin line. */
static void save_line(struct fake_job *job, const char *line, bool estimates) {
    struct event event = {.type = estimates ? EVENT_ESTIMATE_COMMAND : EVENT_BACKUP_COMMAND};
    char *copy = strdup(line);
    if (plugin->handle_event(&job->context, &event, copy) != ANSWER_OK) {
        free(copy);
        return;
    }
    while (job->fatal == 0) {
        struct save_packet packet = {
            .size_at_start = sizeof packet, .portable = true, .command = copy, .size_at_end = sizeof packet};
        if (plugin->start_backup_file(&job->context, &packet) != ANSWER_OK) {
            break;
        }
        if (packet.type == 0 || packet.name == NULL) {
            abort();
        }
        job->entries = realloc(job->entries, (job->entry_count + 1) * sizeof *job->entries);
        struct stored *entry = &job->entries[job->entry_count++];
        *entry = (struct stored){
            .name = copy_of(packet.name),
            .link = copy_of(packet.link),
            .command = copy_of(packet.command),
            .type = packet.type,
            .link_index = packet.link_index,
            .flags = packet.flags,
            .no_read = packet.no_read,
            .status = packet.status,
        };
        job->file_index++;
        if (!estimates && packet.type != ENTRY_DELETED) {
            if (!packet.no_read) {
                save_data(job, entry);
            }
            save_records(job, entry);
        }
        if (plugin->end_backup_file(&job->context) != ANSWER_MORE) {
            break;
        }
    }
    free(copy);
}

static void finish(struct fake_job *job) {
    send_event(job, 4, NULL);
    if (job->check_name != NULL) {
        char *name = strdup(job->check_name);
        job->seen = plugin->check_file(&job->context, name) == ANSWER_SEEN;
        free(name);
    }
    plugin->free_plugin(&job->context);
}

void fake_backup(struct fake_job *job, const char *line) {
    begin(job);
    send_event(job, EVENT_SINCE, (void *) (intptr_t) 1700000000);
    save_line(job, line, false);
    finish(job);
}

void fake_estimate(struct fake_job *job, const char *line) {
    begin(job);
    save_line(job, line, true);
    finish(job);
}

static char *below(const char *where, const char *path) {
    char *joined = malloc(strlen(where) + strlen(path) + 1);
    strcpy(joined, where);
    strcat(joined, path);
    return joined;
}

static void write_data(struct fake_job *job, const struct stored *entry) {
    struct io_packet packet = {.size_at_start = sizeof packet, .function = IO_OPEN, .size_at_end = sizeof packet};
    plugin->plugin_io(&job->context, &packet);
    int64_t position = 0;
    for (size_t i = 0; i < entry->block_count && packet.status >= 0; i++) {
        if (entry->blocks[i].offset != position) {
            packet.function = IO_SEEK;
            packet.offset = position = entry->blocks[i].offset;
            plugin->plugin_io(&job->context, &packet);
        }
        packet.function = IO_WRITE;
        packet.buffer = entry->blocks[i].content;
        packet.count = (int32_t) entry->blocks[i].length;
        plugin->plugin_io(&job->context, &packet);
        position += packet.count;
    }
}

static void restore_entry(struct fake_job *job, const struct stored *entry, const char *where) {
    char *name = below(where, entry->name);
    char *link = entry->type == ENTRY_LINK_SAVED ? below(where, entry->link) : copy_of(entry->link);
    struct restore_packet packet = {
        .size_at_start = sizeof packet,
        .type = entry->type,
        .link_index = entry->link_index,
        .status = entry->status,
        .name = name,
        .link = link,
        .where = where,
        .size_at_end = sizeof packet,
    };
    struct io_packet close_packet = {
        .size_at_start = sizeof close_packet, .function = IO_CLOSE, .size_at_end = sizeof close_packet};
    send_event(job, EVENT_RESTORE_COMMAND, entry->command);
    if (plugin->start_restore_file(&job->context, entry->command) == ANSWER_OK
            && plugin->create_file(&job->context, &packet) == ANSWER_OK) {
        if (packet.create_status != CREATE_EXTRACT) {
            abort();
        }
        write_data(job, entry);
        if (entry->type != ENTRY_DIRECTORY) {
            plugin->set_file_attributes(&job->context, &packet);
            plugin->plugin_io(&job->context, &close_packet);
        }
        for (size_t i = 0; i < entry->record_count; i++) {
            struct xacl_packet record = {.size_at_start = sizeof record,
                .function = XATTR_RESTORE,
                .content = entry->records[i].content,
                .count = (int32_t) entry->records[i].length,
                .size_at_end = sizeof record};
            plugin->handle_xacl(&job->context, &record);
        }
        if (entry->type == ENTRY_DIRECTORY) {
            plugin->set_file_attributes(&job->context, &packet);
            plugin->plugin_io(&job->context, &close_packet);
        }
        plugin->end_restore_file(&job->context);
    }
    free(name);
    free(link);
}

void fake_restore(struct fake_job *job, const struct fake_job *stored, const char *where) {
    where_to = where;
    begin(job);
    for (size_t i = 0; i < stored->entry_count && job->fatal == 0; i++) {
        if (stored->entries[i].type != ENTRY_DELETED) {
            restore_entry(job, &stored->entries[i], where);
        }
    }
    atomic_store(&job->given_up, job->given_up_after_restore);
    send_event(job, EVENT_END_RESTORE_JOB, NULL);
    plugin->free_plugin(&job->context);
}

bool fake_refused_without_memory(struct fake_job *job) {
    struct event event = {.type = EVENT_BACKUP_COMMAND};
    char line[] = "sluice:path=/d";
    job->context = (struct context){.core = job};
    send_event(job, EVENT_SINCE, NULL);
    return plugin->handle_event(&job->context, &event, line) != ANSWER_OK
            && plugin->start_restore_file(&job->context, "") != ANSWER_OK
            && plugin->free_plugin(&job->context) == ANSWER_OK;
}

void fake_cancel(struct fake_job *job) {
    send_event(job, EVENT_CANCEL, NULL);
}

void fake_free(struct fake_job *job) {
    for (size_t i = 0; i < job->entry_count; i++) {
        struct stored *entry = &job->entries[i];
        free(entry->name);
        free(entry->link);
        free(entry->command);
        for (size_t j = 0; j < entry->block_count; j++) {
            free(entry->blocks[j].content);
        }
        for (size_t j = 0; j < entry->record_count; j++) {
            free(entry->records[j].content);
        }
        free(entry->blocks);
        free(entry->records);
    }
    free(job->entries);
    job->entries = NULL;
    job->entry_count = 0;
}

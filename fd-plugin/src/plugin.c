/* SPDX-License-Identifier: AGPL-3.0-only */

/* What Bacula loads and calls. One thread for each job; only a cancel comes from another. */

#include "job.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define PLUGIN_NAME "sluice:"
#define PLUGIN_VERSION "1"

#define EXPORT __attribute__((visibility("default")))

const struct core_functions *core;

/* Over context->plugin between the job's thread, which alone changes it, and one that cancels. */
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;

static void set_job(struct context *context, struct job *job) {
    pthread_mutex_lock(&owner);
    context->plugin = job;
    pthread_mutex_unlock(&owner);
}

/* From any thread, also one whose job is just being freed. */
static void cancel(struct context *context) {
    pthread_mutex_lock(&owner);
    struct job *job = context->plugin;
    if (job != NULL) {
        backend_cancel(&job->backend);
    }
    pthread_mutex_unlock(&owner);
}

static struct job *job_of(struct context *context) {
    return context->plugin;
}

/* An error here would only switch the plugin off: a job that stores nothing, and ends well. So that is
   kept until the core asks for work. */
static enum answer new_plugin(struct context *context) {
    struct job *job = calloc(1, sizeof *job);
    if (job != NULL) {
        job->context = context;
        job->unprepared = backend_prepare(&job->backend);
    }
    set_job(context, job);
    return ANSWER_OK;
}

/* The one call that comes whatever happened to the job. */
static enum answer free_plugin(struct context *context) {
    struct job *job = job_of(context);
    if (job == NULL) {
        return ANSWER_OK;
    }
    set_job(context, NULL);
    backend_dispose(job);
    frames_close(&job->frames);
    entry_clear(&job->backup.entry);
    entry_clear(&job->restore.entry);
    links_close(&job->backup.links);
    free(job->backup.record);
    free(job->line);
    free(job->prefix);
    for (size_t i = 0; i < job->seen_count; i++) {
        free(job->seen[i]);
    }
    free(job->seen);
    free(job);
    return ANSWER_OK;
}

/* Fails what cannot be worked on. */
static bool is_ready(struct context *context) {
    struct job *job = job_of(context);
    if (job == NULL) {
        core->job_message(context, "sluice-fd", 0, MESSAGE_FATAL, 0, "sluice: no memory for a job\n");
        return false;
    }
    if (job->unprepared != 0) {
        char text[128];
        return fail(job, "cannot prepare for a backend: %s", strerror_r(job->unprepared, text, sizeof text));
    }
    return !job->failed;
}

static enum answer no_value(struct context *context, int value, void *into) {
    (void) context;
    (void) value;
    (void) into;
    return ANSWER_OK;
}

/* A Plugin line of the job; those of a FileSet come one after the other. */
static enum answer begin_line(struct job *job, const char *line, enum purpose purpose) {
    if (strncmp(line, PLUGIN_NAME, strlen(PLUGIN_NAME)) != 0) {
        fail(job, "the Plugin line '%s' does not begin with '" PLUGIN_NAME "'", line);
        return ANSWER_ERROR;
    }
    backend_stop(job);
    job->backup.phase = PHASE_BETWEEN;
    free(job->prefix);
    job->prefix = NULL;
    free(job->line);
    job->line = strdup(line + strlen(PLUGIN_NAME));
    if (job->line == NULL) {
        fail(job, "no memory for the Plugin line");
    }
    return !job->failed && dialogue_start(job, purpose) ? ANSWER_OK : ANSWER_ERROR;
}

static enum answer handle_event(struct context *context, struct event *event, void *value) {
    if (event->type == EVENT_CANCEL) {
        cancel(context);
        return ANSWER_OK;
    }
    bool begins = event->type == EVENT_BACKUP_COMMAND || event->type == EVENT_ESTIMATE_COMMAND;
    if (begins && !is_ready(context)) {
        return ANSWER_ERROR;
    }
    struct job *job = job_of(context);
    if (job == NULL) {
        return ANSWER_OK;
    }
    switch (event->type) {
        case EVENT_SINCE:
            job->since = (int64_t) (intptr_t) value;
            return ANSWER_OK;
        case EVENT_BACKUP_COMMAND:
            return begin_line(job, value, PURPOSE_BACKUP);
        case EVENT_ESTIMATE_COMMAND:
            return begin_line(job, value, PURPOSE_ESTIMATE);
        case EVENT_END_RESTORE_JOB:
            if (job->purpose == PURPOSE_RESTORE) {
                restore_end(job);
            }
            return ANSWER_OK;
        default:
            return ANSWER_OK;
    }
}

static enum answer start_backup_file(struct context *context, struct save_packet *packet) {
    struct job *job = job_of(context);
    return job == NULL || job->failed ? ANSWER_ERROR : backup_start_file(job, packet);
}

static enum answer end_backup_file(struct context *context) {
    struct job *job = job_of(context);
    return job == NULL || job->failed ? ANSWER_ERROR : backup_end_file(job);
}

static enum answer start_restore_file(struct context *context, const char *command) {
    return is_ready(context) ? restore_start_file(job_of(context), command) : ANSWER_ERROR;
}

static enum answer end_restore_file(struct context *context) {
    struct job *job = job_of(context);
    return job == NULL || job->failed ? ANSWER_ERROR : restore_end_file(job);
}

static enum answer plugin_io(struct context *context, struct io_packet *packet) {
    struct job *job = job_of(context);
    if (job == NULL) {
        return ANSWER_ERROR;
    }
    return job->purpose == PURPOSE_RESTORE ? restore_io(job, packet) : backup_io(job, packet);
}

static enum answer create_file(struct context *context, struct restore_packet *packet) {
    struct job *job = job_of(context);
    return job == NULL || job->failed ? ANSWER_ERROR : restore_create_file(job, packet);
}

/* The backend's business: Bacula asks for it before a file's last byte is written. */
static enum answer set_file_attributes(struct context *context, struct restore_packet *packet) {
    (void) context;
    (void) packet;
    return ANSWER_OK;
}

/* Of an accurate job: whether a name that was not sent is still there. One plugin's Seen protects the
   names of all others. */
static enum answer check_file(struct context *context, char *name) {
    struct job *job = job_of(context);
    for (size_t i = 0; job != NULL && !job->failed && i < job->seen_count; i++) {
        size_t length = strlen(job->seen[i]);
        if (strncmp(name, job->seen[i], length) == 0 && name[length] == '/') {
            return ANSWER_SEEN;
        }
    }
    return ANSWER_OK;
}

static enum answer handle_xacl(struct context *context, struct xacl_packet *packet) {
    struct job *job = job_of(context);
    if (job == NULL) {
        return ANSWER_ERROR;
    }
    return job->purpose == PURPOSE_RESTORE ? restore_record(job, packet) : backup_record(job, packet);
}

static struct plugin_functions functions = {
    .size = sizeof functions,
    .version = ABI_VERSION,
    .new_plugin = new_plugin,
    .free_plugin = free_plugin,
    .get_plugin_value = no_value,
    .set_plugin_value = no_value,
    .handle_event = handle_event,
    .start_backup_file = start_backup_file,
    .end_backup_file = end_backup_file,
    .start_restore_file = start_restore_file,
    .end_restore_file = end_restore_file,
    .plugin_io = plugin_io,
    .create_file = create_file,
    .set_file_attributes = set_file_attributes,
    .check_file = check_file,
    .handle_xacl = handle_xacl,
};

static struct plugin_information information = {
    .size = sizeof information,
    .version = ABI_VERSION,
    .magic = ABI_MAGIC,
    .license = ABI_LICENSE,
    .author = "Sluice",
    .date = "November 2026",
    .plugin_version = PLUGIN_VERSION,
    .description = "Backs up parallel filesystems",
};

EXPORT enum answer loadPlugin(struct core_information *daemon, struct core_functions *offered,
        struct plugin_information **plugin, struct plugin_functions **table);
EXPORT enum answer unloadPlugin(void);

/* A daemon of another interface version refuses the plugin by the version in its information. */
enum answer loadPlugin(struct core_information *daemon, struct core_functions *offered,
        struct plugin_information **plugin, struct plugin_functions **table) {
    (void) daemon;
    core = offered;
    *plugin = &information;
    *table = &functions;
    /* A backend that dies while it is written to must not end the daemon. */
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        signal(SIGPIPE, SIG_IGN);
    }
    return ANSWER_OK;
}

enum answer unloadPlugin(void) {
    return ANSWER_OK;
}

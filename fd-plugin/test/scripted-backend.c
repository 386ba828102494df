/* SPDX-License-Identifier: AGPL-3.0-only */

/*
 * A backend that does what a script says, for tests of the plugin. It answers as a backend must where the
 * script has nothing else, and keeps all that it is sent in SCRIPTED_DIRECTORY/received-<BACULA_JOBID>.
 * The script is what the Plugin line's script= names, else SCRIPTED_DIRECTORY/script.
 *
 *   at STEP           what follows takes the place of the answer to hello, job, params, start, finish or
 *                     end; or comes after start (stream); or after the restore's Nth FNAME (entry N)
 *   C|I|W|Q|N|A|D|F TEXT    a frame; \n, \\ and \xNN in the text
 *   random BYTES SEED       frames of data
 *   raw TEXT          bytes
 *   file PATH         its bytes
 *   error TEXT        a line on standard error
 *   errors COUNT      lines on standard error
 *   messages COUNT    frames 'I' of 1000 bytes
 *   touch PATH        makes a file
 *   await PATH        waits until a fifo is opened for writing, and closed
 *   silence           waits for a signal that ends it
 *   deaf              from here on SIGTERM is ignored
 *   child PATH        starts a process that waits for ever, and writes its number there
 *   held SECONDS      whatever kills it, nobody sees it end for so long, as of a process that hangs in the kernel
 *   close             closes standard output
 *   close-input       closes standard input
 *   exit CODE
 *   die SIGNAL
 */

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define PAYLOAD_MAX 999999
#define LINE_MAX_BYTES 1100000

static FILE *received;
static char script[4096];
static char payload[PAYLOAD_MAX + 1];

static void stop(const char *why) {
    fprintf(stderr, "scripted backend: %s\n", why);
    exit(70);
}

static void put(const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t put = write(1, at, count);
        if (put <= 0) {
            exit(71);
        }
        at += put;
        count -= (size_t) put;
    }
}

static void put_frame(char letter, const void *bytes, size_t count) {
    char *frame = malloc(count + 9);
    snprintf(frame, 9, "%c%06zu\n", letter, count);
    memcpy(frame + 8, bytes, count);
    put(frame, count + 8);
    free(frame);
}

static void get(void *into, size_t count) {
    char *at = into;
    while (count > 0) {
        ssize_t got = read(0, at, count);
        if (got <= 0) {
            exit(72);
        }
        at += got;
        count -= (size_t) got;
    }
}

static char get_frame(size_t *length) {
    char header[9] = "";
    get(header, 8);
    *length = strtoul(header + 1, NULL, 10);
    get(payload, *length);
    payload[*length] = '\0';
    fwrite(header, 1, 8, received);
    fwrite(payload, 1, *length, received);
    fflush(received);
    return header[0];
}

static size_t unescape(char *text) {
    char *into = text;
    for (char *at = text; *at != '\0';) {
        if (*at != '\\') {
            *into++ = *at++;
        } else if (at[1] == 'n') {
            *into++ = '\n';
            at += 2;
        } else if (at[1] == 'x') {
            char digits[3] = {at[2], at[3], '\0'};
            *into++ = (char) strtol(digits, NULL, 16);
            at += 4;
        } else {
            *into++ = at[1];
            at += 2;
        }
    }
    return (size_t) (into - text);
}

static void put_random(uint64_t bytes, uint64_t state) {
    static uint64_t block[8192];
    while (bytes > 0) {
        size_t part = bytes < sizeof block ? (size_t) bytes : sizeof block;
        for (size_t i = 0; i < sizeof block / 8; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            block[i] = state ^ state >> 31;
        }
        put_frame('D', block, part);
        bytes -= part;
    }
}

static void copy_file(const char *path) {
    int file = open(path, O_RDONLY);
    char block[65536];
    ssize_t got;
    if (file < 0) {
        stop(path);
    }
    while ((got = read(file, block, sizeof block)) > 0) {
        put(block, (size_t) got);
    }
    close(file);
}

static void wait_for_ever(void) {
    for (;;) {
        pause();
    }
}

static void start_child(const char *path) {
    pid_t child = fork();
    if (child == 0) {
        wait_for_ever();
    }
    FILE *file = fopen(path, "w");
    fprintf(file, "%d\n", (int) child);
    fclose(file);
}

/* A process that is traced ends for its parent when its tracer has seen that, or has ended. */
static void hold(unsigned seconds) {
    int told[2];
    char byte;
    if (pipe(told) != 0) {
        stop("pipe");
    }
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (fork() == 0) {
        setsid();
        for (int i = 0; i < 3; i++) {
            close(i);
        }
        if (ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0) {
            (void) !write(told[1], "", 1);
            close(told[1]);
            sleep(seconds);
        }
        _exit(0);
    }
    close(told[1]);
    if (read(told[0], &byte, 1) != 1) {
        stop("ptrace");
    }
    close(told[0]);
}

static bool is_word(const char *line, const char *word, char **rest) {
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || (line[length] != '\0' && line[length] != ' ')) {
        return false;
    }
    *rest = (char *) line + length + (line[length] == ' ');
    return true;
}

static void perform(char *line) {
    char *rest;
    if (strchr("CIWQNADFTSRPEZ", line[0]) != NULL && (line[1] == ' ' || line[1] == '\0')) {
        char letter = line[0];
        char *text = line + (line[1] == ' ' ? 2 : 1);
        put_frame(letter, text, unescape(text));
    } else if (is_word(line, "random", &rest)) {
        char *seed;
        uint64_t bytes = strtoull(rest, &seed, 10);
        put_random(bytes, strtoull(seed, NULL, 10));
    } else if (is_word(line, "raw", &rest)) {
        put(rest, unescape(rest));
    } else if (is_word(line, "file", &rest)) {
        copy_file(rest);
    } else if (is_word(line, "error", &rest)) {
        fprintf(stderr, "%s\n", rest);
    } else if (is_word(line, "errors", &rest)) {
        for (int i = 1; i <= atoi(rest); i++) {
            fprintf(stderr, "line %d\n", i);
        }
    } else if (is_word(line, "messages", &rest)) {
        char text[1000];
        memset(text, 'm', sizeof text);
        for (int i = 0; i < atoi(rest); i++) {
            put_frame('I', text, sizeof text);
        }
    } else if (is_word(line, "touch", &rest)) {
        close(open(rest, O_WRONLY | O_CREAT, 0600));
    } else if (is_word(line, "await", &rest)) {
        int fifo = open(rest, O_RDONLY);
        char byte;
        while (read(fifo, &byte, 1) > 0) {
        }
        close(fifo);
    } else if (is_word(line, "silence", &rest)) {
        wait_for_ever();
    } else if (is_word(line, "deaf", &rest)) {
        signal(SIGTERM, SIG_IGN);
    } else if (is_word(line, "child", &rest)) {
        start_child(rest);
    } else if (is_word(line, "held", &rest)) {
        hold((unsigned) atoi(rest));
    } else if (is_word(line, "close", &rest)) {
        close(1);
    } else if (is_word(line, "close-input", &rest)) {
        close(0);
    } else if (is_word(line, "exit", &rest)) {
        exit(atoi(rest));
    } else if (is_word(line, "die", &rest)) {
        raise(atoi(rest));
    } else if (line[0] != '\0' && line[0] != '#') {
        stop(line);
    }
}

/* Does what the script has for this step; false when it has nothing. */
static bool step(const char *name) {
    FILE *file = fopen(script, "r");
    if (file == NULL) {
        return false;
    }
    char *line = malloc(LINE_MAX_BYTES);
    char *rest;
    bool here = false;
    bool found = false;
    while (fgets(line, LINE_MAX_BYTES, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (is_word(line, "at", &rest)) {
            here = strcmp(rest, name) == 0;
            found |= here;
        } else if (here) {
            perform(line);
        }
    }
    free(line);
    fclose(file);
    return found;
}

static void answer(const char *name) {
    if (!step(name)) {
        put_frame('F', "", 0);
    }
}

static void find_script(void) {
    char *value = strstr(payload, "script=");
    if (value != NULL) {
        snprintf(script, sizeof script, "%s", value + strlen("script="));
        script[strcspn(script, ";\n")] = '\0';
    }
}

static void parameters(void) {
    size_t length;
    /* Nothing is answered before the script is known. */
    get_frame(&length);
    if (!step("hello")) {
        put_frame('C', "Hello Bacula", 12);
    }
    while (get_frame(&length) != 'F') {
    }
    answer("job");
    while (get_frame(&length) != 'F') {
        find_script();
    }
    answer("params");
}

int main(void) {
    const char *directory = getenv("SCRIPTED_DIRECTORY");
    const char *job = getenv("BACULA_JOBID");
    size_t length;
    if (directory == NULL || job == NULL) {
        stop("SCRIPTED_DIRECTORY or BACULA_JOBID is not set");
    }
    snprintf(script, sizeof script, "%s/received-%s", directory, job);
    received = fopen(script, "a");
    if (received == NULL) {
        stop(script);
    }
    snprintf(script, sizeof script, "%s/script", directory);
    parameters();
    get_frame(&length);
    bool restores = strcmp(payload, "RestoreStart\n") == 0;
    answer("start");
    if (restores) {
        char name[32];
        int entries = 0;
        char letter;
        while ((letter = get_frame(&length)) != 'C' || strcmp(payload, "FINISH\n") != 0) {
            if (letter == 'T') {
                return 5;
            }
            if (strncmp(payload, "FNAME:", 6) == 0) {
                snprintf(name, sizeof name, "entry %d", ++entries);
                step(name);
            }
        }
        answer("finish");
    } else {
        step("stream");
    }
    get_frame(&length);
    answer("end");
    get_frame(&length);
    return 0;
}

/* The commands of the socket. */
#ifndef CONTROL_H
#define CONTROL_H
#include <stdio.h>

struct command {
    const char *name;
    int words; /* at least, after the name */
    int (*run)(int count, char **words, FILE *out);
};
extern const struct command commands[];

int mdt_of(const char *word);
#endif

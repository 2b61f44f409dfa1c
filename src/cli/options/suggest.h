/* The name that a mistyped one was probably meant to be. */
#ifndef CLI_OPTIONS_SUGGEST_H
#define CLI_OPTIONS_SUGGEST_H

#include <stddef.h>

/* Keeps the nearest of the names it is shown. */
typedef struct nd_suggestion {
    const char *typed;
    const char *nearest; /* NULL: none is near enough */
    size_t distance;
} nd_suggestion;

nd_suggestion nd_suggestion_for(const char *typed);

void nd_suggestion_consider(nd_suggestion *suggestion, const char *name);

#endif

/* Counters of statistics, described: their names, what they count, and how much that matters. */
#ifndef NEARDUP_COUNTER_H
#define NEARDUP_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/visibility.h"

ND_BEGIN_DECLS

typedef enum nd_counter_weight {
    ND_COUNTER_FIGURE = 0, /* what was done */
    ND_COUNTER_REMARK,     /* worth saying; nothing was left out */
    ND_COUNTER_LOSS,       /* documents left out, or read other than they are */
    ND_COUNTER_CAP,        /* work cut short: less may have been found */
} nd_counter_weight;

/* One uint64_t of a struct of statistics. What a strict caller must not accept has the weight
 * ND_COUNTER_LOSS or more. */
typedef struct nd_counter {
    const char *name;    /* "invalid_utf8": a key for machines */
    const char *meaning; /* "documents without a word, which match nothing": a count can follow */
    size_t offset;       /* in the struct */
    nd_counter_weight weight;
    unsigned notices; /* bit n: nd_notice n of a scan names documents that are counted here */
    /* Another counter of the struct that says how much it was; NULL: none. printf-style with one
     * "%s" for the amount, such as " (%s)", and the noun of that, such as "byte". */
    const char *detail, *detail_noun;
    size_t detail_offset;
} nd_counter;

/* The value of a counter. Thread-safe. */
static inline uint64_t nd_counter_value(const nd_counter *counter, const void *statistics)
{
    return *(const uint64_t *)(const void *)((const char *)statistics + counter->offset);
}

ND_END_DECLS

#endif

/* Which document of a group is kept: keys that decide one after the other. */
#ifndef CLI_OPTIONS_KEEP_H
#define CLI_OPTIONS_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options/option.h"
#include "io/input.h"

/* Keys in the order in which they decide. The length of the text is one of them, but none of a
 * document's preferences: `size_place` says after how many of those it counts. */
typedef struct nd_keep_keys {
    nd_preference_key items[ND_MAX_PREFERENCES];
    size_t num;
    uint32_t size_place;
    void *memory; /* what the keys point into; owned. NULL: others' */
} nd_keep_keys;

/* Reads what `--keep` was given, once or several times, as "latest:date,longest" or
 * "prefer:source=a,b", where the names go on to the end. ND_ERR_INVALID_ARGUMENT with a message
 * that says what is allowed. Release the keys in either case. */
ND_NODISCARD nd_status nd_keep_parse(const nd_name_list *typed, const nd_allocator *allocator,
                                     nd_keep_keys *keys, nd_error *error);

/* Whether a document needs a field to be preferred. */
bool nd_keep_has_field(const nd_keep_keys *keys);

void nd_keep_release(nd_keep_keys *keys, const nd_allocator *allocator);

#endif

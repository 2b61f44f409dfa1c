/* Band keys of the texts that were read last, and which of them came again: that tells, while
 * documents are read, which of them will be compared. */
#ifndef LSH_SEEN_KEYS_H
#define LSH_SEEN_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

/* Right about most of the last million keys, in 2 MiB: a key is known by its place and 15 bits, so
 * that one in some thousand is taken for another, and those that came long ago are forgotten. So
 * it may say what is worth keeping, but not what the results are. Internally locked. */
typedef struct nd_seen_keys nd_seen_keys;

/* ND_ERR_NO_MEMORY leaves *out NULL. Keys take memory from the first on. */
ND_NODISCARD nd_status nd_seen_keys_new(const nd_allocator *allocator, nd_seen_keys **out);

/* Makes room for keys, before the first. */
ND_NODISCARD nd_status nd_seen_keys_begin(nd_seen_keys *seen);

/* Has what a text's keys lead to brought from memory, some texts before it is needed. Here and
 * below there is one key for each band; nd_seen_keys_begin comes first. */
void nd_seen_keys_fetch(const nd_seen_keys *seen, const uint32_t *keys, uint32_t num_bands);

/* Adds the keys of a text; returns whether one of them had been added before. */
bool nd_seen_keys_add(nd_seen_keys *seen, const uint32_t *keys, uint32_t num_bands);

/* Whether one of the keys was added more than once. */
bool nd_seen_keys_come_again(const nd_seen_keys *seen, const uint32_t *keys, uint32_t num_bands);

void nd_seen_keys_free(nd_seen_keys *seen);

#endif

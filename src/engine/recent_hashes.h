/* Hashes of documents that can be read again, kept for a while: until it shows whether anything
 * shares a bucket with them. */
#ifndef ENGINE_RECENT_HASHES_H
#define ENGINE_RECENT_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/collection.h"

/* A queue of blocks, the oldest first. What is added goes to the last one; where that is full and
 * there are limit_bytes of them, the oldest is emptied and becomes the last:
 *
 *   block:  | hashes of text 0 | hashes of text 1 | ... | free | ... | text 1 | text 0 |
 *
 * The texts stand together because they are gone through when the hashes have left the caches.
 */
typedef struct nd_recent_text {
    nd_chunk *chunk; /* of the document; */
    uint16_t place;  /* in it */
    bool is_met;     /* as far as noting it told */
    uint32_t num_hashes;
} nd_recent_text;

_Static_assert(ND_CHUNK_BITS <= 16, "places are 16 bits");

/* What happens to the texts. Each is announced some texts before it is noted, and again before it
 * leaves unless it is met by then, so that what is needed for it can be brought from memory. All
 * texts in the queue but for the last ones are noted before one leaves; where all have room, none
 * is. */
typedef struct nd_recent_events {
    void *ctx;
    void (*announce)(void *ctx, const nd_recent_text *text);
    /* Returns whether it is met already, by a text that was noted before it. */
    bool (*note)(void *ctx, const nd_recent_text *text);
    /* Its hashes hold until this returns. */
    nd_status (*leave)(void *ctx, const nd_recent_text *text, const uint64_t *hashes);
} nd_recent_events;

typedef struct nd_recent_hashes {
    const nd_allocator *allocator;
    size_t limit_bytes;
    struct nd_recent_block *first, *last;
    size_t total_bytes; /* of the blocks */
} nd_recent_hashes;

/* Empty. A limit of 0: nothing has room. */
void nd_recent_hashes_init(nd_recent_hashes *recent, size_t limit_bytes,
                           const nd_allocator *allocator);

/* Whether there is room for so many hashes, once others have left. */
bool nd_recent_hashes_have_room(const nd_recent_hashes *recent, size_t num);

/* Whether texts have to leave before there is room for one of so many hashes. */
bool nd_recent_hashes_are_full(const nd_recent_hashes *recent, size_t num);

/* Makes room for a text of so many hashes, and says where they are to be put. The oldest texts
 * leave for it. Amortised O(num). */
ND_NODISCARD nd_status nd_recent_hashes_reserve(nd_recent_hashes *recent, size_t num,
                                                const nd_recent_events *events, uint64_t **hashes);

/* Adds the text that room was made for last, with hashes or, as a copy of another, without. */
void nd_recent_hashes_add(nd_recent_hashes *recent, const nd_recent_text *text);

/* Whether these hashes are among them. */
bool nd_recent_hashes_hold(const nd_recent_hashes *recent, const uint64_t *hashes);

void nd_recent_hashes_release(nd_recent_hashes *recent);

#endif

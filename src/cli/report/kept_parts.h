/* Parts of a page, made by several threads in any order, of which the page has room for some. */
#ifndef CLI_REPORT_KEPT_PARTS_H
#define CLI_REPORT_KEPT_PARTS_H

#include <pthread.h>
#include <stdbool.h>

#include "cli/result_list.h"

/* The parts of the first documents, by id, digest and tag, as many as fit: a part that alone is
 * too large is passed over, and none follows the first one that does not fit beside those before
 * it. Which ones does not depend on the order in which they come. Internally locked. */
typedef struct nd_kept_parts {
    const nd_allocator *allocator; /* borrowed */
    uint64_t most_bytes;
    pthread_mutex_t lock;    /* of all below */
    ND_VEC(nd_result) parts; /* a heap, the last one on top; their memory is owned */
    uint64_t len_bytes;      /* of the parts, as they count in a page */
    bool is_full;
    nd_result end; /* where it is full: the first one that was dropped, without its bytes */
} nd_kept_parts;

/* For `most_bytes` of parts, names included. */
void nd_kept_parts_init(nd_kept_parts *kept, uint64_t most_bytes, const nd_allocator *allocator);

/* Whether the part of this result would be kept now: one that would not will never be. */
bool nd_kept_parts_wants(nd_kept_parts *kept, const nd_result *result);

/* Keeps a copy of bytes[0..len_bytes) for the result, or none. */
ND_NODISCARD nd_status nd_kept_parts_add(nd_kept_parts *kept, const nd_result *result,
                                         const char *bytes, size_t len_bytes);

/* Gives the results of the list their parts, which stay with `kept`; to the others NULL. Once all
 * are added: exclusive. */
void nd_kept_parts_hand_out(nd_kept_parts *kept, nd_result_list *list);

void nd_kept_parts_release(nd_kept_parts *kept);

#endif

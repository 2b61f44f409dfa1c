/* Formatted results of several workers, put in order of their ids. */
#ifndef CLI_OUTPUT_RESULT_LIST_H
#define CLI_OUTPUT_RESULT_LIST_H

#include <stddef.h>

#include "neardup/status.h"
#include "util/arena.h"
#include "util/vec.h"

typedef struct nd_result {
    const char *id;
    size_t id_len_bytes;
    const char *bytes;
    size_t len_bytes;
} nd_result;

/* Results of one worker, in the arena; exclusive. */
typedef struct nd_result_list {
    nd_arena arena;
    ND_VEC(nd_result) results;
} nd_result_list;

void nd_result_list_init(nd_result_list *list, const nd_allocator *allocator);

/* Copies both. */
ND_NODISCARD nd_status nd_result_list_add(nd_result_list *list, const char *id, size_t id_len_bytes,
                                          const char *bytes, size_t len_bytes);

/* Moves the entries of `from` to the end of `list`; their bytes stay where they are. */
ND_NODISCARD nd_status nd_result_list_append(nd_result_list *list, const nd_result_list *from);

/* By id as unsigned bytes; equal ids by their results, so the order is never left to chance. */
void nd_result_list_sort(nd_result_list *list);

void nd_result_list_release(nd_result_list *list);

#endif

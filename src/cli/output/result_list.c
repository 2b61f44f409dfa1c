#include "cli/output/result_list.h"

#include <stdlib.h>
#include <string.h>

#include "cli/output/byte_order.h"

enum { CHUNK_BYTES = 1 << 21 };

void nd_result_list_init(nd_result_list *list, const nd_allocator *allocator)
{
    *list = (nd_result_list){0};
    nd_arena_init(&list->arena, allocator, CHUNK_BYTES);
}

nd_status nd_result_list_add(nd_result_list *list, const char *id, size_t id_len_bytes,
                             const char *bytes, size_t len_bytes)
{
    nd_status status = ND_VEC_RESERVE(&list->arena.allocator, &list->results, 1);
    if (status != ND_OK)
        return status;
    char *const copy = nd_arena_alloc(&list->arena, id_len_bytes + len_bytes);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (id_len_bytes > 0)
        memcpy(copy, id, id_len_bytes);
    memcpy(copy + id_len_bytes, bytes, len_bytes);
    list->results.items[list->results.len++] =
        (nd_result){copy, id_len_bytes, copy + id_len_bytes, len_bytes};
    return ND_OK;
}

nd_status nd_result_list_append(nd_result_list *list, const nd_result_list *from)
{
    const nd_status status =
        ND_VEC_RESERVE(&list->arena.allocator, &list->results, from->results.len);
    if (status != ND_OK || from->results.len == 0)
        return status;
    memcpy(list->results.items + list->results.len, from->results.items,
           from->results.len * sizeof *from->results.items);
    list->results.len += from->results.len;
    return ND_OK;
}

static int compare_results(const void *left, const void *right)
{
    const nd_result *const a = left, *const b = right;
    const int order = nd_compare_bytes(a->id, a->id_len_bytes, b->id, b->id_len_bytes);
    return order != 0 ? order : nd_compare_bytes(a->bytes, a->len_bytes, b->bytes, b->len_bytes);
}

void nd_result_list_sort(nd_result_list *list)
{
    if (list->results.len > 1)
        qsort(list->results.items, list->results.len, sizeof *list->results.items, compare_results);
}

void nd_result_list_release(nd_result_list *list)
{
    ND_VEC_RELEASE(&list->arena.allocator, &list->results);
    nd_arena_release(&list->arena);
}

#include "cli/result_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/sort.h"
#include "util/xxh.h"

enum { CHUNK_BYTES = 1 << 21, SUFFIX_BYTES = 24 /* '#' and a number of 64 bits */ };

void nd_results_init(nd_result_list *list, const nd_allocator *allocator)
{
    *list = (nd_result_list){0};
    nd_arena_init(&list->arena, allocator, CHUNK_BYTES);
}

nd_status nd_results_see(nd_result_list *list, const nd_document *document)
{
    const nd_status status = ND_VEC_RESERVE(&list->arena.allocator, &list->seen, 1);
    if (status == ND_OK)
        list->seen.items[list->seen.len++] = (nd_seen_document){
            XXH3_64bits(document->id, document->id_len_bytes),
            XXH3_64bits(document->text, document->text_len_bytes), document->tag};
    return status;
}

nd_status nd_results_add(nd_result_list *list, const nd_document *document, const char *bytes,
                         size_t len_bytes)
{
    const nd_seen_document *const seen = &list->seen.items[list->seen.len - 1];
    const nd_status status = ND_VEC_RESERVE(&list->arena.allocator, &list->results, 1);
    if (status != ND_OK)
        return status;
    const size_t id_len = document->id_len_bytes;
    char *const copy = nd_arena_alloc(&list->arena, id_len + len_bytes + 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (id_len > 0)
        memcpy(copy, document->id, id_len);
    if (len_bytes > 0)
        memcpy(copy + id_len, bytes, len_bytes);
    list->results.items[list->results.len++] = (nd_result){.name = copy,
                                                           .name_len_bytes = id_len,
                                                           .id_hash = seen->id_hash,
                                                           .raw_digest = seen->raw_digest,
                                                           .tag = seen->tag,
                                                           .bytes = copy + id_len,
                                                           .len_bytes = len_bytes};
    return ND_OK;
}

nd_status nd_results_append(nd_result_list *list, const nd_result_list *from)
{
    const nd_allocator *const a = &list->arena.allocator;
    nd_status status = ND_VEC_RESERVE(a, &list->results, from->results.len);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &list->seen, from->seen.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < from->results.len; i++)
        list->results.items[list->results.len++] = from->results.items[i];
    for (size_t i = 0; i < from->seen.len; i++)
        list->seen.items[list->seen.len++] = from->seen.items[i];
    return ND_OK;
}

/* --- names --- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_seen(const void *left, const void *right)
{
    const nd_seen_document *const a = left, *const b = right;
    int order = compare_u64(a->id_hash, b->id_hash);
    order = order != 0 ? order : compare_u64(a->raw_digest, b->raw_digest);
    return order != 0 ? order : compare_u64(a->tag, b->tag);
}

/* By name; those of one id by their texts, then by tag. */
static int compare_results(const void *left, const void *right)
{
    const nd_result *const a = left, *const b = right;
    int order = nd_compare_bytes(a->name, a->name_len_bytes, b->name, b->name_len_bytes);
    order = order != 0 ? order : compare_u64(a->raw_digest, b->raw_digest);
    return order != 0 ? order : compare_u64(a->tag, b->tag);
}

/* Where documents of that id, with that digest or a larger one, begin among those seen. */
static size_t first_seen(const nd_result_list *list, uint64_t id_hash, uint64_t raw_digest)
{
    const nd_seen_document wanted = {id_hash, raw_digest, 0};
    size_t low = 0, high = list->seen.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_seen(&list->seen.items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_id(const nd_result_list *list, const char *name, size_t len_bytes)
{
    const uint64_t hash = XXH3_64bits(name, len_bytes);
    const size_t at = first_seen(list, hash, 0);
    return at < list->seen.len && list->seen.items[at].id_hash == hash;
}

/* How many names of one id are given, and the number to go on with. */
typedef struct naming {
    size_t num_given;
    uint64_t number;
} naming;

/* Gives the names up to document `rank` of the result's id, 1 or more, which is the result. */
static nd_status rename_result(nd_result_list *list, nd_result *result, naming *n, size_t rank)
{
    char *const name = nd_arena_alloc(&list->arena, result->name_len_bytes + SUFFIX_BYTES);
    if (!name)
        return ND_ERR_NO_MEMORY;
    size_t len = 0;
    if (result->name_len_bytes > 0)
        memcpy(name, result->name, result->name_len_bytes);
    while (n->num_given < rank) {
        len = result->name_len_bytes + (size_t)snprintf(name + result->name_len_bytes, SUFFIX_BYTES,
                                                        "#%llu", (unsigned long long)n->number++);
        n->num_given += !is_id(list, name, len);
    }
    result->name = name;
    result->name_len_bytes = len;
    return ND_OK;
}

/* The results [first, end) have one id. */
static nd_status name_run(nd_result_list *list, size_t first, size_t end)
{
    nd_result *const results = list->results.items;
    const size_t first_of_id = first_seen(list, results[first].id_hash, 0);
    naming n = {.number = 2};
    nd_status status = ND_OK;
    for (size_t i = first, same = 0; i < end && status == ND_OK; i++) {
        same = i > first && results[i].raw_digest == results[i - 1].raw_digest ? same + 1 : 0;
        const size_t rank =
            first_seen(list, results[i].id_hash, results[i].raw_digest) + same - first_of_id;
        if (rank > 0)
            status = rename_result(list, &results[i], &n, rank);
    }
    return status;
}

static uint64_t count_duplicates(const nd_result_list *list)
{
    uint64_t num = 0;
    for (size_t i = 1; i < list->seen.len; i++)
        num += list->seen.items[i].id_hash == list->seen.items[i - 1].id_hash;
    return num;
}

/* The first with another name than its id; of those without results, of which the name is not
 * known, the first by tag. */
static nd_duplicate first_duplicate(const nd_result_list *list)
{
    nd_duplicate first = {.tag = UINT64_MAX};
    const nd_seen_document *const seen = list->seen.items;
    for (size_t i = 0; i < list->results.len; i++) {
        const nd_result *const r = &list->results.items[i];
        if (XXH3_64bits(r->name, r->name_len_bytes) != r->id_hash)
            return (nd_duplicate){r->name, r->name_len_bytes, r->tag,
                                  seen[first_seen(list, r->id_hash, 0)].tag};
    }
    for (size_t i = 1, kept = 0; i < list->seen.len; i++) {
        kept = seen[i].id_hash == seen[kept].id_hash ? kept : i;
        if (i > kept && seen[i].tag < first.tag)
            first = (nd_duplicate){.tag = seen[i].tag, .first_tag = seen[kept].tag};
    }
    return first;
}

static void sort_results(nd_result_list *list)
{
    if (list->results.len > 1)
        qsort(list->results.items, list->results.len, sizeof *list->results.items, compare_results);
}

nd_status nd_results_name(nd_result_list *list, uint64_t *num_duplicates, nd_duplicate *first)
{
    *first = (nd_duplicate){0};
    if (list->seen.len > 1)
        qsort(list->seen.items, list->seen.len, sizeof *list->seen.items, compare_seen);
    sort_results(list);
    *num_duplicates = count_duplicates(list);
    if (*num_duplicates == 0)
        return ND_OK;
    nd_result *const results = list->results.items;
    nd_status status = ND_OK;
    for (size_t run = 0, end; run < list->results.len && status == ND_OK; run = end) {
        for (end = run + 1; end < list->results.len; end++)
            if (nd_compare_bytes(results[run].name, results[run].name_len_bytes, results[end].name,
                                 results[end].name_len_bytes) != 0)
                break;
        status = name_run(list, run, end);
    }
    sort_results(list);
    *first = first_duplicate(list);
    return status;
}

void nd_results_release(nd_result_list *list)
{
    ND_VEC_RELEASE(&list->arena.allocator, &list->results);
    ND_VEC_RELEASE(&list->arena.allocator, &list->seen);
    nd_arena_release(&list->arena);
}

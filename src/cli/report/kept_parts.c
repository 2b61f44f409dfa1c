/* Whenever the parts exceed the room, the last ones are dropped, and those after the first one
 * dropped are not wanted any more. None of the parts that fit together from the first on can be
 * dropped: when one is the last there is, all that are left are before it, and fit with it. */
#include "cli/report/kept_parts.h"

#include <stdlib.h>
#include <string.h>

#include "util/sort.h"

void nd_kept_parts_init(nd_kept_parts *kept, uint64_t most_bytes, const nd_allocator *allocator)
{
    *kept = (nd_kept_parts){
        .allocator = allocator, .most_bytes = most_bytes, .lock = PTHREAD_MUTEX_INITIALIZER};
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* As a list of results has them before they are named. */
static int compare(const nd_result *a, const nd_result *b)
{
    int order = nd_compare_bytes(a->name, a->name_len_bytes, b->name, b->name_len_bytes);
    order = order != 0 ? order : compare_u64(a->raw_digest, b->raw_digest);
    return order != 0 ? order : compare_u64(a->tag, b->tag);
}

/* A page has a name in its contents and at the part. */
static uint64_t size_of(const nd_result *part)
{
    return part->len_bytes + 2 * (uint64_t)part->name_len_bytes;
}

static bool is_wanted(const nd_kept_parts *kept, const nd_result *result)
{
    return !kept->is_full || compare(result, &kept->end) < 0;
}

bool nd_kept_parts_wants(nd_kept_parts *kept, const nd_result *result)
{
    pthread_mutex_lock(&kept->lock);
    const bool wants = is_wanted(kept, result);
    pthread_mutex_unlock(&kept->lock);
    return wants;
}

/* --- the heap --- */

static void swap(nd_result *a, nd_result *b)
{
    const nd_result c = *a;
    *a = *b;
    *b = c;
}

static void push(nd_kept_parts *kept, nd_result part)
{
    nd_result *const parts = kept->parts.items;
    size_t at = kept->parts.len++;
    parts[at] = part;
    for (; at > 0 && compare(&parts[at], &parts[(at - 1) / 2]) > 0; at = (at - 1) / 2)
        swap(&parts[at], &parts[(at - 1) / 2]);
}

/* Takes the last part out. */
static nd_result pop(nd_kept_parts *kept)
{
    nd_result *const parts = kept->parts.items;
    const size_t len = --kept->parts.len;
    swap(&parts[0], &parts[len]);
    for (size_t at = 0, child; (child = 2 * at + 1) < len; at = child) {
        if (child + 1 < len && compare(&parts[child + 1], &parts[child]) > 0)
            child++;
        if (compare(&parts[child], &parts[at]) <= 0)
            break;
        swap(&parts[child], &parts[at]);
    }
    return parts[len];
}

/* --- what is kept --- */

/* The name and the bytes stand in one block, which the name begins. */
static void release_part(const nd_kept_parts *kept, const nd_result *part)
{
    nd_release(kept->allocator, (char *)(uintptr_t)part->name);
}

static void drop_last(nd_kept_parts *kept)
{
    const nd_result last = pop(kept);
    kept->len_bytes -= size_of(&last);
    if (kept->is_full)
        release_part(kept, &kept->end);
    kept->end = last;
    kept->is_full = true;
}

static nd_status copy_part(const nd_kept_parts *kept, const nd_result *result, const char *bytes,
                           size_t len_bytes, nd_result *out)
{
    char *const copy = nd_alloc(kept->allocator, result->name_len_bytes + len_bytes + 1, 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (result->name_len_bytes > 0)
        memcpy(copy, result->name, result->name_len_bytes);
    if (len_bytes > 0)
        memcpy(copy + result->name_len_bytes, bytes, len_bytes);
    *out = *result;
    out->name = copy;
    out->bytes = copy + result->name_len_bytes;
    out->len_bytes = len_bytes;
    return ND_OK;
}

nd_status nd_kept_parts_add(nd_kept_parts *kept, const nd_result *result, const char *bytes,
                            size_t len_bytes)
{
    nd_result part = *result;
    part.len_bytes = len_bytes;
    if (size_of(&part) > kept->most_bytes)
        return ND_OK;
    nd_status status = copy_part(kept, result, bytes, len_bytes, &part);
    if (status != ND_OK)
        return status;
    pthread_mutex_lock(&kept->lock);
    const bool is_kept = is_wanted(kept, &part);
    if (is_kept)
        status = ND_VEC_RESERVE(kept->allocator, &kept->parts, 1);
    if (is_kept && status == ND_OK) {
        push(kept, part);
        kept->len_bytes += size_of(&part);
        while (kept->len_bytes > kept->most_bytes)
            drop_last(kept);
    } else {
        release_part(kept, &part);
    }
    pthread_mutex_unlock(&kept->lock);
    return status;
}

static int compare_tags(const void *left, const void *right)
{
    const nd_result *const a = left, *const b = right;
    return compare_u64(a->tag, b->tag);
}

void nd_kept_parts_hand_out(nd_kept_parts *kept, nd_result_list *list)
{
    nd_result *const parts = kept->parts.items;
    const size_t num = kept->parts.len;
    if (num > 1)
        qsort(parts, num, sizeof *parts, compare_tags);
    for (size_t i = 0; i < list->results.len; i++) {
        nd_result *const result = &list->results.items[i];
        const nd_result *const part =
            num > 0 ? bsearch(result, parts, num, sizeof *parts, compare_tags) : NULL;
        result->bytes = part ? part->bytes : NULL;
        result->len_bytes = part ? part->len_bytes : 0;
    }
}

void nd_kept_parts_release(nd_kept_parts *kept)
{
    for (size_t i = 0; i < kept->parts.len; i++)
        release_part(kept, &kept->parts.items[i]);
    if (kept->is_full)
        release_part(kept, &kept->end);
    ND_VEC_RELEASE(kept->allocator, &kept->parts);
    kept->is_full = false;
}

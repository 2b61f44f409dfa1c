#include "engine/id_order.h"

#include <stdlib.h>
#include <string.h>

#include "util/radix_sort.h"

/* Most significant bytes first, eight at a time: each step radix-sorts a range by the next eight
 * bytes of the ids and goes on in the runs they leave equal. Short ranges, and ids that are equal
 * for longer than MAX_DEPTH, are left to comparisons. */
enum {
    BYTES_A_STEP = 8,
    MAX_DEPTH = 64 * BYTES_A_STEP,
    SHORT_RANGE = 24,
};

typedef struct order {
    uint32_t bands;
    nd_key_value *scratch;
} order;

int nd_compare_ids(const nd_record *a, const nd_record *b, uint32_t bands)
{
    const uint32_t len = a->id_len_bytes < b->id_len_bytes ? a->id_len_bytes : b->id_len_bytes;
    const int by_bytes = memcmp(nd_record_id(a, bands), nd_record_id(b, bands), len);
    if (by_bytes != 0)
        return by_bytes;
    return (a->id_len_bytes > b->id_len_bytes) - (a->id_len_bytes < b->id_len_bytes);
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Total but for documents that are the same in all that is kept of them. */
static int compare_records(const nd_record *a, const nd_record *b, uint32_t bands)
{
    int c = nd_compare_ids(a, b, bands);
    if (c == 0)
        c = compare_u64(a->digest[0], b->digest[0]);
    if (c == 0)
        c = compare_u64(a->digest[1], b->digest[1]);
    if (c == 0)
        c = compare_u64(a->preference, b->preference);
    return c;
}

static nd_record *record_of(const nd_key_value *item)
{
    return (nd_record *)(uintptr_t)item->value;
}

/* The id's bytes depth .. depth + 8 as a big-endian number, zeros past its end. */
static uint64_t id_part(const nd_record *record, size_t depth, uint32_t bands)
{
    unsigned char part[BYTES_A_STEP] = {0};
    if (depth < record->id_len_bytes) {
        const size_t left = record->id_len_bytes - depth;
        memcpy(part, nd_record_id(record, bands) + depth, left < sizeof part ? left : sizeof part);
    }
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof part; i++)
        number = number << 8 | part[i];
    return number;
}

static void insertion_sort(nd_key_value *items, size_t num, const order *o)
{
    for (size_t i = 1; i < num; i++) {
        const nd_key_value item = items[i];
        size_t at = i;
        for (; at > 0 && compare_records(record_of(&items[at - 1]), record_of(&item), o->bands) > 0;
             at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Bottom-up merge sort by comparisons, O(n log n) whatever the ids. */
static void merge_sort(nd_key_value *items, size_t num, const order *o)
{
    for (size_t width = 1; width < num; width *= 2) {
        for (size_t first = 0; first < num; first += 2 * width) {
            const size_t middle = first + width < num ? first + width : num;
            const size_t end = middle + width < num ? middle + width : num;
            size_t i = first, j = middle;
            for (size_t at = first; at < end; at++) {
                const int takes_left =
                    i < middle &&
                    (j >= end ||
                     compare_records(record_of(&items[i]), record_of(&items[j]), o->bands) <= 0);
                o->scratch[at] = items[takes_left ? i++ : j++];
            }
        }
        memcpy(items, o->scratch, num * sizeof *items);
    }
}

static void sort_range(nd_key_value *items, size_t num, size_t depth, const order *o)
{
    if (num <= SHORT_RANGE) {
        insertion_sort(items, num, o);
        return;
    }
    if (depth >= MAX_DEPTH) {
        merge_sort(items, num, o);
        return;
    }
    size_t longest = 0;
    for (size_t i = 0; i < num; i++) {
        const nd_record *const record = record_of(&items[i]);
        longest = record->id_len_bytes > longest ? record->id_len_bytes : longest;
        items[i].key = id_part(record, depth, o->bands);
    }
    nd_radix_sort_pairs(items, o->scratch, num);
    for (size_t first = 0, end; first < num; first = end) {
        for (end = first + 1; end < num && items[end].key == items[first].key;)
            end++;
        if (end - first < 2)
            continue;
        if (longest > depth + BYTES_A_STEP)
            sort_range(items + first, end - first, depth + BYTES_A_STEP, o);
        else
            merge_sort(items + first, end - first, o);
    }
}

nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t bands,
                        const nd_allocator *allocator)
{
    nd_key_value *const items = nd_alloc(allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(allocator, num, sizeof *scratch);
    nd_status status = ND_ERR_NO_MEMORY;
    if (items && scratch) {
        for (size_t i = 0; i < num; i++)
            items[i] = (nd_key_value){0, (uintptr_t)records[i]};
        const order o = {.bands = bands, .scratch = scratch};
        sort_range(items, num, 0, &o);
        for (size_t i = 0; i < num; i++)
            records[i] = record_of(&items[i]);
        status = ND_OK;
    }
    nd_release(allocator, items);
    nd_release(allocator, scratch);
    return status;
}

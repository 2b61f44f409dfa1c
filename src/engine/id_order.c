#include "engine/id_order.h"

#include <stdbool.h>
#include <string.h>

#include "engine/id_compare.h"
#include "engine/id_merge.h"
#include "util/radix_sort.h"
#include "util/threads.h"

/* Each thread sorts a slice of the records, and the slices are merged.
 *
 * A slice is sorted by its most significant bytes first, eight at a time: each step sorts a range
 * by the eight bytes after those that all its ids share, and goes on in the runs they leave equal.
 * What is in order already is left as it is, short ranges are sorted by insertion, long ones by
 * their digits. Ids that are equal for longer than MAX_DEPTH are left to comparisons. */
enum {
    BYTES_A_STEP = 8,
    MAX_DEPTH = 64 * BYTES_A_STEP,
    SHORT_RANGE = 24,
    NUM_GUESSES = 16,
    SLICE_RECORDS = 1 << 13, /* what a thread must be given at least to be worth starting */
    AHEAD = 8,               /* records asked for before their turn: they lie about in memory */
};

typedef struct order {
    uint32_t bands;
    nd_key_value *scratch;
} order;

static nd_record *record_of(const nd_key_value *item)
{
    return (nd_record *)(uintptr_t)item->value;
}

static void prefetch_id(const nd_key_value *items, size_t num, size_t i, size_t depth,
                        const order *o)
{
    if (i + AHEAD >= num)
        return;
    const nd_record *const record = record_of(&items[i + AHEAD]);
    __builtin_prefetch(record);
    __builtin_prefetch((const char *)(record->band_keys + o->bands) + depth);
}

/* How far a[from .. len) and b[from .. len) are the same. */
static size_t common_length(const char *a, const char *b, size_t from, size_t len)
{
    while (len - from >= BYTES_A_STEP && memcmp(a + from, b + from, BYTES_A_STEP) == 0)
        from += BYTES_A_STEP;
    while (from < len && a[from] == b[from])
        from++;
    return from;
}

static size_t common_with(const nd_record *a, const nd_record *b, size_t from, size_t most,
                          const order *o)
{
    const size_t len = b->id_len_bytes < most ? b->id_len_bytes : most;
    return len <= from
               ? from
               : common_length(nd_record_id(a, o->bands), nd_record_id(b, o->bands), from, len);
}

/* Bytes that some ids of the range, and so perhaps all, begin with; the first `known` are sure. */
static size_t guess_common(const nd_key_value *items, size_t num, size_t known, const order *o)
{
    const nd_record *const first = record_of(&items[0]);
    size_t common = first->id_len_bytes > known ? first->id_len_bytes : known;
    for (size_t i = 1; i <= NUM_GUESSES; i++)
        common =
            common_with(first, record_of(&items[(num - 1) * i / NUM_GUESSES]), known, common, o);
    return common;
}

/* The id's bytes depth .. depth + 8 as a big-endian number, zeros past its end. */
static uint64_t id_part(const nd_record *record, size_t depth, uint32_t bands)
{
    unsigned char part[BYTES_A_STEP] = {0};
    const char *const id = nd_record_id(record, bands);
    if (record->id_len_bytes >= depth + sizeof part)
        memcpy(part, id + depth, sizeof part);
    else if (record->id_len_bytes > depth)
        memcpy(part, id + depth, record->id_len_bytes - depth);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof part; i++)
        number = number << 8 | part[i];
    return number;
}

static bool is_above(const nd_key_value *a, const nd_key_value *b, const order *o)
{
    if (a->key != b->key)
        return a->key > b->key;
    return nd_compare_records(record_of(a), record_of(b), o->bands) > 0;
}

/* By keys, and where these are equal by all of the records. */
static void insertion_sort(nd_key_value *items, size_t num, const order *o)
{
    for (size_t i = 1; i < num; i++) {
        const nd_key_value item = items[i];
        size_t at = i;
        for (; at > 0 && is_above(&items[at - 1], &item, o); at--)
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
                     nd_compare_records(record_of(&items[i]), record_of(&items[j]), o->bands) <= 0);
                o->scratch[at] = items[takes_left ? i++ : j++];
            }
        }
        memcpy(items, o->scratch, num * sizeof *items);
    }
}

/* What a pass over a range finds while it makes the keys. */
typedef struct range_look {
    size_t common;  /* bytes that all ids begin with, as far as it was asked for */
    size_t longest; /* id */
    bool is_sorted; /* by keys */
} range_look;

/* Makes keys of the bytes after the first `depth`. */
static range_look look_at_range(nd_key_value *items, size_t num, size_t known, size_t depth,
                                const order *o)
{
    const nd_record *const first = record_of(&items[0]);
    range_look look = {.common = depth, .is_sorted = true};
    for (size_t i = 0; i < num; i++) {
        prefetch_id(items, num, i, depth, o);
        const nd_record *const record = record_of(&items[i]);
        look.longest = record->id_len_bytes > look.longest ? record->id_len_bytes : look.longest;
        look.common = common_with(first, record, known, look.common, o);
        items[i].key = id_part(record, depth, o->bands);
        look.is_sorted &= i == 0 || items[i - 1].key <= items[i].key;
    }
    return look;
}

static void sort_range(nd_key_value *items, size_t num, size_t known, const order *o)
{
    if (known >= MAX_DEPTH) {
        merge_sort(items, num, o);
        return;
    }
    size_t depth = guess_common(items, num, known, o);
    range_look look = look_at_range(items, num, known, depth, o);
    if (look.common < depth) {
        depth = look.common;
        look = look_at_range(items, num, depth, depth, o);
    }
    if (num <= SHORT_RANGE) {
        insertion_sort(items, num, o);
        return;
    }
    if (!look.is_sorted)
        nd_radix_sort_pairs(items, o->scratch, num);
    for (size_t first = 0, end; first < num; first = end) {
        for (end = first + 1; end < num && items[end].key == items[first].key;)
            end++;
        if (end - first < 2)
            continue;
        if (look.longest > depth + BYTES_A_STEP)
            sort_range(items + first, end - first, depth + BYTES_A_STEP, o);
        else
            merge_sort(items + first, end - first, o);
    }
}

typedef struct slice_sorting {
    nd_record **records;
    nd_key_value *items, *scratch;
    const size_t *starts; /* of the slices */
    uint32_t bands;
} slice_sorting;

static nd_status sort_slice(void *ctx, uint32_t worker)
{
    const slice_sorting *const s = ctx;
    const size_t first = s->starts[worker], num = s->starts[worker + 1] - first;
    nd_record **const records = s->records + first;
    nd_key_value *const items = s->items + first;
    for (size_t i = 0; i < num; i++)
        items[i] = (nd_key_value){0, (uintptr_t)records[i]};
    const order o = {.bands = s->bands, .scratch = s->scratch + first};
    if (num > 1)
        sort_range(items, num, 0, &o);
    for (size_t i = 0; i < num; i++)
        records[i] = record_of(&items[i]);
    return ND_OK;
}

static nd_status sort_slices(slice_sorting *s, uint32_t num_slices, const nd_allocator *allocator)
{
    const nd_status status = nd_threads_run(allocator, num_slices, sort_slice, s);
    if (status != ND_OK)
        return status;
    const nd_id_runs runs = {s->records, (nd_record **)s->scratch, s->starts, num_slices, s->bands};
    return nd_merge_by_id(&runs, num_slices, allocator);
}

nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t bands, uint32_t num_threads,
                        const nd_allocator *allocator)
{
    const uint32_t num_slices = nd_threads_worth(num, SLICE_RECORDS, num_threads);
    nd_key_value *const items = nd_alloc(allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(allocator, num, sizeof *scratch);
    size_t *const starts = nd_alloc(allocator, (size_t)num_slices + 1, sizeof *starts);
    nd_status status = ND_ERR_NO_MEMORY;
    if (items && scratch && starts) {
        for (uint32_t slice = 0; slice <= num_slices; slice++)
            starts[slice] = nd_slice_start(num, num_slices, slice);
        slice_sorting sorting = {records, items, scratch, starts, bands};
        status = sort_slices(&sorting, num_slices, allocator);
    }
    nd_release(allocator, items);
    nd_release(allocator, scratch);
    nd_release(allocator, starts);
    return status;
}

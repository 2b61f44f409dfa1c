#include "engine/record_file.h"

#include <stdbool.h>
#include <string.h>

#include "util/prefetch.h"
#include "util/sort.h"
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

int nd_compare_ids(const nd_record *a, const nd_record *b)
{
    return nd_compare_bytes(nd_record_id(a), a->id_len_bytes, nd_record_id(b), b->id_len_bytes);
}

/* Documents of one id by tag, so that the order does not depend on the threads. */
int nd_compare_records(const nd_record *a, const nd_record *b)
{
    const int order = nd_compare_ids(a, b);
    return order != 0 ? order : (a->tag > b->tag) - (a->tag < b->tag);
}

static nd_record *record_of(const nd_key_value *item)
{
    return (nd_record *)(uintptr_t)item->value;
}

static void prefetch_id(const nd_key_value *items, size_t num, size_t i, size_t depth)
{
    if (i + AHEAD >= num)
        return;
    const nd_record *const record = record_of(&items[i + AHEAD]);
    nd_prefetch(record);
    nd_prefetch(nd_record_id(record) + depth);
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

static size_t common_with(const nd_record *a, const nd_record *b, size_t from, size_t most)
{
    const size_t len = b->id_len_bytes < most ? b->id_len_bytes : most;
    return len <= from ? from : common_length(nd_record_id(a), nd_record_id(b), from, len);
}

/* Bytes that some ids of the range, and so perhaps all, begin with; the first `known` are sure. */
static size_t guess_common(const nd_key_value *items, size_t num, size_t known)
{
    const nd_record *const first = record_of(&items[0]);
    size_t common = first->id_len_bytes > known ? first->id_len_bytes : known;
    for (size_t i = 1; i <= NUM_GUESSES; i++)
        common = common_with(first, record_of(&items[(num - 1) * i / NUM_GUESSES]), known, common);
    return common;
}

/* The id's bytes depth .. depth + 8 as a big-endian number, zeros past its end. */
static uint64_t id_part(const nd_record *record, size_t depth)
{
    unsigned char part[BYTES_A_STEP] = {0};
    const char *const id = nd_record_id(record);
    if (record->id_len_bytes >= depth + sizeof part)
        memcpy(part, id + depth, sizeof part);
    else if (record->id_len_bytes > depth)
        memcpy(part, id + depth, record->id_len_bytes - depth);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof part; i++)
        number = number << 8 | part[i];
    return number;
}

static bool is_above(const nd_key_value *a, const nd_key_value *b)
{
    if (a->key != b->key)
        return a->key > b->key;
    return nd_compare_records(record_of(a), record_of(b)) > 0;
}

/* By keys, and where these are equal by all of the records. */
static void insertion_sort(nd_key_value *items, size_t num)
{
    for (size_t i = 1; i < num; i++) {
        const nd_key_value item = items[i];
        size_t at = i;
        for (; at > 0 && is_above(&items[at - 1], &item); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Bottom-up merge sort by comparisons, O(n log n) whatever the ids. */
static void merge_sort(nd_key_value *items, size_t num, nd_key_value *scratch)
{
    for (size_t width = 1; width < num; width *= 2) {
        for (size_t first = 0; first < num; first += 2 * width) {
            const size_t middle = first + width < num ? first + width : num;
            const size_t end = middle + width < num ? middle + width : num;
            size_t i = first, j = middle;
            for (size_t at = first; at < end; at++) {
                const int takes_left =
                    i < middle && (j >= end || nd_compare_records(record_of(&items[i]),
                                                                  record_of(&items[j])) <= 0);
                scratch[at] = items[takes_left ? i++ : j++];
            }
        }
        memcpy(items, scratch, num * sizeof *items);
    }
}

/* What a pass over a range finds while it makes the keys. */
typedef struct range_look {
    size_t common;  /* bytes that all ids begin with, as far as it was asked for */
    size_t longest; /* id */
    bool is_sorted; /* by keys */
} range_look;

/* Makes keys of the bytes after the first `depth`. */
static range_look look_at_range(nd_key_value *items, size_t num, size_t known, size_t depth)
{
    const nd_record *const first = record_of(&items[0]);
    range_look look = {.common = depth, .is_sorted = true};
    for (size_t i = 0; i < num; i++) {
        prefetch_id(items, num, i, depth);
        const nd_record *const record = record_of(&items[i]);
        look.longest = record->id_len_bytes > look.longest ? record->id_len_bytes : look.longest;
        look.common = common_with(first, record, known, look.common);
        items[i].key = id_part(record, depth);
        look.is_sorted &= i == 0 || items[i - 1].key <= items[i].key;
    }
    return look;
}

static void sort_range(nd_key_value *items, size_t num, size_t known, nd_key_value *scratch)
{
    if (known >= MAX_DEPTH) {
        merge_sort(items, num, scratch);
        return;
    }
    size_t depth = guess_common(items, num, known);
    range_look look = look_at_range(items, num, known, depth);
    if (look.common < depth) {
        depth = look.common;
        look = look_at_range(items, num, depth, depth);
    }
    if (num <= SHORT_RANGE) {
        insertion_sort(items, num);
        return;
    }
    if (!look.is_sorted)
        nd_radix_sort_pairs(items, scratch, num);
    for (size_t first = 0, end; first < num; first = end) {
        for (end = first + 1; end < num && items[end].key == items[first].key;)
            end++;
        if (end - first < 2)
            continue;
        if (look.longest > depth + BYTES_A_STEP)
            sort_range(items + first, end - first, depth + BYTES_A_STEP, scratch);
        else
            merge_sort(items + first, end - first, scratch);
    }
}

/* Sorted runs of records, one after the other, to be merged into one. */
typedef struct id_runs {
    nd_record **records;
    nd_record **scratch;
    const size_t *starts; /* [num_runs + 1] */
    uint32_t num_runs;
} id_runs;

/* One round: runs of `width` runs are merged by twos. */
typedef struct merge_round {
    const id_runs *runs;
    nd_record **from, **to;
    uint32_t width;
} merge_round;

/* Two neighbouring runs, the second perhaps empty. */
typedef struct run_pair {
    nd_record **left, **right;
    size_t num_left, num_right;
} run_pair;

static size_t start_of(const id_runs *runs, uint32_t run)
{
    return runs->starts[run < runs->num_runs ? run : runs->num_runs];
}

/* How many of the first `num` of the merged pair come from the left. */
static size_t num_from_left(const run_pair *p, size_t num)
{
    size_t low = num > p->num_right ? num - p->num_right : 0;
    size_t high = num < p->num_left ? num : p->num_left;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (nd_compare_records(p->left[middle], p->right[num - middle - 1]) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void prefetch_record(nd_record **records, size_t i, size_t end)
{
    if (i + AHEAD >= end)
        return;
    nd_prefetch(records[i + AHEAD]);
    nd_prefetch(nd_record_id(records[i + AHEAD]));
}

/* The merged pair's records [first, end), to to[first ..). */
static void merge_part(const run_pair *p, nd_record **to, size_t first, size_t end)
{
    size_t i = num_from_left(p, first), j = first - i;
    for (size_t at = first; at < end; at++) {
        const int takes_left =
            j >= p->num_right ||
            (i < p->num_left && nd_compare_records(p->left[i], p->right[j]) <= 0);
        if (takes_left) {
            prefetch_record(p->left, i, p->num_left);
            to[at] = p->left[i++];
        } else {
            prefetch_record(p->right, j, p->num_right);
            to[at] = p->right[j++];
        }
    }
}

/* Task t: of the pair that run t belongs to, as large a part as the pair has runs. */
static nd_status merge_task(void *ctx, uint32_t worker, size_t task)
{
    (void)worker;
    const merge_round *const round = ctx;
    const id_runs *const runs = round->runs;
    const uint32_t first_run = (uint32_t)task / (2 * round->width) * (2 * round->width);
    const uint32_t num_parts = runs->num_runs - first_run < 2 * round->width
                                   ? runs->num_runs - first_run
                                   : 2 * round->width;
    const size_t begin = start_of(runs, first_run);
    const size_t middle = start_of(runs, first_run + round->width);
    const size_t end = start_of(runs, first_run + 2 * round->width);
    const run_pair pair = {round->from + begin, round->from + middle, middle - begin, end - middle};
    const size_t part = task - first_run, num = end - begin;
    merge_part(&pair, round->to + begin, num / num_parts * part,
               part + 1 == num_parts ? num : num / num_parts * (part + 1));
    return ND_OK;
}

static nd_status merge_by_id(const id_runs *runs, uint32_t num_threads,
                             const nd_allocator *allocator)
{
    merge_round round = {runs, runs->records, runs->scratch, 1};
    for (; round.width < runs->num_runs; round.width *= 2) {
        const nd_status status =
            nd_threads_for(allocator, num_threads, runs->num_runs, merge_task, &round);
        if (status != ND_OK)
            return status;
        nd_record **const merged = round.to;
        round.to = round.from;
        round.from = merged;
    }
    if (round.from != runs->records)
        memcpy(runs->records, round.from, runs->starts[runs->num_runs] * sizeof *round.from);
    return ND_OK;
}

typedef struct slice_sorting {
    nd_record **records;
    nd_key_value *items, *scratch;
    const size_t *starts; /* of the slices */
} slice_sorting;

static nd_status sort_slice(void *ctx, uint32_t worker)
{
    const slice_sorting *const s = ctx;
    const size_t first = s->starts[worker], num = s->starts[worker + 1] - first;
    nd_record **const records = s->records + first;
    nd_key_value *const items = s->items + first;
    for (size_t i = 0; i < num; i++)
        items[i] = (nd_key_value){0, (uintptr_t)records[i]};
    if (num > 1)
        sort_range(items, num, 0, s->scratch + first);
    for (size_t i = 0; i < num; i++)
        records[i] = record_of(&items[i]);
    return ND_OK;
}

static nd_status sort_slices(slice_sorting *s, uint32_t num_slices, const nd_allocator *allocator)
{
    const nd_status status = nd_threads_run(allocator, num_slices, sort_slice, s);
    if (status != ND_OK)
        return status;
    const id_runs runs = {s->records, (nd_record **)s->scratch, s->starts, num_slices};
    return merge_by_id(&runs, num_slices, allocator);
}

nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t num_threads,
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
        slice_sorting sorting = {records, items, scratch, starts};
        status = sort_slices(&sorting, num_slices, allocator);
    }
    nd_release(allocator, items);
    nd_release(allocator, scratch);
    nd_release(allocator, starts);
    return status;
}

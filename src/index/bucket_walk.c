/* The members of a bucket stand in the runs, sorted as neardup/bucket.h orders them, and in the
 * tail. Most buckets are small: all members are mates then, and no order is needed. Of a large one
 * its beginning is merged from all places, for the leaders, and what stands around the seeker, for
 * its window; entries are read for those alone. */
#include "index/state.h"
#include "neardup/bucket.h"
#include "util/sort.h"

/* The members in one place: of a run, or of the tail. Removed ones are among them. */
typedef struct member_list {
    nd_run_cursor cursor;    /* run NULL: the tail */
    const uint32_t *of_tail; /* numbers of texts, in order once that is needed */
    uint64_t first, end;
    /* The next one that is not removed; at outside [first, end): there is none. */
    uint64_t at;
    uint32_t number;
    nd_text_entry entry;
} member_list;

/* One bucket. */
typedef struct bucket {
    const nd_index *index;
    const nd_bucket_seeker *seeker;
    member_list *lists; /* num_lists of them: the runs', then the tail's */
    uint32_t num_lists;
    nd_numbers tail_members;
    nd_numbers *mates;
} bucket;

typedef enum direction {
    FORWARD = 0,
    BACKWARD,
} direction;

static bool is_removed(const bucket *b, uint32_t number)
{
    return nd_bits_has(&b->index->removals.texts, number);
}

static nd_status number_at(member_list *l, uint64_t at, uint32_t *number, nd_error *error)
{
    nd_key_value pair = {0, 0};
    if (!l->cursor.run) {
        *number = l->of_tail[at];
        return ND_OK;
    }
    const nd_status status = nd_run_cursor_pair(&l->cursor, at, &pair, error);
    *number = (uint32_t)pair.value;
    return status;
}

static nd_status add_mate(bucket *b, uint32_t number)
{
    if (number == b->seeker->number)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(&b->index->allocator, b->mates, 1);
    if (status == ND_OK)
        b->mates->items[b->mates->len++] = number;
    return status;
}

static nd_status add_all(bucket *b, nd_error *error)
{
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < b->num_lists; i++) {
        member_list *const l = &b->lists[i];
        for (uint64_t at = l->first; status == ND_OK && at < l->end; at++) {
            uint32_t number = 0;
            status = number_at(l, at, &number, error);
            if (status == ND_OK && !is_removed(b, number))
                status = add_mate(b, number);
        }
    }
    return status;
}

/* Counts the members, up to one more than a bucket may have that is compared as a whole. */
static nd_status count(bucket *b, uint64_t *num, nd_error *error)
{
    nd_status status = ND_OK;
    *num = b->seeker->number == ND_NO_NUMBER;
    for (uint32_t i = 0; i < b->num_lists; i++) {
        member_list *const l = &b->lists[i];
        for (uint64_t at = l->first; status == ND_OK && at < l->end && *num <= ND_BUCKET_WHOLE;
             at++) {
            uint32_t number = 0;
            status = number_at(l, at, &number, error);
            *num += !is_removed(b, number);
        }
    }
    return status;
}

/* --- a bucket that is too large --- */

static bool has_head(const member_list *l)
{
    return l->at >= l->first && l->at < l->end;
}

/* Makes the first member from `at` on in that direction that is not removed the next one. */
static nd_status settle(const bucket *b, member_list *l, uint64_t at, direction d, nd_error *error)
{
    nd_status status = ND_OK;
    for (l->at = at; status == ND_OK && has_head(l); l->at += d == FORWARD ? 1 : UINT64_MAX) {
        status = number_at(l, l->at, &l->number, error);
        if (status == ND_OK && !is_removed(b, l->number))
            return nd_index_text_entry(b->index, l->number, &l->entry, error);
    }
    return status;
}

/* The list whose next member comes first in that direction; NULL: all are at their end. */
static member_list *nearest(const bucket *b, direction d)
{
    member_list *best = NULL;
    for (uint32_t i = 0; i < b->num_lists; i++) {
        member_list *const l = &b->lists[i];
        if (!has_head(l))
            continue;
        const int order = best ? nd_text_entry_compare(&l->entry, &best->entry) : 0;
        if (!best || (d == FORWARD ? order < 0 : order > 0))
            best = l;
    }
    return best;
}

/* Takes the next `most` members but for the seeker; *last becomes the last of them. */
static nd_status take_some(bucket *b, uint32_t most, direction d, nd_text_entry *last,
                           nd_error *error)
{
    nd_status status = ND_OK;
    member_list *l;
    for (uint32_t i = 0; status == ND_OK && i < most && (l = nearest(b, d));) {
        i += l->number != b->seeker->number;
        *last = l->entry;
        status = add_mate(b, l->number);
        if (status == ND_OK)
            status = settle(b, l, l->at + (d == FORWARD ? 1 : UINT64_MAX), d, error);
    }
    return status;
}

/* Where the seeker stands in a list, or would. Bisects without regard to what is removed. */
static nd_status place_of_seeker(const bucket *b, member_list *l, uint64_t *place, nd_error *error)
{
    uint64_t low = l->first, high = l->end;
    nd_status status = ND_OK;
    while (status == ND_OK && low < high) {
        const uint64_t middle = low + (high - low) / 2;
        uint32_t number = 0;
        nd_text_entry entry;
        status = number_at(l, middle, &number, error);
        if (status == ND_OK)
            status = nd_index_text_entry(b->index, number, &entry, error);
        if (status != ND_OK)
            break;
        if (nd_text_entry_compare(&entry, &b->seeker->entry) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return status;
}

static nd_status take_window(bucket *b, nd_error *error)
{
    nd_status status = ND_OK;
    for (int d = FORWARD; d <= BACKWARD; d++) {
        nd_text_entry last;
        for (uint32_t i = 0; status == ND_OK && i < b->num_lists; i++) {
            member_list *const l = &b->lists[i];
            uint64_t place = 0;
            status = place_of_seeker(b, l, &place, error);
            if (status == ND_OK)
                status = settle(b, l, d == FORWARD ? place : place - 1, (direction)d, error);
        }
        if (status == ND_OK)
            status = take_some(b, ND_BUCKET_WINDOW, (direction)d, &last, error);
    }
    return status;
}

/* ctx: a bucket. */
static int compare_of_tail(void *ctx, const void *left, const void *right)
{
    const nd_tail *const tail = &((const bucket *)ctx)->index->tail;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return nd_text_entry_compare(&tail->texts.items[a - tail->first_text],
                                 &tail->texts.items[b - tail->first_text]);
}

/* A seeker among the first leaders is compared with all. */
static nd_status take_from_large(bucket *b, nd_error *error)
{
    nd_text_entry last = {0};
    nd_status status = ND_OK;
    nd_heap_sort(b->tail_members.items, b->tail_members.len, sizeof(uint32_t), compare_of_tail, b);
    for (uint32_t i = 0; status == ND_OK && i < b->num_lists; i++)
        status = settle(b, &b->lists[i], b->lists[i].first, FORWARD, error);
    const size_t before = b->mates->len;
    if (status == ND_OK)
        status = take_some(b, ND_BUCKET_LEADERS, FORWARD, &last, error);
    if (status != ND_OK)
        return status;
    if (nd_text_entry_compare(&b->seeker->entry, &last) < 0) {
        b->mates->len = before;
        return add_all(b, error);
    }
    return take_window(b, error);
}

/* --- all bands --- */

/* Finds the bucket's members in all places. */
static nd_status find_bucket(bucket *b, uint32_t band, uint64_t *num, nd_error *error)
{
    const nd_index *const index = b->index;
    const uint32_t key = b->seeker->keys[band];
    uint32_t size;
    nd_status status = ND_OK;
    *num = 0;
    for (uint32_t i = 0; status == ND_OK && i < index->manifest.num_runs; i++) {
        member_list *const l = &b->lists[i];
        nd_run_cursor_init(&l->cursor, &index->runs[i], ND_TABLE_BANDS + band);
        status = nd_run_cursor_find(&l->cursor, key, &l->first, &l->end, error);
        *num += l->end - l->first;
    }
    b->tail_members.len = 0;
    if (status == ND_OK)
        status = nd_bucket_table_members(index->tail.buckets, band, key, UINT32_MAX,
                                         &b->tail_members, &size);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < b->tail_members.len; i++)
        b->tail_members.items[i] += index->tail.first_text;
    member_list *const of_tail = &b->lists[index->manifest.num_runs];
    of_tail->cursor.run = NULL;
    of_tail->of_tail = b->tail_members.items;
    of_tail->first = 0;
    of_tail->end = b->tail_members.len;
    *num += b->tail_members.len;
    return ND_OK;
}

static nd_status find_mates_of_band(bucket *b, uint32_t band, nd_error *error)
{
    uint64_t num = 0;
    nd_status status = find_bucket(b, band, &num, error);
    if (status == ND_OK && num >= ND_BUCKET_WHOLE)
        status = count(b, &num, error);
    if (status != ND_OK || num == 0)
        return status;
    return num <= ND_BUCKET_WHOLE ? add_all(b, error) : take_from_large(b, error);
}

nd_status nd_index_find_mates(const nd_index *index, const nd_bucket_seeker *seeker,
                              nd_numbers *mates, nd_error *error)
{
    bucket b = {.index = index, .seeker = seeker, .mates = mates};
    b.num_lists = index->manifest.num_runs + 1;
    b.lists = nd_alloc(&index->allocator, b.num_lists, sizeof *b.lists);
    nd_status status = b.lists ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t band = 0; status == ND_OK && band < index->manifest.spec.bands; band++)
        status = find_mates_of_band(&b, band, error);
    nd_release(&index->allocator, b.lists);
    ND_VEC_RELEASE(&index->allocator, &b.tail_members);
    return status;
}

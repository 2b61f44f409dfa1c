/* Each run has the members of a key side by side, in order; the tail's are put into it when that is
 * needed. What comes first, or next to a text, is merged from all places, and entries are read for
 * those alone. */
#include "index/members.h"

#include "index/sampling.h"
#include "util/sort.h"

nd_status nd_member_lists_init(nd_member_lists *lists, const nd_index *index, uint32_t self)
{
    *lists =
        (nd_member_lists){.index = index, .self = self, .num_lists = index->manifest.num_runs + 1};
    lists->lists = nd_alloc(&index->allocator, lists->num_lists, sizeof *lists->lists);
    if (!lists->lists)
        return ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < lists->num_lists; i++)
        nd_run_cursor_init(&lists->lists[i].cursor, NULL, 0, index->blocks);
    nd_run_cursor_init(&lists->entries, NULL, ND_TABLE_TEXTS, index->blocks);
    return ND_OK;
}

void nd_member_lists_release(nd_member_lists *lists)
{
    const nd_allocator *const a = &lists->index->allocator;
    nd_release(a, lists->lists);
    ND_VEC_RELEASE(a, &lists->tail_members);
    ND_VEC_RELEASE(a, &lists->numbers);
}

/* --- one place --- */

static bool is_removed(const nd_member_lists *b, nd_key_member member)
{
    return nd_bits_has(&b->index->removals.texts, (uint32_t)member);
}

static nd_status member_at(nd_member_list *l, uint64_t at, nd_key_member *member, nd_error *error)
{
    nd_key_value pair = {0, 0};
    if (!l->cursor.run) {
        *member = l->of_tail[at];
        return ND_OK;
    }
    const nd_status status = nd_run_cursor_pair(&l->cursor, at, &pair, error);
    *member = pair.value;
    return status;
}

static bool has_head(const nd_member_list *l)
{
    return l->at >= l->first && l->at < l->end;
}

/* Makes the first member from `at` on in that direction that is not removed the next one. */
static nd_status settle(nd_member_lists *b, nd_member_list *l, uint64_t at, nd_direction d,
                        nd_error *error)
{
    nd_status status = ND_OK;
    for (l->at = at; status == ND_OK && has_head(l); l->at += d == ND_FORWARD ? 1 : UINT64_MAX) {
        status = member_at(l, l->at, &l->member, error);
        if (status == ND_OK && !is_removed(b, l->member))
            return nd_index_text_entry_near(b->index, &b->entries, (uint32_t)l->member, &l->entry,
                                            error);
    }
    return status;
}

/* Below 0: the member comes before the text. Its class tells mostly. */
static nd_status compare_member(nd_member_lists *b, nd_key_member member, const nd_text_entry *text,
                                int *order, nd_error *error)
{
    const uint32_t own = nd_sampling_class(text->num_shingles);
    const uint32_t other = (uint32_t)(member >> ND_MEMBER_CLASS_SHIFT);
    nd_text_entry entry;
    *order = other > own ? -1 : 1;
    if (!nd_index_has_bands(b->index) && own != other)
        return ND_OK;
    const nd_status status =
        nd_index_text_entry_near(b->index, &b->entries, (uint32_t)member, &entry, error);
    if (status == ND_OK)
        *order = nd_index_compare_texts(b->index, &entry, text);
    return status;
}

/* Where the text stands in a list, or would. Bisects without regard to what is removed. */
static nd_status place_of(nd_member_lists *b, nd_member_list *l, const nd_text_entry *text,
                          uint64_t *place, nd_error *error)
{
    uint64_t low = l->first, high = l->end;
    nd_status status = ND_OK;
    while (status == ND_OK && low < high) {
        const uint64_t middle = low + (high - low) / 2;
        nd_key_member member = 0;
        int order = 0;
        status = member_at(l, middle, &member, error);
        if (status == ND_OK)
            status = compare_member(b, member, text, &order, error);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return status;
}

/* --- finding --- */

static nd_status append(const nd_member_lists *b, nd_key_members *members, nd_key_member member)
{
    const nd_status status = ND_VEC_RESERVE(&b->index->allocator, members, 1);
    if (status == ND_OK)
        members->items[members->len++] = member;
    return status;
}

static nd_status find_bucket_of_tail(nd_member_lists *b, uint32_t band, uint64_t key)
{
    const nd_tail *const tail = &b->index->tail;
    uint32_t size;
    b->numbers.len = 0;
    nd_status status =
        nd_bucket_table_members(tail->buckets, band, key, UINT32_MAX, &b->numbers, &size);
    for (size_t i = 0; status == ND_OK && i < b->numbers.len; i++)
        status = append(b, &b->tail_members, tail->first_text + b->numbers.items[i]);
    return status;
}

static nd_status find_sample_of_tail(nd_member_lists *b, uint64_t key)
{
    const nd_tail *const tail = &b->index->tail;
    nd_status status = ND_OK;
    for (uint32_t i = nd_chains_find(&tail->samples, key); status == ND_OK && i != ND_NO_NUMBER;
         i = nd_chains_before(&tail->samples, i))
        status = append(b, &b->tail_members, nd_tail_sample_member(tail, i));
    return status;
}

nd_status nd_member_lists_find(nd_member_lists *lists, uint32_t table, uint64_t key, uint64_t *num,
                               nd_error *error)
{
    const nd_index *const index = lists->index;
    nd_status status = ND_OK;
    *num = 0;
    for (uint32_t i = 0; status == ND_OK && i + 1 < lists->num_lists; i++) {
        nd_member_list *const l = &lists->lists[i];
        if (!l->cursor.run || l->cursor.table != table)
            nd_run_cursor_init(&l->cursor, &index->runs[i], table, index->blocks);
        status = nd_run_cursor_find(&l->cursor, key, &l->first, &l->end, error);
        *num += l->end - l->first;
    }
    lists->tail_members.len = 0;
    lists->is_tail_ordered = false;
    if (status == ND_OK)
        status = table == ND_TABLE_SAMPLES
                     ? find_sample_of_tail(lists, key)
                     : find_bucket_of_tail(lists, table - ND_TABLE_BANDS, key);
    if (status != ND_OK)
        return status;
    nd_member_list *const of_tail = &lists->lists[lists->num_lists - 1];
    of_tail->of_tail = lists->tail_members.items;
    of_tail->first = 0;
    of_tail->end = lists->tail_members.len;
    *num += of_tail->end;
    return ND_OK;
}

bool nd_member_lists_may_exceed(const nd_member_lists *lists, uint64_t key, uint64_t most)
{
    const nd_index *const index = lists->index;
    const nd_tail *const tail = &index->tail;
    uint64_t bound = 0;
    for (uint32_t i = 0; i < index->manifest.num_runs; i++) {
        if (nd_run_may_have_frequent(&index->runs[i], key))
            return true;
        bound += ND_FREQUENT_IN_RUN - 1;
    }
    for (uint32_t i = nd_chains_find(&tail->samples, key); i != ND_NO_NUMBER && bound <= most;
         i = nd_chains_before(&tail->samples, i))
        bound++;
    return bound > most;
}

nd_status nd_member_lists_all(nd_member_lists *lists, size_t most, nd_key_members *members,
                              nd_error *error)
{
    nd_status status = ND_OK;
    size_t num = 0;
    for (uint32_t i = 0; i < lists->num_lists; i++) {
        nd_member_list *const l = &lists->lists[i];
        const uint64_t len = l->end - l->first;
        if (status == ND_OK)
            status = ND_VEC_RESERVE(&lists->index->allocator, members,
                                    (size_t)(len < most ? len : most));
        for (uint64_t at = l->first; status == ND_OK && at < l->end && num < most; at++) {
            nd_key_member member = 0;
            status = member_at(l, at, &member, error);
            if (status != ND_OK || is_removed(lists, member) || (uint32_t)member == lists->self)
                continue;
            members->items[members->len++] = member;
            num++;
        }
    }
    return status;
}

/* --- in order --- */

/* ctx: the lists. */
static int compare_of_tail(void *ctx, const void *left, const void *right)
{
    const nd_index *const index = ((const nd_member_lists *)ctx)->index;
    const nd_text_entry *const entries = index->tail.texts.items;
    const uint32_t a = (uint32_t) * (const nd_key_member *)left,
                   b = (uint32_t) * (const nd_key_member *)right;
    return nd_index_compare_texts(index, &entries[a - index->tail.first_text],
                                  &entries[b - index->tail.first_text]);
}

static void order_tail(nd_member_lists *b)
{
    if (!b->is_tail_ordered)
        nd_heap_sort(b->tail_members.items, b->tail_members.len, sizeof(nd_key_member),
                     compare_of_tail, b);
    b->is_tail_ordered = true;
}

/* The list whose next member comes first in that direction; NULL: all are at their end. */
static nd_member_list *nearest(const nd_member_lists *b, nd_direction d)
{
    nd_member_list *best = NULL;
    for (uint32_t i = 0; i < b->num_lists; i++) {
        nd_member_list *const l = &b->lists[i];
        if (!has_head(l))
            continue;
        const int order = best ? nd_index_compare_texts(b->index, &l->entry, &best->entry) : 0;
        if (!best || (d == ND_FORWARD ? order < 0 : order > 0))
            best = l;
    }
    return best;
}

/* Takes the next `most` members. */
static nd_status take_some(nd_member_lists *b, uint32_t most, nd_direction d,
                           nd_key_members *members, nd_text_entry *last, nd_error *error)
{
    nd_status status = ND_OK;
    nd_member_list *l;
    for (uint32_t num = 0; status == ND_OK && num < most && (l = nearest(b, d));) {
        if ((uint32_t)l->member != b->self) {
            *last = l->entry;
            status = append(b, members, l->member);
            num++;
        }
        if (status == ND_OK)
            status = settle(b, l, l->at + (d == ND_FORWARD ? 1 : UINT64_MAX), d, error);
    }
    return status;
}

nd_status nd_member_lists_first(nd_member_lists *lists, uint32_t most, nd_key_members *members,
                                nd_text_entry *last, nd_error *error)
{
    nd_status status = ND_OK;
    order_tail(lists);
    for (uint32_t i = 0; status == ND_OK && i < lists->num_lists; i++)
        status = settle(lists, &lists->lists[i], lists->lists[i].first, ND_FORWARD, error);
    return status == ND_OK ? take_some(lists, most, ND_FORWARD, members, last, error) : status;
}

nd_status nd_member_lists_next(nd_member_lists *lists, const nd_text_entry *text,
                               nd_direction direction, uint32_t most, nd_key_members *members,
                               nd_error *error)
{
    nd_text_entry last;
    nd_status status = ND_OK;
    order_tail(lists);
    for (uint32_t i = 0; status == ND_OK && i < lists->num_lists; i++) {
        nd_member_list *const l = &lists->lists[i];
        uint64_t place = 0;
        status = place_of(lists, l, text, &place, error);
        if (status == ND_OK)
            status =
                settle(lists, l, direction == ND_FORWARD ? place : place - 1, direction, error);
    }
    return status == ND_OK ? take_some(lists, most, direction, members, &last, error) : status;
}

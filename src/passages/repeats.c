#include "passages/passage_finder.h"
#include "util/sort.h"

static int compare_repeats(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_place *const a = ((const nd_repeat *)left)->places;
    const nd_place *const b = ((const nd_repeat *)right)->places;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    const nd_repeat *const ra = left, *const rb = right;
    if (a[1].start != b[1].start)
        return a[1].start < b[1].start ? -1 : 1;
    if (ra->num_places != rb->num_places)
        return ra->num_places > rb->num_places ? -1 : 1;
    if (ra->similarity != rb->similarity)
        return ra->similarity > rb->similarity ? -1 : 1;
    for (size_t i = 2; i < ra->num_places; i++)
        if (a[i].start != b[i].start)
            return a[i].start < b[i].start ? -1 : 1;
    return 0;
}

static int compare_covering(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_covering_place *const a = left, *const b = right;
    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    if (a->span.end != b->span.end)
        return a->span.end > b->span.end ? -1 : 1;
    return (a->repeat > b->repeat) - (a->repeat < b->repeat);
}

/* Lists the places of all edited repeats by where they begin. */
static nd_status list_covering(nd_passage_finder *f)
{
    const nd_repeat_grouper *const g = &f->grouper;
    const size_t num = g->found.len;
    f->covering.len = 0;
    const nd_status status = ND_VEC_RESERVE(&f->allocator, &f->covering, num);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < g->repeats.len; i++)
        for (size_t k = 0; k < g->repeats.items[i].num_places; k++)
            f->covering.items[f->covering.len++] = (nd_covering_place){
                .span = g->found.items[g->repeats.items[i].first_place + k],
                .repeat = (uint32_t)i,
            };
    nd_near_sort(f->covering.items, num, sizeof *f->covering.items, compare_covering, NULL);
    uint32_t max_end = 0;
    for (size_t i = 0; i < num; i++) {
        nd_covering_place *const place = &f->covering.items[i];
        max_end = place->span.end > max_end ? place->span.end : max_end;
        place->max_end = max_end;
    }
    return ND_OK;
}

/* The places of a repeat, ascending. */
typedef struct span_list {
    const nd_span *spans;
    size_t num;
} span_list;

static span_list edited_spans(const nd_passage_finder *f, size_t repeat)
{
    const nd_grouped_repeat *const edited = &f->grouper.repeats.items[repeat];
    return (span_list){f->grouper.found.items + edited->first_place, edited->num_places};
}

static span_list exact_spans(const nd_passage_finder *f, size_t repeat)
{
    const nd_exact_repeat *const exact = &f->exact.repeats.items[repeat];
    return (span_list){f->exact.found.items + exact->first_place, exact->num_places};
}

/* How many spans begin at or before a token. */
static size_t count_before(span_list list, uint32_t token)
{
    size_t low = 0, high = list.num;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (list.spans[middle].start <= token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether each place of one repeat is a part, not all, of a place of its own of the other. */
static bool are_parts(span_list parts, span_list wholes)
{
    size_t last = 0; /* places of the whole taken, by number from 1 */
    for (size_t i = 0; i < parts.num; i++) {
        const size_t at = count_before(wholes, parts.spans[i].start);
        if (at <= last || !nd_span_contains(wholes.spans[at - 1], parts.spans[i]) ||
            nd_span_len(wholes.spans[at - 1]) == nd_span_len(parts.spans[i]))
            return false;
        last = at;
    }
    return true;
}

/* Edited repeats that one is held against, by a place where each begins. */
enum { MAX_TRIED = 16 };

/* Whether a repeat says nothing that some edited one does not. */
static bool is_part_of_edited(const nd_passage_finder *f, span_list list)
{
    size_t low = 0, high = f->covering.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (f->covering.items[middle].span.start <= list.spans[0].start)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && low - i < MAX_TRIED; i--) {
        const nd_covering_place *const place = &f->covering.items[i - 1];
        if (place->max_end < list.spans[0].end)
            return false;
        if (place->span.end >= list.spans[0].end && are_parts(list, edited_spans(f, place->repeat)))
            return true;
    }
    return false;
}

/* Whether a span is little more than two places or more of a repeat in a row. */
static bool is_row_of(nd_span span, span_list copies)
{
    uint32_t covered = 0, num = 0;
    for (size_t at = count_before(copies, span.start > 0 ? span.start - 1 : 0);
         at < copies.num && copies.spans[at].end <= span.end; at++) {
        if (copies.spans[at].start < span.start)
            continue;
        covered += nd_span_len(copies.spans[at]);
        num++;
    }
    return num >= 2 && covered >= nd_span_len(span) / 2;
}

static bool are_rows(span_list list, span_list copies)
{
    for (size_t i = 0; i < list.num; i++)
        if (!is_row_of(list.spans[i], copies))
            return false;
    return true;
}

/* Whether each place of an edited repeat is a row of places of some other: it has run into the next
 * copy of what that one holds. */
static bool is_made_of_copies(const nd_passage_finder *f, span_list list)
{
    const nd_span first = list.spans[0];
    size_t low = 0, high = f->covering.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (f->covering.items[middle].span.start < first.start)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < f->covering.len && i - low < MAX_TRIED; i++) {
        const nd_covering_place *const place = &f->covering.items[i];
        if (place->span.start >= first.end)
            return false;
        if (place->span.end < first.end && are_rows(list, edited_spans(f, place->repeat)))
            return true;
    }
    return false;
}

/* Room for all repeats and places there can be. */
static nd_status reserve_results(nd_passage_finder *f)
{
    const size_t num_places = f->grouper.found.len + f->exact.found.len;
    nd_status status =
        ND_VEC_RESERVE(&f->allocator, &f->repeats, f->grouper.repeats.len + f->exact.repeats.len);
    f->places.len = 0;
    f->similarities.len = 0;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&f->allocator, &f->places, num_places);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&f->allocator, &f->similarities, num_places);
    return status;
}

/* Writes the places of a repeat; `common`: words each has in common with the first, NULL for all.
 */
static void put_repeat(nd_passage_finder *f, span_list list, const uint32_t *common)
{
    nd_place *const places = f->places.items + f->places.len;
    double *const similarities = f->similarities.items + f->similarities.len;
    double lowest = 1;
    for (size_t i = 0; i < list.num; i++) {
        places[i] = nd_finder_place(f, &f->a, list.spans[i]);
        /* One character can hold the end of a place and the start of the next ("½" is 1, 2). */
        if (i > 0 && places[i].start < places[i - 1].end)
            places[i].start = places[i - 1].end;
        nd_finder_set_lines(&places[i], &f->a.lines);
        similarities[i] =
            common ? (double)common[i] / nd_span_longer(list.spans[0], list.spans[i]) : 1;
        lowest = similarities[i] < lowest ? similarities[i] : lowest;
    }
    f->places.len += list.num;
    f->similarities.len += list.num;
    f->repeats.items[f->repeats.len++] = (nd_repeat){
        .similarity = lowest,
        .words = nd_span_len(list.spans[0]),
        .num_places = list.num,
        .places = places,
        .similarities = similarities,
    };
}

static nd_status write_repeats(nd_passage_finder *f)
{
    nd_status status = list_covering(f);
    if (status == ND_OK)
        status = reserve_results(f);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < f->grouper.repeats.len; i++)
        if (!is_part_of_edited(f, edited_spans(f, i)) && !is_made_of_copies(f, edited_spans(f, i)))
            put_repeat(f, edited_spans(f, i),
                       f->grouper.common.items + f->grouper.repeats.items[i].first_place);
    for (size_t i = 0; i < f->exact.repeats.len; i++)
        if (!is_part_of_edited(f, exact_spans(f, i)))
            put_repeat(f, exact_spans(f, i), NULL);
    nd_near_sort(f->repeats.items, f->repeats.len, sizeof *f->repeats.items, compare_repeats, NULL);
    return ND_OK;
}

static nd_status link_seeds(nd_passage_finder *f)
{
    nd_status status = ND_OK;
    nd_chainer_begin(&f->chainer, &f->seeds, ND_SEED_NONE, 0, ND_FIT_SEED_WEIGHT);
    for (uint32_t from = 0; from < f->seeds.num_seeds && status == ND_OK;) {
        const uint32_t to = nd_seed_block_end(from, f->seeds.num_seeds);
        nd_seed_link links[ND_SEED_BLOCK];
        uint32_t num_links;
        nd_seed_index_add(&f->seeds, from, to, links, &num_links);
        status = nd_chainer_feed(&f->chainer, links, num_links);
        from = to;
    }
    return status;
}

static nd_status find_repeats(nd_passage_finder *f, const char *bytes, size_t len_bytes)
{
    nd_status status = nd_finder_text_set(&f->a, bytes, len_bytes);
    if (status == ND_OK)
        status = nd_finder_begin(f, f->a.repaired, f->a.repaired_len_bytes);
    if (status == ND_OK)
        status = link_seeds(f);
    if (status != ND_OK)
        return status;
    const nd_span all = {0, f->words.num_tokens};
    const nd_trace_box box = {all, all};
    status = nd_finder_fit(f, &box, ND_EXACT_PAIRS_DROP);
    if (status == ND_OK)
        status = nd_exact_repeats_find(&f->exact, &f->seeds, &f->measure, &f->borders);
    if (status == ND_OK)
        status = nd_repeat_grouper_run(&f->grouper, &f->seeds, f->fitter.pairs.items,
                                       f->fitter.pairs.len);
    nd_finder_count_caps(f);
    if (status != ND_OK || f->exact.repeats.len + f->grouper.repeats.len == 0)
        return status;
    status = nd_line_index_set(&f->a.lines, &f->allocator, bytes, len_bytes);
    return status == ND_OK ? write_repeats(f) : status;
}

nd_status nd_passage_finder_repeats(nd_passage_finder *finder, const char *bytes, size_t len_bytes,
                                    const nd_repeat **repeats, size_t *num_repeats)
{
    *repeats = NULL;
    *num_repeats = 0;
    finder->repeats.len = 0;
    const nd_status status = find_repeats(finder, bytes, len_bytes);
    if (status != ND_OK)
        return status;
    *repeats = finder->repeats.items;
    *num_repeats = finder->repeats.len;
    return ND_OK;
}

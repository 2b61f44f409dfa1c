#include "passages/passage_finder.h"

#include <math.h>
#include <string.h>

#include "util/sort.h"

enum {
    NO_PLACE = UINT32_MAX,
    /* Places are hashed by start / START_STEP; ends that differ by up to START_STEP tokens and an
     * eighth of the length are taken for the same place: edits blur them. */
    START_STEP = 8,
    /* Places of one bucket looked at, and repeats that a place is tried in, before it becomes one
     * of a repeat of its own. */
    MAX_VISITED = 32,
    MAX_REPEATS_TRIED = 4,
};

void nd_repeat_grouper_init(nd_repeat_grouper *grouper, const nd_allocator *allocator, nd_lcs *lcs,
                            double min_identity)
{
    *grouper =
        (nd_repeat_grouper){.allocator = *allocator, .lcs = lcs, .min_identity = min_identity};
}

static nd_status reserve_buckets(nd_repeat_grouper *g, size_t num_pairs)
{
    size_t num = 16;
    while (num < num_pairs * 2)
        num *= 2;
    const nd_status status = nd_reserve(&g->allocator, (void **)&g->buckets, &g->bucket_capacity,
                                        num, sizeof *g->buckets);
    if (status != ND_OK)
        return status;
    g->bucket_mask = (uint32_t)(num - 1);
    for (size_t i = 0; i < num; i++)
        g->buckets[i] = NO_PLACE;
    return ND_OK;
}

static uint32_t *bucket_of(const nd_repeat_grouper *g, uint32_t step)
{
    return &g->buckets[((step * 0x9E3779B1u) >> 7) & g->bucket_mask];
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

static bool is_same_place(nd_span a, nd_span b)
{
    const uint32_t eighth = nd_span_len(b) / 8;
    const uint32_t tolerance = eighth < START_STEP ? eighth : START_STEP;
    return distance(a.start, b.start) <= tolerance && distance(a.end, b.end) <= tolerance;
}

/* The latest place that is about `span`, after `place` if that is given, of any repeat or of the
 * one asked for. A search: step -1, 0, +1 around the span's own bucket. */
typedef struct place_search {
    nd_span span;
    uint32_t repeat; /* NO_PLACE: any */
    uint32_t step, last_step;
    uint32_t next, visited;
} place_search;

static place_search search_places(const nd_repeat_grouper *g, nd_span span, uint32_t repeat)
{
    const uint32_t own = span.start / START_STEP;
    const uint32_t first = own > 0 ? own - 1 : own;
    return (place_search){
        .span = span,
        .repeat = repeat,
        .step = first,
        .last_step = own + 1,
        .next = *bucket_of(g, first),
    };
}

static uint32_t next_place(const nd_repeat_grouper *g, place_search *s)
{
    for (;;) {
        while (s->next != NO_PLACE && s->visited < MAX_VISITED) {
            const uint32_t at = s->next;
            const nd_repeat_place *const place = &g->places.items[at];
            s->next = place->next_of_bucket;
            s->visited++;
            if (place->span.start / START_STEP == s->step && is_same_place(s->span, place->span) &&
                (s->repeat == NO_PLACE || s->repeat == place->repeat))
                return at;
        }
        if (s->step == s->last_step)
            return NO_PLACE;
        s->step++;
        s->visited = 0;
        s->next = *bucket_of(g, s->step);
    }
}

static nd_status add_place(nd_repeat_grouper *g, uint32_t repeat, nd_span span, uint32_t common)
{
    const nd_status status = ND_VEC_RESERVE(&g->allocator, &g->places, 1);
    if (status != ND_OK)
        return status;
    nd_repeat_group *const group = &g->groups.items[repeat];
    uint32_t *const bucket = bucket_of(g, span.start / START_STEP);
    const uint32_t at = (uint32_t)g->places.len++;
    g->places.items[at] = (nd_repeat_place){span, common, repeat, group->first_place, *bucket};
    *bucket = at;
    group->first_place = at;
    group->num_places++;
    return ND_OK;
}

static const uint32_t *ids_of(const nd_repeat_grouper *g, nd_span span)
{
    return g->seeds->words->ids + span.start;
}

static bool are_same(const nd_repeat_grouper *g, nd_span a, nd_span b)
{
    return nd_span_len(a) == nd_span_len(b) &&
           memcmp(ids_of(g, a), ids_of(g, b), nd_span_len(a) * sizeof(uint32_t)) == 0;
}

/* The seed in the span that stands at the fewest positions. */
static uint32_t rarest_seed(const nd_repeat_grouper *g, nd_span span)
{
    const nd_seed_index *const seeds = g->seeds;
    uint32_t best = span.start;
    for (uint32_t i = span.start; i + seeds->width <= span.end; i++)
        if (seeds->count[seeds->class_of[i]] < seeds->count[seeds->class_of[best]])
            best = i;
    return best;
}

/* Adds a place, and wherever its words stand exactly so. */
static nd_status add_with_copies(nd_repeat_grouper *g, uint32_t repeat, nd_span span,
                                 uint32_t common)
{
    const nd_seed_index *const seeds = g->seeds;
    const uint32_t len = nd_span_len(span), seed = rarest_seed(g, span);
    const uint32_t before = seed - span.start, class = seeds->class_of[seed];
    uint32_t at = class;
    nd_status status = add_place(g, repeat, span, common);
    for (uint32_t i = 0; i < seeds->count[class] && status == ND_OK; i++) {
        at = seeds->previous[at];
        if (g->steps_left == 0) {
            g->num_cut++;
            return ND_OK;
        }
        g->steps_left--;
        if (at == seed || at < before || at - before + len > seeds->words->num_tokens)
            continue;
        const nd_span copy = {at - before, at - before + len};
        if (!are_same(g, span, copy))
            continue;
        g->steps_left -= g->steps_left < len ? g->steps_left : len;
        status = add_place(g, repeat, copy, common);
    }
    return status;
}

/* Words that two spans have in common, within limits. */
static nd_status count_common(nd_repeat_grouper *g, nd_span a, nd_span b, nd_lcs_limits limits,
                              uint32_t *common)
{
    nd_lcs_bound bound = {0};
    const nd_status status =
        nd_lcs_length(g->lcs, (nd_word_sequence){ids_of(g, a), nd_span_len(a)},
                      (nd_word_sequence){ids_of(g, b), nd_span_len(b)}, limits, &bound);
    *common = bound.length;
    return status;
}

/* The same, if they are enough for one repeat; else 0. */
static nd_status count_enough(nd_repeat_grouper *g, nd_span a, nd_span b, uint32_t *common)
{
    const double enough = g->min_identity * nd_span_longer(a, b);
    const nd_lcs_limits limits = {.wanted = (uint32_t)ceil(enough)};
    const nd_status status = count_common(g, a, b, limits, common);
    if (*common < enough)
        *common = 0;
    return status;
}

/* Puts `added` into the repeat of the place `at`. *is_settled: it is in. */
static nd_status join(nd_repeat_grouper *g, uint32_t at, nd_span added, bool *is_settled)
{
    const uint32_t repeat = g->places.items[at].repeat;
    place_search own = search_places(g, added, repeat);
    *is_settled = next_place(g, &own) != NO_PLACE;
    if (*is_settled || added.start < g->groups.items[repeat].anchor.start)
        return ND_OK;
    uint32_t common;
    const nd_status status = count_enough(g, g->groups.items[repeat].anchor, added, &common);
    if (status != ND_OK || common == 0)
        return status;
    *is_settled = true;
    return add_with_copies(g, repeat, added, common);
}

/* Joins a repeat that has a place about `same`, if there is one that takes it. */
static nd_status join_known(nd_repeat_grouper *g, nd_span same, nd_span added, bool *is_settled)
{
    place_search search = search_places(g, same, NO_PLACE);
    nd_status status = ND_OK;
    *is_settled = false;
    for (uint32_t i = 0; i < MAX_REPEATS_TRIED && status == ND_OK && !*is_settled; i++) {
        const uint32_t at = next_place(g, &search);
        if (at == NO_PLACE)
            break;
        status = join(g, at, added, is_settled);
    }
    return status;
}

static nd_status new_group(nd_repeat_grouper *g, const nd_span_pair *pair)
{
    nd_status status = ND_VEC_RESERVE(&g->allocator, &g->groups, 1);
    if (status != ND_OK)
        return status;
    const uint32_t repeat = (uint32_t)g->groups.len++;
    g->groups.items[repeat] = (nd_repeat_group){.anchor = pair->earlier, .first_place = NO_PLACE};
    uint32_t common = 0;
    status = count_common(g, pair->earlier, pair->later, (nd_lcs_limits){.at_least = pair->common},
                          &common);
    if (status == ND_OK)
        status = add_with_copies(g, repeat, pair->earlier, nd_span_len(pair->earlier));
    return status == ND_OK ? add_with_copies(g, repeat, pair->later, common) : status;
}

static nd_status take_pair(nd_repeat_grouper *g, const nd_span_pair *pair)
{
    bool is_settled;
    nd_status status = join_known(g, pair->earlier, pair->later, &is_settled);
    if (status == ND_OK && !is_settled)
        status = join_known(g, pair->later, pair->earlier, &is_settled);
    return status != ND_OK || is_settled ? status : new_group(g, pair);
}

static int compare_places(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_repeat_place *const a = left, *const b = right;
    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    if (a->common != b->common)
        return a->common > b->common ? -1 : 1;
    return (a->span.end > b->span.end) - (a->span.end < b->span.end);
}

/* Puts the group's places, ascending, into g->sorted, without those that overlap one before them.
 */
static nd_status sort_places(nd_repeat_grouper *g, const nd_repeat_group *group)
{
    g->sorted.len = 0;
    const nd_status status = ND_VEC_RESERVE(&g->allocator, &g->sorted, group->num_places);
    if (status != ND_OK)
        return status;
    nd_repeat_place *const places = g->sorted.items;
    size_t num = 0, kept = 0;
    for (uint32_t at = group->first_place; at != NO_PLACE; at = g->places.items[at].next_of_repeat)
        places[num++] = g->places.items[at];
    nd_near_sort(places, num, sizeof *places, compare_places, NULL);
    for (size_t i = 0; i < num; i++)
        if (kept == 0 || places[i].span.start >= places[kept - 1].span.end)
            places[kept++] = places[i];
    g->sorted.len = kept;
    return ND_OK;
}

/* Where an exact copy of another place comes before the anchor and its copies, what all have in
 * common with it is counted again; those that have too little leave. */
static nd_status anchor_again(nd_repeat_grouper *g, const nd_repeat_group *group)
{
    nd_repeat_place *const places = g->sorted.items;
    const nd_span first = places[0].span;
    if (are_same(g, first, group->anchor))
        return ND_OK;
    size_t kept = 1;
    places[0].common = nd_span_len(first);
    for (size_t i = 1; i < g->sorted.len; i++) {
        const nd_span span = places[i].span;
        uint32_t common;
        const nd_status status = count_enough(g, first, span, &common);
        if (status != ND_OK)
            return status;
        if (common == 0)
            continue;
        places[kept] = places[i];
        places[kept++].common = common;
    }
    g->sorted.len = kept;
    return ND_OK;
}

/* Writes the group as a repeat if it has two places. */
static nd_status write_group(nd_repeat_grouper *g, const nd_repeat_group *group)
{
    nd_status status = sort_places(g, group);
    if (status == ND_OK)
        status = anchor_again(g, group);
    const size_t num = g->sorted.len;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&g->allocator, &g->found, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&g->allocator, &g->common, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&g->allocator, &g->repeats, 1);
    if (status != ND_OK || num < 2)
        return status;
    g->repeats.items[g->repeats.len++] = (nd_grouped_repeat){g->found.len, num};
    for (size_t i = 0; i < num; i++) {
        g->found.items[g->found.len++] = g->sorted.items[i].span;
        g->common.items[g->common.len++] = g->sorted.items[i].common;
    }
    return ND_OK;
}

nd_status nd_repeat_grouper_run(nd_repeat_grouper *grouper, const nd_seed_index *seeds,
                                nd_span_pair *pairs, size_t num)
{
    grouper->seeds = seeds;
    grouper->places.len = 0;
    grouper->groups.len = 0;
    grouper->found.len = grouper->common.len = 0;
    grouper->repeats.len = 0;
    grouper->num_cut = 0;
    grouper->steps_left = (uint64_t)seeds->words->num_tokens * ND_COPY_STEPS_PER_TOKEN;
    nd_span_pairs_sort(pairs, num);
    const size_t num_kept = nd_span_pairs_drop_parts(pairs, num);
    nd_status status = reserve_buckets(grouper, num_kept);
    for (size_t i = 0; i < num_kept && status == ND_OK; i++)
        status = take_pair(grouper, &pairs[i]);
    for (size_t i = 0; i < grouper->groups.len && status == ND_OK; i++)
        status = write_group(grouper, &grouper->groups.items[i]);
    return status;
}

void nd_repeat_grouper_release(nd_repeat_grouper *grouper)
{
    ND_VEC_RELEASE(&grouper->allocator, &grouper->places);
    ND_VEC_RELEASE(&grouper->allocator, &grouper->groups);
    ND_VEC_RELEASE(&grouper->allocator, &grouper->found);
    ND_VEC_RELEASE(&grouper->allocator, &grouper->common);
    ND_VEC_RELEASE(&grouper->allocator, &grouper->sorted);
    ND_VEC_RELEASE(&grouper->allocator, &grouper->repeats);
    nd_release(&grouper->allocator, grouper->buckets);
}

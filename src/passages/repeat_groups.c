#include "passages/repeat_groups.h"

#include <stdbool.h>

enum {
    NO_PLACE = UINT32_MAX,
    /* Places are hashed by start / START_STEP; ends that differ by up to START_STEP tokens and an
     * eighth of the length are taken for the same place: edits blur them. */
    START_STEP = 8,
    /* Places of one bucket looked at, earlier occurrences of an exact repeat, and places compared
     * for overlap: bounds on what a text full of the same costs. */
    MAX_VISITED = 32,
    MAX_OCCURRENCES = 64,
    MAX_PLACES_COMPARED = 64,
    MAX_REPEATS_TRIED = 4,
};

void nd_repeat_grouper_init(nd_repeat_grouper *grouper, const nd_allocator *allocator,
                            nd_span_scorer *scorer, double min_similarity)
{
    *grouper = (nd_repeat_grouper){
        .allocator = *allocator, .scorer = scorer, .min_similarity = min_similarity};
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

/* Adds a place, given relative to the repeat's trims, that ends at `end`. */
static nd_status add_place(nd_repeat_grouper *g, uint32_t repeat, nd_span span, uint32_t end)
{
    const nd_status status = ND_VEC_RESERVE(&g->allocator, &g->places, 1);
    if (status != ND_OK)
        return status;
    nd_repeat_group *const group = &g->groups.items[repeat];
    uint32_t *const bucket = bucket_of(g, span.start / START_STEP);
    const uint32_t at = (uint32_t)g->places.len++;
    g->places.items[at] = (nd_repeat_place){span, repeat, group->first_place, *bucket};
    *bucket = at;
    group->first_place = at;
    group->num_places++;
    if (group->places_end < end)
        group->places_end = end;
    return ND_OK;
}

static nd_span trimmed(const nd_repeat_group *group, nd_span place)
{
    return (nd_span){place.start + group->trim_start, place.end - group->trim_end};
}

/* What is about to join a repeat: `added` pairs with `same`, which is one of its places, about. */
typedef struct newcomer {
    nd_span same, added;
    bool is_exact; /* of the two */
} newcomer;

/* Adds to an exact repeat a place whose tokens equal those of new->same, which is about the place
 * `at`: all places are trimmed to what they have in common. */
static nd_status add_exact(nd_repeat_grouper *g, uint32_t at, const newcomer *new)
{
    const nd_repeat_place place = g->places.items[at];
    nd_repeat_group *const group = &g->groups.items[place.repeat];
    const nd_span same = new->same;
    const nd_span relative = {new->added.start - (same.start - place.span.start),
                              new->added.end + (place.span.end - same.end)};
    if (same.start > place.span.start && same.start - place.span.start > group->trim_start)
        group->trim_start = same.start - place.span.start;
    if (place.span.end > same.end && place.span.end - same.end > group->trim_end)
        group->trim_end = place.span.end - same.end;
    return add_place(g, place.repeat, relative, new->added.end);
}

/* Adds a span if it is similar enough to the repeat's first place. */
static nd_status add_similar(nd_repeat_grouper *g, uint32_t repeat, nd_span span, bool *is_added)
{
    double similarity;
    const nd_span first = trimmed(&g->groups.items[repeat], g->groups.items[repeat].first);
    const nd_status status = nd_span_seed_similarity(g->scorer, g->seeds, first, span, &similarity);
    if (status != ND_OK || similarity < g->min_similarity)
        return status;
    nd_repeat_group *const group = &g->groups.items[repeat];
    if (similarity < group->similarity)
        group->similarity = similarity;
    group->is_exact = false;
    *is_added = true;
    const nd_span relative = {span.start - group->trim_start, span.end + group->trim_end};
    return add_place(g, repeat, relative, span.end);
}

static bool overlaps_any(const nd_repeat_grouper *g, uint32_t repeat, nd_span span)
{
    const nd_repeat_group *const group = &g->groups.items[repeat];
    if (span.start >= group->places_end)
        return false;
    if (group->num_places > MAX_PLACES_COMPARED)
        return true;
    for (uint32_t at = group->first_place; at != NO_PLACE; at = g->places.items[at].next_of_repeat)
        if (nd_span_overlaps(trimmed(group, g->places.items[at].span), span))
            return true;
    return false;
}

/* Puts new->added into the repeat of the place `at`. *is_settled: it is in, or overlaps what is. */
static nd_status join(nd_repeat_grouper *g, uint32_t at, const newcomer *new, bool *is_settled)
{
    const uint32_t repeat = g->places.items[at].repeat;
    place_search own = search_places(g, new->added, repeat);
    if (next_place(g, &own) != NO_PLACE || overlaps_any(g, repeat, new->added)) {
        *is_settled = true;
        return ND_OK;
    }
    if (new->added.start < g->groups.items[repeat].first.start)
        return ND_OK;
    if (!new->is_exact || !g->groups.items[repeat].is_exact)
        return add_similar(g, repeat, new->added, is_settled);
    *is_settled = true;
    return add_exact(g, at, new);
}

/* Whether the seeds of `span` stand at `start` as well. */
static bool stands_at(const nd_repeat_grouper *g, nd_span span, uint32_t start)
{
    const uint32_t *const class_of = g->seeds->class_of;
    const uint32_t num = nd_span_len(span) - g->seeds->width + 1;
    for (uint32_t i = 0; i < num; i++)
        if (class_of[span.start + i] != class_of[start + i])
            return false;
    return true;
}

/* Where `span` stands before itself, latest first, apart from each other. A place inside a longer
 * repeat is linked to the nearest one only, so the others are looked for here. */
static uint32_t find_occurrences(nd_repeat_grouper *g, nd_span span, nd_span *found)
{
    const uint32_t len = nd_span_len(span);
    uint32_t num = 0, limit = span.start, at = span.start;
    for (uint32_t i = 0; g->seeds->class_of[at] != at; i++) {
        if (i == MAX_OCCURRENCES) {
            g->dropped++;
            break;
        }
        at = g->seeds->previous[at];
        if (at + len > limit || !stands_at(g, span, at))
            continue;
        found[num++] = (nd_span){at, at + len};
        limit = at;
    }
    return num;
}

static nd_status new_group(nd_repeat_grouper *g, const nd_span_pair *pair, const nd_span *found,
                           uint32_t num_found)
{
    nd_status status = ND_VEC_RESERVE(&g->allocator, &g->groups, 1);
    if (status != ND_OK)
        return status;
    const uint32_t repeat = (uint32_t)g->groups.len++;
    g->groups.items[repeat] = (nd_repeat_group){
        .similarity = pair->similarity,
        .is_exact = pair->is_exact,
        .first = num_found > 0 ? found[num_found - 1] : pair->earlier,
        .first_place = NO_PLACE,
    };
    for (uint32_t i = num_found; i-- > 0 && status == ND_OK;)
        status = add_place(g, repeat, found[i], found[i].end);
    if (status == ND_OK)
        status = add_place(g, repeat, pair->earlier, pair->earlier.end);
    if (status == ND_OK)
        status = add_place(g, repeat, pair->later, pair->later.end);
    return status;
}

/* Joins a repeat that has a place about new->same, if there is one that takes it. */
static nd_status join_known(nd_repeat_grouper *g, newcomer new, bool *is_settled)
{
    place_search search = search_places(g, new.same, NO_PLACE);
    nd_status status = ND_OK;
    *is_settled = false;
    for (uint32_t i = 0; i < MAX_REPEATS_TRIED && status == ND_OK && !*is_settled; i++) {
        const uint32_t at = next_place(g, &search);
        if (at == NO_PLACE)
            break;
        status = join(g, at, &new, is_settled);
    }
    return status;
}

/* An exact pair whose earlier place is not known: it may stand further ahead, in a repeat or not.
 */
static nd_status take_exact(nd_repeat_grouper *g, const nd_span_pair *pair)
{
    nd_span found[MAX_OCCURRENCES];
    const uint32_t num = find_occurrences(g, pair->earlier, found);
    for (uint32_t i = 0; i < num; i++) {
        bool is_settled;
        const nd_status status =
            join_known(g, (newcomer){found[i], pair->earlier, true}, &is_settled);
        if (status != ND_OK)
            return status;
        if (is_settled)
            return join_known(g, (newcomer){found[i], pair->later, true}, &is_settled);
    }
    return new_group(g, pair, found, num);
}

static nd_status take_pair(nd_repeat_grouper *g, const nd_span_pair *pair)
{
    bool is_settled;
    nd_status status =
        join_known(g, (newcomer){pair->earlier, pair->later, pair->is_exact}, &is_settled);
    if (status == ND_OK && !is_settled)
        status = join_known(g, (newcomer){pair->later, pair->earlier, pair->is_exact}, &is_settled);
    if (status != ND_OK || is_settled)
        return status;
    return pair->is_exact ? take_exact(g, pair) : new_group(g, pair, NULL, 0);
}

nd_status nd_repeat_grouper_run(nd_repeat_grouper *grouper, const nd_seed_index *seeds,
                                nd_span_pair *pairs, size_t num)
{
    grouper->seeds = seeds;
    grouper->places.len = 0;
    grouper->groups.len = 0;
    grouper->dropped = 0;
    nd_span_pairs_sort(pairs, num);
    const size_t num_kept = nd_span_pairs_drop_parts(pairs, num);
    nd_status status = reserve_buckets(grouper, num_kept);
    for (size_t i = 0; i < num_kept && status == ND_OK; i++)
        status = take_pair(grouper, &pairs[i]);
    return status;
}

void nd_repeat_grouper_release(nd_repeat_grouper *grouper)
{
    ND_VEC_RELEASE(&grouper->allocator, &grouper->places);
    ND_VEC_RELEASE(&grouper->allocator, &grouper->groups);
    nd_release(&grouper->allocator, grouper->buckets);
}

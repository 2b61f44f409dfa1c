/* For groups far fewer comparisons do than for pairs. Texts are taken in the order of rank: one
 * that no representative has taken is one itself, and only it is compared, with those of its mates
 * that are free. What it matches it takes.
 *
 * To do so on several threads, texts are divided into components: those that buckets connect. What
 * happens in one has no bearing on another, so each is a task, in which texts stay in the cache.
 * Those above MAX_TASK_TEXTS are worked off in rounds. What is done depends on the texts
 * alone, not on threads. */
#include <string.h>

#include "engine/band_matcher.h"
#include "engine/matcher.h"
#include "group/groups.h"
#include "util/prefetch.h"
#include "util/sort.h"
#include "util/threads.h"

/* --- small components --- */

enum {
    TEXTS_A_TASK = 256,
    MAX_TASK_TEXTS = 4096, /* of a component that is one task */
    LOOK_AHEAD = 4,        /* texts between one stage of asking for what they need and the next */
};

/* The components:
 *
 *   members:   | component, 32 bits | rank, 32 |, ascending, of all texts with mates
 *   settled_by[text]:  see ND_NOT_SETTLED                                           */
typedef struct settling {
    nd_band_matcher *matcher;
    const uint32_t *by_rank; /* NULL: texts are numbered by rank */
    uint64_t *members;
    size_t num_members;
    uint32_t *settled_by;
} settling;

static uint32_t text_of_member(const settling *s, uint64_t member)
{
    const uint32_t rank = (uint32_t)member;
    return s->by_rank ? s->by_rank[rank] : rank;
}

/* A text of a small component: nothing else can take it meanwhile. */
static nd_status settle(settling *s, uint32_t worker, uint64_t member)
{
    const uint32_t rank = (uint32_t)member, x = text_of_member(s, member);
    nd_edge_vec *const edges = &s->matcher->workers[worker].edges;
    const size_t first = edges->len;
    nd_status status = nd_band_matcher_propose_free(s->matcher, worker, x, rank, s->settled_by);
    if (status == ND_OK)
        status = nd_band_matcher_compare(s->matcher, worker);
    s->settled_by[x] = rank;
    for (size_t i = first; i < edges->len; i++)
        s->settled_by[edges->items[i].from == x ? edges->items[i].to : edges->items[i].from] = rank;
    return status;
}

static size_t component_end(const settling *s, size_t first)
{
    size_t end = first + 1;
    while (end < s->num_members && s->members[end] >> 32 == s->members[first] >> 32)
        end++;
    return end;
}

/* Asks for what members after place i will read: their buckets, and their sets. */
static void fetch_members(const settling *s, size_t i)
{
    for (int stage = 0; stage < ND_BUCKET_STAGES; stage++) {
        const size_t soon = i + (size_t)LOOK_AHEAD * (size_t)(ND_BUCKET_STAGES - stage);
        if (soon < s->num_members)
            nd_bucket_index_fetch(&s->matcher->buckets, text_of_member(s, s->members[soon]), stage);
    }
    for (int stage = 0; stage < ND_TEXT_STAGES; stage++) {
        const size_t soon = i + (size_t)LOOK_AHEAD * (size_t)(ND_TEXT_STAGES - stage);
        if (soon < s->num_members)
            nd_band_matcher_fetch(s->matcher, text_of_member(s, s->members[soon]), stage);
    }
}

/* The components that begin among the members of this task, but for the large ones. */
static nd_status settle_components(void *ctx, uint32_t worker, size_t task)
{
    settling *const s = ctx;
    const size_t task_end = (task + 1) * TEXTS_A_TASK;
    size_t first = task * TEXTS_A_TASK;
    /* Past one that began before; no further than this task goes, or each would walk all of it. */
    while (first > 0 && first < s->num_members && first < task_end &&
           s->members[first] >> 32 == s->members[first - 1] >> 32)
        first++;
    nd_status status = ND_OK;
    for (size_t end; first < s->num_members && first < task_end && status == ND_OK; first = end) {
        end = component_end(s, first);
        for (size_t i = first; i < end && end - first <= MAX_TASK_TEXTS && status == ND_OK; i++) {
            fetch_members(s, i);
            if (s->settled_by[text_of_member(s, s->members[i])] == ND_NOT_SETTLED)
                status = settle(s, worker, s->members[i]);
        }
    }
    return status;
}

/* Which texts buckets connect, and their order in the components. `root_of` has room for
 * num_texts, `scratch` for the members. */
static void list_members(settling *s, uint32_t *root_of, uint64_t *scratch)
{
    const nd_bucket_index *const index = &s->matcher->buckets;
    nd_links_begin(root_of, index->num_texts);
    for (size_t b = 0; b < index->num_buckets; b++)
        for (size_t i = index->starts[b] + 1; i < index->starts[b + 1]; i++)
            nd_links_add(root_of, index->members[index->starts[b]], index->members[i]);
    nd_links_end(root_of, index->num_texts);
    for (size_t rank = 0; rank < index->num_texts; rank++) {
        const uint32_t x = text_of_member(s, rank);
        if (nd_bucket_index_has_mates(index, x))
            s->members[s->num_members++] = (uint64_t)root_of[x] << 32 | rank;
    }
    nd_radix_sort_u64(s->members, scratch, s->num_members);
}

/* The ranks of the texts of large components, ascending; `scratch` has room for num_members.
 * Members are not needed afterwards. */
static size_t list_large(settling *s, uint64_t *scratch, uint32_t *undecided)
{
    size_t num = 0;
    for (size_t first = 0, end; first < s->num_members; first = end) {
        end = component_end(s, first);
        for (size_t i = first; i < end && end - first > MAX_TASK_TEXTS; i++)
            scratch[num++] = (uint32_t)s->members[i];
    }
    nd_radix_sort_u64(scratch, s->members, num);
    for (size_t i = 0; i < num; i++)
        undecided[i] = (uint32_t)scratch[i];
    return num;
}

nd_status nd_band_matcher_match_groups(nd_band_matcher *b, const uint32_t *by_rank)
{
    const nd_allocator *const a = b->base.allocator;
    const size_t num = b->buckets.num_texts;
    size_t num_members = 0;
    for (size_t x = 0; x < num; x++)
        num_members += nd_bucket_index_has_mates(&b->buckets, (uint32_t)x) != 0;
    settling s = {.matcher = b,
                  .by_rank = by_rank,
                  .members = nd_alloc(a, num_members, sizeof *s.members),
                  .settled_by = nd_alloc(a, num, sizeof *s.settled_by)};
    uint64_t *const scratch = nd_alloc(a, num_members, sizeof *scratch);
    uint32_t *const texts = nd_alloc(a, num, sizeof *texts);
    nd_status status = s.members && s.settled_by && scratch && texts ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        memset(s.settled_by, 0xff, num * sizeof *s.settled_by); /* ND_NOT_SETTLED */
        list_members(&s, texts, scratch);
        status = nd_run_reported(b->base.options, a, ND_PHASE_COMPARE,
                                 (s.num_members + TEXTS_A_TASK - 1) / TEXTS_A_TASK,
                                 settle_components, &s);
    }
    if (status == ND_OK) {
        const size_t num_large = list_large(&s, scratch, texts);
        if (num_large > 0)
            status = nd_band_matcher_settle_rounds(b, by_rank, s.settled_by, texts, num_large);
    }
    nd_release(a, s.members);
    nd_release(a, s.settled_by);
    nd_release(a, scratch);
    nd_release(a, texts);
    return status;
}

/* --- large components --- */

/* Components too large to be one task are worked off together, in rounds: each chooses texts whose
 * outcome cannot depend on each other. A text has to wait while one of its buckets holds a text
 * before it that this round has chosen, or that waits itself. In a bucket above ND_BUCKET_WHOLE it
 * waits for leaders, and for what waits in its window; others may be chosen together though they
 * are mates, which may compare for nothing what the first of them takes.
 *
 * A text that is chosen may take one that a text before it, which waits, matches as well. So what
 * is taken is compared again with representatives of an earlier rank than that which took it. */

enum {
    CHOSEN_A_TASK = 256,
    MAX_CHOSEN = 1 << 14, /* in a round */
    MAX_LOOKED_AT = 1 << 16,
};

/* What was said of a bucket, and in which round. */
typedef struct bucket_claim {
    uint32_t
        claimed; /* by a text that was chosen or waits; above ND_BUCKET_WHOLE by leaders only */
    uint32_t waiting; /* above ND_BUCKET_WHOLE: some text waits; IS_WHOLE elsewhere */
} bucket_claim;

static const uint32_t IS_WHOLE = UINT32_MAX;

/* The choice of representatives, round by round.
 *
 *   undecided     the ranks of texts that are neither chosen nor taken yet, ascending
 *   waits[text]   the last round in which it had to wait
 *   settled_by[text]   see ND_NOT_SETTLED                                                       */
typedef struct choosing {
    nd_band_matcher *matcher;
    const uint32_t *by_rank; /* NULL: texts are numbered by rank */
    uint32_t *undecided;
    size_t num_undecided;
    uint32_t *chosen; /* ranks */
    size_t num_chosen;
    uint32_t *worker_of;           /* of a chosen text: who compared it, */
    size_t *first_edge, *end_edge; /* and where its matches are in that worker's list */
    bucket_claim *claims;          /* [buckets] */
    uint32_t round;
    uint32_t *waits;
    uint32_t *settled_by;
} choosing;

static uint32_t text_of(const choosing *c, uint32_t rank)
{
    return c->by_rank ? c->by_rank[rank] : rank;
}

/* Whether a text waits that stands in the window around place i of a large bucket. */
static bool has_waiting_neighbour(const choosing *c, const uint32_t *members, size_t num, size_t i)
{
    const size_t first = i > ND_BUCKET_WINDOW ? i - ND_BUCKET_WINDOW : 0;
    const size_t end = num - i > ND_BUCKET_WINDOW ? i + ND_BUCKET_WINDOW + 1 : num;
    for (size_t k = first; k < end; k++)
        if (c->waits[members[k]] == c->round)
            return true;
    return false;
}

/* Whether x may be chosen as far as this bucket goes; either way it claims what it can. */
static bool claim_bucket(choosing *c, uint32_t x, uint32_t bucket)
{
    bucket_claim *const claim = &c->claims[bucket];
    const bool is_free = claim->claimed != c->round;
    if (claim->waiting == IS_WHOLE) {
        claim->claimed = c->round;
        return is_free;
    }
    const nd_bucket_index *const index = &c->matcher->buckets;
    const uint32_t *const members = index->members + index->starts[bucket];
    const size_t num = index->starts[bucket + 1] - index->starts[bucket];
    const size_t i = nd_first_u32(members, num, x);
    if (i < ND_BUCKET_LEADERS) {
        claim->claimed = c->round;
        return is_free && claim->waiting != c->round;
    }
    return is_free && !has_waiting_neighbour(c, members, num, i);
}

static bool may_be_chosen(choosing *c, uint32_t x)
{
    const nd_bucket_index *const index = &c->matcher->buckets;
    bool is_free = true;
    for (size_t i = index->first_of[x]; i < index->first_of[x + 1]; i++)
        is_free &= claim_bucket(c, x, index->buckets[i]);
    if (is_free)
        return true;
    c->waits[x] = c->round;
    for (size_t i = index->first_of[x]; i < index->first_of[x + 1]; i++) {
        bucket_claim *const claim = &c->claims[index->buckets[i]];
        claim->waiting = claim->waiting == IS_WHOLE ? IS_WHOLE : c->round;
    }
    return false;
}

/* Asks for what looking at texts that come later will read, a stage after another. */
static void fetch_undecided(const choosing *c, size_t i)
{
    const nd_bucket_index *const index = &c->matcher->buckets;
    if (i + (size_t)3 * LOOK_AHEAD >= c->num_undecided)
        return;
    nd_bucket_index_fetch(index, text_of(c, c->undecided[i + (size_t)3 * LOOK_AHEAD]), 0);
    nd_bucket_index_fetch(index, text_of(c, c->undecided[i + (size_t)2 * LOOK_AHEAD]), 1);
    const uint32_t x = text_of(c, c->undecided[i + LOOK_AHEAD]);
    for (size_t k = index->first_of[x]; k < index->first_of[x + 1]; k++)
        nd_prefetch_to_write(&c->claims[index->buckets[k]]);
}

static void choose(choosing *c)
{
    size_t kept = 0, i = 0;
    c->round++;
    c->num_chosen = 0;
    for (; i < c->num_undecided && i < MAX_LOOKED_AT && c->num_chosen < MAX_CHOSEN; i++) {
        const uint32_t rank = c->undecided[i], x = text_of(c, rank);
        fetch_undecided(c, i);
        if (c->settled_by[x] != ND_NOT_SETTLED)
            continue;
        if (may_be_chosen(c, x))
            c->chosen[c->num_chosen++] = rank;
        else
            c->undecided[kept++] = rank;
    }
    /* The few that wait move up to those not looked at yet. */
    memmove(c->undecided + i - kept, c->undecided, kept * sizeof *c->undecided);
    c->undecided += i - kept;
    c->num_undecided -= i - kept;
}

/* Shares out the matches among the chosen texts from `first` on, in whose order they were found.
 * One between two of them may count for the first twice, which takes the second in either case. */
static void share_out(choosing *c, uint32_t worker, size_t first, size_t end, size_t edge)
{
    const nd_edge_vec *const edges = &c->matcher->workers[worker].edges;
    for (size_t k = first; k < end; k++) {
        const uint32_t x = text_of(c, c->chosen[k]);
        c->worker_of[k] = worker;
        c->first_edge[k] = edge;
        while (edge < edges->len && (edges->items[edge].from == x || edges->items[edge].to == x))
            edge++;
        c->end_edge[k] = edge;
    }
}

static nd_status compare_chosen(void *ctx, uint32_t worker, size_t task)
{
    choosing *const c = ctx;
    nd_band_matcher *const b = c->matcher;
    const size_t first = task * CHOSEN_A_TASK, edge = b->workers[worker].edges.len;
    const size_t end =
        c->num_chosen - first < CHOSEN_A_TASK ? c->num_chosen : first + CHOSEN_A_TASK;
    nd_status status = ND_OK;
    for (size_t k = first; k < end && status == ND_OK; k++) {
        for (int stage = 0; stage < ND_BUCKET_STAGES; stage++) {
            const size_t soon = k + (size_t)LOOK_AHEAD * (size_t)(ND_BUCKET_STAGES - stage);
            if (soon < end)
                nd_bucket_index_fetch(&b->buckets, text_of(c, c->chosen[soon]), stage);
        }
        status = nd_band_matcher_propose_free(b, worker, text_of(c, c->chosen[k]), c->chosen[k],
                                              c->settled_by);
    }
    if (status == ND_OK)
        status = nd_band_matcher_compare(b, worker);
    share_out(c, worker, first, end, edge);
    return status;
}

/* In the order of rank: a chosen text that an earlier one has taken takes nothing, and leaves no
 * edge. */
static void take(choosing *c)
{
    for (size_t k = 0; k < c->num_chosen; k++) {
        const uint32_t rank = c->chosen[k], x = text_of(c, rank);
        const bool is_taken = c->settled_by[x] != ND_NOT_SETTLED;
        nd_edge *const edges = c->matcher->workers[c->worker_of[k]].edges.items;
        for (size_t i = c->first_edge[k]; i < c->end_edge[k]; i++) {
            const uint32_t y = edges[i].from == x ? edges[i].to : edges[i].from;
            if (is_taken)
                edges[i].from = edges[i].to = x;
            else if (c->settled_by[y] > rank)
                c->settled_by[y] = rank;
        }
        if (!is_taken)
            c->settled_by[x] = rank;
    }
}

static void drop_void_edges(nd_edge_vec *edges)
{
    size_t kept = 0;
    for (size_t i = 0; i < edges->len; i++)
        if (edges->items[i].from != edges->items[i].to)
            edges->items[kept++] = edges->items[i];
    edges->len = kept;
}

static nd_status choose_round_by_round(choosing *c)
{
    const nd_scan_options *const o = c->matcher->base.options;
    const size_t num = c->num_undecided;
    nd_status status = ND_OK;
    while (c->num_undecided > 0 && status == ND_OK) {
        choose(c);
        const size_t num_tasks = (c->num_chosen + CHOSEN_A_TASK - 1) / CHOSEN_A_TASK;
        status = nd_threads_for(c->matcher->base.allocator, o->num_threads, num_tasks,
                                compare_chosen, c);
        if (status == ND_OK)
            take(c);
        if (status == ND_OK && o->progress)
            status = o->progress(o->progress_ctx, ND_PHASE_COMPARE, num - c->num_undecided, num);
    }
    for (uint32_t w = 0; w < o->num_threads; w++)
        drop_void_edges(&c->matcher->workers[w].edges);
    return status;
}

static nd_status allocate_choosing(choosing *c)
{
    const nd_allocator *const a = c->matcher->base.allocator;
    const nd_bucket_index *const index = &c->matcher->buckets;
    const size_t most = index->num_texts < MAX_CHOSEN ? index->num_texts : MAX_CHOSEN;
    c->chosen = nd_alloc(a, most, sizeof *c->chosen);
    c->worker_of = nd_alloc(a, most, sizeof *c->worker_of);
    c->first_edge = nd_alloc(a, most, sizeof *c->first_edge);
    c->end_edge = nd_alloc(a, most, sizeof *c->end_edge);
    c->waits = nd_alloc_zeroed(a, index->num_texts, sizeof *c->waits);
    c->claims = nd_alloc_zeroed(a, index->num_buckets, sizeof *c->claims);
    if (!c->chosen || !c->worker_of || !c->first_edge || !c->end_edge || !c->waits || !c->claims)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < index->num_buckets; i++)
        if (index->starts[i + 1] - index->starts[i] <= ND_BUCKET_WHOLE)
            c->claims[i].waiting = IS_WHOLE;
    return ND_OK;
}

static void release_choosing(choosing *c)
{
    const nd_allocator *const a = c->matcher->base.allocator;
    nd_release(a, c->chosen);
    nd_release(a, c->worker_of);
    nd_release(a, c->first_edge);
    nd_release(a, c->end_edge);
    nd_release(a, c->waits);
    nd_release(a, c->claims);
}

nd_status nd_band_matcher_settle_rounds(nd_band_matcher *b, const uint32_t *by_rank,
                                        uint32_t *settled_by, uint32_t *undecided, size_t num)
{
    choosing c = {.matcher = b,
                  .by_rank = by_rank,
                  .settled_by = settled_by,
                  .undecided = undecided,
                  .num_undecided = num};
    nd_status status = allocate_choosing(&c);
    if (status == ND_OK)
        status = choose_round_by_round(&c);
    release_choosing(&c);
    return status;
}

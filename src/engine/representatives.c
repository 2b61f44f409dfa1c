/* For groups far fewer comparisons do than for pairs. Texts are taken in the order of rank: one
 * that no representative has taken is one itself, and only it is compared, with those of its mates
 * that are free. What it matches it takes.
 *
 * To do so on several threads, texts are divided into components: those that buckets connect. What
 * happens in one has no bearing on another, so each is a task, in which texts stay in the cache.
 * Those above MAX_TASK_TEXTS are left to representative_rounds.c. What is done depends on the texts
 * alone, not on threads. */
#include <string.h>

#include "engine/band_matcher.h"
#include "engine/reported_tasks.h"
#include "group/groups.h"
#include "util/sort.h"

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

static uint32_t text_of(const settling *s, uint64_t member)
{
    const uint32_t rank = (uint32_t)member;
    return s->by_rank ? s->by_rank[rank] : rank;
}

/* A text of a small component: nothing else can take it meanwhile. */
static nd_status settle(settling *s, uint32_t worker, uint64_t member)
{
    const uint32_t rank = (uint32_t)member, x = text_of(s, member);
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
            for (int stage = 0; stage < ND_TEXT_STAGES; stage++) {
                const size_t soon = i + (size_t)LOOK_AHEAD * (size_t)(ND_TEXT_STAGES - stage);
                if (soon < s->num_members)
                    nd_band_matcher_fetch(s->matcher, text_of(s, s->members[soon]), stage);
            }
            if (s->settled_by[text_of(s, s->members[i])] == ND_NOT_SETTLED)
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
        const uint32_t x = text_of(s, rank);
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

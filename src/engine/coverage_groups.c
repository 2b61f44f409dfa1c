/* For groups far fewer comparisons do than for pairs. Texts are settled in the order of rank: each
 * is compared with the representatives among its candidates, the first one first, until it matches
 * one, which takes it; else it is a representative itself.
 *
 * Texts that candidate pairs connect, a component, are settled one after the other, so that the
 * copies of a text are met while they are in the cache. Several threads work on this order from the
 * front: whoever needs to know of a text that another thread is at waits for it. It waits for
 * earlier texts only, so the first one at work waits for none. What is done depends on the texts
 * alone, not on threads. */
#include <sched.h>
#include <stdatomic.h>

#include "engine/coverage_matcher.h"
#include "engine/matcher.h"
#include "group/groups.h"
#include "util/prefetch.h"
#include "util/sort.h"

enum {
    TEXTS_A_TASK = 64,
    PAIRS_AT_ONCE = 1 << 12,
    FAR_PAIR = 6,
    MIDDLE_PAIR = 4,
    NEAR_PAIR = 2,
};

enum { FREE = 0, REPRESENTATIVE, TAKEN };

/* Texts go by their place in the order of settling:
 *
 *   text_at[place], place_of[text]
 *   pairs:     | later place, 32 bits | earlier place, 32 |, ascending
 *   starts[task .. task + 1)   the pairs that its places are the later of                       */
typedef struct settling {
    nd_coverage_matcher *matcher;
    uint32_t *text_at, *place_of;
    size_t *starts;
    _Atomic uint8_t *outcome;
    size_t num_tasks, num_texts;
} settling;

static uint8_t outcome_of(const settling *s, uint32_t place)
{
    for (;;) {
        const uint8_t outcome = atomic_load_explicit(&s->outcome[place], memory_order_acquire);
        if (outcome != FREE)
            return outcome;
        sched_yield();
    }
}

/* Asks ahead for what the next pairs will read. A text that turns out not to be a representative is
 * asked for in vain. */
static void prefetch_pairs(const settling *s, size_t at)
{
    const nd_coverage_matcher *const c = s->matcher;
    if (!c->pairs || at + FAR_PAIR >= c->num_pairs)
        return;
    const uint32_t far = (uint32_t)c->pairs[at + FAR_PAIR];
    const uint32_t middle = (uint32_t)c->pairs[at + MIDDLE_PAIR];
    const uint32_t near = (uint32_t)c->pairs[at + NEAR_PAIR];
    nd_prefetch(&s->text_at[far]);
    nd_prefetch((const char *)&s->outcome[far]);
    if (atomic_load_explicit(&s->outcome[middle], memory_order_relaxed) != TAKEN)
        nd_coverage_prefetch(c, s->text_at[middle], ND_ASK_PLACE);
    if (atomic_load_explicit(&s->outcome[near], memory_order_relaxed) != TAKEN)
        nd_coverage_prefetch(c, s->text_at[near], ND_ASK_TEXT);
}

/* The pairs of a text: pairs[0 .. num) are numbers first and up. */
typedef struct own_pairs {
    const uint64_t *pairs;
    size_t first, num;
} own_pairs;

/* Also where it fails the text has an outcome: others may wait for it. */
static nd_status settle(settling *s, nd_coverage_worker *w, uint32_t place, own_pairs own,
                        nd_status status)
{
    bool is_taken = false;
    for (size_t i = 0; i < own.num && !is_taken && status == ND_OK; i++) {
        const uint32_t earlier = (uint32_t)own.pairs[i];
        prefetch_pairs(s, own.first + i);
        if (outcome_of(s, earlier) != REPRESENTATIVE)
            continue;
        const uint32_t a = s->text_at[earlier], b = s->text_at[place];
        const uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
        status = nd_coverage_compare(s->matcher, w, pair, b, &is_taken);
    }
    atomic_store_explicit(&s->outcome[place], is_taken ? TAKEN : REPRESENTATIVE,
                          memory_order_release);
    return status;
}

static nd_status settle_task(void *ctx, uint32_t worker, size_t task)
{
    settling *const s = ctx;
    nd_coverage_worker *const w = &s->matcher->workers[worker];
    const size_t end = (task + 1) * TEXTS_A_TASK, first = s->starts[task];
    const size_t num = s->starts[task + 1] - first;
    const uint64_t *pairs;
    nd_status status = nd_coverage_get_pairs(s->matcher, w, first, num, &pairs);
    size_t at = 0;
    for (size_t place = task * TEXTS_A_TASK; place < end && place < s->num_texts; place++) {
        const size_t begin = at;
        while (status == ND_OK && at < num && pairs[at] >> 32 == place)
            at++;
        const own_pairs own = {pairs + begin, first + begin, at - begin};
        status = settle(s, w, (uint32_t)place, own, status);
    }
    return status;
}

/* Calls `each` for the pairs as they are, some at a time. */
static nd_status each_pair(nd_coverage_matcher *c, void (*each)(void *ctx, uint64_t pair),
                           void *ctx)
{
    nd_status status = ND_OK;
    for (size_t first = 0; first < c->num_pairs && status == ND_OK; first += PAIRS_AT_ONCE) {
        const size_t left = c->num_pairs - first;
        const size_t num = left < PAIRS_AT_ONCE ? left : PAIRS_AT_ONCE;
        const uint64_t *pairs;
        status = nd_coverage_get_pairs(c, c->workers, first, num, &pairs);
        for (size_t i = 0; i < num && status == ND_OK; i++)
            each(ctx, pairs[i]);
    }
    return status;
}

static void link_texts(void *ctx, uint64_t pair)
{
    nd_links_add(ctx, (uint32_t)(pair >> 32), (uint32_t)pair);
}

/* Orders the texts by component and rank. `root_of` has room for num_texts, `order` for twice
 * as many. */
static nd_status order_texts(settling *s, const uint32_t *by_rank, uint32_t *root_of,
                             uint64_t *order)
{
    nd_links_begin(root_of, s->num_texts);
    const nd_status status = each_pair(s->matcher, link_texts, root_of);
    if (status != ND_OK)
        return status;
    nd_links_end(root_of, s->num_texts);
    for (size_t rank = 0; rank < s->num_texts; rank++) {
        const uint32_t text = by_rank ? by_rank[rank] : (uint32_t)rank;
        order[rank] = (uint64_t)root_of[text] << 32 | rank;
    }
    nd_radix_sort_u64(order, order + s->num_texts, s->num_texts);
    for (size_t place = 0; place < s->num_texts; place++) {
        const uint32_t rank = (uint32_t)order[place];
        s->text_at[place] = by_rank ? by_rank[rank] : rank;
        s->place_of[s->text_at[place]] = (uint32_t)place;
    }
    return ND_OK;
}

/* An nd_pair_map_fn: a pair of texts as one of places. */
static uint64_t pair_of_places(void *ctx, uint64_t pair)
{
    const settling *const s = ctx;
    const uint64_t a = s->place_of[pair >> 32], b = s->place_of[(uint32_t)pair];
    return a > b ? a << 32 | b : b << 32 | a;
}

static void count_for_task(void *ctx, uint64_t pair)
{
    const settling *const s = ctx;
    s->starts[(pair >> 32) / TEXTS_A_TASK + 1]++;
}

static nd_status order_pairs(settling *s)
{
    nd_status status = nd_coverage_map_pairs(s->matcher, pair_of_places, s);
    if (status == ND_OK)
        status = each_pair(s->matcher, count_for_task, s);
    for (size_t task = 0; task < s->num_tasks; task++)
        s->starts[task + 1] += s->starts[task];
    return status;
}

nd_status nd_coverage_match_groups(nd_coverage_matcher *c, const uint32_t *by_rank)
{
    const nd_allocator *const a = c->base.allocator;
    const size_t num = c->base.catalog->num_texts;
    settling s = {.matcher = c,
                  .text_at = nd_alloc(a, num, sizeof *s.text_at),
                  .place_of = nd_alloc(a, num, sizeof *s.place_of),
                  .outcome = nd_alloc_zeroed(a, num, sizeof *s.outcome),
                  .num_tasks = (num + TEXTS_A_TASK - 1) / TEXTS_A_TASK,
                  .num_texts = num};
    s.starts = nd_alloc_zeroed(a, s.num_tasks + 1, sizeof *s.starts);
    uint32_t *const root_of = nd_alloc(a, num, sizeof *root_of);
    uint64_t *const order = nd_alloc(a, 2 * num, sizeof *order);
    nd_status status = s.text_at && s.starts && s.outcome && s.place_of && root_of && order
                           ? order_texts(&s, by_rank, root_of, order)
                           : ND_ERR_NO_MEMORY;
    nd_release(a, root_of);
    nd_release(a, order);
    if (status == ND_OK)
        status = order_pairs(&s);
    nd_release(a, s.place_of);
    if (status == ND_OK)
        status =
            nd_run_reported(c->base.options, a, ND_PHASE_COMPARE, s.num_tasks, settle_task, &s);
    nd_release(a, s.text_at);
    nd_release(a, s.starts);
    nd_release(a, (void *)s.outcome);
    return status;
}

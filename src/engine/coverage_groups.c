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
#include "util/sort.h"

enum { TEXTS_A_TASK = 64, FAR_PAIR = 6, MIDDLE_PAIR = 4, NEAR_PAIR = 2 };

enum { FREE = 0, REPRESENTATIVE, TAKEN };

/* Texts go by their place in the order of settling:
 *
 *   text_at[place], place_of[text]
 *   pairs:     | later place, 32 bits | earlier place, 32 |, ascending
 *   starts[place .. place + 1)   the pairs that it is the later of                              */
typedef struct settling {
    nd_coverage_matcher *matcher;
    uint32_t *text_at, *place_of;
    size_t *starts;
    _Atomic uint8_t *outcome;
    size_t num_texts;
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
    if (at + FAR_PAIR >= c->num_pairs)
        return;
    const uint32_t far = (uint32_t)c->pairs[at + FAR_PAIR];
    const uint32_t middle = (uint32_t)c->pairs[at + MIDDLE_PAIR];
    const uint32_t near = (uint32_t)c->pairs[at + NEAR_PAIR];
    __builtin_prefetch(&s->text_at[far]);
    __builtin_prefetch((const char *)&s->outcome[far]);
    if (atomic_load_explicit(&s->outcome[middle], memory_order_relaxed) != TAKEN)
        nd_coverage_prefetch(c, s->text_at[middle], ND_ASK_PLACE);
    if (atomic_load_explicit(&s->outcome[near], memory_order_relaxed) != TAKEN)
        nd_coverage_prefetch(c, s->text_at[near], ND_ASK_TEXT);
}

/* Also where it fails the text has an outcome: others may wait for it. */
static nd_status settle(settling *s, nd_coverage_worker *w, uint32_t place)
{
    nd_status status = ND_OK;
    bool is_taken = false;
    for (size_t i = s->starts[place]; i < s->starts[place + 1] && !is_taken && status == ND_OK;
         i++) {
        const uint32_t earlier = (uint32_t)s->matcher->pairs[i];
        prefetch_pairs(s, i);
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
    const size_t end = (task + 1) * TEXTS_A_TASK;
    nd_status status = ND_OK;
    for (size_t place = task * TEXTS_A_TASK; place < end && place < s->num_texts; place++) {
        const nd_status settled = settle(s, &s->matcher->workers[worker], (uint32_t)place);
        status = status == ND_OK ? settled : status;
    }
    return status;
}

/* Orders the texts by component and rank. `root_of` has room for num_texts, `order` for twice
 * as many. */
static void order_texts(settling *s, const uint32_t *by_rank, uint32_t *root_of, uint64_t *order)
{
    const nd_coverage_matcher *const c = s->matcher;
    nd_links_begin(root_of, s->num_texts);
    for (size_t i = 0; i < c->num_pairs; i++)
        nd_links_add(root_of, (uint32_t)(c->pairs[i] >> 32), (uint32_t)c->pairs[i]);
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
}

/* Turns the pairs of texts into pairs of places. */
static void order_pairs(settling *s, uint64_t *scratch)
{
    nd_coverage_matcher *const c = s->matcher;
    for (size_t i = 0; i < c->num_pairs; i++) {
        const uint64_t a = s->place_of[c->pairs[i] >> 32], b = s->place_of[(uint32_t)c->pairs[i]];
        c->pairs[i] = a > b ? a << 32 | b : b << 32 | a;
        s->starts[(a > b ? a : b) + 1]++;
    }
    for (size_t place = 0; place < s->num_texts; place++)
        s->starts[place + 1] += s->starts[place];
    nd_radix_sort_u64(c->pairs, scratch, c->num_pairs);
}

nd_status nd_coverage_match_groups(nd_coverage_matcher *c, const uint32_t *by_rank)
{
    const nd_allocator *const a = c->base.allocator;
    const size_t num = c->base.catalog->num_texts;
    settling s = {.matcher = c,
                  .text_at = nd_alloc(a, num, sizeof *s.text_at),
                  .place_of = nd_alloc(a, num, sizeof *s.place_of),
                  .starts = nd_alloc_zeroed(a, num + 1, sizeof *s.starts),
                  .outcome = nd_alloc_zeroed(a, num, sizeof *s.outcome),
                  .num_texts = num};
    uint32_t *const root_of = nd_alloc(a, num, sizeof *root_of);
    const size_t num_scratch = c->num_pairs > 2 * num ? c->num_pairs : 2 * num;
    uint64_t *const scratch = nd_alloc(a, num_scratch, sizeof *scratch);
    const bool has_room = s.text_at && s.starts && s.outcome && s.place_of && root_of && scratch;
    if (has_room) {
        order_texts(&s, by_rank, root_of, scratch);
        order_pairs(&s, scratch);
    }
    nd_release(a, root_of);
    nd_release(a, scratch);
    nd_status status = ND_ERR_NO_MEMORY;
    if (has_room)
        status = nd_run_reported(c->base.options, a, ND_PHASE_COMPARE,
                                 (num + TEXTS_A_TASK - 1) / TEXTS_A_TASK, settle_task, &s);
    nd_release(a, s.place_of);
    nd_release(a, s.text_at);
    nd_release(a, s.starts);
    nd_release(a, (void *)s.outcome);
    return status;
}

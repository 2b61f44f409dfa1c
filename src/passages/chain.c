#include "passages/seeds.h"

#include <stdbool.h>

/* A chain that begins inside a stretch that also stands elsewhere, nearer by, is followed back to
 * its true beginning. All chains of a text together take at most this many such steps a seed, which
 * keeps the time linear; ordinary texts stay far below one. */
enum { BACKWARD_STEPS_PER_SEED = 16 };

void nd_chainer_init(nd_chainer *chainer, const nd_allocator *allocator)
{
    *chainer = (nd_chainer){.allocator = *allocator};
}

void nd_chainer_begin(nd_chainer *chainer, const nd_seed_index *seeds, uint32_t earlier_limit,
                      uint32_t later_start, uint32_t min_weight)
{
    chainer->seeds = seeds;
    chainer->min_weight = min_weight;
    chainer->earlier_limit = earlier_limit;
    chainer->later_start = later_start;
    chainer->open = (nd_open_chains){0};
    chainer->pool.len = 0;
    chainer->free_run = ND_SEED_NONE;
    chainer->runs.len = 0;
    chainer->alignments.len = 0;
    chainer->backward_steps = (uint64_t)seeds->num_seeds * BACKWARD_STEPS_PER_SEED;
    chainer->num_cut = 0;
}

/* Moves a run's beginning back to `later_min`, as far as seeds are equal and steps are left. */
static void extend_back(nd_chainer *chainer, nd_run *run, uint32_t later_min, uint32_t earlier_min)
{
    const uint32_t *const class_of = chainer->seeds->class_of;
    while (run->later > later_min && run->earlier > earlier_min) {
        const uint32_t class = class_of[run->later - 1];
        if (class == ND_SEED_NONE || class != class_of[run->earlier - 1])
            return;
        if (chainer->backward_steps == 0) {
            chainer->num_cut++;
            return;
        }
        chainer->backward_steps--;
        run->later--;
        run->earlier--;
        run->len++;
    }
}

static nd_status new_run(nd_chainer *chainer, nd_run run, uint32_t *out)
{
    if (chainer->free_run != ND_SEED_NONE) {
        *out = chainer->free_run;
        chainer->free_run = chainer->pool.items[*out].next;
    } else {
        const nd_status status = ND_VEC_RESERVE(&chainer->allocator, &chainer->pool, 1);
        if (status != ND_OK)
            return status;
        *out = (uint32_t)chainer->pool.len++;
    }
    chainer->pool.items[*out] = (nd_pooled_run){run, ND_SEED_NONE};
    return ND_OK;
}

/* The last run of open chain `at` is complete. */
static void end_last_run(nd_chainer *chainer, uint32_t at)
{
    const nd_open_chains *const open = &chainer->open;
    nd_run *const run = &chainer->pool.items[open->last[at]].run;
    run->len = open->later_end[at] - open->last_start[at];
}

/* Lets open chain `at` go on with this run. */
static nd_status append_run(nd_chainer *chainer, uint32_t at, nd_run run)
{
    nd_open_chains *const open = &chainer->open;
    uint32_t place;
    const nd_status status = new_run(chainer, run, &place);
    if (status != ND_OK)
        return status;
    end_last_run(chainer, at);
    chainer->pool.items[open->last[at]].next = place;
    open->last[at] = place;
    open->num_runs[at]++;
    open->num_equal[at] += run.len;
    open->last_start[at] = run.later;
    open->later_end[at] = run.later + run.len;
    open->lag[at] = run.later - run.earlier;
    return ND_OK;
}

static void move_chain(nd_open_chains *open, uint32_t from, uint32_t to)
{
    open->later_end[to] = open->later_end[from];
    open->lag[to] = open->lag[from];
    open->num_equal[to] = open->num_equal[from];
    open->last_start[to] = open->last_start[from];
    open->num_runs[to] = open->num_runs[from];
    open->first[to] = open->first[from];
    open->last[to] = open->last[from];
}

/* Copies the runs of open chain `at` out and frees its place. */
static nd_status close_chain(nd_chainer *chainer, uint32_t at)
{
    nd_open_chains *const open = &chainer->open;
    const uint32_t first = open->first[at], num_runs = open->num_runs[at];
    nd_status status = ND_VEC_RESERVE(&chainer->allocator, &chainer->runs, num_runs);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&chainer->allocator, &chainer->alignments, 1);
    if (status != ND_OK)
        return status;
    end_last_run(chainer, at);
    nd_pooled_run *const pool = chainer->pool.items;
    extend_back(chainer, &pool[first].run, chainer->later_start, 0);
    chainer->alignments.items[chainer->alignments.len++] =
        (nd_alignment){(uint32_t)chainer->runs.len, num_runs};
    for (uint32_t run = first; run != ND_SEED_NONE; run = pool[run].next)
        chainer->runs.items[chainer->runs.len++] = pool[run].run;
    pool[open->last[at]].next = chainer->free_run;
    chainer->free_run = first;
    move_chain(open, --open->num, at);
    return ND_OK;
}

/* Whether the words of an open chain weigh `wanted`. */
static bool weighs(const nd_chainer *chainer, uint32_t at, uint32_t wanted)
{
    const nd_pooled_run *const pool = chainer->pool.items;
    uint32_t weight = 0;
    for (uint32_t i = chainer->open.first[at]; i != ND_SEED_NONE && weight < wanted;
         i = pool[i].next)
        for (uint32_t k = 0; k < pool[i].run.len && weight < wanted; k++)
            weight += nd_vocabulary_weight(chainer->seeds->words, pool[i].run.later + k);
    return weight >= wanted;
}

/* Closes the chain with the fewest equal seeds if all places are taken: it counts as cut if it says
 * enough to matter. */
static nd_status make_room(nd_chainer *chainer)
{
    const nd_open_chains *const open = &chainer->open;
    if (open->num < ND_CHAIN_MAX_ACTIVE)
        return ND_OK;
    uint32_t weakest = 0;
    for (uint32_t i = 1; i < open->num; i++)
        weakest = open->num_equal[i] < open->num_equal[weakest] ? i : weakest;
    end_last_run(chainer, weakest);
    chainer->num_cut += weighs(chainer, weakest, ND_CHAIN_WEIGHT);
    return close_chain(chainer, weakest);
}

static nd_status open_chain(nd_chainer *chainer, nd_seed_link link)
{
    nd_open_chains *const open = &chainer->open;
    nd_status status = make_room(chainer);
    uint32_t place = 0;
    if (status == ND_OK)
        status = new_run(chainer, (nd_run){link.position, link.previous, 1}, &place);
    if (status != ND_OK)
        return status;
    const uint32_t at = open->num++;
    open->later_end[at] = link.position + 1;
    open->lag[at] = link.position - link.previous;
    open->num_equal[at] = 1;
    open->last_start[at] = link.position;
    open->num_runs[at] = 1;
    open->first[at] = open->last[at] = place;
    return ND_OK;
}

/* Ends the chains that `position` leaves too far behind. */
static nd_status close_old_chains(nd_chainer *chainer, uint32_t position)
{
    nd_open_chains *const open = &chainer->open;
    open->oldest_end = position;
    for (uint32_t i = open->num; i-- > 0;) {
        if (position - open->later_end[i] <= ND_CHAIN_MAX_GAP) {
            if (open->later_end[i] < open->oldest_end)
                open->oldest_end = open->later_end[i];
            continue;
        }
        const nd_status status = close_chain(chainer, i);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Open chain `at` goes on at `position` on its own diagonal. */
static nd_status continue_chain(nd_chainer *chainer, uint32_t at, uint32_t position)
{
    nd_open_chains *const open = &chainer->open;
    if (open->later_end[at] < position)
        return append_run(chainer, at, (nd_run){position, position - open->lag[at], 1});
    open->num_equal[at]++;
    open->later_end[at]++;
    return ND_OK;
}

/* Bit i: open chain i goes on at `position` on its own diagonal. */
static uint32_t find_continued(const nd_chainer *chainer, uint32_t position)
{
    const nd_open_chains *const open = &chainer->open;
    const uint32_t *const class_of = chainer->seeds->class_of;
    const uint64_t class = class_of[position];
    uint32_t continued = 0;
    for (uint32_t i = 0; i < open->num; i++) {
        const uint64_t differs = class_of[position - open->lag[i]] ^ class;
        continued |= (uint32_t)((differs - 1) >> 63) << i; /* 1 for a difference of 0 */
    }
    return continued;
}

/* Lets every open chain go on over this link's seed. *is_followed: one of them does. */
static nd_status continue_chains(nd_chainer *chainer, nd_seed_link link, bool *is_followed)
{
    const nd_open_chains *const open = &chainer->open;
    for (uint32_t rest = find_continued(chainer, link.position); rest; rest &= rest - 1) {
        const uint32_t at = (uint32_t)__builtin_ctz(rest);
        if (link.position - open->lag[at] >= chainer->earlier_limit)
            continue;
        *is_followed = true;
        const nd_status status = continue_chain(chainer, at, link.position);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Bit i: this link continues open chain i after a gap of other length in the two stretches: words
 * were put in or left out. */
static uint32_t find_shifted(const nd_open_chains *open, nd_seed_link link)
{
    uint32_t shifted = 0;
    for (uint32_t i = 0; i < open->num; i++) {
        /* Positions are below 2^31, so a gap less than 0 is a large number. */
        const uint32_t later_gap = link.position - open->later_end[i];
        const uint32_t earlier_gap = link.previous - (open->later_end[i] - open->lag[i]);
        shifted |= (uint32_t)(later_gap <= INT32_MAX && earlier_gap <= ND_CHAIN_MAX_GAP) << i;
    }
    return shifted;
}

/* The first of the strongest among some open chains. */
static uint32_t strongest_of(const nd_open_chains *open, uint32_t chains)
{
    uint32_t best = (uint32_t)__builtin_ctz(chains);
    for (uint32_t rest = chains & (chains - 1); rest; rest &= rest - 1) {
        const uint32_t at = (uint32_t)__builtin_ctz(rest);
        best = open->num_equal[at] > open->num_equal[best] ? at : best;
    }
    return best;
}

/* Whether the words of a seed weigh enough to begin a chain. */
static bool may_open(const nd_chainer *chainer, uint32_t position)
{
    uint32_t weight = 0;
    for (uint32_t i = 0; i < chainer->seeds->width && weight < chainer->min_weight; i++)
        weight += nd_vocabulary_weight(chainer->seeds->words, position + i);
    return weight >= chainer->min_weight;
}

static nd_status take_link(nd_chainer *chainer, nd_seed_link link)
{
    bool is_followed = false;
    nd_status status = ND_OK;
    if (chainer->open.num == 0 || link.position - chainer->open.oldest_end > ND_CHAIN_MAX_GAP)
        status = close_old_chains(chainer, link.position);
    if (status == ND_OK)
        status = continue_chains(chainer, link, &is_followed);
    if (status != ND_OK || is_followed)
        return status;
    const uint32_t chains = find_shifted(&chainer->open, link);
    if (!chains)
        return may_open(chainer, link.position) ? open_chain(chainer, link) : ND_OK;
    const uint32_t shifted = strongest_of(&chainer->open, chains);
    const uint32_t later_end = chainer->open.later_end[shifted];
    nd_run run = {link.position, link.previous, 1};
    extend_back(chainer, &run, later_end, later_end - chainer->open.lag[shifted]);
    return append_run(chainer, shifted, run);
}

nd_status nd_chainer_feed(nd_chainer *chainer, const nd_seed_link *links, uint32_t num_links)
{
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < num_links && status == ND_OK; i++)
        status = take_link(chainer, links[i]);
    return status;
}

nd_status nd_chainer_finish(nd_chainer *chainer)
{
    nd_status status = ND_OK;
    while (chainer->open.num > 0 && status == ND_OK)
        status = close_chain(chainer, chainer->open.num - 1);
    return status;
}

void nd_chainer_release(nd_chainer *chainer)
{
    ND_VEC_RELEASE(&chainer->allocator, &chainer->pool);
    ND_VEC_RELEASE(&chainer->allocator, &chainer->runs);
    ND_VEC_RELEASE(&chainer->allocator, &chainer->alignments);
}

#include "match/chain.h"

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
                      uint32_t later_start)
{
    chainer->seeds = seeds;
    chainer->earlier_limit = earlier_limit;
    chainer->later_start = later_start;
    chainer->num_active = 0;
    chainer->pool.len = 0;
    chainer->free_run = ND_SEED_NONE;
    chainer->runs.len = 0;
    chainer->alignments.len = 0;
    chainer->backward_steps = (uint64_t)seeds->num_seeds * BACKWARD_STEPS_PER_SEED;
    chainer->dropped = 0;
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
            chainer->dropped++;
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

static nd_status append_run(nd_chainer *chainer, nd_open_chain *chain, nd_run run)
{
    uint32_t at;
    const nd_status status = new_run(chainer, run, &at);
    if (status != ND_OK)
        return status;
    chainer->pool.items[chain->last].next = at;
    chain->last = at;
    chain->num_runs++;
    chain->num_equal += run.len;
    chain->later_end = run.later + run.len;
    chain->earlier_end = run.earlier + run.len;
    return ND_OK;
}

/* Copies the runs of active chain `at` out and frees its place. */
static nd_status close_chain(nd_chainer *chainer, uint32_t at)
{
    const nd_open_chain chain = chainer->active[at];
    nd_status status = ND_VEC_RESERVE(&chainer->allocator, &chainer->runs, chain.num_runs);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&chainer->allocator, &chainer->alignments, 1);
    if (status != ND_OK)
        return status;
    extend_back(chainer, &chainer->pool.items[chain.first].run, chainer->later_start, 0);
    chainer->alignments.items[chainer->alignments.len++] =
        (nd_alignment){(uint32_t)chainer->runs.len, chain.num_runs};
    for (uint32_t run = chain.first; run != ND_SEED_NONE; run = chainer->pool.items[run].next)
        chainer->runs.items[chainer->runs.len++] = chainer->pool.items[run].run;
    chainer->pool.items[chain.last].next = chainer->free_run;
    chainer->free_run = chain.first;
    chainer->active[at] = chainer->active[--chainer->num_active];
    return ND_OK;
}

/* Closes the chain with the fewest equal seeds if all places are taken. */
static nd_status make_room(nd_chainer *chainer)
{
    if (chainer->num_active < ND_CHAIN_MAX_ACTIVE)
        return ND_OK;
    uint32_t weakest = 0;
    for (uint32_t i = 1; i < chainer->num_active; i++)
        if (chainer->active[i].num_equal < chainer->active[weakest].num_equal)
            weakest = i;
    return close_chain(chainer, weakest);
}

static nd_status open_chain(nd_chainer *chainer, nd_seed_link link)
{
    nd_status status = make_room(chainer);
    uint32_t at = 0;
    if (status == ND_OK)
        status = new_run(chainer, (nd_run){link.position, link.previous, 1}, &at);
    if (status != ND_OK)
        return status;
    chainer->active[chainer->num_active++] = (nd_open_chain){
        .later_end = link.position + 1,
        .earlier_end = link.previous + 1,
        .num_equal = 1,
        .first = at,
        .last = at,
        .num_runs = 1,
    };
    return ND_OK;
}

/* The chain goes on at link.position on its own diagonal. */
static nd_status continue_chain(nd_chainer *chainer, nd_open_chain *chain, nd_seed_link link)
{
    if (chain->later_end < link.position)
        return append_run(chainer, chain, (nd_run){link.position, link.previous, 1});
    chainer->pool.items[chain->last].run.len++;
    chain->num_equal++;
    chain->later_end++;
    chain->earlier_end++;
    return ND_OK;
}

/* Lets every active chain go on over this link's seed, and ends those left too far behind.
 * *is_followed: one of them is on the link's own diagonal. */
static nd_status continue_chains(nd_chainer *chainer, nd_seed_link link, bool *is_followed)
{
    const uint32_t *const class_of = chainer->seeds->class_of;
    const uint32_t class = class_of[link.position];
    nd_status status = ND_OK;
    for (uint32_t i = chainer->num_active; i-- > 0 && status == ND_OK;) {
        nd_open_chain *const chain = &chainer->active[i];
        if (link.position - chain->later_end > ND_CHAIN_MAX_GAP) {
            status = close_chain(chainer, i);
            continue;
        }
        const uint32_t earlier = chain->earlier_end + (link.position - chain->later_end);
        if (earlier >= chainer->earlier_limit || class_of[earlier] != class)
            continue;
        *is_followed |= earlier == link.previous;
        status = continue_chain(chainer, chain, (nd_seed_link){link.position, earlier});
    }
    return status;
}

/* The strongest chain that this link continues after a gap of other length in the two stretches:
 * words were put in or left out. */
static nd_open_chain *find_shifted(nd_chainer *chainer, nd_seed_link link)
{
    nd_open_chain *best = NULL;
    for (uint32_t i = 0; i < chainer->num_active; i++) {
        nd_open_chain *const chain = &chainer->active[i];
        if (chain->later_end > link.position || chain->earlier_end > link.previous ||
            link.previous - chain->earlier_end > ND_CHAIN_MAX_GAP)
            continue;
        if (!best || chain->num_equal > best->num_equal)
            best = chain;
    }
    return best;
}

static nd_status take_link(nd_chainer *chainer, nd_seed_link link)
{
    bool is_followed = false;
    const nd_status status = continue_chains(chainer, link, &is_followed);
    if (status != ND_OK || is_followed)
        return status;
    nd_open_chain *const shifted = find_shifted(chainer, link);
    if (!shifted)
        return open_chain(chainer, link);
    nd_run run = {link.position, link.previous, 1};
    extend_back(chainer, &run, shifted->later_end, shifted->earlier_end);
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
    while (chainer->num_active > 0 && status == ND_OK)
        status = close_chain(chainer, chainer->num_active - 1);
    return status;
}

void nd_chainer_release(nd_chainer *chainer)
{
    ND_VEC_RELEASE(&chainer->allocator, &chainer->pool);
    ND_VEC_RELEASE(&chainer->allocator, &chainer->runs);
    ND_VEC_RELEASE(&chainer->allocator, &chainer->alignments);
}

#include "coverage/run_chain.h"

#include <string.h>

#include "util/threads.h"

/* --- where each shingle stands --- */

enum { MIN_BITS = 4, MIN_SLOTS = 1 << MIN_BITS };

static nd_status clear_for(nd_position_index *index, const nd_allocator *allocator, size_t num)
{
    if (num > UINT32_MAX / 4)
        return ND_ERR_LIMIT;
    size_t slots = MIN_SLOTS;
    unsigned bits = MIN_BITS;
    for (; slots < num * 4; bits++)
        slots *= 2;
    const nd_status status = nd_reserve(allocator, (void **)&index->slots, &index->capacity, slots,
                                        sizeof *index->slots);
    if (status != ND_OK)
        return status;
    memset(index->slots, 0, slots * sizeof *index->slots);
    index->mask = slots - 1;
    index->shift = 64 - bits;
    if (index->seed == 0)
        index->seed = nd_random_seed() | 1;
    return ND_OK;
}

/* The slot where `hash` stands, or the empty one where it would. */
static size_t slot_of(const nd_position_index *index, uint64_t hash)
{
    size_t at = nd_position_slot(index, hash);
    for (; index->slots[at]; at = (at + 1) & index->mask)
        if (index->shingles[index->slots[at] - 1] == hash)
            break;
    return at;
}

nd_status nd_position_index_distinct(nd_position_index *index, const nd_allocator *allocator,
                                     uint64_t *hashes, size_t num, size_t *num_distinct,
                                     uint32_t *repeats)
{
    *num_distinct = 0;
    const nd_status status = clear_for(index, allocator, num);
    if (status != ND_OK)
        return status;
    index->shingles = hashes;
    if (repeats && num > 0)
        memset(repeats, 0, ND_REPEATS_WORDS(num) * sizeof *repeats);
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        const uint64_t hash = hashes[i];
        const size_t at = slot_of(index, hash);
        if (index->slots[at]) {
            if (repeats)
                repeats[i / 32] |= UINT32_C(1) << i % 32;
            continue;
        }
        hashes[kept++] = hash;
        index->slots[at] = (uint32_t)kept;
    }
    *num_distinct = kept;
    return ND_OK;
}

/* Room for the marks, 16 bits a shingle or more: a word for every four. */
static nd_status clear_marks(nd_position_index *index, const nd_allocator *allocator, size_t num)
{
    size_t words = 1;
    while (words * 4 < num)
        words *= 2;
    const nd_status status = nd_reserve(allocator, (void **)&index->marks, &index->marks_capacity,
                                        words, sizeof *index->marks);
    if (status != ND_OK)
        return status;
    memset(index->marks, 0, words * sizeof *index->marks);
    index->mark_mask = words - 1;
    return ND_OK;
}

nd_status nd_position_index_set(nd_position_index *index, const nd_allocator *allocator,
                                const uint64_t *shingles, size_t num)
{
    nd_status status = clear_for(index, allocator, num);
    if (status == ND_OK)
        status = clear_marks(index, allocator, num);
    if (status != ND_OK)
        return status;
    index->shingles = shingles;
    for (size_t i = 0; i < num; i++) {
        const uint64_t hash = shingles[i];
        index->slots[slot_of(index, hash)] = (uint32_t)i + 1;
        index->marks[hash >> 38 & index->mark_mask] |= UINT64_C(1) << (hash >> 32 & 63);
    }
    return ND_OK;
}

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator)
{
    nd_release(allocator, index->slots);
    nd_release(allocator, index->marks);
    *index = (nd_position_index){0};
}

/* --- runs --- */

/* How unevenly the meeting would continue the run; UINT32_MAX where it would not. */
static uint32_t drift_of(const nd_covered_run *r, const nd_meeting *m, uint32_t max_gap)
{
    const uint32_t last = r->sides[ND_HELD].last, at = m->at[ND_HELD];
    if (at <= last || at - last > max_gap)
        return UINT32_MAX;
    const uint32_t step = at - last, step_other = m->at[ND_OTHER] - r->sides[ND_OTHER].last;
    const uint32_t shorter = step < step_other ? step : step_other;
    const uint32_t drift = step + step_other - 2 * shorter;
    return drift <= ND_RUN_MAX_DRIFT + shorter / 2 ? drift : UINT32_MAX;
}

/* The place among the active ones of the run the meeting continues most evenly; num_active if none.
 * Runs that ended too long ago are dropped. */
static size_t find_run(nd_run_chain *c, const nd_meeting *m)
{
    uint32_t least = UINT32_MAX;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < c->num_active;) {
        const nd_covered_run *const r = &c->runs.items[c->active[i]];
        if (m->at[ND_OTHER] - r->sides[ND_OTHER].last > c->max_gap) {
            c->active[i] = c->active[--c->num_active];
            continue;
        }
        const uint32_t drift = drift_of(r, m, c->max_gap);
        if (drift < least) {
            least = drift;
            best = i;
        }
        i++;
    }
    return best == SIZE_MAX ? c->num_active : best;
}

/* Makes room by dropping the run that ended first. */
static void drop_stalest(nd_run_chain *c)
{
    size_t stalest = 0;
    for (size_t i = 1; i < c->num_active; i++)
        if (c->runs.items[c->active[i]].sides[ND_OTHER].last <
            c->runs.items[c->active[stalest]].sides[ND_OTHER].last)
            stalest = i;
    c->active[stalest] = c->active[--c->num_active];
}

static void extend_run(nd_covered_run *r, const nd_meeting *m)
{
    r->num++;
    for (int side = ND_HELD; side <= ND_OTHER; side++) {
        r->sides[side].last = m->at[side];
        r->sides[side].num_weights += m->weight[side] > 0;
        r->sides[side].weight += m->weight[side];
    }
}

/* Begins a run, in place of the one that ended first where too many may still go on. */
static nd_status begin_run(nd_run_chain *c, const nd_meeting *m, const nd_allocator *allocator)
{
    const nd_status status = ND_VEC_RESERVE(allocator, &c->runs, 1);
    if (status != ND_OK)
        return status;
    if (c->num_active == ND_RUN_MAX_ACTIVE)
        drop_stalest(c);
    c->latest = c->runs.len;
    c->active[c->num_active++] = c->runs.len;
    c->runs.items[c->runs.len++] =
        (nd_covered_run){.sides = {{.first = m->at[ND_HELD]}, {.first = m->at[ND_OTHER]}}};
    return ND_OK;
}

nd_status nd_run_chain_add(nd_run_chain *chain, const nd_meeting *meeting,
                           const nd_allocator *allocator)
{
    nd_status status = ND_OK;
    const size_t at = find_run(chain, meeting);
    if (at < chain->num_active)
        chain->latest = chain->active[at];
    else
        status = begin_run(chain, meeting, allocator);
    if (status == ND_OK)
        extend_run(&chain->runs.items[chain->latest], meeting);
    return status;
}

/* The rounds of a sketch over blocks of elements, for kernels with vectors.
 *
 * Included by one file for each instruction set, which before that defines LANES and
 *
 *   mix_elements    mixed elements and their words of the first round, many at a time
 *   end_first_round takes the bins off the slots, and finds those that stayed open
 *   open_map        the open slots as a table in registers; open_map_load makes it
 *   block_bins      the bins of a block of LANES elements in a pair of rounds
 *   block_hits      which bins of a block are open
 *   lane_of_place   which lane of two blocks the bin at a place belongs to
 *   places_of_few   the places whose lane holds one of so many elements
 *
 * Order is free: a slot keeps its smallest (round, value), so elements may be met in any order,
 * more than once, and in rounds past the last one needed. What must hold is that a slot counts as
 * open until the end of the round that fills it, because another element of that round may have the
 * smaller value. */
#ifndef SKETCH_SKETCH_ROUNDS_H
#define SKETCH_SKETCH_ROUNDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sketch/sketch_kernels.h"

/* Elements kept mixed. A larger set rarely needs a second round; it is mixed anew for each. */
enum { CHUNK = 1024, DISTINCT_TABLE = 4 * CHUNK, TWO_BLOCKS = 2 * LANES };

typedef struct sketch_state {
    uint64_t *slots;
    uint32_t num_slots;
    uint64_t open[ND_SKETCH_MAX_SLOTS / 64]; /* slot s is empty: bit s % 64 of word s / 64 */
    uint64_t elements[CHUNK];
    union {
        uint64_t words[CHUNK];             /* of the first round */
        uint16_t bins[2][CHUNK];           /* of a pair of rounds */
        uint16_t distinct[DISTINCT_TABLE]; /* 1 + place in elements; 0: free */
    };
} sketch_state;

static inline size_t chunk_len(size_t num, size_t begin)
{
    return num - begin < CHUNK ? num - begin : CHUNK;
}

static inline void lower(uint64_t *slot, uint64_t value)
{
    *slot = value < *slot ? value : *slot;
}

static inline void close_slot(uint64_t *open, size_t slot)
{
    const unsigned turn = slot % 64;
    open[slot / 64] &= ~UINT64_C(1) << turn | ~UINT64_C(1) >> (-turn % 64); /* one rotation */
}

static inline int is_any_open(const sketch_state *s)
{
    uint64_t any = 0;
    for (uint32_t i = 0; i * 64 < s->num_slots; i++)
        any |= s->open[i];
    return any != 0;
}

/* Leaves the elements in place when there are no more than CHUNK. */
static inline void meet_first_round(sketch_state *s, const uint64_t *hashes, size_t num)
{
    uint64_t *const slots = s->slots;
    for (uint32_t i = 0; i < s->num_slots; i++)
        slots[i] = ND_SLOT_EMPTY;
    for (size_t begin = 0; begin < num; begin += CHUNK) {
        const size_t len = chunk_len(num, begin);
        mix_elements(hashes + begin, len, s->num_slots, s->elements, s->words);
#pragma GCC unroll 4
        for (size_t i = 0; i < len; i++)
            lower(&slots[s->words[i] >> ND_SLOT_VALUE_BITS], s->words[i]);
    }
    end_first_round(slots, s->num_slots, s->open);
}

/* What the places of `hits` bring in one round; their lanes begin at `lanes`. */
static inline void meet_hits(sketch_state *s, const uint64_t *lanes, const uint16_t *bins,
                             uint64_t hits, uint32_t round)
{
    const uint64_t key = nd_later_key(round), tag = (uint64_t)round << ND_SLOT_VALUE_BITS;
    uint64_t *const slots = s->slots;
    for (; hits; hits &= hits - 1) {
        const size_t place = (size_t)__builtin_ctzll(hits);
        const size_t bin = bins[place];
        lower(&slots[bin], tag | nd_later_value(lanes[lane_of_place[place]], key));
        close_slot(s->open, bin);
    }
}

/* One round over s->elements[0..num), whose bins are known; the last block may be filled up with
 * anything. Two blocks share a loop over their hits: leaving one is a branch the processor can't
 * foresee. */
static inline void meet_round(sketch_state *s, size_t num, uint32_t round, const open_map *open)
{
    const uint16_t *const bins = s->bins[(round - 1) % 2];
    const size_t rest = (num - 1) % LANES + 1;
    const uint64_t last = places_of_few(rest, LANES - 1);
    size_t begin = 0;
    for (; begin + TWO_BLOCKS < num; begin += TWO_BLOCKS) {
        const uint64_t low = block_hits(bins + begin, open, s->num_slots);
        const uint64_t high = block_hits(bins + begin + LANES, open, s->num_slots);
        meet_hits(s, s->elements + begin, bins + begin, low | high << LANES, round);
    }
    uint64_t hits = block_hits(bins + begin, open, s->num_slots);
    if (begin + LANES < num)
        hits |= (block_hits(bins + begin + LANES, open, s->num_slots) & last) << LANES;
    else
        hits &= last;
    meet_hits(s, s->elements + begin, bins + begin, hits, round);
}

/* Fills up the last block. */
static inline void pad_elements(sketch_state *s, size_t num)
{
    for (size_t i = num; i % LANES != 0; i++)
        s->elements[i] = 0;
}

/* Of padded elements. */
static inline void make_bins(sketch_state *s, size_t num, uint32_t round)
{
    for (size_t begin = 0; begin < num; begin += LANES)
        block_bins(s->elements + begin, &nd_round_keys[(round - 1) / 2], 0, s->num_slots,
                   s->bins[0] + begin, s->bins[1] + begin);
}

/* Rounds 1 to k-1 over s->elements[0..num). */
static inline void meet_rounds(sketch_state *s, size_t num)
{
    open_map open;
    pad_elements(s, num);
    for (uint32_t round = 1; round < s->num_slots; round++) {
        if (!open_map_load(&open, s->open, s->num_slots))
            return;
        if (round % 2 == 1)
            make_bins(s, num, round);
        meet_round(s, num, round, &open);
    }
}

/* The bits of two blocks' places whose round is below num_slots: see meet_rounds_of_few. */
static uint64_t random_places(uint32_t round, unsigned shift, uint32_t num_slots)
{
    uint64_t valid = 0;
    for (unsigned place = 0; place < TWO_BLOCKS; place++) {
        const uint32_t pair = (uint32_t)lane_of_place[place % LANES] >> shift;
        valid |= (uint64_t)(round + 2 * pair + place / LANES < num_slots) << place;
    }
    return valid;
}

/* meet_hits where each lane has a pair of rounds of its own, and the second block's places are the
 * same lanes in the second round of the pair. */
static inline void meet_hits_of_few(sketch_state *s, const uint64_t *lanes, const uint16_t *bins,
                                    uint64_t hits, uint32_t round, unsigned shift)
{
    uint64_t *const slots = s->slots;
    for (; hits; hits &= hits - 1) {
        const uint32_t place = (uint32_t)__builtin_ctzll(hits);
        const uint32_t lane = lane_of_place[place % LANES];
        const size_t bin = bins[place];
        lower(&slots[bin], nd_later_slot(lanes[lane], round + 2 * (lane >> shift) + place / LANES));
        close_slot(s->open, bin);
    }
}

/* Rounds 1 to k-1 of no more than LANES elements. Padded to 8, 16 or 32 lanes they stand in a block
 * several times, each time in the next pair of rounds:
 *
 *   | 8 lanes: pair j | 8 lanes: pair j + 1 | 8 lanes: pair j + 2 | 8 lanes: pair j + 3 | */
static inline void meet_rounds_of_few(sketch_state *s, size_t num)
{
    const unsigned shift = num <= 8 ? 3 : num <= 16 ? 4 : 5, mask = (1u << shift) - 1;
    const uint32_t num_slots = s->num_slots, step = 2u << (5 - shift);
    const uint64_t few = places_of_few(num, mask);
    uint64_t lanes[LANES], valid = few | few << LANES;
    pad_elements(s, num);
    for (unsigned lane = 0; lane < LANES; lane += mask + 1)
        memcpy(lanes + lane, s->elements, (mask + 1) * sizeof *lanes);
    uint16_t bins[TWO_BLOCKS];
    open_map open;
    for (uint32_t round = 1; round < num_slots; round += step) {
        block_bins(lanes, &nd_round_keys[(round - 1) / 2], 5 - shift, num_slots, bins,
                   bins + LANES);
        if (!open_map_load(&open, s->open, num_slots))
            return;
        if (round + step > num_slots)
            valid &= random_places(round, shift, num_slots);
        const uint64_t first = block_hits(bins, &open, num_slots);
        const uint64_t second = block_hits(bins + LANES, &open, num_slots);
        meet_hits_of_few(s, lanes, bins, (first | second << LANES) & valid, round, shift);
    }
}

/* The rounds k to 2k-1 over s->elements[0..num). A slot stays open: there may be more elements. */
static void meet_last_rounds(sketch_state *s, size_t num)
{
    for (uint32_t slot = 0; slot < s->num_slots; slot++)
        if (s->open[slot / 64] >> slot % 64 & 1)
            for (size_t i = 0; i < num; i++)
                lower(&s->slots[slot], nd_later_slot(s->elements[i], s->num_slots + slot));
}

/* Leaves the distinct elements of a large set in s->elements; returns how many, or CHUNK + 1 if
 * there are more than CHUNK. A text that repeats one word for megabytes comes here. */
static size_t keep_distinct(sketch_state *s, const uint64_t *hashes, size_t num)
{
    memset(s->distinct, 0, sizeof s->distinct);
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        const uint64_t z = nd_mix_element(hashes[i]);
        size_t at = z >> 52;
        while (s->distinct[at] && s->elements[s->distinct[at] - 1] != z)
            at = (at + 1) % DISTINCT_TABLE;
        if (s->distinct[at])
            continue;
        if (kept == CHUNK)
            return CHUNK + 1;
        s->elements[kept++] = z;
        s->distinct[at] = (uint16_t)kept;
    }
    return kept;
}

/* All further rounds of more than CHUNK distinct elements. */
static void meet_rounds_of_chunks(sketch_state *s, const uint64_t *hashes, size_t num)
{
    open_map open;
    uint32_t round = 1;
    for (; round < s->num_slots && is_any_open(s); round++) {
        open_map_load(&open, s->open, s->num_slots);
        for (size_t begin = 0; begin < num; begin += CHUNK) {
            const size_t len = chunk_len(num, begin);
            mix_elements(hashes + begin, len, s->num_slots, s->elements, s->words);
            pad_elements(s, len);
            make_bins(s, len, round);
            meet_round(s, len, round, &open);
        }
    }
    if (!is_any_open(s))
        return;
    for (size_t begin = 0; begin < num; begin += CHUNK) {
        const size_t len = chunk_len(num, begin);
        mix_elements(hashes + begin, len, s->num_slots, s->elements, s->words);
        meet_last_rounds(s, len);
    }
}

static inline void compute_sketch(const uint64_t *hashes, size_t num, uint32_t num_slots,
                                  uint64_t *slots)
{
    sketch_state s;
    s.slots = slots;
    s.num_slots = num_slots;
    meet_first_round(&s, hashes, num);
    if (!is_any_open(&s))
        return;
    const size_t kept = num <= CHUNK ? num : keep_distinct(&s, hashes, num);
    if (kept > CHUNK) {
        meet_rounds_of_chunks(&s, hashes, num);
        return;
    }
    if (kept < LANES)
        meet_rounds_of_few(&s, kept);
    else
        meet_rounds(&s, kept);
    if (is_any_open(&s))
        meet_last_rounds(&s, kept);
}

#endif

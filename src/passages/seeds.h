/* Words as numbers, so that nothing after compares bytes; seeds, which are a few words in a row;
 * and chains of equal seeds. */
#ifndef PASSAGES_SEEDS_H
#define PASSAGES_SEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/text.h"
#include "util/alloc.h"

/* --- slots of a hash table, emptied in no time --- */

/* A slot holds base + an entry's number. What is below `base` is of an earlier text, and so empty:
 *
 *   text 1, base 1, 3 entries   | 0 | 2 | 0 | 1 | 0 | 3 |
 *   text 2, base 4, 2 entries   | 5 | 2 | 0 | 1 | 4 | 3 |     empty: all but the 5 and the 4
 *
 * Texts of any length follow one another, and none pays for the slots of one before. */
typedef struct nd_slots {
    uint32_t *items;
    size_t capacity;
    size_t num_set; /* items that have a value */
    uint32_t mask;  /* slots in use for this text - 1 */
    uint32_t base;
    uint32_t max_entries; /* of this text: entries are below it */
} nd_slots;

/* Empties the slots for a text of up to max_entries < 2^31 entries. At least least_num of them are
 * in use, a power of two. */
ND_NODISCARD nd_status nd_slots_begin(nd_slots *slots, const nd_allocator *allocator,
                                      size_t least_num, uint32_t max_entries);

/* --- the tokens of a text as numbers --- */

/* What tells one word from all others: its bytes, zeros behind the end, or of one longer than 16
 * bytes the hash and where it stood first. */
typedef struct nd_word_head {
    uint64_t first, second;
} nd_word_head;

enum {
    ND_WEIGHT_ONE = 1 << 10, /* the weight of a word that stands once */
    ND_WEIGHT_TABLE = 256,
};

/* Two tokens have the same id if and only if they are the same bytes. Ids count from 0 in the order
 * of first appearance:
 *
 *   text    | the | ferry | and | the | pier |
 *   ids     |  0  |   1   |  2  |  0  |  3   |
 *
 *   heads   | the | ferry | and | pier |       per id
 *   counts  |  2  |   1   |  1  |  1   |
 *
 * Hash table with linear probing, at most half full, by the low bits of the hash, of ids. It is
 * small, so that the words of an article stay in the first-level cache. The hash is keyed by the
 * text itself, so that words which collide cannot be chosen beforehand; and should many collide
 * nevertheless, a budget linear in the text bounds the probing: see num_unidentified. */
typedef struct nd_vocabulary {
    nd_allocator allocator;
    uint32_t *ids;       /* per token */
    uint32_t *counts;    /* per id: how many tokens have it */
    nd_word_head *heads; /* per id */
    uint16_t *weights;   /* per id: see nd_vocabulary_weight */
    uint32_t num_tokens;
    uint32_t num_ids;
    uint64_t key[2];           /* of this text */
    uint32_t probes_per_token; /* past the first one; 16 is far more than ordinary texts take */
    uint64_t probes_left;
    uint64_t num_unidentified; /* tokens that got an id of their own when the budget was spent */
    nd_slots slots;            /* of ids */
    size_t ids_capacity, count_capacity, head_capacity, weight_capacity;
    uint16_t count_weights[ND_WEIGHT_TABLE];
} nd_vocabulary;

void nd_vocabulary_init(nd_vocabulary *vocabulary, const nd_allocator *allocator);

/* Numbers the tokens of `text`, less than 2^31 of them. Expected O(1) a token, and O(tokens) for
 * any text. */
ND_NODISCARD nd_status nd_vocabulary_set(nd_vocabulary *vocabulary, const nd_text *text);

/* What it says that two places have this token in common: 1 / sqrt(count), in units of
 * ND_WEIGHT_ONE. Words that stand in many places say little, and all that a form is made of stands
 * in each. */
static inline uint32_t nd_vocabulary_weight(const nd_vocabulary *vocabulary, uint32_t token)
{
    return vocabulary->weights[vocabulary->ids[token]];
}

void nd_vocabulary_release(nd_vocabulary *vocabulary);

/* --- where each seed stands --- */

#define ND_SEED_NONE UINT32_MAX

enum {
    ND_SEED_BLOCK = 256,
    ND_LONG_TEXT = 1 << 15, /* seeds past which what is kept of them does not stay in the cache */
    ND_SEED_MARKS = 32,     /* marks in a number of 64 bits */
};

/* Where the block of seeds that starts at `from` ends, `end` at the latest. */
static inline uint32_t nd_seed_block_end(uint32_t from, uint32_t end)
{
    return end - from < ND_SEED_BLOCK ? end : from + ND_SEED_BLOCK;
}

/* A seed, by its first token, and an earlier one of the same tokens. */
typedef struct nd_seed_link {
    uint32_t position, previous;
} nd_seed_link;

/* Equal seeds are a class, called by the position where it stands first. Per position i:
 *
 *   class_of[i]   the class, so two positions hold the same seed iff their classes are equal
 *   previous[i]   the latest earlier position of the class; where i is the first one, the last one
 *   count[i]      where i is the first one: how many positions the class has; 1 elsewhere
 *
 *                 i        0   1   2   3   4   5   6        0, 4 and 6 hold one seed
 *                 class_of 0   .   .   .   0   .   0
 *                 previous 6   .   .   .   0   .   4
 *                 count    3   .   .   .   -   .   -
 *
 * Most seeds stand once. Those that hold a word which stands once, and those whose hash no other
 * seed shares by its lower bits, are told from the others beforehand; these are the candidates,
 * mostly less than half:
 *
 *   marks       two bits for each value of these bits: some seed has it; another one, too
 *   positions   of the candidates, ascending
 *   hashes      theirs
 *
 * They go through a hash table with linear probing, at most half full, by other bits of the hash,
 * of positions where a seed stood last. The hash is keyed by the text, as the vocabulary's is, and
 * a budget linear in the text bounds the probing: see num_lost. */
typedef struct nd_seed_index {
    nd_allocator allocator;
    const nd_vocabulary *words;
    uint32_t width;     /* tokens of a seed */
    uint32_t num_seeds; /* positions */
    uint32_t *class_of, *previous, *count;
    size_t class_capacity, previous_capacity, count_capacity;
    uint64_t *marks;
    uint32_t *positions, *hashes;
    uint32_t num_candidates;
    uint32_t next; /* candidate */
    size_t mark_capacity, position_capacity, hash_capacity;
    nd_slots slots; /* of positions */
    uint64_t probes_left;
    uint64_t num_lost; /* positions taken for seeds of their own when the budget was spent */
} nd_seed_index;

void nd_seed_index_init(nd_seed_index *index, const nd_allocator *allocator);

/* Begins a text, by its words, which must stay as they are; no position is indexed yet. One with
 * fewer than `width` tokens has no seed; `width` is at most 8. The calls below take its positions
 * in turn, each from where the last one ended. */
ND_NODISCARD nd_status nd_seed_index_begin(nd_seed_index *index, const nd_vocabulary *words,
                                           uint32_t width);

/* Indexes positions [from, to), at most ND_SEED_BLOCK, and writes to `links` each one that stood
 * before, with its latest earlier position. */
void nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                       nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links);

/* Looks positions [from, to), at most ND_SEED_BLOCK, up without adding them: links to the first
 * indexed position, so that text which goes round runs along from its beginning. The class of one
 * that is not found is ND_SEED_NONE. */
void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links);

/* Gives positions [from, to) no class: they equal none. */
void nd_seed_index_skip(nd_seed_index *index, uint32_t from, uint32_t to);

void nd_seed_index_release(nd_seed_index *index);

/* --- chains of equal seeds: how a later stretch of a text lines up with an earlier one --- */

/* Seeds later .. later + len - 1 equal seeds earlier .. earlier + len - 1; earlier < later. */
typedef struct nd_run {
    uint32_t later, earlier, len;
} nd_run;

/* Runs whose later and earlier positions both ascend, with small gaps: what edits leave.
 *
 *   earlier  |--- run 0 ---|  x  |-- run 1 --|          |--- run 2 ---|
 *   later    |--- run 0 ---|  y  |-- run 1 --|  z z z  |--- run 2 ---|
 */
typedef struct nd_alignment {
    uint32_t first_run, num_runs; /* in nd_chainer.runs */
} nd_alignment;

enum {
    /* Longest gap, in seeds, inside one chain. One changed word costs a gap of the seed's width,
     * an inserted sentence about twenty more. */
    ND_CHAIN_MAX_GAP = 40,
    /* Chains followed at once. Each found seed is compared with all of them, so this bounds the
     * work of a text that repeats everything. */
    ND_CHAIN_MAX_ACTIVE = 8,
    /* What a chain must weigh, by its words, for its early end to matter. */
    ND_CHAIN_WEIGHT = 4 * ND_WEIGHT_ONE,
};

/* Chains that may still grow, side by side: each link is compared with all of them, and which of
 * them it continues is more than a branch can foresee. */
typedef struct nd_open_chains {
    uint32_t num;
    uint32_t oldest_end;                     /* no later_end is below it */
    uint32_t later_end[ND_CHAIN_MAX_ACTIVE]; /* one past the last equal seed */
    uint32_t lag[ND_CHAIN_MAX_ACTIVE]; /* from there back to the same in the earlier stretch */
    uint32_t num_equal[ND_CHAIN_MAX_ACTIVE];
    uint32_t last_start[ND_CHAIN_MAX_ACTIVE]; /* of the last run, which ends at later_end */
    uint32_t num_runs[ND_CHAIN_MAX_ACTIVE];
    uint32_t first[ND_CHAIN_MAX_ACTIVE], last[ND_CHAIN_MAX_ACTIVE]; /* list of runs in the pool */
} nd_open_chains;

/* The length of an open chain's last run is set when the run ends. */
typedef struct nd_pooled_run {
    nd_run run;
    uint32_t next;
} nd_pooled_run;

typedef struct nd_chainer {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    uint32_t earlier_limit; /* earlier positions stay below it */
    uint32_t later_start;   /* and later ones do not go before this one */
    uint32_t min_weight;    /* of a seed that begins a chain */
    nd_open_chains open;
    ND_VEC(nd_pooled_run) pool;
    uint32_t free_run; /* list of unused pool entries */
    ND_VEC(nd_run) runs;
    ND_VEC(nd_alignment) alignments; /* in the order in which they ended */
    uint64_t backward_steps;         /* left to spend, see chain.c */
    uint64_t num_cut; /* chains ended for want of room, or not followed back to their beginning */
} nd_chainer;

void nd_chainer_init(nd_chainer *chainer, const nd_allocator *allocator);

/* Begins on positions of `seeds`. Earlier positions are those below earlier_limit, later ones those
 * from later_start on: ND_SEED_NONE and 0 inside one text. A seed of less weight than min_weight
 * begins no chain, but belongs to one that comes by. */
void nd_chainer_begin(nd_chainer *chainer, const nd_seed_index *seeds, uint32_t earlier_limit,
                      uint32_t later_start, uint32_t min_weight);

/* Takes links in ascending order of position. O(num_links * ND_CHAIN_MAX_ACTIVE). */
ND_NODISCARD nd_status nd_chainer_feed(nd_chainer *chainer, const nd_seed_link *links,
                                       uint32_t num_links);

/* Ends all chains; runs and alignments hold until the next nd_chainer_begin. */
ND_NODISCARD nd_status nd_chainer_finish(nd_chainer *chainer);

void nd_chainer_release(nd_chainer *chainer);

#endif

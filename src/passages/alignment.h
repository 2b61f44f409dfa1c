/* Two stretches of a text, word by word. */
#ifndef PASSAGES_ALIGNMENT_H
#define PASSAGES_ALIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/passages.h"
#include "passages/seeds.h"
#include "text/border.h"
#include "util/alloc.h"

/* --- stretches of a text, in tokens, and pairs of them that hold the same --- */

/* Tokens [start, end). */
typedef struct nd_span {
    uint32_t start, end;
} nd_span;

/* An earlier and a later stretch that hold mostly the same words in the same order. */
typedef struct nd_span_pair {
    nd_span earlier, later;
    uint32_t common;              /* words that stand in both in the same order */
    uint32_t first_run, num_runs; /* how they line up: see nd_passage_fitter */
} nd_span_pair;

static inline uint32_t nd_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t nd_most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t nd_span_len(nd_span span)
{
    return span.end - span.start;
}

static inline uint32_t nd_span_longer(nd_span a, nd_span b)
{
    return nd_most(nd_span_len(a), nd_span_len(b));
}

/* `inner` stands inside `outer`, or is it. */
static inline bool nd_span_contains(nd_span outer, nd_span inner)
{
    return outer.start <= inner.start && inner.end <= outer.end;
}

static inline bool nd_span_overlaps(nd_span a, nd_span b)
{
    return a.start < b.end && b.start < a.end;
}

/* Words in common by the words of the longer one; 1 if and only if the words are the same. */
static inline double nd_span_pair_identity(const nd_span_pair *pair)
{
    return (double)pair->common / nd_span_longer(pair->earlier, pair->later);
}

/* By start of the later span; the longer, then the more similar, then the earlier one first. */
void nd_span_pairs_sort(nd_span_pair *pairs, size_t num);

/* Drops from sorted pairs those that stand inside one of the 16 before them, aligned the same way;
 * returns how many remain. */
size_t nd_span_pairs_drop_parts(nd_span_pair *pairs, size_t num);

/* --- how much a stretch says --- */

/* What a passage has to hold in a text. */
typedef struct nd_passage_measure {
    const nd_text *text;
    const uint32_t *ids;
    bool has_part_words;   /* some tokens may count for less than a word */
    uint32_t min_bound;    /* words of what fills whole lines or sentences */
    uint32_t min_unbound;  /* words of anything else */
    uint32_t min_distinct; /* different words of either */
} nd_passage_measure;

/* Passages of `text` under these options; `words` are its tokens, and both are borrowed.
 *
 * Whole lines and sentences recur by chance the more often the longer the text (the pairs of them
 * grow with its square), so their shortest length grows by one word with each fourfold length from
 * 4,096 tokens on: 5 words in an article, 8 in a novel. */
nd_passage_measure nd_passage_measure_of(const nd_passage_options *options, const nd_text *text,
                                         const nd_vocabulary *words);

/* Whether the span has at least num_words words. Of scripts written without spaces two characters
 * count as one word, or three (Thai, Lao, Khmer, Burmese), as words have about so many. Looks at no
 * more tokens than it takes. */
bool nd_span_has_words(const nd_passage_measure *measure, nd_span span, uint32_t num_words);

/* Whether the span holds enough different tokens to be a passage and not a rule, a row of zeros or
 * laughter. Looks at no more tokens than it takes. */
bool nd_span_has_variety(const nd_passage_measure *measure, nd_span span);

/* Whether a token begins with a decimal digit of any script. */
bool nd_token_is_number(const nd_passage_measure *measure, uint32_t token);

enum { ND_SPAN_VARIETY = 5 };

/* --- the longest common subsequence of two sequences of words --- */

/* The longest common subsequence of two sequences of words: how many words stand in both in the
 * same order, and which. */

/* Words by their ids (see seeds.h): equal words have equal ids. */
typedef struct nd_word_sequence {
    const uint32_t *ids;
    uint32_t len;
} nd_word_sequence;

/* Words a .. a + len - 1 of one sequence equal words b .. b + len - 1 of another. */
typedef struct nd_word_run {
    uint32_t a, b, len;
} nd_word_run;

/* Scratch, for one thread at a time. A zeroed struct with an allocator is ready to begin. */
typedef struct nd_lcs {
    nd_allocator allocator;
    uint64_t *masks; /* per id: where a block of a holds it; zero between calls */
    uint64_t *steps; /* per word of b: what the block looked like after it, to trace back */
    uint8_t
        *carries; /* per word of b: whether it lengthened what the blocks so far have in common */
    uint32_t *reversed;
    size_t mask_capacity, step_capacity, carry_capacity, reversed_capacity;
} nd_lcs;

enum {
    ND_LCS_BLOCK = 64, /* words of a that are taken side by side, a bit each */
    /* Longest sequences whose common words nd_lcs_window traces. */
    ND_LCS_WINDOW = 64,
};

void nd_lcs_init(nd_lcs *lcs, const nd_allocator *allocator);

/* Ids up to num_ids - 1 may follow. O(1) amortised. */
ND_NODISCARD nd_status nd_lcs_begin(nd_lcs *lcs, uint32_t num_ids);

/* The runs of a longest common subsequence, ascending, to runs[0..); returns their number. a and b
 * are at most ND_LCS_WINDOW long, so there are at most as many runs. O(a + b), allocates nothing.
 */
uint32_t nd_lcs_window(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                       nd_word_run runs[ND_LCS_WINDOW]);

/* How many words these runs hold together. */
uint32_t nd_lcs_window_length(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b);

/* What is known of a length that was asked for. */
typedef struct nd_lcs_bound {
    uint32_t length; /* so long at least */
    bool is_exact;   /* and no longer */
} nd_lcs_bound;

/* What the caller knows of a length, and from which one on it matters how long it is. */
typedef struct nd_lcs_limits {
    uint32_t at_least, wanted;
} nd_lcs_limits;

/* Length of the longest common subsequence of a and b; where that is below limits.wanted, any lower
 * bound. Costs (a + b) * (1 + differences / 64) steps, where differences = a + b - 2 * length; past
 * ND_LCS_STEPS_PER_WORD steps for each word of both the length found so far is returned, which
 * happens beyond about 500 differences. */
ND_NODISCARD nd_status nd_lcs_length(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                                     nd_lcs_limits limits, nd_lcs_bound *bound);

enum { ND_LCS_STEPS_PER_WORD = 8 };

/* A vector of runs, for nd_lcs_align. */
typedef ND_VEC(nd_word_run) nd_word_runs;

/* Appends the runs of a longest common subsequence of a and b, ascending, to `runs`. O(a * b / 64)
 * time, O(a + b) memory. */
ND_NODISCARD nd_status nd_lcs_align(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                                    nd_word_runs *runs);

void nd_lcs_release(nd_lcs *lcs);

/* --- two stretches of a text lined up, and the parts of them worth reporting --- */

/* Tokens that an alignment may pair: those of one range with those of the other. */
typedef struct nd_trace_box {
    nd_span earlier, later;
} nd_trace_box;

/* Runs first .. last of a trace. */
typedef struct nd_piece {
    uint32_t first, last;
    uint32_t before;    /* used while searching */
    int64_t start, end; /* the score before the piece and after it */
} nd_piece;

/* Runs of equal words, ascending in both stretches, `a` the earlier one:
 *
 *   earlier  |---- run 0 ----| x |-- run 1 --|       |- run 2 -|
 *   later    |---- run 0 ----| y |-- run 1 --| z z z |- run 2 -|
 *             <------------ piece ----------->        <-------> another, if z is long
 */
typedef struct nd_trace {
    nd_allocator allocator;
    const uint32_t *ids; /* of the text's tokens */
    nd_lcs *lcs;
    int64_t gain; /* of a pair of equal words, where an unpaired word costs ND_TRACE_COST */
    nd_word_runs runs, part;
    ND_VEC(nd_piece) pieces;
} nd_trace;

enum { ND_TRACE_COST = 1 << 10 };

/* Pieces will have at least this identity. `lcs` is borrowed. */
void nd_trace_init(nd_trace *trace, const nd_allocator *allocator, nd_lcs *lcs,
                   double min_identity);

/* Begins with what the seeds of a chain have in common within a box, and pairs the words between
 * them. Nothing is left where that is nothing. */
ND_NODISCARD nd_status nd_trace_set(nd_trace *trace, const uint32_t *ids, const nd_run *chain,
                                    uint32_t num, uint32_t seed_width, const nd_trace_box *box);

/* Cuts the runs into pieces: where joining would pull the identity under what was asked for, and
 * nowhere else. Whole lines that differ weigh twice. Every run is in one piece at most.
 *
 * A pair of equal words adds (1 - t) / t to a score, and a column of unpaired words takes 1, so
 * that a score of 0 says that the identity is t. The pieces are all maximal scoring subsequences,
 * in linear time: Ruzzo and Tompa, "A linear time algorithm for finding all maximal scoring
 * subsequences", ISMB 1999, section 3. */
ND_NODISCARD nd_status nd_trace_cut(nd_trace *trace, nd_borders *borders);

/* Whether unpaired words of two stretches are whole lines, on each side where there are any. */
bool nd_spans_are_lines(nd_borders *borders, nd_span a, nd_span b);

/* Takes a piece to trace->part, and follows both its ends for as long as the words outside stay
 * mostly the same, within a box: an edit near an end leaves no equal seed there. */
ND_NODISCARD nd_status nd_trace_extend(nd_trace *trace, const nd_piece *piece,
                                       const nd_trace_box *box);

void nd_trace_release(nd_trace *trace);

#endif

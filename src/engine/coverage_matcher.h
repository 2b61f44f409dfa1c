/* What the parts of the matcher by coverage share. */
#ifndef ENGINE_COVERAGE_MATCHER_H
#define ENGINE_COVERAGE_MATCHER_H

#include <stdbool.h>

#include "coverage/coverage.h"
#include "coverage/verdict.h"
#include "engine/filed_candidates.h"
#include "engine/matcher.h"
#include "util/alloc.h"

/* The words of a text, as the verdict reads them, and which of its trigrams stand in it twice, see
 * nd_trigrams. */
typedef struct nd_kept_words {
    const nd_word_code *codes;
    uint32_t num;
} nd_kept_words;

/* A text as it is compared: its shingles and weights, and its words where a verdict is asked for.
 */
typedef struct nd_text_view {
    nd_weighted_text weighted;
    nd_kept_words words;
} nd_text_view;

/* A text that was read from the file:
 *
 *   bytes:  | shingles, 8 bytes each | words and repeats, 4 each | weights, 2 each |
 *
 * words and weights where they are asked for. */
typedef struct nd_filed_text {
    nd_byte_vec bytes;
    nd_text_view view; /* of those */
    uint32_t text;     /* + 1; 0: none */
} nd_filed_text;

/* A text that a worker has ready for verdicts. */
typedef struct nd_ready_text {
    nd_judged_text judged;
    uint32_t text;       /* + 1; 0: none */
    nd_filed_text filed; /* what it was made of, where texts are in the file */
} nd_ready_text;

/* Texts that are kept ready for the pairs to come, each at the place of its number: near-copies of
 * one text are compared with each other too. Of longer ones, which hold much memory, there are
 * fewer; the longest are made ready for one pair each. */
enum {
    ND_READY_TEXTS = 256,
    ND_READY_WORDS = 2000,
    ND_READY_LONG = 64,
    ND_READY_LONG_WORDS = 16000
};

typedef struct nd_coverage_worker {
    nd_position_index positions;
    nd_posting_walk walk;
    nd_candidate_finder candidates;
    ND_VEC(uint64_t) pairs; /* larger text << 32 | smaller one; or of those in the file some */
    nd_coverage_finder finder;
    uint32_t held;            /* by the finder, + 1; 0: none */
    nd_filed_text held_filed; /* that one, where texts are in the file */
    nd_judge judge;
    nd_ready_text ready_held, ready_other;
    nd_ready_text ready[ND_READY_TEXTS];     /* of up to ND_READY_WORDS words */
    nd_ready_text ready_long[ND_READY_LONG]; /* of up to ND_READY_LONG_WORDS */
    nd_stretch_vec shared;                   /* by the texts of the pair */
    ND_VEC(uint32_t) repeats;                /* of the text being read */
    ND_VEC(nd_word_code) read_words;         /* the same, where words do not stay */
    nd_edge_vec edges;
    nd_arena words;
    uint64_t num_candidates, num_matches, num_common, capped_comparisons;
    uint32_t common_text; /* the lowest of those, + 1; 0: none */
} nd_coverage_worker;

/* Where the budget is limited, what is said of all texts is in files, and so are the pairs; then
 * shared, words and pairs are empty. */
typedef struct nd_coverage_matcher {
    nd_matcher base;
    nd_coverage_worker *workers;
    bool is_limited;
    nd_shared_shingles shared;
    nd_kept_words *words; /* of the texts */
    uint32_t *num_words;  /* of the texts, where is_limited */
    nd_filed_samples filed;
    _Atomic(nd_shingle_marks *) *marks; /* of the first num_marked texts, NULL: not made yet */
    size_t num_marked;
    bool has_trigrams;                  /* for shingles */
    int32_t least_score;                /* asked for, in 1 / ND_LOGISTIC_ONE; 0: none is */
    uint32_t num_ready, num_ready_long; /* texts that a worker keeps ready by number */
    uint64_t *pairs; /* to be measured, none twice: larger text << 32 | smaller one */
    nd_temp_file *filed_pairs;
    size_t num_pairs;
    nd_edge_runs *runs; /* where all matches go; NULL: they stay with the workers */
} nd_coverage_matcher;

/* What the matcher keeps of a document. */
typedef struct nd_kept_block {
    uint32_t num_samples, sample_shift; /* see nd_sampled_text_of */
    const nd_word_code *words; /* NULL where no verdict is asked for; where is_limited they are
                                  those of the document at work alone */
} nd_kept_block;

/* Whether weights decide anything. */
static inline bool nd_coverage_is_measured(const nd_coverage_matcher *c)
{
    return c->least_score == 0 || c->base.options->coverage > 0;
}

/* --- coverage_texts.c --- */

/* 32-bit codes and repeats that are kept of a text. */
static inline size_t nd_num_kept_words(size_t num_tokens, size_t num_shingles, size_t num_distinct)
{
    return num_tokens + (num_distinct < num_shingles ? ND_REPEATS_WORDS(num_shingles) : 0);
}

/* Lists the catalog's texts: where they are in memory, or in the file (then *num_samples are those
 * of all). */
ND_NODISCARD nd_status nd_coverage_list_texts(nd_coverage_matcher *c);
ND_NODISCARD nd_status nd_coverage_list_filed_texts(nd_coverage_matcher *c, uint64_t *num_samples);

static inline uint32_t nd_coverage_num_words(const nd_coverage_matcher *c, uint32_t text)
{
    return c->is_limited ? c->num_words[text] : c->words[text].num;
}

/* The text as it is compared. From the file it is read into *filed, unless it is there, and holds
 * as long as that. */
ND_NODISCARD nd_status nd_coverage_view(const nd_coverage_matcher *c, nd_filed_text *filed,
                                        uint32_t text, nd_text_view *view);

void nd_filed_text_release(nd_filed_text *filed, const nd_allocator *allocator);

/* Asks the processor for what a comparison with the text will read: first where it is, some pairs
 * later the beginning of what is there. */
typedef enum nd_asked_part { ND_ASK_PLACE = 0, ND_ASK_TEXT } nd_asked_part;
void nd_coverage_prefetch(const nd_coverage_matcher *c, uint32_t text, nd_asked_part part);

/* --- coverage_marks.c --- */

/* Room for the marks of long texts, which are made where they are asked for. */
ND_NODISCARD nd_status nd_coverage_make_marks(nd_coverage_matcher *c);

/* Bounds the number of shingles that two texts share: by the marks of the other one where it is
 * long and the held one short, else by the sizes alone. */
ND_NODISCARD nd_status nd_coverage_bound_common(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                                uint32_t held, uint32_t other, uint32_t *most);

/* --- coverage_pairs.c --- */

/* Finds the pairs to be compared: ascending for groups, else leader by leader, the leader being the
 * largest text that a pair goes back to. */
ND_NODISCARD nd_status nd_coverage_find_pairs(nd_coverage_matcher *c, nd_wanted_matches wanted);

/* Pairs first .. first + num; from the file they are read into the worker's list. */
ND_NODISCARD nd_status nd_coverage_get_pairs(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                             size_t first, size_t num, const uint64_t **pairs);

/* Replaces each pair by what `map` makes of it, and sorts them. */
typedef uint64_t (*nd_pair_map_fn)(void *ctx, uint64_t pair);
ND_NODISCARD nd_status nd_coverage_map_pairs(nd_coverage_matcher *c, nd_pair_map_fn map, void *ctx);

/* --- coverage_matcher.c, coverage_groups.c --- */

/* Compares the texts of a pair; a match is appended to the worker's edges. `held` is the one of
 * them that the next pairs will have as well: it is read once. */
ND_NODISCARD nd_status nd_coverage_compare(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                           uint64_t pair, uint32_t held, bool *is_match);

/* Leaves the matches of representatives with what they take in the workers' edges; c->pairs is in
 * ascending order, and used up. by_rank: see nd_match_request. */
ND_NODISCARD nd_status nd_coverage_match_groups(nd_coverage_matcher *c, const uint32_t *by_rank);

#endif

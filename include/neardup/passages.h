/* Shared passages of two texts, and repeated passages inside one. */
#ifndef NEARDUP_PASSAGES_H
#define NEARDUP_PASSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* A stretch of a text: bytes [start, end) from its first to its last word, lines from 1. */
typedef struct nd_place {
    uint64_t start, end;
    uint64_t line, end_line;
} nd_place;

/* The identity of two passages: words that stand in both in the same order, by the words of the
 * longer one. It is 1 if and only if the words are the same. Words are compared normalised: case,
 * space and punctuation make no difference. The count is the longest common subsequence's, exactly,
 * as long as two passages differ in no more than about 4,000 words; beyond that it can be somewhat
 * lower. */

/* Text that stands at a place in each of two documents. */
typedef struct nd_shared_passage {
    nd_place a, b;
    uint64_t words;    /* tokens at the place in a */
    double similarity; /* identity of the two places */
} nd_shared_passage;

/* Text that stands at two or more places in one document; places ascend and do not overlap. */
typedef struct nd_repeat {
    double similarity; /* of the place least like the first: its identity with that */
    uint64_t words;    /* tokens at the first place */
    size_t num_places;
    const nd_place *places;
    const double *similarities; /* of each place: its identity with the first */
} nd_repeat;

/* Lengths are in words: two characters of Chinese or Japanese count as one, and three of the other
 * scripts written without spaces (Thai, Lao, Khmer, Burmese). What consists of fewer different
 * tokens than five (or min_words) is no passage, however long: a rule, laughter, one word three
 * hundred times.
 *
 * An edited passage needs more than the identity asked for
 *   - up to 0.8 where it is short (20 words; 40 are not) and begins or ends inside a sentence;
 *   - up to 0.92 where what differs are numbers, or what is alike stands in five places of the text
 *     or more: so are the rows of a list, a table, a price list. For the latter 0.75 is enough from
 *     120 words on that do not repeat each other;
 * and what is alike must weigh 2, where a word that stands n times in the text weighs 1/sqrt(n);
 * five words in a row of it 1/2. So a passage whose words stand nowhere else is found at up to 100
 * places with an edit in each; at more of them only what of it is the same word for word is. */
typedef struct nd_passage_options {
    size_t size_bytes;          /* of this struct, set by nd_passage_options_init */
    double min_similarity;      /* identity of an edited passage at least, 0 < x <= 1 */
    uint32_t min_words;         /* shortest passage that is the same in every token and fills whole
                                   lines or sentences; one word more for each fourfold length of a
                                   text from 4,096 tokens on, as chance repeats more there */
    uint32_t min_words_unbound; /* shortest passage inside longer lines, or edited; not less than
                                   min_words */
    uint32_t repairs, folds;    /* sets of ND_REPAIR_* and ND_FOLD_* (neardup/repair.h): undone in
                                   every text before its words are compared. Places are those of
                                   the text as it came */
} nd_passage_options;

/* 0.6, 5 words, 15 words, no repairs, no folds. */
static inline void nd_passage_options_init(nd_passage_options *options);

/* Behind it: inline, as the struct is of the size that its caller was compiled with. */
ND_API void nd_passage_options_init_sized(nd_passage_options *options, size_t size_bytes);

static inline void nd_passage_options_init(nd_passage_options *options)
{
    nd_passage_options_init_sized(options, sizeof *options);
}

/* Finds passages; exclusive (one thread at a time), keeps its scratch memory between calls. */
typedef struct nd_passage_finder nd_passage_finder;

/* ND_ERR_INVALID_ARGUMENT: an option out of range. Free with nd_passage_finder_free. */
ND_API ND_NODISCARD nd_status nd_passage_finder_new(const nd_passage_options *options,
                                                    const nd_allocator *allocator,
                                                    nd_passage_finder **out);

/* Repeats of one document, ordered by first place. *repeats belongs to the finder and holds until
 * its next call. Time and memory are linear in the length, whatever the text repeats.
 *
 * Text that stands word for word at several places is one repeat with all of them; where it stands
 * at some of them within more that repeats there, that is another. A repeat with edits holds all
 * places that are similar enough to its first one, exact copies among them; exact repeats that are
 * but parts of it, at all their places, are not listed apart. ND_ERR_LIMIT: longer than
 * ND_TEXT_MAX_BYTES, or 2^31 tokens. */
ND_API ND_NODISCARD nd_status nd_passage_finder_repeats(nd_passage_finder *finder,
                                                        const char *bytes, size_t len_bytes,
                                                        const nd_repeat **repeats,
                                                        size_t *num_repeats);

/* Passages two documents share, in the order of a, in which they do not overlap: each with its best
 * counterpart in b. *passages belongs to the finder and holds until its next call. Linear in the
 * lengths. ND_ERR_LIMIT: both together are longer than ND_TEXT_MAX_BYTES, or 2^31 tokens. */
ND_API ND_NODISCARD nd_status nd_passage_finder_shared(nd_passage_finder *finder, const char *a,
                                                       size_t a_len_bytes, const char *b,
                                                       size_t b_len_bytes,
                                                       const nd_shared_passage **passages,
                                                       size_t *num_passages);

/* Words that stand in two texts in the same order, without one between them in either: the bytes
 * from the first to the last of them in both. */
typedef struct nd_aligned_run {
    uint64_t a_start, a_end;
    uint64_t b_start, b_end;
    uint64_t words;
} nd_aligned_run;

/* Two texts aligned word by word: what is between two runs was changed, put in or left out. */
typedef struct nd_text_alignment {
    const nd_aligned_run *runs; /* ascending in both */
    size_t num_runs;
    uint64_t words_a, words_b, words_common;
    double identity; /* 1 for two texts without a word */
} nd_text_alignment;

/* Aligns two texts, such as the bytes of two places of a passage: as many words are paired as can
 * be. *alignment belongs to the finder until its next call. Time is the product of both lengths in
 * words by 64, memory linear; past ND_ALIGN_MAX_STEPS such steps (texts of more than about 100,000
 * words each) it is linear, and what is paired are the passages they share in the same order.
 * ND_ERR_LIMIT: as of nd_passage_finder_shared. */
ND_API ND_NODISCARD nd_status nd_passage_finder_align(nd_passage_finder *finder, const char *a,
                                                      size_t a_len_bytes, const char *b,
                                                      size_t b_len_bytes,
                                                      nd_text_alignment *alignment);

#define ND_ALIGN_MAX_STEPS (UINT64_C(1) << 28)

/* Of the last call. Caps keep the time linear, and are reached by texts that repeat very much in
 * very many ways, most of them made for it. For each word of the text there are 16 steps to find it
 * in a table of words, 16 to find the four that follow it in one of seeds, 16 to find where a
 * stretch begins, 16 to find the exact copies of edited passages, and 32 to follow repeats inside
 * one another; and at most 8 earlier stretches are followed at once. */
typedef struct nd_passage_stats {
    uint64_t invalid_bytes; /* were not valid UTF-8, after repairs */
    uint64_t tokens;
    uint64_t capped; /* times that a cap was reached, and something may be missing or in pieces */
} nd_passage_stats;

ND_API nd_passage_stats nd_passage_finder_stats(const nd_passage_finder *finder);

ND_API void nd_passage_finder_free(nd_passage_finder *finder);

ND_END_DECLS

#endif

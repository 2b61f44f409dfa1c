/* Shared passages of two texts, and repeated passages inside one. */
#ifndef NEARDUP_PASSAGES_H
#define NEARDUP_PASSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/shingle.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* A stretch of a text: bytes [start, end) from its first to its last word, lines from 1. */
typedef struct nd_place {
    uint64_t start, end;
    uint64_t line, end_line;
} nd_place;

/* Text that stands at a place in each of two documents. */
typedef struct nd_shared_passage {
    nd_place a, b;
    uint64_t words;    /* tokens at the place in a */
    double similarity; /* jaccard of the two places' shingle sets; 1 when the tokens are the same */
} nd_shared_passage;

/* Text that stands at two or more places in one document; places ascend and do not overlap. */
typedef struct nd_repeat {
    double similarity; /* the lowest of a later place against the first; see nd_shared_passage */
    uint64_t words;    /* tokens at the first place */
    size_t num_places;
    const nd_place *places;
} nd_repeat;

/* Lengths are in words: two tokens of a script written without spaces count as one. What consists
 * of fewer different tokens than five (or min_words) is no passage, however long: a rule, laughter.
 * Short passages that are edited must be similar without what stands in five places or more, so the
 * rows of a list are no repeats of each other. */
typedef struct nd_passage_options {
    nd_shingle_spec shingle;    /* what similarity is computed on; words only */
    double min_similarity;      /* of an edited passage, 0 < x <= 1 */
    uint32_t min_words;         /* shortest passage that is the same in every token and fills whole
                                   lines or sentences; one word more for each fourfold length of a
                                   text from 4,096 tokens on, as chance repeats more there */
    uint32_t min_words_unbound; /* shortest passage inside longer lines, or edited; not less than
                                   min_words */
} nd_passage_options;

/* word 5, 0.5, 5 words, 15 words. */
ND_API void nd_passage_options_init(nd_passage_options *options);

/* Finds passages; exclusive (one thread at a time), keeps its scratch memory between calls. */
typedef struct nd_passage_finder nd_passage_finder;

/* ND_ERR_INVALID_ARGUMENT: an option out of range. Free with nd_passage_finder_free. */
ND_API ND_NODISCARD nd_status nd_passage_finder_new(const nd_passage_options *options,
                                                    const nd_allocator *allocator,
                                                    nd_passage_finder **out);

/* Repeats of one document, ordered by first place. *repeats belongs to the finder and holds until
 * its next call. Time and memory are linear in the length, whatever the text repeats.
 * ND_ERR_LIMIT: longer than ND_TEXT_MAX_BYTES, or 2^31 tokens. */
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

/* Of the last call: bytes that were not valid UTF-8, tokens, and occurrences of repeated text that
 * were not followed: in text that goes round over a few words, or to the end of what a text that
 * repeats everything repeats there. */
typedef struct nd_passage_stats {
    uint64_t invalid_bytes;
    uint64_t tokens;
    uint64_t dropped_occurrences;
} nd_passage_stats;

ND_API nd_passage_stats nd_passage_finder_stats(const nd_passage_finder *finder);

ND_API void nd_passage_finder_free(nd_passage_finder *finder);

ND_END_DECLS

#endif

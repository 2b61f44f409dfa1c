/* From alignments to pairs of places worth showing. */
#ifndef PASSAGES_PASSAGE_FIT_H
#define PASSAGES_PASSAGE_FIT_H

#include <stdbool.h>

#include "neardup/passages.h"
#include "passages/chain.h"
#include "passages/pieces.h"
#include "passages/span.h"
#include "passages/span_similarity.h"
#include "passages/span_words.h"
#include "text/border.h"
#include "util/vec.h"

/* The text in hand, and what was found in it. */
typedef struct nd_passage_fitter {
    nd_allocator allocator;
    nd_passage_options options;
    const nd_text *text;
    nd_borders *borders;
    const nd_seed_index *seeds;
    uint32_t min_words_bound; /* of this text: see nd_passage_fitter_begin */
    bool has_half_words;      /* see nd_text_has_half_words */
    nd_span_scorer scorer;
    nd_pieces pieces;
    ND_VEC(nd_span_pair) pairs;
    uint64_t dropped; /* seeds of text that goes round and round over a few words */
} nd_passage_fitter;

void nd_passage_fitter_init(nd_passage_fitter *fitter, const nd_allocator *allocator,
                            const nd_passage_options *options);

/* Begins the text of `seeds`; both arguments are borrowed.
 *
 * Whole lines and sentences recur by chance the more often the longer the text (the pairs of them
 * grow with its square), so their shortest length grows by one word with each fourfold length from
 * 4,096 tokens on: 5 words in an article, 8 in a novel. */
void nd_passage_fitter_begin(nd_passage_fitter *fitter, const nd_seed_index *seeds,
                             nd_borders *borders);

/* Appends to fitter->pairs what the alignment runs[0..num) holds, if anything: trimmed or widened
 * to near borders, scored, long enough. The two places of a pair do not overlap. */
ND_NODISCARD nd_status nd_passage_fitter_add(nd_passage_fitter *fitter, const nd_run *runs,
                                             uint32_t num);

/* For the files that fit special cases: appends a pair as it is; or, if it is long enough, does not
 * overlap and reaches the similarity asked for, appends it and says so. */
ND_NODISCARD nd_status nd_passage_fitter_emit(nd_passage_fitter *fitter, nd_span_pair pair);
ND_NODISCARD nd_status nd_passage_fitter_try_edited(nd_passage_fitter *fitter, nd_span earlier,
                                                    nd_span later, bool *is_taken);

/* nd_span_has_words of this text. */
static inline bool nd_passage_fitter_has_words(const nd_passage_fitter *fitter, nd_span span,
                                               uint32_t num_words)
{
    return fitter->has_half_words ? nd_span_has_words(fitter->text, span, num_words)
                                  : nd_span_len(span) >= num_words;
}

void nd_passage_fitter_release(nd_passage_fitter *fitter);

#endif

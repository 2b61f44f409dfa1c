/* What a passage finder holds, and what repeats and shared passages have in common. */
#ifndef PASSAGES_PASSAGE_FINDER_H
#define PASSAGES_PASSAGE_FINDER_H

#include "neardup/passages.h"
#include "neardup/repair.h"
#include "passages/chain.h"
#include "passages/exact_repeats.h"
#include "passages/passage_fit.h"
#include "passages/repeat_groups.h"
#include "passages/seed_index.h"
#include "passages/vocabulary.h"
#include "text/border.h"

/* An edited place, to look up what stands inside it. */
typedef struct nd_covering_place {
    nd_span span;
    uint32_t max_end; /* of the places up to this one */
    uint32_t repeat;
} nd_covering_place;

/* A text in hand: as it came, and with what is repaired in it undone. */
typedef struct nd_finder_text {
    nd_repairer *repairer; /* NULL: nothing to repair, and repaired is the text as it came */
    const char *bytes, *repaired;
    size_t len_bytes, repaired_len_bytes;
    nd_line_index lines; /* of the text as it came */
} nd_finder_text;

struct nd_passage_finder {
    nd_allocator allocator;
    nd_passage_options options;
    nd_text *text;
    nd_vocabulary words;
    nd_passage_measure measure;
    nd_seed_index seeds;
    nd_chainer chainer;
    nd_passage_fitter fitter;
    nd_exact_repeats exact;
    nd_repeat_grouper grouper;
    nd_finder_text a, b; /* repeats: a */
    nd_borders borders;
    ND_VEC(char) joined; /* both documents of a comparison, see shared_passages.c */
    ND_VEC(nd_covering_place) covering;
    ND_VEC(nd_place) places;
    ND_VEC(double) similarities;
    ND_VEC(nd_repeat) repeats;
    ND_VEC(nd_shared_passage) passages;
    nd_word_runs runs; /* of an alignment */
    ND_VEC(nd_aligned_run) aligned;
    nd_passage_stats stats;
};

/* Repairs a text, which is borrowed until the call ends. */
ND_NODISCARD nd_status nd_finder_text_set(nd_finder_text *text, const char *bytes,
                                          size_t len_bytes);

/* Tokenises, and begins to index seeds. `bytes` stay as they are until the call ends. */
ND_NODISCARD nd_status nd_finder_begin(nd_passage_finder *finder, const char *bytes,
                                       size_t len_bytes);

/* The same for two documents, finder->b before finder->a: tokens from *split on are those of a. */
ND_NODISCARD nd_status nd_finder_begin_both(nd_passage_finder *finder, uint32_t *split);

/* What two documents share, to finder->fitter.pairs: `later` in a, in order and apart from each
 * other, `earlier` in b. */
ND_NODISCARD nd_status nd_finder_share(nd_passage_finder *finder, uint32_t split);

/* Ends all chains and fits them to finder->fitter.pairs. */
ND_NODISCARD nd_status nd_finder_fit(nd_passage_finder *finder, const nd_trace_box *box,
                                     nd_exact_pairs exact_pairs);

/* Sums up the caps reached. */
void nd_finder_count_caps(nd_passage_finder *finder);

/* The place of finder->a, alone, or of finder->b from the span's first token to its last, in bytes
 * of the text as it came. The lines are not set. */
nd_place nd_finder_place(const nd_passage_finder *finder, const nd_finder_text *text, nd_span span);

/* The same of finder->a behind finder->b. */
nd_place nd_finder_place_in_a(const nd_passage_finder *finder, nd_span span);

void nd_finder_set_lines(nd_place *place, const nd_line_index *lines);

/* Where the block of seeds that starts at `from` ends, `end` at the latest. */
static inline uint32_t nd_seed_block_end(uint32_t from, uint32_t end)
{
    return end - from < ND_SEED_BLOCK ? end : from + ND_SEED_BLOCK;
}

#endif

/* What a passage finder holds, and what repeats and shared passages have in common. */
#ifndef PASSAGES_PASSAGE_FINDER_H
#define PASSAGES_PASSAGE_FINDER_H

#include "neardup/passages.h"
#include "passages/chain.h"
#include "passages/passage_fit.h"
#include "passages/repeat_groups.h"
#include "passages/seed_index.h"
#include "text/border.h"
#include "text/line_index.h"

struct nd_passage_finder {
    nd_allocator allocator;
    uint32_t seed_width;
    nd_text *text;
    nd_seed_index seeds;
    nd_chainer chainer;
    nd_passage_fitter fitter;
    nd_repeat_grouper grouper;
    nd_line_index lines_a, lines_b; /* repeats: a */
    nd_borders borders;
    ND_VEC(char) joined; /* both documents of a comparison, see shared_passages.c */
    ND_VEC(nd_place) places;
    ND_VEC(nd_repeat) repeats;
    ND_VEC(nd_shared_passage) passages;
    nd_passage_stats stats;
};

/* Tokenises, and begins to index seeds. */
ND_NODISCARD nd_status nd_finder_begin(nd_passage_finder *finder, const char *bytes,
                                       size_t len_bytes);

/* Ends all chains and fits them to finder->fitter.pairs; `bytes` are those of nd_finder_begin. */
ND_NODISCARD nd_status nd_finder_fit(nd_passage_finder *finder, const char *bytes);

/* Bytes of the text from the span's first token to its last. The lines are not set. */
nd_place nd_finder_place(const nd_passage_finder *finder, nd_span span);

void nd_finder_set_lines(nd_place *place, const nd_line_index *lines);

/* Where the block of seeds that starts at `from` ends, `end` at the latest. */
static inline uint32_t nd_seed_block_end(uint32_t from, uint32_t end)
{
    return end - from < ND_SEED_BLOCK ? end : from + ND_SEED_BLOCK;
}

#endif

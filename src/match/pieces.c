#include "match/pieces.h"

#define NO_PIECE UINT32_MAX

/* At a threshold of 1 an equal pair adds nothing; every run is then a piece of its own. */
static const double least_gain = 1e-6;

static double gap_cost(const nd_run *before, const nd_run *after)
{
    return (double)(after->later - before->later - before->len) +
           (double)(after->earlier - before->earlier - before->len);
}

/* Adds the last piece to the ones before it that it belongs together with. */
static void join_last(nd_pieces *pieces)
{
    nd_piece *const list = pieces->list.items;
    for (;;) {
        nd_piece *const piece = &list[pieces->list.len - 1];
        uint32_t at = pieces->list.len > 1 ? (uint32_t)pieces->list.len - 2 : NO_PIECE;
        while (at != NO_PIECE && list[at].start >= piece->start)
            at = list[at].before;
        piece->before = at;
        if (at == NO_PIECE || list[at].end >= piece->end)
            return;
        list[at].last = piece->last;
        list[at].end = piece->end;
        pieces->list.len = (size_t)at + 1;
    }
}

nd_status nd_pieces_split(nd_pieces *pieces, const nd_allocator *allocator, const nd_run *runs,
                          uint32_t num, double min_similarity)
{
    pieces->list.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &pieces->list, num);
    if (status != ND_OK)
        return status;
    double gain = (1 + min_similarity) / min_similarity - 2;
    if (gain < least_gain)
        gain = least_gain;
    double score = 0;
    for (uint32_t i = 0; i < num; i++) {
        const double start = i == 0 ? 0 : score - gap_cost(&runs[i - 1], &runs[i]);
        score = start + gain * (double)runs[i].len;
        pieces->list.items[pieces->list.len++] =
            (nd_piece){.first = i, .last = i, .before = NO_PIECE, .start = start, .end = score};
        join_last(pieces);
    }
    return ND_OK;
}

void nd_pieces_release(nd_pieces *pieces, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &pieces->list);
}

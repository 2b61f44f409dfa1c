#include "passages/pieces.h"

#include <stdbool.h>

#include "text/border.h"

#define NO_PIECE UINT32_MAX

enum {
    /* Pieces are long for a gap if their scores are at least a third of its cost. */
    GAP_SHARE = 3,
    /* Costliest gap inside one line: a dozen changed words in a row are another sentence. */
    MAX_LINE_GAP = 48,
};

/* At a threshold of 1 an equal pair adds nothing; every run is then a piece of its own. */
static const double least_gain = 1e-6;

uint32_t nd_run_gap(const nd_run *before, const nd_run *after)
{
    return (after->later - before->later - before->len) +
           (after->earlier - before->earlier - before->len);
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
        const double start = i == 0 ? 0 : score - (double)nd_run_gap(&runs[i - 1], &runs[i]);
        score = start + gain * (double)runs[i].len;
        pieces->list.items[pieces->list.len++] =
            (nd_piece){.first = i, .last = i, .before = NO_PIECE, .start = start, .end = score};
        join_last(pieces);
    }
    return ND_OK;
}

/* A line ends in the tokens from `from` to `to`, or right at one of these. */
static bool has_line_end(nd_borders *borders, uint32_t from, uint32_t to)
{
    for (uint32_t t = from; t <= to; t++)
        if (nd_border_before(borders, t) == ND_BORDER_LINE)
            return true;
    return false;
}

static bool is_within_line(const nd_run *before, const nd_run *after, nd_borders *borders,
                           uint32_t seed_width)
{
    const uint32_t tokens = before->len + seed_width - 1;
    return !has_line_end(borders, before->later + tokens, after->later) &&
           !has_line_end(borders, before->earlier + tokens, after->earlier);
}

/* Whether the text between two pieces belongs to the passage that they are parts of. */
typedef enum join_rule {
    JOIN_NOT = 0,
    JOIN_IN_LINE, /* if it stands in one line */
    JOIN,
} join_rule;

static join_rule rule_for(const nd_joined_piece *a, const nd_joined_piece *b, uint32_t gap)
{
    if (a->score + b->score < gap)
        return JOIN_NOT;
    const double smaller = a->score < b->score ? a->score : b->score;
    if (smaller * GAP_SHARE >= gap)
        return JOIN;
    return gap <= MAX_LINE_GAP ? JOIN_IN_LINE : JOIN_NOT;
}

nd_status nd_pieces_join(nd_pieces *pieces, const nd_allocator *allocator, const nd_run *runs,
                         nd_borders *borders, uint32_t seed_width)
{
    const nd_piece *const list = pieces->list.items;
    pieces->joined.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &pieces->joined, pieces->list.len);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 0; i < pieces->list.len; i++) {
        nd_joined_piece joined = {i, i, list[i].end - list[i].start};
        for (; pieces->joined.len > 0; pieces->joined.len--) {
            const nd_joined_piece *const top = &pieces->joined.items[pieces->joined.len - 1];
            const nd_run *const before = &runs[list[top->last_piece].last];
            const nd_run *const after = &runs[list[joined.first_piece].first];
            const join_rule rule = rule_for(top, &joined, nd_run_gap(before, after));
            if (rule == JOIN_NOT ||
                (rule == JOIN_IN_LINE && !is_within_line(before, after, borders, seed_width)))
                break;
            joined.first_piece = top->first_piece;
            joined.score += top->score - nd_run_gap(before, after);
        }
        pieces->joined.items[pieces->joined.len++] = joined;
    }
    return ND_OK;
}

void nd_pieces_release(nd_pieces *pieces, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &pieces->list);
    ND_VEC_RELEASE(allocator, &pieces->joined);
}

#include "match/span_similarity.h"

#include <string.h>

#include "neardup/match.h"
#include "text/token_buffer.h"
#include "util/xxh.h"

enum {
    IN_A = 1,
    IN_B = 2,
    SIDES = 4, /* what an epoch counts in */
    EPOCH_MAX = UINT32_MAX / SIDES - 1,
    MIN_CAPACITY = 256,
};

/* Distinct shingles so far. */
typedef struct tally {
    uint64_t size_a, size_b, common;
} tally;

void nd_span_scorer_init(nd_span_scorer *scorer, const nd_allocator *allocator, uint32_t width)
{
    *scorer = (nd_span_scorer){.allocator = *allocator, .width = width};
}

static nd_status reserve(nd_span_scorer *scorer, size_t num_shingles)
{
    size_t capacity = MIN_CAPACITY;
    while (capacity < num_shingles * 2)
        capacity *= 2;
    scorer->mask = capacity - 1;
    if (capacity <= scorer->capacity)
        return ND_OK;
    uint64_t *const hashes = nd_alloc(&scorer->allocator, capacity, sizeof *hashes);
    uint32_t *const stamps = nd_alloc_zeroed(&scorer->allocator, capacity, sizeof *stamps);
    if (!hashes || !stamps) {
        nd_release(&scorer->allocator, hashes);
        nd_release(&scorer->allocator, stamps);
        return ND_ERR_NO_MEMORY;
    }
    nd_release(&scorer->allocator, scorer->hashes);
    nd_release(&scorer->allocator, scorer->stamps);
    scorer->hashes = hashes;
    scorer->stamps = stamps;
    scorer->capacity = capacity;
    scorer->epoch = 0;
    return ND_OK;
}

static void next_epoch(nd_span_scorer *scorer)
{
    if (scorer->epoch < EPOCH_MAX) {
        scorer->epoch++;
        return;
    }
    memset(scorer->stamps, 0, scorer->capacity * sizeof *scorer->stamps);
    scorer->epoch = 1;
}

/* Marks the shingle as held by `side`, and counts it there if it is new. */
static void count_shingle(nd_span_scorer *scorer, uint64_t hash, uint32_t side, tally *t)
{
    const uint32_t empty = scorer->epoch * SIDES;
    size_t at = hash & scorer->mask;
    while (scorer->stamps[at] > empty && scorer->hashes[at] != hash)
        at = (at + 1) & scorer->mask;
    const uint32_t held = scorer->stamps[at] > empty ? scorer->stamps[at] - empty : 0;
    if (held & side)
        return;
    scorer->hashes[at] = hash;
    scorer->stamps[at] = empty + (held | side);
    t->size_a += side == IN_A;
    t->size_b += side == IN_B;
    t->common += held != 0;
}

static uint32_t num_shingles(uint32_t len, uint32_t width)
{
    return len < width ? 1 : len - width + 1;
}

static void count_span(nd_span_scorer *scorer, const nd_text *text, nd_span span, uint32_t side,
                       tally *t)
{
    const uint32_t *const start = text->token_start;
    const uint32_t len = nd_span_len(span), num = num_shingles(len, scorer->width);
    const uint32_t width = len < scorer->width ? len : scorer->width;
    for (uint32_t i = span.start; i < span.start + num; i++)
        count_shingle(scorer,
                      XXH3_64bits(text->normalised + start[i], start[i + width] - start[i] - 1),
                      side, t);
}

static nd_status begin(nd_span_scorer *scorer, uint32_t width, nd_span a, nd_span b)
{
    const nd_status status = reserve(scorer, (size_t)num_shingles(nd_span_len(a), width) +
                                                 num_shingles(nd_span_len(b), width));
    if (status == ND_OK)
        next_epoch(scorer);
    return status;
}

nd_status nd_span_similarity(nd_span_scorer *scorer, const nd_text *text, nd_span a, nd_span b,
                             double *similarity)
{
    *similarity = 0;
    const nd_status status = begin(scorer, scorer->width, a, b);
    if (status != ND_OK)
        return status;
    tally t = {0};
    count_span(scorer, text, a, IN_A, &t);
    count_span(scorer, text, b, IN_B, &t);
    *similarity = nd_similarity_from_counts(t.size_a, t.size_b, t.common).jaccard;
    return ND_OK;
}

/* A seed without a class is the only one of its tokens. */
static void count_rare_seeds(nd_span_scorer *scorer, const nd_seed_index *seeds, nd_span span,
                             uint32_t side, tally *t)
{
    for (uint32_t i = span.start; i + seeds->width <= span.end; i++) {
        const uint32_t class = seeds->class_of[i];
        if (class == ND_SEED_NONE)
            count_shingle(scorer, i, side, t);
        else if (seeds->occurrences[class] < ND_SEED_HOT)
            count_shingle(scorer, class, side, t);
    }
}

nd_status nd_span_rare_similarity(nd_span_scorer *scorer, const nd_seed_index *seeds, nd_span a,
                                  nd_span b, double *similarity)
{
    *similarity = 0;
    const nd_status status = begin(scorer, seeds->width, a, b);
    if (status != ND_OK)
        return status;
    tally t = {0};
    count_rare_seeds(scorer, seeds, a, IN_A, &t);
    count_rare_seeds(scorer, seeds, b, IN_B, &t);
    *similarity = nd_similarity_from_counts(t.size_a, t.size_b, t.common).jaccard;
    return ND_OK;
}

void nd_span_scorer_release(nd_span_scorer *scorer)
{
    nd_release(&scorer->allocator, scorer->hashes);
    nd_release(&scorer->allocator, scorer->stamps);
}

#include "passages/span_similarity.h"

#include <stdbool.h>
#include <string.h>

#include "neardup/match.h"
#include "text/tokenise/token_buffer.h"
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
    return ND_OK;
}

static nd_status reserve_marks(nd_span_scorer *scorer, size_t num_classes)
{
    const size_t before = scorer->mark_capacity;
    const nd_status status = nd_reserve(&scorer->allocator, (void **)&scorer->marks,
                                        &scorer->mark_capacity, num_classes, sizeof *scorer->marks);
    if (status == ND_OK && scorer->mark_capacity > before)
        memset(scorer->marks + before, 0, (scorer->mark_capacity - before) * sizeof *scorer->marks);
    return status;
}

static void next_epoch(nd_span_scorer *scorer)
{
    if (scorer->epoch < EPOCH_MAX) {
        scorer->epoch++;
        return;
    }
    if (scorer->capacity > 0)
        memset(scorer->stamps, 0, scorer->capacity * sizeof *scorer->stamps);
    if (scorer->mark_capacity > 0)
        memset(scorer->marks, 0, scorer->mark_capacity * sizeof *scorer->marks);
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

/* Begins to mark classes. Those of a are marked IN_A, and then those of b IN_B, whatever they were
 * marked before. */
static nd_status begin_marks(nd_span_scorer *scorer, const nd_seed_index *seeds)
{
    const nd_status status = reserve_marks(scorer, seeds->num_seeds);
    if (status == ND_OK)
        next_epoch(scorer);
    return status;
}

/* Counts the class in a, if it is new there. */
static inline void mark_in_a(nd_span_scorer *scorer, uint32_t class, tally *t)
{
    const uint32_t in_a = scorer->epoch * SIDES + IN_A;
    t->size_a += scorer->marks[class] != in_a;
    scorer->marks[class] = in_a;
}

/* The same in b, when all of a is marked. */
static inline void mark_in_b(nd_span_scorer *scorer, uint32_t class, tally *t)
{
    const uint32_t in_a = scorer->epoch * SIDES + IN_A, in_b = scorer->epoch * SIDES + IN_B;
    const uint32_t mark = scorer->marks[class];
    t->size_b += mark != in_b;
    t->common += mark == in_a;
    scorer->marks[class] = in_b;
}

static uint32_t seeds_end(nd_span span, uint32_t width)
{
    return span.end - width + 1;
}

nd_status nd_span_seed_similarity(nd_span_scorer *scorer, const nd_seed_index *seeds, nd_span a,
                                  nd_span b, double *similarity)
{
    const uint32_t width = seeds->width;
    if (!seeds->all_have_class || width != scorer->width || nd_span_len(a) < width ||
        nd_span_len(b) < width)
        return nd_span_similarity(scorer, seeds->text, a, b, similarity);
    *similarity = 0;
    const nd_status status = begin_marks(scorer, seeds);
    if (status != ND_OK)
        return status;
    tally t = {0};
    for (uint32_t i = a.start; i < seeds_end(a, width); i++)
        mark_in_a(scorer, seeds->class_of[i], &t);
    for (uint32_t i = b.start; i < seeds_end(b, width); i++)
        mark_in_b(scorer, seeds->class_of[i], &t);
    *similarity = nd_similarity_from_counts(t.size_a, t.size_b, t.common).jaccard;
    return ND_OK;
}

/* Whether few positions hold a seed of this class. */
static bool is_rare(const nd_seed_index *seeds, uint32_t class)
{
    return seeds->occurrences[class] < ND_SEED_HOT;
}

/* A seed without a class stands in the other text nowhere; one that the own text repeats then
 * counts each time, which a filter can do with. */
nd_status nd_span_rare_similarity(nd_span_scorer *scorer, const nd_seed_index *seeds, nd_span a,
                                  nd_span b, double *similarity)
{
    const uint32_t width = seeds->width;
    *similarity = 0;
    const nd_status status = begin_marks(scorer, seeds);
    if (status != ND_OK)
        return status;
    tally t = {0};
    for (uint32_t i = a.start; i + width <= a.end; i++) {
        const uint32_t class = seeds->class_of[i];
        if (class == ND_SEED_NONE)
            t.size_a++;
        else if (is_rare(seeds, class))
            mark_in_a(scorer, class, &t);
    }
    for (uint32_t i = b.start; i + width <= b.end; i++) {
        const uint32_t class = seeds->class_of[i];
        if (class == ND_SEED_NONE)
            t.size_b++;
        else if (is_rare(seeds, class))
            mark_in_b(scorer, class, &t);
    }
    *similarity = nd_similarity_from_counts(t.size_a, t.size_b, t.common).jaccard;
    return ND_OK;
}

void nd_span_scorer_release(nd_span_scorer *scorer)
{
    nd_release(&scorer->allocator, scorer->hashes);
    nd_release(&scorer->allocator, scorer->stamps);
    nd_release(&scorer->allocator, scorer->marks);
}

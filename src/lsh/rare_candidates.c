#include "lsh/rare_candidates.h"

#include <string.h>

enum {
    /* Postings a document follows: this many, and so many for each of its samples; none in buckets
     * over MAX_BUCKET. For its rarest samples, which are those of the story where hundreds carry
     * it, the size of a bucket does not count and the budget is four times as much. More finds no
     * further copies in news, and costs a tenth of the scan. */
    BUDGET = 256,
    BUDGET_A_SAMPLE = 4,
    MAX_BUCKET = 64,
    RAREST = 4,
    MIN_SHARED = 2,         /* shingles followed that a candidate holds, where so many are */
    MIN_FOLLOWED_PART = 10, /* one part in so many of the weight followed */
    MIN_TEXT_PART = 16,     /* and of the weight of the text that has less of it */
    /* Common text: so many buckets, of each the first members and the next after d. */
    COMMON_BUCKETS = 2,
    LEADERS = 4,
    FOLLOWERS = 4,
    MIN_SLOTS = 64,
    WEIGHT_CLASSES = 65,
};

/* Rarest first; fine enough, a weight of one class being within a 64th of ND_WEIGHT_ONE. */
static uint32_t weight_class(uint64_t sample)
{
    return (uint32_t)(sample >> 32) / (ND_WEIGHT_ONE / (WEIGHT_CLASSES - 1));
}

/* Of one document: how many of the shingles followed it holds, and what they weigh. In 8 bytes, so
 * that a table stays in the first-level cache; both stop at the most they can hold. */
typedef struct nd_tally {
    uint32_t document;
    unsigned num : 6;
    unsigned weight : 26; /* in units of WEIGHT_UNIT */
} tally;
enum { MAX_NUM = 63, MAX_WEIGHT = (1 << 26) - 1, WEIGHT_UNIT = 16 };

/* What was followed. */
typedef struct followed {
    size_t num;
    uint64_t weight, postings;
    uint64_t weight_of_rest; /* of d's samples, but for those it could not afford to follow */
} followed;

/* Copies the samples that others share to `scratch`, and counts how many have each weight class. */
static size_t gather_shared(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                            uint32_t counts[WEIGHT_CLASSES])
{
    size_t num = 0;
    for (size_t s = shared->start[d]; s < shared->start[d + 1]; s++) {
        const uint64_t sample = shared->samples[s];
        if (nd_sample_bucket(sample) == ND_NO_BUCKET)
            continue;
        __builtin_prefetch(shared->members + nd_sample_bucket(sample));
        counts[weight_class(sample)]++;
        f->scratch.items[num++] = sample;
    }
    return num;
}

/* Orders by weight class, then as in the text. */
static nd_status order_samples(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                               const nd_allocator *allocator)
{
    const size_t num_samples = shared->start[d + 1] - shared->start[d];
    f->order.len = f->scratch.len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, &f->order, num_samples);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &f->scratch, num_samples);
    if (status != ND_OK)
        return status;
    uint32_t places[WEIGHT_CLASSES] = {0};
    const size_t num = gather_shared(f, shared, d, places);
    uint32_t place = 0;
    for (size_t c = 0; c < WEIGHT_CLASSES; c++) {
        const uint32_t count = places[c];
        places[c] = place;
        place += count;
    }
    for (size_t i = 0; i < num; i++)
        f->order.items[places[weight_class(f->scratch.items[i])]++] = f->scratch.items[i];
    f->order.len = num;
    return ND_OK;
}

/* How many of the ordered samples the budget pays for. */
static size_t num_affordable(const nd_candidate_finder *f, const nd_shared_shingles *shared,
                             size_t num_samples)
{
    const uint64_t budget = BUDGET + (uint64_t)BUDGET_A_SAMPLE * num_samples;
    uint64_t spent = 0;
    size_t num = 0;
    for (; num < f->order.len; num++) {
        const uint32_t size = shared->members[nd_sample_bucket(f->order.items[num])];
        spent += size;
        if (spent > 4 * budget || (num >= RAREST && (spent > budget || size > MAX_BUCKET)))
            break;
    }
    return num;
}

static nd_status clear_tallies(nd_candidate_finder *f, uint64_t postings,
                               const nd_allocator *allocator)
{
    for (size_t i = 0; i < f->touched.len; i++)
        f->tallies[f->touched.items[i]].num = 0;
    f->touched.len = 0;
    f->candidates.len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, &f->touched, postings);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &f->candidates,
                                postings + (size_t)COMMON_BUCKETS * (LEADERS + FOLLOWERS));
    size_t slots = MIN_SLOTS;
    while (slots < postings * 2)
        slots *= 2;
    f->mask = slots - 1; /* of all that there are, which are zero */
    if (status != ND_OK || slots <= f->tallies_capacity)
        return status;
    tally *const grown = nd_alloc_zeroed(allocator, slots, sizeof *grown);
    if (!grown)
        return ND_ERR_NO_MEMORY;
    nd_release(allocator, f->tallies);
    f->tallies = grown;
    f->tallies_capacity = slots;
    return ND_OK;
}

static void count_member(nd_candidate_finder *f, uint32_t document, uint32_t weight)
{
    size_t at = (document * UINT64_C(0x9e3779b97f4a7c15) >> 32) & f->mask;
    while (f->tallies[at].num && f->tallies[at].document != document)
        at = (at + 1) & f->mask;
    tally *const t = &f->tallies[at];
    if (t->num == 0) {
        *t = (tally){.document = document};
        f->touched.items[f->touched.len++] = (uint32_t)at;
    }
    if (t->num < MAX_NUM)
        t->num++;
    const uint32_t sum = t->weight + weight;
    t->weight = (sum < MAX_WEIGHT ? sum : MAX_WEIGHT) & MAX_WEIGHT;
}

static void follow(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                   followed *total)
{
    for (size_t i = 0; i < total->num; i++) {
        const uint32_t *const bucket = shared->members + nd_sample_bucket(f->order.items[i]);
        const uint32_t weight = nd_sample_weight(f->order.items[i]);
        total->weight += weight;
        for (uint32_t m = 1; m <= bucket[0]; m++)
            if (bucket[m] != d)
                count_member(f, bucket[m], weight / WEIGHT_UNIT);
    }
}

/* The part of a text's weight that could be shared at all with one that samples hashes up to
 * `up_to`: a short text samples more of its own than a long one. Its sum is then below 2^21. */
static uint64_t comparable(uint64_t weight, uint64_t sampled_up_to, uint64_t up_to)
{
    return sampled_up_to <= up_to ? weight : weight * (up_to >> 32) / (sampled_up_to >> 32);
}

static bool is_candidate(const nd_shared_shingles *shared, uint32_t d, const tally *t,
                         const followed *total)
{
    const uint64_t weight = (uint64_t)t->weight * WEIGHT_UNIT;
    const size_t least = total->num < MIN_SHARED ? total->num : MIN_SHARED;
    if (t->num < least || weight * MIN_FOLLOWED_PART < total->weight)
        return false;
    const uint64_t own_limit = shared->sampled_up_to[d];
    const uint64_t other_limit = shared->sampled_up_to[t->document];
    const uint64_t own = comparable(total->weight_of_rest, own_limit, other_limit);
    const uint64_t other = comparable(shared->weight_sum[t->document], other_limit, own_limit);
    return weight * MIN_TEXT_PART >= (own < other ? own : other);
}

static void choose(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                   const followed *total)
{
    for (size_t i = 0; i < f->touched.len; i++) {
        const tally *const t = &f->tallies[f->touched.items[i]];
        if (is_candidate(shared, d, t, total))
            f->candidates.items[f->candidates.len++] = t->document;
    }
}

/* Position of d among the members of a bucket. */
static uint32_t find_member(const uint32_t *bucket, uint32_t d)
{
    uint32_t low = 1, high = bucket[0];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (bucket[middle] < d)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A document may come twice; the caller's list of pairs does away with that. */
static void meet_common(nd_candidate_finder *f, const uint32_t *bucket, uint32_t d)
{
    for (uint32_t m = 1; m <= LEADERS && m <= bucket[0]; m++)
        if (bucket[m] != d)
            f->candidates.items[f->candidates.len++] = bucket[m];
    const uint32_t own = find_member(bucket, d);
    for (uint32_t m = own + 1; m <= own + FOLLOWERS && m <= bucket[0]; m++)
        f->candidates.items[f->candidates.len++] = bucket[m];
}

nd_status nd_candidate_finder_find(nd_candidate_finder *finder, const nd_shared_shingles *shared,
                                   uint32_t d, const nd_allocator *allocator)
{
    const size_t num_samples = shared->start[d + 1] - shared->start[d];
    nd_status status = order_samples(finder, shared, d, allocator);
    if (status != ND_OK)
        return status;
    followed total = {.num = num_affordable(finder, shared, num_samples)};
    for (size_t i = 0; i < total.num; i++)
        total.postings += shared->members[nd_sample_bucket(finder->order.items[i])];
    status = clear_tallies(finder, total.postings, allocator);
    if (status != ND_OK)
        return status;
    follow(finder, shared, d, &total);
    total.weight_of_rest = shared->weight_sum[d];
    finder->left_out = 0;
    for (size_t i = total.num; i < finder->order.len; i++) {
        finder->left_out += shared->members[nd_sample_bucket(finder->order.items[i])] - 1;
        total.weight_of_rest -= nd_sample_weight(finder->order.items[i]);
    }
    choose(finder, shared, d, &total);
    finder->is_common = (finder->order.len - total.num) * 2 >= num_samples;
    if (finder->is_common)
        for (size_t i = 0; i < COMMON_BUCKETS && total.num + i < finder->order.len; i++)
            meet_common(finder,
                        shared->members + nd_sample_bucket(finder->order.items[total.num + i]), d);
    return ND_OK;
}

void nd_candidate_finder_release(nd_candidate_finder *finder, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &finder->order);
    ND_VEC_RELEASE(allocator, &finder->scratch);
    nd_release(allocator, finder->tallies);
    ND_VEC_RELEASE(allocator, &finder->touched);
    ND_VEC_RELEASE(allocator, &finder->candidates);
    *finder = (nd_candidate_finder){0};
}

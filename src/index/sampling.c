#include "index/sampling.h"

#include "index/run.h"

/* At least so many shingles have the texts of a class. */
static const uint32_t least_shingles[ND_MEMBER_CLASSES] = {0, 49, 97, 145, 193, 241, 385, 769};

nd_sampling nd_sampling_of(const uint64_t *set, uint32_t num_shingles, uint32_t *num_samples)
{
    const nd_sequence_sample sample = nd_sample_sequence(set, num_shingles);
    *num_samples = sample.num_samples;
    return (nd_sampling){num_shingles, sample.shift};
}

uint64_t nd_sampling_member(uint32_t text, uint32_t num_shingles, uint32_t sample)
{
    uint64_t size_class = ND_MEMBER_CLASSES - 1;
    while (num_shingles < least_shingles[size_class])
        size_class--;
    return size_class << ND_MEMBER_CLASS_SHIFT | (sample < ND_PICKS ? ND_MEMBER_PICKS : 0) | text;
}

static bool is_enough(uint32_t a, uint32_t b, uint32_t shift, uint64_t weight)
{
    return weight >= nd_rare_weight_needed(a < b ? a : b, shift); /* at most UINT32_MAX */
}

bool nd_sampling_may_be_near(nd_sampling a, uint32_t size_class, uint64_t weight)
{
    return is_enough(a.num_shingles, least_shingles[size_class], ND_SAMPLE_MAX_SHIFT, weight);
}

bool nd_samplings_are_near(nd_sampling a, nd_sampling b, uint64_t weight)
{
    return is_enough(a.num_shingles, b.num_shingles, a.shift > b.shift ? a.shift : b.shift, weight);
}

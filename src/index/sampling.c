#include "index/sampling.h"

#include <string.h>

#include "index/run.h"

#define NO_PICK UINT64_C(0xffffffffffff) /* keys are shorter */

/* At least so many shingles have the texts of a class. */
static const uint32_t least_shingles[ND_MEMBER_CLASSES] = {0, 49, 97, 145, 193, 241, 385, 769};

nd_sampling nd_sampling_of(const uint64_t *set, uint32_t num_shingles, uint32_t *num_samples)
{
    const nd_sequence_sample sample = nd_sample_sequence(set, num_shingles);
    *num_samples = sample.num_samples;
    return (nd_sampling){num_shingles, sample.shift};
}

uint32_t nd_sampling_class(uint32_t num_shingles)
{
    uint32_t size_class = ND_MEMBER_CLASSES - 1;
    while (num_shingles < least_shingles[size_class])
        size_class--;
    return size_class;
}

uint64_t nd_sampling_member(uint32_t text, uint32_t num_shingles, uint32_t sample)
{
    return (uint64_t)nd_sampling_class(num_shingles) << ND_MEMBER_CLASS_SHIFT |
           (sample < ND_PICKS ? ND_MEMBER_PICKS : 0) | text;
}

void nd_picks_pack(const uint64_t *set, uint32_t num_samples, uint32_t words[ND_PICKS_WORDS])
{
    unsigned char *const bytes = (unsigned char *)words;
    for (uint32_t i = 0; i < ND_PICKS; i++) {
        const uint64_t key = i < num_samples ? nd_sample_key(set[i]) : NO_PICK;
        memcpy(bytes + i * (size_t)ND_PICK_BYTES, &key, ND_PICK_BYTES); /* little-endian */
    }
}

uint32_t nd_picks_unpack(const uint32_t words[ND_PICKS_WORDS], uint64_t keys[ND_PICKS])
{
    const unsigned char *const bytes = (const unsigned char *)words;
    uint32_t num = 0;
    for (; num < ND_PICKS; num++) {
        keys[num] = 0;
        memcpy(&keys[num], bytes + num * (size_t)ND_PICK_BYTES, ND_PICK_BYTES);
        if (keys[num] == NO_PICK)
            break;
    }
    return num;
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

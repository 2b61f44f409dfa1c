/* The rule of candidates by rare shingles (neardup/candidates.h), and the recall to expect of it.
 */
#include <math.h>

#include "coverage/coverage.h"
#include "neardup/plan.h"

enum { NEEDED_PART = 12 }; /* of the smaller text, one part in so many */

static uint64_t integer_sqrt(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= x)
            root += bit;
    return root;
}

uint32_t nd_shingle_weight(uint32_t frequency)
{
    if (frequency <= ND_PLAIN_FREQUENCY)
        return ND_SHINGLE_WEIGHT_ONE;
    const uint64_t square =
        (uint64_t)ND_SHINGLE_WEIGHT_ONE * ND_SHINGLE_WEIGHT_ONE * ND_PLAIN_FREQUENCY / frequency;
    const uint64_t weight = integer_sqrt(square);
    return weight ? (uint32_t)weight : 1;
}

nd_sampled_text nd_sampled_text_of(const uint64_t *shingles, uint32_t num)
{
    uint32_t num_up_to[ND_SAMPLE_MAX_SHIFT + 1] = {num};
    for (uint32_t i = 0; i < num; i++) {
        num_up_to[1] += shingles[i] >> 63 == 0;
        num_up_to[2] += shingles[i] >> 62 == 0;
    }
    uint32_t shift = ND_SAMPLE_MAX_SHIFT;
    while (shift > 0 && num_up_to[shift] < ND_SAMPLE_MIN)
        shift--;
    return (nd_sampled_text){
        .shingles = shingles, .num = num, .num_samples = num_up_to[shift], .sample_shift = shift};
}

uint64_t nd_rare_weight_needed(size_t num_shingles, uint32_t shift)
{
    const uint64_t part = (uint64_t)NEEDED_PART << shift;
    const uint64_t needed = (num_shingles * (uint64_t)ND_SHINGLE_WEIGHT_ONE + part - 1) / part;
    return needed < UINT32_MAX ? needed : UINT32_MAX;
}

/* Puts a shingle in its place among the lowest so far. */
static void pick(nd_sequence_sample *sample, uint64_t shingle)
{
    uint32_t at = sample->num_picks < ND_PICKS ? sample->num_picks++ : ND_PICKS - 1;
    for (; at > 0 && sample->picks[at - 1] > shingle; at--)
        sample->picks[at] = sample->picks[at - 1];
    sample->picks[at] = shingle;
}

nd_sequence_sample nd_sample_sequence(const uint64_t *shingles, size_t num)
{
    const nd_sampled_text text = nd_sampled_text_of(shingles, (uint32_t)num);
    nd_sequence_sample sample = {.num_samples = text.num_samples,
                                 .shift = text.sample_shift,
                                 .up_to = nd_sampled_up_to(&text)};
    for (size_t i = 0; i < num; i++)
        if (shingles[i] <= sample.up_to &&
            (sample.num_picks < ND_PICKS || shingles[i] < sample.picks[ND_PICKS - 1]))
            pick(&sample, shingles[i]);
    return sample;
}

/* --- what is expected of it --- */

enum { MAX_EXPECTED = 4096 }; /* shingles; of more of them the chances are about the same: 0 or 1 */

/* The binomial distribution: chances[k] of k out of num. From its mode down and up, as the chance
 * of none may be too small for a number. */
static void binomial(uint32_t num, double p, double chances[MAX_EXPECTED + 1])
{
    const uint32_t mode = (uint32_t)((num + 1) * p) < num ? (uint32_t)((num + 1) * p) : num;
    double sum = 1;
    chances[mode] = 1;
    for (uint32_t k = mode; k > 0; k--) {
        chances[k - 1] = chances[k] * k / (num - k + 1) * (1 - p) / p;
        sum += chances[k - 1];
    }
    for (uint32_t k = mode; k < num; k++) {
        chances[k + 1] = chances[k] * (num - k) / (k + 1) * p / (1 - p);
        sum += chances[k + 1];
    }
    for (uint32_t k = 0; k <= num; k++)
        chances[k] /= sum;
}

/* The chance that enough of the shared shingles lie in the quarter of all hashes that a long text
 * samples, where all are so rare that they weigh ND_SHINGLE_WEIGHT_ONE. */
double nd_rare_search_probability(double num_shingles, double share)
{
    const double num = num_shingles < MAX_EXPECTED ? round(num_shingles) : MAX_EXPECTED;
    const double shared = round(num * share);
    if (!(shared >= 1) || shared > num)
        return 0;
    double chances[MAX_EXPECTED + 1], chance = 0;
    const uint64_t needed = nd_rare_weight_needed((size_t)num, ND_SAMPLE_MAX_SHIFT);
    binomial((uint32_t)shared, 0.25, chances);
    for (uint32_t k = (uint32_t)shared; (uint64_t)k * ND_SHINGLE_WEIGHT_ONE >= needed; k--)
        chance += chances[k];
    return chance < 1 ? chance : 1;
}

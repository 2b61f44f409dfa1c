#include "coverage/coverage.h"

#include <math.h>
#include <string.h>

#include "neardup/plan.h"

enum {
    /* Larger texts a document follows its samples to: this many, and so many for each sample; none
     * of a shingle that stands in more than 64 documents, which weighs less than MIN_WEIGHT. Where
     * a quarter of the text is its own, more than 32 are too many. For its rarest samples, which
     * are those of the story where hundreds carry it, their number does not count and the budget
     * is four times as much. More finds no further copies in news. */
    BUDGET = 256,
    BUDGET_A_SAMPLE = 4,
    MIN_WEIGHT = 1254,
    MIN_WEIGHT_OWN = 1773,
    OWN_PART = 4,
    PREFETCH = 16, /* lists asked for ahead */
    RAREST = 4,
    MIN_FOLLOWED_PART = 11, /* one part in so many of the weight followed */
    MIN_TEXT_PART = 12,     /* and of the weight of the text that has less of it */
    /* Common text: by so many samples, to the first documents and those right before d. */
    COMMON_SAMPLES = 2,
    LEADERS = 4,
    NEIGHBOURS = 4,
    MIN_SLOTS = 64,
    WEIGHT_CLASSES = 64,
};

/* Rarest first; fine enough, a weight of one class being within a 64th of ND_WEIGHT_ONE. */
static uint32_t weight_class(uint64_t sample)
{
    return (uint32_t)(sample >> 58);
}

/* What one document holds of the shingles followed, in 8 bytes, so that a table stays in the
 * first-level cache; 0 in the lower half where nothing stands.
 *
 *   | document, 32 bits | more than one, 1 | weight in units of WEIGHT_UNIT, 1 and up, 31 |      */
static const uint32_t SEVERAL = UINT32_C(1) << 31;
enum { WEIGHT_UNIT = 16 };

/* What was followed. */
typedef struct followed {
    size_t num;
    uint64_t weight, postings;
    uint64_t weight_of_rest; /* of d's samples, but for those it could not afford to follow */
} followed;

/* Copies the samples that longer texts share to `scratch`, and counts how many have each weight
 * class. */
static size_t gather_shared(nd_candidate_finder *f, const uint64_t *samples, size_t num_samples,
                            uint32_t counts[WEIGHT_CLASSES])
{
    size_t num = 0;
    for (size_t s = 0; s < num_samples; s++) {
        f->scratch.items[num] = samples[s];
        num += nd_sample_earlier(samples[s]) > 0;
    }
    for (size_t i = 0; i < num; i++)
        counts[weight_class(f->scratch.items[i])]++;
    return num;
}

/* Orders by weight class, then as in the text. */
static nd_status order_samples(nd_candidate_finder *f, const uint64_t *samples, size_t num_samples,
                               const nd_allocator *allocator)
{
    f->order.len = f->scratch.len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, &f->order, num_samples);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &f->scratch, num_samples);
    if (status != ND_OK)
        return status;
    uint32_t places[WEIGHT_CLASSES] = {0};
    const size_t num = gather_shared(f, samples, num_samples, places);
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

static void prefetch_members(const nd_shared_shingles *shared, uint64_t sample)
{
    const uint32_t num = nd_sample_earlier(sample);
    if (num > 1)
        __builtin_prefetch(shared->members + nd_sample_member(sample) - num);
}

/* How many of the ordered samples the budget pays for; asks for the members of the first. */
static size_t num_affordable(const nd_candidate_finder *f, const nd_shared_shingles *shared,
                             size_t num_samples)
{
    const uint64_t budget = BUDGET + (uint64_t)BUDGET_A_SAMPLE * num_samples;
    const size_t num_own = num_samples - f->order.len;
    const uint32_t min_weight = num_own * OWN_PART > num_samples ? MIN_WEIGHT_OWN : MIN_WEIGHT;
    uint64_t spent = 0;
    size_t num = 0;
    for (; num < f->order.len; num++) {
        const uint64_t sample = f->order.items[num];
        spent += nd_sample_earlier(sample);
        if (spent > 4 * budget ||
            (num >= RAREST && (spent > budget || nd_sample_weight(sample) < min_weight)))
            break;
        if (num < PREFETCH)
            prefetch_members(shared, sample);
    }
    return num;
}

static nd_status clear_tallies(nd_candidate_finder *f, uint64_t postings,
                               const nd_allocator *allocator)
{
    for (size_t i = 0; i < f->touched.len; i++)
        f->tallies[f->touched.items[i]] = 0;
    f->touched.len = 0;
    f->candidates.len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, &f->touched, postings + 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &f->likely, postings);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &f->candidates,
                                postings + (size_t)COMMON_SAMPLES * (LEADERS + NEIGHBOURS));
    size_t slots = MIN_SLOTS;
    while (slots < postings * 4)
        slots *= 2;
    f->mask = slots - 1; /* of all that there are, which are zero */
    if (status != ND_OK || slots <= f->tallies_capacity)
        return status;
    uint64_t *const grown = nd_alloc_zeroed(allocator, slots, sizeof *grown);
    if (!grown)
        return ND_ERR_NO_MEMORY;
    nd_release(allocator, f->tallies);
    f->tallies = grown;
    f->tallies_capacity = slots;
    return ND_OK;
}

/* One branch for both: whether a document is met for the first time cannot be predicted, a clash
 * can.
 */
static bool is_clash(uint64_t tally, uint32_t document)
{
    return (int)((uint32_t)tally != 0) & (int)(tally >> 32 != document);
}

/* The sum stops where there is no more room for it. */
static void count_member(nd_candidate_finder *f, uint32_t document, uint32_t weight)
{
    size_t at = (document * UINT64_C(0x9e3779b97f4a7c15) >> 32) & f->mask;
    while (is_clash(f->tallies[at], document))
        at = (at + 1) & f->mask;
    const uint32_t before = (uint32_t)f->tallies[at];
    f->touched.items[f->touched.len] = (uint32_t)at;
    f->touched.len += before == 0;
    const uint32_t sum = (before & ~SEVERAL) + weight;
    const uint32_t capped = sum < SEVERAL ? sum : SEVERAL - 1;
    f->tallies[at] = (uint64_t)document << 32 | capped | (before ? SEVERAL : 0);
}

/* The documents before its own that share a sample: `sample` itself tells of one. */
static const uint32_t *earlier_documents(const nd_shared_shingles *shared, uint64_t sample,
                                         uint32_t *single)
{
    const uint32_t num = nd_sample_earlier(sample);
    *single = nd_sample_member(sample);
    return num == 1 ? single : shared->members + *single - num;
}

/* A document stands before itself where two of its samples are taken for one. */
static void follow(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                   followed *total)
{
    for (size_t i = 0; i < total->num; i++) {
        const uint64_t *const sample = &f->order.items[i];
        const uint32_t num = nd_sample_earlier(*sample), weight = nd_sample_weight(*sample);
        const uint32_t units = weight / WEIGHT_UNIT + (weight < WEIGHT_UNIT);
        uint32_t single;
        const uint32_t *const documents = earlier_documents(shared, *sample, &single);
        if (i + PREFETCH < total->num)
            prefetch_members(shared, sample[PREFETCH]);
        total->weight += weight;
        for (uint32_t m = 0; m < num; m++)
            if (documents[m] != d)
                count_member(f, documents[m], units);
    }
}

/* The part of a text's weight that could be shared at all with one that samples less of its own: a
 * short text samples more of its own than a long one. */
static uint64_t comparable(uint64_t weight, uint32_t shift, uint32_t other_shift)
{
    return shift < other_shift ? weight >> (other_shift - shift) : weight;
}

/* By what of the shingles followed it holds: a part of their weight, and two where there are two.
 */
static bool holds_enough(uint64_t tally, const followed *total)
{
    const uint64_t weight = (uint64_t)((uint32_t)tally & ~SEVERAL) * WEIGHT_UNIT;
    return (total->num <= 1 || (tally & SEVERAL)) && weight * MIN_FOLLOWED_PART >= total->weight;
}

/* By what that is of the text that has less of it. */
static bool is_part(const nd_shared_shingles *shared, uint32_t d, uint64_t tally,
                    const followed *total)
{
    const uint64_t weight = (uint64_t)((uint32_t)tally & ~SEVERAL) * WEIGHT_UNIT;
    const nd_sampled_text *const text = &shared->texts[d];
    const nd_sampled_text *const other = &shared->texts[tally >> 32];
    const uint64_t own = comparable(total->weight_of_rest, text->sample_shift, other->sample_shift);
    const uint64_t others = comparable(other->weight_sum, other->sample_shift, text->sample_shift);
    return weight * MIN_TEXT_PART >= (own < others ? own : others);
}

/* In two passes, so that what is read of the other texts can be asked for in between. */
static void choose(nd_candidate_finder *f, const nd_shared_shingles *shared, uint32_t d,
                   const followed *total)
{
    size_t num = 0;
    for (size_t i = 0; i < f->touched.len; i++) {
        const uint32_t slot = f->touched.items[i];
        if (!holds_enough(f->tallies[slot], total))
            continue;
        __builtin_prefetch(&shared->texts[f->tallies[slot] >> 32]);
        f->likely.items[num++] = f->tallies[slot];
    }
    for (size_t i = 0; i < num; i++)
        if (is_part(shared, d, f->likely.items[i], total))
            f->candidates.items[f->candidates.len++] = (uint32_t)(f->likely.items[i] >> 32);
}

/* A document may come twice; the caller's list of pairs does away with that. */
static void meet_common(nd_candidate_finder *f, const nd_shared_shingles *shared, uint64_t sample,
                        uint32_t d)
{
    const uint32_t num = nd_sample_earlier(sample);
    uint32_t single;
    const uint32_t *const members = earlier_documents(shared, sample, &single);
    const uint32_t nearest = num > LEADERS + NEIGHBOURS ? num - NEIGHBOURS : LEADERS;
    for (uint32_t m = 0; m < LEADERS && m < num; m++)
        if (members[m] != d)
            f->candidates.items[f->candidates.len++] = members[m];
    for (uint32_t m = nearest; m < num; m++)
        if (members[m] != d)
            f->candidates.items[f->candidates.len++] = members[m];
}

nd_status nd_candidate_finder_find(nd_candidate_finder *finder, const nd_shared_shingles *shared,
                                   uint32_t d, const nd_allocator *allocator)
{
    const nd_sampled_text *const text = &shared->texts[d];
    nd_status status =
        order_samples(finder, shared->samples + text->first_sample, text->num_samples, allocator);
    if (status != ND_OK)
        return status;
    followed total = {.num = num_affordable(finder, shared, text->num_samples)};
    for (size_t i = 0; i < total.num; i++)
        total.postings += nd_sample_earlier(finder->order.items[i]);
    status = clear_tallies(finder, total.postings, allocator);
    if (status != ND_OK)
        return status;
    follow(finder, shared, d, &total);
    total.weight_of_rest = text->weight_sum;
    finder->left_out = 0;
    for (size_t i = total.num; i < finder->order.len; i++) {
        finder->left_out += nd_sample_earlier(finder->order.items[i]);
        total.weight_of_rest -= nd_sample_weight(finder->order.items[i]);
    }
    choose(finder, shared, d, &total);
    finder->is_common = (finder->order.len - total.num) * 2 >= text->num_samples;
    if (finder->is_common)
        for (size_t i = total.num; i < total.num + COMMON_SAMPLES && i < finder->order.len; i++)
            meet_common(finder, shared, finder->order.items[i], d);
    return ND_OK;
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
        chances[k - 1] = p < 1 ? chances[k] * k / (num - k + 1) * (1 - p) / p : 0;
        sum += chances[k - 1];
    }
    for (uint32_t k = mode; k < num; k++) {
        chances[k + 1] = p < 1 ? chances[k] * (num - k) / (k + 1) * p / (1 - p) : 0;
        sum += chances[k + 1];
    }
    for (uint32_t k = 0; k <= num; k++)
        chances[k] /= sum;
}

/* That of the samples of a quarter of all hashes, which is what a long text takes, enough are
 * shared: one in MIN_TEXT_PART. A shorter text samples a half or all of its own, of which a half or
 * a quarter counts. */
static double chance_of_proposal(uint32_t num_shared, uint32_t num_own)
{
    double shared[MAX_EXPECTED + 1], own[MAX_EXPECTED + 1];
    const uint32_t num = num_shared + num_own;
    const double part = num < 2 * ND_SAMPLE_MIN ? 1 : num < 4 * ND_SAMPLE_MIN ? 0.5 : 0.25;
    binomial(num_shared, 0.25, shared);
    binomial(num_own, part, own);
    double chance = 0, up_to = 0;
    uint32_t next = 0;
    for (uint32_t k = 1; k <= num_shared; k++) {
        /* Of those shared, that are sampled but not by the long text, the mean. */
        const double sampled = k + (num_shared - k) * (part - 0.25) / 0.75;
        for (; next <= num_own && next + sampled <= MIN_TEXT_PART * k * part * 4; next++)
            up_to += own[next];
        chance += shared[k] * up_to;
    }
    return chance;
}

double nd_rare_search_probability(double num_shingles, double share)
{
    const double num = num_shingles < MAX_EXPECTED ? round(num_shingles) : MAX_EXPECTED;
    const double shared = round(num * share);
    if (!(shared >= 1) || shared > num)
        return 0;
    const double chance = chance_of_proposal((uint32_t)shared, (uint32_t)(num - shared));
    return chance < 1 ? chance : 1;
}

void nd_candidate_finder_release(nd_candidate_finder *finder, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &finder->order);
    ND_VEC_RELEASE(allocator, &finder->scratch);
    nd_release(allocator, finder->tallies);
    ND_VEC_RELEASE(allocator, &finder->touched);
    ND_VEC_RELEASE(allocator, &finder->likely);
    ND_VEC_RELEASE(allocator, &finder->candidates);
    *finder = (nd_candidate_finder){0};
}

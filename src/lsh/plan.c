/* Which bands and rows do the least work.
 *
 * For each number of rows r the fewest bands b that reach the recall at the threshold are the
 * cheapest ones; of these the pair (b, r) with the lowest cost a document is taken:
 *
 *   cost = SLOT * slots + BAND * b + VERIFY * N * integral of density(s) * P(s) ds
 *
 * with P the S-curve. The similarities s of one document with the N others of a corpus are taken to
 * be spread as
 *
 *   density(s) = exp(-s / m) / m + (c / N) * 2 (1 - s)
 *
 * The first part is unrelated text, which shares phrases (mean m = 0.01: word shingles have less,
 * short character shingles more); the second is c = 4 related documents of any similarity. N is a
 * million: with fewer documents false candidates cost less than the model says, and the plan stays
 * the same, so that growing a corpus does not change what is found. */
#include "neardup/plan.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "neardup/sketch.h"
#include "util/error.h"

/* Nanoseconds on one core of a server of 2021, rounded: filling a slot, making a band's key and
 * sorting it in, comparing two sets of some hundred shingles that are not in the cache. */
static const double SLOT_COST = 2, BAND_COST = 40, VERIFY_COST = 300;

static const double MEAN_UNRELATED = 0.01, NUM_RELATED = 4, NUM_DOCUMENTS = 1e6;

enum { DEFAULT_MAX_SLOTS = 128, STEPS = 400 };

static double collision_probability(double jaccard, uint32_t bands, uint32_t rows)
{
    if (jaccard <= 0)
        return 0;
    if (jaccard >= 1)
        return 1;
    /* 1 - (1 - J^rows)^bands, without losing small probabilities to rounding */
    return -expm1(bands * log1p(-pow(jaccard, rows)));
}

/* Fewest bands that reach the recall; above max_bands where none do. */
static uint32_t fewest_bands(const nd_plan_request *request, uint32_t rows, uint32_t max_bands)
{
    if (request->threshold >= 1)
        return 1;
    const double estimate =
        ceil(log1p(-request->recall) / log1p(-pow(request->threshold, rows))) - 1;
    if (!(estimate < max_bands))
        return max_bands + 1;
    uint32_t bands = estimate < 1 ? 1 : (uint32_t)estimate;
    while (bands <= max_bands &&
           collision_probability(request->threshold, bands, rows) < request->recall)
        bands++;
    return bands;
}

/* Integral of density * P by the midpoint rule; steps are of equal size in sqrt(s), so that they
 * are fine where the density is high. */
static double expected_candidates(uint32_t bands, uint32_t rows)
{
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
        const double root = (i + 0.5) / STEPS;
        const double s = root * root;
        const double unrelated = NUM_DOCUMENTS * exp(-s / MEAN_UNRELATED) / MEAN_UNRELATED;
        const double related = NUM_RELATED * 2 * (1 - s);
        sum += (unrelated + related) * collision_probability(s, bands, rows) * 2 * root / STEPS;
    }
    return sum;
}

static uint32_t sketch_slots(uint32_t bands, uint32_t rows)
{
    const uint32_t used = bands * rows;
    return used < ND_SKETCH_MIN_SLOTS ? ND_SKETCH_MIN_SLOTS : used;
}

static double expected_cost(uint32_t bands, uint32_t rows)
{
    return SLOT_COST * sketch_slots(bands, rows) + BAND_COST * bands +
           VERIFY_COST * expected_candidates(bands, rows);
}

/* The cheapest plan of at most max_slots; false where none reaches the recall. */
static bool solve_within(const nd_plan_request *request, uint32_t max_slots, nd_plan *out)
{
    double best_cost = INFINITY;
    for (uint32_t rows = 1; rows <= max_slots; rows++) {
        const uint32_t max_bands = max_slots / rows;
        const uint32_t bands = fewest_bands(request, rows, max_bands);
        if (bands > max_bands)
            continue;
        const double cost = expected_cost(bands, rows);
        if (cost >= best_cost)
            continue;
        best_cost = cost;
        *out = (nd_plan){.threshold = request->threshold,
                         .recall = collision_probability(request->threshold, bands, rows),
                         .bands = bands,
                         .rows = rows,
                         .slots = sketch_slots(bands, rows)};
    }
    return best_cost < INFINITY;
}

void nd_plan_request_init_sized(nd_plan_request *request, size_t size_bytes)
{
    const nd_plan_request full = {.size_bytes = sizeof full, .threshold = 0.8, .recall = 0.99};
    nd_option_struct_init(request, size_bytes, &full);
}

static bool is_valid(const nd_plan_request *request)
{
    if (!(request->threshold > 0 && request->threshold <= 1))
        return false;
    if (!(request->recall > 0 && request->recall < 1))
        return false;
    return request->max_slots == 0 ||
           (request->max_slots >= ND_SKETCH_MIN_SLOTS && request->max_slots <= ND_SKETCH_MAX_SLOTS);
}

nd_status nd_plan_solve(const nd_plan_request *request, nd_plan *out)
{
    nd_plan plan = {0};
    nd_plan_request full;
    nd_plan_request_init(&full);
    *out = plan;
    if (nd_option_struct_copy(&full, request) != ND_OK || !is_valid(&full))
        return ND_ERR_INVALID_ARGUMENT;
    bool found;
    if (full.max_slots > 0)
        found = solve_within(&full, full.max_slots, &plan);
    else
        found = solve_within(&full, DEFAULT_MAX_SLOTS, &plan) ||
                solve_within(&full, ND_SKETCH_MAX_SLOTS, &plan);
    if (!found)
        return ND_ERR_LIMIT;
    *out = plan;
    return ND_OK;
}

nd_status nd_plan_for_rule(const nd_match_rule *rule, double recall, nd_plan *out)
{
    nd_plan_request request;
    nd_plan_request_init(&request);
    request.threshold = rule->jaccard;
    request.recall = recall;
    *out = (nd_plan){0};
    if (!(rule->containment >= 0 && rule->containment <= 1))
        return ND_ERR_INVALID_ARGUMENT;
    if (rule->containment > 0 && request.threshold > ND_CONTAINMENT_JACCARD)
        request.threshold = ND_CONTAINMENT_JACCARD;
    return nd_plan_solve(&request, out);
}

double nd_plan_probability(const nd_plan *plan, double jaccard)
{
    return collision_probability(jaccard, plan->bands, plan->rows);
}

/* Shingles that are sampled of a text of so many, see neardup/candidates.h. */
static double samples_of(double num_shingles)
{
    enum { LEAST_SAMPLES = 64 };
    double part = 4;
    while (part > 1 && num_shingles / part < LEAST_SAMPLES)
        part /= 2;
    return num_shingles / part;
}

nd_plan_memory nd_plan_estimate_memory(const nd_plan *plan, uint64_t num_documents,
                                       double mean_shingles, double mean_id_bytes)
{
    /* A document's record and the places it has in orders and lists, its share of the band being
     * sorted, and (twice: as it came and by rank) four bytes a band. Without bands its words, and
     * its samples while they are counted. */
    static const double RECORD_BYTES = 96, WORD_BYTES = 4, SAMPLE_BYTES = 14;
    const bool has_bands = plan->bands > 0;
    const double documents = (double)num_documents;
    const double samples = has_bands ? 0 : samples_of(mean_shingles) * SAMPLE_BYTES;
    const double index =
        plan->bands * 2.0 * (double)sizeof(uint32_t) + RECORD_BYTES + mean_id_bytes + samples;
    const double shingle = (double)sizeof(uint64_t) + (has_bands ? 0 : WORD_BYTES);
    return (nd_plan_memory){
        .index_bytes = (uint64_t)(documents * index),
        .set_bytes = (uint64_t)(documents * mean_shingles * shingle),
    };
}

/* The program, and what a document takes at the most expensive moment (when groups or pairs are
 * listed), and before, while candidates are found. */
static const double PROGRAM_BYTES = 16 << 20, MOST_BYTES = 72, FINDING_BYTES = 40;

/* Digests and the like, and the record: in a run, then in the file of all. */
static const double FACTS_BYTES = 48, RECORD_BYTES = 28;

enum { MAX_PASSES = 4096 }; /* of texts there are no more parts */

/* Of a scan without bands: hashes and codes of all words, and of each sample the posting, what is
 * told of it, and its partition. What lists the rare samples is in memory a part at a time. */
static nd_plan_limit estimate_limit_of_verdicts(double documents, double mean_shingles,
                                                double mean_id_bytes, double memory_bytes)
{
    static const double TEXT_BYTES = 12, SAMPLE_BYTES = 26, LIST_BYTES = 4, BLOCK_BYTES = 16;
    static const double GROUPING_BYTES = 96; /* a million documents did not fit in 85 each */
    const double samples = samples_of(mean_shingles);
    const double room = (memory_bytes - PROGRAM_BYTES - documents * FINDING_BYTES) / 2;
    const double lists = documents * samples * LIST_BYTES;
    const double passes = room < 1 ? lists : ceil(lists / room);
    return (nd_plan_limit){
        .least_bytes = (uint64_t)(PROGRAM_BYTES + documents * GROUPING_BYTES),
        .disk_bytes =
            (uint64_t)(documents * (FACTS_BYTES + BLOCK_BYTES + 2 * (RECORD_BYTES + mean_id_bytes) +
                                    mean_shingles * TEXT_BYTES + samples * SAMPLE_BYTES)),
        .key_passes = passes > 1 ? (uint32_t)fmin(passes, MAX_PASSES) : 1,
    };
}

nd_plan_limit nd_plan_estimate_limit(const nd_plan *plan, uint64_t num_documents,
                                     double mean_shingles, double mean_id_bytes,
                                     uint64_t memory_bytes)
{
    const double documents = (double)num_documents;
    if (plan->bands == 0)
        return estimate_limit_of_verdicts(documents, mean_shingles, mean_id_bytes,
                                          (double)memory_bytes);
    const double keys = plan->bands * (double)sizeof(uint32_t);
    const double room = ((double)memory_bytes - PROGRAM_BYTES - documents * FINDING_BYTES) / 4;
    const double at_once = room / (documents * (double)sizeof(uint32_t) + 1);
    const uint32_t bands = at_once < 1             ? 1
                           : at_once < plan->bands ? (uint32_t)at_once
                                                   : plan->bands;
    return (nd_plan_limit){
        .least_bytes = (uint64_t)(PROGRAM_BYTES + documents * MOST_BYTES),
        .disk_bytes =
            (uint64_t)(documents * (FACTS_BYTES + keys + 2 * (RECORD_BYTES + mean_id_bytes) +
                                    mean_shingles * (double)sizeof(uint64_t))),
        .key_passes = (plan->bands + bands - 1) / bands,
    };
}

/* Exact similarity of two shingle sets, and what kind of match it makes. */
#ifndef NEARDUP_MATCH_H
#define NEARDUP_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"

ND_BEGIN_DECLS

/* Exact, from the full sets. Ratios are 0 where a set is empty. */
typedef struct nd_similarity {
    uint64_t size_a, size_b, common; /* distinct shingles */
    double jaccard;                  /* common / (size_a + size_b - common) */
    double a_in_b;                   /* containment: common / size_a */
    double b_in_a;                   /* containment: common / size_b */
} nd_similarity;

/* Two of some documents, texts or sets, by their numbers. */
typedef struct nd_document_pair {
    uint32_t a, b;
} nd_document_pair;

/* How much of each text stands in the other in order, edited words inside the copied passages
 * included, text that many documents hold counting less (src/coverage/coverage.h). A scan alone
 * can tell it, since it depends on all documents. */
typedef struct nd_coverage {
    double a_in_b;
    double b_in_a;
} nd_coverage;

/* Thresholds are reached by equality. containment 0: not asked for. */
typedef struct nd_match_rule {
    double jaccard;
    double containment;
} nd_match_rule;

/* A text covered by this much stands in the other whole, for nd_match_classify_covered. */
#define ND_COVERED_WHOLE 0.8

typedef enum nd_match_kind {
    ND_MATCH_NONE = 0,
    ND_MATCH_EXACT,     /* the same shingle set: jaccard 1 */
    ND_MATCH_NEAR,      /* the jaccard reaches its threshold, or both texts are covered */
    ND_MATCH_CONTAINS,  /* a holds b: b_in_a reaches the containment threshold */
    ND_MATCH_CONTAINED, /* a stands in b: a_in_b reaches it */
    ND_MATCH_PARTIAL,   /* neither, but a part of one is covered */
} nd_match_kind;

/* Compares two sets as nd_shingle_set makes them (ascending, no repeats). O(size_a + size_b), or
 * O(small * log large) where sizes differ much. Thread-safe. */
ND_API nd_similarity nd_similarity_compute(const uint64_t *a, size_t size_a, const uint64_t *b,
                                           size_t size_b);

/* The similarity that sizes and a count of common elements make. Thread-safe. */
ND_API nd_similarity nd_similarity_from_counts(uint64_t size_a, uint64_t size_b, uint64_t common);

/* The kind by `rule`: exact, else near, else the direction whose containment is larger and reaches
 * its threshold (equal: contains), else none. Never partial, which coverage decides. */
ND_API nd_match_kind nd_match_classify(const nd_similarity *similarity, const nd_match_rule *rule);

/* The same where the coverage of either text counts too, from `threshold` on: near where both are
 * covered by ND_COVERED_WHOLE, contains or contained where one of them is, else partial. */
ND_API nd_match_kind nd_match_classify_covered(const nd_similarity *similarity,
                                               const nd_match_rule *rule,
                                               const nd_coverage *coverage, double threshold);

/* The same match seen from b: contains and contained change places. */
ND_API nd_match_kind nd_match_kind_reversed(nd_match_kind kind);

/* "exact", "near", "contains", "contained", "partial" or "none"; static. */
ND_API const char *nd_match_kind_name(nd_match_kind kind);

ND_END_DECLS

#endif

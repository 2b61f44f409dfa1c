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

/* Thresholds are reached by equality. containment 0: not asked for. */
typedef struct nd_match_rule {
    double jaccard;
    double containment;
} nd_match_rule;

typedef enum nd_match_kind {
    ND_MATCH_NONE = 0,
    ND_MATCH_EXACT,     /* the same shingle set: jaccard 1 */
    ND_MATCH_NEAR,      /* the jaccard reaches its threshold */
    ND_MATCH_CONTAINS,  /* a holds b: b_in_a reaches the containment threshold */
    ND_MATCH_CONTAINED, /* a stands in b: a_in_b reaches it */
    ND_MATCH_PARTIAL,   /* neither, but they share passages */
} nd_match_kind;

/* Compares two sets as nd_shingle_set makes them (ascending, no repeats). O(size_a + size_b), or
 * O(small * log large) where sizes differ much. Thread-safe. */
ND_API nd_similarity nd_similarity_compute(const uint64_t *a, size_t size_a, const uint64_t *b,
                                           size_t size_b);

/* The similarity that sizes and a count of common elements make. Thread-safe. */
ND_API nd_similarity nd_similarity_from_counts(uint64_t size_a, uint64_t size_b, uint64_t common);

/* The kind by `rule`: exact, else near, else the direction whose containment is larger and reaches
 * its threshold (equal: contains), else none. Never partial, which shared passages decide. */
ND_API nd_match_kind nd_match_classify(const nd_similarity *similarity, const nd_match_rule *rule);

/* The same match seen from b: contains and contained change places. */
ND_API nd_match_kind nd_match_kind_reversed(nd_match_kind kind);

/* "exact", "near", "contains", "contained", "partial" or "none"; static. */
ND_API const char *nd_match_kind_name(nd_match_kind kind);

ND_END_DECLS

#endif

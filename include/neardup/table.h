/* The online LSH bucket table: insert, query and remove, one document at a time. */
#ifndef NEARDUP_TABLE_H
#define NEARDUP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/match.h"
#include "neardup/plan.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* Documents under 64-bit keys of the caller's choice, held as band keys and shingle sets; exclusive
 * for insert and remove, and queries may run together between them. */
typedef struct nd_table nd_table;

typedef struct nd_table_match {
    uint64_t key;
    nd_match_kind kind;       /* the query's view: contains = the query holds the match */
    nd_similarity similarity; /* a is the query, b the match; exact */
} nd_table_match;

/* Make the plan with nd_plan_for_rule. ND_ERR_INVALID_ARGUMENT: a plan or a rule out of range, or a
 * plan for a higher jaccard than matches by the rule may have. Free with nd_table_free. */
ND_API ND_NODISCARD nd_status nd_table_new(const nd_plan *plan, const nd_match_rule *rule,
                                           const nd_allocator *allocator, nd_table **out);

/* Adds a document by its shingle set (ascending, no repeats: nd_shingle_set), which is copied. An
 * empty set matches nothing. ND_ERR_EXISTS: the key is taken. ND_ERR_LIMIT: it holds 2^32 - 1
 * documents. Nothing changes then. */
ND_API ND_NODISCARD nd_status nd_table_insert(nd_table *table, uint64_t key, const uint64_t *set,
                                              size_t size);

/* Takes a document out. ND_ERR_NOT_FOUND: no such key. */
ND_API ND_NODISCARD nd_status nd_table_remove(nd_table *table, uint64_t key);

/* A query looks at so many members of a bucket, the latest ones: what a phrase that a million
 * documents share can cost. */
#define ND_TABLE_BUCKET_CAP 10000

/* Verified matches of a set, best first (jaccard, then key), at most max_matches (0: all). *matches
 * is the caller's, freed with nd_table_matches_free; NULL where there are none. */
ND_API ND_NODISCARD nd_status nd_table_query(const nd_table *table, const uint64_t *set,
                                             size_t size, size_t max_matches,
                                             nd_table_match **matches, size_t *num_matches);

/* Queries so far that met a bucket above ND_TABLE_BUCKET_CAP, so that matches may be missing. */
ND_API uint64_t nd_table_num_capped_queries(const nd_table *table);

ND_API void nd_table_matches_free(const nd_table *table, nd_table_match *matches);

ND_API size_t nd_table_num_documents(const nd_table *table);

ND_API void nd_table_free(nd_table *table);

ND_END_DECLS

#endif

/* Queries: candidates, verified, in their order. */
#ifndef INDEX_QUERY_H
#define INDEX_QUERY_H

#include "index/prepare.h"

/* A text that matches. */
typedef struct nd_ranked_text {
    uint32_t number;
    nd_match_kind kind;
    nd_similarity similarity;
    nd_coverage coverage;
    double score;
    nd_text_entry entry;
} nd_ranked_text;

/* A query at work; what it finds is in index->query. */
typedef struct nd_search {
    nd_index *index;
    const nd_index_query *options;
    nd_seeker seeker;
    const nd_word_code *words; /* where verdicts are given */
    int32_t least_score;
    uint32_t excluded; /* a document; ND_NO_NUMBER: none */
    size_t num_ranked;
} nd_search;

/* Finds and verifies the texts that match: the first num_ranked of index->query.ranked. */
ND_NODISCARD nd_status nd_search_find_texts(nd_search *search, nd_error *error);

/* Lists them in their order, and their documents, as many as are wanted: index->query.matches. */
ND_NODISCARD nd_status nd_search_list_documents(nd_search *search, nd_error *error);

/* *full becomes the query with the defaults of what the caller does not know and the index's rule
 * where it has none. ND_ERR_INVALID_ARGUMENT: a rule out of range, or one that the index's bands
 * are not made for. */
ND_NODISCARD nd_status nd_query_settle(const nd_index *index, const nd_index_query *query,
                                       nd_index_query *full, nd_error *error);

/* The matches of what was made ready with ND_PREPARE_SET, which the index may have or not; without
 * the document that has its id. */
ND_NODISCARD nd_status nd_query_prepared(nd_index *index, const nd_prepared_list *list,
                                         const nd_prepared *item, const nd_index_query *query,
                                         const nd_index_match **matches, size_t *num_matches,
                                         nd_error *error);

void nd_query_scratch_release(nd_query_scratch *scratch, const nd_allocator *allocator);

#endif

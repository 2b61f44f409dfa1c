/* Queries: candidates, verified, in their order. */
#ifndef INDEX_QUERY_H
#define INDEX_QUERY_H

#include "index/prepare.h"

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

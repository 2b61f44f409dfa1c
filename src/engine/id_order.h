/* Records in the order of their ids. */
#ifndef ENGINE_ID_ORDER_H
#define ENGINE_ID_ORDER_H

#include "engine/record.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* Sorts by id bytes; records of one id by what they hold, so that the order never depends on the
 * order they came in. About 32 bytes a record of scratch memory. */
ND_NODISCARD nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t bands,
                                     uint32_t num_threads, const nd_allocator *allocator);

/* That order: below, equal to or above 0. Total but for documents that are the same in all that is
 * kept of them. */
int nd_compare_records(const nd_record *a, const nd_record *b, uint32_t bands);

/* Orders as unsigned bytes: below, equal to or above 0. */
int nd_compare_ids(const nd_record *a, const nd_record *b, uint32_t bands);

#endif

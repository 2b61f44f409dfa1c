/* Records in the order of their ids. */
#ifndef ENGINE_ID_ORDER_H
#define ENGINE_ID_ORDER_H

#include "engine/record.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* Sorts by id bytes; records of one id by what they hold, so that the order never depends on the
 * order they came in. About 32 bytes a record of scratch memory. */
ND_NODISCARD nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t bands,
                                     const nd_allocator *allocator);

/* Orders as unsigned bytes: below, equal to or above 0. */
int nd_compare_ids(const nd_record *a, const nd_record *b, uint32_t bands);

#endif

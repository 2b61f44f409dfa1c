/* Records in the order of their ids. */
#ifndef ENGINE_ID_ORDER_H
#define ENGINE_ID_ORDER_H

#include "engine/record.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* By id: below, equal to or above 0. */
int nd_compare_ids(const nd_record *a, const nd_record *b);

/* By id, records of one id by tag. */
int nd_compare_records(const nd_record *a, const nd_record *b);

/* Sorts records as nd_compare_records does, on several threads. 32 bytes a record while it runs.
 * O(num log num) comparisons at worst, near O(num) for ids of any usual form. */
ND_NODISCARD nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t num_threads,
                                     const nd_allocator *allocator);

#endif

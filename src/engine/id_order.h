/* Records in the order of their ids. */
#ifndef ENGINE_ID_ORDER_H
#define ENGINE_ID_ORDER_H

#include "engine/record.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* Sorts by nd_compare_records, which does not depend on the order they came in. About 32 bytes a
 * record of scratch memory. */
ND_NODISCARD nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t bands,
                                     uint32_t num_threads, const nd_allocator *allocator);

#endif

/* Sorted runs of records into one, on several threads. */
#ifndef ENGINE_ID_MERGE_H
#define ENGINE_ID_MERGE_H

#include "engine/record.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* Runs 0 .. num_runs-1 of `records`, run r being records[starts[r] .. starts[r + 1]); each is in
 * the order of nd_compare_records. */
typedef struct nd_id_runs {
    nd_record **records;
    nd_record **scratch; /* as many */
    const size_t *starts;
    uint32_t num_runs;
    uint32_t bands;
} nd_id_runs;

/* Leaves all of runs->records in order, whatever the number of threads. Runs are merged by twos;
 * each thread makes a part of the result, whose ends a binary search finds in both runs (merge
 * path: Odeh, Green, Mwassi, Shmueli, Birk: Merge Path, IPDPSW 2012). */
ND_NODISCARD nd_status nd_merge_by_id(const nd_id_runs *runs, uint32_t num_threads,
                                      const nd_allocator *allocator);

#endif

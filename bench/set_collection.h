/* The shingle sets of a source's documents, all in memory: what the exact join takes. */
#ifndef BENCH_SET_COLLECTION_H
#define BENCH_SET_COLLECTION_H

#include "neardup/document.h"
#include "neardup/exact_join.h"
#include "neardup/shingle.h"
#include "util/alloc.h"

/* Document i has the id ids[id_starts[i] .. id_starts[i + 1]) and, as a set list has it, the
 * elements elements[starts[i] .. starts[i + 1]). */
typedef struct bench_set_collection {
    ND_VEC(char) ids;
    ND_VEC(size_t) id_starts;
    ND_VEC(uint64_t) elements;
    ND_VEC(size_t) starts;
} bench_set_collection;

/* Takes the documents whose id hashes to 0 modulo one_in (1: all of them); the choice depends on
 * the id alone, so any two results over the same ids can be compared. Release with
 * bench_set_collection_release, also after a failure. */
ND_NODISCARD nd_status bench_set_collection_read(bench_set_collection *collection,
                                                 const nd_source *source, nd_shingle_spec spec,
                                                 uint32_t one_in, nd_error *error);

/* Whether such a choice takes the document. */
int bench_is_in_sample(const char *id, size_t len_bytes, uint32_t one_in);

nd_set_list bench_set_collection_list(const bench_set_collection *collection);

void bench_set_collection_release(bench_set_collection *collection);

#endif

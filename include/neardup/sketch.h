/* Sketches: a fixed number of slots a set, from which the Jaccard similarity is estimated. */
#ifndef NEARDUP_SKETCH_H
#define NEARDUP_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "neardup/version.h"

ND_BEGIN_DECLS

enum { ND_SKETCH_MIN_SLOTS = 16, ND_SKETCH_MAX_SLOTS = 1024 };

/* A slot no element reached: only in the sketch of the empty set. */
#define ND_SLOT_EMPTY UINT64_MAX

/* Fast Similarity Sketching (Dahlgaard, Knudsen and Thorup: Fast Similarity Sketching, FOCS 2017,
 * algorithm 1). `hashes` are shingle hashes in any order; repeated ones change nothing. Writes
 * `num_slots` slots. For two sets the chance that a slot agrees is their Jaccard similarity; the
 * variance of the fraction of agreeing slots is at most about J(1-J)/num_slots, less for sets
 * smaller than num_slots. O(n + k log k). Allocates nothing. Thread-safe.
 * ND_ERR_INVALID_ARGUMENT: num_slots outside ND_SKETCH_MIN_SLOTS..ND_SKETCH_MAX_SLOTS. */
ND_API ND_NODISCARD nd_status nd_sketch_compute(const uint64_t *hashes, size_t num_hashes,
                                                uint32_t num_slots, uint64_t *slots);

/* Estimate of the Jaccard similarity from two full sketches of the same size; 0 if either is of the
 * empty set. Thread-safe. */
ND_API double nd_sketch_estimate(const uint64_t *a, const uint64_t *b, uint32_t num_slots);

/* 16 bits of each slot, for estimates in a quarter of the memory (b-bit minwise hashing: Li and
 * König, 2010): packed[num_slots] from slots[num_slots], any number. Thread-safe. */
ND_API void nd_sketch_pack16(const uint64_t *slots, uint32_t num_slots, uint16_t *packed);

/* Estimate from packed sketches of num_slots each, corrected for the 2^-16 of chance agreements, at
 * least 0; 0 for two of sets without elements. Thread-safe. */
ND_API double nd_sketch_estimate16(const uint16_t *a, const uint16_t *b, uint32_t num_slots);

ND_END_DECLS

#endif

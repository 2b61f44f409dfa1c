/* What the runs do not stand for yet: the documents and texts of the log's last frames, in memory.
 */
#ifndef INDEX_TAIL_H
#define INDEX_TAIL_H

#include "index/entry.h"
#include "index/run.h"
#include "lsh/buckets.h"
#include "util/alloc.h"
#include "util/u64_map.h"

/* Several numbers under one key: the latest, and from each the one before it. */
typedef struct nd_chains {
    nd_u64_map latest;
    ND_VEC(uint32_t) before; /* by number; ND_NO_NUMBER ends a chain */
} nd_chains;

/* The latest number under a key; ND_NO_NUMBER: none. */
uint32_t nd_chains_find(const nd_chains *chains, uint64_t key);

static inline uint32_t nd_chains_before(const nd_chains *chains, uint32_t number)
{
    return chains->before.items[number];
}

/* Numbers are the tail's own, from 0; add first_document or first_text to have the index's. Reading
 * is thread-safe between additions. */
typedef struct nd_tail {
    const nd_allocator *allocator;
    uint32_t bands;
    uint64_t salt; /* of the log */
    uint32_t first_document, first_text;
    ND_VEC(nd_document_entry) documents;
    ND_VEC(nd_text_entry) texts;
    ND_VEC(uint32_t) keys;          /* nd_band_key_short: `bands` of each text */
    ND_VEC(uint32_t) holders;       /* of samples: texts; a text's picks come first */
    ND_VEC(uint64_t) sample_keys;   /* nd_sample_key of the holders */
    ND_VEC(uint32_t) first_holders; /* of the texts, without bands */
    nd_chains ids;                  /* nd_id_hash -> document */
    nd_chains digests;              /* first half of the digest -> text */
    nd_chains copies;         /* the index's number of a text -> document that is not its first */
    nd_chains samples;        /* nd_sample_key -> holder; of texts without bands, once asked for */
    nd_bucket_table *buckets; /* of texts; NULL without bands */
} nd_tail;

/* Empty; bands and salt are the caller's to set before, and the numbers where it begins. */
ND_NODISCARD nd_status nd_tail_init(nd_tail *tail, const nd_allocator *allocator);

void nd_tail_release(nd_tail *tail);

/* Adds what a record says; the record was checked, its number is the next one. `set`: of the text's
 * shingles, ascending; not read where there are bands. After a failure the tail can only be
 * released. */
ND_NODISCARD nd_status nd_tail_add_text(nd_tail *tail, const nd_text_change *change,
                                        uint64_t offset, const uint64_t *set);
ND_NODISCARD nd_status nd_tail_add_document(nd_tail *tail, const nd_document_change *change,
                                            uint64_t offset);

/* Makes all samples be found that were added. Whoever adds alone never pays for it. */
ND_NODISCARD nd_status nd_tail_map_samples(nd_tail *tail);

/* A holder as the value of a sample, see run.h. */
uint64_t nd_tail_sample_member(const nd_tail *tail, uint32_t holder);

/* The hash that ids are looked up by. It is salted, so that nobody can send in ids that share it.
 */
uint64_t nd_id_hash(const char *id, size_t len_bytes, uint64_t salt);

#endif

/* Band keys, and the buckets of documents that share one. */
#ifndef LSH_BUCKETS_H
#define LSH_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/bucket.h"
#include "util/alloc.h"
#include "util/prefetch.h"

/* --- the key that a band gives a document --- */

/* Writes keys[0..bands): key j is XXH3_64bits, seeded with j, of slots j * rows to
 * (j + 1) * rows - 1 as little-endian bytes:
 *
 *   slots:  | band 0: rows slots | band 1 | ... | band bands-1 | slots no band uses |
 *
 * Documents whose slots agree over a whole band have its key in common; others have it by a chance
 * of 2^-64. Whole slots are hashed: bands of one or two truncated slots would meet by chance. */
void nd_band_keys(const uint64_t *slots, uint32_t bands, uint32_t rows, uint64_t *keys);

/* What a batch keeps of a key. Two documents whose keys differ agree in it once in 2^32 pairs:
 * among 10^7 documents that makes 12,000 false candidates a band, which verification drops, and
 * half the bytes to sort. */
static inline uint32_t nd_band_key_short(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

/* --- the buckets of a whole batch: who shares which, and which pairs they propose --- */

/* Buckets of two texts and more, of all bands. Where several bands put the same texts together (as
 * most do with near-copies), theirs is one bucket: it proposes the same pairs.
 *
 *   members[starts[b] .. starts[b + 1])           the texts of bucket b, ascending
 *   buckets[first_of[text] .. first_of[text + 1])   the buckets of a text, ascending
 *
 * Immutable once it is made. */
typedef struct nd_bucket_index {
    size_t num_texts, num_buckets;
    size_t *starts;
    uint32_t *members;
    size_t *first_of;
    uint32_t *buckets;
    const uint32_t *order; /* of all texts, borrowed, while bands are added; NULL: ascending */
} nd_bucket_index;

/* Begins an index, some bands of which are added after others: so that the keys of all of them need
 * not be in memory at once. What it holds in the end depends on the keys alone, not on num_threads,
 * nor on how many bands are added at once. ND_ERR_LIMIT: 2^32 - 1 texts or more. Release also after
 * a failure. */
ND_NODISCARD nd_status nd_bucket_index_begin(nd_bucket_index *index, size_t num_texts,
                                             const nd_allocator *allocator);

/* Takes over keys[band * num_texts + i] of num_bands more (allocated with `allocator`, also when it
 * fails), of the texts in index->order. O(bands * texts), and the buckets so far; beyond the keys 8
 * bytes a text while it runs, 16 where texts share few keys, and what the index holds, half as much
 * again for a moment. ND_ERR_LIMIT: 2^32 - 1 buckets or more. */
ND_NODISCARD nd_status nd_bucket_index_add(nd_bucket_index *index, uint32_t *keys,
                                           uint32_t num_bands, uint32_t num_threads,
                                           const nd_allocator *allocator);

/* All bands are in: tells each text its buckets. The index is 8 bytes a text, and 8 to 12 for each
 * bucket that a text shares. */
ND_NODISCARD nd_status nd_bucket_index_end(nd_bucket_index *index, const nd_allocator *allocator);

/* All three for the keys of all bands. */
ND_NODISCARD nd_status nd_bucket_index_init(nd_bucket_index *index, uint32_t *keys,
                                            size_t num_texts, uint32_t num_bands,
                                            uint32_t num_threads, const nd_allocator *allocator);

void nd_bucket_index_release(nd_bucket_index *index, const nd_allocator *allocator);

/* Whether a text shares a bucket with any other. */
static inline int nd_bucket_index_has_mates(const nd_bucket_index *index, uint32_t text)
{
    return index->first_of[text] != index->first_of[text + 1];
}

/* Asks for what nd_mate_finder_find will read of a text: each of the stages 0 to ND_BUCKET_STAGES -
 * 1 some texts after the one before, which has brought what it needs. */
enum { ND_BUCKET_STAGES = 4 };

static inline void nd_bucket_index_fetch(const nd_bucket_index *index, uint32_t text, int stage)
{
    if (stage == 0)
        nd_prefetch(&index->first_of[text]);
    else if (stage == 1)
        nd_prefetch(&index->buckets[index->first_of[text]]);
    else
        for (size_t i = index->first_of[text]; i < index->first_of[text + 1]; i++)
            nd_prefetch(stage == 2 ? (const void *)&index->starts[index->buckets[i]]
                                   : &index->members[index->starts[index->buckets[i]]]);
}

/* Which mates of a text: those it is proposed with. */
typedef enum nd_mates {
    ND_MATES_LATER = 0, /* with a larger number */
    ND_MATES_ALL,
} nd_mates;

typedef ND_VEC(uint32_t) nd_text_numbers;

/* Scratch of one worker; exclusive. Zero it before the first use. */
typedef struct nd_mate_finder {
    nd_text_numbers mates; /* what the last call found: ascending, none twice, without the text */
    nd_text_numbers scratch;
    uint64_t left_out; /* texts of its buckets that the caps left out, at most */
} nd_mate_finder;

/* The texts that `text` is proposed with in any bucket, by the rule of nd_bucket_proposes. O(mates
 * * its buckets). */
ND_NODISCARD nd_status nd_mate_finder_find(nd_mate_finder *finder, const nd_bucket_index *index,
                                           uint32_t text, nd_mates which,
                                           const nd_allocator *allocator);

void nd_mate_finder_release(nd_mate_finder *finder, const nd_allocator *allocator);

/* --- buckets that change one document at a time --- */

/* Documents are small numbers of the caller's, used again after removal. Insert and remove are
 * exclusive; candidates may be asked for from several threads between them. */
typedef struct nd_bucket_table nd_bucket_table;

ND_NODISCARD nd_status nd_bucket_table_new(uint32_t bands, const nd_allocator *allocator,
                                           nd_bucket_table **out);

/* Puts a document, which is not in the table, under keys[0..bands). Amortised O(bands), however
 * large the buckets. Nothing changes on failure. ND_ERR_LIMIT: document numbers end at
 * UINT32_MAX - 1. */
ND_NODISCARD nd_status nd_bucket_table_insert(nd_bucket_table *table, const uint64_t *keys,
                                              uint32_t document);

/* Takes out a document that was inserted with the same keys. O(bands). */
void nd_bucket_table_remove(nd_bucket_table *table, const uint64_t *keys, uint32_t document);

typedef ND_VEC(uint32_t) nd_documents;

/* Appends every document that shares a band with `keys`, as often as it shares one, to *documents;
 * of a bucket with more than `cap` members the `cap` latest. *num_capped becomes how many such
 * buckets there were. On failure *documents may have grown. */
ND_NODISCARD nd_status nd_bucket_table_candidates(const nd_bucket_table *table,
                                                  const uint64_t *keys, uint32_t cap,
                                                  nd_documents *documents, uint32_t *num_capped);

/* Appends the members of one band's bucket, the latest first, at most `cap` of them; *size becomes
 * how many it has. On failure *documents is as it was. */
ND_NODISCARD nd_status nd_bucket_table_members(const nd_bucket_table *table, uint32_t band,
                                               uint64_t key, uint32_t cap, nd_documents *documents,
                                               uint32_t *size);

void nd_bucket_table_free(nd_bucket_table *table);

#endif

/* Groups from matches, wherever these come from. */
#ifndef NEARDUP_GROUP_H
#define NEARDUP_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/scan.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* What ranks documents: arrays of the caller's, num_documents long. */
typedef struct nd_rank_keys {
    const uint32_t *num_tokens;  /* ND_REPRESENTATIVE_LONGEST and _PREFERRED */
    const uint64_t *digests;     /* [documents][2], see nd_batch_output: decides between as many */
    const uint64_t *preferences; /* ND_REPRESENTATIVE_PREFERRED */
    const char *const *ids;      /* decide between copies of one text; ND_REPRESENTATIVE_FIRST_ID.
                                    NULL: documents are numbered by id */
    const size_t *id_lens_bytes;
} nd_rank_keys;

/* rank_of[d], for each of num_documents: 0 for the document that a group would keep before any
 * other. As a scan ranks: copies of one text by preference, then by id; texts by the policy, then
 * by size, then by digest. So a representative is the one that nd_scan_each_group tells. O(n log
 * n). ND_ERR_INVALID_ARGUMENT: a key that the policy needs is NULL. */
ND_API ND_NODISCARD nd_status nd_rank_documents(const nd_rank_keys *keys, size_t num_documents,
                                                nd_representative policy,
                                                const nd_allocator *allocator, uint32_t *rank_of);

/* representative_of[d] becomes the document that represents the group of d: d itself for a
 * representative, or a document alone. ND_LINK_ANCHORED: in the order of rank a document that
 * matches no representative so far becomes one; each other goes to the first representative that it
 * matches. ND_LINK_SINGLE: the lowest rank that a chain of pairs connects with it. rank_of NULL:
 * documents are numbered by rank. Pairs may come in any order, each in either, and several times.
 * O(documents + pairs), and the sorting of the pairs. ND_ERR_INVALID_ARGUMENT: a number that is no
 * document's, or ranks that are not 0 .. num_documents - 1. */
ND_API ND_NODISCARD nd_status nd_group_documents(const nd_document_pair *pairs, size_t num_pairs,
                                                 size_t num_documents, const uint32_t *rank_of,
                                                 nd_link link, const nd_allocator *allocator,
                                                 uint32_t *representative_of);

ND_END_DECLS

#endif

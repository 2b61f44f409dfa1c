#include "group/groups.h"

#include <stdbool.h>

#include "neardup/group.h"
#include "util/alloc.h"
#include "util/sort.h"

/* --- groups of texts, by number --- */

void nd_links_begin(uint32_t *anchor_of, size_t num_texts)
{
    for (size_t t = 0; t < num_texts; t++)
        anchor_of[t] = (uint32_t)t;
}

/* An edge's `from` is decided before any edge of a larger `from` is met, as edges to it come from
 * smaller ones. */
void nd_group_anchored(const nd_edge_list *edges, size_t num_texts, uint32_t *anchor_of)
{
    nd_links_begin(anchor_of, num_texts);
    for (size_t i = 0; i < edges->num; i++)
        nd_anchor_edge(anchor_of, edges->items[i].from, edges->items[i].to);
}

static uint32_t find_root(uint32_t *parent, uint32_t text)
{
    while (parent[text] != text) {
        parent[text] = parent[parent[text]];
        text = parent[text];
    }
    return text;
}

void nd_links_add(uint32_t *anchor_of, uint32_t a, uint32_t b)
{
    const uint32_t root_a = find_root(anchor_of, a), root_b = find_root(anchor_of, b);
    /* The lower number stays root: it is the group's representative. */
    if (root_a < root_b)
        anchor_of[root_b] = root_a;
    else
        anchor_of[root_a] = root_b;
}

void nd_links_end(uint32_t *anchor_of, size_t num_texts)
{
    for (size_t t = 0; t < num_texts; t++)
        anchor_of[t] = find_root(anchor_of, (uint32_t)t);
}

/* --- groups of documents, from pairs wherever these come from --- */

typedef struct ranking {
    const nd_rank_keys *keys;
    nd_representative policy;
} ranking;

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* An nd_compare_fn of document numbers; equal in all keys, by number. */
static int compare_documents(void *ctx, const void *left, const void *right)
{
    const ranking *const r = ctx;
    const nd_rank_keys *const k = r->keys;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = 0;
    if (r->policy == ND_REPRESENTATIVE_PREFERRED)
        order = compare_u64(k->preferences[a], k->preferences[b]);
    if (r->policy != ND_REPRESENTATIVE_FIRST_ID) {
        if (order == 0)
            order = compare_u64(k->num_tokens[b], k->num_tokens[a]);
        for (size_t half = 0; half < 2 && order == 0; half++)
            order = compare_u64(k->digests[a * (size_t)2 + half], k->digests[b * (size_t)2 + half]);
    }
    if (order == 0 && k->ids)
        order = nd_compare_bytes(k->ids[a], k->id_lens_bytes[a], k->ids[b], k->id_lens_bytes[b]);
    return order != 0 ? order : compare_u64(a, b);
}

static bool has_keys(const nd_rank_keys *k, nd_representative policy)
{
    if (k->ids && !k->id_lens_bytes)
        return false;
    if (policy == ND_REPRESENTATIVE_FIRST_ID)
        return true;
    return k->num_tokens && k->digests && (policy != ND_REPRESENTATIVE_PREFERRED || k->preferences);
}

nd_status nd_rank_documents(const nd_rank_keys *keys, size_t num_documents,
                            nd_representative policy, const nd_allocator *allocator,
                            uint32_t *rank_of)
{
    if (!has_keys(keys, policy) || num_documents > UINT32_MAX)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    uint32_t *const by_rank = nd_alloc(&a, num_documents, sizeof *by_rank);
    if (!by_rank)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < num_documents; d++)
        by_rank[d] = (uint32_t)d;
    ranking r = {keys, policy};
    nd_heap_sort(by_rank, num_documents, sizeof *by_rank, compare_documents, &r);
    for (size_t rank = 0; rank < num_documents; rank++)
        rank_of[by_rank[rank]] = (uint32_t)rank;
    nd_release(&a, by_rank);
    return ND_OK;
}

/* by_rank[rank of d] = d; false where the ranks are not 0 .. num_documents - 1. */
static bool invert_ranks(const uint32_t *rank_of, size_t num_documents, uint32_t *by_rank)
{
    for (size_t rank = 0; rank < num_documents; rank++)
        by_rank[rank] = UINT32_MAX;
    for (size_t d = 0; d < num_documents; d++) {
        const size_t rank = rank_of ? rank_of[d] : d;
        if (rank >= num_documents || by_rank[rank] != UINT32_MAX)
            return false;
        by_rank[rank] = (uint32_t)d;
    }
    return true;
}

/* Fills edges with | better rank, 32 bits | worse rank, 32 |. */
static nd_status rank_pairs(const nd_document_pair *pairs, size_t num_pairs, size_t num_documents,
                            const uint32_t *rank_of, uint64_t *edges)
{
    for (size_t i = 0; i < num_pairs; i++) {
        const nd_document_pair pair = pairs[i];
        if (pair.a >= num_documents || pair.b >= num_documents)
            return ND_ERR_INVALID_ARGUMENT;
        const uint64_t a = rank_of ? rank_of[pair.a] : pair.a;
        const uint64_t b = rank_of ? rank_of[pair.b] : pair.b;
        edges[i] = a < b ? a << 32 | b : b << 32 | a;
    }
    return ND_OK;
}

/* Group ranks by sorted edges. */
static void group_ranks(const uint64_t *edges, size_t num, size_t num_documents, nd_link link,
                        uint32_t *anchor_of)
{
    nd_links_begin(anchor_of, num_documents);
    for (size_t i = 0; i < num; i++) {
        const uint32_t from = (uint32_t)(edges[i] >> 32), to = (uint32_t)edges[i];
        if (link == ND_LINK_SINGLE)
            nd_links_add(anchor_of, from, to);
        else
            nd_anchor_edge(anchor_of, from, to);
    }
    if (link == ND_LINK_SINGLE)
        nd_links_end(anchor_of, num_documents);
}

nd_status nd_group_documents(const nd_document_pair *pairs, size_t num_pairs, size_t num_documents,
                             const uint32_t *rank_of, nd_link link, const nd_allocator *allocator,
                             uint32_t *representative_of)
{
    if (num_documents > UINT32_MAX)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    uint64_t *const edges = nd_alloc(&a, num_pairs, sizeof *edges);
    uint64_t *const scratch = nd_alloc(&a, num_pairs, sizeof *scratch);
    uint32_t *const anchor_of = nd_alloc(&a, num_documents, sizeof *anchor_of);
    uint32_t *const by_rank = nd_alloc(&a, num_documents, sizeof *by_rank);
    nd_status status = edges && scratch && anchor_of && by_rank ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK && !invert_ranks(rank_of, num_documents, by_rank))
        status = ND_ERR_INVALID_ARGUMENT;
    if (status == ND_OK)
        status = rank_pairs(pairs, num_pairs, num_documents, rank_of, edges);
    if (status == ND_OK) {
        nd_radix_sort_u64(edges, scratch, num_pairs);
        group_ranks(edges, num_pairs, num_documents, link, anchor_of);
        for (size_t d = 0; d < num_documents; d++)
            representative_of[d] = by_rank[anchor_of[rank_of ? rank_of[d] : d]];
    }
    nd_release(&a, edges);
    nd_release(&a, scratch);
    nd_release(&a, anchor_of);
    nd_release(&a, by_rank);
    return status;
}

/* Which pairs of documents a scan reports. */
#ifndef ENGINE_PAIR_LISTS_H
#define ENGINE_PAIR_LISTS_H

#include <stdbool.h>

#include "engine/catalog.h"
#include "engine/text_sets.h"
#include "group/groups.h"
#include "neardup/scan.h"

/* A match of a text, seen from it. */
typedef struct nd_neighbour {
    uint32_t text;
    uint32_t common;
    uint16_t own_covered, other_covered, score; /* see nd_edge */
} nd_neighbour;

/* neighbours[start[x] .. start[x + 1]) match text x, ascending. With a cap in force (num_capped >
 * 0):
 *
 *   kept[kept_start[x] .. kept_start[x + 1])   partner document << 32 | rank, ascending: the best
 *       documents for a document of x, itself included where x has copies: max_matches + 1 of them,
 *       so that max_matches are left without itself (2 where x is not capped: its best)
 *   best_of   best partner << 32 | document, ascending, for every document with a partner       */
typedef struct nd_pair_lists {
    size_t *start;
    nd_neighbour *neighbours;
    uint64_t *work_before; /* about what reporting all documents before each block costs */
    size_t num_blocks;     /* of documents */
    uint64_t num_pairs;    /* before any cap */
    uint64_t num_capped;   /* documents with more than max_matches partners */
    uint32_t first_capped; /* of those */
    size_t *kept_start;
    uint64_t *kept;
    uint64_t *best_of;
    size_t num_best_of;
} nd_pair_lists;

/* `sets` are the catalog's texts'. */
ND_NODISCARD nd_status nd_pair_lists_init(nd_pair_lists *lists, const nd_catalog *catalog,
                                          const nd_scan_set *sets, const nd_edge_list *edges,
                                          uint32_t max_matches, const nd_allocator *allocator);

/* The first document of one of num_parts parts that take about as long to report; the end, for
 * part num_parts. O(log documents). */
uint32_t nd_pair_lists_part_start(const nd_pair_lists *lists, const nd_catalog *catalog,
                                  uint32_t part, uint32_t num_parts);

/* Documents that match a document of x: those of its neighbours, and its copies. */
uint64_t nd_pair_lists_num_partners(const nd_pair_lists *lists, const nd_catalog *catalog,
                                    uint32_t x);

/* Whether the cap leaves the pair of documents d (of text x) and e (of text y) standing. */
bool nd_pair_stands(const nd_pair_lists *lists, uint32_t max_matches, const uint32_t documents[2],
                    const uint32_t texts[2]);

void nd_pair_lists_release(nd_pair_lists *lists, const nd_allocator *allocator);

#endif

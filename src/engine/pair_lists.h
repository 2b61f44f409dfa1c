/* Which pairs of documents a scan reports: the neighbours of each text, and what a cap leaves. */
#ifndef ENGINE_PAIR_LISTS_H
#define ENGINE_PAIR_LISTS_H

#include <stdbool.h>

#include "engine/catalog.h"
#include "engine/matcher.h"
#include "engine/text_sets.h"

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
 *   best_of   best partner << 32 | document, ascending, for every document with a partner
 *
 * Where a budget is limited, neighbours and kept are NULL, and stand in a file, one after the
 * other: kept from kept_at on. */
typedef struct nd_pair_lists {
    size_t num_texts;
    size_t *start;
    nd_temp_file *file; /* NULL: all is in memory */
    uint64_t kept_at;
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

/* The matches of a catalog's texts, whose sets `sets` are, of which a document may keep so many:
 * `edges`, or where `runs` is not NULL, those. */
typedef struct nd_pair_request {
    const nd_catalog *catalog;
    const nd_scan_set *sets;
    const nd_edge_list *edges;
    const nd_edge_runs *runs;
    uint32_t max_matches;
} nd_pair_request;

/* ND_ERR_IO: see nd_budget_explain. */
ND_NODISCARD nd_status nd_pair_lists_init(nd_pair_lists *lists, const nd_pair_request *request,
                                          const nd_allocator *allocator);

/* The first document of one of num_parts parts that take about as long to report; the end, for
 * part num_parts. O(log documents). */
uint32_t nd_pair_lists_part_start(const nd_pair_lists *lists, const nd_catalog *catalog,
                                  uint32_t part, uint32_t num_parts);

/* A stretch of a list that is in a file. Zero it before the first use. */
typedef struct nd_list_reader {
    char *bytes;
    size_t capacity;
    size_t begin, end; /* items */
} nd_list_reader;

/* The neighbours of x, which hold until the reader's next call; `ahead`: how many of the next
 * texts' are read with them. ND_ERR_IO: see nd_budget_explain. */
ND_NODISCARD nd_status nd_pair_lists_neighbours(const nd_pair_lists *lists, nd_list_reader *reader,
                                                uint32_t x, size_t ahead, const nd_neighbour **out,
                                                const nd_allocator *allocator);

/* What is kept of a text, ascending. */
typedef struct nd_kept_list {
    const uint64_t *items;
    size_t num;
} nd_kept_list;

/* That of x, likewise. */
ND_NODISCARD nd_status nd_pair_lists_kept(const nd_pair_lists *lists, nd_list_reader *reader,
                                          uint32_t x, size_t ahead, nd_kept_list *out,
                                          const nd_allocator *allocator);

void nd_list_reader_release(nd_list_reader *reader, const nd_allocator *allocator);

/* Whether the cap leaves the pair of two documents standing, whose texts keep these. */
bool nd_pair_stands(uint32_t max_matches, const uint32_t documents[2], const nd_kept_list kept[2]);

void nd_pair_lists_release(nd_pair_lists *lists, const nd_allocator *allocator);

#endif

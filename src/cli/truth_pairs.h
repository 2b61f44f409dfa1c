/* True pairs of a corpus, from a file. */
#ifndef CLI_TRUTH_PAIRS_H
#define CLI_TRUTH_PAIRS_H

#include "cli/held_documents.h"
#include "cli/pair_list.h"
#include "cli/tsv_file.h"

/* Pairs of a file with two ids and perhaps more on a line, in either order.
 *
 *   pairs     sorted, each once          | p0 | p1 | p2 | ...
 *   kind_of   with a kind column         | k0 | k1 | k2 | ...   numbers of kinds
 *   kinds     in byte order                                                                     */
typedef struct nd_truth_pairs {
    nd_pair_list pairs;
    uint32_t *kind_of; /* NULL without a kind column */
    nd_tsv_field *kinds;
    size_t num_kinds;
    nd_tsv_left_out unknown; /* an id that no document has */
    uint64_t num_repeated;   /* pairs that stood before: the first decides the kind */
    nd_tsv_left_out selves;  /* an id with itself */
    nd_arena names;
} nd_truth_pairs;

/* kind_column: name of a column in a header line, or NULL. ND_ERR_FORMAT where a line is malformed:
 * the message names file and line. Release it also after a failure. */
ND_NODISCARD nd_status nd_truth_pairs_read(nd_truth_pairs *truth, const char *path,
                                           const char *kind_column, const nd_held_documents *held,
                                           nd_error *error);

/* Drops the pairs of `ignored`, and their kinds. */
void nd_truth_pairs_subtract(nd_truth_pairs *truth, const nd_pair_list *ignored);

void nd_truth_pairs_release(nd_truth_pairs *truth);

#endif

/* True clusters of a corpus, from a file. */
#ifndef CLI_TRUTH_CLUSTERS_H
#define CLI_TRUTH_CLUSTERS_H

#include "cli/held_documents.h"
#include "cli/pair_list.h"
#include "cli/tsv_file.h"

/* Documents that a file of lines "id TAB cluster" puts together; any other is alone. */
typedef struct nd_truth_clusters {
    nd_pair_list pairs;      /* of the documents of one cluster; sorted */
    uint32_t *label;         /* [ids]: the lowest of its cluster */
    nd_tsv_left_out unknown; /* an id that no document has */
} nd_truth_clusters;

/* ND_ERR_FORMAT where a line is malformed, and where an id is in two clusters. ND_ERR_LIMIT: see
 * nd_pair_list_add. Release it also after a failure. */
ND_NODISCARD nd_status nd_truth_clusters_read(nd_truth_clusters *truth, const char *path,
                                              const nd_held_documents *held, nd_error *error);

void nd_truth_clusters_release(nd_truth_clusters *truth);

#endif

/* Files of true pairs, labelled pairs, clusters and pairs to ignore, told to an evaluator.
 *
 * They are tab-separated, and may begin with header lines, the last of which names the columns:
 * lines that begin with '#' (and do not name two documents), and the header that this tool writes.
 *
 *   pairs      two ids in the columns a and b, id1 and id2, or representative and id; without such
 *              a header in the first two
 *   clusters   an id and the name of its cluster in the columns id and cluster, or id and
 *              representative (who is in the cluster too); without in the first two */
#ifndef CLI_TRUTH_FILE_H
#define CLI_TRUTH_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "cli/notes.h"
#include "cli/options/settings.h"
#include "neardup/evaluation.h"

/* What was left out, with the first place. */
typedef struct nd_left_out {
    uint64_t count;
    char first[ND_ERROR_MESSAGE_BYTES]; /* "'truth.tsv':17: no document 'x'" */
} nd_left_out;

/* What reading one file came to. */
typedef struct nd_truth_report {
    uint64_t num_lines;  /* that are no headers */
    nd_left_out unknown; /* with an id that no document has */
    nd_left_out selves;  /* of a document with itself */
    nd_left_out torn;    /* a document of an id that has several, in different clusters */
    nd_left_out unsure;
} nd_truth_report;

typedef enum nd_truth_file {
    ND_TRUTH_FILE_PAIRS = 0,
    ND_TRUTH_FILE_CLUSTERS,
    ND_TRUTH_FILE_IGNORED,
    ND_NUM_TRUTH_FILES
} nd_truth_file;

/* Reads the file that the settings name, if they name one. ND_ERR_FORMAT where a line is malformed,
 * a column is missing, an id is in two clusters, or a file of true pairs or clusters has no line;
 * the message names file and line. */
ND_NODISCARD nd_status nd_truth_file_read(nd_evaluator *evaluator, const nd_settings *settings,
                                          nd_truth_file which, const nd_allocator *allocator,
                                          nd_truth_report *report, nd_error *error);

/* What kind of truth the settings ask for. */
nd_truth nd_truth_of(const nd_settings *settings);

#endif

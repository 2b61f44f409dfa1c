/* The reports of the commands, pages of HTML. */
#ifndef CLI_REPORT_REPORTS_H
#define CLI_REPORT_REPORTS_H

#include <pthread.h>
#include <stdbool.h>

#include "cli/job.h"
#include "cli/options/settings.h"
#include "cli/output/page.h"
#include "cli/output/records.h"
#include "cli/output/writers.h"
#include "cli/report/marked_text.h"
#include "cli/result_list.h"
#include "neardup/scan.h"

/* --- two texts beside each other, with the passages that both share, and why they match --- */

/* What makes them: its memory is used again from one comparison to the next. Exclusive. */
typedef struct nd_side_by_side {
    const nd_allocator *allocator; /* borrowed */
    nd_passage_finder *aligner;
    nd_marked_text a, b;
    const char *names[2];         /* of the texts: "A" and "B" */
    const char *edit_elements[2]; /* "del" and "ins": B came after A */
} nd_side_by_side;

/* With the settings' repairs and folds. Release also after a failure. */
ND_NODISCARD nd_status nd_side_by_side_init(nd_side_by_side *sides, const nd_settings *settings,
                                            const nd_allocator *allocator);

/* Appends the comparison: its figures, its verdict where there is one, and both texts. Element ids
 * begin with `prefix`; headings are of `level` and below; a score from `least_score` on is a copy.
 * The comparison's passages are of another finder. */
void nd_side_by_side_print(nd_side_by_side *sides, nd_page *page, const nd_comparison *comparison,
                           const char *prefix, int level, double least_score);

void nd_side_by_side_release(nd_side_by_side *sides);

/* Appends the whole report on two texts, `compare --format html`. */
ND_NODISCARD nd_status nd_comparison_report(const nd_job *job, nd_page *page,
                                            const nd_comparison *comparison);

/* --- documents with the passages that they repeat, `within --format html` --- */

/* What makes one document's part, on one thread. Exclusive. */
typedef struct nd_repeats_report {
    const nd_allocator *allocator; /* borrowed */
    nd_passage_finder *aligner;
    nd_marked_text text;
} nd_repeats_report;

/* Release also after a failure. */
ND_NODISCARD nd_status nd_repeats_report_init(nd_repeats_report *report,
                                              const nd_settings *settings,
                                              const nd_allocator *allocator);

/* Appends the part of a document but for what it is called and which of the page it is: those come
 * with nd_repeats_report_write. The repeats are of another finder. */
void nd_repeats_report_print(nd_repeats_report *report, nd_page *page, const nd_document *document,
                             const nd_repeat *repeats, size_t num_repeats);

/* Takes the next bytes of the page, and empties it. */
typedef nd_status (*nd_report_write_fn)(void *ctx, nd_page *page);

/* Writes the report on documents, with the parts that nd_repeats_report_print made of them: results
 * without bytes are left out, and *num_shown says how many are not. */
ND_NODISCARD nd_status nd_repeats_report_write(const nd_result *results, size_t num_results,
                                               nd_page *page, nd_report_write_fn write, void *ctx,
                                               size_t *num_shown);

void nd_repeats_report_release(nd_repeats_report *report);

/* --- parts of a page, made by several threads in any order, of which the page has room for some
 * --- */

/* The parts of the first documents, by id, digest and tag, as many as fit: a part that alone is
 * too large is passed over, and none follows the first one that does not fit beside those before
 * it. Which ones does not depend on the order in which they come. Internally locked. */
typedef struct nd_kept_parts {
    const nd_allocator *allocator; /* borrowed */
    uint64_t most_bytes;
    pthread_mutex_t lock;    /* of all below */
    ND_VEC(nd_result) parts; /* a heap, the last one on top; their memory is owned */
    uint64_t len_bytes;      /* of the parts, as they count in a page */
    bool is_full;
    nd_result end; /* where it is full: the first one that was dropped, without its bytes */
} nd_kept_parts;

/* For `most_bytes` of parts, names included. */
void nd_kept_parts_init(nd_kept_parts *kept, uint64_t most_bytes, const nd_allocator *allocator);

/* Whether the part of this result would be kept now: one that would not will never be. */
bool nd_kept_parts_wants(nd_kept_parts *kept, const nd_result *result);

/* Keeps a copy of bytes[0..len_bytes) for the result, or none. */
ND_NODISCARD nd_status nd_kept_parts_add(nd_kept_parts *kept, const nd_result *result,
                                         const char *bytes, size_t len_bytes);

/* Gives the results of the list their parts, which stay with `kept`; to the others NULL. Once all
 * are added: exclusive. */
void nd_kept_parts_hand_out(nd_kept_parts *kept, nd_result_list *list);

void nd_kept_parts_release(nd_kept_parts *kept);

/* --- groups of near-copies: `scan --format html` and `dedup --removed FILE.html` --- */

typedef enum nd_groups_report_kind {
    ND_GROUPS_FOUND = 0, /* to the job's output */
    ND_GROUPS_REMOVED,   /* all but the representatives are removed; to job->removed */
    ND_GROUPS_REMOVABLE, /* the same, in a dry run */
} nd_groups_report_kind;

/* Writes the report on a scan that was asked for groups. What the page has no room for is a note of
 * the job. A failed write has its message from the job's commit, or of job->removed, here. */
ND_NODISCARD nd_status nd_groups_report_write(nd_job *job, nd_groups_report_kind kind,
                                              const nd_scan *scan, nd_capped_matches *capped,
                                              nd_error *error);

/* --- how right a scan is, `eval --format html` --- */

/* Appends the beginning of the page: figures, the curve of a sweep, recall by similarity and by
 * kind. */
void nd_eval_report_begin(nd_page *page, const nd_eval_report *report);

/* Appends a pair that the scan got wrong, `what` ("false" or "missed"); numbers count from 1 over
 * all of them. */
void nd_eval_report_wrong(nd_side_by_side *sides, nd_page *page, const char *what, size_t number,
                          const nd_wrong_pair *pair, const nd_comparison *comparison,
                          double least_score);

/* Appends the end of the page. */
void nd_eval_report_end(nd_page *page);

/* --- a plan with its S-curve, `plan --format html` --- */

/* Appends the whole page. */
void nd_plan_report_print(nd_page *page, const nd_plan_view *plan);

#endif

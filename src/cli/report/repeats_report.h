/* Documents with the passages that they repeat, `within --format html`. */
#ifndef CLI_REPORT_REPEATS_REPORT_H
#define CLI_REPORT_REPEATS_REPORT_H

#include "cli/options/settings.h"
#include "cli/report/marked_text.h"
#include "cli/result_list.h"

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

#endif

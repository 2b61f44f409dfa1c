/* Two texts beside each other, with the passages that both share, and why they match. */
#ifndef CLI_REPORT_SIDE_BY_SIDE_H
#define CLI_REPORT_SIDE_BY_SIDE_H

#include "cli/output/writers.h"
#include "cli/report/marked_text.h"

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

#endif

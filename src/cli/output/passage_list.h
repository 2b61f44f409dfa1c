/* The passages that two matching texts share, beside the match. */
#ifndef CLI_OUTPUT_PASSAGE_LIST_H
#define CLI_OUTPUT_PASSAGE_LIST_H

#include "cli/options/settings.h"
#include "cli/output/record.h"
#include "neardup/passages.h"
#include "neardup/repair.h"
#include "neardup/scan.h"
#include "text/line_index.h"
#include "util/vec.h"

/* Filled for one match after the other. Zeros: not asked for, and always empty. */
typedef struct nd_passage_list {
    const nd_allocator *allocator;
    nd_repairer *repairers[2];
    nd_passage_finder *finder;
    nd_line_index lines;                /* of a repaired text */
    ND_VEC(nd_shared_passage) passages; /* bytes and lines of the texts as they came */
    nd_array array;                     /* the same */
} nd_passage_list;

/* With the settings' repairs and folds. Release also after a failure. */
ND_NODISCARD nd_status nd_passage_list_init(nd_passage_list *list, const nd_settings *settings,
                                            const nd_allocator *allocator);

ND_NODISCARD nd_status nd_passage_list_fill(nd_passage_list *list, nd_kept_text a, nd_kept_text b);

/* The passages, for a record; they hold until the next fill. */
nd_items nd_passage_list_items(nd_passage_list *list);

/* Appends a line a passage. */
void nd_passage_list_print_text(const nd_passage_list *list, nd_page *page);

void nd_passage_list_release(nd_passage_list *list);

#endif

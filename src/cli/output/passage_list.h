/* The passages that two matching texts share, beside the match. */
#ifndef CLI_OUTPUT_PASSAGE_LIST_H
#define CLI_OUTPUT_PASSAGE_LIST_H

#include "cli/notes.h"
#include "cli/options/settings.h"
#include "cli/output/record.h"
#include "neardup/passages.h"
#include "neardup/scan.h"

/* Matches whose texts repeat so much that the passage finder reached a cap. Begins with zeros. */
typedef struct nd_capped_matches {
    uint64_t num;
    uint64_t caps_reached; /* times, in all of them */
    nd_first_id first;
} nd_capped_matches;

void nd_capped_matches_merge(nd_capped_matches *sum, const nd_capped_matches *part);

void nd_capped_matches_note(const nd_capped_matches *capped, nd_notes *notes,
                            const nd_input *input);

/* Filled for one match after the other. Zeros: not asked for, and always empty. */
typedef struct nd_passage_list {
    nd_passage_finder *finder;
    const nd_shared_passage *passages; /* the finder's */
    size_t num_passages;
    nd_array array;           /* the same */
    nd_capped_matches capped; /* of all fills */
} nd_passage_list;

/* With the settings' repairs and folds. Release also after a failure. */
ND_NODISCARD nd_status nd_passage_list_init(nd_passage_list *list, const nd_settings *settings,
                                            const nd_allocator *allocator);

/* `a_id` names the match where a cap is reached. */
ND_NODISCARD nd_status nd_passage_list_fill(nd_passage_list *list, nd_id a_id, nd_kept_text a,
                                            nd_kept_text b);

/* The passages, for a record; they hold until the next fill. */
nd_items nd_passage_list_items(nd_passage_list *list);

/* Appends a line a passage. */
void nd_passage_list_print_text(const nd_passage_list *list, nd_page *page);

void nd_passage_list_release(nd_passage_list *list);

#endif

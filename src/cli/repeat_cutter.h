/* What a text repeats, for who cuts it out. */
#ifndef CLI_REPEAT_CUTTER_H
#define CLI_REPEAT_CUTTER_H

#include "cli/notes.h"
#include "cli/options/settings.h"
#include "io/record_copy.h"
#include "neardup/passages.h"
#include "util/alloc.h"

/* Finds passages that are the same word for word; exclusive. */
typedef struct nd_repeat_cutter {
    const nd_allocator *allocator;
    nd_passage_finder *finder;
    ND_VEC(nd_text_repeat) repeats;    /* of the last text */
    uint64_t num_capped, caps_reached; /* texts that repeat so much that the finder reached a cap */
    nd_repeat_cuts cuts;               /* what a copy is given; borrows this struct */
} nd_repeat_cutter;

/* With the settings' repairs and folds; to stay where it is. Release also after a failure. */
ND_NODISCARD nd_status nd_repeat_cutter_init(nd_repeat_cutter *cutter, const nd_settings *settings,
                                             const nd_allocator *allocator);

/* Says where a cap was reached, and what could not be cut. */
void nd_repeat_cutter_note(const nd_repeat_cutter *cutter, nd_notes *notes);

void nd_repeat_cutter_release(nd_repeat_cutter *cutter);

#endif

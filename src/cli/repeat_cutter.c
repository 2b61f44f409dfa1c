#include "cli/repeat_cutter.h"

#include <stdlib.h>

static int compare_repeats(const void *left, const void *right)
{
    const nd_text_repeat *const a = left, *const b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->end < b->end) - (a->end > b->end); /* the longer first */
}

/* Every place of a repeat but the first. */
static nd_status add_places(nd_repeat_cutter *cutter, const nd_repeat *repeat)
{
    const nd_status status =
        ND_VEC_RESERVE(cutter->allocator, &cutter->repeats, repeat->num_places);
    for (size_t i = 1; status == ND_OK && i < repeat->num_places; i++)
        if (repeat->similarities[i] == 1)
            cutter->repeats.items[cutter->repeats.len++] =
                (nd_text_repeat){repeat->places[i].start, repeat->places[i].end,
                                 repeat->places[0].start, repeat->places[0].end};
    return status;
}

/* Of nd_repeat_cuts. */
static nd_status find(void *ctx, const char *text, size_t len_bytes, const nd_text_repeat **repeats,
                      size_t *num)
{
    nd_repeat_cutter *const cutter = ctx;
    const nd_repeat *found;
    size_t num_found;
    cutter->repeats.len = 0;
    nd_status status =
        nd_passage_finder_repeats(cutter->finder, text, len_bytes, &found, &num_found);
    if (status == ND_ERR_LIMIT) { /* too long once it is normalised: the scan has counted it */
        status = ND_OK;
        num_found = 0;
    }
    for (size_t i = 0; status == ND_OK && i < num_found; i++)
        status = add_places(cutter, &found[i]);
    if (cutter->repeats.len > 1)
        qsort(cutter->repeats.items, cutter->repeats.len, sizeof *cutter->repeats.items,
              compare_repeats);
    const uint64_t capped = nd_passage_finder_stats(cutter->finder).capped;
    cutter->num_capped += capped > 0;
    cutter->caps_reached += capped;
    *repeats = cutter->repeats.items;
    *num = cutter->repeats.len;
    return status;
}

nd_status nd_repeat_cutter_init(nd_repeat_cutter *cutter, const nd_settings *settings,
                                const nd_allocator *allocator)
{
    nd_passage_options options = nd_settings_passage(settings);
    options.min_similarity = 1; /* what is said once stays */
    *cutter =
        (nd_repeat_cutter){.allocator = allocator,
                           .cuts = {.ctx = cutter, .find = find, .min_words = options.min_words}};
    return nd_passage_finder_new(&options, allocator, &cutter->finder);
}

void nd_repeat_cutter_note(const nd_repeat_cutter *cutter, nd_notes *notes)
{
    static const nd_counter counters[] = {
        ND_COUNTER_CAPPED_PASSAGES(nd_repeat_cutter, num_capped, caps_reached, "documents that"),
        {.name = "uncut_invalid_utf8",
         .meaning = "JSON with invalid UTF-8, out of which nothing is cut",
         .offset = offsetof(nd_repeat_cutter, cuts.not_utf8),
         .weight = ND_COUNTER_LOSS},
    };
    nd_notes_add_counters(notes, (nd_counter_list){counters, sizeof counters / sizeof *counters},
                          cutter, NULL, NULL);
}

void nd_repeat_cutter_release(nd_repeat_cutter *cutter)
{
    nd_passage_finder_free(cutter->finder);
    if (cutter->allocator)
        ND_VEC_RELEASE(cutter->allocator, &cutter->repeats);
}

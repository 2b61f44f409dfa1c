#include "cli/output/passage_list.h"

#include <string.h>

#include "cli/output/amounts.h"

nd_status nd_passage_list_init(nd_passage_list *list, const nd_settings *settings,
                               nd_passage_lines lines, const nd_allocator *allocator)
{
    *list = (nd_passage_list){.allocator = allocator, .lines = lines};
    nd_status status = ND_OK;
    for (int side = 0; side < 2 && status == ND_OK; side++)
        status = nd_repairer_new(settings->scan.repairs, settings->scan.folds, allocator,
                                 &list->repairers[side]);
    nd_passage_options options;
    nd_passage_options_init(&options);
    return status == ND_OK ? nd_passage_finder_new(&options, allocator, &list->finder) : status;
}

/* The line, from 1, of the byte at `offset`; a line feed belongs to the line it ends. */
static uint64_t line_of(const char *text, size_t offset)
{
    uint64_t line = 1;
    for (const char *p = text; (p = memchr(p, '\n', (size_t)(text + offset - p))) != NULL; p++)
        line++;
    return line;
}

/* From the repaired text back to the one that came. */
static void locate(const nd_passage_list *list, int side, nd_kept_text text, nd_place *place)
{
    size_t start = (size_t)place->start, end = (size_t)place->end;
    nd_repairer_locate(list->repairers[side], &start, &end);
    *place = (nd_place){.start = start, .end = end};
    if (list->lines == ND_PASSAGE_NO_LINES)
        return;
    place->line = line_of(text.p, start);
    place->end_line = line_of(text.p, end - 1);
}

static void locate_all(nd_passage_list *list, int side, nd_kept_text text)
{
    if (nd_repairer_count(list->repairers[side]) == 0)
        return;
    for (size_t i = 0; i < list->passages.len; i++) {
        nd_shared_passage *const passage = &list->passages.items[i];
        locate(list, side, text, side == 0 ? &passage->a : &passage->b);
    }
}

static void count_caps(nd_passage_list *list, nd_id id)
{
    const uint64_t caps_reached = nd_passage_finder_stats(list->finder).capped;
    if (caps_reached == 0)
        return;
    list->capped.num++;
    list->capped.caps_reached += caps_reached;
    nd_first_id_consider(&list->capped.first, id.p, id.len_bytes);
}

nd_status nd_passage_list_fill(nd_passage_list *list, nd_id a_id, nd_kept_text a, nd_kept_text b)
{
    const char *texts[2];
    size_t lens[2], num = 0;
    const nd_shared_passage *found = NULL;
    list->passages.len = 0;
    nd_status status = nd_repairer_apply(list->repairers[0], a.p, a.len_bytes, &texts[0], &lens[0]);
    if (status == ND_OK)
        status = nd_repairer_apply(list->repairers[1], b.p, b.len_bytes, &texts[1], &lens[1]);
    if (status == ND_OK)
        status = nd_passage_finder_shared(list->finder, texts[0], lens[0], texts[1], lens[1],
                                          &found, &num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(list->allocator, &list->passages, num);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num; i++)
        list->passages.items[i] = found[i];
    list->passages.len = num;
    count_caps(list, a_id);
    locate_all(list, 0, a);
    locate_all(list, 1, b);
    return ND_OK;
}

void nd_capped_matches_merge(nd_capped_matches *sum, const nd_capped_matches *part)
{
    sum->num += part->num;
    sum->caps_reached += part->caps_reached;
    nd_first_id_merge(&sum->first, &part->first);
}

void nd_capped_matches_note(const nd_capped_matches *capped, nd_notes *notes)
{
    static const nd_counter counter =
        ND_COUNTER_CAPPED_PASSAGES(nd_capped_matches, num, caps_reached, "matches whose texts");
    nd_notes_add_counters(notes, (nd_counter_list){&counter, 1}, capped, &capped->first);
}

nd_items nd_passage_list_items(nd_passage_list *list)
{
    list->array =
        (nd_array){list->passages.items, list->passages.len, sizeof *list->passages.items};
    return nd_items_of(&list->array);
}

void nd_passage_list_print_text(const nd_passage_list *list, nd_page *page)
{
    for (size_t i = 0; i < list->passages.len; i++) {
        const nd_shared_passage *const passage = &list->passages.items[i];
        nd_page_printf(page, "                     %s, ",
                       nd_amount_of(passage->words, "word").text);
        if (passage->similarity < 1)
            nd_page_printf(page, "%s alike", nd_amount_percent(passage->similarity).text);
        else
            nd_page_put(page, "the same");
        nd_page_printf(page, ": bytes %llu-%llu and %llu-%llu\n",
                       (unsigned long long)passage->a.start, (unsigned long long)passage->a.end,
                       (unsigned long long)passage->b.start, (unsigned long long)passage->b.end);
    }
}

void nd_passage_list_release(nd_passage_list *list)
{
    for (int side = 0; side < 2; side++)
        nd_repairer_free(list->repairers[side]);
    nd_passage_finder_free(list->finder);
    if (list->allocator)
        ND_VEC_RELEASE(list->allocator, &list->passages);
}

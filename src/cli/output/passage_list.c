#include "cli/output/passage_list.h"

#include "cli/output/amounts.h"

nd_status nd_passage_list_init(nd_passage_list *list, const nd_settings *settings,
                               const nd_allocator *allocator)
{
    *list = (nd_passage_list){.finder = NULL};
    nd_passage_options options;
    nd_passage_options_init(&options);
    options.repairs = settings->scan.repairs;
    options.folds = settings->scan.folds;
    return nd_passage_finder_new(&options, allocator, &list->finder);
}

static void count_caps(nd_passage_list *list, nd_id id)
{
    const uint64_t caps_reached = nd_passage_finder_stats(list->finder).capped;
    if (caps_reached == 0)
        return;
    list->capped.num++;
    list->capped.caps_reached += caps_reached;
    nd_first_id_consider(&list->capped.first, id.p, id.len_bytes, id.tag);
}

nd_status nd_passage_list_fill(nd_passage_list *list, nd_id a_id, nd_kept_text a, nd_kept_text b)
{
    const nd_status status = nd_passage_finder_shared(
        list->finder, a.p, a.len_bytes, b.p, b.len_bytes, &list->passages, &list->num_passages);
    if (status == ND_OK)
        count_caps(list, a_id);
    return status;
}

void nd_capped_matches_merge(nd_capped_matches *sum, const nd_capped_matches *part)
{
    sum->num += part->num;
    sum->caps_reached += part->caps_reached;
    nd_first_id_merge(&sum->first, &part->first);
}

void nd_capped_matches_note(const nd_capped_matches *capped, nd_notes *notes, const nd_input *input)
{
    static const nd_counter counter =
        ND_COUNTER_CAPPED_PASSAGES(nd_capped_matches, num, caps_reached, "matches whose texts");
    nd_notes_add_counters(notes, (nd_counter_list){&counter, 1}, capped, &capped->first, input);
}

nd_items nd_passage_list_items(nd_passage_list *list)
{
    list->array = (nd_array){list->passages, list->num_passages, sizeof *list->passages};
    return nd_items_of(&list->array);
}

void nd_passage_list_print_text(const nd_passage_list *list, nd_page *page)
{
    for (size_t i = 0; i < list->num_passages; i++) {
        const nd_shared_passage *const passage = &list->passages[i];
        nd_page_printf(page, "                     %s",
                       nd_amount_alike(passage->words, passage->similarity).text);
        nd_page_printf(page, ": bytes %llu-%llu and %llu-%llu\n",
                       (unsigned long long)passage->a.start, (unsigned long long)passage->a.end,
                       (unsigned long long)passage->b.start, (unsigned long long)passage->b.end);
    }
}

void nd_passage_list_release(nd_passage_list *list)
{
    nd_passage_finder_free(list->finder);
}

#include "cli/output/writers.h"

#include "cli/output/records.h"
#include "cli/output/screen.h"

/* --- why two texts are copies of each other --- */

nd_status nd_explain(nd_verdict_reader *reader, nd_kept_text a, nd_kept_text b,
                     nd_explanation *explanation)
{
    nd_explanation *const e = explanation;
    nd_status status =
        nd_verdict_reader_judge(reader, a.p, a.len_bytes, b.p, b.len_bytes, &e->verdict);
    for (int place = 0; place < 3 && status == ND_OK; place++) {
        const nd_evidence *evidence;
        nd_array *const list = &e->lists[place];
        *list = (nd_array){e->evidence[place], 0, sizeof e->evidence[place][0]};
        status = nd_verdict_reader_evidence(reader, (nd_evidence_place)place, ND_SHOWN_EVIDENCE,
                                            &evidence, &list->num);
        for (size_t i = 0; status == ND_OK && i < list->num; i++)
            e->evidence[place][i] = evidence[i];
    }
    return status;
}

nd_explanation_view nd_explanation_items(nd_explanation *explanation)
{
    nd_explanation_view view = {.verdict = explanation->verdict};
    for (int place = 0; place < 3; place++)
        view.evidence[place] = nd_items_of(&explanation->lists[place]);
    return view;
}

static void print_answer(nd_page *page, const char *indent, const char *question, double answer)
{
    nd_page_printf(page, "%s%-46s %s (%+.1f)\n", indent, question, answer >= 0 ? "yes" : "no",
                   answer);
}

void nd_explanation_print_text(const nd_explanation *explanation, const char *indent,
                               const char *const places[3], nd_page *page)
{
    const nd_explanation *const e = explanation;
    print_answer(page, indent, "most of one text stands in the other", e->verdict.held);
    print_answer(page, indent, "what differs is editing, not other facts", e->verdict.edited);
    print_answer(page, indent, "they share more than a footer", e->verdict.own);
    for (int place = 0; place < 3; place++) {
        const size_t num = e->lists[place].num;
        if (num > 0)
            nd_page_printf(page, "%s%s: ", indent, places[place]);
        for (size_t i = 0; i < num; i++) {
            nd_page_put(page, i ? ", " : "");
            nd_page_shown(page, e->evidence[place][i].text, e->evidence[place][i].len_bytes);
        }
        nd_page_put(page, num > 0 ? "\n" : "");
    }
}

/* --- the passages that they share --- */

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

/* --- what they have in common --- */

/* Borrows the comparison and the array. */
static nd_comparison_view view_of(const nd_comparison *comparison, nd_array *passages)
{
    *passages =
        (nd_array){comparison->passages, comparison->num_passages, sizeof *comparison->passages};
    nd_comparison_view view = {.a = {comparison->a.id, comparison->a.id_len_bytes},
                               .b = {comparison->b.id, comparison->b.id_len_bytes},
                               .kind = comparison->kind,
                               .similarity = comparison->similarity,
                               .passages = nd_items_of(passages)};
    if (comparison->explained)
        view.explained = nd_explanation_items(comparison->explained);
    return view;
}

static nd_shown_columns shown_of(const nd_comparison *comparison)
{
    return comparison->explained ? ND_SHOW_SCORE | ND_SHOW_EXPLANATION : 0;
}

nd_status nd_comparison_explain(nd_comparison *comparison, nd_verdict_reader *reader,
                                nd_explanation *explanation)
{
    const nd_document *const a = &comparison->a, *const b = &comparison->b;
    const nd_status status = nd_explain(reader, (nd_kept_text){a->text, a->text_len_bytes},
                                        (nd_kept_text){b->text, b->text_len_bytes}, explanation);
    if (status == ND_OK)
        comparison->explained = explanation;
    return status;
}

void nd_comparison_print_members(nd_page *page, const nd_comparison *comparison)
{
    nd_array passages;
    const nd_comparison_view view = view_of(comparison, &passages);
    nd_record_json_members(page, &nd_comparison_record, shown_of(comparison), &view);
}

static void heading_as_text(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    const nd_similarity *const s = &comparison->similarity;
    const char *const strong = nd_style(&job->screen, ND_STYLE_STRONG);
    const char *const plain = nd_style(&job->screen, ND_STYLE_PLAIN);
    nd_page_printf(page, "%sa%s  ", strong, plain);
    nd_page_shown(page, comparison->a.id, comparison->a.id_len_bytes);
    nd_page_printf(page, "\n%sb%s  ", strong, plain);
    nd_page_shown(page, comparison->b.id, comparison->b.id_len_bytes);
    nd_page_printf(page, "\n\n%s%s%s: %s alike", strong,
                   comparison->kind == ND_MATCH_NONE ? "no match"
                                                     : nd_match_kind_name(comparison->kind),
                   plain, nd_amount_percent(s->jaccard).text);
    nd_page_printf(page, ", %s of a in b, %s of b in a (%llu of %llu and %llu shingles)\n",
                   nd_amount_percent(s->a_in_b).text, nd_amount_percent(s->b_in_a).text,
                   (unsigned long long)s->common, (unsigned long long)s->size_a,
                   (unsigned long long)s->size_b);
}

/* verdict 0.94: a copy
     most of one text stands in the other           yes (+4.1)
     ...
     in both: 214, skarvoy, coastguard */
static void verdict_as_text(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    static const char *const places[] = {"in both", "only in a", "only in b"};
    const nd_explanation *const e = comparison->explained;
    nd_page_printf(page, "\n%sverdict %.2f%s: %s\n", nd_style(&job->screen, ND_STYLE_STRONG),
                   e->verdict.score, nd_style(&job->screen, ND_STYLE_PLAIN),
                   e->verdict.score >= job->settings->scan.score ? "a copy" : "no copy");
    nd_explanation_print_text(e, "  ", places, page);
    nd_page_put(page, "\n");
}

static void passage_as_text(const nd_job *job, nd_page *page, const nd_comparison *comparison,
                            const nd_shared_passage *passage)
{
    nd_page_printf(page, "\n%s%s%s\n", nd_style(&job->screen, ND_STYLE_STRONG),
                   nd_amount_alike(passage->words, passage->similarity).text,
                   nd_style(&job->screen, ND_STYLE_PLAIN));
    const nd_side a = {comparison->a.text + passage->a.start,
                       (size_t)(passage->a.end - passage->a.start), passage->a.line};
    const nd_side b = {comparison->b.text + passage->b.start,
                       (size_t)(passage->b.end - passage->b.start), passage->b.line};
    nd_page_side_by_side(page, &job->screen, &a, &b);
}

static void print_text(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    heading_as_text(job, page, comparison);
    if (comparison->explained)
        verdict_as_text(job, page, comparison);
    if (comparison->num_passages == 0)
        nd_page_put(page, "no shared passage\n");
    else
        nd_page_printf(page, "%s\n", nd_amount_of(comparison->num_passages, "shared passage").text);
    for (size_t i = 0; i < comparison->num_passages; i++)
        passage_as_text(job, page, comparison, &comparison->passages[i]);
}

void nd_comparison_print(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    nd_array passages;
    const nd_comparison_view view = view_of(comparison, &passages);
    const nd_shown_columns shown = shown_of(comparison);
    if (job->format == ND_FORMAT_JSONL) {
        nd_record_json(page, &nd_comparison_record, shown, &view);
        nd_page_put(page, "\n");
    } else if (job->format == ND_FORMAT_TSV) {
        nd_record_tsv_header(page, &nd_comparison_record, shown, NULL);
        nd_record_tsv(page, &nd_comparison_record, shown, &view);
    } else {
        print_text(job, page, comparison);
    }
}

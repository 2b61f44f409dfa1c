#include "cli/output/comparison_writer.h"

#include "cli/output/amounts.h"
#include "cli/output/records.h"
#include "cli/output/screen.h"

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

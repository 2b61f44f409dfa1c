#include "cli/report/reports.h"

#include <stdio.h>
#include <string.h>

#include "cli/output/screen.h"
#include "cli/report/html.h"

nd_status nd_side_by_side_init(nd_side_by_side *sides, const nd_settings *settings,
                               const nd_allocator *allocator)
{
    *sides = (nd_side_by_side){
        .allocator = allocator, .names = {"A", "B"}, .edit_elements = {"del", "ins"}};
    nd_passage_options options;
    nd_passage_options_init(&options);
    options.repairs = settings->scan.repairs;
    options.folds = settings->scan.folds;
    return nd_passage_finder_new(&options, allocator, &sides->aligner);
}

void nd_side_by_side_release(nd_side_by_side *sides)
{
    nd_passage_finder_free(sides->aligner);
    nd_marked_text_release(&sides->a, sides->allocator);
    nd_marked_text_release(&sides->b, sides->allocator);
}

/* --- marks --- */

static nd_status add_mark(nd_side_by_side *sides, nd_marked_text *text, nd_place place,
                          uint32_t passage, uint32_t number)
{
    const nd_status status = ND_VEC_RESERVE(sides->allocator, &text->marks, 1);
    if (status == ND_OK)
        text->marks.items[text->marks.len++] =
            (nd_mark){place.start, place.end, passage, number, 3 - number};
    return status;
}

static nd_status add_passages(nd_side_by_side *sides, const nd_comparison *c)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < c->num_passages && status == ND_OK; i++) {
        const nd_shared_passage *const passage = &c->passages[i];
        status = add_mark(sides, &sides->a, passage->a, (uint32_t)i + 1, 1);
        if (status == ND_OK)
            status = add_mark(sides, &sides->b, passage->b, (uint32_t)i + 1, 2);
        if (status == ND_OK && passage->similarity < 1)
            status = nd_edits_add(sides->aligner, sides->allocator, c->a.text, passage->a,
                                  c->b.text, passage->b, &sides->a.edits, &sides->b.edits);
    }
    return status;
}

static nd_status mark(nd_side_by_side *sides, const nd_comparison *c, const char *prefix)
{
    const nd_document *const documents[2] = {&c->a, &c->b};
    nd_marked_text *const texts[2] = {&sides->a, &sides->b};
    for (int i = 0; i < 2; i++) {
        texts[i]->text = documents[i]->text;
        texts[i]->len_bytes = documents[i]->text_len_bytes;
        texts[i]->marks.len = texts[i]->edits.len = 0;
        texts[i]->edit_element = sides->edit_elements[i];
        texts[i]->prefix = prefix;
    }
    const nd_status status = add_passages(sides, c);
    for (int i = 0; i < 2 && status == ND_OK; i++)
        nd_marked_text_order(texts[i]);
    return status;
}

/* --- figures --- */

static void print_share(nd_page *page, const char *of, const char *in, double share)
{
    char name[64];
    snprintf(name, sizeof name, "of %s in %s", of, in);
    nd_report_figure(page, name, nd_amount_percent(share).text);
}

static void print_figures(const nd_side_by_side *sides, nd_page *page, const nd_comparison *c)
{
    nd_page_put(page, "<dl class=\"figures\">");
    nd_report_figure(page, "kind",
                     c->kind == ND_MATCH_NONE ? "no match" : nd_match_kind_name(c->kind));
    nd_report_figure(page, "alike", nd_amount_percent(c->similarity.jaccard).text);
    print_share(page, sides->names[0], sides->names[1], c->similarity.a_in_b);
    print_share(page, sides->names[1], sides->names[0], c->similarity.b_in_a);
    nd_report_figure(page, "shared passages", nd_amount_count(c->num_passages).text);
    nd_page_put(page, "</dl>\n");
}

static void print_answer(nd_page *page, const char *question, double answer)
{
    nd_page_printf(page, "<tr><th scope=\"row\">%s<td class=\"%s\">%s<td class=\"number\">%+.1f\n",
                   question, answer >= 0 ? "yes" : "no", answer >= 0 ? "yes" : "no", answer);
}

static void print_evidence(const nd_side_by_side *sides, nd_page *page, const nd_explanation *e,
                           int place)
{
    nd_page_printf(page, "<div><dt>%s%s<dd lang=\"\">", place == 0 ? "in both" : "only in ",
                   place == 0 ? "" : sides->names[place - 1]);
    for (size_t i = 0; i < e->lists[place].num; i++) {
        const nd_evidence *const word = &e->evidence[place][i];
        nd_page_printf(page, "<span class=\"word\" title=\"%.1f bits\"><bdi>", word->bits);
        nd_html_name(page, word->text, word->len_bytes);
        nd_page_put(page, "</bdi></span> ");
    }
    nd_page_put(page, e->lists[place].num > 0 ? "</div>" : "–</div>");
}

static void print_verdict(const nd_side_by_side *sides, nd_page *page, const nd_explanation *e,
                          int level, double least)
{
    nd_page_printf(page, "<div class=\"verdict\"><h%d>Verdict: %s (%.2f)</h%d>\n<table>", level,
                   e->verdict.score >= least ? "a copy" : "no copy", e->verdict.score, level);
    nd_page_put(page, "<caption>The least of three answers decides</caption>\n");
    print_answer(page, "most of one text stands in the other", e->verdict.held);
    print_answer(page, "what differs is editing, not other facts", e->verdict.edited);
    print_answer(page, "they share more than a footer", e->verdict.own);
    nd_page_put(page, "</table>\n<dl class=\"evidence\">");
    for (int place = 0; place < 3; place++)
        print_evidence(sides, page, e, place);
    nd_page_put(page, "</dl></div>\n");
}

/* --- texts --- */

static void print_pane(nd_page *page, const nd_marked_text *text, const nd_document *document,
                       const char *name, int level)
{
    nd_page_printf(page, "<section class=\"side\" aria-label=\"%s\"><h%d>%s ", name, level, name);
    nd_report_name(page, document->id, document->id_len_bytes);
    nd_page_printf(page,
                   "</h%d><div class=\"pane\" tabindex=\"0\" role=\"region\" "
                   "aria-label=\"lines of %s\">",
                   level, name);
    nd_marked_text_print(page, text);
    nd_page_put(page, "</div>");
    nd_marked_text_print_map(page, text);
    nd_page_put(page, "</section>\n");
}

void nd_side_by_side_print(nd_side_by_side *sides, nd_page *page, const nd_comparison *comparison,
                           const char *prefix, int level, double least_score)
{
    const nd_status status = mark(sides, comparison, prefix);
    if (page->status == ND_OK)
        page->status = status;
    if (page->status != ND_OK)
        return;
    print_figures(sides, page, comparison);
    if (comparison->explained)
        print_verdict(sides, page, comparison->explained, level, least_score);
    nd_page_put(page, "<div class=\"sides\">\n");
    print_pane(page, &sides->a, &comparison->a, sides->names[0], level);
    print_pane(page, &sides->b, &comparison->b, sides->names[1], level);
    nd_page_put(page, "</div>\n");
}

nd_status nd_comparison_report(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    nd_side_by_side sides;
    const nd_status status = nd_side_by_side_init(&sides, job->settings, job->allocator);
    if (status == ND_OK) {
        nd_report_begin(page, "Two texts compared");
        nd_side_by_side_print(&sides, page, comparison, "p", 2, job->settings->scan.score);
        nd_report_end(page);
    }
    nd_side_by_side_release(&sides);
    return status != ND_OK ? status : page->status;
}

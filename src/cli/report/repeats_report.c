#include "cli/report/repeats_report.h"

#include <string.h>

#include "cli/output/screen.h"
#include "cli/report/html.h"
#include "cli/report/report_page.h"

/* Stands for the number of the document in the page, which is not known while its part is made: no
 * text that was escaped has such a character. */
static const char number_mark[] = "\1";

nd_status nd_repeats_report_init(nd_repeats_report *report, const nd_settings *settings,
                                 const nd_allocator *allocator)
{
    *report = (nd_repeats_report){.allocator = allocator};
    const nd_passage_options options = nd_settings_passage(settings);
    return nd_passage_finder_new(&options, allocator, &report->aligner);
}

void nd_repeats_report_release(nd_repeats_report *report)
{
    nd_passage_finder_free(report->aligner);
    nd_marked_text_release(&report->text, report->allocator);
}

/* --- one document --- */

/* What differs is marked at each place but the first, as against that; of two places at both. */
static nd_status add_repeat(nd_repeats_report *report, const char *bytes, const nd_repeat *repeat,
                            uint32_t number)
{
    nd_marked_text *const text = &report->text;
    const uint32_t num = (uint32_t)repeat->num_places;
    nd_status status = ND_VEC_RESERVE(report->allocator, &text->marks, num);
    for (uint32_t k = 0; k < num && status == ND_OK; k++)
        text->marks.items[text->marks.len++] = (nd_mark){
            repeat->places[k].start, repeat->places[k].end, number, k + 1, (k + 1) % num + 1};
    nd_edit_vec unused = {0};
    for (uint32_t k = 1; k < num && status == ND_OK; k++)
        if (repeat->similarities[k] < 1)
            status =
                nd_edits_add(report->aligner, report->allocator, bytes, repeat->places[0], bytes,
                             repeat->places[k], num == 2 ? &text->edits : &unused, &text->edits);
    ND_VEC_RELEASE(report->allocator, &unused);
    return status;
}

static void print_row(nd_page *page, const nd_repeat *repeat, uint32_t number)
{
    enum { MOST_LINKS = 12 };
    nd_page_printf(page, "<tr><td><span class=\"chip c%u\">%u</span><td class=\"number\">%s",
                   (number - 1) % ND_MARK_COLOURS, number, nd_amount_count(repeat->words).text);
    nd_page_printf(page, "<td class=\"number\">%s<td>", nd_amount_percent(repeat->similarity).text);
    for (size_t k = 0; k < repeat->num_places && k < MOST_LINKS; k++) {
        const nd_place *const place = &repeat->places[k];
        nd_page_printf(page, "<a href=\"#d%s-%u-%zu\">", number_mark, number, k + 1);
        nd_page_printf(page, place->line == place->end_line ? "line %llu" : "lines %llu–%llu",
                       (unsigned long long)place->line, (unsigned long long)place->end_line);
        nd_page_put(page, "</a> ");
    }
    if (repeat->num_places > MOST_LINKS)
        nd_page_printf(page, "and %s more", nd_amount_count(repeat->num_places - MOST_LINKS).text);
    nd_page_put(page, "\n");
}

void nd_repeats_report_print(nd_repeats_report *report, nd_page *page, const nd_document *document,
                             const nd_repeat *repeats, size_t num_repeats)
{
    enum { MOST_ROWS = 200 };
    nd_marked_text *const text = &report->text;
    text->text = document->text;
    text->len_bytes = document->text_len_bytes;
    text->marks.len = text->edits.len = 0;
    text->edit_element = "ins";
    text->prefix = "d\1-";
    for (size_t i = 0; i < num_repeats && page->status == ND_OK; i++)
        page->status = add_repeat(report, document->text, &repeats[i], (uint32_t)i + 1);
    if (page->status != ND_OK)
        return;
    nd_marked_text_order(text);
    nd_page_printf(page, "<p>%s</p>\n", nd_amount_of(num_repeats, "repeat").text);
    nd_page_put(page, "<table class=\"repeats\"><thead><tr><th scope=\"col\">repeat"
                      "<th scope=\"col\">words<th scope=\"col\">alike"
                      "<th scope=\"col\">places</thead>\n");
    for (size_t i = 0; i < num_repeats && i < MOST_ROWS; i++)
        print_row(page, &repeats[i], (uint32_t)i + 1);
    nd_page_put(page, "</table>\n");
    if (num_repeats > MOST_ROWS)
        nd_page_printf(page, "<p>The table has the first %d of them.</p>\n", MOST_ROWS);
    nd_page_put(page, "<div class=\"side\"><div class=\"pane\" tabindex=\"0\" role=\"region\" "
                      "aria-label=\"lines of the text\">");
    nd_marked_text_print(page, text);
    nd_page_put(page, "</div>");
    nd_marked_text_print_map(page, text);
    nd_page_put(page, "</div>\n");
}

/* --- the page --- */

/* A result's bytes with the number in place of its mark. */
static void put_numbered(nd_page *page, const nd_result *result, size_t number)
{
    const char *p = result->bytes;
    const char *const end = p + result->len_bytes;
    for (const char *mark; (mark = memchr(p, number_mark[0], (size_t)(end - p))); p = mark + 1) {
        nd_page_append(page, p, (size_t)(mark - p));
        nd_page_printf(page, "%zu", number);
    }
    nd_page_append(page, p, (size_t)(end - p));
}

/* The results that have a part, one after the other. */
typedef struct choice {
    const nd_result *results;
    size_t num_results, next;
} choice;

/* NULL after the last. */
static const nd_result *next_chosen(choice *c)
{
    while (c->next < c->num_results && !c->results[c->next].bytes)
        c->next++;
    return c->next < c->num_results ? &c->results[c->next++] : NULL;
}

static void put_contents(nd_page *page, choice c)
{
    const nd_result *result;
    nd_page_put(page, "<nav aria-label=\"documents\"><ol class=\"contents\">\n");
    for (size_t number = 1; (result = next_chosen(&c)); number++) {
        nd_page_printf(page, "<li><a href=\"#d%zu\">", number);
        nd_report_name(page, result->name, result->name_len_bytes);
        nd_page_put(page, "</a>\n");
    }
    nd_page_put(page, "</ol></nav>\n");
}

static void put_beginning(nd_page *page, const choice *c, size_t num_shown)
{
    nd_report_begin(page, "Repeats inside documents");
    if (c->num_results == 0)
        nd_page_put(page, "<p>No document repeats anything.</p>\n");
    else
        nd_page_printf(page, "<p>%s %s something.</p>\n",
                       nd_amount_of(c->num_results, "document").text,
                       c->num_results == 1 ? "repeats" : "repeat");
    if (num_shown < c->num_results)
        nd_page_printf(page,
                       "<p class=\"note\">This page shows %s of them: it has no room for the "
                       "others.</p>\n",
                       nd_amount_count(num_shown).text);
    if (num_shown > 1)
        put_contents(page, *c);
}

nd_status nd_repeats_report_write(const nd_result *results, size_t num_results, nd_page *page,
                                  nd_report_write_fn write, void *ctx, size_t *num_shown)
{
    choice c = {results, num_results, 0}, counted = c;
    const nd_result *result;
    *num_shown = 0;
    while (next_chosen(&counted))
        ++*num_shown;
    put_beginning(page, &c, *num_shown);
    nd_status status = write(ctx, page);
    for (size_t number = 1; status == ND_OK && (result = next_chosen(&c)); number++) {
        nd_page_printf(page, "<article id=\"d%zu\"><h2>", number);
        nd_report_name(page, result->name, result->name_len_bytes);
        nd_page_put(page, "</h2>\n");
        put_numbered(page, result, number);
        nd_page_put(page, "</article>\n");
        status = write(ctx, page);
    }
    nd_report_end(page);
    return status == ND_OK ? write(ctx, page) : status;
}

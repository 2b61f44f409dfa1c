#include "cli/report/reports.h"

#include <stdlib.h>
#include <string.h>

#include "cli/output/screen.h"
#include "cli/report/html.h"
#include "util/sort.h"

/* --- documents with what they repeat --- */

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

/* --- what the page has room for --- */

/* Whenever the parts exceed the room, the last ones are dropped, and those after the first one
 * dropped are not wanted any more. None of the parts that fit together from the first on can be
 * dropped: when one is the last there is, all that are left are before it, and fit with it. */

void nd_kept_parts_init(nd_kept_parts *kept, uint64_t most_bytes, const nd_allocator *allocator)
{
    *kept = (nd_kept_parts){
        .allocator = allocator, .most_bytes = most_bytes, .lock = PTHREAD_MUTEX_INITIALIZER};
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* As a list of results has them before they are named. */
static int compare(const nd_result *a, const nd_result *b)
{
    int order = nd_compare_bytes(a->name, a->name_len_bytes, b->name, b->name_len_bytes);
    order = order != 0 ? order : compare_u64(a->raw_digest, b->raw_digest);
    return order != 0 ? order : compare_u64(a->tag, b->tag);
}

/* A page has a name in its contents and at the part. */
static uint64_t size_of(const nd_result *part)
{
    return part->len_bytes + 2 * (uint64_t)part->name_len_bytes;
}

static bool is_wanted(const nd_kept_parts *kept, const nd_result *result)
{
    return !kept->is_full || compare(result, &kept->end) < 0;
}

bool nd_kept_parts_wants(nd_kept_parts *kept, const nd_result *result)
{
    pthread_mutex_lock(&kept->lock);
    const bool wants = is_wanted(kept, result);
    pthread_mutex_unlock(&kept->lock);
    return wants;
}

/* --- the heap --- */

static void swap(nd_result *a, nd_result *b)
{
    const nd_result c = *a;
    *a = *b;
    *b = c;
}

static void push(nd_kept_parts *kept, nd_result part)
{
    nd_result *const parts = kept->parts.items;
    size_t at = kept->parts.len++;
    parts[at] = part;
    for (; at > 0 && compare(&parts[at], &parts[(at - 1) / 2]) > 0; at = (at - 1) / 2)
        swap(&parts[at], &parts[(at - 1) / 2]);
}

/* Takes the last part out. */
static nd_result pop(nd_kept_parts *kept)
{
    nd_result *const parts = kept->parts.items;
    const size_t len = --kept->parts.len;
    swap(&parts[0], &parts[len]);
    for (size_t at = 0, child; (child = 2 * at + 1) < len; at = child) {
        if (child + 1 < len && compare(&parts[child + 1], &parts[child]) > 0)
            child++;
        if (compare(&parts[child], &parts[at]) <= 0)
            break;
        swap(&parts[child], &parts[at]);
    }
    return parts[len];
}

/* --- what is kept --- */

/* The name and the bytes stand in one block, which the name begins. */
static void release_part(const nd_kept_parts *kept, const nd_result *part)
{
    nd_release(kept->allocator, (char *)(uintptr_t)part->name);
}

static void drop_last(nd_kept_parts *kept)
{
    const nd_result last = pop(kept);
    kept->len_bytes -= size_of(&last);
    if (kept->is_full)
        release_part(kept, &kept->end);
    kept->end = last;
    kept->is_full = true;
}

static nd_status copy_part(const nd_kept_parts *kept, const nd_result *result, const char *bytes,
                           size_t len_bytes, nd_result *out)
{
    char *const copy = nd_alloc(kept->allocator, result->name_len_bytes + len_bytes + 1, 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (result->name_len_bytes > 0)
        memcpy(copy, result->name, result->name_len_bytes);
    if (len_bytes > 0)
        memcpy(copy + result->name_len_bytes, bytes, len_bytes);
    *out = *result;
    out->name = copy;
    out->bytes = copy + result->name_len_bytes;
    out->len_bytes = len_bytes;
    return ND_OK;
}

nd_status nd_kept_parts_add(nd_kept_parts *kept, const nd_result *result, const char *bytes,
                            size_t len_bytes)
{
    nd_result part = *result;
    part.len_bytes = len_bytes;
    if (size_of(&part) > kept->most_bytes)
        return ND_OK;
    nd_status status = copy_part(kept, result, bytes, len_bytes, &part);
    if (status != ND_OK)
        return status;
    pthread_mutex_lock(&kept->lock);
    const bool is_kept = is_wanted(kept, &part);
    if (is_kept)
        status = ND_VEC_RESERVE(kept->allocator, &kept->parts, 1);
    if (is_kept && status == ND_OK) {
        push(kept, part);
        kept->len_bytes += size_of(&part);
        while (kept->len_bytes > kept->most_bytes)
            drop_last(kept);
    } else {
        release_part(kept, &part);
    }
    pthread_mutex_unlock(&kept->lock);
    return status;
}

static int compare_tags(const void *left, const void *right)
{
    const nd_result *const a = left, *const b = right;
    return compare_u64(a->tag, b->tag);
}

void nd_kept_parts_hand_out(nd_kept_parts *kept, nd_result_list *list)
{
    nd_result *const parts = kept->parts.items;
    const size_t num = kept->parts.len;
    if (num > 1)
        qsort(parts, num, sizeof *parts, compare_tags);
    for (size_t i = 0; i < list->results.len; i++) {
        nd_result *const result = &list->results.items[i];
        const nd_result *const part =
            num > 0 ? bsearch(result, parts, num, sizeof *parts, compare_tags) : NULL;
        result->bytes = part ? part->bytes : NULL;
        result->len_bytes = part ? part->len_bytes : 0;
    }
}

void nd_kept_parts_release(nd_kept_parts *kept)
{
    for (size_t i = 0; i < kept->parts.len; i++)
        release_part(kept, &kept->parts.items[i]);
    if (kept->is_full)
        release_part(kept, &kept->end);
    ND_VEC_RELEASE(kept->allocator, &kept->parts);
    kept->is_full = false;
}

/* The text is written in pieces, which end wherever a line, a mark or an edit begins or ends: so
 * elements never overlap, whatever places do.
 *
 *   marks   1 |------------------|          pieces
 *           2         |-------------|         text |1 |1 ed.|1 |1 2 |1 2 |2 |text
 *   edits         |--|
 */
#include "cli/report/marked_text.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report/html.h"

/* --- edits --- */

/* Adds [start, end) of the text without what is no word at its ends, if there is a word in it. */
static nd_status add_edit(const nd_allocator *allocator, nd_edit_vec *edits, const char *text,
                          uint64_t start, uint64_t end)
{
    static const char space[] = " \t\r\n\f\v";
    while (start < end && memchr(space, text[start], sizeof space - 1))
        start++;
    while (start < end && memchr(space, text[end - 1], sizeof space - 1))
        end--;
    if (!nd_html_has_word(text + start, (size_t)(end - start)))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(allocator, edits, 1);
    if (status == ND_OK)
        edits->items[edits->len++] = (nd_edit){start, end};
    return status;
}

nd_status nd_edits_add(nd_passage_finder *finder, const nd_allocator *allocator, const char *a_text,
                       nd_place a, const char *b_text, nd_place b, nd_edit_vec *a_edits,
                       nd_edit_vec *b_edits)
{
    nd_text_alignment aligned;
    nd_status status =
        nd_passage_finder_align(finder, a_text + a.start, (size_t)(a.end - a.start),
                                b_text + b.start, (size_t)(b.end - b.start), &aligned);
    uint64_t a_at = a.start, b_at = b.start;
    for (size_t i = 0; status == ND_OK && i <= aligned.num_runs; i++) {
        const nd_aligned_run *const run = i < aligned.num_runs ? &aligned.runs[i] : NULL;
        status = add_edit(allocator, a_edits, a_text, a_at, run ? a.start + run->a_start : a.end);
        if (status == ND_OK && b_edits)
            status =
                add_edit(allocator, b_edits, b_text, b_at, run ? b.start + run->b_start : b.end);
        if (run) {
            a_at = a.start + run->a_end;
            b_at = b.start + run->b_end;
        }
    }
    return status;
}

/* --- order --- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* What holds others comes before them. */
static int compare_marks(const void *left, const void *right)
{
    const nd_mark *const a = left, *const b = right;
    int order = compare_u64(a->start, b->start);
    if (order == 0)
        order = compare_u64(b->end, a->end);
    if (order == 0)
        order = compare_u64(a->passage, b->passage);
    return order != 0 ? order : compare_u64(a->place, b->place);
}

static int compare_edits(const void *left, const void *right)
{
    const nd_edit *const a = left, *const b = right;
    const int order = compare_u64(a->start, b->start);
    return order != 0 ? order : compare_u64(a->end, b->end);
}

void nd_marked_text_order(nd_marked_text *text)
{
    if (text->marks.len > 1)
        qsort(text->marks.items, text->marks.len, sizeof *text->marks.items, compare_marks);
    if (text->edits.len < 2)
        return;
    nd_edit *const edits = text->edits.items;
    qsort(edits, text->edits.len, sizeof *edits, compare_edits);
    size_t last = 0;
    for (size_t i = 1; i < text->edits.len; i++) {
        if (edits[i].start > edits[last].end)
            edits[++last] = edits[i];
        else if (edits[i].end > edits[last].end)
            edits[last].end = edits[i].end;
    }
    text->edits.len = last + 1;
}

/* --- writing --- */

enum { MOST_ACTIVE = 16 };

typedef struct walk {
    nd_page *page;
    const nd_marked_text *text;
    uint64_t at;
    size_t next_mark, next_edit;
    const nd_mark *active[MOST_ACTIVE]; /* in the order of their starts */
    size_t num_active;
} walk;

static unsigned colour_of(const nd_mark *mark)
{
    return (mark->passage - 1) % ND_MARK_COLOURS;
}

/* The id of a place's element. */
static void put_place(nd_page *page, const nd_marked_text *text, uint32_t passage, uint32_t place)
{
    nd_page_put(page, text->prefix);
    nd_html_number(page, passage);
    nd_page_put(page, "-");
    nd_html_number(page, place);
}

static void print_jump(const walk *w, const nd_mark *mark)
{
    nd_page *const page = w->page;
    nd_page_put(page, "<a class=\"jump c");
    nd_html_number(page, colour_of(mark));
    nd_page_put(page, "\" id=\"");
    put_place(page, w->text, mark->passage, mark->place);
    nd_page_put(page, "\" href=\"#");
    put_place(page, w->text, mark->passage, mark->leads_to);
    nd_page_put(page, "\" data-p=\"");
    nd_html_number(page, mark->passage);
    nd_page_put(page, "\" aria-label=\"passage ");
    nd_html_number(page, mark->passage);
    nd_page_put(page, ", place ");
    nd_html_number(page, mark->place);
    nd_page_put(page, ": go to place ");
    nd_html_number(page, mark->leads_to);
    nd_page_put(page, "\"></a>");
}

/* Ends the marks that end here, and begins those that begin here. */
static void change_marks(walk *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->num_active; i++)
        if (w->active[i]->end > w->at)
            w->active[kept++] = w->active[i];
    w->num_active = kept;
    for (; w->next_mark < w->text->marks.len; w->next_mark++) {
        const nd_mark *const mark = &w->text->marks.items[w->next_mark];
        if (mark->start > w->at)
            break;
        print_jump(w, mark);
        if (w->num_active < MOST_ACTIVE && mark->end > w->at)
            w->active[w->num_active++] = mark;
    }
}

/* The edit that the walk is in, or NULL. */
static const nd_edit *edit_here(walk *w)
{
    while (w->next_edit < w->text->edits.len && w->text->edits.items[w->next_edit].end <= w->at)
        w->next_edit++;
    if (w->next_edit == w->text->edits.len || w->text->edits.items[w->next_edit].start > w->at)
        return NULL;
    return &w->text->edits.items[w->next_edit];
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Where the piece that begins here ends. */
static uint64_t end_of_piece(const walk *w, const nd_edit *edit)
{
    const nd_marked_text *const t = w->text;
    uint64_t end = t->len_bytes;
    if (w->next_mark < t->marks.len)
        end = least(end, t->marks.items[w->next_mark].start);
    for (size_t i = 0; i < w->num_active; i++)
        end = least(end, w->active[i]->end);
    if (edit)
        end = least(end, edit->end);
    else if (w->next_edit < t->edits.len)
        end = least(end, t->edits.items[w->next_edit].start);
    const char *const line_feed = memchr(t->text + w->at, '\n', (size_t)(end - w->at));
    return line_feed ? (uint64_t)(line_feed - t->text) + 1 : end;
}

static void print_piece(const walk *w, const nd_edit *edit, uint64_t end)
{
    nd_page *const page = w->page;
    if (w->num_active > 0) {
        nd_page_put(page, "<mark class=\"c");
        nd_html_number(page, colour_of(w->active[w->num_active - 1]));
        nd_page_put(page, "\" data-p=\"");
        for (size_t i = 0; i < w->num_active; i++) {
            nd_page_put(page, i ? " " : "");
            nd_html_number(page, w->active[i]->passage);
        }
        nd_page_put(page, "\">");
    }
    if (edit) {
        nd_page_put(page, "<");
        nd_page_put(page, w->text->edit_element);
        nd_page_put(page, ">");
    }
    nd_html_text(page, w->text->text + w->at, (size_t)(end - w->at));
    if (edit) {
        nd_page_put(page, "</");
        nd_page_put(page, w->text->edit_element);
        nd_page_put(page, ">");
    }
    nd_page_put(page, w->num_active > 0 ? "</mark>" : "");
}

void nd_marked_text_print(nd_page *page, const nd_marked_text *text)
{
    walk w = {.page = page, .text = text};
    nd_page_put(page, "<ol class=\"lines\" lang=\"\"><li>");
    while (w.at < text->len_bytes && page->status == ND_OK) {
        change_marks(&w);
        const nd_edit *const edit = edit_here(&w);
        const uint64_t end = end_of_piece(&w, edit);
        print_piece(&w, edit, end);
        w.at = end;
        if (text->text[end - 1] == '\n' && end < text->len_bytes)
            nd_page_put(page, "<li>");
    }
    nd_page_put(page, "</ol>\n");
}

/* --- the map --- */

enum { MAP_HEIGHT = 1000, LEAST_HEIGHT = 4, MOST_MAPPED = 2000 };

void nd_marked_text_print_map(nd_page *page, const nd_marked_text *text)
{
    nd_page_printf(page,
                   "<svg class=\"map\" viewBox=\"0 0 10 %d\" preserveAspectRatio=\"none\" "
                   "role=\"group\" aria-label=\"map of the text\">",
                   MAP_HEIGHT);
    const double scale = MAP_HEIGHT / (double)(text->len_bytes ? text->len_bytes : 1);
    for (size_t i = 0; i < text->marks.len && i < MOST_MAPPED && page->status == ND_OK; i++) {
        const nd_mark *const mark = &text->marks.items[i];
        const double height = (double)(mark->end - mark->start) * scale;
        nd_page_printf(page, "<a href=\"#%s%u-%u\" aria-label=\"passage %u, place %u\">",
                       text->prefix, mark->passage, mark->place, mark->passage, mark->place);
        nd_page_printf(page,
                       "<rect class=\"c%u\" data-p=\"%u\" width=\"10\" y=\"%.1f\" "
                       "height=\"%.1f\"/></a>",
                       colour_of(mark), mark->passage, (double)mark->start * scale,
                       height < LEAST_HEIGHT ? LEAST_HEIGHT : height);
    }
    nd_page_put(page, "</svg>\n");
}

void nd_marked_text_release(nd_marked_text *text, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &text->marks);
    ND_VEC_RELEASE(allocator, &text->edits);
}

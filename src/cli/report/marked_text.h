/* A text with numbered lines in which passages are marked, as HTML. */
#ifndef CLI_REPORT_MARKED_TEXT_H
#define CLI_REPORT_MARKED_TEXT_H

#include "cli/output/page.h"
#include "neardup/passages.h"
#include "util/alloc.h"

/* One place of a passage: bytes [start, end) of the text. Places of one passage have its number and
 * its colour; each leads to the place `leads_to` of it, in this text or in another. */
typedef struct nd_mark {
    uint64_t start, end;
    uint32_t passage;         /* from 1 */
    uint32_t place, leads_to; /* from 1 */
} nd_mark;

/* Words inside a place that its counterpart does not have. */
typedef struct nd_edit {
    uint64_t start, end;
} nd_edit;

typedef ND_VEC(nd_mark) nd_mark_vec;
typedef ND_VEC(nd_edit) nd_edit_vec;

typedef struct nd_marked_text {
    const char *text;
    size_t len_bytes;
    nd_mark_vec marks; /* may overlap */
    nd_edit_vec edits;
    const char *edit_element; /* "ins" or "del" */
    const char *prefix;       /* of the ids of elements */
} nd_marked_text;

/* Colours of passages, in turn: the classes c0, c1, ... of report.css. */
enum { ND_MARK_COLOURS = 8 };

/* Sorts marks and edits, and joins edits that touch: before the two below. */
void nd_marked_text_order(nd_marked_text *text);

/* Appends a list of lines,
 *
 *   <ol class="lines" lang=""><li>The mill <a class="jump" id="x3-1" href="#x3-2"></a><mark
 *   class="c2" data-p="3">by the <ins>old</ins> river</mark>
 *   <li>...</ol>
 *
 * in which the text of the elements is the text, line feeds included. data-p lists the passages of
 * which a piece is part, up to 16; the colour is that of the one that begins last. */
void nd_marked_text_print(nd_page *page, const nd_marked_text *text);

/* Appends a map of the whole text from top to bottom: a rectangle a place, which leads to it; of
 * the first 2,000 places. */
void nd_marked_text_print_map(nd_page *page, const nd_marked_text *text);

/* Aligns two places of a passage word by word, and adds what differs to the edits of both texts;
 * `b_edits` may be NULL. */
ND_NODISCARD nd_status nd_edits_add(nd_passage_finder *finder, const nd_allocator *allocator,
                                    const char *a_text, nd_place a, const char *b_text, nd_place b,
                                    nd_edit_vec *a_edits, nd_edit_vec *b_edits);

void nd_marked_text_release(nd_marked_text *text, const nd_allocator *allocator);

#endif

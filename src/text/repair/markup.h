/* Markup: the elements of HTML, texts cut into tokens, and the text of a page. */
#ifndef TEXT_REPAIR_MARKUP_H
#define TEXT_REPAIR_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* --- the elements of HTML, and what they mean to somebody who reads the page --- */

enum {
    /* Its tags end a line: a block, a row, a cell. */
    ND_HTML_LINE = 1,
    /* Something stands there that is no text: an image, a button. Words do not go on across it. */
    ND_HTML_GAP = 2,
    /* It has neither content nor an end tag. */
    ND_HTML_VOID = 4,
    /* Its content holds no markup: whatever stands there, up to its end tag, is text. */
    ND_HTML_RAW = 8,
    /* Browsers never show its content. */
    ND_HTML_UNSEEN = 16,
    /* Its tags do not matter to where other elements end. */
    ND_HTML_FLAT = 32,
    /* An element of SVG or MathML, known only inside these. */
    ND_HTML_FOREIGN = 64,
};

typedef struct nd_html_element {
    char name[15];
    uint8_t traits;
} nd_html_element;

enum { ND_HTML_NAME_MAX_BYTES = 14, ND_HTML_NUM_ELEMENTS = 146 };

/* Index 0 is for names that are not in the table; it has no traits. */
extern const nd_html_element nd_html_elements[ND_HTML_NUM_ELEMENTS];

/* Index of the element called name[0..len), in lower case; 0 where there is none. */
uint8_t nd_html_element_named(const char *name, size_t len);

/* --- a text cut into what a reader sees and the markup between --- */

/* How to take what could be markup and could be prose. */
typedef enum nd_markup_dialect {
    /* Prose with some tags in it. A tag has a name of HTML's and an end, and so have comments and
     * scripts: "a <b and c", "<MSFT> fell" and "the <script> tag" are text. */
    ND_MARKUP_FRAGMENT,
    /* A page, as browsers read it (HTML Living Standard, section 13.2.5, Tokenization). */
    ND_MARKUP_PAGE,
} nd_markup_dialect;

typedef enum nd_markup_kind {
    ND_MARKUP_TEXT,
    ND_MARKUP_OPEN,   /* a start tag */
    ND_MARKUP_CLOSE,  /* an end tag */
    ND_MARKUP_UNSEEN, /* a comment, doctype or processing instruction; what a script holds */
} nd_markup_kind;

/* The bytes [start, end). */
typedef struct nd_markup_token {
    uint32_t start, end;
    uint8_t kind;
    uint8_t element; /* of a tag: its index among nd_html_elements */
    bool hides;      /* a start tag with "hidden", or with a style that displays nothing */
    bool closes;     /* a start tag that ends in "/>" */
} nd_markup_token;

/* The tokens of a text, which cover it without a gap. A zeroed struct holds none. */
typedef struct nd_markup {
    const char *bytes; /* borrowed */
    nd_markup_dialect dialect;
    ND_VEC(nd_markup_token) tokens;
} nd_markup;

/* Replaces the tokens by those of bytes[0..len), len < 2^32. O(len), whatever the bytes are. */
ND_NODISCARD nd_status nd_markup_read(nd_markup *markup, const nd_allocator *allocator,
                                      nd_markup_dialect dialect, const char *bytes, size_t len);

/* What a browser puts between words where a token that is no text stands: "\n", " " or "". */
const char *nd_markup_gap(const nd_markup_token *token);

/* Finds an attribute of a start tag in `bytes` by its name, in lower case; its value is not
 * decoded, and may be NULL with the length 0. */
bool nd_markup_attribute(const char *bytes, const nd_markup_token *tag, const char *name,
                         const char **value, size_t *len);

/* Makes text ND_MARKUP_UNSEEN where it stands inside an element that is not shown: a template, a
 * dialog, one with "hidden". Where such an element ends, an HTML5 parser tells; a page without one
 * is not parsed. In a fragment an element without an end tag hides nothing.
 *
 * A page that nests deeper than 320 elements, or has more than 1 MiB of tags (without attributes),
 * keeps what stands in these elements: parsing such takes more than linear time. */
ND_NODISCARD nd_status nd_markup_hide(nd_markup *markup, const nd_allocator *allocator);

void nd_markup_release(nd_markup *markup, const nd_allocator *allocator);

/* --- what a browser shows of a page: its text without the markup --- */

/* Reads one page after the other; exclusive, meant to be used again and again.
 *
 * The text is that of the page's body as a browser shows it before any script has run, in the order
 * of the source: without scripts, style sheets, comments, the doctype, processing instructions, the
 * title and the attributes, and without elements that are not displayed (templates, noscript,
 * closed dialogs, what is for browsers without <video>, <object> and the like; "hidden", and style
 * attributes with "display: none" or "visibility: hidden"; style sheets are not read). A line ends
 * where a block, a row or a cell does, and at <br>; a blank stands for an image, a button and the
 * like. Character references are decoded, once. Pages are in UTF-8 or another encoding that holds
 * ASCII as it is; bytes that are no UTF-8 stay. */
typedef struct nd_page_text nd_page_text;

/* Free with nd_page_text_free. */
ND_NODISCARD nd_status nd_page_text_new(const nd_allocator *allocator, nd_page_text **out);

/* Reads the page bytes[0..len_bytes). *text belongs to *page, or is a part of `bytes`, and holds
 * until the next call; it is never longer than the page. O(len_bytes), whatever the bytes are, with
 * up to 6 times that in memory, and 128 MiB more for a page with hidden elements; one of these that
 * nests deeper than 320 elements, or has more than 1 MiB of tags without their attributes, keeps
 * the text of its hidden elements. ND_ERR_LIMIT: a page of 4 GiB. */
ND_NODISCARD nd_status nd_page_text_read(nd_page_text *page, const char *bytes, size_t len_bytes,
                                         const char **text, size_t *text_len_bytes);

/* Where a stretch [start, end) of the last text, start < end, stands in the page, as
 * nd_repairer_locate. */
void nd_page_text_locate(const nd_page_text *page, size_t *start, size_t *end);

void nd_page_text_free(nd_page_text *page);

/* Whether a text begins as pages do: with a doctype of HTML, <html>, <head> or <body>, after white
 * space, comments and an XML declaration. */
bool nd_page_begins(const char *bytes, size_t len_bytes);

/* The encoding that a page names in its first 1,024 bytes, in a <meta charset> or in the content of
 * a <meta http-equiv> (HTML Living Standard, section 13.2.3.2, "prescan a byte stream"):
 * lower-cased and terminated; an empty string where it names none, or one with a name that does not
 * fit. */
enum { ND_PAGE_ENCODING_BYTES = 32 };
void nd_page_encoding(const char *bytes, size_t len_bytes, char encoding[ND_PAGE_ENCODING_BYTES]);

#endif

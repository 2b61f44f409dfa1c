/* A text cut into what a reader sees and the markup between. */
#ifndef TEXT_REPAIR_MARKUP_H
#define TEXT_REPAIR_MARKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

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

#endif

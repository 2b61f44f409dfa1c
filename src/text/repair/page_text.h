/* What a browser shows of a page: its text without the markup. */
#ifndef TEXT_REPAIR_PAGE_TEXT_H
#define TEXT_REPAIR_PAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

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

/* HTML whose text and names come from outside: everything that is written here is inert. */
#ifndef CLI_REPORT_HTML_H
#define CLI_REPORT_HTML_H

#include "cli/output/page.h"

/* Appends text as it stands in an element: what means something to HTML is escaped, invalid UTF-8
 * and control characters become U+FFFD, CR LF a line feed. The rest is kept byte for byte, so that
 * what a browser says is in the element is the text. */
void nd_html_text(nd_page *page, const char *p, size_t len_bytes);

/* Appends a name, such as an id, in an element or in a quoted attribute: as nd_html_text, but white
 * space becomes a space, and what would turn the direction of the words beside it U+FFFD. */
void nd_html_name(nd_page *page, const char *p, size_t len_bytes);

/* Appends a JSON string that may stand in a <script>: there is no `<` in it. */
void nd_html_json(nd_page *page, const char *p, size_t len_bytes);

/* Appends a number in decimal: what nd_page_printf does, many times as quick. */
void nd_html_number(nd_page *page, uint64_t number);

/* Whether p[0..len_bytes) holds a letter or a digit. */
int nd_html_has_word(const char *p, size_t len_bytes);

#endif

/* The elements of HTML, and what they mean to somebody who reads the page. */
#ifndef TEXT_REPAIR_HTML_ELEMENTS_H
#define TEXT_REPAIR_HTML_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

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

#endif

/* What reports are made of: HTML that is inert whatever comes in, a page, charts, and packed data.
 */
#ifndef CLI_REPORT_HTML_H
#define CLI_REPORT_HTML_H

#include <stddef.h>

#include "cli/output/page.h"
#include "neardup/document.h"
#include "neardup/match.h"

/* --- text and names from outside: everything that is written here is inert --- */

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

/* --- the style and the script, put into the program by embed.cmake --- */

typedef struct nd_asset {
    const char *bytes;
    size_t len_bytes;
    const char *sha256; /* in base64, as a content security policy has it */
} nd_asset;

extern const nd_asset nd_asset_report_css, nd_asset_report_js;

/* --- the page that every report is: one file that needs no other, no network and no script --- */

/* A page has at most about so many bytes: what comes after that is left out, and said. */
#define ND_REPORT_MAX_BYTES ((uint64_t)64 << 20)

/* Appends the head, and the beginning of the body up to <main>. The page's policy allows its own
 * style and script, by their hashes, and nothing else: whatever came in with a text does not run,
 * and nothing is loaded. `title` is plain text of our own. */
void nd_report_begin(nd_page *page, const char *title);

/* Appends the rest. */
void nd_report_end(nd_page *page);

/* Appends an id as a name that no other word is turned by. */
void nd_report_name(nd_page *page, const char *id, size_t id_len_bytes);

/* Appends a term and its description: "<div><dt>alike<dd>93 %</div>". */
void nd_report_figure(nd_page *page, const char *name, const char *value);

/* --- a chart of curves with values from 0 to 1, as SVG --- */

enum { ND_CHART_MAX_CURVES = 3 };

typedef struct nd_curve {
    const char *name;
    const double *y; /* [num_points]; NaN: no point */
} nd_curve;

typedef struct nd_chart {
    const char *title; /* what is shown, for who cannot see it */
    const char *x_name;
    const double *x; /* [num_points], ascending or not */
    size_t num_points;
    nd_curve curves[ND_CHART_MAX_CURVES];
    size_t num_curves;
    double marked_x; /* a line at this place; NaN: none */
    const char *marked_name;
} nd_chart;

/* Appends the chart, with the names of its curves. */
void nd_chart_print(nd_page *page, const nd_chart *chart);

/* --- data inside a page: compressed by gzip, in base64, for a script to unpack --- */

/* Packs bytes that come in pieces; exclusive, and used again from one element to the next. */
typedef struct nd_packer nd_packer;

/* Release also after a failure. */
ND_NODISCARD nd_status nd_packer_new(const nd_allocator *allocator, nd_packer **out);

/* Begins an element <script type="text/plain" id="ID"> of packed bytes at the end of the page. */
void nd_packer_begin(nd_packer *packer, nd_page *page, const char *id);

/* Packs all that `from` has, and empties it. */
void nd_packer_add(nd_packer *packer, nd_page *page, nd_page *from);

/* Ends the element. */
void nd_packer_end(nd_packer *packer, nd_page *page);

void nd_packer_free(nd_packer *packer);

#endif

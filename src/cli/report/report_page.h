/* The page that every report is: one file that needs no other, no network and no script. */
#ifndef CLI_REPORT_REPORT_PAGE_H
#define CLI_REPORT_REPORT_PAGE_H

#include "cli/output/page.h"
#include "neardup/document.h"
#include "neardup/match.h"

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

#endif

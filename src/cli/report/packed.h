/* Data inside a page: compressed by gzip, in base64, for a script to unpack. */
#ifndef CLI_REPORT_PACKED_H
#define CLI_REPORT_PACKED_H

#include "cli/output/page.h"

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

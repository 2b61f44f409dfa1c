/* WARC archives (ISO 28500:2017): the pages that a crawler has stored. */
#ifndef IO_WARC_H
#define IO_WARC_H

#include "io/archive.h"

/* By hand, because libarchive's reader passes over pages whose address ends in '/', hides what the
 * server has said, and knows no record of type "conversion" (extracted text). Exclusive. */
typedef struct nd_warc nd_warc;

ND_NODISCARD nd_status nd_warc_new(nd_content *content, nd_warc **out);

/* As nd_archive_next: responses of a web server, resources and conversions; other records are
 * passed over. ND_ERR_FORMAT: see nd_warc_detail. */
ND_NODISCARD nd_status nd_warc_next(nd_warc *warc, nd_archive_entry *entry, bool *found);

/* As nd_byte_reader_read: the bytes of the page. */
ND_NODISCARD nd_status nd_warc_read(nd_warc *warc, char *out, size_t capacity, size_t *got);

/* What ND_ERR_FORMAT was about; static. */
const char *nd_warc_detail(const nd_warc *warc);

void nd_warc_free(nd_warc *warc);

#endif

/* Archives: the files in a tar or zip archive, the pages in a WARC archive, one after the other. */
#ifndef IO_ARCHIVE_H
#define IO_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/content.h"
#include "io/input.h"

typedef enum nd_archive_kind {
    ND_ARCHIVE_NONE = 0,
    ND_ARCHIVE_TAR,
    ND_ARCHIVE_ZIP,
    ND_ARCHIVE_WARC,
} nd_archive_kind;

/* What a file that begins with p[0..len_bytes), after decompression, is; 512 bytes are enough. A
 * document made of a zip archive (of an office, a book, a program) is none. */
nd_archive_kind nd_archive_find(const char *p, size_t len_bytes);

/* What the ending of a name says: .tar, .zip or .warc, one such as ".gz" after it or not, or .tgz
 * and the like; ND_ARCHIVE_NONE: nothing. */
nd_archive_kind nd_archive_kind_of_name(const char *path);

/* A block of a tar archive. Each entry begins with one, its header, and its bytes are filled up to
 * whole ones. */
enum { ND_TAR_BLOCK_BYTES = 512, ND_TAR_CHECKSUM_AT = 148, ND_TAR_CHECKSUM_BYTES = 8 };

/* The sum of a header's bytes, its checksum counted as blanks (POSIX.1-2017, pax, "ustar
 * Interchange Format"). */
uint64_t nd_tar_checksum(const unsigned char header[ND_TAR_BLOCK_BYTES]);

enum { ND_ENTRY_WORD_BYTES = 40 };

/* What is known of an entry before its bytes. */
typedef struct nd_archive_entry {
    const char *name; /* terminated; valid until the next */
    bool name_is_id;  /* a page's address; else the archive's path goes before it */
    /* Why it is not to be read, such as "is a symbolic link"; NULL: it is. Static. */
    const char *why_not;
    nd_input_issue issue;               /* what it counts as then */
    nd_input_format format;             /* what is said of it; ND_INPUT_AUTO: nothing */
    char encoding[ND_ENTRY_WORD_BYTES]; /* that is said of it; empty: none */
    char date[ND_ENTRY_WORD_BYTES];     /* of a page; empty: none */
    bool is_passed_over; /* a folder, or a record that is no page: nothing that could be read */
    const char *link;    /* the name that it is a second path to, as it stands there; NULL: none */
    uint64_t begin;      /* bytes of the archive before it, decompressed; not of a zip archive */
} nd_archive_entry;

/* Exclusive. */
typedef struct nd_archive nd_archive;

/* Reads an archive from the content's place on; the content is borrowed, and must stay where it is.
 * A zip archive in an uncompressed file is read by its directory, else as it comes. */
ND_NODISCARD nd_status nd_archive_new(nd_archive_kind kind, nd_content *content, nd_archive **out);

/* Steps to the next entry, whatever was read of the one before. *found is false after the last; its
 * `begin` is where that ended. ND_ERR_IO, ND_ERR_FORMAT, with a message. */
ND_NODISCARD nd_status nd_archive_next(nd_archive *archive, nd_archive_entry *entry, bool *found,
                                       nd_error *error);

/* The bytes of the current entry; borrows the archive. */
nd_byte_source nd_archive_source(nd_archive *archive);

void nd_archive_free(nd_archive *archive);

/* --- WARC archives (ISO 28500:2017): the pages that a crawler has stored --- */

/* By hand, because libarchive's reader passes over pages whose address ends in '/', hides what the
 * server has said, and knows no record of type "conversion" (extracted text). Exclusive. */
typedef struct nd_warc nd_warc;

ND_NODISCARD nd_status nd_warc_new(nd_content *content, nd_warc **out);

/* As nd_archive_next: responses of a web server, resources and conversions are read, other records
 * passed over. ND_ERR_FORMAT: see nd_warc_detail. */
ND_NODISCARD nd_status nd_warc_next(nd_warc *warc, nd_archive_entry *entry, bool *found);

/* As nd_byte_reader_read: the bytes of the page. */
ND_NODISCARD nd_status nd_warc_read(nd_warc *warc, char *out, size_t capacity, size_t *got);

/* What ND_ERR_FORMAT was about; static. */
const char *nd_warc_detail(const nd_warc *warc);

void nd_warc_free(nd_warc *warc);

#endif

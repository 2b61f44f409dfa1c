/* The directory at the end of a zip archive: read, and written anew. */
#ifndef IO_ZIP_DIRECTORY_H
#define IO_ZIP_DIRECTORY_H

#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"
#include "util/error.h"

/* Numbers of `len` bytes, the lowest byte first. */
uint64_t nd_zip_number(const char *p, size_t len);
void nd_zip_set_number(char *p, size_t len, uint64_t number);

/* Bytes of headers before the names behind them, and ids of what stands in their extra fields. */
enum {
    ND_ZIP_LOCAL_BYTES = 30,
    ND_ZIP_CENTRAL_BYTES = 46,
    ND_ZIP_EXTRA_LARGE = 1, /* what has no room in 32 bits ("zip64") */
};

/* Takes the fields with that id out of p[0..len), an extra field; returns how many bytes are left.
 */
size_t nd_zip_extra_without(char *p, size_t len, unsigned id);

typedef struct nd_zip_entry {
    uint64_t local;   /* the place of its local header */
    uint64_t central; /* of its central one, in nd_zip_directory.bytes */
    uint64_t bytes, packed_bytes;
} nd_zip_entry;

typedef struct nd_zip_directory {
    nd_allocator allocator;
    uint64_t at;                  /* its place: the end of the last entry */
    nd_byte_vec bytes;            /* central headers */
    nd_byte_vec end;              /* the last record of the archive, with its comment */
    ND_VEC(nd_zip_entry) entries; /* in the order of the file */
} nd_zip_directory;

/* Reads the directory of the archive that is open at `fd` (`path` for messages) into a zeroed
 * struct. ND_ERR_UNSUPPORTED with a message: there is none that can be written again, as in
 * archives of several files, or behind other bytes. ND_ERR_IO. Memory: its bytes, and 32 an entry.
 * Release also after a failure. */
ND_NODISCARD nd_status nd_zip_directory_read(nd_zip_directory *directory, int fd, const char *path,
                                             const nd_allocator *allocator, nd_error *error);

/* Where the entry ends: where the next one begins. */
uint64_t nd_zip_entry_end(const nd_zip_directory *directory, size_t entry);

void nd_zip_directory_release(nd_zip_directory *directory);

/* A directory that is written. Zero it before the first entry. */
typedef struct nd_zip_listing {
    nd_byte_vec bytes;
    uint64_t num;
} nd_zip_listing;

/* Adds an entry: its central header, with the place and sizes that `entry` says. ND_ERR_LIMIT:
 * there is no room in it for the large ones. */
ND_NODISCARD nd_status nd_zip_listing_add(nd_zip_listing *listing, const nd_allocator *allocator,
                                          const char *central, const nd_zip_entry *entry);

/* Adds what comes behind the entries of a directory at that place: `end`, with other numbers, and
 * before it what these need. */
ND_NODISCARD nd_status nd_zip_listing_end(nd_zip_listing *listing, const nd_allocator *allocator,
                                          uint64_t at, const nd_byte_vec *end);

#endif

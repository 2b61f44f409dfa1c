/* An opened file as one stream of bytes: decompressed where it is compressed, UTF-8 where it is
 * UTF-16 or UTF-32. */
#ifndef IO_BYTE_READER_H
#define IO_BYTE_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/alloc.h"

/* --- encodings other than UTF-8, converted to it by the C library's iconv --- */

/* The encoding that a byte order mark at p[0..len_bytes) tells: "UTF-16LE" and its like; NULL:
 * there is none, or that of UTF-8. *mark_len: its bytes. Static; 4 bytes are enough. */
const char *nd_charset_of_mark(const char *p, size_t len_bytes, size_t *mark_len);

/* Exclusive. */
typedef struct nd_charset nd_charset;

/* A converter from the encoding of that name, as pages and iconv call it, in any case; what pages
 * call ISO-8859-1 is windows-1252, and so on (WHATWG Encoding Standard, section 4.2).
 * ND_ERR_UNSUPPORTED: it is not known. */
ND_NODISCARD nd_status nd_charset_new(const nd_allocator *allocator, const char *name,
                                      nd_charset **out);

/* Appends p[0..len_bytes) to *out as UTF-8. A character cut off at its end is kept for the next
 * call, unless this is the last. What the encoding does not have becomes U+FFFD, and is counted. */
ND_NODISCARD nd_status nd_charset_convert(nd_charset *charset, const char *p, size_t len_bytes,
                                          bool is_last, nd_byte_vec *out);

/* Bytes so far that became U+FFFD. */
uint64_t nd_charset_num_invalid(const nd_charset *charset);

void nd_charset_free(nd_charset *charset);

/* --- a reader --- */

/* Something other than an open file that bytes come from: an entry of an archive. */
typedef struct nd_byte_source {
    void *ctx;
    /* As nd_byte_reader_read. */
    nd_status (*read)(void *ctx, char *out, size_t capacity, size_t *got);
    /* What a failed read was about; valid until the next. */
    const char *(*detail)(void *ctx);
} nd_byte_source;

/* The bytes as they are stored, in chunks; those of [at, chunk.len) are read but not used.
 * Exclusive, but for the counter. */
typedef struct nd_raw_bytes {
    nd_allocator allocator;
    int fd;                    /* owned; -1: closed, or there is a source */
    nd_byte_source source;     /* read is NULL where there is a file */
    _Atomic uint64_t *counter; /* bytes read from files are added; may be NULL */
    nd_byte_vec chunk;
    size_t at;
    bool is_ended;
    bool has_failed; /* a read: error_number says why, or the source */
    int error_number;
    uint64_t size;     /* of a regular file, when it was opened; UINT64_MAX: no limit */
    off_t begin;       /* where it was read from */
    uint64_t num_read; /* the place in it */
    bool is_live;      /* see nd_byte_reader_is_waiting; the caller's to set */
    bool has_changed;  /* it was shorter at its end, or is longer: what was added is not read */
} nd_raw_bytes;

/* Reads the next chunk once all of this one is used. ND_ERR_IO. */
ND_NODISCARD nd_status nd_raw_more(nd_raw_bytes *raw);

bool nd_raw_has_failed(const nd_raw_bytes *raw);

typedef enum nd_compression {
    ND_COMPRESSION_NONE = 0,
    ND_COMPRESSION_GZIP,
    ND_COMPRESSION_ZSTD,
    ND_COMPRESSION_XZ,
    ND_COMPRESSION_BZIP2,
    ND_COMPRESSION_LZ4,
} nd_compression;

/* Data that swell up are an error: more than so many times what they came from, once they are more
 * than a gigabyte. Text hardly reaches 100 times; zeros made to fill a disk reach 1,000 with gzip
 * and millions with others. */
#define ND_MOST_EXPANSION 1000
#define ND_EXPANSION_FREE_BYTES ((uint64_t)1 << 30)

/* Exclusive; must stay where it is while open. */
typedef struct nd_byte_reader {
    nd_raw_bytes raw;
    nd_compression compression;
    struct nd_decompressor *decompressor; /* where it is compressed */
    nd_charset *charset;                  /* where it is neither UTF-8 nor unknown */
    nd_byte_vec given;                    /* [given_at, len): decompressed, but not handed out */
    size_t given_at;
    uint64_t num_given;  /* bytes that were decompressed */
    bool is_swollen;     /* these are too many for what they came from */
    nd_byte_vec encoded; /* a piece that is being converted */
    bool is_converted;   /* to the end */
} nd_byte_reader;

/* A closed one. Bytes read from files are added to *counter, which may be NULL. */
void nd_byte_reader_init(nd_byte_reader *reader, const nd_allocator *allocator,
                         _Atomic uint64_t *counter);

/* Opens a closed one. Takes `fd` over, also when it fails. Messages name `path`. A regular file is
 * read as far as it goes now: what is appended meanwhile is left out, and has_changed tells. */
ND_NODISCARD nd_status nd_byte_reader_open(nd_byte_reader *reader, int fd, const char *path,
                                           nd_error *error);

/* The same for another source, which is borrowed. */
ND_NODISCARD nd_status nd_byte_reader_open_source(nd_byte_reader *reader, nd_byte_source source,
                                                  const char *path, nd_error *error);

/* Reads at most `capacity` bytes; *got is 0 only at the end (or when capacity is). ND_ERR_IO,
 * ND_ERR_FORMAT with a message. */
ND_NODISCARD nd_status nd_byte_reader_read(nd_byte_reader *reader, char *out, size_t capacity,
                                           size_t *got);

/* Whether the reader can go back: in a regular file that is neither compressed nor converted. */
bool nd_byte_reader_can_seek(const nd_byte_reader *reader);

/* Goes to a place as lseek does, and sets *place to it. False: it cannot. */
bool nd_byte_reader_seek(nd_byte_reader *reader, int64_t offset, int whence, uint64_t *place);

/* Whether the next read of a live one would wait for somebody to write: never of a file, nor of
 * what is compressed or not UTF-8. */
bool nd_byte_reader_is_waiting(const nd_byte_reader *reader);

/* Says of a failed read of `path` what was wrong, and returns `status`. */
nd_status nd_byte_reader_error(const nd_byte_reader *reader, nd_status status, const char *path,
                               nd_error *error);

/* Bytes so far that their encoding does not have, and that became U+FFFD. */
uint64_t nd_byte_reader_num_invalid(const nd_byte_reader *reader);

/* Closes the file and keeps the memory. */
void nd_byte_reader_close(nd_byte_reader *reader);

void nd_byte_reader_release(nd_byte_reader *reader);

/* --- compressions that are undone on the way in, told apart by their first bytes --- */

/* What data that begin with p[0..len_bytes) are compressed by; 512 bytes are enough. */
nd_compression nd_compression_find(const char *p, size_t len_bytes);

/* Its name, such as "gzip"; static. */
const char *nd_compression_name(nd_compression compression);

/* Undoes one: every member, frame or stream of it. Exclusive. */
typedef struct nd_decompressor nd_decompressor;

/* `raw` must outlive it, at the same address. libarchive's own memory comes from malloc. */
ND_NODISCARD nd_status nd_decompressor_new(nd_compression compression, nd_raw_bytes *raw,
                                           nd_decompressor **out);

/* Decompresses at most `capacity` bytes to `out`; *got is 0 only at the end. ND_ERR_FORMAT: see
 * nd_decompressor_detail; ND_ERR_IO as nd_raw_more. */
ND_NODISCARD nd_status nd_decompressor_read(nd_decompressor *decompressor, char *out,
                                            size_t capacity, size_t *got);

/* What ND_ERR_FORMAT was about; valid until the decompressor is used or freed. */
const char *nd_decompressor_detail(const nd_decompressor *decompressor);

void nd_decompressor_free(nd_decompressor *decompressor);

#endif

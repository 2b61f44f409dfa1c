/*   file    | local header, bytes | local header, bytes | ... | directory | end |
 *   local   | PK\3\4 ... | name | extra | bytes | perhaps a descriptor |
 *
 * (PKWARE, APPNOTE 6.3.9; the directory: see zip_directory.c.) An entry that stays is copied with
 * all that stands up to the next one; in the directory only its place changes. One that is written
 * anew has its sizes behind it, in a descriptor, as they are not known before. */
#include "io/zip_copy.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "io/paths.h"
#include "io/place.h"
#include "io/record_visit.h"
#include "io/zip_directory.h"
#include "util/error.h"

enum {
    COPY_BYTES = 1 << 16,
    MOST_DESCRIPTOR_BYTES = 24,
    LARGE_EXTRA_BYTES = 20,
    LARGE_VERSION = 45,
    METHOD_STORED = 0,
    METHOD_DEFLATE = 8,
    FLAG_DESCRIPTOR = 8,
    FLAG_UTF8 = 0x800,
};

/* From here on sizes are written in 64 bits: what does not get smaller grows by a few bytes. */
#define LARGE_FROM ((uint64_t)UINT32_MAX - (UINT32_MAX >> 8))

struct nd_zip_copy {
    nd_allocator allocator;
    const char *path;
    int fd;
    nd_zip_directory directory;
    size_t next;            /* entry */
    uint64_t written;       /* bytes */
    nd_zip_listing listing; /* of the entries written so far */
    nd_byte_vec buffer, packed;
};

static nd_status refuse(const nd_zip_copy *z, const char *why, nd_error *error)
{
    return nd_error_set(error, ND_ERR_UNSUPPORTED, "'%s' cannot be written again: %s",
                        nd_show_path(z->path).text, why);
}

/* ---- bytes ---- */

static nd_status read_at(const nd_zip_copy *z, uint64_t at, char *to, size_t len, nd_error *error)
{
    return nd_read_at(z->fd, z->path, at, to, len, error);
}

static nd_status put(nd_zip_copy *z, nd_output *output, const char *p, size_t len, nd_error *error)
{
    z->written += len;
    if (nd_output_write(output, p, len) == ND_OK)
        return ND_OK;
    const nd_status status = nd_output_commit(output, error); /* has the message */
    return status == ND_OK ? ND_ERR_IO : status;
}

nd_status nd_zip_copy_new(const nd_allocator *allocator, const char *path, nd_zip_copy **out,
                          nd_error *error)
{
    nd_zip_copy *const z = nd_alloc_zeroed(allocator, 1, sizeof *z);
    *out = z;
    if (!z)
        return ND_ERR_NO_MEMORY;
    z->allocator = *allocator;
    z->path = path;
    z->fd = -1;
    nd_status status = ND_VEC_RESERVE(allocator, &z->buffer, COPY_BYTES);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &z->packed, COPY_BYTES);
    if (status == ND_OK)
        status = nd_path_open(path, &z->fd, error);
    return status == ND_OK ? nd_zip_directory_read(&z->directory, z->fd, path, allocator, error)
                           : status;
}

nd_status nd_zip_copy_follow(nd_zip_copy *copy, nd_zip_copy *before, nd_error *error)
{
    if (before->next < before->directory.entries.len)
        return nd_mark_fail(before->path, error);
    copy->listing = before->listing;
    copy->written = before->written;
    before->listing = (nd_zip_listing){0};
    return ND_OK;
}

/* ---- entries ---- */

/* The central header of an entry. */
static char *central_of(const nd_zip_copy *z, size_t entry)
{
    return z->directory.bytes.items + z->directory.entries.items[entry].central;
}

bool nd_zip_copy_is_next(const nd_zip_copy *copy, const char *name)
{
    if (copy->next == copy->directory.entries.len)
        return false;
    const char *const central = central_of(copy, copy->next);
    const char *p = central + ND_ZIP_CENTRAL_BYTES;
    size_t len = (size_t)nd_zip_number(central + 28, 2), num = strlen(name);
    while (len > 0 && (*p == '/' || *p == '\\' || (len > 1 && p[0] == '.' && p[1] == '/'))) {
        p++;
        len--;
    }
    while (len > 0 && (p[len - 1] == '/' || p[len - 1] == '\\'))
        len--;
    while (num > 0 && name[num - 1] == '/')
        num--;
    const size_t both = len < num ? len : num;
    for (size_t i = 0; i < both; i++) {
        if ((unsigned char)p[i] >= 0x80 || (unsigned char)name[i] >= 0x80)
            return true;
        if (p[i] != name[i] && !(p[i] == '\\' && name[i] == '/'))
            return false;
    }
    return len == num;
}

/* Steps to the next entry. */
static nd_status step(nd_zip_copy *z, size_t *entry, nd_error *error)
{
    if (z->next == z->directory.entries.len) {
        (void)nd_mark_fail(z->path, error);
        return ND_ERR_IO;
    }
    *entry = z->next++;
    return ND_OK;
}

/* Lists what was written of an entry, at that place. */
static nd_status list(nd_zip_copy *z, size_t entry, uint64_t at, nd_error *error)
{
    nd_zip_entry written = z->directory.entries.items[entry];
    written.local = at;
    const nd_status status =
        nd_zip_listing_add(&z->listing, &z->allocator, central_of(z, entry), &written);
    return status == ND_ERR_LIMIT ? refuse(z, "a header has no room for large numbers", error)
                                  : status;
}

nd_status nd_zip_copy_keep(nd_zip_copy *copy, nd_output *output, nd_error *error)
{
    nd_zip_copy *const z = copy;
    const uint64_t begin = z->written;
    size_t entry = 0;
    nd_status status = step(z, &entry, error);
    if (status != ND_OK)
        return status;
    const uint64_t end = nd_zip_entry_end(&z->directory, entry);
    for (uint64_t at = z->directory.entries.items[entry].local; status == ND_OK && at < end;) {
        const size_t len = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
        status = read_at(z, at, z->buffer.items, len, error);
        if (status == ND_OK)
            status = put(z, output, z->buffer.items, len, error);
        at += len;
    }
    return status == ND_OK ? list(z, entry, begin, error) : status;
}

nd_status nd_zip_copy_drop(nd_zip_copy *copy, nd_error *error)
{
    size_t entry;
    return step(copy, &entry, error);
}

/* What is written of an entry. */
typedef struct packing {
    z_stream stream;
    uint64_t method, flags;
    bool is_large; /* its sizes have 64 bits */
    uint64_t crc, bytes, packed_bytes;
} packing;

/* Writes the local header, with its own name and what else it says, but no sizes; it tells by a
 * field for large ones how many bits those behind the entry have. */
static nd_status put_local(nd_zip_copy *z, nd_output *output, const packing *p, size_t entry,
                           nd_error *error)
{
    const uint64_t at = z->directory.entries.items[entry].local;
    char header[ND_ZIP_LOCAL_BYTES] = {0};
    nd_status status = read_at(z, at, header, sizeof header, error);
    const size_t name = (size_t)nd_zip_number(header + 26, 2),
                 extra = (size_t)nd_zip_number(header + 28, 2);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&z->allocator, &z->buffer, name + extra + LARGE_EXTRA_BYTES);
    if (status == ND_OK)
        status = read_at(z, at + ND_ZIP_LOCAL_BYTES, z->buffer.items, name + extra, error);
    if (status != ND_OK)
        return status;
    char *const fields = z->buffer.items + name;
    size_t kept = nd_zip_extra_without(fields, extra, ND_ZIP_EXTRA_LARGE);
    nd_zip_set_number(header + 6, 2, p->flags);
    nd_zip_set_number(header + 8, 2, p->method);
    memset(header + 14, 0, 12);
    if (p->is_large && kept + LARGE_EXTRA_BYTES > UINT16_MAX)
        return refuse(z, "a header has no room for large numbers", error);
    if (p->is_large) {
        memset(fields + kept, 0, LARGE_EXTRA_BYTES);
        nd_zip_set_number(fields + kept, 2, ND_ZIP_EXTRA_LARGE);
        nd_zip_set_number(fields + kept + 2, 2, LARGE_EXTRA_BYTES - 4);
        kept += LARGE_EXTRA_BYTES;
        nd_zip_set_number(header + 4, 2, LARGE_VERSION);
        memset(header + 18, 0xFF, 8);
    }
    nd_zip_set_number(header + 28, 2, kept);
    status = put(z, output, header, sizeof header, error);
    return status == ND_OK ? put(z, output, z->buffer.items, name + kept, error) : status;
}

/* Writes the bytes of the buffer; the last with is_end. */
static nd_status pack(nd_zip_copy *z, nd_output *output, packing *p, size_t len, bool is_end,
                      nd_error *error)
{
    p->crc = crc32(p->crc, (const Bytef *)z->buffer.items, (uInt)len);
    p->bytes += len;
    if (p->method == METHOD_STORED) {
        p->packed_bytes += len;
        return put(z, output, z->buffer.items, len, error);
    }
    p->stream.next_in = (Bytef *)z->buffer.items;
    p->stream.avail_in = (uInt)len;
    nd_status status = ND_OK;
    do {
        p->stream.next_out = (Bytef *)z->packed.items;
        p->stream.avail_out = COPY_BYTES;
        (void)deflate(&p->stream, is_end ? Z_FINISH : Z_NO_FLUSH);
        const size_t num = COPY_BYTES - p->stream.avail_out;
        p->packed_bytes += num;
        status = put(z, output, z->packed.items, num, error);
    } while (status == ND_OK && p->stream.avail_out == 0);
    return status;
}

static nd_status pack_file(nd_zip_copy *z, nd_output *output, packing *p, int fd, uint64_t len,
                           nd_error *error)
{
    nd_status status = ND_OK;
    for (uint64_t at = 0; status == ND_OK && at < len;) {
        const size_t some = len - at < COPY_BYTES ? (size_t)(len - at) : COPY_BYTES;
        status = nd_read_at(fd, z->path, at, z->buffer.items, some, error);
        if (status == ND_OK)
            status = pack(z, output, p, some, false, error);
        at += some;
    }
    return status == ND_OK ? pack(z, output, p, 0, true, error) : status;
}

/* Writes what is known of an entry behind it, and sets it in its central header. */
static nd_status put_descriptor(nd_zip_copy *z, nd_output *output, const packing *p, size_t entry,
                                nd_error *error)
{
    char *const central = central_of(z, entry);
    const size_t size = p->is_large ? 8 : 4;
    char descriptor[MOST_DESCRIPTOR_BYTES] = "PK\7\10";
    nd_zip_set_number(descriptor + 4, 4, p->crc);
    nd_zip_set_number(descriptor + 8, size, p->packed_bytes);
    nd_zip_set_number(descriptor + 8 + size, size, p->bytes);
    nd_zip_set_number(central + 8, 2, p->flags);
    nd_zip_set_number(central + 10, 2, p->method);
    nd_zip_set_number(central + 16, 4, p->crc);
    z->directory.entries.items[entry].packed_bytes = p->packed_bytes;
    z->directory.entries.items[entry].bytes = p->bytes;
    return put(z, output, descriptor, 8 + 2 * size, error);
}

nd_status nd_zip_copy_replace(nd_zip_copy *copy, nd_output *output, int fd, uint64_t len_bytes,
                              nd_error *error)
{
    nd_zip_copy *const z = copy;
    const uint64_t begin = z->written;
    size_t entry = 0;
    nd_status status = step(z, &entry, error);
    if (status != ND_OK)
        return status;
    const char *const central = central_of(z, entry);
    packing p = {.method = nd_zip_number(central + 10, 2) == METHOD_STORED ? METHOD_STORED
                                                                           : METHOD_DEFLATE,
                 .flags = (nd_zip_number(central + 8, 2) & FLAG_UTF8) | FLAG_DESCRIPTOR,
                 .is_large = len_bytes >= LARGE_FROM};
    const bool is_packed = p.method == METHOD_DEFLATE;
    if (is_packed && deflateInit2(&p.stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY) != Z_OK)
        return ND_ERR_NO_MEMORY;
    status = put_local(z, output, &p, entry, error);
    if (status == ND_OK)
        status = pack_file(z, output, &p, fd, len_bytes, error);
    if (is_packed)
        deflateEnd(&p.stream);
    if (status == ND_OK)
        status = put_descriptor(z, output, &p, entry, error);
    return status == ND_OK ? list(z, entry, begin, error) : status;
}

nd_status nd_zip_copy_finish(nd_zip_copy *copy, nd_output *output, nd_error *error)
{
    nd_zip_copy *const z = copy;
    if (z->next < z->directory.entries.len)
        return nd_mark_fail(z->path, error);
    const nd_status status =
        nd_zip_listing_end(&z->listing, &z->allocator, z->written, &z->directory.end);
    return status == ND_OK ? put(z, output, z->listing.bytes.items, z->listing.bytes.len, error)
                           : status;
}

void nd_zip_copy_free(nd_zip_copy *copy)
{
    if (!copy)
        return;
    const nd_allocator allocator = copy->allocator;
    if (copy->fd >= 0)
        close(copy->fd);
    nd_zip_directory_release(&copy->directory);
    ND_VEC_RELEASE(&allocator, &copy->listing.bytes);
    ND_VEC_RELEASE(&allocator, &copy->buffer);
    ND_VEC_RELEASE(&allocator, &copy->packed);
    nd_release(&allocator, copy);
}

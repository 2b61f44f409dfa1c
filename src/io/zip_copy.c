/*   file    | local header, bytes | local header, bytes | ... | directory | end |
 *   local   | PK\3\4 ... | name | extra | bytes | perhaps a descriptor |
 *   central | PK\1\2 ... | name | extra | comment |       one an entry, with the place of the local
 *   end     | PK\5\6 | ... number, length and place of the directory | comment |
 *
 * (PKWARE, APPNOTE 6.3.9.) An entry that stays is copied with all that stands up to the next one;
 * in the directory only its place changes. One that is written anew has its sizes behind it, in a
 * descriptor, as they are not known before. */
#include "io/zip_copy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "io/path_walk.h"
#include "io/place.h"
#include "io/record_visit.h"
#include "util/error.h"

enum {
    COPY_BYTES = 1 << 16,
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    DESCRIPTOR_BYTES = 16,
    MOST_COMMENT = 0xFFFF,
    METHOD_STORED = 0,
    METHOD_DEFLATE = 8,
    FLAG_DESCRIPTOR = 8,
    FLAG_UTF8 = 0x800,
    EXTRA_LARGE = 1, /* sizes of 4 GB and more */
};

/* An entry of the directory. */
typedef struct place {
    uint64_t local;   /* of its local header */
    uint64_t central; /* of its central one, in `directory` */
} place;

struct nd_zip_copy {
    nd_allocator allocator;
    const char *path;
    int fd;
    nd_byte_vec directory, end;
    ND_VEC(place) places; /* in the order of the file */
    uint64_t directory_at;
    size_t next;         /* entry */
    uint64_t written;    /* bytes */
    nd_byte_vec central; /* that are written: of the entries so far */
    uint64_t num_written;
    nd_byte_vec buffer, packed;
};

static uint64_t number_at(const char *p, size_t len)
{
    uint64_t number = 0;
    for (size_t i = len; i-- > 0;)
        number = number << 8 | (unsigned char)p[i];
    return number;
}

static void set_number(char *p, size_t len, uint64_t number)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (char)(number >> i * 8 & 0xFF);
}

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

/* ---- the directory ---- */

/* Finds the end record, which a comment may follow. */
static nd_status find_end(nd_zip_copy *z, uint64_t size, nd_error *error)
{
    const size_t len = size < END_BYTES + MOST_COMMENT ? (size_t)size : END_BYTES + MOST_COMMENT;
    nd_status status = ND_VEC_RESERVE(&z->allocator, &z->end, len + 1);
    if (status == ND_OK)
        status = read_at(z, size - len, z->end.items, len, error);
    if (status != ND_OK)
        return status;
    for (size_t at = len < END_BYTES ? 0 : len - END_BYTES + 1; at-- > 0;) {
        const char *const p = z->end.items + at;
        if (memcmp(p, "PK\5\6", 4) != 0 || number_at(p + 20, 2) != len - at - END_BYTES)
            continue;
        z->end.len = len - at;
        memmove(z->end.items, p, z->end.len);
        return ND_OK;
    }
    return refuse(z, "it has no directory at its end", error);
}

static int compare_places(const void *a, const void *b)
{
    const place *const x = a, *const y = b;
    return (x->local > y->local) - (x->local < y->local);
}

/* Whether a local header stands there, of an entry that ends before the next one. */
static nd_status check_place(nd_zip_copy *z, size_t i, nd_error *error)
{
    char header[LOCAL_BYTES];
    const uint64_t at = z->places.items[i].local;
    const uint64_t end = i + 1 < z->places.len ? z->places.items[i + 1].local : z->directory_at;
    const char *const central = z->directory.items + z->places.items[i].central;
    if (end < at || end - at < LOCAL_BYTES)
        return refuse(z, "its entries overlap", error);
    const nd_status status = read_at(z, at, header, sizeof header, error);
    if (status != ND_OK)
        return status;
    const uint64_t begin = LOCAL_BYTES + number_at(header + 26, 2) + number_at(header + 28, 2);
    if (memcmp(header, "PK\3\4", 4) != 0 || begin + number_at(central + 20, 4) > end - at)
        return refuse(z, "its directory tells of other entries", error);
    return ND_OK;
}

static nd_status list_entries(nd_zip_copy *z, uint64_t num, nd_error *error)
{
    size_t at = 0;
    while (at < z->directory.len) {
        const char *const p = z->directory.items + at;
        const size_t left = z->directory.len - at;
        if (left < CENTRAL_BYTES || memcmp(p, "PK\1\2", 4) != 0)
            break;
        const uint64_t len =
            CENTRAL_BYTES + number_at(p + 28, 2) + number_at(p + 30, 2) + number_at(p + 32, 2);
        if (len > left)
            break;
        if (number_at(p + 20, 4) == UINT32_MAX || number_at(p + 24, 4) == UINT32_MAX ||
            number_at(p + 42, 4) == UINT32_MAX || number_at(p + 34, 2) != 0)
            return refuse(z, "it has entries of 4 GB and more, or several files", error);
        const nd_status status = ND_VEC_RESERVE(&z->allocator, &z->places, 1);
        if (status != ND_OK)
            return status;
        z->places.items[z->places.len++] = (place){number_at(p + 42, 4), at};
        at += (size_t)len;
    }
    if (at < z->directory.len || z->places.len != num)
        return refuse(z, "its directory is damaged", error);
    if (num > 1)
        qsort(z->places.items, z->places.len, sizeof *z->places.items, compare_places);
    nd_status status = ND_OK;
    for (size_t i = 0; i < z->places.len && status == ND_OK; i++)
        status = check_place(z, i, error);
    return status;
}

static nd_status read_directory(nd_zip_copy *z, nd_error *error)
{
    struct stat info;
    if (fstat(z->fd, &info) != 0 || info.st_size < END_BYTES)
        return refuse(z, "it has no directory at its end", error);
    const uint64_t size = (uint64_t)info.st_size;
    nd_status status = find_end(z, size, error);
    if (status != ND_OK)
        return status;
    const char *const end = z->end.items;
    const uint64_t num = number_at(end + 10, 2), len = number_at(end + 12, 4);
    z->directory_at = number_at(end + 16, 4);
    if (number_at(end + 4, 4) != 0 || num != number_at(end + 8, 2) || num == MOST_COMMENT ||
        z->directory_at + len != size - z->end.len)
        return refuse(z, "it is not one plain zip file of less than 4 GB", error);
    status = ND_VEC_RESERVE(&z->allocator, &z->directory, (size_t)len + 1);
    if (status == ND_OK)
        status = read_at(z, z->directory_at, z->directory.items, (size_t)len, error);
    z->directory.len = (size_t)len;
    return status == ND_OK ? list_entries(z, num, error) : status;
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
    return status == ND_OK ? read_directory(z, error) : status;
}

nd_status nd_zip_copy_follow(nd_zip_copy *copy, nd_zip_copy *before, nd_error *error)
{
    if (before->next < before->places.len)
        return nd_mark_fail(before->path, error);
    copy->central = before->central;
    copy->written = before->written;
    copy->num_written = before->num_written;
    before->central = (nd_byte_vec){0};
    return ND_OK;
}

/* ---- entries ---- */

bool nd_zip_copy_is_next(const nd_zip_copy *copy, const char *name)
{
    if (copy->next == copy->places.len)
        return false;
    const char *const central = copy->directory.items + copy->places.items[copy->next].central;
    const char *p = central + CENTRAL_BYTES;
    size_t len = (size_t)number_at(central + 28, 2), num = strlen(name);
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

/* Steps to the next entry, and copies its central header, for the place where it comes to stand. */
static nd_status step(nd_zip_copy *z, place *entry, char **central, nd_error *error)
{
    if (z->next == z->places.len) {
        (void)nd_mark_fail(z->path, error);
        return ND_ERR_IO;
    }
    *entry = z->places.items[z->next++];
    *central = z->directory.items + entry->central;
    set_number(*central + 42, 4, z->written);
    return z->written < UINT32_MAX
               ? ND_OK
               : refuse(z, "without what is removed it is larger than a zip file can be", error);
}

static nd_status list_central(nd_zip_copy *z, const char *central)
{
    const size_t len = (size_t)(CENTRAL_BYTES + number_at(central + 28, 2) +
                                number_at(central + 30, 2) + number_at(central + 32, 2));
    z->num_written++;
    return nd_bytes_append(&z->allocator, &z->central, central, len);
}

nd_status nd_zip_copy_keep(nd_zip_copy *copy, nd_output *output, nd_error *error)
{
    nd_zip_copy *const z = copy;
    place entry = {0};
    char *central = NULL;
    nd_status status = step(z, &entry, &central, error);
    if (status != ND_OK)
        return status;
    const uint64_t end = z->next < z->places.len ? z->places.items[z->next].local : z->directory_at;
    for (uint64_t at = entry.local; status == ND_OK && at < end;) {
        const size_t len = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
        status = read_at(z, at, z->buffer.items, len, error);
        if (status == ND_OK)
            status = put(z, output, z->buffer.items, len, error);
        at += len;
    }
    return status == ND_OK ? list_central(z, central) : status;
}

nd_status nd_zip_copy_drop(nd_zip_copy *copy, nd_error *error)
{
    place entry;
    char *central;
    return step(copy, &entry, &central, error);
}

/* Writes the local header, with its own name and what else it says, but no sizes. */
static nd_status put_local(nd_zip_copy *z, nd_output *output, uint64_t at, uint64_t flags,
                           nd_error *error)
{
    char header[LOCAL_BYTES] = {0};
    nd_status status = read_at(z, at, header, sizeof header, error);
    const size_t name = (size_t)number_at(header + 26, 2),
                 extra = (size_t)number_at(header + 28, 2);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&z->allocator, &z->buffer, name + extra + 1);
    if (status == ND_OK)
        status = read_at(z, at + LOCAL_BYTES, z->buffer.items, name + extra, error);
    if (status != ND_OK)
        return status;
    char *const p = z->buffer.items + name;
    size_t kept = 0;
    for (size_t i = 0; i + 4 <= extra;) {
        const size_t len = 4 + (size_t)number_at(p + i + 2, 2);
        if (len > extra - i)
            break;
        if (number_at(p + i, 2) != EXTRA_LARGE) {
            memmove(p + kept, p + i, len);
            kept += len;
        }
        i += len;
    }
    set_number(header + 6, 2, flags);
    memset(header + 14, 0, 12);
    set_number(header + 28, 2, kept);
    status = put(z, output, header, sizeof header, error);
    return status == ND_OK ? put(z, output, z->buffer.items, name + kept, error) : status;
}

/* What is written of an entry. */
typedef struct packing {
    z_stream stream;
    bool is_stored;
    uint64_t crc, bytes, packed_bytes;
} packing;

/* Writes the bytes of the buffer; the last with is_end. */
static nd_status pack(nd_zip_copy *z, nd_output *output, packing *p, size_t len, bool is_end,
                      nd_error *error)
{
    p->crc = crc32(p->crc, (const Bytef *)z->buffer.items, (uInt)len);
    p->bytes += len;
    if (p->is_stored) {
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

nd_status nd_zip_copy_replace(nd_zip_copy *copy, nd_output *output, int fd, uint64_t len_bytes,
                              nd_error *error)
{
    nd_zip_copy *const z = copy;
    place entry = {0};
    char *central = NULL;
    nd_status status = step(z, &entry, &central, error);
    if (status != ND_OK)
        return status;
    packing p = {.is_stored = number_at(central + 10, 2) == METHOD_STORED};
    if (!p.is_stored && deflateInit2(&p.stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                                     Z_DEFAULT_STRATEGY) != Z_OK)
        return ND_ERR_NO_MEMORY;
    const uint64_t flags = (number_at(central + 8, 2) & FLAG_UTF8) | FLAG_DESCRIPTOR;
    status = put_local(z, output, entry.local, flags, error);
    if (status == ND_OK)
        status = pack_file(z, output, &p, fd, len_bytes, error);
    if (!p.is_stored)
        deflateEnd(&p.stream);
    char descriptor[DESCRIPTOR_BYTES] = "PK\7\10";
    set_number(descriptor + 4, 4, p.crc);
    set_number(descriptor + 8, 4, p.packed_bytes);
    set_number(descriptor + 12, 4, p.bytes);
    if (status == ND_OK)
        status = put(z, output, descriptor, sizeof descriptor, error);
    set_number(central + 8, 2, flags);
    memcpy(central + 16, descriptor + 4, 12);
    return status == ND_OK ? list_central(z, central) : status;
}

nd_status nd_zip_copy_finish(nd_zip_copy *copy, nd_output *output, nd_error *error)
{
    nd_zip_copy *const z = copy;
    const uint64_t at = z->written;
    if (z->next < z->places.len)
        return nd_mark_fail(z->path, error);
    if (at + z->central.len >= UINT32_MAX)
        return refuse(z, "without what is removed it is larger than a zip file can be", error);
    set_number(z->end.items + 8, 2, z->num_written);
    set_number(z->end.items + 10, 2, z->num_written);
    set_number(z->end.items + 12, 4, z->central.len);
    set_number(z->end.items + 16, 4, at);
    const nd_status status = put(z, output, z->central.items, z->central.len, error);
    return status == ND_OK ? put(z, output, z->end.items, z->end.len, error) : status;
}

void nd_zip_copy_free(nd_zip_copy *copy)
{
    if (!copy)
        return;
    const nd_allocator allocator = copy->allocator;
    if (copy->fd >= 0)
        close(copy->fd);
    ND_VEC_RELEASE(&allocator, &copy->directory);
    ND_VEC_RELEASE(&allocator, &copy->end);
    ND_VEC_RELEASE(&allocator, &copy->places);
    ND_VEC_RELEASE(&allocator, &copy->central);
    ND_VEC_RELEASE(&allocator, &copy->buffer);
    ND_VEC_RELEASE(&allocator, &copy->packed);
    nd_release(&allocator, copy);
}

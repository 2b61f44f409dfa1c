/*   archive   | entry | entry | entry ... | end |        each begins where nd_archive_entry says
 *   of a tar  | global header, names and attributes ... | header | bytes, up to a whole block |
 *   WARC      | header | bytes | two line ends |          each a member of its own, if compressed
 *   zip       see zip_copy.c
 *
 * Entries that stay are copied when the next one begins. A global header (POSIX.1-2017, pax) holds
 * for the entries after it, too: it stays where its entry is left out. Of archives in one output
 * the entries stand one behind the other, and what ends an archive behind the last. */
#include "io/archive_copy.h"

#include <stdio.h>
#include <string.h>

#include "io/byte_reader.h"
#include "io/paths.h"
#include "io/place.h"
#include "io/zip_copy.h"
#include "util/error.h"
#include "util/threads.h"
#include "util/u64_map.h"
#include "util/xxh.h"

enum {
    COPY_BYTES = 1 << 16,
    SIZE_AT = 124,
    SIZE_BYTES = 12,
    TYPE_AT = 156,
    MOST_ATTRIBUTES = 1 << 20, /* bytes of an entry's attributes that are rewritten */
};

struct nd_archive_copy {
    nd_allocator allocator;
    nd_archive_kind kind;
    const char *path;
    nd_byte_reader reader; /* of the archive's bytes, decompressed */
    uint64_t at;           /* how many of them were read */
    nd_output *output;
    nd_zip_copy *zip; /* of such an archive; then there is no reader */
    bool is_done;     /* the entry at hand: or there is none */
    nd_byte_vec buffer;
    bool is_cut_due;      /* before the next byte */
    bool is_skipped;      /* the entry at hand: what is left of it */
    bool is_dropped;      /* it */
    uint64_t begin;       /* of it */
    uint64_t name, names; /* the seeded hash of its name; the seed */
    nd_u64_map dropped;   /* by such a hash: 1, or 0 where the name came again */

    bool is_joined;         /* others of its kind are or will be in the output; then: */
    bool has_global;        /* a header of it holds for all that comes behind it */
    uint64_t number;        /* of archives before it */
    nd_byte_vec entry_name; /* of the entry at hand, terminated; empty: a folder, or none */
    nd_u64_map kept;        /* by the hash of a name: the archive that it is in */
};

/* ---- bytes ---- */

static nd_status put(nd_archive_copy *c, const void *p, size_t len, nd_error *error)
{
    nd_status status = c->is_cut_due && len > 0 ? nd_output_cut(c->output) : ND_OK;
    c->is_cut_due &= len == 0;
    if (status == ND_OK)
        status = nd_output_write(c->output, p, len);
    return status == ND_OK ? ND_OK : nd_output_commit(c->output, error); /* has the message */
}

/* Reads at most `most` bytes into the buffer, fewer only at the end. */
static nd_status read_bytes(nd_archive_copy *c, uint64_t most, size_t *got, nd_error *error)
{
    const size_t wanted = most < COPY_BYTES ? (size_t)most : COPY_BYTES;
    nd_status status = ND_OK;
    *got = 0;
    for (size_t one = 1; status == ND_OK && *got < wanted && one > 0; *got += one)
        status = nd_byte_reader_read(&c->reader, c->buffer.items + *got, wanted - *got, &one);
    c->at += *got;
    return status == ND_OK ? ND_OK : nd_byte_reader_error(&c->reader, status, c->path, error);
}

/* Goes on to that byte of the archive. */
static nd_status go_to(nd_archive_copy *c, uint64_t to, bool is_copied, nd_error *error)
{
    nd_status status = ND_OK;
    while (status == ND_OK && c->at < to) {
        size_t got;
        status = read_bytes(c, to - c->at, &got, error);
        if (status == ND_OK && got == 0)
            return nd_mark_fail(c->path, error);
        if (status == ND_OK && is_copied)
            status = put(c, c->buffer.items, got, error);
    }
    return status;
}

/* ---- headers of a tar ---- */

/* In octal digits, or from a set first bit on as a number. */
static uint64_t number_at(const unsigned char *p, size_t len)
{
    uint64_t number = 0;
    if (p[0] & 0x80) {
        for (size_t i = len - sizeof number; i < len; i++)
            number = number << 8 | p[i];
        return number;
    }
    for (size_t i = 0; i < len; i++)
        if (p[i] >= '0' && p[i] <= '7')
            number = number << 3 | (uint64_t)(p[i] - '0');
        else if (p[i] != ' ')
            break;
    return number;
}

static void set_size(unsigned char *header, uint64_t size)
{
    unsigned char *const p = header + SIZE_AT;
    char digits[24];
    if (size >> 33 == 0) {
        snprintf(digits, sizeof digits, "%011llo", (unsigned long long)size);
        memcpy(p, digits, SIZE_BYTES);
    } else {
        memset(p, 0, SIZE_BYTES);
        p[0] = 0x80;
        for (size_t i = 0; i < sizeof size; i++)
            p[SIZE_BYTES - 1 - i] = (unsigned char)(size >> i * 8);
    }
    snprintf(digits, sizeof digits, "%06llo", (unsigned long long)nd_tar_checksum(header));
    memcpy(header + ND_TAR_CHECKSUM_AT, digits, 7);
    header[ND_TAR_CHECKSUM_AT + 7] = ' ';
}

static uint64_t padded(uint64_t len)
{
    return (len + ND_TAR_BLOCK_BYTES - 1) / ND_TAR_BLOCK_BYTES * ND_TAR_BLOCK_BYTES;
}

static nd_status read_header(nd_archive_copy *c, unsigned char header[ND_TAR_BLOCK_BYTES],
                             nd_error *error)
{
    size_t got;
    const nd_status status = read_bytes(c, ND_TAR_BLOCK_BYTES, &got, error);
    if (status == ND_OK && got < ND_TAR_BLOCK_BYTES)
        return nd_mark_fail(c->path, error);
    if (status == ND_OK)
        memcpy(header, c->buffer.items, ND_TAR_BLOCK_BYTES);
    return status;
}

static bool is_before_header(unsigned char type)
{
    return type == 'g' || type == 'x' || type == 'X' || type == 'L' || type == 'K' || type == 'N' ||
           type == 'A' || type == 'V';
}

static void note_header(nd_archive_copy *c, unsigned char type)
{
    c->has_global |= type == 'g';
}

/* Copies the entry, up to where the next one begins. */
static nd_status keep_entry(nd_archive_copy *c, uint64_t end, nd_error *error)
{
    unsigned char header[ND_TAR_BLOCK_BYTES] = {0};
    nd_status status = ND_OK;
    bool is_before = c->is_joined && c->kind == ND_ARCHIVE_TAR && c->at == c->begin;
    while (status == ND_OK && is_before && c->at < end) {
        status = read_header(c, header, error);
        if (status == ND_OK)
            status = put(c, header, sizeof header, error);
        note_header(c, header[TYPE_AT]);
        const uint64_t size = padded(number_at(header + SIZE_AT, SIZE_BYTES));
        is_before = is_before_header(header[TYPE_AT]) && size <= end - c->at;
        if (status == ND_OK && is_before)
            status = go_to(c, c->at + size, true, error);
    }
    return status == ND_OK ? go_to(c, end, true, error) : status;
}

/* Leaves the entry out, up to where the next one begins. */
static nd_status skip_entry(nd_archive_copy *c, uint64_t end, nd_error *error)
{
    unsigned char header[ND_TAR_BLOCK_BYTES] = {0};
    nd_status status = ND_OK;
    bool is_before = c->kind == ND_ARCHIVE_TAR && c->at == c->begin;
    while (status == ND_OK && is_before && c->at < end) {
        status = read_header(c, header, error);
        if (status != ND_OK)
            return status;
        const bool is_global = header[TYPE_AT] == 'g' || header[TYPE_AT] == 'V'; /* a label */
        note_header(c, header[TYPE_AT]);
        const uint64_t size = padded(number_at(header + SIZE_AT, SIZE_BYTES));
        is_before = is_before_header(header[TYPE_AT]) && size <= end - c->at;
        if (!is_before)
            break;
        if (is_global)
            status = put(c, header, sizeof header, error);
        if (status == ND_OK)
            status = go_to(c, c->at + size, is_global, error);
    }
    return status == ND_OK ? go_to(c, end, false, error) : status;
}

/* ---- attributes ---- */

/* Takes "LENGTH size=VALUE\n" out of attributes of that form; the header of the entry tells it. */
static size_t without_size(char *p, size_t len)
{
    size_t kept = 0;
    for (size_t at = 0; at < len;) {
        size_t record = 0, digits = at;
        while (digits < len && p[digits] >= '0' && p[digits] <= '9' && record < len)
            record = record * 10 + (size_t)(p[digits++] - '0');
        if (record == 0 || record > len - at)
            record = len - at;
        const bool is_size = digits + 6 <= len && memcmp(p + digits, " size=", 6) == 0;
        if (!is_size)
            memmove(p + kept, p + at, record);
        kept += is_size ? 0 : record;
        at += record;
    }
    return kept;
}

/* Copies the attributes of the entry, whose header was read, without its old size. */
static nd_status put_attributes(nd_archive_copy *c, unsigned char *header, uint64_t size,
                                nd_error *error)
{
    static const char zeros[ND_TAR_BLOCK_BYTES];
    nd_byte_vec all = {0};
    nd_status status = ND_VEC_RESERVE(&c->allocator, &all, (size_t)padded(size));
    while (status == ND_OK && all.len < padded(size)) {
        size_t got;
        status = read_bytes(c, padded(size) - all.len, &got, error);
        if (status == ND_OK && got == 0)
            status = nd_mark_fail(c->path, error);
        if (status == ND_OK)
            memcpy(all.items + all.len, c->buffer.items, got);
        all.len += status == ND_OK ? got : 0;
    }
    if (status == ND_OK) {
        const size_t len = without_size(all.items, (size_t)size);
        set_size(header, len);
        status = put(c, header, ND_TAR_BLOCK_BYTES, error);
        if (status == ND_OK)
            status = put(c, all.items, len, error);
        if (status == ND_OK)
            status = put(c, zeros, (size_t)(padded(len) - len), error);
    }
    ND_VEC_RELEASE(&c->allocator, &all);
    return status;
}

/* Copies what stands before the header of the entry, which it reads. */
static nd_status put_before(nd_archive_copy *c, unsigned char *header, nd_error *error)
{
    for (;;) {
        nd_status status = read_header(c, header, error);
        const unsigned char type = status == ND_OK ? header[TYPE_AT] : 0;
        if (status != ND_OK || !is_before_header(type))
            return status;
        note_header(c, type);
        const uint64_t size = number_at(header + SIZE_AT, SIZE_BYTES);
        if ((type == 'x' || type == 'X') && size <= MOST_ATTRIBUTES) {
            status = put_attributes(c, header, size, error);
        } else {
            status = put(c, header, ND_TAR_BLOCK_BYTES, error);
            if (status == ND_OK)
                status = go_to(c, c->at + padded(size), true, error);
        }
        if (status != ND_OK)
            return status;
    }
}

static nd_status put_file(nd_archive_copy *c, int fd, uint64_t len, nd_error *error)
{
    static const char zeros[ND_TAR_BLOCK_BYTES];
    nd_status status = ND_OK;
    for (uint64_t at = 0; status == ND_OK && at < len;) {
        const size_t some = len - at < COPY_BYTES ? (size_t)(len - at) : COPY_BYTES;
        status = nd_read_at(fd, c->path, at, c->buffer.items, some, error);
        if (status == ND_OK)
            status = put(c, c->buffer.items, some, error);
        at += some;
    }
    return status == ND_OK ? put(c, zeros, (size_t)(padded(len) - len), error) : status;
}

/* ---- beside other archives ---- */

/* Ends the copy of an archive that another one follows. */
static nd_status end_before_next(nd_archive_copy *c, nd_error *error)
{
    nd_status status = ND_OK;
    if (c->has_global)
        return nd_error_set(
            error, ND_ERR_UNSUPPORTED,
            "'%s' cannot be written before other archives: it has global attributes, "
            "which would hold for these",
            nd_show_path(c->path).text);
    if (c->kind == ND_ARCHIVE_WARC)
        return nd_archive_copy_finish(c, error);
    for (size_t got = 1; status == ND_OK && got > 0;)
        status = read_bytes(c, COPY_BYTES, &got, error);
    return status;
}

/* Goes on from the copy before. */
static nd_status follow(nd_archive_copy *c, nd_archive_copy *before, nd_error *error)
{
    const nd_u64_map none = c->kept;
    c->kept = before->kept;
    c->names = before->names;
    c->number = before->number + 1;
    c->is_cut_due = c->kind == ND_ARCHIVE_WARC;
    before->kept = none;
    return c->zip ? nd_zip_copy_follow(c->zip, before->zip, error) : end_before_next(before, error);
}

/* Two files of one name would become one when the archive is unpacked. */
static nd_status note_kept(nd_archive_copy *c, nd_error *error)
{
    if (c->entry_name.len == 0 || c->is_dropped)
        return ND_OK;
    const uint64_t *const in = nd_u64_map_find(&c->kept, c->name);
    if (in && *in == c->number)
        return ND_OK;
    if (in)
        return nd_error_set(
            error, ND_ERR_UNSUPPORTED,
            "'%s' cannot be written behind other archives: one of them has '%s', too",
            nd_show_path(c->path).text, nd_show_path(c->entry_name.items).text);
    const nd_status status = nd_u64_map_reserve(&c->kept, 1);
    if (status == ND_OK)
        nd_u64_map_set(&c->kept, c->name, c->number);
    return status;
}

/* ---- entries ---- */

nd_status nd_archive_copy_new(const nd_allocator *allocator, const nd_archive_copy_request *request,
                              nd_archive_copy **out, nd_error *error)
{
    int fd;
    nd_archive_copy *const c = nd_alloc_zeroed(allocator, 1, sizeof *c);
    *out = c;
    if (!c)
        return ND_ERR_NO_MEMORY;
    c->allocator = *allocator;
    c->kind = request->file->archive;
    c->path = request->file->path;
    c->output = request->output;
    c->names = nd_random_seed();
    c->is_done = true;
    c->is_joined = request->is_joined;
    nd_u64_map_init(&c->dropped, allocator);
    nd_u64_map_init(&c->kept, allocator);
    nd_byte_reader_init(&c->reader, allocator, NULL);
    nd_status status = ND_OK;
    if (c->kind == ND_ARCHIVE_ZIP)
        status = nd_zip_copy_new(allocator, c->path, &c->zip, error);
    else
        status = ND_VEC_RESERVE(allocator, &c->buffer, COPY_BYTES);
    if (status == ND_OK && request->before)
        status = follow(c, request->before, error);
    if (status != ND_OK || c->zip)
        return status;
    status = nd_path_open(c->path, &fd, error);
    return status == ND_OK ? nd_byte_reader_open(&c->reader, fd, c->path, error) : status;
}

/* Notes that the name of the entry at hand leads to nothing now, or to something again. */
static nd_status note_name(nd_archive_copy *c)
{
    const uint64_t *const before = nd_u64_map_find(&c->dropped, c->name);
    if (!before && !c->is_dropped)
        return ND_OK;
    const nd_status status = nd_u64_map_reserve(&c->dropped, 1);
    if (status == ND_OK)
        nd_u64_map_set(&c->dropped, c->name, c->is_dropped);
    return status;
}

/* Names may begin with "./" and "/", which are left out of those of entries. */
static uint64_t hash_of_name(const nd_archive_copy *c, const char *name)
{
    while (*name == '/' || (name[0] == '.' && name[1] == '/'))
        name++;
    return XXH3_64bits_withSeed(name, strlen(name), c->names);
}

/* Takes the name of the next entry, which other archives may have, too. */
static nd_status take_name(nd_archive_copy *c, const nd_archive_entry *entry)
{
    c->entry_name.len = 0;
    if (!entry)
        return ND_OK;
    c->name = hash_of_name(c, entry->name);
    if (!c->is_joined || c->kind == ND_ARCHIVE_WARC || entry->is_passed_over)
        return ND_OK;
    return nd_bytes_append(&c->allocator, &c->entry_name, entry->name, strlen(entry->name) + 1);
}

static nd_status step_in_zip(nd_archive_copy *c, const nd_archive_entry *entry, nd_error *error)
{
    nd_status status = ND_OK;
    if (!c->is_done)
        status = c->is_dropped ? nd_zip_copy_drop(c->zip, error)
                               : nd_zip_copy_keep(c->zip, c->output, error);
    c->is_dropped = false;
    c->is_done = !entry;
    if (status == ND_OK)
        status = take_name(c, entry);
    if (status == ND_OK && entry && !nd_zip_copy_is_next(c->zip, entry->name))
        status = nd_error_set(error, ND_ERR_FORMAT, "'%s' has another directory than entries",
                              nd_show_path(c->path).text);
    return status;
}

nd_status nd_archive_copy_step(nd_archive_copy *copy, const nd_archive_entry *entry, uint64_t begin,
                               nd_error *error)
{
    nd_archive_copy *const c = copy;
    nd_status status = note_kept(c, error);
    if (status == ND_OK && c->zip)
        return step_in_zip(c, entry, error);
    if (status == ND_OK)
        status = c->is_skipped ? skip_entry(c, begin, error) : keep_entry(c, begin, error);
    if (status == ND_OK && c->kind == ND_ARCHIVE_TAR)
        status = note_name(c);
    if (status == ND_OK)
        status = take_name(c, entry);
    if (status != ND_OK)
        return status;
    c->is_skipped = c->is_dropped = false;
    c->is_cut_due = c->kind == ND_ARCHIVE_WARC && (c->at > 0 || c->number > 0);
    c->begin = begin;
    if (!entry || c->kind != ND_ARCHIVE_TAR)
        return ND_OK;
    const uint64_t *const target =
        entry->link ? nd_u64_map_find(&c->dropped, hash_of_name(c, entry->link)) : NULL;
    if (target && *target)
        nd_archive_copy_drop(c);
    return ND_OK;
}

void nd_archive_copy_drop(nd_archive_copy *copy)
{
    copy->is_skipped = copy->is_dropped = true;
}

nd_status nd_archive_copy_replace(nd_archive_copy *copy, int fd, uint64_t len_bytes,
                                  nd_error *error)
{
    nd_archive_copy *const c = copy;
    unsigned char header[ND_TAR_BLOCK_BYTES] = {0};
    if (c->zip) {
        c->is_done = true;
        return nd_zip_copy_replace(c->zip, c->output, fd, len_bytes, error);
    }
    nd_status status = put_before(c, header, error);
    if (status != ND_OK)
        return status;
    set_size(header, len_bytes);
    status = put(c, header, sizeof header, error);
    c->is_skipped = true;
    return status == ND_OK ? put_file(c, fd, len_bytes, error) : status;
}

nd_status nd_archive_copy_finish(nd_archive_copy *copy, nd_error *error)
{
    nd_archive_copy *const c = copy;
    nd_status status = ND_OK;
    if (c->zip)
        return nd_zip_copy_finish(c->zip, c->output, error);
    for (size_t got = 1; status == ND_OK && got > 0;) {
        status = read_bytes(c, COPY_BYTES, &got, error);
        if (status == ND_OK)
            status = put(c, c->buffer.items, got, error);
    }
    return status;
}

void nd_archive_copy_free(nd_archive_copy *copy)
{
    if (!copy)
        return;
    const nd_allocator allocator = copy->allocator;
    nd_byte_reader_release(&copy->reader);
    nd_zip_copy_free(copy->zip);
    nd_u64_map_release(&copy->dropped);
    nd_u64_map_release(&copy->kept);
    ND_VEC_RELEASE(&allocator, &copy->entry_name);
    ND_VEC_RELEASE(&allocator, &copy->buffer);
    nd_release(&allocator, copy);
}

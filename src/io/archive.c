#include "io/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io/place.h"
#include "util/alloc.h"
#include "util/error.h"

enum { READ_BYTES = 1 << 16 };

struct nd_archive {
    nd_allocator allocator;
    nd_archive_kind kind;
    nd_content *content;
    nd_warc *warc;           /* of that kind */
    struct archive *archive; /* of the others */
    bool is_open;
    nd_byte_vec name;
    char *buffer;      /* what libarchive is given */
    const char *block; /* of the entry, libarchive's; [at, len) is not yet handed out */
    size_t len, at;
    uint64_t entry_bytes;   /* handed out of the entry */
    uint64_t num_bytes;     /* of all entries */
    nd_status read_failure; /* of the content */
    const char *detail;     /* of a failed read; NULL: libarchive's */
};

/* ---- which one ---- */

uint64_t nd_tar_checksum(const unsigned char header[ND_TAR_BLOCK_BYTES])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ND_TAR_BLOCK_BYTES; i++)
        sum += i >= ND_TAR_CHECKSUM_AT && i < ND_TAR_CHECKSUM_AT + ND_TAR_CHECKSUM_BYTES
                   ? ' '
                   : header[i];
    return sum;
}

/* A tar archive begins with a header whose bytes add up to what it says. */
static bool is_tar(const unsigned char *p, size_t len)
{
    uint64_t said = 0;
    if (len < ND_TAR_BLOCK_BYTES || !p[0])
        return false;
    size_t at = ND_TAR_CHECKSUM_AT, digits = 0;
    while (p[at] == ' ')
        at++;
    for (; at < ND_TAR_CHECKSUM_AT + ND_TAR_CHECKSUM_BYTES && p[at] >= '0' && p[at] <= '7';
         at++, digits++)
        said = said * 8 + (p[at] - '0');
    return digits && nd_tar_checksum(p) == said;
}

/* By its first entry: what an office, a book or a program begins with. */
static bool is_document_of_zip(const char *p, size_t len)
{
    enum { NAME_LEN_AT = 26, NAME_AT = 30 };
    static const char *const names[] = {"[Content_Types].xml", "mimetype", "META-INF/", "_rels/"};
    if (len < NAME_AT)
        return false;
    const size_t said = (unsigned char)p[NAME_LEN_AT] | (size_t)(unsigned char)p[NAME_LEN_AT + 1]
                                                            << 8;
    const size_t name_len = said < len - NAME_AT ? said : len - NAME_AT;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t n = strlen(names[i]);
        if (name_len >= n && memcmp(p + NAME_AT, names[i], n) == 0)
            return true;
    }
    return false;
}

nd_archive_kind nd_archive_find(const char *p, size_t len_bytes)
{
    if (len_bytes >= 4 && (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "PK\5\6", 4) == 0))
        return is_document_of_zip(p, len_bytes) ? ND_ARCHIVE_NONE : ND_ARCHIVE_ZIP;
    if (len_bytes >= 8 && (memcmp(p, "WARC/1.", 7) == 0 || memcmp(p, "WARC/0.", 7) == 0))
        return ND_ARCHIVE_WARC;
    return is_tar((const unsigned char *)p, len_bytes) ? ND_ARCHIVE_TAR : ND_ARCHIVE_NONE;
}

/* ---- what libarchive reads ---- */

static la_ssize_t give_bytes(struct archive *archive, void *ctx, const void **bytes)
{
    nd_archive *const a = ctx;
    size_t got;
    *bytes = a->buffer;
    a->read_failure = nd_content_read(a->content, a->buffer, READ_BYTES, &got);
    if (a->read_failure == ND_OK)
        return (la_ssize_t)got;
    archive_set_error(archive, EIO, "cannot read");
    return -1;
}

static la_int64_t seek_bytes(struct archive *archive, void *ctx, la_int64_t offset, int whence)
{
    nd_archive *const a = ctx;
    uint64_t place;
    if (nd_content_seek(a->content, offset, whence, &place))
        return (la_int64_t)place;
    archive_set_error(archive, EIO, "cannot seek");
    return ARCHIVE_FATAL;
}

static nd_status init_libarchive(nd_archive *a)
{
    a->archive = archive_read_new();
    a->buffer = nd_alloc(&a->allocator, READ_BYTES, 1);
    if (!a->archive || !a->buffer)
        return ND_ERR_NO_MEMORY;
    const int supported = a->kind == ND_ARCHIVE_TAR ? archive_read_support_format_tar(a->archive)
                                                    : archive_read_support_format_zip(a->archive);
    if (supported != ARCHIVE_OK && supported != ARCHIVE_WARN)
        return ND_ERR_UNSUPPORTED;
    if (a->kind == ND_ARCHIVE_ZIP && nd_content_can_seek(a->content))
        archive_read_set_seek_callback(a->archive, seek_bytes);
    return ND_OK;
}

/* What a failed call of libarchive means. */
static nd_status status_of(const nd_archive *a)
{
    if (a->read_failure != ND_OK)
        return a->read_failure;
    return archive_errno(a->archive) == ENOMEM ? ND_ERR_NO_MEMORY : ND_ERR_FORMAT;
}

/* ---- entries ---- */

/* Copies the name without what would lead out of the archive at its front: "./", "/". */
static nd_status take_name(nd_archive *a, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (!name)
        name = archive_entry_pathname(entry);
    if (!name)
        name = "?";
    while (*name == '/' || (name[0] == '.' && name[1] == '/'))
        name++;
    a->name.len = 0;
    return nd_bytes_append(&a->allocator, &a->name, name, strlen(name) + 1);
}

static void take_kind(struct archive_entry *from, nd_archive_entry *entry)
{
    entry->issue = ND_ISSUE_SPECIAL;
    entry->link = archive_entry_hardlink_utf8(from);
    if (!entry->link)
        entry->link = archive_entry_hardlink(from);
    if (entry->link) {
        entry->why_not = "is a second path to a file";
        entry->issue = ND_ISSUE_SAME_FILE;
    } else if (archive_entry_filetype(from) == AE_IFLNK) {
        entry->why_not = "is a symbolic link";
    } else if (archive_entry_filetype(from) != AE_IFREG) {
        entry->why_not = "is no file";
    } else if (archive_entry_is_encrypted(from)) {
        entry->why_not = "is encrypted";
        entry->issue = ND_ISSUE_UNREADABLE;
    } else if (archive_entry_sparse_count(from) > 0) {
        entry->why_not = "is a file with holes";
    }
}

static nd_status next_header(nd_archive *a, nd_archive_entry *entry, bool *found)
{
    if (!a->is_open) {
        a->is_open = true;
        if (archive_read_open(a->archive, a, NULL, give_bytes, NULL) != ARCHIVE_OK)
            return status_of(a);
    }
    struct archive_entry *header;
    const int result = archive_read_next_header(a->archive, &header);
    a->len = a->at = 0;
    a->entry_bytes = 0;
    a->detail = NULL;
    *entry = (nd_archive_entry){.begin = (uint64_t)archive_read_header_position(a->archive)};
    if (result == ARCHIVE_EOF)
        return ND_OK;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
        return status_of(a);
    entry->is_passed_over = archive_entry_filetype(header) == AE_IFDIR;
    take_kind(header, entry);
    const nd_status status = take_name(a, header);
    entry->name = a->name.items;
    *found = status == ND_OK;
    return status;
}

/* ---- the bytes of an entry ---- */

static nd_status next_block(nd_archive *a)
{
    const void *block;
    la_int64_t offset = 0;
    a->len = a->at = 0;
    const int result = archive_read_data_block(a->archive, &block, &a->len, &offset);
    a->block = block;
    if (result == ARCHIVE_EOF) {
        a->len = 0;
        return ND_OK;
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
        a->len = 0;
        return status_of(a);
    }
    if (a->len && (uint64_t)offset != a->entry_bytes) {
        a->len = 0;
        a->detail = "it has holes";
        return ND_ERR_FORMAT;
    }
    return ND_OK;
}

/* Bytes of the archive itself: all of a file, or what came of a stream. */
static uint64_t archive_bytes(const nd_archive *a)
{
    const nd_raw_bytes *const raw = &a->content->reader.raw;
    return raw->size != UINT64_MAX ? raw->size : raw->num_read;
}

static nd_status read_entry(void *ctx, char *out, size_t capacity, size_t *got)
{
    nd_archive *const a = ctx;
    nd_status status = ND_OK;
    *got = 0;
    if (a->kind == ND_ARCHIVE_WARC) {
        status = nd_warc_read(a->warc, out, capacity, got);
    } else {
        if (a->at == a->len)
            status = next_block(a);
        const size_t ready = a->len - a->at;
        *got = ready < capacity ? ready : capacity;
        if (*got)
            memcpy(out, a->block + a->at, *got);
        a->at += *got;
    }
    a->entry_bytes += *got;
    a->num_bytes += *got;
    if (a->num_bytes > ND_EXPANSION_FREE_BYTES &&
        a->num_bytes / ND_MOST_EXPANSION > archive_bytes(a)) {
        a->detail = "the archive expands to more than 1,000 times its size";
        return ND_ERR_FORMAT;
    }
    return status;
}

static const char *detail_of(void *ctx)
{
    nd_archive *const a = ctx;
    if (a->detail)
        return a->detail;
    const char *const detail =
        a->kind == ND_ARCHIVE_WARC ? nd_warc_detail(a->warc) : archive_error_string(a->archive);
    return detail ? detail : "no reason given";
}

nd_byte_source nd_archive_source(nd_archive *archive)
{
    return (nd_byte_source){archive, read_entry, detail_of};
}

/* ---- the whole ---- */

nd_status nd_archive_new(nd_archive_kind kind, nd_content *content, nd_archive **out)
{
    *out = NULL;
    const nd_allocator allocator = content->reader.raw.allocator;
    nd_archive *const a = nd_alloc_zeroed(&allocator, 1, sizeof *a);
    if (!a)
        return ND_ERR_NO_MEMORY;
    a->allocator = allocator;
    a->kind = kind;
    a->content = content;
    const nd_status status =
        kind == ND_ARCHIVE_WARC ? nd_warc_new(content, &a->warc) : init_libarchive(a);
    if (status == ND_OK)
        *out = a;
    else
        nd_archive_free(a);
    return status;
}

nd_status nd_archive_next(nd_archive *archive, nd_archive_entry *entry, bool *found,
                          nd_error *error)
{
    nd_archive *const a = archive;
    *found = false;
    const nd_status status = a->kind == ND_ARCHIVE_WARC ? nd_warc_next(a->warc, entry, found)
                                                        : next_header(a, entry, found);
    if (status == ND_OK)
        return ND_OK;
    const char *const path = a->content->path.items;
    if (a->content->failure != ND_OK)
        return nd_byte_reader_error(&a->content->reader, a->content->failure, path, error);
    if (status != ND_ERR_FORMAT)
        return nd_byte_reader_error(&a->content->reader, status, path, error);
    return nd_error_set(error, status, "cannot read '%s' to its end: %s", nd_show_path(path).text,
                        detail_of(a));
}

void nd_archive_free(nd_archive *archive)
{
    if (!archive)
        return;
    archive_read_free(archive->archive);
    nd_warc_free(archive->warc);
    const nd_allocator allocator = archive->allocator;
    ND_VEC_RELEASE(&allocator, &archive->name);
    nd_release(&allocator, archive->buffer);
    nd_release(&allocator, archive);
}

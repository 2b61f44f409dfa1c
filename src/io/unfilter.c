#include "io/unfilter.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "io/gunzip.h"

/* libarchive undoes a compression only on the way to an archive's entries; its "raw" format makes
 * one entry of all that comes out, and "empty" stands for nothing at all. */
struct nd_unfilter {
    struct archive *archive;
    nd_raw_bytes *raw;
    uint64_t num_given; /* bytes of it that libarchive has had */
    bool is_open, is_ended;
    bool has_rest;     /* something else follows the data */
    const char *block; /* decompressed, libarchive's; [at, len) is not yet handed out */
    size_t len, at;
};

/* At the end: what libarchive left of the bytes it was given is no data. Its bzip2 and lz4 filters
 * say nothing of it. */
static nd_status check_end(nd_unfilter *unfilter)
{
    const int64_t used = archive_filter_bytes(unfilter->archive, -1);
    unfilter->has_rest = used >= 0 && (uint64_t)used < unfilter->num_given;
    return unfilter->has_rest ? ND_ERR_FORMAT : ND_OK;
}

static la_ssize_t give_chunk(struct archive *archive, void *ctx, const void **bytes)
{
    nd_unfilter *const unfilter = ctx;
    nd_raw_bytes *const raw = unfilter->raw;
    if (raw->at == raw->chunk.len && nd_raw_more(raw) != ND_OK) {
        archive_set_error(archive, raw->error_number, "cannot read");
        return -1;
    }
    *bytes = raw->chunk.items + raw->at;
    const size_t len = raw->chunk.len - raw->at;
    raw->at = raw->chunk.len;
    unfilter->num_given += len;
    return (la_ssize_t)len;
}

static int support_filter(struct archive *archive, nd_compression compression)
{
    switch (compression) {
    case ND_COMPRESSION_ZSTD:
        return archive_read_support_filter_zstd(archive);
    case ND_COMPRESSION_XZ:
        return archive_read_support_filter_xz(archive);
    case ND_COMPRESSION_BZIP2:
        return archive_read_support_filter_bzip2(archive);
    case ND_COMPRESSION_LZ4:
        return archive_read_support_filter_lz4(archive);
    case ND_COMPRESSION_NONE:
    case ND_COMPRESSION_GZIP:
        break;
    }
    return ARCHIVE_FATAL;
}

/* What a failed call of libarchive means. */
static nd_status status_of(const nd_unfilter *unfilter)
{
    if (unfilter->raw->error_number)
        return ND_ERR_IO;
    return archive_errno(unfilter->archive) == ENOMEM ? ND_ERR_NO_MEMORY : ND_ERR_FORMAT;
}

nd_status nd_unfilter_new(nd_compression compression, nd_raw_bytes *raw, nd_unfilter **out)
{
    *out = NULL;
    nd_unfilter *const unfilter = nd_alloc_zeroed(&raw->allocator, 1, sizeof *unfilter);
    if (!unfilter)
        return ND_ERR_NO_MEMORY;
    unfilter->raw = raw;
    unfilter->archive = archive_read_new();
    if (!unfilter->archive) {
        nd_release(&raw->allocator, unfilter);
        return ND_ERR_NO_MEMORY;
    }
    nd_status status = ND_OK;
    if (support_filter(unfilter->archive, compression) != ARCHIVE_OK)
        status = ND_ERR_UNSUPPORTED;
    else if (archive_read_support_format_raw(unfilter->archive) != ARCHIVE_OK ||
             archive_read_support_format_empty(unfilter->archive) != ARCHIVE_OK)
        status = ND_ERR_NO_MEMORY;
    if (status != ND_OK) {
        nd_unfilter_free(unfilter);
        return status;
    }
    *out = unfilter;
    return ND_OK;
}

/* Finds the one entry, at the first read. */
static nd_status find_entry(nd_unfilter *unfilter)
{
    if (archive_read_open(unfilter->archive, unfilter, NULL, give_chunk, NULL) != ARCHIVE_OK)
        return status_of(unfilter);
    struct archive_entry *entry;
    const int result = archive_read_next_header(unfilter->archive, &entry);
    unfilter->is_ended = result == ARCHIVE_EOF;
    if (unfilter->is_ended)
        return check_end(unfilter);
    return result == ARCHIVE_OK ? ND_OK : status_of(unfilter);
}

/* Decompresses the next block. Not by archive_read_data: what that had read when it met an error is
 * lost, so how much came out would depend on how much was asked for. */
static nd_status next_block(nd_unfilter *unfilter)
{
    const void *block;
    la_int64_t offset;
    unfilter->len = unfilter->at = 0;
    const int result = archive_read_data_block(unfilter->archive, &block, &unfilter->len, &offset);
    unfilter->block = block;
    unfilter->is_ended = result == ARCHIVE_EOF;
    if (result == ARCHIVE_OK)
        return ND_OK;
    unfilter->len = 0;
    if (unfilter->is_ended)
        return check_end(unfilter);
    return status_of(unfilter);
}

nd_status nd_unfilter_read(nd_unfilter *unfilter, char *out, size_t capacity, size_t *got)
{
    nd_status status = ND_OK;
    *got = 0;
    if (!unfilter->is_open) {
        unfilter->is_open = true;
        status = find_entry(unfilter);
    }
    while (status == ND_OK && unfilter->at == unfilter->len && !unfilter->is_ended)
        status = next_block(unfilter);
    if (status != ND_OK || unfilter->at == unfilter->len)
        return status;
    const size_t ready = unfilter->len - unfilter->at;
    *got = ready < capacity ? ready : capacity;
    memcpy(out, unfilter->block + unfilter->at, *got);
    unfilter->at += *got;
    return ND_OK;
}

const char *nd_unfilter_detail(const nd_unfilter *unfilter)
{
    if (unfilter->has_rest)
        return ND_REST_FOLLOWS;
    const char *const detail = archive_error_string(unfilter->archive);
    if (!detail)
        return "no reason given";
    /* liblzma's words for data that end in the middle, and those of the others. */
    const bool is_cut = strstr(detail, "No progress is possible") || strstr(detail, "runcated");
    return is_cut ? ND_ENDS_EARLY : detail;
}

void nd_unfilter_free(nd_unfilter *unfilter)
{
    if (!unfilter)
        return;
    archive_read_free(unfilter->archive);
    nd_release(&unfilter->raw->allocator, unfilter);
}

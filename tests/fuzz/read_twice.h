/* What the fuzz targets of readers share: bytes as a file, read whole and in small blocks. */
#ifndef FUZZ_READ_TWICE_H
#define FUZZ_READ_TWICE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/input.h"
#include "io/json.h"
#include "util/alloc.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

/* What came out of one reading. */
typedef struct reading {
    nd_allocator allocator;
    nd_byte_vec documents; /* id \0 text \0 preference, one after the other */
    int is_utf8;           /* what comes must be */
    nd_status status;
    nd_error error;
    nd_input_report report;
} reading;

static void require_utf8(const reading *r, const char *p, size_t len)
{
    nd_byte_vec repaired = {0};
    uint64_t invalid_bytes = 0;
    require(nd_utf8_repair(&r->allocator, &repaired, p, len, &invalid_bytes) == ND_OK);
    require(invalid_bytes == 0);
    ND_VEC_RELEASE(&r->allocator, &repaired);
}

static nd_status keep_document(void *ctx, const nd_document *document)
{
    reading *const r = ctx;
    if (r->is_utf8) {
        require_utf8(r, document->id, document->id_len_bytes);
        require_utf8(r, document->text, document->text_len_bytes);
    }
    nd_status status =
        nd_bytes_append(&r->allocator, &r->documents, document->id, document->id_len_bytes);
    if (status == ND_OK)
        status = nd_bytes_append(&r->allocator, &r->documents, "", 1);
    if (status == ND_OK)
        status =
            nd_bytes_append(&r->allocator, &r->documents, document->text, document->text_len_bytes);
    if (status == ND_OK)
        status = nd_bytes_printf(&r->allocator, &r->documents, "%c%llx", 0,
                                 (unsigned long long)document->preference);
    return status;
}

static reading read_file(const char *path, const nd_input_options *options)
{
    reading r = {.allocator = nd_allocator_or_default(NULL),
                 .is_utf8 = options->format == ND_INPUT_JSONL || options->format == ND_INPUT_JSON};
    nd_input *input;
    r.status = nd_input_new(options, &path, 1, NULL, &input, &r.error);
    if (r.status != ND_OK)
        return r;
    const nd_source *const source = nd_input_source(input);
    void *block;
    do {
        r.status = source->next(source->ctx, &block, &r.error);
        if (r.status == ND_OK && block)
            r.status = source->decode(source->ctx, block, keep_document, &r, &r.error);
    } while (r.status == ND_OK && block);
    r.report = nd_input_report_get(input);
    nd_input_free(input);
    return r;
}

static void require_same_findings(const nd_input_report *a, const nd_input_report *b)
{
    for (unsigned i = 0; i < ND_NUM_ISSUES; i++) {
        require(a->findings[i].count == b->findings[i].count);
        require(a->findings[i].bytes == b->findings[i].bytes);
        require(a->findings[i].first.line == b->findings[i].first.line);
        require(strcmp(a->findings[i].first.message, b->findings[i].first.message) == 0);
    }
}

static void require_same(const reading *a, const reading *b)
{
    require(a->status == b->status);
    require(strcmp(a->error.message, b->error.message) == 0);
    require(a->documents.len == b->documents.len);
    require(!a->documents.len ||
            memcmp(a->documents.items, b->documents.items, a->documents.len) == 0);
    require(a->report.documents == b->report.documents);
    require(a->report.files == b->report.files);
    require_same_findings(&a->report, &b->report);
}

/* Reads the bytes as a file in blocks of several sizes, and requires the same of each. */
static void read_twice(const uint8_t *data, size_t size, nd_input_options options)
{
    static int file = -1;
    static char path[32];
    if (file < 0) {
        file = memfd_create("fuzz", 0);
        require(file >= 0);
        snprintf(path, sizeof path, "/dev/fd/%d", file);
    }
    require(ftruncate(file, 0) == 0);
    require(pwrite(file, data, size, 0) == (ssize_t)size);
    reading whole = read_file(path, &options);
    static const size_t block_bytes[] = {1, 40};
    for (unsigned i = 0; i < 2; i++) {
        options.block_bytes = block_bytes[i];
        reading cut = read_file(path, &options);
        require_same(&whole, &cut);
        ND_VEC_RELEASE(&cut.allocator, &cut.documents);
    }
    ND_VEC_RELEASE(&whole.allocator, &whole.documents);
}

#endif

/* Any bytes as a file of records that is written again without some: without none it is the same
 * bytes, else what is read from it are the documents that were not removed. */
#define _GNU_SOURCE /* memfd_create */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/bytes.h"
#include "io/record_copy.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

/* A file in memory, by a path. */
typedef struct memory_file {
    int fd;
    char path[32];
} memory_file;

static void prepare(memory_file *file)
{
    if (!file->fd) {
        file->fd = memfd_create("fuzz", 0);
        require(file->fd > 0);
        snprintf(file->path, sizeof file->path, "/dev/fd/%d", file->fd);
    }
    require(ftruncate(file->fd, 0) == 0);
    require(lseek(file->fd, 0, SEEK_SET) == 0);
}

/* The texts of the documents that are not removed, and the tags of those that are. */
typedef struct choice {
    nd_allocator allocator;
    uint32_t mask; /* document i goes if bit i % 32 is set */
    unsigned num;
    nd_byte_vec texts;
    ND_VEC(uint64_t) removed;
} choice;

static nd_status choose(void *ctx, const nd_document *document)
{
    choice *const c = ctx;
    const bool is_removed = c->mask >> (c->num++ % 32) & 1;
    require(ND_VEC_RESERVE(&c->allocator, &c->removed, 1) == ND_OK);
    if (is_removed) {
        require(!c->removed.len || c->removed.items[c->removed.len - 1] < document->tag);
        c->removed.items[c->removed.len++] = document->tag;
        return ND_OK;
    }
    nd_status status =
        nd_bytes_append(&c->allocator, &c->texts, document->text, document->text_len_bytes);
    return status == ND_OK ? nd_bytes_append(&c->allocator, &c->texts, "", 1) : status;
}

static nd_status read_all(nd_input *input, choice *c)
{
    const nd_source *const source = nd_input_source(input);
    nd_status status;
    void *block;
    do {
        status = source->next(source->ctx, &block, NULL);
        if (status == ND_OK && block)
            status = source->decode(source->ctx, block, choose, c, NULL);
    } while (status == ND_OK && block);
    return status;
}

/* Reads the file, and writes to `to` what is not removed. False: it is no file of records. */
static bool copy(const memory_file *from, const memory_file *to, const nd_input_options *options,
                 choice *c)
{
    const char *const path = from->path;
    nd_input *input;
    nd_output *output;
    if (nd_input_new(options, &path, 1, NULL, &input, NULL) != ND_OK)
        return false;
    nd_status status = read_all(input, c);
    if (status == ND_OK) {
        require(nd_output_new(to->path, NULL, &output, NULL) == ND_OK);
        nd_record_copy what = {
            .removed = c->removed.items, .num_removed = c->removed.len, .output = output};
        require(nd_input_copy(input, &what, NULL) == ND_OK);
        require(nd_output_commit(output, NULL) == ND_OK);
        nd_output_free(output);
    }
    nd_input_free(input);
    return status == ND_OK;
}

static void require_same_bytes(const memory_file *file, const uint8_t *data, size_t size)
{
    char *const bytes = malloc(size + 1);
    require(bytes && pread(file->fd, bytes, size + 1, 0) == (ssize_t)size);
    require(!size || memcmp(bytes, data, size) == 0);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const nd_input_format formats[] = {ND_INPUT_JSONL, ND_INPUT_JSON, ND_INPUT_CSV,
                                              ND_INPUT_TSV, ND_INPUT_LINES};
    static memory_file files[2];
    if (size < 5)
        return 0;
    const nd_input_options options = {.format = formats[data[0] % 5], .keeps_records = true};
    choice first = {.allocator = nd_allocator_or_default(NULL)}, second = first;
    memcpy(&first.mask, data + 1, 4);
    prepare(&files[0]);
    prepare(&files[1]);
    require(pwrite(files[0].fd, data + 5, size - 5, 0) == (ssize_t)(size - 5));
    const bool is_copied = copy(&files[0], &files[1], &options, &first);
    /* What begins as an archive or a compressed file is no test of what was kept. */
    if (is_copied && !first.removed.len)
        require(lseek(files[1].fd, 0, SEEK_END) >= 0);
    if (is_copied && !first.removed.len && size > 5 && data[5] < 0x80 && data[5] > 0x1f)
        require_same_bytes(&files[1], data + 5, size - 5);
    if (is_copied && first.removed.len) {
        prepare(&files[0]);
        if (copy(&files[1], &files[0], &options, &second)) {
            require(first.texts.len == second.texts.len);
            require(!first.texts.len ||
                    memcmp(first.texts.items, second.texts.items, first.texts.len) == 0);
        }
    }
    ND_VEC_RELEASE(&first.allocator, &first.texts);
    ND_VEC_RELEASE(&first.allocator, &first.removed);
    ND_VEC_RELEASE(&second.allocator, &second.texts);
    ND_VEC_RELEASE(&second.allocator, &second.removed);
    return 0;
}

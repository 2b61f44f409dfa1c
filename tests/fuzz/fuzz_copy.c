/* Any bytes as a file of records that is written again without some: without none it is the same
 * bytes, else what is read from it are the documents that were not removed. With fields added to
 * its records, these are the same documents; with something cut out of their texts, as many. Or as
 * an archive, or a file in a folder: a failure leaves nothing. */
#define _GNU_SOURCE /* memfd_create */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/archive.h"
#include "io/record_copy.h"
#include "util/alloc.h"

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

/* What is done to the records. */
typedef enum copy_change { REMOVE = 0, ADD_FIELDS, CUT_TEXTS, NUM_CHANGES } copy_change;

static nd_status add_fields(void *ctx, nd_note_form form, uint64_t tag, char delimiter,
                            nd_byte_vec *out)
{
    const choice *const c = ctx;
    const char cells[] = {delimiter, 'x', delimiter, '"', '"', '"', '"', '\0'};
    (void)tag;
    const char *const added = form == ND_NOTE_MEMBERS ? "\"x_a\":1,\"x_b\":\"\\\"\"" : cells;
    return nd_bytes_append(&c->allocator, out, added, strlen(added));
}

/* The third quarter of a text, as if it were the first once more, and some of the fourth. */
static nd_status find_repeats(void *ctx, const char *text, size_t len_bytes,
                              const nd_text_repeat **repeats, size_t *num)
{
    static nd_text_repeat found[2];
    (void)ctx;
    (void)text;
    found[0] = (nd_text_repeat){len_bytes / 2, len_bytes / 4 * 3, 0, len_bytes / 4};
    found[1] = (nd_text_repeat){len_bytes / 8 * 7, len_bytes, 0, len_bytes / 8};
    *repeats = found;
    *num = 2;
    return ND_OK;
}

/* For parts of archives. */
static const char *temp_folder(void)
{
    const char *const temp = getenv("TMPDIR");
    return temp ? temp : "/tmp";
}

/* Whether the bytes can only be records: not an archive, nor compressed. */
static bool is_records(const uint8_t *p, size_t len)
{
    return len > 0 && p[0] > 0x1f && p[0] < 0x80 && (len < 3 || memcmp(p, "BZh", 3) != 0) &&
           (len < 4 || memcmp(p, "\x28\xb5\x2f\xfd", 4) != 0) &&
           nd_archive_find((const char *)p, len) == ND_ARCHIVE_NONE;
}

/* Reads the file, and writes to `to` what is not removed, or all of it changed. False: it is no
 * file of records, or of none that can be changed so. */
static bool copy(const memory_file *from, const memory_file *to, const nd_input_options *options,
                 choice *c, copy_change change, bool may_fail)
{
    const nd_record_notes notes = {c, "x_a,x_b", add_fields};
    nd_repeat_cuts cuts = {.find = find_repeats, .min_words = 1};
    const char *const path = from->path;
    nd_input *input;
    nd_output *output;
    if (nd_input_new(options, &path, 1, NULL, &input, NULL) != ND_OK)
        return false;
    nd_status status = read_all(input, c);
    if (status == ND_OK) {
        require(nd_output_new(to->path, NULL, &output, NULL) == ND_OK);
        nd_record_copy what = {.removed = c->removed.items,
                               .num_removed = change == REMOVE ? c->removed.len : 0,
                               .output = output,
                               .parts_folder = temp_folder(),
                               .notes = change == ADD_FIELDS ? &notes : NULL,
                               .cuts = change == CUT_TEXTS ? &cuts : NULL};
        status = nd_input_copy(input, &what, NULL);
        require(status == ND_OK || may_fail ||
                (change == ADD_FIELDS && status == ND_ERR_UNSUPPORTED));
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

/* Of a text that was cut, the first word stays, so it is a document still. A row with too many
 * cells for its table may fit one with more columns. */
static void require_same_documents(const choice *before, const choice *after, copy_change change,
                                   bool is_table)
{
    const bool is_more = change == ADD_FIELDS && is_table && before->num < after->num;
    require(change == REMOVE || is_more || before->num == after->num);
    if (change == CUT_TEXTS || is_more) {
        require(is_more || before->texts.len >= after->texts.len);
        return;
    }
    require(before->texts.len == after->texts.len);
    require(!before->texts.len ||
            memcmp(before->texts.items, after->texts.items, before->texts.len) == 0);
}

/* A folder for outputs, of which nothing is left. */
static const char *output_path(void)
{
    static char path[64];
    if (!path[0]) {
        const char *const temp = getenv("TMPDIR");
        snprintf(path, sizeof path, "%.40s/fuzz-XXXXXX", temp ? temp : "/tmp");
        require(mkdtemp(path) != NULL);
        require(rmdir(path) == 0);
    }
    return path;
}

/* Copies the file to a folder, without the documents that are chosen, or changed. */
static void copy_to_folder(const memory_file *from, choice *c, copy_change change)
{
    const nd_record_notes notes = {c, "x_a,x_b", add_fields};
    nd_repeat_cuts cuts = {.find = find_repeats, .min_words = 1};
    const nd_input_options options = {.keeps_records = true, .keeps_files = true};
    const char *const path = from->path;
    nd_output_folder *folder;
    nd_input *input;
    if (nd_input_new(&options, &path, 1, NULL, &input, NULL) != ND_OK)
        return;
    require(nd_output_folder_new(output_path(), ND_WHOLE_MOVES_STAY, NULL, &folder, NULL) == ND_OK);
    nd_record_copy what = {.folder = folder,
                           .parts_folder = temp_folder(),
                           .notes = change == ADD_FIELDS ? &notes : NULL,
                           .cuts = change == CUT_TEXTS ? &cuts : NULL};
    nd_status status = nd_input_copy_check(input, &what, NULL);
    if (status == ND_OK)
        status = read_all(input, c);
    if (status == ND_OK) {
        what.removed = c->removed.items;
        what.num_removed = c->removed.len;
        status = nd_input_copy(input, &what, NULL); /* not all that can be read can be written */
        require(status == ND_OK || what.num_removed > 0 || change != REMOVE);
    }
    nd_output_folder_free(folder);
    nd_input_free(input);
    require(access(output_path(), F_OK) != 0);
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
    const copy_change change = (copy_change)(data[0] / 5 % NUM_CHANGES);
    const bool is_folder = data[0] >= 128;
    if (change == REMOVE || is_folder)
        memcpy(&first.mask, data + 1, 4);
    prepare(&files[0]);
    prepare(&files[1]);
    require(pwrite(files[0].fd, data + 5, size - 5, 0) == (ssize_t)(size - 5));
    if (is_folder) {
        copy_to_folder(&files[0], &first, change);
        ND_VEC_RELEASE(&first.allocator, &first.texts);
        ND_VEC_RELEASE(&first.allocator, &first.removed);
        return 0;
    }
    /* What is an archive or a compressed file is no test of what was kept, and may fail. */
    const bool may_fail = !is_records(data + 5, size - 5);
    const bool is_copied = copy(&files[0], &files[1], &options, &first, change, may_fail);
    if (is_copied && !first.removed.len)
        require(lseek(files[1].fd, 0, SEEK_END) >= 0);
    if (is_copied && change == REMOVE && !first.removed.len && !may_fail)
        require_same_bytes(&files[1], data + 5, size - 5);
    if (is_copied && (first.removed.len || change != REMOVE)) {
        prepare(&files[0]);
        if (copy(&files[1], &files[0], &options, &second, REMOVE, may_fail) && !may_fail)
            require_same_documents(&first, &second, change,
                                   options.format == ND_INPUT_CSV ||
                                       options.format == ND_INPUT_TSV);
    }
    ND_VEC_RELEASE(&first.allocator, &first.texts);
    ND_VEC_RELEASE(&first.allocator, &first.removed);
    ND_VEC_RELEASE(&second.allocator, &second.texts);
    ND_VEC_RELEASE(&second.allocator, &second.removed);
    return 0;
}

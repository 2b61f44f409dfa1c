/* A block is one of
 *
 *   files     names | a.txt \0 b.txt \0 | with their numbers: small files, read when decoded
 *   content   one open file, read to its end when decoded: a large text, a compressed file
 *   lines     bytes | {..} \n {..} \n |: whole lines cut from the file at hand when the block is
 *             asked for, so that several threads parse the lines of one file
 *
 * Decoded blocks go to a list and are used again, with the parser and the buffers they hold. */
#include "io/block_source.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "io/content.h"
#include "io/content_kind.h"
#include "io/json_documents.h"
#include "io/preference.h"
#include "io/shown_path.h"
#include "neardup/text.h"
#include "util/error.h"

enum {
    FILES_MAX = 256,
    KEPT_BLOCKS = 16,
    BLOCKS_A_FILE = 64,        /* or more, so that threads end together */
    MIN_BLOCK_BYTES = 1 << 15, /* even so */
};

typedef enum block_kind {
    BLOCK_NONE = 0,
    BLOCK_FILES,
    BLOCK_CONTENT,
    BLOCK_LINES,
} block_kind;

/* A file of a block; its path is in `names`. */
typedef struct block_file {
    size_t name;
    uint64_t size;
    uint64_t number;
    bool is_named;
} block_file;

typedef struct block {
    struct block *next; /* in the list of those not in use */
    block_kind kind;
    nd_byte_vec names;
    ND_VEC(block_file) files;
    uint64_t files_bytes;
    nd_line_block line_block;
    nd_lines lines;
    nd_content *content;
    nd_content_kind content_kind;
    nd_json_documents documents;
    nd_tally tally;
} block;

struct nd_block_source {
    nd_allocator allocator;
    const nd_input_options *options;
    nd_path_walk *walk;

    /* For `next`, one thread at a time. */
    nd_path_entry entry; /* stepped to, but not yet taken */
    bool has_entry;
    nd_content *current; /* whose lines are being cut; NULL: none */
    nd_content *spare;
    nd_json_documents documents;
    nd_tally tally;

    _Atomic uint64_t bytes, bytes_total;
    pthread_mutex_t lock; /* of what follows */
    block *unused;
    nd_tally total;
};

static nd_content *new_content(nd_block_source *source)
{
    nd_content *const content = nd_alloc(&source->allocator, 1, sizeof *content);
    if (content)
        nd_content_init(content, &source->allocator, &source->bytes);
    return content;
}

static void free_content(nd_block_source *source, nd_content *content)
{
    if (!content)
        return;
    nd_content_release(content);
    nd_release(&source->allocator, content);
}

static void free_block(nd_block_source *source, block *b)
{
    ND_VEC_RELEASE(&source->allocator, &b->names);
    ND_VEC_RELEASE(&source->allocator, &b->files);
    nd_line_block_release(&source->allocator, &b->line_block);
    free_content(source, b->content);
    nd_json_documents_release(&b->documents);
    nd_release(&source->allocator, b);
}

static block *new_block(nd_block_source *source)
{
    block *const b = nd_alloc_zeroed(&source->allocator, 1, sizeof *b);
    if (!b)
        return NULL;
    b->documents.allocator = source->allocator;
    b->content = new_content(source);
    if (!b->content ||
        nd_json_documents_init(&b->documents, &source->allocator, source->options) != ND_OK) {
        free_block(source, b);
        return NULL;
    }
    return b;
}

static block *take_block(nd_block_source *source)
{
    pthread_mutex_lock(&source->lock);
    block *const b = source->unused;
    if (b)
        source->unused = b->next;
    pthread_mutex_unlock(&source->lock);
    return b ? b : new_block(source);
}

/* Memory a block keeps between uses: an ordinary one's, not that of one huge line. */
static size_t keep_bytes(const nd_block_source *source)
{
    return KEPT_BLOCKS * source->options->block_bytes;
}

/* Empties a block for its next use and adds its counts to the total. */
static void give_back(nd_block_source *source, block *b)
{
    const size_t keep = keep_bytes(source);
    b->kind = BLOCK_NONE;
    b->files.len = 0;
    b->files_bytes = 0;
    nd_bytes_trim(&source->allocator, &b->names, keep);
    nd_line_block_trim(&source->allocator, &b->line_block, keep);
    nd_content_close(b->content, keep);
    nd_json_documents_trim(&b->documents, keep);
    pthread_mutex_lock(&source->lock);
    nd_tally_move(&source->total, &b->tally);
    b->next = source->unused;
    source->unused = b;
    pthread_mutex_unlock(&source->lock);
}

/* Counts a file below a folder that failed as left out, which ends the failure; one that was named
 * is an error. */
static nd_status file_failed(nd_tally *tally, const nd_path_entry *entry, nd_status status,
                             nd_error *why)
{
    if (entry->is_named || status == ND_ERR_NO_MEMORY)
        return status;
    const nd_input_place place = {.file = entry->file};
    if (nd_tally_count(tally, ND_ISSUE_UNREADABLE, place))
        nd_tally_describe(tally, ND_ISSUE_UNREADABLE, "%s", why->message);
    *why = (nd_error){0};
    return ND_OK;
}

static nd_path_entry entry_of(const nd_content *content)
{
    return (nd_path_entry){
        .path = content->path.items, .file = content->file, .is_named = content->is_named};
}

static nd_status content_failed(nd_tally *tally, const nd_content *content, nd_status status,
                                nd_error *why)
{
    const nd_path_entry entry = entry_of(content);
    return file_failed(tally, &entry, status, why);
}

/* Opens the entry and finds its kind. */
static nd_status open_content(nd_content *content, const nd_path_entry *entry,
                              nd_json_documents *documents, nd_content_kind *kind, nd_error *why)
{
    int fd;
    nd_status status = nd_path_open(entry->path, &fd, why);
    if (status == ND_OK)
        status = nd_content_open(content, fd, entry->path, why);
    if (status != ND_OK)
        return status;
    const bool has_size =
        entry->kind == ND_PATH_FILE && content->reader.compression == ND_COMPRESSION_NONE;
    content->size_hint = has_size ? entry->size : 0;
    content->file = entry->file;
    content->is_named = entry->is_named;
    return nd_content_kind_find(content, documents, kind, why);
}

static void skip_line(nd_tally *tally, const nd_content *content)
{
    const nd_input_place place = {content->file, content->line - 1};
    if (nd_tally_count(tally, ND_ISSUE_TOO_LARGE, place))
        nd_tally_describe(tally, ND_ISSUE_TOO_LARGE, "'%s':%" PRIu64 ": the line is too long",
                          nd_show_path(content->path.items).text, place.line);
}

/* ---- next ---- */

static nd_status step(nd_block_source *source, nd_error *why)
{
    if (source->has_entry)
        return ND_OK;
    const nd_status status =
        nd_path_walk_next(source->walk, &source->tally, &source->entry, &source->has_entry, why);
    atomic_store_explicit(&source->bytes_total, nd_path_walk_total_bytes(source->walk),
                          memory_order_relaxed);
    return status;
}

static bool is_small(const nd_block_source *source)
{
    return source->entry.kind == ND_PATH_FILE && source->entry.size <= source->options->block_bytes;
}

/* Moves the entry, a small file, into the block. */
static nd_status add_file(nd_block_source *source, block *b)
{
    const nd_path_entry *const entry = &source->entry;
    const block_file file = {b->names.len, entry->size, entry->file, entry->is_named};
    nd_status status = ND_VEC_RESERVE(&source->allocator, &b->files, 1);
    if (status == ND_OK)
        status =
            nd_bytes_append(&source->allocator, &b->names, entry->path, strlen(entry->path) + 1);
    if (status != ND_OK)
        return status;
    b->files.items[b->files.len++] = file;
    b->files_bytes += entry->size;
    source->has_entry = false;
    if (b->files.len == FILES_MAX || b->files_bytes >= source->options->block_bytes)
        b->kind = BLOCK_FILES;
    return ND_OK;
}

/* Opens the entry, which is no small file: as a block of its own, or to cut lines from. Compressed
 * files are decompressed by whoever decodes, so several at once; but the last is cut here, so that
 * the others can parse its lines meanwhile. */
static nd_status open_entry(nd_block_source *source, block *b, nd_error *why)
{
    nd_content *const content = b->content;
    source->has_entry = false;
    nd_status status =
        open_content(content, &source->entry, &source->documents, &b->content_kind, why);
    if (status != ND_OK) {
        nd_content_close(content, keep_bytes(source));
        return file_failed(&source->tally, &source->entry, status, why);
    }
    bool is_cut = b->content_kind == ND_CONTENT_LINES;
    if (is_cut && content->reader.compression != ND_COMPRESSION_NONE) {
        status = step(source, why);
        is_cut = !source->has_entry;
    }
    if (is_cut) {
        source->current = content;
        b->content = source->spare;
        source->spare = NULL;
    } else {
        b->kind = BLOCK_CONTENT;
    }
    return status;
}

static void end_current(nd_block_source *source)
{
    nd_content_close(source->current, keep_bytes(source));
    source->spare = source->current;
    source->current = NULL;
}

static size_t block_bytes_of(const nd_block_source *source, const nd_content *content)
{
    const size_t most = source->options->block_bytes;
    const uint64_t share = content->size_hint / BLOCKS_A_FILE;
    if (content->size_hint == 0 || share >= most)
        return most;
    const size_t least = most < MIN_BLOCK_BYTES ? most : MIN_BLOCK_BYTES;
    return share > least ? (size_t)share : least;
}

/* Cuts lines from the current file; none if it has ended. */
static nd_status cut_lines(nd_block_source *source, block *b, nd_error *why)
{
    nd_content *const content = source->current;
    const uint64_t first = content->line;
    nd_status status =
        nd_content_take_lines(content, block_bytes_of(source, content), &b->line_block, why);
    if (status == ND_ERR_LIMIT) {
        skip_line(&source->tally, content);
        return ND_OK;
    }
    if (status != ND_OK) {
        status = content_failed(&source->tally, content, status, why);
        end_current(source);
        return status;
    }
    if (!b->line_block.ends.len) {
        source->tally.files++;
        end_current(source);
        return ND_OK;
    }
    status = nd_bytes_append(&source->allocator, &b->names, content->path.items, content->path.len);
    b->lines = (nd_lines){&b->line_block, b->names.items, content->file, first};
    b->kind = BLOCK_LINES;
    return status;
}

/* Fills an empty block; its kind stays BLOCK_NONE after the last. */
static nd_status fill(nd_block_source *source, block *b, nd_error *why)
{
    nd_status status = ND_OK;
    while (status == ND_OK && b->kind == BLOCK_NONE) {
        if (source->current) {
            status = cut_lines(source, b, why);
            continue;
        }
        status = step(source, why);
        if (status != ND_OK)
            break;
        if (source->has_entry && is_small(source)) {
            status = add_file(source, b);
        } else if (b->files.len) {
            b->kind = BLOCK_FILES;
        } else if (source->has_entry) {
            status = open_entry(source, b, why);
        } else {
            break;
        }
    }
    return status;
}

/* Hands a failure's message over; one without is given that of its status. */
static nd_status hand_over(nd_status status, nd_error *why, nd_error *error)
{
    if (status == ND_OK)
        return status;
    if (why->code != status)
        nd_error_set(why, status, "%s", nd_status_message(status));
    if (error)
        *error = *why;
    return status;
}

nd_status nd_block_source_next(void *ctx, void **out, nd_error *error)
{
    nd_block_source *const source = ctx;
    nd_error why = {0};
    *out = NULL;
    block *const b = take_block(source);
    if (!b)
        return hand_over(ND_ERR_NO_MEMORY, &why, error);
    const nd_status status = fill(source, b, &why);
    nd_tally_move(&b->tally, &source->tally);
    if (status == ND_OK && b->kind != BLOCK_NONE)
        *out = b;
    else
        give_back(source, b);
    return hand_over(status, &why, error);
}

/* ---- decode ---- */

static nd_status emit_text(const nd_block_source *source, block *b, const nd_emitter *emitter,
                           nd_error *why)
{
    nd_content *const content = b->content;
    nd_status status = ND_ERR_LIMIT;
    if (content->size_hint <= content->max_bytes)
        status = nd_content_look_at_all(content, why);
    const nd_input_place place = {.file = content->file};
    if (status == ND_ERR_LIMIT) {
        if (nd_tally_count(&b->tally, ND_ISSUE_TOO_LARGE, place))
            nd_tally_describe(&b->tally, ND_ISSUE_TOO_LARGE, "'%s' is longer than %zu bytes",
                              nd_show_path(content->path.items).text, content->max_bytes);
        return ND_OK;
    }
    if (status != ND_OK)
        return content_failed(&b->tally, content, status, why);
    b->tally.files++;
    b->tally.documents++;
    const bool asks_preference = source->options->preference != ND_PREFERENCE_NONE;
    if (asks_preference && nd_tally_count(&b->tally, ND_ISSUE_NO_PREFERENCE, place))
        nd_tally_describe(&b->tally, ND_ISSUE_NO_PREFERENCE, "'%s' has no fields",
                          nd_show_path(content->path.items).text);
    const nd_document document = {
        .id = content->path.items,
        .id_len_bytes = content->path.len - 1,
        .text = content->ahead.len ? content->ahead.items : "",
        .text_len_bytes = content->ahead.len,
        .preference = asks_preference ? ND_PREFERENCE_UNKNOWN : 0,
    };
    return emitter->fn(emitter->ctx, &document);
}

static nd_status emit_lines(const nd_block_source *source, block *b, const nd_emitter *emitter,
                            nd_error *why)
{
    nd_content *const content = b->content;
    for (;;) {
        const nd_lines lines = {.block = &b->line_block,
                                .path = content->path.items,
                                .file = content->file,
                                .first = content->line};
        nd_status status =
            nd_content_take_lines(content, source->options->block_bytes, &b->line_block, why);
        if (status == ND_ERR_LIMIT) {
            skip_line(&b->tally, content);
            continue;
        }
        if (status != ND_OK)
            return content_failed(&b->tally, content, status, why);
        if (!b->line_block.ends.len)
            break;
        status = nd_json_documents_read(&b->documents, &lines, emitter, &b->tally);
        if (status != ND_OK)
            return status;
    }
    b->tally.files++;
    return ND_OK;
}

/* Emits the documents of the open content. */
static nd_status emit_content(const nd_block_source *source, block *b, const nd_emitter *emitter,
                              nd_error *why)
{
    switch (b->content_kind) {
    case ND_CONTENT_TEXT:
        return emit_text(source, b, emitter, why);
    case ND_CONTENT_LINES:
        return emit_lines(source, b, emitter, why);
    case ND_CONTENT_BINARY:
        break;
    }
    const nd_input_place place = {.file = b->content->file};
    if (nd_tally_count(&b->tally, ND_ISSUE_BINARY, place))
        nd_tally_describe(&b->tally, ND_ISSUE_BINARY, "'%s' is a binary file",
                          nd_show_path(b->content->path.items).text);
    return ND_OK;
}

static nd_status emit_files(const nd_block_source *source, block *b, const nd_emitter *emitter,
                            nd_error *why)
{
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < b->files.len; i++) {
        const block_file *const file = &b->files.items[i];
        const nd_path_entry entry = {.path = b->names.items + file->name,
                                     .size = file->size,
                                     .file = file->number,
                                     .is_named = file->is_named};
        status = open_content(b->content, &entry, &b->documents, &b->content_kind, why);
        if (status == ND_OK)
            status = emit_content(source, b, emitter, why);
        else
            status = file_failed(&b->tally, &entry, status, why);
        nd_content_close(b->content, keep_bytes(source));
    }
    return status;
}

nd_status nd_block_source_decode(void *ctx, void *block_ptr, nd_document_fn emit, void *emit_ctx,
                                 nd_error *error)
{
    nd_block_source *const source = ctx;
    block *const b = block_ptr;
    const nd_emitter emitter = {emit, emit_ctx};
    nd_error why = {0};
    nd_status status;
    if (b->kind == BLOCK_FILES)
        status = emit_files(source, b, &emitter, &why);
    else if (b->kind == BLOCK_CONTENT)
        status = emit_content(source, b, &emitter, &why);
    else
        status = nd_json_documents_read(&b->documents, &b->lines, &emitter, &b->tally);
    give_back(source, b);
    return hand_over(status, &why, error);
}

void nd_block_source_discard(void *ctx, void *block_ptr)
{
    give_back(ctx, block_ptr);
}

/* ---- the whole ---- */

static nd_status init(nd_block_source *source)
{
    const nd_status status =
        nd_json_documents_init(&source->documents, &source->allocator, source->options);
    if (status != ND_OK)
        return status;
    source->spare = new_content(source);
    return source->spare ? ND_OK : ND_ERR_NO_MEMORY;
}

nd_status nd_block_source_new(const nd_allocator *allocator, const nd_input_options *options,
                              nd_path_walk *walk, nd_block_source **out)
{
    *out = NULL;
    nd_block_source *const source = nd_alloc_zeroed(allocator, 1, sizeof *source);
    if (!source) {
        nd_path_walk_free(walk);
        return ND_ERR_NO_MEMORY;
    }
    source->allocator = *allocator;
    source->options = options;
    source->walk = walk;
    source->documents.allocator = *allocator;
    atomic_init(&source->bytes, 0);
    atomic_init(&source->bytes_total, nd_path_walk_total_bytes(walk));
    pthread_mutex_init(&source->lock, NULL);
    const nd_status status = init(source);
    if (status == ND_OK)
        *out = source;
    else
        nd_block_source_free(source);
    return status;
}

nd_input_report nd_block_source_report(nd_block_source *source)
{
    pthread_mutex_lock(&source->lock);
    const nd_tally *const total = &source->total;
    nd_input_report report = {
        .files = total->files,
        .documents = total->documents,
    };
    memcpy(report.findings, total->findings, sizeof report.findings);
    pthread_mutex_unlock(&source->lock);
    report.bytes = atomic_load_explicit(&source->bytes, memory_order_relaxed);
    report.bytes_total = atomic_load_explicit(&source->bytes_total, memory_order_relaxed);
    return report;
}

void nd_block_source_free(nd_block_source *source)
{
    if (!source)
        return;
    while (source->unused) {
        block *const b = source->unused;
        source->unused = b->next;
        free_block(source, b);
    }
    free_content(source, source->current);
    free_content(source, source->spare);
    nd_json_documents_release(&source->documents);
    nd_path_walk_free(source->walk);
    pthread_mutex_destroy(&source->lock);
    const nd_allocator allocator = source->allocator;
    nd_release(&allocator, source);
}

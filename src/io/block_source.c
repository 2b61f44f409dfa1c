/* A block is one of
 *
 *   files     names | a.txt \0 b.txt \0 | with their numbers: small files, read when decoded
 *   stream    one open file, read to its end when decoded: a large text, a compressed file
 *   records   bytes | {..} \n {..} \n |: whole records cut from the file at hand when the block is
 *             asked for, so that several threads parse the records of one file
 *
 * Decoded blocks go to a list and are used again, with the parser and the buffers they hold. */
#include "io/block_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "io/documents.h"
#include "io/stream.h"
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
    BLOCK_STREAM,
    BLOCK_RECORDS,
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
    nd_record_block records;
    nd_batch batch;
    nd_stream *stream;
    nd_documents documents;
    nd_tally tally;
} block;

struct nd_block_source {
    nd_allocator allocator;
    const nd_reading *reading;
    nd_path_walk *walk;

    /* For `next`, one thread at a time. */
    nd_path_entry entry; /* stepped to, but not yet taken */
    bool has_entry;
    nd_stream *current; /* whose records are being cut; NULL: none */
    nd_stream *spare;
    nd_documents documents;
    nd_tally tally;

    _Atomic uint64_t bytes, bytes_total;
    pthread_mutex_t lock; /* of what follows */
    block *unused;
    nd_tally total;
};

static nd_stream *new_stream(nd_block_source *source)
{
    nd_stream *const stream = nd_alloc(&source->allocator, 1, sizeof *stream);
    if (stream)
        nd_stream_init(stream, &source->allocator, source->reading, &source->bytes);
    return stream;
}

static void free_stream(nd_block_source *source, nd_stream *stream)
{
    if (!stream)
        return;
    nd_stream_release(stream);
    nd_release(&source->allocator, stream);
}

static void free_block(nd_block_source *source, block *b)
{
    ND_VEC_RELEASE(&source->allocator, &b->names);
    ND_VEC_RELEASE(&source->allocator, &b->files);
    nd_record_block_release(&source->allocator, &b->records);
    free_stream(source, b->stream);
    nd_documents_release(&b->documents);
    nd_release(&source->allocator, b);
}

static block *new_block(nd_block_source *source)
{
    block *const b = nd_alloc_zeroed(&source->allocator, 1, sizeof *b);
    if (!b)
        return NULL;
    b->documents.allocator = source->allocator;
    b->stream = new_stream(source);
    if (!b->stream ||
        nd_documents_init(&b->documents, &source->allocator, source->reading) != ND_OK) {
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
    return KEPT_BLOCKS * source->reading->options.block_bytes;
}

/* Empties a block for its next use and adds its counts to the total. */
static void give_back(nd_block_source *source, block *b)
{
    const size_t keep = keep_bytes(source);
    b->kind = BLOCK_NONE;
    b->files.len = 0;
    b->files_bytes = 0;
    nd_bytes_trim(&source->allocator, &b->names, keep);
    nd_record_block_trim(&source->allocator, &b->records, keep);
    nd_stream_close(b->stream, keep);
    nd_documents_trim(&b->documents, keep);
    pthread_mutex_lock(&source->lock);
    nd_tally_move(&source->total, &b->tally);
    b->next = source->unused;
    source->unused = b;
    pthread_mutex_unlock(&source->lock);
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
    return source->entry.kind == ND_PATH_FILE &&
           source->entry.size <= source->reading->options.block_bytes;
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
    if (b->files.len == FILES_MAX || b->files_bytes >= source->reading->options.block_bytes)
        b->kind = BLOCK_FILES;
    return ND_OK;
}

/* Opens the entry, which is no small file: as a block of its own, or to cut records from.
 * Compressed files are decompressed by whoever decodes, so several at once; but the last is cut
 * here, so that the others can parse its records meanwhile. */
static nd_status open_entry(nd_block_source *source, block *b, nd_error *why)
{
    nd_stream *const stream = b->stream;
    source->has_entry = false;
    nd_status status =
        nd_stream_open(stream, &source->entry, &source->documents, &source->tally, why);
    bool is_cut = nd_stream_is_cut(stream);
    if (status == ND_OK && is_cut && nd_stream_is_compressed(stream)) {
        status = step(source, why);
        is_cut = !source->has_entry;
    }
    if (status != ND_OK || !stream->depth) {
        nd_stream_close(stream, keep_bytes(source));
    } else if (is_cut) {
        source->current = stream;
        b->stream = source->spare;
        source->spare = NULL;
    } else {
        b->kind = BLOCK_STREAM;
    }
    return status;
}

static void end_current(nd_block_source *source)
{
    nd_stream_close(source->current, keep_bytes(source));
    source->spare = source->current;
    source->current = NULL;
}

static size_t block_bytes_of(const nd_block_source *source, const nd_stream *stream)
{
    const size_t most = source->reading->options.block_bytes;
    const uint64_t size = nd_stream_size_hint(stream);
    const uint64_t share = size / BLOCKS_A_FILE;
    if (size == 0 || share >= most)
        return most;
    const size_t least = most < MIN_BLOCK_BYTES ? most : MIN_BLOCK_BYTES;
    return share > least ? (size_t)share : least;
}

/* Cuts records from the current file; none if it has ended. */
static nd_status cut_records(nd_block_source *source, block *b, nd_error *why)
{
    nd_stream *const stream = source->current;
    nd_status status = nd_stream_next(stream, block_bytes_of(source, stream), &source->documents,
                                      &b->records, &b->batch, &source->tally, why);
    if (status == ND_OK && b->records.ends.len) {
        status = nd_bytes_append(&source->allocator, &b->names, b->batch.path,
                                 strlen(b->batch.path) + 1);
        b->batch.path = b->names.items;
        b->kind = BLOCK_RECORDS;
    }
    if (!stream->depth)
        end_current(source);
    return status;
}

/* Fills an empty block; its kind stays BLOCK_NONE after the last. */
static nd_status fill(nd_block_source *source, block *b, nd_error *why)
{
    nd_status status = ND_OK;
    while (status == ND_OK && b->kind == BLOCK_NONE) {
        if (source->current) {
            status = cut_records(source, b, why);
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

/* Emits the documents of the open stream. */
static nd_status emit_stream(const nd_block_source *source, block *b, const nd_emitter *emitter,
                             nd_error *why)
{
    for (;;) {
        nd_status status = nd_stream_next(b->stream, source->reading->options.block_bytes,
                                          &b->documents, &b->records, &b->batch, &b->tally, why);
        if (status != ND_OK || !b->records.ends.len)
            return status;
        status = nd_documents_read(&b->documents, &b->batch, emitter, &b->tally);
        if (status != ND_OK)
            return status;
    }
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
        status = nd_stream_open(b->stream, &entry, &b->documents, &b->tally, why);
        if (status == ND_OK)
            status = emit_stream(source, b, emitter, why);
        nd_stream_close(b->stream, keep_bytes(source));
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
    else if (b->kind == BLOCK_STREAM)
        status = emit_stream(source, b, &emitter, &why);
    else
        status = nd_documents_read(&b->documents, &b->batch, &emitter, &b->tally);
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
        nd_documents_init(&source->documents, &source->allocator, source->reading);
    if (status != ND_OK)
        return status;
    source->spare = new_stream(source);
    return source->spare ? ND_OK : ND_ERR_NO_MEMORY;
}

nd_status nd_block_source_new(const nd_allocator *allocator, const nd_reading *reading,
                              nd_path_walk *walk, nd_block_source **out)
{
    *out = NULL;
    nd_block_source *const source = nd_alloc_zeroed(allocator, 1, sizeof *source);
    if (!source) {
        nd_path_walk_free(walk);
        return ND_ERR_NO_MEMORY;
    }
    source->allocator = *allocator;
    source->reading = reading;
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
    free_stream(source, source->current);
    free_stream(source, source->spare);
    nd_documents_release(&source->documents);
    nd_path_walk_free(source->walk);
    pthread_mutex_destroy(&source->lock);
    const nd_allocator allocator = source->allocator;
    nd_release(&allocator, source);
}

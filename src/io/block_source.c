/* Blocks are cut from the files one after the other (block.h). Decoded blocks go to a list and are
 * used again, with the parser and the buffers they hold. */
#include "io/block_source.h"

#include <string.h>

#include "io/block.h"
#include "io/place.h"
#include "util/error.h"

enum {
    FILES_MAX = 256,
    BLOCKS_A_FILE = 64,        /* or more, so that threads end together */
    MIN_BLOCK_BYTES = 1 << 15, /* even so */
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

static void free_block(nd_block_source *source, nd_block *b)
{
    ND_VEC_RELEASE(&source->allocator, &b->names);
    ND_VEC_RELEASE(&source->allocator, &b->files);
    nd_record_block_release(&source->allocator, &b->records);
    free_stream(source, b->stream);
    nd_documents_release(&b->documents);
    nd_kept_block_release(&b->kept);
    nd_release(&source->allocator, b);
}

static nd_block *new_block(nd_block_source *source)
{
    nd_block *const b = nd_alloc_zeroed(&source->allocator, 1, sizeof *b);
    if (!b)
        return NULL;
    b->documents.allocator = b->kept.allocator = source->allocator;
    b->stream = new_stream(source);
    if (!b->stream ||
        nd_documents_init(&b->documents, &source->allocator, source->reading) != ND_OK) {
        free_block(source, b);
        return NULL;
    }
    return b;
}

static nd_block *take_block(nd_block_source *source)
{
    pthread_mutex_lock(&source->lock);
    nd_block *const b = source->unused;
    if (b)
        source->unused = b->next;
    pthread_mutex_unlock(&source->lock);
    return b ? b : new_block(source);
}

/* Empties a block for its next use and adds its counts to the total. */
static void give_back(nd_block_source *source, nd_block *b)
{
    const size_t keep = nd_block_keep_bytes(source);
    b->kind = ND_BLOCK_NONE;
    b->files.len = 0;
    b->files_bytes = 0;
    nd_bytes_trim(&source->allocator, &b->names, keep);
    nd_record_block_trim(&source->allocator, &b->records, keep);
    nd_stream_close(b->stream, keep);
    nd_documents_trim(&b->documents, keep);
    nd_kept_block_trim(&b->kept, keep);
    pthread_mutex_lock(&source->lock);
    if (source->is_again)
        b->tally = (nd_tally){0};
    else
        nd_tally_move(&source->total, &b->tally);
    b->next = source->unused;
    source->unused = b;
    pthread_mutex_unlock(&source->lock);
}

/* ---- next ---- */

nd_status nd_block_source_list(nd_block_source *source, const nd_file_list **files, nd_error *error)
{
    nd_status status = ND_OK;
    bool found = !source->is_listed;
    while (status == ND_OK && found) {
        nd_path_entry entry;
        status = nd_path_walk_next(source->walk, &source->tally, &entry, &found, error);
        if (status == ND_OK && found)
            status = nd_file_list_add(&source->allocator, &source->files, &entry, error);
    }
    source->is_listed |= status == ND_OK;
    *files = &source->files;
    return status;
}

/* Steps to the next file, of the list where there is one. */
static nd_status step_to_file(nd_block_source *source, nd_error *why)
{
    if (!source->reading->options.keeps_records)
        return nd_path_walk_next(source->walk, &source->tally, &source->entry, &source->has_entry,
                                 why);
    const nd_file_list *files;
    const nd_status status = nd_block_source_list(source, &files, why);
    source->has_entry = status == ND_OK && source->next_file < files->items.len;
    if (source->has_entry)
        source->entry = nd_file_list_entry(files, source->next_file++);
    return status;
}

static nd_status step(nd_block_source *source, nd_error *why)
{
    if (source->has_entry)
        return ND_OK;
    const nd_status status = step_to_file(source, why);
    atomic_store_explicit(&source->bytes_total, nd_path_walk_total_bytes(source->walk),
                          memory_order_relaxed);
    return status;
}

static bool is_small(const nd_block_source *source)
{
    return source->entry.kind == ND_PATH_FILE &&
           source->entry.size <= source->reading->options.block_bytes;
}

/* Puts a file into the block, which is full when its kind is set. */
static nd_status add_file(const nd_block_source *source, nd_block *b, const nd_path_entry *entry)
{
    const nd_block_file file = {b->names.len, entry->size, entry->file, entry->is_named};
    nd_status status = ND_VEC_RESERVE(&source->allocator, &b->files, 1);
    if (status == ND_OK)
        status =
            nd_bytes_append(&source->allocator, &b->names, entry->path, strlen(entry->path) + 1);
    if (status != ND_OK)
        return status;
    b->files.items[b->files.len++] = file;
    b->files_bytes += entry->size;
    if (b->files.len == FILES_MAX || b->files_bytes >= source->reading->options.block_bytes)
        b->kind = ND_BLOCK_FILES;
    return ND_OK;
}

/* Moves the entry, a small file, into the block. */
static nd_status take_file(nd_block_source *source, nd_block *b)
{
    nd_status status = ND_OK;
    if (b->is_lasting)
        status = nd_marks_add_file(&source->allocator, &source->marks, &source->entry);
    source->bytes_cut += source->entry.size;
    if (status == ND_OK)
        status = add_file(source, b, &source->entry);
    source->has_entry = false;
    return status;
}

/* Opens the entry, which is no small file: as a block of its own, or to cut records from.
 * Compressed files are decompressed by whoever decodes, so several at once; but the last is cut
 * here, so that the others can parse its records meanwhile. */
static nd_status open_entry(nd_block_source *source, nd_block *b, nd_error *why)
{
    nd_stream *const stream = b->stream;
    source->has_entry = false;
    nd_status status =
        nd_stream_open(stream, &source->entry, &source->documents, &source->tally, why);
    bool is_cut = nd_stream_is_cut(stream);
    if (status == ND_OK && !is_cut && stream->is_lasting && b->is_lasting)
        status = nd_marks_add_file(&source->allocator, &source->marks, &source->entry);
    source->bytes_cut += is_cut ? 0 : source->entry.size;
    if (status == ND_OK && is_cut && nd_stream_is_compressed(stream)) {
        status = step(source, why);
        is_cut = !source->has_entry;
    }
    if (status != ND_OK || !stream->depth) {
        nd_stream_close(stream, nd_block_keep_bytes(source));
    } else if (is_cut) {
        source->current = stream;
        b->stream = source->spare;
        source->spare = NULL;
    } else {
        b->kind = ND_BLOCK_STREAM;
    }
    return status;
}

static void end_current(nd_block_source *source)
{
    nd_stream_close(source->current, nd_block_keep_bytes(source));
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
static nd_status cut_records(nd_block_source *source, nd_block *b, nd_error *why)
{
    nd_stream *const stream = source->current;
    nd_status status = nd_stream_next(stream, block_bytes_of(source, stream), &source->documents,
                                      &b->records, &b->batch, &source->tally, why);
    if (status == ND_OK && b->records.ends.len) {
        status = nd_bytes_append(&source->allocator, &b->names, b->batch.path,
                                 strlen(b->batch.path) + 1);
        b->batch.path = b->names.items;
        b->kind = ND_BLOCK_RECORDS;
        b->batch.is_lasting &= b->is_lasting;
        source->bytes_cut += b->records.bytes.len;
        if (status == ND_OK && b->batch.is_lasting)
            status = nd_marks_add_batch(&source->allocator, &source->marks, &b->batch);
    }
    if (!stream->depth)
        end_current(source);
    return status;
}

/* Fills an empty block; its kind stays ND_BLOCK_NONE after the last. */
static nd_status fill(nd_block_source *source, nd_block *b, nd_error *why)
{
    const uint64_t lasting_from = source->reading->options.lasting_from_bytes;
    nd_status status = ND_OK;
    b->is_lasting = lasting_from && source->bytes_cut >= lasting_from - 1;
    while (status == ND_OK && b->kind == ND_BLOCK_NONE) {
        if (source->current) {
            status = cut_records(source, b, why);
            continue;
        }
        status = step(source, why);
        if (status != ND_OK)
            break;
        if (source->has_entry && is_small(source)) {
            status = take_file(source, b);
        } else if (b->files.len) {
            b->kind = ND_BLOCK_FILES;
        } else if (source->has_entry) {
            status = open_entry(source, b, why);
        } else {
            break;
        }
    }
    return status;
}

/* ---- next, again ---- */

/* Steps to the next mark that has a wanted tag; NULL after the last. */
static const nd_mark *next_mark(nd_block_source *source)
{
    const nd_marks *const marks = &source->marks;
    while (source->next_mark < marks->items.len) {
        const nd_mark *const mark = &marks->items.items[source->next_mark++];
        const bool is_last = source->next_mark == marks->items.len;
        const uint64_t end = is_last ? UINT64_MAX : marks->items.items[source->next_mark].tag;
        if (nd_block_wanted_from(source, mark->tag) < nd_block_wanted_from(source, end))
            return mark;
    }
    return NULL;
}

/* Fills an empty block with what is wanted of the marks. */
static nd_status fill_again(nd_block_source *source, nd_block *b)
{
    nd_status status = ND_OK;
    b->is_lasting = true;
    while (status == ND_OK && b->kind == ND_BLOCK_NONE) {
        const nd_mark *const mark = next_mark(source);
        if (mark && !mark->len_bytes) {
            const nd_marked_file *const file = &source->marks.files.items[mark->file];
            status = add_file(source, b,
                              &(nd_path_entry){.path = nd_mark_path(&source->marks, mark),
                                               .size = file->size,
                                               .file = file->number,
                                               .is_named = true}); /* a failure is an error now */
        } else if (b->files.len) {
            source->next_mark -= mark != NULL;
            b->kind = ND_BLOCK_FILES;
        } else if (mark) {
            b->mark = mark;
            b->kind = ND_BLOCK_MARK;
        } else {
            break;
        }
    }
    return status;
}

nd_status nd_block_source_again(void *ctx, const uint64_t *tags, size_t num_tags, nd_error *error)
{
    nd_block_source *const source = ctx;
    (void)error;
    source->wanted = (nd_wanted){.tags = tags, .num = num_tags};
    source->next_mark = 0;
    pthread_mutex_lock(&source->lock);
    if (!source->is_again)
        source->bytes_before = atomic_load_explicit(&source->bytes, memory_order_relaxed);
    source->is_again = true;
    pthread_mutex_unlock(&source->lock);
    return ND_OK;
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
    nd_block *const b = take_block(source);
    if (!b)
        return hand_over(ND_ERR_NO_MEMORY, &why, error);
    const nd_status status = source->is_again ? fill_again(source, b) : fill(source, b, &why);
    nd_tally_move(&b->tally, &source->tally);
    if (status == ND_OK && b->kind != ND_BLOCK_NONE)
        *out = b;
    else
        give_back(source, b);
    return hand_over(status, &why, error);
}

/* ---- decode ---- */

nd_status nd_block_source_decode(void *ctx, void *block_ptr, nd_document_fn emit, void *emit_ctx,
                                 nd_error *error)
{
    nd_block_source *const source = ctx;
    nd_block *const b = block_ptr;
    const nd_emitter emitter = {emit, emit_ctx};
    nd_error why = {0};
    const bool is_kept = source->reading->options.journal && !source->is_again;
    const nd_status status = is_kept ? nd_block_emit_kept(source, b, &emitter, &why)
                                     : nd_block_emit(source, b, &emitter, &why);
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
    const bool is_again = source->is_again;
    const uint64_t bytes = source->bytes_before;
    pthread_mutex_unlock(&source->lock);
    report.bytes = is_again ? bytes : atomic_load_explicit(&source->bytes, memory_order_relaxed);
    report.bytes_total = atomic_load_explicit(&source->bytes_total, memory_order_relaxed);
    return report;
}

void nd_block_source_free(nd_block_source *source)
{
    if (!source)
        return;
    while (source->unused) {
        nd_block *const b = source->unused;
        source->unused = b->next;
        free_block(source, b);
    }
    free_stream(source, source->current);
    free_stream(source, source->spare);
    nd_documents_release(&source->documents);
    nd_marks_release(&source->allocator, &source->marks);
    nd_file_list_release(&source->allocator, &source->files);
    nd_path_walk_free(source->walk);
    pthread_mutex_destroy(&source->lock);
    const nd_allocator allocator = source->allocator;
    nd_release(&allocator, source);
}

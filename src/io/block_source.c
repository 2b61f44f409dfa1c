/* A block is one of
 *
 *   files     names | a.txt \0 b.txt \0 | with their numbers: small files, read when decoded
 *   stream    one open file, read to its end when decoded: a large text, a compressed file
 *   records   bytes | {..} \n {..} \n |: whole records cut from the file at hand when the block is
 *             asked for, so that several threads parse the records of one file
 *   mark      a mark: records of a file that is read again, when decoded
 *
 * Decoded blocks go to a list and are used again, with the parser and the buffers they hold. */
#include "io/block_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/documents.h"
#include "io/kept_block.h"
#include "io/place.h"
#include "io/record_visit.h"
#include "io/stream.h"
#include "util/error.h"
#include "util/sort.h"
#include "util/xxh.h"

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
    BLOCK_MARK,
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
    bool is_lasting; /* what of it can be read again is to be */
    nd_byte_vec names;
    ND_VEC(block_file) files;
    uint64_t files_bytes;
    nd_record_block records;
    nd_batch batch;
    const nd_mark *mark;
    nd_stream *stream;
    nd_documents documents;
    nd_tally tally;
    nd_kept_block kept;
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
    nd_file_list files; /* where records are kept: all of them, before the first is read */
    bool is_listed;
    size_t next_file;
    uint64_t bytes_cut; /* of files, in blocks so far */
    nd_marks marks;     /* of the first reading; later they stay as they are */

    /* Of the second reading. */
    nd_wanted wanted;
    size_t next_mark;

    _Atomic uint64_t bytes, bytes_total;
    pthread_mutex_t lock; /* of what follows */
    block *unused;
    nd_tally total;
    bool is_again;
    uint64_t bytes_before; /* that were read the first time */
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
    nd_kept_block_release(&b->kept);
    nd_release(&source->allocator, b);
}

static block *new_block(nd_block_source *source)
{
    block *const b = nd_alloc_zeroed(&source->allocator, 1, sizeof *b);
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
static nd_status add_file(const nd_block_source *source, block *b, const nd_path_entry *entry)
{
    const block_file file = {b->names.len, entry->size, entry->file, entry->is_named};
    nd_status status = ND_VEC_RESERVE(&source->allocator, &b->files, 1);
    if (status == ND_OK)
        status =
            nd_bytes_append(&source->allocator, &b->names, entry->path, strlen(entry->path) + 1);
    if (status != ND_OK)
        return status;
    b->files.items[b->files.len++] = file;
    b->files_bytes += entry->size;
    if (b->files.len == FILES_MAX || b->files_bytes >= source->reading->options.block_bytes)
        b->kind = BLOCK_FILES;
    return ND_OK;
}

/* Moves the entry, a small file, into the block. */
static nd_status take_file(nd_block_source *source, block *b)
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
static nd_status open_entry(nd_block_source *source, block *b, nd_error *why)
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
        b->batch.is_lasting &= b->is_lasting;
        source->bytes_cut += b->records.bytes.len;
        if (status == ND_OK && b->batch.is_lasting)
            status = nd_marks_add_batch(&source->allocator, &source->marks, &b->batch);
    }
    if (!stream->depth)
        end_current(source);
    return status;
}

/* Fills an empty block; its kind stays BLOCK_NONE after the last. */
static nd_status fill(nd_block_source *source, block *b, nd_error *why)
{
    const uint64_t lasting_from = source->reading->options.lasting_from_bytes;
    nd_status status = ND_OK;
    b->is_lasting = lasting_from && source->bytes_cut >= lasting_from - 1;
    while (status == ND_OK && b->kind == BLOCK_NONE) {
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
            b->kind = BLOCK_FILES;
        } else if (source->has_entry) {
            status = open_entry(source, b, why);
        } else {
            break;
        }
    }
    return status;
}

/* ---- next, again ---- */

/* The place of the first wanted tag that does not come before `tag`. */
static size_t wanted_from(const nd_block_source *source, uint64_t tag)
{
    return nd_first_u64(source->wanted.tags, source->wanted.num, tag);
}

/* Steps to the next mark that has a wanted tag; NULL after the last. */
static const nd_mark *next_mark(nd_block_source *source)
{
    const nd_marks *const marks = &source->marks;
    while (source->next_mark < marks->items.len) {
        const nd_mark *const mark = &marks->items.items[source->next_mark++];
        const bool is_last = source->next_mark == marks->items.len;
        const uint64_t end = is_last ? UINT64_MAX : marks->items.items[source->next_mark].tag;
        if (wanted_from(source, mark->tag) < wanted_from(source, end))
            return mark;
    }
    return NULL;
}

/* Fills an empty block with what is wanted of the marks. */
static nd_status fill_again(nd_block_source *source, block *b)
{
    nd_status status = ND_OK;
    b->is_lasting = true;
    while (status == ND_OK && b->kind == BLOCK_NONE) {
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
            b->kind = BLOCK_FILES;
        } else if (mark) {
            b->mark = mark;
            b->kind = BLOCK_MARK;
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
    block *const b = take_block(source);
    if (!b)
        return hand_over(ND_ERR_NO_MEMORY, &why, error);
    const nd_status status = source->is_again ? fill_again(source, b) : fill(source, b, &why);
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
        b->batch.is_lasting &= b->is_lasting;
        status = nd_documents_read(&b->documents, &b->batch, emitter, &b->tally);
        if (status != ND_OK)
            return status;
    }
}

/* Of a source that is read again, wants the documents from one tag up to another. */
static void want(const nd_block_source *source, block *b, uint64_t from, uint64_t to)
{
    if (!source->is_again)
        return;
    const size_t begin = wanted_from(source, from), end = wanted_from(source, to);
    b->documents.wanted =
        (nd_wanted){.tags = source->wanted.tags + begin, .num = end - begin, .num_given = 0};
}

/* Names the file where not all that is wanted was given, or the emitter did not find it the same.
 */
static nd_status check_given(const nd_block_source *source, const block *b, nd_status status,
                             const char *path, nd_error *why)
{
    const nd_wanted *const wanted = &b->documents.wanted;
    const bool is_unsaid = status == ND_ERR_IO && why->code != status;
    const bool is_less = status == ND_OK && wanted->num_given < wanted->num;
    return source->is_again && (is_unsaid || is_less) ? nd_mark_fail(path, why) : status;
}

/* Emits what is wanted of a mark in part of a file. */
static nd_status emit_mark(const nd_block_source *source, block *b, const nd_emitter *emitter,
                           nd_error *why)
{
    const nd_marks *const marks = &source->marks;
    const bool is_last = b->mark + 1 == marks->items.items + marks->items.len;
    want(source, b, b->mark->tag, is_last ? UINT64_MAX : b->mark[1].tag);
    nd_status status =
        nd_mark_read(&source->allocator, marks, b->mark, &b->records, &b->batch, why);
    if (status == ND_OK)
        status = nd_documents_read(&b->documents, &b->batch, emitter, &b->tally);
    return check_given(source, b, status, nd_mark_path(marks, b->mark), why);
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
        want(source, b, nd_input_tag(file->number, 0), nd_input_tag(file->number + 1, 0));
        status = nd_stream_open(b->stream, &entry, &b->documents, &b->tally, why);
        if (status == ND_OK)
            status = emit_stream(source, b, emitter, why);
        status = check_given(source, b, status, entry.path, why);
        nd_stream_close(b->stream, keep_bytes(source));
    }
    return status;
}

static nd_status emit_block(const nd_block_source *source, block *b, const nd_emitter *emitter,
                            nd_error *why)
{
    if (b->kind == BLOCK_FILES)
        return emit_files(source, b, emitter, why);
    if (b->kind == BLOCK_STREAM)
        return emit_stream(source, b, emitter, why);
    if (b->kind == BLOCK_MARK)
        return emit_mark(source, b, emitter, why);
    return nd_documents_read(&b->documents, &b->batch, emitter, &b->tally);
}

/* ---- decode, with a journal ---- */

/* What a file is known by, without reading it; false where it cannot be looked at. */
static bool digest_file(XXH3_state_t *state, const char *path, uint64_t number, uint64_t *bytes)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    const int64_t all[] = {(int64_t)number,
                           (int64_t)info.st_dev,
                           (int64_t)info.st_ino,
                           (int64_t)info.st_size,
                           (int64_t)info.st_mtim.tv_sec,
                           (int64_t)info.st_mtim.tv_nsec,
                           (int64_t)info.st_ctim.tv_sec,
                           (int64_t)info.st_ctim.tv_nsec};
    XXH3_128bits_update(state, path, strlen(path) + 1);
    XXH3_128bits_update(state, all, sizeof all);
    *bytes += (uint64_t)info.st_size;
    return true;
}

/* Records are known by their bytes, and where they stand. */
static void digest_records(XXH3_state_t *state, const block *b)
{
    const nd_batch *const batch = &b->batch;
    const uint64_t all[] = {
        batch->format,      batch->id_at,       batch->file,
        batch->record,      batch->offset,      batch->line,
        batch->column,      batch->is_lasting,  (uint64_t)(unsigned char)batch->columns.delimiter,
        batch->columns.num, b->records.ends.len};
    XXH3_128bits_update(state, batch->path, strlen(batch->path) + 1);
    XXH3_128bits_update(state, batch->encoding, strlen(batch->encoding) + 1);
    XXH3_128bits_update(state, batch->date, strlen(batch->date) + 1);
    XXH3_128bits_update(state, all, sizeof all);
    if (batch->columns.num > 0)
        XXH3_128bits_update(state, batch->columns.of_field, sizeof batch->columns.of_field);
    XXH3_128bits_update(state, b->records.bytes.items, b->records.bytes.len);
}

/* Makes a key of all that decides what documents the block has; false where that is not known.
 * *bytes: of its files, unless they are read already. */
static bool find_key(const nd_block_source *source, const block *b, nd_journal_key *key,
                     uint64_t *bytes)
{
    const uint64_t all[] = {b->kind, b->is_lasting};
    XXH3_state_t state;
    bool is_known = true;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset_withSeed(&state, nd_journal_seed(source->reading->options.journal));
    XXH3_128bits_update(&state, all, sizeof all);
    if (b->kind == BLOCK_RECORDS)
        digest_records(&state, b);
    for (size_t i = 0; b->kind == BLOCK_FILES && i < b->files.len; i++)
        is_known &= digest_file(&state, b->names.items + b->files.items[i].name,
                                b->files.items[i].number, bytes);
    if (b->kind == BLOCK_STREAM) {
        const nd_content *const content = &b->stream->levels[0].content;
        is_known = digest_file(&state, content->path.items, content->file, bytes);
    }
    const XXH128_hash_t digest = XXH3_128bits_digest(&state);
    *key = (nd_journal_key){digest.low64, digest.high64};
    return is_known;
}

static const char *path_of(const block *b)
{
    return b->kind == BLOCK_STREAM ? b->stream->levels[0].content.path.items : b->names.items;
}

/* Names the files of the block to the journal. */
static nd_status name_files(block *b)
{
    nd_status status = ND_OK;
    if (b->kind != BLOCK_FILES)
        return nd_kept_block_name(&b->kept, path_of(b));
    for (size_t i = 0; status == ND_OK && i < b->files.len; i++)
        status = nd_kept_block_name(&b->kept, b->names.items + b->files.items[i].name);
    return status;
}

/* Emits what the journal has of the block, or reads it, for the journal. */
static nd_status emit_kept(nd_block_source *source, block *b, const nd_emitter *to, nd_error *why)
{
    nd_journal_key key;
    uint64_t bytes = 0, bytes_before = 0;
    bool found;
    if (!find_key(source, b, &key, &bytes))
        return emit_block(source, b, to, why);
    nd_kept_block_begin(&b->kept, source->reading, key);
    nd_status status = nd_kept_block_emit(&b->kept, to, &b->tally, &bytes_before, &found, why);
    if (status == ND_ERR_FORMAT || status == ND_ERR_VERSION)
        return nd_error_set(why, status,
                            "what was kept of '%s' cannot be used: start anew without it",
                            nd_show_path(path_of(b)).text);
    if (status == ND_OK && !found)
        status = name_files(b);
    if (status != ND_OK)
        return status;
    if (found) {
        if (b->kind == BLOCK_STREAM) /* less what was read when it was opened */
            bytes_before -=
                (uint64_t)lseek(b->stream->levels[0].content.reader.raw.fd, 0, SEEK_CUR);
        atomic_fetch_add_explicit(&source->bytes, bytes_before, memory_order_relaxed);
        return ND_OK;
    }
    nd_tally cut = {0}; /* what cutting the block has counted is counted again next time */
    nd_tally_move(&cut, &b->tally);
    const nd_emitter emitter = nd_kept_block_emitter(&b->kept, to);
    status = emit_block(source, b, &emitter, why);
    if (status == ND_OK)
        status = nd_kept_block_end(&b->kept, &b->tally, bytes, why);
    else if (b->kept.failure.code == status)
        *why = b->kept.failure;
    nd_tally_move(&b->tally, &cut);
    return status;
}

nd_status nd_block_source_decode(void *ctx, void *block_ptr, nd_document_fn emit, void *emit_ctx,
                                 nd_error *error)
{
    nd_block_source *const source = ctx;
    block *const b = block_ptr;
    const nd_emitter emitter = {emit, emit_ctx};
    nd_error why = {0};
    const bool is_kept = source->reading->options.journal && !source->is_again;
    const nd_status status =
        is_kept ? emit_kept(source, b, &emitter, &why) : emit_block(source, b, &emitter, &why);
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
        block *const b = source->unused;
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

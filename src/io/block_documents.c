/* The documents of a block: read, or out of the journal. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/block.h"
#include "util/error.h"
#include "util/xxh.h"

/* Emits the documents of the open stream. */
static nd_status emit_stream(const nd_block_source *source, nd_block *b, const nd_emitter *emitter,
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
static void want(const nd_block_source *source, nd_block *b, uint64_t from, uint64_t to)
{
    if (!source->is_again)
        return;
    const size_t begin = nd_block_wanted_from(source, from), end = nd_block_wanted_from(source, to);
    b->documents.wanted =
        (nd_wanted){.tags = source->wanted.tags + begin, .num = end - begin, .num_given = 0};
}

/* Names the file where not all that is wanted was given, or the emitter did not find it the same.
 */
static nd_status check_given(const nd_block_source *source, const nd_block *b, nd_status status,
                             const char *path, nd_error *why)
{
    const nd_wanted *const wanted = &b->documents.wanted;
    const bool is_unsaid = status == ND_ERR_IO && why->code != status;
    const bool is_less = status == ND_OK && wanted->num_given < wanted->num;
    return source->is_again && (is_unsaid || is_less) ? nd_mark_fail(path, why) : status;
}

/* Emits what is wanted of a mark in part of a file. */
static nd_status emit_mark(const nd_block_source *source, nd_block *b, const nd_emitter *emitter,
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

static nd_status emit_files(const nd_block_source *source, nd_block *b, const nd_emitter *emitter,
                            nd_error *why)
{
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < b->files.len; i++) {
        const nd_block_file *const file = &b->files.items[i];
        const nd_path_entry entry = {.path = b->names.items + file->name,
                                     .size = file->size,
                                     .file = file->number,
                                     .is_named = file->is_named};
        want(source, b, nd_input_tag(file->number, 0), nd_input_tag(file->number + 1, 0));
        status = nd_stream_open(b->stream, &entry, &b->documents, &b->tally, why);
        if (status == ND_OK)
            status = emit_stream(source, b, emitter, why);
        status = check_given(source, b, status, entry.path, why);
        nd_stream_close(b->stream, nd_block_keep_bytes(source));
    }
    return status;
}

nd_status nd_block_emit(const nd_block_source *source, nd_block *b, const nd_emitter *emitter,
                        nd_error *why)
{
    if (b->kind == ND_BLOCK_FILES)
        return emit_files(source, b, emitter, why);
    if (b->kind == ND_BLOCK_STREAM)
        return emit_stream(source, b, emitter, why);
    if (b->kind == ND_BLOCK_MARK)
        return emit_mark(source, b, emitter, why);
    return nd_documents_read(&b->documents, &b->batch, emitter, &b->tally);
}

/* ---- with a journal ---- */

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
static void digest_records(XXH3_state_t *state, const nd_block *b)
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
static bool find_key(const nd_block_source *source, const nd_block *b, nd_journal_key *key,
                     uint64_t *bytes)
{
    const uint64_t all[] = {b->kind, b->is_lasting};
    XXH3_state_t state;
    bool is_known = true;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset_withSeed(&state, nd_journal_seed(source->reading->options.journal));
    XXH3_128bits_update(&state, all, sizeof all);
    if (b->kind == ND_BLOCK_RECORDS)
        digest_records(&state, b);
    for (size_t i = 0; b->kind == ND_BLOCK_FILES && i < b->files.len; i++)
        is_known &= digest_file(&state, b->names.items + b->files.items[i].name,
                                b->files.items[i].number, bytes);
    if (b->kind == ND_BLOCK_STREAM) {
        const nd_content *const content = &b->stream->levels[0].content;
        is_known = digest_file(&state, content->path.items, content->file, bytes);
    }
    const XXH128_hash_t digest = XXH3_128bits_digest(&state);
    *key = (nd_journal_key){digest.low64, digest.high64};
    return is_known;
}

static const char *path_of(const nd_block *b)
{
    return b->kind == ND_BLOCK_STREAM ? b->stream->levels[0].content.path.items : b->names.items;
}

/* Names the files of the block to the journal. */
static nd_status name_files(nd_block *b)
{
    nd_status status = ND_OK;
    if (b->kind != ND_BLOCK_FILES)
        return nd_kept_block_name(&b->kept, path_of(b));
    for (size_t i = 0; status == ND_OK && i < b->files.len; i++)
        status = nd_kept_block_name(&b->kept, b->names.items + b->files.items[i].name);
    return status;
}

nd_status nd_block_emit_kept(nd_block_source *source, nd_block *b, const nd_emitter *to,
                             nd_error *why)
{
    nd_journal_key key;
    uint64_t bytes = 0, bytes_before = 0;
    bool found;
    if (!find_key(source, b, &key, &bytes))
        return nd_block_emit(source, b, to, why);
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
        if (b->kind == ND_BLOCK_STREAM) /* less what was read when it was opened */
            bytes_before -=
                (uint64_t)lseek(b->stream->levels[0].content.reader.raw.fd, 0, SEEK_CUR);
        atomic_fetch_add_explicit(&source->bytes, bytes_before, memory_order_relaxed);
        return ND_OK;
    }
    nd_tally cut = {0}; /* what cutting the block has counted is counted again next time */
    nd_tally_move(&cut, &b->tally);
    const nd_emitter emitter = nd_kept_block_emitter(&b->kept, to);
    status = nd_block_emit(source, b, &emitter, why);
    if (status == ND_OK)
        status = nd_kept_block_end(&b->kept, &b->tally, bytes, why);
    else if (b->kept.failure.code == status)
        *why = b->kept.failure;
    nd_tally_move(&b->tally, &cut);
    return status;
}

#include "index/state.h"

#include <string.h>

#include "util/error.h"

enum { LOAD_TRIES = 20 };

static nd_status wrong(const nd_index *index, uint64_t offset, nd_error *error)
{
    return nd_file_damaged(&index->log.file, error, "the record at byte %llu does not follow",
                           (unsigned long long)offset);
}

/* The set of a text that comes from the log, where nobody has it at hand. */
static nd_status read_set(nd_index *index, uint64_t offset, const nd_text_change *change,
                          const uint64_t **set, nd_error *error)
{
    const nd_text_entry entry = {.offset = offset,
                                 .digest = {change->digest[0], change->digest[1]},
                                 .num_shingles = change->num_shingles,
                                 .normalised_bytes = change->normalised_bytes,
                                 .stored_bytes = change->stored_bytes};
    return nd_text_reader_set(&index->texts, &index->log, change->number, &entry, set, error);
}

static nd_status take_text(nd_index *index, uint64_t offset, const nd_text_change *change,
                           nd_error *error)
{
    const uint64_t *set = index->set;
    if (change->number != index->num_texts || change->num_keys != nd_index_num_keys(index) ||
        change->num_tokens == 0 || index->num_texts == ND_NO_NUMBER - 1)
        return wrong(index, offset, error);
    nd_status status = ND_OK;
    if (!set && !nd_index_has_bands(index))
        status = read_set(index, offset, change, &set, error);
    if (status == ND_OK)
        status = nd_tail_add_text(&index->tail, change, offset, set);
    index->num_texts += status == ND_OK;
    return status;
}

static nd_status take_document(nd_index *index, uint64_t offset, const nd_document_change *change,
                               nd_error *error)
{
    const bool has_text = change->text != ND_NO_NUMBER;
    if (change->number != index->num_documents || index->num_documents == ND_NO_NUMBER - 1 ||
        (has_text &&
         (change->text >= index->num_texts || nd_bits_has(&index->removals.texts, change->text))))
        return wrong(index, offset, error);
    const nd_status status = nd_tail_add_document(&index->tail, change, offset);
    index->num_documents += status == ND_OK;
    return status;
}

static nd_status take_removal(nd_index *index, uint64_t offset, const nd_removal_change *change,
                              nd_error *error)
{
    if (change->document >= index->num_documents ||
        nd_bits_has(&index->removals.documents, change->document) ||
        (change->text != ND_NO_NUMBER && change->text >= index->num_texts))
        return wrong(index, offset, error);
    nd_status status = nd_bits_add(&index->removals.documents, change->document, &index->allocator);
    if (status == ND_OK && change->text != ND_NO_NUMBER)
        status = nd_bits_add(&index->removals.texts, change->text, &index->allocator);
    return status;
}

nd_status nd_index_take_change(nd_index *index, uint64_t offset, const nd_change *change,
                               nd_error *error)
{
    const void *const record = change;
    switch ((nd_change_kind)change->kind) {
    case ND_CHANGE_TEXT:
        return take_text(index, offset, record, error);
    case ND_CHANGE_DOCUMENT:
        return take_document(index, offset, record, error);
    case ND_CHANGE_REMOVAL:
        return take_removal(index, offset, record, error);
    }
    return wrong(index, offset, error);
}

/* An nd_change_fn. */
static nd_status take(void *ctx, uint64_t offset, const nd_change *change, nd_error *error)
{
    return nd_index_take_change(ctx, offset, change, error);
}

nd_status nd_index_replay(nd_index *index, uint64_t from, uint64_t frames, nd_error *error)
{
    const nd_status status = nd_log_replay(&index->log, from, frames, take, index, error);
    index->num_frames_in_tail = index->log.frames - index->manifest.log_frames;
    return status;
}

static nd_status open_runs(nd_index *index, nd_error *error)
{
    nd_status status = ND_OK;
    for (uint32_t i = 0; status == ND_OK && i < index->manifest.num_runs; i++)
        status = nd_run_open(&index->runs[i], &index->folder, &index->manifest.spec,
                             &index->manifest.runs[i], error);
    return status;
}

static nd_status load(nd_index *index, nd_error *error)
{
    const nd_file_access access =
        index->options.access == ND_INDEX_WRITE ? ND_FILE_UPDATE : ND_FILE_READ;
    nd_manifest *const m = &index->manifest;
    for (size_t i = 0; i < ND_INDEX_MAX_RUNS; i++)
        index->runs[i] = (nd_run){.file = ND_FILE_CLOSED};
    nd_status status = nd_manifest_read(&index->folder, m, error);
    if (status == ND_OK)
        status = open_runs(index, error);
    if (status == ND_OK)
        status = nd_removals_read(&index->removals, &index->folder, m->gone, &index->gone, error);
    if (status == ND_OK)
        status = nd_log_open(&index->log, &index->folder, m->log, access, error);
    if (status != ND_OK)
        return status;
    index->num_documents = nd_manifest_num_documents(m);
    index->num_texts = nd_manifest_num_texts(m);
    index->tail = (nd_tail){.bands = m->spec.bands,
                            .salt = index->log.salt,
                            .first_document = index->num_documents,
                            .first_text = index->num_texts};
    status = nd_tail_init(&index->tail, &index->allocator);
    return status == ND_OK ? nd_index_replay(index, m->log_covered, m->log_frames, error) : status;
}

/* A file that the manifest names is missing where a writer has replaced it meanwhile: there is
 * another manifest then. */
nd_status nd_index_load(nd_index *index, nd_error *error)
{
    nd_status status = ND_OK;
    uint64_t state = UINT64_MAX;
    for (int i = 0; i < LOAD_TRIES; i++) {
        nd_index_unload(index);
        status = load(index, error);
        if (status != ND_ERR_NOT_FOUND || index->manifest.state == state)
            break;
        state = index->manifest.state;
    }
    if (status == ND_ERR_NOT_FOUND && index->manifest.state > 0) /* a part of it */
        status = nd_error_set(error, ND_ERR_FORMAT, "'%s' is damaged: it lacks a file",
                              index->folder.path);
    if (status != ND_OK)
        nd_index_unload(index);
    return status;
}

void nd_index_unload(nd_index *index)
{
    for (size_t i = 0; i < ND_INDEX_MAX_RUNS; i++)
        if (index->runs[i].directory || index->runs[i].file.folder)
            nd_run_close(&index->runs[i], &index->allocator);
    nd_removals_release(&index->removals, &index->allocator);
    nd_file_close(&index->gone);
    nd_tail_release(&index->tail);
    nd_log_close(&index->log);
    if (index->num_kept > 0)
        memset(index->kept, 0, index->num_kept * sizeof *index->kept);
    if (index->blocks)
        nd_block_cache_clear(index->blocks);
    if (index->texts.cached)
        nd_text_reader_clear(&index->texts);
    index->num_pending = 0;
}

/* Whole indexes: written anew without what was removed, copied, and taken into another. */
#include <string.h>

#include "index/writer.h"
#include "util/error.h"

enum { COPIED_BYTES = 1 << 20 };

/* Live documents of one index on their way into another. */
typedef struct transfer {
    nd_index *from, *to;
    uint32_t *new_text; /* by the number of a text of `from`; ND_NO_NUMBER: not taken yet */
    nd_record_buffer record;
} transfer;

static nd_status transfer_init(transfer *t, nd_index *from, nd_index *to)
{
    *t = (transfer){.from = from, .to = to};
    t->new_text = nd_alloc(&to->allocator, from->num_texts, sizeof *t->new_text);
    if (!t->new_text)
        return ND_ERR_NO_MEMORY;
    memset(t->new_text, 0xff, from->num_texts * sizeof *t->new_text);
    return ND_OK;
}

static void transfer_release(transfer *t)
{
    nd_release(&t->to->allocator, t->new_text);
    nd_release(&t->to->allocator, t->record.words);
}

/* Appends a text as it is stored, unless `to` has one of its digest. */
static nd_status take_text(transfer *t, uint32_t number, uint32_t *to, nd_error *error)
{
    uint32_t keys[ND_SKETCH_MAX_SLOTS];
    nd_text_entry entry;
    nd_new_text text = {.keys = keys};
    nd_status status = nd_index_text_entry(t->from, number, &entry, error);
    if (status == ND_OK && !t->to->is_shadow)
        status = nd_index_find_digest(t->to, entry.digest, to, error);
    if (status != ND_OK || *to != ND_NO_NUMBER)
        return status;
    status = nd_index_read_keys(t->from, &entry, keys, error);
    if (status == ND_OK && !nd_index_has_bands(t->from))
        status =
            nd_text_reader_set(&t->from->texts, &t->from->log, number, &entry, &text.set, error);
    if (status == ND_OK)
        status = nd_text_reader_stored(&t->from->texts, &t->from->log, &entry, &text.stored, error);
    if (status != ND_OK)
        return status;
    text.digest[0] = entry.digest[0];
    text.digest[1] = entry.digest[1];
    text.num_tokens = entry.num_tokens;
    text.num_shingles = entry.num_shingles;
    text.normalised_bytes = entry.normalised_bytes;
    text.stored_bytes = entry.stored_bytes;
    *to = t->to->num_texts;
    return nd_writer_append_text(t->to, &text, error);
}

/* Takes the document in t->record, whose id no other document of `to` has. */
static nd_status take_document(transfer *t, nd_error *error)
{
    const nd_document_change *const record = nd_record_of(&t->record);
    const nd_index_document document = {
        .id = nd_document_change_id(record),
        .id_len_bytes = record->id_bytes,
        .source = nd_document_change_source(record),
        .source_len_bytes = record->source_bytes,
        .text_len_bytes = record->text_bytes,
        .time = record->time,
        .tag = record->tag,
    };
    uint32_t text = ND_NO_NUMBER;
    nd_status status = ND_OK;
    if (record->text != ND_NO_NUMBER) {
        uint32_t *const known = &t->new_text[record->text];
        if (*known == ND_NO_NUMBER || nd_bits_has(&t->to->removals.texts, *known)) {
            *known = ND_NO_NUMBER;
            status = take_text(t, record->text, known, error);
        }
        text = *known;
    }
    return status == ND_OK ? nd_writer_append_document(t->to, &document, text, error) : status;
}

/* Reads document `number` of `from`; *is_there is false where it was removed. */
static nd_status read_document(transfer *t, uint32_t number, bool *is_there, nd_error *error)
{
    nd_document_entry entry;
    *is_there = !nd_bits_has(&t->from->removals.documents, number);
    if (!*is_there)
        return ND_OK;
    nd_status status = nd_index_document_entry(t->from, number, &entry, error);
    if (status == ND_OK)
        status = nd_index_read_document(t->from, &entry, &t->record, error);
    if (status == ND_OK && nd_record_of(&t->record)->text != entry.text)
        status = nd_file_damaged(&t->from->log.file, error, "document %lu is not as it was",
                                 (unsigned long)number);
    if (status == ND_OK && entry.text != ND_NO_NUMBER && entry.text >= t->from->num_texts)
        status = nd_file_damaged(&t->from->log.file, error, "there is no text %lu",
                                 (unsigned long)entry.text);
    return status;
}

/* --- merging --- */

static nd_status merge_document(transfer *t, nd_index_mode mode, uint64_t *num_added,
                                nd_error *error)
{
    const nd_document_change *const record = nd_record_of(&t->record);
    const nd_bytes_view id = {nd_document_change_id(record), record->id_bytes};
    uint32_t before = ND_NO_NUMBER;
    nd_status status = nd_index_find_id(t->to, id, &t->to->record, &before, error);
    if (status != ND_OK || (before != ND_NO_NUMBER && mode == ND_INDEX_IF_NEW))
        return status;
    if (before != ND_NO_NUMBER)
        status = nd_writer_remove(t->to, before, error);
    if (status == ND_OK)
        status = take_document(t, error);
    *num_added += status == ND_OK;
    return status;
}

nd_status nd_index_merge(nd_index *index, nd_index *from, nd_index_mode mode, uint64_t *num_added,
                         nd_error *error)
{
    transfer t;
    nd_error of_spec;
    *num_added = 0;
    nd_status status = nd_writer_begin(index, error);
    if (status == ND_OK)
        status = nd_index_check_usable(from, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    if (mode == ND_INDEX_IF_UNMATCHED || index == from)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "an index cannot be merged like this");
    if (nd_spec_check(&index->manifest.spec, &from->manifest.spec, &of_spec) != ND_OK)
        return nd_error_set(error, ND_ERR_VERSION, "'%s': %s", from->folder.path, of_spec.message);
    status = transfer_init(&t, from, index);
    for (uint32_t i = 0; status == ND_OK && i < from->num_documents; i++) {
        bool is_there = false;
        status = read_document(&t, i, &is_there, error);
        if (status == ND_OK && is_there)
            status = merge_document(&t, mode, num_added, error);
    }
    transfer_release(&t);
    return status == ND_OK ? ND_OK : nd_index_fail(error, nd_writer_give_up(index, status));
}

/* --- compacting --- */

/* An empty index in the same folder, under numbers of its own. */
static nd_status shadow_new(const nd_index *index, nd_index **out, nd_error *error)
{
    nd_index *const shadow = nd_alloc_zeroed(&index->allocator, 1, sizeof *shadow);
    *out = shadow;
    if (!shadow)
        return ND_ERR_NO_MEMORY;
    shadow->allocator = index->allocator;
    shadow->options = index->options;
    shadow->folder = index->folder;
    shadow->lock.fd = shadow->gone.fd = -1;
    shadow->is_shadow = true;
    for (size_t i = 0; i < ND_INDEX_MAX_RUNS; i++)
        shadow->runs[i] = (nd_run){.file = ND_FILE_CLOSED};
    nd_manifest *const m = &shadow->manifest;
    *m = index->manifest;
    m->num_runs = m->gone = 0;
    m->log = m->next_number++;
    m->log_covered = nd_log_start();
    m->log_frames = 0;
    nd_status status = nd_log_create(&shadow->log, &shadow->folder, m->log, error);
    shadow->tail = (nd_tail){.bands = m->spec.bands, .salt = shadow->log.salt};
    if (status == ND_OK)
        status = nd_tail_init(&shadow->tail, &shadow->allocator);
    return status;
}

static void shadow_free(nd_index *shadow)
{
    if (!shadow)
        return;
    const nd_allocator a = shadow->allocator;
    nd_index_unload(shadow);
    nd_release(&a, shadow->record.words);
    nd_release(&a, shadow);
}

/* Commits what the shadow has, and makes a run of it. */
static nd_status settle_shadow(nd_index *shadow, nd_error *error)
{
    const nd_status status = nd_log_commit(&shadow->log, ND_NOT_SYNCED, error);
    shadow->num_pending = 0;
    return status == ND_OK ? nd_index_flush_tail(shadow, error) : status;
}

static nd_status fill_shadow(transfer *t, nd_error *error)
{
    enum { DOCUMENTS_A_RUN = 1 << 18, SAMPLES_A_RUN = 1 << 22 };
    nd_status status = ND_OK;
    for (uint32_t i = 0; status == ND_OK && i < t->from->num_documents; i++) {
        bool is_there = false;
        status = read_document(t, i, &is_there, error);
        if (status == ND_OK && is_there)
            status = take_document(t, error);
        if (status == ND_OK && (t->to->tail.documents.len >= DOCUMENTS_A_RUN ||
                                t->to->tail.holders.len >= SAMPLES_A_RUN))
            status = settle_shadow(t->to, error);
    }
    t->to->merges_all = true;
    return status == ND_OK ? settle_shadow(t->to, error) : status;
}

nd_status nd_index_compact(nd_index *index, nd_error *error)
{
    transfer t = {0};
    nd_index *shadow = NULL;
    nd_status status = nd_writer_begin(index, error);
    if (status == ND_OK && index->num_pending > 0)
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' has changes to commit first",
                              index->folder.path);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    status = shadow_new(index, &shadow, error);
    if (status == ND_OK)
        status = transfer_init(&t, index, shadow);
    if (status == ND_OK)
        status = fill_shadow(&t, error);
    if (t.to)
        transfer_release(&t);
    if (status == ND_OK) {
        shadow->manifest.state = index->manifest.state + 1;
        status = nd_manifest_write(&index->folder, &shadow->manifest, error);
    }
    if (status == ND_OK)
        status = nd_index_load(index, error);
    index->is_unclear = status != ND_OK && shadow && shadow->manifest.state > index->manifest.state;
    shadow_free(shadow);
    /* Its files, or the old ones. */
    const nd_status swept =
        index->is_unclear ? ND_OK : nd_manifest_sweep(&index->folder, &index->manifest, NULL);
    if (status == ND_OK)
        status = nd_log_announce(&index->log, index->manifest.state, error);
    return nd_index_fail(error, status == ND_OK ? swept : status);
}

/* --- copying --- */

static nd_status copy_bytes(const nd_file *from, const nd_file *to, uint64_t len,
                            const nd_allocator *allocator, nd_error *error)
{
    char *const bytes = nd_alloc(allocator, COPIED_BYTES, 1);
    nd_status status = bytes ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint64_t at = 0; status == ND_OK && at < len;) {
        const size_t num = len - at < COPIED_BYTES ? (size_t)(len - at) : COPIED_BYTES;
        status = nd_file_read(from, at, bytes, num, error);
        if (status == ND_OK)
            status = nd_file_write(to, at, bytes, num, error);
        at += num;
    }
    nd_release(allocator, bytes);
    return status;
}

static nd_status copy_file(const nd_file *from, const nd_folder *folder, uint64_t len,
                           nd_error *error)
{
    nd_file to = ND_FILE_CLOSED;
    nd_status status = nd_file_open(&to, folder, from->name, ND_FILE_CREATE, error);
    if (status == ND_OK)
        status = copy_bytes(from, &to, len, folder->allocator, error);
    if (status == ND_OK)
        status = nd_file_sync(&to, error);
    nd_file_close(&to);
    return status;
}

/* The log as far as the handle sees it. Its marks may have moved on since. */
static nd_status copy_log(const nd_index *index, const nd_folder *folder, nd_error *error)
{
    const nd_log *const log = &index->log;
    nd_log copy = {.file = ND_FILE_CLOSED};
    nd_status status = copy_file(&log->file, folder, log->mark.committed, error);
    if (status == ND_OK)
        status = nd_log_open(&copy, folder, index->manifest.log, ND_FILE_UPDATE, error);
    for (int i = 0; status == ND_OK && i < 2; i++) { /* both marks */
        copy.mark = log->mark;
        status = nd_log_announce(&copy, index->manifest.state, error);
    }
    if (status == ND_OK)
        status = nd_file_sync(&copy.file, error);
    nd_log_close(&copy);
    return status;
}

static nd_status copy_all(const nd_index *index, const nd_folder *folder, nd_error *error)
{
    uint64_t gone_bytes = 0;
    nd_status status = copy_log(index, folder, error);
    for (uint32_t i = 0; status == ND_OK && i < index->manifest.num_runs; i++)
        status = copy_file(&index->runs[i].file, folder, index->runs[i].info.size_bytes, error);
    if (status == ND_OK && index->manifest.gone != 0) {
        status = nd_file_size(&index->gone, &gone_bytes, error);
        if (status == ND_OK)
            status = copy_file(&index->gone, folder, gone_bytes, error);
    }
    return status == ND_OK ? nd_manifest_write(folder, &index->manifest, error) : status;
}

nd_status nd_index_copy(nd_index *index, const char *path, nd_error *error)
{
    nd_folder folder = {.fd = -1};
    nd_status status = nd_index_check_usable(index, error);
    if (status == ND_OK && index->num_pending > 0)
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' has changes to commit first",
                              index->folder.path);
    if (status != ND_OK)
        return status;
    status = nd_folder_create(&folder, path, &index->allocator, error);
    if (status == ND_OK)
        status = copy_all(index, &folder, error);
    nd_folder_close(&folder);
    return nd_index_fail(error, status);
}

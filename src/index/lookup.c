#include <string.h>

#include "index/sampling.h"
#include "index/state.h"
#include "util/error.h"

static nd_status no_number(const nd_index *index, const char *what, uint32_t number,
                           nd_error *error)
{
    return nd_file_damaged(&index->log.file, error, "there is no %s %lu", what,
                           (unsigned long)number);
}

/* The run that has a document or a text, by bisection. */
static const nd_run *run_of_document(const nd_index *index, uint32_t number)
{
    uint32_t low = 0, high = index->manifest.num_runs;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        *(index->runs[middle].info.first_document <= number ? &low : &high) = middle;
    }
    return &index->runs[low];
}

static const nd_run *run_of_text(const nd_index *index, uint32_t number)
{
    uint32_t low = 0, high = index->manifest.num_runs;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        *(index->runs[middle].info.first_text <= number ? &low : &high) = middle;
    }
    return &index->runs[low];
}

nd_status nd_index_document_entry(const nd_index *index, uint32_t number, nd_document_entry *entry,
                                  nd_error *error)
{
    if (number >= index->num_documents)
        return no_number(index, "document", number, error);
    if (number >= index->tail.first_document) {
        *entry = index->tail.documents.items[number - index->tail.first_document];
        return ND_OK;
    }
    nd_run_cursor cursor;
    const nd_run *const run = run_of_document(index, number);
    nd_run_cursor_init(&cursor, run, ND_TABLE_DOCUMENTS, NULL);
    return nd_run_cursor_entry(&cursor, number - run->info.first_document, entry, error);
}

nd_status nd_index_text_entry_near(const nd_index *index, nd_run_cursor *cursor, uint32_t number,
                                   nd_text_entry *entry, nd_error *error)
{
    if (number >= index->num_texts)
        return no_number(index, "text", number, error);
    if (number >= index->tail.first_text) {
        *entry = index->tail.texts.items[number - index->tail.first_text];
        return ND_OK;
    }
    nd_kept_entry *const kept =
        cursor->cache && index->num_kept > 0 ? &index->kept[number % index->num_kept] : NULL;
    if (kept && kept->place == number + 1) {
        *entry = kept->entry;
        return ND_OK;
    }
    const nd_run *const run = run_of_text(index, number);
    if (!cursor->run || cursor->run != run)
        nd_run_cursor_init(cursor, run, ND_TABLE_TEXTS, cursor->cache);
    const nd_status status =
        nd_run_cursor_entry(cursor, number - run->info.first_text, entry, error);
    if (status == ND_OK && kept)
        *kept = (nd_kept_entry){number + 1, *entry};
    return status;
}

nd_status nd_index_text_entry(const nd_index *index, uint32_t number, nd_text_entry *entry,
                              nd_error *error)
{
    nd_run_cursor cursor;
    nd_run_cursor_init(&cursor, NULL, ND_TABLE_TEXTS, NULL);
    return nd_index_text_entry_near(index, &cursor, number, entry, error);
}

uint32_t nd_index_num_keys(const nd_index *index)
{
    return nd_index_has_bands(index) ? index->manifest.spec.bands : ND_PICKS_WORDS;
}

nd_status nd_index_read_keys(const nd_index *index, const nd_text_entry *entry, uint32_t *keys,
                             nd_error *error)
{
    union {
        nd_text_change change;
        char bytes[sizeof(nd_text_change) + ND_SKETCH_MAX_SLOTS * sizeof(uint32_t)];
    } record;
    const uint32_t num = nd_index_num_keys(index);
    const size_t len = num * sizeof *keys;
    const nd_status status =
        nd_log_read(&index->log, entry->offset, record.bytes, sizeof(nd_text_change) + len, error);
    if (status != ND_OK)
        return status;
    if (record.change.head.kind != ND_CHANGE_TEXT || record.change.num_keys != num ||
        !nd_log_is_whole(&index->log, &record.change.head, entry->offset))
        return nd_file_damaged(&index->log.file, error, "the text at byte %llu",
                               (unsigned long long)entry->offset);
    memcpy(keys, record.bytes + sizeof(nd_text_change), len);
    return ND_OK;
}

nd_status nd_index_read_document(const nd_index *index, const nd_document_entry *entry,
                                 nd_record_buffer *buffer, nd_error *error)
{
    const size_t len = entry->record_bytes;
    if (len < sizeof(nd_document_change) || len > ND_CHANGE_MAX_BYTES)
        return nd_file_damaged(&index->log.file, error, "a document of %zu bytes", len);
    nd_status status = nd_reserve(&index->allocator, (void **)&buffer->words, &buffer->capacity,
                                  (len + 7) / 8, sizeof *buffer->words);
    if (status == ND_OK)
        status = nd_log_read(&index->log, entry->offset, buffer->words, len, error);
    if (status != ND_OK)
        return status;
    const nd_change *const head = &nd_record_of(buffer)->head;
    if (head->kind != ND_CHANGE_DOCUMENT || head->bytes != len ||
        !nd_log_is_whole(&index->log, head, entry->offset))
        return nd_file_damaged(&index->log.file, error, "the document at byte %llu",
                               (unsigned long long)entry->offset);
    return ND_OK;
}

/* --- ids --- */

/* An id on its way to its document. */
typedef struct id_search {
    const nd_index *index;
    const char *id;
    size_t len;
    nd_record_buffer *buffer;
    uint32_t found; /* ND_NO_NUMBER: not yet */
} id_search;

/* Looks whether a document has the id, and is still there. */
static nd_status try_document(id_search *s, uint32_t number, nd_error *error)
{
    nd_document_entry entry;
    if (nd_bits_has(&s->index->removals.documents, number))
        return ND_OK;
    nd_status status = nd_index_document_entry(s->index, number, &entry, error);
    if (status == ND_OK)
        status = nd_index_read_document(s->index, &entry, s->buffer, error);
    if (status != ND_OK)
        return status;
    const nd_document_change *const record = nd_record_of(s->buffer);
    if (record->id_bytes == s->len && memcmp(nd_document_change_id(record), s->id, s->len) == 0)
        s->found = number;
    return ND_OK;
}

static nd_status search_run_for_id(id_search *s, const nd_run *run, uint64_t hash, nd_error *error)
{
    nd_run_cursor cursor;
    uint64_t first, end;
    nd_run_cursor_init(&cursor, run, ND_TABLE_IDS, NULL);
    nd_status status = nd_run_cursor_find(&cursor, hash, &first, &end, error);
    for (uint64_t i = first; status == ND_OK && i < end && s->found == ND_NO_NUMBER; i++) {
        nd_key_value pair;
        status = nd_run_cursor_pair(&cursor, i, &pair, error);
        if (status == ND_OK)
            status = try_document(s, (uint32_t)pair.value, error);
    }
    return status;
}

nd_status nd_index_find_id_in_runs(const nd_index *index, nd_bytes_view id,
                                   nd_record_buffer *buffer, uint32_t *number, nd_error *error)
{
    const uint64_t hash = nd_id_hash(id.p, id.len_bytes, index->tail.salt);
    id_search s = {index, id.p, id.len_bytes, buffer, ND_NO_NUMBER};
    nd_status status = ND_OK;
    for (uint32_t r = index->manifest.num_runs;
         status == ND_OK && s.found == ND_NO_NUMBER && r-- > 0;)
        status = search_run_for_id(&s, &index->runs[r], hash, error);
    *number = s.found;
    return status;
}

nd_status nd_index_find_id_in_tail(const nd_index *index, nd_bytes_view id,
                                   nd_record_buffer *buffer, uint32_t *number, nd_error *error)
{
    const nd_tail *const tail = &index->tail;
    const uint64_t hash = nd_id_hash(id.p, id.len_bytes, tail->salt);
    id_search s = {index, id.p, id.len_bytes, buffer, ND_NO_NUMBER};
    nd_status status = ND_OK;
    for (uint32_t i = nd_chains_find(&tail->ids, hash);
         status == ND_OK && i != ND_NO_NUMBER && s.found == ND_NO_NUMBER;
         i = nd_chains_before(&tail->ids, i))
        status = try_document(&s, tail->first_document + i, error);
    *number = s.found;
    return status;
}

nd_status nd_index_find_id(const nd_index *index, nd_bytes_view id, nd_record_buffer *buffer,
                           uint32_t *number, nd_error *error)
{
    const nd_status status = nd_index_find_id_in_tail(index, id, buffer, number, error);
    return status == ND_OK && *number == ND_NO_NUMBER
               ? nd_index_find_id_in_runs(index, id, buffer, number, error)
               : status;
}

/* --- digests --- */

typedef struct digest_search {
    const nd_index *index;
    const uint64_t *digest;
    uint32_t found;
} digest_search;

static nd_status try_text(digest_search *s, uint32_t number, nd_error *error)
{
    nd_text_entry entry;
    if (nd_bits_has(&s->index->removals.texts, number))
        return ND_OK;
    const nd_status status = nd_index_text_entry(s->index, number, &entry, error);
    if (status == ND_OK && entry.digest[0] == s->digest[0] && entry.digest[1] == s->digest[1])
        s->found = number;
    return status;
}

static nd_status search_run_for_digest(digest_search *s, const nd_run *run, nd_error *error)
{
    nd_run_cursor cursor;
    uint64_t first, end;
    nd_run_cursor_init(&cursor, run, ND_TABLE_DIGESTS, NULL);
    nd_status status = nd_run_cursor_find(&cursor, s->digest[0], &first, &end, error);
    for (uint64_t i = first; status == ND_OK && i < end && s->found == ND_NO_NUMBER; i++) {
        nd_key_value pair;
        status = nd_run_cursor_pair(&cursor, i, &pair, error);
        if (status == ND_OK)
            status = try_text(s, (uint32_t)pair.value, error);
    }
    return status;
}

nd_status nd_index_find_digest_in_runs(const nd_index *index, const uint64_t *digest,
                                       uint32_t *number, nd_error *error)
{
    digest_search s = {index, digest, ND_NO_NUMBER};
    nd_status status = ND_OK;
    for (uint32_t r = index->manifest.num_runs;
         status == ND_OK && s.found == ND_NO_NUMBER && r-- > 0;)
        status = search_run_for_digest(&s, &index->runs[r], error);
    *number = s.found;
    return status;
}

nd_status nd_index_find_digest_in_tail(const nd_index *index, const uint64_t *digest,
                                       uint32_t *number, nd_error *error)
{
    const nd_tail *const tail = &index->tail;
    digest_search s = {index, digest, ND_NO_NUMBER};
    nd_status status = ND_OK;
    for (uint32_t i = nd_chains_find(&tail->digests, digest[0]);
         status == ND_OK && i != ND_NO_NUMBER && s.found == ND_NO_NUMBER;
         i = nd_chains_before(&tail->digests, i))
        status = try_text(&s, tail->first_text + i, error);
    *number = s.found;
    return status;
}

nd_status nd_index_find_digest(const nd_index *index, const uint64_t *digest, uint32_t *number,
                               nd_error *error)
{
    const nd_status status = nd_index_find_digest_in_tail(index, digest, number, error);
    return status == ND_OK && *number == ND_NO_NUMBER
               ? nd_index_find_digest_in_runs(index, digest, number, error)
               : status;
}

/* --- copies --- */

/* The documents of one text, the latest first. `most` bounds how many are wanted. */
typedef struct copy_search {
    const nd_index *index;
    uint32_t text;
    uint32_t other_than; /* is not wanted */
    size_t most;
    nd_numbers *found;
} copy_search;

static bool is_done(const copy_search *s)
{
    return s->found->len >= s->most;
}

static nd_status add_copy(copy_search *s, uint32_t document)
{
    if (document == s->other_than || nd_bits_has(&s->index->removals.documents, document))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(&s->index->allocator, s->found, 1);
    if (status == ND_OK)
        s->found->items[s->found->len++] = document;
    return status;
}

static nd_status search_run_for_copies(copy_search *s, const nd_run *run, nd_error *error)
{
    nd_run_cursor cursor;
    uint64_t first, end;
    nd_run_cursor_init(&cursor, run, ND_TABLE_COPIES, NULL);
    nd_status status = nd_run_cursor_find(&cursor, s->text, &first, &end, error);
    while (status == ND_OK && end > first && !is_done(s)) {
        nd_key_value pair;
        status = nd_run_cursor_pair(&cursor, --end, &pair, error);
        if (status == ND_OK)
            status = add_copy(s, (uint32_t)pair.value);
    }
    return status;
}

static nd_status search_copies(copy_search *s, nd_error *error)
{
    const nd_tail *const tail = &s->index->tail;
    nd_text_entry entry;
    nd_status status = nd_index_text_entry(s->index, s->text, &entry, error);
    for (uint32_t i = nd_chains_find(&tail->copies, s->text);
         status == ND_OK && i != ND_NO_NUMBER && !is_done(s);
         i = nd_chains_before(&tail->copies, i))
        status = add_copy(s, tail->first_document + i);
    for (uint32_t r = s->index->manifest.num_runs; status == ND_OK && r-- > 0 && !is_done(s);)
        if (s->text < s->index->runs[r].info.first_text + s->index->runs[r].info.num_texts)
            status = search_run_for_copies(s, &s->index->runs[r], error);
    if (status == ND_OK && !is_done(s) && entry.first_document != ND_NO_NUMBER)
        status = add_copy(s, entry.first_document);
    return status;
}

nd_status nd_index_find_copies(const nd_index *index, uint32_t text, nd_numbers *documents,
                               nd_error *error)
{
    copy_search s = {index, text, ND_NO_NUMBER, SIZE_MAX, documents};
    documents->len = 0;
    return search_copies(&s, error);
}

nd_status nd_index_has_other_copy(const nd_index *index, uint32_t text, uint32_t document,
                                  bool *has, nd_error *error)
{
    nd_numbers one = {0};
    copy_search s = {index, text, document, 1, &one};
    const nd_status status = search_copies(&s, error);
    *has = one.len > 0;
    ND_VEC_RELEASE(&index->allocator, &one);
    return status;
}

/* Every change is a record that is appended to the log's pending frame and taken into the tail at
 * once, by the code that replays a log: what a writer sees of its own is what others will see. */
#include "index/writer.h"

#include <string.h>

#include "index/query.h"
#include "util/error.h"

enum {
    TAIL_FRAMES = 4096,
    TAIL_SAMPLES = 1 << 22, /* 12 bytes each in memory, 40 where they are asked for */
};

/* Whether what is committed in memory alone is worth runs of its own: opening replays it. */
static bool is_tail_long(const nd_index *index)
{
    return index->tail.documents.len >= index->options.tail_documents ||
           index->num_frames_in_tail >= TAIL_FRAMES || index->tail.holders.len >= TAIL_SAMPLES;
}

nd_status nd_writer_begin(nd_index *index, nd_error *error)
{
    if (index->options.access != ND_INDEX_WRITE)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' is open for reading",
                            index->folder.path);
    const nd_status status = nd_index_check_usable(index, error);
    if (status != ND_OK)
        return status;
    if (index->num_pending > 0 || !is_tail_long(index))
        return ND_OK;
    return nd_index_flush_tail(index, error);
}

nd_status nd_writer_give_up(nd_index *index, nd_status status)
{
    if (index->is_shadow)
        return status;
    nd_status back = nd_log_roll_back(&index->log, NULL);
    if (back == ND_OK)
        back = nd_index_load(index, NULL);
    index->is_unclear = back != ND_OK;
    return status;
}

/* --- records --- */

/* Ends a record: seals it, and takes it. */
static nd_status end_record(nd_index *index, uint64_t offset, nd_change *head, nd_error *error)
{
    nd_log_seal(&index->log, head);
    index->num_pending++;
    return nd_index_take_change(index, offset, head, error);
}

/* Begins one; NULL when out of memory, or with *status. */
static void *begin_record(nd_index *index, nd_change_kind kind, size_t bytes, uint64_t *offset,
                          nd_error *error)
{
    if (nd_log_relieve(&index->log, error) != ND_OK)
        return NULL;
    *offset = nd_log_next_offset(&index->log);
    nd_change *const head = nd_log_append(&index->log, bytes);
    if (!head) {
        nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    head->kind = (uint32_t)kind;
    head->bytes = (uint32_t)bytes;
    return head;
}

nd_status nd_writer_append_text(nd_index *index, const nd_new_text *text, nd_error *error)
{
    const uint32_t num_keys = nd_index_num_keys(index);
    const size_t keys = num_keys * sizeof *text->keys;
    const size_t bytes = nd_round_up_8(sizeof(nd_text_change) + keys + text->stored_bytes);
    uint64_t offset = 0;
    nd_error failure = {.code = ND_ERR_LIMIT};
    if (bytes > UINT32_MAX || index->num_texts >= ND_NO_NUMBER - 1)
        return nd_error_set(error, ND_ERR_LIMIT, "'%s' is full: compact it", index->folder.path);
    nd_text_change *const change = begin_record(index, ND_CHANGE_TEXT, bytes, &offset, &failure);
    if (!change)
        return nd_error_set(error, failure.code, "%s", failure.message);
    change->number = index->num_texts;
    change->num_tokens = text->num_tokens;
    change->num_shingles = text->num_shingles;
    change->normalised_bytes = text->normalised_bytes;
    change->stored_bytes = text->stored_bytes;
    change->num_keys = num_keys;
    change->digest[0] = text->digest[0];
    change->digest[1] = text->digest[1];
    if (text->keys) /* which all texts have */
        memcpy(change + 1, text->keys, keys);
    if (text->stored_bytes > 0)
        memcpy((char *)(change + 1) + keys, text->stored, text->stored_bytes);
    index->set = text->set;
    const nd_status status = end_record(index, offset, &change->head, error);
    index->set = NULL;
    return status;
}

nd_status nd_writer_append_document(nd_index *index, const nd_index_document *document,
                                    uint32_t text, nd_error *error)
{
    const size_t bytes = nd_round_up_8(sizeof(nd_document_change) + document->id_len_bytes +
                                       document->source_len_bytes);
    uint64_t offset = 0;
    nd_error failure;
    if (index->num_documents >= ND_NO_NUMBER - 1)
        return nd_error_set(error, ND_ERR_LIMIT, "'%s' is full: compact it", index->folder.path);
    nd_document_change *const change =
        begin_record(index, ND_CHANGE_DOCUMENT, bytes, &offset, &failure);
    if (!change)
        return nd_error_set(error, failure.code, "%s", failure.message);
    change->number = index->num_documents;
    change->text = text;
    change->id_bytes = (uint32_t)document->id_len_bytes;
    change->source_bytes = (uint32_t)document->source_len_bytes;
    change->time = document->time;
    change->tag = document->tag;
    change->text_bytes = document->text_len_bytes;
    char *const strings = (char *)(change + 1);
    if (document->id_len_bytes > 0)
        memcpy(strings, document->id, document->id_len_bytes);
    if (document->source_len_bytes > 0)
        memcpy(strings + document->id_len_bytes, document->source, document->source_len_bytes);
    return end_record(index, offset, &change->head, error);
}

nd_status nd_writer_remove(nd_index *index, uint32_t document, nd_error *error)
{
    nd_document_entry entry;
    nd_error failure;
    bool stays = false;
    uint64_t offset = 0;
    nd_status status = nd_index_document_entry(index, document, &entry, error);
    if (status == ND_OK && entry.text != ND_NO_NUMBER)
        status = nd_index_has_other_copy(index, entry.text, document, &stays, error);
    if (status != ND_OK)
        return status;
    nd_removal_change *const change =
        begin_record(index, ND_CHANGE_REMOVAL, sizeof *change, &offset, &failure);
    if (!change)
        return nd_error_set(error, failure.code, "%s", failure.message);
    change->document = document;
    change->text = stays ? ND_NO_NUMBER : entry.text;
    return end_record(index, offset, &change->head, error);
}

/* --- adding --- */

nd_status nd_writer_find_id(nd_index *index, const nd_prepared_list *list, const nd_prepared *item,
                            uint32_t *number, nd_error *error)
{
    const nd_index_document document = nd_prepared_document(list, item);
    const nd_bytes_view id = {document.id, document.id_len_bytes};
    *number = item->known_document;
    if (*number != ND_NO_NUMBER && !nd_bits_has(&index->removals.documents, *number))
        return ND_OK;
    return nd_index_find_id_in_tail(index, id, &index->record, number, error);
}

nd_status nd_writer_find_text(const nd_index *index, const nd_prepared *item, uint32_t *number,
                              nd_error *error)
{
    *number = item->known_text;
    if (item->num_tokens == 0 ||
        (*number != ND_NO_NUMBER && !nd_bits_has(&index->removals.texts, *number)))
        return ND_OK;
    return nd_index_find_digest_in_tail(index, item->digest, number, error);
}

/* The number of the item's text, which is added if it is not there. A text that the runs had when
 * the item was made ready, and that was removed since, was not compressed then: it is read from
 * where it was. */
static nd_status place_text(nd_index *index, const nd_prepared_list *list, const nd_prepared *item,
                            uint32_t *number, nd_error *error)
{
    nd_status status = nd_writer_find_text(index, item, number, error);
    if (status != ND_OK || item->num_tokens == 0 || *number != ND_NO_NUMBER)
        return status;
    nd_new_text text = {
        .digest = {item->digest[0], item->digest[1]},
        .num_tokens = item->num_tokens,
        .num_shingles = item->num_shingles,
        .normalised_bytes = item->normalised_bytes,
        .stored_bytes = item->stored_bytes,
        .keys = ND_VEC_FROM(&list->keys, item->keys_at),
        .set = ND_VEC_FROM(&list->sets, item->set_at),
        .stored = item->stored_bytes > 0 ? list->stored.items + item->stored_at : NULL,
    };
    if (item->known_text != ND_NO_NUMBER) {
        nd_text_entry entry;
        status = nd_index_text_entry(index, item->known_text, &entry, error);
        if (status == ND_OK)
            status = nd_text_reader_stored(&index->texts, &index->log, &entry, &text.stored, error);
        text.stored_bytes = status == ND_OK ? entry.stored_bytes : 0;
    }
    *number = index->num_texts;
    return status == ND_OK ? nd_writer_append_text(index, &text, error) : status;
}

/* Whether the index has a match of the item. */
static nd_status look_for_match(nd_index *index, const nd_prepared_list *list,
                                const nd_prepared *item, bool *has_match, nd_error *error)
{
    const nd_index_match *matches;
    size_t num = 0;
    nd_index_query query;
    nd_index_query_init(&query);
    query.max_matches = 1;
    const nd_status status = nd_query_prepared(index, list, item, &query, &matches, &num, error);
    *has_match = num > 0;
    return status;
}

nd_status nd_writer_add(nd_index *index, const nd_prepared_list *list, const nd_prepared *item,
                        nd_index_mode mode, nd_index_outcome *outcome, nd_error *error)
{
    const nd_index_document document = nd_prepared_document(list, item);
    uint32_t before = ND_NO_NUMBER, text = ND_NO_NUMBER;
    bool has_match = false;
    *outcome = ND_INDEX_OVER_LIMIT;
    if (item->is_over_limit)
        return ND_OK;
    nd_status status = nd_writer_find_id(index, list, item, &before, error);
    *outcome = ND_INDEX_KNOWN_ID;
    if (status != ND_OK || (before != ND_NO_NUMBER && mode != ND_INDEX_REPLACE))
        return status;
    if (mode == ND_INDEX_IF_UNMATCHED)
        status = look_for_match(index, list, item, &has_match, error);
    *outcome = ND_INDEX_MATCHED;
    if (status != ND_OK || has_match)
        return status;
    *outcome = before == ND_NO_NUMBER ? ND_INDEX_ADDED : ND_INDEX_REPLACED;
    if (before != ND_NO_NUMBER)
        status = nd_writer_remove(index, before, error);
    if (status == ND_OK)
        status = place_text(index, list, item, &text, error);
    return status == ND_OK ? nd_writer_append_document(index, &document, text, error) : status;
}

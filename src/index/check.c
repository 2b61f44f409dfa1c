/* Everything that is on the disk is read, and compared with what it was made from: every frame with
 * its checksum; every text with its digest, its set's size and its band keys; every document with
 * what finds it; and the tables of each run with what the log says they hold. Two tables hold the
 * same entries where the sums of the entries' hashes are the same, in whatever order they are: so
 * the texts are read once, and no table is held in memory. */
#include <string.h>

#include "index/prepare.h"
#include "index/sampling.h"
#include "index/state.h"
#include "lsh/buckets.h"
#include "neardup/sketch.h"
#include "util/error.h"
#include "util/xxh.h"

enum { STEPS = 1024 };

typedef struct checker {
    nd_index *index;
    nd_preparer *preparer;
    nd_record_buffer record;
    uint64_t *sums; /* of one run: by table */
    nd_progress_fn progress;
    void *ctx;
    uint64_t done, total;
} checker;

static uint64_t hash_of(uint64_t key, uint64_t value)
{
    const uint64_t pair[2] = {key, value};
    return XXH3_64bits(pair, sizeof pair);
}

static nd_status wrong(const checker *c, const char *what, uint32_t number, nd_error *error)
{
    return nd_file_damaged(&c->index->log.file, error, "%s %lu", what, (unsigned long)number);
}

static nd_status step(checker *c)
{
    if (c->progress && ++c->done % STEPS == 0)
        return c->progress(c->ctx, ND_PHASE_READ, c->done, c->total);
    return ND_OK;
}

/* --- a text, a document --- */

/* Whether the text was sampled as its entry and its record say. */
static nd_status check_samples(checker *c, uint32_t number, const uint64_t *set,
                               const nd_text_entry *entry, nd_error *error)
{
    uint32_t num = 0, picks[ND_PICKS_WORDS], stored[ND_PICKS_WORDS];
    if (nd_sampling_of(set, entry->num_shingles, &num).shift != entry->sample_shift)
        return wrong(c, "the samples of text", number, error);
    nd_picks_pack(set, num, picks);
    const nd_status status = nd_index_read_keys(c->index, entry, stored, error);
    if (status != ND_OK)
        return status;
    if (memcmp(picks, stored, sizeof picks) != 0)
        return wrong(c, "the picks of text", number, error);
    for (uint32_t i = 0; i < num; i++)
        c->sums[ND_TABLE_SAMPLES] +=
            hash_of(nd_sample_key(set[i]), nd_sampling_member(number, entry->num_shingles, i));
    return ND_OK;
}

/* Size of the set, and samples or band keys, made again. */
static nd_status check_sketch(checker *c, uint32_t number, const nd_text *text,
                              const nd_text_entry *entry, nd_error *error)
{
    const nd_spec *const spec = &c->index->manifest.spec;
    nd_preparer *const p = c->preparer;
    uint32_t keys[ND_SKETCH_MAX_SLOTS];
    const size_t num = nd_shingle_count(text, spec->shingle);
    p->hashes.len = p->scratch.len = 0;
    nd_status status = ND_VEC_RESERVE(&c->index->allocator, &p->hashes, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&c->index->allocator, &p->scratch, num);
    if (status == ND_OK)
        status = nd_shingle_hashes(text, spec->shingle, p->hashes.items);
    if (status != ND_OK)
        return status;
    const size_t size = nd_shingle_set(p->hashes.items, num, p->scratch.items);
    if (size != entry->num_shingles || nd_text_num_tokens(text) != entry->num_tokens)
        return wrong(c, "the size of text", number, error);
    if (!nd_index_has_bands(c->index))
        return check_samples(c, number, p->hashes.items, entry, error);
    status = nd_index_read_keys(c->index, entry, keys, error);
    if (status == ND_OK)
        status = nd_sketch_compute(p->hashes.items, size, spec->slots, p->slots);
    if (status != ND_OK)
        return status;
    nd_band_keys(p->slots, spec->bands, spec->rows, p->keys);
    for (uint32_t band = 0; band < spec->bands; band++) {
        if (keys[band] != nd_band_key_short(p->keys[band]))
            return wrong(c, "the band keys of text", number, error);
        c->sums[ND_TABLE_BANDS + band] += hash_of(keys[band], number);
    }
    return ND_OK;
}

static nd_status check_text(checker *c, uint32_t number, nd_error *error)
{
    nd_index *const index = c->index;
    const nd_text *text = NULL;
    nd_text_entry entry;
    uint32_t found = ND_NO_NUMBER;
    if (nd_bits_has(&index->removals.texts, number))
        return ND_OK;
    nd_status status = nd_index_text_entry(index, number, &entry, error);
    if (status == ND_OK)
        status = nd_text_reader_text(&index->texts, &index->log, &entry, &text, error);
    if (status == ND_OK)
        status = check_sketch(c, number, text, &entry, error);
    if (status == ND_OK)
        status = nd_index_find_digest(index, entry.digest, &found, error);
    if (status == ND_OK && found != number)
        return wrong(c, "the digest of text", number, error);
    c->sums[ND_TABLE_DIGESTS] += hash_of(entry.digest[0], number);
    return status == ND_OK ? step(c) : status;
}

static nd_status check_document(checker *c, uint32_t number, nd_error *error)
{
    const nd_index *const index = c->index;
    nd_document_entry entry;
    nd_text_entry text;
    uint32_t found = ND_NO_NUMBER;
    if (nd_bits_has(&index->removals.documents, number))
        return ND_OK;
    nd_status status = nd_index_document_entry(index, number, &entry, error);
    if (status == ND_OK)
        status = nd_index_read_document(index, &entry, &c->record, error);
    if (status != ND_OK)
        return status;
    const nd_document_change *const record = nd_record_of(&c->record);
    if (record->number != number || record->text != entry.text || record->time != entry.time)
        return wrong(c, "the entry of document", number, error);
    const nd_bytes_view id = {nd_document_change_id(record), record->id_bytes};
    c->sums[ND_TABLE_IDS] += hash_of(nd_id_hash(id.p, id.len_bytes, index->tail.salt), number);
    status = nd_index_find_id(index, id, &c->preparer->record, &found, error);
    if (status == ND_OK && found != number)
        return wrong(c, "the id of document", number, error);
    if (status != ND_OK || entry.text == ND_NO_NUMBER)
        return status;
    if (nd_bits_has(&index->removals.texts, entry.text))
        return wrong(c, "the text of document", number, error);
    status = nd_index_text_entry(index, entry.text, &text, error);
    if (status == ND_OK && text.first_document != number)
        c->sums[ND_TABLE_COPIES] += hash_of(entry.text, number);
    return status == ND_OK ? step(c) : status;
}

/* --- a run's tables --- */

/* Whether b may follow a in the table. */
static nd_status check_order(const checker *c, uint32_t table, const nd_key_value pairs[2],
                             bool *is_right, nd_error *error)
{
    nd_text_entry entries[2];
    *is_right = pairs[0].key < pairs[1].key ||
                (pairs[0].key == pairs[1].key && pairs[0].value < pairs[1].value);
    if (pairs[0].key != pairs[1].key || table < ND_TABLE_SAMPLES)
        return ND_OK;
    nd_status status = nd_index_text_entry(c->index, (uint32_t)pairs[0].value, &entries[0], error);
    if (status == ND_OK)
        status = nd_index_text_entry(c->index, (uint32_t)pairs[1].value, &entries[1], error);
    *is_right = status == ND_OK && nd_index_compare_texts(c->index, &entries[0], &entries[1]) <= 0;
    return status;
}

static nd_status check_table(const checker *c, const nd_run *run, uint32_t table, nd_error *error)
{
    const nd_removals *const removals = &c->index->removals;
    const nd_bits *const gone =
        table == ND_TABLE_IDS || table == ND_TABLE_COPIES ? &removals->documents : &removals->texts;
    nd_run_cursor cursor;
    nd_key_value pairs[2] = {{0, 0}, {0, 0}};
    uint64_t sum = 0;
    bool is_right = true;
    nd_status status = ND_OK;
    nd_run_cursor_init(&cursor, run, table, NULL);
    for (uint64_t i = 0; status == ND_OK && is_right && i < run->tables[table].num; i++) {
        pairs[0] = pairs[1];
        status = nd_run_cursor_pair(&cursor, i, &pairs[1], error);
        if (status == ND_OK && i > 0)
            status = check_order(c, table, pairs, &is_right, error);
        if (!nd_bits_has(gone, (uint32_t)pairs[1].value))
            sum += hash_of(pairs[1].key, pairs[1].value);
    }
    if (status == ND_OK && (!is_right || sum != c->sums[table]))
        status = nd_file_damaged(&run->file, error, "table %lu is not what the log says",
                                 (unsigned long)table);
    return status;
}

/* Documents and texts from these numbers up to those, which make a run; NULL: the tail. */
static nd_status check_part(checker *c, const nd_run *run, const uint32_t documents[2],
                            const uint32_t texts[2], nd_error *error)
{
    const uint32_t num_tables = nd_run_num_tables(&c->index->manifest.spec);
    nd_status status = ND_OK;
    memset(c->sums, 0, num_tables * sizeof *c->sums);
    for (uint32_t i = texts[0]; status == ND_OK && i < texts[1]; i++)
        status = check_text(c, i, error);
    for (uint32_t i = documents[0]; status == ND_OK && i < documents[1]; i++)
        status = check_document(c, i, error);
    for (uint32_t table = ND_TABLE_IDS; status == ND_OK && run && table < num_tables; table++)
        status = check_table(c, run, table, error);
    return status;
}

static nd_status check_parts(checker *c, nd_error *error)
{
    const nd_index *const index = c->index;
    nd_status status = nd_log_verify(&index->log, error);
    for (uint32_t i = 0; status == ND_OK && i <= index->manifest.num_runs; i++) {
        const bool is_run = i < index->manifest.num_runs;
        const nd_run_info *const info = &index->runs[is_run ? i : 0].info;
        const uint32_t documents[2] = {is_run ? info->first_document : index->tail.first_document,
                                       is_run ? info->first_document + info->num_documents
                                              : index->num_documents};
        const uint32_t texts[2] = {is_run ? info->first_text : index->tail.first_text,
                                   is_run ? info->first_text + info->num_texts : index->num_texts};
        status = check_part(c, is_run ? &index->runs[i] : NULL, documents, texts, error);
    }
    return status;
}

nd_status nd_index_check(nd_index *index, nd_progress_fn progress, void *ctx, nd_error *error)
{
    checker c = {.index = index, .progress = progress, .ctx = ctx};
    c.total = (uint64_t)index->num_documents + index->num_texts;
    nd_status status = nd_index_check_usable(index, error);
    if (status == ND_OK && index->num_pending > 0)
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' has changes to commit first",
                              index->folder.path);
    if (status == ND_OK)
        status = nd_preparers_make(index, 1);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    c.preparer = index->preparers;
    c.sums = nd_alloc(&index->allocator, nd_run_num_tables(&index->manifest.spec), sizeof *c.sums);
    status = c.sums ? check_parts(&c, error) : ND_ERR_NO_MEMORY;
    nd_release(&index->allocator, c.sums);
    nd_release(&index->allocator, c.record.words);
    return nd_index_fail(error, status);
}

/* Runs are made of the tail and merged with those before them: a logarithmic method (Bentley and
 * Saxe, Decomposable searching problems, 1980; O'Neil and others, The log-structured merge-tree,
 * 1996). A run takes in the one before it while that is at most twice its own size, so that there
 * are log2(n / tail) runs at most and an entry is written as often. Only tables are written again,
 * 200 bytes a document; the log stays where it is. */
#include <string.h>

#include "index/state.h"
#include "util/sort.h"

/* One of the sorted sequences that are merged: of a run, or of the tail. */
typedef struct sequence {
    const nd_run *run; /* NULL: the tail */
    nd_run_cursor cursor;
    const nd_key_value *pairs;
    uint64_t at, num;
    nd_key_value head;
} sequence;

typedef struct merger {
    nd_index *index;
    uint32_t first_run; /* these and all after it, and the tail, become one */
    sequence *sequences;
    uint32_t num_sequences;
    nd_key_value *pairs, *scratch; /* of the tail */
    size_t num_pairs;
    uint32_t first_text;
    uint32_t *ranks; /* of the texts from first_text on: their places in nd_index_compare_texts */
    nd_run_writer writer;
    uint32_t table;
} merger;

/* --- the order of texts under one key --- */

static uint32_t rank_of(const merger *m, uint64_t member)
{
    return m->ranks[(uint32_t)member - m->first_text];
}

/* A text on its way to its rank: | UINT32_MAX - size | first half of the digest's first half | is
 * its key, and texts of one key are few: those are compared by their entries. */
static uint64_t rank_key(const nd_index *index, const nd_text_entry *entry)
{
    const uint32_t size = nd_index_has_bands(index) ? entry->num_tokens : entry->num_shingles;
    return (uint64_t)(UINT32_MAX - size) << 32 | entry->digest[0] >> 32;
}

/* ctx: the merger. Texts that cannot be read are equal, as merging fails at them anyway. */
static int compare_texts(void *ctx, const void *left, const void *right)
{
    const nd_index *const index = ((const merger *)ctx)->index;
    const nd_key_value *const a = left, *const b = right;
    nd_text_entry x, y;
    if (nd_index_text_entry(index, (uint32_t)a->value, &x, NULL) != ND_OK ||
        nd_index_text_entry(index, (uint32_t)b->value, &y, NULL) != ND_OK)
        return 0;
    const int order = nd_index_compare_texts(index, &x, &y);
    return order != 0 ? order : (a->value > b->value) - (a->value < b->value);
}

static void fill_ranks(merger *m, nd_key_value *texts, nd_key_value *scratch, size_t num)
{
    nd_radix_sort_pairs(texts, scratch, num);
    for (size_t i = 0, end; i < num; i = end) {
        for (end = i + 1; end < num && texts[end].key == texts[i].key; end++)
            ;
        if (end - i > 1)
            nd_heap_sort(texts + i, end - i, sizeof *texts, compare_texts, m);
    }
    for (size_t i = 0; i < num; i++)
        m->ranks[(uint32_t)texts[i].value - m->first_text] = (uint32_t)i;
}

/* Ranks the texts that are merged: in 36 bytes each while it works, and 4 after. */
static nd_status rank_texts(merger *m, nd_error *error)
{
    const nd_index *const index = m->index;
    const nd_allocator *const a = &index->allocator;
    const size_t num = index->num_texts - m->first_text;
    nd_key_value *const texts = nd_alloc(a, num, sizeof *texts);
    nd_key_value *const scratch = nd_alloc(a, num, sizeof *scratch);
    m->ranks = nd_alloc(a, num, sizeof *m->ranks);
    nd_status status = texts && scratch && m->ranks ? ND_OK : ND_ERR_NO_MEMORY;
    size_t at = 0;
    for (uint32_t r = 0; r + 1 < m->num_sequences; r++) {
        nd_run_cursor cursor;
        nd_run_cursor_init(&cursor, m->sequences[r].run, ND_TABLE_TEXTS, NULL);
        for (uint64_t i = 0; status == ND_OK && i < cursor.run->info.num_texts; i++, at++) {
            nd_text_entry entry;
            status = nd_run_cursor_entry(&cursor, i, &entry, error);
            if (status == ND_OK)
                texts[at] = (nd_key_value){rank_key(index, &entry), m->first_text + at};
        }
    }
    for (size_t i = 0; status == ND_OK && i < index->tail.texts.len; i++, at++)
        texts[at] =
            (nd_key_value){rank_key(index, &index->tail.texts.items[i]), m->first_text + at};
    if (status == ND_OK)
        fill_ranks(m, texts, scratch, num);
    nd_release(a, texts);
    nd_release(a, scratch);
    return status;
}

/* --- what the tail has, sorted --- */

static int compare_members(void *ctx, const void *left, const void *right)
{
    const nd_key_value *const a = left, *const b = right;
    const uint32_t x = rank_of(ctx, a->value), y = rank_of(ctx, b->value);
    return (x > y) - (x < y);
}

/* Members of one bucket in its order. */
static void order_buckets(merger *m)
{
    for (size_t i = 0, end; i < m->num_pairs; i = end) {
        for (end = i + 1; end < m->num_pairs && m->pairs[end].key == m->pairs[i].key; end++)
            ;
        if (end - i > 1)
            nd_heap_sort(m->pairs + i, end - i, sizeof *m->pairs, compare_members, m);
    }
}

static bool is_gone(const merger *m, uint32_t table, uint32_t number)
{
    const nd_removals *const r = &m->index->removals;
    return nd_bits_has(
        table == ND_TABLE_IDS || table == ND_TABLE_COPIES ? &r->documents : &r->texts, number);
}

static void add_pair(merger *m, uint64_t key, uint64_t value)
{
    if (!is_gone(m, m->table, (uint32_t)value))
        m->pairs[m->num_pairs++] = (nd_key_value){key, value};
}

static void list_chain_keys(merger *m, const nd_chains *chains, uint32_t first)
{
    for (size_t i = 0; i < chains->latest.capacity; i++) {
        const nd_u64_map_entry entry = chains->latest.entries[i];
        if (entry.value == ND_U64_MAP_NONE)
            continue;
        for (uint32_t n = (uint32_t)entry.value; n != ND_NO_NUMBER; n = nd_chains_before(chains, n))
            add_pair(m, entry.key, first + n);
    }
}

static int compare_pairs(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_key_value *const a = left, *const b = right;
    return (a->value > b->value) - (a->value < b->value);
}

/* Numbers under one key, ascending. */
static void order_numbers(merger *m)
{
    for (size_t i = 0, end; i < m->num_pairs; i = end) {
        for (end = i + 1; end < m->num_pairs && m->pairs[end].key == m->pairs[i].key; end++)
            ;
        if (end - i > 1)
            nd_heap_sort(m->pairs + i, end - i, sizeof *m->pairs, compare_pairs, NULL);
    }
}

static void list_samples(merger *m)
{
    const nd_tail *const tail = &m->index->tail;
    for (uint32_t i = 0; i < tail->holders.len; i++)
        add_pair(m, tail->sample_keys.items[i], nd_tail_sample_member(tail, i));
}

/* The tail's part of the table at work. */
static void sort_tail(merger *m)
{
    const nd_tail *const tail = &m->index->tail;
    m->num_pairs = 0;
    if (m->table == ND_TABLE_IDS)
        list_chain_keys(m, &tail->ids, tail->first_document);
    else if (m->table == ND_TABLE_DIGESTS)
        list_chain_keys(m, &tail->digests, tail->first_text);
    else if (m->table == ND_TABLE_COPIES)
        list_chain_keys(m, &tail->copies, tail->first_document);
    else if (m->table == ND_TABLE_SAMPLES)
        list_samples(m);
    else
        for (uint32_t i = 0; i < tail->texts.len; i++)
            add_pair(m, tail->keys.items[(size_t)i * tail->bands + (m->table - ND_TABLE_BANDS)],
                     tail->first_text + i);
    nd_radix_sort_pairs(m->pairs, m->scratch, m->num_pairs);
    if (m->table >= ND_TABLE_SAMPLES)
        order_buckets(m);
    else
        order_numbers(m);
}

/* --- merging --- */

/* Of a run; what has to have a rank has one. */
static nd_status read_head(const merger *m, sequence *s, nd_error *error)
{
    const nd_status status = nd_run_cursor_pair(&s->cursor, s->at, &s->head, error);
    const uint32_t number = (uint32_t)s->head.value;
    if (status == ND_OK && m->table >= ND_TABLE_SAMPLES &&
        (number < m->first_text || number >= m->index->num_texts))
        return nd_file_damaged(&s->run->file, error, "text %lu is not of this run",
                               (unsigned long)number);
    return status;
}

/* Reads the head at `at` or after it, leaving out what was removed. */
static nd_status settle(merger *m, sequence *s, nd_error *error)
{
    nd_status status = ND_OK;
    for (; status == ND_OK && s->at < s->num; s->at++) {
        if (s->run)
            status = read_head(m, s, error);
        else
            s->head = s->pairs[s->at];
        if (status != ND_OK || !is_gone(m, m->table, (uint32_t)s->head.value))
            break;
    }
    return status;
}

/* Whether the head of a comes before that of b. */
static bool comes_before(const merger *m, const sequence *a, const sequence *b)
{
    if (a->head.key != b->head.key)
        return a->head.key < b->head.key;
    return m->table < ND_TABLE_SAMPLES ? a->head.value < b->head.value
                                       : rank_of(m, a->head.value) < rank_of(m, b->head.value);
}

/* The sequence whose head is next; NULL: all are at their end. */
static sequence *find_next(const merger *m)
{
    sequence *next = NULL;
    for (uint32_t i = 0; i < m->num_sequences; i++) {
        sequence *const s = &m->sequences[i];
        if (s->at < s->num && (!next || comes_before(m, s, next)))
            next = s;
    }
    return next;
}

static nd_status merge_table(merger *m, nd_error *error)
{
    uint64_t most = 0;
    sort_tail(m);
    for (uint32_t i = 0; i < m->num_sequences; i++)
        most += m->sequences[i].run ? m->sequences[i].run->tables[m->table].num : m->num_pairs;
    nd_status status = nd_run_writer_table(&m->writer, most, error);
    for (uint32_t i = 0; status == ND_OK && i < m->num_sequences; i++) {
        sequence *const s = &m->sequences[i];
        s->at = 0;
        s->num = s->run ? s->run->tables[m->table].num : m->num_pairs;
        s->pairs = m->pairs;
        if (s->run)
            nd_run_cursor_init(&s->cursor, s->run, m->table, NULL);
        status = settle(m, s, error);
    }
    for (sequence *next; status == ND_OK && (next = find_next(m));) {
        status = nd_run_writer_pair(&m->writer, next->head, error);
        next->at++;
        if (status == ND_OK)
            status = settle(m, next, error);
    }
    return status;
}

/* Documents or texts, by number. */
static nd_status join_entries(merger *m, nd_error *error)
{
    const nd_tail *const tail = &m->index->tail;
    const uint64_t most =
        m->table == ND_TABLE_DOCUMENTS ? m->index->num_documents : m->index->num_texts;
    nd_status status = nd_run_writer_table(&m->writer, most, error);
    union {
        nd_document_entry document;
        nd_text_entry text;
    } entry;
    for (uint32_t i = 0; i + 1 < m->num_sequences; i++) {
        sequence *const s = &m->sequences[i];
        nd_run_cursor_init(&s->cursor, s->run, m->table, NULL);
        for (uint64_t at = 0; status == ND_OK && at < s->run->tables[m->table].num; at++) {
            status = nd_run_cursor_entry(&s->cursor, at, &entry, error);
            if (status == ND_OK)
                status = nd_run_writer_entry(&m->writer, &entry, error);
        }
    }
    const size_t num = m->table == ND_TABLE_DOCUMENTS ? tail->documents.len : tail->texts.len;
    for (size_t i = 0; status == ND_OK && i < num; i++)
        status = nd_run_writer_entry(&m->writer,
                                     m->table == ND_TABLE_DOCUMENTS
                                         ? (const void *)&tail->documents.items[i]
                                         : &tail->texts.items[i],
                                     error);
    return status;
}

static nd_status write_tables(merger *m, nd_error *error)
{
    const uint32_t num_tables = nd_run_num_tables(&m->index->manifest.spec);
    nd_status status = ND_OK;
    for (m->table = 0; status == ND_OK && m->table < num_tables; m->table++)
        status = m->table < ND_TABLE_IDS ? join_entries(m, error) : merge_table(m, error);
    return status;
}

static nd_status init(merger *m, nd_index *index)
{
    const nd_tail *const tail = &index->tail;
    const nd_manifest *const manifest = &index->manifest;
    size_t most = tail->documents.len > tail->texts.len ? tail->documents.len : tail->texts.len;
    most = most > tail->holders.len ? most : tail->holders.len;
    uint64_t size = tail->documents.len;
    *m = (merger){.index = index, .first_run = manifest->num_runs};
    while (m->first_run > 0 &&
           (index->merges_all || manifest->runs[m->first_run - 1].num_documents <= 2 * size))
        size += manifest->runs[--m->first_run].num_documents;
    m->first_text = m->first_run < manifest->num_runs ? manifest->runs[m->first_run].first_text
                                                      : tail->first_text;
    m->num_sequences = manifest->num_runs - m->first_run + 1;
    m->sequences = nd_alloc_zeroed(&index->allocator, m->num_sequences, sizeof *m->sequences);
    m->pairs = nd_alloc(&index->allocator, most, sizeof *m->pairs);
    m->scratch = nd_alloc(&index->allocator, most, sizeof *m->scratch);
    if (!m->sequences || !m->pairs || !m->scratch)
        return ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; i + 1 < m->num_sequences; i++)
        m->sequences[i].run = &index->runs[m->first_run + i];
    return ND_OK;
}

static void release(merger *m)
{
    const nd_allocator *const a = &m->index->allocator;
    nd_run_writer_release(&m->writer);
    nd_release(a, m->sequences);
    nd_release(a, m->pairs);
    nd_release(a, m->scratch);
    nd_release(a, m->ranks);
}

/* The manifest that has the new run in place of those that were merged. */
static nd_status describe(merger *m, nd_manifest *next, nd_error *error)
{
    const nd_index *const index = m->index;
    const nd_tail *const tail = &index->tail;
    nd_run_info *const run = &next->runs[m->first_run];
    const bool has_older = m->first_run < next->num_runs;
    const nd_run_info first = has_older ? *run
                                        : (nd_run_info){.first_document = tail->first_document,
                                                        .first_text = tail->first_text};
    *run = (nd_run_info){.first_document = first.first_document, .first_text = first.first_text};
    run->num_documents = index->num_documents - run->first_document;
    run->num_texts = index->num_texts - run->first_text;
    next->num_runs = m->first_run + 1;
    next->log_covered = index->log.mark.committed;
    next->log_frames = index->log.mark.frames;
    next->state++;
    return nd_run_writer_end(&m->writer, run, error);
}

/* Writes the removals where there are more than the manifest's file tells. */
static nd_status save_removals(nd_index *index, nd_manifest *next, nd_error *error)
{
    if (index->removals.documents.num_set == 0)
        return ND_OK;
    next->gone = next->next_number++;
    return nd_removals_write(&index->removals, &index->folder, next->gone, error);
}

static void remove_old_files(const nd_folder *folder, const nd_manifest *before,
                             const nd_manifest *now)
{
    char name[ND_FILE_NAME_BYTES];
    for (uint32_t i = now->num_runs - 1; i < before->num_runs; i++) {
        nd_manifest_file_name(name, "run", before->runs[i].number);
        nd_folder_remove(folder, name);
    }
    nd_manifest_file_name(name, "gone", before->gone);
    if (before->gone != 0 && before->gone != now->gone)
        nd_folder_remove(folder, name);
}

/* Makes the next manifest the index's. The log has to be on the disk before it is. */
static nd_status switch_to(merger *m, const nd_manifest *next, nd_error *error)
{
    nd_index *const index = m->index;
    const nd_manifest before = index->manifest;
    nd_status status = nd_file_sync(&index->log.file, error);
    if (status == ND_OK && !index->is_shadow)
        status = nd_manifest_write(&index->folder, next, error);
    if (status != ND_OK)
        return status;
    for (uint32_t i = m->first_run; i < before.num_runs; i++)
        nd_run_close(&index->runs[i], &index->allocator);
    index->manifest = *next;
    remove_old_files(&index->folder, &before, next);
    status = nd_run_open(&index->runs[m->first_run], &index->folder, &next->spec,
                         &next->runs[m->first_run], error);
    if (status == ND_OK)
        status = nd_log_announce(&index->log, next->state, error);
    nd_tail_release(&index->tail);
    index->tail = (nd_tail){.bands = next->spec.bands,
                            .salt = index->log.salt,
                            .first_document = index->num_documents,
                            .first_text = index->num_texts};
    index->num_frames_in_tail = 0;
    const nd_status made = nd_tail_init(&index->tail, &index->allocator);
    index->is_unclear = status != ND_OK || made != ND_OK;
    return status != ND_OK ? status : made;
}

nd_status nd_index_flush_tail(nd_index *index, nd_error *error)
{
    merger m;
    nd_manifest next = index->manifest;
    nd_status status = init(&m, index);
    if (status == ND_OK)
        status = rank_texts(&m, error);
    if (status == ND_OK)
        status = nd_run_writer_begin(&m.writer, &index->folder, next.next_number++, error);
    if (status == ND_OK)
        status = write_tables(&m, error);
    if (status == ND_OK)
        status = describe(&m, &next, error);
    if (status == ND_OK)
        status = save_removals(index, &next, error);
    if (status == ND_OK)
        status = switch_to(&m, &next, error);
    release(&m);
    return nd_index_fail(error, status);
}

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
    nd_text_entry entry; /* of the head's text, where the order in buckets matters */
} sequence;

typedef struct merger {
    nd_index *index;
    uint32_t first_run; /* these and all after it, and the tail, become one */
    sequence *sequences;
    uint32_t num_sequences;
    nd_key_value *pairs, *scratch; /* of the tail */
    size_t num_pairs;
    nd_run_writer writer;
    uint32_t table;
} merger;

/* --- what the tail has, sorted --- */

static int compare_members(void *ctx, const void *left, const void *right)
{
    const nd_tail *const tail = &((const merger *)ctx)->index->tail;
    const nd_key_value *const a = left, *const b = right;
    return nd_text_entry_compare(&tail->texts.items[a->value - tail->first_text],
                                 &tail->texts.items[b->value - tail->first_text]);
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

static void add_pair(merger *m, uint64_t key, uint32_t number)
{
    if (!is_gone(m, m->table, number))
        m->pairs[m->num_pairs++] = (nd_key_value){key, number};
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
    else
        for (uint32_t i = 0; i < tail->texts.len; i++)
            add_pair(m, tail->keys.items[(size_t)i * tail->bands + (m->table - ND_TABLE_BANDS)],
                     tail->first_text + i);
    nd_radix_sort_pairs(m->pairs, m->scratch, m->num_pairs);
    if (m->table >= ND_TABLE_BANDS)
        order_buckets(m);
    else
        order_numbers(m);
}

/* --- merging --- */

/* Reads the head at `at` or after it, leaving out what was removed. */
static nd_status settle(merger *m, sequence *s, nd_error *error)
{
    nd_status status = ND_OK;
    for (; status == ND_OK && s->at < s->num; s->at++) {
        if (s->run)
            status = nd_run_cursor_pair(&s->cursor, s->at, &s->head, error);
        else
            s->head = s->pairs[s->at];
        if (status != ND_OK || !is_gone(m, m->table, (uint32_t)s->head.value))
            break;
    }
    s->entry.offset = UINT64_MAX; /* not read */
    return status;
}

static nd_status read_entry(const merger *m, sequence *s, nd_error *error)
{
    return s->entry.offset == UINT64_MAX
               ? nd_index_text_entry(m->index, (uint32_t)s->head.value, &s->entry, error)
               : ND_OK;
}

/* Whether the head of a comes before that of b. */
static nd_status comes_before(const merger *m, sequence *a, sequence *b, bool *before,
                              nd_error *error)
{
    *before = a->head.key < b->head.key;
    if (a->head.key != b->head.key)
        return ND_OK;
    if (m->table < ND_TABLE_BANDS) {
        *before = a->head.value < b->head.value;
        return ND_OK;
    }
    nd_status status = read_entry(m, a, error);
    if (status == ND_OK)
        status = read_entry(m, b, error);
    *before = status == ND_OK && nd_text_entry_compare(&a->entry, &b->entry) < 0;
    return status;
}

/* The sequence whose head is next; NULL: all are at their end. */
static nd_status find_next(const merger *m, sequence **next, nd_error *error)
{
    nd_status status = ND_OK;
    *next = NULL;
    for (uint32_t i = 0; status == ND_OK && i < m->num_sequences; i++) {
        sequence *const s = &m->sequences[i];
        bool before = true;
        if (s->at == s->num)
            continue;
        if (*next)
            status = comes_before(m, s, *next, &before, error);
        if (before)
            *next = s;
    }
    return status;
}

static nd_status merge_table(merger *m, nd_error *error)
{
    nd_status status = nd_run_writer_table(&m->writer, error);
    sort_tail(m);
    for (uint32_t i = 0; status == ND_OK && i < m->num_sequences; i++) {
        sequence *const s = &m->sequences[i];
        s->at = 0;
        s->num = s->run ? s->run->tables[m->table].num : m->num_pairs;
        s->pairs = m->pairs;
        if (s->run)
            nd_run_cursor_init(&s->cursor, s->run, m->table);
        status = settle(m, s, error);
    }
    while (status == ND_OK) {
        sequence *next = NULL;
        status = find_next(m, &next, error);
        if (status != ND_OK || !next)
            break;
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
    nd_status status = nd_run_writer_table(&m->writer, error);
    union {
        nd_document_entry document;
        nd_text_entry text;
    } entry;
    for (uint32_t i = 0; i + 1 < m->num_sequences; i++) {
        sequence *const s = &m->sequences[i];
        nd_run_cursor_init(&s->cursor, s->run, m->table);
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
    const size_t most =
        tail->documents.len > tail->texts.len ? tail->documents.len : tail->texts.len;
    uint64_t size = tail->documents.len;
    *m = (merger){.index = index, .first_run = manifest->num_runs};
    while (m->first_run > 0 &&
           (index->merges_all || manifest->runs[m->first_run - 1].num_documents <= 2 * size))
        size += manifest->runs[--m->first_run].num_documents;
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

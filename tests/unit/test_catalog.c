/* The order of documents and the classes of equal texts, on any number of threads. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "engine/catalog.h"
#include "engine/record_file.h"
#include "failing_allocator.h"
#include "random.h"

enum { NUM_DOCUMENTS = 60000, MAX_ID_BYTES = 40 };

typedef struct made_documents {
    nd_collection collection;
    char *records;
    size_t stride;
    uint64_t *texts; /* by tag */
} made_documents;

static nd_record *record_at(const made_documents *m, size_t i)
{
    return (nd_record *)(m->records + i * m->stride);
}

/* The index of a new document of the collection. */
static uint32_t add_facts(nd_collection *c, const nd_text_facts *text,
                          const nd_document_facts *document)
{
    nd_chunk *chunk = c->chunks.len > 0 ? c->chunks.items[c->chunks.len - 1] : NULL;
    uint32_t number = (uint32_t)c->chunks.len - 1;
    if (!chunk || chunk->num == ND_CHUNK_DOCUMENTS) {
        if (chunk)
            assert_int_equal(nd_collection_close_chunk(c, chunk), ND_OK);
        assert_int_equal(nd_collection_open_chunk(c, &chunk, &number), ND_OK);
    }
    chunk->texts[chunk->num] = *text;
    chunk->documents[chunk->num] = *document;
    return number << ND_CHUNK_BITS | chunk->num++;
}

/* Ids of shared beginnings and of all lengths, some carried twice; about a third of the texts are
 * copies, and some have no tokens. */
static made_documents make_documents(nd_random random, nd_budget *budget)
{
    static const char *const beginnings[] = {"", "a", "news/2026/", "news/2026/november-25-"};
    static nd_allocator of_heap;
    of_heap = nd_allocator_or_default(NULL);
    const nd_allocator *const allocator = budget ? nd_budget_allocator(budget) : &of_heap;
    made_documents m = {.stride = (sizeof(nd_record) + MAX_ID_BYTES + 7) / 8 * 8};
    assert_int_equal(nd_collection_init(&m.collection, 8, 0, budget, allocator), ND_OK);
    m.records = calloc(NUM_DOCUMENTS, m.stride);
    m.texts = calloc(NUM_DOCUMENTS, sizeof *m.texts);
    assert_true(m.records && m.texts);
    for (size_t i = 0; i < NUM_DOCUMENTS; i++) {
        const uint64_t text = nd_random_u64(&random) % (NUM_DOCUMENTS * 3 / 2);
        const uint32_t num_tokens = (uint32_t)(text % 50);
        nd_record *const r = record_at(&m, i);
        m.texts[i] = text;
        *r = (nd_record){.tag = i, .num_tokens = num_tokens};
        r->index = add_facts(&m.collection,
                             &(nd_text_facts){.digest = {text * 0x9E3779B97F4A7C15u, text % 5},
                                              .check = text,
                                              .num_hashes = num_tokens,
                                              .num_tokens = num_tokens},
                             &(nd_document_facts){.raw_digest = text});
        r->id_len_bytes =
            (uint32_t)snprintf((char *)(r + 1), MAX_ID_BYTES, "%s%llu", beginnings[i % 4],
                               (unsigned long long)(nd_random_u64(&random) % (2 * NUM_DOCUMENTS)));
    }
    return m;
}

static nd_catalog make_catalog(const made_documents *m, uint32_t num_threads)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_catalog_request request = {ND_SIZE_TOKENS, ND_TEXTS_FORGET, num_threads};
    nd_record **const documents = nd_alloc(&a, NUM_DOCUMENTS, sizeof *documents);
    assert_non_null(documents);
    for (size_t i = 0; i < NUM_DOCUMENTS; i++)
        documents[i] = record_at(m, i);
    nd_catalog catalog;
    assert_int_equal(
        nd_catalog_init(&catalog, &m->collection, documents, NUM_DOCUMENTS, &request, &a), ND_OK);
    return catalog;
}

static void release_catalog(nd_catalog *catalog)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_catalog_release(catalog, &a);
}

static void release_documents(made_documents *m)
{
    nd_collection_release(&m->collection);
    free(m->records);
    free(m->texts);
}

static void documents_are_in_order(void **state)
{
    (void)state;
    made_documents m = make_documents((nd_random){1}, NULL);
    for (uint32_t num_threads = 1; num_threads <= 7; num_threads++) {
        nd_catalog c = make_catalog(&m, num_threads);
        for (size_t d = 1; d < NUM_DOCUMENTS; d++)
            assert_true(nd_compare_ids(c.documents[d - 1], c.documents[d]) < 0);
        assert_true(c.num_renamed > 0);
        release_catalog(&c);
    }
    release_documents(&m);
}

static uint64_t text_of(const made_documents *m, const nd_catalog *c, uint32_t x)
{
    return m->texts[nd_catalog_record(c, x)->tag];
}

/* Every document with tokens stands among the copies of one text, beside its equals only. */
static void check_classes(const made_documents *m, const nd_catalog *c)
{
    size_t num_with_tokens = 0;
    for (size_t d = 0; d < NUM_DOCUMENTS; d++)
        num_with_tokens += c->documents[d]->num_tokens > 0;
    assert_int_equal(c->copies_start[c->num_texts], num_with_tokens);
    for (uint32_t x = 0; x < c->num_texts; x++) {
        assert_true(c->copies_start[x] < c->copies_start[x + 1]);
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++) {
            assert_true(i == c->copies_start[x] || c->copies[i - 1] < c->copies[i]);
            assert_int_equal(m->texts[c->documents[c->copies[i]]->tag], text_of(m, c, x));
            assert_int_equal(c->text_of[c->copies[i]], x);
        }
        assert_true(x == 0 ||
                    nd_catalog_record(c, x - 1)->num_tokens >= nd_catalog_record(c, x)->num_tokens);
    }
    for (size_t d = 0; d < NUM_DOCUMENTS; d++)
        assert_int_equal(c->text_of[d] == ND_NO_TEXT, c->documents[d]->num_tokens == 0);
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* No two texts are equal. */
static void check_texts_differ(const made_documents *m, const nd_catalog *c)
{
    uint64_t *const texts = malloc(c->num_texts * sizeof *texts);
    assert_non_null(texts);
    for (uint32_t x = 0; x < c->num_texts; x++)
        texts[x] = text_of(m, c, x);
    qsort(texts, c->num_texts, sizeof *texts, compare_u64);
    for (uint32_t x = 1; x < c->num_texts; x++)
        assert_true(texts[x - 1] < texts[x]);
    free(texts);
}

static void check_equal(const nd_catalog *c, const nd_catalog *first)
{
    const size_t num = c->num_texts;
    assert_int_equal(num, first->num_texts);
    assert_memory_equal(c->copies_start, first->copies_start, (num + 1) * sizeof(uint32_t));
    assert_memory_equal(c->copies, first->copies, c->copies_start[num] * sizeof(uint32_t));
}

static void equal_texts_are_one(void **state)
{
    (void)state;
    made_documents m = make_documents((nd_random){2}, NULL);
    nd_catalog first = make_catalog(&m, 1);
    check_classes(&m, &first);
    check_texts_differ(&m, &first);
    for (uint32_t num_threads = 2; num_threads <= 7; num_threads++) {
        nd_catalog c = make_catalog(&m, num_threads);
        check_equal(&c, &first);
        release_catalog(&c);
    }
    release_catalog(&first);
    release_documents(&m);
}

/* Facts that went to a file say the same as those in memory. */
static void a_budget_changes_nothing(void **state)
{
    (void)state;
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = 1 << 20;
    nd_budget *budget;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    made_documents m = make_documents((nd_random){2}, NULL);
    made_documents spilled = make_documents((nd_random){2}, budget);
    assert_true(nd_budget_use_get(budget).disk_bytes > 1 << 20);
    assert_true(nd_budget_use_get(budget).peak_memory_bytes < 1 << 20);
    nd_catalog first = make_catalog(&m, 1);
    for (uint32_t num_threads = 1; num_threads <= 3; num_threads += 2) {
        nd_catalog c = make_catalog(&spilled, num_threads);
        check_equal(&c, &first);
        assert_int_equal(c.num_renamed, first.num_renamed);
        release_catalog(&c);
    }
    release_catalog(&first);
    release_documents(&m);
    release_documents(&spilled);
    assert_int_equal(nd_budget_use_get(budget).disk_bytes, 0);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
    nd_budget_free(budget);
}

static nd_budget *limited_budget(void)
{
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = 1 << 20;
    nd_budget *budget;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    return budget;
}

/* Record i goes to run i % num_runs. */
static nd_catalog make_catalog_from_runs(const made_documents *m, size_t num_runs,
                                         nd_budget *budget)
{
    const nd_allocator *const a = nd_budget_allocator(budget);
    const nd_catalog_request request = {ND_SIZE_TOKENS, ND_TEXTS_FORGET, 2};
    nd_record **const run = calloc(NUM_DOCUMENTS, sizeof(nd_record *));
    nd_record_runs runs;
    assert_non_null(run);
    assert_int_equal(nd_record_runs_init(&runs, budget, ND_TEXTS_FORGET, a), ND_OK);
    for (size_t r = 0; r < num_runs; r++) {
        size_t num = 0;
        for (size_t i = r; i < NUM_DOCUMENTS; i += num_runs)
            run[num++] = record_at(m, i);
        assert_int_equal(nd_record_runs_add(&runs, run, num), ND_OK);
    }
    free(run);
    nd_catalog catalog;
    assert_int_equal(nd_catalog_init_from_runs(&catalog, &m->collection, &runs, &request, a),
                     ND_OK);
    return catalog;
}

/* Names, their documents and texts. */
static void records_in_runs_make_the_same_catalog(void **state)
{
    (void)state;
    static const size_t nums[] = {1, 2, 7, 500};
    made_documents m = make_documents((nd_random){4}, NULL);
    nd_catalog first = make_catalog(&m, 1);
    assert_true(first.num_renamed > 10);
    for (size_t i = 0; i < sizeof nums / sizeof *nums; i++) {
        nd_budget *const budget = limited_budget();
        nd_catalog c = make_catalog_from_runs(&m, nums[i], budget);
        nd_record_reader reader = {0};
        assert_int_equal(c.num_documents, first.num_documents);
        assert_int_equal(c.num_renamed, first.num_renamed);
        for (size_t d = 0; d < NUM_DOCUMENTS; d++) {
            const nd_record *record;
            assert_int_equal(nd_catalog_read(&c, &reader, d, &record), ND_OK);
            assert_int_equal(nd_compare_records(record, first.documents[d]), 0);
            assert_int_equal(nd_catalog_index(&c, (uint32_t)d), first.documents[d]->index);
        }
        for (size_t k = 0; k < c.num_renamed; k++) {
            assert_int_equal(nd_compare_records(c.renamed[k].record, first.renamed[k].record), 0);
            assert_int_equal(nd_compare_records(c.renamed[k].first, first.renamed[k].first), 0);
        }
        assert_int_equal(c.num_texts, first.num_texts);
        assert_memory_equal(c.copies, first.copies,
                            first.copies_start[first.num_texts] * sizeof *c.copies);
        assert_memory_equal(c.text_of, first.text_of, NUM_DOCUMENTS * sizeof *c.text_of);
        nd_record_reader_release(&reader, nd_budget_allocator(budget));
        nd_catalog_release(&c, nd_budget_allocator(budget));
        assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
        assert_int_equal(nd_budget_use_get(budget).disk_bytes, 0);
        nd_budget_free(budget);
    }
    release_catalog(&first);
    release_documents(&m);
}

/* Three documents of each id, in two runs. */
static nd_status name_small_runs(const made_documents *m, nd_budget *budget)
{
    const nd_allocator *const a = nd_budget_allocator(budget);
    const nd_catalog_request request = {ND_SIZE_TOKENS, ND_TEXTS_FORGET, 1};
    nd_record_runs runs;
    nd_catalog catalog = {0};
    nd_status status = nd_record_runs_init(&runs, budget, ND_TEXTS_FORGET, a);
    assert_int_equal(status, ND_OK);
    for (size_t r = 0; r < 2 && status == ND_OK; r++) {
        nd_record *run[30];
        for (size_t i = 0; i < 30; i++)
            run[i] = record_at(m, r * 30 + i);
        status = nd_record_runs_add(&runs, run, 30);
    }
    if (status == ND_OK)
        status = nd_catalog_init_from_runs(&catalog, &m->collection, &runs, &request, a);
    if (status == ND_OK)
        assert_int_equal(catalog.num_renamed, 40);
    nd_record_runs_release(&runs);
    nd_catalog_release(&catalog, a);
    return status;
}

/* An allocation or a write: each that fails is reported, and nothing is left. */
static void each_failure_of_naming_is_reported(void **state)
{
    (void)state;
    const nd_allocator heap = nd_allocator_or_default(NULL);
    made_documents m = {.stride = (sizeof(nd_record) + MAX_ID_BYTES + 7) / 8 * 8};
    assert_int_equal(nd_collection_init(&m.collection, 8, 0, NULL, &heap), ND_OK);
    m.records = calloc(60, m.stride);
    assert_non_null(m.records);
    for (size_t i = 0; i < 60; i++) {
        nd_record *const r = record_at(&m, i);
        *r = (nd_record){.tag = i, .num_tokens = 5};
        r->index = add_facts(&m.collection,
                             &(nd_text_facts){.digest = {i % 7}, .num_hashes = 5, .num_tokens = 5},
                             &(nd_document_facts){.raw_digest = i});
        r->id_len_bytes = (uint32_t)snprintf((char *)(r + 1), MAX_ID_BYTES, "id %zu", i % 20);
    }
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = 1 << 20;
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 2; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator behind = failing_allocator_make(&f);
        options.allocator = &behind;
        nd_budget *budget;
        assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
        status = name_small_runs(&m, budget);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        assert_int_equal(nd_budget_use_get(budget).disk_bytes, 0);
        nd_budget_free(budget);
        assert_int_equal(f.live, 0);
    }
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    options.allocator = NULL;
    status = ND_ERR_IO;
    for (rlim_t most = 0; status != ND_OK; most += 200) {
        const struct rlimit limit = {most, before.rlim_max};
        nd_budget *budget;
        assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        status = name_small_runs(&m, budget);
        assert_true(status == ND_OK || (status == ND_ERR_IO && most < 60 * 48));
        nd_budget_free(budget);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    release_documents(&m);
}

enum { NUM_LARGE = 150 };

/* A record with an id of id_len bytes that begins with a number, and as long a text. */
static nd_record *large_record(size_t number, size_t id_len, const nd_allocator *a)
{
    const uint64_t text_len = id_len / 2;
    char *const bytes = nd_alloc(a, sizeof(nd_record) + id_len + sizeof text_len + text_len, 1);
    assert_non_null(bytes);
    nd_record *const record = (nd_record *)(void *)bytes;
    *record = (nd_record){.tag = number, .id_len_bytes = (uint32_t)id_len};
    char *const id = bytes + sizeof *record;
    memset(id, 'x', id_len);
    char begin[8];
    snprintf(begin, sizeof begin, "%06zu", number * 7919 % NUM_LARGE);
    memcpy(id, begin, 6);
    memcpy(id + id_len, &text_len, sizeof text_len);
    memset(id + id_len + sizeof text_len, (int)number, text_len);
    return record;
}

typedef struct seen_records {
    nd_record_file *file;
    size_t num;
} seen_records;

static nd_status see_record(void *ctx, const nd_record *record)
{
    seen_records *const seen = ctx;
    uint64_t text_len;
    const char *const text = nd_record_text(record, &text_len);
    assert_int_equal(record->tag * 7919 % NUM_LARGE, seen->num++);
    assert_int_equal(text_len, record->id_len_bytes / 2);
    assert_int_equal((uint8_t)text[text_len - 1], record->tag);
    return seen->file ? nd_record_file_append(seen->file, record) : ND_OK;
}

/* Also those that no buffer has room for. */
static void records_of_any_size_pass_through_files(void **state)
{
    (void)state;
    nd_budget *const budget = limited_budget();
    const nd_allocator *const a = nd_budget_allocator(budget);
    nd_record_runs runs;
    nd_record_file file;
    assert_int_equal(nd_record_runs_init(&runs, budget, ND_TEXTS_KEEP, a), ND_OK);
    assert_int_equal(nd_record_file_init(&file, budget, ND_TEXTS_KEEP, a), ND_OK);
    for (size_t first = 0; first < NUM_LARGE; first += NUM_LARGE / 3) {
        nd_record *records[NUM_LARGE / 3];
        for (size_t i = 0; i < NUM_LARGE / 3; i++)
            records[i] = large_record(first + i, i % 10 == 0 ? 400000 + i : 6 + i, a);
        assert_int_equal(nd_record_runs_add(&runs, records, NUM_LARGE / 3), ND_OK);
        for (size_t i = 0; i < NUM_LARGE / 3; i++)
            nd_release(a, records[i]);
    }
    seen_records seen = {&file, 0};
    assert_int_equal(nd_record_runs_merge(&runs, see_record, &seen), ND_OK);
    assert_int_equal(seen.num, NUM_LARGE);
    assert_int_equal(nd_record_file_end(&file), ND_OK);
    seen = (seen_records){NULL, 0};
    assert_int_equal(nd_record_file_each(&file, see_record, &seen), ND_OK);
    assert_int_equal(seen.num, NUM_LARGE);
    nd_record_reader reader = {0};
    for (size_t i = 0; i < NUM_LARGE; i++) {
        const nd_record *record;
        seen.num = i * 31 % NUM_LARGE;
        assert_int_equal(nd_record_reader_get(&reader, &file, seen.num, &record), ND_OK);
        assert_int_equal(see_record(&seen, record), ND_OK);
    }
    nd_record_reader_release(&reader, a);
    nd_record_file_release(&file);
    nd_record_runs_release(&runs);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
    nd_budget_free(budget);
}

/* Names do not depend on the order in which documents came: those of a run are given by content. */
static void documents_of_one_id_are_named_apart(void **state)
{
    (void)state;
    made_documents m = make_documents((nd_random){3}, NULL);
    nd_catalog first = make_catalog(&m, 1);
    for (size_t i = 0; i < first.num_renamed; i++) {
        const nd_record *const id = first.renamed[i].first, *const name = first.renamed[i].record;
        assert_true(m.texts[id->tag] <= m.texts[name->tag]);
        assert_true(name->id_len_bytes > id->id_len_bytes);
        assert_memory_equal(nd_record_id(id), nd_record_id(name), id->id_len_bytes);
        assert_int_equal(nd_record_id(name)[id->id_len_bytes], '#');
        assert_true(i == 0 || nd_compare_ids(first.renamed[i - 1].record, name) < 0);
    }
    release_catalog(&first);
    release_documents(&m);
}

/* One size and one digest: a second digest tells them apart, whichever came first. */
static void texts_whose_digests_collide_are_two_in_a_fixed_order(void **state)
{
    (void)state;
    enum { NUM = 3 };
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_catalog_request request = {ND_SIZE_TOKENS, ND_TEXTS_FORGET, 1};
    const uint64_t checks[NUM] = {30, 10, 30};
    struct {
        nd_record record;
        char id[8];
    } made[NUM];
    for (size_t turn = 0; turn < NUM; turn++) {
        nd_collection collection;
        assert_int_equal(nd_collection_init(&collection, 8, 0, NULL, &a), ND_OK);
        nd_record **const documents = nd_alloc(&a, NUM, sizeof *documents);
        assert_non_null(documents);
        for (size_t i = 0; i < NUM; i++) {
            const uint64_t check = checks[(i + turn) % NUM];
            made[i].record = (nd_record){.tag = check, .num_tokens = 5, .id_len_bytes = 1};
            made[i].record.index =
                add_facts(&collection,
                          &(nd_text_facts){
                              .digest = {7, 8}, .check = check, .num_hashes = 1, .num_tokens = 5},
                          &(nd_document_facts){.raw_digest = check});
            made[i].id[0] = (char)('a' + i);
            documents[i] = &made[i].record;
        }
        nd_catalog c;
        assert_int_equal(nd_catalog_init(&c, &collection, documents, NUM, &request, &a), ND_OK);
        assert_int_equal(c.num_texts, 2);
        assert_int_equal(nd_catalog_record(&c, 0)->tag, 10);
        assert_int_equal(nd_catalog_num_copies(&c, 1), 2);
        nd_catalog_release(&c, &a);
        nd_collection_release(&collection);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_in_order),
        cmocka_unit_test(equal_texts_are_one),
        cmocka_unit_test(a_budget_changes_nothing),
        cmocka_unit_test(records_in_runs_make_the_same_catalog),
        cmocka_unit_test(each_failure_of_naming_is_reported),
        cmocka_unit_test(records_of_any_size_pass_through_files),
        cmocka_unit_test(documents_of_one_id_are_named_apart),
        cmocka_unit_test(texts_whose_digests_collide_are_two_in_a_fixed_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

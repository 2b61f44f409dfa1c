/* The order of documents and the classes of equal texts, on any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/catalog.h"
#include "engine/id_compare.h"
#include "random.h"

enum { NUM_DOCUMENTS = 60000, BANDS = 3, NUM_HASHES = 4, MAX_ID_BYTES = 40 };

typedef struct made_records {
    char *records;
    size_t stride;
    uint64_t (*hashes)[NUM_HASHES];
} made_records;

static nd_record *record_at(const made_records *m, size_t i)
{
    return (nd_record *)(m->records + i * m->stride);
}

/* Ids of shared beginnings and of all lengths, some carried twice; about a third of the texts are
 * copies, and some have no tokens. */
static made_records make_records(nd_random random)
{
    static const char *const beginnings[] = {"", "a", "news/2026/", "news/2026/november-25-"};
    made_records m = {.stride = (sizeof(nd_record) + BANDS * 4 + MAX_ID_BYTES + 7) / 8 * 8};
    m.records = calloc(NUM_DOCUMENTS, m.stride);
    m.hashes = calloc(NUM_DOCUMENTS, sizeof *m.hashes);
    assert_true(m.records && m.hashes);
    for (size_t i = 0; i < NUM_DOCUMENTS; i++) {
        const uint64_t text = nd_random_u64(&random) % (NUM_DOCUMENTS * 3 / 2);
        nd_record *const r = record_at(&m, i);
        for (uint64_t h = 0; h < NUM_HASHES; h++)
            m.hashes[i][h] = text * NUM_HASHES + h;
        *r = (nd_record){.digest = {text * 0x9E3779B97F4A7C15u, text % 5},
                         .hashes = m.hashes[i],
                         .num_hashes = NUM_HASHES,
                         .num_tokens = (uint32_t)(text % 50)};
        for (uint32_t j = 0; j < BANDS; j++)
            r->band_keys[j] = (uint32_t)(text * BANDS + j);
        r->id_len_bytes = (uint32_t)snprintf(
            (char *)(r->band_keys + BANDS), MAX_ID_BYTES, "%s%llu", beginnings[i % 4],
            (unsigned long long)(nd_random_u64(&random) % (2 * NUM_DOCUMENTS)));
    }
    return m;
}

static nd_catalog make_catalog(const made_records *m, uint32_t num_threads, nd_scan_output output)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.num_threads = num_threads;
    options.output = output;
    nd_record **const documents = nd_alloc(&a, NUM_DOCUMENTS, sizeof *documents);
    assert_non_null(documents);
    for (size_t i = 0; i < NUM_DOCUMENTS; i++)
        documents[i] = record_at(m, i);
    nd_catalog catalog;
    assert_int_equal(nd_catalog_init(&catalog, documents, NUM_DOCUMENTS, &options, BANDS, &a),
                     ND_OK);
    return catalog;
}

static void release_all(nd_catalog *catalog, made_records *m)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    if (catalog)
        nd_catalog_release(catalog, &a);
    if (m) {
        free(m->records);
        free(m->hashes);
    }
}

static void documents_are_in_order(void **state)
{
    (void)state;
    made_records m = make_records((nd_random){1});
    for (uint32_t num_threads = 1; num_threads <= 7; num_threads++) {
        nd_catalog c = make_catalog(&m, num_threads, ND_SCAN_PAIRS);
        for (size_t d = 1; d < NUM_DOCUMENTS; d++)
            assert_true(nd_compare_records(c.documents[d - 1], c.documents[d], BANDS) <= 0);
        release_all(&c, NULL);
    }
    release_all(NULL, &m);
}

/* Every document with tokens stands among the copies of one distinct, beside its equals only. */
static void check_classes(const nd_catalog *c)
{
    size_t num_with_tokens = 0;
    for (size_t d = 0; d < NUM_DOCUMENTS; d++)
        num_with_tokens += c->documents[d]->num_tokens > 0;
    assert_int_equal(c->copies_start[c->num_distinct], num_with_tokens);
    for (uint32_t x = 0; x < c->num_distinct; x++) {
        const uint64_t text = nd_catalog_record(c, x)->hashes[0];
        assert_true(c->copies_start[x] < c->copies_start[x + 1]);
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++) {
            assert_true(i == c->copies_start[x] || c->copies[i - 1] < c->copies[i]);
            assert_int_equal(c->documents[c->copies[i]]->hashes[0], text);
        }
        assert_true(x == 0 ||
                    nd_catalog_record(c, x - 1)->num_tokens >= nd_catalog_record(c, x)->num_tokens);
        for (uint32_t j = 0; j < BANDS; j++)
            assert_int_equal(c->band_keys[j * c->num_distinct + x],
                             nd_catalog_record(c, x)->band_keys[j]);
    }
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* No two distincts have one text. */
static void check_distincts_differ(const nd_catalog *c)
{
    uint64_t *const texts = malloc(c->num_distinct * sizeof *texts);
    assert_non_null(texts);
    for (uint32_t x = 0; x < c->num_distinct; x++)
        texts[x] = nd_catalog_record(c, x)->hashes[0];
    qsort(texts, c->num_distinct, sizeof *texts, compare_u64);
    for (uint32_t x = 1; x < c->num_distinct; x++)
        assert_true(texts[x - 1] < texts[x]);
    free(texts);
}

static void equal_texts_are_one_distinct(void **state)
{
    (void)state;
    made_records m = make_records((nd_random){2});
    nd_catalog first = make_catalog(&m, 1, ND_SCAN_GROUPS);
    check_classes(&first);
    check_distincts_differ(&first);
    for (uint32_t num_threads = 2; num_threads <= 7; num_threads++) {
        nd_catalog c = make_catalog(&m, num_threads, ND_SCAN_GROUPS);
        const size_t num = c.num_distinct;
        assert_int_equal(num, first.num_distinct);
        assert_memory_equal(c.copies_start, first.copies_start, (num + 1) * sizeof(uint32_t));
        assert_memory_equal(c.copies, first.copies, c.copies_start[num] * sizeof(uint32_t));
        assert_memory_equal(c.band_keys, first.band_keys, num * BANDS * sizeof(uint32_t));
        release_all(&c, NULL);
    }
    release_all(&first, &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_in_order),
        cmocka_unit_test(equal_texts_are_one_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

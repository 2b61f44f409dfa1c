/* The order of documents and the classes of equal texts, on any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/catalog.h"
#include "engine/id_order.h"
#include "random.h"

enum { NUM_DOCUMENTS = 60000, BANDS = 3, NUM_HASHES = 4, MAX_ID_BYTES = 40 };

typedef struct made_records {
    char *records;
    size_t stride;
    uint64_t (*hashes)[NUM_HASHES];
    uint32_t (*keys)[BANDS];
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
    made_records m = {.stride = (sizeof(nd_record) + MAX_ID_BYTES + 7) / 8 * 8};
    m.records = calloc(NUM_DOCUMENTS, m.stride);
    m.hashes = calloc(NUM_DOCUMENTS, sizeof *m.hashes);
    m.keys = calloc(NUM_DOCUMENTS, sizeof *m.keys);
    assert_true(m.records && m.hashes && m.keys);
    for (size_t i = 0; i < NUM_DOCUMENTS; i++) {
        const uint64_t text = nd_random_u64(&random) % (NUM_DOCUMENTS * 3 / 2);
        nd_record *const r = record_at(&m, i);
        for (uint64_t h = 0; h < NUM_HASHES; h++)
            m.hashes[i][h] = text * NUM_HASHES + h;
        *r = (nd_record){.digest = {text * 0x9E3779B97F4A7C15u, text % 5},
                         .raw_digest = text,
                         .tag = i,
                         .hashes = m.hashes[i],
                         .band_keys = m.keys[i],
                         .num_hashes = NUM_HASHES,
                         .num_tokens = (uint32_t)(text % 50)};
        for (uint32_t j = 0; j < BANDS; j++)
            r->band_keys[j] = (uint32_t)(text * BANDS + j);
        r->id_len_bytes =
            (uint32_t)snprintf((char *)(r + 1), MAX_ID_BYTES, "%s%llu", beginnings[i % 4],
                               (unsigned long long)(nd_random_u64(&random) % (2 * NUM_DOCUMENTS)));
    }
    return m;
}

static nd_catalog make_catalog(const made_records *m, uint32_t num_threads)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_catalog_request request = {ND_SIZE_TOKENS, ND_TEXTS_FORGET, num_threads};
    nd_record **const documents = nd_alloc(&a, NUM_DOCUMENTS, sizeof *documents);
    assert_non_null(documents);
    for (size_t i = 0; i < NUM_DOCUMENTS; i++)
        documents[i] = record_at(m, i);
    nd_catalog catalog;
    assert_int_equal(nd_catalog_init(&catalog, documents, NUM_DOCUMENTS, &request, &a), ND_OK);
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
        free(m->keys);
    }
}

static void documents_are_in_order(void **state)
{
    (void)state;
    made_records m = make_records((nd_random){1});
    for (uint32_t num_threads = 1; num_threads <= 7; num_threads++) {
        nd_catalog c = make_catalog(&m, num_threads);
        for (size_t d = 1; d < NUM_DOCUMENTS; d++)
            assert_true(nd_compare_ids(c.documents[d - 1], c.documents[d]) < 0);
        assert_true(c.num_renamed > 0);
        release_all(&c, NULL);
    }
    release_all(NULL, &m);
}

/* Every document with tokens stands among the copies of one text, beside its equals only. */
static void check_classes(const nd_catalog *c)
{
    size_t num_with_tokens = 0;
    for (size_t d = 0; d < NUM_DOCUMENTS; d++)
        num_with_tokens += c->documents[d]->num_tokens > 0;
    assert_int_equal(c->copies_start[c->num_texts], num_with_tokens);
    for (uint32_t x = 0; x < c->num_texts; x++) {
        const uint64_t text = c->texts[x]->hashes[0];
        assert_true(c->copies_start[x] < c->copies_start[x + 1]);
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++) {
            assert_true(i == c->copies_start[x] || c->copies[i - 1] < c->copies[i]);
            assert_int_equal(c->documents[c->copies[i]]->hashes[0], text);
        }
        assert_true(x == 0 || c->texts[x - 1]->num_tokens >= c->texts[x]->num_tokens);
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++)
            assert_int_equal(c->text_of[c->copies[i]], x);
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
static void check_texts_differ(const nd_catalog *c)
{
    uint64_t *const texts = malloc(c->num_texts * sizeof *texts);
    assert_non_null(texts);
    for (uint32_t x = 0; x < c->num_texts; x++)
        texts[x] = c->texts[x]->hashes[0];
    qsort(texts, c->num_texts, sizeof *texts, compare_u64);
    for (uint32_t x = 1; x < c->num_texts; x++)
        assert_true(texts[x - 1] < texts[x]);
    free(texts);
}

static void equal_texts_are_one(void **state)
{
    (void)state;
    made_records m = make_records((nd_random){2});
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_catalog first = make_catalog(&m, 1);
    check_classes(&first);
    check_texts_differ(&first);
    for (uint32_t num_threads = 2; num_threads <= 7; num_threads++) {
        nd_catalog c = make_catalog(&m, num_threads);
        const size_t num = c.num_texts;
        assert_int_equal(num, first.num_texts);
        assert_memory_equal(c.copies_start, first.copies_start, (num + 1) * sizeof(uint32_t));
        assert_memory_equal(c.copies, first.copies, c.copies_start[num] * sizeof(uint32_t));
        uint32_t *const keys = nd_catalog_band_keys(&c, BANDS, num_threads, &a);
        assert_non_null(keys);
        for (uint32_t x = 0; x < num; x++)
            for (uint32_t j = 0; j < BANDS; j++)
                assert_int_equal(keys[j * num + x], c.texts[x]->band_keys[j]);
        nd_release(&a, keys);
        release_all(&c, NULL);
    }
    release_all(&first, &m);
}

/* Names do not depend on the order in which documents came: those of a run are given by content. */
static void documents_of_one_id_are_named_apart(void **state)
{
    (void)state;
    made_records m = make_records((nd_random){3});
    nd_catalog first = make_catalog(&m, 1);
    for (size_t i = 0; i < first.num_renamed; i++) {
        const nd_record *const id = first.renamed[i].first, *const name = first.renamed[i].record;
        assert_true(id->raw_digest <= name->raw_digest);
        assert_true(name->id_len_bytes > id->id_len_bytes);
        assert_memory_equal(nd_record_id(id), nd_record_id(name), id->id_len_bytes);
        assert_int_equal(nd_record_id(name)[id->id_len_bytes], '#');
        assert_true(i == 0 || nd_compare_ids(first.renamed[i - 1].record, name) < 0);
    }
    release_all(&first, &m);
}

/* One size and one digest: hashes tell them apart, whichever came first. */
static void texts_whose_digests_collide_are_two_in_a_fixed_order(void **state)
{
    (void)state;
    enum { NUM = 3 };
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_catalog_request request = {ND_SIZE_TOKENS, ND_TEXTS_FORGET, 1};
    uint64_t hashes[NUM][1] = {{30}, {10}, {30}};
    struct {
        nd_record record;
        char id[8];
    } made[NUM];
    for (size_t turn = 0; turn < NUM; turn++) {
        nd_record **const documents = nd_alloc(&a, NUM, sizeof *documents);
        assert_non_null(documents);
        for (size_t i = 0; i < NUM; i++) {
            const size_t at = (i + turn) % NUM;
            made[i].record = (nd_record){.digest = {7, 8},
                                         .check = hashes[at][0],
                                         .raw_digest = hashes[at][0],
                                         .hashes = hashes[at],
                                         .num_hashes = 1,
                                         .num_tokens = 5,
                                         .id_len_bytes = 1};
            made[i].id[0] = (char)('a' + i);
            documents[i] = &made[i].record;
        }
        nd_catalog c;
        assert_int_equal(nd_catalog_init(&c, documents, NUM, &request, &a), ND_OK);
        assert_int_equal(c.num_texts, 2);
        assert_int_equal(c.texts[0]->hashes[0], 10);
        assert_int_equal(nd_catalog_num_copies(&c, 1), 2);
        nd_catalog_release(&c, &a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_in_order),
        cmocka_unit_test(equal_texts_are_one),
        cmocka_unit_test(documents_of_one_id_are_named_apart),
        cmocka_unit_test(texts_whose_digests_collide_are_two_in_a_fixed_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

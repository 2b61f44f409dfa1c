/* Batches: the layouts, what is made of each text, sets, verification of many pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "made_up_texts.h"
#include "neardup/neardup.h"

/* The same texts in all three layouts, after two that `first` skips. */
typedef struct columns {
    size_t num;
    char *data;
    int32_t *offsets_32;
    int64_t *offsets_64;
    char *views;
    const char *buffers[1];
    uint8_t *validity;
} columns;

enum { SKIPPED = 2 };

static columns make_columns(const corpus *c, size_t null_text)
{
    const size_t num = c->num + SKIPPED;
    columns k = {.num = c->num,
                 .data = malloc(1 << 20),
                 .offsets_32 = calloc(num + 1, sizeof *k.offsets_32),
                 .offsets_64 = calloc(num + 1, sizeof *k.offsets_64),
                 .views = calloc(num, 16),
                 .validity = calloc(num / 8 + 1, 1)};
    assert_true(k.data && k.offsets_32 && k.offsets_64 && k.views && k.validity);
    size_t at = 0;
    for (size_t i = 0; i < num; i++) {
        const char *const text = i < SKIPPED ? "not looked at" : c->documents[i - SKIPPED].text;
        const uint32_t len = (uint32_t)strlen(text), offset = (uint32_t)at;
        assert_true(at + len < 1 << 20);
        memcpy(k.data + at, text, len);
        memcpy(k.views + i * 16, &len, sizeof len);
        memcpy(k.views + i * 16 + 4, text, len < 12 ? len : 12);
        if (len > 12) {
            memset(k.views + i * 16 + 8, 0, 4);
            memcpy(k.views + i * 16 + 12, &offset, sizeof offset);
        }
        at += len;
        k.offsets_32[i + 1] = (int32_t)at;
        k.offsets_64[i + 1] = (int64_t)at;
        if (i != null_text + SKIPPED)
            k.validity[i / 8] |= (uint8_t)(1u << (i % 8));
    }
    k.buffers[0] = k.data;
    return k;
}

static nd_text_batch batch_of(const columns *k, nd_text_layout layout)
{
    return (nd_text_batch){.layout = layout,
                           .num = k->num,
                           .first = SKIPPED,
                           .validity = k->validity,
                           .offsets = layout == ND_LAYOUT_OFFSETS_32 ? (const void *)k->offsets_32
                                                                     : k->offsets_64,
                           .data = k->data,
                           .views = k->views,
                           .view_data = k->buffers};
}

static void release_columns(columns *k)
{
    free(k->data);
    free(k->offsets_32);
    free(k->offsets_64);
    free(k->views);
    free(k->validity);
}

static nd_spec corpus_spec(void)
{
    nd_scan_options options;
    nd_spec spec;
    nd_scan_options_init(&options);
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_OK);
    return spec;
}

/* One text by the functions for single texts. */
static void check_text(const nd_spec *spec, const char *text, size_t i, const nd_batch_output *out,
                       const nd_set_list *sets)
{
    nd_text *tokens;
    assert_int_equal(nd_text_new(NULL, &tokens), ND_OK);
    assert_int_equal(nd_text_set(tokens, text, strlen(text), ND_TEXT_NO_OFFSETS), ND_OK);
    assert_int_equal(out->num_tokens[i], nd_text_num_tokens(tokens));
    size_t size = nd_shingle_count(tokens, spec->shingle);
    uint64_t *const hashes = calloc(size + 1, sizeof *hashes);
    uint64_t *const slots = calloc(spec->slots, sizeof *slots);
    assert_true(hashes && slots);
    if (size)
        assert_int_equal(nd_shingle_hashes(tokens, spec->shingle, hashes), ND_OK);
    assert_int_equal(nd_sketch_compute(hashes, size, spec->slots, slots), ND_OK);
    assert_memory_equal(out->slots + i * spec->slots, slots, spec->slots * sizeof *slots);
    size = nd_shingle_set(hashes, size, NULL);
    assert_int_equal(sets->starts[i + 1] - sets->starts[i], size);
    if (size)
        assert_memory_equal(sets->elements + sets->starts[i], hashes, size * sizeof *hashes);
    nd_text_free(tokens);
    free(hashes);
    free(slots);
}

static void every_layout_gives_what_single_texts_give(void **state)
{
    (void)state;
    enum { NUM = 300, NULL_TEXT = 17 };
    nd_random random = {5};
    corpus c = corpus_make(NUM, &random);
    strcpy(c.documents[3].text, "");
    strcpy(c.documents[4].text, "word");
    columns k = make_columns(&c, NULL_TEXT);
    const nd_spec spec = corpus_spec();
    uint64_t *keys[3];
    for (int layout = 0; layout < 3; layout++) {
        const nd_text_batch batch = batch_of(&k, (nd_text_layout)layout);
        uint32_t num_tokens[NUM];
        uint64_t *const slots = calloc(NUM * (size_t)spec.slots, sizeof *slots);
        keys[layout] = calloc(NUM * (size_t)spec.bands, sizeof *slots);
        assert_true(slots && keys[layout]);
        const nd_batch_output out = {
            .num_tokens = num_tokens, .slots = slots, .band_keys = keys[layout]};
        nd_sketcher *sketcher;
        nd_set_list sets;
        assert_int_equal(nd_sketcher_new(&spec, (uint32_t)layout + 1, NULL, &sketcher, NULL),
                         ND_OK);
        assert_int_equal(nd_sketcher_run(sketcher, &batch, &out, NULL), ND_OK);
        assert_int_equal(nd_sketcher_sets(sketcher, &batch, &sets, NULL), ND_OK);
        for (size_t i = 0; i < NUM; i++)
            check_text(&spec, i == NULL_TEXT ? "" : c.documents[i].text, i, &out, &sets);
        assert_memory_equal(keys[layout], keys[0], NUM * spec.bands * sizeof *slots);
        assert_null(nd_text_batch_get(&batch, NULL_TEXT).p);
        nd_sketcher_free(sketcher);
        free(slots);
    }
    for (int layout = 0; layout < 3; layout++)
        free(keys[layout]);
    release_columns(&k);
    corpus_free(&c);
}

static void digests_agree_where_words_do(void **state)
{
    (void)state;
    static const char data[] = "One, two!one  TWOone two threecaf\xc3\xa9 cafe\xcc\x81 ...";
    static const int32_t offsets[] = {0, 9, 17, 30, 41, 45};
    const nd_text_batch batch = {.num = 5, .offsets = offsets, .data = data};
    const nd_spec spec = corpus_spec();
    uint64_t digests[5][2], keys[5 * 64];
    const nd_batch_output out = {.digests = digests[0], .band_keys = keys};
    nd_sketcher *sketcher;
    assert_int_equal(nd_sketcher_new(&spec, 1, NULL, &sketcher, NULL), ND_OK);
    assert_int_equal(nd_sketcher_run(sketcher, &batch, &out, NULL), ND_OK);
    assert_memory_equal(digests[0], digests[1], sizeof digests[0]);
    assert_memory_not_equal(digests[0], digests[2], sizeof digests[0]);
    assert_true(digests[4][0] == 0 && digests[4][1] == 0); /* no words */
    assert_memory_equal(keys, keys + spec.bands, spec.bands * sizeof *keys);
    nd_sketcher_free(sketcher);
}

static void a_spec_of_another_library_is_refused(void **state)
{
    (void)state;
    nd_spec spec = corpus_spec();
    nd_error error = {0};
    nd_sketcher *sketcher;
    spec.hash_spec_version++;
    assert_int_equal(nd_sketcher_new(&spec, 1, NULL, &sketcher, &error), ND_ERR_VERSION);
    assert_null(sketcher);
    assert_non_null(strstr(error.message, "hash="));
    spec = corpus_spec();
    spec.rows = 1000;
    assert_int_equal(nd_sketcher_new(&spec, 1, NULL, &sketcher, &error), ND_ERR_INVALID_ARGUMENT);
}

static void a_spec_without_sketches_gives_sets_and_no_keys(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_spec spec;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_OK);
    nd_sketcher *sketcher;
    assert_int_equal(nd_sketcher_new(&spec, 1, NULL, &sketcher, NULL), ND_OK);
    static const int32_t offsets[] = {0, 19};
    const nd_text_batch batch = {.num = 1, .offsets = offsets, .data = "one two three &amp;"};
    uint64_t keys[1];
    const nd_batch_output out = {.band_keys = keys};
    nd_set_list sets;
    assert_int_equal(nd_sketcher_run(sketcher, &batch, &out, NULL), ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_sketcher_sets(sketcher, &batch, &sets, NULL), ND_OK);
    assert_int_equal(sets.starts[1], 1);
    nd_sketcher_free(sketcher);
}

static void many_pairs_are_verified_as_single_ones_are(void **state)
{
    (void)state;
    enum { NUM = 200, NUM_PAIRS = 3000 };
    nd_random random = {6};
    corpus c = corpus_make(NUM, &random);
    columns k = make_columns(&c, NUM);
    const nd_text_batch batch = batch_of(&k, ND_LAYOUT_OFFSETS_32);
    const nd_spec spec = corpus_spec();
    const nd_match_rule rule = {0.3, 0.7};
    nd_sketcher *sketcher;
    nd_set_list sets;
    static nd_document_pair pairs[NUM_PAIRS];
    static nd_verified_pair verified[NUM_PAIRS];
    assert_int_equal(nd_sketcher_new(&spec, 2, NULL, &sketcher, NULL), ND_OK);
    assert_int_equal(nd_sketcher_sets(sketcher, &batch, &sets, NULL), ND_OK);
    for (size_t i = 0; i < NUM_PAIRS; i++)
        pairs[i] = (nd_document_pair){(uint32_t)(nd_random_u64(&random) % NUM),
                                      (uint32_t)(nd_random_u64(&random) % NUM)};
    assert_int_equal(nd_verify_pairs(&sets, pairs, NUM_PAIRS, &rule, 3, NULL, verified), ND_OK);
    size_t num_matches = 0;
    for (size_t i = 0; i < NUM_PAIRS; i++) {
        const size_t *const s = sets.starts;
        const nd_similarity similarity =
            nd_similarity_compute(sets.elements + s[pairs[i].a], s[pairs[i].a + 1] - s[pairs[i].a],
                                  sets.elements + s[pairs[i].b], s[pairs[i].b + 1] - s[pairs[i].b]);
        const nd_match_kind kind = nd_match_classify(&similarity, &rule);
        assert_int_equal(verified[i].kind, kind);
        assert_int_equal(verified[i].similarity.common,
                         kind == ND_MATCH_NONE ? 0 : similarity.common);
        num_matches += kind != ND_MATCH_NONE;
    }
    assert_true(num_matches > 10 && num_matches < NUM_PAIRS);
    pairs[5].b = NUM;
    assert_int_equal(nd_verify_pairs(&sets, pairs, NUM_PAIRS, &rule, 1, NULL, verified),
                     ND_ERR_INVALID_ARGUMENT);
    nd_sketcher_free(sketcher);
    release_columns(&k);
    corpus_free(&c);
}

/* A batch added to a scan on threads is the same documents added one by one. */
static nd_status sum_pair(void *ctx, const nd_pair *pair)
{
    uint64_t *const sum = ctx;
    *sum = *sum * 31 + pair->a.tag * 1000003 + pair->b.tag + pair->similarity.common;
    return ND_OK;
}

static void a_batch_is_the_same_documents_one_by_one(void **state)
{
    (void)state;
    enum { NUM = 250 };
    nd_random random = {7};
    corpus c = corpus_make(NUM, &random);
    columns k = make_columns(&c, NUM);
    const nd_text_batch batch = batch_of(&k, ND_LAYOUT_VIEWS);
    uint64_t sums[2] = {0, 0};
    for (int way = 0; way < 2; way++) {
        nd_scan_options options;
        nd_scan *scan;
        nd_scan_options_init(&options);
        options.output = ND_SCAN_PAIRS;
        options.num_threads = 3;
        assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
        const nd_document_batch documents = {.texts = &batch, .first_number = 40};
        if (way == 0)
            assert_int_equal(nd_scan_add_batch(scan, &documents, NULL), ND_OK);
        for (size_t i = 0; i < NUM && way == 1; i++) {
            char id[16];
            snprintf(id, sizeof id, "%zu", i + 40);
            const nd_document document = {.id = id,
                                          .id_len_bytes = strlen(id),
                                          .text = c.documents[i].text,
                                          .text_len_bytes = strlen(c.documents[i].text),
                                          .tag = i + 40};
            assert_int_equal(nd_scan_add(scan, &document), ND_OK);
        }
        assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
        assert_int_equal(nd_scan_each_pair(scan, sum_pair, &sums[way]), ND_OK);
        nd_scan_free(scan);
    }
    assert_int_not_equal(sums[0], 0);
    assert_int_equal(sums[0], sums[1]);
    release_columns(&k);
    corpus_free(&c);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    nd_random random = {8};
    corpus c = corpus_make(20, &random);
    columns k = make_columns(&c, 20);
    const nd_text_batch batch = batch_of(&k, ND_LAYOUT_OFFSETS_64);
    const nd_spec spec = corpus_spec();
    uint64_t keys[20 * 64];
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        const nd_batch_output out = {.band_keys = keys};
        nd_sketcher *sketcher;
        nd_set_list sets;
        status = nd_sketcher_new(&spec, 1, &a, &sketcher, NULL);
        if (status == ND_OK)
            status = nd_sketcher_run(sketcher, &batch, &out, NULL);
        if (status == ND_OK)
            status = nd_sketcher_sets(sketcher, &batch, &sets, NULL);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_sketcher_free(sketcher);
        assert_int_equal(f.live, 0);
    }
    release_columns(&k);
    corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_gives_what_single_texts_give),
        cmocka_unit_test(digests_agree_where_words_do),
        cmocka_unit_test(a_spec_of_another_library_is_refused),
        cmocka_unit_test(a_spec_without_sketches_gives_sets_and_no_keys),
        cmocka_unit_test(many_pairs_are_verified_as_single_ones_are),
        cmocka_unit_test(a_batch_is_the_same_documents_one_by_one),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A scan from its parts: candidates of a batch, what is said of pairs, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "made_up_texts.h"
#include "neardup/neardup.h"
#include "random.h"

enum { NUM = 240, MOST_BANDS = 64 };

/* A corpus as a batch, and what a spec says of its texts. */
typedef struct parts {
    corpus corpus;
    nd_scan_options options;
    char *data;
    int64_t offsets[NUM + 1];
    nd_text_batch batch;
    nd_spec spec;
    nd_sketcher *sketcher;
    uint64_t digests[NUM * 2];
    uint32_t num_tokens[NUM];
    uint64_t keys[NUM * MOST_BANDS];
    nd_set_list sets, sequences;
} parts;

static nd_status sketch(parts *p, const nd_allocator *allocator)
{
    const nd_batch_output out = {.digests = p->digests,
                                 .num_tokens = p->num_tokens,
                                 .band_keys = p->spec.bands ? p->keys : NULL};
    nd_status status = nd_sketcher_new(&p->spec, 2, allocator, &p->sketcher, NULL);
    if (status == ND_OK)
        status = nd_sketcher_run(p->sketcher, &p->batch, &out, NULL);
    if (status == ND_OK)
        status = nd_sketcher_sets(p->sketcher, &p->batch, &p->sets, NULL);
    if (status == ND_OK)
        status = nd_sketcher_sequences(p->sketcher, &p->batch, &p->sequences, NULL);
    return status;
}

static parts *parts_new(nd_preset preset, uint64_t seed)
{
    nd_random random = {seed};
    parts *const p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->corpus = corpus_make(NUM, &random);
    nd_scan_options_init_preset(&p->options, preset);
    p->options.rule.jaccard = 0.5;
    p->options.output = ND_SCAN_PAIRS;
    p->options.max_matches = 0;
    p->options.num_threads = 2;
    p->data = malloc(1 << 22);
    assert_non_null(p->data);
    for (size_t i = 0; i < NUM; i++) {
        const size_t len = strlen(p->corpus.documents[i].text);
        memcpy(p->data + p->offsets[i], p->corpus.documents[i].text, len);
        p->offsets[i + 1] = p->offsets[i] + (int64_t)len;
        assert_true(p->offsets[i + 1] < 1 << 22);
    }
    p->batch = (nd_text_batch){
        .layout = ND_LAYOUT_OFFSETS_64, .num = NUM, .offsets = p->offsets, .data = p->data};
    assert_int_equal(nd_spec_from_options(&p->options, &p->spec), ND_OK);
    assert_true(p->spec.bands <= MOST_BANDS);
    assert_int_equal(sketch(p, NULL), ND_OK);
    return p;
}

static void parts_free(parts *p)
{
    nd_sketcher_free(p->sketcher);
    corpus_free(&p->corpus);
    free(p->data);
    free(p);
}

static nd_candidate_texts texts_of(const parts *p)
{
    return (nd_candidate_texts){.num = p->batch.num,
                                .digests = p->digests,
                                .num_tokens = p->num_tokens,
                                .bands = p->spec.bands,
                                .band_keys = p->keys,
                                .sequences = &p->sequences};
}

/* Matches by the numbers of the documents, each at [a * NUM + b], a < b. */
typedef struct match_table {
    nd_matched_pair at[NUM * NUM];
    size_t num;
} match_table;

/* An nd_pair_fn. The tags are the numbers. */
static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    match_table *const t = ctx;
    const nd_matched_pair m = {pair->kind, pair->similarity, pair->coverage, pair->score};
    const size_t a = (size_t)pair->a.tag, b = (size_t)pair->b.tag;
    t->at[a < b ? a * NUM + b : b * NUM + a] = a < b ? m : nd_matched_pair_reversed(&m);
    t->num++;
    return ND_OK;
}

static match_table *scan_all(const parts *p)
{
    nd_scan *scan;
    const nd_document_batch batch = {.texts = &p->batch};
    match_table *const t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(nd_scan_new(&p->options, NULL, &scan, NULL), ND_OK);
    assert_int_equal(nd_scan_add_batch(scan, &batch, NULL), ND_OK);
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(nd_scan_each_pair(scan, take_pair, t), ND_OK);
    nd_scan_free(scan);
    return t;
}

/* Everything but the padding. */
static void assert_same_match(const nd_matched_pair *a, const nd_matched_pair *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_memory_equal(&a->similarity, &b->similarity, sizeof a->similarity);
    assert_memory_equal(&a->coverage, &b->coverage, sizeof a->coverage);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
}

static void parts_find_and_say_what_a_scan_does(void **state)
{
    (void)state;
    for (nd_preset preset = 0; preset < ND_NUM_PRESETS; preset++) {
        parts *const p = parts_new(preset, 3);
        match_table *const wanted = scan_all(p);
        const nd_candidate_texts texts = texts_of(p);
        const nd_matched_texts matched_texts = {&p->sets, &p->batch, p->digests};
        for (uint32_t threads = 1; threads <= 3; threads++) {
            nd_document_pair *pairs;
            size_t num, num_found = 0;
            p->options.num_threads = threads;
            assert_int_equal(nd_candidates_find(&texts, threads, NULL, &pairs, &num), ND_OK);
            nd_matched_pair *const matched = calloc(num + 1, sizeof *matched);
            assert_non_null(matched);
            assert_int_equal(
                nd_match_pairs(&matched_texts, &p->options, pairs, num, NULL, matched, NULL),
                ND_OK);
            for (size_t i = 0; i < num; i++) {
                assert_true(pairs[i].a < pairs[i].b);
                if (i > 0)
                    assert_true(pairs[i - 1].a < pairs[i].a ||
                                (pairs[i - 1].a == pairs[i].a && pairs[i - 1].b < pairs[i].b));
                if (matched[i].kind == ND_MATCH_NONE)
                    continue;
                num_found++;
                assert_same_match(&matched[i], &wanted->at[pairs[i].a * NUM + pairs[i].b]);
            }
            assert_int_equal(num_found, wanted->num);
            assert_true(num_found > 50 && num_found < num);
            free(matched);
            nd_candidates_free(pairs, NULL);
        }
        free(wanted);
        parts_free(p);
    }
}

enum { TEXTS = 1500, BANDS = 3, KEYS = 300 };

static uint64_t digests[TEXTS][2], band_keys[TEXTS][BANDS];
static uint32_t num_tokens[TEXTS];
static uint32_t first_copy[TEXTS];
static unsigned char is_proposed[TEXTS][TEXTS], is_wanted[TEXTS][TEXTS];

/* Makes texts of two sizes, some without tokens and some copies; one bucket is a large one. */
static void make_texts(void)
{
    nd_random random = {11};
    for (size_t i = 0; i < TEXTS; i++) {
        const size_t of = i > 10 && i % 7 == 0 ? i - 5 : i; /* a copy of that */
        first_copy[i] = (uint32_t)of;
        num_tokens[i] = of == i ? (uint32_t)(nd_random_u64(&random) % 3) * 10 : num_tokens[of];
        for (size_t half = 0; half < 2; half++)
            digests[i][half] = of == i ? nd_random_u64(&random) : digests[of][half];
        for (size_t band = 0; band < BANDS; band++)
            band_keys[i][band] =
                of == i ? nd_random_u64(&random) % KEYS << 32 : band_keys[of][band];
        if (of == i && i % 4 != 0)
            band_keys[i][1] = (uint64_t)5 << 32;
    }
}

/* By size, as in a bucket; then copies by number. */
static int compare_texts(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (num_tokens[a] != num_tokens[b])
        return num_tokens[a] > num_tokens[b] ? -1 : 1;
    for (size_t half = 0; half < 2; half++)
        if (digests[a][half] != digests[b][half])
            return digests[a][half] < digests[b][half] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static int is_copy(uint32_t a, uint32_t b)
{
    return memcmp(digests[a], digests[b], sizeof digests[a]) == 0;
}

/* What nd_bucket_proposes says of each bucket, bucket by bucket; copies stand for each other. */
static size_t propose_slowly(void)
{
    static uint32_t order[TEXTS], members[TEXTS];
    size_t num = 0, num_proposed = 0, largest = 0;
    for (uint32_t d = 0; d < TEXTS; d++)
        if (num_tokens[d] > 0)
            order[num++] = d;
    qsort(order, num, sizeof *order, compare_texts);
    for (size_t band = 0; band < BANDS; band++)
        for (uint64_t key = 0; key < KEYS; key++) {
            size_t size = 0;
            for (size_t i = 0; i < num; i++)
                if (band_keys[order[i]][band] == key << 32 &&
                    (size == 0 || !is_copy(members[size - 1], order[i])))
                    members[size++] = order[i];
            largest = size > largest ? size : largest;
            for (size_t i = 0; i < size; i++)
                for (size_t j = i + 1; j < size; j++)
                    if (nd_bucket_proposes(size, i, j))
                        is_proposed[members[i]][members[j]] = 1;
        }
    assert_true(largest > ND_BUCKET_WHOLE);
    for (uint32_t a = 0; a < TEXTS; a++) /* the first of its copies has the pairs of each */
        for (uint32_t b = 0; b < TEXTS; b++) {
            const uint32_t x = first_copy[a], y = first_copy[b];
            const int is_pair = num_tokens[a] > 0 && num_tokens[b] > 0 && a != b &&
                                (x == y || is_proposed[x][y] || is_proposed[y][x]);
            is_wanted[a][b] = (unsigned char)is_pair;
            num_proposed += is_pair && a < b;
        }
    return num_proposed;
}

static void buckets_propose_by_the_rule_and_copies_with_all(void **state)
{
    (void)state;
    make_texts();
    const size_t wanted = propose_slowly();
    const nd_candidate_texts texts = {.num = TEXTS,
                                      .digests = digests[0],
                                      .num_tokens = num_tokens,
                                      .bands = BANDS,
                                      .band_keys = band_keys[0]};
    nd_document_pair *pairs;
    size_t num;
    assert_int_equal(nd_candidates_find(&texts, 3, NULL, &pairs, &num), ND_OK);
    for (size_t i = 0; i < num; i++)
        assert_true(is_wanted[pairs[i].a][pairs[i].b]);
    assert_int_equal(num, wanted);
    nd_candidates_free(pairs, NULL);
}

static void sequences_are_the_sets_in_the_order_of_the_text(void **state)
{
    (void)state;
    static const char data[] = "a b a b a";
    static const int32_t offsets[] = {0, 9, 9};
    const nd_text_batch batch = {.num = 2, .offsets = offsets, .data = data};
    nd_scan_options options;
    nd_spec spec;
    nd_sketcher *sketcher;
    nd_set_list sets, sequences;
    uint64_t ab, ba;
    nd_scan_options_init(&options);
    options.shingle.width = 2;
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_OK);
    assert_int_equal(nd_sketcher_new(&spec, 1, NULL, &sketcher, NULL), ND_OK);
    assert_int_equal(nd_sketcher_sequences(sketcher, &batch, &sequences, NULL), ND_OK);
    assert_int_equal(nd_sketcher_sets(sketcher, &batch, &sets, NULL), ND_OK);
    assert_int_equal(sequences.num, 2);
    assert_int_equal(sequences.starts[1], 2);
    assert_int_equal(sequences.starts[2], 2);
    assert_int_equal(sets.starts[2], 2);
    nd_text *text;
    uint64_t hashes[4];
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, data, 9, ND_TEXT_NO_OFFSETS), ND_OK);
    assert_int_equal(nd_shingle_hashes(text, spec.shingle, hashes), ND_OK);
    ab = hashes[0];
    ba = hashes[1];
    assert_true(sequences.elements[0] == ab && sequences.elements[1] == ba);
    assert_true(sets.elements[0] == (ab < ba ? ab : ba) && sets.elements[1] == (ab < ba ? ba : ab));
    nd_text_free(text);
    nd_sketcher_free(sketcher);
}

static void pairs_are_judged_in_batches_as_one_by_one(void **state)
{
    (void)state;
    parts *const p = parts_new(ND_PRESET_NEWS, 5);
    enum { NUM_PAIRS = 200 };
    nd_document_pair pairs[NUM_PAIRS];
    static nd_verdict verdicts[NUM_PAIRS];
    nd_random random = {2};
    nd_verdict_reader *reader;
    assert_int_equal(nd_verdict_reader_new(ND_REPAIR_ALL, ND_FOLD_SAFE, NULL, &reader), ND_OK);
    for (size_t i = 0; i < NUM_PAIRS; i++)
        pairs[i] = (nd_document_pair){(uint32_t)(i / 4), (uint32_t)(nd_random_u64(&random) % NUM)};
    for (uint32_t threads = 0; threads <= 3; threads++) {
        memset(verdicts, 0xff, sizeof verdicts);
        assert_int_equal(nd_judge_pairs(&p->batch, ND_REPAIR_ALL, ND_FOLD_SAFE, pairs, NUM_PAIRS,
                                        threads, NULL, verdicts),
                         ND_OK);
        for (size_t i = 0; i < NUM_PAIRS; i++) {
            const nd_batch_text a = nd_text_batch_get(&p->batch, pairs[i].a);
            const nd_batch_text b = nd_text_batch_get(&p->batch, pairs[i].b);
            nd_verdict wanted;
            assert_int_equal(
                nd_verdict_reader_judge(reader, a.p, a.len_bytes, b.p, b.len_bytes, &wanted),
                ND_OK);
            assert_memory_equal(&verdicts[i], &wanted, sizeof wanted);
        }
    }
    pairs[NUM_PAIRS - 1].b = NUM;
    assert_int_equal(
        nd_judge_pairs(&p->batch, ND_REPAIR_ALL, ND_FOLD_SAFE, pairs, NUM_PAIRS, 2, NULL, verdicts),
        ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_judge_pairs(&p->batch, 1u << 31, 0, pairs, 1, 2, NULL, verdicts),
                     ND_ERR_INVALID_ARGUMENT);
    nd_verdict_reader_free(reader);
    parts_free(p);
}

static void what_is_missing_or_out_of_range_is_refused(void **state)
{
    (void)state;
    parts *const p = parts_new(ND_PRESET_NEWS, 7);
    nd_document_pair *pairs, pair = {0, 1};
    nd_matched_pair matched;
    nd_error error = {0};
    size_t num = 1;
    nd_candidate_texts texts = texts_of(p);
    texts.sequences = NULL;
    assert_int_equal(nd_candidates_find(&texts, 1, NULL, &pairs, &num), ND_ERR_INVALID_ARGUMENT);
    assert_true(pairs == NULL && num == 0);
    texts.bands = 4;
    texts.band_keys = NULL;
    assert_int_equal(nd_candidates_find(&texts, 1, NULL, &pairs, &num), ND_ERR_INVALID_ARGUMENT);
    texts = (nd_candidate_texts){.bands = 1, .band_keys = p->keys};
    assert_int_equal(nd_candidates_find(&texts, 1, NULL, &pairs, &num), ND_OK);
    assert_int_equal(num, 0); /* of no texts */
    nd_candidates_free(pairs, NULL);

    nd_matched_texts matched_texts = {&p->sets, &p->batch, p->digests};
    pair.b = NUM;
    assert_int_equal(nd_match_pairs(&matched_texts, &p->options, &pair, 1, NULL, &matched, &error),
                     ND_ERR_INVALID_ARGUMENT);
    pair.b = 1;
    matched_texts.digests = NULL;
    assert_int_equal(nd_match_pairs(&matched_texts, &p->options, &pair, 1, NULL, &matched, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "'score' needs texts and digests");
    p->options.coverage = 0.5;
    assert_int_equal(nd_match_pairs(&matched_texts, &p->options, &pair, 1, NULL, &matched, &error),
                     ND_ERR_UNSUPPORTED);
    assert_string_equal(error.message, "'coverage' depends on all documents of a scan");
    p->options.coverage = 2;
    assert_int_equal(nd_match_pairs(&matched_texts, &p->options, &pair, 1, NULL, &matched, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "'coverage' must be 0 to 1");
    parts_free(p);
}

static nd_status find_and_match(parts *p, const nd_allocator *a)
{
    const nd_candidate_texts texts = texts_of(p);
    const nd_matched_texts matched_texts = {&p->sets, &p->batch, p->digests};
    nd_document_pair *pairs = NULL;
    static nd_matched_pair matched[NUM * NUM];
    size_t num;
    nd_sketcher_free(p->sketcher);
    p->sketcher = NULL;
    nd_status status = sketch(p, a);
    if (status == ND_OK)
        status = nd_candidates_find(&texts, 1, a, &pairs, &num);
    if (status == ND_OK)
        status = nd_match_pairs(&matched_texts, &p->options, pairs, num, a, matched, NULL);
    nd_candidates_free(pairs, a);
    nd_sketcher_free(p->sketcher);
    p->sketcher = NULL;
    return status;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (nd_preset preset = 0; preset < ND_NUM_PRESETS; preset++) {
        parts *const p = parts_new(preset, 9);
        nd_status status = ND_ERR_NO_MEMORY;
        p->batch.num = 12;
        for (long left = 0; status != ND_OK; left += left < 40 ? 1 : 7) {
            failing_allocator f = {.left = left};
            const nd_allocator a = failing_allocator_make(&f);
            status = find_and_match(p, &a);
            assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
            assert_int_equal(f.live, 0);
        }
        parts_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_find_and_say_what_a_scan_does),
        cmocka_unit_test(buckets_propose_by_the_rule_and_copies_with_all),
        cmocka_unit_test(sequences_are_the_sets_in_the_order_of_the_text),
        cmocka_unit_test(pairs_are_judged_in_batches_as_one_by_one),
        cmocka_unit_test(what_is_missing_or_out_of_range_is_refused),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

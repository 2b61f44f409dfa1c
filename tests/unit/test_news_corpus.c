/* The made-up corpus of the benchmarks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "neardup/repair.h"
#include "neardup/shingle.h"
#include "neardup/text.h"
#include "news_corpus.h"
#include "news_text.h"
#include "news_truth.h"
#include "util/xxh.h"

static bench_corpus_spec small_spec(void)
{
    bench_corpus_spec spec;
    bench_corpus_spec_init(&spec);
    spec.num_documents = 400;
    spec.mean_bytes = 600;
    spec.copies = 0.3;
    spec.contained = 0.1;
    for (spec.num_scripts = 0; spec.num_scripts < BENCH_NUM_SCRIPTS; spec.num_scripts++)
        spec.scripts[spec.num_scripts] = (bench_script)spec.num_scripts;
    return spec;
}

static bench_corpus *corpus_of(const bench_corpus_spec *spec)
{
    bench_corpus *corpus;
    assert_int_equal(bench_corpus_new(spec, NULL, &corpus), ND_OK);
    return corpus;
}

/* All documents as JSON Lines, by position. */
static nd_byte_vec lines_of(const bench_corpus *corpus)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_item_vec items = {0};
    nd_byte_vec out = {0};
    for (uint64_t i = 0; i < bench_corpus_num_documents(corpus); i++)
        assert_int_equal(bench_json_append(corpus, i, &allocator, &items, &out), ND_OK);
    ND_VEC_RELEASE(&allocator, &items);
    return out;
}

static void the_same_options_give_the_same_bytes_everywhere(void **state)
{
    (void)state;
    const bench_corpus_spec spec = small_spec();
    bench_corpus *const corpus = corpus_of(&spec);
    nd_byte_vec lines = lines_of(corpus);
    assert_int_equal(XXH3_64bits(lines.items, lines.len), UINT64_C(0xaecb26353908a059));
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &lines);
    bench_corpus_free(corpus);
}

static void another_seed_gives_other_bytes(void **state)
{
    (void)state;
    bench_corpus_spec spec = small_spec();
    bench_corpus *const first = corpus_of(&spec);
    spec.seed = 2;
    bench_corpus *const second = corpus_of(&spec);
    nd_byte_vec a = lines_of(first), b = lines_of(second);
    assert_true(a.len != b.len || memcmp(a.items, b.items, a.len) != 0);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &a);
    ND_VEC_RELEASE(&allocator, &b);
    bench_corpus_free(first);
    bench_corpus_free(second);
}

static void positions_are_a_bijection_that_scatters_families(void **state)
{
    (void)state;
    bench_corpus_spec spec = small_spec();
    spec.num_documents = 1000;
    bench_corpus *const corpus = corpus_of(&spec);
    uint8_t seen[1000] = {0};
    unsigned neighbours = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        const uint64_t position = bench_corpus_position(corpus, i);
        assert_true(position < 1000);
        assert_int_equal(seen[position]++, 0);
        assert_int_equal(bench_corpus_index(corpus, position), i);
        neighbours += bench_corpus_position(corpus, (i + 1) % 1000) == position + 1;
    }
    assert_true(neighbours < 20);
    bench_corpus_free(corpus);
}

/* The engine's view of a document: its shingle set, allocated. */
static uint64_t *engine_set(const bench_corpus *corpus, uint64_t index, size_t *size,
                            size_t *num_tokens)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_item_vec items = {0};
    nd_byte_vec out = {0};
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(bench_corpus_items(corpus, index, &allocator, &items), ND_OK);
    assert_int_equal(
        bench_text_append(bench_corpus_vocabulary(corpus, index), &items, "\n", &allocator, &out),
        ND_OK);
    assert_int_equal(nd_text_set(text, out.items, out.len, ND_TEXT_NO_OFFSETS), ND_OK);
    assert_int_equal(nd_text_num_tokens(text), items.len);
    *num_tokens = items.len;
    const nd_shingle_spec spec = {ND_SHINGLE_WORD, 5};
    const size_t num = nd_shingle_count(text, spec);
    uint64_t *const set = malloc((num + 1) * sizeof *set);
    assert_non_null(set);
    assert_int_equal(nd_shingle_hashes(text, spec, set), ND_OK);
    *size = nd_shingle_set(set, num, NULL);
    nd_text_free(text);
    ND_VEC_RELEASE(&allocator, &items);
    ND_VEC_RELEASE(&allocator, &out);
    return set;
}

static void every_word_of_every_script_is_one_token(void **state)
{
    (void)state;
    bench_corpus_spec spec = small_spec();
    for (bench_script script = 0; script < BENCH_NUM_SCRIPTS; script++) {
        spec.scripts[0] = script;
        spec.num_scripts = 1;
        spec.num_documents = 30;
        bench_corpus *const corpus = corpus_of(&spec);
        for (uint64_t i = 0; i < spec.num_documents; i++) {
            size_t size, num_tokens;
            free(engine_set(corpus, i, &size, &num_tokens));
            assert_true(num_tokens >= 7);
        }
        bench_corpus_free(corpus);
    }
}

typedef struct pair_check {
    const bench_corpus *corpus;
    unsigned num, num_near, num_exact, num_containing;
} pair_check;

static nd_status check_pair(void *ctx, const bench_planted_pair *pair)
{
    pair_check *const check = ctx;
    size_t size_a, size_b, tokens;
    uint64_t *const a = engine_set(
        check->corpus, bench_corpus_index(check->corpus, pair->position_a), &size_a, &tokens);
    uint64_t *const b = engine_set(
        check->corpus, bench_corpus_index(check->corpus, pair->position_b), &size_b, &tokens);
    const nd_similarity s = nd_similarity_compute(a, size_a, b, size_b);
    assert_int_equal(s.common, pair->similarity.common);
    assert_int_equal(s.size_a, pair->similarity.size_a);
    assert_int_equal(s.size_b, pair->similarity.size_b);
    assert_true(pair->position_a < pair->position_b);
    check->num++;
    check->num_near += pair->kind == ND_MATCH_NEAR;
    check->num_exact += pair->kind == ND_MATCH_EXACT;
    check->num_containing += pair->kind == ND_MATCH_CONTAINS || pair->kind == ND_MATCH_CONTAINED;
    free(a);
    free(b);
    return ND_OK;
}

static void planted_similarities_are_those_the_engine_computes(void **state)
{
    (void)state;
    const bench_corpus_spec spec = small_spec();
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    pair_check check = {.corpus = corpus_of(&spec)};
    assert_int_equal(bench_corpus_each_planted(check.corpus, &allocator, check_pair, &check),
                     ND_OK);
    assert_true(check.num > 100);
    assert_true(check.num_near > 50);
    assert_true(check.num_exact > 5);
    assert_true(check.num_containing > 20);
    bench_corpus_free((bench_corpus *)check.corpus);
}

static void a_container_holds_the_whole_original(void **state)
{
    (void)state;
    bench_corpus_spec spec = small_spec();
    spec.footers = 0;
    bench_corpus *const corpus = corpus_of(&spec);
    unsigned num = 0;
    for (uint64_t i = 0; i < spec.num_documents; i++) {
        if (bench_corpus_role(corpus, i) != BENCH_ROLE_CONTAINER)
            continue;
        size_t size, size_original, tokens;
        uint64_t *const holder = engine_set(corpus, i, &size, &tokens);
        uint64_t *const original =
            engine_set(corpus, bench_corpus_original(corpus, i), &size_original, &tokens);
        const nd_similarity s = nd_similarity_compute(original, size_original, holder, size);
        assert_true(s.a_in_b == 1.0);
        num++;
        free(holder);
        free(original);
    }
    assert_true(num > 10);
    bench_corpus_free(corpus);
}

static bench_corpus *corpus_of_variants(uint64_t num)
{
    bench_corpus_spec spec;
    bench_corpus_spec_init(&spec);
    spec.num_documents = num;
    spec.mean_bytes = 800;
    spec.copies = spec.contained = spec.footers = 0;
    spec.variants = 0.5;
    return corpus_of(&spec);
}

/* The shingle set of a text after all repairs, allocated. */
static uint64_t *repaired_set(const nd_byte_vec *bytes, size_t *size)
{
    nd_repairer *repairer;
    nd_text *text;
    const char *repaired;
    size_t len;
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_SAFE, NULL, &repairer), ND_OK);
    assert_int_equal(nd_repairer_apply(repairer, bytes->items, bytes->len, &repaired, &len), ND_OK);
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, repaired, len, ND_TEXT_NO_OFFSETS), ND_OK);
    const nd_shingle_spec spec = {ND_SHINGLE_WORD, 5};
    const size_t num = nd_shingle_count(text, spec);
    uint64_t *const set = malloc((num + 1) * sizeof *set);
    assert_non_null(set);
    assert_int_equal(nd_shingle_hashes(text, spec, set), ND_OK);
    *size = nd_shingle_set(set, num, NULL);
    nd_text_free(text);
    nd_repairer_free(repairer);
    return set;
}

/* How a document that is a variant is spelled; release it. */
static nd_byte_vec spelled(const bench_corpus *corpus, uint64_t index, nd_byte_vec *words)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_item_vec items = {0};
    nd_byte_vec out = {0};
    words->len = 0;
    assert_int_equal(bench_corpus_items(corpus, index, &allocator, &items), ND_OK);
    assert_int_equal(
        bench_text_append(bench_corpus_vocabulary(corpus, index), &items, "\n", &allocator, words),
        ND_OK);
    assert_int_equal(bench_corpus_spell(corpus, index, words, &allocator, &out), ND_OK);
    ND_VEC_RELEASE(&allocator, &items);
    return out;
}

static void variants_of_letters_spell_the_same_words_in_other_bytes(void **state)
{
    (void)state;
    enum { NUM = 1200 };
    bench_corpus *const corpus = corpus_of_variants(NUM);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    unsigned num_seen[BENCH_NUM_VARIANTS] = {0};
    for (uint64_t i = 0; i < NUM; i++) {
        const bench_variant variant = bench_corpus_variant(corpus, i);
        if (bench_corpus_role(corpus, i) != BENCH_ROLE_VARIANT || variant < BENCH_VARIANT_PUNCT ||
            variant == BENCH_VARIANT_OCR_01)
            continue;
        nd_byte_vec words = {0}, text = spelled(corpus, i, &words);
        size_t size, size_original, tokens;
        uint64_t *const set = repaired_set(&text, &size);
        uint64_t *const original =
            engine_set(corpus, bench_corpus_original(corpus, i), &size_original, &tokens);
        const nd_similarity s = nd_similarity_compute(set, size, original, size_original);
        /* Some misread letters could be meant so, and are left; some made-up words in capitals
         * ("ÄŽ") look misread. */
        const bool is_ambiguous =
            variant == BENCH_VARIANT_MOJIBAKE || variant == BENCH_VARIANT_CASE;
        assert_true(s.jaccard >= (is_ambiguous ? 0.8 : 1));
        if (variant != BENCH_VARIANT_PUNCT)
            assert_true(text.len != words.len || memcmp(text.items, words.items, text.len) != 0);
        num_seen[variant]++;
        free(set);
        free(original);
        ND_VEC_RELEASE(&allocator, &words);
        ND_VEC_RELEASE(&allocator, &text);
    }
    for (int v = BENCH_VARIANT_PUNCT; v < BENCH_VARIANT_OCR_01; v++)
        assert_true(num_seen[v] >= 10);
    bench_corpus_free(corpus);
}

/* What of the original is in a variant of words, and the other way round, at least and at most;
 * over all variants of a kind. */
typedef struct share {
    double least, most;
} share;

typedef struct variant_check {
    const bench_corpus *corpus;
    unsigned num[BENCH_NUM_VARIANTS];
    share kept[BENCH_NUM_VARIANTS], own[BENCH_NUM_VARIANTS];
} variant_check;

static void widen(share *s, double value, bool is_first)
{
    s->least = is_first || value < s->least ? value : s->least;
    s->most = is_first || value > s->most ? value : s->most;
}

static nd_status look_at_variant(void *ctx, const bench_planted_pair *pair)
{
    variant_check *const c = ctx;
    const bool is_a = bench_corpus_role(c->corpus, pair->index_a) == BENCH_ROLE_VARIANT;
    const uint64_t variant_at = is_a ? pair->index_a : pair->index_b;
    if (bench_corpus_original(c->corpus, variant_at) != (is_a ? pair->index_b : pair->index_a))
        return ND_OK;
    const bench_variant v = bench_corpus_variant(c->corpus, variant_at);
    const double in_original = is_a ? pair->similarity.a_in_b : pair->similarity.b_in_a;
    widen(&c->kept[v], is_a ? pair->similarity.b_in_a : pair->similarity.a_in_b, !c->num[v]);
    widen(&c->own[v], 1 - in_original, !c->num[v]);
    c->num[v]++;
    return ND_OK;
}

static void variants_of_words_keep_what_their_name_says(void **state)
{
    (void)state;
    variant_check c = {.corpus = corpus_of_variants(3000)};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    assert_int_equal(bench_corpus_each_planted(c.corpus, &allocator, look_at_variant, &c), ND_OK);
    for (int v = 0; v < BENCH_NUM_VARIANTS; v++)
        assert_true(c.num[v] >= 20);
    /* Nothing of the original is lost, and something is new. */
    static const bench_variant longer[] = {BENCH_VARIANT_TAIL, BENCH_VARIANT_EMBED};
    for (int i = 0; i < 2; i++) {
        assert_true(c.kept[longer[i]].least == 1);
        assert_true(c.own[longer[i]].least > 0);
    }
    /* Nothing is new, and something is lost of longer texts. */
    static const bench_variant shorter[] = {BENCH_VARIANT_TRUNCATE, BENCH_VARIANT_LEAD_ONLY};
    for (int i = 0; i < 2; i++) {
        assert_true(c.own[shorter[i]].most == 0);
        assert_true(c.kept[shorter[i]].least < 0.7);
    }
    assert_true(c.kept[BENCH_VARIANT_EDIT_10].most < 0.95);
    assert_true(c.kept[BENCH_VARIANT_EDIT_20].most < c.kept[BENCH_VARIANT_EDIT_10].most);
    assert_true(c.own[BENCH_VARIANT_HEADLINE].least > 0);
    assert_true(c.own[BENCH_VARIANT_DROP_PARA].most < 0.5);
    assert_true(c.own[BENCH_VARIANT_PUNCT].most == 0 && c.kept[BENCH_VARIANT_PUNCT].least == 1);
    bench_corpus_free((bench_corpus *)c.corpus);
}

static void fractions_and_lengths_are_as_asked_for(void **state)
{
    (void)state;
    bench_corpus_spec spec;
    bench_corpus_spec_init(&spec);
    spec.num_documents = 4000;
    spec.mean_bytes = 500;
    spec.copies = 0.2;
    spec.contained = 0.1;
    spec.footers = 0;
    bench_corpus *const corpus = corpus_of(&spec);
    unsigned num_roles[3] = {0};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_item_vec items = {0};
    nd_byte_vec out = {0};
    for (uint64_t i = 0; i < spec.num_documents; i++) {
        const bench_role role = bench_corpus_role(corpus, i);
        num_roles[role]++;
        if (role == BENCH_ROLE_ORIGINAL) {
            assert_int_equal(bench_corpus_items(corpus, i, &allocator, &items), ND_OK);
            assert_int_equal(bench_text_append(bench_corpus_vocabulary(corpus, i), &items, "\n",
                                               &allocator, &out),
                             ND_OK);
        }
    }
    assert_in_range(num_roles[BENCH_ROLE_COPY], 700, 900);
    assert_in_range(num_roles[BENCH_ROLE_CONTAINER], 330, 470);
    assert_in_range(out.len / num_roles[BENCH_ROLE_ORIGINAL], 450, 650);
    ND_VEC_RELEASE(&allocator, &items);
    ND_VEC_RELEASE(&allocator, &out);
    bench_corpus_free(corpus);
}

static void frequent_ranks_come_as_often_as_their_weights_say(void **state)
{
    (void)state;
    enum { NUM = 4096, DRAWS = 400000 };
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_zipf zipf;
    assert_int_equal(bench_zipf_init(&zipf, NUM, &allocator), ND_OK);
    double total = 0;
    for (int i = 0; i < NUM; i++)
        total += 1 / (i + 2.7);
    unsigned seen[NUM] = {0};
    uint64_t random = 1;
    for (int i = 0; i < DRAWS; i++) {
        random = XXH3_64bits(&random, sizeof random);
        seen[bench_zipf_rank(&zipf, random)]++;
    }
    for (int i = 0; i < 8; i++) {
        const double expected = DRAWS / (i + 2.7) / total;
        assert_in_range(seen[i], (unsigned)(expected * 0.95), (unsigned)(expected * 1.05));
    }
    bench_zipf_release(&zipf, &allocator);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    bench_corpus *corpus;
    bench_corpus_spec spec = small_spec();
    spec.num_documents = 0;
    assert_int_equal(bench_corpus_new(&spec, NULL, &corpus), ND_ERR_INVALID_ARGUMENT);
    assert_null(corpus);
    spec = small_spec();
    spec.copies = 0.8;
    spec.contained = 0.2;
    assert_int_equal(bench_corpus_new(&spec, NULL, &corpus), ND_ERR_INVALID_ARGUMENT);
    spec = small_spec();
    spec.edits[0] = 1.5;
    assert_int_equal(bench_corpus_new(&spec, NULL, &corpus), ND_ERR_INVALID_ARGUMENT);
}

static nd_status ignore_pair(void *ctx, const bench_planted_pair *pair)
{
    (void)ctx;
    (void)pair;
    return ND_OK;
}

static nd_status make_and_list(const nd_allocator *allocator)
{
    bench_corpus_spec spec;
    bench_corpus_spec_init(&spec);
    spec.num_documents = 10;
    spec.copies = 0.2;
    spec.contained = 0.2;
    spec.variants = 0.4;
    spec.scripts[0] = BENCH_SCRIPT_THAI;
    bench_corpus *corpus;
    nd_status status = bench_corpus_new(&spec, allocator, &corpus);
    if (status == ND_OK)
        status = bench_corpus_each_planted(corpus, allocator, ignore_pair, NULL);
    bench_item_vec items = {0};
    nd_byte_vec out = {0};
    for (uint64_t i = 0; i < spec.num_documents && status == ND_OK; i++)
        status = bench_json_append(corpus, i, allocator, &items, &out);
    ND_VEC_RELEASE(allocator, &items);
    ND_VEC_RELEASE(allocator, &out);
    bench_corpus_free(corpus);
    return status;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        const nd_status status = make_and_list(&allocator);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_options_give_the_same_bytes_everywhere),
        cmocka_unit_test(another_seed_gives_other_bytes),
        cmocka_unit_test(positions_are_a_bijection_that_scatters_families),
        cmocka_unit_test(every_word_of_every_script_is_one_token),
        cmocka_unit_test(planted_similarities_are_those_the_engine_computes),
        cmocka_unit_test(a_container_holds_the_whole_original),
        cmocka_unit_test(variants_of_letters_spell_the_same_words_in_other_bytes),
        cmocka_unit_test(variants_of_words_keep_what_their_name_says),
        cmocka_unit_test(fractions_and_lengths_are_as_asked_for),
        cmocka_unit_test(frequent_ranks_come_as_often_as_their_weights_say),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

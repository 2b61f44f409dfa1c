/* The presets in languages of other scripts, with spaces and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "language_texts.h"
#include "neardup/neardup.h"

enum { NUM_LANGUAGES = sizeof language_texts / sizeof *language_texts, MAX_BYTES = 1 << 14 };

/* A story and what became of it. */
typedef struct variants {
    char original[MAX_BYTES], edited[MAX_BYTES], lead[MAX_BYTES], reordered[MAX_BYTES],
        embedded[MAX_BYTES], unrelated[MAX_BYTES];
} variants;

static nd_text *tokens_of(const char *bytes)
{
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_WITH_OFFSETS), ND_OK);
    return text;
}

static void append(char *to, const char *bytes, size_t len)
{
    const size_t at = strlen(to);
    assert_true(at + len < MAX_BYTES);
    memcpy(to + at, bytes, len);
    to[at + len] = '\0';
}

/* Every `step`-th word (a character where there are no spaces) replaced by one of the other text.
 */
static void replace_words(char *to, const language_text *l, size_t step)
{
    nd_text *const story = tokens_of(l->story), *const other = tokens_of(l->other);
    size_t at = 0;
    for (size_t i = step / 2; i < nd_text_num_tokens(story); i += step) {
        const nd_token token = nd_text_token(story, i);
        const nd_token word = nd_text_token(other, i % nd_text_num_tokens(other));
        append(to, l->story + at, (size_t)token.start - at);
        append(to, l->other + word.start, (size_t)(word.end - word.start));
        at = (size_t)token.end;
    }
    append(to, l->story + at, strlen(l->story) - at);
    nd_text_free(story);
    nd_text_free(other);
}

static void reverse_sentences(char *to, const char *text)
{
    size_t end = strlen(text);
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && text[start - 1] != '\n')
            start--;
        append(to, text + start, end - start);
        end = start;
    }
}

static variants *make_variants(const language_text *l, size_t edit_step)
{
    variants *const v = calloc(1, sizeof *v);
    assert_non_null(v);
    append(v->original, l->story, strlen(l->story));
    replace_words(v->edited, l, edit_step);
    append(v->lead, l->story, strcspn(l->story, "\n"));
    reverse_sentences(v->reordered, l->story);
    append(v->embedded, l->other, strlen(l->other));
    append(v->embedded, l->story, strlen(l->story));
    append(v->unrelated, l->other, strlen(l->other));
    return v;
}

/* Kinds of the pairs found: kinds[a][b] for a < b. */
typedef struct found_pairs {
    nd_match_kind kinds[8][8];
} found_pairs;

static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    found_pairs *const found = ctx;
    found->kinds[pair->a.p[0] - '0'][pair->b.p[0] - '0'] = pair->kind;
    return ND_OK;
}

static found_pairs scan_texts(nd_scan_options options, const char *const *texts, size_t num)
{
    found_pairs found = {{{ND_MATCH_NONE}}};
    nd_scan *scan;
    options.output = ND_SCAN_PAIRS;
    options.num_threads = 1;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    for (size_t i = 0; i < num; i++) {
        const char id = (char)('0' + i);
        const nd_document document = {&id, 1, texts[i], strlen(texts[i]), {{0}}, 0, 0};
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(nd_scan_each_pair(scan, take_pair, &found), ND_OK);
    nd_scan_free(scan);
    return found;
}

enum { ORIGINAL, EDITED, LEAD, REORDERED, EMBEDDED, UNRELATED, NUM_VARIANTS };

static found_pairs scan_variants(const nd_scan_options *options, const variants *v)
{
    const char *const texts[NUM_VARIANTS] = {v->original,  v->edited,   v->lead,
                                             v->reordered, v->embedded, v->unrelated};
    return scan_texts(*options, texts, NUM_VARIANTS);
}

static void news_finds_copies_in_every_language(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    for (size_t i = 0; i < NUM_LANGUAGES; i++) {
        print_message("%s\n", language_texts[i].language);
        variants *const v = make_variants(&language_texts[i], 10);
        const found_pairs f = scan_variants(&options, v);
        assert_int_equal(f.kinds[ORIGINAL][EDITED], ND_MATCH_NEAR);
        assert_int_equal(f.kinds[ORIGINAL][LEAD], ND_MATCH_CONTAINS);
        assert_int_equal(f.kinds[ORIGINAL][REORDERED], ND_MATCH_NEAR);
        assert_int_equal(f.kinds[ORIGINAL][EMBEDDED], ND_MATCH_CONTAINED);
        assert_int_equal(f.kinds[EDITED][LEAD], ND_MATCH_CONTAINS);
        assert_int_not_equal(f.kinds[EDITED][REORDERED], ND_MATCH_NONE);
        assert_int_equal(f.kinds[EDITED][EMBEDDED], ND_MATCH_CONTAINED);
        assert_int_equal(f.kinds[REORDERED][EMBEDDED], ND_MATCH_CONTAINED);
        assert_int_equal(f.kinds[EMBEDDED][UNRELATED], ND_MATCH_CONTAINS);
        free(v);
    }
}

static void news_tells_other_stories_apart_in_every_language(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    for (size_t i = 0; i < NUM_LANGUAGES; i++) {
        print_message("%s\n", language_texts[i].language);
        variants *const v = make_variants(&language_texts[i], 10);
        const found_pairs f = scan_variants(&options, v);
        for (int variant = ORIGINAL; variant < EMBEDDED; variant++)
            assert_int_equal(f.kinds[variant][UNRELATED], ND_MATCH_NONE);
        free(v);
    }
}

static void news_finds_heavily_edited_copies_in_every_language(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    for (size_t i = 0; i < NUM_LANGUAGES; i++) {
        print_message("%s\n", language_texts[i].language);
        variants *const v = make_variants(&language_texts[i], 5);
        const found_pairs f = scan_variants(&options, v);
        assert_int_not_equal(f.kinds[ORIGINAL][EDITED], ND_MATCH_NONE);
        assert_int_equal(f.kinds[EDITED][UNRELATED], ND_MATCH_NONE);
        free(v);
    }
}

static void corpus_finds_lightly_edited_copies_in_every_language(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_scan_options_init(&options);
    for (size_t i = 0; i < NUM_LANGUAGES; i++) {
        print_message("%s\n", language_texts[i].language);
        variants *const v = make_variants(&language_texts[i], 100);
        const found_pairs f = scan_variants(&options, v);
        assert_int_equal(f.kinds[ORIGINAL][EDITED], ND_MATCH_NEAR);
        assert_int_equal(f.kinds[ORIGINAL][UNRELATED], ND_MATCH_NONE);
        assert_int_equal(f.kinds[EDITED][UNRELATED], ND_MATCH_NONE);
        free(v);
    }
}

static void stories_of_all_languages_together_find_their_own(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    const char *texts[NUM_LANGUAGES];
    for (size_t i = 0; i < NUM_LANGUAGES; i++)
        texts[i] = language_texts[i].story;
    const found_pairs f = scan_texts(options, texts, NUM_LANGUAGES);
    for (size_t i = 0; i < NUM_LANGUAGES; i++)
        for (size_t j = 0; j < NUM_LANGUAGES; j++)
            assert_int_equal(f.kinds[i][j], ND_MATCH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(news_finds_copies_in_every_language),
        cmocka_unit_test(news_tells_other_stories_apart_in_every_language),
        cmocka_unit_test(news_finds_heavily_edited_copies_in_every_language),
        cmocka_unit_test(corpus_finds_lightly_edited_copies_in_every_language),
        cmocka_unit_test(stories_of_all_languages_together_find_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

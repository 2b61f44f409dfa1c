/* Every kernel of the tokeniser against its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "reference_text.h"
#include "text/characters.h"
#include "text/tokenise/tokeniser.h"

/* Made in emulation/ from the sources of the real ones. */
extern const nd_tokenise_kernel nd_tokenise_kernel_avx512_emulated;
extern const nd_tokenise_kernel nd_tokenise_kernel_neon_emulated;

static struct {
    const char *name;
    const nd_tokenise_kernel *kernel;
    nd_text *text; /* set again and again, as in use */
} kernels[8];
static size_t num_kernels;
static nd_text *taken_back;

static void add_kernel(const char *name, const nd_tokenise_kernel *kernel)
{
    kernels[num_kernels].name = name;
    kernels[num_kernels].kernel = kernel;
    assert_int_equal(nd_text_new(NULL, &kernels[num_kernels].text), ND_OK);
    num_kernels++;
}

static int set_up(void **state)
{
    (void)state;
    add_kernel("scalar", &nd_tokenise_kernel_scalar);
    add_kernel("avx512 (emulated)", &nd_tokenise_kernel_avx512_emulated);
    add_kernel("neon (emulated)", &nd_tokenise_kernel_neon_emulated);
    assert_int_equal(nd_text_new(NULL, &taken_back), ND_OK);
    const nd_kernel best = nd_kernel_best();
    for (int kernel = ND_KERNEL_AVX2; kernel <= ND_KERNEL_NEON; kernel++)
        if (nd_kernel_select((nd_kernel)kernel) == ND_OK)
            add_kernel(nd_kernel_name((nd_kernel)kernel), nd_tokenise_kernel_of((nd_kernel)kernel));
    return nd_kernel_select(best) == ND_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_kernels; i++)
        nd_text_free(kernels[i].text);
    num_kernels = 0;
    nd_text_free(taken_back);
    return 0;
}

static int same_entries(const uint32_t *a, const uint32_t *b, size_t num)
{
    return num == 0 || memcmp(a, b, num * sizeof *a) == 0;
}

static int same_text(const reference_text *expected, const nd_text *text)
{
    const size_t num = expected->num_tokens;
    if (text->num_tokens != num || text->invalid_bytes != expected->invalid_bytes ||
        !same_entries(expected->token_start, text->token_start, num + 1))
        return 0;
    if (num && memcmp(expected->normalised, text->normalised, expected->token_start[num]) != 0)
        return 0;
    return text->offsets == ND_TEXT_NO_OFFSETS || !expected->source_start ||
           (same_entries(expected->source_start, text->source_start, num) &&
            same_entries(expected->source_end, text->source_end, num));
}

static void explain(const char *kernel, const char *bytes, size_t len)
{
    fprintf(stderr, "kernel %s differs on %zu bytes:", kernel, len);
    for (size_t i = 0; i < len && i < 400; i++)
        fprintf(stderr, " %02x", (unsigned char)bytes[i]);
    fprintf(stderr, "\n");
}

static void assert_kernels_give(const reference_text *expected, const char *bytes, size_t len)
{
    for (size_t k = 0; k < num_kernels; k++) {
        nd_text *const text = kernels[k].text;
        for (int offsets = ND_TEXT_NO_OFFSETS; offsets <= ND_TEXT_WITH_OFFSETS; offsets++) {
            assert_int_equal(
                nd_text_set_by(kernels[k].kernel, text, bytes, len, (nd_text_offsets)offsets),
                ND_OK);
            if (!same_text(expected, text)) {
                explain(kernels[k].name, bytes, len);
                fail();
            }
        }
    }
}

static void assert_is_taken_back(const reference_text *text)
{
    reference_text expected = *text;
    expected.invalid_bytes = 0;
    assert_int_equal(nd_text_set_normalised(taken_back, expected.normalised,
                                            expected.token_start[expected.num_tokens]),
                     ND_OK);
    assert_int_equal(taken_back->offsets, ND_TEXT_NO_OFFSETS);
    assert_true(same_text(&expected, taken_back));
}

/* The kernels read a block of exactly len bytes, so that a sanitizer sees them read past it. */
static void assert_kernels_agree(const char *bytes, size_t len)
{
    char *const exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    reference_text expected;
    reference_text_init(&expected, exact, len);
    assert_kernels_give(&expected, exact, len);
    assert_is_taken_back(&expected);
    reference_text_release(&expected);
    free(exact);
}

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 32) * limit >> 32);
}

/* Blocks of code points, a character of which random texts take in this proportion. */
static const struct {
    uint32_t first, last, weight;
} ranges[] = {
    {' ', '~', 30},        {'a', 'z', 40},        {' ', ' ', 10},       {0x80, 0xFF, 20},
    {0xC0, 0xFF, 10},      {0x100, 0x24F, 4},     {0x300, 0x36F, 8},    {0x370, 0x3FF, 3},
    {0x400, 0x45F, 4},     {0x591, 0x5EA, 3},     {0x610, 0x6D3, 4},    {0x900, 0xD7F, 6},
    {0xE01, 0xEDF, 4},     {0x1000, 0x109F, 2},   {0x1100, 0x11FF, 4},  {0x1780, 0x17DF, 2},
    {0x1AB0, 0x1B4F, 2},   {0x1DC0, 0x1FFF, 4},   {0x2000, 0x206F, 10}, {0x20D0, 0x218B, 4},
    {0x2190, 0x2BFF, 2},   {0x3041, 0x30FF, 4},   {0x3300, 0x33FF, 2},  {0x4E00, 0x9FFF, 4},
    {0xA980, 0xAADF, 1},   {0xAC00, 0xD7A3, 3},   {0xD7B0, 0xD7FB, 1},  {0xF900, 0xFAFF, 2},
    {0xFB00, 0xFDFF, 3},   {0xFE00, 0xFE0F, 2},   {0xFE70, 0xFFFF, 4},  {0x10000, 0x1FFFF, 4},
    {0x20000, 0x2FA1F, 2}, {0xE0000, 0xE01EF, 2}, {0x0, 0x1F, 2},       {0x0, 0xD7FF, 4},
    {0xE000, 0x10FFFF, 2},
};

/* What is known to be awkward: expansions, ignorables, marks, jamo, marks that become letters. */
static const uint32_t awkward[] = {
    0xDF,    0x149,   0x130,   0x1E9E,  0x1F0,  0x390,  0xFDFA, 0xFB03,   0x3300,  0xBD,
    0xA8,    0xAF,    0xB4,    0xB8,    0xAD,   0x34F,  0x200B, 0x200D,   0xFEFF,  0x180E,
    0x3164,  0xFFA0,  0x1160,  0x115F,  0x300,  0x301,  0x327,  0x323,    0x338,   0x345,
    0x344,   0x340,   0x3099,  0xFF9E,  0x1100, 0x1161, 0x11A8, 0xAC00,   0x9BE,   0x9C7,
    0x93C,   0x94D,   0x1D165, 0x1D16D, 0xE33,  0xE48,  0x653,  0x64B,    0x5B0,   0x1FB7,
    0x2126,  0xD7,    0xF7,    0x2028,  0x20AC, 0xFFFD, 0,      0x10FFFF, 0xE0100, 0x1F600,
    0x11131, 0x11127, 0x2F800, 0x20000, 0x2026, 0x2011,
};

static uint32_t random_char(void)
{
    if (random_below(6) == 0)
        return awkward[random_below(sizeof awkward / sizeof *awkward)];
    uint32_t total = 0;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        total += ranges[i].weight;
    uint32_t pick = random_below(total);
    size_t i = 0;
    while (pick >= ranges[i].weight)
        pick -= ranges[i++].weight;
    return ranges[i].first + random_below(ranges[i].last - ranges[i].first + 1);
}

static size_t put_char(char *bytes, size_t len, uint32_t code_point)
{
    const int is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    return len + nd_utf8_encode(is_surrogate ? ND_UTF8_REPLACEMENT : code_point, bytes + len);
}

enum { TEXT_CHARS = 400 };

/* A letter of a language: of ASCII, or of one that mixes it with others. */
static uint32_t random_letter(uint32_t language)
{
    if (random_below(6) == 0)
        return (uint8_t) " .,-\n\""[random_below(6)];
    const uint32_t mix = random_below(2);
    switch (language % 5) {
    case 1:
        return mix ? 'a' + random_below(26) : 0xC0 + random_below(0x40);
    case 2:
        return mix ? 'a' + random_below(26) : 0x100 + random_below(0x80);
    case 3:
        return 0x400 + random_below(0x60);
    default:
        return (uint8_t) "aeinorstEINRST09"[random_below(16)];
    }
}

/* Text of some language with `density` in 256 characters of any other kind. */
static size_t random_text(char bytes[TEXT_CHARS * 4], uint32_t density)
{
    const uint32_t num = random_below(TEXT_CHARS), language = random_below(5);
    size_t len = 0;
    for (uint32_t i = 0; i < num; i++) {
        const bool is_other = random_below(256) < density;
        len = put_char(bytes, len, is_other ? random_char() : random_letter(language));
    }
    return len;
}

static void random_valid_text_is_tokenised_alike(void **state)
{
    (void)state;
    static const uint32_t densities[] = {0, 4, 16, 80, 256};
    char bytes[TEXT_CHARS * 4];
    random_state = 1;
    for (int round = 0; round < 2000; round++) {
        const uint32_t density = densities[round % 5];
        assert_kernels_agree(bytes, random_text(bytes, density));
    }
}

static void random_bytes_are_tokenised_alike(void **state)
{
    (void)state;
    char bytes[300];
    random_state = 2;
    for (int round = 0; round < 2000; round++) {
        const size_t len = random_below(sizeof bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)random_below(256);
        assert_kernels_agree(bytes, len);
    }
}

/* Valid text with some bytes changed, and cut anywhere. */
static void damaged_text_is_tokenised_alike(void **state)
{
    (void)state;
    char bytes[TEXT_CHARS * 4];
    random_state = 3;
    for (int round = 0; round < 2000; round++) {
        size_t len = random_text(bytes, round % 2 ? 30 : 200);
        for (uint32_t i = random_below(8); i > 0 && len > 0; i--)
            bytes[random_below((uint32_t)len)] = (char)random_below(256);
        len = len ? random_below((uint32_t)len) : 0;
        assert_kernels_agree(bytes, len);
    }
}

/* `middle` at every place of the first two blocks, in plain text, ended at several places. */
static void assert_agree_at_every_place(const char *middle, size_t middle_len)
{
    enum { PLACES = 131 };
    char bytes[PLACES + 64 + 80];
    for (size_t place = 0; place < PLACES; place++) {
        size_t len = 0;
        while (len < place) {
            bytes[len] = (len + place) % 5 ? 'b' : ' ';
            len++;
        }
        memcpy(bytes + len, middle, middle_len);
        len += middle_len;
        assert_kernels_agree(bytes, len);
        memcpy(bytes + len, "cd e", 4);
        assert_kernels_agree(bytes, len + 1 + place % 4);
        memset(bytes + len, 'x', 70);
        assert_kernels_agree(bytes, len + 70);
    }
}

static void awkward_characters_at_every_place_of_a_block_are_tokenised_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
        char middle[4];
        assert_agree_at_every_place(middle, put_char(middle, 0, awkward[i]));
    }
}

static void invalid_sequences_at_every_place_of_a_block_are_tokenised_alike(void **state)
{
    (void)state;
    static const char *const sequences[] = {
        "\x80",
        "\xBF\xBF",
        "\xC3",
        "\xC3\xC3\xA9",
        "\xC0\x80",
        "\xC3 ",
        "\xE2",
        "\xE2\x80",
        "\xE2\x80\xE2\x80\x94",
        "\xED\xA0\x80",
        "\xE0\x80\xAF",
        "\xF0\x9F\x98",
        "\xF4\x90\x80\x80",
        "\xFF",
        "\xE2\x80\x80\x80",
    };
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        assert_agree_at_every_place(sequences[i], strlen(sequences[i]));
}

static void pairs_of_awkward_characters_are_tokenised_alike(void **state)
{
    (void)state;
    const size_t num = sizeof awkward / sizeof *awkward;
    for (size_t i = 0; i < num * num; i++) {
        char bytes[80];
        size_t len = 0;
        for (size_t before = i % 67; len < before; len++)
            bytes[len] = 'a';
        len = put_char(bytes, len, awkward[i / num]);
        len = put_char(bytes, len, awkward[i % num]);
        bytes[len++] = 'E';
        assert_kernels_agree(bytes, len);
    }
}

static void every_code_point_is_tokenised_alike(void **state)
{
    (void)state;
    enum { CHARS = 256 };
    char bytes[CHARS * 6 + 4];
    for (uint32_t first = 0; first < 0x110000; first += CHARS) {
        if (first == 0x20400)
            first = 0x2F800; /* Han, each like the other */
        if (first == 0x2FB00)
            first = 0xE0000; /* Han, and then nothing assigned */
        size_t len = 0;
        for (uint32_t i = 0; i < CHARS; i++) {
            len = put_char(bytes, len, first + i);
            bytes[len++] = i % 3 ? 'a' : ' ';
        }
        assert_kernels_agree(bytes, len);
    }
}

/* All that composes: each composite taken apart, alone and with one more mark. */
static void decomposed_characters_are_tokenised_alike(void **state)
{
    (void)state;
    random_state = 5;
    char bytes[4096];
    size_t len = 0;
    for (uint32_t c = 0; c < 0x20000; c++) {
        utf8proc_int32_t parts[32];
        int boundclass = 0;
        const utf8proc_ssize_t num = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32,
                                                             UTF8PROC_DECOMPOSE, &boundclass);
        for (utf8proc_ssize_t i = 0; num > 1 && i < num; i++)
            len = put_char(bytes, len, (uint32_t)parts[i]);
        if (num > 1 && c % 2)
            len = put_char(bytes, len, random_char());
        if (len > sizeof bytes - 200 || c == 0x1FFFF) {
            assert_kernels_agree(bytes, len);
            len = 0;
        }
    }
}

/* Chunks end after 31 characters wherever those come from. */
static void long_runs_of_marks_are_tokenised_alike(void **state)
{
    (void)state;
    static const uint32_t starters[] = {'a', ' ', 0xE9};
    static const uint32_t marks[] = {0x301, 0x327, 0xAD, 0x345, 0x11A8, 0x94D, 0x34F};
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
        for (uint32_t num = 28; num <= 96; num++) {
            char bytes[600];
            size_t len = put_char(bytes, 0, starters[num % 3]);
            for (uint32_t i = 0; i < num; i++)
                len = put_char(bytes, len, i % 5 == 4 ? 0x301 : marks[m]);
            memcpy(bytes + len, "z, the end of this text is plain.", 33);
            assert_kernels_agree(bytes, len + 33);
        }
    }
}

/* The pieces a text is made in end at any place of it, also inside a run of marks. */
static void texts_longer_than_a_piece_are_tokenised_alike(void **state)
{
    (void)state;
    enum { LEN = 60000 };
    char *const bytes = malloc(LEN + 8);
    assert_non_null(bytes);
    static const char *const fillers[] = {
        "The cat, sat. ", "e\xCC\x81\xCC\xA7",  "\xE6\x9D\xB1", "\xD0\x96\xD1\x83 ",
        "\xEF\xB7\xBA",   "\xC3\x89t\xC3\xA9 ", "a\xC2\xAD",    " ,.",
        "\xCC\x81"};
    for (size_t f = 0; f < sizeof fillers / sizeof *fillers; f++) {
        const size_t step = strlen(fillers[f]);
        size_t len = 0;
        for (; len + step <= LEN; len += step)
            memcpy(bytes + len, fillers[f], step);
        assert_kernels_agree(bytes, len);
    }
    free(bytes);
}

static size_t num_looked_at;

static size_t count_token_starts(const uint8_t *out, size_t from, size_t to, uint32_t *starts)
{
    num_looked_at += to - from;
    return nd_tokenise_kernel_scalar.token_starts(out, from, to, starts);
}

static void token_of_a_million_bytes_is_looked_through_once(void **state)
{
    (void)state;
    enum { LEN = 1000 * 1000 };
    nd_tokenise_kernel counting = nd_tokenise_kernel_scalar;
    counting.token_starts = count_token_starts;
    char *const bytes = malloc(LEN);
    assert_non_null(bytes);
    memset(bytes, 'a', LEN);
    num_looked_at = 0;
    assert_int_equal(nd_text_set_by(&counting, kernels[0].text, bytes, LEN, ND_TEXT_WITH_OFFSETS),
                     ND_OK);
    assert_int_equal(nd_text_num_tokens(kernels[0].text), 1);
    assert_int_equal(nd_text_token(kernels[0].text, 0).end, LEN);
    assert_int_equal(num_looked_at, LEN + 1);
    free(bytes);
}

/* With fewer than 30 marks in a row cutting into chunks changes nothing. */
static void tokens_are_those_of_the_whole_text_normalised_at_once(void **state)
{
    (void)state;
    char bytes[TEXT_CHARS * 4];
    random_state = 4;
    for (int round = 0; round < 1000; round++) {
        const size_t len = random_text(bytes, round % 2 ? 40 : 120);
        reference_text expected;
        reference_text_init_whole(&expected, bytes, len);
        assert_kernels_give(&expected, bytes, len);
        reference_text_release(&expected);
    }
}

static void a_normalised_text_over_the_limit_is_refused_unread(void **state)
{
    (void)state;
    assert_int_equal(nd_text_set_normalised(taken_back, "one two ", 8), ND_OK);
    assert_int_equal(nd_text_num_tokens(taken_back), 2);
    assert_int_equal(nd_text_set_normalised(taken_back, "x", (size_t)UINT32_MAX + 1), ND_ERR_LIMIT);
    assert_int_equal(nd_text_num_tokens(taken_back), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_valid_text_is_tokenised_alike),
        cmocka_unit_test(random_bytes_are_tokenised_alike),
        cmocka_unit_test(damaged_text_is_tokenised_alike),
        cmocka_unit_test(awkward_characters_at_every_place_of_a_block_are_tokenised_alike),
        cmocka_unit_test(invalid_sequences_at_every_place_of_a_block_are_tokenised_alike),
        cmocka_unit_test(pairs_of_awkward_characters_are_tokenised_alike),
        cmocka_unit_test(every_code_point_is_tokenised_alike),
        cmocka_unit_test(decomposed_characters_are_tokenised_alike),
        cmocka_unit_test(long_runs_of_marks_are_tokenised_alike),
        cmocka_unit_test(texts_longer_than_a_piece_are_tokenised_alike),
        cmocka_unit_test(token_of_a_million_bytes_is_looked_through_once),
        cmocka_unit_test(tokens_are_those_of_the_whole_text_normalised_at_once),
        cmocka_unit_test(a_normalised_text_over_the_limit_is_refused_unread),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

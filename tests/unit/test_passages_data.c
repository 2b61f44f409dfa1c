/* How much of what repeats is found, and whether what is found repeats: in the development data,
 * which stands in the folder that NEARDUP_DATA names, or next to the sources (without a set its
 * test is skipped), and in articles made up on the spot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_up_repeats.h"
#include "neardup/passages.h"

enum { MAX_PARAGRAPHS = 400, MAX_LISTED = 2000, MAX_LISTED_IN_ONE = 8 };

static const char *data_folder;

static char *read_file(const char *name, size_t *len)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", data_folder, name);
    FILE *const file = fopen(path, "rb");
    *len = 0;
    if (!file)
        return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    rewind(file);
    char *const bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    fclose(file);
    bytes[size] = '\0';
    *len = (size_t)size;
    return bytes;
}

static nd_passage_finder *new_finder(void)
{
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    return finder;
}

static void assert_place(const nd_place *place, uint64_t line, uint64_t end_line)
{
    assert_int_equal(place->line, line);
    assert_int_equal(place->end_line, end_line);
}

static void seed_article_fr_repeats_its_title_and_one_block(void **state)
{
    (void)state;
    size_t len, num;
    char *const bytes = read_file("seed_article_fr/article.txt", &len);
    if (!bytes)
        skip();
    nd_passage_finder *const finder = new_finder();
    const nd_repeat *repeats;
    assert_int_equal(nd_passage_finder_repeats(finder, bytes, len, &repeats, &num), ND_OK);
    assert_int_equal(num, 2);
    assert_true(repeats[0].similarity == 1.0 && repeats[1].similarity == 1.0);
    assert_int_equal(repeats[0].num_places, 3);
    assert_place(&repeats[0].places[0], 1, 1);
    assert_place(&repeats[0].places[1], 3, 3);
    assert_place(&repeats[0].places[2], 4, 4);
    assert_int_equal(repeats[1].num_places, 2);
    assert_place(&repeats[1].places[0], 20, 30);
    assert_place(&repeats[1].places[1], 32, 42);
    nd_passage_finder_free(finder);
    free(bytes);
}

/* A repeat that the set lists: paragraphs, from 0, and what was done to one of them. */
typedef struct listed_repeat {
    char id[32], kind[32];
    uint32_t first, second;
} listed_repeat;

enum { MAX_KINDS = 16 };

/* How the repeats of one kind were found. */
typedef struct kind_score {
    char name[32];
    uint32_t listed, found, pieces;
} kind_score;

typedef struct score {
    kind_score kinds[MAX_KINDS];
    size_t num_kinds;
    uint32_t reported, right; /* of 15 words and more */
} score;

static size_t read_listed(char *bytes, listed_repeat *listed)
{
    size_t num = 0;
    for (char *line = strtok(bytes, "\n"); line; line = strtok(NULL, "\n")) {
        listed_repeat *const r = &listed[num];
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%31s %u %u %*s %31s", r->id, &r->first, &r->second, r->kind),
                         4);
        assert_true(++num < MAX_LISTED);
    }
    return num;
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
}

/* Undoes the escapes of the JSON string after its opening quote, in place; its length. */
static size_t unescape(char *at)
{
    char *out = at;
    const char *const start = at;
    for (; *at != '"'; at++) {
        assert_true(*at != '\0');
        if (*at != '\\') {
            *out++ = *at;
            continue;
        }
        at++;
        if (*at == 'u') {
            char digits[5] = {at[1], at[2], at[3], at[4], '\0'};
            out += put_utf8((uint32_t)strtoul(digits, NULL, 16), out);
            at += 4;
        } else {
            *out++ = *at == 'n' ? '\n' : *at == 't' ? '\t' : *at == 'r' ? '\r' : *at;
        }
    }
    return (size_t)(out - start);
}

/* The string value of a key in a line of JSON, unescaped in place and ended; the last key first. */
static char *value_of(char *line, const char *key, size_t *len)
{
    char *const value = strstr(line, key) + strlen(key);
    *len = unescape(value);
    value[*len] = '\0';
    return value;
}

/* Paragraphs are separated by a blank line. */
static size_t split_paragraphs(const char *text, size_t len, made_up_paragraph *paragraphs)
{
    size_t num = 0;
    for (size_t at = 0; at < len;) {
        const char *const end = strstr(text + at, "\n\n");
        const size_t stop = end ? (size_t)(end - text) : len;
        assert_true(num < MAX_PARAGRAPHS);
        paragraphs[num++] = (made_up_paragraph){at, stop};
        for (at = stop; at < len && text[at] == '\n'; at++)
            ;
    }
    return num;
}

static size_t overlap(nd_place place, made_up_paragraph p)
{
    const size_t start = place.start > p.start ? place.start : p.start;
    const size_t end = place.end < p.end ? place.end : p.end;
    return start < end ? end - start : 0;
}

/* Some place of the repeat covers 60 % of the paragraph. */
static bool covers(const nd_repeat *r, made_up_paragraph p)
{
    for (size_t i = 0; i < r->num_places; i++)
        if (overlap(r->places[i], p) * 10 >= (p.end - p.start) * 6)
            return true;
    return false;
}

/* Half of some place of the repeat is in the paragraph. */
static bool has_place_in(const nd_repeat *r, made_up_paragraph p)
{
    for (size_t i = 0; i < r->num_places; i++)
        if (overlap(r->places[i], p) * 2 >= r->places[i].end - r->places[i].start)
            return true;
    return false;
}

/* What was found in one document, and what stands in it. */
typedef struct document_report {
    const nd_repeat *repeats;
    size_t num_repeats;
    made_up_paragraph paragraphs[MAX_PARAGRAPHS];
    listed_repeat listed[MAX_LISTED_IN_ONE];
    size_t num_listed;
} document_report;

static kind_score *score_of_kind(score *s, const char *name)
{
    for (size_t i = 0; i < s->num_kinds; i++)
        if (strcmp(s->kinds[i].name, name) == 0)
            return &s->kinds[i];
    assert_true(s->num_kinds < MAX_KINDS);
    strcpy(s->kinds[s->num_kinds].name, name);
    return &s->kinds[s->num_kinds++];
}

static void add_document(const document_report *d, score *s)
{
    for (size_t i = 0; i < d->num_listed; i++) {
        const listed_repeat *const l = &d->listed[i];
        const made_up_paragraph a = d->paragraphs[l->first], b = d->paragraphs[l->second];
        kind_score *const k = score_of_kind(s, l->kind);
        bool is_found = false;
        for (size_t r = 0; r < d->num_repeats; r++) {
            is_found |= covers(&d->repeats[r], a) && covers(&d->repeats[r], b);
            k->pieces += has_place_in(&d->repeats[r], a) && has_place_in(&d->repeats[r], b);
        }
        k->listed++;
        k->found += is_found;
    }
    for (size_t r = 0; r < d->num_repeats; r++) {
        bool is_right = false;
        for (size_t i = 0; i < d->num_listed; i++)
            is_right |= has_place_in(&d->repeats[r], d->paragraphs[d->listed[i].first]) &&
                        has_place_in(&d->repeats[r], d->paragraphs[d->listed[i].second]);
        s->reported += d->repeats[r].words >= 15;
        s->right += d->repeats[r].words >= 15 && is_right;
    }
}

/* The kinds in which much of a paragraph is not the same are hard. */
static void assert_score(const char *set, const score *s)
{
    uint32_t listed = 0, pieces = 0;
    for (size_t i = 0; i < s->num_kinds; i++) {
        const kind_score *const k = &s->kinds[i];
        const bool is_hard = strcmp(k->name, "edit_20") == 0 || strcmp(k->name, "ocr_03") == 0;
        print_message("%s: %-8s %3u of %3u whole, %.3f pieces\n", set, k->name, k->found, k->listed,
                      (double)k->pieces / k->listed);
        assert_true(k->listed >= 50);
        assert_true(k->found >= k->listed * (is_hard ? 0.95 : 0.98));
        listed += k->listed;
        pieces += k->pieces;
    }
    print_message("%s: %.3f pieces for each, %u of %u reported are right\n", set,
                  (double)pieces / listed, s->right, s->reported);
    assert_true(pieces <= listed * 1.05);
    assert_true(s->right >= s->reported * 0.98);
}

static void score_documents(char *documents, const listed_repeat *listed, size_t num_listed,
                            score *s)
{
    static document_report d;
    nd_passage_finder *const finder = new_finder();
    for (char *line = documents, *next; *line; line = next) {
        next = strchr(line, '\n');
        next = next ? next + 1 : line + strlen(line);
        size_t len, id_len;
        const char *const text = value_of(line, "\"text\": \"", &len);
        const char *const id = value_of(line, "\"id\": \"", &id_len);
        d.num_listed = 0;
        for (size_t i = 0; i < num_listed; i++) {
            if (strcmp(listed[i].id, id) != 0)
                continue;
            assert_true(d.num_listed < MAX_LISTED_IN_ONE);
            d.listed[d.num_listed++] = listed[i];
        }
        split_paragraphs(text, len, d.paragraphs);
        assert_int_equal(nd_passage_finder_repeats(finder, text, len, &d.repeats, &d.num_repeats),
                         ND_OK);
        add_document(&d, s);
    }
    nd_passage_finder_free(finder);
}

static void repeats_bbc_en_are_found_whole_and_little_else(void **state)
{
    (void)state;
    static listed_repeat listed[MAX_LISTED];
    size_t len;
    char *const truth = read_file("repeats_bbc_en/repeats.tsv", &len);
    char *const documents = read_file("repeats_bbc_en/docs.jsonl", &len);
    if (!truth || !documents) {
        free(truth);
        free(documents);
        skip();
    }
    score s = {.num_kinds = 0};
    score_documents(documents, listed, read_listed(truth, listed), &s);
    assert_score("repeats_bbc_en", &s);
    free(truth);
    free(documents);
}

/* The same on articles made up on the spot, a fifth of them without a repeat. */
static void made_up_repeats_are_found_whole_and_little_else(void **state)
{
    (void)state;
    enum { ARTICLES = 60 }; /* of each kind and script */
    static const char *const names[] = {"latin", "cyrillic", "arabic", "chinese"};
    static made_up_article article;
    static document_report d;
    nd_passage_finder *const finder = new_finder();
    nd_random random = {41};
    for (made_up_script script = 0; script < MADE_UP_NUM_SCRIPTS; script++) {
        score s = {.num_kinds = 0};
        for (int i = 0; i < ARTICLES * (MADE_UP_NUM_KINDS + 2); i++) {
            const made_up_kind turn = (made_up_kind)(i % (MADE_UP_NUM_KINDS + 2));
            const made_up_kind kind = turn < MADE_UP_NUM_KINDS ? turn : MADE_UP_NOTHING;
            made_up_article_make(&article, script, kind, &random);
            memcpy(d.paragraphs, article.paragraphs, sizeof article.paragraphs);
            d.num_listed = kind != MADE_UP_NOTHING;
            if (d.num_listed) {
                d.listed[0].first = (uint32_t)article.first;
                d.listed[0].second = (uint32_t)article.second;
                strcpy(d.listed[0].kind, made_up_kind_name(kind));
            }
            assert_int_equal(nd_passage_finder_repeats(finder, article.text, article.len,
                                                       &d.repeats, &d.num_repeats),
                             ND_OK);
            add_document(&d, &s);
        }
        assert_score(names[script], &s);
    }
    nd_passage_finder_free(finder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_article_fr_repeats_its_title_and_one_block),
        cmocka_unit_test(repeats_bbc_en_are_found_whole_and_little_else),
        cmocka_unit_test(made_up_repeats_are_found_whole_and_little_else),
    };
    data_folder = getenv("NEARDUP_DATA");
    if (!data_folder)
        data_folder = NEARDUP_DEFAULT_DATA;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Repeats in the development data, which stands in the folder that NEARDUP_DATA names, or next to
 * the sources. Without a set its test is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/passages.h"

enum { MAX_PARAGRAPHS = 400, MAX_DOCUMENTS = 2000, MAX_LISTED = 2000 };

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

/* A paragraph of a document, in bytes. */
typedef struct paragraph {
    size_t start, end;
} paragraph;

/* A repeat that the set lists. */
typedef struct listed_repeat {
    char id[32], kind[32];
    uint32_t first, second;
    double jaccard;
} listed_repeat;

typedef struct score {
    uint32_t listed_exact, found_exact;
    uint32_t listed_half, found_half; /* of those with a jaccard of 0.5 and more */
    uint32_t reported, right;         /* of 15 words and more */
} score;

static size_t read_listed(char *bytes, listed_repeat *listed)
{
    size_t num = 0;
    for (char *line = strtok(bytes, "\n"); line; line = strtok(NULL, "\n")) {
        listed_repeat *const r = &listed[num];
        if (line[0] == '#')
            continue;
        assert_int_equal(
            sscanf(line, "%31s %u %u %lf %31s", r->id, &r->first, &r->second, &r->jaccard, r->kind),
            5);
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
static size_t split_paragraphs(const char *text, size_t len, paragraph *paragraphs)
{
    size_t num = 0;
    for (size_t at = 0; at < len;) {
        const char *const end = strstr(text + at, "\n\n");
        const size_t stop = end ? (size_t)(end - text) : len;
        assert_true(num < MAX_PARAGRAPHS);
        paragraphs[num++] = (paragraph){at, stop};
        for (at = stop; at < len && text[at] == '\n'; at++)
            ;
    }
    return num;
}

static size_t overlap(nd_place place, paragraph p)
{
    const size_t start = place.start > p.start ? place.start : p.start;
    const size_t end = place.end < p.end ? place.end : p.end;
    return start < end ? end - start : 0;
}

/* Some place of the repeat and the paragraph cover half of each other, or of one of them. */
static int stands_in(const nd_repeat *r, paragraph p, int of_paragraph)
{
    for (size_t i = 0; i < r->num_places; i++) {
        const size_t whole =
            of_paragraph ? p.end - p.start : (size_t)(r->places[i].end - r->places[i].start);
        if (overlap(r->places[i], p) * 2 >= whole)
            return 1;
    }
    return 0;
}

typedef struct document_report {
    const nd_repeat *repeats;
    size_t num_repeats;
    paragraph paragraphs[MAX_PARAGRAPHS];
    const listed_repeat *listed; /* of this document */
    size_t num_listed;
} document_report;

static void add_recall(const document_report *d, score *s)
{
    for (size_t i = 0; i < d->num_listed; i++) {
        const listed_repeat *const l = &d->listed[i];
        const paragraph a = d->paragraphs[l->first], b = d->paragraphs[l->second];
        uint32_t found = 0;
        for (size_t r = 0; r < d->num_repeats; r++)
            found |= stands_in(&d->repeats[r], a, 1) && stands_in(&d->repeats[r], b, 1);
        s->listed_exact += l->jaccard >= 1;
        s->found_exact += l->jaccard >= 1 && found;
        s->listed_half += l->jaccard >= 0.5;
        s->found_half += l->jaccard >= 0.5 && found;
    }
}

static void add_precision(const document_report *d, score *s)
{
    for (size_t r = 0; r < d->num_repeats; r++) {
        if (d->repeats[r].words < 15)
            continue;
        uint32_t right = 0;
        for (size_t i = 0; i < d->num_listed; i++)
            right |= stands_in(&d->repeats[r], d->paragraphs[d->listed[i].first], 0) &&
                     stands_in(&d->repeats[r], d->paragraphs[d->listed[i].second], 0);
        s->reported++;
        s->right += right;
    }
}

static score score_documents(char *documents, const listed_repeat *listed, size_t num_listed)
{
    static document_report d;
    nd_passage_finder *const finder = new_finder();
    score s = {0};
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
            d.listed = d.num_listed ? d.listed : &listed[i];
            d.num_listed++;
        }
        split_paragraphs(text, len, d.paragraphs);
        assert_int_equal(nd_passage_finder_repeats(finder, text, len, &d.repeats, &d.num_repeats),
                         ND_OK);
        add_recall(&d, &s);
        add_precision(&d, &s);
    }
    nd_passage_finder_free(finder);
    return s;
}

static void repeats_bbc_en_are_found_and_little_else(void **state)
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
    const score s = score_documents(documents, listed, read_listed(truth, listed));
    print_message("exact %u of %u, jaccard >= 0.5 %u of %u, right %u of %u reported\n",
                  s.found_exact, s.listed_exact, s.found_half, s.listed_half, s.right, s.reported);
    assert_true(s.listed_exact > 300 && s.listed_half > 500);
    assert_int_equal(s.found_exact, s.listed_exact);
    assert_true(s.found_half >= s.listed_half * 0.99);
    assert_true(s.right >= s.reported * 0.985);
    free(truth);
    free(documents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_article_fr_repeats_its_title_and_one_block),
        cmocka_unit_test(repeats_bbc_en_are_found_and_little_else),
    };
    data_folder = getenv("NEARDUP_DATA");
    if (!data_folder)
        data_folder = NEARDUP_DEFAULT_DATA;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

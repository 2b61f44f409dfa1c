/* JSON objects: what is one, what its fields hold, and what is wrong with the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/json.h"
#include "util/alloc.h"

static nd_json_parser *parser;

static int make_parser(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    return nd_json_parser_new(&allocator, &parser) == ND_OK ? 0 : -1;
}

static int free_parser(void **state)
{
    (void)state;
    nd_json_parser_free(parser);
    return 0;
}

static nd_fields fields_of(const char *list)
{
    static char copies[8][64];
    static unsigned next;
    nd_fields fields = {0};
    size_t num;
    char *const copy = copies[next++ % 8];
    assert_in_range(strlen(list), 0, sizeof copies[0] - 1);
    assert_int_equal(nd_fields_add(&fields, list, ND_MAX_FIELDS, copy, &num, NULL), ND_OK);
    assert_int_equal(fields.num, num);
    return fields;
}

/* Reads a copy that ends with its padding, so that a sanitizer sees what is read past it. The
 * values' places are those in `record`. */
static nd_json_verdict read_fields(const char *record, size_t len, const char *list,
                                   nd_field_value *values, nd_json_fault *fault)
{
    const nd_fields fields = fields_of(list);
    char *const copy = malloc(len + ND_JSON_PADDING);
    memcpy(copy, record, len);
    memset(copy + len, '"', ND_JSON_PADDING);
    const nd_json_verdict verdict = nd_json_object_read(parser, copy, len, &fields, values, fault);
    for (size_t i = 0; i < fields.num && verdict == ND_JSON_OBJECT; i++)
        if (values[i].type == ND_FIELD_STRING || values[i].type == ND_FIELD_NUMBER)
            values[i].p = record + (values[i].p - copy);
    free(copy);
    return verdict;
}

static nd_json_verdict parse_bytes(const char *line, size_t len, nd_field_value *field)
{
    nd_json_fault fault = {0};
    const nd_json_verdict verdict = read_fields(line, len, "text", field, &fault);
    if (verdict == ND_JSON_NOT_AN_OBJECT) {
        assert_non_null(fault.what);
        assert_in_range(fault.at_byte, 0, len + 1);
    }
    return verdict;
}

static nd_json_verdict verdict_of(const char *line)
{
    nd_field_value field;
    return parse_bytes(line, strlen(line), &field);
}

static void assert_text(const char *line, const char *expected)
{
    nd_field_value field;
    char out[256];
    uint64_t invalid = 0;
    assert_int_equal(parse_bytes(line, strlen(line), &field), ND_JSON_OBJECT);
    assert_int_equal(field.type, ND_FIELD_STRING);
    const size_t len = nd_json_unescape(field.p, field.len_bytes, out, &invalid);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
    assert_int_equal(invalid, 0);
}

static void objects_are_objects(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{}",
        " { } ",
        "{\"a\":1}",
        "{\"a\":[],\"b\":{},\"c\":[{}, [1,2 , 3], null],\"d\":true,\"e\":false}",
        "{\"a\":0,\"b\":-0,\"c\":-1.5e+10,\"d\":1E400,\"e\":123456789012345678901234567890}",
        "{\"\":\"\",\"\\u0061\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u12aF\"}",
        "\t{\"a\" : \"b\" , \"c\" : [ ] }\t",
        "{\n  \"a\": \"b\",\r\n  \"c\": [\n  ]\n}\n",
        "{\"a\":NaN,\"b\":[Infinity,-Infinity, NaN ]}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(verdict_of(lines[i]), ND_JSON_OBJECT);
}

static void all_else_is_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "[]",
        "[{}]",
        "1",
        "\"text\"",
        "null",
        "{",
        "}",
        "{}{}",
        "{} {}",
        "{}x",
        "x{}",
        "{},",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,,\"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1]",
        "{\"a\":[1}",
        "{\"a\":[1,]}",
        "{\"a\":[,]}",
        "{\"a\":[1 2]}",
        "{\"a\":{\"b\"}}",
        "{\"a\":[1}]",
        "{\"a\"::1}",
        "{\"a\":1:2}",
        "{\"a\":nan}",
        "{\"a\":-NaN}",
        "{\"a\":inf}",
        "{\"a\":+Infinity}",
        "{\"a\":Infinityy}",
        "{NaN:1}",
        "{\"a\":nul}",
        "{\"a\":nulll}",
        "{\"a\":True}",
        "{\"a\":truefalse}",
        "{\"a\":undefined}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":0x1}",
        "{\"a\":1.2.3}",
        "{\"a\":--1}",
        "{\"a\":1_000}",
        "{\"a\":\"b}",
        "{\"a\":\"b\\\"}",
        "{\"a\":\"b\"\"c\"}",
        "{\"a\":1\"c\"}",
        "{\"a\":\"b\"c}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":[\"\\q\"]}",
        "{\"\\x\":1}",
        "{\"a\":\"tab\there\"}",
        "{\"a\":\"line\nhere\"}",
        "{\"a\":1}\v",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (verdict_of(lines[i]) != ND_JSON_NOT_AN_OBJECT)
            fail_msg("taken for an object: %s", lines[i]);
}

static void nul_bytes_are_no_json(void **state)
{
    (void)state;
    nd_field_value field;
    assert_int_equal(parse_bytes("{\"a\":\"\0\"}", 9, &field), ND_JSON_NOT_AN_OBJECT);
    assert_int_equal(parse_bytes("{}\0", 3, &field), ND_JSON_NOT_AN_OBJECT);
    assert_int_equal(parse_bytes("\0{}", 3, &field), ND_JSON_NOT_AN_OBJECT);
}

static void invalid_utf8_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(verdict_of("{\"a\":\"caf\xe9\"}"), ND_JSON_NOT_UTF8);
    assert_int_equal(verdict_of("{\"a\":\"\xed\xa0\x80\"}"), ND_JSON_NOT_UTF8);
    assert_int_equal(verdict_of("{\"a\":\"\u00e9\xc3\"}"), ND_JSON_NOT_UTF8);
}

static void strings_are_unescaped(void **state)
{
    (void)state;
    assert_text("{\"text\":\"\"}", "");
    assert_text("{\"id\":1, \"text\" : \"plain\" }", "plain");
    assert_text("{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t");
    assert_text("{\"text\":\"\\u00e9\\u20ac\\ud83d\\uDE00 \\u0041\"}", "\u00e9\u20ac\U0001f600 A");
    assert_text("{\"text\":\"a long text with one \\n escape and another \\u000a at its end\\n\"}",
                "a long text with one \n escape and another \n at its end\n");
}

static void half_surrogate_pairs_become_replacement_characters(void **state)
{
    (void)state;
    static const struct {
        const char *escaped, *plain;
        uint64_t invalid_bytes;
    } cases[] = {
        {"\\ud800", "\ufffd", 6},
        {"\\udc00", "\ufffd", 6},
        {"a\\ud800b",
         "a\ufffd"
         "b",
         6},
        {"\\ud800\\ud83d\\ude00", "\ufffd\U0001f600", 6},
        {"\\ud800\\n", "\ufffd\n", 6},
        {"\\ud800\\u0041",
         "\ufffd"
         "A",
         6},
        {"\\ude00\\ud83d", "\ufffd\ufffd", 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        uint64_t invalid = 0;
        const size_t len =
            nd_json_unescape(cases[i].escaped, strlen(cases[i].escaped), out, &invalid);
        assert_int_equal(len, strlen(cases[i].plain));
        assert_memory_equal(out, cases[i].plain, len);
        assert_int_equal(invalid, cases[i].invalid_bytes);
    }
}

/* What undoing escapes means, byte by byte, for those of two bytes and for \u0041. */
static size_t unescape_slowly(const char *p, size_t len, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    size_t num = 0;
    for (size_t i = 0; i < len; i++) {
        const char *const short_form = p[i] == '\\' ? strchr(from, p[i + 1]) : NULL;
        if (p[i] != '\\')
            out[num++] = p[i];
        else if (short_form)
            out[num++] = to[short_form - from];
        else
            out[num++] = 'A';
        i += p[i] != '\\' ? 0 : short_form ? 1 : 5;
    }
    return num;
}

/* Any number of escapes at any distance; the buffer ends with the slack it is promised. */
static void escapes_are_undone_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "\\n", "\\\\", "\\\"",       "\\u0041",
        "n",   "u",    "plain text", "a line as long as those that people write, and more"};
    uint64_t seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char escaped[512];
        size_t len = 0;
        while (len < (round & 0xFF) + 1) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const char *const part = parts[(seed >> 40) % (sizeof parts / sizeof *parts)];
            memcpy(escaped + len, part, strlen(part));
            len += strlen(part);
        }
        char *const copy = malloc(len), *const out = malloc(len + ND_JSON_UNESCAPE_SLACK);
        char expected[512];
        uint64_t invalid = 0;
        memcpy(copy, escaped, len);
        const size_t num = unescape_slowly(escaped, len, expected);
        assert_int_equal(nd_json_unescape(copy, len, out, &invalid), num);
        assert_memory_equal(out, expected, num);
        free(copy);
        free(out);
    }
}

static void bad_escapes_are_refused_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\\",
        "\\x",
        "\\u",
        "\\u123",
        "\\u123g",
        "\\ud800\\u12",
        "fine until \\a",
        "\\n\\n\\N",
        "\\n then \\q, and after that as much as it takes to be looked at in whole blocks of bytes",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char out[128];
        uint64_t invalid = 0;
        assert_true(nd_json_unescape(bad[i], strlen(bad[i]), out, &invalid) == ND_JSON_BAD_ESCAPE);
        assert_false(nd_json_escapes_are_valid(bad[i], strlen(bad[i])));
    }
    assert_true(nd_json_escapes_are_valid("\\n\\ud800\\u0000", 14));
}

static void numbers_keep_their_spelling(void **state)
{
    (void)state;
    static const char line[] = "{\"text\": 12345678901234567890.50e1 }";
    nd_field_value field;
    assert_int_equal(parse_bytes(line, strlen(line), &field), ND_JSON_OBJECT);
    assert_int_equal(field.type, ND_FIELD_NUMBER);
    assert_int_equal(field.len_bytes, strlen("12345678901234567890.50e1"));
    assert_memory_equal(field.p, "12345678901234567890.50e1", field.len_bytes);
}

static void types_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        nd_field_type type;
    } cases[] = {
        {"{\"texts\":1}", ND_FIELD_ABSENT},      {"{\"a\":{\"text\":1}}", ND_FIELD_ABSENT},
        {"{\"text\":null}", ND_FIELD_NULL},      {"{\"text\":true}", ND_FIELD_OTHER},
        {"{\"text\":[\"a\"]}", ND_FIELD_OTHER},  {"{\"text\":{}}", ND_FIELD_OTHER},
        {"{\"t\\u0065xt\":1}", ND_FIELD_NUMBER}, {"{\"text\\u0000\":1}", ND_FIELD_ABSENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nd_field_value field;
        assert_int_equal(parse_bytes(cases[i].line, strlen(cases[i].line), &field), ND_JSON_OBJECT);
        assert_int_equal(field.type, cases[i].type);
    }
}

static void first_of_repeated_keys_counts(void **state)
{
    (void)state;
    assert_text("{\"text\":\"one\",\"text\":\"two\",\"te\\u0078t\":\"three\"}", "one");
    assert_int_equal(verdict_of("{\"text\":\"one\",\"text\":\"\\x\"}"), ND_JSON_NOT_AN_OBJECT);
}

static void nesting_is_followed_to_a_limit(void **state)
{
    (void)state;
    enum { DEEP = 200000 };
    char *const line = malloc(2 * DEEP + 16);
    for (int depth = 1022; depth <= DEEP; depth += depth < 1024 ? 1 : DEEP - 1024) {
        const size_t n = (size_t)depth;
        memcpy(line, "{\"a\":", 5);
        memset(line + 5, '[', n);
        memset(line + 5 + n, ']', n);
        strcpy(line + 5 + 2 * n, "}");
        assert_int_equal(verdict_of(line),
                         depth < ND_JSON_MAX_DEPTH ? ND_JSON_OBJECT : ND_JSON_TOO_DEEP);
        line[5 + n] = '\0';
        assert_int_not_equal(verdict_of(line), ND_JSON_OBJECT);
    }
    free(line);
}

/* Every prefix of an object, and every object with one byte changed, is judged without reading past
 * the end; a prefix is never an object. */
static void damaged_lines_are_judged_safely(void **state)
{
    (void)state;
    static const char line[] =
        "{\"id\":-1.5e3,\"text\":\"a \\u00e9 \\\"b\\\" c\",\"tags\":[true,null,{\"x\":[]}]}";
    const size_t len = sizeof line - 1;
    nd_field_value field;
    for (size_t i = 0; i < len; i++)
        assert_int_not_equal(parse_bytes(line, i, &field), ND_JSON_OBJECT);
    size_t num_objects = 0;
    for (size_t i = 0; i < len; i++) {
        char changed[sizeof line];
        memcpy(changed, line, len);
        for (int byte = 0; byte < 256; byte++) {
            changed[i] = (char)byte;
            num_objects += parse_bytes(changed, len, &field) == ND_JSON_OBJECT;
        }
    }
    assert_in_range(num_objects, len, len * 256 / 2);
}

typedef struct piece {
    size_t start, len;
} piece;

/* Puts lines together at random, sound ones and others; returns how many. */
static size_t make_block(uint64_t *seed, char *bytes, size_t *len, piece *lines)
{
    static const char *const kinds[] = {
        "{\"text\":\"one \\n two\"}",
        "{ \"id\" : 17, \"text\" : \"a\" } ",
        "{\"text\":12}",
        "",
        " \t",
        "{\"text\":\"a\"} x",
        "{\"text\":\"a\",",
        "[1, 2]",
        "{\"text\": tru\\",
        "\\",
        "{\"text\":nul",
        "l",
        "{\"text\":\"\u00e9\u4e2d\"}",
        "{\"a\":{\"text\":[{}]},\"text\":\"b \\\\\"}",
        "{\"text\":\"a\"} {",
        "{\"text\":\"a\"},",
        "{\"text\":\"a\"}}",
        "{\"text\":[{\"a\":1}",
        "]}",
        "{\"text\":NaN}",
        "{\"text\":\"a\"}\xfa",
        "{\"text\":\"open",
        "{\"text\":\"\xC3\"}",
    };
    /* The last two are faults that the whole block shows. */
    const size_t num_kinds = sizeof kinds / sizeof *kinds - (*seed >> 60 ? 2 : 0);
    size_t num = 0;
    *len = 0;
    do {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        const char *const kind = kinds[(*seed >> 40) % num_kinds];
        lines[num++] = (piece){*len, strlen(kind)};
        memcpy(bytes + *len, kind, strlen(kind));
        *len += strlen(kind);
        bytes[(*len)++] = '\n';
    } while (num < 12 && *seed >> 62 != 0);
    return num;
}

/* What follows a record says nothing about it, not even where its fault is. */
static void faults_do_not_depend_on_what_follows(void **state)
{
    (void)state;
    static const char *const records[] = {
        "{\"text\"[[[1]]]}",
        "{\"text\":[[[1]]",
        "{\"text\":{\"a\":1}",
        "{\"text\":[1,",
        "{\"text\":[1]],\"id\":2}",
        "{\"text\":",
        "{\"text\"",
        "{\"text\":\"a\"} }",
        "{\"text\":1,\"a\":{\"b\":2}",
        "{",
        "{\"text\":1}}",
        "{\"text\":x}",
    };
    static const char follows[] = "\n}],[{\":1 x";
    const nd_fields fields = fields_of("text");
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        const size_t len = strlen(records[i]);
        nd_json_fault first = {0};
        /* And a zero; each right behind the record, and after a line end. */
        for (size_t k = 0; k < 2 * sizeof follows; k++) {
            char *const copy = malloc(len + ND_JSON_PADDING);
            memcpy(copy, records[i], len);
            memset(copy + len, follows[k / 2], ND_JSON_PADDING);
            copy[len] = k % 2 ? '\n' : copy[len];
            nd_field_value value;
            nd_json_fault fault = {0};
            assert_int_equal(nd_json_object_read(parser, copy, len, &fields, &value, &fault),
                             ND_JSON_NOT_AN_OBJECT);
            if (k == 0)
                first = fault;
            assert_string_equal(fault.what, first.what);
            assert_int_equal(fault.at_byte, first.at_byte);
            free(copy);
        }
    }
}

/* Of each line that a block takes it says what the line does alone. */
static void blocks_say_what_lines_do(void **state)
{
    (void)state;
    uint64_t seed = 7;
    size_t num_taken = 0, num_lines = 0;
    const nd_fields fields = fields_of("text");
    for (unsigned round = 0; round < 20000; round++) {
        char bytes[1024];
        piece lines[12];
        size_t len;
        const size_t num = make_block(&seed, bytes, &len, lines);
        char *const copy = malloc(len + ND_JSON_PADDING);
        memcpy(copy, bytes, len);
        memset(copy + len, '}', ND_JSON_PADDING);
        bool is_block = nd_json_block_begin(parser, copy, len);
        for (size_t i = 0; i < num && is_block; i++) {
            const char *const line = bytes + lines[i].start;
            if (strspn(line, " \t\n") >= lines[i].len)
                continue;
            nd_field_value in_block, alone;
            is_block =
                nd_json_block_read(parser, copy + lines[i].start, lines[i].len, &fields, &in_block);
            num_taken += is_block;
            num_lines++;
            if (!is_block)
                break;
            nd_json_parser *const kept = parser;
            const nd_allocator allocator = nd_allocator_or_default(NULL);
            assert_int_equal(nd_json_parser_new(&allocator, &parser), ND_OK);
            if (parse_bytes(line, lines[i].len, &alone) != ND_JSON_OBJECT)
                fail_msg("taken for an object: %.*s", (int)lines[i].len, line);
            nd_json_parser_free(parser);
            parser = kept;
            assert_int_equal(in_block.type, alone.type);
            if (alone.type == ND_FIELD_STRING || alone.type == ND_FIELD_NUMBER) {
                assert_int_equal(in_block.len_bytes, alone.len_bytes);
                assert_ptr_equal(in_block.p - copy, alone.p - bytes);
            }
        }
        free(copy);
    }
    assert_in_range(num_taken, num_lines / 8, num_lines);
    assert_in_range(num_taken, 1000, 1000000);
}

static void names_with_dots_go_inside_objects(void **state)
{
    (void)state;
    static const struct {
        const char *record, *list, *expected; /* values with commas between; "-": absent */
    } cases[] = {
        {"{\"body\":{\"text\":\"a\"}}", "body.text", "a"},
        {"{\"body\":{\"html\":{\"text\":\"x\"},\"text\":\"a\"},\"text\":\"b\"}",
         "body.text,text,body.html.text", "a,b,x"},
        {"{\"body.text\":\"whole\",\"body\":{\"text\":\"inside\"}}", "body.text", "whole"},
        {"{\"body\":{\"text\":\"inside\"},\"body.text\":\"whole\"}", "body.text", "whole"},
        {"{\"body\":{\"text\":\"inside\"},\"body.text\":\"whole\"}", "body\\.text", "whole"},
        {"{\"body\":{\"text\":\"inside\"}}", "body\\.text", "-"},
        {"{\"a,b\":\"x\",\"a\":\"y\"}", "a\\,b,a", "x,y"},
        {"{\"body\":\"text\"}", "body.text", "-"},
        {"{\"body\":[{\"text\":\"a\"}]}", "body.text", "-"},
        {"{\"body\":{\"text\":\"a\"},\"body\":{\"text\":\"b\"}}", "body.text", "a"},
        {"{\"b\\u006fdy\":{\"te\\u0078t\":\"a\"}}", "body.text", "a"},
        {"{\"x\":{\"body\":{\"text\":\"a\"}}}", "body.text", "-"},
        {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":\"deep\"}}}}}}}}",
         "a.b.c.d.e.f.g.h", "deep"},
        {"{\"\":{\"\":\"nameless\"}}", ".", "nameless"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nd_field_value values[ND_MAX_FIELDS];
        nd_json_fault fault;
        char got[256] = "";
        assert_int_equal(
            read_fields(cases[i].record, strlen(cases[i].record), cases[i].list, values, &fault),
            ND_JSON_OBJECT);
        for (size_t f = 0; f < fields_of(cases[i].list).num; f++) {
            const bool is_string = values[f].type == ND_FIELD_STRING;
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", f ? "," : "",
                     is_string ? (int)values[f].len_bytes : 1, is_string ? values[f].p : "-");
        }
        assert_string_equal(got, cases[i].expected);
    }
}

static void lists_of_fields_have_limits(void **state)
{
    (void)state;
    nd_fields fields = {0};
    nd_error error;
    char copy[64];
    size_t num;
    assert_int_equal(nd_fields_add(&fields, "a,b,c", 2, copy, &num, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "'a,b,c' names more than 2 fields");
    fields.num = 0;
    assert_int_equal(nd_fields_add(&fields, "1.2.3.4.5.6.7.8.9", 2, copy, &num, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "'1.2.3.4.5.6.7.8.9' names a field inside more than 7 others");
    fields.num = 0;
    assert_int_equal(nd_fields_add(&fields, "a,b", 1, copy, &num, &error), ND_OK);
    assert_string_equal(fields.items[0].name, "a,b"); /* where one is wanted, it is one */
    assert_int_equal(num, 1);
}

static void faults_say_what_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *record, *what;
        size_t at_byte;
    } cases[] = {
        {"{'id':'0'}", "unexpected text", 2},
        {"{\"id\":1,'a':2}", "unexpected text", 9},
        {"{\"id\" 1}", "unexpected text", 7},
        {"{\"id\":1 \"a\":2}", "unexpected text", 9},
        {"{\"id\":True}", "unexpected text", 7},
        {"{\"id\":[1 2]}", "unexpected text", 10},
        {"{\"id\":1} {\"id\":2}", "unexpected text", 10},
        {"not JSON", "unexpected text", 1},
        {"  not JSON", "unexpected text", 3},
        {"[1]", "an array", 0},
        {"\"a\"", "a string", 0},
        {"-1", "a number", 0},
        {"{\"id\":\"a}", "a string is not closed", 0},
        {"{\"id\":\"a\tb\"}", "a control character in a string", 0},
        {"{\"id\":\"\\x\"}", "a bad escape in the string", 8},
        {"{\"id\":{\"a\":1}", "unexpected end", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nd_field_value value;
        nd_json_fault fault = {0};
        assert_int_equal(
            read_fields(cases[i].record, strlen(cases[i].record), "text", &value, &fault),
            ND_JSON_NOT_AN_OBJECT);
        if (strcmp(fault.what, cases[i].what) != 0 || fault.at_byte != cases[i].at_byte)
            fail_msg("%s: %s at %zu", cases[i].record, fault.what, fault.at_byte);
    }
}

/* A line far longer than those before makes the parser grow; trimmed, it still works. */
static void long_lines_fit(void **state)
{
    (void)state;
    const size_t len = (size_t)9 << 20;
    char *const line = malloc(len);
    memset(line, 'x', len);
    memcpy(line, "{\"text\":\"", 9);
    memcpy(line + len - 2, "\"}", 2);
    for (unsigned round = 0; round < 2; round++) {
        nd_field_value field;
        assert_int_equal(parse_bytes(line, len, &field), ND_JSON_OBJECT);
        assert_int_equal(field.len_bytes, len - 11);
        assert_text("{\"text\":\"short\"}", "short");
        nd_json_parser_trim(parser);
    }
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_objects),
        cmocka_unit_test(all_else_is_none),
        cmocka_unit_test(nul_bytes_are_no_json),
        cmocka_unit_test(invalid_utf8_is_told_apart),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(half_surrogate_pairs_become_replacement_characters),
        cmocka_unit_test(escapes_are_undone_wherever_they_stand),
        cmocka_unit_test(faults_do_not_depend_on_what_follows),
        cmocka_unit_test(blocks_say_what_lines_do),
        cmocka_unit_test(names_with_dots_go_inside_objects),
        cmocka_unit_test(lists_of_fields_have_limits),
        cmocka_unit_test(faults_say_what_and_where),
        cmocka_unit_test(bad_escapes_are_refused_wherever_they_stand),
        cmocka_unit_test(numbers_keep_their_spelling),
        cmocka_unit_test(types_are_told_apart),
        cmocka_unit_test(first_of_repeated_keys_counts),
        cmocka_unit_test(nesting_is_followed_to_a_limit),
        cmocka_unit_test(damaged_lines_are_judged_safely),
        cmocka_unit_test(long_lines_fit),
    };
    return cmocka_run_group_tests(tests, make_parser, free_parser);
}

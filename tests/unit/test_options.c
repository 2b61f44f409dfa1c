/* Options: the table, its values, what presets and other options do to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands/command.h"
#include "cli/process.h"

enum { ALL_COMMANDS = 32, MAX_ARGUMENTS = 16 };

static nd_option_list list_of(unsigned command)
{
    return (nd_option_list){nd_tool_options, command};
}

/* Bytes the field of such an option has; 0: more than one size will do. */
static size_t field_bytes(nd_option_kind kind)
{
    switch (kind) {
    case ND_OPTION_CHOICE:
    case ND_OPTION_FLAGS:
        return sizeof(int);
    case ND_OPTION_NUMBER:
        return sizeof(double);
    case ND_OPTION_STRING:
        return sizeof(const char *);
    case ND_OPTION_LIST:
    case ND_OPTION_STRINGS:
        return sizeof(nd_name_list);
    case ND_OPTION_SHINGLE:
        return sizeof(nd_shingle_spec);
    case ND_OPTION_SIZE:
        return sizeof(uint64_t);
    case ND_OPTION_SET:
    case ND_OPTION_COUNT:
        return 0;
    }
    return 0;
}

static void every_row_can_be_stored_and_explained(void **state)
{
    (void)state;
    size_t num = 0;
    for (const nd_option *o = nd_tool_options; o->name; o++, num++) {
        const size_t bytes = field_bytes(o->kind);
        if (bytes > 0)
            assert_int_equal(o->field.size_bytes, bytes);
        else if (o->kind == ND_OPTION_SET)
            assert_true(o->field.size_bytes == sizeof(int) || o->field.size_bytes == sizeof(bool));
        else
            assert_true(o->field.size_bytes == 4 || o->field.size_bytes == 8);
        assert_true(o->commands != 0 && o->help && o->section);
        if (o->kind == ND_OPTION_CHOICE || o->kind == ND_OPTION_FLAGS)
            assert_true((o->choices != NULL) != (o->name_of != NULL));
        if (o->kind == ND_OPTION_NUMBER || o->kind == ND_OPTION_COUNT)
            assert_true(o->max > o->min);
        if (o->kind != ND_OPTION_SET && o->kind != ND_OPTION_CHOICE)
            assert_non_null(o->argument);
    }
    assert_true(num > 40 && num < ND_OPTIONS_MAX);
}

static void no_command_has_two_options_of_one_name(void **state)
{
    (void)state;
    for (unsigned command = 1; command < ALL_COMMANDS; command *= 2) {
        const nd_option_list list = list_of(command);
        const nd_option *a = NULL;
        while ((a = nd_option_next(&list, a)) != NULL) {
            assert_ptr_equal(nd_option_find(&list, a->name, strlen(a->name)), a);
            const nd_option *b = a;
            while ((b = nd_option_next(&list, b)) != NULL)
                assert_true(a->letter == 0 || a->letter != b->letter);
        }
    }
}

/* A command with the options of scan that does nothing. */
static const nd_command scan_like = {
    .info.name = "scan",
    .info.operands = "",
    .info.max_operands = MAX_ARGUMENTS,
    .info.options = {nd_tool_options, ND_COMMAND_SCAN},
};

/* Parses arguments separated by blanks. */
static nd_status parse(const char *line, nd_settings *settings, nd_error *error)
{
    static char copy[256];
    static char *argv[MAX_ARGUMENTS];
    int argc = 0;
    assert_true(strlen(line) < sizeof copy);
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *error = (nd_error){0};
    return nd_settings_parse(&scan_like, argc, argv, nd_tool_allocator(), settings, error);
}

static void parses(const char *line, nd_settings *settings)
{
    nd_error error;
    const nd_status status = parse(line, settings, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, ND_OK);
}

static void refuses(const char *line, const char *message)
{
    nd_settings settings;
    nd_error error;
    assert_int_equal(parse(line, &settings, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, message);
    nd_settings_release(&settings, nd_tool_allocator());
}

static void assert_same_scan(const nd_scan_options *a, const nd_scan_options *b)
{
    assert_int_equal(a->shingle.kind, b->shingle.kind);
    assert_int_equal(a->shingle.width, b->shingle.width);
    assert_true(a->rule.jaccard == b->rule.jaccard && a->rule.containment == b->rule.containment);
    assert_true(a->coverage == b->coverage && a->recall == b->recall);
    assert_int_equal(a->repairs, b->repairs);
    assert_int_equal(a->folds, b->folds);
    assert_int_equal(a->num_threads, b->num_threads);
    assert_int_equal(a->max_matches, b->max_matches);
    assert_int_equal(a->output, b->output);
    assert_int_equal(a->link, b->link);
    assert_int_equal(a->representative, b->representative);
    assert_int_equal(a->texts, b->texts);
}

static void defaults_are_those_of_the_library(void **state)
{
    (void)state;
    nd_settings settings;
    parses("", &settings);
    nd_scan_options of_library;
    nd_scan_options_init(&of_library);
    const nd_scan_options of_tool = nd_settings_scan(&settings, 0);
    assert_same_scan(&of_tool, &of_library);
    nd_settings_release(&settings, nd_tool_allocator());
}

static void preset_sets_what_was_not_typed(void **state)
{
    (void)state;
    for (nd_preset preset = ND_PRESET_CORPUS; preset < ND_NUM_PRESETS; preset++) {
        nd_scan_options of_library;
        nd_scan_options_init_preset(&of_library, preset);
        of_library.shingle = (nd_shingle_spec){ND_SHINGLE_CHAR, 7};
        of_library.output = ND_SCAN_PAIRS;
        char line[100] = "--shingle char:7 --pairs --preset ";
        strcat(line, nd_preset_name(preset));
        nd_settings settings;
        parses(line, &settings);
        const nd_scan_options of_tool = nd_settings_scan(&settings, 0);
        assert_same_scan(&of_tool, &of_library);
        assert_int_equal(settings.preset, preset);
        nd_settings_release(&settings, nd_tool_allocator());
    }
    assert_null(nd_preset_name(ND_NUM_PRESETS));
    assert_null(nd_preset_summary(ND_NUM_PRESETS));
}

static void lists_are_split_and_survive_a_preset(void **state)
{
    (void)state;
    nd_settings settings;
    parses("--preset news --representative preferred --prefer agency,b", &settings);
    assert_int_equal(settings.prefer.num_names, 2);
    assert_string_equal(settings.prefer.names[0], "agency");
    assert_string_equal(settings.prefer.names[1], "b");
    nd_settings_release(&settings, nd_tool_allocator());
}

static void counts_take_decimal_suffixes(void **state)
{
    (void)state;
    const struct {
        const char *line;
        uint32_t value;
    } cases[] = {{"--pairs --max-matches 7", 7},
                 {"--pairs --max-matches 10k", 10000},
                 {"--pairs --max-matches=2M", 2000000},
                 {"--pairs --max-matches 4294967295", UINT32_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nd_settings settings;
        parses(cases[i].line, &settings);
        assert_int_equal(settings.scan.max_matches, cases[i].value);
        nd_settings_release(&settings, nd_tool_allocator());
    }
    static const char *const bad[] = {"4294967296",     "-1", "+1", "1kk", "1.5", "k",
                                      "99999999999999t"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[64] = "--pairs --max-matches=", message[160];
        strcat(line, bad[i]);
        snprintf(message, sizeof message,
                 "invalid value '%s' for '--max-matches', allowed: a whole number from 0 to "
                 "4294967295",
                 bad[i]);
        refuses(line, message);
    }
}

static void sizes_take_binary_suffixes(void **state)
{
    (void)state;
    struct {
        uint64_t bytes;
    } settings = {0};
    const nd_option size = {.name = "size",
                            .kind = ND_OPTION_SIZE,
                            .field = {0, sizeof settings.bytes},
                            .min = 1,
                            .max = 1e15};
    static const char *const texts[] = {"1", "64k", "300M", "1G", "1000", "1025k"};
    const uint64_t values[] = {1, 64 << 10, 300 << 20, 1 << 30, 1000, 1025 << 10};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nd_page page;
        nd_page_init(&page, nd_tool_allocator());
        assert_int_equal(nd_option_store(&size, texts[i], NULL, &settings, NULL), ND_OK);
        assert_int_equal(settings.bytes, values[i]);
        nd_option_print_text(&size, &settings, &page);
        assert_int_equal(page.bytes.len, strlen(texts[i]));
        assert_memory_equal(page.bytes.items, texts[i], page.bytes.len);
        nd_page_release(&page);
    }
    assert_int_equal(nd_option_store(&size, "0", NULL, &settings, NULL), ND_ERR_INVALID_ARGUMENT);
}

static void option_without_effect_is_refused(void **state)
{
    (void)state;
    refuses("--link single --pairs", "option '--link' only works with '--groups'");
    refuses("--passages --format tsv", "option '--passages' cannot be used with '--format tsv'");
    refuses("--coverage 0.5 --recall 0.9", "option '--recall' cannot be used with '--coverage'");
    refuses("--repair none,all",
            "invalid value 'none,all' for '--repair': 'none' cannot be used with "
            "other names");
    refuses("--repair tags,all",
            "invalid value 'tags,all' for '--repair': 'all' cannot be used with "
            "other names");
    refuses("--pairs --groups", "options '--pairs' and '--groups' exclude each other");
    refuses("--threads 2 --threads 2", "option '--threads' is given twice");
    refuses("--text-field=", "'--text-field' must not be empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_can_be_stored_and_explained),
        cmocka_unit_test(no_command_has_two_options_of_one_name),
        cmocka_unit_test(defaults_are_those_of_the_library),
        cmocka_unit_test(preset_sets_what_was_not_typed),
        cmocka_unit_test(lists_are_split_and_survive_a_preset),
        cmocka_unit_test(counts_take_decimal_suffixes),
        cmocka_unit_test(sizes_take_binary_suffixes),
        cmocka_unit_test(option_without_effect_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

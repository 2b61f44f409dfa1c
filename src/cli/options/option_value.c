/* The value of one option, from its text into the settings and back. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options/option.h"
#include "neardup/shingle.h"
#include "util/alloc.h"
#include "util/error.h"

static void *field_of(const nd_option *option, void *settings)
{
    return (char *)settings + option->field.offset;
}

static const void *const_field_of(const nd_option *option, const void *settings)
{
    return (const char *)settings + option->field.offset;
}

static nd_status refuse(const nd_option *option, const char *text, const char *allowed,
                        nd_error *error)
{
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "invalid value '%.200s' for '--%s', allowed: %s", text, option->name,
                        allowed);
}

/* --- numbers --- */

/* Steps of 1000 or 1024 that a suffix stands for; -1: it is none. */
static int suffix_steps(const char *suffix)
{
    static const char letters[] = "kmgt";
    if (!*suffix)
        return 0;
    const char *const found = strchr(letters, suffix[0] | 0x20);
    return found && *found && !suffix[1] ? (int)(found - letters) + 1 : -1;
}

static bool parse_count(const char *text, uint64_t step, uint64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    const int steps = suffix_steps(end);
    if (errno != 0 || steps < 0)
        return false;
    for (int i = 0; i < steps; i++)
        if (__builtin_mul_overflow(number, step, &number))
            return false;
    *out = number;
    return true;
}

static void put_count(const nd_option *option, uint64_t value, void *settings)
{
    void *const field = field_of(option, settings);
    if (option->field.size_bytes == sizeof(uint32_t)) {
        const uint32_t narrow = (uint32_t)value;
        memcpy(field, &narrow, sizeof narrow);
    } else {
        memcpy(field, &value, sizeof value);
    }
}

static uint64_t count_of(const nd_option *option, const void *settings)
{
    uint32_t narrow;
    uint64_t wide;
    assert(option->field.size_bytes == sizeof narrow || option->field.size_bytes == sizeof wide);
    if (option->field.size_bytes == sizeof wide) {
        memcpy(&wide, const_field_of(option, settings), sizeof wide);
        return wide;
    }
    memcpy(&narrow, const_field_of(option, settings), sizeof narrow);
    return narrow;
}

static nd_status store_count(const nd_option *option, const char *text, void *settings,
                             nd_error *error)
{
    const bool is_size = option->kind == ND_OPTION_SIZE;
    uint64_t value;
    if (parse_count(text, is_size ? 1024 : 1000, &value) && (double)value >= option->min &&
        (double)value <= option->max) {
        put_count(option, value, settings);
        return ND_OK;
    }
    char allowed[120];
    snprintf(allowed, sizeof allowed, "%s from %.0f to %.0f%s",
             is_size ? "a number of bytes" : "a whole number", option->min, option->max,
             is_size ? ", also as 64k, 300M or 1G" : "");
    return refuse(option, text, allowed, error);
}

static bool in_range(const nd_option *option, double value)
{
    const bool above =
        option->bounds == ND_BOUNDS_CLOSED ? value >= option->min : value > option->min;
    const bool below =
        option->bounds == ND_BOUNDS_OPEN ? value < option->max : value <= option->max;
    return above && below;
}

static nd_status store_number(const nd_option *option, const char *text, void *settings,
                              nd_error *error)
{
    char *end;
    const double value = strtod(text, &end);
    /* strtod would also take "nan", "inf", "0x1" and white space in front. */
    const bool is_plain = *text != '\0' && text[strspn(text, "0123456789.eE+-")] == '\0';
    if (is_plain && end != text && *end == '\0' && isfinite(value) && in_range(option, value)) {
        memcpy(field_of(option, settings), &value, sizeof value);
        return ND_OK;
    }
    char allowed[80];
    snprintf(allowed, sizeof allowed, "a number %s %g %s %g",
             option->bounds == ND_BOUNDS_CLOSED ? "from" : "above", option->min,
             option->bounds == ND_BOUNDS_OPEN     ? "and below"
             : option->bounds == ND_BOUNDS_CLOSED ? "to"
                                                  : "and up to",
             option->max);
    return refuse(option, text, allowed, error);
}

static double number_of(const nd_option *option, const void *settings)
{
    double value;
    memcpy(&value, const_field_of(option, settings), sizeof value);
    return value;
}

/* --- choices: enums and sets of flags, which are as wide as an int, or a bool --- */

static int int_of(const nd_option *option, const void *settings)
{
    int value;
    if (option->field.size_bytes == sizeof(bool))
        return *(const bool *)const_field_of(option, settings);
    assert(option->field.size_bytes == sizeof value);
    memcpy(&value, const_field_of(option, settings), sizeof value);
    return value;
}

static void put_int(const nd_option *option, int value, void *settings)
{
    assert(option->field.size_bytes == sizeof value || option->field.size_bytes == sizeof(bool));
    if (option->field.size_bytes == sizeof(bool))
        *(bool *)field_of(option, settings) = value != 0;
    else
        memcpy(field_of(option, settings), &value, sizeof value);
}

const char *nd_option_choice(const nd_option *option, int index, int *value)
{
    if (option->name_of) {
        *value = index;
        return index <= (int)option->max ? option->name_of(index) : NULL;
    }
    if (!option->choices)
        return NULL;
    *value = option->choices[index].value;
    return option->choices[index].name;
}

static bool find_choice(const nd_option *option, const char *text, size_t len, int *value)
{
    const char *name;
    for (int i = 0; (name = nd_option_choice(option, i, value)) != NULL; i++)
        if (strlen(name) == len && memcmp(name, text, len) == 0)
            return true;
    return false;
}

static const char *name_of_choice(const nd_option *option, int wanted)
{
    const char *name;
    int value;
    for (int i = 0; (name = nd_option_choice(option, i, &value)) != NULL; i++)
        if (value == wanted)
            return name;
    return NULL;
}

static nd_status refuse_choice(const nd_option *option, const char *text, nd_error *error)
{
    char allowed[200] = "";
    const char *name;
    int value;
    for (int i = 0; (name = nd_option_choice(option, i, &value)) != NULL; i++) {
        const size_t len = strlen(allowed);
        snprintf(allowed + len, sizeof allowed - len, "%s%s", len ? ", " : "", name);
    }
    return refuse(option, text, allowed, error);
}

static nd_status store_choice(const nd_option *option, const char *text, void *settings,
                              nd_error *error)
{
    int value;
    if (!find_choice(option, text, strlen(text), &value))
        return refuse_choice(option, text, error);
    put_int(option, value, settings);
    return ND_OK;
}

static bool is_one_flag(int value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

/* A choice that stands for none or several of the flags, such as "none" or "all", is meant alone.
 */
static nd_status store_flags(const nd_option *option, const char *text, void *settings,
                             nd_error *error)
{
    int value = 0;
    for (const char *name = text;; name++) {
        const size_t len = strcspn(name, ",");
        int flag;
        if (!find_choice(option, name, len, &flag))
            return refuse_choice(option, text, error);
        if (!is_one_flag(flag) && len != strlen(text))
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                                "invalid value '%.200s' for '--%s': '%.*s' cannot be used with "
                                "other names",
                                text, option->name, (int)len, name);
        value |= flag;
        name += len;
        if (*name == '\0')
            break;
    }
    put_int(option, value, settings);
    return ND_OK;
}

/* --- shingles and lists --- */

static const char *const shingle_prefixes[] = {
    [ND_SHINGLE_WORD] = "word:",
    [ND_SHINGLE_CHAR] = "char:",
};

static nd_status store_shingle(const nd_option *option, const char *text, void *settings,
                               nd_error *error)
{
    for (int kind = ND_SHINGLE_WORD; kind <= ND_SHINGLE_CHAR; kind++) {
        const size_t len = strlen(shingle_prefixes[kind]);
        uint64_t width;
        if (strncmp(text, shingle_prefixes[kind], len) == 0 &&
            parse_count(text + len, 1000, &width) && width >= 1 && width <= ND_SHINGLE_WIDTH_MAX) {
            const nd_shingle_spec spec = {(nd_shingle_kind)kind, (uint32_t)width};
            memcpy(field_of(option, settings), &spec, sizeof spec);
            return ND_OK;
        }
    }
    char allowed[80];
    snprintf(allowed, sizeof allowed, "word:N and char:N with N from 1 to %d",
             ND_SHINGLE_WIDTH_MAX);
    return refuse(option, text, allowed, error);
}

static nd_status store_list(const nd_option *option, const char *text,
                            const nd_allocator *allocator, void *settings, nd_error *error)
{
    const size_t len = strlen(text);
    size_t num_names = 1;
    bool has_empty = len == 0;
    for (size_t i = 0; i < len; i++) {
        has_empty |= text[i] == ',' && (i == 0 || text[i - 1] == ',' || i + 1 == len);
        num_names += text[i] == ',';
    }
    if (has_empty)
        return refuse(option, text, "names with a comma between them", error);
    nd_name_list list = {.copy = nd_alloc(allocator, len + 1, 1),
                         .names = nd_alloc(allocator, num_names, sizeof *list.names)};
    if (!list.copy || !list.names) {
        nd_release(allocator, list.copy);
        nd_release(allocator, list.names);
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    }
    memcpy(list.copy, text, len + 1);
    for (char *name = list.copy; name;) {
        list.names[list.num_names++] = name;
        name = strchr(name, ',');
        if (name)
            *name++ = '\0';
    }
    nd_name_list *const field = field_of(option, settings);
    nd_release(allocator, field->copy); /* of the initial value */
    nd_release(allocator, field->names);
    *field = list;
    return ND_OK;
}

static nd_status refuse_empty(const nd_option *option, nd_error *error)
{
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'--%s' must not be empty", option->name);
}

/* Adds one more. */
static nd_status store_strings(const nd_option *option, const char *text,
                               const nd_allocator *allocator, void *settings, nd_error *error)
{
    nd_name_list *const list = field_of(option, settings);
    if (*text == '\0')
        return refuse_empty(option, error);
    const char **const names = nd_alloc(allocator, list->num_names + 1, sizeof *names);
    if (!names)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < list->num_names; i++)
        names[i] = list->names[i];
    names[list->num_names++] = text;
    nd_release(allocator, list->names);
    list->names = names;
    return ND_OK;
}

nd_status nd_option_store(const nd_option *option, const char *text, const nd_allocator *allocator,
                          void *settings, nd_error *error)
{
    switch (option->kind) {
    case ND_OPTION_SET:
        put_int(option, option->value, settings);
        return ND_OK;
    case ND_OPTION_CHOICE:
        return store_choice(option, text, settings, error);
    case ND_OPTION_FLAGS:
        return store_flags(option, text, settings, error);
    case ND_OPTION_COUNT:
    case ND_OPTION_SIZE:
        return store_count(option, text, settings, error);
    case ND_OPTION_NUMBER:
        return store_number(option, text, settings, error);
    case ND_OPTION_STRING:
        if (*text == '\0')
            return refuse_empty(option, error);
        memcpy(field_of(option, settings), &text, sizeof text);
        return ND_OK;
    case ND_OPTION_STRINGS:
        return store_strings(option, text, allocator, settings, error);
    case ND_OPTION_LIST:
        return store_list(option, text, allocator, settings, error);
    case ND_OPTION_SHINGLE:
        return store_shingle(option, text, settings, error);
    }
    return ND_OK;
}

/* --- printing --- */

static const char *string_of(const nd_option *option, const void *settings)
{
    const char *string;
    memcpy(&string, const_field_of(option, settings), sizeof string);
    return string;
}

static void print_json_string(const char *string, nd_page *page)
{
    if (string)
        nd_page_json(page, string, strlen(string));
    else
        nd_page_put(page, "null");
}

static void print_list(const nd_name_list *list, nd_page *page)
{
    nd_page_put(page, "[");
    for (size_t i = 0; i < list->num_names; i++) {
        nd_page_put(page, i ? "," : "");
        print_json_string(list->names[i], page);
    }
    nd_page_put(page, "]");
}

static void print_names(const nd_name_list *list, nd_page *page)
{
    for (size_t i = 0; i < list->num_names; i++)
        nd_page_printf(page, "%s%s", i ? "," : "", list->names[i]);
}

/* The names that stand for one flag each, `separator` between them and `quote` around them. */
static void print_flags(const nd_option *option, int value, const char *separator,
                        const char *quote, nd_page *page)
{
    const char *before = "", *name;
    int flag;
    for (int i = 0; (name = nd_option_choice(option, i, &flag)) != NULL; i++) {
        if (!is_one_flag(flag) || (flag & value) == 0)
            continue;
        nd_page_printf(page, "%s%s%s%s", before, quote, name, quote);
        before = separator;
    }
}

static void print_shingle(const nd_option *option, const void *settings, nd_page *page)
{
    nd_shingle_spec spec;
    memcpy(&spec, const_field_of(option, settings), sizeof spec);
    nd_page_printf(page, "%s%u", shingle_prefixes[spec.kind], spec.width);
}

void nd_option_print_json(const nd_option *option, const void *settings, nd_page *page)
{
    switch (option->kind) {
    case ND_OPTION_SET:
        nd_page_put(page, int_of(option, settings) == option->value ? "true" : "false");
        return;
    case ND_OPTION_CHOICE:
        print_json_string(name_of_choice(option, int_of(option, settings)), page);
        return;
    case ND_OPTION_FLAGS:
        nd_page_put(page, "[");
        print_flags(option, int_of(option, settings), ",", "\"", page);
        nd_page_put(page, "]");
        return;
    case ND_OPTION_COUNT:
    case ND_OPTION_SIZE:
        nd_page_printf(page, "%llu", (unsigned long long)count_of(option, settings));
        return;
    case ND_OPTION_NUMBER:
        nd_page_printf(page, "%.6f", number_of(option, settings));
        return;
    case ND_OPTION_STRING:
        print_json_string(string_of(option, settings), page);
        return;
    case ND_OPTION_STRINGS:
    case ND_OPTION_LIST:
        print_list(const_field_of(option, settings), page);
        return;
    case ND_OPTION_SHINGLE:
        nd_page_put(page, "\"");
        print_shingle(option, settings, page);
        nd_page_put(page, "\"");
        return;
    }
}

/* 0, NULL, no choice: what `unset` names. */
static bool is_unset(const nd_option *option, const void *settings)
{
    if (option->kind == ND_OPTION_CHOICE)
        return !name_of_choice(option, int_of(option, settings));
    const char *const field = const_field_of(option, settings);
    for (size_t i = 0; i < option->field.size_bytes; i++)
        if (field[i] != 0)
            return false;
    return true;
}

/* A size as it would be typed, with the largest unit that divides it. */
static void print_size(uint64_t bytes, nd_page *page)
{
    static const char units[] = " kMGT";
    int unit = 0;
    while (bytes > 0 && bytes % 1024 == 0 && units[unit + 1])
        bytes /= 1024, unit++;
    nd_page_printf(page, "%llu%.*s", (unsigned long long)bytes, unit > 0, &units[unit]);
}

void nd_option_print_text(const nd_option *option, const void *settings, nd_page *page)
{
    if (is_unset(option, settings) && (option->unset || option->kind == ND_OPTION_STRING)) {
        nd_page_put(page, option->unset ? option->unset : "");
        return;
    }
    const char *name;
    switch (option->kind) {
    case ND_OPTION_CHOICE:
        name = name_of_choice(option, int_of(option, settings));
        nd_page_put(page, name ? name : "");
        return;
    case ND_OPTION_FLAGS:
        name = name_of_choice(option, int_of(option, settings));
        if (name)
            nd_page_put(page, name);
        else
            print_flags(option, int_of(option, settings), ",", "", page);
        return;
    case ND_OPTION_COUNT:
        nd_page_printf(page, "%llu", (unsigned long long)count_of(option, settings));
        return;
    case ND_OPTION_SIZE:
        print_size(count_of(option, settings), page);
        return;
    case ND_OPTION_NUMBER:
        nd_page_printf(page, "%g", number_of(option, settings));
        return;
    case ND_OPTION_STRING:
        nd_page_put(page, string_of(option, settings));
        return;
    case ND_OPTION_SHINGLE:
        print_shingle(option, settings, page);
        return;
    case ND_OPTION_STRINGS:
    case ND_OPTION_LIST:
        print_names(const_field_of(option, settings), page);
        return;
    case ND_OPTION_SET:
        return;
    }
}

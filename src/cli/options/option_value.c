#include "cli/options/option_value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"

static void *field_of(const nd_option *option, nd_settings *settings)
{
    return (char *)settings + option->offset;
}

static const void *const_field_of(const nd_option *option, const nd_settings *settings)
{
    return (const char *)settings + option->offset;
}

static nd_status refuse(const nd_option *option, const char *text, const char *allowed,
                        nd_error *error)
{
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "invalid value '%s' for '--%s', allowed: %s", text, option->name, allowed);
}

static bool parse_count(const char *text, uint64_t *out)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}

static nd_status store_count(const nd_option *option, const char *text, nd_settings *settings,
                             nd_error *error)
{
    uint64_t value;
    if (parse_count(text, &value) && (double)value >= option->min && (double)value <= option->max) {
        *(uint64_t *)field_of(option, settings) = value;
        return ND_OK;
    }
    char allowed[80];
    snprintf(allowed, sizeof allowed, "a whole number from %.0f to %.0f", option->min, option->max);
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

static nd_status store_number(const nd_option *option, const char *text, nd_settings *settings,
                              nd_error *error)
{
    char *end;
    const double value = strtod(text, &end);
    /* strtod would also take "nan", "inf", "0x1" and white space in front. */
    const bool is_plain = *text != '\0' && text[strspn(text, "0123456789.eE+-")] == '\0';
    if (is_plain && end != text && *end == '\0' && isfinite(value) && in_range(option, value)) {
        *(double *)field_of(option, settings) = value;
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

/* The choice called text[0..len), NULL where there is none. */
static const nd_choice *find_choice(const nd_option *option, const char *text, size_t len)
{
    for (const nd_choice *choice = option->choices; choice->name; choice++)
        if (strlen(choice->name) == len && memcmp(choice->name, text, len) == 0)
            return choice;
    return NULL;
}

static nd_status refuse_choice(const nd_option *option, const char *text, nd_error *error)
{
    char allowed[160] = "";
    for (const nd_choice *choice = option->choices; choice->name; choice++) {
        const size_t len = strlen(allowed);
        snprintf(allowed + len, sizeof allowed - len, "%s%s", len ? ", " : "", choice->name);
    }
    return refuse(option, text, allowed, error);
}

static nd_status store_choice(const nd_option *option, const char *text, nd_settings *settings,
                              nd_error *error)
{
    const nd_choice *const choice = find_choice(option, text, strlen(text));
    if (!choice)
        return refuse_choice(option, text, error);
    *(int *)field_of(option, settings) = choice->value;
    return ND_OK;
}

static nd_status store_flags(const nd_option *option, const char *text, nd_settings *settings,
                             nd_error *error)
{
    int value = 0;
    for (const char *name = text;; name++) {
        const size_t len = strcspn(name, ",");
        const nd_choice *const choice = find_choice(option, name, len);
        if (!choice)
            return refuse_choice(option, text, error);
        value |= choice->value;
        name += len;
        if (*name == '\0')
            break;
    }
    *(int *)field_of(option, settings) = value;
    return ND_OK;
}

static nd_status store_shingle(const nd_option *option, const char *text, nd_settings *settings,
                               nd_error *error)
{
    static const char *const prefixes[] = {
        [ND_SHINGLE_WORD] = "word:",
        [ND_SHINGLE_CHAR] = "char:",
    };
    for (int kind = ND_SHINGLE_WORD; kind <= ND_SHINGLE_CHAR; kind++) {
        const size_t len = strlen(prefixes[kind]);
        uint64_t width;
        if (strncmp(text, prefixes[kind], len) == 0 && parse_count(text + len, &width) &&
            width >= 1 && width <= ND_SHINGLE_WIDTH_MAX) {
            *(nd_shingle_spec *)field_of(option, settings) =
                (nd_shingle_spec){(nd_shingle_kind)kind, (uint32_t)width};
            return ND_OK;
        }
    }
    char allowed[80];
    snprintf(allowed, sizeof allowed, "word:N and char:N with N from 1 to %d",
             ND_SHINGLE_WIDTH_MAX);
    return refuse(option, text, allowed, error);
}

static nd_status store_list(const nd_option *option, const char *text,
                            const nd_allocator *allocator, nd_settings *settings, nd_error *error)
{
    const size_t len = strlen(text);
    size_t num_names = 1;
    for (size_t i = 0; i < len; i++) {
        const bool is_empty = text[i] == ',' && (i == 0 || text[i - 1] == ',' || i + 1 == len);
        if (is_empty)
            return refuse(option, text, "names with a comma between them", error);
        num_names += text[i] == ',';
    }
    if (len == 0)
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
    *(nd_name_list *)field_of(option, settings) = list;
    return ND_OK;
}

nd_status nd_option_store(const nd_option *option, const char *text, const nd_allocator *allocator,
                          nd_settings *settings, nd_error *error)
{
    switch (option->kind) {
    case ND_OPTION_SET:
        *(int *)field_of(option, settings) = option->value;
        return ND_OK;
    case ND_OPTION_CHOICE:
        return store_choice(option, text, settings, error);
    case ND_OPTION_FLAGS:
        return store_flags(option, text, settings, error);
    case ND_OPTION_COUNT:
        return store_count(option, text, settings, error);
    case ND_OPTION_NUMBER:
        return store_number(option, text, settings, error);
    case ND_OPTION_STRING:
        if (*text == '\0')
            return refuse(option, text, "any text but none", error);
        *(const char **)field_of(option, settings) = text;
        return ND_OK;
    case ND_OPTION_LIST:
        return store_list(option, text, allocator, settings, error);
    case ND_OPTION_SHINGLE:
        return store_shingle(option, text, settings, error);
    }
    return ND_OK;
}

static void print_string(const char *string, nd_page *page)
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
        print_string(list->names[i], page);
    }
    nd_page_put(page, "]");
}

static const char *choice_name(const nd_choice *choices, int value)
{
    while (choices->name && choices->value != value)
        choices++;
    return choices->name;
}

/* Those that stand for one flag each. */
static void print_flags(const nd_choice *choices, int value, nd_page *page)
{
    const char *separator = "";
    nd_page_put(page, "[");
    for (; choices->name; choices++) {
        const bool is_one = choices->value && (choices->value & (choices->value - 1)) == 0;
        if (!is_one || (choices->value & value) == 0)
            continue;
        nd_page_put(page, separator);
        print_string(choices->name, page);
        separator = ",";
    }
    nd_page_put(page, "]");
}

void nd_option_print_json(const nd_option *option, const nd_settings *settings, nd_page *page)
{
    const void *const field = const_field_of(option, settings);
    switch (option->kind) {
    case ND_OPTION_SET:
        nd_page_put(page, *(const int *)field == option->value ? "true" : "false");
        return;
    case ND_OPTION_CHOICE:
        print_string(choice_name(option->choices, *(const int *)field), page);
        return;
    case ND_OPTION_FLAGS:
        print_flags(option->choices, *(const int *)field, page);
        return;
    case ND_OPTION_COUNT:
        nd_page_printf(page, "%llu", (unsigned long long)*(const uint64_t *)field);
        return;
    case ND_OPTION_NUMBER:
        nd_page_printf(page, "%.6f", *(const double *)field);
        return;
    case ND_OPTION_STRING:
        print_string(*(const char *const *)field, page);
        return;
    case ND_OPTION_LIST:
        print_list(field, page);
        return;
    case ND_OPTION_SHINGLE: {
        const nd_shingle_spec *const spec = field;
        nd_page_printf(page, "\"%s:%u\"", spec->kind == ND_SHINGLE_WORD ? "word" : "char",
                       spec->width);
        return;
    }
    }
}

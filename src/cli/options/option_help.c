/* The help of a command, from its table of options. */
#include <stdio.h>
#include <string.h>

#include "cli/options/option.h"
#include "cli/output/screen.h"

enum { HELP_COLUMNS = 80, OPTION_COLUMNS = 26 };

/* Fills lines with `text`; the first goes on at column `at`, the others begin at `indent`. */
static void print_filled(nd_page *page, const char *text, size_t len, size_t at, size_t indent)
{
    nd_wrap wrap = {.p = text, .end = text + len};
    nd_row row;
    while (nd_wrap_next(&wrap, HELP_COLUMNS - indent, &row)) {
        nd_page_fill(page, ' ', at < indent ? indent - at : 0);
        nd_page_append(page, row.p, row.len_bytes);
        nd_page_put(page, "\n");
        at = 0;
    }
}

/* Paragraphs are separated by an empty line, and filled each. */
static void print_paragraphs(nd_page *page, const char *text)
{
    for (const char *p = text; *p;) {
        const size_t len = strcspn(p, "\n");
        print_filled(page, p, len, 0, 0);
        nd_page_put(page, "\n");
        p += len + strspn(p + len, "\n");
    }
}

/* Names of choices for a synopsis: those of a set of flags would be too many. */
void nd_option_print_argument(const nd_option *option, nd_page *page)
{
    if (option->argument || option->kind == ND_OPTION_SET) {
        nd_page_put(page, option->argument ? option->argument : "");
        return;
    }
    const char *name;
    int value;
    for (int i = 0; (name = nd_option_choice(option, i, &value)) != NULL; i++)
        nd_page_printf(page, "%s%s", i ? "|" : "", name);
}

static size_t print_option_name(nd_page *page, const nd_option *option)
{
    const size_t begin = page->bytes.len;
    if (option->letter)
        nd_page_printf(page, "  -%c, --%s", option->letter, option->name);
    else
        nd_page_printf(page, "      --%s", option->name);
    if (option->kind != ND_OPTION_SET)
        nd_page_put(page, " ");
    nd_option_print_argument(option, page);
    return page->bytes.len - begin;
}

/* "; corpus: texts that are nearly the same; news: ..." */
static void print_meanings(nd_page *text, const nd_option *option)
{
    const char *name;
    int value;
    for (int i = 0; option->meaning_of && (name = nd_option_choice(option, i, &value)); i++)
        nd_page_printf(text, "; %s: %s", name, option->meaning_of(value));
}

/* "[default: 0.8]", and the values of the others where they differ. */
static void print_initial(nd_page *text, const nd_option *option, const void *initial,
                          const nd_named_settings *others, size_t num_others)
{
    const size_t begin = text->bytes.len;
    nd_page_put(text, " [default: ");
    const size_t value_at = text->bytes.len;
    nd_option_print_text(option, initial, text);
    const size_t value_len = text->bytes.len - value_at;
    if (value_len == 0) { /* nothing is set, or there is nothing to set */
        text->bytes.len = begin;
        return;
    }
    for (size_t i = 0; i < num_others; i++) {
        const size_t other_begin = text->bytes.len;
        nd_page_printf(text, "; with %s ", others[i].typed);
        const size_t other_at = text->bytes.len;
        nd_option_print_text(option, others[i].settings, text);
        if (text->bytes.len - other_at == value_len &&
            memcmp(text->bytes.items + other_at, text->bytes.items + value_at, value_len) == 0)
            text->bytes.len = other_begin;
    }
    nd_page_put(text, "]");
}

/* Whether an option of the command writes to that field. */
static bool has_field(const nd_option_list *list, size_t offset)
{
    const nd_option *row = NULL;
    while ((row = nd_option_next(list, row)) != NULL)
        if (row->field.offset == offset)
            return true;
    return false;
}

static void print_conditions(nd_page *text, const nd_option_list *list, const nd_option *option)
{
    if (option->need.typed)
        nd_page_printf(text, " (only with %s%s%s)", option->need.typed,
                       option->or_need.typed ? " or " : "",
                       option->or_need.typed ? option->or_need.typed : "");
    const char *before = " (not with ";
    for (int i = 0; i < ND_OPTION_MAX_CONFLICTS; i++) {
        const nd_condition *const conflict = &option->conflicts[i];
        if (!conflict->typed || !has_field(list, conflict->field.offset))
            continue;
        nd_page_printf(text, "%s%s%s%s", before, conflict->typed, conflict->or_typed ? " or " : "",
                       conflict->or_typed ? conflict->or_typed : "");
        before = " or ";
    }
    if (strcmp(before, " or ") == 0)
        nd_page_put(text, ")");
}

/* What the help of a command is made from. */
typedef struct help {
    const nd_command_info *command;
    const void *initial;
    const nd_named_settings *others;
    size_t num_others;
    nd_page text; /* of the option at work */
} help;

static void print_option(nd_page *page, help *h, const nd_option *option)
{
    nd_page *const text = &h->text;
    size_t at = print_option_name(page, option);
    if (at + 2 > OPTION_COLUMNS) {
        nd_page_put(page, "\n");
        at = 0;
    }
    nd_page_clear(text);
    nd_page_put(text, option->help);
    print_meanings(text, option);
    print_initial(text, option, h->initial, h->others, h->num_others);
    print_conditions(text, &h->command->options, option);
    print_filled(page, text->bytes.items, text->bytes.len, at, OPTION_COLUMNS);
}

void nd_command_print_help(const nd_command_info *command, const char *program, const void *initial,
                           const nd_named_settings *others, size_t num_others, nd_page *page)
{
    nd_page_printf(page, "%s %s: %s\n\n", program, command->name, command->summary);
    nd_page_printf(page, "usage: %s %s [OPTION...]%s%s\n\n", program, command->name,
                   *command->operands ? " " : "", command->operands);
    print_paragraphs(page, command->description ? command->description : "");
    help h = {command, initial, others, num_others, {0}};
    nd_page_init(&h.text, page->allocator);
    const char *section = "";
    const nd_option *option = NULL;
    while ((option = nd_option_next(&command->options, option)) != NULL) {
        if (strcmp(option->section, section) != 0)
            nd_page_printf(page, "%s%s:\n", *section ? "\n" : "", option->section);
        section = option->section;
        print_option(page, &h, option);
    }
    if (command->examples) {
        nd_page_put(page, "\nExamples:\n");
        nd_page_put(page, command->examples);
    }
    if (page->status == ND_OK)
        page->status = h.text.status;
    nd_page_release(&h.text);
}

/* Command lines, by the rows of an option table. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "cli/options/option.h"
#include "util/alloc.h"
#include "util/error.h"

const nd_option *nd_option_next(const nd_option_list *list, const nd_option *row)
{
    row = row ? row + 1 : list->rows;
    while (row->name && !(row->commands & list->command))
        row++;
    return row->name ? row : NULL;
}

const nd_option *nd_option_find(const nd_option_list *list, const char *name, size_t len)
{
    const nd_option *row = NULL;
    while ((row = nd_option_next(list, row)) != NULL)
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    return NULL;
}

static const nd_option *find_by_letter(const nd_option_list *list, char letter)
{
    const nd_option *row = NULL;
    while ((row = nd_option_next(list, row)) != NULL)
        if (row->letter == letter)
            return row;
    return NULL;
}

static bool is_given(const nd_option_list *list, const nd_command_line *line, const nd_option *row)
{
    return line->given[row - list->rows];
}

bool nd_option_given(const nd_option_list *list, const nd_command_line *line, const char *name)
{
    const nd_option *const row = nd_option_find(list, name, strlen(name));
    return row && is_given(list, line, row);
}

/* --- names that were mistyped --- */

enum { LONGEST_NAME = 32 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours from a to b (optimal string
 * alignment: Damerau, 1964), each part of a used once. Names past LONGEST_NAME are far away. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST_NAME || b_len > LONGEST_NAME)
        return SIZE_MAX;
    size_t rows[3][LONGEST_NAME + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *const row = rows[i % 3];
        const size_t *const above = rows[(i + 2) % 3], *const two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = smaller(above[j], row[j - 1]) + 1;
            row[j] = smaller(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

nd_suggestion nd_suggestion_for(const char *typed)
{
    return (nd_suggestion){.typed = typed, .distance = SIZE_MAX};
}

void nd_suggestion_consider(nd_suggestion *suggestion, const char *name)
{
    const size_t typed_len = strlen(suggestion->typed);
    size_t distance = edit_distance(suggestion->typed, name);
    if (typed_len >= 3 && strncmp(name, suggestion->typed, typed_len) == 0)
        distance = 1; /* the beginning of a name is as good as one slip */
    if (distance <= 1 + strlen(name) / 4 && distance < suggestion->distance) {
        suggestion->nearest = name;
        suggestion->distance = distance;
    }
}

/* --- arguments --- */

/* What the parser goes through argv with. */
typedef struct parser {
    const nd_option_list *list;
    int argc;
    char **argv;
    int next; /* argument to read next */
    const nd_allocator *allocator;
    void *settings;
    nd_command_line *line;
    nd_error *error;
} parser;

static nd_status refuse(const parser *p, const char *message, const char *subject)
{
    return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT, message, subject);
}

static nd_status refuse_unknown(const parser *p, const char *name)
{
    nd_suggestion suggestion = nd_suggestion_for(name);
    const nd_option *row = NULL;
    while ((row = nd_option_next(p->list, row)) != NULL)
        nd_suggestion_consider(&suggestion, row->name);
    if (suggestion.nearest)
        return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                            "unknown option '--%s', did you mean '--%s'?", name,
                            suggestion.nearest);
    return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT, "unknown option '--%s'", name);
}

/* Whether two options exclude each other: --pairs and --groups, -q and -v, --truth and --exact. */
static bool are_rivals(const nd_option *a, const nd_option *b)
{
    const bool is_one_of = a->one_of && b->one_of && strcmp(a->one_of, b->one_of) == 0;
    return a != b && (a->field.offset == b->field.offset || is_one_of);
}

static nd_status take(parser *p, const nd_option *option, const char *value)
{
    if (is_given(p->list, p->line, option) && option->kind != ND_OPTION_STRINGS)
        return refuse(p, "option '--%s' is given twice", option->name);
    const nd_option *other = NULL;
    while ((other = nd_option_next(p->list, other)) != NULL)
        if (is_given(p->list, p->line, other) && are_rivals(option, other))
            return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                                "options '--%s' and '--%s' exclude each other", other->name,
                                option->name);
    p->line->given[option - p->list->rows] = true;
    return nd_option_store(option, value, p->allocator, p->settings, p->error);
}

/* --name, --name value, --name=value. */
static nd_status take_long(parser *p, char *argument)
{
    char *const name = argument + 2;
    char *value = strchr(name, '=');
    if (value)
        *value++ = '\0';
    const nd_option *const option = nd_option_find(p->list, name, strlen(name));
    if (!option)
        return refuse_unknown(p, name);
    if (option->kind == ND_OPTION_SET)
        return value ? refuse(p, "option '--%s' takes no value", name) : take(p, option, NULL);
    if (!value && p->next < p->argc)
        value = p->argv[p->next++];
    return value ? take(p, option, value) : refuse(p, "option '--%s' needs a value", name);
}

/* -q, -qv, -o value, -ovalue. */
static nd_status take_short(parser *p, const char *argument)
{
    for (const char *letter = argument + 1; *letter; letter++) {
        const char shown[] = {*letter, '\0'};
        const nd_option *const option = find_by_letter(p->list, *letter);
        if (!option)
            return refuse(p, "unknown option '-%s'", shown);
        if (option->kind != ND_OPTION_SET) {
            const char *const value = letter[1]           ? letter + 1
                                      : p->next < p->argc ? p->argv[p->next++]
                                                          : NULL;
            return value ? take(p, option, value) : refuse(p, "option '-%s' needs a value", shown);
        }
        const nd_status status = take(p, option, NULL);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_options_parse(const nd_option_list *list, int argc, char **argv,
                           const nd_allocator *allocator, void *settings, nd_command_line *line,
                           nd_error *error)
{
    *line = (nd_command_line){.operands = (const char *const *)argv};
    parser p = {list, argc, argv, 0, allocator, settings, line, error};
    bool options_ended = false;
    while (p.next < p.argc) {
        char *const argument = p.argv[p.next++];
        nd_status status = ND_OK;
        if (options_ended || argument[0] != '-' || argument[1] == '\0')
            p.argv[line->num_operands++] = argument;
        else if (strcmp(argument, "--") == 0)
            options_ended = true;
        else
            status = argument[1] == '-' ? take_long(&p, argument) : take_short(&p, argument);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_options_init(const nd_option_list *list, const nd_allocator *allocator, void *settings,
                          nd_error *error)
{
    nd_status status = ND_OK;
    const nd_option *row = NULL;
    while (status == ND_OK && (row = nd_option_next(list, row)) != NULL) {
        assert(row - list->rows < ND_OPTIONS_MAX);
        if (row->initial)
            status = nd_option_store(row, row->initial, allocator, settings, error);
    }
    return status;
}

/* Whether another option that was typed writes where this one does. */
static bool is_written(const nd_option_list *list, const nd_command_line *line,
                       const nd_option *option)
{
    const nd_option *row = NULL;
    while ((row = nd_option_next(list, row)) != NULL)
        if (row->field.offset == option->field.offset && is_given(list, line, row))
            return true;
    return false;
}

/* Whether its value is an nd_name_list. */
static bool is_list(const nd_option *option)
{
    return option->kind == ND_OPTION_LIST || option->kind == ND_OPTION_STRINGS;
}

void nd_options_fill(const nd_option_list *list, const nd_command_line *line, const void *from,
                     void *settings)
{
    const nd_option *row = NULL;
    while ((row = nd_option_next(list, row)) != NULL)
        if (!is_list(row) && !is_written(list, line, row))
            memcpy((char *)settings + row->field.offset, (const char *)from + row->field.offset,
                   row->field.size_bytes);
}

/* --- what works together --- */

static bool holds(const nd_condition *condition, const void *settings)
{
    const char *const field = (const char *)settings + condition->field.offset;
    if (condition->values) {
        int value;
        memcpy(&value, field, sizeof value);
        return value >= 0 && (condition->values >> value & 1) != 0;
    }
    for (size_t i = 0; i < condition->field.size_bytes; i++)
        if (field[i] != 0)
            return true;
    return false;
}

nd_status nd_option_check(const nd_option *option, const void *settings, nd_error *error)
{
    const nd_condition *const need = &option->need, *const or_need = &option->or_need;
    if (need->typed && !holds(need, settings) && !(or_need->typed && holds(or_need, settings)))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "option '--%s' only works with '%s'%s%s%s", option->name, need->typed,
                            or_need->typed ? " or '" : "", or_need->typed ? or_need->typed : "",
                            or_need->typed ? "'" : "");
    for (int i = 0; i < ND_OPTION_MAX_CONFLICTS; i++) {
        const nd_condition *const conflict = &option->conflicts[i];
        if (!conflict->typed || !holds(conflict, settings))
            continue;
        const char *const also = conflict->or_typed;
        return nd_error_set(
            error, ND_ERR_INVALID_ARGUMENT, "option '--%s' cannot be used with '%s'%s%s%s",
            option->name, conflict->typed, also ? " or '" : "", also ? also : "", also ? "'" : "");
    }
    return ND_OK;
}

nd_status nd_options_check(const nd_option_list *list, const nd_command_line *line,
                           const void *settings, nd_error *error)
{
    nd_status status = ND_OK;
    const nd_option *row = NULL;
    while (status == ND_OK && (row = nd_option_next(list, row)) != NULL)
        if (is_given(list, line, row))
            status = nd_option_check(row, settings, error);
    return status;
}

void nd_options_release(const nd_option_list *list, const nd_allocator *allocator, void *settings)
{
    const nd_option *row = NULL;
    while ((row = nd_option_next(list, row)) != NULL) {
        if (!is_list(row))
            continue;
        nd_name_list *const names = (nd_name_list *)(void *)((char *)settings + row->field.offset);
        nd_release(allocator, names->copy);
        nd_release(allocator, names->names);
        *names = (nd_name_list){0};
    }
}

nd_status nd_operands_check(const nd_command_info *command, const nd_command_line *line,
                            nd_error *error)
{
    if (line->num_operands > command->max_operands)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "unexpected argument '%s'",
                            line->operands[command->max_operands]);
    if (line->num_operands < command->min_operands)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "%s", command->operands_missing);
    size_t num_stdin = 0;
    for (size_t i = 0; i < line->num_operands; i++) {
        if (line->operands[i][0] == '\0')
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "an input has an empty name");
        num_stdin += strcmp(line->operands[i], "-") == 0;
    }
    if (num_stdin > 1)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "standard input ('-') is named twice");
    return ND_OK;
}

#include "cli/options/option_table.h"

#include <string.h>

#include "cli/commands/command.h"
#include "cli/options/option_value.h"
#include "cli/options/suggest.h"
#include "cli/same_file.h"
#include "util/alloc.h"
#include "util/error.h"

/* What the parser goes through argv with. */
typedef struct parser {
    const nd_command *command;
    int argc;
    char **argv;
    int next; /* argument to read next */
    const nd_allocator *allocator;
    nd_settings *settings;
    nd_error *error;
} parser;

const nd_option *nd_command_option(const nd_command *command, size_t index)
{
    for (const nd_option_group *const *group = command->groups; *group; group++)
        for (const nd_option *option = (*group)->options; option->name; option++)
            if (index-- == 0)
                return option;
    return NULL;
}

/* How an option is found by what was typed. */
typedef struct option_match {
    const nd_option *option; /* NULL: there is none */
    size_t index;
} option_match;

static option_match find_by_name(const nd_command *command, const char *name)
{
    option_match match = {0};
    while ((match.option = nd_command_option(command, match.index)) != NULL &&
           strcmp(match.option->name, name) != 0)
        match.index++;
    return match;
}

static option_match find_by_letter(const nd_command *command, char letter)
{
    option_match match = {0};
    while ((match.option = nd_command_option(command, match.index)) != NULL &&
           match.option->letter != letter)
        match.index++;
    return match;
}

bool nd_option_has_effect(const nd_option *option, const nd_settings *settings)
{
    if (!option->need.typed)
        return true;
    const int value = *(const int *)((const char *)settings + option->need.offset);
    return (option->need.values >> value & 1) != 0;
}

bool nd_settings_given(const nd_settings *settings, const char *name)
{
    const option_match match = find_by_name(settings->command, name);
    return match.option && (settings->given >> match.index & 1) != 0;
}

static nd_status refuse(const parser *p, const char *message, const char *subject)
{
    return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT, message, subject);
}

static nd_status refuse_unknown(const parser *p, const char *name)
{
    nd_suggestion suggestion = nd_suggestion_for(name);
    const nd_option *option;
    for (size_t i = 0; (option = nd_command_option(p->command, i)) != NULL; i++)
        nd_suggestion_consider(&suggestion, option->name);
    if (suggestion.nearest)
        return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                            "unknown option '--%s', did you mean '--%s'?", name,
                            suggestion.nearest);
    return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT, "unknown option '--%s'", name);
}

/* Another typed option that writes the same field: --pairs and --groups, -q and -v. */
static const nd_option *rival_of(const parser *p, const nd_option *option)
{
    const nd_option *other;
    for (size_t i = 0; (other = nd_command_option(p->command, i)) != NULL; i++)
        if (other != option && other->offset == option->offset && (p->settings->given >> i & 1))
            return other;
    return NULL;
}

static nd_status take(parser *p, option_match match, const char *value)
{
    const nd_option *const option = match.option;
    if (p->settings->given >> match.index & 1)
        return refuse(p, "option '--%s' is given twice", option->name);
    const nd_option *const rival = rival_of(p, option);
    if (rival)
        return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                            "options '--%s' and '--%s' exclude each other", rival->name,
                            option->name);
    p->settings->given |= UINT64_C(1) << match.index;
    return nd_option_store(option, value, p->allocator, p->settings, p->error);
}

/* --name, --name value, --name=value. */
static nd_status take_long(parser *p, char *argument)
{
    char *const name = argument + 2;
    char *value = strchr(name, '=');
    if (value)
        *value++ = '\0';
    const option_match match = find_by_name(p->command, name);
    if (!match.option)
        return refuse_unknown(p, name);
    if (match.option->kind == ND_OPTION_SET)
        return value ? refuse(p, "option '--%s' takes no value", name) : take(p, match, NULL);
    if (!value && p->next < p->argc)
        value = p->argv[p->next++];
    return value ? take(p, match, value) : refuse(p, "option '--%s' needs a value", name);
}

/* -q, -qv, -o value, -ovalue. */
static nd_status take_short(parser *p, const char *argument)
{
    for (const char *letter = argument + 1; *letter; letter++) {
        const char shown[] = {*letter, '\0'};
        const option_match match = find_by_letter(p->command, *letter);
        if (!match.option)
            return refuse(p, "unknown option '-%s'", shown);
        if (match.option->kind != ND_OPTION_SET) {
            const char *const value = letter[1]           ? letter + 1
                                      : p->next < p->argc ? p->argv[p->next++]
                                                          : NULL;
            return value ? take(p, match, value) : refuse(p, "option '-%s' needs a value", shown);
        }
        const nd_status status = take(p, match, NULL);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

static nd_status take_arguments(parser *p)
{
    size_t num_operands = 0;
    bool options_ended = false;
    while (p->next < p->argc) {
        char *const argument = p->argv[p->next++];
        nd_status status = ND_OK;
        if (options_ended || argument[0] != '-' || argument[1] == '\0')
            p->argv[num_operands++] = argument;
        else if (strcmp(argument, "--") == 0)
            options_ended = true;
        else
            status = argument[1] == '-' ? take_long(p, argument) : take_short(p, argument);
        if (status != ND_OK)
            return status;
    }
    p->settings->operands = (const char *const *)p->argv;
    p->settings->num_operands = num_operands;
    return ND_OK;
}

static nd_status set_initial_values(const parser *p)
{
    const nd_option *option;
    for (size_t i = 0; (option = nd_command_option(p->command, i)) != NULL; i++) {
        if (!option->initial)
            continue;
        const nd_status status =
            nd_option_store(option, option->initial, p->allocator, p->settings, p->error);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* What the preset sets and the command line leaves alone. */
static nd_status set_preset_values(const parser *p)
{
    if (p->settings->preset != ND_PRESET_NEWS)
        return ND_OK;
    const nd_option *option;
    for (size_t i = 0; (option = nd_command_option(p->command, i)) != NULL; i++) {
        if (!option->initial_news || (p->settings->given >> i & 1))
            continue;
        const nd_status status =
            nd_option_store(option, option->initial_news, p->allocator, p->settings, p->error);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* An option without an effect is an error: else a slip would go unnoticed. */
static nd_status check_needs(const parser *p)
{
    const nd_option *option;
    for (size_t i = 0; (option = nd_command_option(p->command, i)) != NULL; i++) {
        if ((p->settings->given >> i & 1) && !nd_option_has_effect(option, p->settings))
            return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                                "option '--%s' has an effect with '%s' only", option->name,
                                option->need.typed);
    }
    return ND_OK;
}

static nd_status check_operands(const parser *p)
{
    const size_t num = p->settings->num_operands;
    if (num > p->command->max_operands)
        return refuse(p, "unexpected argument '%s'",
                      p->settings->operands[p->command->max_operands]);
    if (num < p->command->min_operands)
        return refuse(p, "%s", p->command->operands_missing);
    size_t num_stdin = 0;
    for (size_t i = 0; i < num; i++) {
        if (p->settings->operands[i][0] == '\0')
            return refuse(p, "%s", "an input has an empty name");
        num_stdin += strcmp(p->settings->operands[i], "-") == 0;
    }
    if (num_stdin > 1)
        return refuse(p, "%s", "standard input ('-') is named twice");
    return ND_OK;
}

/* Two results into one place would destroy one of them. */
static nd_status check_files(const parser *p)
{
    const char *const output = p->settings->output_path ? p->settings->output_path : "-";
    const char *const stats = p->settings->stats_path;
    if (stats && (strcmp(stats, output) == 0 ||
                  (strcmp(output, "-") != 0 && nd_is_same_file(stats, output))))
        return refuse(p, "'--stats' and the output both go to '%s'", output);
    return ND_OK;
}

nd_status nd_settings_parse(const nd_command *command, int argc, char **argv,
                            const nd_allocator *allocator, nd_settings *settings, nd_error *error)
{
    *settings = (nd_settings){.command = command, .kernel = ND_KERNEL_BEST};
    parser p = {command, argc, argv, 0, allocator, settings, error};
    nd_status status = set_initial_values(&p);
    if (status == ND_OK)
        status = take_arguments(&p);
    if (status != ND_OK || settings->help)
        return status;
    status = set_preset_values(&p);
    if (status == ND_OK)
        status = check_needs(&p);
    if (status == ND_OK)
        status = check_operands(&p);
    if (status == ND_OK)
        status = check_files(&p);
    if (status == ND_OK && command->check)
        status = command->check(settings, error);
    return status;
}

void nd_settings_release(nd_settings *settings, const nd_allocator *allocator)
{
    nd_release(allocator, settings->prefer.copy);
    nd_release(allocator, settings->prefer.names);
    settings->prefer = (nd_name_list){0};
}

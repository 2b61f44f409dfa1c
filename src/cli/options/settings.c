#define _XOPEN_SOURCE 700 /* realpath */

#include "cli/options/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands/command.h"
#include "neardup/date.h"
#include "util/alloc.h"
#include "util/error.h"

/* --- settings --- */

bool nd_settings_given(const nd_settings *settings, const char *name)
{
    return nd_option_given(&settings->command->info.options, &settings->line, name);
}

/* The settings of a command that nothing is typed for but the preset. */
static nd_status init(nd_settings *settings, const nd_command *command, nd_preset preset,
                      const nd_allocator *allocator, nd_error *error)
{
    *settings = (nd_settings){.command = command, .preset = preset, .kernel = ND_KERNEL_BEST};
    nd_scan_options_init_preset(&settings->scan, preset);
    nd_passage_options_init(&settings->passage);
    return nd_options_init(&command->info.options, allocator, settings, error);
}

/* What the preset sets and the command line leaves alone. */
static nd_status fill_from_preset(nd_settings *settings, const nd_allocator *allocator,
                                  nd_error *error)
{
    const nd_preset preset = settings->preset;
    nd_settings of_preset;
    const nd_status status = init(&of_preset, settings->command, preset, allocator, error);
    if (status == ND_OK)
        nd_options_fill(&settings->command->info.options, &settings->line, &of_preset, settings);
    settings->preset = preset;
    nd_settings_release(&of_preset, allocator);
    return status;
}

static const char *name_of(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder a path stands in, resolved, from malloc; NULL where there is none. */
static char *folder_of(const char *path)
{
    const size_t len = (size_t)(name_of(path) - path);
    char *const folder = malloc(len + 2);
    if (!folder)
        return NULL;
    memcpy(folder, path, len);
    memcpy(folder + len, ".", 2);
    char *const resolved = realpath(folder, NULL);
    free(folder);
    return resolved;
}

bool nd_is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    const bool is_a = stat(a, &of_a) == 0, is_b = stat(b, &of_b) == 0;
    if (is_a && is_b)
        return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    if (is_a || is_b || strcmp(name_of(a), name_of(b)) != 0)
        return false;
    char *const folder_a = folder_of(a), *const folder_b = folder_of(b);
    const bool is_same = folder_a && folder_b && strcmp(folder_a, folder_b) == 0;
    free(folder_a);
    free(folder_b);
    return is_same;
}

/* Two results into one place would destroy one of them. */
static nd_status check_two(const char *a_option, const char *a, const char *b_option, const char *b,
                           nd_error *error)
{
    if (!a || !b || (strcmp(a, b) != 0 && (strcmp(b, "-") == 0 || !nd_is_same_file(a, b))))
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "%s and %s both go to '%s'", a_option,
                        b_option, b);
}

static nd_status check_files(const nd_settings *settings, nd_error *error)
{
    const char *const output = settings->output_path ? settings->output_path : "-";
    const char *const stats = settings->stats_path, *const removed = settings->removed_path;
    nd_status status = check_two("'--stats'", stats, "the output", output, error);
    if (status == ND_OK && !settings->dry_run)
        status = check_two("'--removed'", removed, "the output", output, error);
    return status == ND_OK ? check_two("'--removed'", removed, "'--stats'", stats, error) : status;
}

nd_status nd_settings_parse(const nd_command *command, int argc, char **argv,
                            const nd_allocator *allocator, nd_settings *settings, nd_error *error)
{
    const nd_option_list *const options = &command->info.options;
    nd_status status = init(settings, command, ND_PRESET_CORPUS, allocator, error);
    if (status == ND_OK)
        status = nd_options_parse(options, argc, argv, allocator, settings, &settings->line, error);
    if (status != ND_OK || settings->help)
        return status;
    if (settings->preset != ND_PRESET_CORPUS)
        status = fill_from_preset(settings, allocator, error);
    if (status == ND_OK)
        status = nd_options_check(options, &settings->line, settings, error);
    if (status == ND_OK)
        status = nd_operands_check(&command->info, &settings->line, error);
    if (status == ND_OK)
        status = check_files(settings, error);
    if (status == ND_OK && settings->keep_typed.num_names)
        status = nd_keep_parse(&settings->keep_typed, allocator, &settings->keep_keys, error);
    if (status == ND_OK && command->check)
        status = command->check(settings, error);
    return status;
}

void nd_settings_release(nd_settings *settings, const nd_allocator *allocator)
{
    nd_options_release(&settings->command->info.options, allocator, settings);
    nd_keep_release(&settings->keep_keys, allocator);
}

void nd_settings_print_help(const nd_command *command, nd_page *page)
{
    nd_settings of_preset[ND_NUM_PRESETS] = {0};
    nd_named_settings others[ND_NUM_PRESETS];
    char typed[ND_NUM_PRESETS][32];
    const nd_option *const preset = nd_option_find(&command->info.options, "preset", 6);
    const int last = preset ? (int)preset->max : ND_PRESET_CORPUS;
    nd_status status = ND_OK;
    for (int i = 0; i <= last && status == ND_OK; i++) {
        status = init(&of_preset[i], command, (nd_preset)i, page->allocator, NULL);
        snprintf(typed[i], sizeof typed[i], "--preset %s", nd_preset_name((nd_preset)i));
        others[i] = (nd_named_settings){typed[i], &of_preset[i]};
        of_preset[i].preset = ND_PRESET_CORPUS; /* which is what the option itself is at first */
    }
    if (status == ND_OK)
        nd_command_print_help(&command->info, "neardup", &of_preset[ND_PRESET_CORPUS], others + 1,
                              (size_t)last, page);
    else
        page->status = status;
    for (int i = 0; i <= last; i++)
        if (of_preset[i].command)
            nd_settings_release(&of_preset[i], page->allocator);
}

nd_keep_keys nd_settings_keep(const nd_settings *settings)
{
    nd_keep_keys keys = {.size_place = 1};
    nd_preference_key *const key = &keys.items[0];
    if (settings->keep_typed.num_names) {
        keys = settings->keep_keys;
    } else if (settings->keep == ND_KEEP_EARLIEST) {
        *key = (nd_preference_key){.by = ND_PREFERENCE_EARLIEST, .field = settings->date_field};
        keys.num = 1;
    } else if (settings->keep == ND_KEEP_PREFERRED) {
        *key = (nd_preference_key){ND_PREFERENCE_LISTED, settings->source_field,
                                   settings->prefer.names, settings->prefer.num_names};
        keys.num = 1;
    } else if (settings->keep == ND_KEEP_FIRST) {
        *key = (nd_preference_key){.by = ND_PREFERENCE_PLACE};
        keys.num = 1;
    }
    keys.memory = NULL;
    return keys;
}

nd_scan_options nd_settings_scan(const nd_settings *settings, uint32_t num_threads)
{
    nd_scan_options options = settings->scan;
    options.num_threads = num_threads;
    const nd_keep_keys keys = nd_settings_keep(settings);
    options.representative = keys.num > 0                         ? ND_REPRESENTATIVE_PREFERRED
                             : settings->keep == ND_KEEP_FIRST_ID ? ND_REPRESENTATIVE_FIRST_ID
                                                                  : ND_REPRESENTATIVE_LONGEST;
    if (keys.num > 0) {
        options.num_preferences = (uint32_t)keys.num;
        options.size_place = keys.size_place;
    }
    /* A page has passages and reasons in any case, and keeps the few texts that it shows itself. */
    const bool needs_texts = settings->lists_passages || settings->explains;
    options.texts =
        needs_texts && !nd_settings_makes_page(settings) ? ND_TEXTS_KEEP : ND_TEXTS_FORGET;
    return options;
}

bool nd_settings_makes_page(const nd_settings *settings)
{
    return settings->format == ND_FORMAT_HTML ||
           (settings->removed_path &&
            nd_input_format_of_name(settings->removed_path) == ND_INPUT_HTML);
}

nd_passage_options nd_settings_passage(const nd_settings *settings)
{
    nd_passage_options options = settings->passage;
    if (options.min_words_unbound < options.min_words)
        options.min_words_unbound = options.min_words;
    options.repairs = settings->scan.repairs;
    options.folds = settings->scan.folds;
    return options;
}

nd_input_options nd_settings_input(const nd_settings *settings, const nd_keep_keys *keys)
{
    nd_input_options options = settings->input;
    options.preferences = keys->items;
    options.num_preferences = keys->num;
    /* A scan counts what lacks a field that was named for its report, which reads the fields. */
    const bool is_named_for_report =
        nd_settings_makes_page(settings) && keys->num == 0 &&
        (nd_settings_given(settings, "date-field") || nd_settings_given(settings, "source-field"));
    if (settings->command->info.options.command == ND_COMMAND_INDEX_ADD || is_named_for_report) {
        options.has_attributes = true;
        options.date_field =
            nd_settings_given(settings, "date-field") ? settings->date_field : NULL;
        options.source_field =
            nd_settings_given(settings, "source-field") ? settings->source_field : NULL;
    }
    return options;
}

nd_status nd_settings_plan(const nd_settings *settings, nd_plan *out, nd_error *error)
{
    const nd_scan_options *const scan = &settings->scan;
    *out = (nd_plan){0};
    if (nd_scan_options_has_coverage(scan)) /* it has no bands */
        return ND_OK;
    if (nd_plan_for_rule(&scan->rule, scan->recall, out) == ND_OK)
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "no sketch reaches recall %g at jaccard %g: lower '--recall' or raise "
                        "'--threshold'",
                        scan->recall, scan->rule.jaccard);
}

static nd_status check_resume(const nd_settings *settings, nd_error *error)
{
    if (settings->resumes && strcmp(settings->output_path, "-") == 0)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "option '--resume' needs a file or a folder as output");
    return ND_OK;
}

nd_status nd_settings_check_scan(const nd_settings *settings, nd_error *error)
{
    const bool by_field = settings->keep == ND_KEEP_EARLIEST || settings->keep == ND_KEEP_PREFERRED;
    if (settings->keep == ND_KEEP_PREFERRED && settings->prefer.num_names == 0)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--representative preferred' needs '--prefer A,B,...'");
    if (by_field && settings->input.format == ND_INPUT_TEXT)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--representative %s' needs fields, which text files do not have",
                            settings->keep == ND_KEEP_EARLIEST ? "earliest" : "preferred");
    if (nd_keep_has_field(&settings->keep_keys) &&
        (settings->input.format == ND_INPUT_TEXT || settings->input.format == ND_INPUT_LINES))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--keep' names a field, which '--input-format %s' does not have",
                            settings->input.format == ND_INPUT_TEXT ? "text" : "lines");
    nd_plan plan;
    const nd_status status = check_resume(settings, error);
    if (status != ND_OK || nd_scan_options_has_coverage(&settings->scan))
        return status;
    return nd_settings_plan(settings, &plan, error);
}

nd_status nd_settings_check_dedup(const nd_settings *settings, nd_error *error)
{
    const struct {
        const char *name;
        bool is_used; /* without a page */
    } of_page[] = {{"top", false},
                   {"date-field", settings->keep == ND_KEEP_EARLIEST},
                   {"source-field", settings->keep == ND_KEEP_PREFERRED}};
    const bool makes_page = nd_settings_makes_page(settings);
    for (size_t i = 0; i < sizeof of_page / sizeof *of_page && !makes_page; i++)
        if (nd_settings_given(settings, of_page[i].name) && !of_page[i].is_used)
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                                "option '--%s' only works with '--removed FILE.html': the name "
                                "has to end so",
                                of_page[i].name);
    return nd_settings_check_scan(settings, error);
}

nd_status nd_settings_check_passage(const nd_settings *settings, nd_error *error)
{
    if (nd_settings_given(settings, "min-words-inside") &&
        settings->passage.min_words_unbound < settings->passage.min_words)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--min-words-inside' is below '--min-words'");
    return ND_OK;
}

static nd_status read_time(const char *option, const char *text, int64_t *out, nd_error *error)
{
    if (!text || nd_date_microseconds(text, strlen(text), out))
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "'%s' takes a date, such as 2024-05-17 or 2024-05-17T09:30:00Z, not '%s'",
                        option, text);
}

nd_status nd_settings_query(const nd_settings *settings, nd_index_query *out, nd_error *error)
{
    nd_index_query_init(out);
    out->max_matches = (size_t)settings->max_asked;
    out->not_source = settings->not_source;
    out->not_source_len_bytes = settings->not_source ? strlen(settings->not_source) : 0;
    const nd_status status = read_time("--since", settings->since, &out->since, error);
    return status == ND_OK ? read_time("--before", settings->before, &out->before, error) : status;
}

nd_status nd_settings_check_times(const nd_settings *settings, nd_error *error)
{
    nd_index_query query;
    return nd_settings_query(settings, &query, error);
}

/* --- which document of a group is kept --- */

typedef enum key_use {
    KEY_LONGEST, /* the length of the text, which is no preference */
    KEY_PLAIN,
    KEY_OF_FIELD, /* "name:FIELD" */
    KEY_OF_NAMES, /* "name:FIELD=A,B,...": all that follows */
} key_use;

static const struct key_kind {
    const char *name;
    key_use use;
    nd_preference by;
} kinds[] = {
    {"longest", KEY_LONGEST, ND_PREFERENCE_PLACE},
    {"first", KEY_PLAIN, ND_PREFERENCE_PLACE},
    {"earliest", KEY_OF_FIELD, ND_PREFERENCE_EARLIEST},
    {"latest", KEY_OF_FIELD, ND_PREFERENCE_LATEST},
    {"max", KEY_OF_FIELD, ND_PREFERENCE_LARGEST},
    {"min", KEY_OF_FIELD, ND_PREFERENCE_SMALLEST},
    {"prefer", KEY_OF_NAMES, ND_PREFERENCE_LISTED},
};

/* What is being read: a copy of all that was typed, in which names are ended in place. */
typedef struct parsing {
    nd_keep_keys *keys;
    const char *typed; /* for messages */
    char *at;
    const char **names; /* room for those to come */
    bool has_longest;
    nd_error *error;
} parsing;

static nd_status refuse(const parsing *p)
{
    return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                        "invalid value '%.200s' for '--keep', allowed: longest, first, "
                        "earliest:FIELD, latest:FIELD, max:FIELD, min:FIELD, "
                        "prefer:FIELD=A,B,... (last), with a comma between them",
                        p->typed);
}

/* Ends the text at p->at with a NUL where the first of `ends` stands, not behind a backslash, and
 * steps over it. *end: what stood there. */
static char *take_text(parsing *p, const char *ends, char *end)
{
    char *const text = p->at;
    char *to = text;
    while (*to && !strchr(ends, *to))
        to += *to == '\\' && to[1] ? 2 : 1;
    *end = *to;
    p->at = to + (*to != '\0');
    *to = '\0';
    return text;
}

static const struct key_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* Takes the names to the end. */
static nd_status take_names(parsing *p, nd_preference_key *key)
{
    char end = ',';
    key->names = p->names;
    while (end == ',') {
        char *const name = p->at, *const comma = strchr(name, ',');
        end = comma ? ',' : '\0';
        p->at = comma ? comma + 1 : name + strlen(name);
        if (comma)
            *comma = '\0';
        if (!*name)
            return refuse(p);
        *p->names++ = name;
        key->num_names++;
    }
    return ND_OK;
}

/* Takes one key; *is_last: it is the last of what was typed. */
static nd_status take_key(parsing *p, bool *is_last)
{
    char end;
    const struct key_kind *const kind = find_kind(take_text(p, ":,", &end));
    const bool has_field = end == ':';
    if (!kind || has_field != (kind->use == KEY_OF_FIELD || kind->use == KEY_OF_NAMES))
        return refuse(p);
    nd_preference_key key = {.by = kind->by};
    if (has_field)
        key.field = take_text(p, kind->use == KEY_OF_NAMES ? "=" : ",", &end);
    *is_last = end != ',';
    if ((key.field && !*key.field) || (kind->use == KEY_OF_NAMES && end != '='))
        return refuse(p);
    if (kind->use == KEY_LONGEST) {
        if (!p->has_longest)
            p->keys->size_place = (uint32_t)p->keys->num;
        p->has_longest = true;
        return ND_OK;
    }
    if (p->keys->num == ND_MAX_PREFERENCES)
        return nd_error_set(p->error, ND_ERR_INVALID_ARGUMENT,
                            "'--keep' takes at most %d keys beside longest", ND_MAX_PREFERENCES);
    const nd_status status = kind->use == KEY_OF_NAMES ? take_names(p, &key) : ND_OK;
    if (status == ND_OK)
        p->keys->items[p->keys->num++] = key;
    return status;
}

/* Copies what was typed behind room for as many names as there may be. */
static nd_status copy_typed(parsing *p, const nd_name_list *typed, const nd_allocator *allocator)
{
    size_t bytes = 0, num_names = 0;
    for (size_t i = 0; i < typed->num_names; i++) {
        bytes += strlen(typed->names[i]) + 1;
        for (const char *c = typed->names[i]; c; c = strchr(c + 1, ','))
            num_names++;
    }
    char *const memory = nd_alloc(allocator, num_names * sizeof *p->names + bytes, 1);
    if (!memory) {
        nd_error_set(p->error, ND_ERR_NO_MEMORY, "out of memory");
        return ND_ERR_NO_MEMORY;
    }
    p->keys->memory = memory;
    p->names = (const char **)(void *)memory;
    p->at = memory + num_names * sizeof *p->names;
    char *to = p->at;
    for (size_t i = 0; i < typed->num_names; i++) {
        const size_t len = strlen(typed->names[i]) + 1;
        memcpy(to, typed->names[i], len);
        to += len;
    }
    return ND_OK;
}

nd_status nd_keep_parse(const nd_name_list *typed, const nd_allocator *allocator,
                        nd_keep_keys *keys, nd_error *error)
{
    parsing p = {.keys = keys, .error = error};
    *keys = (nd_keep_keys){0};
    nd_status status = copy_typed(&p, typed, allocator);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; status == ND_OK && i < typed->num_names; i++) {
        char *const end = p.at + strlen(p.at) + 1;
        bool is_last = false;
        p.typed = typed->names[i];
        while (status == ND_OK && !is_last)
            status = take_key(&p, &is_last);
        p.at = end;
    }
    if (!p.has_longest)
        keys->size_place = (uint32_t)keys->num;
    return status;
}

bool nd_keep_has_field(const nd_keep_keys *keys)
{
    for (size_t i = 0; i < keys->num; i++)
        if (keys->items[i].by != ND_PREFERENCE_PLACE)
            return true;
    return false;
}

void nd_keep_release(nd_keep_keys *keys, const nd_allocator *allocator)
{
    nd_release(allocator, keys->memory);
    *keys = (nd_keep_keys){0};
}

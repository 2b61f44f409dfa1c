#include "io/input.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/block_source.h"
#include "io/journal.h"
#include "io/path_walk.h"
#include "io/place.h"
#include "io/record_visit.h"
#include "io/stream.h"
#include "io/tally.h"
#include "neardup/text.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/xxh.h"

enum {
    BLOCK_BYTES = 1 << 18, /* stays in the second-level cache from reading to decoding */
    ARENA_CHUNK_BYTES = 1 << 16,
    HEAD_BYTES = 512, /* what nd_foreign_kind looks at */
};

struct nd_input {
    nd_arena arena; /* strings and roots */
    nd_reading reading;
    nd_path_walk *walk; /* belongs to `blocks` */
    nd_block_source *blocks;
    nd_source source;
};

static nd_status copy_string(nd_arena *arena, const char *from, const char **to)
{
    const size_t len = strlen(from) + 1;
    char *const copy = nd_arena_alloc(arena, len);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    memcpy(copy, from, len);
    *to = copy;
    return ND_OK;
}

static nd_status copy_names(nd_arena *arena, nd_preference_key *key)
{
    const char **const names = nd_arena_alloc(arena, key->num_names * sizeof *key->names);
    if (!names)
        return ND_ERR_NO_MEMORY;
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < key->num_names; i++)
        status = copy_string(arena, key->names[i], &names[i]);
    key->names = names;
    return status;
}

static nd_status copy_preferences(nd_arena *arena, nd_input_options *options)
{
    nd_preference_key *const keys = nd_arena_alloc(arena, options->num_preferences * sizeof *keys);
    if (!keys)
        return ND_ERR_NO_MEMORY;
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < options->num_preferences; i++) {
        keys[i] = options->preferences[i];
        if (keys[i].field)
            status = copy_string(arena, keys[i].field, &keys[i].field);
        if (status == ND_OK && keys[i].num_names)
            status = copy_names(arena, &keys[i]);
    }
    options->preferences = keys;
    return status;
}

/* Copies the options and fills in what was left to us. */
static nd_status copy_options(nd_arena *arena, const nd_input_options *from, nd_input_options *to)
{
    *to = *from;
    if (!to->text_field)
        to->text_field = "text";
    if (!to->block_bytes)
        to->block_bytes = BLOCK_BYTES;
    nd_status status = copy_string(arena, to->text_field, &to->text_field);
    if (status == ND_OK && to->id_field)
        status = copy_string(arena, to->id_field, &to->id_field);
    if (status == ND_OK && to->date_field)
        status = copy_string(arena, to->date_field, &to->date_field);
    if (status == ND_OK && to->source_field)
        status = copy_string(arena, to->source_field, &to->source_field);
    if (status == ND_OK && to->num_preferences)
        status = copy_preferences(arena, to);
    return status;
}

static nd_status add_fields(nd_arena *arena, nd_fields *fields, const char *list, size_t most,
                            size_t *num, nd_error *error)
{
    char *const copy = nd_arena_alloc(arena, strlen(list) + 1);
    return copy ? nd_fields_add(fields, list, most, copy, num, error) : ND_ERR_NO_MEMORY;
}

/* Fills in what the reader is asked for. */
static nd_status plan_reading(nd_arena *arena, const nd_input_options *given, nd_reading *reading,
                              nd_error *error)
{
    size_t num;
    nd_status status = copy_options(arena, given, &reading->options);
    if (status != ND_OK)
        return status;
    const nd_input_options *const options = &reading->options;
    const size_t most = options->max_bytes ? options->max_bytes : ND_INPUT_MAX_BYTES;
    reading->max_bytes = most < ND_TEXT_MAX_BYTES ? most : ND_TEXT_MAX_BYTES;
    status = add_fields(arena, &reading->fields, options->text_field, ND_MAX_TEXT_FIELDS,
                        &reading->num_texts, error);
    if (status == ND_OK)
        status = add_fields(arena, &reading->fields, options->id_field ? options->id_field : "id",
                            1, &num, error);
    for (size_t i = 0; status == ND_OK && i < options->num_preferences; i++) {
        const nd_preference_key *const key = &options->preferences[i];
        reading->preference_at[i] = SIZE_MAX;
        if (key->by == ND_PREFERENCE_PLACE)
            continue;
        reading->preference_at[i] = reading->fields.num;
        status = add_fields(arena, &reading->fields, key->field, 1, &num, error);
    }
    reading->date_at = reading->fields.num;
    if (status == ND_OK && options->has_attributes)
        status = add_fields(arena, &reading->fields,
                            options->date_field ? options->date_field : "date", 1, &num, error);
    if (status == ND_OK && options->has_attributes)
        status =
            add_fields(arena, &reading->fields,
                       options->source_field ? options->source_field : "source", 1, &num, error);
    return status;
}

/* Refuses a file of a foreign kind at once, and not after hours, when its turn comes. One that
 * cannot be read fails then. */
static nd_status refuse_foreign(const nd_path_root *root, nd_error *error)
{
    int fd;
    if (root->kind != ND_PATH_FILE || nd_path_open(root->path, &fd, NULL) != ND_OK)
        return ND_OK;
    char head[HEAD_BYTES];
    const ssize_t len = read(fd, head, sizeof head);
    close(fd);
    const char *const foreign = len > 0 ? nd_foreign_kind(head, (size_t)len) : NULL;
    if (!foreign)
        return ND_OK;
    return nd_error_set(error, ND_ERR_FORMAT, "'%s' %s", nd_show_path(root->path).text, foreign);
}

static nd_status look_at_paths(nd_input *input, const char *const *paths, size_t num_paths,
                               nd_path_root *roots, nd_error *error)
{
    size_t num_stdin = 0;
    for (size_t i = 0; i < num_paths; i++) {
        const char *path;
        nd_status status = copy_string(&input->arena, paths[i], &path);
        if (status != ND_OK)
            return nd_error_set(error, status, "%s", nd_status_message(status));
        num_stdin += strcmp(path, "-") == 0;
        if (num_stdin > 1)
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                                "standard input '-' is named twice");
        status = nd_path_root_look(path, &roots[i], error);
        if (status == ND_OK && input->reading.options.keeps_records &&
            roots[i].kind == ND_PATH_STREAM && !roots[i].has_size)
            status = nd_error_set(error, ND_ERR_UNSUPPORTED,
                                  "cannot read '%s' a second time: write it to a file first",
                                  nd_show_path(path).text);
        if (status == ND_OK && input->reading.options.format != ND_INPUT_TEXT)
            status = refuse_foreign(&roots[i], error);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

static nd_status open_blocks(nd_input *input, const nd_path_root *roots, size_t num_roots)
{
    const nd_allocator *const allocator = &input->arena.allocator;
    const nd_status status = nd_path_walk_new(allocator, roots, num_roots,
                                              input->reading.options.reads_hidden, &input->walk);
    if (status != ND_OK)
        return status;
    return nd_block_source_new(allocator, &input->reading, input->walk, &input->blocks);
}

static nd_status init(nd_input *input, const nd_input_options *options, const char *const *paths,
                      size_t num_paths, nd_error *error)
{
    nd_path_root *const roots = nd_arena_alloc(&input->arena, num_paths * sizeof *roots);
    nd_error why = {0};
    nd_status status = roots ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = plan_reading(&input->arena, options, &input->reading, &why);
    if (status == ND_OK)
        status = look_at_paths(input, paths, num_paths, roots, &why);
    if (status == ND_OK)
        status = open_blocks(input, roots, num_paths);
    if (status != ND_OK && why.code != status)
        nd_error_set(&why, status, "%s", nd_status_message(status));
    if (status != ND_OK && error)
        *error = why;
    return status;
}

nd_status nd_input_new(const nd_input_options *options, const char *const *paths, size_t num_paths,
                       const nd_allocator *allocator, nd_input **out, nd_error *error)
{
    *out = NULL;
    if (!num_paths)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "no input is named");
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_input *const input = nd_alloc_zeroed(&a, 1, sizeof *input);
    if (!input)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "%s", nd_status_message(ND_ERR_NO_MEMORY));
    nd_arena_init(&input->arena, &a, ARENA_CHUNK_BYTES);
    const nd_status status = init(input, options, paths, num_paths, error);
    if (status != ND_OK) {
        nd_input_free(input);
        return status;
    }
    input->source = (nd_source){.ctx = input->blocks,
                                .next = nd_block_source_next,
                                .decode = nd_block_source_decode,
                                .discard = nd_block_source_discard,
                                .again = nd_block_source_again};
    *out = input;
    return ND_OK;
}

nd_status nd_input_leave_out(nd_input *input, int fd, nd_error *error)
{
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return ND_OK;
    return nd_path_walk_leave_out(input->walk, info.st_dev, info.st_ino, error);
}

const nd_source *nd_input_source(const nd_input *input)
{
    return &input->source;
}

void nd_input_report_add(nd_input_report *into, const nd_input_report *from)
{
    into->files += from->files;
    into->documents += from->documents;
    into->bytes += from->bytes;
    into->bytes_total += from->bytes_total;
    for (int issue = 0; issue < ND_NUM_ISSUES; issue++) {
        nd_input_finding *const to = &into->findings[issue];
        if (to->count == 0)
            to->first = from->findings[issue].first;
        to->count += from->findings[issue].count;
        to->bytes += from->findings[issue].bytes;
    }
}

nd_status nd_input_visit(nd_input *input, const nd_record_visitor *visitor, nd_error *error)
{
    nd_error why = {0};
    const nd_file_list *files;
    nd_status status = nd_block_source_list(input->blocks, &files, &why);
    if (status == ND_OK)
        status = nd_file_list_visit(&input->arena.allocator, files, &input->reading, visitor, &why);
    if (status != ND_OK && why.code != status)
        nd_error_set(&why, status, "%s", nd_status_message(status));
    if (status != ND_OK && error)
        *error = why;
    return status;
}

nd_status nd_input_list(nd_input *input, uint64_t *bytes, nd_error *error)
{
    const nd_file_list *files;
    const nd_status status = nd_block_source_list(input->blocks, &files, error);
    *bytes = 0;
    for (size_t i = 0; status == ND_OK && i < files->items.len; i++)
        *bytes += (uint64_t)files->items.items[i].size;
    return status;
}

nd_status nd_input_digest(nd_input *input, uint64_t seed, nd_journal_key *digest, nd_error *error)
{
    const nd_file_list *files;
    XXH3_state_t state;
    const nd_status status = nd_block_source_list(input->blocks, &files, error);
    if (status != ND_OK)
        return status;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset_withSeed(&state, seed);
    for (size_t i = 0; i < files->items.len; i++) {
        const nd_listed_file *const file = &files->items.items[i];
        const char *const path = files->paths.items + file->path;
        const uint64_t all[] = {file->name_at,
                                file->number,
                                file->is_named,
                                (uint64_t)file->device,
                                (uint64_t)file->inode,
                                (uint64_t)file->size,
                                (uint64_t)file->changed_at.tv_sec,
                                (uint64_t)file->changed_at.tv_nsec,
                                (uint64_t)file->status_changed_at.tv_sec,
                                (uint64_t)file->status_changed_at.tv_nsec};
        XXH3_128bits_update(&state, path, strlen(path) + 1);
        XXH3_128bits_update(&state, all, sizeof all);
    }
    const XXH128_hash_t all_files = XXH3_128bits_digest(&state);
    *digest = (nd_journal_key){all_files.low64, all_files.high64};
    return ND_OK;
}

nd_shown_place nd_input_place_of(const nd_input *input, uint64_t tag)
{
    return nd_place_of(&input->arena.allocator, input->walk, &input->reading, tag);
}

bool nd_input_is_path(const nd_input *input, const char *id)
{
    return nd_path_walk_begins(input->walk, id);
}

nd_input_report nd_input_report_get(nd_input *input)
{
    return nd_block_source_report(input->blocks);
}

void nd_input_free(nd_input *input)
{
    if (!input)
        return;
    nd_block_source_free(input->blocks);
    nd_arena_release(&input->arena);
    const nd_allocator allocator = input->arena.allocator;
    nd_release(&allocator, input);
}

/* --- what is left out or found odd --- */

/* clang-format off */
static const nd_issue_text texts[ND_NUM_ISSUES] = {
    [ND_ISSUE_UNREADABLE] = {"unreadable", "files or folders that cannot be read, left out", ND_ERR_IO, true},
    [ND_ISSUE_PARTLY_READ] = {"partly_read", "files that cannot be read to their end, read in part", ND_ERR_IO, true},
    [ND_ISSUE_CHANGED] = {"changed", "files that changed while they were read", ND_ERR_IO, true},
    [ND_ISSUE_SPECIAL] = {"special", "links and special files, left out", ND_ERR_UNSUPPORTED, true},
    [ND_ISSUE_BINARY] = {"binary", "binary files, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_NESTED] = {"nested", "archives inside archives, too deep to be read, left out", ND_ERR_LIMIT, true},
    [ND_ISSUE_MANY_ENTRIES] = {"many_entries", "archives with more entries than are read, 10,000,000", ND_ERR_LIMIT, true},
    [ND_ISSUE_NO_PAGE] = {"no_page", "records of WARC archives that hold neither a page nor a text, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_HIDDEN] = {"hidden", "hidden files and folders, which '--hidden' reads, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_SAME_FILE] = {"same_file", "second paths to a file, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_OWN_OUTPUT] = {"own_output", "files that this run writes, skipped", ND_ERR_UNSUPPORTED, false},
    [ND_ISSUE_TOO_LARGE] = {"too_large", "documents longer than '--max-document-bytes', left out", ND_ERR_LIMIT, true},
    [ND_ISSUE_NO_MEMORY] = {"no_memory_to_read", "large documents that there was not enough memory to read, left out", ND_ERR_NO_MEMORY, true},
    [ND_ISSUE_MALFORMED_JSON] = {"malformed_json", "records that are not a JSON object, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_TOO_DEEP] = {"too_deep", "JSON nested deeper than 1,024 levels, left out", ND_ERR_LIMIT, true},
    [ND_ISSUE_MALFORMED_ROW] = {"malformed_row", "rows of a table that do not fit its header, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_TEXT_FIELD] = {"no_text_field", "records without the text field, left out", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_NO_ID_FIELD] = {"no_id_field", "records without the id field, left out", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_FIELD_TYPE] = {"field_type", "records with a field of the wrong type, left out", ND_ERR_FORMAT, true},
    [ND_ISSUE_INVALID_UTF8] = {"invalid_utf8_lines", "JSON with invalid UTF-8, read as U+FFFD", ND_ERR_FORMAT, true},
    [ND_ISSUE_ENCODING] = {"invalid_encoding", "files with bytes that their encoding does not have, read as U+FFFD", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_PREFERENCE] = {"without_preference", "documents without the field that chooses the representative, chosen last", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_UNREADABLE_PREFERENCE] = {"unreadable_preference", "documents whose field that chooses the representative cannot be read, chosen last", ND_ERR_FORMAT, true},
    [ND_ISSUE_NO_ATTRIBUTE] = {"without_attribute", "documents without the date or source field that was named", ND_ERR_NOT_FOUND, true},
    [ND_ISSUE_UNREADABLE_ATTRIBUTE] = {"unreadable_attribute", "documents whose date or source cannot be read, taken without it", ND_ERR_FORMAT, true},
};
/* clang-format on */

const nd_issue_text *nd_issue_text_of(nd_input_issue issue)
{
    return &texts[issue];
}

static bool is_before(nd_input_place a, nd_input_place b)
{
    return a.file < b.file || (a.file == b.file && a.record < b.record);
}

bool nd_tally_count(nd_tally *tally, nd_input_issue issue, nd_input_place place)
{
    if (tally->findings[issue].count++ && !is_before(place, tally->first[issue]))
        return false;
    tally->first[issue] = place;
    tally->findings[issue].first = (nd_error){.code = texts[issue].code, .line = place.line};
    return true;
}

void nd_tally_describe(nd_tally *tally, nd_input_issue issue, const char *format, ...)
{
    nd_error *const first = &tally->findings[issue].first;
    va_list args;
    va_start(args, format);
    vsnprintf(first->message, sizeof first->message, format, args);
    va_end(args);
}

static void move_finding(nd_tally *into, nd_tally *from, unsigned issue)
{
    nd_input_finding *const to = &into->findings[issue];
    nd_input_finding *const finding = &from->findings[issue];
    if (!finding->count)
        return;
    if (!to->count || is_before(from->first[issue], into->first[issue])) {
        to->first = finding->first;
        into->first[issue] = from->first[issue];
    }
    to->count += finding->count;
    to->bytes += finding->bytes;
    finding->count = finding->bytes = 0;
}

void nd_tally_move(nd_tally *into, nd_tally *from)
{
    into->files += from->files;
    into->documents += from->documents;
    from->files = from->documents = 0;
    for (unsigned issue = 0; issue < ND_NUM_ISSUES; issue++)
        move_finding(into, from, issue);
}

#include "io/record_copy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/archive_copy.h"
#include "io/json.h"
#include "io/place.h"
#include "io/record_edit.h"
#include "io/record_visit.h"
#include "util/error.h"

enum { COPY_BYTES = 1 << 16 };

/* Files of one kind go into one. */
typedef enum copied_kind {
    COPIED_NOTHING = 0,
    COPIED_LINES,  /* lines of text */
    COPIED_VALUES, /* JSON: a value a line, or wherever lines end */
    COPIED_ARRAY,
    COPIED_TABLE,
} copied_kind;

typedef struct copying {
    nd_allocator allocator;
    bool is_check; /* nothing is written, and not all is read */
    const nd_record_copy *copy;
    size_t next_removed;
    nd_output *output; /* of the file at hand in a folder, or of all; NULL: nothing is written */
    copied_kind kind;  /* of the files so far */
    const char *path;  /* of the file at hand */
    bool is_json;      /* it is cut into values */
    bool has_record;   /* one was met in the file, kept or not */
    bool has_kept;     /* one was kept */
    bool has_written;  /* something, of any file that goes into one */
    bool is_write_failed;
    char last;          /* byte written */
    nd_byte_vec table;  /* the header of the first table, without mark and line end */
    nd_noting noting;   /* if there are notes */
    nd_cutting cutting; /* if there are cuts */
    nd_byte_vec open;   /* what the first value of the file has before it */

    bool has_files;            /* that are no archives */
    nd_archive_kind archives;  /* of those so far that go into one */
    bool in_archive;           /* the file at hand is one, and `output` a part with its entry */
    nd_archive_copy *archive;  /* it, or the last one, which another one may follow */
    nd_output *archive_output; /* in a folder */
    size_t removed_before, cuts_before; /* the entry at hand */
} copying;

static nd_status put(copying *c, const char *p, size_t len)
{
    if (!len)
        return ND_OK;
    c->last = p[len - 1];
    c->has_written = true;
    if (!c->output)
        return ND_OK;
    const nd_status status = nd_output_write(c->output, p, len);
    c->is_write_failed = status != ND_OK;
    return status;
}

/* ---- where files meet ---- */

static size_t mark_len(const char *p, size_t len)
{
    return len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static nd_status refuse(const copying *c, const char *why, nd_error *error)
{
    return nd_error_set(error, ND_ERR_UNSUPPORTED, "'%s' cannot be written behind other files: %s",
                        nd_show_path(c->path).text, why);
}

/* Checks that a file of that kind may come next. */
static nd_status join(copying *c, copied_kind kind, nd_error *error)
{
    const copied_kind before = c->kind;
    c->kind = kind;
    if (before == COPIED_NOTHING || (before == kind && kind != COPIED_ARRAY))
        return ND_OK;
    if (kind == COPIED_ARRAY || before == COPIED_ARRAY)
        return refuse(c, "two JSON arrays, or one and something else, are no JSON", error);
    return refuse(c, "they are of another format", error);
}

/* Writes p[0..len) with what the notes add at that place. */
static nd_status put_noted(copying *c, const char *p, size_t len, size_t at)
{
    nd_status status = put(c, p, at);
    if (status == ND_OK && c->copy->notes)
        status = put(c, c->noting.added.items, c->noting.added.len);
    return status == ND_OK ? put(c, p + at, len - at) : status;
}

static nd_status put_record(copying *c, uint64_t tag, const char *p, size_t len, nd_error *error)
{
    size_t at = 0;
    nd_status status = ND_OK;
    if (c->copy->cuts && !c->is_check)
        status = nd_cutting_record(&c->cutting, &p, &len);
    if (status == ND_OK && c->copy->notes)
        status = nd_noting_record(&c->noting, tag, p, len, &at, error);
    return status == ND_OK ? put_noted(c, p, len, at) : status;
}

/* Writes the header of the first table, and requires the same of others. */
static nd_status begin_table(copying *c, const nd_visited_file *file, size_t notes_at,
                             nd_error *error)
{
    const size_t skipped = mark_len(file->head, file->head_len_bytes);
    const char *const p = file->head + skipped;
    size_t len = file->head_len_bytes - skipped;
    while (len && (p[len - 1] == '\n' || p[len - 1] == '\r'))
        len--;
    if (c->has_written) {
        const bool is_same = len == c->table.len && memcmp(p, c->table.items, len) == 0;
        return is_same ? ND_OK : refuse(c, "its table has another header", error);
    }
    const nd_status status = nd_bytes_append(&c->allocator, &c->table, p, len);
    return status == ND_OK ? put_noted(c, file->head, file->head_len_bytes, notes_at) : status;
}

/* ---- files of a folder ---- */

/* Whether something of the file is removed. */
static bool is_touched(const copying *c, uint64_t file)
{
    return c->next_removed < c->copy->num_removed &&
           c->copy->removed[c->next_removed] < nd_input_tag(file + 1, 0);
}

/* Begins a file of its own; a check opens none. */
static nd_status open_in_folder(copying *c, const nd_visited_file *file, nd_packing packing,
                                nd_error *error)
{
    c->kind = COPIED_NOTHING;
    c->has_written = false;
    c->table.len = 0;
    if (c->is_check)
        return ND_OK;
    return nd_output_folder_begin(c->copy->folder, file->name, packing, &c->output, error);
}

/* Ends the output of the file or entry at hand; also after a failed write, for its message. */
static nd_status close_own(copying *c, nd_error *error)
{
    const nd_status status = c->output ? nd_output_commit(c->output, error) : ND_OK;
    nd_output_free(c->output);
    c->output = NULL;
    return status;
}

/* ---- archives ---- */

static const char *const kind_names[] = {
    [ND_ARCHIVE_NONE] = "no archive",
    [ND_ARCHIVE_TAR] = "a tar archive",
    [ND_ARCHIVE_ZIP] = "a zip archive",
    [ND_ARCHIVE_WARC] = "a WARC archive",
};

/* What is written to a file is what its name says, if that is or should be an archive. */
static nd_status check_output_name(const copying *c, nd_archive_kind kind, nd_error *error)
{
    const char *const path = c->copy->output ? nd_output_path(c->copy->output) : "";
    const nd_archive_kind said = nd_archive_kind_of_name(path);
    const bool says_else =
        said != kind && (said != ND_ARCHIVE_NONE || nd_input_format_of_name(path) != ND_INPUT_AUTO);
    const bool is_packed =
        kind == ND_ARCHIVE_ZIP && c->copy->output && nd_output_is_compressed(c->copy->output);
    if (c->copy->folder || (!says_else && !is_packed))
        return ND_OK;
    if (is_packed)
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "'%s' is a zip archive, and '%s' would compress it again",
                            nd_show_path(c->path).text, nd_show_path(path).text);
    return nd_error_set(error, ND_ERR_UNSUPPORTED, "'%s' is %s, and '%s' names something else",
                        nd_show_path(c->path).text, kind_names[kind], nd_show_path(path).text);
}

/* Checks that the archive may come next. */
static nd_status join_archive(copying *c, const nd_visited_file *file, nd_error *error)
{
    const nd_archive_kind before = c->archives;
    c->archives = file->archive;
    if (c->has_files || (before != ND_ARCHIVE_NONE && before != file->archive))
        return refuse(c, "archives go into one file with archives of their kind", error);
    return check_output_name(c, file->archive, error);
}

/* A directory tells whether it can be written again, before the scan. */
static nd_status check_archive(copying *c, const nd_visited_file *file, nd_error *error)
{
    const nd_archive_copy_request request = {.file = file};
    nd_archive_copy *archive = NULL;
    const nd_status status = file->archive == ND_ARCHIVE_ZIP
                                 ? nd_archive_copy_new(&c->allocator, &request, &archive, error)
                                 : ND_OK;
    nd_archive_copy_free(archive);
    return status;
}

static nd_status begin_archive(void *ctx, const nd_visited_file *file, nd_error *error)
{
    copying *const c = ctx;
    nd_archive_copy *const before = c->archive;
    nd_status status = ND_OK;
    c->path = file->path;
    c->in_archive = true;
    c->output = NULL; /* of an entry */
    if (file->archive == ND_ARCHIVE_WARC && (c->copy->notes || c->copy->cuts))
        return nd_error_set(
            error, ND_ERR_UNSUPPORTED,
            "'%s' is a WARC archive: its records tell their lengths and digests, and "
            "are not changed",
            nd_show_path(c->path).text);
    if (!c->copy->folder)
        status = join_archive(c, file, error);
    if (status == ND_OK && c->is_check)
        return check_archive(c, file, error);
    if (status == ND_OK && c->copy->folder)
        status = nd_output_folder_begin(c->copy->folder, file->name, ND_PACK_BY_NAME,
                                        &c->archive_output, error);
    if (status != ND_OK)
        return status;
    const nd_archive_copy_request request = {.file = file,
                                             .output = c->copy->folder ? c->archive_output
                                                                       : c->copy->output,
                                             .is_joined = !c->copy->folder,
                                             .before = before};
    status = nd_archive_copy_new(&c->allocator, &request, &c->archive, error);
    nd_archive_copy_free(before);
    return status;
}

static bool is_removed(copying *c, uint64_t tag);

/* Begins an entry with documents: one is kept or dropped, unless something may be cut out of it;
 * several go to a part of their own, unless nothing of them is changed. */
static nd_status begin_entry(copying *c, const nd_visited_file *file, bool is_one, nd_error *error)
{
    const nd_record_copy *const copy = c->copy;
    c->kind = COPIED_NOTHING;
    c->has_written = false;
    c->table.len = 0;
    c->removed_before = c->next_removed;
    c->cuts_before = copy->cuts ? copy->cuts->documents : 0;
    if (c->is_check)
        return ND_OK;
    if (is_one && is_removed(c, file->first_tag)) {
        nd_archive_copy_drop(c->archive);
        return ND_OK;
    }
    if (!copy->cuts && !copy->notes && (is_one || !is_touched(c, file->number)))
        return ND_OK;
    return nd_output_new_part(file->path, copy->parts_folder, &c->allocator, &c->output, error);
}

/* Ends the entry before: what its records became takes their place. */
static nd_status end_entry(copying *c, nd_error *error)
{
    const nd_record_copy *const copy = c->copy;
    uint64_t len = 0;
    int fd;
    if (!c->output)
        return ND_OK;
    nd_status status = nd_output_end_part(c->output, &fd, &len, error);
    nd_output_free(c->output);
    c->output = NULL;
    if (status != ND_OK)
        return status;
    if (copy->notes || c->next_removed > c->removed_before ||
        (copy->cuts && copy->cuts->documents > c->cuts_before))
        status = nd_archive_copy_replace(c->archive, fd, len, error);
    close(fd);
    return status;
}

static nd_status step_to_entry(void *ctx, const nd_archive_entry *entry, uint64_t begin,
                               nd_error *error)
{
    copying *const c = ctx;
    if (c->is_check)
        return ND_OK;
    const nd_status status = end_entry(c, error);
    return status == ND_OK ? nd_archive_copy_step(c->archive, entry, begin, error) : status;
}

/* Ends the file at hand, or the archive; in one file another one may follow it. */
static nd_status end_file(void *ctx, nd_error *error)
{
    copying *const c = ctx;
    const bool is_archive = c->in_archive;
    c->in_archive = false;
    if (!is_archive)
        return c->copy->folder ? close_own(c, error) : ND_OK;
    if (c->is_check)
        return ND_OK;
    nd_status status = end_entry(c, error);
    if (!c->copy->folder || status != ND_OK)
        return status;
    status = nd_archive_copy_finish(c->archive, error);
    if (status == ND_OK)
        status = nd_output_commit(c->archive_output, error);
    nd_archive_copy_free(c->archive);
    nd_output_free(c->archive_output);
    c->archive = NULL;
    c->archive_output = NULL;
    return status;
}

/* Copies the bytes of a file that is open. */
static nd_status copy_bytes(copying *c, int fd, nd_error *error)
{
    nd_status status = ND_VEC_RESERVE(&c->allocator, &c->open, COPY_BYTES);
    while (status == ND_OK) {
        const ssize_t got = read(fd, c->open.items, COPY_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return nd_error_set(error, ND_ERR_IO, "cannot read '%s': %s",
                                nd_show_path(c->path).text, strerror(errno));
        if (got == 0)
            break;
        status = put(c, c->open.items, (size_t)got);
    }
    return status;
}

/* Copies a file as it is. */
static nd_status copy_file(void *ctx, const nd_visited_file *file, nd_error *error)
{
    copying *const c = ctx;
    int fd;
    c->path = file->path;
    nd_status status = open_in_folder(c, file, ND_PACK_NOTHING, error);
    if (status != ND_OK)
        return status;
    status = nd_path_open(file->path, &fd, error);
    if (status != ND_OK)
        return status;
    status = copy_bytes(c, fd, error);
    close(fd);
    return status == ND_OK ? close_own(c, error) : status;
}

/* What is not changed is not opened as what it is. */
static nd_status meet_file(void *ctx, const nd_visited_file *file, bool *is_wanted, nd_error *error)
{
    const copying *const c = ctx;
    *is_wanted = c->copy->notes || c->copy->cuts || is_touched(c, file->number);
    return *is_wanted ? ND_OK : copy_file(ctx, file, error);
}

/* ---- files ---- */

static bool is_one_document(const nd_visited_file *file)
{
    return file->format == ND_INPUT_TEXT || file->format == ND_INPUT_HTML;
}

/* Begins a file that is no entry: one that goes where others may be already, or to one of its own.
 */
static nd_status begin_output(copying *c, const nd_visited_file *file, nd_error *error)
{
    if (c->copy->folder)
        return open_in_folder(c, file, ND_PACK_BY_NAME, error);
    if (c->archives != ND_ARCHIVE_NONE)
        return refuse(c, "archives go into one file with archives of their kind", error);
    c->has_files = true;
    return check_output_name(c, ND_ARCHIVE_NONE, error);
}

/* Writes what comes before the first record, and looks whether the file may come next. */
static nd_status begin_records(copying *c, const nd_visited_file *file, size_t notes_at,
                               nd_error *error)
{
    const bool is_table = file->format == ND_INPUT_CSV || file->format == ND_INPUT_TSV;
    const bool is_plain = file->format == ND_INPUT_LINES || is_one_document(file);
    nd_status status = ND_OK;
    c->has_record = c->has_kept = false;
    c->is_json = file->format == ND_INPUT_JSON;
    c->open.len = 0;
    if (c->has_written && c->last != '\n')
        status = put(c, "\n", 1);
    else if (!c->has_written && !is_table)
        status = put(c, file->head, file->head_len_bytes);
    if (status != ND_OK || c->is_json) /* which kind that is, its first record says */
        return status;
    status = join(c, is_table ? COPIED_TABLE : is_plain ? COPIED_LINES : COPIED_VALUES, error);
    return status == ND_OK && is_table ? begin_table(c, file, notes_at, error) : status;
}

static nd_status begin_file(void *ctx, const nd_visited_file *file, nd_error *error)
{
    copying *const c = ctx;
    nd_status status = ND_OK;
    size_t notes_at = 0;
    c->path = file->path;
    if (c->copy->notes)
        status = nd_noting_begin(&c->noting, file, &notes_at, error);
    if (status == ND_OK && c->copy->cuts)
        status = nd_cutting_begin(&c->cutting, file, error);
    if (status != ND_OK)
        return status;
    if (c->in_archive) {
        status = begin_entry(c, file, is_one_document(file), error);
        if (status != ND_OK || (!c->output && !c->is_check))
            return status;
    } else if (is_one_document(file) && is_removed(c, nd_input_tag(file->number, 0))) {
        return ND_OK; /* of a folder */
    } else {
        status = begin_output(c, file, error);
    }
    return status == ND_OK ? begin_records(c, file, notes_at, error) : status;
}

/* ---- records ---- */

static bool is_removed(copying *c, uint64_t tag)
{
    const nd_record_copy *const copy = c->copy;
    const bool is_it = c->next_removed < copy->num_removed && copy->removed[c->next_removed] == tag;
    c->next_removed += is_it;
    return is_it;
}

/* A value, or what stands behind the last one: brackets and commas before it are those of the place
 * where it comes to stand. */
static nd_status take_value(copying *c, uint64_t tag, const char *p, size_t len, nd_error *error)
{
    const bool removed = is_removed(c, tag);
    size_t between = 0;
    while (between < len && nd_json_is_between(p[between]))
        between++;
    if (!c->has_record) {
        const bool is_array = memchr(p, '[', between) != NULL;
        nd_status status = join(c, is_array ? COPIED_ARRAY : COPIED_VALUES, error);
        if (status == ND_OK)
            status = nd_bytes_append(&c->allocator, &c->open, p, between);
        if (status != ND_OK)
            return status;
    }
    const bool is_first = !c->has_record, is_value = between < len;
    c->has_record = true;
    if (removed)
        return ND_OK;
    nd_status status = ND_OK;
    if (!c->has_kept)
        status = put(c, c->open.items, c->open.len);
    if (status == ND_OK && (c->has_kept || (!is_value && !is_first)))
        status = put(c, p, between);
    c->has_kept |= is_value;
    return status == ND_OK ? put_record(c, tag, p + between, len - between, error) : status;
}

static nd_status take_record(void *ctx, uint64_t tag, const char *p, size_t len_bytes,
                             nd_error *error)
{
    copying *const c = ctx;
    if ((c->in_archive || c->copy->folder) && !c->output && !c->is_check)
        return ND_OK; /* all of the file or entry stays, or goes */
    if (c->is_json)
        return take_value(c, tag, p, len_bytes, error);
    return is_removed(c, tag) ? ND_OK : put_record(c, tag, p, len_bytes, error);
}

static nd_status init(copying *c, const nd_record_copy *copy)
{
    *c = (copying){.allocator = nd_allocator_or_default(NULL),
                   .copy = copy,
                   .output = copy->folder ? NULL : copy->output};
    nd_status status = ND_OK;
    if (copy->notes)
        status = nd_noting_init(&c->noting, &c->allocator, copy->notes);
    if (status == ND_OK && copy->cuts)
        status = nd_cutting_init(&c->cutting, &c->allocator, copy->cuts);
    return status;
}

static void release(copying *c)
{
    nd_output_free(c->output != c->copy->output ? c->output : NULL);
    nd_archive_copy_free(c->archive);
    nd_output_free(c->archive_output);
    if (c->copy->notes)
        nd_noting_release(&c->noting);
    if (c->copy->cuts && c->cutting.cuts)
        nd_cutting_release(&c->cutting);
    ND_VEC_RELEASE(&c->allocator, &c->table);
    ND_VEC_RELEASE(&c->allocator, &c->open);
}

nd_status nd_input_copy(nd_input *input, nd_record_copy *copy, nd_error *error)
{
    const bool is_folder = copy->folder != NULL;
    copying c;
    const nd_record_visitor visitor = {.ctx = &c,
                                       .meet = is_folder ? meet_file : NULL,
                                       .begin = begin_file,
                                       .record = take_record,
                                       .end = end_file,
                                       .begin_archive = begin_archive,
                                       .step = step_to_entry,
                                       .skip = is_folder ? copy_file : NULL,
                                       .takes_texts = copy->cuts != NULL};
    nd_status status = init(&c, copy);
    if (status == ND_OK)
        status = nd_input_visit(input, &visitor, error);
    if (status == ND_OK && c.archive)
        status = nd_archive_copy_finish(c.archive, error);
    if (status == ND_OK && c.next_removed < copy->num_removed)
        status = nd_error_set(error, ND_ERR_IO, "documents changed while they were read");
    copy->is_write_failed = !is_folder && ((c.is_write_failed && c.output == copy->output) ||
                                           (copy->output && nd_output_is_closed(copy->output)));
    if (c.is_write_failed && c.output != copy->output) /* has the message */
        status = close_own(&c, error);
    release(&c);
    return status;
}

/* ---- the check ---- */

static nd_status plan_file(void *ctx, const nd_visited_file *file, bool *is_wanted, nd_error *error)
{
    copying *const c = ctx;
    (void)is_wanted;
    if (!c->copy->folder)
        return ND_OK;
    if (strcmp(file->path, "-") == 0)
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "standard input has no name in the output folder: name a file");
    return nd_output_folder_plan(c->copy->folder, file->name);
}

nd_status nd_input_copy_check(nd_input *input, const nd_record_copy *copy, nd_error *error)
{
    copying c;
    const nd_record_visitor visitor = {.ctx = &c,
                                       .meet = plan_file,
                                       .begin = begin_file,
                                       .record = take_record,
                                       .end = end_file,
                                       .begin_archive = begin_archive,
                                       .step = step_to_entry,
                                       .is_brief = true,
                                       .looks_into_archives = copy->notes || copy->cuts};
    nd_status status = init(&c, copy);
    c.is_check = true;
    c.output = NULL;
    if (status == ND_OK)
        status = nd_input_visit(input, &visitor, error);
    if (status == ND_OK && copy->folder)
        status = nd_output_folder_check(copy->folder, error);
    release(&c);
    return status;
}

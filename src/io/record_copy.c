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

    nd_archive_copy *archive; /* the file at hand is one, and `output` that of one of its entries */
    nd_output *archive_output;
    size_t removed_before; /* the entry at hand */
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

/* Ends the file at hand; also after a failed write, for its message. */
static nd_status close_in_folder(void *ctx, nd_error *error)
{
    copying *const c = ctx;
    const nd_status status = c->output ? nd_output_commit(c->output, error) : ND_OK;
    nd_output_free(c->output);
    c->output = NULL;
    return status;
}

/* ---- archives ---- */

/* A directory tells whether it can be written again, before the scan. */
static nd_status check_archive(copying *c, const nd_visited_file *file, nd_error *error)
{
    nd_archive_copy *archive = NULL;
    const nd_status status = file->archive == ND_ARCHIVE_ZIP
                                 ? nd_archive_copy_new(&c->allocator, file, NULL, &archive, error)
                                 : ND_OK;
    nd_archive_copy_free(archive);
    return status;
}

static nd_status begin_archive(void *ctx, const nd_visited_file *file, nd_error *error)
{
    copying *const c = ctx;
    c->path = file->path;
    if (c->copy->notes || c->copy->cuts)
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "'%s' is an archive: nothing can be added to its records, or cut out "
                            "of them",
                            nd_show_path(c->path).text);
    if (c->is_check)
        return check_archive(c, file, error);
    const nd_status status = nd_output_folder_begin(c->copy->folder, file->name, ND_PACK_BY_NAME,
                                                    &c->archive_output, error);
    return status == ND_OK
               ? nd_archive_copy_new(&c->allocator, file, c->archive_output, &c->archive, error)
               : status;
}

static bool is_removed(copying *c, uint64_t tag);

/* Begins an entry with documents: one is kept or dropped, several go to a part of their own, unless
 * none of them is removed. */
static nd_status begin_entry(copying *c, const nd_visited_file *file, bool is_one, nd_error *error)
{
    c->kind = COPIED_NOTHING;
    c->has_written = false;
    c->table.len = 0;
    c->removed_before = c->next_removed;
    if (is_one && is_removed(c, file->first_tag))
        nd_archive_copy_drop(c->archive);
    if (is_one || !is_touched(c, file->number))
        return ND_OK;
    return nd_output_folder_begin_part(c->copy->folder, file->name, &c->output, error);
}

/* Ends the entry before: what is left of its records takes their place. */
static nd_status end_entry(copying *c, nd_error *error)
{
    uint64_t len;
    int fd;
    if (!c->output)
        return ND_OK;
    nd_status status = nd_output_commit(c->output, error);
    nd_output_free(c->output);
    c->output = NULL;
    if (status == ND_OK)
        status = nd_output_folder_end_part(c->copy->folder, &fd, &len, error);
    if (status != ND_OK)
        return status;
    if (c->next_removed > c->removed_before)
        status = nd_archive_copy_replace(c->archive, fd, len, error);
    close(fd);
    return status;
}

static nd_status step_to_entry(void *ctx, const nd_archive_entry *entry, uint64_t begin,
                               nd_error *error)
{
    copying *const c = ctx;
    const nd_status status = end_entry(c, error);
    return status == ND_OK ? nd_archive_copy_step(c->archive, entry, begin, error) : status;
}

/* Ends the file at hand, or the archive. */
static nd_status end_in_folder(void *ctx, nd_error *error)
{
    copying *const c = ctx;
    if (!c->archive)
        return close_in_folder(c, error);
    nd_status status = end_entry(c, error);
    if (status == ND_OK)
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
    return status == ND_OK ? close_in_folder(c, error) : status;
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
    if (c->archive) {
        status = begin_entry(c, file, is_one_document(file), error);
        if (status != ND_OK || !c->output)
            return status;
    } else if (is_one_document(
                   file)) { /* of a folder, and of those touched: it is removed itself */
        (void)is_removed(c, nd_input_tag(file->number, 0));
        return ND_OK;
    }
    if (c->copy->folder && !c->archive)
        status = open_in_folder(c, file, ND_PACK_BY_NAME, error);
    if (status != ND_OK)
        return status;
    c->has_record = c->has_kept = false;
    c->is_json = file->format == ND_INPUT_JSON;
    c->open.len = 0;
    const bool is_table = file->format == ND_INPUT_CSV || file->format == ND_INPUT_TSV;
    if (c->has_written && c->last != '\n')
        status = put(c, "\n", 1);
    else if (!c->has_written && !is_table)
        status = put(c, file->head, file->head_len_bytes);
    if (status != ND_OK || c->is_json) /* which kind that is, its first record says */
        return status;
    status = join(c,
                  is_table                         ? COPIED_TABLE
                  : file->format == ND_INPUT_LINES ? COPIED_LINES
                                                   : COPIED_VALUES,
                  error);
    return status == ND_OK && is_table ? begin_table(c, file, notes_at, error) : status;
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
    if (c->archive && !c->output)
        return ND_OK;
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
    nd_output_free(c->copy->folder ? c->output : NULL);
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
                                       .end = is_folder ? end_in_folder : NULL,
                                       .begin_archive = begin_archive,
                                       .step = step_to_entry,
                                       .skip = is_folder ? copy_file : NULL};
    nd_status status = init(&c, copy);
    if (status == ND_OK)
        status = nd_input_visit(input, &visitor, error);
    if (status == ND_OK && c.next_removed < copy->num_removed)
        status = nd_error_set(error, ND_ERR_IO, "documents changed while they were read");
    copy->is_write_failed = c.is_write_failed && !is_folder;
    if (c.is_write_failed && is_folder)
        status = close_in_folder(&c, error);
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
                                       .begin_archive = begin_archive,
                                       .is_brief = true};
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

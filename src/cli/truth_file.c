#include "cli/truth_file.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/content.h"
#include "util/error.h"
#include "util/sort.h"

enum { MAX_FIELDS = 32, MOST_ID_BYTES = 4096 };

typedef struct field {
    const char *p;
    size_t len_bytes;
} field;

typedef struct tsv_line {
    uint64_t number;          /* from 1 */
    field fields[MAX_FIELDS]; /* what follows stays in the last */
    size_t num_fields;
} tsv_line;

/* Columns by name; SIZE_MAX: the file has none of that name. */
typedef struct columns {
    size_t a, b; /* ids; or an id and its cluster */
    size_t kind, label, weight, unsure;
    bool cluster_is_id; /* the name of a cluster is one of its documents */
} columns;

typedef struct reading reading;

struct reading {
    const char *path;
    nd_evaluator *evaluator;
    const nd_settings *settings;
    nd_truth_report *report;
    nd_status (*take)(reading *r, const tsv_line *line, nd_error *error);
    bool is_of_clusters;
    bool heads_are_over; /* a line that is no header was read */
    columns columns;
    char unescaped[2][MOST_ID_BYTES]; /* ids of the line at work */
};

static nd_status refuse(const reading *r, const tsv_line *line, nd_error *error, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

static nd_status refuse(const reading *r, const tsv_line *line, nd_error *error, const char *format,
                        ...)
{
    char message[ND_ERROR_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return nd_error_set(error, ND_ERR_FORMAT, "'%s':%llu: %s", r->path,
                        (unsigned long long)line->number, message);
}

static void leave_out(const reading *r, nd_left_out *left_out, const tsv_line *line,
                      const char *what, const field *subject)
{
    enum { MOST_BYTES = 200 };
    const size_t len = subject->len_bytes < MOST_BYTES ? subject->len_bytes : MOST_BYTES;
    if (left_out->count++ == 0)
        snprintf(left_out->first, sizeof left_out->first, "'%s':%llu: %s '%.*s'", r->path,
                 (unsigned long long)line->number, what, (int)len, subject->p);
}

/* --- headers --- */

static bool is_called(const field *f, const char *name)
{
    return strlen(name) == f->len_bytes && memcmp(f->p, name, f->len_bytes) == 0;
}

static size_t find_column(const tsv_line *line, const char *name)
{
    for (size_t i = 0; name && i < line->num_fields; i++)
        if (is_called(&line->fields[i], name))
            return i;
    return SIZE_MAX;
}

static bool find_columns(const tsv_line *line, const char *a, const char *b, columns *found)
{
    const size_t column_a = find_column(line, a), column_b = find_column(line, b);
    if (column_a == SIZE_MAX || column_b == SIZE_MAX)
        return false;
    found->a = column_a;
    found->b = column_b;
    return true;
}

static void take_header(reading *r, const tsv_line *line)
{
    columns *const c = &r->columns;
    c->a = 0;
    c->b = 1;
    if (r->is_of_clusters) {
        if (!find_columns(line, "id", "cluster", c))
            c->cluster_is_id = find_columns(line, "id", "representative", c);
    } else if (!find_columns(line, "a", "b", c) && !find_columns(line, "id1", "id2", c)) {
        find_columns(line, "representative", "id", c);
    }
    c->kind = find_column(line, r->settings->by_kind ? r->settings->kind_column : NULL);
    c->label = find_column(line, r->settings->label_column);
    c->weight = find_column(line, r->settings->weight_column);
    c->unsure = find_column(line, r->settings->unsure_column);
}

static bool knows(const reading *r, const field *f)
{
    return nd_evaluator_find(r->evaluator, f->p, f->len_bytes).num_documents > 0;
}

/* The header of this tool's tables, or one that names a column that is asked for. */
static bool is_plain_header(const reading *r, const tsv_line *line)
{
    static const char *const of_pairs[] = {"a", "b", "kind", "jaccard"};
    static const char *const of_groups[] = {"representative", "size", "id", "kind"};
    const nd_settings *const s = r->settings;
    bool is_of_pairs = line->num_fields >= 4, is_of_groups = is_of_pairs;
    for (size_t i = 0; i < 4 && line->num_fields >= 4; i++) {
        is_of_pairs &= is_called(&line->fields[i], of_pairs[i]);
        is_of_groups &= is_called(&line->fields[i], of_groups[i]);
    }
    if (is_of_pairs || is_of_groups)
        return true;
    const size_t named[] = {find_column(line, s->label_column),
                            find_column(line, s->by_kind ? s->kind_column : NULL)};
    return (named[0] != SIZE_MAX && named[0] > 1) || (named[1] != SIZE_MAX && named[1] > 1);
}

/* Whether a line at the beginning of the file is a header. */
static bool is_header(const reading *r, const tsv_line *line, bool has_mark)
{
    if (!has_mark)
        return is_plain_header(r, line);
    const bool is_data = line->num_fields >= 2 && knows(r, &line->fields[0]) &&
                         (r->is_of_clusters || knows(r, &line->fields[1]));
    return !is_data;
}

/* --- lines --- */

/* Undoes the escapes of this tool's tables: \t \n \r \\ \xHH. */
static size_t unescape(const field *f, char *out)
{
    static const char letters[] = "tnr\\", meanings[] = "\t\n\r\\";
    size_t len = 0;
    for (size_t i = 0; i < f->len_bytes; i++) {
        const char next = f->p[i] == '\\' && i + 1 < f->len_bytes ? f->p[i + 1] : '\0';
        const char *const letter = next ? strchr(letters, next) : NULL;
        unsigned code;
        if (letter) {
            out[len++] = meanings[letter - letters];
            i++;
        } else if (next == 'x' && i + 3 < f->len_bytes &&
                   sscanf((const char[]){f->p[i + 2], f->p[i + 3], '\0'}, "%2x", &code) == 1) {
            out[len++] = (char)code;
            i += 3;
        } else {
            out[len++] = f->p[i];
        }
    }
    return len;
}

/* An id as a line has it, or as a table of this tool would. `side`: 0 or 1. */
static nd_id id_of(reading *r, const field *f, int side)
{
    nd_id id = {.p = f->p, .len_bytes = f->len_bytes};
    if (knows(r, f) || f->len_bytes > MOST_ID_BYTES || !memchr(f->p, '\\', f->len_bytes))
        return id;
    id.p = r->unescaped[side];
    id.len_bytes = unescape(f, r->unescaped[side]);
    return id;
}

static const field *field_at(const tsv_line *line, size_t column)
{
    return column < line->num_fields ? &line->fields[column] : NULL;
}

/* Two ids that are not empty. */
static nd_status take_ids(reading *r, const tsv_line *line, nd_id ids[2], nd_error *error)
{
    const size_t at[2] = {r->columns.a, r->columns.b};
    for (int side = 0; side < 2; side++) {
        const field *const f = field_at(line, at[side]);
        if (!f || f->len_bytes == 0)
            return refuse(r, line, error, "%s with a tab between %s expected",
                          r->is_of_clusters ? "an id and a cluster" : "two ids",
                          r->is_of_clusters ? "are" : "them are");
        ids[side] = id_of(r, f, side);
    }
    return ND_OK;
}

/* Replaces ids by those that the documents came with. Counts what no document has; whether the line
 * is left out for that. */
static bool is_unknown(const reading *r, const tsv_line *line, nd_id ids[2])
{
    for (int side = 0; side < 2; side++) {
        const field *const f = field_at(line, side == 0 ? r->columns.a : r->columns.b);
        const nd_known_id known = nd_evaluator_find(r->evaluator, ids[side].p, ids[side].len_bytes);
        if (known.num_documents == 0) {
            leave_out(r, &r->report->unknown, line, "no document", f);
            return true;
        }
        ids[side] = known.id;
    }
    return false;
}

static bool is_same(nd_id a, nd_id b)
{
    return nd_compare_bytes(a.p, a.len_bytes, b.p, b.len_bytes) == 0;
}

/* Leaves a line out, or hands its ids on. */
static nd_status take_two(reading *r, const tsv_line *line, nd_id ids[2], bool *is_left_out,
                          nd_error *error)
{
    const nd_status status = take_ids(r, line, ids, error);
    *is_left_out = true;
    if (status != ND_OK || is_unknown(r, line, ids))
        return status;
    if (is_same(ids[0], ids[1])) {
        leave_out(r, &r->report->selves, line, "twice", field_at(line, r->columns.a));
        return ND_OK;
    }
    *is_left_out = false;
    return ND_OK;
}

/* The field of a column that is asked for by name. */
static nd_status take_column(const reading *r, const tsv_line *line, const char *name,
                             size_t column, const field **out, nd_error *error)
{
    *out = NULL;
    if (!name)
        return ND_OK;
    if (column == SIZE_MAX)
        return refuse(r, line, error, "no header line names a column '%.100s' before", name);
    *out = field_at(line, column);
    return *out ? ND_OK : refuse(r, line, error, "no column '%.100s' in this line", name);
}

static bool is_true_label(const nd_name_list *labels, const field *label)
{
    for (size_t i = 0; i < labels->num_names; i++)
        if (is_called(label, labels->names[i]))
            return true;
    return false;
}

static nd_status take_weight(const reading *r, const tsv_line *line, const field *f, double *weight,
                             nd_error *error)
{
    char text[64];
    char *end;
    const size_t len = f->len_bytes < sizeof text ? f->len_bytes : 0;
    memcpy(text, f->p, len);
    text[len] = '\0';
    *weight = strtod(text, &end);
    if (len > 0 && *end == '\0' && isfinite(*weight) && *weight >= 0)
        return ND_OK;
    return refuse(r, line, error, "'%.*s' is no weight: a number from 0 is expected",
                  (int)(f->len_bytes < 60 ? f->len_bytes : 60), f->p);
}

static nd_status take_label(const reading *r, const tsv_line *line, nd_pair_label *label,
                            bool *is_unsure, nd_error *error)
{
    const nd_settings *const s = r->settings;
    const columns *const c = &r->columns;
    const field *kind, *told, *weight, *unsure;
    *label = (nd_pair_label){.is_true = 1, .weight = 1};
    nd_status status =
        take_column(r, line, s->by_kind ? s->kind_column : NULL, c->kind, &kind, error);
    if (status == ND_OK)
        status = take_column(r, line, s->label_column, c->label, &told, error);
    if (status == ND_OK)
        status = take_column(r, line, s->weight_column, c->weight, &weight, error);
    if (status == ND_OK)
        status = take_column(r, line, s->unsure_column, c->unsure, &unsure, error);
    if (status == ND_OK && weight)
        status = take_weight(r, line, weight, &label->weight, error);
    if (status != ND_OK)
        return status;
    if (told)
        label->is_true = is_true_label(&s->true_labels, told);
    const field *const shown = kind ? kind : told;
    if (shown) {
        label->kind = shown->p;
        label->kind_len_bytes = shown->len_bytes;
    }
    *is_unsure = unsure && unsure->len_bytes > 0;
    return ND_OK;
}

static nd_status take_pair(reading *r, const tsv_line *line, nd_error *error)
{
    nd_id ids[2] = {{0}};
    nd_pair_label label;
    bool is_left_out, is_unsure;
    nd_status status = take_two(r, line, ids, &is_left_out, error);
    if (status == ND_OK)
        status = take_label(r, line, &label, &is_unsure, error);
    if (status != ND_OK || is_left_out)
        return status;
    if (is_unsure) {
        leave_out(r, &r->report->unsure, line, "unsure of", &(field){ids[0].p, ids[0].len_bytes});
        return nd_evaluator_ignore_pair(r->evaluator, ids[0], ids[1]);
    }
    status = nd_evaluator_add_pair(r->evaluator, ids[0], ids[1], &label);
    if (status == ND_ERR_LIMIT)
        return refuse(r, line, error, "too many pairs, or more than 1,000 kinds of them");
    return status;
}

static nd_status take_ignored(reading *r, const tsv_line *line, nd_error *error)
{
    nd_id ids[2] = {{0}};
    bool is_left_out;
    const nd_status status = take_two(r, line, ids, &is_left_out, error);
    if (status != ND_OK || is_left_out)
        return status;
    return nd_evaluator_ignore_pair(r->evaluator, ids[0], ids[1]);
}

static nd_status take_member(reading *r, const tsv_line *line, nd_error *error)
{
    nd_id ids[2] = {{0}};
    const nd_status status = take_ids(r, line, ids, error);
    if (status != ND_OK)
        return status;
    const nd_id cluster = ids[1];
    for (int side = 0; side < (r->columns.cluster_is_id ? 2 : 1); side++) {
        const field *const f = field_at(line, side == 0 ? r->columns.a : r->columns.b);
        const nd_known_id known = nd_evaluator_find(r->evaluator, ids[side].p, ids[side].len_bytes);
        if (known.num_documents == 0) {
            leave_out(r, &r->report->unknown, line, "no document", f);
            continue;
        }
        uint64_t earlier;
        const nd_status added = nd_evaluator_add_member(r->evaluator, known.id, cluster.p,
                                                        cluster.len_bytes, line->number, &earlier);
        if (added == ND_ERR_EXISTS && known.num_documents > 1) {
            leave_out(r, &r->report->torn, line, "in another cluster by its id:", f);
            continue;
        }
        if (added == ND_ERR_EXISTS)
            return refuse(r, line, error, "this id is in another cluster already, see line %llu",
                          (unsigned long long)earlier);
        if (added != ND_OK)
            return added;
    }
    return ND_OK;
}

/* --- files --- */

static void split(tsv_line *line, field text)
{
    const char *const end = text.p + text.len_bytes;
    const char *p = text.p;
    line->num_fields = 0;
    for (;;) {
        const char *const tab =
            line->num_fields + 1 < MAX_FIELDS ? memchr(p, '\t', (size_t)(end - p)) : NULL;
        line->fields[line->num_fields++] = (field){p, (size_t)((tab ? tab : end) - p)};
        if (!tab)
            return;
        p = tab + 1;
    }
}

/* An nd_line_fn. */
static nd_status take_line(void *ctx, uint64_t number, const char *p, size_t len_bytes,
                           nd_error *error)
{
    reading *const r = ctx;
    const field text = {p, len_bytes};
    tsv_line line = {.number = number};
    if (text.len_bytes == 0)
        return ND_OK;
    split(&line, text);
    const bool has_mark = text.p[0] == '#';
    if (!r->heads_are_over && is_header(r, &line, has_mark)) {
        if (has_mark)
            split(&line, (field){text.p + 1, text.len_bytes - 1});
        r->heads_are_over = !has_mark;
        if (line.num_fields > 1) /* else a comment */
            take_header(r, &line);
        return ND_OK;
    }
    r->heads_are_over = true;
    r->report->num_lines++;
    return r->take(r, &line, error);
}

nd_status nd_truth_file_read(nd_evaluator *evaluator, const nd_settings *settings,
                             nd_truth_file which, const nd_allocator *allocator,
                             nd_truth_report *report, nd_error *error)
{
    const struct {
        const char *path, *item; /* what an empty file lacks; NULL: nothing */
        nd_status (*take)(reading *r, const tsv_line *line, nd_error *error);
    } files[] = {
        [ND_TRUTH_FILE_PAIRS] = {settings->truth_path, "pair", take_pair},
        [ND_TRUTH_FILE_CLUSTERS] = {settings->clusters_path, "cluster", take_member},
        [ND_TRUTH_FILE_IGNORED] = {settings->ignore_path, NULL, take_ignored},
    };
    reading r = {.path = files[which].path,
                 .evaluator = evaluator,
                 .settings = settings,
                 .report = report,
                 .take = files[which].take,
                 .is_of_clusters = which == ND_TRUTH_FILE_CLUSTERS};
    if (!r.path)
        return ND_OK;
    take_header(&r, &(tsv_line){0}); /* until a header says otherwise */
    const nd_status status = nd_lines_read(r.path, allocator, take_line, &r, error);
    if (status == ND_OK && report->num_lines == 0 && files[which].item)
        return nd_error_set(error, ND_ERR_FORMAT, "'%s' holds no %s", r.path, files[which].item);
    return status;
}

nd_truth nd_truth_of(const nd_settings *settings)
{
    if (settings->exact)
        return ND_TRUTH_EXACT;
    if (settings->clusters_path)
        return ND_TRUTH_CLUSTERS;
    return settings->label_column ? ND_TRUTH_LABELLED : ND_TRUTH_PAIRS;
}

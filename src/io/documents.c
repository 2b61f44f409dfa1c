/* A record goes three steps: its format's reader finds the values of the fields; these make an id,
 * a text and a preference; what is missing or wrong is counted with its place. */
#include "io/documents.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "io/byte_reader.h"
#include "io/content.h"
#include "io/json.h"
#include "io/place.h"
#include "neardup/date.h"
#include "util/sort.h"

/* Of a document that says nothing: after all others. */
#define PREFERENCE_UNKNOWN UINT64_MAX

#define PARTS_SEPARATOR "\n\n" /* between the texts of several fields */

/* One record on its way to a document. */
typedef struct record_job {
    nd_documents *documents;
    const nd_batch *batch;
    nd_tally *tally;
    nd_input_place place;
    uint64_t column;  /* bytes before the record in its line */
    bool is_emitted;  /* what went wrong is the emitter's */
    bool is_in_block; /* nd_json_block_begin has seen the record */
    bool is_in_line;  /* another record begins or ends in the same line before it */
    const char *p;    /* the record, or its repaired copy */
    size_t len;
    nd_field_value values[ND_MAX_FIELDS];
    uint64_t invalid_bytes;
    nd_document document;
} record_job;

nd_status nd_documents_init(nd_documents *documents, const nd_allocator *allocator,
                            const nd_reading *reading)
{
    *documents = (nd_documents){
        .allocator = *allocator,
        .reading = reading,
        .wanted = {reading->options.wanted_tags, reading->options.num_wanted_tags, 0},
    };
    return nd_json_parser_new(allocator, &documents->parser);
}

static size_t id_index(const nd_reading *reading)
{
    return reading->num_texts;
}

/* ---- counting ---- */

/* Counts an issue of the record; `subject`, in quotes behind it, may be NULL. */
static void count(const record_job *job, nd_input_issue issue, const char *what,
                  const char *subject)
{
    if (!nd_tally_count(job->tally, issue, job->place))
        return;
    const nd_shown_path path = nd_show_path(job->batch->path);
    char line[24] = "";
    if (job->place.line)
        snprintf(line, sizeof line, ":%" PRIu64, job->place.line);
    if (subject)
        nd_tally_describe(job->tally, issue, "'%s'%s: %s '%s'", path.text, line, what, subject);
    else
        nd_tally_describe(job->tally, issue, "'%s'%s: %s", path.text, line, what);
}

static void count_malformed(const record_job *job, const nd_json_fault *fault)
{
    char what[160];
    const int len = snprintf(what, sizeof what, "not a JSON object: %s", fault->what);
    if (fault->at_byte)
        snprintf(what + len, sizeof what - (size_t)len, " at byte %zu", fault->at_byte);
    count(job, ND_ISSUE_MALFORMED_JSON, what, NULL);
}

void nd_count_too_large(nd_tally *tally, const nd_batch *batch, const nd_reading *reading,
                        bool is_short_of_memory)
{
    const nd_input_issue issue = is_short_of_memory ? ND_ISSUE_NO_MEMORY : ND_ISSUE_TOO_LARGE;
    const nd_input_place place = {batch->file, batch->record, batch->line};
    if (!nd_tally_count(tally, issue, place))
        return;
    const bool is_file = batch->format == ND_INPUT_TEXT || batch->format == ND_INPUT_HTML;
    char what[64], line[24] = "";
    if (is_short_of_memory)
        snprintf(what, sizeof what, "out of memory");
    else
        snprintf(what, sizeof what, "longer than %zu bytes", reading->max_bytes);
    if (!is_file)
        snprintf(line, sizeof line, ":%" PRIu64, batch->line);
    nd_tally_describe(tally, issue, "'%s'%s: %s", nd_show_path(batch->path).text, line, what);
}

/* ---- from values to a document ---- */

/* Makes what stands in a string field plain in *buffer, or leaves it where it is if it is plain. A
 * bad escape makes its length ND_JSON_BAD_ESCAPE. */
static nd_status make_plain(record_job *job, nd_field_value *value, nd_byte_vec *buffer)
{
    const nd_allocator *const allocator = &job->documents->allocator;
    const bool is_table = job->batch->columns.num > 0;
    if (value->type != ND_FIELD_STRING || !value->is_raw || !value->len_bytes ||
        !memchr(value->p, is_table ? '"' : '\\', value->len_bytes))
        return ND_OK;
    buffer->len = 0;
    nd_status status = ND_VEC_RESERVE(allocator, buffer, value->len_bytes + ND_JSON_UNESCAPE_SLACK);
    if (status != ND_OK)
        return status;
    if (is_table) {
        status = nd_cell_append(allocator, buffer, value->p, value->len_bytes);
        value->len_bytes = buffer->len;
    } else {
        value->len_bytes =
            nd_json_unescape(value->p, value->len_bytes, buffer->items, &job->invalid_bytes);
    }
    value->p = buffer->items;
    return status;
}

/* The name of where the record stands: path:line, and the column if it is not the first there. */
static nd_status make_id(record_job *job)
{
    nd_documents *const d = job->documents;
    d->id.len = 0;
    nd_status status =
        nd_bytes_printf(&d->allocator, &d->id, "%s:%" PRIu64, job->batch->path, job->place.line);
    if (status == ND_OK && job->is_in_line)
        status = nd_bytes_printf(&d->allocator, &d->id, ":%" PRIu64, job->column + 1);
    job->document.id = d->id.items;
    job->document.id_len_bytes = d->id.len;
    return status;
}

/* Sets the id; *is_kept is false where the record is left out. */
static nd_status set_id(record_job *job, bool *is_kept)
{
    nd_documents *const d = job->documents;
    nd_field_value *const value = &job->values[id_index(d->reading)];
    const char *const name = d->reading->fields.items[id_index(d->reading)].name;
    nd_status status = make_plain(job, value, &d->id);
    *is_kept = true;
    if (value->type == ND_FIELD_STRING || value->type == ND_FIELD_NUMBER) {
        job->document.id = value->p;
        job->document.id_len_bytes = value->len_bytes;
    } else if (value->type == ND_FIELD_OTHER) {
        count(job, ND_ISSUE_FIELD_TYPE, "neither string nor number in field", name);
        *is_kept = false;
    } else if (d->reading->options.id_field) {
        count(job, ND_ISSUE_NO_ID_FIELD, "no field", name);
        *is_kept = false;
    } else {
        status = make_id(job);
    }
    return status;
}

/* Whether the record has a text; counted if not. Of several fields some may be missing or null. */
static bool has_text(const record_job *job)
{
    const nd_reading *const reading = job->documents->reading;
    const char *wrong = NULL;
    size_t num_strings = 0;
    for (size_t i = 0; i < reading->num_texts; i++) {
        const nd_field_type type = job->values[i].type;
        num_strings += type == ND_FIELD_STRING;
        if (!wrong && type != ND_FIELD_STRING && type != ND_FIELD_ABSENT &&
            (type != ND_FIELD_NULL || reading->num_texts == 1))
            wrong = reading->fields.items[i].name;
    }
    if (wrong)
        count(job, ND_ISSUE_FIELD_TYPE, "no string in field", wrong);
    else if (!num_strings)
        count(job, ND_ISSUE_NO_TEXT_FIELD, "no field", reading->options.text_field);
    return !wrong && num_strings;
}

/* Joins the fields of the text. */
static nd_status join_texts(record_job *job, bool *is_kept)
{
    nd_documents *const d = job->documents;
    nd_status status = ND_OK;
    bool is_first = true;
    d->text.len = 0;
    for (size_t i = 0; status == ND_OK && i < d->reading->num_texts; i++) {
        nd_field_value *const value = &job->values[i];
        if (value->type != ND_FIELD_STRING)
            continue;
        status = make_plain(job, value, &d->part);
        *is_kept = value->len_bytes != ND_JSON_BAD_ESCAPE;
        if (status != ND_OK || !*is_kept)
            return status;
        if (!is_first)
            status = nd_bytes_append(&d->allocator, &d->text, PARTS_SEPARATOR,
                                     sizeof PARTS_SEPARATOR - 1);
        if (status == ND_OK)
            status = nd_bytes_append(&d->allocator, &d->text, value->p, value->len_bytes);
        is_first = false;
    }
    job->document.text = d->text.items ? d->text.items : "";
    job->document.text_len_bytes = d->text.len;
    return status;
}

static nd_status set_text(record_job *job, bool *is_kept)
{
    if (job->documents->reading->num_texts > 1)
        return join_texts(job, is_kept);
    nd_field_value *const value = &job->values[0];
    const nd_status status = make_plain(job, value, &job->documents->text);
    job->document.text = value->p;
    job->document.text_len_bytes = value->len_bytes;
    *is_kept = value->len_bytes != ND_JSON_BAD_ESCAPE;
    return status;
}

/* ---- what is rather kept ---- */

static bool is_date(const nd_preference_key *key)
{
    return key->by == ND_PREFERENCE_EARLIEST || key->by == ND_PREFERENCE_LATEST;
}

/* A number that orders what stands in the field, smaller first. */
static bool read_order(const nd_preference_key *key, const nd_field_value *value, uint64_t *order)
{
    if (value->type == ND_FIELD_NUMBER)
        return nd_number_order(value->p, value->len_bytes, order);
    if (value->type != ND_FIELD_STRING)
        return false;
    return is_date(key) ? nd_date_order(value->p, value->len_bytes, order)
                        : nd_number_order(value->p, value->len_bytes, order);
}

/* Names are few: looked through one by one. */
static uint64_t place_among_names(const nd_preference_key *key, const nd_field_value *value)
{
    size_t at = 0;
    if (value->type != ND_FIELD_STRING)
        return PREFERENCE_UNKNOWN;
    while (at < key->num_names &&
           (strlen(key->names[at]) != value->len_bytes ||
            (value->len_bytes && memcmp(key->names[at], value->p, value->len_bytes) != 0)))
        at++;
    return at;
}

static uint64_t preference_of(const nd_preference_key *key, const nd_field_value *value)
{
    uint64_t order;
    if (key->by == ND_PREFERENCE_LISTED)
        return place_among_names(key, value);
    if (!read_order(key, value, &order))
        return PREFERENCE_UNKNOWN;
    const bool is_turned = key->by == ND_PREFERENCE_LATEST || key->by == ND_PREFERENCE_LARGEST;
    return is_turned ? PREFERENCE_UNKNOWN - 1 - order : order; /* no order is UINT64_MAX */
}

static nd_status set_preferences(record_job *job, bool *is_kept)
{
    nd_documents *const d = job->documents;
    const nd_input_options *const options = &d->reading->options;
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && *is_kept && i < options->num_preferences; i++) {
        if (options->preferences[i].by == ND_PREFERENCE_PLACE)
            continue;
        nd_field_value *const value = &job->values[d->reading->preference_at[i]];
        status = make_plain(job, value, &d->preferences[i]);
        *is_kept = value->len_bytes != ND_JSON_BAD_ESCAPE;
        if (status == ND_OK && *is_kept)
            job->document.preferences[i] = preference_of(&options->preferences[i], value);
    }
    return status;
}

/* Counts the first preference field that is absent, and the first that cannot be read. */
static void count_preference(const record_job *job, size_t index, bool is_counted[2])
{
    enum { SHOWN_BYTES = 60 };
    const nd_reading *const reading = job->documents->reading;
    const size_t at = reading->preference_at[index];
    const nd_preference_key *const key = &reading->options.preferences[index];
    const nd_field_value *const value = &job->values[at];
    const char *const name = reading->fields.items[at].name;
    const bool is_absent = value->type == ND_FIELD_ABSENT || value->type == ND_FIELD_NULL;
    const size_t len = value->len_bytes < SHOWN_BYTES ? value->len_bytes : SHOWN_BYTES;
    char what[160];
    if (is_counted[is_absent])
        return;
    is_counted[is_absent] = true;
    if (is_absent)
        snprintf(what, sizeof what, "no field");
    else if (value->type == ND_FIELD_OTHER)
        snprintf(what, sizeof what, "%s in field",
                 key->by == ND_PREFERENCE_LISTED ? "no string" : "neither string nor number");
    else
        snprintf(what, sizeof what, "%s '%.*s' in field",
                 key->by == ND_PREFERENCE_LISTED ? "no string but"
                 : is_date(key)                  ? "cannot read the date"
                                                 : "no number but",
                 (int)len, value->p);
    count(job, is_absent ? ND_ISSUE_NO_PREFERENCE : ND_ISSUE_UNREADABLE_PREFERENCE, what, name);
}

static void count_preferences(const record_job *job)
{
    const nd_input_options *const options = &job->documents->reading->options;
    bool is_counted[2] = {false, false};
    for (size_t i = 0; i < options->num_preferences; i++)
        if (options->preferences[i].by != ND_PREFERENCE_PLACE &&
            job->document.preferences[i] == PREFERENCE_UNKNOWN)
            count_preference(job, i, is_counted);
}

/* ---- time and source ---- */

/* Counts an attribute that is missing, where it was named, or that cannot be read. */
static void count_attribute(const record_job *job, size_t at, const char *what)
{
    const nd_reading *const reading = job->documents->reading;
    const nd_field_value *const value = &job->values[at];
    const bool is_named =
        at == reading->date_at ? reading->options.date_field : reading->options.source_field;
    if (value->type != ND_FIELD_ABSENT && value->type != ND_FIELD_NULL)
        count(job, ND_ISSUE_UNREADABLE_ATTRIBUTE, what, reading->fields.items[at].name);
    else if (is_named)
        count(job, ND_ISSUE_NO_ATTRIBUTE, "no field", reading->fields.items[at].name);
}

/* The moment in the field at `at`; 0: none that can be read. */
static int64_t time_of(const nd_field_value *value)
{
    int64_t time = 0;
    const bool is_read =
        (value->type == ND_FIELD_NUMBER &&
         nd_number_microseconds(value->p, value->len_bytes, &time)) ||
        (value->type == ND_FIELD_STRING && nd_date_microseconds(value->p, value->len_bytes, &time));
    return is_read ? time : 0;
}

static nd_status set_attributes(record_job *job, bool *is_kept)
{
    nd_documents *const d = job->documents;
    if (!d->reading->options.has_attributes)
        return ND_OK;
    nd_field_value *const date = &job->values[d->reading->date_at], *const source = date + 1;
    nd_status status = make_plain(job, date, &d->date);
    if (status == ND_OK)
        status = make_plain(job, source, &d->source);
    *is_kept = date->len_bytes != ND_JSON_BAD_ESCAPE && source->len_bytes != ND_JSON_BAD_ESCAPE;
    if (status != ND_OK || !*is_kept)
        return status;
    job->document.time = time_of(date);
    if (source->type == ND_FIELD_STRING && source->len_bytes > 0) {
        job->document.source = source->p;
        job->document.source_len_bytes = source->len_bytes;
    }
    return ND_OK;
}

/* Once the document is sure to be handed over. */
static void count_attributes(const record_job *job)
{
    const nd_reading *const reading = job->documents->reading;
    if (!reading->options.has_attributes)
        return;
    if (job->document.time == 0)
        count_attribute(job, reading->date_at, "cannot read the date in field");
    if (!job->document.source && job->values[reading->date_at + 1].type != ND_FIELD_STRING)
        count_attribute(job, reading->date_at + 1, "no string in field");
}

static nd_status emit(record_job *job, const nd_emitter *emitter)
{
    const nd_input_options *const options = &job->documents->reading->options;
    job->is_emitted = true;
    job->document.tag = nd_input_tag(job->place.file, job->place.record);
    job->document.is_lasting = job->batch->is_lasting && job->document.tag != UINT64_MAX;
    for (size_t i = 0; i < options->num_preferences; i++)
        if (options->preferences[i].by == ND_PREFERENCE_PLACE)
            job->document.preferences[i] = job->document.tag;
    job->documents->wanted.num_given++;
    job->tally->documents++;
    if (job->invalid_bytes)
        count(job, ND_ISSUE_INVALID_UTF8, "invalid UTF-8", NULL);
    job->tally->findings[ND_ISSUE_INVALID_UTF8].bytes += job->invalid_bytes;
    count_preferences(job);
    count_attributes(job);
    return emitter->fn(emitter->ctx, &job->document);
}

/* Emits the document that the values make, or counts why there is none. */
static nd_status emit_values(record_job *job, const nd_emitter *emitter)
{
    bool is_kept = true;
    if (!has_text(job))
        return ND_OK;
    nd_status status = set_id(job, &is_kept);
    if (status != ND_OK || !is_kept)
        return status;
    is_kept = job->document.id_len_bytes != ND_JSON_BAD_ESCAPE;
    if (is_kept)
        status = set_preferences(job, &is_kept);
    if (status == ND_OK && is_kept)
        status = set_attributes(job, &is_kept);
    if (status == ND_OK && is_kept)
        status = set_text(job, &is_kept);
    if (status != ND_OK)
        return status;
    if (is_kept)
        return emit(job, emitter);
    count_malformed(job, &(nd_json_fault){.what = "a bad escape in a string"});
    return ND_OK;
}

/* Emits the text as it is, under the id that is set. It has no fields; a page may have a date. */
static nd_status emit_plain(record_job *job, const nd_emitter *emitter)
{
    const nd_reading *const reading = job->documents->reading;
    const char *const date = job->batch->date;
    for (size_t i = 0; i < reading->options.num_preferences; i++) {
        const nd_preference_key *const key = &reading->options.preferences[i];
        if (key->by == ND_PREFERENCE_PLACE)
            continue;
        nd_field_value *const value = &job->values[reading->preference_at[i]];
        *value = (nd_field_value){.type = ND_FIELD_ABSENT};
        if (*date && is_date(key))
            *value = (nd_field_value){ND_FIELD_STRING, false, date, strlen(date)};
        job->document.preferences[i] = preference_of(key, value);
    }
    if (reading->options.has_attributes) {
        nd_field_value *const value = &job->values[reading->date_at];
        value[0] = value[1] = (nd_field_value){.type = ND_FIELD_ABSENT};
        if (*date)
            *value = (nd_field_value){ND_FIELD_STRING, false, date, strlen(date)};
        job->document.time = time_of(value);
    }
    return emit(job, emitter);
}

/* ---- the formats ---- */

/* Parses the record; one that is not UTF-8 is repaired first. */
static nd_status read_object(record_job *job, nd_json_verdict *verdict, nd_json_fault *fault)
{
    nd_documents *const d = job->documents;
    const nd_fields *const fields = &d->reading->fields;
    if (job->is_in_block && nd_json_block_read(d->parser, job->p, job->len, fields, job->values)) {
        *verdict = ND_JSON_OBJECT;
        return ND_OK;
    }
    *verdict = nd_json_object_read(d->parser, job->p, job->len, fields, job->values, fault);
    if (*verdict == ND_JSON_NOT_UTF8) {
        d->repaired.len = 0;
        nd_status status =
            nd_utf8_repair(&d->allocator, &d->repaired, job->p, job->len, &job->invalid_bytes);
        if (status == ND_OK)
            status = ND_VEC_RESERVE(&d->allocator, &d->repaired, ND_JSON_PADDING);
        if (status != ND_OK)
            return status;
        job->p = d->repaired.items;
        job->len = d->repaired.len;
        *verdict = nd_json_object_read(d->parser, job->p, job->len, fields, job->values, fault);
    }
    return *verdict == ND_JSON_NO_MEMORY ? ND_ERR_NO_MEMORY : ND_OK;
}

static nd_status read_json(record_job *job, const nd_emitter *emitter)
{
    nd_json_verdict verdict;
    nd_json_fault fault = {0};
    const nd_status status = read_object(job, &verdict, &fault);
    if (status != ND_OK)
        return status;
    if (verdict == ND_JSON_OBJECT)
        return emit_values(job, emitter);
    if (verdict == ND_JSON_TOO_DEEP)
        count(job, ND_ISSUE_TOO_DEEP, "nested deeper than 1,024 levels", NULL);
    else if (verdict == ND_JSON_TOO_LONG)
        count(job, ND_ISSUE_TOO_LARGE, "longer than 4 GiB", NULL);
    else
        count_malformed(job, &fault);
    return ND_OK;
}

/* Leaves out the white space at the end. */
static void trim(record_job *job)
{
    while (job->len && nd_json_is_space(job->p[job->len - 1]))
        job->len--;
}

/* Steps over what stands between values, and finds where the value begins. */
static void find_value(record_job *job)
{
    for (; job->len && nd_json_is_between(*job->p); job->p++, job->len--) {
        job->column++;
        if (*job->p == '\n') {
            job->place.line++;
            job->column = 0;
            job->is_in_line = false;
        }
    }
}

static nd_status read_row(record_job *job, const nd_emitter *emitter)
{
    const nd_reading *const reading = job->documents->reading;
    const nd_columns *const columns = &job->batch->columns;
    nd_table_row row = nd_row_begin(job->p, job->len, columns->delimiter);
    nd_cell cell;
    size_t column = 0;
    for (size_t i = 0; i < reading->fields.num; i++)
        job->values[i] = (nd_field_value){.type = ND_FIELD_ABSENT};
    for (; nd_row_next(&row, &cell); column++) {
        if (!cell.is_closed) {
            count(job, ND_ISSUE_MALFORMED_ROW, "a quote is not closed, or text follows it", NULL);
            return ND_OK;
        }
        for (size_t i = 0; i < reading->fields.num; i++) {
            const bool is_null = i >= reading->num_texts && !cell.len_bytes;
            if (columns->of_field[i] == column)
                job->values[i] = (nd_field_value){is_null ? ND_FIELD_NULL : ND_FIELD_STRING,
                                                  cell.is_quoted, cell.p, cell.len_bytes};
        }
    }
    if (column > columns->num) {
        char what[96];
        snprintf(what, sizeof what, "%zu cells in a table of %zu columns", column, columns->num);
        count(job, ND_ISSUE_MALFORMED_ROW, what, NULL);
        return ND_OK;
    }
    return emit_values(job, emitter);
}

static nd_status read_plain_line(record_job *job, const nd_emitter *emitter)
{
    job->document.text = job->p;
    job->document.text_len_bytes = job->len;
    const nd_status status = make_id(job);
    return status == ND_OK ? emit_plain(job, emitter) : status;
}

/* Converts a text or a page that is not UTF-8 from the encoding that is said of it, if that is
 * known. */
static nd_status convert(record_job *job, const char *encoding)
{
    nd_documents *const d = job->documents;
    if (!*encoding || strcasecmp(encoding, "utf-8") == 0 || nd_utf8_is_valid(job->p, job->len))
        return ND_OK;
    nd_charset *charset;
    nd_status status = nd_charset_new(&d->allocator, encoding, &charset);
    if (status != ND_OK)
        return status == ND_ERR_UNSUPPORTED ? ND_OK : status;
    d->repaired.len = 0;
    status = nd_charset_convert(charset, job->p, job->len, true, &d->repaired);
    const uint64_t num_invalid = nd_charset_num_invalid(charset);
    if (num_invalid)
        count(job, ND_ISSUE_ENCODING, "not in its encoding,", encoding);
    job->tally->findings[ND_ISSUE_ENCODING].bytes += num_invalid;
    nd_charset_free(charset);
    job->p = d->repaired.items;
    job->len = d->repaired.len;
    return status;
}

/* A file is one document. */
static nd_status read_file(record_job *job, const nd_emitter *emitter)
{
    nd_documents *const d = job->documents;
    const bool is_page = job->batch->format == ND_INPUT_HTML;
    char encoding[ND_PAGE_ENCODING_BYTES] = "";
    nd_status status = ND_OK;
    job->place.line = 0;
    if (is_page && !job->batch->encoding[0])
        nd_page_encoding(job->p, job->len, encoding);
    status = convert(job, job->batch->encoding[0] ? job->batch->encoding : encoding);
    if (status == ND_OK && is_page && !d->page)
        status = nd_page_text_new(&d->allocator, &d->page);
    if (status == ND_OK && is_page)
        status = nd_page_text_read(d->page, job->p, job->len, &job->p, &job->len);
    if (is_page) { /* blocks around the text leave lines */
        trim(job);
        for (; job->len && nd_json_is_space(*job->p); job->len--)
            job->p++;
    }
    job->document.id = job->batch->path + job->batch->id_at;
    job->document.id_len_bytes = strlen(job->document.id);
    job->document.text = job->p;
    job->document.text_len_bytes = job->len;
    return status == ND_OK ? emit_plain(job, emitter) : status;
}

static nd_status read_record(record_job *job, const nd_emitter *emitter)
{
    switch (job->batch->format) {
    case ND_INPUT_JSON:
        find_value(job);
        trim(job);
        return job->len ? read_json(job, emitter) : ND_OK;
    case ND_INPUT_CSV:
    case ND_INPUT_TSV:
        return job->len && strspn(job->p, "\r\n") < job->len ? read_row(job, emitter) : ND_OK;
    case ND_INPUT_LINES:
        trim(job);
        return job->len ? read_plain_line(job, emitter) : ND_OK;
    case ND_INPUT_TEXT:
    case ND_INPUT_HTML:
        return read_file(job, emitter);
    default:
        trim(job);
        return job->len ? read_json(job, emitter) : ND_OK;
    }
}

/* Steps over a record that may have line ends inside. */
static void step(nd_batch *at, const char *p, size_t len)
{
    const char *const end = p + len;
    const char *last = NULL;
    at->record++;
    if (at->format == ND_INPUT_JSONL || at->format == ND_INPUT_LINES) {
        at->line++;
        return;
    }
    if (at->format == ND_INPUT_TEXT || at->format == ND_INPUT_HTML)
        return;
    for (const char *q = p; q < end && (q = memchr(q, '\n', (size_t)(end - q))); q++) {
        at->line++;
        last = q;
    }
    at->column = last ? (uint64_t)(end - last) - 1 : at->column + len;
}

static size_t first_wanted(const nd_wanted *wanted, const nd_batch *at)
{
    return nd_first_u64(wanted->tags, wanted->num, nd_input_tag(at->file, at->record));
}

/* Steps over wanted tags to that of the record at `at`. */
static bool is_wanted(const nd_wanted *wanted, size_t *next, const nd_batch *at)
{
    const uint64_t tag = nd_input_tag(at->file, at->record);
    while (*next < wanted->num && wanted->tags[*next] < tag)
        ++*next;
    return !wanted->tags || (*next < wanted->num && wanted->tags[*next] == tag);
}

/* Reads the record p[0..len) of the job's batch, which stands at `at`. */
static nd_status read_at(record_job *job, const nd_batch *at, const char *p, size_t len,
                         const nd_emitter *emitter)
{
    nd_documents *const d = job->documents;
    job->place = (nd_input_place){at->file, at->record, at->line};
    job->column = at->column;
    job->is_in_line = at->column > 0;
    job->p = p;
    job->len = len;
    job->is_emitted = false;
    job->invalid_bytes = 0;
    memset(job->document.preferences, 0, sizeof job->document.preferences);
    if (len > d->reading->max_bytes) {
        nd_count_too_large(job->tally, at, d->reading, false);
        return ND_OK;
    }
    const nd_status status = read_record(job, emitter);
    if (status != ND_ERR_NO_MEMORY || len < ND_LARGE_BYTES || job->is_emitted)
        return status;
    nd_count_too_large(job->tally, at, d->reading, true);
    nd_documents_trim(d, 0);
    return ND_OK;
}

nd_status nd_documents_read(nd_documents *documents, const nd_batch *batch,
                            const nd_emitter *emitter, nd_tally *tally)
{
    const nd_record_block *const block = batch->block;
    const nd_wanted *const wanted = &documents->wanted;
    record_job job = {.documents = documents, .batch = batch, .tally = tally};
    job.is_in_block = batch->format == ND_INPUT_JSONL && block->ends.len > 1 && !wanted->tags &&
                      nd_json_block_begin(documents->parser, block->bytes.items,
                                          block->ends.items[block->ends.len - 1]);
    nd_batch at = *batch;
    nd_status status = ND_OK;
    size_t start = 0, next_wanted = first_wanted(wanted, batch);
    for (size_t i = 0; status == ND_OK && i < block->ends.len; i++) {
        const char *const p = block->bytes.items + start;
        const size_t len = block->ends.items[i] - start;
        if (is_wanted(wanted, &next_wanted, &at))
            status = read_at(&job, &at, p, len, emitter);
        step(&at, p, len);
        start = block->ends.items[i];
    }
    return status;
}

nd_status nd_documents_kind(nd_documents *documents, const char *p, size_t len_bytes,
                            nd_record_kind *kind)
{
    record_job job = {.documents = documents, .p = p, .len = len_bytes};
    nd_json_verdict verdict;
    nd_json_fault fault;
    const nd_status status = read_object(&job, &verdict, &fault);
    *kind = status == ND_OK && verdict == ND_JSON_OBJECT ? ND_RECORD_OBJECT : ND_RECORD_OTHER;
    for (size_t i = 0; *kind == ND_RECORD_OBJECT && i < documents->reading->num_texts; i++)
        if (job.values[i].type != ND_FIELD_ABSENT)
            *kind = ND_RECORD_WITH_TEXT;
    return status;
}

void nd_documents_trim(nd_documents *documents, size_t keep_bytes)
{
    nd_json_parser_trim(documents->parser);
    nd_bytes_trim(&documents->allocator, &documents->text, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->id, keep_bytes);
    for (size_t i = 0; i < ND_MAX_PREFERENCES; i++)
        nd_bytes_trim(&documents->allocator, &documents->preferences[i], keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->date, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->source, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->part, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->repaired, keep_bytes);
}

void nd_documents_release(nd_documents *documents)
{
    nd_json_parser_free(documents->parser);
    nd_page_text_free(documents->page);
    documents->parser = NULL;
    documents->page = NULL;
    ND_VEC_RELEASE(&documents->allocator, &documents->text);
    ND_VEC_RELEASE(&documents->allocator, &documents->id);
    for (size_t i = 0; i < ND_MAX_PREFERENCES; i++)
        ND_VEC_RELEASE(&documents->allocator, &documents->preferences[i]);
    ND_VEC_RELEASE(&documents->allocator, &documents->date);
    ND_VEC_RELEASE(&documents->allocator, &documents->source);
    ND_VEC_RELEASE(&documents->allocator, &documents->part);
    ND_VEC_RELEASE(&documents->allocator, &documents->repaired);
}

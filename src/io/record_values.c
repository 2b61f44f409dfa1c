#include "io/record_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io/place.h"
#include "neardup/date.h"

/* Of a document that says nothing: after all others. */
#define PREFERENCE_UNKNOWN UINT64_MAX

#define PARTS_SEPARATOR "\n\n" /* between the texts of several fields */

static size_t id_index(const nd_reading *reading)
{
    return reading->num_texts;
}

/* ---- counting ---- */

void nd_record_count(const nd_record_job *job, nd_input_issue issue, const char *what,
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

void nd_record_count_malformed(const nd_record_job *job, const nd_json_fault *fault)
{
    char what[160];
    const int len = snprintf(what, sizeof what, "not a JSON object: %s", fault->what);
    if (fault->at_byte)
        snprintf(what + len, sizeof what - (size_t)len, " at byte %zu", fault->at_byte);
    nd_record_count(job, ND_ISSUE_MALFORMED_JSON, what, NULL);
}

/* ---- from values to a document ---- */

/* Makes what stands in a string field plain in *buffer, or leaves it where it is if it is plain. A
 * bad escape makes its length ND_JSON_BAD_ESCAPE. */
static nd_status make_plain(nd_record_job *job, nd_field_value *value, nd_byte_vec *buffer)
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

nd_status nd_record_make_id(nd_record_job *job)
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
static nd_status set_id(nd_record_job *job, bool *is_kept)
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
        nd_record_count(job, ND_ISSUE_FIELD_TYPE, "neither string nor number in field", name);
        *is_kept = false;
    } else if (d->reading->options.id_field) {
        nd_record_count(job, ND_ISSUE_NO_ID_FIELD, "no field", name);
        *is_kept = false;
    } else {
        status = nd_record_make_id(job);
    }
    return status;
}

/* Whether the record has a text; counted if not. Of several fields some may be missing or null. */
static bool has_text(const nd_record_job *job)
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
        nd_record_count(job, ND_ISSUE_FIELD_TYPE, "no string in field", wrong);
    else if (!num_strings)
        nd_record_count(job, ND_ISSUE_NO_TEXT_FIELD, "no field", reading->options.text_field);
    return !wrong && num_strings;
}

/* Joins the fields of the text. */
static nd_status join_texts(nd_record_job *job, bool *is_kept)
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

static nd_status set_text(nd_record_job *job, bool *is_kept)
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

static nd_status set_preferences(nd_record_job *job, bool *is_kept)
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
static void count_preference(const nd_record_job *job, size_t index, bool is_counted[2])
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
    nd_record_count(job, is_absent ? ND_ISSUE_NO_PREFERENCE : ND_ISSUE_UNREADABLE_PREFERENCE, what,
                    name);
}

static void count_preferences(const nd_record_job *job)
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
static void count_attribute(const nd_record_job *job, size_t at, const char *what)
{
    const nd_reading *const reading = job->documents->reading;
    const nd_field_value *const value = &job->values[at];
    const bool is_named =
        at == reading->date_at ? reading->options.date_field : reading->options.source_field;
    if (value->type != ND_FIELD_ABSENT && value->type != ND_FIELD_NULL)
        nd_record_count(job, ND_ISSUE_UNREADABLE_ATTRIBUTE, what, reading->fields.items[at].name);
    else if (is_named)
        nd_record_count(job, ND_ISSUE_NO_ATTRIBUTE, "no field", reading->fields.items[at].name);
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

static nd_status set_attributes(nd_record_job *job, bool *is_kept)
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
static void count_attributes(const nd_record_job *job)
{
    const nd_reading *const reading = job->documents->reading;
    if (!reading->options.has_attributes)
        return;
    if (job->document.time == 0)
        count_attribute(job, reading->date_at, "cannot read the date in field");
    if (!job->document.source && job->values[reading->date_at + 1].type != ND_FIELD_STRING)
        count_attribute(job, reading->date_at + 1, "no string in field");
}

static nd_status emit(nd_record_job *job, const nd_emitter *emitter)
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
        nd_record_count(job, ND_ISSUE_INVALID_UTF8, "invalid UTF-8", NULL);
    job->tally->findings[ND_ISSUE_INVALID_UTF8].bytes += job->invalid_bytes;
    count_preferences(job);
    count_attributes(job);
    return emitter->fn(emitter->ctx, &job->document);
}

nd_status nd_record_emit_values(nd_record_job *job, const nd_emitter *emitter)
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
    nd_record_count_malformed(job, &(nd_json_fault){.what = "a bad escape in a string"});
    return ND_OK;
}

nd_status nd_record_emit_plain(nd_record_job *job, const nd_emitter *emitter)
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

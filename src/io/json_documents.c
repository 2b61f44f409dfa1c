#include "io/json_documents.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "io/json_string.h"
#include "io/preference.h"
#include "io/shown_path.h"
#include "neardup/text.h"

enum { TEXT = 0, ID, PREFERENCE };

#define NOT_AN_OBJECT "not a JSON object"

/* One line on its way to a document. */
typedef struct line_job {
    nd_json_documents *documents;
    const nd_lines *lines;
    nd_tally *tally;
    bool is_in_block; /* nd_json_block_begin has seen the line */
    uint64_t number;
    const char *p; /* the line, or its repaired copy */
    size_t len;
    nd_json_fields fields;
    uint64_t invalid_bytes;
    nd_document document;
} line_job;

nd_status nd_json_documents_init(nd_json_documents *documents, const nd_allocator *allocator,
                                 const nd_input_options *options)
{
    *documents = (nd_json_documents){.allocator = *allocator, .options = options};
    return nd_json_parser_new(allocator, &documents->parser);
}

static nd_json_fields wanted_fields(const nd_input_options *options)
{
    const char *const id = options->id_field ? options->id_field : "id";
    nd_json_fields fields = {.num = options->preference == ND_PREFERENCE_NONE ? 2 : 3};
    fields.items[TEXT].name = options->text_field;
    fields.items[ID].name = id;
    fields.items[PREFERENCE].name = options->preference_field;
    for (size_t i = 0; i < fields.num; i++)
        fields.items[i].name_len_bytes = strlen(fields.items[i].name);
    return fields;
}

/* Parses the line; one that is not UTF-8 is repaired first. */
static nd_status parse(line_job *job, nd_json_verdict *verdict)
{
    nd_json_documents *const d = job->documents;
    if (job->is_in_block) {
        *verdict = nd_json_block_line(d->parser, job->p, job->len, &job->fields);
        return ND_OK;
    }
    *verdict = nd_json_line_parse(d->parser, job->p, job->len, &job->fields);
    if (*verdict == ND_JSON_NOT_UTF8) {
        d->repaired.len = 0;
        const nd_status status =
            nd_utf8_repair(&d->allocator, &d->repaired, job->p, job->len, &job->invalid_bytes);
        if (status != ND_OK)
            return status;
        job->p = d->repaired.items;
        job->len = d->repaired.len;
        *verdict = nd_json_line_parse(d->parser, job->p, job->len, &job->fields);
    }
    return *verdict == ND_JSON_NO_MEMORY ? ND_ERR_NO_MEMORY : ND_OK;
}

/* Counts an issue of the line; `field` may be NULL. */
static void count(const line_job *job, nd_input_issue issue, const char *what, const char *field)
{
    if (!nd_tally_count(job->tally, issue, (nd_input_place){job->lines->file, job->number}))
        return;
    const nd_shown_path path = nd_show_path(job->lines->path);
    if (field)
        nd_tally_describe(job->tally, issue, "'%s':%" PRIu64 ": %s '%s'", path.text, job->number,
                          what, field);
    else
        nd_tally_describe(job->tally, issue, "'%s':%" PRIu64 ": %s", path.text, job->number, what);
}

/* Undoes the escapes of a string field into *buffer, or leaves it where it is without any. A bad
 * escape makes its length ND_JSON_BAD_ESCAPE. */
static nd_status unescape_field(line_job *job, nd_json_field *field, nd_byte_vec *buffer)
{
    if (field->type != ND_JSON_STRING || !memchr(field->p, '\\', field->len_bytes))
        return ND_OK;
    buffer->len = 0;
    const nd_status status = ND_VEC_RESERVE(&job->documents->allocator, buffer,
                                            field->len_bytes + ND_JSON_UNESCAPE_SLACK);
    if (status != ND_OK)
        return status;
    field->len_bytes =
        nd_json_unescape(field->p, field->len_bytes, buffer->items, &job->invalid_bytes);
    field->p = buffer->items;
    return ND_OK;
}

/* Sets the id; *is_kept is false where the line is skipped. */
static nd_status set_id(line_job *job, bool *is_kept)
{
    nd_json_documents *const d = job->documents;
    nd_json_field *const field = &job->fields.items[ID];
    nd_status status = unescape_field(job, field, &d->id);
    *is_kept = true;
    if (field->type == ND_JSON_STRING || field->type == ND_JSON_NUMBER) {
        job->document.id = field->p;
        job->document.id_len_bytes = field->len_bytes;
    } else if (field->type == ND_JSON_OTHER) {
        count(job, ND_ISSUE_FIELD_TYPE, "neither string nor number in field", field->name);
        *is_kept = false;
    } else if (d->options->id_field) {
        count(job, ND_ISSUE_NO_ID_FIELD, "no field", field->name);
        *is_kept = false;
    } else {
        d->id.len = 0;
        status =
            nd_bytes_printf(&d->allocator, &d->id, "%s:%" PRIu64, job->lines->path, job->number);
        job->document.id = d->id.items;
        job->document.id_len_bytes = d->id.len;
    }
    return status;
}

static nd_status set_preference(line_job *job, bool *is_kept)
{
    nd_json_documents *const d = job->documents;
    nd_json_field *const field = &job->fields.items[PREFERENCE];
    const nd_status status = unescape_field(job, field, &d->preference);
    if (status != ND_OK)
        return status;
    *is_kept = field->len_bytes != ND_JSON_BAD_ESCAPE;
    if (*is_kept)
        job->document.preference = nd_preference_of(d->options, field);
    return ND_OK;
}

static nd_status set_text(line_job *job, bool *is_kept)
{
    nd_json_field *const field = &job->fields.items[TEXT];
    const nd_status status = unescape_field(job, field, &job->documents->text);
    job->document.text = field->p;
    job->document.text_len_bytes = field->len_bytes;
    *is_kept = field->len_bytes != ND_JSON_BAD_ESCAPE;
    return status;
}

static bool has_text(const line_job *job)
{
    const nd_json_field *const text = &job->fields.items[TEXT];
    if (text->type == ND_JSON_ABSENT)
        count(job, ND_ISSUE_NO_TEXT_FIELD, "no field", text->name);
    else if (text->type != ND_JSON_STRING)
        count(job, ND_ISSUE_FIELD_TYPE, "no string in field", text->name);
    return text->type == ND_JSON_STRING;
}

/* Fills the document from the fields found; *is_kept is false where the line is skipped. */
static nd_status fill_document(line_job *job, bool *is_kept)
{
    *is_kept = has_text(job);
    if (!*is_kept)
        return ND_OK;
    nd_status status = set_id(job, is_kept);
    if (status != ND_OK || !*is_kept)
        return status;
    if (job->document.id_len_bytes == ND_JSON_BAD_ESCAPE)
        *is_kept = false;
    else
        status = set_preference(job, is_kept);
    if (status == ND_OK && *is_kept)
        status = set_text(job, is_kept);
    if (status == ND_OK && !*is_kept)
        count(job, ND_ISSUE_MALFORMED_JSON, NOT_AN_OBJECT, NULL);
    return status;
}

/* Counts a preference field that is absent or cannot be read. */
static void count_preference(const line_job *job)
{
    enum { SHOWN_BYTES = 60 };
    const nd_json_field *const field = &job->fields.items[PREFERENCE];
    const nd_input_place place = {job->lines->file, job->number};
    const bool is_date = job->documents->options->preference == ND_PREFERENCE_DATE;
    if (field->type == ND_JSON_ABSENT || field->type == ND_JSON_NULL) {
        count(job, ND_ISSUE_NO_PREFERENCE, "no field", field->name);
    } else if (field->type == ND_JSON_OTHER) {
        count(job, ND_ISSUE_UNREADABLE_PREFERENCE,
              is_date ? "neither string nor number in field" : "no string in field", field->name);
    } else if (nd_tally_count(job->tally, ND_ISSUE_UNREADABLE_PREFERENCE, place)) {
        const size_t len = field->len_bytes < SHOWN_BYTES ? field->len_bytes : SHOWN_BYTES;
        nd_tally_describe(
            job->tally, ND_ISSUE_UNREADABLE_PREFERENCE, "'%s':%" PRIu64 ": %s '%.*s' in field '%s'",
            nd_show_path(job->lines->path).text, job->number,
            is_date ? "cannot read the date" : "no string but", (int)len, field->p, field->name);
    }
}

static nd_status emit(const line_job *job, const nd_emitter *emitter)
{
    nd_tally *const tally = job->tally;
    tally->documents++;
    if (job->invalid_bytes)
        count(job, ND_ISSUE_INVALID_UTF8, "invalid UTF-8", NULL);
    tally->findings[ND_ISSUE_INVALID_UTF8].bytes += job->invalid_bytes;
    if (job->document.preference == ND_PREFERENCE_UNKNOWN)
        count_preference(job);
    return emitter->fn(emitter->ctx, &job->document);
}

static nd_status read_line(line_job *job, const nd_emitter *emitter)
{
    nd_json_verdict verdict;
    if (job->len > ND_TEXT_MAX_BYTES) {
        count(job, ND_ISSUE_TOO_LARGE, "the line is too long", NULL);
        return ND_OK;
    }
    nd_status status = parse(job, &verdict);
    if (status != ND_OK)
        return status;
    if (verdict != ND_JSON_OBJECT) {
        const bool is_too_long = verdict == ND_JSON_TOO_LONG;
        count(job, is_too_long ? ND_ISSUE_TOO_LARGE : ND_ISSUE_MALFORMED_JSON,
              is_too_long ? "the line is too long" : NOT_AN_OBJECT, NULL);
        return ND_OK;
    }
    bool is_kept;
    status = fill_document(job, &is_kept);
    return status == ND_OK && is_kept ? emit(job, emitter) : status;
}

/* Length of p[0..len) without the white space at its end. */
static size_t trimmed(const char *p, size_t len)
{
    while (len && nd_json_is_space(p[len - 1]))
        len--;
    return len;
}

nd_status nd_json_documents_read(nd_json_documents *documents, const nd_lines *lines,
                                 const nd_emitter *emitter, nd_tally *tally)
{
    const nd_json_fields wanted = wanted_fields(documents->options);
    const nd_line_block *const block = lines->block;
    const size_t num = block->ends.len;
    const bool is_in_block = num && nd_json_block_begin(documents->parser, block->bytes.items,
                                                        block->ends.items[num - 1]);
    nd_status status = ND_OK;
    size_t start = 0;
    for (size_t i = 0; status == ND_OK && i < num; i++) {
        line_job job = {
            .documents = documents,
            .lines = lines,
            .tally = tally,
            .is_in_block = is_in_block,
            .number = lines->first + i,
            .p = block->bytes.items + start,
            .len = trimmed(block->bytes.items + start, block->ends.items[i] - start),
            .fields = wanted,
        };
        if (job.len)
            status = read_line(&job, emitter);
        start = block->ends.items[i];
    }
    return status;
}

nd_status nd_json_documents_line_kind(nd_json_documents *documents, const char *line,
                                      size_t len_bytes, nd_json_line_kind *kind)
{
    line_job job = {
        .documents = documents,
        .p = line,
        .len = trimmed(line, len_bytes),
        .fields = wanted_fields(documents->options),
    };
    nd_json_verdict verdict;
    const nd_status status = parse(&job, &verdict);
    if (status != ND_OK || verdict != ND_JSON_OBJECT)
        *kind = ND_JSON_LINE_OTHER;
    else if (job.fields.items[TEXT].type == ND_JSON_ABSENT)
        *kind = ND_JSON_LINE_OBJECT;
    else
        *kind = ND_JSON_LINE_WITH_TEXT;
    return status;
}

void nd_json_documents_trim(nd_json_documents *documents, size_t keep_bytes)
{
    nd_json_parser_trim(documents->parser);
    nd_bytes_trim(&documents->allocator, &documents->text, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->id, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->preference, keep_bytes);
    nd_bytes_trim(&documents->allocator, &documents->repaired, keep_bytes);
}

void nd_json_documents_release(nd_json_documents *documents)
{
    nd_json_parser_free(documents->parser);
    documents->parser = NULL;
    ND_VEC_RELEASE(&documents->allocator, &documents->text);
    ND_VEC_RELEASE(&documents->allocator, &documents->id);
    ND_VEC_RELEASE(&documents->allocator, &documents->preference);
    ND_VEC_RELEASE(&documents->allocator, &documents->repaired);
}

/* Records of every format: each is found, its format's reader finds the values of the fields, and
 * these make a document (record_values.h). */
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
#include "io/record_values.h"
#include "util/sort.h"

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

/* ---- the formats ---- */

/* Parses the record; one that is not UTF-8 is repaired first. */
static nd_status read_object(nd_record_job *job, nd_json_verdict *verdict, nd_json_fault *fault)
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

static nd_status read_json(nd_record_job *job, const nd_emitter *emitter)
{
    nd_json_verdict verdict;
    nd_json_fault fault = {0};
    const nd_status status = read_object(job, &verdict, &fault);
    if (status != ND_OK)
        return status;
    if (verdict == ND_JSON_OBJECT)
        return nd_record_emit_values(job, emitter);
    if (verdict == ND_JSON_TOO_DEEP)
        nd_record_count(job, ND_ISSUE_TOO_DEEP, "nested deeper than 1,024 levels", NULL);
    else if (verdict == ND_JSON_TOO_LONG)
        nd_record_count(job, ND_ISSUE_TOO_LARGE, "longer than 4 GiB", NULL);
    else
        nd_record_count_malformed(job, &fault);
    return ND_OK;
}

/* Leaves out the white space at the end. */
static void trim(nd_record_job *job)
{
    while (job->len && nd_json_is_space(job->p[job->len - 1]))
        job->len--;
}

/* Steps over what stands between values, and finds where the value begins. */
static void find_value(nd_record_job *job)
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

static nd_status read_row(nd_record_job *job, const nd_emitter *emitter)
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
            nd_record_count(job, ND_ISSUE_MALFORMED_ROW,
                            "a quote is not closed, or text follows it", NULL);
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
        nd_record_count(job, ND_ISSUE_MALFORMED_ROW, what, NULL);
        return ND_OK;
    }
    return nd_record_emit_values(job, emitter);
}

static nd_status read_plain_line(nd_record_job *job, const nd_emitter *emitter)
{
    job->document.text = job->p;
    job->document.text_len_bytes = job->len;
    const nd_status status = nd_record_make_id(job);
    return status == ND_OK ? nd_record_emit_plain(job, emitter) : status;
}

/* Converts a text or a page that is not UTF-8 from the encoding that is said of it, if that is
 * known. */
static nd_status convert(nd_record_job *job, const char *encoding)
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
        nd_record_count(job, ND_ISSUE_ENCODING, "not in its encoding,", encoding);
    job->tally->findings[ND_ISSUE_ENCODING].bytes += num_invalid;
    nd_charset_free(charset);
    job->p = d->repaired.items;
    job->len = d->repaired.len;
    return status;
}

/* A file is one document. */
static nd_status read_file(nd_record_job *job, const nd_emitter *emitter)
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
    return status == ND_OK ? nd_record_emit_plain(job, emitter) : status;
}

static nd_status read_record(nd_record_job *job, const nd_emitter *emitter)
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
static nd_status read_at(nd_record_job *job, const nd_batch *at, const char *p, size_t len,
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
    nd_record_job job = {.documents = documents, .batch = batch, .tally = tally};
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
    nd_record_job job = {.documents = documents, .p = p, .len = len_bytes};
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

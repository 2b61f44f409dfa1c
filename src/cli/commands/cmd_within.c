/* neardup within: repeated passages inside each document. */
#include <string.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/records.h"
#include "cli/output/screen.h"
#include "cli/report/html.h"
#include "cli/report/reports.h"
#include "cli/result_list.h"
#include "neardup/document_map.h"
#include "util/error.h"

/* What was counted; summed over the workers. */
typedef struct tally {
    uint64_t documents, text_bytes, tokens, repeating, repeats, invalid_bytes, caps_reached;
    uint64_t too_long, invalid, capped, no_memory; /* documents */
    uint64_t duplicate_ids;
} tally;

#define AT(member) offsetof(tally, member)

static const nd_counter counters[] = {
    {.name = "documents", .offset = AT(documents), .meaning = "documents"},
    {.name = "text_bytes", .offset = AT(text_bytes), .meaning = "bytes of text"},
    {.name = "tokens", .offset = AT(tokens), .meaning = "tokens"},
    {.name = "repeating_documents",
     .offset = AT(repeating),
     .meaning = "documents that repeat something"},
    {.name = "repeats", .offset = AT(repeats), .meaning = "repeats"},
    ND_COUNTER_INVALID_BYTES(tally, invalid_bytes),
    ND_COUNTER_CAPS_REACHED(tally, caps_reached),
    {.name = "too_long_normalised",
     .offset = AT(too_long),
     .meaning = "documents too long once normalised, left out",
     .weight = ND_COUNTER_LOSS},
    {.name = "no_memory",
     .offset = AT(no_memory),
     .meaning = "large documents that there was not enough memory for, left out",
     .weight = ND_COUNTER_LOSS},
    ND_COUNTER_INVALID_UTF8(tally, invalid, invalid_bytes),
    ND_COUNTER_CAPPED_PASSAGES(tally, capped, caps_reached, "documents that"),
    {.name = "duplicate_ids",
     .offset = AT(duplicate_ids),
     .meaning = "documents with an id already used, called ID#2, ID#3, ...",
     .weight = ND_COUNTER_REMARK},
};

/* One this large may be the only one there is no memory for. */
enum { LARGE_DOCUMENT = 1 << 24 };

enum { NUM_COUNTERS = sizeof counters / sizeof *counters };

static const nd_counter_list counter_list = {counters, NUM_COUNTERS};

/* --- one document --- */

enum { MOST_PLACES_SHOWN = 8 };

static bool share_a_line(const nd_repeat *repeat)
{
    for (size_t k = 1; k < repeat->num_places; k++)
        if (repeat->places[k].line == repeat->places[k - 1].end_line)
            return true;
    return false;
}

/* "lines 20-30 and 32-42"; in bytes where lines would not tell the places apart. */
static void print_places(nd_page *page, const nd_repeat *repeat)
{
    const bool in_bytes = share_a_line(repeat);
    nd_page_put(page, in_bytes ? "bytes " : "lines ");
    const size_t shown =
        repeat->num_places <= MOST_PLACES_SHOWN ? repeat->num_places : MOST_PLACES_SHOWN - 1;
    for (size_t k = 0; k < shown; k++) {
        const nd_place *const place = &repeat->places[k];
        const uint64_t first = in_bytes ? place->start : place->line;
        const uint64_t last = in_bytes ? place->end : place->end_line;
        const bool is_last = k + 1 == repeat->num_places;
        nd_page_put(page, k == 0 ? "" : is_last ? " and " : ", ");
        nd_page_printf(page, "%llu", (unsigned long long)first);
        if (last != first)
            nd_page_printf(page, "-%llu", (unsigned long long)last);
    }
    if (shown < repeat->num_places)
        nd_page_printf(page, " and %zu more", repeat->num_places - shown);
}

/*   lines 20-30 and 32-42: 412 words, the same
       The mill by the river has been bought by ...                                              */
static void print_text(const nd_job *job, nd_page *page, const nd_document *document,
                       const nd_repeat *repeats, size_t num_repeats)
{
    for (size_t i = 0; i < num_repeats; i++) {
        const nd_place first = repeats[i].places[0];
        nd_page_put(page, "  ");
        print_places(page, &repeats[i]);
        nd_page_printf(page, ": %s\n    ",
                       nd_amount_alike(repeats[i].words, repeats[i].similarity).text);
        nd_page_put(page, nd_style(&job->screen, ND_STYLE_FAINT));
        nd_page_excerpt(page, document->text + first.start, (size_t)(first.end - first.start),
                        job->screen.columns - 4);
        nd_page_put(page, nd_style(&job->screen, ND_STYLE_PLAIN));
        nd_page_put(page, "\n");
    }
    nd_page_put(page, "\n");
}

/* An nd_items.at over an array of repeats. */
typedef struct repeat_items {
    const nd_repeat *repeats;
    nd_repeat_view view;
    nd_array places;
} repeat_items;

static const void *next_repeat(void *ctx, size_t index, nd_page *page)
{
    (void)page;
    repeat_items *const items = ctx;
    const nd_repeat *const repeat = &items->repeats[index];
    items->places = (nd_array){repeat->places, repeat->num_places, sizeof *repeat->places};
    items->view = (nd_repeat_view){repeat->similarity, repeat->words, nd_items_of(&items->places)};
    return &items->view;
}

/* What is said of a document but for its name, which is known when all are read. num_repeats > 0.
 */
static void print_repeats(const nd_job *job, nd_page *page, const nd_document *document,
                          const nd_repeat *repeats, size_t num_repeats)
{
    repeat_items items = {.repeats = repeats};
    const nd_repeating_view view = {.repeats = {num_repeats, next_repeat, &items}};
    if (job->format == ND_FORMAT_JSONL)
        nd_record_json_members(page, &nd_repeating_record, 0, &view);
    else if (job->format == ND_FORMAT_TSV)
        nd_record_tsv(page, &nd_repeating_record, 0, &view);
    else
        print_text(job, page, document, repeats, num_repeats);
}

/* Each line with the name in front. */
static void put_rows(nd_page *page, const nd_result *result)
{
    const char *const end = result->bytes + result->len_bytes;
    for (const char *p = result->bytes; p < end;) {
        const size_t len = (size_t)((const char *)memchr(p, '\n', (size_t)(end - p)) - p) + 1;
        nd_page_tsv(page, result->name, result->name_len_bytes);
        nd_page_put(page, "\t");
        nd_page_append(page, p, len);
        p += len;
    }
}

static void put_result(const nd_job *job, nd_page *page, const nd_result *result)
{
    if (job->format == ND_FORMAT_TSV) {
        put_rows(page, result);
    } else if (job->format == ND_FORMAT_JSONL) {
        nd_page_put(page, "{\"id\":");
        nd_page_json(page, result->name, result->name_len_bytes);
        nd_page_put(page, ",");
        nd_page_append(page, result->bytes, result->len_bytes);
        nd_page_put(page, "}\n");
    } else {
        nd_page_put(page, nd_style(&job->screen, ND_STYLE_STRONG));
        nd_page_shown(page, result->name, result->name_len_bytes);
        nd_page_put(page, nd_style(&job->screen, ND_STYLE_PLAIN));
        nd_page_put(page, "\n");
        nd_page_append(page, result->bytes, result->len_bytes);
    }
}

/* --- all documents --- */

typedef struct worker {
    nd_passage_finder *finder;
    nd_repeats_report html; /* of that format */
    nd_page page;
    nd_result_list list;
    tally tally;
    nd_first_id firsts[NUM_COUNTERS]; /* of the counters that are more than figures */
} worker;

typedef struct crew {
    const nd_job *job;
    worker *workers;
    uint32_t num_workers;
    nd_kept_parts html; /* of that format */
} crew;

static void crew_free(crew *crew_to_free, const nd_allocator *allocator)
{
    for (uint32_t i = 0; crew_to_free->workers && i < crew_to_free->num_workers; i++) {
        worker *const w = &crew_to_free->workers[i];
        nd_passage_finder_free(w->finder);
        nd_repeats_report_release(&w->html);
        nd_page_release(&w->page);
        nd_results_release(&w->list);
    }
    nd_release(allocator, crew_to_free->workers);
    nd_kept_parts_release(&crew_to_free->html);
}

static nd_status crew_new(const nd_job *job, crew *out)
{
    *out = (crew){.job = job, .num_workers = job->num_threads};
    nd_kept_parts_init(&out->html, ND_REPORT_MAX_BYTES, job->allocator);
    out->workers = nd_alloc_zeroed(job->allocator, out->num_workers, sizeof *out->workers);
    if (!out->workers)
        return ND_ERR_NO_MEMORY;
    const nd_passage_options options = nd_settings_passage(job->settings);
    for (uint32_t i = 0; i < out->num_workers; i++) { /* all, so that they can all be released */
        nd_page_init(&out->workers[i].page, job->allocator);
        nd_results_init(&out->workers[i].list, job->allocator);
    }
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < out->num_workers && status == ND_OK; i++)
        status = nd_passage_finder_new(&options, job->allocator, &out->workers[i].finder);
    for (uint32_t i = 0; i < out->num_workers && job->format == ND_FORMAT_HTML && status == ND_OK;
         i++)
        status = nd_repeats_report_init(&out->workers[i].html, job->settings, job->allocator);
    return status;
}

/* Counts one for the document in the counter at that offset of the tally. */
static void count_in(worker *w, size_t offset, const nd_document *document)
{
    *(uint64_t *)(void *)((char *)&w->tally + offset) += 1;
    for (size_t i = 0; i < NUM_COUNTERS; i++)
        if (counters[i].offset == offset)
            nd_first_id_consider(&w->firsts[i], document->id, document->id_len_bytes,
                                 document->tag);
}

static void count_document(worker *w, const nd_document *document, const nd_passage_stats *stats)
{
    tally *const sum = &w->tally;
    sum->documents++;
    sum->text_bytes += document->text_len_bytes;
    sum->tokens += stats->tokens;
    sum->invalid_bytes += stats->invalid_bytes;
    sum->caps_reached += stats->capped;
    if (stats->invalid_bytes > 0)
        count_in(w, AT(invalid), document);
    if (stats->capped > 0)
        count_in(w, AT(capped), document);
}

/* Makes the document's part of the page, if there may be room for it. */
static nd_status add_to_page(crew *c, worker *w, const nd_document *document,
                             const nd_repeat *repeats, size_t num_repeats)
{
    const nd_status status = nd_results_add(&w->list, document, "", 0);
    if (status != ND_OK)
        return status;
    const nd_result *const result = &w->list.results.items[w->list.results.len - 1];
    if (!nd_kept_parts_wants(&c->html, result))
        return ND_OK;
    nd_page_clear(&w->page);
    nd_repeats_report_print(&w->html, &w->page, document, repeats, num_repeats);
    return w->page.status == ND_OK
               ? nd_kept_parts_add(&c->html, result, w->page.bytes.items, w->page.bytes.len)
               : w->page.status;
}

/* An nd_document_map_fn. */
static nd_status find_repeats(void *ctx, uint32_t worker_index, const nd_document *document)
{
    crew *const c = ctx;
    worker *const w = &c->workers[worker_index];
    const nd_repeat *repeats;
    size_t num_repeats;
    nd_status status = nd_results_see(&w->list, document);
    if (status == ND_OK)
        status = nd_passage_finder_repeats(w->finder, document->text, document->text_len_bytes,
                                           &repeats, &num_repeats);
    if (status == ND_ERR_LIMIT) { /* normalising made it longer than offsets can hold */
        count_in(w, AT(too_long), document);
        return ND_OK;
    }
    if (status == ND_ERR_NO_MEMORY && document->text_len_bytes >= LARGE_DOCUMENT) {
        count_in(w, AT(no_memory), document);
        return ND_OK;
    }
    if (status != ND_OK)
        return status;
    const nd_passage_stats stats = nd_passage_finder_stats(w->finder);
    count_document(w, document, &stats);
    if (num_repeats == 0)
        return ND_OK;
    w->tally.repeating++;
    w->tally.repeats += num_repeats;
    if (c->job->format == ND_FORMAT_HTML)
        return add_to_page(c, w, document, repeats, num_repeats);
    nd_page_clear(&w->page);
    print_repeats(c->job, &w->page, document, repeats, num_repeats);
    if (w->page.status != ND_OK)
        return w->page.status;
    return nd_results_add(&w->list, document, w->page.bytes.items, w->page.bytes.len);
}

/* Puts the results of all workers into the list of the first, named and in order. */
static nd_status gather(crew *c, nd_duplicate *first)
{
    nd_result_list *const all = &c->workers[0].list;
    nd_status status = ND_OK;
    for (uint32_t i = 1; i < c->num_workers && status == ND_OK; i++)
        status = nd_results_append(all, &c->workers[i].list);
    return status == ND_OK ? nd_results_name(all, &c->workers[0].tally.duplicate_ids, first)
                           : status;
}

static void report(nd_job *job, const crew *c, const nd_duplicate *first)
{
    tally sum = {0};
    nd_first_id firsts[NUM_COUNTERS] = {0};
    for (uint32_t i = 0; i < c->num_workers; i++) {
        nd_counters_add(counter_list, &sum, &c->workers[i].tally);
        for (size_t k = 0; k < NUM_COUNTERS; k++)
            nd_first_id_merge(&firsts[k], &c->workers[i].firsts[k]);
    }
    nd_notes_add_counters(&job->notes, counter_list, &sum, firsts, job->input);
    if (sum.duplicate_ids > 0)
        nd_notes_name_duplicate(&job->notes, "duplicate_ids", first, job->input);
    nd_counters_print_json(counter_list, &sum, &job->stats);
    job->text_bytes = sum.text_bytes;
    nd_page_printf(&job->headline, "%s, ", nd_amount_of(sum.documents, "document").text);
    nd_page_printf(&job->headline, "%s in %s", nd_amount_of(sum.repeats, "repeat").text,
                   nd_amount_of(sum.repeating, "document").text);
}

/* An nd_report_write_fn. */
static nd_status write_page(void *ctx, nd_page *page)
{
    return nd_job_write(ctx, page);
}

static const nd_counter left_out = {
    .name = "documents_left_out_of_report",
    .offset = 0,
    .meaning = "documents that the page has no room for",
    .weight = ND_COUNTER_CAP,
};

static nd_status write_html(nd_job *job, crew *c, nd_error *error)
{
    nd_result_list *const all = &c->workers[0].list;
    nd_page *const page = &c->workers[0].page;
    size_t num_shown;
    nd_kept_parts_hand_out(&c->html, all);
    const nd_status status = nd_repeats_report_write(all->results.items, all->results.len, page,
                                                     write_page, job, &num_shown);
    const uint64_t num_left_out = all->results.len - num_shown;
    nd_notes_add_counters(&job->notes, (nd_counter_list){&left_out, 1}, &num_left_out, NULL, NULL);
    return status == ND_OK ? nd_job_check_strict(job, error) : status;
}

static nd_status write_results(nd_job *job, crew *c, nd_error *error)
{
    const nd_result_list *const all = &c->workers[0].list;
    nd_page *const page = &c->workers[0].page;
    nd_page_clear(page);
    if (job->format == ND_FORMAT_HTML)
        return write_html(job, c, error);
    if (job->format == ND_FORMAT_TSV)
        nd_record_tsv_header(page, &nd_repeating_record, ND_SHOW_NAMES, NULL);
    nd_status status = nd_job_write(job, page);
    for (size_t i = 0; i < all->results.len && status == ND_OK; i++) {
        put_result(job, page, &all->results.items[i]);
        status = nd_job_write(job, page);
    }
    nd_job_lap(job, "writing");
    return status;
}

static nd_status find_in_inputs(nd_job *job, nd_error *error)
{
    crew c;
    nd_status status = crew_new(job, &c);
    const nd_document_map_options options = nd_job_map_options(job);
    if (status == ND_OK)
        status = nd_document_map(nd_input_source(job->input), &options, find_repeats, &c, error);
    if (status == ND_OK)
        status = nd_job_reading_done(job, error);
    nd_duplicate first;
    if (status == ND_OK)
        status = gather(&c, &first);
    if (status == ND_OK) {
        report(job, &c, &first);
        status = nd_job_check_strict(job, error);
    }
    if (status == ND_OK)
        status = write_results(job, &c, error);
    crew_free(&c, job->allocator);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_READS_OPERANDS, find_in_inputs);
}

const nd_command nd_command_within = {
    .info.name = "within",
    .info.summary = "repeated passages inside each document",
    .info.operands = "INPUT...",
    .info.operands_missing = "no input: name files or folders, or '-' for standard input",
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Finds passages that one document contains twice or more: headings, sentences, paragraphs, "
        "whole blocks, word for word or edited. Only documents that repeat something are listed, "
        "in the order of their ids.\n\n"
        "Inputs are files, folders (recursively) and standard input ('-'): texts, HTML pages, "
        "JSON, CSV and TSV, tar, zip and WARC archives, plain or compressed by gzip, zstd, xz, "
        "bzip2 or lz4.\n",
    .info.examples = "  neardup within article.txt\n"
                     "  neardup within --min-words 20 --format tsv crawl.jsonl.zst\n"
                     "  neardup within --similarity 0.8 articles/ -o repeats.jsonl\n"
                     "  neardup within --format html article.txt -o article.html\n",
    .info.options = {nd_tool_options, ND_COMMAND_WITHIN},
    .check = nd_settings_check_passage,
    .run = run,
};

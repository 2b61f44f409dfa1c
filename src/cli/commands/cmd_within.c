/* neardup within: repeated passages inside each document. */
#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/amounts.h"
#include "cli/output/repeat_writer.h"
#include "cli/output/result_list.h"
#include "neardup/document_map.h"
#include "util/error.h"

/* What was counted; summed over the workers. */
typedef struct tally {
    uint64_t documents, text_bytes, tokens, repeating, repeats, invalid_bytes, dropped_occurrences;
    uint64_t too_long, invalid, capped; /* documents */
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
    {.name = "invalid_bytes", .offset = AT(invalid_bytes), .meaning = "bytes that are not UTF-8"},
    {.name = "dropped_occurrences",
     .offset = AT(dropped_occurrences),
     .meaning = "occurrences of repeated words that were not followed"},
    {.name = "too_long_normalised",
     .offset = AT(too_long),
     .meaning = "left out, documents too long once normalised",
     .weight = ND_COUNTER_LOSS},
    {.name = "invalid_utf8",
     .offset = AT(invalid),
     .meaning = "documents with invalid UTF-8, read as U+FFFD",
     .weight = ND_COUNTER_LOSS,
     .detail = " (%s)",
     .detail_noun = "byte",
     .detail_offset = AT(invalid_bytes)},
    {.name = "capped_repeats",
     .offset = AT(capped),
     .meaning = "documents that go round over a few words so often that not all was followed",
     .weight = ND_COUNTER_CAP,
     .detail = " (%s left out)",
     .detail_noun = "occurrence",
     .detail_offset = AT(dropped_occurrences)},
};

enum { NUM_COUNTERS = sizeof counters / sizeof *counters };

static const nd_counter_list counter_list = {counters, NUM_COUNTERS};

typedef struct worker {
    nd_passage_finder *finder;
    nd_page page;
    nd_result_list list;
    tally tally;
    nd_first_id firsts[NUM_COUNTERS]; /* of the counters that are more than figures */
} worker;

typedef struct crew {
    const nd_job *job;
    worker *workers;
    uint32_t num_workers;
} crew;

static void crew_free(crew *crew_to_free, const nd_allocator *allocator)
{
    for (uint32_t i = 0; crew_to_free->workers && i < crew_to_free->num_workers; i++) {
        worker *const w = &crew_to_free->workers[i];
        nd_passage_finder_free(w->finder);
        nd_page_release(&w->page);
        nd_result_list_release(&w->list);
    }
    nd_release(allocator, crew_to_free->workers);
}

static nd_status crew_new(const nd_job *job, crew *out)
{
    *out = (crew){.job = job, .num_workers = job->num_threads};
    out->workers = nd_alloc_zeroed(job->allocator, out->num_workers, sizeof *out->workers);
    if (!out->workers)
        return ND_ERR_NO_MEMORY;
    const nd_passage_options options = nd_settings_passage(job->settings);
    for (uint32_t i = 0; i < out->num_workers; i++) { /* all, so that they can all be released */
        nd_page_init(&out->workers[i].page, job->allocator);
        nd_result_list_init(&out->workers[i].list, job->allocator);
    }
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < out->num_workers && status == ND_OK; i++)
        status = nd_passage_finder_new(&options, job->allocator, &out->workers[i].finder);
    return status;
}

/* Counts one for the document in the counter at that offset of the tally. */
static void count_in(worker *w, size_t offset, const nd_document *document)
{
    *(uint64_t *)(void *)((char *)&w->tally + offset) += 1;
    for (size_t i = 0; i < NUM_COUNTERS; i++)
        if (counters[i].offset == offset)
            nd_first_id_consider(&w->firsts[i], document->id, document->id_len_bytes);
}

static void count_document(worker *w, const nd_document *document, const nd_passage_stats *stats)
{
    tally *const sum = &w->tally;
    sum->documents++;
    sum->text_bytes += document->text_len_bytes;
    sum->tokens += stats->tokens;
    sum->invalid_bytes += stats->invalid_bytes;
    sum->dropped_occurrences += stats->dropped_occurrences;
    if (stats->invalid_bytes > 0)
        count_in(w, AT(invalid), document);
    if (stats->dropped_occurrences > 0)
        count_in(w, AT(capped), document);
}

/* An nd_document_map_fn. */
static nd_status find_repeats(void *ctx, uint32_t worker_index, const nd_document *document)
{
    const crew *const c = ctx;
    worker *const w = &c->workers[worker_index];
    const nd_repeat *repeats;
    size_t num_repeats;
    const nd_status status = nd_passage_finder_repeats(
        w->finder, document->text, document->text_len_bytes, &repeats, &num_repeats);
    if (status == ND_ERR_LIMIT) { /* normalising made it longer than offsets can hold */
        count_in(w, AT(too_long), document);
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
    nd_page_clear(&w->page);
    nd_repeats_print(c->job, &w->page, document, repeats, num_repeats);
    if (w->page.status != ND_OK)
        return w->page.status;
    return nd_result_list_add(&w->list, document->id, document->id_len_bytes, w->page.bytes.items,
                              w->page.bytes.len);
}

static void report(nd_job *job, const crew *c)
{
    tally sum = {0};
    nd_first_id firsts[NUM_COUNTERS] = {0};
    for (uint32_t i = 0; i < c->num_workers; i++) {
        nd_counters_add(counter_list, &sum, &c->workers[i].tally);
        for (size_t k = 0; k < NUM_COUNTERS; k++)
            nd_first_id_merge(&firsts[k], &c->workers[i].firsts[k]);
    }
    nd_notes_add_counters(&job->notes, counter_list, &sum, firsts);
    nd_counters_print_json(counter_list, &sum, &job->stats);
    job->text_bytes = sum.text_bytes;
    nd_page_printf(&job->headline, "%s, ", nd_amount_of(sum.documents, "document").text);
    nd_page_printf(&job->headline, "%s in %s", nd_amount_of(sum.repeats, "repeat").text,
                   nd_amount_of(sum.repeating, "document").text);
}

static nd_status write_results(nd_job *job, crew *c)
{
    nd_result_list *const all = &c->workers[0].list;
    nd_status status = ND_OK;
    for (uint32_t i = 1; i < c->num_workers && status == ND_OK; i++)
        status = nd_result_list_append(all, &c->workers[i].list);
    if (status != ND_OK)
        return status;
    nd_result_list_sort(all);
    nd_page *const page = &c->workers[0].page;
    nd_page_clear(page);
    nd_repeats_print_header(job, page);
    for (size_t i = 0; i < all->results.len && status == ND_OK; i++) {
        nd_page_append(page, all->results.items[i].bytes, all->results.items[i].len_bytes);
        status = nd_job_write(job, page);
    }
    if (status == ND_OK)
        status = nd_job_write(job, page); /* the header of no results */
    nd_job_lap(job, "writing");
    return status;
}

static nd_status find_in_inputs(nd_job *job, nd_error *error)
{
    crew c;
    nd_status status = crew_new(job, &c);
    const nd_document_map_options options = {job->num_threads, nd_progress_step, &job->progress,
                                             job->allocator};
    if (status == ND_OK)
        status = nd_document_map(nd_input_source(job->input), &options, find_repeats, &c, error);
    if (status == ND_OK)
        status = nd_job_reading_done(job, error);
    if (status == ND_OK) {
        report(job, &c);
        status = nd_job_check_strict(job, error);
    }
    if (status == ND_OK)
        status = write_results(job, &c);
    crew_free(&c, job->allocator);
    return status;
}

static nd_status check(const nd_settings *settings, nd_error *error)
{
    if (settings->scan.shingle.kind != ND_SHINGLE_WORD)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "passages are compared by words: '--shingle word:N'");
    return nd_settings_check_passage(settings, error);
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
        "Reports the passages that stand twice or more in one document: headings, sentences, "
        "paragraphs, whole blocks, word for word or edited. Only documents that repeat something "
        "are listed, in the order of their ids.\n\n"
        "Inputs are files, folders (recursively, one document a file), JSON Lines and standard "
        "input ('-'), compressed by gzip, zstd, xz, bzip2 or lz4 or not.\n",
    .info.examples = "  neardup within article.txt\n"
                     "  neardup within --min-words 20 --format tsv crawl.jsonl.zst\n"
                     "  neardup within --similarity 0.8 articles/ -o repeats.jsonl\n",
    .info.options = {nd_tool_options, ND_COMMAND_WITHIN},
    .check = check,
    .run = run,
};

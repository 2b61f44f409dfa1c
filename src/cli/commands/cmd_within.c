/* neardup within: repeated passages inside each document. */
#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/amounts.h"
#include "cli/output/first_id.h"
#include "cli/output/repeat_writer.h"
#include "cli/output/result_list.h"
#include "neardup/document_map.h"
#include "util/error.h"

/* What was counted; summed over the workers. */
typedef struct tally {
    uint64_t documents, text_bytes, repeating, repeats, tokens, invalid_bytes, dropped_occurrences;
    nd_first_id invalid, too_large, dropped;
} tally;

typedef struct worker {
    nd_passage_finder *finder;
    nd_page page;
    nd_result_list list;
    tally tally;
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

static void count_document(tally *sum, const nd_document *document, const nd_passage_stats *stats)
{
    sum->documents++;
    sum->text_bytes += document->text_len_bytes;
    sum->tokens += stats->tokens;
    sum->invalid_bytes += stats->invalid_bytes;
    sum->dropped_occurrences += stats->dropped_occurrences;
    if (stats->invalid_bytes > 0)
        nd_first_id_count(&sum->invalid, document->id, document->id_len_bytes);
    if (stats->dropped_occurrences > 0)
        nd_first_id_count(&sum->dropped, document->id, document->id_len_bytes);
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
        nd_first_id_count(&w->tally.too_large, document->id, document->id_len_bytes);
        return ND_OK;
    }
    if (status != ND_OK)
        return status;
    const nd_passage_stats stats = nd_passage_finder_stats(w->finder);
    count_document(&w->tally, document, &stats);
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

static tally sum_of(const crew *c)
{
    tally sum = {0};
    for (uint32_t i = 0; i < c->num_workers; i++) {
        const tally *const one = &c->workers[i].tally;
        sum.documents += one->documents;
        sum.text_bytes += one->text_bytes;
        sum.repeating += one->repeating;
        sum.repeats += one->repeats;
        sum.tokens += one->tokens;
        sum.invalid_bytes += one->invalid_bytes;
        sum.dropped_occurrences += one->dropped_occurrences;
        nd_first_id_merge(&sum.invalid, &one->invalid);
        nd_first_id_merge(&sum.too_large, &one->too_large);
        nd_first_id_merge(&sum.dropped, &one->dropped);
    }
    return sum;
}

static void report(nd_job *job, const tally *sum)
{
    nd_notes_add(&job->notes, ND_NOTE_LOSS, "too_long_normalised", sum->too_large.count,
                 "left out, documents too long once normalised: %llu, the first: '%s'",
                 (unsigned long long)sum->too_large.count, sum->too_large.id);
    nd_notes_add(&job->notes, ND_NOTE_LOSS, "invalid_utf8", sum->invalid.count,
                 "documents with invalid UTF-8, read as U+FFFD: %llu (%s), the first: '%s'",
                 (unsigned long long)sum->invalid.count,
                 nd_amount_of(sum->invalid_bytes, "byte").text, sum->invalid.id);
    nd_notes_add(&job->notes, ND_NOTE_LOSS, "capped_repeats", sum->dropped.count,
                 "documents that repeat one run of words beyond the cap: %llu (%s left out), the "
                 "first: '%s'",
                 (unsigned long long)sum->dropped.count,
                 nd_amount_of(sum->dropped_occurrences, "occurrence").text, sum->dropped.id);
    nd_page_printf(&job->stats,
                   ",\"counts\":{\"documents\":%llu,\"text_bytes\":%llu,\"tokens\":%llu,"
                   "\"repeating_documents\":%llu"
                   ",\"repeats\":%llu,\"invalid_bytes\":%llu,\"dropped_occurrences\":%llu}",
                   (unsigned long long)sum->documents, (unsigned long long)sum->text_bytes,
                   (unsigned long long)sum->tokens, (unsigned long long)sum->repeating,
                   (unsigned long long)sum->repeats, (unsigned long long)sum->invalid_bytes,
                   (unsigned long long)sum->dropped_occurrences);
    job->text_bytes = sum->text_bytes;
    nd_page_printf(&job->headline, "%s, ", nd_amount_of(sum->documents, "document").text);
    nd_page_printf(&job->headline, "%s in %s", nd_amount_of(sum->repeats, "repeat").text,
                   nd_amount_of(sum->repeating, "document").text);
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
        const tally sum = sum_of(&c);
        report(job, &sum);
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

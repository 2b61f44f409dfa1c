/* neardup compare: what two texts have in common. */
#include <string.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "cli/report/html.h"
#include "cli/report/reports.h"
#include "neardup/document_map.h"
#include "neardup/repair.h"
#include "neardup/text.h"
#include "neardup/verdict.h"
#include "util/error.h"

/* One of the two documents, copied out of its source. */
typedef struct side {
    nd_page id, text;
    uint64_t num_documents; /* the source had: 1 is wanted */
    nd_input_report report;
    uint64_t *set; /* its shingle set */
    size_t size;
    uint64_t invalid_bytes;
} side;

static void side_init(side *s, const nd_allocator *allocator)
{
    *s = (side){0};
    nd_page_init(&s->id, allocator);
    nd_page_init(&s->text, allocator);
}

static void side_release(side *s, const nd_allocator *allocator)
{
    nd_page_release(&s->id);
    nd_page_release(&s->text);
    nd_release(allocator, s->set);
}

/* An nd_document_map_fn. */
static nd_status keep_first(void *ctx, uint32_t worker, const nd_document *document)
{
    (void)worker;
    side *const s = ctx;
    if (s->num_documents++ > 0)
        return ND_OK;
    nd_page_append(&s->id, document->id, document->id_len_bytes);
    nd_page_append(&s->text, document->text, document->text_len_bytes);
    return s->id.status != ND_OK ? s->id.status : s->text.status;
}

static nd_status refuse_count(const side *s, const char *path, nd_error *error)
{
    for (int issue = 0; issue < ND_NUM_ISSUES; issue++)
        if (s->num_documents == 0 && s->report.findings[issue].count > 0)
            return nd_error_set(error, ND_ERR_FORMAT, "%s",
                                s->report.findings[issue].first.message);
    return nd_error_set(error, ND_ERR_FORMAT,
                        "'%s' holds %s: compare takes inputs of one document each", path,
                        nd_amount_of(s->num_documents, "document").text);
}

static nd_status side_read(nd_job *job, side *s, const char *path, nd_error *error)
{
    nd_input *input = NULL;
    nd_status status = nd_job_open_input(job, &path, 1, &input, error);
    if (status != ND_OK)
        return status;
    job->progress.input = input;
    nd_document_map_options options = nd_job_map_options(job);
    options.num_threads = 1;
    status = nd_document_map(nd_input_source(input), &options, keep_first, s, error);
    job->progress.input = NULL;
    s->report = nd_input_report_get(input);
    nd_input_free(input);
    if (status == ND_OK && s->num_documents != 1)
        status = refuse_count(s, path, error);
    nd_input_report_add(&job->report, &s->report);
    return status;
}

/* The text's shingles, as a scan has them. */
static nd_status side_shingle(side *s, nd_text *text, nd_repairer *repairer, nd_shingle_spec spec,
                              const nd_allocator *allocator)
{
    const char *repaired;
    size_t len_bytes;
    nd_status status =
        nd_repairer_apply(repairer, s->text.bytes.items, s->text.bytes.len, &repaired, &len_bytes);
    if (status == ND_OK)
        status = nd_text_set(text, repaired, len_bytes, ND_TEXT_NO_OFFSETS);
    if (status != ND_OK)
        return status;
    s->invalid_bytes = nd_text_num_invalid_bytes(text);
    s->size = nd_shingle_count(text, spec);
    s->set = nd_alloc(allocator, s->size, sizeof *s->set);
    uint64_t *const scratch = nd_alloc(allocator, s->size, sizeof *scratch);
    status = s->set && scratch ? nd_shingle_hashes(text, spec, s->set) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        s->size = nd_shingle_set(s->set, s->size, scratch);
    nd_release(allocator, scratch);
    return status;
}

static nd_status shingle_both(nd_job *job, side *a, side *b)
{
    const nd_scan_options *const scan = &job->settings->scan;
    nd_text *text = NULL;
    nd_repairer *repairer = NULL;
    nd_status status = nd_text_new(job->allocator, &text);
    if (status == ND_OK)
        status = nd_repairer_new(scan->repairs, scan->folds, job->allocator, &repairer);
    if (status == ND_OK)
        status = side_shingle(a, text, repairer, scan->shingle, job->allocator);
    if (status == ND_OK)
        status = side_shingle(b, text, repairer, scan->shingle, job->allocator);
    nd_repairer_free(repairer);
    nd_text_free(text);
    return status;
}

static nd_document document_of(const side *s)
{
    return (nd_document){.id = s->id.bytes.items,
                         .id_len_bytes = s->id.bytes.len,
                         .text = s->text.bytes.len ? s->text.bytes.items : "",
                         .text_len_bytes = s->text.bytes.len};
}

typedef struct tally {
    uint64_t passages, caps_reached, invalid_bytes;
    uint64_t invalid, wordless, capped; /* documents; comparisons */
} tally;

#define AT(member) offsetof(tally, member)

static const nd_counter counters[] = {
    {.name = "passages", .offset = AT(passages), .meaning = "passages that both share"},
    ND_COUNTER_CAPS_REACHED(tally, caps_reached),
    ND_COUNTER_INVALID_UTF8(tally, invalid, invalid_bytes),
    {.name = "no_words",
     .offset = AT(wordless),
     .meaning = "documents without a word, which match nothing",
     .weight = ND_COUNTER_REMARK},
    ND_COUNTER_CAPPED_PASSAGES(tally, capped, caps_reached, "texts that"),
};

enum { INVALID = 2, WORDLESS = 3, NUM_COUNTERS = sizeof counters / sizeof *counters };

static void report(nd_job *job, const nd_comparison *comparison, const side *sides,
                   uint64_t caps_reached)
{
    tally sum = {.passages = comparison->num_passages,
                 .caps_reached = caps_reached,
                 .capped = caps_reached > 0};
    nd_first_id firsts[NUM_COUNTERS] = {0};
    for (int i = 0; i < 2; i++) {
        const side *const s = &sides[i];
        sum.invalid_bytes += s->invalid_bytes;
        sum.invalid += s->invalid_bytes > 0;
        sum.wordless += s->size == 0;
        if (s->invalid_bytes > 0 && !firsts[INVALID].is_set)
            nd_first_id_consider(&firsts[INVALID], s->id.bytes.items, s->id.bytes.len, ND_NO_PLACE);
        if (s->size == 0 && !firsts[WORDLESS].is_set)
            nd_first_id_consider(&firsts[WORDLESS], s->id.bytes.items, s->id.bytes.len,
                                 ND_NO_PLACE);
    }
    const nd_counter_list list = {counters, NUM_COUNTERS};
    nd_notes_add_counters(&job->notes, list, &sum, firsts, NULL);
    nd_counters_print_json(list, &sum, &job->stats);
    job->text_bytes = comparison->a.text_len_bytes + comparison->b.text_len_bytes;
}

/* By the rule, else by the verdict, else by the passages. */
static nd_match_kind kind_of(const nd_job *job, const nd_comparison *comparison)
{
    const nd_scan_options *const scan = &job->settings->scan;
    const nd_explanation *const e = comparison->explained;
    nd_match_kind kind = nd_match_classify(&comparison->similarity, &scan->rule);
    if (kind == ND_MATCH_NONE && e && e->verdict.score >= scan->score) {
        const nd_coverage coverage = {e->verdict.a_covered, e->verdict.b_covered};
        kind = nd_match_classify_covered(&comparison->similarity, &scan->rule, &coverage, 0);
    }
    return kind == ND_MATCH_NONE && comparison->num_passages > 0 ? ND_MATCH_PARTIAL : kind;
}

static nd_status print(const nd_job *job, nd_page *page, const nd_comparison *comparison,
                       nd_error *error)
{
    const uint64_t len_bytes = comparison->a.text_len_bytes + comparison->b.text_len_bytes;
    if (job->format != ND_FORMAT_HTML) {
        nd_comparison_print(job, page, comparison);
        return ND_OK;
    }
    if (len_bytes > ND_REPORT_MAX_BYTES)
        return nd_error_set(error, ND_ERR_LIMIT, "%s of text are too much for a page of HTML",
                            nd_amount_bytes((double)len_bytes).text);
    return nd_comparison_report(job, page, comparison);
}

static nd_status compare_sides(nd_job *job, const side *sides, nd_error *error)
{
    const side *const a = &sides[0], *const b = &sides[1];
    const nd_scan_options *const scan = &job->settings->scan;
    const nd_passage_options options = nd_settings_passage(job->settings);
    nd_comparison comparison = {.a = document_of(a), .b = document_of(b)};
    nd_explanation explained;
    nd_verdict_reader *reader = NULL;
    nd_passage_finder *finder = NULL;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_status status = nd_passage_finder_new(&options, job->allocator, &finder);
    if (status == ND_OK)
        status = nd_passage_finder_shared(finder, comparison.a.text, comparison.a.text_len_bytes,
                                          comparison.b.text, comparison.b.text_len_bytes,
                                          &comparison.passages, &comparison.num_passages);
    if (status == ND_OK && scan->score > 0)
        status = nd_verdict_reader_new(scan->repairs, scan->folds, job->allocator, &reader);
    if (status == ND_OK && scan->score > 0)
        status = nd_comparison_explain(&comparison, reader, &explained);
    if (status == ND_OK) {
        comparison.similarity = nd_similarity_compute(a->set, a->size, b->set, b->size);
        comparison.kind = kind_of(job, &comparison);
        nd_notes_add_findings(&job->notes, &job->report);
        report(job, &comparison, sides, nd_passage_finder_stats(finder).capped);
        status = nd_job_check_strict(job, error);
    }
    nd_job_lap(job, "comparing");
    if (status == ND_OK)
        status = print(job, &page, &comparison, error);
    if (status == ND_OK)
        status = nd_job_write(job, &page);
    nd_page_release(&page);
    nd_passage_finder_free(finder);
    nd_verdict_reader_free(reader);
    return status;
}

static nd_status compare_inputs(nd_job *job, nd_error *error)
{
    side sides[2];
    nd_status status = ND_OK;
    for (int i = 0; i < 2; i++)
        side_init(&sides[i], job->allocator);
    for (int i = 0; i < 2 && status == ND_OK; i++)
        status = side_read(job, &sides[i], job->settings->line.operands[i], error);
    nd_job_lap(job, "reading");
    if (status == ND_OK)
        status = shingle_both(job, &sides[0], &sides[1]);
    if (status == ND_OK)
        status = compare_sides(job, sides, error);
    for (int i = 0; i < 2; i++)
        side_release(&sides[i], job->allocator);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, compare_inputs);
}

const nd_command nd_command_compare = {
    .info.name = "compare",
    .info.summary = "similarity of two files and the passages they share",
    .info.operands = "A B",
    .info.operands_missing = "compare needs two inputs, A and B ('-' for standard input)",
    .info.min_operands = 2,
    .info.max_operands = 2,
    .info.description =
        "Reads two inputs of one document each and reports how similar they are: their Jaccard "
        "similarity, how much of each appears in the other, and which passages they share, with "
        "the lines in both. Passages are found by words, whatever '--shingle' says. "
        "'--preset news' prepares both texts as 'scan' does, and tells its verdict on them: the "
        "score, the three answers that it is made of, and the strongest words and numbers for it "
        "and against it.\n\n"
        "Kinds: exact (the same shingles), near, contains (a contains b), contained (b contains "
        "a), partial (no threshold is reached, but they share passages), none.\n",
    .info.examples =
        "  neardup compare story.txt story-as-printed.txt\n"
        "  curl -s https://example.org/story.txt | neardup compare story.txt -\n"
        "  neardup compare --format jsonl --containment 0.9 long.txt short.txt\n"
        "  neardup compare --format html story.txt story-as-printed.txt -o story.html\n",
    .info.options = {nd_tool_options, ND_COMMAND_COMPARE},
    .check = nd_settings_check_passage,
    .run = run,
};

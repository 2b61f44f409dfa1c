/* neardup scan: near-copies across documents. */
#include "cli/amounts.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/match_writer.h"
#include "cli/option_groups.h"
#include "cli/plan_settings.h"
#include "util/error.h"

#define NEEDS_GROUPS                                                                               \
    {                                                                                              \
        "--groups", offsetof(nd_settings, scan_output), 1u << ND_SCAN_GROUPS                       \
    }

static const nd_choice links[] = {
    {"anchored", ND_LINK_ANCHORED},
    {"single", ND_LINK_SINGLE},
    {NULL, 0},
};

static const nd_choice keeps[] = {
    {"longest", ND_KEEP_LONGEST},
    {"earliest", ND_KEEP_EARLIEST},
    {"preferred", ND_KEEP_PREFERRED},
    {"first-id", ND_KEEP_FIRST_ID},
    {NULL, 0},
};

static const nd_option result_options[] = {
    {.name = "groups",
     .kind = ND_OPTION_SET,
     .help = "report groups of near-copies, each with the document to keep (the default)",
     .initial = "",
     .offset = offsetof(nd_settings, scan_output),
     .value = ND_SCAN_GROUPS},
    {.name = "pairs",
     .kind = ND_OPTION_SET,
     .help = "report every pair of near-copies",
     .offset = offsetof(nd_settings, scan_output),
     .value = ND_SCAN_PAIRS},
    {.name = "passages",
     .kind = ND_OPTION_SET,
     .help = "list the passages that two texts share, with their bytes in both; all texts are kept "
             "in memory",
     .offset = offsetof(nd_settings, passages),
     .value = 1},
    {.name = "max-matches",
     .kind = ND_OPTION_COUNT,
     .argument = "N",
     .help = "keep the N best pairs of a document, and count the others; 0: all",
     .initial = "1000",
     .offset = offsetof(nd_settings, max_matches),
     .min = 0,
     .max = UINT32_MAX,
     .need = {"--pairs", offsetof(nd_settings, scan_output), 1u << ND_SCAN_PAIRS}},
    {.name = "link",
     .kind = ND_OPTION_CHOICE,
     .argument = "anchored|single",
     .help = "every member of a group matches its representative, or just some other member",
     .initial = "anchored",
     .offset = offsetof(nd_settings, link),
     .choices = links,
     .need = NEEDS_GROUPS},
    {.name = "representative",
     .kind = ND_OPTION_CHOICE,
     .argument = "WHICH",
     .help = "which document stands for a group: longest, earliest, preferred or first-id",
     .initial = "longest",
     .offset = offsetof(nd_settings, keep),
     .choices = keeps,
     .need = NEEDS_GROUPS},
    {.name = "date-field",
     .kind = ND_OPTION_STRING,
     .argument = "NAME",
     .help = "field with the date",
     .initial = "date",
     .offset = offsetof(nd_settings, date_field),
     .need = {"--representative earliest", offsetof(nd_settings, keep), 1u << ND_KEEP_EARLIEST}},
    {.name = "source-field",
     .kind = ND_OPTION_STRING,
     .argument = "NAME",
     .help = "field with the source",
     .initial = "source",
     .offset = offsetof(nd_settings, source_field),
     .need = {"--representative preferred", offsetof(nd_settings, keep), 1u << ND_KEEP_PREFERRED}},
    {.name = "prefer",
     .kind = ND_OPTION_LIST,
     .argument = "A,B,...",
     .help = "sources, the one to keep first of all; others come after them",
     .offset = offsetof(nd_settings, prefer),
     .need = {"--representative preferred", offsetof(nd_settings, keep), 1u << ND_KEEP_PREFERRED}},
    {0},
};
static const nd_option_group result_group = {"Result", result_options};

static nd_scan_options scan_options(nd_job *job)
{
    const nd_settings *const settings = job->settings;
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.shingle = settings->shingle;
    options.rule = (nd_match_rule){settings->threshold, settings->containment};
    options.coverage = settings->coverage;
    options.recall = settings->recall;
    options.repairs = (uint32_t)settings->repairs;
    options.num_threads = job->num_threads;
    options.max_matches = (uint32_t)settings->max_matches;
    options.output = (nd_scan_output)settings->scan_output;
    options.link = (nd_link)settings->link;
    options.representative = settings->keep == ND_KEEP_LONGEST    ? ND_REPRESENTATIVE_LONGEST
                             : settings->keep == ND_KEEP_FIRST_ID ? ND_REPRESENTATIVE_FIRST_ID
                                                                  : ND_REPRESENTATIVE_PREFERRED;
    options.texts = settings->passages ? ND_TEXTS_KEEP : ND_TEXTS_FORGET;
    options.progress = nd_progress_step;
    options.progress_ctx = &job->progress;
    return options;
}

static nd_status check(const nd_settings *settings, nd_error *error)
{
    const bool by_field = settings->keep == ND_KEEP_EARLIEST || settings->keep == ND_KEEP_PREFERRED;
    if (settings->keep == ND_KEEP_PREFERRED && settings->prefer.num_names == 0)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--representative preferred' needs '--prefer A,B,...'");
    if (by_field && settings->input_format == ND_INPUT_TEXT)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--representative %s' needs fields, which text files do not have",
                            settings->keep == ND_KEEP_EARLIEST ? "earliest" : "preferred");
    if (settings->passages && settings->format == ND_FORMAT_TSV)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--passages' does not fit into '--format tsv': use jsonl or text");
    if (settings->coverage > 0 && nd_settings_given(settings, "recall"))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "option '--recall' has no effect with a coverage: there are no bands");
    nd_plan plan;
    return settings->coverage > 0 ? ND_OK : nd_plan_settings(settings, &plan, error);
}

/* What the engine left out, and what users should know. */
static void add_notes(nd_notes *notes, const nd_scan_stats *stats, uint64_t max_matches)
{
    nd_notes_add(notes, ND_NOTE_LOSS, "invalid_utf8", stats->documents_invalid_utf8,
                 "documents with invalid UTF-8, read as U+FFFD: %llu (%s)",
                 (unsigned long long)stats->documents_invalid_utf8,
                 nd_amount_of(stats->invalid_bytes, "byte").text);
    nd_notes_add(notes, ND_NOTE_REMARK, "no_words", stats->documents_no_tokens,
                 "documents without a word, which match nothing: %llu",
                 (unsigned long long)stats->documents_no_tokens);
    nd_notes_add(notes, ND_NOTE_REMARK, "duplicate_ids", stats->duplicate_ids,
                 "documents whose id an earlier one has: %llu",
                 (unsigned long long)stats->duplicate_ids);
    nd_notes_add(notes, ND_NOTE_LOSS, "capped_buckets", stats->capped_buckets,
                 "buckets over the cap: %llu, at most %s left out",
                 (unsigned long long)stats->capped_buckets,
                 nd_amount_of(stats->capped_comparisons, "comparison").text);
    nd_notes_add(notes, ND_NOTE_LOSS, "common_documents", stats->common_documents,
                 "documents mostly of text that very many share, compared with some of those: %llu",
                 (unsigned long long)stats->common_documents);
    nd_notes_add(notes, ND_NOTE_LOSS, "capped_documents", stats->capped_documents,
                 "documents with over %llu matches, of which the best are kept: %llu",
                 (unsigned long long)max_matches, (unsigned long long)stats->capped_documents);
}

static void add_stats(nd_page *page, const nd_scan_stats *stats)
{
    const struct {
        const char *key;
        uint64_t count;
    } counts[] = {
        {"documents", stats->documents},
        {"text_bytes", stats->text_bytes},
        {"tokens", stats->tokens},
        {"shingles", stats->shingles},
        {"invalid_bytes", stats->invalid_bytes},
        {"repaired_documents", stats->repaired_documents},
        {"repairs", stats->repairs},
        {"exact_copies", stats->exact_copies},
        {"candidates", stats->candidates},
        {"matches", stats->matches},
        {"pairs", stats->pairs},
        {"groups", stats->groups},
        {"group_members", stats->group_members},
        {"capped_comparisons", stats->capped_comparisons},
        {"common_documents", stats->common_documents},
    };
    nd_page_printf(page,
                   ",\"plan\":{\"threshold\":%.6f,\"recall\":%.6f,\"bands\":%u,\"rows\":%u"
                   ",\"slots\":%u},\"counts\":{",
                   stats->plan.threshold, stats->plan.recall, stats->plan.bands, stats->plan.rows,
                   stats->plan.slots);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        nd_page_printf(page, "%s\"%s\":%llu", i ? "," : "", counts[i].key,
                       (unsigned long long)counts[i].count);
    nd_page_put(page, "}");
}

/* num_written: UINT64_MAX where the reader of the output went away. */
static void set_headline(nd_job *job, const nd_scan_stats *stats, uint64_t num_written)
{
    nd_page *const line = &job->headline;
    nd_page_printf(line, "%s, ", nd_amount_of(stats->documents, "document").text);
    if (job->settings->scan_output == ND_SCAN_GROUPS && stats->groups == 0)
        nd_page_put(line, "no groups");
    else if (job->settings->scan_output == ND_SCAN_GROUPS)
        nd_page_printf(line, "%s with %s %s", nd_amount_of(stats->groups, "group").text,
                       nd_amount_count(stats->group_members).text,
                       stats->group_members == 1 ? "copy" : "copies");
    else if (num_written < stats->pairs)
        nd_page_printf(line, "%s, of %s found", nd_amount_of(num_written, "pair").text,
                       nd_amount_count(stats->pairs).text);
    else
        nd_page_put(line, nd_amount_of(stats->pairs, "pair").text);
}

static nd_status write_results(nd_job *job, const nd_scan *scan, const nd_scan_stats *stats)
{
    nd_match_writer writer;
    nd_status status = nd_match_writer_init(&writer, job);
    if (status == ND_OK)
        status = nd_match_writer_begin(&writer);
    if (status == ND_OK)
        status = job->settings->scan_output == ND_SCAN_PAIRS
                     ? nd_scan_each_pair(scan, nd_match_writer_pair, &writer)
                     : nd_scan_each_group(scan, nd_match_writer_group, &writer);
    nd_match_writer_release(&writer);
    set_headline(job, stats, status == ND_OK ? writer.num_written : UINT64_MAX);
    nd_job_lap(job, "writing");
    return status;
}

static nd_status read_and_match(nd_job *job, nd_scan *scan, nd_error *error)
{
    nd_status status = nd_scan_add_source(scan, nd_input_source(job->input), error);
    if (status == ND_OK)
        status = nd_job_reading_done(job, error);
    if (status == ND_OK)
        status = nd_scan_finish(scan);
    nd_job_lap(job, "matching");
    return status;
}

static nd_status report_and_write(nd_job *job, const nd_scan *scan, nd_error *error)
{
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    add_notes(&job->notes, &stats, job->settings->max_matches);
    add_stats(&job->stats, &stats);
    job->text_bytes = stats.text_bytes;
    const nd_status status = nd_job_check_strict(job, error);
    return status == ND_OK ? write_results(job, scan, &stats) : status;
}

static nd_status scan_inputs(nd_job *job, nd_error *error)
{
    const nd_scan_options options = scan_options(job);
    nd_scan *scan = NULL;
    nd_status status = nd_scan_new(&options, job->allocator, &scan);
    if (status == ND_OK)
        status = read_and_match(job, scan, error);
    if (status == ND_OK)
        status = report_and_write(job, scan, error);
    nd_scan_free(scan);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_READS_OPERANDS, scan_inputs);
}

const nd_command nd_command_scan = {
    .name = "scan",
    .summary = "near-copies across documents: pairs or groups",
    .operands = "INPUT...",
    .operands_missing = "no input: name files or folders, or '-' for standard input",
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .description =
        "Reads documents from files, folders (recursively, one document a file), JSON Lines and "
        "standard input ('-'), compressed by gzip, zstd, xz, bzip2 or lz4 or not, and reports "
        "which are near-copies of which. Every similarity reported is exact: a sketch only "
        "proposes the pairs to look at.\n\n"
        "A match is a pair whose jaccard similarity, or whose containment in either direction, "
        "reaches its threshold. Kinds: exact, near, contains (the first, or the representative, "
        "holds the other), contained (the other way round).\n",
    .examples = "  neardup scan articles/\n"
                "  neardup scan --pairs --threshold 0.5 news.jsonl.gz > pairs.jsonl\n"
                "  neardup scan --containment 0.9 --representative earliest news.jsonl\n"
                "  zcat dump.gz | neardup scan --format tsv -o groups.tsv -\n",
    .groups = {&nd_options_scan_preset, &nd_options_shingle, &nd_options_threshold,
               &nd_options_coverage, &nd_options_repair, &nd_options_recall, &result_group,
               &nd_options_input, &nd_options_output, &nd_options_report, &nd_options_progress,
               &nd_options_threads, &nd_options_kernel, &nd_options_help},
    .check = check,
    .run = run,
};

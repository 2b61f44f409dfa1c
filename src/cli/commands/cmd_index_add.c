/* neardup index add and index query: documents on their way into an index, or past it. */
#include <string.h>

#include "cli/commands/command.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "util/error.h"

/* What became of the documents. */
typedef struct tally {
    uint64_t documents, added, replaced, known, matched, over_limit, matches, with_matches;
} tally;

#define AT(member) offsetof(tally, member)

static const nd_counter add_counters[] = {
    {.name = "documents", .offset = AT(documents), .meaning = "documents read"},
    {.name = "added", .offset = AT(added), .meaning = "documents added under a new id"},
    {.name = "replaced",
     .offset = AT(replaced),
     .meaning = "documents that replaced the one of their id",
     .weight = ND_COUNTER_REMARK},
    {.name = "known_ids",
     .offset = AT(known),
     .meaning = "documents whose id is in the index, not added",
     .weight = ND_COUNTER_REMARK},
    {.name = "matched",
     .offset = AT(matched),
     .meaning = "documents that match one in the index, not added",
     .weight = ND_COUNTER_REMARK},
    {.name = "over_limit",
     .offset = AT(over_limit),
     .meaning = "texts above 4 GB, ids and sources above 64 KiB, left out",
     .weight = ND_COUNTER_LOSS},
    {.name = "with_matches",
     .offset = AT(with_matches),
     .meaning = "documents with a match when they came"},
    {.name = "matches", .offset = AT(matches), .meaning = "matches they had"},
};

static const nd_counter query_counters[] = {
    {.name = "documents", .offset = AT(documents), .meaning = "documents asked for"},
    {.name = "over_limit",
     .offset = AT(over_limit),
     .meaning = "texts above 4 GB, left out",
     .weight = ND_COUNTER_LOSS},
    {.name = "with_matches", .offset = AT(with_matches), .meaning = "documents with a match"},
    {.name = "matches", .offset = AT(matches), .meaning = "matches they have"},
};

/* One run of either command. */
typedef struct asking {
    nd_job *job;
    nd_index *index;
    nd_index_query query;
    tally tally;
    nd_first_id firsts[ND_NOTES_MAX];
    nd_page page;
    nd_error *error;
} asking;

static void asking_init(asking *a, nd_job *job, nd_error *error)
{
    memset(a, 0, sizeof *a);
    a->job = job;
    a->error = error;
    nd_page_init(&a->page, job->allocator);
}

static void asking_release(asking *a)
{
    nd_index_free(a->index);
    nd_page_release(&a->page);
}

/* Names a document for the counter at that place in the tally. */
static void name_first(asking *a, nd_counter_list list, size_t offset, nd_bytes id, uint64_t tag)
{
    for (size_t i = 0; i < list.num; i++)
        if (list.counters[i].offset == offset)
            nd_first_id_consider(&a->firsts[i], id.p, id.len_bytes, tag);
}

static nd_status write_answer(asking *a, nd_bytes id, const nd_index_match *matches, size_t num)
{
    const nd_index_answer answer = {id, matches, num};
    a->tally.with_matches += num > 0;
    a->tally.matches += num;
    nd_index_answer_print(a->job, &a->page, a->index, &answer);
    return nd_job_write(a->job, &a->page);
}

static nd_status begin_writing(asking *a)
{
    nd_index_answer_print_header(a->job, &a->page, a->index);
    return nd_job_write(a->job, &a->page);
}

static void report(asking *a, nd_counter_list list)
{
    nd_notes_add_counters(&a->job->notes, list, &a->tally, a->firsts, a->job->input);
    nd_counters_print_json(list, &a->tally, &a->job->stats);
}

/* --- add --- */

static const nd_counter_list add_list = {add_counters, sizeof add_counters / sizeof *add_counters};

/* Where a document with that outcome is counted. */
static size_t place_of(nd_index_outcome outcome)
{
    switch (outcome) {
    case ND_INDEX_ADDED:
        return AT(added);
    case ND_INDEX_REPLACED:
        return AT(replaced);
    case ND_INDEX_KNOWN_ID:
        return AT(known);
    case ND_INDEX_MATCHED:
        return AT(matched);
    case ND_INDEX_OVER_LIMIT:
        break;
    }
    return AT(over_limit);
}

static nd_status take_addition(void *ctx, const nd_index_addition *addition)
{
    asking *const a = ctx;
    const nd_bytes id = {addition->id, addition->id_len_bytes};
    const size_t place = place_of(addition->outcome);
    a->tally.documents++;
    ++*(uint64_t *)(void *)((char *)&a->tally + place);
    name_first(a, add_list, place, id, addition->tag);
    if (!a->job->settings->reports || addition->outcome == ND_INDEX_KNOWN_ID ||
        addition->outcome == ND_INDEX_OVER_LIMIT)
        return ND_OK;
    return write_answer(a, id, addition->matches, addition->num_matches);
}

/* What is told of documents is told once they are there for good. */
static nd_status flush_committed(void *ctx)
{
    const asking *const a = ctx;
    return a->job->is_fed ? nd_job_flush(a->job) : ND_OK;
}

static nd_status add_all(asking *a)
{
    nd_job *const job = a->job;
    nd_index_source_options options;
    nd_index_source_options_init(&options);
    options.mode = (nd_index_mode)job->settings->index_mode;
    options.query = job->settings->reports ? &a->query : NULL;
    options.added = take_addition;
    options.committed = flush_committed;
    options.ctx = a;
    options.blocks_at_once = job->is_fed ? 1 : 0;
    options.progress = nd_progress_step;
    options.progress_ctx = &job->progress;
    nd_index_query_init(&a->query);
    nd_status status = nd_index_open_for(job, ND_INDEX_WRITE, &a->index, a->error);
    if (status == ND_OK && job->settings->reports)
        status = begin_writing(a);
    if (status == ND_OK)
        status = nd_index_add_source(a->index, nd_input_source(job->input), &options, a->error);
    return status == ND_OK ? nd_job_reading_done(job, a->error) : status;
}

static nd_status add(nd_job *job, nd_error *error)
{
    asking a;
    asking_init(&a, job, error);
    const nd_status status = add_all(&a);
    report(&a, add_list);
    nd_page_printf(&job->headline, "%s added",
                   nd_amount_of(a.tally.added + a.tally.replaced, "document").text);
    if (job->settings->reports)
        nd_page_printf(&job->headline, ", %s with a match",
                       nd_amount_count(a.tally.with_matches).text);
    asking_release(&a);
    return status;
}

static int run_add(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_READS_AFTER_FIRST, add);
}

const nd_command nd_command_index_add = {
    .info.name = "index add",
    .info.summary = "documents into an index, and what they match in it",
    .info.operands = "DIR INPUT...",
    .info.operands_missing = "index add needs the folder of an index, and an input ('-' for "
                             "standard input)",
    .info.min_operands = 2,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Adds the documents of the inputs, which are read as 'scan' reads them. One whose id is in "
        "the index takes the place of the one there. With '--report' a line is written for each "
        "document with what it matched in the index at that moment: before it was added itself, "
        "and after those before it.\n\n"
        "What comes through a pipe is added, made durable and reported as it comes; otherwise "
        "there is a commit for every 10,000 documents. Whatever ends the process, what was "
        "committed is there, and nothing is there in part. Others can read meanwhile; one process "
        "writes.\n",
    .info.examples = "  neardup index add seen archive/*.jsonl.gz\n"
                     "  tail -f wire.jsonl | neardup index add --report seen - > copies.jsonl\n"
                     "  neardup index add --if-unmatched seen today.jsonl\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_ADD},
    .run = run_add,
};

/* --- query --- */

static const nd_counter_list query_list = {query_counters,
                                           sizeof query_counters / sizeof *query_counters};

/* An nd_document_fn. */
static nd_status query_document(void *ctx, const nd_document *document)
{
    asking *const a = ctx;
    const nd_bytes id = {document->id, document->id_len_bytes};
    const nd_index_match *matches;
    size_t num;
    a->tally.documents++;
    a->query.not_id = document->id;
    a->query.not_id_len_bytes = document->id_len_bytes;
    const nd_status status = nd_index_query_text(a->index, document->text, document->text_len_bytes,
                                                 &a->query, &matches, &num, a->error);
    if (status == ND_ERR_LIMIT) {
        a->tally.over_limit++;
        name_first(a, query_list, AT(over_limit), id, document->tag);
        return ND_OK;
    }
    return status == ND_OK ? write_answer(a, id, matches, num) : status;
}

/* What comes through a pipe is asked of the index as it is then. */
static nd_status query_block(asking *a, const nd_source *source, void *block)
{
    nd_error of_source = {0};
    nd_status status = a->job->is_fed ? nd_index_refresh(a->index, a->error) : ND_OK;
    if (status != ND_OK) {
        source->discard(source->ctx, block);
        return status;
    }
    status = source->decode(source->ctx, block, query_document, a, &of_source);
    if (status != ND_OK && of_source.code == status && a->error->code != status)
        *a->error = of_source;
    if (status == ND_OK && a->job->is_fed)
        status = nd_job_flush(a->job);
    return status == ND_OK
               ? nd_progress_step(&a->job->progress, ND_PHASE_READ, a->tally.documents, 0)
               : status;
}

static nd_status query_inputs(asking *a)
{
    const nd_source *const source = nd_input_source(a->job->input);
    void *block = NULL;
    nd_status status = ND_OK;
    do {
        status = source->next(source->ctx, &block, a->error);
        if (status == ND_OK && block)
            status = query_block(a, source, block);
    } while (status == ND_OK && block);
    return status == ND_OK ? nd_job_reading_done(a->job, a->error) : status;
}

static nd_status query_id(asking *a)
{
    const char *const id = a->job->settings->asked_id;
    const nd_bytes bytes = {id, strlen(id)};
    const nd_index_match *matches;
    size_t num;
    a->tally.documents++;
    const nd_status status =
        nd_index_query_id(a->index, id, bytes.len_bytes, &a->query, &matches, &num, a->error);
    return status == ND_OK ? write_answer(a, bytes, matches, num) : status;
}

/* A threshold that was not given is the index's. */
static void settle_rule(asking *a)
{
    const nd_match_rule own = nd_index_rule(a->index);
    nd_match_rule *const rule = &a->query.rule;
    *rule = a->job->settings->asked_rule;
    if (!(rule->jaccard > 0))
        rule->jaccard = own.jaccard;
    if (!(rule->containment > 0))
        rule->containment = own.containment;
    a->query.score = a->job->settings->asked_score;
}

static nd_status query(nd_job *job, nd_error *error)
{
    asking a;
    asking_init(&a, job, error);
    nd_status status = nd_settings_query(job->settings, &a.query, error);
    if (status == ND_OK)
        status = nd_index_open_for(job, ND_INDEX_READ, &a.index, error);
    if (status == ND_OK) {
        settle_rule(&a);
        status = begin_writing(&a);
    }
    if (status == ND_OK)
        status = job->settings->asked_id ? query_id(&a) : query_inputs(&a);
    report(&a, query_list);
    nd_page_printf(&job->headline, "%s, ", nd_amount_of(a.tally.documents, "document").text);
    nd_page_printf(&job->headline, "%s with a match", nd_amount_count(a.tally.with_matches).text);
    asking_release(&a);
    return status;
}

static int run_query(const nd_settings *settings)
{
    return nd_job_run(settings,
                      settings->asked_id ? ND_JOB_OPENS_NOTHING : ND_JOB_READS_AFTER_FIRST, query);
}

static nd_status check_query(const nd_settings *settings, nd_error *error)
{
    const bool has_inputs = settings->line.num_operands > 1;
    if (has_inputs == (settings->asked_id != NULL))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            has_inputs ? "'--id' asks for a document of the index: name no input"
                                       : "nothing to ask for: name an input, or '--id ID'");
    return nd_settings_check_times(settings, error);
}

const nd_command nd_command_index_query = {
    .info.name = "index query",
    .info.summary = "what documents match in an index",
    .info.operands = "DIR [INPUT...]",
    .info.operands_missing = "no index: name its folder",
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Writes a line for each document of the inputs, or for the one with '--id', with its "
        "matches in the index, best first: those that 'scan --pairs' of all of them would report. "
        "A document that is in the index itself, by its id, is no match of itself. Nothing is "
        "changed.\n",
    .info.examples =
        "  neardup index query seen article.txt\n"
        "  neardup index query --id wire-17 --max-matches 5 seen\n"
        "  neardup index query --since 2024-05-01 --not-source reuters seen new.jsonl\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_QUERY},
    .check = check_query,
    .run = run_query,
};

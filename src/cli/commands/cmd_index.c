/* neardup index: what is done to an index as a whole. */
#include <string.h>

#include "cli/commands/command.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "neardup/date.h"
#include "util/error.h"

nd_status nd_index_open_for(const nd_job *job, nd_index_access access, nd_index **out,
                            nd_error *error)
{
    const nd_settings *const settings = job->settings;
    nd_index_options options;
    nd_index_options_init(&options);
    options.access = access;
    options.durability = settings->is_unsynced ? ND_INDEX_UNSYNCED : ND_INDEX_SYNCED;
    options.num_threads = job->num_threads;
    options.lock_wait_ms = (uint32_t)(settings->wait_seconds * 1000);
    return nd_index_open(nd_index_folder(job), &options, job->allocator, out, error);
}

/* What a command does with the index. */
typedef nd_status (*index_fn)(nd_job *job, nd_index *index, nd_error *error);

static nd_status with_index(nd_job *job, nd_index_access access, index_fn act, nd_error *error)
{
    nd_index *index;
    nd_status status = nd_index_open_for(job, access, &index, error);
    if (status == ND_OK)
        status = act(job, index, error);
    nd_index_free(index);
    return status;
}

#define FOLDER_MISSING "no index: name its folder"

/* --- create --- */

static nd_status create(nd_job *job, nd_error *error)
{
    nd_scan_options options = nd_settings_scan(job->settings, job->num_threads);
    options.output = ND_SCAN_PAIRS;
    const nd_status status = nd_index_create(nd_index_folder(job), &options, job->allocator, error);
    if (status == ND_OK)
        nd_page_put(&job->headline, "an empty index is made");
    return status;
}

static int run_create(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, create);
}

static nd_status check_create(const nd_settings *settings, nd_error *error)
{
    nd_plan plan;
    return nd_scan_options_has_coverage(&settings->scan) ? ND_OK
                                                         : nd_settings_plan(settings, &plan, error);
}

static const nd_command command_create = {
    .info.name = "index create",
    .info.summary = "an empty index in a new folder",
    .info.operands = "DIR",
    .info.operands_missing = FOLDER_MISSING,
    .info.min_operands = 1,
    .info.max_operands = 1,
    .info.description =
        "Makes an empty index. What its texts are compared by, and what is a match, is settled "
        "here for good, with the version of Unicode that this tool is built on: another version "
        "does not read it.\n",
    .info.examples = "  neardup index create seen\n"
                     "  neardup index create --preset news seen\n"
                     "  neardup index create --threshold 0.5 --containment 0.8 seen\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_CREATE},
    .check = check_create,
    .run = run_create,
};

/* --- remove --- */

static nd_status remove_ids(nd_job *job, nd_index *index, uint64_t *num, uint64_t *num_unknown,
                            nd_error *error)
{
    const nd_command_line *const line = &job->settings->line;
    nd_status status = ND_OK;
    for (size_t i = 1; status == ND_OK && i < line->num_operands; i++) {
        status = nd_index_remove(index, line->operands[i], strlen(line->operands[i]), error);
        *num += status == ND_OK;
        if (status != ND_ERR_NOT_FOUND)
            continue;
        if ((*num_unknown)++ == 0)
            nd_notes_add(&job->notes, ND_COUNTER_LOSS, "unknown_ids", "ids without a document", 0,
                         "'%s'", line->operands[i]);
        status = ND_OK;
    }
    return status;
}

static nd_status remove_documents(nd_job *job, nd_index *index, nd_error *error)
{
    const char *const before = job->settings->before;
    uint64_t num = 0, num_old = 0, num_unknown = 0;
    int64_t time = 0;
    nd_status status = remove_ids(job, index, &num, &num_unknown, error);
    if (status == ND_OK && before && nd_date_microseconds(before, strlen(before), &time))
        status = nd_index_remove_before(index, time, &num_old, error);
    if (status == ND_OK)
        status = nd_index_commit(index, error);
    if (num_unknown > 0)
        job->notes.items[0].count = num_unknown;
    nd_page_printf(&job->headline, "%s removed", nd_amount_of(num + num_old, "document").text);
    return status;
}

static nd_status remove_all(nd_job *job, nd_error *error)
{
    return with_index(job, ND_INDEX_WRITE, remove_documents, error);
}

static int run_remove(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, remove_all);
}

static nd_status check_remove(const nd_settings *settings, nd_error *error)
{
    if (settings->line.num_operands == 1 && !settings->before)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "nothing to remove: name ids, or '--before TIME'");
    return nd_settings_check_times(settings, error);
}

static const nd_command command_remove = {
    .info.name = "index remove",
    .info.summary = "documents out of an index, by id or by time",
    .info.operands = "DIR [ID...]",
    .info.operands_missing = FOLDER_MISSING,
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Removes documents, all at once or none. An id without a document is counted. The room "
        "they take on the disk is given back by 'index compact'.\n",
    .info.examples = "  neardup index remove seen wire-17 wire-18\n"
                     "  neardup index remove --before 2024-05-01 seen\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_REMOVE},
    .check = check_remove,
    .run = run_remove,
};

/* --- stat --- */

static nd_status print_stats(nd_job *job, nd_index *index, nd_error *error)
{
    nd_index_stats stats;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_status status = nd_index_stats_get(index, &stats, error);
    if (status == ND_OK) {
        nd_index_stats_print(job, &page, index, &stats);
        status = nd_job_write(job, &page);
    }
    nd_page_release(&page);
    return status;
}

static nd_status stat_all(nd_job *job, nd_error *error)
{
    return with_index(job, ND_INDEX_READ, print_stats, error);
}

static int run_stat(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, stat_all);
}

static const nd_command command_stat = {
    .info.name = "index stat",
    .info.summary = "what an index holds, and where its bytes go",
    .info.operands = "DIR",
    .info.operands_missing = FOLDER_MISSING,
    .info.min_operands = 1,
    .info.max_operands = 1,
    .info.examples = "  neardup index stat seen\n"
                     "  neardup index stat --format jsonl seen | jq .documents\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_STAT},
    .run = run_stat,
};

/* --- check --- */

static nd_status check_index(nd_job *job, nd_index *index, nd_error *error)
{
    nd_index_stats stats;
    nd_status status = nd_index_check(index, nd_progress_step, &job->progress, error);
    if (status == ND_OK)
        status = nd_index_stats_get(index, &stats, error);
    if (status == ND_OK)
        nd_page_printf(&job->headline, "%s, all as they were written",
                       nd_amount_of(stats.documents, "document").text);
    return status;
}

static nd_status check_all(nd_job *job, nd_error *error)
{
    return with_index(job, ND_INDEX_READ, check_index, error);
}

static int run_check(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, check_all);
}

static const nd_command command_check = {
    .info.name = "index check",
    .info.summary = "read all of an index and compare it with itself",
    .info.operands = "DIR",
    .info.operands_missing = FOLDER_MISSING,
    .info.min_operands = 1,
    .info.max_operands = 1,
    .info.description =
        "Reads every byte: checksums, each text with its digest, its set and its band keys, and "
        "each table with what it should find. Fails with the first thing that is wrong.\n",
    .info.examples = "  neardup index check seen\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_CHECK},
    .run = run_check,
};

/* --- compact --- */

static nd_status compact_index(nd_job *job, nd_index *index, nd_error *error)
{
    nd_index_stats before, after;
    nd_status status = nd_index_stats_get(index, &before, error);
    if (status == ND_OK)
        status = nd_index_compact(index, error);
    if (status == ND_OK)
        status = nd_index_stats_get(index, &after, error);
    if (status == ND_OK) {
        nd_page_printf(&job->headline, "%s, ", nd_amount_of(after.documents, "document").text);
        nd_page_printf(&job->headline, "%s where ", nd_amount_bytes((double)after.bytes).text);
        nd_page_printf(&job->headline, "%s were", nd_amount_bytes((double)before.bytes).text);
    }
    return status;
}

static nd_status compact_all(nd_job *job, nd_error *error)
{
    return with_index(job, ND_INDEX_WRITE, compact_index, error);
}

static int run_compact(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, compact_all);
}

static const nd_command command_compact = {
    .info.name = "index compact",
    .info.summary = "an index written anew, without what was removed",
    .info.operands = "DIR",
    .info.operands_missing = FOLDER_MISSING,
    .info.min_operands = 1,
    .info.max_operands = 1,
    .info.description = "Others can read the index meanwhile. It needs room for both, until it is "
                        "done.\n",
    .info.examples = "  neardup index compact seen\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_COMPACT},
    .run = run_compact,
};

/* --- merge and copy --- */

static nd_status merge_indexes(nd_job *job, nd_index *index, nd_error *error)
{
    nd_index *from = NULL;
    uint64_t num_added = 0;
    nd_status status =
        nd_index_open(job->settings->line.operands[1], NULL, job->allocator, &from, error);
    if (status == ND_OK)
        status = nd_index_merge(index, from, (nd_index_mode)job->settings->index_mode, &num_added,
                                error);
    if (status == ND_OK)
        status = nd_index_commit(index, error);
    nd_index_free(from);
    nd_page_printf(&job->headline, "%s added", nd_amount_of(num_added, "document").text);
    return status;
}

static nd_status merge_all(nd_job *job, nd_error *error)
{
    return with_index(job, ND_INDEX_WRITE, merge_indexes, error);
}

static int run_merge(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, merge_all);
}

static const nd_command command_merge = {
    .info.name = "index merge",
    .info.summary = "add all documents of another index",
    .info.operands = "DIR FROM",
    .info.operands_missing = "merge needs two folders, DIR and FROM",
    .info.min_operands = 2,
    .info.max_operands = 2,
    .info.description = "Both must be made with the same settings. FROM stays as it is.\n",
    .info.examples = "  neardup index merge seen seen-by-the-other-office\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_MERGE},
    .run = run_merge,
};

static nd_status copy_index(nd_job *job, nd_index *index, nd_error *error)
{
    return nd_index_copy(index, job->settings->line.operands[1], error);
}

static nd_status copy_all(nd_job *job, nd_error *error)
{
    return with_index(job, ND_INDEX_READ, copy_index, error);
}

static int run_copy(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, copy_all);
}

static const nd_command command_copy = {
    .info.name = "index copy",
    .info.summary = "a copy as of now, also while another process writes",
    .info.operands = "DIR TO",
    .info.operands_missing = "copy needs two folders, DIR and TO",
    .info.min_operands = 2,
    .info.max_operands = 2,
    .info.examples = "  neardup index copy seen backup/seen-$(date +%F)\n",
    .info.options = {nd_tool_options, ND_COMMAND_INDEX_COPY},
    .run = run_copy,
};

const nd_command *const nd_index_commands[] = {
    &command_create, &nd_command_index_add, &nd_command_index_query, &command_remove, &command_stat,
    &command_check,  &command_compact,      &command_merge,          &command_copy,   NULL,
};

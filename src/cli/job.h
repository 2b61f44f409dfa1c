/* One run of a command: what it reads, writes, and says at its end. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/notes.h"
#include "cli/options/settings.h"
#include "cli/output/screen.h"
#include "io/input.h"
#include "io/output.h"
#include "neardup/allocator.h"
#include "neardup/budget.h"
#include "neardup/document.h"
#include "neardup/document_map.h"

/* --- one line on stderr that says how far a long run is --- */

/* Exclusive. Drawn after one second, at most six times a second; with ND_PROGRESS_ALWAYS from the
 * first step, so that a log of a short run has it too. */
typedef struct nd_progress {
    nd_input *input; /* counts the bytes read; may be NULL */
    bool is_shown, is_drawn;
    size_t columns;
    nd_phase phase;
    double started, phase_started, next_draw; /* seconds */
} nd_progress;

void nd_progress_init(nd_progress *progress, nd_progress_mode mode, nd_input *input);

/* An nd_progress_fn; `ctx` is the nd_progress. */
nd_status nd_progress_step(void *ctx, nd_phase phase, uint64_t done, uint64_t total);

/* Clears the line; before anything else is written to stderr. */
void nd_progress_clear(nd_progress *progress);

/* --- a job --- */

enum { ND_JOB_MAX_LAPS = 8 };

typedef struct nd_job {
    const nd_settings *settings;
    nd_budget *budget;             /* --memory; NULL: no limit */
    const nd_allocator *allocator; /* the budget's, where there is one */
    nd_format format;              /* never ND_FORMAT_AUTO */
    nd_screen screen;              /* of the text format */
    uint32_t num_threads;
    nd_input *input;          /* NULL for a command without inputs, or with inputs of its own */
    bool is_fed;              /* it comes through a pipe, and is to be handled as it comes */
    nd_output *output;        /* NULL where there is a folder */
    nd_output_folder *folder; /* for a command that copies its operands; NULL: a file is written */
    struct nd_journal *journal;  /* --resume; NULL: nothing is kept */
    nd_output *removed;          /* --removed; NULL: not asked for */
    char parts_folder[PATH_MAX]; /* where parts of a copy are while it is written */
    bool keeps_records;          /* of the input */
    bool writes_folder;          /* the output is one */
    bool is_stats_refused;       /* nothing can be written there: said already */
    bool is_write_failed;
    nd_progress progress;

    nd_notes notes;
    nd_page headline; /* first line of the summary; empty: none */
    nd_page stats;    /* members of the statistics: ,"key":value... */
    double started, lap_started;
    struct {
        const char *name;
        double seconds;
    } laps[ND_JOB_MAX_LAPS];
    size_t num_laps;
    nd_input_report report; /* of the input, once it is read */
    uint64_t text_bytes;    /* of the documents */
} nd_job;

/* What a command does within a job. */
typedef nd_status (*nd_job_fn)(nd_job *job, nd_error *error);

/* Where a job takes documents from. */
typedef enum nd_job_input {
    ND_JOB_READS_OPERANDS = 0, /* job->input is opened on the operands */
    ND_JOB_READS_TWICE,        /* so it is, and standard input is kept in a temporary file */
    ND_JOB_READS_AFTER_FIRST,  /* on those after the first, which is the folder of an index */
    ND_JOB_COPIES_OPERANDS,    /* the same, and their records are written again: nd_input_copy */
    ND_JOB_OPENS_NOTHING,
} nd_job_input;

/* Opens input and output, calls `body`, commits the output, prints the summary and writes the
 * statistics. Returns the exit code. */
int nd_job_run(const nd_settings *settings, nd_job_input input, nd_job_fn body);

/* To go through documents on the job's threads, with its progress. */
nd_document_map_options nd_job_map_options(nd_job *job);

/* Opens inputs by the settings' options. */
ND_NODISCARD nd_status nd_job_open_input(const nd_job *job, const char *const *paths,
                                         size_t num_paths, nd_input **out, nd_error *error);

/* The documents are read: takes the report of the reader, and its findings as notes. An error where
 * there were documents and every one was left out. */
ND_NODISCARD nd_status nd_job_reading_done(nd_job *job, nd_error *error);

/* With --strict, ND_ERR_FORMAT where something was left out. Call before the first result. */
ND_NODISCARD nd_status nd_job_check_strict(const nd_job *job, nd_error *error);

/* Writes the page to the output and empties it. Other than ND_OK too where the page failed. */
ND_NODISCARD nd_status nd_job_write(nd_job *job, nd_page *page);

/* Hands over what was written so far: see nd_output_flush. */
ND_NODISCARD nd_status nd_job_flush(nd_job *job);

/* Names the time since the last lap, for --verbose. */
void nd_job_lap(nd_job *job, const char *name);

/* --- the file of statistics --- */

/* The --stats file: one JSON object with the options, the plan and every count of a run.
 *
 *   {"neardup":"0.1.0","hash_spec":1,"unicode":"15.0.0","command":"scan","status":"done","kernel":"avx2",
 *    "options":{"preset":"corpus",...},"inputs":["news.jsonl"],
 *    "input":{"files":1,"documents":12,"bytes":23456}, ... what the command adds ...,
 *    "notes":{"malformed_json":0,...},
 *    "seconds":{"reading":0.01,...,"all":0.02}}          seconds with --verbose only: without them
 *                                                        equal runs write equal bytes
 */

/* `status` is how the run ended. */
ND_NODISCARD nd_status nd_stats_file_write(const nd_job *job, nd_status status, nd_error *error);

#endif

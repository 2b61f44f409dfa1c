/* The --stats file: one JSON object with the options, the plan and every count of a run.
 *
 *   {"neardup":"0.1.0","hash_spec":1,"unicode":"15.0.0","command":"scan","status":"done","kernel":"avx2",
 *    "options":{"preset":"corpus",...},"inputs":["news.jsonl"],
 *    "input":{"files":1,"documents":12,"bytes":23456}, ... what the command adds ...,
 *    "notes":{"malformed_json":0,...},
 *    "seconds":{"reading":0.01,...,"all":0.02}}          seconds with --verbose only: without them
 *                                                        equal runs write equal bytes
 */
#ifndef CLI_OUTPUT_STATS_FILE_H
#define CLI_OUTPUT_STATS_FILE_H

#include "cli/job.h"

/* `status` is how the run ended. */
ND_NODISCARD nd_status nd_stats_file_write(const nd_job *job, nd_status status, nd_error *error);

#endif

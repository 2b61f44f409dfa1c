/* An LSH plan, in each format.
 *
 * JSON:
 *   {"threshold":0.800000,"recall_asked":0.990000,"recall":0.994200,"bands":20,"rows":5,
 *    "slots":100,"missed_at_threshold":0.005800,"missed_above_threshold":0.000700,
 *    "curve":[{"jaccard":0.050000,"probability":0.000006}, ...],
 *    "memory":{"documents":1000000,"mean_shingles":400.000000,"mean_id_bytes":24.000000,
 *              "index_bytes":...,"set_bytes":...}}
 * TSV: name and value a line. */
#ifndef CLI_OUTPUT_PLAN_WRITER_H
#define CLI_OUTPUT_PLAN_WRITER_H

#include "cli/job.h"
#include "neardup/plan.h"

void nd_plan_print(const nd_job *job, nd_page *page, const nd_plan *plan);

#endif

/* One scan from files to results, in a process of its own. */
#ifndef BENCH_SCAN_RUN_H
#define BENCH_SCAN_RUN_H

#include <stdint.h>

#include "neardup/scan.h"
#include "workload.h"

typedef struct bench_scan_options {
    double threshold;
    uint32_t num_threads;
    nd_scan_output output;
    uint64_t memory_bytes;  /* to keep within, as the tool's --memory; 0: no limit */
    uint32_t sample_one_in; /* 0: none; else pairs of sampled documents go to sample_path */
    const char *sample_path;
} bench_scan_options;

typedef struct bench_scan_result {
    double wall_seconds, cpu_seconds;
    uint64_t peak_rss_bytes;
    uint64_t program_rss_bytes; /* the peak of a scan of one document: the program itself */
    uint64_t peak_disk_bytes;   /* of temporary files */
    uint64_t set_bytes;         /* of the shingle hashes held */
    nd_scan_stats stats;
} bench_scan_result;

/* Scans the workload in a forked process, so that the peak memory is that of this scan alone; call
 * it before the process has much memory or any thread. The results are written as JSON Lines to
 * /dev/null. ND_ERR_IO where the process died. */
ND_NODISCARD nd_status bench_scan_run(const bench_workload *workload,
                                      const bench_scan_options *options, bench_scan_result *result);

#endif

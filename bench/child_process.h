/* Work done in a forked process, so that its memory is its own. */
#ifndef BENCH_CHILD_PROCESS_H
#define BENCH_CHILD_PROCESS_H

#include <stddef.h>

#include "neardup/status.h"

/* Fills *result, which is sent back as bytes: no pointers in it. */
typedef nd_status (*bench_child_fn)(void *ctx, void *result);

/* Runs `run` in a forked process and takes over its status and its result, of size_bytes up to
 * PIPE_BUF. Call it while no other thread runs. ND_ERR_IO where the process died. */
ND_NODISCARD nd_status bench_in_child(bench_child_fn run, void *ctx, void *result,
                                      size_t size_bytes);

#endif

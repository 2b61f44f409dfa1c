/* The tool as a process: what it says on stderr, the end of its standard output, signals, time. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include <signal.h>
#include <stdint.h>

#include "io/output.h"
#include "neardup/allocator.h"
#include "neardup/budget.h"

/* A file is opened in place of each standard stream that is closed: one that is opened later would
 * take its number, and its bytes. Using it fails as the closed one did; stderr goes nowhere. A
 * pipe that was closed, and a file that may grow no further, become a status of their writer. */
void nd_process_begin(int argc, char **argv);

/* The command line as one would type it in a shell; empty where it is very long. */
const char *nd_process_command(void);

/* One line on stderr: "neardup: " and the text. */
void nd_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes stdout after text was printed with printf, and says so where it cannot be written.
 * Returns the exit code: a reader that went away is no failure. */
int nd_stdout_finish(void);

/* From now on SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGXCPU remove the files of these paths, which
 * are copied, before they end the process. NULL: none. What has a path longer than PATH_MAX stays
 * behind. */
void nd_interrupt_removes(const char *path, const char *other);

/* The same for the files of an output folder, which has to stay where it is until this is called
 * with NULL. */
void nd_interrupt_removes_staging(const nd_staging *staging);

/* Also, while something is to be removed, the handler writes these bytes to stderr, which are
 * copied; what is longer than a few thousand is not written. NULL: none. */
void nd_interrupt_says(const char *text, size_t len_bytes);

/* Signals wait until the release, so that none comes between making a file and the two calls above.
 * Nothing is held where `path` names something that is there and is no file or folder: opening a
 * FIFO can take for ever, and makes none. */
void nd_signals_hold(const char *path, sigset_t *before);
void nd_signals_release(const sigset_t *before);

/* The folder for temporary files: what was said, or if that is NULL, $TMPDIR, or /tmp. */
const char *nd_process_temp_dir(const char *said);

/* Copies what comes on standard input to a file without a name in `folder` (NULL: that of
 * nd_process_temp_dir), which is standard input from then on, so that it can be read twice. A
 * regular file stays. ND_ERR_IO with a message. */
ND_NODISCARD nd_status nd_stdin_keep(const char *folder, nd_error *error);

/* Seconds since some moment; they only go forward. */
double nd_clock_seconds(void);

/* --- the allocator that the tool hands to the library --- */

/* jemalloc's, or the C library's in a build without it (NEARDUP_JEMALLOC). Static. */
const nd_allocator *nd_tool_allocator(void);

/* A budget for a run on so many threads whose resident memory is to stay below memory_bytes, 64 MiB
 * or more. The program itself and what libraries keep for each thread is taken off. From here on
 * what is released goes back to the system at once, and no block gets more pages than it needs:
 * call it before other threads begin. Errors: see nd_budget_new. */
ND_NODISCARD nd_status nd_tool_budget_new(uint64_t memory_bytes, const char *temp_dir,
                                          uint32_t num_threads, nd_budget **out, nd_error *error);

/* Its name and version, such as "jemalloc 5.3.0"; static. */
const char *nd_tool_allocator_name(void);

#endif

/* The tool as a process: what it says on stderr, the end of its standard output, signals, time. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include <stdint.h>

/* A file is opened in place of each standard stream that is closed: one that is opened later would
 * take its number, and its bytes. Using it fails as the closed one did; stderr goes nowhere. A
 * pipe that was closed, and a file that may grow no further, become a status of their writer. */
void nd_process_begin(void);

/* One line on stderr: "neardup: " and the text. */
void nd_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes stdout after text was printed with printf, and says so where it cannot be written.
 * Returns the exit code: a reader that went away is no failure. */
int nd_stdout_finish(void);

/* From now on SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGXCPU remove the files of these paths, which
 * are copied, before they end the process. NULL: none. What has a path longer than PATH_MAX stays
 * behind. */
void nd_interrupt_removes(const char *path, const char *other);

/* Memory that this process may have, in bytes: that of the machine, or of its container, or a limit
 * of its own. */
uint64_t nd_process_memory_bytes(void);

/* Seconds since some moment; they only go forward. */
double nd_clock_seconds(void);

#endif

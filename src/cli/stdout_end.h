/* The end of a text printed with printf. */
#ifndef CLI_STDOUT_END_H
#define CLI_STDOUT_END_H

/* Flushes stdout, and says so where it cannot be written. Returns the exit code: a reader that
 * went away is no failure. */
int nd_stdout_finish(void);

#endif

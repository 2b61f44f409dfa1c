/* Ctrl-C and kill as a request that a run honours at its next step, so that it can tidy up. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* Catches SIGINT, SIGTERM and SIGHUP once each (the second ends the process at once), and ignores
 * SIGPIPE: a closed stdout is a status of its writer. */
void nd_interrupt_catch(void);

bool nd_interrupt_is_requested(void);

/* Ends the process by the signal that came, as if it had not been caught. Returns if none came. */
void nd_interrupt_die(void);

#endif

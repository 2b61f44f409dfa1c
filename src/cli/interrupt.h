/* What is done before a signal ends the process. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGXCPU remove the file of that path, which is
 * copied, before they end the process. NULL: nothing to remove any more. A path longer than
 * PATH_MAX stays behind. */
void nd_interrupt_removes(const char *path);

#endif

/* What --version says. */
#ifndef CLI_VERSION_TEXT_H
#define CLI_VERSION_TEXT_H

/* Prints it to stdout. Returns the exit code. */
int nd_version_print(void);

#endif

/* Whether two paths would be written to one file. */
#ifndef CLI_SAME_FILE_H
#define CLI_SAME_FILE_H

#include <stdbool.h>

/* However they are spelt, and whether there is such a file yet or not. Devices and pipes are no
 * files: two may share them. */
bool nd_is_same_file(const char *a, const char *b);

#endif

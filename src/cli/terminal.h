/* What is at the other end of a stream. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the file descriptor is a terminal. */
bool nd_terminal_is(int fd);

/* Columns of the terminal, 80 where it is none or does not say. */
size_t nd_terminal_columns(int fd);

/* Whether to colour: a terminal, not a dumb one, and no NO_COLOR (https://no-color.org). */
bool nd_terminal_colours(int fd);

#endif

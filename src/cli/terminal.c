#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_COLUMNS = 80, FEWEST_COLUMNS = 40, MOST_COLUMNS = 240 };

bool nd_terminal_is(int fd)
{
    return isatty(fd) == 1;
}

size_t nd_terminal_columns(int fd)
{
    struct winsize size;
    if (!nd_terminal_is(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_COLUMNS;
    if (size.ws_col < FEWEST_COLUMNS)
        return FEWEST_COLUMNS;
    return size.ws_col < MOST_COLUMNS ? size.ws_col : MOST_COLUMNS;
}

bool nd_terminal_colours(int fd)
{
    const char *const no_color = getenv("NO_COLOR");
    const char *const terminal = getenv("TERM");
    return nd_terminal_is(fd) && !(no_color && *no_color) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

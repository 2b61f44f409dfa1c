#include "cli/stdout_end.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands/command.h"
#include "cli/message.h"

int nd_stdout_finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return ND_EXIT_DONE;
    if (errno == EPIPE)
        return ND_EXIT_DONE;
    nd_message("cannot write to standard output: %s", strerror(errno));
    return ND_EXIT_FAILED;
}

#include "cli/interrupt.h"

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static char unfinished[PATH_MAX];
static volatile sig_atomic_t is_armed;

/* unlink and raise are async-signal-safe. A run can wait for input for ever, so nothing is put off
 * until it would look at a flag. */
static void remove_and_die(int signal_number)
{
    if (is_armed)
        unlink(unfinished);
    raise(signal_number); /* SA_RESETHAND: the default action, once this handler has returned */
}

static void catch_one(int signal_number)
{
    struct sigaction old, action = {.sa_handler = remove_and_die, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    /* What the parent has ignored stays so: nohup, background jobs. */
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(signal_number, &action, NULL);
}

void nd_interrupt_removes(const char *path)
{
    is_armed = 0;
    const size_t size_bytes = path ? strlen(path) + 1 : 0;
    if (!path || size_bytes > sizeof unfinished)
        return;
    memcpy(unfinished, path, size_bytes);
    is_armed = 1;
    catch_one(SIGINT);
    catch_one(SIGTERM);
    catch_one(SIGHUP);
    catch_one(SIGQUIT);
    catch_one(SIGXCPU);
}

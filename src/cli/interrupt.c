#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t received; /* 0 or the signal's number */

static void remember(int signal_number)
{
    received = signal_number;
}

static void catch_one(int signal_number)
{
    struct sigaction old, action = {.sa_handler = remember, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    /* What the parent has ignored stays so: nohup, background jobs. */
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(signal_number, &action, NULL);
}

void nd_interrupt_catch(void)
{
    catch_one(SIGINT);
    catch_one(SIGTERM);
    catch_one(SIGHUP);
    signal(SIGPIPE, SIG_IGN);
}

bool nd_interrupt_is_requested(void)
{
    return received != 0;
}

void nd_interrupt_die(void)
{
    if (received == 0)
        return;
    signal(received, SIG_DFL);
    raise(received);
}

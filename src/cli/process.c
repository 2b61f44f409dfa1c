#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands/command.h"
#include "cli/output/screen.h"

void nd_process_begin(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* Names and ids are anybody's: no line of their own, no colours, no other direction of writing. A
 * character that is not shown, or is none, becomes a question mark. */
static void make_harmless(char *text)
{
    char *to = text;
    for (const char *p = text, *const end = text + strlen(text); p < end;) {
        const nd_shown_char c = nd_shown_char_at(p, (size_t)(end - p));
        const bool is_shown = c.kind == ND_SHOWN_AS_IS || *p == ' ';
        if (is_shown)
            memmove(to, p, c.len_bytes);
        else
            *to = '?';
        to += is_shown ? c.len_bytes : 1;
        p += c.len_bytes;
    }
    *to = '\0';
}

void nd_message(const char *format, ...)
{
    char text[1024]; /* one write a line: lines of two processes do not mix */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_harmless(text);
    fprintf(stderr, "neardup: %s\n", text);
}

int nd_stdout_finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return ND_EXIT_DONE;
    if (errno == EPIPE)
        return ND_EXIT_DONE;
    nd_message("cannot write to standard output: %s", strerror(errno));
    return ND_EXIT_FAILED;
}

static char unfinished[2][PATH_MAX]; /* paths; empty: none */
static volatile sig_atomic_t is_armed;

/* unlink and raise are async-signal-safe. A run can wait for input for ever, so nothing is put off
 * until it would look at a flag. */
static void remove_and_die(int signal_number)
{
    const int error_number = errno; /* of what was interrupted */
    for (int i = 0; is_armed && i < 2; i++)
        unlink(unfinished[i]);
    errno = error_number;
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

void nd_interrupt_removes(const char *path, const char *other)
{
    const char *const paths[] = {path ? path : "", other ? other : ""};
    is_armed = 0;
    for (int i = 0; i < 2; i++) {
        const size_t size_bytes = strlen(paths[i]) + 1;
        unfinished[i][0] = '\0';
        if (size_bytes <= sizeof unfinished[i])
            memcpy(unfinished[i], paths[i], size_bytes);
    }
    if (!unfinished[0][0] && !unfinished[1][0])
        return;
    is_armed = 1;
    catch_one(SIGINT);
    catch_one(SIGTERM);
    catch_one(SIGHUP);
    catch_one(SIGQUIT);
    catch_one(SIGXCPU);
}

uint64_t nd_process_memory_bytes(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < bytes)
        bytes = limit.rlim_cur;
    FILE *const file = fopen("/sys/fs/cgroup/memory.max", "re");
    uint64_t most;
    if (file && fscanf(file, "%" SCNu64, &most) == 1 && most < bytes)
        bytes = most;
    if (file)
        fclose(file);
    return bytes;
}

double nd_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

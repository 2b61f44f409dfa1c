#include "child_process.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef NEARDUP_JEMALLOC
#    include <jemalloc/jemalloc.h>
#endif

/* In the child: never returns. Its memory is left to the system: giving back gigabytes would be
 * nobody's time but the benchmark's. */
static void run_child(bench_child_fn run, void *ctx, void *result, int fd, size_t size_bytes)
{
    const nd_status status = run(ctx, result);
    const int is_sent = status == ND_OK && write(fd, result, size_bytes) == (ssize_t)size_bytes;
    _exit(is_sent ? 0 : status == ND_OK ? ND_ERR_IO : (int)status);
}

/* Gives back what this process has freed. A child that found it in its heap would copy each such
 * page on its first use (copy on write), which no program started for the work has to do. */
static void give_back_freed_memory(void)
{
#ifdef NEARDUP_JEMALLOC
    char all[32];
    snprintf(all, sizeof all, "arena.%d.purge", MALLCTL_ARENAS_ALL);
    (void)mallctl(all, NULL, NULL, NULL, 0);
#endif
}

nd_status bench_in_child(bench_child_fn run, void *ctx, void *result, size_t size_bytes)
{
    int ends[2];
    if (pipe(ends) != 0)
        return ND_ERR_IO;
    fflush(NULL);
    give_back_freed_memory();
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(run, ctx, result, ends[1], size_bytes);
    }
    close(ends[1]);
    const int is_received = child > 0 && read(ends[0], result, size_bytes) == (ssize_t)size_bytes;
    close(ends[0]);
    int state = 0;
    if (child < 0 || waitpid(child, &state, 0) != child || !WIFEXITED(state))
        return ND_ERR_IO;
    const int code = WEXITSTATUS(state);
    if (code == ND_OK && is_received)
        return ND_OK;
    return code > ND_OK && code <= ND_ERR_CANCELLED ? (nd_status)code : ND_ERR_IO;
}

/* Clocks. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <time.h>

static inline double bench_clock_read(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Seconds on the wall since some moment. */
static inline double bench_seconds(void)
{
    return bench_clock_read(CLOCK_MONOTONIC);
}

/* Seconds of processor this thread has had: another process that takes its turn does not count. */
static inline double bench_thread_seconds(void)
{
    return bench_clock_read(CLOCK_THREAD_CPUTIME_ID);
}

#endif

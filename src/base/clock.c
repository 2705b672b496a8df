/* clock.c: clocks that never go back. */
#include "shy_config.h"

#include <time.h>

#include "shihyo/base.h"

static double read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double shy_time_seconds(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double shy_time_own_seconds(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

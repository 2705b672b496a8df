/* clock.c: a clock that never goes back. */
#include "shy_config.h"

#include <time.h>

#include "shihyo/base.h"

double shy_time_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

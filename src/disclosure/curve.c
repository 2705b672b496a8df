/* curve.c: a Kaplan–Meier curve at round times, with steps of enough people. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "shihyo/disclosure.h"

enum { ROUND_TIMES = 128, TRIES = 8 };

/* 1, 2 or 5 times a power of ten, so that `last` is 40 to 100 of them. */
static double spacing(double last)
{
    static const double of[] = {1.0, 2.0, 5.0, 10.0};
    const double power = pow(10.0, floor(log10(last / 40.0)));
    double unit = power;

    for (int k = 0; k < 4; k++)
        if (last / (of[k] * power) >= 40.0) unit = of[k] * power;
    return unit;
}

static int64_t people_at(int times, const double *time, const int64_t *events, const int64_t *censored, double at)
{
    int low = 0, high = times;

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (time[middle] < at) low = middle + 1;
        else high = middle;
    }
    return low < times && time[low] == at ? events[low] + censored[low] : 0;
}

/* The k-th round time, or one a little later that is nobody's: by halves, quarters … of the spacing. */
static double round_time(const shy_sdc *sdc, int times, const double *time, const int64_t *events, const int64_t *censored, double unit, int k)
{
    double part = 0.5;

    for (int tried = 0; tried <= TRIES; tried++) {
        const double at = shy_sdc_digits(((double)k + (tried == 0 ? 0.0 : part)) * unit, 12);
        const int64_t people = people_at(times, time, events, censored, at);
        if (people == 0 || people >= sdc->threshold) return at;
        if (tried > 0) part /= 2.0;
    }
    return NAN;
}

int shy_sdc_curve(const shy_sdc *sdc, int times, const double *time, const int64_t *events, const int64_t *censored, int *step, double *shown)
{
    double at[ROUND_TIMES];
    int64_t had[ROUND_TIMES] = {0}, left[ROUND_TIMES] = {0};
    int last[ROUND_TIMES], round_times = 0, next = 0, count = 0;
    bool keep[ROUND_TIMES];

    if (times == 0 || !(time[times - 1] > 0.0)) return 0;
    const double unit = spacing(time[times - 1]);
    for (int k = 1; k < ROUND_TIMES && next < times; k++) {
        const double here = round_time(sdc, times, time, events, censored, unit, k);
        if (isnan(here)) continue;
        for (; next < times && time[next] <= here; next++) had[round_times] += events[next], left[round_times] += censored[next];
        last[round_times] = next - 1, at[round_times++] = here;
    }
    shy_sdc_steps(sdc, round_times, had, left, keep);
    for (int k = 0; k < round_times; k++)
        if (keep[k]) step[count] = last[k], shown[count++] = at[k];
    return count;
}

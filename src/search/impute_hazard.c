/* The cumulative hazard, which stands for the time in imputations beside the event (White and Royston, Statistics in Medicine 28, 2009). */
#include "shy_config.h"

#include <stdlib.h>

#include "impute.h"

typedef struct {
    double time;
    uint64_t sample;
} moment;

static int by_time(const void *a, const void *b)
{
    const moment *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

static uint64_t list(uint64_t samples, const double *time, const uint8_t *use, moment *moments)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < samples; i++)
        if (use[i]) moments[count++] = (moment){time[i], i};
    qsort(moments, count, sizeof *moments, by_time);
    return count;
}

shy_status shy_cumulative_hazard(uint64_t samples, const double *time, const double *event, const double *entry, const uint8_t *use, double *hazard)
{
    shy_status st = SHY_OK;
    moment *end = NULL, *start = NULL;
    uint64_t entered = 0;
    double sum = 0.0;
    SHY_TRY(shy_new(samples, sizeof *end, &end));
    SHY_TRY(shy_new(entry ? samples : 0, sizeof *start, &start));
    const uint64_t count = list(samples, time, use, end), entries = entry ? list(samples, entry, use, start) : 0;
    for (uint64_t i = 0; i < samples; i++) hazard[i] = 0.0;
    for (uint64_t k = 0, next; k < count; k = next) {
        double events = 0.0;
        for (next = k; next < count && end[next].time == end[k].time; next++) events += event[end[next].sample];
        while (entered < entries && start[entered].time < end[k].time) entered++;
        const uint64_t at_risk = (entry ? entered : count) - k;
        if (events > 0.0) sum += events / (double)at_risk;
        for (uint64_t j = k; j < next; j++) hazard[end[j].sample] = sum;
    }
out:
    shy_free(&end);
    shy_free(&start);
    return st;
}

/* Generalised Pareto tails: likelihood, distance, test, threshold. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "tail.h"

enum { PURPOSE_TAIL = 151 };
enum { SIMULATED = 199, LEAST = 10 };
#define REFUSED 0.05

/* ---- fit ---------------------------------------------------------------------------------------------------------------- */

/*
 * For a given ratio r = shape / scale the best shape is the mean of log(1 + r·x), so that one number is left to be found. Log likelihood per sample:
 * −log(shape / r) − shape − 1, and −log(mean) − 1 for r = 0.
 */
static double likelihood(const double *x, int count, double mean, double ratio)
{
    double shape = 0.0;
    if (ratio == 0.0) return -log(mean) - 1.0;
    for (int i = 0; i < count; i++) shape += log1p(ratio * x[i]);
    shape /= count;
    return -log(shape / ratio) - shape - 1.0;
}

enum { GRID = 28, GOLDEN_STEPS = 40 };
#define GRID_FIRST 1e-3 /* of the ratio times the mean: below it the shape is 0 for all that can be told */
#define GRID_LAST 1e3

static double ratio_at(double mean, int step)
{
    return GRID_FIRST * pow(GRID_LAST / GRID_FIRST, (double)step / (GRID - 1)) / mean;
}

/* Between two ratios that have a better one between them. */
static double refine(const double *x, int count, double mean, double low, double high)
{
    const double golden = 0.6180339887498949;
    double a = log(low), b = log(high);
    double c = b - golden * (b - a), d = a + golden * (b - a);
    double at_c = likelihood(x, count, mean, exp(c)), at_d = likelihood(x, count, mean, exp(d));
    for (int k = 0; k < GOLDEN_STEPS; k++) {
        if (at_c >= at_d) {
            b = d, d = c, at_d = at_c;
            c = b - golden * (b - a), at_c = likelihood(x, count, mean, exp(c));
        } else {
            a = c, c = d, at_c = at_d;
            d = a + golden * (b - a), at_d = likelihood(x, count, mean, exp(d));
        }
    }
    return exp((a + b) / 2.0);
}

shy_pareto shy_pareto_fit(const double *x, int count)
{
    double mean = 0.0, shape = 0.0;
    int best = -1;
    for (int i = 0; i < count; i++) mean += x[i];
    mean /= count;
    double most = likelihood(x, count, mean, 0.0);
    for (int k = 0; k < GRID; k++) {
        const double at = likelihood(x, count, mean, ratio_at(mean, k));
        if (at > most) most = at, best = k;
    }
    if (best < 0) return (shy_pareto){0.0, mean};
    const double ratio = refine(x, count, mean, ratio_at(mean, best - 1), ratio_at(mean, best + 1));
    for (int i = 0; i < count; i++) shape += log1p(ratio * x[i]);
    shape /= count;
    return (shy_pareto){shape, shape / ratio};
}

static double log_beyond(const shy_pareto *p, double x)
{
    return p->shape == 0.0 ? -x / p->scale : -log1p(p->shape * x / p->scale) / p->shape;
}

double shy_pareto_beyond(const shy_pareto *p, double x)
{
    return exp(log_beyond(p, x));
}

/* ---- test ---------------------------------------------------------------------------------------------------------------- */

static double log_within(const shy_pareto *p, double x)
{
    return log(-expm1(log_beyond(p, x)));
}

double shy_pareto_distance(const shy_pareto *p, const double *x, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++) sum += (2.0 * i + 1.0) * (log_within(p, x[i]) + log_beyond(p, x[count - 1 - i]));
    return -count - sum / count;
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double shy_pareto_goodness(const shy_pareto *fit, const double *x, int count, shy_status *st)
{
    const double distance = shy_pareto_distance(fit, x, count);
    double *drawn = NULL;
    int farther = 0;
    *st = shy_new((size_t)count, sizeof *drawn, &drawn);
    if (*st != SHY_OK) return NAN;
    for (int s = 0; s < SIMULATED; s++) {
        for (int i = 0; i < count; i++) {
            const double u = shy_random_uniform((uint64_t)count, PURPOSE_TAIL, (uint64_t)s * (uint64_t)count + (uint64_t)i);
            drawn[i] = fit->shape == 0.0 ? -log(u) : expm1(-fit->shape * log(u)) / fit->shape;
        }
        qsort(drawn, (size_t)count, sizeof *drawn, compare_numbers);
        const shy_pareto own = shy_pareto_fit(drawn, count);
        farther += shy_pareto_distance(&own, drawn, count) >= distance;
    }
    shy_free(&drawn);
    return (1.0 + farther) / (SIMULATED + 1.0);
}

/* ---- threshold ---------------------------------------------------------------------------------------------------------------- */

/* The `count` largest of ascending samples, less the threshold half-way to the next; false where equal values leave no place for one. */
static bool take_largest(const double *sample, int samples, int count, double *x, double *threshold_out)
{
    const double above = sample[samples - count], below = sample[samples - count - 1];
    *threshold_out = (above + below) / 2.0;
    if (!(above > *threshold_out)) return false;
    for (int i = 0; i < count; i++) x[i] = sample[samples - count + i] - *threshold_out;
    return true;
}

shy_status shy_tail_fit(double *sample, int samples, shy_tail *tail_out)
{
    shy_status st = SHY_OK;
    double *x = NULL;
    *tail_out = (shy_tail){0};
    if (samples < SHY_TAIL_SAMPLES) return SHY_OK;
    qsort(sample, (size_t)samples, sizeof *sample, compare_numbers);
    SHY_TRY(shy_new((size_t)samples, sizeof *x, &x));
    for (int count = samples / 4 > LEAST ? samples / 4 : LEAST; count >= LEAST; count -= count / 10 > 1 ? count / 10 : 1) {
        shy_tail tail = {.count = count, .share = (double)count / samples};
        if (!take_largest(sample, samples, count, x, &tail.threshold)) continue;
        tail.pareto = shy_pareto_fit(x, count);
        tail.goodness = shy_pareto_goodness(&tail.pareto, x, count, &st);
        if (st != SHY_OK) goto out;
        if (!(tail.goodness > REFUSED)) continue;
        *tail_out = tail;
        break;
    }
out:
    shy_free(&x);
    return st;
}

double shy_tail_beyond(const shy_tail *tail, double x)
{
    if (tail->count == 0 || !(x > tail->threshold)) return NAN;
    return tail->share * shy_pareto_beyond(&tail->pareto, x - tail->threshold);
}

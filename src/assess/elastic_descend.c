/* Coordinate descent at one lambda: Newton steps on the likelihood, each solved coordinate by coordinate over the columns that may be in use. */
#include "shy_config.h"

#include <math.h>

#include "elastic_impl.h"

#define NEWTON_MOST 1000
#define SWEEPS_MOST 20000
#define HALVINGS_MOST 30

#define SUM_IN_LANES(value)                                                                                            \
    double s[8] = {0.0};                                                                                               \
    int base = 0;                                                                                                      \
    for (; base + 8 <= count; base += 8)                                                                               \
        for (int l = 0, i = base; l < 8; l++, i++) s[l] += (value);                                                    \
    for (int i = base; i < count; i++) s[i - base] += (value);                                                         \
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))

SHY_VECTOR_CLONES double shy_net_dot(const double *a, const double *b, int count)
{
    SUM_IN_LANES(a[i] * b[i]);
}

SHY_VECTOR_CLONES double shy_net_dot3(const double *a, const double *b, const double *c, int count)
{
    SUM_IN_LANES(a[i] * b[i] * c[i]);
}

SHY_VECTOR_CLONES void shy_net_subtract(double step, const double *a, const double *b, double *y, int count)
{
    for (int i = 0; i < count; i++) y[i] -= step * a[i] * b[i];
}

static const double *column_of(const shy_net_work *w, int j)
{
    return w->x + (size_t)j * (size_t)w->n;
}

void shy_net_add_candidate(shy_net_work *work, int column)
{
    if (work->is_candidate[column] || work->deviation[column] == 0.0) return;
    work->is_candidate[column] = 1;
    work->candidate[work->candidates++] = column;
}

static double soft(double value, double threshold)
{
    return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0.0;
}

/* ---- the quadratic ------------------------------------------------------------------------------------------------------------ */

/* Moves one coefficient to its minimum, the others held; returns what that gains. */
static double move(shy_net_work *w, int j, double lambda)
{
    const double *x = column_of(w, j), square = w->square[j], old = w->beta[j];
    const double slope = shy_net_dot(x, w->rest, w->n) + square * old;
    const bool penalised = j >= w->covariates;
    const double next = !(square > 0.0) ? old
                        : penalised     ? soft(slope, lambda * w->alpha) / (square + lambda * (1.0 - w->alpha))
                                        : slope / square;
    const double step = next - old;
    if (step == 0.0) return 0.0;
    w->beta[j] = next;
    shy_net_subtract(step, w->curvature, x, w->rest, w->n);
    if (!w->is_active[j]) w->is_active[j] = 1, w->active[w->actives++] = j;
    return square * step * step;
}

static double move_intercept(shy_net_work *w, double total)
{
    double slope = 0.0;
    if (w->outcome.family == SHY_NET_COX || !(total > 0.0)) return 0.0;
    for (int i = 0; i < w->n; i++) slope += w->rest[i];
    const double step = slope / total;
    w->intercept += step;
    for (int i = 0; i < w->n; i++) w->rest[i] -= step * w->curvature[i];
    return total * step * step;
}

static double sweep(shy_net_work *w, const int *list, int count, double total, double lambda)
{
    double most = move_intercept(w, total);
    for (int k = 0; k < count; k++) most = fmax(most, move(w, list[k], lambda));
    return most;
}

/* The penalised quadratic about eta: over the active ones until they rest, then over all candidates, until these rest, too. */
static void solve_quadratic(shy_net_work *w, double lambda)
{
    double total = 0.0;
    for (int i = 0; i < w->n; i++) w->rest[i] = w->gradient[i], total += w->curvature[i];
    for (int k = 0, j; k < w->candidates; k++) {
        j = w->candidate[k];
        w->square[j] = shy_net_dot3(column_of(w, j), column_of(w, j), w->curvature, w->n);
    }
    for (int sweeps = 0; sweeps < SWEEPS_MOST; sweeps++) {
        if (sweep(w, w->candidate, w->candidates, total, lambda) < w->tolerance) break;
        while (sweeps++ < SWEEPS_MOST && sweep(w, w->active, w->actives, total, lambda) >= w->tolerance) {}
    }
}

/* ---- Newton -------------------------------------------------------------------------------------------------------------------- */

static void predict(shy_net_work *w)
{
    for (int i = 0; i < w->n; i++) w->eta[i] = w->intercept;
    for (int k = 0; k < w->actives; k++) {
        const int j = w->active[k];
        const double *x = column_of(w, j), beta = w->beta[j];
        if (beta == 0.0) continue;
        for (int i = 0; i < w->n; i++) w->eta[i] += beta * x[i];
    }
}

static double objective(const shy_net_work *w, double lambda)
{
    double penalty = 0.0;
    for (int k = 0; k < w->actives; k++) {
        const double beta = w->beta[w->active[k]];
        if (w->active[k] >= w->covariates) penalty += 0.5 * (1.0 - w->alpha) * beta * beta + w->alpha * fabs(beta);
    }
    return penalty > 0.0 ? w->value + lambda * penalty : w->value; /* lambda may be infinite */
}

/* Back to half the step as long as it makes things worse. */
static void halve_steps(shy_net_work *w, double lambda, double intercept, double least)
{
    for (int k = 0; k < HALVINGS_MOST; k++) {
        const double now = objective(w, lambda);
        if (now <= least + 1e-13 * fabs(least)) return;
        w->intercept = 0.5 * (w->intercept + intercept);
        for (int a = 0, j; a < w->actives; a++) {
            j = w->active[a];
            w->beta[j] = 0.5 * (w->beta[j] + w->before[j]);
        }
        predict(w);
        w->value = shy_net_likelihood(&w->outcome, w->eta, w->gradient, w->curvature);
    }
}

/* What the step gained, in the units of the tolerance: the largest of its coordinates. */
static double step_size(const shy_net_work *w, double intercept)
{
    double total = 0.0, most;
    for (int i = 0; i < w->n; i++) total += w->curvature[i];
    most = total * (w->intercept - intercept) * (w->intercept - intercept);
    for (int k = 0, j; k < w->actives; k++) {
        j = w->active[k];
        most = fmax(most, w->square[j] * (w->beta[j] - w->before[j]) * (w->beta[j] - w->before[j]));
    }
    return most;
}

static void newton(shy_net_work *w, double lambda)
{
    for (int k = 0; k < NEWTON_MOST; k++) {
        const double intercept = w->intercept, least = objective(w, lambda);
        for (int j = 0; j < w->columns; j++) w->before[j] = w->beta[j];
        solve_quadratic(w, lambda);
        predict(w);
        w->value = shy_net_likelihood(&w->outcome, w->eta, w->gradient, w->curvature);
        if (w->outcome.family == SHY_NET_GAUSSIAN) return;
        halve_steps(w, lambda, intercept, least);
        if (step_size(w, intercept) < w->tolerance) return;
    }
}

void shy_net_descend(shy_net_work *work, double lambda)
{
    for (bool more = true; more;) {
        more = false;
        newton(work, lambda);
        for (int j = 0; j < work->columns; j++) {
            if (work->deviation[j] == 0.0) continue;
            work->along[j] = shy_net_dot(column_of(work, j), work->gradient, work->n);
            if (work->is_candidate[j] || fabs(work->along[j]) <= work->alpha * lambda) continue;
            shy_net_add_candidate(work, j);
            more = true;
        }
    }
}

/** Cox's partial likelihood with Efron's treatment of ties, left truncation, strata and case weights, in one pass. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "follow.h"

/* When those who leave take all but this part of the sum along, what is left is summed again. */
#define CANCELLED 1e-5

shy_status shy_cox_create(const struct shy_follow *follow, const struct shy_linear *design, struct shy_cox **cox_out)
{
    shy_status st = SHY_OK;
    struct shy_cox *c = NULL;
    const size_t p = (size_t)design->most, moments = (size_t)follow->moments;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->follow = follow, c->design = design;
    SHY_TRY(shy_new((size_t)follow->n, sizeof *c->eta, &c->eta));
    SHY_TRY(shy_new(moments, sizeof *c->risk, &c->risk));
    SHY_TRY(shy_new(moments, sizeof *c->dead, &c->dead));
    SHY_TRY(shy_new(moments, sizeof *c->top, &c->top));
    SHY_TRY(shy_new(moments, sizeof *c->hazard, &c->hazard));
    SHY_TRY(shy_new(2 * (1 + p + p * (p + 1) / 2), sizeof *c->sums, &c->sums));
    SHY_TRY(shy_new(2 * p, sizeof *c->row, &c->row));
    *cox_out = c, c = NULL;
out:
    shy_cox_destroy(&c);
    return st;
}

void shy_cox_destroy(struct shy_cox **cox)
{
    struct shy_cox *c = *cox;

    if (!c) return;
    shy_free(&c->row);
    shy_free(&c->sums);
    shy_free(&c->hazard);
    shy_free(&c->top);
    shy_free(&c->dead);
    shy_free(&c->risk);
    shy_free(&c->eta);
    shy_free(cox);
}

/* Sums over a set of samples of e = w exp(eta − top): of e, e x_a, e x_a x_b (b <= a). */
struct pass {
    const struct shy_cox *cox;
    const struct shy_follow *follow;
    double *const *q;
    int p, width;
    double top;         /* the largest eta since the stratum began, or since the sums were made anew */
    double whole;       /* the largest risk[0] since then */
    double *risk, *dead, *row, *mean;
};

static void add(const struct pass *w, double *sums, int position, double e)
{
    double *product = sums + 1 + w->p;

    sums[0] += e;
    for (int a = 0; a < w->p; a++) {
        const double x = w->q[a][position];
        w->row[a] = x;
        sums[1 + a] += e * x;
        for (int b = 0; b <= a; b++)
            product[b] += e * x * w->row[b];
        product += a + 1;
    }
}

static double exponential(const struct pass *w, int position)
{
    return w->follow->weight[position] * shy_exp(w->cox->eta[position] - w->top);
}

/* No exponential is to be above 1, so that none overflows, and the largest is to be 1, so that not all of them vanish. */
static void raise_top(struct pass *w, int begin, int end)
{
    double top = w->top;

    for (int i = begin; i < end; i++)
        top = fmax(top, w->cox->eta[i]);
    if (top == w->top) return;
    const double factor = isinf(w->top) ? 0.0 : shy_exp(w->top - top);
    for (int k = 0; k < w->width; k++)
        w->risk[k] *= factor;
    w->whole *= factor;
    w->top = top;
}

static void sum_anew(struct pass *w, const struct shy_moment *m)
{
    const struct shy_follow *f = w->follow;

    memset(w->risk, 0, (size_t)w->width * sizeof *w->risk);
    w->top = -INFINITY;
    for (int i = f->start[m->stratum]; i < m->end; i++)
        if (f->entry[i] < m->time) w->top = fmax(w->top, w->cox->eta[i]);
    for (int i = f->start[m->stratum]; i < m->end; i++)
        if (f->entry[i] < m->time) add(w, w->risk, i, exponential(w, i));
    w->whole = w->risk[0];
}

/* Brings the sums over those at risk from the moment before to this one. */
static void move_to(struct pass *w, const struct shy_moment *m, int left)
{
    const struct shy_follow *f = w->follow;

    raise_top(w, m->begin, m->end);
    for (int i = m->begin; i < m->end; i++)
        if (!f->entry || f->entry[i] < m->time) add(w, w->risk, i, exponential(w, i));
    w->whole = fmax(w->whole, w->risk[0]);
    if (!f->entry) return;
    for (int k = left; k < m->left; k++)
        if (f->leaving[k] < m->begin) add(w, w->risk, f->leaving[k], -exponential(w, f->leaving[k]));
    if (m->left > left && !(w->risk[0] > CANCELLED * w->whole)) sum_anew(w, m);
}

/* The deaths of a moment: their sums, and their own part of the log likelihood. Returns the mean of their weights. */
static double sum_deaths(const struct pass *w, const struct shy_moment *m, double *value, double *gradient)
{
    double weight = 0.0;

    memset(w->dead, 0, (size_t)w->width * sizeof *w->dead);
    for (int i = m->deaths; i < m->end; i++) {
        const double own = w->follow->weight[i];
        add(w, w->dead, i, exponential(w, i));
        weight += own;
        *value += own * (w->cox->eta[i] - w->top);
        for (int a = 0; a < w->p; a++)
            gradient[a] += own * w->q[a][i];
    }
    return weight / (double)(m->end - m->deaths);
}

/* Efron: the l-th of d deaths meets the risk set without the share l/d of those who die with it. */
static void add_moment(const struct pass *w, const struct shy_moment *m, double *value, double *gradient, double *information)
{
    const int deaths = m->end - m->deaths, p = w->p;
    const double weight = sum_deaths(w, m, value, gradient);

    for (int l = 0; l < deaths; l++) {
        const double share = (double)l / (double)deaths, all = w->risk[0] - share * w->dead[0];
        const double *risk = w->risk + 1 + p, *dead = w->dead + 1 + p;
        *value -= weight * shy_ln(all);
        for (int a = 0; a < p; a++) {
            w->mean[a] = (w->risk[1 + a] - share * w->dead[1 + a]) / all;
            gradient[a] -= weight * w->mean[a];
            for (int b = 0; b <= a; b++)
                information[a * p + b] += weight * ((risk[b] - share * dead[b]) / all - w->mean[a] * w->mean[b]);
            risk += a + 1, dead += a + 1;
        }
    }
}

void shy_cox_likelihood(void *context, const double *beta, double *value, double *gradient, double *information)
{
    const struct shy_cox *c = context;
    const struct shy_follow *f = c->follow;
    const int p = c->design->columns, width = 1 + p + p * (p + 1) / 2;
    struct pass w = {.cox = c, .follow = f, .q = c->design->q, .p = p, .width = width};

    w.risk = c->sums, w.dead = c->sums + width, w.row = c->row, w.mean = c->row + p;
    *value = 0.0;
    memset(gradient, 0, (size_t)p * sizeof *gradient);
    memset(information, 0, (size_t)p * (size_t)p * sizeof *information);
    shy_linear_predict(c->design, beta, c->eta);
    for (int s = 0, m = 0; s < f->strata; s++) {
        int left = f->start[s];
        memset(w.risk, 0, (size_t)width * sizeof *w.risk);
        w.top = -INFINITY, w.whole = 0.0;
        for (; m < f->moment_start[s + 1]; m++) {
            move_to(&w, &f->moment[m], left);
            left = f->moment[m].left;
            add_moment(&w, &f->moment[m], value, gradient, information);
            c->risk[m] = w.risk[0], c->dead[m] = w.dead[0], c->top[m] = w.top;
        }
    }
}

/*
 * The hazard of eta = 0 at a moment, and that of those who die at it: the l-th of d deaths meets them with the share 1 − l/d only.
 */
static void hazards_of(const struct shy_cox *c, int m, double *whole_out, double *own_out)
{
    const struct shy_moment *at = &c->follow->moment[m];
    const int deaths = at->end - at->deaths;
    double weight = 0.0;

    for (int i = at->deaths; i < at->end; i++)
        weight += c->follow->weight[i];
    weight *= shy_exp(-c->top[m]) / (double)deaths;
    *whole_out = *own_out = 0.0;
    for (int l = 0; l < deaths; l++) {
        const double share = (double)l / (double)deaths, part = weight / (c->risk[m] - share * c->dead[m]);
        *whole_out += part;
        *own_out += (1.0 - share) * part;
    }
}

/* The hazard up to any time, from those up to the moments m0 … m1−1, which descend in time. */
static double hazard_up_to(const struct shy_cox *c, int m0, int m1, double time)
{
    int low = m0, high = m1; /* the first moment whose time is <= time */

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (c->follow->moment[middle].time <= time)
            high = middle;
        else
            low = middle + 1;
    }
    return low < m1 ? c->hazard[low] : 0.0;
}

void shy_cox_residuals(const struct shy_cox *c, double *residual)
{
    const struct shy_follow *f = c->follow;

    for (int s = 0; s < f->strata; s++) {
        const int m0 = f->moment_start[s], m1 = f->moment_start[s + 1];
        double sum = 0.0, whole, own;
        for (int m = m1 - 1; m >= m0; m--) {
            const double before = sum;
            hazards_of(c, m, &whole, &own);
            c->hazard[m] = sum += whole;
            for (int i = f->moment[m].begin; i < f->moment[m].end; i++)
                residual[i] = i < f->moment[m].deaths ? sum : before + own;
        }
        for (int i = m1 > m0 ? f->moment[m1 - 1].end : f->start[s]; i < f->start[s + 1]; i++)
            residual[i] = 0.0; /* out before the first death */
        for (int i = f->start[s]; i < f->start[s + 1]; i++) {
            const double from = f->entry ? hazard_up_to(c, m0, m1, f->entry[i]) : 0.0;
            residual[i] = f->weight[i] * (f->event[i] - (residual[i] - from) * shy_exp(c->eta[i]));
        }
    }
}

void shy_cox_baseline(const struct shy_cox *c, int count, const double *time, double *hazard)
{
    const struct shy_follow *f = c->follow;

    for (int s = 0; s < f->strata; s++) {
        const int m0 = f->moment_start[s], m1 = f->moment_start[s + 1];
        double sum = 0.0;
        for (int m = m1 - 1; m >= m0; m--) {
            double weight = 0.0;
            for (int i = f->moment[m].deaths; i < f->moment[m].end; i++)
                weight += f->weight[i];
            c->hazard[m] = sum += weight * shy_exp(-c->top[m]) / c->risk[m];
        }
        for (int k = 0; k < count; k++)
            hazard[s * count + k] = hazard_up_to(c, m0, m1, time[k]);
    }
}

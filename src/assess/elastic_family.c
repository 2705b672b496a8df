/* Likelihoods of elastic nets in the linear predictor. */
#include "shy_config.h"

#include <math.h>

#include "elastic_impl.h"

#define PROBABILITY_LEAST 1e-9 /* as in glmnet: information of a sample does not vanish */
#define LOSS_LEAST 1e-5        /* and held-out probabilities are not taken for certainties */

const char *shy_net_family_name(shy_net_family family)
{
    static const char *const name[] = {"gaussian", "binomial", "poisson", "cox"};
    return name[family];
}

static void standardise(shy_net_outcome *o)
{
    double square = 0.0;
    o->centre = shy_net_dot(o->weight, o->y, o->n);
    for (int i = 0; i < o->n; i++) {
        o->y[i] -= o->centre;
        square += o->weight[i] * o->y[i] * o->y[i];
    }
    o->scale = square > 0.0 ? sqrt(square) : 1.0;
    for (int i = 0; i < o->n; i++) o->y[i] /= o->scale;
}

shy_status shy_net_outcome_create(const shy_net_data *data, const int *row, int rows, shy_net_outcome *outcome_out)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)rows;
    shy_net_outcome o = {.family = data->family, .n = rows, .scale = 1.0};
    SHY_TRY(shy_new(n, sizeof *o.y, &o.y));
    SHY_TRY(shy_new(n, sizeof *o.weight, &o.weight));
    if (data->offset) SHY_TRY(shy_new(n, sizeof *o.offset, &o.offset));
    for (int i = 0; i < rows; i++) {
        o.y[i] = data->y[row[i]];
        o.weight[i] = data->weight ? data->weight[row[i]] : 1.0;
        if (o.offset) o.offset[i] = data->offset[row[i]];
        o.total += o.weight[i];
    }
    for (int i = 0; i < rows; i++) o.weight[i] /= o.total;
    if (o.family == SHY_NET_GAUSSIAN) standardise(&o);
    if (o.family == SHY_NET_COX) SHY_TRY(shy_net_follow_create(data, row, &o));
    *outcome_out = o, o = (shy_net_outcome){0};
out:
    shy_net_outcome_free(&o);
    return st;
}

void shy_net_outcome_free(shy_net_outcome *outcome)
{
    shy_free(&outcome->y);
    shy_free(&outcome->offset);
    shy_free(&outcome->weight);
    shy_net_follow_free(&outcome->follow);
}

static double gaussian(const shy_net_outcome *o, const double *eta, double *gradient, double *curvature)
{
    double value = 0.0;
    for (int i = 0; i < o->n; i++) {
        const double rest = o->y[i] - eta[i];
        value += 0.5 * o->weight[i] * rest * rest;
        if (!gradient) continue;
        gradient[i] = o->weight[i] * rest;
        curvature[i] = o->weight[i];
    }
    return value;
}

/* log(1 + exp(eta)) without overflow. */
static double softplus(double eta)
{
    return eta > 0.0 ? eta + log1p(exp(-eta)) : log1p(exp(eta));
}

static double binomial(const shy_net_outcome *o, const double *eta, double *gradient, double *curvature)
{
    double value = 0.0;
    for (int i = 0; i < o->n; i++) {
        const double p = 1.0 / (1.0 + exp(-eta[i])), information = fmax(p * (1.0 - p), PROBABILITY_LEAST);
        value += o->weight[i] * (softplus(eta[i]) - o->y[i] * eta[i]);
        if (!gradient) continue;
        gradient[i] = o->weight[i] * (o->y[i] - p);
        curvature[i] = o->weight[i] * information;
    }
    return value;
}

/* y log y − y, what the saturated model has. */
static double saturated(double y)
{
    return y > 0.0 ? y * log(y) - y : 0.0;
}

static double poisson(const shy_net_outcome *o, const double *eta, double *gradient, double *curvature)
{
    double value = 0.0;
    for (int i = 0; i < o->n; i++) {
        const double at = eta[i] + (o->offset ? o->offset[i] : 0.0), mean = exp(fmin(at, 300.0));
        value += o->weight[i] * (mean - o->y[i] * at + saturated(o->y[i]));
        if (!gradient) continue;
        gradient[i] = o->weight[i] * (o->y[i] - mean);
        curvature[i] = o->weight[i] * mean;
    }
    return value;
}

double shy_net_likelihood(shy_net_outcome *outcome, const double *eta, double *gradient, double *curvature)
{
    switch (outcome->family) {
    case SHY_NET_BINOMIAL: return binomial(outcome, eta, gradient, curvature);
    case SHY_NET_POISSON: return poisson(outcome, eta, gradient, curvature);
    case SHY_NET_COX: return shy_net_cox(outcome, eta, gradient, curvature);
    default: return gaussian(outcome, eta, gradient, curvature);
    }
}

double shy_net_loss(shy_net_family family, double y, double eta)
{
    if (family == SHY_NET_GAUSSIAN) return (y - eta) * (y - eta);
    if (family == SHY_NET_POISSON) return 2.0 * (exp(eta) - y * eta + saturated(y));
    const double p = fmin(fmax(1.0 / (1.0 + exp(-eta)), LOSS_LEAST), 1.0 - LOSS_LEAST);
    return -2.0 * (y * log(p) + (1.0 - y) * log(1.0 - p));
}

/** What screening compares formulas with: weights, covariates orthonormal in their metric, a response orthogonal to these. */
#include "shy_config.h"

#include <math.h>

#include "model_impl.h"

#define EQUAL 1e-12 /* deviation from 1, on average, below which weights count as equal */

static void sum_weights(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = shy_sum(o->metric_weight + begin, end - begin);
}

static void sum_deviations(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = 0.0;
    for (int i = begin; i < end; i++)
        sums[0] += fabs(o->metric_weight[i] - 1.0);
}

static shy_status allocate(shy_outcome *o)
{
    shy_status st = SHY_OK;

    if (o->ops->information || o->weight || o->treatment) {
        SHY_TRY(shy_new((size_t)o->rows.rows, sizeof *o->metric_weight, &o->metric_weight));
        if ((o->ops->information || o->treatment) && o->covariates.rank > 0)
            SHY_TRY(shy_orthonormal_create(&o->rows, o->covariates.rank, &o->directions));
    }
out:
    return st;
}

/* Σ w = n; weights that are all equal are none. */
static shy_status make_weights(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const double n = (double)o->rows.total;
    double sum = 0.0, deviation = 0.0;

    if (!o->metric_weight) goto out;
    if (o->ops->information)
        o->ops->information(o, o->metric_weight);
    else
        for (int i = 0; i < o->rows.rows; i++)
            o->metric_weight[i] = o->weight ? o->weight[i] : 1.0;
    for (int i = 0; o->treatment && i < o->rows.rows; i++)
        o->metric_weight[i] *= shy_interaction_factor(o, i) * shy_interaction_factor(o, i);
    if (o->weight)
        for (int i = 0; i < o->rows.rows; i++)
            if (o->weight[i] == 0.0) o->metric_weight[i] = 0.0;
    SHY_TRY(shy_rows_sum(&o->rows, sum_weights, o, 1, o->partial, &sum));
    for (int i = 0; i < o->rows.rows; i++)
        o->metric_weight[i] *= n / sum;
    SHY_TRY(shy_rows_sum(&o->rows, sum_deviations, o, 1, o->partial, &deviation));
    if (deviation > EQUAL * n) o->metric.weight = o->metric_weight;
out:
    return st;
}

/* The covariates' own q where the metric is that of the case weights. */
static shy_status make_directions(shy_outcome *o)
{
    shy_status st = SHY_OK;

    if (o->covariates.rank == 0) goto out;
    const bool own = o->treatment || (o->ops->information && (o->metric.weight || o->weight));
    if (o->treatment)
        SHY_TRY(shy_interaction_directions(o, o->metric.weight));
    else if (own)
        SHY_TRY(shy_orthonormal_make(&o->directions, &o->rows, o->metric.weight, (double)o->rows.total,
                                     (const double *const *)o->covariates.q, o->partial));
    const struct shy_orthonormal *set = own ? &o->directions : &o->covariates;
    o->metric.directions = set->rank;
    o->metric.direction = (const double *const *)set->q;
out:
    return st;
}

/* sums: y, then y q_k */
static void multiply(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = shy_sum(o->response + begin, end - begin);
    for (int k = 0; k < o->metric.directions; k++)
        sums[1 + k] = shy_dot(o->response + begin, o->metric.direction[k] + begin, end - begin);
}

/* y −= w (c_0 + sum c_k q_k), so that the sums of y and y q_k vanish but for rounding. */
static void subtract(shy_outcome *o, const double *c)
{
    for (int i = 0; i < o->rows.rows; i++) {
        double fitted = c[0];
        for (int k = 0; k < o->metric.directions; k++)
            fitted += c[1 + k] * o->metric.direction[k][i];
        o->response[i] -= o->metric.weight ? o->metric.weight[i] * fitted : fitted;
    }
}

static shy_status make_response(shy_outcome *o)
{
    shy_status st = SHY_OK;
    double c[1 + SHY_COVARIATES_MAX];

    o->ops->response(o, o->response);
    for (int i = 0; o->treatment && i < o->rows.rows; i++)
        o->response[i] *= shy_interaction_factor(o, i);
    if (o->weight)
        for (int i = 0; i < o->rows.rows; i++)
            if (o->weight[i] == 0.0) o->response[i] = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        SHY_TRY(shy_rows_sum(&o->rows, multiply, o, 1 + o->metric.directions, o->partial, c));
        for (int k = 0; k <= o->metric.directions; k++)
            c[k] /= (double)o->rows.total;
        subtract(o, c);
    }
    o->metric.response = o->response;
out:
    return st;
}

shy_status shy_outcome_measure(shy_outcome *o)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    SHY_TRY(make_weights(o));
    SHY_TRY(make_directions(o));
    SHY_TRY(make_response(o));
out:
    return st;
}

/* Proportional odds of a prediction: a slope, and thresholds between the levels that occur. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "recalibrate.h"

struct odds {
    const struct shy_judged *judged;
    int levels;     /* that occur */
    int *number;    /* of each level among them */
    double mean, deviation;
};

/* F(t), its density f, and f': 0 and 1 at the ends. */
struct side {
    double share, density, slope;
};

static struct side side_at(double t)
{
    const double e = exp(-fabs(t)), share = t >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e), density = e / ((1.0 + e) * (1.0 + e));

    return (struct side){share, density, density * (1.0 - 2.0 * share)};
}

/* The unknowns are the thresholds, then the slope. A threshold's derivative is also the slope's, times −z. */
static double add_row(const struct odds *o, const double *x, int level, double z, double w, double *gradient, double *information)
{
    const int slope = o->levels - 1, unknowns = o->levels, at[2] = {level - 1, level};
    const bool there[2] = {level > 0, level < o->levels - 1};
    const struct side low = there[0] ? side_at(x[at[0]] - x[slope] * z) : (struct side){0.0, 0.0, 0.0};
    const struct side high = there[1] ? side_at(x[at[1]] - x[slope] * z) : (struct side){1.0, 0.0, 0.0};
    const double p = high.share - low.share;
    if (!(p > 0.0)) return -INFINITY;
    const double g[2] = {-low.density / p, high.density / p};
    const double h[2][2] = {{low.slope / p + g[0] * g[0], g[0] * g[1]}, {g[0] * g[1], -high.slope / p + g[1] * g[1]}};

    for (int a = 0; a < 2; a++) {
        if (!there[a]) continue;
        gradient[at[a]] += w * g[a];
        gradient[slope] -= w * g[a] * z;
        for (int b = 0; b < 2; b++) {
            if (!there[b]) continue;
            information[at[a] * unknowns + at[b]] += w * h[a][b];
            information[at[a] * unknowns + slope] -= w * h[a][b] * z;
            information[slope * unknowns + at[a]] -= w * h[a][b] * z;
            information[slope * unknowns + slope] += w * h[a][b] * z * z;
        }
    }
    return w * log(p);
}

static double likelihood(const void *context, const double *x, double *gradient, double *information)
{
    const struct odds *o = context;
    const struct shy_judged *j = o->judged;
    double sum = 0.0;

    memset(gradient, 0, (size_t)o->levels * sizeof *gradient);
    memset(information, 0, (size_t)(o->levels * o->levels) * sizeof *information);
    for (size_t k = 0; k < j->n; k++)
        sum += add_row(o, x, o->number[(int)j->y[k]], (j->predictor[k] - o->mean) / o->deviation, j->weight[k], gradient, information);
    return sum;
}

/* Thresholds at the shares of the levels, slope 0. below: room for a number per level. */
static void start(const struct odds *o, double *below, double *x)
{
    const struct shy_judged *j = o->judged;
    double all = 0.0, sum = 0.0;

    memset(below, 0, (size_t)j->levels * sizeof *below);
    for (size_t k = 0; k < j->n; k++) {
        below[o->number[(int)j->y[k]]] += j->weight[k];
        all += j->weight[k];
    }
    for (int l = 0; l + 1 < o->levels; l++) {
        sum += below[l];
        x[l] = log(sum / (all - sum));
    }
    x[o->levels - 1] = 0.0;
}

static void number_levels(struct odds *o)
{
    for (size_t k = 0; k < o->judged->n; k++)
        o->number[(int)o->judged->y[k]] = 1;
    for (int l = 0; l < o->judged->levels; l++)
        if (o->number[l] > 0) o->number[l] = o->levels++;
}

shy_status shy_proportional_odds(const struct shy_judged *judged, double mean, double deviation, double *slope_out, double *error_out, bool *fitted_out)
{
    shy_status st = SHY_OK;
    struct odds o = {.judged = judged, .mean = mean, .deviation = deviation};
    double *below = NULL, x[SHY_CLIMB_MAX], variance[SHY_CLIMB_MAX];

    SHY_TRY(shy_new((size_t)judged->levels, sizeof *o.number, &o.number));
    SHY_TRY(shy_new((size_t)judged->levels, sizeof *below, &below));
    number_levels(&o);
    *fitted_out = false;
    if (o.levels < 2 || o.levels > SHY_CLIMB_MAX) goto out;
    start(&o, below, x);
    if (!shy_climb(o.levels, likelihood, &o, x, variance)) goto out;
    *slope_out = x[o.levels - 1] / deviation;
    *error_out = sqrt(variance[o.levels - 1]) / deviation;
    *fitted_out = true;
out:
    shy_free(&below);
    shy_free(&o.number);
    return st;
}

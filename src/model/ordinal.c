/** Outcomes in ordered levels: proportional odds (cumulative logits). Deviance is what the front minimises. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "glm.h"
#include "levels.h"
#include "shihyo/linalg.h"

#define LEVELS_MOST 64

struct ordinal {
    double null_loss; /* −log likelihood of the null model */
    double threshold[LEVELS_MOST];
    struct shy_glm glm;
    struct shy_levels levels;
};

enum { METRIC_CONCORDANCE, METRIC_DEVIANCE };
static const char *const metric_names[] = {"concordance", "deviance", NULL};

/* ---- what a row adds ------------------------------------------------------------------------------------------- */

/* 1 / (1 + exp(−x)), what it lacks to 1, and the logarithms of both: those of 1 and 0 at the ends */
struct logistic {
    double below, above, log_below, log_above;
};
static const struct logistic highest = {.below = 1.0}, lowest = {.above = 1.0};

static struct logistic logistic_of(double x)
{
    const double e = shy_exp_of_negative(-fabs(x)), larger = 1.0 / (1.0 + e), smaller = e * larger, log_larger = -shy_log_of_one_plus(e);

    if (x >= 0.0) return (struct logistic){larger, smaller, log_larger, log_larger - x};
    return (struct logistic){smaller, larger, log_larger + x, log_larger};
}

/*
 * P = F(a) − F(b) = F(a) (1 − F(b)) (1 − exp(−(a − b))), which loses no digits where a and b are far out on one side. `gap` is the last
 * factor. f(a) / P and f(b) / P follow.
 */
static double add_row(struct shy_glm_chunk *c, int i, struct logistic a, struct logistic b, double gap)
{
    const double w = c->weight ? c->weight[i] : 1.0;
    const double upper = a.above / (b.above * gap), lower = b.below / (a.below * gap);

    c->residual[i] = w * (a.above - b.below);
    c->information[i] = w * (a.below * a.above + b.below * b.above);
    c->cut[SHY_GLM_UPPER][i] = -w * upper;
    c->cut[SHY_GLM_LOWER][i] = w * lower;
    c->cut[SHY_GLM_UPPER_UPPER][i] = w * upper * (upper - (a.above - a.below));
    c->cut[SHY_GLM_UPPER_LOWER][i] = -w * upper * lower;
    c->cut[SHY_GLM_LOWER_LOWER][i] = w * lower * (lower + (b.above - b.below));
    return -w * (a.log_below + b.log_above + log(gap));
}

/* Thresholds out of order: infinitely unlikely, and no direction is better than another. */
static double forbid_row(struct shy_glm_chunk *c, int i)
{
    c->residual[i] = c->information[i] = NAN;
    for (int k = 0; k < SHY_GLM_CUTS; k++)
        c->cut[k][i] = NAN;
    return INFINITY;
}

static void family(struct shy_glm_chunk *c, int count, double *sums)
{
    const int highest_level = c->head;
    double *loss = c->scratch[0];

    for (int i = 0; i < count; i++) {
        const int level = (int)c->y[i];
        const double up = level < highest_level ? c->beta[level] : INFINITY, low = level > 0 ? c->beta[level - 1] : -INFINITY;
        const struct logistic a = level < highest_level ? logistic_of(up - c->eta[i]) : highest;
        const struct logistic b = level > 0 ? logistic_of(low - c->eta[i]) : lowest;
        const double gap = up - low < 40.0 ? -expm1(low - up) : 1.0;
        loss[i] = gap > 0.0 ? add_row(c, i, a, b, gap) : forbid_row(c, i);
    }
    sums[SHY_GLM_LOSS] += shy_sum(loss, count);
}

/* ---- refit ----------------------------------------------------------------------------------------------------- */

static shy_status measure(const shy_outcome *o, shy_fit *fit)
{
    const struct ordinal *r = o->state;
    const double loss = r->glm.sums[SHY_GLM_LOSS];

    fit->metric[METRIC_DEVIANCE] = 2.0 * loss;
    fit->loss = loss / r->null_loss;
    fit->likelihood_ratio = 2.0 * (r->null_loss - loss);
    return shy_levels_concordance(&r->levels, r->glm.eta, &fit->metric[METRIC_CONCORDANCE]);
}

/* What undoing the basis took for an intercept moves the thresholds instead. */
static void move_thresholds(const shy_outcome *o, shy_fit *fit)
{
    struct ordinal *r = o->state;

    for (int k = 0; k < o->levels - 1; k++)
        r->threshold[k] = r->glm.beta[k] - fit->intercept;
    fit->intercept = 0.0;
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_glm_refit(&((struct ordinal *)o->state)->glm, terms, x, NULL, fit_out));
    move_thresholds(o, fit_out);
    SHY_TRY(measure(o, fit_out));
out:
    return st;
}

/* ---- start ----------------------------------------------------------------------------------------------------- */

static shy_status check_values(const shy_outcome *o)
{
    if (o->levels > LEVELS_MOST)
        return shy_fail(SHY_INPUT, "outcome \"%s\" has %d levels; an ordinal outcome has at most %d. Join some, or choose the kind continuous.",
                        o->column, o->levels, LEVELS_MOST);
    for (int i = 0; i < o->rows.rows; i++)
        if (!(o->y[i] >= 0.0 && o->y[i] < LEVELS_MOST && o->y[i] == floor(o->y[i])) || (o->levels > 0 && o->y[i] >= o->levels))
            return shy_fail(SHY_INPUT, "outcome \"%s\" is %.6g in sample %llu of those in use; levels are whole numbers from 0 to %d.",
                            o->column, o->y[i], (unsigned long long)(o->rows.first + (uint64_t)i + 1),
                            (o->levels > 0 ? o->levels : LEVELS_MOST) - 1);
    return SHY_OK;
}

static shy_status allocate(shy_outcome *o)
{
    shy_status st = SHY_OK;
    struct ordinal *r = NULL;

    SHY_TRY(shy_new(1, sizeof *r, &r));
    o->state = r;
    SHY_TRY(shy_levels_create(o, o->levels, &r->levels));
    SHY_TRY(shy_glm_create(o, family, false, o->levels - 1, &r->glm));
out:
    return st;
}

static void stop(shy_outcome *o)
{
    struct ordinal *r = o->state;

    shy_glm_free(&r->glm);
    shy_levels_free(&r->levels);
}

/* sums: weight of each level */
static void sum_levels(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    memset(sums, 0, (size_t)o->levels * sizeof *sums);
    for (int i = begin; i < end; i++)
        sums[(int)o->y[i]] += o->weight ? o->weight[i] : 1.0;
}

/* How many levels, if nobody said; each of them must occur, or its threshold would have no place. */
static shy_status count_levels(shy_outcome *o, double *weight)
{
    shy_status st = SHY_OK;
    double largest = 0.0;

    SHY_TRY(shy_group_agree(o->rows.team, check_values(o)));
    for (int i = 0; i < o->rows.rows; i++)
        largest = fmax(largest, o->y[i]);
    SHY_TRY(shy_group_maximum(o->rows.team, &largest, 1));
    if (o->levels <= 0) o->levels = 1 + (int)largest;
    if (largest == 0.0)
        return shy_fail(SHY_INPUT, "outcome \"%s\" is constant: it has one level in all %.0f samples in use, so there is nothing to explain.",
                        o->column, o->taking);
    SHY_TRY(shy_rows_sum(&o->rows, sum_levels, o, o->levels, o->partial, weight));
    for (int k = 0; k < o->levels; k++)
        if (weight[k] == 0.0)
            return shy_fail(SHY_INPUT,
                            "level %d of outcome \"%s\" occurs in none of the %.0f samples in use; join it with a neighbour, so that levels are 0, "
                            "1, … without a gap.",
                            k, o->column, o->taking);
out:
    return st;
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    double weight[LEVELS_MOST], beta[SHY_UNKNOWNS_MAX], below = 0.0;
    shy_verdict verdict;

    SHY_TRY(count_levels(o, weight));
    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    struct ordinal *r = o->state;
    shy_levels_start(&r->levels);
    o->threshold = r->threshold;
    for (int k = 0; k < o->levels - 1; k++) {
        below += weight[k];
        r->glm.null_beta[k] = log(below / (o->weight_sum - below));
    }
    shy_glm_set(&r->glm, NULL, beta);
    SHY_TRY(shy_glm_fit(&r->glm, beta, &verdict));
    memcpy(r->glm.null_beta, beta, (size_t)r->glm.unknowns * sizeof *beta);
    r->null_loss = r->glm.sums[SHY_GLM_LOSS];
out:
    return st;
}

/* ---- screening and derivatives --------------------------------------------------------------------------------- */

static void residual(const shy_outcome *o, double *out)
{
    shy_glm_residual(&((const struct ordinal *)o->state)->glm, out);
}

/*
 * Expected over the levels, sum over j of P_j (f_j + f_{j−1}): the observed information depends on the row's own level, which a weight of the
 * metric must not. It is the exact one of the score test without covariates, where it is the same for all rows.
 */
static void information(const shy_outcome *o, double *out)
{
    const struct ordinal *r = o->state;

    for (int i = 0; i < o->rows.rows; i++) {
        struct logistic b = lowest;
        double sum = 0.0;
        for (int k = 0; k < o->levels; k++) {
            const struct logistic a = k < o->levels - 1 ? logistic_of(r->glm.beta[k] - r->glm.eta[i]) : highest;
            sum += (a.below - b.below) * (a.below * a.above + b.below * b.above);
            b = a;
        }
        out[i] = o->weight ? o->weight[i] * sum : sum;
    }
}

const shy_outcome_ops shy_outcome_ordinal = {
    .name = "ordinal",
    .help = "levels in order; proportional odds; concordance over pairs of different levels, deviance = -2 log likelihood",
    .metric_names = metric_names,
    .headline = "the concordance, the chance that of two samples with different levels the formula ranks the higher one above",
    .link = "log-odds (%s above a level) - the threshold of the level",
    .larger_is_better = true,
    .start = start,
    .response = residual,
    .information = information,
    .refit = refit,
    .residual = residual,
    .stop = stop,
};

/** Matched sets: conditional logistic regression, cases compared with the controls of their own set only. */
#include "shy_config.h"

#include <math.h>

#include "partial.h"

struct matched {
    struct shy_partial *partial;
    struct shy_conditional *conditional;
    double cases; /* in sets that have controls, too */
};

enum { METRIC_C, METRIC_DEVIANCE };
static const char *const metric_names[] = {"c", "deviance", NULL};

/* ---- start ----------------------------------------------------------------------------------------------------- */

static shy_status check_values(const shy_outcome *o)
{
    for (int i = 0; i < o->rows.rows; i++) {
        const unsigned long long sample = (unsigned long long)(o->rows.first + (uint64_t)i + 1);
        if (o->weight && o->weight[i] != 0.0 && o->weight[i] != 1.0)
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\": the weight of sample %llu of those in use is %.6g; samples of matched sets weigh 1, or 0 to be "
                            "left out.",
                            o->column, sample, o->weight[i]);
        if (o->y[i] != 0.0 && o->y[i] != 1.0)
            return shy_fail(SHY_INPUT, "outcome \"%s\" is %.6g in sample %llu of those in use; it is 1 for cases and 0 for controls.",
                            o->column, o->y[i], sample);
    }
    return SHY_OK;
}

static shy_status allocate(shy_outcome *o, struct matched *s)
{
    shy_status st = SHY_OK;
    const struct shy_follow *f = s->partial->follow;
    int informative = 0;

    for (int m = 0; m < f->moments; m++) {
        if (f->moment[m].deaths == f->moment[m].begin) continue;
        informative++;
        s->cases += f->moment[m].end - f->moment[m].deaths;
    }
    if (informative == 0)
        return shy_fail(SHY_INPUT,
                        "outcome \"%s\": none of the %d sets has both a case (1) and a control (0), so there is nothing to compare. Check "
                        "the column that names the sets.",
                        o->column, f->strata);
    SHY_TRY(shy_conditional_create(f, s->partial->design, &s->conditional));
    shy_partial_likelihood(s->partial, shy_conditional_likelihood, s->conditional, s->cases);
out:
    return st;
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const shy_team *team = o->rows.team;

    SHY_TRY(shy_group_agree(team, check_values(o)));
    SHY_TRY(shy_group_agree(team, shy_new(1, sizeof(struct matched), &o->state)));
    struct matched *s = o->state;
    SHY_TRY(shy_partial_create(o, NULL, &s->partial));
    SHY_TRY(shy_group_agree(team, allocate(o, s)));
    SHY_TRY(shy_partial_start(o, s->partial));
out:
    return st;
}

static void stop(shy_outcome *o)
{
    struct matched *s = o->state;

    shy_conditional_destroy(&s->conditional);
    shy_partial_destroy(&s->partial);
}

/* ---- refit ----------------------------------------------------------------------------------------------------- */

static void residual(const shy_outcome *o, double *out)
{
    const struct matched *s = o->state;

    shy_conditional_residuals(s->conditional, s->partial->residual);
    shy_partial_scatter(o, s->partial, s->partial->residual, out);
}

/* p (1 − p), p = P(case | set): 0 in sets that tell nothing. */
static void information(const shy_outcome *o, double *weight)
{
    residual(o, weight);
    for (int i = 0; i < o->rows.rows; i++) {
        const double p = o->y[i] - weight[i];
        weight[i] = fmax(p * (1.0 - p), 0.0);
    }
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    const struct matched *s = o->state;

    shy_partial_fit(o, s->partial, terms, x, s->cases, fit_out);
    shy_concordance(s->partial->follow, s->conditional->eta, NULL, &s->partial->space, &fit_out->metric[METRIC_C], NULL);
    fit_out->metric[METRIC_DEVIANCE] = -2.0 * s->partial->newton->value;
    return SHY_OK;
}

const shy_outcome_ops shy_outcome_matched = {
    .name = "matched",
    .help = "0 or 1 in matched sets; conditional logistic regression; c = concordance within sets, deviance = -2 log conditional likelihood",
    .metric_names = metric_names,
    .headline = "the concordance within sets (c), the chance that the formula ranks a case above a control of its set",
    .link = "log odds ratio (%s)",
    .larger_is_better = true,
    .codes_levels = true,
    .start = start,
    .response = residual,
    .information = information,
    .refit = refit,
    .residual = residual,
    .stop = stop,
};

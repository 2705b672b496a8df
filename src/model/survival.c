/** Survival: Cox's proportional hazards, with late entry and strata; concordance, AUC over time, integrated Brier score. */
#include "shy_config.h"

#include <math.h>

#include "partial.h"

struct survival {
    struct shy_partial *partial;
    struct shy_cox *cox;
    struct shy_censoring *censoring;
    struct shy_timed *timed;
    double *auc_baseline, *brier_baseline; /* strata × times */
};

enum { METRIC_C, METRIC_UNO_C, METRIC_AUC_T, METRIC_IBS };
static const char *const metric_names[] = {"c", "uno_c", "auc_t", "ibs", NULL};

/* ---- start ----------------------------------------------------------------------------------------------------- */

static shy_status check_values(const shy_outcome *o)
{
    if (!o->time && o->rows.rows > 0) return shy_fail(SHY_INTERNAL, "outcome \"%s\": survival without times", o->column);
    for (int i = 0; i < o->rows.rows; i++) {
        const unsigned long long sample = (unsigned long long)(o->rows.first + (uint64_t)i + 1);
        if (o->weight && o->weight[i] == 0.0) continue;
        if (o->y[i] != 0.0 && o->y[i] != 1.0)
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\": the event is %.6g in sample %llu of those in use; it is 1 (follow-up ended with the "
                            "event) or 0 (censored).",
                            o->column, o->y[i], sample);
        if (!(o->time[i] > 0.0) || !isfinite(o->time[i]))
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\": the time is %.6g in sample %llu of those in use; follow-up must end at a time above 0. "
                            "Correct it or leave the sample out.",
                            o->column, o->time[i], sample);
        if (o->entry && !(o->entry[i] < o->time[i] && isfinite(o->entry[i])))
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\": sample %llu of those in use enters at %.6g and its follow-up ends at %.6g; it must enter "
                            "before. Correct it or leave the sample out.",
                            o->column, sample, o->entry[i], o->time[i]);
    }
    return SHY_OK;
}

static shy_status allocate(const shy_outcome *o, struct survival *s)
{
    shy_status st = SHY_OK;
    const struct shy_follow *follow = s->partial->follow;
    const size_t strata = (size_t)follow->strata;

    if (follow->events == 0)
        return shy_fail(SHY_INPUT,
                        "outcome \"%s\": nobody among the %d samples in use has the event, so there is nothing to explain. Choose "
                        "another outcome or other samples.",
                        o->column, follow->n);
    SHY_TRY(shy_cox_create(follow, s->partial->design, &s->cox));
    SHY_TRY(shy_censoring_create(&s->partial->data, &s->censoring));
    SHY_TRY(shy_timed_create(follow, s->censoring, &s->timed));
    SHY_TRY(shy_new(strata * SHY_AUC_TIMES, sizeof(double), &s->auc_baseline));
    SHY_TRY(shy_new(strata * SHY_BRIER_TIMES, sizeof(double), &s->brier_baseline));
    shy_partial_likelihood(s->partial, shy_cox_likelihood, s->cox, follow->event_weight);
out:
    return st;
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const shy_team *team = o->rows.team;

    SHY_TRY(shy_group_agree(team, check_values(o)));
    SHY_TRY(shy_group_agree(team, shy_new(1, sizeof(struct survival), &o->state)));
    struct survival *s = o->state;
    SHY_TRY(shy_partial_create(o, o->time, &s->partial));
    SHY_TRY(shy_group_agree(team, allocate(o, s)));
    SHY_TRY(shy_partial_start(o, s->partial));
out:
    return st;
}

static void stop(shy_outcome *o)
{
    struct survival *s = o->state;

    shy_free(&s->brier_baseline);
    shy_free(&s->auc_baseline);
    shy_timed_destroy(&s->timed);
    shy_censoring_destroy(&s->censoring);
    shy_cox_destroy(&s->cox);
    shy_partial_destroy(&s->partial);
}

/* ---- refit ----------------------------------------------------------------------------------------------------- */

static void residual(const shy_outcome *o, double *out)
{
    const struct survival *s = o->state;

    shy_cox_residuals(s->cox, s->partial->residual);
    shy_partial_scatter(o, s->partial, s->partial->residual, out);
}

static void measure(const struct survival *s, bool first_only, shy_fit *fit)
{
    const struct shy_timed *timed = s->timed;
    const struct shy_concordance_space *space = &s->partial->space;
    const double *eta = s->cox->eta, *auc_baseline = NULL;

    shy_concordance(s->partial->follow, eta, timed->uno, space, &fit->metric[METRIC_C], &fit->metric[METRIC_UNO_C]);
    fit->metric[METRIC_AUC_T] = fit->metric[METRIC_IBS] = NAN;
    if (first_only) return;
    if (s->partial->follow->strata > 1) {
        shy_cox_baseline(s->cox, timed->auc_times, timed->auc_time, s->auc_baseline);
        auc_baseline = s->auc_baseline;
    }
    fit->metric[METRIC_AUC_T] = shy_timed_auc(timed, eta, auc_baseline, space);
    shy_cox_baseline(s->cox, timed->times, timed->time, s->brier_baseline);
    fit->metric[METRIC_IBS] = shy_timed_brier(timed, eta, s->brier_baseline);
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    const struct survival *s = o->state;

    shy_partial_fit(o, s->partial, terms, x, s->partial->follow->event_weight, fit_out);
    measure(s, o->first_metric_only, fit_out);
    return SHY_OK;
}

const shy_outcome_ops shy_outcome_survival = {
    .name = "survival",
    .help = "time to an event or censoring; Cox regression, ties as Efron has them; c = Harrell's concordance, uno_c = Uno's (up to the "
            "last event at which a tenth remains uncensored), auc_t = mean AUC of being dead or alive at the quartiles of the event times, "
            "ibs = integrated Brier score; the last three weighted for censoring",
    .metric_names = metric_names,
    .headline = "the concordance (c), the chance that of two samples the one with the earlier event has the higher value",
    .link = "log hazard ratio (%s)",
    .larger_is_better = true,
    .needs_time = true,
    .start = start,
    .response = residual,
    .refit = refit,
    .residual = residual,
    .stop = stop,
};

/** Outcomes fitted by a partial likelihood: the cohort gathered on every member, and refits on it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "partial.h"
#include "shihyo/linalg.h"

static shy_status allocate_data(const shy_outcome *o, bool has_entry, struct shy_partial *p)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)o->rows.total;

    p->data.n = (int)o->rows.total;
    SHY_TRY(shy_new(n, sizeof(double), &p->time));
    SHY_TRY(shy_new(n, sizeof(double), &p->event));
    if (has_entry) SHY_TRY(shy_new(n, sizeof(double), &p->entry));
    if (o->weight) SHY_TRY(shy_new(n, sizeof(double), &p->weight));
    if (o->stratum) SHY_TRY(shy_new(n, sizeof(int), &p->stratum));
    SHY_TRY(shy_new(n, sizeof(double), &p->all));
    SHY_TRY(shy_new((size_t)o->rows.rows, sizeof(double), &p->residual)); /* first for strata as numbers; made anew later */
    SHY_TRY(shy_new((size_t)o->rows.team->row_blocks + 1, sizeof(int), &p->starts));
    p->data.time = p->time, p->data.event = p->event, p->data.entry = p->entry;
    p->data.weight = p->weight, p->data.stratum = p->stratum;
out:
    return st;
}

static shy_status allocate_work(const shy_outcome *o, struct shy_partial *p)
{
    shy_status st = SHY_OK;
    const size_t most = (size_t)(o->covariates.rank + SHY_BASIS_MAX);

    SHY_TRY(shy_follow_create(&p->data, &p->follow));
    const size_t n = (size_t)p->follow->n;
    SHY_TRY(shy_linear_create(p->follow->n, (int)most, p->follow->strata, p->follow->start, &p->design));
    SHY_TRY(shy_newton_create((int)most, &p->newton));
    SHY_TRY(shy_new(most, sizeof(double), &p->beta));
    SHY_TRY(shy_new(most, sizeof(double), &p->null_beta));
    SHY_TRY(shy_new(most, sizeof(bool), &p->null_used));
    SHY_TRY(shy_new(most, sizeof(double), &p->coefficient));
    SHY_TRY(shy_new(most, sizeof(double), &p->variance));
    SHY_TRY(shy_new(most, sizeof(double), &p->scratch));
    shy_free(&p->residual);
    SHY_TRY(shy_new(n, sizeof(double), &p->residual));
    SHY_TRY(shy_new(n, sizeof(int), &p->space.order));
    SHY_TRY(shy_new(n, sizeof(int), &p->space.spare));
    SHY_TRY(shy_new(n, sizeof(int), &p->space.rank));
    SHY_TRY(shy_new(n + 1, sizeof(double), &p->space.tree));
out:
    return st;
}

static void gather_data(const shy_outcome *o, const double *time, struct shy_partial *p)
{
    const shy_team *team = o->rows.team;
    const int rows = o->rows.rows;

    for (int i = 0; i < p->data.n; i++)
        p->time[i] = 1.0;
    if (time) shy_vector_gather(team, time, rows, p->time, p->starts);
    shy_vector_gather(team, o->y, rows, p->event, p->starts);
    if (p->entry) shy_vector_gather(team, o->entry, rows, p->entry, p->starts);
    if (p->weight) shy_vector_gather(team, o->weight, rows, p->weight, p->starts);
    if (!p->stratum) return;
    for (int i = 0; i < rows; i++)
        p->residual[i] = (double)o->stratum[i];
    shy_vector_gather(team, p->residual, rows, p->all, p->starts);
    for (int i = 0; i < p->data.n; i++)
        p->stratum[i] = (int)p->all[i];
}

shy_status shy_partial_create(const shy_outcome *o, const double *time, struct shy_partial **partial_out)
{
    shy_status st = SHY_OK;
    struct shy_partial *p = NULL;
    const shy_team *team = o->rows.team;

    if (o->rows.total > INT32_MAX) return shy_fail(SHY_INPUT, "outcome \"%s\" has more than 2,147,483,647 samples.", o->column);
    SHY_TRY(shy_group_agree(team, shy_new(1, sizeof *p, &p)));
    SHY_TRY(shy_group_agree(team, allocate_data(o, time && o->entry, p)));
    gather_data(o, time, p);
    SHY_TRY(shy_group_agree(team, allocate_work(o, p)));
    *partial_out = p, p = NULL;
out:
    shy_partial_destroy(&p);
    return st;
}

void shy_partial_destroy(struct shy_partial **partial)
{
    struct shy_partial *p = *partial;

    if (!p) return;
    shy_free(&p->space.tree);
    shy_free(&p->space.rank);
    shy_free(&p->space.spare);
    shy_free(&p->space.order);
    shy_free(&p->scratch);
    shy_free(&p->variance);
    shy_free(&p->coefficient);
    shy_free(&p->null_used);
    shy_free(&p->null_beta);
    shy_free(&p->beta);
    shy_newton_destroy(&p->newton);
    shy_linear_destroy(&p->design);
    shy_follow_destroy(&p->follow);
    shy_free(&p->starts);
    shy_free(&p->residual);
    shy_free(&p->all);
    shy_free(&p->stratum);
    shy_free(&p->weight);
    shy_free(&p->entry);
    shy_free(&p->event);
    shy_free(&p->time);
    shy_free(partial);
}

void shy_partial_likelihood(struct shy_partial *p, shy_likelihood *likelihood, void *context, double events)
{
    p->newton->likelihood = likelihood;
    p->newton->context = context;
    p->newton->events = events;
}

/* Column x over my rows becomes the design's column k. False: not all its values are finite. */
static bool take_column(const shy_outcome *o, struct shy_partial *p, int k, const double *x)
{
    const double *all = x;

    if (o->rows.team->row_blocks > 1) {
        shy_vector_gather(o->rows.team, x, o->rows.rows, p->all, p->starts);
        all = p->all;
    }
    for (int i = 0; i < p->follow->n; i++)
        p->design->q[k][i] = all[p->follow->sample[i]];
    return shy_linear_set(p->design, k);
}

static shy_status note_unused(shy_outcome *o, const struct shy_partial *p)
{
    shy_status st = SHY_OK;
    char *text = NULL;

    for (int k = 0; k < p->covariates; k++) {
        if (p->null_used[k]) continue;
        SHY_TRY(shy_string_format(&text, "Covariate \"%s\" is, but for the covariates before it, the same within each stratum or set; it "
                                         "changes no fit.",
                                  o->covariate_name[o->covariates.from[k]]));
        SHY_TRY(shy_outcome_note(o, text));
    }
out:
    return st;
}

shy_status shy_partial_start(shy_outcome *o, struct shy_partial *p)
{
    struct shy_newton *newton = p->newton;

    p->covariates = o->covariates.rank;
    for (int k = 0; k < p->covariates; k++)
        take_column(o, p, k, o->covariates.q[k]);
    memset(p->null_beta, 0, (size_t)p->covariates * sizeof *p->null_beta);
    memcpy(newton->used, p->design->used, (size_t)p->covariates * sizeof *newton->used);
    newton->unknowns = p->covariates;
    p->null_verdict = shy_newton_run(newton, p->null_beta);
    if (!isfinite(newton->value))
        return shy_fail(SHY_INPUT, "the covariates of outcome \"%s\" cannot be fitted to it; leave some of them out.", o->column);
    p->null_value = newton->value;
    memcpy(p->null_used, newton->used, (size_t)p->covariates * sizeof *newton->used);
    memcpy(p->design->used, newton->used, (size_t)p->covariates * sizeof *newton->used);
    return shy_group_agree(o->rows.team, note_unused(o, p));
}

/* The design of the null model and of `terms` columns more; the maximum of its likelihood. */
static shy_verdict maximise(const shy_outcome *o, struct shy_partial *p, int terms, const double *const *x)
{
    const int covariates = p->covariates;
    bool finite = true;

    p->design->columns = covariates;
    memcpy(p->newton->used, p->null_used, (size_t)covariates * sizeof *p->null_used);
    memcpy(p->beta, p->null_beta, (size_t)covariates * sizeof *p->beta);
    for (int k = covariates; k < covariates + terms; k++) {
        finite = take_column(o, p, k, x[k - covariates]) && finite;
        p->newton->used[k] = p->design->used[k];
        p->beta[k] = 0.0;
    }
    if (!finite) return SHY_DIVERGED;
    p->newton->unknowns = covariates + terms;
    return shy_newton_run(p->newton, p->beta);
}

static void return_to_null(struct shy_partial *p)
{
    p->design->columns = p->newton->unknowns = p->covariates;
    memcpy(p->newton->used, p->null_used, (size_t)p->covariates * sizeof *p->null_used);
    memcpy(p->beta, p->null_beta, (size_t)p->covariates * sizeof *p->beta);
    p->newton->likelihood(p->newton->context, p->beta, &p->newton->value, p->newton->gradient, p->newton->information);
}

/* Coefficients and errors of the columns as given. False: some coefficient is not finite. */
static bool undo(const shy_outcome *o, struct shy_partial *p, int terms, shy_fit *fit)
{
    const bool *used = p->newton->used;
    const int covariates = p->covariates;

    /* The likelihood may have found some more that say nothing. A covariate of which it says so only here keeps the null model's coefficient. */
    for (int k = covariates; k < p->design->columns; k++)
        p->design->used[k] = used[k];
    const bool finite = shy_linear_undo(p->design, p->beta, terms > 0 ? p->newton->covariance : NULL, p->scratch, p->coefficient,
                                        p->variance);
    for (int k = 0; k < terms; k++) {
        fit->coefficient[k] = used[covariates + k] ? p->coefficient[covariates + k] : 0.0;
        fit->error[k] = used[covariates + k] && p->variance[covariates + k] >= 0.0 ? sqrt(p->variance[covariates + k]) : NAN;
    }
    if (o->covariate_coefficient) shy_orthonormal_undo(&o->covariates, p->coefficient, o->covariate_coefficient);
    return finite;
}

void shy_partial_fit(const shy_outcome *o, struct shy_partial *p, int terms, const double *const *x, double events, shy_fit *fit)
{
    *fit = (shy_fit){.terms = terms};
    if (terms == 0) {
        return_to_null(p);
        fit->verdict = p->null_verdict;
        undo(o, p, 0, fit);
    } else {
        fit->verdict = maximise(o, p, terms, x);
        if (fit->verdict == SHY_DIVERGED || !undo(o, p, terms, fit)) {
            return_to_null(p);
            undo(o, p, 0, fit);
            *fit = (shy_fit){.terms = terms, .verdict = SHY_DIVERGED};
        }
        for (int k = 0; k < terms; k++)
            if (fit->verdict == SHY_DIVERGED)
                fit->error[k] = NAN;
            else if (fit->verdict == SHY_FITTED && !p->newton->used[p->covariates + k])
                fit->verdict = SHY_SINGULAR;
    }
    fit->likelihood_ratio = 2.0 * (p->newton->value - p->null_value);
    fit->loss = shy_exp(-fit->likelihood_ratio / events);
}

void shy_partial_scatter(const shy_outcome *o, const struct shy_partial *p, const double *by_position, double *by_row)
{
    const int64_t first = (int64_t)o->rows.first;

    memset(by_row, 0, (size_t)o->rows.rows * sizeof *by_row);
    for (int i = 0; i < p->follow->n; i++) {
        const int64_t row = p->follow->sample[i] - first;
        if (row >= 0 && row < o->rows.rows) by_row[row] = by_position[i];
    }
}

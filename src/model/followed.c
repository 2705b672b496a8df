/** Follow-up on arrays of one rank: concordance, Cox and conditional regression, weights of a horizon. */
#include "shy_config.h"

#include <math.h>

#include "followed.h"
#include "partial.h"

/* ---- concordance ------------------------------------------------------------------------------------------------- */

/* Those who die at m have somebody to be compared with: at risk then, and not dying. */
static bool has_pair(const struct shy_follow *f, const struct shy_moment *m)
{
    return m->deaths > (f->leaving ? m->left : f->start[m->stratum]);
}

static void space_free(struct shy_concordance_space *space)
{
    shy_free(&space->order);
    shy_free(&space->spare);
    shy_free(&space->rank);
    shy_free(&space->tree);
}

static shy_status space_create(int n, struct shy_concordance_space *space)
{
    shy_status st = SHY_OK;
    const size_t size = (size_t)n;

    SHY_TRY(shy_new(size, sizeof *space->order, &space->order));
    SHY_TRY(shy_new(size, sizeof *space->spare, &space->spare));
    SHY_TRY(shy_new(size, sizeof *space->rank, &space->rank));
    SHY_TRY(shy_new(size + 1U, sizeof *space->tree, &space->tree));
out:
    return st;
}

shy_status shy_followed_concordance(const shy_followed *data, const double *score, double *concordance_out)
{
    shy_status st = SHY_OK;
    struct shy_plain plain = {.one = NULL};
    struct shy_follow *f = NULL;
    struct shy_concordance_space space = {NULL, NULL, NULL, NULL};
    double *by_position = NULL;
    bool comparable = false;

    SHY_TRY(shy_plain_take(data, &plain));
    SHY_TRY(shy_follow_create(&plain.data, &f));
    SHY_TRY(space_create(f->n, &space));
    SHY_TRY(shy_new((size_t)f->n, sizeof *by_position, &by_position));
    for (int p = 0; p < f->n; p++)
        by_position[p] = score[f->sample[p]];
    for (int m = 0; m < f->moments; m++)
        comparable = comparable || has_pair(f, &f->moment[m]);
    *concordance_out = NAN;
    if (comparable) shy_concordance(f, by_position, NULL, &space, concordance_out, NULL);
out:
    shy_free(&by_position);
    space_free(&space);
    shy_follow_destroy(&f);
    shy_plain_release(&plain);
    return st;
}

/* ---- regression ---------------------------------------------------------------------------------------------------- */

struct regression {
    struct shy_follow *follow;
    struct shy_linear *design;
    struct shy_newton *newton;
    struct shy_cox *cox;
    struct shy_conditional *conditional;
};

static void regression_free(struct regression *r)
{
    shy_conditional_destroy(&r->conditional);
    shy_cox_destroy(&r->cox);
    shy_newton_destroy(&r->newton);
    shy_linear_destroy(&r->design);
    shy_follow_destroy(&r->follow);
}

static shy_status regression_create(const struct shy_plain *plain, int columns, struct regression *r)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_follow_create(&plain->data, &r->follow));
    SHY_TRY(shy_linear_create(r->follow->n, columns, r->follow->strata, r->follow->start, &r->design));
    SHY_TRY(shy_newton_create(columns, &r->newton));
    if (plain->one) {
        SHY_TRY(shy_conditional_create(r->follow, r->design, &r->conditional));
        r->newton->likelihood = shy_conditional_likelihood, r->newton->context = r->conditional;
    } else {
        SHY_TRY(shy_cox_create(r->follow, r->design, &r->cox));
        r->newton->likelihood = shy_cox_likelihood, r->newton->context = r->cox;
    }
    for (int m = 0; m < r->follow->moments; m++) {
        const struct shy_moment *at = &r->follow->moment[m];
        if (has_pair(r->follow, at)) r->newton->events += plain->one ? (double)(at->end - at->deaths) : 0.0;
    }
    if (!plain->one) r->newton->events = r->follow->event_weight;
out:
    return st;
}

/* Columns with their values in place; all that are of use are in the model. */
static bool fill(struct regression *r, int columns, const double *const *x)
{
    bool finite = true;

    for (int k = 0; k < columns; k++) {
        for (int p = 0; p < r->follow->n; p++)
            r->design->q[k][p] = x[k][r->follow->sample[p]];
        finite = shy_linear_set(r->design, k) && finite;
        r->newton->used[k] = r->design->used[k];
    }
    r->newton->unknowns = columns;
    return finite;
}

static void maximise(struct regression *r, int columns, shy_fit *fit)
{
    double beta[SHY_BASIS_MAX] = {0.0}, scratch[SHY_BASIS_MAX], coefficient[SHY_BASIS_MAX], variance[SHY_BASIS_MAX];
    double null;

    r->newton->likelihood(r->newton->context, beta, &null, r->newton->gradient, r->newton->information);
    fit->verdict = shy_newton_run(r->newton, beta);
    for (int k = 0; k < columns; k++)
        r->design->used[k] = r->newton->used[k];
    if (fit->verdict == SHY_DIVERGED || !shy_linear_undo(r->design, beta, r->newton->covariance, scratch, coefficient, variance)) {
        fit->verdict = SHY_DIVERGED;
        return;
    }
    for (int k = 0; k < columns; k++) {
        if (r->newton->used[k]) {
            fit->coefficient[k] = coefficient[k];
            fit->error[k] = variance[k] >= 0.0 ? sqrt(variance[k]) : NAN;
        } else if (fit->verdict == SHY_FITTED) {
            fit->verdict = SHY_SINGULAR;
        }
    }
    fit->likelihood_ratio = 2.0 * (r->newton->value - null);
}

shy_status shy_followed_fit(const shy_followed *data, int columns, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    struct shy_plain plain = {.one = NULL};
    struct regression r = {.follow = NULL};
    shy_fit fit = {.verdict = SHY_DIVERGED, .terms = columns};

    for (int k = 0; k < columns; k++)
        fit.error[k] = NAN;
    SHY_TRY(shy_plain_take(data, &plain));
    SHY_TRY(regression_create(&plain, columns, &r));
    if (fill(&r, columns, x) && r.newton->events > 0.0) maximise(&r, columns, &fit);
    *fit_out = fit;
out:
    regression_free(&r);
    shy_plain_release(&plain);
    return st;
}

/* ---- horizons -------------------------------------------------------------------------------------------------------- */

shy_status shy_followed_horizon(const shy_followed *data, double horizon, double *y_out, double *weight_out)
{
    shy_status st = SHY_OK;
    struct shy_plain plain = {.one = NULL};
    struct shy_censoring *censoring = NULL;

    SHY_TRY(shy_plain_take(data, &plain));
    SHY_TRY(shy_censoring_create(&plain.data, &censoring));
    for (int i = 0; i < plain.data.n; i++) {
        const bool takes_part = !data->weight || data->weight[i] > 0.0;
        y_out[i] = weight_out[i] = 0.0;
        if (takes_part) weight_out[i] = shy_horizon_weight(&plain.data, censoring, i, horizon, &y_out[i]);
    }
out:
    shy_censoring_destroy(&censoring);
    shy_plain_release(&plain);
    return st;
}

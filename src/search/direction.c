/* The constants of a candidate by least squares, and whether its prediction moves with the factors as it must. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "direction.h"
#include "rules.h"

struct shy_direction {
    shy_space *space;
    const shy_view *view;
    double *basis[SHY_FAMILY_TERMS];
    double *partial; /* [runs] */
};

uint64_t shy_direction_bytes(const shy_space *space)
{
    const shy_rules *rules = space->problem->rules;
    return rules && rules->directed ? (uint64_t)space->problem->rows.rows * SHY_FAMILY_TERMS * sizeof(double) : 0;
}

shy_status shy_direction_create(shy_space *space, const shy_view *view, struct shy_direction **direction_out)
{
    shy_status st = SHY_OK;
    struct shy_direction *d = NULL;
    const shy_rules *rules = space->problem->rules;
    const size_t rows = (size_t)space->problem->rows.rows;
    if (!rules || !rules->directed) return SHY_OK;
    SHY_TRY(shy_new(1, sizeof *d, &d));
    d->space = space;
    d->view = view;
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) SHY_TRY(shy_new(rows, sizeof(double), &d->basis[k]));
    SHY_TRY(shy_new((size_t)space->problem->rows.runs, sizeof(double), &d->partial));
    *direction_out = d, d = NULL;
out:
    shy_direction_destroy(&d);
    return st;
}

void shy_direction_destroy(struct shy_direction **direction)
{
    if (!*direction) return;
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) shy_free(&(*direction)->basis[k]);
    shy_free(&(*direction)->partial);
    shy_free(direction);
}

/* ---- least squares ---------------------------------------------------------------------------------------------------------- */

/* Σ a·b over all samples, b NULL: Σ a. Collective over the group. */
static shy_status dot(struct shy_direction *d, const double *a, const double *b, double *total_out)
{
    const shy_rows *rows = &d->space->problem->rows;
    for (int run = 0; run < rows->runs; run++) {
        const int first = run * rows->run_rows, last = first + rows->run_rows < rows->rows ? first + rows->run_rows : rows->rows;
        d->partial[run] = b ? shy_exact_dot(last - first, a + first, b + first) : shy_exact_sum(last - first, a + first);
    }
    return shy_group_sum_runs(rows->team, d->partial, rows->runs, 1, total_out);
}

/* u without its part along v, Σ v² = square, v NULL: ones. *along_out: how much of v that was. Collective over the group. */
static shy_status take_along(struct shy_direction *d, double *u, const double *v, double square, double *along_out)
{
    shy_status st = SHY_OK;
    const int rows = d->space->problem->rows.rows;
    SHY_TRY(dot(d, u, v, along_out));
    *along_out /= square;
    if (v) shy_exact_subtract(rows, u, *along_out, v);
    else shy_exact_shift(rows, u, *along_out, 1.0);
out:
    return st;
}

/* The part that intercept and covariates explain, and that of the basis columns before: added to r. Collective over the group. */
static shy_status take_known(struct shy_direction *d, int k, double *r)
{
    shy_status st = SHY_OK;
    const double n = (double)d->space->problem->rows.total;
    double along = 0.0;
    SHY_TRY(take_along(d, d->basis[k], d->view->root, n, &along));
    for (int j = 0; j < d->view->directions; j++) SHY_TRY(take_along(d, d->basis[k], d->view->scaled_direction[j], n, &along));
    for (int j = 0; j < k; j++) {
        SHY_TRY(take_along(d, d->basis[k], d->basis[j], 1.0, &along));
        r[j] += along;
    }
out:
    return st;
}

/* In the metric of screening basis column k is r[0]·e_0 + … + r[k]·e_k besides what is known; it then holds e_k. Collective over the group. */
static shy_status orthonormalise(struct shy_direction *d, int k, double *r)
{
    shy_status st = SHY_OK;
    const int rows = d->space->problem->rows.rows;
    const double *root = d->view->root;
    double square = 0.0;
    for (int i = 0; root && i < rows; i++) d->basis[k][i] = root[i] > 0.0 ? d->basis[k][i] * root[i] : 0.0;
    for (int pass = 0; pass < 2; pass++) SHY_TRY(take_known(d, k, r));
    SHY_TRY(dot(d, d->basis[k], d->basis[k], &square));
    r[k] = sqrt(square);
    shy_exact_shift(rows, d->basis[k], 0.0, 1.0 / r[k]);
out:
    return st;
}

/* The coefficients of the response on the basis, up to one positive factor. Collective over the group. */
static shy_status coefficients(struct shy_direction *d, const shy_formula *formula, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    double r[SHY_FAMILY_TERMS][SHY_FAMILY_TERMS] = {{0.0}}, along[SHY_FAMILY_TERMS];
    SHY_TRY(shy_group_agree(d->space->problem->team, shy_formula_basis(d->space, formula, d->basis)));
    SHY_TRY(shy_formula_context(d->space, formula, &context, &root));
    const int terms = shy_family_terms((shy_family)root->family);
    for (int k = 0; k < terms; k++) {
        SHY_TRY(orthonormalise(d, k, r[k]));
        SHY_TRY(dot(d, d->basis[k], d->view->scaled_response, &along[k]));
    }
    *fit_out = (shy_fit){.terms = terms};
    for (int k = terms - 1; k >= 0; k--) {
        double rest = along[k];
        for (int j = k + 1; j < terms; j++) rest -= r[j][k] * fit_out->coefficient[j];
        fit_out->coefficient[k] = rest / r[k][k];
    }
out:
    return st;
}

/* ---- the verdict -------------------------------------------------------------------------------------------------------------- */

static bool has_direction(const shy_space *space, const shy_formula *formula)
{
    for (int s = 0; s < formula->tuple.count; s++) {
        if (shy_rules_of(space->problem->rules, space->problem_factor[formula->tuple.factor[s]]).direction != 0) return true;
    }
    return false;
}

shy_status shy_direction_admits(struct shy_direction *d, const shy_formula *formula, bool *admitted_out)
{
    shy_status st = SHY_OK;
    shy_fit fit;
    shy_tree tree;
    double intercept, slope;
    *admitted_out = true;
    if (!d || !has_direction(d->space, formula)) return SHY_OK;
    SHY_TRY(coefficients(d, formula, &fit));
    SHY_TRY(shy_formula_fitted(d->space, formula, &fit, &tree, &intercept, &slope));
    *admitted_out = shy_rules_directed(d->space->problem, &tree, slope);
out:
    return st;
}

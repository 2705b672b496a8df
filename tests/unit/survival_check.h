/* What the tests of survival and of matched sets share: data over all samples, and outcomes of this rank's part of them. */
#ifndef SURVIVAL_CHECK_H
#define SURVIVAL_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_teams.h"

enum { MOST = 2000, TERMS_MOST = 3, COVARIATES_MOST = 3 };

static struct {
    int n, terms, covariates, strata;
    bool has_entry, has_weight, has_stratum;
    double time[MOST], event[MOST], entry[MOST], weight[MOST];
    int32_t stratum[MOST];
    double x[TERMS_MOST][MOST], c[COVARIATES_MOST][MOST];
} data;

static double noise(uint64_t purpose, int index)
{
    return shy_random_normal(17, purpose, (uint64_t)index);
}

static double uniform(uint64_t purpose, int index)
{
    return shy_random_uniform(17, purpose, (uint64_t)index);
}

static shy_status create(const char *kind, const shy_rows *rows, shy_outcome **outcome_out)
{
    static const char *const names[] = {"age", "sex", "site"};
    const double *covariate[COVARIATES_MOST];
    const int first = (int)rows->first;
    const shy_outcome_data given = {.column = "target",
                                    .y = data.event + first,
                                    .time = data.time + first,
                                    .entry = data.has_entry ? data.entry + first : NULL,
                                    .weight = data.has_weight ? data.weight + first : NULL,
                                    .stratum = data.has_stratum ? data.stratum + first : NULL,
                                    .strata = data.strata,
                                    .covariates = data.covariates,
                                    .covariate = covariate,
                                    .covariate_name = names};

    for (int k = 0; k < data.covariates; k++)
        covariate[k] = data.c[k] + first;
    return shy_outcome_create(shy_outcome_find(kind), &given, rows, outcome_out);
}

/* The fit, and where wanted the residuals and the response, of my rows. */
static shy_status refit_on(const shy_team *team, const char *kind, int run_rows, shy_fit *fit, double *residual, double *response)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;
    const double *basis[TERMS_MOST];
    const shy_rows rows = rows_of(team, data.n, run_rows);

    memset(fit, 0, sizeof *fit);
    SHY_TRY(create(kind, &rows, &outcome));
    for (int k = 0; k < data.terms; k++)
        basis[k] = data.x[k] + rows.first;
    SHY_TRY(shy_outcome_refit(outcome, data.terms, basis, fit));
    if (residual) shy_outcome_residual(outcome, residual);
    if (response) memcpy(response, shy_outcome_metric(outcome)->response, (size_t)rows.rows * sizeof *response);
out:
    shy_outcome_destroy(&outcome);
    return st;
}

static shy_fit refit(const char *kind)
{
    shy_fit fit;

    assert_int_equal(refit_on(one, kind, 64, &fit, NULL, NULL), SHY_OK);
    assert_int_equal(fit.terms, data.terms);
    return fit;
}

static void check_finite(const shy_fit *fit)
{
    assert_true(isfinite(fit->loss) && isfinite(fit->likelihood_ratio));
    for (int k = 0; k < SHY_BASIS_MAX; k++)
        assert_true(isfinite(fit->coefficient[k]));
    for (int m = 0; m < SHY_METRICS_MAX; m++)
        assert_true(isfinite(fit->metric[m]));
}

static double weight_of(int i)
{
    return data.has_weight ? data.weight[i] : 1.0;
}

static void predictor(const shy_fit *fit, double *eta)
{
    for (int i = 0; i < data.n; i++) {
        eta[i] = 0.0;
        for (int k = 0; k < data.terms; k++)
            eta[i] += fit->coefficient[k] * data.x[k][i];
    }
}

/* The same samples in another order. */
static void permute(void)
{
    static double spare[MOST];
    static int32_t strata[MOST];
    double *const columns[] = {data.time, data.event, data.entry, data.weight, data.x[0], data.x[1], data.x[2], data.c[0], data.c[1]};

    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        memcpy(spare, columns[c], sizeof spare);
        for (int i = 0; i < data.n; i++)
            columns[c][i] = spare[(int)((7LL * i + 3) % data.n)]; /* n is no multiple of 7 */
    }
    memcpy(strata, data.stratum, sizeof strata);
    for (int i = 0; i < data.n; i++)
        data.stratum[i] = strata[(int)((7LL * i + 3) % data.n)];
}

static bool is_refused(const char *kind, const char *message)
{
    shy_outcome *outcome = NULL;
    const shy_rows rows = rows_of(grid, data.n, 4);
    const shy_status st = create(kind, &rows, &outcome);
    const bool right = st == SHY_INPUT && !outcome && strstr(shy_error_message(), message);

    if (!right) print_error("wanted \"%s\", got \"%s\"\n", message, shy_error_message());
    shy_error_clear();
    shy_outcome_destroy(&outcome);
    return everywhere(right);
}

/* Each allocation of one rank fails in turn: all ranks learn of it, none hangs, nothing is lost. */
static bool fails_together(const char *kind)
{
    bool right = true;
    const shy_rows rows = rows_of(grid, data.n, 4);

    for (int victim = 0; victim < grid->size; victim++) {
        shy_outcome *outcome = NULL;
        shy_status st = SHY_MEMORY;
        int failures = 0;
        const uint64_t before = shy_memory_in_use();
        for (uint64_t nth = 1; nth < 200 && everywhere(st != SHY_OK); nth++) {
            if (grid->rank == victim) shy_memory_fail_at(nth);
            st = create(kind, &rows, &outcome);
            shy_memory_fail_at(0);
            right = everywhere(right && (st == SHY_OK || (st == SHY_MEMORY && shy_memory_in_use() == before)));
            failures += st != SHY_OK;
            shy_error_clear();
        }
        shy_outcome_destroy(&outcome);
        right = everywhere(right && st == SHY_OK && failures >= 30 && shy_memory_in_use() == before);
    }
    return right;
}

#endif

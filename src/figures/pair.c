/* pair.c: two formulas in one model, and the line that divides patients by it. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "figures/grid.h"
#include "figures/pair.h"
#include "figures/pair_people.h"

static bool takes_part(const shy_problem *problem, int i)
{
    return problem->data.weight == NULL || problem->data.weight[i] > 0.0;
}

shy_status shy_pair_allowed(const shy_pair_maker *maker, shy_record *suppressed, bool *allowed_out)
{
    int64_t samples = 0;

    for (int i = 0; i < maker->problem->rows.rows; i++) samples += takes_part(maker->problem, i);
    const int64_t freedom = samples - 3 - maker->problem->data.covariates - (maker->problem->data.levels > 2 ? maker->problem->data.levels - 2 : 0);
    *allowed_out = !shy_sdc_is_on(maker->sdc) || freedom >= maker->sdc->residual_df;
    return *allowed_out ? SHY_OK : shy_sdc_note(maker->sdc, suppressed, "two_axis", "model", "too few residual degrees of freedom", 1);
}

/* ---- the model ------------------------------------------------------------------------------------------------------------ */

static shy_status evaluate(const shy_problem *problem, const shy_listed *formula, double *out, bool *whole)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_problem_evaluate(problem, &formula->tree, out));
    for (int i = 0; i < problem->rows.rows; i++)
        if (!isfinite(out[i]) && takes_part(problem, i)) *whole = false;
        else if (!isfinite(out[i])) out[i] = 0.0; /* it takes no part, whatever it is */
out:
    return st;
}

/* What the covariates add at their means. */
static double beside(const shy_pair_maker *maker)
{
    const shy_outcome_data *data = &maker->problem->data;
    int count = 0;
    const double *coefficient = shy_outcome_covariates(maker->outcome, &count);
    double sum = 0.0;

    for (int k = 0; coefficient != NULL && k < count; k++) {
        double total = 0.0, weight = 0.0;
        for (int i = 0; coefficient[k] != 0.0 && i < maker->problem->rows.rows; i++) {
            const double w = data->weight == NULL ? 1.0 : data->weight[i];
            if (w > 0.0) total += w * data->covariate[k][i], weight += w;
        }
        if (weight > 0.0) sum += coefficient[k] * (total / weight);
    }
    return sum;
}

shy_status shy_pair_fit(const shy_pair_maker *maker, shy_pair *pair, bool *fitted_out)
{
    shy_status st = SHY_OK;
    const shy_outcome_ops *ops = shy_outcome_kind(maker->outcome);
    double *basis[2] = {NULL, NULL};
    shy_fit fit = {0};
    bool whole = true;

    *fitted_out = false;
    for (int k = 0; k < 2; k++) SHY_TRY(shy_new((size_t)maker->problem->rows.rows, sizeof **basis, &basis[k]));
    SHY_TRY(evaluate(maker->problem, pair->x, basis[0], &whole));
    SHY_TRY(evaluate(maker->problem, pair->y, basis[1], &whole));
    if (!whole) goto out;
    SHY_TRY(shy_outcome_refit(maker->outcome, 2, (const double *const *)basis, &fit));
    if (fit.verdict == SHY_DIVERGED || fit.verdict == SHY_SINGULAR || !isfinite(fit.metric[0])) goto out;
    pair->larger = ops->larger_is_better, pair->value = fit.metric[0];
    pair->slope[0] = fit.coefficient[0], pair->slope[1] = fit.coefficient[1];
    pair->intercept = fit.intercept + beside(maker);
    *fitted_out = true;
out:
    shy_free(&basis[0]);
    shy_free(&basis[1]);
    return st;
}

/* ---- the line ------------------------------------------------------------------------------------------------------------- */

static double prevalence(const shy_problem *problem)
{
    double positive = 0.0, weight = 0.0;

    for (int i = 0; i < problem->rows.rows; i++) {
        const double w = problem->data.weight == NULL ? 1.0 : problem->data.weight[i];
        if (w > 0.0) positive += w * problem->data.y[i], weight += w;
    }
    return positive / weight;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static shy_status median(const shy_pair *pair, const shy_people *people, bool rounded, double *median_out)
{
    shy_status st = SHY_OK;
    double *value = NULL;
    const size_t n = (size_t)people->count;

    SHY_TRY(shy_new(n, sizeof *value, &value));
    for (size_t i = 0; i < n; i++) value[i] = pair->intercept + pair->slope[0] * people->x[i] + pair->slope[1] * people->y[i];
    qsort(value, n, sizeof *value, ascending);
    *median_out = n == 0 ? NAN : n % 2 == 1 ? value[n / 2] : 0.5 * value[n / 2 - 1] + 0.5 * value[n / 2];
    if (rounded && n > 0) *median_out = shy_grid_round(*median_out, value[3 * n / 4] - value[n / 4]);
out:
    shy_free(&value);
    return st;
}

static shy_status write_line(const shy_pair_maker *maker, const shy_pair *pair, const shy_people *people, json_t *object)
{
    shy_status st = SHY_OK;
    const shy_outcome_ops *ops = shy_outcome_kind(maker->outcome);
    json_t *line = json_object();
    double cut = 0.0;

    SHY_TRY(shy_json_put(object, "line", line));
    if (ops->codes_levels) {
        const double p = prevalence(maker->problem);
        cut = log(p / (1.0 - p));
    } else SHY_TRY(median(pair, people, shy_sdc_is_on(maker->sdc), &cut));
    SHY_TRY(shy_json_put(line, "intercept", shy_json_real(pair->intercept)));
    SHY_TRY(shy_json_put(line, "x", shy_json_real(pair->slope[0])));
    SHY_TRY(shy_json_put(line, "y", shy_json_real(pair->slope[1])));
    SHY_TRY(shy_json_put(line, "cut", shy_json_real(cut)));
    SHY_TRY(shy_json_put(line, "rule", json_string(ops->codes_levels ? "prevalence" : ops->needs_time ? "median risk" : "median prediction")));
out:
    return st;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------- */

static json_t *place_of(const shy_listed *formula)
{
    return formula->front < 0 ? json_null() : json_integer(formula->front);
}

static shy_status write_side(const shy_listed *formula, json_t *sides)
{
    shy_status st = SHY_OK;
    json_t *side = json_object();

    SHY_TRY(shy_json_append(sides, side));
    SHY_TRY(shy_json_put(side, "front", place_of(formula)));
    SHY_TRY(shy_formula_describe(formula, side));
    SHY_TRY(shy_json_put(side, "unit", json_string(shy_json_word(formula->entry, "unit"))));
    SHY_TRY(shy_json_put(side, "value", shy_json_real(formula->metric)));
out:
    return st;
}

static shy_status write_model(const shy_pair_maker *maker, const shy_pair *pair, const shy_people *people, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *sides = json_array();

    SHY_TRY(shy_json_put(object, "x", place_of(pair->x)));
    SHY_TRY(shy_json_put(object, "y", place_of(pair->y)));
    SHY_TRY(shy_json_put(object, "sides", sides));
    SHY_TRY(write_side(pair->x, sides));
    SHY_TRY(write_side(pair->y, sides));
    SHY_TRY(shy_json_put(object, "correlation", shy_json_real(shy_sdc_digits(pair->r, 4))));
    SHY_TRY(shy_json_put(object, "metric", json_string(shy_outcome_kind(maker->outcome)->metric_names[0])));
    SHY_TRY(shy_json_put(object, "value", shy_json_real(pair->value)));
    SHY_TRY(shy_json_put(object, "samples", json_integer(shy_sdc_picture_count(maker->sdc, people->count))));
    SHY_TRY(write_line(maker, pair, people, object));
out:
    return st;
}

shy_status shy_pair_write(const shy_pair_maker *maker, const shy_pair *pair, int number, json_t *object, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    shy_people people = {0};

    SHY_TRY(shy_people_gather(maker, pair, &people));
    SHY_TRY(write_model(maker, pair, &people, object));
    SHY_TRY(shy_people_write(maker, pair, &people, number, object, suppressed));
out:
    shy_people_free(&people);
    return st;
}

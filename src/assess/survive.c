/* Kaplan–Meier, log-rank test, hazard ratios of groups. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "shihyo/linalg.h"
#include "survive.h"
#include "timeline.h"

#define SAME 1e-9 /* survival this near to 1/2 is 1/2: it is a product of rounded numbers */

/* ---- Kaplan–Meier ----------------------------------------------------------------------------------------------------------- */

static shy_status km_allocate(size_t steps, shy_km *km)
{
    shy_status st = SHY_OK;
    double **const columns[] = {&km->time, &km->survival, &km->error, &km->low, &km->high, &km->at_risk, &km->events, &km->censored};

    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        SHY_TRY(shy_new(steps, sizeof(double), columns[k]));
    km->steps = (int)steps;
out:
    return st;
}

static void km_fill(const struct shy_timeline *line, shy_km *km)
{
    double survival = 1.0, variance = 0.0;

    for (size_t k = 0; k < line->steps; k++) {
        const double risk = line->at_risk[k], dead = line->deaths[k];
        if (dead > 0.0) {
            survival *= dead < risk ? 1.0 - dead / risk : 0.0;
            variance += dead < risk ? dead / (risk * (risk - dead)) : 0.0;
        }
        km->time[k] = line->time[k], km->at_risk[k] = risk, km->events[k] = dead, km->censored[k] = line->censored[k];
        km->survival[k] = survival;
        km->error[k] = survival > 0.0 ? survival * sqrt(variance) : NAN;
        const double width = SHY_NORMAL_975 * sqrt(variance) / log(survival);
        km->low[k] = survival == 1.0 ? 1.0 : survival > 0.0 ? exp(-exp(log(-log(survival)) - width)) : NAN;
        km->high[k] = survival == 1.0 ? 1.0 : survival > 0.0 ? exp(-exp(log(-log(survival)) + width)) : NAN;
    }
}

/* The first time with value <= 1/2; where it stays at 1/2, the middle between this and the next fall, or the end. */
static double first_half(const shy_km *km, const double *value)
{
    for (int k = 0; k < km->steps; k++) {
        if (!(value[k] <= 0.5 + SAME)) continue;
        if (value[k] < 0.5 - SAME) return km->time[k];
        int end = k;
        while (end + 1 < km->steps && !(value[end] < 0.5 - SAME))
            end++;
        return 0.5 * (km->time[k] + km->time[end]);
    }
    return NAN;
}

shy_status shy_km_create(const shy_followed *data, shy_km **km_out)
{
    shy_status st = SHY_OK;
    struct shy_timeline line = {.steps = 0};
    shy_km *km = NULL;

    SHY_TRY(shy_timeline_create(data, NULL, 1, false, &line));
    SHY_TRY(shy_new(1, sizeof *km, &km));
    SHY_TRY(km_allocate(line.steps, km));
    km_fill(&line, km);
    km->median = first_half(km, km->survival);
    km->median_low = first_half(km, km->low);
    km->median_high = first_half(km, km->high);
    *km_out = km, km = NULL;
out:
    shy_km_free(&km);
    shy_timeline_free(&line);
    return st;
}

void shy_km_free(shy_km **kms)
{
    shy_km *km = *kms;

    if (!km) return;
    shy_free(&km->time);
    shy_free(&km->survival);
    shy_free(&km->error);
    shy_free(&km->low);
    shy_free(&km->high);
    shy_free(&km->at_risk);
    shy_free(&km->events);
    shy_free(&km->censored);
    shy_free(kms);
}

double shy_km_at(const shy_km *km, const double *values, double before, double t)
{
    int low = 0, high = km->steps; /* the first step after t */

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (km->time[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? values[low - 1] : before;
}

/* ---- log-rank -------------------------------------------------------------------------------------------------------------------- */

/* What a time with deaths adds: expected events, and the covariance of the observed ones. */
static void add_step(const struct shy_timeline *line, size_t step, shy_logrank *test, double *covariance)
{
    const int groups = line->groups;
    const double *risk = line->at_risk + step * (size_t)groups, *deaths = line->deaths + step * (size_t)groups;
    double n = 0.0, d = 0.0;

    for (int g = 0; g < groups; g++)
        n += risk[g], d += deaths[g];
    if (!(d > 0.0)) return;
    const double scale = n > 1.0 ? d * (n - d) / (n - 1.0) : 0.0;
    for (int g = 0; g < groups; g++) {
        test->observed[g] += deaths[g];
        test->expected[g] += d * risk[g] / n;
        for (int h = 0; h < groups; h++)
            covariance[g * groups + h] += scale * risk[g] / n * ((g == h) - risk[h] / n);
    }
}

/* Of the groups that are ever at risk all but the last: what these have too many, the last has too few. */
static void conclude(shy_logrank *test, const double *covariance)
{
    int used[SHY_GROUPS_MAX], count = 0;
    double a[SHY_GROUPS_MAX * SHY_GROUPS_MAX], b[SHY_GROUPS_MAX], sum = 0.0;

    for (int g = 0; g < test->groups; g++)
        if (test->expected[g] > 0.0) used[count++] = g;
    test->df = count - 1;
    if (test->df < 1) return;
    for (int i = 0; i < test->df; i++) {
        b[i] = test->observed[used[i]] - test->expected[used[i]];
        for (int j = 0; j < test->df; j++)
            a[i * test->df + j] = covariance[used[i] * test->groups + used[j]];
    }
    if (!shy_solve_spd(test->df, a, b)) return;
    for (int i = 0; i < test->df; i++)
        sum += b[i] * (test->observed[used[i]] - test->expected[used[i]]);
    test->chi_square = sum;
    test->p = shy_chi_square_tail(sum, test->df);
}

shy_status shy_logrank_test(const shy_followed *data, const int32_t *group, int groups, shy_logrank *test_out)
{
    shy_status st = SHY_OK;
    struct shy_timeline line = {.steps = 0};
    shy_logrank test = {.groups = groups, .chi_square = NAN, .p = NAN};
    double covariance[SHY_GROUPS_MAX * SHY_GROUPS_MAX] = {0.0};

    SHY_TRY(shy_timeline_create(data, group, groups, true, &line));
    for (size_t step = 0; step < line.steps; step++)
        add_step(&line, step, &test, covariance);
    conclude(&test, covariance);
    *test_out = test;
out:
    shy_timeline_free(&line);
    return st;
}

/* ---- hazard ratios ------------------------------------------------------------------------------------------------------------------ */

/* A group without events adds nothing to anybody's partial likelihood where its hazard is 0: it is left out, and has no ratio. */
static void find_groups(const shy_followed *data, const int32_t *group, int groups, bool *has_event)
{
    memset(has_event, 0, (size_t)groups * sizeof *has_event);
    for (size_t i = 0; i < data->n; i++)
        if (group[i] >= 0 && data->event[i] != 0.0 && (!data->weight || data->weight[i] > 0.0)) has_event[group[i]] = true;
}

/* column[k]: 1 in the k-th group with events beyond group 0; weight 0 for who is left out. */
static void fill_columns(const shy_followed *data, const int32_t *group, const int *number, double *weight, double *const *column)
{
    for (size_t i = 0; i < data->n; i++) {
        const int own = group[i] >= 0 ? number[group[i]] : -1;
        weight[i] = own < 0 ? 0.0 : data->weight ? data->weight[i] : 1.0;
        if (own > 0) column[own - 1][i] = 1.0;
    }
}

static void conclude_ratio(const shy_fit *fit, int k, shy_hazard_ratio *ratio)
{
    ratio->ratio = exp(fit->coefficient[k]);
    ratio->log_error = fit->error[k];
    ratio->low = exp(fit->coefficient[k] - SHY_NORMAL_975 * fit->error[k]);
    ratio->high = exp(fit->coefficient[k] + SHY_NORMAL_975 * fit->error[k]);
    ratio->p = shy_normal_two_sided(fit->coefficient[k] / fit->error[k]);
}

shy_status shy_hazard_ratios(const shy_followed *data, const int32_t *group, int groups, shy_hazard_ratio *ratio_out)
{
    shy_status st = SHY_OK;
    bool has_event[SHY_GROUPS_MAX];
    int number[SHY_GROUPS_MAX], columns = 0;
    double *weight = NULL, *column[SHY_GROUPS_MAX] = {NULL};
    shy_followed those = *data;
    shy_fit fit = {.verdict = SHY_DIVERGED};

    find_groups(data, group, groups, has_event);
    number[0] = 0;
    for (int g = 0; g < groups; g++) {
        ratio_out[g] = g == 0 ? (shy_hazard_ratio){1.0, 0.0, 1.0, 1.0, NAN} : (shy_hazard_ratio){NAN, NAN, NAN, NAN, NAN};
        if (g > 0) number[g] = has_event[g] ? ++columns : -1;
    }
    if (!has_event[0] || columns == 0) return SHY_OK;
    SHY_TRY(shy_new(data->n, sizeof *weight, &weight));
    for (int k = 0; k < columns; k++)
        SHY_TRY(shy_new(data->n, sizeof **column, &column[k]));
    fill_columns(data, group, number, weight, column);
    those.weight = weight;
    SHY_TRY(shy_followed_fit(&those, columns, (const double *const *)column, &fit));
    for (int g = 1; g < groups && fit.verdict == SHY_FITTED; g++)
        if (number[g] > 0) conclude_ratio(&fit, number[g] - 1, &ratio_out[g]);
out:
    for (int k = 0; k < columns; k++)
        shy_free(&column[k]);
    shy_free(&weight);
    return st;
}

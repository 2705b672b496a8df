/* factors.c: a factor over the samples: its range, its middle, and what was observed along it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "figures_impl.h"

#define FEW 10    /* values of a factor that is shown value by value */
#define POINTS 41 /* of a response curve else */
#define BINS 10

/* Samples that take part and have the factor, in ascending order of it. */
struct along {
    size_t n;
    size_t *sample;
    double *value;
};

static void along_free(struct along *a)
{
    shy_free(&a->sample);
    shy_free(&a->value);
}

static shy_status along_create(const shy_truth *truth, const double *value, struct along *a)
{
    shy_status st = SHY_OK;
    size_t *part = NULL, *order = NULL, *spare = NULL;
    double *own = NULL;

    SHY_TRY(shy_new(truth->n, sizeof *part, &part));
    SHY_TRY(shy_new(truth->n, sizeof *order, &order));
    SHY_TRY(shy_new(truth->n, sizeof *spare, &spare));
    SHY_TRY(shy_new(truth->n, sizeof *own, &own));
    for (size_t i = 0; i < truth->n; i++)
        if (shy_takes_part(truth, i) && isfinite(value[i])) own[a->n] = value[i], part[a->n++] = i;
    shy_sort_order(own, a->n, order, spare);
    SHY_TRY(shy_new(a->n, sizeof *a->sample, &a->sample));
    SHY_TRY(shy_new(a->n, sizeof *a->value, &a->value));
    for (size_t k = 0; k < a->n; k++) a->sample[k] = part[order[k]], a->value[k] = own[order[k]];
out:
    shy_free(&part);
    shy_free(&order);
    shy_free(&spare);
    shy_free(&own);
    return st;
}

/* border of each different value; returns how many there are, FEW + 1 if there are more than FEW. */
static int count_values(const struct along *a, size_t *border)
{
    int count = 0;

    border[0] = 0;
    for (size_t k = 1; k <= a->n; k++) {
        if (k < a->n && a->value[k] == a->value[k - 1]) continue;
        if (count == FEW) return FEW + 1;
        border[++count] = k;
    }
    return count;
}

/* ---- where it is shown --------------------------------------------------------------------------------------------------------- */

static shy_status list_values(const shy_sdc *sdc, const struct along *a, int values, const size_t *border, shy_axis *axis)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new(FEW, sizeof *axis->grid, &axis->grid));
    for (int v = 0; v < values; v++)
        if (shy_sdc_shows(sdc, (int64_t)(border[v + 1] - border[v]))) axis->grid[axis->points++] = a->value[border[v]];
    axis->discrete = true;
    axis->low = axis->points > 0 ? axis->grid[0] : NAN;
    axis->high = axis->points > 0 ? axis->grid[axis->points - 1] : NAN;
out:
    return st;
}

static shy_status make_grid(const shy_sdc *sdc, const struct along *a, shy_axis *axis)
{
    shy_status st = SHY_OK;
    double *copy = NULL;

    SHY_TRY(shy_new(a->n, sizeof *copy, &copy));
    memcpy(copy, a->value, a->n * sizeof *copy);
    shy_sdc_bounds(sdc, a->n, copy, &axis->low, &axis->high);
    if (isnan(axis->low) || isnan(axis->high)) goto out;
    SHY_TRY(shy_new(POINTS, sizeof *axis->grid, &axis->grid));
    axis->points = POINTS;
    for (int k = 0; k < POINTS; k++) axis->grid[k] = axis->low + (axis->high - axis->low) * k / (POINTS - 1);
    axis->grid[POINTS - 1] = axis->high;
out:
    shy_free(&copy);
    return st;
}

static double median_of(const shy_sdc *sdc, const struct along *a)
{
    if (a->n == 0) return NAN;
    const double median = a->n % 2 == 1 ? a->value[a->n / 2] : 0.5 * (a->value[a->n / 2 - 1] + a->value[a->n / 2]);
    return shy_sdc_value(sdc, median);
}

/* ---- what was observed ----------------------------------------------------------------------------------------------------------- */

/* Neighbouring bins of samples, until in each enough of both kinds are. yes: those with the event, of yes-or-no outcomes. */
static int join(const shy_sdc *sdc, const shy_truth *truth, bool yes_or_no, const struct along *a, int bins, size_t *border, int64_t *count)
{
    double edge[BINS + 1];

    for (int b = 0; b <= bins; b++) edge[b] = (double)border[b];
    for (int b = 0; b < bins; b++) {
        int64_t yes = 0;
        for (size_t k = border[b]; yes_or_no && k < border[b + 1]; k++) yes += truth->y[a->sample[k]] > 0.0;
        count[b] = yes_or_no ? yes : (int64_t)(border[b + 1] - border[b]);
        count[bins + b] = (int64_t)(border[b + 1] - border[b]) - yes;
    }
    const int left = shy_sdc_join_bins(sdc, bins, edge, yes_or_no ? 2 : 1, count);
    for (int b = 0; b <= left; b++) border[b] = (size_t)edge[b];
    for (int b = 0; yes_or_no && b < left; b++) count[BINS * 2 + b] = count[b], count[b] = count[b] + count[bins + b];
    return left;
}

/* The mean of y, the rate of counts, or the share with the event, of one bin. */
static double observed(const shy_figures_input *input, const struct along *a, size_t begin, size_t end, int64_t yes)
{
    const shy_truth *truth = &input->shared->truth;
    double sum = 0.0, all = 0.0;

    if (input->shared->kind == SHY_JUDGE_BINARY && truth->weight == NULL)
        return fmin(1.0, shy_figures_rounded(input->sdc, yes) / shy_figures_rounded(input->sdc, (int64_t)(end - begin)));
    for (size_t k = begin; k < end; k++) {
        const size_t i = a->sample[k];
        const double weight = truth->weight == NULL ? 1.0 : truth->weight[i];
        sum += weight * truth->y[i];
        all += weight * (input->shared->kind == SHY_JUDGE_COUNT && truth->exposure != NULL ? truth->exposure[i] : 1.0);
    }
    return sum / all;
}

static double mean(const double *value, size_t begin, size_t end)
{
    double sum = 0.0;

    for (size_t k = begin; k < end; k++) sum += value[k];
    return sum / (double)(end - begin);
}

static shy_status make_bins(const shy_figures_input *input, const struct along *a, int values, size_t *border, shy_axis *axis, int *joined_out)
{
    shy_status st = SHY_OK;
    const shy_judge kind = input->shared->kind;
    int64_t count[3 * BINS];
    json_t *x = json_array(), *y = json_array(), *n = json_array();

    *joined_out = 0;
    if (kind != SHY_JUDGE_BINARY && kind != SHY_JUDGE_CONTINUOUS && kind != SHY_JUDGE_COUNT) goto out;
    const int before = values <= FEW ? values : shy_bins_borders(a->n, a->value, BINS, border);
    const int bins = join(input->sdc, &input->shared->truth, kind == SHY_JUDGE_BINARY, a, before, border, count);
    *joined_out = before - bins;
    for (int b = 0; b < bins; b++) {
        SHY_TRY(shy_json_append(x, shy_json_real(shy_sdc_value(input->sdc, mean(a->value, border[b], border[b + 1])))));
        SHY_TRY(shy_json_append(y, shy_json_real(shy_sdc_picture_value(input->sdc, observed(input, a, border[b], border[b + 1], count[2 * BINS + b])))));
        SHY_TRY(shy_json_append(n, shy_figures_count(input->sdc, count[b])));
    }
    if (bins == 0) goto out;
    axis->bins = json_object();
    SHY_TRY(shy_json_put(axis->bins, "x", json_incref(x)));
    SHY_TRY(shy_json_put(axis->bins, "y", json_incref(y)));
    SHY_TRY(shy_json_put(axis->bins, "count", json_incref(n)));
out:
    json_decref(x);
    json_decref(y);
    json_decref(n);
    return st;
}

/* ---- both --------------------------------------------------------------------------------------------------------------------------- */

static shy_status make(const shy_figures_input *input, const double *value, shy_axis *axis, int *joined_out)
{
    shy_status st = SHY_OK;
    struct along a = {0};
    size_t border[FEW + 2];

    SHY_TRY(along_create(&input->shared->truth, value, &a));
    const int values = count_values(&a, border);
    axis->median = median_of(input->sdc, &a);
    SHY_TRY(values <= FEW ? list_values(input->sdc, &a, values, border, axis) : make_grid(input->sdc, &a, axis));
    SHY_TRY(make_bins(input, &a, values, border, axis, joined_out));
out:
    along_free(&a);
    return st;
}

shy_status shy_figures_axis(const shy_figures_input *input, int factor, shy_record *suppressed, const shy_axis **axis_out)
{
    shy_status st = SHY_OK;
    shy_axis *axis = &input->shared->axis[factor];
    char *where = NULL;
    int joined = 0;

    *axis_out = axis;
    if (axis->made) return SHY_OK;
    axis->made = true;
    axis->low = axis->high = axis->median = NAN;
    SHY_TRY(make(input, input->finished->factor[factor].value, axis, &joined));
    SHY_TRY(shy_string_format(&where, "%s%sresponse.%s", input->finished->name, *input->finished->name == '\0' ? "" : ".", input->finished->factor[factor].name));
    SHY_TRY(shy_sdc_note(input->sdc, suppressed, where, "bins joined", NULL, joined));
out:
    shy_free(&where);
    return st;
}

void shy_axis_free(shy_axis *axis)
{
    shy_free(&axis->grid);
    json_decref(axis->bins);
    axis->bins = NULL;
}

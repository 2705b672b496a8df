/* Fills and limits of factors: medians and quantiles of the samples in use, exact and the same for any number of row blocks. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "columns_impl.h"
#include "problem_impl.h"

/*
 * Order statistics are found digit by digit: values become integers of the same order; of all those that begin with the digits found so
 * far, the members of a group count how many have each next digit. Counts are exact, so nothing depends on who holds which rows.
 */
enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS, WANTED = 6 };

static uint64_t key_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key)
{
    const uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double value;

    memcpy(&value, &bits, sizeof value);
    return value + 0.0; /* −0 is 0 */
}

static void count_digits(const double *values, int rows, int shift, const uint64_t *found, int wanted, double *histogram)
{
    memset(histogram, 0, (size_t)wanted * DIGITS * sizeof *histogram);
    for (int i = 0; i < rows; i++) {
        if (isnan(values[i])) continue;
        const uint64_t key = key_of(values[i]), digit = key >> shift & (DIGITS - 1);
        const uint64_t before = shift + DIGIT_BITS < 64 ? key >> (shift + DIGIT_BITS) : 0;
        for (int w = 0; w < wanted; w++)
            if (before == found[w]) histogram[(size_t)w * DIGITS + digit] += 1.0;
    }
}

/* value[w] = the order statistic `place[w]`, from 0, of the present values of all members. Collective over the group. */
static shy_status select_values(const shy_team *team, const double *values, int rows, const double *place, int wanted, double *value)
{
    shy_status st = SHY_OK;
    double histogram[WANTED * DIGITS], left[WANTED];
    uint64_t found[WANTED] = {0};

    memcpy(left, place, (size_t)wanted * sizeof *left);
    for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        count_digits(values, rows, shift, found, wanted, histogram);
        SHY_TRY(shy_group_sum(team, histogram, wanted * DIGITS));
        for (int w = 0; w < wanted; w++) {
            const double *count = histogram + (size_t)w * DIGITS;
            uint64_t digit = 0;
            while (digit + 1 < DIGITS && left[w] >= count[digit]) left[w] -= count[digit++];
            found[w] = found[w] << DIGIT_BITS | digit;
        }
    }
    for (int w = 0; w < wanted; w++) value[w] = value_of(found[w]);
out:
    return st;
}

shy_status shy_problem_median(const shy_problem *problem, const double *values, double *median_out)
{
    shy_status st = SHY_OK;
    double n = 0.0, place;

    for (int i = 0; i < problem->rows.rows; i++) n += !isnan(values[i]);
    SHY_TRY(shy_group_sum(problem->team, &n, 1));
    *median_out = NAN;
    if (n == 0.0) return SHY_OK;
    place = floor((n - 1.0) / 2.0);
    SHY_TRY(select_values(problem->team, values, problem->rows.rows, &place, 1, median_out));
out:
    return st;
}

/* Between two neighbours in order: R's quantile of type 7. */
static double between(double below, double above, double share)
{
    return share > 0.0 ? below + share * (above - below) : below;
}

/* fit[0 … 2] = fill, low, high of one column. Collective over the group. */
static shy_status fit_column(const struct shy_loading *l, const struct shy_recipe *recipe, const double *values, double *fit)
{
    shy_status st = SHY_OK;
    const double q = l->options->factor.winsorise;
    double n = 0.0, value[WANTED];

    for (int i = 0; i < l->problem->rows.rows; i++) n += !isnan(values[i]);
    SHY_TRY(shy_group_sum(l->team, &n, 1));
    fit[0] = 0.0, fit[1] = -INFINITY, fit[2] = INFINITY; /* without any value the factor is constant, and left out as such */
    if (n == 0.0) return SHY_OK;
    const double last = n - 1.0, low = last * q, high = last * (1.0 - q);
    const double place[WANTED] = {floor(last / 2.0), ceil(last / 2.0), floor(low), ceil(low), floor(high), ceil(high)};
    SHY_TRY(select_values(l->team, values, l->problem->rows.rows, place, recipe->winsorised ? WANTED : 2, value));
    fit[0] = recipe->counts ? value[0] : value[0] + (value[1] - value[0]) / 2.0;
    if (!recipe->winsorised) return SHY_OK;
    const double from = between(value[2], value[3], low - floor(low)), to = between(value[4], value[5], high - floor(high));
    if (from < to) fit[1] = from, fit[2] = to; /* else hardly any value differs from the others, and these few are what there is */
out:
    return st;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* Factors in use that need a fit. */
struct fitting {
    shy_reader *reader;
    int32_t *column, *recipe; /* [count] */
    int count, panel_columns;
    double *values; /* panel_columns × rows */
    double *fit;    /* [3 count] */
};

static bool needs_fit(const struct shy_loading *l, const struct shy_offer *offer)
{
    const struct shy_recipe *recipe = shy_loading_recipe(l, offer);
    return offer->fate == SHY_FATE_USED && recipe && recipe->how.kind == SHY_DERIVED_VALUE && (recipe->fills || recipe->winsorised);
}

static int count_fits(const struct shy_loading *l)
{
    int count = 0;

    for (int k = 0; k < l->offered; k++) count += needs_fit(l, &l->offer[k]);
    return count;
}

static shy_status begin_fitting(const struct shy_loading *l, const uint64_t *row, uint64_t budget, struct fitting *f)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)l->problem->rows.rows, count = (size_t)count_fits(l);

    f->panel_columns = (size_t)l->panel_columns < count ? l->panel_columns : (int)count;
    SHY_TRY(shy_new(count, sizeof *f->column, &f->column));
    SHY_TRY(shy_new(count, sizeof *f->recipe, &f->recipe));
    SHY_TRY(shy_new(3 * count, sizeof *f->fit, &f->fit));
    SHY_TRY(shy_new((size_t)f->panel_columns * rows, sizeof *f->values, &f->values));
    for (int k = 0; k < l->offered; k++) {
        if (!needs_fit(l, &l->offer[k])) continue;
        f->column[f->count] = l->offer[k].column;
        f->recipe[f->count++] = l->offer[k].recipe;
    }
    for (int k = 0; k < 3 * f->count; k++) f->fit[k] = -INFINITY;
    const shy_columns_source source = {
        .team = l->team, .cohort = l->cohort, .factors = f->count, .column = f->column, .rows = (int)rows, .row = row, .budget = budget};
    SHY_TRY(shy_reader_create(&source, &f->reader));
out:
    return st;
}

static void end_fitting(struct fitting *f)
{
    shy_reader_destroy(&f->reader);
    shy_free(&f->column);
    shy_free(&f->recipe);
    shy_free(&f->values);
    shy_free(&f->fit);
}

static void drop_outside(const shy_derivation *how, int rows, double *values)
{
    for (int i = 0; i < rows; i++)
        if (values[i] < how->lowest || values[i] > how->highest) values[i] = NAN;
}

/* My group's share of the factors; its members go through it together. */
static shy_status fit_share(const struct shy_loading *l, struct fitting *f)
{
    shy_status st = SHY_OK;
    const int64_t count = f->count, groups = l->team->groups, group = l->team->group;
    const int end = (int)(count * (group + 1) / groups), rows = l->problem->rows.rows;

    for (int k = (int)(count * group / groups), now; k < end; k += now) {
        now = end - k < f->panel_columns ? end - k : f->panel_columns;
        SHY_TRY(shy_group_agree(l->team, shy_reader_read(f->reader, k, now, f->values)));
        for (int j = k; j < k + now; j++) {
            const struct shy_recipe *recipe = &l->problem->recipe[f->recipe[j]];
            double *values = f->values + (size_t)(j - k) * (size_t)rows;
            drop_outside(&recipe->how, rows, values);
            SHY_TRY(fit_column(l, recipe, values, f->fit + 3 * (size_t)j));
        }
    }
out:
    return st;
}

shy_status shy_loading_fit(struct shy_loading *l, const uint64_t *row, uint64_t budget)
{
    shy_status st = SHY_OK;
    struct fitting f = {0};

    if (count_fits(l) == 0) return SHY_OK; /* the same on all ranks */
    SHY_TRY_ALL(l->team, begin_fitting(l, row, budget, &f));
    SHY_TRY_ALL(l->team, fit_share(l, &f));
    SHY_TRY(shy_team_maximum(l->team, f.fit, 3 * f.count));
    for (int k = 0; k < f.count; k++) {
        struct shy_recipe *recipe = &l->problem->recipe[f.recipe[k]];
        if (recipe->fills) recipe->how.fill = f.fit[3 * k];
        recipe->how.low = f.fit[3 * k + 1], recipe->how.high = f.fit[3 * k + 2];
    }
out:
    end_fitting(&f);
    return st;
}

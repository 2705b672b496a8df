/*
 * assess WHAT KIND TABLE [NUMBER …]: statistics of predictions, for comparison with R. The table's first line names its columns: y, a and b
 * (predictions), weight, time, entry, stratum, exposure, fold (0 …, of one repeat), again (fold in a second repeat), group, x, score. Prints one line
 * for each number: its name, and it.
 */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "assess/calibrate.h"
#include "assess/cutpoint.h"
#include "assess/metrics.h"
#include "assess/survive.h"

enum { COLUMNS_MOST = 16, NUMBERS_MOST = 32 };

struct table {
    size_t rows;
    int columns;
    char name[COLUMNS_MOST][32];
    double *column[COLUMNS_MOST];
    int32_t *stratum, *group, *folds;
};

static void put(const char *name, double value)
{
    printf("%s %.17g\n", name, value);
}

static void put_number(const char *name, size_t number, double value)
{
    printf("%s%zu %.17g\n", name, number, value);
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

static shy_status read_names(char *line, struct table *table)
{
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
        if (table->columns == COLUMNS_MOST || strlen(word) >= sizeof table->name[0]) return shy_fail(SHY_INPUT, "column %s", word);
        strcpy(table->name[table->columns++], word);
    }
    return SHY_OK;
}

static shy_status read_row(const char *line, struct table *table)
{
    shy_status st = SHY_OK;
    const char *at = line;

    for (int k = 0; k < table->columns; k++) {
        char *rest;
        const double value = strtod(at, &rest);
        if (rest == at) return shy_fail(SHY_INPUT, "row %zu has %d numbers", table->rows, k);
        SHY_TRY(shy_grow(table->rows + 1, sizeof(double), &table->column[k]));
        table->column[k][table->rows] = value;
        at = rest;
    }
    table->rows++;
out:
    return st;
}

static shy_status read_table(const char *path, struct table *table)
{
    shy_status st = SHY_OK;
    char line[4096];
    FILE *file = fopen(path, "r");

    if (!file) return shy_fail(SHY_IO, "%s cannot be read", path);
    while (st == SHY_OK && fgets(line, sizeof line, file))
        st = table->columns == 0 ? read_names(line, table) : read_row(line, table);
    fclose(file);
    return st;
}

static double *column(const struct table *table, const char *name)
{
    for (int k = 0; k < table->columns; k++)
        if (strcmp(table->name[k], name) == 0) return table->column[k];
    return NULL;
}

static shy_status take_whole(const struct table *table, const char *name, int32_t **whole_out)
{
    shy_status st = SHY_OK;
    const double *values = column(table, name);

    if (!values) return SHY_OK;
    SHY_TRY(shy_new(table->rows, sizeof **whole_out, whole_out));
    for (size_t i = 0; i < table->rows; i++)
        (*whole_out)[i] = (int32_t)values[i];
out:
    return st;
}

static shy_truth truth_of(const struct table *table, const char *kind)
{
    shy_truth truth = {.n = table->rows, .ops = shy_outcome_find(kind), .y = column(table, "y"), .time = column(table, "time"),
                       .entry = column(table, "entry"), .exposure = column(table, "exposure"), .weight = column(table, "weight"),
                       .stratum = table->stratum, .strata = 1};

    for (size_t i = 0; i < table->rows; i++) {
        if (truth.stratum && truth.stratum[i] >= truth.strata) truth.strata = truth.stratum[i] + 1;
        if (truth.y && truth.y[i] >= truth.levels) truth.levels = (int)truth.y[i] + 1;
    }
    return truth;
}

static shy_followed followed_of(const struct table *table)
{
    return (shy_followed){.n = table->rows, .time = column(table, "time"), .event = column(table, "y"), .entry = column(table, "entry"),
                          .weight = column(table, "weight"), .stratum = table->stratum};
}

/* ---- what is asked for --------------------------------------------------------------------------------------------------------- */

struct request {
    struct table table;
    shy_truth truth;
    double number[NUMBERS_MOST];
    int numbers;
};

static shy_status headline(struct request *r)
{
    shy_status st = SHY_OK;
    double value;

    put("reference", shy_reference(&r->truth, NULL, r->truth.n));
    SHY_TRY(shy_headline(&r->truth, NULL, r->truth.n, column(&r->table, "a"), shy_reference(&r->truth, NULL, r->truth.n), &value));
    put("headline", value);
out:
    return st;
}

/* The headline with its standard error; of survival also the chance of the event by a time, for predictor a. */
static shy_status estimate(struct request *r)
{
    shy_status st = SHY_OK;
    shy_estimate e;

    SHY_TRY(shy_headline_estimate(&r->truth, NULL, r->truth.n, column(&r->table, "a"), &e));
    put("value", e.value), put("error", e.error), put("low", e.low), put("high", e.high);
out:
    return st;
}

static shy_status risk(struct request *r)
{
    shy_status st = SHY_OK;
    const shy_followed followed = followed_of(&r->table);
    double *risk = NULL;

    SHY_TRY(shy_new(r->table.rows, sizeof *risk, &risk));
    SHY_TRY(shy_followed_risk(&followed, column(&r->table, "a"), r->number[0], risk));
    for (size_t i = 0; i < r->table.rows; i++) put_number("risk", i, risk[i]);
out:
    shy_free(&risk);
    return st;
}

/* fold and again are two repeats; predictions are the same in both. */
static shy_status take_folds(struct request *r, shy_folds *folds)
{
    shy_status st = SHY_OK;
    const double *fold[2] = {column(&r->table, "fold"), column(&r->table, "again")};

    *folds = (shy_folds){.repeats = fold[1] ? 2 : 1};
    SHY_TRY(shy_new(2 * r->table.rows, sizeof *r->table.folds, &r->table.folds));
    for (int k = 0; k < folds->repeats; k++)
        for (size_t i = 0; i < r->table.rows; i++) {
            r->table.folds[(size_t)k * r->table.rows + i] = (int32_t)fold[k][i];
            if ((int)fold[k][i] >= folds->folds) folds->folds = (int)fold[k][i] + 1;
        }
    folds->all = r->table.folds;
    folds->sets = folds->repeats * folds->folds;
out:
    return st;
}

static shy_status twice(const struct request *r, const char *name, double **twice_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new(2 * r->table.rows, sizeof **twice_out, twice_out));
    memcpy(*twice_out, column(&r->table, name), r->table.rows * sizeof **twice_out);
    memcpy(*twice_out + r->table.rows, column(&r->table, name), r->table.rows * sizeof **twice_out);
out:
    return st;
}

static shy_status compare(struct request *r)
{
    shy_status st = SHY_OK;
    shy_folds folds;
    shy_difference d;
    double *a = NULL, *b = NULL, *value = NULL;

    SHY_TRY(take_folds(r, &folds));
    SHY_TRY(twice(r, "a", &a));
    SHY_TRY(twice(r, "b", &b));
    SHY_TRY(shy_new((size_t)folds.sets, sizeof *value, &value));
    SHY_TRY(shy_headline_folds(&r->truth, &folds, a, NULL, value));
    for (int t = 0; t < folds.sets; t++)
        put_number("fold", (size_t)t, value[t]);
    SHY_TRY(shy_compare(&r->truth, &folds, a, b, NULL, r->table.group, (int)r->number[0], 1, &d));
    put("a", d.a), put("b", d.b), put("difference", d.difference), put("error", d.error);
    put("low", d.low), put("high", d.high), put("p", d.p), put("folds", d.folds), put("resamples", d.resamples);
out:
    shy_free(&a);
    shy_free(&b);
    shy_free(&value);
    return st;
}

static shy_status delong(struct request *r)
{
    shy_status st = SHY_OK;
    const double *score[2] = {column(&r->table, "a"), column(&r->table, "b")};
    double auc[2], covariance[4];

    SHY_TRY(shy_delong(r->table.rows, r->truth.y, 2, score, auc, covariance));
    put("auc_a", auc[0]), put("auc_b", auc[1]);
    put("variance_a", covariance[0]), put("covariance", covariance[1]), put("variance_b", covariance[3]);
out:
    return st;
}

static shy_status recalibrate(struct request *r)
{
    shy_status st = SHY_OK;
    shy_recalibration c;
    shy_folds folds = {.all = NULL};

    if (column(&r->table, "fold")) SHY_TRY(take_folds(r, &folds));
    SHY_TRY(shy_recalibrate(&r->truth, NULL, r->truth.n, column(&r->table, "a"), folds.all, &c));
    put("intercept", c.intercept), put("intercept_error", c.intercept_error);
    put("slope", c.slope), put("slope_error", c.slope_error), put("slope_intercept", c.slope_intercept), put("fitted", c.fitted);
out:
    return st;
}

static shy_status curve(struct request *r)
{
    shy_status st = SHY_OK;
    shy_curve c;
    shy_bins bins;
    const bool probability = strcmp(r->truth.ops->name, "binary") == 0;
    double brier, null;

    SHY_TRY(shy_curve_make(r->table.rows, r->truth.y, column(&r->table, "a"), r->truth.weight, probability, &c));
    put("ici", c.ici), put("e50", c.e50), put("e90", c.e90), put("emax", c.emax), put("points", c.points);
    for (int k = 0; k < c.points; k++)
        put_number("predicted", (size_t)k, c.predicted[k]), put_number("observed", (size_t)k, c.observed[k]);
    SHY_TRY(shy_bins_make(r->table.rows, r->truth.y, column(&r->table, "a"), r->truth.weight, probability, &bins));
    for (int k = 0; k < bins.bins; k++) {
        put_number("bin_predicted", (size_t)k, bins.predicted[k]), put_number("bin_observed", (size_t)k, bins.observed[k]);
        put_number("bin_low", (size_t)k, bins.low[k]), put_number("bin_high", (size_t)k, bins.high[k]);
        put_number("bin_samples", (size_t)k, (double)bins.samples[k]);
    }
    shy_brier(r->table.rows, r->truth.y, column(&r->table, "a"), r->truth.weight, NAN, &brier, &null);
    put("brier", brier), put("brier_null", null);
out:
    return st;
}

static shy_status decision(struct request *r)
{
    double model, all;

    for (int k = 0; k < r->numbers; k++) {
        shy_net_benefit(r->table.rows, r->truth.y, column(&r->table, "a"), r->truth.weight, r->number[k], &model, &all);
        put_number("model", (size_t)k, model), put_number("all", (size_t)k, all);
    }
    return SHY_OK;
}

static shy_status km(struct request *r)
{
    shy_status st = SHY_OK;
    const shy_followed data = followed_of(&r->table);
    shy_km *km = NULL;

    SHY_TRY(shy_km_create(&data, &km));
    put("median", km->median), put("median_low", km->median_low), put("median_high", km->median_high);
    for (int k = 0; k < km->steps; k++) {
        put_number("time", (size_t)k, km->time[k]), put_number("survival", (size_t)k, km->survival[k]), put_number("error", (size_t)k, km->error[k]);
        put_number("low", (size_t)k, km->low[k]), put_number("high", (size_t)k, km->high[k]), put_number("at_risk", (size_t)k, km->at_risk[k]);
        put_number("events", (size_t)k, km->events[k]), put_number("censored", (size_t)k, km->censored[k]);
    }
out:
    shy_km_free(&km);
    return st;
}

static shy_status groups(struct request *r)
{
    shy_status st = SHY_OK;
    const shy_followed data = followed_of(&r->table);
    const int count = (int)r->number[0];
    shy_logrank test;
    shy_hazard_ratio ratio[SHY_GROUPS_MAX];

    SHY_TRY(shy_logrank_test(&data, r->table.group, count, &test));
    SHY_TRY(shy_hazard_ratios(&data, r->table.group, count, ratio));
    put("chi_square", test.chi_square), put("df", test.df), put("p", test.p);
    for (int g = 0; g < count; g++) {
        put_number("observed", (size_t)g, test.observed[g]), put_number("expected", (size_t)g, test.expected[g]);
        put_number("ratio", (size_t)g, ratio[g].ratio), put_number("ratio_low", (size_t)g, ratio[g].low);
        put_number("ratio_high", (size_t)g, ratio[g].high), put_number("ratio_p", (size_t)g, ratio[g].p);
    }
out:
    return st;
}

static void put_cuts(const char *name, const shy_cuts *cuts)
{
    printf("%s_cuts %d\n%s_p %.17g\n", name, cuts->cuts, name, cuts->p);
    for (int k = 0; k < cuts->cuts; k++)
        printf("%s_cut%d %.17g\n%s_statistic%d %.17g\n%s_below%d %zu\n%s_p92_%d %.17g\n%s_p94_%d %.17g\n", name, k, cuts->cut[k].cut, name, k,
               cuts->cut[k].statistic, name, k, cuts->cut[k].below, name, k, cuts->cut[k].p_92, name, k, cuts->cut[k].p_94);
}

static shy_status cut(struct request *r)
{
    shy_status st = SHY_OK;
    shy_cuts one, two, median, terciles;
    double *score = NULL;
    const double *x = column(&r->table, "x");

    SHY_TRY(shy_new(r->table.rows, sizeof *score, &score));
    SHY_TRY(shy_cut_scores(&r->truth, NULL, r->truth.n, score));
    SHY_TRY(shy_cut_one(r->table.rows, x, score, SHY_CUT_LEAST, &one));
    SHY_TRY(shy_cut_two(r->table.rows, x, score, SHY_CUT_LEAST, (int)r->number[0], 1, NULL, &two));
    SHY_TRY(shy_cut_quantiles(r->table.rows, x, score, 2, &median));
    SHY_TRY(shy_cut_quantiles(r->table.rows, x, score, 3, &terciles));
    put_cuts("one", &one), put_cuts("two", &two), put_cuts("median", &median), put_cuts("terciles", &terciles);
out:
    shy_free(&score);
    return st;
}

static shy_status differ(struct request *r)
{
    shy_status st = SHY_OK;
    double *score = NULL, chi_square, p;
    int df;

    SHY_TRY(shy_new(r->table.rows, sizeof *score, &score));
    SHY_TRY(shy_cut_scores(&r->truth, NULL, r->truth.n, score));
    shy_groups_differ(r->table.rows, score, r->table.group, (int)r->number[0], &chi_square, &df, &p);
    put("chi_square", chi_square), put("df", df), put("p", p);
out:
    shy_free(&score);
    return st;
}

/* Selected, candidates, threshold, pairs. */
static shy_status bounds(struct request *r)
{
    put("worst", shy_false_worst(r->number[0], r->number[1], r->number[2]));
    put("unimodal", shy_false_unimodal(r->number[0], r->number[1], r->number[2], (int)r->number[3]));
    return SHY_OK;
}

/* χ², degrees of freedom; then events of so many. */
static shy_status tails(struct request *r)
{
    double low, high;

    put("chi_square", shy_chi_square_tail(r->number[0], (int)r->number[1]));
    put("normal", shy_normal_two_sided(r->number[0]));
    shy_wilson(r->number[2], r->number[3], &low, &high);
    put("low", low), put("high", high);
    return SHY_OK;
}

static const struct {
    const char *name;
    shy_status (*answer)(struct request *request);
} requests[] = {{"headline", headline}, {"compare", compare}, {"delong", delong}, {"recalibrate", recalibrate}, {"curve", curve}, {"decision", decision},
                {"km", km}, {"groups", groups}, {"cut", cut}, {"differ", differ}, {"bounds", bounds}, {"tails", tails},
                {"estimate", estimate}, {"risk", risk}};

static shy_status answer(const char *what, const char *kind, struct request *r)
{
    shy_status st = SHY_OK;

    SHY_TRY(take_whole(&r->table, "stratum", &r->table.stratum));
    SHY_TRY(take_whole(&r->table, "group", &r->table.group));
    r->truth = truth_of(&r->table, kind);
    if (!r->truth.ops) return shy_fail(SHY_USAGE, "no kind is called %s", kind);
    for (size_t k = 0; k < sizeof requests / sizeof *requests; k++)
        if (strcmp(what, requests[k].name) == 0) return requests[k].answer(r);
    st = shy_fail(SHY_USAGE, "nothing is called %s", what);
out:
    return st;
}

int main(int argc, char **argv)
{
    shy_status st = SHY_OK;
    struct request r = {.numbers = 0};

    if (argc < 4 || argc - 4 > NUMBERS_MOST) return SHY_USAGE;
    for (int k = 4; k < argc; k++)
        r.number[r.numbers++] = strtod(argv[k], NULL);
    SHY_TRY(read_table(argv[3], &r.table));
    SHY_TRY(answer(argv[1], argv[2], &r));
out:
    if (st != SHY_OK) fprintf(stderr, "assess: %s\n", shy_error_message());
    for (int k = 0; k < r.table.columns; k++)
        shy_free(&r.table.column[k]);
    shy_free(&r.table.stratum);
    shy_free(&r.table.group);
    shy_free(&r.table.folds);
    return (int)st;
}

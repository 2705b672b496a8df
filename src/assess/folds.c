/* Folds of the samples in use: what has to stay together, what has to be spread, and whether there is enough of it. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "assess_impl.h"
#include "partition.h"

enum { HASH_SEED = 144 };
enum { HELD_OUT_LEAST = 4 }; /* samples that a share of variance or deviance is told of: of fewer it is often far below 0, whatever the formula is worth */
enum { COUNTS_APART = 10 }; /* so many different counts are spread as levels, more by their order */

/* Rank 0. */
typedef struct {
    const shy_problem *problem;
    const shy_assess_options *options;
    shy_truth truth;
    double *by;       /* [n]: a number for each value of options->by, NaN where it is missing; NULL: not given */
    double *set;      /* [n]: matched sets; NULL: none */
    int32_t *unit;
    size_t units, taking, lacking; /* lacking: samples without a value of `by` */
    int32_t *of;      /* class of each sample; −1: it takes no part */
    int classes;
    const double *value;
    size_t *size;     /* [classes] */
} shy_fold_plan;

static void plan_free(shy_fold_plan *p)
{
    shy_truth_free(&p->truth);
    shy_free(&p->by);
    shy_free(&p->set);
    shy_free(&p->unit);
    shy_free(&p->of);
    shy_free(&p->size);
}

static bool is_kind(const shy_fold_plan *p, const char *kind)
{
    return strcmp(p->truth.ops->name, kind) == 0;
}

/* ---- the column that groups ------------------------------------------------------------------------------------------------- */

static shy_status find_column(const shy_problem *problem, const char *by, int64_t *column_out)
{
    *column_out = problem->cohort ? shy_cohort_find(problem->cohort, by) : -1;
    if (*column_out >= 0) return SHY_OK;
    const char *nearest = problem->cohort ? shy_cohort_nearest(problem->cohort, by) : NULL;
    return shy_fail(SHY_INPUT, "validation.by: the cohort has no column \"%s\"%s%s%s.", by, nearest ? "; the nearest name is \"" : "",
                    nearest ? nearest : "", nearest ? "\"" : "");
}

/* My samples are rows of the cohort between these. */
static void span_of(const shy_problem *problem, uint64_t *first_out, uint64_t *count_out)
{
    const int rows = problem->rows.rows;
    *first_out = rows > 0 ? problem->cohort_row[0] : 0;
    *count_out = rows > 0 ? problem->cohort_row[rows - 1] - *first_out + 1U : 0;
}

static shy_status read_values(const shy_problem *problem, int64_t column, double *mine)
{
    shy_status st = SHY_OK;
    uint64_t first, count;
    double *span = NULL;
    span_of(problem, &first, &count);
    SHY_TRY(shy_new(count, sizeof *span, &span));
    if (count > 0) SHY_TRY(shy_cohort_read_alone(problem->cohort, &column, 1, first, count, span));
    for (int i = 0; i < problem->rows.rows; i++) mine[i] = span[problem->cohort_row[i] - first];
out:
    shy_free(&span);
    return st;
}

/* Equal texts are equal numbers: 53 bits of a hash, which no accident makes equal among all that a cohort can hold. */
static double number_of(const char *text)
{
    return *text ? (double)(shy_hash_bytes(text, strlen(text), HASH_SEED) >> 11) : NAN;
}

/* Collective over the world. */
static shy_status read_texts(const shy_problem *problem, double *mine)
{
    shy_status st = SHY_OK;
    uint64_t first, count;
    char **text = NULL;
    span_of(problem, &first, &count);
    SHY_TRY(shy_cohort_read_identifiers(problem->cohort, first, count, &text));
    for (int i = 0; i < problem->rows.rows; i++) mine[i] = number_of(text[problem->cohort_row[i] - first]);
out:
    for (uint64_t i = 0; text && i < count; i++) shy_free(&text[i]);
    shy_free(&text);
    return st;
}

/* Collective over the world. */
static shy_status gather_groups(shy_fold_plan *p)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = p->problem;
    const shy_team *team = problem->team;
    const char *by = p->options->by;
    double *mine = NULL;
    int64_t column = -1;
    if (!by || !*by) return SHY_OK;
    SHY_TRY_ALL(team, find_column(problem, by, &column));
    SHY_TRY_ALL(team, shy_new((size_t)problem->rows.rows, sizeof *mine, &mine));
    if (shy_cohort_column(problem->cohort, column).kind == SHY_KIND_IDENTIFIER) SHY_TRY(read_texts(problem, mine));
    else SHY_TRY_ALL(team, read_values(problem, column, mine));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_new(p->truth.n, sizeof *p->by, &p->by) : SHY_OK);
    SHY_TRY(shy_gather_values(problem, mine, p->by));
out:
    shy_free(&mine);
    return st;
}

/* ---- classes: what is spread evenly; rank 0 ------------------------------------------------------------------------------------ */

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Different values of y among samples that take part, ascending, up to `most`; more are `most` + 1. */
static shy_status list_values(const shy_fold_plan *p, int most, double *value, int *count_out)
{
    shy_status st = SHY_OK;
    double *sorted = NULL;
    size_t count = 0;
    int different = 0;
    SHY_TRY(shy_new(p->truth.n, sizeof *sorted, &sorted));
    for (size_t i = 0; i < p->truth.n; i++)
        if (p->of[i] >= 0) sorted[count++] = p->truth.y[i];
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    for (size_t k = 0; k < count && different <= most; k++) {
        if (k > 0 && sorted[k] == sorted[k - 1]) continue;
        if (different < most) value[different] = sorted[k];
        different++;
    }
    *count_out = different;
out:
    shy_free(&sorted);
    return st;
}

static shy_status classify_counts(shy_fold_plan *p)
{
    shy_status st = SHY_OK;
    double value[COUNTS_APART];
    int count = 0;
    SHY_TRY(list_values(p, COUNTS_APART, value, &count));
    if (count > COUNTS_APART) {
        p->value = p->truth.y;
        goto out;
    }
    p->classes = count;
    for (size_t i = 0; i < p->truth.n; i++)
        for (int k = 0; p->of[i] >= 0 && k < count; k++)
            if (p->truth.y[i] == value[k]) {
                p->of[i] = k;
                break;
            }
out:
    return st;
}

/* y is the class: levels, events, cases. */
static void classify_levels(shy_fold_plan *p, int levels)
{
    p->classes = levels;
    for (size_t i = 0; i < p->truth.n; i++)
        if (p->of[i] >= 0) p->of[i] = (int32_t)p->truth.y[i];
}

static int levels_of(const shy_fold_plan *p)
{
    double most = 0.0;
    for (size_t i = 0; i < p->truth.n; i++)
        if (p->of[i] >= 0) most = fmax(most, p->truth.y[i]);
    return (int)most + 1;
}

static shy_status classify(shy_fold_plan *p)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new(p->truth.n, sizeof *p->of, &p->of));
    p->classes = 1;
    for (size_t i = 0; i < p->truth.n; i++) {
        p->of[i] = p->truth.weight && !(p->truth.weight[i] > 0.0) ? -1 : 0;
        p->taking += p->of[i] == 0;
        p->lacking += p->by && isnan(p->by[i]);
    }
    if (!p->options->stratified) goto out;
    if (is_kind(p, "continuous")) p->value = p->truth.y;
    else if (is_kind(p, "count")) SHY_TRY(classify_counts(p));
    else classify_levels(p, is_kind(p, "ordinal") ? levels_of(p) : 2);
    if (is_kind(p, "survival")) p->value = p->truth.time;
out:
    return st;
}

/* ---- is there enough; rank 0 -------------------------------------------------------------------------------------------------- */

/* Samples that take part and have y from `least` to `most`, of all or, fold >= 0, of those outside the fold. */
static size_t count_between(const shy_fold_plan *p, double least, double most, const int32_t *all, int fold)
{
    size_t count = 0;
    for (size_t i = 0; i < p->truth.n; i++)
        count += p->of[i] >= 0 && p->truth.y[i] >= least && p->truth.y[i] <= most && (fold < 0 || all[i] != fold);
    return count;
}

/* Units with samples that take part. */
static shy_status count_units(const shy_fold_plan *p, size_t *count_out)
{
    shy_status st = SHY_OK;
    uint8_t *seen = NULL;
    *count_out = 0;
    SHY_TRY(shy_new(p->units, 1, &seen));
    for (size_t i = 0; i < p->truth.n; i++) {
        if (p->of[i] < 0 || seen[p->unit[i]]) continue;
        seen[p->unit[i]] = 1;
        ++*count_out;
    }
out:
    shy_free(&seen);
    return st;
}

static const char what_to_do[] = "set validation.folds to at most %zu, or to 0 for no cross-validation";

static shy_status fail_few(const shy_fold_plan *p, size_t count, const char *what)
{
    char remedy[128];
    snprintf(remedy, sizeof remedy, what_to_do, count);
    if (count < 2) snprintf(remedy, sizeof remedy, "set validation.folds to 0 for no cross-validation");
    return shy_fail(SHY_INPUT, "validation.folds is %d, and outcome \"%s\" has only %zu %s, so that not every fold has one: %s.", p->options->folds,
                    p->problem->outcome, count, what, remedy);
}

/* What each held-out fold needs for its performance to be told. */
static shy_status check_classes(const shy_fold_plan *p)
{
    const size_t folds = (size_t)p->options->folds;
    const size_t ones = count_between(p, 0.5, INFINITY, NULL, -1), zeros = count_between(p, -INFINITY, 0.5, NULL, -1);
    if (is_kind(p, "survival") && ones < folds) return fail_few(p, ones, ones == 1 ? "event" : "events");
    if (is_kind(p, "count") && ones < folds) return fail_few(p, ones, "samples with a count above 0");
    if (is_kind(p, "binary") && ones < folds) return fail_few(p, ones, "samples of the class 1");
    if (is_kind(p, "binary") && zeros < folds) return fail_few(p, zeros, "samples of the class 0");
    for (int k = 0, levels = is_kind(p, "ordinal") ? levels_of(p) : 0; k < levels; k++) {
        if (count_between(p, k, k, NULL, -1) >= 2) continue;
        return shy_fail(SHY_INPUT, "level %d of outcome \"%s\" has one sample, and without its fold there is none to learn from: join the level with a "
                                   "neighbour, or set validation.folds to 0 for no cross-validation.",
                        k, p->problem->outcome);
    }
    return SHY_OK;
}

static shy_status check_enough(const shy_fold_plan *p)
{
    shy_status st = SHY_OK;
    const size_t folds = (size_t)p->options->folds;
    size_t units = 0;
    if (p->taking < folds) return fail_few(p, p->taking, "samples");
    SHY_TRY(count_units(p, &units));
    if (units < folds && p->by)
        return shy_fail(SHY_INPUT, "validation.folds is %d, and the samples in use fall into %zu group%s of validation.by \"%s\" that must not be cut%s: "
                                   "set validation.folds to at most %zu, or leave validation.by out.",
                        p->options->folds, units, units == 1 ? "" : "s", p->options->by, p->set ? " (nor matched sets)" : "", units);
    if (units < folds) return fail_few(p, units, units == 1 ? "matched set" : "matched sets");
    SHY_TRY(check_classes(p));
out:
    return st;
}

/* Samples of one fold are too few to say anything? Groups may be of any size, and a fold may be one of them. */
static shy_status check_sizes(const shy_fold_plan *p, const int32_t *all)
{
    const size_t most = p->taking / HELD_OUT_LEAST;
    if (!is_kind(p, "continuous") && !is_kind(p, "count")) return SHY_OK;
    for (int f = 0; f < p->options->folds; f++) {
        const size_t held_out = p->taking - count_between(p, -INFINITY, INFINITY, all, f);
        if (held_out >= HELD_OUT_LEAST) continue;
        if (p->by)
            return shy_fail(SHY_INPUT, "validation.folds is %d, and with the groups of validation.by \"%s\" fold %d holds out only %zu of the samples with outcome \"%s\", "
                                       "too few to say how much of it is explained (at least %d): set validation.folds lower, or leave validation.by out.",
                            p->options->folds, p->options->by, f + 1, held_out, p->problem->outcome, HELD_OUT_LEAST);
        if (most < 2)
            return shy_fail(SHY_INPUT, "%zu samples with outcome \"%s\" are too few for cross-validation: set validation.folds to 0.", p->taking, p->problem->outcome);
        return shy_fail(SHY_INPUT, "validation.folds is %d, and a fold holds out only %zu of the %zu samples with outcome \"%s\", too few to say how much of it is explained "
                                   "(at least %d): set validation.folds to at most %zu, or to 0 for no cross-validation.",
                        p->options->folds, held_out, p->taking, p->problem->outcome, HELD_OUT_LEAST, most);
    }
    return SHY_OK;
}

/* Does what is left without a fold tell anything? With groups, or without strata, nothing sees to that. */
static shy_status check_training(const shy_fold_plan *p, const int32_t *all, int repeat)
{
    for (int f = 0; f < p->options->folds; f++) {
        const char *lacks = NULL;
        const size_t ones = count_between(p, 0.5, INFINITY, all, f), zeros = count_between(p, -INFINITY, 0.5, all, f);
        if (ones == 0 && (is_kind(p, "survival") || is_kind(p, "count"))) lacks = "event";
        if (ones == 0 && is_kind(p, "binary")) lacks = "sample of the class 1";
        if (zeros == 0 && is_kind(p, "binary")) lacks = "sample of the class 0";
        for (int k = 0, levels = is_kind(p, "ordinal") ? levels_of(p) : 0; k < levels && !lacks; k++)
            if (count_between(p, k, k, all, f) == 0) lacks = "sample of one of the levels";
        if (!lacks) continue;
        return shy_fail(SHY_INPUT, "without fold %d of %d (repeat %d) outcome \"%s\" has no %s to learn from: %s.", f + 1, p->options->folds, repeat + 1,
                        p->problem->outcome, lacks,
                        p->by ? "a group of validation.by has them all; leave validation.by out, or set validation.folds to 0" :
                                "set validation.strata to outcome");
    }
    return SHY_OK;
}

/* ---- folds ---------------------------------------------------------------------------------------------------------------------- */

/* Rank 0. */
static shy_status find_units(shy_fold_plan *p)
{
    shy_status st = SHY_OK;
    const size_t n = p->truth.n;
    if (is_kind(p, "matched")) {
        SHY_TRY(shy_new(n, sizeof *p->set, &p->set));
        for (size_t i = 0; i < n; i++) p->set[i] = p->truth.stratum ? p->truth.stratum[i] : 0.0;
    }
    SHY_TRY(shy_new(n, sizeof *p->unit, &p->unit));
    SHY_TRY(shy_partition_units(n, p->by, p->set, p->unit, &p->units));
out:
    return st;
}

static shy_status make_folds(shy_fold_plan *p, shy_folds *folds)
{
    shy_status st = SHY_OK;
    SHY_TRY(find_units(p));
    SHY_TRY(classify(p));
    SHY_TRY(check_enough(p));
    const shy_partition partition = {p->truth.n, folds->folds, p->units, p->unit, p->classes, p->of, p->value};
    for (int r = 0; r < folds->repeats; r++) {
        int32_t *all = folds->all + (size_t)r * p->truth.n;
        SHY_TRY(shy_partition_make(&partition, p->options->seed, r, all));
        SHY_TRY(check_sizes(p, all));
        SHY_TRY(check_training(p, all, r));
    }
    folds->groups = p->by ? p->units : 0, folds->groupless = p->lacking;
out:
    return st;
}

static shy_status allocate(const shy_problem *problem, const shy_assess_options *options, shy_folds *folds)
{
    shy_status st = SHY_OK;
    if (options->folds < 2) return shy_fail(SHY_INPUT, "validation.folds is %d; it is 2 or more, or 0 for no cross-validation.", options->folds);
    *folds = (shy_folds){.folds = options->folds, .repeats = options->repeats > 1 ? options->repeats : 1};
    folds->sets = folds->folds * folds->repeats;
    SHY_TRY(shy_new((size_t)folds->repeats * (size_t)problem->rows.rows, sizeof *folds->fold, &folds->fold));
    SHY_TRY(shy_new((size_t)folds->repeats * (size_t)problem->rows.total, sizeof *folds->all, &folds->all));
out:
    return st;
}

static void take_mine(const shy_rows *rows, shy_folds *folds)
{
    for (int r = 0; r < folds->repeats; r++)
        for (int i = 0; i < rows->rows; i++)
            folds->fold[(size_t)r * (size_t)rows->rows + (size_t)i] = folds->all[(size_t)r * (size_t)rows->total + rows->first + (size_t)i];
}

shy_status shy_folds_create(const shy_problem *problem, const shy_assess_options *options, shy_folds *folds_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_fold_plan plan = {.problem = problem, .options = options};
    shy_folds folds = {0};
    uint64_t counts[2];
    SHY_TRY_ALL(team, allocate(problem, options, &folds));
    SHY_TRY(shy_truth_gather(problem, &plan.truth));
    SHY_TRY(gather_groups(&plan));
    SHY_TRY_ALL(team, team->rank == 0 ? make_folds(&plan, &folds) : SHY_OK);
    SHY_TRY(shy_team_broadcast(team, folds.all, (uint64_t)folds.repeats * problem->rows.total * sizeof *folds.all));
    counts[0] = folds.groups, counts[1] = folds.groupless;
    SHY_TRY(shy_team_broadcast(team, counts, sizeof counts));
    folds.groups = counts[0], folds.groupless = counts[1];
    take_mine(&problem->rows, &folds);
    *folds_out = folds, folds = (shy_folds){0};
out:
    shy_folds_free(&folds);
    plan_free(&plan);
    return st;
}

void shy_folds_free(shy_folds *folds)
{
    shy_free(&folds->fold);
    shy_free(&folds->all);
}

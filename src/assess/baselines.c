/* What the user compares with: formulas over factors and other columns of the cohort, or a column by itself. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "versus.h"

#define KNOWN_LEAST 10 /* samples that must have a value of it */
#define CHUNK 1024     /* rows that are evaluated at a time */

const char *shy_baseline_name(const shy_baseline *baseline)
{
    return baseline->name ? baseline->name : baseline->formula ? baseline->formula : baseline->column;
}

/* ---- names ---------------------------------------------------------------------------------------------------------------------- */

/* Factors, as the search knows them, then all columns of the cohort as they are: of equal names the factor counts. Borrowed. */
typedef struct {
    const char **name;
    uint32_t factors, count;
} names;

static shy_status list_names(const shy_problem *problem, names *list)
{
    shy_status st = SHY_OK;
    const int64_t columns = problem->cohort ? shy_cohort_columns(problem->cohort) : 0;
    list->factors = (uint32_t)problem->factors;
    SHY_TRY(shy_new((size_t)problem->factors + (size_t)columns, sizeof *list->name, &list->name));
    for (int f = 0; f < problem->factors; f++) list->name[list->count++] = problem->name[f];
    for (int64_t c = 0; c < columns; c++) list->name[list->count++] = shy_cohort_column(problem->cohort, c).name;
out:
    return st;
}

static shy_status fail_reading(const shy_baseline *baseline)
{
    char *message = NULL;
    const shy_status st = shy_string_format(&message, "compare: \"%s\": %s", baseline->formula, shy_error_message());
    if (st == SHY_OK) shy_error_set(message);
    shy_free(&message);
    return st == SHY_OK ? SHY_INPUT : st;
}

static shy_status fail_unknown(const names *list, const char *column)
{
    const char *nearest = shy_text_nearest(column, list->name, list->count);
    return shy_fail(SHY_INPUT, "compare: there is no column \"%s\"%s%s%s.", column, nearest ? "; the nearest name is \"" : "", nearest ? nearest : "",
                    nearest ? "\"" : "");
}

/* Levels of a category have no size. */
static shy_status check_column(const shy_problem *problem, int64_t column)
{
    const shy_column about = shy_cohort_column(problem->cohort, column);
    if (about.kind != SHY_KIND_CATEGORICAL && about.kind != SHY_KIND_IDENTIFIER) return SHY_OK;
    return shy_fail(SHY_INPUT, "compare: column \"%s\" holds texts (%s), and a baseline is a number; code it as a number, or compare with an indicator of a level "
                               "(factors.categories: onehot).",
                    about.name, shy_kind_name(about.kind));
}

static shy_status read_tree(const shy_problem *problem, const names *list, const shy_baseline *baseline, shy_tree *tree)
{
    shy_status st = SHY_OK;
    if (baseline->formula) {
        st = shy_tree_parse(baseline->formula, list->name, list->count, tree);
        if (st == SHY_INPUT) st = fail_reading(baseline);
        if (st != SHY_OK) return st;
    } else {
        uint32_t at = 0;
        while (at < list->count && strcmp(list->name[at], baseline->column) != 0) at++;
        if (at == list->count) return fail_unknown(list, baseline->column);
        tree->count = 0;
        (void)shy_tree_leaf(tree, at);
    }
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (node->op == SHY_OP_FACTOR && node->factor >= list->factors) SHY_TRY(check_column(problem, (int64_t)node->factor - list->factors));
    }
out:
    return st;
}

/* ---- values --------------------------------------------------------------------------------------------------------------------------- */

shy_status shy_column_values(const shy_problem *problem, int64_t column, double *values_out)
{
    shy_status st = SHY_OK;
    const int rows = problem->rows.rows;
    double *span = NULL;
    if (rows == 0) return SHY_OK;
    const uint64_t first = problem->cohort_row[0], count = problem->cohort_row[rows - 1] - first + 1U;
    SHY_TRY(shy_new(count, sizeof *span, &span));
    SHY_TRY(shy_cohort_read_alone(problem->cohort, &column, 1, first, count, span));
    for (int i = 0; i < rows; i++) values_out[i] = span[problem->cohort_row[i] - first];
out:
    shy_free(&span);
    return st;
}

static shy_status read_leaf(const shy_problem *problem, const names *list, uint32_t name, double *values)
{
    shy_tree leaf = {.count = 0};
    if (name >= list->factors) return shy_column_values(problem, (int64_t)name - list->factors, values);
    (void)shy_tree_leaf(&leaf, name);
    return shy_problem_evaluate(problem, &leaf, values);
}

/* The tree's columns, each once; `local`: the tree over these. */
typedef struct {
    int count;
    uint32_t name[SHY_TREE_MAX];
    double *column[SHY_TREE_MAX];
    shy_tree local;
} leaves;

static shy_status read_leaves(const shy_problem *problem, const names *list, const shy_tree *tree, leaves *l)
{
    shy_status st = SHY_OK;
    l->local = *tree;
    for (int k = 0; k < tree->count; k++) {
        if (tree->node[k].op != SHY_OP_FACTOR) continue;
        int at = 0;
        while (at < l->count && l->name[at] != tree->node[k].factor) at++;
        l->local.node[k].factor = (uint32_t)at;
        if (at < l->count) continue;
        l->name[l->count++] = tree->node[k].factor;
        SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof(double), &l->column[at]));
        SHY_TRY(read_leaf(problem, list, tree->node[k].factor, l->column[at]));
    }
out:
    return st;
}

static shy_status evaluate(const leaves *l, int rows, double *values)
{
    shy_status st = SHY_OK;
    const double *part[SHY_TREE_MAX];
    double *scratch = NULL;
    SHY_TRY(shy_new((size_t)l->local.count * CHUNK, sizeof *scratch, &scratch));
    for (int row = 0; row < rows; row += CHUNK) {
        for (int k = 0; k < l->count; k++) part[k] = l->column[k] + row;
        shy_tree_evaluate_rows(&l->local, rows - row < CHUNK ? rows - row : CHUNK, part, scratch, values + row);
    }
    for (int i = 0; i < rows; i++) {
        if (!isfinite(values[i])) values[i] = NAN; /* log of 0 is no value either */
        for (int k = 0; k < l->count; k++) values[i] = isnan(l->column[k][i]) ? NAN : values[i]; /* whatever max makes of it */
    }
out:
    shy_free(&scratch);
    return st;
}

shy_status shy_baseline_values(const shy_problem *problem, const shy_baseline *baseline, double *values_out)
{
    shy_status st = SHY_OK;
    names list = {0};
    leaves l = {.count = 0};
    shy_tree tree;
    SHY_TRY(list_names(problem, &list));
    SHY_TRY(read_tree(problem, &list, baseline, &tree));
    SHY_TRY(read_leaves(problem, &list, &tree, &l));
    SHY_TRY(evaluate(&l, problem->rows.rows, values_out));
out:
    for (int k = 0; k < l.count; k++) shy_free(&l.column[k]);
    shy_free(&list.name);
    return st;
}

/* ---- before the search ------------------------------------------------------------------------------------------------------------------- */

static shy_status judge(const shy_baseline *baseline, double known, double low, double high)
{
    const char *name = shy_baseline_name(baseline);
    if (known < KNOWN_LEAST)
        return shy_fail(SHY_INPUT, "compare: \"%s\" has a value for %d of the samples in use; at least %d are needed. Leave it out, or correct its columns.", name,
                        (int)known, KNOWN_LEAST);
    if (!(low < high)) return shy_fail(SHY_INPUT, "compare: \"%s\" has the same value for all samples in use; leave it out.", name);
    return SHY_OK;
}

/* values: room for my rows. Collective over the world. */
static shy_status check_one(const shy_problem *problem, const shy_baseline *baseline, double *values)
{
    shy_status st = SHY_OK;
    double extreme[2] = {-INFINITY, -INFINITY};
    uint64_t known = 0;
    SHY_TRY_ALL(problem->team, shy_baseline_values(problem, baseline, values));
    for (int i = 0; i < problem->rows.rows; i++) {
        if (isnan(values[i])) continue;
        extreme[0] = fmax(extreme[0], -values[i]), extreme[1] = fmax(extreme[1], values[i]);
        known += problem->team->group == 0;
    }
    SHY_TRY(shy_team_sum_counts(problem->team, &known, 1));
    SHY_TRY(shy_team_maximum(problem->team, extreme, 2));
    SHY_TRY_ALL(problem->team, judge(baseline, (double)known, -extreme[0], extreme[1]));
out:
    return st;
}

shy_status shy_baselines_check(const shy_problem *problem, const shy_assess_options *options)
{
    shy_status st = SHY_OK;
    double *values = NULL;
    if (options->baselines > SHY_BASELINES_MAX)
        return shy_fail(SHY_INPUT, "compare: %d baselines are given; at most %d are taken.", options->baselines, SHY_BASELINES_MAX);
    if (options->baselines == 0) return SHY_OK;
    SHY_TRY_ALL(problem->team, shy_new((size_t)problem->rows.rows, sizeof *values, &values));
    for (int k = 0; k < options->baselines; k++) SHY_TRY(check_one(problem, &options->baseline[k], values));
out:
    shy_free(&values);
    return st;
}

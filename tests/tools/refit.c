/*
 * refit KIND TABLE [ROLES]: fits one column of a table of numbers (one line per sample, blanks between) on others, on all ranks together, and
 * prints one line each: verdict, intercept, coefficient …, error …, those of the covariates, thresholds, loss, likelihood ratio, then the
 * metrics by name. ROLES has a letter for each column: y outcome, x column of the formula, c covariate, w case weight, e exposure,
 * t time, n entry, s stratum; without it the first column is the outcome and the others are the formula's.
 */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "shihyo/linalg.h"
#include "shihyo/model.h"

enum { COLUMNS_MOST = 64, RUN_ROWS = 8 };

struct table {
    int rows, columns;
    double *column[COLUMNS_MOST];
    int32_t *stratum;
};

static shy_status read_table(const char *path, struct table *table)
{
    shy_status st = SHY_OK;
    char line[4096];
    FILE *file = fopen(path, "r");

    if (!file) return shy_fail(SHY_IO, "%s cannot be read", path);
    while (fgets(line, sizeof line, file)) {
        int columns = 0;
        char *at = line, *rest;
        double values[COLUMNS_MOST];
        for (double v = strtod(at, &rest); rest != at && columns < COLUMNS_MOST; v = strtod(at, &rest))
            values[columns++] = v, at = rest;
        if (columns < 1 || (table->rows > 0 && columns != table->columns)) {
            st = shy_fail(SHY_INPUT, "%s, line %d: %d numbers", path, table->rows + 1, columns);
            break;
        }
        table->columns = columns;
        for (int k = 0; k < columns && st == SHY_OK; k++) {
            st = shy_grow((size_t)table->rows + 1, sizeof(double), &table->column[k]);
            if (st == SHY_OK) table->column[k][table->rows] = values[k];
        }
        if (st != SHY_OK) break;
        table->rows++;
    }
    fclose(file);
    return st;
}

/* ---- roles ----------------------------------------------------------------------------------------------------- */

struct model {
    shy_outcome_data data;
    const double *covariate[COLUMNS_MOST], *basis[SHY_BASIS_MAX];
    int terms;
};

/* Strata are whole numbers from 0. */
static shy_status take_strata(struct table *table, const double *values, int first, shy_outcome_data *data)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)table->rows, sizeof *table->stratum, &table->stratum));
    for (int i = 0; i < table->rows; i++) {
        table->stratum[i] = (int32_t)values[i];
        if (table->stratum[i] >= data->strata) data->strata = table->stratum[i] + 1;
    }
    data->stratum = table->stratum + first;
out:
    return st;
}

static shy_status take_column(struct table *table, int k, char role, int first, struct model *m)
{
    const double *mine = table->column[k] + first;

    switch (role) {
    case 'y': m->data.y = mine; return SHY_OK;
    case 'c': m->covariate[m->data.covariates++] = mine; return SHY_OK;
    case 'w': m->data.weight = mine; return SHY_OK;
    case 'e': m->data.exposure = mine; return SHY_OK;
    case 't': m->data.time = mine; return SHY_OK;
    case 'n': m->data.entry = mine; return SHY_OK;
    case 's': return take_strata(table, table->column[k], first, &m->data);
    case 'x':
        if (m->terms == SHY_BASIS_MAX) return shy_fail(SHY_USAGE, "more than %d columns of the formula", SHY_BASIS_MAX);
        m->basis[m->terms++] = mine;
        return SHY_OK;
    default: return shy_fail(SHY_USAGE, "'%c' is no role of a column", role);
    }
}

static shy_status take_columns(struct table *table, const char *roles, int first, struct model *m)
{
    shy_status st = SHY_OK;

    m->data.column = "the outcome";
    m->data.covariate = m->covariate;
    if (roles && (int)strlen(roles) != table->columns) return shy_fail(SHY_USAGE, "%d columns, but roles %s", table->columns, roles);
    for (int k = 0; k < table->columns; k++)
        SHY_TRY(take_column(table, k, roles ? roles[k] : k == 0 ? 'y' : 'x', first, m));
out:
    return st;
}

/* ---- the fit --------------------------------------------------------------------------------------------------- */

static void print_fit(const shy_outcome *outcome, const shy_fit *fit)
{
    const shy_outcome_ops *ops = shy_outcome_kind(outcome);
    int covariates, thresholds;
    const double *covariate = shy_outcome_covariates(outcome, &covariates), *threshold = shy_outcome_thresholds(outcome, &thresholds);

    printf("verdict %s\nintercept %.17g\n", shy_verdict_name(fit->verdict), fit->intercept);
    for (int k = 0; k < fit->terms; k++)
        printf("coefficient%d %.17g\n", k + 1, fit->coefficient[k]);
    for (int k = 0; k < fit->terms; k++)
        printf("error%d %.17g\n", k + 1, fit->error[k]);
    for (int k = 0; k < covariates; k++)
        printf("covariate%d %.17g\n", k + 1, covariate[k]);
    for (int k = 0; k < thresholds; k++)
        printf("threshold%d %.17g\n", k + 1, threshold[k]);
    printf("loss %.17g\nlikelihood_ratio %.17g\n", fit->loss, fit->likelihood_ratio);
    for (int m = 0; ops->metric_names[m]; m++)
        printf("%s %.17g\n", ops->metric_names[m], fit->metric[m]);
}

static shy_status fit_table(const shy_team *team, const char *kind, const char *path, const char *roles)
{
    shy_status st = SHY_OK;
    struct table table = {0};
    struct model model = {0};
    shy_outcome *outcome = NULL;
    const shy_outcome_ops *ops = shy_outcome_find(kind);
    shy_fit fit;

    if (!ops) return shy_fail(SHY_USAGE, "\"%s\" is no kind of outcome", kind);
    SHY_TRY_ALL(team, read_table(path, &table));
    const int runs = (table.rows + RUN_ROWS - 1) / RUN_ROWS;
    const int first_run = runs * team->row_block / team->row_blocks,
              end_run = runs * (team->row_block + 1) / team->row_blocks;
    const int first = first_run * RUN_ROWS, end = end_run * RUN_ROWS < table.rows ? end_run * RUN_ROWS : table.rows;
    const shy_rows rows = {team, (uint64_t)table.rows, (uint64_t)first, end - first, RUN_ROWS, end_run - first_run};
    SHY_TRY_ALL(team, take_columns(&table, roles, first, &model));
    SHY_TRY(shy_outcome_create(ops, &model.data, &rows, &outcome));
    SHY_TRY(shy_outcome_refit(outcome, model.terms, model.basis, &fit));
    if (team->rank == 0) print_fit(outcome, &fit);
out:
    shy_outcome_destroy(&outcome);
    for (int k = 0; k < COLUMNS_MOST; k++)
        shy_free(&table.column[k]);
    shy_free(&table.stratum);
    return st;
}

int main(int argc, char **argv)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    int size = 1;

    if (argc < 3 || argc > 4) return fputs("usage: refit KIND TABLE [ROLES]\n", stderr), SHY_USAGE;
    SHY_TRY(shy_par_start(NULL, NULL));
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    SHY_TRY(shy_team_create(MPI_COMM_WORLD, size, &team));
    SHY_TRY(shy_linalg_start(team));
    SHY_TRY(fit_table(team, argv[1], argv[2], argc > 3 ? argv[3] : NULL));
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    shy_linalg_stop();
    shy_team_destroy(&team);
    shy_par_stop();
    return (int)st;
}

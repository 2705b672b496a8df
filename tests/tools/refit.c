/*
 * refit KIND TABLE: fits the first column of a table of numbers (one line per sample, blanks between) on the others, on all
 * ranks together, and prints one line each: verdict, intercept, coefficient …, loss, then the metrics by name.
 */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "shihyo/linalg.h"
#include "shihyo/model.h"

enum { COLUMNS_MOST = 1 + SHY_BASIS_MAX, RUN_ROWS = 8 };

struct table {
    int rows, columns;
    double *column[COLUMNS_MOST];
};

static shy_status read_table(const char *path, struct table *table)
{
    shy_status st = SHY_OK;
    char line[1024];
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

static void print_fit(const shy_outcome_ops *ops, const shy_fit *fit)
{
    printf("verdict %s\nintercept %.17g\n", shy_verdict_name(fit->verdict), fit->intercept);
    for (int k = 0; k < fit->terms; k++)
        printf("coefficient%d %.17g\n", k + 1, fit->coefficient[k]);
    printf("loss %.17g\n", fit->loss);
    for (int m = 0; ops->metric_names[m]; m++)
        printf("%s %.17g\n", ops->metric_names[m], fit->metric[m]);
}

static shy_status fit_table(const shy_team *team, const char *kind, const char *path)
{
    shy_status st = SHY_OK;
    struct table table = {0};
    shy_outcome *outcome = NULL;
    const double *basis[SHY_BASIS_MAX];
    const shy_outcome_ops *ops = shy_outcome_find(kind);
    shy_fit fit;

    if (!ops) return shy_fail(SHY_USAGE, "\"%s\" is no kind of outcome", kind);
    SHY_TRY_ALL(team, read_table(path, &table));
    const int runs = (table.rows + RUN_ROWS - 1) / RUN_ROWS;
    const int first_run = runs * team->row_block / team->row_blocks,
              end_run = runs * (team->row_block + 1) / team->row_blocks;
    const int first = first_run * RUN_ROWS, end = end_run * RUN_ROWS < table.rows ? end_run * RUN_ROWS : table.rows;
    const shy_rows rows = {team, (uint64_t)table.rows, (uint64_t)first, end - first, RUN_ROWS, end_run - first_run};
    const shy_outcome_data data = {.column = "the first column", .y = table.column[0] + first};
    SHY_TRY(shy_outcome_create(ops, &data, &rows, &outcome));
    for (int k = 1; k < table.columns; k++)
        basis[k - 1] = table.column[k] + first;
    SHY_TRY(shy_outcome_refit(outcome, table.columns - 1, basis, &fit));
    if (team->rank == 0) print_fit(ops, &fit);
out:
    shy_outcome_destroy(&outcome);
    for (int k = 0; k < COLUMNS_MOST; k++)
        shy_free(&table.column[k]);
    return st;
}

int main(int argc, char **argv)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    int size = 1;

    if (argc != 3) return fputs("usage: refit continuous|binary TABLE\n", stderr), SHY_USAGE;
    SHY_TRY(shy_par_start(NULL, NULL));
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    SHY_TRY(shy_team_create(MPI_COMM_WORLD, size, &team));
    SHY_TRY(shy_linalg_start(team));
    SHY_TRY(fit_table(team, argv[1], argv[2]));
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    shy_linalg_stop();
    shy_team_destroy(&team);
    shy_par_stop();
    return (int)st;
}

/*
 * refit_survival KIND TABLE [KIND TABLE …]: fits tables of numbers on all ranks together, each rank a row block. KIND is survival,
 * matched, or a number: the weights of that horizon. The first line of a table names its columns: time, event, entry, weight, stratum;
 * c… are covariates, x… the terms of the formula. Prints "= TABLE", then a line each: verdict, coefficients, errors, metrics, those of
 * the null model, coefficients of covariates, and residuals by sample.
 */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "shihyo/linalg.h"
#include "shihyo/model.h"

enum { COLUMNS_MOST = 16, RUN_ROWS = 8, NAME_MOST = 32 };

struct table {
    int rows, columns;
    char name[COLUMNS_MOST][NAME_MOST];
    double *column[COLUMNS_MOST];
};

static void read_names(char *line, struct table *table)
{
    for (char *word = strtok(line, " \n"); word && table->columns < COLUMNS_MOST; word = strtok(NULL, " \n"))
        snprintf(table->name[table->columns++], NAME_MOST, "%s", word);
}

static shy_status read_table(const char *path, struct table *table)
{
    shy_status st = SHY_OK;
    char line[2048];
    FILE *file = fopen(path, "r");

    if (!file) return shy_fail(SHY_IO, "%s cannot be read", path);
    if (fgets(line, sizeof line, file)) read_names(line, table);
    while (st == SHY_OK && fgets(line, sizeof line, file)) {
        char *at = line;
        for (int k = 0; k < table->columns && st == SHY_OK; k++) {
            st = shy_grow((size_t)table->rows + 1, sizeof(double), &table->column[k]);
            if (st == SHY_OK) table->column[k][table->rows] = strtod(at, &at);
        }
        table->rows++;
    }
    fclose(file);
    return st;
}

static const double *find(const struct table *table, const char *name, int first)
{
    for (int k = 0; k < table->columns; k++)
        if (strcmp(table->name[k], name) == 0) return table->column[k] + first;
    return NULL;
}

static int find_all(const struct table *table, char letter, int first, const double **list, const char **names)
{
    int count = 0;

    for (int k = 0; k < table->columns; k++)
        if (table->name[k][0] == letter && table->name[k][1] >= '0' && table->name[k][1] <= '9') {
            names[count] = table->name[k];
            list[count++] = table->column[k] + first;
        }
    return count;
}

static void print_fit(const shy_outcome_ops *ops, const char *prefix, const shy_fit *fit)
{
    printf("%sverdict %s\n", prefix, shy_verdict_name(fit->verdict));
    for (int k = 0; k < fit->terms; k++)
        printf("%scoefficient%d %.17g\n%serror%d %.17g\n", prefix, k + 1, fit->coefficient[k], prefix, k + 1, fit->error[k]);
    printf("%sloss %.17g\n%slr %.17g\n", prefix, fit->loss, prefix, fit->likelihood_ratio);
    for (int m = 0; ops->metric_names[m]; m++)
        printf("%s%s %.17g\n", prefix, ops->metric_names[m], fit->metric[m]);
}

static void print_covariates(const shy_outcome *outcome)
{
    int count = 0;
    const double *coefficient = shy_outcome_covariates(outcome, &count);

    for (int k = 0; k < count; k++)
        printf("covariate%d %.17g\n", k + 1, coefficient[k]);
}

/* The members one after the other, so that the lines come in the order of the samples. */
static void print_rows(const shy_team *team, const shy_rows *rows, const char *name, const double *value, double *all, int *starts)
{
    shy_vector_gather(team, value, rows->rows, all, starts);
    for (int i = 0; team->rank == 0 && i < (int)rows->total; i++)
        printf("%s%d %.17g\n", name, i + 1, all[i]);
}

struct job {
    const shy_team *team;
    const char *kind;
    const struct table *table;
    shy_rows rows;
    double *a, *b, *all;
    int *starts;
    int32_t *stratum;
};

static shy_status run_horizon(const struct job *job)
{
    shy_status st = SHY_OK;
    const int first = (int)job->rows.first;

    SHY_TRY(shy_horizon_weights(&job->rows, find(job->table, "time", first), find(job->table, "event", first),
                                find(job->table, "entry", first), atof(job->kind), job->a, job->b));
    print_rows(job->team, &job->rows, "y", job->a, job->all, job->starts);
    print_rows(job->team, &job->rows, "weight", job->b, job->all, job->starts);
out:
    return st;
}

static shy_status run_fit(const struct job *job)
{
    shy_status st = SHY_OK;
    const double *covariate[COLUMNS_MOST], *term[COLUMNS_MOST], *stratum;
    const char *covariate_name[COLUMNS_MOST], *term_name[COLUMNS_MOST];
    const int first = (int)job->rows.first;
    const shy_outcome_ops *ops = shy_outcome_find(job->kind);
    shy_outcome *outcome = NULL;
    shy_outcome_data data = {.column = "the outcome"};
    shy_fit fit;

    if (!ops) return shy_fail(SHY_USAGE, "\"%s\" is no kind of outcome", job->kind);
    data.y = find(job->table, "event", first), data.time = find(job->table, "time", first);
    data.entry = find(job->table, "entry", first), data.weight = find(job->table, "weight", first);
    stratum = find(job->table, "stratum", first);
    for (int i = 0; stratum && i < job->rows.rows; i++)
        job->stratum[i] = (int32_t)stratum[i];
    data.stratum = stratum ? job->stratum : NULL;
    data.covariates = find_all(job->table, 'c', first, covariate, covariate_name);
    data.covariate = covariate, data.covariate_name = covariate_name;
    SHY_TRY(shy_outcome_create(ops, &data, &job->rows, &outcome));
    const int terms = find_all(job->table, 'x', first, term, term_name);
    SHY_TRY(shy_outcome_refit(outcome, terms, term, &fit));
    if (job->team->rank == 0) {
        print_fit(ops, "", &fit);
        print_fit(ops, "null_", shy_outcome_null(outcome));
        print_covariates(outcome);
    }
    shy_outcome_residual(outcome, job->a);
    print_rows(job->team, &job->rows, "residual", job->a, job->all, job->starts);
    print_rows(job->team, &job->rows, "response", shy_outcome_metric(outcome)->response, job->all, job->starts);
out:
    shy_outcome_destroy(&outcome);
    return st;
}

static shy_status allocate(struct job *job)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)job->table->rows;

    SHY_TRY(shy_new(n, sizeof(double), &job->a));
    SHY_TRY(shy_new(n, sizeof(double), &job->b));
    SHY_TRY(shy_new(n, sizeof(double), &job->all));
    SHY_TRY(shy_new(n, sizeof(int32_t), &job->stratum));
    SHY_TRY(shy_new((size_t)job->team->row_blocks + 1, sizeof(int), &job->starts));
out:
    return st;
}

static shy_status run_table(const shy_team *team, const char *kind, const char *path)
{
    shy_status st = SHY_OK;
    struct table table = {0};
    struct job job = {.team = team, .kind = kind, .table = &table};

    SHY_TRY_ALL(team, read_table(path, &table));
    SHY_TRY_ALL(team, allocate(&job));
    const int runs = (table.rows + RUN_ROWS - 1) / RUN_ROWS;
    const int first_run = runs * team->row_block / team->row_blocks, end_run = runs * (team->row_block + 1) / team->row_blocks;
    const int first = first_run * RUN_ROWS, end = end_run * RUN_ROWS < table.rows ? end_run * RUN_ROWS : table.rows;
    job.rows = (shy_rows){team, (uint64_t)table.rows, (uint64_t)first, end - first, RUN_ROWS, end_run - first_run};
    if (team->rank == 0) printf("= %s\n", path);
    SHY_TRY(kind[0] >= '0' && kind[0] <= '9' ? run_horizon(&job) : run_fit(&job));
out:
    if (st == SHY_INPUT) { /* a refusal is a result, too */
        if (team->rank == 0) printf("refused %s\n", shy_error_message());
        shy_error_clear();
        st = SHY_OK;
    }
    shy_free(&job.starts);
    shy_free(&job.stratum);
    shy_free(&job.all);
    shy_free(&job.b);
    shy_free(&job.a);
    for (int k = 0; k < COLUMNS_MOST; k++)
        shy_free(&table.column[k]);
    return st;
}

int main(int argc, char **argv)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    int size = 1;

    if (argc < 3 || argc % 2 == 0) return fputs("usage: refit_survival survival|matched|HORIZON TABLE …\n", stderr), SHY_USAGE;
    SHY_TRY(shy_par_start(NULL, NULL));
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    SHY_TRY(shy_team_create(MPI_COMM_WORLD, size, &team));
    for (int k = 1; k < argc; k += 2)
        SHY_TRY(run_table(team, argv[k], argv[k + 1]));
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    shy_team_destroy(&team);
    shy_par_stop();
    return (int)st;
}

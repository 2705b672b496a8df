/*
 * elastic FAMILY TABLE TOLERANCE RATIO [LAMBDA …]: fits elastic nets (alpha 0.5) along their path, or at the lambdas given, and prints a line for each: lambda,
 * share of the deviance explained, intercept, coefficients of the columns c… (without penalty), then of x…. FAMILY is gaussian, binomial, poisson or cox.
 * The first line of the table names its columns: y (or time, event, entry), weight, offset, stratum, c…, x…, and fold: then it chooses lambda by
 * cross-validation and prints "loss" with the losses and "best" with the number of the line.
 */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "assess/elastic.h"

enum { LINE_MOST = 1 << 20 };

struct table {
    int rows, columns;
    char **name;
    double **column;
};

static shy_status read_names(char *line, struct table *table)
{
    shy_status st = SHY_OK;
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
        SHY_TRY(shy_grow((size_t)table->columns + 1, sizeof *table->name, &table->name));
        SHY_TRY(shy_string_copy(word, &table->name[table->columns++]));
    }
    SHY_TRY(shy_new((size_t)table->columns, sizeof *table->column, &table->column));
out:
    return st;
}

static shy_status read_table(const char *path, struct table *table)
{
    shy_status st = SHY_OK;
    char *line = NULL;
    FILE *file = fopen(path, "r");
    if (!file) return shy_fail(SHY_IO, "%s cannot be read", path);
    SHY_TRY(shy_new(LINE_MOST, 1, &line));
    if (fgets(line, LINE_MOST, file)) SHY_TRY(read_names(line, table));
    while (fgets(line, LINE_MOST, file)) {
        char *at = line;
        for (int k = 0; k < table->columns; k++) {
            SHY_TRY(shy_grow((size_t)table->rows + 1, sizeof(double), &table->column[k]));
            table->column[k][table->rows] = strtod(at, &at);
        }
        table->rows++;
    }
out:
    shy_free(&line);
    fclose(file);
    return st;
}

static const double *find(const struct table *table, const char *name)
{
    for (int k = 0; k < table->columns; k++)
        if (strcmp(table->name[k], name) == 0) return table->column[k];
    return NULL;
}

static int find_all(const struct table *table, char letter, const double **list)
{
    int count = 0;
    for (int k = 0; k < table->columns; k++) {
        if (table->name[k][0] == letter && table->name[k][1] >= '0' && table->name[k][1] <= '9') list[count++] = table->column[k];
    }
    return count;
}

static int32_t *whole_numbers(const double *values, int rows)
{
    int32_t *numbers = NULL;
    if (!values || shy_new((size_t)rows, sizeof *numbers, &numbers) != SHY_OK) return NULL;
    for (int i = 0; i < rows; i++) numbers[i] = (int32_t)values[i];
    return numbers;
}

static void print_path(const shy_net_path *path)
{
    for (int k = 0; k < path->lambdas; k++) {
        printf("%.17g %.17g %.17g", path->lambda[k], path->explained[k], path->intercept[k]);
        for (int j = 0; j < path->covariates; j++) printf(" %.17g", path->covariate[k * path->covariates + j]);
        for (int j = 0; j < path->columns; j++) printf(" %.17g", path->coefficient[k * path->columns + j]);
        printf("\n");
    }
}

static shy_status fit(const shy_net_data *data, double tolerance, double ratio, const double *fold, const double *lambda, int lambdas)
{
    shy_status st = SHY_OK;
    shy_net_options options = SHY_NET_DEFAULTS;
    shy_net_choice choice = {0};
    int *row = NULL, rows = 0;
    int32_t *part = NULL, folds = 0;
    options.tolerance = tolerance, options.ratio = ratio;
    SHY_TRY(shy_new((size_t)data->n, sizeof *row, &row));
    SHY_TRY(shy_new((size_t)data->n, sizeof *part, &part));
    for (int i = 0; i < data->n; i++) {
        if (data->weight && data->weight[i] == 0.0) continue;
        part[rows] = fold ? (int32_t)fold[i] : 0;
        if (part[rows] >= folds) folds = part[rows] + 1;
        row[rows++] = i;
    }
    if (fold) SHY_TRY(shy_net_choose(data, &options, row, rows, part, folds, &choice));
    else SHY_TRY(shy_net_fit(data, &options, row, rows, lambda, lambdas, &choice.path));
    print_path(&choice.path);
    if (fold) {
        printf("loss");
        for (int k = 0; k < choice.path.lambdas; k++) printf(" %.17g", choice.loss[k]);
        printf("\nbest %d\n", choice.best + 1);
    }
out:
    shy_net_choice_free(&choice);
    shy_free(&row);
    shy_free(&part);
    return st;
}

int main(int argc, char **argv)
{
    shy_status st = SHY_OK;
    struct table table = {0};
    const double **list = NULL, *lambda = NULL;
    double *given = NULL;
    int32_t *stratum = NULL;
    shy_net_data data = {0};
    if (argc < 5) return fputs("usage: elastic FAMILY TABLE TOLERANCE RATIO [LAMBDA …]\n", stderr), SHY_USAGE;
    while (strcmp(argv[1], shy_net_family_name(data.family)) != 0) {
        if (data.family == SHY_NET_COX) return fputs("no such family\n", stderr), SHY_USAGE;
        data.family++;
    }
    SHY_TRY(read_table(argv[2], &table));
    SHY_TRY(shy_new(2 * (size_t)table.columns, sizeof *list, &list));
    data.n = table.rows;
    data.covariate = list, data.covariates = find_all(&table, 'c', list);
    data.column = list + table.columns, data.columns = find_all(&table, 'x', list + table.columns);
    data.y = find(&table, data.family == SHY_NET_COX ? "event" : "y"), data.time = find(&table, "time"), data.entry = find(&table, "entry");
    data.weight = find(&table, "weight"), data.offset = find(&table, "offset");
    data.stratum = stratum = whole_numbers(find(&table, "stratum"), table.rows);
    SHY_TRY(shy_new((size_t)argc, sizeof *given, &given));
    for (int k = 5; k < argc; k++) given[k - 5] = atof(argv[k]), lambda = given;
    SHY_TRY(fit(&data, atof(argv[3]), atof(argv[4]), find(&table, "fold"), lambda, argc - 5));
out:
    if (st != SHY_OK) fprintf(stderr, "%s\n", shy_error_message());
    for (int k = 0; k < table.columns; k++) {
        if (table.column) shy_free(&table.column[k]);
        shy_free(&table.name[k]);
    }
    shy_free(&table.column);
    shy_free(&table.name);
    shy_free(&list);
    shy_free(&given);
    shy_free(&stratum);
    return (int)st;
}

/** Values as their numbers among the different values of all samples. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problem_impl.h"
#include "shihyo/linalg.h"

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts, and keeps each value once. */
static int unite(double *values, int count)
{
    int kept = 0;

    if (count > 0) qsort(values, (size_t)count, sizeof *values, compare);
    for (int i = 0; i < count; i++)
        if (kept == 0 || values[i] != values[kept - 1]) values[kept++] = values[i];
    return kept;
}

static int number_of(const double *distinct, int count, double value)
{
    const double *found = bsearch(&value, distinct, (size_t)count, sizeof value, compare);
    return (int)(found - distinct);
}

static shy_status make_room(const shy_rows *rows, double **mine, double **all, int **starts)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)rows->rows, sizeof **mine, mine));
    SHY_TRY(shy_new((size_t)rows->total, sizeof **all, all));
    SHY_TRY(shy_new((size_t)rows->team->row_blocks + 1, sizeof **starts, starts));
out:
    return st;
}

shy_status shy_rank_values(const shy_rows *rows, double *values, double **distinct_out, int *count_out)
{
    shy_status st = SHY_OK;
    double *mine = NULL, *all = NULL;
    int *starts = NULL, count = 0;

    SHY_TRY(shy_group_agree(rows->team, make_room(rows, &mine, &all, &starts)));
    for (int i = 0; i < rows->rows; i++)
        if (!isnan(values[i])) mine[count++] = values[i];
    shy_vector_gather(rows->team, mine, unite(mine, count), all, starts);
    count = unite(all, starts[rows->team->row_blocks]);
    for (int i = 0; i < rows->rows; i++)
        if (!isnan(values[i])) values[i] = number_of(all, count, values[i]);
    *distinct_out = all, all = NULL;
    *count_out = count;
out:
    shy_free(&mine);
    shy_free(&all);
    shy_free(&starts);
    return st;
}

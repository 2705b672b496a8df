/** Sums over runs of rows, in an order that does not depend on who holds them. */
#include "shy_config.h"

#include <math.h>

#include "model_impl.h"

shy_status shy_rows_sum(const shy_rows *rows, shy_run_kernel *kernel, void *context, int width, double *partial,
                        double *total)
{
    for (int run = 0; run < rows->runs; run++) {
        const int begin = run * rows->run_rows;
        const int end = rows->rows - begin < rows->run_rows ? rows->rows : begin + rows->run_rows;
        kernel(context, begin, end, partial + (size_t)run * (size_t)width);
    }
    return shy_group_sum_runs(rows->team, partial, rows->runs, width, total);
}

/* One text for all sums; `value` is an expression of i. */
#define SUM_IN_LANES(value)                                                                                            \
    double s[8] = {0.0};                                                                                               \
    int base = 0;                                                                                                      \
    for (; base + 8 <= count; base += 8)                                                                               \
        for (int l = 0, i = base; l < 8; l++, i++)                                                                     \
            s[l] += (value);                                                                                           \
    for (int i = base; i < count; i++)                                                                                 \
        s[i - base] += (value);                                                                                        \
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))

double shy_dot(const double *a, const double *b, int count)
{
    SUM_IN_LANES(a[i] * b[i]);
}

static double dot_of_three(const double *w, const double *a, const double *b, int count)
{
    SUM_IN_LANES(w[i] * a[i] * b[i]);
}

double shy_weighted_dot(const double *weight, const double *a, const double *b, int count)
{
    return weight ? dot_of_three(weight, a, b, count) : shy_dot(a, b, count);
}

double shy_sum(const double *a, int count)
{
    SUM_IN_LANES(a[i]);
}

double shy_sum_magnitudes(const double *a, int count)
{
    SUM_IN_LANES(fabs(a[i]));
}

double shy_binary_scale(double magnitude)
{
    int exponent = 0;

    if (!(magnitude > 0.0)) return 1.0;
    frexp(magnitude, &exponent);
    /* the scale and its inverse are both to be normal numbers */
    if (exponent < -1000) exponent = -1000;
    if (exponent > 1000) exponent = 1000;
    return ldexp(1.0, exponent);
}

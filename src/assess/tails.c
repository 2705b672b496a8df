/* Tails of the normal and the χ² distribution, Wilson's interval, and the order of numbers. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "judged.h"

double shy_normal_two_sided(double z)
{
    return erfc(fabs(z) / sqrt(2.0));
}

/* Q(1/2 or 1), then Q(a + 1) = Q(a) + x^a e^−x / Γ(a + 1). */
double shy_chi_square_tail(double x, int df)
{
    const double half = 0.5 * x;
    double a = df % 2 == 1 ? 0.5 : 1.0, tail, term;

    if (isnan(x) || df < 1) return NAN;
    if (!(x > 0.0)) return 1.0;
    tail = df % 2 == 1 ? erfc(sqrt(half)) : exp(-half);
    term = df % 2 == 1 ? exp(-half) * sqrt(half) / tgamma(1.5) : half * exp(-half);
    for (; a < 0.5 * df; a += 1.0) {
        tail += term;
        term *= half / (a + 1.0);
    }
    return tail;
}

void shy_wilson(double events, double n, double *low_out, double *high_out)
{
    const double z = SHY_NORMAL_975;

    *low_out = *high_out = NAN;
    if (!(n > 0.0)) return;
    const double share = events / n, middle = share + 0.5 * z * z / n, width = z * sqrt(share * (1.0 - share) / n + 0.25 * z * z / (n * n)),
                 scale = 1.0 + z * z / n;
    *low_out = fmax((middle - width) / scale, 0.0);
    *high_out = fmin((middle + width) / scale, 1.0);
}

void shy_sort_order(const double *value, size_t n, size_t *order, size_t *spare)
{
    size_t *from = order, *to = spare;

    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            const size_t middle = low + width < n ? low + width : n, end = middle + width < n ? middle + width : n;
            size_t a = low, b = middle;
            for (size_t i = low; i < end; i++)
                to[i] = b >= end || (a < middle && value[from[a]] <= value[from[b]]) ? from[a++] : from[b++];
        }
        size_t *swap = from;
        from = to, to = swap;
    }
    if (from != order && n > 0) memcpy(order, from, n * sizeof *order);
}

/** Small dense systems, by LAPACK. */
#include "shy_config.h"

#include <math.h>

#include "linalg_impl.h"

void dposv_(const char *uplo, const int *order, const int *columns, double *a, const int *lda, double *b,
            const int *ldb, int *info, size_t uplo_length);

bool shy_solve_spd_columns(int order, double *a, int columns, double *b)
{
    const int lead = order > 1 ? order : 1;
    int info = 0;

    dposv_("L", &order, &columns, a, &lead, b, &lead, &info, 1);
    if (info != 0) return false;
    for (int k = 0; k < order * columns; k++)
        if (!isfinite(b[k])) return false; /* pivots that are positive by rounding alone */
    return true;
}

bool shy_solve_spd(int order, double *a, double *b)
{
    return shy_solve_spd_columns(order, a, 1, b);
}

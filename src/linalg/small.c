/** Small dense systems, by LAPACK. */
#include "shy_config.h"

#include <math.h>

#include "linalg_impl.h"

void dposv_(const char *uplo, const int *order, const int *columns, double *a, const int *lda, double *b,
            const int *ldb, int *info, size_t uplo_length);

bool shy_solve_spd(int order, double *a, double *b)
{
    const int one = 1, lead = order > 1 ? order : 1;
    int info = 0;

    dposv_("L", &order, &one, a, &lead, b, &lead, &info, 1);
    if (info != 0) return false;
    for (int k = 0; k < order; k++)
        if (!isfinite(b[k])) return false; /* pivots that are positive by rounding alone */
    return true;
}

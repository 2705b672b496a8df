/* A store with further columns behind those of another: formulas that serve as operands. */
#include "shy_config.h"

#include "columns_impl.h"

shy_status shy_columns_extend(shy_columns *base, int factors, int rows, const double *values, shy_columns **columns_out)
{
    const shy_status st = shy_columns_wrap(rows, values, columns_out);

    if (st != SHY_OK) return st;
    (*columns_out)->base = base;
    (*columns_out)->source.factors = factors;
    return SHY_OK;
}

shy_status shy_columns_get_extended(shy_columns *c, const uint32_t *factor, int count, const double **column_out)
{
    shy_status st = SHY_OK;
    uint32_t asked[SHY_COLUMNS_KEPT] = {0};
    const double *column[SHY_COLUMNS_KEPT];
    int below = 0;

    for (int k = 0; k < count; k++)
        if (factor[k] < (uint32_t)c->source.factors) asked[below++] = factor[k];
    SHY_TRY(shy_columns_get(c->base, asked, below, column));
    below = 0;
    for (int k = 0; k < count; k++) {
        const bool further = factor[k] >= (uint32_t)c->source.factors;
        column_out[k] = further ? c->value + (size_t)(factor[k] - (uint32_t)c->source.factors) * c->rows : column[below++];
    }
out:
    return st;
}

/* tile_exact.h: r² of the closed forms as regressions in long double on the columns themselves, without any moments. */
#ifndef TILE_EXACT_H
#define TILE_EXACT_H

#include "tile_zoo.h"

/* Takes from column k of the basis its mean and what lies along the ones before it; false if nothing but rounding is left. */
static inline bool orthonormalise(int n, wide **basis, int k)
{
    wide mean = 0, before = 0, after = 0;
    for (int i = 0; i < n; i++)
        mean += basis[k][i] / n;
    for (int i = 0; i < n; i++)
        basis[k][i] -= mean;
    for (int i = 0; i < n; i++)
        before += basis[k][i] * basis[k][i];
    for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < k; j++) {
            wide along = 0;
            for (int i = 0; i < n; i++)
                along += basis[k][i] * basis[j][i];
            for (int i = 0; i < n; i++)
                basis[k][i] -= along * basis[j][i];
        }
    }
    for (int i = 0; i < n; i++)
        after += basis[k][i] * basis[k][i];
    const bool something = after > 1e-24L * before && before > 1e-24L * n * mean * mean;
    const wide length = something ? sqrtl(after) : INFINITY; /* what is nothing explains nothing */
    for (int i = 0; i < n; i++)
        basis[k][i] /= length;
    return something;
}

/*
 * r² of the regression of y on an intercept and the columns. Columns that depend on the ones before them are left out: what they
 * could explain is rounding of the data. *independent_out: none was.
 */
static inline double regress(int n, const double *y, wide **basis, int terms, bool *independent_out)
{
    wide explained = 0, total = 0;
    *independent_out = true;
    for (int i = 0; i < n; i++)
        total += (wide)y[i] * y[i];
    for (int k = 0; k < terms; k++) {
        wide along = 0;
        *independent_out &= orthonormalise(n, basis, k);
        for (int i = 0; i < n; i++)
            along += basis[k][i] * y[i];
        explained += along * along;
    }
    return (double)(explained / total);
}

/* The columns whose span with 1 is that of the form. Sums may be centred first, and u where u·v stands beside v: this keeps their digits. */
static inline int form_basis(const zoo *z, shy_tile_form form, int u, int v, wide **basis)
{
    const double *a = z->column[u], *b = z->column[v];
    const wide ma = z->sums[u].mean, mb = z->sums[v].mean;
    const int terms = form <= SHY_TILE_DIFFERENCE ? 1 : form == SHY_TILE_INTERACTION ? 3 : 2;
    for (int i = 0; i < z->n; i++) {
        switch (form) {
        case SHY_TILE_PRODUCT:
            basis[0][i] = (wide)a[i] * b[i];
            break;
        case SHY_TILE_SUM:
            basis[0][i] = (a[i] - ma) + (b[i] - mb);
            break;
        case SHY_TILE_DIFFERENCE:
            basis[0][i] = (a[i] - ma) - (b[i] - mb);
            break;
        case SHY_TILE_WEIGHTED:
            basis[0][i] = a[i], basis[1][i] = b[i];
            break;
        case SHY_TILE_SHIFT_LEFT:
            basis[0][i] = b[i], basis[1][i] = (a[i] - ma) * b[i];
            break;
        case SHY_TILE_SHIFT_RIGHT:
            basis[0][i] = a[i], basis[1][i] = (b[i] - mb) * a[i];
            break;
        default:
            basis[0][i] = a[i], basis[1][i] = b[i], basis[2][i] = (a[i] - ma) * (b[i] - mb);
            break;
        }
    }
    return terms;
}

typedef struct {
    double r2[SHY_TILE_FORMS];
    bool independent[SHY_TILE_FORMS];
} exact_pair;

/* Of every pair whose left column is one of the first `lefts`: pair[u·count + v]. To be freed. */
static inline exact_pair *exact_pairs(const zoo *z, int lefts)
{
    exact_pair *pair = calloc((size_t)lefts * (size_t)z->count, sizeof *pair);
    wide *basis[3];
    for (int k = 0; k < 3; k++)
        basis[k] = calloc((size_t)z->n, sizeof(wide));
    for (int k = 0; k < lefts * z->count; k++) {
        for (int form = 0; form < SHY_TILE_FORMS; form++) {
            const int terms = form_basis(z, (shy_tile_form)form, k / z->count, k % z->count, basis);
            pair[k].r2[form] = regress(z->n, z->y, basis, terms, &pair[k].independent[form]);
        }
    }
    for (int k = 0; k < 3; k++)
        free(basis[k]);
    return pair;
}

#endif

/* brute_direction: whether the prediction of a formula moves with a factor as it must: on a grid over the factors' ranges. */
#include "shy_config.h"

#include "brute.h"

#include <math.h>

#define TERMS_MAX 3
#define ALONG 33  /* grid points of the factor that has a direction */
#define ACROSS 9  /* and of each other factor */

/* The basis columns of a tree at a point; how many there are. */
static int basis_at(const space *s, tree t, const wide *x, wide z[TERMS_MAX])
{
    if (t.root < OPS) {
        z[0] = general_value(s, t, x);
        return 1;
    }
    return family_basis(t.root, general_value(s, s->operands[t.left].t, x), general_value(s, s->operands[t.right].t, x), z);
}

/* Gaussian elimination with pivots. */
static void solve(int n, wide a[TERMS_MAX][TERMS_MAX + 1], wide *b)
{
    for (int k = 0; k < n; k++) {
        int pivot = k;

        for (int i = k + 1; i < n; i++) {
            if (fabsl(a[i][k]) > fabsl(a[pivot][k]))
                pivot = i;
        }
        for (int j = k; j <= n; j++) {
            wide swap = a[k][j];

            a[k][j] = a[pivot][j], a[pivot][j] = swap;
        }
        for (int i = k + 1; i < n; i++) {
            wide factor = a[i][k] / a[k][k];

            for (int j = k; j <= n; j++)
                a[i][j] -= factor * a[k][j];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        b[k] = a[k][n];
        for (int j = k + 1; j < n; j++)
            b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

static void row_at(const space *s, int i, wide x[FACTORS_MAX])
{
    for (int f = 0; f < s->d.p; f++)
        x[f] = s->d.x[f][i];
}

/* Least-squares coefficients of the basis columns. */
static int regress(const space *s, tree t, wide b[TERMS_MAX])
{
    wide x[FACTORS_MAX], z[TERMS_MAX], mean[TERMS_MAX] = {0}, a[TERMS_MAX][TERMS_MAX + 1] = {{0}};
    int terms = root_terms(t.root), n = s->d.n;

    for (int i = 0; i < n; i++) {
        row_at(s, i, x);
        basis_at(s, t, x, z);
        for (int k = 0; k < terms; k++)
            mean[k] += z[k] / n;
    }
    for (int i = 0; i < n; i++) {
        row_at(s, i, x);
        basis_at(s, t, x, z);
        for (int k = 0; k < terms; k++) {
            for (int j = 0; j < terms; j++)
                a[k][j] += (z[k] - mean[k]) * (z[j] - mean[j]);
            a[k][terms] += (z[k] - mean[k]) * (wide)s->d.y[i];
        }
    }
    solve(terms, a, b);
    return terms;
}

static wide predict(const space *s, tree t, const wide *x, const wide *b)
{
    wide z[TERMS_MAX], sum = 0;
    int terms = basis_at(s, t, x, z);

    for (int k = 0; k < terms; k++)
        sum += b[k] * z[k];
    return sum;
}

static wide grid_value(const table *d, int factor, int point, int points)
{
    return d->range[factor][0] + ((wide)d->range[factor][1] - d->range[factor][0]) * point / (points - 1);
}

/* Along one line of the grid. */
static bool line_holds(const space *s, tree t, const wide *b, int factor, wide *x)
{
    wide before = 0;

    for (int point = 0; point < ALONG; point++) {
        x[factor] = grid_value(&s->d, factor, point, ALONG);
        wide now = predict(s, t, x, b), step = s->g.direction[factor] * (now - before);

        if (point > 0 && step < -1e-13L * (fabsl(now) + fabsl(before)))
            return false;
        before = now;
    }
    return true;
}

static bool factor_holds(const space *s, tree t, const wide *b, int factor)
{
    int other[FACTORS_MAX], others = 0, lines = 1;
    uint32_t mask = tree_mask(s, t);
    wide x[FACTORS_MAX] = {0};

    for (int f = 0; f < s->d.p; f++) {
        if (f != factor && (mask >> f & 1))
            other[others++] = f, lines *= ACROSS;
    }
    for (int line = 0; line < lines; line++) {
        for (int k = 0, rest = line; k < others; k++, rest /= ACROSS)
            x[other[k]] = grid_value(&s->d, other[k], rest % ACROSS, ACROSS);
        if (!line_holds(s, t, b, factor, x))
            return false;
    }
    return true;
}

bool direction_holds(const space *s, tree t)
{
    wide b[TERMS_MAX];
    uint32_t mask = tree_mask(s, t);
    bool known = false;

    for (int f = 0; f < s->d.p && s->g.directed; f++) {
        if (s->g.direction[f] == 0 || !(mask >> f & 1))
            continue;
        if (!known)
            regress(s, t, b);
        known = true;
        if (!factor_holds(s, t, b, f))
            return false;
    }
    return true;
}

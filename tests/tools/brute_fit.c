/* brute_fit: exact least squares of the outcome on the basis of a tree, in fp64, and wider where that is in doubt. */
#include "shy_config.h"

#include "brute.h"

#include <math.h>
#include <string.h>

#define TERMS_MAX 3
/* fp64: a column whose spread is less than 1e-6 of its size, or whose part outside the others is less than 1e-5 of it,
 * is decided in the wider type. There, below these it is a constant, or dependent on the others. */
#define WEAK_SPREAD 1e-12
#define WEAK_PART 1e-10
#define CONSTANT_SPREAD 1e-30L
#define DEPENDENT_PART 1e-24L

/* The columns that the outcome is regressed on: doc/grammar.md, "Every formula z is scored by". */
enum { U, V, UV, INV_V, U_OVER_V };
static const int term_op[] = {OP_FACTOR, OP_FACTOR, OP_MULTIPLY, OP_INVERSE, OP_DIVIDE};

static bool term_of_v(int term)
{
    return term == V || term == INV_V;
}

static int basis_of(int root, int terms[TERMS_MAX])
{
    static const int table_of[ROOTS - OPS][TERMS_MAX + 1] = {
        {2, U, V}, {2, U, INV_V}, {2, V, UV}, {2, INV_V, U_OVER_V}, {3, U, V, UV},
    };

    memcpy(terms, table_of[root - OPS] + 1, TERMS_MAX * sizeof *terms);
    return table_of[root - OPS][0];
}

int root_terms(int root)
{
    int ignored[TERMS_MAX];

    return root < OPS ? 1 : basis_of(root, ignored);
}

int family_basis(int root, wide u, wide v, wide z[TERMS_MAX])
{
    int which[TERMS_MAX], terms = basis_of(root, which);

    for (int k = 0; k < terms; k++)
        z[k] = op_apply(term_op[which[k]], term_of_v(which[k]) ? v : u, v);
    return terms;
}

/* ---- fp64 ------------------------------------------------------------------------------------------------------ */

static double dot(int n, const double *a, const double *b)
{
    double s[4] = {0, 0, 0, 0};
    int i = 0;

    for (; i + 4 <= n; i += 4) {
        for (int k = 0; k < 4; k++)
            s[k] += a[i + k] * b[i + k];
    }
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static double sum(int n, const double *a)
{
    double s[4] = {0, 0, 0, 0};
    int i = 0;

    for (; i + 4 <= n; i += 4) {
        for (int k = 0; k < 4; k++)
            s[k] += a[i + k];
    }
    for (; i < n; i++)
        s[0] += a[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

enum { GOOD, BAD, WEAK };

/* Size of the rounding errors in a tree's column, as a sum of squares: differences inherit those of their operands. */
static double error_scale(const space *s, tree t)
{
    if (t.root == OP_ADD || t.root == OP_SUBTRACT)
        return s->operands[t.left].square + s->operands[t.right].square;
    return t.root == OP_RELDIFF ? s->d.n : 0;
}

/* Centres z; its sum of squares in *square. scale: what its rounding errors are measured by beside its own size. */
static int centre(int n, double scale, double *z, double *square)
{
    double mean = sum(n, z) / n;

    if (!(fabs(mean) < 1e152))
        return BAD;
    for (int i = 0; i < n; i++)
        z[i] -= mean;
    *square = dot(n, z, z);
    if (!(*square < 1e304) || *square <= 0)
        return BAD;
    return *square < WEAK_SPREAD * (*square + n * mean * mean + scale) ? WEAK : GOOD;
}

/* r² of the outcome with the span of centred columns, made orthogonal one after the other. */
static int project(const table *d, int terms, double *const z[], const double square[], double *fitted, double *r2)
{
    int n = d->n;
    double explained = 0, own[TERMS_MAX];

    if (fitted)
        memset(fitted, 0, (size_t)n * sizeof *fitted);
    for (int k = 0; k < terms; k++) {
        for (int pass = 0; pass < 2 && k > 0; pass++) {
            for (int j = 0; j < k; j++) {
                double c = dot(n, z[j], z[k]) / own[j];

                for (int i = 0; i < n; i++)
                    z[k][i] -= c * z[j][i];
            }
        }
        own[k] = k > 0 ? dot(n, z[k], z[k]) : square[0];
        if (own[k] < WEAK_PART * square[k])
            return WEAK;
        double b = dot(n, z[k], d->y) / own[k];

        explained += b * b * own[k];
        for (int i = 0; i < n && fitted; i++)
            fitted[i] += b * z[k][i];
    }
    *r2 = explained / d->syy;
    return GOOD;
}

static void basis_column(int term, int n, const double *u, const double *v, double *z)
{
    op_apply_rows(term_op[term], n, term_of_v(term) ? v : u, v, z);
}

/* GOOD, BAD (constant or not finite) or WEAK (to be decided in the wider type). */
static int fit_double(const space *s, tree t, const double *u, const double *v, double *fitted, double *r2)
{
    int n = s->d.n, root = t.root, terms = 1, which[TERMS_MAX];
    double column[TERMS_MAX][n], square[TERMS_MAX], *z[TERMS_MAX];

    if (root >= OPS)
        terms = basis_of(root, which);
    for (int k = 0; k < terms; k++) {
        z[k] = column[k];
        if (root < OPS)
            op_apply_rows(root, n, u, v, z[k]);
        else
            basis_column(which[k], n, u, v, z[k]);
        int state = centre(n, error_scale(s, t), z[k], &square[k]);

        if (state == BAD && terms > 1)
            return WEAK;
        if (state != GOOD)
            return state;
    }
    return project(&s->d, terms, z, square, fitted, r2);
}

/* ---- wide ------------------------------------------------------------------------------------------------------ */

static wide dot_wide(int n, const wide *a, const wide *b)
{
    wide s = 0;

    for (int i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* Sum of squares after centring; 0 for a constant, -1 where a value is not finite. */
static wide centre_wide(int n, wide scale, wide *z)
{
    wide mean = 0, square;

    for (int i = 0; i < n; i++)
        mean += z[i];
    mean /= n;
    if (!(fabsl(mean) < 1e152L))
        return -1;
    for (int i = 0; i < n; i++)
        z[i] -= mean;
    square = dot_wide(n, z, z);
    return square <= CONSTANT_SPREAD * (square + n * mean * mean + scale) ? 0 : square;
}

/* Where a column is constant or dependent on the earlier ones the constants are not determined: no formula. */
static wide project_wide(const table *d, int terms, wide scale, wide *const z[], double *fitted)
{
    int n = d->n;
    wide explained = 0, own[TERMS_MAX], fit[n];

    memset(fit, 0, sizeof fit);
    for (int k = 0; k < terms; k++) {
        wide before = centre_wide(n, scale, z[k]), b = 0;

        if (before < 0)
            return NOT_FINITE;
        for (int pass = 0; pass < 2; pass++) {
            for (int j = 0; j < k; j++) {
                wide c = dot_wide(n, z[j], z[k]) / own[j];

                for (int i = 0; i < n; i++)
                    z[k][i] -= c * z[j][i];
            }
        }
        own[k] = dot_wide(n, z[k], z[k]);
        if (before <= 0 || own[k] < DEPENDENT_PART * before)
            return -1;
        for (int i = 0; i < n; i++)
            b += z[k][i] * (wide)d->y[i];
        b /= own[k];
        explained += b * b * own[k];
        for (int i = 0; i < n; i++)
            fit[i] += b * z[k][i];
    }
    for (int i = 0; i < n && fitted; i++)
        fitted[i] = (double)fit[i];
    return explained / d->syy;
}

double fit_column_wide(const table *d, const wide *z, double *fitted)
{
    wide copy[d->n], *columns[1] = {copy};

    memcpy(copy, z, sizeof copy);
    return (double)project_wide(d, 1, 0, columns, fitted);
}

wide fit_tree_wide(const space *s, tree t, double *fitted)
{
    int n = s->d.n, terms = 1, which[TERMS_MAX] = {0};
    wide u[n], v[n], column[TERMS_MAX][n], *z[TERMS_MAX];

    if (t.root == OP_FACTOR) {
        for (int i = 0; i < n; i++)
            u[i] = s->d.x[t.left][i];
        return fit_column_wide(&s->d, u, fitted);
    }
    space_column_wide(s, t.left, u);
    if (t.right >= 0)
        space_column_wide(s, t.right, v);
    if (t.root >= OPS)
        terms = basis_of(t.root, which);
    for (int k = 0; k < terms; k++) {
        int root = t.root < OPS ? t.root : term_op[which[k]];
        const wide *argument = t.root >= OPS && term_of_v(which[k]) ? v : u;

        z[k] = column[k];
        for (int i = 0; i < n; i++)
            z[k][i] = op_apply(root, argument[i], t.right < 0 ? u[i] : v[i]);
    }
    return project_wide(&s->d, terms, error_scale(s, t), z, fitted);
}

bool fit_is_flat(const space *s, tree t, const double *z, double *value)
{
    int n = s->d.n;
    double copy[n], square;
    wide u[n], v[n], mean = 0;

    memcpy(copy, z, sizeof copy);
    if (centre(n, error_scale(s, t), copy, &square) == GOOD || !isfinite(sum(n, z)))
        return false;
    space_column_wide(s, t.left, u);
    if (t.right >= 0)
        space_column_wide(s, t.right, v);
    for (int i = 0; i < n; i++) {
        u[i] = op_apply(t.root, u[i], t.right < 0 ? u[i] : v[i]);
        mean += u[i] / n;
    }
    /* A zero that is left over from rounding is zero. */
    *value = fabsl(mean) * fabsl(mean) * n <= CONSTANT_SPREAD * error_scale(s, t) ? 0 : (double)mean;
    return centre_wide(n, error_scale(s, t), u) == 0;
}

/* ---- together -------------------------------------------------------------------------------------------------- */

double fit_tree(const space *s, tree t, const double *u, const double *v, double *fitted)
{
    double r2 = -1;

    switch (fit_double(s, t, u, v, fitted, &r2)) {
    case GOOD: return r2;
    case WEAK: return (double)fit_tree_wide(s, t, fitted);
    default: return -1;
    }
}

double fit_any(const space *s, tree t, double *fitted)
{
    double left[s->d.n], right[s->d.n];

    if (t.root == OP_FACTOR)
        return fit_tree(s, t, s->d.x[t.left], s->d.x[t.left], fitted);
    const double *u = space_column(s, t.left, left);

    return fit_tree(s, t, u, t.right < 0 ? u : space_column(s, t.right, right), fitted);
}

double fitted_distance(int n, const double *f, const double *g)
{
    double largest = 0, difference = 0;

    for (int i = 0; i < n; i++) {
        largest = fmax(largest, fmax(fabs(f[i]), fabs(g[i])));
        difference = fmax(difference, fabs(f[i] - g[i]));
    }
    return largest > 0 ? difference / largest : 0;
}

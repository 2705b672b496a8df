/* brute_general: what holds for all values of the factors and not only on the data, by trying random values. */
#include "shy_config.h"

#include "brute.h"

#include <math.h>
#include <string.h>

#define POINTS 96
#define SAME 1e-12L

/* Point number `point`: positive values around 1, small ones as often as large ones, and of both signs where the factor's range has negative ones. */
static void draw(const space *s, int point, wide x[FACTORS_MAX])
{
    uint32_t state = (uint32_t)point * UINT32_C(2654435761) + 12345;

    for (int f = 0; f < s->d.p; f++) {
        for (int k = 0; k < 3; k++)
            state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        x[f] = (wide)(state >> 8) * 0x1p-24L;
        x[f] = 0.2L + 2.6L * x[f] * x[f];
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        if (s->d.range[f][0] < 0 && state >> 31)
            x[f] = -x[f];
    }
}

/* The value of an operand's tree where the factors are x. */
wide general_value(const space *s, tree t, const wide *x)
{
    wide u, v;

    if (t.root == OP_FACTOR)
        return x[t.left];
    u = general_value(s, s->operands[t.left].t, x);
    v = t.right < 0 ? u : general_value(s, s->operands[t.right].t, x);
    return op_apply(t.root, u, v);
}

static bool depends_on(const space *s, tree t, int factor)
{
    wide x[FACTORS_MAX], other[FACTORS_MAX];
    bool seen = false;

    for (int point = 0; point < POINTS; point++) {
        draw(s, point, x);
        draw(s, point + POINTS, other);

        wide before = general_value(s, t, x), after;

        x[factor] = other[factor];
        after = general_value(s, t, x);
        if (!isfinite(before) || !isfinite(after))
            continue;
        if (fabsl(before - after) > SAME * fmaxl(fabsl(before), fmaxl(fabsl(after), 1)))
            return true;
        seen = true;
    }
    return !seen;
}

uint32_t general_factors(const space *s, tree t)
{
    uint32_t mask = tree_mask(s, t), used = 0;

    for (int f = 0; f < s->d.p; f++) {
        if ((mask >> f & 1) && depends_on(s, t, f))
            used |= UINT32_C(1) << f;
    }
    return used;
}

/* The basis columns of a tree at a point; false where one is not finite. */
static bool basis_at(const space *s, tree t, const wide *x, wide z[3])
{
    wide u, v;
    bool finite = true;
    int terms;

    if (t.root < OPS) {
        z[0] = general_value(s, t, x);
        return isfinite(z[0]);
    }
    u = general_value(s, s->operands[t.left].t, x);
    v = general_value(s, s->operands[t.right].t, x);
    terms = family_basis(t.root, u, v, z);
    for (int k = 0; k < terms; k++)
        finite = finite && isfinite(z[k]);
    return finite;
}

/* Part of a column that is not a combination of the first `rank` orthonormal ones, relative to the column. */
static wide remainder_of(int n, wide (*basis)[POINTS], int rank, wide *z)
{
    wide before = 0, after = 0;

    for (int i = 0; i < n; i++)
        before += z[i] * z[i];
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < rank; k++) {
            wide c = 0;

            for (int i = 0; i < n; i++)
                c += basis[k][i] * z[i];
            for (int i = 0; i < n; i++)
                z[i] -= c * basis[k][i];
        }
    }
    for (int i = 0; i < n; i++)
        after += z[i] * z[i];
    return before > 0 ? sqrtl(after / before) : 0;
}

/* Adds a column to an orthonormal basis unless it depends on it; *inside becomes false if it does not. */
static int extend(int n, wide (*basis)[POINTS], int rank, const wide *column, bool *inside)
{
    wide norm = 0;

    memcpy(basis[rank], column, POINTS * sizeof *column);
    if (remainder_of(n, basis, rank, basis[rank]) <= SAME)
        return rank;
    *inside = false;
    for (int i = 0; i < n; i++)
        norm += basis[rank][i] * basis[rank][i];
    for (int i = 0; i < n; i++)
        basis[rank][i] /= sqrtl(norm);
    return rank + 1;
}

bool general_same(const space *s, tree a, tree b)
{
    wide basis[8][POINTS], mine[3][POINTS], theirs[3][POINTS], x[FACTORS_MAX];
    int n = 0, rank, own, own_terms = root_terms(a.root), other_terms = root_terms(b.root);
    bool ignored, inside = true;

    for (int point = 0; point < POINTS; point++) {
        wide p[3], q[3];

        draw(s, point, x);
        if (!basis_at(s, a, x, p))
            continue;
        if (!basis_at(s, b, x, q))
            return false;
        for (int k = 0; k < 3; k++)
            mine[k][n] = k < own_terms ? p[k] : 0, theirs[k][n] = k < other_terms ? q[k] : 0;
        n++;
    }
    if (n < 10)
        return true; /* nowhere computed: the data decide */
    for (int i = 0; i < POINTS; i++)
        basis[0][i] = i < n ? 1 / sqrtl((wide)n) : 0;
    rank = 1;
    for (int k = 0; k < other_terms; k++)
        rank = extend(n, basis, rank, theirs[k], &ignored);
    own = rank;
    for (int k = 0; k < own_terms; k++)
        own = extend(n, basis, own, mine[k], &inside);
    return inside;
}

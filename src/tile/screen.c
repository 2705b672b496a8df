/* The closed forms of a tile: an upper bound of r² for every pair, certified against the rounding of the moments. */
#include "shy_config.h"

#include <math.h>

#include "shihyo/tile.h"

/* One row of a tile as the closed forms read it: the left operand's numbers, and the right operands' side by side. */
typedef struct {
    int count;
    double e;              /* rounding of a moment */
    double n;              /* 1/n */
    shy_operand_sums left;
    const float *product;  /* Y11 */
    const float *first;    /* M11, M12, M11, M12, … */
    const float *second;   /* M21, M22, … */
    const shy_operand_sums *right;
} shy_row;

/* Where nothing is left of a denominator but rounding, the bound says nothing: every such pair is rescored. */
static inline double quotient(double numerator, double denominator)
{
    return denominator > 0.0 ? numerator / denominator : 2.0;
}

SHY_VECTOR_CLONES
static void bound_product(const shy_row *row, double *restrict bound)
{
    const shy_operand_sums *u = &row->left;
    const double e = row->e, n = row->n;
    for (int j = 0; j < row->count; j++) {
        const shy_operand_sums *v = &row->right[j];
        const double m11 = row->first[2 * j] * n, m12 = row->first[2 * j + 1] * n;
        const double m21 = row->second[2 * j] * n, m22 = row->second[2 * j + 1] * n, y11 = row->product[j] * n;
        const double covariance = u->mu * v->y + v->mu * u->y + y11;
        const double variance = u->mu * u->mu + v->mu * v->mu + 2.0 * u->mu * v->mu * m11 + 2.0 * u->mu * m12 + 2.0 * v->mu * m21 + m22 - m11 * m11;
        const double error = e * (2.0 * fabs(u->mu * v->mu) + 2.0 * fabs(u->mu) * v->fourth + 2.0 * fabs(v->mu) * u->fourth +
                                  u->fourth * v->fourth + 2.0 * fabs(m11) + e);
        const double top = fabs(covariance) + e * u->weighted;
        bound[j] = quotient(top * top, variance - error);
    }
}

SHY_VECTOR_CLONES
static void bound_sum(const shy_row *row, double sign, double *restrict bound)
{
    const shy_operand_sums *u = &row->left;
    for (int j = 0; j < row->count; j++) {
        const shy_operand_sums *v = &row->right[j];
        const double m11 = row->first[2 * j] * row->n;
        const double covariance = u->scale * u->y + sign * v->scale * v->y;
        const double variance = u->scale * u->scale + v->scale * v->scale + 2.0 * sign * u->scale * v->scale * m11;
        bound[j] = quotient(covariance * covariance, variance - 2.0 * u->scale * v->scale * row->e);
    }
}

SHY_VECTOR_CLONES
static void bound_weighted(const shy_row *row, double *restrict bound)
{
    const double a = row->left.y, e = row->e;
    for (int j = 0; j < row->count; j++) {
        const double b = row->right[j].y, m11 = row->first[2 * j] * row->n;
        const double top = a * a + b * b - 2.0 * m11 * a * b + 2.0 * e * fabs(a * b);
        bound[j] = quotient(top, 1.0 - m11 * m11 - e * (2.0 * fabs(m11) + e));
    }
}

/* Regression on {v, u·v}: r² of v, and the gain by what μ_v·d_u + d_u·d_v adds to it (μ_u drops out). */
SHY_VECTOR_CLONES
static void bound_shift_left(const shy_row *row, double *restrict bound)
{
    const shy_operand_sums *u = &row->left;
    const double e = row->e, n = row->n;
    for (int j = 0; j < row->count; j++) {
        const shy_operand_sums *v = &row->right[j];
        const double m11 = row->first[2 * j] * n, m12 = row->first[2 * j + 1] * n;
        const double m21 = row->second[2 * j] * n, m22 = row->second[2 * j + 1] * n, y11 = row->product[j] * n;
        const double s12 = v->mu * m11 + m12, s22 = v->mu * v->mu + 2.0 * v->mu * m21 + m22 - m11 * m11;
        const double e12 = e * (fabs(v->mu) + v->fourth);
        const double e22 = e * (2.0 * fabs(v->mu) * u->fourth + u->fourth * v->fourth + 2.0 * fabs(m11) + e);
        const double top = fabs(v->mu * u->y + y11 - s12 * v->y) + e * u->weighted + e12 * fabs(v->y);
        bound[j] = v->y * v->y + quotient(top * top, s22 - s12 * s12 - e22 - e12 * (2.0 * fabs(s12) + e12));
    }
}

/* The same with the operands in each other's place. */
SHY_VECTOR_CLONES
static void bound_shift_right(const shy_row *row, double *restrict bound)
{
    const shy_operand_sums *u = &row->left;
    const double e = row->e, n = row->n, y = u->y;
    for (int j = 0; j < row->count; j++) {
        const shy_operand_sums *v = &row->right[j];
        const double m11 = row->first[2 * j] * n, m12 = row->first[2 * j + 1] * n;
        const double m21 = row->second[2 * j] * n, m22 = row->second[2 * j + 1] * n, y11 = row->product[j] * n;
        const double s12 = u->mu * m11 + m21, s22 = u->mu * u->mu + 2.0 * u->mu * m12 + m22 - m11 * m11;
        const double e12 = e * (fabs(u->mu) + u->fourth);
        const double e22 = e * (2.0 * fabs(u->mu) * v->fourth + u->fourth * v->fourth + 2.0 * fabs(m11) + e);
        const double top = fabs(u->mu * v->y + y11 - s12 * y) + e * u->weighted + e12 * fabs(y);
        bound[j] = y * y + quotient(top * top, s22 - s12 * s12 - e22 - e12 * (2.0 * fabs(s12) + e12));
    }
}

/* Regression on {d_u, d_v, d_u·d_v}: r² of the first two, and the gain by the third; w = A⁻¹g are its coefficients on them. */
SHY_VECTOR_CLONES
static void bound_interaction(const shy_row *row, double *restrict bound)
{
    const shy_operand_sums *u = &row->left;
    const double e = row->e, n = row->n, a = u->y;
    for (int j = 0; j < row->count; j++) {
        const shy_operand_sums *v = &row->right[j];
        const double b = v->y, m11 = row->first[2 * j] * n, m12 = row->first[2 * j + 1] * n;
        const double m21 = row->second[2 * j] * n, m22 = row->second[2 * j + 1] * n, y11 = row->product[j] * n;
        const double det = 1.0 - m11 * m11, det_low = det - e * (2.0 * fabs(m11) + e);
        const double w1 = quotient(m21 - m11 * m12, det), w2 = quotient(m12 - m11 * m21, det);
        const double e21 = e * u->fourth, e12 = e * v->fourth, slack = fabs(1.0 - fabs(m11) - e) + 1e-300;
        const double g = e21 + e12 + e * (fabs(w1) + fabs(w2));
        const double rest = m22 - m11 * m11 - w1 * m21 - w2 * m12;
        const double rest_error = e * (u->fourth * v->fourth + 2.0 * fabs(m11) + e) + 2.0 * (fabs(w1) * e21 + fabs(w2) * e12) +
                                  2.0 * fabs(w1 * w2) * e + g * g / slack;
        const double top = fabs(y11 - w1 * a - w2 * b) + e * u->weighted + g * (fabs(a) + fabs(b)) / slack;
        const double linear = quotient(a * a + b * b - 2.0 * m11 * a * b + 2.0 * e * fabs(a * b), det_low);
        bound[j] = det_low > 0.0 ? linear + quotient(top * top, rest - rest_error) : 2.0;
    }
}

static void bound_form(const shy_row *row, shy_tile_form form, double *bound)
{
    switch (form) {
    case SHY_TILE_PRODUCT: bound_product(row, bound); break;
    case SHY_TILE_SUM: bound_sum(row, 1.0, bound); break;
    case SHY_TILE_DIFFERENCE: bound_sum(row, -1.0, bound); break;
    case SHY_TILE_WEIGHTED: bound_weighted(row, bound); break;
    case SHY_TILE_SHIFT_LEFT: bound_shift_left(row, bound); break;
    case SHY_TILE_SHIFT_RIGHT: bound_shift_right(row, bound); break;
    default: bound_interaction(row, bound); break;
    }
}

int shy_tile_screen(const shy_tile *tile, const shy_panel *left, const shy_panel *right, int i, double inverse_n, double epsilon,
                    const double floor[SHY_TILE_FORMS], shy_tile_hit *hits)
{
    const int count = tile->right;
    const shy_row row = {.count = count, .e = epsilon, .n = inverse_n, .left = left->sums[i],
                         .product = tile->product + (size_t)i * (size_t)count,
                         .first = tile->cross + 4 * (size_t)i * (size_t)count,
                         .second = tile->cross + (4 * (size_t)i + 2) * (size_t)count, .right = right->sums};
    int found = 0;
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        if (floor[form] > 1.0) continue;
        bound_form(&row, (shy_tile_form)form, tile->bound);
        const double least = floor[form];
        for (int j = 0; j < count; j++) {
            if (tile->bound[j] < least) continue;
            hits[found++] = (shy_tile_hit){j, (shy_tile_form)form, fmin(tile->bound[j], 2.0)};
        }
    }
    return found;
}

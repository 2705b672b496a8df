/* Decides which functions of the slots are the same, by their values at fixed pseudo-random points. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "shape_impl.h"

#define SEED UINT64_C(0x5348494859)
enum { PURPOSE_POINT = 1, PURPOSE_CENTRE, PURPOSE_PROBE, PURPOSE_TARGET };

enum { TRIPLES = SHY_POINTS / 6, TRIPLES_APART = 4 };

#define CELL 1e-5       /* width of a hash cell on the first print */
#define TOLERANCE 1e-8  /* between the prints of equal functions; rounding leaves about 1e-13 */
#define POINTS_NEEDED 8
#define CANCELLED 1e-12 /* what a difference leaves of its operands when only their rounding differs */
#define BEYOND 1e200    /* and larger ones than this no more */
#define NOTHING 1e-130  /* smaller values are as good as 0, and their squares still are numbers */
#define FAMILY_MARK UINT64_C(0x9e3779b97f4a7c15)

/*
 * Values spread over a factor of about 30: wide enough that u > v + w is met, narrow enough that eighth powers do not drown sums and that
 * exp(exp(u)) is a number; in the last triples the three are far apart, as log(u) > v + w needs it.
 */
static double value_of_triple(int triple, int which, bool any_sign)
{
    static const double centre[3] = {0.4, 1.0, 2.5}, apart[3] = {0.1, 0.7, 6.0};
    const uint64_t index = (uint64_t)(3 * triple + which);
    const double normal = shy_random_normal(SEED, PURPOSE_POINT, index);
    const bool wide = triple < TRIPLES && triple >= TRIPLES - TRIPLES_APART;
    const double c = wide ? apart[which] : centre[shy_random_bits(SEED, PURPOSE_CENTRE, index) % 3];
    const double positive = c * exp((wide ? 0.2 : 0.5) * normal);
    if (!any_sign) return positive / (1.0 + positive / 18.0);
    return wide ? 1.5 * c * normal : 1.5 * normal + (c - 1.0);
}

/*
 * Every triple of values occurs in all its orders, so that what holds of two slots or of one is the same for any slots of any table:
 * the same functions are defined at points enough. Slots beyond the third have values of their own.
 */
void shy_points_fill(shy_shapes *shapes)
{
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int s = 0; s < shapes->slots; s++) {
        for (int p = 0; p < SHY_POINTS; p++) {
            const bool any_sign = s >= shapes->nonnegative;
            shapes->point[s][p] = s < 3 ? value_of_triple(p / 6, order[p % 6][s], any_sign) : value_of_triple(TRIPLES * s + p / 2, p % 2, any_sign);
        }
    }
    for (int j = 0; j < SHY_PRINTS; j++) {
        for (int p = 0; p < SHY_POINTS; p++) {
            const uint64_t index = (uint64_t)(j * SHY_POINTS + p);
            shapes->probe[j][p] = shy_random_normal(SEED, PURPOSE_PROBE, index) / sqrt((double)SHY_POINTS);
            shapes->target[j][p] = shy_random_normal(SEED, PURPOSE_TARGET, index) / sqrt((double)SHY_POINTS);
        }
    }
}

static bool defined(shy_op op, double u, double v)
{
    switch (op) {
    case SHY_OP_LOG: return u > 0.0;
    case SHY_OP_SQRT: return u >= 0.0;
    case SHY_OP_INVERSE: return u != 0.0;
    case SHY_OP_DIVIDE: return v != 0.0;
    case SHY_OP_RELDIFF: return u + v != 0.0;
    default: return true;
    }
}

/* u − exp(log(u)) is 0: the rounding that a difference leaves of equal operands must not look like a function. */
static bool cancelled(shy_op op, double u, double v)
{
    switch (op) {
    case SHY_OP_ADD: return fabs(u + v) <= CANCELLED * (fabs(u) + fabs(v));
    case SHY_OP_SUBTRACT:
    case SHY_OP_RELDIFF: return fabs(u - v) <= CANCELLED * (fabs(u) + fabs(v));
    default: return false;
    }
}

void shy_values_apply(shy_op op, const shy_values *u, const shy_values *v, shy_values *out)
{
    shy_values z = {.valid = 0};
    const uint64_t both = v ? u->valid & v->valid : u->valid;
    for (int p = 0; p < SHY_POINTS; p++) {
        if (!(both >> p & 1U)) continue;
        const double a = u->at[p], b = v ? v->at[p] : 0.0;
        if (!defined(op, a, b)) continue;
        const double r = cancelled(op, a, b) ? 0.0 : shy_operator_apply(op, a, b);
        if (!(fabs(r) < BEYOND)) continue;
        z.at[p] = r;
        z.valid |= UINT64_C(1) << p;
    }
    *out = z;
}

void shy_values_of_tree(const shy_shapes *shapes, const shy_tree *tree, shy_values *out)
{
    shy_values value[SHY_TREE_MAX];
    for (int i = 0; i < tree->count; i++) {
        const shy_node *node = &tree->node[i];
        if (node->op == SHY_OP_FACTOR) {
            memcpy(value[i].at, shapes->point[node->factor], sizeof value[i].at);
            value[i].valid = SHY_ALL_POINTS;
        } else {
            const bool binary = shy_operator_get((shy_op)node->op)->arity == 2;
            shy_values_apply((shy_op)node->op, &value[node->left], binary ? &value[node->right] : NULL, &value[i]);
        }
    }
    *out = value[tree->count - 1];
}

/* Centres and scales the valid values to length 1; 0 elsewhere. False for constants. */
static bool standardise(const shy_values *values, double *out)
{
    int n = 0;
    double mean = 0.0, size = 0.0, square = 0.0;
    for (int p = 0; p < SHY_POINTS; p++) {
        if (!(values->valid >> p & 1U)) continue;
        n++;
        mean += values->at[p];
        size = fmax(size, fabs(values->at[p]));
    }
    if (n < POINTS_NEEDED || size == 0.0) return false;
    mean /= n;
    for (int p = 0; p < SHY_POINTS; p++) {
        out[p] = values->valid >> p & 1U ? (values->at[p] - mean) / size : 0.0;
        square += out[p] * out[p];
    }
    const double length = sqrt(square);
    if (length < 1e-10 * sqrt((double)n)) return false;
    for (int p = 0; p < SHY_POINTS; p++) out[p] /= length;
    return true;
}

static double dot(const double *a, const double *b)
{
    double sum = 0.0;
    for (int p = 0; p < SHY_POINTS; p++) sum += a[p] * b[p];
    return sum;
}

/* Products with the first projection do not change when the column changes its sign. */
bool shy_print_plain(const shy_shapes *shapes, const shy_values *values, shy_print *print_out)
{
    double column[SHY_POINTS];
    if (!standardise(values, column)) return false;
    const double f = dot(column, shapes->probe[0]);
    print_out->g[0] = f * f;
    print_out->g[1] = f * dot(column, shapes->probe[1]);
    print_out->g[2] = f * dot(column, shapes->probe[2]);
    print_out->valid = values->valid;
    return true;
}

static bool orthogonalise(double (*column)[SHY_POINTS], int count)
{
    for (int k = 0; k < count; k++) {
        for (int pass = 0; pass < 2; pass++) {
            for (int j = 0; j < k; j++) {
                const double along = dot(column[j], column[k]);
                for (int p = 0; p < SHY_POINTS; p++) column[k][p] -= along * column[j][p];
            }
        }
        const double length = sqrt(dot(column[k], column[k]));
        if (length < 1e-8) return false;
        for (int p = 0; p < SHY_POINTS; p++) column[k][p] /= length;
    }
    return true;
}

/* The fits of three fixed outcomes, seen from three probes, depend on the span alone. */
bool shy_print_family(const shy_shapes *shapes, shy_family family, const shy_values *u, const shy_values *v, shy_print *print_out)
{
    shy_values basis[SHY_BASIS_COLUMNS];
    const int terms = shy_family_terms(family);
    const bool ratio = family == SHY_FAMILY_WEIGHTED_INVERSE || family == SHY_FAMILY_SHIFTED_RATIO;
    shy_values w = *v;
    if (ratio) shy_values_apply(SHY_OP_INVERSE, v, NULL, &w);
    if (family == SHY_FAMILY_SHIFTED || family == SHY_FAMILY_SHIFTED_RATIO) {
        basis[0] = w;
    } else {
        basis[0] = *u;
        basis[1] = w;
    }
    if (family != SHY_FAMILY_WEIGHTED && family != SHY_FAMILY_WEIGHTED_INVERSE) {
        shy_values_apply(SHY_OP_MULTIPLY, u, &w, &basis[terms - 1]);
    }
    const uint64_t valid = u->valid & w.valid & basis[terms - 1].valid;
    double column[SHY_BASIS_COLUMNS][SHY_POINTS];
    for (int k = 0; k < terms; k++) {
        basis[k].valid = valid;
        if (!standardise(&basis[k], column[k])) return false;
    }
    if (!orthogonalise(column, terms)) return false;
    for (int j = 0; j < SHY_PRINTS; j++) {
        print_out->g[j] = 0.0;
        for (int k = 0; k < terms; k++) {
            print_out->g[j] += dot(column[k], shapes->target[j]) * dot(column[k], shapes->probe[j]);
        }
    }
    print_out->valid = valid * FAMILY_MARK + (uint64_t)terms;
    return true;
}

bool shy_values_equal(const shy_values *a, const shy_values *b, double sign)
{
    if (a->valid != b->valid) return false;
    for (int p = 0; p < SHY_POINTS; p++) {
        if (!(a->valid >> p & 1U)) continue;
        const double x = a->at[p], y = sign * b->at[p];
        if (fabs(x - y) > 1e-9 * (fabs(x) + fabs(y)) + NOTHING) return false;
    }
    return true;
}

/* Least squares a = α + β·b with relative weights, so that no point drowns the others; then each point must agree. */
bool shy_values_affine(const shy_values *a, const shy_values *b)
{
    if (a->valid != b->valid) return false;
    double w0 = 0, w1 = 0, w2 = 0, r0 = 0, r1 = 0;
    for (int p = 0; p < SHY_POINTS; p++) {
        if (!(a->valid >> p & 1U)) continue;
        const double scale = fmax(fabs(a->at[p]) + fabs(b->at[p]), NOTHING), w = 1.0 / (scale * scale);
        w0 += w, w1 += w * b->at[p], w2 += w * b->at[p] * b->at[p];
        r0 += w * a->at[p], r1 += w * a->at[p] * b->at[p];
    }
    const double determinant = w0 * w2 - w1 * w1;
    if (!(determinant > 0.0)) return false;
    const double alpha = (w2 * r0 - w1 * r1) / determinant, beta = (w0 * r1 - w1 * r0) / determinant;
    for (int p = 0; p < SHY_POINTS; p++) {
        if (!(a->valid >> p & 1U)) continue;
        const double size = fabs(a->at[p]) + fabs(alpha) + fabs(beta * b->at[p]);
        if (fabs(a->at[p] - alpha - beta * b->at[p]) > 1e-7 * size + NOTHING) return false;
    }
    return true;
}

/* Does the value of a tree change with a slot's, wherever it is defined? Yes, if it is never seen to be defined. */
static bool tree_depends(const shy_shapes *shapes, const shy_tree *tree, int slot)
{
    bool seen = false;
    for (int k = 0; k < 4 * SHY_POINTS; k++) {
        const int p = k % SHY_POINTS, other = (p + 1 + 15 * (k / SHY_POINTS)) % SHY_POINTS;
        double x[SHY_SLOTS_MAX];
        for (int s = 0; s < shapes->slots; s++) x[s] = shapes->point[s][p];
        const double before = shy_tree_evaluate(tree, x);
        x[slot] = shapes->point[slot][other];
        const double after = shy_tree_evaluate(tree, x);
        if (!isfinite(before) || !isfinite(after)) continue;
        if (fabs(before - after) > 1e-9 * (fabs(before) + fabs(after)) + NOTHING) return true;
        seen = true;
    }
    if (shy_tree_branches(tree) && shy_far_depends(shapes, tree, slot)) return true;
    return !seen;
}

bool shy_root_idle(const shy_shapes *shapes, const shy_root *root)
{
    shy_form form;
    shy_form_of_root(shapes, root, &form);
    for (int s = 0; s < shapes->slots; s++) {
        if (!tree_depends(shapes, &form.left, s) && (form.right.count == 0 || !tree_depends(shapes, &form.right, s))) return true;
    }
    return false;
}

/* ---- table ----------------------------------------------------------------------------------------------------- */

static uint32_t bucket_of(const shy_print_table *table, uint64_t valid, int64_t cell)
{
    const uint64_t words[2] = {valid, (uint64_t)cell};
    return (uint32_t)(shy_hash_bytes(words, sizeof words, 1) & (table->buckets - 1U));
}

static int64_t cell_of(double g)
{
    return (int64_t)floor(g / CELL);
}

static void rehash(shy_print_table *table)
{
    for (uint32_t b = 0; b < table->buckets; b++) table->bucket[b] = -1;
    for (int i = 0; i < table->count; i++) {
        const uint32_t b = bucket_of(table, table->print[i].valid, cell_of(table->print[i].g[0]));
        table->next[i] = table->bucket[b];
        table->bucket[b] = i;
    }
}

shy_status shy_print_table_add(shy_print_table *table, const shy_print *print)
{
    shy_status st = SHY_OK;
    if (table->count == table->capacity) {
        const int capacity = table->capacity ? 2 * table->capacity : 1024;
        SHY_TRY(shy_grow((size_t)capacity, sizeof *table->print, &table->print));
        SHY_TRY(shy_grow((size_t)capacity, sizeof *table->next, &table->next));
        SHY_TRY(shy_grow((size_t)capacity, sizeof *table->bucket, &table->bucket));
        table->capacity = capacity;
        table->buckets = (uint32_t)capacity;
        rehash(table);
    }
    const int item = table->count;
    const uint32_t b = bucket_of(table, print->valid, cell_of(print->g[0]));
    table->print[item] = *print;
    table->next[item] = table->bucket[b];
    table->bucket[b] = item;
    table->count++;
out:
    return st;
}

static bool same_print(const shy_print *a, const shy_print *b)
{
    if (a->valid != b->valid) return false;
    for (int j = 0; j < SHY_PRINTS; j++) {
        if (!(fabs(a->g[j] - b->g[j]) <= TOLERANCE)) return false;
    }
    return true;
}

/* A print within TOLERANCE of a cell's edge may have its equal in the neighbouring cell; both are looked through. */
int shy_print_table_next(const shy_print_table *table, const shy_print *print, int64_t *cursor)
{
    if (table->count == 0) return -1;
    const int64_t cell[2] = {cell_of(print->g[0] - TOLERANCE), cell_of(print->g[0] + TOLERANCE)};
    const int cells = cell[0] == cell[1] ? 1 : 2;
    /* cursor: −1 before the first; else 2·item + which cell */
    int which = *cursor < 0 ? 0 : (int)(*cursor & 1);
    int item = *cursor < 0 ? table->bucket[bucket_of(table, print->valid, cell[0])] : table->next[*cursor >> 1];
    for (;;) {
        for (; item >= 0; item = table->next[item]) {
            if (cell_of(table->print[item].g[0]) != cell[which] || !same_print(&table->print[item], print)) continue;
            *cursor = 2 * (int64_t)item + which;
            return item;
        }
        if (++which >= cells) return -1;
        item = table->bucket[bucket_of(table, print->valid, cell[which])];
    }
}

void shy_print_table_free(shy_print_table *table)
{
    shy_free(&table->print);
    shy_free(&table->next);
    shy_free(&table->bucket);
    table->count = table->capacity = 0;
}

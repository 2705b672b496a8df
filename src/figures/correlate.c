/* correlate.c: how closely formulas go together, over the samples. */
#include "shy_config.h"

#include <math.h>

#include "figures/formulas.h"

enum { BLOCK = 1024, LANES = 8 };

/* Sums of a pair over the samples where both have a value. Lanes make the order of addition one that vectors keep. */
typedef struct {
    double n[LANES], u[LANES], v[LANES], uu[LANES], vv[LANES], uv[LANES];
} pair_sums;

/* The samples looked at: a copy of the columns that the formulas have. */
typedef struct {
    int rows;
    const int *place;       /* [factors of the problem]: which of the columns, −1: none */
    double **column;
    uint8_t *takes_part;
    double *response;       /* NULL: none */
} samples;

void shy_correlations_free(shy_correlations *c)
{
    shy_free(&c->r);
    shy_free(&c->response);
}

/* ---- values ------------------------------------------------------------------------------------------------------------- */

static void thin(const double *from, int rows, int step, double *to)
{
    for (int i = 0, k = 0; i < rows; i += step) to[k++] = from[i];
}

/* Numbers the factors that stand in formulas. Returns how many. */
static int list_factors(const shy_formulas *formulas, int factors, int *place)
{
    int count = 0;

    for (int f = 0; f < factors; f++) place[f] = -1;
    for (int k = 0; k < formulas->count; k++) {
        const shy_tree *tree = &formulas->formula[k].tree;
        for (int n = 0; n < tree->count; n++)
            if (tree->node[n].op == SHY_OP_FACTOR && place[tree->node[n].factor] < 0) place[tree->node[n].factor] = count++;
    }
    return count;
}

static shy_status read_columns(const shy_problem *problem, int step, samples *s)
{
    shy_status st = SHY_OK;
    double *all = NULL;

    SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof *all, &all));
    for (int f = 0; f < problem->factors; f++) {
        shy_tree leaf = {0};
        if (s->place[f] < 0) continue;
        shy_tree_leaf(&leaf, (uint32_t)f);
        SHY_TRY(shy_problem_evaluate(problem, &leaf, all));
        SHY_TRY(shy_new((size_t)s->rows, sizeof **s->column, &s->column[s->place[f]]));
        thin(all, problem->rows.rows, step, s->column[s->place[f]]);
    }
out:
    shy_free(&all);
    return st;
}

static void mark_parts(const shy_problem *problem, int step, uint8_t *takes_part)
{
    const double *weight = problem->data.weight;
    for (int i = 0, k = 0; i < problem->rows.rows; i += step) takes_part[k++] = weight == NULL || weight[i] > 0.0;
}

/* out: the formula's value for a block of samples, less `centre`; NaN where it has none or the sample takes no part. */
static void evaluate(const shy_listed *formula, const samples *s, int first, int rows, double centre, double *scratch, double *out)
{
    const double *column[SHY_TREE_MAX];
    shy_tree tree = formula->tree;

    for (int n = 0; n < tree.count; n++)
        if (tree.node[n].op == SHY_OP_FACTOR) {
            column[n] = s->column[s->place[tree.node[n].factor]] + first;
            tree.node[n].factor = (uint32_t)n;
        }
    shy_tree_evaluate_rows(&tree, rows, column, scratch, out);
    for (int i = 0; i < rows; i++) out[i] = s->takes_part[first + i] && isfinite(out[i]) ? out[i] - centre : NAN;
    for (int i = rows; i % LANES != 0; i++) out[i] = NAN;
}

/* ---- sums ------------------------------------------------------------------------------------------------------------------ */

SHY_VECTOR_CLONES static void add_block(int rows, const double *restrict u, const double *restrict v, pair_sums *restrict sums)
{
    for (int i = 0; i < rows; i += LANES)
        for (int l = 0; l < LANES; l++) {
            const bool both = u[i + l] == u[i + l] && v[i + l] == v[i + l];
            const double a = both ? u[i + l] : 0.0, b = both ? v[i + l] : 0.0;
            sums->n[l] += both ? 1.0 : 0.0;
            sums->u[l] += a, sums->v[l] += b;
            sums->uu[l] += a * a, sums->vv[l] += b * b, sums->uv[l] += a * b;
        }
}

static double total(const double *lane)
{
    double sum = 0.0;
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

static double correlation(const pair_sums *sums)
{
    const double n = total(sums->n), u = total(sums->u), v = total(sums->v);
    const double uu = total(sums->uu) - u * u / n, vv = total(sums->vv) - v * v / n, uv = total(sums->uv) - u * v / n;
    const double r = n >= 3.0 && uu > 0.0 && vv > 0.0 ? uv / sqrt(uu) / sqrt(vv) : NAN;

    return isfinite(r) ? fmax(-1.0, fmin(1.0, r)) : NAN;
}

/* ---- all pairs --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_formulas *formulas;
    const samples *s;
    int against;
    double *centre;   /* [count]: a value of each formula, so that sums of squares lose nothing to a large mean */
    double *value;    /* [against × BLOCK], then one BLOCK for another formula, then one for the response */
    double *scratch;
    pair_sums *sums;  /* [count × (against + 1)]: the last is with the response */
} work;

static void find_centres(work *w)
{
    for (int k = 0; k < w->formulas->count; k++) {
        double *values = w->value;
        w->centre[k] = 0.0;
        if (w->formulas->formula[k].tree.count == 0) continue;
        const int rows = w->s->rows < BLOCK ? w->s->rows : BLOCK;
        evaluate(&w->formulas->formula[k], w->s, 0, rows, 0.0, w->scratch, values);
        double sum = 0.0;
        int n = 0;
        for (int i = 0; i < rows; i++)
            if (!isnan(values[i])) sum += values[i], n++;
        if (n > 0 && isfinite(sum)) w->centre[k] = sum / n;
    }
}

static void add_rows(work *w, int first, int rows)
{
    double *other = w->value + (size_t)w->against * BLOCK, *response = other + BLOCK;
    const int width = w->against + 1;

    for (int i = 0; w->s->response != NULL && i < rows; i++) response[i] = w->s->response[first + i];
    for (int k = 0; k < w->formulas->count; k++) {
        double *mine = k < w->against ? w->value + (size_t)k * BLOCK : other;
        if (w->formulas->formula[k].tree.count == 0) continue;
        evaluate(&w->formulas->formula[k], w->s, first, rows, w->centre[k], w->scratch, mine);
        for (int j = 0; j < w->against && j <= k; j++)
            if (w->formulas->formula[j].tree.count > 0) add_block(rows, mine, w->value + (size_t)j * BLOCK, &w->sums[(size_t)k * (size_t)width + (size_t)j]);
        if (w->s->response != NULL) add_block(rows, mine, response, &w->sums[(size_t)k * (size_t)width + (size_t)w->against]);
    }
}

static void read_off(const work *w, shy_correlations *c)
{
    const int width = w->against + 1;

    for (int k = 0; k < c->count; k++)
        for (int j = 0; j < c->against; j++) {
            const int i = k < j ? j : k, other = k < j ? k : j; /* among the first ones each pair was added once */
            c->r[(size_t)k * (size_t)c->against + (size_t)j] = correlation(&w->sums[(size_t)i * (size_t)width + (size_t)other]);
        }
    for (int k = 0; c->response != NULL && k < c->count; k++) c->response[k] = correlation(&w->sums[(size_t)k * (size_t)width + (size_t)w->against]);
}

static shy_status add_all(const shy_formulas *formulas, const samples *s, shy_correlations *c)
{
    shy_status st = SHY_OK;
    work w = {.formulas = formulas, .s = s, .against = c->against};

    SHY_TRY(shy_new((size_t)formulas->count, sizeof *w.centre, &w.centre));
    SHY_TRY(shy_new(((size_t)c->against + 2U) * BLOCK, sizeof *w.value, &w.value));
    SHY_TRY(shy_new((size_t)SHY_TREE_MAX * BLOCK, sizeof *w.scratch, &w.scratch));
    SHY_TRY(shy_new((size_t)formulas->count * ((size_t)c->against + 1U), sizeof *w.sums, &w.sums));
    find_centres(&w);
    for (int row = 0; row < s->rows; row += BLOCK) add_rows(&w, row, s->rows - row < BLOCK ? s->rows - row : BLOCK);
    read_off(&w, c);
out:
    shy_free(&w.centre);
    shy_free(&w.value);
    shy_free(&w.scratch);
    shy_free(&w.sums);
    return st;
}

shy_status shy_correlate(const shy_formulas *formulas, int against, const shy_problem *problem, const double *response, shy_correlations *correlations_out)
{
    shy_status st = SHY_OK;
    const int rows = problem->rows.rows, step = (rows + SHY_CORRELATED_ROWS - 1) / SHY_CORRELATED_ROWS;
    int *place = NULL, columns = 0;
    samples s = {.rows = step > 0 ? (rows + step - 1) / step : 0};
    shy_correlations c = {.count = formulas->count, .against = against};

    SHY_TRY(shy_new((size_t)problem->factors, sizeof *place, &place));
    columns = list_factors(formulas, problem->factors, place);
    s.place = place;
    SHY_TRY(shy_new((size_t)columns, sizeof *s.column, &s.column));
    SHY_TRY(shy_new((size_t)s.rows, 1, &s.takes_part));
    if (response != NULL) SHY_TRY(shy_new((size_t)s.rows, sizeof *s.response, &s.response));
    SHY_TRY(shy_new((size_t)c.count * (size_t)c.against, sizeof *c.r, &c.r));
    if (response != NULL) SHY_TRY(shy_new((size_t)c.count, sizeof *c.response, &c.response));
    SHY_TRY(read_columns(problem, step > 0 ? step : 1, &s));
    mark_parts(problem, step > 0 ? step : 1, s.takes_part);
    if (response != NULL) thin(response, rows, step > 0 ? step : 1, s.response);
    SHY_TRY(add_all(formulas, &s, &c));
    *correlations_out = c, c = (shy_correlations){0};
out:
    for (int k = 0; s.column != NULL && k < columns; k++) shy_free(&s.column[k]);
    shy_free(&s.column);
    shy_free(&s.takes_part);
    shy_free(&s.response);
    shy_free(&place);
    shy_correlations_free(&c);
    return st;
}

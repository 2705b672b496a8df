/* The formulas that sums are built from: gathered from results, evaluated, and reduced to their products with each other. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "terms.h"

enum { PURPOSE_SUM = 131 };

void shy_terms_free(shy_terms *t)
{
    shy_free(&t->term);
    shy_free(&t->gram);
    shy_free(&t->explained);
    shy_free(&t->probe);
    shy_free(&t->spread);
    *t = (shy_terms){0};
}

/* ---- gathering -------------------------------------------------------------------------------------------------------------- */

static bool known(const shy_terms *t, uint64_t hash)
{
    for (int i = 0; i < t->count; i++) {
        if (t->term[i].hash == hash) return true;
    }
    return false;
}

static shy_status add(shy_terms *t, const shy_found *found)
{
    shy_status st = SHY_OK;
    const uint64_t hash = shy_hash_bytes(found->text, strlen(found->text), 0);
    if (known(t, hash)) return SHY_OK;
    if (t->count == t->capacity) {
        SHY_TRY(shy_grow((size_t)t->capacity * 2U + 64U, sizeof *t->term, &t->term));
        t->capacity = t->capacity * 2 + 64;
    }
    t->term[t->count] = (shy_term){.complexity = found->complexity, .hash = hash, .tree = found->tree};
    t->count++;
out:
    return st;
}

/* The best of every complexity in turn. */
static shy_status add_best(shy_terms *t, const shy_search_result *result, int most)
{
    shy_status st = SHY_OK;
    const int before = t->count;
    bool more = true;
    for (int i = 0; more; i++) {
        more = false;
        for (int k = 0; k < result->levels && t->count - before < most; k++) {
            if (i >= result->level[k].count) continue;
            more = true;
            SHY_TRY(add(t, &result->level[k].found[i]));
        }
    }
out:
    return st;
}

shy_status shy_terms_collect(shy_terms *t, const shy_team *team, const shy_search_result *result, int most)
{
    shy_status st = SHY_OK;
    SHY_TRY_ALL(team, team->rank == 0 ? add_best(t, result, most) : SHY_OK);
    SHY_TRY(shy_team_broadcast(team, &t->count, sizeof t->count));
    if (team->rank > 0) t->capacity = t->count;
    SHY_TRY_ALL(team, team->rank == 0 ? SHY_OK : shy_grow((size_t)t->count, sizeof *t->term, &t->term));
    SHY_TRY(shy_team_broadcast(team, t->term, (uint64_t)t->count * sizeof *t->term));
out:
    return st;
}

/* ---- columns ----------------------------------------------------------------------------------------------------------------- */

/*
 * Columns times the root of the weight: there the metric is that of plain sums. The frame is orthonormal: the intercept, then the covariates.
 */
typedef struct {
    const shy_rows *rows;
    double *root;      /* √w; NULL: 1 */
    int axes;
    double **axis;     /* the frame */
    double *response;  /* of length 1 */
    double *random;
    double *column;    /* [count × rows] */
    double *partial;   /* runs × widest sum */
    const double **right; /* what a column is multiplied with at a time */
    double *total;
} shy_bench;

static void bench_free(shy_bench *b)
{
    for (int k = 0; b->axis && k < b->axes; k++) shy_free(&b->axis[k]);
    shy_free(&b->axis);
    shy_free(&b->root);
    shy_free(&b->response);
    shy_free(&b->random);
    shy_free(&b->column);
    shy_free(&b->partial);
    shy_free(&b->right);
    shy_free(&b->total);
}

double shy_terms_bytes(int count, int rows)
{
    return (double)count * (double)rows * sizeof(double) + (double)shy_gram_bytes(count) + (double)count * 2.0 * sizeof(shy_term);
}

static shy_status bench_create(const shy_problem *problem, const shy_metric *metric, int count, uint64_t seed, shy_bench *b)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &problem->rows;
    const size_t n = (size_t)rows->rows, width = (size_t)metric->directions + 3U;
    const double unit = sqrt((double)rows->total);
    *b = (shy_bench){.rows = rows, .axes = metric->directions + 1};
    SHY_TRY(shy_new((size_t)b->axes, sizeof *b->axis, &b->axis));
    if (metric->weight) SHY_TRY(shy_new(n, sizeof *b->root, &b->root));
    for (int k = 0; k < b->axes; k++) SHY_TRY(shy_new(n, sizeof(double), &b->axis[k]));
    SHY_TRY(shy_new(n, sizeof *b->response, &b->response));
    SHY_TRY(shy_new(n, sizeof *b->random, &b->random));
    SHY_TRY(shy_new(n * (size_t)count, sizeof *b->column, &b->column));
    SHY_TRY(shy_new((size_t)rows->runs * width, sizeof *b->partial, &b->partial));
    SHY_TRY(shy_new(width, sizeof *b->right, &b->right));
    SHY_TRY(shy_new(width, sizeof *b->total, &b->total));
    for (size_t i = 0; i < n; i++) {
        const double root = metric->weight ? sqrt(metric->weight[i]) : 1.0;
        if (b->root) b->root[i] = root;
        b->axis[0][i] = root / unit;
        for (int k = 1; k < b->axes; k++) b->axis[k][i] = root * metric->direction[k - 1][i] / unit;
        b->response[i] = root > 0.0 ? metric->response[i] / root : 0.0;
        b->random[i] = shy_random_normal(seed, PURPOSE_SUM, rows->first + (uint64_t)i);
    }
out:
    return st;
}

/* b->total[w] = Σ u·b->right[w] over all samples. Collective over the group. */
static void products(shy_bench *b, const double *u, int width)
{
    const shy_rows *rows = b->rows;
    for (int run = 0; run < rows->runs; run++) {
        const int first = run * rows->run_rows;
        const int last = first + rows->run_rows < rows->rows ? first + rows->run_rows : rows->rows;
        for (int w = 0; w < width; w++) b->partial[run * width + w] = shy_exact_dot(last - first, u + first, b->right[w] + first);
    }
    (void)shy_group_sum_runs(rows->team, b->partial, rows->runs, width, b->total);
}

static double square(shy_bench *b, const double *u)
{
    b->right[0] = u;
    products(b, u, 1);
    return b->total[0];
}

/* Limits of the refit (SHY_COLLINEAR, SHY_ROUNDING of the module model), doubled: what remains below them is rounding. */
#define COLLINEAR 2e-9
#define ROUNDING 2e-12

/* Takes the frame out of the column, twice as once leaves some, and scales it to length 1. False if nothing is left. */
static bool free_column(shy_bench *b, double *u, double *length_out)
{
    const int rows = b->rows->rows;
    const double whole = sqrt(square(b, u));
    double centred = 0.0;
    if (!isfinite(whole)) return false;
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < b->axes; k++) {
            b->right[0] = b->axis[k];
            products(b, u, 1);
            shy_exact_subtract(rows, u, b->total[0], b->axis[k]);
            if (pass == 0 && k == 0) centred = sqrt(square(b, u));
        }
    }
    const double length = sqrt(square(b, u));
    if (!(centred > ROUNDING * whole) || !(length > COLLINEAR * centred) || !(length > ROUNDING * whole)) return false;
    shy_exact_shift(rows, u, 0.0, 1.0 / length);
    *length_out = length;
    return true;
}

static shy_status evaluate_all(const shy_terms *t, const shy_problem *problem, shy_bench *b)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)problem->rows.rows;
    for (int j = 0; j < t->count; j++) {
        double *u = b->column + (size_t)j * rows;
        SHY_TRY(shy_journal_poll(problem->journal));
        SHY_TRY(shy_problem_evaluate(problem, &t->term[j].tree, u));
        for (size_t i = 0; b->root && i < rows; i++) u[i] = b->root[i] > 0.0 ? u[i] * b->root[i] : 0.0;
    }
out:
    return st;
}

/* Keeps the columns of which something is left, with their numbers. Collective over the group. */
static void free_all(shy_terms *t, shy_bench *b)
{
    const size_t rows = (size_t)b->rows->rows;
    const double samples = (double)b->rows->total;
    int kept = 0;
    for (int j = 0; j < t->count; j++) {
        double *u = b->column + (size_t)j * rows, length;
        if (!free_column(b, u, &length)) continue;
        b->right[0] = b->response, b->right[1] = b->random;
        products(b, u, 2);
        if (kept < j) memcpy(b->column + (size_t)kept * rows, u, rows * sizeof *u);
        t->term[kept] = t->term[j];
        t->explained[kept] = b->total[0], t->probe[kept] = b->total[1], t->spread[kept] = length / sqrt(samples);
        kept++;
    }
    t->count = kept;
}

static int by_complexity(const void *a, const void *b)
{
    const shy_term *x = a, *y = b;
    return x->complexity != y->complexity ? (x->complexity < y->complexity ? -1 : 1) : (x->hash > y->hash) - (x->hash < y->hash);
}

static shy_status prepare(shy_terms *t, const shy_problem *problem, const shy_metric *metric, uint64_t seed, shy_bench *b)
{
    shy_status st = SHY_OK;
    const size_t count = (size_t)t->count;
    SHY_TRY(bench_create(problem, metric, t->count, seed, b));
    SHY_TRY(shy_grow(count * count * 2U, sizeof *t->gram, &t->gram));
    SHY_TRY(shy_grow(count, sizeof *t->explained, &t->explained));
    SHY_TRY(shy_grow(count, sizeof *t->probe, &t->probe));
    SHY_TRY(shy_grow(count, sizeof *t->spread, &t->spread));
    qsort(t->term, count, sizeof *t->term, by_complexity);
    SHY_TRY(evaluate_all(t, problem, b));
out:
    return st;
}

/* ---- the Gram matrix ----------------------------------------------------------------------------------------------------------- */

static shy_status multiply(shy_terms *t, const shy_bench *b)
{
    const size_t count = (size_t)t->count;
    memset(t->gram, 0, count * count * 2U * sizeof *t->gram);
    return shy_gram_add(t->count, b->rows->rows, b->rows->total, b->column, (size_t)b->rows->rows, t->gram);
}

#define TWIN 1e-9 /* 1 − |r| */

/* Columns equal to an earlier one go: rows and columns of the matrix move up. */
static void drop_twins(shy_terms *t)
{
    const int all = t->count;
    int kept = 0;
    for (int j = 0; j < all; j++) {
        const double *row = t->gram + (size_t)j * (size_t)all;
        bool twin = false;
        for (int k = 0; k < j && !twin; k++) twin = t->spread[k] > 0.0 && fabs(row[k]) > 1.0 - TWIN;
        if (twin) t->spread[j] = 0.0;
    }
    for (int j = 0; j < all; j++) {
        if (!(t->spread[j] > 0.0)) continue;
        int column = 0;
        for (int k = 0; k < all; k++) {
            if (t->spread[k] > 0.0) t->gram[(size_t)kept * (size_t)all + (size_t)column++] = t->gram[(size_t)j * (size_t)all + (size_t)k];
        }
        kept++;
    }
    for (int j = 0; j < kept; j++) memmove(t->gram + (size_t)j * (size_t)kept, t->gram + (size_t)j * (size_t)all, (size_t)kept * sizeof *t->gram);
    for (int j = 0, at = 0; j < all; j++) {
        if (!(t->spread[j] > 0.0)) continue;
        t->term[at] = t->term[j], t->explained[at] = t->explained[j], t->probe[at] = t->probe[j];
        t->spread[at++] = t->spread[j];
    }
    t->count = kept;
}

static void note_complexities(shy_terms *t)
{
    int at = 0;
    for (int c = 0; c <= SHY_COMPLEXITY_MAX + 1; c++) {
        while (at < t->count && t->term[at].complexity < c) at++;
        t->first[c] = at;
    }
}

static shy_status measure(shy_terms *t, const shy_problem *problem, const shy_metric *metric, uint64_t seed, shy_bench *b)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    SHY_TRY_ALL(team, prepare(t, problem, metric, seed, b));
    const double length = sqrt(square(b, b->response));
    shy_exact_shift(problem->rows.rows, b->response, 0.0, length > 0.0 ? 1.0 / length : 0.0);
    free_all(t, b);
    SHY_TRY_ALL(team, multiply(t, b));
    SHY_TRY(shy_group_sum(team, t->gram, (int64_t)t->count * t->count * 2));
    shy_gram_finish(t->count, problem->rows.total, t->gram);
    drop_twins(t);
    note_complexities(t);
out:
    return st;
}

shy_status shy_terms_measure(shy_terms *t, const shy_problem *problem, uint64_t seed)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;
    shy_bench bench = {0};
    SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &outcome));
    SHY_TRY(measure(t, problem, shy_outcome_metric(outcome), seed, &bench));
out:
    bench_free(&bench);
    shy_outcome_destroy(&outcome);
    return st;
}

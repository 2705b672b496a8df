/* test_figures_relations.c: grids, correlations, near formulas, networks and horizons, each against a count by hand. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "figures_problem.h"

#include "figures/formulas.h"
#include "figures/grid.h"

enum { SEED = 71 };

static double uniform(uint64_t series, int i)
{
    return shy_random_uniform(SEED, series, (uint64_t)i);
}

/* ---- grids ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *rule;
    int people, series, levels; /* levels of y; 0: a number */
    double together, rare;      /* how much x and y have in common; share of the second series */
} crowd;

static const crowd crowds[] = {
    {"sacro", 60, 1, 0, 0.5, 0.0},      {"sacro", 400, 2, 0, 0.4, 0.3},   {"sacro", 400, 2, 4, 0.4, 0.4}, {"sacro", 5000, 2, 0, 0.6, 0.1},
    {"uk-biobank", 900, 1, 0, 0.9, 0.0}, {"opensafely", 900, 2, 0, 0.2, 0.5}, {"25", 3000, 2, 2, 0.0, 0.5},  {"none", 300, 2, 0, 0.5, 0.2},
    {"sacro", 40, 2, 0, 0.0, 0.1},      {"1", 200, 1, 3, 0.3, 0.0},
};
enum { CROWDS = sizeof crowds / sizeof *crowds, MOST = 5000 };

typedef struct {
    double x[MOST], y[MOST];
    int group[MOST];
} people;

static void gather(const crowd *c, int number, people *p)
{
    for (int i = 0; i < c->people; i++) {
        const double shared = shy_random_normal(SEED, 10 + (uint64_t)number, (uint64_t)i), own = shy_random_normal(SEED, 40 + (uint64_t)number, (uint64_t)i);
        p->x[i] = 100.0 * exp(shared);
        p->y[i] = c->together * shared + sqrt(1.0 - c->together * c->together) * own;
        if (c->levels > 0) p->y[i] = floor(c->levels / (1.0 + exp(-p->y[i])));
        p->group[i] = c->series > 1 && uniform(70 + (uint64_t)number, i) < c->rare;
    }
}

static shy_grid_axis divided(const shy_sdc *sdc, int count, const double *values)
{
    static double copy[MOST];
    shy_grid_axis axis;
    memcpy(copy, values, (size_t)count * sizeof *copy);
    shy_grid_divide(sdc, (size_t)count, copy, SHY_GRID_BINS, &axis);
    return axis;
}

/* Each person is in one bin, found by looking at all of them. */
static int bin_by_hand(const shy_grid_axis *axis, double value)
{
    int bin = 0;
    for (int b = 1; b < axis->bins; b++)
        if (value >= axis->edge[b]) bin = b;
    return bin;
}

static void count_by_hand(const crowd *c, const people *p, const shy_grid_axis *x, const shy_grid_axis *y, int64_t *count)
{
    memset(count, 0, (size_t)c->series * (size_t)x->bins * (size_t)y->bins * sizeof *count);
    for (int i = 0; i < c->people; i++) count[(p->group[i] * x->bins + bin_by_hand(x, p->x[i])) * y->bins + bin_by_hand(y, p->y[i])]++;
}

static bool all_shown(const shy_sdc *sdc, const int64_t *count, int cells)
{
    for (int k = 0; k < cells; k++)
        if (!shy_sdc_shows(sdc, count[k])) return false;
    return true;
}

static bool has_edge(const shy_grid_axis *axis, double edge)
{
    for (int e = 0; e <= axis->bins; e++)
        if (axis->edge[e] == edge) return true;
    return false;
}

/* Could one more of the fine edges of an axis be there? */
static bool could_be_finer(const crowd *c, const shy_sdc *sdc, const people *p, const shy_grid_axis *fine, const shy_grid_axis *x, const shy_grid_axis *y, bool of_x)
{
    static int64_t count[2 * SHY_GRID_BINS * SHY_GRID_BINS];
    for (int e = 1; e < fine->bins; e++) {
        shy_grid_axis more = of_x ? *x : *y;
        int at = more.bins++;
        if (has_edge(of_x ? x : y, fine->edge[e])) continue;
        for (; at >= 0 && more.edge[at] > fine->edge[e]; at--) more.edge[at + 1] = more.edge[at];
        more.edge[at + 1] = fine->edge[e];
        count_by_hand(c, p, of_x ? &more : x, of_x ? y : &more, count);
        if (all_shown(sdc, count, c->series * (of_x ? more.bins * y->bins : x->bins * more.bins))) return true;
    }
    return false;
}

static void no_cell_of_a_grid_is_too_small(void **state)
{
    static people p;
    static int64_t count[2 * SHY_GRID_BINS * SHY_GRID_BINS], by_hand[2 * SHY_GRID_BINS * SHY_GRID_BINS];
    int pictures = 0;

    (void)state;
    for (int k = 0; k < CROWDS; k++) {
        const crowd *c = &crowds[k];
        shy_sdc sdc;
        bool shown = false;
        assert_int_equal(shy_sdc_parse(c->rule, &sdc), SHY_OK);
        gather(c, k, &p);
        const shy_grid_axis fine_x = divided(&sdc, c->people, p.x), fine_y = divided(&sdc, c->people, p.y);
        shy_grid_axis x = fine_x, y = fine_y;
        assert_true(x.bins > 0 && y.bins > 0);
        for (int i = 0; i < c->people; i++) assert_int_equal(shy_grid_bin(&x, p.x[i]), bin_by_hand(&x, p.x[i]));
        count_by_hand(c, &p, &x, &y, count);
        assert_int_equal(shy_grid_coarsen(&sdc, &x, &y, c->series, count, &shown), SHY_OK);
        count_by_hand(c, &p, &fine_x, &fine_y, by_hand);
        if (!shown) { /* not even all together */
            int64_t sum[2] = {0, 0};
            for (int i = 0; i < c->people; i++) sum[p.group[i]]++;
            assert_false(all_shown(&sdc, sum, c->series));
            continue;
        }
        count_by_hand(c, &p, &x, &y, by_hand);
        for (int cell = 0; cell < c->series * x.bins * y.bins; cell++) assert_int_equal(count[cell], by_hand[cell]);
        assert_true(all_shown(&sdc, count, c->series * x.bins * y.bins));
        for (int e = 0; e <= x.bins; e++) assert_true(has_edge(&fine_x, x.edge[e]));
        for (int e = 0; e <= y.bins; e++) assert_true(has_edge(&fine_y, y.edge[e]));
        assert_true(x.edge[0] == fine_x.edge[0] && x.edge[x.bins] == fine_x.edge[fine_x.bins]);
        assert_false(could_be_finer(c, &sdc, &p, &fine_x, &x, &y, true));
        assert_false(could_be_finer(c, &sdc, &p, &fine_y, &x, &y, false));
        if (!shy_sdc_is_on(&sdc)) assert_true(x.bins == fine_x.bins && y.bins == fine_y.bins);
        pictures += x.bins > 1 && y.bins > 1;
    }
    assert_true(pictures >= 7);
}

static void edges_are_round_and_nobodys(void **state)
{
    static people p;
    shy_sdc sdc;

    (void)state;
    assert_int_equal(shy_sdc_parse("sacro", &sdc), SHY_OK);
    gather(&crowds[3], 3, &p);
    const shy_grid_axis x = divided(&sdc, crowds[3].people, p.x);
    assert_true(x.bins > 25);
    for (int e = 0; e <= x.bins; e++) {
        if (e > 0) assert_true(x.edge[e] > x.edge[e - 1]);
        for (int i = 0; i < crowds[3].people; i++) assert_true(p.x[i] != x.edge[e]);
    }
    /* 1e6 and a deviate: three digits of the number would say nothing */
    for (int i = 0; i < 1000; i++) p.x[i] = 1e6 + shy_random_normal(SEED, 5, (uint64_t)i);
    assert_true(divided(&sdc, 1000, p.x).bins > 25);
    for (int i = 0; i < 1000; i++) p.x[i] = i % 100 == 0; /* two levels, one of them rare: they are told apart */
    const shy_grid_axis levels = divided(&sdc, 1000, p.x);
    assert_true(levels.bins == 2 && levels.edge[1] > 0.0 && levels.edge[1] < 1.0);
    for (int i = 0; i < 1000; i++) p.x[i] = i % 4;
    assert_int_equal(divided(&sdc, 1000, p.x).bins, 4);
    for (int i = 0; i < 1000; i++) p.x[i] = 7.0;
    assert_int_equal(divided(&sdc, 1000, p.x).bins, 0);
    assert_int_equal(divided(&sdc, 15, p.y).bins, 0);
    assert_true(shy_grid_round(1234.56, 10.0) == 1234.6 && shy_grid_round(1234.56, 1000.0) == 1230.0 && shy_grid_round(0.0123456, 1000.0) == 0.0123);
}

/* ---- formulas of a front.json ------------------------------------------------------------------------------------------------ */

/* One entry: complexity, formula, factors, slope, loss. */
static json_t *entry(int complexity, const char *formula, const char *factors, double slope, double loss)
{
    json_t *list = json_array(), *twins = json_array();
    char text[256], *rest = NULL;

    snprintf(text, sizeof text, "%s", factors);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) json_array_append_new(list, json_string(word));
    return json_pack("{s:i, s:s, s:s, s:o, s:f, s:f, s:{s:f}, s:o, s:i}", "complexity", complexity, "formula", formula, "formula_short", formula, "factors", list, "slope", slope, "loss",
                     loss, "metrics", "r2", 1.0 - loss, "twins", twins, "twins_count", 0);
}

typedef struct {
    int complexity;
    const char *formula, *factors;
    double slope, loss;
} row;

static const row fronts[] = {
    {1, "x1", "x1", 2.0, 0.8}, {3, "x2 * x3", "x2 x3", -1.0, 0.5}, {4, "log(x1) + x5", "x1 x5", 1.0, 0.4}};
/* x4 is three times x3; x5 a million and a deviate */
static const row listed[] = {
    {1, "x2", "x2", 1.0, 0.9}, {1, "x3", "x3", 1.0, 0.95}, {2, "inverse(x1)", "x1", -1.0, 0.85}, {2, "sqrt(x1)", "x1", 1.0, 0.82}, {3, "x2 * x4", "x2 x4", -0.3, 0.5},
    {3, "x5 - x1", "x1 x5", -1.0, 0.7}, {3, "x5 * x1", "x1 x5", 1.0, 0.81}, {4, "square(x5) - x2 * x1", "x5 x2 x1", 1.0, 0.6}, {4, "unknown + x1", "unknown x1", 1.0, 0.3}};
enum { FRONTS = sizeof fronts / sizeof *fronts, LISTED = sizeof listed / sizeof *listed, ALL = FRONTS + LISTED };

static json_t *make_front(void)
{
    json_t *front = json_array(), *best = json_object();
    for (int k = 0; k < FRONTS + LISTED; k++) {
        const row *r = k < FRONTS ? &fronts[k] : &listed[k - FRONTS];
        char key[8];
        snprintf(key, sizeof key, "%d", r->complexity);
        json_t *one = entry(r->complexity, r->formula, r->factors, r->slope, r->loss);
        if (json_object_get(best, key) == NULL) json_object_set_new(best, key, json_array());
        json_array_append(json_object_get(best, key), one);
        if (k < FRONTS) json_array_append(front, one);
        json_decref(one);
    }
    json_t *first = json_array_get(front, 0);
    json_array_append_new(json_object_get(first, "twins"), json_string("x1 + 3"));
    json_object_set_new(first, "twins_count", json_integer(4));
    return json_pack("{s:[s], s:s, s:i, s:o, s:o}", "metrics", "r2", "outcome_kind", "continuous", "n_samples", 500, "front", front, "best", best);
}

/* Pearson's correlation in two passes, of the samples that take part. */
static double correlation_by_hand(const double *u, const double *v, const double *weight, int n, int step)
{
    double sum_u = 0.0, sum_v = 0.0, uu = 0.0, vv = 0.0, uv = 0.0;
    int count = 0;
    for (int i = 0; i < n; i += step)
        if (weight[i] > 0.0 && isfinite(u[i]) && isfinite(v[i])) sum_u += u[i], sum_v += v[i], count++;
    for (int i = 0; i < n; i += step) {
        if (!(weight[i] > 0.0 && isfinite(u[i]) && isfinite(v[i]))) continue;
        const double a = u[i] - sum_u / count, b = v[i] - sum_v / count;
        uu += a * a, vv += b * b, uv += a * b;
    }
    return uv / sqrt(uu * vv);
}

static void check_correlations(const shy_team *team, int n)
{
    double *value[ALL];
    const int step = (n + SHY_CORRELATED_ROWS - 1) / SHY_CORRELATED_ROWS;
    json_t *front = make_front();
    shy_problem *problem = figures_problem_create(team, "ppsdf", n);
    shy_formulas formulas = {0};
    shy_correlations c = {0};

    assert_int_equal(shy_formulas_read(front, problem, 0, &formulas), SHY_OK);
    assert_int_equal(formulas.count, ALL);
    assert_int_equal(formulas.fronts, FRONTS);
    assert_int_equal(shy_correlate(&formulas, formulas.count, problem, problem->y, &c), SHY_OK);
    for (int k = 0; k < ALL; k++) {
        value[k] = calloc((size_t)n, sizeof **value);
        assert_non_null(value[k]);
        if (formulas.formula[k].tree.count == 0) continue;
        assert_int_equal(shy_problem_evaluate(problem, &formulas.formula[k].tree, value[k]), SHY_OK);
    }
    for (int k = 0; k < ALL; k++)
        for (int j = 0; j <= ALL; j++) {
            const double r = j < ALL ? c.r[k * ALL + j] : c.response[k];
            if (formulas.formula[k].tree.count == 0 || (j < ALL && formulas.formula[j].tree.count == 0)) {
                assert_true(isnan(r));
                continue;
            }
            assert_true(fabs(r - correlation_by_hand(value[k], j < ALL ? value[j] : problem->y, problem->data.weight, n, step)) < 1e-9);
        }
    for (int k = 0; k < ALL; k++) free(value[k]);
    shy_correlations_free(&c);
    shy_formulas_free(&formulas);
    figures_problem_free(problem);
    json_decref(front);
}

static void correlations_are_pearsons(void **state)
{
    shy_team *alone = NULL;

    (void)state;
    assert_int_equal(shy_team_create(SHY_THIS_RANK, 1, &alone), SHY_OK);
    check_correlations(alone, 500);
    check_correlations(alone, 1027);
    check_correlations(alone, 2 * SHY_CORRELATED_ROWS + 333); /* every third */
    shy_team_destroy(&alone);
}

/* What near should say of each listed formula: the formula of the front that its prediction goes with. */
static int nearest_by_hand(const shy_problem *problem, const row *r, double *r_out)
{
    double mine[500], theirs[500];
    int nearest = -1;
    shy_tree tree;
    if (shy_tree_parse(r->formula, problem->name, (uint32_t)problem->factors, &tree) != SHY_OK) return shy_error_clear(), -1;
    assert_int_equal(shy_problem_evaluate(problem, &tree, mine), SHY_OK);
    *r_out = 0.9;
    for (int f = 0; f < FRONTS; f++) {
        assert_int_equal(shy_tree_parse(fronts[f].formula, problem->name, (uint32_t)problem->factors, &tree), SHY_OK);
        assert_int_equal(shy_problem_evaluate(problem, &tree, theirs), SHY_OK);
        for (int i = 0; i < 500; i++) theirs[i] *= fronts[f].slope;
        double scaled[500];
        for (int i = 0; i < 500; i++) scaled[i] = mine[i] * r->slope;
        const double together = correlation_by_hand(scaled, theirs, problem->data.weight, 500, 1);
        if (together > *r_out) nearest = f, *r_out = together;
    }
    return nearest;
}

static const json_t *find_formula(const json_t *list, const char *formula)
{
    size_t k;
    json_t *one;
    json_array_foreach(list, k, one)
        if (strcmp(shy_json_word(one, "formula"), formula) == 0) return one;
    return NULL;
}

static void near_formulas_are_those_that_predict_alike(void **state)
{
    double r;
    int found_by_hand[FRONTS] = {4, 0, 0}; /* twins: one is named */
    shy_team *alone = NULL;
    json_t *front = make_front(), *near = NULL, *found = NULL;

    (void)state;
    assert_int_equal(shy_team_create(SHY_THIS_RANK, 1, &alone), SHY_OK);
    shy_problem *problem = figures_problem_create(alone, "ppsdf", 500);
    const shy_figures_input input = {.problem = problem, .front = front};
    assert_int_equal(shy_figures_near(&input, 1000, &near, &found), SHY_OK);
    size_t expected = 1;
    for (int k = 0; k < LISTED; k++) {
        const int nearest = nearest_by_hand(problem, &listed[k], &r);
        const json_t *one = find_formula(near, listed[k].formula);
        assert_true((nearest >= 0) == (one != NULL));
        if (nearest < 0) continue;
        expected++, found_by_hand[nearest]++;
        assert_int_equal(shy_json_count(one, "of"), nearest);
        assert_true(fabs(shy_json_number(one, "correlation", NAN) - r) < 1e-4);
        assert_false(json_is_true(json_object_get(one, "twin")));
    }
    assert_int_equal(json_array_size(near), expected);
    assert_true(expected >= 4 && expected < ALL);
    for (int f = 0; f < FRONTS; f++) assert_int_equal(json_integer_value(json_array_get(found, (size_t)f)), found_by_hand[f]);
    const json_t *twin = json_array_get(near, 0);
    assert_string_equal(shy_json_word(twin, "formula"), "x1 + 3");
    assert_true(json_is_true(json_object_get(twin, "twin")));
    for (size_t k = 1; k < json_array_size(near); k++) { /* in order */
        const json_t *a = json_array_get(near, k - 1), *b = json_array_get(near, k);
        const bool same = shy_json_count(a, "of") == shy_json_count(b, "of");
        assert_true(same ? shy_json_number(a, "correlation", 0.0) >= shy_json_number(b, "correlation", 0.0) : shy_json_count(a, "of") < shy_json_count(b, "of"));
    }
    json_decref(near), json_decref(found);
    assert_int_equal(shy_figures_near(&input, 2, &near, &found), SHY_OK); /* shared out */
    assert_true(json_array_size(near) <= 2 && json_array_size(near) > 0);
    json_decref(near), json_decref(found);
    const shy_figures_input without = {.front = front};
    assert_int_equal(shy_figures_near(&without, 1000, &near, &found), SHY_OK);
    assert_int_equal(json_array_size(near), 1);
    json_decref(near), json_decref(found);
    figures_problem_free(problem);
    json_decref(front);
    shy_team_destroy(&alone);
}

static void near_formulas_fail_cleanly(void **state)
{
    shy_team *alone = NULL;
    json_t *front = make_front();
    shy_status st = SHY_MEMORY;

    (void)state;
    assert_int_equal(shy_team_create(SHY_THIS_RANK, 1, &alone), SHY_OK);
    shy_problem *problem = figures_problem_create(alone, "ppsdf", 500);
    shy_sdc sdc;
    assert_int_equal(shy_sdc_parse("sacro", &sdc), SHY_OK);
    const shy_figures_input input = {.problem = problem, .front = front, .sdc = &sdc};
    const uint64_t before = shy_memory_in_use();
    for (int what = 0; what < 2; what++) {
        uint64_t nth = 0;
        do {
            json_t *list = NULL, *found = NULL;
            shy_memory_fail_at(++nth);
            st = what == 0 ? shy_figures_near(&input, 1000, &list, &found) : shy_figures_two_axis(&input, &list, NULL);
            shy_memory_fail_at(0);
            assert_true(st == SHY_OK || st == SHY_MEMORY);
            assert_true((st == SHY_OK) == (list != NULL));
            shy_error_clear();
            json_decref(list), json_decref(found);
            assert_int_equal(shy_memory_in_use(), before);
        } while (st != SHY_OK && nth < 10000);
        assert_true(st == SHY_OK && nth > 20);
    }
    figures_problem_free(problem);
    json_decref(front);
    shy_team_destroy(&alone);
}

/* ---- pictures of formulas, and pairs beside them ------------------------------------------------------------------------------- */

enum { PICTURED = 500 };

/* One formula, x1, over the problem's factors, as apply would have read it. Its constants' error is known, so that no outcome is needed for it. */
static void make_finished(const shy_problem *problem, shy_finished *f)
{
    static shy_input inputs[8];
    static shy_model model;
    static double predictor[PICTURED];

    *f = (shy_finished){.name = "", .outcome = "y", .outcome_kind = "continuous", .factors = problem->factors, .models = 1, .factor = inputs, .model = &model};
    for (int k = 0; k < problem->factors; k++) {
        shy_tree leaf = {0};
        assert_true(k < 8);
        shy_tree_leaf(&leaf, (uint32_t)k);
        inputs[k] = (shy_input){.name = (char *)(uintptr_t)problem->name[k], .unit = (char *)(uintptr_t)"", .value = calloc(PICTURED, sizeof(double))};
        assert_non_null(inputs[k].value);
        assert_int_equal(shy_problem_evaluate(problem, &leaf, inputs[k].value), SHY_OK);
    }
    model = (shy_model){.complexity = 1, .text = "x1", .unit = "", .slope = 2.0, .slope_error = 0.1, .predictor = predictor};
    shy_tree_leaf(&model.tree, 0);
    for (int i = 0; i < PICTURED; i++) predictor[i] = 2.0 * inputs[0].value[i];
}

static void free_finished(const shy_finished *f)
{
    for (int k = 0; k < f->factors; k++) free(f->factor[k].value);
}

/* A report makes them in this order. */
static shy_status picture_all(const shy_problem *problem, const shy_finished *f, const json_t *front, const shy_sdc *sdc, json_t **figures, json_t **constants, json_t **pairs)
{
    shy_status st = SHY_OK;
    shy_figures_input input = {.problem = problem, .finished = f, .front = front, .sdc = sdc, .groups = 3};

    SHY_TRY(shy_figures_prepare(&input));
    SHY_TRY(shy_figures_constants(&input, 0, constants));
    SHY_TRY(shy_figures_of_model(&input, 0, figures, NULL));
    SHY_TRY(shy_figures_two_axis(&input, pairs, NULL));
out:
    shy_figures_release(&input);
    return st;
}

static void pictures_and_pairs_share_an_outcome(void **state)
{
    shy_team *alone = NULL;
    shy_sdc sdc;
    shy_finished f;
    json_t *front = make_front(), *figures = NULL, *constants = NULL, *pairs = NULL, *by_themselves = NULL;

    (void)state;
    assert_int_equal(shy_sdc_parse("sacro", &sdc), SHY_OK);
    assert_int_equal(shy_team_create(SHY_THIS_RANK, 1, &alone), SHY_OK);
    shy_problem *problem = figures_problem_create(alone, "ppsdf", PICTURED);
    make_finished(problem, &f);
    assert_int_equal(picture_all(problem, &f, front, &sdc, &figures, &constants, &pairs), SHY_OK);
    const shy_figures_input input = {.problem = problem, .front = front, .sdc = &sdc};
    assert_int_equal(shy_figures_two_axis(&input, &by_themselves, NULL), SHY_OK);
    assert_true(json_array_size(pairs) > 0 && json_equal(pairs, by_themselves));
    assert_true(json_array_size(json_object_get(figures, "response")) == 1 && json_is_object(json_object_get(figures, "observed")));
    const json_t *slope = json_object_get(constants, "slope");
    assert_true(fabs(shy_json_number(slope, "high", NAN) - 2.0 - 0.1 * 1.959963984540054) < 1e-9);
    json_decref(figures), json_decref(constants), json_decref(pairs), json_decref(by_themselves);

    const uint64_t before = shy_memory_in_use();
    shy_status st = SHY_MEMORY;
    uint64_t nth = 0;
    while (st != SHY_OK && nth < 10000) {
        figures = constants = pairs = NULL;
        shy_memory_fail_at(++nth);
        st = picture_all(problem, &f, front, &sdc, &figures, &constants, &pairs);
        shy_memory_fail_at(0);
        assert_true(st == SHY_OK || (st == SHY_MEMORY && pairs == NULL));
        shy_error_clear();
        json_decref(figures), json_decref(constants), json_decref(pairs);
        assert_int_equal(shy_memory_in_use(), before);
    }
    assert_true(st == SHY_OK && nth > 60);
    free_finished(&f);
    figures_problem_free(problem);
    json_decref(front);
    shy_team_destroy(&alone);
}

/* ---- networks ------------------------------------------------------------------------------------------------------------------ */

enum { MANY = 300, FACTORS = 50 };

/* Formula k has factor f: the more often the lower f is. */
static bool has(int k, int f)
{
    return uniform(200 + (uint64_t)k, f) < 0.6 / (1.0 + f);
}

static double loss_of(int k)
{
    return floor(40.0 * uniform(199, k)) / 40.0; /* with ties: then the text counts, all are equally complex */
}

static json_t *many_formulas(void)
{
    json_t *list = json_array();
    for (int k = 0; k < MANY; k++) {
        char factors[512] = "", name[16];
        for (int f = 0; f < FACTORS; f++)
            if (has(k, f)) snprintf(name, sizeof name, "f%02d ", f), strcat(factors, name);
        snprintf(name, sizeof name, "t%03d", k);
        json_array_append_new(list, entry(3, name, factors, 1.0, loss_of(k)));
    }
    return json_pack("{s:[s], s:[], s:{s:o}}", "metrics", "r2", "front", "best", "3", list);
}

/* Which formulas are the `best`: those with fewer than so many before them. */
static void choose_best(int best, bool *among)
{
    for (int k = 0; k < MANY; k++) {
        int before = 0;
        for (int j = 0; j < MANY; j++) before += loss_of(j) < loss_of(k) || (loss_of(j) == loss_of(k) && j < k);
        among[k] = before < best;
    }
}

static void networks_count_formulas(void **state)
{
    static const int bests[] = {1, 17, 100, 1000};
    json_t *front = many_formulas();

    (void)state;
    for (size_t b = 0; b < sizeof bests / sizeof *bests; b++) {
        json_t *network = NULL, *one;
        int with[FACTORS] = {0}, there = 0, pairs = 0;
        bool among[MANY];
        size_t k;
        choose_best(bests[b], among);
        assert_int_equal(shy_figures_network(NULL, front, bests[b], &network), SHY_OK);
        for (int f = 0; f < FACTORS; f++) {
            for (int j = 0; j < MANY; j++) with[f] += among[j] && has(j, f);
            there += with[f] > 0;
        }
        const json_t *factors = json_object_get(network, "factors");
        assert_int_equal(json_array_size(factors), there < 30 ? there : 30);
        assert_int_equal(shy_json_count(network, "left_out"), there < 30 ? 0 : there - 30);
        assert_int_equal(shy_json_count(network, "formulas"), bests[b] < MANY ? bests[b] : MANY);
        uint64_t last = UINT64_MAX, least = UINT64_MAX;
        json_array_foreach(factors, k, one)
        {
            const int f = atoi(shy_json_word(one, "name") + 1);
            assert_int_equal(shy_json_count(one, "formulas"), with[f]);
            assert_true(shy_json_count(one, "formulas") <= last);
            last = least = shy_json_count(one, "formulas");
            with[f] = 0;
        }
        for (int f = 0; f < FACTORS; f++) assert_true((uint64_t)with[f] <= least); /* those left out are not stronger */
        for (size_t i = 0; i < json_array_size(factors); i++)
            for (size_t j = i + 1; j < json_array_size(factors); j++) {
                const int f = atoi(shy_json_word(json_array_get(factors, i), "name") + 1), g = atoi(shy_json_word(json_array_get(factors, j), "name") + 1);
                int together = 0, said = 0;
                for (int m = 0; m < MANY; m++) together += among[m] && has(m, f) && has(m, g);
                json_array_foreach(json_object_get(network, "pairs"), k, one)
                    if (shy_json_count(one, "a") == i && shy_json_count(one, "b") == j) said = (int)shy_json_count(one, "formulas");
                assert_int_equal(said, together);
                pairs += together > 0;
            }
        assert_int_equal(json_array_size(json_object_get(network, "pairs")), pairs);
        json_decref(network);
    }
    json_decref(front);
}

/* ---- horizons -------------------------------------------------------------------------------------------------------------------- */

static void horizons_say_which_factors_carry_which_front(void **state)
{
    static const char *const name[2] = {"1y", "3y"};
    json_t *front[2] = {make_front(), make_front()}, *horizons = NULL, *one;
    const json_t *const read[2] = {front[0], front[1]};
    size_t k;
    int x1 = 0, x3 = 0;

    (void)state;
    /* the second front lacks its last formula, and was validated */
    json_array_remove(json_object_get(front[1], "front"), 2);
    json_object_set_new(front[1], "nested", json_pack("{s:b, s:[{s:i, s:f, s:f}], s:{s:i, s:s, s:f, s:f}, s:{s:f}}", "larger_is_better", 1, "levels", "complexity", 3, "mean", 0.45,
                                                      "error", 0.05, "selected", "complexity", 3, "formula", "x2 * x3", "mean", 0.44, "error", 0.06, "null", "apparent", 0.0));
    assert_int_equal(shy_figures_horizons(2, name, read, &horizons), SHY_OK);
    const json_t *targets = json_object_get(horizons, "targets"), *factors = json_object_get(horizons, "factors");
    assert_int_equal(json_array_size(targets), 2);
    assert_true(json_is_null(json_object_get(json_array_get(targets, 0), "selected")));
    assert_int_equal(shy_json_count(json_object_get(json_array_get(targets, 1), "selected"), "front"), 1);
    assert_int_equal(shy_json_count(json_array_get(targets, 1), "best"), ALL);
    assert_int_equal(json_array_size(factors), 4); /* x4 and `unknown` are in no front */
    json_array_foreach(factors, k, one)
    {
        const json_t *at = json_object_get(one, "targets");
        if (strcmp(shy_json_word(one, "name"), "x5") == 0) assert_true(k == 3 && json_is_null(json_array_get(at, 1)));
        if (strcmp(shy_json_word(one, "name"), "x1") == 0) {
            x1++;
            assert_int_equal(k, 0);
            assert_int_equal(shy_json_count(json_array_get(at, 0), "front"), 2);
            assert_int_equal(shy_json_count(json_array_get(at, 0), "simplest"), 1);
            assert_true(fabs(shy_json_number(json_array_get(at, 0), "apparent", 0.0) - 0.6) < 1e-12);
            assert_true(fabs(shy_json_number(json_array_get(at, 0), "best_share", 0.0) - 8.0 / ALL) < 1e-3); /* x1 is in 8 of them */
        }
        if (strcmp(shy_json_word(one, "name"), "x3") == 0) {
            x3++;
            assert_true(json_is_true(json_object_get(json_array_get(at, 1), "selected")));
            assert_false(json_is_true(json_object_get(json_array_get(at, 0), "selected")));
            assert_true(shy_json_number(json_array_get(at, 1), "mean", 0.0) == 0.45);
        }
    }
    assert_int_equal(x1 + x3, 2);
    json_decref(horizons), json_decref(front[0]), json_decref(front[1]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cell_of_a_grid_is_too_small),
        cmocka_unit_test(edges_are_round_and_nobodys),
        cmocka_unit_test(correlations_are_pearsons),
        cmocka_unit_test(near_formulas_are_those_that_predict_alike),
        cmocka_unit_test(near_formulas_fail_cleanly),
        cmocka_unit_test(pictures_and_pairs_share_an_outcome),
        cmocka_unit_test(networks_count_formulas),
        cmocka_unit_test(horizons_say_which_factors_carry_which_front),
    };
    assert_int_equal(shy_par_start(&argc, &argv), SHY_OK);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    shy_par_stop();
    return failed;
}

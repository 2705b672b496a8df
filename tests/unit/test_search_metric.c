/* test_search_metric.c: weights and covariates: the statistic is the one of its definition, and screening in the metric loses nothing. */
#include "shy_config.h"

#include "search/subset.h"
#include "search_metric.h"

/* ---- the statistic by its definition -------------------------------------------------------------------------------------- */

/* Share of Σ y²/w that the columns explain beside 1 and the directions; −1: one of them is a combination of what is before it. */
static double explained(const whole_metric *m, wide *const *basis, int terms)
{
    wide total = 0, sum = 0;
    for (int i = 0; i < m->n; i++) total += m->w[i] > 0 ? m->y[i] * m->y[i] / m->w[i] : 0;
    for (int k = 0; k < terms; k++) {
        wide along_y = 0;
        const wide mean = weighted_dot(m, basis[k], NULL) / m->n;
        wide before = 0;
        for (int i = 0; i < m->n; i++) before += m->w[i] * (basis[k][i] - mean) * (basis[k][i] - mean) / m->n;
        (void)take_directions(m, m->directions, basis[k]);
        for (int pass = 0; pass < 2; pass++) {
            for (int j = 0; j < k; j++) {
                const wide along = weighted_dot(m, basis[k], basis[j]) / m->n;
                for (int i = 0; i < m->n; i++) basis[k][i] -= along * basis[j][i];
            }
        }
        const wide after = weighted_dot(m, basis[k], basis[k]) / m->n;
        if (!(after > 1e-17L * before) || !(before > 4e-24L * mean * mean)) return -1.0;
        for (int i = 0; i < m->n; i++) basis[k][i] /= sqrtl(after), along_y += m->y[i] * basis[k][i];
        sum += along_y * along_y / m->n;
    }
    return (double)(sum / total);
}

typedef struct {
    problem_spec spec;
    metric_spec metric;
    const char *operators;
    int complexity, factors, keep;
    uint64_t screen_rows;
} metric_case;

/* The letter of a covariate below that is none of r, i, p: the column of that place itself, so that formulas of it alone explain nothing. */
static const metric_case cases[] = {
    {{.n = 60, .columns = "pppp", .seed = 1}, {0, 0, "rr"}, NULL, 5, 3, 9, 0},
    {{.n = 75, .columns = "spiw", .seed = 2}, {1, 0, ""}, ALL_OPERATORS, 4, 3, 9, 0},
    {{.n = 75, .columns = "spiw", .seed = 2}, {1, 0, "xri"}, ALL_OPERATORS, 4, 3, 9, 0},
    {{.n = 90, .columns = "pdps", .seed = 3}, {2, 3, "xrp"}, NULL, 5, 2, 12, 0},
    {{.n = 80, .columns = "ppsb", .seed = 4}, {3, 2, "xrrrrrrrrri"}, "+ - * / log max", 5, 2, 7, 0},
    {{.n = 64, .columns = "ppe", .seed = 5}, {3, 1, ""}, "+ - * / sqrt", 5, 2, 7, 0},
    {{.n = 96, .columns = "ppps", .seed = 6}, {0, 0, "xi"}, "+ - * /", 5, 3, 7, 0},
    {{.n = 160, .columns = "pppb", .seed = 7}, {3, 1, "rix"}, "+ - * / max", 5, 3, 5, 90},
};
enum { CASES = sizeof cases / sizeof *cases };

typedef struct {
    shy_problem *problem;
    whole_metric *whole;
    given_metric *given;
} setting;

static setting setting_create(const shy_team *team, const metric_case *c)
{
    setting s = {.problem = problem_create(team, &c->spec), .whole = whole_metric_create(&c->spec, &c->metric)};
    s.given = metric_create(s.whole, &s.problem->rows, c->metric.weights > 0);
    s.problem->metric = &s.given->metric;
    return s;
}

static void setting_free(setting *s)
{
    problem_free(s->problem);
    metric_free(s->given);
    whole_metric_free(s->whole);
}

static void check_scores_of(shy_space *space, shy_scorer *scorer, const whole_metric *whole, const shy_tuple *tuple, int *scored, int *degenerates)
{
    const shy_context *context = NULL;
    double *column[SHY_FAMILY_TERMS];
    wide *basis[SHY_FAMILY_TERMS];
    EXPECT(shy_space_context(space, tuple, &context) == SHY_OK);
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) {
        column[k] = given_memory((size_t)whole->n, sizeof(double));
        basis[k] = given_memory((size_t)whole->n, sizeof(wide));
    }
    for (int root = 0; root < context->roots; root++) {
        const shy_formula formula = {*tuple, root};
        shy_score score = {.statistic = 0.0};
        bool degenerate = false;
        shy_context_ranges(space, context, &context->ranges, tuple);
        if (!shy_context_root_valid(space, context, root)) continue;
        EXPECT(shy_scorer_score(scorer, &formula, &score, &degenerate) == SHY_OK);
        EXPECT(shy_formula_basis(space, &formula, column) == SHY_OK);
        const int terms = shy_family_terms((shy_family)context->root[root].family);
        for (int k = 0; k < terms; k++) {
            for (int i = 0; i < whole->n; i++) basis[k][i] = whole->w[i] > 0 ? column[k][i] : 0;
        }
        const double exact = explained(whole, basis, terms);
        (*scored)++, *degenerates += degenerate;
        EXPECT(degenerate == (exact < 0.0));
        if (!degenerate) EXPECT(fabs(score.statistic - exact) < 1e-9 && score.statistic >= 0.0 && score.statistic <= 1.0 + 1e-12);
    }
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) {
        free(column[k]);
        free(basis[k]);
    }
}

static void every_score_is_the_statistic_of_the_metric(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int c = 0; c < CASES; c++) {
        setting s = setting_create(alone, &cases[c]);
        const shy_grammar grammar = make_grammar(cases[c].operators, cases[c].complexity, cases[c].factors);
        shy_space *space = NULL;
        shy_scorer *scorer = NULL;
        int scored = 0, degenerates = 0;
        present_case = cases[c].metric.covariates;
        EXPECT(shy_space_create(s.problem, &grammar, &space) == SHY_OK);
        EXPECT(shy_scorer_create(space, &space->view, 5, &scorer) == SHY_OK);
        EXPECT(space->view.directions == s.whole->directions && fabs(space->view.y_scale - 1.0) < 1e-12);
        for (int slots = 1; slots <= space->slots_max; slots++) {
            shy_tuple tuple;
            shy_tuple_unrank(space, NULL, slots, 0, &tuple);
            do check_scores_of(space, scorer, s.whole, &tuple, &scored, &degenerates);
            while (shy_tuple_next(space, NULL, &tuple));
        }
        EXPECT(scored > 60);
        if (strchr(cases[c].metric.covariates, 'x')) EXPECT(degenerates > 0); /* the covariate itself, among the factors */
        shy_scorer_destroy(&scorer);
        shy_space_destroy(&space);
        setting_free(&s);
    }
    present_case = "";
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------ */

static shy_status search(const shy_team *team, const metric_case *c, int keep, int tile, shy_precision precision, shy_search_result **result_out)
{
    shy_search_options options = {.keep = keep, .memory = UINT64_C(4) << 30, .seed = 7, .tile_left = tile, .tile_right = tile,
                                  .precision = precision, .screen_rows = c->screen_rows};
    options.grammar = make_grammar(c->operators, c->complexity, c->factors);
    setting s = setting_create(team, c);
    const shy_status st = shy_search_run(s.problem, &options, NULL, NULL, result_out);
    setting_free(&s);
    return st;
}

/* What is refitted is listed by its fit; here the order is that of the statistic. */
static int compare_found(const void *a, const void *b)
{
    const shy_found *x = *(const shy_found *const *)a, *y = *(const shy_found *const *)b;
    return x->statistic != y->statistic ? (x->statistic < y->statistic ? 1 : -1) : strcmp(x->text, y->text);
}

static const shy_found **sorted(const shy_found_level *level)
{
    const shy_found **found = given_memory((size_t)level->count, sizeof(const shy_found *));
    for (int i = 0; i < level->count; i++) found[i] = &level->found[i];
    qsort(found, (size_t)level->count, sizeof *found, compare_found);
    return found;
}

/* But for constants, which the refit finds, and their signs. */
static int operator_of(const shy_node *node)
{
    return node->op == SHY_OP_SUBTRACT ? SHY_OP_ADD : node->op;
}

static bool same_formula(const shy_found *a, const shy_found *b)
{
    bool same = a->tree.count == b->tree.count;
    for (int k = 0; same && k < a->tree.count; k++)
        same = operator_of(&a->tree.node[k]) == operator_of(&b->tree.node[k]) && a->tree.node[k].factor == b->tree.node[k].factor;
    return same && a->statistic == b->statistic;
}

static void expect_best(const shy_search_result *all, const shy_search_result *best, int keep)
{
    EXPECT(all->levels == best->levels);
    for (int k = 0; k < all->levels && k < best->levels; k++) {
        const int many = all->level[k].count, count = best->level[k].count;
        const shy_found **a = sorted(&all->level[k]), **b = sorted(&best->level[k]);
        EXPECT(count == (many < keep ? many : keep));
        for (int i = 0; i < count && i < many; i++) {
            present_case = a[i]->text;
            EXPECT(same_formula(a[i], b[i]));
        }
        free(a);
        free(b);
    }
    present_case = "";
}

/* Room for all formulas: none is dropped by screening, each is scored. */
enum { ALL = 60000 };

static void screening_finds_what_scoring_each_formula_finds(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int c = rank; c < CASES; c += size) {
        shy_search_result *all = NULL, *best = NULL;
        metric_case whole = cases[c];
        whole.screen_rows = 0;
        EXPECT(search(alone, &whole, ALL, 0, SHY_FP64, &all) == SHY_OK);
        for (int precision = SHY_FP64; precision < SHY_PRECISIONS; precision++) {
            EXPECT(search(alone, &whole, whole.keep, 0, (shy_precision)precision, &best) == SHY_OK);
            EXPECT((int)best->precision == precision);
            if (precision != SHY_FP64) EXPECT(best->screening.scored < all->screening.scored);
            expect_best(all, best, whole.keep);
            shy_search_result_free(&best);
        }
        shy_search_result_free(&all);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

static shy_search_result *expected[CASES]; /* of one rank alone; on rank 0 */

static void check_cases(const shy_team *team)
{
    static const int tiles[] = {0, 7};
    for (int c = 0; c < CASES; c++) {
        for (int t = 0; t < 2; t++) {
            shy_search_result *result = NULL;
            EXPECT(search(team, &cases[c], cases[c].keep, tiles[t], SHY_FP32, &result) == SHY_OK);
            if (result) expect_best(expected[c], result, cases[c].keep);
            shy_search_result_free(&result);
        }
    }
}

static void lists_do_not_depend_on_ranks_or_row_blocks(void **state)
{
    (void)state;
    int rank;
    shy_team *alone = NULL;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int c = 0; c < CASES && rank == 0; c++) EXPECT(search(alone, &cases[c], cases[c].keep, 64, SHY_FP32, &expected[c]) == SHY_OK);
    shy_team_destroy(&alone);
    on_every_team(check_cases);
    for (int c = 0; c < CASES; c++) shy_search_result_free(&expected[c]);
    assert_on_all_ranks();
}

/* ---- on a part of the samples ------------------------------------------------------------------------------------------------- */

/* Σ u v over the samples of a space that one rank holds, v NULL being ones. */
static double total_of(const shy_space *space, const double *u, const double *v)
{
    wide sum = 0;
    for (int i = 0; i < space->problem->rows.rows; i++) sum += (wide)u[i] * (v ? v[i] : 1.0);
    return (double)sum;
}

/* Of samples that have a weight, with directions that are orthonormal there and a response orthogonal to them. */
static void check_part(const shy_team *team)
{
    const metric_case *c = &cases[7];
    const shy_grammar grammar = make_grammar(c->operators, c->complexity, c->factors);
    const double m = (double)c->screen_rows;
    setting s = setting_create(team, c);
    shy_space *space = NULL, *part = NULL;
    shy_subset *subset = NULL;
    EXPECT(shy_space_create(s.problem, &grammar, &space) == SHY_OK);
    EXPECT(shy_subset_create(space, c->screen_rows, 7, &subset) == SHY_OK);
    EXPECT(shy_space_create(&subset->problem, &grammar, &part) == SHY_OK);
    EXPECT(part->view.directions == 3 && part->view.y_scale > 0.5 && part->view.y_scale < 2.0);
    EXPECT(fabs(total_of(part, part->view.weight, NULL) - m) < 1e-9 && fabs(total_of(part, part->view.response, NULL)) < 1e-9);
    EXPECT(fabs(total_of(part, part->view.scaled_response, part->view.scaled_response) - m) < 1e-9);
    for (int i = 0; i < part->problem->rows.rows; i++) EXPECT(part->view.weight[i] > 0.0);
    for (int k = 0; k < part->view.directions; k++) {
        const double *q = part->view.scaled_direction[k];
        EXPECT(fabs(total_of(part, q, part->view.root)) < 1e-9 && fabs(total_of(part, part->view.response, part->view.direction[k])) < 1e-9);
        for (int j = 0; j <= k; j++) EXPECT(fabs(total_of(part, q, part->view.scaled_direction[j]) - (j == k ? m : 0.0)) < 1e-9);
    }
    shy_space_destroy(&part);
    shy_subset_destroy(&subset);
    shy_space_destroy(&space);
    setting_free(&s);
}

static void a_part_has_a_metric_of_its_own(void **state)
{
    (void)state;
    on_every_team(check_part);
    assert_on_all_ranks();
}

/* ---- failures --------------------------------------------------------------------------------------------------------------------- */

/* Directions that say the same count once; a response that they explain is refused. */
static void what_cannot_be_screened_is_refused(void **state)
{
    (void)state;
    const shy_grammar grammar = make_grammar("+", 3, 2);
    const metric_case *c = &cases[2];
    shy_team *alone = NULL;
    shy_space *space = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    setting s = setting_create(alone, c);
    s.given->direction[2] = s.given->direction[0];
    EXPECT(shy_space_create(s.problem, &grammar, &space) == SHY_OK && space->view.directions == 2);
    shy_space_destroy(&space);
    const double *weight = s.given->metric.weight;
    double *response = given_memory((size_t)s.problem->rows.rows, sizeof *response), *none = given_memory((size_t)s.problem->rows.rows, sizeof *none);
    s.given->metric.response = response; /* nothing is left of it */
    EXPECT(shy_space_create(s.problem, &grammar, &space) == SHY_INPUT && strstr(shy_error_message(), "explained"));
    shy_error_clear();
    s.given->metric.weight = none;
    EXPECT(shy_space_create(s.problem, &grammar, &space) == SHY_INPUT && strstr(shy_error_message(), "weight"));
    shy_error_clear();
    s.given->metric.weight = weight;
    s.given->metric.directions = SHY_ROUGH_DIRECTIONS_MOST + 1;
    EXPECT(shy_space_create(s.problem, &grammar, &space) == SHY_INPUT && strstr(shy_error_message(), "257"));
    shy_error_clear();
    free(response);
    free(none);
    setting_free(&s);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- rows without weight ------------------------------------------------------------------------------------------------------ */

/* What stands in rows of weight 0 does not count, as long as it is within the ranges. */
static void rows_of_weight_0_may_hold_anything(void **state)
{
    (void)state;
    const metric_case *c = &cases[4];
    shy_search_result *result[2] = {NULL, NULL};
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < 2; k++) {
        shy_search_options options = {.keep = c->keep, .memory = UINT64_C(4) << 30, .seed = 7, .precision = SHY_FP32};
        options.grammar = make_grammar(c->operators, c->complexity, c->factors);
        setting s = setting_create(alone, c);
        const int n = s.problem->rows.rows;
        for (uint32_t f = 0; f < (uint32_t)s.problem->factors; f++) {
            const double *values = NULL;
            EXPECT(shy_columns_get(s.problem->columns, &f, 1, &values) == SHY_OK);
            s.problem->range[f] = (shy_interval){s.problem->range[f].lo, 1e70};
            for (int i = 0; i < n; i++) {
                if (s.given->metric.weight[i] == 0.0) ((double *)(uintptr_t)values)[i] = k == 0 ? 1.0 : 1e70 * (0.2 + i % 3 / 4.0);
            }
        }
        for (int i = 0; i < n; i++) {
            if (s.given->metric.weight[i] == 0.0) s.given->values[2 * n + i] = k == 0 ? 0.0 : NAN; /* of the first direction */
        }
        EXPECT(shy_search_run(s.problem, &options, NULL, NULL, &result[k]) == SHY_OK);
        setting_free(&s);
    }
    expect_best(result[0], result[1], c->keep);
    shy_search_result_free(&result[0]);
    shy_search_result_free(&result[1]);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_score_is_the_statistic_of_the_metric),
        cmocka_unit_test(screening_finds_what_scoring_each_formula_finds),
        cmocka_unit_test(lists_do_not_depend_on_ranks_or_row_blocks),
        cmocka_unit_test(rows_of_weight_0_may_hold_anything),
        cmocka_unit_test(a_part_has_a_metric_of_its_own),
        cmocka_unit_test(what_cannot_be_screened_is_refused),
    };
    return run_par_tests("search metric", tests, sizeof tests / sizeof *tests, argc, argv);
}

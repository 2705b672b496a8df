/* test_search_run.c: whole searches: the same result on any number of ranks, row blocks and tiles; failures that leave no rank behind. */
#include "shy_config.h"

#include "search_problem.h"

static shy_search_options options_for(const char *operators, int complexity, int factors, int keep, int tile)
{
    shy_search_options options = {
        .keep = keep, .memory = UINT64_C(2) << 30, .seed = 7, .tile_left = tile, .tile_right = tile};
    options.grammar = make_grammar(operators, complexity, factors);
    return options;
}

/* ---- the same result ---------------------------------------------------------------------------------------------------- */

static bool same_fit(const shy_fit *a, const shy_fit *b)
{
    bool same = a->verdict == b->verdict && a->terms == b->terms && a->intercept == b->intercept && a->loss == b->loss;
    for (int k = 0; k < a->terms; k++) same = same && a->coefficient[k] == b->coefficient[k];
    for (int k = 0; k < SHY_METRICS_MAX; k++) same = same && memcmp(&a->metric[k], &b->metric[k], sizeof(double)) == 0;
    return same;
}

static void expect_same_found(const shy_found *a, const shy_found *b)
{
    present_case = a->text;
    EXPECT(strcmp(a->text, b->text) == 0);
    EXPECT(a->complexity == b->complexity && a->statistic == b->statistic && a->lost_chance == b->lost_chance);
    EXPECT(same_fit(&a->fit, &b->fit));
    EXPECT(a->intercept == b->intercept && a->slope == b->slope);
    EXPECT(a->twins_count == b->twins_count && a->twins_listed == b->twins_listed);
    for (int t = 0; t < a->twins_listed && t < b->twins_listed; t++) EXPECT(strcmp(a->twins[t], b->twins[t]) == 0);
    present_case = "";
}

static void expect_same_result(const shy_search_result *a, const shy_search_result *b)
{
    EXPECT(memcmp(a->plan.formulas, b->plan.formulas, sizeof a->plan.formulas) == 0);
    EXPECT(a->levels == b->levels && a->front_count == b->front_count);
    EXPECT(a->n_screened == b->n_screened && a->lost_chance == b->lost_chance);
    for (int k = 0; k < a->levels && k < b->levels; k++) {
        EXPECT(a->level[k].count == b->level[k].count);
        for (int i = 0; i < a->level[k].count && i < b->level[k].count; i++) {
            expect_same_found(&a->level[k].found[i], &b->level[k].found[i]);
        }
    }
    for (int f = 0; f < a->front_count && f < b->front_count; f++) {
        EXPECT(a->front_level[f] == b->front_level[f] && a->front_index[f] == b->front_index[f]);
    }
}

typedef struct {
    problem_spec spec;
    const char *operators;
    int complexity, factors, keep;
    uint64_t screen_rows;
} run_case;

static const run_case cases[] = {
    {{.n = 60, .columns = "ppppp", .seed = 1}, NULL, 5, 3, 12, 0},
    {{.n = 45, .columns = "spizw", .seed = 2}, ALL_OPERATORS, 4, 3, 9, 0},
    {{.n = 75, .columns = "pdpb", .seed = 3}, NULL, 5, 2, 15, 0},
    {{.n = 64, .columns = "ppp", .seed = 4, .outcome = "binary"}, "+ - * / log", 5, 3, 10, 0},
    {{.n = 33, .columns = "bbbbb", .seed = 5}, "+ - * max sqrt square", 5, 3, 6, 0}, /* many ties and twins */
    {{.n = 300, .columns = "pppspb", .seed = 6}, "+ - * / log max", 5, 3, 8, 70},
    {{.n = 211, .columns = "ppzb", .seed = 7, .outcome = "binary"}, "+ - * / sqrt", 5, 2, 3, 60},
};
enum { CASES = sizeof cases / sizeof *cases };
static shy_search_result *expected[CASES]; /* of one rank alone; on rank 0 */

static shy_status run_case_on(const shy_team *team, const run_case *c, int tile, shy_search_result **result_out)
{
    shy_search_options options = options_for(c->operators, c->complexity, c->factors, c->keep, tile);
    options.screen_rows = c->screen_rows;
    shy_problem *problem = problem_create(team, &c->spec);
    const shy_status st = shy_search_run(problem, &options, NULL, NULL, result_out);
    problem_free(problem);
    return st;
}

static void check_cases(const shy_team *team)
{
    static const int tiles[] = {0, 3, 7};
    for (int k = 0; k < CASES; k++) {
        for (int t = 0; t < 3; t++) {
            shy_search_result *result = NULL;
            EXPECT(run_case_on(team, &cases[k], tiles[t], &result) == SHY_OK);
            EXPECT((result != NULL) == (team->rank == 0));
            if (result) expect_same_result(expected[k], result);
            shy_search_result_free(&result);
        }
    }
}

static void results_do_not_depend_on_ranks_or_tiles(void **state)
{
    (void)state;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES && rank == 0; k++) {
        EXPECT(run_case_on(alone, &cases[k], 64, &expected[k]) == SHY_OK);
        for (int c = 0; c < expected[k]->levels; c++) {
            EXPECT(expected[k]->level[c].count <= cases[k].keep);
            EXPECT(expected[k]->level[c].count > 0 || expected[k]->plan.formulas[c + 1] == 0 ||
                   strchr(cases[k].spec.columns, 'b'));
        }
    }
    shy_team_destroy(&alone);
    on_every_team(check_cases);
    for (int k = 0; k < CASES; k++) shy_search_result_free(&expected[k]);
    assert_on_all_ranks();
}

/* ---- on a part of the samples -------------------------------------------------------------------------------------------- */

/* A part that is no part changes nothing; one whose lists have room for all formulas loses none of them. */
static void screening_a_part_loses_nothing_that_its_lists_can_hold(void **state)
{
    (void)state;
    static const run_case whole = {{.n = 150, .columns = "ppsd", .seed = 9}, "+ - * / log", 4, 3, 7, 0};
    static const run_case spacious = {{.n = 150, .columns = "ppsd", .seed = 9}, "+ - * / log", 4, 3, 4000, 0};
    const struct {
        const run_case *of;
        uint64_t rows, n_screened;
    } parts[] = {{&whole, 150, 0}, {&whole, 100000, 0}, {&spacious, 149, 149}, {&spacious, 25, 25}};
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < 4; k++) {
        shy_search_result *all = NULL, *part = NULL;
        run_case c = *parts[k].of;
        EXPECT(run_case_on(alone, &c, 0, &all) == SHY_OK);
        c.screen_rows = parts[k].rows;
        EXPECT(run_case_on(alone, &c, 0, &part) == SHY_OK);
        EXPECT(part->n_screened == parts[k].n_screened && part->lost_chance == 0.0 && part->front_count > 1);
        part->n_screened = 0;
        expect_same_result(all, part);
        shy_search_result_free(&all);
        shy_search_result_free(&part);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* What is listed has its r² of all samples, and the largest chance on the front is that of the result. */
static void a_part_is_screened_and_all_samples_are_scored(void **state)
{
    (void)state;
    const run_case *c = &cases[5];
    shy_team *alone = NULL;
    shy_search_result *r = NULL;
    double largest = 0.0;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    EXPECT(run_case_on(alone, c, 0, &r) == SHY_OK);
    EXPECT(r->n_screened == c->screen_rows && r->front_count > 1);
    for (int k = 0; k < r->levels; k++) {
        EXPECT(r->plan.formulas[k + 1] > 0 && r->level[k].count > 0 && r->level[k].count <= c->keep);
        for (int i = 0; i < r->level[k].count; i++) {
            const shy_found *found = &r->level[k].found[i];
            EXPECT(fabs(found->fit.loss - (1.0 - found->statistic)) < 1e-9);
            EXPECT(found->lost_chance >= 0.0 && found->lost_chance <= 1.0);
            if (i > 0) EXPECT(found->lost_chance >= found[-1].lost_chance); /* the worse, the sooner lost */
        }
    }
    EXPECT(r->level[4].found[0].lost_chance > 0.0 && r->level[0].found[0].lost_chance == 0.0);
    for (int f = 0; f < r->front_count; f++) largest = fmax(largest, r->level[r->front_level[f]].found[r->front_index[f]].lost_chance);
    EXPECT(r->lost_chance == largest);
    shy_search_result_free(&r);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- what is in a result -------------------------------------------------------------------------------------------------- */

/* The formula with its constants, evaluated sample by sample, correlates with the outcome as the statistic says. */
static void expect_true_statistic(const problem_spec *spec, const shy_found *found)
{
    double mean_z = 0, mean_y = 0, zz = 0, yy = 0, zy = 0, largest = 0;
    double *z = given_memory((size_t)spec->n, sizeof *z);
    for (int i = 0; i < spec->n; i++) {
        double x[16];
        for (int f = 0; spec->columns[f]; f++) x[f] = spec_value(spec, f, i);
        z[i] = shy_tree_evaluate(&found->tree, x);
        largest = fmax(largest, fabs(z[i]));
        mean_z += z[i] / spec->n, mean_y += spec_response(spec, i) / spec->n;
    }
    for (int i = 0; i < spec->n; i++) {
        const double dz = z[i] - mean_z, dy = spec_response(spec, i) - mean_y;
        zz += dz * dz, yy += dy * dy, zy += dz * dy;
    }
    present_case = found->text;
    EXPECT(fabs(zy * zy / (zz * yy) - found->statistic) < 1e-9 + 1e-13 * largest * largest * spec->n / zz);
    EXPECT(fabs(found->slope - zy / zz) <= 1e-6 * fabs(zy / zz));
    EXPECT(fabs(found->intercept - (mean_y - zy / zz * mean_z)) <= 1e-6 * (fabs(mean_y) + fabs(zy / zz * mean_z)));
    EXPECT(fabs(found->fit.loss - (1.0 - found->statistic)) < 1e-9);
    present_case = "";
    free(z);
}

/* Weights are 1: a formula has as many nodes as its complexity says. Text reads back as the tree. */
static void expect_true_text(const problem_spec *spec, const shy_found *found)
{
    const char *names[16];
    char name[16][8];
    shy_tree tree;
    for (int f = 0; spec->columns[f]; f++) {
        snprintf(name[f], sizeof name[f], "x%d", f + 1);
        names[f] = name[f];
    }
    EXPECT(shy_tree_parse(found->text, names, (uint32_t)strlen(spec->columns), &tree) == SHY_OK);
    EXPECT(tree.count == found->complexity && found->tree.count == found->complexity);
}

static void found_formulas_are_what_they_say(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    shy_search_result *r = NULL;
    int fronts = 0;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    EXPECT(run_case_on(alone, &cases[0], 0, &r) == SHY_OK);
    for (int k = 0; k < r->levels; k++) {
        EXPECT(r->level[k].complexity == k + 1);
        for (int i = 0; i < r->level[k].count; i++) {
            const shy_found *found = &r->level[k].found[i];
            EXPECT(found->complexity == k + 1 && found->fit.verdict == SHY_FITTED);
            if (i > 0) EXPECT(found[-1].fit.loss <= found->fit.loss);
            expect_true_statistic(&cases[0].spec, found);
            expect_true_text(&cases[0].spec, found);
        }
    }
    for (int f = 1; f < r->front_count; f++) {
        const shy_found *simpler = &r->level[r->front_level[f - 1]].found[r->front_index[f - 1]];
        const shy_found *found = &r->level[r->front_level[f]].found[r->front_index[f]];
        fronts += found->complexity > simpler->complexity && found->fit.loss < simpler->fit.loss;
    }
    EXPECT(r->front_count > 1 && fronts == r->front_count - 1);
    shy_search_result_free(&r);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* x2 is three times x1: each formula of one names that of the other. */
static void a_column_given_twice_makes_twins(void **state)
{
    (void)state;
    const run_case c = {{.n = 50, .columns = "pdp", .seed = 6}, "* square sqrt", 4, 2, 100, 0};
    shy_team *alone = NULL;
    shy_search_result *r = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    EXPECT(run_case_on(alone, &c, 0, &r) == SHY_OK);
    EXPECT(r->level[0].count == 2);
    for (int k = 0; k < r->levels; k++) {
        for (int i = 0; i < r->level[k].count; i++) {
            const shy_found *found = &r->level[k].found[i];
            EXPECT(strstr(found->text, "x2") == NULL);
            if (!strstr(found->text, "x1")) continue;
            bool named = false;
            for (int t = 0; t < found->twins_listed; t++) named = named || strstr(found->twins[t], "x2");
            present_case = found->text;
            EXPECT(named && found->twins_count >= (uint64_t)found->twins_listed);
            present_case = "";
        }
    }
    shy_search_result_free(&r);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* Where columns are nearly the same, or nearly constant, what only rounding could fit is no formula: constants are numbers. */
static void what_only_rounding_could_fit_is_left_out(void **state)
{
    (void)state;
    static const run_case edges[] = {
        {{.n = 40, .columns = "pep", .seed = 5}, NULL, 5, 2, 2000, 0},
        {{.n = 40, .columns = "fpp", .seed = 5}, NULL, 5, 2, 2000, 0},
        {{.n = 60, .columns = "pepf", .seed = 5, .outcome = "binary"}, "+ - * / log", 5, 2, 2000, 0},
    };
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < 3; k++) {
        shy_search_result *r = NULL;
        EXPECT(run_case_on(alone, &edges[k], 0, &r) == SHY_OK);
        for (int c = 0; c < r->levels; c++) {
            for (int i = 0; i < r->level[c].count; i++) {
                const shy_found *found = &r->level[c].found[i];
                present_case = found->text;
                EXPECT(isfinite(found->intercept) && isfinite(found->slope) && isfinite(found->fit.loss));
                EXPECT(found->fit.verdict == SHY_FITTED || found->fit.verdict == SHY_SEPARATED || found->fit.verdict == SHY_FIRTH);
                for (int t = 0; t < found->tree.count; t++) EXPECT(isfinite(found->tree.node[t].value));
                if (k < 2) EXPECT(fabs(found->fit.loss - (1.0 - found->statistic)) < 1e-7);
                present_case = "";
            }
        }
        shy_search_result_free(&r);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- the same result in every type --------------------------------------------------------------------------------------- */

/*
 * Seventy columns, so that tiles are large enough for bf16: log-normal ones, means of a million standard deviations, heavy tails,
 * near-duplicates, multiples, mixed signs, two values.
 */
#define TEN "pfweopsdbi"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static shy_status run_in(const shy_team *team, const run_case *c, shy_precision precision, shy_search_result **result_out)
{
    shy_search_options options = options_for(c->operators, c->complexity, c->factors, c->keep, 0);
    options.precision = precision;
    shy_problem *problem = problem_create(team, &c->spec);
    const shy_status st = shy_search_run(problem, &options, NULL, NULL, result_out);
    problem_free(problem);
    return st;
}

static void every_precision_gives_the_same_lists(void **state)
{
    (void)state;
    static const run_case hard[] = {
        {{.n = 50, .columns = SEVENTY, .seed = 21}, "+ - * /", 5, 2, 40, 0},
        {{.n = 200, .columns = SEVENTY, .seed = 22}, "+ - *", 7, 2, 25, 0},
        {{.n = 90, .columns = SEVENTY, .seed = 23, .outcome = "binary"}, "+ - * /", 3, 2, 60, 0},
    };
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < 3; k++) {
        shy_search_result *wide = NULL, *narrow = NULL;
        EXPECT(run_in(alone, &hard[k], SHY_FP64, &wide) == SHY_OK);
        EXPECT(wide->level[2].count > 20 && wide->screening.flagged == wide->screening.pairs);
        for (int precision = SHY_FP32; precision < SHY_PRECISIONS; precision++) {
            EXPECT(run_in(alone, &hard[k], (shy_precision)precision, &narrow) == SHY_OK);
            EXPECT((int)narrow->precision == precision);
            EXPECT(narrow->screening.flagged < narrow->screening.pairs);
            expect_same_result(wide, narrow);
            shy_search_result_free(&narrow);
        }
        shy_search_result_free(&wide);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_do_not_depend_on_ranks_or_tiles),
        cmocka_unit_test(screening_a_part_loses_nothing_that_its_lists_can_hold),
        cmocka_unit_test(a_part_is_screened_and_all_samples_are_scored),
        cmocka_unit_test(found_formulas_are_what_they_say),
        cmocka_unit_test(a_column_given_twice_makes_twins),
        cmocka_unit_test(what_only_rounding_could_fit_is_left_out),
        cmocka_unit_test(every_precision_gives_the_same_lists),
    };
    return run_par_tests("search run", tests, sizeof tests / sizeof *tests, argc, argv);
}

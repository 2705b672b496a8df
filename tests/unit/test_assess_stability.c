/* test_assess_stability.c: statistics on half samples against regressions, selection and families against naive ones, the bound, whole stages. */
#include "shy_config.h"

#include "assess_problem.h"

#include "assess/stability.h"

enum { SAMPLES = 120, PAIRS = 6, HALVES = 2 * PAIRS, FORMULAS = 400 };

typedef struct {
    assess_case of;
    bool weighted; /* a sixth of the samples with weight 0, the others between 0.5 and 2 */
} stability_case;

static const stability_case cases[] = {
    {{{.n = 80, .columns = "ppps", .seed = 1, .outcome = "continuous"}, false, 3, 1, SHY_RULE_BEST, 3, 25}, false},
    {{{.n = 75, .columns = "pppf", .seed = 2, .outcome = "continuous"}, true, 3, 1, SHY_RULE_BEST, 3, 25}, false},
    {{{.n = 110, .columns = "pppb", .seed = 3, .outcome = "continuous"}, true, 3, 1, SHY_RULE_BEST, 3, 25}, true},
    {{{.n = 120, .columns = "ppps", .seed = 4, .outcome = "binary"}, true, 3, 1, SHY_RULE_BEST, 3, 25}, false},
    {{{.n = 90, .columns = "ppp", .seed = 5, .outcome = "survival"}, true, 3, 1, SHY_RULE_BEST, 3, 25}, true},
};
enum { CASES = sizeof cases / sizeof *cases };

static double case_weight(const stability_case *c, int i)
{
    if (!c->weighted) return 1.0;
    return i % 6 == 2 ? 0.0 : 0.5 + 1.5 * shy_random_uniform(c->of.spec.seed, 5000, (uint64_t)i);
}

static shy_problem *create_problem(const shy_team *team, const stability_case *c)
{
    shy_problem *p = assess_problem_create(team, &c->of);
    double *weight = given_memory((size_t)p->rows.rows, sizeof *weight);
    for (int k = 0; k < p->rows.rows; k++) weight[k] = case_weight(c, (int)p->rows.first + k);
    p->data.weight = c->weighted ? weight : NULL;
    if (!c->weighted) free(weight);
    return p;
}

static void free_problem(shy_problem *p)
{
    free((void *)(uintptr_t)p->data.weight);
    assess_problem_free(p);
}

static int side_of(const stability_case *c, int pair, int i)
{
    return (int)(shy_random_bits(c->of.spec.seed, 6000 + (uint64_t)pair, (uint64_t)i) & 1U);
}

static void make_halves(const shy_problem *p, const stability_case *c, int pairs, shy_halves *halves)
{
    *halves = (shy_halves){.pairs = pairs};
    EXPECT(shy_new((size_t)p->rows.rows * (size_t)pairs, 1, &halves->side) == SHY_OK);
    for (int k = 0; k < p->rows.rows; k++) {
        for (int pair = 0; pair < pairs; pair++) halves->side[k * pairs + pair] = (uint8_t)side_of(c, pair, (int)p->rows.first + k);
    }
}

/* ---- naive: weighted least squares by elimination --------------------------------------------------------------------------------------- */

/* What is left of `column` after a weighted regression on 1 and the covariate, samples of weight 0 aside. */
static void residuals(int n, const double *w, const double *covariate, const double *column, double *out)
{
    long double sw = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
    for (int i = 0; i < n; i++) {
        const double x = covariate ? covariate[i] - 40.0 : 0.0;
        sw += w[i], sx += w[i] * x, sxx += w[i] * x * x, sy += w[i] * column[i], sxy += w[i] * x * column[i];
    }
    const long double slope = covariate ? (sw * sxy - sx * sy) / (sw * sxx - sx * sx) : 0.0L, intercept = (sy - slope * sx) / sw;
    for (int i = 0; i < n; i++) out[i] = (double)(column[i] - intercept - slope * (covariate ? covariate[i] - 40.0 : 0.0));
}

static double squared_correlation(int n, const double *w, const double *a, const double *b)
{
    long double aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < n; i++) aa += w[i] * a[i] * a[i], bb += w[i] * b[i] * b[i], ab += w[i] * a[i] * b[i];
    return (double)(ab * ab / (aa * bb));
}

/* Working response and weights of the null model of all samples: y/w and w. */
typedef struct {
    int n;
    double w[SAMPLES], response[SAMPLES], covariate[SAMPLES], z[SAMPLES];
    bool adjusted;
} naive_data;

static void naive_create(const stability_case *c, const shy_problem *p, naive_data *d)
{
    shy_outcome *outcome = NULL;
    EXPECT(shy_problem_outcome(p, &outcome) == SHY_OK);
    const shy_metric *metric = shy_outcome_metric(outcome);
    *d = (naive_data){.n = c->of.spec.n, .adjusted = c->of.covariate};
    for (int i = 0; i < d->n; i++) {
        d->w[i] = metric->weight ? metric->weight[i] : 1.0;
        d->response[i] = d->w[i] > 0.0 ? metric->response[i] / d->w[i] : 0.0;
        d->covariate[i] = spec_covariate(&c->of.spec, i);
    }
    shy_outcome_destroy(&outcome);
}

static double naive_statistic(const stability_case *c, const naive_data *d, int pair, int side)
{
    double w[SAMPLES], y[SAMPLES], z[SAMPLES];
    for (int i = 0; i < d->n; i++) w[i] = side_of(c, pair, i) == side ? d->w[i] : 0.0;
    residuals(d->n, w, d->adjusted ? d->covariate : NULL, d->response, y);
    residuals(d->n, w, d->adjusted ? d->covariate : NULL, d->z, z);
    return squared_correlation(d->n, w, y, z);
}

static void naive_column(const stability_case *c, const shy_tree *tree, naive_data *d)
{
    double factor[8];
    for (int i = 0; i < d->n; i++) {
        for (int f = 0; f < (int)strlen(c->of.spec.columns); f++) factor[f] = spec_value(&c->of.spec, f, i);
        d->z[i] = shy_tree_evaluate(tree, factor);
    }
}

/* ---- statistics ----------------------------------------------------------------------------------------------------------------------------- */

static int formulas[CASES];
static shy_tree trees[CASES][FORMULAS];
static shy_half_sums expected[CASES]; /* of one rank alone; everywhere */

static void take_trees(int k, const shy_search_result *result)
{
    for (int level = 0; level < result->levels; level++) {
        for (int i = 0; i < result->level[level].count; i++) trees[k][formulas[k]++] = result->level[level].found[i].tree;
    }
    EXPECT(formulas[k] > 20 && formulas[k] <= FORMULAS);
}

static void expect_regressions(int k, const shy_problem *p)
{
    const stability_case *c = &cases[k];
    static naive_data d;
    static double first[SAMPLES], other[SAMPLES];
    naive_create(c, p, &d);
    for (int f = 0; f < formulas[k]; f++) {
        naive_column(c, &trees[k][f], &d);
        for (int h = 0; h < HALVES; h++) EXPECT(fabs(expected[k].statistic[f * HALVES + h] - naive_statistic(c, &d, h / 2, h % 2)) < 1e-9);
        residuals(d.n, d.w, d.adjusted ? d.covariate : NULL, d.z, f == 0 ? first : other);
        if (f == 0) continue;
        const double r = shy_half_sums_correlation(&expected[k], 0, f);
        EXPECT(fabs(r * r - squared_correlation(d.n, d.w, first, other)) < 1e-9);
    }
}

static bool same_sums(const shy_half_sums *a, const shy_half_sums *b)
{
    const size_t count = (size_t)a->formulas;
    return a->formulas == b->formulas && a->pairs == b->pairs && a->samples == b->samples &&
           memcmp(a->statistic, b->statistic, count * HALVES * sizeof(double)) == 0 &&
           memcmp(a->column, b->column, count * (size_t)a->samples * sizeof(double)) == 0;
}

static void check_sums(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        shy_problem *p = create_problem(team, &cases[k]);
        shy_halves halves;
        shy_half_sums sums;
        make_halves(p, &cases[k], PAIRS, &halves);
        EXPECT(shy_half_sums_create(p, &halves, trees[k], formulas[k], NULL, NULL, &sums) == SHY_OK);
        EXPECT((sums.statistic != NULL) == (team->rank == 0));
        if (team->rank == 0) EXPECT(same_sums(&sums, &expected[k]));
        shy_half_sums_free(&sums);
        shy_halves_free(&halves);
        free_problem(p);
    }
}

static void statistics_are_those_of_regressions(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES; k++) {
        const shy_search_options search = assess_search(&cases[k].of);
        shy_problem *p = create_problem(alone, &cases[k]);
        shy_search_result *result = NULL;
        shy_halves halves;
        EXPECT(shy_search_run(p, &search, NULL, NULL, &result) == SHY_OK);
        take_trees(k, result);
        make_halves(p, &cases[k], PAIRS, &halves);
        EXPECT(shy_half_sums_create(p, &halves, trees[k], formulas[k], NULL, NULL, &expected[k]) == SHY_OK);
        expect_regressions(k, p);
        shy_halves_free(&halves);
        shy_search_result_free(&result);
        free_problem(p);
    }
    on_every_team(check_sums);
    for (int k = 0; k < CASES; k++) shy_half_sums_free(&expected[k]);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- selection ------------------------------------------------------------------------------------------------------------------------------ */

static void the_bound_is_that_of_shah_and_samworth(void **state)
{
    (void)state;
    EXPECT(fabs(shy_selection_bound(5, 100, 50, 0.75) - 0.25 / 0.98) < 1e-12);
    EXPECT(fabs(shy_selection_bound(5, 100, 50, 0.9) - 0.25 * 4.0 * 0.11 / 1.02) < 1e-12);
    EXPECT(fabs(shy_selection_bound(5, 100, 50, 0.6) - 0.25 / 0.38) < 1e-12);
    EXPECT(fabs(shy_selection_bound(10, 5000, 100, 0.75) - 0.02 / 0.99) < 1e-12);
    EXPECT(isnan(shy_selection_bound(1, 1, 50, 0.75))); /* no choice */
    assert_on_all_ranks();
}

/* With a chance of q/p on each of independent halves, and chances that differ around it, not more return than the bound says. */
static void fewer_return_by_chance_than_the_bound(void **state)
{
    (void)state;
    enum { P = 20, Q = 4, B = 10, RUNS = 3000 };
    const double threshold = 0.6, bound = shy_selection_bound(Q, P, B, threshold);
    int returned = 0;
    for (int run = 0; run < RUNS; run++) {
        for (int j = 0; j < P; j++) {
            int count = 0;
            for (int h = 0; h < 2 * B; h++) count += shy_random_uniform(77, (uint64_t)run, (uint64_t)(j * 2 * B + h)) < (double)Q / P;
            returned += count >= threshold * 2 * B;
        }
    }
    EXPECT((double)returned / RUNS <= bound);
    EXPECT(returned > 0);
    assert_on_all_ranks();
}

static void the_largest_of_each_complexity_are_selected(void **state)
{
    (void)state;
    enum { LISTED = 60, FEW = 1, ALL = LISTED + FEW, B = 20, H = 2 * B };
    static double statistic[ALL * H];
    int complexity[ALL];
    shy_selection s;
    for (int f = 0; f < ALL; f++) complexity[f] = f < FEW ? 2 : 4;
    for (int i = 0; i < ALL * H; i++) statistic[i] = floor(40.0 * shy_random_uniform(5, 0, (uint64_t)i)); /* with ties */
    EXPECT(shy_selection_create(ALL, B, complexity, statistic, &s) == SHY_OK);
    EXPECT(s.listed[2] == FEW && s.listed[4] == LISTED && s.listed[3] == 0);
    EXPECT(shy_selection_bound(s.each[4], LISTED, B, SHY_STABILITY_THRESHOLD) <= SHY_STABILITY_BOUND);
    EXPECT(shy_selection_bound(s.each[4] + 1, LISTED, B, SHY_STABILITY_THRESHOLD) > SHY_STABILITY_BOUND && s.each[4] > 1);
    for (int f = FEW; f < ALL; f++) {
        int times = 0;
        for (int h = 0; h < H; h++) {
            int before = 0;
            for (int g = FEW; g < ALL; g++) before += statistic[g * H + h] > statistic[f * H + h] || (g < f && statistic[g * H + h] == statistic[f * H + h]);
            EXPECT((s.selected[f * H + h] != 0) == (before < s.each[4]));
            EXPECT((s.best[4 * H + h] == f) == (before == 0));
            times += before < s.each[4];
        }
        EXPECT(fabs(shy_selection_frequency(&s, &f, 1) - (double)times / H) < 1e-12);
    }
    const int only = 0, several[2] = {FEW, FEW + 1};
    EXPECT(isnan(shy_selection_frequency(&s, &only, 1)));
    int either = 0;
    for (int h = 0; h < H; h++) either += s.selected[FEW * H + h] || s.selected[(FEW + 1) * H + h];
    EXPECT(fabs(shy_selection_frequency(&s, several, 2) - (double)either / H) < 1e-12);
    shy_selection_free(&s);
    assert_on_all_ranks();
}

/* ---- families -------------------------------------------------------------------------------------------------------------------------------- */

/* In the plane: 0°, 10°, 90°, 20°, 188°, 100°, and nothing. cos 18.2° = 0.95: 20° is too far from 0°, though 10° is near to both. */
static void a_family_is_near_its_first_member(void **state)
{
    (void)state;
    static const double angle[] = {0, 10, 90, 20, 188, 100};
    static const int family[] = {0, 0, 1, 2, 0, 1, 3}, member[] = {0, 1, 4, 2, 5, 3, 6};
    double column[14] = {0.0};
    shy_families f;
    for (int i = 0; i < 6; i++) column[2 * i] = cos(angle[i] * 0.017453292519943295), column[2 * i + 1] = sin(angle[i] * 0.017453292519943295);
    const shy_half_sums sums = {.formulas = 7, .samples = 2, .column = column};
    EXPECT(shy_families_create(&sums, 7, &f) == SHY_OK);
    EXPECT(f.families == 4);
    for (int i = 0; i < 7; i++) EXPECT(f.family[i] == family[i] && f.member[i] == member[i]);
    EXPECT(f.first[0] == 0 && f.first[1] == 3 && f.first[2] == 5 && f.first[3] == 6 && f.first[4] == 7);
    shy_families_free(&f);
    assert_on_all_ranks();
}

/* ---- whole stages ------------------------------------------------------------------------------------------------------------------------------- */

static double number_at(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    if (!shy_record_find(record, path, &entry)) return NAN;
    return entry.kind == SHY_RECORD_INTEGER ? (double)entry.integer : entry.number;
}

/* The frequency of a factor in the record; 0 if it is not listed. */
static double factor_frequency(const shy_record *record, const char *name)
{
    shy_record_entry list, entry;
    if (!shy_record_find(record, "stability.factors", &list)) return NAN;
    for (size_t i = 0; i < shy_record_count(list.record); i++) {
        shy_record_entry text;
        if (!shy_record_at(list.record, i, &entry) || !shy_record_find(entry.record, "name", &text)) return NAN;
        if (strcmp(text.text, name) == 0) return number_at(entry.record, "frequency");
    }
    return 0.0;
}

/* As the record has it, from the pieces. */
static void expect_pieces(const stability_case *c, const shy_problem *p, const shy_assessment *a)
{
    static naive_data d;
    static double chosen[SAMPLES], other[SAMPLES];
    int found = 0;
    naive_create(c, p, &d);
    naive_column(c, &a->found->tree, &d);
    residuals(d.n, d.w, d.adjusted ? d.covariate : NULL, d.z, chosen);
    for (int t = 0; t < a->folds.sets; t++) {
        const shy_model *model = shy_models_at(&a->training[t], a->choice);
        if (model->complexity == 0) continue;
        naive_column(c, &model->tree, &d);
        residuals(d.n, d.w, d.adjusted ? d.covariate : NULL, d.z, other);
        found += squared_correlation(d.n, d.w, chosen, other) > 0.95 * 0.95;
    }
    EXPECT(number_at(a->record, "stability.training.sets") == a->folds.sets);
    EXPECT(number_at(a->record, "stability.training.found") == found);
}

/* The response is of three factors, two of them in one product: formulas of it return, those of others do not. */
static const stability_case planted = {{{.n = 120, .columns = "pppssp", .seed = 12, .outcome = "continuous"}, false, 3, 1, SHY_RULE_BEST, 3, 30}, false};
static double returns_alone;

static void check_stage(const shy_team *team)
{
    const assess_case *c = &planted.of;
    const shy_search_options search = assess_search(c);
    const shy_assess_options options = {.folds = c->folds, .repeats = c->repeats, .choice = c->choice, .resamples = 25};
    shy_problem *p = create_problem(team, &planted);
    shy_assessment a;
    shy_halves halves;
    assessment_create(c, p, &search, &options, &a);
    make_halves(p, &planted, 25, &halves);
    EXPECT(shy_nested_run(&a) == SHY_OK);
    EXPECT(shy_stability_with(&a, &halves) == SHY_OK);
    if (team->rank == 0) {
        EXPECT(a.found != NULL && a.returns > 0.5 && a.returns <= 1.0);
        EXPECT(number_at(a.record, "stability.pairs") == 25 && number_at(a.record, "stability.bound") < 1.0);
        EXPECT(factor_frequency(a.record, "x2") > 0.9);
        EXPECT(factor_frequency(a.record, "x4") < 0.3 && factor_frequency(a.record, "x5") < 0.3);
        if (team->size == 1) {
            returns_alone = a.returns;
            expect_pieces(&planted, p, &a);
        }
        EXPECT(a.returns == returns_alone);
    }
    shy_halves_free(&halves);
    assessment_destroy(&a);
    free_problem(p);
}

static void what_is_there_returns(void **state)
{
    (void)state;
    on_every_team(check_stage);
    assert_on_all_ranks();
}

/* ---- halves --------------------------------------------------------------------------------------------------------------------------------------- */

/* Sides are halves of the samples and of the events, and differ from pair to pair. */
static void check_halves(const shy_team *team)
{
    const stability_case c = {{{.n = 200, .columns = "ppp", .seed = 21, .outcome = "binary"}, false, 2, 1, SHY_RULE_BEST, 2, 5}, false};
    const shy_assess_options options = {.resamples = 8, .seed = 3};
    shy_problem *p = create_problem(team, &c);
    shy_halves halves;
    EXPECT(shy_halves_create(p, &options, &halves) == SHY_OK);
    EXPECT(halves.pairs == 8);
    double counts[8 * 3] = {0.0};
    for (int k = 0; k < p->rows.rows; k++) {
        for (int pair = 0; pair < 8; pair++) {
            const uint8_t side = halves.side[k * 8 + pair];
            counts[3 * pair] += side;
            counts[3 * pair + 1] += side * p->y[k] - (1 - side) * p->y[k];
            counts[3 * pair + 2] += side != halves.side[k * 8 + (pair + 1) % 8];
        }
    }
    EXPECT(shy_group_sum(team, counts, 8 * 3) == SHY_OK);
    for (int pair = 0; pair < 8; pair++) EXPECT(counts[3 * pair] == 100 && fabs(counts[3 * pair + 1]) <= 1 && counts[3 * pair + 2] > 60 && counts[3 * pair + 2] < 140);
    shy_halves_free(&halves);
    free_problem(p);
}

static void halves_are_halves(void **state)
{
    (void)state;
    on_every_team(check_halves);
    assert_on_all_ranks();
}

/* One event cannot be on both sides: the stage says so, and the run goes on. */
static void check_what_cannot_be_halved(const shy_team *team)
{
    const stability_case c = {{{.n = 60, .columns = "ppp", .seed = 22, .outcome = "binary"}, false, 2, 1, SHY_RULE_BEST, 2, 5}, false};
    const shy_assess_options options = {.resamples = 4, .seed = 3};
    shy_problem *p = create_problem(team, &c);
    shy_assessment a = {.problem = p, .options = &options, .returns = NAN};
    shy_record_entry entry;
    for (int k = 0; k < p->rows.rows; k++) p->y[k] = p->rows.first + (uint64_t)k == 5;
    if (team->rank == 0) EXPECT(shy_record_create(&a.record) == SHY_OK);
    EXPECT(shy_stability_run(&a) == SHY_OK && isnan(a.returns));
    EXPECT(strcmp(shy_error_message(), "") == 0);
    if (team->rank == 0) EXPECT(shy_record_find(a.record, "stability.not_available", &entry) && strstr(entry.text, "halved") != NULL);
    shy_record_free(&a.record);
    free_problem(p);
}

static void what_cannot_be_halved_is_said(void **state)
{
    (void)state;
    on_every_team(check_what_cannot_be_halved);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_are_those_of_regressions),    cmocka_unit_test(the_bound_is_that_of_shah_and_samworth),
        cmocka_unit_test(fewer_return_by_chance_than_the_bound),  cmocka_unit_test(the_largest_of_each_complexity_are_selected),
        cmocka_unit_test(a_family_is_near_its_first_member),      cmocka_unit_test(what_is_there_returns),
        cmocka_unit_test(halves_are_halves),                      cmocka_unit_test(what_cannot_be_halved_is_said),
    };
    return run_par_tests("assess_stability", tests, sizeof tests / sizeof *tests, argc, argv);
}

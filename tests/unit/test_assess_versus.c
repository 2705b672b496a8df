/*
 * test_assess_versus.c: baselines and reference lines: the same as by hand, on every team; held-out samples have no say in their own predictions; messages;
 * samples without a value; nets at their minimum.
 */
#include "shy_config.h"

#include "assess_problem.h"

#include "assess/nested.h"
#include "assess/versus.h"
#include "shihyo/linalg.h"

enum { SAMPLES = 90, MOST = 8, FOLDS = 3, REPEATS = 2 };

static const assess_case cases[] = {
    {{.n = SAMPLES, .columns = "pppspb", .seed = 1, .outcome = "continuous"}, true, FOLDS, REPEATS, SHY_RULE_BEST, 3, 10},
    {{.n = SAMPLES, .columns = "pppspb", .seed = 3, .outcome = "binary"}, false, FOLDS, REPEATS, SHY_RULE_BEST, 3, 10},
    {{.n = SAMPLES, .columns = "pppspb", .seed = 5, .outcome = "survival"}, true, FOLDS, REPEATS, SHY_RULE_BEST, 3, 10},
};
enum { CASES = sizeof cases / sizeof *cases };

static const shy_baseline baseline[] = {{"ratio", "x1 / x2", NULL}, {NULL, NULL, "x3"}, {"of some", "log(x4)", NULL}}; /* x4 has both signs */
enum { BASELINES = sizeof baseline / sizeof *baseline };

static const shy_assess_options options = {.folds = FOLDS, .repeats = REPEATS, .stratified = true, .references = true, .baseline = baseline, .baselines = BASELINES, .seed = 11};

/* What one assessment says of its contenders. */
typedef struct {
    int count;
    shy_contender_kind kind[MOST];
    double predictor[MOST][REPEATS * SAMPLES], value[MOST][FOLDS * REPEATS], apparent[MOST], chi2[MOST];
    int df[MOST];
    uint64_t samples[MOST];
    int used[FOLDS * REPEATS + 1];
    char chosen[256];
} said;

static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static void note(const shy_assessment *a, const shy_contenders *all, said *s)
{
    memset(s, 0, sizeof *s);
    s->count = all->count;
    for (int k = 0; k < all->count; k++) {
        const shy_contender *c = &all->contender[k];
        s->kind[k] = c->kind;
        memcpy(s->predictor[k], c->held.predictor, sizeof s->predictor[k]);
        memcpy(s->value[k], c->held.spread.value, sizeof s->value[k]);
        s->apparent[k] = c->apparent, s->chi2[k] = c->ratio.chi2, s->df[k] = c->ratio.df, s->samples[k] = c->samples;
        for (int t = 0; c->kind == SHY_CONTENDER_ELASTIC && t <= FOLDS * REPEATS; t++) s->used[t] = c->net[t].used;
    }
    if (a->found) snprintf(s->chosen, sizeof s->chosen, "%s", a->found->text);
}

/* fold >= 0: the samples of this fold of the first repeat have another outcome. */
static void assess(const shy_team *team, const assess_case *c, int fold, said *s)
{
    const shy_search_options search = assess_search(c);
    shy_problem *p = assess_problem_create(team, c);
    shy_assessment a;
    shy_contenders all = {.count = 0};
    for (int k = 0; k < p->rows.rows; k++) {
        if (spec_fold(c, 0, (int)p->rows.first + k) != fold) continue;
        p->y[k] = strcmp(c->spec.outcome, "continuous") == 0 ? 3.0 - p->y[k] : 1.0 - p->y[k];
        if (p->data.time) ((double *)(uintptr_t)p->data.time)[k] *= 1.5 + k;
    }
    assessment_create(c, p, &search, &options, &a);
    EXPECT(shy_nested_run(&a) == SHY_OK);
    EXPECT(shy_contenders_create(&a, &all) == SHY_OK);
    if (team->rank == 0 && all.count > 0) note(&a, &all, s);
    shy_contenders_free(&all);
    assessment_destroy(&a);
    assess_problem_free(p);
}

/* ---- every team ------------------------------------------------------------------------------------------------------------------ */

static said first[CASES];
static bool noted;

static void check_team(const shy_team *team)
{
    static said now;
    for (int k = 0; k < CASES; k++) {
        assess(team, &cases[k], -1, noted ? &now : &first[k]);
        if (noted && team->rank == 0) EXPECT(same_bits(&now, &first[k], sizeof now));
    }
    noted = true;
}

static void any_ranks_say_the_same(void **state)
{
    (void)state;
    on_every_team(check_team);
    assert_on_all_ranks();
}

static void lines_are_there(void **state)
{
    (void)state;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int k = 0; rank == 0 && k < CASES; k++) {
        const said *s = &first[k];
        EXPECT(s->count == BASELINES + 3 + cases[k].covariate);
        for (int j = 0; j < s->count; j++) {
            EXPECT((s->kind[j] == SHY_CONTENDER_BASELINE) == (j < BASELINES));
            for (int i = 0; i < REPEATS * SAMPLES && j != 2; i++) EXPECT(isfinite(s->predictor[j][i]));
            EXPECT(isfinite(s->apparent[j]));
        }
        EXPECT(s->samples[0] == SAMPLES && s->samples[2] > 20 && s->samples[2] < 70);
        EXPECT(s->used[FOLDS * REPEATS] > 0);
    }
    assert_on_all_ranks();
}

/* ---- held-out samples ------------------------------------------------------------------------------------------------------------- */

/* What is predicted for the samples of a fold does not change with their outcome; of other folds it does. */
static void check_blindness(const shy_team *team)
{
    static said other;
    if (team->size > 1) return;
    for (int k = 0; k < CASES; k++) {
        const assess_case *c = &cases[k];
        assess(team, c, 1, &other);
        for (int j = 0; j < other.count; j++) {
            int moved = 0;
            for (int i = 0; i < SAMPLES; i++) {
                const double *mine = &first[k].predictor[j][i], *theirs = &other.predictor[j][i];
                if (spec_fold(c, 0, i) == 1) EXPECT(same_bits(mine, theirs, sizeof *mine));
                else moved += !same_bits(mine, theirs, sizeof *mine);
            }
            EXPECT(moved > 10);
        }
    }
}

static void predictions_do_not_know_the_samples_they_are_for(void **state)
{
    (void)state;
    on_every_team(check_blindness);
    assert_on_all_ranks();
}

/* ---- by hand ------------------------------------------------------------------------------------------------------------------------ */

static double ratio_of(const assess_case *c, int i)
{
    return spec_value(&c->spec, 0, i) / spec_value(&c->spec, 1, i);
}

static void fit_by_hand(const assess_case *c, const shy_problem *p, const double *z, const double *v, double *eta, shy_fit *fit)
{
    shy_outcome *outcome = NULL;
    const double *basis[2] = {z, v};
    int covariates = 0;
    EXPECT(shy_problem_outcome(p, &outcome) == SHY_OK);
    EXPECT(shy_outcome_refit(outcome, v ? 2 : 1, basis, fit) == SHY_OK);
    const double *beside = shy_outcome_covariates(outcome, &covariates);
    for (int i = 0; eta && i < SAMPLES; i++)
        eta[i] = fit->intercept + (c->covariate ? beside[0] * spec_covariate(&c->spec, i) : 0.0) + fit->coefficient[0] * z[i];
    shy_outcome_destroy(&outcome);
}

static void check_by_hand(const shy_team *team)
{
    if (team->size > 1) return;
    for (int k = 0; k < CASES; k++) {
        const assess_case *c = &cases[k];
        shy_problem *p = assess_problem_create(team, c);
        double z[SAMPLES], v[SAMPLES], eta[SAMPLES];
        shy_fit fit, both;
        shy_tree tree;
        for (int i = 0; i < SAMPLES; i++) z[i] = ratio_of(c, i);
        for (int t = 0; t < FOLDS * REPEATS; t++) {
            shy_problem *trained = trained_create(p, c, t, -1);
            fit_by_hand(c, trained, z, NULL, eta, &fit);
            for (int i = 0; i < SAMPLES; i++) {
                const double mine = first[k].predictor[0][t / FOLDS * SAMPLES + i];
                if (spec_fold(c, t / FOLDS, i) == t % FOLDS) EXPECT(fabs(mine - eta[i]) <= 1e-12 * (1.0 + fabs(eta[i])));
            }
            trained_free(trained);
        }
        fit_by_hand(c, p, z, NULL, NULL, &fit);
        EXPECT(fabs(first[k].apparent[0] - fit.metric[0]) < 1e-12);
        EXPECT(first[k].chosen[0] != '\0' && shy_tree_parse(first[k].chosen, p->name, (uint32_t)p->factors, &tree) == SHY_OK);
        EXPECT(shy_problem_evaluate(p, &tree, v) == SHY_OK);
        fit_by_hand(c, p, z, v, NULL, &both);
        EXPECT(both.verdict == SHY_SINGULAR ? first[k].df[0] == 0
                                            : first[k].df[0] == 1 && fabs(first[k].chi2[0] - (both.likelihood_ratio - fit.likelihood_ratio)) < 1e-8);
        assess_problem_free(p);
    }
}

static void baselines_are_what_a_fit_by_hand_says(void **state)
{
    (void)state;
    on_every_team(check_by_hand);
    assert_on_all_ranks();
}

/* The best single factor is the one with the least loss of all. */
static void check_single(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        const assess_case *c = &cases[k];
        shy_problem *p = assess_problem_create(team, c);
        double statistic[8], beside[1], *z = given_memory((size_t)p->rows.rows, sizeof *z), least = INFINITY;
        shy_outcome *outcome = NULL;
        shy_single best;
        int32_t order[8], expected = -1;
        shy_fit fit;
        EXPECT(shy_problem_outcome(p, &outcome) == SHY_OK);
        EXPECT(shy_line_screen(p, outcome, SHY_LINE_FACTORS, statistic) == SHY_OK);
        EXPECT(shy_single_best(p, outcome, statistic, &best, beside) == SHY_OK);
        for (int f = 0; f < p->factors; f++) {
            for (int i = 0; i < p->rows.rows; i++) z[i] = spec_value(&c->spec, f, (int)p->rows.first + i);
            const double *basis = z;
            EXPECT(shy_outcome_refit(outcome, 1, &basis, &fit) == SHY_OK);
            if (fit.loss < least) least = fit.loss, expected = f;
        }
        EXPECT(best.factor == expected && best.loss == least);
        EXPECT(shy_line_best(statistic, p->factors, 4, order) == 4);
        for (int j = 0; j < 4; j++) EXPECT(statistic[order[j]] >= (j < 3 ? statistic[order[j + 1]] : 0.0));
        if (k == 0) EXPECT(order[0] == expected); /* least squares: the statistic is a function of the loss */
        shy_outcome_destroy(&outcome);
        free(z);
        assess_problem_free(p);
    }
}

static void the_best_single_factor_has_the_least_loss(void **state)
{
    (void)state;
    on_every_team(check_single);
    assert_on_all_ranks();
}

static void largest_statistics_come_first(void **state)
{
    (void)state;
    enum { FACTORS = 200 };
    double statistic[FACTORS];
    int32_t best[FACTORS];
    for (int round = 0; round < 20; round++) {
        int usable = 0;
        for (int f = 0; f < FACTORS; f++) {
            statistic[f] = floor(20.0 * shy_random_uniform(9, (uint64_t)round, (uint64_t)f)) - 1.0; /* ties, and some of −1 */
            usable += statistic[f] >= 0.0;
        }
        const int wanted = 1 + 17 * round, count = shy_line_best(statistic, FACTORS, wanted < FACTORS ? wanted : FACTORS, best);
        EXPECT(count == (wanted < usable ? wanted : usable));
        for (int k = 1; k < count; k++) EXPECT(statistic[best[k - 1]] > statistic[best[k]] || (statistic[best[k - 1]] == statistic[best[k]] && best[k - 1] < best[k]));
        for (int f = 0; count > 0 && f < FACTORS; f++) { /* whoever is not among them is no better than the last */
            bool among = false;
            for (int k = 0; k < count; k++) among = among || best[k] == f;
            EXPECT(among || statistic[f] < statistic[best[count - 1]] || (statistic[f] == statistic[best[count - 1]] && f > best[count - 1]));
        }
    }
    assert_on_all_ranks();
}

/* ---- nets ---------------------------------------------------------------------------------------------------------------------------- */

enum { NET_ROWS = 60, NET_COLUMNS = 12 };

/* Derivative of −log likelihood/n of a binary or continuous outcome by the coefficient of the standardised column. */
static double slope_of(const shy_net_data *data, const double *column, const double *eta)
{
    double mean = 0.0, square = 0.0, sum = 0.0;
    for (int i = 0; i < NET_ROWS; i++) mean += column[i] / NET_ROWS;
    for (int i = 0; i < NET_ROWS; i++) square += (column[i] - mean) * (column[i] - mean) / NET_ROWS;
    for (int i = 0; i < NET_ROWS; i++) {
        const double fitted = data->family == SHY_NET_BINOMIAL ? 1.0 / (1.0 + exp(-eta[i])) : eta[i];
        sum -= (column[i] - mean) / sqrt(square) * (data->y[i] - fitted) / NET_ROWS;
    }
    return sum;
}

/* At a minimum the derivative is −lambda (alpha·sign b + (1 − alpha)·b), or within ±lambda·alpha where b is 0; of columns without a penalty it is 0. */
static void nets_stand_at_their_minimum(void **state)
{
    (void)state;
    static double x[NET_COLUMNS][NET_ROWS], y[NET_ROWS];
    static int row[NET_ROWS];
    const double *column[NET_COLUMNS];
    shy_net_options how = SHY_NET_DEFAULTS;
    how.tolerance = 1e-16, how.ratio = 0.05;
    for (int i = 0; i < NET_ROWS; i++) {
        row[i] = i;
        for (int j = 0; j < NET_COLUMNS; j++) x[j][i] = 10.0 * j + (1.0 + j) * shy_random_normal(4, (uint64_t)j, (uint64_t)i);
    }
    for (int j = 0; j < NET_COLUMNS; j++) column[j] = x[j];
    for (int family = SHY_NET_GAUSSIAN; family <= SHY_NET_BINOMIAL; family++) {
        shy_net_path path = {0};
        for (int i = 0; i < NET_ROWS; i++) y[i] = x[0][i] - 0.2 * (x[4][i] - 40.0) + shy_random_normal(5, 1, (uint64_t)i);
        for (int i = 0; i < NET_ROWS && family == SHY_NET_BINOMIAL; i++) y[i] = y[i] > 0.0;
        const shy_net_data data = {.family = (shy_net_family)family, .n = NET_ROWS, .columns = NET_COLUMNS - 1, .covariates = 1, .column = column + 1, .covariate = column, .y = y};
        EXPECT(shy_net_fit(&data, &how, row, NET_ROWS, NULL, 0, &path) == SHY_OK);
        EXPECT(path.lambdas > 20 && path.used[0] == 0);
        double mean = 0.0, square = 0.0;
        for (int i = 0; i < NET_ROWS; i++) mean += y[i] / NET_ROWS;
        for (int i = 0; i < NET_ROWS; i++) square += (y[i] - mean) * (y[i] - mean) / NET_ROWS;
        const double scale = family == SHY_NET_GAUSSIAN ? sqrt(square) : 1.0; /* the ridge is counted in units of y */
        for (int k = 0; k < path.lambdas; k += 7) {
            double eta[NET_ROWS];
            for (int i = 0; i < NET_ROWS; i++) eta[i] = shy_net_predict(&data, &path, k, i);
            EXPECT(fabs(slope_of(&data, x[0], eta)) < 1e-6);
            for (int j = 0; j < NET_COLUMNS - 1; j++) {
                const double b = path.coefficient[k * (NET_COLUMNS - 1) + j], slope = slope_of(&data, column[1 + j], eta);
                double middle = 0.0, deviation = 0.0;
                for (int i = 0; i < NET_ROWS; i++) middle += column[1 + j][i] / NET_ROWS;
                for (int i = 0; i < NET_ROWS; i++) deviation += (column[1 + j][i] - middle) * (column[1 + j][i] - middle) / NET_ROWS;
                const double size = b * sqrt(deviation), expected = -path.lambda[k] * 0.5 * ((b > 0.0 ? 1.0 : -1.0) + size / scale);
                EXPECT(b == 0.0 ? fabs(slope) <= 0.5 * path.lambda[k] + 1e-6 : fabs(slope - expected) < 1e-6);
            }
        }
        shy_net_path_free(&path);
    }
    assert_on_all_ranks();
}

/* ---- messages ------------------------------------------------------------------------------------------------------------------------- */

static void check_messages(const shy_team *team)
{
    static const struct {
        shy_baseline baseline;
        const char *message;
    } table[] = {
        {{NULL, NULL, "x33"}, "there is no column \"x33\"; the nearest name is \"x3\""},
        {{NULL, "x1 + y9", NULL}, "compare: \"x1 + y9\": "},
        {{NULL, "x1 / (x2", NULL}, "compare: \"x1 / (x2\": "},
        {{"mine", "x1 - x1", NULL}, "compare: \"mine\" has the same value for all samples in use"},
        {{NULL, "log(x1 - 100)", NULL}, "has a value for 0 of the samples in use; at least 10 are needed"},
    };
    shy_problem *p = assess_problem_create(team, &cases[0]);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        const shy_assess_options asked = {.baseline = &table[k].baseline, .baselines = 1};
        present_case = table[k].message;
        expect_failure(team, shy_baselines_check(p, &asked), SHY_INPUT, table[k].message);
        shy_error_clear();
        present_case = "";
    }
    EXPECT(shy_baselines_check(p, &options) == SHY_OK);
    assess_problem_free(p);
}

static void baselines_that_cannot_be_are_refused(void **state)
{
    (void)state;
    on_every_team(check_messages);
    assert_on_all_ranks();
}

/* ---- record ----------------------------------------------------------------------------------------------------------------------------- */

static void check_record(const shy_team *team)
{
    const assess_case *c = &cases[1];
    const shy_search_options search = assess_search(c);
    shy_problem *p = assess_problem_create(team, c);
    shy_assessment a;
    shy_record_entry entry, list;
    assessment_create(c, p, &search, &options, &a);
    EXPECT(shy_nested_run(&a) == SHY_OK);
    EXPECT(shy_versus_run(&a) == SHY_OK);
    if (team->rank == 0) {
        EXPECT(shy_record_find(a.record, "versus.contenders", &list) && shy_record_count(list.record) == (size_t)first[1].count);
        EXPECT(shy_record_at(list.record, 0, &entry) && entry.kind == SHY_RECORD_OBJECT);
        const shy_record *ratio = entry.record;
        EXPECT(shy_record_find(ratio, "method", &entry) && strcmp(entry.text, "DeLong within folds") == 0);
        EXPECT(shy_record_find(ratio, "mean", &entry) && isfinite(entry.number));
        const double mean = entry.number;
        EXPECT(shy_record_find(ratio, "delta", &entry) && fabs(entry.number - (a.chosen.spread.mean - mean)) < 1e-12);
        EXPECT(shy_record_find(a.record, "versus.decision_curve.chosen", &entry) && entry.count == 49);
    }
    assessment_destroy(&a);
    assess_problem_free(p);
}

static void the_record_says_it(void **state)
{
    (void)state;
    on_every_team(check_record);
    assert_on_all_ranks();
}

/* ---- failures ------------------------------------------------------------------------------------------------------------------------------ */

static void check_memory(const shy_team *team)
{
    const assess_case c = {{.n = 40, .columns = "ppp", .seed = 2, .outcome = "continuous"}, true, 2, 1, SHY_RULE_BEST, 2, 5};
    const shy_assess_options asked = {.folds = 2, .repeats = 1, .references = true, .baseline = baseline, .baselines = 1};
    const shy_search_options search = assess_search(&c);
    if (team->size > 2) return;
    shy_problem *p = assess_problem_create(team, &c);
    shy_assessment a;
    assessment_create(&c, p, &search, &asked, &a);
    EXPECT(shy_nested_run(&a) == SHY_OK);
    shy_status st = SHY_MEMORY;
    for (uint64_t nth = 1; st == SHY_MEMORY && nth < 100000; nth += 1 + nth / 4) {
        shy_contenders all = {.count = 0};
        if (team->rank == team->size - 1) shy_memory_fail_at(nth);
        st = shy_contenders_create(&a, &all);
        shy_memory_fail_at(0);
        EXPECT(on_all(team, st == SHY_OK || st == SHY_MEMORY));
        shy_error_clear();
        shy_contenders_free(&all);
    }
    EXPECT(st == SHY_OK);
    assessment_destroy(&a);
    assess_problem_free(p);
}

static void all_ranks_leave_when_memory_ends(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_ranks_say_the_same),
        cmocka_unit_test(lines_are_there),
        cmocka_unit_test(predictions_do_not_know_the_samples_they_are_for),
        cmocka_unit_test(baselines_are_what_a_fit_by_hand_says),
        cmocka_unit_test(the_best_single_factor_has_the_least_loss),
        cmocka_unit_test(largest_statistics_come_first),
        cmocka_unit_test(nets_stand_at_their_minimum),
        cmocka_unit_test(baselines_that_cannot_be_are_refused),
        cmocka_unit_test(the_record_says_it),
        cmocka_unit_test(all_ranks_leave_when_memory_ends),
    };
    return run_par_tests("assess_versus", tests, sizeof tests / sizeof *tests, argc, argv);
}

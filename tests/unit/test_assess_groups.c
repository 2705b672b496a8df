/* test_assess_groups.c: risk groups against cut-points, sizes and tests found by hand; the same record on any number of ranks. */
#include "shy_config.h"

#include "assess_problem.h"

#include "assess/nested.h"

enum { SAMPLES = 100, GROUPS = 3 };

static const struct {
    assess_case c;
    int groups;
    shy_groups_method method;
} cases[] = {
    {{{.n = 90, .columns = "ppps", .seed = 1, .outcome = "continuous"}, false, 3, 2, SHY_RULE_BEST, 3, 15}, 2, SHY_GROUPS_MAXSTAT},
    {{{.n = 70, .columns = "pppb", .seed = 2, .outcome = "continuous"}, true, 4, 1, SHY_RULE_BEST, 3, 15}, 3, SHY_GROUPS_QUANTILE},
    {{{.n = 100, .columns = "ppps", .seed = 3, .outcome = "binary"}, true, 3, 1, SHY_RULE_BEST, 3, 15}, 2, SHY_GROUPS_MAXSTAT},
    {{{.n = 95, .columns = "pppi", .seed = 6, .outcome = "binary"}, false, 3, 2, SHY_RULE_BEST, 3, 15}, 3, SHY_GROUPS_MAXSTAT},
    {{{.n = 80, .columns = "ppps", .seed = 7, .outcome = "survival"}, false, 4, 1, SHY_RULE_BEST, 3, 15}, 2, SHY_GROUPS_MAXSTAT},
    {{{.n = 90, .columns = "ppps", .seed = 5, .outcome = "survival"}, true, 3, 1, SHY_RULE_BEST, 3, 15}, 3, SHY_GROUPS_QUANTILE},
};
enum { CASES = sizeof cases / sizeof *cases };

static bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1.0 + fabs(b));
}

static bool is(const assess_case *c, const char *kind)
{
    return strcmp(c->spec.outcome, kind) == 0;
}

/* ---- by hand -------------------------------------------------------------------------------------------------------------- */

/* Samples of a set, what is predicted and observed. */
typedef struct {
    const assess_case *c;
    bool in[SAMPLES];
    double x[SAMPLES], score[SAMPLES];
} set;

/* y; with times the event less its hazard: deaths before it, each divided by those who live on until then. */
static void score_by_hand(set *s)
{
    const int n = s->c->spec.n;
    for (int i = 0; i < n; i++) {
        s->score[i] = spec_y(s->c, i);
        for (int j = 0; j < n && is(s->c, "survival"); j++) {
            int alive = 0;
            for (int k = 0; k < n; k++) alive += s->in[k] && spec_time(s->c, k) >= spec_time(s->c, j);
            if (s->in[j] && spec_y(s->c, j) > 0.0 && spec_time(s->c, j) <= spec_time(s->c, i)) s->score[i] -= 1.0 / alive;
        }
    }
}

/* Correlation of the score with being above the cut, times √(n − 1). */
static double statistic_at(const set *s, double cut)
{
    double n = 0.0, above = 0.0, sum = 0.0, square = 0.0, both = 0.0;
    for (int i = 0; i < s->c->spec.n; i++) {
        if (!s->in[i]) continue;
        const double side = s->x[i] > cut;
        n += 1.0, above += side, sum += s->score[i], square += s->score[i] * s->score[i], both += side * s->score[i];
    }
    const double covariance = both / n - above / n * (sum / n), variance = (square / n - sum / n * (sum / n)) * (above / n) * (1.0 - above / n);
    return fabs(covariance) / sqrt(variance) * sqrt(n - 1.0);
}

static int count_below(const set *s, double cut)
{
    int below = 0;
    for (int i = 0; i < s->c->spec.n; i++) below += s->in[i] && s->x[i] <= cut;
    return below;
}

/* Halfway to the next higher value of the set. */
static double halfway(const set *s, double cut)
{
    double next = INFINITY;
    for (int i = 0; i < s->c->spec.n; i++) {
        if (s->in[i] && s->x[i] > cut) next = fmin(next, s->x[i]);
    }
    return cut + 0.5 * (next - cut);
}

static double best_cut(const set *s)
{
    const int n = count_below(s, INFINITY);
    double best = NAN, most = -1.0;
    for (int i = 0; i < s->c->spec.n; i++) {
        const int below = s->in[i] ? count_below(s, s->x[i]) : 0;
        if (below < n / 10 || below > n * 9 / 10 || below < 1) continue;
        const double here = statistic_at(s, s->x[i]);
        if (here > most * (1.0 + 1e-9) || (here > most * (1.0 - 1e-9) && s->x[i] < best)) best = s->x[i], most = here;
    }
    return halfway(s, best);
}

static double quantile(const set *s, int k, int groups)
{
    const int n = count_below(s, INFINITY), wanted = (n * k + groups - 1) / groups;
    double best = INFINITY;
    for (int i = 0; i < s->c->spec.n; i++) {
        if (s->in[i] && count_below(s, s->x[i]) >= wanted) best = fmin(best, s->x[i]);
    }
    return halfway(s, best);
}

static void cuts_by_hand(const set *s, int groups, shy_groups_method method, double cut[GROUPS])
{
    for (int k = 1; k < groups; k++) cut[k - 1] = method == SHY_GROUPS_MAXSTAT ? best_cut(s) : quantile(s, k, groups);
}

static double predict(const assess_case *c, const shy_model *model, int i)
{
    double factor[8];
    for (int f = 0; f < (int)strlen(c->spec.columns); f++) factor[f] = spec_value(&c->spec, f, i);
    const double base = model->intercept + (c->covariate ? model->beside[0] * spec_covariate(&c->spec, i) : 0.0);
    return model->complexity > 0 ? base + model->slope * shy_tree_evaluate(&model->tree, factor) : base;
}

static int group_at(const double *cut, int groups, double x)
{
    int group = 0;
    while (group + 1 < groups && x > cut[group]) group++;
    return group;
}

/* ---- what the record must say -------------------------------------------------------------------------------------------------- */

static double number_in(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    if (!shy_record_find(record, path, &entry)) return NAN;
    return entry.kind == SHY_RECORD_INTEGER ? (double)entry.integer : entry.number;
}

static const shy_record *part_of(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    EXPECT(shy_record_find(record, path, &entry) && entry.record);
    return entry.record;
}

static const shy_record *listed(const shy_record *list, int k)
{
    shy_record_entry entry;
    EXPECT(shy_record_at(list, (size_t)k, &entry) && entry.record);
    return entry.record;
}

/* Two groups: (observed − expected)²/variance over the times of death. */
static double logrank_by_hand(const assess_case *c, const int *group)
{
    double surplus = 0.0, variance = 0.0;
    for (int j = 0; j < c->spec.n; j++) {
        double all = 0.0, high = 0.0;
        if (spec_y(c, j) == 0.0) continue;
        for (int k = 0; k < c->spec.n; k++) {
            if (spec_time(c, k) >= spec_time(c, j)) all += 1.0, high += group[k];
        }
        surplus += group[j] - high / all;
        variance += high / all * (1.0 - high / all);
    }
    return surplus * surplus / variance;
}

static double between_by_hand(const assess_case *c, const int *group, int groups)
{
    double sum[GROUPS] = {0.0}, count[GROUPS] = {0.0}, all = 0.0, square = 0.0, between = 0.0;
    const int n = c->spec.n;
    for (int i = 0; i < n; i++) sum[group[i]] += spec_y(c, i), count[group[i]] += 1.0, all += spec_y(c, i), square += spec_y(c, i) * spec_y(c, i);
    for (int g = 0; g < groups; g++) between += sum[g] * sum[g] / count[g];
    return (n - 1.0) * (between - all * all / n) / (square - all * all / n);
}

static double half_by_hand(const assess_case *c, const int *group, int g)
{
    double survival = 1.0;
    for (double now = 0.0; survival > 0.5;) {
        double next = INFINITY, alive = 0.0;
        for (int i = 0; i < c->spec.n; i++) {
            if (group[i] == g && spec_y(c, i) > 0.0 && spec_time(c, i) > now) next = fmin(next, spec_time(c, i));
        }
        for (int i = 0; i < c->spec.n; i++) alive += group[i] == g && spec_time(c, i) >= next;
        if (isinf(next)) return NAN;
        survival *= 1.0 - 1.0 / alive;
        now = next;
        if (survival <= 0.5) return now;
    }
    return NAN;
}

static void expect_groups(const assess_case *c, const int *group, int groups, const shy_record *record)
{
    const shy_record *list = part_of(record, "group");
    EXPECT((int)shy_record_count(list) == groups);
    for (int g = 0; g < groups; g++) {
        const shy_record *one = listed(list, g);
        double count = 0.0, sum = 0.0;
        for (int i = 0; i < c->spec.n; i++) {
            if (group[i] == g) count += 1.0, sum += spec_y(c, i);
        }
        EXPECT(number_in(one, "samples") == count);
        if (is(c, "continuous")) EXPECT(close_to(number_in(one, "mean"), sum / count) && number_in(one, "low") < sum / count);
        if (is(c, "binary")) EXPECT(close_to(number_in(one, "rate"), sum / count) && number_in(one, "events") == sum);
        if (!is(c, "survival")) continue;
        const double half = number_in(one, "median_survival.time"), by_hand = half_by_hand(c, group, g);
        EXPECT(number_in(one, "events") == sum && (close_to(half, by_hand) || (isnan(half) && isnan(by_hand))));
        EXPECT(g > 0 || number_in(one, "hazard_ratio.ratio") == 1.0);
        EXPECT(g == 0 || number_in(one, "hazard_ratio.low") < number_in(one, "hazard_ratio.ratio"));
    }
    EXPECT(number_in(record, "samples") == c->spec.n && number_in(record, "not_divided") == 0.0);
    if (is(c, "survival") && groups == 2) EXPECT(close_to(number_in(record, "difference.chi_square"), logrank_by_hand(c, group)));
    if (!is(c, "survival")) EXPECT(close_to(number_in(record, "difference.chi_square"), between_by_hand(c, group, groups)));
    EXPECT(number_in(record, "difference.df") == groups - 1 && number_in(record, "difference.p") <= 1.0);
}

/* The largest statistic of three groups is not searched for again here: its cut-points are taken, the rest is by hand. */
static void take_cuts(const shy_record *record, double cut[GROUPS])
{
    for (int k = 0; k < 2; k++) cut[k] = number_in(listed(part_of(record, "cut"), k), "prediction");
}

static void expect_apparent(int k, const shy_models *models, const shy_assessment *a)
{
    const assess_case *c = &cases[k].c;
    const shy_record *record = part_of(a->record, "groups.apparent");
    const shy_model *model = shy_models_at(models, a->choice);
    const bool searched = cases[k].groups == 3 && cases[k].method == SHY_GROUPS_MAXSTAT;
    set s = {.c = c};
    double cut[GROUPS];
    int group[SAMPLES];
    for (int i = 0; i < c->spec.n; i++) s.in[i] = true, s.x[i] = predict(c, model, i);
    score_by_hand(&s);
    if (searched) take_cuts(record, cut);
    else cuts_by_hand(&s, cases[k].groups, cases[k].method, cut);
    for (int g = 0; g + 1 < cases[k].groups; g++) {
        const shy_record *one = listed(part_of(record, "cut"), g);
        EXPECT(close_to(number_in(one, "prediction"), cut[g]) && close_to(number_in(one, "statistic"), statistic_at(&s, cut[g])));
        EXPECT(number_in(one, "below") == count_below(&s, cut[g]));
        if (!c->covariate) EXPECT(close_to(model->intercept + model->slope * number_in(one, "formula"), cut[g]));
    }
    EXPECT(cases[k].method != SHY_GROUPS_MAXSTAT || number_in(record, "p_cut") < 0.1);
    for (int i = 0; i < c->spec.n; i++) group[i] = group_at(cut, cases[k].groups, s.x[i]);
    expect_groups(c, group, cases[k].groups, record);
}

static void expect_held_out(int k, const shy_assessment *a)
{
    const assess_case *c = &cases[k].c;
    const shy_record *record = part_of(a->record, "groups.held_out");
    int group[SAMPLES];
    for (int f = 0; f < c->folds; f++) {
        const shy_model *model = shy_models_at(&a->training[f], shy_choose_without(a, f));
        set s = {.c = c};
        double cut[GROUPS];
        for (int i = 0; i < c->spec.n; i++) s.in[i] = spec_fold(c, 0, i) != f, s.x[i] = predict(c, model, i);
        score_by_hand(&s);
        cuts_by_hand(&s, cases[k].groups, cases[k].method, cut);
        for (int g = 0; g + 1 < cases[k].groups; g++) {
            shy_record_entry entry;
            EXPECT(shy_record_find(listed(part_of(record, "cut"), g), "prediction", &entry) && (int)entry.count == c->folds);
            if (cases[k].groups == 3 && cases[k].method == SHY_GROUPS_MAXSTAT) cut[g] = entry.numbers[f];
            EXPECT(close_to(entry.numbers[f], cut[g]));
        }
        for (int i = 0; i < c->spec.n; i++) {
            if (!s.in[i]) group[i] = group_at(cut, cases[k].groups, s.x[i]);
        }
    }
    expect_groups(c, group, cases[k].groups, record);
}

/* ---- tests -------------------------------------------------------------------------------------------------------------------------- */

/* Numbers of a record one after the other, so that two records can be compared. */
static uint64_t hash_of(const shy_record *record, uint64_t hash)
{
    shy_record_entry e;
    for (size_t k = 0; k < shy_record_count(record) && shy_record_at(record, k, &e); k++) {
        hash = shy_hash_bytes(e.name, strlen(e.name), hash);
        if (e.kind == SHY_RECORD_NUMBER) hash = shy_hash_bytes(&e.number, sizeof e.number, hash);
        if (e.kind == SHY_RECORD_INTEGER) hash = shy_hash_bytes(&e.integer, sizeof e.integer, hash);
        if (e.kind == SHY_RECORD_NUMBERS) hash = shy_hash_bytes(e.numbers, e.count * sizeof *e.numbers, hash);
        if (e.kind == SHY_RECORD_OBJECT || e.kind == SHY_RECORD_LIST) hash = hash_of(e.record, hash);
    }
    return hash;
}

static uint64_t first_hash[CASES];

static void check_cases(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        const assess_case *c = &cases[k].c;
        char name[16];
        snprintf(name, sizeof name, "case %d", k);
        present_case = name;
        const shy_search_options search = assess_search(c);
        const shy_assess_options options = {.folds = c->folds, .repeats = c->repeats, .choice = c->choice, .groups = cases[k].groups,
                                            .groups_method = cases[k].method, .seed = 3};
        shy_problem *p = assess_problem_create(team, c);
        shy_assessment a;
        shy_models models = {0};
        assessment_create(c, p, &search, &options, &a);
        EXPECT(shy_nested_run(&a) == SHY_OK);
        EXPECT(shy_groups_run(&a) == SHY_OK);
        EXPECT(shy_models_create(p, a.result, &models) == SHY_OK);
        if (team->rank == 0) {
            EXPECT(a.found != NULL);
            expect_apparent(k, &models, &a);
            expect_held_out(k, &a);
            const uint64_t hash = hash_of(part_of(a.record, "groups"), 1);
            if (first_hash[k] == 0) first_hash[k] = hash;
            EXPECT(hash == first_hash[k]);
        }
        shy_models_free(&models);
        assessment_destroy(&a);
        assess_problem_free(p);
        present_case = "";
    }
}

static void groups_are_those_found_by_hand(void **state)
{
    (void)state;
    on_every_team(check_cases);
    assert_on_all_ranks();
}

static void check_none(const shy_team *team)
{
    const assess_case *c = &cases[0].c;
    const shy_search_options search = assess_search(c);
    shy_assess_options options = {.folds = c->folds, .repeats = c->repeats, .choice = c->choice};
    shy_problem *p = assess_problem_create(team, c);
    shy_assessment a;
    shy_record_entry entry;
    assessment_create(c, p, &search, &options, &a);
    EXPECT(shy_nested_run(&a) == SHY_OK);
    EXPECT(shy_groups_run(&a) == SHY_OK); /* nobody asks for any */
    options.groups = 2;
    const shy_found *found = a.found;
    a.found = NULL;
    EXPECT(shy_groups_run(&a) == SHY_OK); /* there is no formula */
    EXPECT(!shy_record_find(a.record, "groups", &entry));
    a.found = found;
    assessment_destroy(&a);
    assess_problem_free(p);
}

static void nothing_is_said_without_a_formula(void **state)
{
    (void)state;
    on_every_team(check_none);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups_are_those_found_by_hand), cmocka_unit_test(nothing_is_said_without_a_formula)};
    return run_par_tests("assess_groups", tests, sizeof tests / sizeof *tests, argc, argv);
}

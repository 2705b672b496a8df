/* test_assess_verdict.c: what is concluded from made-up assessments, word by word. */
#include "shy_config.h"

#include <math.h>

#include "par_check.h"

#include "assess/verdict.h"

enum { FOLDS = 4 };

/* A contender of the record `versus`: the chosen formula less it. */
typedef struct {
    const char *name, *kind, *formula;
    double mean, low, high;
} line;

typedef struct {
    const char *what, *kind;
    int covariates;
    bool front, nested, chosen;
    double apparent, null_apparent;
    double fold[FOLDS], null[FOLDS];
    int permutations, exceeding;
    double returns;
    int sets, found; /* of the record of stability; sets 0: there is none */
    double slope, slope_error; /* of calibration; NaN: there is none */
    line lines[4];
    shy_verdict_level level;
    const char *text;
} verdict_case;

#define GOOD .front = true, .nested = true, .chosen = true, .apparent = 0.73, .null_apparent = 0.0, .fold = {0.69, 0.71, 0.74, 0.70}
#define SAYS "weight / square(height) is distinguishable from chance (p at most 0.005 for the whole search). On samples that the search had not seen it reaches "
#define R2 "R\xc2\xb2"
#define PM "\xc2\xb1"

static const verdict_case cases[] = {
    {.what = "nothing looked at", .kind = "continuous", .front = true, .returns = NAN, .slope = NAN, .level = SHY_LEVEL_UNCHECKED,
     .text = "How well these formulas hold on other samples was not checked: all numbers are of the samples that they were found on."},
    {.what = "no front", .kind = "binary", .returns = NAN, .slope = NAN, .level = SHY_LEVEL_CHANCE, .text = "No formula explains the outcome better than none does."},
    {.what = "chance by permutations", .kind = "continuous", .front = true, .permutations = 99, .exceeding = 42, .returns = NAN, .slope = NAN, .level = SHY_LEVEL_CHANCE,
     .text = "No formula is distinguishable from chance (p = 0.43 for the whole search): searches of permuted outcomes find formulas as good as these. What is "
             "listed describes these samples, and need not hold in others."},
    {.what = "signal alone", .kind = "continuous", .front = true, .permutations = 199, .exceeding = 1, .returns = NAN, .slope = NAN, .level = SHY_LEVEL_SIGNAL,
     .text = "There is more in these formulas than chance (p = 0.01 for the whole search). How well they do on other samples was not checked."},
    {.what = "good, and better than what is there", .kind = "continuous", GOOD, .permutations = 200, .returns = 0.98, .sets = 4, .found = 4, .slope = 0.97, .slope_error = 0.05,
     .lines = {{"best single factor", "single", "weight", 0.5, 0.1, 0.3}, {"elastic net", "elastic", NULL, 0.64, 0.02, 0.1}}, .level = SHY_LEVEL_SUPPORTED,
     .text = SAYS R2 " 0.71 " PM " 0.01 (0.73 on those that it was found on, 0.00 without a formula). It, or a formula that says nearly the same, was found by 4 of 4 "
             "searches without a part of the samples, and is among the best on 98 % of half samples. It does better than the best single factor (0.50). It does "
             "better than models of many factors: elastic net (0.64)."},
    {.what = "a single factor does as well", .kind = "continuous", GOOD, .permutations = 200, .returns = NAN, .slope = NAN,
     .lines = {{"BMI", "baseline", "703 * weight / square(height)", 0.70, -0.01, 0.03},
               {"age", "baseline", "age", 0.2, 0.4, 0.6},
               {"Quetelet", "baseline", "weight / square(height)", 0.71, 0.0, 0.0},
               {"elastic net", "elastic_log", NULL, 0.80, -0.12, -0.04}}, .level = SHY_LEVEL_REPLACEABLE,
     .text = SAYS R2 " 0.71 " PM " 0.01 (0.73 on those that it was found on, 0.00 without a formula). It is the same as Quetelet (0.71). It does "
             "better than age (0.20). It is not shown to be better than "
             "BMI (0.70), which may do as well. It does worse than models of many factors: elastic net (0.80). The factors hold more than this formula tells."},
    {.what = "held out alone, covariates, extreme predictions", .kind = "binary", .covariates = 2, .front = true, .nested = true, .chosen = true, .apparent = 0.95,
     .null_apparent = 0.6, .fold = {0.70, 0.74, 0.69, 0.71}, .null = {0.6, 0.62, 0.6, 0.58}, .returns = NAN, .slope = 0.5, .slope_error = 0.1,
     .level = SHY_LEVEL_SUPPORTED,
     .text = "weight / square(height): on samples that the search had not seen it reaches AUC 0.71 " PM " 0.01 (0.95 on those that it was found on, 0.60 for the covariates "
             "alone). Less than half of what it seems to explain holds there. Its predictions are too extreme (calibration slope 0.50)."},
    {.what = "not clearly better than none", .kind = "survival", .front = true, .nested = true, .chosen = true, .apparent = 0.7, .null_apparent = 0.5,
     .fold = {0.4, 0.6, 0.55, 0.49}, .null = {0.5, 0.5, 0.5, 0.5}, .returns = 0.31, .slope = NAN, .level = SHY_LEVEL_WEAK,
     .text = "weight / square(height): on samples that the search had not seen it reaches concordance 0.51 " PM " 0.04 (0.70 on those that it was found on, 0.50 without a "
             "formula). It is better than no formula by 0.01 " PM " 0.04, which may be chance. It, or a formula that says nearly the same, is among the best on 31 % of half "
             "samples."},
    {.what = "no formula chosen, no p", .kind = "binary", .front = true, .nested = true, .fold = {0.5, 0.5, 0.5, 0.5}, .null = {0.5, 0.5, 0.5, 0.5}, .returns = NAN, .slope = NAN,
     .level = SHY_LEVEL_CHANCE, .text = "On samples that the search had not seen no formula does better than none (AUC 0.50)."},
    {.what = "no formula chosen, though not chance", .kind = "count", .covariates = 1, .front = true, .nested = true, .fold = {0.1, 0.1, 0.1, 0.1}, .null = {0.1, 0.12, 0.11, 0.2},
     .permutations = 99, .returns = NAN, .slope = NAN, .level = SHY_LEVEL_WEAK,
     .text = "There is more in these formulas than chance (p at most 0.01 for the whole search). On samples that the search had not seen no formula does better than the "
             "covariates alone (explained deviance 0.13)."},
    {.what = "worse than none", .kind = "continuous", .front = true, .nested = true, .chosen = true, .apparent = 0.3, .fold = {-0.2, -0.1, 0.1, 0.0}, .returns = NAN,
     .slope = NAN, .level = SHY_LEVEL_CHANCE,
     .text = "weight / square(height): on samples that the search had not seen it reaches " R2 " -0.05 " PM " 0.06 (0.30 on those that it was found on, 0.00 without a "
             "formula). That is no better than without a formula."},
};

static void add_lines(const verdict_case *c, shy_record *record)
{
    shy_record *versus = NULL, *list = NULL, *entry = NULL;
    if (!c->lines[0].name) return;
    EXPECT(shy_record_object(record, "versus", &versus) == SHY_OK && shy_record_list(versus, "contenders", &list) == SHY_OK);
    for (int k = 0; k < 4 && c->lines[k].name; k++) {
        EXPECT(shy_record_append(list, &entry) == SHY_OK);
        EXPECT(shy_record_text(entry, "name", c->lines[k].name) == SHY_OK);
        EXPECT(shy_record_text(entry, "kind", c->lines[k].kind) == SHY_OK && shy_record_text(entry, "formula", c->lines[k].formula) == SHY_OK);
        EXPECT(shy_record_number(entry, "mean", c->lines[k].mean) == SHY_OK);
        EXPECT(shy_record_number(entry, "low", c->lines[k].low) == SHY_OK && shy_record_number(entry, "high", c->lines[k].high) == SHY_OK);
    }
}

static void add_records(const verdict_case *c, shy_record *record)
{
    shy_record *stability = NULL, *training = NULL, *calibration = NULL;
    if (c->sets > 0) {
        EXPECT(shy_record_object(record, "stability", &stability) == SHY_OK && shy_record_object(stability, "training", &training) == SHY_OK);
        EXPECT(shy_record_integer(training, "sets", c->sets) == SHY_OK && shy_record_integer(training, "found", c->found) == SHY_OK);
    }
    if (!isnan(c->slope)) {
        EXPECT(shy_record_object(record, "calibration", &calibration) == SHY_OK);
        EXPECT(shy_record_number(calibration, "slope", c->slope) == SHY_OK && shy_record_number(calibration, "slope_error", c->slope_error) == SHY_OK);
    }
    add_lines(c, record);
}

static void make_spread(const double *value, shy_held_out *held)
{
    EXPECT(shy_spread_create(FOLDS, &held->spread) == SHY_OK);
    memcpy(held->spread.value, value, FOLDS * sizeof *value);
    shy_spread_close(&held->spread, 1);
}

/* Only what the verdict may look at is there. */
static void expect_verdict(const shy_team *team, const verdict_case *c)
{
    char text[] = "weight / square(height)";
    const shy_problem problem = {.team = team, .ops = shy_outcome_find(c->kind), .data.covariates = c->covariates};
    const shy_assess_options options = {.folds = c->nested ? FOLDS : 0};
    const shy_found found = {.text = text, .complexity = 3, .fit.metric = {c->apparent}};
    shy_search_result result = {.front_count = c->front, .null.metric = {c->null_apparent}};
    shy_held_out level[2] = {0};
    shy_record_entry entry;
    shy_assessment a = {.problem = &problem, .options = &options, .result = &result, .returns = c->returns, .folds = {.folds = FOLDS, .repeats = 1, .sets = FOLDS}};
    a.chance[0] = (shy_chance){.permutations = c->permutations, .exceeding = c->exceeding, .p = c->permutations ? (1.0 + c->exceeding) / (1.0 + c->permutations) : NAN};
    a.found = c->chosen ? &found : NULL;
    present_case = c->what;
    EXPECT(shy_record_create(&a.record) == SHY_OK);
    add_records(c, a.record);
    if (c->nested) {
        a.level = level;
        make_spread(c->null, &level[0]);
        make_spread(c->fold, &a.chosen);
    }
    EXPECT(shy_verdict_run(&a) == SHY_OK);
    EXPECT(shy_record_find(a.record, "verdict", &entry) && strcmp(entry.text, c->text) == 0);
    if (strcmp(entry.text, c->text) != 0) fprintf(stderr, "  %s\n", entry.text);
    EXPECT(shy_record_find(a.record, "verdict_level", &entry) && strcmp(entry.text, shy_verdict_level_name(c->level)) == 0);
    shy_spread_free(&level[0].spread);
    shy_spread_free(&a.chosen.spread);
    shy_record_free(&a.record);
    present_case = "";
}

static void verdicts_say_what_is_known(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) expect_verdict(alone, &cases[k]);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_say_what_is_known)};
    return run_par_tests("assess_verdict", tests, sizeof tests / sizeof *tests, argc, argv);
}

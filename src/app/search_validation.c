/* search_validation.c: how far a search is to be checked, from its keys to what assess takes, and what that adds in words. */
#include "shy_config.h"

#include <string.h>

#include "app/progress.h"
#include "app/search_run.h"

/* ---- from the keys ------------------------------------------------------------------------------------------------------ */

static bool is(const shy_config *config, int key, const char *value)
{
    return strcmp(shy_config_text(config, key), value) == 0;
}

static shy_status read_baselines(shy_search_session *s)
{
    shy_status st = SHY_OK;
    int count = 0;
    const char *const *item = shy_config_list(s->config, SHY_KEY_COMPARE, &count);

    if (count > SHY_BASELINES_MAX) return shy_fail(SHY_INPUT, "compare has %d items; it takes at most %d.", count, SHY_BASELINES_MAX);
    SHY_TRY(shy_new((size_t)count, sizeof *s->baseline_item, &s->baseline_item));
    SHY_TRY(shy_new((size_t)count, sizeof *s->baseline, &s->baseline));
    for (int k = 0; k < count; k++) {
        shy_baseline_item *read = &s->baseline_item[k];
        SHY_TRY(shy_baseline_read(item[k], read));
        s->baselines++;
        s->baseline[k] = (shy_baseline){.name = read->name, .formula = read->formula, .column = read->column};
    }
    s->assess.baseline = s->baseline;
    s->assess.baselines = count;
out:
    return st;
}

shy_status shy_session_validation(shy_search_session *s)
{
    const shy_config *c = s->config;
    const bool full = is(c, SHY_KEY_VALIDATION_LEVEL, "full"), automatic = is(c, SHY_KEY_PERMUTATIONS, "auto");

    s->assesses = !is(c, SHY_KEY_VALIDATION_LEVEL, "none");
    s->assess = (shy_assess_options){
        .folds = (int)shy_config_integer(c, SHY_KEY_VALIDATION_FOLDS),
        .repeats = (int)shy_config_integer(c, SHY_KEY_VALIDATION_REPEATS),
        .by = shy_config_text(c, SHY_KEY_VALIDATION_BY),
        .stratified = is(c, SHY_KEY_VALIDATION_STRATA, "outcome"),
        .choice = is(c, SHY_KEY_VALIDATION_RULE, "best") ? SHY_RULE_BEST : SHY_RULE_ONE_SE,
        .permutations = !full ? 0 : automatic ? SHY_PERMUTATIONS_AUTO : (int)shy_config_integer(c, SHY_KEY_PERMUTATIONS),
        .resamples = full ? (int)shy_config_integer(c, SHY_KEY_STABILITY_RESAMPLES) : 0,
        .references = full && is(c, SHY_KEY_REFERENCES, "true"),
        .groups = (int)shy_config_integer(c, SHY_KEY_GROUPS_COUNT),
        .groups_method = is(c, SHY_KEY_GROUPS_METHOD, "quantile") ? SHY_GROUPS_QUANTILE : SHY_GROUPS_MAXSTAT,
        .seed = s->options.seed,
    };
    return read_baselines(s);
}

void shy_session_validation_free(shy_search_session *s)
{
    for (int k = 0; k < s->baselines; k++) shy_baseline_clear(&s->baseline_item[k]);
    shy_free(&s->baseline_item);
    shy_free(&s->baseline);
    s->baselines = 0;
}

/* ---- what it adds ---------------------------------------------------------------------------------------------------------- */

/* Training sets are screened together where formulas are compared with nothing but a response: their metrics differ in that alone. */
shy_status shy_session_validation_plan(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;

    s->one_pass = false;
    if (!s->assesses || s->assess.folds == 0) return SHY_OK;
    SHY_TRY(shy_problem_outcome(s->problem, &outcome));
    const shy_metric *metric = shy_outcome_metric(outcome);
    s->one_pass = metric->weight == NULL && metric->directions == 0 && s->options.templates_count == 0 &&
                  shy_search_screen_rows(s->problem, &s->options) == s->problem->rows.total;
out:
    shy_outcome_destroy(&outcome);
    return st;
}

/* What a training set costs in the common pass, in searches: its share of the tests of pairs, which do not depend on the samples. */
static double share_of_set(const shy_search_session *s)
{
    const double samples = (double)s->problem->rows.total;

    return s->one_pass ? 0.04 + 36.0 / samples : 1.0; /* measured: bench/bench_pass.c */
}

static void print_sets(const shy_search_session *s, FILE *stream)
{
    const shy_assess_options *a = &s->assess;
    const int sets = a->folds * a->repeats;

    fprintf(stream, "%d training sets (%d folds", sets, a->folds);
    if (a->repeats > 1) fprintf(stream, ", %d times", a->repeats);
    if (*a->by != '\0') fprintf(stream, ", by %s", a->by);
    fprintf(stream, "), %s", s->one_pass ? "searched in one pass with all samples" : "searched one after another");
}

/* Most of them: where the answer is clear the rest is left out. */
static int permutations_of(const shy_search_session *s)
{
    if (s->assess.permutations != SHY_PERMUTATIONS_AUTO) return s->assess.permutations;
    return shy_permutations_auto((double)s->plan.formulas_total, (double)s->problem->rows.total);
}

#define SHARE_OF_PERMUTATION 0.28 /* in searches: a product more for each pair, of about ten, and its tests; measured: bench/bench_pass.c */

double shy_session_validation_seconds(const shy_search_session *s)
{
    const shy_assess_options *a = &s->assess;

    if (!s->assesses) return 0.0;
    return s->plan.seconds * (a->folds * a->repeats * (share_of_set(s) + (a->folds > 2)) + permutations_of(s) * SHARE_OF_PERMUTATION);
}

void shy_plan_print_validation(const shy_search_session *s, FILE *stream)
{
    const shy_assess_options *a = &s->assess;
    const char *next = "validation      ";
    char seconds[32];

    if (!s->assesses) {
        fputs("validation      none: all numbers will be apparent\n", stream);
        return;
    }
    if (a->folds > 0) fputs(next, stream), print_sets(s, stream), next = "\n                ";
    if (a->folds > 2) fprintf(stream, "%s%d searches without two folds, by which the complexity is chosen", next, a->folds * a->repeats);
    if (a->permutations != 0) fprintf(stream, "%s%d permuted outcomes, fewer if the answer is clear", next, permutations_of(s)), next = "\n                ";
    if (a->resamples > 0) fprintf(stream, "%s%d pairs of half samples for stability", next, a->resamples), next = "\n                ";
    if (a->baselines > 0) fprintf(stream, "%s%d baseline%s to compare with", next, a->baselines, a->baselines == 1 ? "" : "s"), next = "\n                ";
    if (a->references) fprintf(stream, "%sreference lines: the best single factor, elastic nets, covariates alone", next), next = "\n                ";
    if (*next != '\n') {
        fputs("validation      none of it is asked for\n", stream);
        return;
    }
    fprintf(stream, "\n                expected time of it: up to about %s%s\n", shy_meter_duration(shy_session_validation_seconds(s), seconds),
            a->folds > 0 ? ", and the refits for each training set" : "");
}

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

static void print_sets(const shy_search_session *s, FILE *stream)
{
    const shy_assess_options *a = &s->assess;
    const int sets = a->folds * a->repeats;

    fprintf(stream, "%d training sets (%d folds", sets, a->folds);
    if (a->repeats > 1) fprintf(stream, ", %d times", a->repeats);
    if (*a->by != '\0') fprintf(stream, ", by %s", a->by);
    fprintf(stream, "), %s", s->validation_plan.one_pass ? "searched in one pass with all samples" : "searched one after another");
}

double shy_session_validation_seconds(const shy_search_session *s)
{
    return s->assesses ? s->validation_plan.seconds : 0.0;
}

void shy_plan_print_validation(const shy_search_session *s, FILE *stream)
{
    const shy_assess_options *a = &s->assess;
    const char *next = "validation      ";

    if (!s->assesses) {
        fputs("validation      none: all numbers will be apparent\n", stream);
        return;
    }
    if (a->folds > 0) fputs(next, stream), print_sets(s, stream), next = "\n                ";
    if (a->folds > 2) fprintf(stream, "%s%d searches without two folds, by which the complexity is chosen", next, a->folds * a->repeats);
    if (s->validation_plan.permutations > 0) fprintf(stream, "%s%d permuted outcomes, fewer if the answer is clear", next, s->validation_plan.permutations), next = "\n                ";
    if (a->resamples > 0) fprintf(stream, "%s%d pairs of half samples for stability", next, a->resamples), next = "\n                ";
    if (a->baselines > 0) fprintf(stream, "%s%d baseline%s to compare with", next, a->baselines, a->baselines == 1 ? "" : "s"), next = "\n                ";
    if (a->references) fprintf(stream, "%sreference lines: the best single factor, elastic nets, covariates alone", next), next = "\n                ";
    if (*next != '\n') {
        fputs("validation      none of it is asked for\n", stream);
        return;
    }
    fputs("\n", stream);
}

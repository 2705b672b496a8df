/* The record `nested`: what the searches without a fold found at each complexity, and how it did there. */
#include "shy_config.h"

#include <math.h>

#include "nested.h"
#include "released.h"

const char *shy_choice_name(shy_choice rule)
{
    return rule == SHY_RULE_BEST ? "best" : "one-se";
}

static const char *const how_chosen[] = {
    [SHY_RULE_BEST] = "The complexity with the best mean over the held-out folds; of equals the simplest.",
    [SHY_RULE_ONE_SE] = "The lowest complexity whose mean over the held-out folds is within one standard error of the best one's, and better than without a formula.",
};

#define HOW_JUDGED                                                                                                                                       \
    "For each fold the complexity was chosen by the same rule from searches without this fold and one of its neighbours, judged on that neighbour, and "   \
    "the formula that the search without this fold found at that complexity was judged on it: nothing that was chosen had seen it."
#define HOW_JUDGED_BY_OTHERS                                                                                                                             \
    "For each fold the complexity was chosen by the same rule on the other folds of its repeat, and the formula that the search without this fold found "  \
    "at that complexity was judged on it. The searches behind the other folds have seen this one's samples, which flatters the choice a little; "          \
    "with three folds or more nothing that is chosen has."

/* Positive where the samples that chose the formula flatter it. */
static double optimism(const shy_assessment *a, double apparent, double mean)
{
    return a->problem->ops->larger_is_better ? apparent - mean : mean - apparent;
}

static shy_status add_spread(const shy_assessment *a, shy_record *record, const shy_spread *spread)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_record_number(record, "mean", spread->mean));
    SHY_TRY(shy_record_number(record, "error", spread->error));
    SHY_TRY(shy_release_folds(&a->options->sdc, "fold", spread->value, spread->count, record));
out:
    return st;
}

/* found NULL: no formula, and the metric of the model without one. */
static shy_status add_formula(const shy_assessment *a, shy_record *record, const shy_found *found, const shy_spread *spread)
{
    shy_status st = SHY_OK;
    const double apparent = found ? found->fit.metric[0] : a->result->null.metric[0];
    SHY_TRY(shy_record_text(record, "formula", found ? found->text : NULL));
    SHY_TRY(shy_record_number(record, "apparent", apparent));
    SHY_TRY(add_spread(a, record, spread));
    SHY_TRY(shy_record_number(record, "optimism", optimism(a, apparent, spread->mean)));
out:
    return st;
}

/* ---- a complexity ----------------------------------------------------------------------------------------------------------------- */

/* text: room for as many as there are training sets. */
static shy_status add_level(const shy_assessment *a, int complexity, const char **text, shy_record *levels)
{
    shy_status st = SHY_OK;
    shy_record *level = NULL;
    const shy_found *found = shy_front_at(a->result, complexity);
    int agree = 0;
    for (int t = 0; t < a->folds.sets; t++) {
        const shy_model *model = shy_models_at(&a->training[t], complexity);
        text[t] = model->text;
        agree += found && shy_tree_alike(&model->tree, &found->tree);
    }
    SHY_TRY(shy_record_append(levels, &level));
    SHY_TRY(shy_record_integer(level, "complexity", complexity));
    SHY_TRY(add_formula(a, level, found, &a->level[complexity].spread));
    SHY_TRY(shy_record_texts(level, "formulas", text, (size_t)a->folds.sets));
    SHY_TRY(shy_record_integer(level, "agree", agree));
out:
    return st;
}

/* Does any front have a formula of exactly this complexity? Else the level repeats the one below. */
static bool has_news(const shy_assessment *a, int complexity)
{
    const shy_found *found = shy_front_at(a->result, complexity);
    bool news = found && found->complexity == complexity;
    for (int t = 0; t < a->folds.sets; t++) news = news || shy_models_at(&a->training[t], complexity)->complexity == complexity;
    return news;
}

static shy_status add_levels(const shy_assessment *a, shy_record *nested)
{
    shy_status st = SHY_OK;
    shy_record *levels = NULL;
    const char **text = NULL;
    SHY_TRY(shy_new((size_t)a->folds.sets, sizeof *text, &text));
    SHY_TRY(shy_record_list(nested, "levels", &levels));
    for (int c = 1; c <= a->levels; c++) {
        if (has_news(a, c)) SHY_TRY(add_level(a, c, text, levels));
    }
out:
    shy_free(&text);
    return st;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------------- */

static shy_status add_selected(const shy_assessment *a, shy_record *nested)
{
    shy_status st = SHY_OK;
    shy_record *selected = NULL;
    SHY_TRY(shy_record_object(nested, "selected", &selected));
    SHY_TRY(shy_record_integer(selected, "complexity", a->found ? a->found->complexity : 0));
    SHY_TRY(shy_record_integer(selected, "at_most", a->choice));
    SHY_TRY(add_formula(a, selected, a->found, &a->chosen.spread));
    SHY_TRY(shy_record_text(selected, "how", a->inner ? HOW_JUDGED : HOW_JUDGED_BY_OTHERS));
out:
    return st;
}

static shy_status add_setup(const shy_assessment *a, shy_record *nested)
{
    shy_status st = SHY_OK;
    const char *by = a->options->by;
    SHY_TRY(shy_record_text(nested, "metric", a->problem->ops->metric_names[0]));
    SHY_TRY(shy_record_truth(nested, "larger_is_better", a->problem->ops->larger_is_better));
    SHY_TRY(shy_record_integer(nested, "folds", a->folds.folds));
    SHY_TRY(shy_record_integer(nested, "repeats", a->folds.repeats));
    SHY_TRY(shy_record_text(nested, "by", by && *by ? by : NULL));
    if (by && *by) SHY_TRY(shy_record_integer(nested, "groups", (int64_t)a->folds.groups));
    if (by && *by) SHY_TRY(shy_release_part(a->options, "nested", "groupless", (int64_t)a->folds.groupless, (int64_t)a->truth.n, nested));
    SHY_TRY(shy_record_integer(nested, "passes", a->passes));
    SHY_TRY(shy_record_text(nested, "rule", shy_choice_name(a->options->choice)));
    SHY_TRY(shy_record_text(nested, "rule_means", how_chosen[a->options->choice]));
    SHY_TRY(shy_record_text(nested, "error_means",
                            "Standard deviation of the values of all held-out folds, divided by the square root of the folds of one repeat: repeats use the same "
                            "samples again, so they do not make it smaller."));
out:
    return st;
}

shy_status shy_nested_record(const shy_assessment *a, uint64_t undefined)
{
    shy_status st = SHY_OK;
    shy_record *nested = NULL, *null = NULL;
    SHY_TRY(shy_record_object(a->record, "nested", &nested));
    SHY_TRY(add_setup(a, nested));
    if (undefined > 0) {
        SHY_TRY(shy_record_text(nested, "undefined_means", "Predictions of held-out samples that are no numbers; these samples are left out where they occur."));
        SHY_TRY(shy_release_part(a->options, "nested", "undefined", (int64_t)undefined, (int64_t)a->truth.n * a->folds.repeats, nested));
    }
    SHY_TRY(shy_record_object(nested, "null", &null));
    SHY_TRY(shy_record_number(null, "apparent", a->result->null.metric[0]));
    SHY_TRY(add_spread(a, null, &a->level[0].spread));
    SHY_TRY(add_levels(a, nested));
    SHY_TRY(add_selected(a, nested));
out:
    return st;
}

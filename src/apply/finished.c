/* finished.c: a finished search as front.json and run.json have it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "apply_impl.h"

/* ---- freeing --------------------------------------------------------------------------------------------------------- */

static void finished_clear(shy_finished *f)
{
    for (int k = 0; f->factor != NULL && k < f->factors; k++) shy_input_clear(&f->factor[k]);
    for (int k = 0; f->covariate != NULL && k < f->covariates; k++) shy_input_clear(&f->covariate[k]);
    for (int k = 0; f->model != NULL && k < f->models; k++) shy_model_clear(&f->model[k]);
    shy_free(&f->factor);
    shy_free(&f->covariate);
    shy_free(&f->model);
    shy_free(&f->name);
    shy_free(&f->outcome);
    shy_free(&f->outcome_kind);
    shy_free(&f->outcome_unit);
    shy_free(&f->positive);
    shy_free(&f->configuration);
}

void shy_finished_free(shy_finished **finished, int count)
{
    for (int k = 0; *finished != NULL && k < count; k++) finished_clear(&(*finished)[k]);
    shy_free(finished);
}

/* ---- a directory --------------------------------------------------------------------------------------------------------------- */

static shy_status read_link(const char *directory, shy_finished *f)
{
    static const struct {
        const char *kind;
        shy_link link;
    } links[] = {{"continuous", SHY_LINK_IDENTITY},         {"binary", SHY_LINK_LOGIT},       {"count", SHY_LINK_LOG},
                 {"ordinal", SHY_LINK_CUMULATIVE_LOGIT},    {"survival", SHY_LINK_LOG_HAZARD}, {"matched", SHY_LINK_LOG_ODDS}};

    for (size_t k = 0; k < sizeof links / sizeof *links; k++)
        if (strcmp(links[k].kind, f->outcome_kind) == 0) return f->link = links[k].link, SHY_OK;
    return shy_fail(SHY_INPUT, "%s/front.json: this version does not know outcomes of the kind \"%s\".", directory, f->outcome_kind);
}

/* What nested validation chose is a complexity of the front, or less if formulas were left out of it; where nothing was validated the front ends with the best fit. */
static int find_chosen(const json_t *document, const shy_finished *f)
{
    const json_t *selected = json_object_get(json_object_get(document, "nested"), "selected");
    const char *formula = shy_json_word(selected, "formula");
    const double complexity = shy_json_number(selected, "complexity", INFINITY);
    int chosen = f->models - 1;

    for (int k = 0; k < f->models && *formula != '\0'; k++)
        if (strcmp(f->model[k].text, formula) == 0) return k;
    while (chosen > 0 && f->model[chosen].complexity > complexity) chosen--;
    return chosen;
}

static shy_status read_front(const char *directory, const json_t *document, shy_finished *f)
{
    shy_status st = SHY_OK;
    const json_t *inputs = json_object_get(document, "inputs"), *interaction = json_object_get(document, "interaction");

    if (!json_is_object(inputs))
        SHY_TRY(shy_fail(SHY_INPUT, "%s/front.json: does not say what its formulas are made from (\"inputs\"): it is from an earlier version. Search again.", directory));
    SHY_TRY(shy_string_copy(shy_json_word(document, "outcome"), &f->outcome));
    SHY_TRY(shy_string_copy(shy_json_word(document, "outcome_kind"), &f->outcome_kind));
    SHY_TRY(shy_string_copy(shy_json_word(document, "outcome_unit"), &f->outcome_unit));
    SHY_TRY(shy_string_copy(shy_json_word(document, "positive"), &f->positive));
    SHY_TRY(read_link(directory, f));
    f->outcome_mean = shy_json_number(inputs, "outcome_mean", NAN);
    f->interacts = json_is_object(interaction);
    f->treatment_mean = shy_json_number(interaction, "mean", NAN);
    SHY_TRY(shy_inputs_read(json_object_get(inputs, "factors"), &f->factor, &f->factors));
    SHY_TRY(shy_inputs_read(json_object_get(inputs, "covariates"), &f->covariate, &f->covariates));
    SHY_TRY(shy_models_read(document, f));
    f->chosen = find_chosen(document, f);
out:
    return st;
}

static shy_status read_target(const char *directory, const char *name, shy_finished *f)
{
    shy_status st = SHY_OK;
    json_t *front = NULL, *run = NULL;

    SHY_TRY(shy_json_load(directory, "front.json", &front));
    SHY_TRY(shy_json_load(directory, "run.json", &run));
    SHY_TRY(shy_string_copy(name, &f->name));
    SHY_TRY(shy_string_copy(shy_json_word(run, "configuration"), &f->configuration));
    SHY_TRY(read_front(directory, front, f));
out:
    json_decref(front);
    json_decref(run);
    return st;
}

static shy_status read_targets(const char *directory, const json_t *targets, shy_finished *finished)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    size_t k;
    json_t *target;

    json_array_foreach(targets, k, target)
    {
        const char *below = shy_json_word(target, "directory");
        if (*below == '\0' || strchr(below, '/') != NULL) SHY_TRY(shy_fail(SHY_INPUT, "%s/targets.json: a target without a directory.", directory));
        shy_free(&path);
        SHY_TRY(shy_string_format(&path, "%s/%s", directory, below));
        SHY_TRY(read_target(path, shy_json_word(target, "name"), &finished[k]));
    }
out:
    shy_free(&path);
    return st;
}

shy_status shy_finished_read(const char *directory, shy_finished **finished_out, int *count_out)
{
    shy_status st = SHY_OK;
    json_t *document = NULL;
    shy_finished *finished = NULL;
    char *path = NULL;
    size_t count = 1;

    SHY_TRY(shy_string_format(&path, "%s/targets.json", directory));
    if (access(path, R_OK) == 0) {
        SHY_TRY(shy_json_load(directory, "targets.json", &document));
        count = json_array_size(json_object_get(document, "targets"));
        if (count == 0) SHY_TRY(shy_fail(SHY_INPUT, "%s: names no targets.", path));
    }
    SHY_TRY(shy_new(count, sizeof *finished, &finished));
    SHY_TRY(document != NULL ? read_targets(directory, json_object_get(document, "targets"), finished) : read_target(directory, "", finished));
    *finished_out = finished, finished = NULL;
    *count_out = (int)count;
out:
    json_decref(document);
    shy_finished_free(&finished, (int)count);
    shy_free(&path);
    return st;
}

/* ---- which formula is meant ------------------------------------------------------------------------------------------------------ */

/* The names of all targets, for messages. */
static shy_status list_targets(const shy_finished *finished, int count, shy_buffer *list)
{
    for (int t = 0; t < count; t++) shy_buffer_format(list, "%s%s", t > 0 ? ", " : "", finished[t].name);
    return list->status;
}

static shy_status no_target(const shy_finished *finished, int count, const char *target)
{
    shy_status st = SHY_OK;
    shy_buffer list = {0};

    if (count == 1) SHY_TRY(shy_fail(SHY_INPUT, "--target %s: these results have one target only, which needs no name.", target));
    SHY_TRY(list_targets(finished, count, &list));
    if (target == NULL) st = shy_fail(SHY_INPUT, "These results have several targets: %s. Say which with --target.", list.bytes);
    else st = shy_fail(SHY_INPUT, "--target %s: there is none of that name. There are: %s.", target, list.bytes);
out:
    shy_buffer_free(&list);
    return st;
}

shy_status shy_finished_choose(const shy_finished *finished, int count, const char *target, int number, int *target_out, int *model_out)
{
    int found = target == NULL && count == 1 ? 0 : -1;

    for (int t = 0; t < count && target != NULL; t++)
        if (strcmp(finished[t].name, target) == 0) found = t;
    if (found < 0) return no_target(finished, count, target);
    const int models = finished[found].models;
    if (models == 0) return shy_fail(SHY_INPUT, "The front of these results is empty: no formula explains the outcome, and there is none to apply.");
    if (number < 0 || number > models)
        return shy_fail(SHY_INPUT, "--formula %d: the front has %d formula%s. `shihyo show` numbers them.", number, models, models == 1 ? "" : "s");
    const int model = number == 0 ? finished[found].chosen : number - 1;
    if (isnan(finished[found].model[model].slope))
        return shy_fail(SHY_INPUT, "Formula %d of the front cannot be applied: its coefficients were kept back, as too few residual degrees of freedom were left for the rule of report.sdc.",
                        model + 1);
    *target_out = found;
    *model_out = model;
    return SHY_OK;
}

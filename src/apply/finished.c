/* finished.c: a finished search as front.json and run.json have it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "shihyo/apply.h"
#include "shihyo/json.h"

/* ---- freeing --------------------------------------------------------------------------------------------------------- */

static void input_free(shy_input *input)
{
    for (int v = 0; input->level != NULL && v < input->how.levels; v++) shy_free(&input->level[v]);
    shy_free(&input->level);
    shy_free(&input->ones);
    shy_free(&input->name);
    shy_free(&input->column);
    shy_free(&input->unit);
    shy_free(&input->coded);
    shy_free(&input->value);
    shy_free(&input->outside);
}

static void finished_clear(shy_finished *f)
{
    for (int k = 0; f->factor != NULL && k < f->factors; k++) input_free(&f->factor[k]);
    for (int k = 0; f->covariate != NULL && k < f->covariates; k++) input_free(&f->covariate[k]);
    for (int k = 0; f->model != NULL && k < f->models; k++) {
        shy_free(&f->model[k].text);
        shy_free(&f->model[k].beside);
        shy_free(&f->model[k].predictor);
    }
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

/* ---- inputs --------------------------------------------------------------------------------------------------------------- */

static bool read_kind(const char *text, shy_derived *kind_out)
{
    static const char *const names[] = {[SHY_DERIVED_VALUE] = "value", [SHY_DERIVED_LEVEL] = "level", [SHY_DERIVED_POOL] = "pool", [SHY_DERIVED_MISSING] = "missing"};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(names[k], text) == 0) return *kind_out = (shy_derived)k, true;
    return false;
}

static shy_status read_levels(const json_t *object, shy_input *input)
{
    shy_status st = SHY_OK;
    const json_t *levels = json_object_get(object, "levels"), *ones = json_object_get(object, "ones");
    const size_t count = json_array_size(levels);
    size_t k;
    json_t *one;

    SHY_TRY(shy_new(count, sizeof *input->level, &input->level));
    SHY_TRY(shy_new(count, 1, &input->ones));
    for (size_t v = 0; v < count; v++) {
        const char *name = json_string_value(json_array_get(levels, v));
        SHY_TRY(shy_string_copy(name == NULL ? "" : name, &input->level[v]));
        input->how.levels++;
        json_array_foreach(ones, k, one)
            if (json_is_string(one) && strcmp(json_string_value(one), input->level[v]) == 0) input->ones[v] = 1, input->how.level = (int)v;
    }
    input->how.pooled = input->ones;
out:
    return st;
}

static shy_status read_input(const json_t *object, shy_input *input)
{
    shy_status st = SHY_OK;

    *input = (shy_input){.index = -1, .seen_low = shy_json_number(object, "seen_low", NAN), .seen_high = shy_json_number(object, "seen_high", NAN)};
    input->how.lowest = shy_json_number(object, "lowest", -INFINITY), input->how.highest = shy_json_number(object, "highest", INFINITY);
    input->how.low = shy_json_number(object, "low", -INFINITY), input->how.high = shy_json_number(object, "high", INFINITY);
    input->how.fill = shy_json_number(object, "fill", NAN);
    SHY_TRY(shy_string_copy(shy_json_word(object, "name"), &input->name));
    SHY_TRY(shy_string_copy(shy_json_word(object, "column"), &input->column));
    SHY_TRY(shy_string_copy(shy_json_word(object, "unit"), &input->unit));
    SHY_TRY(read_levels(object, input));
    if (!read_kind(shy_json_word(object, "kind"), &input->how.kind) || !shy_kind_parse(shy_json_word(object, "column_kind"), &input->column_kind) || *input->name == '\0')
        SHY_TRY(shy_fail(SHY_INPUT, "front.json: \"inputs\" has an entry that this version does not know (%s).", shy_json_word(object, "kind")));
out:
    return st;
}

static shy_status read_inputs(const json_t *list, shy_input **input_out, int *count_out)
{
    shy_status st = SHY_OK;
    size_t k;
    json_t *object;

    SHY_TRY(shy_new(json_array_size(list), sizeof **input_out, input_out));
    json_array_foreach(list, k, object)
    {
        *count_out = (int)k + 1; /* what a failure leaves is freed, too */
        SHY_TRY(read_input(object, &(*input_out)[k]));
    }
out:
    return st;
}

/* ---- formulas --------------------------------------------------------------------------------------------------------------- */

static shy_status read_model(const json_t *entry, const shy_finished *f, const char *const *names, shy_model *model)
{
    shy_status st = SHY_OK;
    const json_t *covariates = json_object_get(entry, "covariates");

    *model = (shy_model){.complexity = (int)json_integer_value(json_object_get(entry, "complexity")),
                         .intercept = shy_json_number(entry, "intercept", 0.0),
                         .slope = shy_json_number(entry, "slope", NAN),
                         .interaction = shy_json_number(json_object_get(entry, "interaction"), "slope", 0.0)};
    SHY_TRY(shy_string_copy(shy_json_word(entry, "formula"), &model->text));
    SHY_TRY(shy_tree_parse(model->text, names, (uint32_t)f->factors, &model->tree));
    SHY_TRY(shy_new((size_t)f->covariates, sizeof *model->beside, &model->beside));
    for (int k = 0; k < f->covariates; k++) model->beside[k] = shy_json_number(covariates, f->covariate[k].name, NAN);
out:
    return st;
}

static shy_status read_models(const json_t *document, shy_finished *f)
{
    shy_status st = SHY_OK;
    const json_t *front = json_object_get(document, "front");
    const char **names = NULL;
    size_t k;
    json_t *entry;

    SHY_TRY(shy_new((size_t)f->factors, sizeof *names, &names));
    for (int i = 0; i < f->factors; i++) names[i] = f->factor[i].name;
    SHY_TRY(shy_new(json_array_size(front), sizeof *f->model, &f->model));
    json_array_foreach(front, k, entry)
    {
        f->models = (int)k + 1;
        SHY_TRY(read_model(entry, f, names, &f->model[k]));
    }
out:
    shy_free(&names);
    return st;
}

/* ---- a directory --------------------------------------------------------------------------------------------------------------- */

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
    f->outcome_mean = shy_json_number(inputs, "outcome_mean", NAN);
    f->interacts = json_is_object(interaction);
    f->treatment_mean = shy_json_number(interaction, "mean", NAN);
    SHY_TRY(read_inputs(json_object_get(inputs, "factors"), &f->factor, &f->factors));
    SHY_TRY(read_inputs(json_object_get(inputs, "covariates"), &f->covariate, &f->covariates));
    SHY_TRY(read_models(document, f));
    if (f->models == 0) SHY_TRY(shy_fail(SHY_INPUT, "%s/front.json: the front is empty; there is no formula to validate.", directory));
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

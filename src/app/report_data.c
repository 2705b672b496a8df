/* report_data.c: the document of a report, from a directory of results and its cohort. */
#include "shy_config.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "app/report_impl.h"
#include "shihyo/emit.h"
#include "shihyo/figures.h"

/* ---- the results --------------------------------------------------------------------------------------------------------- */

static shy_status read_target(shy_report *r, int t, const char *below)
{
    shy_status st = SHY_OK;

    if (below == NULL) SHY_TRY(shy_string_copy(r->options->directory, &r->directory[t]));
    else SHY_TRY(shy_string_format(&r->directory[t], "%s/%s", r->options->directory, below));
    SHY_TRY(shy_json_load(r->directory[t], "front.json", &r->front[t]));
    SHY_TRY(shy_json_load(r->directory[t], "run.json", &r->run[t]));
out:
    return st;
}

/* targets: the list of targets.json, NULL where there is one target. */
static shy_status read_results(shy_report *r, const json_t *targets)
{
    shy_status st = SHY_OK;
    const char *text = NULL;

    SHY_TRY(shy_finished_read(r->options->directory, &r->finished, &r->targets));
    SHY_TRY(shy_new((size_t)r->targets, sizeof *r->directory, &r->directory));
    SHY_TRY(shy_new((size_t)r->targets, sizeof *r->front, &r->front));
    SHY_TRY(shy_new((size_t)r->targets, sizeof *r->run, &r->run));
    for (int t = 0; t < r->targets; t++) SHY_TRY(read_target(r, t, targets == NULL ? NULL : shy_json_word(json_array_get(targets, (size_t)t), "directory")));
    text = r->finished[0].configuration;
    SHY_TRY(shy_config_create(&r->config));
    SHY_TRY(shy_config_parse(r->config, "run.json", text, strlen(text)));
    for (int t = 0; t < r->targets; t++) {
        SHY_TRY(shy_report_hide_paths(r->run[t], r->config));
        SHY_TRY(shy_report_release(r, t));
    }
out:
    return st;
}

/* targets.json; NULL where there is none. */
static shy_status read_targets(const char *directory, json_t **document_out)
{
    shy_status st = SHY_OK;
    char *path = NULL;

    SHY_TRY(shy_string_format(&path, "%s/targets.json", directory));
    if (access(path, R_OK) == 0) SHY_TRY(shy_json_load(directory, "targets.json", document_out));
out:
    shy_free(&path);
    return st;
}

/* ---- formulas -------------------------------------------------------------------------------------------------------------- */

static const shy_input *find_input(const shy_finished *f, const char *name)
{
    for (int k = 0; k < f->factors; k++)
        if (strcmp(f->factor[k].name, name) == 0) return &f->factor[k];
    return NULL;
}

static json_t *modality_of(const shy_report *r, const shy_input *input)
{
    const int64_t column = input == NULL || r->cohort == NULL ? -1 : shy_cohort_find(r->cohort, input->column);
    return column < 0 ? json_null() : shy_json_string(shy_cohort_column(r->cohort, column).modality);
}

static shy_status add_factor(const shy_report *r, int t, const char *name, json_t *list)
{
    shy_status st = SHY_OK;
    const shy_input *input = find_input(&r->finished[t], name);
    json_t *object = json_object();

    SHY_TRY(shy_json_append(list, object));
    SHY_TRY(shy_json_put(object, "name", shy_json_string(name)));
    SHY_TRY(shy_json_put(object, "unit", shy_json_string(input == NULL ? "" : input->unit)));
    SHY_TRY(shy_json_put(object, "words", shy_json_string(shy_json_word(json_object_get(r->front[t], "derived"), name))));
    SHY_TRY(shy_json_put(object, "kind", shy_json_string(input == NULL ? "" : shy_kind_name(input->column_kind))));
    SHY_TRY(shy_json_put(object, "modality", modality_of(r, input)));
out:
    return st;
}

/* Values alone, where there is no cohort to say how far they can be off. */
static shy_status add_values(const json_t *entry, json_t *formula)
{
    shy_status st = SHY_OK;
    json_t *list = json_array(), *value;
    size_t k;

    SHY_TRY(shy_json_put(formula, "constants", list));
    json_array_foreach(json_object_get(entry, "constants"), k, value) SHY_TRY(shy_json_append(list, json_pack("{s:O, s:n, s:n}", "value", value, "low", "high")));
    SHY_TRY(shy_json_put(formula, "slope", json_pack("{s:o, s:n, s:n}", "value", shy_json_real(shy_json_number(entry, "slope", NAN)), "low", "high")));
out:
    return st;
}

/* Beside each constant the simple number that stands in its place in the rounded formula. */
static shy_status add_rounded(const shy_model *model, const json_t *constants)
{
    shy_status st = SHY_OK;
    int fitted[SHY_TREE_MAX], simple[SHY_TREE_MAX];

    if (model->rounded == NULL) return SHY_OK;
    const int count = shy_tree_constants(&model->tree, fitted);
    if (shy_tree_constants(&model->rounded_tree, simple) != count) return SHY_OK;
    for (int k = 0; k < count; k++) SHY_TRY(shy_json_put(json_array_get(constants, (size_t)k), "rounded", shy_json_real(model->rounded_tree.node[simple[k]].value)));
out:
    return st;
}

/* input: NULL without a cohort. */
static shy_status add_numbers(shy_report *r, const shy_figures_input *input, int model, const json_t *entry, json_t *formula)
{
    shy_status st = SHY_OK;
    json_t *constants = NULL, *figures = NULL;

    if (input == NULL) return add_values(entry, formula);
    SHY_TRY(shy_figures_constants(input, model, &constants));
    SHY_TRY(shy_json_put(formula, "constants", json_incref(json_object_get(constants, "constants"))));
    SHY_TRY(shy_json_put(formula, "slope", json_incref(json_object_get(constants, "slope"))));
    SHY_TRY(shy_figures_of_model(input, model, &figures, r->suppressed));
    if (figures != NULL) SHY_TRY(shy_json_put(formula, "figures", json_incref(figures)));
out:
    json_decref(constants);
    json_decref(figures);
    return st;
}

/* Typeset, constants to this many digits; the exact ones stand beside it. */
enum { DIGITS = 4 };

typedef shy_status typesetter(const shy_tree *tree, const char *const *names, int digits, shy_buffer *out);

static shy_status add_typeset(const char *key, typesetter *typeset, const shy_tree *tree, const char *const *names, json_t *formula)
{
    shy_status st = SHY_OK;
    shy_buffer text = {0};

    SHY_TRY(typeset(tree, names, DIGITS, &text));
    SHY_TRY(text.status);
    SHY_TRY(shy_json_put(formula, key, shy_json_string(text.bytes)));
out:
    shy_buffer_free(&text);
    return st;
}

static shy_status add_mathematics(const shy_finished *f, const shy_model *model, json_t *formula)
{
    shy_status st = SHY_OK;
    const char **names = NULL;

    SHY_TRY(shy_new((size_t)f->factors, sizeof *names, &names));
    for (int k = 0; k < f->factors; k++) names[k] = f->factor[k].name;
    SHY_TRY(add_typeset("mathml", shy_emit_mathml, &model->tree, names, formula));
    SHY_TRY(add_typeset("latex", shy_emit_latex, &model->tree, names, formula));
    if (model->rounded != NULL) SHY_TRY(add_typeset("rounded_mathml", shy_emit_mathml, &model->rounded_tree, names, formula));
out:
    shy_free(&names);
    return st;
}

static shy_status add_formula(shy_report *r, int t, const shy_figures_input *input, int model, json_t *list)
{
    shy_status st = SHY_OK;
    const json_t *entry = json_array_get(json_object_get(r->front[t], "front"), (size_t)model), *name;
    json_t *formula = json_object(), *factors = json_array();
    size_t k;

    SHY_TRY(shy_json_append(list, formula));
    SHY_TRY(add_mathematics(&r->finished[t], &r->finished[t].model[model], formula));
    SHY_TRY(shy_json_put(formula, "factors", json_incref(factors)));
    json_array_foreach(json_object_get(entry, "factors"), k, name) SHY_TRY(add_factor(r, t, json_string_value(name), factors));
    SHY_TRY(add_numbers(r, input, model, entry, formula));
    SHY_TRY(add_rounded(&r->finished[t].model[model], json_object_get(formula, "constants")));
out:
    json_decref(factors);
    return st;
}

/* ---- a target -------------------------------------------------------------------------------------------------------------- */

static shy_status add_people(shy_report *r, int t, json_t *target)
{
    shy_status st = SHY_OK;
    json_t *people = NULL;

    SHY_TRY(shy_report_people(r, t, &people));
    SHY_TRY(shy_json_put(target, "people", people));
out:
    return st;
}

/* The cohort's part. The problem aims at the target from now on. */
static shy_status begin_figures(shy_report *r, int t, shy_figures_input *input)
{
    shy_status st = SHY_OK;
    const shy_subgroups *s = &r->subgroups;

    shy_problem_aim(r->problem, t);
    SHY_TRY(shy_models_predict(&r->finished[t], r->problem, r->cohort));
    *input = (shy_figures_input){.problem = r->problem, .finished = &r->finished[t], .front = r->front[t], .sdc = &r->options->sdc, .groups = r->options->groups,
                                 .subgroups = s->count, .subgroup_name = (const char *const *)s->name, .subgroup = (const int32_t *const *)s->level,
                                 .subgroup_levels = s->levels, .subgroup_level = (const char *const *const *)s->level_name};
    SHY_TRY(shy_figures_prepare(input));
out:
    return st;
}

static shy_status add_target(shy_report *r, int t, json_t *targets)
{
    shy_status st = SHY_OK;
    json_t *target = json_object(), *formulas = json_array();
    shy_figures_input input = {0};
    const bool read = r->problem != NULL;

    SHY_TRY(shy_json_append(targets, target));
    if (read) SHY_TRY(begin_figures(r, t, &input));
    SHY_TRY(shy_json_put(target, "name", shy_json_string(r->finished[t].name)));
    SHY_TRY(shy_json_put(target, "front", json_incref(r->front[t])));
    SHY_TRY(shy_json_put(target, "cohort_read", json_boolean(read)));
    if (read) SHY_TRY(add_people(r, t, target));
    SHY_TRY(shy_json_put(target, "formulas", json_incref(formulas)));
    for (int m = 0; m < r->finished[t].models; m++) SHY_TRY(add_formula(r, t, read ? &input : NULL, m, formulas));
    SHY_TRY(shy_report_relations(r, t, read ? &input : NULL, target));
out:
    shy_figures_release(&input);
    json_decref(formulas);
    return st;
}

/* ---- the document ---------------------------------------------------------------------------------------------------------- */

static shy_status add_head(const shy_report *r, const json_t *targets, json_t *document)
{
    shy_status st = SHY_OK;
    const shy_sdc *sdc = &r->options->sdc;
    json_t *factors = json_object_get(targets, "factors");

    SHY_TRY(shy_json_put(document, "version", shy_json_string(r->options->version)));
    SHY_TRY(shy_json_put(document, "language", shy_json_string(r->options->language)));
    SHY_TRY(shy_json_put(document, "sdc", json_pack("{s:s, s:i, s:i}", "rule", sdc->name, "threshold", sdc->threshold, "residual_df", sdc->residual_df)));
    SHY_TRY(shy_json_put(document, "run", json_incref(r->run[0])));
    if (factors != NULL) SHY_TRY(shy_json_put(document, "factors_by_target", json_incref(factors)));
out:
    return st;
}

static shy_status build(shy_report *r, const json_t *targets, json_t *document)
{
    shy_status st = SHY_OK;
    json_t *list = json_array();

    SHY_TRY(add_head(r, targets, document));
    SHY_TRY(shy_report_cohort(r));
    SHY_TRY(shy_report_subgroups(r));
    SHY_TRY(shy_json_put(document, "notes", json_incref(r->notes)));
    SHY_TRY(shy_json_put(document, "targets", json_incref(list)));
    for (int t = 0; t < r->targets; t++) SHY_TRY(add_target(r, t, list));
    SHY_TRY(shy_report_horizons(r, document));
    if (!shy_json_add_record(document, r->record)) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory for the report."));
out:
    json_decref(list);
    return st;
}

static void report_clear(shy_report *r)
{
    for (int t = 0; t < r->targets; t++) {
        if (r->directory != NULL) shy_free(&r->directory[t]);
        if (r->front != NULL) json_decref(r->front[t]);
        if (r->run != NULL) json_decref(r->run[t]);
    }
    shy_free(&r->directory);
    shy_free(&r->front);
    shy_free(&r->run);
    shy_subgroups_free(&r->subgroups);
    shy_problem_free(&r->problem);
    shy_cohort_close(&r->cohort);
    shy_finished_free(&r->finished, r->targets);
    shy_config_free(&r->config);
    shy_record_free(&r->record);
    json_decref(r->notes);
}

shy_status shy_report_document(const shy_report_options *options, const shy_team *team, json_t **document_out)
{
    shy_status st = SHY_OK;
    shy_report r = {.options = options, .team = team, .notes = json_array()};
    json_t *targets = NULL, *document = json_object();

    SHY_TRY(shy_record_create(&r.record));
    SHY_TRY(shy_record_list(r.record, "suppressed", &r.suppressed));
    SHY_TRY(read_targets(options->directory, &targets));
    SHY_TRY(read_results(&r, json_object_get(targets, "targets")));
    SHY_TRY(build(&r, targets, document));
    *document_out = document, document = NULL;
out:
    json_decref(document);
    json_decref(targets);
    report_clear(&r);
    return st;
}

/* report_data.c: the document of a report from the results alone. */
#include "shy_config.h"

#include <string.h>
#include <unistd.h>

#include "app/report_data.h"
#include "shihyo/apply.h"
#include "shihyo/emit.h"

static shy_status add_formulas(const shy_finished *f, json_t *target)
{
    shy_status st = SHY_OK;
    json_t *list = json_array();
    const char **names = NULL;

    json_object_set_new(target, "formulas", list);
    SHY_TRY(shy_new((size_t)f->factors, sizeof *names, &names));
    for (int k = 0; k < f->factors; k++) names[k] = f->factor[k].name;
    for (int m = 0; m < f->models; m++) {
        shy_buffer text = {0};
        json_t *formula = json_object();
        SHY_TRY(shy_emit_mathml(&f->model[m].tree, names, 0, &text));
        json_object_set_new(formula, "mathml", json_string(text.bytes));
        json_array_append_new(list, formula);
        shy_buffer_free(&text);
    }
out:
    shy_free(&names);
    return st;
}

static shy_status add_target(const char *directory, const char *name, const shy_finished *f, json_t *targets)
{
    shy_status st = SHY_OK;
    json_t *target = json_object(), *front = NULL;

    json_object_set_new(target, "name", json_string(name));
    json_array_append_new(targets, target);
    SHY_TRY(shy_json_load(directory, "front.json", &front));
    json_object_set_new(target, "front", front);
    json_object_set_new(target, "cohort_read", json_false());
    SHY_TRY(add_formulas(f, target));
out:
    return st;
}

shy_status shy_report_document(const shy_report_options *options, const shy_team *team, json_t **document_out)
{
    shy_status st = SHY_OK;
    json_t *document = json_object(), *targets = json_array(), *run = NULL, *several = NULL;
    shy_finished *finished = NULL;
    char *path = NULL;
    int count = 0;

    (void)team;
    SHY_TRY(shy_finished_read(options->directory, &finished, &count));
    json_object_set_new(document, "version", json_string(options->version));
    json_object_set_new(document, "language", json_string(options->language));
    json_object_set_new(document, "sdc", json_pack("{s:s,s:i,s:i}", "rule", options->sdc.name, "threshold", options->sdc.threshold, "residual_df", options->sdc.residual_df));
    json_object_set_new(document, "targets", targets);
    SHY_TRY(shy_string_format(&path, "%s/targets.json", options->directory));
    if (access(path, R_OK) == 0) SHY_TRY(shy_json_load(options->directory, "targets.json", &several));
    for (int t = 0; t < count; t++) {
        const char *below = shy_json_word(json_array_get(json_object_get(several, "targets"), (size_t)t), "directory");
        shy_free(&path);
        SHY_TRY(shy_string_format(&path, "%s%s%s", options->directory, *below ? "/" : "", below));
        if (run == NULL) SHY_TRY(shy_json_load(path, "run.json", &run));
        SHY_TRY(add_target(path, finished[t].name, &finished[t], targets));
    }
    json_object_set_new(document, "run", run);
    *document_out = document;
out:
    shy_free(&path);
    json_decref(several);
    shy_finished_free(&finished, count);
    return st;
}

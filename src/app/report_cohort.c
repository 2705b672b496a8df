/* report_cohort.c: the cohort of a finished run, and its problem as the run had it. */
#include "shy_config.h"

#include <string.h>
#include <unistd.h>

#include "app/budget.h"
#include "app/report_impl.h"
#include "app/search_run.h"

/* As the run had it, from here; else beside the directory of results. *path_out is NULL if it is in neither place. Owned. */
static shy_status find_path(const shy_report *r, char **path_out)
{
    shy_status st = SHY_OK;
    const char *named = shy_config_text(r->config, SHY_KEY_COHORT);
    char *path = NULL;

    if (r->options->cohort != NULL) return shy_string_copy(r->options->cohort, path_out);
    if (access(named, R_OK) == 0) return shy_string_copy(named, path_out);
    SHY_TRY(shy_string_format(&path, "%s/../%s", r->options->directory, shy_report_file_name(named)));
    if (access(path, R_OK) == 0) *path_out = path, path = NULL;
out:
    shy_free(&path);
    return st;
}

static shy_status note(const shy_report *r, const char *what)
{
    shy_status st = SHY_OK;
    char *text = NULL;

    SHY_TRY(shy_string_format(&text, "The cohort %s %s: the report is made of the results alone.", shy_report_file_name(shy_config_text(r->config, SHY_KEY_COHORT)),
                              what));
    SHY_TRY(shy_json_append(r->notes, shy_json_string(text)));
out:
    shy_free(&text);
    return st;
}

/* SHY_INPUT, or a note if nobody asked for this cohort. */
static shy_status check_content(shy_report *r, const char *path)
{
    const char *then = shy_json_word(r->run[0], "cohort_sha256"), *now = shy_cohort_sha256(r->cohort);

    if (strcmp(then, now) == 0) return SHY_OK;
    if (r->options->cohort != NULL)
        return shy_fail(SHY_INPUT, "%s: is not the cohort of the run in %s: its SHA-256 was %s and is %s. Leave --cohort out for a report of the results alone.", path,
                        r->options->directory, then, now);
    shy_cohort_close(&r->cohort);
    return note(r, "is not what it was when the run began");
}

static shy_status open_cohort(shy_report *r)
{
    shy_status st = SHY_OK;
    char *path = NULL;

    SHY_TRY(find_path(r, &path));
    if (path == NULL) {
        SHY_TRY(note(r, "was not found"));
        goto out;
    }
    st = shy_cohort_open(r->team, path, &r->cohort);
    if (st != SHY_OK && st != SHY_MEMORY && r->options->cohort == NULL) {
        shy_error_clear();
        st = note(r, "could not be read");
        goto out;
    }
    if (st == SHY_OK) st = check_content(r, path);
out:
    shy_free(&path);
    return st;
}

/* Targets of the problem stand in the order of the run's. */
static shy_status check_targets(const shy_report *r)
{
    if (r->problem->targets == r->targets) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: has results of %d targets, and its configuration asks for %d. Search again.", r->options->directory, r->targets, r->problem->targets);
}

shy_status shy_report_cohort(shy_report *r)
{
    shy_status st = SHY_OK;
    shy_problem_options options = {0};

    SHY_TRY(open_cohort(r));
    if (r->cohort == NULL) goto out;
    shy_configure_problem(r->config, &options);
    options.cohort_name = shy_report_file_name(options.cohort_name);
    options.memory = shy_budget_memory("", 1);
    SHY_TRY(shy_problem_load(r->team, r->cohort, &options, &r->problem));
    SHY_TRY(check_targets(r));
    for (int t = 0; t < r->targets; t++) SHY_TRY(shy_inputs_find(&r->finished[t], r->cohort, options.cohort_name, NULL));
out:
    return st;
}

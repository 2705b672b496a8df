/* Searches beside the search: training sets, permuted responses, and what screening leaves of them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "pass.h"
#include "training.h"

/* ---- training sets ---------------------------------------------------------------------------------------------------- */

static shy_status set_weights(const shy_problem *problem, const double *takes_part, double **weight_out)
{
    shy_status st = SHY_OK;
    const double *whole = problem->data.weight;
    SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof **weight_out, weight_out));
    for (int i = 0; i < problem->rows.rows; i++) (*weight_out)[i] = takes_part[i] == 0.0 ? 0.0 : whole ? whole[i] : 1.0;
out:
    return st;
}

/* Notes are the problem's own: what is found out about a part of the samples is none of them. */
shy_status shy_problem_train(const shy_problem *problem, const double *takes_part, shy_problem **trained_out)
{
    shy_status st = SHY_OK;
    shy_problem *trained = NULL;
    double *weight = NULL;
    *trained_out = NULL;
    SHY_TRY(set_weights(problem, takes_part, &weight));
    SHY_TRY(shy_new(1, sizeof *trained, &trained));
    *trained = *problem;
    trained->data.weight = weight, weight = NULL;
    trained->metric = NULL;
    trained->notes = NULL, trained->notes_count = 0;
    *trained_out = trained;
out:
    shy_free(&weight);
    return st;
}

void shy_problem_untrain(shy_problem **trained)
{
    if (!*trained) return;
    double *weight = (double *)(uintptr_t)(*trained)->data.weight; /* made by shy_problem_train */
    shy_free(&weight);
    for (int k = 0; k < (*trained)->notes_count; k++) shy_free(&(*trained)->notes[k]);
    shy_free(&(*trained)->notes);
    shy_free(trained);
}

/* ---- lists ----------------------------------------------------------------------------------------------------------------- */

static shy_status take_members(shy_best *best, shy_lists *lists)
{
    shy_status st = SHY_OK;
    void *bytes = NULL;
    uint64_t size = 0;
    if (best->space->problem->team->rank != 0) return SHY_OK;
    SHY_TRY(shy_best_pack(best, &bytes, &size));
    lists->member = bytes, lists->count = size / sizeof *lists->member;
out:
    return st;
}

static shy_status make_lists(shy_best *best, const shy_search_result *screen, shy_lists **lists_out)
{
    shy_status st = SHY_OK;
    shy_lists *lists = NULL;
    SHY_TRY(shy_new(1, sizeof *lists, &lists));
    lists->screen = *screen;
    SHY_TRY(take_members(best, lists));
    *lists_out = lists, lists = NULL;
out:
    shy_lists_free(&lists);
    return st;
}

shy_status shy_lists_take(shy_best *best, const shy_search_result *screen, shy_lists **lists_out)
{
    shy_status st = SHY_OK;
    shy_lists *lists = NULL;
    SHY_TRY_ALL(best->space->problem->team, make_lists(best, screen, &lists));
    *lists_out = lists, lists = NULL;
out:
    shy_lists_free(&lists);
    return st;
}

void shy_lists_free(shy_lists **lists)
{
    if (!*lists) return;
    shy_free(&(*lists)->member);
    shy_free(lists);
}

shy_status shy_lists_most(const shy_lists *lists, const shy_team *team, int max_complexity, double *most_out)
{
    for (int c = 0; c <= max_complexity; c++) most_out[c] = -1.0;
    for (uint64_t i = lists->count; i-- > 0;) most_out[lists->member[i].complexity] = lists->member[i].score.statistic; /* best first: it stays */
    return shy_team_broadcast(team, most_out, ((uint64_t)max_complexity + 1U) * sizeof *most_out);
}

/* ---- progress --------------------------------------------------------------------------------------------------------------- */

void shy_relay_tell(void *context, const shy_progress *now)
{
    shy_relay *relay = context;
    shy_progress all = *now;
    if (relay->names_best && relay->done == 0 && now->best_statistic > relay->best_statistic) {
        relay->best_statistic = now->best_statistic;
        snprintf(relay->best_formula, sizeof relay->best_formula, "%s", now->best_formula);
    }
    all.fraction = (relay->done + now->fraction) / relay->count;
    if (now->fraction > 0.0) all.formulas = now->formulas / now->fraction * all.fraction * relay->count;
    all.seconds = shy_time_seconds() - relay->started;
    all.best_statistic = relay->best_statistic;
    all.best_formula = relay->best_formula;
    relay->monitor->tell(relay->monitor->context, &all);
}

/* ---- one screening after the other ------------------------------------------------------------------------------------- */

/* The counts of formulas are those of the whole: ranges are. */
shy_status shy_search_pass_plainly(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                                   const shy_monitor *monitor, shy_lists **lists_out)
{
    shy_status st = SHY_OK;
    shy_search_options each = *options;
    shy_relay relay = {.monitor = monitor, .count = 1 + sets, .started = shy_time_seconds(), .names_best = true};
    const shy_monitor through = {monitor->tell ? shy_relay_tell : NULL, &relay};
    each.lists = NULL;
    for (int t = 0; t <= sets; t++) lists_out[t] = NULL;
    for (int t = 0; t <= sets; t++) {
        relay.done = t;
        SHY_TRY(shy_screen_once(t == 0 ? problem : trained[t - 1], &each, &through, &lists_out[t]));
        each.plan = &lists_out[0]->screen.plan;
    }
out:
    for (int t = 0; st != SHY_OK && t <= sets; t++) shy_lists_free(&lists_out[t]);
    return st;
}

/* The largest statistic is wanted, and nothing else. */
shy_status shy_search_permuted_plainly(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                                       const shy_monitor *monitor, double *most_out)
{
    shy_status st = SHY_OK;
    const int most = options->grammar.max_complexity;
    shy_search_options each = *options;
    shy_problem permuted = *problem;
    shy_outcome *outcome = NULL;
    shy_lists *lists = NULL;
    shy_plan plan;
    shy_relay relay = {.monitor = monitor, .count = count, .started = shy_time_seconds()};
    const shy_monitor through = {monitor->tell ? shy_relay_tell : NULL, &relay};
    each.keep = 1;
    each.lists = NULL;
    SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &outcome));
    shy_metric metric = *shy_outcome_metric(outcome);
    permuted.metric = &metric;
    for (int b = 0; b < count; b++) {
        relay.done = b;
        metric.response = response[b];
        SHY_TRY(shy_screen_once(&permuted, &each, &through, &lists));
        plan = lists->screen.plan;
        each.plan = &plan;
        SHY_TRY(shy_lists_most(lists, problem->team, most, most_out + (size_t)b * ((size_t)most + 1U)));
        shy_lists_free(&lists);
    }
out:
    shy_lists_free(&lists);
    shy_outcome_destroy(&outcome);
    return st;
}

/* ---- whichever way is possible --------------------------------------------------------------------------------------------- */

shy_status shy_search_pass(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                           void (*progress)(void *context, const shy_progress *now), void *context, shy_lists **lists_out, int *passes_out)
{
    shy_status st = SHY_OK;
    const shy_monitor monitor = {progress, context};
    const bool part = shy_search_screen_rows(problem, options) < problem->rows.total;
    for (int t = 0; t <= sets; t++) lists_out[t] = NULL;
    *passes_out = 0;
    if (part || options->templates_count > 0) return SHY_OK;
    SHY_TRY(shy_pass_folds(problem, options, sets, trained, &monitor, lists_out, passes_out));
    if (*passes_out > 0) return SHY_OK;
    *passes_out = 1 + sets;
    SHY_TRY(shy_search_pass_plainly(problem, options, sets, trained, &monitor, lists_out));
out:
    for (int t = 0; st != SHY_OK && t <= sets; t++) shy_lists_free(&lists_out[t]);
    return st;
}

shy_status shy_search_permuted(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                               void (*progress)(void *context, const shy_progress *now), void *context, double *most_out)
{
    const shy_monitor monitor = {progress, context};
    return shy_pass_responses(problem, options, count, response, &monitor, most_out);
}

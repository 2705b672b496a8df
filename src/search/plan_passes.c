/* What passes over the space for training sets and permuted responses will take. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "pass.h"
#include "plan.h"

/* Of a view beside the first, in tests of all pairs as the rates have them (measured): of segments, whose sums it adds up; of a response of its own. */
#define SEGMENT_TESTS 6.0
#define RESPONSE_TESTS 2.0
#define ELEMENT_SHARE 0.08 /* of the work: element by element, a sum more of each formula, and bounds that hold for all views */
#define RESPONSE_SHARE 0.12 /* likewise, of a response */
#define VIEW_COLUMNS 6.0   /* numbers that a view, a training set's problem and its metric have for each row */

typedef struct {
    shy_space *space;
    const shy_search_options *options;
    const shy_plan *plan;
    shy_precision precision;
    double base; /* bytes in use */
} shy_pass_planner;

static double bytes_of(const shy_pass_planner *p, int segments, int responses, int views, double keep)
{
    const shy_layout layout = {.segments = segments, .responses = responses};
    const double rows = p->space->problem->rows.rows;
    return p->base + SMALL_BYTES + SMALL_SHARE * (double)shy_engine_bytes(p->space, p->options, p->precision, &layout, views) +
           views * (shy_plan_list_bytes(p->plan, p->space->grammar.max_complexity, keep) + VIEW_COLUMNS * rows * sizeof(double));
}

static double candidates(const shy_pass_planner *p, double keep)
{
    const int levels = p->space->grammar.max_complexity;
    return shy_plan_scored(p->plan, levels, keep, p->space->problem->team->groups) * p->plan->score_seconds;
}

/* Responses of training sets are those of all samples, shifted and scaled, where the response is the outcome itself. */
static bool is_affine(const shy_problem *problem)
{
    return strcmp(problem->ops->name, "continuous") == 0 && problem->data.covariates == 0;
}

static void plan_folds(const shy_pass_planner *p, int folds, int sets, shy_pass_plan *out)
{
    const shy_plan *plan = p->plan;
    const double keep = shy_best_reserve(p->options->keep);
    const int each = folds < SHY_PASS_FOLDS ? folds : SHY_PASS_FOLDS, passes = (sets + each - 1) / each;
    const bool affine = is_affine(p->space->problem);
    const double test = SEGMENT_TESTS * plan->pair_seconds + (affine ? 0.0 : plan->response_seconds) + ELEMENT_SHARE * plan->work_seconds;
    out->sets_bytes = bytes_of(p, each, affine ? 1 : each + 1, each + 1, keep) + (sets - each) * VIEW_COLUMNS * p->space->problem->rows.rows * sizeof(double);
    out->sets_seconds = passes * (plan->work_seconds + (out->sets_bytes - p->base) * TOUCH_SECONDS) + sets * test + (sets + 1.0) * candidates(p, keep);
}

static void plan_responses(const shy_pass_planner *p, int responses, shy_pass_plan *out)
{
    const shy_plan *plan = p->plan;
    const int passes = (responses + SHY_PASS_RESPONSES - 1) / SHY_PASS_RESPONSES, each = (responses + passes - 1) / passes;
    const double test = RESPONSE_TESTS * plan->pair_seconds + plan->response_seconds + RESPONSE_SHARE * plan->work_seconds;
    out->responses_bytes = bytes_of(p, 1, each, each, 1.0);
    out->responses_seconds = passes * (plan->work_seconds + (out->responses_bytes - p->base) * TOUCH_SECONDS) + responses * (test + candidates(p, 1.0));
}

/* One search after the other: with weights and covariates, with templates and on a part of the samples. */
static bool together(const shy_stage *stage)
{
    const shy_view *view = &stage->whole->view;
    return !stage->subset && stage->options->templates_count == 0 && !view->weight && view->directions == 0;
}

shy_status shy_search_plan_passes(const shy_problem *problem, const shy_search_options *options, const shy_plan *plan, int folds, int sets,
                                  int responses, shy_pass_plan *plan_out)
{
    shy_status st = SHY_OK;
    shy_search_options first = *options;
    shy_pass pass = {0};
    shy_pass_plan out = {.together = false};
    const double start = shy_time_own_seconds();
    first.plan = plan;
    SHY_TRY(shy_pass_enter(&pass, problem, &first, NULL));
    out.begin_seconds = shy_time_own_seconds() - start;
    SHY_TRY(shy_team_broadcast(problem->team, &out.begin_seconds, sizeof out.begin_seconds));
    out.lists_bytes = shy_plan_kept(plan, options->grammar.max_complexity, shy_best_reserve(options->keep)) * sizeof(shy_packed);
    const shy_pass_planner p = {shy_stage_space(&pass.stage), shy_stage_options(&pass.stage), plan, pass.rates.precision, (double)shy_memory_in_use()};
    out.together = together(&pass.stage);
    if (sets > 0 && out.together) plan_folds(&p, folds, sets, &out);
    else if (sets > 0) out.sets_seconds = (sets + 1.0) * plan->step_seconds[SHY_STEP_SCREEN], out.sets_bytes = plan->bytes_per_rank;
    if (sets > 0) out.sets_bytes += (double)sets * VIEW_COLUMNS * problem->rows.rows * sizeof(double);
    if (responses > 0) plan_responses(&p, responses, &out);
    *plan_out = out;
out:
    shy_pass_leave(&pass);
    return st;
}

/* A pass over the space of a problem with several views. */
#include "shy_config.h"

#include "deal.h"
#include "pass.h"

shy_status shy_pass_enter(shy_pass *pass, const shy_problem *problem, const shy_search_options *options, const shy_monitor *monitor)
{
    shy_status st = SHY_OK;
    *pass = (shy_pass){.monitor = monitor};
    SHY_TRY(shy_stage_enter(&pass->stage, problem, options));
    SHY_TRY(shy_stage_plan(&pass->stage, &pass->rates, &pass->jobs, &pass->plan));
out:
    return st;
}

void shy_pass_leave(shy_pass *pass)
{
    shy_jobs_destroy(&pass->jobs);
    shy_stage_leave(&pass->stage);
}

shy_status shy_pass_run(shy_pass *pass, const shy_outlook *outlook, shy_search_result *screen, shy_engine **engine_out)
{
    shy_status st = SHY_OK;
    const double start = shy_time_seconds();
    *screen = (shy_search_result){.plan = pass->plan, .formulas_scored = pass->plan.formulas_total, .precision = pass->rates.precision};
    SHY_TRY(shy_engine_create_pass(shy_stage_space(&pass->stage), pass->stage.options, pass->rates.precision, outlook, engine_out));
    SHY_TRY(shy_deal(*engine_out, pass->jobs, (double)pass->plan.formulas_total, pass->monitor, screen));
    screen->times.search = screen->seconds = shy_time_seconds() - start + screen->times.earlier;
out:
    return st;
}

/* Other responses in one pass: each sees all samples, in the metric of the problem, and keeps the best formula of each complexity. */
#include "shy_config.h"

#include "pass.h"

typedef struct {
    shy_pass *pass;
    int count;                       /* of this pass */
    shy_view *view;                  /* [count], as the next three */
    const shy_view **seen;
    const double **response;         /* y/√w */
    shy_sight *sight;
} shy_responses;

static shy_status allocate(shy_responses *r, int count)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)count, sizeof *r->view, &r->view));
    SHY_TRY(shy_new((size_t)count, sizeof *r->seen, &r->seen));
    SHY_TRY(shy_new((size_t)count, sizeof *r->response, &r->response));
    SHY_TRY(shy_new((size_t)count, sizeof *r->sight, &r->sight));
    r->count = count;
out:
    return st;
}

static void release(shy_responses *r)
{
    for (int b = 0; b < r->count; b++) shy_view_free(&r->view[b]);
    shy_free(&r->view);
    shy_free(&r->seen);
    shy_free(&r->response);
    shy_free(&r->sight);
}

static shy_status set_views(shy_responses *r, const double *const *response)
{
    shy_status st = SHY_OK;
    shy_space *space = r->pass->stage.whole;
    for (int b = 0; b < r->count; b++) {
        SHY_TRY_ALL(space->problem->team, shy_view_respond(space->problem, &space->view, response[b], &r->view[b]));
        r->seen[b] = &r->view[b];
        r->response[b] = r->view[b].scaled_response;
        r->sight[b] = (shy_sight){.left_out = -1, .response = b, .scale = 1.0};
    }
out:
    return st;
}

/* Rank 0 has the best of all; everyone learns it. Collective over the world. */
static shy_status tell(const shy_engine *engine, int levels, double *most)
{
    const shy_team *team = engine->space->problem->team;
    for (int v = 0; v < engine->views; v++) {
        const shy_best *best = engine->seen[v].best;
        double *out = most + (size_t)v * ((size_t)levels + 1);
        out[0] = -1.0;
        for (int c = 1; c <= levels; c++) out[c] = best->count[c] > 0 ? best->entry[c][0]->member[0].score.statistic : -1.0;
    }
    return shy_team_broadcast(team, most, (uint64_t)engine->views * ((uint64_t)levels + 1) * sizeof *most);
}

static shy_status run(shy_pass *pass, int count, const double *const *response, double *most)
{
    shy_status st = SHY_OK;
    const shy_team *team = pass->stage.whole->problem->team;
    const shy_rows *rows = &pass->stage.whole->problem->rows;
    const int cut[] = {0, rows->rows};
    shy_responses r = {.pass = pass};
    shy_engine *engine = NULL;
    shy_search_result screen;
    SHY_TRY_ALL(team, allocate(&r, count));
    SHY_TRY(set_views(&r, response));
    const shy_outlook outlook = {count, r.seen, r.sight, 1, {1, cut, &rows->total, count, r.response}, NULL};
    SHY_TRY(shy_pass_run(pass, &outlook, &screen, &engine));
    SHY_TRY(tell(engine, pass->stage.options->grammar.max_complexity, most));
out:
    shy_engine_destroy(&engine);
    release(&r);
    return st;
}

shy_status shy_pass_responses(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                              const shy_monitor *monitor, double *most_out)
{
    shy_status st = SHY_OK;
    shy_pass pass = {0};
    const int passes = (count + SHY_PASS_RESPONSES - 1) / SHY_PASS_RESPONSES;
    const size_t levels = (size_t)options->grammar.max_complexity + 1;
    shy_relay relay = {.monitor = monitor, .count = passes, .started = shy_time_seconds()};
    const shy_monitor through = {monitor->tell ? shy_relay_tell : NULL, &relay};
    SHY_TRY(shy_pass_enter(&pass, problem, options, &through));
    for (int k = 0; k < passes; k++) {
        relay.done = k;
        const int first = (int)((int64_t)count * k / passes), last = (int)((int64_t)count * (k + 1) / passes);
        SHY_TRY(run(&pass, last - first, response + first, most_out + (size_t)first * levels));
    }
out:
    shy_pass_leave(&pass);
    return st;
}

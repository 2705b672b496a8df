/* From screening on a part of the samples back to all of them: exact scores of the survivors, and what may have been lost. */
#include "shy_config.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "direction.h"
#include "plan.h"
#include "subset.h"

/*
 * Four times as many as are wanted: they cost little, as each is scored once on all samples, and the mark below which a formula is lost
 * sinks by about a third of the standard deviation of its correlation.
 */
int shy_screened_keep(int keep)
{
    return keep > INT_MAX / 8 ? INT_MAX / 2 : 4 * keep;
}

/* ---- the survivors --------------------------------------------------------------------------------------------------- */

static shy_status take_mine(const shy_engine *engine, shy_screened *s)
{
    void *bytes = NULL;
    uint64_t count = 0;
    const shy_status st = shy_best_pack(engine->seen[0].best, &bytes, &count);
    if (st == SHY_OK) s->member = bytes, s->count = count / sizeof *s->member;
    return st;
}

shy_status shy_screened_take(const shy_engine *engine, shy_screened *screened_out)
{
    shy_status st = SHY_OK;
    const shy_space *space = engine->space;
    const shy_team *team = space->problem->team;
    shy_screened s = {.samples = space->problem->rows.total, .spread = space->view.y_scale * space->view.y_scale};
    SHY_TRY_ALL(team, team->rank == 0 ? take_mine(engine, &s) : SHY_OK);
    shy_best_marks(engine->seen[0].best, s.mark);
    SHY_TRY(shy_team_broadcast(team, s.mark, sizeof s.mark));
    SHY_TRY(shy_team_broadcast(team, &s.count, sizeof s.count));
    SHY_TRY_ALL(team, team->rank == 0 ? SHY_OK : shy_new(s.count, sizeof *s.member, &s.member));
    SHY_TRY(shy_team_broadcast(team, s.member, s.count * sizeof *s.member));
    *screened_out = s, s = (shy_screened){0};
out:
    shy_screened_free(&s);
    return st;
}

void shy_screened_free(shy_screened *screened)
{
    shy_free(&screened->member);
}

/* ---- scores on all samples --------------------------------------------------------------------------------------------- */

typedef struct {
    shy_score score;
    uint64_t admitted;
} shy_verdict_on;

typedef struct {
    const shy_screened *screened;
    shy_scorer *scorer;
    struct shy_direction *direction;
} shy_rescorer;

/* What was a twin on the part may not be one on all samples, so members are scored one by one. Collective over the group. */
static shy_status score_item(void *context, uint64_t item, void *result)
{
    shy_status st = SHY_OK;
    const shy_rescorer *r = context;
    const shy_formula *formula = &r->screened->member[item].formula;
    shy_verdict_on verdict = {.admitted = 0};
    bool degenerate = false, admitted = true;
    SHY_TRY(shy_scorer_score(r->scorer, formula, &verdict.score, &degenerate));
    if (!degenerate) SHY_TRY(shy_direction_admits(r->direction, formula, &admitted));
    verdict.admitted = !degenerate && admitted;
    memcpy(result, &verdict, sizeof verdict);
out:
    return st;
}

/* Rank 0. */
static shy_status take_admitted(const shy_screened *s, const shy_verdict_on *verdict, shy_best *best)
{
    shy_status st = SHY_OK;
    for (uint64_t i = 0; i < s->count; i++) {
        shy_packed member = s->member[i];
        member.score = verdict[i].score;
        if (verdict[i].admitted) SHY_TRY(shy_best_absorb(best, &member, sizeof member));
    }
out:
    return st;
}

shy_status shy_screened_rescore(const shy_screened *screened, shy_space *space, const shy_search_options *options, shy_best **best_out)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = space->problem;
    const shy_team *team = problem->team;
    shy_best *best = NULL;
    shy_verdict_on *verdict = NULL;
    shy_rescorer r = {.screened = screened};
    SHY_TRY_ALL(team, shy_best_create(space, shy_best_reserve(options->keep), &best));
    SHY_TRY_ALL(team, shy_scorer_create(space, &space->view, options->seed, &r.scorer));
    SHY_TRY_ALL(team, shy_direction_create(space, &space->view, &r.direction));
    SHY_TRY_ALL(team, shy_new(screened->count, sizeof *verdict, &verdict));
    const shy_workload load = {.team = team, .journal = problem->journal, .name = "scores on all samples", .count = screened->count, .size = sizeof *verdict,
                               .result = verdict, .work = score_item, .context = &r};
    SHY_TRY(shy_workload_run(&load));
    SHY_TRY_ALL(team, team->rank == 0 ? take_admitted(screened, verdict, best) : SHY_OK);
    *best_out = best, best = NULL;
out:
    shy_free(&verdict);
    shy_direction_destroy(&r.direction);
    shy_scorer_destroy(&r.scorer);
    shy_best_destroy(&best);
    return st;
}

#define SCORE_FLOPS 60.0 /* per sample: evaluation, and sums that make two or three columns orthogonal */

void shy_screened_plan(const shy_space *space, const shy_search_options *options, int screening_keep, double score_seconds, shy_plan *plan)
{
    const shy_problem *problem = space->problem;
    const int levels = space->grammar.max_complexity;
    const double survivors = shy_plan_kept(plan, levels, shy_best_reserve(screening_keep)), samples = (double)problem->rows.total;
    const double bytes = survivors * sizeof(shy_packed) + (double)shy_scoring_bytes(space) + (double)shy_memory_in_use() +
                         shy_plan_list_bytes(plan, levels, shy_best_reserve(options->keep));
    plan->flops += survivors * samples * SCORE_FLOPS;
    shy_plan_add(plan, SHY_STEP_REFIT, survivors * score_seconds / problem->team->groups, bytes);
}

/* ---- what may have been lost ------------------------------------------------------------------------------------------- */

/* Fisher's z of a correlation whose square is r2; perfect ones, and what rounding adds to them, are cut short of infinity. */
static double fisher(double r2)
{
    return atanh(sqrt(fmin(fmax(r2, 0.0), 1.0 - 1e-12)));
}

double shy_lost_chance(double statistic, double mark, uint64_t samples, uint64_t total, double spread)
{
    const double m = (double)samples, n = (double)total;
    if (mark < 0.0) return 0.0;
    const double deviation = sqrt((1.0 - m / n) / (m - 3.0));
    const double expected = spread * statistic / (1.0 - statistic + spread * statistic);
    return 0.5 * erfc((fisher(expected) - fisher(mark)) / deviation / sqrt(2.0));
}

void shy_screened_judge(const shy_screened *screened, uint64_t total, shy_search_result *result)
{
    result->n_screened = screened->samples;
    for (int k = 0; k < result->levels; k++) {
        const shy_found_level *level = &result->level[k];
        for (int i = 0; i < level->count; i++) {
            shy_found *found = &level->found[i];
            found->lost_chance = shy_lost_chance(found->statistic, screened->mark[level->complexity], screened->samples, total, screened->spread);
        }
    }
    for (int f = 0; f < result->front_count; f++) {
        const shy_found *found = &result->level[result->front_level[f]].found[result->front_index[f]];
        result->lost_chance = fmax(result->lost_chance, found->lost_chance);
    }
}

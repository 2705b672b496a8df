/* How the chosen formula differs from each contender on held-out samples: the rounds of a bootstrap are shared by the groups, a step of the journal. */
#include "shy_config.h"

#include "versus.h"

#define COMPARE_SEED UINT64_C(0xc0de7e75)

/* On ranks that compare: rank 0, and the first member of each group as soon as a bootstrap is needed. */
typedef struct {
    const shy_assessment *a;
    int count, at;             /* contenders; the present one */
    const int32_t *cluster;    /* rank 0; NULL: none */
    bool shared;               /* the following are there: copies of what rank 0 has, on every rank */
    shy_truth truth;
    int32_t *own_cluster;
    double *chosen;
    double *contender;         /* of the present one */
    shy_comparison *comparison;
    double *round;             /* rank 0: [rounds] */
    int rounds;
} work;

static void work_free(work *w)
{
    shy_comparison_free(&w->comparison);
    shy_truth_free(&w->truth);
    shy_free(&w->own_cluster);
    shy_free(&w->chosen);
    shy_free(&w->contender);
    shy_free(&w->round);
}

static uint64_t seed_of(const work *w)
{
    return shy_random_bits(w->a->options->seed, COMPARE_SEED, 0);
}

/* Rank 0. */
static shy_status begin_first(work *w, const shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = w->a;
    SHY_TRY(shy_assess_poll(a));
    SHY_TRY(shy_comparison_create(&a->truth, &a->folds, c->held.predictor, a->chosen.predictor, NULL, w->cluster, 0, seed_of(w), &w->comparison));
    w->rounds = shy_comparison_rounds(w->comparison);
out:
    return st;
}

static shy_status begin_other(work *w)
{
    const shy_team *team = w->a->problem->team;
    if (team->rank == 0 || team->row_block > 0) return SHY_OK;
    return shy_comparison_create(&w->truth, &w->a->folds, w->contender, w->chosen, NULL, w->own_cluster, 0, seed_of(w), &w->comparison);
}

/* What ranks need to take part in a bootstrap. Collective over the world. */
static shy_status share(work *w, const shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = w->a;
    const shy_team *team = a->problem->team;
    const uint64_t predictions = (uint64_t)a->folds.repeats * a->truth.n * sizeof(double);
    if (!w->shared) {
        SHY_TRY(shy_truth_share(a->problem, &a->truth, &w->truth));
        SHY_TRY(shy_share_copy(team, w->cluster, a->truth.n * sizeof *w->cluster, (void **)&w->own_cluster));
        SHY_TRY(shy_share_copy(team, a->chosen.predictor, predictions, (void **)&w->chosen));
        w->shared = true;
    }
    SHY_TRY(shy_share_copy(team, team->rank == 0 ? c->held.predictor : NULL, predictions, (void **)&w->contender));
    SHY_TRY_ALL(team, begin_other(w));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_new((size_t)w->rounds, sizeof *w->round, &w->round) : SHY_OK);
out:
    return st;
}

static shy_status run_round(void *context, uint64_t round, void *value)
{
    const work *w = context;
    const shy_team *team = w->a->problem->team;
    if (team->rank == 0) shy_assess_tell(w->a, "comparisons", (w->at + (double)round / w->rounds) / w->count);
    return shy_group_agree(team, team->row_block == 0 ? shy_comparison_round(w->comparison, (int)round, value) : SHY_OK);
}

/* Collective over the world. */
static shy_status run_rounds(work *w, const shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    SHY_TRY(share(w, c));
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "comparison", .count = (uint64_t)w->rounds,
                               .size = sizeof(double), .result = w->round, .work = run_round, .context = w};
    SHY_TRY(shy_workload_run(&load));
out:
    return st;
}

/* c: NULL on ranks other than 0. Collective over the world. */
static shy_status compare_one(work *w, const shy_contender *c, shy_difference *difference)
{
    shy_status st = SHY_OK;
    const shy_team *team = w->a->problem->team;
    w->rounds = 0;
    SHY_TRY_ALL(team, team->rank == 0 ? begin_first(w, c) : shy_assess_poll(w->a));
    SHY_TRY(shy_team_broadcast(team, &w->rounds, sizeof w->rounds));
    if (w->rounds > 0) SHY_TRY(run_rounds(w, c));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_comparison_end(w->comparison, w->round, difference) : SHY_OK);
out:
    shy_comparison_free(&w->comparison);
    shy_free(&w->contender);
    shy_free(&w->round);
    return st;
}

shy_status shy_differences_create(const shy_assessment *a, const shy_contenders *all, const int32_t *cluster, shy_difference **differences_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    work w = {.a = a, .count = all->count, .cluster = cluster};
    shy_difference *differences = NULL;
    shy_assess_tell(a, "comparisons", 0.0);
    SHY_TRY(shy_team_broadcast(team, &w.count, sizeof w.count)); /* only rank 0 has all of them */
    SHY_TRY_ALL(team, shy_new((size_t)w.count, sizeof *differences, &differences));
    for (w.at = 0; w.at < w.count; w.at++) SHY_TRY(compare_one(&w, team->rank == 0 ? &all->contender[w.at] : NULL, &differences[w.at]));
    *differences_out = differences, differences = NULL;
out:
    work_free(&w);
    shy_free(&differences);
    return st;
}

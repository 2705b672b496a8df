/* Permuted responses: the same on any number of ranks, since every rank knows all residuals and draws all numbers. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "permute.h"

enum { PURPOSE_PERMUTE = 161 };

/* ---- what all ranks know -------------------------------------------------------------------------------------------------- */

static double root_of(const shy_metric *metric, int row)
{
    return metric->weight ? sqrt(metric->weight[row]) : 1.0;
}

static double sign_of(const shy_permuter *p, int row)
{
    return p->sign ? p->sign[row] : 1.0;
}

static bool takes_part(const shy_permuter *p, const shy_metric *metric, int row)
{
    const double *weight = p->problem->data.weight;
    return (!weight || weight[row] > 0.0) && (!metric->weight || metric->weight[row] > 0.0);
}

/* Rank 0 has it; all get it. Collective over the world. */
static shy_status share(const shy_problem *problem, const double *mine, double *all)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_gather_values(problem, mine, all));
    SHY_TRY(shy_team_broadcast(problem->team, all, problem->rows.total * sizeof *all));
out:
    return st;
}

/* stratum over my rows := the sample's stratum, −1 where it takes no part; residual likewise. */
static void fill_mine(const shy_permuter *p, double *residual, double *stratum)
{
    const shy_metric *metric = shy_outcome_metric(p->outcome);
    const int32_t *of = p->problem->data.stratum;
    for (int i = 0; i < p->problem->rows.rows; i++) {
        const bool part = takes_part(p, metric, i);
        residual[i] = part ? sign_of(p, i) * metric->response[i] / root_of(metric, i) : 0.0;
        stratum[i] = !part ? -1.0 : of ? of[i] : 0.0;
    }
}

static void list_places(shy_permuter *p, const double *stratum)
{
    const size_t n = (size_t)p->problem->rows.total;
    for (size_t i = 0; i < n; i++)
        if (stratum[i] >= 0.0) p->start[(int)stratum[i] + 1]++;
    for (int s = 0; s < p->strata; s++) p->start[s + 1] += p->start[s];
    for (size_t i = n; i-- > 0;) /* from behind: each start sinks to its place */
        if (stratum[i] >= 0.0) p->place[--p->start[(int)stratum[i] + 1]] = (int32_t)i;
    for (int s = 0; s < p->strata; s++) p->start[s] = p->start[s + 1];
    p->start[p->strata] = 0;
    for (size_t i = 0; i < n; i++) p->start[p->strata] += stratum[i] >= 0.0;
}

static shy_status allocate(shy_permuter *p, double **mine_out, double **stratum_out)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &p->problem->rows;
    const shy_metric *metric = shy_outcome_metric(p->outcome);
    const size_t n = (size_t)rows->total, own = (size_t)rows->rows;
    double mean;
    const double *treatment = shy_outcome_treatment(p->outcome, &mean);
    p->strata = p->problem->data.stratum && p->problem->data.strata > 0 ? p->problem->data.strata : 1;
    SHY_TRY(shy_new(n, sizeof *p->residual, &p->residual));
    SHY_TRY(shy_new(n, sizeof *p->place, &p->place));
    SHY_TRY(shy_new(n, sizeof *p->from, &p->from));
    SHY_TRY(shy_new((size_t)p->strata + 1U, sizeof *p->start, &p->start));
    SHY_TRY(shy_new((size_t)rows->runs * ((size_t)metric->directions + 1U), sizeof *p->partial, &p->partial));
    SHY_TRY(shy_new(2U * own, sizeof **mine_out, mine_out));
    SHY_TRY(shy_new(n, sizeof **stratum_out, stratum_out));
    if (!treatment) return SHY_OK;
    SHY_TRY(shy_new(own, sizeof *p->sign, &p->sign));
    for (size_t i = 0; i < own; i++) p->sign[i] = treatment[i] < 0.0 ? -1.0 : 1.0;
out:
    return st;
}

shy_status shy_permuter_create(const shy_problem *problem, uint64_t seed, shy_permuter **permuter_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_permuter *p = NULL;
    double *mine = NULL, *stratum = NULL;
    SHY_TRY_ALL(team, shy_new(1, sizeof *p, &p));
    p->problem = problem, p->seed = seed;
    SHY_TRY_ALL(team, shy_problem_outcome(problem, &p->outcome));
    SHY_TRY_ALL(team, allocate(p, &mine, &stratum));
    fill_mine(p, mine, mine + problem->rows.rows);
    SHY_TRY(share(problem, mine, p->residual));
    SHY_TRY(share(problem, mine + problem->rows.rows, stratum));
    list_places(p, stratum);
    *permuter_out = p, p = NULL;
out:
    shy_free(&mine);
    shy_free(&stratum);
    shy_permuter_destroy(&p);
    return st;
}

void shy_permuter_destroy(shy_permuter **permuter)
{
    shy_permuter *p = *permuter;
    if (!p) return;
    shy_outcome_destroy(&p->outcome);
    shy_free(&p->residual);
    shy_free(&p->place);
    shy_free(&p->start);
    shy_free(&p->sign);
    shy_free(&p->from);
    shy_free(&p->partial);
    shy_free(permuter);
}

/* ---- a permutation -------------------------------------------------------------------------------------------------------------- */

/* Fisher and Yates in each stratum. */
static void shuffle(shy_permuter *p, int number)
{
    const size_t n = (size_t)p->problem->rows.total;
    for (size_t i = 0; i < n; i++) p->from[i] = -1;
    for (int s = 0; s < p->strata; s++) {
        for (size_t k = p->start[s]; k < p->start[s + 1]; k++) {
            const size_t first = p->start[s];
            const uint64_t index = ((uint64_t)number << 32) + k;
            const size_t other = number == 0 ? k : first + (size_t)((double)(k - first + 1U) * shy_random_uniform(p->seed, PURPOSE_PERMUTE, index));
            const int32_t here = p->place[k], there = p->place[other];
            p->from[here] = p->from[there];
            p->from[there] = here; /* for other = k as well */
        }
    }
}

/* y − w·(c_0 + Σ c_k q_k), so that Σ y and Σ y q_k vanish. Collective over the group. */
static shy_status take_null(shy_permuter *p, double *y)
{
    shy_status st = SHY_OK;
    const shy_metric *metric = shy_outcome_metric(p->outcome);
    const shy_rows *rows = &p->problem->rows;
    const int width = 1 + metric->directions;
    double along[1 + SHY_COVARIATES_MAX];
    for (int run = 0; run < rows->runs; run++) {
        const int first = run * rows->run_rows, rest = rows->rows - first, count = rest < rows->run_rows ? rest : rows->run_rows;
        p->partial[(size_t)run * (size_t)width] = shy_exact_sum(count, y + first);
        for (int k = 1; k < width; k++) p->partial[run * width + k] = shy_exact_dot(count, y + first, metric->direction[k - 1] + first);
    }
    SHY_TRY(shy_group_sum_runs(rows->team, p->partial, rows->runs, width, along));
    for (int i = 0; i < rows->rows; i++) {
        double fitted = along[0];
        for (int k = 1; k < width; k++) fitted += along[k] * metric->direction[k - 1][i];
        y[i] -= (metric->weight ? metric->weight[i] : 1.0) * fitted / (double)rows->total;
    }
out:
    return st;
}

shy_status shy_permuter_draw(shy_permuter *p, int number, double *response)
{
    shy_status st = SHY_OK;
    const shy_metric *metric = shy_outcome_metric(p->outcome);
    const shy_rows *rows = &p->problem->rows;
    shuffle(p, number);
    for (int i = 0; i < rows->rows; i++) {
        const int32_t from = p->from[rows->first + (uint64_t)i];
        response[i] = from < 0 ? 0.0 : sign_of(p, i) * root_of(metric, i) * p->residual[from];
    }
    for (int pass = 0; pass < 2 && number > 0; pass++) SHY_TRY(take_null(p, response));
out:
    return st;
}

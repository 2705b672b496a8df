/* What all samples have, on rank 0: the outcome, and any column over the rows. */
#include "shy_config.h"

#include <string.h>

#include "assess_impl.h"

/* Group 0 holds all samples, its members one after the other, and they are the first ranks. */
static shy_status gather_bytes(const shy_problem *problem, const void *mine, size_t size, void *all)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    void *bytes = NULL;
    uint64_t *counts = NULL;
    const uint64_t count = team->group == 0 ? (uint64_t)problem->rows.rows * size : 0U;
    SHY_TRY(shy_team_gather(team, mine, count, &bytes, &counts));
    if (team->rank == 0) memcpy(all, bytes, (size_t)problem->rows.total * size);
out:
    shy_free(&bytes);
    shy_free(&counts);
    return st;
}

shy_status shy_gather_values(const shy_problem *problem, const double *mine, double *all)
{
    return gather_bytes(problem, mine, sizeof *mine, all);
}

/* Collective over the world; nothing where the outcome has no such column. */
static shy_status gather_column(const shy_problem *problem, const void *mine, size_t size, void **all_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    if (!mine) return SHY_OK;
    SHY_TRY_ALL(team, team->rank == 0 ? shy_new((size_t)problem->rows.total, size, all_out) : SHY_OK);
    SHY_TRY(gather_bytes(problem, mine, size, *all_out));
out:
    return st;
}

shy_status shy_truth_gather(const shy_problem *problem, shy_truth *truth_out)
{
    shy_status st = SHY_OK;
    const shy_outcome_data *data = &problem->data;
    shy_truth truth = {.n = (size_t)problem->rows.total, .ops = problem->ops, .strata = data->strata, .levels = data->levels};
    SHY_TRY(gather_column(problem, data->y, sizeof *data->y, (void **)&truth.y));
    SHY_TRY(gather_column(problem, data->time, sizeof *data->time, (void **)&truth.time));
    SHY_TRY(gather_column(problem, data->entry, sizeof *data->entry, (void **)&truth.entry));
    SHY_TRY(gather_column(problem, data->exposure, sizeof *data->exposure, (void **)&truth.exposure));
    SHY_TRY(gather_column(problem, data->weight, sizeof *data->weight, (void **)&truth.weight));
    SHY_TRY(gather_column(problem, data->stratum, sizeof *data->stratum, (void **)&truth.stratum));
    *truth_out = truth, truth = (shy_truth){0};
out:
    shy_truth_free(&truth);
    return st;
}

shy_status shy_share_copy(const shy_team *team, const void *values, uint64_t bytes, void **copy_out)
{
    shy_status st = SHY_OK;
    uint64_t size = team->rank == 0 && values ? bytes : 0;
    SHY_TRY(shy_team_broadcast(team, &size, sizeof size));
    if (size == 0) return SHY_OK;
    SHY_TRY_ALL(team, shy_memory_new(size, 1, copy_out));
    if (team->rank == 0) memcpy(*copy_out, values, size);
    SHY_TRY(shy_team_broadcast(team, *copy_out, size));
out:
    return st;
}

shy_status shy_truth_share(const shy_problem *problem, const shy_truth *truth, shy_truth *copy_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    const uint64_t numbers = truth->n * sizeof(double);
    shy_truth copy = {.n = truth->n, .ops = truth->ops, .strata = problem->data.strata, .levels = problem->data.levels};
    SHY_TRY(shy_share_copy(team, truth->y, numbers, (void **)&copy.y));
    SHY_TRY(shy_share_copy(team, truth->time, numbers, (void **)&copy.time));
    SHY_TRY(shy_share_copy(team, truth->entry, numbers, (void **)&copy.entry));
    SHY_TRY(shy_share_copy(team, truth->exposure, numbers, (void **)&copy.exposure));
    SHY_TRY(shy_share_copy(team, truth->weight, numbers, (void **)&copy.weight));
    SHY_TRY(shy_share_copy(team, truth->stratum, truth->n * sizeof(int32_t), (void **)&copy.stratum));
    *copy_out = copy, copy = (shy_truth){0};
out:
    shy_truth_free(&copy);
    return st;
}

void shy_truth_free(shy_truth *truth)
{
    shy_free(&truth->y);
    shy_free(&truth->time);
    shy_free(&truth->entry);
    shy_free(&truth->exposure);
    shy_free(&truth->weight);
    shy_free(&truth->stratum);
}

/** What all tests of outcomes share: a group of one rank and one of all, rows dealt to them, a small inverse. */
#ifndef SHIHYO_TESTS_MODEL_TEAMS_H
#define SHIHYO_TESTS_MODEL_TEAMS_H

#include "shihyo/linalg.h"
#include "shihyo/model.h"

static shy_team *one;  /* a group of one rank: all rows here */
static shy_team *grid; /* one group of all ranks */

static inline bool everywhere(bool mine)
{
    int all = 0, verdict = mine;
    MPI_Allreduce(&verdict, &all, 1, MPI_INT, MPI_LAND, grid->world);
    return all != 0;
}

/* Whole runs, split as evenly as whole runs can be. */
static shy_rows rows_of(const shy_team *team, int n, int run_rows)
{
    const int runs = (n + run_rows - 1) / run_rows;
    const int from = team->row_block * runs / team->row_blocks, to = (team->row_block + 1) * runs / team->row_blocks;
    const int first = from * run_rows < n ? from * run_rows : n, end = to * run_rows < n ? to * run_rows : n;

    return (shy_rows){.team = team,
                      .total = (uint64_t)n,
                      .first = (uint64_t)first,
                      .rows = end - first,
                      .run_rows = run_rows,
                      .runs = to - from};
}

/* a = a⁻¹ by Gauss–Jordan with pivots from the diagonal: a is positive definite. */
static inline void invert(int order, double a[order][order])
{
    for (int p = 0; p < order; p++) {
        const double pivot = a[p][p];
        a[p][p] = 1.0;
        for (int k = 0; k < order; k++)
            a[p][k] /= pivot;
        for (int i = 0; i < order; i++) {
            const double factor = a[i][p];
            if (i == p) continue;
            a[i][p] = 0.0;
            for (int k = 0; k < order; k++)
                a[i][k] -= factor * a[p][k];
        }
    }
}

static int start_all(void **state)
{
    int size = 0;

    (void)state;
    if (shy_par_start(NULL, NULL) != SHY_OK) return -1;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (shy_team_create(MPI_COMM_WORLD, 1, &one) != SHY_OK) return -1;
    if (shy_team_create(MPI_COMM_WORLD, size, &grid) != SHY_OK) return -1;
    return shy_linalg_start(grid) == SHY_OK ? 0 : -1;
}

static int stop_all(void **state)
{
    (void)state;
    shy_linalg_stop();
    shy_team_destroy(&one);
    shy_team_destroy(&grid);
    shy_par_stop();
    return 0;
}

#endif

/** some_teams: teams of some of the ranks in every shape, on which a run may begin, and others on which it goes on. */
#ifndef SHIHYO_TESTS_SOME_TEAMS_H
#define SHIHYO_TESTS_SOME_TEAMS_H

#include "par_check.h"

enum { TEAMS_MAX = 16 };
static int teams;
static shy_team *team_of[TEAMS_MAX]; /* NULL on ranks that are not in it */
static int world_rank;

static void make_teams(void)
{
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    for (int ranks = 1; ranks <= size; ranks++) {
        MPI_Comm comm;
        MPI_Comm_split(MPI_COMM_WORLD, world_rank < ranks ? 0 : MPI_UNDEFINED, world_rank, &comm);
        for (int blocks = 1; blocks <= ranks; blocks++) {
            if (ranks % blocks != 0 || teams == TEAMS_MAX) continue;
            if (comm != MPI_COMM_NULL && shy_team_create(comm, blocks, &team_of[teams]) != SHY_OK) abort();
            teams++;
        }
        if (comm != MPI_COMM_NULL) MPI_Comm_free(&comm);
    }
}

static inline void destroy_teams(void)
{
    for (int t = 0; t < teams; t++) shy_team_destroy(&team_of[t]);
}

#endif

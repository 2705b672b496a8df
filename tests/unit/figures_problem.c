/* figures_problem.c: see figures_problem.h. */
#include "shy_config.h"

#include "search_problem.h"

#include "figures_problem.h"

shy_problem *figures_problem_create(const shy_team *team, const char *columns, int n)
{
    const problem_spec spec = {.n = n, .columns = columns, .seed = 9};
    shy_problem *problem = problem_create(team, &spec);
    double *weight = (double *)given_memory((size_t)n, sizeof *weight);
    for (int i = 0; i < n; i++) weight[i] = i % 5 == 2 ? 0.0 : 1.0 + i % 3;
    problem->data.weight = weight;
    return problem;
}

void figures_problem_free(shy_problem *problem)
{
    free((void *)(uintptr_t)problem->data.weight);
    problem_free(problem);
}

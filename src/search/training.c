/* Searches beside the search: training sets, permuted responses. */
#include "shy_config.h"

#include "study.h"

shy_status shy_problem_train(const shy_problem *problem, const double *takes_part, shy_problem **trained_out)
{
    (void)problem, (void)takes_part;
    *trained_out = NULL;
    return SHY_OK;
}

void shy_problem_untrain(shy_problem **trained)
{
    (void)trained;
}

void shy_lists_free(shy_lists **lists)
{
    (void)lists;
}

shy_status shy_search_pass(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                           void (*progress)(void *context, const shy_progress *now), void *context, shy_lists **lists_out, int *passes_out)
{
    (void)problem, (void)options, (void)sets, (void)trained, (void)progress, (void)context, (void)lists_out, (void)passes_out;
    return SHY_OK;
}

shy_status shy_search_permuted(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                               void (*progress)(void *context, const shy_progress *now), void *context, double *most_out)
{
    (void)problem, (void)options, (void)count, (void)response, (void)progress, (void)context, (void)most_out;
    return SHY_OK;
}

/* folds */
#include "shy_config.h"

#include "assess_impl.h"

shy_status shy_folds_create(const shy_problem *problem, const shy_assess_options *options, shy_folds *folds_out)
{
    (void)problem, (void)options;
    *folds_out = (shy_folds){0};
    return SHY_OK;
}

void shy_folds_free(shy_folds *folds)
{
    shy_free(&folds->fold);
    shy_free(&folds->all);
}

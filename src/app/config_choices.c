/* config_choices.c: the names that keys of a choice take. */
#include "shy_config.h"

#include "app/config.h"
#include "app/config_choices.h"
#include "shihyo/model.h"
#include "shihyo/search.h"
#include "shihyo/tile.h"

size_t shy_choices_outcome_kinds(const char **names)
{
    size_t count = 0;

    for (const shy_outcome_ops *const *ops = shy_outcome_list(); *ops != NULL && count < SHY_CHOICES_MAX; ops++)
        names[count++] = (*ops)->name;
    return count;
}

size_t shy_choices_operators(const char **names)
{
    size_t count = 0;

    for (int op = 0; op < SHY_OPS && count < SHY_CHOICES_MAX; op++)
        if (shy_operator_get((shy_op)op)->arity > 0) names[count++] = shy_operator_get((shy_op)op)->name;
    return count;
}

size_t shy_choices_covariates_missing(const char **names)
{
    names[SHY_COVARIATES_REFUSE] = "refuse", names[SHY_COVARIATES_COMPLETE] = "complete", names[SHY_COVARIATES_INDICATOR] = "indicator";
    return 3;
}

size_t shy_choices_transforms(const char **names)
{
    size_t count = 0;

    for (int op = 0; op < SHY_OPS && count < SHY_CHOICES_MAX; op++)
        if (shy_operator_get((shy_op)op)->arity == 1) names[count++] = shy_operator_get((shy_op)op)->name;
    return count;
}

size_t shy_choices_directions(const char **names)
{
    names[0] = "increasing", names[1] = "decreasing";
    return 2;
}

size_t shy_choices_constants(const char **names)
{
    names[0] = "fitted", names[1] = "none";
    return 2;
}

size_t shy_choices_truths(const char **names)
{
    names[0] = "true", names[1] = "false";
    return 2;
}

/* In the order of shy_inner. */
size_t shy_choices_inners(const char **names)
{
    names[0] = "off", names[1] = "shifts", names[2] = "all";
    return 3;
}

size_t shy_choices_units(const char **names)
{
    names[0] = "clinical", names[1] = "strict", names[2] = "off";
    return 3;
}

size_t shy_choices_categories(const char **names)
{
    names[SHY_CATEGORIES_OFF] = "off", names[SHY_CATEGORIES_ONEHOT] = "onehot", names[SHY_CATEGORIES_ORDERED] = "ordered";
    return 3;
}

size_t shy_choices_missing_methods(const char **names)
{
    names[SHY_MISSING_COMPLETE] = "complete", names[SHY_MISSING_MEDIAN] = "median", names[SHY_MISSING_INDICATOR] = "indicator";
    names[SHY_MISSING_MULTIPLE] = "multiple";
    return 4;
}

size_t shy_choices_precisions(const char **names)
{
    for (int precision = 0; precision < SHY_PRECISIONS; precision++) names[precision] = shy_precision_name((shy_precision)precision);
    return SHY_PRECISIONS;
}

size_t shy_choices_levels(const char **names)
{
    names[0] = "full", names[1] = "nested", names[2] = "none";
    return 3;
}

size_t shy_choices_strata(const char **names)
{
    names[0] = "outcome", names[1] = "none";
    return 2;
}

/* In the order of shy_choice. */
size_t shy_choices_rules(const char **names)
{
    names[0] = "best", names[1] = "one-se";
    return 2;
}

size_t shy_choices_group_counts(const char **names)
{
    names[0] = "0", names[1] = "2", names[2] = "3";
    return 3;
}

/* In the order of shy_groups_method. */
size_t shy_choices_group_methods(const char **names)
{
    names[0] = "maxstat", names[1] = "quantile";
    return 2;
}

size_t shy_choices_automatic(const char **names)
{
    names[0] = "auto";
    return 1;
}

size_t shy_choices_automatic_or_none(const char **names)
{
    names[0] = "auto", names[1] = "none";
    return 2;
}

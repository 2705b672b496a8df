/** config_choices: the names that a key takes whose value is a choice; fills at most SHY_CHOICES_MAX of them, returns how many. See shy_key.choices. */
#ifndef SHIHYO_APP_CONFIG_CHOICES_H
#define SHIHYO_APP_CONFIG_CHOICES_H

#include <stddef.h>

size_t shy_choices_outcome_kinds(const char **names);
size_t shy_choices_operators(const char **names);
size_t shy_choices_covariates_missing(const char **names);
size_t shy_choices_transforms(const char **names);
size_t shy_choices_directions(const char **names);
size_t shy_choices_constants(const char **names);
size_t shy_choices_truths(const char **names);
size_t shy_choices_inners(const char **names);
size_t shy_choices_units(const char **names);
size_t shy_choices_categories(const char **names);
size_t shy_choices_missing_methods(const char **names);
size_t shy_choices_precisions(const char **names);
size_t shy_choices_levels(const char **names);
size_t shy_choices_strata(const char **names);
size_t shy_choices_rules(const char **names);
size_t shy_choices_group_counts(const char **names);
size_t shy_choices_group_methods(const char **names);
size_t shy_choices_automatic(const char **names);
size_t shy_choices_automatic_or_none(const char **names);

#endif

/* What the files of risk groups share. */
#ifndef SHY_ASSESS_GROUPS_H
#define SHY_ASSESS_GROUPS_H

#include "cutpoint.h"

/* Samples divided by their predictions, lowest first. */
typedef struct {
    int groups;
    int32_t *group; /* [n]; −1: in none, because there is no prediction or no cut-point */
} shy_division;

/*
 * `samples`, `not_divided`, `group`: one object for each group, and `difference`: the test of all of them; as far as the rule lets it out. `where`: what it is called in
 * the list of what was suppressed. Serial; rank 0.
 */
shy_status shy_division_record(const shy_truth *truth, const shy_division *division, const shy_assess_options *rule, const char *where, shy_record *record);

#endif

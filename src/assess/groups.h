/* What the files of risk groups share. */
#ifndef SHY_ASSESS_GROUPS_H
#define SHY_ASSESS_GROUPS_H

#include "cutpoint.h"

/* Samples divided by their predictions, lowest first. */
typedef struct {
    int groups;
    int32_t *group; /* [n]; −1: in none, because there is no prediction or no cut-point */
} shy_division;

/* `samples`, `not_divided`, `group`: one object for each group, and `difference`: the test of all of them. Serial; rank 0. */
shy_status shy_division_record(const shy_truth *truth, const shy_division *division, shy_record *record);

#endif

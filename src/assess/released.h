/* What the rule of release lets out of counts and curves. Serial; rank 0. */
#ifndef SHY_ASSESS_RELEASED_H
#define SHY_ASSESS_RELEASED_H

#include "calibrate.h"
#include "cutpoint.h"

/* The count, rounded if the rule says so; null if it is hidden. A zero that nobody hides is a zero: nobody is missing. */
shy_status shy_release_count(const shy_sdc *sdc, const char *name, int64_t count, bool hidden, shy_record *record);
/* A part of a whole that is known: null if it or the rest are too few, though not none. */
shy_status shy_release_part(const shy_assess_options *rule, const char *where, const char *name, int64_t part, int64_t whole, shy_record *record);
/* Notes that something at `where`.`name` was taken away, in so many cells. */
shy_status shy_release_note(const shy_assess_options *rule, const char *where, const char *name, const char *what, int64_t cells);
/* Metrics of folds, of which some are small: to three digits. value_out: room for count. */
shy_status shy_release_folds(const shy_sdc *sdc, const char *name, const double *value, int count, shy_record *record);
/*
 * Cut-points at round numbers, as far as there are some between the neighbours, else at such near by; `below` is counted anew. x, score: as of shy_cut_one. A cut-point is
 * halfway between its neighbours before.
 */
void shy_release_cuts(const shy_sdc *sdc, size_t n, const double *x, const double *score, shy_cuts *cuts);
/* May the numbers of samples below the cut-points be told? */
bool shy_release_shows_cuts(const shy_sdc *sdc, const shy_cuts *cuts);

#endif

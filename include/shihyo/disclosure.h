/**
 * disclosure: statistical disclosure control. What may leave the room: counts, bins, steps and bounds that nobody can be recognised by.
 *
 * Floor 1. Pure functions on numbers; nothing here knows what they count, and nothing is collective. Sources: doc/disclosure.md.
 */
#ifndef SHIHYO_DISCLOSURE_H
#define SHIHYO_DISCLOSURE_H

#include "shihyo/base.h"

/** A rule by which counts are released. */
typedef struct {
    char name[24];      /* as given: "sacro", "12", … */
    int threshold;      /* smallest count of people in a cell that is shown; 0: everything is shown (none) */
    int round_to;       /* counts are rounded to multiples of this; 0, 1: not */
    bool zeros;         /* an empty cell may be shown as 0 */
    int residual_df;    /* fewest residual degrees of freedom of a fit that is shown */
} shy_sdc;

/** "uk-biobank" | "opensafely" | "sacro" | "none" | N >= 1. SHY_INPUT otherwise, with the choices. */
shy_status shy_sdc_parse(const char *text, shy_sdc *sdc_out);
static inline bool shy_sdc_is_on(const shy_sdc *sdc) { return sdc->threshold > 0; }

/** May a cell with that many people be shown? */
bool shy_sdc_shows(const shy_sdc *sdc, int64_t count);
/** The count as it is released, rounded; −1: not shown. */
int64_t shy_sdc_count(const shy_sdc *sdc, int64_t count);

/**
 * Neighbouring bins are joined until in each of them every one of the `series` counts (count[s·bins + b]) may be shown, in place (the stride stays the
 * `bins` of the call); edge[0 … bins]. Returns how many bins are left, 0: not even all together may be shown. Outermost edges are not touched: bound them before.
 */
int shy_sdc_join_bins(const shy_sdc *sdc, int bins, double *edge, int series, int64_t *count);
/**
 * Which of the times of a Kaplan–Meier curve may be its steps: between two of them, and from the last one on, at least `threshold` people had the event or were
 * censored. keep[k] for ascending times; the number of people who left (event or censored) at each. Returns how many.
 */
int shy_sdc_steps(const shy_sdc *sdc, int times, const int64_t *events, const int64_t *censored, bool *keep);
/**
 * Counts of the groups that a whole falls into (`whole` is known or their sum): hidden[k] for those that may not be shown, and for as many more as are needed that
 * nobody can work them out by subtraction. Returns how many are hidden.
 */
int shy_sdc_hide(const shy_sdc *sdc, int groups, const int64_t *count, bool *hidden);
/**
 * Bounds of values[0 … count) that are nobody's: the means of the `threshold` smallest and largest values, to three digits, outward. The values themselves if the rule is
 * none; NaN if there are fewer than twice the threshold. `values` is sorted by the call; it has no NaN.
 */
void shy_sdc_bounds(const shy_sdc *sdc, size_t count, double *values, double *low_out, double *high_out);

/**
 * Notes in the list `suppressed` (may be NULL) that something was left out or changed: `where` (a path such as "groups.held_out.kaplan_meier"), `what` ("count", "bins joined",
 * "steps joined", "bounds", "model", …), `why` ("fewer than 10 people"), and how many cells or bins that concerned.
 */
shy_status shy_sdc_note(const shy_sdc *sdc, shy_record *suppressed, const char *where, const char *what, const char *why, int64_t cells);

#endif

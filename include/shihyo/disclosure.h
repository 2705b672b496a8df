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
 * The same of a cell of a picture of which there are several: under a rule to fives (to the threshold if that is less), never to less than the threshold. Pictures of two formulas, of a formula and its
 * factor, or of one formula by other bins cut the same people at other places; of two exact sums the difference would be a count of those between the cuts. −1: not shown.
 */
int64_t shy_sdc_picture_count(const shy_sdc *sdc, int64_t count);
/** A mean, a rate or a share of such a cell, or a measure of those in it: to four digits, so that no count follows from its fraction; under none as it is. */
double shy_sdc_picture_value(const shy_sdc *sdc, double value);

/**
 * Neighbouring bins are joined until in each of them every one of the `series` counts (count[s·bins + b]) may be shown, in place (the stride stays the
 * `bins` of the call); edge[0 … bins]. Returns how many bins are left, 0: not even all together may be shown (then nothing is changed). Outermost edges are
 * not touched: bound them before. Counts stay exact sums: each passes through shy_sdc_count before it is written.
 */
int shy_sdc_join_bins(const shy_sdc *sdc, int bins, double *edge, int series, int64_t *count);
/**
 * Which of the times of a Kaplan–Meier curve may be its steps: up to the first, between two of them, and after the last (unless there is none left) at least `threshold` people
 * had the event, and at least as many are at risk after the last. keep[k] for ascending times, with the number of people who had the event, or were censored, at each. Returns how many; 0:
 * the curve is not shown at all. Between steps it is constant. None: every time with an event.
 */
int shy_sdc_steps(const shy_sdc *sdc, int times, const int64_t *events, const int64_t *censored, bool *keep);
/**
 * A Kaplan–Meier curve as it is released, at times that are nobody's: ascending times with their counts as for shy_sdc_steps go to 40 to 100 round times
 * (1, 2 or 5 times a power of ten apart; beside them where one to `threshold` − 1 people have just that), of which those that may be steps are kept. What holds after
 * time step[j] of the call holds at shown[j]; both have room for `times`. The rule must be on. Returns how many there are.
 */
int shy_sdc_curve(const shy_sdc *sdc, int times, const double *time, const int64_t *events, const int64_t *censored, int *step, double *shown);
/**
 * Counts of the groups that a whole falls into (`whole` is known or their sum): hidden[k] for those that may not be shown, and for as many more as are needed that
 * nobody can work them out by subtraction, not even who knows this rule: all those with the smallest count that may be shown, or, where there is none, all. Returns how many are hidden.
 * The whole itself is the caller's: shy_sdc_shows. Where counts are rounded (round_to > 1), subtraction tells nothing and no more are hidden.
 */
int shy_sdc_hide(const shy_sdc *sdc, int groups, const int64_t *count, bool *hidden);
/**
 * The same of a table with two columns, `part` of each group's `whole` and the rest, whose margins are known. Returns how many groups' parts are hidden.
 */
#define SHY_SDC_GROUPS 64 /* most groups of such a table */
int shy_sdc_hide_parts(const shy_sdc *sdc, int groups, const int64_t *part, const int64_t *whole, bool *hidden);
/** A share as it is released where counts are rounded: of the rounded counts. Both counts may be shown; elsewhere it is part/whole. */
static inline double shy_sdc_share(const shy_sdc *sdc, int64_t part, int64_t whole)
{
    return (double)shy_sdc_count(sdc, part) / (double)shy_sdc_count(sdc, whole);
}
/** May `part` of `whole` be shown beside the whole? Both it and the rest are cells. */
static inline bool shy_sdc_shows_part(const shy_sdc *sdc, int64_t part, int64_t whole)
{
    return shy_sdc_shows(sdc, part) && shy_sdc_shows(sdc, whole - part);
}
/**
 * Bounds of values[0 … count) that are nobody's: the means of the `threshold` smallest and largest values, to three digits, outward, and farther where fewer than `threshold` people have just
 * that value. Extremes count at most as far from the threshold-th as that is from the median, so that no outlier shows. The values themselves if the rule is
 * none; NaN if there are fewer than twice the threshold. `values` is sorted by the call; it has no NaN.
 */
void shy_sdc_bounds(const shy_sdc *sdc, size_t count, double *values, double *low_out, double *high_out);
/**
 * A statistic that may be an individual's value (a median, a cut point, a step of time), as it is released: to three significant digits; under none as it is.
 */
double shy_sdc_value(const shy_sdc *sdc, double value);
/** `value` to so many significant digits (1 … 17). NaN and infinities stay. */
double shy_sdc_digits(double value, int digits);
/** The number with the fewest significant digits that lies strictly between; false: none with up to `digits` of them does. */
bool shy_sdc_between(double below, double above, int digits, double *between_out);

/**
 * Notes in the list `suppressed` (may be NULL) that something was left out or changed: `where` (a path such as "groups.held_out.kaplan_meier"), `what` ("count", "bins joined",
 * "steps joined", "bounds", "model", …), `why` ("fewer than 10 people"; NULL: just that, with the rule's threshold), and how many cells or bins that concerned. Nothing is noted where
 * that is 0.
 */
shy_status shy_sdc_note(const shy_sdc *sdc, shy_record *suppressed, const char *where, const char *what, const char *why, int64_t cells);

#endif

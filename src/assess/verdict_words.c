/* The verdict in plain words. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

#define FORMULA_DIGITS 6

/* ---- a growing text ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_status st;
    char *text;
    int decimals; /* of the metric on held-out samples: what is compared has the same */
} words;

/* A first failure stays. */
static void say(words *w, const char *more)
{
    char *longer = NULL;
    if (w->st != SHY_OK) return;
    w->st = shy_string_format(&longer, "%s%s", w->text ? w->text : "", more);
    if (w->st != SHY_OK) return;
    shy_free(&w->text);
    w->text = longer;
}

static void say_number(words *w, double value, int decimals)
{
    char room[64];
    snprintf(room, sizeof room, "%.*f", decimals, value);
    say(w, strtod(room, NULL) == 0.0 && room[0] == '-' ? room + 1 : room);
}

/* ---- numbers --------------------------------------------------------------------------------------------------------------------------------- */

static const char *metric_word(const shy_assessment *a)
{
    static const struct {
        const char *kind, *word;
    } table[] = {{"continuous", "R\xc2\xb2"}, {"binary", "AUC"}, {"count", "explained deviance"}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        if (strcmp(a->problem->ops->name, table[k].kind) == 0) return table[k].word;
    }
    return "concordance";
}

/* Two, or as many as the error needs to be seen. */
static int decimals_for(double error)
{
    return error > 0.0 && error < 0.0095 ? 3 : 2;
}

static void say_spread(words *w, const shy_spread *spread, int decimals)
{
    say_number(w, spread->mean, decimals);
    if (isnan(spread->error)) return;
    say(w, " \xc2\xb1 ");
    say_number(w, spread->error, decimals);
}

/* No smaller than counting can show: of no permutation that did as well, rounded up to one digit. */
static void say_p(words *w, const shy_evidence *e)
{
    char room[48];
    const double unit = pow(10.0, floor(log10(e->p)));
    if (e->exceeding > 0) snprintf(room, sizeof room, "p = %.2g", e->p);
    else snprintf(room, sizeof room, "p at most %.1g", unit * ceil(e->p / unit * (1.0 - 1e-9)));
    say(w, room);
}

/* ---- sentences -------------------------------------------------------------------------------------------------------------------------------- */

static void say_chance(words *w, const shy_evidence *e)
{
    if (!e->front) {
        say(w, "No formula explains the outcome better than none does.");
        return;
    }
    say(w, "No formula is distinguishable from chance (");
    say_p(w, e);
    say(w, " for the whole search): searches of permuted outcomes find formulas as good as these. What is listed describes these samples, and need not hold in others.");
}

static void say_signal(words *w, const shy_evidence *e)
{
    say(w, "There is more in these formulas than chance (");
    say_p(w, e);
    say(w, " for the whole search).");
}

/* Nothing on held-out samples. */
static void say_none(words *w, const shy_assessment *a)
{
    say(w, "On samples that the search had not seen no formula does better than ");
    say(w, a->problem->data.covariates > 0 ? "the covariates alone (" : "none (");
    say(w, metric_word(a));
    say(w, " ");
    say_number(w, a->level[0].spread.mean, decimals_for(a->level[0].spread.error));
    say(w, ").");
}

/* As people read it: constants to as many digits as in the table of the front. */
static void say_formula(words *w, const shy_assessment *a)
{
    char *text = NULL;
    if (a->found->tree.count == 0) {
        say(w, a->found->text);
        return;
    }
    if (w->st == SHY_OK) w->st = shy_tree_print(&a->found->tree, (const char *const *)a->problem->name, FORMULA_DIGITS, &text);
    if (w->st == SHY_OK) say(w, text);
    shy_free(&text);
}

static void say_held_out(words *w, const shy_assessment *a, const shy_evidence *e)
{
    const int decimals = decimals_for(a->chosen.spread.error);
    say_formula(w, a);
    if (e->significance) {
        say(w, " is distinguishable from chance (");
        say_p(w, e);
        say(w, " for the whole search). On samples that the search had not seen it reaches ");
    } else {
        say(w, ": on samples that the search had not seen it reaches ");
    }
    say(w, metric_word(a));
    say(w, " ");
    say_spread(w, &a->chosen.spread, decimals);
    say(w, " (");
    say_number(w, a->found->fit.metric[0], decimals);
    say(w, " on those that it was found on, ");
    say_number(w, a->level[0].spread.mean, decimals);
    say(w, a->problem->data.covariates > 0 ? " for the covariates alone)." : " without a formula).");
}

/* Better than none, but by how much? */
static void say_gain(words *w, const shy_assessment *a, const shy_evidence *e)
{
    const int decimals = decimals_for(e->gain_error);
    const bool covariates = a->problem->data.covariates > 0;
    if (!(e->gain > 0.0)) {
        say(w, covariates ? " That is no better than the covariates alone." : " That is no better than without a formula.");
        return;
    }
    say(w, covariates ? " It is better than the covariates alone by " : " It is better than no formula by ");
    say_number(w, e->gain, decimals);
    if (!isnan(e->gain_error)) say(w, " \xc2\xb1 "), say_number(w, e->gain_error, decimals);
    say(w, ", which may be chance.");
}

static void say_overfit(words *w, const shy_assessment *a, const shy_evidence *e)
{
    const double seems = fabs(a->found->fit.metric[0] - a->result->null.metric[0]);
    if (e->gain > 0.0 && seems > 0.0 && e->gain < 0.5 * seems) say(w, " Less than half of what it seems to explain holds there.");
}

static double number_of(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    if (!shy_record_find(record, path, &entry)) return NAN;
    return entry.kind == SHY_RECORD_NUMBER ? entry.number : entry.kind == SHY_RECORD_INTEGER ? (double)entry.integer : NAN;
}

static void say_stability(words *w, const shy_assessment *a)
{
    const double sets = number_of(a->record, "stability.training.sets"), found = number_of(a->record, "stability.training.found");
    char room[160];
    if (isnan(a->returns) && !(sets > 0.0)) return;
    say(w, " It, or a formula that says nearly the same, ");
    if (sets > 0.0) {
        snprintf(room, sizeof room, "was found by %.0f of %.0f searches without a part of the samples%s", found, sets, isnan(a->returns) ? "" : ", and ");
        say(w, room);
    }
    if (!isnan(a->returns)) {
        snprintf(room, sizeof room, "is among the best on %.0f %% of half samples", floor(100.0 * a->returns + 1e-9));
        say(w, room);
    }
    say(w, ".");
}

static void say_calibration(words *w, const shy_assessment *a)
{
    const double slope = number_of(a->record, "calibration.slope"), error = number_of(a->record, "calibration.slope_error");
    if (!(fabs(slope - 1.0) > 2.0 * error) || (slope > 0.8 && slope < 1.25)) return;
    say(w, slope < 1.0 ? " Its predictions are too extreme (calibration slope " : " Its predictions are too timid (calibration slope ");
    say_number(w, slope, 2);
    say(w, ").");
}

/* "A (0.64), B (0.60) and C (0.55)" of one standing. */
static void say_lines(words *w, const shy_evidence *e, shy_line_standing standing, bool net, const char *before, const char *after)
{
    int count = 0, said = 0;
    for (int k = 0; k < e->lines; k++) count += e->line[k].standing == standing && e->line[k].net == net;
    if (count == 0) return;
    say(w, before);
    for (int k = 0; k < e->lines; k++) {
        if (e->line[k].standing != standing || e->line[k].net != net) continue;
        if (said > 0) say(w, said == count - 1 ? " and " : ", ");
        say(w, e->line[k].article ? "the " : "");
        say(w, e->line[k].name);
        say(w, " (");
        say_number(w, e->line[k].mean, w->decimals);
        say(w, ")");
        said++;
    }
    say(w, after);
}

static void say_versus(words *w, const shy_evidence *e)
{
    say_lines(w, e, SHY_LINE_SAME, false, " It is the same as ", ".");
    say_lines(w, e, SHY_LINE_WORSE, false, " It does better than ", ".");
    say_lines(w, e, SHY_LINE_ALIKE, false, " It is not shown to be better than ", ", which may do as well.");
    say_lines(w, e, SHY_LINE_BETTER, false, " It does worse than ", ".");
    say_lines(w, e, SHY_LINE_WORSE, true, " It does better than models of many factors: ", ".");
    say_lines(w, e, SHY_LINE_ALIKE, true, " It is not shown to do worse than models of many factors: ", ".");
    say_lines(w, e, SHY_LINE_BETTER, true, " It does worse than models of many factors: ", ". The factors hold more than this formula tells.");
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------------------------------- */

static void say_interaction(words *w, const shy_assessment *a)
{
    if (a->problem->data.interaction && a->options->folds > 0) say(w, " Interactions with a treatment are not cross-validated.");
}

static void say_all(words *w, const shy_assessment *a, const shy_evidence *e, shy_verdict_level level)
{
    if (level == SHY_LEVEL_UNCHECKED) {
        say(w, "How well these formulas hold on other samples was not checked: all numbers are of the samples that they were found on.");
        return;
    }
    if (level == SHY_LEVEL_CHANCE && (!e->front || e->significance)) {
        say_chance(w, e);
        if (e->front && e->nested && a->found) say(w, "\n"), say_held_out(w, a, &(shy_evidence){0});
        return;
    }
    if (level == SHY_LEVEL_SIGNAL || (level == SHY_LEVEL_WEAK && !a->found)) {
        say_signal(w, e);
        if (level == SHY_LEVEL_SIGNAL) say(w, " How well they do on other samples was not checked.");
        if (level == SHY_LEVEL_WEAK) say(w, " "), say_none(w, a);
        say_interaction(w, a);
        return;
    }
    if (!a->found) {
        say_none(w, a);
        return;
    }
    say_held_out(w, a, e);
    if (level == SHY_LEVEL_WEAK || level == SHY_LEVEL_CHANCE) say_gain(w, a, e);
    if (level == SHY_LEVEL_REPLACEABLE || level == SHY_LEVEL_SUPPORTED) say_overfit(w, a, e);
    say_stability(w, a);
    say_calibration(w, a);
    say_versus(w, e);
}

shy_status shy_verdict_words(const shy_assessment *a, const shy_evidence *evidence, shy_verdict_level level, char **text_out)
{
    words w = {.decimals = decimals_for(a->chosen.spread.error)};
    say_all(&w, a, evidence, level);
    if (w.st == SHY_OK) *text_out = w.text, w.text = NULL;
    shy_free(&w.text);
    return w.st;
}

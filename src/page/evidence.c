/* evidence.c: the numbers that the verdict of a target rests on. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/evidence.h"

bool shy_facts_level(const shy_facts *facts, const char *level)
{
    return strcmp(facts->level, level) == 0;
}

bool shy_facts_miscalibrated(const shy_facts *f)
{
    return fabs(f->slope - 1.0) > 2.0 * f->slope_error && !(f->slope > 0.8 && f->slope < 1.25);
}

/* Fold by fold, as the search does it: mean of the differences, and the error of the folds of one repeat. */
static void take_gain(const json_t *nested, shy_facts *f)
{
    const json_t *with = shy_prose_at(nested, "selected.fold"), *without = shy_prose_at(nested, "null.fold");
    const double sign = f->larger_is_better ? 1.0 : -1.0, repeats = fmax(shy_prose_number(nested, "repeats"), 1.0);
    double sum = 0.0, squares = 0.0;
    int known = 0;

    for (int round = 0; round < 2; round++) {
        const double mean = known > 0 ? sum / known : NAN;
        for (size_t t = 0; t < json_array_size(with); t++) {
            const json_t *a = json_array_get(with, t), *b = json_array_get(without, t);
            if (!json_is_number(a) || !json_is_number(b)) continue;
            const double gain = sign * (json_number_value(a) - json_number_value(b));
            if (round == 0) sum += gain, known++;
            else squares += (gain - mean) * (gain - mean);
        }
    }
    f->gain = known > 0 ? sum / known : NAN;
    f->gain_error = known > 1 ? sqrt(squares / (known - 1) / (known / repeats)) : NAN;
}

/* low … high: the chosen formula less the rival. */
static shy_rival_standing standing(const json_t *rival, bool larger_is_better)
{
    const double low = shy_prose_number(rival, "low"), high = shy_prose_number(rival, "high");

    if (larger_is_better ? low > 0.0 : high < 0.0) return SHY_RIVAL_WORSE;
    return (larger_is_better ? high < 0.0 : low > 0.0) ? SHY_RIVAL_BETTER : SHY_RIVAL_ALIKE;
}

static void take_rivals(const json_t *list, const char *chosen, shy_facts *f)
{
    for (size_t k = 0; k < json_array_size(list) && f->rivals < SHY_RIVALS; k++) {
        const json_t *r = json_array_get(list, k);
        const char *kind = shy_json_word(r, "kind");
        shy_rival rival = {.name = shy_json_word(r, "name"), .kind = kind, .mean = shy_prose_number(r, "mean"), .net = strncmp(kind, "elastic", 7) == 0};
        if (*rival.name == '\0' || isnan(rival.mean)) continue;
        rival.standing = shy_prose_is(r, "formula", chosen) ? SHY_RIVAL_SAME : standing(r, f->larger_is_better);
        f->rival[f->rivals++] = rival;
    }
}

/* How often a formula like the chosen one is among the best of a half; NaN where halves cannot say. */
static double returns(const json_t *list, const char *chosen)
{
    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *entry = json_array_get(list, k);
        if (shy_prose_is(entry, "formula", chosen) && !json_is_false(json_object_get(entry, "comparable"))) return shy_prose_number(entry, "family_frequency");
    }
    return NAN;
}

static void take_chosen(const json_t *front, const char *chosen, shy_facts *f)
{
    const json_t *entry = shy_prose_chosen(front);
    const char *shown = shy_json_word(entry, "formula_short");

    f->formula = *shown != '\0' ? shown : chosen;
    f->mean = shy_prose_number(front, "nested.selected.mean"), f->error = shy_prose_number(front, "nested.selected.error");
    f->apparent = shy_prose_number(front, "nested.selected.apparent");
    f->seems = fabs(f->apparent - shy_prose_number(front, "nested.null.apparent"));
    f->sets = shy_prose_number(front, "stability.training.sets"), f->found = shy_prose_number(front, "stability.training.found");
    f->returns = returns(shy_prose_at(front, "stability.front"), chosen);
    f->slope = shy_prose_number(front, "calibration.slope"), f->slope_error = shy_prose_number(front, "calibration.slope_error");
    take_rivals(shy_prose_at(front, "versus.contenders"), chosen, f);
}

void shy_facts_take(const json_t *front, shy_facts *f)
{
    const char *chosen = shy_json_word(shy_prose_at(front, "nested.selected"), "formula");

    *f = (shy_facts){.front = front, .level = shy_json_word(front, "verdict_level"), .formula = "", .mean = NAN, .error = NAN, .apparent = NAN, .seems = NAN,
                     .gain = NAN, .gain_error = NAN, .sets = NAN, .found = NAN, .returns = NAN, .slope = NAN, .slope_error = NAN};
    if (*f->level == '\0') f->level = "unchecked"; /* a run without validation */
    f->any = json_array_size(json_object_get(front, "front")) > 0;
    f->nested = shy_prose_at(front, "nested.null") != NULL;
    f->covariates = json_array_size(json_object_get(front, "covariates")) > 0;
    f->larger_is_better = !json_is_false(shy_prose_at(front, "nested.larger_is_better"));
    f->metric = shy_prose_metric(front);
    f->p = shy_prose_number(front, "p_search.front.p");
    f->exceeding = (int)shy_json_count(shy_prose_at(front, "p_search.front"), "exceeding");
    f->permutations = (int)shy_json_count(shy_prose_at(front, "p_search"), "permutations");
    f->significance = f->permutations > 0 && !isnan(f->p);
    f->none = shy_prose_number(front, "nested.null.mean"), f->none_error = shy_prose_number(front, "nested.null.error");
    if (f->nested) take_gain(shy_prose_at(front, "nested"), f);
    if (f->nested && *chosen != '\0') take_chosen(front, chosen, f);
}

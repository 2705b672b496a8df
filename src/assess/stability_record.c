/* The record `stability`: how often formulas, families of them and factors return on half samples. */
#include "shy_config.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stability.h"

enum { FAMILIES_LISTED = 20, MEMBERS_LISTED = 10 };

#define MEANS                                                                                                                                              \
    "The samples are halved at random so many times (pairs). On each half the listed formulas of a complexity are ranked by how much of the response of the "  \
    "whole data's null model they explain there, and the best are selected; a frequency is a share of the halves."
#define BOUND_MEANS                                                                                                                                        \
    "At most so many of the listed formulas are expected to reach the threshold although they are selected no more often than one picked at random (Shah and "  \
    "Samworth 2013). The lists were made from all samples: this is about the choice among the best, the search itself is judged by p_search and nested."
#define BOUND_SEARCH_MEANS                                                                                                                                 \
    "The same bound with all formulas of the complexity that were searched in place of the listed ones; it holds as far as the best of a half are among the listed."
#define FAMILY_MEANS                                                                                                                                       \
    "Formulas whose columns correlate by more than 0.95 with the first one's, covariates taken out: one finding. A family's frequency is the share of halves that "  \
    "select any of it; family_frequency of a formula of the front counts only those of its own complexity."

/* All that the parts of the record are made from. */
typedef struct {
    shy_assessment *a;
    const shy_looked_at *looked_at;
    const shy_half_sums *sums;
    shy_selection selection;
    shy_families families;
    double *frequency; /* [families] */
    const char **text; /* room for so many texts as there are formulas */
} study;

static const int *members_of(const study *s, int family, int *count_out)
{
    *count_out = s->families.first[family + 1] - s->families.first[family];
    return s->families.member + s->families.first[family];
}

/* ---- complexities -------------------------------------------------------------------------------------------------------------------- */

static shy_status add_level(const study *s, int c, shy_record *levels)
{
    shy_status st = SHY_OK;
    shy_record *level = NULL;
    const double each = s->selection.each[c], listed = s->selection.listed[c], all = (double)s->a->result->plan.formulas[c];
    SHY_TRY(shy_record_append(levels, &level));
    SHY_TRY(shy_record_integer(level, "complexity", c));
    SHY_TRY(shy_record_integer(level, "listed", s->selection.listed[c]));
    SHY_TRY(shy_record_integer(level, "selected_each", s->selection.each[c]));
    SHY_TRY(shy_record_number(level, "bound", shy_selection_bound(each, listed, s->sums->pairs, SHY_STABILITY_THRESHOLD)));
    SHY_TRY(shy_record_number(level, "bound_search", all >= listed ? shy_selection_bound(each, all, s->sums->pairs, SHY_STABILITY_THRESHOLD) : NAN));
out:
    return st;
}

static shy_status add_levels(const study *s, shy_record *stability)
{
    shy_status st = SHY_OK;
    shy_record *levels = NULL;
    double bound = 0.0;
    SHY_TRY(shy_record_list(stability, "levels", &levels));
    for (int c = 1; c <= SHY_COMPLEXITY_MAX; c++) {
        if (s->selection.listed[c] == 0) continue;
        SHY_TRY(add_level(s, c, levels));
        const double part = shy_selection_bound(s->selection.each[c], s->selection.listed[c], s->sums->pairs, SHY_STABILITY_THRESHOLD);
        if (!isnan(part)) bound += part;
    }
    SHY_TRY(shy_record_number(stability, "bound", bound));
out:
    return st;
}

/* ---- front --------------------------------------------------------------------------------------------------------------------------- */

/* How often one of its family is selected among those of its own complexity: others would give a large family more chances. */
static double kin_frequency(const study *s, int f)
{
    int count = 0, same = 0, member[SHY_STABILITY_LISTED];
    const int *all = members_of(s, s->families.family[f], &count);
    for (int m = 0; m < count; m++) {
        if (s->looked_at->complexity[all[m]] == s->looked_at->complexity[f]) member[same++] = all[m];
    }
    return shy_selection_frequency(&s->selection, member, same);
}

/*
 * The place of the best of its family, among those of its own complexity, by the statistic that halves are ranked by. Where that is beyond what is selected
 * on a half (the front goes by the likelihood, which another formula may please more), halves cannot say whether the formula returns.
 */
static int kin_place(const study *s, int f)
{
    int least = INT_MAX, count = 0;
    const int c = s->looked_at->complexity[f], *all = members_of(s, s->families.family[f], &count);
    for (int m = 0; m < count; m++) {
        if (s->looked_at->complexity[all[m]] != c) continue;
        int place = 1;
        for (int g = 0; g < s->looked_at->listed; g++)
            place += s->looked_at->complexity[g] == c && s->looked_at->found[g]->statistic > s->looked_at->found[all[m]]->statistic;
        if (place < least) least = place;
    }
    return least;
}

static bool halves_can_say(const study *s, int f)
{
    return kin_place(s, f) <= s->selection.each[s->looked_at->complexity[f]];
}

static bool on_front(const study *s, int f)
{
    const shy_search_result *result = s->a->result;
    for (int i = 0; i < result->front_count; i++) {
        if (s->looked_at->found[f] == &result->level[result->front_level[i]].found[result->front_index[i]]) return true;
    }
    return false;
}

static shy_status add_front(const study *s, shy_record *stability)
{
    shy_status st = SHY_OK;
    shy_record *front = NULL, *entry = NULL;
    SHY_TRY(shy_record_list(stability, "front", &front));
    for (int f = 0; f < s->looked_at->listed; f++) {
        if (!on_front(s, f)) continue;
        SHY_TRY(shy_record_append(front, &entry));
        SHY_TRY(shy_record_integer(entry, "complexity", s->looked_at->complexity[f]));
        SHY_TRY(shy_record_text(entry, "formula", s->looked_at->found[f]->text));
        SHY_TRY(shy_record_number(entry, "frequency", shy_selection_frequency(&s->selection, &f, 1)));
        SHY_TRY(shy_record_number(entry, "family_frequency", kin_frequency(s, f)));
        SHY_TRY(shy_record_truth(entry, "comparable", halves_can_say(s, f)));
    }
out:
    return st;
}

/* ---- families ------------------------------------------------------------------------------------------------------------------------ */

static shy_status add_family(const study *s, int family, shy_record *families)
{
    shy_status st = SHY_OK;
    shy_record *entry = NULL;
    int count = 0;
    const int *member = members_of(s, family, &count);
    for (int m = 0; m < count; m++) s->text[m] = s->looked_at->found[member[m]]->text;
    SHY_TRY(shy_record_append(families, &entry));
    SHY_TRY(shy_record_text(entry, "formula", s->text[0]));
    SHY_TRY(shy_record_integer(entry, "complexity", s->looked_at->complexity[member[0]]));
    SHY_TRY(shy_record_number(entry, "frequency", s->frequency[family]));
    SHY_TRY(shy_record_integer(entry, "members_count", count));
    SHY_TRY(shy_record_texts(entry, "members", s->text, (size_t)(count < MEMBERS_LISTED ? count : MEMBERS_LISTED)));
out:
    return st;
}

/* The most frequent that is not listed yet; of equals the first; −1: there is none that was ever selected. */
static int next_family(const study *s, const uint8_t *done)
{
    int next = -1;
    for (int k = 0; k < s->families.families; k++) {
        if (!done[k] && s->frequency[k] > 0.0 && (next < 0 || s->frequency[k] > s->frequency[next])) next = k;
    }
    return next;
}

/* How many are selected on a half, in the mean. */
static double families_each(const study *s)
{
    double sum = 0.0;
    for (int k = 0; k < s->families.families; k++) sum += isnan(s->frequency[k]) ? 0.0 : s->frequency[k];
    return sum;
}

static shy_status add_families(const study *s, shy_record *stability)
{
    shy_status st = SHY_OK;
    shy_record *families = NULL;
    uint8_t *done = NULL;
    SHY_TRY(shy_new((size_t)s->families.families, sizeof *done, &done));
    SHY_TRY(shy_record_integer(stability, "families_count", s->families.families));
    SHY_TRY(shy_record_number(stability, "families_bound",
                              shy_selection_bound(families_each(s), s->families.families, s->sums->pairs, SHY_STABILITY_THRESHOLD)));
    SHY_TRY(shy_record_list(stability, "families", &families));
    for (int k = 0, family; k < FAMILIES_LISTED && (family = next_family(s, done)) >= 0; k++) {
        SHY_TRY(add_family(s, family, families));
        done[family] = 1;
    }
out:
    shy_free(&done);
    return st;
}

/* ---- factors ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int factor, halves;
} factor_count;

static int more_often(const void *a, const void *b)
{
    const factor_count *x = a, *y = b;
    return x->halves != y->halves ? (x->halves > y->halves ? -1 : 1) : x->factor - y->factor;
}

/* Factors beyond the problem's stand for formulas of an earlier pass: trees of results have none. `seen`: room for a mark per factor. */
static void count_factors(const shy_tree *tree, int factors, int half, int *seen, factor_count *count)
{
    for (int i = 0; i < tree->count; i++) {
        const int f = (int)tree->node[i].factor;
        if (tree->node[i].op != SHY_OP_FACTOR || f >= factors || seen[f] == half + 1) continue;
        seen[f] = half + 1;
        count[f].halves++;
    }
}

/* Of the chosen formula; else of the last on the front, or of all. */
static int factors_complexity(const study *s)
{
    const shy_search_result *result = s->a->result;
    if (s->looked_at->chosen >= 0) return s->looked_at->complexity[s->looked_at->chosen];
    if (result->front_count > 0) return result->level[result->front_level[result->front_count - 1]].complexity;
    return s->looked_at->complexity[s->looked_at->listed - 1];
}

/* In which halves the best formula of a complexity has a factor. */
static shy_status add_factors(const study *s, shy_record *stability)
{
    shy_status st = SHY_OK;
    shy_record *list = NULL, *entry = NULL;
    factor_count *count = NULL;
    int *seen = NULL;
    const int factors = s->a->problem->factors, halves = s->selection.halves, complexity = factors_complexity(s);
    SHY_TRY(shy_new((size_t)factors, sizeof *count, &count));
    SHY_TRY(shy_new((size_t)factors, sizeof *seen, &seen));
    for (int f = 0; f < factors; f++) count[f].factor = f;
    for (int h = 0; h < halves; h++) {
        const int best = s->selection.best[complexity * halves + h];
        if (best >= 0) count_factors(&s->looked_at->tree[best], factors, h, seen, count);
    }
    qsort(count, (size_t)factors, sizeof *count, more_often);
    SHY_TRY(shy_record_integer(stability, "factors_complexity", complexity));
    SHY_TRY(shy_record_list(stability, "factors", &list));
    for (int f = 0; f < factors && count[f].halves > 0; f++) {
        SHY_TRY(shy_record_append(list, &entry));
        SHY_TRY(shy_record_text(entry, "name", s->a->problem->name[count[f].factor]));
        SHY_TRY(shy_record_number(entry, "frequency", (double)count[f].halves / halves));
    }
out:
    shy_free(&count);
    shy_free(&seen);
    return st;
}

/* ---- the chosen formula ---------------------------------------------------------------------------------------------------------------- */

/* How many training sets found its kin by a search of their own. */
static shy_status add_training(const study *s, shy_record *stability)
{
    shy_status st = SHY_OK;
    shy_record *training = NULL;
    const shy_looked_at *l = s->looked_at;
    int found = 0;
    if (l->chosen < 0 || s->a->folds.sets == 0) return SHY_OK;
    for (int f = l->listed; f < l->count; f++) found += shy_half_sums_correlation(s->sums, l->chosen, f) > SHY_FAMILY_CORRELATION;
    SHY_TRY(shy_record_object(stability, "training", &training));
    SHY_TRY(shy_record_integer(training, "sets", s->a->folds.sets));
    SHY_TRY(shy_record_integer(training, "found", found));
    SHY_TRY(shy_record_text(training, "means",
                            "Training sets of the nested cross-validation whose own search of all formulas found, at the chosen complexity, the chosen formula or one "
                            "that correlates with it by more than 0.95."));
out:
    return st;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------------------- */

static shy_status study_create(shy_assessment *a, const shy_looked_at *looked_at, const shy_half_sums *sums, study *s)
{
    shy_status st = SHY_OK;
    *s = (study){.a = a, .looked_at = looked_at, .sums = sums};
    SHY_TRY(shy_selection_create(looked_at->listed, sums->pairs, looked_at->complexity, sums->statistic, &s->selection));
    SHY_TRY(shy_families_create(sums, looked_at->listed, &s->families));
    SHY_TRY(shy_new((size_t)s->families.families, sizeof *s->frequency, &s->frequency));
    SHY_TRY(shy_new((size_t)looked_at->listed, sizeof *s->text, &s->text));
    for (int k = 0; k < s->families.families; k++) {
        int count = 0;
        const int *member = members_of(s, k, &count);
        s->frequency[k] = shy_selection_frequency(&s->selection, member, count);
    }
out:
    return st;
}

static void study_free(study *s)
{
    shy_selection_free(&s->selection);
    shy_families_free(&s->families);
    shy_free(&s->frequency);
    shy_free(&s->text);
}

static shy_status add_setup(const study *s, shy_record *stability)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_record_integer(stability, "pairs", s->sums->pairs));
    SHY_TRY(shy_record_number(stability, "threshold", SHY_STABILITY_THRESHOLD));
    SHY_TRY(shy_record_text(stability, "means", MEANS));
    SHY_TRY(shy_record_text(stability, "bound_means", BOUND_MEANS));
    SHY_TRY(shy_record_text(stability, "bound_search_means", BOUND_SEARCH_MEANS));
    SHY_TRY(shy_record_text(stability, "family_means", FAMILY_MEANS));
out:
    return st;
}

shy_status shy_stability_record(shy_assessment *a, const shy_looked_at *looked_at, const shy_half_sums *sums)
{
    shy_status st = SHY_OK;
    shy_record *stability = NULL;
    study s;
    SHY_TRY(study_create(a, looked_at, sums, &s));
    SHY_TRY(shy_record_object(a->record, "stability", &stability));
    SHY_TRY(add_setup(&s, stability));
    SHY_TRY(add_levels(&s, stability));
    SHY_TRY(add_front(&s, stability));
    SHY_TRY(add_families(&s, stability));
    SHY_TRY(add_factors(&s, stability));
    SHY_TRY(add_training(&s, stability));
    if (looked_at->chosen >= 0 && halves_can_say(&s, looked_at->chosen)) a->returns = kin_frequency(&s, looked_at->chosen);
out:
    study_free(&s);
    return st;
}

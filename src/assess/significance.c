/* Significance of the best of all formulas: the search repeated with permuted responses. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "chance.h"
#include "permute.h"

enum { BATCH = 25 };

/*
 * Where so many permutations do as well as the data the search is not significant, and the answer will not change: p = (1 + x)/(B + 1) stays valid when
 * B is where a batch ends with x >= 10 (Besag and Clifford, 1991). For p <= u to come out, the permutations up to the first batch end B* with
 * 11/(B* + 1) <= u must have p <= u already, whether it ends there or not, and of those B* the number is fixed.
 */
enum { CLEAR = 10 };

typedef struct {
    shy_assessment *a;
    shy_search_options search; /* with the plan of the search itself: formulas are not counted again */
    shy_plan plan;
    shy_permuter *permuter;
    int asked, done, width;
    double *most;        /* [(asked + 1) × width]: of the data, then of permutations; on all ranks */
    double **response;   /* [BATCH + 1] */
    int exceeding;       /* of the front */
    bool stopped;
    int ahead;           /* in the batch at work */
} shy_significance;

static void significance_free(shy_significance *s)
{
    for (int k = 0; s->response && k <= BATCH; k++) shy_free(&s->response[k]);
    shy_free(&s->response);
    shy_free(&s->most);
    shy_permuter_destroy(&s->permuter);
}

static shy_maxima maxima_of(const shy_significance *s)
{
    return (shy_maxima){s->done, s->width, s->most};
}

/* ---- permutations ------------------------------------------------------------------------------------------------------------ */

/* Of the permutations that were asked for; fewer may do. */
static void tell(void *context, const shy_progress *now)
{
    const shy_significance *s = context;
    shy_progress all = *now;
    all.fraction = (s->done + now->fraction * s->ahead) / s->asked;
    all.stage = "permuted outcomes";
    s->a->progress(s->a->context, &all);
}

static shy_status allocate(shy_significance *s)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)s->a->problem->rows.rows;
    SHY_TRY(shy_new(((size_t)s->asked + 1U) * (size_t)s->width, sizeof *s->most, &s->most));
    SHY_TRY(shy_new(BATCH + 1U, sizeof *s->response, &s->response));
    for (int k = 0; k <= BATCH; k++) SHY_TRY(shy_new(rows, sizeof **s->response, &s->response[k]));
out:
    return st;
}

/* The first batch has the data themselves, so that they are treated as permutations are. Collective over the world. */
static shy_status run_batch(shy_significance *s)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = s->a;
    const int left = s->asked - s->done, first = s->done == 0 ? 0 : s->done + 1;
    s->ahead = left < BATCH ? left : BATCH;
    const int count = s->done + s->ahead + 1 - first;
    for (int k = 0; k < count; k++) {
        SHY_TRY_ALL(a->problem->team, shy_assess_poll(a));
        SHY_TRY_ALL(a->problem->team, shy_permuter_draw(s->permuter, first + k, s->response[k]));
    }
    SHY_TRY(shy_search_permuted(a->problem, &s->search, count, (const double *const *)s->response, a->progress ? tell : NULL, s,
                                s->most + (size_t)first * (size_t)s->width));
    s->done += s->ahead;
out:
    return st;
}

/* Every rank has all maxima and comes to the same end. Collective over the world. */
static shy_status run_batches(shy_significance *s)
{
    shy_status st = SHY_OK;
    while (s->done < s->asked && !s->stopped) {
        SHY_TRY(run_batch(s));
        const shy_maxima maxima = maxima_of(s);
        SHY_TRY_ALL(s->a->problem->team, shy_maxima_front(&maxima, &s->exceeding));
        s->stopped = s->exceeding >= CLEAR && s->done < s->asked;
    }
out:
    return st;
}

/* ---- p-values; rank 0 ------------------------------------------------------------------------------------------------------------ */

/* The front's tail: the smallest of any complexity, times the number of complexities, which is never too small. */
static shy_status judge_levels(const shy_significance *s)
{
    shy_status st = SHY_OK;
    const shy_maxima maxima = maxima_of(s);
    shy_chance *chance = s->a->chance;
    double least = INFINITY;
    int levels = 0;
    chance[0] = shy_chance_of(s->exceeding, s->done);
    for (int c = 1; c < s->width; c++) {
        if (s->most[c] < 0.0) continue;
        SHY_TRY(shy_assess_poll(s->a));
        SHY_TRY(shy_maxima_chance(&maxima, c, s->most[c], &chance[c]));
        if (chance[c].tail < least) least = chance[c].tail;
        levels++;
    }
    if (isfinite(least) && s->exceeding < SHY_TAIL_FEW) chance[0].tail = fmin(least * levels, 1.0);
out:
    return st;
}

/* The front of the first search alone is compared: sums, and what further passes and inner constants reach beyond it, have no permuted counterpart. */
static bool is_comparable(const shy_significance *s, const shy_found *found)
{
    if (found->summands > 1 || found->complexity >= s->width || found->is_template) return false;
    return found->statistic <= s->most[found->complexity] * (1.0 + 1e-9);
}

/* ---- the record; rank 0 ---------------------------------------------------------------------------------------------------------- */

static const char *what_moves(const shy_problem *problem)
{
    const bool covariates = problem->data.covariates > 0;
    if (strcmp(problem->ops->name, "matched") == 0) return "residuals of the cases and controls, within their matched sets";
    if (strcmp(problem->ops->name, "survival") == 0 && problem->data.stratum)
        return covariates ? "martingale residuals of the model of the covariates, within strata" : "martingale residuals, within strata";
    if (strcmp(problem->ops->name, "survival") == 0) return covariates ? "martingale residuals of the model of the covariates" : "martingale residuals";
    return covariates ? "residuals of the model of the covariates (Freedman and Lane)" : "outcomes";
}

static shy_status describe(const shy_significance *s, char **text_out)
{
    const shy_search_options *search = s->a->search;
    const char *beyond = search->terms > 1 && search->passes > 1 ? " Sums of formulas and further passes are not repeated: p is of the formulas of the first search." :
                         search->terms > 1                       ? " Sums of formulas are not repeated: p is of single formulas." :
                         search->passes > 1                      ? " Further passes are not repeated: p is of the formulas of the first search." :
                                                                   "";
    const char *end = s->stopped ? " It ended early, as ten of them did as well as the data: more would not change the answer." : "";
    return shy_string_format(text_out,
                             "The whole search was repeated with permuted %s, and its best formulas compared with the best of each repetition: p counts every "
                             "formula that was tried. front: the most remarkable complexity, for which the choice among complexities is paid as well. low, high: 95 "
                             "%% interval of a p that is counted. tail: p by a generalised Pareto tail of the best statistics, where few repetitions reach the data's.%s%s",
                             what_moves(s->a->problem), end, beyond);
}

static shy_status record_chance(shy_record *record, const shy_chance *chance)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_record_number(record, "p", chance->p));
    SHY_TRY(shy_record_number(record, "low", chance->low));
    SHY_TRY(shy_record_number(record, "high", chance->high));
    SHY_TRY(shy_record_number(record, "tail", chance->tail));
    SHY_TRY(shy_record_integer(record, "exceeding", chance->exceeding));
out:
    return st;
}

static shy_status record_levels(const shy_significance *s, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *list = NULL, *level = NULL;
    SHY_TRY(shy_record_list(record, "levels", &list));
    for (int c = 1; c < s->width; c++) {
        if (s->most[c] < 0.0) continue;
        SHY_TRY(shy_record_append(list, &level));
        SHY_TRY(shy_record_integer(level, "complexity", c));
        SHY_TRY(shy_record_number(level, "statistic", s->most[c]));
        SHY_TRY(record_chance(level, &s->a->chance[c]));
    }
out:
    return st;
}

static shy_status record_formula(const shy_significance *s, const shy_found *found, shy_record *entry)
{
    shy_status st = SHY_OK;
    const shy_maxima maxima = maxima_of(s);
    shy_chance chance;
    SHY_TRY(shy_record_integer(entry, "complexity", found->complexity));
    SHY_TRY(shy_record_text(entry, "formula", found->text));
    SHY_TRY(shy_record_number(entry, "statistic", found->statistic));
    if (!is_comparable(s, found)) {
        SHY_TRY(shy_record_number(entry, "p", NAN));
        goto out;
    }
    SHY_TRY(shy_assess_poll(s->a));
    SHY_TRY(shy_maxima_chance(&maxima, found->complexity, found->statistic, &chance));
    SHY_TRY(record_chance(entry, &chance));
out:
    return st;
}

static shy_status record_formulas(const shy_significance *s, shy_record *record)
{
    shy_status st = SHY_OK;
    const shy_search_result *result = s->a->result;
    shy_record *list = NULL, *entry = NULL;
    SHY_TRY(shy_record_list(record, "formulas", &list));
    for (int f = 0; f < result->front_count; f++) {
        SHY_TRY(shy_record_append(list, &entry));
        SHY_TRY(record_formula(s, &result->level[result->front_level[f]].found[result->front_index[f]], entry));
    }
out:
    return st;
}

static shy_status record_all(const shy_significance *s)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL, *front = NULL;
    char *what = NULL;
    SHY_TRY(judge_levels(s));
    SHY_TRY(describe(s, &what));
    SHY_TRY(shy_record_object(s->a->record, "p_search", &record));
    SHY_TRY(shy_record_integer(record, "permutations", s->done));
    SHY_TRY(shy_record_integer(record, "asked", s->asked));
    SHY_TRY(shy_record_truth(record, "stopped", s->stopped));
    SHY_TRY(shy_record_text(record, "what", what));
    SHY_TRY(shy_record_object(record, "front", &front));
    SHY_TRY(record_chance(front, &s->a->chance[0]));
    SHY_TRY(record_levels(s, record));
    SHY_TRY(record_formulas(s, record));
out:
    shy_free(&what);
    return st;
}

static shy_status record_why_not(shy_record *parent, int asked, const char *why)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    SHY_TRY(shy_record_object(parent, "p_search", &record));
    SHY_TRY(shy_record_integer(record, "permutations", 0));
    SHY_TRY(shy_record_integer(record, "asked", asked));
    SHY_TRY(shy_record_truth(record, "stopped", false));
    SHY_TRY(shy_record_text(record, "what", why));
    SHY_TRY(shy_record_text(record, "not_available", why));
out:
    return st;
}

/* ---- the stage --------------------------------------------------------------------------------------------------------------------- */

static const char *why_not(const shy_assessment *a)
{
    if (a->search->templates_count > 0)
        return "There is no p for the search: templates are fitted to the outcome before it, and their fits would have to be repeated with each permutation.";
    if (shy_search_screen_rows(a->problem, a->search) < a->problem->rows.total)
        return "There is no p for the search: only part of the samples was screened (search.screen_rows), so the best of a permutation might be missed.";
    return NULL;
}

/* Rank 0 knows the plan. Collective over the world. */
static shy_status share_plan(shy_significance *s)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = s->a;
    if (a->result) s->plan = a->result->plan;
    SHY_TRY(shy_team_broadcast(a->problem->team, &s->plan, sizeof s->plan));
    s->search = *a->search;
    s->search.plan = &s->plan;
    s->search.lists = NULL;
    s->asked = a->options->permutations;
    if (s->asked == SHY_PERMUTATIONS_AUTO) s->asked = shy_permutations_auto((double)s->plan.formulas_total, (double)a->problem->rows.total);
out:
    return st;
}

shy_status shy_significance_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    shy_significance s = {.a = a, .width = a->search->grammar.max_complexity + 1};
    const char *why = why_not(a);
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++) a->chance[c] = shy_chance_of(0, 0);
    if (a->options->permutations == 0) return SHY_OK;
    SHY_TRY(share_plan(&s));
    if (why) {
        SHY_TRY_ALL(team, team->rank == 0 ? record_why_not(a->record, s.asked, why) : SHY_OK);
        goto out;
    }
    SHY_TRY(shy_permuter_create(a->problem, a->options->seed, &s.permuter));
    SHY_TRY_ALL(team, allocate(&s));
    SHY_TRY(run_batches(&s));
    SHY_TRY_ALL(team, team->rank == 0 ? record_all(&s) : SHY_OK);
out:
    significance_free(&s);
    return st;
}

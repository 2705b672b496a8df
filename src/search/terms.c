/* Sums of formulas: the searches for further terms, one after the other, and the best sums of what all of them found. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "plan.h"
#include "template.h"
#include "terms.h"

#define KEEP_USUAL 2000

static int keep_of(const shy_search_options *options)
{
    return options->terms_keep > 0 ? options->terms_keep : KEEP_USUAL;
}

/* ---- plan -------------------------------------------------------------------------------------------------------------------- */

/* Measured, on one core. */
#define SUM_SECONDS 1e-9      /* of a triple */
#define GREEDY_SECONDS 6e-9   /* of a sum of more than three that is tried */
#define PRODUCT_SECONDS 2e-10 /* of two columns, for each sample */
#define WIDER 0.2             /* of the memory of a search: a covariate more in its tiles */
#define CONDITIONED 1.6       /* a search with the sum so far among the covariates, in searches without */
#define DIFFERENT 0.9         /* of the formulas, those that are no linear map of others */

/* Sums of all sizes, of each complexity the best, are refitted. */
static double refits(const shy_search_options *options, const shy_plan *plan, double terms)
{
    double sums = 0.0, all = terms;
    for (int t = 2; t <= options->terms; t++) {
        all *= terms / t;
        sums += fmin(all, SHY_SUMS_KEPT * ((double)options->grammar.max_complexity * t));
    }
    return sums * plan->refit_seconds * (1.0 + 0.25 * options->terms);
}

/* Further searches, the products of all formulas with each other, sums, refits. */
void shy_terms_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan)
{
    const double kept = options->passes > 1 ? keep_of(options) : shy_plan_kept(plan, options->grammar.max_complexity, options->keep); /* what further passes find is not counted */
    const double terms = fmin(keep_of(options), options->terms * kept), groups = problem->team->groups, rows = (double)problem->rows.total;
    const double again = (options->terms - 1) * CONDITIONED * (plan->step_seconds[SHY_STEP_SCREEN] + plan->step_seconds[SHY_STEP_REFIT]);
    const double different = DIFFERENT * terms, triples = options->terms > 2 ? different * different * different / 6.0 : different * different / 2.0;
    double products = 0.0; /* all are computed again when more formulas have been found */
    for (int t = 1; t <= options->terms; t++) products += pow(terms * t / options->terms, 2.0) / 2.0;
    const double gram = products * rows / problem->team->row_blocks * PRODUCT_SECONDS / groups;
    const double larger = options->terms > 3 ? (options->terms - 3) * SHY_SUMS_KEPT * (double)options->grammar.max_complexity * terms * GREEDY_SECONDS : 0.0;
    const double bytes = shy_terms_bytes((int)terms, problem->rows.rows) + (double)shy_memory_in_use() + shy_plan_result_bytes(plan, options);
    shy_plan_add(plan, SHY_STEP_SUMS, again + gram + (triples * SUM_SECONDS + larger + refits(options, plan, terms)) / groups, bytes);
    const double wider = WIDER * (options->terms - 1) * fmax(plan->step_bytes[SHY_STEP_SCREEN] - (double)shy_memory_in_use(), 0.0);
    shy_plan_add(plan, SHY_STEP_SUMS, 0.0, plan->step_bytes[SHY_STEP_REFIT] + wider + terms * (2.0 * sizeof(shy_term) + terms * sizeof(double)) + (double)problem->rows.rows * (options->terms + 4.0) * sizeof(double));
}

/* ---- the next term -------------------------------------------------------------------------------------------------------------- */

#define AS_GOOD 0.01 /* a simpler sum with this share more of loss is preferred: what it leaves says more about the next term */
#define PERFECT 1e-9
#define CONDITION_KEPT 16

/* The simplest sum of up to `terms` that is as good as the best; none where that leaves nothing to explain. */
static bool choose_condition(const shy_sums *s, int terms, shy_sum *chosen_out)
{
    double most = 0.0;
    for (int t = 1; t <= terms; t++) {
        for (int c = 1; c <= s->complexity_most; c++) {
            const int list = shy_sums_list(t, c);
            if (s->count[list] > 0) most = fmax(most, s->sum[(size_t)list * (size_t)s->keep].explained);
        }
    }
    if (!(1.0 - most > PERFECT)) return false;
    for (int c = 1; c <= s->complexity_most; c++) {
        for (int t = 1; t <= terms; t++) {
            const int list = shy_sums_list(t, c);
            if (s->count[list] == 0) continue;
            const shy_sum *sum = &s->sum[(size_t)list * (size_t)s->keep];
            if (1.0 - sum->explained > (1.0 - most) * (1.0 + AS_GOOD)) continue;
            *chosen_out = *sum;
            return true;
        }
    }
    return false;
}

/* Of up to `terms` terms from what has been found so far; terms 0: nothing is left. Collective over the world. */
static shy_status find_condition(const shy_terms *from, const shy_problem *problem, const shy_search_options *options, int terms, shy_sum *sum_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_sums *sums = NULL;
    shy_search_options few = *options; /* the best is wanted, and what it grows from */
    if (few.keep > CONDITION_KEPT) few.keep = CONDITION_KEPT;
    *sum_out = (shy_sum){0};
    SHY_TRY_ALL(team, shy_sums_create(from, &few, terms, &sums));
    SHY_TRY(shy_sums_search(sums, team, problem->journal, 2));
    if (team->rank == 0 && !choose_condition(sums, terms, sum_out)) sum_out->terms = 0;
    SHY_TRY(shy_team_broadcast(team, sum_out, sizeof *sum_out));
out:
    shy_sums_destroy(&sums);
    return st;
}

/* The problem with the terms of a sum among the covariates. */
typedef struct {
    shy_problem problem;
    double *column[SHY_TERMS_MAX];
    const double **covariate;
    const char **name;
} shy_conditioned;

static void condition_free(shy_conditioned *c)
{
    for (int k = 0; k < SHY_TERMS_MAX; k++) shy_free(&c->column[k]);
    shy_free(&c->covariate);
    shy_free(&c->name);
}

static shy_status condition_on(const shy_problem *problem, const shy_terms *from, const shy_sum *sum, shy_conditioned *c)
{
    shy_status st = SHY_OK;
    const int given = problem->data.covariates;
    c->problem = *problem;
    if (given + sum->terms > SHY_COVARIATES_MAX) {
        return shy_fail(SHY_INPUT, "%d covariates leave no room for search.terms: leave out some of them, or set search.terms to 1.", given);
    }
    SHY_TRY(shy_new((size_t)(given + sum->terms), sizeof *c->covariate, &c->covariate));
    SHY_TRY(shy_new((size_t)(given + sum->terms), sizeof *c->name, &c->name));
    for (int k = 0; k < given; k++) {
        c->covariate[k] = problem->data.covariate[k];
        c->name[k] = problem->data.covariate_name ? problem->data.covariate_name[k] : "covariate";
    }
    for (int k = 0; k < sum->terms; k++) {
        SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof(double), &c->column[k]));
        SHY_TRY(shy_problem_evaluate(problem, &from->term[sum->term[k]].tree, c->column[k]));
        c->covariate[given + k] = c->column[k];
        c->name[given + k] = "a term of the sum";
    }
    c->problem.metric = NULL;
    c->problem.data.covariates = given + sum->terms;
    c->problem.data.covariate = c->covariate;
    c->problem.data.covariate_name = c->name;
out:
    return st;
}

/* Has the model of these terms a maximum, and does it leave something to explain? Collective over the world. */
static shy_status is_sound(const shy_problem *problem, const shy_terms *from, const shy_sum *sum, bool *sound_out)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;
    shy_trial *trial = NULL;
    SHY_TRY_ALL(problem->team, shy_new(1, sizeof *trial, &trial));
    SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &outcome));
    shy_sum_trial(from, sum, trial);
    SHY_TRY(shy_trials_refit(problem, outcome, trial, 1));
    *sound_out = (trial->fit.verdict == SHY_FITTED || trial->fit.verdict == SHY_FIRTH) && trial->fit.loss > PERFECT;
out:
    shy_outcome_destroy(&outcome);
    shy_free(&trial);
    return st;
}

/* Searches again with the sum in the null model. Collective over the world. */
static shy_status search_further(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_sum *sum,
                                 const shy_monitor *monitor, shy_terms *terms, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_conditioned conditioned = {0};
    shy_search_result *further = NULL;
    shy_search_options own = *options;
    own.lists = NULL; /* these are of the null model without the sum */
    SHY_TRY_ALL(team, condition_on(problem, terms, sum, &conditioned));
    SHY_TRY(shy_templates_search(&conditioned.problem, &own, templates, monitor, &further));
    SHY_TRY(shy_terms_collect(terms, team, further, keep_of(options) / options->terms));
    SHY_TRY(shy_terms_measure(terms, problem, options->seed));
    if (further) shy_result_spent(result, further);
out:
    shy_search_result_free(&further);
    condition_free(&conditioned);
    return st;
}

/* ---- the run ---------------------------------------------------------------------------------------------------------------------- */

static shy_status find_terms(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates,
                             const shy_monitor *monitor, shy_terms *terms, shy_search_result *result)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_terms_collect(terms, problem->team, result, keep_of(options) / options->terms));
    SHY_TRY(shy_terms_measure(terms, problem, options->seed));
    for (int t = 2; t <= options->terms; t++) {
        shy_sum sum;
        bool sound = false;
        SHY_TRY(find_condition(terms, problem, options, t - 1, &sum));
        if (sum.terms == 0) break;
        SHY_TRY(is_sound(problem, terms, &sum, &sound));
        if (!sound) break;
        SHY_TRY(search_further(problem, options, templates, &sum, monitor, terms, result));
    }
out:
    return st;
}

shy_status shy_terms_run(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_monitor *monitor,
                         shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_terms terms = {0};
    shy_sums *sums = NULL;
    SHY_TRY(find_terms(problem, options, templates, monitor, &terms, result));
    SHY_TRY_ALL(problem->team, shy_sums_create(&terms, options, options->terms, &sums));
    SHY_TRY(shy_sums_search(sums, problem->team, problem->journal, 3));
    SHY_TRY(shy_sums_write(sums, problem, options, result));
out:
    shy_sums_destroy(&sums);
    shy_terms_free(&terms);
    return st;
}

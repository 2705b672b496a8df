/* Multiple imputation: the formulas of the front refitted on imputed data sets, each group its share of the sets, and pooled. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "impute.h"

static bool imputes(const shy_problem *p, const shy_search_options *options)
{
    bool any = false;
    for (int f = 0; p->derivation && f < p->factors && !any; f++) any = p->derivation[f] && p->derivation[f]->imputed;
    return any && options->impute_sets >= 2;
}

/* Columns that may have to be held: factors of a front, their columns with and without what is imputed, room to match in. */
#define COLUMNS_EXPECTED 80.0

shy_status shy_impute_check(const shy_problem *problem, const shy_search_options *options)
{
    const double bytes = (COLUMNS_EXPECTED + problem->data.covariates) * (double)problem->rows.total * sizeof(double);
    if (!imputes(problem, options) || options->memory == 0 || bytes <= (double)options->memory / 2.0) return SHY_OK;
    return shy_fail(SHY_MEMORY,
                    "missing.method multiple: every rank holds the columns of the front for all samples, about %.0f MiB, which must not be more than half "
                    "of parallel.memory: raise it, with fewer ranks on a node if need be, or choose another method.",
                    ceil(bytes / 0x1p20));
}

/* ---- what is refitted ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_impute_data *data;
    shy_outcome *outcome;
    int formulas, sets;
    shy_tree *tree;     /* [formulas]: of the front, in its order */
    shy_fit *fit;       /* [sets][formulas] */
    double *column, *scratch;
} imputation;

static void end(imputation *m)
{
    shy_impute_data_free(&m->data);
    shy_outcome_destroy(&m->outcome);
    shy_free(&m->tree);
    shy_free(&m->fit);
    shy_free(&m->column);
    shy_free(&m->scratch);
}

static shy_found *on_front(const shy_search_result *result, int k)
{
    return &result->level[result->front_level[k]].found[result->front_index[k]];
}

/* The front of rank 0 on all ranks. Collective over the world. */
static shy_status share_front(const shy_team *team, const shy_search_result *result, imputation *m)
{
    shy_status st = SHY_OK;
    if (team->rank == 0) m->formulas = result->front_count;
    SHY_TRY(shy_team_broadcast(team, &m->formulas, sizeof m->formulas));
    SHY_TRY_ALL(team, shy_new((size_t)m->formulas, sizeof *m->tree, &m->tree));
    for (int k = 0; team->rank == 0 && k < m->formulas; k++) m->tree[k] = on_front(result, k)->tree;
    SHY_TRY(shy_team_broadcast(team, m->tree, (uint64_t)m->formulas * sizeof *m->tree));
out:
    return st;
}

/* ---- refits ------------------------------------------------------------------------------------------------------------------------ */

static shy_status make_room(const shy_problem *problem, imputation *m)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)m->sets * (size_t)m->formulas, sizeof *m->fit, &m->fit));
    SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof *m->column, &m->column));
    SHY_TRY(shy_new((size_t)SHY_TREE_MAX * SHY_CHUNK, sizeof *m->scratch, &m->scratch));
out:
    return st;
}

/* Every group every groups-th set; a failure waits for the others at the gathering. */
static shy_status refit_mine(const shy_team *team, const shy_search_options *options, imputation *m)
{
    shy_status st = SHY_OK;
    for (int s = team->group; s < m->sets; s += team->groups) {
        shy_impute_set(m->data, options->seed, s, options->impute_sweeps);
        for (int k = 0; k < m->formulas; k++) {
            if (!shy_impute_concerns(m->data, &m->tree[k])) continue;
            shy_impute_evaluate(m->data, &m->tree[k], m->scratch, m->column);
            SHY_TRY(shy_outcome_refit(m->outcome, 1, (const double *const *)&m->column, &m->fit[(size_t)s * (size_t)m->formulas + (size_t)k]));
        }
    }
out:
    return st;
}

/* The sets of group g, in order, from its member with row block 0: ranks come in the order of their groups. Collective over the world. */
static shy_status gather_fits(const shy_team *team, imputation *m)
{
    shy_status st = SHY_OK;
    const size_t one = (size_t)m->formulas * sizeof *m->fit;
    char *mine = NULL;
    void *bytes = NULL;
    uint64_t *counts = NULL;
    uint64_t held = 0;
    SHY_TRY_ALL(team, shy_new((size_t)(m->sets / team->groups + 1), one, &mine));
    for (int s = team->group; team->row_block == 0 && s < m->sets; s += team->groups, held += one)
        memcpy(mine + held, m->fit + (size_t)s * (size_t)m->formulas, one);
    SHY_TRY(shy_team_gather(team, mine, held, &bytes, &counts));
    const char *from = bytes;
    for (int rank = 0; team->rank == 0 && rank < team->size; from += counts[rank], rank++) {
        const char *at = from;
        for (int s = rank / team->row_blocks; rank % team->row_blocks == 0 && s < m->sets; s += team->groups, at += one)
            memcpy(m->fit + (size_t)s * (size_t)m->formulas, at, one);
    }
out:
    shy_free(&mine);
    shy_free(&bytes);
    shy_free(&counts);
    return st;
}

/* ---- pooled ------------------------------------------------------------------------------------------------------------------------------ */

/* Degrees of freedom if nothing were missing: of partial likelihoods it is the events that count. */
static double complete_df(const shy_problem *p, const shy_impute_data *d)
{
    const bool partial = p->ops->needs_time || strcmp(p->ops->name, "matched") == 0;
    const int constants = p->ops->has_intercept ? 1 : p->data.levels > 1 && !partial ? p->data.levels - 1 : 0;
    return fmax((partial ? d->events : d->used) - 1.0 - constants - p->data.covariates, 1.0);
}

static bool usable(const shy_fit *fit)
{
    return (fit->verdict == SHY_FITTED || fit->verdict == SHY_FIRTH) && isfinite(fit->coefficient[0]) && isfinite(fit->error[0]);
}

static shy_status pool_formula(const shy_problem *p, const imputation *m, int k, shy_imputed *to)
{
    shy_status st = SHY_OK;
    double *variance = NULL;
    SHY_TRY(shy_new((size_t)m->sets, sizeof *variance, &variance));
    SHY_TRY(shy_new((size_t)m->sets, sizeof *to->slopes, &to->slopes));
    SHY_TRY(shy_new((size_t)m->sets, sizeof *to->errors, &to->errors));
    for (int s = 0; s < m->sets; s++) {
        const shy_fit *fit = &m->fit[(size_t)s * (size_t)m->formulas + (size_t)k];
        if (!usable(fit)) continue;
        to->slopes[to->sets] = fit->coefficient[0], to->errors[to->sets] = fit->error[0];
        variance[to->sets++] = fit->error[0] * fit->error[0];
        to->intercept += fit->intercept;
        for (int q = 0; q < SHY_METRICS_MAX; q++) to->metric[q] += fit->metric[q];
    }
    to->missing = shy_impute_lacking(m->data, &m->tree[k]);
    if (to->sets < 2) goto out;
    to->intercept /= to->sets;
    for (int q = 0; q < SHY_METRICS_MAX; q++) to->metric[q] /= to->sets;
    shy_pool(to->sets, to->slopes, variance, complete_df(p, m->data), &to->slope);
out:
    shy_free(&variance);
    return st;
}

/* A formula that could be fitted on less than two sets stays as it is, with `sets` to say so. */
static shy_status pool_front(const shy_problem *p, const imputation *m, shy_search_result *result)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < m->formulas; k++) {
        shy_found *found = on_front(result, k);
        if (!shy_impute_concerns(m->data, &m->tree[k])) continue;
        SHY_TRY(shy_new(1, sizeof *found->imputed, &found->imputed));
        SHY_TRY(pool_formula(p, m, k, found->imputed));
    }
out:
    return st;
}

static shy_status refit_front(const shy_problem *problem, const shy_search_options *options, imputation *m, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    SHY_TRY_ALL(team, make_room(problem, m));
    SHY_TRY_ALL(team, shy_problem_outcome(problem, &m->outcome));
    SHY_TRY_ALL(team, refit_mine(team, options, m));
    SHY_TRY(gather_fits(team, m));
    SHY_TRY_ALL(team, team->rank == 0 ? pool_front(problem, m, result) : SHY_OK);
out:
    return st;
}

shy_status shy_impute_run(const shy_problem *problem, const shy_search_options *options, shy_search_result *result)
{
    shy_status st = SHY_OK;
    imputation m = {.sets = options->impute_sets};
    if (!imputes(problem, options)) return SHY_OK;
    SHY_TRY(share_front(problem->team, result, &m));
    SHY_TRY(shy_impute_gather(problem, m.tree, m.formulas, &m.data));
    if (m.data->gaps > 0) SHY_TRY(refit_front(problem, options, &m, result));
out:
    end(&m);
    return st;
}

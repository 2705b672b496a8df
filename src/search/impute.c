/* Multiple imputation: the formulas of the front refitted on imputed data sets, each group its share of the sets, and pooled. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "impute.h"
#include "plan.h"

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
    if (imputes(problem, options) && problem->data.interaction)
        return shy_fail(SHY_INPUT, "missing.method multiple does not go with outcome.interaction: the refits on imputed data sets know no interaction. "
                                   "Choose median or indicator.");
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
    shy_trial *trial;   /* [formulas]: the same in terms */
    shy_fit *fit;       /* [sets][formulas] */
    double *column[SHY_BASIS_MAX], *scratch;
} imputation;

static void end(imputation *m)
{
    shy_impute_data_free(&m->data);
    shy_outcome_destroy(&m->outcome);
    shy_free(&m->tree);
    shy_free(&m->trial);
    shy_free(&m->fit);
    for (int t = 0; t < SHY_BASIS_MAX; t++) shy_free(&m->column[t]);
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

/* ---- terms --------------------------------------------------------------------------------------------------------------------- */

static int copy_part(const shy_tree *from, int at, shy_tree *to)
{
    shy_node node = from->node[at];
    const int arity = shy_operator_get((shy_op)node.op)->arity;
    if (arity >= 1) node.left = (uint8_t)copy_part(from, from->node[at].left, to);
    if (arity == 2) node.right = (uint8_t)copy_part(from, from->node[at].right, to);
    to->node[to->count] = node;
    return to->count++;
}

static bool is_constant(const shy_tree *tree, int at)
{
    return tree->node[at].op == SHY_OP_CONSTANT;
}

/* c·z, z·c or c/z: the node of the constant; else −1. */
static int weight_of(const shy_tree *tree, int at)
{
    const shy_node *node = &tree->node[at];
    if (node->op != SHY_OP_MULTIPLY && node->op != SHY_OP_DIVIDE) return -1;
    if (is_constant(tree, node->left)) return node->left;
    return node->op == SHY_OP_MULTIPLY && is_constant(tree, node->right) ? node->right : -1;
}

/* The part without its weight: z, or 1/z. */
static void take_part(const shy_tree *tree, int at, shy_tree *part)
{
    const int weight = weight_of(tree, at);
    part->count = 0;
    if (weight >= 0 && tree->node[at].op == SHY_OP_MULTIPLY) at = tree->node[at].left == weight ? tree->node[at].right : tree->node[at].left;
    (void)copy_part(tree, at, part);
    if (weight >= 0 && part->node[part->count - 1].op == SHY_OP_DIVIDE && is_constant(part, part->node[part->count - 1].left))
        part->node[part->node[part->count - 1].left].value = 1.0;
}

/* Parts of the sum at the root that have a weight are taken off, the last first, and what is left is the first term. */
static void take_apart(const shy_tree *tree, shy_trial *trial)
{
    int root = tree->count - 1, parts = 0, part[SHY_BASIS_MAX];
    while (parts < SHY_BASIS_MAX - 1 && (tree->node[root].op == SHY_OP_ADD || tree->node[root].op == SHY_OP_SUBTRACT)) {
        const int left = tree->node[root].left, right = tree->node[root].right;
        if (weight_of(tree, right) < 0 && weight_of(tree, left) < 0) break;
        part[parts++] = weight_of(tree, right) >= 0 ? right : left;
        root = part[parts - 1] == right ? left : right;
    }
    trial->terms = 1 + parts;
    take_part(tree, root, &trial->term[0]);
    for (int t = 0; t < parts; t++) take_part(tree, part[parts - 1 - t], &trial->term[1 + t]);
}

/* ---- refits ------------------------------------------------------------------------------------------------------------------------ */

static shy_status make_room(const shy_problem *problem, imputation *m)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)m->sets * (size_t)m->formulas, sizeof *m->fit, &m->fit));
    SHY_TRY(shy_new((size_t)m->formulas, sizeof *m->trial, &m->trial));
    for (int k = 0; k < m->formulas; k++) take_apart(&m->tree[k], &m->trial[k]);
    for (int t = 0; t < SHY_BASIS_MAX; t++) SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof(double), &m->column[t]));
    SHY_TRY(shy_new((size_t)SHY_TREE_MAX * SHY_CHUNK, sizeof *m->scratch, &m->scratch));
out:
    return st;
}

typedef struct {
    imputation *of;
    uint64_t seed;
    int sweeps;
} shy_imputer;

/* The fits of one data set. Collective over the group. */
static shy_status refit_set(void *context, uint64_t set, void *result)
{
    shy_status st = SHY_OK;
    const shy_imputer *by = context;
    imputation *m = by->of;
    shy_fit *fit = result;
    shy_impute_set(m->data, by->seed, (int)set, by->sweeps);
    for (int k = 0; k < m->formulas; k++) {
        if (!shy_impute_concerns(m->data, &m->tree[k])) continue;
        for (int t = 0; t < m->trial[k].terms; t++) shy_impute_evaluate(m->data, &m->trial[k].term[t], m->scratch, m->column[t]);
        SHY_TRY(shy_outcome_refit(m->outcome, m->trial[k].terms, (const double *const *)m->column, &fit[k]));
    }
out:
    return st;
}

/* Collective over the world. */
static shy_status refit_sets(const shy_problem *problem, const shy_search_options *options, imputation *m)
{
    shy_imputer by = {m, options->seed, options->impute_sweeps};
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "imputed data sets", .count = (uint64_t)m->sets,
                               .size = (size_t)m->formulas * sizeof *m->fit, .result = m->fit, .work = refit_set, .context = &by};
    return shy_workload_run(&load);
}

/* ---- pooled ------------------------------------------------------------------------------------------------------------------------------ */

/* Degrees of freedom if nothing were missing: of partial likelihoods it is the events that count. */
static double complete_df(const shy_problem *p, const shy_impute_data *d, int terms)
{
    const bool partial = p->ops->needs_time || strcmp(p->ops->name, "matched") == 0;
    const int constants = p->ops->has_intercept ? 1 : p->data.levels > 1 && !partial ? p->data.levels - 1 : 0;
    return fmax((partial ? d->events : d->used) - terms - constants - p->data.covariates, 1.0);
}

static bool usable(const shy_fit *fit)
{
    bool finite = fit->verdict == SHY_FITTED || fit->verdict == SHY_FIRTH;
    for (int t = 0; t < fit->terms; t++) finite = finite && isfinite(fit->coefficient[t]) && isfinite(fit->error[t]);
    return finite;
}

static const shy_fit *fit_of(const imputation *m, int set, int formula)
{
    return &m->fit[(size_t)set * (size_t)m->formulas + (size_t)formula];
}

static shy_status pool_term(const shy_problem *p, const imputation *m, int k, int t, shy_imputed *to)
{
    shy_status st = SHY_OK;
    shy_imputed_term *term = &to->term[t];
    double *variance = NULL;
    int at = 0;
    SHY_TRY(shy_new((size_t)m->sets, sizeof *variance, &variance));
    SHY_TRY(shy_new((size_t)m->sets, sizeof *term->coefficient, &term->coefficient));
    SHY_TRY(shy_new((size_t)m->sets, sizeof *term->error, &term->error));
    SHY_TRY(shy_tree_print(&m->trial[k].term[t], (const char *const *)p->name, 0, &term->text));
    for (int s = 0; s < m->sets; s++) {
        const shy_fit *fit = fit_of(m, s, k);
        if (!usable(fit)) continue;
        term->coefficient[at] = fit->coefficient[t], term->error[at] = fit->error[t];
        variance[at++] = fit->error[t] * fit->error[t];
    }
    if (at >= 2) shy_pool(at, term->coefficient, variance, complete_df(p, m->data, m->trial[k].terms), &term->pooled);
out:
    shy_free(&variance);
    return st;
}

static shy_status pool_formula(const shy_problem *p, const imputation *m, int k, shy_imputed *to)
{
    shy_status st = SHY_OK;
    to->terms = m->trial[k].terms;
    to->missing = shy_impute_lacking(m->data, &m->tree[k]);
    for (int s = 0; s < m->sets; s++) {
        const shy_fit *fit = fit_of(m, s, k);
        if (!usable(fit)) continue;
        to->sets++;
        to->intercept += fit->intercept;
        for (int q = 0; q < SHY_METRICS_MAX; q++) to->metric[q] += fit->metric[q];
    }
    for (int t = 0; t < to->terms; t++) SHY_TRY(pool_term(p, m, k, t, to));
    if (to->sets > 0) to->intercept /= to->sets;
    for (int q = 0; to->sets > 0 && q < SHY_METRICS_MAX; q++) to->metric[q] /= to->sets;
out:
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
    SHY_TRY(refit_sets(problem, options, m));
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

/* ---- what that will cost ------------------------------------------------------------------------------------------------------ */

#define FRONT_FACTORS 1.5  /* different ones that each formula of a front adds, about */
#define GAP_SECONDS 5e-8   /* of a column, a sample and a sweep (measured): regression, and order for matching */

void shy_impute_plan(const shy_problem *p, const shy_search_options *options, shy_plan *plan)
{
    double imputed = 0.0;
    if (!imputes(p, options)) return;
    for (int f = 0; f < p->factors; f++) imputed += p->derivation[f] && p->derivation[f]->imputed;
    const double samples = (double)p->rows.total, levels = options->grammar.max_complexity, factors = fmin(p->factors, FRONT_FACTORS * levels);
    const double gaps = factors * imputed / p->factors, columns = 2.0 * factors + gaps + p->data.covariates + SHY_FAMILY_TERMS;
    const double set = options->impute_sweeps * gaps * samples * GAP_SECONDS + levels * plan->refit_seconds;
    shy_plan_add(plan, SHY_STEP_IMPUTE, ceil((double)options->impute_sets / p->team->groups) * set,
                 (double)shy_memory_in_use() + shy_plan_result_bytes(plan, options) + columns * samples * sizeof(double));
}

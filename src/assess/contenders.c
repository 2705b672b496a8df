/* What stands beside the chosen formula, fitted on each training set and judged on the samples left out, like it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "versus.h"

typedef struct {
    const shy_assessment *a;
    bool chosen;        /* there is a formula */
    shy_tree formula;   /* on all ranks */
    double *z, *v;      /* over my rows: the contender's column, the formula's */
    double *takes;      /* over my rows: 1 where z has a value */
    double *mine, *all; /* predictions: over my rows; of all samples, rank 0 */
} work;

static bool is_first(const work *w)
{
    return w->a->problem->team->rank == 0;
}

static void work_free(work *w)
{
    shy_free(&w->z);
    shy_free(&w->v);
    shy_free(&w->takes);
    shy_free(&w->mine);
    shy_free(&w->all);
}

static shy_status allocate(work *w)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)w->a->problem->rows.rows;
    SHY_TRY(shy_new(rows, sizeof *w->z, &w->z));
    SHY_TRY(shy_new(rows, sizeof *w->v, &w->v));
    SHY_TRY(shy_new(rows, sizeof *w->takes, &w->takes));
    SHY_TRY(shy_new(rows, sizeof *w->mine, &w->mine));
    if (is_first(w)) SHY_TRY(shy_new(w->a->truth.n, sizeof *w->all, &w->all));
out:
    return st;
}

/* Collective over the world. */
static shy_status begin(work *w)
{
    shy_status st = SHY_OK;
    const shy_team *team = w->a->problem->team;
    SHY_TRY_ALL(team, allocate(w));
    w->chosen = is_first(w) && w->a->found;
    if (w->chosen) w->formula = w->a->found->tree;
    SHY_TRY(shy_team_broadcast(team, &w->chosen, sizeof w->chosen));
    SHY_TRY(shy_team_broadcast(team, &w->formula, sizeof w->formula));
    if (w->chosen) SHY_TRY_ALL(team, shy_problem_evaluate(w->a->problem, &w->formula, w->v));
out:
    return st;
}

/* ---- held-out predictions ------------------------------------------------------------------------------------------------------ */

/* Of what the model of training set t says only that counts which it says of samples it has not seen. Rank 0. */
static void keep_held(const shy_assessment *a, int t, const double *all, shy_held_out *held)
{
    const size_t n = a->truth.n, start = (size_t)(t / a->folds.folds) * n;
    for (size_t i = 0; i < n; i++) {
        if (a->folds.all[start + i] == t % a->folds.folds) held->predictor[start + i] = isfinite(all[i]) ? all[i] : NAN;
    }
}

/* Rank 0. */
static shy_status close_held(const shy_assessment *a, shy_held_out *held)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_assess_poll(a));
    SHY_TRY(shy_headline_folds(&a->truth, &a->folds, held->predictor, NULL, held->spread.value));
    shy_spread_close(&held->spread, a->folds.repeats);
out:
    return st;
}

/* ---- a column: baselines, the single factor ---------------------------------------------------------------------------------------- */

/* The outcome where it can be fitted; NULL: the samples do not tell anything (one class, no event). Collective over the group. */
static shy_status try_outcome(const shy_problem *problem, shy_outcome **outcome_out)
{
    const shy_status st = shy_group_agree(problem->team, shy_problem_outcome(problem, outcome_out));
    if (st != SHY_INPUT) return st;
    shy_error_clear();
    *outcome_out = NULL;
    return SHY_OK;
}

static bool is_fit(const shy_fit *fit)
{
    return fit->verdict != SHY_DIVERGED && isfinite(fit->intercept) && isfinite(fit->coefficient[0]);
}

/* The samples of a problem that have a value of z. NULL where all have one. Collective over the group. */
static shy_status restrict_problem(const work *w, bool all, const shy_problem *problem, shy_problem **part_out)
{
    *part_out = NULL;
    return all ? SHY_OK : shy_group_agree(problem->team, shy_problem_train(problem, w->takes, part_out));
}

/* Models of z on the training sets: a step of the journal. */
typedef struct {
    const work *w;
    bool all;      /* samples have a value of it */
    size_t width;
    double *fit;   /* [sets × width]: 1 (there is one), intercept, slope, coefficients of the covariates; on all ranks */
} column_fits;

/* Without fold t. Collective over the group. */
static shy_status fit_column(void *context, uint64_t t, void *result)
{
    shy_status st = SHY_OK;
    const column_fits *c = context;
    const shy_problem *trained = c->w->a->trained[t];
    shy_problem *part = NULL;
    shy_outcome *outcome = NULL;
    const double *basis = c->w->z;
    double *number = result;
    shy_fit fit;
    int covariates = 0;
    SHY_TRY(restrict_problem(c->w, c->all, trained, &part));
    SHY_TRY(try_outcome(part ? part : trained, &outcome));
    if (!outcome) goto out;
    SHY_TRY(shy_outcome_refit(outcome, 1, &basis, &fit));
    if (!is_fit(&fit)) goto out;
    const double *beside = shy_outcome_covariates(outcome, &covariates);
    number[0] = 1.0, number[1] = fit.intercept, number[2] = fit.coefficient[0];
    for (int k = 0; beside && k < covariates; k++) number[3 + k] = beside[k];
out:
    shy_outcome_destroy(&outcome);
    shy_problem_untrain(&part);
    return st;
}

static shy_status predict(const work *w, const double *number)
{
    shy_status st = SHY_OK;
    const shy_outcome_data *data = &w->a->problem->data;
    SHY_TRY(shy_assess_poll(w->a));
    for (int i = 0; i < w->a->problem->rows.rows; i++) {
        w->mine[i] = NAN;
        if (w->takes[i] == 0.0 || number[0] == 0.0) continue;
        double sum = number[1];
        for (int k = 0; k < data->covariates; k++) sum += number[3 + k] * data->covariate[k][i];
        w->mine[i] = sum + number[2] * w->z[i];
    }
out:
    return st;
}

/* Collective over the world. */
static shy_status judge_column(const work *w, bool all, shy_held_out *held)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    const int sets = w->a->folds.sets;
    column_fits c = {.w = w, .all = all, .width = 3U + (size_t)problem->data.covariates};
    SHY_TRY_ALL(problem->team, shy_new((size_t)sets * c.width, sizeof *c.fit, &c.fit));
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "baseline", .count = (uint64_t)sets, .everywhere = true,
                               .size = c.width * sizeof *c.fit, .result = c.fit, .work = fit_column, .context = &c};
    SHY_TRY(shy_workload_run(&load));
    for (int t = 0; t < sets; t++) {
        SHY_TRY_ALL(problem->team, predict(w, c.fit + (size_t)t * c.width));
        SHY_TRY(shy_gather_values(problem, w->mine, w->all));
        if (is_first(w)) keep_held(w->a, t, w->all, held);
    }
out:
    shy_free(&c.fit);
    return st;
}

/* What the chosen formula adds beside z. Collective over the world. */
static shy_status ask_ratio(const work *w, const shy_outcome *outcome, const shy_fit *alone, shy_ratio *ratio)
{
    shy_status st = SHY_OK;
    const double *basis[2] = {w->z, w->v};
    shy_fit both;
    *ratio = (shy_ratio){.chi2 = NAN, .p = NAN};
    if (!w->chosen) return SHY_OK;
    SHY_TRY_ALL(w->a->problem->team, shy_outcome_refit(outcome, 2, basis, &both));
    if (alone->verdict == SHY_DIVERGED || both.verdict == SHY_DIVERGED || both.verdict == SHY_SINGULAR) goto out;
    ratio->chi2 = fmax(both.likelihood_ratio - alone->likelihood_ratio, 0.0);
    ratio->df = 1;
    ratio->p = shy_chi_square_tail(ratio->chi2, 1);
    ratio->penalised = alone->verdict == SHY_FIRTH || both.verdict == SHY_FIRTH;
out:
    return st;
}

/* On all samples that have a value. Collective over the world. */
static shy_status judge_all(work *w, bool all, shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    shy_problem *part = NULL;
    shy_outcome *outcome = NULL;
    const double *basis = w->z;
    shy_fit fit;
    c->apparent = NAN;
    c->ratio = (shy_ratio){.chi2 = NAN, .p = NAN};
    SHY_TRY_ALL(problem->team, restrict_problem(w, all, problem, &part));
    SHY_TRY_ALL(problem->team, try_outcome(part ? part : problem, &outcome));
    if (!outcome) goto out;
    SHY_TRY_ALL(problem->team, shy_outcome_refit(outcome, 1, &basis, &fit));
    if (is_fit(&fit)) c->apparent = fit.metric[0];
    SHY_TRY(ask_ratio(w, outcome, &fit, &c->ratio));
out:
    shy_outcome_destroy(&outcome);
    shy_problem_untrain(&part);
    return st;
}

/* Samples that take part in the problem and have a value of z; those that take part. Collective over the world. */
static shy_status count_samples(const work *w, uint64_t *with_out, uint64_t *whole_out)
{
    const shy_problem *problem = w->a->problem;
    uint64_t count[2] = {0, 0};
    for (int i = 0; problem->team->group == 0 && i < problem->rows.rows; i++) {
        if (problem->data.weight && !(problem->data.weight[i] > 0.0)) continue;
        count[0] += w->takes[i] != 0.0;
        count[1]++;
    }
    const shy_status st = shy_team_sum_counts(problem->team, count, 2);
    *with_out = count[0], *whole_out = count[1];
    return st;
}

static void mark_known(work *w)
{
    for (int i = 0; i < w->a->problem->rows.rows; i++) {
        w->takes[i] = isnan(w->z[i]) ? 0.0 : 1.0;
        if (w->takes[i] == 0.0) w->z[i] = 0.0; /* rows of weight 0 may hold whatever number */
    }
}

/* ---- contenders ------------------------------------------------------------------------------------------------------------------------ */

/* Rank 0. */
static shy_status name_contender(shy_contender *c, shy_contender_kind kind, const char *name, const char *formula)
{
    shy_status st = SHY_OK;
    c->kind = kind;
    SHY_TRY(shy_string_copy(name, &c->name));
    if (formula) SHY_TRY(shy_string_copy(formula, &c->formula));
out:
    return st;
}

static shy_status begin_contender(const work *w, shy_contender *c, shy_contender_kind kind, const char *name, const char *formula)
{
    shy_status st = SHY_OK;
    if (!is_first(w)) return SHY_OK;
    SHY_TRY(name_contender(c, kind, name, formula));
    SHY_TRY(shy_held_out_create(&w->a->folds, w->a->truth.n, &c->held));
out:
    return st;
}

/* Collective over the world. */
static shy_status add_baseline(work *w, const shy_baseline *baseline, shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_team *team = w->a->problem->team;
    uint64_t whole = 0;
    SHY_TRY_ALL(team, begin_contender(w, c, SHY_CONTENDER_BASELINE, shy_baseline_name(baseline), baseline->formula ? baseline->formula : baseline->column));
    SHY_TRY_ALL(team, shy_baseline_values(w->a->problem, baseline, w->z));
    mark_known(w);
    SHY_TRY(count_samples(w, &c->samples, &whole));
    c->left_out = whole - c->samples;
    const bool all = c->left_out == 0;
    SHY_TRY(judge_column(w, all, &c->held));
    SHY_TRY(judge_all(w, all, c));
    SHY_TRY_ALL(team, is_first(w) ? close_held(w->a, &c->held) : SHY_OK);
out:
    return st;
}

/* What rank 0 knows of a set's best factor, as a model on all ranks. Collective over the world. */
static shy_status share_single(const work *w, const shy_references *r, int t, double *beside, shy_model *model)
{
    shy_status st = SHY_OK;
    const shy_team *team = w->a->problem->team;
    const size_t covariates = (size_t)w->a->problem->data.covariates;
    shy_single single = {.factor = -1};
    if (is_first(w)) {
        single = r->single[t];
        if (covariates > 0) memcpy(beside, r->beside + (size_t)t * covariates, covariates * sizeof *beside);
    }
    SHY_TRY(shy_team_broadcast(team, &single, sizeof single));
    SHY_TRY(shy_team_broadcast(team, beside, covariates * sizeof *beside));
    *model = (shy_model){.intercept = single.intercept, .slope = single.slope, .beside = beside};
    if (single.factor >= 0) {
        model->complexity = 1;
        model->tree = shy_line_tree(w->a->problem, SHY_LINE_FACTORS, single.factor);
    }
out:
    return st;
}

/* The best factor of each training set, which need not be the same one. Collective over the world. */
static shy_status add_single(work *w, const shy_references *r, shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    double *beside = NULL;
    shy_model model;
    uint64_t whole = 0;
    const int factor = is_first(w) ? r->single[r->sets].factor : -1;
    SHY_TRY_ALL(problem->team, begin_contender(w, c, SHY_CONTENDER_SINGLE, "best single factor", factor >= 0 ? problem->name[factor] : NULL));
    SHY_TRY_ALL(problem->team, shy_new((size_t)problem->data.covariates, sizeof *beside, &beside));
    for (int t = 0; t < w->a->folds.sets; t++) {
        SHY_TRY(share_single(w, r, t, beside, &model));
        if (model.complexity == 0) continue;
        SHY_TRY_ALL(problem->team, shy_model_predict(problem, &model, w->mine));
        SHY_TRY(shy_gather_values(problem, w->mine, w->all));
        if (is_first(w)) keep_held(w->a, t, w->all, &c->held);
    }
    SHY_TRY(share_single(w, r, w->a->folds.sets, beside, &model));
    c->apparent = NAN, c->ratio = (shy_ratio){.chi2 = NAN, .p = NAN};
    if (model.complexity > 0) {
        SHY_TRY_ALL(problem->team, shy_problem_evaluate(problem, &model.tree, w->z));
        mark_known(w);
        SHY_TRY(count_samples(w, &c->samples, &whole));
        SHY_TRY(judge_all(w, true, c));
    }
    SHY_TRY_ALL(problem->team, is_first(w) ? close_held(w->a, &c->held) : SHY_OK);
out:
    shy_free(&beside);
    return st;
}

static uint64_t taking_part(const shy_truth *truth)
{
    uint64_t count = 0;
    for (size_t i = 0; i < truth->n; i++) count += !truth->weight || truth->weight[i] > 0.0;
    return count;
}

/* Rank 0. */
static shy_status add_net(const work *w, const shy_references *r, shy_line line, shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = w->a;
    SHY_TRY(name_contender(c, line == SHY_LINE_FACTORS ? SHY_CONTENDER_ELASTIC : SHY_CONTENDER_ELASTIC_LOG,
                           line == SHY_LINE_FACTORS ? "elastic net on the factors" : "elastic net on the logs", NULL));
    SHY_TRY(shy_held_out_create(&a->folds, a->truth.n, &c->held));
    memcpy(c->held.predictor, r->predictor[line], (size_t)a->folds.repeats * r->n * sizeof *c->held.predictor);
    SHY_TRY(close_held(a, &c->held));
    c->apparent = r->apparent[line];
    c->ratio = (shy_ratio){.chi2 = NAN, .p = NAN};
    c->samples = taking_part(&a->truth);
    c->net = r->net[line];
out:
    return st;
}

/* Its predictions are those of nested cross-validation. Rank 0. */
static shy_status add_covariates(const work *w, shy_contender *c)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = w->a;
    SHY_TRY(name_contender(c, SHY_CONTENDER_COVARIATES, "covariates alone", NULL));
    SHY_TRY(shy_held_out_create(&a->folds, a->truth.n, &c->held));
    memcpy(c->held.predictor, a->level[0].predictor, (size_t)a->folds.repeats * a->truth.n * sizeof *c->held.predictor);
    SHY_TRY(close_held(a, &c->held));
    c->apparent = a->result->null.metric[0];
    c->ratio = (shy_ratio){.chi2 = NAN, .p = NAN};
    c->samples = taking_part(&a->truth);
out:
    return st;
}

/* Rank 0. */
static shy_status add_lines(const work *w, shy_contenders *c, bool covariates)
{
    shy_status st = SHY_OK;
    for (int line = 0; line < SHY_LINES; line++) SHY_TRY(add_net(w, &c->references, (shy_line)line, &c->contender[c->count++]));
    if (covariates) SHY_TRY(add_covariates(w, &c->contender[c->count++]));
out:
    return st;
}

shy_status shy_contenders_create(const shy_assessment *a, shy_contenders *contenders_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    const int baselines = a->options->baselines;
    work w = {.a = a};
    shy_contenders c = {.count = 0};
    SHY_TRY(begin(&w));
    SHY_TRY_ALL(team, shy_new((size_t)baselines + 2U + SHY_LINES, sizeof *c.contender, &c.contender));
    for (int k = 0; k < baselines; k++) {
        shy_assess_tell(a, "baselines", (double)k / baselines);
        SHY_TRY(add_baseline(&w, &a->options->baseline[k], &c.contender[c.count++]));
    }
    if (a->options->references) {
        SHY_TRY(shy_references_create(a, &c.references));
        SHY_TRY(add_single(&w, &c.references, &c.contender[c.count++]));
        SHY_TRY_ALL(team, is_first(&w) ? add_lines(&w, &c, a->problem->data.covariates > 0) : SHY_OK);
    }
    *contenders_out = c, c = (shy_contenders){0};
out:
    shy_contenders_free(&c);
    work_free(&w);
    return st;
}

void shy_contenders_free(shy_contenders *contenders)
{
    for (int k = 0; contenders->contender && k < contenders->count; k++) {
        shy_contender *c = &contenders->contender[k];
        shy_free(&c->name);
        shy_free(&c->formula);
        shy_held_out_free(&c->held);
    }
    shy_free(&contenders->contender);
    shy_references_free(&contenders->references);
    contenders->count = 0;
}

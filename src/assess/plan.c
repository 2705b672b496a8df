/* What an assessment will take, stage by stage: time beside that of the search, and memory. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "references.h"
#include "stability.h"

enum { BATCH = 25 }; /* permutations of a pass: significance.c */

typedef struct {
    const shy_problem *problem;
    const shy_search_options *search;
    const shy_assess_options *options;
    const shy_plan *plan;
    shy_pass_plan passes;
    int sets;
    double n, rows, groups, base; /* base: bytes that are in use in every stage after the training sets are made */
    double kept; /* formulas of the result */
    shy_assess_plan *out;
} shy_foresight;

static void add(shy_foresight *f, shy_assess_part part, double seconds, double bytes)
{
    f->out->seconds += seconds;
    f->out->part_seconds[part] += seconds;
    f->out->part_bytes[part] = fmax(f->out->part_bytes[part], bytes);
    f->out->bytes_per_rank = fmax(f->out->bytes_per_rank, bytes);
}

/* ---- searches ---------------------------------------------------------------------------------------------------------------- */

#define PREPARE_SECONDS 0.02 /* of a search of its own: rates are measured, and formulas counted, again */

/* On the share of the samples that a search is trained on. Rounded constants and imputed data sets are for formulas that are reported. */
static double after_screening(const shy_foresight *f, double share)
{
    const double *step = f->plan->step_seconds;
    return share * (step[SHY_STEP_REFIT] + step[SHY_STEP_CONSTANTS]) + step[SHY_STEP_PASSES] + step[SHY_STEP_SUMS];
}

/* The screening of all samples is in the plan of the search already. */
static void training_sets(shy_foresight *f)
{
    const double *step = f->plan->step_seconds;
    const double lists = fmax(f->passes.sets_seconds - step[SHY_STEP_SCREEN], 0.0);
    if (f->sets == 0) return;
    add(f, SHY_ASSESS_TRAINING, lists + f->passes.begin_seconds + f->sets * (f->passes.begin_seconds + after_screening(f, 1.0 - 1.0 / f->options->folds)),
        fmax(f->passes.sets_bytes, f->base + f->plan->bytes_per_rank - (double)shy_memory_in_use()));
}

static void choice_of_complexity(shy_foresight *f)
{
    if (f->sets == 0 || f->options->folds < 3) return;
    add(f, SHY_ASSESS_CHOICE, f->sets * (f->passes.begin_seconds + PREPARE_SECONDS + f->plan->step_seconds[SHY_STEP_SCREEN] + after_screening(f, 1.0 - 2.0 / f->options->folds)),
        f->base + f->plan->bytes_per_rank - (double)shy_memory_in_use() + f->n * (2.0 * sizeof(double) + sizeof(size_t)));
}

/* Formulas are compared with responses in passes, one for each batch. */
static void permuted_outcomes(shy_foresight *f)
{
    const double batches = ceil(f->out->permutations / (double)BATCH), each = f->out->permutations < BATCH ? f->out->permutations : BATCH;
    if (f->out->permutations == 0) return;
    add(f, SHY_ASSESS_PERMUTATIONS, batches * (f->passes.begin_seconds + f->passes.responses_seconds),
        f->base + f->passes.responses_bytes - (double)shy_memory_in_use() + f->rows * sizeof(double) * (each + 2.0) + f->n * 24.0);
}

/* ---- formulas on half samples -------------------------------------------------------------------------------------------------- */

#define HALF_SECONDS 5e-9        /* of a formula, a half and one of all samples (measured), */
#define CORRELATION_SECONDS 5e-10 /* of a pair of formulas and one of the samples that correlations are of */

static void half_samples(shy_foresight *f)
{
    const double levels = f->search->grammar.max_complexity, formulas = fmin(f->kept, levels * SHY_STABILITY_LISTED), pairs = f->options->resamples;
    const double samples = fmin(f->n, SHY_FAMILY_SAMPLES), directions = 1.0 + 0.3 * f->problem->data.covariates;
    if (pairs <= 0.0) return;
    add(f, SHY_ASSESS_STABILITY,
        formulas * 2.0 * pairs * f->n * HALF_SECONDS * directions / f->groups + formulas * formulas / 2.0 * samples * CORRELATION_SECONDS,
        f->base + f->rows * pairs + formulas * (sizeof(shy_tree) + 3.0 * sizeof(double) * (2.0 * pairs + samples) + 2.0 * pairs));
}

/* ---- comparisons ----------------------------------------------------------------------------------------------------------------- */

#define INNER_FOLDS 5.0
#define LAMBDAS 100.0
#define SINGLES 64.0        /* factors that are refitted to find the best one */
#define SCREENED_SECONDS 25e-9 /* of a path: for each number of its columns, */

/* and for each of those that may come to be in use, in all (measured). */
static double active_seconds(const shy_outcome_ops *ops)
{
    const shy_net_family family = shy_net_family_of(ops);
    return family == SHY_NET_GAUSSIAN ? 75e-9 : family == SHY_NET_COX ? 400e-9 : 170e-9;
}

static void comparisons(shy_foresight *f)
{
    const double columns = fmin(f->problem->factors, fmin(fmax((double)(1 << 24) / fmax(f->n, 1.0), 256.0), 5000.0)), tasks = SHY_LINES * (f->sets + 1.0);
    const double path = f->n * (fmin(columns, f->n) * active_seconds(f->problem->ops) + columns * SCREENED_SECONDS);
    const double each = (INNER_FOLDS + 1.0) * path + f->problem->factors * f->n * 2e-9;
    const double refits = (f->sets + 1.0) * (f->options->baselines + (f->options->references ? SINGLES : 0.0)) * f->plan->refit_seconds;
    double bytes = f->base + f->n * sizeof(double) * (f->options->baselines * (f->sets + 3.0) + 8.0);
    if (f->sets == 0 || (f->options->baselines == 0 && !f->options->references)) return;
    if (f->options->references)
        bytes += f->n * (columns * sizeof(double) + (f->sets + 1.0) * sizeof(int32_t) + 3.0 * tasks * sizeof(double) + 12.0 * sizeof(double)) +
                 columns * LAMBDAS * (INNER_FOLDS + 1.0) * sizeof(double);
    add(f, SHY_ASSESS_COMPARISONS, (f->options->references ? ceil(tasks / f->groups) * each : 0.0) + refits / f->groups, bytes);
}

/* ---- all --------------------------------------------------------------------------------------------------------------------------- */

static int permutations_of(const shy_foresight *f)
{
    const bool part = shy_search_screen_rows(f->problem, f->search) < f->problem->rows.total;
    if (f->search->templates_count > 0 || part) return 0; /* there is no p then */
    if (f->options->permutations != SHY_PERMUTATIONS_AUTO) return f->options->permutations;
    return shy_permutations_auto((double)f->plan->formulas_total, f->n);
}

/* The outcome of all samples and what is held out stand on rank 0; lists, training problems and the result everywhere or there. */
static double stays(const shy_foresight *f)
{
    const double levels = f->search->grammar.max_complexity, held = f->options->repeats * (levels + 2.0) * f->n * sizeof(double);
    const double folds = f->options->repeats * (f->n + f->rows) * sizeof(int32_t);
    return (double)shy_memory_in_use() + (f->sets + 1.0) * f->passes.lists_bytes + f->sets * 6.0 * f->rows * sizeof(double) + folds +
           7.0 * f->n * sizeof(double) + (f->sets > 0 ? held : 0.0) + f->kept * (sizeof(shy_found) + 200.0);
}

static double result_formulas(const shy_foresight *f)
{
    double kept = 0.0;
    for (int c = 1; c <= f->search->grammar.max_complexity; c++) kept += fmin((double)f->plan->formulas[c], f->search->keep);
    return kept;
}

static shy_status check(const shy_foresight *f)
{
    const shy_plan all = {.bytes_per_rank = f->out->bytes_per_rank};
    return shy_search_plan_check(f->search, &all);
}

shy_status shy_assess_foresee(const shy_problem *problem, const shy_search_options *search, const shy_assess_options *options, const shy_plan *plan,
                              shy_assess_plan *plan_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_assess_plan out = {.one_pass = false};
    shy_foresight f = {.problem = problem, .search = search, .options = options, .plan = plan, .out = &out};
    f.sets = problem->data.interaction ? 0 : options->folds * options->repeats;
    f.n = (double)problem->rows.total, f.rows = problem->rows.rows, f.groups = team->groups;
    f.kept = result_formulas(&f);
    out.permutations = permutations_of(&f);
    const int batch = out.permutations < BATCH ? out.permutations : BATCH;
    if (f.sets > 0 || batch > 0)
        SHY_TRY(shy_search_plan_passes(problem, search, plan, options->folds, f.sets, batch > 0 ? batch + 1 : 0, &f.passes)); /* and the data themselves */
    out.one_pass = f.passes.together;
    f.base = stays(&f);
    training_sets(&f);
    choice_of_complexity(&f);
    permuted_outcomes(&f);
    half_samples(&f);
    comparisons(&f);
    SHY_TRY(shy_team_maximum(team, out.part_bytes, SHY_ASSESS_PARTS));
    SHY_TRY(shy_team_maximum(team, &out.bytes_per_rank, 1));
    SHY_TRY_ALL(team, check(&f));
    *plan_out = out;
out:
    return st;
}

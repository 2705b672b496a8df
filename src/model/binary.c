/** Binary outcomes: logistic regression; deviance / null deviance is what the front minimises. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "logistic.h"
#include "model_impl.h"
#include "shihyo/linalg.h"

struct binary {
    double mean;      /* of y */
    double null_loss; /* −log likelihood of the null model per sample */
    double *eta;      /* over my rows; like the rest inside the one block of this struct */
    struct shy_auc_space space;
};

enum { METRIC_AUC, METRIC_DEVIANCE, METRIC_BRIER };
static const char *const metric_names[] = {"auc", "deviance", "brier", NULL};

/* The gradient is that of the mean loss on columns of mean square 1, so this is far below what 1e-8 in the coefficients
 * asks for; where rounding does not let it be reached, the last Newton step decides. */
#define GRADIENT_TOLERANCE 1e-14
#define MAX_ITERATIONS 60
/* At a minimum the next Newton step is nothing; where the minimum lies at infinity it keeps its length. */
#define LAST_STEP 1e-7
#define FLAT_GRADIENT 1e-5

struct fitting {
    const shy_outcome *outcome;
    struct shy_logistic model;
    double sums[SHY_LOGISTIC_SUMS];
};

/* ---- start ----------------------------------------------------------------------------------------------------- */

static size_t reserve(size_t *size, size_t bytes)
{
    const size_t at = *size;

    *size += (bytes + 63) / 64 * 64;
    return at;
}

static shy_status allocate(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const int members = o->rows.team->row_blocks;
    const size_t rows = (size_t)o->rows.rows;
    size_t size = 0;
    char *block = NULL;

    const size_t head = reserve(&size, sizeof(struct binary)), eta = reserve(&size, rows * sizeof(double));
    const size_t keys = reserve(&size, rows * sizeof(uint64_t)), spare = reserve(&size, rows * sizeof(uint64_t));
    const size_t sorted = reserve(&size, rows * sizeof(double));
    const size_t all = reserve(&size, members > 1 ? (size_t)o->rows.total * sizeof(double) : 0);
    const size_t starts = reserve(&size, ((size_t)members + 1) * sizeof(int));
    SHY_TRY(shy_new(1, size, &block));
    struct binary *b = (struct binary *)(void *)(block + head);
    b->eta = (double *)(void *)(block + eta);
    b->space = (struct shy_auc_space){.keys = (uint64_t *)(void *)(block + keys),
                                      .spare = (uint64_t *)(void *)(block + spare),
                                      .sorted = (double *)(void *)(block + sorted),
                                      .all = (double *)(void *)(block + all),
                                      .starts = (int *)(void *)(block + starts)};
    o->state = b;
    for (int unknowns = 1; unknowns <= 1 + SHY_BASIS_MAX; unknowns++)
        SHY_TRY(shy_minimise_prepare(unknowns));
out:
    return st;
}

static shy_status check_values(const shy_outcome *o)
{
    for (int i = 0; i < o->rows.rows; i++)
        if (o->y[i] != 0.0 && o->y[i] != 1.0)
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\" is %.6g in sample %llu of those in use; a binary outcome is 0 or 1.",
                            o->column, o->y[i], (unsigned long long)(o->rows.first + (uint64_t)i + 1));
    return SHY_OK;
}

static void count_cases(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = shy_sum(o->y + begin, end - begin);
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const double n = (double)o->rows.total;
    double cases = 0.0;

    SHY_TRY(shy_group_agree(o->rows.team, check_values(o)));
    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    SHY_TRY(shy_rows_sum(&o->rows, count_cases, o, 1, o->partial, &cases));
    if (cases == 0.0 || cases == n)
        return shy_fail(
            SHY_INPUT,
            "outcome \"%s\" is constant: it is %s in all %llu samples in use, so there is nothing to explain. "
            "Choose another outcome or other samples.",
            o->column, cases == 0.0 ? "0 (negative)" : "1 (positive)", (unsigned long long)o->rows.total);
    struct binary *b = o->state;
    b->mean = cases / n;
    b->null_loss = -(b->mean * log(b->mean) + (1.0 - b->mean) * log1p(-b->mean));
out:
    return st;
}

/*
 * The derivative of the log likelihood in the linear predictor, at the null model: its correlation is the score
 * statistic.
 */
static void response(const shy_outcome *o, double *out)
{
    const struct binary *b = o->state;

    for (int i = 0; i < o->rows.rows; i++)
        out[i] = o->y[i] - b->mean;
}

/* ---- refit ----------------------------------------------------------------------------------------------------- */

static shy_status sums_at(struct fitting *fitting, const double *beta)
{
    memcpy(fitting->model.beta, beta, (size_t)(1 + fitting->model.rank) * sizeof *beta);
    return shy_rows_sum(&fitting->outcome->rows, shy_logistic_run, &fitting->model, SHY_LOGISTIC_SUMS,
                        fitting->outcome->partial, fitting->sums);
}

/* Mean loss, gradient and Hessian from the sums. */
static void derivatives(const struct fitting *fitting, double *f, double *gradient, double *hessian)
{
    const int unknowns = 1 + fitting->model.rank;
    const double n = (double)fitting->outcome->rows.total, *triangle = fitting->sums + SHY_LOGISTIC_HESSIAN;

    *f = fitting->sums[SHY_LOGISTIC_LOSS] / n;
    for (int j = 0; j < unknowns; j++) {
        gradient[j] = fitting->sums[SHY_LOGISTIC_GRADIENT + j] / n;
        for (int k = 0; k <= j; k++)
            hessian[j * unknowns + k] = hessian[k * unknowns + j] = *triangle++ / n;
    }
}

static shy_status evaluate(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    shy_status st = SHY_OK;

    SHY_TRY(sums_at(context, x));
    derivatives(context, f, gradient, hessian);
out:
    return st;
}

/*
 * What the sums at the end say. Nobody on the wrong side: the data are separated, and the loss can be made as small as
 * one likes. A gradient of nothing with a Newton step of some length: the minimum lies at infinity too
 * (quasi-separation).
 */
static shy_verdict judge(const struct fitting *fitting, const double *beta)
{
    enum { MOST = 1 + SHY_BASIS_MAX };
    const int unknowns = 1 + fitting->model.rank;
    double f, step[MOST], hessian[MOST * MOST], gradient = 0.0, longest = 0.0, scale = 1.0;

    if (fitting->sums[SHY_LOGISTIC_WRONG] == 0.0) return SHY_SEPARATED;
    derivatives(fitting, &f, step, hessian);
    for (int k = 0; k < unknowns; k++)
        gradient = fmax(gradient, fabs(step[k]));
    const bool definite = shy_solve_spd(unknowns, hessian, step);
    for (int k = 0; k < unknowns; k++) {
        longest = fmax(longest, fabs(step[k]));
        scale = fmax(scale, fabs(beta[k]));
    }
    if (definite && longest <= LAST_STEP * scale) return SHY_FITTED;
    return gradient <= FLAT_GRADIENT ? SHY_SEPARATED : SHY_DIVERGED;
}

/* Sets the loss and the metrics from the sums and the linear predictor at the end. */
static shy_status measure(const struct fitting *fitting, shy_fit *fit)
{
    const shy_outcome *o = fitting->outcome;
    const struct binary *b = o->state;
    const double n = (double)o->rows.total;

    fit->metric[METRIC_DEVIANCE] = 2.0 * fitting->sums[SHY_LOGISTIC_LOSS];
    fit->metric[METRIC_BRIER] = fitting->sums[SHY_LOGISTIC_BRIER] / n;
    fit->loss = fitting->sums[SHY_LOGISTIC_LOSS] / n / b->null_loss;
    return shy_auc(&o->rows, b->eta, o->y, &b->space, &fit->metric[METRIC_AUC]);
}

static shy_status fit_null(struct fitting *fitting, shy_fit *fit)
{
    shy_status st = SHY_OK;
    const struct binary *b = fitting->outcome->state;
    const double level = log(b->mean) - log1p(-b->mean);

    *fit = (shy_fit){.verdict = SHY_DIVERGED, .terms = fit->terms, .intercept = level};
    fitting->model.rank = 0;
    SHY_TRY(sums_at(fitting, &level));
    SHY_TRY(measure(fitting, fit));
out:
    return st;
}

static shy_status fit_columns(struct fitting *fitting, const struct shy_basis *basis, shy_fit *fit)
{
    shy_status st = SHY_OK;
    const struct binary *b = fitting->outcome->state;
    double beta[1 + SHY_BASIS_MAX] = {log(b->mean) - log1p(-b->mean)}, gamma[SHY_BASIS_MAX] = {0.0};
    shy_minimise_end end;
    int next = 0;

    for (int k = 0; k < basis->terms; k++)
        if (basis->used[k]) fitting->model.q[next++] = basis->q[k];
    fitting->model.rank = next;
    const shy_minimise problem = {.unknowns = 1 + next,
                                  .evaluate = evaluate,
                                  .context = fitting,
                                  .gradient_tolerance = GRADIENT_TOLERANCE,
                                  .max_iterations = MAX_ITERATIONS};
    SHY_TRY(shy_minimise_run(&problem, beta, &end)); /* leaves the sums and the linear predictor at beta */
    fit->verdict = judge(fitting, beta);
    if (fit->verdict == SHY_FITTED && next < basis->terms) fit->verdict = SHY_SINGULAR;
    next = 0;
    for (int k = 0; k < basis->terms; k++)
        if (basis->used[k]) gamma[k] = beta[1 + next++];
    if (shy_basis_undo(basis, gamma, beta[0], NULL, NULL, fit))
        SHY_TRY(measure(fitting, fit));
    else
        SHY_TRY(fit_null(fitting, fit));
out:
    return st;
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = (struct shy_basis *)&o->basis; /* workspace, not part of the outcome */
    const struct binary *b = o->state;
    struct fitting fitting = {.outcome = o, .model = {.y = o->y, .eta = b->eta}};
    shy_fit fit = {.terms = terms};

    SHY_TRY(shy_basis_make(basis, &o->rows, terms, x, NULL, NULL, NULL));
    if (basis->finite)
        SHY_TRY(fit_columns(&fitting, basis, &fit));
    else
        SHY_TRY(fit_null(&fitting, &fit));
    *fit_out = fit;
out:
    return st;
}

const shy_outcome_ops shy_outcome_binary = {
    .name = "binary",
    .help =
        "0 or 1; logistic regression; auc, deviance = -2 log likelihood, brier = mean squared error of the probability",
    .metric_names = metric_names,
    .headline = "the AUC (auc), the chance that the formula ranks a positive sample above a negative one",
    .link = "log-odds (%s)",
    .larger_is_better = true,
    .has_intercept = true,
    .codes_levels = true,
    .start = start,
    .response = response,
    .refit = refit,
};

/** Generalised linear models: sums over runs in as many passes as their number asks for, and the fit. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "glm.h"
#include "shihyo/linalg.h"

/* The gradient is that of the mean loss on columns of mean square 1, so this is far below what 1e-8 in the coefficients
 * asks for; where rounding does not let it be reached, the last Newton step decides. */
#define GRADIENT_TOLERANCE 1e-14
#define MAX_ITERATIONS 60
#define MAX_PENALISED 500 /* its steps shrink by a factor only */
/* At a minimum the next Newton step is nothing; where the minimum lies at infinity it keeps its length. */
#define LAST_STEP 1e-7
#define FLAT_GRADIENT 1e-5

static size_t triangle(int order)
{
    return (size_t)order * (size_t)(order + 1) / 2;
}

shy_status shy_glm_create(const shy_outcome *outcome, shy_glm_family *family, bool penalty, int thresholds, struct shy_glm *glm_out)
{
    shy_status st = SHY_OK;
    const int head = thresholds > 0 ? thresholds : 1, least = head + outcome->covariates.rank, most = least + SHY_BASIS_MAX;
    const size_t rows = ((size_t)outcome->rows.rows + 7) / 8 * 8, m = (size_t)most;
    const size_t arrays = 3 + (thresholds > 0 ? SHY_GLM_CUTS : 0);
    struct shy_glm glm = {.outcome = outcome, .family = family, .most = most, .thresholds = thresholds > 0, .head = head};

    SHY_TRY(shy_new(m, sizeof *glm.column, &glm.column));
    SHY_TRY(shy_new(arrays * rows + 3 * m + SHY_GLM_GRADIENT + triangle(most) + m + m * m + (penalty ? m * m : 0), sizeof *glm.memory, &glm.memory));
    glm.eta = glm.memory, glm.residual = glm.eta + rows, glm.information = glm.residual + rows;
    glm.beta = glm.memory + arrays * rows, glm.null_beta = glm.beta + m, glm.sums = glm.null_beta + m;
    glm.work = glm.sums + SHY_GLM_GRADIENT + m + triangle(most);
    glm.inverse = penalty ? glm.work + m + m * m : NULL;
    for (int k = 0; k < SHY_GLM_CUTS && glm.thresholds; k++)
        glm.cut[k] = glm.information + (size_t)(1 + k) * rows;
    for (int unknowns = least; unknowns <= most; unknowns++)
        SHY_TRY(shy_minimise_prepare(unknowns));
    *glm_out = glm;
    return st;
out:
    shy_glm_free(&glm);
    return st;
}

void shy_glm_free(struct shy_glm *glm)
{
    shy_free(&glm->column);
    shy_free(&glm->memory);
}

void shy_glm_set(struct shy_glm *glm, const struct shy_basis *basis, double *beta)
{
    const struct shy_orthonormal *covariates = &glm->outcome->covariates;
    int next = 0;

    for (; next < covariates->rank; next++)
        glm->column[next] = covariates->q[next];
    memcpy(beta, glm->null_beta, (size_t)(glm->head + next) * sizeof *beta);
    for (int k = 0; basis && k < basis->terms; k++)
        if (basis->used[k]) {
            beta[glm->head + next] = 0.0;
            glm->column[next++] = basis->q[k];
        }
    glm->unknowns = glm->head + next;
}

/* ---- one run of rows ------------------------------------------------------------------------------------------- */

/* The rows' own parts: linear predictor, residual, information, loss. */
static void add_rows(struct shy_glm *g, struct shy_glm_chunk *c, int from, int count, double *sums)
{
    const double *y = g->outcome->y + from, level = g->thresholds ? 0.0 : g->beta[0];

    for (int i = 0; i < count; i++)
        c->eta[i] = level, c->y[i] = y[i];
    for (int i = count; i % SHY_GLM_LANES != 0; i++)
        c->eta[i] = c->y[i] = 0.0; /* so that lanes are whole; not summed */
    if (g->offset)
        for (int i = 0; i < count; i++)
            c->eta[i] += g->offset[from + i];
    for (int j = 0; j < g->unknowns - g->head; j++) {
        const double *q = g->column[j] + from, b = g->beta[g->head + j];
        for (int i = 0; i < count; i++)
            c->eta[i] += b * q[i];
    }
    c->weight = g->outcome->weight ? g->outcome->weight + from : NULL;
    c->aid = g->aid ? g->aid + from : NULL;
    c->beta = g->beta, c->head = g->head;
    for (int k = 0; k < SHY_GLM_CUTS && g->thresholds; k++)
        c->cut[k] = g->cut[k] + from;
    memcpy(g->eta + from, c->eta, (size_t)count * sizeof *c->eta);
    g->family(c, count, sums);
    memcpy(g->residual + from, c->residual, (size_t)count * sizeof *c->residual);
    memcpy(g->information + from, c->information, (size_t)count * sizeof *c->information);
}

/*
 * Firth's part of a row: h = information · xᵀ (sum of information x xᵀ)⁻¹ x. The score becomes y − p + h (1/2 − p); h (p (1 − p)) in the Hessian
 * leaves out how h itself changes, which costs some iterations and keeps it positive definite.
 */
static void add_penalty(struct shy_glm *g, struct shy_glm_chunk *c, int from, int count)
{
    const double *weight = g->outcome->weight ? g->outcome->weight + from : NULL, *y = g->outcome->y + from;
    const double total = g->outcome->weight_sum;
    double *h = c->scratch[0], *s = c->scratch[1];

    memset(h, 0, (size_t)count * sizeof *h);
    for (int j = 0; j < g->unknowns; j++) {
        const double *row = g->inverse + (size_t)j * (size_t)g->unknowns;
        for (int i = 0; i < count; i++)
            s[i] = row[0];
        for (int k = 1; k < g->unknowns; k++)
            for (int i = 0; i < count; i++)
                s[i] += row[k] * g->column[k - 1][from + i];
        for (int i = 0; i < count; i++)
            h[i] += j > 0 ? s[i] * g->column[j - 1][from + i] : s[i];
    }
    for (int i = 0; i < count; i++) {
        const double a = weight ? weight[i] : 1.0, inverse = a > 0.0 ? 1.0 / a : 0.0;
        const double p = g->residual[from + i] * inverse + y[i], v = g->information[from + i] * inverse;
        h[i] *= g->information[from + i] / total;
        g->residual[from + i] += h[i] * (p - 0.5);
        g->information[from + i] += h[i] * v;
    }
}

/* One row of the triangle; the head's part first. Returns behind it. */
static double *add_row(const struct shy_glm *g, struct shy_glm_chunk *c, int j, int from, int count, double *row)
{
    const double *information = g->information + from, *product = information;

    if (j < g->head && g->thresholds) {
        shy_glm_cut_row(g, j, from, count, row);
        return row + j + 1;
    }
    if (j >= g->head) {
        const double *q = g->column[j - g->head] + from;
        for (int i = 0; i < count; i++)
            c->scratch[0][i] = information[i] * q[i];
        product = c->scratch[0];
        if (g->thresholds) shy_glm_cut_cross(g, q, from, count, row);
    }
    if (!g->thresholds) row[0] += shy_sum(product, count);
    for (int k = g->head; k <= j; k++)
        row[k] += shy_dot(product, g->column[k - g->head] + from, count);
    return row + j + 1;
}

static void add_products(const struct shy_glm *g, struct shy_glm_chunk *c, int from, int count, double *sums)
{
    const double *residual = g->residual + from;
    double *hessian = sums;

    if (!g->later) {
        double *gradient = sums + SHY_GLM_GRADIENT;
        if (g->thresholds)
            shy_glm_cut_gradient(g, from, count, gradient);
        else
            gradient[0] += shy_sum(residual, count);
        for (int j = g->head; j < g->unknowns; j++)
            gradient[j] += shy_dot(residual, g->column[j - g->head] + from, count);
        hessian = gradient + g->unknowns;
    }
    for (int j = g->row_begin; j < g->row_end; j++)
        hessian = add_row(g, c, j, from, count, hessian);
}

static int width_of_pass(const struct shy_glm *g)
{
    return (g->later ? 0 : SHY_GLM_GRADIENT + g->unknowns) + (int)(triangle(g->row_end) - triangle(g->row_begin));
}

static void run_of_rows(void *context, int begin, int end, double *sums)
{
    struct shy_glm *g = context;
    struct shy_glm_chunk c;

    memset(sums, 0, (size_t)width_of_pass(g) * sizeof *sums);
    for (int from = begin; from < end; from += SHY_GLM_CHUNK) {
        const int count = end - from < SHY_GLM_CHUNK ? end - from : SHY_GLM_CHUNK;
        if (!g->later && g->penalised) add_penalty(g, &c, from, count);
        if (!g->later && !g->penalised) add_rows(g, &c, from, count, sums);
        add_products(g, &c, from, count, sums);
    }
}

/* ---- all sums -------------------------------------------------------------------------------------------------- */

/* As many rows of the triangle in a pass as there is room for. The first one makes the rows' parts. */
static shy_status pass_over(struct shy_glm *g, bool penalised)
{
    shy_status st = SHY_OK;
    const int room = shy_sums_most(g->outcome), head = SHY_GLM_GRADIENT + g->unknowns;
    const double loss = g->sums[SHY_GLM_LOSS], extra[2] = {g->sums[SHY_GLM_EXTRA], g->sums[SHY_GLM_EXTRA + 1]};

    g->penalised = penalised;
    for (g->row_begin = 0, g->later = false; g->row_begin < g->unknowns; g->row_begin = g->row_end, g->later = true) {
        g->row_end = g->row_begin + 1;
        while (g->row_end < g->unknowns && width_of_pass(g) + g->row_end + 1 <= room)
            g->row_end++;
        double *total = g->later ? g->sums + head + (int)triangle(g->row_begin) : g->sums;
        SHY_TRY(shy_rows_sum(&g->outcome->rows, run_of_rows, g, width_of_pass(g), g->outcome->partial, total));
    }
    if (penalised) g->sums[SHY_GLM_LOSS] = loss, g->sums[SHY_GLM_EXTRA] = extra[0], g->sums[SHY_GLM_EXTRA + 1] = extra[1];
out:
    return st;
}

shy_status shy_glm_evaluate(struct shy_glm *g, const double *beta)
{
    memmove(g->beta, beta, (size_t)g->unknowns * sizeof *beta);
    return pass_over(g, false);
}

/* Mean loss, gradient and Hessian from the sums. */
static void derivatives(const struct shy_glm *g, double *f, double *gradient, double *hessian)
{
    const int m = g->unknowns;
    const double n = g->outcome->weight_sum, *sum = g->sums + SHY_GLM_GRADIENT;

    *f = g->sums[SHY_GLM_LOSS] / n;
    for (int j = 0; j < m; j++)
        gradient[j] = *sum++ / n;
    for (int j = 0; j < m; j++)
        for (int k = 0; k <= j; k++)
            hessian[j * m + k] = hessian[k * m + j] = *sum++ / n;
}

/* ---- maximum likelihood ---------------------------------------------------------------------------------------- */

static shy_status evaluate(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_glm_evaluate(context, x));
    derivatives(context, f, gradient, hessian);
out:
    return st;
}

/*
 * What the derivatives at the end say. A gradient of nothing with a Newton step of some length: the minimum lies at infinity
 * (separation, or nearly).
 */
static shy_verdict judge(const struct shy_glm *g, const double *beta, double *gradient, double *hessian)
{
    double f, largest = 0.0, longest = 0.0, scale = 1.0;

    derivatives(g, &f, gradient, hessian);
    for (int k = 0; k < g->unknowns; k++) {
        if (isnan(gradient[k])) return SHY_DIVERGED;
        largest = fmax(largest, fabs(gradient[k]));
    }
    const bool definite = shy_solve_spd(g->unknowns, hessian, gradient);
    for (int k = 0; k < g->unknowns; k++) {
        longest = fmax(longest, fabs(gradient[k]));
        scale = fmax(scale, fabs(beta[k]));
    }
    if (definite && longest <= LAST_STEP * scale) return SHY_FITTED;
    return largest <= FLAT_GRADIENT ? SHY_SEPARATED : SHY_DIVERGED;
}

static shy_status run(struct shy_glm *g, shy_status (*function)(void *, const double *, double *, double *, double *), int iterations,
                      double *beta)
{
    const shy_minimise problem = {.unknowns = g->unknowns,
                                  .evaluate = function,
                                  .context = g,
                                  .gradient_tolerance = GRADIENT_TOLERANCE,
                                  .max_iterations = iterations};
    shy_minimise_end end;

    return shy_minimise_run(&problem, beta, &end); /* leaves the sums at beta */
}

shy_status shy_glm_fit(struct shy_glm *g, double *beta, shy_verdict *verdict_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(run(g, evaluate, MAX_ITERATIONS, beta));
    *verdict_out = judge(g, beta, g->work, g->work + g->most);
out:
    return st;
}

/* ---- Firth's penalised likelihood ------------------------------------------------------------------------------ */

/* The inverse of the mean information and the logarithm of its determinant. */
static bool invert(struct shy_glm *g)
{
    const int m = g->unknowns;
    double f, *hessian = g->work + g->most;

    derivatives(g, &f, g->work, hessian);
    memset(g->inverse, 0, (size_t)m * (size_t)m * sizeof *g->inverse);
    for (int j = 0; j < m; j++)
        g->inverse[j * m + j] = 1.0;
    if (!shy_solve_spd_columns(m, hessian, m, g->inverse)) return false;
    g->log_determinant = 0.0;
    for (int j = 0; j < m; j++)
        g->log_determinant += 2.0 * log(hessian[j * m + j]);
    return true;
}

static shy_status evaluate_penalised(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    shy_status st = SHY_OK;
    struct shy_glm *g = context;

    SHY_TRY(shy_glm_evaluate(g, x));
    if (!invert(g)) {
        *f = INFINITY;
        for (int k = 0; k < g->unknowns; k++)
            gradient[k] = NAN;
        goto out;
    }
    SHY_TRY(pass_over(g, true));
    derivatives(g, f, gradient, hessian);
    *f -= 0.5 * g->log_determinant / g->outcome->weight_sum;
out:
    return st;
}

shy_status shy_glm_fit_firth(struct shy_glm *g, double *beta, shy_verdict *verdict_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(run(g, evaluate_penalised, MAX_PENALISED, beta));
    *verdict_out = judge(g, beta, g->work, g->work + g->most) == SHY_FITTED ? SHY_FIRTH : SHY_DIVERGED;
    SHY_TRY(shy_glm_evaluate(g, beta)); /* the likelihood's own sums */
out:
    return st;
}

/* ---- the result ------------------------------------------------------------------------------------------------ */

/* The covariance of the formula's columns: the last block of the inverse of the information. */
static void covariance_of(const struct shy_glm *g, int rank, double *covariance)
{
    const int m = g->unknowns;
    double f, *hessian = g->work + g->most, columns[SHY_BASIS_MAX][SHY_UNKNOWNS_MAX];
    double *b = &columns[0][0];

    derivatives(g, &f, g->work, hessian);
    memset(b, 0, (size_t)m * (size_t)rank * sizeof *b);
    for (int k = 0; k < rank; k++)
        b[k * m + m - rank + k] = 1.0 / g->outcome->weight_sum;
    const bool definite = shy_solve_spd_columns(m, hessian, rank, b);
    for (int j = 0; j < rank; j++)
        for (int k = 0; k < rank; k++)
            covariance[j * rank + k] = definite ? b[k * m + m - rank + j] : NAN;
}

/* Coefficients, intercept and errors of the formula's columns from beta and the sums there. False: not finite. */
static bool report(const struct shy_glm *g, const struct shy_basis *basis, const double *beta, shy_fit *fit)
{
    double gamma[SHY_BASIS_MAX] = {0.0}, covariance[SHY_BASIS_MAX * SHY_BASIS_MAX];
    int next = g->head + g->outcome->covariates.rank;

    for (int k = 0; k < basis->terms; k++)
        if (basis->used[k]) gamma[k] = beta[next++];
    if (!shy_basis_undo(basis, gamma, g->thresholds ? 0.0 : beta[0], beta + g->head, g->outcome->covariate_coefficient, fit)) return false;
    if (basis->rank > 0) covariance_of(g, basis->rank, covariance);
    shy_basis_errors(basis, covariance, fit);
    return true;
}

/* The null model once more. */
static shy_status fall_back(struct shy_glm *g, shy_fit *fit)
{
    const shy_outcome *o = g->outcome;
    const struct shy_basis none = {.covariates = o->basis.covariates};
    double beta[SHY_UNKNOWNS_MAX];

    *fit = (shy_fit){.verdict = SHY_DIVERGED, .terms = fit->terms};
    for (int k = 0; k < fit->terms; k++)
        fit->error[k] = NAN;
    shy_glm_set(g, NULL, beta);
    shy_basis_undo(&none, NULL, g->thresholds ? 0.0 : beta[0], beta + g->head, o->covariate_coefficient, fit);
    return shy_glm_evaluate(g, beta);
}

shy_status shy_glm_refit(struct shy_glm *g, int terms, const double *const *x, shy_glm_fitter *fitter, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = (struct shy_basis *)&g->outcome->basis; /* workspace, not part of the outcome */
    shy_fit fit = {.terms = terms};
    double beta[SHY_UNKNOWNS_MAX];

    SHY_TRY(shy_basis_make(basis, &g->outcome->rows, terms, x, NULL, NULL, NULL));
    if (basis->finite) {
        if (!fitter) shy_glm_set(g, basis, beta);
        SHY_TRY(fitter ? fitter(g->outcome, basis, beta, &fit.verdict) : shy_glm_fit(g, beta, &fit.verdict));
        if ((fit.verdict == SHY_FITTED || fit.verdict == SHY_FIRTH) && basis->rank < terms) fit.verdict = SHY_SINGULAR;
    }
    if (!basis->finite || !report(g, basis, beta, &fit)) SHY_TRY(fall_back(g, &fit));
    *fit_out = fit;
out:
    return st;
}

void shy_glm_residual(const struct shy_glm *g, double *out)
{
    for (int i = 0; i < g->outcome->rows.rows; i++)
        out[i] = -g->residual[i];
}

void shy_glm_information(const struct shy_glm *g, double *out)
{
    if (g->outcome->rows.rows > 0) memcpy(out, g->information, (size_t)g->outcome->rows.rows * sizeof *out);
}

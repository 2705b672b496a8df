/* The path of an elastic net: columns standardised, lambdas from the first at which a column enters, warm starts, strong rules. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elastic_impl.h"

#define LAMBDAS_LEAST 5     /* before a path may end early */
#define EXPLAINED_MOST 0.999
#define EXPLAINED_STEP 1e-5 /* a lambda that explains less than this more is the last */
#define CONSTANT 1e-12      /* deviation against the mean magnitude */

/* ---- columns ------------------------------------------------------------------------------------------------------------------- */

static void standardise(const double *values, const int *row, const double *weight, int n, double *x, double *mean_out, double *deviation_out)
{
    double mean = 0.0, size = 0.0, square = 0.0;
    for (int i = 0; i < n; i++) {
        x[i] = values[row[i]];
        mean += weight[i] * x[i];
        size += weight[i] * fabs(x[i]);
    }
    for (int i = 0; i < n; i++) {
        x[i] -= mean;
        square += weight[i] * x[i] * x[i];
    }
    const double deviation = sqrt(square);
    const bool constant = !(deviation > CONSTANT * size) || !isfinite(deviation);
    for (int i = 0; i < n; i++) x[i] = constant ? 0.0 : x[i] / deviation;
    *mean_out = mean;
    *deviation_out = constant ? 0.0 : deviation;
}

static shy_status allocate_work(shy_net_work *w)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)w->n, columns = (size_t)w->columns;
    SHY_TRY(shy_new(n * columns, sizeof *w->x, &w->x));
    SHY_TRY(shy_new(columns, sizeof *w->mean, &w->mean));
    SHY_TRY(shy_new(columns, sizeof *w->deviation, &w->deviation));
    SHY_TRY(shy_new(columns, sizeof *w->beta, &w->beta));
    SHY_TRY(shy_new(columns, sizeof *w->before, &w->before));
    SHY_TRY(shy_new(columns, sizeof *w->along, &w->along));
    SHY_TRY(shy_new(columns, sizeof *w->square, &w->square));
    SHY_TRY(shy_new(columns, sizeof *w->candidate, &w->candidate));
    SHY_TRY(shy_new(columns, sizeof *w->is_candidate, &w->is_candidate));
    SHY_TRY(shy_new(columns, sizeof *w->active, &w->active));
    SHY_TRY(shy_new(columns, sizeof *w->is_active, &w->is_active));
    SHY_TRY(shy_new(n, sizeof *w->eta, &w->eta));
    SHY_TRY(shy_new(n, sizeof *w->gradient, &w->gradient));
    SHY_TRY(shy_new(n, sizeof *w->curvature, &w->curvature));
    SHY_TRY(shy_new(n, sizeof *w->rest, &w->rest));
out:
    return st;
}

static void free_work(shy_net_work *w)
{
    shy_net_outcome_free(&w->outcome);
    shy_free(&w->x);
    shy_free(&w->mean);
    shy_free(&w->deviation);
    shy_free(&w->beta);
    shy_free(&w->before);
    shy_free(&w->along);
    shy_free(&w->square);
    shy_free(&w->candidate);
    shy_free(&w->is_candidate);
    shy_free(&w->active);
    shy_free(&w->is_active);
    shy_free(&w->eta);
    shy_free(&w->gradient);
    shy_free(&w->curvature);
    shy_free(&w->rest);
}

static shy_status create_work(const shy_net_data *data, const int *row, int rows, double alpha, shy_net_work *w)
{
    shy_status st = SHY_OK;
    w->n = rows, w->covariates = data->covariates, w->columns = data->covariates + data->columns, w->alpha = alpha;
    SHY_TRY(shy_net_outcome_create(data, row, rows, &w->outcome));
    SHY_TRY(allocate_work(w));
    for (int j = 0; j < w->columns; j++) {
        const double *values = j < data->covariates ? data->covariate[j] : data->column[j - data->covariates];
        standardise(values, row, w->outcome.weight, rows, w->x + (size_t)j * (size_t)rows, &w->mean[j], &w->deviation[j]);
    }
    for (int j = 0; j < w->covariates; j++) shy_net_add_candidate(w, j);
out:
    return st;
}

/* ---- models ---------------------------------------------------------------------------------------------------------------------- */

static shy_status create_path(const shy_net_data *data, int lambdas, shy_net_path *path)
{
    shy_status st = SHY_OK;
    const size_t count = (size_t)lambdas;
    path->lambdas = lambdas, path->columns = data->columns, path->covariates = data->covariates;
    SHY_TRY(shy_new(count, sizeof(double), &path->lambda));
    SHY_TRY(shy_new(count, sizeof(double), &path->intercept));
    SHY_TRY(shy_new(count, sizeof(double), &path->explained));
    SHY_TRY(shy_new(count, sizeof(int), &path->used));
    SHY_TRY(shy_new(count * (size_t)data->columns, sizeof(double), &path->coefficient));
    SHY_TRY(shy_new(count * (size_t)data->covariates, sizeof(double), &path->covariate));
out:
    return st;
}

void shy_net_path_free(shy_net_path *path)
{
    shy_free(&path->lambda);
    shy_free(&path->intercept);
    shy_free(&path->explained);
    shy_free(&path->used);
    shy_free(&path->coefficient);
    shy_free(&path->covariate);
}

/* From standardised columns, and a standardised y, to those as given. */
static void note_model(const shy_net_work *w, double null, int k, shy_net_path *path)
{
    const double scale = w->outcome.scale;
    double intercept = w->outcome.centre + scale * w->intercept;
    path->used[k] = 0;
    for (int j = 0; j < w->columns; j++) {
        const double b = w->deviation[j] > 0.0 ? scale * w->beta[j] / w->deviation[j] : 0.0;
        intercept -= b * w->mean[j];
        if (j < w->covariates) path->covariate[(size_t)k * (size_t)w->covariates + (size_t)j] = b;
        else path->coefficient[(size_t)k * (size_t)path->columns + (size_t)(j - w->covariates)] = b;
        path->used[k] += j >= w->covariates && b != 0.0;
    }
    path->intercept[k] = w->outcome.family == SHY_NET_COX ? 0.0 : intercept;
    path->explained[k] = null > 0.0 ? 1.0 - w->value / null : 0.0;
}

double shy_net_predict(const shy_net_data *data, const shy_net_path *path, int k, int i)
{
    const double *b = path->coefficient + (size_t)k * (size_t)path->columns, *c = path->covariate + (size_t)k * (size_t)path->covariates;
    double eta = path->intercept[k];
    for (int j = 0; j < path->covariates; j++) eta += c[j] * data->covariate[j][i];
    for (int j = 0; j < path->columns; j++) {
        if (b[j] != 0.0) eta += b[j] * data->column[j][i];
    }
    return eta;
}

/* ---- the path -------------------------------------------------------------------------------------------------------------------- */

/* Deviance of the intercept alone, and the tolerance of steps that goes with it. */
static double start(shy_net_work *w, double tolerance)
{
    const double share = tolerance > 0.0 ? tolerance : 1e-7;
    w->value = shy_net_likelihood(&w->outcome, w->eta, w->gradient, w->curvature);
    w->tolerance = 2.0 * share * w->value;
    if (w->outcome.family == SHY_NET_COX || w->outcome.family == SHY_NET_GAUSSIAN) return w->value;
    const int candidates = w->candidates; /* covariates are not in it */
    w->candidates = 0;
    shy_net_descend(w, INFINITY);
    w->candidates = candidates;
    w->tolerance = 2.0 * share * w->value;
    return w->value;
}

/* Covariates alone; returns the lambda at which the first column enters. */
static double first_lambda(shy_net_work *w)
{
    double most = 0.0;
    shy_net_descend(w, INFINITY);
    for (int j = w->covariates; j < w->columns; j++) most = fmax(most, fabs(w->along[j]));
    return most / fmax(w->alpha, 1e-3);
}

/* Columns that the last gradient lets expect at the next lambda (Tibshirani et al. 2012). */
static void guess_candidates(shy_net_work *w, double lambda, double last)
{
    for (int j = w->covariates; j < w->columns; j++) {
        if (fabs(w->along[j]) >= w->alpha * (2.0 * lambda - last)) shy_net_add_candidate(w, j);
    }
}

/* The rules of glmnet, one for each family. */
static bool is_last(shy_net_family family, const shy_net_path *path, int k)
{
    const double now = path->explained[k];
    if (k + 1 < LAMBDAS_LEAST) return false;
    if (now > EXPLAINED_MOST) return true;
    switch (family) {
    case SHY_NET_GAUSSIAN: return now - path->explained[k - 1] < EXPLAINED_STEP * now;
    case SHY_NET_BINOMIAL: return now - path->explained[k - 1] < EXPLAINED_STEP;
    case SHY_NET_POISSON: return now - path->explained[k - LAMBDAS_LEAST + 1] < 10.0 * EXPLAINED_STEP * now;
    default: return now - path->explained[k - LAMBDAS_LEAST + 1] < 100.0 * EXPLAINED_STEP * now;
    }
}

static shy_status follow_path(shy_net_work *w, const shy_net_options *options, const double *lambda, shy_net_path *path)
{
    shy_status st = SHY_OK;
    const double null = start(w, options->tolerance), first = first_lambda(w), scale = w->outcome.scale;
    const double ratio = options->ratio > 0.0 ? options->ratio : w->n < w->columns ? 1e-2 : 1e-4;
    double last = first;
    for (int k = 0; k < path->lambdas; k++) {
        const double at = lambda ? lambda[k] / scale : path->lambdas > 1 ? first * pow(ratio, (double)k / (path->lambdas - 1)) : first;
        SHY_TRY(shy_journal_poll(options->journal));
        path->lambda[k] = lambda ? lambda[k] : at * scale;
        guess_candidates(w, at, last);
        shy_net_descend(w, at);
        note_model(w, null, k, path);
        last = at;
        if (!lambda && is_last(w->outcome.family, path, k)) path->lambdas = k + 1;
    }
out:
    return st;
}

shy_status shy_net_fit(const shy_net_data *data, const shy_net_options *options, const int *row, int rows, const double *lambda, int lambdas,
                       shy_net_path *path_out)
{
    shy_status st = SHY_OK;
    shy_net_work work = {0};
    shy_net_path path = {0};
    SHY_TRY(create_path(data, lambda ? lambdas : options->lambdas, &path));
    SHY_TRY(create_work(data, row, rows, options->alpha, &work));
    SHY_TRY(follow_path(&work, options, lambda, &path));
    *path_out = path, path = (shy_net_path){0};
out:
    free_work(&work);
    shy_net_path_free(&path);
    return st;
}

/* Lambda by cross-validation within the rows. */
#include "shy_config.h"

#include <math.h>

#include "elastic_impl.h"

typedef struct {
    const shy_net_data *data;
    const shy_net_options *options;
    const int *row;
    int rows;
    const int32_t *fold;
    int *part;      /* [rows]: rows of a training set */
    double *eta;    /* [rows] */
    double weight;  /* of the losses so far */
    shy_net_outcome all; /* of all rows: Cox */
} cross;

static int choose_rows(const cross *c, int fold)
{
    int count = 0;
    for (int k = 0; k < c->rows; k++) {
        if (c->fold[k] != fold) c->part[count++] = c->row[k];
    }
    return count;
}

static double weight_of(const cross *c, int k)
{
    return c->data->weight ? c->data->weight[c->row[k]] : 1.0;
}

static void add_losses(cross *c, int fold, const shy_net_path *path, double *loss)
{
    for (int k = 0; k < c->rows; k++) {
        if (c->fold[k] != fold) continue;
        const int i = c->row[k];
        const double weight = weight_of(c, k);
        for (int l = 0; l < path->lambdas; l++) {
            const double eta = shy_net_predict(c->data, path, l, i) + (c->data->offset ? c->data->offset[i] : 0.0);
            loss[l] += weight * shy_net_loss(c->data->family, c->data->y[i], eta);
        }
        c->weight += weight;
    }
}

/* Twice −log likelihood of rows, up to what does not depend on the model. */
static double cox_deviance(cross *c, shy_net_outcome *outcome, const int *row, const shy_net_path *path, int l)
{
    for (int k = 0; k < outcome->n; k++) c->eta[k] = shy_net_predict(c->data, path, l, row[k]);
    return 2.0 * outcome->total * shy_net_cox(outcome, c->eta, NULL, NULL);
}

/* The held-out samples alone have few at risk: all rows' likelihood less that of the training rows says more (van Houwelingen et al. 2006). */
static shy_status add_cox(cross *c, int fold, int count, const shy_net_path *path, double *loss)
{
    shy_status st = SHY_OK;
    shy_net_outcome train = {0};
    SHY_TRY(shy_net_outcome_create(c->data, c->part, count, &train));
    for (int l = 0; l < path->lambdas; l++) {
        loss[l] += cox_deviance(c, &c->all, c->row, path, l);
        loss[l] -= cox_deviance(c, &train, c->part, path, l);
    }
    for (int k = 0; k < c->rows; k++) {
        if (c->fold[k] == fold && c->data->y[c->row[k]] != 0.0) c->weight += weight_of(c, k);
    }
out:
    shy_net_outcome_free(&train);
    return st;
}

static shy_status add_fold(cross *c, int fold, shy_net_choice *choice)
{
    shy_status st = SHY_OK;
    shy_net_path path = {0};
    const int count = choose_rows(c, fold);
    if (count == c->rows) return SHY_OK; /* nobody is in this fold */
    SHY_TRY(shy_net_fit(c->data, c->options, c->part, count, choice->path.lambda, choice->path.lambdas, &path));
    if (c->data->family == SHY_NET_COX) SHY_TRY(add_cox(c, fold, count, &path, choice->loss));
    else add_losses(c, fold, &path, choice->loss);
out:
    shy_net_path_free(&path);
    return st;
}

static void choose(const cross *c, shy_net_choice *choice)
{
    for (int l = 0; l < choice->path.lambdas; l++) {
        choice->loss[l] /= c->weight;
        if (choice->loss[l] < choice->loss[choice->best]) choice->best = l;
    }
}

shy_status shy_net_choose(const shy_net_data *data, const shy_net_options *options, const int *row, int rows, const int32_t *fold, int folds,
                          shy_net_choice *choice_out)
{
    shy_status st = SHY_OK;
    cross c = {.data = data, .options = options, .row = row, .rows = rows, .fold = fold};
    shy_net_choice choice = {0};
    SHY_TRY(shy_new((size_t)rows, sizeof *c.part, &c.part));
    SHY_TRY(shy_new((size_t)rows, sizeof *c.eta, &c.eta));
    if (data->family == SHY_NET_COX) SHY_TRY(shy_net_outcome_create(data, row, rows, &c.all));
    SHY_TRY(shy_net_fit(data, options, row, rows, NULL, 0, &choice.path));
    SHY_TRY(shy_new((size_t)choice.path.lambdas, sizeof *choice.loss, &choice.loss));
    for (int f = 0; f < folds; f++) SHY_TRY(add_fold(&c, f, &choice));
    choose(&c, &choice);
    *choice_out = choice, choice = (shy_net_choice){0};
out:
    shy_net_choice_free(&choice);
    shy_net_outcome_free(&c.all);
    shy_free(&c.part);
    shy_free(&c.eta);
    return st;
}

void shy_net_choice_free(shy_net_choice *choice)
{
    shy_net_path_free(&choice->path);
    shy_free(&choice->loss);
}

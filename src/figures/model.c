/* model.c: the pictures of one formula: its samples in the order of their predictions, and all that is drawn of them. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

#define BLOCK 1024 /* samples that are evaluated together */

/* ---- small things that the pictures share --------------------------------------------------------------------------------------- */

double shy_figures_scale(shy_judge kind, double predictor)
{
    if (kind == SHY_JUDGE_BINARY) return 1.0 / (1.0 + exp(-predictor));
    return kind == SHY_JUDGE_COUNT ? exp(predictor) : predictor;
}

static const char *predicts(shy_judge kind)
{
    switch (kind) {
    case SHY_JUDGE_BINARY: return "probability";
    case SHY_JUDGE_COUNT: return "rate";
    case SHY_JUDGE_SURVIVAL: return "log hazard ratio";
    case SHY_JUDGE_ORDINAL:
    case SHY_JUDGE_MATCHED: return "log odds";
    case SHY_JUDGE_CONTINUOUS:
    case SHY_JUDGE_OTHER: break;
    }
    return "outcome";
}

shy_status shy_pictured_note(const shy_pictured *p, const char *where, const char *what, int64_t cells)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    const char *target = p->input->finished->name;

    SHY_TRY(shy_string_format(&path, "%s%sformula %d.%s", target, *target == '\0' ? "" : ".", p->number, where));
    if (shy_sdc_is_on(p->input->sdc)) SHY_TRY(shy_sdc_note(p->input->sdc, p->suppressed, path, what, NULL, cells));
out:
    shy_free(&path);
    return st;
}

json_t *shy_figures_count(const shy_sdc *sdc, int64_t count)
{
    const int64_t shown = shy_sdc_picture_count(sdc, count);
    return shown < 0 ? json_null() : json_integer((json_int_t)shown);
}

double shy_figures_rounded(const shy_sdc *sdc, int64_t count)
{
    const int64_t shown = shy_sdc_picture_count(sdc, count);
    return shown < 0 ? (double)count : (double)shown;
}

/* ---- the samples -------------------------------------------------------------------------------------------------------------------- */

static void pictured_free(shy_pictured *p)
{
    shy_free(&p->sample);
    shy_free(&p->order);
    shy_free(&p->predictor);
    shy_free(&p->value);
    shy_free(&p->y);
    shy_free(&p->weight);
    shy_free(&p->time);
    shy_free(&p->entry);
    shy_free(&p->exposure);
    shy_free(&p->stratum);
    shy_cells_free(&p->cells);
}

/* The formula's value of all samples. Columns that it does not use may be absent. */
static shy_status evaluate(const shy_figures_input *input, const shy_model *model, double *value)
{
    shy_status st = SHY_OK;
    const shy_finished *f = input->finished;
    const int rows = input->problem->rows.rows;
    const double **column = NULL;
    double *scratch = NULL;

    SHY_TRY(shy_new((size_t)f->factors, sizeof *column, &column));
    SHY_TRY(shy_new((size_t)model->tree.count * BLOCK, sizeof *scratch, &scratch));
    for (int first = 0; first < rows; first += BLOCK) {
        const int count = rows - first < BLOCK ? rows - first : BLOCK;
        for (int k = 0; k < f->factors; k++) column[k] = f->factor[k].value == NULL ? NULL : f->factor[k].value + first;
        shy_tree_evaluate_rows(&model->tree, count, column, scratch, value + first);
    }
out:
    shy_free(&column);
    shy_free(&scratch);
    return st;
}

/* Who takes part and has a prediction, lowest first. */
static shy_status sort_samples(const double *value, shy_pictured *p)
{
    shy_status st = SHY_OK;
    const shy_truth *truth = &p->shared->truth;
    size_t *part = NULL, *order = NULL, *spare = NULL;
    double *own = NULL;

    SHY_TRY(shy_new(truth->n, sizeof *part, &part));
    SHY_TRY(shy_new(truth->n, sizeof *order, &order));
    SHY_TRY(shy_new(truth->n, sizeof *spare, &spare));
    SHY_TRY(shy_new(truth->n, sizeof *own, &own));
    for (size_t i = 0; i < truth->n; i++)
        if (shy_takes_part(truth, i) && isfinite(p->model->predictor[i]) && isfinite(value[i])) own[p->n] = p->model->predictor[i], part[p->n++] = i;
    shy_sort_order(own, p->n, order, spare);
    SHY_TRY(shy_new(p->n, sizeof *p->sample, &p->sample));
    SHY_TRY(shy_new(p->n, sizeof *p->order, &p->order));
    for (size_t k = 0; k < p->n; k++) p->sample[k] = part[order[k]], p->order[k] = k;
out:
    shy_free(&part);
    shy_free(&order);
    shy_free(&spare);
    shy_free(&own);
    return st;
}

static shy_status take(const shy_pictured *p, const double *all, double **out)
{
    shy_status st = SHY_OK;

    if (all == NULL) return SHY_OK;
    SHY_TRY(shy_new(p->n, sizeof **out, out));
    for (size_t k = 0; k < p->n; k++) (*out)[k] = all[p->sample[k]];
out:
    return st;
}

static shy_status take_all(const double *value, shy_pictured *p)
{
    shy_status st = SHY_OK;
    const shy_truth *truth = &p->shared->truth;

    SHY_TRY(take(p, p->model->predictor, &p->predictor));
    SHY_TRY(take(p, value, &p->value));
    SHY_TRY(take(p, truth->y, &p->y));
    SHY_TRY(take(p, truth->time, &p->time));
    SHY_TRY(take(p, truth->entry, &p->entry));
    SHY_TRY(take(p, truth->exposure, &p->exposure));
    SHY_TRY(shy_new(p->n, sizeof *p->weight, &p->weight));
    for (size_t k = 0; k < p->n; k++) p->weight[k] = truth->weight == NULL ? 1.0 : truth->weight[p->sample[k]];
    if (truth->stratum == NULL) goto out;
    SHY_TRY(shy_new(p->n, sizeof *p->stratum, &p->stratum));
    for (size_t k = 0; k < p->n; k++) p->stratum[k] = truth->stratum[p->sample[k]];
out:
    return st;
}

static shy_status pictured_create(const shy_figures_input *input, int model, shy_record *suppressed, shy_pictured *p)
{
    shy_status st = SHY_OK;
    double *value = NULL;

    *p = (shy_pictured){.input = input, .shared = input->shared, .model = &input->finished->model[model], .number = model + 1, .suppressed = suppressed};
    SHY_TRY(shy_new(input->shared->truth.n, sizeof *value, &value));
    SHY_TRY(evaluate(input, p->model, value));
    SHY_TRY(sort_samples(value, p));
    SHY_TRY(take_all(value, p));
    SHY_TRY(shy_cells_create(p, &p->cells));
out:
    shy_free(&value);
    return st;
}

/* ---- the pictures --------------------------------------------------------------------------------------------------------------------- */

/* A model that all but determines its samples tells of them. */
static bool has_freedom(const shy_pictured *p)
{
    int node[SHY_TREE_MAX];
    const int64_t parameters = 2 + p->input->finished->covariates + shy_tree_constants(&p->model->tree, node);
    const shy_sdc *sdc = p->input->sdc;

    return (int64_t)p->n - parameters >= sdc->residual_df && (!shy_sdc_is_on(sdc) || (int64_t)p->n >= sdc->threshold);
}

static shy_status draw(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_json_put(figures, "predicts", shy_json_string(predicts(p->shared->kind))));
    SHY_TRY(shy_figures_response(p, figures));
    SHY_TRY(shy_figures_distribution(p, figures));
    SHY_TRY(shy_figures_roc(p, figures));
    SHY_TRY(shy_figures_calibration(p, figures));
    SHY_TRY(shy_figures_decision(p, figures));
    SHY_TRY(shy_figures_kaplan_meier(p, figures));
    SHY_TRY(shy_figures_auc_t(p, figures));
    SHY_TRY(shy_figures_subgroups(p, figures));
out:
    return st;
}

shy_status shy_figures_of_model(const shy_figures_input *input, int model, json_t **figures_out, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    shy_pictured p = {0};
    json_t *figures = json_object();

    *figures_out = NULL;
    if (input->finished->model[model].predictor == NULL) goto out;
    SHY_TRY(pictured_create(input, model, suppressed, &p));
    if (p.n == 0) goto out;
    if (!has_freedom(&p)) {
        SHY_TRY(shy_pictured_note(&p, "figures", "model", 1));
        goto out;
    }
    SHY_TRY(draw(&p, figures));
    *figures_out = json_incref(figures);
out:
    json_decref(figures);
    pictured_free(&p);
    return st;
}

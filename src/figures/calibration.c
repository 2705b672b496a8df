/* calibration.c: what was predicted beside what was observed, by tenths of the prediction. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

#define TENTHS 10

/* Lists of what is said of each part. */
struct parts {
    int count;
    double predicted[TENTHS], observed[TENTHS], low[TENTHS], high[TENTHS];
    int64_t people[TENTHS];
};

static json_t *told(const shy_sdc *sdc, const struct parts *parts, const double *value)
{
    double of[TENTHS];

    for (int b = 0; b < parts->count; b++) of[b] = shy_sdc_picture_value(sdc, value[b]);
    return shy_json_reals(of, (size_t)parts->count);
}

static shy_status add_parts(const shy_sdc *sdc, const struct parts *parts, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *count = json_array();

    SHY_TRY(shy_json_put(object, "predicted", told(sdc, parts, parts->predicted)));
    SHY_TRY(shy_json_put(object, "observed", told(sdc, parts, parts->observed)));
    SHY_TRY(shy_json_put(object, "low", told(sdc, parts, parts->low)));
    SHY_TRY(shy_json_put(object, "high", told(sdc, parts, parts->high)));
    SHY_TRY(shy_json_put(object, "count", json_incref(count)));
    for (int b = 0; b < parts->count; b++) SHY_TRY(shy_json_append(count, shy_figures_count(sdc, parts->people[b])));
out:
    json_decref(count);
    return st;
}

/* ---- yes or no ------------------------------------------------------------------------------------------------------------------- */

/* Under control, shares and intervals are those of the counts as they are told. */
static void release_share(const shy_pictured *p, const shy_cells *c, int first, int end, struct parts *parts, int b)
{
    const shy_sdc *sdc = p->input->sdc;
    int64_t yes = 0;

    if (c->weighted || !shy_sdc_is_on(sdc)) return;
    for (int k = first; k < end; k++) yes += c->yes[k];
    const double all = shy_figures_rounded(sdc, parts->people[b]), told = fmin(shy_figures_rounded(sdc, yes), all);
    parts->observed[b] = told / all;
    shy_wilson(told, all, &parts->low[b], &parts->high[b]);
}

static shy_status calibrate_cells(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    const shy_cells *c = p->cells;
    struct parts parts = {0};
    int border[TENTHS + 1];
    json_t *object = json_object();

    if (c->cells == 0 || (c->cells == 1 && shy_sdc_is_on(p->input->sdc))) {
        SHY_TRY(shy_pictured_note(p, "calibration", "curve", c->n > 0));
        goto out;
    }
    parts.count = shy_cells_join(c, TENTHS, border);
    for (int b = 0; b < parts.count; b++) {
        const size_t begin = c->border[border[b]], n = c->border[border[b + 1]] - begin;
        shy_bin_describe(n, c->y + begin, c->predicted + begin, c->weight + begin, true, &parts.predicted[b], &parts.observed[b], &parts.low[b], &parts.high[b]);
        parts.people[b] = (int64_t)n;
        release_share(p, c, border[b], border[b + 1], &parts, b);
    }
    SHY_TRY(shy_pictured_note(p, "calibration", "bins joined", TENTHS - parts.count));
    SHY_TRY(add_parts(p->input->sdc, &parts, object));
    if (shy_pictured_at(p) > 0.0) SHY_TRY(shy_json_put(object, "at", shy_json_real(shy_pictured_at(p))));
    SHY_TRY(shy_json_put(figures, "calibration", json_incref(object)));
out:
    json_decref(object);
    return st;
}

/* ---- numbers and counts ------------------------------------------------------------------------------------------------------------ */

/* Counts as rates, each as often as its exposure says. Arrays by ascending prediction. */
static shy_status scale(const shy_pictured *p, double **predicted_out, double **observed_out, double **weight_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new(p->n, sizeof **predicted_out, predicted_out));
    SHY_TRY(shy_new(p->n, sizeof **observed_out, observed_out));
    SHY_TRY(shy_new(p->n, sizeof **weight_out, weight_out));
    for (size_t k = 0; k < p->n; k++) {
        const double exposure = p->shared->kind == SHY_JUDGE_COUNT && p->exposure != NULL ? p->exposure[k] : 1.0;
        (*predicted_out)[k] = shy_figures_scale(p->shared->kind, p->predictor[k]);
        (*observed_out)[k] = p->y[k] / exposure;
        (*weight_out)[k] = p->weight[k] * exposure;
    }
out:
    return st;
}

static int join(const shy_pictured *p, int bins, size_t *border)
{
    double edge[TENTHS + 1];
    int64_t count[TENTHS];

    for (int b = 0; b <= bins; b++) edge[b] = (double)border[b];
    for (int b = 0; b < bins; b++) count[b] = (int64_t)(border[b + 1] - border[b]);
    const int left = bins == 0 ? 0 : shy_sdc_join_bins(p->input->sdc, bins, edge, 1, count);
    for (int b = 0; b <= left; b++) border[b] = (size_t)edge[b];
    return left;
}

static shy_status calibrate_numbers(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    double *predicted = NULL, *observed = NULL, *weight = NULL;
    struct parts parts = {0};
    size_t border[TENTHS + 1];
    json_t *object = json_object();

    SHY_TRY(scale(p, &predicted, &observed, &weight));
    const int bins = shy_bins_borders(p->n, predicted, TENTHS, border);
    parts.count = join(p, bins, border);
    SHY_TRY(shy_pictured_note(p, "observed", "bins joined", bins - parts.count));
    if (parts.count == 0) goto out;
    for (int b = 0; b < parts.count; b++) {
        const size_t begin = border[b];
        parts.people[b] = (int64_t)(border[b + 1] - begin);
        shy_bin_describe((size_t)parts.people[b], observed + begin, predicted + begin, weight + begin, false, &parts.predicted[b], &parts.observed[b], &parts.low[b],
                         &parts.high[b]);
    }
    SHY_TRY(add_parts(p->input->sdc, &parts, object));
    SHY_TRY(shy_json_put(figures, p->shared->kind == SHY_JUDGE_COUNT ? "calibration" : "observed", json_incref(object)));
out:
    json_decref(object);
    shy_free(&predicted);
    shy_free(&observed);
    shy_free(&weight);
    return st;
}

shy_status shy_figures_calibration(const shy_pictured *p, json_t *figures)
{
    switch (p->shared->kind) {
    case SHY_JUDGE_BINARY:
    case SHY_JUDGE_SURVIVAL: return calibrate_cells(p, figures);
    case SHY_JUDGE_CONTINUOUS:
    case SHY_JUDGE_COUNT: return calibrate_numbers(p, figures);
    case SHY_JUDGE_ORDINAL:
    case SHY_JUDGE_MATCHED:
    case SHY_JUDGE_OTHER: break;
    }
    return SHY_OK;
}

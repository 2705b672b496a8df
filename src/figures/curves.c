/* curves.c: how well the prediction tells those with the event from those without: ROC, and what it is worth: the decision curve. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

#define THRESHOLDS 49 /* 0.02, 0.04 … 0.98 */
#define CELLS_LEAST 3 /* that make a curve: fewer say nothing but where it begins and ends */

/* ---- ROC ---------------------------------------------------------------------------------------------------------------------- */

static shy_status add_points(const shy_pictured *p, const shy_cells *c, json_t *roc)
{
    shy_status st = SHY_OK;
    json_t *fpr = json_array(), *tpr = json_array();
    double yes, no, all_yes, all_no;

    SHY_TRY(shy_json_put(roc, "fpr", fpr));
    SHY_TRY(shy_json_put(roc, "tpr", tpr));
    shy_cells_beyond(c, p->input->sdc, 0, &all_yes, &all_no);
    for (int b = c->cells; b >= 0; b--) {
        shy_cells_beyond(c, p->input->sdc, b, &yes, &no);
        SHY_TRY(shy_json_append(fpr, shy_json_real(shy_sdc_picture_value(p->input->sdc, no / all_no))));
        SHY_TRY(shy_json_append(tpr, shy_json_real(shy_sdc_picture_value(p->input->sdc, yes / all_yes))));
    }
out:
    return st;
}

shy_status shy_figures_roc(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    const shy_cells *c = p->cells;
    shy_estimate e;
    json_t *roc = json_object();

    if (p->shared->kind != SHY_JUDGE_BINARY) goto out;
    const bool shows = c->cells >= CELLS_LEAST || !shy_sdc_is_on(p->input->sdc);
    SHY_TRY(shy_pictured_note(p, "roc", "curve", !shows));
    SHY_TRY(shy_share_estimate(p->n, p->predictor, p->order, p->y, 2, c->weighted ? p->weight : NULL, &e));
    SHY_TRY(shy_json_put(roc, "auc", shy_json_real(shy_sdc_picture_value(p->input->sdc, e.value))));
    SHY_TRY(shy_json_put(roc, "low", shy_json_real(shy_sdc_picture_value(p->input->sdc, e.low))));
    SHY_TRY(shy_json_put(roc, "high", shy_json_real(shy_sdc_picture_value(p->input->sdc, e.high))));
    if (shows) SHY_TRY(add_points(p, c, roc));
    SHY_TRY(shy_json_put(figures, "roc", json_incref(roc)));
out:
    json_decref(roc);
    return st;
}

/* ---- decision curve ------------------------------------------------------------------------------------------------------------ */

/*
 * Net benefit of treating from the threshold on. Under control those with and without the event count as spread evenly over each cell: what is known of it is their number
 * and its borders.
 */
static double benefit_of_cells(const shy_pictured *p, const shy_cells *c, double threshold, double all_yes, double all_no)
{
    int b = 0;
    double yes, no, next_yes, next_no;

    while (b < c->cells && c->predicted[c->border[b + 1] - 1] < threshold) b++;
    shy_cells_beyond(c, p->input->sdc, b, &yes, &no);
    if (b < c->cells && c->predicted[c->border[b]] < threshold) {
        const double low = c->predicted[c->border[b]], share = (threshold - low) / (c->predicted[c->border[b + 1] - 1] - low);
        shy_cells_beyond(c, p->input->sdc, b + 1, &next_yes, &next_no);
        yes += share * (next_yes - yes), no += share * (next_no - no);
    }
    return (yes - threshold / (1.0 - threshold) * no) / (all_yes + all_no);
}

static shy_status add_benefits(const shy_pictured *p, const shy_cells *c, json_t *decision)
{
    shy_status st = SHY_OK;
    double threshold[THRESHOLDS], formula[THRESHOLDS], all[THRESHOLDS], all_yes, all_no;

    shy_cells_beyond(c, p->input->sdc, 0, &all_yes, &all_no);
    for (int k = 0; k < THRESHOLDS; k++) {
        threshold[k] = 0.02 * (k + 1);
        shy_net_benefit(c->n, c->y, c->predicted, c->weight, threshold[k], &formula[k], &all[k]);
        if (!shy_sdc_is_on(p->input->sdc)) continue;
        formula[k] = shy_sdc_value(p->input->sdc, benefit_of_cells(p, c, threshold[k], all_yes, all_no));
        all[k] = shy_sdc_picture_value(p->input->sdc, (all_yes - threshold[k] / (1.0 - threshold[k]) * all_no) / (all_yes + all_no));
    }
    SHY_TRY(shy_json_put(decision, "threshold", shy_json_reals(threshold, THRESHOLDS)));
    SHY_TRY(shy_json_put(decision, "formula", shy_json_reals(formula, THRESHOLDS)));
    SHY_TRY(shy_json_put(decision, "all", shy_json_reals(all, THRESHOLDS)));
out:
    return st;
}

shy_status shy_figures_decision(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    const shy_cells *c = p->cells;
    json_t *decision = json_object();

    if (c->cells == 0 || (c->cells < CELLS_LEAST && shy_sdc_is_on(p->input->sdc))) {
        SHY_TRY(shy_pictured_note(p, "decision", "curve", c->n > 0));
        goto out;
    }
    SHY_TRY(add_benefits(p, c, decision));
    if (shy_pictured_at(p) > 0.0) SHY_TRY(shy_json_put(decision, "at", shy_json_real(shy_pictured_at(p))));
    SHY_TRY(shy_json_put(figures, "decision", json_incref(decision)));
out:
    json_decref(decision);
    return st;
}

/* cells.c: predictions of a yes or no, in cells that may be shown. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

static shy_status allocate(size_t n, shy_cells *c)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new(n, sizeof *c->sample, &c->sample));
    SHY_TRY(shy_new(n, sizeof *c->predicted, &c->predicted));
    SHY_TRY(shy_new(n, sizeof *c->y, &c->y));
    SHY_TRY(shy_new(n, sizeof *c->weight, &c->weight));
out:
    return st;
}

static void add(shy_cells *c, size_t sample, double predicted, double y, double weight)
{
    c->sample[c->n] = sample;
    c->predicted[c->n] = predicted, c->y[c->n] = y, c->weight[c->n] = weight;
    c->weighted = c->weighted || weight != 1.0;
    c->n++;
}

static void take_binary(const shy_pictured *p, shy_cells *c)
{
    for (size_t k = 0; k < p->n; k++) add(c, p->sample[k], shy_figures_scale(SHY_JUDGE_BINARY, p->predictor[k]), p->y[k], p->weight[k]);
}

/* Of those whose state at the time is known; with strata a risk need not ascend as the predictor does. */
static shy_status take_survival(const shy_pictured *p, shy_cells *c)
{
    shy_status st = SHY_OK;
    const struct shy_figures_shared *s = p->shared;
    const shy_followed followed = {.n = p->n, .time = p->time, .event = p->y, .entry = p->entry, .weight = p->weight, .stratum = p->stratum};
    double *risk = NULL;
    size_t *order = NULL, *spare = NULL;

    SHY_TRY(shy_new(p->n, sizeof *risk, &risk));
    SHY_TRY(shy_new(p->n, sizeof *order, &order));
    SHY_TRY(shy_new(p->n, sizeof *spare, &spare));
    SHY_TRY(shy_followed_risk(&followed, p->predictor, s->time[s->at], risk));
    shy_sort_order(risk, p->n, order, spare);
    for (size_t k = 0; k < p->n; k++) {
        const size_t i = p->sample[order[k]];
        if (s->weight[s->at][i] > 0.0) add(c, i, risk[order[k]], s->dead[s->at][i], s->weight[s->at][i]);
    }
    c->weighted = true;
out:
    shy_free(&risk);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

/* As many as there are different predictions, up to SHY_CELLS_MOST; then joined as the rule demands. */
static void cut(const shy_sdc *sdc, shy_cells *c)
{
    double edge[SHY_CELLS_MOST + 1];
    int64_t count[2 * SHY_CELLS_MOST];
    const int bins = shy_bins_borders(c->n, c->predicted, SHY_CELLS_MOST, c->border);

    for (int b = 0; b < bins; b++) {
        edge[b + 1] = (double)c->border[b + 1];
        count[b] = 0;
        for (size_t k = c->border[b]; k < c->border[b + 1]; k++) count[b] += c->y[k] > 0.0;
        count[bins + b] = (int64_t)(c->border[b + 1] - c->border[b]) - count[b];
    }
    edge[0] = 0.0;
    c->cells = bins == 0 ? 0 : shy_sdc_join_bins(sdc, bins, edge, 2, count);
    for (int b = 0; b < c->cells; b++) {
        c->border[b + 1] = (size_t)edge[b + 1];
        c->yes[b] = count[b], c->no[b] = count[bins + b];
        for (size_t k = c->border[b]; k < c->border[b + 1]; k++) *(c->y[k] > 0.0 ? &c->yes_weight[b] : &c->no_weight[b]) += c->weight[k];
    }
}

shy_status shy_cells_create(const shy_pictured *p, shy_cells **cells_out)
{
    shy_status st = SHY_OK;
    shy_cells *c = NULL;
    const bool survival = p->shared->kind == SHY_JUDGE_SURVIVAL;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    if (!(survival && p->shared->at >= 0) && p->shared->kind != SHY_JUDGE_BINARY) goto done;
    SHY_TRY(allocate(p->n, c));
    if (survival) SHY_TRY(take_survival(p, c));
    else take_binary(p, c);
    cut(p->input->sdc, c);
done:
    *cells_out = c, c = NULL;
out:
    shy_cells_free(&c);
    return st;
}

void shy_cells_free(shy_cells **cells)
{
    shy_cells *c = *cells;

    if (c == NULL) return;
    shy_free(&c->sample);
    shy_free(&c->predicted);
    shy_free(&c->y);
    shy_free(&c->weight);
    shy_free(cells);
}

int shy_cells_join(const shy_cells *c, int bins, int *border)
{
    int count = 0;

    border[0] = 0;
    for (int b = 0; b < c->cells; b++) {
        const size_t wanted = (c->n * (size_t)(count + 1) + (size_t)bins - 1) / (size_t)bins;
        if (b + 1 < c->cells && c->border[b + 1] < wanted) continue;
        border[++count] = b + 1;
    }
    return count;
}

void shy_cells_beyond(const shy_cells *c, const shy_sdc *sdc, int first, double *yes_out, double *no_out)
{
    double yes_weight = 0.0, no_weight = 0.0;
    int64_t yes = 0, no = 0;

    for (int b = first; b < c->cells; b++) {
        yes += c->yes[b], no += c->no[b];
        yes_weight += c->yes_weight[b], no_weight += c->no_weight[b];
    }
    *yes_out = c->weighted ? yes_weight : shy_figures_rounded(sdc, yes);
    *no_out = c->weighted ? no_weight : shy_figures_rounded(sdc, no);
}

/* Cox's partial likelihood in the linear predictor, ties as Breslow has them: linear in samples and moments. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "elastic_impl.h"

/* A death of positive weight. */
typedef struct {
    int32_t stratum;
    double time, weight;
} death;

static int compare_deaths(const void *a, const void *b)
{
    const death *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

static int32_t stratum_of(const shy_net_data *data, int sample)
{
    return data->stratum ? data->stratum[sample] : 0;
}

/* Deaths sorted; equal ones become a moment. Weights are added in the order of samples. Returns the number of moments. */
static int list_moments(const shy_net_data *data, const int *row, const shy_net_outcome *o, death *list)
{
    int deaths = 0, moments = 0;
    for (int i = 0; i < o->n; i++) {
        if (o->y[i] != 0.0) list[deaths++] = (death){stratum_of(data, row[i]), data->time ? data->time[row[i]] : 1.0, 0.0};
    }
    qsort(list, (size_t)deaths, sizeof *list, compare_deaths);
    for (int k = 0; k < deaths; k++) {
        if (moments == 0 || compare_deaths(&list[moments - 1], &list[k]) != 0) list[moments++] = list[k];
    }
    return moments;
}

/* How many moments come before this one, or at it if `with`. */
static int moments_before(const death *list, int moments, int32_t stratum, double time, bool with)
{
    int low = 0, high = moments;
    const death at = {stratum, time, 0.0};
    while (low < high) {
        const int middle = (low + high) / 2, order = compare_deaths(&list[middle], &at);
        if (order < 0 || (with && order == 0)) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void place_samples(const shy_net_data *data, const int *row, const shy_net_outcome *o, death *list, shy_net_follow *f)
{
    for (int i = 0; i < o->n; i++) {
        const int32_t stratum = stratum_of(data, row[i]);
        const double time = data->time ? data->time[row[i]] : 1.0;
        f->first[i] = moments_before(list, f->moments, stratum, data->entry ? data->entry[row[i]] : -INFINITY, true);
        f->last[i] = moments_before(list, f->moments, stratum, time, true);
        if (o->y[i] != 0.0) list[f->last[i] - 1].weight += o->weight[i];
    }
    for (int m = f->moments - 1; m >= 0; m--) {
        f->death[m] = list[m].weight;
        f->end[m] = m + 1 < f->moments && list[m + 1].stratum == list[m].stratum ? f->end[m + 1] : m + 1;
    }
}

static shy_status allocate(int n, int moments, shy_net_follow *f)
{
    shy_status st = SHY_OK;
    const size_t count = (size_t)moments;
    f->n = n, f->moments = moments;
    SHY_TRY(shy_new((size_t)n, sizeof *f->first, &f->first));
    SHY_TRY(shy_new((size_t)n, sizeof *f->last, &f->last));
    SHY_TRY(shy_new(count, sizeof *f->end, &f->end));
    SHY_TRY(shy_new(count, sizeof *f->death, &f->death));
    SHY_TRY(shy_new(count + 1, sizeof *f->risk, &f->risk));
    SHY_TRY(shy_new(count + 1, sizeof *f->sum, &f->sum));
    SHY_TRY(shy_new(count + 1, sizeof *f->square, &f->square));
out:
    return st;
}

shy_status shy_net_follow_create(const shy_net_data *data, const int *row, shy_net_outcome *outcome)
{
    shy_status st = SHY_OK;
    death *list = NULL;
    SHY_TRY(shy_new((size_t)outcome->n, sizeof *list, &list));
    SHY_TRY(allocate(outcome->n, list_moments(data, row, outcome, list), &outcome->follow));
    outcome->follow.entries = data->entry != NULL;
    place_samples(data, row, outcome, list, &outcome->follow);
out:
    shy_free(&list);
    return st;
}

void shy_net_follow_free(shy_net_follow *follow)
{
    shy_free(&follow->first);
    shy_free(&follow->last);
    shy_free(&follow->end);
    shy_free(&follow->death);
    shy_free(&follow->risk);
    shy_free(&follow->sum);
    shy_free(&follow->square);
}

/* risk[m] = Σ over those at risk of w exp(eta − top). Those who leave first are taken in first, from the last moment down. */
static void sum_risks(const shy_net_outcome *o, const double *eta, double top, shy_net_follow *f)
{
    for (int m = 0; m <= f->moments; m++) f->risk[m] = f->sum[m] = 0.0;
    for (int i = 0; i < o->n; i++) {
        if (f->last[i] <= f->first[i]) continue;
        const double risk = o->weight[i] * exp(eta[i] - top);
        f->risk[f->last[i] - 1] += risk;
        if (f->entries) f->sum[f->first[i]] += risk; /* at risk from this moment on, not before it */
    }
    for (int m = f->moments - 2; m >= 0; m--) {
        if (f->end[m] == m + 1) continue; /* the last of its stratum */
        f->risk[m] += f->risk[m + 1];
        if (f->entries) f->risk[m] -= f->sum[m + 1];
    }
}

double shy_net_cox(shy_net_outcome *outcome, const double *eta, double *gradient, double *curvature)
{
    shy_net_follow *f = &outcome->follow;
    double top = -INFINITY, value = 0.0;
    for (int i = 0; i < f->n; i++) {
        if (f->last[i] > f->first[i]) top = fmax(top, eta[i]);
    }
    sum_risks(outcome, eta, top, f);
    f->sum[0] = f->square[0] = 0.0;
    for (int m = 0; m < f->moments; m++) {
        const double each = f->death[m] / f->risk[m];
        value += f->death[m] * (log(f->risk[m] / f->death[m]) + top);
        f->sum[m + 1] = f->sum[m] + each;
        f->square[m + 1] = f->square[m] + each / f->risk[m];
    }
    for (int i = 0; i < f->n; i++) {
        const bool seen = f->last[i] > f->first[i];
        if (outcome->y[i] != 0.0) value -= outcome->weight[i] * eta[i];
        if (!gradient) continue;
        const double risk = seen ? outcome->weight[i] * exp(eta[i] - top) : 0.0;
        const double expected = risk * (f->sum[f->last[i]] - f->sum[f->first[i]]);
        gradient[i] = (outcome->y[i] != 0.0 ? outcome->weight[i] : 0.0) - expected;
        curvature[i] = fmax(expected - risk * risk * (f->square[f->last[i]] - f->square[f->first[i]]), 0.0);
    }
    return value;
}

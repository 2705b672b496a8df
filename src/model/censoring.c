/** Censoring: its Kaplan–Meier estimate, and the weights that let the uncensored stand for the censored at a horizon. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "follow.h"
#include "model_impl.h"
#include "shihyo/linalg.h"

/* What the estimate walks over: samples by time, and by entry, both descending. */
struct walk {
    const struct shy_follow_data *data;
    int *by_time, *by_entry, *spare;
    double *at_risk; /* by time, of each distinct time from the last: weights at risk, less those who die then */
    double *censored;
};

static double weight_of(const struct shy_follow_data *data, int i)
{
    return data->weight ? data->weight[i] : 1.0;
}

static void walk_free(struct walk *w)
{
    shy_free(&w->censored);
    shy_free(&w->at_risk);
    shy_free(&w->spare);
    shy_free(&w->by_entry);
    shy_free(&w->by_time);
}

static shy_status walk_create(const struct shy_follow_data *data, struct walk *w)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)data->n;

    *w = (struct walk){.data = data};
    SHY_TRY(shy_new(n, sizeof(int), &w->by_time));
    SHY_TRY(shy_new(n, sizeof(int), &w->by_entry));
    SHY_TRY(shy_new(n, sizeof(int), &w->spare));
    SHY_TRY(shy_new(n, sizeof(double), &w->at_risk));
    SHY_TRY(shy_new(n, sizeof(double), &w->censored));
    shy_order(data->time, data->n, w->by_time, w->spare);
    if (data->entry) shy_order(data->entry, data->n, w->by_entry, w->spare);
out:
    return st;
}

/* Times at which somebody is censored, from the last to the first, with who is at risk then and who is censored. */
static int collect(const struct walk *w, double *time)
{
    const struct shy_follow_data *d = w->data;
    int count = 0;
    double risk = 0.0;

    for (int k = d->n - 1, begin, e = d->n - 1; k >= 0; k = begin) {
        const double t = d->time[w->by_time[k]];
        double dead = 0.0, censored = 0.0;
        for (begin = k; begin == k || (begin >= 0 && d->time[w->by_time[begin]] == t); begin--) {
            const int i = w->by_time[begin];
            risk += weight_of(d, i);
            *(d->event[i] != 0.0 ? &dead : &censored) += weight_of(d, i);
        }
        for (; d->entry && e >= 0 && d->entry[w->by_entry[e]] >= t; e--)
            risk -= weight_of(d, w->by_entry[e]);
        if (!(censored > 0.0)) continue;
        time[count] = t, w->at_risk[count] = risk - dead, w->censored[count++] = censored;
    }
    return count;
}

shy_status shy_censoring_create(const struct shy_follow_data *data, struct shy_censoring **censoring_out)
{
    shy_status st = SHY_OK;
    struct shy_censoring *c = NULL;
    struct walk w = {0};
    double survival = 1.0;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    SHY_TRY(walk_create(data, &w));
    SHY_TRY(shy_new((size_t)data->n, sizeof *c->time, &c->time));
    SHY_TRY(shy_new((size_t)data->n, sizeof *c->survival, &c->survival));
    c->count = collect(&w, c->survival);
    for (int k = 0; k < c->count; k++)
        c->time[k] = c->survival[c->count - 1 - k];
    for (int k = 0; k < c->count; k++) {
        const int from_end = c->count - 1 - k;
        /* where late entries come after a moment at which all those at risk were censored, that moment says nothing about them */
        const double stay = 1.0 - w.censored[from_end] / w.at_risk[from_end];
        if (stay > 1e-12) survival *= stay;
        c->survival[k] = survival;
    }
    *censoring_out = c, c = NULL;
out:
    walk_free(&w);
    shy_censoring_destroy(&c);
    return st;
}

void shy_censoring_destroy(struct shy_censoring **censoring)
{
    struct shy_censoring *c = *censoring;

    if (!c) return;
    shy_free(&c->survival);
    shy_free(&c->time);
    shy_free(censoring);
}

double shy_censoring_before(const struct shy_censoring *c, double time)
{
    int low = 0, high = c->count; /* how many times lie before */

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (c->time[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? c->survival[low - 1] : 1.0;
}

bool shy_lives_at(double time, bool event, double h)
{
    return time > h || (time == h && !event);
}

double shy_horizon_weight(const struct shy_follow_data *d, const struct shy_censoring *c, int i, double h, double *y)
{
    const bool event = d->event[i] != 0.0;

    *y = 0.0;
    if (d->entry && d->entry[i] >= h) return 0.0;
    if (shy_lives_at(d->time[i], event, h)) return 1.0 / shy_censoring_before(c, h);
    if (!event) return 0.0;
    *y = 1.0;
    return 1.0 / shy_censoring_before(c, d->time[i]);
}

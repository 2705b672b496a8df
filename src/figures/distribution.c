/* distribution.c: the formula's value among the samples, by outcome. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures/bins.h"
#include "figures_impl.h"

/* Which series a sample is in. */
static int series_of(const shy_pictured *p, size_t k)
{
    switch (p->shared->kind) {
    case SHY_JUDGE_BINARY:
    case SHY_JUDGE_SURVIVAL:
    case SHY_JUDGE_MATCHED: return p->y[k] > 0.0;
    case SHY_JUDGE_ORDINAL: return (int)p->y[k] < SHY_PICTURE_SERIES ? (int)p->y[k] : SHY_PICTURE_SERIES - 1;
    case SHY_JUDGE_CONTINUOUS:
    case SHY_JUDGE_COUNT:
    case SHY_JUDGE_OTHER: break;
    }
    return 0;
}

static int count_series(const shy_pictured *p)
{
    switch (p->shared->kind) {
    case SHY_JUDGE_BINARY:
    case SHY_JUDGE_SURVIVAL:
    case SHY_JUDGE_MATCHED: return 2;
    case SHY_JUDGE_ORDINAL: return p->shared->truth.levels < SHY_PICTURE_SERIES ? p->shared->truth.levels : SHY_PICTURE_SERIES;
    case SHY_JUDGE_CONTINUOUS:
    case SHY_JUDGE_COUNT:
    case SHY_JUDGE_OTHER: break;
    }
    return 1;
}

static bool has_means(const shy_pictured *p)
{
    return p->shared->kind == SHY_JUDGE_CONTINUOUS || p->shared->kind == SHY_JUDGE_COUNT;
}

/* What lies beyond the bounds counts to the outermost bins. sum, all: of weights times y, and of weights (times exposure). */
static void fill(const shy_pictured *p, const double *edge, int64_t *count, double *sum, double *all)
{
    for (size_t k = 0; k < p->n; k++) {
        const int b = shy_bins_of(edge, p->value[k]);
        count[series_of(p, k) * SHY_PICTURE_BINS + b]++;
        sum[b] += p->weight[k] * p->y[k];
        all[b] += p->weight[k] * (p->exposure != NULL ? p->exposure[k] : 1.0);
    }
}

/* The name is a word of the page where the outcome has none of its own. */
static json_t *name_of(const shy_pictured *p, int series)
{
    const char *positive = p->input->problem->positive;
    char level[16];

    if (p->shared->kind == SHY_JUDGE_ORDINAL) {
        snprintf(level, sizeof level, "%d", series);
        return shy_json_string(level);
    }
    if (count_series(p) == 1) return shy_json_string(p->input->finished->outcome);
    if (series == 0) return shy_json_string("other");
    return shy_json_string(p->shared->kind == SHY_JUDGE_BINARY && positive != NULL && *positive != '\0' ? positive : "event");
}

/* Of the bins that were joined the sums are joined, too: old[] are their edges before. */
static void join_sums(const double *old, int bins, const double *edge, double *sum)
{
    int b = 0;

    for (int k = 0; k < SHY_PICTURE_BINS; k++) {
        const double here = sum[k];
        while (b + 1 < bins && old[k] >= edge[b + 1]) b++;
        sum[k] = 0.0;
        sum[b] += here;
    }
}

static shy_status add_series(const shy_pictured *p, int bins, const int64_t *count, const double *sum, const double *all, json_t *list)
{
    shy_status st = SHY_OK;
    double mean[SHY_PICTURE_BINS];

    for (int s = 0; s < count_series(p); s++) {
        json_t *series = json_object(), *counts = json_array();
        SHY_TRY(shy_json_append(list, series));
        SHY_TRY(shy_json_put(series, "name", name_of(p, s)));
        SHY_TRY(shy_json_put(series, "count", counts));
        for (int b = 0; b < bins; b++) SHY_TRY(shy_json_append(counts, shy_figures_count(p->input->sdc, count[s * SHY_PICTURE_BINS + b])));
        for (int b = 0; b < bins; b++) mean[b] = shy_sdc_picture_value(p->input->sdc, sum[b] / all[b]);
        if (has_means(p)) SHY_TRY(shy_json_put(series, "means", shy_json_reals(mean, (size_t)bins)));
    }
out:
    return st;
}

shy_status shy_figures_distribution(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    double *copy = NULL, edge[SHY_PICTURE_BINS + 1], old[SHY_PICTURE_BINS + 1], sum[SHY_PICTURE_BINS] = {0.0}, all[SHY_PICTURE_BINS] = {0.0};
    int64_t count[SHY_PICTURE_SERIES * SHY_PICTURE_BINS] = {0};
    json_t *object = json_object(), *list = json_array();

    SHY_TRY(shy_new(p->n, sizeof *copy, &copy));
    memcpy(copy, p->value, p->n * sizeof *copy);
    if (!shy_bins_divide(p->input->sdc, p->n, copy, edge)) {
        SHY_TRY(shy_pictured_note(p, "distribution", "bounds", 1));
        goto out;
    }
    memcpy(old, edge, sizeof old);
    fill(p, edge, count, sum, all);
    const int bins = shy_sdc_join_bins(p->input->sdc, SHY_PICTURE_BINS, edge, count_series(p), count);
    SHY_TRY(shy_pictured_note(p, "distribution", "bins joined", SHY_PICTURE_BINS - bins));
    if (bins == 0) goto out;
    join_sums(old, bins, edge, sum);
    join_sums(old, bins, edge, all);
    SHY_TRY(shy_json_put(object, "edges", shy_json_reals(edge, (size_t)bins + 1)));
    SHY_TRY(shy_json_put(object, "series", json_incref(list)));
    SHY_TRY(add_series(p, bins, count, sum, all, list));
    SHY_TRY(shy_json_put(figures, "distribution", json_incref(object)));
out:
    shy_free(&copy);
    json_decref(object);
    json_decref(list);
    return st;
}

/** Who is at risk when: follow-up sorted as a partial likelihood and a concordance meet it. */
#include "shy_config.h"

#include <string.h>

#include "follow.h"

typedef bool comes_after(const void *context, int a, int b);

/* Merge sort of numbers; the comparison is inlined in each of its uses. */
static inline void sort(comes_after *after, const void *context, int n, int *list, int *spare)
{
    int *from = list, *to = spare;

    for (int width = 1; width < n; width *= 2) {
        for (int low = 0; low < n; low += 2 * width) {
            const int middle = low + width < n ? low + width : n, end = middle + width < n ? middle + width : n;
            int a = low, b = middle;
            for (int i = low; i < end; i++)
                to[i] = b >= end || (a < middle && !after(context, from[a], from[b])) ? from[a++] : from[b++];
        }
        int *swap = from;
        from = to, to = swap;
    }
    if (from != list && n > 0) memcpy(list, from, (size_t)n * sizeof *list);
}

static bool is_larger(const void *context, int a, int b)
{
    const double *value = context;

    if (value[a] != value[b]) return value[a] > value[b];
    return a > b;
}

void shy_order(const double *value, int n, int *order, int *spare)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    sort(is_larger, value, n, order, spare);
}

/* What is sorted: by stratum, then as struct shy_follow says. `key` decides between samples of a stratum. */
struct sorting {
    const struct shy_follow_data *data;
    const double *time;  /* or entry */
    const double *event; /* or NULL */
};

static int stratum_of(const struct shy_follow_data *data, int i)
{
    return data->stratum ? data->stratum[i] : 0;
}

static bool is_later_in_order(const void *context, int a, int b)
{
    const struct sorting *s = context;
    const int sa = stratum_of(s->data, a), sb = stratum_of(s->data, b);

    if (sa != sb) return sa > sb;
    if (s->time[a] != s->time[b]) return s->time[a] < s->time[b];
    if (s->event && s->event[a] != s->event[b]) return s->event[a] > s->event[b];
    return a > b;
}

static void sort_samples(const struct sorting *s, int n, int *list, int *spare)
{
    sort(is_later_in_order, s, n, list, spare);
}

static shy_status allocate(const struct shy_follow_data *data, int n, struct shy_follow *f)
{
    shy_status st = SHY_OK;
    const size_t size = (size_t)n;

    SHY_TRY(shy_new(size, sizeof *f->time, &f->time));
    if (data->entry) SHY_TRY(shy_new(size, sizeof *f->entry, &f->entry));
    if (data->entry) SHY_TRY(shy_new(size, sizeof *f->leaving, &f->leaving));
    SHY_TRY(shy_new(size, sizeof *f->weight, &f->weight));
    SHY_TRY(shy_new(size, sizeof *f->event, &f->event));
    SHY_TRY(shy_new(size + 1, sizeof *f->start, &f->start));
    SHY_TRY(shy_new(size + 1, sizeof *f->moment_start, &f->moment_start));
    SHY_TRY(shy_new(size, sizeof *f->moment, &f->moment));
out:
    return st;
}

static void fill(const struct shy_follow_data *data, struct shy_follow *f)
{
    for (int p = 0; p < f->n; p++) {
        const int i = f->sample[p];
        f->time[p] = data->time[i];
        f->event[p] = data->event[i] != 0.0;
        f->weight[p] = data->weight ? data->weight[i] : 1.0;
        if (data->entry) f->entry[p] = data->entry[i];
        f->events += f->event[p];
        f->event_weight += f->event[p] ? f->weight[p] : 0.0;
        if (p == 0 || stratum_of(data, i) != stratum_of(data, f->sample[p - 1])) f->start[f->strata++] = p;
    }
    f->start[f->strata] = f->n;
}

/* Positions, latest entry first, within each stratum. */
static void list_leaving(struct shy_follow *f, int *spare)
{
    struct shy_follow_data plain = {.n = f->n};
    const struct sorting by_entry = {.data = &plain, .time = f->entry};

    for (int p = 0; p < f->n; p++)
        f->leaving[p] = p;
    for (int s = 0; s < f->strata; s++)
        sort_samples(&by_entry, f->start[s + 1] - f->start[s], f->leaving + f->start[s], spare);
}

static void find_moments(struct shy_follow *f)
{
    for (int s = 0; s < f->strata; s++) {
        int begin = f->start[s], left = f->start[s];
        f->moment_start[s] = f->moments;
        for (int p = f->start[s], end; p < f->start[s + 1]; p = end) {
            int deaths = p;
            end = p + 1;
            while (end < f->start[s + 1] && f->time[end] == f->time[p])
                end++;
            while (deaths < end && !f->event[deaths])
                deaths++;
            if (deaths == end) continue; /* nobody dies */
            while (f->leaving && left < f->start[s + 1] && f->entry[f->leaving[left]] >= f->time[p])
                left++;
            f->moment[f->moments++] = (struct shy_moment){f->time[p], s, begin, deaths, end, left};
            begin = end;
        }
    }
    f->moment_start[f->strata] = f->moments;
}

shy_status shy_follow_create(const struct shy_follow_data *data, struct shy_follow **follow_out)
{
    shy_status st = SHY_OK;
    struct shy_follow *f = NULL;
    int *spare = NULL;
    const struct sorting by_time = {data, data->time, data->event};

    SHY_TRY(shy_new(1, sizeof *f, &f));
    SHY_TRY(shy_new((size_t)data->n, sizeof *f->sample, &f->sample));
    SHY_TRY(shy_new((size_t)data->n, sizeof *spare, &spare));
    for (int i = 0; i < data->n; i++)
        if (!data->weight || data->weight[i] > 0.0) f->sample[f->n++] = i;
    sort_samples(&by_time, f->n, f->sample, spare);
    SHY_TRY(allocate(data, f->n, f));
    fill(data, f);
    if (f->leaving) list_leaving(f, spare);
    find_moments(f);
    *follow_out = f, f = NULL;
out:
    shy_free(&spare);
    shy_follow_destroy(&f);
    return st;
}

void shy_follow_destroy(struct shy_follow **follow)
{
    struct shy_follow *f = *follow;

    if (!f) return;
    shy_free(&f->moment);
    shy_free(&f->moment_start);
    shy_free(&f->start);
    shy_free(&f->event);
    shy_free(&f->weight);
    shy_free(&f->leaving);
    shy_free(&f->entry);
    shy_free(&f->time);
    shy_free(&f->sample);
    shy_free(follow);
}

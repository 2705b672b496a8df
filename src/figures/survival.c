/* survival.c: survival of groups of like predictions, and how well the prediction tells who dies by a time. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures_impl.h"

#define POINTS_MOST 300 /* of a curve */

static shy_followed followed_of(const shy_pictured *p, const double *weight)
{
    return (shy_followed){.n = p->n, .time = p->time, .event = p->y, .entry = p->entry, .weight = weight, .stratum = p->stratum};
}

/* ---- groups ----------------------------------------------------------------------------------------------------------------------- */

/* Samples border[g] … border[g + 1] − 1, by ascending prediction. */
typedef struct {
    int groups;
    size_t border[SHY_GROUPS_MAX + 1];
    int64_t events[SHY_GROUPS_MAX];
    bool hidden[SHY_GROUPS_MAX];
} division;

static void divide(const shy_pictured *p, division *d)
{
    int64_t people[SHY_GROUPS_MAX];
    bool also[SHY_GROUPS_MAX];

    d->groups = shy_bins_borders(p->n, p->predictor, p->input->groups, d->border);
    for (int g = 0; g < d->groups; g++) {
        d->events[g] = 0;
        people[g] = (int64_t)(d->border[g + 1] - d->border[g]);
        for (size_t k = d->border[g]; k < d->border[g + 1]; k++) d->events[g] += p->y[k] > 0.0;
    }
    shy_sdc_hide(p->input->sdc, d->groups, people, d->hidden);
    shy_sdc_hide(p->input->sdc, d->groups, d->events, also);
    for (int g = 0; g < d->groups; g++) d->hidden[g] = d->hidden[g] || also[g] || !shy_sdc_shows(p->input->sdc, people[g] - d->events[g]);
}

static json_t *group_name(int g, int groups)
{
    char number[16];

    snprintf(number, sizeof number, "%d", g + 1);
    return shy_json_string(groups > 3 ? number : g == 0 ? "low" : g + 1 == groups ? "high" : "middle");
}

/* Halfway between neighbours, so that it is nobody's. */
static double limit_at(const shy_pictured *p, size_t border)
{
    return shy_sdc_value(p->input->sdc, 0.5 * (p->predictor[border - 1] + p->predictor[border]));
}

/* The outermost limits are bounds. */
static shy_status find_range(const shy_pictured *p, const division *d, int g, double *low_out, double *high_out)
{
    shy_status st = SHY_OK;
    const size_t *border = d->border + g;
    double *copy = NULL;

    SHY_TRY(shy_new(p->n, sizeof *copy, &copy));
    memcpy(copy, p->predictor, p->n * sizeof *copy);
    shy_sdc_bounds(p->input->sdc, p->n, copy, low_out, high_out);
    if (g > 0) *low_out = limit_at(p, border[0]);
    if (g + 1 < d->groups) *high_out = limit_at(p, border[1]);
out:
    shy_free(&copy);
    return st;
}

/* ---- a curve ------------------------------------------------------------------------------------------------------------------------ */

/* People, not weights, who leave at each step of the curve. */
static shy_status count_leaving(const shy_pictured *p, const division *d, int g, const shy_km *km, int64_t *events, int64_t *censored)
{
    for (size_t k = d->border[g]; k < d->border[g + 1]; k++) {
        int low = 0, high = km->steps - 1;
        while (low < high) {
            const int middle = low + (high - low) / 2;
            if (km->time[middle] < p->time[k]) low = middle + 1;
            else high = middle;
        }
        (p->y[k] > 0.0 ? events : censored)[low]++;
    }
    return SHY_OK;
}

/* Too many steps are thinned evenly; the last is kept. */
static void thin(int steps, int count, bool *keep)
{
    int seen = 0, kept = 0;

    for (int k = 0; k < steps && count > POINTS_MOST; k++) {
        if (!keep[k]) continue;
        keep[k] = seen == (int)((int64_t)kept * (count - 1) / (POINTS_MOST - 1));
        kept += keep[k], seen++;
    }
}

/* What holds after the time step[k] of the estimate is shown at shown[k]. */
static shy_status add_steps(const shy_pictured *p, const shy_km *km, int count, const int *step, const double *shown, json_t *group)
{
    shy_status st = SHY_OK;
    const double *const column[] = {km->time, km->survival, km->low, km->high};
    static const char *const name[] = {"time", "survival", "lower", "upper"};

    for (int c = 0; c < 4; c++) {
        json_t *list = json_array();
        SHY_TRY(shy_json_put(group, name[c], list));
        for (int k = 0; k < count; k++) SHY_TRY(shy_json_append(list, shy_json_real(c == 0 ? shown[k] : shy_sdc_picture_value(p->input->sdc, column[c][step[k]]))));
    }
out:
    return st;
}

/* Without a rule every event is a step, up to a number that can be drawn. Returns how many there are. */
static int choose_steps(const shy_pictured *p, const shy_km *km, const int64_t *events, const int64_t *censored, bool *keep, int *step, double *shown)
{
    int count = 0;

    if (shy_sdc_is_on(p->input->sdc)) return shy_sdc_curve(p->input->sdc, km->steps, km->time, events, censored, step, shown);
    thin(km->steps, shy_sdc_steps(p->input->sdc, km->steps, events, censored, keep), keep);
    for (int k = 0; k < km->steps; k++)
        if (keep[k]) step[count] = k, shown[count++] = km->time[k];
    return count;
}

static shy_status add_curve(const shy_pictured *p, const division *d, int g, double *weight, json_t *group)
{
    shy_status st = SHY_OK;
    shy_km *km = NULL;
    int64_t *events = NULL, *censored = NULL;
    bool *keep = NULL;
    int *step = NULL;
    double *shown = NULL;

    for (size_t k = 0; k < p->n; k++) weight[k] = k >= d->border[g] && k < d->border[g + 1] ? p->weight[k] : 0.0;
    const shy_followed followed = followed_of(p, weight);
    SHY_TRY(shy_km_create(&followed, &km));
    SHY_TRY(shy_new((size_t)km->steps, sizeof *events, &events));
    SHY_TRY(shy_new((size_t)km->steps, sizeof *censored, &censored));
    SHY_TRY(shy_new((size_t)km->steps, sizeof *keep, &keep));
    SHY_TRY(shy_new((size_t)km->steps, sizeof *step, &step));
    SHY_TRY(shy_new((size_t)km->steps, sizeof *shown, &shown));
    SHY_TRY(count_leaving(p, d, g, km, events, censored));
    const int count = choose_steps(p, km, events, censored, keep, step, shown);
    int exact = 0;
    for (int k = 0; k < km->steps; k++) exact += events[k] > 0;
    SHY_TRY(shy_pictured_note(p, "kaplan_meier", "steps joined", exact - count));
    SHY_TRY(add_steps(p, km, count, step, shown, group));
out:
    shy_km_free(&km);
    shy_free(&events);
    shy_free(&censored);
    shy_free(&keep);
    shy_free(&step);
    shy_free(&shown);
    return st;
}

/* ---- numbers at risk ------------------------------------------------------------------------------------------------------------------ */

static int64_t count_at_risk(const shy_pictured *p, const division *d, int g, double time)
{
    int64_t count = 0;

    for (size_t k = d->border[g]; k < d->border[g + 1]; k++) count += p->time[k] >= time && (p->entry == NULL || p->entry[k] < time || time <= 0.0);
    return count;
}

/* Neither a number nor its difference from the one before may be too small. */
static shy_status add_at_risk(const shy_pictured *p, const division *d, int g, const double *at, int times, json_t *group)
{
    shy_status st = SHY_OK;
    const shy_sdc *sdc = p->input->sdc;
    int64_t last = -1, hidden = 0;
    json_t *list = json_array();

    SHY_TRY(shy_json_put(group, "at_risk", list));
    for (int t = 0; t < times; t++) {
        const int64_t count = count_at_risk(p, d, g, at[t]), left = last < 0 ? 0 : last > count ? last - count : count - last;
        const bool shows = shy_sdc_shows(sdc, count) && (left == 0 || shy_sdc_shows(sdc, left));
        SHY_TRY(shy_json_append(list, shows ? shy_figures_count(sdc, count) : json_null()));
        if (shows) last = count;
        hidden += !shows;
    }
    SHY_TRY(shy_pictured_note(p, "kaplan_meier.at_risk", "count", hidden));
out:
    return st;
}

/* From 0 to where at least one group has somebody, in about five steps that are round. */
static int table_times(const shy_pictured *p, double *at)
{
    double last = 0.0, power, step;
    int times = 0;

    for (size_t k = 0; k < p->n; k++) last = fmax(last, p->time[k]);
    if (!(last > 0.0)) return 0;
    power = pow(10.0, floor(log10(last / 5.0)));
    step = last / 5.0 / power;
    step = (step <= 1.0 ? 1.0 : step <= 2.0 ? 2.0 : step <= 2.5 ? 2.5 : step <= 5.0 ? 5.0 : 10.0) * power;
    for (int k = 0; k <= 5 && k * step <= last; k++) at[times++] = k * step;
    return times;
}

/* ---- the picture ------------------------------------------------------------------------------------------------------------------------ */

static shy_status add_group(const shy_pictured *p, const division *d, int g, const double *at, int times, double *weight, json_t *groups)
{
    shy_status st = SHY_OK;
    double low, high;
    json_t *group = json_object();
    const int64_t people = (int64_t)(d->border[g + 1] - d->border[g]);

    SHY_TRY(shy_json_append(groups, group));
    SHY_TRY(find_range(p, d, g, &low, &high));
    SHY_TRY(shy_json_put(group, "name", group_name(g, d->groups)));
    SHY_TRY(shy_json_put(group, "low", shy_json_real(low)));
    SHY_TRY(shy_json_put(group, "high", shy_json_real(high)));
    SHY_TRY(shy_json_put(group, "samples", d->hidden[g] ? json_null() : shy_figures_count(p->input->sdc, people)));
    SHY_TRY(shy_json_put(group, "events", d->hidden[g] ? json_null() : shy_figures_count(p->input->sdc, d->events[g])));
    if (d->hidden[g]) goto out;
    SHY_TRY(add_curve(p, d, g, weight, group));
    SHY_TRY(add_at_risk(p, d, g, at, times, group));
out:
    return st;
}

static shy_status add_test(const shy_pictured *p, const division *d, json_t *object)
{
    shy_status st = SHY_OK;
    const shy_followed followed = followed_of(p, p->weight);
    shy_logrank test;
    int32_t *group = NULL;

    SHY_TRY(shy_new(p->n, sizeof *group, &group));
    for (int g = 0; g < d->groups; g++)
        for (size_t k = d->border[g]; k < d->border[g + 1]; k++) group[k] = g;
    SHY_TRY(shy_logrank_test(&followed, group, d->groups, &test));
    SHY_TRY(shy_json_put(object, "p", shy_json_real(test.p)));
out:
    shy_free(&group);
    return st;
}

shy_status shy_figures_kaplan_meier(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    division d = {0};
    double at[8], *weight = NULL;
    int64_t hidden = 0;
    json_t *object = json_object(), *groups = json_array();

    if (p->shared->kind != SHY_JUDGE_SURVIVAL || p->input->groups < 2 || p->input->groups > SHY_GROUPS_MAX) goto out;
    divide(p, &d);
    const int times = table_times(p, at);
    SHY_TRY(shy_new(p->n, sizeof *weight, &weight));
    SHY_TRY(shy_json_put(object, "unit", shy_json_string(p->input->problem->time_unit)));
    SHY_TRY(shy_json_put(object, "at", shy_json_reals(at, (size_t)times)));
    SHY_TRY(shy_json_put(object, "groups", json_incref(groups)));
    for (int g = 0; g < d.groups; g++) SHY_TRY(add_group(p, &d, g, at, times, weight, groups));
    SHY_TRY(add_test(p, &d, object));
    for (int g = 0; g < d.groups; g++) hidden += d.hidden[g];
    SHY_TRY(shy_pictured_note(p, "kaplan_meier", "group", hidden));
    SHY_TRY(shy_json_put(figures, "kaplan_meier", json_incref(object)));
out:
    shy_free(&weight);
    json_decref(object);
    json_decref(groups);
    return st;
}

/* ---- AUC at times ---------------------------------------------------------------------------------------------------------------------- */

/* Those whose state at the time is known, in the order of their risk. */
static shy_status judge_time(const shy_pictured *p, int t, shy_estimate *e)
{
    shy_status st = SHY_OK;
    const struct shy_figures_shared *s = p->shared;
    const shy_followed followed = followed_of(p, p->weight);
    double *score = NULL, *dead = NULL, *weight = NULL, *risk = NULL;
    size_t *order = NULL, *spare = NULL, n = 0;

    SHY_TRY(shy_new(p->n, sizeof *score, &score));
    SHY_TRY(shy_new(p->n, sizeof *dead, &dead));
    SHY_TRY(shy_new(p->n, sizeof *weight, &weight));
    SHY_TRY(shy_new(p->n, sizeof *risk, &risk));
    SHY_TRY(shy_new(p->n, sizeof *order, &order));
    SHY_TRY(shy_new(p->n, sizeof *spare, &spare));
    if (s->truth.strata > 1) SHY_TRY(shy_followed_risk(&followed, p->predictor, s->time[t], risk));
    else memcpy(risk, p->predictor, p->n * sizeof *risk);
    for (size_t k = 0; k < p->n; k++) {
        const size_t i = p->sample[k];
        if (!(s->weight[t][i] > 0.0)) continue;
        score[n] = risk[k], dead[n] = s->dead[t][i], weight[n++] = s->weight[t][i];
    }
    if (s->truth.strata > 1) shy_sort_order(score, n, order, spare);
    else memcpy(order, p->order, n * sizeof *order);
    SHY_TRY(shy_share_estimate(n, score, order, dead, 2, weight, e));
out:
    shy_free(&score);
    shy_free(&dead);
    shy_free(&weight);
    shy_free(&risk);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

shy_status shy_figures_auc_t(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    const struct shy_figures_shared *s = p->shared;
    double value[SHY_TIMES_MOST], low[SHY_TIMES_MOST], high[SHY_TIMES_MOST];
    json_t *object = json_object();

    if (s->kind != SHY_JUDGE_SURVIVAL || s->times == 0) goto out;
    for (int t = 0; t < s->times; t++) {
        shy_estimate e;
        SHY_TRY(judge_time(p, t, &e));
        value[t] = shy_sdc_picture_value(p->input->sdc, e.value);
        low[t] = shy_sdc_picture_value(p->input->sdc, e.low), high[t] = shy_sdc_picture_value(p->input->sdc, e.high);
    }
    SHY_TRY(shy_json_put(object, "time", shy_json_reals(s->time, (size_t)s->times)));
    SHY_TRY(shy_json_put(object, "auc", shy_json_reals(value, (size_t)s->times)));
    SHY_TRY(shy_json_put(object, "low", shy_json_reals(low, (size_t)s->times)));
    SHY_TRY(shy_json_put(object, "high", shy_json_reals(high, (size_t)s->times)));
    SHY_TRY(shy_json_put(figures, "auc_t", json_incref(object)));
out:
    json_decref(object);
    return st;
}

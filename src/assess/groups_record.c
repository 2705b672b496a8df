/* What is said of each group: survival, response rates, means; and of the difference between them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "groups.h"
#include "judged.h"
#include "released.h"
#include "survive.h"

#define POINTS_MOST 200 /* of a survival curve */

#define SURVIVAL_MEANS "Log-rank test."
#define OTHER_MEANS "Permutation chi-square of the outcome's scores; of two classes Pearson's, times (n - 1)/n."

/* What the parts are made from. */
struct report {
    const shy_truth *truth;
    const shy_division *division;
    shy_judge kind;
    double *weight;                          /* of the group at hand: 0 for others */
    shy_hazard_ratio ratio[SHY_GROUPS_MAX]; /* survival, matched */
    const shy_assess_options *rule;
    const char *where;
    bool no_samples[SHY_GROUPS_MAX], no_events[SHY_GROUPS_MAX]; /* counts that are not released */
};

static double weight_of(const shy_truth *truth, size_t i)
{
    return truth->weight ? truth->weight[i] : 1.0;
}

static shy_followed followed_of(const struct report *r, const double *weight)
{
    const shy_truth *truth = r->truth;

    return (shy_followed){.n = truth->n, .time = r->kind == SHY_JUDGE_SURVIVAL ? truth->time : NULL, .event = truth->y, .entry = truth->entry,
                          .weight = weight, .stratum = truth->stratum};
}

/* ---- what a group has ------------------------------------------------------------------------------------------------------ */

/* Sums over those in it: weights, their squares, w y, w exposure; samples, events unweighted. */
struct tally {
    double all, square, y, exposure, rest;
    size_t samples, events;
};

/* group < 0: those in none. */
static struct tally count_group(const struct report *r, int group)
{
    const shy_truth *truth = r->truth;
    struct tally t = {.all = 0.0};

    for (size_t i = 0; i < truth->n; i++) {
        const double w = weight_of(truth, i);
        if ((group < 0 ? r->division->group[i] >= 0 : r->division->group[i] != group) || !(w > 0.0)) continue;
        t.all += w, t.square += w * w, t.y += w * truth->y[i];
        t.exposure += w * (truth->exposure ? truth->exposure[i] : 1.0);
        t.samples++, t.events += truth->y[i] > 0.0;
    }
    for (size_t i = 0; i < truth->n && t.samples > 0; i++)
        if (r->division->group[i] == group && weight_of(truth, i) > 0.0) t.rest += weight_of(truth, i) * (truth->y[i] - t.y / t.all) * (truth->y[i] - t.y / t.all);
    return t;
}

static shy_status add_interval(const char *name, double value, double low, double high, shy_record *record)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_record_number(record, name, value));
    SHY_TRY(shy_record_number(record, "low", low));
    SHY_TRY(shy_record_number(record, "high", high));
out:
    return st;
}

/* Wilson's interval; with weights that of the effective number. A rate tells the events. */
static shy_status add_rate(const struct report *r, int g, const struct tally *t, shy_record *record)
{
    shy_status st = SHY_OK;
    const double effective = t->samples > 0 ? t->all * t->all / t->square : 0.0, rate = t->y / t->all;
    double low, high;

    shy_wilson(rate * effective, effective, &low, &high);
    SHY_TRY(shy_release_count(&r->rule->sdc, "events", (int64_t)t->events, r->no_events[g], record));
    if (r->no_events[g]) SHY_TRY(add_interval("rate", NAN, NAN, NAN, record));
    else SHY_TRY(add_interval("rate", rate, low, high, record));
out:
    return st;
}

static shy_status add_mean(const struct tally *t, shy_record *record)
{
    shy_status st = SHY_OK;
    const double n = (double)t->samples, mean = t->y / t->all, effective = t->all * t->all / t->square;
    const double error = t->samples > 1 ? sqrt(t->rest / t->all * n / (n - 1.0) / effective) : NAN;

    SHY_TRY(shy_record_number(record, "error", error));
    SHY_TRY(add_interval("mean", mean, mean - SHY_NORMAL_975 * error, mean + SHY_NORMAL_975 * error, record));
out:
    return st;
}

/* Of counts: log rate ± 1.96/√events. */
static shy_status add_count(const struct tally *t, shy_record *record)
{
    const double rate = t->y / t->exposure, width = exp(SHY_NORMAL_975 / sqrt(t->y));

    return add_interval("rate", rate, t->y > 0.0 ? rate / width : NAN, t->y > 0.0 ? rate * width : NAN, record);
}

/* ---- survival ---------------------------------------------------------------------------------------------------------------- */

static bool is_step(const shy_km *km, int k)
{
    return km->events[k] > 0.0 || k + 1 == km->steps;
}

/* step[]: those with events and the last one; if they are too many, evenly spaced ones among them. Returns their number. */
static int choose_steps(const shy_km *km, int step[POINTS_MOST])
{
    int all = 0, count = 0, seen = 0;

    for (int k = 0; k < km->steps; k++)
        all += is_step(km, k);
    for (int k = 0; k < km->steps; k++) {
        if (!is_step(km, k)) continue;
        const int64_t wanted = all <= POINTS_MOST ? count : (int64_t)count * (all - 1) / (POINTS_MOST - 1);
        if (seen++ == wanted) step[count++] = k;
    }
    return count;
}

static shy_status add_column(const char *name, const double *values, const int *step, int count, shy_record *record)
{
    double chosen[POINTS_MOST];

    for (int k = 0; k < count; k++)
        chosen[k] = values[step[k]];
    return shy_record_numbers(record, name, chosen, (size_t)count);
}

static shy_status add_curve(const shy_km *km, shy_record *group)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    int step[POINTS_MOST];
    const int count = choose_steps(km, step);

    SHY_TRY(shy_record_object(group, "kaplan_meier", &record));
    SHY_TRY(add_column("time", km->time, step, count, record));
    SHY_TRY(add_column("survival", km->survival, step, count, record));
    SHY_TRY(add_column("low", km->low, step, count, record));
    SHY_TRY(add_column("high", km->high, step, count, record));
    SHY_TRY(add_column("at_risk", km->at_risk, step, count, record));
out:
    return st;
}

/* Times of death are somebody's: to two digits. Without a curve there is no median either. */
static shy_status add_median(const struct report *r, const shy_km *km, bool shown, shy_record *group)
{
    shy_record *record = NULL;
    const int digits = shy_sdc_is_on(&r->rule->sdc) ? 2 : 17;
    const shy_status st = shy_record_object(group, "median_survival", &record);

    if (st != SHY_OK) return st;
    if (!shown) return add_interval("time", NAN, NAN, NAN, record);
    return add_interval("time", shy_sdc_digits(km->median, digits), shy_sdc_digits(km->median_low, digits), shy_sdc_digits(km->median_high, digits), record);
}

/* ---- survival under a rule: few steps, at round times -------------------------------------------------------------------------- */

/* What a released curve is made of, at the times of km: people, not weights. */
struct people {
    int64_t *events, *censored; /* [km->steps] */
    int *step;
    double *shown, *column;
};

static void people_free(struct people *p)
{
    shy_free(&p->events);
    shy_free(&p->censored);
    shy_free(&p->step);
    shy_free(&p->shown);
    shy_free(&p->column);
}

static int place_of(const shy_km *km, double time)
{
    int low = 0, high = km->steps - 1;

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (km->time[middle] < time) low = middle + 1;
        else high = middle;
    }
    return low;
}

static shy_status count_people(const struct report *r, const shy_km *km, struct people *p)
{
    shy_status st = SHY_OK;
    const size_t steps = (size_t)km->steps;

    SHY_TRY(shy_new(steps, sizeof *p->events, &p->events));
    SHY_TRY(shy_new(steps, sizeof *p->censored, &p->censored));
    SHY_TRY(shy_new(steps, sizeof *p->step, &p->step));
    SHY_TRY(shy_new(steps, sizeof *p->shown, &p->shown));
    SHY_TRY(shy_new(steps, sizeof *p->column, &p->column));
    for (size_t i = 0; i < r->truth->n && steps > 0; i++)
        if (r->weight[i] > 0.0) (r->truth->y[i] > 0.0 ? p->events : p->censored)[place_of(km, r->truth->time[i])]++;
out:
    return st;
}

/* People of the group who are followed beyond a time. */
static double followed_beyond(const struct report *r, double time)
{
    const shy_truth *truth = r->truth;
    int64_t people = 0;

    for (size_t i = 0; i < truth->n; i++)
        people += r->weight[i] > 0.0 && truth->time[i] > time && (!truth->entry || truth->entry[i] <= time);
    const int64_t count = shy_sdc_count(&r->rule->sdc, people);
    return count < 0 ? NAN : (double)count;
}

static shy_status add_picked(const char *name, const double *values, const struct people *p, int count, shy_record *record)
{
    for (int k = 0; k < count; k++) p->column[k] = values[p->step[k]];
    return shy_record_numbers(record, name, p->column, (size_t)count);
}

/* *shown_out: there is a curve. */
static shy_status add_released_curve(const struct report *r, int g, const shy_km *km, bool *shown_out, shy_record *group)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    struct people p = {0};
    int count = 0;

    *shown_out = false;
    SHY_TRY(count_people(r, km, &p));
    if (!r->no_samples[g]) count = shy_sdc_curve(&r->rule->sdc, km->steps, km->time, p.events, p.censored, p.step, p.shown);
    SHY_TRY(shy_release_note(r->rule, r->where, "kaplan_meier", count > 0 ? "steps joined" : "curve", 1));
    if (count == 0) goto out;
    *shown_out = true;
    SHY_TRY(shy_record_object(group, "kaplan_meier", &record));
    SHY_TRY(shy_record_numbers(record, "time", p.shown, (size_t)count));
    SHY_TRY(add_picked("survival", km->survival, &p, count, record));
    SHY_TRY(add_picked("low", km->low, &p, count, record));
    SHY_TRY(add_picked("high", km->high, &p, count, record));
    for (int k = 0; k < count; k++) p.column[k] = followed_beyond(r, p.shown[k]);
    SHY_TRY(shy_record_numbers(record, "at_risk", p.column, (size_t)count));
out:
    people_free(&p);
    return st;
}

static shy_status add_survival(const struct report *r, int g, const struct tally *t, shy_record *group)
{
    shy_status st = SHY_OK;
    shy_km *km = NULL;
    bool shown = true;
    const shy_followed followed = followed_of(r, r->weight);

    for (size_t i = 0; i < r->truth->n; i++)
        r->weight[i] = r->division->group[i] == g ? weight_of(r->truth, i) : 0.0;
    SHY_TRY(shy_release_count(&r->rule->sdc, "events", (int64_t)t->events, r->no_events[g], group));
    SHY_TRY(shy_km_create(&followed, &km));
    if (shy_sdc_is_on(&r->rule->sdc)) SHY_TRY(add_released_curve(r, g, km, &shown, group));
    SHY_TRY(add_median(r, km, shown, group));
    if (!shy_sdc_is_on(&r->rule->sdc)) SHY_TRY(add_curve(km, group));
out:
    shy_km_free(&km);
    return st;
}

/* Against the lowest group. */
static shy_status add_ratio(const struct report *r, const char *name, int g, shy_record *group)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;

    SHY_TRY(shy_record_object(group, name, &record));
    SHY_TRY(add_interval("ratio", r->ratio[g].ratio, r->ratio[g].low, r->ratio[g].high, record));
    SHY_TRY(shy_record_number(record, "p", r->ratio[g].p));
out:
    return st;
}

/* ---- all groups --------------------------------------------------------------------------------------------------------------------- */

static const char *group_name(int g, int groups)
{
    return g == 0 ? "low" : g + 1 == groups ? "high" : "middle";
}

static shy_status add_group(const struct report *r, int g, shy_record *list)
{
    shy_status st = SHY_OK;
    shy_record *group = NULL;
    const struct tally t = count_group(r, g);

    SHY_TRY(shy_record_append(list, &group));
    SHY_TRY(shy_record_text(group, "name", group_name(g, r->division->groups)));
    SHY_TRY(shy_release_count(&r->rule->sdc, "samples", (int64_t)t.samples, r->no_samples[g], group));
    if (r->no_samples[g] && r->kind != SHY_JUDGE_SURVIVAL && r->kind != SHY_JUDGE_MATCHED) return SHY_OK; /* a mean of so few is theirs */
    switch (r->kind) {
    case SHY_JUDGE_SURVIVAL: SHY_TRY(add_survival(r, g, &t, group)); break;
    case SHY_JUDGE_BINARY:
    case SHY_JUDGE_MATCHED: SHY_TRY(add_rate(r, g, &t, group)); break;
    case SHY_JUDGE_COUNT: SHY_TRY(add_count(&t, group)); break;
    case SHY_JUDGE_CONTINUOUS:
    case SHY_JUDGE_ORDINAL:
    case SHY_JUDGE_OTHER: SHY_TRY(add_mean(&t, group)); break;
    }
    if (r->kind == SHY_JUDGE_SURVIVAL) SHY_TRY(add_ratio(r, "hazard_ratio", g, group));
    if (r->kind == SHY_JUDGE_MATCHED) SHY_TRY(add_ratio(r, "odds_ratio", g, group));
out:
    return st;
}

/* score: room for n numbers. */
static shy_status test_difference(const struct report *r, double *score, double *chi_square, int *df, double *p)
{
    shy_status st = SHY_OK;
    const shy_followed followed = followed_of(r, r->truth->weight);
    shy_logrank test;

    if (r->kind == SHY_JUDGE_SURVIVAL) {
        SHY_TRY(shy_logrank_test(&followed, r->division->group, r->division->groups, &test));
        *chi_square = test.chi_square, *df = test.df, *p = test.p;
        goto out;
    }
    SHY_TRY(shy_cut_scores(r->truth, NULL, r->truth->n, score));
    shy_groups_differ(r->truth->n, score, r->division->group, r->division->groups, chi_square, df, p);
out:
    return st;
}

static shy_status add_difference(const struct report *r, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *difference = NULL;
    double chi_square, p;
    int df;

    SHY_TRY(test_difference(r, r->weight, &chi_square, &df, &p));
    SHY_TRY(shy_record_object(record, "difference", &difference));
    SHY_TRY(shy_record_text(difference, "means", r->kind == SHY_JUDGE_SURVIVAL ? SURVIVAL_MEANS : OTHER_MEANS));
    SHY_TRY(shy_record_number(difference, "chi_square", chi_square));
    SHY_TRY(shy_record_integer(difference, "df", df));
    SHY_TRY(shy_record_number(difference, "p", p));
out:
    return st;
}

static shy_status compare_hazards(struct report *r)
{
    const shy_followed followed = followed_of(r, r->truth->weight);

    if (r->kind != SHY_JUDGE_SURVIVAL && r->kind != SHY_JUDGE_MATCHED) return SHY_OK;
    return shy_hazard_ratios(&followed, r->division->group, r->division->groups, r->ratio);
}

/* Which counts of groups are not released; those in no group are one more part of the whole. Returns how many samples are in groups. */
static int64_t judge_counts(struct report *r, bool *no_rest)
{
    const int groups = r->division->groups;
    const bool has_events = r->kind == SHY_JUDGE_SURVIVAL || r->kind == SHY_JUDGE_BINARY || r->kind == SHY_JUDGE_MATCHED;
    int64_t samples[SHY_GROUPS_MAX + 1], events[SHY_GROUPS_MAX], all = 0;
    bool hidden[SHY_GROUPS_MAX + 1];

    for (int g = 0; g < groups; g++) {
        const struct tally t = count_group(r, g);
        samples[g] = (int64_t)t.samples, events[g] = (int64_t)t.events, all += samples[g];
    }
    samples[groups] = (int64_t)count_group(r, -1).samples;
    if (r->rule->no_total) samples[groups] = samples[groups] > 0 ? samples[groups] : 1; /* one part has to be missing for the sum to be */
    shy_sdc_hide(&r->rule->sdc, samples[groups] > 0 ? groups + 1 : groups, samples, hidden);
    for (int g = 0; g < groups; g++) r->no_samples[g] = hidden[g];
    *no_rest = (samples[groups] > 0 && hidden[groups]) || r->rule->no_total;
    if (has_events) shy_sdc_hide_parts(&r->rule->sdc, groups, events, samples, r->no_events);
    for (int g = 0; g < groups; g++) r->no_events[g] = r->no_events[g] || r->no_samples[g];
    return all;
}

static int64_t hidden_counts(const struct report *r)
{
    int64_t count = 0;

    for (int g = 0; g < r->division->groups; g++) count += r->no_samples[g] + r->no_events[g];
    return count;
}

shy_status shy_division_record(const shy_truth *truth, const shy_division *division, const shy_assess_options *rule, const char *where, shy_record *record)
{
    shy_status st = SHY_OK;
    struct report r = {.truth = truth, .division = division, .kind = shy_judge_of(truth->ops), .rule = rule, .where = where};
    shy_record *list = NULL;
    bool no_rest = false;

    SHY_TRY(shy_new(truth->n, sizeof *r.weight, &r.weight));
    const int64_t samples = judge_counts(&r, &no_rest);
    SHY_TRY(compare_hazards(&r));
    SHY_TRY(shy_release_count(&rule->sdc, "samples", samples, no_rest, record));
    SHY_TRY(shy_release_count(&rule->sdc, "not_divided", (int64_t)count_group(&r, -1).samples, no_rest, record));
    SHY_TRY(shy_release_note(rule, where, "group", "count", hidden_counts(&r) + 2 * no_rest));
    SHY_TRY(shy_record_list(record, "group", &list));
    for (int g = 0; g < division->groups; g++)
        SHY_TRY(add_group(&r, g, list));
    SHY_TRY(add_difference(&r, record));
out:
    shy_free(&r.weight);
    return st;
}

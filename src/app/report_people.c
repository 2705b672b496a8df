/* report_people.c: who the samples are: how many, how long they were followed, what is missing. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/report_impl.h"
#include "shihyo/assess.h"

#define FACTORS_MOST 200 /* that are listed, and those of the front */

/* The share of the rows that lack the column, null where it would tell of few. */
static json_t *missing_share(const shy_report *r, const shy_column *column)
{
    const int64_t rows = (int64_t)shy_cohort_rows(r->cohort), missing = (int64_t)column->missing;
    const shy_sdc *sdc = &r->options->sdc;

    if (missing == 0 || rows == 0) return json_real(0.0);
    if (!shy_sdc_shows(sdc, missing) || (missing < rows && !shy_sdc_shows(sdc, rows - missing))) return json_null();
    return shy_json_real((double)shy_sdc_picture_count(sdc, missing) / (double)shy_sdc_picture_count(sdc, rows));
}

static shy_status add_factor(const shy_report *r, int factor, json_t *list)
{
    shy_status st = SHY_OK;
    const shy_problem *p = r->problem;
    const shy_column column = shy_cohort_column(r->cohort, p->cohort_column[factor]);
    json_t *object = json_object();

    SHY_TRY(shy_json_append(list, object));
    SHY_TRY(shy_json_put(object, "name", shy_json_string(p->name[factor])));
    SHY_TRY(shy_json_put(object, "unit", shy_json_string(p->unit_text[factor])));
    SHY_TRY(shy_json_put(object, "missing", missing_share(r, &column)));
    SHY_TRY(shy_json_put(object, "kind", shy_json_string(shy_kind_name(column.kind))));
    SHY_TRY(shy_json_put(object, "modality", shy_json_string(p->modality[factor])));
out:
    return st;
}

static bool is_on_a_front(const shy_report *r, const char *name)
{
    for (int t = 0; t < r->targets; t++)
        for (int k = 0; k < r->finished[t].factors; k++)
            if (strcmp(r->finished[t].factor[k].name, name) == 0) return true;
    return false;
}

/* A count of people, null where it may not be shown. */
static json_t *count_json(const shy_report *r, int64_t count, bool told)
{
    const int64_t shown = told ? shy_sdc_count(&r->options->sdc, count) : -1;
    return shown < 0 ? json_null() : json_integer((json_int_t)shown);
}

static bool has_events(const shy_outcome_ops *ops)
{
    return ops->codes_levels || ops->needs_time || strcmp(ops->name, "matched") == 0 || strcmp(ops->name, "binary") == 0;
}

static void count_people(const shy_problem *p, int64_t *samples_out, int64_t *events_out)
{
    int64_t samples = 0, events = 0;

    for (int i = 0; i < p->rows.rows; i++) {
        if (p->data.weight != NULL && !(p->data.weight[i] > 0.0)) continue;
        samples++;
        events += p->data.y[i] > 0.0;
    }
    *samples_out = samples, *events_out = events;
}

/* Of follow-up if nobody had had the event: Kaplan and Meier's curve of those censored. */
static shy_status median_follow_up(const shy_report *r, double *median_out)
{
    shy_status st = SHY_OK;
    const shy_outcome_data *d = &r->problem->data;
    const size_t n = (size_t)r->problem->rows.rows;
    double *censored = NULL;
    shy_km *km = NULL;

    SHY_TRY(shy_new(n, sizeof *censored, &censored));
    for (size_t i = 0; i < n; i++) censored[i] = d->y[i] > 0.0 ? 0.0 : 1.0;
    const shy_followed followed = {.n = n, .time = d->time, .event = censored, .entry = d->entry, .weight = d->weight};
    SHY_TRY(shy_km_create(&followed, &km));
    *median_out = shy_sdc_is_on(&r->options->sdc) ? shy_sdc_digits(km->median, 2) : km->median;
out:
    shy_km_free(&km);
    shy_free(&censored);
    return st;
}

/* A total that the results keep back is kept back here. */
static bool keeps(const json_t *front, const char *total)
{
    return json_is_null(json_object_get(front, total));
}

static bool tells_events(shy_report *r, int64_t samples, int64_t events)
{
    const shy_sdc *sdc = &r->options->sdc;
    return shy_sdc_shows(sdc, samples - events) && shy_report_tells(sdc, &r->events, events) && shy_report_tells(sdc, &r->others, samples - events);
}

shy_status shy_report_people(shy_report *r, int t, json_t **people_out)
{
    shy_status st = SHY_OK;
    const shy_problem *p = r->problem;
    json_t *people = json_object(), *factors = json_array();
    int64_t samples, events;
    double median;

    count_people(p, &samples, &events);
    SHY_TRY(shy_json_put(people, "rows", count_json(r, (int64_t)p->n_cohort, !keeps(r->front[t], "n_cohort"))));
    SHY_TRY(shy_json_put(people, "samples", count_json(r, samples, !keeps(r->front[t], "n_samples"))));
    if (has_events(p->ops)) SHY_TRY(shy_json_put(people, "events", count_json(r, events, tells_events(r, samples, events))));
    if (p->data.time != NULL) {
        SHY_TRY(median_follow_up(r, &median));
        SHY_TRY(shy_json_put(people, "follow_up_median", shy_json_real(median)));
        SHY_TRY(shy_json_put(people, "follow_up_unit", shy_json_string(p->time_unit)));
    }
    SHY_TRY(shy_json_put(people, "factors_count", json_integer(p->factors)));
    SHY_TRY(shy_json_put(people, "factors", json_incref(factors)));
    for (int f = 0; f < p->factors; f++)
        if (f < FACTORS_MOST || is_on_a_front(r, p->name[f])) SHY_TRY(add_factor(r, f, factors));
    *people_out = people, people = NULL;
out:
    json_decref(people);
    json_decref(factors);
    return st;
}

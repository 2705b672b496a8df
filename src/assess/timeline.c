/* Follow-up of groups by stratum and time. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "judged.h"
#include "timeline.h"


struct source {
    const shy_followed *data;
    const int32_t *group;
    bool with_strata;
};

static int stratum_of(const struct source *s, size_t i)
{
    return s->with_strata && s->data->stratum ? (int)s->data->stratum[i] : 0;
}

static int group_of(const struct source *s, size_t i)
{
    return s->group ? (int)s->group[i] : 0;
}

static double weight_of(const struct source *s, size_t i)
{
    return s->data->weight ? s->data->weight[i] : 1.0;
}

static bool takes_part(const struct source *s, size_t i)
{
    return weight_of(s, i) > 0.0 && group_of(s, i) >= 0;
}

static int count_strata(const struct source *s)
{
    int strata = 1;

    for (size_t i = 0; i < s->data->n; i++)
        if (takes_part(s, i) && stratum_of(s, i) >= strata) strata = stratum_of(s, i) + 1;
    return strata;
}

/* Numbers of those who take part by ascending value. */
static shy_status order_parts(const struct source *s, const double *value, size_t *list, size_t *count_out)
{
    shy_status st = SHY_OK;
    const size_t n = s->data->n;
    double *own = NULL;
    size_t *part = NULL, *order = NULL, *spare = NULL, count = 0;

    SHY_TRY(shy_new(n, sizeof *own, &own));
    SHY_TRY(shy_new(n, sizeof *part, &part));
    SHY_TRY(shy_new(n, sizeof *order, &order));
    SHY_TRY(shy_new(n, sizeof *spare, &spare));
    for (size_t i = 0; i < n; i++)
        if (takes_part(s, i)) own[count] = value[i], part[count++] = i;
    shy_sort_order(own, count, order, spare);
    for (size_t k = 0; k < count; k++)
        list[k] = part[order[k]];
    *count_out = count;
out:
    shy_free(&own);
    shy_free(&part);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

/* list := those who take part, by stratum and value; start[strata + 1]. */
static shy_status sort_parts(const struct source *s, const double *value, int strata, size_t *list, size_t *start)
{
    shy_status st = SHY_OK;
    size_t *order = NULL, *next = NULL, count;

    SHY_TRY(shy_new(s->data->n, sizeof *order, &order));
    SHY_TRY(shy_new((size_t)strata, sizeof *next, &next));
    SHY_TRY(order_parts(s, value, order, &count));
    memset(start, 0, ((size_t)strata + 1U) * sizeof *start);
    for (size_t k = 0; k < count; k++)
        start[stratum_of(s, order[k]) + 1]++;
    for (int k = 0; k < strata; k++) {
        start[k + 1] += start[k];
        next[k] = start[k];
    }
    for (size_t k = 0; k < count; k++)
        list[next[stratum_of(s, order[k])]++] = order[k];
out:
    shy_free(&order);
    shy_free(&next);
    return st;
}

static size_t count_steps(const struct source *s, const size_t *list, const size_t *start, int strata)
{
    size_t steps = 0;

    for (int k = 0; k < strata; k++)
        for (size_t at = start[k]; at < start[k + 1]; at++)
            steps += at == start[k] || s->data->time[list[at]] != s->data->time[list[at - 1]];
    return steps;
}

static shy_status allocate(size_t steps, int groups, int strata, struct shy_timeline *line)
{
    shy_status st = SHY_OK;
    const size_t cells = steps * (size_t)groups;

    line->steps = steps, line->groups = groups, line->strata = strata;
    SHY_TRY(shy_new((size_t)strata + 1U, sizeof *line->start, &line->start));
    SHY_TRY(shy_new(steps, sizeof *line->time, &line->time));
    SHY_TRY(shy_new(cells, sizeof *line->at_risk, &line->at_risk));
    SHY_TRY(shy_new(cells, sizeof *line->deaths, &line->deaths));
    SHY_TRY(shy_new(cells, sizeof *line->censored, &line->censored));
out:
    return st;
}

static void fill_ends(const struct source *s, const size_t *list, const size_t *start, struct shy_timeline *line)
{
    size_t step = 0;

    for (int k = 0; k < line->strata; k++) {
        line->start[k] = step;
        for (size_t at = start[k]; at < start[k + 1]; at++) {
            const size_t i = list[at];
            if (at > start[k] && s->data->time[i] != line->time[step]) step++;
            line->time[step] = s->data->time[i];
            const size_t cell = step * (size_t)line->groups + (size_t)group_of(s, i);
            *(s->data->event[i] != 0.0 ? &line->deaths[cell] : &line->censored[cell]) += weight_of(s, i);
        }
        if (start[k + 1] > start[k]) step++;
    }
    line->start[line->strata] = step;
}

/* From the last step of each stratum back; `late`: by entry, those who come later are not at risk yet. NULL: all are there from the start. */
static void fill_at_risk(const struct source *s, const size_t *late, const size_t *start, struct shy_timeline *line)
{
    const size_t groups = (size_t)line->groups;

    for (int k = 0; k < line->strata; k++) {
        size_t entered = late ? start[k + 1] : start[k];
        for (size_t step = line->start[k + 1]; step-- > line->start[k];) {
            double *risk = line->at_risk + step * groups;
            for (size_t g = 0; g < groups; g++)
                risk[g] = (step + 1U < line->start[k + 1] ? risk[groups + g] : 0.0) + line->deaths[step * groups + g] + line->censored[step * groups + g];
            for (; entered > start[k] && s->data->entry[late[entered - 1U]] >= line->time[step]; entered--)
                risk[group_of(s, late[entered - 1U])] -= weight_of(s, late[entered - 1U]);
        }
    }
}

shy_status shy_timeline_create(const shy_followed *data, const int32_t *group, int groups, bool with_strata, struct shy_timeline *line_out)
{
    shy_status st = SHY_OK;
    const struct source source = {data, group, with_strata};
    struct shy_timeline line = {.steps = 0};
    const int strata = count_strata(&source);
    size_t *by_time = NULL, *by_entry = NULL, *start = NULL;

    SHY_TRY(shy_new(data->n, sizeof *by_time, &by_time));
    SHY_TRY(shy_new((size_t)strata + 1U, sizeof *start, &start));
    if (data->entry) {
        SHY_TRY(shy_new(data->n, sizeof *by_entry, &by_entry));
        SHY_TRY(sort_parts(&source, data->entry, strata, by_entry, start));
    }
    SHY_TRY(sort_parts(&source, data->time, strata, by_time, start));
    SHY_TRY(allocate(count_steps(&source, by_time, start, strata), groups, strata, &line));
    fill_ends(&source, by_time, start, &line);
    fill_at_risk(&source, by_entry, start, &line);
    *line_out = line, line = (struct shy_timeline){.steps = 0};
out:
    shy_free(&start);
    shy_free(&by_entry);
    shy_free(&by_time);
    shy_timeline_free(&line);
    return st;
}

void shy_timeline_free(struct shy_timeline *line)
{
    shy_free(&line->start);
    shy_free(&line->time);
    shy_free(&line->at_risk);
    shy_free(&line->deaths);
    shy_free(&line->censored);
}

/* ---- scores ------------------------------------------------------------------------------------------------------------- */

/* hazard[step]: up to and with the step's time, from 0 in each stratum. */
static void cumulate(const struct shy_timeline *line, double *hazard)
{
    for (int k = 0; k < line->strata; k++) {
        double sum = 0.0;
        for (size_t step = line->start[k]; step < line->start[k + 1]; step++) {
            if (line->deaths[step] > 0.0) sum += line->deaths[step] / line->at_risk[step];
            hazard[step] = sum;
        }
    }
}

static double hazard_at(const struct shy_timeline *line, const double *hazard, int stratum, double time)
{
    size_t low = line->start[stratum], high = line->start[stratum + 1]; /* the first step after the time */

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (line->time[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low > line->start[stratum] ? hazard[low - 1] : 0.0;
}

shy_status shy_logrank_scores(const shy_followed *data, double *score)
{
    shy_status st = SHY_OK;
    const struct source source = {data, NULL, true};
    struct shy_timeline line = {.steps = 0};
    double *hazard = NULL;

    SHY_TRY(shy_timeline_create(data, NULL, 1, true, &line));
    SHY_TRY(shy_new(line.steps, sizeof *hazard, &hazard));
    cumulate(&line, hazard);
    for (size_t i = 0; i < data->n; i++) {
        const int stratum = stratum_of(&source, i);
        score[i] = NAN;
        if (!takes_part(&source, i)) continue;
        score[i] = data->event[i] - hazard_at(&line, hazard, stratum, data->time[i]);
        if (data->entry) score[i] += hazard_at(&line, hazard, stratum, data->entry[i]);
    }
out:
    shy_free(&hazard);
    shy_timeline_free(&line);
    return st;
}

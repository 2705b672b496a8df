/* subgroups.c: how well the prediction does among women, at a site, in an age band. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

static bool has_events(shy_judge kind)
{
    return kind == SHY_JUDGE_BINARY || kind == SHY_JUDGE_SURVIVAL || kind == SHY_JUDGE_MATCHED;
}

/* People and events of each level; the last is of those without one. */
typedef struct {
    int levels;
    int64_t *people, *events, *others; /* [levels + 1] */
    bool *hidden, *also;
    double *predictor; /* [rows of the data]: by sample, NaN of those without */
    size_t *sample;
} breakdown;

static void breakdown_free(breakdown *b)
{
    shy_free(&b->people);
    shy_free(&b->events);
    shy_free(&b->others);
    shy_free(&b->hidden);
    shy_free(&b->also);
    shy_free(&b->predictor);
    shy_free(&b->sample);
}

static shy_status breakdown_create(const shy_pictured *p, int column, breakdown *b)
{
    shy_status st = SHY_OK;
    const size_t rooms = (size_t)p->input->subgroup_levels[column] + 1, n = p->shared->truth.n;

    *b = (breakdown){.levels = p->input->subgroup_levels[column]};
    SHY_TRY(shy_new(rooms, sizeof *b->people, &b->people));
    SHY_TRY(shy_new(rooms, sizeof *b->events, &b->events));
    SHY_TRY(shy_new(rooms, sizeof *b->others, &b->others));
    SHY_TRY(shy_new(rooms, sizeof *b->hidden, &b->hidden));
    SHY_TRY(shy_new(rooms, sizeof *b->also, &b->also));
    SHY_TRY(shy_new(n, sizeof *b->predictor, &b->predictor));
    SHY_TRY(shy_new(n, sizeof *b->sample, &b->sample));
    for (size_t i = 0; i < n; i++) b->predictor[i] = NAN;
    for (size_t k = 0; k < p->n; k++) {
        const int32_t level = p->input->subgroup[column][p->sample[k]];
        const int of = level < 0 ? b->levels : (int)level;
        b->predictor[p->sample[k]] = p->predictor[k];
        b->people[of]++;
        b->events[of] += p->y[k] > 0.0;
        b->others[of] += !(p->y[k] > 0.0);
    }
out:
    return st;
}

/* Nobody can be worked out from the levels that are shown and their sum. Nobody missing is no cell. */
static void hide(const shy_pictured *p, breakdown *b)
{
    const shy_sdc *sdc = p->input->sdc;
    const int rooms = b->levels + (b->people[b->levels] > 0);
    const int64_t *const counts[] = {b->people, b->events, b->others};
    const int kinds = has_events(p->shared->kind) ? 3 : 1;

    for (int c = 0; c < kinds; c++) {
        shy_sdc_hide(sdc, rooms, counts[c], b->also);
        for (int l = 0; l < rooms; l++) b->hidden[l] = b->hidden[l] || b->also[l];
    }
}

static shy_status add_level(const shy_pictured *p, int column, int level, const breakdown *b, json_t *list)
{
    shy_status st = SHY_OK;
    const shy_figures_input *in = p->input;
    shy_estimate e;
    size_t n = 0;
    json_t *object = json_object();

    SHY_TRY(shy_json_append(list, object));
    for (size_t k = 0; k < p->n; k++)
        if (in->subgroup[column][p->sample[k]] == level) b->sample[n++] = p->sample[k];
    SHY_TRY(shy_headline_estimate(&p->shared->truth, b->sample, n, b->predictor, &e));
    SHY_TRY(shy_json_put(object, "column", shy_json_string(in->subgroup_name[column])));
    SHY_TRY(shy_json_put(object, "level", shy_json_string(in->subgroup_level[column][level])));
    SHY_TRY(shy_json_put(object, "samples", shy_figures_count(in->sdc, b->people[level])));
    if (has_events(p->shared->kind)) SHY_TRY(shy_json_put(object, "events", shy_figures_count(in->sdc, b->events[level])));
    SHY_TRY(shy_json_put(object, "metric", shy_json_string(in->problem->ops->metric_names[0])));
    SHY_TRY(shy_json_put(object, "value", shy_json_real(shy_sdc_picture_value(in->sdc, e.value))));
    SHY_TRY(shy_json_put(object, "low", shy_json_real(shy_sdc_picture_value(in->sdc, e.low))));
    SHY_TRY(shy_json_put(object, "high", shy_json_real(shy_sdc_picture_value(in->sdc, e.high))));
out:
    return st;
}

static shy_status add_column(const shy_pictured *p, int column, json_t *list)
{
    shy_status st = SHY_OK;
    breakdown b = {0};
    char *where = NULL;
    int64_t hidden = 0;

    SHY_TRY(breakdown_create(p, column, &b));
    hide(p, &b);
    for (int l = 0; l < b.levels; l++) {
        if (b.people[l] == 0) continue;
        hidden += b.hidden[l];
        if (!b.hidden[l]) SHY_TRY(add_level(p, column, l, &b, list));
    }
    SHY_TRY(shy_string_format(&where, "subgroups.%s", p->input->subgroup_name[column]));
    SHY_TRY(shy_pictured_note(p, where, "level", hidden));
out:
    shy_free(&where);
    breakdown_free(&b);
    return st;
}

shy_status shy_figures_subgroups(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    json_t *list = json_array();

    SHY_TRY(shy_json_put(figures, "subgroups", list));
    for (int c = 0; c < p->input->subgroups; c++) SHY_TRY(add_column(p, c, list));
out:
    return st;
}

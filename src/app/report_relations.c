/* report_relations.c: what a report says of formulas together: pairs, near ones, factors in one network, targets side by side. */
#include "shy_config.h"

#include "app/report_impl.h"
#include "shihyo/figures.h"

enum { NEAR_MOST = 1000, NEAR_LEAST = 100, NETWORK_BEST = 100 };

/* A page has room for so many, all targets together. */
static int near_most(const shy_report *r)
{
    const int each = NEAR_MOST / r->targets;
    return each > NEAR_LEAST ? each : NEAR_LEAST;
}

static shy_status add_near(const shy_report *r, const shy_figures_input *input, json_t *target)
{
    shy_status st = SHY_OK;
    json_t *near = NULL, *found = NULL;

    SHY_TRY(shy_figures_near(input, near_most(r), &near, &found));
    SHY_TRY(shy_json_put(target, "near", json_incref(near)));
    SHY_TRY(shy_json_put(target, "near_found", json_incref(found)));
out:
    json_decref(near);
    json_decref(found);
    return st;
}

shy_status shy_report_relations(const shy_report *r, int t, json_t *target)
{
    shy_status st = SHY_OK;
    const shy_figures_input input = {.problem = r->problem, .finished = &r->finished[t], .front = r->front[t], .sdc = &r->options->sdc};
    json_t *pairs = NULL, *network = NULL;

    SHY_TRY(add_near(r, &input, target));
    if (r->problem != NULL) {
        SHY_TRY(shy_figures_two_axis(&input, &pairs, r->suppressed));
        SHY_TRY(shy_json_put(target, "two_axis", pairs));
    }
    SHY_TRY(shy_figures_network(r->problem, r->front[t], NETWORK_BEST, &network));
    SHY_TRY(shy_json_put(target, "network", network));
out:
    return st;
}

shy_status shy_report_horizons(const shy_report *r, json_t *document)
{
    shy_status st = SHY_OK;
    const char **name = NULL;
    json_t *horizons = NULL;

    if (r->targets < 2) return SHY_OK;
    SHY_TRY(shy_new((size_t)r->targets, sizeof *name, &name));
    for (int t = 0; t < r->targets; t++) name[t] = r->finished[t].name;
    SHY_TRY(shy_figures_horizons(r->targets, name, (const json_t *const *)r->front, &horizons));
    SHY_TRY(shy_json_put(document, "horizons", horizons));
out:
    shy_free(&name);
    return st;
}

/* report_relations.c: what a report says of formulas together: pairs, near ones, factors in one network, targets side by side. */
#include "shy_config.h"

#include "app/report_impl.h"
#include "shihyo/emit.h"

enum { NEAR_MOST = 1000, NEAR_LEAST = 100, NETWORK_BEST = 100, DIGITS = 4 };

/* A page has room for so many, all targets together. */
static int near_most(const shy_report *r)
{
    const int each = NEAR_MOST / r->targets;
    return each > NEAR_LEAST ? each : NEAR_LEAST;
}

/* A formula that cannot be read here stays without. */
static shy_status add_mathml(const shy_report *r, int t, json_t *object)
{
    shy_status st = SHY_OK;
    const shy_finished *f = &r->finished[t];
    const uint32_t count = (uint32_t)(r->problem != NULL ? r->problem->factors : f->factors);
    const char **names = NULL;
    shy_tree tree;
    shy_buffer text = {0};

    SHY_TRY(shy_new(count, sizeof *names, &names));
    for (uint32_t k = 0; k < count; k++) names[k] = r->problem != NULL ? r->problem->name[k] : f->factor[k].name;
    st = shy_tree_parse(shy_json_word(object, "formula"), names, count, &tree);
    if (st == SHY_INPUT) {
        shy_error_clear();
        st = SHY_OK;
        goto out;
    }
    SHY_TRY(st);
    SHY_TRY(shy_emit_mathml(&tree, names, DIGITS, &text));
    SHY_TRY(text.status);
    SHY_TRY(shy_json_put(object, "mathml", shy_json_string(text.bytes)));
out:
    shy_free(&names);
    shy_buffer_free(&text);
    return st;
}

static shy_status add_near(const shy_report *r, int t, const shy_figures_input *input, json_t *target)
{
    shy_status st = SHY_OK;
    json_t *near = NULL, *found = NULL, *one;
    size_t k;

    SHY_TRY(shy_figures_near(input, near_most(r), &near, &found));
    json_array_foreach(near, k, one) SHY_TRY(add_mathml(r, t, one));
    SHY_TRY(shy_json_put(target, "near", json_incref(near)));
    SHY_TRY(shy_json_put(target, "near_found", json_incref(found)));
out:
    json_decref(near);
    json_decref(found);
    return st;
}

static shy_status add_pairs(const shy_report *r, int t, const shy_figures_input *input, json_t *target)
{
    shy_status st = SHY_OK;
    json_t *pairs = NULL, *pair, *side;
    size_t k, s;

    SHY_TRY(shy_figures_two_axis(input, &pairs, r->suppressed));
    SHY_TRY(shy_json_put(target, "two_axis", json_incref(pairs)));
    json_array_foreach(pairs, k, pair)
        json_array_foreach(json_object_get(pair, "sides"), s, side) SHY_TRY(add_mathml(r, t, side));
out:
    json_decref(pairs);
    return st;
}

shy_status shy_report_relations(const shy_report *r, int t, const shy_figures_input *read, json_t *target)
{
    shy_status st = SHY_OK;
    const shy_figures_input results = {.finished = &r->finished[t], .front = r->front[t], .sdc = &r->options->sdc}, *input = read != NULL ? read : &results;
    json_t *network = NULL;

    SHY_TRY(add_near(r, t, input, target));
    if (read != NULL) SHY_TRY(add_pairs(r, t, read, target));
    SHY_TRY(shy_figures_network(input->problem, r->front[t], NETWORK_BEST, &network));
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

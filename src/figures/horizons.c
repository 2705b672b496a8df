/* horizons.c: which factors carry the fronts of several targets. All of it is in their front.json. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures/formulas.h"

/* What the fronts and lists of one target say of a factor. */
typedef struct {
    int front, best, simplest; /* formulas of the front with it, of the lists; lowest complexity on the front */
    double apparent;
    bool selected;
} carried;

typedef struct {
    const json_t *front;
    shy_formulas formulas;
    bool larger;
    const json_t *chosen;      /* nested.selected, or NULL */
    int place;                 /* of the chosen formula on the front; −1: it is not there */
} horizon;

typedef struct {
    const char *name;
    int targets, simplest;     /* that have it in the front; lowest complexity of all */
    carried *at;               /* [targets] */
} carrier;

typedef struct {
    int targets, factors;
    horizon *horizon;
    carrier *carrier;
} horizons;

/* ---- gathering ------------------------------------------------------------------------------------------------------------- */

static shy_status read_horizon(const json_t *front, horizon *h)
{
    const json_t *nested = json_object_get(front, "nested"), *chosen = json_object_get(nested, "selected");

    *h = (horizon){.front = front, .larger = json_is_true(json_object_get(nested, "larger_is_better")), .chosen = json_is_object(chosen) ? chosen : NULL, .place = -1};
    if (nested == NULL) { /* a run without validation */
        const shy_outcome_ops *ops = shy_outcome_find(shy_json_word(front, "outcome_kind"));
        h->larger = ops == NULL || ops->larger_is_better;
    }
    const shy_status st = shy_formulas_read(front, NULL, 0, &h->formulas);
    for (int k = 0; st == SHY_OK && h->chosen != NULL && k < h->formulas.fronts; k++)
        if (strcmp(h->formulas.formula[k].text, shy_json_word(h->chosen, "formula")) == 0) h->place = k;
    return st;
}

static shy_status find_carrier(horizons *all, const char *name, bool make, carrier **carrier_out)
{
    shy_status st = SHY_OK;

    *carrier_out = NULL;
    for (int k = 0; k < all->factors; k++)
        if (strcmp(all->carrier[k].name, name) == 0) *carrier_out = &all->carrier[k];
    if (*carrier_out != NULL || !make) return SHY_OK;
    SHY_TRY(shy_grow((size_t)all->factors + 1U, sizeof *all->carrier, &all->carrier));
    all->carrier[all->factors] = (carrier){.name = name, .simplest = INT32_MAX};
    SHY_TRY(shy_new((size_t)all->targets, sizeof(carried), &all->carrier[all->factors].at));
    *carrier_out = &all->carrier[all->factors++];
out:
    return st;
}

static void note_front(const horizon *h, const shy_listed *formula, carrier *c, carried *at)
{
    if (at->front++ == 0) {
        c->targets++;
        at->simplest = formula->complexity, at->apparent = formula->metric;
    }
    if (formula->complexity < c->simplest) c->simplest = formula->complexity;
    if (h->larger ? formula->metric > at->apparent : formula->metric < at->apparent) at->apparent = formula->metric;
    at->selected = at->selected || formula->front == h->place;
}

static shy_status gather(horizons *all, int t)
{
    shy_status st = SHY_OK;
    const horizon *h = &all->horizon[t];
    size_t k;
    json_t *name;

    for (int f = 0; f < h->formulas.count; f++)
        json_array_foreach(json_object_get(h->formulas.formula[f].entry, "factors"), k, name)
        {
            carrier *c = NULL;
            if (!json_is_string(name)) continue;
            SHY_TRY(find_carrier(all, json_string_value(name), f < h->formulas.fronts, &c));
            if (c == NULL) continue; /* in no front so far */
            if (f < h->formulas.fronts) note_front(h, &h->formulas.formula[f], c, &c->at[t]);
        }
out:
    return st;
}

/* After all carriers are known. The lists have the formulas of the front in them. */
static void count_best(horizons *all, int t)
{
    const horizon *h = &all->horizon[t];
    size_t k;
    json_t *name;

    for (int f = 0; f < h->formulas.count; f++)
        json_array_foreach(json_object_get(h->formulas.formula[f].entry, "factors"), k, name)
        {
            carrier *c = NULL;
            if (json_is_string(name) && find_carrier(all, json_string_value(name), false, &c) == SHY_OK && c != NULL) c->at[t].best++;
        }
}

static int most_targets(const void *a, const void *b)
{
    const carrier *x = a, *y = b;

    if (x->targets != y->targets) return x->targets > y->targets ? -1 : 1;
    if (x->simplest != y->simplest) return x->simplest < y->simplest ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------- */

static const json_t *nested_level(const json_t *front, int complexity)
{
    size_t k;
    json_t *level;

    json_array_foreach(json_object_get(json_object_get(front, "nested"), "levels"), k, level)
        if ((int)shy_json_count(level, "complexity") == complexity) return level;
    return NULL;
}

static shy_status write_selected(const horizon *h, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *selected = h->chosen == NULL ? json_null() : json_object();

    SHY_TRY(shy_json_put(object, "selected", selected));
    if (h->chosen == NULL) goto out;
    SHY_TRY(shy_json_put(selected, "front", h->place < 0 ? json_null() : json_integer(h->place)));
    SHY_TRY(shy_json_put(selected, "complexity", json_integer((json_int_t)shy_json_count(h->chosen, "complexity"))));
    SHY_TRY(shy_json_put(selected, "formula", json_string(shy_json_word(h->chosen, "formula"))));
    SHY_TRY(shy_json_put(selected, "formula_short", json_string(h->place < 0 ? shy_json_word(h->chosen, "formula")
                                                                            : shy_json_word(h->formulas.formula[h->place].entry, "formula_short"))));
    SHY_TRY(shy_json_put(selected, "mean", shy_json_real(shy_json_number(h->chosen, "mean", NAN))));
    SHY_TRY(shy_json_put(selected, "error", shy_json_real(shy_json_number(h->chosen, "error", NAN))));
out:
    return st;
}

static shy_status write_target(const horizon *h, const char *name, json_t *list)
{
    shy_status st = SHY_OK;
    json_t *object = json_object();
    const json_t *nested = json_object_get(h->front, "nested"), *metric = json_array_get(json_object_get(h->front, "metrics"), 0);
    const json_t *samples = json_object_get(h->front, "n_samples");

    SHY_TRY(shy_json_append(list, object));
    SHY_TRY(shy_json_put(object, "name", json_string(name)));
    SHY_TRY(shy_json_put(object, "outcome", json_string(shy_json_word(h->front, "outcome"))));
    SHY_TRY(shy_json_put(object, "kind", json_string(shy_json_word(h->front, "outcome_kind"))));
    SHY_TRY(shy_json_put(object, "metric", json_is_string(metric) ? json_copy((json_t *)(uintptr_t)metric) : json_null()));
    SHY_TRY(shy_json_put(object, "larger_is_better", json_boolean(h->larger)));
    SHY_TRY(shy_json_put(object, "samples", json_is_integer(samples) ? json_copy((json_t *)(uintptr_t)samples) : json_null()));
    SHY_TRY(shy_json_put(object, "null", shy_json_real(shy_json_number(json_object_get(nested, "null"), "apparent", NAN))));
    SHY_TRY(write_selected(h, object));
    SHY_TRY(shy_json_put(object, "formulas", json_integer(h->formulas.fronts)));
    SHY_TRY(shy_json_put(object, "best", json_integer(h->formulas.count)));
out:
    return st;
}

static shy_status write_carried(const horizon *h, const carried *at, json_t *list)
{
    shy_status st = SHY_OK;
    json_t *object = at->front == 0 ? json_null() : json_object();
    const json_t *level = nested_level(h->front, at->simplest);

    SHY_TRY(shy_json_append(list, object));
    if (at->front == 0) goto out;
    SHY_TRY(shy_json_put(object, "simplest", json_integer(at->simplest)));
    SHY_TRY(shy_json_put(object, "front", json_integer(at->front)));
    SHY_TRY(shy_json_put(object, "share", shy_json_real(shy_sdc_digits((double)at->front / h->formulas.fronts, 4))));
    SHY_TRY(shy_json_put(object, "apparent", shy_json_real(at->apparent)));
    SHY_TRY(shy_json_put(object, "mean", shy_json_real(shy_json_number(level, "mean", NAN))));
    SHY_TRY(shy_json_put(object, "error", shy_json_real(shy_json_number(level, "error", NAN))));
    SHY_TRY(shy_json_put(object, "selected", json_boolean(at->selected)));
    SHY_TRY(shy_json_put(object, "best_share", shy_json_real(shy_sdc_digits((double)at->best / h->formulas.count, 4))));
out:
    return st;
}

static shy_status write_factor(const horizons *all, const carrier *c, json_t *list)
{
    shy_status st = SHY_OK;
    json_t *object = json_object(), *at = json_array();

    SHY_TRY(shy_json_append(list, json_incref(object)));
    SHY_TRY(shy_json_put(object, "name", json_string(c->name)));
    SHY_TRY(shy_json_put(object, "targets", json_incref(at)));
    for (int t = 0; t < all->targets; t++) SHY_TRY(write_carried(&all->horizon[t], &c->at[t], at));
out:
    json_decref(object);
    json_decref(at);
    return st;
}

static shy_status write_all(horizons *all, const char *const *name, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *targets = json_array(), *factors = json_array();

    SHY_TRY(shy_json_put(object, "targets", json_incref(targets)));
    SHY_TRY(shy_json_put(object, "factors", json_incref(factors)));
    for (int t = 0; t < all->targets; t++) SHY_TRY(write_target(&all->horizon[t], name[t], targets));
    for (int k = 0; k < all->factors; k++) SHY_TRY(write_factor(all, &all->carrier[k], factors));
out:
    json_decref(targets);
    json_decref(factors);
    return st;
}

shy_status shy_figures_horizons(int targets, const char *const *name, const json_t *const *front, json_t **horizons_out)
{
    shy_status st = SHY_OK;
    horizons all = {.targets = targets};
    json_t *object = json_object();

    SHY_TRY(shy_new((size_t)targets, sizeof *all.horizon, &all.horizon));
    SHY_TRY(shy_new(0, sizeof *all.carrier, &all.carrier));
    for (int t = 0; t < targets; t++) SHY_TRY(read_horizon(front[t], &all.horizon[t]));
    for (int t = 0; t < targets; t++) SHY_TRY(gather(&all, t));
    for (int t = 0; t < targets; t++) count_best(&all, t);
    qsort(all.carrier, (size_t)all.factors, sizeof *all.carrier, most_targets);
    SHY_TRY(write_all(&all, name, object));
    *horizons_out = object, object = NULL;
out:
    json_decref(object);
    for (int k = 0; k < all.factors; k++) shy_free(&all.carrier[k].at);
    for (int t = 0; all.horizon != NULL && t < targets; t++) shy_formulas_free(&all.horizon[t].formulas);
    shy_free(&all.horizon);
    shy_free(&all.carrier);
    return st;
}

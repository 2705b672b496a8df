/* near.c: which formulas say nearly the same as those of the front: numerical twins, and formulas of the lists that go with one of them. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures/formulas.h"

#define NEAR 0.9 /* correlation with a formula of the front */

typedef struct {
    int of;
    double correlation;
    bool twin;
    const shy_listed *formula; /* of a twin: the one that it is a twin of */
    const char *text;
} neighbour;

typedef struct {
    int count, room;
    neighbour *item;
} neighbours;

static shy_status add(neighbours *n, neighbour item)
{
    shy_status st = SHY_OK;

    if (n->count == n->room) {
        SHY_TRY(shy_grow((size_t)(2 * n->room + 64), sizeof *n->item, &n->item));
        n->room = 2 * n->room + 64;
    }
    n->item[n->count++] = item;
out:
    return st;
}

static shy_status add_twins(const shy_listed *formula, neighbours *n)
{
    shy_status st = SHY_OK;
    size_t k;
    json_t *twin;

    json_array_foreach(json_object_get(formula->entry, "twins"), k, twin)
        if (json_is_string(twin)) SHY_TRY(add(n, (neighbour){formula->front, 1.0, true, formula, json_string_value(twin)}));
out:
    return st;
}

/* Predictions rise together where the product of both slopes has the sign of the correlation of the formulas. */
static double of_predictions(double r, const shy_listed *a, const shy_listed *b)
{
    if (!isfinite(a->slope * b->slope) || a->slope == 0.0 || b->slope == 0.0) return fabs(r);
    return (a->slope < 0.0) == (b->slope < 0.0) ? r : -r;
}

static shy_status add_near(const shy_formulas *formulas, const shy_correlations *c, neighbours *n)
{
    shy_status st = SHY_OK;

    for (int k = formulas->fronts; k < formulas->count; k++) {
        const shy_listed *formula = &formulas->formula[k];
        neighbour nearest = {-1, NEAR, false, formula, formula->text};
        for (int j = 0; j < formulas->fronts; j++) {
            const double r = of_predictions(c->r[(size_t)k * (size_t)c->against + (size_t)j], formula, &formulas->formula[j]);
            if (r >= nearest.correlation && (nearest.of < 0 || r > nearest.correlation)) nearest.of = j, nearest.correlation = r;
        }
        if (nearest.of >= 0) SHY_TRY(add(n, nearest));
    }
out:
    return st;
}

static int nearest_first(const void *a, const void *b)
{
    const neighbour *x = a, *y = b;

    if (x->of != y->of) return x->of < y->of ? -1 : 1;
    if (x->twin != y->twin) return x->twin ? -1 : 1;
    if (x->correlation != y->correlation) return x->correlation > y->correlation ? -1 : 1;
    if (x->formula->complexity != y->formula->complexity) return x->formula->complexity < y->formula->complexity ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* So many of each formula of the front that all together are at most `most`. */
static int share(int most, int fronts, const int *found)
{
    for (int limit = most; limit > 0; limit--) {
        int64_t sum = 0;
        for (int f = 0; f < fronts; f++) sum += found[f] < limit ? found[f] : limit;
        if (sum <= most) return limit;
    }
    return 0;
}

static shy_status describe(const neighbour *n, json_t *list)
{
    shy_status st = SHY_OK;
    json_t *object = json_object();

    SHY_TRY(shy_json_append(list, object));
    if (n->twin) {
        SHY_TRY(shy_json_put(object, "complexity", json_null())); /* not kept */
        SHY_TRY(shy_json_put(object, "formula", json_string(n->text)));
        SHY_TRY(shy_json_put(object, "formula_short", json_string(n->text)));
    } else SHY_TRY(shy_formula_describe(n->formula, object));
    SHY_TRY(shy_json_put(object, "metrics", json_deep_copy(json_object_get(n->formula->entry, "metrics"))));
    SHY_TRY(shy_json_put(object, "twins_count", json_integer(n->twin ? 0 : (json_int_t)shy_json_count(n->formula->entry, "twins_count"))));
    SHY_TRY(shy_json_put(object, "of", json_integer(n->of)));
    SHY_TRY(shy_json_put(object, "correlation", shy_json_real(shy_sdc_digits(n->correlation, 4))));
    SHY_TRY(shy_json_put(object, "twin", json_boolean(n->twin)));
out:
    return st;
}

static shy_status write_lists(const shy_formulas *formulas, neighbours *n, int most, json_t *near, json_t *found)
{
    shy_status st = SHY_OK;
    int *count = NULL, rank = 0;

    SHY_TRY(shy_new((size_t)formulas->fronts, sizeof *count, &count));
    for (int k = 0; k < n->count; k++) count[n->item[k].of]++;
    const int limit = share(most, formulas->fronts, count);
    qsort(n->item, (size_t)n->count, sizeof *n->item, nearest_first);
    for (int k = 0; k < n->count; k++) {
        rank = k > 0 && n->item[k].of == n->item[k - 1].of ? rank + 1 : 0;
        if (rank < limit) SHY_TRY(describe(&n->item[k], near));
    }
    for (int f = 0; f < formulas->fronts; f++) { /* twins that front.json counts and does not name, too */
        const json_t *entry = formulas->formula[f].entry;
        const json_int_t unnamed = (json_int_t)shy_json_count(entry, "twins_count") - (json_int_t)json_array_size(json_object_get(entry, "twins"));
        SHY_TRY(shy_json_append(found, json_integer(count[f] + (unnamed > 0 ? unnamed : 0))));
    }
out:
    shy_free(&count);
    return st;
}

shy_status shy_figures_near(const shy_figures_input *input, int most, json_t **near_out, json_t **found_out)
{
    shy_status st = SHY_OK;
    shy_formulas formulas = {0};
    shy_correlations correlations = {0};
    neighbours n = {0};
    json_t *near = json_array(), *found = json_array();

    SHY_TRY(shy_formulas_read(input->front, input->problem, 0, &formulas));
    SHY_TRY(shy_new(64, sizeof *n.item, &n.item));
    n.room = 64;
    for (int f = 0; f < formulas.fronts; f++) SHY_TRY(add_twins(&formulas.formula[f], &n));
    if (input->problem != NULL && formulas.fronts > 0) {
        SHY_TRY(shy_correlate(&formulas, formulas.fronts, input->problem, NULL, &correlations));
        SHY_TRY(add_near(&formulas, &correlations, &n));
    }
    SHY_TRY(write_lists(&formulas, &n, most, near, found));
    *near_out = near, near = NULL;
    *found_out = found, found = NULL;
out:
    json_decref(near);
    json_decref(found);
    shy_free(&n.item);
    shy_correlations_free(&correlations);
    shy_formulas_free(&formulas);
    return st;
}

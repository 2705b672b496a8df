/* formulas.c: the formulas of a front.json: the front, and behind it the lists. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "figures/formulas.h"

void shy_formulas_free(shy_formulas *formulas)
{
    shy_free(&formulas->formula);
    formulas->count = formulas->fronts = 0;
}

static const char *first_metric(const json_t *front)
{
    const char *name = json_string_value(json_array_get(json_object_get(front, "metrics"), 0));
    return name == NULL ? "" : name;
}

static bool has_all_factors(const json_t *entry, const shy_problem *problem)
{
    const json_t *factors = json_object_get(entry, "factors");
    size_t k;
    json_t *name;

    json_array_foreach(factors, k, name)
    {
        bool there = false;
        for (int f = 0; f < problem->factors && !there; f++) there = json_is_string(name) && strcmp(problem->name[f], json_string_value(name)) == 0;
        if (!there) return false;
    }
    return true;
}

/* Names are few in a formula and many in a problem: the parser gets those of the formula alone. */
static shy_status read_tree(shy_listed *formula, const shy_problem *problem)
{
    shy_status st = SHY_OK;
    const json_t *factors = json_object_get(formula->entry, "factors");
    const size_t count = json_array_size(factors);
    const char **name = NULL;

    if (problem == NULL || !has_all_factors(formula->entry, problem)) return SHY_OK;
    SHY_TRY(shy_new(count, sizeof *name, &name));
    for (size_t k = 0; k < count; k++) name[k] = json_string_value(json_array_get(factors, k));
    st = shy_tree_parse(formula->text, name, (uint32_t)count, &formula->tree);
    if (st == SHY_INPUT) { /* constants that were not released: it stays without a tree */
        formula->tree.count = 0;
        shy_error_clear();
        st = SHY_OK;
        goto out;
    }
    SHY_TRY(st);
    for (int n = 0; n < formula->tree.count; n++) {
        shy_node *node = &formula->tree.node[n];
        if (node->op != SHY_OP_FACTOR) continue;
        const char *of = name[node->factor];
        for (int f = 0; f < problem->factors; f++)
            if (strcmp(problem->name[f], of) == 0) node->factor = (uint32_t)f;
    }
out:
    shy_free(&name);
    return st;
}

static shy_status take(const json_t *entry, int place, const char *metric, const shy_problem *problem, shy_formulas *formulas)
{
    shy_listed *formula = &formulas->formula[formulas->count];

    *formula = (shy_listed){.entry = entry,
                             .text = shy_json_word(entry, "formula"),
                             .front = place,
                             .complexity = (int)shy_json_count(entry, "complexity"),
                             .slope = shy_json_number(entry, "slope", NAN),
                             .loss = shy_json_number(entry, "loss", NAN),
                             .metric = shy_json_number(json_object_get(entry, "metrics"), metric, NAN)};
    formulas->count++;
    return read_tree(formula, problem);
}

static bool is_on_front(const shy_formulas *formulas, const json_t *entry)
{
    for (int k = 0; k < formulas->fronts; k++)
        if (strcmp(formulas->formula[k].text, shy_json_word(entry, "formula")) == 0) return true;
    return false;
}

static shy_status take_list(const json_t *list, int most, const char *metric, const shy_problem *problem, shy_formulas *formulas)
{
    shy_status st = SHY_OK;
    size_t k;
    int taken = 0;
    json_t *entry;

    json_array_foreach(list, k, entry)
    {
        if (is_on_front(formulas, entry) || (most > 0 && taken >= most)) continue;
        SHY_TRY(take(entry, -1, metric, problem, formulas));
        taken++;
    }
out:
    return st;
}

shy_status shy_formulas_read(const json_t *front, const shy_problem *problem, int most, shy_formulas *formulas_out)
{
    shy_status st = SHY_OK;
    json_t *best = json_object_get(front, "best"), *entry, *list;
    const json_t *fronts = json_object_get(front, "front");
    const char *metric = first_metric(front), *complexity;
    size_t k, room = json_array_size(fronts);
    shy_formulas formulas = {0};

    json_object_foreach(best, complexity, list) room += json_array_size(list);
    SHY_TRY(shy_new(room, sizeof *formulas.formula, &formulas.formula));
    json_array_foreach(fronts, k, entry) SHY_TRY(take(entry, (int)k, metric, problem, &formulas));
    formulas.fronts = formulas.count;
    json_object_foreach(best, complexity, list) SHY_TRY(take_list(list, most, metric, problem, &formulas));
    *formulas_out = formulas, formulas.formula = NULL;
out:
    shy_formulas_free(&formulas);
    return st;
}

shy_status shy_formula_describe(const shy_listed *formula, json_t *object)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_json_put(object, "complexity", json_integer(formula->complexity)));
    SHY_TRY(shy_json_put(object, "formula", json_string(formula->text)));
    SHY_TRY(shy_json_put(object, "formula_short", json_string(shy_json_word(formula->entry, "formula_short"))));
out:
    return st;
}

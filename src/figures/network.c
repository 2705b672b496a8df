/* network.c: which factors stand together in the best formulas. Counts are of formulas, not of people. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures/formulas.h"

enum { NODES = 30 };

typedef struct {
    const char *name;
    int formulas;
    int shown; /* number among the factors that are shown, −1: it is not */
} node;

typedef struct {
    int formulas, *first; /* [formulas + 1]: where the factors of each begin */
    int *factor;          /* numbers of nodes */
    int nodes;
    node *node;
} network;

static int least_loss(const void *a, const void *b)
{
    const shy_listed *x = a, *y = b;
    const double l = isnan(x->loss) ? INFINITY : x->loss, m = isnan(y->loss) ? INFINITY : y->loss;

    if (l != m) return l < m ? -1 : 1;
    if (x->complexity != y->complexity) return x->complexity < y->complexity ? -1 : 1;
    return strcmp(x->text, y->text);
}

static int number_of(network *n, const char *name)
{
    for (int k = 0; k < n->nodes; k++)
        if (strcmp(n->node[k].name, name) == 0) return k;
    n->node[n->nodes] = (node){name, 0, -1};
    return n->nodes++;
}

static shy_status gather(const shy_formulas *best, network *n)
{
    shy_status st = SHY_OK;
    size_t room = 0, k;
    int used = 0;
    json_t *name;

    for (int f = 0; f < n->formulas; f++) room += json_array_size(json_object_get(best->formula[f].entry, "factors"));
    SHY_TRY(shy_new((size_t)n->formulas + 1U, sizeof *n->first, &n->first));
    SHY_TRY(shy_new(room, sizeof *n->factor, &n->factor));
    SHY_TRY(shy_new(room, sizeof *n->node, &n->node));
    for (int f = 0; f < n->formulas; f++) {
        json_array_foreach(json_object_get(best->formula[f].entry, "factors"), k, name)
        {
            if (!json_is_string(name)) continue;
            n->factor[used] = number_of(n, json_string_value(name));
            n->node[n->factor[used++]].formulas++;
        }
        n->first[f + 1] = used;
    }
out:
    return st;
}

static int most_formulas(const void *a, const void *b)
{
    const node *x = *(node *const *)a, *y = *(node *const *)b;

    if (x->formulas != y->formulas) return x->formulas > y->formulas ? -1 : 1;
    return strcmp(x->name, y->name);
}

static const char *modality_of(const shy_problem *problem, const char *name)
{
    for (int f = 0; problem != NULL && f < problem->factors; f++)
        if (strcmp(problem->name[f], name) == 0) return problem->modality[f] == NULL ? "" : problem->modality[f];
    return "";
}

static shy_status write_nodes(network *n, const shy_problem *problem, json_t *list)
{
    shy_status st = SHY_OK;
    node **order = NULL;

    SHY_TRY(shy_new((size_t)n->nodes, sizeof(node *), &order));
    for (int k = 0; k < n->nodes; k++) order[k] = &n->node[k];
    qsort(order, (size_t)n->nodes, sizeof(node *), most_formulas);
    for (int k = 0; k < n->nodes && k < NODES; k++) {
        json_t *object = json_object();
        order[k]->shown = k;
        SHY_TRY(shy_json_append(list, object));
        SHY_TRY(shy_json_put(object, "name", shy_json_string(order[k]->name)));
        SHY_TRY(shy_json_put(object, "modality", shy_json_string(modality_of(problem, order[k]->name))));
        SHY_TRY(shy_json_put(object, "formulas", json_integer(order[k]->formulas)));
    }
out:
    shy_free(&order);
    return st;
}

static void count_pairs(const network *n, int (*together)[NODES])
{
    for (int f = 0; f < n->formulas; f++)
        for (int i = n->first[f]; i < n->first[f + 1]; i++)
            for (int j = i + 1; j < n->first[f + 1]; j++) {
                const int a = n->node[n->factor[i]].shown, b = n->node[n->factor[j]].shown;
                if (a >= 0 && b >= 0 && a != b) together[a < b ? a : b][a < b ? b : a]++;
            }
}

static shy_status write_pairs(const network *n, json_t *list)
{
    shy_status st = SHY_OK;
    int together[NODES][NODES] = {{0}};

    count_pairs(n, together);
    for (int a = 0; a < NODES; a++)
        for (int b = a + 1; b < NODES; b++) {
            if (together[a][b] == 0) continue;
            json_t *object = json_object();
            SHY_TRY(shy_json_append(list, object));
            SHY_TRY(shy_json_put(object, "a", json_integer(a)));
            SHY_TRY(shy_json_put(object, "b", json_integer(b)));
            SHY_TRY(shy_json_put(object, "formulas", json_integer(together[a][b])));
        }
out:
    return st;
}

static shy_status write_network(network *n, const shy_problem *problem, int best, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *factors = json_array(), *pairs = json_array();

    SHY_TRY(shy_json_put(object, "best", json_integer(best)));
    SHY_TRY(shy_json_put(object, "formulas", json_integer(n->formulas)));
    SHY_TRY(shy_json_put(object, "left_out", json_integer(n->nodes > NODES ? n->nodes - NODES : 0)));
    SHY_TRY(shy_json_put(object, "factors", json_incref(factors)));
    SHY_TRY(shy_json_put(object, "pairs", json_incref(pairs)));
    SHY_TRY(write_nodes(n, problem, factors));
    SHY_TRY(write_pairs(n, pairs));
out:
    json_decref(factors);
    json_decref(pairs);
    return st;
}

shy_status shy_figures_network(const shy_problem *problem, const json_t *front, int best, json_t **network_out)
{
    shy_status st = SHY_OK;
    shy_formulas formulas = {0};
    network n = {0};
    json_t *object = json_object();

    SHY_TRY(shy_formulas_read(front, NULL, 0, &formulas));
    qsort(formulas.formula, (size_t)formulas.count, sizeof *formulas.formula, least_loss);
    n.formulas = formulas.count < best ? formulas.count : best;
    SHY_TRY(gather(&formulas, &n));
    SHY_TRY(write_network(&n, problem, best, object));
    *network_out = object, object = NULL;
out:
    json_decref(object);
    shy_free(&n.first);
    shy_free(&n.factor);
    shy_free(&n.node);
    shy_formulas_free(&formulas);
    return st;
}

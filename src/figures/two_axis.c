/* two_axis.c: pairs of weakly correlated formulas, joined in a model of two terms. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "figures/pair.h"
#include "figures_impl.h"

#define WEAK 0.7 /* correlation below which two formulas are worth a picture */
#define SAME 0.95 /* and above which they say the same */
enum { PARTNERS = 120, FITTED = 8, GIVEN = 6, LARGE = 100000 };

typedef struct {
    int x, y;          /* numbers of formulas */
    double r, explained; /* of the response of the null model, by both */
} candidate;

typedef struct {
    int count;
    candidate *pair;
} candidates;

/* ---- which pairs -------------------------------------------------------------------------------------------------------------- */

static double between(const shy_correlations *c, int a, int b)
{
    return c->r[(size_t)a * (size_t)c->against + (size_t)b];
}

/* R² of a response by two columns, from the correlations of the three. */
static double explained(double a, double b, double r)
{
    const double rest = 1.0 - r * r;
    return rest > 1e-9 ? (a * a + b * b - 2.0 * a * b * r) / rest : NAN;
}

static int best_first(const void *a, const void *b)
{
    const candidate *s = a, *t = b;

    if (s->explained != t->explained) return s->explained > t->explained ? -1 : 1;
    if (s->x != t->x) return s->x < t->x ? -1 : 1;
    return (s->y > t->y) - (s->y < t->y);
}

static int least_correlated_first(const void *a, const void *b)
{
    const candidate *s = a, *t = b;

    if (fabs(s->r) != fabs(t->r)) return fabs(s->r) < fabs(t->r) ? -1 : 1;
    return best_first(a, b);
}

/* Formula x is one of the front. Weak ones are first; without any, all are kept, the least correlated first. */
static shy_status list_pairs(const shy_formulas *formulas, const shy_correlations *c, candidates *all)
{
    shy_status st = SHY_OK;
    int weak = 0;

    SHY_TRY(shy_new((size_t)formulas->fronts * (size_t)formulas->count, sizeof *all->pair, &all->pair));
    for (int x = 0; x < formulas->fronts; x++)
        for (int y = x + 1; y < formulas->count; y++) {
            const double r = between(c, x, y);
            const candidate pair = {x, y, r, explained(c->response[x], c->response[y], r)};
            if (isfinite(r) && isfinite(pair.explained)) all->pair[all->count++] = pair;
        }
    for (int k = 0; k < all->count; k++)
        if (fabs(all->pair[k].r) < WEAK) all->pair[weak++] = all->pair[k];
    if (weak > 0) all->count = weak;
    qsort(all->pair, (size_t)all->count, sizeof *all->pair, weak > 0 ? best_first : least_correlated_first);
    if (weak == 0 && all->count > 1) all->count = 1;
out:
    return st;
}

static bool same_factors(const shy_listed *a, const shy_listed *b)
{
    const json_t *of_a = json_object_get(a->entry, "factors"), *of_b = json_object_get(b->entry, "factors"), *name;
    size_t k, j, common = 0;

    if (json_array_size(of_a) != json_array_size(of_b)) return false;
    json_array_foreach(of_a, k, name)
        for (j = 0; j < json_array_size(of_b); j++) common += json_equal(name, json_array_get(of_b, j)) != 0;
    return common == json_array_size(of_a);
}

static bool alike(const shy_formulas *formulas, const shy_correlations *c, int a, int b)
{
    return a == b || fabs(between(c, a, b)) >= SAME || same_factors(&formulas->formula[a], &formulas->formula[b]);
}

/* Does it say what one of the chosen pairs says? */
static bool repeats(const shy_formulas *f, const shy_correlations *c, const candidates *all, const int *chosen, int count, int k)
{
    const candidate *p = &all->pair[k];

    for (int i = 0; i < count; i++) {
        const candidate *q = &all->pair[chosen[i]];
        if ((alike(f, c, p->x, q->x) && alike(f, c, p->y, q->y)) || (alike(f, c, p->x, q->y) && alike(f, c, p->y, q->x))) return true;
    }
    return false;
}

static int choose(const shy_formulas *f, const shy_correlations *c, const candidates *all, int *chosen)
{
    int count = 0;

    for (int k = 0; k < all->count && count < FITTED; k++)
        if (!repeats(f, c, all, chosen, count, k)) chosen[count++] = k;
    return count;
}

/* ---- fitting -------------------------------------------------------------------------------------------------------------------- */

static int best_metric_first(const void *a, const void *b)
{
    const shy_pair *p = a, *q = b;

    if (p->value != q->value) return (p->larger ? p->value > q->value : p->value < q->value) ? -1 : 1;
    if (p->x->front != q->x->front) return p->x->front < q->x->front ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y); /* both in the same array */
}

static shy_status fit_pairs(const shy_pair_maker *maker, const shy_formulas *formulas, const shy_correlations *c, shy_pair *pair, int *count_out)
{
    shy_status st = SHY_OK;
    candidates all = {0};
    int chosen[FITTED], count = 0;

    SHY_TRY(list_pairs(formulas, c, &all));
    int tried = choose(formulas, c, &all, chosen);
    if (maker->problem->rows.rows > LARGE && tried > GIVEN) tried = GIVEN; /* a fit takes a second then, and the order by explained response is as good */
    for (int k = 0; k < tried; k++) {
        const candidate *p = &all.pair[chosen[k]];
        bool fitted = false;
        pair[count] = (shy_pair){.x = &formulas->formula[p->x], .y = &formulas->formula[p->y], .r = p->r};
        SHY_TRY(shy_pair_fit(maker, &pair[count], &fitted));
        count += fitted;
    }
    qsort(pair, (size_t)count, sizeof *pair, best_metric_first);
    *count_out = count < GIVEN ? count : GIVEN;
out:
    shy_free(&all.pair);
    return st;
}

static shy_status relate(const shy_pair_maker *maker, const shy_formulas *formulas, json_t *list, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    shy_correlations correlations = {0};
    shy_pair pair[FITTED];
    int count = 0;

    SHY_TRY(shy_correlate(formulas, formulas->count, maker->problem, shy_outcome_metric(maker->outcome)->response, &correlations));
    SHY_TRY(fit_pairs(maker, formulas, &correlations, pair, &count));
    for (int k = 0; k < count; k++) {
        json_t *object = json_object();
        SHY_TRY(shy_json_append(list, object));
        SHY_TRY(shy_pair_write(maker, &pair[k], k, object, suppressed));
    }
out:
    shy_correlations_free(&correlations);
    return st;
}

static int lists_of(const json_t *front)
{
    int count = 0;
    const char *complexity;
    json_t *list;

    json_object_foreach(json_object_get(front, "best"), complexity, list) count += json_array_size(list) > 0;
    return count;
}

shy_status shy_figures_two_axis(const shy_figures_input *input, json_t **list_out, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    const int lists = lists_of(input->front), most = lists > 0 ? (PARTNERS + lists - 1) / lists : 1;
    shy_formulas formulas = {0};
    shy_pair_maker maker = {.problem = input->problem, .sdc = input->sdc};
    shy_outcome *own = NULL;
    json_t *list = json_array();
    bool allowed = false;

    if (list == NULL) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory for the pairs of formulas."));
    if (input->problem == NULL || input->problem->data.interaction) goto done; /* a line of two scores says nothing about whom a treatment helps */
    SHY_TRY(shy_formulas_read(input->front, input->problem, most, &formulas));
    SHY_TRY(shy_pair_allowed(&maker, suppressed, &allowed));
    if (!allowed || formulas.fronts == 0) goto done;
    shy_outcome **outcome = input->shared != NULL ? &input->shared->outcome : &own; /* no formula with constants may have needed it so far */
    if (*outcome == NULL) SHY_TRY(shy_problem_outcome(input->problem, outcome));
    maker.outcome = *outcome;
    SHY_TRY(relate(&maker, &formulas, list, suppressed));
done:
    *list_out = list, list = NULL;
out:
    json_decref(list);
    shy_outcome_destroy(&own);
    shy_formulas_free(&formulas);
    return st;
}

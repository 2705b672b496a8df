/* collect_front.c: which searches can be compared, the front of each group of them, and what a p is worth that is the least of many. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/collect.h"

bool shy_collect_larger_is_better(const char *metric)
{
    static const char *const less[] = {"rmse", "deviance", "brier", "ibs"};

    for (size_t i = 0; i < sizeof less / sizeof *less; i++)
        if (strcmp(metric, less[i]) == 0) return false;
    return true;
}

/* ---- groups ---------------------------------------------------------------------------------------------------------------------- */

static int facts_that_differ(const shy_collect_search *a, const shy_collect_search *b)
{
    int differ = 0;

    for (int f = 0; shy_collect_fact_name(f) != NULL; f++) differ += strcmp(a->fact[f], b->fact[f]) != 0;
    return differ;
}

/* Why a group is not joined with the nearest one before it of the same outcome: "samples.where is a, there b; …". */
static shy_status tell_why(const shy_collection *c, shy_collect_group *group)
{
    shy_status st = SHY_OK;
    const shy_collect_search *mine = &c->search[group->first], *other = NULL;
    char *longer = NULL;

    group->other = -1;
    for (int g = 0; g < c->groups; g++) {
        const shy_collect_search *candidate = &c->search[c->group[g].first];
        if (strcmp(candidate->outcome, mine->outcome) != 0) continue;
        if (other == NULL || facts_that_differ(candidate, mine) < facts_that_differ(other, mine)) other = candidate, group->other = g;
    }
    for (int f = 0; other != NULL && shy_collect_fact_name(f) != NULL; f++) {
        const char *here = mine->fact[f], *there = other->fact[f];
        if (strcmp(here, there) == 0) continue;
        SHY_TRY(shy_string_format(&longer, "%s%s%s is %.40s, there %.40s", group->why ? group->why : "", group->why ? "; " : "",
                                  shy_collect_fact_name(f), *here ? here : "not given", *there ? there : "not given"));
        shy_free(&group->why);
        group->why = longer, longer = NULL;
    }
out:
    return st;
}

static shy_status add_to_group(shy_collection *c, int search)
{
    shy_status st = SHY_OK;
    int g = 0;

    while (g < c->groups && facts_that_differ(&c->search[c->group[g].first], &c->search[search]) > 0) g++;
    if (g == c->groups) {
        shy_collect_group group = {.first = search, .least = -1, .best = -1};
        SHY_TRY(shy_grow((size_t)c->groups + 1, sizeof *c->group, &c->group));
        st = tell_why(c, &group);
        c->group[c->groups++] = group;
        if (st != SHY_OK) goto out;
    }
    c->search[search].group = g;
    c->group[g].searches++;
out:
    return st;
}

/* Tasks that are not done but ask for the outcome and samples of this group: they will be searches, and had better be counted already. */
static void count_waiting(const shy_collection *c, int g)
{
    for (int t = 0; t < c->table.rows; t++) {
        bool mine = false;
        for (int s = 0; c->task[t].asked != NULL && s < c->searches && !mine; s++)
            mine = c->search[s].group == g && strcmp(c->search[s].asked, c->task[t].asked) == 0;
        c->group[g].waiting += mine;
    }
}

/* ---- fronts ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const shy_collect_point *point;
    double value; /* less is better */
    shy_collect_place place;
} entry;

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int order;

    if (a->point->complexity != b->point->complexity) return a->point->complexity < b->point->complexity ? -1 : 1;
    if (a->value != b->value) return a->value < b->value ? -1 : 1;
    order = strcmp(a->point->formula, b->point->formula);
    return order != 0 ? order : a->place.search < b->place.search ? -1 : a->place.search > b->place.search;
}

static int list_entries(const shy_collection *c, int g, int metric, entry *list)
{
    int count = 0;
    const double sign = shy_collect_larger_is_better(c->search[c->group[g].first].metric[metric]) ? -1.0 : 1.0;

    for (int s = 0; s < c->searches; s++)
        for (int i = 0; c->search[s].group == g && i < c->search[s].points; i++) {
            const shy_collect_point *point = &c->search[s].point[i];
            if (!isfinite(point->metric[metric])) continue;
            if (list != NULL)
                list[count] = (entry){.point = point, .value = sign * point->metric[metric], .place = {.search = s, .point = i, .tasks = 1}};
            count++;
        }
    return count;
}

/* The same formula from several tasks is one line, which counts them. */
static shy_status make_front(const shy_collection *c, int g, int metric, shy_collect_front *front)
{
    shy_status st = SHY_OK;
    entry *list = NULL;
    const int count = list_entries(c, g, metric, NULL);
    double best = INFINITY;
    const entry *kept = NULL;

    front->metric = metric;
    SHY_TRY(shy_new((size_t)count, sizeof *list, &list));
    SHY_TRY(shy_new((size_t)count, sizeof *front->place, &front->place));
    list_entries(c, g, metric, list);
    qsort(list, (size_t)count, sizeof *list, compare_entries);
    for (int i = 0; i < count; i++) {
        if (kept != NULL && kept->point->complexity == list[i].point->complexity && strcmp(kept->point->formula, list[i].point->formula) == 0)
            front->place[front->places - 1].tasks++;
        if (!(list[i].value < best)) continue;
        best = list[i].value;
        kept = &list[i];
        front->place[front->places++] = list[i].place;
    }
out:
    shy_free(&list);
    return st;
}

/* ---- p of many --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    double p;
    int index;
} ranked;

static int compare_p(const void *left, const void *right)
{
    const ranked *a = left, *b = right;

    if (a->p != b->p) return a->p < b->p ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

shy_status shy_collect_holm(const double *p, int known, int count, double *adjusted_out)
{
    shy_status st = SHY_OK;
    ranked *list = NULL;
    double largest = 0.0;
    int used = 0;

    SHY_TRY(shy_new((size_t)known, sizeof *list, &list));
    for (int i = 0; i < known; i++) {
        adjusted_out[i] = NAN;
        if (isfinite(p[i])) list[used++] = (ranked){p[i], i};
    }
    qsort(list, (size_t)used, sizeof *list, compare_p);
    for (int i = 0; i < used; i++) {
        largest = fmax(largest, fmin((double)(count - i) * list[i].p, 1.0));
        adjusted_out[list[i].index] = largest;
    }
out:
    shy_free(&list);
    return st;
}

static shy_status adjust(shy_collection *c, int g)
{
    shy_status st = SHY_OK;
    shy_collect_group *group = &c->group[g];
    double *p = NULL, *adjusted = NULL;
    int used = 0;
    const int all = group->searches + group->waiting;

    SHY_TRY(shy_new((size_t)group->searches, sizeof *p, &p));
    SHY_TRY(shy_new((size_t)group->searches, sizeof *adjusted, &adjusted));
    group->p_least = group->p_bonferroni = group->p_sidak = NAN;
    for (int s = 0; s < c->searches; s++)
        if (c->search[s].group == g) {
            p[used++] = c->search[s].p;
            if (isfinite(c->search[s].p) && !(group->p_least <= c->search[s].p)) group->p_least = c->search[s].p, group->least = s;
        }
    SHY_TRY(shy_collect_holm(p, used, all, adjusted));
    used = 0;
    for (int s = 0; s < c->searches; s++)
        if (c->search[s].group == g) c->search[s].p_holm = adjusted[used++];
    if (group->least >= 0) {
        group->p_bonferroni = fmin(all * group->p_least, 1.0);
        group->p_sidak = -expm1(all * log1p(-group->p_least));
    }
out:
    shy_free(&p);
    shy_free(&adjusted);
    return st;
}

/* The expected maximum of n values that scatter around the same is at most their standard error times √(2 ln n), however they depend on each other. */
static void find_best(shy_collection *c, int g)
{
    shy_collect_group *group = &c->group[g];
    double best = -INFINITY, error = 0.0;
    int known = 0;
    const double sign = shy_collect_larger_is_better(c->search[group->first].metric[0]) ? 1.0 : -1.0;

    for (int s = 0; s < c->searches; s++) {
        const shy_collect_search *search = &c->search[s];
        if (search->group != g || !isfinite(search->nested)) continue;
        known++;
        if (isfinite(search->error)) error = fmax(error, search->error);
        if (sign * search->nested > best) best = sign * search->nested, group->best = s;
    }
    group->flattered = known > 1 ? error * sqrt(2.0 * log(known)) : 0.0;
}

shy_status shy_collect_join(shy_collection *c)
{
    shy_status st = SHY_OK;

    for (int s = 0; s < c->searches; s++) SHY_TRY(add_to_group(c, s));
    for (int g = 0; g < c->groups; g++) {
        shy_collect_group *group = &c->group[g];
        count_waiting(c, g);
        find_best(c, g);
        SHY_TRY(adjust(c, g));
        for (int m = 0; m < c->search[group->first].metrics; m++) {
            group->fronts = m + 1;
            SHY_TRY(make_front(c, g, m, &group->front[m]));
        }
    }
out:
    return st;
}

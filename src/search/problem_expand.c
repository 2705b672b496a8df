/* Columns become factors: values with a fill, levels, pools of rare levels, indicators of what is missing. */
#include "shy_config.h"

#include <math.h>

#include "problem_impl.h"

const struct shy_recipe *shy_loading_recipe(const struct shy_loading *l, const struct shy_offer *offer)
{
    return offer->recipe < 0 ? NULL : &l->problem->recipe[offer->recipe];
}

const char *shy_loading_name(const struct shy_loading *l, const struct shy_offer *offer)
{
    const struct shy_recipe *recipe = shy_loading_recipe(l, offer);
    return recipe && recipe->name ? recipe->name : shy_cohort_column(l->cohort, offer->column).name;
}

void shy_recipes_free(shy_problem *p)
{
    for (int k = 0; k < p->recipes; k++) {
        shy_free(&p->recipe[k].name);
        shy_free(&p->recipe[k].pooled);
    }
    shy_free(&p->recipe);
    p->recipes = 0;
}

/* ---- lists that grow --------------------------------------------------------------------------------------------- */

struct expansion {
    struct shy_loading *l;
    struct shy_offer *offer; /* the new ones; owned */
    int offered, offer_room, recipe_room;
};

/* Room for one more element, doubled when it is full. */
#define MAKE_ROOM(count, room, array) ((count) < (room) ? SHY_OK : shy_grow(2 * (size_t)(count) + 16, sizeof *(array), &(array)))

static shy_status add_offer(struct expansion *x, const struct shy_source *s, int recipe, enum shy_fate fate)
{
    shy_status st = SHY_OK;

    SHY_TRY(MAKE_ROOM(x->offered, x->offer_room, x->offer));
    if (x->offered >= x->offer_room) x->offer_room = 2 * x->offered + 16;
    x->offer[x->offered++] = (struct shy_offer){.missing = s->missing, .column = s->column, .fate = fate, .recipe = recipe};
out:
    return st;
}

/* A recipe of a source, to which the caller gives its name; and the offer for it. */
static shy_status add_recipe(struct expansion *x, const struct shy_source *s, shy_derived kind, enum shy_fate fate, struct shy_recipe **recipe_out)
{
    shy_status st = SHY_OK;
    shy_problem *p = x->l->problem;

    SHY_TRY(MAKE_ROOM(p->recipes, x->recipe_room, p->recipe));
    if (p->recipes >= x->recipe_room) x->recipe_room = 2 * p->recipes + 16;
    p->recipe[p->recipes] = (struct shy_recipe){.how = {.kind = kind,
                                                        .levels = s->levels,
                                                        .lowest = s->lowest,
                                                        .highest = s->highest,
                                                        .fill = NAN,
                                                        .low = -INFINITY,
                                                        .high = INFINITY,
                                                        .imputed = s->method == SHY_MISSING_MULTIPLE && s->missing > 0 &&
                                                                   kind != SHY_DERIVED_MISSING},
                                                .fills = s->method != SHY_MISSING_COMPLETE && s->missing > 0 && kind != SHY_DERIVED_MISSING};
    *recipe_out = &p->recipe[p->recipes++];
    SHY_TRY(add_offer(x, s, p->recipes - 1, fate));
out:
    return st;
}

/* A derived name must not be that of a column. */
static shy_status check_name(const struct shy_loading *l, const char *name)
{
    if (shy_cohort_find(l->cohort, name) < 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s has a column \"%s\", which would also be the name of a derived factor; rename the column.", l->place, name);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* A fill that stands for most of the values says little. */
static enum shy_fate fate_of(const struct shy_loading *l, const struct shy_source *s)
{
    const double most = l->options->factor.missing_most;
    const bool fills = s->method == SHY_MISSING_MEDIAN || s->method == SHY_MISSING_MULTIPLE;
    const bool sparse = fills && most > 0.0 && (double)s->missing > most * (double)l->candidates;

    return s->missing == l->candidates ? SHY_FATE_EMPTY : sparse ? SHY_FATE_SPARSE : SHY_FATE_USED;
}

static shy_status expand_value(struct expansion *x, const struct shy_source *s, enum shy_fate fate)
{
    shy_status st = SHY_OK;
    struct shy_recipe *recipe = NULL;

    if (!s->ranged && !s->winsorised && !s->ordered && (s->method == SHY_MISSING_COMPLETE || s->missing == 0)) return add_offer(x, s, -1, fate);
    SHY_TRY(add_recipe(x, s, SHY_DERIVED_VALUE, fate, &recipe));
    recipe->winsorised = s->winsorised;
    recipe->counts = s->ordered || shy_cohort_column(x->l->cohort, s->column).kind == SHY_KIND_BINARY;
out:
    return st;
}

/* ---- levels ------------------------------------------------------------------------------------------------------ */

static int most_frequent(const uint64_t *count, int levels)
{
    int most = 0;

    for (int v = 1; v < levels; v++)
        if (count[v] > count[most]) most = v;
    return most;
}

static shy_status expand_level(struct expansion *x, const struct shy_source *s, int level, enum shy_fate fate)
{
    shy_status st = SHY_OK;
    const shy_column about = shy_cohort_column(x->l->cohort, s->column);
    struct shy_recipe *recipe = NULL;

    SHY_TRY(add_recipe(x, s, SHY_DERIVED_LEVEL, fate, &recipe));
    recipe->how.level = level;
    if (recipe->fills) recipe->how.fill = most_frequent(x->l->level_count + s->first_level, s->levels);
    SHY_TRY(shy_string_format(&recipe->name, "%s == %s", about.name, about.level_names[level]));
    SHY_TRY(check_name(x->l, recipe->name));
out:
    return st;
}

static shy_status expand_pool(struct expansion *x, const struct shy_source *s, enum shy_fate fate)
{
    shy_status st = SHY_OK;
    const uint64_t *count = x->l->level_count + s->first_level;
    struct shy_recipe *recipe = NULL;

    SHY_TRY(add_recipe(x, s, SHY_DERIVED_POOL, fate, &recipe));
    SHY_TRY(shy_new((size_t)s->levels, sizeof *recipe->pooled, &recipe->pooled));
    for (int v = 0; v < s->levels; v++) recipe->pooled[v] = count[v] > 0 && count[v] < x->l->rare;
    recipe->how.pooled = recipe->pooled;
    if (recipe->fills) recipe->how.fill = most_frequent(count, s->levels);
    SHY_TRY(shy_string_format(&recipe->name, "%s == (other)", shy_cohort_column(x->l->cohort, s->column).name));
    SHY_TRY(check_name(x->l, recipe->name));
out:
    return st;
}

/* Of two levels one says what the other one says: the second, or that which is no pool. */
static shy_status expand_levels(struct expansion *x, struct shy_source *s, enum shy_fate fate)
{
    shy_status st = SHY_OK;
    const uint64_t *count = x->l->level_count + s->first_level, rare = x->l->rare;
    uint64_t pool = 0;
    int common = 0, few = 0;

    for (int v = 0; v < s->levels; v++) {
        if (count[v] >= rare) common++;
        else if (count[v] > 0) few++, pool += count[v];
    }
    const bool pools = pool >= rare, alone = common + pools == 2 && (few == 0 || pools);
    s->pooled = pools && !alone ? few : 0, s->dropped = pools ? 0 : few;
    for (int v = 0, seen = 0; v < s->levels; v++) {
        if (count[v] < rare || (alone && !pools && seen++ == 0)) continue;
        SHY_TRY(expand_level(x, s, v, fate));
    }
    if (pools && !alone) SHY_TRY(expand_pool(x, s, fate));
out:
    return st;
}

/* ---- what is missing --------------------------------------------------------------------------------------------- */

static shy_status expand_missing(struct expansion *x, const struct shy_source *s)
{
    shy_status st = SHY_OK;
    struct shy_recipe *recipe = NULL;

    if (s->method != SHY_MISSING_INDICATOR || s->missing == 0) return SHY_OK;
    SHY_TRY(add_recipe(x, s, SHY_DERIVED_MISSING, SHY_FATE_USED, &recipe));
    SHY_TRY(shy_string_format(&recipe->name, "missing(%s)", shy_cohort_column(x->l->cohort, s->column).name));
    SHY_TRY(check_name(x->l, recipe->name));
out:
    return st;
}

static shy_status set_aside(struct shy_loading *l, int32_t column)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_grow((size_t)l->aside_count + 1, sizeof *l->aside, &l->aside));
    l->aside[l->aside_count++] = column;
out:
    return st;
}

static shy_status expand_source(struct expansion *x, struct shy_source *s)
{
    shy_status st = SHY_OK;
    const bool levels = shy_cohort_column(x->l->cohort, s->column).kind == SHY_KIND_CATEGORICAL && !s->ordered;
    const enum shy_fate fate = fate_of(x->l, s);

    if (levels && x->l->options->factor.categories == SHY_CATEGORIES_OFF) return set_aside(x->l, s->column);
    if (levels && fate == SHY_FATE_USED) SHY_TRY(expand_levels(x, s, fate));
    else SHY_TRY(expand_value(x, s, fate)); /* a categorical column that is left out is left out once */
    SHY_TRY(expand_missing(x, s));
out:
    return st;
}

shy_status shy_loading_expand(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    struct expansion x = {.l = l};

    for (int k = 0; k < l->sources; k++) SHY_TRY(expand_source(&x, &l->source[k]));
    if (x.offered == 0)
        SHY_TRY(shy_fail(SHY_INPUT,
                         "no factor is left: no level of the categorical columns offered is carried by %llu samples of %s; set factors.rare lower.",
                         (unsigned long long)l->rare, l->place));
    shy_free(&l->offer);
    l->offer = x.offer, x.offer = NULL;
    l->offered = l->problem->offered = x.offered;
    for (int k = 0; k < l->problem->recipes; k++) /* the array has moved while it grew */
        l->problem->recipe[k].how.pooled = l->problem->recipe[k].pooled;
out:
    shy_free(&x.offer);
    return st;
}

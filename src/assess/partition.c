/* Partitions of samples into folds, even in what the outcome says of them. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "partition.h"

enum { PURPOSE_FOLD = 141, PURPOSE_UNIT = 142, PURPOSE_NAME = 143 };
enum { RANGES = 5 }; /* of the values of a class, between which units of several samples are told apart */

/* ---- units --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    double value;
    int32_t sample;
} shy_shared_value;

static int compare_values(const void *a, const void *b)
{
    const shy_shared_value *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->sample > y->sample) - (x->sample < y->sample);
}

static int32_t root_of(int32_t *parent, int32_t i)
{
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

/* Who shares a value has one root, the first of them. */
static shy_status join(size_t n, const double *value, int32_t *parent)
{
    shy_status st = SHY_OK;
    shy_shared_value *sorted = NULL;
    size_t count = 0;
    SHY_TRY(shy_new(n, sizeof *sorted, &sorted));
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i])) sorted[count++] = (shy_shared_value){value[i], (int32_t)i};
    qsort(sorted, count, sizeof *sorted, compare_values);
    for (size_t k = 1; k < count; k++) {
        if (sorted[k].value != sorted[k - 1].value) continue;
        const int32_t a = root_of(parent, sorted[k - 1].sample), b = root_of(parent, sorted[k].sample);
        if (a < b) parent[b] = a;
        else parent[a] = b;
    }
out:
    shy_free(&sorted);
    return st;
}

shy_status shy_partition_units(size_t n, const double *a, const double *b, int32_t *unit_out, size_t *units_out)
{
    shy_status st = SHY_OK;
    int32_t *parent = NULL;
    size_t units = 0;
    SHY_TRY(shy_new(n, sizeof *parent, &parent));
    for (size_t i = 0; i < n; i++) parent[i] = (int32_t)i;
    if (a) SHY_TRY(join(n, a, parent));
    if (b) SHY_TRY(join(n, b, parent));
    for (size_t i = 0; i < n; i++) { /* a root comes before those that have it */
        const int32_t root = root_of(parent, (int32_t)i);
        unit_out[i] = root == (int32_t)i ? (int32_t)units++ : unit_out[root];
    }
    *units_out = units;
out:
    shy_free(&parent);
    return st;
}

/* ---- samples in the order of what they say ------------------------------------------------------------------------------------- */

typedef struct {
    int32_t of;
    int32_t block; /* of as many neighbours as there are folds */
    double value;
    uint64_t key;
    int32_t sample;
} shy_dealt;

static int compare_dealt(const void *a, const void *b)
{
    const shy_dealt *x = a, *y = b;
    if (x->of != y->of) return (uint32_t)x->of < (uint32_t)y->of ? -1 : 1; /* −1 comes last */
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->sample > y->sample) - (x->sample < y->sample);
}

static uint64_t key_of(uint64_t seed, int repeat, uint64_t purpose, uint64_t number)
{
    return shy_random_bits(seed ^ ((uint64_t)repeat * UINT64_C(0x9e3779b97f4a7c15)), purpose, number);
}

/* By class, value and chance. */
static shy_status sort_samples(const shy_partition *p, uint64_t seed, int repeat, shy_dealt **sorted_out)
{
    const shy_status st = shy_new(p->n, sizeof **sorted_out, sorted_out);
    if (st != SHY_OK) return st;
    for (size_t i = 0; i < p->n; i++) {
        const double value = p->value && p->of[i] >= 0 ? p->value[i] : 0.0;
        (*sorted_out)[i] = (shy_dealt){p->of[i], 0, value, key_of(seed, repeat, PURPOSE_FOLD, i), (int32_t)i};
    }
    qsort(*sorted_out, p->n, sizeof **sorted_out, compare_dealt);
    return SHY_OK;
}

/* Blocks of neighbours, shuffled; then folds take turns, through all classes, so that they stay equally large. */
static shy_status deal_samples(const shy_partition *p, uint64_t seed, int repeat, int32_t *fold)
{
    shy_status st = SHY_OK;
    shy_dealt *sorted = NULL;
    SHY_TRY(sort_samples(p, seed, repeat, &sorted));
    size_t first = 0;
    for (size_t k = 0; k < p->n; k++) {
        if (k > 0 && sorted[k].of != sorted[k - 1].of) first = k;
        sorted[k].block = (int32_t)((k - first) / (size_t)p->folds);
    }
    for (size_t k = 0; k < p->n; k++) sorted[k].value = 0.0;
    qsort(sorted, p->n, sizeof *sorted, compare_dealt);
    for (size_t k = 0; k < p->n; k++) fold[sorted[k].sample] = (int32_t)(k % (size_t)p->folds);
out:
    shy_free(&sorted);
    return st;
}

/* ---- units of several samples ------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t key;
    int32_t size, unit; /* size: samples that take part */
} shy_dealt_unit;

static int compare_units(const void *a, const void *b)
{
    const shy_dealt_unit *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

typedef struct {
    const shy_partition *p;
    int cells;              /* classes × ranges; the last one: all that take part */
    int32_t *cell;          /* [n]; −1 */
    double *weight;         /* [cells + 1]: 1/size² */
    double *has;            /* [folds × (cells + 1)] */
    double *brings;         /* [cells + 1]: the unit at hand */
    size_t *start;          /* [units + 1] */
    int32_t *member;        /* [n]: samples by unit */
    shy_dealt_unit *order;  /* [units] */
} shy_units_deal;

static void deal_free(shy_units_deal *d)
{
    shy_free(&d->cell);
    shy_free(&d->weight);
    shy_free(&d->has);
    shy_free(&d->brings);
    shy_free(&d->start);
    shy_free(&d->member);
    shy_free(&d->order);
}

static shy_status deal_allocate(const shy_partition *p, shy_units_deal *d)
{
    shy_status st = SHY_OK;
    *d = (shy_units_deal){.p = p, .cells = p->classes * RANGES};
    const size_t width = (size_t)d->cells + 1U;
    SHY_TRY(shy_new(p->n, sizeof *d->cell, &d->cell));
    SHY_TRY(shy_new(width, sizeof *d->weight, &d->weight));
    SHY_TRY(shy_new(width * (size_t)p->folds, sizeof *d->has, &d->has));
    SHY_TRY(shy_new(width, sizeof *d->brings, &d->brings));
    SHY_TRY(shy_new(p->units + 1U, sizeof *d->start, &d->start));
    SHY_TRY(shy_new(p->n, sizeof *d->member, &d->member));
    SHY_TRY(shy_new(p->units, sizeof *d->order, &d->order));
out:
    return st;
}

/* Class, and range of the value within the class. */
static shy_status find_cells(shy_units_deal *d, uint64_t seed, int repeat)
{
    shy_status st = SHY_OK;
    const shy_partition *p = d->p;
    shy_dealt *sorted = NULL;
    SHY_TRY(sort_samples(p, seed, repeat, &sorted));
    for (size_t first = 0, last; first < p->n; first = last) {
        const int32_t of = sorted[first].of;
        for (last = first; last < p->n && sorted[last].of == of;) last++;
        for (size_t k = first; k < last; k++) {
            const int range = p->value ? (int)((k - first) * RANGES / (last - first)) : 0;
            d->cell[sorted[k].sample] = of < 0 ? -1 : of * RANGES + range;
            if (of >= 0) d->weight[of * RANGES + range] += 1.0, d->weight[d->cells] += 1.0;
        }
    }
    for (int c = 0; c <= d->cells; c++) d->weight[c] = d->weight[c] > 0.0 ? 1.0 / (d->weight[c] * d->weight[c]) : 0.0;
out:
    shy_free(&sorted);
    return st;
}

static void sort_units(shy_units_deal *d, uint64_t seed, int repeat)
{
    const shy_partition *p = d->p;
    for (size_t i = 0; i < p->n; i++) d->start[p->unit[i] + 1]++;
    for (size_t u = 0; u < p->units; u++) {
        d->start[u + 1] += d->start[u];
        d->order[u] = (shy_dealt_unit){key_of(seed, repeat, PURPOSE_UNIT, u), 0, (int32_t)u};
    }
    for (size_t i = p->n; i-- > 0;) { /* the size of a unit counts its members up meanwhile */
        shy_dealt_unit *unit = &d->order[p->unit[i]];
        d->member[d->start[p->unit[i]] + (size_t)unit->size++] = (int32_t)i;
    }
    for (size_t u = 0; u < p->units; u++) {
        d->order[u].size = 0;
        for (size_t k = d->start[u]; k < d->start[u + 1]; k++) d->order[u].size += p->of[d->member[k]] >= 0;
    }
    qsort(d->order, p->units, sizeof *d->order, compare_units);
}

/* The fold that has least of what the unit brings, shares of each cell counted alike. */
static int choose_fold(const shy_units_deal *d)
{
    int best = 0;
    double least = INFINITY;
    for (int f = 0; f < d->p->folds; f++) {
        const double *has = d->has + (size_t)f * ((size_t)d->cells + 1U);
        double cost = 0.0;
        for (int c = 0; c <= d->cells; c++) cost += d->weight[c] * d->brings[c] * has[c];
        if (cost < least) least = cost, best = f;
    }
    return best;
}

static void deal_unit(shy_units_deal *d, int32_t unit, int32_t *fold)
{
    const size_t width = (size_t)d->cells + 1U;
    memset(d->brings, 0, width * sizeof *d->brings);
    for (size_t k = d->start[unit]; k < d->start[unit + 1]; k++) {
        const int32_t cell = d->cell[d->member[k]];
        if (cell >= 0) d->brings[cell] += 1.0, d->brings[d->cells] += 1.0;
    }
    const int chosen = choose_fold(d);
    for (size_t c = 0; c < width; c++) d->has[(size_t)chosen * width + c] += d->brings[c];
    for (size_t k = d->start[unit]; k < d->start[unit + 1]; k++) fold[d->member[k]] = chosen;
}

static shy_status deal_units(const shy_partition *p, uint64_t seed, int repeat, int32_t *fold)
{
    shy_status st = SHY_OK;
    shy_units_deal d;
    SHY_TRY(deal_allocate(p, &d));
    SHY_TRY(find_cells(&d, seed, repeat));
    sort_units(&d, seed, repeat);
    for (size_t u = 0; u < p->units; u++) deal_unit(&d, d.order[u].unit, fold);
out:
    deal_free(&d);
    return st;
}

/* What comes first in turns, and what is left over at the ends of classes, would else be the same folds' each time. */
static shy_status name_folds(const shy_partition *p, uint64_t seed, int repeat, int32_t *fold)
{
    shy_status st = SHY_OK;
    int32_t *name = NULL;
    SHY_TRY(shy_new((size_t)p->folds, sizeof *name, &name));
    for (int f = 0; f < p->folds; f++) {
        const int at = (int)(key_of(seed, repeat, PURPOSE_NAME, (uint64_t)f) % ((uint64_t)f + 1U));
        name[f] = name[at], name[at] = f;
    }
    for (size_t i = 0; i < p->n; i++) fold[i] = name[fold[i]];
out:
    shy_free(&name);
    return st;
}

shy_status shy_partition_make(const shy_partition *p, uint64_t seed, int repeat, int32_t *fold_out)
{
    shy_status st = SHY_OK;
    SHY_TRY(p->units == p->n ? deal_samples(p, seed, repeat, fold_out) : deal_units(p, seed, repeat, fold_out));
    SHY_TRY(name_folds(p, seed, repeat, fold_out));
out:
    return st;
}

/* How far the headline metric can be off: the infinitesimal jackknife. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "judged.h"

/*
 * A metric is a ratio of sums: of what samples add themselves, or in pairs with others. won[i] and all[i] are the derivatives of numerator and denominator
 * by the logarithm of the weight of sample i, so that value's derivative is (won − value·all)/denominator, and the variance is the sum of their squares.
 */
struct parts {
    size_t n;
    double *won, *all;
    double halves;        /* 2 where each pair is counted at both of its samples */
    const int32_t *group; /* [n]: samples that stay together; NULL: each is alone */
};

static void parts_free(struct parts *p)
{
    shy_free(&p->won);
    shy_free(&p->all);
}

static shy_status parts_create(size_t n, double halves, struct parts *p)
{
    shy_status st = SHY_OK;

    *p = (struct parts){.n = n, .halves = halves};
    SHY_TRY(shy_new(n, sizeof *p->won, &p->won));
    SHY_TRY(shy_new(n, sizeof *p->all, &p->all));
out:
    return st;
}

static void interval(double low, double high, shy_estimate *e)
{
    e->low = fmax(e->value - SHY_NORMAL_975 * e->error, low);
    e->high = fmin(e->value + SHY_NORMAL_975 * e->error, high);
    if (isnan(e->error)) e->low = e->high = NAN;
}

/* Of a group, in which all pairs are, what is added up is squared. */
static shy_status sum_squares(const struct parts *p, double ratio, double whole, double *sum_out)
{
    shy_status st = SHY_OK;
    double *sum = NULL, squares = 0.0;
    size_t groups = 0;

    for (size_t i = 0; p->group && i < p->n; i++)
        if ((size_t)p->group[i] >= groups) groups = (size_t)p->group[i] + 1;
    SHY_TRY(shy_new(groups, sizeof *sum, &sum));
    for (size_t i = 0; i < p->n; i++) {
        const double change = (p->won[i] - ratio * p->all[i]) / whole;
        if (p->group) sum[p->group[i]] += change;
        else squares += change * change;
    }
    for (size_t g = 0; g < groups; g++) squares += sum[g] / p->halves * (sum[g] / p->halves); /* a pair within a group counts once */
    *sum_out = squares;
out:
    shy_free(&sum);
    return st;
}

/* The ratio and its standard error. */
static shy_status conclude(const struct parts *p, shy_estimate *e)
{
    shy_status st = SHY_OK;
    double won = 0.0, all = 0.0, squares;

    e->value = e->error = NAN;
    for (size_t i = 0; i < p->n; i++) won += p->won[i], all += p->all[i];
    won /= p->halves, all /= p->halves;
    if (!(all > 0.0)) return SHY_OK;
    e->value = won / all;
    SHY_TRY(sum_squares(p, e->value, all, &squares));
    e->error = sqrt(squares);
out:
    return st;
}

/* ---- shares of variance and deviance ------------------------------------------------------------------------------------------ */

/* The mean, or the rate, of these samples. */
static double own_reference(const struct shy_judged *j)
{
    double y = 0.0, all = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        y += j->weight[k] * j->y[k];
        all += j->weight[k] * (j->kind == SHY_JUDGE_COUNT && j->exposure ? j->exposure[k] : 1.0);
    }
    return y / all;
}

static shy_status explained_share(const struct shy_judged *j, shy_estimate *e)
{
    shy_status st = SHY_OK;
    struct parts p;
    const double reference = own_reference(j);

    SHY_TRY(parts_create(j->n, 1.0, &p));
    for (size_t k = 0; k < j->n; k++) {
        shy_judged_losses(j, k, reference, &p.won[k], &p.all[k]);
        p.won[k] *= j->weight[k], p.all[k] *= j->weight[k];
    }
    SHY_TRY(conclude(&p, e));
    e->value = 1.0 - e->value;
    interval(-INFINITY, 1.0, e);
out:
    parts_free(&p);
    return st;
}

/* ---- pairs of different levels ------------------------------------------------------------------------------------------------- */

/* Weights of the levels: all, of lower scores than the present ones, and of just these. */
struct levels {
    int count;
    double *all, *below, *within, sum;
};

static void add_sample(const struct levels *l, int level, double weight, double *won, double *pairs)
{
    double sum = 0.0;

    for (int k = 0; k < l->count; k++) {
        if (k < level) sum += l->below[k] + 0.5 * l->within[k];
        if (k > level) sum += l->all[k] - l->below[k] - 0.5 * l->within[k];
    }
    *won = weight * sum;
    *pairs = weight * (l->sum - l->all[level]);
}

static double weight_of(const double *weight, size_t i)
{
    return weight ? weight[i] : 1.0;
}

static void count_pairs(size_t n, const double *score, const size_t *order, const double *y, const double *weight, struct levels *l, struct parts *p)
{
    for (size_t i = 0; i < n; i++) l->all[(int)y[i]] += weight_of(weight, i), l->sum += weight_of(weight, i);
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        memset(l->within, 0, (size_t)l->count * sizeof *l->within);
        for (end = begin; end < n && score[order[end]] == score[order[begin]]; end++) l->within[(int)y[order[end]]] += weight_of(weight, order[end]);
        for (size_t k = begin; k < end; k++) {
            const size_t i = order[k];
            add_sample(l, (int)y[i], weight_of(weight, i), &p->won[i], &p->all[i]);
        }
        for (int k = 0; k < l->count; k++) l->below[k] += l->within[k];
    }
}

/* DeLong's variance divides by one less than the cases, and controls, there are. */
static void to_delong(const struct parts *p, const double *y, shy_estimate *e)
{
    double squares[2] = {0.0, 0.0}, count[2] = {0.0, 0.0}, whole = 0.0;

    for (size_t i = 0; i < p->n; i++) whole += p->all[i] / p->halves;
    for (size_t i = 0; i < p->n; i++) {
        const double change = (p->won[i] - e->value * p->all[i]) / whole;
        squares[y[i] != 0.0] += change * change, count[y[i] != 0.0] += 1.0;
    }
    e->error = count[0] > 1.0 && count[1] > 1.0 ? sqrt(squares[0] * count[0] / (count[0] - 1.0) + squares[1] * count[1] / (count[1] - 1.0)) : NAN;
}

shy_status shy_share_estimate(size_t n, const double *score, const size_t *order, const double *y, int levels, const double *weight, shy_estimate *e)
{
    shy_status st = SHY_OK;
    struct parts p = {0};
    struct levels l = {.count = levels};
    double *room = NULL;

    SHY_TRY(shy_new(3 * (size_t)levels, sizeof *room, &room));
    l.all = room, l.below = room + levels, l.within = room + 2 * levels;
    SHY_TRY(parts_create(n, 2.0, &p));
    count_pairs(n, score, order, y, weight, &l, &p);
    e->samples = n;
    SHY_TRY(conclude(&p, e));
    if (!weight && levels == 2 && !isnan(e->value)) to_delong(&p, y, e);
    interval(0.0, 1.0, e);
out:
    parts_free(&p);
    shy_free(&room);
    return st;
}

/* ---- all kinds --------------------------------------------------------------------------------------------------------------------- */

static bool weigh_alike(const struct shy_judged *j)
{
    for (size_t k = 0; k < j->n; k++)
        if (j->weight[k] != j->weight[0]) return false;
    return true;
}

static shy_status concordance(const struct shy_judged *j, shy_estimate *e)
{
    shy_status st = SHY_OK;
    struct parts p = {0};
    const shy_followed followed = shy_judged_followed(j, j->weight);

    SHY_TRY(parts_create(j->n, 2.0, &p));
    if (j->kind == SHY_JUDGE_MATCHED) p.group = j->stratum;
    SHY_TRY(shy_followed_pairs(&followed, j->predictor, p.won, p.all));
    SHY_TRY(conclude(&p, e));
    interval(0.0, 1.0, e);
out:
    parts_free(&p);
    return st;
}

shy_status shy_headline_estimate(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, shy_estimate *estimate_out)
{
    shy_status st = SHY_OK;
    struct shy_judged j = {.n = 0};
    shy_estimate e = {.value = NAN, .error = NAN, .low = NAN, .high = NAN};

    SHY_TRY(shy_judged_create(truth, sample, count, predictor, NULL, &j));
    switch (j.kind) {
    case SHY_JUDGE_CONTINUOUS:
    case SHY_JUDGE_COUNT: SHY_TRY(explained_share(&j, &e)); break;
    case SHY_JUDGE_BINARY:
    case SHY_JUDGE_ORDINAL:
        SHY_TRY(shy_share_estimate(j.n, j.predictor, j.order, j.y, j.kind == SHY_JUDGE_BINARY ? 2 : j.levels, weigh_alike(&j) ? NULL : j.weight, &e));
        break;
    case SHY_JUDGE_SURVIVAL:
    case SHY_JUDGE_MATCHED: SHY_TRY(concordance(&j, &e)); break;
    case SHY_JUDGE_OTHER: break;
    }
    e.samples = j.n;
    *estimate_out = e;
out:
    shy_judged_free(&j);
    return st;
}

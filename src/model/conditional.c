/** The exact conditional likelihood of matched sets with any number of cases, by recursion over subsets. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "partial.h"

/*
 * Subsets of d of the n samples of a set, each sample with odds exp(eta): the sum over all of them grows beyond any number type. So
 * samples are thought to be drawn independently with probabilities p_i of odds exp(eta_i − c), c such that d are expected: what is
 * summed is then the probability of drawing d, not far from its largest possible value, and every partial sum is a probability, too.
 * The smaller group is drawn: where cases are the many, the controls, with −eta.
 */
struct set {
    int begin, count, drawn;     /* positions, and how many are drawn */
    int first, end;              /* those that are */
    double sign, level;          /* of eta; c */
};

#define STEPS 40
#define EXPECTED 0.05 /* the number expected may be off by this */

shy_status shy_conditional_create(const struct shy_follow *f, const struct shy_linear *design,
                                  struct shy_conditional **conditional_out)
{
    shy_status st = SHY_OK;
    struct shy_conditional *c = NULL;
    const size_t p = (size_t)design->most, width = 1 + p + p * (p + 1) / 2;
    size_t drawn = 1, table = 1;

    for (int m = 0; m < f->moments; m++) {
        const size_t all = (size_t)(f->moment[m].end - f->moment[m].begin), cases = (size_t)(f->moment[m].end - f->moment[m].deaths);
        const size_t fewer = cases < all - cases ? cases : all - cases;
        drawn = fewer > drawn ? fewer : drawn;
        if (fewer > 1 && (all + 1) * (fewer + 1) > table) table = (all + 1) * (fewer + 1);
    }
    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->follow = f, c->design = design;
    SHY_TRY(shy_new((size_t)f->n, sizeof(double), &c->eta));
    SHY_TRY(shy_new((size_t)f->n, sizeof(double), &c->odds));
    SHY_TRY(shy_new((drawn + 1) * width, sizeof(double), &c->subsets));
    SHY_TRY(shy_new(table, sizeof(double), &c->table));
    SHY_TRY(shy_new(p, sizeof(double), &c->row));
    SHY_TRY(shy_new(p, sizeof(double), &c->centre));
    *conditional_out = c, c = NULL;
out:
    shy_conditional_destroy(&c);
    return st;
}

void shy_conditional_destroy(struct shy_conditional **conditional)
{
    struct shy_conditional *c = *conditional;

    if (!c) return;
    shy_free(&c->centre);
    shy_free(&c->row);
    shy_free(&c->table);
    shy_free(&c->subsets);
    shy_free(&c->odds);
    shy_free(&c->eta);
    shy_free(conditional);
}

/* False: a set without controls, which says nothing. (One without cases has no moment.) */
static bool set_of(const struct shy_moment *m, struct set *set)
{
    const int controls = m->deaths - m->begin, cases = m->end - m->deaths;

    *set = (struct set){.begin = m->begin, .count = controls + cases, .drawn = cases, .first = m->deaths, .end = m->end, .sign = 1.0};
    if (cases > controls) set->drawn = controls, set->first = m->begin, set->end = m->deaths, set->sign = -1.0;
    return controls > 0;
}

static double logistic(double eta)
{
    const double e = shy_exp(-fabs(eta));

    return (eta >= 0.0 ? 1.0 : e) / (1.0 + e);
}

/* p_i of all samples at level c; how many are expected to be drawn, and its variance. */
static double expect(const struct shy_conditional *c, const struct set *set, double *variance)
{
    double sum = 0.0;

    *variance = 0.0;
    for (int i = set->begin; i < set->begin + set->count; i++) {
        const double p = logistic(set->sign * c->eta[i] - set->level);
        c->odds[i] = p;
        sum += p;
        *variance += p * (1.0 - p);
    }
    return sum;
}

/* Finds c, by Newton's method kept between bounds. */
static void find_level(const struct shy_conditional *c, struct set *set)
{
    const double share = shy_ln((double)set->drawn / (double)(set->count - set->drawn));
    double low = INFINITY, high = -INFINITY, variance;

    for (int i = set->begin; i < set->begin + set->count; i++) {
        low = fmin(low, set->sign * c->eta[i] - share);
        high = fmax(high, set->sign * c->eta[i] - share);
    }
    set->level = 0.5 * (low + high);
    for (int step = 0; step < STEPS; step++) {
        const double excess = expect(c, set, &variance) - (double)set->drawn;
        if (fabs(excess) < EXPECTED) break;
        *(excess > 0.0 ? &low : &high) = set->level;
        const double next = set->level + excess / variance;
        set->level = next > low && next < high ? next : 0.5 * (low + high);
    }
}

/* Where x is measured from, so that variances are not differences of large numbers. */
static void find_centre(const struct shy_conditional *c, const struct set *set, int p)
{
    double all = 0.0;

    memset(c->centre, 0, (size_t)p * sizeof *c->centre);
    for (int i = set->begin; i < set->begin + set->count; i++) {
        all += c->odds[i];
        for (int a = 0; a < p; a++)
            c->centre[a] += c->odds[i] * c->design->q[a][i];
    }
    for (int a = 0; a < p; a++)
        c->centre[a] /= all;
}

/*
 * to = (1 − p) to + p (from with this sample drawn in addition): the probability, the sums of x over what is drawn, of products of these.
 */
static void draw(double *to, const double *from, const double *x, double probability, int p)
{
    double *sum = to + 1, *product = to + 1 + p;
    const double *from_sum = from + 1, *from_product = from + 1 + p;

    to[0] = (1.0 - probability) * to[0] + probability * from[0];
    for (int a = 0; a < p; a++) {
        sum[a] = (1.0 - probability) * sum[a] + probability * (from_sum[a] + x[a] * from[0]);
        for (int b = 0; b <= a; b++, product++, from_product++)
            *product = (1.0 - probability) * *product +
                       probability * (*from_product + x[a] * from_sum[b] + x[b] * from_sum[a] + x[a] * x[b] * from[0]);
    }
}

/* subsets[k] = of drawing k of the set; only what can still become `drawn` in the end is kept up to date. */
static void draw_all(const struct shy_conditional *c, const struct set *set, int p)
{
    const int width = 1 + p + p * (p + 1) / 2;

    memset(c->subsets, 0, ((size_t)set->drawn + 1) * (size_t)width * sizeof *c->subsets);
    c->subsets[0] = 1.0;
    for (int i = 0; i < set->count; i++) {
        const int position = set->begin + i, left = set->count - 1 - i;
        const double probability = c->odds[position];
        for (int a = 0; a < p; a++)
            c->row[a] = c->design->q[a][position] - c->centre[a];
        for (int k = i + 1 < set->drawn ? i + 1 : set->drawn; k >= 1 && k >= set->drawn - left; k--)
            draw(c->subsets + k * width, c->subsets + (k - 1) * width, c->row, probability, p);
        if (set->drawn - left > 0) continue;
        for (int w = 0; w < width; w++)
            c->subsets[w] *= 1.0 - probability; /* nobody drawn: its sums are 0 */
    }
}

static void add_set(const struct shy_conditional *c, struct set *set, double *value, double *gradient, double *information)
{
    const int p = c->design->columns, width = 1 + p + p * (p + 1) / 2;
    double logs = 0.0;

    find_level(c, set);
    find_centre(c, set, p);
    draw_all(c, set, p);
    const double *drawn = c->subsets + set->drawn * width, *product = drawn + 1 + p;
    for (int i = set->begin; i < set->begin + set->count; i++) {
        const double eta = set->sign * c->eta[i] - set->level;
        logs += fmax(eta, 0.0) + shy_log_of_one_plus(shy_exp(-fabs(eta)));
    }
    *value -= shy_ln(drawn[0]) + logs;
    for (int i = set->first; i < set->end; i++)
        *value += set->sign * c->eta[i] - set->level;
    for (int a = 0; a < p; a++) {
        double observed = 0.0;
        for (int i = set->first; i < set->end; i++)
            observed += c->design->q[a][i] - c->centre[a];
        gradient[a] += set->sign * (observed - drawn[1 + a] / drawn[0]);
        for (int b = 0; b <= a; b++)
            information[a * p + b] += *product++ / drawn[0] - drawn[1 + a] / drawn[0] * (drawn[1 + b] / drawn[0]);
    }
}

void shy_conditional_likelihood(void *context, const double *beta, double *value, double *gradient, double *information)
{
    const struct shy_conditional *c = context;
    const int p = c->design->columns;
    struct set set;

    *value = 0.0;
    memset(gradient, 0, (size_t)p * sizeof *gradient);
    memset(information, 0, (size_t)p * (size_t)p * sizeof *information);
    shy_linear_predict(c->design, beta, c->eta);
    for (int m = 0; m < c->follow->moments; m++)
        if (set_of(&c->follow->moment[m], &set)) add_set(c, &set, value, gradient, information);
}

/* Row i of the table: the probabilities of drawing 0 … drawn of the samples from i on. */
static void tabulate(const struct shy_conditional *c, const struct set *set)
{
    const int width = set->drawn + 1;

    memset(c->table, 0, (size_t)(set->count + 1) * (size_t)width * sizeof *c->table);
    c->table[set->count * width] = 1.0;
    for (int i = set->count - 1; i >= 0; i--) {
        const double p = c->odds[set->begin + i], *from = c->table + (i + 1) * width;
        double *to = c->table + i * width;
        to[0] = (1.0 - p) * from[0];
        for (int k = 1; k < width; k++)
            to[k] = (1.0 - p) * from[k] + p * from[k - 1];
    }
}

/* P(i is drawn | so many are) = p_i · sum over k of P(k before i) P(drawn − 1 − k after i) / P(drawn) */
static void probabilities(const struct shy_conditional *c, const struct set *set, double *probability)
{
    const int width = set->drawn + 1;
    double *before = c->subsets;

    tabulate(c, set);
    memset(before, 0, (size_t)width * sizeof *before);
    before[0] = 1.0;
    for (int i = 0; i < set->count; i++) {
        const double p = c->odds[set->begin + i], *after = c->table + (i + 1) * width;
        double sum = 0.0;
        for (int k = 0; k < set->drawn; k++)
            sum += before[k] * after[set->drawn - 1 - k];
        probability[set->begin + i] = p * sum / c->table[set->drawn];
        for (int k = set->drawn; k >= 1; k--)
            before[k] = (1.0 - p) * before[k] + p * before[k - 1];
        before[0] *= 1.0 - p;
    }
}

/* One drawn: p_i in proportion to the exponentials. */
static void probabilities_of_one(const struct shy_conditional *c, const struct set *set, double *probability)
{
    double top = -INFINITY, sum = 0.0;

    for (int i = set->begin; i < set->begin + set->count; i++)
        top = fmax(top, set->sign * c->eta[i]);
    for (int i = set->begin; i < set->begin + set->count; i++)
        sum += probability[i] = shy_exp(set->sign * c->eta[i] - top);
    for (int i = set->begin; i < set->begin + set->count; i++)
        probability[i] /= sum;
}

void shy_conditional_residuals(const struct shy_conditional *c, double *residual)
{
    const struct shy_follow *f = c->follow;
    struct set set;

    memset(residual, 0, (size_t)f->n * sizeof *residual);
    for (int m = 0; m < f->moments; m++) {
        if (!set_of(&f->moment[m], &set)) continue;
        if (set.drawn == 1) {
            probabilities_of_one(c, &set, residual);
        } else {
            find_level(c, &set);
            probabilities(c, &set, residual);
        }
        for (int i = set.begin; i < set.begin + set.count; i++)
            residual[i] = set.sign * ((i >= set.first && i < set.end) - residual[i]);
    }
}

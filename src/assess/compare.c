/* The difference of two predictions of the same held-out samples, with its uncertainty. */
#include "shy_config.h"

#include <math.h>

#include "judged.h"

#define PURPOSE_COMPARE (UINT64_C(0x61737365737301))

/* Samples of a fold as both predictions judge them. */
struct fold {
    struct shy_judged a, b;
    double reference, value_a, value_b;
};

struct shy_comparison {
    const shy_truth *truth;
    const shy_folds *folds;
    struct fold *fold; /* [folds->sets] */
    int known;         /* folds with a value */
    double *part;      /* [n]: what a sample adds to the difference (DeLong); its random weight (bootstrap) */
    double *weight;    /* [n], work */
    const int32_t *cluster;
    int clusters;      /* that are in known folds; 0: samples are independent of each other */
    int rounds;        /* of the bootstrap; 0: DeLong */
    uint64_t seed;
};

static bool is_known(const struct fold *f)
{
    return !isnan(f->value_a) && !isnan(f->value_b);
}

void shy_comparison_free(shy_comparison **comparison)
{
    shy_comparison *c = *comparison;

    if (!c) return;
    for (int t = 0; c->fold && t < c->folds->sets; t++) {
        shy_judged_free(&c->fold[t].a);
        shy_judged_free(&c->fold[t].b);
    }
    shy_free(&c->fold);
    shy_free(&c->part);
    shy_free(&c->weight);
    shy_free(comparison);
}

/* sample: room for n numbers. */
static shy_status judge_fold(const shy_comparison *c, int t, const double *a, const double *b, const double *reference, size_t *sample)
{
    shy_status st = SHY_OK;
    struct fold *f = &c->fold[t];
    const size_t start = (size_t)(t / c->folds->folds) * c->truth->n;

    f->reference = reference ? reference[t] : shy_reference(c->truth, sample, shy_fold_samples(c->truth, c->folds, t, true, sample));
    const size_t count = shy_fold_samples(c->truth, c->folds, t, false, sample);
    SHY_TRY(shy_judged_create(c->truth, sample, count, a + start, b + start, &f->a));
    SHY_TRY(shy_judged_create(c->truth, sample, count, b + start, a + start, &f->b));
    SHY_TRY(shy_judged_headline(&f->a, f->a.weight, f->reference, &f->value_a));
    SHY_TRY(shy_judged_headline(&f->b, f->b.weight, f->reference, &f->value_b));
out:
    return st;
}

static shy_status judge(shy_comparison *c, const double *a, const double *b, const double *reference)
{
    shy_status st = SHY_OK;
    size_t *sample = NULL;

    SHY_TRY(shy_new((size_t)c->folds->sets, sizeof *c->fold, &c->fold));
    SHY_TRY(shy_new(c->truth->n, sizeof *c->part, &c->part));
    SHY_TRY(shy_new(c->truth->n, sizeof *c->weight, &c->weight));
    SHY_TRY(shy_new(c->truth->n, sizeof *sample, &sample));
    for (int t = 0; t < c->folds->sets; t++) {
        SHY_TRY(judge_fold(c, t, a, b, reference, sample));
        c->known += is_known(&c->fold[t]);
    }
out:
    shy_free(&sample);
    return st;
}

/* ---- DeLong ------------------------------------------------------------------------------------------------------------- */

/* Squares of what samples differ from the mean of their class and fold, pooled over the folds: for classes of one, of which nothing is known. */
struct pooled {
    double squares[2], freedom[2];
    double lone[2]; /* Σ 1/m² of such classes */
};

/* difference[k] := V_b − V_a of the fold's samples, less its mean in the class; count[class]. */
static shy_status differ(const struct fold *f, double *difference, double count[2])
{
    shy_status st = SHY_OK;
    double *placement = NULL, mean[2] = {0.0, 0.0};
    const double *score[2] = {f->a.predictor, f->b.predictor};
    const size_t n = f->a.n;

    SHY_TRY(shy_new(2U * n, sizeof *placement, &placement));
    SHY_TRY(shy_placements(n, f->a.y, 2, score, placement));
    count[0] = count[1] = 0.0;
    for (size_t k = 0; k < n; k++) {
        const int class = f->a.y[k] != 0.0;
        difference[k] = placement[n + k] - placement[k];
        mean[class] += difference[k];
        count[class] += 1.0;
    }
    for (size_t k = 0; k < n; k++) {
        const int class = f->a.y[k] != 0.0;
        difference[k] -= mean[class] / count[class];
    }
out:
    shy_free(&placement);
    return st;
}

static shy_status add_fold(const shy_comparison *c, const struct fold *f, struct pooled *pooled)
{
    shy_status st = SHY_OK;
    double count[2];

    SHY_TRY(differ(f, c->weight, count));
    for (size_t k = 0; k < f->a.n; k++) {
        const int class = f->a.y[k] != 0.0;
        const double m = count[class];
        pooled->squares[class] += c->weight[k] * c->weight[k];
        if (m > 1.0) c->part[f->a.sample[k]] += c->weight[k] / sqrt(m * (m - 1.0));
    }
    for (int class = 0; class < 2; class++) {
        pooled->freedom[class] += count[class] - 1.0;
        if (count[class] == 1.0) pooled->lone[class] += 1.0;
    }
out:
    return st;
}

static shy_status delong(const shy_comparison *c, double *error_out)
{
    shy_status st = SHY_OK;
    struct pooled pooled = {{0.0, 0.0}, {0.0, 0.0}, {0.0, 0.0}};
    double sum = 0.0;

    for (int t = 0; t < c->folds->sets; t++)
        if (is_known(&c->fold[t])) SHY_TRY(add_fold(c, &c->fold[t], &pooled));
    for (size_t i = 0; i < c->truth->n; i++)
        sum += c->part[i] * c->part[i];
    for (int class = 0; class < 2; class++)
        if (pooled.lone[class] > 0.0) sum += pooled.lone[class] * pooled.squares[class] / pooled.freedom[class];
    *error_out = sqrt(sum) / c->known;
out:
    return st;
}

/* ---- bootstrap -------------------------------------------------------------------------------------------------------------- */

/* Exponential weights of mean 1. A pair of a matched set counts with the product of two weights, so the set's is divided among them. */
static void draw(const shy_comparison *c, int round)
{
    const bool sets = shy_judge_of(c->truth->ops) == SHY_JUDGE_MATCHED && c->truth->stratum;

    for (size_t i = 0; i < c->truth->n; i++) {
        const uint64_t unit = c->cluster ? (uint64_t)c->cluster[i] : sets ? (uint64_t)c->truth->stratum[i] : (uint64_t)i;
        const double weight = -log(shy_random_uniform(c->seed, PURPOSE_COMPARE, (uint64_t)round * c->truth->n + unit));
        c->part[i] = sets ? sqrt(weight) : weight;
    }
}

static shy_status reweigh(const shy_comparison *c, const struct shy_judged *j, double reference, double *value_out)
{
    for (size_t k = 0; k < j->n; k++)
        c->weight[k] = j->weight[k] * c->part[j->sample[k]];
    return shy_judged_headline(j, c->weight, reference, value_out);
}

/*
 * The mean random weight of a fold's samples. A fold may be one cluster, whose weight changes nothing within it: then only what differs from fold to fold
 * tells how much clusters differ.
 */
static double fold_weight(const shy_comparison *c, const struct shy_judged *j)
{
    double drawn = 0.0, whole = 0.0;

    if (c->clusters == 0) return 1.0;
    for (size_t k = 0; k < j->n; k++) {
        drawn += j->weight[k] * c->part[j->sample[k]];
        whole += j->weight[k];
    }
    return drawn / whole;
}

static shy_status difference_once(const shy_comparison *c, double *difference_out)
{
    shy_status st = SHY_OK;
    double sum = 0.0, all = 0.0, a, b;

    for (int t = 0; t < c->folds->sets; t++) {
        const struct fold *f = &c->fold[t];
        if (!is_known(f)) continue;
        SHY_TRY(reweigh(c, &f->a, f->reference, &a));
        SHY_TRY(reweigh(c, &f->b, f->reference, &b));
        const double weight = fold_weight(c, &f->a);
        sum += weight * (b - a);
        all += weight;
    }
    *difference_out = sum / all;
out:
    return st;
}

/* R's type 7 of numbers in ascending order. */
static double quantile(const double *value, const size_t *order, int count, double share)
{
    const double at = share * (count - 1), rest = at - floor(at);
    const int low = (int)floor(at), high = low + 1 < count ? low + 1 : low;

    return value[order[low]] + rest * (value[order[high]] - value[order[low]]);
}

static void summarise(const double *value, const size_t *order, int count, shy_difference *d)
{
    double mean = 0.0, squares = 0.0;

    for (int k = 0; k < count; k++)
        mean += value[k] / count;
    for (int k = 0; k < count; k++)
        squares += (value[k] - mean) * (value[k] - mean);
    d->error = sqrt(squares / (count - 1));
    d->low = quantile(value, order, count, 0.025);
    d->high = quantile(value, order, count, 0.975);
}

/* Clusters in known folds. */
static shy_status count_clusters(shy_comparison *c)
{
    shy_status st = SHY_OK;
    uint8_t *seen = NULL;

    SHY_TRY(shy_new(c->truth->n, 1, &seen));
    for (int t = 0; t < c->folds->sets; t++) {
        const struct shy_judged *j = &c->fold[t].a;
        for (size_t k = 0; is_known(&c->fold[t]) && k < j->n; k++) {
            const int32_t own = c->cluster[j->sample[k]];
            c->clusters += !seen[own];
            seen[own] = 1;
        }
    }
out:
    shy_free(&seen);
    return st;
}

/* Random weights of k clusters leave a variance that is too small by (k − 1)/(k + 1), which matters for the few that sites are. */
static void widen(int clusters, shy_difference *d)
{
    const double factor = clusters > 1 ? sqrt((clusters + 1.0) / (clusters - 1.0)) : NAN;

    d->error *= factor;
    d->low = d->difference + factor * (d->low - d->difference);
    d->high = d->difference + factor * (d->high - d->difference);
}

int shy_comparison_rounds(const shy_comparison *c)
{
    return c->rounds;
}

shy_status shy_comparison_round(const shy_comparison *c, int round, double *difference_out)
{
    draw(c, round);
    return difference_once(c, difference_out);
}

static shy_status bootstrap(const shy_comparison *c, const double *value, shy_difference *d)
{
    shy_status st = SHY_OK;
    size_t *order = NULL, *spare = NULL;

    SHY_TRY(shy_new((size_t)c->rounds, sizeof *order, &order));
    SHY_TRY(shy_new((size_t)c->rounds, sizeof *spare, &spare));
    shy_sort_order(value, (size_t)c->rounds, order, spare);
    summarise(value, order, c->rounds, d);
    d->resamples = c->rounds;
    if (c->cluster) widen(c->clusters, d);
out:
    shy_free(&order);
    shy_free(&spare);
    return st;
}

/* ---- both --------------------------------------------------------------------------------------------------------------------- */

int shy_resamples(size_t n)
{
    const double fit = 2e7 / ((double)n + 1.0);

    return fit > 1000.0 ? 1000 : fit < 200.0 ? 200 : (int)fit;
}

static bool plain_binary(const shy_truth *truth)
{
    if (shy_judge_of(truth->ops) != SHY_JUDGE_BINARY) return false;
    for (size_t i = 0; truth->weight && i < truth->n; i++)
        if (truth->weight[i] != 0.0 && truth->weight[i] != 1.0) return false;
    return true;
}

static void average(const shy_comparison *c, shy_difference *d)
{
    d->a = d->b = 0.0;
    for (int t = 0; t < c->folds->sets; t++) {
        if (!is_known(&c->fold[t])) continue;
        d->a += c->fold[t].value_a / c->known;
        d->b += c->fold[t].value_b / c->known;
    }
    d->difference = d->b - d->a;
}

/* A difference that does not vary is 0 for sure, or tells nothing. */
static double chance(const shy_difference *d)
{
    if (d->error > 0.0) return shy_normal_two_sided(d->difference / d->error);
    return d->difference == 0.0 ? 1.0 : NAN;
}

static shy_status spread_of(const shy_comparison *c, const double *round, shy_difference *d)
{
    shy_status st = SHY_OK;

    d->method = c->rounds == 0 ? SHY_BY_DELONG : SHY_BY_BOOTSTRAP;
    if (d->method == SHY_BY_DELONG) {
        SHY_TRY(delong(c, &d->error));
        d->low = d->difference - SHY_NORMAL_975 * d->error;
        d->high = d->difference + SHY_NORMAL_975 * d->error;
    } else {
        SHY_TRY(bootstrap(c, round, d));
    }
    d->p = chance(d);
out:
    return st;
}

shy_status shy_comparison_create(const shy_truth *truth, const shy_folds *folds, const double *predictor_a, const double *predictor_b,
                                 const double *reference, const int32_t *cluster, int resamples, uint64_t seed, shy_comparison **comparison_out)
{
    shy_status st = SHY_OK;
    shy_comparison *c = NULL;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->truth = truth, c->folds = folds, c->cluster = cluster, c->seed = seed;
    SHY_TRY(judge(c, predictor_a, predictor_b, reference));
    if (c->known > 0 && (cluster || !plain_binary(truth))) c->rounds = resamples > 1 ? resamples : shy_resamples(truth->n);
    if (c->rounds > 0 && cluster) SHY_TRY(count_clusters(c));
    *comparison_out = c, c = NULL;
out:
    shy_comparison_free(&c);
    return st;
}

shy_status shy_comparison_end(const shy_comparison *c, const double *round, shy_difference *difference_out)
{
    shy_status st = SHY_OK;
    shy_difference d = {.a = NAN, .b = NAN, .difference = NAN, .error = NAN, .low = NAN, .high = NAN, .p = NAN, .folds = c->known};

    if (c->known > 0) {
        average(c, &d);
        SHY_TRY(spread_of(c, round, &d));
    }
    *difference_out = d;
out:
    return st;
}

shy_status shy_compare(const shy_truth *truth, const shy_folds *folds, const double *predictor_a, const double *predictor_b,
                       const double *reference, const int32_t *cluster, int resamples, uint64_t seed, shy_difference *difference_out)
{
    shy_status st = SHY_OK;
    shy_comparison *c = NULL;
    double *round = NULL;

    SHY_TRY(shy_comparison_create(truth, folds, predictor_a, predictor_b, reference, cluster, resamples, seed, &c));
    SHY_TRY(shy_new((size_t)c->rounds, sizeof *round, &round));
    for (int k = 0; k < c->rounds; k++)
        SHY_TRY(shy_comparison_round(c, k, &round[k]));
    SHY_TRY(shy_comparison_end(c, round, difference_out));
out:
    shy_free(&round);
    shy_comparison_free(&c);
    return st;
}

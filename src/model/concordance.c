/** Concordance of a score with survival: comparable pairs counted in a Fenwick tree over the ranks of the score. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "follow.h"

struct tree {
    double *sum; /* sum[k]: weights of the ranks k − (k & −k) + 1 … k */
    int ranks;
    double all;
};

static void change(struct tree *t, int rank, double weight)
{
    t->all += weight;
    for (int k = rank; k <= t->ranks; k += k & -k)
        t->sum[k] += weight;
}

static double up_to(const struct tree *t, int rank)
{
    double sum = 0.0;

    for (int k = rank; k > 0; k -= k & -k)
        sum += t->sum[k];
    return sum;
}

static void clear(struct tree *t, const int *rank, int begin, int end)
{
    for (int i = begin; i < end; i++)
        for (int k = rank[i]; k <= t->ranks; k += k & -k)
            t->sum[k] = 0.0;
    t->all = 0.0;
}

/* Ranks from 1; equal scores share one. Returns the highest. */
static int rank_scores(const double *score, int n, const struct shy_concordance_space *space)
{
    int rank = 0;

    shy_order(score, n, space->order, space->spare);
    for (int k = 0; k < n; k++) {
        if (k == 0 || score[space->order[k]] != score[space->order[k - 1]]) rank++;
        space->rank[space->order[k]] = rank;
    }
    return rank;
}

/* Twice what one who dies wins against those in the tree, and the weight of these. */
struct count {
    double twice, pairs;
};

static struct count count_moment(const struct shy_follow *f, const struct shy_moment *m, int left, const int *rank,
                                 struct tree *t)
{
    struct count count = {0.0, 0.0};

    for (int i = m->begin; i < m->deaths; i++)
        if (!f->entry || f->entry[i] < m->time) change(t, rank[i], f->weight[i]);
    for (int k = left; k < m->left; k++)
        if (f->leaving[k] < m->begin) change(t, rank[f->leaving[k]], -f->weight[f->leaving[k]]);
    for (int i = m->deaths; i < m->end; i++) {
        count.twice += f->weight[i] * (up_to(t, rank[i] - 1) + up_to(t, rank[i]));
        count.pairs += f->weight[i] * t->all;
    }
    for (int i = m->deaths; i < m->end; i++)
        change(t, rank[i], f->weight[i]);
    return count;
}

static double share(double twice, double pairs)
{
    return pairs > 0.0 ? fmin(0.5 * twice / pairs, 1.0) : 0.5; /* both are rounded */
}

void shy_concordance(const struct shy_follow *f, const double *score, const double *moment_weight,
                     const struct shy_concordance_space *space, double *plain_out, double *weighted_out)
{
    struct tree tree = {.sum = space->tree, .ranks = rank_scores(score, f->n, space)};
    struct count plain = {0.0, 0.0}, weighted = {0.0, 0.0};

    memset(space->tree, 0, ((size_t)f->n + 1) * sizeof *space->tree);
    for (int s = 0, m = 0; s < f->strata; s++) {
        int left = f->start[s];
        for (; m < f->moment_start[s + 1]; m++) {
            const struct count here = count_moment(f, &f->moment[m], left, space->rank, &tree);
            const double weight = moment_weight ? moment_weight[m] : 0.0;
            left = f->moment[m].left;
            plain.twice += here.twice, plain.pairs += here.pairs;
            weighted.twice += weight * here.twice, weighted.pairs += weight * here.pairs;
        }
        clear(&tree, space->rank, f->start[s], f->start[s + 1]);
    }
    *plain_out = share(plain.twice, plain.pairs);
    if (moment_weight) *weighted_out = share(weighted.twice, weighted.pairs);
}

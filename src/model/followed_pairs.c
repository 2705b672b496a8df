/** Concordance of a score with survival, sample by sample: what each wins as the one who dies, and as one who lives on. */
#include "shy_config.h"

#include <string.h>

#include "followed.h"

/* Weights by rank of the score, a Fenwick tree. */
struct ranked {
    const struct shy_follow *follow;
    int *rank, ranks; /* by position, from 1 */
    double *sum, all;
    double *won, *pairs; /* by position */
};

static void change(struct ranked *r, int position, double sign)
{
    const double weight = sign * r->follow->weight[position];

    r->all += weight;
    for (int k = r->rank[position]; k <= r->ranks; k += k & -k) r->sum[k] += weight;
}

static double up_to(const struct ranked *r, int rank)
{
    double sum = 0.0;

    for (int k = rank; k > 0; k -= k & -k) sum += r->sum[k];
    return sum;
}

static void empty(struct ranked *r)
{
    memset(r->sum, 0, ((size_t)r->ranks + 1) * sizeof *r->sum);
    r->all = 0.0;
}

/* With those in the tree, of whom the right ones have a lower score, or else a higher one. */
static void compare(const struct ranked *r, int position, bool lower, double sign)
{
    const double weight = sign * r->follow->weight[position], low = 0.5 * (up_to(r, r->rank[position] - 1) + up_to(r, r->rank[position]));

    r->won[position] += weight * (lower ? low : r->all - low);
    r->pairs[position] += weight * r->all;
}

/* ---- who dies: the tree has those at risk then, from the last time on -------------------------------------------------- */

static void die(struct ranked *r, int stratum)
{
    const struct shy_follow *f = r->follow;
    int left = f->start[stratum];

    empty(r);
    for (int m = f->moment_start[stratum]; m < f->moment_start[stratum + 1]; m++) {
        const struct shy_moment *at = &f->moment[m];
        for (int p = at->begin; p < at->deaths; p++)
            if (!f->entry || f->entry[p] < at->time) change(r, p, 1.0);
        for (; left < at->left; left++)
            if (f->leaving[left] < at->begin) change(r, f->leaving[left], -1.0);
        for (int p = at->deaths; p < at->end; p++) compare(r, p, true, 1.0);
        for (int p = at->deaths; p < at->end; p++) change(r, p, 1.0);
    }
}

/* ---- who lives on: the tree has the deaths, from the first time on ------------------------------------------------------- */

/* Deaths by the time of entry are none of its pairs. *next: of follow->leaving, the latest entry among those that are not done. */
static void leave_out(struct ranked *r, int stratum, bool all, double time, int *next)
{
    const struct shy_follow *f = r->follow;

    for (; f->leaving && *next >= f->start[stratum]; (*next)--) {
        const int position = f->leaving[*next];
        if (!all && !(f->entry[position] < time)) return;
        compare(r, position, false, -1.0);
    }
}

static void live(struct ranked *r, int stratum)
{
    const struct shy_follow *f = r->follow;
    int next = f->start[stratum + 1] - 1;

    empty(r);
    for (int p = f->start[stratum + 1] - 1, first; p >= f->start[stratum]; p = first - 1) {
        first = p;
        compare(r, p, false, 1.0);
        if (!f->event[p]) continue;
        while (first > f->start[stratum] && f->event[first - 1] && f->time[first - 1] == f->time[p]) compare(r, --first, false, 1.0);
        leave_out(r, stratum, false, f->time[p], &next);
        for (int q = first; q <= p; q++) change(r, q, 1.0);
    }
    leave_out(r, stratum, true, 0.0, &next);
}

/* ---- both ------------------------------------------------------------------------------------------------------------------ */

/* Ranks from 1; equal scores share one. */
static shy_status rank_scores(struct ranked *r, const double *score)
{
    shy_status st = SHY_OK;
    const struct shy_follow *f = r->follow;
    double *own = NULL;
    int *order = NULL, *spare = NULL;

    SHY_TRY(shy_new((size_t)f->n, sizeof *own, &own));
    SHY_TRY(shy_new((size_t)f->n, sizeof *order, &order));
    SHY_TRY(shy_new((size_t)f->n, sizeof *spare, &spare));
    for (int p = 0; p < f->n; p++) own[p] = score[f->sample[p]];
    shy_order(own, f->n, order, spare);
    for (int k = 0; k < f->n; k++) {
        if (k == 0 || own[order[k]] != own[order[k - 1]]) r->ranks++;
        r->rank[order[k]] = r->ranks;
    }
out:
    shy_free(&own);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

static shy_status ranked_create(const struct shy_follow *f, const double *score, struct ranked *r)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)f->n;

    *r = (struct ranked){.follow = f};
    SHY_TRY(shy_new(n, sizeof *r->rank, &r->rank));
    SHY_TRY(shy_new(n + 1, sizeof *r->sum, &r->sum));
    SHY_TRY(shy_new(n, sizeof *r->won, &r->won));
    SHY_TRY(shy_new(n, sizeof *r->pairs, &r->pairs));
    SHY_TRY(rank_scores(r, score));
out:
    return st;
}

static void ranked_free(struct ranked *r)
{
    shy_free(&r->rank);
    shy_free(&r->sum);
    shy_free(&r->won);
    shy_free(&r->pairs);
}

shy_status shy_followed_pairs(const shy_followed *data, const double *score, double *won_out, double *pairs_out)
{
    shy_status st = SHY_OK;
    struct shy_plain plain = {.one = NULL};
    struct shy_follow *f = NULL;
    struct ranked r = {0};

    SHY_TRY(shy_plain_take(data, &plain));
    SHY_TRY(shy_follow_create(&plain.data, &f));
    SHY_TRY(ranked_create(f, score, &r));
    for (int s = 0; s < f->strata; s++) die(&r, s), live(&r, s);
    for (size_t i = 0; i < data->n; i++) won_out[i] = pairs_out[i] = 0.0;
    for (int p = 0; p < f->n; p++) won_out[f->sample[p]] = r.won[p], pairs_out[f->sample[p]] = r.pairs[p];
out:
    ranked_free(&r);
    shy_follow_destroy(&f);
    shy_plain_release(&plain);
    return st;
}

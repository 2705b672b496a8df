/* Cuts the whole work into jobs, long ones first and ever shorter ones later, and numbers them. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search_impl.h"

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

/*
 * Jobs take longer or shorter than predicted, so what is dealt last must be short: the first round takes most of the work in long
 * jobs, the next two ever less in ever shorter ones. Each leaves enough to the rounds after it for the groups that were late
 * with its last jobs to be waited for with work: the spread is about one job, and a group works off several of the next round.
 *
 * Rank 0 must keep up: in the time of a job it answers every group once. If it works itself, it may spend 1 % of its time on
 * that, and a job is as many times longer as `answers` says: 0.7 / 200 + 0.2 / 100 + 0.1 / 30 < 0.01. But a search so short that
 * a rank would get less than a third of its jobs is done sooner if rank 0 spends more.
 */
static const struct {
    double share;    /* of what the rounds before have left */
    double per_rank; /* as many jobs would be the whole work of a rank */
    double shortest; /* seconds */
    double answers;
} rounds[SHY_ROUNDS] = {{0.7, 24.0, 0.02, 200.0}, {0.67, 60.0, 0.01, 100.0}, {1.0, 200.0, 0.005, 30.0}};

#define JOB_SECONDS_MAX 2.5 /* longer ones save nothing, and whoever has ended its job when dealing is interrupted waits for the others' */
#define ANSWER_SECONDS 1e-5  /* of rank 0 for one group: 1 µs in shared memory, 13 µs with many ranks on a core (measured) */

static double least_piece(double seconds, int groups, int round)
{
    const double once = groups * ANSWER_SECONDS;
    if (groups == 1) return rounds[round].shortest;
    if (shy_farm_only_deals(groups)) return fmax(rounds[round].shortest, once);
    return fmax(rounds[round].shortest, fmin(once * rounds[round].answers, 3.0 * seconds / rounds[round].per_rank));
}

static void choose_pieces(double seconds, int groups, double *piece)
{
    for (int r = 0; r < SHY_ROUNDS; r++) {
        piece[r] = fmax(fmin(seconds / rounds[r].per_rank, JOB_SECONDS_MAX), least_piece(seconds, groups, r));
    }
}

/* Sets of a range that hold this share of its work. */
static uint64_t some_of(uint64_t sets, double share)
{
    const uint64_t some = (uint64_t)((double)sets * share + 0.5);
    return some < sets ? some : sets;
}

typedef struct {
    int count;
    shy_region region[2];
} shy_rest;

/* Pairs of the same operands: a smaller triangle, and what is left of the large one. */
static void split_triangle(shy_region *region, double share, shy_rest *rest)
{
    shy_job *job = &region->whole;
    const uint64_t middle = job->left_first + some_of(job->left_last - job->left_first, sqrt(share));
    rest->region[0] = rest->region[1] = *region;
    shy_job *square = &rest->region[0].whole, *triangle = &rest->region[1].whole;
    square->left_last = square->right_first = middle;
    triangle->left_first = triangle->right_first = middle;
    job->left_last = job->right_last = middle;
    rest->count = 2;
}

/* Makes `region` the share of a round and `rest` the others': cut off the range that can be cut most finely. */
static void split(shy_region *region, double share, shy_rest *rest)
{
    shy_job *job = &region->whole;
    const uint64_t pinned = job->pinned_last - job->pinned_first;
    const double left = region->price.left * (double)(job->left_last - job->left_first);
    const double right = region->price.right * (double)(job->right_last - job->right_first);
    const bool pairs = job->kind == SHY_JOB_TILE && !job->inside;
    uint64_t *first = &job->right_first, *last = &job->right_last, *rest_first = &rest->region[0].whole.right_first;
    rest->count = 1;
    rest->region[0] = *region;
    if (pairs && pinned >= 100) {
        first = &job->pinned_first, last = &job->pinned_last, rest_first = &rest->region[0].whole.pinned_first;
    } else if (pairs && shy_job_equal_sides(job) && job->left_first == job->right_first) {
        split_triangle(region, share, rest);
        return;
    } else if (pairs && left > right) {
        first = &job->left_first, last = &job->left_last, rest_first = &rest->region[0].whole.left_first;
    }
    *last = *first + some_of(*last - *first, share);
    *rest_first = *last;
}

static bool is_empty(const shy_job *job)
{
    return job->pinned_first == job->pinned_last || job->left_first == job->left_last || job->right_first == job->right_last;
}

/* What is one job anyway, and what the next rounds would cut no finer, is not split. Recursion: as deep as there are rounds. */
static shy_status cut_rounds(shy_jobs *jobs, shy_region region, int round)
{
    shy_status st = SHY_OK;
    shy_rest rest = {0};
    if (is_empty(&region.whole)) return SHY_OK;
    shy_region_cut(&region, jobs->piece[round]);
    if (region.jobs > 1 && round + 1 < SHY_ROUNDS && jobs->piece[round + 1] < jobs->piece[round]) {
        split(&region, rounds[round].share, &rest);
        for (int k = 0; k < rest.count; k++) SHY_TRY(cut_rounds(jobs, rest.region[k], round + 1));
        if (is_empty(&region.whole)) return SHY_OK;
        shy_region_cut(&region, jobs->piece[round]);
    }
    SHY_TRY(shy_jobs_add(jobs, &region));
out:
    return st;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Largest first, then by class, then by place. */
static int compare_regions(const void *a, const void *b)
{
    const shy_region *x = a, *y = b;
    if (x->longest != y->longest) return x->longest > y->longest ? -1 : 1;
    int order = memcmp(&x->whole.kind, &y->whole.kind, offsetof(shy_job, inside));
    if (order == 0) order = compare_numbers(x->whole.pinned_first, y->whole.pinned_first);
    if (order == 0) order = compare_numbers(x->whole.left_first, y->whole.left_first);
    if (order == 0) order = compare_numbers(x->whole.right_first, y->whole.right_first);
    return order;
}

static void number_jobs(shy_jobs *jobs)
{
    qsort(jobs->region, (size_t)jobs->regions, sizeof *jobs->region, compare_regions);
    jobs->count = 0;
    jobs->cost = jobs->flops = 0.0;
    for (int k = 0; k < jobs->regions; k++) {
        shy_region *region = &jobs->region[k];
        region->first = jobs->count;
        region->before = jobs->cost;
        jobs->count += region->jobs;
        jobs->cost += region->cost;
        jobs->flops += region->flops;
    }
}

shy_status shy_jobs_cut(const shy_jobs *whole, int groups, shy_jobs *jobs)
{
    shy_status st = SHY_OK;
    double seconds = 0.0;
    for (int k = 0; k < whole->regions; k++) {
        shy_region region = whole->region[k];
        shy_region_cut(&region, INFINITY);
        seconds += region.cost / groups;
    }
    choose_pieces(seconds, groups, jobs->piece);
    jobs->class_pairs = whole->regions;
    for (int k = 0; k < whole->regions; k++) SHY_TRY(cut_rounds(jobs, whole->region[k], 0));
    number_jobs(jobs);
out:
    return st;
}

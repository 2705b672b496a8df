/* A region: a job too large to be dealt, the grid it is cut into, and each of its jobs by number. */
#include "shy_config.h"

#include <math.h>

#include "search_impl.h"

#define PANEL 512.0 /* operands of a left panel, against which a triangle works the square on its diagonal (engine.c) */

/* ---- ranges ------------------------------------------------------------------------------------------------------ */

typedef struct {
    uint64_t first, last;
} range;

/* The k-th of `pieces` parts of a range; the first ones are longer by one where it does not divide. */
static range part(range all, uint64_t pieces, uint64_t k)
{
    const uint64_t n = all.last - all.first, longer = n % pieces;
    const uint64_t first = all.first + n / pieces * k + (k < longer ? k : longer);
    return (range){first, first + n / pieces + (k < longer ? 1 : 0)};
}

static uint64_t longer_parts(uint64_t first, uint64_t last, uint64_t pieces)
{
    return (last - first) % pieces;
}

/* ---- what a job costs -------------------------------------------------------------------------------------------- */

static double triangle_pairs(double operands)
{
    return operands * (operands + fmin(operands, PANEL)) / 2.0;
}

static void set_cost(const shy_price *price, shy_job *job)
{
    double pairs = (double)(job->right_last - job->right_first), operands = 0.0;
    if (job->kind == SHY_JOB_TILE && !job->inside) {
        const double sets = (double)(job->pinned_last - job->pinned_first);
        const double left = price->left * (double)(job->left_last - job->left_first), right = price->right * pairs;
        const bool triangle = shy_job_equal_sides(job) && job->left_first == job->right_first;
        pairs = sets * (triangle ? triangle_pairs(left) : left * right);
        operands = sets * (left + right);
    }
    job->cost = pairs * price->pair_seconds + operands * price->operand_seconds;
    job->flops = pairs * price->pair_flops + operands * price->operand_flops;
}

static void make_job(const shy_region *region, const uint64_t piece[3], shy_job *job)
{
    const shy_job *whole = &region->whole;
    const range pinned = part((range){whole->pinned_first, whole->pinned_last}, region->pinned_pieces, piece[0]);
    const range left = part((range){whole->left_first, whole->left_last}, region->left_pieces, piece[1]);
    const range right = part((range){whole->right_first, whole->right_last}, region->right_pieces, piece[2]);
    *job = *whole;
    job->pinned_first = pinned.first, job->pinned_last = pinned.last;
    job->left_first = left.first, job->left_last = left.last;
    job->right_first = right.first, job->right_last = right.last;
    set_cost(&region->price, job);
}

/* ---- jobs by number ---------------------------------------------------------------------------------------------- */

/* Pieces of the grid of one pinned piece. */
static uint64_t grid(const shy_region *region)
{
    const uint64_t m = region->left_pieces;
    return region->triangle ? m * (m + 1) / 2 : m * region->right_pieces;
}

uint64_t shy_region_jobs(const shy_region *region)
{
    return region->pinned_pieces * grid(region);
}

/* Row i of the triangle begins after i rows of m, m − 1, … pieces. */
static uint64_t row_begin(uint64_t m, uint64_t i)
{
    return i * m - i * (i - 1) / 2;
}

static uint64_t triangle_row(uint64_t m, uint64_t index)
{
    const double edge = 2.0 * (double)m + 1.0;
    uint64_t i = (uint64_t)fmax(0.0, (edge - sqrt(fmax(0.0, edge * edge - 8.0 * (double)index))) / 2.0);
    if (i > m - 1) i = m - 1;
    while (row_begin(m, i) > index) i--;
    while (i + 1 < m && row_begin(m, i + 1) <= index) i++;
    return i;
}

void shy_region_job(const shy_region *region, uint64_t index, shy_job *job_out)
{
    const uint64_t within = index % grid(region), m = region->left_pieces;
    uint64_t piece[3] = {index / grid(region), within / region->right_pieces, within % region->right_pieces};
    if (region->triangle) {
        piece[1] = triangle_row(m, within);
        piece[2] = piece[1] + within - row_begin(m, piece[1]);
    }
    make_job(region, piece, job_out);
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static void add(shy_region *region, const uint64_t piece[3], uint64_t times)
{
    shy_job job;
    if (times == 0) return;
    make_job(region, piece, &job);
    region->cost += (double)times * job.cost;
    region->flops += (double)times * job.flops;
    region->longest = fmax(region->longest, job.cost);
}

/* Parts of a range have two lengths, so the pairs of a triangle are of five sorts. */
static void add_triangle(shy_region *region, uint64_t pinned, uint64_t times)
{
    const shy_job *whole = &region->whole;
    const uint64_t m = region->left_pieces, longer = longer_parts(whole->left_first, whole->left_last, m), rest = m - longer;
    add(region, (uint64_t[3]){pinned, 0, 0}, times * longer);
    add(region, (uint64_t[3]){pinned, longer, longer}, times * rest);
    if (longer > 1) add(region, (uint64_t[3]){pinned, 0, 1}, times * (longer * (longer - 1) / 2));
    if (longer > 0) add(region, (uint64_t[3]){pinned, 0, longer}, times * longer * rest);
    if (rest > 1) add(region, (uint64_t[3]){pinned, longer, longer + 1}, times * (rest * (rest - 1) / 2));
}

static void add_rectangle(shy_region *region, uint64_t pinned, uint64_t times)
{
    const shy_job *whole = &region->whole;
    const uint64_t left = longer_parts(whole->left_first, whole->left_last, region->left_pieces);
    const uint64_t right = longer_parts(whole->right_first, whole->right_last, region->right_pieces);
    add(region, (uint64_t[3]){pinned, 0, 0}, times * left * right);
    add(region, (uint64_t[3]){pinned, left, 0}, times * (region->left_pieces - left) * right);
    add(region, (uint64_t[3]){pinned, 0, right}, times * left * (region->right_pieces - right));
    add(region, (uint64_t[3]){pinned, left, right}, times * (region->left_pieces - left) * (region->right_pieces - right));
}

static void add_up(shy_region *region)
{
    void (*const add_grid)(shy_region *, uint64_t, uint64_t) = region->triangle ? add_triangle : add_rectangle;
    const uint64_t longer = longer_parts(region->whole.pinned_first, region->whole.pinned_last, region->pinned_pieces);
    region->jobs = shy_region_jobs(region);
    region->cost = region->flops = region->longest = 0.0;
    add_grid(region, 0, longer);
    add_grid(region, longer, region->pinned_pieces - longer);
}

/* ---- the cut ----------------------------------------------------------------------------------------------------- */

/* `pieces` to the nearest whole number that a range of `sets` can be cut into. */
static uint64_t whole_pieces(double pieces, uint64_t sets)
{
    if (!(pieces > 1.5)) return 1;
    return pieces < (double)sets ? (uint64_t)(pieces + 0.5) : sets;
}

/*
 * Pairs are paid per product of both sides, packing per operand of either side. So of all ways to cut left × right pairs into
 * `pieces` rectangles the one into squares costs least: x operands on both sides, x² = left · right / pieces. A side that has
 * fewer than x operands, or fewer sets than pieces, stays behind, and the other one is cut the more.
 */
static void cut_grid(shy_region *region, double pieces)
{
    const shy_job *whole = &region->whole;
    const uint64_t left_sets = whole->left_last - whole->left_first, right_sets = whole->right_last - whole->right_first;
    const double left = region->price.left * (double)left_sets, right = region->price.right * (double)right_sets;
    if (region->triangle) {
        region->left_pieces = whole_pieces((sqrt(8.0 * pieces + 1.0) - 1.0) / 2.0, left_sets);
        region->right_pieces = region->left_pieces;
        return;
    }
    region->left_pieces = whole_pieces(fmin(pieces, sqrt(pieces * left / fmax(right, 1e-9))), left_sets);
    region->right_pieces = whole_pieces(pieces / (double)region->left_pieces, right_sets);
    if (region->right_pieces == right_sets) {
        region->left_pieces = whole_pieces(pieces / (double)region->right_pieces, left_sets);
    }
}

void shy_region_cut(shy_region *region, double piece)
{
    shy_job one = region->whole;
    const uint64_t pinned_sets = one.pinned_last - one.pinned_first;
    one.pinned_last = one.pinned_first + 1;
    set_cost(&region->price, &one);
    region->triangle = shy_job_equal_sides(&one) && one.left_first == one.right_first;
    region->pinned_pieces = region->left_pieces = region->right_pieces = 1;
    if (one.kind == SHY_JOB_ELEMENT || one.inside) {
        region->right_pieces = whole_pieces(one.cost / piece, one.right_last - one.right_first);
    } else if (one.cost < piece) {
        region->pinned_pieces = whole_pieces((double)pinned_sets * one.cost / piece, pinned_sets);
    } else {
        region->pinned_pieces = pinned_sets;
        cut_grid(region, one.cost / piece);
    }
    add_up(region);
}

/* ---- how large its jobs are --------------------------------------------------------------------------------------- */

static double longest_piece(uint64_t first, uint64_t last, uint64_t pieces)
{
    return ceil((double)(last - first) / (double)pieces);
}

void shy_region_sides(const shy_region *region, double *left_io, double *right_io)
{
    const shy_job *whole = &region->whole;
    if (whole->kind != SHY_JOB_TILE) return;
    const double right = whole->inside ? 1.0 : longest_piece(whole->right_first, whole->right_last, region->right_pieces);
    *left_io = fmax(*left_io, region->price.left * longest_piece(whole->left_first, whole->left_last, region->left_pieces));
    *right_io = fmax(*right_io, region->price.right * right);
}

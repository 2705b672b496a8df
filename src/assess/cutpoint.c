/* Cut-points of a prediction by maximally selected statistics, or at quantiles. */
#include "shy_config.h"

#include <math.h>

#include "cutpoint.h"
#include "judged.h"

#define PURPOSE_CUT (UINT64_C(0x61737365737302))
#define TRIED_MOST 200
#define CONSTANT 1e-12

/* Samples by ascending x. */
struct ranked {
    size_t n;
    double *x, *score; /* score less its mean */
    double *below;     /* [n + 1]: sum of the scores of the first so many */
    double square;     /* Σ score² */
    double magnitude;  /* the largest |score| as given */
    size_t *place;     /* [places]: numbers of samples below a possible cut-point, ascending */
    size_t places;
};

static void ranked_free(struct ranked *r)
{
    shy_free(&r->x);
    shy_free(&r->score);
    shy_free(&r->below);
    shy_free(&r->place);
}

static void centre(struct ranked *r)
{
    double mean = 0.0;

    for (size_t k = 0; k < r->n; k++) {
        mean += r->score[k];
        r->magnitude = fmax(r->magnitude, fabs(r->score[k]));
    }
    mean /= (double)r->n;
    for (size_t k = 0; k < r->n; k++) {
        r->score[k] -= mean;
        r->square += r->score[k] * r->score[k];
    }
}

static void add_up(struct ranked *r)
{
    for (size_t k = 0; k < r->n; k++)
        r->below[k + 1] = r->below[k] + r->score[k];
}

static shy_status allocate(size_t n, struct ranked *r)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new(n, sizeof *r->x, &r->x));
    SHY_TRY(shy_new(n, sizeof *r->score, &r->score));
    SHY_TRY(shy_new(n + 1U, sizeof *r->below, &r->below));
    SHY_TRY(shy_new(n, sizeof *r->place, &r->place));
out:
    return st;
}

/* Those with both numbers, in the order of x. */
static shy_status ranked_create(size_t n, const double *x, const double *score, struct ranked *ranked_out)
{
    shy_status st = SHY_OK;
    struct ranked r = {.n = 0};
    double *own = NULL;
    size_t *part = NULL, *order = NULL, *spare = NULL;

    SHY_TRY(allocate(n, &r));
    SHY_TRY(shy_new(n, sizeof *own, &own));
    SHY_TRY(shy_new(n, sizeof *part, &part));
    SHY_TRY(shy_new(n, sizeof *order, &order));
    SHY_TRY(shy_new(n, sizeof *spare, &spare));
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]) && !isnan(score[i])) own[r.n] = x[i], part[r.n++] = i;
    shy_sort_order(own, r.n, order, spare);
    for (size_t k = 0; k < r.n; k++)
        r.x[k] = own[order[k]], r.score[k] = score[part[order[k]]];
    centre(&r);
    add_up(&r);
    *ranked_out = r, r = (struct ranked){.n = 0};
out:
    shy_free(&own);
    shy_free(&part);
    shy_free(&order);
    shy_free(&spare);
    ranked_free(&r);
    return st;
}

static size_t share_of(double share, size_t n)
{
    return (size_t)floor(share * (double)n + 1e-9); /* 0.3 · 10 is 3 */
}

/* Possible cut-points with at least and at most so many samples below. */
static void list_places(struct ranked *r, double least)
{
    const size_t first = share_of(least, r->n) > 1 ? share_of(least, r->n) : 1;
    size_t last = share_of(1.0 - least, r->n);

    if (last + 1 > r->n) last = r->n > 0 ? r->n - 1 : 0;
    for (size_t m = first; m <= last; m++)
        if (r->x[m - 1] < r->x[m]) r->place[r->places++] = m;
}

/* A constant score tells nothing, but for rounding. */
static bool has_variance(const struct ranked *r)
{
    return r->n > 1 && sqrt(r->square / (double)r->n) > CONSTANT * r->magnitude;
}

/* Of the sum of m scores drawn without replacement. */
static double statistic(const struct ranked *r, size_t m)
{
    const double n = (double)r->n, below = (double)m;

    return fabs(r->below[m]) / sqrt(below * (n - below) / (n * (n - 1.0)) * r->square);
}

static shy_cut cut_at(const struct ranked *r, size_t m)
{
    return (shy_cut){.cut = r->x[m - 1], .above = r->x[m], .below = m, .statistic = statistic(r, m)};
}

/* ---- p-values --------------------------------------------------------------------------------------------------------------- */

static double clip(double p)
{
    return fmin(fmax(p, 0.0), 1.0);
}

double shy_lausen_92(double b, double least, double most)
{
    const double density = exp(-0.5 * b * b) / sqrt(2.0 * acos(-1.0));

    if (isnan(b)) return NAN;
    if (b < 1.0) return 1.0; /* the approximation is one of large b */
    return clip(4.0 * density / b + density * (b - 1.0 / b) * log(most * (1.0 - least) / ((1.0 - most) * least)));
}

double shy_lausen_94(double b, size_t n, const size_t *m, size_t count)
{
    const double all = (double)n, pi = acos(-1.0);
    double sum = 0.0;

    for (size_t k = 0; k + 1 < count; k++) {
        const double low = (double)m[k], high = (double)m[k + 1], t = sqrt(1.0 - low * (all - high) / ((all - low) * high));
        sum += exp(-0.5 * b * b) / pi * (t - (0.25 * b * b - 1.0) * t * t * t / 6.0);
    }
    return clip(shy_normal_two_sided(b) + sum);
}

/* times: how many cut-points share the error. */
static void set_chances(const struct ranked *r, double least, double times, shy_cut *cut)
{
    cut->p_92 = clip(times * shy_lausen_92(cut->statistic, least, 1.0 - least));
    cut->p_94 = clip(times * shy_lausen_94(cut->statistic, r->n, r->place, r->places));
}

/* ---- one cut-point ------------------------------------------------------------------------------------------------------------- */

shy_status shy_cut_one(size_t n, const double *x, const double *score, double least, shy_cuts *cuts_out)
{
    shy_status st = SHY_OK;
    struct ranked r = {.n = 0};
    shy_cuts cuts = {.p = NAN};

    SHY_TRY(ranked_create(n, x, score, &r));
    list_places(&r, least);
    cuts.samples = r.n;
    if (r.places > 0 && has_variance(&r)) {
        for (size_t k = 0; k < r.places; k++)
            if (k == 0 || statistic(&r, r.place[k]) > cuts.cut[0].statistic) cuts.cut[0] = cut_at(&r, r.place[k]);
        set_chances(&r, least, 1.0, &cuts.cut[0]);
        cuts.cuts = 1;
        cuts.p = fmin(cuts.cut[0].p_92, cuts.cut[0].p_94);
    }
    *cuts_out = cuts;
out:
    ranked_free(&r);
    return st;
}

/* ---- two cut-points ------------------------------------------------------------------------------------------------------------- */

struct pair {
    size_t first, second; /* samples below */
    double statistic;
};

/* (n − 1) Σ n_g mean_g² / Σ score², the scores having the mean 0. */
static struct pair best_pair(const struct ranked *r, const size_t *place, size_t places, size_t least)
{
    struct pair best = {0, 0, -1.0};
    const double scale = ((double)r->n - 1.0) / r->square, all = (double)r->n, whole = r->below[r->n];

    for (size_t a = 0; a < places; a++) {
        const double low = r->below[place[a]], part = low * low / (double)place[a];
        for (size_t b = a + 1; b < places; b++) {
            if (place[b] - place[a] < least || r->n - place[b] < least) continue;
            const double middle = r->below[place[b]] - low, high = whole - r->below[place[b]];
            const double value = scale * (part + middle * middle / (double)(place[b] - place[a]) + high * high / (all - (double)place[b]));
            if (value > best.statistic) best = (struct pair){place[a], place[b], value};
        }
    }
    return best;
}

static void shuffle(struct ranked *r, uint64_t seed, int round)
{
    for (size_t k = r->n - 1; k > 0; k--) {
        const size_t other = (size_t)(shy_random_uniform(seed, PURPOSE_CUT + (uint64_t)round, (uint64_t)k) * (double)(k + 1));
        const double swap = r->score[k];
        r->score[k] = r->score[other];
        r->score[other] = swap;
    }
    add_up(r);
}

/* Evenly spaced among the possible ones. */
static size_t thin(const struct ranked *r, size_t *place)
{
    const size_t count = r->places < TRIED_MOST ? r->places : TRIED_MOST;

    for (size_t k = 0; k < count; k++)
        place[k] = r->place[count > 1 ? k * (r->places - 1) / (count - 1) : 0];
    return count;
}

static shy_status find_pair(struct ranked *r, double least, int permutations, uint64_t seed, shy_journal *journal, shy_cuts *cuts)
{
    shy_status st = SHY_OK;
    size_t place[TRIED_MOST];
    const size_t places = thin(r, place), fewest = share_of(least, r->n) > 1 ? share_of(least, r->n) : 1;
    const struct pair best = best_pair(r, place, places, fewest);
    int as_good = 0;

    if (best.statistic < 0.0) return SHY_OK;
    cuts->cuts = 2;
    cuts->cut[0] = cut_at(r, best.first);
    cuts->cut[1] = cut_at(r, best.second);
    for (int k = 0; k < 2; k++)
        set_chances(r, least, 2.0, &cuts->cut[k]);
    for (int round = 0; round < permutations; round++) {
        SHY_TRY(shy_journal_poll(journal));
        shuffle(r, seed, round);
        as_good += best_pair(r, place, places, fewest).statistic >= best.statistic * (1.0 - 1e-12);
    }
    if (permutations > 0) cuts->p = (1.0 + as_good) / (1.0 + permutations);
out:
    return st;
}

shy_status shy_cut_two(size_t n, const double *x, const double *score, double least, int permutations, uint64_t seed, shy_journal *journal,
                       shy_cuts *cuts_out)
{
    shy_status st = SHY_OK;
    struct ranked r = {.n = 0};
    shy_cuts cuts = {.p = NAN};

    SHY_TRY(ranked_create(n, x, score, &r));
    list_places(&r, least);
    cuts.samples = r.n;
    if (r.places > 1 && has_variance(&r)) SHY_TRY(find_pair(&r, least, permutations, seed, journal, &cuts));
    *cuts_out = cuts;
out:
    ranked_free(&r);
    return st;
}

/* ---- quantiles ---------------------------------------------------------------------------------------------------------------------- */

/* Samples with x <= that of number m of them; 0: all. */
static size_t with_equals(const struct ranked *r, size_t m)
{
    while (m < r->n && r->x[m] == r->x[m - 1])
        m++;
    return m < r->n ? m : 0;
}

shy_status shy_cut_quantiles(size_t n, const double *x, const double *score, int groups, shy_cuts *cuts_out)
{
    shy_status st = SHY_OK;
    struct ranked r = {.n = 0};
    shy_cuts cuts = {.p = NAN};
    size_t before = 0;

    SHY_TRY(ranked_create(n, x, score, &r));
    cuts.samples = r.n;
    for (size_t g = 1; g < (size_t)groups && has_variance(&r); g++) {
        const size_t m = with_equals(&r, (r.n * g + (size_t)groups - 1) / (size_t)groups);
        if (m <= before) continue;
        shy_cut *cut = &cuts.cut[cuts.cuts++];
        *cut = cut_at(&r, m);
        cut->p_92 = cut->p_94 = shy_normal_two_sided(cut->statistic);
        before = m;
    }
    for (int k = 0; k < cuts.cuts; k++)
        cuts.p = fmin(k == 0 ? 1.0 : cuts.p, clip(cuts.cuts * cuts.cut[k].p_92));
    *cuts_out = cuts;
out:
    ranked_free(&r);
    return st;
}

int32_t shy_cut_group(const shy_cuts *cuts, double x)
{
    int32_t group = 0;

    if (isnan(x)) return -1;
    while (group < cuts->cuts && x > cuts->cut[group].cut)
        group++;
    return group;
}

/* ---- any groups --------------------------------------------------------------------------------------------------------------------- */

static bool is_in(const double *score, const int32_t *group, size_t i, int g)
{
    return !isnan(score[i]) && (g < 0 ? group[i] >= 0 : group[i] == g);
}

/* Mean and number of those in group g, or of all if g < 0. */
static double mean_of(size_t n, const double *score, const int32_t *group, int g, double *count_out)
{
    double sum = 0.0, count = 0.0;

    for (size_t i = 0; i < n; i++)
        if (is_in(score, group, i, g)) sum += score[i], count += 1.0;
    *count_out = count;
    return count > 0.0 ? sum / count : 0.0;
}

void shy_groups_differ(size_t n, const double *score, const int32_t *group, int groups, double *chi_square_out, int *df_out, double *p_out)
{
    double all, count, square = 0.0, between = 0.0, largest = 0.0;
    const double mean = mean_of(n, score, group, -1, &all);
    int df = -1;

    for (size_t i = 0; i < n; i++) {
        if (!is_in(score, group, i, -1)) continue;
        square += (score[i] - mean) * (score[i] - mean);
        largest = fmax(largest, fabs(score[i]));
    }
    for (int g = 0; g < groups; g++) {
        const double own = mean_of(n, score, group, g, &count) - mean;
        if (count > 0.0) df++, between += count * own * own;
    }
    *df_out = df > 0 ? df : 0;
    *chi_square_out = df > 0 && sqrt(square / all) > CONSTANT * largest ? (all - 1.0) * between / square : NAN;
    *p_out = shy_chi_square_tail(*chi_square_out, *df_out);
}

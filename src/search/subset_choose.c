/* Which samples screening works on: one of each of as many strata of the outcome, the same on any number of ranks. */
#include "shy_config.h"

#include <stdlib.h>

#include "subset.h"

enum { PURPOSE_SUBSET = 111 };

typedef struct {
    double y;
    uint64_t key, number;
} shy_drawn;

static int compare_drawn(const void *a, const void *b)
{
    const shy_drawn *x = a, *y = b;
    if (x->y != y->y) return x->y < y->y ? -1 : 1;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Where part k of n things in `parts` begins; no product exceeds the square of `parts`. */
static uint64_t cut(uint64_t n, uint64_t parts, uint64_t k)
{
    return n / parts * k + n % parts * k / parts;
}

/* One of each stratum of neighbours: the one with the smallest key. */
static void draw(const shy_drawn *sorted, uint64_t n, uint64_t count, uint64_t *sample)
{
    for (uint64_t k = 0; k < count; k++) {
        uint64_t chosen = cut(n, count, k);
        for (uint64_t i = chosen + 1; i < cut(n, count, k + 1); i++) {
            if (sorted[i].key < sorted[chosen].key) chosen = i;
        }
        sample[k] = sorted[chosen].number;
    }
}

/* Samples of the lower class, if y has two values; else 0. */
static uint64_t lower_class(const shy_drawn *sorted, uint64_t n)
{
    uint64_t low = 0;
    while (low < n && sorted[low].y == sorted[0].y) low++;
    return low < n && sorted[low].y == sorted[n - 1].y ? low : 0;
}

/* In proportion; a few of a rare class all the same, or there would be nothing to tell apart. */
static uint64_t lower_quota(uint64_t low, uint64_t n, uint64_t count)
{
    const uint64_t high = n - low, few = count / 2 < SHY_CLASS_LEAST ? count / 2 : SHY_CLASS_LEAST;
    const uint64_t least = few < low ? few : low, most = count - (few < high ? few : high);
    const uint64_t quota = (uint64_t)((double)count * ((double)low / (double)n) + 0.5);
    return quota < least ? least : quota > most ? most : quota;
}

double shy_subset_choice_bytes(uint64_t n)
{
    return (double)n * (sizeof(shy_drawn) + sizeof(double)); /* y is gathered there, too */
}

shy_status shy_subset_choose(const double *y, uint64_t n, uint64_t count, uint64_t seed, uint64_t *sample_out)
{
    shy_status st = SHY_OK;
    shy_drawn *drawn = NULL;
    SHY_TRY(shy_new(n, sizeof *drawn, &drawn));
    for (uint64_t i = 0; i < n; i++) drawn[i] = (shy_drawn){y[i], shy_random_bits(seed, PURPOSE_SUBSET, i), i};
    qsort(drawn, n, sizeof *drawn, compare_drawn);
    const uint64_t low = lower_class(drawn, n), of_low = low ? lower_quota(low, n, count) : 0;
    if (of_low) draw(drawn, low, of_low, sample_out);
    draw(drawn + low, n - low, count - of_low, sample_out + of_low);
    qsort(sample_out, count, sizeof *sample_out, compare_numbers);
out:
    shy_free(&drawn);
    return st;
}

/* values.c: bounds, cut points and medians that are nobody's. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "shihyo/disclosure.h"

double shy_sdc_digits(double value, int digits)
{
    char text[40];

    if (!isfinite(value)) return value;
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL) + 0.0; /* no −0 */
}

double shy_sdc_value(const shy_sdc *sdc, double value)
{
    return shy_sdc_is_on(sdc) ? shy_sdc_digits(value, 3) : value;
}

bool shy_sdc_between(double below, double above, int digits, double *between_out)
{
    if (!(below < above)) return false;
    if (below < 0.0 && above > 0.0) {
        *between_out = 0.0;
        return true;
    }
    double middle = below + (above - below) / 2.0;
    for (int d = 1; d <= digits; d++) {
        double value = shy_sdc_digits(middle, d);
        if (!(value > below && value < above)) continue;
        *between_out = value;
        return true;
    }
    return false;
}

static int ascending(const void *left, const void *right)
{
    double l = *(const double *)left, r = *(const double *)right;

    return (l > r) - (l < r);
}

/* How many of the sorted values equal `value`. */
static size_t people_at(size_t count, const double *sorted, double value)
{
    size_t low = 0, high = count, number = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + number < count && sorted[low + number] == value) number++;
    return number;
}

/* The multiple of `unit` (a power of ten) not beyond `value` in the direction `way`; what differs by rounding errors alone is one. */
static double outward(double value, double unit, double way)
{
    double multiple = value / unit, nearest = round(multiple);

    if (fabs(multiple - nearest) <= 1e-9) return nearest;
    return way < 0.0 ? floor(multiple) : ceil(multiple);
}

/* `multiple`/2 · 10^exponent, the double nearest to that decimal number. */
static double half_units(double halves, int exponent)
{
    char text[48];

    snprintf(text, sizeof text, "%.1fe%d", halves / 2.0, exponent);
    return strtod(text, NULL) + 0.0;
}

/* `value` to three digits in the direction `way`, and on by halves of the last digit until nobody, or enough people, have just that. */
static double nobody_s(const shy_sdc *sdc, size_t count, const double *sorted, double value, double way)
{
    if (value == 0.0 || !isfinite(value)) {
        if (value == 0.0 && people_at(count, sorted, 0.0) >= (size_t)sdc->threshold) return 0.0;
        double spread = sorted[count - 1] - sorted[0];
        if (value != 0.0 || !(spread > 0.0)) return value;
        int exponent = (int)floor(log10(spread)) - 2;
        double halves = 0.0;
        for (;; halves += way) {
            double bound = half_units(halves, exponent);
            size_t people = people_at(count, sorted, bound);
            if (people == 0 || people >= (size_t)sdc->threshold) return bound;
        }
    }
    int exponent = (int)floor(log10(fabs(value))) - 2;
    double halves = 2.0 * outward(value, pow(10.0, exponent), way);
    for (size_t tried = 0; tried <= 2 * count; tried++, halves += way) {
        double bound = half_units(halves, exponent);
        size_t people = people_at(count, sorted, bound);
        if (people == 0 || people >= (size_t)sdc->threshold) return bound;
    }
    return NAN; /* not reached: each try meets other values */
}

/* The mean of the `few` values at one end; sorted[0] + way·… is the end. Extremes are drawn in to the distance of the few-th from the median. */
static double end_mean(size_t count, const double *sorted, size_t few, bool low)
{
    double median = count % 2 == 1 ? sorted[count / 2] : 0.5 * sorted[count / 2 - 1] + 0.5 * sorted[count / 2];
    double inner = low ? sorted[few - 1] : sorted[count - few];
    double limit = inner + (inner - median), sum = 0.0;

    for (size_t k = 0; k < few; k++) {
        double value = low ? sorted[k] : sorted[count - 1 - k];
        if (isfinite(limit)) value = low ? fmax(value, limit) : fmin(value, limit);
        sum += (value - inner) / (double)few; /* about `inner`, so that equal values give just that */
    }
    return inner + sum;
}

void shy_sdc_bounds(const shy_sdc *sdc, size_t count, double *values, double *low_out, double *high_out)
{
    size_t few = (size_t)sdc->threshold;

    *low_out = *high_out = NAN;
    if (count == 0 || count < 2 * few) return;
    qsort(values, count, sizeof *values, ascending);
    if (!shy_sdc_is_on(sdc)) {
        *low_out = values[0];
        *high_out = values[count - 1];
        return;
    }
    *low_out = nobody_s(sdc, count, values, end_mean(count, values, few, true), -1.0);
    *high_out = nobody_s(sdc, count, values, end_mean(count, values, few, false), 1.0);
}

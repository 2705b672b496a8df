/* Calibration curves: local regression, and deciles. */
#include "shy_config.h"

#include <math.h>

#include "calibrate.h"
#include "judged.h"

#define SPAN 0.75
#define CURVE_STEPS 20 /* of a released curve */

/* Samples by ascending prediction. */
struct sorted {
    size_t n;
    double *y, *predicted, *weight;
};

static void sorted_free(struct sorted *s)
{
    shy_free(&s->y);
    shy_free(&s->predicted);
    shy_free(&s->weight);
}

static shy_status sorted_create(size_t n, const double *y, const double *predicted, const double *weight, struct sorted *sorted_out)
{
    shy_status st = SHY_OK;
    struct sorted s = {.n = 0};
    double *own = NULL;
    size_t *part = NULL, *order = NULL, *spare = NULL;

    SHY_TRY(shy_new(n, sizeof *own, &own));
    SHY_TRY(shy_new(n, sizeof *part, &part));
    SHY_TRY(shy_new(n, sizeof *order, &order));
    SHY_TRY(shy_new(n, sizeof *spare, &spare));
    SHY_TRY(shy_new(n, sizeof *s.y, &s.y));
    SHY_TRY(shy_new(n, sizeof *s.predicted, &s.predicted));
    SHY_TRY(shy_new(n, sizeof *s.weight, &s.weight));
    for (size_t i = 0; i < n; i++)
        if (isfinite(predicted[i]) && (!weight || weight[i] > 0.0)) own[s.n] = predicted[i], part[s.n++] = i;
    shy_sort_order(own, s.n, order, spare);
    for (size_t k = 0; k < s.n; k++) {
        const size_t i = part[order[k]];
        s.y[k] = y[i], s.predicted[k] = predicted[i], s.weight[k] = weight ? weight[i] : 1.0;
    }
    *sorted_out = s, s = (struct sorted){.n = 0};
out:
    sorted_free(&s);
    shy_free(&own);
    shy_free(&part);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

/* ---- local regression ------------------------------------------------------------------------------------------------------- */

static double tricube(double share)
{
    const double rest = 1.0 - share * share * share;

    return share < 1.0 ? rest * rest * rest : 0.0;
}

/* Of all samples predicted exactly so; first is one of them. */
static double mean_at(const struct sorted *s, size_t first, double at)
{
    double all = 0.0, y = 0.0;

    while (first > 0 && s->predicted[first - 1] == at)
        first--;
    for (size_t k = first; k < s->n && s->predicted[k] == at; k++)
        all += s->weight[k], y += s->weight[k] * s->y[k];
    return y / all;
}

/* A line through samples first … first + count − 1 at `at`; the most distant of them has the weight 0. */
static double line_at(const struct sorted *s, size_t first, size_t count, double at)
{
    const double width = fmax(at - s->predicted[first], s->predicted[first + count - 1] - at);
    double all = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;

    if (!(width > 0.0)) return mean_at(s, first, at);
    for (size_t k = first; k < first + count; k++) {
        const double far = s->predicted[k] - at, w = s->weight[k] * tricube(fabs(far) / width);
        all += w, x += w * far, y += w * s->y[k];
    }
    x /= all, y /= all;
    for (size_t k = first; k < first + count; k++) {
        const double far = s->predicted[k] - at, w = s->weight[k] * tricube(fabs(far) / width);
        xx += w * (far - x) * (far - x), xy += w * (far - x) * (s->y[k] - y);
    }
    return xx > 1e-20 * all * width * width ? y - xy / xx * x : y; /* else they are all in one place */
}

static size_t count_different(const struct sorted *s)
{
    size_t count = 0;

    for (size_t k = 0; k < s->n; k++)
        count += k == 0 || s->predicted[k] > s->predicted[k - 1];
    return count;
}

static void choose_points(const struct sorted *s, shy_curve *curve)
{
    const bool all = count_different(s) <= SHY_CURVE_POINTS;
    const size_t steps = all ? s->n : SHY_CURVE_POINTS;

    for (size_t k = 0; k < steps; k++) {
        const double here = s->predicted[all ? k : k * (s->n - 1) / (SHY_CURVE_POINTS - 1)];
        if (curve->points == 0 || here > curve->predicted[curve->points - 1]) curve->predicted[curve->points++] = here;
    }
}

static void smooth(const struct sorted *s, bool probability, shy_curve *curve)
{
    size_t near = (size_t)floor(SPAN * (double)s->n + 1e-5), first = 0;

    if (near < 2) near = s->n < 2 ? s->n : 2;
    for (int k = 0; k < curve->points; k++) {
        const double at = curve->predicted[k];
        while (first + near < s->n && s->predicted[first + near] - at < at - s->predicted[first])
            first++;
        const double value = line_at(s, first, near, at);
        curve->observed[k] = probability ? fmin(fmax(value, 0.0), 1.0) : value;
    }
}

static double observed_at(const shy_curve *curve, double at)
{
    int low = 0, high = curve->points - 1;

    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        *(curve->predicted[middle] <= at ? &low : &high) = middle;
    }
    if (at >= curve->predicted[high] || high == low) return curve->observed[high];
    const double share = (at - curve->predicted[low]) / (curve->predicted[high] - curve->predicted[low]);
    return curve->observed[low] + share * (curve->observed[high] - curve->observed[low]);
}

/* order: ascending error. Weights that are all alike are none. */
static double quantile(const double *error, const size_t *order, const double *weight, size_t n, double share)
{
    double all = 0.0, sum = 0.0;
    bool alike = true;

    for (size_t k = 0; k < n; k++) {
        all += weight[k];
        alike = alike && weight[k] == weight[0];
    }
    if (alike) {
        const double at = share * (double)(n - 1), rest = at - floor(at);
        const size_t low = (size_t)floor(at), high = low + 1 < n ? low + 1 : low;
        return error[order[low]] + rest * (error[order[high]] - error[order[low]]);
    }
    for (size_t k = 0; k < n; k++) {
        sum += weight[order[k]];
        if (sum >= share * all) return error[order[k]];
    }
    return error[order[n - 1]];
}

static shy_status summarise(const struct sorted *s, shy_curve *curve)
{
    shy_status st = SHY_OK;
    double *error = NULL, all = 0.0;
    size_t *order = NULL, *spare = NULL;

    SHY_TRY(shy_new(s->n, sizeof *error, &error));
    SHY_TRY(shy_new(s->n, sizeof *order, &order));
    SHY_TRY(shy_new(s->n, sizeof *spare, &spare));
    curve->ici = 0.0;
    for (size_t k = 0; k < s->n; k++) {
        error[k] = fabs(s->predicted[k] - observed_at(curve, s->predicted[k]));
        curve->ici += s->weight[k] * error[k];
        all += s->weight[k];
    }
    curve->ici /= all;
    shy_sort_order(error, s->n, order, spare);
    curve->e50 = quantile(error, order, s->weight, s->n, 0.5);
    curve->e90 = quantile(error, order, s->weight, s->n, 0.9);
    curve->emax = error[order[s->n - 1]];
out:
    shy_free(&error);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

shy_status shy_curve_make(size_t n, const double *y, const double *predicted, const double *weight, bool probability, shy_curve *curve_out)
{
    shy_status st = SHY_OK;
    struct sorted s = {.n = 0};

    *curve_out = (shy_curve){.ici = NAN, .e50 = NAN, .e90 = NAN, .emax = NAN};
    SHY_TRY(sorted_create(n, y, predicted, weight, &s));
    if (s.n == 0) goto out;
    choose_points(&s, curve_out);
    smooth(&s, probability, curve_out);
    SHY_TRY(summarise(&s, curve_out));
out:
    sorted_free(&s);
    return st;
}

shy_status shy_curve_release(const shy_sdc *sdc, size_t n, const double *predicted, const double *weight, shy_curve *curve)
{
    shy_status st = SHY_OK;
    double *value = NULL, low, high, last = -INFINITY;
    size_t count = 0;
    shy_curve released = *curve;

    if (!shy_sdc_is_on(sdc)) return SHY_OK;
    SHY_TRY(shy_new(n, sizeof *value, &value));
    for (size_t i = 0; i < n; i++)
        if (isfinite(predicted[i]) && (!weight || weight[i] > 0.0)) value[count++] = predicted[i];
    shy_sdc_bounds(sdc, count, value, &low, &high);
    released.points = 0, released.emax = NAN;
    released.e50 = shy_sdc_value(sdc, curve->e50), released.e90 = shy_sdc_value(sdc, curve->e90);
    for (int k = 0; k <= CURVE_STEPS && low < high && curve->points > 0; k++) {
        const double at = shy_sdc_digits(low + (high - low) * k / CURVE_STEPS, 3);
        if (at <= last || at < curve->predicted[0] || at > curve->predicted[curve->points - 1]) continue;
        released.predicted[released.points] = last = at;
        released.observed[released.points++] = observed_at(curve, at);
    }
    *curve = released;
out:
    shy_free(&value);
    return st;
}

/* ---- deciles -------------------------------------------------------------------------------------------------------------------- */

int shy_bins_borders(size_t n, const double *predicted, int bins, size_t *border)
{
    int count = 0;

    border[0] = 0;
    for (int b = 1; b <= bins; b++) {
        size_t end = (n * (size_t)b + (size_t)bins - 1) / (size_t)bins;
        while (end > 0 && end < n && predicted[end] == predicted[end - 1])
            end++;
        if (end > border[count]) border[++count] = end;
    }
    return count;
}

void shy_bin_describe(size_t n, const double *y, const double *predicted, const double *weight, bool probability, double *predicted_out, double *observed_out,
                      double *low_out, double *high_out)
{
    const double count = (double)n;
    double all = 0.0, square = 0.0, x = 0.0, mean = 0.0, rest = 0.0;

    for (size_t k = 0; k < n; k++) {
        all += weight[k], square += weight[k] * weight[k];
        x += weight[k] * predicted[k], mean += weight[k] * y[k];
    }
    x /= all, mean /= all;
    for (size_t k = 0; k < n; k++)
        rest += weight[k] * (y[k] - mean) * (y[k] - mean) / all;
    const double effective = all * all / square, error = count > 1.0 ? sqrt(rest * count / (count - 1.0) / effective) : NAN;
    *predicted_out = x, *observed_out = mean;
    *low_out = mean - SHY_NORMAL_975 * error, *high_out = mean + SHY_NORMAL_975 * error;
    if (probability) shy_wilson(mean * effective, effective, low_out, high_out);
}

/* Joins bins [border[b], border[b + 1]) until each holds enough people. Returns how many there are. */
static int join(const shy_sdc *sdc, const struct sorted *s, bool probability, int bins, size_t *border)
{
    int64_t count[2 * SHY_BINS] = {0};
    double edge[SHY_BINS + 1] = {0.0};

    for (int b = 0; b < bins; b++) {
        for (size_t k = border[b]; k < border[b + 1]; k++) count[probability && s->y[k] > 0.0 ? bins + b : b]++;
        edge[b + 1] = (double)border[b + 1];
    }
    bins = shy_sdc_join_bins(sdc, bins, edge, probability ? 2 : 1, count);
    for (int b = 0; b < bins; b++) border[b + 1] = (size_t)edge[b + 1];
    return bins;
}

shy_status shy_bins_release(const shy_sdc *sdc, size_t n, const double *y, const double *predicted, const double *weight, bool probability, shy_bins *bins_out)
{
    shy_status st = SHY_OK;
    struct sorted s = {.n = 0};
    size_t border[SHY_BINS + 1];

    *bins_out = (shy_bins){.bins = 0};
    SHY_TRY(sorted_create(n, y, predicted, weight, &s));
    bins_out->bins = shy_bins_borders(s.n, s.predicted, SHY_BINS, border);
    if (shy_sdc_is_on(sdc)) bins_out->bins = join(sdc, &s, probability, bins_out->bins, border);
    for (int b = 0; b < bins_out->bins; b++) {
        const size_t begin = border[b];
        bins_out->samples[b] = border[b + 1] - begin;
        shy_bin_describe(bins_out->samples[b], s.y + begin, s.predicted + begin, s.weight + begin, probability, &bins_out->predicted[b],
                         &bins_out->observed[b], &bins_out->low[b], &bins_out->high[b]);
    }
out:
    sorted_free(&s);
    return st;
}

shy_status shy_bins_make(size_t n, const double *y, const double *predicted, const double *weight, bool probability, shy_bins *bins_out)
{
    const shy_sdc none = {.threshold = 0};

    return shy_bins_release(&none, n, y, predicted, weight, probability, bins_out);
}

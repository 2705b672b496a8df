/* One column drawn from others: predictive mean matching with a Bayesian regression (van Buuren, Flexible Imputation of Missing Data, 2018). */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "impute.h"

#define RIDGE 1e-5   /* of each variance, as in mice */
#define NEW_PART 1e-4 /* a predictor of which less is new beside those before it is left out */
#define ROUNDING 1e-10
#define SCORINGS 30  /* of levels; each brings them nearer to the best by the ratio of the second canonical correlation to the first */

enum { INTERCEPT = SHY_PREDICTORS_MAX };
enum { KIND_NORMAL, KIND_VARIANCE, KIND_TIE, KIND_PICK, KIND_START };

struct shy_match {
    double predicted, value;
    uint64_t tie; /* random, so that no donor is preferred by its place */
};

shy_status shy_matching_room_create(uint64_t donors, int levels, shy_matching_room *room_out)
{
    shy_status st = SHY_OK;
    shy_matching_room room = {0};
    SHY_TRY(shy_new(donors, sizeof *room.match, &room.match));
    SHY_TRY(shy_new((size_t)levels, sizeof *room.score, &room.score));
    SHY_TRY(shy_new((size_t)levels * SHY_PREDICTORS_MAX, sizeof *room.level_sum, &room.level_sum));
    *room_out = room, room = (shy_matching_room){0};
out:
    shy_matching_room_free(&room);
    return st;
}

void shy_matching_room_free(shy_matching_room *room)
{
    shy_free(&room->match);
    shy_free(&room->score);
    shy_free(&room->level_sum);
}

/* ---- random numbers ------------------------------------------------------------------------------------------------------ */

/* Marsaglia and Tsang, A simple method for generating gamma variables, 2000: 1 in 50 is refused, and the next index tried. */
double shy_random_chi_squared(uint64_t seed, uint64_t purpose, double df)
{
    const double shape = df / 2.0 < 1.0 ? df / 2.0 + 1.0 : df / 2.0, d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    const double lift = shape > df / 2.0 ? pow(shy_random_uniform(seed, purpose, 0), 2.0 / df) : 1.0;
    for (uint64_t k = 1;; k += 2) {
        const double x = shy_random_normal(seed, purpose, k), v = pow(1.0 + c * x, 3.0);
        if (v > 0.0 && log(shy_random_uniform(seed, purpose, k + 1)) < x * x / 2.0 + d - d * v + d * log(v)) return 2.0 * d * v * lift;
    }
}

static uint64_t purpose_of(const shy_matching *how, int kind)
{
    return how->purpose | (uint64_t)kind;
}

static uint64_t pick(const shy_matching *how, int kind, uint64_t sample, uint64_t choices)
{
    const uint64_t at = (uint64_t)(shy_random_uniform(how->seed, purpose_of(how, kind), sample) * (double)choices);
    return at < choices ? at : choices - 1;
}

void shy_match_blindly(const shy_matching *how, double *value)
{
    for (uint64_t k = 0; k < how->lackings; k++) {
        const uint64_t i = how->lacking[k];
        value[i] = value[how->donor[pick(how, KIND_START, i, how->donors)]];
    }
}

/* ---- regression ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int p;
    double mean[SHY_PREDICTORS_MAX], target_mean;
    double gram[SHY_PREDICTORS_MAX][SHY_PREDICTORS_MAX]; /* lower triangle; then its Cholesky factor */
    bool used[SHY_PREDICTORS_MAX];
    int kept;
    double fitted[SHY_PREDICTORS_MAX], drawn[SHY_PREDICTORS_MAX], drawn_mean;
} regression;

static void centre(const shy_matching *how, const regression *r, uint64_t i, double *row)
{
    for (int j = 0; j < r->p; j++) row[j] = how->predictor[j][i] - r->mean[j];
}

static void add_up(const shy_matching *how, regression *r)
{
    double row[SHY_PREDICTORS_MAX];
    r->p = how->predictors;
    for (int j = 0; j < r->p; j++) {
        double sum = 0.0;
        for (uint64_t k = 0; k < how->donors; k++) sum += how->predictor[j][how->donor[k]];
        r->mean[j] = sum / (double)how->donors;
        memset(r->gram[j], 0, sizeof r->gram[j]);
    }
    for (uint64_t k = 0; k < how->donors; k++) {
        centre(how, r, how->donor[k], row);
        for (int j = 0; j < r->p; j++)
            for (int l = 0; l <= j; l++) r->gram[j][l] += row[j] * row[l];
    }
}

/* Cholesky, row by row, without the predictors that are constant among the donors or next to a combination of others. */
static void factorise(const shy_matching *how, regression *r)
{
    r->kept = 0;
    for (int j = 0; j < r->p; j++) {
        double *a = r->gram[j], left = a[j];
        const double ridge = RIDGE * a[j], least = NEW_PART * a[j], rounding = ROUNDING * r->mean[j];
        for (int l = 0; l < j; l++) {
            double sum = a[l];
            for (int t = 0; t < l; t++) sum -= r->used[t] ? a[t] * r->gram[l][t] : 0.0;
            a[l] = r->used[l] ? sum / r->gram[l][l] : 0.0;
            left -= a[l] * a[l];
        }
        r->used[j] = a[j] > (double)how->donors * rounding * rounding && left > least;
        a[j] = r->used[j] ? sqrt(left + ridge) : 1.0;
        r->kept += r->used[j];
    }
}

/* x = L⁻ᵀ x over the predictors in use. */
static void solve_upper(const regression *r, double *x)
{
    for (int j = r->p - 1; j >= 0; j--) {
        if (!r->used[j]) x[j] = 0.0;
        x[j] /= r->gram[j][j];
        for (int l = 0; l < j; l++) x[l] -= r->gram[j][l] * x[j];
    }
}

static void solve(const regression *r, double *x)
{
    for (int j = 0; j < r->p; j++) {
        for (int l = 0; l < j; l++) x[j] -= r->gram[j][l] * x[l];
        x[j] = r->used[j] ? x[j] / r->gram[j][j] : 0.0;
    }
    solve_upper(r, x);
}

static double linear(const regression *r, const double *coefficient, const double *row)
{
    double sum = 0.0;
    for (int j = 0; j < r->p; j++) sum += coefficient[j] * row[j];
    return sum;
}

/* ---- levels without an order -------------------------------------------------------------------------------------------------- */

/* Mean 0 and mean square 1 over the donors; false if the scores are all alike. */
static bool standardise(const shy_matching *how, const double *count, double *score)
{
    const double n = (double)how->donors;
    double mean = 0.0, square = 0.0;
    for (int l = 0; l < how->levels; l++) mean += count[l] * score[l] / n;
    for (int l = 0; l < how->levels; l++) square += count[l] * (score[l] - mean) * (score[l] - mean) / n;
    if (!(square > 1e-24)) return false;
    for (int l = 0; l < how->levels; l++) score[l] = count[l] > 0.0 ? (score[l] - mean) / sqrt(square) : 0.0;
    return true;
}

/* The scores of the first canonical variate of levels and predictors, by alternating least squares. */
static void score_levels(const shy_matching *how, const regression *r, const double *value, const shy_matching_room *room)
{
    double count[SHY_NOMINAL_MAX] = {0.0}, next[SHY_NOMINAL_MAX], row[SHY_PREDICTORS_MAX], b[SHY_PREDICTORS_MAX];
    memset(room->level_sum, 0, (size_t)how->levels * SHY_PREDICTORS_MAX * sizeof *room->level_sum);
    for (uint64_t k = 0; k < how->donors; k++) {
        const int level = (int)value[how->donor[k]];
        centre(how, r, how->donor[k], row);
        count[level] += 1.0;
        for (int j = 0; j < r->p; j++) room->level_sum[level * SHY_PREDICTORS_MAX + j] += row[j];
    }
    for (int l = 0; l < how->levels; l++) room->score[l] = l + 0.5 * sin(7.0 * l); /* any start that has something of each direction */
    (void)standardise(how, count, room->score);
    for (int step = 0; step < SCORINGS; step++) {
        memset(b, 0, sizeof b);
        for (int l = 0; l < how->levels; l++)
            for (int j = 0; j < r->p; j++) b[j] += room->score[l] * room->level_sum[l * SHY_PREDICTORS_MAX + j];
        solve(r, b);
        for (int l = 0; l < how->levels; l++)
            next[l] = count[l] > 0.0 ? linear(r, b, room->level_sum + l * SHY_PREDICTORS_MAX) / count[l] : 0.0;
        if (!standardise(how, count, next)) return; /* the predictors say nothing */
        memcpy(room->score, next, (size_t)how->levels * sizeof *next);
    }
}

/* ---- the draw --------------------------------------------------------------------------------------------------------------------- */

static double target_of(const shy_matching *how, const shy_matching_room *room, double value)
{
    return how->levels > 2 ? room->score[(int)value] : value;
}

static void fit(const shy_matching *how, const shy_matching_room *room, const double *value, regression *r)
{
    double row[SHY_PREDICTORS_MAX], sum = 0.0;
    memset(r->fitted, 0, sizeof r->fitted);
    for (uint64_t k = 0; k < how->donors; k++) sum += target_of(how, room, value[how->donor[k]]);
    r->target_mean = sum / (double)how->donors;
    for (uint64_t k = 0; k < how->donors; k++) {
        const double off = target_of(how, room, value[how->donor[k]]) - r->target_mean;
        centre(how, r, how->donor[k], row);
        for (int j = 0; j < r->p; j++) r->fitted[j] += row[j] * off;
    }
    solve(r, r->fitted);
}

/* The donors by their predictions. Returns the sum of the squared residuals. */
static double predict(const shy_matching *how, const shy_matching_room *room, const double *value, const regression *r)
{
    double row[SHY_PREDICTORS_MAX], squares = 0.0;
    for (uint64_t k = 0; k < how->donors; k++) {
        const uint64_t i = how->donor[k];
        centre(how, r, i, row);
        const double predicted = r->target_mean + linear(r, r->fitted, row), off = target_of(how, room, value[i]) - predicted;
        room->match[k] = (struct shy_match){predicted, value[i], shy_random_bits(how->seed, purpose_of(how, KIND_TIE), i)};
        squares += off * off;
    }
    return squares;
}

/* From the posterior: σ² ~ RSS / χ², coefficients ~ N(fitted, σ² (gram)⁻¹). */
static void draw(const shy_matching *how, double squares, regression *r)
{
    const double df = fmax((double)how->donors - r->kept - 1.0, 1.0);
    const double sigma = sqrt(squares / shy_random_chi_squared(how->seed, purpose_of(how, KIND_VARIANCE), df));
    for (int j = 0; j < r->p; j++) r->drawn[j] = shy_random_normal(how->seed, purpose_of(how, KIND_NORMAL), (uint64_t)j);
    solve_upper(r, r->drawn);
    for (int j = 0; j < r->p; j++) r->drawn[j] = r->fitted[j] + sigma * r->drawn[j];
    r->drawn_mean = r->target_mean + sigma / sqrt((double)how->donors) * shy_random_normal(how->seed, purpose_of(how, KIND_NORMAL), INTERCEPT);
}

static int by_prediction(const void *a, const void *b)
{
    const struct shy_match *x = a, *y = b;
    if (x->predicted != y->predicted) return x->predicted < y->predicted ? -1 : 1;
    return x->tie < y->tie ? -1 : x->tie > y->tie;
}

/* The first match whose prediction is not below (or, `beyond`, above) a number. */
static uint64_t first_from(const struct shy_match *match, uint64_t count, double number, bool beyond)
{
    uint64_t low = 0, high = count;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (match[middle].predicted < number || (beyond && match[middle].predicted == number)) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The nearest SHY_DONORS, and all that are as near as the last of them. */
static double value_near(const shy_matching *how, const struct shy_match *match, double prediction, uint64_t sample)
{
    const uint64_t wanted = how->donors < SHY_DONORS ? how->donors : SHY_DONORS;
    uint64_t low = first_from(match, how->donors, prediction, false), high = low;
    double far = 0.0;
    while (high - low < wanted) {
        const double below = low > 0 ? prediction - match[low - 1].predicted : INFINITY;
        const double above = high < how->donors ? match[high].predicted - prediction : INFINITY;
        far = fmin(below, above);
        if (low == 0 || (high < how->donors && above <= below)) high++;
        else low--;
    }
    const uint64_t from = first_from(match, how->donors, prediction - far, false), to = first_from(match, how->donors, prediction + far, true);
    low = from < low ? from : low, high = to > high ? to : high;
    return match[low + pick(how, KIND_PICK, sample, high - low)].value;
}

void shy_match_means(const shy_matching *how, const shy_matching_room *room, double *value)
{
    regression r;
    double row[SHY_PREDICTORS_MAX];
    add_up(how, &r);
    factorise(how, &r);
    if (how->levels > 2) score_levels(how, &r, value, room);
    fit(how, room, value, &r);
    draw(how, predict(how, room, value, &r), &r);
    qsort(room->match, how->donors, sizeof *room->match, by_prediction);
    for (uint64_t k = 0; k < how->lackings; k++) {
        const uint64_t i = how->lacking[k];
        centre(how, &r, i, row);
        const double predicted = r.drawn_mean + linear(&r, r.drawn, row);
        value[i] = value_near(how, room->match, isfinite(predicted) ? predicted : r.target_mean, i);
    }
}

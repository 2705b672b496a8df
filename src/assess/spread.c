/* A number for each training set, and what they say together; predictions of samples that are held out. */
#include "shy_config.h"

#include <math.h>

#include "assess_impl.h"

shy_status shy_spread_create(int count, shy_spread *spread_out)
{
    shy_status st = SHY_OK;
    shy_spread spread = {.count = count, .mean = NAN, .error = NAN};
    SHY_TRY(shy_new((size_t)count, sizeof *spread.value, &spread.value));
    for (int k = 0; k < count; k++) spread.value[k] = NAN;
    *spread_out = spread;
out:
    return st;
}

void shy_spread_free(shy_spread *spread)
{
    shy_free(&spread->value);
    spread->count = 0;
}

/*
 * Values of different repeats are of overlapping samples: their number would make the error as small as one likes. What remains of it however many
 * repeats there are is what the samples as such leave open, and folds of one partition show it.
 */
void shy_spread_close(shy_spread *spread, int repeats)
{
    double sum = 0.0, square = 0.0;
    int known = 0;
    for (int k = 0; k < spread->count; k++) {
        if (isnan(spread->value[k])) continue;
        sum += spread->value[k];
        known++;
    }
    spread->mean = known > 0 ? sum / known : NAN;
    for (int k = 0; k < spread->count; k++) {
        if (!isnan(spread->value[k])) square += (spread->value[k] - spread->mean) * (spread->value[k] - spread->mean);
    }
    spread->error = known > 1 ? sqrt(square / (known - 1) / ((double)known / repeats)) : NAN;
}

shy_status shy_held_out_create(const shy_folds *folds, size_t n, shy_held_out *held_out)
{
    shy_status st = SHY_OK;
    shy_held_out held = {0};
    const size_t values = (size_t)folds->repeats * n;
    SHY_TRY(shy_new(values, sizeof *held.predictor, &held.predictor));
    for (size_t i = 0; i < values; i++) held.predictor[i] = NAN;
    SHY_TRY(shy_spread_create(folds->sets, &held.spread));
    *held_out = held, held = (shy_held_out){0};
out:
    shy_held_out_free(&held);
    return st;
}

void shy_held_out_free(shy_held_out *held)
{
    shy_free(&held->predictor);
    shy_spread_free(&held->spread);
}

/* Complementary half samples: partitions into two folds. */
#include "shy_config.h"

#include "stability.h"

#define HALVES_PURPOSE UINT64_C(0x68616c766573)

static void take_side(const shy_folds *folds, int rows, int pair, shy_halves *halves)
{
    for (int i = 0; i < rows; i++) halves->side[(size_t)i * (size_t)halves->pairs + (size_t)pair] = folds->fold[i] == 1;
}

/* One pair after the other: all of them at once would take four bytes for each sample and pair on every rank. */
shy_status shy_halves_create(const shy_problem *problem, const shy_assess_options *options, shy_halves *halves_out)
{
    shy_status st = SHY_OK;
    shy_halves halves = {.pairs = options->resamples};
    shy_folds folds = {0};
    shy_assess_options two = *options;
    two.folds = 2;
    two.repeats = 1;
    two.stratified = true;
    SHY_TRY_ALL(problem->team, shy_new((size_t)problem->rows.rows * (size_t)halves.pairs, sizeof *halves.side, &halves.side));
    for (int p = 0; p < halves.pairs; p++) {
        SHY_TRY_ALL(problem->team, shy_journal_poll(problem->journal));
        two.seed = shy_random_bits(options->seed, HALVES_PURPOSE, (uint64_t)p);
        SHY_TRY(shy_folds_create(problem, &two, &folds));
        take_side(&folds, problem->rows.rows, p, &halves);
        shy_folds_free(&folds);
    }
    *halves_out = halves, halves = (shy_halves){0};
out:
    shy_folds_free(&folds);
    shy_halves_free(&halves);
    return st;
}

void shy_halves_free(shy_halves *halves)
{
    shy_free(&halves->side);
    halves->pairs = 0;
}

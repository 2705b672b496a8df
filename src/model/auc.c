/** The area under the ROC curve over all members of a group, by counting pairs in whole numbers. */
#include "shy_config.h"

#include <string.h>

#include "model_impl.h"
#include "shihyo/linalg.h"

#define TOP_BIT (UINT64_C(1) << 63)

/* Whole numbers in the order of the scores they stand for; −0 and 0 are one score. */
static uint64_t key_of(double score)
{
    const double plain = score + 0.0;
    uint64_t bits;

    memcpy(&bits, &plain, sizeof bits);
    return bits & TOP_BIT ? ~bits : bits | TOP_BIT;
}

static double score_of(uint64_t key)
{
    const uint64_t bits = key & TOP_BIT ? key & ~TOP_BIT : ~key;
    double score;

    memcpy(&score, &bits, sizeof score);
    return score;
}

/* Radix sort, byte by byte from the lowest; a byte that all keys share costs nothing. */
static void sort_keys(uint64_t *keys, uint64_t *spare, int count)
{
    uint64_t *from = keys, *to = spare;

    for (int shift = 0; shift < 64; shift += 8) {
        int start[257] = {0};
        for (int i = 0; i < count; i++)
            start[(from[i] >> shift & 255) + 1]++;
        if (count == 0 || start[(from[0] >> shift & 255) + 1] == count) continue;
        for (int b = 0; b < 256; b++)
            start[b + 1] += start[b];
        for (int i = 0; i < count; i++)
            to[start[from[i] >> shift & 255]++] = from[i];
        uint64_t *swap = from;
        from = to, to = swap;
    }
    if (from != keys && count > 0) memcpy(keys, from, (size_t)count * sizeof *keys);
}

/* Twice the pairs that the cases win, plus the pairs that are even; both lists ascend. */
static uint64_t twice_won(const double *cases, int cases_count, const double *controls, int controls_count)
{
    uint64_t won = 0;
    int below = 0, up_to = 0;

    for (int i = 0; i < cases_count; i++) {
        while (below < controls_count && controls[below] < cases[i])
            below++;
        while (up_to < controls_count && controls[up_to] <= cases[i])
            up_to++;
        won += (uint64_t)below + (uint64_t)up_to;
    }
    return won;
}

/* sorted = my controls' scores, ascending, then my cases', ascending. */
static void sort_by_class(const shy_rows *rows, const double *score, const double *y, const struct shy_auc_space *space,
                          int *controls_out)
{
    int controls = 0, next[2];

    for (int i = 0; i < rows->rows; i++)
        controls += y[i] == 0.0;
    next[0] = 0, next[1] = controls;
    for (int i = 0; i < rows->rows; i++)
        space->keys[next[y[i] != 0.0]++] = key_of(score[i]);
    sort_keys(space->keys, space->spare, controls);
    sort_keys(space->keys + controls, space->spare, rows->rows - controls);
    for (int i = 0; i < rows->rows; i++)
        space->sorted[i] = score_of(space->keys[i]);
    *controls_out = controls;
}

shy_status shy_auc(const shy_rows *rows, const double *score, const double *y, const struct shy_auc_space *space,
                   double *auc_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = rows->team;
    int controls = 0;
    double mine[3], sums[3];

    sort_by_class(rows, score, y, space, &controls);
    const double *cases = space->sorted + controls;
    const int cases_count = rows->rows - controls;
    uint64_t won = 0;
    if (team->row_blocks == 1) {
        won = twice_won(cases, cases_count, space->sorted, controls);
    } else {
        shy_vector_gather(team, space->sorted, controls, space->all, space->starts);
        for (int b = 0; b < team->row_blocks; b++)
            won +=
                twice_won(cases, cases_count, space->all + space->starts[b], space->starts[b + 1] - space->starts[b]);
    }
    /* whole numbers below 2^53 add up exactly, in any order */
    mine[0] = (double)won, mine[1] = (double)cases_count, mine[2] = (double)controls;
    SHY_TRY(shy_group_sum_runs(team, mine, 1, 3, sums));
    *auc_out = sums[0] / (2.0 * sums[1] * sums[2]);
out:
    return st;
}

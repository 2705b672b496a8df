/** Concordance with an outcome in levels: one sorted walk over all samples. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "levels.h"
#include "shihyo/linalg.h"

#define TOP_BIT (UINT64_C(1) << 63)

struct shy_levels_entry {
    uint64_t key;
    double weight;
    int level;
};

shy_status shy_levels_create(const shy_outcome *outcome, int levels, struct shy_levels *levels_out)
{
    shy_status st = SHY_OK;
    struct shy_levels l = {.outcome = outcome, .levels = levels};
    const size_t total = (size_t)outcome->rows.total;

    SHY_TRY(shy_new(total, sizeof *l.level, &l.level));
    SHY_TRY(shy_new(total, sizeof *l.weight, &l.weight));
    SHY_TRY(shy_new(total, sizeof *l.score, &l.score));
    SHY_TRY(shy_new(total, sizeof *l.entry, &l.entry));
    SHY_TRY(shy_new(total, sizeof *l.spare, &l.spare));
    SHY_TRY(shy_new(2 * (size_t)levels, sizeof *l.below, &l.below));
    SHY_TRY(shy_new((size_t)outcome->rows.team->row_blocks + 1, sizeof *l.starts, &l.starts));
    l.within = l.below + levels;
    *levels_out = l;
    return st;
out:
    shy_levels_free(&l);
    return st;
}

void shy_levels_free(struct shy_levels *l)
{
    shy_free(&l->level);
    shy_free(&l->weight);
    shy_free(&l->score);
    shy_free(&l->entry);
    shy_free(&l->spare);
    shy_free(&l->below);
    shy_free(&l->starts);
}

void shy_levels_start(struct shy_levels *l)
{
    const shy_outcome *o = l->outcome;

    shy_vector_gather(o->rows.team, o->y, o->rows.rows, l->level, l->starts);
    if (o->weight) {
        shy_vector_gather(o->rows.team, o->weight, o->rows.rows, l->weight, l->starts);
        return;
    }
    for (uint64_t i = 0; i < o->rows.total; i++)
        l->weight[i] = 1.0;
}

/* Whole numbers in the order of the scores they stand for; −0 and 0 are one score. */
static uint64_t key_of(double score)
{
    const double plain = score + 0.0;
    uint64_t bits;

    memcpy(&bits, &plain, sizeof bits);
    return bits & TOP_BIT ? ~bits : bits | TOP_BIT;
}

/* Radix sort, byte by byte from the lowest: entries with equal keys stay in their order. Returns where the result is. */
static struct shy_levels_entry *sort(struct shy_levels_entry *from, struct shy_levels_entry *to, uint64_t count)
{
    for (int shift = 0; shift < 64 && count > 0; shift += 8) {
        uint64_t start[257] = {0};
        for (uint64_t i = 0; i < count; i++)
            start[(from[i].key >> shift & 255) + 1]++;
        if (start[(from[0].key >> shift & 255) + 1] == count) continue;
        for (int b = 0; b < 256; b++)
            start[b + 1] += start[b];
        for (uint64_t i = 0; i < count; i++)
            to[start[from[i].key >> shift & 255]++] = from[i];
        struct shy_levels_entry *swap = from;
        from = to, to = swap;
    }
    return from;
}

/* The weight of lower levels among the scores before, and half of it among equal scores. */
static double won_by(const struct shy_levels *l, const struct shy_levels_entry *e)
{
    double below = 0.0, within = 0.0;

    for (int k = 0; k < e->level; k++)
        below += l->below[k], within += l->within[k];
    return e->weight * (below + 0.5 * within);
}

static double walk(const struct shy_levels *l, const struct shy_levels_entry *entry, uint64_t count)
{
    double won = 0.0;

    memset(l->below, 0, (size_t)l->levels * sizeof *l->below);
    for (uint64_t begin = 0, end = 0; begin < count; begin = end) {
        memset(l->within, 0, (size_t)l->levels * sizeof *l->within);
        for (end = begin; end < count && entry[end].key == entry[begin].key; end++)
            l->within[entry[end].level] += entry[end].weight;
        for (uint64_t i = begin; i < end; i++)
            won += won_by(l, &entry[i]);
        for (int k = 0; k < l->levels; k++)
            l->below[k] += l->within[k];
    }
    return won;
}

shy_status shy_levels_concordance(const struct shy_levels *l, const double *score, double *concordance_out)
{
    const shy_outcome *o = l->outcome;
    double pairs = 0.0, lower = 0.0;
    uint64_t count = 0;

    shy_vector_gather(o->rows.team, score, o->rows.rows, l->score, l->starts);
    for (uint64_t i = 0; i < o->rows.total; i++)
        if (l->weight[i] > 0.0) l->entry[count++] = (struct shy_levels_entry){key_of(l->score[i]), l->weight[i], (int)l->level[i]};
    const double won = walk(l, sort(l->entry, l->spare, count), count);
    for (int k = 0; k < l->levels; k++) { /* by now below[k] is the weight of level k */
        pairs += l->below[k] * lower;
        lower += l->below[k];
    }
    *concordance_out = fmin(won / pairs, 1.0); /* both are rounded */
    return SHY_OK;
}

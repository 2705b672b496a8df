/* The search among sums: all pairs and triples, larger sums step by step. Everything happens in the Gram matrix: no sample is touched. */
#include "shy_config.h"

#include <string.h>

#include "terms.h"

/* ---- all pairs and triples ----------------------------------------------------------------------------------------------- */

/* The scan judges by half the limit, the score by the limit: they round differently. */
#define NOTHING (0.5 * SHY_TERM_NOTHING)

/* Offers every formula from `first` on that, added to the `terms` chosen ones, may enter a list. `explained`: by the chosen ones. */
static void extend(shy_sums *s, const shy_extension *e, int terms, const int32_t *chosen, double explained, int first, int32_t *index)
{
    const shy_terms *from = s->from;
    int32_t sum[SHY_TERMS_MAX];
    int complexity = terms * s->cost;
    memcpy(sum, chosen, (size_t)terms * sizeof *sum);
    for (int k = 0; k < terms; k++) complexity += from->term[chosen[k]].complexity;
    for (int c = 1; c + complexity <= s->complexity_most; c++) {
        const int begin = from->first[c] > first ? from->first[c] : first, end = from->first[c + 1];
        if (begin >= end) continue;
        const double floor = shy_sums_floor(s, terms + 1, complexity + c);
        if (floor > 1.0) continue;
        const int found = shy_extend(e, begin, end, floor - explained, index);
        for (int i = 0; i < found; i++) {
            sum[terms] = index[i];
            shy_sums_offer(s, terms + 1, sum);
        }
    }
}

void shy_sums_scan(shy_sums *s, int first, int terms_most, double *room, int32_t *index)
{
    const shy_terms *from = s->from;
    const size_t count = (size_t)from->count;
    const double *before = from->gram + (size_t)first * count, b = from->explained[first];
    double *rest = room, *length = room + count, *zero = room + 2 * count;
    int32_t chosen[2] = {first, 0};
    memset(zero, 0, count * sizeof *zero);
    for (size_t k = 0; k < count; k++) rest[k] = from->explained[k] - b * before[k], length[k] = 1.0 - before[k] * before[k];
    shy_sums_offer(s, 1, chosen);
    if (terms_most < 2) return;
    const shy_extension pairs = {.before = before, .next = zero, .rest = rest, .length = length, .nothing = NOTHING};
    extend(s, &pairs, 1, chosen, b * b, first + 1, index);
    for (int j = first + 1; terms_most > 2 && j < from->count; j++) {
        if (!(length[j] > NOTHING)) continue;
        const shy_extension triples = {.before = before,
                                       .next = from->gram + (size_t)j * count,
                                       .rest = rest,
                                       .length = length,
                                       .along = before[j],
                                       .explained = rest[j] / length[j],
                                       .inverse = 1.0 / length[j],
                                       .nothing = NOTHING};
        chosen[1] = j;
        extend(s, &triples, 2, chosen, b * b + rest[j] * rest[j] / length[j], j + 1, index);
    }
}

/* ---- larger sums ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    double *rest, *length, *zero;
    double *row[SHY_TERMS_MAX]; /* what the terms before leave of each term's row of the Gram matrix */
    double *memory;
    int32_t *index;
} shy_ladder;

static void ladder_free(shy_ladder *l)
{
    shy_free(&l->memory);
    shy_free(&l->index);
}

static shy_status ladder_create(int count, shy_ladder *ladder_out)
{
    shy_status st = SHY_OK;
    shy_ladder l = {0};
    SHY_TRY(shy_new((size_t)count * (SHY_TERMS_MAX + 3), sizeof(double), &l.memory));
    SHY_TRY(shy_new((size_t)count, sizeof *l.index, &l.index));
    l.rest = l.memory, l.length = l.rest + count, l.zero = l.length + count;
    for (int k = 0; k < SHY_TERMS_MAX; k++) l.row[k] = l.zero + (size_t)(k + 1) * (size_t)count;
    *ladder_out = l;
    return SHY_OK;
out:
    ladder_free(&l);
    return st;
}

/* Offers the chosen terms with each formula. */
static void climb(shy_sums *s, shy_ladder *l, int terms, const int32_t *chosen)
{
    const shy_terms *from = s->from;
    const size_t count = (size_t)from->count;
    double explained = 0.0;
    for (size_t k = 0; k < count; k++) l->rest[k] = from->explained[k], l->length[k] = 1.0;
    for (int t = 0; t < terms; t++) {
        const int32_t a = chosen[t];
        memcpy(l->row[t], from->gram + (size_t)a * count, count * sizeof(double));
        for (int m = 0; m < t; m++) {
            const double factor = l->row[m][a] / l->row[m][chosen[m]];
            for (size_t k = 0; k < count; k++) l->row[t][k] -= factor * l->row[m][k];
        }
        const double pivot = l->row[t][a], factor = l->rest[a] / pivot;
        explained += l->rest[a] * factor;
        for (size_t k = 0; k < count; k++) {
            l->rest[k] -= factor * l->row[t][k];
            l->length[k] -= l->row[t][k] * l->row[t][k] / pivot;
        }
    }
    const shy_extension e = {.before = l->zero, .next = l->zero, .rest = l->rest, .length = l->length, .nothing = NOTHING};
    extend(s, &e, terms, chosen, explained, 0, l->index);
}

/* From every sum of one term less that is kept. */
static void grow(shy_sums *s, shy_ladder *l, int terms)
{
    for (int c = 1; c <= s->complexity_most; c++) {
        const int list = shy_sums_list(terms - 1, c);
        for (int i = 0; i < s->count[list]; i++) climb(s, l, terms - 1, s->sum[(size_t)list * (size_t)s->keep + (size_t)i].term);
    }
}

enum { SWAPPED = 4, ROUNDS = 20 }; /* sums of each list whose terms are exchanged; rounds of that, should they not end before */

static void swap(shy_sums *s, shy_ladder *l, const shy_sum *sum)
{
    for (int out = 0; out < sum->terms; out++) {
        int32_t others[SHY_TERMS_MAX];
        int count = 0;
        for (int k = 0; k < sum->terms; k++) {
            if (k != out) others[count++] = sum->term[k];
        }
        climb(s, l, count, others);
    }
}

static void exchange(shy_sums *s, shy_ladder *l, int terms)
{
    uint64_t changes = s->changes + 1;
    for (int round = 0; round < ROUNDS && changes != s->changes; round++) {
        changes = s->changes;
        for (int c = 1; c <= s->complexity_most; c++) {
            const int list = shy_sums_list(terms, c);
            for (int i = 0; i < SWAPPED && i < s->count[list]; i++) {
                const shy_sum sum = s->sum[(size_t)list * (size_t)s->keep + (size_t)i];
                swap(s, l, &sum);
            }
        }
    }
}

static shy_status enlarge(shy_sums *s, int exhaustive)
{
    shy_status st = SHY_OK;
    shy_ladder ladder = {0};
    SHY_TRY(ladder_create(s->from->count, &ladder));
    for (int terms = exhaustive + 1; terms <= s->terms_most; terms++) {
        grow(s, &ladder, terms);
        exchange(s, &ladder, terms);
    }
out:
    ladder_free(&ladder);
    return st;
}

/* ---- on the ranks ------------------------------------------------------------------------------------------------------------ */

/* First terms are dealt back and forth, as early ones have more partners. Members of a group would do the same: one of them works. */
static shy_status scan_mine(shy_sums *s, const shy_team *team, int terms_most)
{
    shy_status st = SHY_OK;
    const int count = s->from->count, period = 2 * team->groups;
    double *room = NULL;
    int32_t *index = NULL;
    if (team->row_block > 0) return SHY_OK;
    SHY_TRY(shy_new((size_t)count * 3, sizeof *room, &room));
    SHY_TRY(shy_new((size_t)count, sizeof *index, &index));
    for (int i = 0; i < count; i++) {
        const int turn = i % period, group = turn < team->groups ? turn : period - 1 - turn;
        if (group == team->group) shy_sums_scan(s, i, terms_most, room, index);
    }
out:
    shy_free(&room);
    shy_free(&index);
    return st;
}

shy_status shy_sums_search(shy_sums *s, const shy_team *team, int exhaustive)
{
    shy_status st = SHY_OK;
    const shy_merge merge = {shy_sums_absorb, shy_sums_pack, s};
    if (exhaustive > s->terms_most) exhaustive = s->terms_most;
    SHY_TRY_ALL(team, scan_mine(s, team, exhaustive));
    SHY_TRY(shy_team_merge(team, &merge));
    SHY_TRY_ALL(team, team->rank == 0 ? enlarge(s, exhaustive) : SHY_OK);
out:
    return st;
}

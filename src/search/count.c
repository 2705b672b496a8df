/* Counts the formulas of the grammar exactly, without scoring any. */
#include "shy_config.h"

#include <string.h>

#include "search_impl.h"

/* The first set of factors with the given kinds (ascending); false if a kind has too few factors. sets_out: how many such sets. */
static bool first_of_kinds(const shy_space *space, const int *kind, int count, shy_tuple *tuple, uint64_t *sets_out)
{
    uint64_t sets = 1;
    for (int s = 0; s < count;) {
        int same = 1, begin = 0, members = 0;
        while (s + same < count && kind[s + same] == kind[s]) same++;
        while (space->kind[begin] != kind[s]) begin++;
        while (begin + members < space->factors && space->kind[begin + members] == kind[s]) members++;
        if (members < same) return false;
        for (int k = 0; k < same; k++) tuple->factor[s + k] = (uint32_t)(begin + k);
        sets *= shy_binomial((uint64_t)members, (uint64_t)same);
        s += same;
    }
    tuple->count = count;
    *sets_out = sets;
    return true;
}

/* Next ascending sequence with repetition of `count` kinds. */
static bool next_kinds(int *kind, int count, int kinds)
{
    int s = count - 1;
    while (s >= 0 && kind[s] == kinds - 1) s--;
    if (s < 0) return false;
    const int value = kind[s] + 1;
    for (; s < count; s++) kind[s] = value;
    return true;
}

/* What is valid for all sets of factors of the same kinds. */
static shy_status count_certain(shy_space *space, int slots, uint64_t *formulas, bool *uncertain_out)
{
    shy_status st = SHY_OK;
    int kind[SHY_FACTORS_MAX] = {0};
    *uncertain_out = false;
    do {
        shy_tuple tuple;
        uint64_t sets = 0;
        const shy_context *context = NULL;
        if (!first_of_kinds(space, kind, slots, &tuple, &sets)) continue;
        SHY_TRY(shy_space_context(space, &tuple, &context));
        for (int i = 0; i < context->roots; i++) formulas[context->root[i].complexity] += shy_context_root_validity(context, i) == SHY_ALWAYS ? sets : 0;
        if (context->uncertain_count > 0) *uncertain_out = true;
    } while (next_kinds(kind, slots, space->kinds));
out:
    return st;
}

/* What depends on the ranges of the factors, for my share of the sets. */
static shy_status count_uncertain(shy_space *space, int slots, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    const shy_team *team = space->problem->team;
    const uint64_t sets = shy_tuple_sets(space, 0, slots);
    const uint64_t first = sets / (uint64_t)team->size * (uint64_t)team->rank + sets % (uint64_t)team->size * (uint64_t)team->rank / (uint64_t)team->size;
    const uint64_t next_rank = (uint64_t)team->rank + 1;
    const uint64_t last = sets / (uint64_t)team->size * next_rank + sets % (uint64_t)team->size * next_rank / (uint64_t)team->size;
    shy_tuple tuple;
    if (first >= last) return SHY_OK;
    shy_tuple_unrank(space, NULL, slots, first, &tuple);
    for (uint64_t number = first; number < last; number++, (void)shy_tuple_next(space, NULL, &tuple)) {
        const shy_context *context = NULL;
        SHY_TRY(shy_space_context(space, &tuple, &context));
        if (context->uncertain_count == 0) continue;
        shy_context_ranges(space, context, &context->ranges, &tuple);
        for (int i = 0; i < context->uncertain_count; i++) {
            const int root = context->uncertain[i];
            if (shy_context_root_valid(space, context, root)) formulas[context->root[root].complexity]++;
        }
    }
out:
    return st;
}

static shy_status count_mine(shy_space *space, uint64_t *certain, uint64_t *uncertain)
{
    shy_status st = SHY_OK;
    for (int slots = 1; slots <= space->slots_max; slots++) {
        bool depends = false;
        SHY_TRY(count_certain(space, slots, certain, &depends));
        if (depends) SHY_TRY(count_uncertain(space, slots, uncertain));
    }
out:
    return st;
}

shy_status shy_count_formulas(shy_space *space, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    uint64_t mine[SHY_COMPLEXITY_MAX + 1] = {0};
    memset(formulas, 0, (SHY_COMPLEXITY_MAX + 1) * sizeof *formulas);
    SHY_TRY_ALL(space->problem->team, count_mine(space, formulas, mine));
    SHY_TRY(shy_team_sum_counts(space->problem->team, mine, SHY_COMPLEXITY_MAX + 1));
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++) formulas[c] += mine[c];
out:
    return st;
}

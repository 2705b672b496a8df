/* Counts the formulas of the grammar exactly, without scoring any. */
#include "shy_config.h"

#include <string.h>

#include "uncertain.h"

#define SHARED 4096 /* sets of factors of the same kinds: from here on all ranks share the counting */

/* ---- kinds -------------------------------------------------------------------------------------------------------------- */

static int members(const shy_space *space, int kind)
{
    return (int)(space->kind_first[kind + 1] - space->kind_first[kind]);
}

/* Fills the slots from `slot` on with the smallest kinds >= least, none more often than it has factors; false if there are too few. */
static bool fill(const shy_space *space, int *kind, int slot, int count, int least)
{
    for (int same = 0; slot < count; slot++, same++) {
        if (least < space->kinds && same == members(space, least)) least++, same = 0;
        if (least >= space->kinds) return false;
        kind[slot] = least;
    }
    return true;
}

/* The next ascending sequence of kinds, in lexicographic order. */
static bool next_kinds(const shy_space *space, int *kind, int count)
{
    for (int s = count - 1; s >= 0; s--) {
        if (fill(space, kind, s, count, kind[s] + 1)) return true;
    }
    return false;
}

/* Sets of factors of these kinds. */
static uint64_t sets_of_kinds(const shy_space *space, const int *kind, int count)
{
    uint64_t sets = 1;
    for (int s = 0, same; s < count; s += same) {
        for (same = 1; s + same < count && kind[s + same] == kind[s];)
            same++;
        sets *= shy_binomial((uint64_t)members(space, kind[s]), (uint64_t)same);
    }
    return sets;
}

/* ---- counting ------------------------------------------------------------------------------------------------------------ */

static shy_status count_context(shy_uncertain *uncertain, shy_space *space, const int *kind, int slots, int share,
                                int shares, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    shy_context *context = NULL;
    const uint64_t sets = sets_of_kinds(space, kind, slots);
    SHY_TRY(shy_context_judge(space, slots, kind, &context));
    for (int i = 0; i < context->roots && share == 0; i++) {
        if (shy_context_root_validity(context, i) == SHY_ALWAYS) formulas[context->root[i].complexity] += sets;
    }
    if (context->uncertain_count > 0) SHY_TRY(shy_uncertain_count(uncertain, context, share, shares, formulas));
out:
    shy_context_free(&context);
    return st;
}

/* Contexts with many sets are shared; those with few are dealt, because there may be many. */
static shy_status count_mine(shy_space *space, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    const shy_team *team = space->problem->team;
    shy_uncertain *uncertain = NULL;
    int dealt = 0;
    SHY_TRY(shy_uncertain_create(space, &uncertain));
    for (int slots = 1; slots <= space->slots_max; slots++) {
        int kind[SHY_FACTORS_MAX] = {0};
        for (bool some = fill(space, kind, 0, slots, 0); some; some = next_kinds(space, kind, slots)) {
            if (!shy_kinds_admitted(space, kind, slots)) continue;
            const bool shared = sets_of_kinds(space, kind, slots) >= SHARED;
            if (!shared && dealt++ % team->size != team->rank) continue;
            SHY_TRY(shy_journal_poll(space->problem->journal));
            SHY_TRY(count_context(uncertain, space, kind, slots, shared ? team->rank : 0, shared ? team->size : 1,
                                  formulas));
        }
    }
out:
    shy_uncertain_destroy(&uncertain);
    return st;
}

#define COUNTS (SHY_COMPLEXITY_MAX + 1)

static shy_status count_together(shy_space *space, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    memset(formulas, 0, COUNTS * sizeof *formulas);
    SHY_TRY_ALL(space->problem->team, count_mine(space, formulas));
    SHY_TRY(shy_team_sum_counts(space->problem->team, formulas, COUNTS));
out:
    return st;
}

/* A step of the journal, done or not begun. */
shy_status shy_count_formulas(shy_space *space, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    shy_journal *journal = space->problem->journal;
    shy_journal_step step = {0};
    if (!journal) return count_together(space, formulas);
    SHY_TRY(shy_journal_begin(journal, "formulas", &step));
    if (step.done && step.count != COUNTS * sizeof *formulas)
        return shy_fail(SHY_INTERNAL, "The checkpoint has %.0f bytes where there are the numbers of formulas.", (double)step.count);
    if (step.done) {
        memcpy(formulas, step.bytes, step.count);
        return SHY_OK;
    }
    SHY_TRY(count_together(space, formulas));
    SHY_TRY_ALL(space->problem->team, shy_journal_write(journal, 0, formulas, COUNTS * sizeof *formulas));
    shy_journal_end(journal);
out:
    return st;
}

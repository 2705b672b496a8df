/* The grammar over the factors of one problem: factors sorted by kind, shape tables, sets of factors. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "context_impl.h"
#include "rules.h"

/* ---- sets of factors ------------------------------------------------------------------------------------------- */

uint64_t shy_binomial(uint64_t n, uint64_t k)
{
    if (k > n) return 0;
    if (k <= 1) return k == 0 ? 1 : n;
    __extension__ unsigned __int128 value = 1;
    for (uint64_t i = 1; i <= k; i++) {
        value = value * (n - k + i) / i;
        if (value >> 63) return UINT64_C(1) << 63;
    }
    return (uint64_t)value;
}

uint64_t shy_tuple_sets(const shy_space *space, int pinned, int count)
{
    return shy_binomial((uint64_t)(space->factors - pinned), (uint64_t)(count - pinned));
}

/* The j-th factor that is not pinned is j plus the pinned ones at or below it. */
static void merge_pinned(const shy_tuple *pinned, const uint32_t *chosen, int free_count, shy_tuple *tuple)
{
    int next_pinned = 0, written = 0;
    for (int i = 0; i < free_count; i++) {
        while (pinned && next_pinned < pinned->count && pinned->factor[next_pinned] <= chosen[i] + (uint32_t)next_pinned) {
            tuple->factor[written++] = pinned->factor[next_pinned++];
        }
        tuple->factor[written++] = chosen[i] + (uint32_t)next_pinned;
    }
    while (pinned && next_pinned < pinned->count) tuple->factor[written++] = pinned->factor[next_pinned++];
    tuple->count = written;
}

/*
 * The first member of the number-th of all sets of `count` of n things, *number_inout counted from the sets that begin with it.
 * C(n, count) − C(n − c, count) sets begin below c: bisected, because n may be a million; counted up where a count is too large.
 */
static uint64_t first_member(uint64_t n, uint64_t count, uint64_t *number_inout)
{
    const uint64_t all = shy_binomial(n, count);
    uint64_t low = 0, high = n - count;
    if (all >> 63) {
        for (; *number_inout >= shy_binomial(n - low - 1, count - 1); low++) *number_inout -= shy_binomial(n - low - 1, count - 1);
        return low;
    }
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if (all - shy_binomial(n - middle, count) <= *number_inout) low = middle;
        else high = middle - 1;
    }
    *number_inout -= all - shy_binomial(n - low, count);
    return low;
}

/* Lexicographic rank → combination of the factors that are not pinned; then both are merged. */
void shy_tuple_unrank(const shy_space *space, const shy_tuple *pinned, int count, uint64_t number, shy_tuple *tuple_out)
{
    const int free_count = count - (pinned ? pinned->count : 0);
    const uint64_t others = (uint64_t)(space->factors - (pinned ? pinned->count : 0));
    uint64_t candidate = 0;
    uint32_t chosen[SHY_FACTORS_MAX];
    for (int i = 0; i < free_count; i++) {
        candidate += first_member(others - candidate, (uint64_t)(free_count - i), &number);
        chosen[i] = (uint32_t)candidate++;
    }
    merge_pinned(pinned, chosen, free_count, tuple_out);
}

bool shy_tuple_next(const shy_space *space, const shy_tuple *pinned, shy_tuple *tuple)
{
    uint32_t chosen[SHY_FACTORS_MAX];
    const int pins = pinned ? pinned->count : 0;
    int free_count = 0, below = 0;
    for (int s = 0; s < tuple->count; s++) {
        if (below < pins && pinned->factor[below] == tuple->factor[s]) below++;
        else chosen[free_count++] = tuple->factor[s] - (uint32_t)below;
    }
    int s = free_count - 1;
    while (s >= 0 && chosen[s] == (uint32_t)(space->factors - pins - free_count + s)) s--;
    if (s < 0) return false;
    chosen[s]++;
    for (s++; s < free_count; s++) chosen[s] = chosen[s - 1] + 1;
    merge_pinned(pinned, chosen, free_count, tuple);
    return true;
}

/* ---- kinds ----------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t factor;
    shy_unit unit;
    uint8_t sign;
    bool wanted;
    uint32_t barred;
    uint64_t members;
} shy_sorted;

/* Factors of which a formula must have one come first, so that sets with one of them stand together. */
static bool is_wanted(const shy_rules *rules, uint64_t members)
{
    for (int g = 0; rules && g < rules->groups; g++) {
        if (rules->least[g] > 0 && (members >> SHY_RULE_BITS * g & 1U)) return true;
    }
    return false;
}

static uint32_t unary_operators(const shy_grammar *grammar)
{
    uint32_t operators = 0;
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) {
        if (grammar->allowed[op] && shy_operator_get((shy_op)op)->arity == 1) operators |= UINT32_C(1) << op;
    }
    return operators;
}

/* Of 0 and 1 these are 0 and 1 again, or not defined: they would make two formulas of one. */
#define NOTHING_NEW_OF_BINARY                                                                                                                                  \
    (UINT32_C(1) << SHY_OP_SQUARE | UINT32_C(1) << SHY_OP_SQRT | UINT32_C(1) << SHY_OP_ABS | UINT32_C(1) << SHY_OP_LOG | UINT32_C(1) << SHY_OP_INVERSE)

static void set_rule(const shy_space *space, shy_sorted *sorted)
{
    const shy_factor_rule rule = shy_rules_of(space->problem->rules, sorted->factor);
    const bool binary = space->problem->binary && space->problem->binary[sorted->factor];
    sorted->barred = unary_operators(&space->grammar) & (~rule.transforms | (binary ? NOTHING_NEW_OF_BINARY : 0U));
    sorted->members = rule.members;
    sorted->wanted = is_wanted(space->problem->rules, rule.members);
}

static int compare_sorted(const void *a, const void *b)
{
    const shy_sorted *x = a, *y = b;
    const bool xn = x->sign <= SHY_SIGN_NONNEGATIVE, yn = y->sign <= SHY_SIGN_NONNEGATIVE;
    if (xn != yn) return xn ? -1 : 1;
    if (x->wanted != y->wanted) return x->wanted ? -1 : 1;
    if (x->barred != y->barred) return x->barred < y->barred ? -1 : 1;
    if (x->members != y->members) return x->members < y->members ? -1 : 1;
    if (x->sign != y->sign) return x->sign < y->sign ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return x->factor < y->factor ? -1 : x->factor > y->factor;
}

/* Most factors have the unit of the one before. */
static shy_status sort_factors(shy_space *space, shy_sorted *sorted)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = space->problem;
    const bool with_units = space->grammar.units != SHY_UNITS_OFF;
    for (int f = 0; f < space->factors; f++) {
        const shy_interval r = problem->range[f];
        sorted[f].factor = (uint32_t)f;
        set_rule(space, &sorted[f]);
        sorted[f].sign = r.lo > 0.0 ? SHY_SIGN_POSITIVE : r.lo >= 0.0 ? SHY_SIGN_NONNEGATIVE : r.hi < 0.0 ? SHY_SIGN_NEGATIVE : SHY_SIGN_ANY;
        sorted[f].unit = SHY_UNIT_UNKNOWN;
        if (with_units && f > 0 && problem->unit_text[f] == problem->unit_text[f - 1]) sorted[f].unit = sorted[f - 1].unit;
        else if (with_units) SHY_TRY(shy_unit_parse(space->units, problem->unit_text[f], &sorted[f].unit));
    }
    qsort(sorted, (size_t)space->factors, sizeof *sorted, compare_sorted);
out:
    return st;
}

static bool same_kind(const shy_sorted *a, const shy_sorted *b)
{
    return a->unit == b->unit && a->sign == b->sign && a->barred == b->barred && a->members == b->members;
}

static shy_status allocate_kinds(shy_space *space, const shy_sorted *sorted)
{
    shy_status st = SHY_OK;
    for (int f = 0; f < space->factors; f++) space->kinds += f == 0 || !same_kind(&sorted[f], &sorted[f - 1]);
    const size_t kinds = (size_t)space->kinds;
    SHY_TRY(shy_new((size_t)space->factors, sizeof *space->kind, &space->kind));
    SHY_TRY(shy_new(kinds + 1, sizeof *space->kind_first, &space->kind_first));
    SHY_TRY(shy_new(kinds, sizeof *space->kind_unit, &space->kind_unit));
    SHY_TRY(shy_new(kinds, sizeof *space->kind_sign, &space->kind_sign));
    SHY_TRY(shy_new(kinds, sizeof *space->kind_range, &space->kind_range));
    SHY_TRY(shy_new(kinds, sizeof *space->kind_core, &space->kind_core));
    SHY_TRY(shy_new(kinds, sizeof *space->kind_barred, &space->kind_barred));
    SHY_TRY(shy_new(kinds, sizeof *space->kind_members, &space->kind_members));
    space->kind_first[kinds] = (uint32_t)space->factors;
out:
    return st;
}

static shy_status number_kinds(shy_space *space)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = space->problem;
    shy_sorted *sorted = NULL;
    SHY_TRY(shy_new((size_t)space->factors, sizeof *sorted, &sorted));
    SHY_TRY(sort_factors(space, sorted));
    SHY_TRY(allocate_kinds(space, sorted));
    for (int f = 0, kind = -1; f < space->factors; f++) {
        space->problem_factor[f] = sorted[f].factor;
        space->range[f] = problem->range[sorted[f].factor];
        if (f == 0 || !same_kind(&sorted[f], &sorted[f - 1])) {
            kind++;
            space->kind_first[kind] = (uint32_t)f;
            space->kind_unit[kind] = sorted[f].unit;
            space->kind_sign[kind] = sorted[f].sign;
            space->kind_barred[kind] = sorted[f].barred;
            space->bars = space->bars || sorted[f].barred != 0;
            space->kind_members[kind] = sorted[f].members;
            space->kind_range[kind] = space->kind_core[kind] = space->range[f];
        }
        space->kind[f] = kind;
        shy_interval *hull = &space->kind_range[kind], *core = &space->kind_core[kind];
        *hull = (shy_interval){fmin(hull->lo, space->range[f].lo), fmax(hull->hi, space->range[f].hi)};
        *core = (shy_interval){fmax(core->lo, space->range[f].lo), fmin(core->hi, space->range[f].hi)};
        if (sorted[f].sign <= SHY_SIGN_NONNEGATIVE) space->nonnegative = f + 1;
    }
out:
    shy_free(&sorted);
    return st;
}

/* ---- factors by the numbers of the space ------------------------------------------------------------------------- */

shy_status shy_space_columns(const shy_space *space, const shy_tuple *tuple, const double **column_out)
{
    uint32_t factor[SHY_FACTORS_MAX];
    for (int s = 0; s < tuple->count; s++) factor[s] = space->problem_factor[tuple->factor[s]];
    return shy_columns_get(space->problem->columns, factor, tuple->count, column_out);
}

const char *shy_space_name(const shy_space *space, uint32_t factor)
{
    return space->problem->name[space->problem_factor[factor]];
}

double shy_space_first_sample(const shy_space *space, uint32_t factor)
{
    return space->problem->first_sample[space->problem_factor[factor]];
}

/* ---- rules on numbers of factors --------------------------------------------------------------------------------- */

static bool admits(const shy_rules *rules, uint64_t members)
{
    return !shy_members_crowded(rules, members) && !shy_members_lacking(rules, members);
}

bool shy_kinds_admitted(const shy_space *space, const int *kind, int count)
{
    const shy_rules *rules = space->problem->rules;
    uint64_t members = 0;
    if (!rules || rules->groups == 0) return true;
    for (int s = 0; s < count; s++) members = shy_members_add(members, space->kind_members[kind[s]]);
    return admits(rules, members);
}

uint64_t shy_space_members(const shy_space *space, const shy_tuple *tuple)
{
    uint64_t members = 0;
    for (int s = 0; s < tuple->count; s++) members = shy_members_add(members, space->kind_members[space->kind[tuple->factor[s]]]);
    return members;
}

bool shy_space_admits(const shy_space *space, const shy_tuple *tuple)
{
    int kind[SHY_FACTORS_MAX] = {0};
    for (int s = 0; s < tuple->count; s++) kind[s] = space->kind[tuple->factor[s]];
    return shy_kinds_admitted(space, kind, tuple->count);
}

bool shy_space_admits_union(const shy_space *space, const shy_tuple *a, const shy_tuple *b)
{
    const shy_rules *rules = space->problem->rules;
    uint64_t members = 0;
    if (!rules || rules->groups == 0) return true;
    for (int i = 0, j = 0; i < a->count || j < b->count;) {
        const bool take_a = j >= b->count || (i < a->count && a->factor[i] <= b->factor[j]);
        const uint32_t factor = take_a ? a->factor[i] : b->factor[j];
        i += i < a->count && a->factor[i] == factor;
        j += j < b->count && b->factor[j] == factor;
        members = shy_members_add(members, space->kind_members[space->kind[factor]]);
    }
    return admits(rules, members);
}

/* ---- the space ------------------------------------------------------------------------------------------------- */

static int most_factors(const shy_grammar *grammar, int factors)
{
    int lightest = 0;
    for (int op = SHY_OP_ADD; op < SHY_OP_LOG; op++) {
        if (grammar->allowed[op] && (lightest == 0 || grammar->weight[op] < lightest)) lightest = grammar->weight[op];
    }
    int most = 1;
    const int leaf = grammar->weight[SHY_OP_FACTOR];
    if (lightest) most = (grammar->max_complexity + lightest) / (lightest + leaf);
    if (most > grammar->max_factors) most = grammar->max_factors;
    if (most > factors) most = factors;
    return most < 1 ? 1 : most;
}

static shy_status allocate(shy_space *space)
{
    shy_status st = SHY_OK;
    const size_t p = (size_t)space->factors;
    SHY_TRY(shy_new(p, sizeof *space->problem_factor, &space->problem_factor));
    SHY_TRY(shy_new(p, sizeof *space->range, &space->range));
    SHY_TRY(shy_units_create(&space->units));
    SHY_TRY(number_kinds(space));
out:
    return st;
}

shy_status shy_space_create(const shy_problem *problem, const shy_grammar *grammar, shy_space **space_out)
{
    shy_status st = SHY_OK;
    shy_space *space = NULL;
    shy_outcome *outcome = NULL;
    SHY_TRY_ALL(problem->team, shy_new(1, sizeof *space, &space));
    space->problem = problem;
    space->grammar = *grammar;
    space->factors = problem->factors;
    space->slots_max = most_factors(grammar, problem->factors);
    SHY_TRY_ALL(problem->team, space->slots_max <= SHY_FACTORS_MAX
                                   ? allocate(space)
                                   : shy_fail(SHY_INPUT, "factors.max is %d; formulas of more than %d factors are not searched",
                                              grammar->max_factors, SHY_FACTORS_MAX));
    if (!problem->metric) SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &outcome));
    const shy_metric *metric = problem->metric ? problem->metric : shy_outcome_metric(outcome);
    SHY_TRY_ALL(problem->team, shy_view_set(problem, metric, &space->view));
    *space_out = space, space = NULL;
out:
    shy_outcome_destroy(&outcome);
    shy_space_destroy(&space);
    return st;
}

void shy_space_destroy(shy_space **space)
{
    shy_space *s = *space;
    if (!s) return;
    shy_contexts_destroy(s);
    shy_units_destroy(&s->units);
    shy_free(&s->problem_factor);
    shy_free(&s->range);
    shy_free(&s->kind);
    shy_free(&s->kind_first);
    shy_free(&s->kind_unit);
    shy_free(&s->kind_sign);
    shy_free(&s->kind_range);
    shy_free(&s->kind_core);
    shy_free(&s->kind_barred);
    shy_free(&s->kind_members);
    shy_view_free(&s->view);
    shy_free(space);
}

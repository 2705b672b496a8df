/* test_search_parts.c: sets of factors, signs and domains, and the statistic of one formula. */
#include "shy_config.h"

#include "search/context_impl.h"
#include "search_problem.h"

/* ---- sets of factors ----------------------------------------------------------------------------------------------- */

static bool holds(const shy_tuple *tuple, uint32_t factor)
{
    for (int s = 0; s < tuple->count; s++) {
        if (tuple->factor[s] == factor) return true;
    }
    return false;
}

static unsigned bits_of(const shy_tuple *tuple)
{
    unsigned bits = 0;
    for (int s = 0; s < tuple->count; s++) bits |= 1U << tuple->factor[s];
    return bits;
}

/* All sets with the pinned factors come once, ascending, and by their numbers as one after the other. */
static void check_tuples(int factors, int count, unsigned pins)
{
    const shy_space space = {.factors = factors};
    shy_tuple pinned = {0}, tuple = {0}, by_number;
    bool met[1 << 9] = {false};
    for (int f = 0; f < factors; f++) {
        if (pins >> f & 1U) pinned.factor[pinned.count++] = (uint32_t)f;
    }
    const uint64_t sets = shy_tuple_sets(&space, pinned.count, count);
    uint64_t number = 0;
    shy_tuple_unrank(&space, &pinned, count, 0, &tuple);
    do {
        shy_tuple_unrank(&space, &pinned, count, number, &by_number);
        EXPECT(tuple.count == count && by_number.count == count);
        EXPECT(memcmp(tuple.factor, by_number.factor, (size_t)count * sizeof *tuple.factor) == 0);
        for (int s = 1; s < count; s++) EXPECT(tuple.factor[s - 1] < tuple.factor[s]);
        EXPECT(tuple.factor[count - 1] < (uint32_t)factors);
        EXPECT((bits_of(&tuple) & pins) == pins);
        EXPECT(!met[bits_of(&tuple)]);
        met[bits_of(&tuple)] = true;
        number++;
    } while (number <= sets && shy_tuple_next(&space, &pinned, &tuple));
    EXPECT(number == sets);
    uint64_t expected = 0;
    for (unsigned set = 0; set < 1U << factors; set++) {
        expected += __builtin_popcount(set) == count && (set & pins) == pins;
    }
    EXPECT(sets == expected);
}

static void sets_of_factors_come_once(void **state)
{
    (void)state;
    for (int factors = 1; factors <= 7; factors++) {
        for (int count = 1; count <= factors && count <= 5; count++) {
            for (unsigned pins = 0; pins < 1U << factors; pins++) {
                if (__builtin_popcount(pins) <= count) check_tuples(factors, count, pins);
            }
        }
    }
    assert_on_all_ranks();
}

static void sets_of_many_factors(void **state)
{
    (void)state;
    const shy_space space = {.factors = 20000};
    const shy_tuple pinned = {.count = 1, .factor = {19998}};
    shy_tuple tuple, next;
    EXPECT(shy_binomial(20000, 3) == UINT64_C(1333133340000));
    EXPECT(shy_binomial(5, 6) == 0 && shy_binomial(5, 0) == 1 && shy_binomial(0, 0) == 1);
    EXPECT(shy_binomial(1000000, 8) == UINT64_C(1) << 63);
    shy_tuple_unrank(&space, NULL, 3, shy_tuple_sets(&space, 0, 3) - 1, &tuple);
    EXPECT(tuple.factor[0] == 19997 && tuple.factor[1] == 19998 && tuple.factor[2] == 19999);
    EXPECT(!shy_tuple_next(&space, NULL, &tuple));
    shy_tuple_unrank(&space, &pinned, 3, shy_tuple_sets(&space, 1, 3) - 1, &tuple);
    EXPECT(holds(&tuple, 19997) && holds(&tuple, 19998) && holds(&tuple, 19999));
    for (uint64_t number = 7; number < shy_tuple_sets(&space, 1, 3) - 1; number += 5000017) {
        shy_tuple_unrank(&space, &pinned, 3, number, &tuple);
        shy_tuple_unrank(&space, &pinned, 3, number + 1, &next);
        EXPECT(shy_tuple_next(&space, &pinned, &tuple));
        EXPECT(memcmp(tuple.factor, next.factor, 3 * sizeof *tuple.factor) == 0);
    }
    assert_on_all_ranks();
}

/* ---- signs ----------------------------------------------------------------------------------------------------------- */

/* The index-th interval of a sign, of moderate size. */
static shy_interval interval_of(shy_sign sign, uint64_t index)
{
    const double a = exp(shy_random_normal(1, (uint64_t)sign, 2 * index)),
                 b = exp(shy_random_normal(1, (uint64_t)sign, 2 * index + 1));
    const double lo = fmin(a, b), hi = fmax(a, b);
    switch (sign) {
    case SHY_SIGN_POSITIVE: return (shy_interval){lo, hi};
    case SHY_SIGN_NONNEGATIVE: return (shy_interval){index % 3 ? 0.0 : lo, hi};
    case SHY_SIGN_NEGATIVE: return (shy_interval){-hi, -lo};
    default:
        return index % 3 == 0   ? (shy_interval){-a, b}
               : index % 3 == 1 ? (shy_interval){lo, hi}
                                : (shy_interval){-hi, -lo};
    }
}

static bool sign_holds(shy_sign sign, shy_interval r)
{
    switch (sign) {
    case SHY_SIGN_POSITIVE: return r.lo > 0.0;
    case SHY_SIGN_NONNEGATIVE: return r.lo >= 0.0;
    case SHY_SIGN_NEGATIVE: return r.hi < 0.0;
    default: return true;
    }
}

/* What the signs promise, every interval keeps: ALWAYS never fails, NEVER never succeeds, the result has the sign. */
static void signs_tell_the_truth(void **state)
{
    (void)state;
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) {
        for (int u = SHY_SIGN_POSITIVE; u <= SHY_SIGN_ANY; u++) {
            for (int v = SHY_SIGN_POSITIVE; v <= SHY_SIGN_ANY; v++) {
                shy_validity validity = SHY_DEPENDS;
                const shy_sign sign = shy_sign_apply((shy_op)op, (shy_sign)u, (shy_sign)v, &validity);
                for (uint64_t k = 0; k < 60; k++) {
                    shy_interval r;
                    const bool valid = shy_operator_range((shy_op)op, interval_of((shy_sign)u, k),
                                                          interval_of((shy_sign)v, 1000 + k), &r);
                    const bool kept = validity == SHY_ALWAYS ? valid : validity == SHY_NEVER ? !valid : true;
                    if (!kept || (valid && !sign_holds(sign, r))) {
                        fprintf(stderr, "%s of signs %d and %d\n", shy_operator_get((shy_op)op)->name, u, v);
                        EXPECT(false);
                    }
                }
            }
        }
    }
    assert_on_all_ranks();
}

/* ---- the statistic ------------------------------------------------------------------------------------------------------ */

typedef long double wide;

/* r² by regression in long double on the columns of the family, evaluated sample by sample; −1 where they are dependent. */
static double statistic_by_definition(const problem_spec *spec, const shy_space *space, const shy_formula *formula)
{
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    EXPECT(shy_formula_context((shy_space *)(uintptr_t)space, formula, &context, &root) == SHY_OK);
    const int n = spec->n, terms = shy_family_terms((shy_family)root->family), factors = (int)strlen(spec->columns);
    shy_tree left, right = {.count = 0};
    uint32_t factor[SHY_FACTORS_MAX];
    for (int s = 0; s < formula->tuple.count; s++) factor[s] = space->problem_factor[formula->tuple.factor[s]];
    shy_shapes_operand_tree(context->shapes, root->left, factor, &left);
    if (root->right >= 0) shy_shapes_operand_tree(context->shapes, root->right, factor, &right);
    wide *column[4];
    for (int k = 0; k < 4; k++) column[k] = given_memory((size_t)n, sizeof(wide));
    for (int i = 0; i < n; i++) {
        double x[16];
        for (int f = 0; f < factors; f++) x[f] = spec_value(spec, f, i);
        const double u = shy_tree_evaluate(&left, x), v = right.count > 0 ? shy_tree_evaluate(&right, x) : 0.0;
        const bool ratio = root->family == SHY_FAMILY_WEIGHTED_INVERSE || root->family == SHY_FAMILY_SHIFTED_RATIO;
        const wide w = ratio ? 1.0L / v : v;
        const bool shifted = root->family == SHY_FAMILY_SHIFTED || root->family == SHY_FAMILY_SHIFTED_RATIO;
        if (root->family == SHY_FAMILY_PLAIN)
            column[0][i] = root->op == SHY_OP_FACTOR ? u : shy_operator_apply((shy_op)root->op, u, v);
        else
            column[0][i] = u, column[1][i] = w, column[2][i] = (wide)u * w;
        if (shifted) column[0][i] = w, column[1][i] = (wide)u * w;
        column[3][i] = spec_response(spec, i);
    }
    wide explained = 0, total = 0;
    for (int order = -1; order < terms; order++) { /* the response first, then the basis */
        wide *c = column[order < 0 ? 3 : order], mean = 0, before = 0, after = 0, along = 0;
        for (int i = 0; i < n; i++) mean += c[i] / n;
        for (int i = 0; i < n; i++) c[i] -= mean, before += c[i] * c[i];
        for (int j = 0; order >= 0 && j < 2 * order; j++) {
            wide product = 0;
            for (int i = 0; i < n; i++) product += c[i] * column[j % order][i];
            for (int i = 0; i < n; i++) c[i] -= product * column[j % order][i];
        }
        for (int i = 0; i < n; i++) after += c[i] * c[i];
        if (order < 0) {
            total = after;
            continue;
        }
        if (!(after > 1e-20L * before) || !(before > 1e-26L * n * mean * mean)) explained = -INFINITY;
        for (int i = 0; i < n; i++) c[i] /= sqrtl(after), along += c[i] * column[3][i];
        explained += along * along;
    }
    for (int k = 0; k < 4; k++) free(column[k]);
    return isfinite((double)explained) ? (double)(explained / total) : -1.0;
}

/* The score of every step-th formula of the space on a team. */
static int score_all(const shy_team *team, const problem_spec *spec, const shy_grammar *grammar, int step,
                     bool by_definition, double *out)
{
    shy_problem *problem = problem_create(team, spec);
    shy_space *space = NULL;
    shy_scorer *scorer = NULL;
    int at = 0, number = 0;
    EXPECT(shy_space_create(problem, grammar, &space) == SHY_OK);
    EXPECT(shy_scorer_create(space, &space->view, 5, &scorer) == SHY_OK);
    for (int slots = 1; slots <= space->slots_max; slots++) {
        shy_formula formula = {.root = 0};
        const shy_context *context = NULL;
        shy_tuple_unrank(space, NULL, slots, 0, &formula.tuple);
        EXPECT(shy_space_context(space, &formula.tuple, &context) == SHY_OK);
        shy_context_ranges(space, context, &context->ranges, &formula.tuple);
        for (int root = 0; root < context->roots; root++) {
            shy_score score = {.statistic = -1.0};
            bool degenerate = false;
            formula.root = root;
            if (!shy_context_root_valid(space, context, root) || number++ % step != 0) continue;
            EXPECT(shy_scorer_score(scorer, &formula, &score, &degenerate) == SHY_OK);
            if (degenerate) score = (shy_score){.statistic = -1.0};
            if (by_definition) {
                const double exact = statistic_by_definition(spec, space, &formula);
                char *text = NULL;
                EXPECT(shy_formula_text(space, &formula, &text) == SHY_OK);
                present_case = text;
                EXPECT(fabs(score.statistic - exact) <= 1e-11 * fmax(1.0, exact));
                present_case = "";
                shy_free(&text);
            }
            out[at++] = score.statistic, out[at++] = score.probe[0], out[at++] = score.probe[1];
        }
    }
    shy_scorer_destroy(&scorer);
    shy_space_destroy(&space);
    problem_free(problem);
    return at;
}

static const problem_spec score_specs[] = {
    {.n = 61, .columns = "psi", .seed = 1},
    {.n = 40, .columns = "pdz", .seed = 2},
    {.n = 130, .columns = "bnp", .seed = 3},
};
enum { SCORES_MAX = 40000 };

static void statistics_are_those_of_a_regression(void **state)
{
    (void)state;
    const shy_grammar grammar = make_grammar(ALL_OPERATORS, 5, 2);
    double *out = given_memory(SCORES_MAX, sizeof *out);
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < 3; k++) EXPECT(score_all(alone, &score_specs[k], &grammar, 3, true, out) > 100);
    shy_team_destroy(&alone);
    free(out);
    assert_on_all_ranks();
}

/* Two numbers to compare everything with, and each team. */
static double *reference;

static void check_bits(const shy_team *team)
{
    const shy_grammar grammar = make_grammar(NULL, 5, 2);
    double *mine = given_memory(SCORES_MAX, sizeof *mine);
    for (int k = 0; k < 3; k++) {
        shy_team *alone = NULL;
        EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
        const int count = score_all(alone, &score_specs[k], &grammar, 5, false, reference);
        shy_team_destroy(&alone);
        EXPECT(score_all(team, &score_specs[k], &grammar, 5, false, mine) == count && count > 100);
        EXPECT(memcmp(reference, mine, (size_t)count * sizeof *mine) == 0);
    }
    free(mine);
}

static void statistics_do_not_depend_on_row_blocks(void **state)
{
    (void)state;
    reference = given_memory(SCORES_MAX, sizeof *reference);
    on_every_team(check_bits);
    free(reference);
    assert_on_all_ranks();
}

/* Perfect fits are one, whichever side of 1 rounding puts them; a larger statistic comes first; nothing kept is below its mark. */
static void scores_have_an_order(void **state)
{
    (void)state;
    const shy_score one = {.statistic = 1.0, .probe = {0.5, -0.25}};
    shy_score other = one;
    other.statistic = 1.0 - 1e-14;
    EXPECT(shy_score_compare(&one, &other) == 0);
    other.statistic = 1.0 + 1e-14;
    EXPECT(shy_score_compare(&one, &other) == 0);
    other.statistic = 1.0 - 1e-10;
    EXPECT(shy_score_compare(&one, &other) < 0 && shy_score_compare(&other, &one) > 0);
    other = one, other.probe[1] = -0.25 + 1e-7;
    EXPECT(shy_score_compare(&one, &other) * shy_score_compare(&other, &one) < 0);
    for (uint64_t k = 0; k < 2000; k++) {
        const shy_score a = {.statistic = shy_random_uniform(1, 1, k)};
        shy_score b = {.statistic = a.statistic + 3e-11 * (shy_random_uniform(1, 2, k) - 0.5)};
        EXPECT(shy_score_mark(&a) <= a.statistic && shy_score_mark(&a) > a.statistic - 3e-11);
        if (shy_score_compare(&b, &a) <= 0) EXPECT(b.statistic >= shy_score_mark(&a));
    }
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_of_factors_come_once),
        cmocka_unit_test(sets_of_many_factors),
        cmocka_unit_test(signs_tell_the_truth),
        cmocka_unit_test(statistics_are_those_of_a_regression),
        cmocka_unit_test(statistics_do_not_depend_on_row_blocks),
        cmocka_unit_test(scores_have_an_order),
    };
    return run_par_tests("search parts", tests, sizeof tests / sizeof *tests, argc, argv);
}

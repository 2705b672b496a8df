/* test_search_best.c: the lists of the best are the same for any order of offers and any division among ranks. */
#include "shy_config.h"

#include "search_problem.h"

typedef struct {
    int complexity;
    shy_formula formula;
    shy_score score;
    char *text;
} offer;

typedef struct {
    shy_problem *problem;
    shy_space *space;
    offer *offers;
    int count;
} field;

/* Statistics in steps, so that there are ties; `alike` of every twenty formulas are twins of the one before them. */
static shy_score score_of(uint64_t seed, uint64_t index, int alike)
{
    const uint64_t kind = index % 20 < (uint64_t)alike ? index - index % 20 : index;
    const double step = floor(40.0 * shy_random_uniform(seed, 1, kind)) / 40.0;
    /* Twins differ by rounding; formulas in a tie have probes of their own. */
    const double rounding = 1e-15 * shy_random_normal(seed, 2, index);
    return (shy_score){step + rounding,
                       {shy_random_normal(seed, 3, kind) + rounding, shy_random_normal(seed, 4, kind) - rounding}};
}

/* All formulas of a small grammar over the six columns, each with a score. */
static field field_create(const shy_team *team, uint64_t seed, int alike)
{
    static const problem_spec spec = {.n = 20, .columns = "pppppp", .seed = 1};
    const shy_grammar grammar = make_grammar(NULL, 5, 2);
    field f = {.problem = problem_create(team, &spec)};
    EXPECT(shy_space_create(f.problem, &grammar, &f.space) == SHY_OK);
    f.offers = given_memory(20000, sizeof *f.offers);
    for (int slots = 1; slots <= 2; slots++) {
        shy_tuple tuple;
        shy_tuple_unrank(f.space, NULL, slots, 0, &tuple);
        do {
            const shy_context *context = NULL;
            EXPECT(shy_space_context(f.space, &tuple, &context) == SHY_OK);
            for (int root = 0; root < context->roots && f.count < 20000; root++) {
                offer *o = &f.offers[f.count];
                *o = (offer){.complexity = context->root[root].complexity,
                             .score = score_of(seed, (uint64_t)f.count, alike)};
                memset(&o->formula, 0, sizeof o->formula);
                o->formula.root = root;
                o->formula.tuple.count = tuple.count;
                memcpy(o->formula.tuple.factor, tuple.factor, (size_t)tuple.count * sizeof *tuple.factor);
                EXPECT(shy_formula_text(f.space, &o->formula, &o->text) == SHY_OK);
                f.count++;
            }
        } while (shy_tuple_next(f.space, NULL, &tuple));
    }
    return f;
}

static void field_free(field *f)
{
    for (int i = 0; i < f->count; i++) shy_free(&f->offers[i].text);
    free(f->offers);
    shy_space_destroy(&f->space);
    problem_free(f->problem);
}

/* ---- what the lists should be ----------------------------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
    const offer *x = a, *y = b;
    if (x->complexity != y->complexity) return x->complexity - y->complexity;
    const int order = shy_score_compare(&x->score, &y->score);
    if (order != 0) return order;
    const size_t m = strlen(x->text), n = strlen(y->text);
    return m != n ? (m < n ? -1 : 1) : strcmp(x->text, y->text);
}

static bool same_member(const shy_member *m, const offer *o)
{
    return shy_formula_same(&m->formula, &o->formula) && m->score.statistic == o->score.statistic &&
           strcmp(m->text, o->text) == 0;
}

/* `sorted` are all offers in order: equal scores in a row are one entry. */
static void expect_lists(const shy_best *best, const offer *sorted, int count, int keep)
{
    int at = 0;
    for (int c = 1; c <= best->levels; c++) {
        int entries = 0;
        while (at < count && sorted[at].complexity == c) {
            int members = 1;
            while (at + members < count && sorted[at + members].complexity == c &&
                   shy_score_compare(&sorted[at].score, &sorted[at + members].score) == 0)
                members++;
            if (entries < keep) {
                EXPECT(entries < best->count[c]);
                if (entries >= best->count[c]) return;
                const shy_best_entry *entry = best->entry[c][entries];
                const int listed = members <= SHY_TWINS_LISTED + 1 ? members : SHY_TWINS_LISTED + 1;
                EXPECT(entry->count == listed && entry->more == (members > listed));
                for (int m = 0; m < listed && m < entry->count; m++)
                    EXPECT(same_member(&entry->member[m], &sorted[at + m]));
            }
            entries++;
            at += members;
        }
        EXPECT(best->count[c] == (entries < keep ? entries : keep));
    }
}

/* ---- orders and divisions ------------------------------------------------------------------------------------------------ */

static void shuffle(uint64_t seed, int *order, int count)
{
    for (int i = 0; i < count; i++) order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        const int j = (int)(shy_random_bits(seed, 9, (uint64_t)i) % (uint64_t)(i + 1)), other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
}

/* What a rank does: below the mark nothing is offered. */
static void offer_one(shy_best *best, const offer *o)
{
    double marks[SHY_COMPLEXITY_MAX + 1];
    shy_best_marks(best, marks);
    if (o->score.statistic < marks[o->complexity]) return;
    EXPECT(shy_best_offer(best, o->complexity, &o->formula, &o->score) == SHY_OK);
}

/* Offers in some order to `parts` lists, some of them twice; then the lists are merged as groups do. */
static void check_division(const field *f, const offer *sorted, int keep, int parts, uint64_t seed)
{
    shy_best *best[4] = {NULL};
    int *order = given_memory((size_t)f->count, sizeof *order);
    shuffle(seed, order, f->count);
    for (int k = 0; k < parts; k++) EXPECT(shy_best_create(f->space, keep, &best[k]) == SHY_OK);
    for (int i = 0; i < f->count; i++) {
        const int part = (int)(shy_random_bits(seed, 10, (uint64_t)i) % (uint64_t)parts);
        offer_one(best[part], &f->offers[order[i]]);
        if (i % 3 == 0) offer_one(best[(part + 1) % parts], &f->offers[order[i]]);
    }
    for (int k = parts - 1; k > 0; k--) {
        void *bytes = NULL;
        uint64_t count = 0;
        EXPECT(shy_best_pack(best[k], &bytes, &count) == SHY_OK);
        EXPECT(shy_best_absorb(best[(k - 1) / 2], bytes, count) == SHY_OK);
        shy_free(&bytes);
    }
    expect_lists(best[0], sorted, f->count, keep);
    for (int k = 0; k < parts; k++) shy_best_destroy(&best[k]);
    free(order);
}

static void lists_do_not_depend_on_the_order_of_offers(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int alike = 0; alike <= 20; alike += 10) { /* no twins; some; twenty at once, more than are listed */
        field f = field_create(alone, (uint64_t)alike + 1, alike);
        offer *sorted = given_memory((size_t)f.count, sizeof *sorted);
        memcpy(sorted, f.offers, (size_t)f.count * sizeof *sorted);
        qsort(sorted, (size_t)f.count, sizeof *sorted, by_rank);
        for (uint64_t seed = 1; seed <= 4; seed++) {
            check_division(&f, sorted, 7, 1 + (int)seed % 4, seed);
            check_division(&f, sorted, 1, 1 + (int)(seed + 1) % 4, seed + 20);
            check_division(&f, sorted, 100000, 3, seed + 40);
        }
        free(sorted);
        field_free(&f);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- twins of simpler formulas ------------------------------------------------------------------------------------------------ */

/* A twin of a simpler entry is listed behind it; what is left of a list is cut. */
static void twins_of_simpler_formulas_join_them(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    shy_best *best = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    field f = field_create(alone, 1, 0);
    EXPECT(shy_best_create(f.space, 10, &best) == SHY_OK);
    int simple = 0, twin = 0, other[3] = {0}, others = 0;
    while (f.offers[simple].complexity != 2) simple++;
    while (f.offers[twin].complexity != 4) twin++;
    for (int i = twin + 1; others < 3; i++) {
        if (f.offers[i].complexity == 4) other[others++] = i;
    }
    const shy_score shared = {0.5, {0.1, 0.2}};
    EXPECT(shy_best_offer(best, 2, &f.offers[simple].formula, &shared) == SHY_OK);
    EXPECT(shy_best_offer(best, 4, &f.offers[twin].formula, &shared) == SHY_OK);
    for (int k = 0; k < 3; k++) {
        const shy_score own = {0.4 - 0.1 * k, {0.1, 0.2}};
        EXPECT(shy_best_offer(best, 4, &f.offers[other[k]].formula, &own) == SHY_OK);
    }
    EXPECT(shy_best_join_levels(best, 2) == SHY_OK);
    EXPECT(best->count[2] == 1 && best->count[4] == 2);
    EXPECT(best->entry[2][0]->count == 2);
    EXPECT(strcmp(best->entry[2][0]->member[0].text, f.offers[simple].text) == 0);
    EXPECT(strcmp(best->entry[2][0]->member[1].text, f.offers[twin].text) == 0);
    EXPECT(strcmp(best->entry[4][0]->member[0].text, f.offers[other[0]].text) == 0);
    EXPECT(strcmp(best->entry[4][1]->member[0].text, f.offers[other[1]].text) == 0);
    shy_best_destroy(&best);
    field_free(&f);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- memory ------------------------------------------------------------------------------------------------------------------- */

static void lists_fail_without_memory_and_leave_nothing(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    field f = field_create(alone, 3, 5);
    for (uint64_t nth = 1; nth < 400; nth += 1 + nth / 8) {
        shy_best *best = NULL, *into = NULL;
        void *bytes = NULL;
        uint64_t count = 0;
        const uint64_t before = shy_memory_in_use();
        shy_memory_fail_at(nth);
        shy_status st = shy_best_create(f.space, 5, &best);
        for (int i = 0; st == SHY_OK && i < 40; i++)
            st = shy_best_offer(best, f.offers[i].complexity, &f.offers[i].formula, &f.offers[i].score);
        if (st == SHY_OK) st = shy_best_pack(best, &bytes, &count);
        if (st == SHY_OK) st = shy_best_create(f.space, 5, &into);
        if (st == SHY_OK) st = shy_best_absorb(into, bytes, count);
        shy_memory_fail_at(0);
        EXPECT(st == SHY_MEMORY || (st == SHY_OK && nth > 50));
        shy_free(&bytes);
        shy_best_destroy(&best);
        shy_best_destroy(&into);
        EXPECT(shy_memory_in_use() == before);
        shy_error_clear();
    }
    field_free(&f);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_do_not_depend_on_the_order_of_offers),
        cmocka_unit_test(twins_of_simpler_formulas_join_them),
        cmocka_unit_test(lists_fail_without_memory_and_leave_nothing),
    };
    return run_par_tests("search best", tests, sizeof tests / sizeof *tests, argc, argv);
}

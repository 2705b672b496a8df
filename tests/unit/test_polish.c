/* test_polish.c: constants without closed form: planted ones come back, minima are minima, and bits do not depend on ranks. */
#include "shy_config.h"

#include "expr_random.h"
#include "search_problem.h"

#include "search/polish.h"
#include "shihyo/linalg.h"

/* ---- a clinic made by hand ------------------------------------------------------------------------------------------------ */

enum { AGE, WEIGHT, CREATININE, FEMALE, SIZE, FACTORS };
static const char *const names[FACTORS] = {"age", "weight", "creatinine", "female", "size"};

static double uniform(int f, int i)
{
    return shy_random_uniform(77, (uint64_t)f, (uint64_t)i);
}

static double value_of(int f, int i)
{
    switch (f) {
    case AGE: return 20.0 + 70.0 * uniform(f, i);
    case WEIGHT: return 45.0 + 60.0 * uniform(f, i);
    case CREATININE: return 0.4 + 2.5 * uniform(f, i) * uniform(f, i + 100000);
    case FEMALE: return uniform(f, i) < 0.45;
    default: return 0.05 + 20.0 * uniform(f, i) * uniform(f, i + 100000);
    }
}

typedef struct {
    const char *text;     /* of the truth, with its constants */
    double slope, noise, intercept;
    bool binary, survival;
    double scale[FACTORS]; /* factors are measured in other units; 0: 1 */
    bool adjusted; /* for the size, with weights of cases */
} truth;

static void fill_factor(shy_problem *p, int f, double scale)
{
    const uint32_t factor = (uint32_t)f;
    const double *column = NULL;
    p->range[f] = (shy_interval){INFINITY, -INFINITY};
    for (int i = 0; i < (int)p->rows.total; i++) {
        const double v = value_of(f, i) * scale;
        p->range[f] = (shy_interval){fmin(p->range[f].lo, v), fmax(p->range[f].hi, v)};
    }
    p->first_sample[f] = value_of(f, 0) * scale;
    EXPECT(shy_columns_get(p->columns, &factor, 1, &column) == SHY_OK);
    for (int i = 0; i < p->rows.rows; i++) ((double *)(uintptr_t)column)[i] = value_of(f, (int)p->rows.first + i) * scale;
    snprintf((char *)(uintptr_t)p->name[f], 16, "%s", names[f]);
}

static void fill_outcome(shy_problem *p, const truth *t)
{
    shy_tree tree;
    double *z = given_memory((size_t)p->rows.rows, sizeof *z);
    EXPECT(shy_tree_parse(t->text, names, FACTORS, &tree) == SHY_OK);
    EXPECT(shy_problem_evaluate(p, &tree, z) == SHY_OK);
    for (int i = 0; i < p->rows.rows; i++) {
        const uint64_t g = p->rows.first + (uint64_t)i;
        const double eta = t->intercept + t->slope * z[i];
        if (t->survival) {
            const double died = -log(shy_random_uniform(5, 3, g)) * exp(-eta), left = 0.2 + 3.0 * shy_random_uniform(5, 4, g);
            p->y[i] = died < left;
            ((double *)(uintptr_t)p->data.time)[i] = died < left ? died : left;
        } else if (t->binary) p->y[i] = shy_random_uniform(5, 1, g) < 1.0 / (1.0 + exp(-eta));
        else p->y[i] = eta + t->noise * shy_random_normal(5, 2, g);
    }
    free(z);
}

static void adjust(shy_problem *p)
{
    static const char *const name[] = {"size"};
    const double **covariate = given_memory(1, sizeof *covariate);
    double *size = given_memory((size_t)p->rows.rows, sizeof *size), *weight = given_memory((size_t)p->rows.rows, sizeof *weight);
    for (int i = 0; i < p->rows.rows; i++) {
        size[i] = value_of(SIZE, (int)p->rows.first + i);
        weight[i] = 0.5 * (double)((p->rows.first + (uint64_t)i) % 4);
    }
    covariate[0] = size;
    p->data.weight = weight;
    p->data.covariates = 1;
    p->data.covariate = covariate;
    p->data.covariate_name = name;
}

static void free_clinic(shy_problem *p)
{
    free((void *)(uintptr_t)p->data.time);
    free((void *)(uintptr_t)p->data.weight);
    if (p->data.covariate) free((void *)(uintptr_t)p->data.covariate[0]);
    free((void *)(uintptr_t)p->data.covariate);
    problem_free(p);
}

static shy_problem *clinic(const shy_team *team, int n, const truth *t)
{
    const problem_spec spec = {.n = n, .columns = "ppppp", .seed = 1, .outcome = t->survival ? "survival" : t->binary ? "binary" : NULL};
    shy_problem *p = problem_create(team, &spec);
    if (t->survival) p->data.time = given_memory((size_t)p->rows.rows, sizeof(double));
    if (t->adjusted) adjust(p);
    for (int f = 0; f < FACTORS; f++) fill_factor(p, f, t->scale[f] > 0.0 ? t->scale[f] : 1.0);
    fill_outcome(p, t);
    return p;
}

/* A problem with its workshop. */
typedef struct {
    shy_problem *problem;
    shy_outcome *outcome;
    shy_fitter *fitter;
} workshop;

static workshop open_workshop(const shy_team *team, int n, const truth *t)
{
    workshop w = {.problem = clinic(team, n, t)};
    EXPECT(shy_problem_outcome(w.problem, &w.outcome) == SHY_OK);
    EXPECT(shy_fitter_create(w.problem, w.outcome, &w.fitter) == SHY_OK);
    return w;
}

static void close_workshop(workshop *w)
{
    shy_fitter_destroy(&w->fitter);
    shy_outcome_destroy(&w->outcome);
    free_clinic(w->problem);
}

static shy_tree parsed(const char *text)
{
    shy_tree tree = {0};
    EXPECT(shy_tree_parse(text, names, FACTORS, &tree) == SHY_OK);
    return tree;
}

static double constant(const shy_tree *tree, int k)
{
    int node[SHY_TREE_MAX];
    EXPECT(k < shy_tree_constants(tree, node));
    return tree->node[node[k]].value;
}

static shy_team *make_alone(void)
{
    shy_team *team = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &team) == SHY_OK);
    return team;
}

static bool near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * fabs(b);
}

/* ---- planted constants come back ------------------------------------------------------------------------------------------- */

static shy_fit fit_from(const shy_team *team, int n, const truth *t, const char *start, shy_tree *tree)
{
    workshop w = open_workshop(team, n, t);
    shy_fit fit = {0};
    *tree = parsed(start);
    EXPECT(shy_fitter_refit(w.fitter, tree, &fit) == SHY_OK);
    const double before = fit.loss;
    EXPECT(shy_fitter_fit(w.fitter, tree, &fit) == SHY_OK);
    EXPECT(fit.loss < before);
    close_workshop(&w);
    return fit;
}

/* What a first pass leaves: 140 found without regard to the sex, then a factor for it. */
static void the_constants_of_cockcroft_and_gault_come_back(void **state)
{
    shy_team *team = make_alone();
    shy_tree tree;
    (void)state;
    const truth exact = {.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1.0 / 72.0};
    static const char *const starts[] = {
        "(131.7 - age) * weight / creatinine * (1 - 0.05 * female)",
        "(150 - age) * weight / creatinine * (1 + 0.5 * female)",
        "(250 - age) * weight / creatinine * (1 - 0.6 * female)",
        "weight * (96 - age) / creatinine * (1 - 0.01 * female)",
    };
    for (int k = 0; k < 4; k++) {
        present_case = starts[k];
        const shy_fit fit = fit_from(team, 400, &exact, starts[k], &tree);
        EXPECT(near(constant(&tree, 0), 140.0, 1e-9));
        EXPECT(constant(&tree, 1) == 1.0); /* the slope makes up for it */
        EXPECT(near(fabs(constant(&tree, 2)), 0.15, 1e-9));
        EXPECT(near(fit.coefficient[0], 1.0 / 72.0, 1e-9) && fit.loss < 1e-20);
    }
    /* as the family (u + c)·v writes it */
    const shy_fit fit = fit_from(team, 400, &exact, "(9 - female) * ((131.7 - age) * weight / creatinine)", &tree);
    EXPECT(near(constant(&tree, 0), 1.0 / 0.15, 1e-9) && near(constant(&tree, 1), 140.0, 1e-9));
    EXPECT(near(fit.coefficient[0], 0.15 / 72.0, 1e-9));
    present_case = "";
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

static void units_of_any_size_do_no_harm(void **state)
{
    shy_team *team = make_alone();
    shy_tree tree;
    (void)state;
    const truth tiny = {.text = "(0.00014 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1e9,
                        .scale = {[AGE] = 1e-6, [CREATININE] = 1e6}};
    const truth huge = {.text = "(140000000 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1e-9, .intercept = 4.0,
                        .scale = {[AGE] = 1e6, [CREATININE] = 1e-6}};
    (void)fit_from(team, 300, &tiny, "(0.00011 - age) * weight / creatinine * (1 - 0.05 * female)", &tree);
    EXPECT(near(constant(&tree, 0), 140e-6, 1e-8) && near(constant(&tree, 2), 0.15, 1e-8));
    (void)fit_from(team, 300, &huge, "(112345678 - age) * weight / creatinine * (1 - 0.05 * female)", &tree);
    EXPECT(near(constant(&tree, 0), 140e6, 1e-8) && near(constant(&tree, 2), 0.15, 1e-8));
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* A sum of formulas fitted one after the other, and constants under functions. */
static void constants_of_sums_and_functions_come_back(void **state)
{
    static const struct {
        truth truth;
        const char *start;
        int constants;
        double value[4];
    } cases[] = {
        {{.text = "log(size + 3.7) + 0.25 * sqrt(age - 11)", .slope = 2.0}, "log(size + 1) + 0.1 * sqrt(age - 1)", 3, {3.7, 0.25, 11.0}},
        {{.text = "1 / (creatinine + 0.9) - 0.02 * age", .slope = -3.0, .intercept = 7.0}, "1 / (creatinine + 3) - 0.001 * age", 3, {1.0, 0.9, 0.02}},
        {{.text = "exp(-0.4 * creatinine) * weight", .slope = 1.0}, "exp(-0.1 * creatinine) * weight", 1, {-0.4}},
        {{.text = "weight * exp(-1.2 * log(creatinine))", .slope = 5.0, .intercept = -20.0}, "weight * exp(-0.5 * log(creatinine))", 1, {-1.2}},
    };
    shy_team *team = make_alone();
    shy_tree tree;
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        present_case = cases[c].truth.text;
        const shy_fit fit = fit_from(team, 300, &cases[c].truth, cases[c].start, &tree);
        EXPECT(fit.loss < 1e-18);
        for (int k = 0; k < cases[c].constants; k++) EXPECT(near(constant(&tree, k), cases[c].value[k], 1e-7));
    }
    present_case = "";
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* ---- minima are minima ------------------------------------------------------------------------------------------------------- */

static double loss_at(workshop *w, const shy_tree *tree, int k, double value)
{
    shy_tree moved = *tree;
    int node[SHY_TREE_MAX];
    shy_fit fit = {0};
    (void)shy_tree_constants(tree, node);
    moved.node[node[k]].value = value;
    EXPECT(shy_fitter_refit(w->fitter, &moved, &fit) == SHY_OK);
    return fit.loss;
}

/* Values of the loss on both sides: equal but for the third order, and not below the minimum. */
static void noisy_fits_end_where_the_loss_is_flat(void **state)
{
    static const struct {
        truth truth;
        const char *start;
    } cases[] = {
        {{.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1.0 / 72.0, .noise = 20.0},
         "(120 - age) * weight / creatinine * (1 + 0.1 * female)"},
        {{.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 0.0005, .intercept = -4.0, .binary = true},
         "(120 - age) * weight / creatinine * (1 + 0.1 * female)"},
        {{.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1.0 / 72.0, .noise = 20.0, .adjusted = true},
         "(120 - age) * weight / creatinine * (1 + 0.1 * female)"},
        {{.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 0.0005, .intercept = -4.0, .binary = true, .adjusted = true},
         "(120 - age) * weight / creatinine * (1 + 0.1 * female)"},
        {{.text = "log(size + 3.7) + 0.02 * age", .slope = 2.0, .intercept = -6.0, .survival = true}, "log(size + 1) + 0.01 * age"},
        {{.text = "log(creatinine + 1.7) + 0.02 * age", .slope = 2.0, .intercept = -3.0, .survival = true, .adjusted = true},
         "log(creatinine + 1) + 0.01 * age"},
        {{.text = "log(size + 3.7) + 0.02 * age", .slope = 2.0, .intercept = -6.0, .binary = true}, "log(size + 1) + 0.01 * age"},
        {{.text = "log(size + 3.7) + 0.02 * age", .slope = 2.0, .noise = 0.5}, "log(size + 1) + 0.01 * age"},
    };
    shy_team *team = make_alone();
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        present_case = cases[c].start;
        workshop w = open_workshop(team, 500, &cases[c].truth);
        shy_tree tree = parsed(cases[c].start);
        shy_fit fit = {0};
        int node[SHY_TREE_MAX];
        EXPECT(shy_fitter_refit(w.fitter, &tree, &fit) == SHY_OK);
        const double before = fit.loss;
        EXPECT(shy_fitter_fit(w.fitter, &tree, &fit) == SHY_OK);
        EXPECT(fit.loss < before);
        const int constants = shy_tree_constants(&tree, node);
        for (int k = 0; k < constants; k++) {
            const double at = constant(&tree, k), step = 1e-4 * fabs(at);
            const double up = loss_at(&w, &tree, k, at + step), down = loss_at(&w, &tree, k, at - step), here = loss_at(&w, &tree, k, at);
            EXPECT(here == fit.loss && up >= here - 1e-14 && down >= here - 1e-14);
            EXPECT(fabs(up - down) <= 1e-2 * (up + down - 2.0 * here) + 1e-13);
        }
        close_workshop(&w);
    }
    present_case = "";
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* What the closed forms have fitted stays, bit for bit. */
static void a_minimum_is_left_alone(void **state)
{
    shy_team *team = make_alone();
    shy_tree tree, again;
    (void)state;
    const truth noisy = {.text = "(140 - age) * weight", .slope = 0.01, .noise = 3.0};
    shy_fit fit = fit_from(team, 300, &noisy, "(100 - age) * weight", &tree);
    workshop w = open_workshop(team, 300, &noisy);
    const shy_fit kept = fit;
    again = tree;
    EXPECT(shy_fitter_fit(w.fitter, &again, &fit) == SHY_OK);
    EXPECT(memcmp(&again, &tree, sizeof tree) == 0 && memcmp(&fit, &kept, sizeof fit) == 0);
    close_workshop(&w);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* Random formulas with random constants: never worse, and computable wherever they were. */
static void fits_are_never_worse_and_stay_in_the_domain(void **state)
{
    shy_team *team = make_alone();
    dice d = {.purpose = 91};
    int better = 0, boxed = 0;
    (void)state;
    for (int binary = 0; binary < 2; binary++) {
        const truth t = {.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = binary ? 0.0005 : 0.01, .noise = 10.0,
                         .intercept = binary ? -4.0 : 0.0, .binary = binary};
        workshop w = open_workshop(team, 100, &t);
        for (int round = 0; round < 80; round++) {
            shy_tree tree = {0};
            shy_interval range[SHY_TREE_MAX];
            shy_fit fit = {0}, again = {0};
            (void)dice_tree(&d, &tree, 12, FACTORS);
            for (int k = 0; k < tree.count; k++)
                if (tree.node[k].op == SHY_OP_CONSTANT) tree.node[k].value = dice_between(&d, -2.0, 6.0);
            const bool defined = shy_tree_ranges(&tree, w.problem->range, range);
            EXPECT(shy_fitter_refit(w.fitter, &tree, &fit) == SHY_OK);
            const double before = fit.loss;
            const shy_verdict verdict = fit.verdict;
            EXPECT(shy_fitter_fit(w.fitter, &tree, &fit) == SHY_OK);
            EXPECT(!(fit.loss > before) && fit.verdict == verdict);
            EXPECT(!defined || shy_tree_ranges(&tree, w.problem->range, range));
            EXPECT(shy_fitter_refit(w.fitter, &tree, &again) == SHY_OK);
            EXPECT(again.loss == fit.loss || isnan(fit.loss));
            better += fit.loss < before;
            boxed += defined && fit.loss < before;
        }
        close_workshop(&w);
    }
    EXPECT(better > 20 && boxed > 10);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* ---- inserted constants ------------------------------------------------------------------------------------------------------ */

static shy_grammar grammar_of(const char *operators)
{
    return make_grammar(operators, 9, 4);
}

/* The best insertion that there is. */
static double insert_best(const shy_team *team, const truth *t, const char *text, const char *operators, shy_inner inner, shy_tree *best)
{
    workshop w = open_workshop(team, 400, t);
    const shy_grammar grammar = grammar_of(operators);
    const shy_tree tree = parsed(text);
    shy_insertion list[SHY_INSERTIONS_MAX];
    double least = INFINITY;
    const int count = shy_insertions_list(&tree, &grammar, inner, w.problem->range, list);
    for (int k = 0; k < count; k++) {
        shy_tree trial = tree;
        shy_fit fit = {0};
        EXPECT(shy_fitter_insert(w.fitter, &list[k], &trial, &fit) == SHY_OK);
        if (fit.verdict != SHY_FITTED || !(fit.loss < least)) continue;
        least = fit.loss;
        *best = trial;
    }
    close_workshop(&w);
    return least;
}

static void inserted_constants_come_back(void **state)
{
    static const struct {
        truth truth;
        const char *without, *operators;
        shy_inner inner;
        const char *with; /* its constants set to 1 */
        double value, loss;
    } cases[] = {
        {{.text = "log(size + 3.7)", .slope = 2.0}, "log(size)", "+ - * / log", SHY_INNER_SHIFTS, "log(size + 1)", 3.7, 1e-18},
        {{.text = "log(age - 17) * weight", .slope = 2.0}, "log(age) * weight", "+ - * / log", SHY_INNER_SHIFTS, "log(age - 1) * weight", 17.0, 1e-18},
        {{.text = "weight / (creatinine + 1.25)", .slope = 1.0}, "weight / creatinine", "+ - * /", SHY_INNER_SHIFTS, "weight / (creatinine + 1)", 1.25, 1e-18},
        {{.text = "log(max(creatinine, 1)) + 0.04 * age", .slope = 9.0}, "log(creatinine) + 0.03 * age", "+ * log max", SHY_INNER_ALL,
         "log(max(creatinine, 1)) + 1 * age", 1.0, 1e-12},
        {{.text = "weight * min(age, 60)", .slope = 1.0}, "weight * age", "+ * min", SHY_INNER_ALL, "weight * min(age, 1)", 60.0, 1e-12},
        {{.text = "weight * exp(0.7 * log(size))", .slope = 1.0}, "weight * size", "* log exp", SHY_INNER_ALL, "weight * exp(1 * log(size))", 0.7, 1e-18},
    };
    shy_team *team = make_alone();
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        shy_tree best = {0};
        bool held = false;
        int node[SHY_TREE_MAX];
        present_case = cases[c].truth.text;
        const double loss = insert_best(team, &cases[c].truth, cases[c].without, cases[c].operators, cases[c].inner, &best);
        EXPECT(loss < cases[c].loss);
        const int constants = shy_tree_constants(&best, node);
        for (int k = 0; k < constants; k++) {
            held = held || near(best.node[node[k]].value, cases[c].value, 1e-6);
            best.node[node[k]].value = 1.0;
        }
        char *text = NULL;
        EXPECT(shy_tree_print(&best, names, 0, &text) == SHY_OK && strcmp(text, cases[c].with) == 0);
        shy_free(&text);
        EXPECT(held);
    }
    present_case = "";
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* Only where the grammar has the operators and allows them there, and where it makes a difference. */
static void constants_are_inserted_where_the_grammar_allows_them(void **state)
{
    static const struct {
        const char *text, *operators, *forbidden;
        shy_inner inner;
        int count, complexity;
    } cases[] = {
        {"log(size)", "+ log", NULL, SHY_INNER_OFF, 0, 0},
        {"log(size)", "+ log", NULL, SHY_INNER_SHIFTS, 1, 2},
        {"log(size)", "- log", NULL, SHY_INNER_SHIFTS, 0, 0},
        {"log(size)", "+ log", "log(+)", SHY_INNER_SHIFTS, 0, 0},
        {"log(size + 2)", "+ log", NULL, SHY_INNER_SHIFTS, 0, 0},
        {"log(size) / age", "+ / log", NULL, SHY_INNER_SHIFTS, 2, 2},
        {"log(size) * age", "+ * log", NULL, SHY_INNER_SHIFTS, 1, 2},
        {"size", "+ max min", NULL, SHY_INNER_ALL, 2, 2},
        {"size", "+ exp log *", NULL, SHY_INNER_ALL, 1, 4},
        {"size", "+ exp *", NULL, SHY_INNER_ALL, 0, 0},
        {"female * size", "* max", NULL, SHY_INNER_ALL, 1, 2}, /* there is nothing between no and yes */
        {"size * size", "* max", NULL, SHY_INNER_ALL, 2, 2},
        {"log(size - age)", "+ - log", NULL, SHY_INNER_SHIFTS, 0, 0}, /* not defined on the ranges */
    };
    shy_team *team = make_alone();
    const truth t = {.text = "age", .slope = 1.0};
    workshop w = open_workshop(team, 50, &t);
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        shy_grammar grammar = grammar_of(cases[c].operators);
        shy_insertion list[SHY_INSERTIONS_MAX];
        const shy_tree tree = parsed(cases[c].text);
        present_case = cases[c].text;
        if (cases[c].forbidden) EXPECT(shy_grammar_forbid(&grammar, cases[c].forbidden) == SHY_OK);
        const int count = shy_insertions_list(&tree, &grammar, cases[c].inner, w.problem->range, list);
        EXPECT(count == cases[c].count);
        for (int k = 0; k < count; k++) EXPECT(list[k].complexity == cases[c].complexity);
    }
    present_case = "";
    close_workshop(&w);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

static void tidy_formulas_have_the_same_values(void **state)
{
    static const struct {
        const char *text, *tidy;
    } cases[] = {
        {"age + -3", "age - 3"},       {"age - -3", "age + 3"},           {"-3 + age", "age - 3"},
        {"age + -2 * size", "age - 2 * size"}, {"age - size * -2", "age + size * 2"}, {"age + -2 / size", "age - 2 / size"},
        {"age + 3", "age + 3"},        {"3 - age", "3 - age"},            {"(-3) - age", "(-3) - age"}, {"(-3) * age", "(-3) * age"},
    };
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const double factors[FACTORS] = {41.0, 1.0, 1.0, 0.0, 3.25};
        shy_tree tree = parsed(cases[c].text);
        const double before = shy_tree_evaluate(&tree, factors);
        char *text = NULL;
        shy_tree_tidy(&tree);
        EXPECT(shy_tree_print(&tree, names, 0, &text) == SHY_OK && strcmp(text, cases[c].tidy) == 0);
        EXPECT(shy_tree_evaluate(&tree, factors) == before);
        shy_free(&text);
    }
    assert_on_all_ranks();
}

/* ---- the same on any number of ranks ------------------------------------------------------------------------------------------ */

static const truth runs[] = {
    {.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1.0 / 72.0, .noise = 20.0},
    {.text = "log(size + 3.7) + 0.02 * age", .slope = 3.0, .intercept = -8.0, .binary = true},
    {.text = "log(creatinine + 0.3)", .slope = 2.0, .intercept = 1.0, .survival = true, .adjusted = true},
};
enum { RUNS = sizeof runs / sizeof *runs, SAMPLES = 203 };
static shy_search_result *expected[RUNS];

static shy_status whole_run(const shy_team *team, const truth *t, bool polish, shy_search_result **result_out)
{
    shy_search_options options = {.keep = 20, .memory = UINT64_C(2) << 30, .seed = 7, .polish = polish, .inner = SHY_INNER_ALL,
                                  .rounding = polish ? 0.01 : 0.0};
    options.grammar = make_grammar("+ - * / log max", 4, 3);
    shy_problem *problem = clinic(team, SAMPLES, t);
    const shy_status st = shy_search_run(problem, &options, NULL, NULL, result_out);
    free_clinic(problem);
    return st;
}

static void expect_same_found(const shy_found *a, const shy_found *b)
{
    present_case = a->text;
    EXPECT(strcmp(a->text, b->text) == 0 && a->complexity == b->complexity && a->summands == b->summands);
    EXPECT(a->statistic == b->statistic && a->intercept == b->intercept && a->slope == b->slope && a->fit.loss == b->fit.loss);
    EXPECT(memcmp(a->fit.metric, b->fit.metric, sizeof a->fit.metric) == 0);
    EXPECT(!a->rounded == !b->rounded);
    if (a->rounded && b->rounded) {
        EXPECT(strcmp(a->rounded->text, b->rounded->text) == 0 && a->rounded->fit.loss == b->rounded->fit.loss);
        EXPECT(a->rounded->slope == b->rounded->slope && a->rounded->intercept == b->rounded->intercept);
    }
    present_case = "";
}

static void check_runs(const shy_team *team)
{
    for (int k = 0; k < RUNS; k++) {
        shy_search_result *r = NULL;
        EXPECT(whole_run(team, &runs[k], true, &r) == SHY_OK);
        EXPECT((r != NULL) == (team->rank == 0));
        if (!r) continue;
        EXPECT(r->levels == expected[k]->levels && r->front_count == expected[k]->front_count);
        for (int l = 0; l < r->levels && l < expected[k]->levels; l++) {
            EXPECT(r->level[l].count == expected[k]->level[l].count);
            for (int i = 0; i < r->level[l].count && i < expected[k]->level[l].count; i++)
                expect_same_found(&r->level[l].found[i], &expected[k]->level[l].found[i]);
        }
        for (int f = 0; f < r->front_count && f < expected[k]->front_count; f++)
            EXPECT(r->front_level[f] == expected[k]->front_level[f] && r->front_index[f] == expected[k]->front_index[f]);
        shy_search_result_free(&r);
    }
}

static void results_do_not_depend_on_ranks_or_row_blocks(void **state)
{
    int rank;
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    shy_team *alone = make_alone();
    for (int k = 0; k < RUNS && rank == 0; k++) EXPECT(whole_run(alone, &runs[k], true, &expected[k]) == SHY_OK);
    shy_team_destroy(&alone);
    on_every_team(check_runs);
    for (int k = 0; k < RUNS; k++) shy_search_result_free(&expected[k]);
    assert_on_all_ranks();
}

static const shy_found *on_front(const shy_search_result *r, int k)
{
    return &r->level[r->front_level[k]].found[r->front_index[k]];
}

/* T as model.h has it, for at most one direction: z less what 1 and the direction explain, by normal equations. One rank alone. */
static double plain_statistic(const workshop *w, const shy_tree *tree)
{
    const shy_metric *metric = shy_outcome_metric(w->outcome);
    const int rows = w->problem->rows.rows;
    double *z = given_memory((size_t)rows, sizeof *z), sum[2] = {0.0}, yz = 0.0, zz = 0.0, yy = 0.0;
    EXPECT(metric->directions <= 1 && shy_problem_evaluate(w->problem, tree, z) == SHY_OK);
    for (int i = 0; i < rows; i++) {
        const double v = metric->weight ? metric->weight[i] : 1.0;
        sum[0] += v * z[i];
        if (metric->directions) sum[1] += v * z[i] * metric->direction[0][i];
    }
    for (int i = 0; i < rows; i++) {
        const double v = metric->weight ? metric->weight[i] : 1.0;
        const double rest = z[i] - sum[0] / rows - (metric->directions ? sum[1] / rows * metric->direction[0][i] : 0.0);
        yz += metric->response[i] * rest;
        zz += v * rest * rest;
        yy += v > 0.0 ? metric->response[i] * metric->response[i] / v : 0.0;
    }
    free(z);
    return yz * yz / (zz * yy);
}

/* The front of the grammar, and what beats it; what is said of each formula is true. */
static void a_polished_front_is_never_worse_and_says_the_truth(void **state)
{
    shy_team *alone = make_alone();
    (void)state;
    for (int k = 0; k < RUNS; k++) {
        shy_search_result *plain = NULL, *r = NULL;
        int beyond = 0;
        EXPECT(whole_run(alone, &runs[k], false, &plain) == SHY_OK && whole_run(alone, &runs[k], true, &r) == SHY_OK);
        EXPECT(on_front(r, r->front_count - 1)->fit.loss <= on_front(plain, plain->front_count - 1)->fit.loss);
        workshop w = open_workshop(alone, SAMPLES, &runs[k]);
        for (int f = 0; f < r->front_count; f++) {
            const shy_found *found = on_front(r, f);
            const shy_tree tree = parsed(found->text);
            shy_fit fit = {0};
            double statistic = NAN;
            present_case = found->text;
            beyond += found->complexity > 4;
            EXPECT(shy_fitter_refit(w.fitter, &tree, &fit) == SHY_OK && shy_fitter_statistic(w.fitter, &tree, &statistic) == SHY_OK);
            EXPECT(near(fit.loss, found->fit.loss, 1e-12) && near(fit.coefficient[0], found->slope, 1e-9));
            EXPECT(runs[k].binary || runs[k].survival || near(statistic, 1.0 - fit.loss, 1e-10));
            EXPECT(near(statistic, plain_statistic(&w, &tree), 1e-9));
            if (!found->rounded) continue;
            EXPECT(found->rounded->fit.loss <= fit.loss + 0.01 * (1.0 - fit.loss));
            EXPECT(strlen(found->rounded->text) <= strlen(found->text));
        }
        EXPECT(beyond > 0);
        present_case = "";
        close_workshop(&w);
        shy_search_result_free(&plain);
        shy_search_result_free(&r);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* Memory that ends on one rank, at any of its allocations, leaves none waiting. */
static void check_memory(const shy_team *team)
{
    shy_problem *problem = clinic(team, 60, &runs[0]);
    shy_outcome *outcome = NULL;
    EXPECT(shy_problem_outcome(problem, &outcome) == SHY_OK);
    for (int victim = 0; victim < team->size; victim++) {
        for (int nth = 1; nth < 12; nth++) {
            shy_fitter *fitter = NULL;
            if (team->rank == victim) shy_memory_fail_at((uint64_t)nth);
            const shy_status st = shy_fitter_create(problem, outcome, &fitter);
            shy_memory_fail_at(0);
            EXPECT((st == SHY_OK) == (fitter != NULL));
            EXPECT(st == SHY_OK || st == SHY_MEMORY);
            shy_fitter_destroy(&fitter);
            shy_error_clear();
        }
    }
    shy_outcome_destroy(&outcome);
    free_clinic(problem);
}

static void memory_that_ends_leaves_no_rank_behind(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

/* ---- rounding ------------------------------------------------------------------------------------------------------------------ */

static void numbers_are_rounded_to_what_is_simple(void **state)
{
    static const struct {
        double value;
        bool reciprocal;
        int count;
        struct {
            int cost;
            double value; /* negative: what 1 is divided by */
        } first[5];
    } cases[] = {
        {139.7, false, 4, {{2, 100}, {3, 150}, {4, 140}, {7, 139.5}}},
        {140.0, false, 3, {{2, 100}, {3, 150}, {4, 140}}},
        {0.5, true, 1, {{2, 0.5}}},
        {1.0 / 72.0, true, 5, {{2, 0.01}, {3, 0.015}, {3, -70}, {4, 0.014}, {5, -72}}},
        {0.1502, false, 3, {{2, 0.2}, {3, 0.15}, {8, 0.1502}}},
        {-9.96, false, 3, {{2, -10}, {5, -9.95}, {6, -9.96}}},
        {0.0, true, 1, {{2, 0.0}}},
        {2e-13, true, 1, {{2, 2e-13}}},
    };
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        shy_round_choice choice[SHY_ROUND_CHOICES];
        const int count = shy_round_choices(cases[c].value, cases[c].reciprocal, choice);
        EXPECT(count >= cases[c].count && count <= SHY_ROUND_CHOICES);
        for (int k = 0; k < cases[c].count && k < count; k++) {
            EXPECT(choice[k].cost == cases[c].first[k].cost);
            EXPECT(choice[k].reciprocal ? choice[k].value == -cases[c].first[k].value : choice[k].value == cases[c].first[k].value);
        }
        const shy_round_choice last = choice[count - 1];
        EXPECT((last.reciprocal ? 1.0 / last.value : last.value) == cases[c].value);
    }
    assert_on_all_ranks();
}

static int cost_of(const shy_tree *exact, const shy_tree *rounded)
{
    int a[SHY_TREE_MAX], b[SHY_TREE_MAX], total = 0;
    const int count = shy_tree_constants(exact, a);
    EXPECT(shy_tree_constants(rounded, b) == count);
    for (int k = 0; k < count; k++) {
        shy_round_choice choice[SHY_ROUND_CHOICES];
        const int choices = shy_round_choices(exact->node[a[k]].value, false, choice);
        int cost = 1000;
        for (int i = 0; i < choices; i++)
            if (choice[i].value == rounded->node[b[k]].value && choice[i].cost < cost) cost = choice[i].cost;
        EXPECT(cost < 1000);
        total += cost;
    }
    return total;
}

/* All pairs of choices, tried one by one. */
static int least_cost(workshop *w, const shy_tree *tree, double most, double *loss_out)
{
    shy_round_choice first[SHY_ROUND_CHOICES], second[SHY_ROUND_CHOICES];
    int node[SHY_TREE_MAX], least = 1000;
    EXPECT(shy_tree_constants(tree, node) == 2);
    const int a = shy_round_choices(tree->node[node[0]].value, false, first), b = shy_round_choices(tree->node[node[1]].value, false, second);
    *loss_out = INFINITY;
    for (int i = 0; i < a; i++) {
        for (int k = 0; k < b; k++) {
            shy_tree trial = *tree;
            shy_fit fit = {0};
            const int cost = first[i].cost + second[k].cost;
            trial.node[node[0]].value = first[i].value;
            trial.node[node[1]].value = second[k].value;
            EXPECT(shy_fitter_refit(w->fitter, &trial, &fit) == SHY_OK);
            if (!(fit.loss <= most) || cost > least || (cost == least && !(fit.loss < *loss_out))) continue;
            least = cost;
            *loss_out = fit.loss;
        }
    }
    return least;
}

static void rounding_is_the_cheapest_within_the_tolerance(void **state)
{
    static const double tolerances[] = {0.3, 0.03, 0.003, 1e-4, 1e-6, 1e-9};
    shy_team *team = make_alone();
    (void)state;
    for (int binary = 0; binary < 2; binary++) {
        const truth t = {.text = "log(size + 3.7123) + max(age, 47.13) / weight", .slope = 3.0, .intercept = binary ? -8.0 : 0.0, .noise = 0.3,
                         .binary = binary};
        workshop w = open_workshop(team, 150, &t);
        shy_tree tree = parsed("log(size + 3.7123) + max(age, 47.13) / weight");
        shy_fit fit = {0};
        EXPECT(shy_fitter_refit(w.fitter, &tree, &fit) == SHY_OK && shy_fitter_fit(w.fitter, &tree, &fit) == SHY_OK);
        int cost = 0;
        for (size_t k = 0; k < sizeof tolerances / sizeof *tolerances; k++) {
            shy_tree rounded, greedy;
            shy_fit rounded_fit, greedy_fit;
            double loss;
            const double most = fit.loss + tolerances[k] * fmin(fit.loss, 1.0 - fit.loss);
            EXPECT(shy_fitter_round(w.fitter, &tree, &fit, tolerances[k], 1000, &rounded, &rounded_fit) == SHY_OK);
            EXPECT(rounded_fit.loss <= most);
            EXPECT(cost_of(&tree, &rounded) == least_cost(&w, &tree, most, &loss) && rounded_fit.loss == loss);
            EXPECT(cost_of(&tree, &rounded) >= cost);
            cost = cost_of(&tree, &rounded);
            EXPECT(shy_fitter_round(w.fitter, &tree, &fit, tolerances[k], 1, &greedy, &greedy_fit) == SHY_OK);
            EXPECT(greedy_fit.loss <= most && cost_of(&tree, &greedy) >= cost);
        }
        EXPECT(cost > 8);
        close_workshop(&w);
    }
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* Cockcroft and Gault's own numbers, from measurements with noise; a factor of a seventy-second becomes a quotient. */
static void bedside_numbers_come_out(void **state)
{
    shy_team *team = make_alone();
    (void)state;
    const truth t = {.text = "(140 - age) * weight / creatinine * (1 - 0.15 * female)", .slope = 1.0 / 72.0, .noise = 1.0};
    shy_tree tree, rounded;
    shy_fit rounded_fit;
    char *text = NULL;
    const shy_fit fit = fit_from(team, 400, &t, "(131 - age) * weight / creatinine * (1 - 0.05 * female)", &tree);
    workshop w = open_workshop(team, 400, &t);
    EXPECT(shy_fitter_round(w.fitter, &tree, &fit, 0.5, 400, &rounded, &rounded_fit) == SHY_OK);
    EXPECT(shy_tree_print(&rounded, names, 0, &text) == SHY_OK);
    EXPECT(strcmp(text, "(140 - age) * weight / creatinine * (1 - 0.15 * female)") == 0);
    shy_free(&text);
    close_workshop(&w);
    const truth sum = {.text = "(140 - age) * weight / creatinine / 72 + weight", .slope = 1.0, .noise = 0.1};
    const shy_fit sum_fit = fit_from(team, 400, &sum, "(131 - age) * weight / creatinine * 0.013 + weight", &tree);
    w = open_workshop(team, 400, &sum);
    EXPECT(shy_fitter_round(w.fitter, &tree, &sum_fit, 0.1, 400, &rounded, &rounded_fit) == SHY_OK);
    EXPECT(shy_tree_print(&rounded, names, 0, &text) == SHY_OK);
    EXPECT(strcmp(text, "(140 - age) * weight / creatinine / 72 + weight") == 0);
    shy_free(&text);
    close_workshop(&w);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_constants_of_cockcroft_and_gault_come_back),
        cmocka_unit_test(units_of_any_size_do_no_harm),
        cmocka_unit_test(constants_of_sums_and_functions_come_back),
        cmocka_unit_test(noisy_fits_end_where_the_loss_is_flat),
        cmocka_unit_test(a_minimum_is_left_alone),
        cmocka_unit_test(fits_are_never_worse_and_stay_in_the_domain),
        cmocka_unit_test(inserted_constants_come_back),
        cmocka_unit_test(constants_are_inserted_where_the_grammar_allows_them),
        cmocka_unit_test(tidy_formulas_have_the_same_values),
        cmocka_unit_test(results_do_not_depend_on_ranks_or_row_blocks),
        cmocka_unit_test(a_polished_front_is_never_worse_and_says_the_truth),
        cmocka_unit_test(memory_that_ends_leaves_no_rank_behind),
        cmocka_unit_test(numbers_are_rounded_to_what_is_simple),
        cmocka_unit_test(rounding_is_the_cheapest_within_the_tolerance),
        cmocka_unit_test(bedside_numbers_come_out),
    };
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    int failed = _cmocka_run_group_tests("polish", tests, sizeof tests / sizeof *tests, NULL, NULL);
    shy_linalg_stop();
    shy_par_stop();
    return failed;
}

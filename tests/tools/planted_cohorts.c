/*
 * planted_cohorts: what a search and its assessment make of cohorts with a formula in them.
 *
 *     make tests/tools/planted_cohorts && tests/tools/planted_cohorts [COHORTS [FIRST_SEED [PERMUTATIONS]]]
 *
 * Cohorts of 200 samples and 2,000 factors: the product of two centred factors, neither of which says anything alone; the ratio of two log-normal ones;
 * a single factor. The outcome is the formula and noise. Prints a table, in Markdown: how often the search finds the formula, how often p < 0.05 for the whole search, and how
 * the chosen formula and an elastic net do on held-out samples.
 */
#include "shy_config.h"

#include <string.h>

#include "simulated.h"

enum { SAMPLES = 200, FACTORS = 2000, COMPLEXITY = 3, FOLDS = 5, KEEP = 20, COHORTS = 20, PERMUTATIONS = 39 };

typedef enum { NOTHING, PRODUCT, RATIO, SINGLE } plant;

typedef struct {
    plant kind;
    const char *text, *formula[2]; /* as the search may write it */
    double share;                  /* of the variance that the formula explains */
} scene;

static const scene scenes[] = {
    {PRODUCT, "x1 * x2, centred", {"x1 * x2", "x2 * x1"}, 0.15},
    {PRODUCT, "x1 * x2, centred", {"x1 * x2", "x2 * x1"}, 0.25},
    {PRODUCT, "x1 * x2, centred", {"x1 * x2", "x2 * x1"}, 0.4},
    {RATIO, "x1 / x2, log-normal", {"x1 / x2", "x1 / x2"}, 0.25},
    {SINGLE, "x1", {"x1", "x1"}, 0.25},
    {NOTHING, "nothing", {"", ""}, 0.0},
};

/* ---- a cohort ------------------------------------------------------------------------------------------------------------------------ */

static double formula_of(plant kind, const simulated *s, int i)
{
    const double u = s->values[i], v = s->values[s->samples + i];
    return kind == PRODUCT ? u * v : kind == RATIO ? u / v : kind == SINGLE ? u : 0.0;
}

/* The outcome has the mean 0 and about the variance 1. */
static void fill(const scene *c, uint64_t seed, simulated *s)
{
    double mean = 0.0, square = 0.0;
    for (int f = 0; f < FACTORS; f++) {
        for (int i = 0; i < SAMPLES; i++) {
            const double u = shy_random_normal(seed, 1U + (uint64_t)f, (uint64_t)i);
            s->values[f * SAMPLES + i] = c->kind == RATIO ? exp(0.5 * u) : u;
        }
    }
    for (int i = 0; i < SAMPLES; i++) mean += formula_of(c->kind, s, i) / SAMPLES;
    for (int i = 0; i < SAMPLES; i++) square += (formula_of(c->kind, s, i) - mean) * (formula_of(c->kind, s, i) - mean) / SAMPLES;
    const double slope = c->share > 0.0 ? sqrt(c->share / square) : 0.0;
    for (int i = 0; i < SAMPLES; i++)
        s->y[i] = slope * (formula_of(c->kind, s, i) - mean) + sqrt(1.0 - c->share) * shy_random_normal(seed, 0, (uint64_t)i);
}

/* ---- what is said of it ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int cohorts, found, significant;
    double nested, net, single;
} tally;

/* Mean held-out R² of a contender. */
static double contender(const shy_record *record, const char *kind)
{
    shy_record_entry list, line, entry;
    if (!shy_record_find(record, "versus.contenders", &list)) return NAN;
    for (size_t k = 0; shy_record_at(list.record, k, &line); k++) {
        if (shy_record_find(line.record, "kind", &entry) && strcmp(entry.text, kind) == 0) return number_at(line.record, "mean");
    }
    return NAN;
}

static bool is_found(const scene *c, const shy_record *record)
{
    shy_record_entry entry;
    if (!shy_record_find(record, "nested.selected.formula", &entry) || !entry.text) return false;
    return strcmp(entry.text, c->formula[0]) == 0 || strcmp(entry.text, c->formula[1]) == 0;
}

static void assess(const shy_team *team, const scene *c, uint64_t seed, int permutations, tally *sum)
{
    shy_search_options search = {.keep = KEEP, .memory = UINT64_C(1) << 30, .seed = seed};
    const shy_assess_options options = {.folds = FOLDS, .repeats = 1, .stratified = true, .choice = SHY_RULE_BEST, .permutations = permutations, .references = true,
                                        .seed = seed};
    simulated s;
    shy_search_result *result = NULL;
    shy_record *record = NULL;
    shy_grammar_default(&search.grammar);
    search.grammar.max_complexity = COMPLEXITY;
    simulated_create(SAMPLES, FACTORS, &s);
    fill(c, seed, &s);
    simulated_make_problem(team, "continuous", &s);
    must(shy_assess_run(&s.problem, &search, &options, NULL, NULL, &result, &record));
    sum->cohorts++;
    sum->found += is_found(c, record);
    sum->significant += number_at(record, "p_search.front.p") < 0.05;
    sum->nested += number_at(record, "nested.selected.mean");
    sum->net += contender(record, "elastic");
    sum->single += contender(record, "single");
    shy_record_free(&record);
    shy_search_result_free(&result);
    simulated_free(&s);
}

int main(int argc, char **argv)
{
    if (shy_par_start(&argc, &argv) != SHY_OK) give_up(shy_error_message());
    const int cohorts = argc > 1 ? atoi(argv[1]) : COHORTS, permutations = argc > 3 ? atoi(argv[3]) : PERMUTATIONS;
    const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    shy_team *team = NULL;
    if (cohorts < 1 || permutations < 19) give_up("planted_cohorts: COHORTS is 1 or more, PERMUTATIONS 19 or more");
    must(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (team->rank == 0) {
        printf("| planted | share of the variance | found | p < 0.05 | held-out R2: chosen formula | elastic net | best single factor |\n");
        printf("| --- | --- | --- | --- | --- | --- | --- |\n");
    }
    for (size_t k = 0; k < sizeof scenes / sizeof *scenes; k++) {
        tally sum = {0};
        for (int i = 0; i < cohorts; i++) assess(team, &scenes[k], first + (uint64_t)i, permutations, &sum);
        if (team->rank != 0) continue;
        const double n = sum.cohorts;
        printf("| %s | %.2f | %d of %d | %d of %d | %.3f | %.3f | %.3f |\n", scenes[k].text, scenes[k].share, sum.found, sum.cohorts, sum.significant, sum.cohorts,
               sum.nested / n, sum.net / n, sum.single / n);
        fflush(stdout);
    }
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}

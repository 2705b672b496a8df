/*
 * null_cohorts: what a search and its assessment say of cohorts in which there is nothing to find.
 *
 *     make tests/tools/null_cohorts && tests/tools/null_cohorts [COHORTS [FIRST_SEED [PERMUTATIONS [best|one-se]]]]
 *
 * Each cohort has 60 samples, 30 factors and a binary outcome, all independent, and is searched up to complexity 5, with 5 folds. Prints a table, in
 * Markdown: the p-values of the search, and the AUC of the formula chosen on the samples that it was chosen on and on those held out. A p-value is honest if
 * its share below 0.05 is 0.05 or less, and a held-out AUC if its mean is 0.5.
 */
#include "shy_config.h"

#include <string.h>

#include "simulated.h"

enum { SAMPLES = 60, FACTORS = 30, COMPLEXITY = 5, FOLDS = 5, KEEP = 20, COHORTS = 400, PERMUTATIONS = 99 };

/* ---- a cohort: log-normal and normal factors, and a few of 0 and 1 ----------------------------------------------------------------- */

static double value_of(uint64_t seed, int factor, int sample)
{
    const double u = shy_random_normal(seed, 1U + (uint64_t)factor, (uint64_t)sample);
    return factor % 10 == 9 ? u > 0.3 : factor % 3 == 2 ? u : exp(0.5 * u);
}

static void fill(uint64_t seed, simulated *s)
{
    for (int f = 0; f < FACTORS; f++) {
        s->binary[f] = f % 10 == 9;
        for (int i = 0; i < SAMPLES; i++) s->values[f * SAMPLES + i] = value_of(seed, f, i);
    }
    for (int i = 0; i < SAMPLES; i++) s->y[i] = shy_random_uniform(seed, 0, (uint64_t)i) < 0.5;
}

/* ---- what is said of it ----------------------------------------------------------------------------------------------------------------- */

enum { P_SEARCH, P_LEVEL, APPARENT, SELECTED, NESTED, VALUES };

/* Of the list's last object: that of the most complex formulas. */
static double number_of_last(const shy_record *record, const char *list, const char *path)
{
    shy_record_entry entry, last;
    if (!shy_record_find(record, list, &entry) || entry.kind != SHY_RECORD_LIST || shy_record_count(entry.record) == 0) return NAN;
    if (!shy_record_at(entry.record, shy_record_count(entry.record) - 1U, &last)) return NAN;
    return number_at(last.record, path);
}

/* Among all that were found. */
static double best_apparent(const shy_search_result *result)
{
    double best = 0.5;
    for (int f = 0; f < result->front_count; f++)
        best = fmax(best, result->level[result->front_level[f]].found[result->front_index[f]].fit.metric[0]);
    return best;
}

static void assess(const shy_team *team, uint64_t seed, int permutations, shy_choice choice, double *said)
{
    shy_search_options search = {.keep = KEEP, .memory = UINT64_C(1) << 30, .seed = seed};
    const shy_assess_options options = {
        .folds = FOLDS, .repeats = 1, .stratified = true, .choice = choice, .permutations = permutations, .seed = seed};
    simulated s;
    shy_search_result *result = NULL;
    shy_record *record = NULL;
    shy_grammar_default(&search.grammar);
    search.grammar.max_complexity = COMPLEXITY;
    simulated_create(SAMPLES, FACTORS, &s);
    fill(seed, &s);
    simulated_make_problem(team, "binary", &s);
    must(shy_assess_run(&s.problem, &search, &options, NULL, NULL, &result, &record));
    if (team->rank == 0) {
        said[P_SEARCH] = number_at(record, "p_search.front.p");
        said[P_LEVEL] = number_of_last(record, "p_search.levels", "p");
        said[APPARENT] = best_apparent(result);
        said[SELECTED] = number_at(record, "nested.selected.mean");
        said[NESTED] = number_of_last(record, "nested.levels", "mean");
    }
    shy_record_free(&record);
    shy_search_result_free(&result);
    simulated_free(&s);
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------------------ */

/* Share of the numbers that are at most `most`. */
static void print_share(const char *what, const double *said, int cohorts, int which, double most)
{
    int count = 0, known = 0;
    for (int k = 0; k < cohorts; k++) {
        const double value = said[(size_t)k * VALUES + (size_t)which];
        known += !isnan(value), count += value <= most;
    }
    const double share = (double)count / known;
    printf("| %s at most %.2f | %.3f ± %.3f | %.2f |\n", what, most, share, sqrt(share * (1.0 - share) / known), most);
}

static void print_mean(const char *what, const double *said, int cohorts, int which, const char *expected)
{
    double sum = 0.0, square = 0.0;
    int known = 0;
    for (int k = 0; k < cohorts; k++) {
        const double value = said[(size_t)k * VALUES + (size_t)which];
        if (isnan(value)) continue;
        sum += value, square += value * value, known++;
    }
    const double mean = sum / known;
    printf("| %s | %.4f ± %.4f | %s |\n", what, mean, sqrt((square / known - mean * mean) / (known - 1)), expected);
}

static void print_table(const double *said, int cohorts)
{
    static const double most[] = {0.05, 0.1, 0.25, 0.5, 0.75};
    printf("| %d null cohorts: %d samples, %d factors, complexity <= %d | mean, share ± standard error | expected |\n| --- | --- | --- |\n", cohorts, SAMPLES,
           FACTORS, COMPLEXITY);
    for (int k = 0; k < 5; k++) print_share("p of the search", said, cohorts, P_SEARCH, most[k]);
    print_share("p of the highest complexity", said, cohorts, P_LEVEL, 0.05);
    print_mean("apparent AUC of the best formula", said, cohorts, APPARENT, "0.5 if it were honest");
    print_mean("nested AUC of the formula chosen", said, cohorts, SELECTED, "0.5");
    print_mean("nested AUC of the highest complexity", said, cohorts, NESTED, "0.5");
}

static void report(int k, int cohorts, double started)
{
    if ((k + 1) % 20 == 0) fprintf(stderr, "null_cohorts: %d of %d, %.0f s\n", k + 1, cohorts, shy_time_seconds() - started);
}

int main(int argc, char **argv)
{
    if (shy_par_start(&argc, &argv) != SHY_OK) give_up(shy_error_message());
    const int cohorts = argc > 1 ? atoi(argv[1]) : COHORTS, permutations = argc > 3 ? atoi(argv[3]) : PERMUTATIONS;
    const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const shy_choice choice = argc > 4 && strcmp(argv[4], "one-se") == 0 ? SHY_RULE_ONE_SE : SHY_RULE_BEST;
    const double started = shy_time_seconds();
    shy_team *team = NULL;
    double *said = NULL;
    if (cohorts < 2 || permutations < 1) give_up("COHORTS is 2 or more, PERMUTATIONS 1 or more");
    must(shy_team_create(SHY_ALL_RANKS, 1, &team));
    must(shy_new((size_t)cohorts * VALUES, sizeof *said, &said));
    for (int k = 0; k < cohorts; k++) {
        assess(team, first + (uint64_t)k, permutations, choice, said + (size_t)k * VALUES);
        if (team->rank == 0) report(k, cohorts, started);
    }
    if (team->rank == 0) print_table(said, cohorts);
    shy_free(&said);
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}

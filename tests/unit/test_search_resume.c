/*
 * test_search_resume.c: a search that is stopped anywhere, and goes on from its checkpoint on another number of ranks or row blocks, gives the bytes
 * of one that was never stopped.
 */
#include "shy_config.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "search/dealt.h"
#include "search/impute.h"
#include "search_problem.h"
#include "shihyo/linalg.h"
#include "some_teams.h"

static char directory[256], checkpoint[300], table[300];

/* ---- what is searched ------------------------------------------------------------------------------------------------------- */

typedef enum { ONE_SEARCH, WITH_FOLDS, OTHER_RESPONSES, IMPUTED } kind;

typedef struct {
    const char *name;
    kind kind;
    problem_spec spec;
    const char *operators;
    int complexity, factors, keep;
    uint64_t screen_rows;
    int terms, passes;
    const char *templates[2];
    bool constants, polish;
    double rounding;
} resume_case;

static const resume_case cases[] = {
    {.name = "small", .spec = {.n = 40, .columns = "ppp", .seed = 1}, .operators = "+ - * / log", .complexity = 4, .factors = 2, .keep = 6},
    {.name = "default grammar, twins", .spec = {.n = 45, .columns = "pdpbz", .seed = 2}, .complexity = 5, .factors = 3, .keep = 8},
    {.name = "binary", .spec = {.n = 64, .columns = "ppb", .seed = 4, .outcome = "binary"}, .operators = "+ - * / sqrt", .complexity = 4, .factors = 3, .keep = 7},
    {.name = "constants", .spec = {.n = 50, .columns = "ppps", .seed = 3}, .operators = "+ - * /", .complexity = 5, .factors = 2, .keep = 7, .constants = true},
    {.name = "polished", .spec = {.n = 50, .columns = "ppp", .seed = 5}, .operators = "+ - * / log", .complexity = 5, .factors = 2, .keep = 6, .constants = true, .polish = true, .rounding = 0.01},
    {.name = "a part is screened", .spec = {.n = 150, .columns = "pppb", .seed = 6}, .operators = "+ - * / max", .complexity = 4, .factors = 3, .keep = 6, .screen_rows = 50},
    {.name = "two terms", .spec = {.n = 60, .columns = "ppp", .seed = 7}, .operators = "+ - * /", .complexity = 3, .factors = 2, .keep = 6, .terms = 2},
    {.name = "three terms", .spec = {.n = 60, .columns = "ppsp", .seed = 8}, .operators = "+ - *", .complexity = 3, .factors = 2, .keep = 5, .terms = 3},
    {.name = "two passes", .spec = {.n = 60, .columns = "pppp", .seed = 9}, .operators = "+ - * /", .complexity = 3, .factors = 2, .keep = 6, .passes = 2},
    {.name = "templates", .spec = {.n = 60, .columns = "ppp", .seed = 10}, .operators = "+ - * /", .complexity = 3, .factors = 2, .keep = 6, .templates = {"(c - x1) * x2", "log(x3 + c)"}},
    {.name = "folds", .kind = WITH_FOLDS, .spec = {.n = 70, .columns = "pppb", .seed = 11}, .operators = "+ - * / max", .complexity = 4, .factors = 3, .keep = 6},
    {.name = "other responses", .kind = OTHER_RESPONSES, .spec = {.n = 55, .columns = "ppps", .seed = 12}, .operators = "+ - * / sqrt", .complexity = 4, .factors = 3, .keep = 4},
    {.name = "imputed", .kind = IMPUTED, .operators = "+ - * /", .complexity = 3, .factors = 2, .keep = 5},
};
enum { CASES = sizeof cases / sizeof *cases, SETS = 3, RESPONSES = 5, LEVELS = 8 };

/* What a case leaves: on rank 0, but `most`. */
typedef struct {
    shy_search_result *result[1 + SETS];
    double most[RESPONSES * LEVELS];
} leavings;

static void release(leavings *l)
{
    for (int k = 0; k <= SETS; k++) shy_search_result_free(&l->result[k]);
}

static shy_search_options options_for(const resume_case *c)
{
    shy_search_options o = {.keep = c->keep, .memory = UINT64_C(2) << 30, .seed = 7, .screen_rows = c->screen_rows, .terms = c->terms, .passes = c->passes};
    o.grammar = make_grammar(c->operators, c->complexity, c->factors);
    if (c->constants) o.grammar.allowed[SHY_OP_CONSTANT] = true, o.grammar.max_constants = 2;
    o.pass_keep = 4, o.pass_complexity = 3, o.terms_keep = 60;
    o.templates = c->templates;
    while (o.templates_count < 2 && c->templates[o.templates_count]) o.templates_count++;
    o.polish = c->polish, o.inner = c->polish ? SHY_INNER_SHIFTS : SHY_INNER_OFF, o.rounding = c->rounding;
    o.impute_sets = 5, o.impute_sweeps = 2;
    return o;
}

/* Each set leaves out every third sample. */
static shy_status train(const shy_problem *problem, int set, shy_problem **trained_out)
{
    double *takes_part = given_memory((size_t)problem->rows.rows, sizeof *takes_part);
    for (int k = 0; k < problem->rows.rows; k++) takes_part[k] = ((int)problem->rows.first + k) % SETS != set;
    const shy_status st = shy_problem_train(problem, takes_part, trained_out);
    free(takes_part);
    return st;
}

/* The searches of the problem and of its training sets, all screened in one pass. */
static shy_status search_folds(const shy_problem *problem, shy_search_options *options, leavings *out)
{
    shy_status st = SHY_OK;
    shy_problem *trained[SETS] = {NULL};
    shy_lists *lists[1 + SETS] = {NULL};
    int passes = 0;
    for (int t = 0; t < SETS; t++) SHY_TRY_ALL(problem->team, train(problem, t, &trained[t]));
    SHY_TRY(shy_search_pass(problem, options, SETS, (const shy_problem *const *)trained, NULL, NULL, lists, &passes));
    EXPECT(passes == 1);
    for (int t = 0; t <= SETS; t++) {
        options->lists = lists[t];
        SHY_TRY(shy_search_run(t == 0 ? problem : trained[t - 1], options, NULL, NULL, &out->result[t]));
    }
out:
    for (int t = 0; t < SETS; t++) shy_problem_untrain(&trained[t]);
    for (int t = 0; t <= SETS; t++) shy_lists_free(&lists[t]);
    return st;
}

/* Deviates of mean 0, the same for any rows. */
static double deviate(const resume_case *c, int b, int i)
{
    double mean = 0.0;
    for (int k = 0; k < c->spec.n; k++) mean += shy_random_normal(99, (uint64_t)b, (uint64_t)k) / c->spec.n;
    return shy_random_normal(99, (uint64_t)b, (uint64_t)i) - mean;
}

static shy_status search_responses(const resume_case *c, const shy_problem *problem, const shy_search_options *options, leavings *out)
{
    const double *response[RESPONSES];
    double *values = given_memory((size_t)RESPONSES * (size_t)problem->rows.rows, sizeof *values);
    for (int b = 0; b < RESPONSES; b++) {
        double *of = values + (size_t)b * (size_t)problem->rows.rows;
        response[b] = of;
        for (int k = 0; k < problem->rows.rows; k++) of[k] = deviate(c, b, (int)problem->rows.first + k);
    }
    const shy_status st = shy_search_permuted(problem, options, RESPONSES, response, NULL, NULL, out->most);
    free(values);
    return st;
}

static shy_status search_imputed(const shy_team *team, const shy_search_options *options, shy_journal *journal, leavings *out)
{
    shy_status st = SHY_OK;
    shy_cohort *cohort = NULL;
    shy_problem *problem = NULL;
    shy_problem_options of = {.outcome = "y", .outcome_kind = "continuous", .where = ""};
    of.factor.missing = SHY_MISSING_MULTIPLE;
    SHY_TRY(shy_cohort_open(team, table, &cohort));
    SHY_TRY(shy_problem_load(team, cohort, &of, &problem));
    problem->journal = journal;
    SHY_TRY(shy_search_run(problem, options, NULL, NULL, &out->result[0]));
out:
    shy_problem_free(&problem);
    shy_cohort_close(&cohort);
    return st;
}

/* fail_at: the allocation that fails, once the problem is there; 0: none. */
static shy_status perform(const resume_case *c, const shy_team *team, shy_journal *journal, uint64_t fail_at, leavings *out)
{
    shy_search_options options = options_for(c);
    if (c->kind == IMPUTED) return search_imputed(team, &options, journal, out);
    shy_problem *problem = problem_create(team, &c->spec);
    problem->journal = journal;
    shy_memory_fail_at(fail_at);
    const shy_status st = c->kind == WITH_FOLDS        ? search_folds(problem, &options, out)
                          : c->kind == OTHER_RESPONSES ? search_responses(c, problem, &options, out)
                                                       : shy_search_run(problem, &options, NULL, NULL, &out->result[0]);
    shy_memory_fail_at(0);
    problem_free(problem);
    return st;
}

/* ---- the same bytes ----------------------------------------------------------------------------------------------------------- */

static bool same(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || memcmp(a, b, bytes) == 0;
}

static bool same_number(double a, double b)
{
    return same(&a, &b, sizeof a);
}

static bool same_fit(const shy_fit *a, const shy_fit *b)
{
    const size_t terms = (size_t)a->terms * sizeof(double);
    return a->verdict == b->verdict && a->terms == b->terms && same_number(a->intercept, b->intercept) && same(a->coefficient, b->coefficient, terms) &&
           same(a->error, b->error, terms) && same_number(a->loss, b->loss) && same_number(a->likelihood_ratio, b->likelihood_ratio) &&
           same(a->metric, b->metric, sizeof a->metric);
}

static bool same_tree(const shy_tree *a, const shy_tree *b)
{
    bool equal = a->count == b->count;
    for (int k = 0; equal && k < a->count; k++) {
        const shy_node *x = &a->node[k], *y = &b->node[k];
        equal = x->op == y->op && x->left == y->left && x->right == y->right && x->factor == y->factor && same_number(x->value, y->value);
    }
    return equal;
}

static bool same_imputed(const shy_imputed *a, const shy_imputed *b)
{
    if (!a || !b) return a == b;
    bool equal = a->terms == b->terms && a->sets == b->sets && a->missing == b->missing && same_number(a->intercept, b->intercept) &&
                 same(a->metric, b->metric, sizeof a->metric);
    for (int t = 0; equal && t < a->terms; t++) {
        const size_t bytes = (size_t)a->sets * sizeof(double);
        equal = strcmp(a->term[t].text, b->term[t].text) == 0 && same(a->term[t].coefficient, b->term[t].coefficient, bytes) &&
                same(a->term[t].error, b->term[t].error, bytes);
    }
    return equal;
}

static bool same_rounded(const shy_rounded *a, const shy_rounded *b)
{
    if (!a || !b) return a == b;
    return same_tree(&a->tree, &b->tree) && strcmp(a->text, b->text) == 0 && same_fit(&a->fit, &b->fit) && same_number(a->slope, b->slope);
}

static void expect_same_found(const shy_found *a, const shy_found *b)
{
    EXPECT(strcmp(a->text, b->text) == 0 && same_tree(&a->tree, &b->tree));
    EXPECT(a->complexity == b->complexity && a->summands == b->summands && a->is_template == b->is_template);
    EXPECT(same_number(a->statistic, b->statistic) && same_number(a->lost_chance, b->lost_chance));
    EXPECT(same_fit(&a->fit, &b->fit) && same_number(a->intercept, b->intercept) && same_number(a->slope, b->slope));
    EXPECT(same_number(a->slope_error, b->slope_error) && a->covariates == b->covariates && a->thresholds == b->thresholds);
    EXPECT(same(a->beside, b->beside, (size_t)(a->covariates + a->thresholds) * sizeof(double)));
    EXPECT(same_imputed(a->imputed, b->imputed) && same_rounded(a->rounded, b->rounded));
    EXPECT(a->twins_count == b->twins_count && a->twins_listed == b->twins_listed);
    for (int t = 0; t < a->twins_listed && t < b->twins_listed; t++) EXPECT(strcmp(a->twins[t], b->twins[t]) == 0);
}

static void expect_same_result(const shy_search_result *a, const shy_search_result *b)
{
    EXPECT(same(a->plan.formulas, b->plan.formulas, sizeof a->plan.formulas) && a->formulas_scored == b->formulas_scored);
    EXPECT(a->levels == b->levels && a->front_count == b->front_count && a->front_count > 0);
    EXPECT(a->n_screened == b->n_screened && same_number(a->lost_chance, b->lost_chance) && same_fit(&a->null, &b->null));
    for (int k = 0; k < a->levels && k < b->levels; k++) {
        EXPECT(a->level[k].count == b->level[k].count);
        for (int i = 0; i < a->level[k].count && i < b->level[k].count; i++) expect_same_found(&a->level[k].found[i], &b->level[k].found[i]);
    }
    for (int f = 0; f < a->front_count && f < b->front_count; f++)
        EXPECT(a->front_level[f] == b->front_level[f] && a->front_index[f] == b->front_index[f]);
    EXPECT(b->screening.scored > 0 && b->times.candidates > 0.0); /* of all runs that had a part in it */
}

static void expect_same(const shy_team *team, const leavings *a, const leavings *b)
{
    EXPECT(same(a->most, b->most, sizeof a->most));
    if (team->rank > 0) return;
    for (int k = 0; k <= SETS; k++) {
        EXPECT((a->result[k] != NULL) == (b->result[k] != NULL));
        if (a->result[k] && b->result[k]) expect_same_result(a->result[k], b->result[k]);
    }
}

/* ---- interruptions ---------------------------------------------------------------------------------------------------------------- */

/* What all ranks know of a run, those outside its team included. */
typedef struct {
    shy_status status;
    double earlier; /* seconds of its last pass that earlier runs had dealt in */
} verdict;

static verdict tell_all(verdict mine)
{
    MPI_Bcast(&mine, (int)sizeof mine, MPI_BYTE, 0, MPI_COMM_WORLD);
    return mine;
}

typedef struct {
    int team;
    uint64_t stop_at; /* poll or question; 0: none */
    int stopped_rank; /* of the team: who is told so */
    uint64_t fail_at; /* allocation; 0: none */
} part;

/* One run, of those that follow each other. If it is stopped, a checkpoint is written. */
static verdict run_part(const resume_case *c, const part *p, bool first, const leavings *expected)
{
    const shy_team *team = team_of[p->team];
    const shy_journal_options options = {0};
    shy_journal *journal = NULL;
    leavings l = {.most = {0}};
    verdict v = {SHY_OK, 0.0};
    if (!team) return tell_all(v);
    shy_error_clear();
    v.status = first ? shy_journal_create(team, checkpoint, &options, &journal) : shy_journal_load(team, checkpoint, &options, &journal);
    EXPECT(v.status == SHY_OK);
    if (v.status != SHY_OK) return tell_all(v);
    if (team->rank == p->stopped_rank % team->size) shy_journal_stop_at(journal, p->stop_at);
    v.status = perform(c, team, journal, team->rank == p->stopped_rank % team->size ? p->fail_at : 0, &l);
    shy_journal_stop_at(journal, 0);
    EXPECT(on_all(team, v.status == SHY_OK) == (v.status == SHY_OK));
    if (v.status == SHY_STOPPED) expect_failure(team, v.status, SHY_STOPPED, "The run stops");
    EXPECT(v.status == SHY_OK || v.status == SHY_STOPPED || (p->fail_at > 0 && v.status == SHY_MEMORY));
    if (v.status == SHY_OK) expect_same(team, expected, &l);
    for (int k = 0; k <= SETS; k++) v.earlier = l.result[k] ? fmax(v.earlier, l.result[k]->times.earlier) : v.earlier;
    shy_error_clear();
    if (v.status != SHY_OK) EXPECT(shy_journal_save_now(journal) == SHY_OK);
    release(&l);
    shy_journal_close(&journal);
    return tell_all(v);
}

static char case_name[200];

static void name_case(const resume_case *c, const part *p, int number)
{
    snprintf(case_name, sizeof case_name, "%s, run %d on team %d, stop at %llu of rank %d, failure at %llu", c->name, number, p->team,
             (unsigned long long)p->stop_at, p->stopped_rank, (unsigned long long)p->fail_at);
    present_case = case_name;
}

/* What was stopped at the n-th poll, and then some more times, ends as if it had not been. Returns false if there was no n-th poll. */
static bool interrupt(const resume_case *c, const part *begin, uint64_t dice, int again, const leavings *expected, double *earlier_out)
{
    part p = *begin;
    verdict v = {SHY_STOPPED, 0.0};
    bool stopped = false;
    for (int number = 1; v.status != SHY_OK; number++) {
        name_case(c, &p, number);
        v = run_part(c, &p, number == 1, expected);
        if (number == 1) stopped = v.status != SHY_OK;
        if (number > again + 2) break;
        dice = shy_random_bits(3, dice, (uint64_t)number);
        p = (part){.team = (int)(dice % (uint64_t)teams), .stop_at = number <= again ? 2 + dice / 64 % 14 : 0};
    }
    EXPECT(v.status == SHY_OK);
    *earlier_out = fmax(*earlier_out, v.earlier);
    present_case = "";
    if (world_rank == 0) shy_journal_remove(checkpoint);
    MPI_Barrier(MPI_COMM_WORLD);
    return stopped;
}

/* Of one rank alone, without a journal. */
static void expect_of(const resume_case *c, leavings *expected)
{
    int failed = 0;
    *expected = (leavings){.most = {0}};
    present_case = c->name;
    if (world_rank == 0) failed = perform(c, team_of[0], NULL, 0, expected) != SHY_OK;
    if (failed) fprintf(stderr, "%s: %s\n", c->name, shy_error_message());
    EXPECT(!failed);
    MPI_Bcast(expected->most, RESPONSES * LEVELS, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    present_case = "";
}

/* ---- tests --------------------------------------------------------------------------------------------------------------------------- */

/* Every poll of a small search on two ranks, the first and the last among them, and every fifth on others. */
static void a_search_may_stop_at_every_poll(void **state)
{
    (void)state;
    leavings expected;
    double earlier = 0.0;
    expect_of(&cases[0], &expected);
    for (int t = 0; t < teams; t += teams > 3 ? 3 : 1) {
        for (int rank = 0; rank < (t == 0 ? 1 : 2); rank++) {
            uint64_t n = 1;
            part p = {.team = t, .stop_at = n, .stopped_rank = rank};
            while (interrupt(&cases[0], &p, n, 0, &expected, &earlier) && n < 2000) p.stop_at = n += rank == 0 && t == 1 ? 1 : 5;
            EXPECT(n > (rank == 0 ? 12 : 4) && n < 2000);
        }
    }
    EXPECT(earlier > 0.0);
    release(&expected);
    assert_on_all_ranks();
}

/* Every kind of search at some of its polls, ever farther from its beginning, and again where it goes on. */
static void every_search_goes_on_where_it_stopped(void **state)
{
    (void)state;
    double earlier = 0.0;
    for (int k = 1; k < CASES; k++) {
        leavings expected;
        expect_of(&cases[k], &expected);
        uint64_t n = 1, number = 0;
        bool more = true;
        while (more && n < 100000) {
            const uint64_t dice = shy_random_bits(4, (uint64_t)k, number++);
            const part p = {.team = (int)(dice % (uint64_t)teams), .stop_at = n, .stopped_rank = dice / 64 % 4 == 0 ? 1 : 0};
            more = interrupt(&cases[k], &p, dice, (int)(dice / 1024 % 2), &expected, &earlier) || p.stopped_rank > 0; /* who has fewer polls */
            n += 1 + 2 * n;
        }
        EXPECT(number > 3);
        release(&expected);
    }
    EXPECT(earlier > 0.0);
    assert_on_all_ranks();
}

/*
 * A pass is interrupted again and again, on one team after the other: a run that goes on polls when it begins the counting of formulas, which is done, and when
 * it begins the pass, and asks for the first time after rank 0's first job.
 */
static void a_pass_may_be_interrupted_many_times(void **state)
{
    (void)state;
    const resume_case *c = &cases[1];
    leavings expected;
    verdict v = {SHY_OK, 0.0};
    uint64_t n = 0;
    int stops = 0;
    expect_of(c, &expected);
    do { /* the first question of all, on one rank */
        const part p = {.team = 0, .stop_at = ++n};
        (void)run_part(c, &p, true, &expected);
        v = run_part(c, &(part){.team = 0}, false, &expected);
    } while (v.status == SHY_OK && v.earlier == 0.0 && n < 500);
    EXPECT(v.earlier > 0.0);
    v = run_part(c, &(part){.team = 0, .stop_at = n}, true, &expected);
    EXPECT(v.status == SHY_STOPPED);
    for (int number = 2; v.status != SHY_OK && number < 20; number++) {
        const part p = {.team = number % teams, .stop_at = number < 6 ? 3 : 0};
        name_case(c, &p, number);
        v = run_part(c, &p, false, &expected);
        stops += v.status == SHY_STOPPED;
    }
    EXPECT(v.status == SHY_OK && v.earlier > 0.0 && stops == 4);
    if (world_rank == 0) shy_journal_remove(checkpoint);
    present_case = "";
    release(&expected);
    assert_on_all_ranks();
}

/* Memory that ends while a journal is kept ends the run on all ranks; what the journal has by then is good. */
static void a_run_that_failed_can_be_gone_on_with(void **state)
{
    (void)state;
    static const int tried[] = {1, 6};
    double earlier = 0.0;
    for (size_t k = 0; k < sizeof tried / sizeof *tried; k++) {
        leavings expected;
        expect_of(&cases[tried[k]], &expected);
        uint64_t n = 1;
        for (bool failed = true; failed && n < 10000000; n += 20 + 2 * n) {
            const part p = {.team = (int)(n % (uint64_t)teams), .stopped_rank = (int)(n / 3 % 2), .fail_at = n};
            failed = interrupt(&cases[tried[k]], &p, n, 0, &expected, &earlier);
        }
        EXPECT(n > 200);
        release(&expected);
    }
    assert_on_all_ranks();
}

static void ask_for_a_save(int number)
{
    (void)number;
    (void)raise(SIGUSR1);
}

static void ask_every(int microseconds)
{
    const struct itimerval every = {{0, microseconds}, {0, microseconds}};
    (void)signal(SIGALRM, ask_for_a_save);
    if (world_rank == 0 && setitimer(ITIMER_REAL, &every, NULL) != 0) abort();
}

/* Dealing is interrupted after every few jobs, and goes on in the same run. */
static void a_search_goes_on_after_it_has_been_saved(void **state)
{
    (void)state;
    /* Members of a group that go by different marks part ways where there are many candidates. */
    static const resume_case many = {.name = "many candidates", .spec = {.n = 80, .columns = "pppppppps", .seed = 13}, .operators = "+ - * / max", .complexity = 5, .factors = 3, .keep = 40};
    const resume_case *const tried[] = {&cases[1], &cases[5], &cases[10], &many};
    uint64_t all = 0; /* how many of them there are is a matter of time */
    shy_signals_catch();
    for (size_t k = 0; k < sizeof tried / sizeof *tried; k++) {
        leavings expected;
        expect_of(tried[k], &expected);
        for (int t = 0; t < teams; t++) {
            const shy_journal_options options = {0};
            shy_journal *journal = NULL;
            leavings l = {.most = {0}};
            uint64_t saves = 0, bytes = 0;
            double seconds = 0.0;
            if (!team_of[t]) continue;
            name_case(tried[k], &(part){.team = t}, 1);
            EXPECT(shy_journal_create(team_of[t], checkpoint, &options, &journal) == SHY_OK);
            ask_every(2000);
            EXPECT(perform(tried[k], team_of[t], journal, 0, &l) == SHY_OK);
            ask_every(0);
            expect_same(team_of[t], &expected, &l);
            shy_journal_cost(journal, &saves, &seconds, &bytes);
            all += saves;
            release(&l);
            shy_journal_close(&journal);
        }
        release(&expected);
    }
    if (world_rank == 0) shy_journal_remove(checkpoint);
    present_case = "";
    EXPECT(world_rank > 0 || all > 3);
    assert_on_all_ranks();
}

/* What is left of many jobs after many pauses: each is done once, whatever was left of each. */
static void what_is_left_is_what_was_not_done(void **state)
{
    (void)state;
    enum { JOBS = 500 };
    shy_jobs jobs = {.count = JOBS};
    shy_dealt dealt = {.jobs = &jobs};
    int done[JOBS] = {0}, pauses = 0;
    for (; shy_dealt_rest(&dealt) > 0 && pauses < 1000; pauses++) {
        const uint64_t rest = shy_dealt_rest(&dealt), most = 1 + shy_random_bits(8, (uint64_t)pauses, 0) % 30, next = most < rest ? most : rest;
        uint64_t left[8], count = 0;
        for (uint64_t k = 0; k < next; k++) {
            const bool is_left = count < 8 && count + 1 < next && shy_random_bits(9, (uint64_t)pauses, k) % 4 == 0;
            if (is_left) left[count++] = k;
            else done[shy_dealt_number(&dealt, k)]++;
        }
        EXPECT(shy_dealt_take(&dealt, next, left, count) == SHY_OK);
        EXPECT(shy_dealt_rest(&dealt) == rest - next + count);
    }
    EXPECT(pauses > 20 && shy_dealt_rest(&dealt) == 0 && dealt.next == JOBS && dealt.left_count == 0);
    for (int k = 0; k < JOBS; k++) EXPECT(done[k] == 1);
    shy_dealt_free(&dealt);
    assert_on_all_ranks();
}

/* ---- the cohort of the case with missing values ---------------------------------------------------------------------------------------- */

static bool make_cohort(void)
{
    char csv[300];
    const char *tables[] = {csv};
    const shy_import_options options = {.tables = tables, .tables_count = 1, .output = table, .overwrite = true, .quiet = true};
    snprintf(csv, sizeof csv, "%s/table.csv", directory);
    FILE *file = fopen(csv, "w");
    if (!file) return false;
    fputs("a,b,d,y\n", file);
    for (int i = 0; i < 90; i++) {
        double u[4];
        for (int k = 0; k < 4; k++) u[k] = shy_random_normal(31, (uint64_t)k, (uint64_t)i);
        if (i % 5 == 1) fprintf(file, ",%.17g,", exp(0.4 * u[1]));
        else fprintf(file, "%.17g,%.17g,", exp(0.4 * u[0]), exp(0.4 * u[1]));
        if (i % 7 == 3) fputs(",", file);
        else fprintf(file, "%.17g,", exp(0.4 * u[2]));
        fprintf(file, "%.17g\n", exp(0.4 * u[0]) * exp(0.4 * u[1]) - exp(0.4 * u[2]) + 0.5 * u[3]);
    }
    return fclose(file) == 0 && shy_cohort_import(&options, stdout) == SHY_OK;
}

static shy_team *world;

static int start(void **state)
{
    int made = 1;
    (void)state;
    make_teams();
    if (shy_team_create(MPI_COMM_WORLD, 1, &world) != SHY_OK || shy_linalg_start(world) != SHY_OK) return -1;
    snprintf(directory, sizeof directory, "%s/shihyo-resume-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (world_rank == 0) made = mkdtemp(directory) != NULL;
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", directory);
    snprintf(table, sizeof table, "%s/cohort.h5", directory);
    if (world_rank == 0 && made) made = make_cohort();
    MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return made ? 0 : -1;
}

static int end(void **state)
{
    char command[300];
    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    const int removed = world_rank == 0 ? system(command) : 0;
    destroy_teams();
    shy_linalg_stop();
    shy_team_destroy(&world);
    return removed;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_what_was_not_done),
        cmocka_unit_test(a_search_may_stop_at_every_poll),
        cmocka_unit_test(every_search_goes_on_where_it_stopped),
        cmocka_unit_test(a_pass_may_be_interrupted_many_times),
        cmocka_unit_test(a_run_that_failed_can_be_gone_on_with),
        cmocka_unit_test(a_search_goes_on_after_it_has_been_saved), /* the last: SIGTERM no longer ends the program */
    };
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    const int failed = cmocka_run_group_tests_name("search resume", tests, start, end);
    shy_par_stop();
    return failed;
}

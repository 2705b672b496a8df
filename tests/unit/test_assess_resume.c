/* An assessment that is stopped anywhere goes on, on other ranks, too, and says the same to the last bit. */
#include "shy_config.h"

#include "assess_problem.h"

#include "shihyo/assess.h"
#include "some_teams.h"

static const char checkpoint[] = "test_assess_resume.checkpoint";

typedef struct {
    const char *name;
    assess_case data;
    int repeats, groups, permutations;
    shy_baseline baseline[2];
} resume_case;

static const resume_case cases[] = {
    {.name = "continuous",
     .data = {.spec = {.n = 60, .columns = "pppb", .seed = 21, .outcome = "continuous"}, .complexity = 3, .keep = 8},
     .repeats = 2,
     .groups = 2,
     .permutations = 30,
     .baseline = {{.formula = "x1 + x2"}, {.name = "a third", .formula = "log(x3)"}}},
    {.name = "binary, beside a covariate",
     .data = {.spec = {.n = 90, .columns = "ppps", .seed = 22, .outcome = "binary"}, .covariate = true, .complexity = 3, .keep = 8},
     .repeats = 1,
     .groups = 3,
     .permutations = 10,
     .baseline = {{.formula = "x1 * x2"}, {.formula = "x4"}}},
    {.name = "survival",
     .data = {.spec = {.n = 80, .columns = "ppp", .seed = 23, .outcome = "survival"}, .complexity = 3, .keep = 8},
     .repeats = 1,
     .groups = 3,
     .permutations = 10,
     .baseline = {{.formula = "x1"}, {.formula = "x2 / x3"}}},
};
enum { CASES = sizeof cases / sizeof *cases };

/* On rank 0. */
typedef struct {
    shy_search_result *result;
    shy_record *record;
} leavings;

static void release(leavings *l)
{
    shy_search_result_free(&l->result);
    shy_record_free(&l->record);
}

static shy_status perform(const resume_case *c, const shy_team *team, shy_journal *journal, leavings *out)
{
    const shy_search_options search = assess_search(&c->data);
    const shy_assess_options options = {.folds = 3,
                                        .repeats = c->repeats,
                                        .stratified = true,
                                        .choice = SHY_RULE_BEST,
                                        .permutations = c->permutations,
                                        .resamples = 3,
                                        .references = true,
                                        .baseline = c->baseline,
                                        .baselines = 2,
                                        .groups = c->groups,
                                        .groups_method = SHY_GROUPS_MAXSTAT,
                                        .seed = 5};
    shy_problem *problem = assess_problem_create(team, &c->data);
    problem->journal = journal;
    const shy_status st = shy_assess_run(problem, &search, &options, NULL, NULL, &out->result, &out->record);
    assess_problem_free(problem);
    return st;
}

/* ---- the same numbers --------------------------------------------------------------------------------------------------------- */

static bool same_numbers(const double *a, const double *b, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (memcmp(&a[k], &b[k], sizeof *a) != 0 && !(isnan(a[k]) && isnan(b[k]))) return false;
    return true;
}

static bool same_texts(const char *a, const char *b)
{
    return !a || !b ? a == b : strcmp(a, b) == 0;
}

static size_t numbers_seen; /* so that a test of nothing is noticed */

static bool same_records(const shy_record *a, const shy_record *b);

static bool same_entries(const shy_record_entry *a, const shy_record_entry *b)
{
    if (strcmp(a->name, b->name) != 0 || a->kind != b->kind || a->count != b->count) return false;
    switch (a->kind) {
    case SHY_RECORD_NUMBER: numbers_seen += isnan(a->number) ? 0U : 1U; return same_numbers(&a->number, &b->number, 1);
    case SHY_RECORD_INTEGER: return a->integer == b->integer;
    case SHY_RECORD_TRUTH: return a->truth == b->truth;
    case SHY_RECORD_TEXT: return same_texts(a->text, b->text);
    case SHY_RECORD_NUMBERS: numbers_seen += a->count; return same_numbers(a->numbers, b->numbers, a->count);
    case SHY_RECORD_TEXTS:
        for (size_t k = 0; k < a->count; k++)
            if (!same_texts(a->texts[k], b->texts[k])) return false;
        return true;
    default: return same_records(a->record, b->record);
    }
}

static bool same_records(const shy_record *a, const shy_record *b)
{
    bool same = shy_record_count(a) == shy_record_count(b);
    for (size_t k = 0; same && k < shy_record_count(a); k++) {
        shy_record_entry x, y;
        same = shy_record_at(a, k, &x) && shy_record_at(b, k, &y) && same_entries(&x, &y);
        if (!same) fprintf(stderr, "%s: \"%s\" is not the same\n", present_case, x.name);
    }
    return same;
}

static void expect_same_fronts(const shy_search_result *a, const shy_search_result *b)
{
    EXPECT(a->front_count == b->front_count && a->front_count > 1);
    for (int f = 0; f < a->front_count && f < b->front_count; f++) {
        const shy_found *x = &a->level[a->front_level[f]].found[a->front_index[f]], *y = &b->level[b->front_level[f]].found[b->front_index[f]];
        EXPECT(strcmp(x->text, y->text) == 0);
        EXPECT(same_numbers(&x->statistic, &y->statistic, 1) && same_numbers(&x->fit.loss, &y->fit.loss, 1) && same_numbers(&x->slope, &y->slope, 1));
    }
}

static void expect_same(const shy_team *team, const leavings *a, const leavings *b)
{
    if (team->rank > 0) return;
    expect_same_fronts(a->result, b->result);
    numbers_seen = 0;
    EXPECT(same_records(a->record, b->record));
    EXPECT(numbers_seen > 100);
}

/* ---- interruptions ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int team;
    uint64_t stop_at; /* poll or question; 0: none */
    int stopped_rank; /* of the team: who is told so */
} part;

/* One run, of those that follow each other; what came of it, on all ranks. If it is stopped, a checkpoint is written. */
static shy_status run_part(const resume_case *c, const part *p, bool first, const leavings *expected)
{
    const shy_team *team = team_of[p->team];
    shy_journal *journal = NULL;
    leavings l = {NULL, NULL};
    shy_status status = SHY_OK;
    if (team) {
        shy_error_clear();
        status = first ? shy_journal_create(team, checkpoint, NULL, &journal) : shy_journal_load(team, checkpoint, NULL, &journal);
        EXPECT(status == SHY_OK);
    }
    if (team && status == SHY_OK) {
        if (team->rank == p->stopped_rank % team->size) shy_journal_stop_at(journal, p->stop_at);
        status = perform(c, team, journal, &l);
        shy_journal_stop_at(journal, 0);
        EXPECT(status == SHY_OK || status == SHY_STOPPED);
        EXPECT(on_all(team, status == SHY_OK) == (status == SHY_OK));
        if (status == SHY_STOPPED) expect_failure(team, SHY_STOPPED, SHY_STOPPED, "The run stops");
        if (status == SHY_OK) expect_same(team, expected, &l);
        if (status == SHY_STOPPED) EXPECT(shy_journal_save_now(journal) == SHY_OK);
        shy_error_clear();
        release(&l);
        shy_journal_close(&journal);
    }
    MPI_Bcast(&status, (int)sizeof status, MPI_BYTE, 0, MPI_COMM_WORLD);
    return status;
}

/* Stopped at the n-th poll, and `again` more times, it ends as if it had not been. Returns false if there was no n-th poll. */
static bool interrupt(const resume_case *c, const part *begin, uint64_t dice, int again, const leavings *expected)
{
    static char name[200];
    part p = *begin;
    shy_status st = SHY_STOPPED;
    bool stopped = false;
    for (int number = 1; st == SHY_STOPPED && number <= again + 2; number++) {
        snprintf(name, sizeof name, "%s, run %d on team %d, stop at %llu of rank %d", c->name, number, p.team, (unsigned long long)p.stop_at, p.stopped_rank);
        present_case = name;
        st = run_part(c, &p, number == 1, expected);
        if (number == 1) stopped = st == SHY_STOPPED;
        dice = shy_random_bits(3, dice, (uint64_t)number);
        p = (part){.team = (int)(dice % (uint64_t)teams), .stop_at = number <= again ? 20 + dice / 64 % 400 : 0};
    }
    EXPECT(st == SHY_OK);
    if (world_rank == 0) shy_journal_remove(checkpoint);
    MPI_Barrier(MPI_COMM_WORLD);
    return stopped;
}

/* Of one rank alone, without a journal. */
static void expect_of(const resume_case *c, leavings *expected)
{
    *expected = (leavings){NULL, NULL};
    present_case = c->name;
    const bool failed = world_rank == 0 && perform(c, team_of[0], NULL, expected) != SHY_OK;
    if (failed) fprintf(stderr, "%s: %s\n", c->name, shy_error_message());
    EXPECT(!failed);
}

static bool has(const leavings *l, const char *path)
{
    shy_record_entry entry;
    return shy_record_find(l->record, path, &entry);
}

/* Every stage has something to say of the cases: what is not there cannot be resumed. */
static void expect_all_stages(const leavings *l)
{
    EXPECT(has(l, "nested.selected") && has(l, "p_search.levels") && has(l, "stability.families"));
    EXPECT(has(l, "versus.contenders") && has(l, "calibration.slope") && has(l, "groups.apparent") && has(l, "verdict"));
}

/* At polls ever farther from the beginning, to the end. */
static void it_goes_on_from_wherever_it_stopped(void **state)
{
    (void)state;
    for (int k = 0; k < CASES; k++) {
        leavings expected;
        expect_of(&cases[k], &expected);
        if (world_rank == 0) expect_all_stages(&expected);
        uint64_t n = k == 0 ? 1 : 30, number = 0; /* they begin alike */
        for (bool more = true; more && number < 40; number++) {
            const uint64_t dice = shy_random_bits(4, (uint64_t)k, number);
            const part p = {.team = (int)(dice % (uint64_t)teams), .stop_at = n, .stopped_rank = dice / 64 % 4 == 0 ? 1 : 0};
            more = interrupt(&cases[k], &p, dice, (int)(dice / 1024 % 2), &expected) || p.stopped_rank > 0; /* who has fewer polls */
            n += n + 1;
        }
        EXPECT(number > 6 && number < 40);
        release(&expected);
    }
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_goes_on_from_wherever_it_stopped)};
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    make_teams();
    const int failed = cmocka_run_group_tests_name("assess_resume", tests, NULL, NULL);
    destroy_teams();
    shy_par_stop();
    return failed;
}

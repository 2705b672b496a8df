/* test_search_jobs.c: however the work is cut, the jobs hold all of it once, in a bounded number, and their costs add up. */
#include "shy_config.h"

#include "search_problem.h"

/* A plan for so many groups on machines that are `slow` times slower: so jobs get as small and as many as one likes. */
typedef struct {
    const char *columns;
    int complexity, factors;
    const char *operators;
    int groups;
    double slow;
} setting;

typedef struct {
    shy_problem *problem;
    shy_team team;
    shy_space *space;
    shy_jobs *jobs;
} plan;

static void make_plan(const setting *s, plan *p)
{
    static shy_team *alone;
    const problem_spec spec = {.n = 40, .columns = s->columns, .seed = 3};
    const shy_search_options options = {.grammar = make_grammar(s->operators, s->complexity, s->factors), .keep = 5};
    const shy_rates rates = {5e10 / s->slow, 5e-8 * s->slow, 4e-9 * s->slow, 1e-9 * s->slow, SHY_FP32};
    if (!alone) EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    p->problem = problem_create(alone, &spec);
    EXPECT(shy_space_create(p->problem, &options.grammar, &p->space) == SHY_OK);
    p->team = *alone;
    p->team.groups = s->groups; /* the cut asks for no more than their number */
    p->problem->team = &p->team;
    EXPECT(shy_jobs_create(p->space, &options, &rates, &p->jobs) == SHY_OK);
}

static void free_plan(plan *p)
{
    shy_jobs_destroy(&p->jobs);
    shy_space_destroy(&p->space);
    problem_free(p->problem);
}

/* ---- all of it, once ------------------------------------------------------------------------------------------------- */

/* How often each (pinned set, left set, right set) of one pair of classes was dealt. */
typedef struct {
    shy_job of;
    uint64_t pinned, left, right;
    uint8_t *dealt;
} cover;

enum { COVERS_MAX = 400 };

static bool same_class(const shy_job *a, const shy_job *b)
{
    return memcmp(&a->kind, &b->kind, offsetof(shy_job, pinned_first)) == 0;
}

/* What the two classes have to be multiplied, from the number of factors alone. */
static void open_cover(const plan *p, const shy_job *job, cover *c)
{
    const int factors = p->space->factors, left = job->left_slots, right = job->right_slots;
    int pins = left + right - p->space->slots_max;
    if (pins < 0) pins = 0;
    *c = (cover){.of = *job, .pinned = 1, .left = 1, .right = shy_binomial((uint64_t)factors, (uint64_t)right)};
    EXPECT(job->inside == (job->kind == SHY_JOB_TILE && pins == left));
    if (job->inside) c->left = shy_binomial((uint64_t)right, (uint64_t)left);
    if (job->kind == SHY_JOB_TILE && !job->inside) {
        c->pinned = shy_binomial((uint64_t)factors, (uint64_t)pins);
        c->left = shy_binomial((uint64_t)(factors - pins), (uint64_t)(left - pins));
        c->right = shy_binomial((uint64_t)(factors - pins), (uint64_t)(right - pins));
    }
    c->dealt = given_memory(c->pinned * c->left * c->right, 1);
}

static uint8_t *dealt_at(const cover *c, uint64_t pinned, uint64_t left, uint64_t right)
{
    return &c->dealt[(pinned * c->left + left) * c->right + right];
}

static void deal(cover *c, const shy_job *job)
{
    const bool equal = shy_job_equal_sides(job);
    EXPECT(job->pinned_first < job->pinned_last && job->left_first < job->left_last && job->right_first < job->right_last);
    EXPECT(job->pinned_last <= c->pinned && job->left_last <= c->left && job->right_last <= c->right);
    if (job->pinned_last > c->pinned || job->left_last > c->left || job->right_last > c->right) return;
    for (uint64_t k = job->pinned_first; k < job->pinned_last; k++) {
        for (uint64_t i = job->left_first; i < job->left_last; i++) {
            for (uint64_t j = job->right_first; j < job->right_last; j++) {
                if (!equal || j >= i) ++*dealt_at(c, k, i, j);
            }
        }
    }
}

static void check_cover(cover *c)
{
    const bool equal = shy_job_equal_sides(&c->of);
    for (uint64_t k = 0; k < c->pinned; k++) {
        for (uint64_t i = 0; i < c->left; i++) {
            for (uint64_t j = 0; j < c->right; j++) EXPECT(*dealt_at(c, k, i, j) == (!equal || j >= i));
        }
    }
    free(c->dealt);
}

static void check_all_is_dealt(const plan *p)
{
    static cover covers[COVERS_MAX];
    int count = 0;
    for (uint64_t number = 0; number < p->jobs->count; number++) {
        shy_job job;
        int at = 0;
        shy_jobs_get(p->jobs, number, &job);
        while (at < count && !same_class(&covers[at].of, &job)) at++;
        EXPECT(at < COVERS_MAX);
        if (at == count) open_cover(p, &job, &covers[count++]);
        deal(&covers[at], &job);
    }
    EXPECT(count == p->jobs->class_pairs);
    for (int k = 0; k < count; k++) check_cover(&covers[k]);
}

/* ---- costs and order --------------------------------------------------------------------------------------------------- */

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static bool in_order(const shy_job *a, const shy_job *b)
{
    if (a->pinned_first != b->pinned_first) return a->pinned_first < b->pinned_first;
    return a->left_first != b->left_first ? a->left_first < b->left_first : a->right_first < b->right_first;
}

/* Jobs of a region by their numbers: their place, and what they add up to. */
static void check_region(const shy_jobs *jobs, const shy_region *region)
{
    shy_job job, before;
    double cost = 0.0, flops = 0.0, longest = 0.0;
    for (uint64_t k = 0; k < region->jobs; k++) {
        shy_jobs_get(jobs, region->first + k, &job);
        EXPECT(same_class(&job, &region->whole));
        EXPECT(k == 0 || in_order(&before, &job));
        cost += job.cost, flops += job.flops;
        longest = fmax(longest, job.cost);
        before = job;
    }
    EXPECT(near(cost, region->cost) && near(flops, region->flops) && near(longest, region->longest));
}

static void check_costs(const plan *p)
{
    const shy_jobs *jobs = p->jobs;
    double cost = 0.0, flops = 0.0;
    uint64_t number = 0;
    for (int k = 0; k < jobs->regions; k++) {
        const shy_region *region = &jobs->region[k];
        EXPECT(region->first == number);
        EXPECT(k == 0 || region->longest <= region[-1].longest); /* largest first */
        EXPECT(fabs(shy_jobs_cost_before(jobs, number) - cost) <= 1e-9 * jobs->cost);
        check_region(jobs, region);
        number += region->jobs;
        cost += region->cost, flops += region->flops;
    }
    EXPECT(number == jobs->count && near(cost, jobs->cost) && near(flops, jobs->flops));
    EXPECT(shy_jobs_cost_before(jobs, jobs->count) == jobs->cost);
}

/* ---- their number ------------------------------------------------------------------------------------------------------ */

/* Of each pair of classes one job, or several that cost what was wanted. */
static void check_number(const plan *p)
{
    const shy_jobs *jobs = p->jobs;
    const double piece = jobs->piece[SHY_ROUNDS - 1];
    EXPECT(jobs->regions <= 6 * jobs->class_pairs);
    EXPECT((double)jobs->count <= 2.0 * jobs->cost / piece + jobs->regions);
    for (int k = 0; k < jobs->regions; k++) {
        const shy_region *region = &jobs->region[k];
        EXPECT(region->jobs == 1 || (double)region->jobs <= 2.0 * region->cost / piece);
    }
}

/* ---- spaces -------------------------------------------------------------------------------------------------------------- */

static const setting settings[] = {
    {"p", 3, 1, NULL, 1, 1.0},
    {"ppp", 3, 2, NULL, 7, 1e6},
    {"pppppppppp", 3, 2, NULL, 50, 1e6},
    {"psizpsizp", 5, 2, NULL, 3, 1e7},
    {"pppppp", 5, 3, NULL, 20, 1e6},
    {"ppsspp", 6, 4, "* / +", 100, 1e7},
    {"ppppppp", 7, 4, "* /", 11, 1e6},
    {"pspspsps", 4, 2, "- log max", 1000, 1e8},
};

static uint64_t draw(uint64_t seed, uint64_t what, uint64_t below)
{
    return (uint64_t)(shy_random_uniform(17, seed, what) * (double)below);
}

/* The same space is cut in many ways. */
static void jobs_hold_everything_once(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
        for (uint64_t cut = 0; cut < 12; cut++) {
            plan p = {0};
            setting s = settings[k];
            if (cut > 0) s.groups = 1 + (int)draw(k, 2 * cut, 300);
            if (cut > 0) s.slow = pow(10.0, (double)draw(k, 2 * cut + 1, 9));
            present_case = s.columns;
            make_plan(&s, &p);
            check_all_is_dealt(&p);
            check_costs(&p);
            check_number(&p);
            free_plan(&p);
        }
    }
    assert_on_all_ranks();
}

/* Formulas of four among many factors have a million pinned pairs: far more than anybody wants jobs. */
static void many_factors_are_not_many_jobs(void **state)
{
    (void)state;
    enum { FACTORS = 1500 };
    char columns[FACTORS + 1];
    memset(columns, 'p', FACTORS);
    columns[FACTORS] = '\0';
    plan p = {0};
    const setting s = {columns, 11, 4, "*", 8, 1.0};
    make_plan(&s, &p);
    bool pairs = false;
    for (int k = 0; k < p.jobs->regions; k++) pairs = pairs || p.jobs->region[k].whole.pinned_last > 100000;
    EXPECT(pairs);
    EXPECT(p.jobs->count > 24 && p.jobs->count < 2000000);
    check_number(&p);
    check_costs(&p);
    free_plan(&p);
    assert_on_all_ranks();
}

/* The plan for 100,000 ranks takes no more memory than that for one. */
static void many_ranks_are_little_memory(void **state)
{
    (void)state;
    char columns[501];
    memset(columns, 'p', 500);
    columns[500] = '\0';
    const setting s = {columns, 5, 3, NULL, 100000, 1e6};
    const uint64_t before = shy_memory_in_use();
    plan p = {0};
    make_plan(&s, &p);
    const uint64_t with = shy_memory_in_use();
    EXPECT(p.jobs->count > 1000000);
    shy_jobs_destroy(&p.jobs);
    EXPECT(with - shy_memory_in_use() < 1000000);
    free_plan(&p);
    EXPECT(shy_memory_in_use() <= before + 4096);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_hold_everything_once),
        cmocka_unit_test(many_factors_are_not_many_jobs),
        cmocka_unit_test(many_ranks_are_little_memory),
    };
    return run_par_tests("search jobs", tests, sizeof tests / sizeof *tests, argc, argv);
}

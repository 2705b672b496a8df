/*
 * schedule simulate KEY=VALUE ...   deals the plan of a search to as many ranks as one likes, event by event: factors,
 *                                   complexity, slots, samples (the search); ranks; service, latency (µs), tile (ms),
 *                                   noise, bias (standard deviations of log cost), seed
 * schedule measure [JOBS]           deals empty jobs to the ranks of mpirun: what rank 0 needs for one
 *
 * Table and meaning: doc/scheduling.md.
 */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "par/par_impl.h"
#include "schedule.h"

/* ---- a search without data ---------------------------------------------------------------------------------------- */

typedef struct {
    int factors, complexity, slots, samples;
} search_size;

/* Positive factors with equal ranges, whose columns nobody reads. */
static shy_status make_problem(const search_size *size, const shy_team *team, shy_problem *p)
{
    shy_status st = SHY_OK;
    const size_t factors = (size_t)size->factors;
    p->team = team;
    p->factors = size->factors;
    p->rows = (shy_rows){.team = team, .total = (uint64_t)size->samples, .rows = size->samples, .run_rows = size->samples, .runs = 1};
    p->outcome = (char *)(uintptr_t) "y";
    p->ops = shy_outcome_find("continuous");
    SHY_TRY(shy_new(factors, sizeof *p->name, &p->name));
    SHY_TRY(shy_new(factors, sizeof *p->unit_text, &p->unit_text));
    SHY_TRY(shy_new(factors, sizeof *p->range, &p->range));
    SHY_TRY(shy_new((size_t)size->samples, sizeof *p->y, &p->y));
    for (size_t f = 0; f < factors; f++) p->range[f] = (shy_interval){0.1, 10.0};
    for (int i = 0; i < size->samples; i++) p->y[i] = shy_random_normal(1, 0, (uint64_t)i);
    p->data = (shy_outcome_data){.column = p->outcome, .y = p->y};
out:
    return st;
}

static void free_problem(shy_problem *p)
{
    shy_free(&p->name);
    shy_free(&p->unit_text);
    shy_free(&p->range);
    shy_free(&p->y);
}

/* Since all factors have the same range, all sets of as many factors have as many formulas. */
static shy_status count_formulas(shy_space *space, double *formulas_out)
{
    shy_status st = SHY_OK;
    *formulas_out = 0.0;
    for (int slots = 1; slots <= space->slots_max; slots++) {
        shy_tuple tuple;
        const shy_context *context = NULL;
        double valid = 0.0;
        shy_tuple_unrank(space, NULL, slots, 0, &tuple);
        SHY_TRY(shy_space_context(space, &tuple, &context));
        shy_context_ranges(space, context, &context->ranges, &tuple);
        for (int root = 0; root < context->roots; root++) valid += shy_context_root_valid(space, context, root);
        *formulas_out += valid * (double)shy_tuple_sets(space, 0, slots);
    }
out:
    return st;
}

static shy_status simulate(const search_size *size, const schedule_setting *setting)
{
    /* A core of today: 50 GFLOP/s in matrix products. Fixed, so that the table can be repeated. */
    const shy_rates rates = {.pair_flops = 5e10, .pair_seconds = 5e-8, .operand_row = 4e-9, .element_row = 1e-9};
    shy_status st = SHY_OK;
    shy_search_options options = {.keep = 100};
    shy_team *alone = NULL, many;
    shy_problem problem = {0};
    shy_space *space = NULL;
    shy_jobs *jobs = NULL;
    double formulas = 0.0;
    schedule_outcome out;
    shy_grammar_default(&options.grammar);
    options.grammar.max_complexity = size->complexity;
    options.grammar.max_factors = size->slots;
    options.grammar.units = SHY_UNITS_OFF;
    SHY_TRY(shy_team_create(MPI_COMM_SELF, 1, &alone));
    SHY_TRY(make_problem(size, alone, &problem));
    SHY_TRY(shy_space_create(&problem, &options.grammar, &space));
    SHY_TRY(count_formulas(space, &formulas));
    many = *alone;
    many.groups = setting->groups;
    problem.team = &many;
    SHY_TRY(shy_jobs_create(space, &options, &rates, &jobs));
    SHY_TRY(schedule_simulate(jobs, setting, &out));
    printf("ranks %d formulas %.3g jobs %llu per_rank %.1f work %.4g seconds %.4g efficiency %.4f idle_worst %.4f idle_mean %.4f "
           "scheduling %.4f\n",
           setting->groups, formulas, (unsigned long long)jobs->count, (double)jobs->count / setting->groups, jobs->cost,
           out.seconds, out.efficiency, out.idle_worst, out.idle_mean, out.scheduling);
out:
    shy_jobs_destroy(&jobs);
    shy_space_destroy(&space);
    free_problem(&problem);
    shy_team_destroy(&alone);
    return st;
}

/* ---- the service of a real rank 0 --------------------------------------------------------------------------------- */

static shy_status take_all(shy_farm *farm)
{
    shy_status st = SHY_OK;
    double marks[10] = {0.0};
    uint64_t job;
    for (bool done = false; !done;) SHY_TRY(shy_farm_next(farm, marks, &job, &done));
out:
    return st;
}

static shy_status measure(uint64_t jobs)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    shy_farm *farm = NULL;
    SHY_TRY(shy_team_create(MPI_COMM_WORLD, 1, &team));
    SHY_TRY(shy_farm_create_dealing(team, jobs, 10, true, &farm));
    const double before = shy_time_own_seconds();
    const shy_status mine = take_all(farm);
    const double seconds = shy_time_own_seconds() - before;
    SHY_TRY(shy_farm_finish(&farm, mine));
    if (team->rank == 0)
        printf("ranks %d jobs %llu service %.2f\n", team->size, (unsigned long long)jobs, 1e6 * seconds / (double)jobs);
out:
    shy_team_destroy(&team);
    return st;
}

/* ---- the command line --------------------------------------------------------------------------------------------- */

static shy_status read_settings(int count, char **argument, search_size *size, schedule_setting *s)
{
    double factors = 1000, complexity = 5, slots = 2, samples = 200, ranks = 100, service = 3, latency = 3, tile = 10, noise = 0.15,
           bias = 0, seed = 1;
    const struct {
        const char *name;
        double *value;
    } keys[] = {{"factors", &factors}, {"complexity", &complexity}, {"slots", &slots}, {"samples", &samples},
                {"ranks", &ranks},     {"service", &service},       {"latency", &latency}, {"tile", &tile},
                {"noise", &noise},     {"bias", &bias},             {"seed", &seed}};
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(argument[i], '=');
        size_t k = 0;
        while (k < sizeof keys / sizeof *keys && !(equals && strncmp(argument[i], keys[k].name, (size_t)(equals - argument[i])) == 0 &&
                                                   strlen(keys[k].name) == (size_t)(equals - argument[i]))) k++;
        if (k == sizeof keys / sizeof *keys) return shy_fail(SHY_USAGE, "%s is no setting", argument[i]);
        *keys[k].value = strtod(equals + 1, NULL);
    }
    *size = (search_size){(int)factors, (int)complexity, (int)slots, (int)samples};
    *s = (schedule_setting){(int)ranks, service * 1e-6, latency * 1e-6, tile * 1e-3, noise, bias, (uint64_t)seed};
    return SHY_OK;
}

static shy_status run(int argc, char **argv)
{
    shy_status st = SHY_OK;
    search_size size;
    schedule_setting setting;
    if (argc > 1 && strcmp(argv[1], "measure") == 0) return measure(argc > 2 ? strtoull(argv[2], NULL, 10) : 100000);
    if (argc < 2 || strcmp(argv[1], "simulate") != 0) return shy_fail(SHY_USAGE, "usage: schedule simulate|measure ...");
    SHY_TRY(read_settings(argc - 2, argv + 2, &size, &setting));
    SHY_TRY(simulate(&size, &setting));
out:
    return st;
}

int main(int argc, char **argv)
{
    shy_status st = shy_par_start(&argc, &argv);
    if (st == SHY_OK) st = run(argc, argv);
    if (st != SHY_OK) fprintf(stderr, "schedule: %s\n", shy_error_message());
    shy_par_stop();
    return st == SHY_OK ? 0 : 1;
}

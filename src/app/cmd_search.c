/* cmd_search.c: `shihyo search`: from a configuration to a directory of results. */
#include "shy_config.h"

#include <signal.h>
#include <stdio.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/progress.h"
#include "app/ranks.h"
#include "app/search_disclosure.h"
#include "app/search_run.h"
#include "app/time_limit.h"
#include "app/usage.h"
#include "shihyo/linalg.h"

enum { SET = 1, PLAN, OVERWRITE, RESUME, MAX_TIME, SDC };

static const struct option options[] = {
    {"set", required_argument, NULL, SET},
    {"output", required_argument, NULL, 'o'},
    {"plan", no_argument, NULL, PLAN},
    {"overwrite", no_argument, NULL, OVERWRITE},
    {"resume", no_argument, NULL, RESUME},
    {"max-time", required_argument, NULL, MAX_TIME},
    {"sdc", required_argument, NULL, SDC},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static shy_status read_command(int argc, char **argv, const char **set, shy_search_command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    c->set = set;
    for (;;) {
        SHY_TRY(shy_usage_next(argc, argv, "o:qh", options, &option));
        switch (option) {
        case SET:
            set[c->set_count++] = optarg;
            break;
        case PLAN:
            c->plan = true;
            break;
        case OVERWRITE:
            c->overwrite = true;
            break;
        case RESUME:
            c->resume = true;
            break;
        case MAX_TIME:
            c->max_time = optarg;
            break;
        case SDC:
            c->sdc = optarg;
            break;
        case 'o':
            c->output = optarg;
            break;
        case 'q':
            c->quiet = true;
            break;
        case 'h':
            c->help = true;
            return SHY_OK;
        default:
            break;
        }
        if (option == -1) break;
    }
    if (optind + 1 != argc)
        SHY_TRY(shy_fail(SHY_USAGE,
                         "search takes one configuration file, as in `shihyo search run.yaml`; %d were given.",
                         argc - optind));
    if (c->resume && c->overwrite) SHY_TRY(shy_fail(SHY_USAGE, "--resume goes on with what is there, and --overwrite starts anew; give one of them."));
    c->file = argv[optind];
out:
    return st;
}

/* ---- rank 0 speaks ------------------------------------------------------------------------------------------------- */

static bool speaks(const shy_search_session *s)
{
    return s->team->rank == 0 && !s->command->quiet;
}

static void print_notes(const shy_search_session *s)
{
    if (s->team->rank != 0) return;
    for (int i = 0; i < s->problem->notes_count; i++)
        if (speaks(s)) shy_log(SHY_LOG_INFO, "%s", s->problem->notes[i]);
        else shy_events_warning(s->events, "note", s->problem->notes[i]);
}

static shy_status print_plan(const shy_search_session *s)
{
    shy_status st = SHY_OK;

    if (s->team->rank != 0 || (s->command->quiet && !s->command->plan)) return SHY_OK;
    st = shy_plan_print(s, stdout);
    if (!s->command->plan) fputs("\n", stdout);
    fflush(stdout);
    return st;
}

static shy_status write_results(shy_search_session *s)
{
    shy_status st = SHY_OK;
    char seconds[32], more[32], validation[64] = "";
    double taken = 0.0, validated = 0.0;
    const char *directory = shy_config_text(s->config, SHY_KEY_OUTPUT);
    const bool single = s->problem->targets == 1;

    const shy_performance_mark start = shy_performance_now();
    SHY_TRY(single ? shy_results_write(s->results, directory) : shy_targets_write(s->results, s->results_count, directory));
    shy_performance_written(&s->performance, &start);
    shy_events_results(s->events, s->performance.writing);
    if (s->command->quiet) goto out;
    if (single) shy_results_print_front(s->results, stdout);
    else SHY_TRY(shy_targets_print(s->results, s->results_count, stdout));
    for (int t = 0; t < s->results_count; t++) taken += s->results[t].seconds, validated += s->results[t].validation_seconds;
    if (s->assesses) snprintf(validation, sizeof validation, ", and %s for the validation", shy_meter_duration(validated, more));
    printf("\nResults in %s (%s%s). `shihyo show %s --all` prints the best formulas of every complexity.\n", directory,
           shy_meter_duration(taken, seconds), validation, directory);
    shy_performance_print(s, stdout);
out:
    return st;
}

/* ---- the run, all ranks together ------------------------------------------------------------------------------------- */

static shy_status run_search(shy_search_session *s)
{
    shy_run *run = &s->run;
    void (*const progress)(void *, const shy_progress *) = s->team->rank == 0 ? shy_run_progress : NULL;

    if (speaks(s))
        shy_meter_start(&run->meter, stderr, shy_ranks_terminal(), shy_config_number(s->config, SHY_KEY_REPORT_INTERVAL));
    run->started = shy_time_seconds(), run->noted = 0.0, run->fraction = 0.0, run->stage[0] = '\0';
    const shy_status st = s->assesses ? shy_assess_run(s->problem, &s->options, &s->assess, progress, s, &s->result, &s->record)
                                      : shy_search_run(s->problem, &s->options, progress, s, &s->result);
    shy_meter_end(&run->meter);
    s->took = shy_time_seconds() - run->started;
    shy_performance_stage(&s->performance, NULL);
    run->spent[s->problem->aim] = s->took;
    return st;
}

/* Rank 0. */
static shy_status keep_results(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_results *results = &s->results[s->results_count];

    SHY_TRY(shy_results_build(s, results));
    st = shy_session_release(s, results);
    s->results_count++; /* there to be freed */
out:
    return st;
}

/* Rank 0. */
static shy_status begin_target(shy_search_session *s)
{
    s->assess.no_total = !shy_session_tells_total(s);
    return shy_session_begin_record(s);
}

/* One target after another: they share samples, columns and plan. */
static shy_status search_targets(shy_search_session *s)
{
    shy_status st = SHY_OK;

    SHY_TRY_ALL(s->team, shy_new((size_t)s->problem->targets, sizeof *s->results, &s->results));
    for (int t = 0; t < s->problem->targets; t++) {
        shy_problem_aim(s->problem, t);
        if (speaks(s) && s->problem->targets > 1) shy_log(SHY_LOG_INFO, "Target %d of %d: %s.", t + 1, s->problem->targets, s->problem->target[t].name);
        SHY_TRY_ALL(s->team, s->team->rank == 0 ? begin_target(s) : SHY_OK);
        shy_events_target(s->events, t + 1, s->problem->targets, s->problem->target[t].name);
        SHY_TRY(run_search(s));
        SHY_TRY(shy_session_outcome(s));
        SHY_TRY(shy_session_typical(s));
        SHY_TRY(shy_session_judge_values(s));
        SHY_TRY(shy_performance_searched(s));
        SHY_TRY_ALL(s->team, s->team->rank == 0 ? keep_results(s) : SHY_OK);
        shy_search_result_free(&s->result);
    }
out:
    return st;
}

static shy_status create_events(shy_search_session *s)
{
    if (s->team->rank != 0 || s->command->plan) return SHY_OK;
    return shy_events_create(shy_config_number(s->config, SHY_KEY_REPORT_INTERVAL), &s->events);
}

static void say_finished(const shy_search_session *s)
{
    const char *directory = s->config == NULL ? s->command->directory : shy_config_text(s->config, SHY_KEY_OUTPUT);

    if (speaks(s)) printf("%s: this run is finished. `shihyo show %s` prints its results.\n", directory, directory);
}

static shy_status run(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const double begun = shy_time_seconds();

    SHY_TRY(shy_session_configure(s)); /* the output directory is taken before the work, not after it */
    if (s->run.state == SHY_RUN_FINISHED) goto finished;
    SHY_TRY_ALL(s->team, create_events(s));
    shy_watchdog_start(s);
    if (!s->command->plan && s->team->rank == 0) s->run.deadline = shy_time_limit(s->config, begun, s->command->quiet);
    const shy_performance_mark start = shy_performance_now();
    SHY_TRY(shy_session_load(s));
    SHY_TRY(shy_performance_read(s, &start));
    print_notes(s);
    const double planning = shy_time_seconds();
    SHY_TRY(shy_session_plan(s));
    s->performance.planning = shy_time_seconds() - planning;
    SHY_TRY_ALL(s->team, print_plan(s));
    if (s->command->plan) goto out;
    s->options.plan = &s->plan;
    SHY_TRY(shy_run_begin(s));
    SHY_TRY(shy_events_start(s, s->run.state == SHY_RUN_GOES_ON, s->run.deadline));
    SHY_TRY(search_targets(s));
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? write_results(s) : SHY_OK);
    if (s->team->rank == 0) shy_run_complete(s);
    goto out;
finished:
    say_finished(s);
out:
    shy_memory_limit(0, 0);
    return st;
}

/* Members of a group look at the same sums, and must come to the same verdicts: all use what the least of the processors has. */
static shy_status agree_on_kernels(const shy_team *team)
{
    double least = -(double)shy_isa_get();
    const shy_status st = shy_team_maximum(team, &least, 1);
    shy_isa_limit((shy_isa)(int)-least);
    return st;
}

/* What this run has made for its results goes if it is empty. */
static void release_output(shy_search_session *s, bool has_events)
{
    const char *directory = s->config == NULL ? s->command->directory : shy_config_text(s->config, SHY_KEY_OUTPUT);

    shy_output_unlock(&s->run.lock);
    const bool is_kept = s->run.checkpoint == NULL || shy_journal_exists(s->run.checkpoint) || shy_output_finished(directory) != NULL;
    if (has_events && !is_kept) shy_events_discard(directory);
    if (s->created > 0) shy_output_release(directory, s->created);
}

shy_status shy_search_execute(const shy_search_command *command, shy_team *team)
{
    shy_search_session s = {.command = command, .team = team};
    shy_status st = shy_linalg_start(team);

    if (st == SHY_OK) st = agree_on_kernels(team);
    if (st == SHY_OK) st = run(&s);
    st = shy_run_leave(&s, st);
    shy_watch_stop(s.team);
    shy_events_end(s.events, st, st == SHY_OK ? NULL : shy_error_message());
    const bool has_events = shy_events_are_open(s.events);
    shy_events_close(&s.events);
    if (st != SHY_OK) release_output(&s, has_events);
    shy_search_result_free(&s.result);
    shy_record_free(&s.record);
    shy_free(&s.typical);
    shy_record_free(&s.released);
    shy_record_free(&s.assess.predictions);
    shy_session_free_released(&s);
    shy_session_validation_free(&s);
    for (int t = 0; t < s.results_count; t++) shy_results_free(&s.results[t]);
    shy_free(&s.results);
    shy_problem_free(&s.problem);
    shy_cohort_close(&s.cohort);
    shy_config_free(&s.config);
    shy_run_free(&s);
    shy_linalg_stop();
    shy_team_destroy(&s.team);
    return st;
}

/* Every rank reads the same command line and comes to the same verdict, so nothing has to be agreed before there is a team. */
int shy_search_main(int argc, char **argv, shy_search_reader *read, shy_search_command *command)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    const char **set = NULL;
    const char *name = argv[0];

    signal(SIGUSR1, SIG_IGN); /* before there is anything to save it is no reason to end; MPI takes its time to start on many nodes */
    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_new((size_t)argc, sizeof *set, &set));
    SHY_TRY(read(argc, argv, set, command));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (command->help) {
        if (team->rank == 0) shy_help_command(name, stdout);
        shy_team_destroy(&team);
    } else {
        st = shy_search_execute(command, team);
    }
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message()); /* rank 0 alone speaks */
    shy_free(&set);
    shy_par_stop();
    return (int)st;
}

int shy_cmd_search(int argc, char **argv)
{
    shy_search_command command = {0};
    return shy_search_main(argc, argv, read_command, &command);
}

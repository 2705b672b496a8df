/* main.c: finds the subcommand and runs it, on all ranks or, where one is enough, on rank 0 for all of them. */
#include "shy_config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/ranks.h"
#include "app/version.h"

static int run_help(int argc, char **argv);
static int run_version(int argc, char **argv);

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
    bool on_all_ranks; /* starts MPI itself and works together; else one rank works while others wait */
} command;

static const command commands[] = {
    {"import", shy_cmd_import, true},
    {"inspect", shy_cmd_inspect, true},
    {"search", shy_cmd_search, true},
    {"resume", shy_cmd_resume, true},
    {"show", shy_cmd_show, false},
    {"report", shy_cmd_report, true},
    {"validate", shy_cmd_validate, true},
    {"sweep", shy_cmd_sweep, true},
    {"collect", shy_cmd_collect, false},
    {"top", shy_cmd_top, false},
    {"export", shy_cmd_export, false},
    {"predict", shy_cmd_predict, false},
    {"explain", shy_cmd_explain, true},
    {"help", run_help, false},
    {"--help", run_help, false},
    {"-h", run_help, false},
    {"--version", run_version, false},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int run_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    shy_version_print(stdout);
    return SHY_OK;
}

static int fail_unknown(const char *what, const char *word, const char *const *known, size_t count)
{
    const char *near = shy_text_nearest(word, known, count);

    shy_log(SHY_LOG_ERROR, "There is no %s \"%s\"%s%s%s `shihyo help` lists what there is.", what, word,
            near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : ".");
    return SHY_USAGE;
}

static int run_help(int argc, char **argv)
{
    const char *topics[COMMANDS + 1] = {"keys"};
    size_t pages;
    const shy_help_page *page = shy_help_pages(&pages);

    if (argc < 2) return shy_help_program(stdout), SHY_OK;
    if (shy_help_topic(argv[1], argv[2], stdout)) return SHY_OK; /* argv ends with NULL */
    for (size_t k = 0; k < pages && k < COMMANDS; k++) topics[k + 1] = page[k].name;
    return fail_unknown("help on", argv[argc > 2 ? 2 : 1], topics, pages + 1);
}

static int run_unknown(int argc, char **argv)
{
    const char *names[COMMANDS];

    if (argc < 1) {
        shy_help_program(stderr);
        return SHY_USAGE;
    }
    for (int c = 0; c < COMMANDS; c++)
        names[c] = commands[c].name;
    return fail_unknown("command", argv[0], names, COMMANDS);
}

/* Rank 0 works, the others wait and end with the same status; a rank that ended early would make mpirun stop the rest. */
static int run_on_one_rank(int (*run)(int, char **), int argc, char **argv)
{
    shy_team *team = NULL;
    shy_status st = SHY_OK;
    int status = 0;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (team->rank == 0) status = run(argc, argv);
    st = shy_team_broadcast(team, &status, sizeof status);
out:
    shy_team_destroy(&team);
    shy_par_stop();
    return st != SHY_OK ? (int)st : status;
}

/* What was printed is lost if standard output is full or closed; that is a failure too. */
static int close_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    if (status != SHY_OK) return status;
    shy_log(SHY_LOG_ERROR, "Standard output cannot be written.");
    return SHY_IO;
}

int main(int argc, char **argv)
{
    int (*run)(int, char **) = run_unknown;
    bool on_all_ranks = false;

    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is reported, as a full disk is */
    for (int c = 0; argc > 1 && c < COMMANDS; c++)
        if (strcmp(argv[1], commands[c].name) == 0) run = commands[c].run, on_all_ranks = commands[c].on_all_ranks;
    if (shy_isa_check() != SHY_OK) {
        shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
        return SHY_USAGE;
    }
    if (!on_all_ranks && shy_ranks_launched()) return close_output(run_on_one_rank(run, argc - 1, argv + 1));
    return close_output(run(argc - 1, argv + 1));
}

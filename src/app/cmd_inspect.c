/* cmd_inspect.c: `shihyo inspect`: what a cohort file holds. */
#include "shy_config.h"

#include <stdio.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/usage.h"
#include "shihyo/data.h"

enum { LIMIT = 60 };

static const struct option options[] = {
    {"all", no_argument, NULL, 'a'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static shy_status read_command(int argc, char **argv, int64_t *limit, bool *help)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    for (;;) {
        SHY_TRY(shy_usage_next(argc, argv, "ah", options, &option));
        if (option == -1) break;
        if (option == 'a') *limit = 0;
        if (option == 'h') *help = true;
    }
    if (!*help && optind + 1 != argc)
        SHY_TRY(shy_fail(SHY_USAGE, "inspect takes one cohort file, as in `shihyo inspect cohort.h5`."));
out:
    return st;
}

static shy_status inspect(const shy_team *team, const char *path, int64_t limit)
{
    shy_status st = SHY_OK;
    shy_cohort *cohort = NULL;

    SHY_TRY(shy_cohort_open(team, path, &cohort));
    SHY_TRY(shy_cohort_print(cohort, stdout, limit));
out:
    shy_cohort_close(&cohort);
    return st;
}

int shy_cmd_inspect(int argc, char **argv)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    int64_t limit = LIMIT;
    bool help = false;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(read_command(argc, argv, &limit, &help));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (!help)
        st = inspect(team, argv[optind], limit);
    else if (team->rank == 0)
        shy_help_command("inspect", stdout);
    shy_team_destroy(&team);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message()); /* rank 0 alone speaks */
    shy_par_stop();
    return (int)st;
}

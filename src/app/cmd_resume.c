/* cmd_resume.c: `shihyo resume`: the rest of a search that was interrupted. */
#include "shy_config.h"

#include "app/commands.h"
#include "app/search_run.h"
#include "app/usage.h"

enum { SET = 1, MAX_TIME };

static const struct option options[] = {
    {"set", required_argument, NULL, SET},
    {"max-time", required_argument, NULL, MAX_TIME},
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
        SHY_TRY(shy_usage_next(argc, argv, "qh", options, &option));
        if (option == -1) break;
        if (option == 'h') return c->help = true, SHY_OK;
        if (option == 'q') c->quiet = true;
        if (option == MAX_TIME) c->max_time = optarg;
        if (option == SET) set[c->set_count++] = optarg;
    }
    if (optind + 1 != argc)
        SHY_TRY(shy_fail(SHY_USAGE, "resume takes one output directory of a search, as in `shihyo resume out/`; %d were given.", argc - optind));
    c->directory = c->output = argv[optind];
out:
    return st;
}

int shy_cmd_resume(int argc, char **argv)
{
    shy_search_command command = {.resume = true};
    return shy_search_main(argc, argv, read_command, &command);
}

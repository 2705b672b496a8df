/* cmd_show.c: `shihyo show`: the front of finished results, or the best formulas of a complexity. */
#include "shy_config.h"

#include <stdio.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/usage.h"
#include "shihyo/report.h"

enum { ALL = -1 };

static const struct option options[] = {
    {"complexity", required_argument, NULL, 'c'},
    {"all", no_argument, NULL, 'a'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static shy_status read_complexity(const char *text, int *complexity_out)
{
    int64_t value;

    if (!shy_text_integer(text, &value) || value < 1 || value > 1000)
        return shy_fail(SHY_USAGE, "--complexity is \"%s\"; it takes an integer from 1.", text);
    *complexity_out = (int)value;
    return SHY_OK;
}

static shy_status show(int argc, char **argv)
{
    shy_status st = SHY_OK;
    int option = 0, complexity = 0;

    shy_usage_start();
    for (;;) {
        SHY_TRY(shy_usage_next(argc, argv, "c:ah", options, &option));
        if (option == -1) break;
        if (option == 'h') return shy_help_command("show", stdout), SHY_OK;
        if (option == 'a') complexity = ALL;
        if (option == 'c') SHY_TRY(read_complexity(optarg, &complexity));
    }
    if (optind + 1 != argc)
        SHY_TRY(shy_fail(SHY_USAGE, "show takes one directory of results, as in `shihyo show out/`."));
    SHY_TRY(shy_show(argv[optind], complexity, stdout));
out:
    return st;
}

int shy_cmd_show(int argc, char **argv)
{
    shy_status st = show(argc, argv);

    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    return (int)st;
}

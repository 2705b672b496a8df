/* cmd_collect.c: `shihyo collect`. */
#include "shy_config.h"

#include "app/commands.h"
#include "shihyo/base.h"

int shy_cmd_collect(int argc, char **argv)
{
    (void)argc, (void)argv;
    shy_log(SHY_LOG_ERROR, "collect is not there yet.");
    return SHY_INTERNAL;
}

/* cmd_top.c: `shihyo top`. */
#include "shy_config.h"

#include "app/commands.h"
#include "shihyo/base.h"

int shy_cmd_top(int argc, char **argv)
{
    (void)argc, (void)argv;
    shy_log(SHY_LOG_ERROR, "top is not there yet.");
    return SHY_INTERNAL;
}

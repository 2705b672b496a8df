/* cmd_sweep.c: `shihyo sweep`. */
#include "shy_config.h"

#include "app/commands.h"
#include "shihyo/base.h"

int shy_cmd_sweep(int argc, char **argv)
{
    (void)argc, (void)argv;
    shy_log(SHY_LOG_ERROR, "sweep is not there yet.");
    return SHY_INTERNAL;
}

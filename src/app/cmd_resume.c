/* cmd_resume.c: `shihyo resume`. */
#include "shy_config.h"

#include "app/commands.h"
#include "shihyo/base.h"

int shy_cmd_resume(int argc, char **argv)
{
    (void)argc, (void)argv;
    shy_log(SHY_LOG_ERROR, "resume is not there yet.");
    return SHY_INTERNAL;
}

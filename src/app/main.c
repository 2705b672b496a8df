/* The program: says its name until its subcommands are here. */
#include "shy_config.h"

#include <stdio.h>

int main(void)
{
    puts(PACKAGE_STRING);
    return 0;
}

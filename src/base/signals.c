/* What a job is told while it runs. */
#include "shy_config.h"

#include <signal.h>

#include "shihyo/base.h"

static volatile sig_atomic_t stop, save;

static void hear(int number)
{
    if (number == SIGUSR1) save = 1;
    else stop = number;
}

void shy_signals_catch(void)
{
    struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = (int)((unsigned)SA_RESTART | (unsigned)SA_RESETHAND);
    sigaction(SIGINT, &action, NULL);
}

int shy_signals_stop(void)
{
    return stop;
}

bool shy_signals_save(void)
{
    return save != 0;
}

void shy_signals_save_seen(void)
{
    save = 0;
}

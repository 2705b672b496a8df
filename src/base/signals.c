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

/*
 * A handler's frame, some KiB with the vector registers, is put below the stack pointer, wherever that is. Matrix products that oneDNN makes at run time (x86, fp32,
 * up to 3.11.1 at least) have it in the heap, and what lies there would be overwritten: a handler needs a stack of its own. One that is there already serves as well.
 */
static void make_stack(void)
{
    static char stack[64 << 10];
    stack_t present;

    if (sigaltstack(NULL, &present) != 0 || !((unsigned)present.ss_flags & (unsigned)SS_DISABLE)) return;
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
}

void shy_signals_catch(void)
{
    const unsigned flags = (unsigned)SA_RESTART | (unsigned)SA_ONSTACK;
    struct sigaction action = {.sa_handler = hear, .sa_flags = (int)flags};

    make_stack();
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = (int)(flags | (unsigned)SA_RESETHAND);
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

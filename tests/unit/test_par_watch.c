/* test_par_watch.c: ranks that only compute are heard of, and nobody is missed. What happens to one that is stopped: tests/system/watchdog.sh. */
#include "shy_config.h"

#include <math.h>
#include <unistd.h>

#include "par_check.h"

static shy_team *team;
static int losses;

static void lose(void *context, const shy_watch_loss *loss)
{
    (void)context, (void)loss;
    losses++;
}

static void busy(double seconds)
{
    const double start = shy_time_seconds();
    while (shy_time_seconds() - start < seconds) usleep(10000);
}

/* Longer than the limit outside of MPI: each rank is heard all the same, with what it says of itself. */
static void all_are_heard(void)
{
    const shy_watch_options options = {.limit = 1.5, .status = 1, .lost = lose};
    shy_watch_report report;

    shy_watch_waited(0.25 * team->rank, 1.0);
    shy_watch_start(team, &options);
    shy_watch_start(team, &options); /* no second one */
    busy(3.5);
    const bool knows = shy_watch_ask(&report);
    check(knows == (team->rank == 0 && team->size > 1), "rank 0 alone knows");
    if (knows) {
        double mean = 0.0, memory = 0.0;
        for (int r = 0; r < team->size; r++) mean += 0.25 * r / team->size;
        memory = 1 << 20;
        check(report.ranks == team->size && shy_watch_count() == team->size, "every rank is heard of");
        check(fabs(report.idle_mean - mean) < 1e-9, "the mean of what they waited");
        check(fabs(report.idle_worst - 0.25 * (team->size - 1)) < 1e-9, "the longest that one waited");
        check(report.memory > memory, "each holds some memory");
    }
    shy_watch_stop(team);
    check(losses == 0, "nobody is missed");
}

static void nobody_is_watched(void)
{
    const shy_watch_options off = {.limit = 0.0, .lost = lose};
    shy_watch_report report;

    shy_watch_start(team, &off);
    check(!shy_watch_ask(&report) && shy_watch_count() == 0, "a limit of 0 is none");
    shy_watch_stop(team);
    shy_watch_stop(team);
}

int main(void)
{
    check_start();
    check(shy_team_create(SHY_ALL_RANKS, 1, &team) == SHY_OK, "a team");
    all_are_heard();
    nobody_is_watched();
    all_are_heard(); /* again */
    shy_team_destroy(&team);
    return check_stop();
}

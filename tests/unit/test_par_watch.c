/* test_par_watch.c: ranks that only compute are heard of, and nobody is missed. What happens to one that is stopped: tests/system/watchdog.sh. */
#include "shy_config.h"

#include <math.h>
#include <unistd.h>

#include "par_check.h"

static int losses;

static void lose(void *context, const shy_watch_loss *loss)
{
    (void)context, (void)loss;
    losses++;
}

/* Outside of MPI, for longer than the limit. */
static void compute(double seconds)
{
    const double start = shy_time_seconds();
    while (shy_time_seconds() - start < seconds) usleep(10000);
}

static void check_watch(const shy_team *team)
{
    const shy_watch_options options = {.limit = 1.5, .status = 1, .lost = lose};
    shy_watch_report report;
    double mean = 0.0;

    shy_watch_waited(0.25 * team->rank, 1.0);
    shy_watch_start(team, &options);
    shy_watch_start(team, &options); /* no second one */
    compute(2.5);
    const bool knows = shy_watch_ask(&report);
    EXPECT(knows == (team->rank == 0 && team->size > 1)); /* rank 0 alone */
    for (int r = 0; r < team->size; r++) mean += 0.25 * r / team->size;
    if (knows) {
        EXPECT(report.ranks == team->size && shy_watch_count() == team->size);
        EXPECT(fabs(report.idle_mean - mean) < 1e-9);
        EXPECT(fabs(report.idle_worst - 0.25 * (team->size - 1)) < 1e-9);
        EXPECT(report.memory > 1 << 20);
    }
    shy_watch_stop(team);
    shy_watch_stop(team);
    EXPECT(losses == 0);
    EXPECT(!shy_watch_ask(&report) && shy_watch_count() == 0);
}

static void who_computes_is_heard_of(void **state)
{
    (void)state;
    on_every_team(check_watch);
    assert_on_all_ranks();
}

static void check_no_watch(const shy_team *team)
{
    const shy_watch_options options = {.limit = 0.0, .lost = lose};
    shy_watch_report report;

    shy_watch_start(team, &options);
    EXPECT(!shy_watch_ask(&report) && shy_watch_count() == 0);
    shy_watch_stop(team);
}

static void without_a_limit_nobody_is_watched(void **state)
{
    (void)state;
    on_every_team(check_no_watch);
    assert_on_all_ranks();
}

static void check_nodes(const shy_team *team)
{
    EXPECT(shy_team_nodes(team) == 1); /* the ranks of a test are on one machine */
    EXPECT(*shy_par_host() != '\0' && strchr(shy_par_host(), '.') == NULL);
}

static void nodes_are_counted(void **state)
{
    (void)state;
    on_every_team(check_nodes);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_counted),
        cmocka_unit_test(without_a_limit_nobody_is_watched),
        cmocka_unit_test(who_computes_is_heard_of),
    };
    return run_par_tests("watch", tests, sizeof tests / sizeof *tests, argc, argv);
}

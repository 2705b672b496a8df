/* watchdog.c: what a run says when a rank is lost. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>

#include "app/search_run.h"

#define LOST SHY_IO /* the status with which such a run ends: it is none of the defects of the program */
#define LEAST_SECONDS 1.0 /* a shorter limit is missed by a rank that waits for a processor */

static void tell_loss(void *context, const shy_watch_loss *loss)
{
    const shy_search_session *s = context;
    char seconds[32], others[64] = "", text[1024];

    if (loss->others > 0) snprintf(others, sizeof others, " and of %d more rank%s", loss->others, loss->others > 1 ? "s" : "");
    snprintf(text, sizeof text,
             "There is no sign of life of rank %d on %s%s for %s: it was stopped, or its node or the network was lost. The run is ended; `shihyo resume` goes on "
             "from its checkpoint. How long a rank may be silent is set by run.watchdog.",
             loss->rank, loss->host, others, shy_meter_duration(loss->seconds, seconds));
    shy_log_speaker(true); /* if rank 0 is lost, another one speaks */
    shy_log(SHY_LOG_ERROR, "%s", text);
    fflush(stderr);
    shy_events_end(s->events, LOST, text);
}

static void tell_unheard(void *context, int ranks)
{
    (void)context;
    shy_log(SHY_LOG_WARNING, "%d rank%s cannot be watched: datagrams (UDP) do not get through to rank 0. If one of them is stopped, the run waits for it.", ranks,
            ranks > 1 ? "s" : "");
}

/* In its directory another run is at work: nothing is said in the events, which are the other's by now. */
static void end_taken(void *context)
{
    const shy_search_session *s = context;

    shy_log(SHY_LOG_ERROR, "%s: another run has taken this directory over, as there was no sign of life of this one for minutes. This one ends, and writes nothing more there.",
            shy_config_text(s->config, SHY_KEY_OUTPUT));
    shy_par_abort(LOST);
}

void shy_watchdog_start(shy_search_session *s)
{
    const double asked = shy_config_duration(s->config, SHY_KEY_RUN_WATCHDOG);
    const shy_watch_options options = {
        .limit = asked > 0.0 ? fmax(asked, LEAST_SECONDS) : 0.0, .status = LOST, .unheard = tell_unheard, .lost = tell_loss, .context = s};

    if (s->run.lock != NULL) shy_output_watch(s->run.lock, end_taken, s);
    shy_watch_start(s->team, &options);
}

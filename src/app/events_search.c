/* events_search.c: the first events of a search: what is run, on what, and how much it will be. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/events.h"
#include "app/search_run.h"
#include "app/version.h"

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* A digest tells two configurations apart, no more. */
static shy_status add_configuration(const shy_search_session *s, shy_event *event)
{
    char *text = NULL, digest[32];
    const shy_status st = shy_config_save(s->config, &text);

    if (st == SHY_OK) {
        snprintf(digest, sizeof digest, "%016llx", (unsigned long long)shy_hash_bytes(text, strlen(text), 0));
        shy_event_text(event, "configuration", digest);
    }
    shy_free(&text);
    return st;
}

/* What the batch system says: its number of the job, and when it will end it (Slurm: seconds since 1970). */
static void add_job(shy_event *event)
{
    int64_t end;
    const char *job = getenv("SLURM_JOB_ID"), *ends = getenv("SLURM_JOB_END_TIME");

    if (job == NULL) job = getenv("PBS_JOBID");
    if (job == NULL) job = getenv("PJM_JOBID");
    if (job != NULL) shy_event_text(event, "job", job);
    if (ends != NULL && shy_text_integer(ends, &end) && end > 0) shy_event_count(event, "job_ends", (uint64_t)end);
}

/* Neither host nor user, and of the cohort the name of the file alone. */
static shy_status fill_first(const shy_search_session *s, int nodes, double deadline, shy_event *event)
{
    shy_event_text(event, "version", shy_version_text());
    const shy_status st = add_configuration(s, event);
    shy_event_text(event, "cohort", last_part(shy_config_text(s->config, SHY_KEY_COHORT)));
    shy_event_text(event, "outcome", s->problem->outcome);
    shy_event_count(event, "targets", (uint64_t)s->problem->targets);
    shy_event_count(event, "ranks", (uint64_t)s->team->size);
    shy_event_count(event, "groups", (uint64_t)s->team->groups);
    shy_event_count(event, "row_blocks", (uint64_t)s->team->row_blocks);
    shy_event_count(event, "nodes", (uint64_t)nodes);
    add_job(event);
    if (deadline > 0.0) shy_event_count(event, "stops", (uint64_t)((double)time(NULL) + deadline - shy_time_seconds()));
    return st;
}

static void write_plan(const shy_search_session *s)
{
    shy_event event;

    shy_event_begin(&event, "plan");
    shy_event_count(&event, "formulas", s->plan.formulas_total);
    shy_event_number(&event, "seconds", s->plan.seconds);
    shy_event_number(&event, "bytes", s->plan.bytes_per_rank);
    shy_event_number(&event, "flops", s->plan.flops);
    shy_event_count(&event, "subtrees", s->plan.jobs);
    shy_events_write(s->events, &event);
}

/* Rank 0. */
static shy_status start(const shy_search_session *s, int nodes, bool resumed, double deadline)
{
    shy_event first;

    shy_events_first(s->events, resumed, &first);
    const shy_status st = fill_first(s, nodes, deadline, &first);
    if (st != SHY_OK) return st;
    write_plan(s);
    shy_events_open(s->events, shy_config_text(s->config, SHY_KEY_OUTPUT), resumed, &first);
    return SHY_OK;
}

shy_status shy_events_start(shy_search_session *s, bool resumed, double deadline)
{
    shy_status st = SHY_OK;
    const int nodes = shy_team_nodes(s->team);

    s->performance.resumed = resumed;
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? start(s, nodes, resumed, deadline) : SHY_OK);
out:
    return st;
}

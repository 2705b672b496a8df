/* run_view.c: how a run stands, judged from its events, or from what else lies in its directory. */
#include "shy_config.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "app/run_view.h"

/* A line comes at least every `next` seconds or so; file systems of a cluster may show it late. */
#define LATE 4.0
#define LATE_LEAST 120.0

/* When a file was last written, seconds since 1970; NaN: it is not there. */
static double written(const char *directory, const char *name)
{
    char path[4096];
    struct stat info;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return stat(path, &info) == 0 ? (double)info.st_mtim.tv_sec + (double)info.st_mtim.tv_nsec / 1e9 : NAN;
}

/* Results of one target, or of several. */
static double finished_at(const char *directory)
{
    return fmax(written(directory, "run.json"), written(directory, "targets.json"));
}

/* The checkpoint itself is asked, too: the events may be missing, or from before. */
static void look_at_checkpoint(shy_run_view *s)
{
    const double now = written(s->directory, "checkpoint"), kept = isnan(now) ? written(s->directory, "checkpoint.previous") : now;

    if (isnan(kept)) s->events.checkpoint = NAN; /* removed when the results are complete */
    else s->events.checkpoint = fmax(s->events.checkpoint, kept);
}

/* A finished run from before there were events. */
static void look_at_manifest(shy_run_view *s)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/run.json", s->directory);
    json_t *run = json_load_file(path, 0, NULL);
    const char *outcome = json_string_value(json_object_get(run, "outcome"));
    s->events.ranks = s->events.formulas = s->events.seconds = NAN;
    s->events.idle_mean = s->events.idle_worst = s->events.memory = s->events.nodes = NAN;
    if (run == NULL) return;
    snprintf(s->events.outcome, sizeof s->events.outcome, "%s", outcome == NULL ? "" : outcome);
    s->events.ranks = json_number_value(json_object_get(run, "ranks"));
    s->events.formulas = json_number_value(json_object_get(run, "n_formulas"));
    s->events.seconds = json_number_value(json_object_get(run, "seconds"));
    json_decref(run);
}

static shy_run_standing judge_events(const shy_run_view *s)
{
    const shy_run_events *e = &s->events;
    const double patience = fmax(LATE * (e->next > 0.0 ? e->next : 0.0), LATE_LEAST);

    if (e->ended && strcmp(e->status, "done") == 0) return SHY_SEEN_FINISHED;
    if (e->ended) return strcmp(e->status, "stopped") == 0 ? SHY_SEEN_STOPPED : SHY_SEEN_FAILED;
    if (s->silent > patience) return finished_at(s->directory) > e->last ? SHY_SEEN_FINISHED : SHY_SEEN_SILENT;
    if (e->stopping) return SHY_SEEN_STOPPING;
    return e->has_progress ? SHY_SEEN_RUNNING : SHY_SEEN_STARTING;
}

void shy_run_view_read(shy_run_view *s, double now)
{
    if (s->events.file == 0) s->events.checkpoint = NAN;
    s->now = now;
    shy_run_events_read(&s->events, s->directory);
    look_at_checkpoint(s);
    s->silent = s->events.has_events ? fmax(now - s->events.last, 0.0) : NAN; /* clocks of nodes differ a little */
    if (s->events.has_events) s->standing = judge_events(s);
    else if (!isnan(finished_at(s->directory))) s->standing = SHY_SEEN_FINISHED, look_at_manifest(s);
    else if (isnan(s->events.checkpoint)) s->standing = SHY_SEEN_NONE;
    else s->standing = now - s->events.checkpoint > LATE_LEAST ? SHY_SEEN_STOPPED : SHY_SEEN_STARTING;
}

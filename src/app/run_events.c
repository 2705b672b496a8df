/* run_events.c: events.jsonl read back, as it grows. */
#include "shy_config.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/event_line.h"
#include "app/events.h"
#include "app/run_view.h"

static void text_of(const json_t *object, const char *name, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, name));
    snprintf(out, size, "%s", text == NULL ? "" : text);
}

static double number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* "2026-11-26T01:30:33.132Z" */
static double time_of(const json_t *object)
{
    struct tm day = {0};
    const char *text = json_string_value(json_object_get(object, "time")), *rest = text == NULL ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &day);
    double fraction = 0.0;

    if (rest == NULL) return NAN;
    if (*rest == '.') (void)sscanf(rest, "%lf", &fraction);
    return (double)timegm(&day) + fraction;
}

/* ---- what each kind says ------------------------------------------------------------------------------------------------ */

/* Another stretch of the run begins: what was known of the checkpoint holds. */
static void take_first(shy_run_events *e, const json_t *o, bool resumed)
{
    const shy_run_events before = *e;

    *e = (shy_run_events){.offset = before.offset, .file = before.file, .has_events = true, .checkpoint = NAN};
    if (resumed) {
        e->resumed = before.resumed + 1;
        e->checkpoint = before.checkpoint, e->checkpoint_bytes = before.checkpoint_bytes;
    }
    text_of(o, "version", e->version, sizeof e->version);
    text_of(o, "cohort", e->cohort, sizeof e->cohort);
    text_of(o, "outcome", e->outcome, sizeof e->outcome);
    text_of(o, "job", e->job, sizeof e->job);
    e->ranks = number_of(o, "ranks"), e->nodes = number_of(o, "nodes"), e->targets = number_of(o, "targets");
    e->job_ends = number_of(o, "job_ends"), e->stops = number_of(o, "stops");
    e->plan_formulas = e->plan_seconds = e->plan_bytes = NAN;
    e->began = time_of(o);
}

static void take_plan(shy_run_events *e, const json_t *o)
{
    e->plan_formulas = number_of(o, "formulas"), e->plan_seconds = number_of(o, "seconds"), e->plan_bytes = number_of(o, "bytes");
}

static void take_progress(shy_run_events *e, const json_t *o)
{
    e->seconds = number_of(o, "seconds"), e->memory = number_of(o, "memory"), e->next = number_of(o, "next");
    e->idle_mean = number_of(o, "idle_mean"), e->idle_worst = number_of(o, "idle_worst");
    e->target = number_of(o, "target");
    text_of(o, "target_name", e->target_name, sizeof e->target_name);
    text_of(o, "stage", e->stage, sizeof e->stage);
    e->has_progress = e->stage[0] != '\0';
    e->fraction = number_of(o, "fraction"), e->formulas = number_of(o, "formulas"), e->rate = number_of(o, "rate");
    e->seconds_left = number_of(o, "seconds_left"), e->seconds_silent = number_of(o, "seconds_silent");
    text_of(o, "best_formula", e->best, sizeof e->best);
    e->statistic = number_of(o, "best_statistic");
}

static void take_checkpoint(shy_run_events *e, const json_t *o)
{
    text_of(o, "problem", e->checkpoint_problem, sizeof e->checkpoint_problem);
    if (e->checkpoint_problem[0] == '\0') e->checkpoint = time_of(o), e->checkpoint_bytes = number_of(o, "bytes");
}

static void take_warning(shy_run_events *e, const json_t *o)
{
    const char *level = json_string_value(json_object_get(o, "level"));

    if (level == NULL || strcmp(level, "warning") != 0) return;
    e->warnings++;
    text_of(o, "text", e->warning, sizeof e->warning);
}

static void take(shy_run_events *e, const json_t *o, const char *kind)
{
    if (strcmp(kind, "start") == 0 || strcmp(kind, "resume") == 0) take_first(e, o, *kind == 'r');
    else if (strcmp(kind, "plan") == 0) take_plan(e, o);
    else if (strcmp(kind, "progress") == 0) take_progress(e, o);
    else if (strcmp(kind, "checkpoint") == 0) take_checkpoint(e, o);
    else if (strcmp(kind, "warning") == 0) take_warning(e, o);
    else if (strcmp(kind, "stop") == 0) e->stopping = true, text_of(o, "why", e->why, sizeof e->why);
    else if (strcmp(kind, "results") == 0) e->has_results = true;
    else if (strcmp(kind, "end") == 0) {
        e->ended = true;
        text_of(o, "status", e->status, sizeof e->status);
        text_of(o, "message", e->message, sizeof e->message);
    } /* others may come with later versions */
}

void shy_run_events_take(shy_run_events *e, const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    const char *kind = json_string_value(json_object_get(object, "event"));
    const double when = object == NULL ? NAN : time_of(object);

    if (kind != NULL && !isnan(when)) {
        e->has_events = true;
        take(e, object, kind);
        e->last = when;
    }
    json_decref(object);
}

/* ---- the file --------------------------------------------------------------------------------------------------------------- */

/* Whole lines of what is in the buffer; returns how many bytes they are. A line without end that fills the buffer is none of ours: it is passed over. */
static size_t take_lines(shy_run_events *e, const char *text, size_t count, size_t room)
{
    size_t done = 0;

    for (;;) {
        const char *end = memchr(text + done, '\n', count - done);
        if (end == NULL) return done == 0 && count == room ? count : done;
        const size_t length = (size_t)(end - text) - done;
        shy_run_events_take(e, text + done, length);
        done += length + 1;
    }
}

void shy_run_events_read(shy_run_events *e, const char *directory)
{
    static char text[4 * SHY_EVENT_ROOM];
    char path[4096];
    struct stat info;

    snprintf(path, sizeof path, "%s/%s", directory, SHY_EVENTS_FILE);
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) goto out;
    /* A new run in the same directory, or one that went back behind half a line. */
    if ((uint64_t)info.st_ino != e->file || (uint64_t)info.st_size < e->offset) *e = (shy_run_events){.file = (uint64_t)info.st_ino, .checkpoint = NAN};
    for (;;) {
        const ssize_t count = pread(file, text, sizeof text, (off_t)e->offset);
        const size_t done = count <= 0 ? 0 : take_lines(e, text, (size_t)count, sizeof text);
        if (done == 0) break;
        e->offset += done;
    }
out:
    close(file);
}

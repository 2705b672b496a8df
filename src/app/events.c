/* events.c: the file of events: lines are kept, written whole, and one comes now and then even if the run has nothing to say. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/events.h"

/* A young run is looked at more often: a line a second in the first minute. A day has less than 10,000 lines at any interval. */
#define INTERVAL_LEAST 1.0
#define INTERVAL_CAP 10.0 /* a shorter one than this that is asked for is not had for long */
#define INTERVALS_PER_AGE 60.0

/* What the search last said, and from where its speed is reckoned. */
typedef struct {
    bool known;
    double fraction, formulas, statistic, heard; /* heard: on the clock of shy_time_seconds */
    double from_fraction, from_formulas, from;
    char stage[64], best[512];
} state;

struct shy_events {
    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t wake;
    pthread_t thread;
    bool has_thread, closing;
    int file;        /* −1: not open */
    bool opened;     /* it has been tried: nothing is kept any more */
    bool complained; /* that it cannot be written */
    bool resumed;
    char *kept; /* lines, until it is open; owned */
    size_t kept_count;
    struct timespec began; /* by the clock on the wall */
    double interval, started, last; /* last: when the last line of progress was written */
    int target, targets;
    char target_name[128];
    state now;
};

/* ---- lines ----------------------------------------------------------------------------------------------------------- */

/* All or nothing: what was written of a line that does not fit any more is taken back. */
static int append(int file, const char *bytes, size_t count)
{
    struct stat before;

    if (fstat(file, &before) != 0) return errno;
    ssize_t written;
    do
        written = write(file, bytes, count);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)count) return 0;
    const int error = written < 0 ? errno : ENOSPC;
    if (written > 0 && ftruncate(file, before.st_size) != 0) return errno;
    return error;
}

static int keep(shy_events *e, const char *bytes, size_t count)
{
    const shy_status st = shy_grow(e->kept_count + count, 1, &e->kept);

    if (st != SHY_OK) {
        shy_error_clear(); /* the run goes on without this line */
        return ENOMEM;
    }
    memcpy(e->kept + e->kept_count, bytes, count);
    e->kept_count += count;
    return 0;
}

/* With the mutex. Returns what is to be complained about, once. */
static int put(shy_events *e, const char *bytes, size_t count)
{
    const int error = e->file >= 0 ? append(e->file, bytes, count) : e->opened ? 0 : keep(e, bytes, count);
    const bool first = error != 0 && !e->complained;

    if (first) e->complained = true;
    return first ? error : 0;
}

/* Without the mutex: the log comes back here. */
static void complain(int error)
{
    if (error != 0) shy_log(SHY_LOG_WARNING, "%s cannot be written: %s. The run goes on without it.", SHY_EVENTS_FILE, strerror(error));
}

void shy_events_write(shy_events *e, shy_event *event)
{
    if (e == NULL) return;
    shy_event_end(event);
    pthread_mutex_lock(&e->mutex);
    const int error = put(e, event->text, event->count);
    pthread_mutex_unlock(&e->mutex);
    complain(error);
}

/* ---- progress ---------------------------------------------------------------------------------------------------------- */

double shy_events_interval(double age, double interval)
{
    return fmin(fmax(age / INTERVALS_PER_AGE, INTERVAL_LEAST), fmax(interval, INTERVAL_CAP));
}

static double interval_now(const shy_events *e, double time)
{
    return shy_events_interval(time - e->started, e->interval);
}

static void add_progress(const shy_events *e, double time, shy_event *event)
{
    const state *s = &e->now;
    const double took = s->heard - s->from, done = s->fraction - s->from_fraction;
    const bool reckons = took >= 0.5 && done >= 1e-3;

    shy_event_text(event, "stage", s->stage);
    shy_event_number(event, "fraction", s->fraction);
    if (strcmp(s->stage, "search") == 0) {
        shy_event_count(event, "formulas", (uint64_t)fmax(s->formulas, 0.0));
        shy_event_number(event, "rate", took > 0.0 ? fmax(s->formulas - s->from_formulas, 0.0) / took : NAN);
    }
    if (s->best[0] != '\0') {
        shy_event_text(event, "best_formula", s->best);
        shy_event_number(event, "best_statistic", s->statistic);
    }
    shy_event_number(event, "seconds_left", reckons ? fmax((1.0 - s->fraction) * took / done - (time - s->heard), 0.0) : NAN);
    shy_event_number(event, "seconds_silent", time - s->heard);
}

/* With the mutex. Before the search has said anything the line says that there is somebody. */
static int write_progress(shy_events *e, double time)
{
    shy_event event;
    uint64_t peak, shared;
    shy_watch_report ranks;

    e->last = time;
    shy_memory_resident(&peak, &shared);
    const bool asked = shy_watch_ask(&ranks);
    shy_event_begin(&event, "progress");
    shy_event_number(&event, "seconds", time - e->started);
    if (e->targets > 1) {
        shy_event_count(&event, "target", (uint64_t)e->target);
        shy_event_text(&event, "target_name", e->target_name);
    }
    if (e->now.known) add_progress(e, time, &event);
    shy_event_count(&event, "memory", asked && ranks.memory > (double)peak ? (uint64_t)ranks.memory : peak);
    if (asked && ranks.idle_mean >= 0.0) {
        shy_event_number(&event, "idle_mean", ranks.idle_mean);
        shy_event_number(&event, "idle_worst", ranks.idle_worst);
    }
    if (asked) shy_event_count(&event, "ranks_heard", (uint64_t)ranks.ranks);
    shy_event_number(&event, "next", interval_now(e, time));
    shy_event_end(&event);
    return put(e, event.text, event.count);
}

static bool begins(const state *s, const shy_progress *now, const char *stage)
{
    return !s->known || strcmp(s->stage, stage) != 0 || now->fraction < s->fraction - 1e-9;
}

static void note(shy_events *e, const shy_progress *now, double time)
{
    state *s = &e->now;
    const char *stage = now->stage == NULL ? "search" : now->stage;

    if (begins(s, now, stage)) {
        const bool whole = !e->resumed && now->stage == NULL; /* it has been at it for now->seconds, from nothing */
        s->from = whole ? time - now->seconds : time;
        s->from_fraction = whole ? 0.0 : now->fraction;
        s->from_formulas = whole ? 0.0 : now->formulas;
    }
    s->known = true;
    s->heard = time;
    s->fraction = fmin(fmax(now->fraction, 0.0), 1.0);
    s->formulas = now->formulas;
    snprintf(s->stage, sizeof s->stage, "%s", stage);
    if (now->best_formula == NULL || *now->best_formula == '\0') return; /* the validation knows none; the search's is still the best */
    snprintf(s->best, sizeof s->best, "%s", now->best_formula);
    s->statistic = now->best_statistic;
}

void shy_events_progress(shy_events *e, const shy_progress *now)
{
    int error = 0;
    const double time = shy_time_seconds();

    if (e == NULL) return;
    pthread_mutex_lock(&e->mutex);
    const bool first = !e->now.known;
    note(e, now, time);
    if (e->file >= 0 && (first || time - e->last >= interval_now(e, time))) error = write_progress(e, time);
    pthread_mutex_unlock(&e->mutex);
    complain(error);
}

void shy_events_target(shy_events *e, int number, int count, const char *name)
{
    if (e == NULL) return;
    pthread_mutex_lock(&e->mutex);
    e->target = number, e->targets = count;
    snprintf(e->target_name, sizeof e->target_name, "%s", name == NULL ? "" : name);
    e->now = (state){0};
    pthread_mutex_unlock(&e->mutex);
}

/* ---- the line that comes by itself --------------------------------------------------------------------------------------- */

/* Half an interval more: where the search reports, its own line comes first. */
static void wait_for_turn(shy_events *e)
{
    struct timespec until;
    const double time = shy_time_seconds(), due = e->last + 1.5 * interval_now(e, time) - time, wait = fmax(due, 0.05);

    clock_gettime(CLOCK_MONOTONIC, &until);
    const double nanoseconds = (double)until.tv_nsec + wait * 1e9;
    until.tv_sec += (time_t)(nanoseconds / 1e9);
    until.tv_nsec = (long)fmod(nanoseconds, 1e9);
    pthread_cond_timedwait(&e->wake, &e->mutex, &until);
}

static void *tick(void *context)
{
    shy_events *e = context;

    pthread_mutex_lock(&e->mutex);
    while (!e->closing) {
        const double time = shy_time_seconds();
        if (time - e->last >= 1.5 * interval_now(e, time)) (void)write_progress(e, time); /* who complains is the run itself */
        wait_for_turn(e);
    }
    pthread_mutex_unlock(&e->mutex);
    return NULL;
}

/* Signals are for the thread that computes. Without a thread there are the lines of the search alone. */
static void start_thread(shy_events *e)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    e->has_thread = pthread_create(&e->thread, NULL, tick, e) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- open and close ------------------------------------------------------------------------------------------------------ */

static void hear_log(void *context, shy_log_level level, const char *text)
{
    if (level == SHY_LOG_INFO || level == SHY_LOG_WARNING) shy_events_warning(context, level == SHY_LOG_INFO ? "note" : "warning", text);
}

shy_status shy_events_create(double interval, shy_events **events_out)
{
    pthread_condattr_t clock;
    shy_events *e = NULL;
    const shy_status st = shy_new(1, sizeof *e, &e);

    if (st != SHY_OK) return st;
    e->file = -1, e->interval = interval, e->started = e->last = shy_time_seconds();
    clock_gettime(CLOCK_REALTIME, &e->began);
    pthread_mutex_init(&e->mutex, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&e->wake, &clock);
    pthread_condattr_destroy(&clock);
    shy_log_listen(hear_log, e);
    *events_out = e;
    return SHY_OK;
}

/* A run that was killed by the loss of its node may have left half a line. Returns an error number. */
static int drop_half_line(int file)
{
    struct stat info;
    char byte = '\n';

    if (fstat(file, &info) != 0) return errno;
    off_t end = info.st_size;
    for (; end > 0 && pread(file, &byte, 1, end - 1) == 1 && byte != '\n';) end--;
    return end < info.st_size && ftruncate(file, end) != 0 ? errno : 0;
}

static int open_file(const char *path, bool resumed, int *file_out)
{
    const int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (resumed ? 0 : O_TRUNC), 0666);
    const int error = file < 0 ? errno : resumed ? drop_half_line(file) : 0;

    if (file >= 0 && error != 0) close(file);
    if (error == 0) *file_out = file;
    return error;
}

void shy_events_first(const shy_events *e, bool resumed, shy_event *event)
{
    shy_event_begin_at(event, resumed ? "resume" : "start", &e->began);
}

void shy_events_open(shy_events *e, const char *directory, bool resumed, shy_event *first)
{
    char *path = NULL;
    int error = ENOMEM;

    if (e == NULL) return;
    shy_event_end(first);
    pthread_mutex_lock(&e->mutex);
    e->resumed = resumed;
    e->opened = true;
    if (shy_string_format(&path, "%s/%s", directory, SHY_EVENTS_FILE) == SHY_OK) error = open_file(path, resumed, &e->file);
    else shy_error_clear();
    if (error == 0) error = append(e->file, first->text, first->count);
    if (error == 0 && e->kept_count > 0) error = append(e->file, e->kept, e->kept_count);
    shy_free(&e->kept);
    e->kept_count = 0;
    e->complained = error != 0;
    if (e->file >= 0) start_thread(e);
    pthread_mutex_unlock(&e->mutex);
    shy_free(&path);
    complain(error);
}

bool shy_events_are_open(const shy_events *e)
{
    return e != NULL && e->opened;
}

void shy_events_discard(const char *directory)
{
    char path[4096];

    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, SHY_EVENTS_FILE) < sizeof path) unlink(path);
}

void shy_events_close(shy_events **events)
{
    shy_events *e = *events;

    if (e == NULL) return;
    shy_log_listen(NULL, NULL);
    pthread_mutex_lock(&e->mutex);
    e->closing = true;
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->mutex);
    if (e->has_thread) pthread_join(e->thread, NULL);
    if (e->file >= 0) close(e->file);
    pthread_cond_destroy(&e->wake);
    pthread_mutex_destroy(&e->mutex);
    shy_free(&e->kept);
    shy_free(events);
}

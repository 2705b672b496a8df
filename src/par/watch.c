/*
 * watch.c: each rank has a thread that shows that it lives. MPI cannot tell: a rank that computes does not answer, and one that was stopped looks just like it.
 * Rank 0 hears all and answers each; whoever was heard once and then is not for too long ends the job.
 */
#include "shy_config.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "watch_impl.h"

#define BEATS_PER_LIMIT 10.0 /* so many datagrams must be lost for a false alarm */
#define BEAT_MOST 15.0       /* seconds: what is reported is not older */
#define LOOK_MOST 1.0        /* so often the clock is looked at */
#define ENDING_SECONDS 10    /* for words and MPI_Abort; then the process ends in any case */
#define STAGGER 0.2          /* seconds between two ranks that miss rank 0: the first one speaks for all */

/* What rank 0 knows of a rank. */
typedef struct {
    double heard; /* when; 0: never */
    double waited, passed, memory;
} sign;

typedef struct {
    shy_watch_options options;
    shy_watch_place place;
    int rank, ranks, socket;
    double beat; /* seconds from one to the next */
    sign *signs; /* [ranks]; rank 0 */
    char *hosts; /* [ranks][SHY_HOST_ROOM]; rank 0 */
    pthread_t thread;
    atomic_bool ending;
} watch;

static bool started;                        /* on all ranks alike */
static watch *present;                      /* NULL: nobody is watched here */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; /* of `present` and its signs, which any thread may ask for */
static _Atomic double my_waited, my_passed; /* may be told before there is a watch */

void shy_watch_waited(double waited, double passed)
{
    atomic_store_explicit(&my_waited, waited, memory_order_relaxed);
    atomic_store_explicit(&my_passed, passed, memory_order_relaxed);
}

static shy_watch_beat my_beat(const watch *w)
{
    uint64_t peak, shared;

    shy_memory_resident(&peak, &shared);
    return (shy_watch_beat){.token = w->place.token, .rank = w->rank, .waited = atomic_load(&my_waited), .passed = atomic_load(&my_passed), .memory = (double)peak};
}

/* ---- the end ------------------------------------------------------------------------------------------------------------ */

/*
 * The launcher ends the other ranks, also stopped ones, with signals that cannot be caught. MPI is not meant to be called from this thread, but all that can
 * happen now is that the call does not come back: then the alarm ends the process, which launchers notice as well.
 */
static _Noreturn void end_job(const watch *w, const shy_watch_loss *loss)
{
    sigset_t alarms;

    signal(SIGALRM, SIG_DFL);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(ENDING_SECONDS);
    if (w->options.lost != NULL) w->options.lost(w->options.context, loss);
    shy_par_abort(w->options.status);
}

/* ---- rank 0 ---------------------------------------------------------------------------------------------------------------- */

static void take(watch *w, const shy_watch_beat *beat, double now)
{
    if (beat->rank < 0 || beat->rank >= w->ranks) return;
    pthread_mutex_lock(&guard);
    w->signs[beat->rank] = (sign){now, beat->waited, beat->passed, beat->memory};
    pthread_mutex_unlock(&guard);
}

/* What has arrived by now, and what comes within so many seconds. */
static void hear(watch *w, double seconds)
{
    const double until = shy_time_seconds() + seconds;
    shy_watch_beat beat;
    struct sockaddr_in from;

    for (int k = 0; k < 2 * w->ranks + 2; k++) {
        const double now = shy_time_seconds();
        const bool heard = shy_watch_receive(w->socket, w->place.token, until - now, &beat, &from);
        if (!heard && shy_time_seconds() >= until) return;
        if (!heard || beat.answer) continue;
        take(w, &beat, shy_time_seconds());
        const shy_watch_beat answer = {.token = w->place.token, .rank = 0, .answer = 1};
        shy_watch_send(w->socket, &answer, &w->place, &from);
    }
}

/* Ranks that have said nothing for too long. */
static int missing(const watch *w, double now, shy_watch_loss *loss)
{
    int count = 0;

    for (int r = w->ranks - 1; r > 0; r--) {
        if (w->signs[r].heard <= 0.0 || now - w->signs[r].heard <= w->options.limit) continue;
        *loss = (shy_watch_loss){r, count++, w->hosts + (size_t)r * SHY_HOST_ROOM, now - w->signs[r].heard};
    }
    return count;
}

static void forgive(watch *w, double gap, double now)
{
    if (gap <= 0.0) return;
    pthread_mutex_lock(&guard);
    for (int r = 0; r < w->ranks; r++)
        if (w->signs[r].heard > 0.0) w->signs[r].heard = fmin(w->signs[r].heard + gap, now);
    pthread_mutex_unlock(&guard);
}

/* A pause of one's own (stopped, or no processor to be had) of this length counts as none. */
static double gap_of(const watch *w, double before, double now, double expected)
{
    const double gap = now - before - expected;
    return gap > w->options.limit / BEATS_PER_LIMIT ? gap : 0.0;
}

static void tell_unheard(const watch *w)
{
    int unheard = 0;

    for (int r = 1; r < w->ranks; r++) unheard += w->signs[r].heard <= 0.0;
    if (unheard > 0 && w->options.unheard != NULL) w->options.unheard(w->options.context, unheard);
}

static void *listen_to_all(void *context)
{
    watch *w = context;
    const double look = fmin(w->beat, LOOK_MOST);
    double settled = shy_time_seconds() + w->options.limit; /* by then all should have been heard */
    shy_watch_loss loss;

    for (double before = shy_time_seconds(); !atomic_load(&w->ending);) {
        const shy_watch_beat mine = my_beat(w);
        take(w, &mine, shy_time_seconds());
        hear(w, look);
        const double now = shy_time_seconds();
        forgive(w, gap_of(w, before, now, look), now);
        before = now;
        if (now >= settled) tell_unheard(w), settled = INFINITY;
        if (missing(w, now, &loss) == 0) continue;
        hear(w, 0.0); /* what waits in the socket while the clock went on */
        if (missing(w, shy_time_seconds(), &loss) > 0) end_job(w, &loss);
    }
    return NULL;
}

/* ---- the others ------------------------------------------------------------------------------------------------------------ */

/* Each at a time of its own, so that they do not all speak at once. */
static double first_beat(const watch *w)
{
    return w->beat * ((double)w->rank / w->ranks);
}

static void *speak(void *context)
{
    watch *w = context;
    const double look = fmin(w->beat, LOOK_MOST), stagger = STAGGER * fmin(w->rank - 1, 50.0);
    double heard = 0.0, next = shy_time_seconds() + first_beat(w) / 4.0, before = shy_time_seconds();
    struct sockaddr_in answered = {0};

    while (!atomic_load(&w->ending)) {
        shy_watch_beat beat;
        struct sockaddr_in from;
        double now = shy_time_seconds();
        if (now >= next) {
            beat = my_beat(w);
            shy_watch_send(w->socket, &beat, &w->place, &answered);
            next = now + w->beat;
        }
        const double wait = fmax(fmin(look, next - now), 0.0);
        if (shy_watch_receive(w->socket, w->place.token, wait, &beat, &from) && beat.answer) heard = shy_time_seconds(), answered = from;
        now = shy_time_seconds();
        if (heard > 0.0) heard = fmin(heard + gap_of(w, before, now, look), now);
        before = now;
        if (heard <= 0.0 || now - heard <= w->options.limit + stagger) continue;
        const shy_watch_loss loss = {0, 0, w->place.host, now - heard};
        end_job(w, &loss);
    }
    return NULL;
}

/* ---- start and stop ---------------------------------------------------------------------------------------------------------- */

static void destroy(watch **w)
{
    if (*w == NULL) return;
    if ((*w)->socket >= 0) close((*w)->socket);
    shy_free(&(*w)->signs);
    shy_free(&(*w)->hosts);
    shy_free(w);
}

/* A failure means that this rank is not watched, or watches nobody. */
static watch *create(const shy_team *team, const shy_watch_options *options)
{
    shy_status st = SHY_OK;
    watch *w = NULL;
    uint16_t port;
    struct timespec now;

    SHY_TRY(shy_new(1, sizeof *w, &w));
    w->options = *options, w->rank = team->rank, w->ranks = team->size;
    w->beat = fmin(options->limit / BEATS_PER_LIMIT, BEAT_MOST);
    w->socket = shy_watch_socket(&port);
    if (w->socket < 0) SHY_TRY(SHY_IO);
    if (team->rank != 0) return w;
    SHY_TRY(shy_new((size_t)team->size, sizeof *w->signs, &w->signs));
    SHY_TRY(shy_new((size_t)team->size, SHY_HOST_ROOM, &w->hosts));
    clock_gettime(CLOCK_REALTIME, &now);
    w->place.token = shy_random_bits((uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec, (uint64_t)getpid(), port) | 1U;
    w->place.port = port;
    shy_watch_addresses(&w->place);
    snprintf(w->place.host, sizeof w->place.host, "%s", shy_par_host());
    return w;
out:
    shy_error_clear();
    destroy(&w);
    return NULL;
}

/* Signals are for the thread that computes. */
static bool start_thread(watch *w)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool good = pthread_create(&w->thread, NULL, w->rank == 0 ? listen_to_all : speak, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

void shy_watch_start(const shy_team *team, const shy_watch_options *options)
{
    char host[SHY_HOST_ROOM];
    shy_watch_place place = {0};

    if (options->limit <= 0.0 || team->size == 1 || started) return;
    started = true;
    watch *w = create(team, options);
    if (team->rank == 0 && w != NULL) place = w->place;
    MPI_Bcast(&place, (int)sizeof place, MPI_BYTE, 0, team->world);
    snprintf(host, sizeof host, "%s", shy_par_host());
    if (place.port != 0) /* else rank 0 may have no room for them */
        MPI_Gather(host, SHY_HOST_ROOM, MPI_CHAR, team->rank == 0 ? w->hosts : NULL, SHY_HOST_ROOM, MPI_CHAR, 0, team->world);
    if (w != NULL) w->place = place;
    if (place.port == 0 || w == NULL || !start_thread(w)) destroy(&w);
    pthread_mutex_lock(&guard);
    present = w;
    pthread_mutex_unlock(&guard);
}

void shy_watch_stop(const shy_team *team)
{
    if (!started) return;
    MPI_Barrier(team->world);
    started = false;
    pthread_mutex_lock(&guard);
    watch *w = present;
    present = NULL;
    pthread_mutex_unlock(&guard);
    if (w == NULL) return;
    atomic_store(&w->ending, true);
    pthread_join(w->thread, NULL);
    destroy(&w);
}

/* ---- what is known ---------------------------------------------------------------------------------------------------------------- */

bool shy_watch_ask(shy_watch_report *out)
{
    int known = 0;
    double sum = 0.0;

    *out = (shy_watch_report){.idle_mean = NAN, .idle_worst = NAN};
    pthread_mutex_lock(&guard);
    const watch *w = present;
    const bool knows = w != NULL && w->rank == 0;
    for (int r = 0; knows && r < w->ranks; r++) {
        const sign *s = &w->signs[r];
        if (s->heard <= 0.0) continue;
        out->ranks++;
        out->memory = fmax(out->memory, s->memory);
        if (!(s->passed > 0.0)) continue;
        known++;
        sum += s->waited / s->passed;
        out->idle_worst = known == 1 ? s->waited / s->passed : fmax(out->idle_worst, s->waited / s->passed);
    }
    pthread_mutex_unlock(&guard);
    if (known > 0) out->idle_mean = sum / known;
    return knows;
}

int shy_watch_count(void)
{
    shy_watch_report report;
    return shy_watch_ask(&report) ? report.ranks : 0;
}

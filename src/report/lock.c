/*
 * lock.c: one run at a time in an output directory, whichever nodes they are on. The lock is a file that only one can create (O_EXCL, which NFS
 * and Lustre keep too); advisory locks (flock, fcntl) are switched off on many file systems of clusters. Its time of change is the sign of life.
 */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report_impl.h"

#define LOCK_FILE ".running"
#define BEAT_SECONDS 15
#define DEAD_SECONDS 120 /* a client of NFS may see a time of change that is a minute old */
#define PATIENCE 30      /* tenths of a second */
#define WORD 128

/* Who holds it. `boot` and `space` say whether process numbers of there mean anything here. */
typedef struct {
    char host[WORD], boot[WORD], space[WORD], job[WORD];
    long pid, parent, restart;
} holder;

struct shy_lock {
    char *path;
    holder self;
    pthread_t beat;
    pthread_mutex_t mutex;
    pthread_cond_t over;
    bool beats, ends;
    void (*lost)(void *context); /* NULL: nobody wants to know */
    void *context;
};

/* ---- who --------------------------------------------------------------------------------------------------------------- */

static void first_word(const char *path, char word[WORD])
{
    FILE *file = fopen(path, "r");

    if (file == NULL || fscanf(file, "%127s", word) != 1) snprintf(word, WORD, "?");
    if (file != NULL) fclose(file);
}

static holder who_am_i(void)
{
    holder h = {.pid = (long)getpid(), .parent = (long)getppid()};
    const char *job = getenv("SLURM_JOB_ID"), *restart = getenv("SLURM_RESTART_COUNT");

    if (gethostname(h.host, sizeof h.host - 1) != 0) snprintf(h.host, WORD, "?");
    first_word("/proc/sys/kernel/random/boot_id", h.boot);
    if (readlink("/proc/self/ns/pid", h.space, sizeof h.space - 1) < 0) snprintf(h.space, WORD, "?");
    snprintf(h.job, WORD, "%s", job != NULL && *job != '\0' ? job : "none");
    h.restart = restart == NULL ? 0 : strtol(restart, NULL, 10);
    return h;
}

static int print_holder(const holder *h, char *text, size_t size)
{
    return snprintf(text, size, "host %s\npid %ld\nparent %ld\nboot %s\nspace %s\njob %s\nrestart %ld\n", h->host, h->pid, h->parent, h->boot, h->space, h->job, h->restart);
}

/* False: it is gone, or not written to the end yet. */
static bool read_holder(const char *path, holder *h)
{
    FILE *file = fopen(path, "r");
    int count = 0;

    *h = (holder){.pid = 0};
    if (file == NULL) return false;
    count = fscanf(file, "host %127s pid %ld parent %ld boot %127s space %127s job %127s restart %ld", h->host, &h->pid, &h->parent, h->boot, h->space, h->job, &h->restart);
    fclose(file);
    return count == 7;
}

static bool same_holder(const holder *a, const holder *b)
{
    return a->pid == b->pid && a->restart == b->restart && strcmp(a->host, b->host) == 0 && strcmp(a->boot, b->boot) == 0 &&
           strcmp(a->space, b->space) == 0 && strcmp(a->job, b->job) == 0;
}

/* ---- is it alive? -------------------------------------------------------------------------------------------------------- */

/* Seconds since the last sign of life, both times by the clock of the file system. −1: not known. */
static double silence(const char *directory, const char *path)
{
    struct stat lock, now;
    char *probe = NULL;
    double seconds = -1.0;

    if (shy_report_path(directory, ".now.partial", &probe) != SHY_OK) return -1.0;
    const int fd = open(probe, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0 && write(fd, "", 1) == 1 && fstat(fd, &now) == 0 && stat(path, &lock) == 0)
        seconds = difftime(now.st_mtim.tv_sec, lock.st_mtim.tv_sec);
    if (fd >= 0) close(fd), unlink(probe);
    shy_free(&probe);
    return seconds < 0.0 ? 0.0 : seconds;
}

/* A process number of `other` means the same process here. */
static bool is_near(const holder *other, const holder *self)
{
    return strcmp(other->boot, self->boot) == 0 && strcmp(other->space, self->space) == 0 && *self->boot != '?' && *self->space != '?';
}

/* Also if it has ended and nobody has asked how, as nobody may in a container. An orphan has another parent than it began with. */
static bool has_ended(const holder *h, bool *orphan_out)
{
    char path[64], state = '?';
    long parent = h->parent;
    FILE *file;

    *orphan_out = false;
    if (kill((pid_t)h->pid, 0) != 0) return errno == ESRCH;
    snprintf(path, sizeof path, "/proc/%ld/stat", h->pid);
    file = fopen(path, "r");
    if (file == NULL) return false;
    if (fscanf(file, "%*d (%*[^)]) %c %ld", &state, &parent) != 2) state = '?';
    fclose(file);
    *orphan_out = parent != h->parent;
    return state == 'Z' || state == 'X';
}

/* When a rank has died the launcher kills the others, and may end before they have. */
static bool ends_soon(const holder *h)
{
    const struct timespec moment = {.tv_nsec = 100000000};
    bool orphan = false;

    for (int moments = 0; !has_ended(h, &orphan); moments++) {
        if (!orphan || moments == PATIENCE) return false;
        nanosleep(&moment, NULL);
    }
    return true;
}

/* A process of here that is not there; the job before it was started again; or nothing heard for long. */
static bool is_dead(const holder *other, bool known, const holder *self, double silent)
{
    if (known && is_near(other, self) && ends_soon(other)) return true;
    if (known && strcmp(self->job, "none") != 0 && strcmp(other->job, self->job) == 0 && other->restart < self->restart) return true;
    return silent > DEAD_SECONDS;
}

/* Moves the dead one's lock away, unless another run was quicker and the lock is that one's by now. */
static void bury(const shy_lock *lock, const holder *dead, bool known)
{
    char *grave = NULL;
    holder moved;

    if (shy_string_format(&grave, "%s.%s.%ld.partial", lock->path, lock->self.host, lock->self.pid) != SHY_OK) return;
    if (rename(lock->path, grave) == 0) {
        const bool readable = read_holder(grave, &moved);
        const bool other = readable != known || (readable && !same_holder(&moved, dead));
        if (other && link(grave, lock->path) != 0 && errno != EEXIST) (void)rename(grave, lock->path); /* there are file systems without second names */
        unlink(grave);
    }
    shy_free(&grave);
}

/* ---- taking and giving back ------------------------------------------------------------------------------------------------- */

/* EEXIST: somebody holds it. */
static int try_to_create(const shy_lock *lock)
{
    char text[6 * WORD];
    const int length = print_holder(&lock->self, text, sizeof text);
    const int fd = open(lock->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int error = fd < 0 ? errno : 0;

    if (fd < 0) return error;
    if (write(fd, text, (size_t)length) != length) error = errno != 0 ? errno : ENOSPC;
    if (close(fd) != 0 && error == 0) error = errno;
    if (error != 0) unlink(lock->path);
    return error;
}

static shy_status refuse(const char *directory, const holder *other, bool known, double silent)
{
    if (!known) return shy_fail(SHY_INPUT, "%s: another run has just begun there. Choose another directory with -o.", directory);
    return shy_fail(SHY_INPUT,
                    "%s: another run is at work there: process %ld on %s%s%s, last sign of life %.0f s ago. Wait for its end, or choose another directory with -o. "
                    "Should it be dead, its place is free %d s after its last sign of life.",
                    directory, other->pid, other->host, strcmp(other->job, "none") != 0 ? ", job " : "", strcmp(other->job, "none") != 0 ? other->job : "", silent,
                    DEAD_SECONDS);
}

static shy_status take(const shy_lock *lock, const char *directory)
{
    holder other;

    for (int tries = 0; tries < 3; tries++) {
        const int error = try_to_create(lock);
        if (error == 0) return SHY_OK;
        if (error != EEXIST) return shy_fail(SHY_IO, "%s: cannot be written: %s. Choose another directory with -o.", directory, strerror(error));
        const double silent = silence(directory, lock->path);
        const bool known = read_holder(lock->path, &other);
        if (!is_dead(&other, known, &lock->self, silent)) return refuse(directory, &other, known, silent);
        if (known)
            shy_log(SHY_LOG_INFO, "The run that was at work in %s (process %ld on %s) is dead; its lock is taken away.", directory, other.pid, other.host);
        bury(lock, &other, known);
    }
    return shy_fail(SHY_INPUT, "%s: other runs are starting there. Choose another directory with -o.", directory);
}

/* A lock that is not there, or cannot be read now, is nobody else's. */
static bool is_anothers(const shy_lock *lock)
{
    holder now;
    return read_holder(lock->path, &now) && !same_holder(&now, &lock->self);
}

/* Whoever was stopped for long finds out here before it touches what is another's. */
static void *beat(void *context)
{
    shy_lock *lock = context;
    struct timespec next;
    bool lost = false;

    pthread_mutex_lock(&lock->mutex);
    while (!lock->ends && !lost) {
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_sec += BEAT_SECONDS;
        if (pthread_cond_timedwait(&lock->over, &lock->mutex, &next) != ETIMEDOUT || lock->ends) continue;
        lost = is_anothers(lock);
        if (!lost) utimensat(AT_FDCWD, lock->path, NULL, 0);
        else if (lock->lost != NULL) lock->lost(lock->context);
    }
    pthread_mutex_unlock(&lock->mutex);
    return NULL;
}

void shy_output_watch(shy_lock *lock, void (*lost)(void *context), void *context)
{
    pthread_mutex_lock(&lock->mutex);
    lock->lost = lost, lock->context = context;
    pthread_mutex_unlock(&lock->mutex);
}

/* Signals are for the thread that computes. Without a thread the lock is good for DEAD_SECONDS, or until the process ends if it is seen from here. */
static void start_beat(shy_lock *lock)
{
    sigset_t all, before;

    pthread_mutex_init(&lock->mutex, NULL);
    pthread_cond_init(&lock->over, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    lock->beats = pthread_create(&lock->beat, NULL, beat, lock) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

shy_status shy_output_lock(const char *directory, shy_lock **lock_out)
{
    shy_status st = SHY_OK;
    shy_lock *lock = NULL;

    SHY_TRY(shy_new(1, sizeof *lock, &lock));
    lock->self = who_am_i();
    SHY_TRY(shy_report_path(directory, LOCK_FILE, &lock->path));
    SHY_TRY(take(lock, directory));
    start_beat(lock);
    *lock_out = lock, lock = NULL;
out:
    if (lock != NULL) shy_free(&lock->path);
    shy_free(&lock);
    return st;
}

void shy_output_unlock(shy_lock **lock)
{
    shy_lock *l = *lock;
    holder now;

    if (l == NULL) return;
    pthread_mutex_lock(&l->mutex);
    l->ends = true;
    pthread_cond_signal(&l->over);
    pthread_mutex_unlock(&l->mutex);
    if (l->beats) pthread_join(l->beat, NULL);
    pthread_cond_destroy(&l->over);
    pthread_mutex_destroy(&l->mutex);
    if (read_holder(l->path, &now) && same_holder(&now, &l->self)) unlink(l->path);
    shy_free(&l->path);
    shy_free(lock);
}

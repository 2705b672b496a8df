/* time_limit.c: until when a run may take: what it was told, or what is left of the Slurm job it runs in. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/progress.h"
#include "app/time_limit.h"

#define ANSWER_BYTES 64
#define ANSWER_SECONDS 5.0
#define MARGIN_MOST 300.0
#define MARGIN_SHARE 0.1

extern char **environ;

/* ---- what a program answers ---------------------------------------------------------------------------------------------- */

/* posix_spawn and not fork: networks that read memory directly do not bear a copy of the process. */
static pid_t start(char *const *argv, int *answer_out)
{
    posix_spawn_file_actions_t actions;
    pid_t process = -1;
    int ends[2];

    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (posix_spawnp(&process, argv[0], &actions, NULL, argv, environ) != 0) process = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (process < 0) close(ends[0]);
    *answer_out = ends[0];
    return process;
}

static size_t read_answer(int from, char *text, size_t size)
{
    const double until = shy_time_seconds() + ANSWER_SECONDS;
    size_t length = 0;

    for (;;) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        const double left = until - shy_time_seconds();
        if (left <= 0.0) break;
        const int ready = poll(&wait, 1, (int)ceil(left * 1e3));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) break;
        const ssize_t count = read(from, text + length, size - 1 - length);
        if (count <= 0 || (length += (size_t)count) == size - 1) break;
    }
    text[length] = '\0';
    return length;
}

/* The first line; "" if there is none in time. */
static void ask(char *const *argv, char text[ANSWER_BYTES])
{
    int from = -1;
    const pid_t process = start(argv, &from);

    text[0] = '\0';
    if (process < 0) return;
    read_answer(from, text, ANSWER_BYTES);
    close(from);
    kill(process, SIGKILL); /* it has answered, or is too late */
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) continue;
    text[strcspn(text, "\r\n")] = '\0';
}

/* ---- Slurm -------------------------------------------------------------------------------------------------------------------- */

static double variable(const char *name)
{
    double value;
    const char *text = getenv(name);

    return text != NULL && shy_text_number(text, &value) && value > 0.0 ? value : 0.0;
}

/* Seconds left of the job; −1: no job, no limit, or it is not known. *whole_out: of the whole job, as far as known. */
static double slurm_left(double *whole_out)
{
    const char *job = getenv("SLURM_JOB_ID");
    const double end = variable("SLURM_JOB_END_TIME"), begin = variable("SLURM_JOB_START_TIME"), now = (double)time(NULL);
    char answer[ANSWER_BYTES];
    double left = -1.0;

    if (job == NULL || *job == '\0') return -1.0;
    if (end > 0.0) {
        left = fmax(end - now, 0.0);
    } else {
        char *const argv[] = {(char[]){"squeue"}, (char[]){"-h"}, (char[]){"-j"}, (char *)(uintptr_t)job, (char[]){"-o"}, (char[]){"%L"}, NULL};
        ask(argv, answer);
        if (!shy_duration_parse(answer, &left)) return -1.0; /* UNLIMITED, NOT_SET, INVALID, nothing */
    }
    *whole_out = begin > 0.0 && begin < now ? now - begin + left : left;
    return left;
}

/* ---- the limit ----------------------------------------------------------------------------------------------------------------- */

double shy_time_limit(const shy_config *config, double started, bool quiet)
{
    const double told = shy_config_duration(config, SHY_KEY_RUN_MAX_TIME), now = shy_time_seconds();
    const bool automatic = strcmp(shy_config_text(config, SHY_KEY_RUN_MAX_TIME), "auto") == 0;
    double margin = shy_config_duration(config, SHY_KEY_RUN_MARGIN), left = told >= 0.0 ? started + told - now : -1.0, whole = told;
    char in[32], before[32];

    if (automatic) left = slurm_left(&whole);
    if (!automatic && told < 0.0) return 0.0;
    if (automatic && left < 0.0) return 0.0;
    if (margin < 0.0) margin = fmin(MARGIN_SHARE * whole, MARGIN_MOST);
    if (!quiet)
        shy_log(SHY_LOG_INFO, "Unless it is done by then, the run is saved and stopped in %s, %s before %s.", shy_meter_duration(fmax(left - margin, 0.0), in),
                shy_meter_duration(margin, before), automatic ? "the end of the Slurm job" : "run.max_time is over");
    return fmax(now + left - margin, 1e-9); /* 0 would be no limit */
}

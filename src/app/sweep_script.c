/* sweep_script.c: the script of the job array. */
#include "shy_config.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "app/sweep.h"

#define SIGNAL_BEFORE 120 /* seconds before the time limit at which the search is told to save and stop */

shy_status shy_shell_word(const char *text, char **word_out)
{
    shy_status st = SHY_OK;
    char *word = NULL, *at;

    if (*text != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-,:@%") == strlen(text)) return shy_string_copy(text, word_out);
    SHY_TRY(shy_new(4 * strlen(text) + 3, 1, &word));
    at = word;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') memcpy(at, "'\\''", 4), at += 4;
        else *at++ = *text;
    }
    *at++ = '\'', *at = '\0';
    *word_out = word, word = NULL;
out:
    shy_free(&word);
    return st;
}

/* ---- a text that grows; the first failure sticks --------------------------------------------------------------------------- */

typedef struct {
    char *text;
    size_t length;
    shy_status status;
} script;

static void add(script *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(script *s, const char *format, ...)
{
    va_list args;
    int more;

    if (s->status != SHY_OK) return;
    va_start(args, format);
    more = vsnprintf(NULL, 0, format, args);
    va_end(args);
    s->status = shy_grow(s->length + (size_t)more + 1, 1, &s->text);
    if (s->status != SHY_OK) return;
    va_start(args, format);
    vsnprintf(s->text + s->length, (size_t)more + 1, format, args);
    va_end(args);
    s->length += (size_t)more;
}

static void add_word(script *s, const char *before, const char *text, const char *after)
{
    char *word = NULL;

    if (s->status == SHY_OK) s->status = shy_shell_word(text, &word);
    if (s->status == SHY_OK) add(s, "%s%s%s", before, word, after);
    shy_free(&word);
}

/* ---- the lines for sbatch ------------------------------------------------------------------------------------------------------ */

/* In quotes as sbatch reads them; in file names % begins a pattern. */
static void add_path(script *s, const char *option, const char *path, const char *after)
{
    add(s, "#SBATCH %s=\"", option);
    for (; *path != '\0'; path++) add(s, "%s%c", *path == '%' ? "%" : *path == '"' || *path == '\\' ? "\\" : "", *path);
    add(s, "%s\"\n", after);
}

static void add_job_name(script *s, const char *directory)
{
    const char *slash = strrchr(directory, '/');

    add(s, "#SBATCH --job-name=");
    for (const char *p = slash ? slash + 1 : directory; *p != '\0'; p++) add(s, "%c", isalnum((unsigned char)*p) || strchr("._-", *p) ? *p : '_');
    add(s, "\n");
}

static void add_limit(script *s, const shy_sweep_job *job)
{
    if (job->limit > 0) add(s, "%%%d", job->limit);
    add(s, "\n");
}

static void add_requests(script *s, const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, const shy_sweep_place *place)
{
    const shy_sweep_job *job = &sweep->job;
    char text[32];

    add_job_name(s, place->directory);
    add(s, "#SBATCH --array=1-%d", tasks->count);
    add_limit(s, job);
    add(s, "#SBATCH --ntasks=%d\n#SBATCH --cpus-per-task=1\n", job->ntasks);
    if (job->nodes > 0) add(s, "#SBATCH --nodes=%d\n", job->nodes);
    add(s, "#SBATCH --mem-per-cpu=%lluM\n", (unsigned long long)((needs->request + 0xfffff) >> 20));
    add(s, "#SBATCH --time=%s\n", shy_sweep_time(needs->limit, text));
    add(s, "#SBATCH --signal=TERM@%lld\n", (long long)(needs->limit / 4 < SIGNAL_BEFORE ? needs->limit / 4 : SIGNAL_BEFORE));
    add(s, "#SBATCH --%s\n#SBATCH --open-mode=append\n", job->requeue > 0 ? "requeue" : "no-requeue");
    snprintf(text, sizeof text, "/runs/%%%da.log", SHY_SWEEP_DIGITS);
    add_path(s, "--output", place->directory, text);
    if (job->partition) add(s, "#SBATCH --partition=%s\n", job->partition);
    if (job->account) add(s, "#SBATCH --account=%s\n", job->account);
    for (int i = 0; i < job->options; i++) add(s, "#SBATCH %s\n", job->option[i]);
}

/* ---- the lines for the shell ------------------------------------------------------------------------------------------------------ */

static const char use[] =
    "# Written by `shihyo sweep`: each task of this array is one search of the sweep. Written anew by `shihyo sweep --extend` and `--overwrite`.\n"
    "#\n"
    "#   sbatch sweep.sbatch                  all tasks\n"
    "#   sbatch --array=3,7-9 sweep.sbatch    these (`shihyo collect` says which are left)\n"
    "#   sh sweep.sbatch 3                    one task here, without Slurm\n"
    "#\n"
    "# The search is told to save and stop before the time is up (--signal); the task then goes back to the queue and goes on from there.\n"
    "# What became of a task stands in runs/NNNN.status: running, stopped (saved), or exit with its status.\n";

static const char begin[] =
    "number=${1:-${SLURM_ARRAY_TASK_ID:-}}\n"
    "case $number in\n"
    "    '' | *[!0-9]*) echo 'Which task? sbatch this script, or give a number: sh sweep.sbatch 3' >&2; exit 64 ;;\n"
    "esac\n";

static const char middle[] =
    "configuration=$sweep/tasks/$task.yaml\n"
    "run=$sweep/runs/$task\n"
    "if [ ! -f \"$configuration\" ]; then\n"
    "    echo \"There is no task $number: $configuration is missing.\" >&2\n"
    "    exit 64\n"
    "fi\n"
    "\n"
    "say() { # say STATE: in one step, so that nobody reads half of it\n"
    "    echo \"$1 ${SLURM_JOB_ID:-$$} $(uname -n) $(date +%s)\" >\"$run.status.$$\" && mv -f \"$run.status.$$\" \"$run.status\"\n"
    "}\n";

static const char end[] =
    "status=$?\n"
    "if [ \"$status\" -eq 85 ]; then\n"
    "    say 'stopped 85'\n"
    "    if [ -n \"${SLURM_ARRAY_JOB_ID:-}\" ] && [ -z \"$cancelled\" ] && [ \"${SLURM_RESTART_COUNT:-0}\" -lt \"$requeue\" ]; then\n"
    "        scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n"
    "    fi\n"
    "else\n"
    "    say \"exit $status\"\n"
    "fi\n"
    "exit \"$status\"\n";

static void add_shell(script *s, const shy_sweep_job *job, const shy_sweep_needs *needs, const shy_sweep_place *place)
{
    add(s, "%s\nrequeue=%d # times at most\n", use, job->requeue);
    add_word(s, "sweep=", place->directory, "\n");
    add_word(s, "shihyo=${SHIHYO:-}\n[ -n \"$shihyo\" ] || shihyo=", place->program, "\n");
    add(s, "%s", begin);
    add_word(s, "cd ", place->here, " || exit 3 # where relative paths of the configuration start\n");
    add(s, "task=$(printf '%%0%dd' \"${number#\"${number%%%%[!0]*}\"}\") # without zeros in front, which would make it octal\n%s\n", SHY_SWEEP_DIGITS, middle);
    add(s, "launch=\nif [ -n \"${SLURM_JOB_ID:-}\" ]; then\n");
    add_word(s, "    launch=", job->launch, "\nelse\n    exec >>\"$run.log\" 2>&1\nfi\n");
    for (int i = 0; i < job->commands; i++) add(s, "%s\n", job->command[i]);
    add(s, "cancelled=\ntrap 'cancelled=yes' TERM\nsay running\necho \"== task $task begins: $(date)\"\n");
    add(s, "# shellcheck disable=SC2086 # the launcher is several words, or none\n");
    add(s, "$launch \"$shihyo\" search \"$configuration\" -o \"$run\" --resume");
    if (needs->budget > 0) add(s, " --set parallel.memory=%lluMiB", (unsigned long long)(needs->budget >> 20));
    add(s, "\n%s", end);
}

shy_status shy_sweep_script(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, const shy_sweep_place *place, char **text_out)
{
    script s = {0};

    add(&s, "#!/bin/sh\n");
    add_requests(&s, sweep, tasks, needs, place);
    add_shell(&s, &sweep->job, needs, place);
    if (s.status == SHY_OK) *text_out = s.text;
    else shy_free(&s.text);
    return s.status;
}

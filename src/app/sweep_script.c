/* sweep_script.c: the script of the job array. */
#include "shy_config.h"

#include <ctype.h>
#include <string.h>

#include "app/lines.h"
#include "app/sweep.h"

#define SIGNAL_BEFORE 120 /* seconds before the time limit at which the search is told to save and stop */

shy_status shy_shell_word(const char *text, char **word_out)
{
    shy_status st = SHY_OK;
    char *word = NULL, *at;

    if (*text != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-,:@%") == strlen(text))
        return shy_string_copy(text, word_out);
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

/* ---- the lines for sbatch ------------------------------------------------------------------------------------------------------ */

static void add_word(shy_lines *s, const char *before, const char *text, const char *after)
{
    char *word = NULL;

    if (s->status == SHY_OK) s->status = shy_shell_word(text, &word);
    if (s->status == SHY_OK) shy_lines_add(s, "%s%s%s", before, word, after);
    shy_free(&word);
}

/* In quotes as sbatch reads them; in file names % begins a pattern. */
static void add_path(shy_lines *s, const char *option, const char *path, const char *after)
{
    shy_lines_add(s, "#SBATCH %s=\"", option);
    for (; *path != '\0'; path++) shy_lines_add(s, "%s%c", *path == '%' ? "%" : *path == '"' || *path == '\\' ? "\\" : "", *path);
    shy_lines_add(s, "%s\"\n", after);
}

static void add_job_name(shy_lines *s, const char *directory)
{
    const char *slash = strrchr(directory, '/');

    shy_lines_add(s, "#SBATCH --job-name=");
    for (const char *p = slash ? slash + 1 : directory; *p != '\0'; p++)
        shy_lines_add(s, "%c", isalnum((unsigned char)*p) || strchr("._-", *p) ? *p : '_');
    shy_lines_add(s, "\n");
}

static void add_limit(shy_lines *s, const shy_sweep_job *job)
{
    if (job->limit > 0) shy_lines_add(s, "%%%d", job->limit);
    shy_lines_add(s, "\n");
}

static void add_requests(shy_lines *s, const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs,
                         const shy_sweep_place *place)
{
    const shy_sweep_job *job = &sweep->job;
    char text[32];

    add_job_name(s, place->directory);
    shy_lines_add(s, "#SBATCH --array=1-%d", tasks->count);
    add_limit(s, job);
    shy_lines_add(s, "#SBATCH --ntasks=%d\n#SBATCH --cpus-per-task=1\n", job->ntasks);
    if (job->nodes > 0) shy_lines_add(s, "#SBATCH --nodes=%d\n", job->nodes);
    shy_lines_add(s, "#SBATCH --mem-per-cpu=%lluM\n", (unsigned long long)((needs->request + 0xfffff) >> 20));
    shy_lines_add(s, "#SBATCH --time=%s\n", shy_sweep_time(needs->limit, text));
    shy_lines_add(s, "#SBATCH --signal=TERM@%lld\n", (long long)(needs->limit / 4 < SIGNAL_BEFORE ? needs->limit / 4 : SIGNAL_BEFORE));
    shy_lines_add(s, "#SBATCH --%s\n#SBATCH --open-mode=append\n", job->requeue > 0 ? "requeue" : "no-requeue");
    snprintf(text, sizeof text, "/runs/%%%da.log", SHY_SWEEP_DIGITS);
    add_path(s, "--output", place->directory, text);
    if (job->partition) shy_lines_add(s, "#SBATCH --partition=%s\n", job->partition);
    if (job->account) shy_lines_add(s, "#SBATCH --account=%s\n", job->account);
    for (int i = 0; i < job->options; i++) shy_lines_add(s, "#SBATCH %s\n", job->option[i]);
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
    "# What became of a task stands in runs/NNNN.status: running, stopped or queued again (saved), or exit with its status.\n";

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

/* sh looks at signals between commands only, and while it waits: what Slurm starts is waited for, so that a job that is cancelled can still say so. */
static const char end[] =
    "if [ -n \"${SLURM_JOB_ID:-}\" ]; then\n"
    "    search &\n"
    "    child=$!\n"
    "    wait \"$child\"\n"
    "    status=$?\n"
    "    if [ -n \"$cancelled\" ]; then # the search is saving what it has\n"
    "        while kill -0 \"$child\" 2>/dev/null; do sleep 1; done\n"
    "        exit 143\n"
    "    fi\n"
    "else\n"
    "    search\n"
    "    status=$?\n"
    "fi\n"
    "if [ \"$status\" -ne 85 ]; then\n"
    "    say \"exit $status\"\n"
    "elif [ -n \"${SLURM_ARRAY_JOB_ID:-}\" ] && [ \"${SLURM_RESTART_COUNT:-0}\" -lt \"$requeue\" ]; then\n"
    "    say 'queued 85'\n"
    "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\" || say 'stopped 85'\n"
    "else\n"
    "    say 'stopped 85'\n"
    "fi\n"
    "exit \"$status\"\n";

static void add_shell(shy_lines *s, const shy_sweep_job *job, const shy_sweep_needs *needs, const shy_sweep_place *place)
{
    shy_lines_add(s, "%s\nrequeue=%d # times at most\n", use, job->requeue);
    add_word(s, "sweep=", place->directory, "\n");
    add_word(s, "shihyo=${SHIHYO:-}\n[ -n \"$shihyo\" ] || shihyo=", place->program, "\n");
    shy_lines_add(s, "%s", begin);
    add_word(s, "cd ", place->here, " || exit 3 # where relative paths of the configuration start\n");
    shy_lines_add(s, "task=$(printf '%%0%dd' \"${number#\"${number%%%%[!0]*}\"}\") # without zeros in front, which would make it octal\n%s\n",
                  SHY_SWEEP_DIGITS, middle);
    shy_lines_add(
        s, "export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 # the ranks are the parallelism\nlaunch=\nif [ -n \"${SLURM_JOB_ID:-}\" ]; then\n");
    add_word(s, "    launch=", job->launch, "\nelse\n    exec >>\"$run.log\" 2>&1\nfi\n");
    for (int i = 0; i < job->commands; i++) shy_lines_add(s, "%s\n", job->command[i]);
    shy_lines_add(s, "cancelled=\ntrap 'cancelled=yes; say \"stopped 143\"' TERM\nsay running\necho \"== task $task begins: $(date)\"\n");
    shy_lines_add(s, "search() {\n    # shellcheck disable=SC2086 # the launcher is several words, or none\n");
    shy_lines_add(s, "    $launch \"$shihyo\" search \"$configuration\" -o \"$run\" --resume");
    if (needs->budget > 0) shy_lines_add(s, " --set parallel.memory=%lluMiB", (unsigned long long)(needs->budget >> 20));
    shy_lines_add(s, "\n}\n%s", end);
}

shy_status shy_sweep_script(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, const shy_sweep_place *place,
                            char **text_out)
{
    shy_lines s = {0};

    shy_lines_add(&s, "#!/bin/sh\n");
    add_requests(&s, sweep, tasks, needs, place);
    add_shell(&s, &sweep->job, needs, place);
    if (s.status == SHY_OK) *text_out = s.text, s.text = NULL;
    const shy_status st = s.status;
    shy_lines_free(&s);
    return st;
}

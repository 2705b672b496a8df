/* sweep_plan.c: what the tasks of a sweep need, by the plan of the search itself, and what is therefore asked of Slurm. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/budget.h"
#include "app/progress.h"
#include "app/ranks.h"
#include "app/search_run.h"
#include "app/sweep.h"

#define PLANS_MAX 200 /* of more different tasks so many are planned, spread over all */
#define ROWS_SHOWN 20

#define RANKS_EFFICIENCY 0.8

/* ---- one plan, all ranks together ------------------------------------------------------------------------------------------ */

static shy_status plan_session(shy_search_session *s, const char *yaml)
{
    shy_status st = SHY_OK;

    s->options.libraries = shy_budget_libraries();
    SHY_TRY(shy_session_configure_text(s, yaml, strlen(yaml)));
    SHY_TRY(shy_session_load(s));
    SHY_TRY(shy_session_plan(s));
out:
    shy_memory_limit(0, 0);
    return st;
}

static void session_free(shy_search_session *s)
{
    shy_session_validation_free(s);
    shy_problem_free(&s->problem);
    shy_cohort_close(&s->cohort);
    shy_config_free(&s->config);
    shy_team_destroy(&s->team);
}

/* Messages say which task it is. */
static shy_status of_task(shy_status status, const shy_sweep *sweep, int number, const shy_sweep_task *task)
{
    char message[2048];

    if (status == SHY_OK) return SHY_OK;
    snprintf(message, sizeof message, "%s", shy_error_message());
    shy_error_clear();
    return shy_fail(status, "%s: task %d (%s): %s", sweep->path, number, task->name, message);
}

static shy_status plan_task(const shy_sweep *sweep, int number, uint64_t budget, shy_sweep_task *task, bool *resident_out)
{
    shy_status st = SHY_OK;
    char memory[64];
    const char *set[1] = {memory};
    shy_search_command command = {.file = sweep->path, .set = set, .set_count = budget > 0, .plan = true, .quiet = true};
    shy_search_session s = {.command = &command};

    snprintf(memory, sizeof memory, "parallel.memory=%lluMiB", (unsigned long long)(budget >> 20));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &s.team));
    const int ranks = s.team->size;
    SHY_TRY(plan_session(&s, task->yaml));
    task->bytes = s.plan.bytes_per_rank;
    task->seconds = s.plan.seconds * ranks;
    double blocks = shy_problem_resident(s.problem) ? 0.0 : 1.0;
    SHY_TRY(shy_team_maximum(s.team, &blocks, 1));
    *resident_out = blocks <= 0.0;
out:
    session_free(&s);
    return of_task(st, sweep, number, task);
}

/* ---- which of them are planned ------------------------------------------------------------------------------------------------ */

/* Neither time nor memory depends on the seed: a hash of all lines but that one. */
static uint64_t needs_hash(const char *yaml)
{
    uint64_t hash = 1;

    while (*yaml != '\0') {
        const size_t length = strcspn(yaml, "\n") + 1;
        if (strncmp(yaml, "seed:", 5) != 0) hash = shy_hash_bytes(yaml, length, hash);
        yaml += yaml[length - 1] == '\0' ? length - 1 : length;
    }
    return hash;
}

/* Where all columns fit with the memory that was planned with, they are to fit with what is asked for. */
static shy_status try_budget(const shy_sweep *sweep, int number, const shy_sweep_task *task, bool resident, uint64_t budget, bool *fits_out)
{
    shy_sweep_task again = {.name = task->name, .yaml = task->yaml};
    bool still = false;
    const shy_status st = plan_task(sweep, number, budget, &again, &still);

    *fits_out = st == SHY_OK && (still || !resident);
    if (st != SHY_MEMORY) return st;
    shy_error_clear();
    return SHY_OK;
}

/* The tasks are told to use no more than what Slurm gives them: the largest is planned with that, and if it does not get on, more is asked for. */
static shy_status settle_memory(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const bool *resident, shy_sweep_needs *needs)
{
    shy_status st = SHY_OK;
    int largest = 0;
    bool fits = sweep->job.memory > 0;

    if (needs->budget == 0 || fits) return SHY_OK;
    for (int t = 1; t < tasks->count; t++)
        if (!(tasks->task[t].bytes <= tasks->task[largest].bytes) && isfinite(tasks->task[t].bytes)) largest = t;
    for (; !fits; needs->request *= 2) {
        const uint64_t budget = (uint64_t)(SHY_BUDGET_SHARE * (double)needs->request);
        if (budget >= needs->budget) break; /* what was planned with; then that is it */
        SHY_TRY(try_budget(sweep, largest + 1, &tasks->task[largest], resident[largest], budget, &fits));
        if (fits) break;
    }
    if (fits) needs->budget = (uint64_t)(SHY_BUDGET_SHARE * (double)needs->request);
out:
    return st;
}

typedef struct {
    int *like;    /* [tasks]: the first task with the same needs */
    int *first;   /* [different]: these */
    int different;
} alike;

static shy_status find_alike(const shy_sweep_tasks *tasks, alike *a)
{
    shy_status st = SHY_OK;
    uint64_t *hash = NULL;

    SHY_TRY(shy_new((size_t)tasks->count, sizeof *hash, &hash));
    SHY_TRY(shy_new((size_t)tasks->count, sizeof *a->like, &a->like));
    SHY_TRY(shy_new((size_t)tasks->count, sizeof *a->first, &a->first));
    for (int t = 0; t < tasks->count; t++) {
        int d = 0;
        hash[t] = needs_hash(tasks->task[t].yaml);
        while (d < a->different && hash[a->first[d]] != hash[t]) d++;
        if (d == a->different) a->first[a->different++] = t;
        a->like[t] = a->first[d];
    }
out:
    shy_free(&hash);
    return st;
}

/* parallel.memory is auto in all tasks: then they are told what was planned with. */
static bool leaves_memory(const shy_sweep *sweep, const shy_sweep_tasks *tasks)
{
    for (int k = 0; k < tasks->keys; k++)
        if (tasks->key[k] == SHY_KEY_PARALLEL_MEMORY) return false;
    return shy_config_bytes(sweep->base, SHY_KEY_PARALLEL_MEMORY) == 0;
}

static shy_status choose_budget(const shy_sweep *sweep, const shy_sweep_tasks *tasks, uint64_t *budget_out)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;

    *budget_out = 0;
    if (!leaves_memory(sweep, tasks)) return SHY_OK;
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    *budget_out = sweep->job.memory > 0 ? (uint64_t)(SHY_BUDGET_SHARE * (double)sweep->job.memory) : shy_budget_memory("", team->node_size);
    SHY_TRY(shy_team_broadcast(team, budget_out, sizeof *budget_out));
out:
    shy_team_destroy(&team);
    return st;
}

static void note_needs(const shy_sweep_task *task, shy_sweep_needs *needs)
{
    if (!isfinite(task->seconds)) return;
    needs->bytes = fmax(needs->bytes, task->bytes);
    needs->seconds = fmax(needs->seconds, task->seconds);
    needs->bytes_least = fmin(needs->bytes_least, task->bytes);
    needs->seconds_least = fmin(needs->seconds_least, task->seconds);
}

shy_status shy_sweep_plan(const shy_sweep *sweep, shy_sweep_tasks *tasks, bool speaks, shy_sweep_needs *needs_out)
{
    shy_status st = SHY_OK;
    shy_sweep_needs needs = {.bytes_least = INFINITY, .seconds_least = INFINITY};
    alike a = {0};
    bool *resident = NULL;

    SHY_TRY(shy_new((size_t)tasks->count, sizeof *resident, &resident));
    SHY_TRY(find_alike(tasks, &a));
    SHY_TRY(choose_budget(sweep, tasks, &needs.budget));
    needs.different = a.different;
    needs.planned = a.different < PLANS_MAX ? a.different : PLANS_MAX;
    if (speaks && needs.planned > ROWS_SHOWN) shy_log(SHY_LOG_INFO, "Planning %d different tasks, which takes a while.", needs.planned);
    for (int p = 0; p < needs.planned; p++) {
        const int t = a.first[(int)((int64_t)p * (a.different - 1) / (needs.planned > 1 ? needs.planned - 1 : 1))];
        SHY_TRY(plan_task(sweep, t + 1, needs.budget, &tasks->task[t], &resident[t]));
    }
    for (int t = 0; t < tasks->count; t++) {
        resident[t] = resident[a.like[t]];
        tasks->task[t].bytes = tasks->task[a.like[t]].bytes, tasks->task[t].seconds = tasks->task[a.like[t]].seconds;
        note_needs(&tasks->task[t], &needs);
    }
    shy_sweep_ask(&sweep->job, &needs);
    SHY_TRY(settle_memory(sweep, tasks, resident, &needs));
    *needs_out = needs;
out:
    shy_free(&resident);
    shy_free(&a.like);
    shy_free(&a.first);
    return st;
}

/* ---- what is asked for ------------------------------------------------------------------------------------------------------------ */

void shy_sweep_ask(const shy_sweep_job *job, shy_sweep_needs *needs)
{
    const double ranks = job->ntasks > 1 ? RANKS_EFFICIENCY * job->ntasks : 1.0;

    needs->request = job->memory > 0 ? job->memory : shy_budget_request(needs->bytes);
    needs->limit = job->seconds > 0 ? job->seconds : shy_budget_time(needs->seconds / ranks);
}

char *shy_sweep_time(int64_t seconds, char *out)
{
    const long long days = seconds / 86400, rest = seconds % 86400;

    if (days > 0) snprintf(out, 32, "%lld-%02lld:%02lld:%02lld", days, rest / 3600, rest / 60 % 60, rest % 60);
    else snprintf(out, 32, "%02lld:%02lld:%02lld", rest / 3600, rest / 60 % 60, rest % 60);
    return out;
}

/* ---- for people --------------------------------------------------------------------------------------------------------------------- */

static const char *bytes_text(double bytes, char *out)
{
    if (bytes < 0x1p30) snprintf(out, 32, "%.0f MiB", ceil(bytes / 0x1p20));
    else snprintf(out, 32, "%.1f GiB", bytes / 0x1p30);
    return out;
}

static shy_status print_tasks(const shy_sweep_tasks *tasks, FILE *stream)
{
    shy_table table = {0};
    shy_status st;
    char text[32];

    shy_table_column(&table, "task", true);
    shy_table_column(&table, "name", false);
    shy_table_column(&table, "memory per rank", true);
    shy_table_column(&table, "time of one rank", true);
    for (int t = 0; t < tasks->count && t < ROWS_SHOWN; t++) {
        const shy_sweep_task *task = &tasks->task[t];
        snprintf(text, sizeof text, "%d", t + 1);
        shy_table_cell(&table, text);
        shy_table_cell(&table, task->name);
        shy_table_cell(&table, isfinite(task->bytes) ? bytes_text(task->bytes, text) : "not planned");
        shy_table_cell(&table, isfinite(task->seconds) ? shy_meter_duration(task->seconds, text) : "not planned");
    }
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    if (tasks->count > ROWS_SHOWN) fprintf(stream, "… and %d more\n", tasks->count - ROWS_SHOWN);
    return st;
}

shy_status shy_sweep_print(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, FILE *stream)
{
    const shy_sweep_job *job = &sweep->job;
    char memory[32], least[32], most[32], limit[32];
    const shy_status st = print_tasks(tasks, stream);

    if (needs->planned < needs->different)
        fprintf(stream, "\nOf %d different tasks %d were planned, evenly over all; the largest of these decides.\n", needs->different,
                needs->planned);
    fprintf(stream, "\nEach task asks for %d rank%s, %s per rank (--mem-per-cpu%s) and %s (--time%s).\n", job->ntasks, job->ntasks == 1 ? "" : "s",
            bytes_text((double)needs->request, memory), job->memory > 0 ? ", as given" : ": the largest plan, and a seventh more",
            shy_sweep_time(needs->limit, limit), job->seconds > 0 ? ", as given" : ": twice the longest plan on this machine, and 5 min");
    if (needs->seconds > 600.0 && needs->seconds > 10.0 * needs->seconds_least)
        fprintf(stream, "Tasks differ widely in time, from %s to %s of one rank; all ask for the longest. Two sweeps would start sooner.\n",
                shy_meter_duration(needs->seconds_least, least), shy_meter_duration(needs->seconds, most));
    if (needs->bytes > 0x1p30 && needs->bytes > 4.0 * needs->bytes_least)
        fprintf(stream, "Tasks differ widely in memory, from %s to %s per rank; all ask for the most. Two sweeps would start sooner.\n",
                bytes_text(needs->bytes_least, least), bytes_text(needs->bytes, most));
    return st;
}

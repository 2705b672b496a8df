/* collect_state.c: what became of a task: from its results, the state that its script wrote, signs of life, and its log. */
#include "shy_config.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/collect.h"

#define SILENCE 1800     /* seconds without a sign of life, after which a task that was running is taken for lost */
#define TAIL_BYTES 65536 /* of a log or a list of events that are looked at */
#define BEGINS "== task "

const char *shy_task_state_name(shy_task_state state)
{
    static const char *const names[SHY_TASK_STATES] = {"done", "running", "stopped", "failed", "damaged", "missing"};
    return names[state];
}

/* The end of a file as text, "" if there is none. Owned. */
static shy_status read_tail(const char *path, char **text_out)
{
    shy_status st = SHY_OK;
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t got = 0;

    SHY_TRY(shy_new(TAIL_BYTES + 1, 1, &text));
    if (file != NULL) {
        if (fseek(file, 0, SEEK_END) == 0 && ftell(file) > TAIL_BYTES) fseek(file, -TAIL_BYTES, SEEK_END);
        else rewind(file);
        got = fread(text, 1, TAIL_BYTES, file);
    }
    for (size_t i = 0; i < got; i++)
        if (text[i] == '\0' || text[i] == '\r') text[i] = '\n';
    text[got] = '\0';
    *text_out = text, text = NULL;
out:
    if (file != NULL) fclose(file);
    shy_free(&text);
    return st;
}

/* ---- the log --------------------------------------------------------------------------------------------------------------------- */

static bool starts(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + strspn(line, "\n");
}

/* What a run that failed said first: an error of the program, else of Slurm, else its last line. Of the last attempt. */
static shy_status failure_of(const char *log, char **detail_out)
{
    const char *ours = NULL, *slurm = NULL, *last = NULL, *found;

    for (const char *line = log; *line != '\0'; line = next_line(line)) {
        if (starts(line, BEGINS)) ours = slurm = last = NULL;
        else if (starts(line, "shihyo: ") && !starts(line, "shihyo: note:") && !starts(line, "shihyo: warning:")) ours = ours ? ours : line;
        else if (starts(line, "slurmstepd: ") || starts(line, "srun: error:")) slurm = slurm ? slurm : line;
        else last = line;
    }
    found = ours ? ours + strlen("shihyo: ") : slurm ? slurm : last ? last : "";
    return shy_string_format(detail_out, "%.*s", (int)strcspn(found, "\n"), found);
}

/* ---- how far a run is -------------------------------------------------------------------------------------------------------------- */

static shy_status note_progress(double fraction, const char *stage, shy_collect_task *task)
{
    task->fraction = fraction;
    shy_free(&task->detail);
    return shy_string_copy(stage, &task->detail);
}

/* The last event that says so. The first line of the tail may be half of one; it is no JSON then. */
static shy_status progress_of_events(const char *events, shy_collect_task *task)
{
    shy_status st = SHY_OK;

    for (const char *line = events; st == SHY_OK && *line != '\0'; line = next_line(line)) {
        json_t *event = json_loadb(line, strcspn(line, "\n"), JSON_DISABLE_EOF_CHECK, NULL);
        const char *kind = json_string_value(json_object_get(event, "event")), *stage = json_string_value(json_object_get(event, "stage"));
        const json_t *fraction = json_object_get(event, "fraction");
        if (kind != NULL && strcmp(kind, "progress") == 0 && json_is_number(fraction))
            st = note_progress(json_number_value(fraction), stage ? stage : "", task);
        json_decref(event);
    }
    return st;
}

/* "12.5% done after …", "Validation after 3 s: permutations, 40% done". */
static shy_status progress_of_log(const char *log, shy_collect_task *task)
{
    shy_status st = SHY_OK;

    for (const char *line = log; st == SHY_OK && *line != '\0'; line = next_line(line)) {
        char text[256], stage[128];
        double percent = 0.0;
        int end = 0;
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
        if (starts(text, BEGINS)) task->fraction = NAN;
        else if (sscanf(text, "%lf%% done after %n", &percent, &end) == 1 && end > 0) st = note_progress(percent / 100.0, "search", task);
        else if (sscanf(text, "Validation after %*[^:]: %127[^,], %lf%% done", stage, &percent) == 2)
            st = note_progress(percent / 100.0, stage, task);
    }
    return st;
}

/* ---- the task ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    char *run, *log_path, *log, *events, *status; /* status: its line */
    bool checkpoint;
    double silence; /* seconds since anything of it changed; infinite: nothing is there */
} traces;

static void traces_free(traces *t)
{
    shy_free(&t->run);
    shy_free(&t->log_path);
    shy_free(&t->log);
    shy_free(&t->events);
    shy_free(&t->status);
}

/* True if it is there. */
static bool note_change(const char *path, traces *t)
{
    struct stat info;

    if (stat(path, &info) != 0) return false;
    t->silence = fmin(t->silence, fmax(difftime(time(NULL), info.st_mtime), 0.0));
    return true;
}

static shy_status look(const char *directory, int index, traces *t)
{
    static const char *const names[] = {"events.jsonl", "checkpoint", "checkpoint.previous"};
    shy_status st = SHY_OK;
    char *path = NULL;

    t->silence = INFINITY;
    SHY_TRY(shy_sweep_path(directory, "runs", index, "", &t->run));
    SHY_TRY(shy_sweep_path(directory, "runs", index, ".log", &t->log_path));
    SHY_TRY(shy_sweep_path(directory, "runs", index, ".status", &path));
    note_change(path, t);
    note_change(t->log_path, t);
    SHY_TRY(read_tail(path, &t->status));
    t->status[strcspn(t->status, "\n")] = '\0';
    for (int n = 0; n < 3; n++) {
        shy_free(&path);
        SHY_TRY(shy_string_format(&path, "%s/%s", t->run, names[n]));
        const bool there = note_change(path, t);
        if (n == 0) SHY_TRY(read_tail(path, &t->events));
        else t->checkpoint = t->checkpoint || there;
    }
    SHY_TRY(read_tail(t->log_path, &t->log));
out:
    shy_free(&path);
    return st;
}

static shy_status tell_failure(const traces *t, int status, shy_collect_task *task)
{
    shy_status st = SHY_OK;
    char *said = NULL;

    task->state = SHY_TASK_FAILED;
    SHY_TRY(failure_of(t->log, &said));
    if (status == 0) SHY_TRY(shy_string_copy("ended well, and left no results", &task->detail));
    else SHY_TRY(shy_string_format(&task->detail, "status %d%s%s", status, *said ? ": " : "", said));
out:
    shy_free(&said);
    return st;
}

static shy_status tell_running(const traces *t, shy_collect_task *task)
{
    shy_status st = SHY_OK;

    if (t->silence <= SILENCE) {
        task->state = SHY_TASK_RUNNING;
        SHY_TRY(*t->events ? progress_of_events(t->events, task) : progress_of_log(t->log, task));
        if (task->detail == NULL) SHY_TRY(shy_string_copy("", &task->detail));
    } else {
        task->state = t->checkpoint ? SHY_TASK_STOPPED : SHY_TASK_MISSING;
        SHY_TRY(shy_string_format(&task->detail, "began, and no sign of life for %.0f min", t->silence / 60.0));
    }
out:
    return st;
}

/* No results: what the script wrote last, and whether it can still be true. */
static shy_status judge(const traces *t, shy_collect_task *task)
{
    int status = 0;

    if (sscanf(t->status, "exit %d ", &status) == 1) return tell_failure(t, status, task);
    if (starts(t->status, "running ")) return tell_running(t, task);
    if (starts(t->status, "stopped ") || starts(t->status, "queued ") || t->checkpoint) {
        task->state = SHY_TASK_STOPPED;
        return shy_string_copy(starts(t->status, "queued ") ? "saved; has gone back to the queue"
                               : t->checkpoint              ? "saved; goes on when it is submitted again"
                                                            : "stopped",
                               &task->detail);
    }
    task->state = SHY_TASK_MISSING;
    return shy_string_copy("", &task->detail);
}

static shy_status read_asked(const char *directory, int index, shy_collect_task *task)
{
    shy_status st = SHY_OK;
    char *path = NULL, *text = NULL;
    uint64_t length = 0;
    shy_config *config = NULL;

    SHY_TRY(shy_sweep_path(directory, "tasks", index, ".yaml", &path));
    SHY_TRY(shy_config_file(path, &text, &length));
    SHY_TRY(shy_config_create(&config));
    SHY_TRY(shy_config_parse(config, path, text, length));
    SHY_TRY(shy_collect_asked(config, &task->asked));
out:
    if (st == SHY_INPUT || st == SHY_IO) shy_error_clear(), st = SHY_OK; /* then it counts nowhere */
    shy_config_free(&config);
    shy_free(&path);
    shy_free(&text);
    return st;
}

shy_status shy_collect_task_read(shy_collection *c, int index)
{
    shy_status st = SHY_OK;
    shy_collect_task *task = &c->task[index];
    traces t = {0};

    task->fraction = NAN;
    SHY_TRY(look(c->directory, index, &t));
    SHY_TRY(shy_collect_results(c, index, t.run, &task->state, &task->detail));
    if (task->state == SHY_TASK_DAMAGED && starts(t.status, "running ") && t.silence < 60.0) { /* results are being put in place */
        shy_free(&task->detail);
        task->state = SHY_TASK_MISSING;
    }
    if (task->state == SHY_TASK_MISSING) SHY_TRY(judge(&t, task));
    if (task->detail == NULL) SHY_TRY(shy_string_copy("", &task->detail));
    if (task->state != SHY_TASK_DONE) SHY_TRY(read_asked(c->directory, index, task));
out:
    traces_free(&t);
    return st;
}

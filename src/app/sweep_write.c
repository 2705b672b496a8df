/* sweep_write.c: the directory of a sweep: a configuration for each task, the script, and last the table, without which it is no sweep. */
#include "shy_config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/lines.h"
#include "app/sweep.h"
#include "shihyo/report.h"

#define ASIDE_MAX 1000

static shy_status cannot(const char *path)
{
    return shy_fail(SHY_IO, "%s: cannot be written: %s. Choose another directory with -o.", path, strerror(errno));
}

static shy_status make_directory(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? SHY_OK : cannot(path);
}

static shy_status make_directories(const char *directory)
{
    static const char *const names[] = {"", "/tasks", "/runs"};
    shy_status st = SHY_OK;
    char *path = NULL;

    for (int n = 0; n < 3; n++) {
        shy_free(&path);
        SHY_TRY(shy_string_format(&path, "%s%s", directory, names[n]));
        SHY_TRY(make_directory(path));
    }
out:
    shy_free(&path);
    return st;
}

/* ---- what was there ------------------------------------------------------------------------------------------------------------ */

/* Runs of other tasks are not thrown away: they get another name. */
static shy_status put_runs_aside(const char *directory)
{
    shy_status st = SHY_OK;
    char *runs = NULL, *aside = NULL;

    SHY_TRY(shy_string_format(&runs, "%s/runs", directory));
    if (rmdir(runs) == 0 || errno == ENOENT) goto out; /* nothing has run */
    for (int n = 1; n <= ASIDE_MAX; n++) {
        shy_free(&aside);
        SHY_TRY(shy_string_format(&aside, "%s/runs.%d", directory, n));
        if (access(aside, F_OK) == 0) continue;
        if (rename(runs, aside) != 0) SHY_TRY(cannot(aside));
        shy_log(SHY_LOG_INFO, "The runs of the sweep that was there are in %s now.", aside);
        goto out;
    }
    st = shy_fail(SHY_INPUT, "%s: has too many sets of old runs. Remove some, or choose another directory with -o.", directory);
out:
    shy_free(&runs);
    shy_free(&aside);
    return st;
}

static shy_status remove_name(const char *directory, const char *name)
{
    shy_status st = SHY_OK;
    char *path = NULL;

    SHY_TRY(shy_string_format(&path, "%s/%s", directory, name));
    if (unlink(path) != 0 && errno != ENOENT) SHY_TRY(cannot(path));
out:
    shy_free(&path);
    return st;
}

/* The table first: from now on it is no sweep, until it is a new one. */
static shy_status clear_place(const char *directory, int tasks)
{
    shy_status st = SHY_OK;
    char *path = NULL;

    SHY_TRY(remove_name(directory, "tasks.tsv"));
    SHY_TRY(remove_name(directory, "submitted"));
    SHY_TRY(put_runs_aside(directory));
    for (int t = tasks; t < SHY_SWEEP_MAX; t++) {
        shy_free(&path);
        SHY_TRY(shy_sweep_path(directory, "tasks", t, ".yaml", &path));
        if (unlink(path) != 0) break;
    }
out:
    shy_free(&path);
    return st;
}

/* ---- the files ------------------------------------------------------------------------------------------------------------------ */

/* Not synced one by one, which would take minutes for thousands: the table is, after them. */
static shy_status write_plain(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) return cannot(path);
    const bool written = fputs(text, file) >= 0, closed = fclose(file) == 0;
    return written && closed ? SHY_OK : cannot(path);
}

/* The configuration with the output of this task: the line is there, as the key has a default. */
static shy_status write_task(const char *directory, int index, const shy_sweep_task *task)
{
    shy_status st = SHY_OK;
    char *path = NULL, *output = NULL, *quoted = NULL, *text = NULL, *at;
    const char *line = strstr(task->yaml, "\noutput:");

    if (line == NULL) return shy_fail(SHY_INTERNAL, "The configuration of task %d has no output.", index + 1);
    SHY_TRY(shy_sweep_path(directory, "tasks", index, ".yaml", &path));
    SHY_TRY(shy_sweep_path(directory, "runs", index, "", &output));
    SHY_TRY(shy_new(2 * strlen(output) + 1, 1, &quoted));
    at = quoted;
    for (const char *p = output; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') *at++ = '\\';
        *at++ = *p;
    }
    SHY_TRY(shy_string_format(&text, "%.*s\noutput: \"%s\"%s", (int)(line - task->yaml), task->yaml, quoted, line + 1 + strcspn(line + 1, "\n")));
    SHY_TRY(write_plain(path, text));
out:
    shy_free(&path);
    shy_free(&output);
    shy_free(&quoted);
    shy_free(&text);
    return st;
}

static shy_status add_row(const char *directory, const shy_sweep_tasks *tasks, int index, shy_lines *lines)
{
    shy_status st = SHY_OK;
    const shy_sweep_task *task = &tasks->task[index];
    char *path = NULL;

    shy_lines_add(lines, "%d\t", index + 1);
    shy_lines_cell(lines, task->name, '\t');
    for (int k = 0; k < tasks->keys; k++) shy_lines_cell(lines, task->value[k], '\t');
    SHY_TRY(shy_sweep_path(directory, "tasks", index, ".yaml", &path));
    shy_lines_cell(lines, path, '\t');
    shy_free(&path);
    SHY_TRY(shy_sweep_path(directory, "runs", index, "", &path));
    shy_lines_cell(lines, path, '\n');
out:
    shy_free(&path);
    return st;
}

static shy_status write_table(const char *directory, const shy_sweep_tasks *tasks)
{
    shy_status st = SHY_OK;
    shy_lines lines = {0};

    shy_lines_add(&lines, "task\tname\t");
    for (int k = 0; k < tasks->keys; k++) shy_lines_cell(&lines, shy_key_get(tasks->key[k])->name, '\t');
    shy_lines_add(&lines, "configuration\toutput\n");
    for (int i = 0; i < tasks->count; i++) SHY_TRY(add_row(directory, tasks, i, &lines));
    SHY_TRY(lines.status);
    SHY_TRY(shy_file_put(directory, "tasks.tsv", lines.text));
out:
    shy_lines_free(&lines);
    return st;
}

shy_status shy_sweep_write(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, const shy_sweep_place *place,
                           const char *text)
{
    shy_status st = SHY_OK;
    char *script = NULL;

    if (place->present && place->first == 0) SHY_TRY(clear_place(place->directory, tasks->count));
    SHY_TRY(make_directories(place->directory));
    for (int t = place->first; t < tasks->count; t++) SHY_TRY(write_task(place->directory, t, &tasks->task[t]));
    SHY_TRY(shy_sweep_script(sweep, tasks, needs, place, &script));
    SHY_TRY(shy_file_put(place->directory, "sweep.sbatch", script));
    SHY_TRY(shy_file_put(place->directory, "sweep.yaml", text));
    SHY_TRY(write_table(place->directory, tasks));
out:
    shy_free(&script);
    return st;
}

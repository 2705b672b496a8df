/* sweep_compare.c: the directory of a sweep, and how a sweep differs from the one that is there. */
#include "shy_config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/sweep.h"

#define WAYS "Choose another directory with -o, add what is new with --extend, or replace the sweep with --overwrite."

/* ---- the place -------------------------------------------------------------------------------------------------------------- */

shy_status shy_sweep_path(const char *directory, const char *kind, int index, const char *end, char **path_out)
{
    return shy_string_format(path_out, "%s/%s/%0*d%s", directory, kind, SHY_SWEEP_DIGITS, index + 1, end);
}

static shy_status current_directory(char **path_out)
{
    char path[4096];

    if (getcwd(path, sizeof path) == NULL) return shy_fail(SHY_IO, "The current directory cannot be found: %s.", strerror(errno));
    return shy_string_copy(path, path_out);
}

/* What a sweep that was being written leaves is no obstacle; anything else may be someone's. */
static shy_status check_foreign(const char *directory)
{
    static const char *const ours[] = {".", "..", "tasks", "runs", "sweep.sbatch", "sweep.yaml", "submitted"};
    shy_status st = SHY_OK;
    DIR *open = opendir(directory);
    const struct dirent *entry;

    if (open == NULL && errno == ENOENT) return SHY_OK;
    if (open == NULL) return shy_fail(SHY_IO, "%s: cannot be used for a sweep: %s. Choose another directory with -o.", directory, strerror(errno));
    while (st == SHY_OK && (entry = readdir(open)) != NULL) {
        bool known = entry->d_name[0] == '.';
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) known = known || strcmp(entry->d_name, ours[i]) == 0;
        if (!known) st = shy_fail(SHY_INPUT, "%s: is no sweep, and not empty (%s). Choose another directory with -o.", directory, entry->d_name);
    }
    closedir(open);
    return st;
}

shy_status shy_sweep_place_find(const char *directory, shy_sweep_place *place_out)
{
    shy_status st = SHY_OK;
    shy_sweep_place place = {0};
    char program[4096], *table = NULL;
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    if (*directory == '\0') SHY_TRY(shy_fail(SHY_INPUT, "-o: the directory has no name."));
    program[length > 0 ? length : 0] = '\0';
    SHY_TRY(shy_string_copy(length > 0 ? program : "shihyo", &place.program));
    SHY_TRY(current_directory(&place.here));
    SHY_TRY(*directory == '/' ? shy_string_copy(directory, &place.directory) : shy_string_format(&place.directory, "%s/%s", place.here, directory));
    for (size_t n = strlen(place.directory); n > 1 && place.directory[n - 1] == '/';) place.directory[--n] = '\0';
    for (const char *p = place.directory; *p != '\0'; p++)
        if (iscntrl((unsigned char)*p))
            SHY_TRY(shy_fail(SHY_INPUT, "%s: a script cannot name a directory with control characters. Choose another one with -o.", directory));
    SHY_TRY(shy_string_format(&table, "%s/tasks.tsv", place.directory));
    place.present = access(table, F_OK) == 0;
    if (!place.present) SHY_TRY(check_foreign(place.directory));
    *place_out = place, place = (shy_sweep_place){0};
out:
    shy_free(&table);
    shy_sweep_place_free(&place);
    return st;
}

void shy_sweep_place_free(shy_sweep_place *place)
{
    shy_free(&place->directory);
    shy_free(&place->here);
    shy_free(&place->program);
}

/* ---- what is there ------------------------------------------------------------------------------------------------------------- */

static shy_status read_there(const char *directory, int index, shy_config **config_out)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;
    char *path = NULL, *text = NULL;
    uint64_t length = 0;

    SHY_TRY(shy_sweep_path(directory, "tasks", index, ".yaml", &path));
    SHY_TRY(shy_config_file(path, &text, &length));
    SHY_TRY(shy_config_create(&config));
    SHY_TRY(shy_config_parse(config, path, text, length));
    *config_out = config, config = NULL;
out:
    shy_config_free(&config);
    shy_free(&path);
    shy_free(&text);
    return st;
}

static shy_status parse_task(const shy_sweep_task *task, shy_config **config_out)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;

    SHY_TRY(shy_config_create(&config));
    SHY_TRY(shy_config_parse(config, task->name, task->yaml, strlen(task->yaml)));
    *config_out = config, config = NULL;
out:
    shy_config_free(&config);
    return st;
}

/* The first key in which they differ. */
static shy_status tell_difference(const char *directory, int index, const shy_config *there, const shy_config *here)
{
    shy_status st = SHY_OK;
    char *old = NULL, *new = NULL;

    for (int key = 0; key < SHY_KEYS; key++) {
        if (key == SHY_KEY_OUTPUT) continue;
        shy_free(&old);
        shy_free(&new);
        SHY_TRY(shy_sweep_value_text(&there->value[key], &old));
        SHY_TRY(shy_sweep_value_text(&here->value[key], &new));
        if (strcmp(old, new) == 0) continue;
        SHY_TRY(shy_fail(SHY_INPUT, "%s: holds another sweep: in task %d %s is %s there, and would be %s. " WAYS, directory, index + 1,
                         shy_key_get(key)->name, *old ? old : "not given", *new ? new : "not given"));
    }
out:
    shy_free(&old);
    shy_free(&new);
    return st;
}

static shy_status compare_task(const char *directory, int index, const shy_sweep_task *task, const char *name_there)
{
    shy_status st = SHY_OK;
    shy_config *there = NULL, *here = NULL;

    SHY_TRY(read_there(directory, index, &there));
    SHY_TRY(parse_task(task, &here));
    SHY_TRY(tell_difference(directory, index, there, here));
    if (strcmp(name_there, task->name) != 0)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: holds another sweep: task %d is named \"%s\" there, and would be \"%s\". " WAYS, directory, index + 1,
                         name_there, task->name));
out:
    shy_config_free(&there);
    shy_config_free(&here);
    return st;
}

static shy_status compare_all(const char *directory, const shy_tsv *there, const shy_sweep_tasks *tasks)
{
    shy_status st = SHY_OK;

    for (int t = 0; t < tasks->count && t < there->rows; t++) SHY_TRY(compare_task(directory, t, &tasks->task[t], shy_tsv_cell(there, t, 1)));
    if (tasks->count != there->rows)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: holds another sweep: it has %d tasks, and would have %d. " WAYS, directory, there->rows, tasks->count));
out:
    return st;
}

/* ---- adding to it ---------------------------------------------------------------------------------------------------------------- */

static void join_keys(const shy_tsv *there, const shy_sweep_tasks *tasks, shy_sweep_tasks *all)
{
    for (int c = 0; c < there->columns + tasks->keys; c++) {
        const int key = c < there->columns ? shy_key_find(shy_tsv_cell(there, -1, c)) : tasks->key[c - there->columns];
        bool known = key < 0;
        for (int k = 0; !known && k < all->keys; k++) known = all->key[k] == key;
        if (!known) all->key[all->keys++] = key;
    }
}

static bool is_there(const shy_sweep_tasks *all, int count, const char *yaml, const uint64_t *hash)
{
    const uint64_t mine = shy_hash_bytes(yaml, strlen(yaml), 1);

    for (int t = 0; t < count; t++)
        if (hash[t] == mine && strcmp(all->task[t].yaml, yaml) == 0) return true;
    return false;
}

static shy_status add_old(const shy_sweep *sweep, const char *directory, const shy_tsv *there, shy_sweep_tasks *all, uint64_t *hash)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;

    for (int t = 0; t < there->rows; t++) {
        all->count++;
        shy_config_free(&config);
        SHY_TRY(read_there(directory, t, &config));
        SHY_TRY(shy_string_copy(shy_tsv_cell(there, t, 1), &all->task[t].name));
        SHY_TRY(shy_sweep_fill(sweep, all, t, config, &all->task[t]));
        hash[t] = shy_hash_bytes(all->task[t].yaml, strlen(all->task[t].yaml), 1);
    }
out:
    shy_config_free(&config);
    return st;
}

static shy_status add_new(const shy_sweep *sweep, const shy_sweep_tasks *tasks, int old, const uint64_t *hash, shy_sweep_tasks *all)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;

    for (int t = 0; t < tasks->count; t++) {
        if (is_there(all, old, tasks->task[t].yaml, hash)) continue;
        if (all->count == SHY_SWEEP_MAX)
            SHY_TRY(shy_fail(SHY_INPUT, "%s: with what is there this gives more than %d tasks. Make another sweep.", sweep->path, SHY_SWEEP_MAX));
        shy_config_free(&config);
        SHY_TRY(parse_task(&tasks->task[t], &config));
        all->count++;
        SHY_TRY(shy_sweep_fill(sweep, all, all->count - 1, config, &all->task[all->count - 1]));
    }
out:
    shy_config_free(&config);
    return st;
}

static shy_status extend_tasks(const shy_sweep *sweep, const char *directory, const shy_tsv *there, shy_sweep_tasks *tasks)
{
    shy_status st = SHY_OK;
    shy_sweep_tasks all = {0};
    uint64_t *hash = NULL;
    const size_t most = (size_t)there->rows + (size_t)tasks->count;

    join_keys(there, tasks, &all);
    SHY_TRY(shy_new(most, sizeof *all.task, &all.task));
    SHY_TRY(shy_new(most, sizeof *hash, &hash));
    SHY_TRY(add_old(sweep, directory, there, &all, hash));
    SHY_TRY(add_new(sweep, tasks, there->rows, hash, &all));
    SHY_TRY(shy_sweep_check(sweep, &all));
    shy_sweep_tasks_free(tasks);
    *tasks = all, all = (shy_sweep_tasks){0};
out:
    shy_sweep_tasks_free(&all);
    shy_free(&hash);
    return st;
}

shy_status shy_sweep_compare(const shy_sweep *sweep, bool extend, shy_sweep_place *place, shy_sweep_tasks *tasks)
{
    shy_status st = SHY_OK;
    shy_tsv there = {0};
    char *path = NULL;

    place->first = 0;
    if (!place->present) return SHY_OK;
    SHY_TRY(shy_string_format(&path, "%s/tasks.tsv", place->directory));
    SHY_TRY(shy_tsv_read(path, &there));
    if (there.columns < 4) SHY_TRY(shy_fail(SHY_INPUT, "%s: is not the table of a sweep. Choose another directory with -o.", path));
    SHY_TRY(extend ? extend_tasks(sweep, place->directory, &there, tasks) : compare_all(place->directory, &there, tasks));
    place->first = there.rows;
out:
    shy_tsv_free(&there);
    shy_free(&path);
    return st;
}

/* cmd_collect.c: `shihyo collect`: what a sweep has found so far, and what is left to do. */
#include "shy_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/collect.h"
#include "app/commands.h"
#include "app/help.h"
#include "app/lines.h"
#include "app/usage.h"

#define NOT_ALL_DONE 10 /* exit status with --strict */

enum { JSON = 1, STRICT };

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'}, {"json", no_argument, NULL, JSON}, {"strict", no_argument, NULL, STRICT},
    {"quiet", no_argument, NULL, 'q'},        {"help", no_argument, NULL, 'h'},  {0},
};

typedef struct {
    const char *directory, *output;
    bool json, strict, quiet, help;
} command;

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    do {
        SHY_TRY(shy_usage_next(argc, argv, "o:qh", options, &option));
        switch (option) {
        case 'o': c->output = optarg; break;
        case JSON: c->json = true; break;
        case STRICT: c->strict = true; break;
        case 'q': c->quiet = true; break;
        case 'h': c->help = true; return SHY_OK;
        default: break;
        }
    } while (option != -1);
    if (optind + 1 != argc)
        SHY_TRY(shy_fail(SHY_USAGE, "collect takes the directory of one sweep, as in `shihyo collect sweep/`; %d were given.", argc - optind));
    for (char *end = argv[optind] + strlen(argv[optind]); end > argv[optind] + 1 && end[-1] == '/';) *--end = '\0';
    c->directory = argv[optind];
out:
    return st;
}

/* ---- what is left ---------------------------------------------------------------------------------------------------------------- */

static bool is_left(const shy_collect_task *task)
{
    return task->state != SHY_TASK_DONE && task->state != SHY_TASK_RUNNING;
}

/* "3,7-9" */
static int list_left(const shy_collection *c, shy_lines *lines)
{
    int left = 0;

    for (int t = 0; t < c->table.rows; t++) {
        int end = t;
        if (!is_left(&c->task[t])) continue;
        while (end + 1 < c->table.rows && is_left(&c->task[end + 1])) end++;
        shy_lines_add(lines, "%s%d", left > 0 ? "," : "", t + 1);
        if (end > t) shy_lines_add(lines, "%s%d", end > t + 1 ? "-" : ",", end + 1);
        left += end - t + 1;
        t = end;
    }
    return left;
}

/* How many at a time, as the script says: "%3" of --array=1-6%3. */
static void add_limit(const char *script, shy_lines *lines)
{
    char line[256];
    FILE *file = fopen(script, "r");
    int limit = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "#SBATCH --array=%*[0-9-]%%%d", &limit) == 1) break;
    if (file != NULL) fclose(file);
    if (limit > 0) shy_lines_add(lines, "%%%d", limit);
}

static shy_status tell_resubmit(shy_collection *c)
{
    shy_status st = SHY_OK;
    shy_lines line = {0};
    char *script = NULL, *word = NULL;

    SHY_TRY(shy_string_format(&script, "%s/sweep.sbatch", c->directory));
    SHY_TRY(shy_shell_word(script, &word));
    shy_lines_add(&line, "sbatch --array=");
    if (list_left(c, &line) == 0) goto out;
    add_limit(script, &line);
    shy_lines_add(&line, " %s", word);
    SHY_TRY(line.status);
    c->resubmit = line.text, line.text = NULL;
out:
    shy_lines_free(&line);
    shy_free(&script);
    shy_free(&word);
    return st;
}

/* Results that cannot be read would be taken for complete ones. */
static shy_status tell_remove(shy_collection *c)
{
    shy_status st = SHY_OK;
    shy_lines line = {0};
    char *path = NULL, *word = NULL;

    shy_lines_add(&line, "rm -r");
    for (int t = 0; t < c->table.rows; t++) {
        if (c->task[t].state != SHY_TASK_DAMAGED) continue;
        shy_free(&path);
        shy_free(&word);
        SHY_TRY(shy_sweep_path(c->directory, "runs", t, "", &path));
        SHY_TRY(shy_shell_word(path, &word));
        shy_lines_add(&line, " %s", word);
    }
    SHY_TRY(line.status);
    if (path != NULL) c->remove = line.text, line.text = NULL;
out:
    shy_lines_free(&line);
    shy_free(&path);
    shy_free(&word);
    return st;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static shy_status read_table(shy_collection *c)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    struct stat info;

    SHY_TRY(shy_string_format(&path, "%s/tasks.tsv", c->directory));
    if (stat(path, &info) != 0)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: is no sweep: it has no tasks.tsv. Give the directory that `shihyo sweep` wrote.", c->directory));
    SHY_TRY(shy_tsv_read(path, &c->table));
    if (c->table.columns < 4 || shy_tsv_column(&c->table, "task") != 0 || shy_tsv_column(&c->table, "name") != 1)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: is not the table of a sweep.", path));
    SHY_TRY(shy_new((size_t)c->table.rows, sizeof *c->task, &c->task));
out:
    shy_free(&path);
    return st;
}

shy_status shy_collect(const char *directory, shy_collection *collection_out)
{
    shy_status st = SHY_OK;
    shy_collection c = {.directory = directory};

    SHY_TRY(read_table(&c));
    for (int t = 0; t < c.table.rows; t++) {
        SHY_TRY(shy_collect_task_read(&c, t));
        c.count[c.task[t].state]++;
    }
    SHY_TRY(shy_collect_join(&c));
    SHY_TRY(tell_resubmit(&c));
    SHY_TRY(tell_remove(&c));
    *collection_out = c, c = (shy_collection){0};
out:
    shy_collection_free(&c);
    return st;
}

void shy_collection_free(shy_collection *c)
{
    for (int t = 0; c->task != NULL && t < c->table.rows; t++) shy_free(&c->task[t].detail), shy_free(&c->task[t].asked);
    for (int s = 0; s < c->searches; s++) shy_collect_search_free(&c->search[s]);
    for (int g = 0; g < c->groups; g++) {
        shy_free(&c->group[g].why);
        for (int m = 0; m < SHY_METRICS_MAX; m++) shy_free(&c->group[g].front[m].place);
    }
    shy_free(&c->task);
    shy_free(&c->search);
    shy_free(&c->group);
    shy_tsv_free(&c->table);
    shy_free(&c->resubmit);
    shy_free(&c->remove);
}

static shy_status print_json(const char *directory)
{
    shy_status st = SHY_OK;
    char *path = NULL, bytes[4096];
    size_t got;
    FILE *file = NULL;

    SHY_TRY(shy_string_format(&path, "%s/collected.json", directory));
    file = fopen(path, "r");
    if (file == NULL) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be read: %s.", path, strerror(errno)));
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0) fwrite(bytes, 1, got, stdout);
    fclose(file);
out:
    shy_free(&path);
    return st;
}

static shy_status run(const command *c, shy_collection *collection)
{
    shy_status st = SHY_OK;
    const char *output = c->output ? c->output : c->directory;

    SHY_TRY(shy_collect(c->directory, collection));
    if (c->output != NULL && mkdir(output, 0777) != 0 && errno != EEXIST)
        SHY_TRY(shy_fail(SHY_IO, "%s: cannot be made: %s. Choose another directory with -o.", output, strerror(errno)));
    SHY_TRY(shy_collect_write(collection, output));
    if (c->json) SHY_TRY(print_json(output));
    else if (!c->quiet) SHY_TRY(shy_collect_print(collection, stdout));
out:
    return st;
}

int shy_cmd_collect(int argc, char **argv)
{
    shy_status st = SHY_OK;
    command c = {0};
    shy_collection collection = {0};
    int status;

    SHY_TRY(read_command(argc, argv, &c));
    if (c.help) shy_help_command("collect", stdout);
    else st = run(&c, &collection);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    status = st == SHY_OK && c.strict && collection.count[SHY_TASK_DONE] < collection.table.rows ? NOT_ALL_DONE : (int)st;
    shy_collection_free(&collection);
    return status;
}

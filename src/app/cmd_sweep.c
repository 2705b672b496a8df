/* cmd_sweep.c: `shihyo sweep`: one file that says what varies becomes the tasks of a job array. */
#include "shy_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/sweep.h"
#include "app/usage.h"
#include "shihyo/report.h"

enum { SET = 1, PLAN, SUBMIT, EXTEND, OVERWRITE };

static const struct option options[] = {
    {"set", required_argument, NULL, SET},
    {"output", required_argument, NULL, 'o'},
    {"plan", no_argument, NULL, PLAN},
    {"submit", no_argument, NULL, SUBMIT},
    {"extend", no_argument, NULL, EXTEND},
    {"overwrite", no_argument, NULL, OVERWRITE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

typedef struct {
    const char *file, *output;
    const char **set;
    int set_count;
    bool plan, submit, extend, overwrite, quiet, help;
} command;

typedef struct {
    const command *command;
    shy_team *team;
    char *text, *directory;
    shy_sweep sweep;
    shy_sweep_tasks tasks;
    shy_sweep_needs needs;
    shy_sweep_place place;
} session;

static shy_status read_command(int argc, char **argv, const char **set, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    c->set = set;
    do {
        SHY_TRY(shy_usage_next(argc, argv, "o:qh", options, &option));
        switch (option) {
        case SET: set[c->set_count++] = optarg; break;
        case PLAN: c->plan = true; break;
        case SUBMIT: c->submit = true; break;
        case EXTEND: c->extend = true; break;
        case OVERWRITE: c->overwrite = true; break;
        case 'o': c->output = optarg; break;
        case 'q': c->quiet = true; break;
        case 'h': c->help = true; return SHY_OK;
        default: break;
        }
    } while (option != -1);
    if (optind + 1 != argc) SHY_TRY(shy_fail(SHY_USAGE, "sweep takes one file, as in `shihyo sweep sweep.yaml`; %d were given.", argc - optind));
    if (c->extend && c->overwrite)
        SHY_TRY(shy_fail(SHY_USAGE, "--extend keeps the sweep that is there and --overwrite replaces it; give one of them."));
    if (c->plan && c->submit) SHY_TRY(shy_fail(SHY_USAGE, "--plan writes nothing, so that --submit has nothing to submit; give one of them."));
    c->file = argv[optind];
out:
    return st;
}

/* ---- before the plan, every rank for itself ------------------------------------------------------------------------------------- */

/* "study/sweep.yaml" → "sweep". */
static shy_status default_directory(const char *file, char **directory_out)
{
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file, *dot = strrchr(name, '.');
    const int length = (int)(dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name));

    return shy_string_format(directory_out, "%.*s%s", length, name, dot != NULL && dot > name ? "" : ".sweep");
}

static shy_status prepare(session *s)
{
    shy_status st = SHY_OK;
    const command *c = s->command;
    uint64_t length = 0;

    SHY_TRY(shy_config_file(c->file, &s->text, &length));
    SHY_TRY(shy_sweep_read(c->file, s->text, length, c->set, c->set_count, &s->sweep));
    SHY_TRY(shy_sweep_expand(&s->sweep, &s->tasks));
    SHY_TRY(c->output ? shy_string_copy(c->output, &s->directory) : default_directory(c->file, &s->directory));
    SHY_TRY(shy_sweep_place_find(s->directory, &s->place));
    if (!c->plan && !c->overwrite) SHY_TRY(shy_sweep_compare(&s->sweep, c->extend, &s->place, &s->tasks));
out:
    return st;
}

/* ---- after it, rank 0 ------------------------------------------------------------------------------------------------------------ */

static void print_written(const session *s)
{
    const int count = s->tasks.count, first = s->place.first;
    const char *directory = s->directory;

    if (first == count) printf("%s: holds these %d tasks already; nothing was changed.\n", directory, count);
    else if (first > 0) printf("\n%s: %d task%s more, %d to %d.\n", directory, count - first, count - first == 1 ? "" : "s", first + 1, count);
    else printf("\n%s: %d task%s, in tasks.tsv.\n", directory, count, count == 1 ? "" : "s");
    if (count > 1000 && first < count)
        printf("Slurm refuses numbers of tasks from MaxArraySize on, by default 1001; `scontrol show config` tells it.\n");
}

static shy_status write_sweep(session *s)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_sweep_write(&s->sweep, &s->tasks, &s->needs, &s->place, s->text));
    if (!s->command->quiet) SHY_TRY(shy_sweep_print(&s->sweep, &s->tasks, &s->needs, stdout));
    if (!s->command->quiet) print_written(s);
out:
    return st;
}

static shy_status run(session *s)
{
    shy_status st = SHY_OK;
    const bool first = s->team->rank == 0;

    SHY_TRY_ALL(s->team, prepare(s));
    if (s->place.present && !s->command->plan && s->place.first == s->tasks.count) {
        if (first && !s->command->quiet) print_written(s);
        goto out;
    }
    SHY_TRY(shy_sweep_plan(&s->sweep, &s->tasks, first && !s->command->quiet, &s->needs));
    if (s->command->plan) SHY_TRY_ALL(s->team, first ? shy_sweep_print(&s->sweep, &s->tasks, &s->needs, stdout) : SHY_OK);
    else SHY_TRY_ALL(s->team, first ? write_sweep(s) : SHY_OK);
out:
    return st;
}

/* ---- to Slurm, after MPI has ended: its processes are better not forked --------------------------------------------------------------- */

/* The first line of what sbatch prints: with --parsable "JOB" or "JOB;CLUSTER". */
static shy_status call_sbatch(const char *line, char *job, size_t size)
{
    FILE *pipe = popen(line, "r");
    char rest[256];

    if (pipe == NULL) return shy_fail(SHY_IO, "sbatch cannot be started: %s.", strerror(errno));
    if (fgets(job, (int)size, pipe) == NULL) *job = '\0';
    while (fgets(rest, sizeof rest, pipe) != NULL) continue;
    const int status = pclose(pipe);
    job[strcspn(job, ";\n")] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return shy_fail(
            SHY_INPUT,
            "There is no sbatch here, so nothing was submitted. The sweep is written: call `%s` where Slurm is, or run single tasks with sh.", line);
    if (status != 0 || *job == '\0')
        return shy_fail(SHY_INPUT, "sbatch has refused the sweep, which is written; see its message above. The command was `%s`.", line);
    return SHY_OK;
}

static shy_status note_submitted(const char *directory, const char *job, int first, int last)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    FILE *file = NULL;

    SHY_TRY(shy_string_format(&path, "%s/submitted", directory));
    file = fopen(path, "a");
    if (file != NULL) fprintf(file, "%s\t%d-%d\n", job, first, last);
    if (file == NULL || fclose(file) != 0) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be written: %s. Job %s is submitted.", path, strerror(errno), job));
out:
    shy_free(&path);
    return st;
}

/* A second submission of the same tasks would run them twice at the same time. */
static shy_status check_submitted(const session *s)
{
    shy_status st = SHY_OK;
    char *path = NULL;

    SHY_TRY(shy_string_format(&path, "%s/submitted", s->place.directory));
    if (s->place.first == s->tasks.count && access(path, F_OK) == 0)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: was submitted already (%s has the jobs). `shihyo collect %s` says what is left, and how to submit that.",
                         s->directory, path, s->directory));
out:
    shy_free(&path);
    return st;
}

/* The command that collects, as one word of another one. Owned. */
static shy_status collect_words(const shy_sweep_place *place, char **words_out)
{
    shy_status st = SHY_OK;
    char *program = NULL, *directory = NULL, *line = NULL;

    SHY_TRY(shy_shell_word(place->program, &program));
    SHY_TRY(shy_shell_word(place->directory, &directory));
    SHY_TRY(shy_string_format(&line, "%s collect %s", program, directory));
    SHY_TRY(shy_shell_word(line, words_out));
out:
    shy_free(&program);
    shy_free(&directory);
    shy_free(&line);
    return st;
}

static shy_status submit(const session *s)
{
    shy_status st = SHY_OK;
    char job[128], tasks[64] = "", limit[16] = "", *script = NULL, *word = NULL, *line = NULL, *collect = NULL;
    const int first = s->place.first < s->tasks.count ? s->place.first + 1 : 1;

    SHY_TRY(check_submitted(s));
    SHY_TRY(shy_string_format(&script, "%s/sweep.sbatch", s->place.directory));
    SHY_TRY(shy_shell_word(script, &word));
    if (s->sweep.job.limit > 0) snprintf(limit, sizeof limit, "%%%d", s->sweep.job.limit);
    if (first > 1) snprintf(tasks, sizeof tasks, " --array=%d-%d%s", first, s->tasks.count, limit);
    SHY_TRY(shy_string_format(&line, "sbatch --parsable%s %s", tasks, word));
    SHY_TRY(call_sbatch(line, job, sizeof job));
    SHY_TRY(note_submitted(s->place.directory, job, first, s->tasks.count));
    SHY_TRY(collect_words(&s->place, &collect));
    printf("Submitted: job %s, tasks %d to %d. To have it collected when all have ended (by hand it can be at any time):\n"
           "  sbatch --dependency=afterany:%s --job-name=collect --wrap=%s\n",
           job, first, s->tasks.count, job, collect);
out:
    shy_free(&script);
    shy_free(&word);
    shy_free(&line);
    shy_free(&collect);
    return st;
}

static void session_free(session *s)
{
    shy_sweep_tasks_free(&s->tasks);
    shy_sweep_place_free(&s->place);
    shy_sweep_free(&s->sweep);
    shy_free(&s->directory);
    shy_free(&s->text);
}

int shy_cmd_sweep(int argc, char **argv)
{
    shy_status st = SHY_OK;
    command c = {0};
    session s = {.command = &c};
    const char **set = NULL;
    bool first = true;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_new((size_t)argc, sizeof *set, &set));
    SHY_TRY(read_command(argc, argv, set, &c));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &s.team));
    first = s.team->rank == 0;
    if (!c.help) st = run(&s);
    else if (first) shy_help_command("sweep", stdout);
    shy_team_destroy(&s.team);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    shy_par_stop();
    if (st == SHY_OK && c.submit && !c.help && first && (st = submit(&s)) != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    session_free(&s);
    shy_free(&set);
    return (int)st;
}

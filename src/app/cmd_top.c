/* cmd_top.c: `shihyo top`: a live look at runs, from any machine that sees their directories. Only reads files. */
#include "shy_config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/progress.h"
#include "app/top.h"
#include "app/usage.h"

enum { ONCE = 1, JSON };
#define INTERVAL_DEFAULT 2.0
#define INTERVAL_MOST 86400.0

static const struct option options[] = {
    {"once", no_argument, NULL, ONCE}, {"interval", required_argument, NULL, 'i'}, {"json", no_argument, NULL, JSON}, {"help", no_argument, NULL, 'h'}, {0},
};

typedef struct {
    bool once, json, help;
    double interval;
    shy_run_view *run;
    size_t count, room;
    size_t common; /* bytes of their names that all share: the directory of a sweep */
} top;

static shy_status read_interval(const char *text, double *interval_out)
{
    double value;

    if (!shy_text_number(text, &value) || value < 0.1 || value > INTERVAL_MOST)
        return shy_fail(SHY_USAGE, "--interval is \"%s\"; it takes seconds, a number from 0.1 to 86400.", text);
    *interval_out = value;
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, top *t)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    for (;;) {
        SHY_TRY(shy_usage_next(argc, argv, "i:h", options, &option));
        if (option == -1) break;
        if (option == ONCE) t->once = true;
        if (option == JSON) t->json = true;
        if (option == 'h') t->help = true;
        if (option == 'i') SHY_TRY(read_interval(optarg, &t->interval));
    }
    if (optind == argc && !t->help) SHY_TRY(shy_fail(SHY_USAGE, "top takes directories of runs or of a sweep, as in `shihyo top out/`."));
out:
    return st;
}

/* ---- which runs ---------------------------------------------------------------------------------------------------------------- */

static shy_status add_run(top *t, const char *directory)
{
    shy_status st = SHY_OK;

    if (t->count == t->room) {
        const size_t room = t->room == 0 ? 16 : 2 * t->room;
        SHY_TRY(shy_grow(room, sizeof *t->run, &t->run));
        t->room = room;
    }
    t->run[t->count] = (shy_run_view){0};
    SHY_TRY(shy_string_copy(directory, &t->run[t->count].directory));
    t->count++;
out:
    return st;
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int by_number(const void *a, const void *b)
{
    return strverscmp(((const shy_run_view *)a)->directory, ((const shy_run_view *)b)->directory);
}

/* Of a sweep: whatever lies below runs/, in the order of the names. */
static shy_status add_sweep(top *t, const char *runs)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    const size_t first = t->count;
    DIR *listing = opendir(runs);

    if (listing == NULL) return shy_fail(SHY_IO, "%s: cannot be read.", runs);
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (entry->d_name[0] == '.') continue;
        shy_free(&path);
        SHY_TRY(shy_string_format(&path, "%s/%s", runs, entry->d_name));
        if (is_directory(path)) SHY_TRY(add_run(t, path));
    }
    if (t->count > first) qsort(t->run + first, t->count - first, sizeof *t->run, by_number);
    if (first == 0) t->common = strlen(runs) + 1;
out:
    closedir(listing);
    shy_free(&path);
    return st;
}

static shy_status add_target(top *t, char *path)
{
    shy_status st = SHY_OK;
    char *runs = NULL;

    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/';) path[--length] = '\0';
    SHY_TRY(shy_string_format(&runs, "%s/runs", path));
    if (!is_directory(path))
        SHY_TRY(shy_fail(SHY_IO, "%s: there is no such directory. Give the output directory of a run, or the directory of a sweep; a job that waits in the queue makes "
                                 "its directory when it starts.", path));
    if (access(path, R_OK | X_OK) != 0) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be looked into: %s. Ask its owner.", path, strerror(errno)));
    SHY_TRY(is_directory(runs) ? add_sweep(t, runs) : add_run(t, path));
out:
    shy_free(&runs);
    return st;
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------ */

static bool look(top *t)
{
    struct timespec now;
    bool over = true;

    clock_gettime(CLOCK_REALTIME, &now);
    for (size_t i = 0; i < t->count; i++) {
        shy_run_view_read(&t->run[i], (double)now.tv_sec + (double)now.tv_nsec / 1e9);
        over = over && shy_top_is_over(t->run[i].standing);
    }
    return over;
}

static shy_status print(const top *t, FILE *stream)
{
    for (size_t i = 0; t->json && i < t->count; i++) shy_top_print_json(&t->run[i], stream);
    if (t->json) return SHY_OK;
    if (t->count != 1) return shy_top_print_table(t->run, t->count, t->common, stream);
    shy_top_print(&t->run[0], stream);
    return SHY_OK;
}

/* The picture over the one before, cut to the screen: whatever is longer would scroll it away. Returns the lines drawn. */
static int draw(char *text, int before)
{
    struct winsize size = {0};
    int lines = 0;

    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    const int columns = size.ws_col > 0 ? size.ws_col : 80, rows = size.ws_row > 0 ? size.ws_row : 24;
    if (before > 0) printf("\033[%dA", before);
    for (char *line = text, *end; lines < rows - 1 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        const size_t length = strlen(line);
        shy_meter_cut(line, columns - 1);
        end = line + length; /* cutting has moved the end of the text, not the line's */
        printf("\r%s\033[K\n", line);
        lines++;
    }
    printf("\033[J");
    fflush(stdout);
    return lines;
}

static shy_status redraw(top *t)
{
    shy_status st = SHY_OK;
    enum { ROOM = 1 << 18 };
    char *text = NULL;
    int lines = 0;
    const struct timespec pause = {(time_t)t->interval, (long)((t->interval - (double)(time_t)t->interval) * 1e9)};

    SHY_TRY(shy_new(ROOM, 1, &text));
    for (bool over = false; !over;) {
        over = look(t);
        FILE *page = fmemopen(text, ROOM - 1, "w");
        if (page == NULL) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to draw."));
        st = print(t, page);
        fclose(page);
        if (st != SHY_OK) goto out;
        lines = draw(text, lines);
        if (!over) nanosleep(&pause, NULL);
    }
out:
    shy_free(&text);
    return st;
}

static shy_status show(top *t, int argc, char **argv)
{
    shy_status st = SHY_OK;
    bool any = false;

    for (int i = optind; i < argc; i++) SHY_TRY(add_target(t, argv[i]));
    if (argc - optind > 1) t->common = 0; /* what is left out of the names is that of one sweep */
    look(t);
    for (size_t i = 0; i < t->count; i++) any = any || t->run[i].standing != SHY_SEEN_NONE;
    if (!t->once && !t->json && isatty(STDOUT_FILENO)) return redraw(t);
    SHY_TRY(print(t, stdout));
    if (!any) SHY_TRY(shy_fail(SHY_IO, "%s: there is nothing of a run in it. Give the output directory of a run, or the directory of a sweep.", argv[optind]));
out:
    return st;
}

int shy_cmd_top(int argc, char **argv)
{
    top t = {.interval = INTERVAL_DEFAULT};
    shy_status st = read_command(argc, argv, &t);

    if (st == SHY_OK && t.help) shy_help_command("top", stdout);
    else if (st == SHY_OK) st = show(&t, argc, argv);
    for (size_t i = 0; i < t.count; i++) shy_free(&t.run[i].directory);
    shy_free(&t.run);
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    return (int)st;
}

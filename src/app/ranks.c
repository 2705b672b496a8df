/* ranks.c: what a rank finds out about its surroundings: launcher, terminal, memory, processor. */
#include "shy_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/ranks.h"

#define COLUMNS_DEFAULT 80

/* Rank 0 of a launcher has this variable too; a job script, which is not a rank, has not. */
static const char *const size_variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "MPI_LOCALNRANKS"};

static int first_integer(const char *const *variables, size_t count)
{
    int64_t value;

    for (size_t i = 0; i < count; i++) {
        const char *text = getenv(variables[i]);
        if (text != NULL && shy_text_integer(text, &value) && value > 0 && value < 1 << 30) return (int)value;
    }
    return 0;
}

bool shy_ranks_launched(void)
{
    if (first_integer(size_variables, sizeof size_variables / sizeof *size_variables) > 1) return true;
    /* srun tells the size of the step only as a number of tasks, which a job script may see as well: PMI is in ranks only. */
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    const bool is_rank = getenv("PMIX_RANK") != NULL || getenv("PMI_RANK") != NULL;
    return is_rank && tasks != NULL && strcmp(tasks, "1") != 0;
}

/* The number in the first line of `path` that starts with `label`, times `unit`; 0 if there is none. */
static uint64_t number_in_file(const char *path, const char *label, uint64_t unit)
{
    char line[256];
    uint64_t value = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL) return 0;
    while (value == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, label, strlen(label)) == 0) value = strtoull(line + strlen(label), NULL, 10) * unit;
    fclose(file);
    return value;
}

static int columns_of(int fd)
{
    struct winsize size;

    if (!isatty(fd)) return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

static bool is_launcher(pid_t process)
{
    static const char *const names[] = {"orterun", "mpirun", "prterun", "prte", "hydra_pmi_proxy", "mpiexec.hydra", "mpiexec"};
    char path[64], target[256];

    snprintf(path, sizeof path, "/proc/%ld/exe", (long)process);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0) return false;
    target[length] = '\0';
    const char *name = strrchr(target, '/') == NULL ? target : strrchr(target, '/') + 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static int columns_of_process(pid_t process)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)process);
    const int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return 0;
    const int columns = columns_of(fd);
    close(fd);
    return columns;
}

static pid_t parent_of(pid_t process)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
    return (pid_t)number_in_file(path, "PPid:", 1);
}

/*
 * mpirun reads what its ranks say through pipes and writes it to its own output, so the terminal, if any, is the parent's;
 * with Hydra the grandparent's, since a proxy stands between them. srun is no ancestor: it may be on another node.
 */
int shy_ranks_terminal(void)
{
    const char *term = getenv("TERM");

    if (term == NULL || strcmp(term, "dumb") == 0) return 0;
    int columns = columns_of(STDERR_FILENO);
    if (first_integer(size_variables, sizeof size_variables / sizeof *size_variables) == 0) return columns;
    pid_t process = getppid();
    for (int up = 0; up < 3 && columns == 0 && is_launcher(process); up++, process = parent_of(process))
        columns = columns_of_process(process);
    return columns;
}

static void processor(char *text, size_t size)
{
    char line[256];
    struct utsname name;
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(text, size, "%s", uname(&name) == 0 ? name.machine : "unknown processor");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, size, "%s", colon + 1 + strspn(colon + 1, " "));
        break;
    }
    if (file != NULL) fclose(file);
}

void shy_ranks_hardware(char *text, size_t size)
{
    char name[128];
    uint64_t memory = number_in_file("/proc/meminfo", "MemTotal:", 1024);

    processor(name, sizeof name);
    snprintf(text, size, "%s, %ld cores, %.0f GiB (the node of rank 0)", name, sysconf(_SC_NPROCESSORS_ONLN),
             (double)memory / 0x1p30);
}

/* budget.c: how much memory a rank may use: what is free on its node, what its control group and Slurm allow. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/budget.h"

enum { PATH_ROOM = 4096 };

/* The number in the first line of `path` that starts with `label`, times `unit`; UINT64_MAX if there is none ("max"). */
static uint64_t number_in_file(const char *path, const char *label, uint64_t unit)
{
    char line[256];
    uint64_t value = UINT64_MAX;
    FILE *file = fopen(path, "r");

    if (file == NULL) return UINT64_MAX;
    while (value == UINT64_MAX && fgets(line, sizeof line, file) != NULL) {
        char *end = NULL;
        if (strncmp(line, label, strlen(label)) != 0) continue;
        const unsigned long long number = strtoull(line + strlen(label), &end, 10);
        if (end != line + strlen(label)) value = number * unit;
    }
    (void)fclose(file);
    return value;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- control groups ------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *limit, *used, *cache; /* files; and the line of memory.stat that says what of it is given back when it is needed */
} group_files;

static const group_files version1 = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "};
static const group_files version2 = {"memory.max", "memory.current", "inactive_file "};

/* What a group leaves: pages of files that were read and are not in use count as free. */
static uint64_t left_in_group(const char *directory, const group_files *files)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/%s", directory, files->limit);
    const uint64_t limit = number_in_file(path, "", 1);
    if (limit >= (uint64_t)1 << 62) return UINT64_MAX; /* none; version 1 writes a very large number */
    snprintf(path, sizeof path, "%s/%s", directory, files->used);
    uint64_t used = number_in_file(path, "", 1);
    snprintf(path, sizeof path, "%s/memory.stat", directory);
    const uint64_t cache = number_in_file(path, files->cache, 1);
    if (used == UINT64_MAX) used = 0;
    if (cache != UINT64_MAX) used -= smaller(cache, used);
    return limit - smaller(used, limit);
}

/* The group and those that it lies in, up to the mount: what is the least that one of them leaves. `name` is cut short. */
static uint64_t left_in_groups(const char *mount, char *name, const group_files *files)
{
    char directory[PATH_ROOM];
    uint64_t least = UINT64_MAX;

    for (;;) {
        char *slash = strrchr(name, '/');
        snprintf(directory, sizeof directory, "%s%s", mount, name);
        least = smaller(least, left_in_group(directory, files));
        if (slash == NULL) return least;
        *slash = '\0';
    }
}

/* /proc/self/cgroup has lines "number:controllers:/path"; version 2: "0::/path". In a container the path may lead nowhere, and the mount is the group. */
static uint64_t left_by_groups(const char *root)
{
    char path[PATH_ROOM], mount[PATH_ROOM], line[PATH_ROOM];
    uint64_t least = UINT64_MAX;

    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
    least = left_in_group(mount, &version2);
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *name = controllers ? strchr(controllers + 1, ':') : NULL;
        if (name == NULL) continue;
        *name++ = '\0', controllers++;
        const bool first = strcmp(controllers, "memory") == 0, second = *controllers == '\0';
        if (!first && !second) continue;
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, first ? "/memory" : "");
        least = smaller(least, left_in_groups(mount, name, first ? &version1 : &version2));
    }
    if (file != NULL) (void)fclose(file);
    return least;
}

/* ---- Slurm ------------------------------------------------------------------------------------------------------------- */

/* Mebibytes, or UINT64_MAX: 0 stands for all of the node. */
static uint64_t mebibytes_of(const char *variable)
{
    int64_t value;
    const char *text = getenv(variable);

    if (text == NULL || !shy_text_integer(text, &value) || value <= 0 || value >= INT64_C(1) << 40) return UINT64_MAX;
    return (uint64_t)value << 20;
}

/* Of this job on one node; also where no control group enforces it, since then Slurm kills what takes more. */
static uint64_t allowed_by_slurm(void)
{
    int64_t processors;
    const char *text = getenv("SLURM_CPUS_ON_NODE");
    const uint64_t node = mebibytes_of("SLURM_MEM_PER_NODE"), each = mebibytes_of("SLURM_MEM_PER_CPU");

    if (getenv("SLURM_JOB_ID") == NULL) return UINT64_MAX;
    if (node != UINT64_MAX || each == UINT64_MAX) return node;
    if (text == NULL || !shy_text_integer(text, &processors) || processors < 1 || processors > 1 << 20) return UINT64_MAX;
    return each * (uint64_t)processors;
}

/* ---- the share of a rank -------------------------------------------------------------------------------------------------- */

/*
 * An eighth is left to the operating system and to what else runs there. What the ranks hold already is not free any more, but theirs: without it the default
 * would be less than seven eighths of what a job was given.
 */
uint64_t shy_budget_memory(const char *root, int neighbours)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    uint64_t available = number_in_file(path, "MemAvailable:", 1024);
    if (available == UINT64_MAX) available = (uint64_t)2 << 30;
    snprintf(path, sizeof path, "%s/proc/self/status", root);
    const uint64_t ranks = neighbours > 0 ? (uint64_t)neighbours : 1, held = number_in_file(path, "RssAnon:", 1024);
    available = smaller(available, left_by_groups(root));
    if (held != UINT64_MAX) available += ranks * held;
    return smaller(available, allowed_by_slurm()) / 8 * 7 / ranks;
}

/* ---- libraries ------------------------------------------------------------------------------------------------------------ */

/*
 * A rank that has done nothing holds the code and data of MPI, PETSc, HDF5 and the BLAS; what they add when they are first used is 15 to 20 MiB (measured).
 * In steps, so that the same run is planned alike the next time.
 */
#define LIBRARIES_GROW ((uint64_t)20 << 20)
#define LIBRARIES_STEP ((uint64_t)16 << 20)

uint64_t shy_budget_libraries(void)
{
    static uint64_t peak; /* of the first time: later on there is more than libraries in it */
    uint64_t shared;

    if (peak == 0) shy_memory_resident(&peak, &shared);
    if (peak == 0) return 0; /* the system does not say */
    return (peak + LIBRARIES_GROW + LIBRARIES_STEP - 1) / LIBRARIES_STEP * LIBRARIES_STEP;
}

/* ---- what to ask for ------------------------------------------------------------------------------------------------------ */

#define MEMORY_STEP 0x1p24
#define MEMORY_LEAST 0x1p27 /* where Slurm counts its own process as well */
#define TIME_FACTOR 2.0     /* another processor, beside others, and the half that plans may be wrong by */
#define TIME_STEP 300.0     /* once more: for the start, and for saving before the end */
#define TIME_LEAST 600.0

static double up_to(double value, double step)
{
    return step * ceil(value / step);
}

uint64_t shy_budget_request(double planned)
{
    return (uint64_t)fmax(up_to(planned / SHY_BUDGET_SHARE, MEMORY_STEP), MEMORY_LEAST);
}

int64_t shy_budget_time(double planned)
{
    return (int64_t)fmax(up_to(fmin(TIME_FACTOR * planned, 1e9) + TIME_STEP, TIME_STEP), TIME_LEAST);
}

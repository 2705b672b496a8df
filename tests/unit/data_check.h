/*
 * data_check.h: what the tests of data share: a scratch directory that all ranks know, files in it, imports by rank 0.
 */
#ifndef SHIHYO_TESTS_DATA_CHECK_H
#define SHIHYO_TESTS_DATA_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shihyo/data.h"

static shy_team *team;
static char scratch[256];

static inline const char *in_scratch(const char *name)
{
    static char paths[64][512];
    static int turn;
    char *path = paths[turn++ % 64];

    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

/* Rank 0 writes; the others go on once the file is there. */
static inline void write_bytes(const char *name, const void *bytes, size_t count)
{
    if (team->rank == 0) {
        FILE *file = fopen(in_scratch(name), "wb");
        if (file == NULL || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) abort();
    }
    MPI_Barrier(team->world);
}

static inline void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

/* The bytes of a file; the caller frees them with shy_free. */
static inline size_t read_bytes(const char *path, char **bytes_out)
{
    struct stat about;
    FILE *file = fopen(path, "rb");

    if (file == NULL || fstat(fileno(file), &about) != 0) abort();
    if (shy_new((size_t)about.st_size + 1, 1, bytes_out) != SHY_OK) abort();
    if (fread(*bytes_out, 1, (size_t)about.st_size, file) != (size_t)about.st_size) abort();
    fclose(file);
    return (size_t)about.st_size;
}

static inline int files_in_scratch(const char *pattern)
{
    char command[512];
    int count = -1;

    snprintf(command, sizeof command, "ls -A '%s' | grep -c -- '%s'", scratch, pattern);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL || fscanf(pipe, "%d", &count) != 1) abort();
    pclose(pipe);
    return count;
}

/* All ranks return with the status, and the message, of rank 0's import. */
static inline shy_status import_here(const shy_import_options *options, FILE *report)
{
    shy_error_clear();
    return shy_team_agree(team, team->rank == 0 ? shy_cohort_import(options, report) : SHY_OK);
}

static inline shy_status import_table(const char *table, const char *schema, const char *cohort)
{
    const char *tables[] = {table};
    shy_import_options options = {
        .tables = tables, .tables_count = 1, .output = cohort, .schema = schema, .overwrite = true, .quiet = true};

    return import_here(&options, NULL);
}

static inline void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static inline int start_data_tests(void **state)
{
    (void)state;
    if (shy_par_start(NULL, NULL) != SHY_OK || shy_team_create(MPI_COMM_WORLD, 1, &team) != SHY_OK) return -1;
    snprintf(scratch, sizeof scratch, "%s/shihyo-data-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (team->rank == 0 && mkdtemp(scratch) == NULL) abort();
    MPI_Bcast(scratch, sizeof scratch, MPI_CHAR, 0, team->world);
    return 0;
}

static inline int end_data_tests(void **state)
{
    char command[512];

    (void)state;
    MPI_Barrier(team->world);
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    if (team->rank == 0 && system(command) != 0) return -1;
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}

#endif

/*
 * par_check.h: how tests of par check without leaving a rank alone in a collective call.
 *
 * A failed EXPECT is noted and said, and the test goes on; the verdict of all ranks is reduced at the end of the test.
 * Tests run on teams of 1 … N of the N ranks of the program with every possible number of row blocks.
 */
#ifndef PAR_CHECK_H
#define PAR_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/par.h"

static int failed_expectations;
static const char *present_case = ""; /* for the messages */

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) say_failed(__FILE__, __LINE__, #condition);                                                  \
    } while (0)

static inline void say_failed(const char *file, int line, const char *condition)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (failed_expectations++ < 5)
        fprintf(stderr, "%s:%d: rank %d, %s: not true: %s\n", file, line, rank, present_case, condition);
}

/* The end of every test. */
static inline void assert_on_all_ranks(void)
{
    int all;

    MPI_Allreduce(&failed_expectations, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    failed_expectations = 0;
    shy_error_clear();
    assert_int_equal(all, 0);
}

/* Runs `body` on teams of every size and shape that the ranks allow. Ranks outside a team wait. */
static inline void on_every_team(void (*body)(const shy_team *team))
{
    int rank, size;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int ranks = 1; ranks <= size; ranks++) {
        MPI_Comm comm;
        MPI_Comm_split(MPI_COMM_WORLD, rank < ranks ? 0 : MPI_UNDEFINED, rank, &comm);
        if (comm == MPI_COMM_NULL) continue;
        for (int row_blocks = 1; row_blocks <= ranks; row_blocks++) {
            shy_team *team = NULL;
            if (ranks % row_blocks != 0) continue;
            shy_error_clear();
            EXPECT(shy_team_create(comm, row_blocks, &team) == SHY_OK);
            body(team);
            shy_team_destroy(&team);
        }
        MPI_Comm_free(&comm);
    }
}

/* True on all ranks of the team if it is on all of them. */
static inline bool on_all(const shy_team *team, bool mine)
{
    int in = mine, out;

    MPI_Allreduce(&in, &out, 1, MPI_INT, MPI_LAND, team->world);
    return out != 0;
}

/* All ranks have the status `st`, and the same message, which contains `part`. */
static inline void expect_failure(const shy_team *team, shy_status st, shy_status expected, const char *part)
{
    char text[2048], first[2048];

    snprintf(text, sizeof text, "%s", shy_error_message());
    memcpy(first, text, sizeof first);
    MPI_Bcast(first, sizeof first, MPI_CHAR, 0, team->world);
    EXPECT(st == expected);
    EXPECT(strcmp(text, first) == 0);
    EXPECT(strstr(text, part) != NULL);
}

static inline int run_par_tests(const char *name, const struct CMUnitTest *tests, size_t count, int argc, char **argv)
{
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    int failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    shy_par_stop();
    return failed;
}

#endif

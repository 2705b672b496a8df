/* test_par.c: teams, agreement, byte strings, and sums in a fixed order. */
#include "shy_config.h"

#include <math.h>

#include "par_check.h"

/* ---- teams ---- */

static void check_grid(const shy_team *team)
{
    int rank, size, place = -1;

    EXPECT(team->groups * team->row_blocks == team->size);
    EXPECT(team->group * team->row_blocks + team->row_block == team->rank);
    MPI_Comm_rank(team->world, &rank), MPI_Comm_size(team->world, &size);
    EXPECT(rank == team->rank && size == team->size);
    MPI_Comm_rank(team->rows, &rank), MPI_Comm_size(team->rows, &size);
    EXPECT(rank == team->row_block && size == team->row_blocks);
    MPI_Comm_rank(team->peers, &rank), MPI_Comm_size(team->peers, &size);
    EXPECT(rank == team->group && size == team->groups);
    /* The first of my group and the first of my row block are who they say they are. */
    place = team->rank;
    MPI_Bcast(&place, 1, MPI_INT, 0, team->rows);
    EXPECT(place == team->group * team->row_blocks);
    place = team->rank;
    MPI_Bcast(&place, 1, MPI_INT, 0, team->peers);
    EXPECT(place == team->row_block);
}

static void teams_are_grids(void **state)
{
    (void)state;
    on_every_team(check_grid);
    assert_on_all_ranks();
}

static void check_refused_shapes(const shy_team *team)
{
    for (int row_blocks = -1; row_blocks <= team->size + 1; row_blocks++) {
        shy_team *other = NULL;
        char list[64] = "";
        if (row_blocks > 0 && team->size % row_blocks == 0) continue;
        for (int d = 1; d <= team->size; d++)
            if (team->size % d == 0) sprintf(list + strlen(list), "%s%d", d == 1 ? "one of " : ", ", d);
        shy_error_clear();
        expect_failure(team, shy_team_create(team->world, row_blocks, &other), SHY_INPUT, list);
        EXPECT(other == NULL);
    }
    shy_error_clear();
}

static void impossible_shapes_are_refused(void **state)
{
    (void)state;
    on_every_team(check_refused_shapes);
    assert_on_all_ranks();
}

static void check_team_memory(const shy_team *team)
{
    uint64_t before = shy_memory_in_use();

    for (int victim = 0; victim < team->size; victim++) {
        shy_team *other = NULL;
        shy_error_clear();
        if (team->rank == victim) shy_memory_fail_at(1);
        expect_failure(team, shy_team_create(team->world, 1, &other), SHY_MEMORY, "Out of memory");
        shy_memory_fail_at(0);
        EXPECT(other == NULL);
        EXPECT(shy_memory_in_use() == before);
    }
    shy_error_clear();
}

static void team_without_memory_fails_everywhere(void **state)
{
    (void)state;
    on_every_team(check_team_memory);
    assert_on_all_ranks();
}

static void destroying_nothing_is_allowed(void **state)
{
    shy_team *team = NULL;

    (void)state;
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* ---- agreement ---- */

/* A file that one rank alone cannot read is a matter of that rank: its message says where. Not of rank 0, which works for all. */
static void check_agreement(const shy_team *team)
{
    char expected[256];

    shy_error_clear();
    EXPECT(shy_team_agree(team, SHY_OK) == SHY_OK);
    EXPECT(shy_error_message()[0] == '\0');
    for (int a = 0; a < team->size; a++) {
        for (int b = a; b < team->size; b++) {
            shy_status mine = SHY_OK;
            shy_error_clear();
            if (team->rank == a) mine = shy_fail(SHY_IO, "rank %d of %d", a, team->size);
            if (team->rank == b && b != a) mine = shy_fail(SHY_INPUT, "rank %d of %d", b, team->size);
            sprintf(expected, "rank %d of %d", a, team->size);
            if (a > 0) sprintf(expected + strlen(expected), " (rank %d on %s)", a, shy_par_host());
            mine = shy_team_agree(team, mine);
            mine = shy_team_agree(team, mine); /* said once */
            expect_failure(team, mine, SHY_IO, expected);
            EXPECT(strcmp(shy_error_message(), expected) == 0);
        }
    }
    shy_error_clear();
}

static void lowest_failure_is_everybodys(void **state)
{
    (void)state;
    on_every_team(check_agreement);
    assert_on_all_ranks();
}

/* Failures of one group stay in it. */
static void check_group_agreement(const shy_team *team)
{
    for (int victim = 0; victim < team->size; victim++) {
        shy_status mine = SHY_OK;
        shy_error_clear();
        if (team->rank == victim) mine = shy_fail(SHY_INPUT, "rank %d", victim);
        bool concerned = team->group == victim / team->row_blocks;
        mine = shy_group_agree(team, mine);
        EXPECT(mine == (concerned ? SHY_INPUT : SHY_OK));
        EXPECT((shy_error_message()[0] != '\0') == concerned);
    }
    shy_error_clear();
}

static void groups_agree_for_themselves(void **state)
{
    (void)state;
    on_every_team(check_group_agreement);
    assert_on_all_ranks();
}

static shy_status try_all(const shy_team *team, int victim, bool *went_on)
{
    shy_status st = SHY_OK;

    *went_on = false;
    SHY_TRY_ALL(team, team->rank == victim ? shy_fail(SHY_IO, "tried") : SHY_OK);
    *went_on = true;
out:
    return st;
}

static void check_try_all(const shy_team *team)
{
    bool went_on;

    shy_error_clear();
    EXPECT(try_all(team, -1, &went_on) == SHY_OK && went_on);
    for (int victim = 0; victim < team->size; victim++) {
        shy_error_clear();
        expect_failure(team, try_all(team, victim, &went_on), SHY_IO, "tried");
        EXPECT(!went_on);
    }
    shy_error_clear();
}

static void all_leave_or_all_go_on(void **state)
{
    (void)state;
    on_every_team(check_try_all);
    assert_on_all_ranks();
}

/* ---- byte strings ---- */

static unsigned char byte_of(int rank, uint64_t i)
{
    return (unsigned char)(shy_random_bits((uint64_t)rank, 1, i) & 255);
}

static void check_broadcast(const shy_team *team)
{
    static const uint64_t counts[] = {0, 1, 1000, 100000};
    static unsigned char bytes[100001];

    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (int group_only = 0; group_only < 2; group_only++) {
            int source = group_only ? team->group * team->row_blocks : 0;
            for (uint64_t i = 0; i <= counts[c]; i++)
                bytes[i] = byte_of(team->rank, i);
            shy_status st =
                group_only ? shy_group_broadcast(team, bytes, counts[c]) : shy_team_broadcast(team, bytes, counts[c]);
            EXPECT(st == SHY_OK);
            bool same = true;
            for (uint64_t i = 0; i < counts[c]; i++)
                same = same && bytes[i] == byte_of(source, i);
            EXPECT(same);
            EXPECT(bytes[counts[c]] == byte_of(team->rank, counts[c])); /* nothing behind the end */
        }
    }
}

static void broadcasts_reach_everybody(void **state)
{
    (void)state;
    on_every_team(check_broadcast);
    assert_on_all_ranks();
}

/* Rank r gives this many bytes; some give none. */
static uint64_t share_of(int rank)
{
    static const uint64_t shares[] = {3, 0, 70000, 1, 0};

    return shares[rank % 5];
}

static void check_gathered(const shy_team *team, const unsigned char *all, const uint64_t *counts)
{
    if (team->rank != 0) {
        EXPECT(all == NULL && counts == NULL);
        return;
    }
    for (int rank = 0; rank < team->size; rank++) {
        bool same = true;
        EXPECT(counts[rank] == share_of(rank));
        for (uint64_t i = 0; i < counts[rank]; i++)
            same = same && *all++ == byte_of(rank, i);
        EXPECT(same);
    }
}

/* Fails if the nth allocation of rank 0 is refused; n = 3: none is. */
static void check_gather(const shy_team *team)
{
    static unsigned char bytes[70000];
    uint64_t before = shy_memory_in_use();

    for (uint64_t i = 0; i < share_of(team->rank); i++)
        bytes[i] = byte_of(team->rank, i);
    for (uint64_t nth = 1; nth <= 3; nth++) {
        void *all = NULL;
        uint64_t *counts = NULL;
        shy_error_clear();
        if (team->rank == 0) shy_memory_fail_at(nth);
        shy_status st = shy_team_gather(team, bytes, share_of(team->rank), &all, &counts);
        shy_memory_fail_at(0);
        if (nth < 3)
            expect_failure(team, st, SHY_MEMORY, "Out of memory");
        else
            check_gathered(team, all, counts);
        EXPECT(nth < 3 || st == SHY_OK);
        shy_free(&all);
        shy_free(&counts);
        EXPECT(shy_memory_in_use() == before);
    }
}

static void gathered_bytes_are_in_rank_order(void **state)
{
    (void)state;
    on_every_team(check_gather);
    assert_on_all_ranks();
}

/* ---- sums ---- */

enum { RUNS = 17, WIDTH = 29 };

/* Magnitudes from 1e-12 to 1e+12 and both signs: the order of additions shows in almost every sum. */
static double run_value(int run, int w)
{
    uint64_t index = (uint64_t)(run * WIDTH + w);

    return shy_random_normal(11, 1, index) * pow(10, 24 * shy_random_uniform(11, 2, index) - 12);
}

static void sum_in_order(double *total, int first, int step)
{
    for (int w = 0; w < WIDTH; w++) {
        total[w] = 0;
        for (int k = 0; k < RUNS; k++)
            total[w] += run_value(first + k * step, w);
    }
}

/* The members hold runs in several divisions, also unequal and empty ones; every one must give the serial sum. */
static void check_sum(const shy_team *team)
{
    double partial[RUNS * WIDTH], total[WIDTH], serial[WIDTH];
    int blocks = team->row_blocks;

    sum_in_order(serial, 0, 1);
    for (int skew = 0; skew <= 2 * RUNS; skew++) {
        int bounds[2];
        for (int side = 0; side < 2; side++) {
            int cut = (team->row_block + side) * RUNS / blocks + (skew - RUNS);
            bounds[side] = cut < 0 ? 0 : cut > RUNS ? RUNS : cut;
        }
        if (team->row_block == 0) bounds[0] = 0;
        if (team->row_block == blocks - 1) bounds[1] = RUNS;
        int mine = bounds[1] - bounds[0];
        for (int i = 0; i < mine * WIDTH; i++)
            partial[i] = run_value(bounds[0] + i / WIDTH, i % WIDTH);
        memset(total, 0xA5, sizeof total);
        EXPECT(shy_group_sum_runs(team, partial, mine, WIDTH, total) == SHY_OK);
        EXPECT(memcmp(total, serial, sizeof total) == 0);
        if (blocks == 1) break;
    }
}

static void sums_do_not_depend_on_row_blocks(void **state)
{
    double up[WIDTH], down[WIDTH];
    int different = 0;

    (void)state;
    sum_in_order(up, 0, 1);
    sum_in_order(down, RUNS - 1, -1);
    for (int w = 0; w < WIDTH; w++)
        different += up[w] != down[w];
    EXPECT(different > WIDTH / 2); /* else this test would prove nothing */
    on_every_team(check_sum);
    assert_on_all_ranks();
}

static void check_empty_sums(const shy_team *team)
{
    double partial[1] = {5}, total[2] = {7, 7};

    EXPECT(shy_group_sum_runs(team, NULL, 0, 1, total) == SHY_OK);
    EXPECT(total[0] == 0 && total[1] == 7);
    EXPECT(shy_group_sum_runs(team, partial, 1, 0, total) == SHY_OK);
    EXPECT(total[0] == 0 && total[1] == 7);
}

static void empty_sums_are_zero(void **state)
{
    (void)state;
    on_every_team(check_empty_sums);
    assert_on_all_ranks();
}

/* ---- reductions whose last bit is free ---- */

/* Of small integers: exact in any order. Every member must hold the result, with nothing behind its end. */
static void check_reductions(const shy_team *team)
{
    double sum[3] = {team->row_block, 1, -7}, maximum[2] = {team->rank, -team->rank};
    float floats[3] = {(float)team->row_block, 1, -7};
    uint64_t counts[2] = {(uint64_t)team->rank, UINT64_C(1) << 40};
    int blocks = team->row_blocks, size = team->size;

    EXPECT(shy_group_sum(team, sum, 2) == SHY_OK);
    EXPECT(sum[0] == blocks * (blocks - 1) / 2 && sum[1] == blocks && sum[2] == -7);
    EXPECT(shy_group_sum_floats(team, floats, 2) == SHY_OK);
    EXPECT(floats[0] == (float)(blocks * (blocks - 1) / 2) && floats[1] == (float)blocks && floats[2] == -7);
    EXPECT(shy_team_sum_counts(team, counts, 2) == SHY_OK);
    EXPECT(counts[0] == (uint64_t)(size * (size - 1) / 2) && counts[1] == (uint64_t)size << 40);
    EXPECT(shy_team_maximum(team, maximum, 2) == SHY_OK);
    EXPECT(maximum[0] == size - 1 && maximum[1] == 0);
}

static void reductions_reach_everybody(void **state)
{
    (void)state;
    on_every_team(check_reductions);
    assert_on_all_ranks();
}

/* ---- the library ---- */

static void library_is_named(void **state)
{
    char text[256], cut[5] = "????";

    (void)state;
    shy_par_describe(text, sizeof text);
    EXPECT(strlen(text) > 3 && strpbrk(text, "0123456789") != NULL);
    EXPECT(strpbrk(text, ",\n\t") == NULL);
    shy_par_describe(cut, 4);
    EXPECT(strncmp(cut, text, 3) == 0 && cut[3] == '\0');
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(teams_are_grids),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(team_without_memory_fails_everywhere),
        cmocka_unit_test(destroying_nothing_is_allowed),
        cmocka_unit_test(lowest_failure_is_everybodys),
        cmocka_unit_test(groups_agree_for_themselves),
        cmocka_unit_test(all_leave_or_all_go_on),
        cmocka_unit_test(broadcasts_reach_everybody),
        cmocka_unit_test(gathered_bytes_are_in_rank_order),
        cmocka_unit_test(sums_do_not_depend_on_row_blocks),
        cmocka_unit_test(empty_sums_are_zero),
        cmocka_unit_test(reductions_reach_everybody),
        cmocka_unit_test(library_is_named),
    };

    return run_par_tests("par", tests, sizeof tests / sizeof tests[0], argc, argv);
}

/* test_par_shared.c: memory that the ranks of a node see together, and what peers and groups find out together. */
#include "shy_config.h"

#include <dirent.h>
#include <unistd.h>

#include "par_check.h"

/* ---- the node ---------------------------------------------------------------------------------------------------- */

/* The ranks of a test are on one machine: all peers are on one node. */
static void check_node(const shy_team *team)
{
    int rank, size;

    MPI_Comm_rank(team->node, &rank), MPI_Comm_size(team->node, &size);
    EXPECT(rank == team->node_rank && size == team->node_size);
    EXPECT(team->node_rank == team->group && team->node_size == team->groups);
}

static void peers_on_a_machine_are_a_node(void **state)
{
    (void)state;
    on_every_team(check_node);
    assert_on_all_ranks();
}

/* ---- sharing ----------------------------------------------------------------------------------------------------- */

/* Files of shared memory that the first member's process made and left. */
static int files_left(const shy_team *team)
{
    char prefix[64];
    long process = getpid();
    int count = 0;
    DIR *directory = opendir("/dev/shm");

    MPI_Bcast(&process, 1, MPI_LONG, 0, team->node);
    snprintf(prefix, sizeof prefix, "shihyo-%ld-", process);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (directory) closedir(directory);
    return count;
}

static void check_sharing(const shy_team *team)
{
    static const uint64_t sizes[] = {0, 1, 4095, 100000, 5 << 20};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const uint64_t bytes = sizes[s], members = (uint64_t)team->node_size, before = shy_memory_in_use();
        shy_shared *shared = NULL;
        bool right = true;
        EXPECT(shy_shared_create(team, bytes, &shared) == SHY_OK && shared != NULL);
        if (!shared) continue;
        EXPECT(files_left(team) == 0); /* not even while it is in use */
        EXPECT(shy_memory_in_use() - before >= bytes / members);
        EXPECT(shy_memory_in_use() - before <= bytes / members + 4096);
        unsigned char *at = shy_shared_memory(shared);
        for (uint64_t i = 0; i < bytes; i++) right = right && at[i] == 0;
        EXPECT(right);
        shy_shared_publish(shared); /* nobody writes before all have looked */
        for (uint64_t i = (uint64_t)team->node_rank; i < bytes; i += members) at[i] = (unsigned char)(1 + i % 251);
        shy_shared_publish(shared);
        for (uint64_t i = 0; i < bytes; i++) right = right && at[i] == 1 + i % 251;
        EXPECT(right);
        shy_shared_destroy(&shared);
        EXPECT(shared == NULL && shy_memory_in_use() == before);
    }
}

static void what_one_member_writes_all_read(void **state)
{
    (void)state;
    on_every_team(check_sharing);
    assert_on_all_ranks();
}

/* More than any machine can address. Nobody hangs. */
static void check_refusal(const shy_team *team)
{
    const uint64_t before = shy_memory_in_use();
    shy_shared *shared = NULL;

    if (team->node_size == 1) return; /* an allocation like any other */
    EXPECT(shy_shared_create(team, UINT64_C(1) << 50, &shared) == SHY_OK && shared == NULL);
    EXPECT(files_left(team) == 0 && shy_memory_in_use() == before);
    shy_error_clear();
}

static void a_refusing_system_is_no_failure(void **state)
{
    (void)state;
    on_every_team(check_refusal);
    assert_on_all_ranks();
}

static void check_memory(const shy_team *team)
{
    const uint64_t before = shy_memory_in_use();

    for (int victim = 0; victim < team->node_size; victim++)
        for (uint64_t nth = 1; nth <= 2; nth++) {
            shy_shared *shared = NULL;
            shy_error_clear();
            if (team->node_rank == victim) shy_memory_fail_at(nth);
            const shy_status st = shy_shared_create(team, 1000, &shared);
            shy_memory_fail_at(0);
            EXPECT(st == SHY_MEMORY && shared == NULL && strstr(shy_error_message(), "Out of memory") != NULL);
            EXPECT(shy_memory_in_use() == before);
        }
    shy_error_clear();
}

static void a_member_without_memory_fails_the_node(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

/* ---- what is found out together ------------------------------------------------------------------------------------ */

static void check_union(const shy_team *team)
{
    enum { COUNT = 1000 };
    uint8_t flag[COUNT] = {0};
    double value[2] = {team->row_block, -team->row_block};
    bool right = true;

    for (int i = team->group; i < COUNT; i += 2 * team->groups) flag[i] = (uint8_t)(1 + team->row_block);
    EXPECT(shy_peers_unite(team, flag, COUNT) == SHY_OK);
    for (int i = 0; i < COUNT; i++)
        right = right && flag[i] == (i % (2 * team->groups) < team->groups ? 1 + team->row_block : 0);
    EXPECT(right);
    EXPECT(shy_group_maximum(team, value, 2) == SHY_OK);
    EXPECT(value[0] == team->row_blocks - 1 && value[1] == 0.0);
}

static void peers_and_groups_find_out_together(void **state)
{
    (void)state;
    on_every_team(check_union);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_on_a_machine_are_a_node),
        cmocka_unit_test(what_one_member_writes_all_read),
        cmocka_unit_test(a_refusing_system_is_no_failure),
        cmocka_unit_test(a_member_without_memory_fails_the_node),
        cmocka_unit_test(peers_and_groups_find_out_together),
    };
    return run_par_tests("shared memory", tests, sizeof tests / sizeof *tests, argc, argv);
}

/* test_budget.c: the memory of a rank, from made-up files of the system and made-up variables of Slurm. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/budget.h"

#define MIB ((uint64_t)1 << 20)

static char root[] = "/tmp/shihyo-budget.XXXXXX";
static char made[64][512];
static int made_count;

static const char *below_root(const char *path)
{
    static char full[512];

    assert_true(snprintf(full, sizeof full, "%s%s", root, path) < (int)sizeof full);
    return full;
}

static void note(const char *path)
{
    assert_true(made_count < 64);
    snprintf(made[made_count++], sizeof made[0], "%s", path);
}

/* With the directories that it lies in. */
static void put(const char *path, const char *text)
{
    char part[512];

    snprintf(part, sizeof part, "%s", below_root(path));
    for (char *slash = strchr(part + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) == 0) note(part);
        *slash = '/';
    }
    FILE *file = fopen(part, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    note(part);
}

static const char *const variables[] = {"SLURM_JOB_ID", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE"};

static int set_up(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof variables / sizeof *variables; k++) unsetenv(variables[k]);
    strcpy(root + strlen(root) - 6, "XXXXXX");
    made_count = 0;
    if (mkdtemp(root) == NULL) return 1;
    put("/proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n"); /* 8 GiB */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (made_count > 0) (void)remove(made[--made_count]);
    return rmdir(root);
}

/* Seven eighths of so many MiB, for one of `ranks` ranks. */
static void expect(int ranks, uint64_t mib)
{
    assert_int_equal(shy_budget_memory(root, ranks), mib * MIB / 8 * 7 / (uint64_t)ranks);
}

static void ranks_of_a_node_share_what_is_free(void **state)
{
    (void)state;
    expect(1, 8192);
    expect(3, 8192);
    expect(64, 8192);
    assert_int_equal(shy_budget_memory(root, 0), shy_budget_memory(root, 1));
}

/* Otherwise a job would be allowed less than what it was given. */
static void what_ranks_hold_already_is_theirs(void **state)
{
    (void)state;
    put("/proc/self/status", "VmRSS: 81920 kB\nRssAnon: 32768 kB\n"); /* 32 MiB each */
    expect(4, 8192 + 4 * 32);
    put("/proc/self/cgroup", "0::/job\n");
    put("/sys/fs/cgroup/job/memory.max", "536870912\n"); /* 512 MiB, of which the four hold 128 */
    put("/sys/fs/cgroup/job/memory.current", "134217728\n");
    expect(4, 512);
    setenv("SLURM_JOB_ID", "7", 1);
    setenv("SLURM_MEM_PER_NODE", "500", 1);
    expect(4, 500); /* this is of everything */
}

static void a_request_holds_the_plan_within_the_share(void **state)
{
    (void)state;
    for (double planned = 1.0; planned < 1e12; planned *= 1.7) {
        const double request = (double)shy_budget_request(planned);
        assert_true(request * SHY_BUDGET_SHARE >= planned && request >= 128.0 * MIB);
        assert_true(request <= 128.0 * MIB || request <= 8.0 / 7.0 * planned + 16.0 * MIB);
        assert_int_equal((uint64_t)request % (16 * MIB), 0);
    }
    assert_int_equal(shy_budget_request(700.0 * MIB), 800 * MIB);
    assert_int_equal(shy_budget_time(0.3), 600);
    assert_int_equal(shy_budget_time(600.0), 1500);
    assert_int_equal(shy_budget_time(601.0), 1800);
    assert_true(shy_budget_time(1e300) > 0);
}

static void without_a_word_from_the_system_two_gigabytes_are_assumed(void **state)
{
    (void)state;
    assert_int_equal(unlink(below_root("/proc/meminfo")), 0);
    expect(2, 2048);
}

static void a_group_of_version_2_limits_with_those_above_it(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/system.slice/job_7/step_0\n");
    put("/sys/fs/cgroup/system.slice/job_7/step_0/memory.max", "max\n");
    put("/sys/fs/cgroup/system.slice/job_7/step_0/memory.current", "0\n");
    expect(1, 8192);
    put("/sys/fs/cgroup/system.slice/job_7/memory.max", "2147483648\n"); /* 2 GiB, 1 GiB of them taken, half of that by files that were read */
    put("/sys/fs/cgroup/system.slice/job_7/memory.current", "1073741824\n");
    put("/sys/fs/cgroup/system.slice/job_7/memory.stat", "anon 1\nactive_file 268435456\ninactive_file 536870912\n");
    expect(2, 1536);
    put("/sys/fs/cgroup/memory.max", "1073741824\n"); /* a container: the mount itself is a group */
    expect(2, 1024);
    put("/sys/fs/cgroup/memory.current", "2073741824\n"); /* more than the limit is taken: nothing is left */
    assert_int_equal(shy_budget_memory(root, 2), 0);
}

static void a_group_of_version_1_limits(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "4:cpu,cpuacct:/\n3:memory:/slurm/uid_1/job_7\n");
    put("/sys/fs/cgroup/memory/slurm/uid_1/job_7/memory.limit_in_bytes", "9223372036854771712\n");
    expect(1, 8192);
    put("/sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes", "4294967296\n");
    put("/sys/fs/cgroup/memory/slurm/uid_1/memory.usage_in_bytes", "2147483648\n");
    put("/sys/fs/cgroup/memory/slurm/uid_1/memory.stat", "cache 3\ntotal_inactive_file 1073741824\n");
    expect(1, 3072);
}

static void slurm_limits_in_either_way(void **state)
{
    (void)state;
    setenv("SLURM_MEM_PER_NODE", "1000", 1);
    expect(1, 8192); /* left from somewhere: there is no job */
    setenv("SLURM_JOB_ID", "7", 1);
    expect(4, 1000);
    setenv("SLURM_MEM_PER_NODE", "0", 1); /* all of the node */
    expect(4, 8192);
    unsetenv("SLURM_MEM_PER_NODE");
    setenv("SLURM_MEM_PER_CPU", "500", 1);
    expect(1, 8192); /* of how many is not known */
    setenv("SLURM_CPUS_ON_NODE", "4", 1);
    expect(4, 2000);
    setenv("SLURM_MEM_PER_CPU", "5 GB", 1);
    expect(4, 8192);
    setenv("SLURM_MEM_PER_CPU", "9000", 1); /* more than is free */
    expect(1, 8192);
}

static void libraries_take_whole_steps_above_what_is_held(void **state)
{
    uint64_t peak, shared;

    (void)state;
    shy_memory_resident(&peak, &shared);
    if (peak == 0) skip(); /* not a system that says */
    assert_int_equal(shy_budget_libraries() % (16 * MIB), 0);
    assert_true(shy_budget_libraries() > peak && shy_budget_libraries() <= peak + 40 * MIB);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(ranks_of_a_node_share_what_is_free),
        CASE(without_a_word_from_the_system_two_gigabytes_are_assumed),
        CASE(a_group_of_version_2_limits_with_those_above_it),
        CASE(a_group_of_version_1_limits),
        CASE(slurm_limits_in_either_way),
        CASE(what_ranks_hold_already_is_theirs),
        CASE(a_request_holds_the_plan_within_the_share),
        CASE(libraries_take_whole_steps_above_what_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_par_merge.c: merging up a tree gives what merging one after the other gives, or fails everywhere. */
#include "shy_config.h"

#include "par_check.h"

/*
 * Two states at once. The set of numbers is an idempotent merge, like best lists; the trace is the names of the groups
 * in the order in which they came, a merge that is associative and nothing else, so that it shows the order.
 */
enum { NUMBERS = 200, TRACE = 64 };

typedef struct {
    bool member[NUMBERS];
    char trace[TRACE];
    bool fails_absorb, fails_pack;
    int absorbed, packed;
} union_state;

static bool holds(int group, int number)
{
    return group != 2 && shy_random_uniform(5, (uint64_t)group, (uint64_t)number) < 0.3; /* group 2 has nothing */
}

static void fill(union_state *s, int group)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < NUMBERS; i++)
        s->member[i] = holds(group, i);
    if (group != 2) sprintf(s->trace, "%d ", group);
}

/* The string: one byte per number that is in the set, then the trace. Its length differs from group to group. */
static shy_status pack(void *context, void **bytes_out, uint64_t *count_out)
{
    union_state *s = context;
    unsigned char *bytes = NULL;
    uint64_t count = 0;

    s->packed++;
    if (s->fails_pack) return shy_fail(SHY_INTERNAL, "pack failed");
    shy_status st = shy_new(NUMBERS + TRACE, 1, &bytes);
    if (st != SHY_OK) return st;
    for (int i = 0; i < NUMBERS; i++)
        if (s->member[i]) bytes[count++] = (unsigned char)i;
    bytes[count++] = 255;
    memcpy(bytes + count, s->trace, strlen(s->trace));
    count += strlen(s->trace);
    *bytes_out = bytes;
    *count_out = count;
    return SHY_OK;
}

static shy_status absorb(void *context, const void *bytes, uint64_t count)
{
    union_state *s = context;
    const unsigned char *next = bytes;
    uint64_t i = 0;

    s->absorbed++;
    if (s->fails_absorb) return shy_fail(SHY_INPUT, "absorb failed");
    if (count == 0) return shy_fail(SHY_INTERNAL, "a string that nobody packed");
    for (; next[i] != 255; i++)
        s->member[next[i]] = true;
    sprintf(s->trace + strlen(s->trace), "%.*s", (int)(count - i - 1), (const char *)next + i + 1);
    return SHY_OK;
}

static shy_status merge(const shy_team *team, union_state *s)
{
    const shy_merge how = {.absorb = absorb, .pack = pack, .context = s};

    return shy_team_merge(team, &how);
}

static void expect_serial_result(const shy_team *team, const union_state *s)
{
    char trace[TRACE] = "";
    bool same = true;

    for (int i = 0; i < NUMBERS; i++) {
        bool any = false;
        for (int g = 0; g < team->groups; g++)
            any = any || holds(g, i);
        same = same && any == s->member[i];
    }
    for (int g = 0; g < team->groups; g++)
        if (g != 2) sprintf(trace + strlen(trace), "%d ", g);
    EXPECT(same);
    EXPECT(strcmp(s->trace, trace) == 0);
}

static void check_tree(const shy_team *team)
{
    union_state s;
    uint64_t before = shy_memory_in_use();

    shy_error_clear();
    fill(&s, team->group);
    EXPECT(merge(team, &s) == SHY_OK);
    if (team->rank == 0) expect_serial_result(team, &s);
    EXPECT(s.packed == (team->row_block == 0 && team->group > 0));
    EXPECT(team->row_block == 0 || s.absorbed == 0);
    EXPECT(shy_memory_in_use() == before);
}

static void tree_equals_series(void **state)
{
    (void)state;
    on_every_team(check_tree);
    assert_on_all_ranks();
}

/* Each rank fails in turn; where it has nothing to absorb or to pack, nothing fails. Then a merge works again. */
static void check_failures(const shy_team *team)
{
    union_state s;
    uint64_t before = shy_memory_in_use();

    for (int victim = 0; victim < team->groups; victim++) {
        for (int in_pack = 0; in_pack < 2; in_pack++) {
            bool due = in_pack ? victim > 0 : victim % 2 == 0 && victim + 1 < team->groups;
            shy_error_clear();
            fill(&s, team->group);
            s.fails_absorb = team->group == victim && !in_pack;
            s.fails_pack = team->group == victim && in_pack;
            shy_status st = merge(team, &s);
            if (due)
                expect_failure(team, st, in_pack ? SHY_INTERNAL : SHY_INPUT, in_pack ? "pack failed" : "absorb failed");
            EXPECT(due || st == SHY_OK);
            EXPECT(shy_memory_in_use() == before);
            check_tree(team);
        }
    }
}

static void failures_are_everybodys(void **state)
{
    (void)state;
    on_every_team(check_failures);
    assert_on_all_ranks();
}

/* The nth allocation of each leader fails in turn until there is none left to fail. */
static void check_memory(const shy_team *team)
{
    union_state s;
    uint64_t before = shy_memory_in_use();

    for (int victim = 0; victim < team->groups; victim++) {
        bool failed = true;
        for (uint64_t nth = 1; failed && nth < 20; nth++) {
            shy_error_clear();
            fill(&s, team->group);
            bool mine = team->group == victim && team->row_block == 0;
            if (mine) shy_memory_fail_at(nth);
            shy_status st = merge(team, &s);
            shy_memory_fail_at(0);
            failed = !on_all(team, st == SHY_OK);
            if (failed) expect_failure(team, st, SHY_MEMORY, "Out of memory");
            if (!failed && team->rank == 0) expect_serial_result(team, &s);
            EXPECT(shy_memory_in_use() == before);
            /* A leader receives one string per child and sends one. */
            EXPECT(!failed || nth <= 4);
            EXPECT(failed || nth > 1 || team->groups == 1);
        }
    }
    check_tree(team);
}

static void missing_memory_is_everybodys(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_equals_series),
        cmocka_unit_test(failures_are_everybodys),
        cmocka_unit_test(missing_memory_is_everybodys),
    };

    return run_par_tests("par: merge", tests, sizeof tests / sizeof tests[0], argc, argv);
}

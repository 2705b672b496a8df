/* test_journal_file.c: checkpoints as files: what is damaged is refused, and whatever happens while one is written, a complete one is left. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal/journal_impl.h"

static char directory[64], path[80], previous[96], partial[96];
static journal_paths paths = {.path = path, .partial = partial, .previous = previous, .directory = directory};

/* ---- contents and files ---- */

/* Two texts and `steps` steps, the last not done; which bytes depends on `seed`. */
static journal_content make_content(uint64_t seed, int steps, uint64_t bytes)
{
    journal_content content = {0};
    char name[32];

    snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
    assert_int_equal(shy_journal_content_text(&content, "configuration", "a: 1\nb: \"x\"\n"), SHY_OK);
    assert_int_equal(shy_journal_content_text(&content, "", name), SHY_OK);
    for (int i = 0; i < steps; i++) {
        journal_step *step;
        snprintf(name, sizeof name, "step %d", i);
        assert_int_equal(shy_journal_content_step(&content, name, &step), SHY_OK);
        step->count = bytes + (uint64_t)i;
        step->done = i + 1 < steps;
        assert_int_equal(shy_journal_step_room(step, step->count), SHY_OK);
        for (uint64_t b = 0; b < step->count; b++)
            step->bytes[b] = (unsigned char)shy_random_bits(seed, (uint64_t)i, b);
    }
    return content;
}

static bool same(const journal_content *a, const journal_content *b)
{
    if (a->texts != b->texts || a->steps != b->steps) return false;
    for (uint64_t i = 0; i < a->texts; i++)
        if (strcmp(a->text[i].name, b->text[i].name) != 0 || strcmp(a->text[i].text, b->text[i].text) != 0) return false;
    for (uint64_t i = 0; i < a->steps; i++)
        if (strcmp(a->step[i].name, b->step[i].name) != 0 || a->step[i].count != b->step[i].count || a->step[i].done != b->step[i].done ||
            (a->step[i].count > 0 && memcmp(a->step[i].bytes, b->step[i].bytes, a->step[i].count) != 0))
            return false;
    return true;
}

static void write_content(const journal_content *content)
{
    uint64_t bytes = 0;
    struct stat info;

    assert_int_equal(shy_journal_file_write(&paths, content, &bytes), SHY_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal((uint64_t)info.st_size, bytes);
    assert_int_equal(access(partial, F_OK), -1);
}

/* The whole file, owned; NULL if there is none. */
static unsigned char *slurp(const char *name, size_t *count_out)
{
    FILE *file = fopen(name, "rb");
    unsigned char *bytes = NULL;

    *count_out = 0;
    if (file == NULL) return NULL;
    fseek(file, 0, SEEK_END);
    *count_out = (size_t)ftell(file);
    rewind(file);
    assert_int_equal(shy_new(*count_out, 1, &bytes), SHY_OK);
    assert_int_equal(fread(bytes, 1, *count_out, file), *count_out);
    fclose(file);
    return bytes;
}

static void spill(const char *name, const void *bytes, size_t count)
{
    FILE *file = fopen(name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* In place, for the same length: some file systems wait for the disk when a file is cut to nothing and written again. */
static void overwrite(const char *name, const void *bytes, size_t count)
{
    int fd = open(name, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), count);
    assert_int_equal(close(fd), 0);
}

static void clear_files(void)
{
    unlink(path), unlink(partial), unlink(previous);
    shy_error_clear();
}

static void expect_refused(shy_status expected, const char *part)
{
    const uint64_t before = shy_memory_in_use();
    journal_content content = {0};
    bool from_previous;

    shy_error_clear();
    assert_int_equal(shy_journal_file_read(&paths, &content, &from_previous), expected);
    if (strstr(shy_error_message(), part) == NULL) fail_msg("\"%s\" is not in \"%s\"", part, shy_error_message());
    assert_int_equal(content.steps + content.texts, 0);
    assert_int_equal(shy_memory_in_use(), before);
    shy_error_clear();
}

/* What is read is `expected`, from the file that is named. */
static void expect_content(const journal_content *expected, bool of_previous)
{
    journal_content content = {0};
    bool from_previous;

    assert_int_equal(shy_journal_file_read(&paths, &content, &from_previous), SHY_OK);
    assert_true(same(&content, expected));
    assert_int_equal(from_previous, of_previous);
    assert_string_equal(shy_error_message(), "");
    shy_journal_content_free(&content);
}

/* The checksum of a file that has been changed on purpose. */
static void sign(unsigned char *bytes, size_t count)
{
    shy_hash *hash = NULL;
    char digest[JOURNAL_DIGEST + 1];

    assert_int_equal(shy_hash_begin(&hash), SHY_OK);
    assert_int_equal(shy_hash_add(hash, bytes, count - JOURNAL_DIGEST), SHY_OK);
    assert_int_equal(shy_hash_end(&hash, digest), SHY_OK);
    memcpy(bytes + count - JOURNAL_DIGEST, digest, JOURNAL_DIGEST);
}

/* ---- reading ---- */

static void what_is_written_is_read(void **state)
{
    static const struct {
        int steps;
        uint64_t bytes;
    } cases[] = {{0, 0}, {1, 0}, {3, 1}, {50, 7}, {3, 32767}, {4, 40000}, {2, 3000000}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        journal_content content = make_content(i, cases[i].steps, cases[i].bytes);
        clear_files();
        write_content(&content);
        expect_content(&content, false);
        shy_journal_content_free(&content);
    }
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    journal_content content = make_content(1, 3, 20);
    size_t count;

    (void)state;
    clear_files();
    write_content(&content);
    unsigned char *bytes = slurp(path, &count);
    for (size_t length = count; length-- > 0;) {
        assert_int_equal(truncate(path, (off_t)length), 0);
        expect_refused(SHY_INPUT, "damaged");
    }
    spill(path, bytes, count);
    expect_content(&content, false);
    shy_free(&bytes);
    shy_journal_content_free(&content);
}

/* Every bit, in turn; and zeros from some place on, as a disk leaves them that lost a write. */
static void a_changed_file_is_refused(void **state)
{
    journal_content content = make_content(2, 3, 20);
    size_t count;

    (void)state;
    clear_files();
    write_content(&content);
    unsigned char *bytes = slurp(path, &count);
    for (size_t bit = 0; bit < 8 * count; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        overwrite(path, bytes, count);
        expect_refused(SHY_INPUT, "damaged");
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    for (size_t from = count; from-- > 0;) {
        bytes[from] = 0;
        overwrite(path, bytes, count);
        expect_refused(SHY_INPUT, "damaged");
    }
    shy_free(&bytes);
    shy_journal_content_free(&content);
}

/* Numbers that cannot be true, under a checksum that is: no crash, and no memory beyond the length of the file. */
static void lengths_are_not_believed(void **state)
{
    static const uint64_t wrong[] = {UINT64_MAX, UINT64_MAX - 63, UINT64_C(1) << 62, UINT64_C(1) << 32, 1000, 3, 0};
    journal_content content = make_content(3, 3, 40);
    size_t count;

    (void)state;
    clear_files();
    write_content(&content);
    unsigned char *bytes = slurp(path, &count), *changed = NULL;
    assert_int_equal(shy_new(count, 1, &changed), SHY_OK);
    for (size_t at = offsetof(journal_head, length); at + 8 <= count - JOURNAL_DIGEST; at++) {
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            journal_content read = {0};
            bool from_previous;
            memcpy(changed, bytes, count);
            memcpy(changed + at, &wrong[i], sizeof wrong[i]);
            sign(changed, count);
            overwrite(path, changed, count);
            shy_memory_limit(shy_memory_in_use() + 16 * count + 4096, 0);
            shy_status st = shy_journal_file_read(&paths, &read, &from_previous);
            shy_memory_limit(0, 0);
            assert_true(st == SHY_OK || st == SHY_INPUT);
            shy_error_clear();
            shy_journal_content_free(&read);
        }
    }
    shy_free(&changed);
    shy_free(&bytes);
    shy_journal_content_free(&content);
}

static void another_version_is_refused(void **state)
{
    journal_content content = make_content(4, 2, 9);
    const uint32_t version = 7, order = __builtin_bswap32(JOURNAL_ORDER);
    size_t count;

    (void)state;
    clear_files();
    write_content(&content);
    write_content(&content); /* there is one before it, which could be read */
    unsigned char *bytes = slurp(path, &count);
    memcpy(bytes + offsetof(journal_head, version), &version, sizeof version);
    sign(bytes, count);
    unlink(path);
    spill(path, bytes, count);
    expect_refused(SHY_INPUT, "version 7 of its format");
    expect_refused(SHY_INPUT, "reads version 1");
    unlink(previous);
    memcpy(bytes + offsetof(journal_head, order), &order, sizeof order);
    sign(bytes, count);
    spill(path, bytes, count);
    expect_refused(SHY_INPUT, "another order of bytes");
    shy_free(&bytes);
    shy_journal_content_free(&content);
}

static void the_one_before_is_taken_if_need_be(void **state)
{
    journal_content old = make_content(5, 3, 30), new = make_content(6, 4, 30);

    (void)state;
    clear_files();
    expect_refused(SHY_IO, "there is no checkpoint");
    write_content(&old);
    assert_int_equal(access(previous, F_OK), -1);
    write_content(&new);
    expect_content(&new, false);
    assert_int_equal(truncate(path, 100), 0);
    expect_content(&old, true);
    assert_int_equal(unlink(path), 0);
    expect_content(&old, true);
    assert_int_equal(mkdir(path, 0700), 0); /* no file at all */
    expect_content(&old, true);
    assert_int_equal(truncate(previous, 0), 0);
    expect_refused(SHY_IO, "Begin the run anew");
    assert_int_equal(rmdir(path), 0);
    expect_refused(SHY_INPUT, "damaged");
    assert_int_equal(mkfifo(path, 0600), 0); /* does not wait */
    assert_int_equal(unlink(previous), 0);
    expect_refused(SHY_IO, "is not a file");
    shy_journal_content_free(&old);
    shy_journal_content_free(&new);
}

static void reading_without_memory_fails(void **state)
{
    journal_content content = make_content(7, 10, 300);
    const uint64_t before = shy_memory_in_use();
    uint64_t nth = 0;
    shy_status st;

    (void)state;
    clear_files();
    write_content(&content);
    write_content(&content);
    do {
        journal_content read = {0};
        bool from_previous;
        shy_error_clear();
        shy_memory_fail_at(++nth);
        st = shy_journal_file_read(&paths, &read, &from_previous);
        shy_memory_fail_at(0);
        assert_true(st == SHY_MEMORY || st == SHY_OK);
        if (st == SHY_MEMORY) assert_non_null(strstr(shy_error_message(), "Out of memory"));
        shy_journal_content_free(&read);
        assert_int_equal(shy_memory_in_use(), before);
    } while (st != SHY_OK);
    assert_true(nth > 30);
    shy_journal_content_free(&content);
}

/* ---- writing ---- */

static void only_the_owner_may_read_it(void **state)
{
    journal_content content = make_content(8, 1, 1);
    struct stat info;

    (void)state;
    for (unsigned mask = 0; mask < 0100; mask += 7) {
        clear_files();
        spill(partial, "left", 4); /* by a killed run, with other rights */
        assert_int_equal(chmod(partial, 0606), 0);
        const mode_t before = umask((mode_t)mask);
        write_content(&content);
        umask(before);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777u, 0600u);
    }
    shy_journal_content_free(&content);
}

static void expect_file(const char *name, const unsigned char *bytes, size_t count)
{
    size_t found;
    unsigned char *now = slurp(name, &found);

    assert_non_null(now);
    assert_int_equal(found, count);
    assert_memory_equal(now, bytes, count);
    shy_free(&now);
}

/* No more than so many bytes in a file, for every so many: as a disk that is full, wherever it becomes so. */
static void a_full_disk_changes_nothing(void **state)
{
    journal_content first = make_content(9, 2, 50), second = make_content(10, 3, 50), third = make_content(11, 3, 80000);
    struct rlimit limit, before;
    size_t current_count, previous_count;
    uint64_t bytes;

    (void)state;
    clear_files();
    signal(SIGXFSZ, SIG_IGN);
    write_content(&first);
    write_content(&second);
    unsigned char *current_bytes = slurp(path, &current_count), *previous_bytes = slurp(previous, &previous_count);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t most = 0; most < 240000; most += most < 100 ? 1 : 9973) {
        const uint64_t memory = shy_memory_in_use();
        limit = before, limit.rlim_cur = most;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const shy_status st = shy_journal_file_write(&paths, &third, &bytes);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(st, SHY_IO);
        assert_non_null(strstr(shy_error_message(), path));
        assert_non_null(strstr(shy_error_message(), strerror(EFBIG)));
        assert_non_null(strstr(shy_error_message(), "ulimit -f"));
        assert_int_equal(access(partial, F_OK), -1);
        expect_file(path, current_bytes, current_count);
        expect_file(previous, previous_bytes, previous_count);
        assert_int_equal(shy_memory_in_use(), memory);
        shy_error_clear();
    }
    write_content(&third);
    expect_content(&third, false);
    expect_file(previous, current_bytes, current_count);
    shy_free(&current_bytes);
    shy_free(&previous_bytes);
    shy_journal_content_free(&first), shy_journal_content_free(&second), shy_journal_content_free(&third);
}

/* /dev/full cannot be reached by a name that is made anew; a directory that is not there, or is no directory, can. */
static void a_place_that_takes_no_file_is_said(void **state)
{
    journal_content content = make_content(12, 1, 1);
    char below[96], below_partial[112], below_previous[112];
    const journal_paths lost = {.path = below, .partial = below_partial, .previous = below_previous, .directory = directory};
    uint64_t bytes;

    (void)state;
    clear_files();
    snprintf(below, sizeof below, "%s/none/checkpoint", directory);
    snprintf(below_partial, sizeof below_partial, "%s.partial", below);
    snprintf(below_previous, sizeof below_previous, "%s.previous", below);
    assert_int_equal(shy_journal_file_write(&lost, &content, &bytes), SHY_IO);
    assert_non_null(strstr(shy_error_message(), below));
    assert_non_null(strstr(shy_error_message(), strerror(ENOENT)));
    shy_error_clear();
    assert_int_equal(mkdir(path, 0700), 0); /* where the checkpoint has to go */
    spill(previous, "x", 1);
    assert_int_equal(shy_journal_file_write(&paths, &content, &bytes), SHY_IO);
    assert_int_equal(access(partial, F_OK), -1);
    assert_int_equal(access(previous, F_OK), 0);
    assert_int_equal(rmdir(path), 0);
    shy_journal_content_free(&content);
}

/* ---- killed ---- */

/* Two checkpoints as they are found before each trial; put there without waiting for the disk. */
typedef struct {
    journal_content old, present, new;
    unsigned char *old_bytes, *present_bytes;
    size_t old_count, present_count;
} trial;

static trial begin_trials(uint64_t bytes)
{
    trial t = {.old = make_content(13, 2, 500), .present = make_content(14, 3, 500), .new = make_content(15, 3, bytes)};

    clear_files();
    write_content(&t.old);
    write_content(&t.present);
    t.old_bytes = slurp(previous, &t.old_count);
    t.present_bytes = slurp(path, &t.present_count);
    return t;
}

static void put_before(const trial *t)
{
    clear_files();
    spill(previous, t->old_bytes, t->old_count);
    spill(path, t->present_bytes, t->present_count);
}

static void end_trials(trial *t)
{
    shy_free(&t->old_bytes);
    shy_free(&t->present_bytes);
    shy_journal_content_free(&t->old), shy_journal_content_free(&t->present), shy_journal_content_free(&t->new);
}

static void wait_for(pid_t child, int *status)
{
    while (waitpid(child, status, 0) < 0)
        assert_int_equal(errno, EINTR);
}

/* A child that writes `content`, stopped at the nth entry to or return from the system and killed there; false: it ended before. */
static bool killed_at(const journal_content *content, int nth, bool *traced_out)
{
    uint64_t bytes;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(99);
        raise(SIGSTOP);
        _exit(shy_journal_file_write(&paths, content, &bytes) == SHY_OK ? 0 : 1);
    }
    wait_for(child, &status);
    *traced_out = WIFSTOPPED(status);
    for (int i = 0; i < nth && WIFSTOPPED(status); i++) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0) break;
        wait_for(child, &status);
    }
    if (!WIFSTOPPED(status)) {
        if (*traced_out) assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        return false;
    }
    kill(child, SIGKILL);
    wait_for(child, &status);
    return true;
}

static void a_kill_leaves_a_complete_one(void **state)
{
    trial t = begin_trials(50000);
    int nth = 0, old_ones = 0, new_ones = 0;
    bool traced, killed;

    (void)state;
    do {
        journal_content read = {0};
        bool from_previous;
        put_before(&t);
        killed = killed_at(&t.new, nth++, &traced);
        if (!traced) {
            print_message("# skipped: processes cannot be traced here\n");
            break;
        }
        assert_int_equal(shy_journal_file_read(&paths, &read, &from_previous), SHY_OK);
        assert_false(from_previous);
        assert_true(same(&read, &t.present) || same(&read, &t.new));
        same(&read, &t.new) ? new_ones++ : old_ones++;
        shy_journal_content_free(&read);
    } while (killed);
    if (traced) assert_true(old_ones > 10 && new_ones > 1);
    end_trials(&t);
}

/* Nor is what it leaves half written in the way of the next one. */
static void what_is_half_written_goes(void **state)
{
    journal_content content = make_content(12, 2, 100);

    (void)state;
    clear_files();
    spill(partial, "shihyo journal", 14);
    write_content(&content);
    expect_content(&content, false);
    assert_int_equal(symlink("elsewhere", partial), 0);
    write_content(&content);
    expect_content(&content, false);
    shy_journal_content_free(&content);
}

/* ---- the file system says no ---- */

#if defined(__x86_64__) && defined(__linux__)
static bool is_of_files(long call)
{
    static const long calls[] = {SYS_open, SYS_openat, SYS_write, SYS_fsync, SYS_close, SYS_link, SYS_linkat, SYS_rename, SYS_unlink};

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i] == call) return true;
    return false;
}

/* What a child does that writes `content`: 0: it has; 1: it has not, and says path and reason; 2: it does not say them. */
static int write_in_child(const journal_content *content, int error)
{
    uint64_t bytes;

    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) return 99;
    raise(SIGSTOP);
    if (shy_journal_file_write(&paths, content, &bytes) == SHY_OK) return 0;
    return strstr(shy_error_message(), path) != NULL && strstr(shy_error_message(), strerror(error)) != NULL ? 1 : 2;
}

/* The child's nth call of the system, if it is about files, is not made and fails with `error`. *call_out: which one; -1: it makes fewer. */
static int with_failing_call(const journal_content *content, int nth, int error, long *call_out)
{
    struct user_regs_struct registers;
    int status;
    bool fails = false;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) _exit(write_in_child(content, error));
    *call_out = -1;
    wait_for(child, &status);
    for (int stop = 0; WIFSTOPPED(status); stop++) { /* stop 0: SIGSTOP; then the way in and the way out of each call */
        assert_int_equal(ptrace(PTRACE_GETREGS, child, NULL, &registers), 0);
        if (stop == 2 * nth - 1) {
            *call_out = (long)registers.orig_rax;
            fails = is_of_files(*call_out);
            if (fails) registers.orig_rax = (unsigned long long)-1;
        }
        if (stop == 2 * nth && fails) registers.rax = (unsigned long long)-(long long)error;
        if (fails) assert_int_equal(ptrace(PTRACE_SETREGS, child, NULL, &registers), 0);
        if (stop == 2 * nth) fails = false;
        assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
        wait_for(child, &status);
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Each call about files fails in turn: the save succeeds, or says why not and leaves the checkpoint and the one before it as they were. */
static bool try_error(int error, const trial *t)
{
    static const long needed[] = {SYS_write, SYS_fsync, SYS_close, SYS_rename};
    const journal_paths before = {.path = previous, .partial = partial, .previous = partial, .directory = directory};
    bool refused[4] = {false};
    long call = 0;

    for (int nth = 1; call != -1; nth++) {
        journal_content read = {0};
        bool from_previous;
        put_before(t);
        const int result = with_failing_call(&t->new, nth, error, &call);
        if (result == 99) return false;
        assert_true(result == 0 || result == 1);
        expect_content(result == 0 ? &t->new : &t->present, false);
        if (call != SYS_unlink) assert_int_equal(access(partial, F_OK), -1);
        assert_int_equal(shy_journal_file_read(&before, &read, &from_previous), SHY_OK);
        /* Only when the last rename fails, which a file system does that is about to be lost, the older one has gone already. */
        assert_true(same(&read, result == 0 || call == SYS_rename ? &t->present : &t->old) || call == SYS_unlink);
        shy_journal_content_free(&read);
        for (int i = 0; i < 4; i++)
            refused[i] = refused[i] || (result == 1 && call == needed[i]);
    }
    for (int i = 0; i < 4; i++) /* EINTR: a write and so on is made again; a rename knows no EINTR */
        assert_int_equal(refused[i], error != EINTR || needed[i] == SYS_rename);
    return true;
}

static void a_call_that_fails_changes_nothing(void **state)
{
    static const int errors[] = {ENOSPC, EDQUOT, EIO, EINTR};
    trial t = begin_trials(20000);

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (!try_error(errors[i], &t)) {
            print_message("# skipped: processes cannot be traced here\n");
            break;
        }
    }
    end_trials(&t);
}
#endif

/* Where a file system has no second names the two renames leave, between them, only the one before. */
static void between_two_renames_one_is_there(void **state)
{
    journal_content present = make_content(16, 3, 500), new = make_content(17, 3, 5000);

    (void)state;
    clear_files();
    write_content(&present);
    write_content(&new);
    assert_int_equal(rename(path, partial), 0);
    expect_content(&present, true);
    assert_int_equal(rename(previous, path), 0);
    expect_content(&present, false);
    write_content(&new);
    expect_content(&new, false);
    shy_journal_content_free(&present), shy_journal_content_free(&new);
}

/* ---- the hash ---- */

static void parts_hash_as_the_whole(void **state)
{
    unsigned char bytes[1000];
    char whole[65], parts[65];
    shy_hash *hash = NULL;

    (void)state;
    clear_files();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)shy_random_bits(1, 2, i);
    spill(path, bytes, sizeof bytes);
    assert_int_equal(shy_hash_file(path, whole), SHY_OK);
    assert_int_equal(shy_hash_begin(&hash), SHY_OK);
    for (size_t at = 0, part = 0; at < sizeof bytes; at += part, part++)
        assert_int_equal(shy_hash_add(hash, bytes + at, part < sizeof bytes - at ? part : sizeof bytes - at), SHY_OK);
    assert_int_equal(shy_hash_end(&hash, parts), SHY_OK);
    assert_null(hash);
    assert_string_equal(parts, whole);
    assert_int_equal(shy_hash_begin(&hash), SHY_OK);
    assert_int_equal(shy_hash_add(hash, "abc", 3), SHY_OK);
    assert_int_equal(shy_hash_end(&hash, parts), SHY_OK);
    assert_string_equal(parts, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2 */
}

/* ---- signals ---- */

static void signals_are_heard(void **state)
{
    int status;

    (void)state;
    shy_signals_catch();
    assert_false(shy_signals_save());
    raise(SIGUSR1);
    assert_true(shy_signals_save());
    shy_signals_save_seen();
    assert_false(shy_signals_save());
    assert_int_equal(shy_signals_stop(), 0);
    for (int i = 0; i < 2; i++) {
        const int number = i == 0 ? SIGTERM : SIGINT;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            raise(number);
            if (shy_signals_stop() != number) _exit(1);
            raise(number); /* a second SIGINT ends it; SIGTERM does not */
            _exit(7);
        }
        wait_for(child, &status);
        if (number == SIGTERM) assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        else assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    }
    assert_int_equal(shy_signals_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_changed_file_is_refused),
        cmocka_unit_test(lengths_are_not_believed),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(the_one_before_is_taken_if_need_be),
        cmocka_unit_test(reading_without_memory_fails),
        cmocka_unit_test(only_the_owner_may_read_it),
        cmocka_unit_test(a_full_disk_changes_nothing),
        cmocka_unit_test(a_place_that_takes_no_file_is_said),
        cmocka_unit_test(a_kill_leaves_a_complete_one),
        cmocka_unit_test(what_is_half_written_goes),
#if defined(__x86_64__) && defined(__linux__)
        cmocka_unit_test(a_call_that_fails_changes_nothing),
#endif
        cmocka_unit_test(between_two_renames_one_is_there),
        cmocka_unit_test(parts_hash_as_the_whole),
        cmocka_unit_test(signals_are_heard),
    };
    const char *base = getenv("TMPDIR");

    snprintf(directory, sizeof directory, "%s/journal.XXXXXX", base != NULL && strlen(base) < 40 ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return 1;
    snprintf(path, sizeof path, "%s/checkpoint", directory);
    snprintf(partial, sizeof partial, "%s.partial", path);
    snprintf(previous, sizeof previous, "%s.previous", path);
    shy_log_speaker(false);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    clear_files();
    rmdir(directory);
    return failed;
}

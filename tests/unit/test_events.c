/* test_events.c: what a run writes about itself is what is read of it, whatever is in it and whatever happens to the file. */
#include "shy_config.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/events.h"
#include "app/run_view.h"
#include "shihyo/report.h"

typedef struct {
    char directory[64], file[96];
} room;

static int set_up(void **state)
{
    static room r;

    strcpy(r.directory, "/tmp/test_events.XXXXXX");
    if (mkdtemp(r.directory) == NULL) return -1;
    snprintf(r.file, sizeof r.file, "%s/%s", r.directory, SHY_EVENTS_FILE);
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {SHY_EVENTS_FILE, "run.json", "checkpoint"};
    const room *r = *state;
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", r->directory, names[i]);
        unlink(path);
    }
    return rmdir(r->directory);
}

static void put_file(const char *directory, const char *name, const char *text, const char *mode)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- lines ------------------------------------------------------------------------------------------------------------- */

static void any_text_becomes_json(void **state)
{
    static const struct {
        const char *in, *out; /* out: NULL: the same */
    } cases[] = {
        {"", NULL},
        {"x1 * sqrt(x1)", NULL},
        {"\"quoted\" \\ back", NULL},
        {"tab\tline\nbell\a", NULL},
        {"größe 指標 \xf0\x9f\x98\x80", NULL},
        {"\xff\xfe", "??"},
        {"a\xc3", "a?"},                /* cut inside a character */
        {"\xc0\x80", "??"},             /* overlong */
        {"\xed\xa0\x80", "???"},        /* surrogate */
        {"\xf4\x90\x80\x80", "????"},   /* beyond Unicode */
        {"\xe2\x82", "??"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shy_event event;
        shy_event_begin(&event, "warning");
        shy_event_text(&event, "text", cases[i].in);
        shy_event_end(&event);
        assert_int_equal(event.text[event.count - 1], '\n');
        assert_null(memchr(event.text, '\n', event.count - 1));
        json_t *read = json_loadb(event.text, event.count, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(read);
        assert_string_equal(json_string_value(json_object_get(read, "text")), cases[i].out != NULL ? cases[i].out : cases[i].in);
        assert_string_equal(json_string_value(json_object_get(read, "event")), "warning");
        json_decref(read);
    }
}

static void numbers_and_null(void **state)
{
    shy_event event;

    (void)state;
    shy_event_begin(&event, "progress");
    shy_event_number(&event, "a", 0.25);
    shy_event_number(&event, "b", NAN);
    shy_event_number(&event, "c", INFINITY);
    shy_event_number(&event, "d", -1.5e300);
    shy_event_count(&event, "e", UINT64_C(9007199254740993));
    shy_event_text(&event, "f", NULL);
    shy_event_end(&event);
    json_t *read = json_loadb(event.text, event.count, 0, NULL);
    assert_non_null(read);
    assert_true(json_number_value(json_object_get(read, "a")) == 0.25);
    assert_true(json_is_null(json_object_get(read, "b")) && json_is_null(json_object_get(read, "c")) && json_is_null(json_object_get(read, "f")));
    assert_true(json_number_value(json_object_get(read, "d")) == -1.5e300);
    assert_true(json_integer_value(json_object_get(read, "e")) == INT64_C(9007199254740993));
    json_decref(read);
}

/* What a terminal would obey (ESC, and C1 in two bytes or as a bare byte) is not left; other characters are. */
static void other_peoples_text_is_tame(void **state)
{
    char text[] = "a\x1b[2J\xc2\x9b" "2J\x9b\x7f \xc2\xa0r\xc2\xb2 \xe6\x8c\x87\xe6\x8c", malformed[] = "\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80";

    (void)state;
    shy_text_tame(text);
    assert_string_equal(text, "a?[2J??2J?? \xc2\xa0r\xc2\xb2 \xe6\x8c\x87??");
    shy_text_tame(malformed);
    assert_string_equal(malformed, "?????????");
    assert_int_equal(shy_text_character(""), 0);
    assert_int_equal(shy_text_character("\xf0\x9f\x98\x80"), 4);
}

/* However much is put in, what comes out is a line of JSON. */
static void too_much_is_left_out(void **state)
{
    static char text[5000];
    shy_event event;

    (void)state;
    for (size_t i = 0; i + 3 < sizeof text; i += 3) memcpy(text + i, i % 2 == 0 ? "\x01\"\\" : "\xe6\x8c\x87", 3);
    shy_event_begin(&event, "end");
    for (int k = 0; k < 40; k++) {
        char name[16];
        snprintf(name, sizeof name, "text%d", k);
        shy_event_text(&event, name, text);
        shy_event_number(&event, name + 4, k);
    }
    shy_event_end(&event);
    assert_true(event.count <= sizeof event.text);
    json_t *read = json_loadb(event.text, event.count, 0, NULL);
    assert_non_null(read);
    assert_true(strlen(json_string_value(json_object_get(read, "text0"))) > 300);
    json_decref(read);
}

/* At any interval that can be asked for, a day's run has less than 10,000 lines of progress. */
static void a_day_is_not_too_long(void **state)
{
    static const double intervals[] = {0.1, 1.0, 10.0, 30.0, 86400.0};

    (void)state;
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        int lines = 0;
        for (double age = 0.0; age < 86400.0; age += shy_events_interval(age, intervals[i])) lines++;
        assert_in_range(lines, 50, 9999);
    }
}

/* ---- a run, written and read --------------------------------------------------------------------------------------------- */

static shy_events *begin(const room *r, bool resumed)
{
    shy_events *events = NULL;
    shy_event first;

    assert_int_equal(shy_events_create(30.0, &events), SHY_OK);
    shy_events_first(events, resumed, &first);
    shy_event_text(&first, "cohort", "a.h5");
    shy_event_count(&first, "ranks", 3);
    shy_events_open(events, r->directory, resumed, &first);
    return events;
}

static void a_run_is_read_as_it_goes(void **state)
{
    const room *r = *state;
    const shy_progress now = {.fraction = 0.25, .formulas = 1e6, .best_statistic = 0.5, .best_formula = "a / b", .seconds = 10.0};
    const shy_journal_save good = {.bytes = 4096, .seconds = 0.01, .steps = 2}, bad = {.seconds = 0.01, .steps = 3, .problem = "No space left on device"};
    shy_run_view s = {.directory = (char *)(uintptr_t)r->directory};
    struct timespec clock;

    shy_events *events = begin(r, false);
    clock_gettime(CLOCK_REALTIME, &clock);
    const double time = (double)clock.tv_sec + 1.0;
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_STARTING);
    assert_string_equal(s.events.cohort, "a.h5");
    assert_true(s.events.ranks == 3.0);
    shy_events_progress(events, &now);
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_RUNNING);
    assert_string_equal(s.events.stage, "search");
    assert_string_equal(s.events.best, "a / b");
    assert_true(s.events.fraction == 0.25 && s.events.formulas == 1e6 && s.events.statistic == 0.5);
    assert_true(fabs(s.events.rate - 1e5) < 1e2);        /* a million in ten seconds */
    assert_true(fabs(s.events.seconds_left - 30.0) < 1e-1); /* three quarters are left of what took ten seconds a quarter */
    shy_events_checkpoint(events, &good);
    shy_events_checkpoint(events, &bad);
    shy_log_threshold(SHY_LOG_ERROR);
    shy_log(SHY_LOG_INFO, "a note");
    shy_log(SHY_LOG_WARNING, "look \"out\"");
    shy_log_threshold(SHY_LOG_INFO);
    shy_events_stop(events, "SIGTERM");
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_STOPPING);
    assert_true(s.events.checkpoint_bytes == 4096.0);
    assert_string_equal(s.events.checkpoint_problem, "No space left on device");
    assert_int_equal(s.events.warnings, 1);
    assert_string_equal(s.events.warning, "look \"out\"");
    shy_events_end(events, SHY_STOPPED, "SIGTERM");
    shy_events_close(&events);
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_STOPPED);

    events = begin(r, true); /* goes on in the same file */
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_STARTING);
    assert_int_equal(s.events.resumed, 1);
    /* It is at 60 % already: its speed is reckoned from there. */
    shy_progress later = {.fraction = 0.6, .formulas = 6e6, .best_statistic = 0.5, .best_formula = "a / b", .seconds = 0.5};
    shy_events_progress(events, &later);
    shy_run_view_read(&s, time);
    assert_true(!(s.events.rate > 0.0) && isnan(s.events.seconds_left));
    shy_events_end(events, SHY_IO, "disk");
    shy_events_close(&events);
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_FAILED);
    assert_string_equal(s.events.message, "disk");

    events = begin(r, false); /* anew */
    shy_events_end(events, SHY_OK, NULL);
    shy_events_close(&events);
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_FINISHED);
    assert_int_equal(s.events.resumed, 0);
}

/* A line comes by itself where the search says nothing. */
static void a_silent_run_says_that_it_lives(void **state)
{
    const room *r = *state;
    const shy_progress now = {.fraction = 0.25, .stage = "stability"};
    shy_run_view s = {.directory = (char *)(uintptr_t)r->directory};
    shy_events *events = begin(r, false);

    shy_events_progress(events, &now);
    shy_run_view_read(&s, 0.0);
    const double first = s.events.last;
    for (int k = 0; k < 100 && !(s.events.last > first); k++) {
        usleep(100000);
        shy_run_view_read(&s, 0.0);
    }
    assert_true(s.events.last > first);
    assert_true(s.events.seconds_silent > 0.5);
    assert_string_equal(s.events.stage, "stability");
    shy_events_close(&events);
}

/* ---- what can be wrong with the files --------------------------------------------------------------------------------------- */

#define START "{\"time\":\"2026-01-01T00:00:00.000Z\",\"event\":\"start\",\"ranks\":2}\n"
#define PROGRESS "{\"time\":\"2026-01-01T00:00:10.500Z\",\"event\":\"progress\",\"stage\":\"search\",\"fraction\":0.5,\"next\":60}\n"
#define JANUARY 1767225600.0 /* 2026-01-01 00:00 UTC */

static void half_a_line_waits(void **state)
{
    const room *r = *state;
    shy_run_view s = {.directory = (char *)(uintptr_t)r->directory};
    char line[] = PROGRESS;

    put_file(r->directory, SHY_EVENTS_FILE, START "not json\n{\"event\":\"progress\"}\n[]\n\n{\"time\":\"2026-01-01T00:00:01.000Z\",\"event\":\"to come\"}\n", "w");
    shy_run_view_read(&s, JANUARY + 2.0);
    assert_int_equal(s.standing, SHY_SEEN_STARTING);
    assert_true(s.events.last == JANUARY + 1.0);
    line[40] = '\0';
    put_file(r->directory, SHY_EVENTS_FILE, line, "a");
    shy_run_view_read(&s, JANUARY + 10.0);
    assert_int_equal(s.standing, SHY_SEEN_STARTING);
    put_file(r->directory, SHY_EVENTS_FILE, &PROGRESS[40], "a");
    shy_run_view_read(&s, JANUARY + 11.0);
    assert_int_equal(s.standing, SHY_SEEN_RUNNING);
    assert_true(s.events.fraction == 0.5 && fabs(s.events.last - JANUARY - 10.5) < 1e-6);
    put_file(r->directory, SHY_EVENTS_FILE, line, "a"); /* the node was lost */
    shy_events *events = begin(r, true);
    shy_events_end(events, SHY_OK, NULL);
    shy_events_close(&events);
    FILE *file = fopen(r->file, "r");
    char text[4096] = "";
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_null(strstr(text, "\"event\":\"prog{")); /* what comes after it is no part of it */
    assert_non_null(strstr(text, "\n{\"time\":\"20"));
    shy_run_view_read(&s, JANUARY + 11.0);
    assert_int_equal(s.standing, SHY_SEEN_FINISHED);
}

static void who_says_nothing_is_silent(void **state)
{
    const room *r = *state;
    static const struct {
        double after;
        shy_run_standing standing;
    } cases[] = {{20.0, SHY_SEEN_RUNNING}, {11.0 + 4 * 60.0 - 1.0, SHY_SEEN_RUNNING}, {11.0 + 4 * 60.0 + 1.0, SHY_SEEN_SILENT}, {5.0, SHY_SEEN_RUNNING}};

    put_file(r->directory, SHY_EVENTS_FILE, START PROGRESS, "w");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shy_run_view s = {.directory = (char *)(uintptr_t)r->directory};
        shy_run_view_read(&s, JANUARY + cases[i].after);
        assert_int_equal(s.standing, cases[i].standing);
    }
    shy_run_view s = {.directory = (char *)(uintptr_t)r->directory};
    put_file(r->directory, "run.json", "{}", "w"); /* the results came; the end could not be written */
    shy_run_view_read(&s, JANUARY + 1e6);
    assert_int_equal(s.standing, SHY_SEEN_FINISHED);
}

static void runs_without_events(void **state)
{
    const room *r = *state;
    shy_run_view s = {.directory = (char *)(uintptr_t)r->directory};
    struct timespec clock;

    clock_gettime(CLOCK_REALTIME, &clock);
    const double time = (double)clock.tv_sec + 1.0;
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_NONE);
    put_file(r->directory, "checkpoint", "x", "w");
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_STARTING);
    shy_run_view_read(&s, time + 1000.0);
    assert_int_equal(s.standing, SHY_SEEN_STOPPED);
    put_file(r->directory, "run.json", "{\"ranks\": 4, \"n_formulas\": 1000, \"seconds\": 2.5, \"outcome\": \"y\"}", "w");
    shy_run_view_read(&s, time);
    assert_int_equal(s.standing, SHY_SEEN_FINISHED);
    assert_true(s.events.ranks == 4.0 && s.events.formulas == 1000.0 && s.events.seconds == 2.5);
}

/* What does not fit on the disk is left out as a whole; when there is room again lines come again. */
static void a_full_disk_costs_lines_and_nothing_else(void **state)
{
    const room *r = *state;
    struct rlimit before, limit;
    struct stat info;
    char line[4096];

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const int err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO); /* the one warning */
    shy_events *events = begin(r, false);
    assert_int_equal(stat(r->file, &info), 0);
    limit = (struct rlimit){(rlim_t)info.st_size + 300, before.rlim_max}; /* whatever the length of a line, one is cut */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int k = 0; k < 20; k++) shy_events_warning(events, "note", "the quick brown fox jumps over the lazy dog");
    assert_int_equal(stat(r->file, &info), 0);
    const off_t full = info.st_size;
    assert_true(full <= (off_t)limit.rlim_cur);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    shy_events_end(events, SHY_OK, NULL);
    shy_events_close(&events);
    dup2(err, STDERR_FILENO);
    close(err), close(null);
    assert_int_equal(stat(r->file, &info), 0);
    assert_true(info.st_size > full);
    FILE *file = fopen(r->file, "r");
    assert_non_null(file);
    int lines = 0, warnings = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *read = json_loads(line, 0, NULL);
        assert_non_null(read);
        warnings += strcmp(json_string_value(json_object_get(read, "event")), "warning") == 0;
        lines++;
        json_decref(read);
    }
    fclose(file);
    assert_in_range(warnings, 1, 4);
    assert_in_range(lines, warnings + 2, warnings + 4);
}

/* A directory that is not there: the run goes on. Ranks that keep none: nothing happens. */
static void without_a_file(void **state)
{
    const shy_progress now = {.fraction = 0.25};
    const room nowhere = {.directory = "/nonexistent/out"};
    shy_events *none = NULL;

    (void)state;
    const int err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    shy_events *events = begin(&nowhere, false);
    shy_events_progress(events, &now);
    shy_events_end(events, SHY_OK, NULL);
    shy_events_close(&events);
    dup2(err, STDERR_FILENO);
    close(err), close(null);
    assert_null(events);
    shy_events_progress(none, &now);
    shy_events_target(none, 1, 1, "");
    shy_events_checkpoint(none, NULL);
    shy_events_stop(none, "");
    shy_events_results(none, 0.0);
    shy_events_end(none, SHY_OK, NULL);
    shy_events_close(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_becomes_json),
        cmocka_unit_test(numbers_and_null),
        cmocka_unit_test(other_peoples_text_is_tame),
        cmocka_unit_test(too_much_is_left_out),
        cmocka_unit_test(a_day_is_not_too_long),
        cmocka_unit_test_setup_teardown(a_run_is_read_as_it_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_run_says_that_it_lives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_line_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_says_nothing_is_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_without_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_costs_lines_and_nothing_else, set_up, tear_down),
        cmocka_unit_test(without_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

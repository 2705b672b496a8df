/* search_stop.c: a run while it can be interrupted: what it keeps for who goes on, and what it says when it has to stop. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/search_run.h"
#include "app/sweep.h"

#define NOTE_SECONDS 1.0
#define SENTENCE 512

/* ---- what is kept beside the steps ------------------------------------------------------------------------------------------ */

/* Texts "history" and "times" of the journal: see begin_times in search_checkpoint.c. A time that cannot be kept for want of memory is no loss to the results. */
static void note_times(const shy_search_session *s)
{
    const shy_run *run = &s->run;
    uint64_t saves = 0, bytes = 0;
    double seconds = 0.0;
    char history[SENTENCE], *times = NULL, *longer = NULL;

    shy_journal_cost(run->journal, &saves, &seconds, &bytes); /* and one more: the one that this will be read from */
    snprintf(history, sizeof history, "%d %llu %.17g", run->resumed, (unsigned long long)(run->checkpoints + saves + 1), run->checkpoint_seconds + seconds);
    bool good = shy_journal_set_text(run->journal, "history", history) == SHY_OK && shy_string_copy("", &times) == SHY_OK;
    for (int t = 0; t < run->targets && good; t++) {
        good = shy_string_format(&longer, "%s%.17g\n", times, run->before[t] + run->spent[t]) == SHY_OK;
        shy_free(&times);
        times = longer, longer = NULL;
    }
    if (good) good = shy_journal_set_text(run->journal, "times", times) == SHY_OK;
    if (!good) shy_error_clear();
    shy_free(&times);
}

void shy_run_progress(void *context, const shy_progress *now)
{
    shy_search_session *s = context;
    shy_run *run = &s->run;
    const double took = shy_time_seconds() - run->started;

    run->spent[s->problem->aim] = took;
    run->fraction = now->fraction;
    snprintf(run->stage, sizeof run->stage, "%s", now->stage == NULL ? "" : now->stage);
    if (took >= run->noted + NOTE_SECONDS) run->noted = took, note_times(s);
    shy_performance_stage(&s->performance, now->stage);
    shy_events_progress(s->events, now);
    if (run->meter.stream != NULL) shy_meter_show(&run->meter, now);
}

static const char *time_of(const char *path, char text[32])
{
    struct stat info;
    struct tm broken;

    if (stat(path, &info) != 0 || localtime_r(&info.st_mtime, &broken) == NULL || strftime(text, 32, "%Y-%m-%d %H:%M:%S", &broken) == 0) snprintf(text, 32, "unknown time");
    return text;
}

/* The one place that hears of every save. */
void shy_run_saved(void *context, const shy_journal_save *save)
{
    shy_search_session *s = context;
    char when[32];

    shy_events_checkpoint(s->events, save);
    if (save->problem == NULL) s->run.steps = save->steps;
    if (save->problem == NULL || s->run.leaves) return;
    shy_meter_end(&s->run.meter);
    shy_log(SHY_LOG_WARNING, "What is done cannot be saved: %s The search goes on; the checkpoint of %s is as it was.", save->problem, time_of(s->run.checkpoint, when));
}

/* ---- the end -------------------------------------------------------------------------------------------------------------------- */

/* A directory as a shell takes it, for as long as there is memory. */
static const char *quoted(const char *directory, char *text, size_t size)
{
    char *word = NULL;

    if (shy_shell_word(directory, &word) != SHY_OK) shy_error_clear();
    snprintf(text, size, "%s", word == NULL ? directory : word);
    shy_free(&word);
    return text;
}

/* "43 % of the search", and of which one if there are several. */
static void how_far(const shy_search_session *s, char *text, size_t size)
{
    const shy_run *run = &s->run;
    const shy_problem *p = s->problem;
    char target[256] = "";
    const double per_cent = 100.0 * (run->fraction < 0.0 ? 0.0 : run->fraction > 1.0 ? 1.0 : run->fraction);

    if (p->targets > 1) snprintf(target, sizeof target, " for target %d of %d, %s,", p->aim + 1, p->targets, p->target[p->aim].name);
    if (run->stage[0] == '\0') snprintf(text, size, "%.0f %% of the search%s is done.", per_cent, target);
    else snprintf(text, size, "The search%s is done, and in the validation: %s, %.0f %%.", target, run->stage, per_cent);
}

static shy_status say_stopped(const shy_search_session *s, const char *cause, const char *problem)
{
    char far[SENTENCE], directory[SENTENCE], when[32];

    how_far(s, far, sizeof far);
    quoted(shy_config_text(s->config, SHY_KEY_OUTPUT), directory, sizeof directory);
    if (problem == NULL)
        return shy_fail(SHY_STOPPED, "%s %s It is saved in %s; `shihyo resume %s` goes on.", cause, far, s->run.checkpoint, directory);
    return shy_fail(SHY_IO, "%s %s It cannot be saved: %s The checkpoint of %s (%s) is intact; `shihyo resume %s` goes on from there.", cause, far, problem,
                    time_of(s->run.checkpoint, when), s->run.checkpoint, directory);
}

/* The first save alone says only what was asked for. */
static bool has_value(const shy_run *run, uint64_t saves)
{
    return run->state == SHY_RUN_GOES_ON || run->steps > 0 || saves > 1;
}

static void say_kept(const shy_search_session *s)
{
    char directory[SENTENCE], when[32];

    shy_log(SHY_LOG_INFO, "What was done is kept in %s (%s); `shihyo resume %s` goes on from there.", s->run.checkpoint, time_of(s->run.checkpoint, when),
            quoted(shy_config_text(s->config, SHY_KEY_OUTPUT), directory, sizeof directory));
}

/* Rank 0. */
static shy_status leave(shy_search_session *s, shy_status why)
{
    shy_run *run = &s->run;
    uint64_t saves = 0, bytes = 0;
    double seconds = 0.0;
    char cause[2 * SENTENCE], problem[SENTENCE];

    snprintf(cause, sizeof cause, "%s", shy_error_message());
    shy_error_clear();
    run->leaves = true;
    if (why == SHY_STOPPED) shy_events_stop(s->events, cause);
    note_times(s);
    shy_journal_cost(run->journal, &saves, &seconds, &bytes);
    const bool saved = shy_journal_save_now(run->journal) == SHY_OK;
    snprintf(problem, sizeof problem, "%s", shy_error_message());
    shy_error_clear();
    if (why == SHY_STOPPED) return say_stopped(s, cause, saved ? NULL : problem);
    if (has_value(run, saves)) say_kept(s);
    else shy_journal_remove(run->checkpoint);
    return shy_fail(why, "%s", cause);
}

shy_status shy_run_leave(shy_search_session *s, shy_status why)
{
    if (why == SHY_OK || s->run.journal == NULL || s->problem == NULL || s->problem->journal == NULL) return why;
    return shy_team_agree(s->team, s->team->rank == 0 ? leave(s, why) : why);
}

void shy_run_complete(shy_search_session *s)
{
    shy_journal_remove(s->run.checkpoint);
}

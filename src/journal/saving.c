/* saving.c: when a checkpoint is written, and when a run is to stop. */
#include "shy_config.h"

#include <signal.h>

#include "journal_impl.h"

/* Of a test; not in the journal, because a question changes it. 0: none. */
static uint64_t until_stop;

/* Time between saves for each second that one takes: under 1 % goes into saving. */
#define REST_PER_SECOND 100.0

static bool is_root(const shy_journal *journal)
{
    return journal->team->rank == 0;
}

/* ---- stopping ---- */

void shy_journal_stop_at(shy_journal *journal, uint64_t nth)
{
    (void)journal;
    /* One more than polls and questions that are left, so that when the n-th has been seen 1 stays. */
    until_stop = nth == 0 ? 0 : nth + 1;
}

static bool test_says_stop(void)
{
    if (until_stop > 1) until_stop--;
    return until_stop == 1;
}

static bool is_past_deadline(const shy_journal *journal)
{
    return is_root(journal) && journal->options.deadline > 0.0 && shy_time_seconds() >= journal->options.deadline;
}

static const char *name_of(int number)
{
    switch (number) {
    case SIGTERM:
        return "SIGTERM";
    case SIGINT:
        return "SIGINT";
    default:
        return "a signal";
    }
}

/* Once it has said that the run is to stop it goes on saying so. */
static shy_status ask_whether_to_stop(shy_journal *journal)
{
    const bool asked = test_says_stop();

    if (journal->signal == 0) journal->signal = shy_signals_stop();
    if (journal->signal != 0) return shy_fail(SHY_STOPPED, "The run stops: it was told to by %s.", name_of(journal->signal));
    if (!journal->time_up) journal->time_up = asked || is_past_deadline(journal);
    if (journal->time_up) return shy_fail(SHY_STOPPED, "The run stops: the time limit is near.");
    return SHY_OK;
}

/* ---- saving ---- */

static bool interval_is_over(const shy_journal *journal)
{
    double interval = journal->options.interval;

    if (interval <= 0.0) return false;
    if (interval < REST_PER_SECOND * journal->save_lasted) interval = REST_PER_SECOND * journal->save_lasted;
    return shy_time_seconds() - journal->saved_at >= interval;
}

static uint64_t finished_steps(const journal_content *content)
{
    return content->steps - (content->steps > 0 && !content->step[content->steps - 1].done);
}

static void report_save(const shy_journal *journal, uint64_t bytes, const char *problem)
{
    const shy_journal_save report = {
        .bytes = bytes, .seconds = journal->save_lasted, .steps = finished_steps(&journal->content), .problem = problem};

    if (journal->options.saved != NULL) journal->options.saved(journal->options.context, &report);
    else if (problem != NULL) shy_log(SHY_LOG_WARNING, "%s", problem);
}

/* Fails with the message of the save, even if another one waits: that of a stop, before which is saved. It stays if all goes well. */
static shy_status save(shy_journal *journal)
{
    const double start = shy_time_seconds();
    char waiting[2048];
    uint64_t bytes = 0;
    shy_status st;

    snprintf(waiting, sizeof waiting, "%s", shy_error_message());
    shy_error_clear();
    st = shy_journal_file_write(&journal->paths, &journal->content, &bytes);
    journal->saved_at = shy_time_seconds();
    journal->save_lasted = journal->saved_at - start;
    journal->save_seconds += journal->save_lasted;
    if (st == SHY_OK) {
        journal->saves++;
        journal->save_bytes = bytes;
        journal->changed = false;
        shy_error_set(waiting);
    }
    report_save(journal, bytes, st == SHY_OK ? NULL : shy_error_message());
    return st;
}

/* A run whose checkpoints cannot be written is better than none. */
static void save_if_possible(shy_journal *journal)
{
    if (save(journal) != SHY_OK) shy_error_clear();
}

shy_status shy_journal_poll(shy_journal *journal)
{
    shy_status st = SHY_OK;

    if (journal == NULL) return SHY_OK;
    SHY_TRY(ask_whether_to_stop(journal));
    if (!is_root(journal)) return SHY_OK;
    if (shy_signals_save()) {
        shy_signals_save_seen(); /* before the save: what is asked for meanwhile is another one */
        save_if_possible(journal);
    } else if (journal->changed && interval_is_over(journal)) {
        save_if_possible(journal);
    }
out:
    return st;
}

bool shy_journal_due(const shy_journal *journal)
{
    if (journal == NULL || !is_root(journal)) return false;
    return test_says_stop() || journal->time_up || shy_signals_stop() != 0 || shy_signals_save() || is_past_deadline(journal) ||
           interval_is_over(journal);
}

shy_status shy_journal_save_now(shy_journal *journal)
{
    return journal == NULL || !is_root(journal) ? SHY_OK : save(journal);
}

void shy_journal_cost(const shy_journal *journal, uint64_t *saves_out, double *seconds_out, uint64_t *bytes_out)
{
    *saves_out = journal == NULL ? 0 : journal->saves;
    *seconds_out = journal == NULL ? 0.0 : journal->save_seconds;
    *bytes_out = journal == NULL ? 0 : journal->save_bytes;
}

/* The journal of a run. */
#include "shy_config.h"

#include "shihyo/journal.h"

struct shy_journal {
    const shy_team *team;
};

shy_status shy_journal_create(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out)
{
    (void)team, (void)path, (void)options;
    *journal_out = NULL;
    return SHY_OK;
}

shy_status shy_journal_load(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out)
{
    (void)team, (void)options;
    *journal_out = NULL;
    return shy_fail(SHY_IO, "%s: no checkpoint.", path);
}

bool shy_journal_exists(const char *path)
{
    (void)path;
    return false;
}

void shy_journal_set(shy_journal *journal, const shy_journal_options *options)
{
    (void)journal, (void)options;
}

shy_status shy_journal_set_text(shy_journal *journal, const char *name, const char *text)
{
    (void)journal, (void)name, (void)text;
    return SHY_OK;
}

const char *shy_journal_text(const shy_journal *journal, const char *name)
{
    (void)journal, (void)name;
    return NULL;
}

void shy_journal_close(shy_journal **journal)
{
    shy_free(journal);
}

void shy_journal_remove(const char *path)
{
    (void)path;
}

shy_status shy_journal_begin(shy_journal *journal, const char *name, shy_journal_step *step_out)
{
    (void)journal, (void)name;
    *step_out = (shy_journal_step){0};
    return SHY_OK;
}

shy_status shy_journal_write(shy_journal *journal, uint64_t at, const void *bytes, uint64_t count)
{
    (void)journal, (void)at, (void)bytes, (void)count;
    return SHY_OK;
}

void shy_journal_end(shy_journal *journal)
{
    (void)journal;
}

shy_status shy_journal_poll(shy_journal *journal)
{
    (void)journal;
    return SHY_OK;
}

bool shy_journal_due(const shy_journal *journal)
{
    (void)journal;
    return false;
}

shy_status shy_journal_save_now(shy_journal *journal)
{
    (void)journal;
    return SHY_OK;
}

void shy_journal_cost(const shy_journal *journal, uint64_t *saves_out, double *seconds_out, uint64_t *bytes_out)
{
    (void)journal;
    *saves_out = 0, *seconds_out = 0.0, *bytes_out = 0;
}

void shy_journal_stop_at(shy_journal *journal, uint64_t nth)
{
    (void)journal, (void)nth;
}

/* steps.c: the sequence of steps: what each has left, or what is done of it, given to all ranks. */
#include "shy_config.h"

#include <string.h>

#include "journal_impl.h"

/* What rank 0 says of a step. */
typedef struct {
    uint64_t name_hash, count;
    bool done;
} step_notice;

static uint64_t hash_name(const char *name)
{
    return shy_hash_bytes(name, strlen(name), 0);
}

static bool is_root(const shy_journal *journal)
{
    return journal->team->rank == 0;
}

/* Rank 0: the step in the present place is there, and has this name. */
static shy_status find_step(shy_journal *journal, const char *name)
{
    journal_content *content = &journal->content;
    journal_step *step;

    if (journal->begun == content->steps) return shy_journal_content_step(content, name, &step);
    step = &content->step[journal->begun];
    if (strcmp(step->name, name) == 0) return SHY_OK;
    return shy_fail(SHY_INTERNAL,
                    "%s: step %llu of this checkpoint is \"%s\", but the run has come to \"%s\". It was made by another version of this program, or "
                    "for another run. Please report it if it was not.",
                    journal->paths.path, (unsigned long long)journal->begun + 1, step->name, name);
}

static shy_status prepare(shy_journal *journal, const char *name)
{
    shy_status st = SHY_OK;

    shy_free(&journal->received);
    if (journal->open) return shy_fail(SHY_INTERNAL, "Steps do not nest: \"%s\" is begun within another one.", name);
    SHY_TRY(shy_journal_poll(journal));
    if (is_root(journal)) SHY_TRY(find_step(journal, name));
out:
    return st;
}

/* Ranks other than 0: it is the step that rank 0 means, and there is room for its bytes. */
static shy_status expect(shy_journal *journal, const char *name, const step_notice *notice)
{
    if (notice->name_hash != hash_name(name))
        return shy_fail(SHY_INTERNAL, "Rank %d begins the step \"%s\", and rank 0 another one.", journal->team->rank, name);
    if (is_root(journal) || notice->count == 0) return SHY_OK;
    return shy_new(notice->count, 1, &journal->received);
}

shy_status shy_journal_begin(shy_journal *journal, const char *name, shy_journal_step *step_out)
{
    shy_status st = SHY_OK;
    step_notice notice = {0};
    void *bytes = NULL;

    *step_out = (shy_journal_step){0};
    if (journal == NULL) return SHY_OK;
    SHY_TRY_ALL(journal->team, prepare(journal, name));
    if (is_root(journal)) {
        const journal_step *step = &journal->content.step[journal->begun];
        notice.name_hash = hash_name(name), notice.count = step->count, notice.done = step->done;
        bytes = step->bytes;
    }
    SHY_TRY(shy_team_broadcast(journal->team, &notice, sizeof notice));
    SHY_TRY_ALL(journal->team, expect(journal, name, &notice));
    if (!is_root(journal)) bytes = journal->received;
    SHY_TRY(shy_team_broadcast(journal->team, bytes, notice.count));
    journal->begun++;
    journal->open = !notice.done;
    *step_out = (shy_journal_step){.done = notice.done, .bytes = notice.count > 0 ? bytes : NULL, .count = notice.count};
out:
    return st;
}

shy_status shy_journal_write(shy_journal *journal, uint64_t at, const void *bytes, uint64_t count)
{
    shy_status st = SHY_OK;
    journal_step *step;
    uint64_t end;

    if (journal == NULL) return SHY_OK;
    shy_free(&journal->received);
    if (!is_root(journal)) return SHY_OK;
    if (!journal->open) return shy_fail(SHY_INTERNAL, "There is no step that something could be written to.");
    step = &journal->content.step[journal->begun - 1];
    if (at > step->count || __builtin_add_overflow(at, count, &end))
        return shy_fail(SHY_INTERNAL, "Step \"%s\" has %llu bytes, and %llu are to be written from byte %llu on.", step->name,
                        (unsigned long long)step->count, (unsigned long long)count, (unsigned long long)at);
    SHY_TRY(shy_journal_step_room(step, end));
    if (count > 0) memcpy(step->bytes + at, bytes, count);
    step->count = end;
    journal->changed = true;
out:
    return st;
}

void shy_journal_end(shy_journal *journal)
{
    if (journal == NULL || !journal->open) return;
    shy_free(&journal->received);
    journal->open = false;
    journal->changed = true;
    if (!is_root(journal)) return;
    journal_step *step = &journal->content.step[journal->begun - 1];
    step->done = true;
    shy_journal_step_trim(step);
}

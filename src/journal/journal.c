/* journal.c: journals, made anew or from a checkpoint, and the texts that say of which run they are. */
#include "shy_config.h"

#include <string.h>
#include <unistd.h>

#include "journal_impl.h"

/* ---- paths ---- */

static shy_status name_directory(const char *path, char **directory_out)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) return shy_string_copy(".", directory_out);
    return shy_string_format(directory_out, "%.*s", (int)(slash == path ? 1 : slash - path), path);
}

static shy_status name_files(const char *path, journal_paths *paths)
{
    shy_status st = SHY_OK;

    if (*path == '\0') return shy_fail(SHY_INPUT, "The checkpoint has no name.");
    SHY_TRY(shy_string_copy(path, &paths->path));
    SHY_TRY(shy_string_format(&paths->partial, "%s.partial", path));
    SHY_TRY(shy_string_format(&paths->previous, "%s.previous", path));
    SHY_TRY(name_directory(path, &paths->directory));
out:
    return st;
}

static void free_paths(journal_paths *paths)
{
    shy_free(&paths->path);
    shy_free(&paths->partial);
    shy_free(&paths->previous);
    shy_free(&paths->directory);
}

bool shy_journal_exists(const char *path)
{
    const bool blank = *shy_error_message() == '\0';
    journal_paths paths = {0};
    bool exists = access(path, F_OK) == 0;

    if (!exists && name_files(path, &paths) == SHY_OK) exists = access(paths.previous, F_OK) == 0;
    free_paths(&paths);
    if (blank) shy_error_clear();
    return exists;
}

void shy_journal_remove(const char *path)
{
    const bool blank = *shy_error_message() == '\0';
    journal_paths paths = {0};

    /* The checkpoint goes last: what is there in between is never the older one alone. */
    if (name_files(path, &paths) == SHY_OK) (void)unlink(paths.partial), (void)unlink(paths.previous);
    (void)unlink(path);
    free_paths(&paths);
    if (blank) shy_error_clear();
}

/* ---- anew ---- */

static shy_status make_empty(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out)
{
    shy_status st = SHY_OK;
    shy_journal *journal = NULL;

    SHY_TRY(shy_new(1, sizeof *journal, &journal));
    journal->team = team;
    journal->saved_at = shy_time_seconds();
    journal->changed = true;
    SHY_TRY(name_files(path, &journal->paths));
    shy_journal_set(journal, options);
    *journal_out = journal, journal = NULL;
out:
    shy_journal_close(&journal);
    return st;
}

shy_status shy_journal_create(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out)
{
    shy_status st = SHY_OK;
    shy_journal *journal = NULL;

    SHY_TRY_ALL(team, make_empty(team, path, options, &journal));
    *journal_out = journal, journal = NULL;
out:
    shy_journal_close(&journal);
    return st;
}

void shy_journal_set(shy_journal *journal, const shy_journal_options *options)
{
    if (journal == NULL) return;
    journal->options = options != NULL ? *options : (shy_journal_options){0};
}

void shy_journal_close(shy_journal **journal)
{
    if (*journal == NULL) return;
    free_paths(&(*journal)->paths);
    shy_journal_content_free(&(*journal)->content);
    shy_free(&(*journal)->received);
    shy_free(journal);
    shy_journal_stop_at(NULL, 0);
}

/* ---- from a checkpoint ---- */

static shy_status read_content(shy_journal *journal)
{
    bool from_previous = false;
    shy_status st = shy_journal_file_read(&journal->paths, &journal->content, &from_previous);

    journal->changed = from_previous;
    return st;
}

/* All names and texts, one after the other, each with its NUL. */
static uint64_t texts_length(const journal_content *content)
{
    uint64_t length = 0;

    for (uint64_t i = 0; i < content->texts; i++)
        length += strlen(content->text[i].name) + strlen(content->text[i].text) + 2;
    return length;
}

static void pack_texts(const journal_content *content, char *packed)
{
    for (uint64_t i = 0; i < content->texts; i++) {
        packed = stpcpy(packed, content->text[i].name) + 1;
        packed = stpcpy(packed, content->text[i].text) + 1;
    }
}

static shy_status unpack_texts(const char *packed, uint64_t length, journal_content *content)
{
    shy_status st = SHY_OK;

    for (const char *name = packed, *text; name < packed + length; name = text + strlen(text) + 1) {
        text = name + strlen(name) + 1;
        SHY_TRY(shy_journal_content_text(content, name, text));
    }
out:
    return st;
}

static shy_status share_texts(shy_journal *journal)
{
    shy_status st = SHY_OK;
    const bool root = journal->team->rank == 0;
    uint64_t length = root ? texts_length(&journal->content) : 0;
    char *packed = NULL;

    SHY_TRY(shy_team_broadcast(journal->team, &length, sizeof length));
    SHY_TRY_ALL(journal->team, shy_new(length, 1, &packed));
    if (root) pack_texts(&journal->content, packed);
    SHY_TRY(shy_team_broadcast(journal->team, packed, length));
    SHY_TRY_ALL(journal->team, root ? SHY_OK : unpack_texts(packed, length, &journal->content));
out:
    shy_free(&packed);
    return st;
}

shy_status shy_journal_load(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out)
{
    shy_status st = SHY_OK;
    shy_journal *journal = NULL;

    SHY_TRY_ALL(team, make_empty(team, path, options, &journal));
    SHY_TRY_ALL(team, team->rank == 0 ? read_content(journal) : SHY_OK);
    SHY_TRY(share_texts(journal));
    journal->saved_at = shy_time_seconds();
    *journal_out = journal, journal = NULL;
out:
    shy_journal_close(&journal);
    return st;
}

/* ---- texts ---- */

shy_status shy_journal_set_text(shy_journal *journal, const char *name, const char *text)
{
    if (journal == NULL) return SHY_OK;
    journal->changed = true;
    return shy_journal_content_text(&journal->content, name, text);
}

const char *shy_journal_text(const shy_journal *journal, const char *name)
{
    for (uint64_t i = 0; journal != NULL && i < journal->content.texts; i++)
        if (strcmp(journal->content.text[i].name, name) == 0) return journal->content.text[i].text;
    return NULL;
}

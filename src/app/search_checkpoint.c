/* search_checkpoint.c: is there something to go on from, and is it of the same run? */
#include "shy_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/search_run.h"
#include "app/time_limit.h"
#include "app/version.h"

#define DIFFERENCES_BYTES 1200

/* Texts of the journal. Configuration and version decide whether a checkpoint fits; the others are for who goes on. */
#define TEXT_CONFIGURATION "configuration"
#define TEXT_COHORT "cohort"
#define TEXT_SHA256 "cohort_sha256"
#define TEXT_VERSION "version"

static const char *text_of(const shy_search_session *s, const char *name)
{
    const char *text = shy_journal_text(s->run.journal, name);
    return text == NULL ? "" : text;
}

/* ---- what is there ------------------------------------------------------------------------------------------------------- */

static shy_run_state look(const char *checkpoint, const char *directory)
{
    if (shy_journal_exists(checkpoint)) return SHY_RUN_GOES_ON; /* even if there are results: they are those of an earlier run, to be replaced */
    return shy_output_finished(directory) != NULL ? SHY_RUN_FINISHED : SHY_RUN_NEW;
}

static shy_status nothing_there(const char *directory)
{
    return shy_fail(SHY_INPUT, "%s: there is no checkpoint to go on from, and there are no results. `shihyo search CONFIGURATION -o %s` starts a run.", directory,
                    directory);
}

static shy_status not_asked(const char *directory, const char *checkpoint)
{
    return shy_fail(SHY_INPUT,
                    "%s: holds a run that was interrupted (%s). `shihyo resume %s` goes on with it; --overwrite starts anew; or choose another directory with -o.",
                    directory, checkpoint, directory);
}

/* What cannot be looked at is not empty. */
static bool is_closed(const char *directory)
{
    struct stat info;
    const bool is_directory = stat(directory, &info) != 0 || S_ISDIR(info.st_mode);
    return is_directory && access(directory, X_OK) != 0 && errno == EACCES;
}

/* A run that was killed between its last file and its end has left its lock. Nothing depends on taking it away. */
static void clean_finished(const char *directory)
{
    shy_lock *lock = NULL;

    if (shy_output_lock(directory, &lock) == SHY_OK) shy_output_clean(directory);
    else shy_error_clear();
    shy_output_unlock(&lock);
}

/* The lock is taken before the checkpoint is judged: of a run that is at work, that is what has to be said. */
static shy_status claim(shy_search_session *s, const char *directory)
{
    shy_status st = SHY_OK;
    const shy_search_command *c = s->command;
    shy_run *run = &s->run;
    const bool resumes = c->resume || c->file == NULL;

    if (is_closed(directory)) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be looked into: %s. Ask its owner, or choose another directory.", directory, strerror(EACCES)));
    run->state = look(run->checkpoint, directory);
    if (run->state == SHY_RUN_NEW && c->file == NULL) return nothing_there(directory);
    if (run->state == SHY_RUN_FINISHED && resumes) return clean_finished(directory), SHY_OK;
    if (run->state == SHY_RUN_GOES_ON) {
        SHY_TRY(shy_output_lock(directory, &run->lock));
        run->state = look(run->checkpoint, directory); /* the run that was at work there may just have ended */
        if (run->state == SHY_RUN_FINISHED && resumes) return shy_output_unlock(&run->lock), SHY_OK;
    }
    if (run->state == SHY_RUN_GOES_ON && !resumes && !c->overwrite) SHY_TRY(not_asked(directory, run->checkpoint));
    SHY_TRY(shy_output_check(directory, c->overwrite || run->state == SHY_RUN_GOES_ON, &s->created));
    if (run->lock == NULL) SHY_TRY(shy_output_lock(directory, &run->lock));
    shy_output_clean(directory);
    if (!resumes) run->state = SHY_RUN_NEW;
out:
    if (st != SHY_OK) shy_output_unlock(&run->lock);
    return st;
}

/* ---- does it fit? ----------------------------------------------------------------------------------------------------------- */

static shy_status check_version(const shy_search_session *s)
{
    const char *then = text_of(s, TEXT_VERSION);

    if (strcmp(then, shy_version_text()) == 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: was written by %s, and this is %s: the rest of the results might not fit. Go on with that version, or start anew with --overwrite.",
                    s->run.checkpoint, *then != '\0' ? then : "an unknown version", shy_version_text());
}

shy_status shy_run_check_set(const shy_search_session *s, const shy_config *before)
{
    char names[DIFFERENCES_BYTES] = "";
    size_t used = 0;
    int count = 0;

    for (int key = 0; key < SHY_KEYS && used < sizeof names; key++) {
        if (!shy_key_matters(key) || shy_config_equal(s->config, before, key)) continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", count > 0 ? ", " : "", shy_key_get(key)->name);
        count++;
    }
    if (count == 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "--set: a run that is gone on with keeps %s: the results depend on %s, and a part of them is worked out already. "
                    "`shihyo search` with another directory starts a run with other values.", names, count > 1 ? "them" : "it");
}

/* "seed: 1 in the checkpoint, 2 in run.yaml" for each key that matters and differs; "" if there is none. */
static shy_status differences(const shy_search_session *s, const shy_config *before, const char *where, char text[DIFFERENCES_BYTES])
{
    shy_status st = SHY_OK;
    char *then = NULL, *now = NULL;
    size_t used = 0;

    text[0] = '\0';
    for (int key = 0; key < SHY_KEYS && used < DIFFERENCES_BYTES; key++) {
        if (!shy_key_matters(key) || shy_config_equal(s->config, before, key)) continue;
        shy_free(&then);
        shy_free(&now);
        SHY_TRY(shy_config_print(before, key, &then));
        SHY_TRY(shy_config_print(s->config, key, &now));
        used += (size_t)snprintf(text + used, DIFFERENCES_BYTES - used, "%s%s: %s in %s, %s in %s", used > 0 ? "; " : "", shy_key_get(key)->name,
                                 *then != '\0' ? then : "nothing", where, *now != '\0' ? now : "nothing", s->command->file);
    }
out:
    shy_free(&then);
    shy_free(&now);
    return st;
}

static shy_status parse_saved(const char *text, const char *path, shy_config **config_out)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;

    SHY_TRY(shy_config_create(&config));
    SHY_TRY(shy_config_parse(config, path, text, strlen(text)));
    *config_out = config, config = NULL;
out:
    shy_config_free(&config);
    return st;
}

static shy_status check_unfinished(const shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_config *before = NULL;
    char text[DIFFERENCES_BYTES];

    SHY_TRY(parse_saved(text_of(s, TEXT_CONFIGURATION), s->run.checkpoint, &before));
    SHY_TRY(differences(s, before, "the checkpoint", text));
    if (*text != '\0')
        SHY_TRY(shy_fail(SHY_INPUT, "%s: is of another run than %s: %s. Without --resume, --overwrite starts anew; or choose another directory with -o.",
                         s->run.checkpoint, s->command->file, text));
out:
    shy_config_free(&before);
    return st;
}

/* A cohort that is not there any more says nothing against the results. */
static shy_status check_finished(const shy_search_session *s)
{
    shy_status st = SHY_OK;
    const char *directory = shy_config_text(s->config, SHY_KEY_OUTPUT), *cohort = shy_config_text(s->config, SHY_KEY_COHORT);
    char *configuration = NULL, *sha256 = NULL, text[DIFFERENCES_BYTES], now[65] = "";
    shy_config *before = NULL;

    SHY_TRY(shy_finished_run(directory, &configuration, &sha256));
    SHY_TRY(parse_saved(configuration, "run.json", &before));
    SHY_TRY(differences(s, before, "the results", text));
    if (*text == '\0' && access(cohort, R_OK) == 0) {
        SHY_TRY(shy_hash_file(cohort, now));
        if (strcmp(now, sha256) != 0) snprintf(text, sizeof text, "%s has another content (SHA-256 %s then, %s now)", cohort, sha256, now);
    }
    if (*text != '\0')
        SHY_TRY(shy_fail(SHY_INPUT, "%s: holds results of another run than %s: %s. Choose another directory with -o, or replace them with --overwrite.", directory,
                         s->command->file, text));
out:
    shy_config_free(&before);
    shy_free(&configuration);
    shy_free(&sha256);
    return st;
}

shy_status shy_run_check_same(const shy_search_session *s)
{
    return s->run.state == SHY_RUN_FINISHED ? check_finished(s) : check_unfinished(s);
}

shy_status shy_run_check_cohort(const shy_search_session *s)
{
    const char *then = text_of(s, TEXT_SHA256), *now = shy_cohort_sha256(s->cohort);

    if (s->run.state != SHY_RUN_GOES_ON || strcmp(then, now) == 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: is not the cohort that the run in %s began with: its SHA-256 was %s and is %s. Put the old file back, or start anew with --overwrite.",
                    s->cohort_path != NULL ? s->cohort_path : shy_config_text(s->config, SHY_KEY_COHORT), s->run.checkpoint, then, now);
}

/* ---- going on ---------------------------------------------------------------------------------------------------------------- */

shy_status shy_run_open(shy_search_session *s, const char *directory)
{
    shy_status st = SHY_OK;
    const shy_journal_options none = {0};
    const size_t length = strlen(directory);

    SHY_TRY_ALL(s->team, shy_string_format(&s->run.checkpoint, "%s%scheckpoint", directory, length > 0 && directory[length - 1] == '/' ? "" : "/"));
    s->run.team = s->team;
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? claim(s, directory) : SHY_OK);
    SHY_TRY(shy_team_broadcast(s->team, &s->run.state, sizeof s->run.state));
    if (s->run.state != SHY_RUN_GOES_ON) goto out;
    SHY_TRY(shy_journal_load(s->run.team, s->run.checkpoint, &none, &s->run.journal));
    SHY_TRY_ALL(s->team, check_version(s));
out:
    return st;
}

/* Of a path that was given with --set nothing is to be found: it starts at the current directory, like all that is typed. */
shy_status shy_run_find_cohort(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const char *path = shy_config_text(s->config, SHY_KEY_COHORT), *there = text_of(s, TEXT_COHORT);
    int moved = s->team->rank == 0 && *there != '\0' && (access(there, R_OK) == 0 || access(path, R_OK) != 0);

    SHY_TRY(shy_team_broadcast(s->team, &moved, sizeof moved));
    if (moved) SHY_TRY_ALL(s->team, shy_string_copy(there, &s->cohort_path));
out:
    return st;
}

/* ---- which run it is ------------------------------------------------------------------------------------------------------------ */

/* From wherever it is resumed. */
static shy_status absolute(const char *path, char **path_out)
{
    char here[4096];

    if (*path == '/' || getcwd(here, sizeof here) == NULL) return shy_string_copy(path, path_out);
    return shy_string_format(path_out, "%s/%s", here, path);
}

static shy_status describe(const shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_journal *journal = s->run.journal;
    char *yaml = NULL, *cohort = NULL;

    SHY_TRY(shy_config_save(s->config, &yaml));
    SHY_TRY(absolute(s->cohort_path != NULL ? s->cohort_path : shy_config_text(s->config, SHY_KEY_COHORT), &cohort));
    SHY_TRY(shy_journal_set_text(journal, TEXT_CONFIGURATION, yaml));
    SHY_TRY(shy_journal_set_text(journal, TEXT_COHORT, cohort));
    SHY_TRY(shy_journal_set_text(journal, TEXT_SHA256, shy_cohort_sha256(s->cohort)));
    SHY_TRY(shy_journal_set_text(journal, TEXT_VERSION, shy_version_text()));
out:
    shy_free(&yaml);
    shy_free(&cohort);
    return st;
}

static shy_status begin_times(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_run *run = &s->run;
    const char *history = text_of(s, "history"), *times = text_of(s, "times");
    unsigned long long saves = 0;

    SHY_TRY(shy_new((size_t)s->problem->targets, sizeof *run->before, &run->before));
    SHY_TRY(shy_new((size_t)s->problem->targets, sizeof *run->spent, &run->spent));
    run->targets = s->problem->targets;
    if (run->state != SHY_RUN_GOES_ON) goto out;
    if (sscanf(history, "%d %llu %lf", &run->resumed, &saves, &run->checkpoint_seconds) == 3) run->checkpoints = saves;
    run->resumed++;
    for (int t = 0; t < run->targets; t++) {
        int length = 0;
        if (sscanf(times, "%lf %n", &run->before[t], &length) != 1) break;
        times += length;
    }
out:
    return st;
}

/* What an earlier run has left under these names is not to be taken for this one's. */
static shy_status save_first(shy_search_session *s)
{
    char message[1024];

    if (s->run.state != SHY_RUN_NEW) return SHY_OK;
    shy_journal_remove(s->run.checkpoint);
    const shy_status st = shy_journal_save_now(s->run.journal);
    if (st == SHY_IO && s->team->rank == 0) {
        snprintf(message, sizeof message, "%s Or choose another directory with -o.", shy_error_message());
        shy_error_set(message);
    }
    return st;
}

shy_status shy_run_begin(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_run *run = &s->run;
    const shy_journal_options options = {
        .interval = shy_config_duration(s->config, SHY_KEY_RUN_CHECKPOINT), .deadline = run->deadline, .saved = shy_run_saved, .context = s};

    if (run->state == SHY_RUN_NEW) SHY_TRY(shy_journal_create(run->team, run->checkpoint, &options, &run->journal));
    else shy_journal_set(run->journal, &options);
    SHY_TRY_ALL(s->team, begin_times(s));
    SHY_TRY_ALL(s->team, describe(s));
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? save_first(s) : SHY_OK);
    s->problem->journal = run->journal;
    shy_signals_catch();
out:
    return st;
}

void shy_run_free(shy_search_session *s)
{
    shy_run *run = &s->run;

    shy_journal_close(&run->journal);
    shy_output_unlock(&run->lock);
    shy_free(&run->before);
    shy_free(&run->spent);
    shy_free(&run->checkpoint);
    shy_free(&s->cohort_path);
    if (run->team != NULL && run->team != s->team) shy_team_destroy(&run->team);
}

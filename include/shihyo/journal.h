/**
 * journal: what a run has done so far, so that another one can go on from there.
 *
 * Floor 2. A run is a sequence of steps that is the same for any number of ranks: what a step leaves (lists, fits, sums) depends on the steps
 * before it alone. The journal holds, on rank 0, the bytes that each finished step has left and what is done of the present one; a checkpoint is all of
 * that in a file. A run that is resumed goes through the same sequence and is given what the journal has instead of working it out again, so
 * that its results are the same to the byte.
 *
 * A NULL journal is accepted everywhere: nothing is known, nothing is kept, nothing stops.
 */
#ifndef SHIHYO_JOURNAL_H
#define SHIHYO_JOURNAL_H

#include "shihyo/base.h"
#include "shihyo/par.h"

typedef struct shy_journal shy_journal;

/** A save: done or failed (then `problem` says why; the checkpoint before it is as it was). Borrowed during the call. */
typedef struct {
    uint64_t bytes;
    double seconds;      /* of rank 0 */
    uint64_t steps;      /* finished ones in it */
    const char *problem; /* NULL: it is on disk */
} shy_journal_save;

typedef struct {
    double interval; /* seconds from the end of a save to the next; at least 100 times what the last one took; 0: only when told to */
    double deadline; /* by shy_time_seconds; from then on the run is to stop; 0: none. Read on rank 0 */
    /* Rank 0, after every save, good or bad; NULL: a bad one is a warning in the log. Must not save or poll itself. */
    void (*saved)(void *context, const shy_journal_save *save);
    void *context;
} shy_journal_options;

/* ---- the whole -------------------------------------------------------------------------------------------------------- */

/**
 * An empty journal whose checkpoint is `path` (the one before it stays as PATH.previous until the next; a file that is being written is
 * PATH.partial). Nothing is written yet, and what is there stays until the first save. One run at a time may use a path. Borrows the team. options: NULL for none.
 * Collective over the world; fails everywhere or nowhere.
 */
shy_status shy_journal_create(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out);
/**
 * The journal that a checkpoint holds: of `path`, or, if that is not there, cannot be read or is damaged (length, SHA-256), of PATH.previous, with a
 * warning that says why. SHY_IO if there is neither, or what is there cannot be read; SHY_INPUT if neither can be used, or if the one at `path` is complete but of another
 * version of the format: the message names both versions. Only rank 0 reads. Collective over the world; fails everywhere or nowhere.
 */
shy_status shy_journal_load(const shy_team *team, const char *path, const shy_journal_options *options, shy_journal **journal_out);
/** Is there a checkpoint, or one before it, at `path`? Not collective. */
bool shy_journal_exists(const char *path);
/**
 * Replaces what it was created or loaded with: they may be known only when it has been read. A run that has been told to stop stays so. Not collective; the same on
 * all ranks.
 */
void shy_journal_set(shy_journal *journal, const shy_journal_options *options);
/**
 * Texts that say of which run it is (configuration, checksum of the cohort, version), by name; kept with the checkpoint. Not collective; on all ranks alike.
 * shy_journal_text: NULL if there is none of that name; borrowed; on all ranks, also after loading.
 */
shy_status shy_journal_set_text(shy_journal *journal, const char *name, const char *text);
const char *shy_journal_text(const shy_journal *journal, const char *name);
/** Frees it; the files stay. Not collective. */
void shy_journal_close(shy_journal **journal);
/** The run is complete: removes the checkpoint, the one before it and what is half written. To be called on rank 0 alone. */
void shy_journal_remove(const char *path);

/* ---- steps -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    bool done;         /* then `bytes` is all that the step leaves, and shy_journal_end is not called */
    const void *bytes; /* otherwise what was done of it; borrowed, until the next begin, write or end; on all ranks; aligned to 64 bytes */
    uint64_t count;    /* 0: nothing, and bytes is NULL */
} shy_journal_step;

/**
 * The next step, which has this name. SHY_INTERNAL if the journal has another one in this place, or if ranks name different ones: the message has both names. Steps do not nest.
 * Polls. After a failure the step is as if it had not been begun. Collective over the world; the bytes travel to all ranks; fails everywhere or nowhere.
 */
shy_status shy_journal_begin(shy_journal *journal, const char *name, shy_journal_step *step_out);
/**
 * What is done of the present step is, from byte `at` on, `bytes`; what was there is dropped (at = 0 replaces all, at = the length appends). Rank 0
 * keeps a copy, to the end of the run; `bytes` must not be those that shy_journal_begin gave. On other ranks nothing happens (but that what begin gave is gone), and `bytes` may be
 * NULL. Does not save by itself. Fails on rank 0 alone (SHY_MEMORY; SHY_INTERNAL beyond the length). Not collective.
 */
shy_status shy_journal_write(shy_journal *journal, uint64_t at, const void *bytes, uint64_t count);
/** The present step is done, and leaves what was written last. Not collective; every rank calls it. */
void shy_journal_end(shy_journal *journal);

/* ---- saving and stopping ------------------------------------------------------------------------------------------------- */

/**
 * Where a rank-local failure may be reported, now and then (it costs a look at a flag and, on rank 0, at the clock): SHY_STOPPED if this rank has been told to
 * stop (SIGTERM, SIGINT) or, on rank 0, time is up; the message says which. It goes on returning that. On rank 0 it saves if something has been written since the last
 * save and the interval is over, and whenever SIGUSR1 has come (on rank 0); a save that fails is told through `saved`, fails nothing, and is tried again after
 * the next interval. To be called where what is done has been written: what has not been is neither saved nor there after a stop. Not collective.
 */
shy_status shy_journal_poll(shy_journal *journal);
/**
 * Rank 0: is something waiting (a stop, SIGUSR1, the end of the interval) that work which is dealt should be interrupted for? After that the caller writes what is done, and
 * polls, which sees to it. Else, and on other ranks, false. Not collective.
 */
bool shy_journal_due(const shy_journal *journal);
/**
 * Saves now, also after SHY_STOPPED (whose message stays, unless this fails). Rank 0; elsewhere SHY_OK. SHY_IO with path, reason and what to do; the checkpoint and the one before it
 * are then as they were (the latter gone if only the last rename failed), and nothing half written is left. Whenever the process is killed, a complete checkpoint is at the path, or before the first
 * save none (where a file system has no hard links: or at PATH.previous). On the disk when it returns. Not collective.
 */
shy_status shy_journal_save_now(shy_journal *journal);
/** What saving has cost so far: how many, seconds of rank 0 (saving alone), bytes of the last. Any rank. */
void shy_journal_cost(const shy_journal *journal, uint64_t *saves_out, double *seconds_out, uint64_t *bytes_out);

/**
 * Tests: the n-th poll (on any rank for itself) or question whether something is due (on rank 0), from now, finds that the run is to stop, and so do all after
 * it; 0: none. Until the journal is closed.
 */
void shy_journal_stop_at(shy_journal *journal, uint64_t nth);

#endif

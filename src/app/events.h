/**
 * events: what a run tells about itself while it runs: OUTPUT/events.jsonl, one object per line. doc/monitoring.md has the format.
 *
 * Kept by rank 0; on other ranks `events` is NULL, which every function accepts and does nothing. No function is collective, and none fails the run:
 * what cannot be written (a full disk) is left out, with one warning. A reader never sees half a line.
 */
#ifndef SHIHYO_APP_EVENTS_H
#define SHIHYO_APP_EVENTS_H

#include "app/event_line.h"
#include "shihyo/journal.h"
#include "shihyo/search.h"

#define SHY_EVENTS_FILE "events.jsonl"

typedef struct shy_events shy_events;
struct shy_search_session;

/**
 * From now on what is logged (notes, warnings) is an event; events are kept in memory until the directory is known. SHY_MEMORY. Owned.
 *
 * @param interval  seconds between two lines of progress, once a run is some time old
 */
shy_status shy_events_create(double interval, shy_events **events_out);
/** Seconds between two lines of progress of a run of that age, where `interval` was asked for. */
double shy_events_interval(double age, double interval);
/** Begins the first line of a run, "start" or "resume"; its time is that of shy_events_create. */
void shy_events_first(const shy_events *events, bool resumed, shy_event *event);
/**
 * Opens the file, writes the first line (which the caller has filled) and what was kept, and from then on a line at least every interval. `resumed`: what is
 * there stays, and is gone on from; else the file begins anew.
 */
void shy_events_open(shy_events *events, const char *directory, bool resumed, shy_event *first);
/** Closes the file; who calls has written the end. NULL in the end. */
void shy_events_close(shy_events **events);

/** It has been opened: then this run's lines are in the directory. */
bool shy_events_are_open(const shy_events *events);
/** Removes the file: of a run that failed before it had done anything. Once it is closed. */
void shy_events_discard(const char *directory);

/** Writes a line that the caller has begun and filled. */
void shy_events_write(shy_events *events, shy_event *event);
/** "note" or "warning". What is logged comes here by itself. */
void shy_events_warning(shy_events *events, const char *level, const char *text);
/** Which of several targets is searched; their names. Call before the first progress of each. */
void shy_events_target(shy_events *events, int number, int count, const char *name);
/** As often as one likes: what is written is the last before a line is due. */
void shy_events_progress(shy_events *events, const shy_progress *now);
/** For shy_journal_options.saved: `context` is the shy_events. */
void shy_events_checkpoint(void *context, const shy_journal_save *save);
/** The run has been told to stop, and goes on only to save. `why`: "SIGTERM", "the time limit". */
void shy_events_stop(shy_events *events, const char *why);
/** Complete results are in their place, which took so long. */
void shy_events_results(shy_events *events, double seconds);
/** The last line: how it ended. `message`: of a failure; NULL or "": none. */
void shy_events_end(shy_events *events, shy_status status, const char *message);
/** "done", "stopped", "input", "io", "memory", "usage", "internal". */
const char *shy_events_status(shy_status status);

/* ---- from the session of a search (events_search.c) ------------------------------------------------------------------- */

/**
 * Opens the events of a session in its output directory and writes `start` (or, of one that goes on from a checkpoint, `resume`) and `plan`. `deadline`: by
 * shy_time_seconds, when the run stops by itself; 0: it does not. Rank 0 writes; collective over the world (nodes are counted).
 */
shy_status shy_events_start(struct shy_search_session *session, bool resumed, double deadline);

#endif

/** run_view: how a run stands, from the files that it has left so far: events.jsonl, else run.json and the checkpoint. Disturbs nobody. */
#ifndef SHIHYO_APP_RUN_VIEW_H
#define SHIHYO_APP_RUN_VIEW_H

#include "shihyo/base.h"

typedef enum {
    SHY_SEEN_NONE,     /* there is nothing of a run */
    SHY_SEEN_STARTING, /* there is a checkpoint, or a line, but no progress yet */
    SHY_SEEN_RUNNING,
    SHY_SEEN_SILENT,   /* there should have been news long ago: perhaps dead */
    SHY_SEEN_STOPPING, /* told to stop, and saving */
    SHY_SEEN_STOPPED,  /* can be gone on from */
    SHY_SEEN_FAILED,
    SHY_SEEN_FINISHED
} shy_run_standing;

/** What the events say; NaN: not known. Times of day are seconds since 1970. */
typedef struct {
    uint64_t offset, file; /* how far the file has been read, and which one */
    bool has_events;
    char version[96], cohort[256], outcome[128], job[64];
    double ranks, nodes;
    double began, last;              /* the first and the last line of this stretch of the run */
    double job_ends, stops;          /* times of day */
    double plan_formulas, plan_seconds, plan_bytes;
    bool has_progress;
    char stage[64], target_name[128], best[512];
    double target, targets;
    double fraction, formulas, rate, statistic, seconds, seconds_left, seconds_silent, memory, next, idle_mean, idle_worst;
    double checkpoint, checkpoint_bytes; /* when; the last good one */
    char checkpoint_problem[256];        /* of a later one that failed; "" : none */
    int resumed, warnings;
    char warning[512]; /* the last one */
    bool stopping, ended, has_results;
    char why[128], status[32], message[1024];
} shy_run_events;

typedef struct {
    char *directory; /* owned */
    shy_run_standing standing;
    shy_run_events events;
    double now, silent; /* when it was read (time of day); seconds since the last line */
} shy_run_view;

/** Takes in lines that have been added to the file since the last call (at first: all). Half a line at its end waits. Never fails. */
void shy_run_events_read(shy_run_events *events, const char *directory);
/** A line of the file, without its newline; what cannot be understood is passed over. */
void shy_run_events_take(shy_run_events *events, const char *line, size_t length);
/** Reads what is new, and judges how the run stands at the time of day `now`. state->directory is set by the caller. */
void shy_run_view_read(shy_run_view *state, double now);

#endif

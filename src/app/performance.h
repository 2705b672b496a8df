/** performance: how fast a run was, and where its time went: a few lines at its end, and `performance` of run.json (doc/results.md). */
#ifndef SHIHYO_APP_PERFORMANCE_H
#define SHIHYO_APP_PERFORMANCE_H

#include "shihyo/base.h"

struct shy_search_session;
enum { SHY_PERFORMANCE_STAGES = 16 };

/** Starts as {0}. Numbers of all targets together, unless said otherwise. */
typedef struct {
    bool resumed;             /* this is the last part of a run: screening and refits are those of all parts, the rest is its own */
    double reading, planning; /* seconds */
    double bytes_read;        /* by all ranks while the cohort was read; 0: not known */
    double screening, refits; /* seconds; of the searches */
    double formulas, flops;   /* scored; of the plan */
    int stages;               /* of the validation, in order of appearance */
    struct {
        char name[48];
        double seconds;
    } stage[SHY_PERFORMANCE_STAGES];
    int running; /* 1 + the stage that runs; 0: none, the search */
    double since;
    double product_rate;        /* flops per second of the library's matrix products, all ranks at once; 0: not measured */
    double idle_worst, idle_mean;
    double peak, peak_mean, shared; /* bytes per rank: of the one that held most, on average; what nodes share, at most */
    int peak_rank;
    uint64_t saves;
    double saving;            /* seconds of rank 0 in checkpoints */
    double writing;           /* seconds */
    double bytes_written;     /* of the results; 0: not known */
} shy_performance;

/** What a process has read and written, and when: the start of a part. */
typedef struct {
    double time;
    uint64_t read, written;
    bool known;
} shy_performance_mark;
shy_performance_mark shy_performance_now(void);

/** The cohort has been read since `start`. Collective over the world. */
shy_status shy_performance_read(struct shy_search_session *session, const shy_performance_mark *start);
/** A stage of the validation runs now; NULL: the search does, or all is over. Rank 0. */
void shy_performance_stage(shy_performance *performance, const char *stage);
/** A target has been searched: adds its numbers up, and measures what ranks know of themselves. Collective over the world. */
shy_status shy_performance_searched(struct shy_search_session *session);
/** Results have been written since `start`. Rank 0. */
void shy_performance_written(shy_performance *performance, const shy_performance_mark *start);
/** Matrix products of the plan per second of screening, relative to product_rate; NaN where it means nothing. */
double shy_performance_share(const shy_performance *performance);
/** For run.json. Rank 0. Owned. */
shy_status shy_performance_record(const struct shy_search_session *session, shy_record **record_out);
/** At most six lines. Rank 0. */
void shy_performance_print(const struct shy_search_session *session, FILE *stream);

#endif

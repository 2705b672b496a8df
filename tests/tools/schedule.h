/* schedule.h: what the two files of the program share. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "search/search_impl.h"

/* How the machines behave. Seconds. */
typedef struct {
    int groups;
    double service;  /* of rank 0 for one request */
    double latency;  /* of one message */
    double tile;     /* rank 0 listens after half to one and a half of this, if it works */
    double noise;    /* standard deviation of log(real cost / predicted cost) of a job */
    double bias;     /* the same of all jobs of one pair of classes together */
    uint64_t seed;
} schedule_setting;

typedef struct {
    double seconds;    /* until the last one is done */
    double efficiency; /* work / (groups × seconds) */
    double idle_worst, idle_mean; /* of the groups that work */
    double scheduling; /* share of rank 0's time */
} schedule_outcome;

/* Deals the jobs as rank 0 would, and works them off. */
shy_status schedule_simulate(const shy_jobs *jobs, const schedule_setting *setting, schedule_outcome *outcome_out);

#endif

/* report_impl: what the files of a report's document share. */
#ifndef SHIHYO_APP_REPORT_IMPL_H
#define SHIHYO_APP_REPORT_IMPL_H

#include "app/config.h"
#include "app/report_data.h"
#include "shihyo/apply.h"
#include "shihyo/figures.h"

/** Columns by which performance is broken down: the level of each sample. Owned. */
typedef struct {
    int count;
    char **name;
    int32_t **level;   /* [count][rows]; −1: missing */
    int *levels;       /* [count] */
    char ***level_name;
} shy_subgroups;

/** Numbers of people that the report tells: another one that is near would tell their difference. */
#define SHY_REPORT_TOLD 256
typedef struct {
    int count;
    int64_t number[SHY_REPORT_TOLD];
} shy_report_told;

/** A report while it is put together. What is not there yet is NULL. */
typedef struct {
    const shy_report_options *options;
    const shy_team *team;         /* of one rank */
    shy_finished *finished;       /* [targets] */
    int targets;
    char **directory;             /* [targets] */
    json_t **front, **run;        /* [targets]: front.json and run.json */
    shy_config *config;           /* of the run */
    shy_cohort *cohort;           /* NULL: it was not found */
    shy_problem *problem;         /* that the run searched */
    shy_subgroups subgroups;
    json_t *notes;                /* sentences on what the report lacks */
    shy_report_told totals, events, others; /* samples and rows; of the samples of all targets those with the event, and without */
    shy_record *record;           /* holds the list `suppressed` */
    shy_record *suppressed;
} shy_report;

/** Opens the cohort of the run and loads its problem as the run did; a note where it cannot be found. One rank. */
shy_status shy_report_cohort(shy_report *report);
/** Finds the columns of options->subgroups, or sex, site and age where columns are called so. Nothing without a cohort. */
shy_status shy_report_subgroups(shy_report *report);
void shy_subgroups_free(shy_subgroups *subgroups);
/** The object `people` of a target. The problem aims at it. Owned. */
shy_status shy_report_people(shy_report *report, int target, json_t **people_out);
/** near, near_found, two_axis and network of a target. `read`: what figures are made from, NULL where there is no cohort. */
shy_status shy_report_relations(const shy_report *report, int t, const shy_figures_input *read, json_t *target);
/** The object `horizons` of the document, where there are several targets. */
shy_status shy_report_horizons(const shy_report *report, json_t *document);
/** Takes out of the front.json of a target what this report's rule does not allow, unless it was written under one as strict; says so in `suppressed`. */
shy_status shy_report_release(shy_report *report, int target);
/** May the number be told beside those that are? Then it is from now on. */
bool shy_report_tells(const shy_sdc *sdc, shy_report_told *told, int64_t number);
/** Paths in a run.json become names of files, in all its texts. */
shy_status shy_report_hide_paths(json_t *run, const shy_config *config);
/** What stands behind the last slash of a path. Borrowed. */
const char *shy_report_file_name(const char *path);

#endif

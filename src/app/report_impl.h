/* report_impl: what the files of a report's document share. */
#ifndef SHIHYO_APP_REPORT_IMPL_H
#define SHIHYO_APP_REPORT_IMPL_H

#include "app/config.h"
#include "app/report_data.h"
#include "shihyo/apply.h"

/** Columns by which performance is broken down: the level of each sample. Owned. */
typedef struct {
    int count;
    char **name;
    int32_t **level;   /* [count][rows]; −1: missing */
    int *levels;       /* [count] */
    char ***level_name;
} shy_subgroups;

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
    shy_record *record;           /* holds the list `suppressed` */
    shy_record *suppressed;
} shy_report;

/** Opens the cohort of the run and loads its problem as the run did; a note where it cannot be found. One rank. */
shy_status shy_report_cohort(shy_report *report);
/** Finds the columns of options->subgroups, or sex, site and age where columns are called so. Nothing without a cohort. */
shy_status shy_report_subgroups(shy_report *report);
void shy_subgroups_free(shy_subgroups *subgroups);
/** The object `people` of a target. The problem aims at it. Owned. */
shy_status shy_report_people(const shy_report *report, json_t **people_out);
/** near, near_found, two_axis and network of a target. The problem, if there is one, aims at it. */
shy_status shy_report_relations(const shy_report *report, int t, json_t *target);
/** Sets mathml beside the formulas of a target, and rounded_mathml where a rounded one is known. */
shy_status shy_report_mathematics(const shy_report *report, int t, json_t *target);
/** The object `horizons` of the document, where there are several targets. */
shy_status shy_report_horizons(const shy_report *report, json_t *document);
/** Paths in a run.json become names of files, in all its texts. */
shy_status shy_report_hide_paths(json_t *run, const shy_config *config);
/** What stands behind the last slash of a path. Borrowed. */
const char *shy_report_file_name(const char *path);

#endif

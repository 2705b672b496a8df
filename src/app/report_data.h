/** report_data: the document of a report (doc/report.md, "The document") from a directory of results and its cohort. */
#ifndef SHIHYO_APP_REPORT_DATA_H
#define SHIHYO_APP_REPORT_DATA_H

#include "shihyo/disclosure.h"
#include "shihyo/json.h"
#include "shihyo/par.h"

/** Borrowed. */
typedef struct {
    const char *directory;
    const char *cohort;              /* NULL: the one that run.json names, if it is still there */
    const char *language;            /* "en", "ja" */
    const char *version;
    shy_sdc sdc;
    int groups;                      /* risk groups of pictures */
    const char *const *subgroups;    /* columns by which performance is broken down; 0: sex, site and age, where columns are called so */
    int subgroups_count;
} shy_report_options;

/** SHY_IO, SHY_INPUT: no results; or a cohort that was asked for and is not the run's. One rank. *document_out is owned. */
shy_status shy_report_document(const shy_report_options *options, const shy_team *team, json_t **document_out);

#endif

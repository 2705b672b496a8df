/** search_disclosure: what the results of a search may say, by the rule of report.sdc: doc/disclosure.md. */
#ifndef SHIHYO_APP_SEARCH_DISCLOSURE_H
#define SHIHYO_APP_SEARCH_DISCLOSURE_H

#include "app/search_run.h"

/** Reads report.sdc and report.individual. SHY_INPUT if they contradict each other. Not collective; the same on all ranks. */
shy_status shy_session_disclosure(shy_search_session *session);
/** Begins the record of the target in force: the rule, and the list of what it took away. Rank 0. */
shy_status shy_session_begin_record(shy_search_session *session);
/** Looks at the values of the front's factors. Collective. */
shy_status shy_session_judge_values(shy_search_session *session);
void shy_session_free_released(shy_search_session *session);
/** May the number of samples of the target in force be told, beside what was told of targets before it? Rank 0; asked once for each target. */
bool shy_session_tells_total(shy_search_session *session);
/** Brings the numbers of a run, its notes and its models under the rule; takes the record. Rank 0. */
shy_status shy_session_release(shy_search_session *session, shy_results *results);
/** A note as it may be told: counts that are too few, or would tell such, are words. Owned. Rank 0. */
shy_status shy_session_note(shy_search_session *session, const char *note, char **note_out);

#endif

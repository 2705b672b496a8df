/* report_impl.h: what the files of report share: texts that grow, the JSON of results, the bytes of each result file. */
#ifndef SHIHYO_REPORT_IMPL_H
#define SHIHYO_REPORT_IMPL_H

#include "shihyo/json.h"
#include "shihyo/report.h"

/**
 * The document of front.json: only what follows from the data, the configuration of the search and the seed, so that it is
 * the same for any number of ranks. NULL if memory runs out. Owned.
 */
json_t *shy_report_front_json(const shy_results *results);
/** The manifest of the run: everything that depends on where and when it ran. NULL if memory runs out. Owned. */
json_t *shy_report_released_json(const shy_results *results); /* suppressed.json: the rule of release, what it took away */
json_t *shy_report_run_json(const shy_results *results);
/** The bytes of front.tsv and results.h5. */
void shy_report_tsv(const shy_results *results, shy_buffer *buffer);
shy_status shy_report_individual(const shy_results *results, shy_buffer *buffer); /* individual.h5 */
shy_status shy_report_hdf5(const shy_results *results, shy_buffer *buffer);

/** The table of the formulas of a front.json document: complexity 0 the front, −1 every list, else the list of that complexity. */
shy_status shy_report_print(const json_t *document, int complexity, FILE *stream);

/** What an assessment says of a complexity: the number `name` in the object of the list `levels` ("nested.levels") with it; NaN if there is none. */
double shy_assessed(const shy_record *assessment, const char *levels, int complexity, const char *name);
/** The number at a path, "nested.selected.mean"; NaN if there is none. */
double shy_assessed_number(const shy_record *assessment, const char *path);
/** A cell of a TSV file: a tab or line break would end it, so it becomes a blank. */
void shy_report_tsv_text(shy_buffer *buffer, const char *text);
/** The name of a column, a unit: as text, with an apostrophe in front where a spreadsheet would take it for a formula. Formulas have odd names in backticks. */
void shy_report_tsv_name(shy_buffer *buffer, const char *text);
void shy_report_tsv_number(shy_buffer *buffer, double value); /* after a tab; NA if it is none */
/** Writes one file of a directory: to a temporary, flushed to disk, renamed. */
shy_status shy_report_put(const char *directory, const char *name, const shy_buffer *buffer);

#define SHY_TARGETS_FILE "targets.json"
/** Of a targets.json document: which factors enter where. */
shy_status shy_report_print_factors(const json_t *document, FILE *stream);

/** The front alone, with or without the sentences on how to read it. */
shy_status shy_report_print_front(const json_t *document, bool reading, FILE *stream);
/** The sentences on how to read one front, or several of one run. */
void shy_report_print_reading(const json_t *const *documents, int count, FILE *stream);

/* ---- what the printers of a front.json document share: show*.c, front_more.c, reading.c ---------------------------- */

const shy_outcome_ops *shy_front_kind(const json_t *document); /* NULL: a kind that this version does not know */
const json_t *shy_front_interaction(const json_t *object);
bool shy_front_has_intercept(const json_t *document);
bool shy_front_has_gain(const json_t *document);
bool shy_front_has_ratio(const json_t *document);
void shy_cell_number(shy_table *table, const json_t *value, int digits);
void shy_cell_metric(shy_table *table, const json_t *value);
void shy_report_paragraph(const char *text, FILE *stream); /* in lines of 100 columns, broken at blanks */
shy_status shy_front_print_rounded(const json_t *document, const json_t *entries, FILE *stream);
shy_status shy_front_print_imputed(const json_t *document, const json_t *entries, FILE *stream);
void shy_front_print_derived(const json_t *document, FILE *stream);
void shy_front_print_screening(const json_t *document, FILE *stream);
/* show_assessment.c: how far it can be believed, as far as the document says so. */
void shy_front_print_verdict(const json_t *document, FILE *stream);
bool shy_front_has_nested(const json_t *document);
bool shy_front_has_p(const json_t *document);
void shy_cell_mean(shy_table *table, const json_t *object); /* its mean ± error */
void shy_front_nested_cell(shy_table *table, const json_t *document, const json_t *entry);
void shy_front_p_cell(shy_table *table, const json_t *document, const json_t *entry);
shy_status shy_front_print_assessment(const json_t *document, FILE *stream);
shy_status shy_front_print_groups(const json_t *document, FILE *stream);

/** `path` = directory/name, owned. */
shy_status shy_report_path(const char *directory, const char *name, char **path_out);

#endif

/* prose.h: what the sections in words share: sentences as plain text, numbers as a text has them, facts of the document. */
#ifndef SHIHYO_PAGE_PROSE_H
#define SHIHYO_PAGE_PROSE_H

#include "page/html.h"

#define SHY_SETTING_ROOM 512

/* A sentence of the catalogue as plain text, added to `text`; arguments as in shy_html_message. What is made of it is escaped when it is written. */
void shy_prose_add(shy_buffer *text, shy_language language, shy_message message, ...) __attribute__((sentinel));
/* The next of several sentences: a space before it where the language has one. */
void shy_prose_gap(shy_buffer *text, shy_language language);
const char *shy_prose_text(const shy_buffer *text); /* "" if nothing was added; borrowed */
/* Items of a list so far, the next one: "a, b and c". k: its place, count: of all. */
void shy_prose_item(shy_buffer *text, shy_language language, size_t k, size_t count, const char *item);
/* All of an array of texts. */
void shy_prose_list(shy_buffer *text, shy_language language, const json_t *array);
/* Writes the text as an element and frees it. Nothing where it is empty. */
void shy_prose_element(shy_page *page, const char *name, const char *class, shy_buffer *text);

/* Decimals as they are compared; no "-0.00". */
const char *shy_prose_decimals(double value, int decimals, char room[SHY_NUMBER_ROOM]);
/* How many a number with this error wants: two, or as many as the error needs to be seen. */
int shy_prose_decimals_for(double error);
/* A count of the document: of people or of formulas; "fewer than 10" where it may not be shown, "–" where it is not there. */
const char *shy_prose_count(const shy_page *page, const json_t *object, const char *key, char room[SHY_NUMBER_ROOM]);
bool shy_prose_percent(double share, char room[SHY_NUMBER_ROOM]); /* "12 %"; false if it is no number */

/* The value of a key of the run's configuration, "validation.folds", lists as "a, b"; "" if it is not there. Returns room. */
const char *shy_prose_setting(const shy_page *page, const char *key, char room[SHY_SETTING_ROOM]);
double shy_prose_setting_number(const shy_page *page, const char *key); /* NaN if it is none */

size_t shy_prose_targets(const shy_page *page);
const json_t *shy_prose_target(const shy_page *page); /* the one that the page is at, else the first */
const json_t *shy_prose_front(const shy_page *page);  /* its front.json */
/* The entry of the front that the validation chose; NULL if it chose none or did not look. */
const json_t *shy_prose_chosen(const json_t *front);
/* The model's first metric: "AUC", "R²", "concordance", "explained deviance". */
shy_message shy_prose_metric(const json_t *front);
/* Of an outcome of classes or times: the people who have it; NaN where that is not known. */
double shy_prose_events(const json_t *target);
bool shy_prose_lacks_units(const shy_page *page); /* has a number on the front no unit? */
void shy_prose_outcome(const shy_page *page, const json_t *target, shy_buffer *text); /* its name; of a horizon in the language of the page */
/* The same; where all horizons are whole years in days or in months, with the years: "death within 1095 (if in days: 3 y)". Units of times are often not said. */
void shy_prose_horizon(const shy_page *page, const json_t *target, shy_buffer *text);
void shy_prose_write_horizon(shy_page *page, const json_t *target); /* into the page, escaped */
bool shy_prose_is(const json_t *object, const char *key, const char *word);
const json_t *shy_prose_at(const json_t *object, const char *path); /* "nested.selected"; NULL if it is not there or null */
double shy_prose_number(const json_t *object, const char *path);    /* NaN if it is none */

/* A note of the search in the language of the page, as an element; in English as it is where it is none that is known. */
void shy_prose_note(shy_page *page, const char *element, const char *note);
/* How a factor comes from its column ("where x is missing it counts as 3"), likewise. */
void shy_prose_derived(shy_page *page, const char *element, const char *words);

/* The outcome of the target that the page is at, and what formulas are built from, in sentences (data.c). */
void shy_data_say_outcome(const shy_page *page, shy_buffer *text);
void shy_data_add_follow_up(const shy_page *page, shy_buffer *text); /* the median with its unit; nothing where it is not known */
void shy_data_say_grammar(const shy_page *page, shy_buffer *text);

#endif

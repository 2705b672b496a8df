/**
 * page: the report as one HTML file that needs nothing else.
 *
 * Floor 9. Makes a page of the document that doc/report.md describes; knows no cohort. Not collective.
 */
#ifndef SHIHYO_PAGE_H
#define SHIHYO_PAGE_H

#include "shihyo/disclosure.h"
#include "shihyo/json.h"

typedef enum { SHY_ENGLISH, SHY_JAPANESE, SHY_LANGUAGES } shy_language;
bool shy_language_find(const char *name, shy_language *language_out); /* en, ja */

typedef struct {
    shy_language language;
    const char *vega; /* directory with the files of libjs-vega; NULL: where configure or SHY_VEGA says */
} shy_page_options;

/** Adds the page to `out`. SHY_IO if Vega is not there: the message says which package has it. */
shy_status shy_page_make(const json_t *document, const shy_page_options *options, shy_buffer *out);

#endif

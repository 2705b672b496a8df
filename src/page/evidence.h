/* evidence.h: what the verdict of a target rests on, read from its front.json, and the sentences of the search in the language of a page. */
#ifndef SHIHYO_PAGE_EVIDENCE_H
#define SHIHYO_PAGE_EVIDENCE_H

#include "page/prose.h"

#define SHY_RIVALS 24

typedef enum { SHY_RIVAL_WORSE, SHY_RIVAL_ALIKE, SHY_RIVAL_BETTER, SHY_RIVAL_SAME } shy_rival_standing;
typedef struct {
    const char *name, *kind;
    double mean;
    bool net; /* a model of many factors */
    shy_rival_standing standing;
} shy_rival;

/* Texts are borrowed from the document. Numbers are NaN where they are not known. */
typedef struct {
    const json_t *front;
    const char *level, *formula; /* "" if no formula was chosen */
    bool any, nested, significance, covariates, larger_is_better;
    shy_message metric;
    double p;
    int exceeding, permutations;
    double mean, error, apparent, none, none_error;
    double gain, gain_error; /* held-out metric over that without a formula, positive: better */
    double seems;            /* the same, apparent */
    double sets, found, returns;
    double slope, slope_error;
    int rivals;
    shy_rival rival[SHY_RIVALS];
} shy_facts;

void shy_facts_take(const json_t *front, shy_facts *facts);
bool shy_facts_level(const shy_facts *facts, const char *level);
bool shy_facts_miscalibrated(const shy_facts *facts);

/** The verdict; in English that of front.json. Paragraphs end with a newline. */
void shy_facts_say(const shy_facts *facts, shy_language language, shy_buffer *text);

#endif

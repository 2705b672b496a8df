/** explain: one patient's values, and how a formula comes to its score, for people and for programs. */
#ifndef SHIHYO_APP_EXPLAIN_H
#define SHIHYO_APP_EXPLAIN_H

#include "app/chosen.h"

/** What a model makes of a patient. Arrays owned. */
typedef struct {
    double *value;  /* [factors + covariates] */
    unsigned *mark; /* likewise */
    bool found;
} shy_explained;

shy_status shy_explained_create(const shy_finished *finished, shy_explained *patient_out);
void shy_explained_free(shy_explained *patient);
/** SHY_INPUT if the patient has no score: what is missing, or that the formula is not defined. `who`: for messages. */
shy_status shy_explained_check(const shy_chosen *chosen, const shy_explained *patient, const char *who);
shy_status shy_explained_print(const shy_chosen *chosen, const shy_formula_choice *choice, const shy_explained *patient, const char *who, FILE *stream);
/** JSON without the identifier. */
shy_status shy_explained_print_json(const shy_chosen *chosen, const shy_explained *patient, FILE *stream);

#endif

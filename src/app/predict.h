/** predict: the rows of `shihyo predict`. */
#ifndef SHIHYO_APP_PREDICT_H
#define SHIHYO_APP_PREDICT_H

#include "app/sink.h"
#include "shihyo/apply.h"

enum { SHY_PREDICT_MARKS = 6 }; /* kinds of marks */

/** What is counted on the way. */
typedef struct {
    uint64_t rows, scored, incomplete, undefined; /* rows without a score lack a value, or the formula is not defined for theirs */
    uint64_t filled, outside;                     /* of the rows with a score: a value is the run's fill; one is beyond what the run saw */
    uint64_t *column[SHY_PREDICT_MARKS];          /* [factors + covariates]: rows by mark, where the first input of each column stands for it */
} shy_predict_counts;

/** Begins with {0}. Borrows all it points at. */
typedef struct {
    const shy_finished *finished;
    const shy_model *model;
    const char *identifier; /* heading of the first column; NULL: rows are numbered */
    shy_sink *sink;
    double baseline;        /* score of a typical patient; NaN: not known */
    const char **quoted;    /* [factors + covariates]: columns as notes name them; NULL where an input before it is of the same column */
    shy_predict_counts counts;
    shy_buffer row;
} shy_predictor;

shy_status shy_predictor_start(shy_predictor *predictor); /* names of columns, and the heading */
shy_status shy_predictor_take(void *predictor, const shy_patient *patient); /* a shy_patient_taker */
/** How many rows have a score, and which columns are to blame for the others. */
shy_status shy_predictor_print(const shy_predictor *predictor, FILE *stream);
void shy_predictor_free(shy_predictor *predictor);

#endif

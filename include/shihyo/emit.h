/**
 * emit: formulas of a finished run in other languages: as mathematics to be read, and as programs that stand alone.
 *
 * Floor 8. Not collective. Names are text of someone else's: every language has its own way of making them harmless.
 */
#ifndef SHIHYO_EMIT_H
#define SHIHYO_EMIT_H

#include "shihyo/apply.h"
#include "shihyo/json.h"

typedef enum { SHY_EMIT_LATEX, SHY_EMIT_PYTHON, SHY_EMIT_R, SHY_EMIT_C, SHY_EMIT_SQL, SHY_EMIT_JSON, SHY_EMIT_EXCEL, SHY_EMIT_JULIA, SHY_EMIT_TARGETS } shy_emit_target;

bool shy_emit_find(const char *name, shy_emit_target *target_out); /* latex, python, r, c, sql, json, excel, julia */
const char *shy_emit_name(shy_emit_target target);
const char *shy_emit_ending(shy_emit_target target); /* of the name of a file: "py", … */

/** Which formula is wanted. All borrowed. */
typedef struct {
    const shy_finished *finished;
    int model;            /* of finished->model, from 0 */
    const json_t *front;  /* front.json of that search: what is said of the formula */
    bool rounded;         /* the model has been rounded (shy_model_round): only to say so */
} shy_emit_request;

/**
 * The formula with its whole model (intercept, slope, covariates, link), what has to be done to each column, units, ranges and missing values in comments, as a program or
 * document of that language that stands alone. All languages give the same numbers to 1e-12, and nothing where a step of the formula is not defined (doc/export.md). Adds
 * to `out`. SHY_INPUT: inputs that no language has a way for.
 */
shy_status shy_emit(const shy_emit_request *request, shy_emit_target target, shy_buffer *out);

/** A formula as presentation MathML: one <math> element with an alttext; fractions, roots and powers as such; names escaped. digits as of shy_tree_print. */
shy_status shy_emit_mathml(const shy_tree *tree, const char *const *names, int digits, shy_buffer *out);
/** The same as LaTeX, without delimiters. */
shy_status shy_emit_latex(const shy_tree *tree, const char *const *names, int digits, shy_buffer *out);

#endif

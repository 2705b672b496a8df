/** apply_impl: what the files of apply share. */
#ifndef SHIHYO_APPLY_IMPL_H
#define SHIHYO_APPLY_IMPL_H

#include "shihyo/apply.h"
#include "shihyo/json.h"

/** A list of `inputs` of front.json. What was made before a failure is in *input_out, too. */
shy_status shy_inputs_read(const json_t *list, shy_input **input_out, int *count_out);
void shy_input_clear(shy_input *input);
/** The models of the front; f has its factors and covariates. What was made before a failure is in f, too. */
shy_status shy_models_read(const json_t *document, shy_finished *f);
void shy_model_clear(shy_model *model);

#endif

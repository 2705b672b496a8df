/** top: what `shihyo top` shows of runs. */
#ifndef SHIHYO_APP_TOP_H
#define SHIHYO_APP_TOP_H

#include "app/run_view.h"

/** One run, in a few lines. */
void shy_top_print(const shy_run_view *state, FILE *stream);
/** Several, one line each. `common`: bytes of the directories' names that all share, which are left out. */
shy_status shy_top_print_table(const shy_run_view *state, size_t count, size_t common, FILE *stream);
/** For programs: one line of JSON. */
void shy_top_print_json(const shy_run_view *state, FILE *stream);
/** "running", "silent", …: a word for programs. */
const char *shy_top_word(shy_run_standing standing);
/** It will not change any more by itself. */
bool shy_top_is_over(shy_run_standing standing);

#endif

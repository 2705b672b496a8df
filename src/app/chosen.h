/** chosen: the formula that --formula, --target and --rounded name, for commands that apply one. */
#ifndef SHIHYO_APP_CHOSEN_H
#define SHIHYO_APP_CHOSEN_H

#include "shihyo/apply.h"

/** As on the command line; borrowed. */
typedef struct {
    const char *directory;
    const char *target; /* NULL: the only one */
    int number;         /* from 1; 0: the chosen one */
    bool rounded;
} shy_formula_choice;

typedef struct {
    shy_finished *finished; /* all targets; owned */
    int targets;
    const shy_finished *of; /* the one that is meant */
    const shy_model *model;
    int number;             /* from 1 */
} shy_chosen;

/** SHY_USAGE unless it is a number from 1. */
shy_status shy_choice_number(const char *text, int *number_out);
shy_status shy_chosen_read(const shy_formula_choice *choice, shy_chosen *chosen_out);
void shy_chosen_free(shy_chosen *chosen);
/** "Formula 2 of out/, target 365: age + log(bili)", as a line. */
void shy_chosen_print(const shy_chosen *chosen, const shy_formula_choice *choice, FILE *stream);
/** Warns of units that were not known on one side: a record of shy_patients_open or shy_inputs_find. */
void shy_chosen_warn_units(const shy_record *notes, const char *place);
/** A cohort file, by its first bytes and not by its name. */
bool shy_file_is_cohort(const char *path);

#endif

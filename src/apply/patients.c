/* patients.c: the inputs of a model from the rows of a table, and what it says of each. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "apply_impl.h"

struct shy_patients {
    const shy_finished *f;
    const shy_model *model;
    const char *path;
    shy_sheet *sheet;
    int64_t id;           /* column, −1: none */
    int64_t *column;      /* [factors + covariates]: of each input; −1: the model does not need it */
    int *first, *next;    /* [columns], [inputs]: the inputs made from a column; −1 at the end */
    double *value;        /* [inputs]: factors, then covariates */
    unsigned *mark;       /* [inputs] */
    shy_buffer id_text;
    uint64_t line;        /* of the row */
    shy_patient_taker *take;
    void *context;
};

static const shy_input *input_at(const shy_finished *f, int k)
{
    return k < f->factors ? &f->factor[k] : &f->covariate[k - f->factors];
}

static bool is_needed(const shy_patients *p, int k)
{
    return k < p->f->factors ? shy_model_uses(p->model, k) : shy_model_needs(p->f, p->model, k - p->f->factors);
}

/* ---- columns -------------------------------------------------------------------------------------------------------- */

static shy_status missing_columns(const shy_patients *p)
{
    shy_status st = SHY_OK;
    shy_buffer names = {0};
    const char *nearest = NULL;
    int count = 0;

    for (int k = 0; k < p->f->factors + p->f->covariates; k++) {
        const shy_input *input = input_at(p->f, k);
        bool said = false;
        if (!is_needed(p, k) || shy_sheet_find(p->sheet, input->column) >= 0) continue;
        for (int j = 0; j < k; j++) said = said || (is_needed(p, j) && strcmp(input_at(p->f, j)->column, input->column) == 0);
        if (said) continue;
        shy_buffer_format(&names, "%s%s", count++ > 0 ? ", " : "", input->column);
        if (nearest == NULL) nearest = shy_sheet_nearest(p->sheet, input->column);
    }
    SHY_TRY(names.status);
    st = shy_fail(SHY_INPUT, "%s: lacks %s of the formula: %s%s%s%s. Columns have to have the names that they had in the run.", p->path,
                  count == 1 ? "a column" : "columns", names.bytes, nearest ? " (the nearest name is " : "", nearest ? nearest : "", nearest ? ")" : "");
out:
    shy_buffer_free(&names);
    return st;
}

static shy_status note_unit(const shy_input *input, const char *unit, shy_record *notes)
{
    shy_status st = SHY_OK;
    shy_record *note = NULL;

    SHY_TRY(shy_record_append(notes, &note));
    SHY_TRY(shy_record_text(note, "column", input->column));
    SHY_TRY(shy_record_text(note, "unit_of_run", input->unit));
    SHY_TRY(shy_record_text(note, "unit", unit));
out:
    return st;
}

/* An input joins those of its column. */
static shy_status find_column(shy_patients *p, int k, shy_record *notes)
{
    shy_status st = SHY_OK;
    const shy_input *input = input_at(p->f, k);
    bool known = true;

    p->value[k] = NAN, p->column[k] = -1, p->next[k] = -1;
    if (!is_needed(p, k)) return SHY_OK;
    const int64_t column = shy_sheet_find(p->sheet, input->column);
    if (column < 0) return missing_columns(p);
    SHY_TRY(shy_input_check_unit(input, shy_sheet_unit(p->sheet, column), p->path, &known));
    if (!known && p->first[column] < 0) SHY_TRY(note_unit(input, shy_sheet_unit(p->sheet, column), notes));
    p->column[k] = column;
    p->next[k] = p->first[column], p->first[column] = k;
    shy_sheet_want(p->sheet, column);
out:
    return st;
}

static shy_status find_identifier(shy_patients *p, const char *name)
{
    p->id = -1;
    if (name == NULL) return SHY_OK;
    p->id = shy_sheet_find(p->sheet, name);
    if (p->id < 0) {
        const char *near = shy_sheet_nearest(p->sheet, name);
        return shy_fail(SHY_INPUT, "%s: has no column %s%s%s.", p->path, name, near ? "; the nearest name is " : "", near ? near : "");
    }
    shy_sheet_want(p->sheet, p->id);
    return SHY_OK;
}

shy_status shy_patients_open(const shy_finished *f, const shy_model *model, const char *path, const char *identifier, const char *const *missing, int missing_count,
                             shy_record *notes, shy_patients **patients_out)
{
    shy_status st = SHY_OK;
    const size_t inputs = (size_t)(f->factors + f->covariates);
    shy_patients *p = NULL;

    SHY_TRY(shy_new(1, sizeof *p, &p));
    p->f = f, p->model = model, p->path = path;
    SHY_TRY(shy_sheet_open(path, missing, missing_count, &p->sheet));
    SHY_TRY(shy_new(inputs, sizeof *p->column, &p->column));
    SHY_TRY(shy_new(inputs, sizeof *p->next, &p->next));
    SHY_TRY(shy_new(inputs, sizeof *p->value, &p->value));
    SHY_TRY(shy_new(inputs, sizeof *p->mark, &p->mark));
    SHY_TRY(shy_new((size_t)shy_sheet_columns(p->sheet), sizeof *p->first, &p->first));
    for (int64_t c = 0; c < shy_sheet_columns(p->sheet); c++) p->first[c] = -1;
    for (int k = 0; k < f->factors + f->covariates; k++) SHY_TRY(find_column(p, k, notes));
    SHY_TRY(find_identifier(p, identifier));
    *patients_out = p, p = NULL;
out:
    shy_patients_close(&p);
    return st;
}

void shy_patients_close(shy_patients **patients)
{
    shy_patients *p = *patients;

    if (p == NULL) return;
    shy_sheet_close(&p->sheet);
    shy_free(&p->column);
    shy_free(&p->first);
    shy_free(&p->next);
    shy_free(&p->value);
    shy_free(&p->mark);
    shy_buffer_free(&p->id_text);
    shy_free(patients);
}

/* ---- rows ------------------------------------------------------------------------------------------------------------ */

static shy_status no_number(const shy_patients *p, const shy_sheet_cell *cell)
{
    char text[64];

    snprintf(text, sizeof text, "%s", cell->text);
    shy_text_tame(text);
    return shy_fail(SHY_INPUT, "%s, row %llu (line %llu), column %s: '%s' is not a number, and the formula needs one. Correct it, or name it as a missing value with --missing.",
                    p->path, (unsigned long long)cell->row, (unsigned long long)cell->line, shy_sheet_name(p->sheet, cell->column), text);
}

/* The cell as the run codes its column. */
static shy_status read_value(const shy_patients *p, const shy_input *input, const shy_sheet_cell *cell, double *value_out)
{
    *value_out = NAN;
    if (cell->kind == SHY_CELL_MISSING) return SHY_OK;
    if (shy_kind_has_levels(input->column_kind)) *value_out = shy_input_level(input, cell->text);
    else if (cell->kind == SHY_CELL_NUMBER) *value_out = cell->value;
    else return no_number(p, cell);
    return SHY_OK;
}

static shy_status take_cell(void *context, const shy_sheet_cell *cell)
{
    shy_status st = SHY_OK;
    shy_patients *p = context;
    double value;

    if (cell->column == p->id) {
        p->id_text.count = 0;
        shy_buffer_add(&p->id_text, cell->text, cell->length);
        SHY_TRY(p->id_text.status);
    }
    for (int k = p->first[cell->column]; k >= 0; k = p->next[k]) {
        SHY_TRY(read_value(p, input_at(p->f, k), cell, &value));
        p->value[k] = shy_input_derive(input_at(p->f, k), value, &p->mark[k]);
    }
    p->line = cell->line;
out:
    return st;
}

static shy_status take_row(void *context, uint64_t row)
{
    shy_patients *p = context;
    shy_patient patient = {.row = row, .line = p->line, .id = p->id_text.count > 0 ? p->id_text.bytes : "", .factor = p->value,
                           .covariate = p->value + p->f->factors, .mark = p->mark};

    patient.formula = shy_model_formula(p->model, patient.factor);
    patient.score = shy_model_score(p->f, p->model, patient.formula, patient.covariate);
    return p->take(p->context, &patient);
}

shy_status shy_patients_visit(shy_patients *p, shy_patient_taker *take, void *context)
{
    const shy_sheet_visitor visitor = {.cell = take_cell, .row = take_row, .context = p};

    p->take = take, p->context = context;
    return shy_sheet_visit(p->sheet, &visitor);
}

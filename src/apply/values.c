/* values.c: the factors and covariates of a finished search for the patients of another cohort, and what its models predict for them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "shihyo/apply.h"

/* ---- columns ---------------------------------------------------------------------------------------------------------- */

/* The number that a level stands for where the run has numbers. */
static shy_status level_value(const shy_column *column, const char *name, const char *place, double *value_out)
{
    if (shy_text_number(name, value_out)) return SHY_OK;
    return shy_fail(SHY_INPUT, "column \"%s\" has numbers in the run, and the level \"%s\" in %s; import it again with a schema that says what it is.", column->name,
                    name, place);
}

/* What the run gives for each level of the column there. */
static shy_status code_levels(shy_input *input, const shy_column *column, const char *place)
{
    shy_status st = SHY_OK;

    if (!shy_kind_has_levels(column->kind)) return SHY_OK;
    SHY_TRY(shy_new((size_t)column->levels, sizeof *input->coded, &input->coded));
    for (int v = 0; v < column->levels; v++) {
        if (shy_kind_has_levels(input->column_kind)) input->coded[v] = shy_input_level(input, column->level_names[v]);
        else SHY_TRY(level_value(column, column->level_names[v], place, &input->coded[v]));
    }
out:
    return st;
}

/* Values in another unit are other values; nothing is converted, so that nobody has to wonder what was done. */
shy_status shy_input_check_unit(const shy_input *input, const char *unit, const char *place, bool *known_out)
{
    shy_status st = SHY_OK;
    shy_units *units = NULL;
    shy_unit ours = SHY_UNIT_UNKNOWN, theirs = SHY_UNIT_UNKNOWN;

    *known_out = true;
    if (shy_kind_has_levels(input->column_kind) || strcmp(input->unit, unit) == 0) return SHY_OK;
    *known_out = *input->unit != '\0' && *unit != '\0';
    if (!*known_out) return SHY_OK;
    SHY_TRY(shy_units_create(&units));
    SHY_TRY(shy_unit_parse(units, input->unit, &ours));
    SHY_TRY(shy_unit_parse(units, unit, &theirs));
    if (ours != theirs)
        SHY_TRY(shy_fail(SHY_INPUT, "column \"%s\" is in %s in the run, and in %s in %s; convert it.", input->column, input->unit, unit, place));
out:
    shy_units_destroy(&units);
    return st;
}

static shy_status check_unit(const shy_input *input, const shy_column *column, const char *place, shy_record *notes)
{
    shy_status st = SHY_OK;
    const char *unit = column->unit == NULL ? "" : column->unit;
    shy_record *note = NULL;
    bool known = true;

    SHY_TRY(shy_input_check_unit(input, unit, place, &known));
    if (known) return SHY_OK;
    SHY_TRY(shy_record_append(notes, &note));
    SHY_TRY(shy_record_text(note, "column", column->name));
    SHY_TRY(shy_record_text(note, "unit_of_run", input->unit));
    SHY_TRY(shy_record_text(note, "unit", unit));
out:
    return st;
}

static shy_status find_input(shy_input *input, const shy_cohort *cohort, const char *place, shy_record *notes)
{
    shy_status st = SHY_OK;

    input->index = shy_cohort_find(cohort, input->column);
    if (input->index < 0) return SHY_OK;
    const shy_column column = shy_cohort_column(cohort, input->index);
    if (column.kind == SHY_KIND_IDENTIFIER)
        SHY_TRY(shy_fail(SHY_INPUT, "column \"%s\" is an identifier in %s; import it again with a schema that makes it %s.", column.name, place,
                         shy_kind_name(input->column_kind)));
    SHY_TRY(check_unit(input, &column, place, notes));
    SHY_TRY(code_levels(input, &column, place));
out:
    return st;
}

shy_status shy_inputs_find(shy_finished *f, const shy_cohort *cohort, const char *place, shy_record *notes)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < f->factors; k++) SHY_TRY(find_input(&f->factor[k], cohort, place, notes));
    for (int k = 0; k < f->covariates; k++) SHY_TRY(find_input(&f->covariate[k], cohort, place, notes));
out:
    return st;
}

/* ---- values -------------------------------------------------------------------------------------------------------------- */

/* A number there may be the name of a level here. */
double shy_input_code(const shy_input *input, double value)
{
    char name[32];

    if (isnan(value)) return value;
    if (input->coded != NULL) return input->coded[(int)value];
    return shy_kind_has_levels(input->column_kind) ? shy_input_level(input, shy_text_shortest(value, name)) : value;
}

static void derive(shy_input *input, int rows)
{
    unsigned marks;

    for (int i = 0; i < rows; i++) {
        input->value[i] = shy_input_derive(input, shy_input_code(input, input->value[i]), &marks);
        input->outside[i] = (marks & (SHY_MARK_UNSEEN | SHY_MARK_BELOW | SHY_MARK_ABOVE)) != 0;
    }
}

/* The rows of the cohort between my first and my last sample are read at once. */
static shy_status read_values(shy_input *input, const shy_problem *problem, shy_cohort *cohort)
{
    shy_status st = SHY_OK;
    const int rows = problem->rows.rows;
    double *span = NULL;

    if (input->index < 0 || rows == 0) return SHY_OK;
    const uint64_t first = problem->cohort_row[0], count = problem->cohort_row[rows - 1] - first + 1;
    SHY_TRY(shy_new((size_t)count, sizeof *span, &span));
    SHY_TRY(shy_new((size_t)rows, sizeof *input->value, &input->value));
    SHY_TRY(shy_new((size_t)rows, 1, &input->outside));
    SHY_TRY(shy_cohort_read_alone(cohort, &input->index, 1, first, count, span));
    for (int i = 0; i < rows; i++) input->value[i] = span[problem->cohort_row[i] - first];
    derive(input, rows);
out:
    shy_free(&span);
    return st;
}

/* ---- predictions ------------------------------------------------------------------------------------------------------------- */

static bool can_be_computed(const shy_finished *f, const shy_model *model)
{
    for (int k = 0; k < f->factors; k++)
        if (f->factor[k].index < 0 && shy_model_uses(model, k)) return false;
    for (int k = 0; k < f->covariates; k++)
        if (f->covariate[k].index < 0 && shy_model_needs(f, model, k)) return false;
    return true;
}

/* room: for all factors and covariates. */
static double predict_one(const shy_finished *f, const shy_model *model, double *room, int row)
{
    double *factor = room, *covariate = room + f->factors;

    for (int k = 0; k < f->factors; k++) factor[k] = f->factor[k].value != NULL ? f->factor[k].value[row] : NAN;
    for (int k = 0; k < f->covariates; k++) covariate[k] = f->covariate[k].value != NULL ? f->covariate[k].value[row] : NAN;
    return shy_model_score(f, model, shy_model_formula(model, factor), covariate);
}

static shy_status predict(const shy_finished *f, shy_model *model, int rows)
{
    shy_status st = SHY_OK;
    double *room = NULL;

    if (!can_be_computed(f, model)) return SHY_OK;
    SHY_TRY(shy_new((size_t)(f->factors + f->covariates), sizeof *room, &room));
    SHY_TRY(shy_new((size_t)rows, sizeof *model->predictor, &model->predictor));
    for (int i = 0; i < rows; i++) model->predictor[i] = predict_one(f, model, room, i);
out:
    shy_free(&room);
    return st;
}

shy_status shy_models_predict(shy_finished *f, const shy_problem *problem, shy_cohort *cohort)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < f->factors; k++) SHY_TRY(read_values(&f->factor[k], problem, cohort));
    for (int k = 0; k < f->covariates; k++) SHY_TRY(read_values(&f->covariate[k], problem, cohort));
    for (int k = 0; k < f->models; k++) SHY_TRY(predict(f, &f->model[k], problem->rows.rows));
out:
    return st;
}

/* ---- what became of the samples ------------------------------------------------------------------------------------------------- */

/* Columns that the model needs and the cohort lacks, each once. names: room for all inputs. */
static size_t missing_columns(const shy_finished *f, const shy_model *model, const char **names)
{
    size_t count = 0;

    for (int k = 0; k < f->factors + f->covariates; k++) {
        const bool factor = k < f->factors;
        const shy_input *input = factor ? &f->factor[k] : &f->covariate[k - f->factors];
        bool known = false;
        if (input->index >= 0 || !(factor ? shy_model_uses(model, k) : shy_model_needs(f, model, k - f->factors))) continue;
        for (size_t j = 0; j < count; j++) known = known || strcmp(names[j], input->column) == 0;
        if (!known) names[count++] = input->column;
    }
    return count;
}

/* Of one sample: is a value missing, is one outside of what the run saw? */
static void look(const shy_finished *f, const shy_model *model, int row, bool *missing, bool *outside)
{
    *missing = *outside = false;
    for (int k = 0; k < f->factors; k++) {
        if (!shy_model_uses(model, k)) continue;
        *missing = *missing || isnan(f->factor[k].value[row]);
        *outside = *outside || f->factor[k].outside[row];
    }
    for (int k = 0; k < f->covariates; k++)
        if (shy_model_needs(f, model, k)) *missing = *missing || isnan(f->covariate[k].value[row]);
}

static shy_status record_counts(const shy_finished *f, const shy_model *model, int rows, shy_record *record)
{
    shy_status st = SHY_OK;
    int64_t missing = 0, undefined = 0, outside = 0;

    for (int i = 0; i < rows; i++) {
        bool lacks, beyond;
        look(f, model, i, &lacks, &beyond);
        missing += lacks;
        undefined += !lacks && isnan(model->predictor[i]);
        outside += beyond && !isnan(model->predictor[i]);
    }
    SHY_TRY(shy_record_integer(record, "missing", missing));
    SHY_TRY(shy_record_integer(record, "undefined", undefined));
    SHY_TRY(shy_record_integer(record, "outside", outside));
out:
    return st;
}

shy_status shy_model_record(const shy_finished *f, const shy_model *model, int rows, shy_record *record)
{
    shy_status st = SHY_OK;
    const char **names = NULL;

    SHY_TRY(shy_record_integer(record, "complexity", model->complexity));
    SHY_TRY(shy_record_text(record, "formula", model->text));
    SHY_TRY(shy_new((size_t)(f->factors + f->covariates), sizeof *names, &names));
    const size_t count = missing_columns(f, model, names);
    if (count > 0) SHY_TRY(shy_record_texts(record, "missing_columns", names, count));
    if (model->predictor != NULL) SHY_TRY(record_counts(f, model, rows, record));
out:
    shy_free(&names);
    return st;
}

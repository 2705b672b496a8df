/* values.c: the factors and covariates of a finished search for the patients of another cohort, and what its models predict for them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "shihyo/apply.h"

#define UNSEEN (-2.0) /* a level that the run has not seen: none of its levels */

/* ---- columns ---------------------------------------------------------------------------------------------------------- */

static bool has_levels(shy_kind kind)
{
    return kind == SHY_KIND_BINARY || kind == SHY_KIND_CATEGORICAL;
}

static double level_number(const shy_input *input, const char *name)
{
    for (int v = 0; v < input->how.levels; v++)
        if (strcmp(input->level[v], name) == 0) return v;
    return UNSEEN;
}

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

    if (!has_levels(column->kind)) return SHY_OK;
    SHY_TRY(shy_new((size_t)column->levels, sizeof *input->coded, &input->coded));
    for (int v = 0; v < column->levels; v++) {
        if (has_levels(input->column_kind)) input->coded[v] = level_number(input, column->level_names[v]);
        else SHY_TRY(level_value(column, column->level_names[v], place, &input->coded[v]));
    }
out:
    return st;
}

/* Values in another unit are other values; nothing is converted, so that nobody has to wonder what was done. */
static shy_status check_unit(const shy_input *input, const shy_column *column, const char *place, shy_record *notes)
{
    shy_status st = SHY_OK;
    shy_units *units = NULL;
    shy_unit ours = SHY_UNIT_UNKNOWN, theirs = SHY_UNIT_UNKNOWN;
    const char *unit = column->unit == NULL ? "" : column->unit;

    if (has_levels(input->column_kind) || strcmp(input->unit, unit) == 0) return SHY_OK;
    if (*input->unit == '\0' || *unit == '\0') {
        shy_record *note = NULL;
        SHY_TRY(shy_record_append(notes, &note));
        SHY_TRY(shy_record_text(note, "column", column->name));
        SHY_TRY(shy_record_text(note, "unit_of_run", input->unit));
        SHY_TRY(shy_record_text(note, "unit", unit));
        goto out;
    }
    SHY_TRY(shy_units_create(&units));
    SHY_TRY(shy_unit_parse(units, input->unit, &ours));
    SHY_TRY(shy_unit_parse(units, unit, &theirs));
    if (ours != theirs)
        SHY_TRY(shy_fail(SHY_INPUT, "column \"%s\" is in %s in the run, and in %s in %s; convert it and import it again.", column->name, input->unit, unit, place));
out:
    shy_units_destroy(&units);
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

/* The value as the run codes it. A number there may be the name of a level here. */
static double code(const shy_input *input, double value)
{
    char name[32];

    if (isnan(value)) return value;
    if (input->coded != NULL) return input->coded[(int)value];
    return has_levels(input->column_kind) ? level_number(input, shy_text_shortest(value, name)) : value;
}

static void derive(shy_input *input, int rows)
{
    const bool ordered = has_levels(input->column_kind) && input->how.kind == SHY_DERIVED_VALUE;

    for (int i = 0; i < rows; i++) {
        const double value = code(input, input->value[i]);
        const bool unseen = has_levels(input->column_kind) && value == UNSEEN;
        input->value[i] = shy_derive(&input->how, unseen && ordered ? NAN : value); /* one without a place in the order is as good as missing */
        input->outside[i] = unseen || input->value[i] < input->seen_low || input->value[i] > input->seen_high;
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

static bool uses(const shy_model *model, int factor)
{
    for (int k = 0; k < model->tree.count; k++)
        if (model->tree.node[k].op == SHY_OP_FACTOR && model->tree.node[k].factor == (uint32_t)factor) return true;
    return false;
}

/* A covariate that the run dropped has the coefficient 0 and need not be there. */
static bool needs(const shy_model *model, int covariate)
{
    return model->beside[covariate] != 0.0;
}

static bool can_be_computed(const shy_finished *f, const shy_model *model)
{
    for (int k = 0; k < f->factors; k++)
        if (f->factor[k].index < 0 && uses(model, k)) return false;
    for (int k = 0; k < f->covariates; k++)
        if (f->covariate[k].index < 0 && (needs(model, k) || (f->interacts && k == 0))) return false;
    return true;
}

static double predict_one(const shy_finished *f, const shy_model *model, double *factor, int row)
{
    double sum = model->intercept;

    for (int k = 0; k < f->factors; k++) factor[k] = f->factor[k].value != NULL ? f->factor[k].value[row] : NAN;
    const double z = shy_tree_evaluate(&model->tree, factor);
    for (int k = 0; k < f->covariates; k++)
        if (needs(model, k)) sum += model->beside[k] * f->covariate[k].value[row];
    sum += model->slope * z;
    if (f->interacts) sum += model->interaction * (f->covariate[0].value[row] - f->treatment_mean) * z;
    return isfinite(sum) ? sum : NAN;
}

static shy_status predict(const shy_finished *f, shy_model *model, int rows)
{
    shy_status st = SHY_OK;
    double *factor = NULL;

    if (!can_be_computed(f, model)) return SHY_OK;
    SHY_TRY(shy_new((size_t)f->factors, sizeof *factor, &factor));
    SHY_TRY(shy_new((size_t)rows, sizeof *model->predictor, &model->predictor));
    for (int i = 0; i < rows; i++) model->predictor[i] = predict_one(f, model, factor, i);
out:
    shy_free(&factor);
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
        if (input->index >= 0 || !(factor ? uses(model, k) : needs(model, k - f->factors))) continue;
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
        if (!uses(model, k)) continue;
        *missing = *missing || isnan(f->factor[k].value[row]);
        *outside = *outside || f->factor[k].outside[row];
    }
    for (int k = 0; k < f->covariates; k++)
        if (needs(model, k)) *missing = *missing || isnan(f->covariate[k].value[row]);
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

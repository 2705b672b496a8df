/* explain.c: a patient's values beside typical ones, and what each column contributes to the score. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/explain.h"
#include "shihyo/json.h"

static const struct {
    shy_mark mark;
    const char *word, *meaning;
} marks[] = {
    {SHY_MARK_IMPLAUSIBLE, "implausible", "beyond the plausible range"},
    {SHY_MARK_UNSEEN, "unseen", "a level that the run did not see"},
    {SHY_MARK_FILLED, "filled", "missing: a typical value counts"},
    {SHY_MARK_BELOW, "below", "below all that the run saw"},
    {SHY_MARK_ABOVE, "above", "above all that the run saw"},
};
enum { MARKS = sizeof marks / sizeof *marks };

static int inputs_of(const shy_finished *f)
{
    return f->factors + f->covariates;
}

static const shy_input *input_at(const shy_finished *f, int k)
{
    return k < f->factors ? &f->factor[k] : &f->covariate[k - f->factors];
}

static bool is_needed(const shy_chosen *c, int k)
{
    return k < c->of->factors ? shy_model_uses(c->model, k) : shy_model_needs(c->of, c->model, k - c->of->factors);
}

/* ---- the patient ---------------------------------------------------------------------------------------------------------- */

shy_status shy_explained_create(const shy_finished *f, shy_explained *patient_out)
{
    shy_status st = SHY_OK;
    shy_explained p = {0};

    SHY_TRY(shy_new((size_t)inputs_of(f), sizeof *p.value, &p.value));
    SHY_TRY(shy_new((size_t)inputs_of(f), sizeof *p.mark, &p.mark));
    for (int k = 0; k < inputs_of(f); k++) p.value[k] = NAN;
    *patient_out = p, p = (shy_explained){0};
out:
    shy_explained_free(&p);
    return st;
}

void shy_explained_free(shy_explained *patient)
{
    shy_free(&patient->value);
    shy_free(&patient->mark);
}

shy_status shy_explained_check(const shy_chosen *c, const shy_explained *patient, const char *who)
{
    shy_status st = SHY_OK;
    const shy_finished *f = c->of;
    shy_buffer lacks = {0};

    for (int k = 0; k < inputs_of(f); k++)
        if (is_needed(c, k) && isnan(patient->value[k])) shy_buffer_format(&lacks, "%s%s", lacks.count > 0 ? ", " : "", input_at(f, k)->column);
    SHY_TRY(lacks.status);
    if (lacks.count > 0) SHY_TRY(shy_fail(SHY_INPUT, "Patient %s has no value of %s, and none counts instead: the formula gives no score.", who, lacks.bytes));
    const double score = shy_model_score(f, c->model, shy_model_formula(c->model, patient->value), patient->value + f->factors);
    if (isnan(score)) SHY_TRY(shy_fail(SHY_INPUT, "The formula %s is not defined for the values of patient %s.", c->model->text, who));
out:
    shy_buffer_free(&lacks);
    return st;
}

/* ---- for people ------------------------------------------------------------------------------------------------------------- */

/* A number, or the level that it stands for. */
static const char *value_text(const shy_input *input, double value, char *text, size_t size)
{
    const bool level = shy_kind_has_levels(input->column_kind) && input->how.kind == SHY_DERIVED_VALUE;

    if (isnan(value)) return "-";
    if (level && value >= 0.0 && value < input->how.levels && value == floor(value)) return input->level[(int)value];
    snprintf(text, size, "%.6g", value);
    return text;
}

static const char *mark_text(unsigned mark, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int m = 0; m < MARKS; m++)
        if ((mark & marks[m].mark) != 0 && used < size) used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? "; " : "", marks[m].meaning);
    return text;
}

static void seen_cell(shy_table *table, const shy_input *input)
{
    char text[128], low[40], high[40];

    if (isnan(input->seen_low) || isnan(input->seen_high)) {
        shy_table_cell(table, "-");
        return;
    }
    snprintf(text, sizeof text, "%.40s to %.40s", value_text(input, input->seen_low, low, sizeof low), value_text(input, input->seen_high, high, sizeof high));
    shy_table_cell(table, text);
}

/* The contribution of a column stands beside the first of its inputs; −1 if an input before this one has it. */
static int contribution_of(const shy_chosen *c, const shy_explanation *e, int k)
{
    for (int j = 0; j < k; j++)
        if (is_needed(c, j) && strcmp(input_at(c->of, j)->column, input_at(c->of, k)->column) == 0) return -1;
    for (int j = 0; j < e->count; j++)
        if (strcmp(e->column[j].column, input_at(c->of, k)->column) == 0) return j;
    return -1;
}

static bool any_remark(const shy_chosen *c, const shy_explained *patient)
{
    for (int k = 0; k < inputs_of(c->of); k++)
        if (is_needed(c, k) && patient->mark[k] != 0) return true;
    return false;
}

static bool any_unit(const shy_chosen *c)
{
    for (int k = 0; k < inputs_of(c->of); k++)
        if (is_needed(c, k) && input_at(c->of, k)->how.kind == SHY_DERIVED_VALUE && *input_at(c->of, k)->unit != '\0') return true;
    return false;
}

static shy_status print_inputs(const shy_chosen *c, const shy_explained *patient, const shy_explanation *e, const double *typical, FILE *stream)
{
    shy_status st = SHY_OK;
    const bool remarks = any_remark(c, patient), units = any_unit(c);
    shy_table table = {0};
    char text[192];

    shy_table_column(&table, "", false);
    if (units) shy_table_column(&table, "unit", false);
    shy_table_column(&table, "patient", true);
    shy_table_column(&table, "typical", true);
    shy_table_column(&table, "seen", true);
    shy_table_column(&table, "contribution", true);
    if (remarks) shy_table_column(&table, "", false);
    for (int k = 0; k < inputs_of(c->of); k++) {
        const shy_input *input = input_at(c->of, k);
        if (!is_needed(c, k)) continue;
        const int at = contribution_of(c, e, k);
        shy_table_cell(&table, input->name);
        if (units) shy_table_cell(&table, input->how.kind == SHY_DERIVED_VALUE ? input->unit : "");
        shy_table_cell(&table, value_text(input, patient->value[k], text, sizeof text));
        shy_table_cell(&table, value_text(input, typical[k], text, sizeof text));
        seen_cell(&table, input);
        if (at < 0 || isnan(e->column[at].contribution)) snprintf(text, sizeof text, "%s", at < 0 ? "" : "-");
        else snprintf(text, sizeof text, "%+.4g", e->column[at].contribution);
        shy_table_cell(&table, text);
        if (remarks) shy_table_cell(&table, mark_text(patient->mark[k], text, sizeof text));
    }
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

/* What the score becomes on the scale of the outcome; NULL: it is the outcome. */
static const char *prediction_name(shy_link link)
{
    switch (link) {
    case SHY_LINK_IDENTITY:
        return NULL;
    case SHY_LINK_LOGIT:
        return "probability";
    case SHY_LINK_LOG:
        return "rate";
    case SHY_LINK_CUMULATIVE_LOGIT:
        return "expected level";
    case SHY_LINK_LOG_HAZARD:
        return "hazard ratio";
    case SHY_LINK_LOG_ODDS:
        return "odds ratio";
    }
    return NULL;
}

static void print_line(shy_table *table, const char *name, double patient, double typical)
{
    char text[32];

    shy_table_cell(table, name);
    snprintf(text, sizeof text, "%.6g", patient);
    shy_table_cell(table, text);
    snprintf(text, sizeof text, "%.6g", typical);
    shy_table_cell(table, text);
}

static shy_status print_sums(const shy_chosen *c, const shy_explanation *e, FILE *stream)
{
    const char *prediction = prediction_name(c->of->link);
    shy_table table = {0};
    shy_status st;

    shy_table_column(&table, "", false);
    shy_table_column(&table, "patient", true);
    shy_table_column(&table, "typical", true);
    print_line(&table, "formula", e->formula, e->typical_formula);
    print_line(&table, "score", e->score, e->typical_score);
    if (prediction != NULL)
        print_line(&table, prediction, shy_model_mean(c->of, c->model, e->score, e->typical_score), shy_model_mean(c->of, c->model, e->typical_score, e->typical_score));
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

static bool is_shared(const shy_explanation *e)
{
    for (int k = 0; k < e->count; k++)
        if (isnan(e->column[k].contribution)) return false;
    return true;
}

static void print_reading(const shy_explanation *e, FILE *stream)
{
    if (is_shared(e))
        fprintf(stream,
                "\nContributions are on the scale of the score and add up to %.4g, the patient's score less that of a typical patient (Shapley\n"
                "values). They say how the formula comes to its number, not what would change if a value were another one.\n",
                e->score - e->typical_score);
    else
        fputs("\nWith some of the patient's and some of the typical values the formula is not defined, so that the difference cannot be\n"
              "divided among them.\n",
              stream);
}

shy_status shy_explained_print(const shy_chosen *c, const shy_formula_choice *choice, const shy_explained *patient, const char *who, FILE *stream)
{
    shy_status st = SHY_OK;
    const int factors = c->of->factors;
    shy_explanation e = {0};
    double *typical = NULL;

    SHY_TRY(shy_new((size_t)inputs_of(c->of), sizeof *typical, &typical));
    SHY_TRY(shy_model_explain(c->of, c->model, patient->value, patient->value + factors, &e));
    (void)shy_model_typical(c->of, c->model, typical, typical + factors);
    shy_chosen_print(c, choice, stream);
    fprintf(stream, "Patient %s:\n\n", who);
    SHY_TRY(print_sums(c, &e, stream));
    fputs("\n", stream);
    SHY_TRY(print_inputs(c, patient, &e, typical, stream));
    print_reading(&e, stream);
out:
    shy_explanation_free(&e);
    shy_free(&typical);
    return st;
}

/* ---- for programs ---------------------------------------------------------------------------------------------------------------- */

static json_t *marks_json(unsigned mark)
{
    json_t *list = json_array();

    for (int m = 0; m < MARKS; m++)
        if ((mark & marks[m].mark) != 0) json_array_append_new(list, json_string(marks[m].word));
    return list;
}

static json_t *inputs_json(const shy_chosen *c, const shy_explained *patient, const double *typical)
{
    json_t *list = json_array();

    for (int k = 0; k < inputs_of(c->of); k++) {
        const shy_input *input = input_at(c->of, k);
        char text[64];
        if (!is_needed(c, k)) continue;
        json_t *one = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", shy_json_string(input->name), "column", shy_json_string(input->column), "unit",
                                shy_json_string(input->unit), "value", shy_json_real(patient->value[k]), "typical", shy_json_real(typical[k]), "seen_low",
                                shy_json_real(input->seen_low), "seen_high", shy_json_real(input->seen_high), "marks", marks_json(patient->mark[k]));
        if (shy_kind_has_levels(input->column_kind) && input->how.kind == SHY_DERIVED_VALUE)
            json_object_set_new(one, "level", shy_json_string(value_text(input, patient->value[k], text, sizeof text)));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *contributions_json(const shy_explanation *e)
{
    json_t *list = json_array();

    for (int k = 0; k < e->count; k++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "column", shy_json_string(e->column[k].column), "contribution", shy_json_real(e->column[k].contribution)));
    return list;
}

static json_t *document_of(const shy_chosen *c, const shy_explained *patient, const shy_explanation *e, const double *typical)
{
    const shy_finished *f = c->of;

    return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "target", shy_json_string(f->name), "number", c->number, "formula",
                     shy_json_string(c->model->text), "value", shy_json_real(e->formula), "score", shy_json_real(e->score), "prediction",
                     shy_json_real(shy_model_mean(f, c->model, e->score, e->typical_score)), "typical_value", shy_json_real(e->typical_formula), "typical_score",
                     shy_json_real(e->typical_score), "typical_prediction", shy_json_real(shy_model_mean(f, c->model, e->typical_score, e->typical_score)), "inputs",
                     inputs_json(c, patient, typical), "contributions", contributions_json(e));
}

shy_status shy_explained_print_json(const shy_chosen *c, const shy_explained *patient, FILE *stream)
{
    shy_status st = SHY_OK;
    const int factors = c->of->factors;
    shy_explanation e = {0};
    shy_buffer text = {0};
    json_t *document = NULL;
    double *typical = NULL;

    SHY_TRY(shy_new((size_t)inputs_of(c->of), sizeof *typical, &typical));
    SHY_TRY(shy_model_explain(c->of, c->model, patient->value, patient->value + factors, &e));
    (void)shy_model_typical(c->of, c->model, typical, typical + factors);
    document = document_of(c, patient, &e, typical);
    if (document == NULL) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to print the explanation."));
    shy_json_text(document, &text);
    SHY_TRY(text.status);
    fputs(text.bytes, stream);
out:
    json_decref(document);
    shy_buffer_free(&text);
    shy_explanation_free(&e);
    shy_free(&typical);
    return st;
}

/* predict.c: a row of scores for each patient, with a note on what the score rests on, and the sums of it all. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/predict.h"

static const struct {
    shy_mark mark;
    const char *word;
} marks[SHY_PREDICT_MARKS] = {
    {SHY_MARK_MISSING, "missing"}, {SHY_MARK_FILLED, "filled"}, {SHY_MARK_IMPLAUSIBLE, "implausible"},
    {SHY_MARK_BELOW, "below"},     {SHY_MARK_ABOVE, "above"},   {SHY_MARK_UNSEEN, "unseen"},
};

static int inputs_of(const shy_predictor *p)
{
    return p->finished->factors + p->finished->covariates;
}

static const shy_input *input_at(const shy_predictor *p, int k)
{
    const shy_finished *f = p->finished;

    return k < f->factors ? &f->factor[k] : &f->covariate[k - f->factors];
}

static bool is_needed(const shy_predictor *p, int k)
{
    const shy_finished *f = p->finished;

    return k < f->factors ? shy_model_uses(p->model, k) : shy_model_needs(f, p->model, k - f->factors);
}

/* ---- the heading ------------------------------------------------------------------------------------------------------ */

/* Names as formulas have them, in backquotes if they are no plain words. */
static shy_status quote_name(const char *name, char **text_out)
{
    shy_tree leaf = {0};

    shy_tree_leaf(&leaf, 0);
    return shy_tree_print(&leaf, &name, 0, text_out);
}

static shy_status name_columns(shy_predictor *p)
{
    shy_status st = SHY_OK;
    char *name = NULL;

    SHY_TRY(shy_new((size_t)inputs_of(p), sizeof *p->quoted, &p->quoted));
    for (int k = 0; k < SHY_PREDICT_MARKS; k++) SHY_TRY(shy_new((size_t)inputs_of(p), sizeof *p->counts.column[k], &p->counts.column[k]));
    for (int k = 0; k < inputs_of(p); k++) {
        bool first = is_needed(p, k);
        for (int j = 0; j < k; j++) first = first && (!is_needed(p, j) || strcmp(input_at(p, j)->column, input_at(p, k)->column) != 0);
        if (!first) continue;
        SHY_TRY(quote_name(input_at(p, k)->column, &name));
        p->quoted[k] = name;
    }
out:
    return st;
}

static bool has_baseline(const shy_predictor *p)
{
    return !isnan(p->baseline);
}

static void add_heading(shy_predictor *p)
{
    shy_buffer *row = &p->row;

    shy_csv_text(row, p->identifier != NULL ? p->identifier : "row");
    shy_buffer_text(row, ",formula,score");
    switch (p->finished->link) {
    case SHY_LINK_IDENTITY:
        shy_buffer_text(row, ",prediction");
        break;
    case SHY_LINK_LOGIT:
        shy_buffer_text(row, ",probability");
        break;
    case SHY_LINK_LOG:
        shy_buffer_text(row, ",rate");
        break;
    case SHY_LINK_CUMULATIVE_LOGIT:
        for (int j = 0; j <= p->model->thresholds_count; j++) shy_buffer_format(row, ",probability_%d", j);
        break;
    case SHY_LINK_LOG_HAZARD:
        if (has_baseline(p)) shy_buffer_text(row, ",hazard_ratio");
        break;
    case SHY_LINK_LOG_ODDS:
        if (has_baseline(p)) shy_buffer_text(row, ",odds_ratio");
        break;
    }
    shy_buffer_text(row, ",note\n");
}

static shy_status write_row(shy_predictor *p)
{
    if (p->row.status != SHY_OK) return p->row.status;
    if (fwrite(p->row.bytes, 1, p->row.count, p->sink->stream) != p->row.count)
        return shy_fail(SHY_IO, "%s: cannot be written: the disk is full, or the reader is gone.", p->sink->partial != NULL ? p->sink->path : "Standard output");
    p->row.count = 0;
    return SHY_OK;
}

static shy_status find_baseline(shy_predictor *p)
{
    shy_status st = SHY_OK;
    const shy_finished *f = p->finished;
    double *typical = NULL;

    p->baseline = NAN;
    SHY_TRY(shy_new((size_t)inputs_of(p), sizeof *typical, &typical));
    if (shy_model_typical(f, p->model, typical, typical + f->factors))
        p->baseline = shy_model_score(f, p->model, shy_model_formula(p->model, typical), typical + f->factors);
out:
    shy_free(&typical);
    return st;
}

shy_status shy_predictor_start(shy_predictor *p)
{
    shy_status st = SHY_OK;

    SHY_TRY(name_columns(p));
    SHY_TRY(find_baseline(p));
    add_heading(p);
    SHY_TRY(write_row(p));
out:
    return st;
}

/* ---- a row ---------------------------------------------------------------------------------------------------------------- */

/* All inputs made from the column of the k-th, which is the first. */
static unsigned marks_of(const shy_predictor *p, const shy_patient *patient, int k)
{
    unsigned all = patient->mark[k];

    for (int j = k + 1; j < inputs_of(p); j++)
        if (patient->mark[j] != 0 && is_needed(p, j) && strcmp(input_at(p, j)->column, input_at(p, k)->column) == 0) all |= patient->mark[j];
    return all;
}

/* "missing: bili; above: age, `serum iron`" */
static void add_note(shy_predictor *p, const shy_patient *patient, unsigned any)
{
    bool begun = false;

    shy_buffer_text(&p->row, "\"");
    for (int m = 0; m < SHY_PREDICT_MARKS; m++) {
        bool listed = false;
        if ((any & marks[m].mark) == 0) continue;
        for (int k = 0; k < inputs_of(p); k++) {
            if (p->quoted[k] == NULL || (marks_of(p, patient, k) & marks[m].mark) == 0) continue;
            p->counts.column[m][k]++;
            if (!listed) shy_buffer_format(&p->row, "%s%s: ", begun ? "; " : "", marks[m].word);
            else shy_buffer_text(&p->row, ", ");
            for (const char *c = p->quoted[k]; *c != '\0'; c++) shy_buffer_add(&p->row, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
            listed = begun = true;
        }
    }
    if (isnan(patient->score) && (any & SHY_MARK_MISSING) == 0) shy_buffer_text(&p->row, begun ? "; undefined" : "undefined");
    shy_buffer_text(&p->row, "\"");
}

static void count_row(shy_predict_counts *n, const shy_patient *patient, unsigned any)
{
    const bool scored = !isnan(patient->score), lacks = (any & SHY_MARK_MISSING) != 0;

    n->rows++;
    n->scored += scored;
    n->incomplete += !scored && lacks;
    n->undefined += !scored && !lacks;
    n->filled += scored && (any & SHY_MARK_FILLED) != 0;
    n->outside += scored && (any & (SHY_MARK_BELOW | SHY_MARK_ABOVE | SHY_MARK_UNSEEN)) != 0;
}

static void add_predictions(shy_predictor *p, double score)
{
    const shy_link link = p->finished->link;

    if (link == SHY_LINK_CUMULATIVE_LOGIT) {
        for (int j = 0; j <= p->model->thresholds_count; j++) {
            shy_buffer_text(&p->row, ",");
            shy_csv_number(&p->row, shy_model_probability(p->model, score, j));
        }
    } else if ((link != SHY_LINK_LOG_HAZARD && link != SHY_LINK_LOG_ODDS) || has_baseline(p)) {
        shy_buffer_text(&p->row, ",");
        shy_csv_number(&p->row, shy_model_mean(p->finished, p->model, score, p->baseline));
    }
}

shy_status shy_predictor_take(void *context, const shy_patient *patient)
{
    shy_predictor *p = context;
    unsigned any = 0;

    for (int k = 0; k < inputs_of(p); k++) any |= patient->mark[k];
    count_row(&p->counts, patient, any);
    if (p->identifier != NULL) shy_csv_text(&p->row, patient->id);
    else shy_buffer_format(&p->row, "%" PRIu64, patient->row);
    shy_buffer_text(&p->row, ",");
    shy_csv_number(&p->row, patient->formula);
    shy_buffer_text(&p->row, ",");
    shy_csv_number(&p->row, patient->score);
    add_predictions(p, patient->score);
    shy_buffer_text(&p->row, ",");
    if (any != 0 || isnan(patient->score)) add_note(p, patient, any);
    shy_buffer_text(&p->row, "\n");
    return write_row(p);
}

/* ---- the sums ---------------------------------------------------------------------------------------------------------------- */

static bool has_marks(const shy_predictor *p, int k)
{
    for (int m = 0; m < SHY_PREDICT_MARKS; m++)
        if (p->counts.column[m][k] > 0) return true;
    return false;
}

static shy_status print_columns(const shy_predictor *p, FILE *stream)
{
    shy_status st = SHY_OK;
    shy_table table = {0};
    char text[32];
    bool any = false;

    shy_table_column(&table, "column", false);
    for (int m = 0; m < SHY_PREDICT_MARKS; m++) shy_table_column(&table, marks[m].word, true);
    for (int k = 0; k < inputs_of(p); k++) {
        if (p->quoted[k] == NULL || !has_marks(p, k)) continue;
        any = true;
        shy_table_cell(&table, p->quoted[k]);
        for (int m = 0; m < SHY_PREDICT_MARKS; m++) shy_table_cell(&table, shy_text_thousands(p->counts.column[m][k], text));
    }
    if (any) {
        fputs("\nRows by what became of their values:\n\n", stream);
        st = shy_table_print(&table, stream);
    }
    shy_table_free(&table);
    return st;
}

static const char *are(uint64_t count)
{
    return count == 1 ? "" : "s";
}

shy_status shy_predictor_print(const shy_predictor *p, FILE *stream)
{
    const shy_predict_counts *n = &p->counts;
    char a[32], b[32], c[32];

    fprintf(stream, "%s row%s, %s with a score", shy_text_thousands(n->rows, a), are(n->rows), shy_text_thousands(n->scored, b));
    if (n->incomplete > 0) fprintf(stream, "; %s lack%s a value", shy_text_thousands(n->incomplete, c), n->incomplete == 1 ? "s" : "");
    if (n->undefined > 0) fprintf(stream, "; for %s the formula is not defined", shy_text_thousands(n->undefined, c));
    fputs(".\n", stream);
    if (n->filled > 0) fprintf(stream, "%s of the scores rest%s on a typical value in place of one that is missing.\n", shy_text_thousands(n->filled, a), n->filled == 1 ? "s" : "");
    if (n->outside > 0) fprintf(stream, "%s of the scores rest%s on a value that the run has not seen.\n", shy_text_thousands(n->outside, a), n->outside == 1 ? "s" : "");
    return print_columns(p, stream);
}

void shy_predictor_free(shy_predictor *p)
{
    for (int k = 0; p->quoted != NULL && k < inputs_of(p); k++) shy_free(&p->quoted[k]);
    shy_free(&p->quoted);
    for (int m = 0; m < SHY_PREDICT_MARKS; m++) shy_free(&p->counts.column[m]);
    shy_buffer_free(&p->row);
}

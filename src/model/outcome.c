/** The registry of outcomes, and what all of them share. */
#include "shy_config.h"

#include <string.h>

#include "model_impl.h"

#define WEIGHT_MOST 1e15
#define SUMS_WITHOUT_COVARIATES 128

/* A new outcome is a file with its ops and a line here. */
static const shy_outcome_ops *const registry[] = {
    &shy_outcome_continuous,
    &shy_outcome_binary,
    &shy_outcome_count,
    &shy_outcome_ordinal,
    &shy_outcome_survival,
    &shy_outcome_matched,
    NULL,
};

const char *shy_verdict_name(shy_verdict verdict)
{
    switch (verdict) {
    case SHY_FITTED:
        return "fitted";
    case SHY_SEPARATED:
        return "separated";
    case SHY_SINGULAR:
        return "singular";
    case SHY_DIVERGED:
        return "diverged";
    case SHY_FIRTH:
        return "firth";
    }
    return "unknown";
}

const shy_outcome_ops *const *shy_outcome_list(void)
{
    return registry;
}

const shy_outcome_ops *shy_outcome_find(const char *kind)
{
    for (int k = 0; registry[k]; k++)
        if (strcmp(registry[k]->name, kind) == 0) return registry[k];
    return NULL;
}

/* ---- what is kept of the data ---------------------------------------------------------------------------------- */

static shy_status copy_numbers(const double *from, int count, double **to_out)
{
    shy_status st = SHY_OK;

    if (!from) return SHY_OK;
    SHY_TRY(shy_new((size_t)count, sizeof **to_out, to_out));
    if (count > 0) memcpy(*to_out, from, (size_t)count * sizeof *from);
out:
    return st;
}

static shy_status copy_data(shy_outcome *o, const shy_outcome_data *data)
{
    shy_status st = SHY_OK;
    const int rows = o->rows.rows;

    o->strata = data->strata, o->levels = data->levels;
    SHY_TRY(shy_string_copy(data->column, &o->column));
    SHY_TRY(copy_numbers(data->y, rows, &o->y));
    SHY_TRY(copy_numbers(data->time, rows, &o->time));
    SHY_TRY(copy_numbers(data->entry, rows, &o->entry));
    SHY_TRY(copy_numbers(data->exposure, rows, &o->exposure));
    SHY_TRY(copy_numbers(data->weight, rows, &o->weight));
    if (data->stratum) {
        SHY_TRY(shy_new((size_t)rows, sizeof *o->stratum, &o->stratum));
        if (rows > 0) memcpy(o->stratum, data->stratum, (size_t)rows * sizeof *o->stratum);
    }
out:
    return st;
}

static shy_status allocate(const shy_outcome_ops *ops, const shy_outcome_data *data, const shy_rows *rows, shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;
    shy_outcome *o = NULL;

    if (data->covariates < 0 || data->covariates > SHY_COVARIATES_MAX)
        return shy_fail(SHY_INPUT, "outcome \"%s\" has %d covariates; at most %d are possible.", data->column, data->covariates,
                        SHY_COVARIATES_MAX);
    SHY_TRY(shy_new(1, sizeof *o, &o));
    o->ops = ops;
    o->rows = *rows;
    o->covariates.columns = data->covariates;
    SHY_TRY(copy_data(o, data));
    SHY_TRY(shy_new((size_t)rows->rows, sizeof *o->response, &o->response));
    SHY_TRY(shy_new((size_t)rows->runs * (size_t)shy_sums_most(o), sizeof *o->partial, &o->partial));
    SHY_TRY(shy_basis_create(&o->rows, o->partial, &o->basis));
    *outcome_out = o, o = NULL;
out:
    shy_outcome_destroy(&o);
    return st;
}

int shy_sums_most(const shy_outcome *outcome)
{
    return outcome->covariates.columns > 0 ? SHY_SUMS_MAX : SUMS_WITHOUT_COVARIATES;
}

static shy_status check_weights(const shy_outcome *o)
{
    for (int i = 0; o->weight && i < o->rows.rows; i++)
        if (!(o->weight[i] >= 0.0 && o->weight[i] <= WEIGHT_MOST))
            return shy_fail(SHY_INPUT,
                            "the weight of sample %llu of those in use is %.6g; weights of outcome \"%s\" are numbers from 0 to %.0e.",
                            (unsigned long long)(o->rows.first + (uint64_t)i + 1), o->weight[i], o->column, WEIGHT_MOST);
    return SHY_OK;
}

/* sums: w, rows with w > 0, rows with w != 1 */
static void sum_weights(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = shy_sum(o->weight + begin, end - begin);
    sums[1] = sums[2] = 0.0;
    for (int i = begin; i < end; i++)
        sums[1] += o->weight[i] > 0.0, sums[2] += o->weight[i] != 1.0;
}

static shy_status take_weights(shy_outcome *o)
{
    shy_status st = SHY_OK;
    double sums[3];

    o->weight_sum = o->taking = (double)o->rows.total;
    SHY_TRY(shy_group_agree(o->rows.team, check_weights(o)));
    if (o->weight) { /* on all members alike */
        SHY_TRY(shy_rows_sum(&o->rows, sum_weights, o, 3, o->partial, sums));
        if (sums[0] == 0.0)
            return shy_fail(SHY_INPUT, "all weights of outcome \"%s\" are 0, so no sample takes part; correct the weights.", o->column);
        o->weight_sum = sums[0], o->taking = sums[1];
        if (sums[2] == 0.0) shy_free(&o->weight);
    }
    if (o->weight)
        for (int i = 0; i < o->rows.rows; i++)
            if (o->weight[i] == 0.0) o->y[i] = 0.0;
    o->basis.weight = o->weight;
    o->basis.weight_sum = o->weight_sum;
out:
    return st;
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */

shy_status shy_outcome_note(shy_outcome *o, char *text)
{
    const shy_status st = shy_grow((size_t)o->notes_count + 1, sizeof *o->notes, &o->notes);

    if (st != SHY_OK)
        shy_free(&text);
    else
        o->notes[o->notes_count++] = text;
    return st;
}

/* A null model that is not fitted by maximum likelihood is one of covariates. */
static shy_status note_null(shy_outcome *o)
{
    shy_status st = SHY_OK;
    char *text = NULL;

    switch (o->null.verdict) {
    case SHY_FITTED:
    case SHY_SINGULAR: return SHY_OK;
    case SHY_FIRTH:
        SHY_TRY(shy_string_format(&text, "Outcome \"%s\": its %d covariates are many for so few events, or they tell the classes apart; all fits are "
                                         "penalised (Firth), which keeps coefficients finite and less biased.",
                                  o->column, o->covariates.rank));
        break;
    default:
        SHY_TRY(shy_string_format(&text, "Outcome \"%s\": the likelihood of the covariates alone has no maximum; their coefficients are "
                                         "those of a finite fit close to its supremum.",
                                  o->column));
    }
    SHY_TRY(shy_outcome_note(o, text));
out:
    return st;
}

/* ---- outcomes -------------------------------------------------------------------------------------------------- */

shy_status shy_outcome_create(const shy_outcome_ops *ops, const shy_outcome_data *data, const shy_rows *rows, shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;
    shy_outcome *o = NULL;

    SHY_TRY(shy_group_agree(rows->team, allocate(ops, data, rows, &o)));
    SHY_TRY(take_weights(o));
    SHY_TRY(shy_outcome_adjust(o, data));
    SHY_TRY(shy_interaction_start(o, data));
    SHY_TRY(ops->start(o));
    SHY_TRY(ops->refit(o, 0, NULL, &o->null));
    SHY_TRY(shy_group_agree(rows->team, note_null(o)));
    SHY_TRY(shy_outcome_measure(o));
    *outcome_out = o, o = NULL;
out:
    shy_outcome_destroy(&o);
    return st;
}

static void free_data(shy_outcome *o)
{
    if (o->covariate_name)
        for (int c = 0; c < o->covariates.columns; c++)
            shy_free(&o->covariate_name[c]);
    shy_free(&o->covariate_name);
    shy_free(&o->y);
    shy_free(&o->time);
    shy_free(&o->entry);
    shy_free(&o->exposure);
    shy_free(&o->weight);
    shy_free(&o->stratum);
    shy_free(&o->column);
}

void shy_outcome_destroy(shy_outcome **outcome)
{
    shy_outcome *o = *outcome;

    if (!o) return;
    if (o->ops->stop && o->state) o->ops->stop(o);
    shy_free(&o->state);
    shy_basis_free(&o->basis);
    shy_free(&o->partial);
    for (int k = 0; k < o->notes_count; k++) shy_free(&o->notes[k]);
    shy_free(&o->notes);
    shy_free(&o->response);
    shy_free(&o->metric_weight);
    shy_free(&o->treatment);
    for (int k = 0; k < SHY_INTERACTION_TERMS; k++)
        shy_free(&o->product[k]);
    free_data(o); /* before the covariates, which know how many names there are */
    shy_orthonormal_free(&o->directions);
    shy_orthonormal_free(&o->covariates);
    shy_free(&o->covariate_coefficient);
    shy_free(outcome);
}

const shy_outcome_ops *shy_outcome_kind(const shy_outcome *outcome)
{
    return outcome->ops;
}

const shy_metric *shy_outcome_metric(const shy_outcome *outcome)
{
    return &outcome->metric;
}

void shy_outcome_measure_first(shy_outcome *outcome)
{
    outcome->first_metric_only = true;
}

const shy_fit *shy_outcome_null(const shy_outcome *outcome)
{
    return &outcome->null;
}

const char *const *shy_outcome_notes(const shy_outcome *outcome, int *count_out)
{
    *count_out = outcome->notes_count;
    return (const char *const *)outcome->notes;
}

const double *shy_outcome_covariates(const shy_outcome *outcome, int *count_out)
{
    *count_out = outcome->covariate_coefficient ? outcome->covariates.columns : 0;
    return outcome->covariate_coefficient;
}

const double *shy_outcome_thresholds(const shy_outcome *outcome, int *count_out)
{
    *count_out = outcome->threshold ? outcome->levels - 1 : 0;
    return outcome->threshold;
}

void shy_outcome_residual(const shy_outcome *outcome, double *residual)
{
    outcome->ops->residual(outcome, residual);
}

shy_status shy_outcome_refit(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out)
{
    if (terms < 0 || terms > SHY_BASIS_MAX) return shy_fail(SHY_INTERNAL, "a refit with %d columns", terms);
    return outcome->ops->refit(outcome, terms, basis, fit_out);
}

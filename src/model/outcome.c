/** The registry of outcomes, and what all of them share. */
#include "shy_config.h"

#include <string.h>

#include "model_impl.h"

/* A new outcome is a file with its ops and a line here. */
static const shy_outcome_ops *const registry[] = {&shy_outcome_continuous, &shy_outcome_binary, NULL};

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

static shy_status allocate(const shy_outcome_ops *ops, const shy_outcome_data *data, const shy_rows *rows, shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;
    shy_outcome *o = NULL;

    SHY_TRY(shy_new(1, sizeof *o, &o));
    o->ops = ops;
    o->rows = *rows;
    SHY_TRY(shy_string_copy(data->column, &o->column));
    SHY_TRY(shy_new((size_t)rows->rows, sizeof *o->y, &o->y));
    SHY_TRY(shy_new((size_t)rows->rows, sizeof *o->response, &o->response));
    if (rows->rows > 0) memcpy(o->y, data->y, (size_t)rows->rows * sizeof *o->y);
    SHY_TRY(shy_new((size_t)rows->runs * SHY_SUMS_MAX, sizeof *o->partial, &o->partial));
    SHY_TRY(shy_basis_create(&o->rows, o->partial, &o->basis));
    *outcome_out = o, o = NULL;
out:
    shy_outcome_destroy(&o);
    return st;
}

shy_status shy_outcome_create(const shy_outcome_ops *ops, const shy_outcome_data *data, const shy_rows *rows, shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;
    shy_outcome *o = NULL;

    SHY_TRY(shy_group_agree(rows->team, allocate(ops, data, rows, &o)));
    SHY_TRY(ops->start(o));
    SHY_TRY(ops->refit(o, 0, NULL, &o->null));
    ops->response(o, o->response);
    o->metric.response = o->response;
    *outcome_out = o, o = NULL;
out:
    shy_outcome_destroy(&o);
    return st;
}

void shy_outcome_destroy(shy_outcome **outcome)
{
    shy_outcome *o = *outcome;

    if (!o) return;
    if (o->ops->stop) o->ops->stop(o);
    shy_free(&o->state);
    shy_basis_free(&o->basis);
    shy_free(&o->partial);
    for (int k = 0; k < o->notes_count; k++) shy_free(&o->notes[k]);
    shy_free(&o->notes);
    shy_free(&o->response);
    shy_free(&o->y);
    shy_free(&o->column);
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

const shy_fit *shy_outcome_null(const shy_outcome *outcome)
{
    return &outcome->null;
}

const char *const *shy_outcome_notes(const shy_outcome *outcome, int *count_out)
{
    *count_out = outcome->notes_count;
    return (const char *const *)outcome->notes;
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

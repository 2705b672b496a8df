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

static shy_status allocate(const shy_outcome_ops *ops, const char *column, const shy_rows *rows, const double *y,
                           shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;
    shy_outcome *o = NULL;

    SHY_TRY(shy_new(1, sizeof *o, &o));
    o->ops = ops;
    o->rows = *rows;
    SHY_TRY(shy_string_copy(column, &o->column));
    SHY_TRY(shy_new((size_t)rows->rows, sizeof *o->y, &o->y));
    if (rows->rows > 0) memcpy(o->y, y, (size_t)rows->rows * sizeof *y);
    SHY_TRY(shy_new((size_t)rows->runs * SHY_SUMS_MAX, sizeof *o->partial, &o->partial));
    SHY_TRY(shy_basis_create(&o->rows, o->partial, &o->basis));
    *outcome_out = o, o = NULL;
out:
    shy_outcome_destroy(&o);
    return st;
}

shy_status shy_outcome_create(const shy_outcome_ops *ops, const char *column, const shy_rows *rows, const double *y,
                              shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;
    shy_outcome *o = NULL;

    SHY_TRY(shy_group_agree(rows->team, allocate(ops, column, rows, y, &o)));
    SHY_TRY(ops->start(o));
    *outcome_out = o, o = NULL;
out:
    shy_outcome_destroy(&o);
    return st;
}

void shy_outcome_destroy(shy_outcome **outcome)
{
    shy_outcome *o = *outcome;

    if (!o) return;
    shy_free(&o->state);
    shy_basis_free(&o->basis);
    shy_free(&o->partial);
    shy_free(&o->y);
    shy_free(&o->column);
    shy_free(outcome);
}

const shy_outcome_ops *shy_outcome_kind(const shy_outcome *outcome)
{
    return outcome->ops;
}

void shy_outcome_response(const shy_outcome *outcome, double *response)
{
    outcome->ops->response(outcome, response);
}

shy_status shy_outcome_refit(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out)
{
    if (terms < 0 || terms > SHY_BASIS_MAX) return shy_fail(SHY_INTERNAL, "a refit with %d columns", terms);
    return outcome->ops->refit(outcome, terms, basis, fit_out);
}

/* emit.c: the languages by their names. */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

static const struct {
    const char *name, *ending;
    shy_status (*write)(const shy_emit_plan *plan, shy_buffer *out);
} targets[SHY_EMIT_TARGETS] = {
    [SHY_EMIT_LATEX] = {"latex", "tex", shy_emit_as_latex}, [SHY_EMIT_PYTHON] = {"python", "py", shy_emit_as_python}, [SHY_EMIT_R] = {"r", "R", shy_emit_as_r},
    [SHY_EMIT_C] = {"c", "c", shy_emit_as_c},               [SHY_EMIT_SQL] = {"sql", "sql", shy_emit_as_sql},         [SHY_EMIT_JSON] = {"json", "json", shy_emit_as_json},
    [SHY_EMIT_EXCEL] = {"excel", "xml", shy_emit_as_excel}, [SHY_EMIT_JULIA] = {"julia", "jl", shy_emit_as_julia},
};

bool shy_emit_find(const char *name, shy_emit_target *target_out)
{
    for (int k = 0; k < SHY_EMIT_TARGETS; k++)
        if (strcmp(targets[k].name, name) == 0) return *target_out = (shy_emit_target)k, true;
    return false;
}

const char *shy_emit_name(shy_emit_target target)
{
    return targets[target].name;
}

const char *shy_emit_ending(shy_emit_target target)
{
    return targets[target].ending;
}

shy_status shy_emit(const shy_emit_request *request, shy_emit_target target, shy_buffer *out)
{
    shy_status st = SHY_OK;
    shy_emit_plan plan;

    SHY_TRY(shy_emit_plan_make(request, &plan));
    SHY_TRY(targets[target].write(&plan, out));
    SHY_TRY(out->status);
out:
    shy_emit_plan_free(&plan);
    return st;
}

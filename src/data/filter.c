/* filter.c: applies a condition to rows. */
#include "shy_config.h"

#include <math.h>

#include "filter_impl.h"

bool shy_comparison_holds(shy_comparison comparison, double left, double right)
{
    switch (comparison) {
    case SHY_EQUAL:
        return left == right;
    case SHY_UNEQUAL:
        return left != right;
    case SHY_LESS:
        return left < right;
    case SHY_AT_MOST:
        return left <= right;
    case SHY_MORE:
        return left > right;
    default:
        return left >= right;
    }
}

/* What a step says about one value. A missing value answers no to everything but the question whether it is missing. */
static bool test(const shy_step *step, double value)
{
    if (isnan(value)) return step->kind == SHY_STEP_MISSING;
    switch (step->kind) {
    case SHY_STEP_COMPARE:
        return shy_comparison_holds(step->comparison, value, step->value);
    case SHY_STEP_MEMBER:
        return value >= 0 && value < step->levels && step->allowed[(int)value] != 0;
    default:
        return step->kind == SHY_STEP_PRESENT;
    }
}

static bool holds(const shy_filter *filter, const double *values, uint64_t rows, uint64_t row)
{
    bool stack[SHY_FILTER_DEPTH + 1] = {true};
    int top = 0; /* results on the stack; none at all means yes */

    for (int64_t s = 0; s < filter->steps; s++) {
        const shy_step *step = &filter->step[s];
        switch (step->kind) {
        case SHY_STEP_AND:
            top--, stack[top - 1] = stack[top - 1] && stack[top];
            break;
        case SHY_STEP_OR:
            top--, stack[top - 1] = stack[top - 1] || stack[top];
            break;
        case SHY_STEP_NOT:
            stack[top - 1] = !stack[top - 1];
            break;
        default:
            stack[top++] = test(step, values[(uint64_t)step->operand * rows + row]);
        }
    }
    return stack[0];
}

void shy_filter_apply(const shy_filter *filter, const double *values, uint64_t rows, uint8_t *keep)
{
    for (uint64_t i = 0; i < rows; i++)
        keep[i] = holds(filter, values, rows, i);
}

int64_t shy_filter_columns(const shy_filter *filter, const int64_t **index_out)
{
    *index_out = filter->column;
    return filter->columns;
}

void shy_filter_free(shy_filter **filter)
{
    if (*filter == NULL) return;
    for (int64_t s = 0; s < (*filter)->steps; s++)
        shy_free(&(*filter)->step[s].allowed);
    shy_free(&(*filter)->step);
    shy_free(&(*filter)->column);
    shy_free(filter);
}

/* Programs: operands in an order in which each is evaluated from earlier ones, a chunk of samples at a time. */
#include "shy_config.h"

#include <string.h>

#include "search_impl.h"

shy_status shy_program_build(const shy_context *context, const int *targets, int count, shy_program *program_out)
{
    shy_status st = SHY_OK;
    shy_program program = {0};
    int *place = NULL, last = -1;
    for (int i = 0; i < count; i++) last = targets[i] > last ? targets[i] : last;
    SHY_TRY(shy_new((size_t)last + 1, sizeof *place, &place));
    for (int i = 0; i < count; i++) place[targets[i]] = 1;
    for (int i = last; i >= 0; i--) {
        if (!place[i]) continue;
        program.count++;
        if (context->operand[i].left >= 0) place[context->operand[i].left] = 1;
        if (context->operand[i].right >= 0) place[context->operand[i].right] = 1;
    }
    if (program.count > 0) {
        SHY_TRY(shy_new(3 * (size_t)program.count, sizeof(int), &program.operand));
        program.left = program.operand + program.count;
        program.right = program.left + program.count;
    }
    for (int i = 0, at = 0; i <= last; i++) {
        if (!place[i]) continue;
        program.operand[at] = i;
        program.left[at] = context->operand[i].left >= 0 ? place[context->operand[i].left] : -1;
        program.right[at] = context->operand[i].right >= 0 ? place[context->operand[i].right] : -1;
        place[i] = at++;
    }
    *program_out = program, program = (shy_program){0};
out:
    shy_program_free(&program);
    shy_free(&place);
    return st;
}

void shy_program_free(shy_program *program)
{
    shy_free(&program->operand);
}

shy_status shy_program_reserve(const shy_program *program, double **buffer, size_t *size)
{
    const size_t needed = (size_t)program->count * SHY_CHUNK;
    if (needed <= *size) return SHY_OK;
    const shy_status st = shy_grow(needed, sizeof **buffer, buffer);
    if (st == SHY_OK) *size = needed;
    return st;
}

void shy_program_run(const shy_context *context, const shy_program *program, const shy_space *valid, const double *const *factor, int rows,
                     double *buffer)
{
    for (int k = 0; k < program->count; k++) {
        const shy_shape *shape = &context->operand[program->operand[k]];
        double *out = buffer + (size_t)k * SHY_CHUNK;
        if (valid && !shy_context_operand_valid(valid, context, program->operand[k])) continue;
        if (shape->op == SHY_OP_FACTOR) {
            memcpy(out, factor[shape->slot], (size_t)rows * sizeof *out);
        } else {
            const double *u = buffer + (size_t)program->left[k] * SHY_CHUNK;
            shy_operator_screen_rows((shy_op)shape->op, rows, u, program->right[k] >= 0 ? buffer + (size_t)program->right[k] * SHY_CHUNK : u, out);
        }
    }
}

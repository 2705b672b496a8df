/* Works an element job off: formulas whose root no moment tile covers, evaluated sample by sample. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

#define SLACK 1e-7    /* between the statistic computed here (fp64, any order) and the exact one */

struct shy_element_work {
    double *kept;      /* element program × SHY_CHUNK */
    size_t kept_size;
    double *sums;      /* 3 per element */
    double *reference; /* value at sample 0, per element */
    uint8_t *valid;
    int elements;      /* room */
    double spot[2][SHY_CHUNK];
};

shy_status shy_element_work_create(shy_engine *engine)
{
    return shy_new(1, sizeof *engine->elements, &engine->elements);
}

void shy_element_work_destroy(shy_engine *engine)
{
    if (!engine->elements) return;
    shy_free(&engine->elements->kept);
    shy_free(&engine->elements->sums);
    shy_free(&engine->elements->reference);
    shy_free(&engine->elements->valid);
    shy_free(&engine->elements);
}

/* What may fail on one member alone: room for the elements, and the columns of the tuple. */
static shy_status prepare(shy_engine *engine, const shy_context *context, const shy_tuple *tuple, const double **column_out)
{
    shy_status st = SHY_OK;
    struct shy_element_work *work = engine->elements;
    SHY_TRY(shy_program_reserve(&context->element_program, &work->kept, &work->kept_size));
    if (context->element_count > work->elements) {
        const size_t elements = (size_t)context->element_count;
        SHY_TRY(shy_grow(3 * elements, sizeof *work->sums, &work->sums));
        SHY_TRY(shy_grow(elements, sizeof *work->reference, &work->reference));
        SHY_TRY(shy_grow(elements, 1, &work->valid));
        work->elements = context->element_count;
    }
    SHY_TRY(shy_space_columns(engine->space, tuple, column_out));
out:
    return st;
}

/* The column of one element; the operand made on the spot is shared by neighbours. */
static const double *element_column(struct shy_element_work *work, const shy_context *context, int e, int rows, int *spot_operand)
{
    const shy_element *element = &context->element[e];
    const shy_root *root = &context->root[element->root];
    const double *u = work->spot[0];
    if (element->u >= 0) {
        u = work->kept + (size_t)element->u * SHY_CHUNK;
    } else if (*spot_operand != element->operand) {
        const double *a = work->kept + (size_t)element->a * SHY_CHUNK;
        const double *b = element->b >= 0 ? work->kept + (size_t)element->b * SHY_CHUNK : a;
        shy_operator_screen_rows((shy_op)element->inner, rows, a, b, work->spot[0]);
        *spot_operand = element->operand;
    }
    if (root->op == SHY_OP_FACTOR) return u;
    const double *v = element->v >= 0 ? work->kept + (size_t)element->v * SHY_CHUNK : u;
    shy_operator_screen_rows((shy_op)root->op, rows, u, v, work->spot[1]);
    return work->spot[1];
}

/* One sample decides what is subtracted before squares are summed, so that a large mean costs no digits. */
static void set_references(shy_engine *engine, const shy_context *context, const shy_tuple *tuple)
{
    struct shy_element_work *work = engine->elements;
    const double *factor[SHY_FACTORS_MAX];
    double sample[SHY_FACTORS_MAX];
    int spot_operand = -1;
    for (int s = 0; s < tuple->count; s++) {
        sample[s] = shy_space_first_sample(engine->space, tuple->factor[s]);
        factor[s] = &sample[s];
    }
    shy_program_run(context, &context->element_program, engine->space, factor, 1, work->kept);
    for (int e = 0; e < context->element_count; e++) {
        const shy_element *element = &context->element[e];
        work->valid[e] = shy_context_root_valid(engine->space, context, element->root);
        work->reference[e] = work->valid[e] ? element_column(work, context, e, 1, &spot_operand)[0] : 0.0;
    }
}

static void sum_elements(shy_engine *engine, const shy_context *context, int slots, const double *const *column)
{
    struct shy_element_work *work = engine->elements;
    const int rows = engine->space->problem->rows.rows;
    memset(work->sums, 0, 3 * (size_t)context->element_count * sizeof *work->sums);
    for (int row = 0; row < rows; row += SHY_CHUNK) {
        const int count = rows - row < SHY_CHUNK ? rows - row : SHY_CHUNK;
        const double *factor[SHY_FACTORS_MAX];
        int spot_operand = -1;
        for (int s = 0; s < slots; s++) factor[s] = column[s] + row;
        shy_program_run(context, &context->element_program, engine->space, factor, count, work->kept);
        for (int e = 0; e < context->element_count; e++) {
            if (!work->valid[e]) continue;
            const double *z = element_column(work, context, e, count, &spot_operand);
            shy_element_sums(count, z, engine->space->response + row, work->reference[e], &work->sums[3 * e]);
        }
    }
}

/* Sums that leave no variance to speak of decide nothing: such a formula is scored exactly. */
static double statistic(const double *sums, double n)
{
    const double variance = sums[1] - sums[0] * sums[0] / n;
    if (!(variance > 1e-6 * sums[1])) return 1.0;
    return sums[2] * sums[2] / (variance * n);
}

static shy_status work_tuple(shy_engine *engine, const shy_tuple *tuple)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const double *column[SHY_FACTORS_MAX] = {NULL};
    const shy_team *team = engine->space->problem->team;
    const double n = (double)engine->space->problem->rows.total;
    SHY_TRY(shy_group_agree(team, shy_space_context(engine->space, tuple, &context)));
    if (context->element_count == 0) return SHY_OK;
    SHY_TRY(shy_group_agree(team, prepare(engine, context, tuple, column)));
    shy_context_ranges(engine->space, context, &context->ranges, tuple);
    set_references(engine, context, tuple);
    sum_elements(engine, context, tuple->count, column);
    SHY_TRY(shy_group_sum(team, engine->elements->sums, 3 * (int64_t)context->element_count));
    for (int e = 0; e < context->element_count; e++) {
        const int root = context->element[e].root, complexity = context->root[root].complexity;
        if (!engine->elements->valid[e] || statistic(&engine->elements->sums[3 * e], n) < engine->mark[complexity] - SLACK) continue;
        const shy_formula formula = {*tuple, root};
        SHY_TRY(shy_engine_candidate(engine, complexity, &formula));
    }
out:
    return st;
}

shy_status shy_element_work_run(shy_engine *engine, const shy_job *job)
{
    shy_status st = SHY_OK;
    shy_tuple tuple;
    shy_tuple_unrank(engine->space, NULL, job->right_slots, job->right_first, &tuple);
    for (uint64_t number = job->right_first; number < job->right_last; number++, (void)shy_tuple_next(engine->space, NULL, &tuple)) {
        SHY_TRY(work_tuple(engine, &tuple));
        if (engine->breathe) engine->breathe(engine->breathe_context);
    }
out:
    return st;
}

/* Which formula of the search a closed form of a tile stands for. */
#include "shy_config.h"

#include "tile_formula.h"

shy_meaning shy_form_meaning(int left_inverse, int right_inverse, shy_tile_form form)
{
    const bool ratio = left_inverse || right_inverse;
    switch (form) {
    case SHY_TILE_PRODUCT: return (shy_meaning){SHY_FAMILY_PLAIN, ratio ? SHY_OP_DIVIDE : SHY_OP_MULTIPLY, left_inverse};
    case SHY_TILE_SUM: return (shy_meaning){SHY_FAMILY_PLAIN, SHY_OP_ADD, false};
    case SHY_TILE_DIFFERENCE: return (shy_meaning){SHY_FAMILY_PLAIN, SHY_OP_SUBTRACT, false};
    case SHY_TILE_WEIGHTED: return (shy_meaning){ratio ? SHY_FAMILY_WEIGHTED_INVERSE : SHY_FAMILY_WEIGHTED, SHY_OP_CONSTANT, left_inverse};
    case SHY_TILE_SHIFT_LEFT: return (shy_meaning){ratio ? SHY_FAMILY_SHIFTED_RATIO : SHY_FAMILY_SHIFTED, SHY_OP_CONSTANT, false};
    case SHY_TILE_SHIFT_RIGHT: return (shy_meaning){ratio ? SHY_FAMILY_SHIFTED_RATIO : SHY_FAMILY_SHIFTED, SHY_OP_CONSTANT, true};
    default: return (shy_meaning){SHY_FAMILY_INTERACTION, SHY_OP_CONSTANT, false};
    }
}

/* A constant can be added to the side that is not inverted only; u·v of two inverses does not occur. */
static bool form_exists(int left_inverse, int right_inverse, shy_tile_form form)
{
    if (!left_inverse && !right_inverse) return true;
    if (form == SHY_TILE_PRODUCT || form == SHY_TILE_WEIGHTED) return true;
    return (form == SHY_TILE_SHIFT_LEFT && right_inverse) || (form == SHY_TILE_SHIFT_RIGHT && left_inverse);
}

static int form_cost(const shy_grammar *grammar, shy_meaning meaning)
{
    if (meaning.family != SHY_FAMILY_PLAIN) return shy_family_cost(grammar, meaning.family);
    return grammar->allowed[meaning.op] ? grammar->weight[meaning.op] : 0;
}

int shy_form_complexity(const shy_grammar *grammar, const shy_job *job, int left_inverse, int right_inverse, shy_tile_form form)
{
    if (!form_exists(left_inverse, right_inverse, form)) return 0;
    const int cost = form_cost(grammar, shy_form_meaning(left_inverse, right_inverse, form));
    const int complexity = job->left_complexity + job->right_complexity + cost;
    return cost > 0 && complexity <= grammar->max_complexity ? complexity : 0;
}

static bool join_tuples(const shy_tuple *a, const shy_tuple *b, int most, shy_tuple *joint)
{
    int i = 0, j = 0, count = 0;
    while (i < a->count || j < b->count) {
        const bool take_a = j >= b->count || (i < a->count && a->factor[i] <= b->factor[j]);
        const uint32_t factor = take_a ? a->factor[i] : b->factor[j];
        if (count == most) return false;
        if (i < a->count && a->factor[i] == factor) i++;
        if (j < b->count && b->factor[j] == factor) j++;
        joint->factor[count++] = factor;
    }
    joint->count = count;
    return true;
}

static void operand_tree(const shy_instance *instance, const shy_tuple *joint, shy_tree *tree)
{
    uint32_t slot[SHY_FACTORS_MAX];
    for (int s = 0, at = 0; s < instance->tuple.count; s++) {
        while (joint->factor[at] != instance->tuple.factor[s]) at++;
        slot[s] = (uint32_t)at;
    }
    shy_shapes_operand_tree(instance->context->shapes, instance->operand, slot, tree);
}

/* The canonical formula of a pair, if it has one and it is valid for these factors. */
shy_status shy_form_identify(shy_space *space, const shy_instance *u, const shy_instance *v, shy_meaning meaning, shy_formula *formula, int *complexity)
{
    shy_status st = SHY_OK;
    shy_tree left, right;
    const shy_context *context = NULL;
    *complexity = 0;
    if (!join_tuples(&u->tuple, &v->tuple, space->slots_max, &formula->tuple)) return SHY_OK;
    if (!shy_space_admits(space, &formula->tuple)) return SHY_OK;
    operand_tree(u, &formula->tuple, &left);
    operand_tree(v, &formula->tuple, &right);
    SHY_TRY(shy_space_context(space, &formula->tuple, &context));
    if (meaning.family == SHY_FAMILY_PLAIN) {
        const int root = left.count - 1;
        (void)shy_tree_binary(&left, meaning.op, root, shy_tree_append(&left, &right));
    }
    formula->root = shy_shapes_find(context->shapes, meaning.family, &left, &right);
    if (formula->root < 0 || shy_context_root_validity(context, formula->root) == SHY_NEVER) return SHY_OK;
    if (shy_context_root_validity(context, formula->root) == SHY_DEPENDS) {
        shy_context_ranges(space, context, &context->ranges, &formula->tuple);
        if (!shy_context_root_valid(space, context, formula->root)) return SHY_OK;
    }
    *complexity = context->root[formula->root].complexity;
out:
    return st;
}

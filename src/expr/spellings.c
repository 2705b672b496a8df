/*
 * Shape tables that differ only in what may stand directly on single slots. The functions are the same, and so are their values; what changes is
 * which of their equally simple spellings is allowed. So one table notes all of these, and others are drawn from it.
 */
#include "shy_config.h"

#include <string.h>

#include "shape_impl.h"

/* ---- noting ---------------------------------------------------------------------------------------------------------------- */

static shy_status room_for(shy_spellings *s, int item)
{
    shy_status st = SHY_OK;
    if (item < s->items) return SHY_OK;
    const int items = item < 512 ? 1024 : 2 * item;
    SHY_TRY(shy_grow((size_t)items, sizeof *s->first, &s->first));
    SHY_TRY(shy_grow((size_t)items, sizeof *s->last, &s->last));
    s->items = items;
out:
    return st;
}

/* The spelling of a new item, or one in place of all others, or behind them. */
shy_status shy_spelling_note(shy_spellings *s, int item, const shy_spelling *spelling, bool beside)
{
    shy_status st = SHY_OK;
    SHY_TRY(room_for(s, item));
    if (s->count == s->capacity) {
        const int capacity = s->capacity ? 2 * s->capacity : 1024;
        SHY_TRY(shy_grow((size_t)capacity, sizeof *s->spelling, &s->spelling));
        s->capacity = capacity;
    }
    const int at = s->count++;
    s->spelling[at] = *spelling;
    s->spelling[at].next = -1;
    if (beside) s->spelling[s->last[item]].next = at;
    else s->first[item] = at;
    s->last[item] = at;
out:
    return st;
}

void shy_spellings_free(shy_spellings *s)
{
    shy_free(&s->first);
    shy_free(&s->last);
    shy_free(&s->spelling);
    *s = (shy_spellings){0};
}

/* ---- drawing a table ---------------------------------------------------------------------------------------------------------- */

static bool operand_branches(const shy_shapes *shapes, const shy_spelling *s)
{
    const bool own = s->op == SHY_OP_MAX || s->op == SHY_OP_MIN || s->op == SHY_OP_ABS;
    return own || shapes->operand[s->left].branches || (s->right >= 0 && shapes->operand[s->right].branches);
}

/* Operands of lower complexity are settled already. */
static void settle_operand(shy_shapes *shapes, int i)
{
    shy_shape *shape = &shapes->operand[i];
    const shy_spellings *all = &shapes->open->of_operands;
    const int opposite = shapes->open->opposite[i];
    shape->negative = opposite >= 0 && !shapes->operand[opposite].forbidden;
    if (shape->op == SHY_OP_FACTOR) return;
    int chosen = all->first[i];
    shape->forbidden = true;
    for (int at = chosen; at >= 0 && shape->forbidden; at = all->spelling[at].next) {
        const shy_spelling *s = &all->spelling[at];
        if (shy_nesting_forbidden(shapes, (shy_op)s->op, s->left, s->right)) continue;
        shape->forbidden = false;
        chosen = at;
    }
    const shy_spelling *s = &all->spelling[chosen];
    shape->op = s->op, shape->mask = s->mask, shape->left = s->left, shape->right = s->right;
    shape->branches = operand_branches(shapes, s);
}

static bool root_forbidden(const shy_shapes *shapes, const shy_spelling *s)
{
    if (s->family == SHY_FAMILY_PLAIN) return s->op != SHY_OP_FACTOR && shy_nesting_forbidden(shapes, (shy_op)s->op, s->left, s->right);
    const shy_shape *left = &shapes->operand[s->left], *right = &shapes->operand[s->right];
    if (left->negative || right->negative) return true; /* the other sign stands for both */
    return left->forbidden || right->forbidden || shy_family_forbidden(&shapes->grammar, (shy_family)s->family, (shy_op)left->op, (shy_op)right->op);
}

static void settle_root(shy_shapes *shapes, int i)
{
    shy_root *root = &shapes->root[i];
    const shy_spellings *all = &shapes->open->of_roots;
    int chosen = all->first[i];
    root->forbidden = true;
    for (int at = chosen; at >= 0 && root->forbidden; at = all->spelling[at].next) {
        if (root_forbidden(shapes, &all->spelling[at])) continue;
        root->forbidden = false;
        chosen = at;
    }
    const shy_spelling *s = &all->spelling[chosen];
    root->family = s->family, root->op = s->op, root->left = s->left, root->right = s->right;
}

shy_status shy_shapes_bar(const shy_shapes *open, const uint32_t *barred, shy_shapes **shapes_out)
{
    shy_status st = SHY_OK;
    shy_shapes *shapes = NULL;
    if (!open->noted) return shy_fail(SHY_INTERNAL, "a table without its spellings");
    SHY_TRY(shy_new(1, sizeof *shapes, &shapes));
    *shapes = *open;
    shapes->open = open;
    shapes->noted = false;
    shapes->operand = NULL, shapes->root = NULL, shapes->packed = NULL;
    memcpy(shapes->barred, barred, (size_t)open->slots * sizeof *barred);
    SHY_TRY(shy_new((size_t)open->operands, sizeof *shapes->operand, &shapes->operand));
    SHY_TRY(shy_new((size_t)open->roots, sizeof *shapes->root, &shapes->root));
    memcpy(shapes->operand, open->operand, (size_t)open->operands * sizeof *shapes->operand);
    if (open->roots > 0) memcpy(shapes->root, open->root, (size_t)open->roots * sizeof *shapes->root);
    for (int i = 0; i < open->operands; i++) settle_operand(shapes, i);
    for (int i = 0; i < open->roots; i++) settle_root(shapes, i);
    *shapes_out = shapes, shapes = NULL;
out:
    shy_shapes_destroy(&shapes);
    return st;
}

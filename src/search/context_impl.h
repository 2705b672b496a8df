/* Contexts: what the files that make them share. */
#ifndef SHY_CONTEXT_IMPL_H
#define SHY_CONTEXT_IMPL_H

#include "search_impl.h"

/* What is known of the sign of a factor or operand from kinds alone. The first two are the nonnegative ones. */
typedef enum { SHY_SIGN_POSITIVE, SHY_SIGN_NONNEGATIVE, SHY_SIGN_NEGATIVE, SHY_SIGN_ANY } shy_sign;

/* Sign of op(u, v), and whether the operator is defined: always, never, or depending on the ranges. */
shy_sign shy_sign_apply(shy_op op, shy_sign u, shy_sign v, shy_validity *validity_out);

/* The range of an operand over many sets of factors. Where it is not defined for all of them, only `inner` is known, if that. */
typedef struct {
    shy_interval outer, inner;
    bool bounded; /* defined for every set, with a range within `outer` */
    bool cored;   /* for every set for which it is defined, its range holds `inner` */
    bool single;  /* one set: outer is inner */
} shy_bounds;

shy_bounds shy_bounds_kind(const shy_space *space, int kind);          /* any factor of a kind */
shy_bounds shy_bounds_factor(const shy_space *space, uint32_t factor);
/* Bounds of op(u, v), v NULL for a unary operator. ALWAYS: u, v and op are defined for every set; NEVER: for none. */
shy_validity shy_bounds_apply(shy_op op, const shy_bounds *u, const shy_bounds *v, shy_bounds *out);

shy_validity shy_validity_both(shy_validity a, shy_validity b);

/* What a root needs besides valid operands: that op(u, v) is defined for these operands; v −1: op(u). u −1: nothing. */
typedef struct {
    shy_op op;
    int u, v;
} shy_condition;
static inline shy_condition shy_root_condition(const shy_root *root)
{
    if (root->family == SHY_FAMILY_PLAIN && root->op != SHY_OP_FACTOR) return (shy_condition){(shy_op)root->op, root->left, root->right};
    if (root->family == SHY_FAMILY_WEIGHTED_INVERSE || root->family == SHY_FAMILY_SHIFTED_RATIO) {
        return (shy_condition){SHY_OP_INVERSE, root->right, -1};
    }
    return (shy_condition){SHY_OP_FACTOR, -1, -1};
}

/* The table for factors of these kinds: found or made. Lives as long as the space. */
shy_status shy_table_for(shy_space *space, int slots, const int *kind, const shy_table **table_out);
void shy_tables_destroy(shy_space *space);

/* A context with nothing in it but what is valid and what depends; for the counting, which needs each once. Owned. */
shy_status shy_context_judge(shy_space *space, int slots, const int *kind, shy_context **context_out);
void shy_context_free(shy_context **context);
void shy_contexts_destroy(shy_space *space); /* all that shy_space_context has made */

#endif

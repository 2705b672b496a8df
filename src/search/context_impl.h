/* Contexts: what the files that make them share. */
#ifndef SHY_CONTEXT_IMPL_H
#define SHY_CONTEXT_IMPL_H

#include "search_impl.h"

/* What is known of the sign of a factor or operand from kinds alone. The first two are the nonnegative ones. */
typedef enum { SHY_SIGN_POSITIVE, SHY_SIGN_NONNEGATIVE, SHY_SIGN_NEGATIVE, SHY_SIGN_ANY } shy_sign;

/* Sign of op(u, v), and whether the operator is defined: always, never, or depending on the ranges. */
shy_sign shy_sign_apply(shy_op op, shy_sign u, shy_sign v, shy_validity *validity_out);

void shy_contexts_destroy(shy_space *space);

#endif

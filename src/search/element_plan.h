/* Plans: how the element-wise formulas of a context are summed. Made with the context, read by element_work.c. */
#ifndef SHY_ELEMENT_PLAN_H
#define SHY_ELEMENT_PLAN_H

#include "context_impl.h"

#define SHY_SPOTS 128 /* spots that are in memory at a time: their fp32 values stay in the second-level cache */

/*
 * An operand. Places below `kept` hold their values while a tuple's chunk is worked on. The others, spots, are
 * operands of unary roots only: made SHY_SPOTS at a time, used and overwritten.
 */
typedef struct {
    int operand; /* shape */
    uint8_t op, slot, mask;
    int32_t a, b; /* places, −1 */
    bool wide;    /* computed in fp64: no bound for it in fp32, or something wide needs it */
    bool stored;  /* its fp64 values are needed */
    bool narrow;  /* its fp32 values are needed */
    bool exact;   /* log and exp by the definition: in something above, differences may cancel all but rounding */
    double error; /* of the fp32 values */
} shy_element_place;

/* A formula op(u) or op(u, v). */
typedef struct {
    int root;
    int32_t u, v;               /* places; v = u for unary roots */
    int32_t u_column, v_column; /* where their values stand */
    shy_rough_error error;      /* of its fp32 values */
    bool rough;                 /* there is such a bound */
    bool certain;               /* valid whatever the ranges */
    uint8_t op, complexity;
} shy_element;

/* Elements side by side that one call sums, after the spots first_spot … last_spot − 1 have been made. */
typedef struct {
    uint8_t op;
    int first, last;
    int first_spot, last_spot;
} shy_element_group;

/* Ranges of operands: steps with the same operator, of which none needs another, are computed by one call. */
typedef struct {
    uint8_t op;
    int first, last;
} shy_element_steps;

typedef struct {
    int count, groups;
    shy_element_steps *group;
    int32_t *u, *v, *out; /* [count] operands (shapes); the results */
} shy_element_ranges;

/*
 * Elements stand in this order: those with a bound in fp32 and valid whatever the ranges; those with a bound that may
 * not be valid; those without a bound. Groups are of the first two, in the order of their operands' places.
 */
struct shy_element_plan {
    int count, certain, rough;
    shy_element *element;
    int places, kept;
    shy_element_place *place;
    int groups;
    shy_element_group *group;
    shy_element_ranges ranges;     /* of operands of elements that may not be valid */
    shy_element_ranges roots;      /* those elements: `out` is the number of the element */
    int32_t leaf[SHY_FACTORS_MAX]; /* operands that are the factors; −1 */
};

/* Where a place's columns stand in memory. */
static inline int shy_element_column(const struct shy_element_plan *plan, int place)
{
    return place < plan->kept ? place : plan->kept + (place - plan->kept) % SHY_SPOTS;
}

/* sign[operand]: shy_sign, of operands that may be valid. Owned by the context. */
shy_status shy_element_plan_create(const shy_context *context, const uint8_t *sign, struct shy_element_plan **plan_out);
void shy_element_plan_destroy(struct shy_element_plan **plan);

#endif

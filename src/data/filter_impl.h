/* filter_impl.h: a condition over columns, as steps of a stack machine that needs no memory of its own when it runs. */
#ifndef SHIHYO_DATA_FILTER_IMPL_H
#define SHIHYO_DATA_FILTER_IMPL_H

#include "shihyo/data.h"

enum { SHY_FILTER_DEPTH = 64 }; /* results that wait on the stack */

typedef enum {
    SHY_STEP_COMPARE,
    SHY_STEP_MEMBER,
    SHY_STEP_MISSING,
    SHY_STEP_PRESENT,
    SHY_STEP_AND,
    SHY_STEP_OR,
    SHY_STEP_NOT
} shy_step_kind;
typedef enum { SHY_EQUAL, SHY_UNEQUAL, SHY_LESS, SHY_AT_MOST, SHY_MORE, SHY_AT_LEAST } shy_comparison;

typedef struct {
    shy_step_kind kind;
    shy_comparison comparison;
    int64_t operand;  /* which of the filter's columns */
    double value;     /* to compare with */
    uint8_t *allowed; /* MEMBER: for each level; owned */
    int levels;
} shy_step;

struct shy_filter {
    int64_t *column;
    int64_t columns;
    shy_step *step;
    int64_t steps;
};

bool shy_comparison_holds(shy_comparison comparison, double left, double right);

#endif

/* One side of a tile: a stream of operands, and the panels it is filled into. */
#ifndef SHY_SIDE_H
#define SHY_SIDE_H

#include <math.h>

#include "search_impl.h"

/* An operand in a panel: which shape over which factors. */
typedef struct {
    const shy_context *context;
    shy_tuple tuple;
    int operand;
} shy_instance;

/* The operands as they are, and their inverses. */
typedef struct {
    shy_space *space;
    const shy_engine *engine;
    int capacity;
    shy_instance *instance; /* of the next fill */
    double *value[2];       /* capacity × rows: as they are, inverse */
    shy_panel *panel[2];
    shy_panel **seen[2];    /* [views]: the same in each view; NULL in a plain search, whose view is that of the panels */
    shy_instance *in[2];    /* what the panels hold */
    double *evaluation;     /* scratch of a program */
    size_t evaluation_size;
    double *laid;           /* [SHY_FACTORS_MAX × SHY_CHUNK]: factors in the order of the engine's layout; NULL: as they are */
    double *sum, *partial;  /* scratch for sums over the group */
    int *from;              /* [capacity] which of the values an operand of the panel being packed is */
    struct shy_unclear *unclear; /* [capacity × views] operands whose sums say too little in a view; where there are segments */
    double *unclear_sum;
} shy_side;

/*
 * Where a stream of operands stands: all valid operands of one complexity over a range of tuples, which hold the pinned
 * factors, or lie within one larger tuple.
 */
typedef struct {
    int complexity, slots;
    const shy_tuple *pinned, *within;
    uint64_t next, last;
    shy_tuple tuple;
    const shy_context *context; /* of `tuple`; NULL before the first */
    int at;                 /* within the context's side list; −1: the tuple is not set up yet */
} shy_stream;

/* Beyond rounding. What does not is left out of the panels. */
static inline bool shy_operand_varies(double mean, double scale)
{
    return scale > 1e-13 * fabs(mean) && isfinite(scale);
}

/* A panel as view v sees it. */
static inline const shy_panel *shy_side_panel(const shy_side *side, int inverse, int v)
{
    return side->seen[inverse] ? side->seen[inverse][v] : side->panel[inverse];
}

/* Left sides are cut into tiles of at most `block` operands; right sides: 0. `wide`: for moments in fp64. */
shy_status shy_side_create(const shy_engine *engine, int capacity, int block, bool wide, shy_side **side_out);
void shy_side_destroy(shy_side **side);
uint64_t shy_side_bytes(const shy_space *space, const shy_tile_shape *shape, int capacity, int block);

/*
 * Fills the panels with the next operands of a stream, those that are constant on the data left out. count_out: operands taken
 * from the stream, 0 at its end. Collective over the group.
 */
shy_status shy_side_fill(shy_side *side, shy_stream *stream, bool inverses, int *count_out);

/* side_views.c: the panels in the engine's views. */
shy_status shy_side_views_create(shy_side *side);
void shy_side_views_destroy(shy_side *side);
uint64_t shy_side_views_bytes(const shy_tile_shape *shape, int capacity, int block);
/* After the panel has been finished. What is constant in a view is left out there. Collective over the group. */
shy_status shy_side_look(shy_side *side, int which);

#endif

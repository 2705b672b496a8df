/* The factors of one kind, in nested parts of similar ranges: a question about ranges is often answered for a part at once. */
#ifndef SHY_RANGE_TREE_H
#define SHY_RANGE_TREE_H

#include "context_impl.h"

typedef struct {
    shy_bounds bounds;      /* of any of its members */
    const uint32_t *member; /* ascending */
    uint32_t count;
    int child; /* the halves are nodes child and child + 1; −1: not divided further */
} shy_range_node;

typedef struct {
    shy_range_node *node; /* [0]: all factors of the kind */
    int nodes, levels;
    uint32_t *member;
} shy_range_tree;

/* Cost: n log² n for the n factors of the kind, n log n in memory. */
shy_status shy_range_tree_create(const shy_space *space, int kind, shy_range_tree **tree_out);
void shy_range_tree_destroy(shy_range_tree **tree);
/* How many members in [first, last), from *at_out on. */
uint32_t shy_range_node_within(const shy_range_node *node, uint32_t first, uint32_t last, uint32_t *at_out);

#endif

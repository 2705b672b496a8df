/* Trees of factors by their ranges: a k-d tree over the two ends of a range. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "range_tree.h"

#define LEAF 4 /* members that are not divided further */

typedef struct {
    shy_interval range;
    uint32_t factor;
} shy_ranged;

static int by_factor(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int by_low_end(const void *a, const void *b)
{
    const shy_ranged *x = a, *y = b;
    return x->range.lo != y->range.lo ? (x->range.lo < y->range.lo ? -1 : 1) : by_factor(&x->factor, &y->factor);
}

static int by_high_end(const void *a, const void *b)
{
    const shy_ranged *x = a, *y = b;
    return x->range.hi != y->range.hi ? (x->range.hi < y->range.hi ? -1 : 1) : by_factor(&x->factor, &y->factor);
}

static shy_bounds bounds_of(const shy_ranged *ranged, uint32_t count)
{
    shy_bounds b = {.outer = ranged[0].range, .inner = ranged[0].range, .bounded = true, .single = count == 1};
    for (uint32_t i = 1; i < count; i++) {
        const shy_interval r = ranged[i].range;
        b.outer = (shy_interval){fmin(b.outer.lo, r.lo), fmax(b.outer.hi, r.hi)};
        b.inner = (shy_interval){fmax(b.inner.lo, r.lo), fmin(b.inner.hi, r.hi)};
    }
    b.cored = b.inner.lo <= b.inner.hi;
    return b;
}

/* Divides at the median of the low ends and of the high ends in turn. Each level has its own row of members. */
static void divide(shy_range_tree *tree, int at, shy_ranged *ranged, uint32_t count, uint32_t *member, uint32_t row,
                   int level)
{
    shy_range_node *node = &tree->node[at];
    for (uint32_t i = 0; i < count; i++)
        member[i] = ranged[i].factor;
    qsort(member, count, sizeof *member, by_factor);
    *node = (shy_range_node){.bounds = bounds_of(ranged, count), .member = member, .count = count, .child = -1};
    if (count <= LEAF) return;
    qsort(ranged, count, sizeof *ranged, level % 2 ? by_high_end : by_low_end);
    const uint32_t half = count / 2;
    const int child = node->child = tree->nodes;
    tree->nodes += 2;
    divide(tree, child, ranged, half, member + row, row, level + 1);
    divide(tree, child + 1, ranged + half, count - half, member + row + half, row, level + 1);
}

shy_status shy_range_tree_create(const shy_space *space, int kind, shy_range_tree **tree_out)
{
    shy_status st = SHY_OK;
    shy_range_tree *tree = NULL;
    shy_ranged *ranged = NULL;
    const uint32_t first = space->kind_first[kind], count = space->kind_first[kind + 1] - first;
    SHY_TRY(shy_new(1, sizeof *tree, &tree));
    for (uint32_t largest = count; largest > LEAF; largest -= largest / 2)
        tree->levels++;
    tree->levels++;
    SHY_TRY(shy_new((size_t)1 << tree->levels, sizeof *tree->node, &tree->node));
    SHY_TRY(shy_new((size_t)tree->levels * count, sizeof *tree->member, &tree->member));
    SHY_TRY(shy_new(count, sizeof *ranged, &ranged));
    for (uint32_t i = 0; i < count; i++)
        ranged[i] = (shy_ranged){space->range[first + i], first + i};
    tree->nodes = 1;
    divide(tree, 0, ranged, count, tree->member, count, 0);
    *tree_out = tree, tree = NULL;
out:
    shy_range_tree_destroy(&tree);
    shy_free(&ranged);
    return st;
}

void shy_range_tree_destroy(shy_range_tree **tree)
{
    if (!*tree) return;
    shy_free(&(*tree)->node);
    shy_free(&(*tree)->member);
    shy_free(tree);
}

/* The place of the first member that is not below `factor`. */
static uint32_t place_of(const shy_range_node *node, uint32_t factor)
{
    uint32_t low = 0, high = node->count;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (node->member[middle] < factor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t shy_range_node_within(const shy_range_node *node, uint32_t first, uint32_t last, uint32_t *at_out)
{
    *at_out = place_of(node, first);
    return place_of(node, last) - *at_out;
}

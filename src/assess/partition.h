/* Partitions of samples into folds: arrays in, arrays out. Serial. */
#ifndef SHY_PARTITION_H
#define SHY_PARTITION_H

#include "shihyo/base.h"

/* Each class, and within a class each range of values, is spread evenly over the folds. */
typedef struct {
    size_t n;
    int folds;
    size_t units;         /* samples of one unit stay in one fold */
    const int32_t *unit;  /* [n]: 0 … units−1 */
    int classes;
    const int32_t *of;    /* [n]: class; −1: the sample takes no part, but has a fold as well */
    const double *value;  /* [n]: orders the samples of a class; NULL: chance does */
} shy_partition;

/*
 * fold_out[i] = 0 … folds−1. Where every unit is one sample, folds differ by one sample at most, and so does each class in them, and of `folds` neighbours in the order of value
 * each fold has one. Otherwise units are dealt, large ones first, each to the fold that has least of what the unit brings. Depends on seed,
 * repeat and the data alone. No fold is empty if that many units take part. n log n, or units × folds × classes.
 */
shy_status shy_partition_make(const shy_partition *partition, uint64_t seed, int repeat, int32_t *fold_out);

/*
 * Units of samples that share either of two numbers: unit_out[i] = 0 … units−1 in the order of the first sample of each. a and b may be NULL (no
 * sample shares it); a number that is not finite is shared with no other.
 */
shy_status shy_partition_units(size_t n, const double *a, const double *b, int32_t *unit_out, size_t *units_out);

#endif

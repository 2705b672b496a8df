/* pair_people.h: the patients of a pair of formulas: as points, or counted in the cells of a grid. */
#ifndef SHY_FIGURES_PAIR_PEOPLE_H
#define SHY_FIGURES_PAIR_PEOPLE_H

#include "figures/pair.h"

/* Samples that take part, in order. */
typedef struct {
    int count;
    double *x, *y, *outcome, *weight; /* weight NULL: all 1 */
} shy_people;

shy_status shy_people_gather(const shy_pair_maker *maker, const shy_pair *pair, shy_people *people_out);
void shy_people_free(shy_people *people);
/* edges_x, edges_y, count, positive, mean; or points. */
shy_status shy_people_write(const shy_pair_maker *maker, const shy_pair *pair, const shy_people *people, int number, json_t *object, shy_record *suppressed);

#endif

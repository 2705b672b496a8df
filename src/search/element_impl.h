/* Element work: what its files share. */
#ifndef SHY_ELEMENT_IMPL_H
#define SHY_ELEMENT_IMPL_H

#include "element_plan.h"

/*
 * The elements that are valid for the present tuple, side by side. Kept from one tuple to the next of the same context
 * as long as the same ones are valid. Of the sums the first `rough` are in use, those of elements with a bound in
 * fp32.
 */
typedef struct {
    const shy_context *context;
    int count, rough;
    int *element; /* [count] number in the plan */
    uint8_t *complexity;
    int32_t *u, *v;                      /* columns in memory */
    float *relative, *absolute, *growth; /* shy_rough_error */
    float *reference;
    double *first, *second, *response; /* one array, as the next: of (3 + directions)·rough */
    double *along;                     /* [rough × directions] in a metric */
    double *mark;
    bool marked; /* `mark` is that of these elements and of the engine's marks in `marks` */
    double marks[SHY_COMPLEXITY_MAX + 1];
    uint8_t *verdict;              /* shy_rough_verdict */
    int *possible, possible_count; /* numbers of those that are not below the mark */
    int groups;
    shy_element_group *group;
} shy_element_list;

struct shy_element_work {
    shy_element_list list;
    uint8_t *valid;                          /* [elements of the plan] */
    uint8_t *root_valid, *root_valid_before; /* [roots that may not be valid]: for this tuple, for the one before */
    uint8_t *needed;                         /* [places]: an element of the list uses it */
    uint8_t *needed_always;                  /* [places]: one that is always valid does so itself */
    uint8_t *wanted;                         /* [places]: likewise, of those that are looked at again */
    uint8_t *made;                           /* [kept]: its values are those of `tuple`, all samples of it */
    shy_tuple tuple;
    uint8_t *beyond; /* [places]: values that fp32 does not hold */
    bool any_beyond;
    double *again_wide; /* columns in fp64 when elements are looked at again: as `wide`, which stays as it is */
    double *wide;       /* columns of SHY_ROUGH_STRIDE: kept places, then spots */
    float *narrow;
    float *y;                      /* [SHY_ROUGH_STRIDE] response of the chunk */
    double *sums;                  /* what list.first points into */
    int *wanted_element;           /* [elements] numbers in the list */
    double *again;                 /* per element, references and sums in fp64: 1 + 3 + the directions of the space */
    /* In a metric, for each chunk of my samples: y, w, and w·q_k for `directions`, which are filled up (expr.h). */
    float *metric;
    int directions;
    int elements, places, columns; /* room */
    shy_element_counts counts;
};

/* Samples of one tuple: `rows` values of each factor, then those of the reference sample up to `places` (expr.h). */
typedef struct {
    int rows, places;
    const double *factor[SHY_FACTORS_MAX];
    double sample[SHY_FACTORS_MAX];
    const double *response;
    const double *weight; /* NULL: all 1 */
    int row;              /* the first; −1: none */
    const float *metric;  /* the chunk's part of work->metric; NULL: no metric */
} shy_element_chunk;

/* Makes the list that of the tuple. */
void shy_element_list_set(shy_engine *engine, const shy_context *context, const shy_tuple *tuple);

/* References of the elements, from the reference sample. */
void shy_element_chunk_references(struct shy_element_work *work, const shy_element_chunk *chunk);
/*
 * Adds the chunk to the sums of all elements; `references`: after setting these. Kept places that are `made` already
 * are not computed.
 */
void shy_element_chunk_sum(struct shy_element_work *work, const shy_element_chunk *chunk, bool references);
/* With an operand those below it are needed. */
void shy_element_need_operands(const struct shy_element_plan *plan, uint8_t *needed);
/*
 * Kept places that are wanted, in fp64 by the definitions; then the values of the list's k-th element, valid until the
 * next call.
 */
void shy_element_chunk_values(struct shy_element_work *work, const shy_element_chunk *chunk);
const double *shy_element_chunk_column(struct shy_element_work *work, const shy_element_chunk *chunk, int k);

/* Samples of a chunk, but for the last, of my `rows`. */
int shy_element_chunk_rows(int rows);
/* Samples row … of the tuple as a chunk; row −1: none, the reference sample alone. Returns the row after it. */
int shy_element_chunk_at(const shy_engine *engine, const shy_tuple *tuple, const double *const *column, int row,
                         shy_element_chunk *chunk_out);

/*
 * Sums the possible elements again in fp64, and leaves out those that are below the mark or constant. Collective over
 * the group.
 */
shy_status shy_element_again(shy_engine *engine, const shy_tuple *tuple, const double *const *column);

#endif

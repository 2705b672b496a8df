/* Element work: what its files share. */
#ifndef SHY_ELEMENT_IMPL_H
#define SHY_ELEMENT_IMPL_H

#include "element_plan.h"

/* Rows of a segment that lie side by side in a chunk, and behind them padding up to a multiple of SHY_ROUGH_PAD places (expr.h). */
typedef struct {
    int segment;
    int row, rows;     /* as the layout counts them */
    int begin, places; /* in the chunk */
} shy_element_piece;

/* My rows in chunks, and in fp32 what formulas are compared with. The same for all tuples. */
typedef struct {
    int chunks, pieces;
    shy_element_piece *piece;
    int *first;           /* [chunks + 1] piece of a chunk */
    const int *order;     /* of the layout; NULL */
    const double *weight; /* of the view, in the problem's order; NULL */
    /*
     * For each chunk y; where there are weights, directions or responses of views beside y, also w, and columns that are filled up (expr.h):
     * w·q_k, then these responses. 0 in the padding.
     */
    int width, columns, directions;
    float *packed;
} shy_element_rows;

/* What a view sees of the sums (shy_rough_sums). */
typedef struct {
    int left_out;
    int column;          /* its response is among the columns */
    double level, scale; /* else it is that of y */
    double samples, padding;
} shy_element_view;

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
    double *first, *second, *response; /* of the first segment; those of the next one `stride` behind */
    ptrdiff_t stride;
    double *along;                     /* [rough × columns] */
    double *mark;                      /* for each view that is judged by itself, [count] */
    bool marked; /* `mark` is that of these elements and of the engine's marks in work->marks */
    uint8_t *verdict;              /* shy_rough_verdict; of several views their bits united */
    int *possible, possible_count; /* numbers of those that are not below the mark of each view */
    int groups;
    shy_element_group *group;
} shy_element_list;

struct shy_element_work {
    shy_element_list list;
    shy_element_rows rows;
    int views;
    shy_element_view *view;                  /* [views] */
    int together;                            /* the last views: their responses are the last columns, and they see all samples */
    double *marks;                           /* [views × (levels + 1)] those that the list is marked with */
    double *marks_together;                  /* [(levels + 1) × together] likewise, as shy_rough_marks has them */
    uint8_t *seen;                           /* [possible × views] verdicts on the possible elements */
    double *statistic;                       /* likewise, after a second look; 2: not known */
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
    double *sums;                  /* what list.first points into */
    int *wanted_element;           /* [elements] numbers in list.possible */
    double *again;                 /* per element, references and sums in fp64: shy_element_again_width */
    int elements, places, columns; /* room */
    shy_element_counts counts;
};

/* Samples of one tuple: pieces of my rows of each factor, padded with the reference sample (expr.h). */
typedef struct {
    int pieces, places;
    const shy_element_piece *piece; /* none: the reference sample alone */
    const double *factor[SHY_FACTORS_MAX]; /* all my rows */
    double sample[SHY_FACTORS_MAX];
    const float *packed;
} shy_element_chunk;

shy_status shy_element_rows_create(const shy_engine *engine, struct shy_element_work *work); /* `rows`, and the views */
void shy_element_rows_free(shy_element_rows *rows);

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

/* A chunk of the tuple's samples, of work->rows; −1: the reference sample alone. */
void shy_element_chunk_at(const shy_engine *engine, const shy_tuple *tuple, const double *const *column, int number,
                          shy_element_chunk *chunk_out);

#define SHY_ELEMENT_SLACK 1e-7 /* between the statistic of operands computed here (fp64, vectorised log and exp) and the exact one */
/* What an element has to reach in a view, by the marks that the list is marked with. */
static inline double shy_element_mark(const shy_engine *engine, int v, int complexity)
{
    return engine->elements->marks[v * (engine->space->grammar.max_complexity + 1) + complexity] - SHY_ELEMENT_SLACK;
}

/*
 * Verdicts on the whole list, then on its possible elements for each view: list.possible and work->seen. Members of a group must go on with the
 * same formulas: the verdicts of the first one count. Collective over the group.
 */
shy_status shy_element_judge(shy_engine *engine);
/* Is the list's k-th element, possible in view v when the list was judged, still possible? The marks may have risen since. One view. */
bool shy_element_still_possible(shy_engine *engine, int k);

int shy_element_again_width(const struct shy_element_work *work, int segments); /* numbers of an element */
/*
 * Sums the possible elements again in fp64, and leaves out those that are below the mark or constant, for each view. Collective over
 * the group.
 */
shy_status shy_element_again(shy_engine *engine, const shy_tuple *tuple, const double *const *column);

#endif

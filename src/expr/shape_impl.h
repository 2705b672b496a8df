/* What the files of the shape table share: the points, the fingerprints and the table itself. */
#ifndef SHY_SHAPE_IMPL_H
#define SHY_SHAPE_IMPL_H

#include "shihyo/expr.h"

#define SHY_POINTS 60 /* one bit of a validity word each */
#define SHY_ALL_POINTS ((UINT64_C(1) << SHY_POINTS) - 1U)
#define SHY_FAR_POINTS 240 /* for functions with branches, which may coincide on one side of them */
#define SHY_SLOTS_MAX 8
#define SHY_PRINTS 3
#define SHY_BASIS_COLUMNS 3

/* Values of a function of the slots at the points; bit p of `valid` says whether point p lies in its domain. */
typedef struct {
    double at[SHY_POINTS];
    uint64_t valid;
} shy_values;

/* What stays the same under an affine map (or a change of basis); equal functions have equal prints up to rounding. */
typedef struct {
    double g[SHY_PRINTS];
    uint64_t valid;
} shy_print;

/* Chained hash of prints; an item is a number, its print is kept here. */
typedef struct {
    shy_print *print;
    int32_t *next;
    int32_t *bucket;
    uint32_t buckets; /* a power of two */
    int count, capacity;
} shy_print_table;

/* One of the equally simple spellings of a function: an operator or family over operands. */
typedef struct {
    int32_t next, left, right;
    uint8_t family, op, mask;
} shy_spelling;

/* Those of each operand, or each root, in the order in which they were met. */
typedef struct {
    int items, count, capacity;
    int32_t *first, *last; /* [items] */
    shy_spelling *spelling;
} shy_spellings;

struct shy_shapes {
    shy_grammar grammar;
    int slots, nonnegative;
    uint32_t barred[SHY_SLOTS_MAX]; /* bit op: not directly on this slot */
    bool noted;                     /* the next three are kept */
    shy_spellings of_operands, of_roots;
    int32_t *opposite;              /* [operands_capacity]: the earlier operand with the negative values, −1 */
    const shy_shapes *open;         /* whose values and tables these are, if they are not its own */
    char *packed;                   /* where all arrays are, if the table came in one piece; then nothing can be added */
    double point[SHY_SLOTS_MAX][SHY_POINTS];
    double far[SHY_SLOTS_MAX][SHY_FAR_POINTS];
    double probe[SHY_PRINTS][SHY_POINTS];  /* directions on which standardised columns are projected */
    double target[SHY_PRINTS][SHY_POINTS]; /* stand-ins for the outcome, projected on the span of a family */

    shy_shape *operand;
    shy_values *value; /* of the operands */
    int operands, operands_capacity;
    int operand_first[SHY_GRAMMAR_MAX + 2];
    shy_print_table operand_table;

    shy_root *root;
    int roots, roots_capacity;
    int root_first[SHY_GRAMMAR_MAX + 2];
    shy_print_table root_table; /* plain forms and families; families carry a marked validity word */
};

void shy_points_fill(shy_shapes *shapes);
void shy_values_apply(shy_op op, const shy_values *u, const shy_values *v, shy_values *out);
void shy_values_of_tree(const shy_shapes *shapes, const shy_tree *tree, shy_values *out);
/* False for functions that are constant, or defined at fewer than eight points. */
bool shy_print_plain(const shy_shapes *shapes, const shy_values *values, shy_print *print_out);
/* False where the span has fewer dimensions than terms. */
bool shy_print_family(const shy_shapes *shapes, shy_family family, const shy_values *u, const shy_values *v, shy_print *print_out);
bool shy_values_equal(const shy_values *a, const shy_values *b, double sign); /* a = sign·b */
bool shy_values_affine(const shy_values *a, const shy_values *b);

shy_status shy_print_table_add(shy_print_table *table, const shy_print *print);
/* The items whose print equals `print`: call with *cursor = −1 first; −1 at the end. */
int shy_print_table_next(const shy_print_table *table, const shy_print *print, int64_t *cursor);
void shy_print_table_free(shy_print_table *table);

/* Does a formula not depend on one of its slots, as a − b − a? Then it belongs to fewer slots. */
bool shy_root_idle(const shy_shapes *shapes, const shy_root *root);

/* Forbidden by the grammar or barred on the slot, here or further down; right −1: unary. */
bool shy_nesting_forbidden(const shy_shapes *shapes, shy_op op, int left, int right);
/* The slow way to a table that shy_shapes_bar draws. */
shy_status shy_shapes_create_barred(const shy_grammar *grammar, int slots, int nonnegative, const uint32_t *barred, bool noted, shy_shapes **shapes_out);

/* spellings.c */
shy_status shy_spelling_note(shy_spellings *spellings, int item, const shy_spelling *spelling, bool beside);
void shy_spellings_free(shy_spellings *spellings);

/* Nestings of the family's own nodes and of those with its operands. */
bool shy_family_forbidden(const shy_grammar *grammar, shy_family family, shy_op left, shy_op right);

/* Values of the plain form of a root, from those of its operands. */
void shy_root_values(const shy_shapes *shapes, const shy_root *root, shy_values *out);
/* The operands of a formula as trees; right.count 0: a plain form, all of it in left. */
typedef struct {
    shy_family family;
    shy_tree left, right;
} shy_form;

/* A canonical formula with the given print (and values, if plain), −1 if there is none. `form` is looked at where branches call for it. */
int shy_root_match(const shy_shapes *shapes, const shy_form *form, const shy_print *print, const shy_values *values);

/* ---- branches.c: a second look at far points, for formulas with max, min or abs -------------------------------------- */

void shy_far_fill(shy_shapes *shapes);
bool shy_tree_branches(const shy_tree *tree);
void shy_form_of_root(const shy_shapes *shapes, const shy_root *root, shy_form *form_out);
bool shy_far_equal(const shy_shapes *shapes, const shy_tree *a, const shy_tree *b, double sign); /* a = sign·b */
bool shy_far_depends(const shy_shapes *shapes, const shy_tree *tree, int slot);
bool shy_far_same(const shy_shapes *shapes, const shy_form *a, const shy_form *b);               /* affine images, or the same span */

#endif

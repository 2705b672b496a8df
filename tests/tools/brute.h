/*
 * brute: the shared declarations of the brute-force check.
 *
 * The check searches the space of doc/grammar.md a second time, written from that page alone and as plainly as
 * possible: every tree is built, evaluated on every row and fitted; which trees are the same formula is found by
 * comparing columns, never by algebra. It shares no code with the program that it checks.
 */
#ifndef BRUTE_H
#define BRUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef long double wide; /* the precision that decides where fp64 is in doubt */

/* ---- operators, in the order of doc/grammar.md; families are roots only ----------------------------------------- */

enum {
    OP_FACTOR,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MAX,
    OP_MIN,
    OP_HYPOT,
    OP_RELDIFF,
    OP_LOG,
    OP_SQRT,
    OP_SQUARE,
    OP_INVERSE,
    OP_ABS,
    OP_EXP,
    OPS,
    FAMILY_SUM = OPS,    /* u + c * v */
    FAMILY_RECIPROCAL,   /* u + c / v */
    FAMILY_PRODUCT,      /* (u + c) * v */
    FAMILY_RATIO,        /* (u + c) / v */
    FAMILY_INTERACTION,  /* (u + a) * (v + b) */
    ROOTS
};

#define COMPLEXITY_MAX 64
#define FACTORS_MAX 32
#define TEXT_MAX 1024
#define GROUPS_MAX 8

typedef struct {
    bool on[OPS];
    int weight[OPS];
    int constant_weight;
    int max_complexity, max_operand, max_factors, max_constants;
    bool forbidden[OPS][OPS]; /* [outer][inner] */
    /* rules for single factors */
    uint32_t barred[FACTORS_MAX]; /* bit op: may not stand directly on the factor */
    int groups;
    uint32_t group[GROUPS_MAX]; /* the factors of each */
    int least[GROUPS_MAX], most[GROUPS_MAX];
    bool directed;
    int direction[FACTORS_MAX]; /* the prediction must not fall (1) or not rise (-1) with the factor; 0 */
} grammar;

int op_find(const char *name);   /* -1 if there is none; "factor" is OP_FACTOR */
int op_arity(int op);            /* of roots: families have 2 */
wide op_apply(int op, wide u, wide v);
/** Range of op over two intervals; false where the operator is not defined on all of it or leaves ±1e150. */
bool op_range(int op, const double u[2], const double v[2], double out[2]);
int family_constants(int root);
/** Complexity of a root above that of its operands, -1 where the grammar does not have it. */
int root_cost(const grammar *g, int root);

/* ---- the table ------------------------------------------------------------------------------------------------- */

typedef struct {
    int n, p;
    char *name[FACTORS_MAX];
    double *x[FACTORS_MAX];
    double range[FACTORS_MAX][2];
    double *y; /* centred */
    double syy;
} table;

/* ---- trees ----------------------------------------------------------------------------------------------------- */

/** A root over two operands by number; of OP_FACTOR, left is the factor. right is -1 for unary roots. */
typedef struct {
    int32_t left, right;
    uint8_t root;
} tree;

typedef struct {
    tree t;
    uint8_t complexity;
    bool valid;       /* domain and forbidden nestings, node by node */
    uint16_t length;  /* characters of its text */
    uint32_t mask;    /* factors in it */
    double range[2];  /* if valid */
    double square;    /* sum of squares of its column */
    double value;     /* of a flat one */
    bool idle;        /* it or an operand in it does not depend on one of its factors, as x - y - x */
    bool flat;        /* a constant on the data but for rounding, as x1 / x1: its column is that constant exactly */
} operand;

/** All operands below the highest complexity, with the columns of those that can stand under a binary operator. */
typedef struct {
    grammar g;
    table d;
    operand *operands;
    int first[COMPLEXITY_MAX + 2]; /* operands of complexity c are first[c] … first[c + 1] - 1 */
    double *column[COMPLEXITY_MAX + 1];
    int cached;                    /* columns are kept up to this complexity */
} space;

typedef void (*tree_visitor)(void *context, tree t, const double *u, const double *v);

void space_build(space *s);
void space_free(space *s);
/** Calls visit for every tree of complexity c, operands and families; u and v are the columns of its two sides. */
void space_visit(const space *s, int c, bool families, tree_visitor visit, void *context);
const double *space_column(const space *s, int index, double *buffer);
void space_column_wide(const space *s, int index, wide *out);
bool tree_valid(const space *s, tree t);
uint32_t tree_mask(const space *s, tree t);
/** Whether the tree or an operand in it contains a factor on which its value does not depend (x - y - x). */
bool tree_idle(const space *s, tree t);
int tree_length(const space *s, tree t);
void tree_text(const space *s, tree t, char text[TEXT_MAX]);

#define NOT_FINITE (-2)

/* ---- fits ------------------------------------------------------------------------------------------------------ */

/**
 * r² of the outcome with the root's basis, exact least squares; negative for a constant, NOT_FINITE where a value
 * is not finite. fitted, if not NULL, is the centred fitted column.
 */
double fit_tree(const space *s, tree t, const double *u, const double *v, double *fitted);
wide fit_tree_wide(const space *s, tree t, double *fitted);
/** Whether the tree is a constant on the data but for rounding; z is its column. */
bool fit_is_flat(const space *s, tree t, const double *z, double *value);
/** The same for one column. */
double fit_column_wide(const table *d, const wide *z, double *fitted);
/** Largest difference of two fitted columns relative to the largest value. */
double fitted_distance(int n, const double *f, const double *g);
double fit_any(const space *s, tree t, double *fitted); /* fit_tree with the columns looked up */
void op_apply_rows(int op, int n, const double *u, const double *v, double *z);

/** The basis columns of a family at one row; how many there are. A plain tree has one, its value. */
int family_basis(int root, wide u, wide v, wide z[3]);
int root_terms(int root);

/* ---- for all values of the factors ------------------------------------------------------------------------------- */

/** Those of the factors in a tree on which its value depends. */
uint32_t general_factors(const space *s, tree t);
/** The value of an operand's tree where the factors are x. */
wide general_value(const space *s, tree t, const wide *x);
/** Whether b is defined wherever a is and spans the same functions there, or more. */
bool general_same(const space *s, tree a, tree b);

/** Whether the prediction moves with each factor in the tree as its direction says, seen on a grid over the ranges. */
bool direction_holds(const space *s, tree t);

/* ---- the best, the counts, the comparison ---------------------------------------------------------------------- */

typedef struct {
    double r2;
    tree t;
} entry;

typedef struct {
    double r2;
    tree t;          /* the simplest member known */
    int length;
    bool valid;      /* whether the simplest member is */
    bool open;       /* the rule leaves open whether this is a formula, see doc/grammar.md and brute_best.c */
    bool idle;       /* all members so far contain factors on which they do not depend */
    double *fitted;
} group;

typedef struct {
    const space *s;
    int keep;
    entry *entries[COMPLEXITY_MAX + 1]; /* every finite tree of a complexity below the highest, by r² */
    int64_t entries_count[COMPLEXITY_MAX + 1];
    group *groups[COMPLEXITY_MAX + 1];  /* the best, best first, `keep` of them and a reserve */
    int groups_count[COMPLEXITY_MAX + 1];
    bool truncated[COMPLEXITY_MAX + 1]; /* there are more than the reserve holds */
    int hidden;                         /* groups left out because the simplest member is not valid and another is */
} best;

void best_find(const space *s, int keep, best *b);
void best_free(best *b);
/** The complexity below `below` at which a fitted column occurs, 0 if none; *t_out is a member there. */
int best_lookup(const best *b, int below, double r2, const double *fitted, double tolerance, tree *t_out);
/** Exact numbers of different formulas for each complexity, at points inside the factors' ranges. */
bool count_formulas(space *s, uint64_t seed, int64_t count[COMPLEXITY_MAX + 1]);
/** Holds the lists against those of a front.json; prints what differs. The number of differences, -1 if unreadable. */
int compare_lists(const best *b, const char *path);

void *get_memory(size_t count, size_t size); /* zeroed; ends the program when there is none */

#endif

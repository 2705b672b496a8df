/**
 * expr: formulas. Operators, trees, text, units, domains, the grammar and its canonical shapes, evaluation on rows.
 *
 * Floor 2. Knows no MPI and no file. Everything here is a pure function of its arguments.
 */
#ifndef SHIHYO_EXPR_H
#define SHIHYO_EXPR_H

#include "shihyo/base.h"

/* ---- operators: one row of a table each ------------------------------------------------------------------------ */

typedef enum {
    SHY_OP_FACTOR,
    SHY_OP_CONSTANT,
    SHY_OP_ADD,
    SHY_OP_SUBTRACT,
    SHY_OP_MULTIPLY,
    SHY_OP_DIVIDE,
    SHY_OP_MAX,
    SHY_OP_MIN,
    SHY_OP_HYPOT,   /* sqrt(u² + v²) */
    SHY_OP_RELDIFF, /* (u − v)/(u + v) */
    SHY_OP_LOG,
    SHY_OP_SQRT,
    SHY_OP_SQUARE,
    SHY_OP_INVERSE,
    SHY_OP_ABS,
    SHY_OP_EXP,
    SHY_OPS
} shy_op;

typedef struct {
    double lo, hi;
} shy_interval;

typedef struct {
    const char *name;   /* in configurations and text: "+", "log", "max" */
    int arity;          /* 0, 1, 2 */
    bool infix;
    int precedence;     /* of infix operators: + − 1, * / 2; functions and leaves 9 */
    bool commutative;
    const char *help;   /* one line */
} shy_operator;

const shy_operator *shy_operator_get(shy_op op);
bool shy_operator_find(const char *name, shy_op *op_out); /* +, -, *, /, max, … not factor or constant */
double shy_operator_apply(shy_op op, double u, double v); /* the definition, fp64; unary operators ignore v */
/** out[i] = op(u[i], v[i]); the same values bit for bit as shy_operator_apply. v ignored for unary operators. No overlap. */
void shy_operator_apply_rows(shy_op op, int rows, const double *u, const double *v, double *out);
/**
 * The same for screening: log and exp vectorised, within 4 units in the last place; the other operators bit for bit as above.
 * What is found with it is scored again with the definition.
 */
void shy_operator_screen_rows(shy_op op, int rows, const double *u, const double *v, double *out);
/**
 * Range of op over operands in [u.lo, u.hi], [v.lo, v.hi] (interval arithmetic). False where the operator is not defined on
 * the whole range: log needs lo > 0, sqrt lo >= 0, inverse and / need a divisor range without 0, reldiff a sum without 0,
 * exp hi <= 50; or where the result is not within ±1e150.
 */
bool shy_operator_range(shy_op op, shy_interval u, shy_interval v, shy_interval *out);
/**
 * The same of many: range[out[k]] and defined[out[k]] from operands u[k] and v[k] (unary: v[k] = u[k]), which are defined themselves or make
 * the result undefined; or, of those that are not needed further, only defined_out[k]. No out[k] is among the operands.
 */
typedef struct {
    int count;
    const int32_t *u, *v, *out;
} shy_range_list;
void shy_operator_range_each(shy_op op, const shy_range_list *list, shy_interval *range, uint8_t *defined);
void shy_operator_defined_each(shy_op op, const shy_range_list *list, const shy_interval *range, const uint8_t *defined, uint8_t *defined_out);

/* ---- many formulas at once, in fp32 with a certified bound --------------------------------------------------------- */

/*
 * Rough work screens formulas z = op(u, v): Σ(z − r), Σ(z − r)² and Σ(z − r)·y over the samples in fp32, without storing z, and from
 * these an upper bound of r² that holds for the exact values (the derivation is in src/expr/rough.c). A column is SHY_ROUGH_STRIDE floats:
 * up to SHY_ROUGH_ROWS samples of a chunk, then the values of the reference sample up to a multiple of SHY_ROUGH_PAD, at least one.
 * Errors are counted in units of SHY_ROUGH_EPSILON relative to the value.
 */
#define SHY_ROUGH_STRIDE 256
#define SHY_ROUGH_PAD 16
#define SHY_ROUGH_ROWS (SHY_ROUGH_STRIDE - 1)
#define SHY_ROUGH_EPSILON 6e-8 /* a little more than 2^-24, for the terms of higher order */

/**
 * Error of op(u, v) computed in fp32 from operands with errors u_error and v_error: `error_out`, relative to the value. False where there is
 * none: differences cancel, logarithms pass through 0. `alike`: the operands' signs are nowhere opposite.
 */
bool shy_rough_operand(shy_op op, bool alike, double u_error, double v_error, double *error_out);
/** The same of a root: |computed − exact| <= ((relative + growth·max(1, largest |exact| of all samples))·|exact| + absolute)·SHY_ROUGH_EPSILON. */
typedef struct {
    float relative, absolute, growth;
} shy_rough_error;
bool shy_rough_root(shy_op op, bool alike, double u_error, double v_error, shy_rough_error *error_out);

/**
 * out := op(u, v), computed in fp64 and rounded once, or in fp32, for `rows` places (a multiple of SHY_ROUGH_PAD). False if a result is not 0 and
 * not within 2^-60 … 2^66: what is computed from it may then under- or overflow, and no bound holds.
 */
bool shy_rough_narrow(shy_op op, int rows, const double *u, const double *v, float *out);
bool shy_rough_rows(shy_op op, int rows, const float *u, const float *v, float *out);

/** Formulas op(u[k], v[k]), k = 0 … count − 1, over one chunk. Unary operators take u; v is read and ignored. */
typedef struct {
    int rows;                            /* places of the chunk, the padding included: a multiple of SHY_ROUGH_PAD */
    int count;
    const float *column;                 /* operand p at column + p·SHY_ROUGH_STRIDE */
    const float *y;                      /* the response, 0 in the padding */
    const int32_t *u, *v;                /* [count] operands */
    float *reference;                    /* [count] r */
    double *first, *second, *response;   /* [count] Σ(z − r), Σ(z − r)², Σ(z − r)·y: added to */
    /* In a metric or with further columns, else NULL and 0: w, and columns c_k at beside + k·SHY_ROUGH_STRIDE, both 0 in the padding. */
    const float *weight;                 /* then `first` and `second` are Σ w(z − r), Σ w(z − r)² */
    int columns;                         /* w·q_k of directions, and further responses; a multiple of SHY_ROUGH_COLUMNS; what fills it up is 0 */
    const float *beside;
    double *along;                       /* [count × columns] Σ c_k·(z − r): added to */
} shy_rough_batch;
#define SHY_ROUGH_COLUMNS 4
#define SHY_ROUGH_DIRECTIONS_MOST 256

void shy_rough_references(shy_op op, const shy_rough_batch *batch); /* r := op at the chunk's last place, the reference sample */
void shy_rough_add(shy_op op, const shy_rough_batch *batch);        /* 3·count·rows additions and operators; cannot fail */

/**
 * What is known of `count` formulas over all samples; or over those of all segments but one, of which there are `segments`. Places of a
 * chunk belong to one segment, and are added to its sums.
 */
typedef struct {
    int count;
    double samples;                          /* n, of all row blocks; of the segments that take part, as the next */
    double padding;                          /* places of padding in all chunks of all row blocks */
    const float *reference;
    const double *first, *second, *response; /* with Σy = 0, Σy² = n; Σy²/w = n in a metric, w having a sum of n */
    int segments;                            /* 0, 1: all samples are one; else not in a metric */
    ptrdiff_t stride;                        /* sums of segment s at first + s·stride, likewise second and response */
    int left_out;                            /* the segment that takes no part; −1 */
    double level, scale;                     /* (y − level)/scale is the response over the samples that take part, and has Σ = 0, Σ² = n; scale 0: y */
    bool weighted;                           /* in a metric, or with further columns: made of a batch with weights */
    int columns;                             /* of `along` */
    int directions;                          /* the first ones; orthonormal and orthogonal to y */
    int column;                              /* the response is that of this column, counted from 1; 0: y */
    const double *along;                     /* [count × columns] */
    const float *relative, *absolute, *growth; /* of shy_rough_root */
    const double *mark;                      /* [count] */
} shy_rough_sums;

typedef enum {
    SHY_ROUGH_BELOW,     /* r² is certainly below the mark */
    SHY_ROUGH_POSSIBLE,
    SHY_ROUGH_UNCERTAIN  /* fp32 cannot tell: next to no variance beside the mean, or values beyond its range */
} shy_rough_verdict;

/** verdict[k] for each formula. About 2 ns per formula. */
void shy_rough_judge(const shy_rough_sums *sums, uint8_t *verdict);

/** Of responses that are the columns from sums->column on: the b-th has to reach mark[row[k]·responses + b] with formula k. */
typedef struct {
    int responses;
    const double *mark;
    const uint8_t *row; /* [count] */
} shy_rough_marks;
/** The largest verdict on each formula, of all these responses; sums->mark is not read. About 2 ns, and 0.2 ns per response. */
void shy_rough_judge_columns(const shy_rough_sums *sums, const shy_rough_marks *marks, uint8_t *verdict);

/* ---- trees ----------------------------------------------------------------------------------------------------- */

#define SHY_TREE_MAX 96     /* nodes of a tree: a sum of several formulas has room */
#define SHY_GRAMMAR_MAX 48  /* highest complexity that a grammar may have */

typedef struct {
    uint8_t op;           /* shy_op */
    uint8_t left, right;  /* indices of earlier nodes; left is the argument of a unary operator */
    bool held;            /* SHY_OP_CONSTANT: a number that fitting and rounding leave as it is */
    uint32_t factor;      /* SHY_OP_FACTOR: number of the factor in the caller's list */
    double value;         /* SHY_OP_CONSTANT */
} shy_node;

/** A formula in postfix order: operands before operators, the root last. A value type: copy freely. */
typedef struct {
    int count;
    shy_node node[SHY_TREE_MAX];
} shy_tree;

int shy_tree_leaf(shy_tree *tree, uint32_t factor);               /* appends a node, returns its index; asserts on overflow */
int shy_tree_constant(shy_tree *tree, double value);
int shy_tree_unary(shy_tree *tree, shy_op op, int argument);
int shy_tree_binary(shy_tree *tree, shy_op op, int left, int right);
int shy_tree_append(shy_tree *tree, const shy_tree *other);       /* copies all nodes of other, returns the index of its root */
double shy_tree_evaluate(const shy_tree *tree, const double *factors); /* factors[f] of one patient */
/** Range of the formula over a box of factors, by interval arithmetic. False where it is not defined on the whole box. */
bool shy_tree_range(const shy_tree *tree, const shy_interval *factor, shy_interval *out);
/**
 * Is it certain that the value nowhere falls (rising), or nowhere rises (not rising), with one factor while the others keep their values, within the
 * box of ranges? Decided by interval arithmetic on the derivative, on ever smaller parts of the box up to some hundreds: a tree of which it
 * cannot be shown that way is refused. About 1 µs where the first look decides. range[f] of the tree's factors, at most SHY_MONOTONE_FACTORS.
 */
#define SHY_MONOTONE_FACTORS 16
bool shy_tree_monotone(const shy_tree *tree, const shy_interval *range, uint32_t factor, bool rising);
/** out[i] for rows rows; column[f] points at the values of factor f. scratch: count·rows doubles at least. */
void shy_tree_evaluate_rows(const shy_tree *tree, int rows, const double *const *column, double *scratch, double *out);

int shy_tree_constants(const shy_tree *tree, int *node_out); /* their nodes, in order, room for SHY_TREE_MAX; returns how many */
/**
 * The same with the derivatives by the constants: gradient[k][i] = ∂out_i/∂(the k-th constant). Cost: about three evaluations, however many
 * constants there are. Where an operator has no derivative: max and min take that of the second operand if both are equal; abs and hypot have
 * 0 at 0, and so has sqrt, so that √(c·x) has the right one at x = 0. scratch: 2·count·rows doubles. `out` must not be among the columns.
 */
void shy_tree_gradient_rows(const shy_tree *tree, int rows, const double *const *column, double *scratch, double *out,
                            double *const *gradient);

/* ---- text ------------------------------------------------------------------------------------------------------ */

/**
 * The formula as text with the fewest parentheses: `weight / square(height)`, `(140 - age) * weight / scr`.
 * Names that are not plain words ([A-Za-z_][A-Za-z0-9_.]*) or collide with an operator are written in backquotes.
 * digits: significant digits of constants, 0 = shortest text that reads back exactly. Owned text.
 */
shy_status shy_tree_print(const shy_tree *tree, const char *const *names, int digits, char **text_out);
/** Reads what shy_tree_print writes (and any nesting of the operators, numbers, unary minus). Errors name position and word. */
shy_status shy_tree_parse(const char *text, const char *const *names, uint32_t names_count, shy_tree *tree_out);
/**
 * The same of a formula in which some constants are not known yet: `?`, and c, c1 … c9, a, b where no name is spelled so, each once. They get the
 * value 1; numbers are `held`.
 */
shy_status shy_tree_parse_template(const char *text, const char *const *names, uint32_t names_count, shy_tree *tree_out);

/* ---- units ----------------------------------------------------------------------------------------------------- */

typedef enum { SHY_UNITS_OFF, SHY_UNITS_CLINICAL, SHY_UNITS_STRICT } shy_units_mode;
typedef struct shy_units shy_units; /* interned units; a unit is a small number */
typedef int32_t shy_unit;
#define SHY_UNIT_UNKNOWN 0       /* no unit given: compatible with everything; any result of it is unknown */
#define SHY_UNIT_DIMENSIONLESS 1
#define SHY_UNIT_INVALID (-1)

shy_status shy_units_create(shy_units **units_out);
void shy_units_destroy(shy_units **units);
/**
 * "" → unknown; "1", "%", "ratio", "score" → dimensionless; else products of base units with exponents: "kg/m2", "kg/m^2",
 * "mg/dL", "10^9/L", "mL/min/1.73m2", "uU/mL", "mm[Hg]". Each spelling of a base unit is a dimension of its own (cm is not m:
 * their sum would not be meant). Powers of ten and numbers scale and are kept as a dimension of their own spelling. "/" divides
 * by what follows up to the next "/", "*", "." or "·"; exponents are multiples of 1/8; "µ" is "u". SHY_INPUT names the position.
 */
shy_status shy_unit_parse(shy_units *units, const char *text, shy_unit *unit_out);
/** As first spelled, "kg/m2"; can be parsed back. NULL if memory ends (the message says so). Borrowed. */
const char *shy_unit_text(shy_units *units, shy_unit unit);
/** How many there are; and to forget those made since there were `count`: their numbers will be used again. */
int shy_units_count(const shy_units *units);
void shy_units_forget(shy_units *units, int count);
/**
 * Unit of op(u, v), or SHY_UNIT_INVALID. + − max min hypot need equal units (result the same); reldiff equal units, result
 * dimensionless; * / add or subtract exponents; sqrt, square, inverse scale them; abs keeps; log: strict needs dimensionless,
 * clinical takes any (result dimensionless); exp needs dimensionless in both. Unknown is compatible with everything.
 * Mode OFF: always SHY_UNIT_UNKNOWN. Results are interned; SHY_UNIT_INVALID also when memory ends or an exponent is no multiple
 * of 1/8.
 */
shy_unit shy_unit_apply(shy_units *units, shy_units_mode mode, shy_op op, shy_unit u, shy_unit v);
/**
 * The unit of a formula, node by node; factor[f] is that of factor f. A fitted constant carries whatever unit makes a sum valid, so a sum with
 * a constant in it has the unit of its other side; elsewhere what a constant touches has no known unit. SHY_UNIT_UNKNOWN where there is none.
 */
shy_unit shy_tree_unit(shy_units *units, shy_units_mode mode, const shy_tree *tree, const shy_unit *factor);
/** Has memory ended in shy_unit_apply (the message says so)? Then a unit that it called invalid may be a valid one. */
bool shy_units_starved(const shy_units *units);

/* ---- grammar: what may be built (doc/grammar.md) --------------------------------------------------------------- */

typedef struct {
    bool allowed[SHY_OPS];            /* operators in use; FACTOR is always allowed, CONSTANT if constants are fitted */
    int weight[SHY_OPS];              /* complexity of a node: >= 1; SHY_OP_FACTOR and SHY_OP_CONSTANT included */
    bool forbidden[SHY_OPS][SHY_OPS]; /* [outer][inner]: inner may not stand directly under outer */
    int max_complexity;
    int max_operand;                  /* highest complexity of an operand that stands under an operator or in a family; 0: no limit */
    int max_factors;                  /* distinct factors in a formula */
    int max_constants;                /* fitted constants in a formula: 0, 1 or 2 */
    shy_units_mode units;
} shy_grammar;

/** The defaults of doc/grammar.md: + - * / log sqrt square inverse, all weights 1, log(log) forbidden, complexity 7, 3 factors, 2 constants. */
void shy_grammar_default(shy_grammar *grammar);
/** "log(sqrt)" → forbidden[LOG][SQRT]; "*(log)" works too. SHY_INPUT naming the word otherwise. */
shy_status shy_grammar_forbid(shy_grammar *grammar, const char *pattern);

/* ---- shapes: the canonical forms of the grammar over k factors ------------------------------------------------- */

/**
 * A formula without its factors: trees over the slots 0 … k−1. All functions of k slots that the grammar can build are
 * enumerated once; those equal in value (as operands), equal up to an affine map (as formulas) or spanning the same space
 * (as fitted families) are one, represented by the simplest. Equality is decided by value at fixed pseudo-random points (doc/grammar.md,
 * DECISIONS.md): the identities of algebra need not be listed. The first `nonnegative` slots take values >= 0, the others any sign.
 */
typedef struct shy_shapes shy_shapes;

typedef enum {
    SHY_FAMILY_PLAIN,              /* a tree: op(left, right) */
    SHY_FAMILY_WEIGHTED,           /* left + c·right */
    SHY_FAMILY_WEIGHTED_INVERSE,   /* left + c/right */
    SHY_FAMILY_SHIFTED,            /* (left + c)·right */
    SHY_FAMILY_SHIFTED_RATIO,      /* (left + c)/right */
    SHY_FAMILY_INTERACTION,        /* (left + a)·(right + b) */
    SHY_FAMILIES
} shy_family;
#define SHY_FAMILY_TERMS 3
int shy_family_terms(shy_family family);     /* basis columns: 1, 2, 2, 2, 2, 3 */
int shy_family_constants(shy_family family); /* 0, 1, 1, 1, 1, 2 */
/** Complexity that the family adds to that of its two operands; 0 if the grammar does not allow it (PLAIN: 0). */
int shy_family_cost(const shy_grammar *grammar, shy_family family);

typedef struct {
    uint8_t op;           /* root operator; for leaves SHY_OP_FACTOR */
    uint8_t complexity;
    uint8_t mask;         /* slots used */
    uint8_t slot;         /* of a leaf */
    bool branches;        /* max, min or abs stands in it */
    bool negative;        /* the negative of an earlier operand: sums and products need only that one */
    bool forbidden;       /* a nesting in it is: no formula, but not to be spelled in another way either */
    uint8_t length;       /* characters of its text, for choosing the shortest */
    int32_t left, right;  /* operands; right −1 for unary */
} shy_shape;

typedef struct {
    uint8_t family;
    uint8_t op;           /* of PLAIN */
    uint8_t complexity;
    bool forbidden;       /* a nesting in it is */
    uint8_t length;
    int32_t left, right;  /* operands (indices of shapes); a leaf has left = its own shape, right = −1 */
} shy_root;

/** Cost: complexity 7, 3 slots, 8 operators: about 0.2 s. Fails with SHY_MEMORY; SHY_INPUT if the space of shapes exceeds 2^26. */
shy_status shy_shapes_create(const shy_grammar *grammar, int slots, int nonnegative, shy_shapes **shapes_out);
/** The same, and it notes what tables are drawn from where some operators may not stand directly on some slots. */
shy_status shy_shapes_create_open(const shy_grammar *grammar, int slots, int nonnegative, shy_shapes **open_out);
/** The table in which op on the slot itself is a forbidden nesting: bit op of barred[slot]. Some milliseconds. `open` has to outlive it. */
shy_status shy_shapes_bar(const shy_shapes *open, const uint32_t *barred, shy_shapes **shapes_out);
/**
 * A table as bytes, for another process of the same program, which unpacks the same table, bit for bit. Owned by the caller. Not for one that was drawn
 * from another. Some hundred times as fast as making it.
 */
shy_status shy_shapes_pack(const shy_shapes *shapes, char **bytes_out, uint64_t *count_out);
/** Takes the bytes over if it succeeds (*bytes becomes NULL): the table is in them. */
shy_status shy_shapes_unpack(char **bytes, shy_shapes **shapes_out);
void shy_shapes_destroy(shy_shapes **shapes);
/** Operands of all masks in order of complexity: operands of complexity c are [first[c], first[c+1]). Borrowed. */
const shy_shape *shy_shapes_operands(const shy_shapes *shapes, int *count_out, const int **first_out);
/** Canonical formulas that use all k slots, in order of complexity likewise, forbidden ones among them. Borrowed. */
const shy_root *shy_shapes_roots(const shy_shapes *shapes, int *count_out, const int **first_out);
/**
 * The canonical formula equal to a given one, −1 if there is none (constant, not in the grammar). `tree` is over slots, without
 * constants; for families left and right are the operands' trees (right NULL: PLAIN of `left` alone). About 3 µs. Thread-safe.
 */
int shy_shapes_find(const shy_shapes *shapes, shy_family family, const shy_tree *left, const shy_tree *right);
/** The simplest operand equal to 1/operand, forbidden or not; −1. */
int shy_shapes_inverse(const shy_shapes *shapes, int operand);
/** Its complexity; INT32_MAX if there is none, or a forbidden one. */
int shy_shapes_inverse_complexity(const shy_shapes *shapes, int operand);
/** Tree of an operand, with slot s standing for factor[s]. */
void shy_shapes_operand_tree(const shy_shapes *shapes, int operand, const uint32_t *factor, shy_tree *tree_out);

#endif

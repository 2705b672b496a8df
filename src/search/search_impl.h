/* What the files of the search share. */
#ifndef SHY_SEARCH_IMPL_H
#define SHY_SEARCH_IMPL_H

#include "shihyo/search.h"
#include "shihyo/tile.h"

#define SHY_FACTORS_MAX 8 /* distinct factors in a formula */

/* ---- view: what formulas are compared with --------------------------------------------------------------------- */

/* The metric of screening over my rows, normalised over the samples of a problem: see shy_metric, and metric.c. */
typedef struct {
    double *response;           /* y, Σ y²/w = n */
    double y_scale;             /* √(Σ y²/w / n) before scaling */
    double *weight, *root;      /* w, √w; NULL: all 1 */
    int directions;
    double **direction;         /* q_k */
    double *scaled_response, **scaled_direction; /* y/√w, √w·q_k; without weights the columns above */
    double *direction_values;   /* what these point into */
    bool borrows;               /* weights and directions are another view's */
} shy_view;

/* Copies and normalises. Directions that are combinations of others on these samples are left out. SHY_INPUT. Collective over the group. */
shy_status shy_view_set(const shy_problem *problem, const shy_metric *metric, shy_view *view);
/* Another response in the metric of `base`, whose weights and directions are borrowed: as shy_view_set with it. SHY_INPUT. Collective over the group. */
shy_status shy_view_respond(const shy_problem *problem, const shy_view *base, const double *response, shy_view *view);
void shy_view_free(shy_view *view);
shy_tile_metric shy_view_metric(const shy_view *view); /* as tiles take it; borrowed */

/* ---- space: the grammar over the factors of this problem -------------------------------------------------------- */

/* Distinct factors in ascending order; numbers are those of the space (sorted by kind), not of the problem. */
typedef struct {
    int count;
    uint32_t factor[SHY_FACTORS_MAX];
} shy_tuple;

typedef enum { SHY_NEVER, SHY_ALWAYS, SHY_DEPENDS } shy_validity; /* DEPENDS: on the ranges of the tuple's factors */

/* An order of operands in which each can be evaluated from earlier ones. */
typedef struct {
    int count;
    int *operand;      /* indices of shapes, ascending */
    int *left, *right; /* positions in this program; −1; in one piece of memory with `operand` */
} shy_program;

/*
 * What holds for all tuples whose factors are of the same kinds (unit, sign and rules): which shapes are valid. Contexts are made
 * once per combination of kinds that occurs and live as long as the space. They may be many: 40 units, three to a formula, make
 * 10,000, of some 20 KB each at complexity 7.
 */
typedef struct shy_context {
    int slots;
    int kind[SHY_FACTORS_MAX];
    const shy_shapes *shapes;
    const shy_shape *operand;
    const shy_root *root;
    int operands, roots;
    const int *operand_first, *root_first; /* by complexity */
    uint8_t *operand_packed, *root_packed; /* shy_validity, four to a byte: shy_context_operand_validity, …_root_validity */
    int *uncertain;                        /* roots that DEPEND */
    int uncertain_count;
    shy_program ranges;                    /* operands whose ranges decide what DEPENDS */
    int levels;                            /* of the next three: [complexity], 1 … levels */
    int **side, *side_count;               /* operands for tile panels: all slots used, valid */
    shy_program *side_program;
    struct shy_element_plan *elements;     /* roots that are no tile, and how they are summed (element_plan.h) */
    uint8_t *inverse_known;                /* [operands]: 1/u is an operand no more complex than u */
    struct shy_context *next;
} shy_context;

/* For all sets of factors of these kinds. */
static inline shy_validity shy_context_operand_validity(const shy_context *context, int operand)
{
    return (shy_validity)(context->operand_packed[operand / 4] >> operand % 4 * 2 & 3);
}

static inline shy_validity shy_context_root_validity(const shy_context *context, int root)
{
    return (shy_validity)(context->root_packed[root / 4] >> root % 4 * 2 & 3);
}

/* Shapes over slots of which the first `nonnegative` are that, with operators barred from single slots; made when first needed. */
typedef struct shy_table {
    int slots, nonnegative;
    uint32_t barred[SHY_FACTORS_MAX];
    shy_shapes *shapes;
    int32_t *inverse;       /* [operands]: 1/u, −1; NULL where the table is drawn from another */
    uint8_t *inverse_known; /* [operands]: 1/u is an operand no more complex than u */
    struct shy_table *next;
} shy_table;

typedef struct {
    const shy_problem *problem;
    shy_grammar grammar;
    int factors, nonnegative;   /* the first `nonnegative` factors have ranges >= 0 */
    int slots_max;              /* largest tuple */
    uint32_t *problem_factor;   /* [factors]: number in the problem */
    shy_interval *range;
    int *kind;                  /* [factors] */
    int kinds;
    uint32_t *kind_first;       /* [kinds + 1]: factors of a kind stand side by side */
    shy_unit *kind_unit;        /* [kinds], as the next five */
    uint8_t *kind_sign;
    shy_interval *kind_range;   /* holds the ranges of all factors of the kind */
    shy_interval *kind_core;    /* lies within each of them; lo > hi if there is no such range */
    uint32_t *kind_barred;      /* unary operators that may not stand on a factor of the kind */
    uint64_t *kind_members;     /* of shy_factor_rule */
    shy_units *units;
    shy_table *tables;
    bool bars;                  /* there are kinds with barred operators */
    shy_context **bucket;        /* [buckets], a power of two: contexts by kinds */
    uint32_t buckets, contexts;
    shy_interval *scratch_range; /* ranges of the operands of one tuple */
    uint8_t *scratch_valid;
    int scratch;                 /* room in these and in the next */
    struct shy_known *known;     /* while a context is made */
    bool crowded[1 << SHY_FACTORS_MAX]; /* likewise: [slots of an operand] more factors of a group than rules allow */
    int *list, list_size;        /* likewise */
    shy_view view;              /* of all samples, with the response of the outcome */
    double left_most, right_most; /* operands on either side of the largest job, about; 0: not cut to jobs yet */
} shy_space;

shy_status shy_space_create(const shy_problem *problem, const shy_grammar *grammar, shy_space **space_out); /* collective */
void shy_space_destroy(shy_space **space);
/* column_out[s] = values of the tuple's s-th factor for my rows: as of shy_columns_get. */
shy_status shy_space_columns(const shy_space *space, const shy_tuple *tuple, const double **column_out);
const char *shy_space_name(const shy_space *space, uint32_t factor);
double shy_space_first_sample(const shy_space *space, uint32_t factor); /* its value in sample 0, on all ranks */
/* Do the rules on numbers of factors leave formulas of exactly these factors? */
bool shy_kinds_admitted(const shy_space *space, const int *kind, int count);
bool shy_space_admits(const shy_space *space, const shy_tuple *tuple);
uint64_t shy_space_members(const shy_space *space, const shy_tuple *tuple); /* of all its factors: shy_factor_rule */
/* Of the union of two tuples likewise, whatever its size. */
bool shy_space_admits_union(const shy_space *space, const shy_tuple *a, const shy_tuple *b);
shy_status shy_space_context(shy_space *space, const shy_tuple *tuple, const shy_context **context_out);
/*
 * Makes the tables of shapes that all contexts are made of, each on one rank, and gives them to all: a rank would take long to make them all by itself.
 * Where it is not called, each rank makes what it needs. Collective over the world.
 */
shy_status shy_tables_share(shy_space *space);
/* Ranges of the program's operands for this tuple into space->scratch_range / scratch_valid (by operand index). */
void shy_context_ranges(shy_space *space, const shy_context *context, const shy_program *program, const shy_tuple *tuple);
/* Are operand / root valid for the tuple whose ranges were computed last? */
bool shy_context_operand_valid(const shy_space *space, const shy_context *context, int operand);
bool shy_context_root_valid(const shy_space *space, const shy_context *context, int root);
shy_status shy_program_build(const shy_context *context, const int *targets, int count, shy_program *program_out);
void shy_program_free(shy_program *program);
#define SHY_CHUNK 256 /* samples that a program evaluates at a time: a tuple's operands stay in the cache */
shy_status shy_program_reserve(const shy_program *program, double **buffer, size_t *size); /* room for program->count × SHY_CHUNK */
/*
 * Place k of the program at buffer + k·SHY_CHUNK, for rows <= SHY_CHUNK samples; factor[s] points at the values of slot s. Operands
 * that are not valid by the ranges last computed in `valid` are skipped; NULL: none is.
 */
void shy_program_run(const shy_context *context, const shy_program *program, const shy_space *valid, const double *const *factor, int rows,
                     double *buffer);

uint64_t shy_binomial(uint64_t n, uint64_t k);                        /* saturates at 2^63 */
/* The number-th set of `count` factors that contains all of `pinned`, in lexicographic order of the others. */
void shy_tuple_unrank(const shy_space *space, const shy_tuple *pinned, int count, uint64_t number, shy_tuple *tuple_out);
/* The set after `tuple` in that order; false after the last. */
bool shy_tuple_next(const shy_space *space, const shy_tuple *pinned, shy_tuple *tuple);
uint64_t shy_tuple_sets(const shy_space *space, int pinned, int count); /* how many there are */

/* ---- formula: a canonical root over a tuple --------------------------------------------------------------------- */

typedef struct {
    shy_tuple tuple;
    int root;
} shy_formula;

bool shy_formula_same(const shy_formula *a, const shy_formula *b);
int shy_formula_complexity(shy_space *space, const shy_formula *formula);
shy_status shy_formula_context(shy_space *space, const shy_formula *formula, const shy_context **context_out, const shy_root **root_out);
/* Text with the space's names, constants written c (or a, b). Owned. */
shy_status shy_formula_text(shy_space *space, const shy_formula *formula, char **text_out);
/* Basis columns of the family over my rows: basis[k] has room for rows doubles. */
shy_status shy_formula_basis(shy_space *space, const shy_formula *formula, double *const *basis);
/* The formula with constants from the fit, over the problem's numbering; intercept and slope belong to it. */
shy_status shy_formula_fitted(shy_space *space, const shy_formula *formula, const shy_fit *fit, shy_tree *tree_out, double *intercept_out,
                              double *slope_out);

/* ---- score: fp64, fixed order of summation ---------------------------------------------------------------------- */

#define SHY_PROBES 2
typedef struct {
    double statistic;         /* r² */
    double probe[SHY_PROBES]; /* fixed random projections of the fitted column of length 1: equal for numerical twins */
} shy_score;

typedef struct shy_scorer shy_scorer;
double shy_score_seconds(const shy_space *space); /* about, of one formula on the rows of one rank */
/* Scores in the view, which is one of the space's problem; both borrowed. */
shy_status shy_scorer_create(shy_space *space, const shy_view *view, uint64_t seed, shy_scorer **scorer_out);
void shy_scorer_destroy(shy_scorer **scorer);
/* Collective over the group. *degenerate_out: constant on the data, or a family with fewer dimensions than terms. */
shy_status shy_scorer_score(shy_scorer *scorer, const shy_formula *formula, shy_score *score_out, bool *degenerate_out);
/*
 * Order of scores: larger statistic first, in cells of 1e-11; within a cell by the cells of the probes. 0: the same cells, numerical twins.
 * Cells and not distances, because being near is not transitive: entries would depend on the order of the offers.
 */
int shy_score_compare(const shy_score *a, const shy_score *b);
double shy_score_mark(const shy_score *score); /* no score that is not behind this one is below it */

/* ---- best: K best per complexity, numerical twins together ------------------------------------------------------ */

#define SHY_TWINS_LISTED 16

typedef struct {
    shy_formula formula;
    char *text;
    shy_score score;
} shy_member;

typedef struct {
    int count;          /* members known, at most SHY_TWINS_LISTED + 1, in order of text: the first represents the entry */
    bool more;          /* members beyond these were seen */
    shy_member member[SHY_TWINS_LISTED + 1];
} shy_best_entry;

typedef struct {
    shy_space *space;
    int keep, levels;              /* complexities 1 … levels */
    int *count;                    /* [levels + 1] */
    shy_best_entry ***entry;       /* [levels + 1][count], best first */
} shy_best;

/* A member of an entry as it travels. */
typedef struct {
    int32_t complexity;
    int32_t more;
    shy_formula formula;
    shy_score score;
} shy_packed;

/* Order of formulas that are equally good: shorter text first, then by alphabet. */
int shy_text_compare(const char *a, const char *b);
shy_status shy_best_create(shy_space *space, int keep, shy_best **best_out);
void shy_best_destroy(shy_best **best);
void shy_best_clear(shy_best *best); /* forgets all entries */
shy_status shy_best_offer(shy_best *best, int complexity, const shy_formula *formula, const shy_score *score);
/* marks[c]: statistic of the K-th of complexity c, −1 while there are fewer. */
void shy_best_marks(const shy_best *best, double *marks);
shy_status shy_best_pack(void *best, void **bytes_out, uint64_t *count_out);    /* for shy_merge: an array of shy_packed */
shy_status shy_best_absorb(void *best, const void *bytes, uint64_t count);
/* Entries that are twins of a simpler entry become its twins; then each list is cut to `keep`. */
shy_status shy_best_join_levels(shy_best *best, int keep);
/* What a list holds during the search so that `keep` entries are left when twins of simpler formulas have gone. */
int shy_best_reserve(int keep);

/* ---- jobs: the subtrees that rank 0 deals ------------------------------------------------------------------------ */

typedef enum { SHY_JOB_TILE, SHY_JOB_ELEMENT } shy_job_kind;

/*
 * TILE: for each pinned set of factors in a range, the operands of all left sets in a range against those of all right sets in a
 * range; both are numbered among the sets that hold the pinned one. If both sides are the same class, the pairs of sets with the
 * right number not below the left one. INSIDE: for each right set in the range its own operands against those of its subsets on
 * the left; nothing is pinned. ELEMENT: the formulas of all sets of right_slots factors in the right range. Ranges are [first, last).
 */
typedef struct {
    uint8_t kind, left_complexity, right_complexity, left_slots, right_slots;
    bool inside;
    uint64_t pinned_first, pinned_last, left_first, left_last, right_first, right_last;
    double cost;          /* seconds on one core by the measured rates */
    double flops;         /* on all samples */
} shy_job;

/* Both sides of the tiles are the same operands: pairs are unordered. */
static inline bool shy_job_equal_sides(const shy_job *job)
{
    return job->kind == SHY_JOB_TILE && !job->inside && job->left_slots == job->right_slots &&
           job->left_complexity == job->right_complexity;
}

/* What the sets of a pair of classes cost: estimates from some of their sets of factors. */
typedef struct {
    double left, right;                   /* operands per set of factors */
    double pair_seconds, pair_flops;      /* of a pair of operands; ELEMENT and INSIDE: of a whole right set */
    double operand_seconds, operand_flops; /* of an operand on either side of a job: evaluation and packing */
} shy_price;

/*
 * A job too large to be dealt as one, and how it is cut. Its jobs are numbered by (pinned, left, right) piece, the last running
 * fastest, so that neighbours share their left side. `triangle`: both ranges are the same operands cut at the same places;
 * only pieces with right >= left exist.
 */
typedef struct {
    shy_job whole;
    shy_price price;
    bool triangle;
    uint64_t pinned_pieces, left_pieces, right_pieces;
    uint64_t jobs;
    double cost, flops; /* of all its jobs: what both sides of a pair of ranges need is done once per job */
    double longest;     /* cost of its largest job */
    uint64_t first;     /* number of its first job */
    double before;      /* cost of all jobs before */
} shy_region;

uint64_t shy_region_jobs(const shy_region *region);
void shy_region_job(const shy_region *region, uint64_t index, shy_job *job_out);
/* Chooses the pieces so that a job costs about `piece` seconds, and adds up the jobs. */
void shy_region_cut(shy_region *region, double piece);
/* Raises *left_io and *right_io to the operands on either side of its largest job, about. */
void shy_region_sides(const shy_region *region, double *left_io, double *right_io);

#define SHY_ROUNDS 3 /* jobs are dealt in rounds of ever shorter ones */

/* All jobs, largest first. They are computed when they are asked for: a list would not fit beside 100,000 ranks. */
typedef struct {
    shy_region *region;
    int regions, capacity;
    uint64_t count;
    double cost, flops;
    double piece[SHY_ROUNDS]; /* what a job was to cost */
    int class_pairs;
} shy_jobs;

/* A few milliseconds of the real work. `samples`: of the problem; with many of them bf16 rounds too much to be of use. */
void shy_rates_measure(shy_precision asked, uint64_t samples, shy_rates *rates);
shy_status shy_jobs_create(shy_space *space, const shy_search_options *options, const shy_rates *rates, shy_jobs **jobs_out);
void shy_jobs_destroy(shy_jobs **jobs);
shy_status shy_jobs_add(shy_jobs *jobs, const shy_region *region);
/* Cuts the regions of `whole`, one for each pair of classes, for so many groups. */
shy_status shy_jobs_cut(const shy_jobs *whole, int groups, shy_jobs *jobs);
void shy_jobs_get(const shy_jobs *jobs, uint64_t number, shy_job *job_out);
double shy_jobs_cost_before(const shy_jobs *jobs, uint64_t number); /* of the jobs 0 … number−1 */
int shy_pinned_factors(const shy_space *space, int left_slots, int right_slots);

/* ---- engine: works a job off ------------------------------------------------------------------------------------- */

/* Operands: of the left side in all, of them in one tile, of the right side. `wide`: sums in fp64. */
typedef struct {
    int left_capacity, block, right;
    int pairs;      /* flagged ones that are followed up together, the best first */
    unsigned tiles; /* at work at a time */
    bool wide;
    int segments, responses, views; /* of the engine */
} shy_tile_shape;

static inline bool shy_shape_is_plain(const shy_tile_shape *shape)
{
    return shape->segments == 1 && shape->responses == 1 && shape->views == 1;
}
/* A metric that has what the shape says, without values: for sizes. */
shy_tile_metric shy_shape_metric(const shy_space *space, const shy_tile_shape *shape, shy_tile_layout *layout);

/*
 * How the rows of this rank lie in panels and in sums: those of a segment side by side. A training set is all segments but one; members
 * of a group may have no row in a segment. Where there are several segments, there are neither weights nor directions.
 */
typedef struct {
    int segments;
    const int *cut;          /* [segments + 1]: 0 … my rows */
    const uint64_t *samples; /* [segments]: of all members */
    int responses;           /* number 0 is that of the metric */
    const double *const *response; /* [responses] y/√w over my rows, in the order in which they lie */
} shy_layout;

/* What a pass over the space compares formulas with; a plain search has one view, which sees all samples. */
typedef struct {
    int views;
    const shy_view *const *view; /* as candidates are scored: over my rows in the problem's order */
    const shy_sight *sight;      /* as they are screened */
    int keep;                    /* entries of a list, for each complexity */
    shy_layout layout;
    const int *order;            /* row `order[i]` lies at place i; NULL: as they are */
} shy_outlook;

/* One view at work. */
typedef struct {
    const shy_view *view;
    shy_sight sight;
    uint64_t samples;         /* that it sees, of all members */
    shy_best *best;
    shy_scorer *scorer;
    struct shy_direction *direction; /* NULL: no factor has one */
    double *mark;             /* [levels + 1] thresholds, own and heard */
} shy_engine_view;

typedef struct {
    shy_space *space;
    const shy_search_options *options;
    int views;
    bool plain;               /* one view, of all samples, with the response of the metric */
    shy_engine_view *seen;    /* [views] */
    double *marks;            /* [views × (levels + 1)]: what these point into */
    shy_layout layout;
    const int *order;         /* of shy_outlook */
    int whole_cut[2];         /* the layout of a plain search */
    uint64_t whole_samples[1];
    const double *whole_response[1];
    shy_tile_layout tile_layout; /* the layout as tiles take it */
    shy_tile_shape shape;
    shy_precision precision;  /* of the tiles at present */
    shy_screening screening;
    shy_search_times times;   /* this rank's seconds of work */
    void (*breathe)(void *context); /* called between tiles: rank 0 answers the others, progress */
    void *breathe_context;
    struct shy_tile_work *tiles;
    struct shy_element_work *elements;
} shy_engine;

/* The metric of the engine's tiles; borrowed. */
shy_tile_metric shy_engine_metric(const shy_engine *engine);
shy_status shy_engine_create(shy_space *space, const shy_search_options *options, shy_precision precision, shy_engine **engine_out);
shy_status shy_engine_create_pass(shy_space *space, const shy_search_options *options, shy_precision precision, const shy_outlook *outlook,
                                  shy_engine **engine_out);
void shy_engine_destroy(shy_engine **engine);
int shy_engine_block(const shy_space *space); /* left operands of a tile, unless memory is short */
uint64_t shy_scoring_bytes(const shy_space *space); /* columns of a view, without the tiles */
/* Without lists; of the layout only the numbers count. */
uint64_t shy_engine_bytes(shy_space *space, const shy_search_options *options, shy_precision precision, const shy_layout *layout, int views);
shy_status shy_engine_work(shy_engine *engine, const shy_job *job); /* collective over the group */
/* Scores in view v and keeps, if its statistic may exceed the mark. Collective over the group. */
shy_status shy_engine_candidate(shy_engine *engine, int v, int complexity, const shy_formula *formula);
static inline int shy_engine_marks(const shy_engine *engine)
{
    return engine->views * (engine->space->grammar.max_complexity + 1);
}

shy_status shy_tile_work_create(shy_engine *engine);
void shy_tile_work_destroy(shy_engine *engine);
shy_status shy_tile_work_run(shy_engine *engine, const shy_job *job);
uint64_t shy_tile_work_bytes(const shy_space *space, const shy_tile_shape *shape);
shy_status shy_element_work_create(shy_engine *engine);
void shy_element_work_destroy(shy_engine *engine);
shy_status shy_element_work_run(shy_engine *engine, const shy_job *job);
typedef struct {
    uint64_t formulas;  /* summed */
    uint64_t uncertain; /* of which fp32 could not tell anything */
    uint64_t again;     /* summed again in fp64 */
} shy_element_counts;
shy_element_counts shy_element_work_counts(const shy_engine *engine);
double shy_element_cost(const shy_context *context);     /* a tuple's operands and sums cost as much as so many average sums */
double shy_element_overhead(const shy_context *context); /* seconds of a tuple that do not depend on the samples */
double shy_element_seconds(void);                        /* of an average sum and sample, measured; 0 if there is no memory */

/* Work in batches: how many items for each group the next one has, when the last one had `each` and took so many seconds. */
uint64_t shy_batch_next(uint64_t each, double seconds);

/* Counts the canonical formulas exactly, each rank a share of the sets of factors. Collective over the world. */
shy_status shy_count_formulas(shy_space *space, uint64_t *formulas);

/* After the search: refit of the `keep` best, front, texts. Collective over the world. */
shy_status shy_finish(shy_best *best, int keep, const shy_outcome *outcome, shy_search_result *result);

#endif

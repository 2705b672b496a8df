/**
 * tile: moment tiles on one block of samples.
 *
 * Floor 1. The only module that names BLAS, oneDNN and intrinsics. Knows neither files nor ranks nor formulas.
 *
 * An operand u = m + s·d is a column of n samples; m its mean, s its standard deviation, Σd = 0, Σd² = n over the samples of all
 * row blocks; the response y likewise has Σy = 0, Σy² = n. All moments are divided by n. With weights w (shy_tile_metric) all these are
 * weighted: Σwd = 0, Σwd² = n, Σy²/w = n, Σ y d and Σ w d_i d_j; with directions q_k statistics are those of what a formula has beside them.
 *
 * How a tile is screened, and why nothing is lost, is derived in doc/screening.md:
 *     shy_tile_moments   sums of every pair of operands, by matrix products in fp32, bf16 or fp64
 *     shy_tile_flag      every pair one of whose formulas may reach its floor; one test per pair, in fp32
 *     shy_pairs_refine   sums of the flagged pairs alone, to 2.5e-7   (or shy_pairs_take: from the tile, where many are flagged)
 *     shy_pairs_bound    upper bounds of r² of every closed form of these pairs: the hits
 */
#ifndef SHIHYO_TILE_H
#define SHIHYO_TILE_H

#include "shihyo/base.h"

/* ---- closed forms ---------------------------------------------------------------------------------------------- */

/* `u` is the left, `v` the right operand of the tile. */
typedef enum {
    SHY_TILE_PRODUCT,     /* u·v */
    SHY_TILE_SUM,         /* u + v */
    SHY_TILE_DIFFERENCE,  /* u − v */
    SHY_TILE_WEIGHTED,    /* u + c·v */
    SHY_TILE_SHIFT_LEFT,  /* (u + c)·v */
    SHY_TILE_SHIFT_RIGHT, /* u·(v + c) */
    SHY_TILE_INTERACTION, /* (u + a)·(v + b) */
    SHY_TILE_FORMS
} shy_tile_form;

/* Which sums a tile holds: what the forms in demand need, and no more. */
typedef enum {
    SHY_MOMENTS_LINEAR, /* Σ d_i d_j: sums, differences, weighted sums.                                      2·n flops a pair */
    SHY_MOMENTS_RAW,    /* of ũ = u/s: Σ ũ_i ũ_j, Σ ũ_i² ũ_j², Σ y ũ_i ũ_j: products as well.                6·n */
    SHY_MOMENTS_FULL    /* Σ d_i^a d_j^b (a, b = 1, 2) and Σ y d_i d_j: all forms.                         10·n */
} shy_moments;
/** The cheapest moments for the forms with floor[form] <= 1. */
shy_moments shy_moments_needed(const double floor[SHY_TILE_FORMS]);

typedef enum { SHY_PRECISION_AUTO, SHY_FP64, SHY_FP32, SHY_BF16, SHY_PRECISIONS } shy_precision;
const char *shy_precision_name(shy_precision precision); /* "auto", "fp64" … */
/** Has the processor matrix products in bf16 of its own (AMX, AVX512-BF16, SVE), and the build oneDNN? Elsewhere bf16 is emulated. */
bool shy_bf16_native(void);
/**
 * Floating-point operations per second of large matrix products by the library on this rank, looked at for so many seconds: what a search could reach
 * that did nothing else. 0 if there is no memory for it. Not collective.
 */
double shy_product_rate(shy_precision precision, double seconds);

/* ---- metric ---------------------------------------------------------------------------------------------------- */

/**
 * How the samples are laid out where one pass serves several *sights*: on samples of which a part is left out, or with another response.
 *
 * segments: rows lie side by side by the part that they are left out with; the values of every operand, and the columns of the metric, come in this
 * order. Where there are several, the metric has neither weights nor directions. Further responses are summed over all rows: one that is for
 * some samples only is 0 on the others. On its samples it is normalised as the metric's: Σ y_r = 0, Σ y_r²/w = their number, Σ y_r q_k = 0.
 */
typedef struct {
    int segments;                  /* F: 1, or more */
    const int *cut;                /* [F + 1] my rows of segment s are cut[s] … cut[s + 1] − 1; cut[0] = 0; none: equal. NULL where F is 1 */
    const uint64_t *samples;       /* [F] of all row blocks; likewise */
    int responses;                 /* R further ones */
    const double *const *response; /* [R] y_r/√w over my rows */
} shy_tile_layout;

/**
 * What operands are compared with, over my rows, scaled by √w (shy_metric of model.h has w): y/√w, √w, √w·q_k. Over all row blocks
 * Σ w = n, Σ y = 0, Σ y²/w = n, Σ w q_k = 0, Σ w q_j q_k = n·[j = k], Σ y q_k = 0. Rows of root 0 take no part; response and
 * directions are 0 there.
 */
typedef struct {
    const double *response;
    const double *root;              /* NULL: all 1 */
    int directions;                  /* K */
    const double *const *direction;
    const shy_tile_layout *layout;   /* NULL: one segment, no further response */
} shy_tile_metric;

/**
 * What a pass is looked at for: all samples but those of one segment (T), the response y or (y − level)/scale on T, which has mean 0 and
 * mean square 1 there. Further responses are taken as they are (level 0, scale 1); so is y where there is one segment only.
 */
typedef struct {
    int left_out;        /* a segment; −1: none */
    int response;        /* 0: that of the metric; r: the r-th further one, from 1 on */
    double level, scale;
} shy_sight;

/* ---- panels ---------------------------------------------------------------------------------------------------- */

/* What the closed forms need of one operand besides its column; sums over all samples, divided by n. */
typedef struct {
    double mean, scale; /* m, s */
    double mu;          /* m/s */
    double y;           /* Σ y·d: the correlation with the response */
    double fourth;      /* √(Σ d⁴): length of d² */
    double weighted;    /* √(Σ (y·d)²): length of y·d */
    double third;       /* Σ d³ */
    double squared;     /* Σ y²·d */
    double offset;      /* Σ d: what the rounding of the mean left of it; 1e-16·|μ| or more */
    double length;      /* ρ: length of what d has beside the directions; with directions only, as the next */
    double leverage;    /* √(Σ_k Σ (q_k·d)²) */
} shy_operand_sums;

enum { SHY_OPERAND_PARTIALS = 6 }; /* Σ y·d, Σ d³, Σ d⁴, Σ y²·d, Σ (y·d)², Σ d; with weights Σ w d³, Σ w d⁴, Σ (y/w)²·w·d … */
/** With directions also Σ_k Σ w (q_k·d)², and each Σ w q_k·d. */
static inline int shy_operand_partials(int directions)
{
    return SHY_OPERAND_PARTIALS + (directions > 0 ? 1 + directions : 0);
}
/** Partial sums of an operand with a metric: those, and what its layout asks for. Of one that leans: 2, and one for each further response. */
int shy_metric_partials(const shy_tile_metric *metric);
int shy_metric_residuals(const shy_tile_metric *metric);
/* An operand of this length beside the directions is a combination of them: a formula that needs it as a term of its own is degenerate. */
#define SHY_OPERAND_NOTHING 1e-12

/* The same numbers in fp32, side by side, as shy_tile_flag reads them. */
typedef struct {
    float *y, *fourth, *weighted;         /* of d */
    float *mu, *length, *square, *lifted; /* of ũ = μ + d: μ, √(Σũ²), √(Σũ⁴), √(Σ(yũ)²) */
    /* With directions y above is divided by ρ, and is no number where ρ is nothing. 1/ρ, √(1 − ρ²), leverage, Σ w q_k·d: */
    float *inverse, *lean, *leverage, *along; /* along: on the left [operand·K + k], on the right [k·along_stride + operand] */
    /* Of seen panels, with m and s mean and deviation on T of d: 1/s, m/s, and what errors grow by as d is not centred there, √(1 + m²/s²) + |m/s|: */
    float *factor, *shift, *swell;
} shy_operand_columns;

/**
 * One side of a tile: `count` operands × rows samples. d holds them standardised and divided by √n, in fp32 (fp64 panels: exact, in
 * fp64); the stacks are made from it for the matrix products in the type and for the moments in demand:
 *
 *     left    blocks of `block` operands, each [y·d | d | d²] of its operands (FULL), [y·ũ | ũ | ũ²] (RAW), [d] (LINEAR)
 *     right   [d of all | d² of all],  [ũ | ũ²],  [d]
 *
 * With weights d, d², ũ, ũ² are multiplied by √w there, y divided by it. With K directions the left blocks of FULL begin with K parts √w q_k·d.
 * With R further responses those of FULL and RAW begin, before these, with R parts y_r·d or y_r·ũ.
 *
 * Rows are `stride` elements apart; operands up to `padded` are there and 0.
 *
 * A *seen* panel (shy_panel_see) has the operands of its base, and their columns and stacks, but the numbers that they have in a sight: sums and
 * column are those of panels packed on T alone with its response, but for fourth, weighted, length, square and lifted, which only stand
 * in bounds: they include what centring adds to errors (doc/screening.md); and for offset, which is m/s (below) where segments are several.
 */
typedef struct shy_panel shy_panel;
struct shy_panel {
    int capacity, count, padded, rows, stride, block_most, block;
    uint64_t total;   /* n, samples of all row blocks */
    bool left;
    float *d;
    double *exact;    /* fp64 panels; else NULL */
    shy_tile_metric metric; /* its columns are borrowed */
    float *response;  /* y/√w, fp32 */
    float *root;      /* √w, fp32; NULL: all 1 */
    float *direction; /* K × stride: √w·q_k, fp32 */
    double *squares;  /* Σ_k q_k²; NULL without directions */
    double *scratch;  /* a column; likewise */
    double *along;    /* capacity × K: Σ w q_k·d */
    size_t along_stride;
    void *stack;
    size_t stack_bytes;
    bool stacked;     /* the stack holds `precision`, `moments` of the present content */
    shy_precision precision;
    shy_moments moments;
    double rounding;  /* κ: largest ‖stacked − exact‖ / ‖exact‖ of any column of the stack */
    double mu_most;   /* largest |μ| of any operand */
    double offset_most;
    shy_operand_sums *sums;
    shy_operand_columns column;
    shy_tile_layout layout;  /* its arrays are borrowed */
    double *segment_sums;    /* capacity × F × SHY_SEGMENT_SUMS, where F > 1 */
    double *response_sums;   /* capacity × R × SHY_RESPONSE_SUMS */
    /* Seen panels: */
    const shy_panel *base;   /* NULL: packed itself */
    shy_sight sight;
    uint8_t *state;          /* [operand] clear, unclear, excluded */
};
/* Over my rows of a segment, with z = d: Σ z, Σ z², Σ z³, Σ z⁴, Σ y z, Σ y² z, Σ (y z)². Of a further response: Σ y z, Σ y² z, Σ (y z)². */
enum { SHY_SEGMENT_SUMS = 7, SHY_RESPONSE_SUMS = 3 };

/**
 * Memory for `capacity` operands of `rows` of the `total` samples, in the metric (columns of rows; borrowed), in tiles of at most
 * `block` left operands (right panels: 0). `wide`: fp64 stacks may be asked for. Owned; not collective.
 */
shy_status shy_panel_create(int capacity, int block, int rows, uint64_t total, const shy_tile_metric *metric, bool left, bool wide,
                            shy_panel **panel_out);
void shy_panel_destroy(shy_panel **panel);
/** Of the metric only what it has matters (root, directions, segments, responses), not the values. */
uint64_t shy_panel_bytes(int capacity, int block, int rows, const shy_tile_metric *metric, bool left, bool wide);

/** Σ u, and Σ (u − mean)², over rows. */
double shy_row_sum(int rows, const double *u);
double shy_row_square(int rows, const double *u, double mean);
/** Σ w u, and Σ w (u − mean)², of a metric with weights. */
double shy_row_weighted_sum(int rows, const double *root, const double *u);
double shy_row_weighted_square(int rows, const double *root, const double *u, double mean);
/**
 * Sets operand `index` from its values u (fp64, rows), given mean, scale and mu in `sums`; writes the partial sums of my rows, not
 * yet divided by n: shy_metric_partials numbers, the first in the order named there. Cannot fail.
 */
void shy_panel_pack(shy_panel *panel, int index, const double *u, const shy_operand_sums *sums, double *partial_out);
/** The partial sums of operand `index` over all samples have come together: its sums are complete. Cannot fail. */
void shy_panel_complete(shy_panel *panel, int index, const double *partial);
/**
 * So little is left of operand `index` beside the directions that it has to be summed by itself: shy_metric_residuals partial sums of my
 * rows, from its values u; and once they have come together. Between shy_panel_complete and shy_panel_finish. Cannot fail.
 */
bool shy_panel_leans(const shy_panel *panel, int index);
void shy_panel_residual(shy_panel *panel, int index, const double *u, double *partial_out);
void shy_panel_complete_residual(shy_panel *panel, int index, const double *partial);
/** After the last shy_panel_complete: the panel holds operands 0 … count−1. Cannot fail. */
void shy_panel_finish(shy_panel *panel, int count);

/* ---- sights ---------------------------------------------------------------------------------------------------- */

/**
 * A panel that is seen through a sight of its base's layout. Both panels of a tile have to be. Owned, to be destroyed (shy_panel_destroy)
 * before the base. Not collective.
 */
shy_status shy_panel_see(const shy_panel *base, const shy_sight *sight, shy_panel **seen_out);
uint64_t shy_panel_seen_bytes(int capacity, int block);
/** After shy_panel_finish of the base: the numbers of its operands in this sight. Cannot fail. About 60 flops an operand and segment. */
void shy_panel_look(shy_panel *seen);
/**
 * Nearly all that operand `index` varies by has been left out (√(1 + m²/s²) above 64, above less where samples are very many): its sums say too
 * little. Every pair with it is flagged and every bound of it is 2. Whether it is constant on T has to be asked of its values; if it is to
 * be left out (as operands that are constant are) shy_panel_exclude makes that none of its pairs is flagged, until the next
 * shy_panel_look. Any operand may be excluded.
 */
bool shy_panel_unclear(const shy_panel *seen, int index);
void shy_panel_exclude(shy_panel *seen, int index);

/* ---- tiles ----------------------------------------------------------------------------------------------------- */

/**
 * The sums of every pair, over my rows; row i of plane p: sum[(p·block + i)·padded + j], in fp32 or fp64. Planes: not LINEAR, one for each further
 * response; FULL, one for each direction; then those of the moments, for each segment.
 *
 * A *seen* tile (shy_tile_look) has no sums of its own: those of T are added up where they are asked for.
 */
typedef struct {
    size_t capacity;   /* pairs, padding included */
    int block, padded; /* of the present content */
    int planes;        /* all of them; moments: LINEAR 1, RAW 3, FULL 5 */
    int directions;
    int segments, responses; /* 0 segments: 1 */
    const shy_panel *left, *right; /* of a seen tile; else NULL */
    shy_precision precision;
    shy_moments moments;
    double each; /* η, set by shy_tile_epsilon */
    void *sum;
} shy_tile;

/** Room for tiles of panels with at most `block` left and `right` right operands, and so many directions. `wide`: fp64, too. */
shy_status shy_tile_create(int block, int right, int directions, bool wide, shy_tile **tile_out);
void shy_tile_destroy(shy_tile **tile);
uint64_t shy_tile_bytes(int block, int right, int directions, bool wide);
/** The same for a metric that may have a layout; only what it has matters. */
shy_status shy_tile_create_for(int block, int right, const shy_tile_metric *metric, bool wide, shy_tile **tile_out);
uint64_t shy_tile_bytes_for(int block, int right, const shy_tile_metric *metric, bool wide);
/** Left and right operands of a tile in this metric that work fast: its planes should stay in the caches. */
void shy_tile_advise(const shy_tile_metric *metric, int *block_out, int *right_out);
/** Numbers that travel between row blocks: all planes × block × padded, floats or doubles. */
int64_t shy_tile_numbers(const shy_tile *tile);
/** How many tiles the left panel is cut into, and how many operands tile `index` has. */
int shy_panel_blocks(const shy_panel *left);
int shy_panel_block_count(const shy_panel *left, int index);

/**
 * tile := moments of block `index` of the left panel and the right panel over my rows, by library matrix products; stacks the
 * panels first where that has not been done. Small tiles are multiplied in fp32 instead of bf16 (tile->precision says so). No RAW moments
 * with directions.
 */
shy_status shy_tile_moments(shy_panel *left, int index, shy_panel *right, shy_precision precision, shy_moments moments, shy_tile *tile);
/**
 * ε: |computed − exact| <= ε·‖a‖·‖b‖ for every sum Σ a·b of this tile, once those of `row_blocks` ranks have been added.
 * Rounding of the stacks (measured) and of the additions, in whatever order the library adds. Source: Higham 2002, chapter 3.
 * Notes η in the tile: unless the moments are RAW, also |computed − exact| <= η·Σ|a·b|. RAW: Σ y·ũ·ṽ may be off by another
 * 5 roundings of |μ_i|·‖ṽ‖.
 */
double shy_tile_epsilon(shy_tile *tile, const shy_panel *left, const shy_panel *right, int row_blocks);
/**
 * The tile in a sight, once the sums of all row blocks have been added: *seen_out borrows tile and panels, and is not destroyed. The functions that
 * follow, and shy_tile_epsilon, take it with these panels; the tile itself can only be asked if there is one segment. Where there are
 * several sights, flag a row in all of them before the next: its sums are in the cache. Cannot fail; costs nothing.
 */
void shy_tile_look(const shy_tile *tile, const shy_panel *left_seen, const shy_panel *right_seen, shy_tile *seen_out);

/* ---- flagged pairs --------------------------------------------------------------------------------------------- */

/** Pairs of operands, and once refined or taken, their moments (FULL) to within `epsilon`; of seen panels, the sums that these follow from. */
typedef struct {
    int capacity, count;
    int32_t *left, *right; /* numbers of the operands in the panels */
    int directions;
    double *moment;        /* count × (5 + directions): M11, M12, M21, M22, Y11, Σ w q_k d_i d_j */
    bool refined;          /* not taken from a tile */
    double epsilon;
} shy_pairs;

shy_status shy_pairs_create(int capacity, int directions, shy_pairs **pairs_out);
void shy_pairs_destroy(shy_pairs **pairs);
uint64_t shy_pairs_bytes(int capacity, int directions);
int64_t shy_pairs_numbers(const shy_pairs *pairs); /* moments in use */

/**
 * Row i of a tile (block `index` of the left panel): appends every pair one of whose forms with floor[form] <= 1 may have an r² of
 * floor[form] or more, certified against `epsilon`; up to right->count pairs, for which there must be room.
 */
void shy_tile_flag(const shy_tile *tile, const shy_panel *left, int index, int i, const shy_panel *right, double epsilon,
                   const double floor[SHY_TILE_FORMS], shy_pairs *pairs);
/**
 * The same in several sights of one tile (seen tiles, each with its ε, floors and pairs): their sums are made together, which takes half the time
 * where there are five segments.
 */
void shy_tile_flag_sights(int sights, const shy_tile *const *tile, int index, int i, const double *epsilon, const double (*floor)[SHY_TILE_FORMS],
                          shy_pairs *const *pairs);
/** moment := sums of my rows (not divided further); about 10·rows flops a pair. To be added over the row blocks. */
void shy_pairs_refine(const shy_panel *left, const shy_panel *right, shy_pairs *pairs);
/** moment := those of the tile, which holds FULL moments; epsilon := the tile's. */
void shy_pairs_take(const shy_tile *tile, int index, double epsilon, shy_pairs *pairs);

typedef struct {
    double bound; /* certified upper bound of r², cut at 2; not rounded to fp32, which could sink below r² */
    int32_t left, right;
    shy_tile_form form;
} shy_tile_hit;
/**
 * Every form with floor[form] <= 1 of every pair whose bound is not below floor[form], largest bounds first. hits holds up to
 * count·SHY_TILE_FORMS entries; returns their number. Not collective; cannot fail.
 */
int shy_pairs_bound(const shy_panel *left, const shy_panel *right, const shy_pairs *pairs, const double floor[SHY_TILE_FORMS],
                    shy_tile_hit *hits);

/* ---- sums that decide ------------------------------------------------------------------------------------------- */

/**
 * Σ u, and Σ u·v, over rows, in fp64: the same bits on every processor and with every instruction set (eight partial sums of every eighth
 * sample, added in a fixed order, no fused multiply-add). u and v may be the same.
 */
double shy_exact_sum(int rows, const double *u);
double shy_exact_dot(int rows, const double *u, const double *v);
/** u := (u − shift)·factor;  u := u − factor·v. The same bits likewise. */
void shy_exact_shift(int rows, double *u, double shift, double factor);
void shy_exact_subtract(int rows, double *u, double factor, const double *v);

/* ---- sums of columns --------------------------------------------------------------------------------------------- */

/**
 * Gram matrix of `count` columns x_j of length 1 (Σ x² = 1 over all `total` samples), to about 1e-13: the same bits for any number of row blocks,
 * any BLAS and any processor, as whole numbers are multiplied (src/tile/gram.c). sums: 2·count², 0 at first; each member adds its
 * rows, the members' sums are added in any order, and shy_gram_finish turns the first count² of them into the matrix, row-major.
 * stride: doubles from one column to the next. 3·count²·rows flops. Not collective.
 */
shy_status shy_gram_add(int count, int rows, uint64_t total, const double *column, size_t stride, double *sums);
void shy_gram_finish(int count, uint64_t total, double *sums); /* cannot fail */
uint64_t shy_gram_bytes(int count); /* sums, and room that shy_gram_add needs */

/**
 * Which columns k, added to some columns already chosen, explain at least `least` more of the response. What the chosen ones but the last
 * leave of column k is known: of its covariance with the response (rest) and of its square (length); the last one's covariances with all columns
 * (next) are not yet freed of what an earlier one explains (before, times along):
 *
 *     h = next − along·before,   gain = (rest − explained·h)² / (length − inverse·h²)
 *
 * explained = rest/length, inverse = 1/length of the last one; along = before[last] for columns that are orthonormal to all but one earlier
 * one. Where nothing is left of a column (length − inverse·h² <= nothing) it does not count. index holds last − first entries; returns how
 * many are in it, ascending. The same verdicts with every instruction set. About 11 flops a column. Cannot fail.
 */
typedef struct {
    const double *before, *next, *rest, *length;
    double along, explained, inverse, nothing;
} shy_extension;
int shy_extend(const shy_extension *extension, int first, int last, double least, int32_t *index);

/* ---- element-wise formulas ------------------------------------------------------------------------------------- */

/** Σz, Σz², Σzy of z − reference over rows; added to sums[3]. */
void shy_element_sums(int rows, const double *z, const double *y, double reference, double sums[3]);

void shy_tile_describe(char *text, size_t size); /* "OpenBLAS 0.3.21 SkylakeX, oneDNN 2.6.3, kernels avx512" */

#endif

/**
 * tile: moment tiles on one block of samples.
 *
 * Floor 1. The only module that names BLAS, oneDNN and intrinsics. Knows neither files nor ranks nor formulas.
 *
 * A panel holds operands as standardised columns d = (u − m)/s with Σd = 0, Σd² = n over the samples of all row blocks, in
 * fp32, ready for the matrix products; the response y likewise has Σy = 0, Σy² = n. All moments are divided by n.
 */
#ifndef SHIHYO_TILE_H
#define SHIHYO_TILE_H

#include "shihyo/base.h"

/* The closed forms of one tile. `u` is the left, `v` the right operand of the panel. */
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

/* What the closed forms need of one operand besides its column; sums over all samples, divided by n. */
typedef struct {
    double mean, scale; /* m, s */
    double mu;          /* m/s */
    double y;           /* Σ y·d: the correlation with the response */
    double fourth;      /* √(Σ d⁴): length of d² */
    double weighted;    /* √(Σ (y·d)²): length of y·d */
} shy_operand_sums;

/**
 * One side of a tile: count operands × rows samples.
 *
 *     pair[2·i]     d of operand i, rows floats (stride `stride`)      response[i]   y·d of operand i (left side only)
 *     pair[2·i + 1] d²
 */
typedef struct {
    int capacity, count, rows, stride;
    float *pair;
    float *response;       /* NULL on right sides */
    shy_operand_sums *sums;
} shy_panel;

/** Memory for `capacity` operands of `rows` samples. Owned; not collective. */
shy_status shy_panel_create(int capacity, int rows, bool left, shy_panel **panel_out);
void shy_panel_destroy(shy_panel **panel);
uint64_t shy_panel_bytes(int capacity, int rows, bool left);

/**
 * Sets operand `index` from its values u (fp64, rows) given mean and scale in `sums`, and writes the partial sums of my rows
 * (not yet divided by n): out[0] = Σ y·d, out[1] = Σ d⁴, out[2] = Σ (y·d)². Cannot fail.
 */
void shy_panel_pack(shy_panel *panel, int index, const double *u, const double *y, const shy_operand_sums *sums, double out[3]);

/** The five sums of every pair, over my rows: product[i·J + j] = Σ y d_i d_j; cross[(2i + a)·2J + 2j + b] = Σ d_i^(1+a) d_j^(1+b). */
typedef struct {
    int capacity_left, capacity_right;
    int left, right;   /* I, J of the present content */
    float *product;    /* I × J */
    float *cross;      /* 2I × 2J; directly behind product, so that both travel in one reduction of 5·I·J floats */
    double *bound;     /* scratch: SHY_TILE_FORMS × J upper bounds of r² */
} shy_tile;

shy_status shy_tile_create(int capacity_left, int capacity_right, shy_tile **tile_out);
void shy_tile_destroy(shy_tile **tile);

/** tile := moments of the two panels over my rows (sums, not divided by n). 10·rows·I·J flops, library matrix products. */
void shy_tile_moments(const shy_panel *left, const shy_panel *right, shy_tile *tile);

/**
 * Rounding of a moment, relative to the product of the lengths of its two columns: |computed − exact| <= ε·‖a‖·‖b‖ for sums of
 * `total` samples held by `row_blocks` ranks. Inputs rounded to fp32 (2u), products (u), sums of chunks of SHY_TILE_CHUNK rows
 * in any order and of the chunks one after another. Source: Higham 2002, chapter 3.
 */
#define SHY_TILE_CHUNK 256
double shy_tile_epsilon(uint64_t total, int row_blocks);

/**
 * For row i of the tile: every pair (i, j) and every form with floor[form] <= 1 whose r² may exceed floor[form]: an upper bound of the
 * exact r², certified by propagating `epsilon` through the closed form. hits holds up to J·SHY_TILE_FORMS entries; returns their number.
 * Not collective; cannot fail. Source: the moment identities (ARCHITECTURE.md).
 *
 * @param inverse_n  1/n, n samples of all row blocks
 */
typedef struct {
    int right;
    shy_tile_form form;
    double bound; /* certified upper bound of r², cut at 2; not rounded to fp32, which could sink below r² */
} shy_tile_hit;
int shy_tile_screen(const shy_tile *tile, const shy_panel *left, const shy_panel *right, int i, double inverse_n, double epsilon,
                    const double floor[SHY_TILE_FORMS], shy_tile_hit *hits);

/* ---- element-wise formulas ------------------------------------------------------------------------------------- */

/** Σz, Σz², Σzy of z − reference over rows; added to sums[3]. */
void shy_element_sums(int rows, const double *z, const double *y, double reference, double sums[3]);

/** Σ u, and Σ (u − mean)², over rows. */
double shy_row_sum(int rows, const double *u);
double shy_row_square(int rows, const double *u, double mean);

void shy_tile_describe(char *text, size_t size); /* "OpenBLAS 0.3.21 SkylakeX, oneDNN 2.6.3, AVX-512" */

#endif

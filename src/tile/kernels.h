/* Kernels of the module tile: one text, compiled once per instruction set. doc/screening.md has the algebra. */
#ifndef SHY_TILE_KERNELS_H
#define SHY_TILE_KERNELS_H

#include "shihyo/tile.h"

/* Columns of a stack, all divided by √n; ũ = μ + d; y stands for whatever they are multiplied by. */
typedef enum {
    SHY_COLUMN_D,
    SHY_COLUMN_D2,
    SHY_COLUMN_YD,
    SHY_COLUMN_YD2,
    SHY_COLUMN_U,
    SHY_COLUMN_U2,
    SHY_COLUMN_YU,
    SHY_COLUMN_YU2
} shy_column_kind;

enum { SHY_FLAG_BLOCK = 32 }; /* right operands that are tested at a time; rows of tiles are padded to it */

/* One row of a tile against all right operands. */
typedef struct {
    int count;                     /* right operands, a multiple of SHY_FLAG_BLOCK; entries behind the last are 0 */
    const float *plane[5];         /* FULL: Y11, M11, M21, M12, M22. RAW: Σyũũ, Σũũ, Σũ²ũ². LINEAR: M11 */
    shy_operand_columns right;     /* numbers of the right operands */
    float y, fourth, weighted, mu, length, square; /* left */
    float e, each;                 /* ε of ‖a‖·‖b‖; of Σ|a·b|, the sum of the computed terms (FULL) */
    float e2;                      /* what multiplies terms of second order: 1.1 times the square of these, and the rounding of fp32 and of means */
    float reach;                   /* RAW: most that Σyũṽ may be off, divided by √(Σṽ²) */
    float slip;                    /* RAW, LINEAR: most that M11 may be off, divided by √(Σũ²)·√(Σṽ²) */
    float floor, floor_product;    /* the least floor of all forms (RAW: of the linear ones), that of the product */
} shy_flag_row;

/* The same with directions; y of both sides is that of operands made orthogonal to them and of length 1 again. */
typedef struct {
    int count, directions;
    const float *plane[5];          /* FULL: Y11, M11, M21, M12, M22; LINEAR: M11 */
    const float *direction;         /* Σ w q_k d_u d_v at direction + k·direction_stride */
    size_t direction_stride, along_stride;
    shy_operand_columns right;
    float y, fourth, weighted, inverse, lean, leverage;
    const float *along;             /* [directions] Σ w q_k d_u */
    float e, each, root;            /* as above; √K */
    float offset, right_offset;     /* |Σ d| of the left operand; the largest of the right ones */
    float unit;                     /* rounding of sums over the directions */
    float floor;
} shy_metric_row;

typedef enum { SHY_SIGHT_LINEAR, SHY_SIGHT_PRODUCT, SHY_SIGHT_BOTH, SHY_SIGHT_FULL } shy_sight_kind; /* as the tests above; of RAW two */

/* One row of a tile in a sight that leaves a segment out. */
typedef struct {
    shy_sight_kind test;
    int count, segments, left_out, planes;
    const float *plane[5];         /* as above, of the first segment; [planes] */
    size_t stride;                 /* from there to the next segment's */
    const float *response;         /* Σ y d_u d_v, Σ y ũ ṽ of a further response; NULL: plane[0] and level, inverse */
    shy_operand_columns right;
    float times;                   /* n over the number of samples of T */
    float level, inverse;          /* of the response: (y − level)·inverse */
    float y, fourth, weighted, mu, length, square, factor, shift, swell; /* left */
    float e, each, e2, reach, slip; /* as above, before they swell */
    float lift;                    /* FULL: what `each` of sums with the response grows by, as it is centred */
    float rough_p, rough_ab, rough_r, rough_g; /* FULL: coefficients of margins that only e and each go into */
    float floor, floor_product;
} shy_sight_row;

enum { SHY_BOUND_BLOCK = 64 }; /* pairs whose bounds are computed at a time */

/* Numbers of pairs side by side. */
typedef struct {
    int count;
    double e[SHY_BOUND_BLOCK];
    double m11[SHY_BOUND_BLOCK], m12[SHY_BOUND_BLOCK], m21[SHY_BOUND_BLOCK], m22[SHY_BOUND_BLOCK], y11[SHY_BOUND_BLOCK];
    struct {
        double mu[SHY_BOUND_BLOCK], scale[SHY_BOUND_BLOCK], y[SHY_BOUND_BLOCK], fourth[SHY_BOUND_BLOCK], weighted[SHY_BOUND_BLOCK];
    } u, v;
} shy_bound_block;

typedef struct {
    double (*row_sum)(int rows, const double *u);
    double (*row_square)(int rows, const double *u, double mean);
    double (*row_weighted_sum)(int rows, const double *root, const double *u);
    double (*row_weighted_square)(int rows, const double *root, const double *u, double mean);
    /* d := (u − mean)·factor, fp32; partial[SHY_OPERAND_PARTIALS] of (u − mean)/scale. */
    void (*pack)(int rows, const double *u, const double *y, double mean, double scale, double factor, float *d, double *partial);
    void (*pack_weighted)(int rows, const double *u, const double *y, const double *root, double mean, double scale, double factor, float *d,
                          double *partial);
    /* The same of a segment: partial[SHY_SEGMENT_SUMS]. */
    void (*pack_segment)(int rows, const double *u, const double *y, double mean, double scale, double factor, float *d, double *partial);
    /* Of a further response, with weights unless root is NULL: partial[SHY_RESPONSE_SUMS]. */
    void (*respond)(int rows, const double *u, const double *y, const double *root, double mean, double scale, double *partial);
    void (*column)(shy_column_kind kind, int rows, const float *d, const float *y, float mu, float root, float *out);
    /* Rounds to bf16, two bytes each; returns ‖in − out‖²/‖in‖², itself good to 1e-4 of it. */
    double (*narrow)(int rows, const float *in, uint16_t *out);
    double (*narrow_in_place)(int rows, float *values); /* the same, kept as fp32 */
    int (*flag_full)(const shy_flag_row *row, int32_t *index);
    int (*flag_both)(const shy_flag_row *row, int32_t *index);    /* RAW: the product and the linear forms */
    int (*flag_product)(const shy_flag_row *row, int32_t *index); /* RAW: the product alone */
    int (*flag_linear)(const shy_flag_row *row, int32_t *index);
    int (*flag_metric_full)(const shy_metric_row *row, int32_t *index);
    int (*flag_metric_linear)(const shy_metric_row *row, int32_t *index);
    /* The same row of a tile in several sights. */
    void (*flag_sights)(int sights, const shy_sight_row *row, int32_t *const *index, int *found);
    void (*refine)(int rows, const float *du, const float *dv, const float *y, double sum[5]); /* Σ du dv, Σ du dv², Σ du² dv, Σ du² dv², Σ y du dv */
    /* The same with weights; z[i] = √w·du·dv. */
    void (*refine_weighted)(int rows, const float *du, const float *dv, const double *y, const double *root, double sum[5], double *z);
    void (*bound)(const shy_bound_block *block, shy_tile_form form, double *bound);
    double (*exact_sum)(int rows, const double *u);
    double (*exact_dot)(int rows, const double *u, const double *v);
    void (*exact_shift)(int rows, double *u, double shift, double factor);
    void (*exact_subtract)(int rows, double *u, double factor, const double *v);
    int (*extend)(const shy_extension *extension, int first, int last, double least, int32_t *index);
} shy_tile_kernels;

extern const shy_tile_kernels shy_tile_kernels_portable, shy_tile_kernels_avx2, shy_tile_kernels_avx512;

/* Those of shy_isa_get(), chosen at the first call. */
const shy_tile_kernels *shy_tile_kernels_get(void);
/* From now on those of `isa`, which is available: for tests. */
void shy_tile_kernels_use(shy_isa isa);

/* The parts of the table, each in a file of its own. */
double SHY_KERNEL(shy_kernel_row_sum)(int rows, const double *u);
double SHY_KERNEL(shy_kernel_row_square)(int rows, const double *u, double mean);
double SHY_KERNEL(shy_kernel_row_weighted_sum)(int rows, const double *root, const double *u);
double SHY_KERNEL(shy_kernel_row_weighted_square)(int rows, const double *root, const double *u, double mean);
void SHY_KERNEL(shy_kernel_pack_weighted)(int rows, const double *u, const double *y, const double *root, double mean, double scale, double factor,
                                          float *d, double *partial);
void SHY_KERNEL(shy_kernel_pack)(int rows, const double *u, const double *y, double mean, double scale, double factor, float *d, double *partial);
void SHY_KERNEL(shy_kernel_pack_segment)(int rows, const double *u, const double *y, double mean, double scale, double factor, float *d, double *partial);
void SHY_KERNEL(shy_kernel_respond)(int rows, const double *u, const double *y, const double *root, double mean, double scale, double *partial);
void SHY_KERNEL(shy_kernel_column)(shy_column_kind kind, int rows, const float *d, const float *y, float mu, float root, float *out);
double SHY_KERNEL(shy_kernel_narrow)(int rows, const float *in, uint16_t *out);
double SHY_KERNEL(shy_kernel_narrow_in_place)(int rows, float *values);
int SHY_KERNEL(shy_kernel_flag_full)(const shy_flag_row *row, int32_t *index);
int SHY_KERNEL(shy_kernel_flag_both)(const shy_flag_row *row, int32_t *index);
int SHY_KERNEL(shy_kernel_flag_product)(const shy_flag_row *row, int32_t *index);
int SHY_KERNEL(shy_kernel_flag_linear)(const shy_flag_row *row, int32_t *index);
int SHY_KERNEL(shy_kernel_flag_metric_full)(const shy_metric_row *row, int32_t *index);
int SHY_KERNEL(shy_kernel_flag_metric_linear)(const shy_metric_row *row, int32_t *index);
void SHY_KERNEL(shy_kernel_flag_sights)(int sights, const shy_sight_row *row, int32_t *const *index, int *found);
void SHY_KERNEL(shy_kernel_refine_weighted)(int rows, const float *du, const float *dv, const double *y, const double *root, double sum[5], double *z);
void SHY_KERNEL(shy_kernel_refine)(int rows, const float *du, const float *dv, const float *y, double sum[5]);
void SHY_KERNEL(shy_kernel_bound)(const shy_bound_block *block, shy_tile_form form, double *bound);
double SHY_KERNEL(shy_kernel_exact_sum)(int rows, const double *u);
double SHY_KERNEL(shy_kernel_exact_dot)(int rows, const double *u, const double *v);
void SHY_KERNEL(shy_kernel_exact_shift)(int rows, double *u, double shift, double factor);
void SHY_KERNEL(shy_kernel_exact_subtract)(int rows, double *u, double factor, const double *v);
int SHY_KERNEL(shy_kernel_extend)(const shy_extension *extension, int first, int last, double least, int32_t *index);

#endif

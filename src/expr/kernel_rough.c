/* Kernel: operands and sums of many formulas in fp32 (expr.h; the bound is derived in rough.c), and log and exp for screening in fp64. */
#include "shy_config.h"

#include <math.h>

#include "expr/definitions.h"
#include "expr/kernel_range.h"
#include "expr/vector_math.h"

#define LOG(u) vector_logf(u)
#define EXP(u) vector_expf(u)
#define SQRT(u) sqrtf(u)
#define ABS(u) fabsf(u)

/* Floats in a register. Sums are kept in so many lanes by the text below, not by the compiler's choice: the bound counts on it. */
#if defined __AVX512F__
enum { LANES = 16 };
#elif defined __AVX2__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
enum { PARTS = 4, BLOCK = 64 }; /* partial sums that are left of a formula's lanes; formulas whose parts are added together */

#define SIMD _Pragma("omp simd")
#define INLINE static inline __attribute__((always_inline))

/* ---- operands ------------------------------------------------------------------------------------------------------- */

/* No 0 comes from operands that are not: they are not so small. */
#define OPERAND(op, name, arity, expression)                                                                           \
    static bool name##_operand(int rows, const float *us, const float *vs, float *restrict out)                        \
    {                                                                                                                  \
        const float *seconds = arity == 2 ? vs : us;                                                                   \
        SIMD for (int i = 0; i < rows; i++)                                                                            \
        {                                                                                                              \
            const float u = us[i], v = seconds[i];                                                                     \
            (void)v;                                                                                                   \
            out[i] = (expression);                                                                                     \
        }                                                                                                              \
        return shy_within_range(rows, out) || shy_within_range_or_0(rows, out);                                        \
    }
SHY_DEFINITIONS(OPERAND)

static void log_rows(int rows, const double *u, double *restrict out)
{
    SIMD for (int i = 0; i < rows; i++) out[i] = vector_log(u[i]);
}

static void exp_rows(int rows, const double *u, double *restrict out)
{
    SIMD for (int i = 0; i < rows; i++) out[i] = vector_exp(u[i]);
}

/* ---- sums ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    float first[BLOCK][PARTS], second[BLOCK][PARTS], response[BLOCK][PARTS];
} block_parts;

/* Lanes added in halves until PARTS are left. */
INLINE void fold(float *restrict lane, float *restrict part)
{
#if defined __AVX512F__
    float half[LANES / 2];
    SIMD for (int l = 0; l < LANES / 2; l++) half[l] = lane[l] + lane[l + LANES / 2];
    SIMD for (int l = 0; l < PARTS; l++) part[l] = half[l] + half[l + PARTS];
#elif defined __AVX2__
    SIMD for (int l = 0; l < PARTS; l++) part[l] = lane[l] + lane[l + PARTS];
#else
    SIMD for (int l = 0; l < PARTS; l++) part[l] = lane[l];
#endif
}

INLINE void add_parts(int count, const float (*restrict part)[PARTS], double *restrict sum)
{
    SIMD for (int k = 0; k < count; k++)
    {
        sum[k] += ((double)part[k][0] + (double)part[k][1]) + ((double)part[k][2] + (double)part[k][3]);
    }
}

static void add_block(int count, const block_parts *part, const shy_rough_batch *batch, int at)
{
    add_parts(count, part->first, batch->first + at);
    add_parts(count, part->second, batch->second + at);
    add_parts(count, part->response, batch->response + at);
}

#define SUMS(op, name, arity, expression)                                                                              \
    INLINE float name##_of(float u, float v)                                                                           \
    {                                                                                                                  \
        (void)v;                                                                                                       \
        return (expression);                                                                                           \
    }                                                                                                                  \
    INLINE void name##_one(int rows, const float *us, const float *vs, const float *ys, float reference,               \
                           block_parts *part, int k)                                                                   \
    {                                                                                                                  \
        float first[LANES] = {0.0f}, second[LANES] = {0.0f}, response[LANES] = {0.0f};                                 \
        for (int i = 0; i < rows; i += LANES) {                                                                        \
            SIMD for (int l = 0; l < LANES; l++)                                                                       \
            {                                                                                                          \
                const float d = name##_of(us[i + l], vs[i + l]) - reference;                                           \
                first[l] += d;                                                                                         \
                second[l] += d * d;                                                                                    \
                response[l] += d * ys[i + l];                                                                          \
            }                                                                                                          \
        }                                                                                                              \
        fold(first, part->first[k]);                                                                                   \
        fold(second, part->second[k]);                                                                                 \
        fold(response, part->response[k]);                                                                             \
    }                                                                                                                  \
    static void name##_sums(const shy_rough_batch *batch)                                                              \
    {                                                                                                                  \
        block_parts part;                                                                                              \
        for (int at = 0; at < batch->count; at += BLOCK) {                                                             \
            const int count = batch->count - at < BLOCK ? batch->count - at : BLOCK;                                   \
            for (int k = 0; k < count; k++) {                                                                          \
                const float *us = batch->column + (ptrdiff_t)batch->u[at + k] * SHY_ROUGH_STRIDE;                      \
                const float *vs = arity == 2 ? batch->column + (ptrdiff_t)batch->v[at + k] * SHY_ROUGH_STRIDE : us;    \
                name##_one(batch->rows, us, vs, batch->y, batch->reference[at + k], &part, k);                         \
            }                                                                                                          \
            add_block(count, &part, batch, at);                                                                        \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_references(const shy_rough_batch *batch)                                                        \
    {                                                                                                                  \
        const float *last = batch->column + (batch->rows - 1);                                                         \
        SIMD for (int k = 0; k < batch->count; k++)                                                                    \
        {                                                                                                              \
            const float u = last[(ptrdiff_t)batch->u[k] * SHY_ROUGH_STRIDE];                                           \
            const float v = arity == 2 ? last[(ptrdiff_t)batch->v[k] * SHY_ROUGH_STRIDE] : u;                          \
            batch->reference[k] = name##_of(u, v);                                                                     \
        }                                                                                                              \
    }
SHY_DEFINITIONS(SUMS)

/* ---- judgement --------------------------------------------------------------------------------------------------------- */

/* The bound of rough.c, in its notation. Not a number compares as false: uncertain. */
static void judge(const shy_rough_sums *s, uint8_t *restrict verdict)
{
    const double n = s->samples, per_sample = 1.0 / n, m = n + 4.0 * s->padding, epsilon = SHY_ROUGH_EPSILON;
    const double gamma = ((double)SHY_ROUGH_STRIDE / LANES + 4.0) * epsilon, tiny = n * 0x1p-126;
    SIMD for (int k = 0; k < s->count; k++)
    {
        const double first = fabs(s->first[k]), second = s->second[k], spread = 1.5 * second, reference = fabs((double)s->reference[k]);
        const double most_value = reference + sqrt(spread), growth = (double)s->growth[k];
        const double relative = (double)s->relative[k] + growth * (most_value > 1.0 ? most_value : 1.0);
        const double a = relative + 1.0, b = relative * reference + (double)s->absolute[k] + 0x1p-100;
        const double q = sqrt(n * spread), w = epsilon * b * m;
        const double first_error = (epsilon * a + gamma) * q + w;
        const double second_error = (epsilon * a * (2.0 + epsilon * a) + gamma) * spread + (2.0 * q + w) * w * per_sample + tiny;
        const double response_error = (epsilon * (a + 2.0) + gamma) * q + w + tiny;
        const double variance = second * (1.0 - 0x1p-50) - first * first * per_sample;
        const double least = variance - second_error - (2.0 * first + first_error) * first_error * per_sample;
        const double most = fabs(s->response[k]) + response_error;
        const bool sure = (second_error <= 0.25 * second) & (least > 0.0) & (growth * most_value <= growth * 1000.0);
        const bool below = most * most < s->mark[k] * (n * least);
        verdict[k] = (uint8_t)(sure ? (below ? SHY_ROUGH_BELOW : SHY_ROUGH_POSSIBLE) : SHY_ROUGH_UNCERTAIN);
    }
}

#define OPERAND_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_operand,
#define REFERENCES_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_references,
#define SUMS_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_sums,
const shy_rough_kernels SHY_KERNEL(shy_rough_kernels) = {
    .lanes = LANES,
    .log_rows = log_rows,
    .exp_rows = exp_rows,
    .rows = {SHY_DEFINITIONS(OPERAND_ROW)},
    .references = {SHY_DEFINITIONS(REFERENCES_ROW)},
    .sums = {SHY_DEFINITIONS(SUMS_ROW)},
    .judge = judge,
};

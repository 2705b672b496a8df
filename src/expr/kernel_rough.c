/*
 * Kernel: operands and sums of many formulas in fp32 (expr.h; the bound is derived in rough.c), and log and exp for
 * screening in fp64.
 */
#include "shy_config.h"

#include <math.h>

#include "expr/definitions.h"
#include "expr/kernel_range.h"
#include "expr/vector_math.h"

#define LOG(u) vector_logf(u)
#define EXP(u) vector_expf(u)
#define SQRT(u) sqrtf(u)
#define ABS(u) fabsf(u)

/*
 * Floats in a register. Sums are kept in so many lanes by the text below, not by the compiler's choice: the bound
 * counts on it.
 */
#if defined __AVX512F__
enum { LANES = 16, STEP = 16 };
#define TWICE(...)
#elif defined __AVX2__
enum { LANES = 8, STEP = 16 };
#define TWICE(...) __VA_ARGS__ /* two registers for a sum: an addition waits for the one before */
#else
enum { LANES = 4, STEP = 4 };
#define TWICE(...)
#endif
enum {
    PARTS = 4,
    BLOCK = 64
}; /* partial sums that are left of a formula's lanes; formulas whose parts are added together */

#define MARGIN 1.00001f /* more than some dozens of roundings */
#define SIMD _Pragma("omp simd")
#define INLINE static inline __attribute__((always_inline))

/*
 * ---- operands
 * -------------------------------------------------------------------------------------------------------
 */

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

/*
 * ---- sums
 * ------------------------------------------------------------------------------------------------------------
 */

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
        TWICE(float first_2[LANES] = {0.0f}, second_2[LANES] = {0.0f}, response_2[LANES] = {0.0f};)                    \
        int i = 0;                                                                                                     \
        do { /* there are rows: a loop that may end at once would keep the sums in memory */                           \
            SIMD for (int l = 0; l < LANES; l++)                                                                       \
            {                                                                                                          \
                const float d = name##_of(us[i + l], vs[i + l]) - reference;                                           \
                first[l] += d;                                                                                         \
                second[l] += d * d;                                                                                    \
                response[l] += d * ys[i + l];                                                                          \
                TWICE(const int j = i + LANES + l; const float e = name##_of(us[j], vs[j]) - reference;                \
                      first_2[l] += e; second_2[l] += e * e; response_2[l] += e * ys[j];)                              \
            }                                                                                                          \
            i += STEP;                                                                                                 \
        } while (i < rows);                                                                                            \
        TWICE(SIMD for (int l = 0; l < LANES; l++) first[l] += first_2[l], second[l] += second_2[l],                   \
              response[l] += response_2[l];)                                                                           \
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

/*
 * ---- judgement
 * ---------------------------------------------------------------------------------------------------------
 */

/*
 * The bound of rough.c, in its notation; what is computed here is rounded to fp32 too, for which MARGIN is left. Not a
 * number compares as false: uncertain.
 */
static void judge(const shy_rough_sums *s, uint8_t *restrict verdict)
{
    const float n = (float)s->samples, per_sample = 1.0f / n, m = (float)(s->samples + 4.0 * s->padding),
                root = sqrtf(n);
    const float epsilon = (float)SHY_ROUGH_EPSILON * MARGIN, gamma = ((float)SHY_ROUGH_STRIDE / LANES + 4.0f) * epsilon,
                margin = MARGIN;
    SIMD for (int k = 0; k < s->count; k++)
    {
        const float first = fabsf((float)s->first[k]), second = (float)s->second[k], reference = fabsf(s->reference[k]);
        const float length = sqrtf(1.5f * second), most_value = reference + length, growth = s->growth[k];
        const float relative = s->relative[k] + growth * (most_value > 1.0f ? most_value : 1.0f);
        const float a = epsilon * (relative + 1.0f), b = epsilon * (relative * reference + s->absolute[k] + 0x1p-100f);
        const float q = root * length, w = b * m;
        const float first_error = (a + gamma) * q + w;
        const float second_error =
            (a * (2.0f + a) + gamma + 16.0f * epsilon) * 1.5f * second + (2.0f * q + w) * w * per_sample;
        const float response_error = (a + epsilon + gamma) * q + w;
        const float least = second - first * first * per_sample - second_error -
                            (2.0f * first + first_error) * first_error * per_sample;
        const float most = (fabsf((float)s->response[k]) + response_error) * margin;
        const bool sure = (second_error <= 0.25f * second) & (least > 0.0f) & (second > 1e-24f) &
                          (growth * most_value <= growth * 1000.0f);
        const bool below = most * per_sample * most < (float)s->mark[k] * least; /* in this order nothing overflows */
        verdict[k] = (uint8_t)(sure ? (below ? SHY_ROUGH_BELOW : SHY_ROUGH_POSSIBLE) : SHY_ROUGH_UNCERTAIN);
    }
}

#define OPERAND_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_operand,
#define REFERENCES_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_references,
#define SUMS_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_sums,
const shy_rough_kernels SHY_KERNEL(shy_rough_kernels) = {
    .log_rows = log_rows,
    .exp_rows = exp_rows,
    .rows = {SHY_DEFINITIONS(OPERAND_ROW)},
    .references = {SHY_DEFINITIONS(REFERENCES_ROW)},
    .sums = {SHY_DEFINITIONS(SUMS_ROW)},
    .judge = judge,
};

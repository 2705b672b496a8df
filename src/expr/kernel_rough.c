/*
 * Kernel: operands and sums of many formulas in fp32 (expr.h; the bound is derived in rough.c), and log and exp for
 * screening in fp64.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

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

/*
 * ---- sums in a metric, or with further columns: the values are stored, a few formulas at a time
 * ------------------------------------------------------------------
 */

enum { FEW = 8, MANY = 32 }; /* formulas, and columns of which the parts are added together */

typedef struct {
    float value[FEW][SHY_ROUGH_STRIDE];
    float first[FEW][PARTS], second[FEW][PARTS], response[FEW][PARTS];
    float along[FEW][MANY][PARTS];
} few_formulas;

INLINE void weighted_one(int rows, const float *ds, const float *ws, const float *ys, few_formulas *few, int k)
{
    float first[LANES] = {0.0f}, second[LANES] = {0.0f}, response[LANES] = {0.0f};
    int i = 0;
    do {
        SIMD for (int l = 0; l < LANES; l++)
        {
            const float d = ds[i + l], wd = d * ws[i + l];
            first[l] += wd;
            second[l] += wd * d;
            response[l] += d * ys[i + l];
        }
        i += LANES;
    } while (i < rows);
    fold(first, few->first[k]);
    fold(second, few->second[k]);
    fold(response, few->response[k]);
}

/* Two formulas with SHY_ROUGH_COLUMNS columns: as many sums as hide that an addition waits for the one before. */
INLINE void along_two(int rows, const float *ds, const float *es, const float *q, float (*d_part)[PARTS], float (*e_part)[PARTS])
{
    float d0[LANES] = {0.0f}, d1[LANES] = {0.0f}, d2[LANES] = {0.0f}, d3[LANES] = {0.0f};
    float e0[LANES] = {0.0f}, e1[LANES] = {0.0f}, e2[LANES] = {0.0f}, e3[LANES] = {0.0f};
    int i = 0;
    do {
        SIMD for (int l = 0; l < LANES; l++)
        {
            const float d = ds[i + l], e = es[i + l];
            const float q0 = q[i + l], q1 = q[SHY_ROUGH_STRIDE + i + l], q2 = q[2 * SHY_ROUGH_STRIDE + i + l], q3 = q[3 * SHY_ROUGH_STRIDE + i + l];
            d0[l] += d * q0, d1[l] += d * q1, d2[l] += d * q2, d3[l] += d * q3;
            e0[l] += e * q0, e1[l] += e * q1, e2[l] += e * q2, e3[l] += e * q3;
        }
        i += LANES;
    } while (i < rows);
    fold(d0, d_part[0]), fold(d1, d_part[1]), fold(d2, d_part[2]), fold(d3, d_part[3]);
    fold(e0, e_part[0]), fold(e1, e_part[1]), fold(e2, e_part[2]), fold(e3, e_part[3]);
}

/* Columns first … first + columns − 1. Four of them and the values stay in the first-level cache while all formulas meet them. */
static void add_columns(int count, const shy_rough_batch *batch, int at, int first, int columns, few_formulas *few)
{
    for (int q = 0; q < columns; q += SHY_ROUGH_COLUMNS) {
        const float *four = batch->beside + (ptrdiff_t)(first + q) * SHY_ROUGH_STRIDE;
        for (int k = 0; k < count; k += 2) {
            const int other = k + 1 < count ? k + 1 : k;
            along_two(batch->rows, few->value[k], few->value[other], four, &few->along[k][q], &few->along[other][q]);
        }
    }
    for (int k = 0; k < count; k++) add_parts(columns, few->along[k], batch->along + (ptrdiff_t)(at + k) * batch->columns + first);
}

static void add_few(int count, const shy_rough_batch *batch, int at, few_formulas *few)
{
    for (int k = 0; k < count; k++) weighted_one(batch->rows, few->value[k], batch->weight, batch->y, few, k);
    add_parts(count, few->first, batch->first + at);
    add_parts(count, few->second, batch->second + at);
    add_parts(count, few->response, batch->response + at);
    for (int first = 0; first < batch->columns; first += MANY) {
        const int rest = batch->columns - first;
        add_columns(count, batch, at, first, rest < MANY ? rest : MANY, few);
    }
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
    static void name##_metric_sums(const shy_rough_batch *batch)                                                       \
    {                                                                                                                  \
        few_formulas few;                                                                                              \
        for (int at = 0; at < batch->count; at += FEW) {                                                               \
            const int count = batch->count - at < FEW ? batch->count - at : FEW;                                       \
            for (int k = 0; k < count; k++) {                                                                          \
                const float *us = batch->column + (ptrdiff_t)batch->u[at + k] * SHY_ROUGH_STRIDE;                      \
                const float *vs = arity == 2 ? batch->column + (ptrdiff_t)batch->v[at + k] * SHY_ROUGH_STRIDE : us;    \
                const float reference = batch->reference[at + k];                                                      \
                float *restrict out = few.value[k];                                                                    \
                SIMD for (int i = 0; i < batch->rows; i++) out[i] = name##_of(us[i], vs[i]) - reference;               \
            }                                                                                                          \
            add_few(count, batch, at, &few);                                                                           \
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

/* Of some formulas: their sums as they are seen, and what follows from these. */
typedef struct {
    int count;
    double first[BLOCK], second[BLOCK], response[BLOCK];
    float explained[BLOCK], lengths[BLOCK]; /* Σ_k (Σ w q_k D)², Σ_k |Σ w q_k D| */
    float least[BLOCK], error[BLOCK];       /* of variance·n; of a response's sum. No variance is certain: not above 0 */
} seen_block;

/*
 * The bound of rough.c, in its notation; what is computed here is rounded to fp32 too, for which MARGIN is left. Not a
 * number compares as false: no variance is certain.
 */
INLINE void bound_some(const shy_rough_sums *s, int at, bool metric, const double *firsts, const double *seconds, seen_block *block)
{
    const float n = (float)s->samples, per_sample = 1.0f / n, m = (float)(s->samples + 4.0 * s->padding),
                root = sqrtf(n);
    const float epsilon = (float)SHY_ROUGH_EPSILON * MARGIN, more = metric ? 3.0f : 0.0f, subtractions = metric ? 32.0f : 16.0f;
    const float gamma = ((float)SHY_ROUGH_STRIDE / LANES + 4.0f + more) * epsilon, margin = MARGIN, directions = (float)s->directions;
    const float *references = s->reference + at, *relatives = s->relative + at, *absolutes = s->absolute + at, *growths = s->growth + at;
    SIMD for (int k = 0; k < block->count; k++)
    {
        const float first = fabsf((float)firsts[k]), second = (float)seconds[k], reference = fabsf(references[k]);
        const float length = sqrtf(1.5f * second), most_value = reference + length, growth = growths[k];
        const float relative = relatives[k] + growth * (most_value > 1.0f ? most_value : 1.0f);
        const float a = epsilon * (relative + 1.0f), b = epsilon * (relative * reference + absolutes[k] + 0x1p-100f);
        const float q = root * length, w = b * m;
        const float first_error = (a + gamma) * q + w;
        const float second_error =
            (a * (2.0f + a) + gamma + subtractions * epsilon) * 1.5f * second + (2.0f * q + w) * w * per_sample;
        const float response_error = (a + epsilon + gamma) * q + w;
        float least = second - first * first * per_sample - second_error -
                      (2.0f * first + first_error) * first_error * per_sample;
        if (metric)
            least -= (block->explained[k] + (2.0f * block->lengths[k] + directions * response_error) * response_error) * margin * per_sample;
        const bool sure = (second_error <= 0.25f * second) & (second > 1e-24f) & (growth * most_value <= growth * 1000.0f);
        block->least[k] = sure ? least : -1.0f;
        block->error[k] = response_error;
    }
}

/* `stretch`: of the error, where the response is a shifted one. */
INLINE void decide_some(const shy_rough_sums *s, int at, const double *responses, float stretch, const seen_block *block,
                        uint8_t *restrict verdict)
{
    const float per_sample = 1.0f / (float)s->samples, margin = MARGIN;
    const double *marks = s->mark + at;
    SIMD for (int k = 0; k < block->count; k++)
    {
        const float least = block->least[k], most = (fabsf((float)responses[k]) + stretch * block->error[k]) * margin;
        const bool below = most * per_sample * most < (float)marks[k] * least; /* in this order nothing overflows */
        verdict[k] = (uint8_t)(least > 0.0f ? (below ? SHY_ROUGH_BELOW : SHY_ROUGH_POSSIBLE) : SHY_ROUGH_UNCERTAIN);
    }
}

/* What the directions explain. */
static void explain(const shy_rough_sums *s, int at, seen_block *block)
{
    for (int k = 0; k < block->count; k++) {
        const double *along = s->along + (ptrdiff_t)(at + k) * s->columns;
        double square = 0.0, length = 0.0;
        for (int q = 0; q < s->directions; q++) square += along[q] * along[q], length += fabs(along[q]);
        block->explained[k] = (float)square, block->lengths[k] = (float)length;
    }
}

/* out := a + b + c + d, added to what stands there unless they are the first. */
INLINE void add_four(int count, bool first, const double *const from[4], double *restrict out)
{
    const double *a = from[0], *b = from[1], *c = from[2], *d = from[3];
    SIMD for (int k = 0; k < count; k++) out[k] = (first ? 0.0 : out[k]) + ((a[k] + b[k]) + (c[k] + d[k]));
}

/*
 * Sums over the segments that take part: added, as what is left after a subtraction may be rounding. One segment: as they stand. Four at a time,
 * for each read of `out`.
 */
static const double *add_segments(const shy_rough_sums *s, int at, int count, const double *sums, double *restrict out)
{
    static const double none[BLOCK];
    const double *from[4];
    int parts = 0;
    bool first = true;
    if (s->segments <= 1) return sums + at;
    for (int segment = 0; segment < s->segments; segment++) {
        if (segment != s->left_out) from[parts++] = sums + (ptrdiff_t)segment * s->stride + at;
        if ((parts < 4 && segment + 1 < s->segments) || (parts == 0 && !first)) continue;
        while (parts < 4) from[parts++] = none;
        if (first) add_four(count, true, from, out);
        else add_four(count, false, from, out);
        first = false, parts = 0;
    }
    return out;
}

/* Bounds of the next formulas; returns the first of their sums as they are seen. */
static const double *see(const shy_rough_sums *s, int at, seen_block *block)
{
    const int count = block->count = s->count - at < BLOCK ? s->count - at : BLOCK;
    if (s->weighted) explain(s, at, block);
    const double *first = add_segments(s, at, count, s->first, block->first), *second = add_segments(s, at, count, s->second, block->second);
    if (s->weighted) bound_some(s, at, true, first, second, block);
    else bound_some(s, at, false, first, second, block);
    return first;
}

/* Of the response, shifted where it is a shifted one; or of the column that is the response. */
static const double *see_response(const shy_rough_sums *s, int at, const double *first, seen_block *block)
{
    const double scale = s->scale > 0.0 ? 1.0 / s->scale : 1.0, level = s->level;
    const int count = block->count;
    if (s->column > 0) {
        for (int k = 0; k < count; k++) block->response[k] = s->along[(ptrdiff_t)(at + k) * s->columns + s->column - 1];
        return block->response;
    }
    const double *response = add_segments(s, at, count, s->response, block->response);
    if (!(s->scale > 0.0)) return response;
    SIMD for (int k = 0; k < count; k++) block->response[k] = (response[k] - level * first[k]) * scale;
    return block->response;
}

static float stretch_of(const shy_rough_sums *s)
{
    const double lean = s->scale > 0.0 ? fabs(s->level) / s->scale : 0.0;
    return s->column > 0 || lean == 0.0 ? 1.0f : (float)(sqrt(1.0 + lean * lean) + lean) * MARGIN;
}

static void judge(const shy_rough_sums *s, uint8_t *restrict verdict)
{
    seen_block block;
    const float stretch = stretch_of(s);
    for (int at = 0; at < s->count; at += BLOCK) {
        const double *first = see(s, at, &block);
        decide_some(s, at, see_response(s, at, first, &block), stretch, &block, verdict + at);
    }
}

/* Of many responses the largest verdict. */
INLINE uint8_t decide_all(int responses, const double *sum, const double *mark, float per_sample, float least, float error)
{
    const float margin = MARGIN;
    int possible = 0;
    _Pragma("omp simd reduction(+ : possible)") for (int b = 0; b < responses; b++)
    {
        const float most = (fabsf((float)sum[b]) + error) * margin;
        possible += !(most * per_sample * most < (float)mark[b] * least);
    }
    return (uint8_t)(!(least > 0.0f) ? SHY_ROUGH_UNCERTAIN : possible > 0 ? SHY_ROUGH_POSSIBLE : SHY_ROUGH_BELOW);
}

static void judge_columns(const shy_rough_sums *s, const shy_rough_marks *marks, uint8_t *restrict verdict)
{
    seen_block block;
    const float per_sample = 1.0f / (float)s->samples;
    for (int at = 0; at < s->count; at += BLOCK) {
        see(s, at, &block);
        for (int k = 0; k < block.count; k++) {
            const double *sum = s->along + (ptrdiff_t)(at + k) * s->columns + s->column - 1, *mark = marks->mark + (ptrdiff_t)marks->row[at + k] * marks->responses;
            verdict[at + k] = decide_all(marks->responses, sum, mark, per_sample, block.least[k], block.error[k]);
        }
    }
}

#define OPERAND_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_operand,
#define REFERENCES_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_references,
#define SUMS_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_sums,
#define METRIC_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_metric_sums,
const shy_rough_kernels SHY_KERNEL(shy_rough_kernels) = {
    .log_rows = log_rows,
    .exp_rows = exp_rows,
    .rows = {SHY_DEFINITIONS(OPERAND_ROW)},
    .references = {SHY_DEFINITIONS(REFERENCES_ROW)},
    .sums = {SHY_DEFINITIONS(SUMS_ROW)},
    .metric_sums = {SHY_DEFINITIONS(METRIC_ROW)},
    .judge = judge,
    .judge_columns = judge_columns,
};

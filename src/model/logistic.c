/** The sums of logistic regression over one run of rows, written so that a vector unit can follow. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "model_impl.h"
#include "logistic.h"

#define CHUNK 64

/*
 * exp(x) for x <= 0. Not the C library's, which chooses its code, and with it the last bit, by processor; and this one
 * compiles to straight vector code. x = k ln 2 + r, |r| <= ln 2 / 2; exp(r) by its series, whose first term left out is
 * below 4e-18; 2^k by the exponent bits. Relative error below 3e-16.
 */
static inline double exp_of_negative(double x)
{
    static const double shift = 0x1.8p52; /* adding it leaves the nearest whole number in the low bits */
    const double clamped = x < -700.0 ? -700.0 : x;
    const double shifted = clamped * 0x1.71547652b82fep0 + shift;
    const double k = shifted - shift;
    const double r = (clamped - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    uint64_t bits;
    double power, e = 1.0 / 6227020800.0;

    e = e * r + 1.0 / 479001600.0;
    e = e * r + 1.0 / 39916800.0;
    e = e * r + 1.0 / 3628800.0;
    e = e * r + 1.0 / 362880.0;
    e = e * r + 1.0 / 40320.0;
    e = e * r + 1.0 / 5040.0;
    e = e * r + 1.0 / 720.0;
    e = e * r + 1.0 / 120.0;
    e = e * r + 1.0 / 24.0;
    e = e * r + 1.0 / 6.0;
    e = e * r + 0.5;
    e = e * r + 1.0;
    e = e * r + 1.0;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52; /* the low bits hold k modulo 2^12; what is above them is shifted out */
    memcpy(&power, &bits, sizeof power);
    return e * power;
}

struct chunk {
    double eta[CHUNK], y[CHUNK];
    double residual[CHUNK], weight[CHUNK], one_plus[CHUNK], linear[CHUNK], product[CHUNK];
};

/* Everything that is a function of one row: eta and y in, residual p − y, weight p (1 − p), and the parts of the loss out. */
static void rows_of_chunk(struct chunk *c)
{
    for (int i = 0; i < CHUNK; i++) {
        const double e = exp_of_negative(-fabs(c->eta[i])), d = 1.0 + e;
        const double larger = 1.0 / d, smaller = e / d;
        const double p = c->eta[i] >= 0.0 ? larger : smaller;
        c->residual[i] = p - c->y[i];
        c->weight[i] = larger * smaller;
        c->one_plus[i] = d;
        c->linear[i] = (c->eta[i] >= 0.0 ? c->eta[i] : 0.0) - c->y[i] * c->eta[i];
    }
}

static void blank_the_rest(struct chunk *c, int count)
{
    for (int i = count; i < CHUNK; i++) c->residual[i] = c->weight[i] = c->linear[i] = 0.0, c->one_plus[i] = 1.0;
}

/* −log likelihood = sum of max(eta, 0) − y eta + log(1 + exp(−|eta|)); the logarithm is taken once, of the product. */
static double loss_of_chunk(const struct chunk *c)
{
    double product[8];

    for (int l = 0; l < 8; l++) product[l] = c->one_plus[l];
    for (int base = 8; base < CHUNK; base += 8)
        for (int l = 0; l < 8; l++) product[l] *= c->one_plus[base + l];
    for (int l = 1; l < 8; l++) product[0] *= product[l]; /* at most 2^64 */
    return shy_sum(c->linear, CHUNK) + log(product[0]);
}

static void add_chunk(const struct shy_logistic *m, struct chunk *c, int from, int count, double *sums)
{
    double *hessian = sums + SHY_LOGISTIC_HESSIAN;

    sums[SHY_LOGISTIC_LOSS] += loss_of_chunk(c);
    sums[SHY_LOGISTIC_GRADIENT] += shy_sum(c->residual, CHUNK);
    *hessian++ += shy_sum(c->weight, CHUNK);
    for (int k = 0; k < m->rank; k++) {
        const double *q = m->q[k] + from;
        sums[SHY_LOGISTIC_GRADIENT + 1 + k] += shy_dot(c->residual, q, count);
        for (int i = 0; i < count; i++) c->product[i] = c->weight[i] * q[i];
        *hessian++ += shy_sum(c->product, count);
        for (int j = 0; j <= k; j++) *hessian++ += shy_dot(c->product, m->q[j] + from, count);
    }
    for (int i = 0; i < count; i++) {
        sums[SHY_LOGISTIC_WRONG] += (c->y[i] != 0.0 ? c->eta[i] : -c->eta[i]) <= 0.0;
        sums[SHY_LOGISTIC_BRIER] += c->residual[i] * c->residual[i];
    }
}

void shy_logistic_run(void *context, int begin, int end, double *sums)
{
    const struct shy_logistic *m = context;
    struct chunk c;

    memset(sums, 0, SHY_LOGISTIC_SUMS * sizeof *sums);
    for (int from = begin; from < end; from += CHUNK) {
        const int count = end - from < CHUNK ? end - from : CHUNK;
        for (int i = 0; i < count; i++) c.eta[i] = m->beta[0], c.y[i] = m->y[from + i];
        for (int i = count; i < CHUNK; i++) c.eta[i] = c.y[i] = 0.0;
        for (int k = 0; k < m->rank; k++) {
            const double *q = m->q[k] + from, b = m->beta[1 + k];
            for (int i = 0; i < count; i++) c.eta[i] += b * q[i];
        }
        memcpy(m->eta + from, c.eta, (size_t)count * sizeof *c.eta);
        rows_of_chunk(&c);
        blank_the_rest(&c, count);
        add_chunk(m, &c, from, count, sums);
    }
}

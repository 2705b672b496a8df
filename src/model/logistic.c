/** The sums of logistic regression over one run of rows, written so that a vector unit can follow. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "logistic.h"
#include "model_impl.h"

#define CHUNK 256 /* rows whose parts are kept together in the first cache; a multiple of LANES */
#define LANES 8

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

/*
 * Everything that is a function of one row: eta and y in, residual p − y, weight p (1 − p), and the parts of the loss
 * out.
 */
static void rows_of_lanes(struct chunk *c, int at)
{
    for (int i = at; i < at + LANES; i++) {
        const double e = exp_of_negative(-fabs(c->eta[i])), d = 1.0 + e;
        const double larger = 1.0 / d, smaller = e / d;
        const double p = c->eta[i] >= 0.0 ? larger : smaller;
        c->residual[i] = p - c->y[i];
        c->weight[i] = larger * smaller;
        c->one_plus[i] = d;
        c->linear[i] = (c->eta[i] >= 0.0 ? c->eta[i] : 0.0) - c->y[i] * c->eta[i];
    }
}

/* −log likelihood = sum of max(eta, 0) − y eta + log(1 + exp(−|eta|)); the logarithm is taken once, of the product. */
static double loss_of_chunk(const struct chunk *c, int count)
{
    double product[LANES] = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0};
    int base = 0;

    for (; base + LANES <= count; base += LANES)
        for (int l = 0; l < LANES; l++)
            product[l] *= c->one_plus[base + l];
    for (int i = base; i < count; i++)
        product[i - base] *= c->one_plus[i];
    for (int l = 1; l < LANES; l++)
        product[0] *= product[l]; /* at most 2^CHUNK */
    return shy_sum(c->linear, count) + log(product[0]);
}

static void add_chunk(const struct shy_logistic *m, struct chunk *c, int from, int count, double *sums)
{
    double *hessian = sums + SHY_LOGISTIC_HESSIAN;

    sums[SHY_LOGISTIC_LOSS] += loss_of_chunk(c, count);
    sums[SHY_LOGISTIC_GRADIENT] += shy_sum(c->residual, count);
    *hessian++ += shy_sum(c->weight, count);
    for (int k = 0; k < m->rank; k++) {
        const double *q = m->q[k] + from;
        sums[SHY_LOGISTIC_GRADIENT + 1 + k] += shy_dot(c->residual, q, count);
        for (int i = 0; i < count; i++)
            c->product[i] = c->weight[i] * q[i];
        *hessian++ += shy_sum(c->product, count);
        for (int j = 0; j <= k; j++)
            *hessian++ += shy_dot(c->product, m->q[j] + from, count);
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
        for (int i = 0; i < count; i++)
            c.eta[i] = m->beta[0], c.y[i] = m->y[from + i];
        for (int i = count; i % LANES != 0; i++)
            c.eta[i] = c.y[i] = 0.0; /* so that lanes are whole; not summed */
        for (int k = 0; k < m->rank; k++) {
            const double *q = m->q[k] + from, b = m->beta[1 + k];
            for (int i = 0; i < count; i++)
                c.eta[i] += b * q[i];
        }
        memcpy(m->eta + from, c.eta, (size_t)count * sizeof *c.eta);
        for (int at = 0; at < count; at += LANES)
            rows_of_lanes(&c, at);
        add_chunk(m, &c, from, count, sums);
    }
}

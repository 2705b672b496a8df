/* Brier's score, and net benefit: what probabilities are worth. */
#include "shy_config.h"

#include <math.h>

#include "calibrate.h"

static bool counts(const double *probability, const double *weight, size_t i)
{
    return !isnan(probability[i]) && (!weight || weight[i] > 0.0);
}

static double share_of_cases(size_t n, const double *y, const double *probability, const double *weight)
{
    double cases = 0.0, all = 0.0;

    for (size_t i = 0; i < n; i++) {
        if (!counts(probability, weight, i)) continue;
        const double w = weight ? weight[i] : 1.0;
        cases += w * y[i];
        all += w;
    }
    return cases / all;
}

void shy_brier(size_t n, const double *y, const double *probability, const double *weight, double prevalence, double *brier_out, double *null_out)
{
    const double share = isnan(prevalence) ? share_of_cases(n, y, probability, weight) : prevalence;
    double brier = 0.0, null = 0.0, all = 0.0;

    for (size_t i = 0; i < n; i++) {
        if (!counts(probability, weight, i)) continue;
        const double w = weight ? weight[i] : 1.0, error = y[i] - probability[i], rest = y[i] - share;
        brier += w * error * error;
        null += w * rest * rest;
        all += w;
    }
    *brier_out = all > 0.0 ? brier / all : NAN;
    *null_out = all > 0.0 ? null / all : NAN;
}

void shy_net_benefit(size_t n, const double *y, const double *probability, const double *weight, double threshold, double *model_out, double *all_out)
{
    const double price = threshold / (1.0 - threshold);
    double model = 0.0, treated = 0.0, all = 0.0;

    for (size_t i = 0; i < n; i++) {
        if (!counts(probability, weight, i)) continue;
        const double w = weight ? weight[i] : 1.0, gain = w * (y[i] - price * (1.0 - y[i]));
        if (probability[i] >= threshold) model += gain;
        treated += gain;
        all += w;
    }
    *model_out = all > 0.0 ? model / all : NAN;
    *all_out = all > 0.0 ? treated / all : NAN;
}

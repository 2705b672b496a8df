/* Net benefit of treating by a prediction. */
#include "shy_config.h"

#include <math.h>

#include "versus.h"

void shy_net_benefit(size_t n, const double *y, const double *weight, const double *predictor, int thresholds, const double *threshold, double *benefit_out)
{
    for (int k = 0; k < thresholds; k++) {
        double right = 0.0, wrong = 0.0, whole = 0.0;
        const double odds = threshold[k] / (1.0 - threshold[k]);
        for (size_t i = 0; i < n; i++) {
            const double w = weight ? weight[i] : 1.0;
            if (!(w > 0.0) || (predictor && isnan(predictor[i]))) continue;
            whole += w;
            if (predictor && !(1.0 / (1.0 + exp(-predictor[i])) >= threshold[k])) continue;
            if (y[i] > 0.5) right += w;
            else wrong += w;
        }
        benefit_out[k] = whole > 0.0 ? (right - wrong * odds) / whole : NAN;
    }
}

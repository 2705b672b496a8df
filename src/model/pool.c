/* Rubin's rules: what several imputed data sets together say of a number. */
#include "shy_config.h"

#include <math.h>

#include "shihyo/model.h"

/*
 * Rubin, Multiple Imputation for Nonresponse in Surveys, 1987; degrees of freedom for small samples: Barnard and Rubin, Biometrika 86, 1999. The
 * mean deviation is taken from the first estimate, so that sets that agree have no variance between them.
 */
void shy_pool(int sets, const double *estimate, const double *variance, double complete_df, shy_pooled *pooled_out)
{
    const double m = sets;
    double mean = 0.0, within = 0.0, between = 0.0;

    for (int s = 0; s < sets; s++) mean += (estimate[s] - estimate[0]) / m, within += variance[s] / m;
    for (int s = 0; s < sets; s++) {
        const double off = estimate[s] - estimate[0] - mean;
        between += off * off / (m - 1.0);
    }
    const double extra = (1.0 + 1.0 / m) * between, total = within + extra, lambda = total > 0.0 ? extra / total : 0.0;
    const double observed_df = complete_df * (complete_df + 1.0) / (complete_df + 3.0) * (1.0 - lambda);
    const double old_df = (m - 1.0) / (lambda * lambda); /* infinite where nothing differs */
    const double df = isinf(old_df) ? observed_df : old_df * observed_df / (old_df + observed_df);
    const double rise = within > 0.0 ? extra / within : INFINITY;
    *pooled_out = (shy_pooled){.sets = sets,
                               .estimate = estimate[0] + mean,
                               .error = sqrt(total),
                               .within = within,
                               .between = between,
                               .fmi = isinf(rise) ? 1.0 : (rise + 2.0 / (df + 3.0)) / (rise + 1.0),
                               .df = df};
}

void shy_imputed_free(shy_imputed **imputed)
{
    shy_imputed *i = *imputed;

    if (!i) return;
    for (int k = 0; k < SHY_BASIS_MAX; k++) {
        shy_free(&i->term[k].text);
        shy_free(&i->term[k].coefficient);
        shy_free(&i->term[k].error);
    }
    shy_free(imputed);
}

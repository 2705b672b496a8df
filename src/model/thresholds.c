/** The thresholds' part of gradient and Hessian: a row touches the two thresholds of its level only. */
#include "shy_config.h"

#include "glm.h"

/* The level of a row, whose upper threshold has this number and whose lower one the number before. */
static int level_of(const struct shy_glm *g, int row)
{
    return (int)g->outcome->y[row];
}

void shy_glm_cut_gradient(const struct shy_glm *g, int from, int count, double *gradient)
{
    for (int i = from; i < from + count; i++) {
        const int level = level_of(g, i);
        if (level < g->head) gradient[level] += g->cut[SHY_GLM_UPPER][i];
        if (level > 0) gradient[level - 1] += g->cut[SHY_GLM_LOWER][i];
    }
}

void shy_glm_cut_row(const struct shy_glm *g, int t, int from, int count, double *row)
{
    for (int i = from; i < from + count; i++) {
        const int level = level_of(g, i);
        if (level == t) {
            row[t] += g->cut[SHY_GLM_UPPER_UPPER][i];
            if (t > 0) row[t - 1] += g->cut[SHY_GLM_UPPER_LOWER][i];
        } else if (level == t + 1) {
            row[t] += g->cut[SHY_GLM_LOWER_LOWER][i];
        }
    }
}

/* a and b fall with eta as they rise with their thresholds. */
void shy_glm_cut_cross(const struct shy_glm *g, const double *q, int from, int count, double *row)
{
    for (int i = from; i < from + count; i++) {
        const int level = level_of(g, i);
        const double both = g->cut[SHY_GLM_UPPER_LOWER][i];
        if (level < g->head) row[level] -= q[i - from] * (g->cut[SHY_GLM_UPPER_UPPER][i] + both);
        if (level > 0) row[level - 1] -= q[i - from] * (g->cut[SHY_GLM_LOWER_LOWER][i] + both);
    }
}

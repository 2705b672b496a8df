/* Newton's method on a concave log likelihood in a few unknowns. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "recalibrate.h"
#include "shihyo/linalg.h"

#define ITERATIONS 60
#define HALVINGS 40
#define LAST_STEP 1e-9
#define FAR 1e4 /* an unknown beyond this runs to infinity */

/* step := information⁻¹ gradient */
static bool newton_step(int unknowns, const double *gradient, const double *information, double *step)
{
    double a[SHY_CLIMB_MAX * SHY_CLIMB_MAX];

    memcpy(a, information, (size_t)(unknowns * unknowns) * sizeof *a);
    memcpy(step, gradient, (size_t)unknowns * sizeof *step);
    return shy_solve_spd(unknowns, a, step);
}

static bool set_variance(int unknowns, const double *information, double *variance)
{
    double a[SHY_CLIMB_MAX * SHY_CLIMB_MAX], unit[SHY_CLIMB_MAX];

    for (int k = 0; k < unknowns; k++) {
        memcpy(a, information, (size_t)(unknowns * unknowns) * sizeof *a);
        memset(unit, 0, sizeof unit);
        unit[k] = 1.0;
        if (!shy_solve_spd(unknowns, a, unit)) return false;
        variance[k] = unit[k];
    }
    return true;
}

static double longest(int unknowns, const double *x)
{
    double most = 0.0;

    for (int k = 0; k < unknowns; k++)
        most = fmax(most, fabs(x[k]));
    return most;
}

bool shy_climb(int unknowns, shy_climb_likelihood *likelihood, const void *context, double *x, double *variance)
{
    double gradient[SHY_CLIMB_MAX], information[SHY_CLIMB_MAX * SHY_CLIMB_MAX], step[SHY_CLIMB_MAX], next[SHY_CLIMB_MAX];
    double value = likelihood(context, x, gradient, information);

    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        if (!isfinite(value) || longest(unknowns, x) > FAR || !newton_step(unknowns, gradient, information, step)) return false;
        const double length = longest(unknowns, step);
        double part = 1.0, there = -INFINITY;
        for (int halving = 0; halving < HALVINGS; halving++, part *= 0.5) {
            for (int k = 0; k < unknowns; k++)
                next[k] = x[k] + part * step[k];
            there = likelihood(context, next, gradient, information);
            if (there >= value - 1e-13 * (1.0 + fabs(value))) break;
        }
        if (!(there >= value - 1e-13 * (1.0 + fabs(value)))) return false;
        memcpy(x, next, (size_t)unknowns * sizeof *x);
        value = there;
        if (length <= LAST_STEP * (1.0 + longest(unknowns, x))) return set_variance(unknowns, information, variance);
    }
    return false;
}

/** Newton's method on a concave log likelihood in any number of unknowns, on one rank; what has no maximum is told. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "follow.h"

#define MAX_ITERATIONS 80
#define HALVINGS 40
#define SUFFICIENT 1e-4    /* of the rise that the slope promises (Armijo) */
#define DROWNED 1e-13      /* of 1 + |log likelihood|: a rise that rounding hides; the step that promises it is the last */
#define LAST_STEP 1e-7     /* of the longest coefficient: at a maximum the next step is nothing … */
#define SHRINKS 0.1        /* … or far shorter than the one before; where the maximum lies at infinity steps keep their length */
#define RIDGE 1e-8          /* of the largest information at the start: added where the information is of no use */
#define UNINFORMATIVE 1e-12 /* of the events, an unknown's own information; of this, what is left of it given those before it */
#define FLAT_GRADIENT 1e-5  /* of the events: where steps lead nowhere any more, there is nothing left to climb */

shy_status shy_newton_create(int most, struct shy_newton **newton_out)
{
    shy_status st = SHY_OK;
    struct shy_newton *w = NULL;
    const size_t p = (size_t)most;

    SHY_TRY(shy_new(1, sizeof *w, &w));
    SHY_TRY(shy_new(p, sizeof *w->gradient, &w->gradient));
    SHY_TRY(shy_new(p * p, sizeof *w->information, &w->information));
    SHY_TRY(shy_new(p, sizeof *w->step, &w->step));
    SHY_TRY(shy_new(p, sizeof *w->next, &w->next));
    SHY_TRY(shy_new(p * p, sizeof *w->factor, &w->factor));
    SHY_TRY(shy_new(p * p, sizeof *w->covariance, &w->covariance));
    SHY_TRY(shy_new(p, sizeof *w->used, &w->used));
    *newton_out = w, w = NULL;
out:
    shy_newton_destroy(&w);
    return st;
}

void shy_newton_destroy(struct shy_newton **newton)
{
    struct shy_newton *w = *newton;

    if (!w) return;
    shy_free(&w->used);
    shy_free(&w->covariance);
    shy_free(&w->factor);
    shy_free(&w->next);
    shy_free(&w->step);
    shy_free(&w->information);
    shy_free(&w->gradient);
    shy_free(newton);
}

/*
 * factor = Cholesky factor L of the information of the unknowns used, unit rows for the others. With `drop` an unknown whose
 * pivot is rounding is not used from here on; without it that is a failure.
 */
static bool factorise(struct shy_newton *w, bool drop)
{
    const int p = w->unknowns;

    for (int k = 0; k < p; k++) {
        double *row = w->factor + k * p;
        double pivot = w->used[k] ? w->information[k * p + k] : 1.0;
        const double own = pivot;
        for (int j = 0; j < k; j++) {
            row[j] = w->used[k] && w->used[j] ? w->information[k * p + j] : 0.0;
            for (int i = 0; i < j; i++)
                row[j] -= row[i] * w->factor[j * p + i];
            row[j] /= w->factor[j * p + j];
            pivot -= row[j] * row[j];
        }
        if (drop && w->used[k] && !(pivot > UNINFORMATIVE * own && own > UNINFORMATIVE * w->events)) {
            w->used[k] = false;
            memset(row, 0, (size_t)k * sizeof *row);
            pivot = 1.0;
        }
        if (!(pivot > 0.0) || !isfinite(pivot)) return false;
        row[k] = sqrt(pivot);
    }
    return true;
}

/* x = (L L')⁻¹ x */
static void solve(const struct shy_newton *w, double *x)
{
    const int p = w->unknowns;

    for (int k = 0; k < p; k++) {
        for (int j = 0; j < k; j++)
            x[k] -= w->factor[k * p + j] * x[j];
        x[k] /= w->factor[k * p + k];
    }
    for (int k = p - 1; k >= 0; k--) {
        for (int j = k + 1; j < p; j++)
            x[k] -= w->factor[j * p + k] * x[j];
        x[k] /= w->factor[k * p + k];
    }
}

static void evaluate(struct shy_newton *w, const double *beta)
{
    w->likelihood(w->context, beta, &w->value, w->gradient, w->information);
}

static double longest(const struct shy_newton *w, const double *x)
{
    double most = 0.0;

    for (int k = 0; k < w->unknowns; k++)
        most = fmax(most, fabs(x[k]));
    return most;
}

/* step = I⁻¹ g; the rise that a quadratic would have twice over, negative if the information is of no use. */
static double make_step(struct shy_newton *w, bool drop)
{
    double rise = 0.0;

    if (!factorise(w, drop)) {
        if (drop) return -1.0;
        w->flat = true;
        for (int k = 0; k < w->unknowns; k++)
            w->information[k * w->unknowns + k] += w->ridge;
        if (!factorise(w, false)) return -1.0;
    }
    for (int k = 0; k < w->unknowns; k++)
        w->step[k] = w->used[k] ? w->gradient[k] : 0.0;
    solve(w, w->step);
    for (int k = 0; k < w->unknowns; k++)
        rise += w->used[k] ? w->gradient[k] * w->step[k] : 0.0;
    return isfinite(rise) ? rise : -1.0;
}

/* One step, halved until the likelihood rises; a drowned one is taken as it is. False: there is none, beta stays. */
static bool advance(struct shy_newton *w, double *beta, double rise, bool drowned)
{
    const double before = w->value, slack = DROWNED * (1.0 + fabs(before));

    for (int halving = 0; halving <= (drowned ? 0 : HALVINGS); halving++) {
        for (int k = 0; k < w->unknowns; k++)
            w->next[k] = beta[k] + ldexp(w->step[k], -halving);
        evaluate(w, w->next);
        if (isfinite(w->value) && w->value >= before + SUFFICIENT * ldexp(rise, -halving) - (drowned ? 10.0 * slack : 0.0)) {
            memcpy(beta, w->next, (size_t)w->unknowns * sizeof *beta);
            return true;
        }
    }
    evaluate(w, beta);
    return false;
}

/*
 * No step leads further, or there were many. On the way to infinity the information sinks into its rounding before the gradient does, and
 * steps are of any length.
 */
static shy_verdict judge_halt(const struct shy_newton *w, double step, double scale)
{
    if (step <= scale) return SHY_FITTED;
    return longest(w, w->gradient) <= FLAT_GRADIENT * w->events ? SHY_SEPARATED : SHY_DIVERGED;
}

static shy_verdict climb(struct shy_newton *w, double *beta)
{
    double rise, length, scale = 0.0;

    w->flat = false, w->ridge = 0.0;
    for (int k = 0; k < w->unknowns; k++)
        w->ridge = fmax(w->ridge, RIDGE * w->information[k * w->unknowns + k]);
    rise = make_step(w, true), length = longest(w, w->step);
    if (rise < 0.0) return SHY_DIVERGED;
    for (int k = 0; k < MAX_ITERATIONS && rise >= 0.0; k++) {
        const bool drowned = rise <= DROWNED * (1.0 + fabs(w->value));
        scale = LAST_STEP * fmax(1.0, longest(w, beta));
        if (!advance(w, beta, rise, drowned)) return judge_halt(w, length, scale);
        rise = make_step(w, false);
        if (!drowned) {
            length = longest(w, w->step);
            continue;
        }
        if (w->flat) return SHY_SEPARATED; /* the information has vanished on the way to infinity */
        const double next = longest(w, w->step);
        return next <= scale || next <= SHRINKS * length ? SHY_FITTED : SHY_SEPARATED;
    }
    return rise >= 0.0 ? judge_halt(w, length, scale) : SHY_DIVERGED;
}

/* The inverse of the information at the end, if there is one; else NaN. */
static void invert(struct shy_newton *w)
{
    const int p = w->unknowns;
    const bool definite = !w->flat && factorise(w, false);

    for (int k = 0; k < p; k++) {
        for (int j = 0; j < p; j++)
            w->step[j] = j == k && w->used[k];
        if (definite) solve(w, w->step);
        for (int j = 0; j < p; j++)
            w->covariance[k * p + j] = definite ? w->step[j] : NAN;
    }
}

shy_verdict shy_newton_run(struct shy_newton *w, double *beta)
{
    shy_verdict verdict = SHY_DIVERGED;

    w->flat = false;
    evaluate(w, beta);
    if (isfinite(w->value)) verdict = climb(w, beta);
    invert(w);
    return verdict;
}

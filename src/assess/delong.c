/* AUCs of several scores and their covariance, after DeLong et al. 1988, by midranks (Sun and Xu 2014). */
#include "shy_config.h"

#include <math.h>

#include "judged.h"

/* What a score needs: all of it, and each class of it, in order. */
struct work {
    size_t *order, *spare;
    double *all, *own; /* midranks among all, and within the class */
};

static void work_free(struct work *w)
{
    shy_free(&w->order);
    shy_free(&w->spare);
    shy_free(&w->all);
    shy_free(&w->own);
}

static shy_status work_create(size_t n, struct work *w)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new(n, sizeof *w->order, &w->order));
    SHY_TRY(shy_new(n, sizeof *w->spare, &w->spare));
    SHY_TRY(shy_new(n, sizeof *w->all, &w->all));
    SHY_TRY(shy_new(n, sizeof *w->own, &w->own));
out:
    return st;
}

/* Among equal scores each sample has the mean of their ranks; ranks in its class count only those of its class. */
static void rank_samples(size_t n, const double *y, const double *score, struct work *w)
{
    double before[2] = {0.0, 0.0};

    shy_sort_order(score, n, w->order, w->spare);
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        double here[2] = {0.0, 0.0};
        for (end = begin; end < n && score[w->order[end]] == score[w->order[begin]]; end++)
            here[y[w->order[end]] != 0.0] += 1.0;
        for (size_t k = begin; k < end; k++) {
            const int class = y[w->order[k]] != 0.0;
            w->own[w->order[k]] = before[class] + 0.5 * (here[class] + 1.0);
            w->all[w->order[k]] = before[0] + before[1] + 0.5 * (here[0] + here[1] + 1.0);
        }
        before[0] += here[0], before[1] += here[1];
    }
}

static size_t count_cases(size_t n, const double *y)
{
    size_t cases = 0;

    for (size_t i = 0; i < n; i++)
        cases += y[i] != 0.0;
    return cases;
}

shy_status shy_placements(size_t n, const double *y, int scores, const double *const *score, double *placement_out)
{
    shy_status st = SHY_OK;
    struct work w = {NULL, NULL, NULL, NULL};
    const double cases = (double)count_cases(n, y), controls = (double)n - cases;

    SHY_TRY(work_create(n, &w));
    for (int k = 0; k < scores; k++) {
        double *placement = placement_out + (size_t)k * n;
        rank_samples(n, y, score[k], &w);
        for (size_t i = 0; i < n; i++) {
            const double others = w.all[i] - w.own[i]; /* of the other class that it beats, equal ones half */
            placement[i] = y[i] != 0.0 ? others / controls : 1.0 - others / cases;
            if (cases == 0.0 || controls == 0.0) placement[i] = NAN;
        }
    }
out:
    work_free(&w);
    return st;
}

static double class_mean(size_t n, const double *y, const double *placement, bool of_cases)
{
    double sum = 0.0, count = 0.0;

    for (size_t i = 0; i < n; i++)
        if ((y[i] != 0.0) == of_cases) sum += placement[i], count += 1.0;
    return sum / count;
}

/* Of two columns of placements, over one class, divided by the number in it. */
static double class_covariance(size_t n, const double *y, const double *a, const double *b, bool of_cases)
{
    const double mean_a = class_mean(n, y, a, of_cases), mean_b = class_mean(n, y, b, of_cases);
    double sum = 0.0, count = 0.0;

    for (size_t i = 0; i < n; i++)
        if ((y[i] != 0.0) == of_cases) sum += (a[i] - mean_a) * (b[i] - mean_b), count += 1.0;
    return count > 1.0 ? sum / (count - 1.0) / count : NAN;
}

shy_status shy_delong(size_t n, const double *y, int scores, const double *const *score, double *auc_out, double *covariance_out)
{
    shy_status st = SHY_OK;
    double *placement = NULL;

    SHY_TRY(shy_new((size_t)scores * n, sizeof *placement, &placement));
    SHY_TRY(shy_placements(n, y, scores, score, placement));
    for (int k = 0; k < scores; k++) {
        const double *a = placement + (size_t)k * n;
        auc_out[k] = class_mean(n, y, a, true);
        for (int l = 0; covariance_out && l < scores; l++) {
            const double *b = placement + (size_t)l * n;
            covariance_out[k * scores + l] = class_covariance(n, y, a, b, true) + class_covariance(n, y, a, b, false);
        }
    }
out:
    shy_free(&placement);
    return st;
}

/** Measures of a survival model at given times: cumulative/dynamic AUC and Brier's score, weighted for censoring. */
#include "shy_config.h"

#include <math.h>

#include "elementary.h"
#include "follow.h"

static bool lives(const struct shy_follow *f, int i, double t)
{
    return (!f->entry || f->entry[i] < t) && shy_lives_at(f->time[i], f->event[i], t);
}

static bool has_died(const struct shy_follow *f, int i, double t)
{
    return f->event[i] && f->time[i] <= t && (!f->entry || f->entry[i] < t);
}

/* Times of death up to τ, ascending, one per death. Returns their number; τ is found on the way. */
static int list_deaths(struct shy_timed *t, const struct shy_censoring *censoring, double *time, int *order, int *spare)
{
    const struct shy_follow *f = t->follow;
    int deaths = 0, count = 0;

    for (int i = 0; i < f->n; i++)
        if (f->event[i]) t->score[deaths++] = f->time[i];
    shy_order(t->score, deaths, order, spare);
    for (int k = 0; k < deaths; k++) {
        const double at = t->score[order[k]];
        if (k > 0 && at != time[0] && shy_censoring_before(censoring, at) < SHY_TIMED_LEFT) break;
        time[count++] = at;
    }
    t->last = count > 0 ? time[count - 1] : 0.0;
    return count;
}

static bool somebody_lives(const struct shy_follow *f, double time)
{
    for (int i = 0; i < f->n; i++)
        if (lives(f, i, time)) return true;
    return false;
}

/* Quantiles of the deaths: 0, 1/19, 2/19 … 1 for Brier's score, quartiles for the AUC. */
static void choose_times(struct shy_timed *t, const struct shy_censoring *censoring, const double *time, int deaths)
{
    for (int k = 0; k < SHY_BRIER_TIMES && deaths > 0; k++) {
        const double at = time[(int64_t)k * (deaths - 1) / (SHY_BRIER_TIMES - 1)];
        if (t->times > 0 && at == t->time[t->times - 1]) continue;
        t->time[t->times] = at;
        t->alive[t->times++] = 1.0 / shy_censoring_before(censoring, at);
    }
    for (int k = 0; k < SHY_AUC_TIMES && deaths > 0; k++) {
        const double at = time[(int64_t)(k + 1) * (deaths - 1) / (SHY_AUC_TIMES + 1)];
        if ((t->auc_times > 0 && at == t->auc_time[t->auc_times - 1]) || !somebody_lives(t->follow, at)) continue;
        t->auc_time[t->auc_times++] = at;
    }
}

shy_status shy_timed_create(const struct shy_follow *follow, const struct shy_censoring *censoring, struct shy_timed **timed_out)
{
    shy_status st = SHY_OK;
    struct shy_timed *t = NULL;
    double *time = NULL;
    int *order = NULL, *spare = NULL;
    const size_t n = (size_t)follow->n;

    SHY_TRY(shy_new(1, sizeof *t, &t));
    t->follow = follow;
    SHY_TRY(shy_new((size_t)follow->moments, sizeof *t->uno, &t->uno));
    SHY_TRY(shy_new(n, sizeof *t->over, &t->over));
    SHY_TRY(shy_new(n, sizeof *t->score, &t->score));
    SHY_TRY(shy_new(n, sizeof *time, &time));
    SHY_TRY(shy_new(n, sizeof *order, &order));
    SHY_TRY(shy_new(n, sizeof *spare, &spare));
    choose_times(t, censoring, time, list_deaths(t, censoring, time, order, spare));
    for (int m = 0; m < follow->moments; m++) {
        const double before = shy_censoring_before(censoring, follow->moment[m].time);
        t->uno[m] = follow->moment[m].time <= t->last ? 1.0 / (before * before) : 0.0;
    }
    for (int i = 0; i < follow->n; i++) {
        t->total += follow->weight[i];
        t->over[i] = follow->event[i] ? 1.0 / shy_censoring_before(censoring, follow->time[i]) : 0.0;
    }
    *timed_out = t, t = NULL;
out:
    shy_free(&spare);
    shy_free(&order);
    shy_free(&time);
    shy_timed_destroy(&t);
    return st;
}

void shy_timed_destroy(struct shy_timed **timed)
{
    struct shy_timed *t = *timed;

    if (!t) return;
    shy_free(&t->score);
    shy_free(&t->over);
    shy_free(&t->uno);
    shy_free(timed);
}

/* Those with equal risks are met together; `below` are the living with lower risks. */
static double auc_at(const struct shy_timed *t, const double *risk, const int *order, double time)
{
    const struct shy_follow *f = t->follow;
    double won = 0.0, below = 0.0, dead = 0.0;

    for (int begin = 0, end; begin < f->n; begin = end) {
        double alive_here = 0.0, dead_here = 0.0;
        for (end = begin; end < f->n && risk[order[end]] == risk[order[begin]]; end++) {
            const int i = order[end];
            if (lives(f, i, time))
                alive_here += f->weight[i];
            else if (has_died(f, i, time))
                dead_here += f->weight[i] * t->over[i];
        }
        won += dead_here * (below + 0.5 * alive_here);
        below += alive_here, dead += dead_here;
    }
    return fmin(won / (below * dead), 1.0); /* both are rounded */
}

double shy_timed_auc(const struct shy_timed *t, const double *eta, const double *baseline,
                     const struct shy_concordance_space *space)
{
    const struct shy_follow *f = t->follow;
    const double *risk = eta;
    double sum = 0.0;

    if (t->auc_times == 0) return 0.5;
    if (!baseline) shy_order(eta, f->n, space->order, space->spare);
    for (int k = 0; k < t->auc_times; k++) {
        for (int s = 0; baseline && s < f->strata; s++) {
            const double level = shy_ln(baseline[s * t->auc_times + k]); /* −∞ where nobody has died by then */
            for (int i = f->start[s]; i < f->start[s + 1]; i++)
                t->score[i] = level + eta[i];
        }
        if (baseline) risk = t->score, shy_order(risk, f->n, space->order, space->spare);
        sum += auc_at(t, risk, space->order, t->auc_time[k]);
    }
    return sum / t->auc_times;
}

static double brier_at(const struct shy_timed *t, const double *eta, const double *baseline, int k)
{
    const struct shy_follow *f = t->follow;
    double sum = 0.0;

    for (int s = 0; s < f->strata; s++) {
        const double hazard = baseline[s * t->times + k];
        for (int i = f->start[s]; i < f->start[s + 1]; i++) {
            const bool alive = lives(f, i, t->time[k]);
            if (!alive && !has_died(f, i, t->time[k])) continue;
            const double survival = shy_exp(-hazard * shy_exp(eta[i])), error = alive ? 1.0 - survival : survival;
            sum += f->weight[i] * (alive ? t->alive[k] : t->over[i]) * error * error;
        }
    }
    return sum / t->total;
}

double shy_timed_brier(const struct shy_timed *t, const double *eta, const double *baseline)
{
    double area = 0.0, before = 0.0;

    for (int k = 0; k < t->times; k++) {
        const double here = brier_at(t, eta, baseline, k);
        if (k > 0) area += 0.5 * (before + here) * (t->time[k] - t->time[k - 1]);
        before = here;
    }
    return t->times < 2 ? before : area / (t->time[t->times - 1] - t->time[0]);
}

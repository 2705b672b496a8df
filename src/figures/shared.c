/* shared.c: what the formulas of a target have in common: the outcome of all samples, round times, means of covariates. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "figures_impl.h"

#define LEAST 10 /* with the event, and followed on, at a time that is looked at */

bool shy_takes_part(const shy_truth *truth, size_t i)
{
    return truth->weight == NULL || truth->weight[i] > 0.0;
}

/* ---- round times -------------------------------------------------------------------------------------------------------------- */

/* 1, 2, 2.5 or 5 times a power of ten, not below x. */
static double round_up(double x)
{
    static const double steps[] = {1.0, 2.0, 2.5, 5.0, 10.0};
    const double power = pow(10.0, floor(log10(x)));

    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
        if (steps[k] * power >= x * (1.0 - 1e-12)) return steps[k] * power;
    return 10.0 * power;
}

static void count_at(const shy_truth *truth, double time, int64_t *dead_out, int64_t *alive_out)
{
    int64_t dead = 0, alive = 0;

    for (size_t i = 0; i < truth->n; i++) {
        if (!shy_takes_part(truth, i)) continue;
        dead += truth->time[i] <= time && truth->y[i] > 0.0;
        alive += truth->time[i] > time;
    }
    *dead_out = dead, *alive_out = alive;
}

static void offer_time(struct shy_figures_shared *s, int64_t least, double time)
{
    int64_t dead, alive;
    int k = s->times;

    if (s->times == SHY_TIMES_MOST) return;
    for (int j = 0; j < s->times; j++)
        if (s->time[j] == time) return;
    count_at(&s->truth, time, &dead, &alive);
    if (dead < least || alive < least) return;
    for (; k > 0 && s->time[k - 1] > time; k--) s->time[k] = s->time[k - 1];
    s->time[k] = time;
    s->times++;
}

/* Horizons of the run, and about eight round times. */
static void choose_times(const shy_figures_input *input, struct shy_figures_shared *s)
{
    const int64_t least = input->sdc->threshold > LEAST ? input->sdc->threshold : LEAST;
    double last = 0.0;

    for (size_t i = 0; i < s->truth.n; i++)
        if (shy_takes_part(&s->truth, i)) last = fmax(last, s->truth.time[i]);
    if (!(last > 0.0)) return;
    for (int t = 0; t < input->problem->targets; t++)
        if (input->problem->target[t].horizon > 0.0) offer_time(s, least, input->problem->target[t].horizon);
    const double step = round_up(last / 10.0);
    for (int k = 1; k <= 10; k++) offer_time(s, least, k * step);
}

/* The middle horizon of the run, or else the middle of the times. */
static void choose_at(const shy_figures_input *input, struct shy_figures_shared *s)
{
    double horizon[SHY_TIMES_MOST];
    int count = 0;

    s->at = s->times > 0 ? (s->times - 1) / 2 : -1;
    for (int k = 0; k < s->times; k++)
        for (int t = 0; t < input->problem->targets; t++)
            if (input->problem->target[t].horizon == s->time[k] && count < SHY_TIMES_MOST) {
                horizon[count++] = s->time[k];
                break;
            }
    for (int k = 0; k < s->times && count > 0; k++)
        if (s->time[k] == horizon[(count - 1) / 2]) s->at = k;
}

static shy_status weigh_times(struct shy_figures_shared *s)
{
    shy_status st = SHY_OK;
    const shy_truth *truth = &s->truth;
    const shy_followed followed = {.n = truth->n, .time = truth->time, .event = truth->y, .entry = truth->entry, .weight = truth->weight};

    for (int k = 0; k < s->times; k++) {
        SHY_TRY(shy_new(truth->n, sizeof *s->dead[k], &s->dead[k]));
        SHY_TRY(shy_new(truth->n, sizeof *s->weight[k], &s->weight[k]));
        SHY_TRY(shy_followed_horizon(&followed, s->time[k], s->dead[k], s->weight[k]));
        for (size_t i = 0; truth->weight != NULL && i < truth->n; i++) s->weight[k][i] *= truth->weight[i];
    }
out:
    return st;
}

/* ---- covariates ------------------------------------------------------------------------------------------------------------------ */

static void find_means(const shy_finished *f, const shy_truth *truth, double *mean)
{
    for (int k = 0; k < f->covariates; k++) {
        const double *value = f->covariate[k].value;
        double sum = 0.0, all = 0.0;
        for (size_t i = 0; value != NULL && i < truth->n; i++)
            if (shy_takes_part(truth, i) && !isnan(value[i])) sum += value[i], all += 1.0;
        mean[k] = all > 0.0 ? sum / all : 0.0;
    }
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------- */

static void shared_free(const shy_finished *f, struct shy_figures_shared *s)
{
    shy_truth_free(&s->truth);
    shy_outcome_destroy(&s->outcome);
    shy_free(&s->covariate);
    for (int k = 0; s->axis != NULL && k < f->factors; k++) shy_axis_free(&s->axis[k]);
    shy_free(&s->axis);
    for (int k = 0; k < SHY_TIMES_MOST; k++) {
        shy_free(&s->dead[k]);
        shy_free(&s->weight[k]);
    }
}

shy_status shy_figures_prepare(shy_figures_input *input)
{
    shy_status st = SHY_OK;
    const shy_finished *f = input->finished;
    struct shy_figures_shared *s = NULL;

    SHY_TRY(shy_new(1, sizeof *s, &s));
    input->shared = s;
    s->kind = shy_judge_of(input->problem->ops);
    s->at = -1;
    SHY_TRY(shy_truth_gather(input->problem, &s->truth));
    SHY_TRY(shy_new((size_t)f->covariates, sizeof *s->covariate, &s->covariate));
    SHY_TRY(shy_new((size_t)f->factors, sizeof *s->axis, &s->axis));
    find_means(f, &s->truth, s->covariate);
    if (s->kind != SHY_JUDGE_SURVIVAL) goto out;
    choose_times(input, s);
    choose_at(input, s);
    SHY_TRY(weigh_times(s));
out:
    if (st != SHY_OK) shy_figures_release(input);
    return st;
}

shy_status shy_figures_outcome(const shy_figures_input *input, shy_outcome **outcome_out)
{
    shy_status st = SHY_OK;

    if (input->shared->outcome == NULL) {
        SHY_TRY(shy_problem_outcome(input->problem, &input->shared->outcome));
        shy_outcome_measure_first(input->shared->outcome); /* pairs are chosen by it; intervals need none */
    }
    *outcome_out = input->shared->outcome;
out:
    return st;
}

void shy_figures_release(shy_figures_input *input)
{
    if (input->shared != NULL) shared_free(input->finished, input->shared);
    shy_free(&input->shared);
}

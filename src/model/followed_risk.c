/** Follow-up on arrays of one rank: its types, and the chance of the event by a time. */
#include "shy_config.h"

#include <math.h>

#include "followed.h"

void shy_plain_release(struct shy_plain *p)
{
    shy_free(&p->one);
    shy_free(&p->stratum);
}

shy_status shy_plain_take(const shy_followed *d, struct shy_plain *plain_out)
{
    shy_status st = SHY_OK;
    struct shy_plain p = {.one = NULL};

    if (d->n > INT32_MAX) return shy_fail(SHY_INPUT, "statistics of more than 2,147,483,647 samples");
    p.data = (struct shy_follow_data){.n = (int)d->n, .time = d->time, .event = d->event, .entry = d->time ? d->entry : NULL, .weight = d->weight};
    if (!d->time) {
        SHY_TRY(shy_new(d->n, sizeof *p.one, &p.one));
        for (size_t i = 0; i < d->n; i++)
            p.one[i] = 1.0;
        p.data.time = p.one;
    }
    if (d->stratum) {
        SHY_TRY(shy_new(d->n, sizeof *p.stratum, &p.stratum));
        for (size_t i = 0; i < d->n; i++)
            p.stratum[i] = (int)d->stratum[i];
        p.data.stratum = p.stratum;
    }
    *plain_out = p;
    return st;
out:
    shy_plain_release(&p);
    return st;
}

/* ---- the chance of the event ---------------------------------------------------------------------------------------- */

/* hazard[stratum] up to `time`, of eta = top. Moments go from the last time to the first. */
static void add_hazards(const struct shy_follow *f, const double *eta, double top, double time, double *hazard)
{
    for (int s = 0, m = 0; s < f->strata; s++) {
        double risk = 0.0;
        int left = f->start[s];
        for (; m < f->moment_start[s + 1]; m++) {
            const struct shy_moment *at = &f->moment[m];
            double dead = 0.0;
            for (int p = at->begin; p < at->end; p++) risk += f->weight[p] * exp(eta[f->sample[p]] - top);
            for (; f->leaving && left < at->left; left++) risk -= f->weight[f->leaving[left]] * exp(eta[f->sample[f->leaving[left]]] - top);
            for (int p = at->deaths; p < at->end; p++) dead += f->weight[p];
            if (at->time <= time) hazard[s] += dead / risk;
        }
    }
}

/* A sample that takes part shows which stratum a number is: those of the data need not all occur. */
static void name_strata(const struct shy_plain *plain, const struct shy_follow *f, const double *hazard, double *of_number)
{
    for (int s = 0; s < f->strata; s++) of_number[plain->stratum ? plain->stratum[f->sample[f->start[s]]] : 0] = hazard[s];
}

shy_status shy_followed_risk(const shy_followed *data, const double *eta, double time, double *risk_out)
{
    shy_status st = SHY_OK;
    struct shy_plain plain = {.one = NULL};
    struct shy_follow *f = NULL;
    double *hazard = NULL, *of_number = NULL, top = -INFINITY;
    int numbers = 1;

    SHY_TRY(shy_plain_take(data, &plain));
    SHY_TRY(shy_follow_create(&plain.data, &f));
    for (int i = 0; plain.stratum && i < plain.data.n; i++)
        if (plain.stratum[i] >= numbers) numbers = plain.stratum[i] + 1;
    SHY_TRY(shy_new((size_t)f->strata, sizeof *hazard, &hazard));
    SHY_TRY(shy_new((size_t)numbers, sizeof *of_number, &of_number));
    for (int p = 0; p < f->n; p++) top = fmax(top, eta[f->sample[p]]);
    add_hazards(f, eta, top, time, hazard);
    name_strata(&plain, f, hazard, of_number);
    for (int i = 0; i < plain.data.n; i++) risk_out[i] = -expm1(-of_number[plain.stratum ? plain.stratum[i] : 0] * exp(eta[i] - top));
out:
    shy_free(&hazard);
    shy_free(&of_number);
    shy_follow_destroy(&f);
    shy_plain_release(&plain);
    return st;
}

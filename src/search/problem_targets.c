/** Targets: what is to be explained, one by one, from columns that they share. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"

#define LEVELS_MOST 20
#define RARE_SHARE 0.05
#define RARE_COUNT 10.0

static bool is_kind(const struct shy_loading *l, const char *kind)
{
    return strcmp(l->problem->ops->name, kind) == 0;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static shy_status describe(const struct shy_loading *l, shy_target *t, const struct shy_part *part, const char *name)
{
    shy_status st = SHY_OK;
    const shy_column column = shy_cohort_column(l->cohort, part->column);
    const bool number = part->role == SHY_ROLE_OUTCOME && !l->problem->ops->codes_levels && column.unit;

    t->ops = l->problem->ops;
    SHY_TRY(shy_string_copy(name, &t->name));
    SHY_TRY(shy_string_copy(column.name, &t->outcome));
    SHY_TRY(shy_string_copy(number ? column.unit : "", &t->unit));
out:
    return st;
}

/* A horizon is a binary outcome: an event until then or not. */
static shy_status describe_horizon(const struct shy_loading *l, shy_target *t, const char *text)
{
    shy_status st = SHY_OK;
    const shy_column time = shy_cohort_column(l->cohort, shy_loading_role(l, SHY_ROLE_TIME, 0)->column);
    char name[48];

    SHY_TRY(shy_horizon_parse(text, &time, &t->horizon, name));
    for (const shy_target *other = l->problem->target; other < t; other++)
        if (other->horizon == t->horizon)
            SHY_TRY(shy_fail(SHY_INPUT, "outcome.horizons holds the same time twice, as \"%s\" and as \"%s\".",
                             other->name, text));
    t->ops = shy_outcome_find("binary");
    SHY_TRY(shy_string_copy(name, &t->name));
    SHY_TRY(shy_string_format(&t->outcome, "%s within %s", l->label, name));
    SHY_TRY(shy_string_copy("", &t->unit));
out:
    return st;
}

static shy_status describe_survival(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    const int horizons = l->options->horizons_count;
    const shy_column time = shy_cohort_column(l->cohort, shy_loading_role(l, SHY_ROLE_TIME, 0)->column);

    SHY_TRY(shy_string_copy(time.name, &p->time));
    SHY_TRY(shy_string_copy(time.unit ? time.unit : "", &p->time_unit));
    SHY_TRY(describe(l, &p->target[0], shy_loading_role(l, SHY_ROLE_EVENT, 0), horizons > 0 ? "all" : ""));
    for (int k = 0; k < horizons; k++)
        SHY_TRY(describe_horizon(l, &p->target[1 + k], l->options->horizons[k]));
out:
    return st;
}

static shy_status describe_outcomes(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;

    for (int k = 0; k < p->targets; k++) {
        const struct shy_part *part = shy_loading_role(l, SHY_ROLE_OUTCOME, k);
        SHY_TRY(
            describe(l, &p->target[k], part, p->targets > 1 ? shy_cohort_column(l->cohort, part->column).name : ""));
    }
out:
    return st;
}

shy_status shy_loading_name_targets(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    const bool timed = p->ops->needs_time;
    const int targets = timed ? 1 + l->options->horizons_count : shy_loading_roles_count(l, SHY_ROLE_OUTCOME);

    SHY_TRY(shy_new((size_t)targets, sizeof *p->target, &p->target));
    p->targets = targets;
    SHY_TRY(shy_new(1, sizeof *p->design, &p->design));
    if (timed)
        SHY_TRY(describe_survival(l));
    else
        SHY_TRY(describe_outcomes(l));
    shy_problem_aim(p, 0);
out:
    return st;
}

void shy_problem_aim(shy_problem *p, int target)
{
    const shy_target *t = &p->target[target];

    p->aim = target;
    p->outcome = t->outcome, p->outcome_unit = t->unit, p->positive = t->positive;
    p->ops = t->ops;
    p->data = t->data;
    p->y = (double *)(uintptr_t)t->data.y; /* owned by the target or the design */
}

/* ---- what all targets share ------------------------------------------------------------------------------------ */

/* The column of a role over my samples; nothing if there is none. Collective over the world. */
static shy_status read_role(struct shy_loading *l, enum shy_role role, double **values_out)
{
    shy_status st = SHY_OK;
    const struct shy_part *part = shy_loading_role(l, role, 0);

    if (!part) return SHY_OK;
    SHY_TRY_ALL(l->team, shy_new((size_t)l->problem->rows.rows, sizeof **values_out, values_out));
    SHY_TRY(shy_loading_values(l, part->column, *values_out));
    if (role == SHY_ROLE_EVENT) shy_part_code(part, *values_out, l->problem->rows.rows);
out:
    return st;
}

static shy_status read_design(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    struct shy_design *d = l->problem->design;

    SHY_TRY(read_role(l, SHY_ROLE_TIME, &d->time));
    SHY_TRY(read_role(l, SHY_ROLE_EVENT, &d->event));
    SHY_TRY(read_role(l, SHY_ROLE_ENTRY, &d->entry));
    SHY_TRY(read_role(l, SHY_ROLE_EXPOSURE, &d->exposure));
    SHY_TRY(read_role(l, SHY_ROLE_WEIGHT, &d->weight));
    if (shy_loading_role(l, SHY_ROLE_STRATUM, 0)) SHY_TRY(shy_loading_strata(l, SHY_ROLE_STRATUM));
    if (shy_loading_role(l, SHY_ROLE_SET, 0)) SHY_TRY(shy_loading_strata(l, SHY_ROLE_SET));
    SHY_TRY(shy_loading_covariates(l));
out:
    return st;
}

static void share_design(const struct shy_loading *l, shy_target *t)
{
    const struct shy_design *d = l->problem->design;

    t->data = (shy_outcome_data){.column = t->outcome,
                                 .weight = d->weight,
                                 .exposure = d->exposure,
                                 .covariates = d->covariates,
                                 .covariate = (const double *const *)d->covariate,
                                 .covariate_name = (const char *const *)d->covariate_name,
                                 .interaction = d->interaction};
    if (t->ops->needs_time) t->data.y = d->event, t->data.time = d->time, t->data.entry = d->entry;
    if (t->ops == l->problem->ops) t->data.stratum = d->stratum, t->data.strata = d->strata;
}

/* ---- one target ------------------------------------------------------------------------------------------------ */

/* Levels are numbered as they occur among the samples: the model has no place for others. Collective over the group. */
static shy_status code_ordinal(struct shy_loading *l, shy_target *t, const struct shy_part *part)
{
    shy_status st = SHY_OK;
    const shy_column about = shy_cohort_column(l->cohort, part->column);
    double *level = NULL;
    char first[32], last[32];

    SHY_TRY(shy_rank_values(&l->problem->rows, t->y, &level, &t->data.levels));
    if (t->data.levels < 2)
        SHY_TRY(shy_fail(SHY_INPUT,
                         "outcome \"%s\" is constant: it is %s in all samples of %s in use. Choose another outcome or "
                         "other samples.",
                         t->outcome, t->data.levels > 0 ? shy_value_name(&about, level[0], first) : "missing",
                         l->place));
    if (t->data.levels > LEVELS_MOST)
        SHY_TRY(shy_fail(SHY_INPUT,
                         "outcome \"%s\" has %d levels among the samples of %s; an ordinal outcome has at most %d. "
                         "Group them, or use kind continuous.",
                         t->outcome, t->data.levels, l->place, LEVELS_MOST));
    SHY_TRY(shy_group_agree(
        l->team,
        shy_problem_note(
            l->problem, "The outcome %s has %d levels, from %s (lowest) to %s (highest)%s.", t->outcome, t->data.levels,
            shy_value_name(&about, level[0], first), shy_value_name(&about, level[t->data.levels - 1], last),
            about.levels > 0 ? ", in the order of the column's levels: that of the schema, else alphabetical" : "")));
out:
    shy_free(&level);
    return st;
}

/* A sample that lacks this outcome and has another has the weight 0 here. */
static shy_status weigh_present(struct shy_loading *l, shy_target *t, bool *lacking)
{
    shy_status st = SHY_OK;
    const double *weight = l->problem->design->weight;
    const int rows = l->problem->rows.rows;

    *lacking = false;
    for (int i = 0; i < rows; i++)
        *lacking = *lacking || isnan(t->y[i]);
    if (l->problem->targets == 1) return SHY_OK;
    SHY_TRY(shy_new((size_t)rows, sizeof *t->weight, &t->weight));
    for (int i = 0; i < rows; i++) {
        t->weight[i] = isnan(t->y[i]) ? 0.0 : weight ? weight[i] : 1.0;
        if (isnan(t->y[i])) t->y[i] = 0.0;
    }
out:
    return st;
}

static shy_status make_outcome(struct shy_loading *l, int k)
{
    shy_status st = SHY_OK;
    shy_target *t = &l->problem->target[k];
    const struct shy_part *part = shy_loading_role(l, SHY_ROLE_OUTCOME, k);
    const int rows = l->problem->rows.rows;
    bool lacking = false;
    double any;

    SHY_TRY_ALL(l->team, shy_new((size_t)rows, sizeof *t->y, &t->y));
    SHY_TRY(shy_loading_values(l, part->column, t->y));
    t->data.y = t->y;
    if (t->ops->codes_levels) shy_part_code(part, t->y, rows);
    if (is_kind(l, "ordinal")) SHY_TRY_ALL(l->team, code_ordinal(l, t, part));
    SHY_TRY_ALL(l->team, weigh_present(l, t, &lacking));
    any = lacking;
    SHY_TRY(shy_group_maximum(l->team, &any, 1));
    if (any > 0.0) t->data.weight = t->weight;
out:
    return st;
}

/* ---- verdicts -------------------------------------------------------------------------------------------------- */

/* Samples of weight > 0, and those of them with y = 1. Collective over the group. */
static void count_samples(const struct shy_loading *l, shy_target *t, double *ones)
{
    double count[2] = {0.0};

    for (int i = 0; i < l->problem->rows.rows; i++) {
        if (t->data.weight && t->data.weight[i] == 0.0) continue;
        count[0] += 1.0;
        count[1] += t->data.y[i] == 1.0;
    }
    (void)shy_group_sum(l->team, count, 2);
    t->samples = (uint64_t)count[0];
    *ones = count[1];
}

static shy_status judge_samples(const struct shy_loading *l, const shy_target *t, double ones)
{
    const struct shy_part *event = shy_loading_role(l, SHY_ROLE_EVENT, 0),
                          *weight = shy_loading_role(l, SHY_ROLE_WEIGHT, 0);
    char samples[32];

    shy_text_thousands(l->samples, samples);
    if (t->samples == 0 && weight)
        return shy_fail(
            SHY_INPUT,
            "case weight \"%s\" is 0 in all %s samples of %s in use; choose another column or other samples.",
            shy_cohort_column(l->cohort, weight->column).name, samples, l->place);
    if (t->samples < SHY_SAMPLES_LEAST)
        return shy_fail(
            SHY_INPUT,
            "only %llu of %s samples of %s have a weight above 0 and the outcome \"%s\"; at least %d are needed.",
            (unsigned long long)t->samples, samples, l->place, t->outcome, SHY_SAMPLES_LEAST);
    if (t->ops->needs_time && ones == 0.0)
        return shy_fail(SHY_INPUT,
                        "there are no events: \"%s\" is not %s in any of the %llu samples of %s in use. Choose another "
                        "outcome.event, the value that counts "
                        "in outcome.positive, or other samples.",
                        t->outcome, event->positive ? event->positive : "1", (unsigned long long)t->samples, l->place);
    return SHY_OK;
}

/* Few cases carry few constants: who reads the results should know. */
static shy_status note_balance(const struct shy_loading *l, const shy_target *t, double ones)
{
    const double all = (double)t->samples, rarer = t->ops->needs_time ? ones : fmin(ones, all - ones);
    char cases[32], samples[32];

    if (!t->ops->needs_time && !t->ops->codes_levels) return SHY_OK;
    if (rarer == 0.0 || (rarer >= RARE_COUNT && rarer >= RARE_SHARE * all)) return SHY_OK;
    shy_text_thousands((uint64_t)rarer, cases), shy_text_thousands(t->samples, samples);
    return shy_problem_note(l->problem,
                            "Only %s of %s samples %s (%s, %.2g %%): so few support only simple formulas, and chance "
                            "finds some that look good.",
                            cases, samples,
                            t->ops->needs_time   ? "have the event"
                            : ones <= all - ones ? "are positive"
                                                 : "are negative",
                            t->outcome, 100.0 * rarer / all);
}

static shy_status note_events(const struct shy_loading *l, const shy_target *t, double ones)
{
    const bool coded = t->positive && strcmp(t->positive, "1") != 0;
    char events[32], samples[32];

    if (!t->ops->needs_time) return SHY_OK;
    return shy_problem_note(l->problem, "%s of %s samples have the event %s%s%s; the others are censored.",
                            shy_text_thousands((uint64_t)ones, events), shy_text_thousands(t->samples, samples),
                            t->outcome, coded ? " == " : "", coded ? t->positive : "");
}

/* Of several outcomes: who takes part in which. */
static shy_status note_share(const struct shy_loading *l, const shy_target *t)
{
    char samples[32], all[32];

    if (t->samples == l->samples || t->horizon > 0.0) return SHY_OK; /* a horizon says so itself */
    return shy_problem_note(l->problem,
                            "%s of %s samples take part in the search for %s; the others have a weight of 0 there.",
                            shy_text_thousands(t->samples, samples), shy_text_thousands(l->samples, all), t->outcome);
}

static shy_status note_outcome(struct shy_loading *l, const shy_target *t, const shy_outcome *outcome)
{
    shy_status st = SHY_OK;
    int count = 0;
    const char *const *notes = shy_outcome_notes(outcome, &count);

    for (int k = 0; k < count; k++) {
        const bool several = l->problem->targets > 1;
        SHY_TRY(shy_problem_note(l->problem, "%s%s%s", several ? t->name : "", several ? ": " : "", notes[k]));
    }
out:
    return st;
}

/* A search that was to be adjusted must not silently be a search that is not. */
static shy_status judge_adjustment(const struct shy_loading *l, const shy_outcome *outcome)
{
    int count = 0;
    const char *const *notes = shy_outcome_notes(outcome, &count);
    /* of an interaction one direction stands for the intercept, none for the treatment */
    const int others = shy_outcome_metric(outcome)->directions - (l->problem->design->interaction ? 1 : 0);
    if (l->covariates == 0 || others > 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "no covariate is left to adjust for: %s Name others in outcome.covariates, or none.",
                    count > 0 ? notes[0] : "all are constant or explain each other.");
}

/* The outcome is known to vary among the candidates; whether it does among the samples, its own start says. Collective over the group. */
static shy_status try_outcome(struct shy_loading *l, shy_target *t)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;

    SHY_TRY(shy_outcome_create(t->ops, &t->data, &l->problem->rows, &outcome));
    SHY_TRY(judge_adjustment(l, outcome));
    SHY_TRY(shy_group_agree(l->team, note_outcome(l, t, outcome)));
out:
    shy_outcome_destroy(&outcome);
    return st;
}

static shy_status finish_target(struct shy_loading *l, shy_target *t)
{
    shy_status st = SHY_OK;
    double ones = 0.0;
    const enum shy_role role = shy_loading_role(l, SHY_ROLE_SET, 0) ? SHY_ROLE_SET : SHY_ROLE_STRATUM;

    count_samples(l, t, &ones);
    SHY_TRY(judge_samples(l, t, ones));
    SHY_TRY(shy_group_agree(l->team, note_events(l, t, ones)));
    SHY_TRY(shy_group_agree(l->team, note_balance(l, t, ones)));
    SHY_TRY(shy_group_agree(l->team, note_share(l, t)));
    if (t->data.stratum) SHY_TRY(shy_loading_judge_strata(l, role, t->data.y, t->data.weight));
    SHY_TRY(try_outcome(l, t));
out:
    return st;
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

/* "status == 2 within 1y": by a horizon the outcome is whether the event was, so that its name says which. */
static shy_status name_event(const struct shy_loading *l, shy_target *t, const char *positive)
{
    shy_status st = SHY_OK;
    char *outcome = NULL;

    if (strcmp(positive, "1") == 0) return SHY_OK;
    SHY_TRY(shy_string_format(&outcome, "%s == %s within %s", l->label, positive, t->name));
    shy_free(&t->outcome);
    t->outcome = outcome;
out:
    return st;
}

static shy_status name_positive(const struct shy_loading *l, shy_target *t, const char *positive)
{
    if (!positive) return SHY_OK;
    return t->horizon > 0.0 ? name_event(l, t, positive) : shy_string_copy(positive, &t->positive);
}

static shy_status make_target(struct shy_loading *l, int k)
{
    shy_status st = SHY_OK;
    shy_target *t = &l->problem->target[k];
    const bool timed = l->problem->ops->needs_time;
    const struct shy_part *part = shy_loading_role(l, timed ? SHY_ROLE_EVENT : SHY_ROLE_OUTCOME, timed ? 0 : k);

    SHY_TRY_ALL(l->team, name_positive(l, t, part->positive)); /* may give the outcome another name */
    share_design(l, t);
    if (!timed) SHY_TRY(make_outcome(l, k));
    if (t->horizon > 0.0) SHY_TRY_ALL(l->team, shy_loading_horizon(l, t));
    SHY_TRY_ALL(l->team, finish_target(l, t));
out:
    return st;
}

shy_status shy_loading_targets(struct shy_loading *l)
{
    shy_status st = SHY_OK;

    SHY_TRY(read_design(l));
    for (int k = 0; k < l->problem->targets; k++)
        SHY_TRY(make_target(l, k));
    shy_problem_aim(l->problem, 0);
out:
    return st;
}

static void free_design(struct shy_design **design)
{
    struct shy_design *d = *design;

    if (!d) return;
    for (int k = 0; k < d->covariates; k++)
        shy_free(&d->covariate[k]), shy_free(&d->covariate_name[k]);
    shy_free(&d->covariate);
    shy_free(&d->covariate_name);
    shy_free(&d->source);
    shy_free(&d->time);
    shy_free(&d->event);
    shy_free(&d->entry);
    shy_free(&d->exposure);
    shy_free(&d->weight);
    shy_free(&d->stratum);
    shy_free(design);
}

void shy_problem_free_targets(shy_problem *p)
{
    for (int k = 0; k < p->targets; k++) {
        shy_target *t = &p->target[k];
        shy_free(&t->name);
        shy_free(&t->outcome);
        shy_free(&t->unit);
        shy_free(&t->positive);
        shy_free(&t->y);
        shy_free(&t->weight);
    }
    shy_free(&p->target);
    shy_free(&p->time);
    shy_free(&p->time_unit);
    free_design(&p->design);
}

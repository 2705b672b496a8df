/** Which columns of a cohort the outcome is made of, and whether they go with its kind. */
#include "shy_config.h"

#include <string.h>

#include "problem_impl.h"

#define STRATA_COLUMNS_MOST 8

static bool is_given(const char *name)
{
    return name && *name;
}

static bool is_kind(const struct shy_loading *l, const char *kind)
{
    return strcmp(l->problem->ops->name, kind) == 0;
}

/* ---- roles ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *key;
} roles[] = {
    [SHY_ROLE_OUTCOME] = {"outcome", "outcome.column"},
    [SHY_ROLE_TIME] = {"follow-up time", "outcome.time"},
    [SHY_ROLE_EVENT] = {"event", "outcome.event"},
    [SHY_ROLE_ENTRY] = {"entry time", "outcome.entry"},
    [SHY_ROLE_EXPOSURE] = {"exposure", "outcome.exposure"},
    [SHY_ROLE_WEIGHT] = {"case weight", "outcome.weight"},
    [SHY_ROLE_SET] = {"matched set", "outcome.set"},
    [SHY_ROLE_STRATUM] = {"stratum", "outcome.strata"},
    [SHY_ROLE_TREATMENT] = {"treatment", "outcome.interaction"},
    [SHY_ROLE_COVARIATE] = {"covariate", "outcome.covariates"},
};

const char *shy_role_name(enum shy_role role)
{
    return roles[role].name;
}

const char *shy_role_key(enum shy_role role)
{
    return roles[role].key;
}

struct shy_part *shy_loading_part(const struct shy_loading *l, int64_t column)
{
    for (int k = 0; k < l->parts; k++)
        if (l->part[k].column == column) return &l->part[k];
    return NULL;
}

struct shy_part *shy_loading_role(const struct shy_loading *l, enum shy_role role, int k)
{
    for (int i = 0; i < l->parts; i++)
        if (l->part[i].role == role && k-- == 0) return &l->part[i];
    return NULL;
}

int shy_loading_roles_count(const struct shy_loading *l, enum shy_role role)
{
    int count = 0;

    while (shy_loading_role(l, role, count))
        count++;
    return count;
}

/* ---- options and kind ------------------------------------------------------------------------------------------ */

/* A key that the kind has no use for is a mistake about the one or the other. */
static shy_status check_key(const struct shy_loading *l, const char *key, bool given, bool fits, const char *kinds)
{
    if (!given || fits) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s is only for kind %s, and outcome.kind is %s; take the one out or change the other.",
                    key, kinds, l->problem->ops->name);
}

static shy_status check_keys(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_problem_options *o = l->options;
    const bool timed = l->problem->ops->needs_time;

    SHY_TRY(check_key(l, "outcome.time", is_given(o->time), timed, "survival"));
    SHY_TRY(check_key(l, "outcome.event", is_given(o->event), timed, "survival"));
    SHY_TRY(check_key(l, "outcome.entry", is_given(o->entry), timed, "survival"));
    SHY_TRY(check_key(l, "outcome.strata", o->strata_count > 0, timed, "survival"));
    SHY_TRY(check_key(l, "outcome.horizons", o->horizons_count > 0, timed, "survival"));
    SHY_TRY(check_key(l, "outcome.set", is_given(o->set), is_kind(l, "matched"), "matched"));
    SHY_TRY(check_key(l, "outcome.exposure", is_given(o->exposure), is_kind(l, "count"), "count"));
    SHY_TRY(check_key(l, "outcome.positive", is_given(o->positive), timed || l->problem->ops->codes_levels,
                      "binary, matched or survival"));
    if (timed && (is_given(o->outcome) || o->outcomes_count > 0))
        SHY_TRY(shy_fail(SHY_INPUT, "%s is not for kind %s: its outcome is made of outcome.time and outcome.event.",
                         o->outcomes_count > 0 ? "outcome.columns" : "outcome.column", l->problem->ops->name));
    if (is_given(o->outcome) && o->outcomes_count > 0)
        SHY_TRY(shy_fail(SHY_INPUT, "outcome.column and outcome.columns are both given; name all outcomes in "
                                    "outcome.columns, or one in outcome.column."));
    if (o->strata_count > STRATA_COLUMNS_MOST)
        SHY_TRY(shy_fail(SHY_INPUT, "outcome.strata names %d columns; at most %d are combined.", o->strata_count,
                         STRATA_COLUMNS_MOST));
out:
    return st;
}

/* The column of a kind that the import found, if there is exactly one: what may be meant. */
static const char *only_column(const struct shy_loading *l, shy_kind kind)
{
    const char *found = NULL;

    for (int64_t c = 0; c < shy_cohort_columns(l->cohort); c++) {
        const shy_column column = shy_cohort_column(l->cohort, c);
        if (column.kind != kind) continue;
        if (found) return NULL;
        found = column.name;
    }
    return found;
}

static shy_status ask_for(const struct shy_loading *l, const char *key, const char *what, const char *near)
{
    if (near)
        return shy_fail(SHY_INPUT, "%s is missing: kind %s needs %s. Did you mean \"%s\" of %s?", key,
                        l->problem->ops->name, what, near, l->place);
    return shy_fail(SHY_INPUT, "%s is missing: kind %s needs %s; `shihyo inspect` lists the columns of %s.", key,
                    l->problem->ops->name, what, l->place);
}

static shy_status check_needs(const struct shy_loading *l)
{
    const shy_problem_options *o = l->options;

    if (l->problem->ops->needs_time) {
        if (!is_given(o->time))
            return ask_for(l, "outcome.time", "the column with the follow-up times", only_column(l, SHY_KIND_TIME));
        if (!is_given(o->event))
            return ask_for(l, "outcome.event", "the column that says who had the event",
                           only_column(l, SHY_KIND_EVENT));
        return SHY_OK;
    }
    if (!is_given(o->outcome) && o->outcomes_count == 0)
        return ask_for(l, "outcome.column", "the column to explain", NULL);
    if (is_kind(l, "matched") && !is_given(o->set))
        return ask_for(l, "outcome.set", "the column that names each sample's matched set", NULL);
    return SHY_OK;
}

/* ---- columns and roles ----------------------------------------------------------------------------------------- */

/* 0 and 1 count as numbers; "no" and "yes" do not. */
static bool is_numeric(const shy_column *column)
{
    if (column->kind == SHY_KIND_BINARY)
        return column->levels != 2 ||
               (strcmp(column->level_names[0], "0") == 0 && strcmp(column->level_names[1], "1") == 0);
    return column->kind == SHY_KIND_NUMERIC || column->kind == SHY_KIND_TIME || column->kind == SHY_KIND_EVENT;
}

static bool takes_levels(const struct shy_loading *l, enum shy_role role)
{
    if (role == SHY_ROLE_OUTCOME) return l->problem->ops->codes_levels || is_kind(l, "ordinal");
    return role == SHY_ROLE_EVENT || role == SHY_ROLE_SET || role == SHY_ROLE_STRATUM || role == SHY_ROLE_COVARIATE;
}

static shy_status refuse_kind(const struct shy_loading *l, const shy_column *column, enum shy_role role)
{
    const bool is_outcome = role == SHY_ROLE_OUTCOME;
    const char *name = l->problem->ops->name, *needs = is_kind(l, "count") ? "whole numbers" : "numbers";

    if (is_outcome && takes_levels(l, role))
        needs = l->problem->ops->codes_levels ? "two values" : "whole numbers or levels in their order";
    if (role == SHY_ROLE_EVENT) needs = "0 and 1, or levels of which outcome.positive names one";
    if (role == SHY_ROLE_SET || role == SHY_ROLE_STRATUM)
        needs = "values that samples share: declare the column categorical in a schema";
    if (role == SHY_ROLE_TREATMENT) needs = "numbers or two levels: make one of the two arms to be compared";
    return shy_fail(SHY_INPUT, "%s \"%s\" is a column of kind %s in %s; %s %s %s needs %s.",
                    is_outcome ? "outcome" : shy_role_key(role), column->name, shy_kind_name(column->kind), l->place,
                    is_outcome && strchr("aeiou", name[0])                                          ? "an"
                    : role == SHY_ROLE_EVENT || role == SHY_ROLE_EXPOSURE || role == SHY_ROLE_ENTRY ? "an"
                                                                                                    : "a",
                    is_outcome ? name : shy_role_name(role), is_outcome ? "outcome" : "column", needs);
}

static shy_status check_column(const struct shy_loading *l, enum shy_role role, int64_t index)
{
    const shy_column about = shy_cohort_column(l->cohort, index), *column = &about;
    const struct shy_part *other = shy_loading_part(l, index);
    const bool text = column->kind == SHY_KIND_CATEGORICAL || (column->kind == SHY_KIND_BINARY && !is_numeric(column));
    /* who asks for a number from a binary outcome gets 0 and 1, and a note; a treatment's second level is 1 */
    const bool coded = column->kind == SHY_KIND_BINARY && (role == SHY_ROLE_TREATMENT || (role == SHY_ROLE_OUTCOME && is_kind(l, "continuous")));

    if (other)
        return shy_fail(SHY_INPUT, "\"%s\" is named as %s and as %s; a column has one part in the outcome.",
                        column->name, shy_role_key(other->role), shy_role_key(role));
    if (column->kind == SHY_KIND_IDENTIFIER || (text && !coded && !takes_levels(l, role)))
        return refuse_kind(l, column, role);
    if (role == SHY_ROLE_EVENT && column->kind == SHY_KIND_CATEGORICAL && !is_given(l->options->positive))
        return shy_fail(SHY_INPUT,
                        "event \"%s\" is a column of kind categorical in %s; name the level that is the event in "
                        "outcome.positive; all others "
                        "count as censored.",
                        column->name, l->place);
    if (column->missing >= shy_cohort_rows(l->cohort))
        return shy_fail(SHY_INPUT, "%s \"%s\" has no value in any of the %llu rows of %s. Choose another %s.",
                        shy_role_name(role), column->name, (unsigned long long)shy_cohort_rows(l->cohort), l->place,
                        role == SHY_ROLE_OUTCOME ? "outcome" : "column");
    return SHY_OK;
}

static shy_status add_part(struct shy_loading *l, enum shy_role role, const char *name)
{
    shy_status st = SHY_OK;
    int64_t column;

    if (!is_given(name)) return SHY_OK;
    column = shy_cohort_find(l->cohort, name);
    if (column < 0) return shy_loading_unknown(l, role == SHY_ROLE_OUTCOME ? "outcome" : shy_role_key(role), name);
    SHY_TRY(check_column(l, role, column));
    SHY_TRY(shy_grow((size_t)l->parts + 1, sizeof *l->part, &l->part));
    l->part[l->parts++] = (struct shy_part){.role = role, .column = column, .value = {0.0, 1.0}};
out:
    return st;
}

/* What a pattern matches besides covariates is passed over: what else the outcome is made of, identifiers, times and events. */
static bool may_match(const struct shy_loading *l, int64_t column)
{
    const shy_kind kind = shy_cohort_column(l->cohort, column).kind;
    const bool fits = kind == SHY_KIND_NUMERIC || kind == SHY_KIND_BINARY || kind == SHY_KIND_CATEGORICAL;

    return fits && !shy_loading_part(l, column) &&
           shy_cohort_column(l->cohort, column).missing < shy_cohort_rows(l->cohort);
}

/* Named ones first, in their order, since a collinear one is dropped in favour of those before it; then those that are matched. */
static shy_status add_covariates(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_problem_options *o = l->options;
    const int64_t columns = shy_cohort_columns(l->cohort);
    const int before = l->parts;
    uint8_t *marks = NULL;

    if (o->covariates_count == 0) return SHY_OK;
    SHY_TRY(shy_loading_check_patterns(l, o->covariates, o->covariates_count, "outcome.covariates"));
    SHY_TRY(shy_new((size_t)columns, sizeof *marks, &marks));
    for (int k = 0; k < o->covariates_count; k++)
        if (shy_cohort_find(l->cohort, o->covariates[k]) >= 0)
            SHY_TRY(add_part(l, SHY_ROLE_COVARIATE, o->covariates[k]));
    shy_loading_mark(l, o->covariates, o->covariates_count, 1, marks);
    for (int64_t c = 0; c < columns; c++)
        if (marks[c] && may_match(l, c)) SHY_TRY(add_part(l, SHY_ROLE_COVARIATE, shy_cohort_column(l->cohort, c).name));
    l->covariates = l->parts - before;
    if (l->covariates == 0)
        SHY_TRY(shy_fail(SHY_INPUT,
                         "outcome.covariates matches no column of %s that could be one: covariates are numeric, binary "
                         "or categorical "
                         "columns that are no other part of the outcome.",
                         l->place));
    if (l->covariates > SHY_COVARIATES_MAX)
        SHY_TRY(shy_fail(SHY_INPUT, "outcome.covariates stands for %d columns of %s; at most %d can be adjusted for.",
                         l->covariates, l->place, SHY_COVARIATES_MAX));
out:
    shy_free(&marks);
    return st;
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

static shy_status name_outcome(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const char *names[SHY_NAMES_LISTED];
    const enum shy_role role = l->problem->ops->needs_time ? SHY_ROLE_EVENT : SHY_ROLE_OUTCOME;
    const int count = shy_loading_roles_count(l, role);

    for (int k = 0; k < count && k < SHY_NAMES_LISTED; k++)
        names[k] = shy_cohort_column(l->cohort, shy_loading_role(l, role, k)->column).name;
    SHY_TRY(shy_names_list(names, count, &l->label));
out:
    return st;
}

static shy_status add_parts(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_problem_options *o = l->options;

    SHY_TRY(add_part(l, SHY_ROLE_OUTCOME, o->outcome));
    for (int k = 0; k < o->outcomes_count; k++)
        SHY_TRY(add_part(l, SHY_ROLE_OUTCOME, o->outcomes[k]));
    SHY_TRY(add_part(l, SHY_ROLE_TIME, o->time));
    SHY_TRY(add_part(l, SHY_ROLE_EVENT, o->event));
    SHY_TRY(add_part(l, SHY_ROLE_ENTRY, o->entry));
    SHY_TRY(add_part(l, SHY_ROLE_EXPOSURE, o->exposure));
    SHY_TRY(add_part(l, SHY_ROLE_WEIGHT, o->weight));
    SHY_TRY(add_part(l, SHY_ROLE_SET, o->set));
    for (int k = 0; k < o->strata_count; k++)
        SHY_TRY(add_part(l, SHY_ROLE_STRATUM, o->strata[k]));
    SHY_TRY(add_part(l, SHY_ROLE_TREATMENT, o->interaction));
    SHY_TRY(add_covariates(l));
out:
    return st;
}

shy_status shy_loading_roles(struct shy_loading *l)
{
    shy_status st = SHY_OK;

    l->problem->ops = shy_outcome_find(l->options->outcome_kind);
    if (!l->problem->ops) return shy_fail(SHY_INPUT, "\"%s\" is no kind of outcome.", l->options->outcome_kind);
    SHY_TRY(check_keys(l));
    SHY_TRY(check_needs(l));
    SHY_TRY(add_parts(l));
    SHY_TRY(name_outcome(l));
    SHY_TRY(shy_loading_name_targets(l));
out:
    return st;
}

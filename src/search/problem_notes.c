/** What a reader should know about rows and columns that are not in use, in sentences. */
#include "shy_config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "problem_impl.h"

shy_status shy_problem_note(shy_problem *problem, const char *format, ...)
{
    shy_status st = SHY_OK;
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) return shy_fail(SHY_INTERNAL, "a note could not be formatted");
    SHY_TRY(shy_new((size_t)length + 1, 1, &text));
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    SHY_TRY(shy_grow((size_t)problem->notes_count + 1, sizeof *problem->notes, &problem->notes));
    problem->notes[problem->notes_count++] = text, text = NULL;
out:
    shy_free(&text);
    return st;
}

static const char *name_of(const struct shy_loading *l, int32_t column)
{
    return shy_cohort_column(l->cohort, column).name;
}

shy_status shy_names_list(const char *const *names, int count, char **text_out)
{
    shy_status st = SHY_OK;
    const int listed = count > SHY_NAMES_LISTED ? SHY_NAMES_LISTED : count;
    size_t length = 64;
    char *text = NULL, *to;

    for (int k = 0; k < listed; k++)
        length += strlen(names[k]) + 8;
    SHY_TRY(shy_new(length, 1, &text));
    to = text;
    for (int k = 0; k < listed; k++)
        to += snprintf(to, length - (size_t)(to - text), "%s%s",
                       k == 0           ? ""
                       : k == count - 1 ? " and "
                                        : ", ",
                       names[k]);
    if (count > listed) snprintf(to, length - (size_t)(to - text), " and %d more", count - listed);
    *text_out = text;
out:
    return st;
}

/* "3 factors <what> and are left out: a, b and c." */
static shy_status note_fate(const struct shy_loading *l, enum shy_fate fate, const char *one, const char *several)
{
    shy_status st = SHY_OK;
    const char *names[SHY_NAMES_LISTED];
    char *list = NULL;
    int count = 0;

    for (int k = 0; k < l->offered; k++) {
        if (l->offer[k].fate != fate) continue;
        if (count < SHY_NAMES_LISTED) names[count] = shy_loading_name(l, &l->offer[k]);
        count++;
    }
    if (count == 0) goto out;
    SHY_TRY(shy_names_list(names, count, &list));
    if (count == 1)
        SHY_TRY(shy_problem_note(l->problem, "The factor %s %s and is left out.", list, one));
    else
        SHY_TRY(shy_problem_note(l->problem, "%d factors %s and are left out: %s.", count, several, list));
out:
    shy_free(&list);
    return st;
}

/* The factor in use that lacks most values; NULL if none lacks any. */
static const struct shy_offer *costliest(const struct shy_loading *l, int rank)
{
    const struct shy_offer *found = NULL, *above = NULL;

    for (int round = 0; round <= rank; round++) {
        found = NULL;
        for (int k = 0; k < l->offered; k++) {
            const struct shy_offer *o = &l->offer[k];
            const struct shy_recipe *recipe = shy_loading_recipe(l, o);
            if (o->fate != SHY_FATE_USED || o->missing == 0 || (recipe && recipe->fills)) continue;
            if (above && o->column == above->column) continue; /* factors of one column lack the same */
            /* after `above` in the order of many to few, first to last */
            if (above && (o->missing > above->missing || (o->missing == above->missing && o <= above))) continue;
            if (!found || o->missing > found->missing) found = o;
        }
        above = found;
        if (!found) break;
    }
    return found;
}

static shy_status note_complete(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_problem *p = l->problem;
    const struct shy_offer *most = costliest(l, 0), *next = most ? costliest(l, 1) : NULL;
    char samples[32], candidates[32], first[32], second[32];

    shy_text_thousands(l->samples, samples);
    shy_text_thousands(l->candidates, candidates);
    if (!most && l->problem->recipes > 0) {
        SHY_TRY(shy_problem_note(l->problem, "All %s samples with the outcome are in use, with %d factors.", samples, p->factors));
        goto out;
    }
    if (!most) {
        SHY_TRY(shy_problem_note(l->problem,
                                 "All %s samples are complete: none lacks a value of the %d factor%s in use.", samples,
                                 p->factors, p->factors == 1 ? "" : "s"));
        goto out;
    }
    shy_text_thousands(most->missing, first);
    if (next)
        SHY_TRY(shy_problem_note(
            l->problem,
            "%s of %s samples are complete, with a value of each of the %d factors in use; %s alone removes %s, and "
            "%s alone %s.",
            samples, candidates, p->factors, name_of(l, most->column), first, name_of(l, next->column),
            shy_text_thousands(next->missing, second)));
    else
        SHY_TRY(shy_problem_note(
            l->problem,
            "%s of %s samples are complete, with a value of each of the %d factors in use; %s alone removes %s.",
            samples, candidates, p->factors, name_of(l, most->column), first));
out:
    return st;
}

/* Who forgets the kind of a binary outcome gets a fit of 0 and 1, which is seldom what was meant. */
static shy_status note_kind(const struct shy_loading *l, const struct shy_part *part)
{
    const shy_column about = shy_cohort_column(l->cohort, part->column), *column = &about;

    if (part->role != SHY_ROLE_OUTCOME || column->kind != SHY_KIND_BINARY || column->levels != 2) return SHY_OK;
    if (strcmp(l->problem->ops->name, "continuous") != 0) return SHY_OK;
    return shy_problem_note(
        l->problem,
        "The outcome %s, %s or %s, is fitted as the number 0 or 1; outcome.kind: binary would fit the odds of %s.",
        column->name, column->level_names[0], column->level_names[1], column->level_names[1]);
}

/* Which arm counts as 1 decides over the sign of an interaction. */
static shy_status note_treatment(const struct shy_loading *l, const struct shy_part *part)
{
    const shy_column column = shy_cohort_column(l->cohort, part->column);

    if (part->role != SHY_ROLE_TREATMENT || column.levels != 2 || strcmp(column.level_names[1], "1") == 0) return SHY_OK;
    return shy_problem_note(l->problem, "The treatment %s counts as 1 where it is %s and as 0 where it is %s.", column.name, column.level_names[1],
                            column.level_names[0]);
}

static shy_status note_missing(const struct shy_loading *l, const struct shy_part *part)
{
    const bool several = l->problem->targets > 1 && part->role == SHY_ROLE_OUTCOME;
    const char *name = shy_cohort_column(l->cohort, part->column).name;
    char missing[32], rows[32];

    if (part->missing == 0) return SHY_OK;
    return shy_problem_note(l->problem, "The %s %s is missing in %s of %s rows, which %s.", shy_role_name(part->role), name,
                            shy_text_thousands(part->missing, missing), shy_text_thousands(l->problem->n_filtered, rows),
                            several ? "do not take part in its search" : "are left out");
}

/* What was done where covariates are missing; where that is refused there are none. */
static shy_status note_covariates(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    char samples[32], missing[32];

    if (l->without_covariates > 0)
        SHY_TRY(shy_problem_note(l->problem, "%s sample%s a covariate and %s left out.", shy_text_thousands(l->without_covariates, samples),
                                 l->without_covariates == 1 ? " lacks" : "s lack", l->without_covariates == 1 ? "is" : "are"));
    for (int k = l->parts - l->covariates; k < l->parts && l->options->covariates_missing == SHY_COVARIATES_INDICATOR; k++)
        if (l->part[k].missing > 0)
            SHY_TRY(shy_problem_note(l->problem, "The covariate %s is missing in %s sample%s: a further covariate says where.",
                                     shy_cohort_column(l->cohort, l->part[k].column).name, shy_text_thousands(l->part[k].missing, missing),
                                     l->part[k].missing == 1 ? "" : "s"));
out:
    return st;
}

static shy_status note_parts(const struct shy_loading *l)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < l->parts - l->covariates; k++) {
        SHY_TRY(note_kind(l, &l->part[k]));
        SHY_TRY(note_treatment(l, &l->part[k]));
        SHY_TRY(note_missing(l, &l->part[k]));
    }
    SHY_TRY(note_covariates(l));
out:
    return st;
}

static shy_status note_aside(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const char *names[SHY_NAMES_LISTED];
    char *list = NULL;

    if (l->aside_count == 0) return SHY_OK;
    for (int k = 0; k < l->aside_count && k < SHY_NAMES_LISTED; k++)
        names[k] = name_of(l, l->aside[k]);
    SHY_TRY(shy_names_list(names, l->aside_count, &list));
    SHY_TRY(shy_problem_note(l->problem, "%d categorical column%s not offered as factor%s: %s.", l->aside_count,
                             l->aside_count == 1 ? " is" : "s are", l->aside_count == 1 ? "" : "s", list));
out:
    shy_free(&list);
    return st;
}

static shy_status note_sparse(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const double most = l->options->factor.missing_most;
    char *one = NULL, *several = NULL;

    SHY_TRY(shy_string_format(&one, "is missing in more than %g of the samples (missing.most)", most));
    SHY_TRY(shy_string_format(&several, "are missing in more than %g of the samples (missing.most)", most));
    SHY_TRY(note_fate(l, SHY_FATE_SPARSE, one, several));
out:
    shy_free(&one);
    shy_free(&several);
    return st;
}

shy_status shy_loading_notes(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    char a[32], b[32];

    if (l->options->where && *l->options->where)
        SHY_TRY(shy_problem_note(p, "The filter keeps %s of %s rows.", shy_text_thousands(p->n_filtered, a),
                                 shy_text_thousands(p->n_cohort, b)));
    SHY_TRY(note_parts(l));
    SHY_TRY(note_aside(l));
    SHY_TRY(note_fate(l, SHY_FATE_EMPTY, "has no value in the samples with the outcome",
                      "have no value in the samples with the outcome"));
    SHY_TRY(note_fate(l, SHY_FATE_CONSTANT, "is constant", "are constant"));
    SHY_TRY(note_fate(l, SHY_FATE_EXTREME, "has values beyond 1e150, or differences below 1e-150,",
                      "have values beyond 1e150, or differences below 1e-150,"));
    SHY_TRY(note_sparse(l));
    SHY_TRY(shy_loading_note_derived(l));
    SHY_TRY(note_complete(l));
out:
    return st;
}

shy_status shy_loading_judge(const struct shy_loading *l)
{
    const struct shy_offer *most = costliest(l, 0);
    char candidates[32], missing[32];
    int used = 0;

    for (int k = 0; k < l->offered; k++)
        used += l->offer[k].fate == SHY_FATE_USED;
    if (used == 0)
        return shy_fail(SHY_INPUT,
                        "no factor is left: each of the %d offered is constant or has no value in the %s samples of %s "
                        "with the outcome. Name others in factors.include.",
                        l->offered, shy_text_thousands(l->candidates, candidates), l->place);
    if (l->samples >= SHY_SAMPLES_LEAST) return SHY_OK;
    shy_text_thousands(l->candidates, candidates);
    if (!most)
        return shy_fail(SHY_INPUT,
                        "only %s samples of %s have the outcome \"%s\" and pass samples.where; at least %d are needed.",
                        candidates, l->place, l->label, SHY_SAMPLES_LEAST);
    return shy_fail(SHY_INPUT,
                    "only %llu of %s samples of %s are complete; at least %d are needed. Factor \"%s\" alone is "
                    "missing in %s of them: "
                    "name it in factors.exclude, or offer fewer factors.",
                    (unsigned long long)l->samples, candidates, l->place, SHY_SAMPLES_LEAST, name_of(l, most->column),
                    shy_text_thousands(most->missing, missing));
}

/* Simulated cohorts, held by every rank in full, for the tools that count what assessments make of many of them. */
#ifndef SHY_SIMULATED_H
#define SHY_SIMULATED_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "search/columns.h"
#include "shihyo/assess.h"

static _Noreturn inline void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline void must(shy_status st)
{
    if (st != SHY_OK) give_up(shy_error_message());
}

/* values[factor · samples + sample] and y are the caller's to fill. */
typedef struct {
    int samples, factors;
    double *values, *y, *first_sample;
    char no_text[1], y_text[2];
    char (*names)[8];
    const char **name, **text;
    shy_interval *range;
    uint8_t *binary;
    struct shy_columns *columns;
    shy_problem problem;
} simulated;

static inline void simulated_create(int samples, int factors, simulated *s)
{
    const size_t p = (size_t)factors;
    *s = (simulated){.samples = samples, .factors = factors, .y_text = "y"};
    must(shy_new(p * (size_t)samples, sizeof *s->values, &s->values));
    must(shy_new((size_t)samples, sizeof *s->y, &s->y));
    must(shy_new(p, sizeof *s->first_sample, &s->first_sample));
    must(shy_new(p, sizeof *s->names, &s->names));
    must(shy_new(p, sizeof *s->name, &s->name));
    must(shy_new(p, sizeof *s->text, &s->text));
    must(shy_new(p, sizeof *s->range, &s->range));
    must(shy_new(p, sizeof *s->binary, &s->binary));
    for (int f = 0; f < factors; f++) {
        snprintf(s->names[f], sizeof s->names[f], "x%d", f + 1);
        s->name[f] = s->names[f], s->text[f] = s->no_text;
    }
}

static inline void simulated_free(simulated *s)
{
    shy_columns_destroy(&s->columns);
    shy_free(&s->values);
    shy_free(&s->y);
    shy_free(&s->first_sample);
    shy_free(&s->names);
    shy_free(&s->name);
    shy_free(&s->text);
    shy_free(&s->range);
    shy_free(&s->binary);
}

/* Once values and y are there. */
static inline void simulated_make_problem(const shy_team *team, const char *kind, simulated *s)
{
    const uint64_t n = (uint64_t)s->samples;
    for (int f = 0; f < s->factors; f++) {
        const double *value = s->values + (size_t)f * n;
        s->range[f] = (shy_interval){value[0], value[0]};
        for (int i = 1; i < s->samples; i++) s->range[f] = (shy_interval){fmin(s->range[f].lo, value[i]), fmax(s->range[f].hi, value[i])};
        s->first_sample[f] = value[0];
    }
    shy_columns_destroy(&s->columns);
    must(shy_columns_wrap(s->samples, s->values, &s->columns));
    s->problem = (shy_problem){.team = team, .n_cohort = n, .n_filtered = n, .offered = s->factors, .factors = s->factors, .columns = s->columns};
    s->problem.rows = (shy_rows){.team = team, .total = n, .rows = s->samples, .run_rows = s->samples, .runs = 1};
    s->problem.name = s->name, s->problem.unit_text = s->problem.modality = s->text;
    s->problem.range = s->range, s->problem.first_sample = s->first_sample, s->problem.binary = s->binary;
    s->problem.y = s->y, s->problem.outcome = s->y_text, s->problem.outcome_unit = s->no_text;
    s->problem.ops = shy_outcome_find(kind);
    s->problem.data = (shy_outcome_data){.column = s->y_text, .y = s->y};
}

/* A number of the record; NaN if it is not there. */
static inline double number_at(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    return shy_record_find(record, path, &entry) && entry.kind == SHY_RECORD_NUMBER ? entry.number : NAN;
}

#endif

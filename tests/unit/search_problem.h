/* search_problem.h: problems of a search made by hand, the same on any number of row blocks. */
#ifndef SEARCH_PROBLEM_H
#define SEARCH_PROBLEM_H

#include <math.h>

#include "par_check.h"

#include "search/columns.h"
#include "search/search_impl.h"

/*
 * One letter per column:
 *
 *     p positive (log-normal)      z zeros and positive values     n negative       s both signs, around 0
 *     o both signs, far from 0 on both sides (no range of it helps)      i positive, range within [1, 2]
 *     b 0 and 1      d three times the column before it      w positive over several powers of ten
 *     e the column before it but for its tenth digit         f a million and a normal deviate
 */
typedef struct {
    int n;
    const char *columns;
    uint64_t seed;
    const char *const *units; /* NULL: none */
    const char *outcome;      /* NULL: continuous */
} problem_spec;

static inline double spec_value(const problem_spec *spec, int f, int i)
{
    const double u = shy_random_normal(spec->seed, (uint64_t)f, (uint64_t)i);
    switch ((size_t)f < strlen(spec->columns) ? spec->columns[f] : 'p') { /* the response is of three factors, be there fewer or not */
    case 'z': return i % 7 == 3 ? 0.0 : exp(0.4 * u);
    case 'n': return -exp(0.5 * u);
    case 's': return u;
    case 'o': return u > 0.0 ? 3.0 + u : -4.0 + u;
    case 'i': return 1.0 + 0.99 * shy_random_uniform(spec->seed, (uint64_t)f, (uint64_t)i);
    case 'b': return u > 0.2 ? 1.0 : 0.0;
    case 'd': return 3.0 * spec_value(spec, f - 1, i);
    case 'e': return spec_value(spec, f - 1, i) * (1.0 + 1e-10 * u);
    case 'f': return 1e6 + u;
    case 'w': return exp(2.5 * u);
    default: return exp(0.5 * u);
    }
}

static inline double spec_response(const problem_spec *spec, int i)
{
    const double a = spec_value(spec, 0, i), b = spec_value(spec, 1, i), c = spec_value(spec, 2, i);
    const double y = (2.5 - a) * b + 0.5 * c + shy_random_normal(spec->seed, 1000, (uint64_t)i);
    return spec->outcome && strcmp(spec->outcome, "binary") == 0 ? y > 0.8 : y;
}

static inline void *given_memory(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p) abort();
    return p;
}

enum { RUN_ROWS = 16 };

static inline void set_rows(const shy_team *team, int n, shy_rows *rows)
{
    const int runs = (n + RUN_ROWS - 1) / RUN_ROWS, each = (runs + team->row_blocks - 1) / team->row_blocks;
    int first = each * team->row_block * RUN_ROWS, last = first + each * RUN_ROWS;
    if (first > n) first = n;
    if (last > n) last = n;
    *rows = (shy_rows){.team = team,
                       .total = (uint64_t)n,
                       .first = (uint64_t)first,
                       .rows = last - first,
                       .run_rows = RUN_ROWS,
                       .runs = (last - first + RUN_ROWS - 1) / RUN_ROWS};
}

static inline shy_problem *problem_create(const shy_team *team, const problem_spec *spec)
{
    static const char no_text[1] = "";
    shy_problem *p = given_memory(1, sizeof *p);
    const int factors = (int)strlen(spec->columns);
    p->team = team;
    p->n_cohort = p->n_filtered = (uint64_t)spec->n;
    p->offered = p->factors = factors;
    set_rows(team, spec->n, &p->rows);
    p->name = given_memory((size_t)factors, sizeof *p->name);
    p->unit_text = given_memory((size_t)factors, sizeof *p->unit_text);
    p->modality = given_memory((size_t)factors, sizeof *p->modality);
    p->range = given_memory((size_t)factors, sizeof *p->range);
    p->first_sample = given_memory((size_t)factors, sizeof *p->first_sample);
    double *values = given_memory((size_t)factors * (size_t)p->rows.rows, sizeof *values);
    p->y = given_memory((size_t)p->rows.rows, sizeof *p->y);
    for (int f = 0; f < factors; f++) {
        char *name = given_memory(16, 1);
        snprintf(name, 16, "x%d", f + 1);
        p->name[f] = name;
        p->unit_text[f] = spec->units ? spec->units[f] : no_text;
        p->modality[f] = no_text;
        p->first_sample[f] = spec_value(spec, f, 0);
        p->range[f] = (shy_interval){INFINITY, -INFINITY};
        for (int i = 0; i < spec->n; i++) {
            const double v = spec_value(spec, f, i);
            const int64_t mine = i - (int64_t)p->rows.first;
            p->range[f] = (shy_interval){fmin(p->range[f].lo, v), fmax(p->range[f].hi, v)};
            if (mine >= 0 && mine < p->rows.rows) values[(size_t)f * (size_t)p->rows.rows + (size_t)mine] = v;
        }
    }
    if (shy_columns_wrap(p->rows.rows, values, &p->columns) != SHY_OK) abort();
    for (int i = 0; i < p->rows.rows; i++) p->y[i] = spec_response(spec, (int)p->rows.first + i);
    p->outcome = (char *)(uintptr_t) "y";
    p->outcome_unit = (char *)(uintptr_t)no_text;
    p->ops = shy_outcome_find(spec->outcome ? spec->outcome : "continuous");
    p->data = (shy_outcome_data){.column = p->outcome, .y = p->y};
    return p;
}

static inline void problem_free(shy_problem *p)
{
    const uint32_t first = 0;
    const double *values = NULL;
    if (shy_columns_get(p->columns, &first, 1, &values) != SHY_OK) abort();
    free((void *)(uintptr_t)values);
    shy_columns_destroy(&p->columns);
    for (int f = 0; f < p->factors; f++) free((void *)(uintptr_t)p->name[f]);
    free((void *)(uintptr_t)p->name);
    free((void *)(uintptr_t)p->unit_text);
    free((void *)(uintptr_t)p->modality);
    free(p->range);
    free(p->first_sample);
    free(p->y);
    free(p);
}

/* A grammar from text: operators, separated by blanks; NULL for the default ones. */
static inline shy_grammar make_grammar(const char *operators, int max_complexity, int max_factors)
{
    shy_grammar g;
    char text[128], *rest = NULL;
    shy_grammar_default(&g);
    g.max_complexity = max_complexity;
    g.max_factors = max_factors;
    g.units = SHY_UNITS_OFF;
    if (!operators) return g;
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) g.allowed[op] = false;
    snprintf(text, sizeof text, "%s", operators);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        shy_op op = SHY_OP_FACTOR;
        EXPECT(shy_operator_find(word, &op));
        g.allowed[op] = true;
    }
    return g;
}

#define ALL_OPERATORS "+ - * / max min hypot reldiff log sqrt square inverse abs exp"

#endif

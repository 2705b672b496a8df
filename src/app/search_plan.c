/* search_plan.c: the plan of a search as people read it. */
#include "shy_config.h"

#include <stdio.h>

#include "app/progress.h"
#include "app/search_run.h"

static const char *bytes_text(double bytes, char *out)
{
    if (bytes < 0x1p20)
        snprintf(out, 32, "%.0f KiB", bytes / 0x1p10);
    else if (bytes < 0x1p30)
        snprintf(out, 32, "%.0f MiB", bytes / 0x1p20);
    else
        snprintf(out, 32, "%.1f GiB", bytes / 0x1p30);
    return out;
}

static void add_row(shy_table *table, const char *complexity, uint64_t formulas)
{
    char text[32];

    shy_table_cell(table, complexity);
    shy_table_cell(table, shy_text_thousands((uint64_t)formulas, text));
}

static shy_status print_counts(const shy_search_session *s, FILE *stream)
{
    shy_table table = {0};
    shy_status st;
    char text[32];

    shy_table_column(&table, "complexity", true);
    shy_table_column(&table, "formulas", true);
    for (int c = 1; c <= s->options.grammar.max_complexity && c <= SHY_COMPLEXITY_MAX; c++) {
        snprintf(text, sizeof text, "%d", c);
        add_row(&table, text, s->plan.formulas[c]);
    }
    add_row(&table, "all", s->plan.formulas_total);
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

static void print_screening(const shy_search_session *s, FILE *stream)
{
    char screened[32], samples[32];
    const uint64_t rows = shy_search_screen_rows(s->problem, &s->options), total = s->problem->rows.total;

    if (rows == total) return;
    fprintf(stream, "Screening uses %s of %s samples; the best formulas are then scored on all of them.\n\n",
            shy_text_thousands(rows, screened), shy_text_thousands(total, samples));
}

static void print_templates(const shy_search_session *s, FILE *stream)
{
    if (s->options.templates_count == 0) return;
    fprintf(stream, "\nA template counts as one factor here%s; results have the complexity of the formula written out.\n",
            s->options.templates_required ? ", and every formula has one" : "");
}

/* What is searched besides. */
static void print_further(const shy_search_session *s, FILE *stream)
{
    char formulas[32];

    if (s->options.passes > 1)
        fprintf(stream, "\n%s about %s formulas, in which the best of those before are operands. The work is that of all.\n",
                s->options.passes > 2 ? "Further passes: each" : "A further pass:", shy_text_thousands(s->plan.pass_formulas, formulas));
    if (s->problem->targets > 1)
        fprintf(stream, "\n%d targets: all this for each, one after another. The work is that of all.\n", s->problem->targets);
    if (s->options.terms < 2) return;
    fprintf(stream, "\nSums of up to %d formulas: all this is searched %d times over, each time for a further term. The time is that of all.\n",
            s->options.terms, s->options.terms);
}

/* ---- of all targets -------------------------------------------------------------------------------------------------------- */

/* Targets of one kind cost the same if both or none have weights: the first of them. */
static int alike(const shy_problem *p, int target)
{
    for (int t = 0; t < target; t++)
        if (p->target[t].ops == p->target[target].ops && !p->target[t].data.weight == !p->target[target].data.weight) return t;
    return target;
}

static void add_plan(shy_plan *all, const shy_plan *more, int times)
{
    all->seconds += times * more->seconds;
    all->flops += times * more->flops;
    if (more->bytes_per_rank > all->bytes_per_rank) all->bytes_per_rank = more->bytes_per_rank;
}

shy_status shy_session_plan(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_problem *p = s->problem;
    shy_plan more;

    for (int t = 0; t < p->targets; t++) {
        int times = 0;
        if (alike(p, t) != t) continue;
        for (int u = t; u < p->targets; u++) times += alike(p, u) == t;
        shy_problem_aim(p, t);
        s->options.plan = t > 0 && s->options.templates_count == 0 ? &s->plan : NULL; /* the same formulas */
        SHY_TRY(shy_search_plan(p, &s->options, &more));
        if (t == 0) s->plan = more, s->plan.seconds = s->plan.flops = 0.0;
        add_plan(&s->plan, &more, times);
    }
    shy_problem_aim(p, 0);
    SHY_TRY(shy_session_validation_plan(s));
out:
    s->options.plan = NULL;
    shy_problem_aim(p, 0);
    return st;
}

shy_status shy_plan_print(const shy_search_session *s, FILE *stream)
{
    char factors[32], samples[32], memory[32], budget[32], seconds[32], jobs[32];
    const shy_team *team = s->team;
    shy_status st;

    fprintf(stream, "Plan: %s factors, %s samples, %d rank%s (%d group%s of %d).\n\n",
            shy_text_thousands((uint64_t)s->problem->factors, factors),
            shy_text_thousands((uint64_t)s->problem->rows.total, samples), team->size, team->size == 1 ? "" : "s",
            team->groups, team->groups == 1 ? "" : "s", team->row_blocks);
    print_screening(s, stream);
    st = print_counts(s, stream);
    print_templates(s, stream);
    print_further(s, stream);
    fprintf(stream, "\nsubtrees        %s\n", shy_text_thousands((uint64_t)s->plan.jobs, jobs));
    fprintf(stream, "work            %.2g floating-point operations\n", s->plan.flops);
    fprintf(stream, "memory per rank %s (of %s allowed)\n", bytes_text(s->plan.bytes_per_rank, memory),
            bytes_text((double)s->options.memory, budget));
    fprintf(stream, "columns         %s\n",
            shy_problem_resident(s->problem) ? "in memory" : "read from the cohort as they are needed: half of the memory is less than they take");
    fprintf(stream, "expected time   %s\n", shy_meter_duration(s->plan.seconds, seconds));
    shy_plan_print_validation(s, stream);
    return st;
}

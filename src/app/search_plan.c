/* search_plan.c: the plan of a search as people read it. */
#include "shy_config.h"

#include <stdio.h>

#include "app/budget.h"
#include "app/progress.h"
#include "app/search_run.h"
#include "app/sweep.h"

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

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void add_plan(shy_plan *all, const shy_plan *more, int times)
{
    all->seconds += times * more->seconds;
    all->flops += times * more->flops;
    for (int k = 0; k < SHY_STEPS; k++) {
        all->step_seconds[k] += times * more->step_seconds[k];
        all->step_bytes[k] = larger(all->step_bytes[k], more->step_bytes[k]);
    }
    all->bytes_per_rank = larger(all->bytes_per_rank, more->bytes_per_rank);
}

static void add_validation(shy_assess_plan *all, const shy_assess_plan *more, int times)
{
    all->one_pass = more->one_pass, all->permutations = more->permutations;
    all->seconds += times * more->seconds;
    for (int k = 0; k < SHY_ASSESS_PARTS; k++) {
        all->part_seconds[k] += times * more->part_seconds[k];
        all->part_bytes[k] = larger(all->part_bytes[k], more->part_bytes[k]);
    }
    all->bytes_per_rank = larger(all->bytes_per_rank, more->bytes_per_rank);
}

/* The target that the problem aims at, and what is like it. Collective. */
static shy_status plan_target(shy_search_session *s, bool first, int times)
{
    shy_status st = SHY_OK;
    shy_plan more;
    shy_assess_plan checks = {0};

    s->options.plan = !first && s->options.templates_count == 0 ? &s->plan : NULL; /* the same formulas */
    SHY_TRY(shy_search_plan(s->problem, &s->options, &more));
    if (s->assesses) SHY_TRY(shy_assess_foresee(s->problem, &s->options, &s->assess, &more, &checks));
    if (first) {
        s->plan = more;
        s->plan.seconds = s->plan.flops = 0.0;
        for (int k = 0; k < SHY_STEPS; k++) s->plan.step_seconds[k] = 0.0;
    }
    add_plan(&s->plan, &more, times);
    add_validation(&s->validation_plan, &checks, times);
out:
    return st;
}

shy_status shy_session_plan(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_problem *p = s->problem;

    s->validation_plan = (shy_assess_plan){0};
    for (int t = 0; t < p->targets; t++) {
        int times = 0;
        if (alike(p, t) != t) continue;
        for (int u = t; u < p->targets; u++) times += alike(p, u) == t;
        shy_problem_aim(p, t);
        SHY_TRY(plan_target(s, t == 0, times));
    }
    s->plan.seconds += s->validation_plan.seconds;
    s->plan.bytes_per_rank = larger(s->plan.bytes_per_rank, s->validation_plan.bytes_per_rank) + (double)s->options.libraries;
out:
    s->options.plan = NULL;
    shy_problem_aim(p, 0);
    return st;
}

/* ---- in words --------------------------------------------------------------------------------------------------------------- */

static void print_part(FILE *stream, const char *name, double seconds, double bytes)
{
    char duration[32], memory[32];

    if (bytes > 0.0) fprintf(stream, "  %-26s %10s  %10s\n", name, shy_meter_duration(seconds, duration), bytes_text(bytes, memory));
}

/* Where there is more than one thing to do. */
static void print_parts(const shy_search_session *s, FILE *stream)
{
    static const char *const step[SHY_STEPS] = {[SHY_STEP_SCREEN] = "screening",      [SHY_STEP_REFIT] = "refits",
                                                [SHY_STEP_PASSES] = "further passes", [SHY_STEP_SUMS] = "sums",
                                                [SHY_STEP_CONSTANTS] = "constants",   [SHY_STEP_IMPUTE] = "imputation"};
    static const char *const part[SHY_ASSESS_PARTS] = {[SHY_ASSESS_TRAINING] = "training sets",
                                                       [SHY_ASSESS_CHOICE] = "choice of complexity",
                                                       [SHY_ASSESS_PERMUTATIONS] = "permuted outcomes",
                                                       [SHY_ASSESS_STABILITY] = "stability",
                                                       [SHY_ASSESS_COMPARISONS] = "comparisons"};
    const double libraries = (double)s->options.libraries;

    for (int k = 0; k < SHY_STEPS; k++)
        if (s->plan.step_bytes[k] > 0.0) print_part(stream, step[k], s->plan.step_seconds[k], s->plan.step_bytes[k] + libraries);
    for (int k = 0; k < SHY_ASSESS_PARTS; k++)
        if (s->validation_plan.part_bytes[k] > 0.0)
            print_part(stream, part[k], s->validation_plan.part_seconds[k], s->validation_plan.part_bytes[k] + libraries);
}

/* The numbers above with the margins that sweeps have, too. */
static void print_request(const shy_search_session *s, FILE *stream)
{
    char time[32];

    fprintf(stream, "request         --ntasks=%d --mem-per-cpu=%lluM --time=%s (as Slurm is asked; nodes like this one)\n", s->team->size,
            (unsigned long long)(shy_budget_request(s->plan.bytes_per_rank) >> 20), shy_sweep_time(shy_budget_time(s->plan.seconds), time));
}

shy_status shy_plan_print(const shy_search_session *s, FILE *stream)
{
    char factors[32], samples[32], memory[32], budget[32], libraries[32], shared[32], seconds[32], jobs[32];
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
    fprintf(stream, "memory per rank %s (of %s allowed), %s of it for the libraries\n", bytes_text(s->plan.bytes_per_rank, memory),
            bytes_text((double)(s->options.memory + s->options.libraries), budget), bytes_text((double)s->options.libraries, libraries));
    if (s->plan.shared_bytes > 0.0)
        fprintf(stream, "shared columns  %s on each node, which its ranks share: counted once, in equal parts\n", bytes_text(s->plan.shared_bytes, shared));
    fprintf(stream, "columns         %s\n",
            shy_problem_resident(s->problem) ? "in memory" : "read from the cohort as they are needed: half of the memory is less than they take");
    shy_plan_print_validation(s, stream);
    fprintf(stream, "expected time   %s\n", shy_meter_duration(s->plan.seconds, seconds));
    print_parts(s, stream);
    if (s->command->plan) print_request(s, stream);
    return st;
}

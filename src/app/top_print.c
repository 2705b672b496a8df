/* top_print.c: how a run stands, for people and for programs. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/event_line.h"
#include "app/progress.h"
#include "app/top.h"
#include "shihyo/report.h"

enum { CELLS = 20, ROOM = 4096 };
#define LATE_SECONDS 120.0 /* without a word from the search itself, which is worth a mention */

const char *shy_top_word(shy_run_standing standing)
{
    static const char *const words[] = {
        [SHY_SEEN_NONE] = "none",         [SHY_SEEN_STARTING] = "starting", [SHY_SEEN_RUNNING] = "running", [SHY_SEEN_SILENT] = "silent",
        [SHY_SEEN_STOPPING] = "stopping", [SHY_SEEN_STOPPED] = "stopped",   [SHY_SEEN_FAILED] = "failed",   [SHY_SEEN_FINISHED] = "finished",
    };
    return words[standing];
}

bool shy_top_is_over(shy_run_standing standing)
{
    return standing == SHY_SEEN_NONE || standing == SHY_SEEN_STOPPED || standing == SHY_SEEN_FAILED || standing == SHY_SEEN_FINISHED;
}

/* What is in a file may not write on the screen what it likes. */
static void put(FILE *stream, const char *text)
{
    char tame[ROOM];

    snprintf(tame, sizeof tame, "%s", text);
    shy_text_tame(tame);
    fputs(tame, stream);
}

static void label(FILE *stream, const char *name)
{
    fprintf(stream, "  %-12s", name);
}

/* ---- one run --------------------------------------------------------------------------------------------------------------- */

static void print_standing(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    char text[32];

    put(stream, s->directory);
    fputs(": ", stream);
    if (s->standing == SHY_SEEN_NONE) fputs("there is no run here", stream);
    else if (s->standing == SHY_SEEN_SILENT) fprintf(stream, "no news for %s: perhaps dead", shy_meter_duration(s->silent, text));
    else fputs(shy_top_word(s->standing), stream);
    if (s->standing == SHY_SEEN_STOPPING && e->why[0] != '\0') fputs(" (", stream), put(stream, e->why), fputs(")", stream);
    if (s->standing == SHY_SEEN_STOPPED) fputs("; `shihyo resume ", stream), put(stream, s->directory), fputs("` goes on", stream);
    if (s->standing == SHY_SEEN_FAILED && e->message[0] != '\0') fputs(": ", stream), put(stream, e->message);
    if (e->has_progress && !shy_top_is_over(s->standing)) {
        fputs(", ", stream);
        put(stream, e->stage);
        if (e->targets > 1.0) fprintf(stream, " of target %.0f of %.0f (", e->target, e->targets), put(stream, e->target_name), fputs(")", stream);
    }
    if (s->standing == SHY_SEEN_FINISHED && e->has_events) fprintf(stream, " after %s", shy_meter_duration(e->last - e->began, text));
    else if (e->has_events && !shy_top_is_over(s->standing)) fprintf(stream, ", %s so far", shy_meter_duration(e->last - e->began, text));
    fputs("\n", stream);
}

static void print_bar(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    char cells[CELLS + 1], done[32], all[32], rate[32];
    const int full = (int)(fmin(fmax(e->fraction, 0.0), 1.0) * CELLS);

    if (!e->has_progress || s->standing == SHY_SEEN_FINISHED) return;
    for (int i = 0; i < CELLS; i++) cells[i] = i < full ? '#' : '.';
    cells[CELLS] = '\0';
    fprintf(stream, "  [%s] %5.1f %%", cells, 100.0 * e->fraction);
    /* Of a run that is over, the line above does not say it. */
    if (shy_top_is_over(s->standing)) fputs(" of the stage it was at: ", stream), put(stream, e->stage);
    if (e->formulas >= 0.0) fprintf(stream, "  %s of %s formulas", shy_meter_count(e->formulas, done), shy_meter_count(e->plan_formulas, all));
    if (e->rate > 0.0) fprintf(stream, ", %s formulas/s", shy_meter_count(e->rate, rate));
    fputs("\n", stream);
}

static void print_left(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    char text[32];

    if (shy_top_is_over(s->standing)) return;
    label(stream, "time left");
    /* What was reckoned and has run out says nothing, such as while the best formulas are refitted at the end of a search. */
    if (e->seconds_left - s->silent > 0.0) fprintf(stream, "%s to the end of this stage", shy_meter_duration(e->seconds_left - s->silent, text));
    else fputs(e->seconds_left >= 0.0 ? "should be at the end of this stage by now" : "not known yet", stream);
    if (e->job_ends > 0.0) fprintf(stream, "; the job is ended in %s", shy_meter_duration(fmax(e->job_ends - s->now, 0.0), text));
    if (e->stops > 0.0) fprintf(stream, "; the run stops in %s", shy_meter_duration(fmax(e->stops - s->now, 0.0), text));
    if (e->seconds_silent > LATE_SECONDS) fprintf(stream, "; at this place for %s", shy_meter_duration(e->seconds_silent + s->silent, text));
    fputs("\n", stream);
}

static void print_ranks(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    char text[32];

    if (!(e->ranks >= 1.0)) return;
    label(stream, "ranks");
    fprintf(stream, "%.0f", e->ranks);
    if (e->nodes >= 1.0) fprintf(stream, " on %.0f node%s", e->nodes, e->nodes > 1.0 ? "s" : "");
    if (e->has_events && e->idle_mean >= 0.0) fprintf(stream, ", idle %.1f %% of the time, at worst %.1f %%", 100.0 * e->idle_mean, 100.0 * e->idle_worst);
    if (e->memory > 0.0) fprintf(stream, "; memory %s", shy_meter_bytes(e->memory, text));
    if (e->memory > 0.0 && e->plan_bytes > 0.0) fprintf(stream, " (planned: %s)", shy_meter_bytes(e->plan_bytes, text));
    fputs("\n", stream);
}

static void print_checkpoint(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    char text[32];

    if (isnan(e->checkpoint) && e->checkpoint_problem[0] == '\0') return;
    label(stream, "checkpoint");
    if (isnan(e->checkpoint)) fputs("none", stream);
    else fprintf(stream, "%s ago", shy_meter_duration(fmax(s->now - e->checkpoint, 0.0), text));
    if (!isnan(e->checkpoint) && e->checkpoint_bytes > 0.0) fprintf(stream, ", %s", shy_meter_bytes(e->checkpoint_bytes, text));
    if (e->checkpoint_problem[0] != '\0') fputs("; the last could not be written: ", stream), put(stream, e->checkpoint_problem);
    fputs("\n", stream);
}

void shy_top_print(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    char text[32], more[32];

    print_standing(s, stream);
    print_bar(s, stream);
    print_left(s, stream);
    if (e->best[0] != '\0') {
        label(stream, shy_top_is_over(s->standing) ? "best" : "best so far");
        put(stream, e->best);
        fprintf(stream, " (r\xc2\xb2 %.4f)\n", e->statistic);
    }
    if (!e->has_events && s->standing == SHY_SEEN_FINISHED && e->formulas > 0.0) {
        label(stream, "searched");
        fprintf(stream, "%s formulas in %s\n", shy_meter_count(e->formulas, text), shy_meter_duration(e->seconds, more));
    }
    print_ranks(s, stream);
    print_checkpoint(s, stream);
    if (e->warnings > 0) {
        label(stream, "warnings");
        fprintf(stream, "%d; the last: ", e->warnings);
        put(stream, e->warning);
        fputs("\n", stream);
    }
}

/* ---- several ----------------------------------------------------------------------------------------------------------------- */

static void add_row(shy_table *table, const shy_run_view *s, size_t common)
{
    const shy_run_events *e = &s->events;
    const bool goes_on = !shy_top_is_over(s->standing);
    char text[32], cell[ROOM];

    shy_table_cell(table, s->directory + common);
    snprintf(cell, sizeof cell, "no news for %s", shy_meter_duration(s->silent, text));
    shy_table_cell(table, s->standing == SHY_SEEN_SILENT ? cell : shy_top_word(s->standing));
    shy_table_cell(table, goes_on ? e->stage : "");
    snprintf(cell, sizeof cell, "%.1f %%", 100.0 * e->fraction);
    shy_table_cell(table, goes_on && e->has_progress ? cell : "");
    shy_table_cell(table, goes_on && e->rate > 0.0 ? shy_meter_count(e->rate, text) : "");
    shy_table_cell(table, goes_on && e->seconds_left - s->silent > 0.0 ? shy_meter_duration(e->seconds_left - s->silent, text) : "");
    snprintf(cell, sizeof cell, "%.4f", e->statistic);
    shy_table_cell(table, e->best[0] != '\0' ? cell : "");
    shy_table_cell(table, s->standing == SHY_SEEN_FAILED ? e->message : e->best);
}

shy_status shy_top_print_table(const shy_run_view *state, size_t count, size_t common, FILE *stream)
{
    shy_table table = {0};
    size_t standing[SHY_SEEN_FINISHED + 1] = {0};

    shy_table_column(&table, "run", false);
    shy_table_column(&table, "state", false);
    shy_table_column(&table, "stage", false);
    shy_table_column(&table, "done", true);
    shy_table_column(&table, "formulas/s", true);
    shy_table_column(&table, "left", true);
    shy_table_column(&table, "r\xc2\xb2", true);
    shy_table_column(&table, "best so far", false);
    for (size_t i = 0; i < count; i++) {
        add_row(&table, &state[i], common);
        standing[state[i].standing]++;
    }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    for (size_t k = 0, shown = 0; k <= SHY_SEEN_FINISHED; k++)
        if (standing[k] > 0) fprintf(stream, "%s%zu %s", shown++ > 0 ? ", " : "", standing[k], shy_top_word((shy_run_standing)k));
    fputs("\n", stream);
    return st;
}

/* ---- for programs -------------------------------------------------------------------------------------------------------------- */

static void add_number(shy_event *line, const char *name, double value)
{
    if (!isnan(value)) shy_event_number(line, name, value);
}

static void add_text(shy_event *line, const char *name, const char *value)
{
    if (*value != '\0') shy_event_text(line, name, value);
}

void shy_top_print_json(const shy_run_view *s, FILE *stream)
{
    const shy_run_events *e = &s->events;
    shy_event line = {.text = "{", .count = 1};

    shy_event_text(&line, "directory", s->directory);
    shy_event_text(&line, "state", shy_top_word(s->standing));
    if (e->has_events) {
        add_number(&line, "silent", s->silent);
        add_number(&line, "elapsed", e->last - e->began);
        add_text(&line, "job", e->job);
        add_text(&line, "message", e->message);
    }
    if (e->has_progress && !shy_top_is_over(s->standing)) {
        add_text(&line, "stage", e->stage);
        add_text(&line, "target", e->target_name);
        add_number(&line, "fraction", e->fraction);
        add_number(&line, "rate", e->rate);
        add_number(&line, "seconds_left", e->seconds_left);
    }
    add_text(&line, "best_formula", e->best);
    add_number(&line, "best_statistic", e->best[0] != '\0' ? e->statistic : NAN);
    add_number(&line, "formulas", e->formulas);
    add_number(&line, "ranks", e->ranks);
    add_number(&line, "idle_mean", e->idle_mean), add_number(&line, "idle_worst", e->idle_worst);
    if (e->memory > 0.0 && e->memory < 0x1p63) shy_event_count(&line, "memory", (uint64_t)e->memory);
    add_number(&line, "checkpoint_age", s->now - e->checkpoint);
    if (e->has_events) shy_event_count(&line, "warnings", (uint64_t)e->warnings);
    shy_event_end(&line);
    fwrite(line.text, 1, line.count, stream);
}

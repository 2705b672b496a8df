/* collect_print.c: what was collected, for people. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/collect.h"
#include "app/progress.h"
#include "shihyo/report.h"

#define ROWS_SHOWN 60
#define P_WANTED 0.05

static const char *significant(double value, char *text, size_t size)
{
    if (!isfinite(value)) return "";
    snprintf(text, size, "%.4g", value);
    return text;
}

static const char *with_error(double value, double error, char *text, size_t size)
{
    if (!isfinite(value)) return "";
    if (isfinite(error)) snprintf(text, size, "%.3f ± %.3f", value, error);
    else snprintf(text, size, "%.3f", value);
    return text;
}

/* ---- tasks ------------------------------------------------------------------------------------------------------------------------ */

static void state_cell(const shy_collect_task *t, shy_table *table)
{
    char text[64];

    if (isfinite(t->fraction)) snprintf(text, sizeof text, "%s %.0f %%", shy_task_state_name(t->state), 100.0 * t->fraction);
    else snprintf(text, sizeof text, "%s", shy_task_state_name(t->state));
    shy_table_cell(table, text);
}

static void search_cells(const shy_collect_search *s, shy_table *table)
{
    char text[96];

    shy_table_cell(table, s->target ? s->target : s->outcome);
    shy_table_cell(table, *s->chosen_formula ? s->chosen_formula : "none better than none");
    snprintf(text, sizeof text, "%d", s->chosen);
    shy_table_cell(table, s->chosen > 0 ? text : "");
    shy_table_cell(table, s->metric[0]);
    shy_table_cell(table, significant(s->apparent, text, sizeof text));
    shy_table_cell(table, with_error(s->nested, s->error, text, sizeof text));
    shy_table_cell(table, significant(s->p, text, sizeof text));
    shy_table_cell(table, isfinite(s->formulas) ? shy_meter_count(s->formulas, text) : "");
    shy_table_cell(table, isfinite(s->seconds) ? shy_meter_duration(s->seconds, text) : "");
}

static void task_row(const shy_collection *c, int task, const shy_collect_search *s, shy_table *table)
{
    const shy_collect_task *t = &c->task[task];

    shy_table_cell(table, shy_tsv_cell(&c->table, task, 0));
    shy_table_cell(table, shy_tsv_cell(&c->table, task, 1));
    state_cell(t, table);
    if (s != NULL) {
        search_cells(s, table);
        return;
    }
    shy_table_cell(table, "");
    shy_table_cell(table, t->detail);
    for (int k = 0; k < 7; k++) shy_table_cell(table, "");
}

static shy_status print_tasks(const shy_collection *c, FILE *stream)
{
    static const char *const heading[] = {"task",   "name",     "state",  "outcome", "chosen formula", "complexity",
                                          "metric", "apparent", "nested", "p",       "formulas",       "time"};
    static const bool right[] = {true, false, false, false, false, true, false, true, true, true, true, true};
    shy_table table = {0};
    shy_status st;
    int s = 0, rows = 0;

    for (size_t k = 0; k < sizeof heading / sizeof *heading; k++) shy_table_column(&table, heading[k], right[k]);
    for (int t = 0; t < c->table.rows && rows < ROWS_SHOWN; t++) {
        if (s == c->searches || c->search[s].task != t) task_row(c, t, NULL, &table), rows++;
        for (; s < c->searches && c->search[s].task == t; s++, rows++) task_row(c, t, &c->search[s], &table);
    }
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    if (rows >= ROWS_SHOWN) fprintf(stream, "The first %d lines; collected.tsv has all.\n", rows);
    return st;
}

/* ---- a group ------------------------------------------------------------------------------------------------------------------------ */

static shy_status print_front(const shy_collection *c, const shy_collect_group *group, FILE *stream)
{
    const shy_collect_front *front = &group->front[0];
    shy_table table = {0};
    shy_status st;
    char text[96];

    shy_table_column(&table, "complexity", true);
    shy_table_column(&table, "formula", false);
    shy_table_column(&table, c->search[group->first].metric[0], true);
    shy_table_column(&table, "nested", true);
    shy_table_column(&table, "task", true);
    shy_table_column(&table, "tasks with it", true);
    for (int i = 0; i < front->places; i++) {
        const shy_collect_search *s = &c->search[front->place[i].search];
        const shy_collect_point *point = &s->point[front->place[i].point];
        snprintf(text, sizeof text, "%d", point->complexity);
        shy_table_cell(&table, text);
        shy_table_cell(&table, point->formula_short);
        shy_table_cell(&table, significant(point->metric[0], text, sizeof text));
        shy_table_cell(&table, with_error(point->nested, point->error, text, sizeof text));
        shy_table_cell(&table, shy_tsv_cell(&c->table, s->task, 0));
        snprintf(text, sizeof text, "%d", front->place[i].tasks);
        shy_table_cell(&table, text);
    }
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

/* What looking at the best of many does. */
static void print_chances(const shy_collection *c, const shy_collect_group *group, FILE *stream)
{
    const int all = group->searches + group->waiting;
    const shy_collect_search *least = group->least >= 0 ? &c->search[group->least] : NULL, *best = group->best >= 0 ? &c->search[group->best] : NULL;

    if (all < 2) return;
    fprintf(stream, "\nThis front is the best of %d searches%s: it has had %d chances, and what it shows is apparent.\n", all,
            group->waiting > 0 ? " (those that are still to come counted)" : "", all);
    if (least != NULL) {
        fprintf(stream, "The least p of a search is %.3g (task %s); for all of them together p is %.3g (Bonferroni; Šidák %.3g).\n", group->p_least,
                shy_tsv_cell(&c->table, least->task, 0), group->p_bonferroni, group->p_sidak);
        if (least->permutations > 0 && (double)all / (least->permutations + 1) > P_WANTED)
            fprintf(stream, "With %d permutations it cannot come below %.2g; for %.2g over %d searches permutations has to be %.0f at least.\n",
                    least->permutations, fmin((double)all / (least->permutations + 1), 1.0), P_WANTED, all, ceil(all / P_WANTED) - 1.0);
    }
    if (best != NULL && group->flattered > 0.0)
        fprintf(stream, "The best nested value, %.3f (task %s), was picked from several: that alone can flatter it by up to %.3f on average.\n",
                best->nested, shy_tsv_cell(&c->table, best->task, 0), group->flattered);
}

static shy_status print_group(const shy_collection *c, int g, FILE *stream)
{
    const shy_collect_group *group = &c->group[g];
    const shy_collect_search *first = &c->search[group->first];
    shy_status st;

    fputs("\n=== ", stream);
    if (c->groups > 1) fprintf(stream, "group %d: ", g + 1);
    fprintf(stream, "%s, the front of %d finished search%s ===\n", first->outcome, group->searches, group->searches == 1 ? "" : "es");
    if (group->why != NULL) fprintf(stream, "Not joined with group %d: %s.\n", group->other + 1, group->why);
    st = print_front(c, group, stream);
    print_chances(c, group, stream);
    return st;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------------------------- */

static void print_states(const shy_collection *c, FILE *stream)
{
    const char *before = "";

    fprintf(stream, "\n%d task%s: ", c->table.rows, c->table.rows == 1 ? "" : "s");
    for (int state = 0; state < SHY_TASK_STATES; state++) {
        if (c->count[state] == 0) continue;
        fprintf(stream, "%s%d %s", before, c->count[state], shy_task_state_name((shy_task_state)state));
        before = ", ";
    }
    fputs(".\n", stream);
    if (c->resubmit == NULL) return;
    fputs("To submit what is left (tasks that wait in the queue are among these: leave them out, or cancel them first):\n", stream);
    if (c->remove != NULL) fprintf(stream, "  %s\n", c->remove);
    fprintf(stream, "  %s\n", c->resubmit);
}

shy_status shy_collect_print(const shy_collection *c, FILE *stream)
{
    shy_status st = SHY_OK;

    SHY_TRY(print_tasks(c, stream));
    for (int g = 0; g < c->groups; g++) SHY_TRY(print_group(c, g, stream));
    print_states(c, stream);
out:
    return st;
}

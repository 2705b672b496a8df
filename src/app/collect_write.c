/* collect_write.c: what was collected, as files for programs. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/collect.h"
#include "app/lines.h"
#include "shihyo/report.h"

/* ---- collected.tsv ---------------------------------------------------------------------------------------------------------------- */

static void add_search(const shy_collection *c, const shy_collect_search *s, shy_lines *l)
{
    shy_lines_cell(l, s->target ? s->target : "", '\t');
    shy_lines_cell(l, s->outcome, '\t');
    shy_lines_add(l, "%d\t", s->group + 1);
    shy_lines_cell(l, s->chosen_formula, '\t');
    shy_lines_add(l, "%d\t", s->chosen);
    shy_lines_cell(l, s->metric[0], '\t');
    shy_lines_number(l, s->apparent, '\t');
    shy_lines_number(l, s->nested, '\t');
    shy_lines_number(l, s->error, '\t');
    shy_lines_number(l, s->p, '\t');
    shy_lines_number(l, s->p_holm, '\t');
    shy_lines_number(l, s->formulas, '\t');
    shy_lines_cell(l, s->fact[3], '\t');
    shy_lines_number(l, s->seconds, '\n');
    (void)c;
}

static void add_row(const shy_collection *c, int task, const shy_collect_search *s, shy_lines *l)
{
    const shy_collect_task *t = &c->task[task];

    for (int column = 0; column < 2; column++) shy_lines_cell(l, shy_tsv_cell(&c->table, task, column), '\t');
    shy_lines_cell(l, shy_task_state_name(t->state), '\t');
    if (isfinite(t->fraction)) shy_lines_add(l, "%.0f\t", 100.0 * t->fraction);
    else shy_lines_cell(l, "NA", '\t');
    shy_lines_cell(l, t->detail, '\t');
    for (int column = 2; column < c->table.columns - 2; column++) shy_lines_cell(l, shy_tsv_cell(&c->table, task, column), '\t');
    if (s != NULL) add_search(c, s, l);
    else shy_lines_add(l, "\t\tNA\t\tNA\t\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n");
}

static void collected_tsv(const shy_collection *c, shy_lines *l)
{
    int s = 0;

    shy_lines_add(l, "task\tname\tstate\tpercent\tdetail\t");
    for (int column = 2; column < c->table.columns - 2; column++) shy_lines_cell(l, shy_tsv_cell(&c->table, -1, column), '\t');
    shy_lines_add(l, "target\toutcome\tgroup\tformula\tcomplexity\tmetric\tapparent\tnested\tnested_error\tp\tp_holm\tformulas\tsamples\tseconds\n");
    for (int t = 0; t < c->table.rows; t++) {
        if (s == c->searches || c->search[s].task != t) add_row(c, t, NULL, l);
        for (; s < c->searches && c->search[s].task == t; s++) add_row(c, t, &c->search[s], l);
    }
}

/* ---- front.tsv ------------------------------------------------------------------------------------------------------------------------ */

static void front_tsv(const shy_collection *c, shy_lines *l)
{
    shy_lines_add(l, "group\toutcome\tmetric\tcomplexity\tformula\tvalue\tnested\tnested_error\tp\ttask\tname\ttarget\ttasks\n");
    for (int g = 0; g < c->groups; g++)
        for (int m = 0; m < c->group[g].fronts; m++)
            for (int i = 0; i < c->group[g].front[m].places; i++) {
                const shy_collect_place *place = &c->group[g].front[m].place[i];
                const shy_collect_search *s = &c->search[place->search];
                const shy_collect_point *point = &s->point[place->point];
                shy_lines_add(l, "%d\t", g + 1);
                shy_lines_cell(l, s->outcome, '\t');
                shy_lines_cell(l, s->metric[m], '\t');
                shy_lines_add(l, "%d\t", point->complexity);
                shy_lines_cell(l, point->formula, '\t');
                shy_lines_number(l, point->metric[m], '\t');
                shy_lines_number(l, m == 0 ? point->nested : NAN, '\t');
                shy_lines_number(l, m == 0 ? point->error : NAN, '\t');
                shy_lines_number(l, point->p, '\t');
                shy_lines_add(l, "%d\t", s->task + 1);
                shy_lines_cell(l, shy_tsv_cell(&c->table, s->task, 1), '\t');
                shy_lines_cell(l, s->target ? s->target : "", '\t');
                shy_lines_add(l, "%d\n", place->tasks);
            }
}

/* ---- collected.json -------------------------------------------------------------------------------------------------------------------- */

static shy_status search_record(const shy_collect_search *s, shy_record *r)
{
    shy_status st = SHY_OK;

    if (s->target) SHY_TRY(shy_record_text(r, "target", s->target));
    SHY_TRY(shy_record_text(r, "outcome", s->outcome));
    SHY_TRY(shy_record_integer(r, "group", s->group + 1));
    SHY_TRY(shy_record_text(r, "formula", *s->chosen_formula ? s->chosen_formula : NULL));
    SHY_TRY(shy_record_integer(r, "complexity", s->chosen));
    SHY_TRY(shy_record_text(r, "metric", s->metric[0]));
    SHY_TRY(shy_record_number(r, "apparent", s->apparent));
    SHY_TRY(shy_record_number(r, "nested", s->nested));
    SHY_TRY(shy_record_number(r, "nested_error", s->error));
    SHY_TRY(shy_record_number(r, "p", s->p));
    SHY_TRY(shy_record_number(r, "p_holm", s->p_holm));
    SHY_TRY(shy_record_number(r, "formulas", s->formulas));
    SHY_TRY(shy_record_number(r, "seconds", s->seconds));
out:
    return st;
}

static shy_status task_record(const shy_collection *c, int task, int *search, shy_record *r)
{
    shy_status st = SHY_OK;
    const shy_collect_task *t = &c->task[task];
    shy_record *values = NULL, *list = NULL, *one = NULL;

    SHY_TRY(shy_record_integer(r, "task", task + 1));
    SHY_TRY(shy_record_text(r, "name", shy_tsv_cell(&c->table, task, 1)));
    SHY_TRY(shy_record_text(r, "state", shy_task_state_name(t->state)));
    if (*t->detail) SHY_TRY(shy_record_text(r, "detail", t->detail));
    if (isfinite(t->fraction)) SHY_TRY(shy_record_number(r, "fraction", t->fraction));
    SHY_TRY(shy_record_object(r, "values", &values));
    for (int column = 2; column < c->table.columns - 2; column++)
        SHY_TRY(shy_record_text(values, shy_tsv_cell(&c->table, -1, column), shy_tsv_cell(&c->table, task, column)));
    if (*search == c->searches || c->search[*search].task != task) goto out;
    SHY_TRY(shy_record_list(r, "searches", &list));
    for (; *search < c->searches && c->search[*search].task == task; ++*search) {
        SHY_TRY(shy_record_append(list, &one));
        SHY_TRY(search_record(&c->search[*search], one));
    }
out:
    return st;
}

static shy_status place_record(const shy_collection *c, const shy_collect_place *place, int metric, shy_record *r)
{
    shy_status st = SHY_OK;
    const shy_collect_search *s = &c->search[place->search];
    const shy_collect_point *point = &s->point[place->point];

    SHY_TRY(shy_record_integer(r, "complexity", point->complexity));
    SHY_TRY(shy_record_text(r, "formula", point->formula));
    SHY_TRY(shy_record_number(r, "value", point->metric[metric]));
    if (metric == 0) SHY_TRY(shy_record_number(r, "nested", point->nested));
    if (metric == 0) SHY_TRY(shy_record_number(r, "nested_error", point->error));
    SHY_TRY(shy_record_number(r, "p", point->p));
    SHY_TRY(shy_record_integer(r, "task", s->task + 1));
    if (s->target) SHY_TRY(shy_record_text(r, "target", s->target));
    SHY_TRY(shy_record_integer(r, "tasks", place->tasks));
out:
    return st;
}

static shy_status fronts_record(const shy_collection *c, const shy_collect_group *group, shy_record *r)
{
    shy_status st = SHY_OK;
    shy_record *fronts = NULL, *front = NULL, *list = NULL, *one = NULL;

    SHY_TRY(shy_record_list(r, "fronts", &fronts));
    for (int m = 0; m < group->fronts; m++) {
        SHY_TRY(shy_record_append(fronts, &front));
        SHY_TRY(shy_record_text(front, "metric", c->search[group->first].metric[m]));
        SHY_TRY(shy_record_truth(front, "larger_is_better", shy_collect_larger_is_better(c->search[group->first].metric[m])));
        SHY_TRY(shy_record_list(front, "front", &list));
        for (int i = 0; i < group->front[m].places; i++) {
            SHY_TRY(shy_record_append(list, &one));
            SHY_TRY(place_record(c, &group->front[m].place[i], m, one));
        }
    }
out:
    return st;
}

static shy_status group_record(const shy_collection *c, int g, shy_record *r)
{
    shy_status st = SHY_OK;
    const shy_collect_group *group = &c->group[g];
    shy_record *facts = NULL;

    SHY_TRY(shy_record_integer(r, "group", g + 1));
    SHY_TRY(shy_record_text(r, "outcome", c->search[group->first].outcome));
    if (group->why) SHY_TRY(shy_record_integer(r, "not_joined_with", group->other + 1));
    if (group->why) SHY_TRY(shy_record_text(r, "why", group->why));
    SHY_TRY(shy_record_object(r, "in_common", &facts));
    for (int f = 0; shy_collect_fact_name(f) != NULL; f++) SHY_TRY(shy_record_text(facts, shy_collect_fact_name(f), c->search[group->first].fact[f]));
    SHY_TRY(shy_record_integer(r, "searches", group->searches));
    SHY_TRY(shy_record_integer(r, "waiting", group->waiting));
    SHY_TRY(shy_record_number(r, "p_least", group->p_least));
    SHY_TRY(shy_record_number(r, "p_bonferroni", group->p_bonferroni));
    SHY_TRY(shy_record_number(r, "p_sidak", group->p_sidak));
    if (group->least >= 0) SHY_TRY(shy_record_integer(r, "p_least_task", c->search[group->least].task + 1));
    if (group->best >= 0) SHY_TRY(shy_record_integer(r, "best_nested_task", c->search[group->best].task + 1));
    if (group->best >= 0) SHY_TRY(shy_record_number(r, "best_nested", c->search[group->best].nested));
    if (group->best >= 0) SHY_TRY(shy_record_number(r, "flattered_at_most", group->flattered));
    SHY_TRY(fronts_record(c, group, r));
out:
    return st;
}

static shy_status all_record(const shy_collection *c, shy_record *r)
{
    shy_status st = SHY_OK;
    shy_record *states = NULL, *list = NULL, *one = NULL;
    int search = 0;

    SHY_TRY(shy_record_integer(r, "tasks_count", c->table.rows));
    SHY_TRY(shy_record_object(r, "states", &states));
    for (int state = 0; state < SHY_TASK_STATES; state++) SHY_TRY(shy_record_integer(states, shy_task_state_name((shy_task_state)state), c->count[state]));
    SHY_TRY(shy_record_text(r, "resubmit", c->resubmit));
    if (c->remove) SHY_TRY(shy_record_text(r, "before_it", c->remove));
    SHY_TRY(shy_record_list(r, "groups", &list));
    for (int g = 0; g < c->groups; g++) {
        SHY_TRY(shy_record_append(list, &one));
        SHY_TRY(group_record(c, g, one));
    }
    SHY_TRY(shy_record_list(r, "tasks", &list));
    for (int t = 0; t < c->table.rows; t++) {
        SHY_TRY(shy_record_append(list, &one));
        SHY_TRY(task_record(c, t, &search, one));
    }
out:
    return st;
}

static shy_status write_record(const shy_collection *c, const char *directory)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    char *path = NULL;

    SHY_TRY(shy_record_create(&record));
    SHY_TRY(all_record(c, record));
    SHY_TRY(shy_string_format(&path, "%s/collected.json", directory));
    SHY_TRY(shy_validation_write(record, path));
out:
    shy_record_free(&record);
    shy_free(&path);
    return st;
}

static shy_status write_table(const shy_collection *c, const char *directory, const char *name, void (*fill)(const shy_collection *, shy_lines *))
{
    shy_lines lines = {0};
    shy_status st;

    fill(c, &lines);
    st = lines.status;
    if (st == SHY_OK) st = shy_file_put(directory, name, lines.text);
    shy_lines_free(&lines);
    return st;
}

shy_status shy_collect_write(const shy_collection *c, const char *directory)
{
    shy_status st = SHY_OK;

    SHY_TRY(write_table(c, directory, "collected.tsv", collected_tsv));
    SHY_TRY(write_table(c, directory, "front.tsv", front_tsv));
    SHY_TRY(write_record(c, directory));
out:
    return st;
}

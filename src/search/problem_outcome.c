/** The values of an outcome of two values, and of events: which there are, and which of them counts as 1. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"
#include "shihyo/linalg.h"

enum { MOST = 3 }; /* different values worth knowing: the third is one too many */

static void add_value(double *values, int *count, double value)
{
    for (int k = 0; k < *count; k++)
        if (values[k] == value) return;
    if (*count < MOST) values[(*count)++] = value;
}

const char *shy_value_name(const shy_column *column, double value, char *room)
{
    if (column->levels > 0 && value >= 0.0 && value < column->levels && value == floor(value))
        return column->level_names[(int)value];
    return shy_text_shortest(value, room);
}

/* The different values of all members, ascending. */
static void gather_values(const shy_team *team, const double *mine, int mine_count, double *gathered, int *starts,
                          double *values, int *count)
{
    *count = 0;
    shy_vector_gather(team, mine, mine_count, gathered, starts);
    for (int k = 0; k < starts[team->row_blocks]; k++)
        add_value(values, count, gathered[k]);
    for (int j = 1; j < *count; j++)
        for (int k = j; k > 0 && values[k] < values[k - 1]; k--) {
            const double swap = values[k];
            values[k] = values[k - 1], values[k - 1] = swap;
        }
}

/* Finds the one of two values that `positive` names; −1 if none. */
static int find_positive(const shy_column *column, const double *values, const char *positive)
{
    char room[32];
    double number;

    for (int k = 0; k < 2; k++)
        if (strcmp(shy_value_name(column, values[k], room), positive) == 0) return k;
    if (column->levels == 0 && shy_text_number(positive, &number))
        for (int k = 0; k < 2; k++)
            if (values[k] == number) return k;
    return -1;
}

static shy_status judge_values(struct shy_loading *l, struct shy_part *part, const double *values, int count, uint64_t present)
{
    const shy_column about = shy_cohort_column(l->cohort, part->column), *column = &about;
    const char *positive = l->options->positive && *l->options->positive ? l->options->positive : NULL;
    char room[MOST][32];
    const char *name[MOST];
    int one = 1;

    for (int k = 0; k < count; k++)
        name[k] = shy_value_name(column, values[k], room[k]);
    if (count > 2)
        return shy_fail(SHY_INPUT,
                        "outcome \"%s\" has more than two values (%s, %s, %s, …), so it is not binary; "
                        "choose two of them with samples.where, or another outcome.kind.",
                        column->name, name[0], name[1], name[2]);
    if (count == 1)
        return shy_fail(SHY_INPUT,
                        "outcome \"%s\" is constant: it is %s in all %llu rows of %s in use that have it. "
                        "Choose another outcome or other samples.",
                        column->name, name[0], (unsigned long long)present, l->place);
    if (count == 0)
        return shy_fail(SHY_INPUT, "outcome \"%s\" has no value in any of the rows of %s in use. Choose another outcome or other samples.",
                        column->name, l->place);
    if (positive) one = find_positive(column, values, positive);
    if (one < 0)
        return shy_fail(SHY_INPUT,
                        "outcome.positive is \"%s\", which is not a value of \"%s\": its values are \"%s\" and \"%s\".",
                        positive, column->name, name[0], name[1]);
    part->value[0] = values[1 - one], part->value[1] = values[one];
    return shy_string_copy(name[one], &part->positive);
}

shy_status shy_loading_levels(struct shy_loading *l, struct shy_part *part, const double *outcome)
{
    shy_status st = SHY_OK;
    const size_t members = (size_t)l->team->row_blocks;
    double mine[MOST], values[MOST], *gathered = NULL, present = 0.0;
    int *starts = NULL, mine_count = 0, count = 0;

    st = shy_new(members * MOST, sizeof *gathered, &gathered);
    if (st == SHY_OK) st = shy_new(members + 1, sizeof *starts, &starts);
    SHY_TRY_ALL(l->team, st);
    for (uint64_t i = 0; i < l->slice_rows; i++) {
        if (!l->candidate[i] || isnan(outcome[i])) continue;
        add_value(mine, &mine_count, outcome[i]);
        present += 1.0;
    }
    gather_values(l->team, mine, mine_count, gathered, starts, values, &count);
    SHY_TRY(shy_group_sum(l->team, &present, 1));
    SHY_TRY_ALL(l->team, judge_values(l, part, values, count, (uint64_t)present));
out:
    shy_free(&gathered);
    shy_free(&starts);
    return st;
}

/* The level of a column that a text names; −1 if none. */
static int find_level(const shy_column *column, const char *text)
{
    for (int k = 0; k < column->levels; k++)
        if (strcmp(column->level_names[k], text) == 0) return k;
    return -1;
}

/* A category without outcome.positive has been refused. */
shy_status shy_loading_event(struct shy_loading *l, struct shy_part *part)
{
    const shy_column about = shy_cohort_column(l->cohort, part->column), *column = &about;
    const char *positive = l->options->positive && *l->options->positive ? l->options->positive : NULL;

    part->value[0] = 0.0, part->value[1] = 1.0;
    if (positive && column->levels > 0) {
        const int level = find_level(column, positive);
        if (level < 0)
            return shy_fail(SHY_INPUT, "outcome.positive is \"%s\", which is not a level of the event \"%s\": its levels are \"%s\", \"%s\"%s.", positive,
                            column->name, column->level_names[0], column->levels > 1 ? column->level_names[1] : "",
                            column->levels > 2 ? " and others" : "");
        part->value[1] = level;
    } else if (positive && !shy_text_number(positive, &part->value[1])) {
        return shy_fail(SHY_INPUT, "outcome.positive is \"%s\", and the event \"%s\" is a column of numbers; give the number that is the event.", positive,
                        column->name);
    }
    if (column->levels == 0 && !positive) return SHY_OK;
    return shy_string_copy(positive ? positive : column->level_names[1], &part->positive);
}

void shy_part_code(const struct shy_part *part, double *y, int rows)
{
    for (int i = 0; i < rows; i++)
        if (!isnan(y[i])) y[i] = y[i] == part->value[1] ? 1.0 : 0.0;
}

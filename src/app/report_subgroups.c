/* report_subgroups.c: columns by which performance is broken down: those that were asked for, or sex, site and age where columns are called so. */
#include "shy_config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/report_impl.h"

enum { LEVELS_MOST = 20, COLUMNS_MOST = 8, PARTS = 4 }; /* PARTS: bands of numbers */

static const double age_bands[] = {50.0, 65.0, 75.0};

/* ---- which columns ---------------------------------------------------------------------------------------------------------------- */

/* The word is all of the name, or its beginning up to what is no letter: "age", "Age_y", "sex.f". */
static bool is_called(const char *name, const char *word)
{
    size_t k = 0;

    for (; word[k] != '\0'; k++)
        if (tolower((unsigned char)name[k]) != word[k]) return false;
    return !isalpha((unsigned char)name[k]);
}

static bool is_age(const char *name)
{
    return is_called(name, "age");
}

static bool is_wanted(const shy_column *column)
{
    static const char *const words[] = {"sex", "female", "male", "gender", "site", "centre", "center", "hospital", "region"};

    if (column->kind == SHY_KIND_NUMERIC && is_age(column->name)) return true;
    if (column->kind != SHY_KIND_NUMERIC && (column->levels < 2 || column->levels > LEVELS_MOST)) return false;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (is_called(column->name, words[k])) return true;
    return false;
}

static shy_status find_named(const shy_report *r, int64_t *index, int *count_out)
{
    for (int k = 0; k < r->options->subgroups_count; k++) {
        const char *name = r->options->subgroups[k];
        const int64_t column = shy_cohort_find(r->cohort, name);
        const char *near = column < 0 ? shy_cohort_nearest(r->cohort, name) : NULL;
        if (column < 0)
            return shy_fail(SHY_INPUT, "the cohort has no column \"%s\" to break performance down by%s%s%s", name, near != NULL ? "; did you mean \"" : ".",
                            near != NULL ? near : "", near != NULL ? "\"?" : "");
        if (shy_cohort_column(r->cohort, column).kind == SHY_KIND_IDENTIFIER)
            return shy_fail(SHY_INPUT, "column \"%s\" is an identifier: performance cannot be broken down by it.", name);
        index[(*count_out)++] = column;
    }
    return SHY_OK;
}

static void find_usual(const shy_report *r, int64_t *index, int *count_out)
{
    for (int64_t c = 0; c < shy_cohort_columns(r->cohort) && *count_out < COLUMNS_MOST; c++) {
        const shy_column column = shy_cohort_column(r->cohort, c);
        if (is_wanted(&column)) index[(*count_out)++] = c;
    }
}

/* ---- levels of numbers -------------------------------------------------------------------------------------------------------------- */

static int ascending(const void *left, const void *right)
{
    const double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

/* Borders between about equal parts, rounded; returns how many there are. */
static shy_status quantiles(const double *value, int rows, double *border, int *borders_out)
{
    shy_status st = SHY_OK;
    double *known = NULL;
    size_t n = 0;

    *borders_out = 0;
    SHY_TRY(shy_new((size_t)rows, sizeof *known, &known));
    for (int i = 0; i < rows; i++)
        if (!isnan(value[i])) known[n++] = value[i];
    qsort(known, n, sizeof *known, ascending);
    for (size_t k = 1; k < PARTS && n > 0; k++) {
        const double at = shy_sdc_digits(known[n * k / PARTS], 3);
        if (at > known[0] && (*borders_out == 0 || at > border[*borders_out - 1])) border[(*borders_out)++] = at;
    }
out:
    shy_free(&known);
    return st;
}

/* "<50", "50 to <65", "75+": whatever is below the border is in the lower level. */
static shy_status name_band(const double *border, int borders, int band, char **name_out)
{
    char low[32], high[32];

    if (band == 0) return shy_string_format(name_out, "<%s", shy_text_shortest(border[0], high));
    if (band == borders) return shy_string_format(name_out, "%s+", shy_text_shortest(border[borders - 1], low));
    return shy_string_format(name_out, "%s to <%s", shy_text_shortest(border[band - 1], low), shy_text_shortest(border[band], high));
}

static int32_t band_of(const double *border, int borders, double value)
{
    int band = 0;

    while (band < borders && value >= border[band]) band++;
    return isnan(value) ? -1 : band;
}

/* Bands of too few people go to their neighbours. */
static int join_bands(const shy_sdc *sdc, const double *value, int rows, double *border, int borders)
{
    double edge[PARTS + 1];
    int64_t people[PARTS] = {0};

    for (int i = 0; i < rows; i++)
        if (!isnan(value[i])) people[band_of(border, borders, value[i])]++;
    for (int b = 0; b <= borders + 1; b++) edge[b] = b == 0 ? -INFINITY : b <= borders ? border[b - 1] : INFINITY;
    const int bands = shy_sdc_join_bins(sdc, borders + 1, edge, 1, people);
    for (int b = 1; b < bands; b++) border[b - 1] = edge[b];
    return bands > 0 ? bands - 1 : 0;
}

static shy_status divide_numbers(const shy_sdc *sdc, const shy_column *column, const double *value, int rows, shy_subgroups *s, int k)
{
    shy_status st = SHY_OK;
    double border[PARTS];
    int borders = 0;

    if (is_age(column->name) && column->maximum > 30.0 && column->maximum <= 130.0) {
        borders = (int)(sizeof age_bands / sizeof *age_bands);
        memcpy(border, age_bands, sizeof age_bands);
    } else {
        SHY_TRY(quantiles(value, rows, border, &borders));
    }
    borders = join_bands(sdc, value, rows, border, borders);
    if (borders == 0) goto out;
    SHY_TRY(shy_new((size_t)borders + 1, sizeof *s->level_name[k], &s->level_name[k]));
    for (; s->levels[k] <= borders; s->levels[k]++) SHY_TRY(name_band(border, borders, s->levels[k], &s->level_name[k][s->levels[k]]));
    for (int i = 0; i < rows; i++) s->level[k][i] = band_of(border, borders, value[i]);
out:
    return st;
}

static shy_status divide_levels(const shy_column *column, const double *value, int rows, shy_subgroups *s, int k)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)column->levels, sizeof *s->level_name[k], &s->level_name[k]));
    for (; s->levels[k] < column->levels; s->levels[k]++) SHY_TRY(shy_string_copy(column->level_names[s->levels[k]], &s->level_name[k][s->levels[k]]));
    for (int i = 0; i < rows; i++) s->level[k][i] = isnan(value[i]) ? -1 : (int32_t)value[i];
out:
    return st;
}

/* ---- columns ---------------------------------------------------------------------------------------------------------------------------- */

/* span: room for all rows of the cohort; value: for the samples. */
static shy_status add_column(shy_report *r, int64_t index, double *span, double *value)
{
    shy_status st = SHY_OK;
    shy_subgroups *s = &r->subgroups;
    const int rows = r->problem->rows.rows, k = s->count;
    const shy_column column = shy_cohort_column(r->cohort, index);

    s->count++;
    SHY_TRY(shy_string_copy(column.name, &s->name[k]));
    SHY_TRY(shy_new((size_t)rows, sizeof *s->level[k], &s->level[k]));
    SHY_TRY(shy_cohort_read_alone(r->cohort, &index, 1, 0, shy_cohort_rows(r->cohort), span));
    for (int i = 0; i < rows; i++) value[i] = span[r->problem->cohort_row[i]];
    SHY_TRY(column.levels > 0 ? divide_levels(&column, value, rows, s, k) : divide_numbers(&r->options->sdc, &column, value, rows, s, k));
out:
    return st;
}

shy_status shy_report_subgroups(shy_report *r)
{
    shy_status st = SHY_OK;
    shy_subgroups *s = &r->subgroups;
    const size_t room = (size_t)r->options->subgroups_count + COLUMNS_MOST;
    int64_t *index = NULL;
    double *span = NULL, *value = NULL;
    int count = 0;

    if (r->problem == NULL) return SHY_OK;
    SHY_TRY(shy_new(room, sizeof *index, &index));
    if (r->options->subgroups_count > 0) SHY_TRY(find_named(r, index, &count));
    else find_usual(r, index, &count);
    SHY_TRY(shy_new(room, sizeof *s->name, &s->name));
    SHY_TRY(shy_new(room, sizeof *s->level, &s->level));
    SHY_TRY(shy_new(room, sizeof *s->levels, &s->levels));
    SHY_TRY(shy_new(room, sizeof *s->level_name, &s->level_name));
    SHY_TRY(shy_new(shy_cohort_rows(r->cohort), sizeof *span, &span));
    SHY_TRY(shy_new((size_t)r->problem->rows.rows, sizeof *value, &value));
    for (int k = 0; k < count; k++) SHY_TRY(add_column(r, index[k], span, value));
out:
    shy_free(&index);
    shy_free(&span);
    shy_free(&value);
    return st;
}

void shy_subgroups_free(shy_subgroups *s)
{
    for (int k = 0; k < s->count; k++) {
        for (int l = 0; s->level_name[k] != NULL && l < s->levels[k]; l++) shy_free(&s->level_name[k][l]);
        shy_free(&s->level_name[k]);
        shy_free(&s->level[k]);
        shy_free(&s->name[k]);
    }
    shy_free(&s->name);
    shy_free(&s->level);
    shy_free(&s->levels);
    shy_free(&s->level_name);
}

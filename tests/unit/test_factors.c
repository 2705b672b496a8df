/*
 * test_factors.c: factors that are made from columns (levels, pools, fills, indicators, ranges, limits) against a direct computation from
 * the table, on every grid of ranks, resident and cached; what is noted, and what is refused.
 */
#include "shy_config.h"

#include <math.h>
#include <unistd.h>

#include "par_check.h"

#include "search/columns.h"
#include "shihyo/linalg.h"

static char directory[256], path[300];

/* ---- the table --------------------------------------------------------------------------------------------------- */

enum { ROWS = 500 };
enum { RISK, AGE, BILI, FEMALE, STAGE, GRADE, SITE, LAB, COLUMNS };
static const char *const column_name[COLUMNS] = {"risk", "age", "bili", "female", "stage", "grade", "site", "lab"};
static const char *const stage_name[] = {"I", "II", "III", "IV", "V", "VI"};  /* V and VI are rare, together they are not */
static const char *const grade_name[] = {"low", "middle", "high"};           /* in the order of the schema, not of the alphabet */
static const char *const site_name[] = {"north", "south", "west"};          /* west is rare */

/* Missing: bili in every fifth row, stage in every seventh, grade in every ninth, lab in seven of ten, female and risk now and then. */
static double cell(int row, int column)
{
    const double u = shy_random_uniform(11, (uint64_t)column, (uint64_t)row);
    switch (column) {
    case RISK: return row % 23 == 5 ? NAN : 10.0 * u;
    case AGE: return 20.0 + floor(60.0 * u);
    case BILI: return row % 5 == 2 ? NAN : row % 50 == 1 ? 900.0 : row % 61 == 3 ? -7.0 : exp(6.0 * u - 3.0);
    case FEMALE: return row % 31 == 7 ? NAN : u < 0.4;
    case STAGE: return row % 7 == 4 ? NAN : row % 50 == 9 ? 4.0 : row % 70 == 12 ? 5.0 : floor(4.0 * u * u);
    case GRADE: return row % 9 == 1 ? NAN : floor(3.0 * u);
    case SITE: return row % 100 == 50 ? 2.0 : u < 0.7;
    case LAB: return row % 10 < 7 ? NAN : u;
    default: return NAN;
    }
}

static const char *level_name(int column, int level)
{
    return column == STAGE ? stage_name[level] : column == GRADE ? grade_name[level] : column == SITE ? site_name[level] : level ? "yes" : "no";
}

static bool is_text(int column)
{
    return column == FEMALE || column == STAGE || column == GRADE || column == SITE;
}

static bool write_table(const char *table)
{
    char number[32];
    FILE *file = fopen(table, "w");

    if (!file) return false;
    for (int c = 0; c < COLUMNS; c++) fprintf(file, "%s%s", c ? "," : "", column_name[c]);
    for (int i = 0; i < ROWS; i++)
        for (int c = 0; c < COLUMNS; c++) {
            const double value = cell(i, c);
            fputs(c ? "," : "\n", file);
            if (!isnan(value)) fputs(is_text(c) ? level_name(c, (int)value) : shy_text_shortest(value, number), file);
        }
    fputc('\n', file);
    return fclose(file) == 0;
}

static bool make_cohort(void)
{
    char table[300], schema[300];
    const char *tables[] = {table};
    const shy_import_options options = {.tables = tables, .tables_count = 1, .schema = schema, .output = path, .overwrite = true, .quiet = true};

    snprintf(table, sizeof table, "%s/table.csv", directory);
    snprintf(schema, sizeof schema, "%s/schema.yaml", directory);
    FILE *file = fopen(schema, "w");
    if (!file) return false;
    fputs("columns:\n  - {name: grade, levels: [low, middle, high]}\n  - {name: female, levels: ['no', 'yes']}\n"
          "  - {name: stage, kind: categorical}\n  - {name: site, kind: categorical}\n",
          file);
    const bool made = fclose(file) == 0 && write_table(table) && shy_cohort_import(&options, stdout) == SHY_OK;
    if (!made) print_error("%s\n", shy_error_message());
    return made;
}

/* ---- what is expected -------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    int column;
    shy_derived kind;
    int level;
    bool filled;
} expected_factor;

typedef struct {
    const char *label, *where, *include[8], *ordered[2], *range[2], *median[3], *indicator[3], *complete[3];
    shy_categories categories;
    shy_missing missing;
    double winsorise, most;
    int rare;
    const char *notes[5], *silent;
    expected_factor factor[16];
} expectation;

#define V SHY_DERIVED_VALUE
#define L SHY_DERIVED_LEVEL

static const expectation cases[] = {
    {.label = "columns as they are",
     .include = {"age", "bili", "female"},
     .notes = {"458 samples are complete"}, /* replaced by what is counted: see check_notes */
     .factor = {{"age", AGE, V, 0, false}, {"bili", BILI, V, 0, false}, {"female", FEMALE, V, 0, false}}},
    {.label = "levels, rare ones pooled or left out",
     .include = {"age", "stage", "site"},
     .categories = SHY_CATEGORIES_ONEHOT,
     .notes = {"Levels of stage with fewer than 10 samples are one, stage == (other): V and VI.",
               "The level of site with fewer than 10 samples is no factor: west."},
     .factor = {{"age", AGE, V, 0, false},
                {"stage == I", STAGE, L, 0, false},
                {"stage == II", STAGE, L, 1, false},
                {"stage == III", STAGE, L, 2, false},
                {"stage == IV", STAGE, L, 3, false},
                {"stage == (other)", STAGE, SHY_DERIVED_POOL, 4, false},
                {"site == north", SITE, L, 0, false},
                {"site == south", SITE, L, 1, false}}},
    {.label = "two levels are one factor",
     .where = "stage == I or stage == III",
     .include = {"bili", "stage"},
     .categories = SHY_CATEGORIES_ONEHOT,
     .factor = {{"bili", BILI, V, 0, false}, {"stage == III", STAGE, L, 2, false}}},
    {.label = "a level and the rest are one factor",
     .include = {"age", "stage"},
     .categories = SHY_CATEGORIES_ONEHOT,
     .rare = 150,
     .factor = {{"age", AGE, V, 0, false}, {"stage == I", STAGE, L, 0, false}}},
    {.label = "medians and most frequent levels",
     .include = {"*"},
     .categories = SHY_CATEGORIES_ONEHOT,
     .missing = SHY_MISSING_MEDIAN,
     .most = 0.5,
     .ordered = {"grade"},
     .notes = {"The factor lab is missing in more than 0.5 of the samples (missing.most) and is left out.",
               "missing values of 4 columns are filled with the column's median or most frequent level: bili (",
               "The levels of grade count as 0 to 2 in this order: low, middle and high;"},
     .factor = {{"age", AGE, V, 0, false},
                {"bili", BILI, V, 0, true},
                {"female", FEMALE, V, 0, true},
                {"stage == I", STAGE, L, 0, true},
                {"stage == II", STAGE, L, 1, true},
                {"stage == III", STAGE, L, 2, true},
                {"stage == IV", STAGE, L, 3, true},
                {"stage == (other)", STAGE, SHY_DERIVED_POOL, 4, true},
                {"grade", GRADE, V, 0, true},
                {"site == north", SITE, L, 0, false},
                {"site == south", SITE, L, 1, false}}},
    {.label = "indicators, a median, and complete cases together",
     .include = {"age", "bili", "lab", "grade", "female"},
     .categories = SHY_CATEGORIES_ORDERED,
     .missing = SHY_MISSING_MEDIAN,
     .most = 0.5,
     .indicator = {"l*", "female"},
     .complete = {"b*"},
     .factor = {{"age", AGE, V, 0, false},
                {"bili", BILI, V, 0, false},
                {"female", FEMALE, V, 0, true},
                {"missing(female)", FEMALE, SHY_DERIVED_MISSING, 0, false},
                {"grade", GRADE, V, 0, true},
                {"lab", LAB, V, 0, true},
                {"missing(lab)", LAB, SHY_DERIVED_MISSING, 0, false}}},
    {.label = "a name goes before a pattern",
     .include = {"age", "bili", "lab"},
     .median = {"bili"},
     .indicator = {"*"},
     .factor = {{"age", AGE, V, 0, false},
                {"bili", BILI, V, 0, true},
                {"lab", LAB, V, 0, true},
                {"missing(lab)", LAB, SHY_DERIVED_MISSING, 0, false}}},
    {.label = "ranges make values missing",
     .include = {"age", "bili"},
     .range = {"bili in 0.1..50", "age in 25.."},
     .indicator = {"bili"},
     .notes = {"values of bili outside 0.1..50 are treated as missing.", "values of age outside 25.. are treated as missing."},
     .factor = {{"age", AGE, V, 0, false}, {"bili", BILI, V, 0, true}, {"missing(bili)", BILI, SHY_DERIVED_MISSING, 0, false}}},
    {.label = "limits",
     .include = {"age", "bili", "female"},
     .winsorise = 0.025,
     .missing = SHY_MISSING_MEDIAN,
     .range = {"bili in ..500"},
     .notes = {"Values of 2 factors beyond the quantiles 0.025 and 0.975 are set to these."},
     .factor = {{"age", AGE, V, 0, false}, {"bili", BILI, V, 0, true}, {"female", FEMALE, V, 0, true}}},
    {.label = "off",
     .include = {"*"},
     .missing = SHY_MISSING_MEDIAN,
     .ordered = {"grade"},
     .most = 0.4,
     .notes = {"2 categorical columns are not offered as factors: stage and site."},
     .factor = {{"age", AGE, V, 0, false}, {"bili", BILI, V, 0, true}, {"female", FEMALE, V, 0, true}, {"grade", GRADE, V, 0, true}}},
};

static int count_texts(const char *const *texts, int most)
{
    int count = 0;
    while (count < most && texts[count]) count++;
    return count;
}

static shy_problem_options options_of(const expectation *e)
{
    static const char *const all[] = {"*"};
    shy_problem_options o = {.outcome = "risk", .outcome_kind = "continuous", .where = e->where ? e->where : "", .include = e->include};

    o.include_count = count_texts(e->include, 8);
    o.factor = (shy_factor_options){.categories = e->categories,
                                    .rare = (uint64_t)e->rare,
                                    .ordered = e->ordered,
                                    .ordered_count = count_texts(e->ordered, 2),
                                    .winsorise = e->winsorise,
                                    .winsorised = all,
                                    .winsorised_count = 1,
                                    .range = e->range,
                                    .range_count = count_texts(e->range, 2),
                                    .missing = e->missing,
                                    .missing_most = e->most};
    o.factor.missing_columns[SHY_MISSING_COMPLETE] = e->complete, o.factor.missing_count[SHY_MISSING_COMPLETE] = count_texts(e->complete, 3);
    o.factor.missing_columns[SHY_MISSING_MEDIAN] = e->median, o.factor.missing_count[SHY_MISSING_MEDIAN] = count_texts(e->median, 3);
    o.factor.missing_columns[SHY_MISSING_INDICATOR] = e->indicator, o.factor.missing_count[SHY_MISSING_INDICATOR] = count_texts(e->indicator, 3);
    return o;
}

/* ---- the direct computation -------------------------------------------------------------------------------------- */

static bool keeps(const expectation *e, int row)
{
    const double stage = cell(row, STAGE);
    return !isnan(cell(row, RISK)) && (!e->where || stage == 0.0 || stage == 2.0);
}

/* What a cell is once its plausible range is respected. */
static double plausible(const expectation *e, int row, int column)
{
    const double value = cell(row, column);
    char *name = NULL;
    bool outside = false;
    for (int k = 0; k < count_texts(e->range, 2); k++) {
        double lowest, highest;
        EXPECT(shy_range_parse(e->range[k], &name, &lowest, &highest) == SHY_OK);
        outside = outside || (strcmp(name, column_name[column]) == 0 && (value < lowest || value > highest));
        shy_free(&name);
    }
    return outside ? NAN : value;
}

static int count_factors(const expectation *e)
{
    int count = 0;
    while (count < 16 && e->factor[count].name) count++;
    return count;
}

static int find_samples(const expectation *e, int *sample)
{
    int count = 0;
    for (int i = 0; i < ROWS; i++) {
        bool complete = keeps(e, i);
        for (int f = 0; f < count_factors(e); f++)
            complete = complete && (e->factor[f].filled || e->factor[f].kind == SHY_DERIVED_MISSING || !isnan(plausible(e, i, e->factor[f].column)));
        if (complete) sample[count++] = i;
    }
    return count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int sorted_values(const expectation *e, int column, const int *sample, int samples, double *value)
{
    int count = 0;
    for (int i = 0; i < samples; i++)
        if (!isnan(plausible(e, sample[i], column))) value[count++] = plausible(e, sample[i], column);
    qsort(value, (size_t)count, sizeof *value, compare);
    return count;
}

static double quantile(const double *sorted, int count, double q)
{
    const double h = (count - 1) * q;
    const int below = (int)h;
    return below + 1 < count ? sorted[below] + (h - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
}

static int most_frequent(const expectation *e, int column)
{
    int count[6] = {0}, most = 0;
    for (int i = 0; i < ROWS; i++)
        if (keeps(e, i) && !isnan(cell(i, column))) count[(int)cell(i, column)]++;
    for (int v = 1; v < 6; v++)
        if (count[v] > count[most]) most = v;
    return most;
}

/* The derivation of a factor as it should be, from the samples. */
static void expected_numbers(const expectation *e, const expected_factor *f, const int *sample, int samples, double *fill, double *low, double *high)
{
    static double value[ROWS];
    const int count = sorted_values(e, f->column, sample, samples, value);
    const bool whole = f->column == FEMALE || f->column == GRADE;
    *low = -INFINITY, *high = INFINITY;
    *fill = f->kind == SHY_DERIVED_MISSING ? NAN : f->kind != SHY_DERIVED_VALUE ? most_frequent(e, f->column) : whole ? value[(count - 1) / 2] : (value[(count - 1) / 2] + value[count / 2]) / 2.0;
    if (e->winsorise > 0.0 && !whole && f->kind == SHY_DERIVED_VALUE) {
        *low = quantile(value, count, e->winsorise);
        *high = quantile(value, count, 1.0 - e->winsorise);
    }
}

static double expected_value(const expectation *e, const expected_factor *f, int row, double fill, double low, double high)
{
    const double here = plausible(e, row, f->column);
    const double value = isnan(here) ? fill : here;
    switch (f->kind) {
    case SHY_DERIVED_LEVEL: return value == f->level;
    case SHY_DERIVED_POOL: return value >= f->level;
    case SHY_DERIVED_MISSING: return isnan(here);
    default: return fmin(fmax(value, low), high);
    }
}

static bool near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-12 * fabs(b);
}

static void check_factor(const expectation *e, const shy_problem *p, uint32_t factor, const int *sample, int samples)
{
    const expected_factor *f = &e->factor[factor];
    const shy_derivation *how = p->derivation ? p->derivation[factor] : NULL;
    const double *values = NULL;
    double fill, low, high, least = INFINITY, most = -INFINITY;
    bool right = shy_columns_get(p->columns, &factor, 1, &values) == SHY_OK;

    expected_numbers(e, f, sample, samples, &fill, &low, &high);
    EXPECT(strcmp(p->name[factor], f->name) == 0);
    EXPECT(strcmp(p->unit_text[factor], f->kind != SHY_DERIVED_VALUE || f->column == FEMALE || f->column == GRADE ? "1" : "") == 0);
    for (int i = 0; right && i < p->rows.rows; i++)
        right = near(values[i], expected_value(e, f, sample[p->rows.first + (uint64_t)i], fill, low, high));
    EXPECT(right);
    for (int i = 0; i < samples; i++) {
        const double value = expected_value(e, f, sample[i], fill, low, high);
        least = fmin(least, value), most = fmax(most, value);
    }
    EXPECT(near(p->range[factor].lo, least) && near(p->range[factor].hi, most));
    EXPECT(near(p->first_sample[factor], expected_value(e, f, sample[0], fill, low, high)));
    EXPECT(!f->filled || (how && how->fill == fill));
    EXPECT(f->filled || !how || isnan(how->fill));
    EXPECT(p->binary[factor] == (f->kind != SHY_DERIVED_VALUE || f->column == FEMALE));
    EXPECT(f->kind == SHY_DERIVED_VALUE || (how && how->kind == f->kind));
    for (int i = 0; how && i < ROWS; i++) /* and so for any patient */
        if (f->filled || f->kind == SHY_DERIVED_MISSING) EXPECT(near(shy_derive(how, cell(i, f->column)), expected_value(e, f, i, fill, low, high)));
}

/* Names of levels are no plain words, but formulas of them read back. */
static void check_text(const shy_problem *p)
{
    shy_tree tree = {0}, back;
    char *text = NULL;

    for (int f = 0, root = 0; f < p->factors; f++) {
        const int leaf = shy_tree_leaf(&tree, (uint32_t)f);
        root = f ? shy_tree_binary(&tree, f % 2 ? SHY_OP_MULTIPLY : SHY_OP_ADD, root, leaf) : leaf;
    }
    EXPECT(shy_tree_print(&tree, p->name, 0, &text) == SHY_OK);
    EXPECT(text && shy_tree_parse(text, p->name, (uint32_t)p->factors, &back) == SHY_OK);
    EXPECT(back.count == tree.count);
    for (int i = 0; i < tree.count && back.count == tree.count; i++)
        EXPECT(back.node[i].op == tree.node[i].op && back.node[i].factor == tree.node[i].factor);
    shy_free(&text);
}

static bool is_noted(const shy_problem *p, const char *text)
{
    for (int k = 0; k < p->notes_count; k++)
        if (strstr(p->notes[k], text)) return true;
    return false;
}

static void check_notes(const expectation *e, const shy_problem *p, int samples)
{
    char text[64];
    snprintf(text, sizeof text, "%d of 478 samples are complete", samples);
    for (int k = 0; k < 5 && e->notes[k]; k++) {
        const char *note = e == &cases[0] ? text : e->notes[k];
        EXPECT(is_noted(p, note));
        if (!is_noted(p, note))
            for (int n = 0; n < p->notes_count; n++) print_error("%s\n", p->notes[n]);
    }
}

static void check_case(const shy_team *team, const expectation *e, uint64_t memory)
{
    static int sample[ROWS];
    const int samples = find_samples(e, sample);
    shy_problem_options options = options_of(e);
    shy_cohort *cohort = NULL;
    shy_problem *p = NULL;
    const uint64_t before = shy_memory_in_use();

    present_case = e->label;
    options.memory = memory;
    EXPECT(shy_cohort_open(team, path, &cohort) == SHY_OK);
    EXPECT(shy_problem_load(team, cohort, &options, &p) == SHY_OK);
    if (!p) print_error("%s\n", shy_error_message());
    if (p) {
        EXPECT(p->rows.total == (uint64_t)samples);
        EXPECT(p->factors == count_factors(e));
        EXPECT(shy_problem_resident(p) == (memory == 0 || p->rows.rows == 0));
        for (uint32_t f = 0; (int)f < p->factors && p->factors == count_factors(e) && p->rows.total == (uint64_t)samples; f++)
            check_factor(e, p, f, sample, samples);
        check_notes(e, p, samples);
        check_text(p);
    }
    shy_problem_free(&p);
    shy_cohort_close(&cohort);
    EXPECT(shy_memory_in_use() == before);
}

static void check_cases(const shy_team *team)
{
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (uint64_t memory = 0; memory < 2; memory++) check_case(team, &cases[c], memory);
}

static void factors_are_what_the_table_says(void **state)
{
    (void)state;
    on_every_team(check_cases);
    assert_on_all_ranks();
}

/* ---- words --------------------------------------------------------------------------------------------------------- */

static void check_words(const shy_team *team)
{
    static const struct {
        int c, factor;
        const char *words; /* with the fill for %s */
    } words[] = {{0, 1, ""},
                 {1, 5, "1 where stage is V or VI, else 0"},
                 {4, 0, ""},
                 {4, 3, "1 where stage is I, else 0; where stage is missing it counts as I"},
                 {4, 8, "low = 0, middle = 1, high = 2; where grade is missing it counts as middle"},
                 {4, 2, "where female is missing it counts as no"},
                 {7, 0, "age outside 25.. counts as missing"},
                 {7, 1, "bili outside 0.1..50 counts as missing; where bili is missing it counts as "},
                 {7, 2, "1 where bili is missing, else 0; bili outside 0.1..50 counts as missing"},
                 {8, 0, "age below 21"}};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        const shy_problem_options options = options_of(&cases[words[k].c]);
        const size_t length = strlen(words[k].words);
        shy_cohort *cohort = NULL;
        shy_problem *p = NULL;
        char *text = NULL;
        present_case = words[k].words;
        EXPECT(shy_cohort_open(team, path, &cohort) == SHY_OK && shy_problem_load(team, cohort, &options, &p) == SHY_OK);
        const bool described = p && shy_factor_describe(p, cohort, words[k].factor, &text) == SHY_OK;
        EXPECT(described);
        EXPECT(described && strncmp(text, words[k].words, length) == 0 && (length > 0 || *text == '\0'));
        if (described && strncmp(text, words[k].words, length) != 0) print_error("%s\n", text);
        shy_free(&text);
        shy_problem_free(&p);
        shy_cohort_close(&cohort);
    }
}

static void derivations_are_put_into_words(void **state)
{
    (void)state;
    on_every_team(check_words);
    assert_on_all_ranks();
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static const struct {
    expectation e;
    const char *message;
} bad[] = {
    {{.include = {"age"}, .range = {"bilii in 1..2"}}, "factors.range: column \"bilii\" is not a column of the cohort; did you mean \"bili\"?"},
    {{.include = {"age"}, .range = {"bili 1..2"}}, "\"bili 1..2\" is not a range; write a column and two limits"},
    {{.include = {"age"}, .range = {"stage in 1..2"}}, "factors.range: \"stage\" is a column of kind categorical"},
    {{.include = {"age"}, .range = {"risk in 1..2"}}, "factors.range: \"risk\" is the outcome"},
    {{.include = {"age"}, .range = {"age in 1..2", "age in ..3"}}, "factors.range: \"age\" has two ranges"},
    {{.include = {"age"}, .ordered = {"age"}}, "factors.ordered: \"age\" is a column of kind numeric in the cohort; only categorical"},
    {{.include = {"age"}, .ordered = {"stag"}}, "factors.ordered: column \"stag\" is not a column of the cohort; did you mean \"stage\"?"},
    {{.include = {"age"}, .median = {"agee"}}, "missing.median: column \"agee\" is not a column of the cohort; did you mean \"age\"?"},
    {{.include = {"age"}, .indicator = {"zz*"}}, "missing.indicator: column \"zz*\" matches no column"},
    {{.include = {"age"}, .indicator = {"age"}, .median = {"age"}}, "missing.indicator: column \"age\" is also in missing.median"},
    {{.include = {"stage"}}, "factor \"stage\" is a column of kind categorical"},
    {{.include = {"stage"}, .categories = SHY_CATEGORIES_ONEHOT, .rare = 1000}, "no level of the categorical columns offered is carried by 1000 samples"},
};

static void check_refusals(const shy_team *team)
{
    for (size_t c = 0; c < sizeof bad / sizeof *bad; c++) {
        const shy_problem_options options = options_of(&bad[c].e);
        shy_cohort *cohort = NULL;
        shy_problem *p = NULL;
        const uint64_t before = shy_memory_in_use();
        present_case = bad[c].message;
        EXPECT(shy_cohort_open(team, path, &cohort) == SHY_OK);
        shy_error_clear();
        expect_failure(team, shy_problem_load(team, cohort, &options, &p), SHY_INPUT, bad[c].message);
        EXPECT(p == NULL);
        shy_cohort_close(&cohort);
        EXPECT(shy_memory_in_use() == before);
    }
}

static void wrong_lists_are_refused(void **state)
{
    (void)state;
    on_every_team(check_refusals);
    assert_on_all_ranks();
}

static void ranges_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *column;
        double lowest, highest;
    } good[] = {{"bili in 0.1..50", "bili", 0.1, 50},  {"age in 18..", "age", 18, INFINITY}, {"ratio in ..3", "ratio", -INFINITY, 3},
                {"x in in -2 .. 1e3", "x in", -2, 1e3}, {"a b in -1...5", "a b", -1, 0.5}};
    static const char *const wrong[] = {"", "bili", "bili in", "bili in 3", "bili in ..", "bili in 5..5", "bili in 5..2", " in 1..2", "bili in a..2", "bili in 1..nan", "bili in 1..inf"};
    (void)state;
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        char *column = NULL;
        double lowest, highest;
        assert_int_equal(shy_range_parse(good[k].text, &column, &lowest, &highest), SHY_OK);
        assert_string_equal(column, good[k].column);
        assert_true(lowest == good[k].lowest && highest == good[k].highest);
        shy_free(&column);
    }
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char *column = NULL;
        double lowest, highest;
        assert_int_equal(shy_range_parse(wrong[k], &column, &lowest, &highest), SHY_INPUT);
        assert_null(column);
        shy_error_clear();
    }
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Each allocation of one rank fails in turn: all ranks learn of it and none hangs. */
static void check_memory(const shy_team *team)
{
    for (int victim = 0; victim < team->size; victim++) {
        const expectation *e = &cases[victim % 2 ? 5 : 4];
        shy_problem_options options = options_of(e);
        shy_cohort *cohort = NULL;
        shy_status st = SHY_MEMORY;
        int failures = 0;
        options.memory = victim % 2 ? 0 : 1;
        EXPECT(shy_cohort_open(team, path, &cohort) == SHY_OK);
        const uint64_t before = shy_memory_in_use();
        for (uint64_t nth = 1; nth < 600 && st != SHY_OK; nth++) {
            shy_problem *p = NULL;
            if (team->rank == victim) shy_memory_fail_at(nth);
            st = shy_problem_load(team, cohort, &options, &p);
            shy_memory_fail_at(0);
            EXPECT(on_all(team, (st == SHY_OK || st == SHY_MEMORY) && (st == SHY_OK) == (p != NULL)));
            shy_problem_free(&p);
            EXPECT(shy_memory_in_use() == before);
            failures += st != SHY_OK;
            shy_error_clear();
        }
        EXPECT(st == SHY_OK && failures >= 60);
        shy_cohort_close(&cohort);
    }
}

static void memory_that_ends_on_one_rank_fails_all(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static shy_team *world;

static int start(void **state)
{
    int rank, made = 1;
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (shy_team_create(MPI_COMM_WORLD, 1, &world) != SHY_OK || shy_linalg_start(world) != SHY_OK) return -1;
    snprintf(directory, sizeof directory, "%s/shihyo-factors-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (rank == 0) made = mkdtemp(directory) != NULL;
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/cohort.h5", directory);
    if (rank == 0 && made) made = make_cohort();
    MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return made ? 0 : -1;
}

static int end(void **state)
{
    char command[300];
    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    const int removed = world->rank == 0 ? system(command) : 0;
    shy_linalg_stop();
    shy_team_destroy(&world);
    return removed;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read_strictly),
        cmocka_unit_test(factors_are_what_the_table_says),
        cmocka_unit_test(derivations_are_put_into_words),
        cmocka_unit_test(wrong_lists_are_refused),
        cmocka_unit_test(memory_that_ends_on_one_rank_fails_all),
    };
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    const int failed = cmocka_run_group_tests_name("factors", tests, start, end);
    shy_par_stop();
    return failed;
}

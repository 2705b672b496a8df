/* Tests of data: what is inferred from tables, what a schema changes, and what is refused with which words. */
#include "shy_config.h"

#include <math.h>

#include "data_check.h"

/* ---- inference --------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *heading, *cells; /* cells between bars, one per row */
    shy_kind kind;
    int levels;
    const char *second; /* level 1 of a binary column */
} inferred;

static const inferred inferences[] = {
    {"weight [kg]", "70.5|80|NA|61", SHY_KIND_NUMERIC, 0, NULL},
    {"visits", "1|2|2|3", SHY_KIND_NUMERIC, 0, NULL},
    {"smoker", "0|1|1|0", SHY_KIND_BINARY, 2, "1"},
    {"smoker2", "1.0|0|.|0.0", SHY_KIND_BINARY, 2, "1"},
    {"sex", "male|female|female|male", SHY_KIND_BINARY, 2, "male"},
    {"ulcer", "yes|unknown|yes|NA", SHY_KIND_BINARY, 2, "yes"},
    {"flag", "TRUE|FALSE|TRUE|FALSE", SHY_KIND_BINARY, 2, "TRUE"},
    {"trt", "1|2|1|2", SHY_KIND_NUMERIC, 0, NULL},
    {"race", "a|b|c|a", SHY_KIND_CATEGORICAL, 3, NULL},
    {"grade", "1|II|III|II", SHY_KIND_CATEGORICAL, 3, NULL}, /* a number first, texts in the majority: read again */
    {"centre", "north|north|north|", SHY_KIND_CATEGORICAL, 1, NULL},
    {"subject_id", "17|3|9|4", SHY_KIND_IDENTIFIER, 0, NULL},
    {"sampleId", "17|3|9|4", SHY_KIND_IDENTIFIER, 0, NULL},
    {"pair_id", "17|17|9|9", SHY_KIND_NUMERIC, 0, NULL},
    {"lipid", "17|3|9|4", SHY_KIND_NUMERIC, 0, NULL},
    {"label", "S-1|S-2|S-3|S-4", SHY_KIND_IDENTIFIER, 0, NULL},
    {"mixed_label", "7|S-2|S-3|S-8", SHY_KIND_IDENTIFIER, 0, NULL},
    {"empty", "|NA|.|", SHY_KIND_NUMERIC, 0, NULL},
    {"constant", "1|1|1|1", SHY_KIND_NUMERIC, 0, NULL},
    {"protime", "10.1|11|12|13", SHY_KIND_NUMERIC, 0, NULL},
    {"time", "10|11|12|13", SHY_KIND_NUMERIC, 0, NULL}, /* no event beside it */
};

static void put_case(const inferred *c)
{
    char text[256];
    size_t used = (size_t)snprintf(text, sizeof text, "anchor,%s\n", c->heading);
    const char *cell = c->cells;

    for (int row = 0; row < 4; row++) {
        size_t length = strcspn(cell, "|");
        used += (size_t)snprintf(text + used, sizeof text - used, "%d.5,%.*s\n", row, (int)length, cell);
        cell += length + (cell[length] == '|');
    }
    write_text("case.csv", text);
}

static void kinds_are_inferred_with_care(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof inferences / sizeof *inferences; i++) {
        const inferred *c = &inferences[i];
        shy_cohort *cohort = NULL;
        put_case(c);
        assert_int_equal(import_table(in_scratch("case.csv"), NULL, in_scratch("case.h5")), SHY_OK);
        assert_int_equal(shy_cohort_open(team, in_scratch("case.h5"), &cohort), SHY_OK);
        const shy_column about = shy_cohort_column(cohort, 1), *column = &about;
        if (column->kind != c->kind)
            fail_msg("%s: %s is taken for %s", c->heading, c->cells, shy_kind_name(column->kind));
        assert_int_equal(column->levels, c->levels);
        if (c->second != NULL) assert_string_equal(column->level_names[1], c->second);
        for (int k = 0; k + 1 < column->levels && column->kind == SHY_KIND_CATEGORICAL; k++)
            assert_true(strcmp(column->level_names[k], column->level_names[k + 1]) < 0);
        if (i == 0) assert_string_equal(column->unit, "kg");
        if (i == 0) assert_string_equal(column->name, "weight");
        shy_cohort_close(&cohort);
    }
}

static void texts_that_are_no_levels_are_left_out(void **state)
{
    char text[8192] = "x,comment,date\n";
    shy_cohort *cohort = NULL;
    (void)state;
    for (int i = 0; i < 120; i++) {
        char row[64];
        snprintf(row, sizeof row, "%d.5,remark %d,2020-01-%02d\n", i, i % 60, 1 + i % 28);
        strcat(text, row);
    }
    write_text("free.csv", text);
    assert_int_equal(import_table(in_scratch("free.csv"), NULL, in_scratch("free.h5")), SHY_OK);
    assert_int_equal(shy_cohort_open(team, in_scratch("free.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_columns(cohort), 1);
    shy_cohort_close(&cohort);
    write_text("free.yaml", "columns: [{name: comment, kind: categorical}]\n");
    assert_int_equal(import_table(in_scratch("free.csv"), in_scratch("free.yaml"), in_scratch("free.h5")), SHY_OK);
    assert_int_equal(shy_cohort_open(team, in_scratch("free.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_columns(cohort), 2);
    assert_int_equal(shy_cohort_column(cohort, 1).levels, 60);
    shy_cohort_close(&cohort);
}

static void follow_up_needs_both_time_and_event(void **state)
{
    static const struct {
        const char *table;
        shy_kind first, second;
    } cases[] = {
        {"futime,status\n10,1\n20,0\n30,1\n", SHY_KIND_TIME, SHY_KIND_EVENT},
        {"TimeToRecurrence,Recurrence\n10.5,1\n20,0\n30,1\n", SHY_KIND_TIME, SHY_KIND_EVENT},
        {"time,sex\n10,1\n20,0\n30,1\n", SHY_KIND_NUMERIC, SHY_KIND_BINARY},
        {"age,death\n10,1\n20,0\n30,1\n", SHY_KIND_NUMERIC, SHY_KIND_BINARY},
        {"time,status\n-10,1\n20,0\n30,1\n", SHY_KIND_NUMERIC, SHY_KIND_BINARY},
        {"time,status\n10,1\n20,0\n30,2\n", SHY_KIND_NUMERIC, SHY_KIND_NUMERIC},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shy_cohort *cohort = NULL;
        write_text("case.csv", cases[i].table);
        assert_int_equal(import_table(in_scratch("case.csv"), NULL, in_scratch("case.h5")), SHY_OK);
        assert_int_equal(shy_cohort_open(team, in_scratch("case.h5"), &cohort), SHY_OK);
        assert_int_equal(shy_cohort_column(cohort, 0).kind, cases[i].first);
        assert_int_equal(shy_cohort_column(cohort, 1).kind, cases[i].second);
        shy_cohort_close(&cohort);
    }
}

/* ---- schema ------------------------------------------------------------------------------------------------------ */

static const char visits[] = "pid,sex,stage,dead,days,score,g_1 [counts],g_2\n"
                             "a,2,I,no,10,-1,5,6\n"
                             "b,1,III,yes,20,3.5,-9,7\n"
                             "c,2,II,no,30,4,5,8\n";
static const char visits_schema[] = "missing: ['-9']\n"
                                    "columns:\n"
                                    "  - {name: sex, kind: binary, levels: ['2', '1']}\n"
                                    "  - {name: stage, levels: [I, II, III, IV]}\n"
                                    "  - {name: dead, kind: event}\n"
                                    "  - {name: days, kind: time, unit: d}\n"
                                    "  - {name: score, missing: ['-1']}\n"
                                    "  - {name: 'g_*', modality: genomic}\n";

static void assert_visits(const char *path)
{
    /* pid, sex, stage, dead, days, score, g_1, g_2 */
    static const double expected[7][3] = {{0, 1, 0},     {0, 2, 1},   {0, 1, 0}, {10, 20, 30},
                                          {NAN, 3.5, 4}, {5, NAN, 5}, {6, 7, 8}};
    static const shy_kind kinds[] = {SHY_KIND_IDENTIFIER, SHY_KIND_BINARY,  SHY_KIND_CATEGORICAL, SHY_KIND_EVENT,
                                     SHY_KIND_TIME,       SHY_KIND_NUMERIC, SHY_KIND_NUMERIC,     SHY_KIND_NUMERIC};
    const int64_t index[] = {1, 2, 3, 4, 5, 6, 7};
    double values[7][3];
    shy_cohort *cohort = NULL;

    assert_int_equal(shy_cohort_open(team, path, &cohort), SHY_OK);
    for (int k = 0; k < 8; k++)
        assert_int_equal(shy_cohort_column(cohort, k).kind, kinds[k]);
    assert_int_equal(shy_cohort_column(cohort, 2).levels, 4);
    assert_string_equal(shy_cohort_column(cohort, 4).unit, "d");
    assert_string_equal(shy_cohort_column(cohort, 6).unit, "counts");
    assert_string_equal(shy_cohort_column(cohort, 7).modality, "genomic");
    assert_string_equal(shy_cohort_column(cohort, 5).modality, "clinical");
    assert_int_equal(shy_cohort_read(cohort, index, 7, 0, 3, &values[0][0]), SHY_OK);
    shy_cohort_close(&cohort);
    for (int k = 0; k < 7; k++)
        for (int i = 0; i < 3; i++)
            assert_true(values[k][i] == expected[k][i] || (isnan(values[k][i]) && isnan(expected[k][i])));
}

/* The schema that an import saves says what the import decided: with it alone the same cohort comes out. */
static void a_saved_schema_repeats_the_import(void **state)
{
    const char *tables[] = {in_scratch("visits.csv")};
    shy_import_options options = {.tables = tables, .tables_count = 1, .quiet = true};
    (void)state;
    write_text("visits.csv", visits);
    write_text("visits.yaml", visits_schema);
    options.schema = in_scratch("visits.yaml");
    options.save_schema = in_scratch("saved.yaml");
    options.output = in_scratch("visits.h5");
    assert_int_equal(import_here(&options, NULL), SHY_OK);
    assert_visits(in_scratch("visits.h5"));
    assert_int_equal(import_table(in_scratch("visits.csv"), in_scratch("saved.yaml"), in_scratch("repeated.h5")),
                     SHY_OK);
    assert_visits(in_scratch("repeated.h5"));
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void bad_tables_are_refused_with_the_place(void **state)
{
    static const struct {
        const char *table, *schema, *expected;
    } cases[] = {
        {"a,b\n1,2\n3\n", NULL, "case.csv, row 2 (line 3): has 1 fields, and the heading has 2"},
        {"a,b\n1,2\n\n3,4,5,6\n", NULL, "case.csv, row 2 (line 4): has 4 fields"},
        {"a,b\n1,2,3\n", NULL, "Does the heading lack a name for the first column?"},
        {"a,b\n1,2\n3,high\n4,5\n", NULL,
         "case.csv, row 2 (line 3), column b: 'high' is not a number, and 2 of the 3 values"},
        {"a,b\n\"1\nx\",2\n3,4\n5,6\n7,8\n", NULL, "case.csv, row 1 (line 2), column a: '1\nx' is not a number"},
        {"a,b,a\n1,2,3\n", NULL, "case.csv, heading: columns 1 and 3 are both named a"},
        {"a [mg],b,a [g]\n1,2,3\n", NULL, "columns 1 and 3 are both named a"},
        {"a,,b\n1,2,3\n", NULL, "case.csv, heading: column 2 has no name"},
        {"Gr\xF6\xDF"
         "e,b\n1,2\n",
         NULL, "column 1 is not UTF-8"},
        {"a\xC2\x9B" "31m,b\n1,2\n", NULL, "column 1 is not UTF-8 text in one line, or has invisible characters"},
        {"a\xE2\x80\xAE" "b,b\n1,2\n", NULL, "column 1 is not UTF-8 text in one line, or has invisible characters"},
        {"a,b\n1,\xE2\x80\xA8q\n2,x\n", NULL, "case.csv, row 1 (line 2), column b"},
        {"a,b\n1,m\xFCller\n2,x\n", NULL, "case.csv, row 1 (line 2), column b"},
        {"a,b\n1,2\n3,Inf\n", NULL, "case.csv, row 2 (line 3), column b: 'Inf' is an infinite value"},
        {"a,b\n1,2\n3,-1e999\n", NULL, "case.csv, row 2 (line 3), column b: '-1e999' is an infinite value"},
        {"a,b\n", NULL, "case.csv: holds a heading and no row of data"},
        {"a,b", NULL, "case.csv: holds a heading and no row of data"},
        {"id\nx\ny\nz\n", NULL, "has no column of values"},
        {"id,b\nx,1\ny,2\nx,3\n", "columns: [{name: id, kind: identifier}]",
         "case.csv, row 3 (line 4), column id: 'x' is already the identifier of row 1"},
        {"id,b\nx,1\n,2\n", "columns: [{name: id, kind: identifier}]",
         "row 2 (line 3), column id: '' is no identifier"},
        {"a,b\n1,2\n", "columns: [{name: aa}, {name: b}]", "s.yaml:1: the tables have no column aa; did you mean a"},
        {"a,b\n1,2\n", "columns: [{name: 'q*'}]", "s.yaml:1: the tables have no column q*"},
        {"a,b\n1,x\n2,3\n", "columns: [{name: b, kind: numeric}]",
         "column b: 'x' is not a number, and the schema declares the column numeric"},
        {"a,b\n1,x\n2,y\n3,z\n", "columns: [{name: b, kind: binary}]",
         "column b: is declared binary and has 3 values, among them 'x', 'y' and 'z'"},
        {"a,b\n1,0\n2,1\n3,2\n", "columns: [{name: b, kind: event}]",
         "column b: is declared event and has 3 values, among them '0', '1' and '2'. Leave its kind out of the schema"},
        {"a,b\n1,x\n2,x\n", "columns: [{name: b, kind: binary}]",
         "column b: is declared binary and has only the value 'x'"},
        {"a,b\n1,lo\n2,hi\n3,h\n", "columns: [{name: b, levels: [lo, hi]}]",
         "row 3 (line 4), column b: 'h' is none of the 2 levels"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("case.csv", cases[i].table);
        if (cases[i].schema != NULL) write_text("s.yaml", cases[i].schema);
        shy_status st = import_table(in_scratch("case.csv"), cases[i].schema != NULL ? in_scratch("s.yaml") : NULL,
                                     in_scratch("bad.h5"));
        assert_contains(shy_error_message(), cases[i].expected);
        assert_int_equal(st, SHY_INPUT);
        assert_int_equal(files_in_scratch("bad"), 0);
        MPI_Barrier(team->world);
    }
    shy_error_clear();
}

static void bad_joins_are_refused(void **state)
{
    static const struct {
        const char *second, *join, *expected;
    } cases[] = {
        {"id,c\na,1\nb,2\na,3\n", "id", "two.csv, row 3 (line 4), column id: 'a' is already the identifier of row 1"},
        {"id,c\nA,1\nB,2\n", "id",
         "have no identifier in common: id is for example 'a' in the one and 'A' in the other"},
        {"pid,c\na,1\n", "id", "two.csv: has no column id to join on; the nearest name is pid"},
        {"id,b\na,1\n", "id", "one.csv and "},
        {"id,c\na,1\n,2\n", "id", "row 2 (line 3), column id: '' is no identifier"},
        {"id,c\na,1\n", NULL, "--join"},
    };
    const char *tables[] = {in_scratch("one.csv"), in_scratch("two.csv")};
    (void)state;
    write_text("one.csv", "id,b\na,1\nb,2\nc,7\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shy_import_options options = {.tables = tables, .tables_count = 2, .join = cases[i].join, .quiet = true};
        options.output = in_scratch("bad.h5");
        write_text("two.csv", cases[i].second);
        shy_status st = import_here(&options, NULL);
        assert_contains(shy_error_message(), cases[i].expected);
        assert_int_equal(st, cases[i].join != NULL ? SHY_INPUT : SHY_USAGE);
        assert_int_equal(files_in_scratch("bad"), 0);
        MPI_Barrier(team->world);
    }
    shy_error_clear();
}

static void outputs_are_not_lost(void **state)
{
    const char *tables[] = {in_scratch("one.csv")};
    shy_import_options options = {.tables = tables, .tables_count = 1, .quiet = true};
    (void)state;
    write_text("one.csv", "id,b\na,1\nb,2\nc,7\n");
    write_text("kept.h5", "precious");
    options.output = in_scratch("kept.h5");
    assert_int_equal(import_here(&options, NULL), SHY_IO);
    assert_contains(shy_error_message(), "kept.h5: is already there. Add --overwrite");
    options.overwrite = true;
    options.output = in_scratch("one.csv");
    assert_int_equal(import_here(&options, NULL), SHY_INPUT);
    assert_contains(shy_error_message(), "is one of the tables");
    options.output = in_scratch("nowhere/c.h5");
    assert_int_equal(import_here(&options, NULL), SHY_IO);
    assert_contains(shy_error_message(), "nowhere/c.h5: cannot be written: No such file");
    options.output = scratch;
    assert_int_equal(import_here(&options, NULL), SHY_IO);
    assert_contains(shy_error_message(), "is a directory");
    options.output = in_scratch("kept.h5");
    assert_int_equal(import_here(&options, NULL), SHY_OK);
    assert_int_equal(files_in_scratch("part"), 0);
}

static void missing_codes_hold_for_all_or_for_one(void **state)
{
    const char *tables[] = {in_scratch("codes.csv")}, *codes[] = {"-99", "n.d."};
    shy_import_options options = {
        .tables = tables, .tables_count = 1, .missing = codes, .missing_count = 2, .quiet = true};
    shy_cohort *cohort = NULL;
    (void)state;
    write_text("codes.csv", "a,b,c\n-99,n.d.,x\n-99.0,2,-99\n3,4,y\n5,6,x\n");
    options.output = in_scratch("codes.h5");
    assert_int_equal(import_here(&options, NULL), SHY_OK);
    assert_int_equal(shy_cohort_open(team, in_scratch("codes.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_column(cohort, 0).missing, 2);
    assert_int_equal(shy_cohort_column(cohort, 1).missing, 1);
    assert_int_equal(shy_cohort_column(cohort, 2).missing, 1);
    assert_int_equal(shy_cohort_column(cohort, 2).levels, 2);
    assert_contains(shy_cohort_provenance(cohort), "\"n.d.\"");
    shy_cohort_close(&cohort);
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (int k = SHY_KIND_NUMERIC; k <= SHY_KIND_EVENT; k++) {
        shy_kind kind = (shy_kind)-1;
        assert_true(shy_kind_parse(shy_kind_name((shy_kind)k), &kind));
        assert_int_equal(kind, k);
    }
    shy_kind untouched = SHY_KIND_TIME;
    assert_false(shy_kind_parse("number", &untouched));
    assert_int_equal(untouched, SHY_KIND_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(kinds_are_inferred_with_care),
        cmocka_unit_test(texts_that_are_no_levels_are_left_out),
        cmocka_unit_test(follow_up_needs_both_time_and_event),
        cmocka_unit_test(a_saved_schema_repeats_the_import),
        cmocka_unit_test(bad_tables_are_refused_with_the_place),
        cmocka_unit_test(bad_joins_are_refused),
        cmocka_unit_test(outputs_are_not_lost),
        cmocka_unit_test(missing_codes_hold_for_all_or_for_one),
    };
    return cmocka_run_group_tests(tests, start_data_tests, end_data_tests);
}

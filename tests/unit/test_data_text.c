/* Tests of data: cells, words, and the reader of CSV and TSV. They need one process; every rank does the same. */
#include "shy_config.h"

#include <math.h>
#include <zlib.h>

#include "data/import_impl.h"
#include "data_check.h"

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static void cells_are_what_they_look_like(void **state)
{
    static const struct {
        const char *text;
        shy_cell cell;
        double value;
    } cases[] = {
        {"", SHY_CELL_MISSING, 0},       {"NA", SHY_CELL_MISSING, 0},        {"NaN", SHY_CELL_MISSING, 0},
        {"nan", SHY_CELL_MISSING, 0},    {".", SHY_CELL_MISSING, 0},         {"-99", SHY_CELL_MISSING, 0},
        {"-99.0", SHY_CELL_MISSING, 0},  {"unknown", SHY_CELL_MISSING, 0},   {"0", SHY_CELL_NUMBER, 0},
        {"-0.5", SHY_CELL_NUMBER, -.5},  {"+3", SHY_CELL_NUMBER, 3},         {".5", SHY_CELL_NUMBER, .5},
        {"5.", SHY_CELL_NUMBER, 5},      {"1e3", SHY_CELL_NUMBER, 1000},     {"2E-2", SHY_CELL_NUMBER, .02},
        {"-9", SHY_CELL_NUMBER, -9},     {"Inf", SHY_CELL_INFINITE, 0},      {"-inf", SHY_CELL_INFINITE, 0},
        {"1e999", SHY_CELL_INFINITE, 0}, {"Infinity", SHY_CELL_INFINITE, 0}, {"1e-999", SHY_CELL_NUMBER, 0},
        {"NAN0", SHY_CELL_TEXT, 0},      {"na", SHY_CELL_TEXT, 0},           {"4k", SHY_CELL_TEXT, 0},
        {"1,5", SHY_CELL_TEXT, 0},       {"0x10", SHY_CELL_TEXT, 0},         {"1.2.3", SHY_CELL_TEXT, 0},
        {"-", SHY_CELL_TEXT, 0},         {"+.", SHY_CELL_TEXT, 0},           {"e5", SHY_CELL_TEXT, 0},
        {"1e", SHY_CELL_TEXT, 0},        {"<5", SHY_CELL_TEXT, 0},           {"unknow", SHY_CELL_TEXT, 0},
        {"unknowns", SHY_CELL_TEXT, 0},  {"1e9.5", SHY_CELL_TEXT, 0},        {"in", SHY_CELL_TEXT, 0},
    };
    shy_missing codes = {0};
    (void)state;
    assert_int_equal(shy_missing_add(&codes, "-99"), SHY_OK);
    assert_int_equal(shy_missing_add(&codes, "unknown"), SHY_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 7;
        shy_cell cell = shy_cell_read(cases[i].text, strlen(cases[i].text), &codes, NULL, &value);
        if (cell != cases[i].cell) fail_msg("'%s' is %d and not %d", cases[i].text, (int)cell, (int)cases[i].cell);
        if (cell == SHY_CELL_NUMBER && value != cases[i].value) fail_msg("'%s' is %.17g", cases[i].text, value);
    }
    shy_missing_free(&codes);
}

/* The short cut for numbers of few digits rounds as the C library does: digits, point and sign at random. */
static void numbers_are_read_as_the_c_library_reads_them(void **state)
{
    char text[64];
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t bits = shy_random_bits(1, 1, i), digits = shy_random_bits(1, 2, i);
        int length = 1 + (int)(bits % 19), point = (int)(bits / 32 % 22);
        size_t used = 0;
        if (bits >> 40 & 1) text[used++] = '-';
        for (int k = 0; k < length; k++, digits = digits / 10 + (k == 9 ? bits << 20 : 0)) {
            if (k == point) text[used++] = '.';
            text[used++] = (char)('0' + digits % 10);
        }
        text[used] = '\0';
        double value = 0;
        assert_int_equal(shy_cell_read(text, used, NULL, NULL, &value), SHY_CELL_NUMBER);
        if (value != strtod(text, NULL)) fail_msg("'%s' is read as %.17g", text, value);
    }
}

static void only_wellformed_text_is_kept(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"Größe µg", true},
        {"指標", true},
        {"\xF0\x9F\x98\x80", true},
        {"a\nb", false},
        {"tab\t", false},
        {"\x7F", false},
        {"Gr\xF6\xDF", false},
        {"\xC3", false},
        {"\xC0\x80", false},
        {"\xED\xA0\x80", false},
        {"\xE0\x80\x80", false},
        {"\x80", false},
        {"\xF4\x90\x80\x80", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(shy_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void words_are_numbered_in_the_order_of_their_coming(void **state)
{
    enum { COUNT = 5000 };
    shy_words words = {0};
    char text[32];
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++) {
            int64_t number = -1;
            bool added = false;
            size_t length = i == 0 ? 0 : (size_t)snprintf(text, sizeof text, "w%d", i * i); /* the first is empty */
            assert_int_equal(shy_words_add(&words, text, length, &number, &added), SHY_OK);
            assert_int_equal(number, i);
            assert_int_equal(added, round == 0);
        }
    assert_int_equal(words.count, COUNT);
    assert_string_equal(shy_words_text(&words, 7), "w49");
    assert_int_equal(shy_words_find(&words, "w48", 3), -1);
    assert_int_equal(shy_words_find(&words, "w4", 2), 2);
    shy_words_free(&words);
    assert_int_equal(shy_words_find(&words, "w4", 2), -1);
}

/* ---- the reader -------------------------------------------------------------------------------------------------- */

/* The file as text: rows in brackets, fields between bars; or the message of the failure. */
static void read_whole(const char *path, char *text, size_t size)
{
    shy_reader *reader = NULL;
    shy_field field;
    size_t used = 0;

    shy_error_clear();
    shy_status st = shy_reader_open(path, &reader);
    for (bool first = true; st == SHY_OK; first = field.last) {
        st = shy_reader_next(reader, &field);
        if (st != SHY_OK || field.exhausted) break;
        if (strlen(field.text) != field.length) abort();
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s%s", first ? "[" : "|", field.text, field.last ? "]" : "");
    }
    shy_reader_close(&reader);
    if (st != SHY_OK) snprintf(text, size, "%s", shy_error_message());
    shy_error_clear();
}

static void rows_and_fields_are_found(void **state)
{
    static const struct {
        const char *file, *expected;
    } cases[] = {
        {"a,b\n1,2\n", "[a|b][1|2]"},
        {"a,b\n1,2", "[a|b][1|2]"},
        {"a,b\r\n1,2\r\n", "[a|b][1|2]"},
        {"a,b\r1,2\r", "[a|b][1|2]"},
        {"\xEF\xBB\xBF"
         "a,b\n1,2\n",
         "[a|b][1|2]"},
        {"\xEF\xBB\xBF\"a\",b\n", "[a|b]"},
        {"a\tb\n1,5\t2\n", "[a|b][1,5|2]"},
        {"a;b\n1,5;2\n", "[a|b][1,5|2]"},
        {"\"a;x\",b,c;\n1,2,3\n", "[a;x|b|c;][1|2|3]"},
        {" a , b \n 1 ,\"2 \"\n", "[a|b][1|2]"},
        {"a,b\n\"x,y\",\"say \"\"so\"\"\"\n", "[a|b][x,y|say \"so\"]"},
        {"a,b\n\"two\nlines\", \"z\" \n", "[a|b][two\nlines|z]"},
        {"a,b\n5\" pipe,2\n", "[a|b][5\" pipe|2]"},
        {"a,b\n,\n\n\n3,4\n\n", "[a|b][|][3|4]"},
        {"\n\na,b\n1,2\n", "[a|b][1|2]"},
        {"a,b\n\"\",\"\"\"\"\n", "[a|b][|\"]"},
        {"a\n\"1\"", "[a][1]"},
        {"a,b\n\"1\n", "row 1 (line 2): a quote is opened here and not closed before the file ends"},
        {"a,b\n1,2\n\n\"3\"x,4\n", "row 2 (line 4): 'x' follows a closing quote"},
        {"", "is empty"},
        {" \n\n", "is empty"},
        {"\xEF\xBB\xBF", "is empty"},
    };
    char text[2048];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("case.csv", cases[i].file);
        read_whole(in_scratch("case.csv"), text, sizeof text);
        if (cases[i].expected[0] == '[')
            assert_string_equal(text, cases[i].expected);
        else
            assert_contains(text, cases[i].expected);
        MPI_Barrier(team->world);
    }
}

static void what_is_no_table_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *expected;
    } cases[] = {
        {"a,b\n1,\0\n", 8, "binary"},
        {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, "binary"},
        {"\xFF\xFE"
         "a\0,\0b\0\n\0",
         10, "UTF-16"},
        {"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b", 11, "gzip"},
    };
    char text[2048];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_bytes("case.csv", cases[i].bytes, cases[i].count);
        read_whole(in_scratch("case.csv"), text, sizeof text);
        assert_contains(text, cases[i].expected);
        MPI_Barrier(team->world);
    }
    read_whole(in_scratch("nowhere.csv"), text, sizeof text);
    assert_contains(text, "nowhere.csv: cannot be opened: No such file");
    read_whole(scratch, text, sizeof text);
    assert_contains(text, "is not a regular file");
}

/* A random field; every third one needs its quotes. */
static size_t random_field(uint64_t index, char *field)
{
    static const char letters[] = "abc,\"\n\r\t; 0123456789xyzABC-_.";
    uint64_t bits = shy_random_bits(3, 0, index);
    size_t length = bits % 40 == 0 ? 3000 : 1 + bits % 12, alphabet = index % 3 == 0 ? 10 : 4;
    size_t offset = index % 3 == 0 ? 0 : 10;

    for (size_t k = 0; k < length; k++) {
        uint64_t more = shy_random_bits(3, 1 + k, index);
        field[k] = letters[offset + more % (alphabet + 9)];
    }
    field[0] = field[length - 1] = 'q'; /* blanks at the ends are cut off */
    return length;
}

static void put_field(FILE *file, gzFile zipped, const char *field, size_t length, char end)
{
    char quoted[8192], *to = quoted;
    bool needs = false;

    for (size_t k = 0; k < length; k++)
        needs |= strchr(",;\"\n\r\t", field[k]) != NULL;
    if (needs) *to++ = '"';
    for (size_t k = 0; k < length; k++) {
        if (field[k] == '"') *to++ = '"';
        *to++ = field[k];
    }
    if (needs) *to++ = '"';
    *to++ = end;
    fwrite(quoted, 1, (size_t)(to - quoted), file);
    gzwrite(zipped, quoted, (unsigned)(to - quoted));
}

/* What is written by the rules of RFC 4180 is read back, over the ends of buffers, plain and compressed. */
static void what_was_quoted_is_read_back(void **state)
{
    enum { COLUMNS = 7, ROWS = 12000 };
    static const char *const names[] = {"big.csv", "big.csv.gz"};
    char field[4096];
    (void)state;
    if (team->rank == 0) {
        FILE *file = fopen(in_scratch("big.csv"), "wb");
        gzFile zipped = gzopen(in_scratch("big.csv.gz"), "wb1");
        for (uint64_t i = 0; i < COLUMNS * ROWS; i++) {
            size_t length = random_field(i, field);
            put_field(file, zipped, field, length, i % COLUMNS == COLUMNS - 1 ? '\n' : ',');
        }
        assert_true(ftell(file) > 3 << 20);
        fclose(file);
        gzclose(zipped);
    }
    MPI_Barrier(team->world);
    for (int f = 0; f < 2; f++) {
        shy_reader *reader = NULL;
        shy_field found;
        assert_int_equal(shy_reader_open(in_scratch(names[f]), &reader), SHY_OK);
        for (uint64_t i = 0; i < COLUMNS * ROWS; i++) {
            size_t length = random_field(i, field);
            assert_int_equal(shy_reader_next(reader, &found), SHY_OK);
            assert_int_equal(found.length, length);
            assert_memory_equal(found.text, field, length);
            assert_int_equal(found.last, i % COLUMNS == COLUMNS - 1);
            assert_int_equal(shy_reader_row(reader), i / COLUMNS);
        }
        assert_int_equal(shy_reader_next(reader, &found), SHY_OK);
        assert_true(found.exhausted);
        shy_reader_close(&reader);
    }
    MPI_Barrier(team->world);
}

static void a_cut_gzip_file_is_refused(void **state)
{
    char *bytes = NULL;
    (void)state;
    shy_reader *reader = NULL;
    shy_field field = {0};
    shy_status st = SHY_OK;
    size_t count = read_bytes(in_scratch("big.csv.gz"), &bytes);
    MPI_Barrier(team->world);
    write_bytes("cut.csv.gz", bytes, count / 2);
    shy_error_clear();
    assert_int_equal(shy_reader_open(in_scratch("cut.csv.gz"), &reader), SHY_OK);
    while (st == SHY_OK && !field.exhausted)
        st = shy_reader_next(reader, &field);
    assert_int_equal(st, SHY_INPUT);
    assert_contains(shy_error_message(), "truncated");
    shy_error_clear();
    shy_reader_close(&reader);
    shy_free(&bytes);
}

static void schemas_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *expected; /* expected: "" if it is right */
    } cases[] = {
        {"columns: [{name: age, kind: numeric, unit: years}]\n", ""},
        {"missing: [-9, 'x y']\ncolumns:\n  - name: 'g*'\n    modality: genomic\n", ""},
        {"columns:\n  - name: a\n    knd: numeric\n", "s.yaml:3: there is no key knd; did you mean kind"},
        {"colums: []\n", "s.yaml:1: there is no key colums; did you mean columns"},
        {"columns:\n  - name: a\n    kind: numerical\n", "s.yaml:3: there is no kind numerical; did you mean numeric"},
        {"columns:\n  - name: a\n    kind: 4k\n", "s.yaml:3: there is no kind 4k; there are: numeric, binary"},
        {"columns:\n  - kind: numeric\n", "s.yaml:2: this column has no name"},
        {"columns:\n  - name: a\n    name: b\n", "s.yaml:3: name is given twice"},
        {"columns:\n  - name: a\n  - name: a\n", "s.yaml:3: column a is already described on line 2"},
        {"columns:\n  - name: a\n    levels: x\n", "s.yaml:3: levels has to be a list"},
        {"columns:\n  - name: a\n    kind: numeric\n    levels: [x, y]\n",
         "only binary, categorical and event columns have levels"},
        {"columns:\n  - name: a\n    kind: binary\n    levels: [x, y, z]\n",
         "column a has 3 levels; a binary or event column has two"},
        {"columns:\n  - name: a\n    levels: [x, x]\n", "the level x is given twice"},
        {"columns:\n  - [a]\n", "s.yaml:2: an entry of columns has to be a mapping"},
        {"columns: a\n", "s.yaml:1: columns has to be a list"},
        {"- a\n", "is not a schema"},
        {"", "is not a schema"},
        {"columns:\n  - name: [\n", "s.yaml"},
        {"columns: &x []\nmissing: *x\n", "s.yaml:2: an alias (*x)"},
        {"columns:\n\t- name: a\n", "is not valid YAML"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shy_schema *schema = NULL;
        write_text("s.yaml", cases[i].text);
        shy_error_clear();
        shy_status st = shy_schema_read(in_scratch("s.yaml"), &schema);
        if (*cases[i].expected != '\0') assert_contains(shy_error_message(), cases[i].expected);
        assert_int_equal(st, *cases[i].expected == '\0' ? SHY_OK : SHY_INPUT);
        assert_int_equal(schema != NULL, st == SHY_OK);
        shy_schema_free(&schema);
        MPI_Barrier(team->world);
    }
    shy_error_clear();
}

static void patterns_of_a_schema_match(void **state)
{
    static const struct {
        const char *name;
        int rule; /* −1: none */
    } cases[] = {{"age", 0}, {"gene_1", 1}, {"gene_", 1}, {"gene_x_at", 2}, {"xyz", 3},
                 {"xz", 4},  {"agex", -1},  {"gene", -1}, {"x*z", 4}};
    shy_schema *schema = NULL;
    (void)state;
    write_text(
        "p.yaml",
        "columns: [{name: age}, {name: 'gene_*'}, {name: gene_x_at}, {name: 'x?z'}, {name: 'x*z', kind: skip}]\n");
    assert_int_equal(shy_schema_read(in_scratch("p.yaml"), &schema), SHY_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const shy_rule *rule = shy_schema_rule(schema, cases[i].name);
        int index = rule == NULL ? -1 : (int)(rule - schema->rule);
        assert_int_equal(index, cases[i].rule);
    }
    shy_schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_what_they_look_like),
        cmocka_unit_test(numbers_are_read_as_the_c_library_reads_them),
        cmocka_unit_test(only_wellformed_text_is_kept),
        cmocka_unit_test(words_are_numbered_in_the_order_of_their_coming),
        cmocka_unit_test(rows_and_fields_are_found),
        cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(what_was_quoted_is_read_back),
        cmocka_unit_test(a_cut_gzip_file_is_refused),
        cmocka_unit_test(schemas_are_read_strictly),
        cmocka_unit_test(patterns_of_a_schema_match),
    };
    return cmocka_run_group_tests(tests, start_data_tests, end_data_tests);
}

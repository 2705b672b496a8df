/* Sections in words, of small documents: each verdict, each kind of outcome, both languages, and names that would break a page. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page/evidence.h"

/* ---- documents -------------------------------------------------------------------------------------------------------------------------------- */

/* The parts of a front.json, to be put together. */
static const char nested_good[] = "{'metric':'auc','larger_is_better':true,'folds':4,'repeats':1,'by':null,'rule':'one-se','null':{'apparent':0.5,'mean':0.5,'error':0.0,"
                                  "'fold':[0.5,0.5,0.5,0.5]},'selected':{'complexity':3,'formula':'a / b','apparent':0.85,'mean':0.8,'error':0.0204,'fold':[0.75,0.85,0.8,0.8]}}";
static const char nested_weak[] = "{'metric':'auc','larger_is_better':true,'folds':4,'repeats':1,'by':'centre','rule':'best','null':{'apparent':0.5,'mean':0.5,'error':0.0,"
                                  "'fold':[0.5,0.5,0.5,0.5]},'selected':{'complexity':3,'formula':'a / b','apparent':0.85,'mean':0.53,'error':0.03,'fold':[0.5,0.6,0.48,0.54]}}";
static const char nested_none[] = "{'metric':'auc','larger_is_better':true,'folds':4,'repeats':1,'by':null,'rule':'one-se','null':{'apparent':0.5,'mean':0.5,'error':0.0,"
                                  "'fold':[0.5,0.5,0.5,0.5]},'selected':{'complexity':0,'formula':null,'apparent':0.5,'mean':0.5,'error':0.0,'fold':[0.5,0.5,0.5,0.5]}}";
static const char front[] = "[{'complexity':1,'formula':'a','formula_short':'a','factors':['a'],'verdict':'separated'},"
                            "{'complexity':3,'formula':'a / b','formula_short':'a / b','factors':['a','b']}]";
static const char p_small[] = "{'permutations':100,'stopped':false,'front':{'p':0.009900990099,'exceeding':0}}";
static const char p_large[] = "{'permutations':40,'stopped':true,'front':{'p':0.2682926829,'exceeding':10}}";
static const char stability[] = "{'pairs':20,'front':[{'formula':'a','frequency':0.5,'family_frequency':0.5,'comparable':true},{'formula':'a / b','frequency':0.2,"
                                "'family_frequency':0.275,'comparable':true}],'training':{'sets':4,'found':3}}";
#define RIVALS(single_low, single_high, net_low, net_high)                                                                                                      \
    "{'contenders':[{'name':'BMI','kind':'formula','formula':'w','mean':0.6,'low':0.1,'high':0.3,'method':'DeLong within folds'},"                                \
    "{'name':'best single factor','kind':'single','formula':'a','mean':0.79,'low':" #single_low ",'high':" #single_high ",'method':'DeLong within folds'},"       \
    "{'name':'elastic net on the factors','kind':'elastic','formula':null,'mean':0.81,'low':" #net_low ",'high':" #net_high ",'method':'DeLong within folds'}]}"

static const char configuration[] = "outcome:\\n  kind: binary\\n  time: t\\n  strata: []\\n  weight: w8\\nsamples:\\n  where: '\\\"age >= 18\\\"'\\nfactors:\\n  max: 3\\n"
                                    "missing:\\n  method: multiple\\n  sets: 20\\ngrammar:\\n  operators: [+, '-', '*', /,\\n    log]\\n  constants: fitted\\n  max_complexity: 6\\n"
                                    "  units: clinical\\n  max_constants: 2\\nsearch:\\n  keep: 50\\n  terms: 2\\nvalidation:\\n  strata: outcome\\noutput: /home/someone/out\\nseed: 1\\n";

/* Single quotes are double ones in JSON. Owned. */
static json_t *parse(const char *text)
{
    json_error_t error;
    shy_buffer quoted = {0};

    for (; *text != '\0'; text++) {
        const char c = *text == '\'' ? '"' : *text;
        shy_buffer_add(&quoted, &c, 1);
    }
    json_t *value = json_loads(quoted.bytes, 0, &error);
    if (value == NULL) fail_msg("%s: %s", error.text, quoted.bytes);
    shy_buffer_free(&quoted);
    return value;
}

typedef struct {
    const char *level, *kind, *nested, *p, *stability, *versus, *calibration, *front;
} parts;

static json_t *make_front(const parts *p)
{
    json_t *f = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:[s]}", "verdict_level", p->level, "outcome", "y", "outcome_kind", p->kind,
                          "outcome_unit", "mg/dL", "positive", "yes", "n_cohort", 1200, "n_filtered", 1100, "n_samples", 1000, "factors_offered", 9, "factors_used", 8,
                          "n_formulas", (json_int_t)1234567, "metrics", "auc");

    json_object_set_new(f, "front", parse(p->front == NULL ? front : p->front));
    if (p->nested != NULL) json_object_set_new(f, "nested", parse(p->nested));
    if (p->p != NULL) json_object_set_new(f, "p_search", parse(p->p));
    if (p->stability != NULL) json_object_set_new(f, "stability", parse(p->stability));
    if (p->versus != NULL) json_object_set_new(f, "versus", parse(p->versus));
    if (p->calibration != NULL) json_object_set_new(f, "calibration", parse(p->calibration));
    json_object_set_new(f, "inputs", parse("{'factors':[{'name':'a','unit':'mg/dL'},{'name':'b','unit':''}]}"));
    json_object_set_new(f, "derived", parse("{'b':'where b is missing it counts as 3'}"));
    return f;
}

static json_t *make_document(const parts *p)
{
    json_t *document = parse("{'version':'0.1.0','sdc':{'rule':'sacro','threshold':10,'residual_df':10},'targets':[{'name':'','cohort_read':true,'people':{'rows':1200,"
                             "'samples':1000,'events':null,'follow_up_median':730.5,'follow_up_unit':'days','factors':[{'name':'a','missing':0.012},{'name':'b','missing':null}]}}]}");
    json_t *run = json_pack("{s:s, s:s, s:s, s:i, s:s}", "version", "shihyo 0.1.0", "cohort", "/home/someone/c.h5", "cohort_sha256", "abc123", "seed", 7, "configuration", "");

    shy_buffer text = {0};
    for (const char *c = configuration; *c != '\0'; c++) shy_buffer_add(&text, c[0] == '\\' && c[1] == 'n' ? (c++, "\n") : c[0] == '\\' ? (c++, "\"") : c, 1);
    json_object_set_new(run, "configuration", json_string(text.bytes));
    json_object_set_new(run, "notes", parse("['All 1,000 samples with the outcome are in use, with 8 factors.']"));
    json_object_set_new(document, "run", run);
    json_object_set_new(json_array_get(json_object_get(document, "targets"), 0), "front", make_front(p));
    shy_buffer_free(&text);
    return document;
}

/* All sections of the words; owned. */
static char *page_of(const json_t *document, shy_language language)
{
    shy_buffer out = {0};
    shy_page page = {.document = document, .language = language, .out = &out, .target = json_array_get(json_object_get(document, "targets"), 0)};

    shy_page_verdict(&page);
    shy_page_data(&page);
    page.target = NULL;
    shy_page_glossary(&page);
    shy_page_methods(&page);
    shy_page_checklists(&page);
    shy_page_settings(&page);
    assert_int_equal(out.status, SHY_OK);
    return out.bytes;
}

static bool says(const char *page, const char *words)
{
    if (strstr(page, words) != NULL) return true;
    print_error("not there: %s\n", words);
    return false;
}

/* What a page never has: a word for nothing, an argument that nobody gave, a path. */
static void check_clean(const char *page)
{
    static const char *const never[] = {"null", "nan", "NaN", "(null)", "inf ", "/home", "someone", "{"};

    for (size_t k = 0; k < sizeof never / sizeof *never; k++) {
        const char *found = strstr(page, never[k]);
        if (found != NULL) fail_msg("\"%s\" in: %.80s", never[k], found - (found - page > 40 ? 40 : found - page));
    }
}

/* Every element that is opened is closed, in the order of their opening. */
static void check_nesting(const char *page)
{
    char open[64][16];
    int depth = 0;

    for (const char *at = page; (at = strchr(at, '<')) != NULL; at++) {
        char name[16];
        const size_t length = strspn(at + 1 + (at[1] == '/'), "abcdefghijklmnopqrstuvwxyz0123456789");
        assert_true(length > 0 && length < sizeof name);
        snprintf(name, sizeof name, "%.*s", (int)length, at + 1 + (at[1] == '/'));
        if (at[1] != '/') {
            assert_true(depth < 64);
            memcpy(open[depth++], name, sizeof name);
        } else {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        }
    }
    assert_int_equal(depth, 0);
}

/* ---- levels --------------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    parts parts;
    const char *verdict; /* as src/assess/verdict_words.c has it */
    const char *head, *head_ja;
} levels[] = {
    {{.level = "supported", .kind = "binary", .nested = nested_good, .p = p_small, .stability = stability, .versus = RIVALS(0.01, 0.05, -0.05, 0.03),
      .calibration = "{'slope':0.6,'slope_error':0.1,'ici':0.02}"},
     "a / b is distinguishable from chance (p at most 0.01 for the whole search). On samples that the search had not seen it reaches AUC 0.80 \xc2\xb1 0.02 (0.85 on those "
     "that it was found on, 0.50 without a formula). It, or a formula that says nearly the same, was found by 3 of 4 searches without a part of the samples, and is among "
     "the best on 27 % of half samples. Its predictions are too extreme (calibration slope 0.60). It does better than BMI (0.60) and the best single factor (0.79). It is "
     "not shown to do worse than models of many factors: elastic net on the factors (0.81).",
     "Supported within this cohort", "\xe3\x81\x93\xe3\x81\xae\xe3\x82\xb3\xe3\x83\x9b\xe3\x83\xbc\xe3\x83\x88\xe5\x86\x85"},
    {{.level = "replaceable", .kind = "binary", .nested = nested_good, .p = p_small, .versus = RIVALS(-0.01, 0.05, -0.05, -0.03)},
     "a / b is distinguishable from chance (p at most 0.01 for the whole search). On samples that the search had not seen it reaches AUC 0.80 \xc2\xb1 0.02 (0.85 on those "
     "that it was found on, 0.50 without a formula). It does better than BMI (0.60). It is not shown to be better than the best single factor (0.79), which may do as well. "
     "It does worse than models of many factors: elastic net on the factors (0.81). The factors hold more than this formula tells.",
     "Real, but something simpler or known may do as well", "\xe4\xbb\xa3\xe6\x9b\xbf"},
    {{.level = "weak", .kind = "binary", .nested = nested_weak, .p = p_small},
     "a / b is distinguishable from chance (p at most 0.01 for the whole search). On samples that the search had not seen it reaches AUC 0.53 \xc2\xb1 0.03 (0.85 on those "
     "that it was found on, 0.50 without a formula). It is better than no formula by 0.03 \xc2\xb1 0.03, which may be chance.",
     "Weak evidence", "\xe6\xa0\xb9\xe6\x8b\xa0\xe3\x81\xaf\xe5\xbc\xb1\xe3\x81\x84"},
    {{.level = "weak", .kind = "binary", .nested = nested_none, .p = p_small},
     "There is more in these formulas than chance (p at most 0.01 for the whole search). On samples that the search had not seen no formula does better than none (AUC 0.50).",
     "Weak evidence", "\xe6\xa0\xb9\xe6\x8b\xa0\xe3\x81\xaf\xe5\xbc\xb1\xe3\x81\x84"},
    {{.level = "signal", .kind = "binary", .p = p_small},
     "There is more in these formulas than chance (p at most 0.01 for the whole search). How well they do on other samples was not checked.",
     "More than chance, not yet tested on other patients", "\xe6\x9c\xaa\xe6\xa4\x9c\xe8\xa8\xbc"},
    {{.level = "chance", .kind = "binary", .nested = nested_good, .p = p_large},
     "No formula is distinguishable from chance (p = 0.27 for the whole search): searches of permuted outcomes find formulas as good as these. What is listed describes these "
     "samples, and need not hold in others.\na / b: on samples that the search had not seen it reaches AUC 0.80 \xc2\xb1 0.02 (0.85 on those that it was found on, 0.50 without "
     "a formula).",
     "No more than chance", "\xe5\x81\xb6\xe7\x84\xb6\xe3\x81\xa8\xe5\x8c\xba\xe5\x88\xa5"},
    {{.level = "chance", .kind = "continuous", .front = "[]"}, "No formula explains the outcome better than none does.", "No more than chance", "\xe5\x81\xb6\xe7\x84\xb6\xe3\x81\xa8\xe5\x8c\xba\xe5\x88\xa5"},
    {{.level = "chance", .kind = "binary", .nested = nested_none}, "On samples that the search had not seen no formula does better than none (AUC 0.50).", "No more than chance",
     "\xe5\x81\xb6\xe7\x84\xb6\xe3\x81\xa8\xe5\x8c\xba\xe5\x88\xa5"},
    {{.level = "unchecked", .kind = "binary"},
     "How well these formulas hold on other samples was not checked: all numbers are of the samples that they were found on.", "Not checked", "\xe6\x9c\xaa\xe6\xa4\x9c\xe8\xa8\xbc"},
};

static void test_each_level_says_what_the_search_says(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        json_t *f = make_front(&levels[k].parts);
        shy_facts facts;
        shy_buffer english = {0}, japanese = {0};
        shy_facts_take(f, &facts);
        shy_facts_say(&facts, SHY_ENGLISH, &english);
        shy_facts_say(&facts, SHY_JAPANESE, &japanese);
        assert_string_equal(english.bytes, levels[k].verdict);
        assert_null(strstr(japanese.bytes, " the ")); /* the words; names of indices stay */
        assert_true(japanese.count > 20);
        shy_buffer_free(&english);
        shy_buffer_free(&japanese);
        json_decref(f);
    }
}

/* Numbers of a text, in their order. */
static void numbers_of(const char *text, char *out, size_t room)
{
    size_t used = 0;

    for (; *text != '\0' && used + 2 < room; text++) {
        const bool digit = *text >= '0' && *text <= '9';
        if (digit || (*text == '.' && text[1] >= '0' && text[1] <= '9')) out[used++] = *text;
        else if (used > 0 && out[used - 1] != ' ') out[used++] = ' ';
    }
    out[used] = '\0';
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sentences are built otherwise in Japanese, and their numbers come in another order. */
static void sort_numbers(char *text, char *out)
{
    char *number[64];
    int count = 0;

    for (char *at = strtok(text, " "); at != NULL && count < 64; at = strtok(NULL, " ")) number[count++] = at;
    qsort(number, (size_t)count, sizeof *number, by_text);
    *out = '\0';
    for (int k = 0; k < count; k++) strcat(strcat(out, number[k]), " ");
}

static void test_languages_give_the_same_numbers(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        json_t *f = make_front(&levels[k].parts);
        shy_facts facts;
        char numbers[SHY_LANGUAGES][512], sorted[SHY_LANGUAGES][600];
        shy_facts_take(f, &facts);
        for (int l = 0; l < SHY_LANGUAGES; l++) {
            shy_buffer text = {0};
            shy_facts_say(&facts, (shy_language)l, &text);
            numbers_of(text.bytes, numbers[l], sizeof numbers[l]);
            sort_numbers(numbers[l], sorted[l]);
            shy_buffer_free(&text);
        }
        assert_string_equal(sorted[SHY_ENGLISH], sorted[SHY_JAPANESE]);
        json_decref(f);
    }
}

static void test_each_level_has_its_page(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        json_t *document = make_document(&levels[k].parts);
        char *english = page_of(document, SHY_ENGLISH), *japanese = page_of(document, SHY_JAPANESE);
        assert_true(says(english, levels[k].head));
        assert_true(says(japanese, levels[k].head_ja));
        for (int l = 0; l < SHY_LANGUAGES; l++) check_clean(l == SHY_ENGLISH ? english : japanese), check_nesting(l == SHY_ENGLISH ? english : japanese);
        shy_free(&english);
        shy_free(&japanese);
        json_decref(document);
    }
}

static void test_what_would_change_it_follows_the_numbers(void **state)
{
    (void)state;
    json_t *document = make_document(&levels[0].parts);
    char *page = page_of(document, SHY_ENGLISH);
    assert_true(says(page, "in 27 % of cases only"));
    assert_true(says(page, "calibration slope 0.60"));
    assert_true(says(page, "none of 100 did as well as the data, so p cannot be smaller than 0.0099"));
    assert_null(strstr(page, "no index or score was named in compare"));
    shy_free(&page);
    json_decref(document);
    document = make_document(&levels[2].parts);
    page = page_of(document, SHY_ENGLISH);
    assert_true(says(page, "More patients, and more of those who have the outcome"));
    assert_null(strstr(page, "validation.by")); /* it was by centre */
    shy_free(&page);
    json_decref(document);
}

static void test_a_separated_fit_is_said(void **state)
{
    (void)state;
    parts p = levels[0].parts;
    static const char single[] = "{'metric':'auc','larger_is_better':true,'folds':4,'repeats':1,'null':{'apparent':0.5,'mean':0.5,'error':0.0,'fold':[0.5,0.5]},"
                                 "'selected':{'complexity':1,'formula':'a','apparent':1.0,'mean':0.9,'error':0.02,'fold':[0.9,0.9]}}";
    p.nested = single;
    json_t *document = make_document(&p);
    json_object_set_new(json_object_get(json_array_get(json_object_get(document, "targets"), 0), "front"), "lost_chance", json_real(0.031));
    char *page = page_of(document, SHY_ENGLISH);
    assert_true(says(page, "tells the two classes completely apart"));
    assert_true(says(page, "One factor alone predicts the outcome"));
    assert_true(says(page, "overlooked with a chance of at most 3.1"));
    shy_free(&page);
    json_decref(document);
}

/* ---- data --------------------------------------------------------------------------------------------------------------------------------------------- */

static void test_each_kind_of_outcome_is_described(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *data, *methods;
    } kinds[] = {
        {"continuous", "The outcome is y [mg/dL], a number", "linear regression as a single predictor"},
        {"binary", "yes counts as having it: fewer than 10", "logistic regression as a single predictor"},
        {"count", "The outcome is y, a count", "Poisson regression as a single predictor"},
        {"ordinal", "levels in an order", "proportional odds model as a single predictor"},
        {"matched", "cases and controls matched within", "conditional logistic regression of the matched sets"},
        {"survival", "The outcome is the time (t) until y; fewer than 10 had the event", "Cox proportional hazards model [3]"},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        parts p = levels[0].parts;
        p.kind = kinds[k].kind;
        json_t *document = make_document(&p);
        char *page = page_of(document, SHY_ENGLISH), *japanese = page_of(document, SHY_JAPANESE);
        assert_true(says(page, kinds[k].data));
        assert_true(says(page, kinds[k].methods));
        check_clean(page), check_clean(japanese), check_nesting(page), check_nesting(japanese);
        shy_free(&page);
        shy_free(&japanese);
        json_decref(document);
    }
}

static void test_data_are_told(void **state)
{
    (void)state;
    json_t *document = make_document(&levels[0].parts);
    char *page = page_of(document, SHY_ENGLISH);
    assert_true(says(page, "The cohort c.h5 has 1,200 rows"));
    assert_true(says(page, "Of these 1,100 fulfil the condition &quot;age &gt;= 18&quot;."));
    assert_true(says(page, "1,000 took part in the search."));
    assert_true(says(page, "8 of 9 factors offered were searched; a formula holds at most 3"));
    assert_true(says(page, "the operators +, -, *, /, log, up to 6 factors")); /* a list over two lines */
    assert_true(says(page, "constants are fitted, at most 2"));
    assert_true(says(page, "All 1,234,567 formulas of this kind were scored"));
    assert_true(says(page, "<td class=\"number\">1.2\xc2\xa0%</td>"));
    assert_true(says(page, "<td class=\"number\">fewer than 10</td>"));
    assert_true(says(page, "where b is missing it counts as 3"));
    assert_true(says(page, "imputed by chained equations"));
    assert_true(says(page, "Sums of up to 2 formulas"));
    assert_null(strstr(page, "output:"));
    shy_free(&page);
    json_decref(document);
}

/* ---- checklists ------------------------------------------------------------------------------------------------------------------------------------------ */

static int count_of(const char *page, const char *words)
{
    int count = 0;
    for (const char *at = page; (at = strstr(at, words)) != NULL; at++) count++;
    return count;
}

/* 52 items of TRIPOD+AI and 20 of REMARK; what the summary counts is there. */
static void test_checklists_are_complete_and_honest(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        json_t *document = make_document(&levels[k].parts);
        char *page = page_of(document, SHY_ENGLISH);
        int filled[2], part[2], open[2];
        const char *tripod = strstr(page, "TRIPOD+AI: prediction models ("), *remark = strstr(page, "REMARK: prognostic markers (");
        assert_int_equal(sscanf(strchr(tripod, '('), "(%d filled, %d in part, %d open)", &filled[0], &part[0], &open[0]), 3);
        assert_int_equal(sscanf(strchr(remark, '('), "(%d filled, %d in part, %d open)", &filled[1], &part[1], &open[1]), 3);
        assert_int_equal(filled[0] + part[0] + open[0], 52);
        assert_int_equal(filled[1] + part[1] + open[1], 20);
        assert_int_equal(count_of(page, "status-filled"), filled[0] + filled[1]);
        assert_int_equal(count_of(page, "status-part"), part[0] + part[1]);
        assert_int_equal(count_of(page, "status-open"), open[0] + open[1]);
        assert_int_equal(count_of(page, "To add: "), part[0] + part[1] + open[0] + open[1]); /* whatever is not filled says what to add */
        if (levels[k].parts.nested == NULL) assert_true(says(page, "There was no evaluation on patients set aside."));
        shy_free(&page);
        json_decref(document);
    }
}

/* ---- notes of the search ----------------------------------------------------------------------------------------------------------------------------------- */

static const char *const notes[] = {
    "The filter keeps 1,100 of 1,200 rows.", "The outcome bmi is missing in 4,961 of 17,549 rows, which are left out.",
    "The follow-up time t is missing in 1 of 316 rows, which are left out.", "The outcome bmi is missing in 4 of 17 rows, which do not take part in its search.",
    "The covariate age is missing in 1 sample: a further covariate says where.", "The factor x has no value in the samples with the outcome and is left out.",
    "2 factors have no value in the samples with the outcome and are left out: x and y.", "The factor x is constant and is left out.", "3 factors are constant and are left out: x, y and z.",
    "The factor x has values beyond 1e150, or differences below 1e-150, and is left out.", "2 factors have values beyond 1e150, or differences below 1e-150, and are left out: x and y.",
    "The factor x is missing in more than 0.5 of the samples (missing.most) and is left out.", "2 factors are missing in more than 0.5 of the samples (missing.most) and are left out: x and y.",
    "1 categorical column is not offered as factor: site.", "2 categorical columns are not offered as factors: site and batch.",
    "All 72 samples are complete: none lacks a value of the 7129 factors in use.", "All 72 samples are complete: none lacks a value of the 1 factor in use.",
    "All 418 samples with the outcome are in use, with 17 factors.", "300 of 400 samples are complete, with a value of each of the 9 factors in use; x alone removes 50.",
    "300 of 400 samples are complete, with a value of each of the 9 factors in use; x alone removes 50, and y alone 20.",
    "1 missing value of 1 column is filled with the column's median or most frequent level: trt (1).",
    "1,033 missing values of 12 columns are filled with the column's median or most frequent level: trig (136), chol (134) and 10 more.",
    "missing.method multiple: the search works with these fills; afterwards the formulas of the front are refitted on imputed data sets.", "1 value of x outside 0..50 is treated as missing.",
    "12 values of x outside 18.. are treated as missing.", "Values of 4 factors beyond the quantiles 0.01 and 0.99 are set to these.",
    "Levels of site with fewer than 10 samples are one, site == (other): A and B.", "Levels of site with fewer than 10 samples are no factor: A and B.",
    "The level of site with fewer than 10 samples is no factor: A.", "The levels of stage count as 0 to 3 in this order: I, II, III and IV; `levels` in the import's schema sets another.",
    "3 more columns have rare or ordered levels.", "161 of 418 samples have the event death; the others are censored.", "death within 365: 30 with the event, 388 without it; 0 censored before.",
    "death within 1095: 82 with the event, 312 without it; 24 censored before, for whom others count more (IPCW weights).",
    "Only 12 of 400 samples are positive (y, 3 %): so few support only simple formulas, and chance finds some that look good.",
    "The outcome grade has 4 levels, from I (lowest) to IV (highest), in the order of the column's levels: that of the schema, else alphabetical.",
    "The outcome y, no or yes, is fitted as the number 0 or 1; outcome.kind: binary would fit the odds of yes.", "The treatment arm counts as 1 where it is B and as 0 where it is A.",
    "1 sample lacks a covariate and is left out.", "12 samples lack a covariate and are left out.", "Covariate \"x\" is constant in the samples in use; it is left out.",
    "Covariate \"x\" is a combination of \"a\", \"b\"; it is left out.", "300 of 400 samples take part in the search for y; the others have a weight of 0 there.",
    "Outcome \"y\": its 4 covariates are many for so few events, or they tell the classes apart; all fits are penalised (Firth), which keeps coefficients finite and less biased.",
    "Screened on 1,000 of 9,000 samples, so the search was not exhaustive on all of them: a formula as good as those listed was overlooked with a chance of at most 0.1 %.",
    "2 of 9 strata have no event and are of no use: A and B.", "1 of 9 matched sets lacks a case or a control and is of no use: 17.",
};

static char *note_in(const char *note, shy_language language)
{
    shy_buffer out = {0};
    shy_page page = {.language = language, .out = &out};

    shy_prose_note(&page, "li", note);
    return out.bytes;
}

/* Every sentence that a search writes is told in Japanese; its numbers are the same. */
static void test_notes_are_translated(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof notes / sizeof *notes; k++) {
        char *english = note_in(notes[k], SHY_ENGLISH), *japanese = note_in(notes[k], SHY_JAPANESE), back[512], *from = english + 4;
        size_t used = 0;
        for (; *from != '\0' && strncmp(from, "</li>", 5) != 0; from++) {
            if (strncmp(from, "&quot;", 6) == 0) back[used++] = '"', from += 5;
            else if (strncmp(from, "&#39;", 5) == 0) back[used++] = '\'', from += 4;
            else back[used++] = *from;
        }
        back[used] = '\0';
        assert_string_equal(back, notes[k]);
        if (strstr(japanese, " is ") != NULL || strstr(japanese, " are ") != NULL || strstr(japanese, "samples") != NULL || strstr(japanese, " of ") != NULL ||
            strstr(japanese, "\xe3\x80\x82") == NULL)
            fail_msg("not in Japanese: %s", japanese);
        check_clean(japanese);
        shy_free(&english);
        shy_free(&japanese);
    }
    char *controlled = note_in("The outcome y is missing in fewer than 10 of some rows, which are left out.", SHY_JAPANESE);
    assert_true(says(controlled, "10 \xe6\x9c\xaa\xe6\xba\x80"));
    assert_null(strstr(controlled, "fewer"));
    assert_null(strstr(controlled, "some"));
    shy_free(&controlled);
    char *unknown = note_in("Something that nobody knows.", SHY_JAPANESE);
    assert_string_equal(unknown, "<li>Something that nobody knows.</li>\n");
    shy_free(&unknown);
}

/* A name made to be matched in very many ways must not hold up the report. */
static void test_a_hostile_note_ends(void **state)
{
    (void)state;
    shy_buffer note = {0};
    shy_buffer_text(&note, "The outcome ");
    for (int k = 0; k < 3000; k++) shy_buffer_text(&note, " is missing in  of ");
    char *page = note_in(note.bytes, SHY_JAPANESE);
    assert_true(strlen(page) >= note.count);
    shy_free(&page);
    shy_buffer_free(&note);
}

/* ---- names of strangers --------------------------------------------------------------------------------------------------------------------------------------- */

static void replace_names(json_t *value, const char *name)
{
    const char *key;
    json_t *inner;
    size_t k;

    if (json_is_string(value) && (strcmp(json_string_value(value), "a") == 0 || strcmp(json_string_value(value), "BMI") == 0 || strcmp(json_string_value(value), "y") == 0 ||
                                  strcmp(json_string_value(value), "yes") == 0 || strcmp(json_string_value(value), "a / b") == 0))
        json_string_set(value, name);
    json_object_foreach(value, key, inner) replace_names(inner, name);
    json_array_foreach(value, k, inner) replace_names(inner, name);
}

static void test_names_are_inert(void **state)
{
    (void)state;
    static const char *const names[] = {"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "</section><h1>", "\xe8\x82\x9d\xf0\x9f\x98\x80", "[value]\n[name]", "%s%n"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        json_t *document = make_document(&levels[0].parts);
        replace_names(document, names[k]);
        for (int l = 0; l < SHY_LANGUAGES; l++) {
            char *page = page_of(document, (shy_language)l);
            assert_null(strstr(page, "<script"));
            assert_null(strstr(page, "<img"));
            assert_null(strstr(page, "<h1"));
            check_nesting(page);
            check_clean(page);
            shy_free(&page);
        }
        json_decref(document);
    }
}

/* Braces of a name are no arguments: the page has them as they are, once for each time that it names it. */
static void test_braces_of_names_stay(void **state)
{
    (void)state;
    json_t *document = make_document(&levels[0].parts);
    replace_names(document, "{value}");
    char *page = page_of(document, SHY_ENGLISH);
    assert_true(says(page, "{value} (0.60)"));
    assert_true(says(page, "The outcome is {value}; {value} counts as having it"));
    shy_free(&page);
    json_decref(document);
}

/* A document of nothing makes nothing, and does not fail. */
static void test_poor_documents(void **state)
{
    (void)state;
    static const char *const poor[] = {"{}", "{'targets':[]}", "{'targets':[{}],'run':{}}", "{'targets':[{'front':{}}],'run':{'notes':[1,null],'configuration':null}}",
                                       "{'targets':[{'front':{'front':null,'nested':null,'versus':{'contenders':[null,{}]},'p_search':[]},'people':[]}],'run':[],'sdc':3}"};
    for (size_t k = 0; k < sizeof poor / sizeof *poor; k++) {
        json_t *document = parse(poor[k]);
        for (int l = 0; l < SHY_LANGUAGES; l++) {
            char *page = page_of(document, (shy_language)l);
            if (page != NULL) check_nesting(page), check_clean(page);
            shy_free(&page);
        }
        json_decref(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_level_says_what_the_search_says), cmocka_unit_test(test_languages_give_the_same_numbers), cmocka_unit_test(test_each_level_has_its_page),
        cmocka_unit_test(test_what_would_change_it_follows_the_numbers), cmocka_unit_test(test_a_separated_fit_is_said), cmocka_unit_test(test_each_kind_of_outcome_is_described),
        cmocka_unit_test(test_data_are_told), cmocka_unit_test(test_checklists_are_complete_and_honest), cmocka_unit_test(test_notes_are_translated),
        cmocka_unit_test(test_a_hostile_note_ends), cmocka_unit_test(test_names_are_inert), cmocka_unit_test(test_braces_of_names_stay), cmocka_unit_test(test_poor_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

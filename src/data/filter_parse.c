/* filter_parse.c: reads conditions such as age >= 18 and (sex == female or not parity is missing). */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "filter_impl.h"

/*
 *     condition   = conjunction { ("or" | "||") conjunction }
 *     conjunction = negation { ("and" | "&&") negation }
 *     negation    = ("not" | "!") negation | "(" condition ")" | test
 *     test        = column comparison value | number comparison column | column "is" ["not"] ("missing" | "present")
 *
 * A column is a word or, if it holds blanks or signs or is a word of the language, a text in quotes: "…", '…' or `…`.
 */
typedef enum { END, WORD, QUOTED, NUMBER, SIGN, OPEN, CLOSE } token_kind;

typedef struct {
    token_kind kind;
    char *text;   /* of words, quoted texts and signs; in the parser's own copy */
    double value; /* of numbers */
    int position; /* in characters, from 1 */
} token;

typedef struct {
    const shy_cohort *cohort;
    const char *source;
    char *words; /* as long as the source and then some: texts of tokens, each with its NUL */
    size_t used;
    const char *next;
    int position;
    token token; /* the one to be read next */
    shy_filter *filter;
    int depth;   /* of parentheses and negations */
    int waiting; /* results on the stack at this step */
} parser;

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static shy_status complain(const parser *p, int position, const char *text)
{
    return shy_fail(SHY_INPUT, "The condition \"%.300s\", position %d: %s", p->source, position, text);
}

static shy_status unexpected(const parser *p, const char *expected)
{
    const token *t = &p->token;
    char found[200], text[400];

    if (t->kind == END)
        snprintf(found, sizeof found, "the condition ends");
    else
        snprintf(found, sizeof found, "'%.100s' stands", t->text);
    snprintf(text, sizeof text, "%s where %s is expected.", found, expected);
    return complain(p, t->position, text);
}

static bool is_sign(char c)
{
    return c != '\0' && strchr("<>=!&|", c) != NULL;
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\r\n()\"'`", c) != NULL || is_sign(c);
}

static void advance(parser *p, size_t bytes)
{
    for (; bytes > 0; bytes--, p->next++)
        p->position += ((unsigned char)*p->next & 0xC0) != 0x80;
}

static char *keep(parser *p, const char *text, size_t length)
{
    char *copy = p->words + p->used;

    memcpy(copy, text, length);
    copy[length] = '\0';
    p->used += length + 1;
    return copy;
}

static shy_status scan_quoted(parser *p)
{
    const char *end = strchr(p->next + 1, *p->next);

    if (end == NULL) return complain(p, p->position, "this quote is not closed.");
    p->token.kind = QUOTED;
    p->token.text = keep(p, p->next + 1, (size_t)(end - p->next) - 1);
    advance(p, (size_t)(end - p->next) + 1);
    return SHY_OK;
}

static shy_status scan(parser *p)
{
    size_t length = 0;

    while (*p->next != '\0' && strchr(" \t\r\n", *p->next) != NULL)
        advance(p, 1);
    p->token = (token){.kind = END, .position = p->position};
    if (*p->next == '\0') return SHY_OK;
    if (strchr("\"'`", *p->next) != NULL) return scan_quoted(p);
    if (*p->next == '(' || *p->next == ')') {
        p->token.kind = *p->next == '(' ? OPEN : CLOSE;
        length = 1;
    } else if (is_sign(*p->next)) {
        p->token.kind = SIGN;
        length = 1;
        if (p->next[1] == '=' || (p->next[1] == p->next[0] && strchr("&|", *p->next) != NULL)) length = 2;
    } else {
        p->token.kind = WORD;
        while (!ends_word(p->next[length]))
            length++;
    }
    p->token.text = keep(p, p->next, length);
    if (p->token.kind == WORD && shy_text_number(p->token.text, &p->token.value)) p->token.kind = NUMBER;
    advance(p, length);
    return SHY_OK;
}

static bool is_word(const parser *p, const char *word, const char *sign)
{
    return (p->token.kind == WORD && strcmp(p->token.text, word) == 0) ||
           (p->token.kind == SIGN && sign != NULL && strcmp(p->token.text, sign) == 0);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static shy_status add_step(parser *p, shy_step step)
{
    shy_status st = SHY_OK;
    shy_filter *f = p->filter;
    bool tests = step.kind <= SHY_STEP_PRESENT;

    if (tests && ++p->waiting > SHY_FILTER_DEPTH)
        st = complain(p, p->token.position, "too many parentheses within each other.");
    if (st == SHY_OK) st = shy_grow((size_t)f->steps + 1, sizeof *f->step, &f->step);
    if (st != SHY_OK) {
        shy_free(&step.allowed);
        return st;
    }
    if (step.kind == SHY_STEP_AND || step.kind == SHY_STEP_OR) p->waiting--;
    f->step[f->steps++] = step;
    return st;
}

static shy_status operand_of(parser *p, int64_t column, int64_t *operand_out)
{
    shy_status st = SHY_OK;
    shy_filter *f = p->filter;

    for (*operand_out = 0; *operand_out < f->columns; ++*operand_out)
        if (f->column[*operand_out] == column) return st;
    SHY_TRY(shy_grow((size_t)f->columns + 1, sizeof *f->column, &f->column));
    f->column[f->columns++] = column;
out:
    return st;
}

/* ---- columns and values ------------------------------------------------------------------------------------------ */

static bool is_keyword(const token *t)
{
    static const char *const words[] = {"and", "or", "not", "is", "missing", "present"};

    for (size_t i = 0; t->kind == WORD && i < sizeof words / sizeof *words; i++)
        if (strcmp(t->text, words[i]) == 0) return true;
    return false;
}

static shy_status unknown_column(const parser *p)
{
    const char *near = shy_cohort_nearest(p->cohort, p->token.text);
    char text[600];

    snprintf(text, sizeof text, "the cohort has no column %.200s%s%.200s%s", p->token.text,
             near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : ".");
    return complain(p, p->token.position, text);
}

static shy_status read_column(parser *p, int64_t *column_out)
{
    if ((p->token.kind != WORD && p->token.kind != QUOTED) || is_keyword(&p->token)) return unexpected(p, "a column");
    *column_out = shy_cohort_find(p->cohort, p->token.text);
    if (*column_out < 0) return unknown_column(p);
    if (shy_cohort_column(p->cohort, *column_out).kind == SHY_KIND_IDENTIFIER) {
        char text[400];
        snprintf(text, sizeof text, "%.200s is an identifier; a condition speaks of values.", p->token.text);
        return complain(p, p->token.position, text);
    }
    return scan(p);
}

static shy_status read_comparison(parser *p, shy_comparison *comparison_out)
{
    static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">="};

    for (int i = 0; p->token.kind == SIGN && i < 6; i++)
        if (strcmp(p->token.text, signs[i]) == 0) {
            *comparison_out = (shy_comparison)i;
            return scan(p);
        }
    if (p->token.kind == SIGN && strcmp(p->token.text, "=") == 0)
        return complain(p, p->token.position, "equality is written ==.");
    return unexpected(p, "a comparison (== != < <= > >=) or is missing, is present");
}

static shy_status unknown_level(const parser *p, const shy_column *column)
{
    const char *near = shy_text_nearest(p->token.text, column->level_names, (size_t)column->levels);
    char text[700];
    size_t used;

    used = (size_t)snprintf(text, sizeof text, "column %.200s has no level %.100s; ", column->name, p->token.text);
    if (near != NULL)
        snprintf(text + used, sizeof text - used, "did you mean %.100s?", near);
    else {
        used += (size_t)snprintf(text + used, sizeof text - used, "it has");
        for (int i = 0; i < column->levels && i < 5; i++)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s %.40s", i > 0 ? "," : "", column->level_names[i]);
        snprintf(text + used, sizeof text - used, "%s.", column->levels > 5 ? ", …" : "");
    }
    return complain(p, p->token.position, text);
}

static bool is_ordering(shy_comparison comparison)
{
    return comparison != SHY_EQUAL && comparison != SHY_UNEQUAL;
}

/* Decides once for every level, by its name or, where name and value are numbers, by these. */
static shy_status judge_levels(const parser *p, const shy_column *column, shy_step *step)
{
    const token *t = &p->token;
    bool known = false;
    double level;

    for (int i = 0; i < column->levels; i++) {
        const char *name = column->level_names[i];
        bool number = t->kind == NUMBER && shy_text_number(name, &level);
        bool same = number ? level == t->value : strcmp(name, t->text) == 0;
        known |= same;
        if (!is_ordering(step->comparison))
            step->allowed[i] = same == (step->comparison == SHY_EQUAL);
        else if (number)
            step->allowed[i] = shy_comparison_holds(step->comparison, level, t->value);
        else
            return complain(p, t->position, "levels that are no numbers have no order; compare with == or !=.");
    }
    return known || is_ordering(step->comparison) ? SHY_OK : unknown_level(p, column);
}

static shy_status level_step(parser *p, const shy_column *column, shy_step *step)
{
    shy_status st = SHY_OK;

    if (p->token.kind != WORD && p->token.kind != QUOTED && p->token.kind != NUMBER) return unexpected(p, "a level");
    step->kind = SHY_STEP_MEMBER;
    step->levels = column->levels;
    SHY_TRY(shy_new((size_t)column->levels, 1, &step->allowed));
    st = judge_levels(p, column, step);
    if (st != SHY_OK) shy_free(&step->allowed);
out:
    return st;
}

static shy_status value_step(parser *p, int64_t index, shy_step *step)
{
    shy_status st = SHY_OK;
    const shy_column about = shy_cohort_column(p->cohort, index), *column = &about;

    if (column->levels > 0)
        SHY_TRY(level_step(p, column, step));
    else {
        if (p->token.kind != NUMBER) return unexpected(p, "a number");
        step->value = p->token.value;
    }
out:
    return st;
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static shy_status parse_is(parser *p, int64_t operand)
{
    shy_status st = SHY_OK;
    shy_step step = {.operand = operand};
    bool negated;

    SHY_TRY(scan(p));
    negated = is_word(p, "not", NULL);
    if (negated) SHY_TRY(scan(p));
    bool missing = is_word(p, "missing", NULL);
    if (!missing && !is_word(p, "present", NULL)) return unexpected(p, "missing or present");
    step.kind = missing != negated ? SHY_STEP_MISSING : SHY_STEP_PRESENT;
    SHY_TRY(scan(p));
    SHY_TRY(add_step(p, step));
out:
    return st;
}

static shy_status parse_column_test(parser *p)
{
    shy_status st = SHY_OK;
    shy_step step = {.kind = SHY_STEP_COMPARE};
    int64_t column;

    SHY_TRY(read_column(p, &column));
    SHY_TRY(operand_of(p, column, &step.operand));
    if (is_word(p, "is", NULL)) return parse_is(p, step.operand);
    SHY_TRY(read_comparison(p, &step.comparison));
    SHY_TRY(value_step(p, column, &step));
    st = scan(p);
    if (st != SHY_OK)
        shy_free(&step.allowed);
    else
        st = add_step(p, step);
out:
    return st;
}

/* 18 <= age is age >= 18. */
static shy_status parse_number_test(parser *p)
{
    static const shy_comparison turned[] = {SHY_EQUAL, SHY_UNEQUAL, SHY_MORE, SHY_AT_LEAST, SHY_LESS, SHY_AT_MOST};
    shy_status st = SHY_OK;
    shy_step step = {.kind = SHY_STEP_COMPARE};
    token number = p->token, after;
    int64_t column;

    SHY_TRY(scan(p));
    SHY_TRY(read_comparison(p, &step.comparison));
    step.comparison = turned[step.comparison];
    SHY_TRY(read_column(p, &column));
    SHY_TRY(operand_of(p, column, &step.operand));
    after = p->token;
    p->token = number;
    st = value_step(p, column, &step);
    p->token = after;
    if (st == SHY_OK) st = add_step(p, step);
out:
    return st;
}

static shy_status parse_condition(parser *p);

static shy_status parse_negation(parser *p)
{
    shy_status st = SHY_OK;

    if (++p->depth > SHY_FILTER_DEPTH) return complain(p, p->token.position, "too many parentheses within each other.");
    if (is_word(p, "not", "!")) {
        SHY_TRY(scan(p));
        SHY_TRY(parse_negation(p));
        SHY_TRY(add_step(p, (shy_step){.kind = SHY_STEP_NOT}));
    } else if (p->token.kind == OPEN) {
        SHY_TRY(scan(p));
        SHY_TRY(parse_condition(p));
        if (p->token.kind != CLOSE) return unexpected(p, "and, or, or a closing parenthesis");
        SHY_TRY(scan(p));
    } else {
        SHY_TRY(p->token.kind == NUMBER ? parse_number_test(p) : parse_column_test(p));
    }
    p->depth--;
out:
    return st;
}

static shy_status parse_conjunction(parser *p)
{
    shy_status st = SHY_OK;

    SHY_TRY(parse_negation(p));
    while (is_word(p, "and", "&&")) {
        SHY_TRY(scan(p));
        SHY_TRY(parse_negation(p));
        SHY_TRY(add_step(p, (shy_step){.kind = SHY_STEP_AND}));
    }
out:
    return st;
}

static shy_status parse_condition(parser *p)
{
    shy_status st = SHY_OK;

    SHY_TRY(parse_conjunction(p));
    while (is_word(p, "or", "||")) {
        SHY_TRY(scan(p));
        SHY_TRY(parse_conjunction(p));
        SHY_TRY(add_step(p, (shy_step){.kind = SHY_STEP_OR}));
    }
out:
    return st;
}

static shy_status parse_all(parser *p)
{
    static const char *const connectives[] = {"and", "or"};
    shy_status st = SHY_OK;
    char text[300];

    SHY_TRY(scan(p));
    if (p->token.kind == END) return st;
    SHY_TRY(parse_condition(p));
    if (p->token.kind == END) return st;
    const char *near = p->token.kind == WORD ? shy_text_nearest(p->token.text, connectives, 2) : NULL;
    snprintf(text, sizeof text, "and, or%s%s%s", near != NULL ? " (did you mean " : " or the end",
             near != NULL ? near : "", near != NULL ? "?)" : "");
    st = unexpected(p, text);
out:
    return st;
}

shy_status shy_filter_parse(const shy_cohort *cohort, const char *text, shy_filter **filter_out)
{
    shy_status st = SHY_OK;
    parser p = {.cohort = cohort, .source = text, .next = text, .position = 1};

    SHY_TRY(shy_new(2 * strlen(text) + 2, 1, &p.words)); /* every token has at least one byte, and a NUL is added */
    SHY_TRY(shy_new(1, sizeof *p.filter, &p.filter));
    SHY_TRY(parse_all(&p));
    *filter_out = p.filter, p.filter = NULL;
out:
    shy_filter_free(&p.filter);
    shy_free(&p.words);
    return st;
}

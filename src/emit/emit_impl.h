/* What the writers of other languages share. Private to emit. */
#ifndef SHIHYO_EMIT_IMPL_H
#define SHIHYO_EMIT_IMPL_H

#include "shihyo/emit.h"
#include "shihyo/json.h"

/* ---- text of strangers (text.c) ------------------------------------------------------------------------------------- */

#define SHY_NO_CHARACTER 0xfffdu

/* The next character of UTF-8, 0 at the end; SHY_NO_CHARACTER for a byte that belongs to none. */
uint32_t shy_emit_next(const char **text);
/* Not to be shown as it is: control characters, ends of lines, what changes the direction of writing or has no width. */
bool shy_emit_is_odd(uint32_t character);
void shy_emit_character(shy_buffer *out, uint32_t character);
size_t shy_emit_length(const char *text); /* characters */

/* A name cut to what can be read: its first and last characters, with an ellipsis between. */
#define SHY_NAME_SHOWN 72
#define SHY_NAME_LINE 28 /* characters after which a name goes on in a further line, where it can be parted */
void shy_emit_shorten(const char *name, shy_buffer *out);

/* Text of somebody else on one line: what is odd becomes a blank. */
void shy_emit_line(shy_buffer *out, const char *text);
/* Text between double quotes as Python, R and Julia write it; characters that are `special` get a backslash. */
void shy_emit_quoted(shy_buffer *out, const char *text, const char *special);
/* Lines as comments: each begins with `prefix` and is parted at blanks where it is long. Behind "//" backslashes and "??", which continue lines of C, become similar characters. */
void shy_emit_comment(shy_buffer *out, const char *prefix, const char *lines);

/* ---- names in programs (names.c) -------------------------------------------------------------------------------------- */

/* Names that are given: each one once, also where upper and lower case are the same. */
typedef struct {
    char **given; /* owned */
    int count;
} shy_emit_names;

/* A name that every language takes, as like the one that was meant as possible, and not given yet. Borrowed from `names`. */
shy_status shy_emit_name_give(shy_emit_names *names, const char *meant, const char **name_out);
void shy_emit_names_free(shy_emit_names *names);

/* ---- what a program has to compute (plan.c) ------------------------------------------------------------------------------ */

/* A column of the patient's table: an argument. */
typedef struct {
    const shy_input *input; /* one of those that are made of it */
    const char *argument;
    bool levels;
    double example;         /* a number, or the number of a level */
} shy_emit_column;

/* What a formula or the model is made of. */
typedef struct {
    const shy_input *input;
    const char *name;
    int column, index;      /* index: among the factors or covariates of the run */
    bool covariate;
    double coefficient;     /* of a covariate */
    double missing, other;  /* its value where the column has none, and of a level that is not known */
    double example;
} shy_emit_value;

typedef struct {
    const shy_finished *finished;
    const shy_model *model;
    const json_t *front;    /* front.json */
    int number;             /* of the formula on the front, from 1 */
    bool rounded;
    shy_emit_names names;
    int columns, values;
    shy_emit_column *column;
    shy_emit_value *value;
    int treatment;          /* among the values; −1: there is none */
    const char **factor_name; /* [factors of the run] */
    const char **original;  /* [factors of the run]: names as the run has them */
    double baseline;        /* of ratios: the score of whom one compares with */
    double formula, score, mean; /* of the example */
    shy_buffer facts;       /* lines that say what all this is, for comments */
} shy_emit_plan;

shy_status shy_emit_plan_make(const shy_emit_request *request, shy_emit_plan *plan);
void shy_emit_plan_free(shy_emit_plan *plan);
bool shy_emit_has_ratio(const shy_emit_plan *plan);   /* the prediction is a ratio to a baseline */
int shy_emit_levels(const shy_emit_plan *plan);       /* of an ordinal outcome; else 0 */
bool shy_emit_uses(const shy_emit_plan *plan, shy_op op);
shy_status shy_emit_facts(shy_emit_plan *plan);       /* facts.c */
void shy_emit_number(shy_buffer *out, double value);  /* shortest exact text */

/* ---- programs (code.c) --------------------------------------------------------------------------------------------------- */

/* How a language writes formulas: operators that are functions, and their definitions. */
typedef struct {
    const char *call[SHY_OPS];   /* NULL: written in place, by the operator's sign */
    const char *helper[SHY_OPS]; /* the definition of that function; NULL: the language has it */
    const char *whole;           /* what makes a number of whole digits a real one, as .0 */
    /* Of languages whose functions take arguments by name: */
    const char *none;            /* a number that is missing */
    const char *assign;          /* between a variable and its value */
    const char *named[3];        /* before the first argument with a name, before the others, between name and value */
    void (*table)(const shy_emit_value *value, shy_buffer *out); /* further arguments of level_of: what the levels count as */
} shy_emit_language;

void shy_emit_helpers(const shy_emit_language *language, const shy_emit_plan *plan, shy_buffer *out);
void shy_emit_real(const shy_emit_language *language, shy_buffer *out, double value);
/* The same, or `none`. */
void shy_emit_real_or_none(const shy_emit_language *language, shy_buffer *out, double value);
/* The line that makes a value of its column by number_of, level_of or is_missing. */
void shy_emit_value_line(const shy_emit_language *language, const shy_emit_plan *plan, const shy_emit_value *value, const char *indent, shy_buffer *out);
void shy_emit_expression(const shy_emit_language *language, const shy_emit_plan *plan, shy_buffer *out);
/* intercept + Σ coefficient · covariate + slope · `formula` + interaction · (treatment − mean) · `formula`, in that order. */
void shy_emit_sum(const shy_emit_language *language, const shy_emit_plan *plan, const char *formula, shy_buffer *out);

shy_status shy_emit_as_latex(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_python(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_r(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_c(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_sql(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_json(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_excel(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_emit_as_julia(const shy_emit_plan *plan, shy_buffer *out);

/* ---- mathematics (math.c) ---------------------------------------------------------------------------------------------- */

/* How a notation writes what stands in a formula: what comes before, between and after its parts. */
typedef struct {
    const char *fraction[3];
    const char *root[2], *power[2], *bar[2]; /* power: of the square */
    const char *group[2], *tall[2]; /* parentheses; around what is higher than a line */
    const char *call[2];      /* before and after a function's name, which a group follows */
    const char *ten[2];       /* × 10^ of a number, and what closes it */
    const char *plus, *minus, *times, *comma;
    const char *exponent_minus;
    void (*name)(shy_buffer *out, const char *name);
    void (*digits)(shy_buffer *out, const char *digits, bool negative);
} shy_math;

void shy_emit_math(const shy_math *math, const shy_tree *tree, const char *const *names, int digits, shy_buffer *out);

void shy_emit_xml(shy_buffer *out, const char *text);   /* as text or attribute of XML and HTML */
void shy_emit_latex_text(shy_buffer *out, const char *text);

#endif

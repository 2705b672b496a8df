/* Formulas from text: recursive descent over
 *
 *   sum     = product { (+|-) product }
 *   product = signed { (*|/) signed }
 *   signed  = "-" signed | primary
 *   primary = number | name | operator "(" sum [ "," sum ] ")" | "(" sum ")"
 *
 * In templates a primary may also be "?", or a letter that stands for a constant.
 */
#include "shy_config.h"

#include <string.h>

#include "shihyo/expr.h"
#include "text_impl.h"

#define DEPTH_MAX 200 /* of nested parentheses and signs, so that no text exhausts the stack */

typedef struct {
    const char *text, *at;
    const char *const *names;
    uint32_t names_count;
    shy_tree tree;
    int depth;
    bool template;
    uint32_t letters; /* of a template, as far as they were read: bit in free_names */
} parser;

static const char *const free_names[] = {"c", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "a", "b"};
enum { FREE_NAMES = sizeof free_names / sizeof *free_names };

/* ---- messages -------------------------------------------------------------------------------------------------- */

static int position(const parser *p, const char *at)
{
    return shy_text_position(p->text, at);
}

/* The parser found the bytes from `at` on where it needed something else. */
static shy_status fail_unexpected(const parser *p, const char *at, const char *needed)
{
    char word[SHY_QUOTE_SIZE];
    size_t length = 1;

    if (*at == '\0') {
        return shy_fail(SHY_INPUT, "The formula ends at position %d, where %s is needed.", position(p, at), needed);
    }
    if (shy_text_starts_word(*at)) {
        while (shy_text_continues_word(at[length])) length++;
    } else {
        while (shy_text_is_continuation(at[length])) length++;
    }
    return shy_fail(SHY_INPUT, "In the formula, position %d: \"%s\" stands where %s is needed.", position(p, at),
                    shy_text_quote(at, length, word), needed);
}

static shy_status fail_factor(const parser *p, const char *at, const char *name)
{
    char word[SHY_QUOTE_SIZE], near_word[SHY_QUOTE_SIZE];
    const char *near = shy_text_nearest(name, p->names, p->names_count);
    shy_op op;

    shy_text_quote(name, strlen(name), word);
    if (shy_operator_find(name, &op)) {
        return shy_fail(SHY_INPUT,
                        "In the formula, position %d: the operator \"%s\" needs its argument in parentheses.",
                        position(p, at), word);
    }
    return shy_fail(SHY_INPUT, "In the formula, position %d: \"%s\" is not a factor%s%s%s%s", position(p, at), word,
                    near ? "; did you mean \"" : ".", near ? shy_text_quote(near, strlen(near), near_word) : "", near ? "\"?" : "",
                    p->template ? " Constants to be fitted are called c, c1 … c9, a, b or ?." : "");
}

static shy_status fail_operator(const parser *p, const char *at, const char *name)
{
    const char *names[SHY_OPS];
    char word[SHY_QUOTE_SIZE];
    size_t count = 0;

    for (int op = 0; op < SHY_OPS; op++) {
        const shy_operator *o = shy_operator_get((shy_op)op);
        if (o->arity > 0 && !o->infix) names[count++] = o->name;
    }
    const char *near = shy_text_nearest(name, names, count);
    return shy_fail(SHY_INPUT, "In the formula, position %d: \"%s\" is not an operator%s%s%s.", position(p, at),
                    shy_text_quote(name, strlen(name), word), near ? "; did you mean \"" : "", near ? near : "",
                    near ? "\"?" : "");
}

/* ---- building -------------------------------------------------------------------------------------------------- */

static shy_status need_room(const parser *p)
{
    if (p->tree.count < SHY_TREE_MAX) return SHY_OK;
    return shy_fail(SHY_INPUT,
                    "In the formula, position %d: too long; a formula has at most %d factors, constants and operators.",
                    position(p, p->at), SHY_TREE_MAX);
}

static shy_status add_constant(parser *p, double value, int *root_out)
{
    shy_status st = need_room(p);
    if (st != SHY_OK) return st;
    *root_out = shy_tree_constant(&p->tree, value);
    p->tree.node[*root_out].held = p->template;
    return SHY_OK;
}

/* A constant of a template: its value is to be found. */
static shy_status add_free(parser *p, int *root_out)
{
    shy_status st = add_constant(p, 1.0, root_out);
    if (st == SHY_OK) p->tree.node[*root_out].held = false;
    return st;
}

static shy_status add_operator(parser *p, shy_op op, int left, int right, int *root_out)
{
    shy_status st = need_room(p);
    if (st != SHY_OK) return st;
    *root_out = shy_operator_get(op)->arity == 2 ? shy_tree_binary(&p->tree, op, left, right)
                                                 : shy_tree_unary(&p->tree, op, left);
    return SHY_OK;
}

static void skip_blanks(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r') p->at++;
}

static bool take(parser *p, char c)
{
    skip_blanks(p);
    if (*p->at != c) return false;
    p->at++;
    return true;
}

/* ---- the grammar of the text ----------------------------------------------------------------------------------- */

static shy_status parse_sum(parser *p, int *root_out);

static bool starts_number(const char *c)
{
    return shy_text_is_digit(c[0]) || (c[0] == '.' && shy_text_is_digit(c[1]));
}

/* Digits, points and an exponent; letters stuck to it are taken too, so that "3x" is refused as one word. */
static shy_status read_number(parser *p, double *value_out)
{
    const char *begin = p->at;
    char word[SHY_QUOTE_SIZE];

    while (shy_text_continues_word(*p->at)) {
        bool exponent = *p->at == 'e' || *p->at == 'E';
        p->at++;
        if (exponent && (*p->at == '+' || *p->at == '-') && shy_text_is_digit(p->at[1])) p->at++;
    }
    size_t length = (size_t)(p->at - begin);
    shy_text_quote(begin, length, word);
    if (length < SHY_QUOTE_SIZE - 4 && shy_text_number(word, value_out)) return SHY_OK;
    return shy_fail(SHY_INPUT, "In the formula, position %d: \"%s\" is not a number.", position(p, begin), word);
}

/* Each occurrence is fitted by itself. */
static shy_status add_letter(parser *p, const char *at, int letter, int *root_out)
{
    if (p->letters >> letter & 1U) {
        return shy_fail(SHY_INPUT, "In the formula, position %d: the constant \"%s\" stands there twice; call the second one otherwise (c1, c2, …, or ?).",
                        position(p, at), free_names[letter]);
    }
    p->letters |= UINT32_C(1) << letter;
    return add_free(p, root_out);
}

static shy_status add_factor(parser *p, const char *at, const char *name, int *root_out)
{
    for (uint32_t f = 0; f < p->names_count; f++) {
        if (strcmp(p->names[f], name) != 0) continue;
        shy_status st = need_room(p);
        if (st == SHY_OK) *root_out = shy_tree_leaf(&p->tree, f);
        return st;
    }
    for (int k = 0; p->template && *at != '`' && k < FREE_NAMES; k++) {
        if (strcmp(free_names[k], name) == 0) return add_letter(p, at, k, root_out);
    }
    return fail_factor(p, at, name);
}

/* `name`: a backquote inside the name is written twice. */
static shy_status parse_backshy_text_quote(parser *p, int *root_out)
{
    shy_status st = SHY_OK;
    const char *begin = p->at++;
    char *name = NULL;
    size_t length = 0;
    bool closed = false;

    SHY_TRY(shy_new(strlen(begin) + 1, 1, &name));
    while (*p->at != '\0' && !closed) {
        closed = p->at[0] == '`' && p->at[1] != '`';
        if (!closed) name[length++] = *p->at;
        p->at += p->at[0] == '`' && !closed ? 2 : 1;
    }
    if (!closed) {
        st = shy_fail(SHY_INPUT, "In the formula, position %d: the name has no closing backquote.", position(p, begin));
        goto out;
    }
    SHY_TRY(add_factor(p, begin, name, root_out));
out:
    shy_free(&name);
    return st;
}

static shy_status parse_arguments(parser *p, shy_op op, const char *at, int *root_out)
{
    shy_status st = SHY_OK;
    const shy_operator *o = shy_operator_get(op);
    int left = 0, right = 0, count = 1;

    SHY_TRY(parse_sum(p, &left));
    while (take(p, ',')) {
        count++;
        SHY_TRY(parse_sum(p, &right));
    }
    if (!take(p, ')')) return fail_unexpected(p, p->at, count < o->arity ? "\",\"" : "an operator or \")\"");
    if (count != o->arity) {
        return shy_fail(SHY_INPUT, "In the formula, position %d: the operator \"%s\" takes %d argument%s, not %d.",
                        position(p, at), o->name, o->arity, o->arity == 1 ? "" : "s", count);
    }
    SHY_TRY(add_operator(p, op, left, right, root_out));
out:
    return st;
}

static shy_status parse_word(parser *p, int *root_out)
{
    shy_status st = SHY_OK;
    const char *begin = p->at;
    char *word = NULL;
    shy_op op;

    while (shy_text_continues_word(*p->at)) p->at++;
    SHY_TRY(shy_string_format(&word, "%.*s", (int)(p->at - begin), begin));
    if (!take(p, '(')) {
        SHY_TRY(add_factor(p, begin, word, root_out));
    } else if (shy_operator_find(word, &op)) {
        SHY_TRY(parse_arguments(p, op, begin, root_out));
    } else {
        st = fail_operator(p, begin, word);
    }
out:
    shy_free(&word);
    return st;
}

static shy_status parse_primary(parser *p, int *root_out)
{
    shy_status st = SHY_OK;
    double value;

    skip_blanks(p);
    if (starts_number(p->at)) {
        SHY_TRY(read_number(p, &value));
        SHY_TRY(add_constant(p, value, root_out));
    } else if (*p->at == '`') {
        SHY_TRY(parse_backshy_text_quote(p, root_out));
    } else if (shy_text_starts_word(*p->at)) {
        SHY_TRY(parse_word(p, root_out));
    } else if (p->template && take(p, '?')) {
        SHY_TRY(add_free(p, root_out));
    } else if (take(p, '(')) {
        SHY_TRY(parse_sum(p, root_out));
        if (!take(p, ')')) st = fail_unexpected(p, p->at, "an operator or \")\"");
    } else {
        st = fail_unexpected(p, p->at, "a factor, a number or an operator with its arguments");
    }
out:
    return st;
}

/* The sign has been read. A negative number is one constant; anything else is multiplied by -1. */
static shy_status parse_negated(parser *p, int *root_out);

static shy_status parse_signed(parser *p, int *root_out)
{
    shy_status st;

    if (++p->depth > DEPTH_MAX) {
        return shy_fail(SHY_INPUT, "In the formula, position %d: nested more than %d deep.", position(p, p->at),
                        DEPTH_MAX);
    }
    st = take(p, '-') ? parse_negated(p, root_out) : parse_primary(p, root_out);
    p->depth--;
    return st;
}

static shy_status parse_negated(parser *p, int *root_out)
{
    shy_status st = SHY_OK;
    int sign = 0, operand = 0;
    double value;

    skip_blanks(p);
    if (starts_number(p->at)) {
        SHY_TRY(read_number(p, &value));
        return add_constant(p, -value, root_out);
    }
    SHY_TRY(add_constant(p, -1.0, &sign));
    SHY_TRY(parse_signed(p, &operand));
    if (p->tree.node[operand].op == SHY_OP_CONSTANT) { /* a number in parentheses or with further signs */
        p->tree.node[sign].value = -p->tree.node[operand].value;
        p->tree.node[sign].held = p->tree.node[operand].held;
        p->tree.count = sign + 1;
        *root_out = sign;
        return SHY_OK;
    }
    SHY_TRY(add_operator(p, SHY_OP_MULTIPLY, sign, operand, root_out));
out:
    return st;
}

static shy_status parse_product(parser *p, int *root_out)
{
    shy_status st = SHY_OK;
    int left = 0, right = 0;

    SHY_TRY(parse_signed(p, &left));
    for (;;) {
        shy_op op = take(p, '*') ? SHY_OP_MULTIPLY : take(p, '/') ? SHY_OP_DIVIDE : SHY_OPS;
        if (op == SHY_OPS) break;
        SHY_TRY(parse_signed(p, &right));
        SHY_TRY(add_operator(p, op, left, right, &left));
    }
    *root_out = left;
out:
    return st;
}

static shy_status parse_sum(parser *p, int *root_out)
{
    shy_status st = SHY_OK;
    int left = 0, right = 0;

    SHY_TRY(parse_product(p, &left));
    for (;;) {
        shy_op op = take(p, '+') ? SHY_OP_ADD : take(p, '-') ? SHY_OP_SUBTRACT : SHY_OPS;
        if (op == SHY_OPS) break;
        SHY_TRY(parse_product(p, &right));
        SHY_TRY(add_operator(p, op, left, right, &left));
    }
    *root_out = left;
out:
    return st;
}

static shy_status parse(const char *text, const char *const *names, uint32_t names_count, bool template, shy_tree *tree_out)
{
    shy_status st = SHY_OK;
    parser p = {.text = text, .at = text, .names = names, .names_count = names_count, .template = template};
    int root;

    SHY_TRY(parse_sum(&p, &root));
    skip_blanks(&p);
    if (*p.at != '\0') {
        st = fail_unexpected(&p, p.at, "an operator or the end");
        goto out;
    }
    *tree_out = p.tree;
out:
    return st;
}

shy_status shy_tree_parse(const char *text, const char *const *names, uint32_t names_count, shy_tree *tree_out)
{
    return parse(text, names, names_count, false, tree_out);
}

shy_status shy_tree_parse_template(const char *text, const char *const *names, uint32_t names_count, shy_tree *tree_out)
{
    return parse(text, names, names_count, true, tree_out);
}

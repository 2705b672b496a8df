/* math.c: a formula as it is written by hand: fractions, roots, powers, and parentheses only where another formula would be read without them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

/* What becomes of a minus before the number with which a part begins. */
typedef enum { KEEP, DROP, ENCLOSE } sign_rule;

typedef struct {
    const shy_math *math;
    const shy_tree *tree;
    const char *const *names;
    int digits;
    shy_buffer *out;
} writer;

static void put_node(const writer *w, int index, sign_rule sign);

static void put(const writer *w, const char *text)
{
    shy_buffer_text(w->out, text);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

static void number_text(double value, int digits, char room[64])
{
    if (isnan(value)) snprintf(room, 64, "?"); /* not released */
    else if (digits > 0) snprintf(room, 64, "%.*g", digits < 17 ? digits : 17, value);
    else shy_text_shortest(value, room);
}

/* "e-05" → "−5" */
static void put_exponent(const writer *w, const char *exponent)
{
    const char *digits = exponent + 1;

    while (*digits == '-' || *digits == '+' || *digits == '0') digits++;
    put(w, w->math->ten[0]);
    if (exponent[1] == '-') put(w, w->math->exponent_minus);
    put(w, digits);
    put(w, w->math->ten[1]);
}

static bool has_exponent(const writer *w, double value)
{
    char text[64];

    number_text(value, w->digits, text);
    return isfinite(value) && strchr(text, 'e') != NULL;
}

static void put_number(const writer *w, double value, sign_rule sign)
{
    char text[64];
    const bool enclose = sign == ENCLOSE && signbit(value) && !isnan(value);

    number_text(sign == DROP ? fabs(value) : value, w->digits, text);
    char *exponent = isfinite(value) ? strchr(text, 'e') : NULL;
    if (enclose) put(w, w->math->group[0]);
    char after[32] = "";
    if (exponent != NULL) snprintf(after, sizeof after, "%s", exponent), *exponent = '\0';
    w->math->digits(w->out, text + (*text == '-'), *text == '-');
    if (*after != '\0') put_exponent(w, after);
    if (enclose) put(w, w->math->group[1]);
}

/* ---- what stands where -------------------------------------------------------------------------------------------------- */

static const shy_node *node_at(const writer *w, int index)
{
    return &w->tree->node[index];
}

static bool is_sum(const shy_node *node)
{
    return node->op == SHY_OP_ADD || node->op == SHY_OP_SUBTRACT;
}

/* Does its text begin with a minus? */
static bool begins_negative(const writer *w, int index)
{
    const shy_node *node = node_at(w, index);

    if (node->op == SHY_OP_CONSTANT) return signbit(node->value);
    if (node->op == SHY_OP_MULTIPLY && is_sum(node_at(w, node->left))) return false; /* it stands in parentheses */
    return (is_sum(node) || node->op == SHY_OP_MULTIPLY) && begins_negative(w, node->left);
}

static bool is_tall(const writer *w, int index)
{
    const shy_node *node = node_at(w, index);

    switch ((shy_op)node->op) {
    case SHY_OP_FACTOR: return shy_emit_length(w->names[node->factor]) > SHY_NAME_LINE;
    case SHY_OP_CONSTANT: return false;
    case SHY_OP_DIVIDE:
    case SHY_OP_INVERSE:
    case SHY_OP_RELDIFF: return true;
    default: return is_tall(w, node->left) || (shy_operator_get((shy_op)node->op)->arity == 2 && is_tall(w, node->right));
    }
}

static void put_grouped(const writer *w, int index, bool enclose, sign_rule sign)
{
    const char *const *group = enclose && is_tall(w, index) ? w->math->tall : w->math->group;

    if (enclose) put(w, group[0]);
    put_node(w, index, enclose ? KEEP : sign);
    if (enclose) put(w, group[1]);
}

/* x + −3·y is x − 3·y. A sum behind a minus needs parentheses. */
static void put_sum(const writer *w, const shy_node *node, sign_rule sign)
{
    const bool turned = !is_sum(node_at(w, node->right)) && begins_negative(w, node->right);
    const bool minus = (node->op == SHY_OP_SUBTRACT) != turned;

    put_node(w, node->left, sign);
    put(w, minus ? w->math->minus : w->math->plus);
    put_grouped(w, node->right, is_sum(node_at(w, node->right)) && (node->op == SHY_OP_SUBTRACT || begins_negative(w, node->right)), turned ? DROP : KEEP);
}

static void put_product(const writer *w, const shy_node *node, sign_rule sign)
{
    put_grouped(w, node->left, is_sum(node_at(w, node->left)), sign);
    put(w, w->math->times);
    put_grouped(w, node->right, is_sum(node_at(w, node->right)), ENCLOSE);
}

static void put_fraction(const writer *w, int numerator, int denominator)
{
    put(w, w->math->fraction[0]);
    if (numerator >= 0) put_node(w, numerator, KEEP);
    else w->math->digits(w->out, "1", false);
    put(w, w->math->fraction[1]);
    put_node(w, denominator, KEEP);
    put(w, w->math->fraction[2]);
}

/* (u − v)/(u + v) */
static void put_reldiff(const writer *w, const shy_node *node)
{
    const shy_node difference = {.op = SHY_OP_SUBTRACT, .left = node->left, .right = node->right}, sum = {.op = SHY_OP_ADD, .left = node->left, .right = node->right};

    put(w, w->math->fraction[0]);
    put_sum(w, &difference, KEEP);
    put(w, w->math->fraction[1]);
    put_sum(w, &sum, KEEP);
    put(w, w->math->fraction[2]);
}

static bool stands_as_base(const writer *w, int index)
{
    const shy_node *node = node_at(w, index);

    if (node->op == SHY_OP_CONSTANT) return !signbit(node->value) && !has_exponent(w, node->value);
    return node->op == SHY_OP_FACTOR || node->op == SHY_OP_ABS || node->op == SHY_OP_SQRT || node->op == SHY_OP_HYPOT;
}

static void put_square(const writer *w, int index)
{
    put(w, w->math->power[0]);
    put_grouped(w, index, !stands_as_base(w, index), KEEP);
    put(w, w->math->power[1]);
}

static void put_root(const writer *w, const shy_node *node)
{
    put(w, w->math->root[0]);
    if (node->op == SHY_OP_SQRT) {
        put_node(w, node->left, KEEP);
    } else {
        put_square(w, node->left);
        put(w, w->math->plus);
        put_square(w, node->right);
    }
    put(w, w->math->root[1]);
}

static void put_call(const writer *w, const shy_node *node, const char *name)
{
    const bool two = shy_operator_get((shy_op)node->op)->arity == 2, tall = is_tall(w, node->left) || (two && is_tall(w, node->right));
    const char *const *group = tall ? w->math->tall : w->math->group;

    put(w, w->math->call[0]);
    put(w, name);
    put(w, w->math->call[1]);
    put(w, group[0]);
    put_node(w, node->left, KEEP);
    if (two) {
        put(w, w->math->comma);
        put_node(w, node->right, KEEP);
    }
    put(w, group[1]);
}

static void put_node(const writer *w, int index, sign_rule sign)
{
    const shy_node *node = node_at(w, index);

    switch ((shy_op)node->op) {
    case SHY_OP_FACTOR: w->math->name(w->out, w->names[node->factor]); break;
    case SHY_OP_CONSTANT: put_number(w, node->value, sign); break;
    case SHY_OP_ADD:
    case SHY_OP_SUBTRACT: put_sum(w, node, sign); break;
    case SHY_OP_MULTIPLY: put_product(w, node, sign); break;
    case SHY_OP_DIVIDE: put_fraction(w, node->left, node->right); break;
    case SHY_OP_INVERSE: put_fraction(w, -1, node->left); break;
    case SHY_OP_RELDIFF: put_reldiff(w, node); break;
    case SHY_OP_SQUARE: put_square(w, node->left); break;
    case SHY_OP_SQRT:
    case SHY_OP_HYPOT: put_root(w, node); break;
    case SHY_OP_LOG: put_call(w, node, "ln"); break;
    case SHY_OP_EXP: put_call(w, node, "exp"); break;
    case SHY_OP_MAX: put_call(w, node, "max"); break;
    case SHY_OP_MIN: put_call(w, node, "min"); break;
    case SHY_OP_ABS:
        put(w, w->math->bar[0]);
        put_node(w, node->left, KEEP);
        put(w, w->math->bar[1]);
        break;
    case SHY_OPS: break;
    }
}

void shy_emit_math(const shy_math *math, const shy_tree *tree, const char *const *names, int digits, shy_buffer *out)
{
    const writer w = {.math = math, .tree = tree, .names = names, .digits = digits, .out = out};

    put_node(&w, tree->count - 1, KEEP);
}

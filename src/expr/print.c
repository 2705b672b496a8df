/* Formulas as text with the fewest parentheses. */
#include "shy_config.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "shihyo/expr.h"
#include "text_impl.h"

typedef struct {
    const shy_tree *tree;
    const char *const *names;
    int digits;
    char *text;
    size_t length, room;
    shy_status status; /* the first failure; later pieces are then dropped */
} printer;

static void put_bytes(printer *p, const char *bytes, size_t count)
{
    if (p->status != SHY_OK) return;
    if (p->length + count + 1 > p->room) {
        size_t room = 2 * (p->length + count + 1);
        p->status = shy_grow(room, 1, &p->text);
        if (p->status != SHY_OK) return;
        p->room = room;
    }
    memcpy(p->text + p->length, bytes, count);
    p->length += count;
    p->text[p->length] = '\0';
}

static void put(printer *p, const char *text)
{
    put_bytes(p, text, strlen(text));
}

static bool is_plain_word(const char *name)
{
    if (!shy_text_starts_word(name[0])) return false;
    for (const char *c = name + 1; *c; c++) {
        if (!shy_text_continues_word(*c)) return false;
    }
    return true;
}

static void put_name(printer *p, const char *name)
{
    shy_op collides;

    if (is_plain_word(name) && !shy_operator_find(name, &collides)) {
        put(p, name);
        return;
    }
    put(p, "`");
    for (const char *c = name; *c; c++) put_bytes(p, *c == '`' ? "``" : c, *c == '`' ? 2 : 1);
    put(p, "`");
}

static void put_constant(printer *p, double value)
{
    char number[64];

    if (isnan(value)) {
        snprintf(number, sizeof number, "?"); /* not known, or not told */
    } else if (p->digits > 0) {
        snprintf(number, sizeof number, "%.*g", p->digits < 17 ? p->digits : 17, value);
    } else {
        shy_text_shortest(value, number);
    }
    put(p, number);
}

static void put_node(printer *p, int index);

/* An operand of an infix operator: in parentheses where the text would otherwise be read as another tree. */
static void put_operand(printer *p, int index, int precedence_needed)
{
    const shy_node *node = &p->tree->node[index];
    bool negative = node->op == SHY_OP_CONSTANT && signbit(node->value);
    bool enclose = negative || shy_operator_get((shy_op)node->op)->precedence < precedence_needed;

    if (enclose) put(p, "(");
    put_node(p, index);
    if (enclose) put(p, ")");
}

static void put_infix(printer *p, const shy_node *node, const shy_operator *op)
{
    put_operand(p, node->left, op->precedence);
    put(p, " ");
    put(p, op->name);
    put(p, " ");
    put_operand(p, node->right, op->precedence + 1); /* infix operators associate to the left */
}

static void put_function(printer *p, const shy_node *node, const shy_operator *op)
{
    put(p, op->name);
    put(p, "(");
    put_node(p, node->left);
    if (op->arity == 2) {
        put(p, ", ");
        put_node(p, node->right);
    }
    put(p, ")");
}

static void put_node(printer *p, int index)
{
    const shy_node *node = &p->tree->node[index];
    const shy_operator *op = shy_operator_get((shy_op)node->op);

    if (node->op == SHY_OP_FACTOR) {
        put_name(p, p->names[node->factor]);
    } else if (node->op == SHY_OP_CONSTANT) {
        put_constant(p, node->value);
    } else if (op->infix) {
        put_infix(p, node, op);
    } else {
        put_function(p, node, op);
    }
}

shy_status shy_tree_print(const shy_tree *tree, const char *const *names, int digits, char **text_out)
{
    printer p = {.tree = tree, .names = names, .digits = digits, .status = SHY_OK};

    assert(tree->count > 0 && tree->count <= SHY_TREE_MAX);
    put_node(&p, tree->count - 1);
    if (p.status != SHY_OK) {
        shy_free(&p.text);
        return p.status;
    }
    *text_out = p.text;
    return SHY_OK;
}

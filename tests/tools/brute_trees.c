/* brute_trees: builds every tree of the grammar, one complexity after the other, with its column, validity and text. */
#include "shy_config.h"

#include "brute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *get_memory(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (!memory) {
        fprintf(stderr, "brute_force: no memory for %zu x %zu bytes\n", count, size);
        exit(2);
    }
    return memory;
}

/* ---- columns --------------------------------------------------------------------------------------------------- */

const double *space_column(const space *s, int index, double *buffer)
{
    const operand *o = &s->operands[index];
    int n = s->d.n;

    if (o->t.root == OP_FACTOR)
        return s->d.x[o->t.left];
    if (o->complexity <= s->cached)
        return s->column[o->complexity] + (size_t)(index - s->first[o->complexity]) * (size_t)n;

    if (o->flat) {
        for (int i = 0; i < n; i++)
            buffer[i] = o->value;
        return buffer;
    }
    double left[n], right[n];
    const double *u = space_column(s, o->t.left, left);
    const double *v = o->t.right < 0 ? u : space_column(s, o->t.right, right);

    op_apply_rows(o->t.root, n, u, v, buffer);
    return buffer;
}

void space_column_wide(const space *s, int index, wide *out)
{
    const operand *o = &s->operands[index];
    int n = s->d.n;

    if (o->t.root == OP_FACTOR || o->flat) {
        for (int i = 0; i < n; i++)
            out[i] = o->flat ? o->value : s->d.x[o->t.left][i];
        return;
    }
    wide right[n];

    space_column_wide(s, o->t.left, out);
    if (o->t.right >= 0)
        space_column_wide(s, o->t.right, right);
    for (int i = 0; i < n; i++)
        out[i] = op_apply(o->t.root, out[i], o->t.right < 0 ? out[i] : right[i]);
}

/* ---- visits ---------------------------------------------------------------------------------------------------- */


static bool few_factors(const space *s, uint32_t mask)
{
    return __builtin_popcount(mask) <= s->g.max_factors;
}

static void visit_unary(const space *s, int root, int c, tree_visitor visit, void *context)
{
    double buffer[s->d.n];

    if (c < 1)
        return;
    for (int i = s->first[c]; i < s->first[c + 1]; i++) {
        const double *u = space_column(s, i, buffer);

        visit(context, (tree){.left = i, .right = -1, .root = (uint8_t)root}, u, u);
    }
}

static void visit_pairs(const space *s, int root, int left, int right, tree_visitor visit, void *context)
{
    double left_buffer[s->d.n], right_buffer[s->d.n];

    for (int i = s->first[left]; i < s->first[left + 1]; i++) {
        const double *u = space_column(s, i, left_buffer);
        uint32_t mask = s->operands[i].mask;

        for (int j = s->first[right]; j < s->first[right + 1]; j++) {
            if (few_factors(s, mask | s->operands[j].mask))
                visit(context, (tree){.left = i, .right = j, .root = (uint8_t)root}, u,
                      space_column(s, j, right_buffer));
        }
    }
}

void space_visit(const space *s, int c, bool families, tree_visitor visit, void *context)
{
    if (c == s->g.weight[OP_FACTOR]) {
        for (int f = 0; f < s->d.p; f++)
            visit(context, (tree){.left = f, .right = -1, .root = OP_FACTOR}, s->d.x[f], s->d.x[f]);
    }
    for (int root = OP_FACTOR + 1; root < (families ? ROOTS : OPS); root++) {
        int cost = root_cost(&s->g, root);

        if (cost < 0 || cost >= c)
            continue;
        int most = s->g.max_operand > 0 ? s->g.max_operand : c;

        if (op_arity(root) == 1) {
            if (c - cost <= most)
                visit_unary(s, root, c - cost, visit, context);
            continue;
        }
        for (int left = 1; left < c - cost; left++) {
            if (left <= most && c - cost - left <= most)
                visit_pairs(s, root, left, c - cost - left, visit, context);
        }
    }
}

/* ---- validity -------------------------------------------------------------------------------------------------- */

static bool forbidden(const space *s, int outer, int operand_index)
{
    if (operand_index < 0)
        return false;

    tree inner = s->operands[operand_index].t;

    if (inner.root == OP_FACTOR && op_arity(outer) == 1 && (s->g.barred[inner.left] >> outer & 1))
        return true;
    return s->g.forbidden[outer][inner.root];
}

/* As many factors of each group as there may be. */
static bool numbers_valid(const space *s, uint32_t mask)
{
    for (int k = 0; k < s->g.groups; k++) {
        int members = __builtin_popcount(mask & s->g.group[k]);

        if (members < s->g.least[k] || members > s->g.most[k])
            return false;
    }
    return true;
}

/* Domain of a family: of its basis columns, for any value of its constants. */
static bool family_valid(const space *s, tree t)
{
    const double *u = s->operands[t.left].range, *v = s->operands[t.right].range;
    int sum = s->g.on[OP_ADD] ? OP_ADD : OP_SUBTRACT;
    bool divides = t.root == FAMILY_RECIPROCAL || t.root == FAMILY_RATIO;
    int outer = divides ? OP_DIVIDE : OP_MULTIPLY;
    double out[2];

    if (forbidden(s, sum, t.left) || forbidden(s, t.root == FAMILY_INTERACTION ? sum : outer, t.right))
        return false;
    if (s->g.forbidden[t.root == FAMILY_SUM || t.root == FAMILY_RECIPROCAL ? sum : outer]
                      [t.root == FAMILY_SUM || t.root == FAMILY_RECIPROCAL ? outer : sum])
        return false;
    return t.root == FAMILY_SUM || op_range(outer, u, v, out);
}

static bool node_valid(const space *s, tree t, double range[2])
{
    const operand *l = &s->operands[t.left], *r = t.right < 0 ? l : &s->operands[t.right];

    if (!l->valid || !r->valid)
        return false;
    if (t.root >= OPS)
        return family_valid(s, t);
    return !forbidden(s, t.root, t.left) && !forbidden(s, t.root, t.right) &&
           op_range(t.root, l->range, r->range, range);
}

bool tree_valid(const space *s, tree t)
{
    double range[2];

    return numbers_valid(s, tree_mask(s, t)) && (t.root == OP_FACTOR || node_valid(s, t, range));
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static int precedence(int root)
{
    return root == OP_ADD || root == OP_SUBTRACT ? 1 : root == OP_MULTIPLY || root == OP_DIVIDE ? 2 : 9;
}

static void append(char text[TEXT_MAX], const char *more)
{
    strncat(text, more, TEXT_MAX - strlen(text) - 1);
}

static void append_operand(const space *s, int index, int least, char text[TEXT_MAX])
{
    char inner[TEXT_MAX];
    bool parentheses = precedence(s->operands[index].t.root) < least;

    tree_text(s, s->operands[index].t, inner);
    append(text, parentheses ? "(" : "");
    append(text, inner);
    append(text, parentheses ? ")" : "");
}

static const char *const operator_names[OPS] = {"",      "+",       "-",   "*",    "/",      "max",     "min", "hypot",
                                                "reldiff", "log", "sqrt", "square", "inverse", "abs", "exp"};

static void family_text(const space *s, tree t, char text[TEXT_MAX])
{
    static const struct {
        const char *before, *between, *after;
        int left, right;
    } forms[] = {
        {"", " + c * ", "", 1, 3},
        {"", " + c / ", "", 1, 3},
        {"(", " + c) * ", "", 1, 3},
        {"(", " + c) / ", "", 1, 3},
        {"(", " + a) * (", " + b)", 1, 1},
    };
    int k = t.root - OPS;

    append(text, forms[k].before);
    append_operand(s, t.left, forms[k].left, text);
    append(text, forms[k].between);
    append_operand(s, t.right, forms[k].right, text);
    append(text, forms[k].after);
}

void tree_text(const space *s, tree t, char text[TEXT_MAX])
{
    int p = precedence(t.root);

    text[0] = 0;
    if (t.root == OP_FACTOR) {
        append(text, s->d.name[t.left]);
    } else if (t.root >= OPS) {
        family_text(s, t, text);
    } else if (p < 9) {
        append_operand(s, t.left, p, text);
        append(text, " ");
        append(text, operator_names[t.root]);
        append(text, " ");
        append_operand(s, t.right, p + 1, text);
    } else {
        append(text, operator_names[t.root]);
        append(text, "(");
        append_operand(s, t.left, 0, text);
        append(text, t.right < 0 ? "" : ", ");
        if (t.right >= 0)
            append_operand(s, t.right, 0, text);
        append(text, ")");
    }
}

static int operand_length(const space *s, int index, int least)
{
    const operand *o = &s->operands[index];

    return o->length + (precedence(o->t.root) < least ? 2 : 0);
}

/* The length of tree_text without writing it, from the lengths of the operands. */
int tree_length(const space *s, tree t)
{
    static const int family_extra[] = {7, 7, 9, 9, 14};
    int p = precedence(t.root);

    if (t.root == OP_FACTOR)
        return (int)strlen(s->d.name[t.left]);
    if (t.root >= OPS)
        return family_extra[t.root - OPS] + operand_length(s, t.left, 1) +
               operand_length(s, t.right, t.root == FAMILY_INTERACTION ? 1 : 3);
    if (p < 9)
        return operand_length(s, t.left, p) + 3 + operand_length(s, t.right, p + 1);
    return (int)strlen(operator_names[t.root]) + 2 + operand_length(s, t.left, 0) +
           (t.right < 0 ? 0 : 2 + operand_length(s, t.right, 0));
}

/* ---- factors --------------------------------------------------------------------------------------------------- */

uint32_t tree_mask(const space *s, tree t)
{
    if (t.root == OP_FACTOR)
        return UINT32_C(1) << t.left;
    return s->operands[t.left].mask | (t.right < 0 ? 0 : s->operands[t.right].mask);
}

/* The factors on which the value depends. Operands are known to, so only what joins two that share factors is tried. */
static uint32_t used_factors(const space *s, tree t)
{
    if (t.right < 0 || t.root >= OPS || !(s->operands[t.left].mask & s->operands[t.right].mask))
        return tree_mask(s, t);
    return general_factors(s, t);
}

bool tree_idle(const space *s, tree t)
{
    if (t.root == OP_FACTOR)
        return false;
    return s->operands[t.left].idle || (t.right >= 0 && s->operands[t.right].idle) ||
           used_factors(s, t) != tree_mask(s, t);
}

/* ---- building -------------------------------------------------------------------------------------------------- */

static void count_tree(void *context, tree t, const double *u, const double *v)
{
    int *count = context;

    (void)t, (void)u, (void)v;
    ++*count;
}

struct filling {
    space *s;
    int next, complexity;
};

/* The column of an operand that is being stored: a constant is levelled. Kept if there is a place. */
static void settle_column(const struct filling *f, operand *o, const double *u, const double *v)
{
    space *s = f->s;
    int n = s->d.n;
    double z[n];

    op_apply_rows(o->t.root, n, u, v, z);
    o->flat = o->t.root != OP_FACTOR && fit_is_flat(s, o->t, z, &o->value);
    for (int i = 0; i < n; i++) {
        if (o->flat)
            z[i] = o->value;
        o->square += z[i] * z[i];
    }
    if (f->complexity <= s->cached)
        memcpy(s->column[f->complexity] + (size_t)(f->next - s->first[f->complexity]) * (size_t)n, z, sizeof z);
}

static void store_operand(void *context, tree t, const double *u, const double *v)
{
    struct filling *f = context;
    space *s = f->s;
    operand *o = &s->operands[f->next];

    /* What is the same for all values (x / x) is no operand. */
    if (used_factors(s, t) == 0)
        return;
    *o = (operand){.t = t, .idle = tree_idle(s, t)};
    o->complexity = (uint8_t)f->complexity;
    if (t.root == OP_FACTOR) {
        o->mask = tree_mask(s, t);
        o->valid = true;
        memcpy(o->range, s->d.range[t.left], sizeof o->range);
    } else {
        o->mask = tree_mask(s, t);
        o->valid = node_valid(s, t, o->range);
    }
    o->length = (uint16_t)tree_length(s, t);
    settle_column(f, o, u, v);
    f->next++;
}

void space_build(space *s)
{
    int highest = s->g.max_complexity - 1;

    s->operands = get_memory(1, sizeof *s->operands);
    s->cached = s->g.max_complexity - 2;
    for (int c = 1; c <= highest; c++) {
        struct filling f = {.s = s, .next = s->first[c], .complexity = c};
        int count = 0;

        space_visit(s, c, false, count_tree, &count);
        s->operands = realloc(s->operands, (size_t)(s->first[c] + count + 1) * sizeof *s->operands);
        if (!s->operands) {
            fprintf(stderr, "brute_force: no memory for %d operands\n", count);
            exit(2);
        }
        if (c <= s->cached)
            s->column[c] = get_memory((size_t)count * (size_t)s->d.n, sizeof(double));
        /* Set before filling so that visits see the operands of lower complexity only. */
        s->first[c + 1] = s->first[c];
        space_visit(s, c, false, store_operand, &f);
        s->first[c + 1] = f.next;
    }
}

void space_free(space *s)
{
    for (int c = 0; c <= COMPLEXITY_MAX; c++)
        free(s->column[c]);
    free(s->operands);
    s->operands = NULL;
    memset(s->column, 0, sizeof s->column);
    memset(s->first, 0, sizeof s->first);
}

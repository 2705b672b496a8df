/* Enumerates the canonical operands and formulas of k slots, level by level of complexity. */
#include "shy_config.h"

#include <string.h>

#include "shape_impl.h"

#define OPERANDS_MAX (1 << 20) /* about half a GiB of values */

/* A tree under construction: what is known of it before it is compared with the others. */
typedef struct {
    shy_op op;
    int left, right; /* operands; −1 where there is none */
    int complexity, length;
    unsigned mask;
    bool forbidden; /* a nesting in it is */
} shy_draft;

/* ---- text lengths, without writing the text: slots count one character ------------------------------------------ */

static int wrapped(const shy_shapes *shapes, int operand, int precedence, bool strict)
{
    const shy_operator *inner = shy_operator_get((shy_op)shapes->operand[operand].op);
    const bool parentheses = inner->precedence < precedence || (strict && inner->precedence == precedence);
    return shapes->operand[operand].length + (parentheses ? 2 : 0);
}

static int text_length(const shy_shapes *shapes, shy_op op, int left, int right)
{
    const shy_operator *outer = shy_operator_get(op);
    if (outer->infix) return wrapped(shapes, left, outer->precedence, false) + 3 + wrapped(shapes, right, outer->precedence, true);
    const int name = (int)strlen(outer->name) + 2 + shapes->operand[left].length;
    return outer->arity == 2 ? name + 2 + shapes->operand[right].length : name;
}

static int family_length(const shy_shapes *shapes, shy_family family, int left, int right)
{
    switch (family) {
    case SHY_FAMILY_WEIGHTED:
    case SHY_FAMILY_WEIGHTED_INVERSE: return wrapped(shapes, left, 1, false) + 7 + wrapped(shapes, right, 2, true);
    case SHY_FAMILY_SHIFTED:
    case SHY_FAMILY_SHIFTED_RATIO: return wrapped(shapes, left, 1, false) + 9 + wrapped(shapes, right, 2, true);
    default: return wrapped(shapes, left, 1, false) + 15 + wrapped(shapes, right, 1, false);
    }
}

/* ---- roots ----------------------------------------------------------------------------------------------------- */

void shy_root_values(const shy_shapes *shapes, const shy_root *root, shy_values *out)
{
    if (root->op == SHY_OP_FACTOR) {
        *out = shapes->value[root->left];
    } else {
        shy_values_apply((shy_op)root->op, &shapes->value[root->left], root->right >= 0 ? &shapes->value[root->right] : NULL, out);
    }
}

static bool branching(shy_op op)
{
    return op == SHY_OP_MAX || op == SHY_OP_MIN || op == SHY_OP_ABS;
}

static bool root_branches(const shy_shapes *shapes, const shy_root *root)
{
    if (root->family == SHY_FAMILY_PLAIN && branching((shy_op)root->op)) return true;
    return shapes->operand[root->left].branches || (root->right >= 0 && shapes->operand[root->right].branches);
}

static bool confirmed(const shy_shapes *shapes, const shy_form *form, const shy_root *root)
{
    shy_form other;
    if (!root_branches(shapes, root) && !shy_tree_branches(&form->left) && !shy_tree_branches(&form->right)) return true;
    shy_form_of_root(shapes, root, &other);
    return shy_far_same(shapes, form, &other);
}

int shy_root_match(const shy_shapes *shapes, const shy_form *form, const shy_print *print, const shy_values *values)
{
    int64_t cursor = -1;
    for (int i; (i = shy_print_table_next(&shapes->root_table, print, &cursor)) >= 0;) {
        const shy_root *root = &shapes->root[i];
        if ((root->family == SHY_FAMILY_PLAIN) != (form->family == SHY_FAMILY_PLAIN)) continue;
        if (form->family == SHY_FAMILY_PLAIN) {
            shy_values other;
            shy_root_values(shapes, root, &other);
            if (!shy_values_affine(values, &other)) continue;
        }
        if (confirmed(shapes, form, root)) return i;
    }
    return -1;
}

static shy_status note_root(shy_shapes *shapes, int root, const shy_root *offer, bool beside)
{
    const shy_spelling spelling = {.family = offer->family, .op = offer->op, .left = offer->left, .right = offer->right};
    return shapes->noted ? shy_spelling_note(&shapes->of_roots, root, &spelling, beside) : SHY_OK;
}

/* `spare`: only to be noted beside a spelling that is as simple. */
static shy_status offer_root(shy_shapes *shapes, const shy_root *offer, const shy_print *print, const shy_values *values, bool spare)
{
    shy_status st = SHY_OK;
    shy_form form;
    shy_form_of_root(shapes, offer, &form);
    const int found = shy_root_match(shapes, &form, print, values);
    if (found >= 0) {
        shy_root *present = &shapes->root[found];
        const int shorter = present->length - offer->length, allowed = present->forbidden - offer->forbidden;
        if (present->complexity != offer->complexity || shorter < 0 || (spare && shorter > 0)) return SHY_OK;
        SHY_TRY(note_root(shapes, found, offer, shorter == 0));
        if (!spare && (shorter > 0 || allowed > 0)) *present = *offer;
        return SHY_OK;
    }
    if (spare || shy_root_idle(shapes, offer)) return SHY_OK;
    SHY_TRY(note_root(shapes, shapes->roots, offer, false));
    if (shapes->roots == shapes->roots_capacity) {
        const int capacity = shapes->roots_capacity ? 2 * shapes->roots_capacity : 1024;
        SHY_TRY(shy_grow((size_t)capacity, sizeof *shapes->root, &shapes->root));
        shapes->roots_capacity = capacity;
    }
    SHY_TRY(shy_print_table_add(&shapes->root_table, print));
    shapes->root[shapes->roots++] = *offer;
out:
    return st;
}

/* ---- operands -------------------------------------------------------------------------------------------------- */

typedef struct {
    int equal;    /* an operand with the same values, or −1 */
    bool negative; /* an operand has the negative values */
    int opposite;  /* it, forbidden or not; −1 */
} shy_relation;

/* `tree` is looked at where branches call for it. */
static shy_relation relate(const shy_shapes *shapes, const shy_tree *tree, const shy_print *print, const shy_values *values)
{
    static const uint32_t slot[SHY_SLOTS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
    shy_relation relation = {-1, false, -1};
    int64_t cursor = -1;
    for (int i; (i = shy_print_table_next(&shapes->operand_table, print, &cursor)) >= 0;) {
        const bool equal = shy_values_equal(values, &shapes->value[i], 1.0);
        if (!equal && !shy_values_equal(values, &shapes->value[i], -1.0)) continue;
        if (shapes->operand[i].branches || shy_tree_branches(tree)) {
            shy_tree other;
            shy_shapes_operand_tree(shapes, i, slot, &other);
            if (!shy_far_equal(shapes, tree, &other, equal ? 1.0 : -1.0)) continue;
        }
        if (equal) {
            relation.equal = i;
        } else {
            relation.opposite = i;
            relation.negative |= !shapes->operand[i].forbidden;
        }
    }
    return relation;
}

static bool draft_branches(const shy_shapes *shapes, const shy_draft *draft)
{
    if (draft->op == SHY_OP_FACTOR) return false;
    return branching(draft->op) || shapes->operand[draft->left].branches || (draft->right >= 0 && shapes->operand[draft->right].branches);
}

static shy_status note_operand(shy_shapes *shapes, int operand, const shy_draft *draft, bool beside)
{
    const shy_spelling spelling = {.op = (uint8_t)draft->op, .mask = (uint8_t)draft->mask, .left = draft->left, .right = draft->right};
    return shapes->noted ? shy_spelling_note(&shapes->of_operands, operand, &spelling, beside) : SHY_OK;
}

static shy_status add_operand(shy_shapes *shapes, const shy_draft *draft, const shy_print *print, const shy_values *values, const shy_relation *known)
{
    shy_status st = SHY_OK;
    if (shapes->operands == OPERANDS_MAX) {
        return shy_fail(SHY_INPUT, "this grammar has more than %d different sub-formulas of %d factors; lower grammar.max_complexity, "
                                   "factors.max or the number of grammar.operators", OPERANDS_MAX, shapes->slots);
    }
    if (shapes->operands == shapes->operands_capacity) {
        const int capacity = shapes->operands_capacity ? 2 * shapes->operands_capacity : 512;
        SHY_TRY(shy_grow((size_t)capacity, sizeof *shapes->operand, &shapes->operand));
        SHY_TRY(shy_grow((size_t)capacity, sizeof *shapes->value, &shapes->value));
        if (shapes->noted) SHY_TRY(shy_grow((size_t)capacity, sizeof *shapes->opposite, &shapes->opposite));
        shapes->operands_capacity = capacity;
    }
    SHY_TRY(note_operand(shapes, shapes->operands, draft, false));
    SHY_TRY(shy_print_table_add(&shapes->operand_table, print));
    const int i = shapes->operands++;
    if (shapes->noted) shapes->opposite[i] = known->opposite;
    const bool leaf = draft->op == SHY_OP_FACTOR;
    shapes->operand[i] = (shy_shape){.op = (uint8_t)draft->op, .complexity = (uint8_t)draft->complexity, .mask = (uint8_t)draft->mask,
                                     .slot = leaf ? (uint8_t)draft->left : 0, .negative = known->negative, .length = (uint8_t)draft->length,
                                     .branches = draft_branches(shapes, draft), .forbidden = draft->forbidden,
                                     .left = leaf ? -1 : draft->left, .right = draft->right};
    shapes->value[i] = *values;
out:
    return st;
}

/* Operands above this complexity can, or may, stand under no operator. */
static int operand_complexity_max(const shy_grammar *grammar)
{
    int lightest = 0;
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) {
        if (!grammar->allowed[op]) continue;
        const int taken = grammar->weight[op] + (shy_operator_get((shy_op)op)->arity == 2 ? grammar->weight[SHY_OP_FACTOR] : 0);
        if (lightest == 0 || taken < lightest) lightest = taken;
    }
    const int most = lightest ? grammar->max_complexity - lightest : 0;
    return grammar->max_operand > 0 && grammar->max_operand < most ? grammar->max_operand : most;
}

/* Of two spellings as complex as each other: the one with fewer factors (a − b − a goes without a), the shorter, the one that is allowed. */
static shy_status simplify(shy_shapes *shapes, int operand, const shy_draft *draft)
{
    shy_status st = SHY_OK;
    shy_shape *shape = &shapes->operand[operand];
    const int fewer = __builtin_popcount(shape->mask) - __builtin_popcount(draft->mask);
    const int shorter = shape->length - draft->length, allowed = shape->forbidden - draft->forbidden;
    if (fewer < 0 || (fewer == 0 && shorter < 0)) return SHY_OK;
    SHY_TRY(note_operand(shapes, operand, draft, fewer == 0 && shorter == 0));
    if (fewer == 0 && shorter == 0 && allowed <= 0) return SHY_OK;
    shape->op = (uint8_t)draft->op, shape->length = (uint8_t)draft->length, shape->mask = (uint8_t)draft->mask;
    shape->left = draft->left, shape->right = draft->right;
    shape->branches = draft_branches(shapes, draft);
    shape->forbidden = draft->forbidden;
out:
    return st;
}

static void draft_tree(const shy_shapes *shapes, const shy_draft *draft, shy_tree *tree_out)
{
    tree_out->count = 0;
    if (draft->op == SHY_OP_FACTOR) {
        (void)shy_tree_leaf(tree_out, (uint32_t)draft->left);
        return;
    }
    shy_form form;
    const shy_root root = {.family = SHY_FAMILY_PLAIN, .op = (uint8_t)draft->op, .left = draft->left, .right = draft->right};
    shy_form_of_root(shapes, &root, &form);
    *tree_out = form.left;
}

/* One tree: a new operand, a shorter way to write a known one, or nothing; and likewise as a formula. */
static shy_status offer_tree(shy_shapes *shapes, const shy_draft *draft, const shy_values *values)
{
    shy_status st = SHY_OK;
    shy_print print;
    shy_tree tree;
    const bool full = draft->mask == (1U << shapes->slots) - 1U;
    const bool as_operand = draft->complexity <= operand_complexity_max(&shapes->grammar) || draft->op == SHY_OP_FACTOR;
    if (!as_operand && !full) return SHY_OK;
    if (!shy_print_plain(shapes, values, &print)) return SHY_OK;

    draft_tree(shapes, draft, &tree);
    const shy_relation known = relate(shapes, &tree, &print, values);
    if (known.equal >= 0 && shapes->operand[known.equal].complexity < draft->complexity) return SHY_OK;
    if (as_operand && known.equal < 0) SHY_TRY(add_operand(shapes, draft, &print, values, &known));
    if (known.equal >= 0) SHY_TRY(simplify(shapes, known.equal, draft));
    if (full) {
        const bool leaf = draft->op == SHY_OP_FACTOR;
        const shy_root root = {.family = SHY_FAMILY_PLAIN, .op = (uint8_t)draft->op, .complexity = (uint8_t)draft->complexity,
                               .forbidden = draft->forbidden, .length = (uint8_t)draft->length,
                               .left = leaf ? shapes->operands - 1 : draft->left, .right = draft->right};
        SHY_TRY(offer_root(shapes, &root, &print, values, false));
    }
out:
    return st;
}

/* ---- levels ---------------------------------------------------------------------------------------------------- */

static shy_status level_leaves(shy_shapes *shapes, int complexity)
{
    shy_status st = SHY_OK;
    if (shapes->grammar.weight[SHY_OP_FACTOR] != complexity) return SHY_OK;
    for (int s = 0; s < shapes->slots; s++) {
        const shy_draft draft = {SHY_OP_FACTOR, s, -1, complexity, 1, 1U << s, false};
        shy_values values = {.valid = SHY_ALL_POINTS};
        memcpy(values.at, shapes->point[s], sizeof values.at);
        SHY_TRY(offer_tree(shapes, &draft, &values));
    }
out:
    return st;
}

/* A forbidden spelling takes its place like any other: a formula whose simplest spelling it is must not come back in a longer one. */
bool shy_nesting_forbidden(const shy_shapes *shapes, shy_op op, int left, int right)
{
    const shy_shape *u = &shapes->operand[left], *v = right >= 0 ? &shapes->operand[right] : NULL;
    const bool *under = shapes->grammar.forbidden[op];
    if (!v && u->op == SHY_OP_FACTOR && (shapes->barred[u->slot] >> op & 1U)) return true;
    return u->forbidden || under[u->op] || (v && (v->forbidden || under[v->op]));
}

static shy_status level_unary(shy_shapes *shapes, shy_op op, int complexity)
{
    shy_status st = SHY_OK;
    const int inner = complexity - shapes->grammar.weight[op];
    if (inner < 1) return SHY_OK;
    for (int u = shapes->operand_first[inner]; u < shapes->operand_first[inner + 1]; u++) {
        const shy_shape *operand = &shapes->operand[u];
        const shy_draft draft = {op, u, -1, complexity, text_length(shapes, op, u, -1), operand->mask, shy_nesting_forbidden(shapes, op, u, -1)};
        shy_values values;
        shy_values_apply(op, &shapes->value[u], NULL, &values);
        SHY_TRY(offer_tree(shapes, &draft, &values));
    }
out:
    return st;
}

static shy_status level_binary(shy_shapes *shapes, shy_op op, int complexity)
{
    shy_status st = SHY_OK;
    const shy_grammar *grammar = &shapes->grammar;
    const bool commutative = shy_operator_get(op)->commutative;
    const int inner = complexity - grammar->weight[op];
    for (int a = 1; a < inner; a++) {
        for (int u = shapes->operand_first[a]; u < shapes->operand_first[a + 1]; u++) {
            for (int v = shapes->operand_first[inner - a]; v < shapes->operand_first[inner - a + 1]; v++) {
                if (commutative && v < u) continue;
                const shy_draft draft = {op, u, v, complexity, text_length(shapes, op, u, v),
                                         (unsigned)(shapes->operand[u].mask | shapes->operand[v].mask), shy_nesting_forbidden(shapes, op, u, v)};
                shy_values values;
                shy_values_apply(op, &shapes->value[u], &shapes->value[v], &values);
                SHY_TRY(offer_tree(shapes, &draft, &values));
            }
        }
    }
out:
    return st;
}

static shy_status offer_family(shy_shapes *shapes, shy_family family, int u, int v, int complexity)
{
    const shy_shape *left = &shapes->operand[u], *right = &shapes->operand[v];
    shy_print print;
    const bool negative = left->negative || right->negative;
    if ((left->mask | right->mask) != (1U << shapes->slots) - 1U || (negative && !shapes->noted)) return SHY_OK;
    if (!shy_print_family(shapes, family, &shapes->value[u], &shapes->value[v], &print)) return SHY_OK;
    const bool forbidden = left->forbidden || right->forbidden || shy_family_forbidden(&shapes->grammar, family, (shy_op)left->op, (shy_op)right->op);
    const shy_root root = {.family = (uint8_t)family, .op = SHY_OP_CONSTANT, .complexity = (uint8_t)complexity, .forbidden = forbidden,
                           .length = (uint8_t)family_length(shapes, family, u, v), .left = u, .right = v};
    return offer_root(shapes, &root, &print, NULL, negative);
}

static shy_status level_family(shy_shapes *shapes, shy_family family, int complexity)
{
    shy_status st = SHY_OK;
    const int cost = shy_family_cost(&shapes->grammar, family), inner = complexity - cost;
    const bool symmetric = family == SHY_FAMILY_WEIGHTED || family == SHY_FAMILY_INTERACTION;
    if (cost == 0) return SHY_OK;
    for (int a = 1; a < inner; a++) {
        for (int u = shapes->operand_first[a]; u < shapes->operand_first[a + 1]; u++) {
            for (int v = shapes->operand_first[inner - a]; v < shapes->operand_first[inner - a + 1]; v++) {
                if (symmetric && v < u) continue;
                SHY_TRY(offer_family(shapes, family, u, v, complexity));
            }
        }
    }
out:
    return st;
}

static shy_status level(shy_shapes *shapes, int complexity)
{
    shy_status st = SHY_OK;
    shapes->operand_first[complexity] = shapes->operands;
    shapes->operand_first[complexity + 1] = shapes->operands;
    shapes->root_first[complexity] = shapes->roots;
    SHY_TRY(level_leaves(shapes, complexity));
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) {
        if (!shapes->grammar.allowed[op]) continue;
        if (shy_operator_get((shy_op)op)->arity == 1) {
            SHY_TRY(level_unary(shapes, (shy_op)op, complexity));
        } else {
            SHY_TRY(level_binary(shapes, (shy_op)op, complexity));
        }
    }
    for (int family = SHY_FAMILY_PLAIN + 1; family < SHY_FAMILIES; family++) {
        SHY_TRY(level_family(shapes, (shy_family)family, complexity));
    }
    shapes->operand_first[complexity + 1] = shapes->operands;
    shapes->root_first[complexity + 1] = shapes->roots;
out:
    return st;
}

shy_status shy_shapes_create(const shy_grammar *grammar, int slots, int nonnegative, shy_shapes **shapes_out)
{
    static const uint32_t none[SHY_SLOTS_MAX] = {0};
    return shy_shapes_create_barred(grammar, slots, nonnegative, none, false, shapes_out);
}

shy_status shy_shapes_create_open(const shy_grammar *grammar, int slots, int nonnegative, shy_shapes **open_out)
{
    static const uint32_t none[SHY_SLOTS_MAX] = {0};
    return shy_shapes_create_barred(grammar, slots, nonnegative, none, true, open_out);
}

shy_status shy_shapes_create_barred(const shy_grammar *grammar, int slots, int nonnegative, const uint32_t *barred, bool noted, shy_shapes **shapes_out)
{
    shy_status st = SHY_OK;
    shy_shapes *shapes = NULL;
    if (slots < 1 || slots > SHY_SLOTS_MAX || grammar->max_complexity > SHY_GRAMMAR_MAX) {
        return shy_fail(SHY_INTERNAL, "shapes of %d slots and complexity %d are out of range", slots, grammar->max_complexity);
    }
    SHY_TRY(shy_new(1, sizeof *shapes, &shapes));
    shapes->grammar = *grammar;
    shapes->slots = slots;
    shapes->noted = noted;
    shapes->nonnegative = nonnegative;
    memcpy(shapes->barred, barred, (size_t)slots * sizeof *barred);
    shy_points_fill(shapes);
    shy_far_fill(shapes);
    for (int c = 1; c <= grammar->max_complexity; c++) SHY_TRY(level(shapes, c));
    *shapes_out = shapes, shapes = NULL;
out:
    shy_shapes_destroy(&shapes);
    return st;
}

void shy_shapes_destroy(shy_shapes **shapes)
{
    if (!*shapes) return;
    if ((*shapes)->packed) {
        shy_free(&(*shapes)->packed);
        shy_free(shapes);
        return;
    }
    shy_free(&(*shapes)->operand);
    shy_free(&(*shapes)->root);
    if (!(*shapes)->open) {
        shy_free(&(*shapes)->value);
        shy_free(&(*shapes)->opposite);
        shy_spellings_free(&(*shapes)->of_operands);
        shy_spellings_free(&(*shapes)->of_roots);
        shy_print_table_free(&(*shapes)->operand_table);
        shy_print_table_free(&(*shapes)->root_table);
    }
    shy_free(shapes);
}

/* ---- the inverse of an operand ---------------------------------------------------------------------------------- */

int shy_shapes_inverse(const shy_shapes *shapes, int operand)
{
    shy_values inverse;
    shy_print print;
    shy_tree tree;
    shy_values_apply(SHY_OP_INVERSE, &shapes->value[operand], NULL, &inverse);
    if (inverse.valid != shapes->value[operand].valid || !shy_print_plain(shapes, &inverse, &print)) return -1;
    static const uint32_t slot[SHY_SLOTS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
    shy_shapes_operand_tree(shapes, operand, slot, &tree);
    (void)shy_tree_unary(&tree, SHY_OP_INVERSE, tree.count - 1);
    return relate(shapes, &tree, &print, &inverse).equal;
}

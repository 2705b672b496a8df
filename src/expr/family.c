/* The families: how many constants they have, what they cost, and which nestings they are made of. */
#include "shy_config.h"

#include "shape_impl.h"

int shy_family_terms(shy_family family)
{
    return family == SHY_FAMILY_PLAIN ? 1 : family == SHY_FAMILY_INTERACTION ? 3 : 2;
}

int shy_family_constants(shy_family family)
{
    return shy_family_terms(family) - 1;
}

static shy_op sum_operator(const shy_grammar *grammar)
{
    return grammar->allowed[SHY_OP_ADD] ? SHY_OP_ADD : SHY_OP_SUBTRACT;
}

static bool family_divides(shy_family family)
{
    return family == SHY_FAMILY_WEIGHTED_INVERSE || family == SHY_FAMILY_SHIFTED_RATIO;
}

int shy_family_cost(const shy_grammar *grammar, shy_family family)
{
    const shy_op sum = sum_operator(grammar);
    const shy_op product = family_divides(family) ? SHY_OP_DIVIDE : SHY_OP_MULTIPLY;
    const int constants = shy_family_constants(family);
    if (constants == 0 || constants > grammar->max_constants) return 0;
    if (!grammar->allowed[sum] || !grammar->allowed[product]) return 0;
    const int sums = family == SHY_FAMILY_INTERACTION ? 2 : 1;
    return sums * grammar->weight[sum] + grammar->weight[product] + constants * grammar->weight[SHY_OP_CONSTANT];
}

/* Nestings of the family's own nodes and of those with its operands. */
bool shy_family_forbidden(const shy_grammar *grammar, shy_family family, shy_op left, shy_op right)
{
    const shy_op sum = sum_operator(grammar), product = family_divides(family) ? SHY_OP_DIVIDE : SHY_OP_MULTIPLY;
    const bool weighted = family == SHY_FAMILY_WEIGHTED || family == SHY_FAMILY_WEIGHTED_INVERSE;
    const shy_op right_parent = family == SHY_FAMILY_INTERACTION ? sum : product;
    if (weighted ? grammar->forbidden[sum][product] : grammar->forbidden[product][sum]) return true;
    return grammar->forbidden[sum][left] || grammar->forbidden[right_parent][right];
}

/* Constants rounded to what can be worked with at the bedside, as far as the fit allows. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "polish.h"

/* ---- how one constant may be rounded ----------------------------------------------------------------------------------- */

enum { DIGITS_MOST = 6 };

static double read_digits(double value, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL);
}

/* To the nearest number of so many digits, or of those whose last digit is 5. */
static double round_to(double value, int digits, bool five)
{
    const double unit = pow(10.0, floor(log10(fabs(value))) - (digits - 2));
    return five ? read_digits((floor(value / unit) + 0.5) * unit, digits) : read_digits(value, digits);
}

/* Only what is nearer than everything cheaper is a choice. */
static void offer(double exact, shy_round_choice choice, shy_round_choice *list, int *count)
{
    const double is = choice.reciprocal ? 1.0 / choice.value : choice.value;
    double nearest = INFINITY;
    for (int k = 0; k < *count; k++) nearest = fmin(nearest, fabs((list[k].reciprocal ? 1.0 / list[k].value : list[k].value) - exact));
    if (isfinite(is) && fabs(is - exact) < nearest) list[(*count)++] = choice;
}

int shy_round_choices(double value, bool reciprocal, shy_round_choice *choice_out)
{
    int count = 0;
    if (value == 0.0 || !isfinite(1.0 / value)) {
        choice_out[0] = (shy_round_choice){2, false, value};
        return 1;
    }
    for (int cost = 2; cost <= 2 * DIGITS_MOST + 1; cost++) { /* 2: one digit, 3: two with a 5, 4: two, … */
        const int digits = (cost + 1) / 2;
        if (cost <= 2 * DIGITS_MOST) offer(value, (shy_round_choice){cost, false, round_to(value, digits, cost % 2 == 1)}, choice_out, &count);
        if (reciprocal && cost > 2) offer(value, (shy_round_choice){cost, true, round_to(1.0 / value, cost / 2, (cost - 1) % 2 == 1)}, choice_out, &count);
    }
    offer(value, (shy_round_choice){SHY_ROUND_EXACT, false, value}, choice_out, &count);
    return count;
}

/* ---- all of them together ----------------------------------------------------------------------------------------------- */

typedef struct {
    shy_fitter *fitter;
    const shy_tree *tree;
    double most;               /* loss */
    shy_verdict verdict;       /* of the exact formula: a penalised fit is compared with penalised ones */
    bool boxed;
    int constants, node[SHY_TREE_MAX], parent[SHY_TREE_MAX]; /* parent: a product that may become a quotient, or −1 */
    int choices[SHY_POLISH_CONSTANTS];
    shy_round_choice choice[SHY_POLISH_CONSTANTS][SHY_ROUND_CHOICES];
    int pick[SHY_POLISH_CONSTANTS];
    int refits;                /* that may still be made */
    bool found;
    shy_tree best;
    shy_fit fit;
} rounding;

/* u·c may become u/r. */
static int product_over(const shy_tree *tree, int constant)
{
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (node->op == SHY_OP_MULTIPLY && node->left != node->right && (node->left == constant || node->right == constant)) return k;
    }
    return -1;
}

static void apply(const rounding *r, shy_tree *tree)
{
    *tree = *r->tree;
    for (int k = 0; k < r->constants; k++) {
        const shy_round_choice *choice = &r->choice[k][r->pick[k]];
        tree->node[r->node[k]].value = choice->value;
        if (!choice->reciprocal) continue;
        shy_node *product = &tree->node[r->parent[k]];
        if (product->left == r->node[k]) product->left = product->right;
        product->right = (uint8_t)r->node[k];
        product->op = SHY_OP_DIVIDE;
    }
}

/* A product of two constants could become two quotients of each other; one of them stays as it is. */
static bool is_possible(const rounding *r, const shy_tree *tree)
{
    shy_interval ignored[SHY_TREE_MAX];
    for (int k = 0; k < r->constants; k++)
        for (int j = 0; j < k; j++)
            if (r->choice[k][r->pick[k]].reciprocal && r->choice[j][r->pick[j]].reciprocal && r->parent[k] == r->parent[j]) return false;
    return !r->boxed || shy_tree_ranges(tree, r->fitter->problem->range, ignored);
}

/* Tries the picks as they are. Collective over the group. */
static shy_status try_picks(rounding *r, bool *better_out)
{
    shy_status st = SHY_OK;
    shy_tree tree;
    shy_fit fit;
    *better_out = false;
    apply(r, &tree);
    if (!is_possible(r, &tree) || r->refits == 0) return SHY_OK;
    r->refits--;
    SHY_TRY(shy_fitter_refit(r->fitter, &tree, &fit));
    if (fit.verdict != r->verdict || !(fit.loss <= r->most) || (r->found && !(fit.loss < r->fit.loss))) return SHY_OK;
    r->found = *better_out = true;
    r->best = tree;
    r->fit = fit;
out:
    return st;
}

/* All picks of constants k … with the total cost `rest`. */
static shy_status try_total(rounding *r, int k, int rest)
{
    shy_status st = SHY_OK;
    bool ignored;
    if (k == r->constants) return rest == 0 ? try_picks(r, &ignored) : SHY_OK;
    for (r->pick[k] = 0; r->pick[k] < r->choices[k] && r->choice[k][r->pick[k]].cost <= rest; r->pick[k]++) {
        const int kept = r->pick[k];
        SHY_TRY(try_total(r, k + 1, rest - r->choice[k][kept].cost));
        r->pick[k] = kept;
    }
out:
    return st;
}

/* From the exact formula down, each time by the step of one constant that keeps the loss least. */
static shy_status go_down(rounding *r)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < r->constants; k++) r->pick[k] = r->choices[k] - 1;
    for (bool going = true; going;) {
        int step = -1;
        r->found = false;
        for (int k = 0; k < r->constants; k++) {
            bool better;
            if (r->pick[k] == 0) continue;
            r->pick[k]--;
            r->refits = 1;
            SHY_TRY(try_picks(r, &better));
            r->pick[k]++;
            if (better) step = k;
        }
        going = step >= 0;
        if (going) r->pick[step]--;
    }
    bool ignored;
    r->refits = 1;
    SHY_TRY(try_picks(r, &ignored));
out:
    return st;
}

static shy_status search(rounding *r)
{
    shy_status st = SHY_OK;
    int least = 0, most = 0;
    for (int k = 0; k < r->constants; k++) {
        least += r->choice[k][0].cost;
        most += r->choice[k][r->choices[k] - 1].cost;
    }
    for (int total = least; total <= most && !r->found && r->refits > 0; total++) SHY_TRY(try_total(r, 0, total));
    if (r->refits == 0) SHY_TRY(go_down(r)); /* the last total may not have been gone through */
out:
    return st;
}

shy_status shy_fitter_round(shy_fitter *f, const shy_tree *tree, const shy_fit *fit, double tolerance, int refits, shy_tree *tree_out, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    rounding r = {.fitter = f, .tree = tree, .most = fit->loss + tolerance * fmin(fit->loss, 1.0 - fit->loss), .refits = refits, .verdict = fit->verdict};
    shy_interval ignored[SHY_TREE_MAX];
    *tree_out = *tree;
    *fit_out = *fit;
    r.constants = shy_tree_free_constants(tree, r.node);
    r.boxed = shy_tree_ranges(tree, f->problem->range, ignored);
    if (r.constants > SHY_POLISH_CONSTANTS) return SHY_OK;
    for (int k = 0; k < r.constants; k++) {
        r.parent[k] = product_over(tree, r.node[k]);
        r.choices[k] = shy_round_choices(tree->node[r.node[k]].value, r.parent[k] >= 0, r.choice[k]);
    }
    SHY_TRY(search(&r));
    if (!r.found) return SHY_OK;
    *tree_out = r.best;
    *fit_out = r.fit;
out:
    return st;
}

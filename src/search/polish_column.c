/* What else is asked of a formula as a tree: its ranges, its moments, its statistic of screening, tidy signs. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "polish.h"

bool shy_tree_ranges_with(const shy_tree *tree, const shy_interval *factor, shy_interval *node_io)
{
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        const int arity = shy_operator_get((shy_op)node->op)->arity;
        const shy_interval u = arity > 0 ? node_io[node->left] : (shy_interval){0}, v = arity > 1 ? node_io[node->right] : u;
        if (node->op == SHY_OP_FACTOR) node_io[k] = factor[node->factor];
        else if (arity > 0 && !shy_operator_range((shy_op)node->op, u, v, &node_io[k])) return false;
    }
    return true;
}

bool shy_tree_ranges(const shy_tree *tree, const shy_interval *factor, shy_interval *node_out)
{
    for (int k = 0; k < tree->count; k++)
        if (tree->node[k].op == SHY_OP_CONSTANT) node_out[k] = (shy_interval){tree->node[k].value, tree->node[k].value};
    return shy_tree_ranges_with(tree, factor, node_out);
}

int shy_tree_free_constants(const shy_tree *tree, int *node_out)
{
    const int all = shy_tree_constants(tree, node_out);
    int count = 0;
    for (int k = 0; k < all; k++)
        if (!tree->node[node_out[k]].held) node_out[count++] = node_out[k];
    return count;
}

/* ---- sums over the samples ------------------------------------------------------------------------------------------- */

static double weigh(const shy_metric *metric, int i)
{
    return metric->weight ? metric->weight[i] : 1.0;
}

/* residual := w·(z − shift), and z := z − shift; total = Σ w·z, Σ w·z², Σ y·z, Σ y²/w, Σ w·q_k·z. */
static shy_status sum_shifted(shy_fitter *f, double shift, double *total)
{
    const shy_metric *metric = shy_outcome_metric(f->outcome);
    const shy_rows *rows = &f->problem->rows;
    const int width = 4 + metric->directions;
    double *weighted = f->residual, *square = f->scratch;
    for (int run = 0; run < rows->runs; run++) {
        double *sums = f->partial + (size_t)run * (size_t)width;
        const int begin = run * rows->run_rows, end = rows->rows - begin < rows->run_rows ? rows->rows : begin + rows->run_rows;
        memset(sums, 0, (size_t)width * sizeof *sums);
        for (int at = begin; at < end; at += SHY_CHUNK) {
            const int count = end - at < SHY_CHUNK ? end - at : SHY_CHUNK;
            for (int i = at; i < at + count; i++) {
                const double w = weigh(metric, i), y = metric->response[i];
                f->z[i] -= shift;
                weighted[i] = w * f->z[i];
                square[i - at] = w > 0.0 ? y * y / w : 0.0;
            }
            sums[0] += shy_exact_sum(count, weighted + at);
            sums[1] += shy_exact_dot(count, weighted + at, f->z + at);
            sums[2] += shy_exact_dot(count, metric->response + at, f->z + at);
            sums[3] += shy_exact_sum(count, square);
            for (int k = 0; k < metric->directions; k++) sums[4 + k] += shy_exact_dot(count, weighted + at, metric->direction[k] + at);
        }
    }
    return shy_group_sum_runs(rows->team, f->partial, rows->runs, width, total);
}

/* Twice: the sums are of the values less their mean. */
static shy_status sum_centred(shy_fitter *f, double *mean_out, double *total)
{
    shy_status st = SHY_OK;
    SHY_TRY(sum_shifted(f, 0.0, total));
    *mean_out = total[0] / (double)f->problem->rows.total;
    SHY_TRY(sum_shifted(f, *mean_out, total));
out:
    return st;
}

shy_status shy_fitter_statistic(shy_fitter *f, const shy_tree *tree, double *statistic_out)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_fitter_poll(f));
    const int directions = shy_outcome_metric(f->outcome)->directions;
    const double n = (double)f->problem->rows.total;
    double total[4 + SHY_COVARIATES_MAX], mean;
    SHY_TRY(shy_fitter_evaluate(f, tree));
    SHY_TRY(sum_centred(f, &mean, total));
    double square = total[1] - total[0] * total[0] / n;
    for (int k = 0; k < directions; k++) square -= total[4 + k] * total[4 + k] / n;
    *statistic_out = square > 0.0 && total[3] > 0.0 ? total[2] * total[2] / (square * total[3]) : 0.0;
out:
    return st;
}

shy_status shy_fitter_moments(shy_fitter *f, const shy_tree *tree, double *mean_out, double *deviation_out)
{
    shy_status st = SHY_OK;
    double total[4 + SHY_COVARIATES_MAX];
    SHY_TRY(shy_fitter_evaluate(f, tree));
    SHY_TRY(sum_centred(f, mean_out, total));
    *deviation_out = sqrt(total[1] / (double)f->problem->rows.total);
out:
    return st;
}

/* ---- signs ---------------------------------------------------------------------------------------------------------- */

/* A negative constant, or one that something is multiplied with or divided by it; NULL if node k is neither. */
static shy_node *negative_part(shy_tree *tree, int k)
{
    shy_node *node = &tree->node[k];
    if (node->op == SHY_OP_MULTIPLY || node->op == SHY_OP_DIVIDE) {
        shy_node *left = &tree->node[node->left], *right = &tree->node[node->right];
        if (left->op == SHY_OP_CONSTANT) node = left;
        else if (right->op == SHY_OP_CONSTANT) node = right;
    }
    return node->op == SHY_OP_CONSTANT && node->value < 0.0 ? node : NULL;
}

void shy_tree_tidy(shy_tree *tree)
{
    for (int k = 0; k < tree->count; k++) {
        shy_node *node = &tree->node[k];
        if (node->op != SHY_OP_ADD && node->op != SHY_OP_SUBTRACT) continue;
        shy_node *right = negative_part(tree, node->right), *left = negative_part(tree, node->left);
        if (right) {
            right->value = -right->value;
            node->op = node->op == SHY_OP_ADD ? SHY_OP_SUBTRACT : SHY_OP_ADD;
        } else if (left && node->op == SHY_OP_ADD) { /* -3 + u: u - 3 */
            const uint8_t first = node->left;
            left->value = -left->value;
            node->left = node->right;
            node->right = first;
            node->op = SHY_OP_SUBTRACT;
        }
    }
}

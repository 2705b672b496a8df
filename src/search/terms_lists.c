/* The best sums of each complexity and number of terms. Sums that are the same function are one; that with the first terms stands for it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "terms.h"

int shy_sums_cost(const shy_grammar *grammar)
{
    const shy_op sum = grammar->allowed[SHY_OP_ADD] || !grammar->allowed[SHY_OP_SUBTRACT] ? SHY_OP_ADD : SHY_OP_SUBTRACT;
    return grammar->weight[sum] + grammar->weight[SHY_OP_MULTIPLY] + grammar->weight[SHY_OP_CONSTANT];
}

int shy_sums_factors(const shy_search_options *options)
{
    const int asked = options->terms_factors > 0 ? options->terms_factors : options->terms * options->grammar.max_factors;
    return asked < SHY_TERMS_FACTORS_MAX ? asked : SHY_TERMS_FACTORS_MAX;
}

shy_status shy_sums_create(const shy_terms *from, const shy_search_options *options, int terms_most, shy_sums **sums_out)
{
    shy_status st = SHY_OK;
    shy_sums *s = NULL;
    SHY_TRY(shy_new(1, sizeof *s, &s));
    s->from = from;
    s->keep = options->keep < SHY_SUMS_KEPT ? options->keep : SHY_SUMS_KEPT;
    s->terms_most = terms_most;
    s->complexity_most = SHY_COMPLEXITY_MAX;
    s->factors_most = shy_sums_factors(options);
    s->cost = shy_sums_cost(&options->grammar);
    const size_t lists = (size_t)shy_sums_list(terms_most + 1, 0);
    SHY_TRY(shy_new(lists, sizeof *s->count, &s->count));
    SHY_TRY(shy_new(lists * (size_t)s->keep, sizeof *s->sum, &s->sum));
    *sums_out = s, s = NULL;
out:
    shy_sums_destroy(&s);
    return st;
}

void shy_sums_destroy(shy_sums **sums)
{
    if (!*sums) return;
    shy_free(&(*sums)->count);
    shy_free(&(*sums)->sum);
    shy_free(sums);
}

/* ---- order ---------------------------------------------------------------------------------------------------------------- */

/*
 * Rounding leaves far less than a cell between two ways to the same function, unless their terms are nearly collinear. Cells and not distances,
 * because being near is not transitive. SLACK covers the rounding of the scan against that of the score: 1e-16 over SHY_TERM_NOTHING, squared.
 */
#define STATISTIC_CELL 1e-9
#define PROBE_CELL 1e-6
#define SLACK 1e-7

static double cell_of(double value, double cell)
{
    return floor(value / cell + 0.382);
}

static int compare(const shy_sum *a, const shy_sum *b)
{
    const double x = cell_of(a->explained, STATISTIC_CELL), y = cell_of(b->explained, STATISTIC_CELL);
    if (x != y) return x > y ? -1 : 1;
    const double p = cell_of(a->probe, PROBE_CELL), q = cell_of(b->probe, PROBE_CELL);
    return (p > q) - (p < q);
}

static bool has_first_terms(const shy_sum *a, const shy_sum *b)
{
    for (int k = 0; k < a->terms; k++) {
        if (a->term[k] != b->term[k]) return a->term[k] < b->term[k];
    }
    return false;
}

static void keep(shy_sums *s, const shy_sum *sum)
{
    const int list = shy_sums_list(sum->terms, sum->complexity);
    shy_sum *entry = s->sum + (size_t)list * (size_t)s->keep;
    int low = 0, high = s->count[list];
    while (low < high) {
        const int middle = (low + high) / 2;
        if (compare(&entry[middle], sum) < 0) low = middle + 1;
        else high = middle;
    }
    if (low < s->count[list] && compare(&entry[low], sum) == 0) {
        if (has_first_terms(sum, &entry[low])) entry[low] = *sum;
        return;
    }
    if (low == s->keep) return;
    if (low == 0) s->changes++;
    const int behind = s->count[list] - low - (s->count[list] == s->keep ? 1 : 0);
    memmove(&entry[low + 1], &entry[low], (size_t)behind * sizeof *entry);
    entry[low] = *sum;
    if (s->count[list] < s->keep) s->count[list]++;
}

double shy_sums_floor(const shy_sums *s, int terms, int complexity)
{
    if (complexity > s->complexity_most || terms > s->terms_most) return 2.0;
    const int list = shy_sums_list(terms, complexity);
    if (s->count[list] < s->keep) return -1.0;
    return s->sum[(size_t)list * (size_t)s->keep + (size_t)s->keep - 1U].explained - STATISTIC_CELL - SLACK;
}

/* ---- one sum ---------------------------------------------------------------------------------------------------------------- */

/* Not more than factors_most different ones. */
static bool few_factors(const shy_sums *s, const shy_sum *sum)
{
    uint32_t factor[SHY_TERMS_FACTORS_MAX];
    int count = 0;
    for (int t = 0; t < sum->terms; t++) {
        const shy_tree *tree = &s->from->term[sum->term[t]].tree;
        for (int i = 0; i < tree->count; i++) {
            int at = 0;
            if (tree->node[i].op != SHY_OP_FACTOR) continue;
            while (at < count && factor[at] != tree->node[i].factor) at++;
            if (at < count) continue;
            if (count == s->factors_most) return false;
            factor[count++] = tree->node[i].factor;
        }
    }
    return true;
}

/* Cholesky's factors of the terms' Gram matrix; false where a term has nothing to add to those before it. */
static bool score(const shy_terms *from, shy_sum *sum)
{
    double root[SHY_TERMS_MAX][SHY_TERMS_MAX], y[SHY_TERMS_MAX], probe[SHY_TERMS_MAX], projected = 0.0;
    sum->explained = 0.0;
    for (int j = 0; j < sum->terms; j++) {
        const double *row = from->gram + (size_t)sum->term[j] * (size_t)from->count;
        double pivot = 1.0;
        y[j] = from->explained[sum->term[j]], probe[j] = from->probe[sum->term[j]];
        for (int k = 0; k < j; k++) {
            double r = row[sum->term[k]];
            for (int m = 0; m < k; m++) r -= root[k][m] * root[j][m];
            root[j][k] = r / root[k][k];
            pivot -= root[j][k] * root[j][k];
            y[j] -= root[j][k] * y[k];
            probe[j] -= root[j][k] * probe[k];
        }
        if (!(pivot > SHY_TERM_NOTHING)) return false;
        root[j][j] = sqrt(pivot);
        y[j] /= root[j][j], probe[j] /= root[j][j];
        sum->explained += y[j] * y[j];
        projected += y[j] * probe[j];
    }
    sum->probe = sum->explained > 0.0 ? projected / sqrt(sum->explained) : 0.0;
    return true;
}

void shy_sums_offer(shy_sums *s, int terms, const int32_t *term)
{
    shy_sum sum = {.terms = terms, .complexity = (terms - 1) * s->cost};
    for (int k = 0; k < terms; k++) {
        int at = k;
        for (; at > 0 && sum.term[at - 1] > term[k]; at--) sum.term[at] = sum.term[at - 1];
        sum.term[at] = term[k];
        sum.complexity += s->from->term[term[k]].complexity;
    }
    if (sum.complexity > s->complexity_most || !few_factors(s, &sum) || !score(s->from, &sum)) return;
    keep(s, &sum);
}

/* ---- transport --------------------------------------------------------------------------------------------------------------- */

shy_status shy_sums_pack(void *context, void **bytes_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    const shy_sums *s = context;
    const int lists = shy_sums_list(s->terms_most + 1, 0);
    shy_sum *packed = NULL;
    size_t count = 0;
    for (int list = 0; list < lists; list++) count += (size_t)s->count[list];
    SHY_TRY(shy_new(count, sizeof *packed, &packed));
    count = 0;
    for (int list = 0; list < lists; list++) {
        memcpy(packed + count, s->sum + (size_t)list * (size_t)s->keep, (size_t)s->count[list] * sizeof *packed);
        count += (size_t)s->count[list];
    }
    *bytes_out = packed;
    *count_out = count * sizeof *packed;
out:
    return st;
}

shy_status shy_sums_absorb(void *context, const void *bytes, uint64_t count)
{
    for (uint64_t at = 0; at + sizeof(shy_sum) <= count; at += sizeof(shy_sum)) {
        shy_sum sum;
        memcpy(&sum, (const char *)bytes + at, sizeof sum);
        keep(context, &sum);
    }
    return SHY_OK;
}

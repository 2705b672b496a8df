/* The record `versus`: the chosen formula against what is in use already and what is quickly made, on samples that neither has seen. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "partition.h"
#include "released.h"
#include "versus.h"

static const char *const kind_name[] = {[SHY_CONTENDER_BASELINE] = "baseline",
                                        [SHY_CONTENDER_SINGLE] = "single",
                                        [SHY_CONTENDER_ELASTIC] = "elastic",
                                        [SHY_CONTENDER_ELASTIC_LOG] = "elastic_log",
                                        [SHY_CONTENDER_COVARIATES] = "covariates"};

/* ---- who belongs together ------------------------------------------------------------------------------------------------------- */

/* Samples of one value of validation.by are not independent of each other. Rank 0: [n], else NULL; NULL without the key. Collective over the world. */
static shy_status find_clusters(const shy_assessment *a, int32_t **cluster_out)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = a->problem;
    const shy_team *team = problem->team;
    double *mine = NULL, *all = NULL;
    int32_t *cluster = NULL;
    size_t count = 0;
    const int64_t column = a->options->by && *a->options->by && problem->cohort ? shy_cohort_find(problem->cohort, a->options->by) : -1;
    if (column < 0 || shy_cohort_column(problem->cohort, column).kind == SHY_KIND_IDENTIFIER) return SHY_OK; /* identifiers differ */
    SHY_TRY_ALL(team, shy_new((size_t)problem->rows.rows, sizeof *mine, &mine));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_new(a->truth.n, sizeof *all, &all) : SHY_OK);
    SHY_TRY_ALL(team, team->rank == 0 ? shy_new(a->truth.n, sizeof *cluster, &cluster) : SHY_OK);
    SHY_TRY_ALL(team, shy_column_values(problem, column, mine));
    SHY_TRY(shy_gather_values(problem, mine, all));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_partition_units(a->truth.n, all, NULL, cluster, &count) : SHY_OK);
    *cluster_out = cluster, cluster = NULL;
out:
    shy_free(&mine);
    shy_free(&all);
    shy_free(&cluster);
    return st;
}

/* ---- a contender; rank 0 --------------------------------------------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Of the nets of the training sets: how many factors they use. */
static shy_status median_used(const shy_net_summary *net, int sets, double *median_out)
{
    shy_status st = SHY_OK;
    int *used = NULL, count = 0;
    SHY_TRY(shy_new((size_t)sets, sizeof *used, &used));
    for (int t = 0; t < sets; t++) {
        if (net[t].fitted) used[count++] = net[t].used;
    }
    qsort(used, (size_t)count, sizeof *used, compare_numbers);
    *median_out = count == 0 ? NAN : 0.5 * (used[(count - 1) / 2] + used[count / 2]);
out:
    shy_free(&used);
    return st;
}

static shy_status line_text(const shy_assessment *a, shy_contender_kind kind, int factor, char **text_out)
{
    const shy_tree tree = shy_line_tree(a->problem, kind == SHY_CONTENDER_ELASTIC_LOG ? SHY_LINE_LOGS : SHY_LINE_FACTORS, factor);
    return shy_tree_print(&tree, a->problem->name, 0, text_out);
}

/* The net of all samples: its largest coefficients, those of standardised columns deciding. */
static shy_status record_top(const shy_assessment *a, const shy_contender *c, shy_record *record)
{
    shy_status st = SHY_OK;
    const shy_net_summary *net = &c->net[a->folds.sets];
    char *name[SHY_REFERENCE_TOP] = {NULL};
    for (int k = 0; k < net->top; k++) SHY_TRY(line_text(a, c->kind, net->factor[k], &name[k]));
    SHY_TRY(shy_record_texts(record, "names", (const char *const *)name, (size_t)net->top));
    SHY_TRY(shy_record_numbers(record, "coefficients", net->coefficient, (size_t)net->top));
out:
    for (int k = 0; k < net->top; k++) shy_free(&name[k]);
    return st;
}

static shy_status record_net(const shy_assessment *a, const shy_contender *c, shy_record *record)
{
    shy_status st = SHY_OK;
    const shy_net_summary *net = &c->net[a->folds.sets];
    shy_record *child = NULL;
    double median = NAN;
    if (!c->net) return SHY_OK;
    SHY_TRY(median_used(c->net, a->folds.sets, &median));
    SHY_TRY(shy_record_number(record, "factors", median));
    SHY_TRY(shy_record_object(record, "net", &child));
    SHY_TRY(shy_record_text(child, "family", shy_net_family_name(shy_net_family_of(a->problem->ops))));
    SHY_TRY(shy_record_number(child, "alpha", SHY_NET_DEFAULTS.alpha));
    SHY_TRY(shy_record_integer(child, "inner_folds", net->folds));
    SHY_TRY(shy_record_integer(child, "offered", net->offered));
    SHY_TRY(shy_record_integer(child, "screened", net->screened));
    SHY_TRY(shy_record_number(child, "lambda", net->fitted ? net->lambda : NAN));
    SHY_TRY(shy_record_integer(child, "used", net->used));
    SHY_TRY(record_top(a, c, child));
out:
    return st;
}

/* Of the chosen formula less this one. */
static shy_status record_difference(const shy_difference *difference, shy_record *record)
{
    shy_status st = SHY_OK;
    const shy_difference d = *difference;
    SHY_TRY(shy_record_number(record, "delta", d.difference));
    SHY_TRY(shy_record_number(record, "low", d.low));
    SHY_TRY(shy_record_number(record, "high", d.high));
    SHY_TRY(shy_record_number(record, "p", d.p));
    SHY_TRY(shy_record_text(record, "method", d.method == SHY_BY_DELONG ? "DeLong within folds" : "bootstrap of held-out predictions"));
out:
    return st;
}

static shy_status record_ratio(const shy_contender *c, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *ratio = NULL;
    if (c->kind != SHY_CONTENDER_BASELINE && c->kind != SHY_CONTENDER_SINGLE) return SHY_OK;
    SHY_TRY(shy_record_object(record, "likelihood_ratio", &ratio));
    SHY_TRY(shy_record_number(ratio, "chi2", c->ratio.chi2));
    SHY_TRY(shy_record_integer(ratio, "df", c->ratio.df));
    SHY_TRY(shy_record_number(ratio, "p", c->ratio.p));
    if (c->ratio.penalised) SHY_TRY(shy_record_truth(ratio, "penalised", true));
out:
    return st;
}

static shy_status record_contender(const shy_assessment *a, const shy_contender *c, const shy_difference *difference, shy_record *list)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    SHY_TRY(shy_record_append(list, &record));
    SHY_TRY(shy_record_text(record, "name", c->name));
    SHY_TRY(shy_record_text(record, "kind", kind_name[c->kind]));
    SHY_TRY(shy_record_text(record, "formula", c->formula));
    SHY_TRY(shy_release_part(a->options, "versus.contenders", "samples", (int64_t)c->samples, (int64_t)a->truth.n, record));
    if (c->left_out > 0) SHY_TRY(shy_release_part(a->options, "versus.contenders", "left_out", (int64_t)c->left_out, (int64_t)a->truth.n, record));
    SHY_TRY(shy_record_number(record, "apparent", c->apparent));
    SHY_TRY(shy_record_number(record, "mean", c->held.spread.mean));
    SHY_TRY(shy_record_number(record, "error", c->held.spread.error));
    SHY_TRY(shy_release_folds(&a->options->sdc, "fold", c->held.spread.value, c->held.spread.count, record));
    SHY_TRY(record_difference(difference, record));
    SHY_TRY(record_net(a, c, record));
    SHY_TRY(record_ratio(c, record));
out:
    return st;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------------ */

static shy_status record_meanings(const shy_assessment *a, shy_record *versus)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_record_text(versus, "formula", a->found ? a->found->text : NULL));
    SHY_TRY(shy_record_text(versus, "delta_means",
                            "Held-out metric of the chosen formula less that of the contender, on samples that both predict and neither has seen; with a 95 % interval of what "
                            "these samples leave open."));
    SHY_TRY(shy_record_text(versus, "likelihood_ratio_means",
                            "Whether the formula adds to the contender on all samples, those that chose it included: its p does not pay for the search, delta does."));
    if (a->options->references)
        SHY_TRY(shy_record_text(versus, "net_means",
                                "Elastic nets have alpha 0.5 and the lambda with the least deviance in cross-validation within each training set; of more columns than "
                                "`screened` those with the largest score statistic there. On the logs means: of factors that are positive in all samples; the others are as they are. `factors`: the median over training sets. Names and coefficients are of "
                                "all samples."));
out:
    return st;
}

/* Rank 0. */
static shy_status record_all(const shy_assessment *a, const shy_contenders *all, const shy_difference *differences)
{
    shy_status st = SHY_OK;
    shy_record *versus = NULL, *list = NULL;
    SHY_TRY(shy_record_object(a->record, "versus", &versus));
    SHY_TRY(record_meanings(a, versus));
    SHY_TRY(shy_record_list(versus, "contenders", &list));
    for (int k = 0; k < all->count; k++) SHY_TRY(record_contender(a, &all->contender[k], &differences[k], list));
    SHY_TRY(shy_decision_record(a, all, versus));
out:
    return st;
}

/* Rank 0. */
static shy_status say_not_available(const shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_record *versus = NULL;
    if (a->options->baselines == 0) return SHY_OK;
    SHY_TRY(shy_record_object(a->record, "versus", &versus));
    SHY_TRY(shy_record_text(versus, "not_available",
                            "Without nested cross-validation there are no predictions for held-out samples, and on the samples that chose the formula it always looks better."));
out:
    return st;
}

shy_status shy_versus_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    shy_contenders all = {.count = 0};
    int32_t *cluster = NULL;
    shy_difference *differences = NULL;
    if (a->folds.sets == 0) {
        SHY_TRY_ALL(team, team->rank == 0 ? say_not_available(a) : SHY_OK);
        return SHY_OK;
    }
    if (a->options->baselines == 0 && !a->options->references) return SHY_OK;
    SHY_TRY(find_clusters(a, &cluster));
    SHY_TRY(shy_contenders_create(a, &all));
    SHY_TRY(shy_differences_create(a, &all, cluster, &differences));
    SHY_TRY_ALL(team, team->rank == 0 ? record_all(a, &all, differences) : SHY_OK);
out:
    shy_free(&differences);
    shy_contenders_free(&all);
    shy_free(&cluster);
    return st;
}

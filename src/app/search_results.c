/* search_results.c: what a search found, as the results that report writes. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/ranks.h"
#include "app/search_run.h"
#include "app/version.h"
#include "shihyo/data.h"
#include "shihyo/linalg.h"
#include "shihyo/tile.h"

#define DIGITS_SHORT 6
#define CONSTANTS_MAX ((int)(sizeof((shy_entry *)NULL)->constants / sizeof(double)))

typedef struct {
    const shy_search_session *session;
    const shy_problem *problem;
    shy_units *units;
    shy_unit *unit; /* [factors] */
} builder;

/* ---- what a formula is made of -------------------------------------------------------------------------------------- */

static shy_status note_factor(const builder *b, shy_entry *entry, uint32_t factor)
{
    const char *name = b->problem->name[factor];

    for (int f = 0; f < entry->factors_count; f++)
        if (strcmp(entry->factors[f], name) == 0) return SHY_OK;
    return shy_string_copy(name, &entry->factors[entry->factors_count++]);
}

/* Left before right, as the text has them. A tree is at most SHY_TREE_MAX deep. */
static shy_status note_leaves(const builder *b, const shy_tree *tree, int at, shy_entry *entry)
{
    shy_status st = SHY_OK;
    const shy_node *node = &tree->node[at];
    int arity = shy_operator_get((shy_op)node->op)->arity;

    if (node->op == SHY_OP_FACTOR) return note_factor(b, entry, node->factor);
    if (node->op == SHY_OP_CONSTANT && entry->constants_count < CONSTANTS_MAX)
        entry->constants[entry->constants_count++] = node->value;
    if (arity >= 1) SHY_TRY(note_leaves(b, tree, node->left, entry));
    if (arity == 2) SHY_TRY(note_leaves(b, tree, node->right, entry));
out:
    return st;
}

static shy_status copy_numbers(const double *from, int count, double **to)
{
    shy_status st = SHY_OK;

    if (!from) return SHY_OK;
    SHY_TRY(shy_new((size_t)count, sizeof **to, to));
    memcpy(*to, from, (size_t)count * sizeof *from);
out:
    return st;
}

static shy_status build_rounded(const shy_rounded *rounded, shy_entry *entry)
{
    shy_status st = SHY_OK;

    if (!rounded) return SHY_OK;
    entry->rounded_intercept = rounded->intercept;
    entry->rounded_slope = rounded->slope;
    entry->rounded_loss = rounded->fit.loss;
    memcpy(entry->rounded_metric, rounded->fit.metric, sizeof entry->rounded_metric);
    SHY_TRY(copy_numbers(rounded->beside, entry->beside_covariates + entry->thresholds_count, &entry->rounded_beside));
    SHY_TRY(shy_string_copy(rounded->text, &entry->rounded));
out:
    return st;
}

static shy_status build_entry(const builder *b, shy_found *found, shy_entry *entry)
{
    shy_status st = SHY_OK;
    shy_unit unit = shy_tree_unit(b->units, b->session->options.grammar.units, &found->tree, b->unit);
    const char *unit_text = unit == SHY_UNIT_UNKNOWN ? "" : shy_unit_text(b->units, unit);

    entry->complexity = found->complexity;
    entry->intercept = found->intercept;
    entry->slope = found->slope;
    entry->slope_error = found->slope_error;
    SHY_TRY(copy_numbers(found->beside, found->covariates + found->thresholds, &entry->beside));
    entry->beside_covariates = found->covariates, entry->thresholds_count = found->thresholds;
    entry->interaction = found->interaction.slope;
    entry->interaction_error = found->interaction.error;
    entry->statistic = found->statistic;
    entry->loss = found->fit.loss;
    entry->likelihood_ratio = found->fit.likelihood_ratio;
    entry->summands = found->summands;
    entry->is_template = found->is_template;
    entry->lost_chance = found->lost_chance;
    entry->verdict = found->fit.verdict;
    entry->twins_count = found->twins_count;
    entry->imputed = found->imputed, found->imputed = NULL; /* it changes hands */
    memcpy(entry->metric, found->fit.metric, sizeof entry->metric);
    SHY_TRY(shy_string_copy(found->text, &entry->formula));
    SHY_TRY(build_rounded(found->rounded, entry));
    SHY_TRY(shy_tree_print(&found->tree, (const char *const *)b->problem->name, DIGITS_SHORT, &entry->formula_short));
    SHY_TRY(unit_text ? shy_string_copy(unit_text, &entry->unit) : SHY_MEMORY);
    SHY_TRY(shy_new((size_t)found->tree.count, sizeof *entry->factors, &entry->factors));
    SHY_TRY(note_leaves(b, &found->tree, found->tree.count - 1, entry));
    SHY_TRY(shy_new((size_t)found->twins_listed, sizeof *entry->twins, &entry->twins));
    for (int t = 0; t < found->twins_listed; t++)
        SHY_TRY(shy_string_copy(found->twins[t], &entry->twins[entry->twins_listed++]));
out:
    return st;
}

static shy_status build_levels(const builder *b, shy_results *r)
{
    shy_status st = SHY_OK;
    shy_search_result *result = b->session->result;

    SHY_TRY(shy_new((size_t)result->levels, sizeof *r->level, &r->level));
    for (int l = 0; l < result->levels; l++) {
        const shy_found_level *from = &result->level[l];
        shy_level *to = &r->level[r->levels++];
        to->complexity = from->complexity;
        to->formulas = result->plan.formulas[from->complexity];
        SHY_TRY(shy_new((size_t)from->count, sizeof *to->entry, &to->entry));
        for (int i = 0; i < from->count; i++)
            SHY_TRY(build_entry(b, &from->found[i], &to->entry[to->count++]));
    }
    SHY_TRY(shy_new((size_t)result->front_count, sizeof *r->front, &r->front));
    for (int i = 0; i < result->front_count; i++)
        r->front[r->front_count++] = &r->level[result->front_level[i]].entry[result->front_index[i]];
out:
    return st;
}

/* Factors of the front, in the order of the problem, that need words. */
static shy_status build_derived(const builder *b, shy_results *r)
{
    shy_status st = SHY_OK;
    const int factors = b->problem->factors;
    uint8_t *used = NULL;
    char *words = NULL;

    SHY_TRY(shy_new((size_t)factors, 1, &used));
    shy_front_factors(b->session, used);
    int count = 0;
    for (int f = 0; f < factors; f++) count += used[f];
    SHY_TRY(shy_inputs_build(b->session, used, &r->inputs));
    SHY_TRY(shy_new((size_t)count, sizeof *r->derived_name, &r->derived_name));
    SHY_TRY(shy_new((size_t)count, sizeof *r->derived_words, &r->derived_words));
    for (int f = 0; f < factors; f++) {
        if (!used[f]) continue;
        shy_free(&words);
        SHY_TRY(shy_factor_describe(b->problem, b->session->cohort, f, &words));
        if (*words == '\0') continue;
        SHY_TRY(shy_string_copy(b->problem->name[f], &r->derived_name[r->derived_count]));
        r->derived_words[r->derived_count++] = words, words = NULL;
    }
out:
    shy_free(&words);
    shy_free(&used);
    return st;
}

/* ---- what the run was ------------------------------------------------------------------------------------------------ */

static shy_status build_versions(shy_results *r)
{
    char par[256], linalg[512], data[256], tile[256];

    shy_par_describe(par, sizeof par);
    shy_linalg_describe(linalg, sizeof linalg);
    shy_data_describe(data, sizeof data);
    shy_tile_describe(tile, sizeof tile);
    return shy_string_format(&r->versions, "%s; %s; %s; %s; %s", shy_version_text(), par, linalg, data, tile);
}

static shy_status build_notes(const shy_search_session *s, shy_results *r)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    char text[SHY_SENTENCE_ROOM];

    SHY_TRY(shy_new((size_t)p->notes_count + 1, sizeof *r->notes, &r->notes));
    for (int i = 0; i < p->notes_count; i++)
        SHY_TRY(shy_string_copy(p->notes[i], &r->notes[r->notes_count++]));
    if (r->n_screened > 0)
        SHY_TRY(shy_string_copy(shy_screening_sentence(r->n_screened, r->n_samples, r->lost_chance, text),
                                &r->notes[r->notes_count++]));
out:
    return st;
}

static shy_status build_facts(const shy_search_session *s, shy_results *r)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    char hardware[256];
    uint64_t bytes = 0;

    r->version = shy_version_text();
    r->metric_names = p->ops->metric_names;
    r->larger_is_better = p->ops->larger_is_better;
    memcpy(r->null_metric, s->result->null.metric, sizeof r->null_metric);
    SHY_TRY(shy_new((size_t)p->data.covariates, sizeof *r->covariates, &r->covariates));
    for (int k = 0; k < p->data.covariates; k++) SHY_TRY(shy_string_copy(p->data.covariate_name[k], &r->covariates[r->covariates_count++]));
    if (p->data.interaction) SHY_TRY(shy_string_copy(p->data.covariate_name[0], &r->treatment));
    r->treatment_mean = s->result->treatment_mean;
    r->n_cohort = p->n_cohort, r->n_filtered = p->n_filtered, r->n_samples = p->target[p->aim].samples;
    r->factors_offered = p->offered, r->factors_used = p->factors;
    r->n_formulas = s->result->formulas_scored;
    r->n_screened = s->result->n_screened;
    r->lost_chance = s->result->front_count > 0 ? s->result->lost_chance : NAN;
    r->seed = s->options.seed;
    r->ranks = s->team->size, r->groups = s->team->groups, r->row_blocks = s->team->row_blocks;
    r->seconds = s->result->seconds;
    /* Seconds of the search are those of all parts of an interrupted run already. */
    r->validation_seconds = s->assesses ? fmax(s->run.before[p->aim] + s->took - r->seconds, 0.0) : 0.0;
    shy_journal_cost(s->run.journal, &r->checkpoints, &r->checkpoint_seconds, &bytes);
    r->checkpoints += s->run.checkpoints, r->checkpoint_seconds += s->run.checkpoint_seconds, r->resumed = s->run.resumed;
    r->idle_worst = s->result->idle_worst, r->idle_mean = s->result->idle_mean;
    r->scheduling_share = s->result->scheduling_share;
    const shy_search_times *t = &s->result->times;
    const double times[] = {t->plan, t->search, t->finish, t->operands, t->tiles, t->elements, t->candidates, t->peak_bytes, t->shared_bytes};
    memcpy(r->times, times, sizeof times);
    r->precision = shy_precision_name(s->result->precision);
    r->screened[0] = s->result->screening.tiles, r->screened[1] = s->result->screening.pairs;
    r->screened[2] = s->result->screening.widened, r->screened[3] = s->result->screening.flagged;
    r->screened[4] = s->result->screening.refined, r->screened[5] = s->result->screening.scored;
    if (p->targets > 1) SHY_TRY(shy_string_copy(p->target[p->aim].name, &r->target));
    SHY_TRY(shy_string_copy(p->outcome, &r->outcome));
    SHY_TRY(shy_string_copy(p->ops->name, &r->outcome_kind));
    SHY_TRY(shy_string_copy(p->outcome_unit == NULL ? "" : p->outcome_unit, &r->outcome_unit));
    if (p->positive != NULL) SHY_TRY(shy_string_copy(p->positive, &r->positive));
    SHY_TRY(build_notes(s, r));
    SHY_TRY(shy_config_save(s->config, &r->configuration));
    SHY_TRY(shy_string_copy(shy_config_text(s->config, SHY_KEY_COHORT), &r->cohort_path));
    SHY_TRY(shy_string_copy(shy_cohort_sha256(s->cohort), &r->cohort_sha256));
    shy_ranks_hardware(hardware, sizeof hardware);
    SHY_TRY(shy_string_copy(hardware, &r->hardware));
    SHY_TRY(build_versions(r));
out:
    return st;
}

shy_status shy_results_build(shy_search_session *session, shy_results *results_out)
{
    shy_status st = SHY_OK;
    builder b = {.session = session, .problem = session->problem};
    shy_results r = {0};

    SHY_TRY(shy_units_create(&b.units));
    SHY_TRY(shy_new((size_t)b.problem->factors, sizeof *b.unit, &b.unit));
    for (int f = 0; f < b.problem->factors; f++)
        SHY_TRY(shy_unit_parse(b.units, b.problem->unit_text[f], &b.unit[f]));
    SHY_TRY(build_facts(session, &r));
    SHY_TRY(build_levels(&b, &r));
    SHY_TRY(build_derived(&b, &r));
    SHY_TRY(shy_performance_record(session, &r.performance));
    r.assessment = session->record, session->record = NULL;
    *results_out = r, r = (shy_results){0};
out:
    shy_results_free(&r);
    shy_free(&b.unit);
    shy_units_destroy(&b.units);
    return st;
}

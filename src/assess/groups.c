/* Risk groups: the samples divided by what the chosen formula predicts, as fitted to all of them and as predicted for samples held out. */
#include "shy_config.h"

#include <math.h>

#include "groups.h"
#include "nested.h"
#include "released.h"

#define PERMUTATIONS 999 /* of the p-value of two cut-points */

#define CUT_MEANS                                                                                                                                          \
    "Cut-points on the prediction (the linear predictor: the outcome itself, log-odds, log rate or log hazard, covariates included). p_92 and p_94 (Lausen and "  \
    "Schumacher 1992; Lausen, Sauerbrei and Schumacher 1994) pay for the choice of the cut-point, not for that of the formula: see p_search."
#define QUANTILE_MEANS                                                                                                                                     \
    "Cut-points at the median, or the terciles, of the prediction (the linear predictor: the outcome itself, log-odds, log rate or log hazard, covariates included)."
#define APPARENT_MEANS "The formula and the cut-points of all samples, on these samples: too good to be true."
#define HELD_OUT_MEANS                                                                                                                                     \
    "Each sample of a fold is placed by formula and cut-points of the search without this fold (the first repeat's folds). A fold whose training set gives "    \
    "fewer cut-points than wanted is left out. Groups of different folds share training samples, so p is approximate."

/* Room on rank 0; elsewhere `mine` alone. */
struct room {
    double *mine, *all, *score;
    double *cut[SHY_CUTS_MAX]; /* [folds] */
    size_t *sample;
    shy_division division;
};

static void room_free(struct room *room)
{
    shy_free(&room->mine);
    shy_free(&room->all);
    shy_free(&room->score);
    for (int k = 0; k < SHY_CUTS_MAX; k++)
        shy_free(&room->cut[k]);
    shy_free(&room->sample);
    shy_free(&room->division.group);
}

static shy_status room_create(const shy_assessment *a, struct room *room)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)a->problem->rows.rows, sizeof *room->mine, &room->mine));
    if (a->problem->team->rank != 0) goto out;
    SHY_TRY(shy_new(a->truth.n, sizeof *room->all, &room->all));
    SHY_TRY(shy_new(a->truth.n, sizeof *room->score, &room->score));
    for (int k = 0; k < SHY_CUTS_MAX; k++)
        SHY_TRY(shy_new((size_t)a->folds.folds, sizeof *room->cut[k], &room->cut[k]));
    SHY_TRY(shy_new(a->truth.n, sizeof *room->sample, &room->sample));
    SHY_TRY(shy_new(a->truth.n, sizeof *room->division.group, &room->division.group));
out:
    return st;
}

/* room->all := the prediction of all samples, NaN where it is no number. Collective over the world. */
static shy_status predict(const shy_assessment *a, const shy_model *model, struct room *room)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;

    SHY_TRY_ALL(team, shy_model_predict(a->problem, model, room->mine));
    SHY_TRY(shy_gather_values(a->problem, room->mine, room->all));
    for (size_t i = 0; team->rank == 0 && i < a->truth.n; i++)
        if (!isfinite(room->all[i])) room->all[i] = NAN;
out:
    return st;
}

/* ---- cut-points ------------------------------------------------------------------------------------------------------------ */

/* Halfway between the groups, so that the border belongs to none of the samples. */
static void widen(shy_cuts *cuts)
{
    for (int k = 0; k < cuts->cuts; k++)
        cuts->cut[k].cut += 0.5 * (cuts->cut[k].above - cuts->cut[k].cut);
}

/* From `count` samples; NULL: all. Rank 0. */
static shy_status find_cuts(const shy_assessment *a, const size_t *sample, size_t count, int permutations, struct room *room, shy_cuts *cuts)
{
    shy_status st = SHY_OK;
    const shy_assess_options *options = a->options;
    const size_t n = a->truth.n;

    SHY_TRY(shy_cut_scores(&a->truth, sample, count, room->score));
    if (options->groups_method == SHY_GROUPS_QUANTILE)
        SHY_TRY(shy_cut_quantiles(n, room->all, room->score, options->groups, cuts));
    else if (options->groups == 2)
        SHY_TRY(shy_cut_one(n, room->all, room->score, SHY_CUT_LEAST, cuts));
    else
        SHY_TRY(shy_cut_two(n, room->all, room->score, SHY_CUT_LEAST, permutations, options->seed, a->problem->journal, cuts));
    widen(cuts);
    shy_release_cuts(&options->sdc, n, room->all, room->score, cuts);
out:
    return st;
}

/* ---- all samples ------------------------------------------------------------------------------------------------------------- */

/* On the scale of the formula, where nothing stands beside it; and on which side of it the higher group is. */
static shy_status add_cut_of_formula(const shy_assessment *a, const shy_model *model, double cut, shy_record *entry)
{
    shy_status st = SHY_OK;

    if (a->problem->data.covariates > 0 || model->slope == 0.0) return SHY_OK;
    SHY_TRY(shy_record_number(entry, "formula", (cut - model->intercept) / model->slope));
    SHY_TRY(shy_record_text(entry, "higher_group", model->slope > 0.0 ? "above" : "below"));
out:
    return st;
}

static shy_status add_cuts(const shy_assessment *a, const shy_model *model, const shy_cuts *cuts, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *list = NULL, *entry = NULL;
    const bool selected = a->options->groups_method == SHY_GROUPS_MAXSTAT, shown = shy_release_shows_cuts(&a->options->sdc, cuts);

    SHY_TRY(shy_record_list(record, "cut", &list));
    SHY_TRY(shy_release_note(a->options, "groups.apparent", "cut", "rounded", cuts->cuts));
    for (int k = 0; k < cuts->cuts; k++) {
        SHY_TRY(shy_record_append(list, &entry));
        SHY_TRY(shy_record_number(entry, "prediction", cuts->cut[k].cut));
        SHY_TRY(add_cut_of_formula(a, model, cuts->cut[k].cut, entry));
        SHY_TRY(shy_release_count(&a->options->sdc, "below", (int64_t)cuts->cut[k].below, !shown, entry));
        SHY_TRY(shy_record_number(entry, "statistic", cuts->cut[k].statistic));
        if (!selected) continue;
        SHY_TRY(shy_record_number(entry, "p_92", cuts->cut[k].p_92));
        SHY_TRY(shy_record_number(entry, "p_94", cuts->cut[k].p_94));
    }
    if (selected) SHY_TRY(shy_record_number(record, "p_cut", cuts->p));
out:
    return st;
}

/* Rank 0. */
static shy_status add_apparent(const shy_assessment *a, const shy_model *model, struct room *room, shy_record *groups)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    shy_cuts cuts;

    SHY_TRY(find_cuts(a, NULL, a->truth.n, PERMUTATIONS, room, &cuts));
    SHY_TRY(shy_record_object(groups, "apparent", &record));
    SHY_TRY(shy_record_text(record, "means", APPARENT_MEANS));
    SHY_TRY(add_cuts(a, model, &cuts, record));
    room->division.groups = cuts.cuts + 1;
    for (size_t i = 0; i < a->truth.n; i++)
        room->division.group[i] = shy_cut_group(&cuts, room->all[i]);
    SHY_TRY(shy_division_record(&a->truth, &room->division, a->options, "groups.apparent", record));
out:
    return st;
}

/* ---- held-out samples ----------------------------------------------------------------------------------------------------------- */

/* The model of training set t, of the complexity that the other folds choose. Collective over the world. */
static shy_status choose_model(const shy_assessment *a, int t, const shy_model **model_out)
{
    shy_status st = SHY_OK;
    int complexity = a->problem->team->rank == 0 ? shy_choose_without(a, t) : 0;

    SHY_TRY(shy_team_broadcast(a->problem->team, &complexity, sizeof complexity));
    *model_out = shy_models_at(&a->training[t], complexity);
out:
    return st;
}

/* Cut-points of the training set, laid on the samples of its fold. Rank 0. */
static shy_status place_fold(const shy_assessment *a, int t, struct room *room)
{
    shy_status st = SHY_OK;
    const int32_t *fold = a->folds.all + (size_t)(t / a->folds.folds) * a->truth.n;
    const int f = t % a->folds.folds;
    size_t count = 0;
    shy_cuts cuts;

    for (size_t i = 0; i < a->truth.n; i++)
        if (fold[i] != f) room->sample[count++] = i;
    SHY_TRY(find_cuts(a, room->sample, count, 0, room, &cuts));
    const bool enough = cuts.cuts == a->options->groups - 1;
    for (size_t i = 0; i < a->truth.n; i++)
        if (fold[i] == f) room->division.group[i] = enough ? shy_cut_group(&cuts, room->all[i]) : -1;
    for (int k = 0; k + 1 < a->options->groups; k++)
        room->cut[k][t] = enough ? cuts.cut[k].cut : NAN;
out:
    return st;
}

static shy_status add_held_out(const shy_assessment *a, struct room *room, shy_record *groups)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL, *list = NULL, *entry = NULL;

    SHY_TRY(shy_record_object(groups, "held_out", &record));
    SHY_TRY(shy_record_text(record, "means", HELD_OUT_MEANS));
    SHY_TRY(shy_record_list(record, "cut", &list));
    for (int k = 0; k + 1 < a->options->groups; k++) {
        SHY_TRY(shy_record_append(list, &entry));
        SHY_TRY(shy_record_numbers(entry, "prediction", room->cut[k], (size_t)a->folds.folds));
    }
    room->division.groups = a->options->groups;
    SHY_TRY(shy_division_record(&a->truth, &room->division, a->options, "groups.held_out", record));
out:
    return st;
}

/* Collective over the world. */
static shy_status run_held_out(const shy_assessment *a, struct room *room, shy_record *groups)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    const shy_model *model = NULL;

    for (int t = 0; t < a->folds.folds; t++) {
        SHY_TRY(choose_model(a, t, &model));
        SHY_TRY(predict(a, model, room));
        SHY_TRY_ALL(team, team->rank == 0 ? place_fold(a, t, room) : SHY_OK);
    }
    SHY_TRY_ALL(team, team->rank == 0 ? add_held_out(a, room, groups) : SHY_OK);
out:
    return st;
}

/* ---- both -------------------------------------------------------------------------------------------------------------------------- */

/* The complexity of the chosen formula; 0: there is none, or nobody wants groups of it. Collective over the world. */
static shy_status ask_for_formula(const shy_assessment *a, int *complexity_out)
{
    shy_status st = SHY_OK;
    int complexity = 0;

    *complexity_out = 0;
    if (a->options->groups < 2 || a->folds.sets == 0) return SHY_OK;
    if (a->problem->team->rank == 0 && a->found) complexity = a->found->complexity;
    SHY_TRY(shy_team_broadcast(a->problem->team, &complexity, sizeof complexity));
    *complexity_out = complexity;
out:
    return st;
}

static shy_status add_setup(const shy_assessment *a, shy_record *groups)
{
    shy_status st = SHY_OK;
    const bool selected = a->options->groups_method == SHY_GROUPS_MAXSTAT;

    SHY_TRY(shy_record_integer(groups, "count", a->options->groups));
    SHY_TRY(shy_record_text(groups, "method", selected ? "maxstat" : "quantile"));
    SHY_TRY(shy_record_text(groups, "cut_means", selected ? CUT_MEANS : QUANTILE_MEANS));
    SHY_TRY(shy_record_text(groups, "formula", a->found->text));
out:
    return st;
}

shy_status shy_groups_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    int complexity = 0;
    shy_models models = {0};
    struct room room = {.mine = NULL};
    shy_record *groups = NULL;

    SHY_TRY(ask_for_formula(a, &complexity));
    if (complexity == 0) goto out;
    shy_assess_tell(a, "risk groups", 0.0);
    SHY_TRY_ALL(team, room_create(a, &room));
    SHY_TRY(shy_models_create(a->problem, a->result, &models));
    const shy_model *model = shy_models_at(&models, complexity);
    SHY_TRY_ALL(team, team->rank == 0 ? shy_record_object(a->record, "groups", &groups) : SHY_OK);
    SHY_TRY_ALL(team, team->rank == 0 ? add_setup(a, groups) : SHY_OK);
    SHY_TRY(predict(a, model, &room));
    SHY_TRY_ALL(team, team->rank == 0 ? add_apparent(a, model, &room, groups) : SHY_OK);
    SHY_TRY(run_held_out(a, &room, groups));
out:
    room_free(&room);
    shy_models_free(&models);
    return st;
}

/* explain.c: how the columns of a formula make up the score of one patient. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "apply_impl.h"

/* Columns are players. Those in the formula, and a treatment that it interacts with, form coalitions; what other covariates do is simply added. */
typedef struct {
    const shy_finished *f;
    const shy_model *model;
    const double *factor, *covariate;           /* of the patient */
    double *typical_factor, *typical_covariate; /* [factors], [covariates] */
    double *mixed;                              /* [factors] */
    int *factor_player, *covariate_player;      /* −1: none */
    int players, together;                      /* the first `together` form coalitions */
    const char **column;                        /* [players] */
} game;

bool shy_model_typical(const shy_finished *f, const shy_model *model, double *factor, double *covariate)
{
    bool known = true;

    for (int k = 0; k < f->factors; k++) {
        factor[k] = isnan(f->factor[k].typical) ? f->factor[k].how.fill : f->factor[k].typical;
        if (shy_model_uses(model, k)) known = known && !isnan(factor[k]);
    }
    for (int k = 0; k < f->covariates; k++) {
        covariate[k] = f->covariate[k].typical; /* the fill of a level is none of them */
        if (shy_model_needs(f, model, k)) known = known && !isnan(covariate[k]);
    }
    return known;
}

/* ---- players -------------------------------------------------------------------------------------------------------- */

static int player_of(game *g, const char *column)
{
    for (int k = 0; k < g->players; k++)
        if (strcmp(g->column[k], column) == 0) return k;
    g->column[g->players] = column;
    return g->players++;
}

static void find_players(game *g)
{
    const shy_finished *f = g->f;
    const shy_tree *tree = &g->model->tree;

    for (int k = 0; k < f->factors; k++) g->factor_player[k] = -1;
    for (int k = 0; k < tree->count; k++)
        if (tree->node[k].op == SHY_OP_FACTOR) g->factor_player[tree->node[k].factor] = player_of(g, f->factor[tree->node[k].factor].column);
    if (f->interacts) player_of(g, f->covariate[0].column);
    g->together = g->players;
    for (int k = 0; k < f->covariates; k++) g->covariate_player[k] = shy_model_needs(f, g->model, k) ? player_of(g, f->covariate[k].column) : -1;
}

static bool is_in(unsigned coalition, int player)
{
    return player >= 0 && (coalition >> player & 1) != 0;
}

/* What the formula gives to the score if the players in the coalition have the patient's values, and others typical ones. */
static double worth(game *g, unsigned coalition)
{
    const shy_finished *f = g->f;
    double slope = g->model->slope;

    for (int k = 0; k < f->factors; k++) g->mixed[k] = is_in(coalition, g->factor_player[k]) ? g->factor[k] : g->typical_factor[k];
    if (f->interacts) {
        const double treatment = is_in(coalition, g->covariate_player[0]) ? g->covariate[0] : g->typical_covariate[0];
        slope += g->model->interaction * (treatment - f->treatment_mean);
    }
    return slope * shy_model_formula(g->model, g->mixed);
}

/* weight[s] = s! (n − s − 1)! / n!, of a player who joins s others. */
static void find_weights(int n, double *weight)
{
    weight[0] = 1.0 / n;
    for (int s = 1; s < n; s++) weight[s] = weight[s - 1] * s / (n - s);
}

static shy_status share(game *g, shy_contribution *to)
{
    shy_status st = SHY_OK;
    const int n = g->together;
    const unsigned coalitions = 1U << n;
    double *value = NULL, weight[SHY_EXPLAINED_MOST] = {0};

    SHY_TRY(shy_new(coalitions, sizeof *value, &value));
    for (unsigned c = 0; c < coalitions; c++) value[c] = worth(g, c);
    find_weights(n, weight);
    for (unsigned c = 0; c < coalitions; c++)
        for (int k = 0; k < n; k++)
            if (!is_in(c, k)) to[k].contribution += weight[__builtin_popcount(c)] * (value[c | 1U << k] - value[c]);
out:
    shy_free(&value);
    return st;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------- */

static void game_free(game *g)
{
    shy_free(&g->typical_factor);
    shy_free(&g->typical_covariate);
    shy_free(&g->mixed);
    shy_free(&g->factor_player);
    shy_free(&g->covariate_player);
    shy_free(&g->column);
}

static shy_status game_create(game *g)
{
    shy_status st = SHY_OK;
    const size_t factors = (size_t)g->f->factors, covariates = (size_t)g->f->covariates;

    SHY_TRY(shy_new(factors, sizeof *g->typical_factor, &g->typical_factor));
    SHY_TRY(shy_new(covariates, sizeof *g->typical_covariate, &g->typical_covariate));
    SHY_TRY(shy_new(factors, sizeof *g->mixed, &g->mixed));
    SHY_TRY(shy_new(factors, sizeof *g->factor_player, &g->factor_player));
    SHY_TRY(shy_new(covariates, sizeof *g->covariate_player, &g->covariate_player));
    SHY_TRY(shy_new(factors + covariates, sizeof *g->column, &g->column));
    if (!shy_model_typical(g->f, g->model, g->typical_factor, g->typical_covariate))
        SHY_TRY(shy_fail(SHY_INPUT, "front.json does not say what is typical of the patients of the run (\"typical\" in \"inputs\"): it is from an earlier version. Search again."));
    find_players(g);
    if (g->together > SHY_EXPLAINED_MOST)
        SHY_TRY(shy_fail(SHY_INPUT, "The formula has %d columns; the exact share of each is only worked out for up to %d.", g->together, SHY_EXPLAINED_MOST));
out:
    return st;
}

shy_status shy_model_explain(const shy_finished *f, const shy_model *model, const double *factor, const double *covariate, shy_explanation *out)
{
    shy_status st = SHY_OK;
    game g = {.f = f, .model = model, .factor = factor, .covariate = covariate};
    shy_explanation e = {0};

    SHY_TRY(game_create(&g));
    SHY_TRY(shy_new((size_t)g.players, sizeof *e.column, &e.column));
    for (; e.count < g.players; e.count++) e.column[e.count].column = g.column[e.count];
    SHY_TRY(share(&g, e.column));
    for (int k = 0; k < f->covariates; k++)
        if (g.covariate_player[k] >= 0) e.column[g.covariate_player[k]].contribution += model->beside[k] * (covariate[k] - g.typical_covariate[k]);
    e.formula = shy_model_formula(model, factor), e.typical_formula = shy_model_formula(model, g.typical_factor);
    e.score = shy_model_score(f, model, e.formula, covariate), e.typical_score = shy_model_score(f, model, e.typical_formula, g.typical_covariate);
    *out = e, e = (shy_explanation){0};
out:
    shy_explanation_free(&e);
    game_free(&g);
    return st;
}

void shy_explanation_free(shy_explanation *explanation)
{
    shy_free(&explanation->column);
    explanation->count = 0;
}

/* Training sets in one pass: samples that are left out together lie side by side, and each set sees all of these segments but one. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "pass.h"

/* A training set as candidates are scored: the view of its own problem, so that its scores are those of a search on that. */
typedef struct {
    shy_view view;
    uint8_t *left_out; /* [my rows] */
    uint64_t samples;  /* of all members */
} shy_fold;

typedef struct {
    shy_pass *pass;
    int sets;
    shy_fold *fold;     /* [sets] */
    shy_lists **lists;
    /* The present pass: sets first … last − 1. */
    bool whole;         /* and all samples */
    int first, last, views, segments;
    bool affine;        /* responses of the sets are those of all samples, shifted and scaled */
    int *order, *cut;
    uint64_t *samples;  /* [segments] of all members */
    double *values;     /* responses in their order */
    const double **response;
    shy_sight *sight;
    const shy_view **view;
} shy_folds;

static const shy_problem *problem_of(const shy_folds *f)
{
    return f->pass->stage.whole->problem;
}

/* ---- the sets ------------------------------------------------------------------------------------------------------------- */

/* Σ over my group's members. Collective over the group. */
static uint64_t count_all(const shy_team *team, uint64_t mine)
{
    double sum = (double)mine;
    (void)shy_group_sum(team, &sum, 1);
    return (uint64_t)(sum + 0.5);
}

#define EQUAL_WEIGHTS 1e-9

/* Notes who is left out. Are all others equal, and is there nothing but them? Collective over the world. */
static bool has_equal_weights(const shy_folds *f, shy_fold *fold)
{
    const shy_rows *rows = &problem_of(f)->rows;
    const double *w = fold->view.weight;
    uint64_t in = 0, unequal = 0;
    for (int i = 0; i < rows->rows; i++) {
        fold->left_out[i] = w && !(w[i] > 0.0);
        in += !fold->left_out[i];
    }
    fold->samples = count_all(rows->team, in);
    const double each = (double)rows->total / (double)fold->samples;
    for (int i = 0; w && i < rows->rows; i++) unequal += !fold->left_out[i] && !(fabs(w[i] / each - 1.0) <= EQUAL_WEIGHTS);
    double other = fold->view.directions > 0 || unequal > 0;
    (void)shy_team_maximum(rows->team, &other, 1);
    return other == 0.0;
}

/* Collective over the world. */
static shy_status see_set(const shy_folds *f, const shy_problem *trained, shy_fold *fold, bool *possible_out)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;
    const shy_team *team = problem_of(f)->team;
    if (!trained->metric) SHY_TRY_ALL(team, shy_problem_outcome(trained, &outcome));
    SHY_TRY_ALL(team, shy_view_set(trained, trained->metric ? trained->metric : shy_outcome_metric(outcome), &fold->view));
    SHY_TRY_ALL(team, shy_new((size_t)trained->rows.rows, 1, &fold->left_out));
    *possible_out = has_equal_weights(f, fold);
out:
    shy_outcome_destroy(&outcome);
    return st;
}

/* ---- which of them share a pass ------------------------------------------------------------------------------------------- */

/* Does a sample that the set leaves out belong to a segment already? Collective over the group. */
static bool overlaps(const shy_folds *f, const shy_fold *fold, const int *segment)
{
    uint64_t twice = 0;
    const shy_rows *rows = &problem_of(f)->rows;
    for (int i = 0; i < rows->rows; i++) twice += fold->left_out[i] && segment[i] >= 0;
    return count_all(rows->team, twice) > 0;
}

/* Rows of a segment side by side, in their order; those that no set leaves out make the last one. Collective over the group. */
static void lay(shy_folds *f, const int *segment)
{
    const int rows = problem_of(f)->rows.rows;
    int at = 0;
    for (int s = 0; s < f->segments; s++) {
        f->cut[s] = at;
        for (int i = 0; i < rows; i++) {
            if ((segment[i] >= 0 ? segment[i] : f->last - f->first) == s) f->order[at++] = i;
        }
    }
    f->cut[f->segments] = at;
    for (int s = 0; s < f->segments; s++) f->samples[s] = count_all(problem_of(f)->team, (uint64_t)(f->cut[s + 1] - f->cut[s]));
}

/* The next sets that share a pass, and how the rows lie in it. Collective over the group. */
static void choose(shy_folds *f, int *segment)
{
    const shy_rows *rows = &problem_of(f)->rows;
    uint64_t rest = 0;
    for (int i = 0; i < rows->rows; i++) segment[i] = -1;
    while (f->last < f->sets && f->last - f->first < SHY_PASS_FOLDS && !overlaps(f, &f->fold[f->last], segment)) {
        for (int i = 0; i < rows->rows; i++) {
            if (f->fold[f->last].left_out[i]) segment[i] = f->last - f->first;
        }
        f->last++;
    }
    for (int i = 0; i < rows->rows; i++) rest += segment[i] < 0;
    f->segments = f->last - f->first + (count_all(rows->team, rest) > 0);
    lay(f, segment);
}

/* ---- responses ------------------------------------------------------------------------------------------------------------ */

#define AFFINE 1e-10 /* of the standard deviation; the statistic moves by as little */

/* A fold's response at row i, Σ y² over its samples being their number. */
static double response_at(const shy_folds *f, const shy_fold *fold, int i)
{
    return fold->left_out[i] ? 0.0 : fold->view.scaled_response[i] * sqrt((double)fold->samples / (double)problem_of(f)->rows.total);
}

/* Σ over the fold's samples, of all members, divided by their number. Collective over the group. */
static double mean_over(const shy_folds *f, const shy_fold *fold, double mine)
{
    (void)shy_group_sum(problem_of(f)->team, &mine, 1);
    return mine / (double)fold->samples;
}

/* Level and scale with which the response of all samples is the fold's, and how far off it is then. Collective over the world. */
static double fit_response(const shy_folds *f, const shy_fold *fold, shy_sight *sight)
{
    const double *y = f->pass->stage.whole->view.response;
    const int rows = problem_of(f)->rows.rows;
    double sum = 0.0, square = 0.0, off = 0.0;
    for (int i = 0; i < rows; i++) sum += fold->left_out[i] ? 0.0 : y[i];
    sight->level = mean_over(f, fold, sum);
    for (int i = 0; i < rows; i++) square += fold->left_out[i] ? 0.0 : (y[i] - sight->level) * (y[i] - sight->level);
    sight->scale = sqrt(mean_over(f, fold, square));
    for (int i = 0; i < rows; i++) {
        if (!fold->left_out[i]) off = fmax(off, fabs((y[i] - sight->level) / sight->scale - response_at(f, fold, i)));
    }
    if (!(sight->scale > 0.0)) off = INFINITY;
    (void)shy_team_maximum(problem_of(f)->team, &off, 1);
    return off;
}

/* Sights of the present pass's views. Collective over the world. */
static void look(shy_folds *f)
{
    const uint64_t total = problem_of(f)->rows.total;
    int v = 0;
    f->affine = true;
    if (f->whole) {
        f->view[v] = &f->pass->stage.whole->view;
        f->sight[v++] = (shy_sight){.left_out = -1, .scale = 1.0};
    }
    for (int t = f->first; t < f->last; t++, v++) {
        const shy_fold *fold = &f->fold[t];
        f->view[v] = &fold->view;
        f->sight[v].left_out = fold->samples < total ? t - f->first : -1;
        f->sight[v].response = 0;
        f->affine = fit_response(f, fold, &f->sight[v]) <= AFFINE && f->affine;
    }
    f->views = v;
    for (int t = f->first; !f->affine && t < f->last; t++) {
        shy_sight *sight = &f->sight[f->whole + t - f->first];
        sight->response = 1 + t - f->first, sight->level = 0.0, sight->scale = 1.0;
    }
}

static int responses(const shy_folds *f)
{
    return f->affine ? 1 : 1 + f->last - f->first;
}

/* That of all samples, and those of the sets if they are not the same. */
static void order_responses(shy_folds *f)
{
    const int rows = problem_of(f)->rows.rows;
    const double *y = f->pass->stage.whole->view.response;
    for (int r = 0; r < responses(f); r++) {
        double *out = f->values + (size_t)r * (size_t)rows;
        f->response[r] = out;
        for (int i = 0; i < rows; i++) out[i] = r == 0 ? y[f->order[i]] : response_at(f, &f->fold[f->first + r - 1], f->order[i]);
    }
}

/* ---- passes --------------------------------------------------------------------------------------------------------------- */

/* Each of the lists has taken its part of the time. */
static void share(shy_search_result *screen, int lists)
{
    shy_search_times *t = &screen->times;
    double *part[] = {&screen->seconds, &t->search, &t->operands, &t->tiles, &t->elements, &t->candidates, &t->earlier};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) *part[k] /= lists;
}

static shy_status run(shy_folds *f)
{
    shy_status st = SHY_OK;
    shy_engine *engine = NULL;
    shy_search_result screen = {0};
    const shy_outlook outlook = {.views = f->views,
                                 .view = f->view,
                                 .sight = f->sight,
                                 .keep = shy_best_reserve(f->pass->stage.options->keep),
                                 .layout = {f->segments, f->cut, f->samples, responses(f), f->response},
                                 .order = f->order};
    SHY_TRY(shy_pass_run(f->pass, &outlook, &screen, &engine));
    share(&screen, f->views);
    for (int v = 0; v < f->views; v++) {
        shy_lists **out = &f->lists[f->whole ? (v == 0 ? 0 : f->first + v) : 1 + f->first + v];
        SHY_TRY(shy_lists_take(engine->seen[v].best, &screen, out));
    }
out:
    shy_engine_destroy(&engine);
    return st;
}

/* Collective over the group. */
static int count_passes(shy_folds *f, int *segment)
{
    int passes = 0;
    for (f->last = 0; f->last < f->sets || passes == 0; passes++) {
        f->first = f->last;
        choose(f, segment);
    }
    f->first = f->last = 0;
    return passes;
}

static shy_status run_all(shy_folds *f, int *segment, int *passes_out)
{
    shy_status st = SHY_OK;
    const shy_monitor *monitor = f->pass->monitor;
    shy_relay relay = {.monitor = monitor, .count = count_passes(f, segment), .started = shy_time_seconds(), .names_best = true};
    const shy_monitor through = {monitor->tell ? shy_relay_tell : NULL, &relay};
    f->pass->monitor = &through;
    for (*passes_out = 0; f->last < f->sets || *passes_out == 0; ++*passes_out) {
        relay.done = *passes_out;
        f->whole = *passes_out == 0;
        f->first = f->last;
        choose(f, segment);
        look(f);
        order_responses(f);
        SHY_TRY(run(f));
    }
out:
    f->pass->monitor = monitor;
    return st;
}

static shy_status allocate(shy_folds *f, int **segment_out)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)problem_of(f)->rows.rows, most = SHY_PASS_FOLDS + 1;
    SHY_TRY(shy_new((size_t)f->sets, sizeof *f->fold, &f->fold));
    SHY_TRY(shy_new(rows, sizeof **segment_out, segment_out));
    SHY_TRY(shy_new(rows, sizeof *f->order, &f->order));
    SHY_TRY(shy_new(most + 1, sizeof *f->cut, &f->cut));
    SHY_TRY(shy_new(most, sizeof *f->samples, &f->samples));
    SHY_TRY(shy_new(most * rows, sizeof *f->values, &f->values));
    SHY_TRY(shy_new(most, sizeof *f->response, &f->response));
    SHY_TRY(shy_new(most, sizeof *f->sight, &f->sight));
    SHY_TRY(shy_new(most, sizeof *f->view, &f->view));
out:
    return st;
}

static void release(shy_folds *f)
{
    for (int t = 0; f->fold && t < f->sets; t++) {
        shy_view_free(&f->fold[t].view);
        shy_free(&f->fold[t].left_out);
    }
    shy_free(&f->fold);
    shy_free(&f->order);
    shy_free(&f->cut);
    shy_free(&f->samples);
    shy_free(&f->values);
    shy_free(&f->response);
    shy_free(&f->sight);
    shy_free(&f->view);
}

shy_status shy_pass_folds(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                          const shy_monitor *monitor, shy_lists **lists_out, int *passes_out)
{
    shy_status st = SHY_OK;
    shy_pass pass = {0};
    shy_folds f = {.pass = &pass, .sets = sets, .lists = lists_out};
    int *segment = NULL;
    *passes_out = 0;
    SHY_TRY(shy_pass_enter(&pass, problem, options, monitor));
    bool possible = !pass.stage.whole->view.weight && pass.stage.whole->view.directions == 0;
    if (!possible) goto out;
    SHY_TRY_ALL(problem->team, allocate(&f, &segment));
    for (int t = 0; t < sets && possible; t++) SHY_TRY(see_set(&f, trained[t], &f.fold[t], &possible));
    if (possible) SHY_TRY(run_all(&f, segment, passes_out));
out:
    release(&f);
    shy_free(&segment);
    shy_pass_leave(&pass);
    return st;
}

/* What all of it comes to: how far the chosen formula can be believed, and whether it earns its place. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "verdict.h"

#define CHANCE_ABOVE 0.05
#define CLEAR_ERRORS 2.0

const char *shy_verdict_level_name(shy_verdict_level level)
{
    static const char *const name[] = {
        [SHY_LEVEL_UNCHECKED] = "unchecked", [SHY_LEVEL_CHANCE] = "chance",           [SHY_LEVEL_SIGNAL] = "signal",
        [SHY_LEVEL_WEAK] = "weak",           [SHY_LEVEL_REPLACEABLE] = "replaceable", [SHY_LEVEL_SUPPORTED] = "supported",
    };
    return name[level];
}

/* ---- evidence ---------------------------------------------------------------------------------------------------------------------------- */

static double number_of(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    if (!shy_record_find(record, path, &entry)) return NAN;
    return entry.kind == SHY_RECORD_NUMBER ? entry.number : entry.kind == SHY_RECORD_INTEGER ? (double)entry.integer : NAN;
}

/* low … high: the chosen formula less the contender. */
static shy_line_standing standing(const shy_record *contender, bool larger_is_better)
{
    const double low = number_of(contender, "low"), high = number_of(contender, "high");
    if (larger_is_better ? low > 0.0 : high < 0.0) return SHY_LINE_WORSE;
    return (larger_is_better ? high < 0.0 : low > 0.0) ? SHY_LINE_BETTER : SHY_LINE_ALIKE;
}

static const char *text_of(const shy_record *record, const char *name)
{
    shy_record_entry entry;
    return shy_record_find(record, name, &entry) && entry.kind == SHY_RECORD_TEXT && entry.text ? entry.text : "";
}

/* One that is the chosen formula itself is no rival. */
static void take_line(const shy_assessment *a, const shy_record *contender, shy_evidence *e)
{
    const char *name = text_of(contender, "name"), *kind = text_of(contender, "kind");
    const double mean = number_of(contender, "mean");
    if (*name == '\0' || isnan(mean) || e->lines == SHY_VERDICT_LINES) return;
    shy_verdict_line line = {.name = name, .mean = mean, .net = strncmp(kind, "elastic", 7) == 0, .standing = standing(contender, a->problem->ops->larger_is_better)};
    line.article = strcmp(kind, "single") == 0 || strcmp(kind, "covariates") == 0;
    if (strcmp(text_of(contender, "formula"), a->found->text) == 0) line.standing = SHY_LINE_SAME;
    e->line[e->lines++] = line;
}

static void take_lines(const shy_assessment *a, shy_evidence *e)
{
    shy_record_entry list, contender;
    if (!shy_record_find(a->record, "versus.contenders", &list) || list.kind != SHY_RECORD_LIST) return;
    for (size_t i = 0; i < shy_record_count(list.record); i++) {
        if (shy_record_at(list.record, i, &contender) && contender.kind == SHY_RECORD_OBJECT) take_line(a, contender.record, e);
    }
}

/* Fold by fold: folds differ more from each other than the formula from none within them. */
static shy_status take_gain(const shy_assessment *a, shy_evidence *e)
{
    shy_status st = SHY_OK;
    const double sign = a->problem->ops->larger_is_better ? 1.0 : -1.0;
    shy_spread gain = {0};
    SHY_TRY(shy_spread_create(a->folds.sets, &gain));
    for (int t = 0; t < gain.count; t++) gain.value[t] = sign * (a->chosen.spread.value[t] - a->level[0].spread.value[t]);
    shy_spread_close(&gain, a->folds.repeats);
    e->gain = gain.mean;
    e->gain_error = gain.error;
out:
    shy_spread_free(&gain);
    return st;
}

shy_status shy_evidence_take(const shy_assessment *a, shy_evidence *e)
{
    *e = (shy_evidence){.front = a->result->front_count > 0,
                        .nested = a->level != NULL,
                        .p = a->chance[0].p,
                        .exceeding = a->chance[0].exceeding,
                        .permutations = a->chance[0].permutations,
                        .gain = NAN,
                        .gain_error = NAN};
    e->significance = e->permutations > 0 && !isnan(e->p);
    if (e->nested && a->found) take_lines(a, e);
    return e->nested ? take_gain(a, e) : SHY_OK;
}

/* ---- judgement ----------------------------------------------------------------------------------------------------------------------------- */

static bool replaceable(const shy_evidence *e)
{
    for (int k = 0; k < e->lines; k++) {
        if (!e->line[k].net && (e->line[k].standing == SHY_LINE_ALIKE || e->line[k].standing == SHY_LINE_BETTER)) return true;
    }
    return false;
}

shy_verdict_level shy_evidence_weigh(const shy_assessment *a, const shy_evidence *e)
{
    if (!e->front) return SHY_LEVEL_CHANCE;
    if (e->significance && e->p > CHANCE_ABOVE) return SHY_LEVEL_CHANCE;
    if (!e->nested) return e->significance ? SHY_LEVEL_SIGNAL : SHY_LEVEL_UNCHECKED;
    if (!a->found || !(e->gain > 0.0)) return e->significance ? SHY_LEVEL_WEAK : SHY_LEVEL_CHANCE;
    if (!(e->gain > CLEAR_ERRORS * e->gain_error)) return SHY_LEVEL_WEAK;
    return replaceable(e) ? SHY_LEVEL_REPLACEABLE : SHY_LEVEL_SUPPORTED;
}

/* Rank 0. */
static shy_status judge(const shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_evidence evidence;
    char *text = NULL;
    SHY_TRY(shy_evidence_take(a, &evidence));
    const shy_verdict_level level = shy_evidence_weigh(a, &evidence);
    SHY_TRY(shy_verdict_words(a, &evidence, level, &text));
    SHY_TRY(shy_record_text(a->record, "verdict", text));
    SHY_TRY(shy_record_text(a->record, "verdict_level", shy_verdict_level_name(level)));
out:
    shy_free(&text);
    return st;
}

shy_status shy_verdict_run(shy_assessment *a)
{
    const shy_team *team = a->problem->team;
    return shy_team_agree(team, team->rank == 0 ? judge(a) : SHY_OK);
}

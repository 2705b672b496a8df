/* charts_formula.c: what one formula does: its answer to each factor, how well it separates, how true its predictions are. */
#include "shy_config.h"

#include <string.h>

#include "page/charts_impl.h"

json_t *shy_chart_response(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_RESPONSE_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_CURVE);
    shy_chart_word(&c, "head_bins", SHY_MSG_CHART_HEAD_BINS);
    shy_chart_reading(&c, SHY_MSG_CHART_RESPONSE_READING);
    shy_chart_word(&c, "curve", SHY_MSG_CHART_CURVE);
    shy_chart_word(&c, "bins", SHY_MSG_CHART_BINS);
    shy_chart_word(&c, "at", SHY_MSG_CHART_AT);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_BIN_TIP);
    shy_chart_word(&c, "outcome", SHY_MSG_CHART_PREDICTS_OUTCOME);
    shy_chart_word(&c, "probability", SHY_MSG_CHART_PREDICTS_PROBABILITY);
    shy_chart_word(&c, "rate", SHY_MSG_CHART_PREDICTS_RATE);
    shy_chart_word(&c, "log hazard ratio", SHY_MSG_CHART_PREDICTS_HAZARD);
    shy_chart_word(&c, "log odds", SHY_MSG_CHART_PREDICTS_ODDS);
    shy_chart_plane(&c, SHY_MSG_CHART_FACTOR, SHY_MSG_CHART_PREDICTED);
    shy_chart_data(&c, "curve");
    shy_chart_data(&c, "bins");
    shy_chart_mark(&c, "symbol", "bins", "x: x x; y: y y; stroke = " VERMILLION "; strokeWidth = 1.5; fill = transparent; shape = square; size = 50; tooltip: tip");
    shy_chart_mark(&c, "line", "curve", "x: x x; y: y y; stroke = " BLUE "; strokeWidth = 2.5; defined ~ isValid(datum.y)");
    return shy_chart_end(&c);
}

/* Of numbers and counts there are no groups to be told apart. */
static bool has_groups(const shy_page *page)
{
    const json_t *front = json_object_get(json_array_get(json_object_get(page->document, "targets"), 0), "front");
    const char *kind = shy_json_word(front, "outcome_kind");
    return strcmp(kind, "continuous") != 0 && strcmp(kind, "count") != 0;
}

json_t *shy_chart_distribution(const shy_page *page)
{
    shy_chart c;
    const bool groups = has_groups(page);

    shy_chart_begin(&c, page, SHY_MSG_CHART_DISTRIBUTION_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_DISTRIBUTION);
    shy_chart_reading(&c, groups ? SHY_MSG_CHART_DISTRIBUTION_READING : SHY_MSG_CHART_DISTRIBUTION_OF_ALL_READING);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_DISTRIBUTION_TIP);
    shy_chart_word(&c, "everyone", SHY_MSG_CHART_EVERYONE);
    shy_chart_word(&c, "level other", SHY_MSG_CHART_LEVEL_OTHER);
    shy_chart_word(&c, "level none", SHY_MSG_CHART_LEVEL_NONE);
    shy_chart_word(&c, "level event", SHY_MSG_CHART_LEVEL_EVENT);
    shy_chart_word(&c, "value", SHY_MSG_CHART_VALUE);
    shy_chart_title(&c, "xTitle", SHY_MSG_CHART_VALUE);
    shy_chart_title(&c, "yTitle", groups ? SHY_MSG_CHART_DENSITY : SHY_MSG_CHART_DENSITY_OF_ALL);
    shy_chart_scale(&c, "x", "linear", "width");
    shy_chart_scale(&c, "y", "linear", "height");
    shy_chart_axis(&c, "bottom", "");
    shy_chart_axis(&c, "left", "labels = false; grid = false"); /* a density has no numbers that say anything */
    shy_chart_data(&c, "outlines");
    shy_chart_data(&c, "boxes");
    shy_chart_each(&c, "outlines", "series");
    shy_chart_mark(&c, "area", "part", "x: x x; y: y y; y2: y zero; fill: colour series; fillOpacity = 0.14");
    shy_chart_mark(&c, "line", "part", "x: x x; y: y y; stroke: colour series; strokeDash: dash series; strokeWidth = 2");
    shy_chart_each_end(&c);
    shy_chart_mark(&c, "rect", "boxes", "x: x x0; x2: x x1; y = 0; y2 ~ height; fill = transparent; tooltip: tip");
    return shy_chart_end(&c);
}

/* Where what was foreseen is what came. */
static void diagonal(shy_chart *c)
{
    shy_chart_data(c, "diagonal");
    shy_chart_mark(c, "line", "diagonal", "x: x x; y: y y; stroke = " GREY "; strokeWidth = 1.5; strokeDash: dash dash");
    shy_chart_clip(c);
}

static void bins_with_bars(shy_chart *c)
{
    shy_chart_data(c, "bins");
    shy_chart_mark(c, "rule", "bins", "x: x x; y: y low; y2: y high; stroke: colour series; strokeWidth = 2");
    shy_chart_clip(c);
    shy_chart_mark(c, "symbol", "bins", "x: x x; y: y y; fill: colour series; shape: shape series; size = 60; tooltip: tip");
}

json_t *shy_chart_observed(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_OBSERVED_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_CALIBRATION);
    shy_chart_word(&c, "head_apparent", SHY_MSG_CHART_HEAD_APPARENT);
    shy_chart_word(&c, "head_held_out", SHY_MSG_CHART_HEAD_HELD_OUT);
    shy_chart_reading(&c, SHY_MSG_CHART_OBSERVED_READING);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_CALIBRATION_TIP);
    shy_chart_word(&c, "apparent", SHY_MSG_CHART_TENTHS);
    shy_chart_word(&c, "held_out", SHY_MSG_CHART_HELD_OUT);
    shy_chart_word(&c, "predicted", SHY_MSG_CHART_PREDICTS_OUTCOME);
    shy_chart_word(&c, "observed", SHY_MSG_CHART_OBSERVED_OUTCOME);
    shy_chart_word(&c, "ideal", SHY_MSG_CHART_IDEAL);
    shy_chart_plane(&c, SHY_MSG_CHART_PREDICTED, SHY_MSG_CHART_OBSERVED);
    diagonal(&c);
    bins_with_bars(&c);
    return shy_chart_end(&c);
}

json_t *shy_chart_roc(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_ROC_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_ROC);
    shy_chart_reading(&c, SHY_MSG_CHART_ROC_READING);
    shy_chart_word(&c, "area", SHY_MSG_CHART_AREA);
    shy_chart_word(&c, "no_curve", SHY_MSG_CHART_ROC_NO_CURVE);
    shy_chart_plane(&c, SHY_MSG_CHART_FPR, SHY_MSG_CHART_TPR);
    shy_chart_title(&c, "area", SHY_MSG_CHART_AREA);
    diagonal(&c);
    shy_chart_data(&c, "curve");
    shy_chart_mark(&c, "area", "curve", "x: x x; y: y y; y2: y zero; fill = " BLUE "; fillOpacity = 0.1");
    shy_chart_mark(&c, "line", "curve", "x: x x; y: y y; stroke = " BLUE "; strokeWidth = 2.5");
    shy_chart_mark(&c, "text", NULL, "x ~ width - 6; y ~ height - 12; align = right; text ~ area; limit ~ width - 12; fontSize = 13; fontWeight = bold");
    return shy_chart_end(&c);
}

json_t *shy_chart_calibration(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_CALIBRATION_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_CALIBRATION);
    shy_chart_word(&c, "head_apparent", SHY_MSG_CHART_HEAD_APPARENT);
    shy_chart_word(&c, "head_held_out", SHY_MSG_CHART_HEAD_HELD_OUT);
    shy_chart_reading(&c, SHY_MSG_CHART_CALIBRATION_READING);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_CALIBRATION_TIP);
    shy_chart_word(&c, "apparent", SHY_MSG_CHART_TENTHS);
    shy_chart_word(&c, "held_out", SHY_MSG_CHART_HELD_OUT);
    shy_chart_word(&c, "ideal", SHY_MSG_CHART_IDEAL);
    shy_chart_word(&c, "at_time", SHY_MSG_CHART_AT_TIME);
    shy_chart_plane(&c, SHY_MSG_CHART_PREDICTED_PROBABILITY, SHY_MSG_CHART_OBSERVED_SHARE);
    diagonal(&c);
    shy_chart_data(&c, "curve");
    shy_chart_mark(&c, "line", "curve", "x: x x; y: y y; stroke: colour series; strokeDash: dash series; strokeWidth = 2");
    shy_chart_clip(&c);
    bins_with_bars(&c);
    return shy_chart_end(&c);
}

json_t *shy_chart_decision(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_DECISION_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_DECISION);
    shy_chart_reading(&c, SHY_MSG_CHART_DECISION_READING);
    shy_chart_word(&c, "formula", SHY_MSG_CHART_THIS_FORMULA);
    shy_chart_word(&c, "all", SHY_MSG_CHART_TREAT_ALL);
    shy_chart_word(&c, "none", SHY_MSG_CHART_TREAT_NONE);
    shy_chart_word(&c, "chosen", SHY_MSG_CHART_HELD_OUT_CHOSEN);
    shy_chart_word(&c, "single", SHY_MSG_CHART_SINGLE);
    shy_chart_word(&c, "factors", SHY_MSG_CHART_NET_FACTORS);
    shy_chart_word(&c, "logs", SHY_MSG_CHART_NET_LOGS);
    shy_chart_word(&c, "at_time", SHY_MSG_CHART_AT_TIME);
    shy_chart_plane(&c, SHY_MSG_CHART_THRESHOLD_RISK, SHY_MSG_CHART_NET_BENEFIT);
    shy_chart_data(&c, "curves");
    shy_chart_each(&c, "curves", "series");
    shy_chart_mark(&c, "line", "part", "x: x x; y: y y; stroke: colour series; strokeDash: dash series; strokeWidth ~ datum.series == 0 ? 3 : 1.75; defined ~ isValid(datum.y)");
    shy_chart_clip(&c);
    shy_chart_each_end(&c);
    return shy_chart_end(&c);
}

/* charts_survival.c: survival by risk group with numbers at risk, discrimination over time, subgroups. */
#include "shy_config.h"

#include "page/charts_impl.h"

json_t *shy_chart_kaplan_meier(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_KM_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_KM);
    shy_chart_reading(&c, SHY_MSG_CHART_KM_READING);
    shy_chart_word(&c, "low", SHY_MSG_CHART_LOW);
    shy_chart_word(&c, "middle", SHY_MSG_CHART_MIDDLE);
    shy_chart_word(&c, "high", SHY_MSG_CHART_HIGH);
    shy_chart_word(&c, "group", SHY_MSG_CHART_KM_GROUP);
    shy_chart_word(&c, "p", SHY_MSG_CHART_KM_P);
    shy_chart_word(&c, "no_curve", SHY_MSG_CHART_KM_NO_CURVE);
    shy_chart_word(&c, "joined", SHY_MSG_CHART_KM_JOINED);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_KM_TIP);
    shy_chart_word(&c, "below", SHY_MSG_CHART_KM_BELOW);
    shy_chart_word(&c, "between", SHY_MSG_CHART_KM_BETWEEN);
    shy_chart_word(&c, "above", SHY_MSG_CHART_KM_ABOVE);
    shy_chart_word(&c, "equal", SHY_MSG_CHART_KM_EQUAL);
    shy_chart_word(&c, "time", SHY_MSG_CHART_TIME);
    shy_chart_word(&c, "time_unit", SHY_MSG_CHART_TIME_UNIT);
    shy_chart_title(&c, "xTitle", SHY_MSG_CHART_TIME);
    shy_chart_title(&c, "yTitle", SHY_MSG_CHART_SURVIVAL);
    shy_chart_title(&c, "atRisk", SHY_MSG_CHART_AT_RISK);
    shy_chart_scale(&c, "x", "linear", "width");
    shy_chart_scale(&c, "y", "linear", "height");
    shy_chart_axis(&c, "bottom", "values ~ times");
    shy_chart_axis(&c, "left", "format = .0%");
    shy_chart_number(&c, "times", 0);
    shy_chart_number(&c, "joined", 0); /* steps are: what lies between is not known, and a straight line is nearer to it than a step at the end */
    shy_chart_data(&c, "steps");
    shy_chart_data(&c, "counts");
    shy_chart_data(&c, "names");
    shy_chart_each(&c, "steps", "series");
    shy_chart_mark(&c, "area", "part", "x: x x; y: y low; y2: y high; interpolate ~ joined ? 'linear' : 'step-after'; fill: colour series; fillOpacity = 0.14; defined ~ isValid(datum.low) && isValid(datum.high)");
    shy_chart_clip(&c);
    shy_chart_mark(&c, "line", "part", "x: x x; y: y y; interpolate ~ joined ? 'linear' : 'step-after'; stroke: colour series; strokeDash: dash series; strokeWidth = 2.5");
    shy_chart_clip(&c);
    shy_chart_mark(&c, "symbol", "part", "x: x x; y: y y; fill: colour series; size ~ joined && datum.x > 0 ? 36 : 0");
    shy_chart_each_end(&c);
    /* The numbers at risk stand under their times, below the axis and its title. */
    shy_chart_mark(&c, "text", NULL, "x = 0; y ~ height + 66; text ~ atRisk; limit ~ width");
    shy_chart_mark(&c, "text", "names", "x = -22; y ~ height + 88 + 20 * datum.series; align = right; text: label; limit = 90; fill: colour series; fontWeight = bold; tooltip: tip");
    shy_chart_mark(&c, "text", "counts", "x: x x; y ~ height + 88 + 20 * datum.series; align = center; text: label");
    return shy_chart_end(&c);
}

json_t *shy_chart_auc_t(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_AUC_T_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_AUC_T);
    shy_chart_reading(&c, SHY_MSG_CHART_AUC_T_READING);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_AUC_T_TIP);
    shy_chart_word(&c, "chance", SHY_MSG_CHART_CHANCE);
    shy_chart_word(&c, "time", SHY_MSG_CHART_TIME);
    shy_chart_word(&c, "time_unit", SHY_MSG_CHART_TIME_UNIT);
    shy_chart_plane(&c, SHY_MSG_CHART_TIME, SHY_MSG_CHART_AUC_T);
    shy_chart_data(&c, "chance");
    shy_chart_data(&c, "curve");
    shy_chart_mark(&c, "rule", "chance", "x = 0; x2 ~ width; y: y y; stroke = " GREY "; strokeWidth = 1.5; strokeDash: dash dash");
    shy_chart_mark(&c, "area", "curve", "x: x x; y: y low; y2: y high; fill = " BLUE "; fillOpacity = 0.14; defined ~ isValid(datum.low) && isValid(datum.high)");
    shy_chart_clip(&c);
    shy_chart_mark(&c, "line", "curve", "x: x x; y: y y; stroke = " BLUE "; strokeWidth = 2.5; defined ~ isValid(datum.y)");
    shy_chart_mark(&c, "symbol", "curve", "x: x x; y: y y; fill = " BLUE "; size = 50; tooltip: tip");
    return shy_chart_end(&c);
}

/* Rows under their names, so that long ones fit a phone. */
json_t *shy_chart_subgroups(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_SUBGROUPS_SUMMARY);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_SUBGROUPS);
    shy_chart_reading(&c, SHY_MSG_CHART_SUBGROUPS_READING);
    shy_chart_word(&c, "row", SHY_MSG_CHART_SUBGROUP_ROW);
    shy_chart_word(&c, "row_events", SHY_MSG_CHART_SUBGROUP_EVENTS);
    shy_chart_word(&c, "hidden", SHY_MSG_CHART_SUBGROUP_HIDDEN);
    shy_chart_word(&c, "overall", SHY_MSG_CHART_OVERALL);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_SUBGROUP_TIP);
    shy_chart_title(&c, "xTitle", SHY_MSG_CHART_PERFORMANCE);
    shy_chart_scale(&c, "x", "linear", "width");
    shy_chart_axis(&c, "bottom", "grid = true");
    shy_chart_data(&c, "overall");
    shy_chart_data(&c, "heads");
    shy_chart_data(&c, "rows");
    shy_chart_data(&c, "values");
    shy_chart_mark(&c, "rule", "overall", "x: x x; y = 0; y2 ~ height; stroke = " GREY "; strokeWidth = 1.5; strokeDash: dash dash");
    shy_chart_mark(&c, "text", "heads", "x = 0; y ~ datum.top + 11; text: label; limit ~ width; baseline = middle; fontWeight = bold; tooltip: tip");
    shy_chart_mark(&c, "text", "rows", "x = 0; y ~ datum.top + 9; text: label; limit ~ width; baseline = middle; tooltip: tip");
    shy_chart_mark(&c, "rule", "values", "x: x low; x2: x high; y ~ datum.top + 26; stroke = " BLUE "; strokeWidth = 2");
    shy_chart_clip(&c);
    shy_chart_mark(&c, "symbol", "values", "x: x value; y ~ datum.top + 26; fill = " BLUE "; shape = square; size = 60; tooltip: tip");
    return shy_chart_end(&c);
}

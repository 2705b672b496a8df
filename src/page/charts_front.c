/* charts_front.c: the front of accuracy against complexity, and how stable its formulas are. */
#include "shy_config.h"

#include "page/charts_impl.h"

json_t *shy_chart_front(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_FRONT_SUMMARY);
    shy_chart_reading(&c, SHY_MSG_CHART_FRONT_READING);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_FRONT);
    shy_chart_metrics(&c);
    shy_chart_word(&c, "numbers", SHY_MSG_CHART_NUMBERS);
    shy_chart_word(&c, "nested", SHY_MSG_CHART_NESTED);
    shy_chart_word(&c, "apparent", SHY_MSG_CHART_APPARENT);
    shy_chart_word(&c, "null", SHY_MSG_CHART_NULL);
    shy_chart_word(&c, "single", SHY_MSG_CHART_SINGLE);
    shy_chart_word(&c, "factors", SHY_MSG_CHART_NET_FACTORS);
    shy_chart_word(&c, "logs", SHY_MSG_CHART_NET_LOGS);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_FRONT_TIP);
    shy_chart_word(&c, "choose", SHY_MSG_CHART_CHOOSE);
    shy_chart_title(&c, "xTitle", SHY_MSG_CHART_COMPLEXITY);
    shy_chart_title(&c, "yTitle", SHY_MSG_CHART_PERFORMANCE);
    shy_chart_scale(&c, "x", "linear", "width");
    shy_chart_scale(&c, "y", "linear", "height");
    shy_chart_axis(&c, "bottom", "tickMinStep = 1; format = d");
    shy_chart_axis(&c, "left", "");
    shy_chart_number(&c, "labelRoom", 0);
    shy_chart_data(&c, "baselines");
    shy_chart_data(&c, "nested");
    shy_chart_data(&c, "apparent");
    /* The whole column over a complexity takes the finger. */
    shy_chart_mark(&c, "rect", "apparent", "xc: x x; width = 26; y = 0; y2 ~ height; fill ~ datum.selected ? '#0072B222' : 'transparent'; cursor = pointer; tooltip: tip");
    shy_chart_mark(&c, "rule", "baselines", "x = 0; x2 ~ width; y: y y; stroke = " GREY "; strokeWidth = 1.5; strokeDash: dash series");
    shy_chart_mark(&c, "text", "baselines", "x ~ width + 6; y ~ scale('y', datum.y) + datum.shift; text: label; limit ~ labelRoom; baseline = middle; fontSize = 12; tooltip: tip");
    shy_chart_mark(&c, "line", "apparent", "x: x x; y: y y; stroke = " VERMILLION "; strokeDash: dash dash; strokeWidth = 1.5");
    shy_chart_mark(&c, "symbol", "apparent", "x: x x; y: y y; stroke = " VERMILLION "; strokeWidth = 1.5; fill = transparent; shape = square; size = 50");
    shy_chart_mark(&c, "rule", "nested", "x: x x; y: y low; y2: y high; stroke = " BLUE "; strokeWidth = 2");
    shy_chart_mark(&c, "line", "nested", "x: x x; y: y y; stroke = " BLUE);
    shy_chart_mark(&c, "symbol", "nested", "x: x x; y: y y; fill = " BLUE "; size ~ datum.selected ? 190 : 70; stroke ~ datum.selected ? 'currentColor' : null; strokeWidth = 2.5");
    return shy_chart_end(&c);
}

/* Bars under their names: names may be long, and a phone is narrow. */
static json_t *bars(const shy_page *page, shy_message summary, shy_message reading, shy_message title)
{
    shy_chart c;

    shy_chart_begin(&c, page, summary);
    shy_chart_reading(&c, reading);
    shy_chart_word(&c, "head", SHY_MSG_CHART_HEAD_BARS);
    shy_chart_word(&c, "threshold", SHY_MSG_CHART_THRESHOLD);
    shy_chart_title(&c, "xTitle", title);
    shy_chart_scale(&c, "x", "linear", "width");
    shy_chart_axis(&c, "bottom", "format = .0%; grid = true");
    shy_chart_data(&c, "bars");
    shy_chart_data(&c, "limits");
    shy_chart_mark(&c, "text", "bars", "x = 0; y ~ datum.top + 10; text: label; limit ~ width; baseline = middle; fontWeight ~ datum.selected ? 'bold' : 'normal'; tooltip: tip");
    shy_chart_mark(&c, "rect", "bars", "x: x zero; x2: x value; y ~ datum.top + 20; height = 12; fill ~ datum.selected ? '" BLUE "' : '#7fb8d8'; tooltip: tip");
    shy_chart_mark(&c, "rule", "limits", "x: x x; y = 0; y2 ~ height; stroke = " VERMILLION "; strokeWidth = 1.5; strokeDash: dash dash");
    return shy_chart_end(&c);
}

json_t *shy_chart_stability(const shy_page *page)
{
    return bars(page, SHY_MSG_CHART_STABILITY_SUMMARY, SHY_MSG_CHART_STABILITY_READING, SHY_MSG_CHART_FREQUENCY);
}

json_t *shy_chart_stability_factors(const shy_page *page)
{
    return bars(page, SHY_MSG_CHART_FACTORS_SUMMARY, SHY_MSG_CHART_STABILITY_FACTORS_READING,
                SHY_MSG_CHART_FREQUENCY_FACTORS);
}

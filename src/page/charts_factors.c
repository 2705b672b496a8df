/* charts_factors.c: two formulas at once, factors of the horizons, factors that stand together. */
#include "shy_config.h"

#include "page/charts_impl.h"

/* Dark blue to yellow (cividis): told apart with any colour vision, and in grey. */
static void shade(shy_chart *c)
{
    shy_chart_title(c, "shadeTitle", SHY_MSG_CHART_SHARE_POSITIVE);
    shy_chart_scale(c, "shade", "linear", "cividis");
}

static void decision_line(shy_chart *c)
{
    shy_chart_data(c, "line");
    shy_chart_mark(c, "line", "line", "x: x x; y: y y; stroke = #ffffff; strokeWidth = 5; strokeOpacity = 0.85");
    shy_chart_clip(c);
    shy_chart_mark(c, "line", "line", "x: x x; y: y y; stroke = #000000; strokeWidth = 2; strokeDash: dash dash");
    shy_chart_clip(c);
}

static void axes_words(shy_chart *c)
{
    shy_chart_reading(c, SHY_MSG_CHART_TWO_AXIS_READING);
    shy_chart_word(c, "head", SHY_MSG_CHART_HEAD_CELLS);
    shy_chart_word(c, "head_points", SHY_MSG_CHART_HEAD_POINTS);
    shy_chart_word(c, "tip", SHY_MSG_CHART_CELL_TIP);
    shy_chart_word(c, "tip_mean", SHY_MSG_CHART_CELL_TIP_MEAN);
    shy_chart_word(c, "mean", SHY_MSG_CHART_MEAN_OUTCOME);
    shy_chart_word(c, "share", SHY_MSG_CHART_SHARE_POSITIVE);
    shy_chart_word(c, "with", SHY_MSG_CHART_WITH_OUTCOME);
    shy_chart_word(c, "without", SHY_MSG_CHART_WITHOUT_OUTCOME);
    shy_chart_word(c, "line", SHY_MSG_CHART_DECISION_LINE);
    shy_chart_word(c, "caption", SHY_MSG_CHART_PAIR_CAPTION);
}

json_t *shy_chart_heat(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_TWO_AXIS_SUMMARY);
    axes_words(&c);
    shy_chart_plane(&c, SHY_MSG_CHART_VALUE, SHY_MSG_CHART_VALUE);
    shade(&c);
    shy_chart_legend(&c, "shade", "shadeTitle");
    shy_chart_data(&c, "cells");
    shy_chart_mark(&c, "rect", "cells", "x: x x0; x2: x x1; y: y y0; y2: y y1; fill: shade value; stroke: shade value; strokeWidth = 0.5; tooltip: tip");
    decision_line(&c);
    return shy_chart_end(&c);
}

json_t *shy_chart_points(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_TWO_AXIS_SUMMARY);
    axes_words(&c);
    shy_chart_plane(&c, SHY_MSG_CHART_VALUE, SHY_MSG_CHART_VALUE);
    shy_chart_data(&c, "points");
    shy_chart_mark(&c, "symbol", "points", "x: x x; y: y y; fill ~ datum.colour; shape: shape series; size = 36; opacity = 0.65; stroke = #ffffff; strokeWidth = 0.5");
    decision_line(&c);
    return shy_chart_end(&c);
}

json_t *shy_chart_horizons(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_HORIZONS_SUMMARY);
    shy_chart_reading(&c, SHY_MSG_CHART_HORIZONS_READING);
    shy_chart_free(&c);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_HORIZONS_TIP);
    shy_chart_data(&c, "columns");
    shy_chart_data(&c, "rows");
    shy_chart_data(&c, "cells");
    shy_chart_mark(&c, "text", "columns", "x ~ datum.x; y = 14; align = center; text: label; limit ~ datum.room; fontWeight = bold; tooltip: tip");
    shy_chart_mark(&c, "text", "rows", "x = 0; y ~ datum.y; baseline = middle; text: label; limit ~ datum.room; tooltip: tip");
    shy_chart_mark(&c, "rect", "cells", "x ~ datum.x; width ~ datum.width; y ~ datum.y; height ~ datum.height; fill = " BLUE "; fillOpacity ~ datum.strength; "
                                        "stroke ~ datum.selected ? 'currentColor' : '#8a8a8a60'; strokeWidth ~ datum.selected ? 2.5 : 1; "
                                        "cornerRadius = 3; tooltip: tip");
    shy_chart_mark(&c, "text", "cells", "x ~ datum.x + datum.width / 2; y ~ datum.y + datum.height / 2; align = center; baseline = middle; text: label; fontWeight = bold; "
                                        "fill ~ datum.strength > 0.5 ? '#ffffff' : 'currentColor'");
    return shy_chart_end(&c);
}

json_t *shy_chart_network(const shy_page *page)
{
    shy_chart c;

    shy_chart_begin(&c, page, SHY_MSG_CHART_NETWORK_SUMMARY);
    shy_chart_reading(&c, SHY_MSG_CHART_NETWORK_READING);
    shy_chart_free(&c);
    shy_chart_word(&c, "tip", SHY_MSG_CHART_NETWORK_TIP);
    shy_chart_word(&c, "pair", SHY_MSG_CHART_NETWORK_PAIR);
    shy_chart_word(&c, "more", SHY_MSG_CHART_NETWORK_MORE);
    shy_chart_data(&c, "arcs");
    shy_chart_data(&c, "nodes");
    shy_chart_mark(&c, "path", "arcs", "path: path; stroke = " BLUE "; strokeWidth ~ datum.width; strokeOpacity ~ datum.strength; strokeCap = round; tooltip: tip");
    shy_chart_mark(&c, "symbol", "nodes", "x ~ datum.x; y ~ datum.y; size ~ datum.size; fill = " VERMILLION "; tooltip: tip");
    shy_chart_mark(&c, "text", "nodes", "x ~ datum.x - datum.gap; y ~ datum.y; align = right; baseline = middle; text: label; limit ~ datum.room; tooltip: tip");
    return shy_chart_end(&c);
}

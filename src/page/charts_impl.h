/*
 * charts_impl.h: how a Vega specification is put together. A chart has named datasets that are empty here: charts.js fills them, the domains (xDomain, yDomain)
 * and the titles (xTitle, yTitle) from the document whenever a formula is selected. Texts are values of signals or fields of data, never expressions.
 */
#ifndef SHIHYO_PAGE_CHARTS_IMPL_H
#define SHIHYO_PAGE_CHARTS_IMPL_H

#include "page/html.h"

/* Colours that people with any colour vision tell apart (Okabe and Ito); without a colour of its own, ink is that of the page's text. */
#define BLUE "#0072B2"
#define VERMILLION "#D55E00"
#define GREEN "#009E73"
#define GREY "#8a8a8a"
#define INK "currentColor"

/* A chart while it is made. */
typedef struct {
    const shy_page *page;
    json_t *spec, *marks; /* marks: where the next one goes */
    bool failed;
} shy_chart;

/** An empty chart; `summary` is its sentence for those who do not see it, whose {braces} charts.js fills. */
void shy_chart_begin(shy_chart *chart, const shy_page *page, shy_message summary);
json_t *shy_chart_end(shy_chart *chart); /* the specification, owned; NULL if memory ran out */

void shy_chart_reading(shy_chart *chart, shy_message message);                        /* how to read it, in a sentence or two */
void shy_chart_metrics(shy_chart *chart);                                              /* the names of measures, for charts.js */
void shy_chart_word(shy_chart *chart, const char *key, shy_message message);           /* a text that charts.js needs */
void shy_chart_data(shy_chart *chart, const char *name);                               /* a dataset that charts.js fills */
void shy_chart_number(shy_chart *chart, const char *signal, double value);             /* a signal that charts.js sets */
void shy_chart_title(shy_chart *chart, const char *signal, shy_message message);       /* the same with a text: xTitle, yTitle */
/** A scale over "width", "height" or a scheme of colours, with the domain of a signal of its own, NAMEDomain. */
void shy_chart_scale(shy_chart *chart, const char *name, const char *type, const char *range);
/** An axis "bottom" or "left" of the scales x and y; options as for a mark: "grid = true; format = %". */
void shy_chart_axis(shy_chart *chart, const char *orient, const char *options);
void shy_chart_legend(shy_chart *chart, const char *scale, const char *title_signal); /* of a scale of colours, below the axis */
void shy_chart_free(shy_chart *chart);                                                /* no axes: charts.js says where in the width everything is */
/** Both scales linear and both axes, with the titles of the catalogue. */
void shy_chart_plane(shy_chart *chart, shy_message x_title, shy_message y_title);

/**
 * A mark of a dataset (NULL: one alone). Channels are "name: scale field", "name: field", "name = value" or "name ~ expression", with semicolons between; they are
 * literals of ours. The scales colour, dash and shape take the number of a series; x and y the coordinates.
 */
void shy_chart_mark(shy_chart *chart, const char *type, const char *data, const char *channels);
void shy_chart_clip(shy_chart *chart); /* the last mark does not leave the plane */
/** Marks from here to the end are made for each value of a field of a dataset, whose part is the dataset "part". */
void shy_chart_each(shy_chart *chart, const char *data, const char *field);
void shy_chart_each_end(shy_chart *chart);

/* The charts, one function each. */
json_t *shy_chart_front(const shy_page *page);
json_t *shy_chart_response(const shy_page *page);
json_t *shy_chart_distribution(const shy_page *page);
json_t *shy_chart_observed(const shy_page *page);
json_t *shy_chart_roc(const shy_page *page);
json_t *shy_chart_calibration(const shy_page *page);
json_t *shy_chart_decision(const shy_page *page);
json_t *shy_chart_kaplan_meier(const shy_page *page);
json_t *shy_chart_auc_t(const shy_page *page);
json_t *shy_chart_stability(const shy_page *page);
json_t *shy_chart_stability_factors(const shy_page *page);
json_t *shy_chart_subgroups(const shy_page *page);
json_t *shy_chart_heat(const shy_page *page);
json_t *shy_chart_points(const shy_page *page);
json_t *shy_chart_horizons(const shy_page *page);
json_t *shy_chart_network(const shy_page *page);

#endif

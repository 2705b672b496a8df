/* charts_builder.c: the parts of a Vega specification, with the look that all charts share. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "page/charts_impl.h"

/* Takes over `value`. */
static void put(shy_chart *chart, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) chart->failed = true;
}

static void append(shy_chart *chart, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0) chart->failed = true;
}

static json_t *part(const shy_chart *chart, const char *key)
{
    return json_object_get(chart->spec, key);
}

/* Letters of at least 11 pixels, lines that do not outshine the data, all in the colour of the page's text. */
static json_t *look(void)
{
    json_t *letters = json_pack("{s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:i}", "labelFontSize", 12, "titleFontSize", 12, "titleFontWeight", "normal",
                                "labelColor", INK, "titleColor", INK, "domainColor", GREY, "tickColor", GREY, "gridColor", "#8a8a8a40", "labelLimit", 150,
                                "labelOverlap", 1, "labelSeparation", 8, "titlePadding", 6);
    json_t *title = json_pack("{s:i, s:s, s:s, s:s, s:s, s:i}", "fontSize", 12, "fontWeight", "normal", "anchor", "start", "frame", "bounds", "color", INK, "offset", 8);
    json_t *legend = json_pack("{s:i, s:i, s:s, s:s, s:s}", "labelFontSize", 12, "titleFontSize", 12, "titleFontWeight", "normal", "labelColor", INK, "titleColor", INK);

    return json_pack("{s:o, s:o, s:o, s:{s:s, s:i}, s:{s:s, s:i}}", "axis", letters, "title", title, "legend", legend, "text", "fill", INK, "fontSize", 12, "line", "stroke",
                     INK, "strokeWidth", 2);
}

void shy_chart_begin(shy_chart *chart, const shy_page *page, shy_message summary)
{
    const char *sentence = shy_message_text(page->language, summary);

    *chart = (shy_chart){.page = page};
    chart->spec = json_pack("{s:{s:s, s:{}}, s:{s:s, s:s}, s:i, s:i, s:{s:i, s:i, s:i, s:i}, s:o, s:[], s:[], s:[], s:[], s:[]}", //
                            "usermeta", "summary", sentence, "words",                                              //
                            "autosize", "type", "fit-x", "contains", "padding", "width", 400, "height", 260, "padding", "left", 2, "right", 2, "top", 7, "bottom", 5, "config", look(), //
                            "signals", "data", "scales", "axes", "marks");
    chart->marks = part(chart, "marks");
    append(chart, part(chart, "scales"), json_pack("{s:s, s:s, s:[i,i,i,i,i,i], s:[s,s,s,s,s,s]}", "name", "colour", "type", "ordinal", "domain", 0, 1, 2, 3, 4, 5, //
                                                    "range", BLUE, VERMILLION, GREEN, "#8f4a78", "#9a6a00", "#5c5c5c"));
    append(chart, part(chart, "scales"), json_pack("{s:s, s:s, s:[i,i,i,i,i,i], s:[[i,i],[i,i],[i,i],[i,i,i,i],[i,i],[i,i]]}", "name", "dash", "type", "ordinal", "domain", //
                                                    0, 1, 2, 3, 4, 5, "range", 1, 0, 7, 3, 2, 2, 8, 2, 2, 2, 12, 4, 4, 4));
    append(chart, part(chart, "scales"), json_pack("{s:s, s:s, s:[i,i,i,i,i,i], s:[s,s,s,s,s,s]}", "name", "shape", "type", "ordinal", "domain", 0, 1, 2, 3, 4, 5, //
                                                    "range", "circle", "square", "triangle-up", "diamond", "cross", "triangle-down"));
}

json_t *shy_chart_end(shy_chart *chart)
{
    if (chart->failed) json_decref(chart->spec), chart->spec = NULL;
    return chart->spec;
}

void shy_chart_word(shy_chart *chart, const char *key, shy_message message)
{
    put(chart, json_object_get(part(chart, "usermeta"), "words"), key, json_string(shy_message_text(chart->page->language, message)));
}

void shy_chart_reading(shy_chart *chart, shy_message message)
{
    put(chart, part(chart, "usermeta"), "reading", json_string(shy_message_text(chart->page->language, message)));
}

/* "metrics": what the measures of all targets are called. */
void shy_chart_metrics(shy_chart *chart)
{
    json_t *names = json_object(), *target, *metric;
    size_t t, m;

    json_array_foreach(json_object_get(chart->page->document, "targets"), t, target)
        json_array_foreach(json_object_get(json_object_get(target, "front"), "metrics"), m, metric)
            put(chart, names, json_string_value(metric), json_string(shy_metric_name(chart->page->language, json_string_value(metric))));
    put(chart, part(chart, "usermeta"), "metrics", names);
}

void shy_chart_data(shy_chart *chart, const char *name)
{
    append(chart, part(chart, "data"), json_pack("{s:s, s:[]}", "name", name, "values"));
}

void shy_chart_number(shy_chart *chart, const char *signal, double value)
{
    append(chart, part(chart, "signals"), json_pack("{s:s, s:f}", "name", signal, "value", value));
}

void shy_chart_title(shy_chart *chart, const char *signal, shy_message message)
{
    append(chart, part(chart, "signals"), json_pack("{s:s, s:s}", "name", signal, "value", shy_message_text(chart->page->language, message)));
}

void shy_chart_scale(shy_chart *chart, const char *name, const char *type, const char *range)
{
    char domain[32];
    json_t *scale;

    snprintf(domain, sizeof domain, "%sDomain", name);
    append(chart, part(chart, "signals"), json_pack("{s:s, s:[i,i]}", "name", domain, "value", 0, 1));
    scale = json_pack("{s:s, s:s, s:{s:s}}", "name", name, "type", type, "domain", "signal", domain);
    put(chart, scale, "range", strcmp(range, "width") == 0 || strcmp(range, "height") == 0 ? json_string(range) : json_pack("{s:s}", "scheme", range));
    if (strcmp(type, "linear") == 0) put(chart, scale, "zero", json_false());
    append(chart, part(chart, "scales"), scale);
}

void shy_chart_legend(shy_chart *chart, const char *scale, const char *title_signal)
{
    put(chart, chart->spec, "legends", json_pack("[{s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:b}]", "fill", scale, "orient", "bottom", "direction", "horizontal", "title", "signal",
                                                  title_signal, "gradientLength", "signal", "min(width, 260)", "aria", 0));
}

void shy_chart_free(shy_chart *chart)
{
    put(chart, part(chart, "autosize"), "type", json_string("none"));
}

static char *next_option(char **text)
{
    char *option = *text + strspn(*text, " "), *end = strchr(option, ';');

    if (end != NULL) *end = '\0', *text = end + 1;
    else *text = option + strlen(option);
    return option;
}

static json_t *literal(const char *text)
{
    char *end;
    double number = strtod(text, &end);

    if (*text != '\0' && *end == '\0') return json_real(number);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) return json_boolean(*text == 't');
    return json_string(text);
}

/* Of a channel {"value": v}, {"signal": e} or {"scale": s, "field": f}; of an option the value itself. */
static json_t *meaning(char kind, char *text, bool channel)
{
    char *space = strchr(text, ' ');

    if (kind == '~') return json_pack("{s:s}", "signal", text);
    if (kind == '=') return channel ? json_pack("{s:o}", "value", literal(text)) : literal(text);
    if (space == NULL) return json_pack("{s:s}", "field", text);
    *space = '\0';
    return json_pack("{s:s, s:s}", "scale", text, "field", space + 1);
}

#define OPTIONS_ROOM 1200

/* "name: scale field; name = value; name ~ expression" into an object. */
static void read_options(shy_chart *chart, const char *options, bool channels, json_t *object)
{
    char room[OPTIONS_ROOM], *rest = room, *option;

    if (strlen(options) >= sizeof room) {
        chart->failed = true;
        return;
    }
    strcpy(room, options);
    while (*(option = next_option(&rest)) != '\0') {
        char *kind = strpbrk(option, ":=~"), *text, *end;
        if (kind == NULL) {
            chart->failed = true;
            return;
        }
        text = kind + 1 + strspn(kind + 1, " ");
        for (end = kind; end > option && end[-1] == ' ';) end--;
        const char sort = *kind;
        *end = '\0';
        put(chart, object, option, meaning(sort, text, channels));
    }
}

void shy_chart_axis(shy_chart *chart, const char *orient, const char *options)
{
    const bool bottom = strcmp(orient, "bottom") == 0;
    json_t *axis = json_pack("{s:s, s:s, s:b, s:{s:s}}", "orient", orient, "scale", bottom ? "x" : "y", "aria", 0, //
                             "tickCount", "signal", bottom ? "ceil(width / 70)" : "ceil(height / 45)");

    if (bottom) {
        put(chart, axis, "title", json_pack("{s:s}", "signal", "xTitle"));
        put(chart, axis, "titleLimit", json_pack("{s:s}", "signal", "width"));
        put(chart, axis, "labelPadding", json_integer(7)); /* the two zeros of a corner do not touch, in tall letters neither */
    } else {
        /* The title of the vertical axis lies above it, where it can be read without turning the head. */
        put(chart, chart->spec, "title", json_pack("{s:{s:s}, s:{s:s}, s:b}", "text", "signal", "yTitle", "limit", "signal", "width", "aria", 0));
        put(chart, axis, "grid", json_true());
        put(chart, axis, "domain", json_false());
        put(chart, axis, "ticks", json_false());
        put(chart, axis, "labelPadding", json_integer(6));
    }
    read_options(chart, options, false, axis);
    append(chart, part(chart, "axes"), axis);
}

void shy_chart_plane(shy_chart *chart, shy_message x_title, shy_message y_title)
{
    shy_chart_title(chart, "xTitle", x_title);
    shy_chart_title(chart, "yTitle", y_title);
    shy_chart_scale(chart, "x", "linear", "width");
    shy_chart_scale(chart, "y", "linear", "height");
    shy_chart_axis(chart, "bottom", "");
    shy_chart_axis(chart, "left", "");
}

void shy_chart_mark(shy_chart *chart, const char *type, const char *data, const char *channels)
{
    json_t *mark = json_pack("{s:s, s:b, s:b, s:{s:{}}}", "type", type, "aria", 0, "interactive", strstr(channels, "tooltip") != NULL, "encode", "update");

    if (data != NULL) put(chart, mark, "from", json_pack("{s:s}", "data", data));
    read_options(chart, channels, true, json_object_get(json_object_get(mark, "encode"), "update"));
    append(chart, chart->marks, mark);
}

void shy_chart_clip(shy_chart *chart)
{
    put(chart, json_array_get(chart->marks, json_array_size(chart->marks) - 1), "clip", json_true());
}

void shy_chart_each(shy_chart *chart, const char *data, const char *field)
{
    json_t *group = json_pack("{s:s, s:b, s:b, s:{s:{s:s, s:s, s:s}}, s:{s:{s:{s:s}, s:{s:s}}}, s:[]}", "type", "group", "aria", 0, "interactive", 0, //
                              "from", "facet", "name", "part", "data", data, "groupby", field, "encode", "update", "width", "signal", "width", "height", "signal", "height", //
                              "marks");

    append(chart, chart->marks, group);
    chart->marks = json_object_get(group, "marks");
}

void shy_chart_each_end(shy_chart *chart)
{
    chart->marks = part(chart, "marks");
}

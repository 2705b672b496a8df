/* charts.c: the Vega specifications of all charts, by name. */
#include "shy_config.h"

#include "page/charts_impl.h"

static const struct {
    const char *name;
    json_t *(*make)(const shy_page *page);
} charts[] = {
    {"front", shy_chart_front},
    {"response", shy_chart_response},
    {"distribution", shy_chart_distribution},
    {"observed", shy_chart_observed},
    {"roc", shy_chart_roc},
    {"calibration", shy_chart_calibration},
    {"decision", shy_chart_decision},
    {"kaplan_meier", shy_chart_kaplan_meier},
    {"auc_t", shy_chart_auc_t},
    {"stability", shy_chart_stability},
    {"stability_factors", shy_chart_stability_factors},
    {"subgroups", shy_chart_subgroups},
    {"heat", shy_chart_heat},
    {"points", shy_chart_points},
    {"horizons", shy_chart_horizons},
    {"network", shy_chart_network},
};

/* NULL if memory runs out, which shy_html_json notices. */
json_t *shy_page_charts(const shy_page *page)
{
    json_t *all = json_object();

    for (size_t k = 0; k < sizeof charts / sizeof *charts; k++) {
        if (json_object_set_new(all, charts[k].name, charts[k].make(page)) == 0) continue;
        json_decref(all);
        return NULL;
    }
    return all;
}

/* metrics.c: what measures are called. */
#include "shy_config.h"

#include <string.h>

#include "page/html.h"

static const struct {
    const char *metric;
    shy_message name;
} names[] = {
    {"auc", SHY_MSG_METRIC_AUC},         {"c", SHY_MSG_METRIC_C},     {"uno_c", SHY_MSG_METRIC_UNO_C}, {"auc_t", SHY_MSG_METRIC_AUC_T},       {"ibs", SHY_MSG_METRIC_IBS},
    {"brier", SHY_MSG_METRIC_BRIER},     {"r2", SHY_MSG_METRIC_R2},   {"rmse", SHY_MSG_METRIC_RMSE},   {"deviance", SHY_MSG_METRIC_DEVIANCE}, {"explained", SHY_MSG_METRIC_EXPLAINED},
    {"concordance", SHY_MSG_METRIC_C},
};

const char *shy_metric_name(shy_language language, const char *metric)
{
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(names[k].metric, metric) == 0) return shy_message_text(language, names[k].name);
    return metric;
}

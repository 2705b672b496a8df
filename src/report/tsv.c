/* tsv.c: the front as tab-separated text, one row per formula, NA for what is not a number. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "report_impl.h"

void shy_report_tsv_text(shy_buffer *buffer, const char *text)
{
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++)
        shy_buffer_add(buffer, *p == '\t' || *p == '\n' || *p == '\r' ? " " : p, 1);
}

void shy_report_tsv_name(shy_buffer *buffer, const char *text)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};

    for (size_t k = 0; text != NULL && k < sizeof begins / sizeof *begins; k++)
        if (strncmp(text, begins[k], strlen(begins[k])) == 0) shy_buffer_text(buffer, "'");
    shy_report_tsv_text(buffer, text);
}

void shy_report_tsv_number(shy_buffer *buffer, double value)
{
    char text[40];

    shy_buffer_text(buffer, "\t");
    shy_buffer_text(buffer, isfinite(value) ? shy_text_shortest(value, text) : "NA");
}

/* Held-out performance of the search up to this complexity; significance of the formula. */
static void add_assessed(const shy_record *assessment, int complexity, shy_buffer *buffer)
{
    shy_report_tsv_number(buffer, shy_assessed(assessment, "nested.levels", complexity, "mean"));
    shy_report_tsv_number(buffer, shy_assessed(assessment, "nested.levels", complexity, "error"));
    shy_report_tsv_number(buffer, shy_assessed(assessment, "p_search.formulas", complexity, "p"));
}

static void add_row(const shy_results *results, const shy_entry *entry, shy_buffer *buffer)
{
    shy_buffer_format(buffer, "%d\t", entry->complexity);
    shy_report_tsv_text(buffer, entry->formula);
    for (int m = 0; results->metric_names[m] != NULL; m++)
        shy_report_tsv_number(buffer, entry->metric[m]);
    shy_report_tsv_number(buffer, entry->intercept);
    shy_report_tsv_number(buffer, entry->slope);
    if (results->treatment != NULL) shy_report_tsv_number(buffer, entry->interaction), shy_report_tsv_number(buffer, entry->interaction_error);
    shy_buffer_text(buffer, "\t");
    shy_report_tsv_name(buffer, entry->unit);
    shy_report_tsv_number(buffer, entry->statistic);
    shy_report_tsv_number(buffer, entry->loss);
    shy_report_tsv_number(buffer, entry->likelihood_ratio);
    shy_buffer_text(buffer, "\t");
    for (int f = 0; f < entry->factors_count; f++) {
        if (f > 0) shy_buffer_text(buffer, "; ");
        if (f > 0) shy_report_tsv_text(buffer, entry->factors[f]);
        else shy_report_tsv_name(buffer, entry->factors[f]);
    }
    shy_buffer_format(buffer, "\t%llu\t%s", (unsigned long long)entry->twins_count, shy_verdict_name(entry->verdict));
    if (results->assessment != NULL) add_assessed(results->assessment, entry->complexity, buffer);
    shy_buffer_text(buffer, "\n");
}

void shy_report_tsv(const shy_results *results, shy_buffer *buffer)
{
    shy_buffer_text(buffer, "complexity\tformula");
    for (int m = 0; results->metric_names[m] != NULL; m++)
        shy_buffer_format(buffer, "\t%s", results->metric_names[m]);
    shy_buffer_format(buffer, "\tintercept\tslope%s", results->treatment != NULL ? "\tinteraction\tinteraction_error" : "");
    shy_buffer_text(buffer, "\tunit\tstatistic\tloss\tlikelihood_ratio\tfactors\ttwins\tverdict");
    shy_buffer_text(buffer, results->assessment != NULL ? "\tnested\tnested_error\tp\n" : "\n");
    for (int i = 0; i < results->front_count; i++)
        add_row(results, results->front[i], buffer);
}

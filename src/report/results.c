/* results.c: the results in memory: freeing what they own. */
#include "shy_config.h"

#include "report_impl.h"

static void free_texts(char ***list, int count)
{
    for (int i = 0; *list != NULL && i < count; i++)
        shy_free(&(*list)[i]);
    shy_free(list);
}

static void free_entry(shy_entry *entry)
{
    shy_free(&entry->formula);
    shy_free(&entry->formula_short);
    shy_free(&entry->unit);
    shy_free(&entry->rounded);
    shy_imputed_free(&entry->imputed);
    shy_free(&entry->beside);
    shy_free(&entry->rounded_beside);
    free_texts(&entry->factors, entry->factors_count);
    free_texts(&entry->twins, entry->twins_listed);
}

void shy_results_free(shy_results *results)
{
    if (results == NULL) return;
    for (int l = 0; results->level != NULL && l < results->levels; l++) {
        for (int i = 0; results->level[l].entry != NULL && i < results->level[l].count; i++)
            free_entry(&results->level[l].entry[i]);
        shy_free(&results->level[l].entry);
    }
    shy_free(&results->level);
    shy_free(&results->front);
    shy_free(&results->target);
    shy_free(&results->outcome);
    shy_free(&results->outcome_kind);
    shy_free(&results->outcome_unit);
    shy_free(&results->positive);
    free_texts(&results->covariates, results->covariates_count);
    shy_free(&results->treatment);
    free_texts(&results->notes, results->notes_count);
    free_texts(&results->derived_name, results->derived_count);
    free_texts(&results->derived_words, results->derived_count);
    shy_record_free(&results->inputs);
    shy_record_free(&results->assessment);
    shy_record_free(&results->released);
    shy_record_free(&results->individual);
    shy_record_free(&results->performance);
    shy_free(&results->configuration);
    shy_free(&results->cohort_path);
    shy_free(&results->cohort_sha256);
    shy_free(&results->hardware);
    shy_free(&results->versions);
    *results = (shy_results){0};
}

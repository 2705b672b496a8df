/* checklist.h: items of a checklist, and what a run knows of them. */
#ifndef SHIHYO_PAGE_CHECKLIST_H
#define SHIHYO_PAGE_CHECKLIST_H

#include "page/prose.h"

/* Adds what the run knows; nothing if it knows nothing. */
typedef void (*shy_checklist_fill)(const shy_page *page, shy_buffer *text);

/* Without `fill`, or where it adds nothing, an item is open. `add`: what authors have to add; SHY_MESSAGES: nothing. `only`: the kind of outcome for which they do; NULL: any. */
typedef struct {
    const char *number;
    shy_message topic;
    shy_checklist_fill fill;
    shy_message add;
    const char *only;
} shy_checklist_item;

extern const shy_checklist_item shy_checklist_tripod[], shy_checklist_remark[]; /* ended by one without a number */

/* What runs know (checklist_facts.c). */
void shy_fact_aim(const shy_page *page, shy_buffer *text);
void shy_fact_source(const shy_page *page, shy_buffer *text);
void shy_fact_condition(const shy_page *page, shy_buffer *text);
void shy_fact_treatment(const shy_page *page, shy_buffer *text);
void shy_fact_preparation(const shy_page *page, shy_buffer *text);
void shy_fact_outcome(const shy_page *page, shy_buffer *text);
void shy_fact_candidates(const shy_page *page, shy_buffer *text);
void shy_fact_factors(const shy_page *page, shy_buffer *text);
void shy_fact_size(const shy_page *page, shy_buffer *text);
void shy_fact_missing(const shy_page *page, shy_buffer *text);
void shy_fact_use(const shy_page *page, shy_buffer *text);
void shy_fact_handling(const shy_page *page, shy_buffer *text);
void shy_fact_model(const shy_page *page, shy_buffer *text);
void shy_fact_clusters(const shy_page *page, shy_buffer *text);
void shy_fact_measures(const shy_page *page, shy_buffer *text);
void shy_fact_updating(const shy_page *page, shy_buffer *text);
void shy_fact_calculation(const shy_page *page, shy_buffer *text);
void shy_fact_imbalance(const shy_page *page, shy_buffer *text);
void shy_fact_subgroups(const shy_page *page, shy_buffer *text);
void shy_fact_output(const shy_page *page, shy_buffer *text);
void shy_fact_evaluation(const shy_page *page, shy_buffer *text);
void shy_fact_code(const shy_page *page, shy_buffer *text);
void shy_fact_flow(const shy_page *page, shy_buffer *text);
void shy_fact_characteristics(const shy_page *page, shy_buffer *text);
void shy_fact_other_cohort(const shy_page *page, shy_buffer *text);
void shy_fact_numbers(const shy_page *page, shy_buffer *text);
void shy_fact_specification(const shy_page *page, shy_buffer *text);
void shy_fact_performance(const shy_page *page, shy_buffer *text);
void shy_fact_limitations(const shy_page *page, shy_buffer *text);
void shy_fact_input(const shy_page *page, shy_buffer *text);
void shy_fact_next(const shy_page *page, shy_buffer *text);
void shy_fact_follow_up(const shy_page *page, shy_buffer *text);
void shy_fact_statistics(const shy_page *page, shy_buffer *text);
void shy_fact_cutpoints(const shy_page *page, shy_buffer *text);
void shy_fact_univariable(const shy_page *page, shy_buffer *text);
void shy_fact_beside(const shy_page *page, shy_buffer *text);
void shy_fact_further(const shy_page *page, shy_buffer *text);

#endif

/* html.h: HTML that cannot be broken by what stands in it. Whatever comes from data goes through shy_html_text or a message's argument. */
#ifndef SHIHYO_PAGE_HTML_H
#define SHIHYO_PAGE_HTML_H

#include "page/messages.h"
#include "shihyo/page.h"

/* A page while it is made; the first failure sticks in out->status. */
typedef struct {
    const json_t *document;
    shy_language language;
    shy_buffer *out;
    const json_t *target; /* in sections of a target; NULL in those that all share */
    size_t target_index;
} shy_page;

void shy_html_raw(shy_page *page, const char *literal);          /* markup of ours: a literal */
void shy_html_text(shy_page *page, const char *text);            /* escaped, also for the values of attributes in double quotes */
void shy_html_element(shy_page *page, const char *name, const char *class, const char *text); /* <name class="class">text</name>; class NULL: none */
/** A sentence of the catalogue; what stands in {braces} in it is replaced by the arguments, pairs of a name and a text, ended by NULL; both escaped. */
void shy_html_message(shy_page *page, shy_message message, ...) __attribute__((sentinel));
/** The same as an element. */
void shy_html_message_element(shy_page *page, const char *name, const char *class, shy_message message, ...) __attribute__((sentinel));
/** A value for a script between <script type="application/json"> and </script>: no "<" is left in it. */
void shy_html_json(shy_page *page, const json_t *value);

/* A section, <section id="t0-front" data-section="front"> with its <h2>; `name` is a word of ours. In it headings begin with h3. Ended by shy_html_end_section. */
void shy_html_begin_section(shy_page *page, const char *name, shy_message heading);
void shy_html_end_section(shy_page *page);
/* A box in which what is too wide scrolls, by keyboard too; its name is for screen readers. Ended by </div>. */
void shy_html_begin_scroll(shy_page *page, shy_message name);
/* The place of a chart: <figure class="chart" data-chart="name" data-target="0" data-formula="2">, formula < 0: of the target. Scripts fill it in. */
void shy_html_chart(shy_page *page, const char *name, int formula);
void shy_html_begin_chart(shy_page *page, const char *name, int formula); /* the same with something in it: the table of its numbers */
void shy_html_end_chart(shy_page *page);
void shy_html_uint(shy_page *page, uint64_t value); /* plain digits, as for attributes */

#define SHY_NUMBER_ROOM 48
/* Numbers for people; all return text. No number: an en dash. */
const char *shy_html_number(double value, int digits, char text[SHY_NUMBER_ROOM]);  /* significant digits; 1.5·10⁻⁷ where it must be */
const char *shy_html_fixed(double value, int decimals, char text[SHY_NUMBER_ROOM]);
const char *shy_html_measure(const char *metric, double value, char text[SHY_NUMBER_ROOM]); /* 0.790 of an AUC, 4 digits of a deviance */
const char *shy_html_error(const char *metric, double value, double error, char text[SHY_NUMBER_ROOM]); /* its error, to the digits of the value */
#define SHY_UNIT_ROOM 256
const char *shy_html_unit(const char *unit, char text[SHY_UNIT_ROOM]);              /* "kg/cm²" of "kg/cm2" and of "kg/cm^2" */
const char *shy_html_p(double p, char text[SHY_NUMBER_ROOM]);                       /* two digits; "< 0.0001" */
const char *shy_html_percent(double share, char text[SHY_NUMBER_ROOM]);
const char *shy_html_reached(double share, char text[SHY_NUMBER_ROOM]);             /* whole per cents that are reached, as the verdict has them: 97 % of 0.975 */
const char *shy_html_count(uint64_t count, char text[SHY_NUMBER_ROOM]);             /* with thousands apart */
const char *shy_metric_name(shy_language language, const char *metric);             /* "AUC"; the word itself if it has no other name */

/* ---- what is known of the formulas of a target (front.c) ---- */

/* Of one formula of the front; all borrowed, NULL where there is nothing. */
typedef struct {
    uint64_t complexity;
    double apparent;         /* of the metric below */
    const json_t *entry;     /* front.front[k] */
    const json_t *formula;   /* formulas[k]: mathml, constants, figures, … */
    const json_t *nested;    /* of nested.levels */
    const json_t *search;    /* of p_search.formulas */
    const json_t *stability; /* of stability.front */
} shy_page_facts;
shy_page_facts shy_page_facts_of(const json_t *target, size_t k);
size_t shy_page_chosen(const json_t *target);                                   /* the place of the chosen formula on the front */
const char *shy_page_metric(const json_t *target);                              /* by which the nested cross-validation judges, else the first; "" if none */
double shy_page_found_again(const shy_page_facts *facts);                       /* share of half samples with the formula or a relative; NaN: nothing is known */
void shy_page_search_p(shy_page *page, const shy_page_facts *facts);            /* "≤ 0.0099" */
void shy_page_mathematics(shy_page *page, const shy_page_facts *facts);         /* MathML, or the text */
void shy_page_nested_value(shy_page *page, const json_t *target, const json_t *level); /* "0.790 ± 0.010" of an object with mean and error */

/*
 * The sections of the page, in their order. Each writes a <section> with a heading, or nothing if the document has nothing for it. From verdict to
 * network: once for each target, of page->target; the others once.
 */
void shy_page_verdict(shy_page *page);    /* the verdict in words, what it rests on */
void shy_page_data(shy_page *page);       /* who, how many, what outcome, what was searched, what was left out and why */
void shy_page_front(shy_page *page);      /* the front: chart and table */
void shy_page_formula(shy_page *page);    /* everything that follows the selected formula */
void shy_page_two_axis(shy_page *page);
void shy_page_network(shy_page *page);

void shy_page_horizons(shy_page *page);   /* of all targets side by side */
void shy_page_glossary(shy_page *page);  /* how to read the page */
void shy_page_methods(shy_page *page);    /* a paragraph for a paper */
void shy_page_checklists(shy_page *page); /* TRIPOD+AI, REMARK */
void shy_page_settings(shy_page *page);   /* configuration, versions, seed */
void shy_page_released(shy_page *page);   /* what disclosure control left out */

void shy_page_stability(shy_page *page);  /* part of the section of the front */

/** The Vega specifications of all charts, by name, in the language of the page; data come from the document when a formula is selected. Owned. */
json_t *shy_page_charts(const shy_page *page);

#endif

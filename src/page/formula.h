/* formula.h: the parts of what is said of one formula. Each writes its own heading (h4), or nothing if nothing is known. */
#ifndef SHIHYO_PAGE_FORMULA_H
#define SHIHYO_PAGE_FORMULA_H

#include "page/html.h"

void shy_formula_model(shy_page *page, const shy_page_facts *f);     /* how a prediction follows from the formula's value */
void shy_formula_tiles(shy_page *page, const shy_page_facts *f);     /* the numbers that are asked for first */
void shy_formula_factors(shy_page *page, const shy_page_facts *f);   /* what each factor is */
void shy_formula_constants(shy_page *page, const shy_page_facts *f); /* fitted, with intervals, and rounded for the bedside */
void shy_formula_groups(shy_page *page, const shy_page_facts *f);    /* risk groups, of the chosen formula alone */
void shy_formula_contenders(shy_page *page, size_t k, const shy_page_facts *f);
void shy_formula_near(shy_page *page, size_t k, const shy_page_facts *f); /* twins, and formulas that say nearly the same */
void shy_formula_subgroups(shy_page *page, size_t k, const shy_page_facts *f);

#endif

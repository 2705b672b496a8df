/* What the table of units and the text of units share. Private to expr. */
#ifndef SHIHYO_EXPR_UNITS_IMPL_H
#define SHIHYO_EXPR_UNITS_IMPL_H

#include "shihyo/expr.h"

#define SHY_UNIT_TERMS_MAX 16
#define SHY_UNIT_BASES_MAX 32767
#define SHY_UNIT_EIGHTHS_MAX 8000 /* exponents up to ±1000 */

typedef struct {
    int16_t base;    /* number of its spelling */
    int16_t eighths; /* the exponent times 8, never 0 */
} shy_unit_term;

/** A product of powers of base units, sorted by base. */
typedef struct {
    int count;
    shy_unit_term term[SHY_UNIT_TERMS_MAX];
} shy_unit_terms;

/** Number of a base unit by its spelling (`length` bytes), entered if it is new. */
shy_status shy_units_base(shy_units *units, const char *spelling, size_t length, int16_t *base_out);
/** Multiplies by base^(eighths/8). SHY_INPUT, without a message: too many terms, or a large exponent. */
shy_status shy_unit_terms_add(shy_unit_terms *terms, int16_t base, int eighths);
/** Number of the unit with these terms. If it is new it is entered under the user's spelling, or one of its own for NULL. */
shy_status shy_units_intern(shy_units *units, const shy_unit_terms *terms, const char *spelling, shy_unit *unit_out);
/** "kg m2/s": the text that shy_unit_parse reads as these terms; "1" for none. Owned. */
shy_status shy_unit_terms_text(const shy_unit_terms *terms, const char *const *base, char **text_out);

#endif

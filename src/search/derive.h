/* Derived factors, column by column. */
#ifndef SHY_DERIVE_H
#define SHY_DERIVE_H

#include "shihyo/search.h"

/* values[i] = shy_derive(how, values[i]). Cannot fail. */
void shy_derive_rows(const shy_derivation *how, uint64_t rows, double *values);

#endif

/* What the files of the store of columns share. */
#ifndef SHY_COLUMNS_IMPL_H
#define SHY_COLUMNS_IMPL_H

#include "columns.h"

/* ---- columns_read.c: columns from the file ------------------------------------------------------------------------- */

typedef struct shy_reader shy_reader;
shy_status shy_reader_create(const shy_columns_source *source, shy_reader **reader_out);
void shy_reader_destroy(shy_reader **reader);
/* values[k·rows + i] of the factors first … first+count−1, however many. */
shy_status shy_reader_read(shy_reader *reader, int first, int count, double *values);
/* A band of the file, decompressed, is kept for the next reads if it takes at most `bytes`. */
shy_status shy_reader_keep_band(shy_reader *reader, uint64_t bytes);

/* ---- columns_cache.c: blocks of columns, those used last --------------------------------------------------------------- */

typedef struct shy_column_cache shy_column_cache;
shy_status shy_column_cache_create(shy_reader *reader, const shy_columns_source *source, shy_column_cache **cache_out);
void shy_column_cache_destroy(shy_column_cache **cache);
shy_status shy_column_cache_get(shy_column_cache *cache, const uint32_t *factor, int count, const double **column_out);

shy_status shy_columns_get_extended(shy_columns *columns, const uint32_t *factor, int count, const double **column_out);

struct shy_columns {
    shy_columns_source source;
    size_t rows;
    const double *value;      /* factors × rows if resident, else NULL */
    double *own;              /* the same, where it is ours to fill */
    shy_shared *shared;       /* what holds it: the node's … */
    double *alone;            /* … or this rank's */
    shy_reader *reader;
    shy_column_cache *cache;
    shy_columns *base;        /* columns_extend.c: holds the first source.factors columns; `value` the further ones */
};

#endif

/**
 * data: the cohort file and its readers. Knows no formula.
 *
 * Floor 2. The only module that names HDF5 and zlib. A cohort is one HDF5 file: factor-major values (one row of the
 * dataset per column of the table), chunked and compressed, readable by row blocks and by column panels in parallel.
 */
#ifndef SHIHYO_DATA_H
#define SHIHYO_DATA_H

#include "shihyo/base.h"
#include "shihyo/par.h"

typedef enum {
    SHY_KIND_NUMERIC,
    SHY_KIND_BINARY,      /* two levels; stored 0/1; levels named (level 1 = the second in sorted order, or "1", "yes", "true") */
    SHY_KIND_CATEGORICAL, /* text levels; stored as level number 0, 1, …; levels named, sorted */
    SHY_KIND_IDENTIFIER,  /* text; not a factor; unique */
    SHY_KIND_TIME,        /* numeric, follow-up time; not a factor */
    SHY_KIND_EVENT        /* 0/1; not a factor */
} shy_kind;
const char *shy_kind_name(shy_kind kind);
bool shy_kind_parse(const char *text, shy_kind *kind_out);

typedef struct {
    const char *name;     /* UTF-8, unique */
    const char *unit;     /* "" if unknown; "1" if dimensionless */
    const char *modality; /* "clinical" unless the schema says otherwise */
    shy_kind kind;
    uint64_t missing;     /* number of missing values */
    double minimum, maximum, mean; /* over present values; NaN if none (identifiers: NaN) */
    int levels;           /* of binary and categorical columns, else 0 */
    const char *const *level_names;
} shy_column;

/* ---- import (serial: one process) ------------------------------------------------------------------------------ */

typedef struct {
    const char *const *tables; /* paths of CSV or TSV files, gzip allowed */
    int tables_count;
    const char *schema;        /* path of a YAML schema, or NULL */
    const char *save_schema;   /* where to write the schema in force, or NULL */
    const char *join;          /* identifier column on which several tables join; NULL for one table */
    const char *const *missing; /* the user's missing codes besides "", NA, NaN, "." */
    int missing_count;
    const char *output;        /* cohort file; written to a temporary beside it, then renamed */
    bool overwrite;
    bool quiet;                /* do not print the table of what was inferred */
    uint64_t memory;           /* bytes the import may hold; 0 = default (512 MiB) */
    uint64_t align;            /* chunks of 64 KiB or more begin at a multiple of so many bytes; 0 = default (4 KiB), 1 = anywhere */
} shy_import_options;
/** Reads, infers, joins, writes; prints the inferred table and who matched to `report`. Never holds the whole table. Not collective. */
shy_status shy_cohort_import(const shy_import_options *options, FILE *report);

/* ---- tables row by row (serial), as the import reads them ---------------------------------------------------------- */

/** What a cell of a table can be. */
typedef enum { SHY_CELL_MISSING, SHY_CELL_NUMBER, SHY_CELL_INFINITE, SHY_CELL_TEXT } shy_cell;

typedef struct {
    uint64_t row, line; /* of data: 1, 2, …; of the file */
    int64_t column;     /* 0, 1, … */
    shy_cell kind;
    double value;       /* of a NUMBER */
    const char *text;   /* without its quotes and the blanks around it; lives until the next cell */
    size_t length;
} shy_sheet_cell;

/** `cell` is called for every cell of the columns that are wanted, in order, and `row` when a row is complete and not ragged. What they return ends the visit. */
typedef struct {
    shy_status (*cell)(void *context, const shy_sheet_cell *cell);
    shy_status (*row)(void *context, uint64_t row);
    void *context;
} shy_sheet_visitor;

typedef struct shy_sheet shy_sheet; /* a CSV or TSV file, gzip allowed */

/** Reads the heading: names, and units in brackets. missing: codes besides "", NA, NaN, "."; both are borrowed, like path. SHY_IO, SHY_INPUT. */
shy_status shy_sheet_open(const char *path, const char *const *missing, int missing_count, shy_sheet **sheet_out);
void shy_sheet_close(shy_sheet **sheet);
int64_t shy_sheet_columns(const shy_sheet *sheet);
const char *shy_sheet_name(const shy_sheet *sheet, int64_t column);
const char *shy_sheet_unit(const shy_sheet *sheet, int64_t column);    /* "" if there is none */
int64_t shy_sheet_find(const shy_sheet *sheet, const char *name);      /* −1 if none */
const char *shy_sheet_nearest(const shy_sheet *sheet, const char *name); /* for messages; NULL if none is near */
int64_t shy_sheet_identifier(const shy_sheet *sheet);                  /* the first column that is called as identifiers are; −1 if none */
void shy_sheet_want(shy_sheet *sheet, int64_t column);
/** Passes over the rows, in memory that does not grow with the file. SHY_INPUT on a ragged row, an unclosed quote, a zero byte, a damaged gzip stream. */
shy_status shy_sheet_visit(shy_sheet *sheet, const shy_sheet_visitor *visitor);

/* ---- cohort (collective) --------------------------------------------------------------------------------------- */

typedef struct shy_cohort shy_cohort; /* opaque; open on all ranks of a team */

shy_status shy_cohort_open(const shy_team *team, const char *path, shy_cohort **cohort_out); /* collective */
void shy_cohort_close(shy_cohort **cohort);                                                  /* collective */
uint64_t shy_cohort_rows(const shy_cohort *cohort);
int64_t shy_cohort_columns(const shy_cohort *cohort);
shy_column shy_cohort_column(const shy_cohort *cohort, int64_t index);        /* its texts borrowed from the cohort */
int64_t shy_cohort_find(const shy_cohort *cohort, const char *name);          /* −1 if none */
const char *shy_cohort_nearest(const shy_cohort *cohort, const char *name);   /* for messages; NULL if none is near */
const char *shy_cohort_sha256(const shy_cohort *cohort);                      /* of the cohort file */
const char *shy_cohort_provenance(const shy_cohort *cohort);                  /* JSON text: sources, SHA-256, options, version */

/**
 * Values of the columns `index[0..count)` for the rows first … first+rows−1: values[k·rows + i], fp64, missing = NaN.
 * Identifier columns are refused (SHY_INTERNAL). Collective over team->world (each rank its own rows; rows may be 0).
 */
shy_status shy_cohort_read(shy_cohort *cohort, const int64_t *index, int64_t count, uint64_t first, uint64_t rows, double *values);
/**
 * The same for one rank: not collective, each rank may read other columns than the others, or none, at any time. Fails with SHY_IO.
 *
 * Columns lie in bands in the file (shy_cohort_band: columns of one band have equal numbers, of later ones larger numbers; −1:
 * an identifier). A band is decompressed as a whole: its columns cost together what one of them costs. shy_cohort_cache sets how
 * many bytes of decompressed values are kept for reads that follow (charged, shy_memory_charge): shy_cohort_band_bytes
 * for a band of so many rows of the cohort.
 */
shy_status shy_cohort_read_alone(shy_cohort *cohort, const int64_t *index, int64_t count, uint64_t first, uint64_t rows, double *values);
int64_t shy_cohort_band(const shy_cohort *cohort, int64_t index);
uint64_t shy_cohort_band_bytes(const shy_cohort *cohort, uint64_t rows);
shy_status shy_cohort_cache(shy_cohort *cohort, uint64_t bytes);
/** Identifiers of rows first … as owned array of `rows` owned strings (free each). Collective. Row numbers ("1", …) if the cohort has none. */
shy_status shy_cohort_read_identifiers(shy_cohort *cohort, uint64_t first, uint64_t rows, char ***identifiers_out);

/** Prints what is in it: size, provenance, and a table of columns (at most `limit`, 0 = all). Rank 0 prints. Collective. */
shy_status shy_cohort_print(shy_cohort *cohort, FILE *stream, int64_t limit);

/* ---- row filter: `age >= 18 and sex == female` ----------------------------------------------------------------- */

/**
 * A condition over columns: comparisons (== != < <= > >=) of a column with a number, a level or a quoted text, `is missing`,
 * `is present`, and / or / not, parentheses. A comparison with a missing value is false. Unknown columns or levels and
 * misplaced words are SHY_INPUT, the message naming the position, the word, and the nearest valid name.
 */
typedef struct shy_filter shy_filter;
shy_status shy_filter_parse(const shy_cohort *cohort, const char *text, shy_filter **filter_out); /* "" keeps all rows; not collective */
void shy_filter_free(shy_filter **filter);
/** The columns the filter reads (borrowed); then keep[i] = verdict given values[k·rows + i] of those columns. Cannot fail. */
int64_t shy_filter_columns(const shy_filter *filter, const int64_t **index_out);
void shy_filter_apply(const shy_filter *filter, const double *values, uint64_t rows, uint8_t *keep);

void shy_data_describe(char *text, size_t size); /* "HDF5 1.10.8 (parallel), zlib 1.2.13" */

#endif

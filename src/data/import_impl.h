/* import_impl.h: what the steps of an import share: tables, columns, the schema, and the plan of who stands where. */
#ifndef SHIHYO_DATA_IMPORT_IMPL_H
#define SHIHYO_DATA_IMPORT_IMPL_H

#include "reader.h"
#include "shihyo/data.h"
#include "text_impl.h"

enum {
    SHY_LEVELS_INFERRED = 50,    /* a text with more levels is no category unless the schema says so */
    SHY_LEVELS_DECLARED = 10000, /* more than this are not levels */
    SHY_IDENTIFIERS_MAX = 16,    /* columns whose texts are kept as they are */
    SHY_NAME_BYTES = 1000        /* the longest name, level or identifier */
};

/* ---- the schema (schema.c, schema_save.c) ------------------------------------------------------------------------ */

/** What a schema says about the columns whose name matches; what it does not say is −1 or NULL or empty. */
typedef struct {
    char *name;     /* a name, or a pattern with * and ? */
    int kind;       /* a shy_kind, SHY_KIND_SKIP, or −1 */
    char *unit;     /* or NULL */
    char *modality; /* or NULL */
    char **levels;  /* in the order of their numbers */
    int levels_count;
    char **codes; /* missing codes of these columns */
    int codes_count;
    shy_missing missing; /* made of codes */
    uint64_t line;
    uint64_t used; /* columns that matched */
} shy_rule;

enum { SHY_KIND_SKIP = 100 }; /* the column is left out of the cohort */

typedef struct {
    shy_rule *rule;
    uint64_t count, room;
    shy_words names; /* of the rules: the number of a name is that of its rule */
    char **codes;    /* missing codes of all columns */
    int codes_count;
} shy_schema;

shy_status shy_schema_read(const char *path, shy_schema **schema_out);
void shy_schema_free(shy_schema **schema);
/**
 * The rule for a column of this name: the one with just this name, or the first whose pattern matches. NULL if none.
 */
shy_rule *shy_schema_rule(shy_schema *schema, const char *name);

/* ---- columns and tables ------------------------------------------------------------------------------------------ */

/**
 * What is seen of a column in the first pass, and only of columns that need it: texts, identifiers, declared levels.
 */
typedef struct {
    shy_words words; /* distinct texts, given up (free) when there are too many that repeat */
    bool given_up;
    bool late;                            /* numbers came before the first text: the words are incomplete */
    bool repeated;                        /* some word came twice */
    uint64_t texts;                       /* cells that are no number */
    uint64_t text_row, text_line;         /* of the first of them */
    char text[48];                        /* and what it says, perhaps cut */
    uint64_t infinite_row, infinite_line; /* 0 if none */
    char infinite[16];
    int *code;          /* level number of each word, once the levels are decided; owned */
    const char **level; /* level names in order; owned array of borrowed texts */
    int levels;
} shy_texts;

enum { /* of the numbers of a column, as bits */
       SHY_SEEN_FRACTION = 1,
       SHY_SEEN_NEGATIVE = 2,
       SHY_SEEN_BEYOND = 4 /* something else than a whole number of 0 … 63 */
};

typedef struct {
    int64_t name_word, unit_word;       /* in the words of the import */
    const char *name, *unit, *modality; /* borrowed from there or from the schema; set once all headings are read */
    shy_rule *rule;                     /* or NULL */
    shy_texts *texts;                   /* or NULL */
    const char *remark;                 /* for the reader of the inferred table, or NULL; borrowed */
    uint64_t numbers, missing_cells;    /* first pass */
    uint64_t small;                     /* which of 0 … 63 came */
    uint64_t missing;                   /* second pass: over the rows of the cohort */
    double minimum, maximum, sum;
    int64_t slot; /* row of the dataset of values, −1 if it has none */
    int kind;     /* a shy_kind, SHY_KIND_SKIP, or −1 while unknown */
    uint8_t seen;
    bool decided;
    bool joined; /* the join column of a later table: it is in the cohort already */
    bool again;  /* the first pass has to see its texts once more */
} shy_import_column;

typedef struct {
    const char *path, *name; /* name: the path without directories */
    char sha256[65];
    uint64_t bytes, rows;
    char separator;
    int64_t first, count; /* its columns */
    int64_t join;         /* index of the join column among all columns, −1 if none */
    int64_t first_slot, slots;
    int64_t *target; /* row of the cohort for each row of the table, −1 if it is left out; NULL: the same */
    bool ordered;    /* targets ascend */
    uint64_t matched;
} shy_import_table;

typedef struct {
    const shy_import_options *options;
    FILE *report;
    uint64_t memory;
    shy_schema *schema; /* or NULL */
    shy_missing missing;
    shy_import_table *table;
    int tables;
    shy_import_column *column;
    int64_t columns, columns_room;
    shy_words names, units;
    uint64_t rows; /* of the cohort */
    int64_t slots;
    uint64_t words_bytes; /* held by all texts */
    char schema_sha256[65];
} shy_import;

/**
 * Reads the headings of all tables: names, units, rules. Fails on duplicate and invalid names, and on rules that match
 * nothing.
 */
shy_status shy_import_headings(shy_import *import);
/** First pass over a table: what its columns hold. `again`: only those marked so. */
shy_status shy_import_scan(shy_import *import, shy_import_table *table, bool again);
/** The name is one that numbers people, samples or records usually have. */
bool shy_name_like_identifier(const char *name);
/** Decides the kinds of the columns of a table and their levels; *again_out: some need to be scanned once more. */
shy_status shy_import_infer(shy_import *import, shy_import_table *table, bool *again_out);
/** Once all tables are inferred: follow-up times and events, which are told apart by name and only as a pair. */
void shy_import_infer_survival(shy_import *import);
/** Level numbers of the words of a column. */
shy_status shy_texts_order(shy_texts *texts, bool given_order);
/** Says which row of the cohort each row of each table becomes, and reports who matched. */
shy_status shy_import_join(shy_import *import);
/** The column as it will stand in the cohort, for printing and writing. */
void shy_import_view(const shy_import *import, int64_t index, shy_column *column_out);
shy_status shy_schema_save(const shy_import *import, const char *path);
/** JSON text: sources, options, version. Owned. */
shy_status shy_import_provenance(const shy_import *import, char **text_out);

/**
 * Calls `take` for every cell of the rows of data, in order. Checks that no row is ragged, and counts the rows.
 * `begin` is called before each row with its number (0, 1, …); it may be NULL.
 */
typedef struct {
    const shy_reader *reader;
    uint64_t row;   /* 0, 1, … */
    int64_t column; /* among all columns */
    const char *text;
    size_t length;
} shy_cell_place;
typedef struct {
    shy_status (*begin)(void *context, uint64_t row);
    shy_status (*take)(void *context, const shy_cell_place *place);
    void *context;
} shy_visitor;
shy_status shy_import_visit(const shy_import_table *table, const shy_visitor *visitor, uint64_t *rows_out);

/** The level a text is stored as: −1 if the column has no such level. */
int shy_texts_level(const shy_texts *texts, const char *text, size_t length);

#endif

/**
 * config: what a search is told to do. One table of keys drives the file, --set, the help, the manual page, the example
 * configuration and the effective configuration that goes into the results.
 */
#ifndef SHIHYO_APP_CONFIG_H
#define SHIHYO_APP_CONFIG_H

#include "shihyo/base.h"
#include "shihyo/expr.h"

/* ---- the table of keys ------------------------------------------------------------------------------------------- */

/** Keys in the order of the help. Those of one section stand together: they become one mapping of the YAML. */
enum {
    SHY_KEY_COHORT,
    SHY_KEY_OUTCOME_COLUMN,
    SHY_KEY_OUTCOME_COLUMNS,
    SHY_KEY_OUTCOME_KIND,
    SHY_KEY_OUTCOME_POSITIVE,
    SHY_KEY_OUTCOME_TIME,
    SHY_KEY_OUTCOME_EVENT,
    SHY_KEY_OUTCOME_ENTRY,
    SHY_KEY_OUTCOME_HORIZONS,
    SHY_KEY_OUTCOME_STRATA,
    SHY_KEY_OUTCOME_SET,
    SHY_KEY_OUTCOME_WEIGHT,
    SHY_KEY_OUTCOME_EXPOSURE,
    SHY_KEY_OUTCOME_COVARIATES,
    SHY_KEY_OUTCOME_COVARIATES_MISSING,
    SHY_KEY_OUTCOME_INTERACTION,
    SHY_KEY_SAMPLES_WHERE,
    SHY_KEY_FACTORS_INCLUDE,
    SHY_KEY_FACTORS_EXCLUDE,
    SHY_KEY_FACTORS_MAX,
    SHY_KEY_FACTORS_CATEGORIES,
    SHY_KEY_FACTORS_ORDERED,
    SHY_KEY_FACTORS_RARE,
    SHY_KEY_FACTORS_RANGE,
    SHY_KEY_FACTORS_WINSORISE,
    SHY_KEY_FACTORS_WINSORISED,
    SHY_KEY_MISSING_METHOD,
    SHY_KEY_MISSING_COMPLETE, /* these four in the order of shy_missing */
    SHY_KEY_MISSING_MEDIAN,
    SHY_KEY_MISSING_INDICATOR,
    SHY_KEY_MISSING_MULTIPLE,
    SHY_KEY_MISSING_MOST,
    SHY_KEY_MISSING_SETS,
    SHY_KEY_MISSING_SWEEPS,
    SHY_KEY_GRAMMAR_OPERATORS,
    SHY_KEY_GRAMMAR_CONSTANTS,
    SHY_KEY_GRAMMAR_MAX_COMPLEXITY,
    SHY_KEY_GRAMMAR_MAX_OPERAND,
    SHY_KEY_GRAMMAR_UNITS,
    SHY_KEY_GRAMMAR_FORBID,
    SHY_KEY_GRAMMAR_MAX_CONSTANTS,
    SHY_KEY_GRAMMAR_TRANSFORMS,
    SHY_KEY_GRAMMAR_MOST,
    SHY_KEY_GRAMMAR_MUST_CONTAIN,
    SHY_KEY_GRAMMAR_DIRECTION,
    SHY_KEY_GRAMMAR_TEMPLATES,
    SHY_KEY_GRAMMAR_TEMPLATES_REQUIRED,
    SHY_KEY_GRAMMAR_COMPLEXITY, /* + operator: one key for each weight */
    SHY_KEY_CONSTANTS_POLISH = SHY_KEY_GRAMMAR_COMPLEXITY + SHY_OPS,
    SHY_KEY_CONSTANTS_INNER,
    SHY_KEY_CONSTANTS_TOLERANCE,
    SHY_KEY_SEARCH_KEEP,
    SHY_KEY_SEARCH_PRECISION,
    SHY_KEY_SEARCH_SCREEN_ROWS,
    SHY_KEY_SEARCH_PASSES,
    SHY_KEY_SEARCH_PASS_KEEP,
    SHY_KEY_SEARCH_PASS_COMPLEXITY,
    SHY_KEY_SEARCH_TERMS,
    SHY_KEY_SEARCH_TERMS_KEEP,
    SHY_KEY_SEARCH_TERMS_FACTORS,
    SHY_KEY_VALIDATION_LEVEL,
    SHY_KEY_VALIDATION_FOLDS,
    SHY_KEY_VALIDATION_REPEATS,
    SHY_KEY_VALIDATION_BY,
    SHY_KEY_VALIDATION_STRATA,
    SHY_KEY_VALIDATION_RULE,
    SHY_KEY_PERMUTATIONS,
    SHY_KEY_STABILITY_RESAMPLES,
    SHY_KEY_COMPARE,
    SHY_KEY_REFERENCES,
    SHY_KEY_GROUPS_COUNT,
    SHY_KEY_GROUPS_METHOD,
    SHY_KEY_PARALLEL_ROW_BLOCKS,
    SHY_KEY_PARALLEL_MEMORY,
    SHY_KEY_PARALLEL_TILE,
    SHY_KEY_RUN_CHECKPOINT,
    SHY_KEY_RUN_MAX_TIME,
    SHY_KEY_RUN_MARGIN,
    SHY_KEY_RUN_WATCHDOG,
    SHY_KEY_REPORT_INTERVAL,
    SHY_KEY_REPORT_SDC,
    SHY_KEY_REPORT_INDIVIDUAL,
    SHY_KEY_OUTPUT,
    SHY_KEY_SEED,
    SHY_KEYS
};

typedef enum {
    SHY_KEY_IS_TEXT,
    SHY_KEY_IS_CHOICE,       /* one of choices */
    SHY_KEY_IS_INTEGER,      /* from lowest to highest */
    SHY_KEY_IS_AUTO_INTEGER, /* that, or "auto" */
    SHY_KEY_IS_NUMBER,       /* from lowest to highest */
    SHY_KEY_IS_SIZE,         /* "auto", or bytes with a unit: "4GiB" */
    SHY_KEY_IS_DURATION,     /* one of choices, if there are any, or a time with units: "3h30m" */
    SHY_KEY_IS_LIST,         /* of texts */
    SHY_KEY_IS_CHOICES,      /* a list of choices */
    SHY_KEY_IS_PATTERNS,     /* a list of forbidden nestings: "log(log)" */
    SHY_KEY_IS_RANGES,       /* a list of plausible ranges: "bili in 0.1..50" */
    SHY_KEY_IS_LISTS_OF,     /* a mapping of names and patterns to lists of choices; each pair is an item "name: a, b" */
    SHY_KEY_IS_INTEGER_OF,   /* … to integers from lowest to highest: "name: 1" */
    SHY_KEY_IS_CHOICE_OF,    /* … to one of choices */
    SHY_KEY_IS_BASELINES     /* a list of formulas and of mappings {name, formula} or {name, column}; a mapping is an item as shy_baseline_text writes it */
} shy_key_type;

#define SHY_CHOICES_MAX 32

typedef struct {
    const char *name; /* "grammar.max_complexity" */
    shy_key_type type;
    double lowest, highest;
    size_t (*choices)(const char **names); /* fills at most SHY_CHOICES_MAX names, returns how many */
    const char *fallback;                  /* as text, a list as "[a, b]"; "" for none; NULL: the key is required */
    const char *help;                      /* a sentence or two */
    const char *example;                   /* for the example configuration where there is no fallback; or NULL */
} shy_key;

const shy_key *shy_key_get(int key);
bool shy_key_is_list(const shy_key *key);    /* its value has items */
bool shy_key_is_mapping(const shy_key *key); /* they are pairs */
/**
 * The results depend on it, so that a run that is gone on with must have the value it began with. Of the cohort it is the content that counts, which
 * has a checksum: the path does not matter.
 */
bool shy_key_matters(int key);
bool shy_key_is_walked(const shy_key *key);  /* libcyaml has no schema for it: config_walk.c reads it */
int shy_key_find(const char *name);        /* −1 if none */
bool shy_key_is_section(const char *name); /* "grammar", "grammar.complexity" */
/** The key a user may have meant by an unknown one, or NULL: the same last word in another section, else the nearest name. */
const char *shy_key_nearest(const char *name);
/** What the key accepts, for people: "an integer from 1 to 48", "one of fitted, none". Returns text. */
const char *shy_key_accepts(int key, char *text, size_t size);
/**
 * SHY_INPUT unless `text` is a value (of a list: an element) the key accepts. The message starts with `where`
 * ("run.yaml:12:15" or "--set") and says what was found and what is accepted.
 */
shy_status shy_key_judge(int key, const char *text, const char *where);
/** Bytes of "4GiB", "512 MiB", "1.5 GB", "1048576B"; false if it is not a size. */
bool shy_size_parse(const char *text, uint64_t *bytes_out);
/**
 * Seconds of "90s", "45min", "3h30m", "1d", or as Slurm writes them, "50:00" (minutes and seconds), "12:00:00", "1-12", "1-12:00", "1-12:00:00"; false if it is
 * no such text. A number without a unit is none, except 0: people differ on what it would be.
 */
bool shy_duration_parse(const char *text, double *seconds_out);

/* ---- a configuration --------------------------------------------------------------------------------------------- */

/** A value as read: scalars have text, lists items. Laid out for libcyaml: see config_yaml.c. */
typedef struct {
    char *text;
    char **item;
    unsigned count;
} shy_value;

typedef struct {
    shy_value value[SHY_KEYS];
} shy_config;

shy_status shy_config_create(shy_config **config_out); /* all defaults; owned */
void shy_config_free(shy_config **config);
/** The text of a configuration file, of at most 1 MiB. Owned. SHY_IO, SHY_INPUT. */
shy_status shy_config_file(const char *path, char **text_out, uint64_t *length_out);
/** Reads YAML text over what is there. `path` is for messages. SHY_INPUT with file, line, column, and what is valid. */
shy_status shy_config_parse(shy_config *config, const char *path, const char *text, size_t length);
/** "grammar.max_complexity=5", "factors.include=[age, bmi]" or "…=age,bmi", "grammar.complexity={log: 2}" or "…complexity.log=2". */
shy_status shy_config_set(shy_config *config, const char *assignment);
/** Required keys are there. `path` is for the message. */
shy_status shy_config_check(const shy_config *config, const char *path);
/** The effective configuration as YAML that shy_config_parse reads back to the same. Owned. */
shy_status shy_config_save(const shy_config *config, char **yaml_out);

const char *shy_config_text(const shy_config *config, int key); /* "" if unset; borrowed */
int64_t shy_config_integer(const shy_config *config, int key);  /* 0 for "auto" */
double shy_config_number(const shy_config *config, int key);
uint64_t shy_config_bytes(const shy_config *config, int key);                          /* 0 for "auto" */
double shy_config_duration(const shy_config *config, int key); /* seconds; −1 for "auto" and other words */
const char *const *shy_config_list(const shy_config *config, int key, int *count_out); /* borrowed */
/** The two parts of an item "name: value" of a mapping: how long the name is, and where the value begins. False if it has no colon. */
bool shy_pair_split(const char *item, size_t *name_length_out, const char **value_out);
/** What formulas are to be compared with: an item of compare. Texts owned; `name` NULL if none was given, one of the others always. */
typedef struct {
    char *name, *formula, *column;
} shy_baseline_item;
/** Reads an item: "weight / height", or "{name: Mayo, formula: max(a, b)}", "{column: score}", with quotes or without. SHY_INPUT if it is none. */
shy_status shy_baseline_read(const char *item, shy_baseline_item *read_out);
/** A text that shy_baseline_read reads back. Owned. */
shy_status shy_baseline_text(const shy_baseline_item *item, char **text_out);
/** Sets the member of that name, "formula"; SHY_INPUT if there is none of that name, it has a value already, or the value is empty. */
shy_status shy_baseline_set(shy_baseline_item *item, const char *name, const char *value);
void shy_baseline_clear(shy_baseline_item *item);
/** Calls for each word of "a, b", "[a, b]" or "a b" in turn: *text moves on. False at the end. `word` has `size` bytes. */
bool shy_words_next(const char **text, char *word, size_t size);
shy_status shy_config_grammar(const shy_config *config, shy_grammar *grammar_out);

/** Does the key have the same value in both? */
bool shy_config_equal(const shy_config *a, const shy_config *b, int key);
/** The value as text, a list as "[a, b]". Owned. */
shy_status shy_config_print(const shy_config *config, int key, char **text_out);

/* what the files of config share */
shy_status shy_value_set_text(shy_value *value, const char *text);
shy_status shy_value_add_item(shy_value *value, const char *text, size_t length);
void shy_value_clear(shy_value *value);
/** A list as text: "[a, b]", with or without brackets, items quoted or not. Items are added to `value`. */
shy_status shy_value_read_list(shy_value *value, const char *text);
/** The same for baselines, whose items may hold commas within parentheses, braces and backquotes. */
shy_status shy_value_read_baselines(shy_value *value, const char *text);
/**
 * Walks the document for names, shapes and values, each with its position; sets present[key] for those it holds, and the values of mappings,
 * which libcyaml has no schema for.
 */
shy_status shy_config_walk(const char *path, const char *text, size_t length, bool *present, shy_config *mappings);

/* ---- what people read about the keys ------------------------------------------------------------------------------ */

void shy_config_print_keys(FILE *stream);    /* shihyo help keys */
void shy_config_print_manual(FILE *stream);  /* the same as a section of the manual page */
void shy_config_print_example(FILE *stream); /* config/search.yaml: every key with its default and a comment */

#endif

/*
 * text_impl.h: what the files of data share about texts: cells of a table, words without repetition, tables for
 * people.
 */
#ifndef SHIHYO_DATA_TEXT_IMPL_H
#define SHIHYO_DATA_TEXT_IMPL_H

#include "shihyo/data.h"

/* ---- cells (cell.c) ---------------------------------------------------------------------------------------------- */

/** Missing codes beside the built-in ones. A code that is a number is met by every way to write that number. */
typedef struct {
    const char **text; /* owned array of borrowed texts */
    double *value;     /* NaN where the code is not a number; owned */
    int count;
} shy_missing;

shy_status shy_missing_add(shy_missing *missing, const char *code);
void shy_missing_free(shy_missing *missing);

/** Cuts blanks off both ends; *length counts bytes, and text[*length] becomes NUL. Returns the first byte. */
char *shy_cell_trim(char *text, size_t *length);
/**
 * Says what a trimmed cell is, and its value if it is a number. `more` (may be NULL) are codes of the column itself.
 */
shy_cell shy_cell_read(const char *text, size_t length, const shy_missing *codes, const shy_missing *more,
                       double *value_out);
/** The whole text is well-formed UTF-8 without characters that control a terminal, end a line or turn its direction. */
bool shy_utf8_valid(const char *text, size_t length);

/* ---- words: texts without repetition, numbered in the order of their coming (words.c) ---------------------------- */

typedef struct {
    char *bytes; /* all words, each followed by a NUL */
    size_t used, room;
    uint64_t *start; /* of word k in bytes */
    uint64_t count, start_room;
    uint64_t *slot; /* open addressing: 1 + word number, 0 if empty */
    uint64_t slots; /* a power of two, or 0 */
    size_t longest; /* bytes */
} shy_words;

/** Number of the word, −1 if it is not there. */
int64_t shy_words_find(const shy_words *words, const char *text, size_t length);
/** Adds it unless it is there. *number_out is its number, *added_out whether it was new (may be NULL). */
shy_status shy_words_add(shy_words *words, const char *text, size_t length, int64_t *number_out, bool *added_out);
const char *shy_words_text(const shy_words *words, int64_t number);
uint64_t shy_words_bytes(const shy_words *words);
void shy_words_free(shy_words *words);

/* ---- tables for people (print.c) --------------------------------------------------------------------------------- */

/** Column `index` as it should be printed, with a remark or NULL. What it points to lives until the next call. */
typedef struct {
    void (*get)(void *context, int64_t index, shy_column *column_out, const char **remark_out);
    void *context;
    int64_t count;
    uint64_t rows;
    int64_t limit;    /* at most so many columns, 0 = all */
    const char *more; /* how to see all */
} shy_listing;
void shy_listing_print(const shy_listing *listing, FILE *stream);
/** 1234567 as "1,234,567". Returns out. */
/** Prints text cut or filled to `width` characters on the screen. */
void shy_print_cell(FILE *stream, const char *text, int width);

#endif

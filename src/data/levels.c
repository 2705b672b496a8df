/* levels.c: numbers the levels of a column: sorted, or in the order that the schema gives. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import_impl.h"

/* "10" comes after "9" when all levels are numbers. */
static int compare_numbers(const void *a, const void *b)
{
    double x = 0, y = 0;

    shy_text_number(*(const char *const *)a, &x);
    shy_text_number(*(const char *const *)b, &y);
    if (x != y) return x < y ? -1 : 1;
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool all_numbers(const shy_texts *texts)
{
    double value;

    for (int i = 0; i < texts->levels; i++)
        if (!shy_text_number(texts->level[i], &value)) return false;
    return true;
}

static bool is_positive(const char *level)
{
    return strcasecmp(level, "yes") == 0 || strcasecmp(level, "true") == 0;
}

static void sort_levels(shy_texts *texts)
{
    qsort(texts->level, (size_t)texts->levels, sizeof *texts->level,
          all_numbers(texts) ? compare_numbers : compare_texts);
    if (texts->levels == 2 && is_positive(texts->level[0]) && !is_positive(texts->level[1])) {
        const char *other = texts->level[1];
        texts->level[1] = texts->level[0];
        texts->level[0] = other;
    }
}

shy_status shy_texts_order(shy_texts *texts, bool given_order)
{
    shy_status st = SHY_OK;
    size_t count = texts->words.count;

    shy_free(&texts->level);
    shy_free(&texts->code);
    SHY_TRY(shy_new(count, sizeof *texts->level, &texts->level));
    SHY_TRY(shy_new(count, sizeof *texts->code, &texts->code));
    texts->levels = (int)count;
    for (size_t i = 0; i < count; i++)
        texts->level[i] = shy_words_text(&texts->words, (int64_t)i);
    if (!given_order) sort_levels(texts);
    for (int i = 0; i < texts->levels; i++)
        texts->code[shy_words_find(&texts->words, texts->level[i], strlen(texts->level[i]))] = i;
out:
    return st;
}

int shy_texts_level(const shy_texts *texts, const char *text, size_t length)
{
    int64_t word = shy_words_find(&texts->words, text, length);

    return word < 0 ? -1 : texts->code[word];
}

/* words.c: texts without repetition, numbered in the order of their coming: levels of a column, identifiers, names. */
#include "shy_config.h"

#include <string.h>

#include "text_impl.h"

static uint64_t place_of(const shy_words *words, const char *text, size_t length)
{
    return shy_hash_bytes(text, length, 0) & (words->slots - 1);
}

const char *shy_words_text(const shy_words *words, int64_t number)
{
    return words->bytes + words->start[number];
}

static size_t length_of(const shy_words *words, uint64_t number)
{
    uint64_t end = number + 1 < words->count ? words->start[number + 1] : words->used;

    return end - words->start[number] - 1;
}

int64_t shy_words_find(const shy_words *words, const char *text, size_t length)
{
    if (words->slots == 0) return -1;
    for (uint64_t i = place_of(words, text, length);; i = (i + 1) & (words->slots - 1)) {
        uint64_t number = words->slot[i];
        if (number == 0) return -1;
        if (length_of(words, --number) == length && memcmp(words->bytes + words->start[number], text, length) == 0)
            return (int64_t)number;
    }
}

static void settle(shy_words *words, uint64_t number)
{
    uint64_t i = place_of(words, words->bytes + words->start[number], length_of(words, number));

    while (words->slot[i] != 0)
        i = (i + 1) & (words->slots - 1);
    words->slot[i] = number + 1;
}

/* At most half of the slots are in use, so that a search ends soon. */
static shy_status make_room(shy_words *words, size_t length)
{
    shy_status st = SHY_OK;

    if (words->used + length + 1 > words->room) {
        size_t room = 2 * words->room + length + 32;
        SHY_TRY(shy_grow(room, 1, &words->bytes));
        words->room = room;
    }
    if (words->count == words->start_room) {
        uint64_t room = 2 * words->start_room + 4;
        SHY_TRY(shy_grow(room, sizeof *words->start, &words->start));
        words->start_room = room;
    }
    if (2 * words->count >= words->slots) {
        uint64_t *slot, slots = words->slots == 0 ? 8 : 2 * words->slots;
        SHY_TRY(shy_new(slots, sizeof *slot, &slot));
        shy_free(&words->slot);
        words->slot = slot, words->slots = slots;
        for (uint64_t k = 0; k < words->count; k++)
            settle(words, k);
    }
out:
    return st;
}

shy_status shy_words_add(shy_words *words, const char *text, size_t length, int64_t *number_out, bool *added_out)
{
    shy_status st = SHY_OK;
    int64_t number = shy_words_find(words, text, length);
    bool added = number < 0;

    if (added) {
        SHY_TRY(make_room(words, length));
        number = (int64_t)words->count;
        words->start[words->count++] = words->used;
        memcpy(words->bytes + words->used, text, length);
        words->bytes[words->used + length] = '\0';
        words->used += length + 1;
        if (length > words->longest) words->longest = length;
        settle(words, (uint64_t)number);
    }
    if (number_out != NULL) *number_out = number;
    if (added_out != NULL) *added_out = added;
out:
    return st;
}

uint64_t shy_words_bytes(const shy_words *words)
{
    return words->room + (words->start_room + words->slots) * sizeof(uint64_t);
}

void shy_words_free(shy_words *words)
{
    shy_free(&words->bytes);
    shy_free(&words->start);
    shy_free(&words->slot);
    *words = (shy_words){0};
}

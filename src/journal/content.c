/* content.c: texts and steps in memory. */
#include "shy_config.h"

#include <string.h>

#include "journal_impl.h"

/* Room for one more of `size` bytes: twice what there was, so that growing to n costs n copies. */
static shy_status one_more(uint64_t count, uint64_t *room, size_t size, void **array)
{
    shy_status st;
    const uint64_t wanted = *room < 8 ? 8 : 2 * *room;

    if (count < *room) return SHY_OK;
    st = shy_memory_grow(wanted, size, array);
    if (st == SHY_OK) *room = wanted;
    return st;
}

shy_status shy_journal_content_text(journal_content *content, const char *name, const char *text)
{
    shy_status st = SHY_OK;
    char *copy = NULL, *name_copy = NULL;

    SHY_TRY(shy_string_copy(text, &copy));
    for (uint64_t i = 0; i < content->texts; i++) {
        if (strcmp(content->text[i].name, name) != 0) continue;
        shy_free(&content->text[i].text);
        content->text[i].text = copy;
        return SHY_OK;
    }
    SHY_TRY(shy_string_copy(name, &name_copy));
    SHY_TRY(one_more(content->texts, &content->texts_room, sizeof *content->text, (void **)&content->text));
    content->text[content->texts++] = (journal_text){.name = name_copy, .text = copy};
    copy = NULL, name_copy = NULL;
out:
    shy_free(&name_copy);
    shy_free(&copy);
    return st;
}

shy_status shy_journal_content_step(journal_content *content, const char *name, journal_step **step_out)
{
    shy_status st = SHY_OK;
    char *copy = NULL;

    SHY_TRY(shy_string_copy(name, &copy));
    SHY_TRY(one_more(content->steps, &content->steps_room, sizeof *content->step, (void **)&content->step));
    content->step[content->steps] = (journal_step){.name = copy};
    *step_out = &content->step[content->steps++];
    copy = NULL;
out:
    shy_free(&copy);
    return st;
}

shy_status shy_journal_step_room(journal_step *step, uint64_t room)
{
    uint64_t wanted = step->room + step->room / 2;
    shy_status st;

    if (room <= step->room) return SHY_OK;
    if (wanted < room) wanted = room; /* the first bytes are often all */
    st = shy_grow(wanted, 1, &step->bytes);
    if (st == SHY_OK) step->room = wanted;
    return st;
}

void shy_journal_step_trim(journal_step *step)
{
    const bool blank = *shy_error_message() == '\0';

    if (step->count == 0) {
        shy_free(&step->bytes);
        step->room = 0;
    } else if (step->room > step->count) {
        if (shy_grow(step->count, 1, &step->bytes) == SHY_OK) step->room = step->count;
        else if (blank) shy_error_clear(); /* it stays as large as it was */
    }
}

void shy_journal_content_free(journal_content *content)
{
    for (uint64_t i = 0; i < content->texts; i++) {
        shy_free(&content->text[i].name);
        shy_free(&content->text[i].text);
    }
    for (uint64_t i = 0; i < content->steps; i++) {
        shy_free(&content->step[i].name);
        shy_free(&content->step[i].bytes);
    }
    shy_free(&content->text);
    shy_free(&content->step);
    *content = (journal_content){0};
}

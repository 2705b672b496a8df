/* The K best formulas of every complexity. Numerical twins are one entry; its member of the shortest text stands for it. */
#include "shy_config.h"

#include <string.h>

#include "search_impl.h"

shy_status shy_best_create(shy_space *space, int keep, shy_best **best_out)
{
    shy_status st = SHY_OK;
    shy_best *best = NULL;
    SHY_TRY(shy_new(1, sizeof *best, &best));
    best->space = space;
    best->keep = keep;
    best->levels = space->grammar.max_complexity;
    SHY_TRY(shy_new((size_t)best->levels + 1, sizeof *best->count, &best->count));
    SHY_TRY(shy_new((size_t)best->levels + 1, sizeof *best->entry, &best->entry));
    for (int c = 1; c <= best->levels; c++) SHY_TRY(shy_new((size_t)keep + 1, sizeof **best->entry, &best->entry[c]));
    *best_out = best, best = NULL;
out:
    shy_best_destroy(&best);
    return st;
}

static void entry_free(shy_best_entry **entry)
{
    if (!*entry) return;
    for (int i = 0; i < (*entry)->count; i++) shy_free(&(*entry)->member[i].text);
    shy_free(entry);
}

void shy_best_clear(shy_best *b)
{
    for (int c = 1; c <= b->levels; c++) {
        for (int i = 0; b->entry[c] && i < b->count[c]; i++) entry_free(&b->entry[c][i]);
        b->count[c] = 0;
    }
}

void shy_best_destroy(shy_best **best)
{
    shy_best *b = *best;
    if (!b) return;
    if (b->entry && b->count) shy_best_clear(b);
    for (int c = 1; b->entry && c <= b->levels; c++) shy_free(&b->entry[c]);
    shy_free(&b->entry);
    shy_free(&b->count);
    shy_free(best);
}

/* ---- order ---------------------------------------------------------------------------------------------------------- */

/* The shorter text is the easier one to read; then the alphabet decides. */
int shy_text_compare(const char *a, const char *b)
{
    const size_t x = strlen(a), y = strlen(b);
    return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

/* First entry that is not before `score`. */
static int place_of(const shy_best *best, int complexity, const shy_score *score)
{
    int low = 0, high = best->count[complexity];
    while (low < high) {
        const int middle = (low + high) / 2;
        if (shy_score_compare(&best->entry[complexity][middle]->member[0].score, score) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static int find_twin(const shy_best *best, int complexity, const shy_score *score)
{
    const int at = place_of(best, complexity, score);
    const bool twin = at < best->count[complexity] && shy_score_compare(&best->entry[complexity][at]->member[0].score, score) == 0;
    return twin ? at : -1;
}

/* ---- members -------------------------------------------------------------------------------------------------------- */

/* Takes the member's text. Keeps the first SHY_TWINS_LISTED + 1 by text. */
static void entry_add(shy_best_entry *entry, shy_member *member)
{
    int at = 0;
    while (at < entry->count && shy_text_compare(entry->member[at].text, member->text) < 0) at++;
    const bool known = at < entry->count && shy_formula_same(&entry->member[at].formula, &member->formula);
    if (known || at > SHY_TWINS_LISTED) {
        if (!known) entry->more = true;
        shy_free(&member->text);
        return;
    }
    if (entry->count > SHY_TWINS_LISTED) {
        shy_free(&entry->member[--entry->count].text);
        entry->more = true;
    }
    memmove(&entry->member[at + 1], &entry->member[at], (size_t)(entry->count - at) * sizeof *entry->member);
    entry->member[at] = *member;
    entry->count++;
    member->text = NULL;
}

static shy_status add_member(shy_best *best, int complexity, shy_member *member, bool more)
{
    shy_status st = SHY_OK;
    shy_best_entry **list = best->entry[complexity], *entry = NULL;
    const int count = best->count[complexity], twin = find_twin(best, complexity, &member->score);
    if (twin >= 0) {
        list[twin]->more |= more;
        entry_add(list[twin], member);
        return SHY_OK;
    }
    const int at = place_of(best, complexity, &member->score);
    if (at == best->keep) goto out;
    SHY_TRY(shy_new(1, sizeof *entry, &entry));
    entry->more = more;
    entry_add(entry, member);
    memmove(&list[at + 1], &list[at], (size_t)(count - at) * sizeof(shy_best_entry *));
    list[at] = entry;
    if (count == best->keep) entry_free(&list[count]);
    else best->count[complexity] = count + 1;
out:
    shy_free(&member->text);
    return st;
}

shy_status shy_best_offer(shy_best *best, int complexity, const shy_formula *formula, const shy_score *score)
{
    shy_status st = SHY_OK;
    shy_member member = {.formula = *formula, .score = *score};
    SHY_TRY(shy_formula_text(best->space, formula, &member.text));
    SHY_TRY(add_member(best, complexity, &member, false));
out:
    return st;
}

void shy_best_marks(const shy_best *best, double *marks)
{
    for (int c = 1; c <= best->levels; c++) {
        const int count = best->count[c];
        marks[c] = count < best->keep ? -1.0 : shy_score_mark(&best->entry[c][count - 1]->member[0].score);
    }
}

/* ---- twins across complexities ---------------------------------------------------------------------------------------- */

int shy_best_reserve(int keep)
{
    return keep + keep / 4 + 64;
}

shy_status shy_best_join_levels(shy_best *best, int keep)
{
    for (int c = 2; c <= best->levels; c++) {
        int kept = 0;
        for (int i = 0; i < best->count[c]; i++) {
            shy_best_entry *entry = best->entry[c][i];
            int simpler = -1, at = 0;
            while (at < c - 1 && simpler < 0) simpler = find_twin(best, ++at, &entry->member[0].score);
            if (simpler < 0) {
                best->entry[c][kept++] = entry;
                continue;
            }
            shy_best_entry *into = best->entry[at][simpler];
            for (int k = 0; k < entry->count; k++) { /* behind the simpler ones, whatever the text */
                if (into->count > SHY_TWINS_LISTED) into->more = true;
                else into->member[into->count++] = entry->member[k], entry->member[k].text = NULL;
            }
            into->more |= entry->more;
            entry_free(&entry);
        }
        best->count[c] = kept;
    }
    for (int c = 1; c <= best->levels; c++) {
        while (best->count[c] > keep) entry_free(&best->entry[c][--best->count[c]]);
    }
    return SHY_OK;
}

/* ---- transport ------------------------------------------------------------------------------------------------------ */

shy_status shy_best_pack(void *context, void **bytes_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    const shy_best *best = context;
    shy_packed *packed = NULL;
    size_t members = 0, at = 0;
    for (int c = 1; c <= best->levels; c++) {
        for (int i = 0; i < best->count[c]; i++) members += (size_t)best->entry[c][i]->count;
    }
    SHY_TRY(shy_new(members, sizeof *packed, &packed));
    for (int c = 1; c <= best->levels; c++) {
        for (int i = 0; i < best->count[c]; i++) {
            const shy_best_entry *entry = best->entry[c][i];
            for (int k = 0; k < entry->count; k++) {
                packed[at++] = (shy_packed){c, entry->more, entry->member[k].formula, entry->member[k].score};
            }
        }
    }
    *bytes_out = packed;
    *count_out = members * sizeof *packed;
out:
    return st;
}

shy_status shy_best_absorb(void *context, const void *bytes, uint64_t count)
{
    shy_status st = SHY_OK;
    shy_best *best = context;
    for (uint64_t at = 0; at + sizeof(shy_packed) <= count; at += sizeof(shy_packed)) {
        shy_packed packed;
        memcpy(&packed, (const char *)bytes + at, sizeof packed);
        shy_member member = {.formula = packed.formula, .score = packed.score};
        SHY_TRY(shy_formula_text(best->space, &packed.formula, &member.text));
        SHY_TRY(add_member(best, packed.complexity, &member, packed.more != 0));
    }
out:
    return st;
}

/* chosen.c: which formula of which results is meant. */
#include "shy_config.h"

#include <string.h>

#include "app/chosen.h"

shy_status shy_choice_number(const char *text, int *number_out)
{
    int64_t value;

    if (!shy_text_integer(text, &value) || value < 1 || value > 1000000)
        return shy_fail(SHY_USAGE, "--formula is \"%s\"; it takes the number of a formula of the front, as `shihyo show` prints it.", text);
    *number_out = (int)value;
    return SHY_OK;
}

shy_status shy_chosen_read(const shy_formula_choice *choice, shy_chosen *chosen_out)
{
    shy_status st = SHY_OK;
    shy_chosen c = {0};
    int target = 0, model = 0;

    SHY_TRY(shy_finished_read(choice->directory, &c.finished, &c.targets));
    SHY_TRY(shy_finished_choose(c.finished, c.targets, choice->target, choice->number, &target, &model));
    if (choice->rounded) SHY_TRY(shy_model_round(&c.finished[target], &c.finished[target].model[model]));
    c.of = &c.finished[target];
    c.model = &c.of->model[model], c.number = model + 1;
    *chosen_out = c, c = (shy_chosen){0};
out:
    shy_chosen_free(&c);
    return st;
}

void shy_chosen_free(shy_chosen *chosen)
{
    shy_finished_free(&chosen->finished, chosen->targets);
    *chosen = (shy_chosen){0};
}

void shy_chosen_print(const shy_chosen *chosen, const shy_formula_choice *choice, FILE *stream)
{
    const shy_finished *f = chosen->of;

    fprintf(stream, "Formula %d of %s", chosen->number, choice->directory);
    if (*f->name != '\0') fprintf(stream, ", target %s", f->name);
    fprintf(stream, "%s: %s\n", choice->rounded ? ", rounded" : "", chosen->model->text);
}

void shy_chosen_warn_units(const shy_record *notes, const char *place)
{
    shy_record_entry entry, column, ours, theirs;

    for (size_t k = 0; k < shy_record_count(notes) && shy_record_at(notes, k, &entry); k++) {
        if (!shy_record_find(entry.record, "column", &column) || !shy_record_find(entry.record, "unit_of_run", &ours) || !shy_record_find(entry.record, "unit", &theirs)) continue;
        if (*ours.text != '\0') shy_log(SHY_LOG_WARNING, "%s does not say in which unit \"%s\" is; the run had it in %s.", place, column.text, ours.text);
        else shy_log(SHY_LOG_WARNING, "\"%s\" is in %s in %s; in which unit the run had it is not known.", column.text, theirs.text, place);
    }
}

bool shy_file_is_cohort(const char *path)
{
    static const char *const begins[] = {"Shihyo cohort", "\x89HDF"};
    char bytes[16] = {0};
    FILE *file = fopen(path, "rb");
    bool found = false;

    if (file == NULL) return false;
    if (fread(bytes, 1, sizeof bytes - 1, file) > 0)
        for (size_t k = 0; k < sizeof begins / sizeof *begins; k++) found = found || strncmp(bytes, begins[k], strlen(begins[k])) == 0;
    fclose(file);
    return found;
}

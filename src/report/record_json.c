/* record_json.c: single numbers of a record. */
#include "shy_config.h"

#include <math.h>

#include "report_impl.h"

double shy_assessed(const shy_record *assessment, const char *levels, int complexity, const char *name)
{
    shy_record_entry list_entry, level, known, value;

    if (!shy_record_find(assessment, levels, &list_entry) || list_entry.kind != SHY_RECORD_LIST) return NAN;
    for (size_t k = 0; shy_record_at(list_entry.record, k, &level); k++) {
        if (!shy_record_find(level.record, "complexity", &known) || known.integer != complexity) continue;
        return shy_record_find(level.record, name, &value) && value.kind == SHY_RECORD_NUMBER ? value.number : NAN;
    }
    return NAN;
}

double shy_assessed_number(const shy_record *assessment, const char *path)
{
    shy_record_entry entry;

    return shy_record_find(assessment, path, &entry) && entry.kind == SHY_RECORD_NUMBER ? entry.number : NAN;
}

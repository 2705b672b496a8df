/*
 * infer_survival.c: finds follow-up time and event by their names, and only both together: alone a name proves too
 * little.
 */
#include "shy_config.h"

#include <ctype.h>
#include <string.h>

#include "import_impl.h"

/* The letters and digits of a name, in small letters. */
static void plain_name(const char *name, char out[64])
{
    size_t used = 0;

    for (; *name != '\0' && used < 63; name++)
        if (isalnum((unsigned char)*name)) out[used++] = (char)tolower((unsigned char)*name);
    out[used] = '\0';
}

static bool is_one_of(const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, words[i]) == 0) return true;
    return false;
}

static bool is_time_name(const char *name)
{
    static const char *const words[] = {"time",         "futime",         "futimes",  "futimedays",   "followup",
                                        "followuptime", "followupdays",   "survtime", "survivaltime", "survivaldays",
                                        "survival",     "rfstime",        "ostime",   "pfstime",      "dfstime",
                                        "efstime",      "eventtime",      "obstime",  "osdays",       "osmonths",
                                        "pfsmonths",    "overallsurvival"};

    return is_one_of(name, words, sizeof words / sizeof *words) || strncmp(name, "timeto", 6) == 0 ||
           strncmp(name, "daysto", 6) == 0 || strncmp(name, "monthsto", 8) == 0;
}

static bool is_event_name(const char *name)
{
    static const char *const words[] = {
        "event",    "status",      "death",    "died",        "dead",        "deceased",   "recurrence",
        "relapse",  "progression", "osstatus", "osevent",     "rfsstatus",   "rfsevent",   "pfsstatus",
        "pfsevent", "dfsstatus",   "dfsevent", "vitalstatus", "eventstatus", "deathevent", "eventoccurred"};

    return is_one_of(name, words, sizeof words / sizeof *words);
}

static bool is_time(const shy_import_column *column)
{
    char name[64];

    plain_name(column->name, name);
    return column->kind == SHY_KIND_NUMERIC && (column->rule == NULL || column->rule->kind < 0) &&
           column->numbers > 0 && (column->seen & SHY_SEEN_NEGATIVE) == 0 && is_time_name(name);
}

static bool is_event(const shy_import_column *column)
{
    char name[64];

    plain_name(column->name, name);
    return column->kind == SHY_KIND_BINARY && (column->rule == NULL || column->rule->kind < 0) &&
           column->texts == NULL && is_event_name(name);
}

void shy_import_infer_survival(shy_import *import)
{
    shy_import_column *time = NULL, *event = NULL;

    for (int64_t i = 0; i < import->columns; i++) {
        shy_import_column *column = &import->column[i];
        if (column->kind == SHY_KIND_TIME || column->kind == SHY_KIND_EVENT) return; /* the schema knows */
        if (time == NULL && is_time(column))
            time = column;
        else if (event == NULL && is_event(column))
            event = column;
    }
    if (time == NULL || event == NULL) return;
    time->kind = SHY_KIND_TIME;
    event->kind = SHY_KIND_EVENT;
    time->remark = "follow-up time, by its name";
    event->remark = "event, by its name";
}

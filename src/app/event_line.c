/* event_line.c: writes one event as a line of JSON. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/event_line.h"
#include "shihyo/report.h"

enum { ENDING = 4, NUMBER_ROOM = 32 }; /* bytes kept for "}\n"; for a number */

/* A value goes in as a whole or not at all. */
static void add(shy_event *event, const char *name, const char *value)
{
    const size_t names = strlen(name), values = strlen(value);

    if (event->count + names + values + 4 + ENDING > sizeof event->text) return;
    event->count += (size_t)snprintf(event->text + event->count, sizeof event->text - event->count, "%s\"%s\":%s", event->count > 1 ? "," : "", name, value);
}

void shy_event_begin(shy_event *event, const char *kind)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    shy_event_begin_at(event, kind, &now);
}

void shy_event_begin_at(shy_event *event, const char *kind, const struct timespec *when)
{
    struct tm day;
    char text[32], all[48];

    memcpy(event->text, "{", 2);
    event->count = 1;
    gmtime_r(&when->tv_sec, &day);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &day);
    snprintf(all, sizeof all, "%s.%03dZ", text, (int)(when->tv_nsec / 1000000));
    shy_event_text(event, "time", all);
    shy_event_text(event, "event", kind);
}

void shy_event_text(shy_event *event, const char *name, const char *value)
{
    enum { LONGEST = 6 }; /* bytes that one character becomes: \u001f */
    char out[SHY_EVENT_TEXT_ROOM];
    size_t used = 1;

    if (value == NULL) {
        add(event, name, "null");
        return;
    }
    out[0] = '"';
    for (const char *at = value; *at != '\0' && used + LONGEST + 2 <= sizeof out;) {
        const size_t bytes = shy_text_character(at);
        if (bytes == 1 && (*at == '"' || *at == '\\')) {
            out[used++] = '\\', out[used++] = *at;
        } else if (bytes == 1 && (unsigned char)*at < 0x20) {
            used += (size_t)snprintf(out + used, sizeof out - used, "\\u%04x", (unsigned)*at);
        } else if (bytes == 0) {
            out[used++] = '?';
        } else {
            memcpy(out + used, at, bytes);
            used += bytes;
        }
        at += bytes > 0 ? bytes : 1;
    }
    memcpy(out + used, "\"", 2);
    add(event, name, out);
}

void shy_event_number(shy_event *event, const char *name, double value)
{
    char text[NUMBER_ROOM];

    if (isfinite(value)) snprintf(text, sizeof text, "%.6g", value);
    add(event, name, isfinite(value) ? text : "null");
}

void shy_event_count(shy_event *event, const char *name, uint64_t value)
{
    char text[NUMBER_ROOM];

    snprintf(text, sizeof text, "%" PRIu64, value);
    add(event, name, text);
}

void shy_event_end(shy_event *event)
{
    memcpy(event->text + event->count, "}\n", 3);
    event->count += 2;
}

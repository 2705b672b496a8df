/** event_line: one line of events.jsonl, an object of named values. Always valid JSON, whatever is put in; allocates nothing. */
#ifndef SHIHYO_APP_EVENT_LINE_H
#define SHIHYO_APP_EVENT_LINE_H

#include <time.h>

#include "shihyo/base.h"

enum { SHY_EVENT_TEXT_ROOM = 2048, SHY_EVENT_ROOM = 16384 }; /* longer texts are cut; what does not fit any more is left out */

typedef struct {
    char text[SHY_EVENT_ROOM];
    size_t count;
} shy_event;

/** Begins with the time of day (UTC), that of now or of `when`, and the kind. */
void shy_event_begin(shy_event *event, const char *kind);
void shy_event_begin_at(shy_event *event, const char *kind, const struct timespec *when);
/** Bytes that are not UTF-8 become '?'; NULL is null. */
void shy_event_text(shy_event *event, const char *name, const char *value);
void shy_event_number(shy_event *event, const char *name, double value); /* to 6 digits; what is not finite is null */
void shy_event_count(shy_event *event, const char *name, uint64_t value);
/** Ends the line, with its newline. */
void shy_event_end(shy_event *event);

#endif

/* events_kinds.c: the events of a run, each with its fields. doc/monitoring.md names them: a stable format. */
#include "shy_config.h"

#include "app/events.h"

void shy_events_warning(shy_events *e, const char *level, const char *text)
{
    shy_event event;

    if (e == NULL) return;
    shy_event_begin(&event, "warning");
    shy_event_text(&event, "level", level);
    shy_event_text(&event, "text", text);
    shy_events_write(e, &event);
}

void shy_events_checkpoint(void *context, const shy_journal_save *save)
{
    shy_event event;

    if (context == NULL) return;
    shy_event_begin(&event, "checkpoint");
    if (save->problem == NULL) shy_event_count(&event, "bytes", save->bytes);
    shy_event_number(&event, "seconds", save->seconds);
    shy_event_count(&event, "steps", save->steps);
    if (save->problem != NULL) shy_event_text(&event, "problem", save->problem);
    shy_events_write(context, &event);
}

void shy_events_stop(shy_events *e, const char *why)
{
    shy_event event;

    if (e == NULL) return;
    shy_event_begin(&event, "stop");
    shy_event_text(&event, "why", why);
    shy_events_write(e, &event);
}

void shy_events_results(shy_events *e, double seconds)
{
    shy_event event;

    if (e == NULL) return;
    shy_event_begin(&event, "results");
    shy_event_number(&event, "seconds", seconds);
    shy_events_write(e, &event);
}

const char *shy_events_status(shy_status status)
{
    switch (status) {
    case SHY_OK:
        return "done";
    case SHY_STOPPED:
        return "stopped";
    case SHY_INPUT:
        return "input";
    case SHY_IO:
        return "io";
    case SHY_MEMORY:
        return "memory";
    case SHY_USAGE:
        return "usage";
    case SHY_INTERNAL:
    default:
        return "internal";
    }
}

void shy_events_end(shy_events *e, shy_status status, const char *message)
{
    shy_event event;

    if (e == NULL) return;
    shy_event_begin(&event, "end");
    shy_event_text(&event, "status", shy_events_status(status));
    shy_event_count(&event, "code", (uint64_t)status);
    if (message != NULL && *message != '\0') shy_event_text(&event, "message", message);
    shy_events_write(e, &event);
}

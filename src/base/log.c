/* log.c: lines for the person who runs the program, on stderr. */
#include "shy_config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shihyo/base.h"

static bool speaker = true;
static shy_log_level threshold = SHY_LOG_INFO;
static shy_log_listener listener;
static void *listener_context;

static const char *const prefixes[] = {
    [SHY_LOG_ERROR] = "shihyo: ",
    [SHY_LOG_WARNING] = "shihyo: warning: ",
    [SHY_LOG_INFO] = "shihyo: note: ",
    [SHY_LOG_DEBUG] = "shihyo: debug: ",
};

void shy_log(shy_log_level level, const char *format, ...)
{
    /* One buffer and one write, so that lines of several programs on one terminal do not mix. */
    char line[4096];
    const size_t room = sizeof line - 1; /* for the line without its newline */
    va_list args;

    if (!speaker || (level > threshold && !listener)) return;
    const size_t prefix = strlen(prefixes[level]);
    size_t length = prefix;
    memcpy(line, prefixes[level], length);
    va_start(args, format);
    int added = vsnprintf(line + length, room - length, format, args);
    va_end(args);
    if (added < 0) return;
    length += (size_t)added;
    if (length > room - 1) length = room - 1;
    line[length] = '\0';
    if (listener) listener(listener_context, level, line + prefix);
    if (level > threshold) return;
    line[length] = '\n';
    fwrite(line, 1, length + 1, stderr);
}

void shy_log_listen(shy_log_listener to, void *context)
{
    listener = to;
    listener_context = context;
}

void shy_log_speaker(bool speaks)
{
    speaker = speaks;
}

void shy_log_threshold(shy_log_level level)
{
    threshold = level;
}

/* status.c: the one error message of a failure. */
#include "shy_config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shihyo/base.h"

/* A fixed place, because there may be no memory left to say that there is no memory left. */
static char message[2048];

shy_status shy_fail(shy_status status, const char *format, ...)
{
    va_list args;

    if (message[0] != '\0') return status; /* the first failure is the cause; what follows are its consequences */
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        snprintf(message, sizeof message, "A message could not be written: %.200s", format);
    va_end(args);
    return status;
}

const char *shy_error_message(void)
{
    return message;
}

void shy_error_set(const char *text)
{
    /* The text may be the message itself or a part of it. */
    size_t length = strnlen(text, sizeof message - 1);

    memmove(message, text, length);
    message[length] = '\0';
}

void shy_error_clear(void)
{
    message[0] = '\0';
}

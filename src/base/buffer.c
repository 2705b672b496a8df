/* buffer.c: bytes that grow; the first failure sticks. */
#include "shy_config.h"

#include <stdarg.h>
#include <string.h>

#include "shihyo/base.h"

/* Room for `more` bytes and a NUL. */
static bool reserve(shy_buffer *buffer, size_t more)
{
    size_t need = buffer->count + more + 1;

    if (buffer->status != SHY_OK) return false;
    if (need <= buffer->room) return true;
    size_t room = buffer->room < 512 ? 1024 : 2 * buffer->room;
    if (room < need) room = need;
    buffer->status = shy_grow(room, 1, &buffer->bytes);
    if (buffer->status == SHY_OK) buffer->room = room;
    return buffer->status == SHY_OK;
}

void shy_buffer_add(shy_buffer *buffer, const void *bytes, size_t count)
{
    if (!reserve(buffer, count)) return;
    if (count > 0) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    buffer->bytes[buffer->count] = '\0';
}

void shy_buffer_text(shy_buffer *buffer, const char *text)
{
    shy_buffer_add(buffer, text, strlen(text));
}

void shy_buffer_format(shy_buffer *buffer, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !reserve(buffer, (size_t)length)) return;
    va_start(args, format);
    vsnprintf(buffer->bytes + buffer->count, (size_t)length + 1, format, args);
    va_end(args);
    buffer->count += (size_t)length;
}

void shy_buffer_free(shy_buffer *buffer)
{
    shy_free(&buffer->bytes);
    *buffer = (shy_buffer){0};
}

/* text.c: a JSON value as text with numbers in their shortest exact form, which jansson's own writer does not offer. */
#include "shy_config.h"

#include <string.h>

#include "shihyo/json.h"

/* A member of at most this height (a number has 0, a list of numbers 1, a formula with its metrics 2) stays on one line. */
#define HEIGHT_OF_A_LINE 2

static void write_value(const json_t *value, int depth, shy_buffer *buffer);

static int height(const json_t *value)
{
    int tallest = -1;
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            int h = height(member);
            if (h > tallest) tallest = h;
        }
        return tallest < 0 ? 1 : tallest + 1;
    }
    if (!json_is_array(value)) return 0;
    json_array_foreach(value, i, member)
    {
        int h = height(member);
        if (h > tallest) tallest = h;
    }
    return tallest < 0 ? 1 : tallest + 1;
}

static void write_string(const char *text, size_t length, shy_buffer *buffer)
{
    shy_buffer_text(buffer, "\"");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            char pair[2] = {'\\', (char)c};
            shy_buffer_add(buffer, pair, 2);
        } else if (c == '\n') {
            shy_buffer_text(buffer, "\\n");
        } else if (c == '\t') {
            shy_buffer_text(buffer, "\\t");
        } else if (c < 0x20 || c == 0x7f) {
            shy_buffer_format(buffer, "\\u%04x", c);
        } else {
            shy_buffer_add(buffer, &text[i], 1);
        }
    }
    shy_buffer_text(buffer, "\"");
}

static void write_real(double value, shy_buffer *buffer)
{
    char text[40];

    shy_text_shortest(value, text);
    /* A real number stays one for readers that tell 1 from 1.0. */
    if (strpbrk(text, ".eE") == NULL) strcat(text, ".0");
    shy_buffer_text(buffer, text);
}

/* What stands before a member: nothing or a comma, then a line of its own in a tall value. */
static void write_gap(bool first, bool tall, int depth, shy_buffer *buffer)
{
    if (!first) shy_buffer_text(buffer, tall ? "," : ", ");
    if (tall) shy_buffer_format(buffer, "\n%*s", 2 * (depth + 1), "");
}

static void write_members(const json_t *value, int depth, shy_buffer *buffer)
{
    bool tall = depth == 0 || height(value) > HEIGHT_OF_A_LINE, first = true, object = json_is_object(value);
    const char *key;
    json_t *member;
    size_t i;

    shy_buffer_text(buffer, object ? "{" : "[");
    if (object) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            write_gap(first, tall, depth, buffer);
            write_string(key, strlen(key), buffer);
            shy_buffer_text(buffer, ": ");
            write_value(member, depth + 1, buffer);
            first = false;
        }
    } else {
        json_array_foreach(value, i, member)
        {
            write_gap(first, tall, depth, buffer);
            write_value(member, depth + 1, buffer);
            first = false;
        }
    }
    if (tall) shy_buffer_format(buffer, "\n%*s", 2 * depth, "");
    shy_buffer_text(buffer, object ? "}" : "]");
}

static void write_value(const json_t *value, int depth, shy_buffer *buffer)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        write_members(value, depth, buffer);
        break;
    case JSON_STRING:
        write_string(json_string_value(value), json_string_length(value), buffer);
        break;
    case JSON_INTEGER:
        shy_buffer_format(buffer, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(json_real_value(value), buffer);
        break;
    case JSON_TRUE:
        shy_buffer_text(buffer, "true");
        break;
    case JSON_FALSE:
        shy_buffer_text(buffer, "false");
        break;
    case JSON_NULL:
        shy_buffer_text(buffer, "null");
        break;
    }
}

void shy_json_text(const json_t *value, shy_buffer *buffer)
{
    write_value(value, 0, buffer);
    shy_buffer_text(buffer, "\n");
}

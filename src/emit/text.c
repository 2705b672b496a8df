/* text.c: characters of names that somebody else has chosen. */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

static bool continues(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The bytes of the character that begins here, 1 if it is ASCII or none. */
static int extent(const unsigned char *at)
{
    if (at[0] >= 0xc2 && at[0] < 0xe0) return continues(at[1]) ? 2 : 1;
    if (at[0] >= 0xe0 && at[0] < 0xf0) return continues(at[1]) && continues(at[2]) ? 3 : 1;
    if (at[0] >= 0xf0 && at[0] < 0xf5) return continues(at[1]) && continues(at[2]) && continues(at[3]) ? 4 : 1;
    return 1;
}

static bool is_scalar(uint32_t character, int bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return character >= least[bytes] && character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
}

uint32_t shy_emit_next(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    const int bytes = extent(at);
    uint32_t character = at[0];

    if (bytes > 1) {
        character = at[0] & (0xffu >> (bytes + 1));
        for (int k = 1; k < bytes; k++) character = character << 6 | (at[k] & 0x3fu);
    }
    if (character != 0) *text += bytes;
    if (bytes == 1) return character < 0x80 ? character : SHY_NO_CHARACTER;
    return is_scalar(character, bytes) ? character : SHY_NO_CHARACTER;
}

bool shy_emit_is_odd(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } odd[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},   {0x200b, 0x200c}, {0x200e, 0x200f},
               {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f}};

    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++)
        if (c >= odd[k].first && c <= odd[k].last) return true;
    return (c & 0xfffe) == 0xfffe;
}

void shy_emit_character(shy_buffer *out, uint32_t c)
{
    char bytes[4];
    size_t count = 0;

    if (c < 0x80) bytes[count++] = (char)c;
    else if (c < 0x800) bytes[count++] = (char)(0xc0 | c >> 6);
    else if (c < 0x10000) bytes[count++] = (char)(0xe0 | c >> 12), bytes[count++] = (char)(0x80 | (c >> 6 & 0x3f));
    else bytes[count++] = (char)(0xf0 | c >> 18), bytes[count++] = (char)(0x80 | (c >> 12 & 0x3f)), bytes[count++] = (char)(0x80 | (c >> 6 & 0x3f));
    if (c >= 0x80) bytes[count++] = (char)(0x80 | (c & 0x3f));
    shy_buffer_add(out, bytes, count);
}

size_t shy_emit_length(const char *text)
{
    size_t count = 0;

    while (shy_emit_next(&text) != 0) count++;
    return count;
}

void shy_emit_shorten(const char *name, shy_buffer *out)
{
    const size_t length = shy_emit_length(name), end = SHY_NAME_SHOWN / 3, begin = SHY_NAME_SHOWN - end - 1;
    uint32_t c;

    for (size_t k = 0; (c = shy_emit_next(&name)) != 0; k++) {
        if (length > SHY_NAME_SHOWN && k >= begin && k < length - end) {
            if (k == begin) shy_emit_character(out, 0x2026);
            continue;
        }
        shy_emit_character(out, shy_emit_is_odd(c) ? ' ' : c);
    }
}

void shy_emit_line(shy_buffer *out, const char *text)
{
    uint32_t c;

    while ((c = shy_emit_next(&text)) != 0) shy_emit_character(out, shy_emit_is_odd(c) ? ' ' : c);
}

void shy_emit_quoted(shy_buffer *out, const char *text, const char *special)
{
    uint32_t c;

    shy_buffer_text(out, "\"");
    while ((c = shy_emit_next(&text)) != 0) {
        if (shy_emit_is_odd(c)) {
            if (c > 0xffff) shy_buffer_format(out, "\\U%08x", (unsigned)c);
            else shy_buffer_format(out, "\\u%04x", (unsigned)c);
            continue;
        }
        if (c < 0x80 && strchr(special, (int)c) != NULL) shy_buffer_text(out, "\\");
        shy_emit_character(out, c);
    }
    shy_buffer_text(out, "\"");
}

/* ---- comments ------------------------------------------------------------------------------------------------------ */

#define COMMENT_WIDTH 112
#define PAGE_WIDTH 88 /* without a prefix they are lines of a page */

/* One line of them; `indent` blanks before what goes on. Returns where the next one begins. */
static const char *put_comment_line(shy_buffer *out, const char *prefix, const char *line)
{
    const size_t widest = *prefix == '\0' ? PAGE_WIDTH : COMMENT_WIDTH, indent = strspn(line, " ");
    size_t width = strlen(prefix);
    uint32_t c, last = 0;

    shy_buffer_add(out, prefix, *line == '\n' ? strcspn(prefix, " ") : strlen(prefix));
    while (*line != '\n' && (c = shy_emit_next(&line)) != 0) {
        if (c == ' ' && width + strcspn(line, " \n") > widest && width > indent + 24) {
            shy_buffer_format(out, "\n%s%*s", prefix, (int)indent + 2, "");
            width = strlen(prefix) + indent + 2;
            continue;
        }
        if (c == '\\' && *prefix == '/') c = 0x29f5;
        if (c == '?' && last == '?' && *prefix == '/') c = 0xff1f;
        shy_emit_character(out, shy_emit_is_odd(c) ? ' ' : c);
        last = c;
        width++;
    }
    shy_buffer_text(out, "\n");
    return *line == '\n' ? line + 1 : line;
}

void shy_emit_comment(shy_buffer *out, const char *prefix, const char *lines)
{
    while (*lines != '\0') lines = put_comment_line(out, prefix, lines);
}

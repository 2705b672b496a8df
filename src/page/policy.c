/* policy.c: hashes as a content security policy writes them, SHA-256 in base 64. */
#include "shy_config.h"

#include <string.h>

#include "page/policy.h"

static unsigned digit_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* 64 hexadecimal digits are 256 bits, and 43 digits of base 64 with two bits to spare: six bits at a time, four from each digit. */
static void add_base64(const char *hex, shy_buffer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0, held = 0;

    for (; *hex != '\0'; hex++) {
        bits = bits << 4 | digit_value(*hex), held += 4;
        if (held < 6) continue;
        held -= 6;
        shy_buffer_add(out, &digits[bits >> held & 63], 1);
    }
    shy_buffer_add(out, &digits[bits << (6 - held) & 63], 1);
    shy_buffer_text(out, "=");
}

shy_status shy_policy_source(const char *text, size_t count, shy_buffer *out)
{
    shy_status st = SHY_OK;
    shy_hash *hash = NULL;
    char hex[65];

    SHY_TRY(shy_hash_begin(&hash));
    SHY_TRY(shy_hash_add(hash, text, count));
    SHY_TRY(shy_hash_end(&hash, hex));
    shy_buffer_text(out, "'sha256-");
    add_base64(hex, out);
    shy_buffer_text(out, "'");
    st = out->status;
out:
    shy_hash_free(&hash);
    return st;
}

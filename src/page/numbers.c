/* numbers.c: numbers as people read them: no exponent where none is needed, a real minus, three digits of a measure. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/html.h"

#define MINUS "\xe2\x88\x92"
enum { PLAIN = SHY_NUMBER_ROOM - 8 }; /* room of a number before it gets its signs */
#define DASH "\xe2\x80\x93"

static const char *const superscript[] = {"\xe2\x81\xb0", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3", "\xe2\x81\xb4", "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7", "\xe2\x81\xb8", "\xe2\x81\xb9"};

/* "-1.5" with a minus sign instead of the hyphen. */
static void add_signed(const char *plain, char text[SHY_NUMBER_ROOM])
{
    snprintf(text, SHY_NUMBER_ROOM, "%s%.40s", *plain == '-' ? MINUS : "", *plain == '-' ? plain + 1 : plain);
}

/* "1.5e-07" is 1.5·10⁻⁷. */
static void add_power(char *plain, char text[SHY_NUMBER_ROOM])
{
    char *e = strchr(plain, 'e');
    int power;
    char digits[16];

    *e = '\0';
    if (sscanf(e + 1, "%d", &power) != 1) power = 0;
    add_signed(plain, text);
    strcat(text, "\xc2\xb7" "10");
    if (power < 0) strcat(text, "\xe2\x81\xbb");
    snprintf(digits, sizeof digits, "%d", abs(power));
    for (const char *d = digits; *d != '\0'; d++) strcat(text, superscript[*d - '0']);
}

const char *shy_html_number(double value, int digits, char text[SHY_NUMBER_ROOM])
{
    char plain[PLAIN];

    if (!isfinite(value)) return strcpy(text, DASH);
    snprintf(plain, sizeof plain, "%.*g", digits, value);
    /* %g turns to an exponent as soon as the number has more digits than asked for: 12345 to four digits. */
    if (strchr(plain, 'e') != NULL && fabs(value) >= 1.0 && fabs(value) < 1e7) snprintf(plain, sizeof plain, "%.0f", value);
    if (strchr(plain, 'e') == NULL) add_signed(plain, text);
    else add_power(plain, text);
    return text;
}

const char *shy_html_fixed(double value, int decimals, char text[SHY_NUMBER_ROOM])
{
    char plain[PLAIN];

    if (!isfinite(value)) return strcpy(text, DASH);
    if (fabs(value) >= 1e7) return shy_html_number(value, decimals + 1, text);
    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    add_signed(plain, text);
    return text;
}

static bool is_share(const char *metric)
{
    static const char *const shares[] = {"auc", "c", "uno_c", "auc_t", "ibs", "brier", "r2", "macro_auc", "spearman", "kendall", "somers_d"};

    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++)
        if (strcmp(metric, shares[k]) == 0) return true;
    return false;
}

/* No "1.000" of what is not 1. */
static int decimals_of(double share)
{
    return share >= 0.9995 && share < 1.0 ? 6 : 3;
}

const char *shy_html_measure(const char *metric, double value, char text[SHY_NUMBER_ROOM])
{
    return is_share(metric) ? shy_html_fixed(value, decimals_of(value), text) : shy_html_number(value, 4, text);
}

const char *shy_html_error(const char *metric, double value, double error, char text[SHY_NUMBER_ROOM])
{
    return is_share(metric) ? shy_html_fixed(error, decimals_of(value), text) : shy_html_number(error, 4, text);
}

const char *shy_html_unit(const char *unit, char text[SHY_UNIT_ROOM])
{
    size_t n = 0;

    for (const char *c = unit; *c != '\0' && n + 4 < SHY_UNIT_ROOM; c++) {
        const bool letter = c > unit && ((c[-1] >= 'A' && c[-1] <= 'Z') || (c[-1] >= 'a' && c[-1] <= 'z'));
        const char *digit = *c == '^' ? c + 1 : c;
        const bool raised = letter && (*digit == '2' || *digit == '3') && digit[1] != '.' && !(digit[1] >= '0' && digit[1] <= '9');
        if (raised) {
            memcpy(text + n, superscript[*digit - '0'], 2);
            n += 2, c = digit;
        } else {
            text[n++] = *c;
        }
    }
    text[n] = '\0';
    return text;
}

const char *shy_html_p(double p, char text[SHY_NUMBER_ROOM])
{
    if (!isfinite(p)) return strcpy(text, DASH);
    if (p < 0.0001) return strcpy(text, "< 0.0001");
    return shy_html_number(p, 2, text);
}

const char *shy_html_percent(double share, char text[SHY_NUMBER_ROOM])
{
    if (!isfinite(share)) return strcpy(text, DASH);
    snprintf(text, SHY_NUMBER_ROOM, "%.0f %%", 100.0 * share);
    return text;
}

const char *shy_html_reached(double share, char text[SHY_NUMBER_ROOM])
{
    return shy_html_percent(floor(100.0 * share + 1e-9) / 100.0, text);
}

const char *shy_html_count(uint64_t count, char text[SHY_NUMBER_ROOM])
{
    return shy_text_thousands(count, text);
}

/* mathml.c: a formula as presentation MathML. */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

void shy_emit_xml(shy_buffer *out, const char *text)
{
    uint32_t c;

    while ((c = shy_emit_next(&text)) != 0) {
        switch (c) {
        case '&': shy_buffer_text(out, "&amp;"); break;
        case '<': shy_buffer_text(out, "&lt;"); break;
        case '>': shy_buffer_text(out, "&gt;"); break;
        case '"': shy_buffer_text(out, "&quot;"); break;
        case '\'': shy_buffer_text(out, "&#39;"); break;
        default: shy_emit_character(out, shy_emit_is_odd(c) ? ' ' : c);
        }
    }
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

static bool is_word(const char *name)
{
    if (*name == '\0') return false;
    for (; *name != '\0'; name++) {
        const bool letter = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') || *name == '_' || *name == '.';
        if (!letter && !(*name >= '0' && *name <= '9')) return false;
    }
    return true;
}

/* Where a line of at most SHY_NAME_LINE characters ends best: behind the last blank or mark in it. */
static size_t line_end(const char *text)
{
    const char *at = text, *part = NULL;
    uint32_t c;

    for (int k = 0; k < SHY_NAME_LINE; k++) {
        if ((c = shy_emit_next(&at)) == 0) return strlen(text);
        if (k > SHY_NAME_LINE / 3 && c < 0x80 && strchr(" _-./,;:|", (int)c) != NULL) part = at;
    }
    if (*at == '\0') return strlen(text);
    return (size_t)((part != NULL ? part : at) - text);
}

static void put_lines(shy_buffer *out, const char *name)
{
    shy_buffer line = {0};

    shy_buffer_text(out, "<mtable columnalign=\"left\">");
    for (size_t end; *name != '\0'; name += end) {
        end = line_end(name);
        line.count = 0;
        shy_buffer_add(&line, name, end);
        if (line.status != SHY_OK) break;
        shy_buffer_text(out, "<mtr><mtd><mtext>");
        shy_emit_xml(out, line.bytes);
        shy_buffer_text(out, "</mtext></mtd></mtr>");
    }
    shy_buffer_text(out, "</mtable>");
    if (line.status != SHY_OK) out->status = line.status;
    shy_buffer_free(&line);
}

static void put_name(shy_buffer *out, const char *name)
{
    shy_buffer shown = {0};

    shy_buffer_text(&shown, "");
    shy_emit_shorten(name, &shown);
    if (shown.status != SHY_OK) {
        out->status = shown.status;
    } else if (shy_emit_length(shown.bytes) > SHY_NAME_LINE) {
        put_lines(out, shown.bytes);
    } else {
        const char *element = is_word(name) ? "mi" : "mtext";
        shy_buffer_format(out, "<%s>", element);
        shy_emit_xml(out, shown.bytes);
        shy_buffer_format(out, "</%s>", element);
    }
    shy_buffer_free(&shown);
}

static void put_digits(shy_buffer *out, const char *digits, bool negative)
{
    shy_buffer_format(out, "%s<mn>%s</mn>", negative ? "<mo form=\"prefix\">−</mo>" : "", digits);
}

/* ---- the element -------------------------------------------------------------------------------------------------------- */

static const shy_math notation = {
    .fraction = {"<mfrac><mrow>", "</mrow><mrow>", "</mrow></mfrac>"},
    .root = {"<msqrt>", "</msqrt>"},
    .power = {"<msup><mrow>", "</mrow><mn>2</mn></msup>"},
    .group = {"<mrow><mo stretchy=\"false\">(</mo>", "<mo stretchy=\"false\">)</mo></mrow>"},
    .tall = {"<mrow><mo>(</mo>", "<mo>)</mo></mrow>"},
    .bar = {"<mrow><mo fence=\"true\" form=\"prefix\">|</mo>", "<mo fence=\"true\" form=\"postfix\">|</mo></mrow>"},
    .call = {"<mi>", "</mi><mo>&#x2061;</mo>"},
    .plus = "<mo>+</mo>",
    .minus = "<mo>−</mo>",
    .times = "<mo>·</mo>",
    .comma = "<mo separator=\"true\">,</mo>",
    .ten = {"<mo>×</mo><msup><mn>10</mn><mn>", "</mn></msup>"},
    .exponent_minus = "−",
    .name = put_name,
    .digits = put_digits,
};

shy_status shy_emit_mathml(const shy_tree *tree, const char *const *names, int digits, shy_buffer *out)
{
    shy_status st = SHY_OK;
    char *text = NULL;

    SHY_TRY(shy_tree_print(tree, names, digits, &text));
    shy_buffer_text(out, "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\" alttext=\"");
    shy_emit_xml(out, text);
    shy_buffer_text(out, "\"><mrow>");
    shy_emit_math(&notation, tree, names, digits, out);
    shy_buffer_text(out, "</mrow></math>");
    SHY_TRY(out->status);
out:
    shy_free(&text);
    return st;
}

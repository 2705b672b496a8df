/* latex_math.c: a formula as LaTeX (amsmath). */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

static const char *escape(uint32_t c)
{
    switch (c) {
    case '\\': return "\\textbackslash{}";
    case '{': return "\\{";
    case '}': return "\\}";
    case '$': return "\\$";
    case '&': return "\\&";
    case '#': return "\\#";
    case '%': return "\\%";
    case '_': return "\\_";
    case '^': return "\\textasciicircum{}";
    case '~': return "\\textasciitilde{}";
    case '<': return "\\textless{}";
    case '>': return "\\textgreater{}";
    case '|': return "\\textbar{}";
    case '"': return "{\\char34}";
    case '\'': return "{\\char39}";
    case '`': return "{\\char96}";
    case '-': return "{-}"; /* two of them are not a dash */
    default: return NULL;
    }
}

void shy_emit_latex_text(shy_buffer *out, const char *text)
{
    uint32_t c;

    while ((c = shy_emit_next(&text)) != 0) {
        const char *escaped = escape(c);
        if (escaped != NULL) shy_buffer_text(out, escaped);
        else shy_emit_character(out, shy_emit_is_odd(c) ? ' ' : c);
    }
}

static void put_name(shy_buffer *out, const char *name)
{
    shy_buffer shown = {0};

    shy_buffer_text(&shown, "");
    shy_emit_shorten(name, &shown);
    shy_buffer_text(out, "\\text{");
    if (shown.status == SHY_OK) shy_emit_latex_text(out, shown.bytes);
    else out->status = shown.status;
    shy_buffer_text(out, "}");
    shy_buffer_free(&shown);
}

static void put_digits(shy_buffer *out, const char *digits, bool negative)
{
    shy_buffer_format(out, "%s%s", negative ? "-" : "", digits);
}

static const shy_math notation = {
    .fraction = {"\\frac{", "}{", "}"},
    .root = {"\\sqrt{", "}"},
    .power = {"{", "}^{2}"},
    .group = {"\\left(", "\\right)"},
    .tall = {"\\left(", "\\right)"},
    .bar = {"\\left|", "\\right|"},
    .call = {"\\", ""},
    .plus = " + ",
    .minus = " - ",
    .times = " \\cdot ",
    .comma = ", ",
    .ten = {" \\times 10^{", "}"},
    .exponent_minus = "-",
    .name = put_name,
    .digits = put_digits,
};

shy_status shy_emit_latex(const shy_tree *tree, const char *const *names, int digits, shy_buffer *out)
{
    shy_emit_math(&notation, tree, names, digits, out);
    return out->status;
}

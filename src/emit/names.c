/* names.c: names that every language takes, made of names that none may take. */
#include "shy_config.h"

#include <string.h>
#include <strings.h>

#include "emit_impl.h"

#define NAME_LENGTH 40

/* Words that mean something in one of the languages, or that the programs use themselves. Upper and lower case are not told apart. */
static const char *const reserved[] = {
    /* of programs that are written here */
    "formula", "score", "prediction", "probabilities", "probability", "shihyo_predict", "shihyo_result", "result", "patients", "value", "table", "missing", "other", "lowest",
    "highest", "fill", "low", "high", "number", "number_of", "level_of", "is_missing", "missing_of", "divide", "largest", "smallest", "hypotenuse", "reldiff", "logarithm",
    "square_root", "square", "inverse", "exponential", "logistic", "finite", "only_finite", "text", "main", "at_most", "ratio", "threshold", "below", "example", "expected",
    "sum", "zip", "length", "println", "round", "haskey", "replace", "which", "k", "nan", "inf", "infinity", "argv", "math", "sys", "os",
    /* Python */
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "false", "finally", "for", "from", "global", "if", "import", "in",
    "is", "lambda", "none", "nonlocal", "not", "or", "pass", "raise", "return", "true", "try", "while", "with", "yield", "match", "case", "type", "abs", "max", "min", "str", "int",
    "float", "dict", "list", "print", "bool", "repr", "isinstance", "print_function",
    /* R */
    "function", "repeat", "next", "null", "na", "na_real_", "na_integer_", "na_character_", "t", "f", "c", "q", "exp", "log", "sqrt", "data", "pmin", "pmax", "is", "unname", "ifelse",
    /* C */
    "auto", "char", "const", "default", "do", "double", "enum", "extern", "goto", "inline", "long", "register", "restrict", "short", "signed", "sizeof", "static", "struct", "switch",
    "typedef", "union", "unsigned", "void", "volatile", "asm", "typeof", "size_t", "strtod", "strcmp", "isnan", "isfinite", "fabs", "hypot", "stdin", "stdout", "stderr", "errno",
    "linux", "unix", "i386", "new", "delete", "this", "template", "operator", "private", "public", "protected", "virtual", "namespace", "using", "throw", "catch", "bool", "friend",
    "gamma", "y0", "y1", "yn", "j0", "j1", "jn", "exp2", "log2", "log10", "cos", "sin", "tan", "pow", "signbit", "complex", "imaginary", "i",
    /* Julia */
    "baremodule", "begin", "end", "export", "let", "local", "macro", "module", "quote", "mutable", "abstract", "primitive", "outer", "where", "isa", "nothing", "string", "parse", "tryparse",
    "get", "real", "pi", "im", "isempty", "ismissing", "e",
};

static bool is_taken(const shy_emit_names *names, const char *name)
{
    for (size_t k = 0; k < sizeof reserved / sizeof *reserved; k++)
        if (strcasecmp(reserved[k], name) == 0) return true;
    for (int k = 0; k < names->count; k++)
        if (strcasecmp(names->given[k], name) == 0) return true;
    return false;
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters and digits stay, all between them becomes one underscore. */
static void simplify(const char *meant, char name[NAME_LENGTH + 1])
{
    int length = 0;
    uint32_t c;

    while ((c = shy_emit_next(&meant)) != 0 && length < NAME_LENGTH) {
        if (is_letter(c) || (c >= '0' && c <= '9' && length > 0)) name[length++] = (char)c;
        else if (c >= '0' && c <= '9') name[length++] = 'x', name[length++] = '_', name[length++] = (char)c;
        else if (length > 0 && name[length - 1] != '_') name[length++] = '_';
    }
    while (length > 0 && name[length - 1] == '_') length--;
    name[length] = '\0';
    if (length == 0) strcpy(name, "x");
}

/* Programs number some names of theirs. None that is given has two underscores in a row: those that do are theirs, too. */
static bool is_numbered(const char *name)
{
    return strncasecmp(name, "probability_", 12) == 0 || strncasecmp(name, "at_most_", 8) == 0;
}

shy_status shy_emit_name_give(shy_emit_names *names, const char *meant, const char **name_out)
{
    shy_status st = SHY_OK;
    char plain[NAME_LENGTH + 1], name[NAME_LENGTH + 16];

    simplify(meant, plain);
    const char *before = is_numbered(plain) ? "x_" : "";
    snprintf(name, sizeof name, "%s%s", before, plain);
    for (int k = 2; is_taken(names, name); k++) snprintf(name, sizeof name, "%s%s_%d", before, plain, k);
    SHY_TRY(shy_grow((size_t)names->count + 1, sizeof *names->given, &names->given));
    names->given[names->count] = NULL;
    SHY_TRY(shy_string_copy(name, &names->given[names->count]));
    *name_out = names->given[names->count++];
out:
    return st;
}

void shy_emit_names_free(shy_emit_names *names)
{
    for (int k = 0; k < names->count; k++) shy_free(&names->given[k]);
    shy_free(&names->given);
    names->count = 0;
}

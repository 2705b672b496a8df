/* The grammar of a search: its defaults and the patterns it forbids. */
#include "shy_config.h"

#include <string.h>

#include "shihyo/expr.h"

#define WORD_MAX 32

void shy_grammar_default(shy_grammar *grammar)
{
    static const shy_op operators[] = {SHY_OP_FACTOR, SHY_OP_CONSTANT, SHY_OP_ADD,  SHY_OP_SUBTRACT, SHY_OP_MULTIPLY,
                                       SHY_OP_DIVIDE, SHY_OP_LOG,      SHY_OP_SQRT, SHY_OP_SQUARE,   SHY_OP_INVERSE};

    memset(grammar, 0, sizeof *grammar);
    for (size_t k = 0; k < sizeof operators / sizeof operators[0]; k++) grammar->allowed[operators[k]] = true;
    for (int op = 0; op < SHY_OPS; op++) grammar->weight[op] = 1;
    grammar->forbidden[SHY_OP_LOG][SHY_OP_LOG] = true;
    grammar->max_complexity = 7;
    grammar->max_factors = 3;
    grammar->max_constants = 2;
    grammar->units = SHY_UNITS_CLINICAL;
}

/* The operator named by the text [begin, end), blanks around it ignored. */
static shy_status find_operator(const char *pattern, const char *begin, const char *end, shy_op *op_out)
{
    const char *names[SHY_OPS];
    char word[WORD_MAX];
    size_t count = 0;

    while (begin < end && *begin == ' ') begin++;
    while (end > begin && end[-1] == ' ') end--;
    size_t length = (size_t)(end - begin);
    if (length >= sizeof word) length = sizeof word - 1;
    memcpy(word, begin, length);
    word[length] = '\0';
    if (shy_operator_find(word, op_out)) return SHY_OK;

    for (int op = 0; op < SHY_OPS; op++) {
        const shy_operator *o = shy_operator_get((shy_op)op);
        if (o->arity > 0) names[count++] = o->name;
    }
    const char *near = shy_text_nearest(word, names, count);
    return shy_fail(SHY_INPUT, "forbidden pattern \"%s\": \"%s\" is not an operator%s%s%s.", pattern, word,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

shy_status shy_grammar_forbid(shy_grammar *grammar, const char *pattern)
{
    shy_status st = SHY_OK;
    const char *open = strchr(pattern, '(');
    const char *close = strrchr(pattern, ')');
    shy_op outer, inner;

    if (!open || !close || close < open || strspn(close + 1, " ") != strlen(close + 1)) {
        return shy_fail(SHY_INPUT,
                        "forbidden pattern \"%s\" is not of the form outer(inner); write for example \"log(sqrt)\".",
                        pattern);
    }
    SHY_TRY(find_operator(pattern, pattern, open, &outer));
    SHY_TRY(find_operator(pattern, open + 1, close, &inner));
    grammar->forbidden[outer][inner] = true;
out:
    return st;
}

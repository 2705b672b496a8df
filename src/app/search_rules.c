/* search_rules.c: the rules for single factors, from the keys of the grammar to the problem. */
#include "shy_config.h"

#include <string.h>

#include "app/search_run.h"

typedef struct {
    shy_rule *rule;
    int count;
    char **name; /* owned, of each rule */
} rule_list;

static uint32_t operators_of(const char *words)
{
    uint32_t operators = 0;
    char word[64];
    shy_op op;

    while (shy_words_next(&words, word, sizeof word))
        if (shy_operator_find(word, &op)) operators |= UINT32_C(1) << op;
    return operators;
}

/* The values were judged when they were read. */
static shy_status add(rule_list *list, shy_rule_kind kind, const char *item)
{
    shy_status st = SHY_OK;
    const char *value = "";
    size_t length = strlen(item);
    shy_rule *rule = &list->rule[list->count];
    int64_t number = 0;

    if (kind != SHY_RULE_CONTAIN && !shy_pair_split(item, &length, &value)) return SHY_OK;
    SHY_TRY(shy_string_format(&list->name[list->count], "%.*s", (int)length, item));
    *rule = (shy_rule){.kind = kind, .which = list->name[list->count]};
    if (kind == SHY_RULE_TRANSFORMS) rule->operators = operators_of(value);
    if (kind == SHY_RULE_MOST && shy_text_integer(value, &number)) rule->number = (int)number;
    if (kind == SHY_RULE_DIRECTION) rule->number = strcmp(value, "increasing") == 0 ? 1 : -1;
    list->count++;
out:
    return st;
}

static const struct {
    int key;
    shy_rule_kind kind;
} sources[] = {{SHY_KEY_GRAMMAR_TRANSFORMS, SHY_RULE_TRANSFORMS},
               {SHY_KEY_GRAMMAR_MOST, SHY_RULE_MOST},
               {SHY_KEY_GRAMMAR_MUST_CONTAIN, SHY_RULE_CONTAIN},
               {SHY_KEY_GRAMMAR_DIRECTION, SHY_RULE_DIRECTION}};
enum { SOURCES = sizeof sources / sizeof *sources };

shy_status shy_session_rules(shy_search_session *s)
{
    shy_status st = SHY_OK;
    rule_list list = {0};
    int all = 0, count;

    for (int k = 0; k < SOURCES; k++) {
        (void)shy_config_list(s->config, sources[k].key, &count);
        all += count;
    }
    SHY_TRY(shy_new((size_t)all, sizeof *list.rule, &list.rule));
    SHY_TRY(shy_new((size_t)all, sizeof *list.name, &list.name));
    for (int k = 0; k < SOURCES; k++) {
        const char *const *item = shy_config_list(s->config, sources[k].key, &count);
        for (int i = 0; i < count; i++) SHY_TRY(add(&list, sources[k].kind, item[i]));
    }
    SHY_TRY(shy_problem_rule(s->problem, s->cohort, list.rule, list.count));
out:
    for (int i = 0; list.name && i < all; i++) shy_free(&list.name[i]);
    shy_free(&list.name);
    shy_free(&list.rule);
    return st;
}

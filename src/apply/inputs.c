/* inputs.c: what formulas are made from, as front.json has it, and the value of an input for one patient. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "apply_impl.h"

/* ---- reading -------------------------------------------------------------------------------------------------------- */

void shy_input_clear(shy_input *input)
{
    for (int v = 0; input->level != NULL && v < input->how.levels; v++) shy_free(&input->level[v]);
    shy_free(&input->level);
    shy_free(&input->ones);
    shy_free(&input->name);
    shy_free(&input->column);
    shy_free(&input->unit);
    shy_free(&input->coded);
    shy_free(&input->value);
    shy_free(&input->outside);
}

static bool read_kind(const char *text, shy_derived *kind_out)
{
    static const char *const names[] = {[SHY_DERIVED_VALUE] = "value", [SHY_DERIVED_LEVEL] = "level", [SHY_DERIVED_POOL] = "pool", [SHY_DERIVED_MISSING] = "missing"};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(names[k], text) == 0) return *kind_out = (shy_derived)k, true;
    return false;
}

static shy_status read_levels(const json_t *object, shy_input *input)
{
    shy_status st = SHY_OK;
    const json_t *levels = json_object_get(object, "levels"), *ones = json_object_get(object, "ones");
    const size_t count = json_array_size(levels);
    size_t k;
    json_t *one;

    SHY_TRY(shy_new(count, sizeof *input->level, &input->level));
    SHY_TRY(shy_new(count, 1, &input->ones));
    for (size_t v = 0; v < count; v++) {
        const char *name = json_string_value(json_array_get(levels, v));
        SHY_TRY(shy_string_copy(name == NULL ? "" : name, &input->level[v]));
        input->how.levels++;
        json_array_foreach(ones, k, one)
            if (json_is_string(one) && strcmp(json_string_value(one), input->level[v]) == 0) input->ones[v] = 1, input->how.level = (int)v;
    }
    input->how.pooled = input->ones;
out:
    return st;
}

static shy_status read_input(const json_t *object, shy_input *input)
{
    shy_status st = SHY_OK;

    *input = (shy_input){.index = -1,
                         .seen_low = shy_json_number(object, "seen_low", NAN),
                         .seen_high = shy_json_number(object, "seen_high", NAN),
                         .typical = shy_json_number(object, "typical", NAN)};
    input->how.lowest = shy_json_number(object, "lowest", -INFINITY), input->how.highest = shy_json_number(object, "highest", INFINITY);
    input->how.low = shy_json_number(object, "low", -INFINITY), input->how.high = shy_json_number(object, "high", INFINITY);
    input->how.fill = shy_json_number(object, "fill", NAN);
    SHY_TRY(shy_string_copy(shy_json_word(object, "name"), &input->name));
    SHY_TRY(shy_string_copy(shy_json_word(object, "column"), &input->column));
    SHY_TRY(shy_string_copy(shy_json_word(object, "unit"), &input->unit));
    SHY_TRY(read_levels(object, input));
    if (!read_kind(shy_json_word(object, "kind"), &input->how.kind) || !shy_kind_parse(shy_json_word(object, "column_kind"), &input->column_kind) || *input->name == '\0')
        SHY_TRY(shy_fail(SHY_INPUT, "front.json: \"inputs\" has an entry that this version does not know (%s).", shy_json_word(object, "kind")));
out:
    return st;
}

shy_status shy_inputs_read(const json_t *list, shy_input **input_out, int *count_out)
{
    shy_status st = SHY_OK;
    size_t k;
    json_t *object;

    SHY_TRY(shy_new(json_array_size(list), sizeof **input_out, input_out));
    json_array_foreach(list, k, object)
    {
        *count_out = (int)k + 1; /* what a failure leaves is freed, too */
        SHY_TRY(read_input(object, &(*input_out)[k]));
    }
out:
    return st;
}

/* ---- one patient ------------------------------------------------------------------------------------------------------ */

bool shy_kind_has_levels(shy_kind kind)
{
    return kind == SHY_KIND_BINARY || kind == SHY_KIND_CATEGORICAL;
}

static int find_level(const shy_input *input, const char *name)
{
    for (int v = 0; v < input->how.levels; v++)
        if (strcmp(input->level[v], name) == 0) return v;
    return -1;
}

double shy_input_level(const shy_input *input, const char *text)
{
    char shortest[32];
    double number;
    int level = find_level(input, text);

    if (level < 0 && shy_text_number(text, &number)) level = find_level(input, shy_text_shortest(number, shortest));
    return level < 0 ? SHY_LEVEL_UNSEEN : level;
}

/* A level without a place in the order is as good as missing; as an indicator it is one of the levels that count as 0. */
double shy_input_derive(const shy_input *input, double value, unsigned *marks_out)
{
    const bool unseen = shy_kind_has_levels(input->column_kind) && value == SHY_LEVEL_UNSEEN;
    const bool beyond = !unseen && (value < input->how.lowest || value > input->how.highest);
    const bool ordered = input->how.kind == SHY_DERIVED_VALUE;
    const bool lacks = isnan(value) || beyond || (unseen && ordered);
    const double derived = shy_derive(&input->how, unseen && ordered ? NAN : value);
    unsigned marks = 0;

    if (unseen) marks |= SHY_MARK_UNSEEN;
    if (beyond) marks |= SHY_MARK_IMPLAUSIBLE;
    if (lacks && input->how.kind != SHY_DERIVED_MISSING) marks |= isnan(derived) ? SHY_MARK_MISSING : SHY_MARK_FILLED;
    if (!lacks && derived < input->seen_low) marks |= SHY_MARK_BELOW;
    if (!lacks && derived > input->seen_high) marks |= SHY_MARK_ABOVE;
    if (marks_out != NULL) *marks_out = marks;
    return derived;
}

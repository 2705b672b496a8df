/*
 * infer.c: from what the first pass saw to the kind of every column, with care: what is not clear is said or refused.
 */
#include "shy_config.h"

#include <ctype.h>
#include <string.h>

#include "import_impl.h"

typedef struct {
    shy_import *import;
    const shy_import_table *table;
    shy_import_column *column;
    int *identifiers; /* so far */
} inference;

static const char *const zero_one[] = {"0", "1"};

/* ---- what cannot be accepted ------------------------------------------------------------------------------------- */

static shy_status infinite_value(const inference *in)
{
    const shy_texts *t = in->column->texts;

    return shy_fail(SHY_INPUT,
                    "%s, row %llu (line %llu), column %s: '%s' is an infinite value. Correct it, or add --missing '%s' "
                    "if it means missing.",
                    in->table->path, (unsigned long long)t->infinite_row, (unsigned long long)t->infinite_line,
                    in->column->name, t->infinite, t->infinite);
}

static shy_status text_among_numbers(const inference *in)
{
    const shy_texts *t = in->column->texts;
    char cause[96] = "and the schema declares the column ";

    if (in->column->kind >= 0)
        strcat(cause, shy_kind_name((shy_kind)in->column->kind));
    else
        snprintf(cause, sizeof cause, "and %llu of the %llu values of the column are",
                 (unsigned long long)in->column->numbers, (unsigned long long)(in->column->numbers + t->texts));
    return shy_fail(
        SHY_INPUT,
        "%s, row %llu (line %llu), column %s: '%s' is not a number, %s. "
        "If it means missing, add --missing '%s'; if the column holds categories, declare it categorical in a schema.",
        in->table->path, (unsigned long long)t->text_row, (unsigned long long)t->text_line, in->column->name, t->text,
        cause, t->text);
}

static shy_status wrong_level_count(const inference *in)
{
    const shy_words *words = &in->column->texts->words;
    const char *kind = shy_kind_name((shy_kind)in->column->kind);

    if (words->count > 2)
        return shy_fail(SHY_INPUT,
                        "%s, column %s: is declared %s and has %llu values, among them '%.60s', '%.60s' and '%.60s'.%s",
                        in->table->path, in->column->name, kind, (unsigned long long)words->count,
                        shy_words_text(words, 0), shy_words_text(words, 1), shy_words_text(words, 2),
                        in->column->kind == SHY_KIND_EVENT
                            ? " Leave its kind out of the schema: outcome.positive of a search says which value is the event."
                            : "");
    return shy_fail(
        SHY_INPUT,
        "%s, column %s: is declared %s and has %s%.60s%s. If there is another level, give both as levels: [a, b].",
        in->table->path, in->column->name, kind, words->count == 0 ? "no value" : "only the value '",
        words->count == 0 ? "" : shy_words_text(words, 0), words->count == 0 ? "" : "'");
}

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static shy_status drop_texts(inference *in)
{
    shy_texts *texts = in->column->texts;

    if (texts == NULL) return SHY_OK;
    in->import->words_bytes -= shy_words_bytes(&texts->words);
    shy_words_free(&texts->words);
    shy_free(&in->column->texts);
    return SHY_OK;
}

static shy_status become(inference *in, int kind, const char *remark)
{
    in->column->kind = kind;
    in->column->decided = true;
    if (remark != NULL) in->column->remark = remark;
    switch (kind) {
    case SHY_KIND_BINARY:
    case SHY_KIND_CATEGORICAL:
    case SHY_KIND_EVENT:
        if (in->column->texts == NULL) return SHY_OK;
        return shy_texts_order(in->column->texts, in->column->rule != NULL && in->column->rule->levels_count > 0);
    case SHY_KIND_IDENTIFIER:
        return SHY_OK;
    default:
        return drop_texts(in);
    }
}

/* 0 and 1 are stored as they are, however they are written: 1, 1.0, 1e0. */
static bool is_zero_one(const shy_import_column *column)
{
    return (column->seen & SHY_SEEN_BEYOND) == 0 && (column->small & ~UINT64_C(3)) == 0 && column->numbers > 0 &&
           (column->texts == NULL || (column->texts->texts == 0 && column->texts->infinite_row == 0));
}

static shy_status infer_declared(inference *in)
{
    shy_import_column *column = in->column;
    bool given = column->rule != NULL && column->rule->levels_count > 0;

    switch (column->kind) {
    case SHY_KIND_NUMERIC:
    case SHY_KIND_TIME:
        if (column->texts != NULL && column->texts->texts > 0) return text_among_numbers(in);
        if (column->texts != NULL && column->texts->infinite_row > 0) return infinite_value(in);
        return become(in, column->kind, NULL);
    case SHY_KIND_BINARY:
    case SHY_KIND_EVENT:
        if (!given && is_zero_one(column)) {
            shy_status st = drop_texts(in);
            return st != SHY_OK ? st : become(in, column->kind, NULL);
        }
        if (column->texts->words.count != 2) return wrong_level_count(in);
        return become(in, column->kind, NULL);
    default:
        return become(in, column->kind, NULL);
    }
}

static bool all_distinct(const inference *in)
{
    const shy_texts *texts = in->column->texts;

    return texts != NULL && !texts->given_up && !texts->repeated && in->column->missing_cells == 0 &&
           texts->words.count >= 3 && *in->identifiers < SHY_IDENTIFIERS_MAX;
}

static shy_status become_identifier(inference *in)
{
    ++*in->identifiers;
    return become(in, SHY_KIND_IDENTIFIER, NULL);
}

static shy_status infer_numbers(inference *in)
{
    const shy_import_column *column = in->column;
    bool named = shy_name_like_identifier(column->name), whole = (column->seen & SHY_SEEN_FRACTION) == 0;
    int values = __builtin_popcountll(column->small);

    if (column->texts != NULL && column->texts->infinite_row > 0) return infinite_value(in);
    if (column->numbers == 0) return become(in, SHY_KIND_NUMERIC, "no value at all");
    if (named && whole && all_distinct(in)) return become_identifier(in);
    if (is_zero_one(column) && values == 2) {
        shy_status st = drop_texts(in);
        return st != SHY_OK ? st : become(in, SHY_KIND_BINARY, NULL);
    }
    if (named && whole) return become(in, SHY_KIND_NUMERIC, "named like an identifier, but not unique");
    if ((column->seen & SHY_SEEN_BEYOND) == 0 && values >= 3 && values <= 8)
        return become(in, SHY_KIND_NUMERIC, "few whole numbers: codes of categories?");
    return become(in, SHY_KIND_NUMERIC, NULL);
}

/* 2020-01-31, 31.01.2020, 1/31/20, with a time of day behind it or not. */
static bool looks_like_date(const char *text)
{
    int numbers = 0;
    char separator = 0;

    for (; isdigit((unsigned char)*text); numbers++) {
        int digits = 0;
        for (; isdigit((unsigned char)*text); text++)
            digits++;
        if (digits > 4) return false;
        if (numbers == 2) return true;
        if (*text != '-' && *text != '/' && *text != '.') return false;
        if (separator != 0 && *text != separator) return false;
        separator = *text++;
    }
    return false;
}

static shy_status infer_texts(inference *in)
{
    const shy_import_column *column = in->column;
    const shy_words *words = &column->texts->words;

    if (column->numbers >= column->texts->texts) return text_among_numbers(in);
    if (column->texts->late) {
        in->column->again = true;
        return SHY_OK;
    }
    if (looks_like_date(column->texts->text))
        return become(in, SHY_KIND_SKIP, "dates are left out: import durations instead");
    if (all_distinct(in)) return become_identifier(in);
    if (column->texts->given_up || words->count > SHY_LEVELS_INFERRED ||
        (!column->texts->repeated && words->count > 10))
        return become(in, SHY_KIND_SKIP, "free text is left out: declare it categorical to keep it");
    return become(in, words->count == 2 ? SHY_KIND_BINARY : SHY_KIND_CATEGORICAL,
                  words->count == 1 ? "always the same" : NULL);
}

static shy_status infer_column(inference *in)
{
    if (in->column->kind >= 0) return infer_declared(in);
    if (in->column->texts != NULL && in->column->texts->texts > 0) return infer_texts(in);
    return infer_numbers(in);
}

shy_status shy_import_infer(shy_import *import, shy_import_table *table, bool *again_out)
{
    shy_status st = SHY_OK;
    int identifiers = 0;
    inference in = {.import = import, .table = table, .identifiers = &identifiers};

    *again_out = false;
    for (int64_t i = 0; i < table->first + table->count; i++)
        identifiers += import->column[i].kind == SHY_KIND_IDENTIFIER;
    for (int64_t i = table->first; i < table->first + table->count; i++) {
        in.column = &import->column[i];
        in.column->again = false;
        if (!in.column->decided) SHY_TRY(infer_column(&in));
        *again_out |= in.column->again;
    }
    if (identifiers > SHY_IDENTIFIERS_MAX)
        st = shy_fail(SHY_INPUT, "%s: more than %d columns are declared identifiers. Leave some out (kind: skip).",
                      table->path, SHY_IDENTIFIERS_MAX);
out:
    return st;
}

/* ---- as the cohort will have it ---------------------------------------------------------------------------------- */

void shy_import_view(const shy_import *import, int64_t index, shy_column *column_out)
{
    const shy_import_column *c = &import->column[index];
    bool leveled = c->kind == SHY_KIND_BINARY || c->kind == SHY_KIND_CATEGORICAL;
    uint64_t present = import->rows - c->missing;

    *column_out = (shy_column){.name = c->name, .unit = c->unit, .modality = c->modality, .kind = (shy_kind)c->kind};
    column_out->missing = c->missing;
    column_out->minimum = column_out->maximum = column_out->mean = __builtin_nan("");
    if (c->slot >= 0 && present > 0) {
        column_out->minimum = c->minimum, column_out->maximum = c->maximum;
        column_out->mean = c->sum / (double)present;
    }
    if (leveled && c->texts != NULL)
        column_out->levels = c->texts->levels, column_out->level_names = c->texts->level;
    else if (c->kind == SHY_KIND_BINARY)
        column_out->levels = 2, column_out->level_names = zero_one;
}

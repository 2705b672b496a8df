/* report_mathematics.c: formulas of a report's document as mathematics, wherever the document has one as text. */
#include "shy_config.h"

#include <string.h>

#include "app/report_impl.h"
#include "shihyo/emit.h"

enum { DIGITS = 5 }; /* of constants: the text beside it has them all */

/* Names of factors that formulas may be made of. */
typedef struct {
    const char *const *name;
    int count;
    const char **owned;
} factor_names;

/* Those of the problem; without a cohort those of the front. */
static shy_status find_names(const shy_report *r, int t, factor_names *n)
{
    shy_status st = SHY_OK;
    const shy_finished *f = &r->finished[t];

    if (r->problem != NULL) {
        n->name = r->problem->name, n->count = r->problem->factors;
        return SHY_OK;
    }
    SHY_TRY(shy_new((size_t)f->factors, sizeof *n->owned, &n->owned));
    for (int k = 0; k < f->factors; k++) n->owned[k] = f->factor[k].name;
    n->name = n->owned, n->count = f->factors;
out:
    return st;
}

static shy_status put_mathml(const char *key, const shy_tree *tree, const char *const *name, json_t *object)
{
    shy_status st = SHY_OK;
    shy_buffer text = {0};

    SHY_TRY(shy_emit_mathml(tree, name, DIGITS, &text));
    SHY_TRY(shy_json_put(object, key, json_string(text.bytes)));
out:
    shy_buffer_free(&text);
    return st;
}

/* A text that cannot be read stays text: a column that is not a factor any more, or a formula that a later version writes. */
static shy_status put_text(const char *key, const char *formula, const factor_names *n, json_t *object)
{
    shy_tree tree;

    if (shy_tree_parse(formula, n->name, (uint32_t)n->count, &tree) == SHY_OK) return put_mathml(key, &tree, n->name, object);
    shy_error_clear();
    return SHY_OK;
}

static shy_status put_all(json_t *list, const factor_names *n)
{
    shy_status st = SHY_OK;
    size_t k;
    json_t *entry;

    json_array_foreach(list, k, entry) SHY_TRY(put_text("mathml", shy_json_word(entry, "formula"), n, entry));
out:
    return st;
}

static shy_status put_sides(json_t *axes, const factor_names *n)
{
    shy_status st = SHY_OK;
    size_t k;
    json_t *pair;

    json_array_foreach(axes, k, pair)
    {
        json_t *x = json_object_get(pair, "x"), *y = json_object_get(pair, "y");
        SHY_TRY(put_text("mathml", shy_json_word(x, "formula"), n, x));
        SHY_TRY(put_text("mathml", shy_json_word(y, "formula"), n, y));
    }
out:
    return st;
}

static shy_status put_front(const shy_report *r, int t, json_t *formulas, const factor_names *n)
{
    shy_status st = SHY_OK;
    const json_t *front = json_object_get(r->front[t], "front");
    size_t k;
    json_t *formula;

    json_array_foreach(formulas, k, formula)
    {
        const json_t *entry = json_array_get(front, k), *rounded = json_object_get(entry, "rounded");
        SHY_TRY(put_text("mathml", shy_json_word(entry, "formula"), n, formula));
        if (json_is_object(rounded)) SHY_TRY(put_text("rounded_mathml", shy_json_word(rounded, "formula"), n, formula));
    }
out:
    return st;
}

shy_status shy_report_mathematics(const shy_report *report, int t, json_t *target)
{
    shy_status st = SHY_OK;
    factor_names n = {0};

    SHY_TRY(find_names(report, t, &n));
    SHY_TRY(put_front(report, t, json_object_get(target, "formulas"), &n));
    SHY_TRY(put_all(json_object_get(target, "near"), &n));
    SHY_TRY(put_sides(json_object_get(target, "two_axis"), &n));
out:
    shy_free(&n.owned);
    return st;
}

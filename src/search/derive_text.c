/* Derived factors in words: what has to be done with the value of a patient before a formula is computed. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"

/* A sentence that grows by parts. */
struct sentence {
    char *text; /* owned */
    shy_status status;
};

static void add(struct sentence *s, const char *between, const char *text)
{
    char *longer = NULL;

    if (s->status == SHY_OK) s->status = shy_string_format(&longer, "%s%s%s", s->text ? s->text : "", s->text && *s->text ? between : "", text);
    if (s->status != SHY_OK) return;
    shy_free(&s->text);
    s->text = longer;
}

static void add_part(struct sentence *s, char *part, shy_status status)
{
    if (s->status == SHY_OK) s->status = status;
    if (s->status == SHY_OK) add(s, "; ", part);
    shy_free(&part);
}

#define ADD(s, ...)                                                                                                    \
    do {                                                                                                               \
        char *part_ = NULL;                                                                                            \
        const shy_status status_ = shy_string_format(&part_, __VA_ARGS__);                                             \
        add_part((s), part_, status_);                                                                                 \
    } while (0)

static const char *limit(double value, char *room)
{
    return isfinite(value) ? shy_text_shortest(value, room) : "";
}

/* "low = 0, middle = 1, high = 2", or the levels of a pool: "V or VI". */
static void add_levels(struct sentence *s, const shy_column *column, const uint8_t *pooled)
{
    struct sentence list = {0};
    char number[32];

    for (int v = 0; v < column->levels; v++) {
        if (pooled && !pooled[v]) continue;
        add(&list, pooled ? " or " : ", ", column->level_names[v]);
        if (pooled) continue;
        snprintf(number, sizeof number, " = %d", v);
        add(&list, "", number);
    }
    if (s->status == SHY_OK) s->status = list.status;
    if (pooled) ADD(s, "1 where %s is %s, else 0", column->name, list.text ? list.text : "");
    else add(s, "; ", list.text ? list.text : "");
    shy_free(&list.text);
}

static void add_fill(struct sentence *s, const shy_derivation *how, const shy_column *column)
{
    char number[32];
    const bool level = column->levels > 0 && how->fill >= 0.0 && how->fill < column->levels;

    if (isnan(how->fill)) return;
    ADD(s, "where %s is missing it counts as %s", column->name, level ? column->level_names[(int)how->fill] : shy_text_shortest(how->fill, number));
}

static void add_range(struct sentence *s, const shy_derivation *how, const shy_column *column)
{
    char lowest[32], highest[32];

    if (!isfinite(how->lowest) && !isfinite(how->highest)) return;
    ADD(s, "%s outside %s..%s counts as missing", column->name, limit(how->lowest, lowest), limit(how->highest, highest));
}

static void add_limits(struct sentence *s, const shy_derivation *how, const shy_column *column)
{
    char low[32], high[32];

    if (!isfinite(how->low)) return;
    ADD(s, "%s below %s counts as %s, above %s as %s", column->name, limit(how->low, low), low, limit(how->high, high), high);
}

static void describe(struct sentence *s, const shy_derivation *how, const shy_column *column)
{
    if (how->kind == SHY_DERIVED_MISSING) ADD(s, "1 where %s is missing, else 0", column->name);
    if (how->kind == SHY_DERIVED_LEVEL) ADD(s, "1 where %s is %s, else 0", column->name, column->level_names[how->level]);
    if (how->kind == SHY_DERIVED_POOL) add_levels(s, column, how->pooled);
    if (how->kind == SHY_DERIVED_VALUE && column->kind == SHY_KIND_CATEGORICAL) add_levels(s, column, NULL);
    add_range(s, how, column);
    add_fill(s, how, column);
    add_limits(s, how, column);
}

shy_status shy_factor_describe(const shy_problem *p, const shy_cohort *cohort, int factor, char **text_out)
{
    struct sentence s = {0};

    add(&s, "", "");
    if (p->derivation && p->derivation[factor]) {
        const shy_column column = shy_cohort_column(cohort, p->cohort_column[factor]);
        describe(&s, p->derivation[factor], &column);
    }
    if (s.status == SHY_OK) *text_out = s.text, s.text = NULL;
    shy_free(&s.text);
    return s.status;
}

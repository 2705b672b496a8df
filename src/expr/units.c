/* Units: interned vectors of exponents over spellings of base units, and what the operators do to them. */
#include "shy_config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "shihyo/expr.h"
#include "text_impl.h"
#include "units_impl.h"

#define BUCKETS_FIRST 64 /* a power of two */

/* A unit: its terms in the order of their bases (none for a dimensionless unit) and its text. */
typedef struct {
    uint64_t hash;
    shy_unit_terms terms;
    char *text; /* NULL: of its own, made when asked for */
} unit_entry;

struct shy_units {
    char **base; /* spellings, in the order in which they were first met */
    int bases, bases_room;
    unit_entry *entry; /* [0] unknown, [1] dimensionless */
    int entries, entries_room;
    shy_unit *bucket; /* open addressing over `entry`; 0 = free */
    uint32_t buckets;
    bool starved; /* memory ended while a unit was being made */
};

/* ---- tables ---------------------------------------------------------------------------------------------------- */

shy_status shy_units_base(shy_units *units, const char *spelling, size_t length, int16_t *base_out)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < units->bases; k++) {
        if (strlen(units->base[k]) == length && memcmp(units->base[k], spelling, length) == 0) {
            *base_out = (int16_t)k;
            return SHY_OK;
        }
    }
    if (units->bases == SHY_UNIT_BASES_MAX) {
        return shy_fail(SHY_INPUT, "More than %d different base units; set units: off or unify their spellings.",
                        SHY_UNIT_BASES_MAX);
    }
    if (units->bases == units->bases_room) {
        int room = 2 * units->bases_room + 16;
        SHY_TRY(shy_grow((size_t)room, sizeof *units->base, &units->base));
        units->bases_room = room;
    }
    SHY_TRY(shy_string_format(&units->base[units->bases], "%.*s", (int)length, spelling));
    *base_out = (int16_t)units->bases++;
out:
    return st;
}

shy_status shy_unit_terms_add(shy_unit_terms *terms, int16_t base, int eighths)
{
    int k = 0;

    while (k < terms->count && terms->term[k].base < base) k++;
    bool present = k < terms->count && terms->term[k].base == base;
    int sum = eighths + (present ? terms->term[k].eighths : 0);
    size_t after = (size_t)(terms->count - k) * sizeof terms->term[0];

    if (abs(sum) > SHY_UNIT_EIGHTHS_MAX) return SHY_INPUT;
    if (present && sum == 0) {
        memmove(&terms->term[k], &terms->term[k + 1], after - sizeof terms->term[0]);
        terms->count--;
    } else if (present) {
        terms->term[k].eighths = (int16_t)sum;
    } else if (sum != 0) {
        if (terms->count == SHY_UNIT_TERMS_MAX) return SHY_INPUT;
        memmove(&terms->term[k + 1], &terms->term[k], after);
        terms->term[k] = (shy_unit_term){base, (int16_t)sum};
        terms->count++;
    }
    return SHY_OK;
}

static uint64_t terms_hash(const shy_unit_terms *terms)
{
    return shy_hash_bytes(terms->term, (size_t)terms->count * sizeof terms->term[0], 0);
}

static bool terms_equal(const shy_unit_terms *a, const shy_unit_terms *b)
{
    return a->count == b->count && memcmp(a->term, b->term, (size_t)a->count * sizeof a->term[0]) == 0;
}

/* The bucket that holds the unit with these terms, or the free one where it belongs. */
static shy_unit *find_bucket(const shy_units *units, uint64_t hash, const shy_unit_terms *terms)
{
    for (uint64_t k = hash;; k++) {
        shy_unit *bucket = &units->bucket[k & (units->buckets - 1)];
        if (*bucket == 0) return bucket;
        const unit_entry *entry = &units->entry[*bucket];
        if (entry->hash == hash && terms_equal(&entry->terms, terms)) return bucket;
    }
}

static shy_status grow_tables(shy_units *units)
{
    shy_status st = SHY_OK;
    shy_unit *bucket = NULL, *old = units->bucket;

    if (units->entries == units->entries_room) {
        int room = 2 * units->entries_room + 16;
        SHY_TRY(shy_grow((size_t)room, sizeof *units->entry, &units->entry));
        units->entries_room = room;
    }
    if (2 * (uint32_t)units->entries < units->buckets) return SHY_OK;
    uint32_t buckets = units->buckets == 0 ? BUCKETS_FIRST : 2 * units->buckets;
    SHY_TRY(shy_new(buckets, sizeof *bucket, &bucket));
    units->bucket = bucket;
    units->buckets = buckets;
    for (shy_unit u = SHY_UNIT_DIMENSIONLESS; u < units->entries; u++) {
        *find_bucket(units, units->entry[u].hash, &units->entry[u].terms) = u;
    }
    shy_free(&old);
out:
    return st;
}

shy_status shy_units_intern(shy_units *units, const shy_unit_terms *terms, const char *spelling, shy_unit *unit_out)
{
    shy_status st = SHY_OK;
    unit_entry entry = {.hash = terms_hash(terms), .terms = *terms};

    SHY_TRY(grow_tables(units));
    shy_unit *bucket = find_bucket(units, entry.hash, terms);
    if (*bucket == 0) {
        if (spelling) SHY_TRY(shy_string_copy(spelling, &entry.text));
        units->entry[units->entries] = entry;
        *bucket = units->entries++;
    }
    *unit_out = *bucket;
out:
    return st;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

shy_status shy_units_create(shy_units **units_out)
{
    shy_status st = SHY_OK;
    shy_units *units = NULL;
    shy_unit dimensionless;

    SHY_TRY(shy_new(1, sizeof *units, &units));
    SHY_TRY(grow_tables(units));
    SHY_TRY(shy_string_copy("", &units->entry[SHY_UNIT_UNKNOWN].text));
    units->entry[SHY_UNIT_UNKNOWN].hash = 0;
    units->entry[SHY_UNIT_UNKNOWN].terms.count = 0;
    units->entries = 1;
    SHY_TRY(shy_units_intern(units, &(shy_unit_terms){.count = 0}, NULL, &dimensionless));
    assert(dimensionless == SHY_UNIT_DIMENSIONLESS);
    *units_out = units, units = NULL;
out:
    shy_units_destroy(&units);
    return st;
}

void shy_units_destroy(shy_units **units)
{
    shy_units *u = *units;

    if (!u) return;
    for (int k = 0; k < u->bases; k++) shy_free(&u->base[k]);
    for (int k = 0; k < u->entries; k++) shy_free(&u->entry[k].text);
    shy_free(&u->base);
    shy_free(&u->entry);
    shy_free(&u->bucket);
    shy_free(units);
}

const char *shy_unit_text(shy_units *units, shy_unit unit)
{
    assert(unit == SHY_UNIT_INVALID || (unit >= 0 && unit < units->entries));
    if (unit == SHY_UNIT_INVALID) return "invalid";
    unit_entry *entry = &units->entry[unit];
    if (!entry->text && shy_unit_terms_text(&entry->terms, (const char *const *)units->base, &entry->text) != SHY_OK)
        return NULL;
    return entry->text;
}

int shy_units_count(const shy_units *units)
{
    return units->entries;
}

/* In open addressing the latest entry can go without a trace: nothing was put behind it. */
void shy_units_forget(shy_units *units, int count)
{
    while (units->entries > count) {
        unit_entry *last = &units->entry[--units->entries];
        *find_bucket(units, last->hash, &last->terms) = 0;
        shy_free(&last->text);
    }
}

/* ---- operators ------------------------------------------------------------------------------------------------- */

/* u^(numerator/denominator) · v^factor, interned; invalid where an exponent is no small multiple of 1/8. */
static shy_unit combine(shy_units *units, shy_unit u, int numerator, int denominator, shy_unit v, int factor)
{
    shy_unit_terms terms = units->entry[u].terms;
    shy_unit unit;

    for (int k = 0; k < terms.count; k++) {
        int eighths = terms.term[k].eighths * numerator;
        if (eighths % denominator != 0 || abs(eighths / denominator) > SHY_UNIT_EIGHTHS_MAX) return SHY_UNIT_INVALID;
        terms.term[k].eighths = (int16_t)(eighths / denominator);
    }
    for (int k = 0; factor != 0 && k < units->entry[v].terms.count; k++) {
        const shy_unit_term *term = &units->entry[v].terms.term[k];
        if (shy_unit_terms_add(&terms, term->base, term->eighths * factor) != SHY_OK) return SHY_UNIT_INVALID;
    }
    if (shy_units_intern(units, &terms, NULL, &unit) == SHY_OK) return unit;
    units->starved = true;
    return SHY_UNIT_INVALID;
}

bool shy_units_starved(const shy_units *units)
{
    return units->starved;
}

static shy_unit apply_known(shy_units *units, shy_units_mode mode, shy_op op, shy_unit u, shy_unit v)
{
    switch (op) {
    case SHY_OP_ADD:
    case SHY_OP_SUBTRACT:
    case SHY_OP_MAX:
    case SHY_OP_MIN:
    case SHY_OP_HYPOT: return u == v ? u : SHY_UNIT_INVALID;
    case SHY_OP_RELDIFF: return u == v ? SHY_UNIT_DIMENSIONLESS : SHY_UNIT_INVALID;
    case SHY_OP_MULTIPLY: return combine(units, u, 1, 1, v, 1);
    case SHY_OP_DIVIDE: return combine(units, u, 1, 1, v, -1);
    case SHY_OP_SQRT: return combine(units, u, 1, 2, u, 0);
    case SHY_OP_SQUARE: return combine(units, u, 2, 1, u, 0);
    case SHY_OP_INVERSE: return combine(units, u, -1, 1, u, 0);
    case SHY_OP_LOG:
        return mode == SHY_UNITS_CLINICAL || u == SHY_UNIT_DIMENSIONLESS ? SHY_UNIT_DIMENSIONLESS : SHY_UNIT_INVALID;
    case SHY_OP_EXP: return u == SHY_UNIT_DIMENSIONLESS ? SHY_UNIT_DIMENSIONLESS : SHY_UNIT_INVALID;
    case SHY_OP_FACTOR:
    case SHY_OP_CONSTANT:
    case SHY_OP_ABS:
    case SHY_OPS: break;
    }
    return u;
}

shy_unit shy_unit_apply(shy_units *units, shy_units_mode mode, shy_op op, shy_unit u, shy_unit v)
{
    bool binary = shy_operator_get(op)->arity == 2;

    if (mode == SHY_UNITS_OFF) return SHY_UNIT_UNKNOWN;
    if (u == SHY_UNIT_INVALID || (binary && v == SHY_UNIT_INVALID)) return SHY_UNIT_INVALID;
    if (u == SHY_UNIT_UNKNOWN || (binary && v == SHY_UNIT_UNKNOWN)) return SHY_UNIT_UNKNOWN;
    assert(u > 0 && u < units->entries && (!binary || (v > 0 && v < units->entries)));
    return apply_known(units, mode, op, u, v);
}

static bool adds(shy_op op)
{
    return op == SHY_OP_ADD || op == SHY_OP_SUBTRACT;
}

shy_unit shy_tree_unit(shy_units *units, shy_units_mode mode, const shy_tree *tree, const shy_unit *factor)
{
    shy_unit unit[SHY_TREE_MAX];

    for (int i = 0; i < tree->count; i++) {
        const shy_node *node = &tree->node[i];
        const shy_op op = (shy_op)node->op;
        const int arity = shy_operator_get(op)->arity;
        const shy_unit u = arity >= 1 ? unit[node->left] : SHY_UNIT_UNKNOWN, v = arity == 2 ? unit[node->right] : u;
        if (op == SHY_OP_FACTOR)
            unit[i] = factor[node->factor];
        else if (op == SHY_OP_CONSTANT)
            unit[i] = SHY_UNIT_UNKNOWN;
        else if (adds(op) && u == SHY_UNIT_UNKNOWN)
            unit[i] = v;
        else if (adds(op) && v == SHY_UNIT_UNKNOWN)
            unit[i] = u;
        else
            unit[i] = shy_unit_apply(units, mode, op, u, v);
        if (unit[i] == SHY_UNIT_INVALID) return SHY_UNIT_UNKNOWN;
    }
    return unit[tree->count - 1];
}

/* Tables of shapes of a space: found, made, or made by one rank for all. */
#include "shy_config.h"

#include <string.h>

#include "context_impl.h"

/* ---- which operands have an inverse among the operands ------------------------------------------------------------ */

/* The inverse of each operand, −1: the same in all tables that are drawn from one. */
static shy_status find_inverses(const shy_shapes *shapes, const shy_grammar *grammar, int32_t **inverse_out)
{
    shy_status st = SHY_OK;
    int count = 0;
    const int *first = NULL;
    (void)shy_shapes_operands(shapes, &count, &first);
    SHY_TRY(shy_new((size_t)count, sizeof **inverse_out, inverse_out));
    for (int i = 0; i < count; i++) (*inverse_out)[i] = grammar->allowed[SHY_OP_MULTIPLY] ? shy_shapes_inverse(shapes, i) : -1;
out:
    return st;
}

static shy_status know_inverses(shy_table *table, const int32_t *inverse)
{
    shy_status st = SHY_OK;
    int count = 0;
    const int *first = NULL;
    const shy_shape *operand = shy_shapes_operands(table->shapes, &count, &first);
    SHY_TRY(shy_new((size_t)count, 1, &table->inverse_known));
    for (int i = 0; i < count; i++) {
        const shy_shape *other = inverse[i] >= 0 ? &operand[inverse[i]] : NULL;
        table->inverse_known[i] = other && !other->forbidden && other->complexity <= operand[i].complexity;
    }
out:
    return st;
}

static void table_free(shy_table **table)
{
    if (!*table) return;
    shy_shapes_destroy(&(*table)->shapes);
    shy_free(&(*table)->inverse);
    shy_free(&(*table)->inverse_known);
    shy_free(table);
}

void shy_tables_destroy(shy_space *space)
{
    while (space->tables) { /* the newest first: it may be drawn from an older one */
        shy_table *next = space->tables->next;
        table_free(&space->tables);
        space->tables = next;
    }
}

static shy_status table_create(shy_space *space, const shy_table *open, shy_table *table)
{
    shy_status st = SHY_OK;
    const shy_grammar *grammar = &space->grammar;
    if (open) {
        SHY_TRY(shy_shapes_bar(open->shapes, table->barred, &table->shapes));
    } else {
        SHY_TRY(space->bars ? shy_shapes_create_open(grammar, table->slots, table->nonnegative, &table->shapes)
                            : shy_shapes_create(grammar, table->slots, table->nonnegative, &table->shapes));
        SHY_TRY(find_inverses(table->shapes, grammar, &table->inverse));
    }
    SHY_TRY(know_inverses(table, open ? open->inverse : table->inverse));
out:
    return st;
}

static shy_table *find_table(const shy_space *space, const shy_table *like)
{
    shy_table *t = space->tables;
    while (t && (t->slots != like->slots || t->nonnegative != like->nonnegative || memcmp(t->barred, like->barred, sizeof t->barred) != 0)) t = t->next;
    return t;
}

static shy_status add_table(shy_space *space, const shy_table *open, const shy_table *like, const shy_table **table_out)
{
    shy_status st = SHY_OK;
    shy_table *table = NULL;
    SHY_TRY(shy_new(1, sizeof *table, &table));
    *table = *like;
    SHY_TRY(table_create(space, open, table));
    table->next = space->tables;
    *table_out = space->tables = table, table = NULL;
out:
    table_free(&table);
    return st;
}

/* Tables are few: one for each number of slots and split by sign, and those drawn from it for each combination of transforms that occurs. */
shy_status shy_table_for(shy_space *space, int slots, const int *kind, const shy_table **table_out)
{
    shy_status st = SHY_OK;
    shy_table like = {.slots = slots}, plain;
    const shy_table *open = NULL;
    bool bars = false;
    for (int s = 0; s < slots; s++) {
        like.nonnegative += space->kind_sign[kind[s]] <= SHY_SIGN_NONNEGATIVE; /* they come first */
        like.barred[s] = space->kind_barred[kind[s]];
        bars = bars || like.barred[s] != 0;
    }
    *table_out = find_table(space, &like);
    if (*table_out) return SHY_OK;
    plain = (shy_table){.slots = slots, .nonnegative = like.nonnegative};
    if (bars) {
        open = find_table(space, &plain);
        if (!open) SHY_TRY(add_table(space, NULL, &plain, &open));
    }
    SHY_TRY(add_table(space, open, &like, table_out));
out:
    return st;
}

/* ---- made by one rank for all --------------------------------------------------------------------------------------- */

enum { SHARED_MOST = SHY_FACTORS_MAX * (SHY_FACTORS_MAX + 3) / 2 };

/* A table that all ranks get; its bytes, then the inverses of its operands. */
typedef struct {
    shy_table like;
    char *bytes;
    int32_t *inverse;
} shy_parcel;

typedef struct {
    shy_parcel parcel[SHARED_MOST];
    uint64_t size[SHARED_MOST][2]; /* bytes, operands */
    int count;
} shy_parcels;

/* Those that some set of factors needs, the largest first. */
static void list_tables(const shy_space *space, shy_parcels *all)
{
    for (int slots = space->slots_max; slots >= 1; slots--)
        for (int nonnegative = 0; nonnegative <= slots; nonnegative++) {
            if (nonnegative > space->nonnegative || slots - nonnegative > space->factors - space->nonnegative) continue;
            all->parcel[all->count++].like = (shy_table){.slots = slots, .nonnegative = nonnegative};
        }
}

static shy_status make_parcel(shy_space *space, shy_parcel *parcel, uint64_t size[2])
{
    shy_status st = SHY_OK;
    shy_table made = parcel->like;
    int operands = 0;
    const int *first = NULL;
    SHY_TRY(table_create(space, NULL, &made));
    (void)shy_shapes_operands(made.shapes, &operands, &first);
    SHY_TRY(shy_shapes_pack(made.shapes, &parcel->bytes, &size[0]));
    parcel->inverse = made.inverse, made.inverse = NULL;
    size[1] = (uint64_t)operands;
out:
    shy_shapes_destroy(&made.shapes);
    shy_free(&made.inverse);
    shy_free(&made.inverse_known);
    return st;
}

static shy_status make_mine(shy_space *space, shy_parcels *all)
{
    shy_status st = SHY_OK;
    const shy_team *team = space->problem->team;
    for (int i = 0; i < all->count; i++)
        if (i % team->size == team->rank) SHY_TRY(make_parcel(space, &all->parcel[i], all->size[i]));
out:
    return st;
}

static shy_status make_room(shy_parcels *all)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < all->count; i++) {
        shy_parcel *p = &all->parcel[i];
        if (p->bytes) continue; /* it is mine */
        SHY_TRY(shy_new(all->size[i][0], 1, &p->bytes));
        SHY_TRY(shy_new(all->size[i][1], sizeof *p->inverse, &p->inverse));
    }
out:
    return st;
}

static shy_status enter_parcel(shy_space *space, shy_parcel *parcel)
{
    shy_status st = SHY_OK;
    shy_table *table = NULL;
    if (find_table(space, &parcel->like)) return SHY_OK; /* contexts refer to it */
    SHY_TRY(shy_new(1, sizeof *table, &table));
    *table = parcel->like;
    SHY_TRY(shy_shapes_unpack(&parcel->bytes, &table->shapes));
    table->inverse = parcel->inverse, parcel->inverse = NULL;
    SHY_TRY(know_inverses(table, table->inverse));
    table->next = space->tables;
    space->tables = table, table = NULL;
out:
    table_free(&table);
    return st;
}

static shy_status enter_all(shy_space *space, shy_parcels *all)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < all->count; i++) SHY_TRY(enter_parcel(space, &all->parcel[i]));
out:
    return st;
}

static void parcels_free(shy_parcels **all)
{
    for (int i = 0; *all && i < (*all)->count; i++) {
        shy_free(&(*all)->parcel[i].bytes);
        shy_free(&(*all)->parcel[i].inverse);
    }
    shy_free(all);
}

shy_status shy_tables_share(shy_space *space)
{
    shy_status st = SHY_OK;
    const shy_team *team = space->problem->team;
    shy_parcels *all = NULL;
    if (team->size == 1) return SHY_OK; /* each when it is needed */
    SHY_TRY_ALL(team, shy_new(1, sizeof *all, &all));
    list_tables(space, all);
    SHY_TRY_ALL(team, make_mine(space, all));
    SHY_TRY(shy_team_sum_counts(team, all->size[0], 2 * all->count));
    SHY_TRY_ALL(team, make_room(all));
    for (int i = 0; i < all->count; i++) {
        shy_parcel *p = &all->parcel[i];
        SHY_TRY(shy_team_broadcast_from(team, i % team->size, p->bytes, all->size[i][0]));
        SHY_TRY(shy_team_broadcast_from(team, i % team->size, p->inverse, all->size[i][1] * sizeof *p->inverse));
    }
    SHY_TRY_ALL(team, enter_all(space, all));
out:
    parcels_free(&all);
    return st;
}

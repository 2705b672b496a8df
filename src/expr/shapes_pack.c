/* A table of shapes in one piece of memory, for another process. */
#include "shy_config.h"

#include <string.h>

#include "shape_impl.h"

/* ---- the arrays of a table ------------------------------------------------------------------------------------------------ */

enum { ARRAYS_MOST = 16, ALIGNMENT = 16 };

typedef struct {
    void *pointer; /* the address of the table's pointer to it */
    size_t bytes;
} shy_array;

typedef struct {
    shy_array array[ARRAYS_MOST];
    int count;
} shy_arrays;

static void add(shy_arrays *all, void *pointer, int count, size_t size)
{
    all->array[all->count++] = (shy_array){pointer, (size_t)count * size};
}

static void add_prints(shy_arrays *all, shy_print_table *t)
{
    add(all, &t->print, t->count, sizeof *t->print);
    add(all, &t->next, t->count, sizeof *t->next);
    add(all, &t->bucket, (int)t->buckets, sizeof *t->bucket);
}

static void add_spellings(shy_arrays *all, shy_spellings *s, int items)
{
    add(all, &s->first, items, sizeof *s->first);
    add(all, &s->last, items, sizeof *s->last);
    add(all, &s->spelling, s->count, sizeof *s->spelling);
}

static void list_arrays(shy_shapes *s, shy_arrays *all)
{
    all->count = 0;
    add(all, &s->operand, s->operands, sizeof *s->operand);
    add(all, &s->value, s->operands, sizeof *s->value);
    add(all, &s->root, s->roots, sizeof *s->root);
    add_prints(all, &s->operand_table);
    add_prints(all, &s->root_table);
    if (!s->noted) return;
    add(all, &s->opposite, s->operands, sizeof *s->opposite);
    add_spellings(all, &s->of_operands, s->operands);
    add_spellings(all, &s->of_roots, s->roots);
}

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- there and back --------------------------------------------------------------------------------------------------------- */

/* The table itself comes first, then its arrays, without the room that they have to grow. */
shy_status shy_shapes_pack(const shy_shapes *shapes, char **bytes_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    char *bytes = NULL;
    shy_arrays all;
    shy_shapes copy = *shapes;
    size_t count = aligned(sizeof copy), at = count;

    if (shapes->open) return shy_fail(SHY_INTERNAL, "a table of shapes that is drawn from another was to be packed");
    list_arrays(&copy, &all);
    for (int i = 0; i < all.count; i++) count += aligned(all.array[i].bytes);
    SHY_TRY(shy_new(count, 1, &bytes));
    for (int i = 0; i < all.count; at += aligned(all.array[i++].bytes)) {
        const void *from;
        memcpy(&from, all.array[i].pointer, sizeof from);
        if (all.array[i].bytes > 0) memcpy(bytes + at, from, all.array[i].bytes);
    }
    memcpy(bytes, &copy, sizeof copy);
    *bytes_out = bytes, bytes = NULL;
    *count_out = count;
out:
    shy_free(&bytes);
    return st;
}

shy_status shy_shapes_unpack(char **bytes, shy_shapes **shapes_out)
{
    shy_status st = SHY_OK;
    shy_shapes *shapes = NULL;
    shy_arrays all;
    size_t at = aligned(sizeof *shapes);

    SHY_TRY(shy_new(1, sizeof *shapes, &shapes));
    memcpy(shapes, *bytes, sizeof *shapes);
    list_arrays(shapes, &all);
    for (int i = 0; i < all.count; at += aligned(all.array[i++].bytes)) {
        void *const here = *bytes + at;
        memcpy(all.array[i].pointer, &here, sizeof here);
    }
    shapes->packed = *bytes, *bytes = NULL;
    *shapes_out = shapes;
out:
    return st;
}

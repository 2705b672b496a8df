/* A cache of columns: blocks of neighbours as they lie in the file; the block that was used longest ago makes room for the next. */
#include "shy_config.h"

#include "columns_impl.h"

/*
 *     factors   0 1 2 3 4 5 | 6 7 8 9 | 10 11 12 13 14 15 | …      blocks: whole bands of the file, or parts of a large one
 *     slots     [ block 7 ][ block 0 ][ free ][ block 3 ] …         room for block_columns columns each
 *
 * A pointer into a slot ends when the slot gets another block. The slot of the column asked for last was used last, so of SLOTS_LEAST
 * slots the one that is given away was not used by any of the last SHY_COLUMNS_KEPT askings.
 */
struct shy_column_cache {
    shy_reader *reader; /* borrowed */
    size_t rows;
    int block_columns;   /* most in a block */
    int blocks, slots;
    uint32_t *block_of;  /* [factors] */
    uint32_t *first;     /* [blocks + 1]: first factor of a block */
    int32_t *slot_of;    /* [blocks]; −1: not here */
    int32_t *holds;      /* [slots]: block; −1: free */
    uint64_t *used;      /* [slots]: when last */
    uint64_t clock;
    double *value;       /* slots × block_columns × rows */
};

#define SLOTS_LEAST (SHY_COLUMNS_KEPT + 1)
#define BLOCK_BYTES (UINT64_C(1) << 20) /* bands smaller than this are put together */
#define BLOCK_COLUMNS_LEAST 64

/* ---- shape ------------------------------------------------------------------------------------------------------- */

/*
 * Room for at least SLOTS_LEAST blocks in the budget, of which the reader may take a quarter. Blocks that are only parts of a band would
 * have it decompressed once each: then, if half of the budget is enough for that, the band is kept as well.
 */
static shy_status choose_shape(shy_column_cache *c, const shy_columns_source *source, int widest_band)
{
    shy_status st = SHY_OK;
    const uint64_t column = (uint64_t)(source->rows > 0 ? source->rows : 1) * sizeof(double);
    uint64_t columns = source->budget / 4 * 3 / column, wanted = BLOCK_BYTES / column;

    if (wanted < BLOCK_COLUMNS_LEAST) wanted = BLOCK_COLUMNS_LEAST;
    if (wanted < (uint64_t)widest_band) wanted = (uint64_t)widest_band;
    if ((uint64_t)widest_band > columns / SLOTS_LEAST) {
        SHY_TRY(shy_reader_keep_band(c->reader, source->budget / 2));
        columns /= 3;
    }
    if (wanted > columns / SLOTS_LEAST) wanted = columns / SLOTS_LEAST;
    c->block_columns = wanted < 1 ? 1 : (int)wanted;
    const uint64_t slots = columns / (uint64_t)c->block_columns;
    c->slots = slots < SLOTS_LEAST ? SLOTS_LEAST : slots > INT32_MAX ? INT32_MAX : (int)slots;
out:
    return st;
}

static int64_t band_of(const shy_columns_source *source, int factor)
{
    return shy_cohort_band(source->cohort, source->column[factor]);
}

static int find_widest_band(const shy_columns_source *source)
{
    int widest = 0;

    for (int f = 0, width = 0; f < source->factors; f++) {
        width = f > 0 && band_of(source, f) == band_of(source, f - 1) ? width + 1 : 1;
        if (width > widest) widest = width;
    }
    return widest;
}

/* Number of factors from `first` on that lie in the same band. */
static int band_width(const shy_columns_source *source, int first)
{
    int f = first + 1;

    while (f < source->factors && band_of(source, f) == band_of(source, first)) f++;
    return f - first;
}

/* Cuts the factors into blocks of whole bands as far as these fit, at most block_columns in each; counts them if `first` is not there yet. */
static void cut_blocks(shy_column_cache *c, const shy_columns_source *source)
{
    int filled = c->block_columns; /* in the present block */

    c->blocks = 0;
    for (int f = 0, width; f < source->factors; f += width) {
        width = band_width(source, f);
        if (filled + width > c->block_columns) filled = c->block_columns;
        for (int k = 0; k < width; k++) {
            if (filled == c->block_columns) {
                if (c->first) c->first[c->blocks] = (uint32_t)(f + k);
                c->blocks++;
                filled = 0;
            }
            filled++;
            if (c->block_of) c->block_of[f + k] = (uint32_t)(c->blocks - 1);
        }
    }
    if (c->first) c->first[c->blocks] = (uint32_t)source->factors;
}

static shy_status make_slots(shy_column_cache *c)
{
    shy_status st = SHY_OK;

    if (c->slots > c->blocks) c->slots = c->blocks;
    SHY_TRY(shy_new((size_t)c->blocks, sizeof *c->slot_of, &c->slot_of));
    SHY_TRY(shy_new((size_t)c->slots, sizeof *c->holds, &c->holds));
    SHY_TRY(shy_new((size_t)c->slots, sizeof *c->used, &c->used));
    SHY_TRY(shy_new((size_t)c->slots * (size_t)c->block_columns, c->rows * sizeof *c->value, &c->value));
    for (int b = 0; b < c->blocks; b++) c->slot_of[b] = -1;
    for (int s = 0; s < c->slots; s++) c->holds[s] = -1;
out:
    return st;
}

shy_status shy_column_cache_create(shy_reader *reader, const shy_columns_source *source, shy_column_cache **cache_out)
{
    shy_status st = SHY_OK;
    shy_column_cache *c = NULL;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->reader = reader;
    c->rows = (size_t)source->rows;
    SHY_TRY(choose_shape(c, source, find_widest_band(source)));
    cut_blocks(c, source);
    SHY_TRY(shy_new((size_t)c->blocks + 1, sizeof *c->first, &c->first));
    SHY_TRY(shy_new((size_t)source->factors, sizeof *c->block_of, &c->block_of));
    cut_blocks(c, source);
    SHY_TRY(make_slots(c));
    *cache_out = c, c = NULL;
out:
    shy_column_cache_destroy(&c);
    return st;
}

void shy_column_cache_destroy(shy_column_cache **cache)
{
    shy_column_cache *c = *cache;

    if (!c) return;
    shy_free(&c->block_of);
    shy_free(&c->first);
    shy_free(&c->slot_of);
    shy_free(&c->holds);
    shy_free(&c->used);
    shy_free(&c->value);
    shy_free(cache);
}

/* ---- use --------------------------------------------------------------------------------------------------------- */

static double *slot_values(const shy_column_cache *c, int slot)
{
    return c->value + (size_t)slot * (size_t)c->block_columns * c->rows;
}

static int oldest_slot(const shy_column_cache *c)
{
    int oldest = 0;

    for (int s = 1; s < c->slots; s++)
        if (c->used[s] < c->used[oldest]) oldest = s;
    return oldest;
}

static shy_status fetch(shy_column_cache *c, uint32_t block)
{
    shy_status st = SHY_OK;
    const int slot = oldest_slot(c);

    if (c->holds[slot] >= 0) c->slot_of[c->holds[slot]] = -1;
    c->holds[slot] = -1;
    SHY_TRY(shy_reader_read(c->reader, (int)c->first[block], (int)(c->first[block + 1] - c->first[block]), slot_values(c, slot)));
    c->holds[slot] = (int32_t)block;
    c->slot_of[block] = slot;
out:
    return st;
}

shy_status shy_column_cache_get(shy_column_cache *c, const uint32_t *factor, int count, const double **column_out)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < count; k++) {
        const uint32_t block = c->block_of[factor[k]];
        if (c->slot_of[block] < 0) SHY_TRY(fetch(c, block));
        c->used[c->slot_of[block]] = ++c->clock;
        column_out[k] = slot_values(c, c->slot_of[block]) + (size_t)(factor[k] - c->first[block]) * c->rows;
    }
out:
    return st;
}
